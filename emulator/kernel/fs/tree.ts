/** Changes of the tree: making, linking, renaming and removing names (the second half of fs/namei.c). */
import { RENAME } from '../../abi/flags.ts';
import type { FileContext } from '../context.ts';
import {
  EACCES,
  EBUSY,
  EEXIST,
  EINVAL,
  EISDIR,
  EMLINK,
  ENOENT,
  ENOSPC,
  ENOTDIR,
  ENOTEMPTY,
  EPERM,
  EROFS,
  EXDEV,
} from '../errors.ts';
import { S_IFBLK, S_IFCHR, S_IFIFO, S_IFLNK, S_IFMT, S_IFREG, S_ISGID } from './constants.ts';
import { changeHost, hostChunk, hostPath } from './host.ts';
import {
  addInode,
  inodeOf,
  isDirectory,
  MAY_EXEC,
  MAY_WRITE,
  maybeOrphan,
  newDirectory,
  requireAccess,
  requireWritable,
  stickyForbids,
  superblockOf,
  wallClock,
} from './inodes.ts';
import type { DirectoryInode, Found } from './paths.ts';
import { listHost, lookup } from './paths.ts';
import type { Device, Directory, Inode, InodeBase, MessageFile, Pipe, RegularFile, Symlink } from './state.ts';

/** A directory in which names can be made and removed; the right errno where they cannot. */
function changeable(c: FileContext, directory: DirectoryInode): Directory {
  if (directory.is === 'proc-directory') throw EPERM;
  requireWritable(c.state.fs, directory);
  requireAccess(c, directory, MAY_WRITE | MAY_EXEC);
  return directory;
}

/** Where a change of this directory's name must be made on the host too, or undefined. */
function throughPath(c: FileContext, directory: Directory, name: string): string | undefined {
  return superblockOf(c.state.fs, directory).writeThrough && directory.host
    ? hostPath(directory.host.path, name)
    : undefined;
}

/** The host file behind an inode of a mount that is `rw`. */
export function throughFile(c: FileContext, inode: Inode): string | undefined {
  if (!superblockOf(c.state.fs, inode).writeThrough) return undefined;
  return (inode.is === 'file' || inode.is === 'directory') && inode.host ? inode.host.path : undefined;
}

function enter(directory: Directory, name: string, inode: Inode): void {
  directory.host?.absent.delete(name);
  directory.entries.delete(name);
  directory.entries.set(name, { inode: inode.id, cookie: directory.nextCookie++ });
}

function leave(directory: Directory, name: string): void {
  directory.entries.delete(name);
  directory.host?.absent.add(name);
}

function modified(c: FileContext, ...inodes: Inode[]): void {
  const time = wallClock(c.state);
  for (const inode of inodes) {
    inode.mtime = time;
    inode.ctime = time;
  }
}

/** As many inodes as statfs tells of. */
export const INODE_LIMIT = 1_048_576;

/** A name that does not exist yet, in a directory that may be changed. */
function requireNew(c: FileContext, found: Found, makesDirectory: boolean): Directory {
  if (found.inode) throw EEXIST;
  // "name/" of something that is to be no directory.
  if (found.slash && !makesDirectory) throw ENOENT;
  if (found.directory.is === 'proc-directory') throw ENOENT;
  if (found.directory.nlink === 0) throw ENOENT;
  if (superblockOf(c.state.fs, found.directory).type === 'mqueue') throw EPERM;
  if (c.state.fs.inodes.size >= INODE_LIMIT) throw ENOSPC;
  return changeable(c, found.directory);
}

function newBase(c: FileContext, directory: Directory, mode: number) {
  const { fsuid, fsgid } = c.process.credentials;
  return {
    superblock: directory.superblock,
    mode,
    uid: fsuid,
    // BSD groups where the directory is set-group-ID.
    gid: directory.mode & S_ISGID ? directory.gid : fsgid,
    time: wallClock(c.state),
  };
}

