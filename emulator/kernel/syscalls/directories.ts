/** Names and directories: making, listing, linking, renaming, removing; the working directory, the root and the umask. */
import { DT, IN, RENAME } from '../../abi/flags.ts';
import { DIRENT64 } from '../../abi/structs.ts';
import type { Context, HandlerTable } from '../context.ts';
import { EINVAL, ENOENT, ENOTDIR, EPERM, ERANGE } from '../errors.ts';
import { findAt, pathAt, startOf, walkAt } from '../fs/arguments.ts';
import {
  AT_EMPTY_PATH,
  AT_FDCWD,
  AT_REMOVEDIR,
  AT_SYMLINK_FOLLOW,
  S_IFBLK,
  S_IFCHR,
  S_IFDIR,
  S_IFIFO,
  S_IFMT,
  S_IFREG,
  S_IFSOCK,
} from '../fs/constants.ts';
import { inodeOfFile, openFile } from '../fs/descriptions.ts';
import { entryType, isDirectory, sweep } from '../fs/inodes.ts';
import { observe, observeEnd, observeName, observeRemoval, observeSelf, renameCookie } from '../fs/inotify.ts';
import { encodeName } from '../fs/names.ts';
import { type DirectoryInode, directoryPath, type Found, find, list, readLink, requireSearch } from '../fs/paths.ts';
import type { Inode } from '../fs/state.ts';
import { makeDirectory, makeLink, makeNode, makeSymlink, removeDirectory, removeFile, rename } from '../fs/tree.ts';

function mkdir(c: Context, dfd: number, path: number, mode: number): number {
  const found = walkAt(c, dfd, path, { follow: false, parent: true });
  observeName(c, found.directory.id, found.name, IN.IN_CREATE, makeDirectory(c, found, mode));
  return 0;
}

function unlink(c: Context, dfd: number, path: number): number {
  const found = walkAt(c, dfd, path, { follow: false, parent: true });
  removeFile(c, found);
  observeRemoval(c, found.directory.id, found.name, found.inode!);
  sweep(c);
  return 0;
}

function rmdir(c: Context, dfd: number, path: number): number {
  const found = walkAt(c, dfd, path, { follow: false, parent: true });
  removeDirectory(c, found);
  observeRemoval(c, found.directory.id, found.name, found.inode!);
  sweep(c);
  return 0;
}

function renameAt(c: Context, fromDir: number, from: number, toDir: number, to: number, flags: number): number {
  if (flags & ~(RENAME.RENAME_NOREPLACE | RENAME.RENAME_EXCHANGE | RENAME.RENAME_WHITEOUT)) throw EINVAL;
  if (flags & RENAME.RENAME_EXCHANGE && flags & (RENAME.RENAME_NOREPLACE | RENAME.RENAME_WHITEOUT)) throw EINVAL;
  // A whiteout is a device node of its own kind: root's.
  if (flags & RENAME.RENAME_WHITEOUT) throw EPERM;
  const source = walkAt(c, fromDir, from, { follow: false, parent: true });
  const target = walkAt(c, toDir, to, { follow: false, parent: true });
  rename(c, source, target, flags);
  if (source.inode !== target.inode) observeRename(c, source, target, (flags & RENAME.RENAME_EXCHANGE) !== 0);
  sweep(c);
  return 0;
}

function observeRename(c: Context, from: Found, to: Found, exchange: boolean): void {
  const move = (inode: Inode, source: Found, target: Found): void => {
    const cookie = renameCookie(c.state);
    observeName(c, source.directory.id, source.name, IN.IN_MOVED_FROM, inode, cookie);
    observeName(c, target.directory.id, target.name, IN.IN_MOVED_TO, inode, cookie);
  };
  move(from.inode!, from, to);
  if (to.inode && !exchange) observeSelf(c, to.inode, IN.IN_ATTRIB);
  observe(c, from.inode!, IN.IN_MOVE_SELF);
  if (!to.inode) return;
  if (exchange) {
    move(to.inode, to, from);
    observe(c, to.inode, IN.IN_MOVE_SELF);
  } else observeEnd(c, to.inode);
}

