/**
 * Path resolution, one component at a time (fs/namei.c). The guest's root is a directory of ours and ".." never leads
 * above it; a symlink, wherever it came from, is followed in the guest's tree and nowhere else.
 */
import { RESOLVE } from '../../abi/flags.ts';
import type { FileContext } from '../context.ts';
import { EACCES, EINVAL, EISDIR, ELOOP, ENAMETOOLONG, ENOENT, ENOTDIR, EXDEV } from '../errors.ts';
import { NAME_MAX, PATH_MAX } from './constants.ts';
import { hostList, hostLookup } from './host.ts';
import { allowed, inodeOf, isDirectory, MAY_EXEC, requireAccess, superblockOf } from './inodes.ts';
import { fits } from './names.ts';
import { linkTarget, linkText, procList, procLookup } from './proc.ts';
import type { Directory, Inode, InodeId, ProcDirectory } from './state.ts';

const MAX_LINKS = 40;

export type DirectoryInode = Directory | ProcDirectory;

export interface Found {
  /** Where the last component stands; for "/", "." and ".." the directory itself. */
  directory: DirectoryInode;
  name: string;
  /** What kind of name the last component is: rmdir and friends refuse all but `name`. */
  last: 'name' | 'dot' | 'dotdot' | 'root';
  inode?: Inode;
  /** A slash stood at the end: only a directory will do. */
  slash: boolean;
}

export interface WalkOptions {
  /** Follow a symlink in the last component. A slash at the end asks for it, too, … */
  follow: boolean;
  /** … but not where a name is to be made, moved or removed. */
  parent?: boolean;
  /** O_CREAT: a slash behind the last name is EISDIR, whatever is there. */
  create?: boolean;
  /** RESOLVE_ flags of openat2. */
  resolve?: number;
}

/** The child of a directory, or undefined. Does not check permissions. May throw HostWait. */
export function lookup(c: FileContext, directory: DirectoryInode, name: string): Inode | undefined {
  if (directory.is === 'proc-directory') return procLookup(c, directory, name);
  const { fs } = c.state;
  const entry = directory.entries.get(name);
  if (entry && entry.inode !== 0) return fs.inodes.get(entry.inode);
  if (!directory.host || directory.host.absent.has(name) || (directory.host.listed && !entry)) return undefined;
  if (!fits(name, NAME_MAX)) throw ENAMETOOLONG;
  return hostLookup(fs, superblockOf(fs, directory), directory, name, mountOwner(directory));
}

/** Loads the names of a host folder; throws HostWait. */
export function listHost(c: FileContext, directory: Directory): void {
  hostList(c.state.fs, superblockOf(c.state.fs, directory), directory, mountOwner(directory));
}

/** Host files belong to whoever the mount's root belongs to. */
function mountOwner(directory: Directory): { uid: number; gid: number } {
  return { uid: directory.uid, gid: directory.gid };
}

export interface Listed {
  name: string;
  inode: Inode;
  /** Where a listing goes on behind this entry (d_off). */
  next: number;
}

/**
 * The entries of a directory from a position on, without "." and "..", in listing order, as long as `take` says yes.
 * May throw HostWait.
 */
export function list(c: FileContext, directory: DirectoryInode, from: number, take: (entry: Listed) => boolean): void {
  if (directory.is === 'proc-directory') {
    const entries = procList(c, directory);
    for (let i = Math.max(0, from - 3); i < entries.length; i++) if (!take({ ...entries[i], next: i + 4 })) return;
    return;
  }
  listHost(c, directory);
  // A map keeps the order of insertion, and that is the order of the cookies.
  for (const [name, { cookie }] of directory.entries) {
    if (cookie < from) continue;
    const inode = lookup(c, directory, name);
    if (inode && !take({ name, inode, next: cookie + 1 })) return;
  }
}

