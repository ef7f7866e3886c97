/** Calls on descriptors themselves: dup, fcntl, ioctl, locks, syncing and advice. */
import { F, LOCK, LOCK_TYPE, POSIX_FADV, SEEK, SYNC_FILE_RANGE } from '../../abi/flags.ts';
import { IOCTL } from '../../abi/flags-ioctl.ts';
import { FLOCK } from '../../abi/structs.ts';
import { readStruct, writeStruct } from '../../abi/types.ts';
import type { Context, HandlerTable, Result } from '../context.ts';
import {
  EAGAIN,
  EBADF,
  EBUSY,
  EDEADLK,
  EINVAL,
  EIO,
  EISDIR,
  ENOTTY,
  EOPNOTSUPP,
  EOVERFLOW,
  EPERM,
  ESPIPE,
  EXDEV,
} from '../errors.ts';
import {
  O_ACCMODE,
  O_APPEND,
  O_CLOEXEC,
  O_DIRECT,
  O_NOATIME,
  O_NONBLOCK,
  O_PATH,
  O_RDONLY,
  O_WRONLY,
} from '../fs/constants.ts';
import {
  closeDescriptor,
  descriptorLimit,
  freeDescriptor,
  inodeOfFile,
  install,
  openFile,
} from '../fs/descriptions.ts';
import { requireOwner, sweep } from '../fs/inodes.ts';
import { waitingBytes } from '../fs/inotify.ts';
import { seekable } from '../fs/io.ts';
import { conflicting, setLock } from '../fs/locks.ts';
import { pipeLength } from '../fs/pipes.ts';
import { terminalOf } from '../fs/pty.ts';
import type { Description, FileLock, Inode } from '../fs/state.ts';
import { outputLength, readable } from '../fs/terminal.ts';
import { socketControl, waitingInSocket } from '../net/ioctl.ts';
import { terminalControl } from './terminal.ts';

function duplicate(c: Context, from: number, to: number, closeOnExec: boolean): number {
  const description = openFile(c, from, 'path-allowed');
  if (to < 0 || to >= descriptorLimit(c.process)) throw EBADF;
  // Counted first: closing `to` must not end what it shares with `from`.
  description.references++;
  if (c.process.files.descriptors.has(to)) closeDescriptor(c, to);
  description.references--;
  install(c, to, description, closeOnExec);
  sweep(c);
  return to;
}

// ---- fcntl --------------------------------------------------------------------------------------------------------

const SETTABLE = O_APPEND | O_NONBLOCK | O_DIRECT | O_NOATIME | 0o20000;

function fcntl(c: Context, fd: number, cmd: number, arg: bigint): Result {
  const description = openFile(c, fd, 'path-allowed');
  const descriptor = c.process.files.descriptors.get(fd)!;
  const number = Number(BigInt.asIntN(32, arg));
  const pathOnly: readonly number[] = [F.F_DUPFD, F.F_DUPFD_CLOEXEC, F.F_GETFD, F.F_SETFD, F.F_GETFL];
  if (description.flags & O_PATH && !pathOnly.includes(cmd)) throw EBADF;
  switch (cmd) {
    case F.F_DUPFD:
    case F.F_DUPFD_CLOEXEC:
      if (arg < 0n || arg >= BigInt(descriptorLimit(c.process))) throw EINVAL;
      return install(c, freeDescriptor(c.process, number), description, cmd === F.F_DUPFD_CLOEXEC);
    case F.F_GETFD:
      return descriptor.closeOnExec ? 1 : 0;
    case F.F_SETFD:
      descriptor.closeOnExec = (number & 1) !== 0;
      return 0;
    case F.F_GETFL:
      return description.flags;
    case F.F_SETFL:
      if (number & O_NOATIME && !(description.flags & O_NOATIME)) requireOwner(c, inodeOfFile(c, description));
      description.flags = (description.flags & ~SETTABLE) | (number & SETTABLE);
      return 0;
    case F.F_GETLK:
    case F.F_SETLK:
    case F.F_SETLKW:
    case F.F_OFD_GETLK:
    case F.F_OFD_SETLK:
    case F.F_OFD_SETLKW:
      return recordLock(c, description, cmd, Number(arg));
    case F.F_SETPIPE_SZ: {
      const pipe = inodeOfFile(c, description);
      if (pipe.is !== 'pipe') throw EBADF;
      if (number < 0 || number > 0x7fff_ffff) throw EINVAL;
      const slots = 2 ** Math.ceil(Math.log2(Math.max(1, number / 4096)));
      if (slots > 256 && c.process.credentials.euid !== 0) throw EPERM;
      if (slots > 0x4_0000) throw EINVAL;
      if (slots < pipe.slots.length) throw EBUSY;
      pipe.capacity = slots;
      c.wake(`inode:${pipe.id}:out`);
      return slots * 4096;
    }
    case F.F_GETPIPE_SZ: {
      const pipe = inodeOfFile(c, description);
      if (pipe.is !== 'pipe') throw EBADF;
      return pipe.capacity * 4096;
    }
    case F.F_ADD_SEALS: {
      const file = inodeOfFile(c, description);
      if (file.is !== 'file' || file.seals === undefined) throw EINVAL;
      if ((description.flags & O_ACCMODE) === O_RDONLY) throw EPERM;
      if (number & ~0x3f) throw EINVAL;
      if (file.seals & 1) throw EPERM;
      if (number & 8 && isMappedShared(c, file.id)) throw EBUSY;
      file.seals |= number;
      return 0;
    }
    case F.F_GET_SEALS: {
      const file = inodeOfFile(c, description);
      if (file.is !== 'file' || file.seals === undefined) throw EINVAL;
      return file.seals;
    }
    case F.F_GETOWN:
      return 0;
    case F.F_SETOWN:
      // Who gets SIGIO: nothing here sends it, as on files that do not support O_ASYNC.
      return 0;
    case F.F_GETLEASE:
      return LOCK_TYPE.F_UNLCK;
    default:
      throw EINVAL;
  }
}

