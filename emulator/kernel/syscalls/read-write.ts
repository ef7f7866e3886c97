/** read, write and their families, and lseek. */
import { RWF, SEEK } from '../../abi/flags.ts';
import { MSG } from '../../abi/flags-network.ts';
import type { Blocked, Context, HandlerTable, Result, Waiting } from '../context.ts';
import { EAGAIN, EBADF, EINVAL, EIO, ENXIO, EOPNOTSUPP, EOVERFLOW, EPIPE, ERESTARTSYS, ESPIPE } from '../errors.ts';
import { gather, type Segment, scatter, segment, segments, TRANSFER_MAXIMUM, totalLength } from '../fs/arguments.ts';
import { O_ACCMODE, O_APPEND, O_NONBLOCK, O_RDONLY, O_WRONLY } from '../fs/constants.ts';
import { inodeOfFile, openFile } from '../fs/descriptions.ts';
import { isDirectory, superblockOf } from '../fs/inodes.ts';
import { prepareRead, seekable, writeNow } from '../fs/io.ts';
import { seekContent } from '../fs/pages.ts';
import { pipeFull } from '../fs/pipes.ts';
import { readLate, readTimeout } from '../fs/pty.ts';
import { queue } from '../fs/readiness.ts';
import type { Inode } from '../fs/state.ts';
import { endTransfer, receive, send } from '../net/transfer.ts';
import type { WakeReason } from '../state.ts';
import { interruption } from '../waits.ts';

// ---- read ---------------------------------------------------------------------------------------------------------

interface Transfer {
  fd: number;
  parts: (c: Context) => Segment[];
  position?: number;
  flags?: number;
}

/** `late`: a terminal's VTIME is over. */
function read(c: Context, { fd, parts, position, flags = 0 }: Transfer, progress?: unknown, late = false): Result {
  if (position !== undefined && position < 0) throw EINVAL;
  const description = openFile(c, fd);
  const inode = inodeOfFile(c, description);
  if (position !== undefined && !seekable(inode)) throw ESPIPE;
  if ((description.flags & O_ACCMODE) === O_WRONLY) throw EBADF;
  const into = parts(c);
  if (inode.is === 'socket')
    return receive(c, fd, inode, description, into, rwfToMsg(flags), got => got.count, progress);
  const length = Math.min(totalLength(into), TRANSFER_MAXIMUM);
  const reading =
    prepareRead(c, description, inode, length, position) ?? (late ? readLate(c, inode, length) : undefined);
  if (!reading) {
    if (description.flags & O_NONBLOCK || flags & RWF.RWF_NOWAIT) throw EAGAIN;
    return waitToRead(c, fd, inode);
  }
  const count = scatter(c, into, reading.bytes);
  reading.done(count);
  return count;
}

export function waitToRead(c: Context, fd: number, inode: Inode): Blocked {
  const timeout = readTimeout(c.state.fs, inode);
  return c.block({
    what: `read of ${nameOf(fd, inode)}`,
    keys: [queue(inode.id, 'in'), ...(inode.is === 'signalfd' ? ['signalfd'] : [])],
    onSignal: 'restart',
    deadline: inode.is === 'timerfd' ? inode.due : timeout === undefined ? undefined : c.now() + timeout,
    input: inode.is === 'stream',
  });
}

function nameOf(fd: number, inode: Inode): string {
  if (inode.is === 'pipe') return `pipe ${fd}`;
  if (inode.is === 'stream') return inode.stream;
  return `${inode.is} ${fd}`;
}

function reading<A>(transfer: (args: A) => Transfer) {
  return {
    start: (c: Context, args: A): Result => read(c, transfer(args)),
    resume: (c: Context, args: A, waiting: Waiting, reason: WakeReason): Result => {
      // Only a socket's read keeps something: when its SO_RCVTIMEO ends.
      if (waiting.data && (reason === 'signal' || reason === 'timeout')) return endTransfer(waiting, reason);
      if (reason === 'signal') throw interruption(waiting);
      return read(c, transfer(args), waiting.data, reason === 'timeout');
    },
  };
}

// ---- write --------------------------------------------------------------------------------------------------------

/** How much a blocked write has already put into its pipe. */
interface Written {
  /** Absent: the data is a socket's. */
  written?: number;
}

const NO_NAME = new Uint8Array(0);
const rwfToMsg = (flags: number): number => (flags & RWF.RWF_NOWAIT ? MSG.MSG_DONTWAIT : 0);

