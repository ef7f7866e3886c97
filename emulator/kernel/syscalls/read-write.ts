/** read, write and their families; lseek; and the calls that move bytes from one descriptor to another. */
import { RWF, SEEK, SPLICE } from '../../abi/flags.ts';
import { SIG } from '../../abi/signals.ts';
import type { Blocked, Context, HandlerTable, Result, Waiting } from '../context.ts';
import {
  EAGAIN,
  EBADF,
  EINVAL,
  EISDIR,
  ENXIO,
  EOPNOTSUPP,
  EOVERFLOW,
  EPIPE,
  ERESTARTSYS,
  ESPIPE,
  EXDEV,
} from '../errors.ts';
import { gather, type Segment, scatter, segment, segments, TRANSFER_MAXIMUM, totalLength } from '../fs/arguments.ts';
import { O_ACCMODE, O_APPEND, O_NONBLOCK, O_RDONLY, O_WRONLY } from '../fs/constants.ts';
import { inodeOfFile, openFile } from '../fs/descriptions.ts';
import { isDirectory, superblockOf } from '../fs/inodes.ts';
import { changed, prepareRead, seekable, writeNow } from '../fs/io.ts';
import { seekContent } from '../fs/pages.ts';
import { peekPipe, pipeFull, pipeLength, putIntoPipe, skipPipe } from '../fs/pipes.ts';
import { IN, OUT, queue } from '../fs/readiness.ts';
import type { Description, Inode, Pipe } from '../fs/state.ts';
import type { WakeReason } from '../state.ts';

// ---- read ---------------------------------------------------------------------------------------------------------

interface Transfer {
  fd: number;
  parts: (c: Context) => Segment[];
  position?: number;
  flags?: number;
}

function read(c: Context, { fd, parts, position, flags = 0 }: Transfer): Result {
  const description = openFile(c, fd);
  const inode = inodeOfFile(c, description);
  if (position !== undefined) {
    if (position < 0) throw EINVAL;
    if (!seekable(inode)) throw ESPIPE;
  }
  if ((description.flags & O_ACCMODE) === O_WRONLY) throw EBADF;
  const into = parts(c);
  const reading = prepareRead(c, description, inode, Math.min(totalLength(into), TRANSFER_MAXIMUM), position);
  if (!reading) {
    if (description.flags & O_NONBLOCK || flags & RWF.RWF_NOWAIT) throw EAGAIN;
    return waitToRead(c, fd, inode);
  }
  const count = scatter(c, into, reading.bytes);
  reading.done(count);
  return count;
}

function waitToRead(c: Context, fd: number, inode: Inode): Blocked {
  return c.block({
    what: `read of ${nameOf(fd, inode)}`,
    keys: [queue(inode.id, 'in'), ...(inode.is === 'signalfd' ? ['signalfd'] : [])],
    onSignal: 'restart',
    deadline: inode.is === 'timerfd' ? inode.due : undefined,
    input: inode.is === 'stream',
  });
}

function nameOf(fd: number, inode: Inode): string {
  if (inode.is === 'pipe') return `pipe ${fd}`;
  if (inode.is === 'stream') return inode.stream;
  return `${inode.is} ${fd}`;
}

/** Every reading call begins anew when it is woken, also when the wake was a timerfd's expiry. */
function again<A>(start: (c: Context, args: A) => Result) {
  return {
    start,
    resume: (c: Context, args: A, _waiting: Waiting, reason: WakeReason): Result => {
      if (reason === 'signal') throw ERESTARTSYS;
      return start(c, args);
    },
  };
}

// ---- write --------------------------------------------------------------------------------------------------------

/** How much a blocked write has already put into its pipe. */
interface Written {
  written: number;
}

