/** Inodes: making them, what stat(2) says of them, who may do what with them, and their end. */
import { DT } from '../../abi/flags.ts';
import type { FileContext } from '../context.ts';
import { EACCES, ENOENT, EPERM, EROFS } from '../errors.ts';
import type { Credentials, KernelState } from '../state.ts';
import { S_IFDIR, S_IFMT, S_ISVTX } from './constants.ts';
import { fileBlocks, heldPages } from './pages.ts';
import type { Directory, FsState, Inode, InodeBase, InodeId, ProcDirectory, Superblock } from './state.ts';

export const MAY_READ = 4;
export const MAY_WRITE = 2;
export const MAY_EXEC = 1;

/** CLOCK_REALTIME, nanoseconds since 1970: what timestamps are made of. */
export function wallClock(state: KernelState): bigint {
  return state.bootTime + state.now;
}

/** The fields every new inode has. */
export interface NewInode {
  superblock: number;
  mode: number;
  uid: number;
  gid: number;
  nlink?: number;
  time: bigint;
}

/** Registers a new inode: `own` are the fields of its kind. */
export function addInode<T extends Inode>(fs: FsState, base: NewInode, own: Omit<T, keyof InodeBase>): T {
  const { superblock, mode, uid, gid, time } = base;
  const inode = {
    id: fs.nextInode++,
    superblock,
    mode,
    uid,
    gid,
    nlink: base.nlink ?? 1,
    atime: time,
    mtime: time,
    ctime: time,
    birth: time,
    opens: 0,
    ...own,
  } as unknown as T;
  fs.inodes.set(inode.id, inode);
  return inode;
}

export function newDirectory(fs: FsState, base: NewInode, parent: InodeId, name: string): Directory {
  return addInode<Directory>(
    fs,
    { ...base, mode: (base.mode & 0o7777) | S_IFDIR, nlink: 2 },
    { is: 'directory', parent, name, entries: new Map(), nextCookie: 3 },
  );
}

/** The inode with this number; ENOENT if it is gone (a working directory that was removed and freed). */
export function inodeOf(fs: FsState, id: InodeId): Inode {
  const inode = fs.inodes.get(id);
  if (!inode) throw ENOENT;
  return inode;
}

export function superblockOf(fs: FsState, inode: Inode): Superblock {
  return fs.superblocks[inode.superblock];
}

export function isDirectory(inode: Inode): inode is Directory | ProcDirectory {
  return inode.is === 'directory' || inode.is === 'proc-directory';
}

/** Whether `credentials` may do all of `want` (MAY_READ | MAY_WRITE | MAY_EXEC), by inode_permission's rules. */
export function allowed(credentials: Credentials, inode: Inode, want: number, real = false): boolean {
  const uid = real ? credentials.uid : credentials.fsuid;
  const gid = real ? credentials.gid : credentials.fsgid;
  if (uid === 0) {
    // CAP_DAC_OVERRIDE: everything but executing a file that nobody may execute.
    return !(want & MAY_EXEC) || isDirectory(inode) || (inode.mode & 0o111) !== 0;
  }
  let granted = inode.mode & 7;
  if (uid === inode.uid) granted = (inode.mode >> 6) & 7;
  else if (gid === inode.gid || credentials.groups.includes(inode.gid)) granted = (inode.mode >> 3) & 7;
  return (want & ~granted) === 0;
}

/** Throws EACCES, or EROFS where a write can never happen. */
export function requireAccess(c: FileContext, inode: Inode, want: number): void {
  if (want & MAY_WRITE && superblockOf(c.state.fs, inode).readOnly && writesChangeIt(inode)) throw EROFS;
  if (!allowed(c.process.credentials, inode, want)) throw EACCES;
}

/** Devices, pipes and the like may be written to on a read-only file system. */
export function writesChangeIt(inode: Inode): boolean {
  return inode.is === 'file' || inode.is === 'directory' || inode.is === 'symlink';
}

export function requireWritable(fs: FsState, inode: Inode): void {
  if (superblockOf(fs, inode).readOnly) throw EROFS;
}

/** chmod, utimes with times, and the like: the owner and root only. */
export function requireOwner(c: FileContext, inode: Inode): void {
  const { fsuid } = c.process.credentials;
  if (fsuid !== 0 && fsuid !== inode.uid) throw EPERM;
}

/** Whether the sticky bit of the directory forbids removing or renaming `inode` in it. */
export function stickyForbids(c: FileContext, directory: Directory, inode: Inode): boolean {
  const { fsuid } = c.process.credentials;
  return (directory.mode & S_ISVTX) !== 0 && fsuid !== 0 && fsuid !== inode.uid && fsuid !== directory.uid;
}