function isMappedShared(c: Context, inode: number): boolean {
  for (const process of c.state.processes.values()) {
    if (process.run.is === 'zombie') continue;
    for (const m of c.options.spaces.get(process.memory.space).mappings)
      if (m.shared && m.prot & 2 && m.backing.is === 'file' && m.backing.inode === inode) return true;
  }
  return false;
}

function recordLock(c: Context, description: Description, cmd: number, address: number): Result {
  const asked = readStruct(FLOCK, c.space.read(address, FLOCK.size));
  const inode = inodeOfFile(c, description);
  const open = cmd === F.F_OFD_GETLK || cmd === F.F_OFD_SETLK || cmd === F.F_OFD_SETLKW;
  const get = cmd === F.F_GETLK || cmd === F.F_OFD_GETLK;
  if (open && asked.l_pid !== 0) throw EINVAL;
  const base =
    asked.l_whence === SEEK.SEEK_SET
      ? 0
      : asked.l_whence === SEEK.SEEK_CUR
        ? description.offset
        : asked.l_whence === SEEK.SEEK_END && inode.is === 'file'
          ? inode.size
          : Number.NaN;
  if (Number.isNaN(base)) throw EINVAL;
  let start = base + asked.l_start;
  let end = asked.l_len === 0 ? Number.POSITIVE_INFINITY : start + asked.l_len;
  if (asked.l_len < 0) [start, end] = [start + asked.l_len, start];
  if (start < 0) throw EINVAL;
  if (end !== Number.POSITIVE_INFINITY && end > Number.MAX_SAFE_INTEGER) throw EOVERFLOW;
  const { F_RDLCK, F_WRLCK, F_UNLCK } = LOCK_TYPE;
  if (asked.l_type !== F_RDLCK && asked.l_type !== F_WRLCK && (asked.l_type !== F_UNLCK || get)) throw EINVAL;
  const lock: FileLock = {
    kind: open ? 'ofd' : 'posix',
    owner: open ? description.id : c.process.id,
    type: asked.l_type === F_WRLCK ? 'write' : 'read',
    start,
    end,
    pid: open ? -1 : c.process.id,
  };
  if (get) {
    const other = conflicting(c.state.fs, inode.id, lock);
    const answer = other
      ? {
          l_type: other.type === 'write' ? F_WRLCK : F_RDLCK,
          l_whence: SEEK.SEEK_SET,
          l_start: other.start,
          l_len: other.end === Number.POSITIVE_INFINITY ? 0 : other.end - other.start,
          l_pid: other.pid,
        }
      : { ...asked, l_type: F_UNLCK };
    c.space.write(address, writeStruct(FLOCK, answer));
    return 0;
  }
  if (asked.l_type === F_UNLCK) {
    setLock(c.state.fs, inode.id, lock, 'remove');
    c.wake(`lock:${inode.id}`);
    return 0;
  }
  const mode = description.flags & O_ACCMODE;
  if ((lock.type === 'read' && mode === O_WRONLY) || (lock.type === 'write' && mode === O_RDONLY)) throw EBADF;
  const other = conflicting(c.state.fs, inode.id, lock);
  if (other) {
    if (cmd === F.F_SETLK || cmd === F.F_OFD_SETLK) throw EAGAIN;
    if (!open && waitsFor(c, other.owner, c.process.id)) throw EDEADLK;
    return c.block({
      what: 'a file lock',
      keys: [`lock:${inode.id}`],
      onSignal: 'restart',
      data: other.kind === 'posix' ? { lockHolder: other.owner } : undefined,
    });
  }
  setLock(c.state.fs, inode.id, lock, 'set');
  c.wake(`lock:${inode.id}`);
  return 0;
}