export function walk(c: FileContext, start: InodeId, path: string, options: WalkOptions): Found {
  const { fs } = c.state;
  const resolve = options.resolve ?? 0;
  if (path === '') throw ENOENT;
  if (!fits(path, PATH_MAX - 1)) throw ENAMETOOLONG;
  const scoped = (resolve & (RESOLVE.RESOLVE_BENEATH | RESOLVE.RESOLVE_IN_ROOT)) !== 0;
  const root = resolve & RESOLVE.RESOLVE_IN_ROOT ? start : c.process.fs.root;
  if (path.startsWith('/') && resolve & RESOLVE.RESOLVE_BENEATH) throw EXDEV;
  let current = inodeOf(fs, path.startsWith('/') ? root : start);
  let slash = path.length > 1 && path.endsWith('/');
  // Next component last.
  const todo = components(path);
  let links = 0;
  if (todo.length === 0) return { directory: requireDirectory(current), name: '', last: 'root', inode: current, slash };
  for (;;) {
    const name = todo.pop() as string;
    const final = todo.length === 0;
    const directory = requireDirectory(current);
    if (!allowed(c.process.credentials, directory, MAY_EXEC)) throw EACCES;
    if (name === '.') {
      if (final) return { directory, name: '', last: 'dot', inode: directory, slash };
      continue;
    }
    if (name === '..') {
      if (scoped && directory.id === start) {
        if (resolve & RESOLVE.RESOLVE_BENEATH) throw EXDEV;
        current = directory;
      } else current = directory.id === root ? directory : inodeOf(fs, directory.parent);
      if (resolve & RESOLVE.RESOLVE_NO_XDEV && current.superblock !== directory.superblock) throw EXDEV;
      if (final) return { directory: requireDirectory(current), name: '', last: 'dotdot', inode: current, slash };
      continue;
    }
    if (!fits(name, NAME_MAX)) throw ENAMETOOLONG;
    if (final && slash && options.create) throw EISDIR;
    const child = lookup(c, directory, name);
    if (!child) {
      if (final) return { directory, name, last: 'name', slash };
      throw ENOENT;
    }
    if (resolve & RESOLVE.RESOLVE_NO_XDEV && child.superblock !== directory.superblock) throw EXDEV;
    if (
      (child.is === 'symlink' || child.is === 'magic-link') &&
      (!final || options.follow || (slash && !options.parent))
    ) {
      if (++links > MAX_LINKS || resolve & RESOLVE.RESOLVE_NO_SYMLINKS) throw ELOOP;
      if (child.is === 'magic-link') {
        if (resolve & RESOLVE.RESOLVE_NO_MAGICLINKS) throw ELOOP;
        const target = linkTarget(c, child);
        if (typeof target !== 'string') {
          if (scoped) throw EXDEV;
          if (final) return { directory, name, last: 'name', inode: target, slash };
          current = target;
          continue;
        }
        if (target.startsWith('/')) current = inodeOf(fs, root);
        todo.push(...components(target));
        continue;
      }
      if (child.target === '') throw ENOENT;
      if (child.target.startsWith('/')) {
        if (resolve & RESOLVE.RESOLVE_BENEATH) throw EXDEV;
        current = inodeOf(fs, root);
      }
      if (final && child.target.endsWith('/')) slash = true;
      todo.push(...components(child.target));
      if (todo.length === 0)
        return { directory: requireDirectory(current), name: '', last: 'root', inode: current, slash };
      continue;
    }
    if (final) return { directory, name, last: 'name', inode: child, slash };
    current = child;
  }
}

/** In reverse, so that the next one is popped. */
function components(path: string): string[] {
  return path
    .split('/')
    .filter(part => part !== '')
    .reverse();
}

function requireDirectory(inode: Inode): DirectoryInode {
  if (!isDirectory(inode)) throw ENOTDIR;
  return inode;
}

/** The inode that a path names; ENOENT if there is none, ENOTDIR if a slash at the end wants a directory. */
export function find(c: FileContext, start: InodeId, path: string, options: WalkOptions): Inode {
  const { inode, slash } = walk(c, start, path, options);
  if (!inode) throw ENOENT;
  if (slash && !isDirectory(inode)) throw ENOTDIR;
  return inode;
}

/** What readlink(2) answers; EINVAL for what is no symlink. */
export function readLink(c: FileContext, inode: Inode): string {
  if (inode.is === 'symlink') return inode.target;
  if (inode.is === 'magic-link') return linkText(c, inode);
  throw EINVAL;
}

/** Absolute path of a directory, or undefined if it was removed. */
export function directoryPath(c: FileContext, id: InodeId): string | undefined {
  const { fs } = c.state;
  let path = '';
  let at = fs.inodes.get(id);
  while (at && at.id !== c.process.fs.root && at.id !== fs.root) {
    if (!isDirectory(at)) return undefined;
    const parent = fs.inodes.get(at.parent);
    if (!parent || !isDirectory(parent)) return undefined;
    if (parent.is === 'directory' && parent.entries.get(at.name)?.inode !== at.id) return undefined;
    path = `/${at.name}${path}`;
    at = parent;
  }
  return at ? path || '/' : undefined;
}

/** Absolute path of a name in a directory; " (deleted)" behind it where it is no longer there. */
export function placePath(c: FileContext, place: { directory: InodeId; name: string }, inode: InodeId): string {
  const { fs } = c.state;
  const directory = fs.inodes.get(place.directory);
  if (place.name === '') return directoryPath(c, inode) ?? '/ (deleted)';
  const path = directoryPath(c, place.directory);
  const here =
    directory?.is === 'proc-directory' ||
    (directory?.is === 'directory' && directory.entries.get(place.name)?.inode === inode);
  if (path === undefined) return `/${place.name} (deleted)`;
  return `${path === '/' ? '' : path}/${place.name}${here ? '' : ' (deleted)'}`;
}

/** For opening, executing, changing into: what the caller may do with what was found. */
export function requireSearch(c: FileContext, inode: Inode): DirectoryInode {
  const directory = requireDirectory(inode);
  requireAccess(c, directory, MAY_EXEC);
  return directory;
}