/** `mode` is applied under the caller's umask. */
export function createFile(c: FileContext, found: Found, mode: number): RegularFile {
  const directory = requireNew(c, found, false);
  const bits = mode & 0o7777 & ~c.process.fs.umask;
  const path = throughPath(c, directory, found.name);
  if (path) changeHost(c.state.fs, { is: 'create', path, mode: bits });
  const file = newFile(c, directory, bits);
  if (path) file.host = { path, length: 0, clean: new Set() };
  enter(directory, found.name, file);
  modified(c, directory);
  return file;
}

/** A file without a name: O_TMPFILE, memfd. */
export function newFile(c: FileContext, directory: Directory, bits: number): RegularFile {
  return addInode<RegularFile>(c.state.fs, newBase(c, directory, bits | S_IFREG), {
    is: 'file',
    size: 0,
    pages: new Map(),
    changes: 0,
  });
}

export function makeDirectory(c: FileContext, found: Found, mode: number): Directory {
  const parent = requireNew(c, found, true);
  let bits = mode & 0o1777 & ~c.process.fs.umask;
  const path = throughPath(c, parent, found.name);
  if (path) changeHost(c.state.fs, { is: 'mkdir', path, mode: bits });
  if (parent.mode & S_ISGID) bits |= S_ISGID;
  const directory = newDirectory(c.state.fs, newBase(c, parent, bits), parent.id, found.name);
  if (path) directory.host = { path, listed: true, absent: new Set() };
  enter(parent, found.name, directory);
  parent.nlink++;
  modified(c, parent);
  return directory;
}

/** A POSIX message queue: nothing else can be made in their file system. */
export function makeMessageFile(
  c: FileContext,
  found: Found,
  mode: number,
  size: Pick<MessageFile, 'maxMessages' | 'messageSize'>,
): MessageFile {
  const directory = changeable(c, found.directory);
  const base = newBase(c, directory, S_IFREG | (mode & 0o7777 & ~c.process.fs.umask));
  const queue = addInode<MessageFile>(c.state.fs, base, { is: 'mqueue', ...size, messages: [] });
  enter(directory, found.name, queue);
  modified(c, directory);
  return queue;
}

export function makeSymlink(c: FileContext, found: Found, target: string): Symlink {
  const directory = requireNew(c, found, false);
  const path = throughPath(c, directory, found.name);
  if (path) changeHost(c.state.fs, { is: 'symlink', path, target });
  const symlink = addInode<Symlink>(c.state.fs, newBase(c, directory, S_IFLNK | 0o777), { is: 'symlink', target });
  enter(directory, found.name, symlink);
  modified(c, directory);
  return symlink;
}

/**
 * mknod of a regular file, a FIFO, a socket's name, or a device. Devices are the machine's own: even root cannot make
 * one, but for the character device 0:0, which is what overlay file systems call a whiteout.
 */
export function makeNode(c: FileContext, found: Found, mode: number, dev: number): Inode {
  const type = mode & S_IFMT;
  if (type === 0 || type === S_IFREG) {
    return createFile(c, found, mode);
  }
  const directory = requireNew(c, found, false);
  if ((type === S_IFCHR && dev !== 0) || type === S_IFBLK) throw EPERM;
  // The host cannot hold them for us.
  if (superblockOf(c.state.fs, directory).writeThrough) throw EPERM;
  const base = newBase(c, directory, type | (mode & 0o7777 & ~c.process.fs.umask));
  const inode =
    type === S_IFIFO
      ? addInode<Pipe>(c.state.fs, base, emptyPipe())
      : addInode<Device>(c.state.fs, base, { is: 'device', driver: 'none', rdev: { major: 0, minor: 0 } });
  enter(directory, found.name, inode);
  modified(c, directory);
  return inode;
}

export function emptyPipe(): Omit<Pipe, keyof InodeBase> {
  return { is: 'pipe', slots: [], capacity: 16, readers: 0, writers: 0, readerOpens: 0, writerOpens: 0 };
}