function link(c: Context, fromDir: number, from: number, toDir: number, to: number, flags: number): number {
  if (flags & ~(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH)) throw EINVAL;
  const inode = findAt(c, fromDir, from, {
    follow: (flags & AT_SYMLINK_FOLLOW) !== 0,
    empty: (flags & AT_EMPTY_PATH) !== 0,
  });
  const found = walkAt(c, toDir, to, { follow: false, parent: true });
  makeLink(c, inode, found);
  observeSelf(c, inode, IN.IN_ATTRIB);
  observeName(c, found.directory.id, found.name, IN.IN_CREATE, inode);
  return 0;
}

function symlink(c: Context, target: number, dfd: number, path: number): number {
  const text = pathAt(c, target);
  if (text === '') throw ENOENT;
  const found = walkAt(c, dfd, path, { follow: false, parent: true });
  observeName(c, found.directory.id, found.name, IN.IN_CREATE, makeSymlink(c, found, text));
  return 0;
}

function mknod(c: Context, dfd: number, path: number, mode: number, dev: number): number {
  const type = mode & S_IFMT;
  if (type === S_IFDIR) throw EPERM;
  if (![0, S_IFREG, S_IFIFO, S_IFSOCK, S_IFCHR, S_IFBLK].includes(type)) throw EINVAL;
  const found = walkAt(c, dfd, path, { follow: false, parent: true });
  observeName(c, found.directory.id, found.name, IN.IN_CREATE, makeNode(c, found, mode, dev));
  return 0;
}

function readlink(c: Context, dfd: number, path: number, buffer: number, size: number): number {
  if ((size | 0) <= 0) throw EINVAL;
  const text = pathAt(c, path);
  // An empty path reads the link that an O_PATH descriptor stands for.
  const inode =
    text === '' && dfd !== AT_FDCWD
      ? inodeOfFile(c, openFile(c, dfd, 'path-allowed'))
      : find(c, startOf(c, dfd, text), text, { follow: false });
  if (text === '' && inode.is !== 'symlink' && inode.is !== 'magic-link') throw ENOENT;
  const target = encodeName(readLink(c, inode)).subarray(0, size);
  c.space.write(buffer, target);
  return target.length;
}

/** One record as getdents64 or getdents wants it, or undefined if it does not fit into `room` bytes. */
function record(
  name: string,
  ino: number,
  next: number,
  type: number,
  room: number,
  old: boolean,
): Uint8Array | undefined {
  const text = encodeName(name);
  const header = old ? 18 : DIRENT64.size;
  // The old form keeps the type in the record's last byte.
  const length = Math.ceil((header + text.length + (old ? 2 : 1)) / 8) * 8;
  if (length > room) return undefined;
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(DIRENT64.offsets.d_ino, BigInt(ino), true);
  view.setBigUint64(DIRENT64.offsets.d_off, BigInt(next), true);
  view.setUint16(DIRENT64.offsets.d_reclen, length, true);
  bytes[old ? length - 1 : DIRENT64.offsets.d_type] = type;
  bytes.set(text, header);
  return bytes;
}

/** The position behind the last entry: what is made later is not seen before the directory is read anew (fs/libfs.c). */
const END = 0x7fff_ffff;

function getdents(c: Context, fd: number, address: number, count: number, old: boolean): number {
  const description = openFile(c, fd);
  const directory = inodeOfFile(c, description);
  if (!isDirectory(directory)) throw ENOTDIR;
  if (directory.nlink === 0) throw ENOENT;
  const records: Uint8Array[] = [];
  let used = 0;
  let full = false;
  let position = description.offset;
  const add = (name: string, ino: number, next: number, type: number): boolean => {
    const bytes = record(name, ino, next, type, count - used, old);
    if (!bytes) {
      full = true;
      return false;
    }
    records.push(bytes);
    used += bytes.length;
    position = next;
    return true;
  };
  if (position < 1) add('.', directory.id, 1, DT.DT_DIR);
  if (!full && position < 2) add('..', parentOf(c, directory), 3, DT.DT_DIR);
  if (!full)
    list(c, directory, Math.max(3, position), entry =>
      add(entry.name, entry.inode.id, entry.next, entryType(entry.inode)),
    );
  if (full && records.length === 0) throw EINVAL;
  if (!full && directory.is === 'directory') position = END;
  const bytes = new Uint8Array(used);
  let at = 0;
  for (const one of records) {
    bytes.set(one, at);
    at += one.length;
  }
  if (used > 0) c.space.write(address, bytes);
  if (used > 0) observe(c, directory, IN.IN_ACCESS);
  description.offset = position;
  return used;
}