function write(c: Context, { fd, parts, position, flags = 0 }: Transfer, before = 0, progress?: unknown): Result {
  if (position !== undefined && position < 0) throw EINVAL;
  const description = openFile(c, fd);
  const inode = inodeOfFile(c, description);
  if (position !== undefined && !seekable(inode)) throw ESPIPE;
  if ((description.flags & O_ACCMODE) === O_RDONLY) throw EBADF;
  const from = parts(c);
  if (inode.is === 'socket') {
    const out = { parts: from, name: NO_NAME, flags: rwfToMsg(flags) };
    return send(c, fd, inode, description, out, progress);
  }
  const total = totalLength(from);
  let written = before;
  const append =
    flags & RWF.RWF_NOAPPEND ? false : (description.flags & O_APPEND) !== 0 || (flags & RWF.RWF_APPEND) !== 0;
  // What holds so much and no more takes the rest of a long write when there is room again.
  const inParts = inode.is === 'pipe' || inode.is === 'pty-master' || inode.is === 'pty-slave';
  do {
    // A pipe holds a megabyte at most: no need to copy more of a long write at a time.
    const bytes = gather(c, from, written, inParts ? 0x10_0000 : TRANSFER_MAXIMUM);
    let count: number | undefined;
    try {
      count = writeNow(c, description, inode, bytes, position, append);
    } catch (e) {
      if ((e === EPIPE || e === EIO || e === ERESTARTSYS) && written > 0) return written;
      throw e;
    }
    written += count ?? 0;
    if (count !== undefined && (!inParts || count === 0)) return written;
    if (written >= total) return written;
    if (count === undefined || (inode.is === 'pipe' && pipeFull(inode))) {
      if (description.flags & O_NONBLOCK || flags & RWF.RWF_NOWAIT) {
        if (written === 0) throw EAGAIN;
        return written;
      }
      const data: Written = { written };
      return c.block({
        what: `write to ${nameOf(fd, inode)}`,
        keys: [queue(inode.id, 'out')],
        onSignal: 'restart',
        data,
      });
    }
  } while (written < total);
  return written;
}

function writing<A>(transfer: (args: A) => Transfer) {
  return {
    start: (c: Context, args: A): Result => write(c, transfer(args)),
    resume: (c: Context, args: A, waiting: Waiting, reason: WakeReason): Result => {
      const { written } = waiting.data as Written;
      if (written === undefined) {
        if (reason === 'signal' || reason === 'timeout') return endTransfer(waiting, reason);
        return write(c, transfer(args), 0, waiting.data);
      }
      if (reason !== 'signal') return write(c, transfer(args), written);
      if (written === 0) throw interruption(waiting);
      return written;
    },
  };
}

const KNOWN_RWF = RWF.RWF_HIPRI | RWF.RWF_DSYNC | RWF.RWF_SYNC | RWF.RWF_NOWAIT | RWF.RWF_APPEND | RWF.RWF_NOAPPEND;

function checkFlags(flags: number): void {
  if (flags & ~KNOWN_RWF) throw EOPNOTSUPP;
}

// ---- lseek --------------------------------------------------------------------------------------------------------

function seek(c: Context, fd: number, offset: number, whence: number): number {
  const description = openFile(c, fd);
  const inode = inodeOfFile(c, description);
  if (whence < 0 || whence > SEEK.SEEK_HOLE) throw EINVAL;
  // noop_llseek
  if (superblockOf(c.state.fs, inode).type === 'anon_inodefs') return 0;
  if (!seekable(inode)) throw ESPIPE;
  const size = inode.is === 'file' ? inode.size : 0;
  let to: number;
  switch (whence) {
    case SEEK.SEEK_SET:
      to = offset;
      break;
    case SEEK.SEEK_CUR:
      to = description.offset + offset;
      break;
    case SEEK.SEEK_END:
      // Where a directory ends is nobody's business (fs/libfs.c, offset_dir_llseek).
      if (isDirectory(inode)) throw EINVAL;
      to = size + offset;
      break;
    case SEEK.SEEK_DATA:
    case SEEK.SEEK_HOLE: {
      if (inode.is !== 'file') throw EINVAL;
      if (offset < 0) throw ENXIO;
      const found = seekContent(inode, offset, whence === SEEK.SEEK_DATA ? 'data' : 'hole');
      if (found === undefined) throw ENXIO;
      to = found;
      break;
    }
    default:
      throw EINVAL;
  }
  if (inode.is === 'device') to = 0;
  if (to < 0) throw EINVAL;
  if (to > Number.MAX_SAFE_INTEGER) throw EOVERFLOW;
  description.offset = to;
  return to;
}

/** Where the data of a call is, by the family of its arguments; reading and writing calls have the same. */
const whole = ({ fd, buf, count }: { fd: number; buf: number; count: number }): Transfer => ({
  fd,
  parts: () => segment(buf, count),
});
const wholeAt = (args: { fd: number; buf: number; count: number; pos: number }): Transfer => ({
  ...whole(args),
  position: args.pos,
});
const vector = ({ fd, vec, vlen }: { fd: number; vec: number; vlen: number }): Transfer => ({
  fd,
  parts: c => segments(c, vec, vlen),
});
const vectorAt = (args: { fd: number; vec: number; vlen: number; pos_l: number }): Transfer => ({
  ...vector(args),
  position: args.pos_l,
});
const vectorWith = (args: { fd: number; vec: number; vlen: number; pos_l: number; flags: number }): Transfer => ({
  fd: args.fd,
  parts: c => {
    checkFlags(args.flags);
    return segments(c, args.vec, args.vlen);
  },
  position: args.pos_l === -1 ? undefined : args.pos_l,
  flags: args.flags,
});

export const readWriteCalls: HandlerTable = {
  read: reading(whole),
  pread64: reading(wholeAt),
  readv: reading(vector),
  preadv: reading(vectorAt),
  preadv2: reading(vectorWith),
  write: writing(whole),
  pwrite64: writing(wholeAt),
  writev: writing(vector),
  pwritev: writing(vectorAt),
  pwritev2: writing(vectorWith),
  lseek: (c, { fd, offset, whence }) => seek(c, fd, offset, whence),
};