export function makeLink(c: FileContext, inode: Inode, found: Found): void {
  if (found.inode) throw EEXIST;
  if (inode.superblock !== found.directory.superblock) throw EXDEV;
  const directory = requireNew(c, found, false);
  if (isDirectory(inode)) throw EPERM;
  // A file without a name can only get one if it was made by O_TMPFILE without O_EXCL.
  if (inode.nlink === 0 && !(inode.is === 'file' && inode.linkable)) throw ENOENT;
  if (inode.nlink >= 65000) throw EMLINK;
  const path = throughPath(c, directory, found.name);
  if (path) {
    if (inode.is !== 'file' || !inode.host) throw EPERM;
    changeHost(c.state.fs, { is: 'link', path, existing: inode.host.path });
  }
  inode.nlink++;
  c.state.fs.orphans.delete(inode.id);
  enter(directory, found.name, inode);
  inode.ctime = wallClock(c.state);
  modified(c, directory);
}

/** An open file of a `rw` mount that loses its host file keeps its contents: they are read first. */
function keepContents(c: FileContext, inode: Inode): void {
  if (inode.is !== 'file' || !inode.host || inode.opens === 0 || inode.nlink > 1) return;
  for (let index = 0; index * 4096 < inode.host.length; index++)
    if (!inode.pages.has(index)) hostChunk(c.state.fs, inode, index);
}

function drop(c: FileContext, inode: Inode): void {
  inode.nlink = inode.is === 'directory' ? 0 : inode.nlink - 1;
  inode.ctime = wallClock(c.state);
  if (inode.nlink === 0 && inode.is === 'file' && superblockOf(c.state.fs, inode).writeThrough) {
    // What was loaded is the guest's own from now on.
    c.state.fs.pages += inode.host?.clean.size ?? 0;
    inode.host = undefined;
  }
  maybeOrphan(c.state.fs, inode);
}

export function removeFile(c: FileContext, found: Found): void {
  if (found.last !== 'name') throw EISDIR;
  if (!found.inode) throw ENOENT;
  const directory = changeable(c, found.directory);
  const inode = found.inode;
  if (found.slash) throw isDirectory(inode) ? EISDIR : ENOTDIR;
  if (stickyForbids(c, directory, inode)) throw EPERM;
  if (isDirectory(inode)) throw EISDIR;
  const path = throughPath(c, directory, found.name);
  if (path) {
    keepContents(c, inode);
    changeHost(c.state.fs, { is: 'unlink', path });
  }
  leave(directory, found.name);
  modified(c, directory);
  drop(c, inode);
}

function isEmpty(c: FileContext, directory: Directory): boolean {
  listHost(c, directory);
  for (const name of directory.entries.keys()) if (lookup(c, directory, name)) return false;
  return true;
}

function isMountpoint(c: FileContext, inode: Inode): boolean {
  return superblockOf(c.state.fs, inode).root === inode.id;
}

export function removeDirectory(c: FileContext, found: Found): void {
  if (found.last === 'dot') throw EINVAL;
  if (found.last === 'dotdot') throw ENOTEMPTY;
  if (found.last === 'root') throw EBUSY;
  if (!found.inode) throw ENOENT;
  const parent = changeable(c, found.directory);
  const inode = found.inode;
  if (stickyForbids(c, parent, inode)) throw EPERM;
  if (!isDirectory(inode)) throw ENOTDIR;
  if (isMountpoint(c, inode)) throw EBUSY;
  if (inode.is === 'proc-directory') throw EPERM;
  if (!isEmpty(c, inode)) throw ENOTEMPTY;
  const path = throughPath(c, parent, found.name);
  if (path) changeHost(c.state.fs, { is: 'rmdir', path });
  leave(parent, found.name);
  parent.nlink--;
  modified(c, parent);
  drop(c, inode);
}

/** Whether `inode` is `directory` or lies above it. */
function isAncestor(c: FileContext, inode: Inode, directory: DirectoryInode): boolean {
  let at: Inode = directory;
  for (;;) {
    if (at.id === inode.id) return true;
    if (!isDirectory(at) || at.id === c.state.fs.root) return false;
    at = inodeOf(c.state.fs, at.parent);
  }
}

