/**
 * Reading and writing by kind of inode. Both come in two steps, so that guest memory can fault in between without
 * losing a byte: `prepareRead` says what would be read, and `done` takes it.
 */
import { IN as IN_EVENT, RLIMIT } from '../../abi/flags.ts';
import { TERMIOS_C_LFLAG } from '../../abi/flags-ioctl.ts';
import { SIG } from '../../abi/signals.ts';
import type { Context } from '../context.ts';
import { EBADF, EFBIG, EINVAL, EIO, EISDIR, ENOSPC, EPERM, EPIPE } from '../errors.ts';
import { describeQueue } from '../ipc/message-files.ts';
import { requireForeground } from '../job-control.ts';
import { lookAtQueue, writeSocket } from '../net/transfer.ts';
import { O_ACCMODE, O_APPEND, O_RDONLY, O_WRONLY, POLLIN, POLLOUT, S_ISGID, S_ISUID } from './constants.ts';
import { changeHost } from './host.ts';
import { observe, readEvents } from './inotify.ts';
import { decodeName, encodeName } from './names.ts';
import { prepareWrite, readFile, writeFile } from './pages.ts';
import { peekPipe, pipeLength, putIntoPipe, skipPipe } from './pipes.ts';
import { generate } from './proc-system.ts';
import { readPty, terminalOf, writePty } from './pty.ts';
import { expireTimers, IN, notify, OUT } from './readiness.ts';
import { readSignals } from './signalfd.ts';
import type { Description, Inode } from './state.ts';
import { localModes } from './terminal.ts';
import { throughFile } from './tree.ts';

/** What a read would give. `done(n)` makes it so that the first n bytes were read. */
export interface Reading {
  bytes: Uint8Array;
  done(count: number): void;
}

const nothing = (): void => {};

/** As notify, from within a call. */
export function changed(c: Context, inode: number, mask: number): void {
  notify(c.state, (key, count) => c.wake(key, count), inode, mask);
}

/** Whether the file has a position: pread and lseek work. */
export function seekable(inode: Inode): boolean {
  return (
    inode.is === 'file' ||
    inode.is === 'directory' ||
    inode.is === 'proc-directory' ||
    inode.is === 'generated' ||
    inode.is === 'mqueue' ||
    (inode.is === 'device' && inode.driver !== 'tty' && inode.driver !== 'ptmx')
  );
}