function parentOf(c: Context, directory: DirectoryInode): number {
  return directory.id === c.process.fs.root ? directory.id : directory.parent;
}

function getcwd(c: Context, buffer: number, size: number): number {
  const path = directoryPath(c, c.process.fs.cwd);
  if (path === undefined) throw ENOENT;
  const bytes = encodeName(`${path}\0`);
  if (size < bytes.length) throw ERANGE;
  c.space.write(buffer, bytes);
  return bytes.length;
}

export const directoryCalls: HandlerTable = {
  mkdir: (c, { pathname, mode }) => mkdir(c, AT_FDCWD, pathname, mode),
  mkdirat: (c, { dfd, pathname, mode }) => mkdir(c, dfd, pathname, mode),
  rmdir: (c, { pathname }) => rmdir(c, AT_FDCWD, pathname),
  unlink: (c, { pathname }) => unlink(c, AT_FDCWD, pathname),
  unlinkat: (c, { dfd, pathname, flag }) => {
    if (flag & ~AT_REMOVEDIR) throw EINVAL;
    return flag & AT_REMOVEDIR ? rmdir(c, dfd, pathname) : unlink(c, dfd, pathname);
  },
  rename: (c, { oldname, newname }) => renameAt(c, AT_FDCWD, oldname, AT_FDCWD, newname, 0),
  renameat: (c, a) => renameAt(c, a.olddfd, a.oldname, a.newdfd, a.newname, 0),
  renameat2: (c, a) => renameAt(c, a.olddfd, a.oldname, a.newdfd, a.newname, a.flags),
  link: (c, { oldname, newname }) => link(c, AT_FDCWD, oldname, AT_FDCWD, newname, 0),
  linkat: (c, a) => link(c, a.olddfd, a.oldname, a.newdfd, a.newname, a.flags),
  symlink: (c, { oldname, newname }) => symlink(c, oldname, AT_FDCWD, newname),
  symlinkat: (c, { oldname, newdfd, newname }) => symlink(c, oldname, newdfd, newname),
  mknod: (c, { filename, mode, dev }) => mknod(c, AT_FDCWD, filename, mode, dev),
  mknodat: (c, { dfd, filename, mode, dev }) => mknod(c, dfd, filename, mode, dev),
  readlink: (c, { path, buf, bufsiz }) => readlink(c, AT_FDCWD, path, buf, bufsiz),
  readlinkat: (c, { dfd, path, buf, bufsiz }) => readlink(c, dfd, path, buf, bufsiz),
  getdents: (c, { fd, dirent, count }) => getdents(c, fd, dirent, count, true),
  getdents64: (c, { fd, dirent, count }) => getdents(c, fd, dirent, count, false),
  getcwd: (c, { buf, size }) => getcwd(c, buf, size),
  chdir: (c, { filename }) => {
    c.process.fs.cwd = requireSearch(c, findAt(c, AT_FDCWD, filename, { follow: true })).id;
    sweep(c);
    return 0;
  },
  fchdir: (c, { fd }) => {
    const inode = inodeOfFile(c, openFile(c, fd, 'path-allowed'));
    c.process.fs.cwd = requireSearch(c, inode).id;
    sweep(c);
    return 0;
  },
  chroot: (c, { filename }) => {
    const directory = requireSearch(c, findAt(c, AT_FDCWD, filename, { follow: true }));
    if (c.process.credentials.euid !== 0) throw EPERM;
    c.process.fs.root = directory.id;
    return 0;
  },
  umask: (c, { mask }) => {
    const before = c.process.fs.umask;
    c.process.fs.umask = mask & 0o777;
    return before;
  },
};
