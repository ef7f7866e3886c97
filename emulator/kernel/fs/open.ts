/** Opening a path (do_filp_open and may_open of fs/namei.c): what the flags mean for what is found there. */
import { IN, RESOLVE } from '../../abi/flags.ts';
import type { Context, FileContext } from '../context.ts';
import { EEXIST, EINVAL, EISDIR, ELOOP, ENOENT, ENOTDIR, ENXIO, EPERM, ETXTBSY } from '../errors.ts';
import { controllingTerminal, takeTerminal } from '../job-control.ts';
import {
  O_ACCMODE,
  O_APPEND,
  O_CLOEXEC,
  O_CREAT,
  O_DIRECTORY,
  O_EXCL,
  O_LARGEFILE,
  O_NOATIME,
  O_NOCTTY,
  O_NOFOLLOW,
  O_NONBLOCK,
  O_PATH,
  O_RDONLY,
  O_RDWR,
  O_TMPFILE,
  O_TRUNC,
  O_WRONLY,
  POLLIN,
  POLLOUT,
} from './constants.ts';
import { describe, freeDescriptor, install } from './descriptions.ts';
import { changeHost } from './host.ts';
import {
  isDirectory,
  MAY_EXEC,
  MAY_READ,
  MAY_WRITE,
  requireAccess,
  requireOwner,
  requireWritable,
  superblockOf,
} from './inodes.ts';
import { observe, observeName } from './inotify.ts';
import { changed, dropPrivileges } from './io.ts';
import { truncateFile } from './pages.ts';
import { type Found, walk } from './paths.ts';
import { requireInspect } from './proc.ts';
import { newPty, openSlave, terminalOf } from './pty.ts';
import type { Description, Device, Inode, InodeId } from './state.ts';
import { createFile, newFile, throughFile } from './tree.ts';

/** What open(2) was asked for, cleaned as build_open_flags cleans it. */
export interface OpenRequest {
  flags: number;
  /** Permission bits of a new file, before the umask. */
  mode: number;
  /** RESOLVE_ flags. */
  resolve: number;
}

/** The opened file under its new number; `wait`: a FIFO whose other side nobody has opened yet. */
export interface Opened {
  fd: number;
  description: Description;
  wait?: 'reader' | 'writer';
}