/** Whether the process `from` waits, directly or through others, for a lock that `to` holds. */
function waitsFor(c: Context, from: number, to: number, depth = 0): boolean {
  if (from === to) return true;
  if (depth > 10) return false;
  for (const task of c.state.tasks.values()) {
    if (task.processId !== from || task.run.is !== 'blocked') continue;
    const holder = (task.run.waiting.data as { lockHolder?: number } | undefined)?.lockHolder;
    if (holder !== undefined && waitsFor(c, holder, to, depth + 1)) return true;
  }
  return false;
}

const LOCK_MAND = 32;

function flock(c: Context, fd: number, operation: number): Result {
  // Mandatory locks are gone: who asks for one is told yes and gets nothing.
  if (operation & LOCK_MAND) return 0;
  const kind = operation & ~LOCK.LOCK_NB;
  if (kind !== LOCK.LOCK_UN && kind !== LOCK.LOCK_SH && kind !== LOCK.LOCK_EX) throw EINVAL;
  const description = openFile(c, fd);
  const inode = inodeOfFile(c, description);
  const lock: FileLock = {
    kind: 'flock',
    owner: description.id,
    type: kind === LOCK.LOCK_EX ? 'write' : 'read',
    start: 0,
    end: Number.POSITIVE_INFINITY,
    pid: c.process.id,
  };
  if (kind === LOCK.LOCK_UN) {
    setLock(c.state.fs, inode.id, lock, 'remove');
    c.wake(`lock:${inode.id}`);
    return 0;
  }
  if (conflicting(c.state.fs, inode.id, lock)) {
    if (operation & LOCK.LOCK_NB) throw EAGAIN;
    // Changing a lock is not atomic: the old one is given up before the wait for the new one.
    setLock(c.state.fs, inode.id, lock, 'remove');
    c.wake(`lock:${inode.id}`);
    return c.block({ what: 'flock', keys: [`lock:${inode.id}`], onSignal: 'restart' });
  }
  setLock(c.state.fs, inode.id, lock, 'set');
  c.wake(`lock:${inode.id}`);
  return 0;
}

// ---- ioctl --------------------------------------------------------------------------------------------------------

const FICLONE = IOCTL['BTRFS_IOC_CLONE or FICLONE'];
const FICLONERANGE = IOCTL['BTRFS_IOC_CLONE_RANGE or FICLONERANGE'];

/** A file of ours shares no blocks with another; what Linux looks at first still comes first (do_clone_file_range). */
function cloneFile(c: Context, to: Description, from: number): never {
  const source = openFile(c, from);
  const [a, b] = [inodeOfFile(c, source), inodeOfFile(c, to)];
  if (a.superblock !== b.superblock) throw EXDEV;
  if (a.is === 'directory' || b.is === 'directory') throw EISDIR;
  if (a.is !== 'file' || b.is !== 'file') throw EINVAL;
  if ((source.flags & O_ACCMODE) === O_WRONLY || (to.flags & O_ACCMODE) === O_RDONLY) throw EBADF;
  throw EOPNOTSUPP;
}

