/** open, openat, openat2, creat, memfd_create, close, close_range. */
import { CLOSE_RANGE, MFD } from '../../abi/flags.ts';
import { OPEN_HOW } from '../../abi/structs.ts';
import { readStruct } from '../../abi/types.ts';
import type { Context, HandlerTable, Result, Waiting } from '../context.ts';
import { E2BIG, EINVAL, ERESTARTSYS } from '../errors.ts';
import { pathAt, startOf } from '../fs/arguments.ts';
import { AT_FDCWD, O_CREAT, O_LARGEFILE, O_RDWR, O_TRUNC, O_WRONLY, S_IFREG } from '../fs/constants.ts';
import { closeDescriptor, copyTable, describe, freeDescriptor, install } from '../fs/descriptions.ts';
import { addInode, sweep } from '../fs/inodes.ts';
import { anonymousSuperblock } from '../fs/mounts.ts';
import { decodeName } from '../fs/names.ts';
import { checkHow, cleanFlags, type OpenRequest, openPath } from '../fs/open.ts';
import type { RegularFile } from '../fs/state.ts';
import type { WakeReason } from '../state.ts';

/** The open of a FIFO that waits for its other side. */
interface FifoWait {
  fd: number;
  description: number;
  for: 'reader' | 'writer';
  /** How often that side had been opened when the wait began: a side that came and went counts too. */
  opens: number;
}

function open(c: Context, dfd: number, address: number, request: OpenRequest): Result {
  const flags = cleanFlags(request.flags);
  const path = pathAt(c, address);
  const opened = openPath(c, startOf(c, dfd, path), path, { ...request, flags });
  sweep(c);
  if (!opened.wait) return opened.fd;
  const pipe = c.state.fs.inodes.get(opened.description.inode);
  if (pipe?.is !== 'pipe') return opened.fd;
  return waitForSide(c, {
    fd: opened.fd,
    description: opened.description.id,
    for: opened.wait,
    opens: opened.wait === 'reader' ? pipe.readerOpens : pipe.writerOpens,
  });
}

function waitForSide(c: Context, data: FifoWait): Result {
  const inode = c.state.fs.descriptions.get(data.description)?.inode;
  return c.block({ what: `open of a FIFO: no ${data.for} yet`, keys: [`fifo:${inode}`], onSignal: 'restart', data });
}

function resume(c: Context, _args: unknown, waiting: Waiting, reason: WakeReason): Result {
  const data = waiting.data as FifoWait;
  const inode = c.state.fs.inodes.get(c.state.fs.descriptions.get(data.description)?.inode ?? 0);
  if (reason === 'signal' || inode?.is !== 'pipe') {
    closeDescriptor(c, data.fd);
    throw ERESTARTSYS;
  }
  const opens = data.for === 'reader' ? inode.readerOpens : inode.writerOpens;
  return opens > data.opens ? data.fd : waitForSide(c, data);
}

export const openCalls: HandlerTable = {
  open: {
    start: (c, { filename, flags, mode }) => open(c, AT_FDCWD, filename, { flags, mode: mode & 0o7777, resolve: 0 }),
    resume,
  },
  openat: {
    start: (c, { dfd, filename, flags, mode }) => open(c, dfd, filename, { flags, mode: mode & 0o7777, resolve: 0 }),
    resume,
  },
  creat: {
    start: (c, { pathname, mode }) =>
      open(c, AT_FDCWD, pathname, { flags: O_CREAT | O_WRONLY | O_TRUNC, mode: mode & 0o7777, resolve: 0 }),
    resume,
  },
  openat2: {
    start: (c, { dfd, filename, how, usize }) => {
      if (usize < OPEN_HOW.size) throw EINVAL;
      if (usize > 4096) throw E2BIG;
      const bytes = c.space.read(how, usize);
      // A newer program may pass a longer structure, if what we do not know is zero.
      if (bytes.subarray(OPEN_HOW.size).some(byte => byte !== 0)) throw E2BIG;
      return open(c, dfd, filename, checkHow(readStruct(OPEN_HOW, bytes)));
    },
    resume,
  },
  memfd_create: (c, { uname, flags }) => {
    const known = MFD.MFD_CLOEXEC | MFD.MFD_ALLOW_SEALING | MFD.MFD_NOEXEC_SEAL | MFD.MFD_EXEC;
    // Huge pages are not there.
    if (flags & ~known) throw EINVAL;
    if (flags & MFD.MFD_EXEC && flags & MFD.MFD_NOEXEC_SEAL) throw EINVAL;
    const name = c.space.readString(uname, 250);
    if (!name) throw EINVAL;
    const fd = freeDescriptor(c.process);
    const { fsuid, fsgid } = c.process.credentials;
    const sealing = flags & (MFD.MFD_ALLOW_SEALING | MFD.MFD_NOEXEC_SEAL);
    const mode = S_IFREG | (flags & MFD.MFD_NOEXEC_SEAL ? 0o666 : 0o777);
    const file = addInode<RegularFile>(
      c.state.fs,
      {
        superblock: anonymousSuperblock(c.state.fs, 'tmpfs'),
        mode,
        uid: fsuid,
        gid: fsgid,
        nlink: 0,
        time: c.realtime(),
      },
      {
        is: 'file',
        size: 0,
        pages: new Map(),
        changes: 0,
        memfd: decodeName(name),
        // F_SEAL_SEAL: nothing may be sealed.
        seals: sealing ? (flags & MFD.MFD_NOEXEC_SEAL ? 0x20 : 0) : 1,
      },
    );
    return install(c, fd, describe(c.state.fs, file, O_RDWR | O_LARGEFILE), (flags & MFD.MFD_CLOEXEC) !== 0);
  },
  close: (c, { fd }) => {
    closeDescriptor(c, fd);
    sweep(c);
    return 0;
  },
  close_range: (c, { fd, max_fd, flags }) => {
    if (flags & ~(CLOSE_RANGE.CLOSE_RANGE_UNSHARE | CLOSE_RANGE.CLOSE_RANGE_CLOEXEC) || fd > max_fd) throw EINVAL;
    if (flags & CLOSE_RANGE.CLOSE_RANGE_UNSHARE && isShared(c)) c.process.files = copyTable(c.state, c.process.files);
    for (const [number, descriptor] of [...c.process.files.descriptors]) {
      if (number < fd || number > max_fd) continue;
      if (flags & CLOSE_RANGE.CLOSE_RANGE_CLOEXEC) descriptor.closeOnExec = true;
      else closeDescriptor(c, number);
    }
    sweep(c);
    return 0;
  },
};

/** Whether another process uses the same table (CLONE_FILES without CLONE_THREAD). */
function isShared(c: Context): boolean {
  for (const process of c.state.processes.values())
    if (process !== c.process && process.files === c.process.files) return true;
  return false;
}
