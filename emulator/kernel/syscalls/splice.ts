/** Calls that move bytes from one descriptor to another: sendfile, copy_file_range, splice, tee, vmsplice. */
import { SPLICE } from '../../abi/flags.ts';
import { SIG } from '../../abi/signals.ts';
import type { Blocked, Context, HandlerTable, Result } from '../context.ts';
import { EAGAIN, EBADF, EINVAL, EISDIR, EPIPE, ESPIPE, EXDEV } from '../errors.ts';
import { gather, type Segment, scatter, segments, totalLength } from '../fs/arguments.ts';
import { O_ACCMODE, O_APPEND, O_NONBLOCK, O_RDONLY, O_WRONLY } from '../fs/constants.ts';
import { inodeOfFile, openFile } from '../fs/descriptions.ts';
import { isDirectory } from '../fs/inodes.ts';
import { changed, prepareRead, seekable, writeNow } from '../fs/io.ts';
import { peekPipe, pipeFull, pipeLength, putIntoPipe, skipPipe } from '../fs/pipes.ts';
import { IN, OUT, queue } from '../fs/readiness.ts';
import type { Description, Inode, Pipe } from '../fs/state.ts';
import { again, interruption } from '../waits.ts';
import { waitToRead } from './read-write.ts';

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
  return inode.is === 'file' || inode.is === 'generated' || inode.is === 'device' || inode.is === 'socket';
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

/** What splice and sendfile can write to. */
const takesBytes = (inode: Inode): boolean =>
  inode.is === 'file' || inode.is === 'stream' || inode.is === 'device' || inode.is === 'socket';

function waitToWrite(c: Context, fd: number, output: Description, to: Inode): Blocked {
  if (output.flags & O_NONBLOCK) throw EAGAIN;
  return c.block({ what: `splice to ${to.is} ${fd}`, keys: [queue(to.id, 'out')], onSignal: 'restart' });
}

interface SendfileArguments {
  out_fd: number;
  in_fd: number;
  offset: number;
  count: number;
}

/** To a socket that waits, all of it is sent, as write does: what has gone before the wait is kept in its record. */
function sendfile(c: Context, args: SendfileArguments, before = 0): Result {
  let moved = before;
  for (;;) {
    const left = { ...args, count: args.count - moved };
    let result: Result;
    try {
      result = sendPart(c, left);
    } catch (error) {
      if (moved > 0) return moved;
      throw error;
    }
    if (typeof result === 'object') return moved === 0 ? result : c.block({ ...result.waiting, data: { moved } });
    moved += Number(result);
    const to = inodeOfFile(c, openFile(c, args.out_fd));
    if (to.is !== 'socket' || result === 0 || moved >= args.count) return moved;
  }
}

function sendPart(c: Context, { out_fd: outFd, in_fd: inFd, offset, count }: SendfileArguments): Result {
  // As do_sendfile looks: the offset's memory, the input and whether it has places, then the output.
  const given = offset === 0 ? undefined : c.space.readU64(offset);
  const input = openFile(c, inFd);
  const from = inodeOfFile(c, input);
  if ((input.flags & O_ACCMODE) === O_WRONLY) throw EBADF;
  if (given !== undefined && !seekable(from)) throw ESPIPE;
  const position = offsetAt(c, offset);
  const output = openFile(c, outFd);
  const to = inodeOfFile(c, output);
  if ((output.flags & O_ACCMODE) === O_RDONLY) throw EBADF;
  if (to.is === 'pipe') {
    const full = waitForRoom(c, outFd, output, to, (output.flags & O_NONBLOCK) !== 0);
    if (full) return full;
  } else if (output.flags & O_APPEND || from.is === 'pipe' || from.is === 'stream' || from.is === 'socket')
    throw EINVAL;
  if (count === 0) return 0;
  if (!spliceable(from)) throw EINVAL;
  const reading = prepareRead(c, input, from, Math.min(count, MOVE_MAXIMUM), position);
  if (!reading) {
    if (input.flags & O_NONBLOCK) throw EAGAIN;
    return waitToRead(c, inFd, from);
  }
  if (reading.bytes.length === 0) return 0;
  if (!takesBytes(to) && to.is !== 'pipe') throw EINVAL;
  if (position !== undefined) c.space.writeU64(offset, BigInt(position));
  const written = writeNow(c, output, to, reading.bytes);
  if (written === undefined) return waitToWrite(c, outFd, output, to);
  reading.done(written);
  if (position !== undefined) setOffset(c, offset, position + written);
  return written;
}

function copyFileRange(
  c: Context,
  args: { fd_in: number; off_in: number; fd_out: number; off_out: number; len: number; flags: number },
): Result {
  const input = openFile(c, args.fd_in);
  const output = openFile(c, args.fd_out);
  for (const at of [args.off_in, args.off_out]) if (at !== 0) c.space.readU64(at);
  if (args.flags !== 0) throw EINVAL;
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
  if ((from.is === 'pipe' && args.off_in !== 0) || (to.is === 'pipe' && args.off_out !== 0)) throw ESPIPE;
  for (const at of [args.off_out, args.off_in]) if (at !== 0) c.space.readU64(at);
  if ((input.flags & O_ACCMODE) === O_WRONLY || (output.flags & O_ACCMODE) === O_RDONLY) throw EBADF;
  if (from.is !== 'pipe' && to.is !== 'pipe') throw EINVAL;
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
  if (!takesBytes(to)) throw EINVAL;
  if (output.flags & O_APPEND) throw EINVAL;
  const reading = prepareRead(c, input, from, length);
  if (!reading) return waitOrAgain(c, args.fd_in, from, nonblocking || (input.flags & O_NONBLOCK) !== 0);
  if (reading.bytes.length === 0) return 0;
  const count = writeNow(c, output, to, reading.bytes, writeAt);
  if (count === undefined) return waitToWrite(c, args.fd_out, output, to);
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

export const spliceCalls: HandlerTable = {
  sendfile: {
    start: (c, args) => sendfile(c, args),
    resume(c, args, waiting, reason) {
      const moved = (waiting.data as { moved: number } | undefined)?.moved ?? 0;
      if (reason !== 'signal') return sendfile(c, args, moved);
      if (moved === 0) throw interruption(waiting);
      return moved;
    },
  },
  copy_file_range: (c, args) => copyFileRange(c, args),
  splice: again((c, args) => splice(c, args)),
  tee: again((c, { fdin, fdout, len, flags }) => tee(c, fdin, fdout, len, flags)),
  vmsplice: again((c, { fd, iov, nr_segs, flags }) => vmsplice(c, fd, segments(c, iov, nr_segs), flags)),
};