export function rename(c: FileContext, from: Found, to: Found, flags: number): void {
  const { fs } = c.state;
  if (from.directory.superblock !== to.directory.superblock) throw EXDEV;
  if (from.last !== 'name') throw EBUSY;
  if (to.last !== 'name') throw flags & RENAME.RENAME_NOREPLACE ? EEXIST : EBUSY;
  const moved = from.inode;
  if (!moved) throw ENOENT;
  const target = to.inode;
  if (flags & RENAME.RENAME_NOREPLACE && target) throw EEXIST;
  if (flags & RENAME.RENAME_EXCHANGE && !target) throw ENOENT;
  if (!isDirectory(moved) && (from.slash || (to.slash && !(flags & RENAME.RENAME_EXCHANGE)))) throw ENOTDIR;
  if (flags & RENAME.RENAME_EXCHANGE && target && !isDirectory(target) && to.slash) throw ENOTDIR;
  // A directory cannot move into itself, nor onto one that holds it.
  if (isDirectory(moved) && isAncestor(c, moved, to.directory)) throw EINVAL;
  if (target && isDirectory(target) && isAncestor(c, target, from.directory))
    throw flags & RENAME.RENAME_EXCHANGE ? EINVAL : ENOTEMPTY;
  const source = changeable(c, from.directory);
  const destination = changeable(c, to.directory);
  if (destination.nlink === 0) throw ENOENT;
  if (stickyForbids(c, source, moved)) throw EPERM;
  if (target && stickyForbids(c, destination, target)) throw EPERM;
  if (moved === target) return;
  if (isMountpoint(c, moved) || (target && isMountpoint(c, target))) throw EBUSY;
  // Moving a directory elsewhere changes its "..".
  if (isDirectory(moved) && source !== destination) requireAccess(c, moved, MAY_WRITE);
  if (target && !(flags & RENAME.RENAME_EXCHANGE)) {
    if (isDirectory(target) && !isDirectory(moved)) throw EISDIR;
    if (!isDirectory(target) && isDirectory(moved)) throw ENOTDIR;
    if (target.is === 'directory' && !isEmpty(c, target)) throw ENOTEMPTY;
  }
  if (superblockOf(fs, source).readOnly) throw EROFS;
  const fromPath = throughPath(c, source, from.name);
  const toPath = throughPath(c, destination, to.name);
  if (fromPath && toPath) {
    // Neither Node nor a browser can swap two names at once.
    if (flags & RENAME.RENAME_EXCHANGE) throw EINVAL;
    if (moved.is === 'pipe' || moved.is === 'device') throw EACCES;
    if (target) keepContents(c, target);
    changeHost(fs, { is: 'rename', from: fromPath, to: toPath });
  }
  leave(source, from.name);
  if (target) leave(destination, to.name);
  place(source, destination, to.name, moved);
  if (target && flags & RENAME.RENAME_EXCHANGE) place(destination, source, from.name, target);
  else if (target) {
    if (target.is === 'directory') destination.nlink--;
    drop(c, target);
  }
  if (fromPath && toPath) movePaths(c, fromPath, toPath);
  moved.ctime = wallClock(c.state);
  modified(c, source, destination);
  for (const description of fs.descriptions.values()) {
    const at = description.place;
    if (!at) continue;
    if (description.inode === moved.id && at.directory === source.id && at.name === from.name)
      description.place = { directory: destination.id, name: to.name };
    else if (
      target &&
      flags & RENAME.RENAME_EXCHANGE &&
      description.inode === target.id &&
      at.directory === destination.id &&
      at.name === to.name
    )
      description.place = { directory: source.id, name: from.name };
  }
}

function place(from: Directory, to: Directory, name: string, inode: Inode): void {
  enter(to, name, inode);
  if (inode.is !== 'directory') return;
  inode.parent = to.id;
  inode.name = name;
  from.nlink--;
  to.nlink++;
}

/** What lies below a directory that was renamed on the host has new paths there. */
function movePaths(c: FileContext, from: string, to: string): void {
  for (const inode of c.state.fs.inodes.values()) {
    if ((inode.is !== 'file' && inode.is !== 'directory') || !inode.host) continue;
    if (inode.host.path === from) inode.host.path = to;
    else if (inode.host.path.startsWith(`${from}/`)) inode.host.path = to + inode.host.path.slice(from.length);
  }
}