/** What open and openat do with their flags before they look at the path. */
export function cleanFlags(flags: number): number {
  if (flags & O_CREAT && flags & O_DIRECTORY) throw EINVAL;
  if ((flags & O_TMPFILE) === O_TMPFILE && (flags & O_ACCMODE) === O_RDONLY) throw EINVAL;
  return flags & O_PATH ? flags & (O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : flags | O_LARGEFILE;
}

function accessOf(flags: number): number {
  const mode = flags & O_ACCMODE;
  let access = mode === O_RDONLY ? MAY_READ : mode === O_WRONLY ? MAY_WRITE : MAY_READ | MAY_WRITE;
  if (flags & O_TRUNC) access |= MAY_WRITE;
  return access;
}

export function openPath(c: Context, start: InodeId, path: string, request: OpenRequest): Opened {
  const { flags } = request;
  const fd = freeDescriptor(c.process);
  if ((flags & O_TMPFILE) === O_TMPFILE) return openTemporary(c, fd, start, path, { ...request, flags });
  const exclusive = (flags & O_CREAT) !== 0 && (flags & O_EXCL) !== 0;
  const create = (flags & O_CREAT) !== 0;
  const found = walk(c, start, path, { follow: !(flags & O_NOFOLLOW) && !exclusive, create, resolve: request.resolve });
  if (flags & O_CREAT) {
    if (found.last !== 'name') throw exclusive ? EEXIST : EISDIR;
    if (found.inode && exclusive) throw EEXIST;
    if (!found.inode) {
      const file = createFile(c, found, request.mode);
      observeName(c, found.directory.id, found.name, IN.IN_CREATE, file);
      return finish(c, fd, file, flags, found);
    }
  }
  const inode = found.inode;
  if (!inode) throw ENOENT;
  if (inode.is === 'symlink' || inode.is === 'magic-link') {
    if (!(flags & O_PATH)) throw ELOOP;
    if (flags & O_DIRECTORY) throw ENOTDIR;
    return finish(c, fd, inode, flags, found);
  }
  if ((found.slash || flags & O_DIRECTORY) && !isDirectory(inode)) throw ENOTDIR;
  if (flags & O_PATH) return finish(c, fd, inode, flags, found);
  if (isDirectory(inode) && (flags & O_CREAT || accessOf(flags) & MAY_WRITE)) throw EISDIR;
  mayOpen(c, inode, flags);
  const target = inode.is === 'device' ? deviceTarget(c, inode) : inode;
  if (target.is === 'pty-slave') openSlave(c, target);
  const truncates = (flags & O_TRUNC) !== 0 && target.is === 'file';
  if (truncates) truncateByOpen(c, target);
  const opened = finish(c, fd, target, flags, found);
  const terminal = terminalOf(c.state.fs, target);
  // Whoever leads a session without a terminal gets the first that it opens.
  if (terminal && target.is !== 'pty-master' && !(flags & O_NOCTTY) && (flags & O_ACCMODE) !== O_WRONLY)
    takeTerminal(c, c.process, terminal);
  if (truncates) observe(c, target, IN.IN_MODIFY);
  return opened;
}

/** What opening a device gives: /dev/tty is the terminal of the session, /dev/ptmx a new pseudo-terminal. */
function deviceTarget(c: Context, device: Device): Inode {
  if (device.driver === 'ptmx') return newPty(c);
  if (device.driver !== 'tty') return device;
  const { fs } = c.state;
  const terminal = controllingTerminal(c.state, c.process);
  if (!terminal) throw ENXIO;
  const ends = terminal.is === 'pty' ? [terminal.slave] : Object.values(fs.streams);
  for (const id of ends) {
    const inode = fs.inodes.get(id);
    if (inode && terminalOf(fs, inode) === terminal) return inode;
  }
  throw ENXIO;
}

function mayOpen(c: Context, inode: Inode, flags: number): void {
  requireAccess(c, inode, accessOf(flags));
  if (inode.is === 'generated') requireInspect(c, inode);
  if (flags & O_NOATIME) requireOwner(c, inode);
  if (accessOf(flags) & MAY_WRITE && inode.is === 'file' && isExecuting(c, inode.id)) throw ETXTBSY;
  // What only makes sense with the thing it stands for, and cannot be opened a second time.
  if (inode.is === 'pipe' && flags & O_NONBLOCK && (flags & O_ACCMODE) === O_WRONLY && inode.readers === 0) throw ENXIO;
  if (inode.is === 'device' && inode.driver === 'none') throw ENXIO;
  if (['eventfd', 'epoll', 'timerfd', 'signalfd', 'pidfd', 'socket', 'inotify'].includes(inode.is)) throw ENXIO;
}

/** Whether a process runs the file right now. */
function isExecuting(c: FileContext, id: InodeId): boolean {
  for (const process of c.state.processes.values()) {
    if (process.run.is === 'zombie') continue;
    for (const m of c.options.spaces.get(process.memory.space).mappings)
      if (m.backing.is === 'file' && m.backing.inode === id && m.prot & 4 && m.name === process.executable) return true;
  }
  return false;
}

function truncateByOpen(c: Context, file: Inode & { is: 'file' }): void {
  requireWritable(c.state.fs, file);
  const path = throughFile(c, file);
  if (path) changeHost(c.state.fs, { is: 'truncate', path, size: 0 });
  truncateFile(c.state.fs, file, 0);
  dropPrivileges(c, file);
  file.mtime = c.realtime();
  file.ctime = file.mtime;
}

function openTemporary(c: Context, fd: number, start: InodeId, path: string, request: OpenRequest): Opened {
  const { flags } = request;
  const found = walk(c, start, path, { follow: true, resolve: request.resolve });
  if (!found.inode) throw ENOENT;
  if (!isDirectory(found.inode)) throw ENOTDIR;
  if (found.inode.is !== 'directory') throw EPERM;
  requireWritable(c.state.fs, found.inode);
  requireAccess(c, found.inode, MAY_WRITE | MAY_EXEC);
  // The file is ours alone until it gets a name, so it never reaches the host.
  const file = newFile(c, found.inode, request.mode & 0o7777 & ~c.process.fs.umask);
  file.nlink = 0;
  file.linkable = !(flags & O_EXCL);
  const description = describe(c.state.fs, file, flags & ~O_DIRECTORY);
  install(c, fd, description, (flags & O_CLOEXEC) !== 0);
  return { fd, description };
}

function finish(c: Context, fd: number, inode: Inode, flags: number, found: Found): Opened {
  const description = describe(c.state.fs, inode, flags, placeOf(c, inode, found));
  install(c, fd, description, (flags & O_CLOEXEC) !== 0);
  if (!(flags & O_PATH)) observe(c, inode, IN.IN_OPEN);
  if (inode.is !== 'pipe' || flags & O_PATH) return { fd, description };
  return { fd, description, wait: openFifo(c, inode, flags) };
}

/** By which name the file was opened; undefined for what has none (a pipe opened through /proc). */
function placeOf(c: Context, inode: Inode, found: Found): Description['place'] {
  const { type } = superblockOf(c.state.fs, inode);
  if (type === 'pipefs' || type === 'sockfs' || type === 'anon_inodefs') return undefined;
  if (isDirectory(inode) && (found.last !== 'name' || isFollowed(c, found, inode))) return placeOfDirectory(inode);
  if (!isFollowed(c, found, inode)) return { directory: found.directory.id, name: found.name };
  // Opened through a link of /proc: it has the name that whoever opened it first used.
  for (const other of c.state.fs.descriptions.values()) if (other.inode === inode.id && other.place) return other.place;
  return undefined;
}

/** A directory can always be named by where it is. */
function placeOfDirectory(inode: Inode): Description['place'] {
  return isDirectory(inode) ? { directory: inode.parent, name: inode.name } : undefined;
}

/** Found through a link of /proc: the name in /proc is not the file's own. */
function isFollowed(c: Context, found: Found, inode: Inode): boolean {
  return (
    found.directory.is === 'proc-directory' &&
    inode.is !== 'generated' &&
    superblockOf(c.state.fs, inode).id !== found.directory.superblock
  );
}

function openFifo(c: Context, pipe: Inode & { is: 'pipe' }, flags: number): Opened['wait'] {
  const mode = flags & O_ACCMODE;
  if (mode !== O_WRONLY) changed(c, pipe.id, POLLOUT);
  if (mode !== O_RDONLY) changed(c, pipe.id, POLLIN);
  c.wake(`fifo:${pipe.id}`);
  if (mode === O_RDWR || flags & O_NONBLOCK) return undefined;
  if (mode === O_RDONLY && pipe.writers === 0) return 'writer';
  if (mode === O_WRONLY && pipe.readers === 0) return 'reader';
  return undefined;
}

/** The flags of openat2 are checked, those of open and openat are not (build_open_flags). */
export function checkHow(how: { flags: bigint; mode: bigint; resolve: bigint }): OpenRequest {
  const known = BigInt(
    O_ACCMODE |
      O_CREAT |
      O_EXCL |
      0o400 |
      O_TRUNC |
      O_APPEND |
      O_NONBLOCK |
      0o4010000 |
      0o20000 |
      0o40000 |
      O_LARGEFILE |
      O_DIRECTORY |
      O_NOFOLLOW |
      O_NOATIME |
      O_CLOEXEC |
      O_PATH |
      O_TMPFILE,
  );
  const resolves = Object.values(RESOLVE).reduce((all, bit) => all | bit, 0);
  const flags = Number(how.flags & known);
  if (how.flags & ~known || how.resolve & ~BigInt(resolves)) throw EINVAL;
  const creates = (flags & O_CREAT) !== 0 || (flags & O_TMPFILE) === O_TMPFILE;
  if (how.mode !== 0n && (!creates || how.mode & ~0o7777n)) throw EINVAL;
  if (flags & O_PATH && flags & ~(O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)) throw EINVAL;
  const resolve = Number(how.resolve);
  if (resolve & RESOLVE.RESOLVE_BENEATH && resolve & RESOLVE.RESOLVE_IN_ROOT) throw EINVAL;
  return { flags, mode: Number(how.mode), resolve };
}