function write(c: Context, { fd, parts, position, flags = 0 }: Transfer, before = 0): Result {
  const description = openFile(c, fd);
  const inode = inodeOfFile(c, description);
  if (position !== undefined) {
    if (position < 0) throw EINVAL;
    if (!seekable(inode)) throw ESPIPE;
  }
  if ((description.flags & O_ACCMODE) === O_RDONLY) throw EBADF;
  const from = parts(c);
  const total = totalLength(from);
  let written = before;
  const append =
    flags & RWF.RWF_NOAPPEND ? false : (description.flags & O_APPEND) !== 0 || (flags & RWF.RWF_APPEND) !== 0;
  do {
    // A pipe holds a megabyte at most: no need to copy more of a long write at a time.
    const bytes = gather(c, from, written, inode.is === 'pipe' ? 0x10_0000 : TRANSFER_MAXIMUM);
    let count: number | undefined;
    try {
      count = writeNow(c, description, inode, bytes, position, append);
    } catch (e) {
      if (e === EPIPE && written > 0) return written;
      throw e;
    }
    written += count ?? 0;
    if (count !== undefined && (inode.is !== 'pipe' || count === 0)) return written;
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
      if (reason !== 'signal') return write(c, transfer(args), written);
      if (written === 0) throw ERESTARTSYS;
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

// ---- descriptor to descriptor ---------------------------------------------------------------------------------------

/** At most this much is moved before the call returns: its caller loops anyway. */
const MOVE_MAXIMUM = 0x10_0000;

function offsetAt(c: Context, address: number): number | undefined {
  if (address === 0) return undefined;
  const offset = BigInt.asIntN(64, c.space.readU64(address));
  if (offset < 0n) throw EINVAL;
  return Number(offset);
}

function setOffset(c: Context, address: number, offset: number): void {
  if (address !== 0) c.space.writeU64(address, BigInt(offset));
}

/** What has bytes that can be moved into a pipe without going through memory (splice_read). */
function spliceable(inode: Inode): boolean {
  return inode.is === 'file' || inode.is === 'generated' || inode.is === 'device';
}

/** EPIPE without readers; a wait, or EAGAIN, while the pipe is full. */
function waitForRoom(
  c: Context,
  fd: number,
  description: Description,
  pipe: Pipe,
  nonblocking: boolean,
): Blocked | undefined {
  if (pipe.readers === 0) {
    c.signal({ is: 'task', id: c.task.id }, SIG.SIGPIPE);
    throw EPIPE;
  }
  if (!pipeFull(pipe)) return undefined;
  if (nonblocking || description.flags & O_NONBLOCK) throw EAGAIN;
  return c.block({ what: `splice to pipe ${fd}`, keys: [queue(pipe.id, 'out')], onSignal: 'restart' });
}

function sendfile(c: Context, outFd: number, inFd: number, offset: number, count: number): Result {
  const input = openFile(c, inFd);
  const output = openFile(c, outFd);
  const from = inodeOfFile(c, input);
  const to = inodeOfFile(c, output);
  if ((input.flags & O_ACCMODE) === O_WRONLY || (output.flags & O_ACCMODE) === O_RDONLY) throw EBADF;
  const position = offsetAt(c, offset);
  if (position !== undefined && !seekable(from)) throw ESPIPE;
  if (to.is === 'pipe') {
    const full = waitForRoom(c, outFd, output, to, (output.flags & O_NONBLOCK) !== 0);
    if (full) return full;
  } else if (output.flags & O_APPEND || from.is === 'pipe' || from.is === 'stream') throw EINVAL;
  if (count === 0) return 0;
  if (!spliceable(from)) throw EINVAL;
  const reading = prepareRead(c, input, from, Math.min(count, MOVE_MAXIMUM), position);
  if (!reading) {
    if (input.flags & O_NONBLOCK) throw EAGAIN;
    return waitToRead(c, inFd, from);
  }
  if (reading.bytes.length === 0) return 0;
  if (to.is !== 'file' && to.is !== 'pipe' && to.is !== 'stream' && to.is !== 'device') throw EINVAL;
  if (position !== undefined) c.space.writeU64(offset, BigInt(position));
  const written = writeNow(c, output, to, reading.bytes);
  if (written === undefined) throw EAGAIN;
  reading.done(written);
  if (position !== undefined) setOffset(c, offset, position + written);
  return written;
}

function copyFileRange(
  c: Context,
  args: { fd_in: number; off_in: number; fd_out: number; off_out: number; len: number; flags: number },
): Result {
  if (args.flags !== 0) throw EINVAL;
  const input = openFile(c, args.fd_in);
  const output = openFile(c, args.fd_out);
  const from = inodeOfFile(c, input);
  const to = inodeOfFile(c, output);
  if (isDirectory(from) || isDirectory(to)) throw EISDIR;
  if (from.is !== 'file' || to.is !== 'file') throw EINVAL;
  if ((input.flags & O_ACCMODE) === O_WRONLY || (output.flags & O_ACCMODE) === O_RDONLY) throw EBADF;
  if (output.flags & O_APPEND) throw EBADF;
  if (from.superblock !== to.superblock) throw EXDEV;
  const readAt = offsetAt(c, args.off_in);
  const writeAt = offsetAt(c, args.off_out);
  const start = readAt ?? input.offset;
  const target = writeAt ?? output.offset;
  const length = Math.min(args.len, Math.max(0, from.size - start), MOVE_MAXIMUM * 16);
  if (from === to && start < target + length && target < start + length) throw EINVAL;
  if (length === 0) return 0;
  const reading = prepareRead(c, input, from, length, readAt);
  const written = reading && writeNow(c, output, to, reading.bytes, writeAt, false);
  if (!reading || written === undefined) throw EAGAIN;
  reading.done(written);
  if (readAt !== undefined) setOffset(c, args.off_in, start + written);
  if (writeAt !== undefined) setOffset(c, args.off_out, target + written);
  return written;
}

const SPLICE_FLAGS = SPLICE.SPLICE_F_MOVE | SPLICE.SPLICE_F_NONBLOCK | SPLICE.SPLICE_F_MORE | SPLICE.SPLICE_F_GIFT;

function splice(
  c: Context,
  args: { fd_in: number; off_in: number; fd_out: number; off_out: number; len: number; flags: number },
): Result {
  if (args.len === 0) return 0;
  if (args.flags & ~SPLICE_FLAGS) throw EINVAL;
  const input = openFile(c, args.fd_in);
  const output = openFile(c, args.fd_out);
  const from = inodeOfFile(c, input);
  const to = inodeOfFile(c, output);
  if ((input.flags & O_ACCMODE) === O_WRONLY || (output.flags & O_ACCMODE) === O_RDONLY) throw EBADF;
  if (from.is !== 'pipe' && to.is !== 'pipe') throw EINVAL;
  if ((from.is === 'pipe' && args.off_in !== 0) || (to.is === 'pipe' && args.off_out !== 0)) throw ESPIPE;
  if (from === to) throw EINVAL;
  const nonblocking = (args.flags & SPLICE.SPLICE_F_NONBLOCK) !== 0;
  const length = Math.min(args.len, MOVE_MAXIMUM);
  const readAt = offsetAt(c, args.off_in);
  const writeAt = offsetAt(c, args.off_out);
  if (readAt !== undefined && !seekable(from)) throw ESPIPE;
  if (writeAt !== undefined && !seekable(to)) throw ESPIPE;
  if (to.is === 'pipe') {
    if (from.is === 'pipe' && pipeLength(from) === 0 && from.writers > 0)
      return waitOrAgain(c, args.fd_in, from, nonblocking || (input.flags & O_NONBLOCK) !== 0);
    const full = waitForRoom(c, args.fd_out, output, to, nonblocking);
    if (full) return full;
    if (from.is !== 'pipe' && from.is !== 'stream' && !spliceable(from)) throw EINVAL;
    const room = (to.capacity - to.slots.length) * 4096;
    const reading = prepareRead(c, input, from, Math.min(length, room), readAt);
    if (!reading) return waitOrAgain(c, args.fd_in, from, nonblocking || (input.flags & O_NONBLOCK) !== 0);
    if (reading.bytes.length === 0) return 0;
    const count = putIntoPipe(to, reading.bytes.slice());
    reading.done(count);
    if (readAt !== undefined) setOffset(c, args.off_in, readAt + count);
    changed(c, to.id, IN);
    return count;
  }
  if (to.is !== 'file' && to.is !== 'stream' && to.is !== 'device') throw EINVAL;
  if (output.flags & O_APPEND) throw EINVAL;
  const reading = prepareRead(c, input, from, length);
  if (!reading) return waitOrAgain(c, args.fd_in, from, nonblocking || (input.flags & O_NONBLOCK) !== 0);
  if (reading.bytes.length === 0) return 0;
  const count = writeNow(c, output, to, reading.bytes, writeAt) ?? 0;
  reading.done(count);
  if (writeAt !== undefined) setOffset(c, args.off_out, writeAt + count);
  return count;
}

function waitOrAgain(c: Context, fd: number, inode: Inode, nonblocking: boolean): Result {
  if (nonblocking) throw EAGAIN;
  return waitToRead(c, fd, inode);
}

function pipeOf(c: Context, description: Description): Pipe {
  const inode = inodeOfFile(c, description);
  if (inode.is !== 'pipe') throw EINVAL;
  return inode;
}

function tee(c: Context, fdIn: number, fdOut: number, len: number, flags: number): Result {
  if (flags & ~SPLICE_FLAGS) throw EINVAL;
  if (len === 0) return 0;
  const input = openFile(c, fdIn);
  const output = openFile(c, fdOut);
  if ((input.flags & O_ACCMODE) === O_WRONLY || (output.flags & O_ACCMODE) === O_RDONLY) throw EBADF;
  const from = pipeOf(c, input);
  const to = pipeOf(c, output);
  if (from === to) throw EINVAL;
  const nonblocking = (flags & SPLICE.SPLICE_F_NONBLOCK) !== 0;
  if (pipeLength(from) === 0 && from.writers > 0)
    return waitOrAgain(c, fdIn, from, nonblocking || (input.flags & O_NONBLOCK) !== 0);
  const full = waitForRoom(c, fdOut, output, to, nonblocking);
  if (full) return full;
  const count = putIntoPipe(to, peekPipe(from, Math.min(len, MOVE_MAXIMUM)));
  changed(c, to.id, IN);
  return count;
}

/** From memory into a pipe, or from a pipe into memory: copies, where Linux shares pages. */
function vmsplice(c: Context, fd: number, parts: Segment[], flags: number): Result {
  if (flags & ~SPLICE_FLAGS) throw EINVAL;
  const description = openFile(c, fd);
  const pipe = inodeOfFile(c, description);
  if (pipe.is !== 'pipe') throw EBADF;
  const nonblocking = (flags & SPLICE.SPLICE_F_NONBLOCK) !== 0 || (description.flags & O_NONBLOCK) !== 0;
  if ((description.flags & O_ACCMODE) === O_RDONLY) {
    if (pipeLength(pipe) === 0) return pipe.writers === 0 ? 0 : waitOrAgain(c, fd, pipe, nonblocking);
    const count = scatter(c, parts, peekPipe(pipe, totalLength(parts)));
    skipPipe(pipe, count);
    changed(c, pipe.id, OUT);
    return count;
  }
  if (totalLength(parts) === 0) return 0;
  const bytes = gather(c, parts, 0, MOVE_MAXIMUM);
  const count = writeNow(c, description, pipe, bytes);
  if (count !== undefined) return count;
  if (nonblocking) throw EAGAIN;
  return c.block({ what: `vmsplice to pipe ${fd}`, keys: [queue(pipe.id, 'out')], onSignal: 'restart' });
}

export const readWriteCalls: HandlerTable = {
  read: again((c, { fd, buf, count }) => read(c, { fd, parts: () => segment(buf, count) })),
  pread64: again((c, { fd, buf, count, pos }) => read(c, { fd, parts: () => segment(buf, count), position: pos })),
  readv: again((c, { fd, vec, vlen }) => read(c, { fd, parts: () => segments(c, vec, vlen) })),
  preadv: again((c, { fd, vec, vlen, pos_l }) => read(c, { fd, parts: () => segments(c, vec, vlen), position: pos_l })),
  preadv2: again((c, { fd, vec, vlen, pos_l, flags }) => {
    checkFlags(flags);
    const position = pos_l === -1 ? undefined : pos_l;
    return read(c, { fd, parts: () => segments(c, vec, vlen), position, flags });
  }),
  write: writing(({ fd, buf, count }) => ({ fd, parts: () => segment(buf, count) })),
  pwrite64: writing(({ fd, buf, count, pos }) => ({ fd, parts: () => segment(buf, count), position: pos })),
  writev: writing(({ fd, vec, vlen }) => ({ fd, parts: c => segments(c, vec, vlen) })),
  pwritev: writing(({ fd, vec, vlen, pos_l }) => ({ fd, parts: c => segments(c, vec, vlen), position: pos_l })),
  pwritev2: writing(({ fd, vec, vlen, pos_l, flags }) => ({
    fd,
    parts: c => {
      checkFlags(flags);
      return segments(c, vec, vlen);
    },
    position: pos_l === -1 ? undefined : pos_l,
    flags,
  })),
  lseek: (c, { fd, offset, whence }) => seek(c, fd, offset, whence),
  sendfile: again((c, { out_fd, in_fd, offset, count }) => sendfile(c, out_fd, in_fd, offset, count)),
  copy_file_range: (c, args) => copyFileRange(c, args),
  splice: again((c, args) => splice(c, args)),
  tee: again((c, { fdin, fdout, len, flags }) => tee(c, fdin, fdout, len, flags)),
  vmsplice: again((c, { fd, iov, nr_segs, flags }) => vmsplice(c, fd, segments(c, iov, nr_segs), flags)),
};