/** Undefined: there is nothing now, but there may be later. `position`: pread's, else the description's own. */
export function prepareRead(
  c: Context,
  description: Description,
  inode: Inode,
  length: number,
  position?: number,
): Reading | undefined {
  if ((description.flags & O_ACCMODE) === O_WRONLY) throw EBADF;
  const { fs } = c.state;
  const offset = position ?? description.offset;
  const advance = (count: number): void => {
    if (position === undefined) description.offset = offset + count;
  };
  switch (inode.is) {
    case 'file': {
      const bytes = readFile(fs, inode, offset, length);
      return {
        bytes,
        done: count => {
          advance(count);
          // relatime: the first access after a change is noted.
          if (count > 0 && inode.atime <= inode.mtime) inode.atime = c.realtime();
          if (count > 0) observe(c, inode, IN_EVENT.IN_ACCESS);
        },
      };
    }
    case 'directory':
    case 'proc-directory':
      throw EISDIR;
    case 'pipe': {
      if (length === 0) return { bytes: new Uint8Array(0), done: nothing };
      if (pipeLength(inode) === 0) return inode.writers === 0 ? { bytes: new Uint8Array(0), done: nothing } : undefined;
      return {
        bytes: peekPipe(inode, length),
        done: count => {
          skipPipe(inode, count);
          changed(c, inode.id, OUT);
        },
      };
    }
    case 'pty-master':
      return readPty(c, inode, length);
    case 'pty-slave':
      requireForeground(c, c.task, fs.terminals.get(inode.terminal)!, SIG.SIGTTIN);
      return readPty(c, inode, length);
    case 'stream': {
      const { input } = fs;
      const terminal = terminalOf(fs, inode);
      if (terminal) requireForeground(c, c.task, terminal, SIG.SIGTTIN);
      if (length === 0) return { bytes: new Uint8Array(0), done: nothing };
      const chunk = input.chunks[0];
      if (!chunk) {
        if (!input.ended) return undefined;
        return { bytes: new Uint8Array(0), done: nothing };
      }
      return {
        bytes: chunk.subarray(0, length),
        done: count => {
          if (count >= chunk.length) input.chunks.shift();
          else input.chunks[0] = chunk.subarray(count);
        },
      };
    }
    case 'device':
      return { bytes: readDevice(c, inode.driver, length), done: nothing };
    case 'mqueue': {
      const text = encodeName(describeQueue(inode));
      return { bytes: text.subarray(Math.min(offset, text.length), offset + length), done: advance };
    }
    case 'generated': {
      // A seq_file is made anew when reading begins, and stays as it was until its end.
      if (offset === 0 || !description.snapshot) description.snapshot = generate(c, inode, n => c.random(n));
      const snapshot = description.snapshot;
      return { bytes: snapshot.subarray(Math.min(offset, snapshot.length), offset + length), done: advance };
    }
    case 'eventfd': {
      if (length < 8) throw EINVAL;
      if (inode.count === 0n) return undefined;
      const bytes = new Uint8Array(8);
      const value = inode.semaphore ? 1n : inode.count;
      new DataView(bytes.buffer).setBigUint64(0, value, true);
      return {
        bytes,
        done: () => {
          inode.count -= value;
          changed(c, inode.id, POLLOUT);
        },
      };
    }
    case 'timerfd': {
      if (length < 8) throw EINVAL;
      expireTimers(c.state, (key, count) => c.wake(key, count));
      if (inode.expirations === 0n) return undefined;
      const bytes = new Uint8Array(8);
      new DataView(bytes.buffer).setBigUint64(0, inode.expirations, true);
      return {
        bytes,
        done: () => {
          inode.expirations = 0n;
        },
      };
    }
    case 'signalfd':
      return readSignals(c, inode, length);
    case 'socket': {
      const found = lookAtQueue(c, inode, length);
      return found && { bytes: found.bytes, done: count => found.take(count) };
    }
    case 'inotify':
      return readEvents(inode, length);
    case 'symlink':
    case 'magic-link':
      throw EBADF;
    default:
      throw EINVAL;
  }
}

function readDevice(c: Context, driver: string, length: number): Uint8Array {
  switch (driver) {
    case 'null':
      return new Uint8Array(0);
    case 'zero':
    case 'full':
      return new Uint8Array(length);
    case 'random':
    case 'urandom':
      // Linux gives at most 32 MiB − 1 at once.
      return c.random(Math.min(length, 0x1ff_ffff));
    default:
      throw EIO;
  }
}

/**
 * Writes what fits and returns how much that was; undefined: nothing fits now, but something may later. SIGPIPE is
 * sent here. Throws HostWait before anything has changed.
 */
export function writeNow(
  c: Context,
  description: Description,
  inode: Inode,
  bytes: Uint8Array,
  position?: number,
  append = (description.flags & O_APPEND) !== 0,
): number | undefined {
  if ((description.flags & O_ACCMODE) === O_RDONLY) throw EBADF;
  switch (inode.is) {
    case 'file': {
      if (bytes.length === 0) return 0;
      const offset = append ? inode.size : (position ?? description.offset);
      const count = writeRegular(c, inode, bytes, offset);
      if (position === undefined) description.offset = offset + count;
      observe(c, inode, IN_EVENT.IN_MODIFY);
      return count;
    }
    case 'pipe': {
      if (bytes.length === 0) return 0;
      if (inode.readers === 0) {
        c.signal({ is: 'task', id: c.task.id }, SIG.SIGPIPE);
        throw EPIPE;
      }
      const count = putIntoPipe(inode, bytes);
      if (count === 0) return undefined;
      changed(c, inode.id, IN);
      return count;
    }
    case 'pty-master':
      return writePty(c, inode, bytes);
    case 'pty-slave':
      requireOutput(c, inode);
      return writePty(c, inode, bytes);
    case 'stream': {
      requireOutput(c, inode);
      const stream = inode.stream === 'stderr' ? 'stderr' : 'stdout';
      if (bytes.length > 0) c.emit({ is: 'output', task: c.task.id, stream, bytes });
      return bytes.length;
    }
    case 'device':
      if (inode.driver === 'full' && bytes.length > 0) throw ENOSPC;
      return bytes.length;
    case 'eventfd': {
      if (bytes.length !== 8) throw EINVAL;
      const value = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true);
      if (value === 0xffff_ffff_ffff_ffffn) throw EINVAL;
      if (inode.count + value > 0xffff_ffff_ffff_fffen) return undefined;
      inode.count += value;
      changed(c, inode.id, POLLIN);
      return 8;
    }
    case 'socket':
      return writeSocket(c, inode, bytes);
    case 'generated':
      return writeGenerated(c, inode.source, inode.tid || inode.pid, bytes);
    case 'directory':
    case 'proc-directory':
      throw EBADF;
    default:
      throw EINVAL;
  }
}