/** What stat(2), fstat(2) and statx(2) are filled from. Times in nanoseconds since 1970, sizes in bytes. */
export interface Stat {
  dev: { major: number; minor: number };
  ino: number;
  mode: number;
  nlink: number;
  uid: number;
  gid: number;
  rdev: { major: number; minor: number };
  size: number;
  blksize: number;
  /** In units of 512 bytes. */
  blocks: number;
  atime: bigint;
  mtime: bigint;
  ctime: bigint;
  birth: bigint;
  mountRoot: boolean;
}

export function statOf(fs: FsState, inode: Inode): Stat {
  const superblock = superblockOf(fs, inode);
  const common = {
    // Anonymous devices: major 0, minors counted up as file systems are mounted.
    dev: { major: 0, minor: superblock.id + 20 },
    ino: inode.id,
    mode: inode.mode,
    nlink: inode.nlink,
    uid: inode.uid,
    gid: inode.gid,
    rdev: { major: 0, minor: 0 },
    size: 0,
    blksize: 4096,
    blocks: 0,
    atime: inode.atime,
    mtime: inode.mtime,
    ctime: inode.ctime,
    birth: inode.birth,
    mountRoot: superblock.root === inode.id,
  };
  switch (inode.is) {
    case 'file':
      return { ...common, size: inode.size, blocks: fileBlocks(inode) };
    case 'directory':
      return superblock.type === 'overlay'
        ? { ...common, size: 4096, blocks: 8 }
        : { ...common, size: inode.entries.size * 20 + 40 };
    case 'symlink':
      return { ...common, size: inode.target.length };
    case 'device':
      return { ...common, rdev: inode.rdev };
    case 'stream':
      if (!inode.terminal) return common;
      // The three are one device, /dev/pts/0, though their bytes go different ways on the host.
      return {
        ...common,
        dev: { major: 0, minor: (fs.superblocks.find(s => s.type === 'devpts')?.id ?? 0) + 20 },
        ino: 3,
        rdev: { major: 136, minor: 0 },
        blksize: 1024,
      };
    case 'pty-master':
      return { ...common, rdev: { major: 5, minor: 2 }, blksize: 1024 };
    case 'pty-slave':
      return { ...common, ino: inode.terminal + 3, rdev: { major: 136, minor: inode.terminal }, blksize: 1024 };
    case 'generated':
      return superblock.type === 'proc' ? { ...common, blksize: 1024 } : { ...common, size: 4096 };
    case 'magic-link':
      return { ...common, blksize: 1024, size: inode.what === 'fd' || inode.what === 'ns' ? 64 : 0 };
    case 'proc-directory':
      return { ...common, blksize: 1024 };
    case 'mqueue':
      return { ...common, size: 80 };
    default:
      return common;
  }
}

/** d_type of directory entries. */
export function entryType(inode: Inode): number {
  const type = (inode.mode & S_IFMT) >> 12;
  return type === 0 ? DT.DT_UNKNOWN : type;
}

/** To be called when a name or an open description went: without both the inode waits for `sweep`. */
export function maybeOrphan(fs: FsState, inode: Inode): void {
  if (inode.opens > 0) return;
  if (inode.nlink > 0 && hasName(fs, inode)) return;
  // Only files can be mapped and only directories be stood in; everything else ends here.
  if (inode.is === 'file' || inode.is === 'directory') fs.orphans.add(inode.id);
  else fs.inodes.delete(inode.id);
}

/** Anonymous inodes (pipes, eventfds …) live as long as they are open. */
function hasName(fs: FsState, inode: Inode): boolean {
  const { type } = superblockOf(fs, inode);
  return type !== 'pipefs' && type !== 'sockfs' && type !== 'anon_inodefs';
}

/**
 * Frees the orphans that no address space maps and no process stands in. Done by the calls that make orphans, so what
 * exists never depends on a garbage collector's mood.
 */
export function sweep(c: FileContext): void {
  const { fs } = c.state;
  if (fs.orphans.size === 0) return;
  const used = new Set<InodeId>();
  for (const segment of c.state.ipc.shm.objects.values()) used.add(segment.inode);
  for (const process of c.state.processes.values()) {
    used.add(process.fs.cwd);
    used.add(process.fs.root);
    if (process.run.is === 'zombie') continue;
    for (const { backing } of c.options.spaces.get(process.memory.space).mappings)
      if (backing.is === 'file') used.add(backing.inode);
  }
  for (const id of fs.orphans) {
    const inode = fs.inodes.get(id);
    if (inode && inode.opens > 0) fs.orphans.delete(id);
    else if (!used.has(id)) {
      fs.orphans.delete(id);
      if (inode?.is === 'file') fs.pages -= heldPages(inode);
      fs.inodes.delete(id);
      fs.locks.delete(id);
    }
  }
}