function ioctl(c: Context, fd: number, cmd: number, arg: bigint): number {
  const description = openFile(c, fd);
  const inode = inodeOfFile(c, description);
  const address = Number(arg);
  switch (cmd) {
    case IOCTL.FIOCLEX:
    case IOCTL.FIONCLEX:
      c.process.files.descriptors.get(fd)!.closeOnExec = cmd === IOCTL.FIOCLEX;
      return 0;
    case IOCTL.FIONBIO:
      if (c.space.readU32(address) !== 0) description.flags |= O_NONBLOCK;
      else description.flags &= ~O_NONBLOCK;
      return 0;
    case FICLONE:
      return cloneFile(c, description, Number(BigInt.asIntN(32, arg)));
    case FICLONERANGE:
      return cloneFile(c, description, Number(BigInt.asIntN(32, c.space.readU64(address))));
    case IOCTL.FIONREAD: {
      const count = waiting(c, description, inode);
      if (count === undefined) throw ENOTTY;
      c.space.writeU32(address, count);
      return 0;
    }
  }
  if (inode.is === 'socket') return socketControl(c, inode, cmd, address);
  const terminal = terminalOf(c.state.fs, inode);
  if (!terminal) throw ENOTTY;
  return terminalControl(c, description, inode, terminal, cmd, arg);
}

/** Bytes that could be read now; undefined where the question makes no sense. */
function waiting(c: Context, description: Description, inode: Inode): number | undefined {
  if (inode.is === 'pipe') return pipeLength(inode);
  if (inode.is === 'socket') return waitingInSocket(inode);
  if (inode.is === 'inotify') return waitingBytes(inode);
  if (inode.is === 'file') return Math.max(0, inode.size - description.offset);
  if (inode.is === 'pty-slave' || inode.is === 'pty-master') {
    const terminal = terminalOf(c.state.fs, inode);
    if (!terminal || (terminal.hungUp && inode.is === 'pty-slave')) throw EIO;
    return inode.is === 'pty-slave' ? readable(terminal) : outputLength(terminal);
  }
  if (inode.is === 'stream') return c.state.fs.input.chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  return undefined;
}

// ---- syncing ------------------------------------------------------------------------------------------------------

/** What is written is where it belongs at once: only the descriptor is checked. */
function sync(c: Context, fd: number): number {
  const inode = inodeOfFile(c, openFile(c, fd));
  if (inode.is !== 'file' && inode.is !== 'directory') throw EINVAL;
  return 0;
}

export const descriptorCalls: HandlerTable = {
  dup: (c, { fildes }) => {
    const description = openFile(c, fildes, 'path-allowed');
    return install(c, freeDescriptor(c.process), description, false);
  },
  dup2: (c, { oldfd, newfd }) => {
    if (oldfd !== newfd) return duplicate(c, oldfd, newfd, false);
    openFile(c, oldfd, 'path-allowed');
    return newfd;
  },
  dup3: (c, { oldfd, newfd, flags }) => {
    if (flags & ~O_CLOEXEC || oldfd === newfd) throw EINVAL;
    return duplicate(c, oldfd, newfd, (flags & O_CLOEXEC) !== 0);
  },
  fcntl: (c, { fd, cmd, arg }) => fcntl(c, fd, cmd, arg),
  flock: (c, { fd, cmd }) => flock(c, fd, cmd),
  ioctl: (c, { fd, cmd, arg }) => ioctl(c, fd, cmd, arg),
  fsync: (c, { fd }) => sync(c, fd),
  fdatasync: (c, { fd }) => sync(c, fd),
  sync: () => 0,
  syncfs: (c, { fd }) => {
    openFile(c, fd);
    return 0;
  },
  sync_file_range: (c, { fd, offset, nbytes, flags }) => {
    const inode = inodeOfFile(c, openFile(c, fd));
    const known = Object.values(SYNC_FILE_RANGE).reduce((all: number, bit) => all | bit, 0);
    if (flags & ~known || offset < 0 || nbytes < 0) throw EINVAL;
    if (!seekable(inode)) throw ESPIPE;
    return 0;
  },
  fadvise64: (c, { fd, len, advice }) => {
    const inode = inodeOfFile(c, openFile(c, fd));
    if (inode.is === 'pipe' || inode.is === 'stream') throw ESPIPE;
    if (Number(len) >= 2 ** 63 || Number(len) < 0) throw EINVAL;
    if (advice < 0 || advice > POSIX_FADV.POSIX_FADV_NOREUSE) throw EINVAL;
    return 0;
  },
  readahead: (c, { fd }) => {
    const description = openFile(c, fd);
    if ((description.flags & O_ACCMODE) === O_WRONLY) throw EBADF;
    if (inodeOfFile(c, description).is !== 'file') throw EINVAL;
    return 0;
  },
};