/** With TOSTOP only the foreground group prints. */
function requireOutput(c: Context, inode: Inode): void {
  const terminal = terminalOf(c.state.fs, inode);
  if (terminal && localModes(terminal) & TERMIOS_C_LFLAG.TOSTOP) requireForeground(c, c.task, terminal, SIG.SIGTTOU);
}

/** Only what has a meaning here takes effect; the rest of what Linux lets its owner write is accepted. */
function writeGenerated(c: Context, source: string, tid: number, bytes: Uint8Array): number {
  if (source === 'process/comm') {
    const task = c.state.tasks.get(tid);
    if (task) task.name = decodeName(bytes.subarray(0, 15)).replace(/\n$/, '');
    return bytes.length;
  }
  if (source.startsWith('process/')) return bytes.length;
  throw EPERM;
}

const F_SEAL_GROW = 4;
const F_SEAL_WRITE = 8 | 16;

function writeRegular(c: Context, inode: Inode & { is: 'file' }, bytes: Uint8Array, offset: number): number {
  if (bytes.length === 0) return 0;
  let data = bytes;
  if (inode.seals) {
    if (inode.seals & F_SEAL_WRITE) throw EPERM;
    if (inode.seals & F_SEAL_GROW && offset + data.length > inode.size) {
      if (offset >= inode.size) throw EPERM;
      data = data.subarray(0, inode.size - offset);
    }
  }
  data = withinLimit(c, data, offset);
  // All questions first: the host must be changed once, and asked for the old bytes before.
  prepareWrite(c.state.fs, inode, offset, data.length);
  const path = throughFile(c, inode);
  if (path) changeHost(c.state.fs, { is: 'write', path, offset, bytes: data.slice() });
  writeFile(c.state.fs, inode, offset, data);
  inode.mtime = c.realtime();
  inode.ctime = inode.mtime;
  dropPrivileges(c, inode);
  return data.length;
}

/** What changes a set-user-ID program makes it an ordinary one (file_remove_privs). */
export function dropPrivileges(c: Context, inode: Inode): void {
  if (!(inode.mode & (S_ISUID | S_ISGID)) || c.process.credentials.fsuid === 0) return;
  inode.mode &= ~(S_ISUID | (inode.mode & 0o10 ? S_ISGID : 0));
}

/** RLIMIT_FSIZE: SIGXFSZ and EFBIG beyond it, a short write up to it. */
export function withinLimit(c: Context, bytes: Uint8Array, offset: number): Uint8Array {
  const limit = c.process.limits[RLIMIT.RLIMIT_FSIZE]?.soft ?? 0xffff_ffff_ffff_ffffn;
  if (limit < BigInt(offset + bytes.length)) {
    if (limit <= BigInt(offset)) {
      c.signal({ is: 'task', id: c.task.id }, SIG.SIGXFSZ);
      throw EFBIG;
    }
    return bytes.subarray(0, Number(limit) - offset);
  }
  if (offset + bytes.length > Number.MAX_SAFE_INTEGER) throw EFBIG;
  return bytes;
}
