/** What is known of a file and what may be changed of it: stat, statx, access, chmod, chown, times, sizes, statfs. */
import { AT, AT_STATX, FALLOC, FSMAGIC, IN, R_OK, ST, STATX_ATTR, STATX as STATX_MASK } from '../../abi/flags.ts';
import { STAT, STATFS, STATX } from '../../abi/structs.ts';
import { layoutFor, writeStruct } from '../../abi/types.ts';
import type { Context, HandlerTable } from '../context.ts';
import { EACCES, EBADF, EFBIG, EINVAL, EISDIR, ENODEV, EOPNOTSUPP, EPERM, EROFS, ESPIPE, ETXTBSY } from '../errors.ts';
import { findAt, NANOSECONDS } from '../fs/arguments.ts';
import {
  AT_EACCESS,
  AT_EMPTY_PATH,
  AT_FDCWD,
  AT_SYMLINK_NOFOLLOW,
  O_ACCMODE,
  O_RDONLY,
  S_ISGID,
  S_ISUID,
} from '../fs/constants.ts';
import { inodeOfFile, openFile } from '../fs/descriptions.ts';
import { changeHost } from '../fs/host.ts';
import {
  allowed,
  isDirectory,
  MAY_WRITE,
  requireAccess,
  requireOwner,
  requireWritable,
  type Stat,
  statOf,
  superblockOf,
  writesChangeIt,
} from '../fs/inodes.ts';
import { observe } from '../fs/inotify.ts';
import { dropPrivileges, withinLimit } from '../fs/io.ts';
import { clearFile, prepareTruncate, truncateFile } from '../fs/pages.ts';
import type { Inode, RegularFile, Superblock } from '../fs/state.ts';
import { INODE_LIMIT, throughFile } from '../fs/tree.ts';

/** dev_t as stat's 64 bits hold it (new_encode_dev). */
function device({ major, minor }: { major: number; minor: number }): bigint {
  return BigInt((minor & 0xff) | (major << 8)) | (BigInt(minor & ~0xff) << 12n);
}

const seconds = (time: bigint): bigint =>
  time >= 0n ? time / NANOSECONDS : -((-time + NANOSECONDS - 1n) / NANOSECONDS);
const fraction = (time: bigint): bigint => time - seconds(time) * NANOSECONDS;

function writeStat(c: Context, address: number, stat: Stat): 0 {
  const bytes = writeStruct(layoutFor(STAT, c.arch.syscall.column), {
    st_dev: device(stat.dev),
    st_ino: BigInt(stat.ino),
    st_nlink: BigInt(stat.nlink),
    st_mode: stat.mode,
    st_uid: stat.uid,
    st_gid: stat.gid,
    st_rdev: device(stat.rdev),
    st_size: BigInt(stat.size),
    st_blksize: BigInt(stat.blksize),
    st_blocks: BigInt(stat.blocks),
    st_atime: seconds(stat.atime),
    st_atime_nsec: fraction(stat.atime),
    st_mtime: seconds(stat.mtime),
    st_mtime_nsec: fraction(stat.mtime),
    st_ctime: seconds(stat.ctime),
    st_ctime_nsec: fraction(stat.ctime),
  });
  c.space.write(address, bytes);
  return 0;
}

const STAT_FLAGS = AT.AT_EMPTY_PATH | AT.AT_NO_AUTOMOUNT | AT.AT_SYMLINK_NOFOLLOW;

function statAt(c: Context, dfd: number, path: number, statbuf: number, flags: number): number {
  if (flags & ~STAT_FLAGS) throw EINVAL;
  const inode = findAt(c, dfd, path, { follow: !(flags & AT_SYMLINK_NOFOLLOW), empty: (flags & AT_EMPTY_PATH) !== 0 });
  return writeStat(c, statbuf, statOf(c.state.fs, inode));
}

function statx(c: Context, dfd: number, path: number, flags: number, mask: number, buffer: number): number {
  const known = STAT_FLAGS | AT_STATX.AT_STATX_FORCE_SYNC | AT_STATX.AT_STATX_DONT_SYNC;
  if (flags & ~known || (mask | 0) < 0) throw EINVAL;
  const sync = AT_STATX.AT_STATX_FORCE_SYNC | AT_STATX.AT_STATX_DONT_SYNC;
  if ((flags & sync) === sync) throw EINVAL;
  const inode = findAt(c, dfd, path, { follow: !(flags & AT_SYMLINK_NOFOLLOW), empty: (flags & AT_EMPTY_PATH) !== 0 });
  const stat = statOf(c.state.fs, inode);
  const time = (at: bigint) => ({ tv_sec: seconds(at), tv_nsec: Number(fraction(at)) });
  // The time of birth is told only when it is asked for, the mount always.
  const born = (mask & STATX_MASK.STATX_BTIME) !== 0 && writesChangeIt(inode);
  const bytes = writeStruct(STATX, {
    stx_mask: STATX_MASK.STATX_BASIC_STATS | (born ? STATX_MASK.STATX_BTIME : 0) | STATX_MASK.STATX_MNT_ID,
    stx_blksize: stat.blksize,
    stx_attributes: stat.mountRoot ? BigInt(STATX_ATTR.STATX_ATTR_MOUNT_ROOT) : 0n,
    stx_nlink: stat.nlink,
    stx_uid: stat.uid,
    stx_gid: stat.gid,
    stx_mode: stat.mode,
    stx_ino: BigInt(stat.ino),
    stx_size: BigInt(stat.size),
    stx_blocks: BigInt(stat.blocks),
    stx_attributes_mask: BigInt(STATX_ATTR.STATX_ATTR_MOUNT_ROOT | STATX_ATTR.STATX_ATTR_AUTOMOUNT),
    stx_atime: time(stat.atime),
    stx_btime: born ? time(stat.birth) : undefined,
    stx_ctime: time(stat.ctime),
    stx_mtime: time(stat.mtime),
    stx_rdev_major: stat.rdev.major,
    stx_rdev_minor: stat.rdev.minor,
    stx_dev_major: stat.dev.major,
    stx_dev_minor: stat.dev.minor,
    stx_mnt_id: BigInt(inode.superblock + 20),
  });
  c.space.write(buffer, bytes);
  return 0;
}

const MAGIC: Readonly<Record<Superblock['type'], number>> = {
  tmpfs: FSMAGIC.TMPFS_MAGIC,
  overlay: FSMAGIC.OVERLAYFS_SUPER_MAGIC,
  proc: FSMAGIC.PROC_SUPER_MAGIC,
  sysfs: FSMAGIC.SYSFS_MAGIC,
  cgroup2: FSMAGIC.CGROUP2_SUPER_MAGIC,
  devtmpfs: FSMAGIC.TMPFS_MAGIC,
  devpts: FSMAGIC.DEVPTS_SUPER_MAGIC,
  pipefs: FSMAGIC.PIPEFS_MAGIC,
  sockfs: FSMAGIC.SOCKFS_MAGIC,
  anon_inodefs: FSMAGIC.ANON_INODE_FS_MAGIC,
  // Known to ipc/mqueue.c alone.
  mqueue: 0x19800202,
};

function statfs(c: Context, inode: Inode, address: number): number {
  const { fs } = c.state;
  const superblock = superblockOf(fs, inode);
  const sized = superblock.type === 'tmpfs' || superblock.type === 'overlay' || superblock.type === 'devtmpfs';
  const free = BigInt(sized ? Math.max(0, fs.pageLimit - fs.pages) : 0);
  c.space.write(
    address,
    writeStruct(STATFS, {
      f_type: BigInt(MAGIC[superblock.type]),
      f_bsize: 4096n,
      f_blocks: BigInt(sized ? fs.pageLimit : 0),
      f_bfree: free,
      f_bavail: free,
      f_files: sized ? BigInt(INODE_LIMIT) : 0n,
      f_ffree: sized ? BigInt(Math.max(0, INODE_LIMIT - fs.inodes.size)) : 0n,
      f_fsid: [superblock.id + 20, 0],
      f_namelen: 255n,
      f_frsize: 4096n,
      f_flags: BigInt(ST.ST_VALID | ST.ST_RELATIME | (superblock.readOnly ? ST.ST_RDONLY : 0)),
    }),
  );
  return 0;
}

function access(c: Context, dfd: number, path: number, mode: number, flags: number): number {
  if (mode & ~7 || flags & ~(AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) throw EINVAL;
  const real = !(flags & AT_EACCESS);
  const credentials = c.process.credentials;
  // The walk itself is checked as the real user, too.
  const as = real ? { ...credentials, fsuid: credentials.uid, fsgid: credentials.gid } : credentials;
  const caller: Context = { ...c, process: { ...c.process, credentials: as } };
  const inode = findAt(caller, dfd, path, {
    follow: !(flags & AT_SYMLINK_NOFOLLOW),
    empty: (flags & AT_EMPTY_PATH) !== 0,
  });
  if (mode === 0) return 0;
  if (mode & R_OK.W_OK && superblockOf(c.state.fs, inode).readOnly && writesChangeIt(inode)) throw EROFS;
  if (!allowed(as, inode, mode)) throw EACCES;
  return 0;
}

// ---- changes ------------------------------------------------------------------------------------------------------

function changeMode(c: Context, inode: Inode, mode: number): number {
  if (superblockOf(c.state.fs, inode).type === 'anon_inodefs') throw EOPNOTSUPP;
  requireWritable(c.state.fs, inode);
  requireOwner(c, inode);
  if (inode.is === 'symlink' || inode.is === 'magic-link') throw EOPNOTSUPP;
  if (inode.is === 'generated' || inode.is === 'proc-directory') throw EPERM;
  const { fsuid, fsgid, groups } = c.process.credentials;
  let bits = mode & 0o7777;
  // Set-group-ID is for members of the group only.
  if (bits & S_ISGID && fsuid !== 0 && fsgid !== inode.gid && !groups.includes(inode.gid)) bits &= ~S_ISGID;
  const path = throughFile(c, inode);
  if (path) changeHost(c.state.fs, { is: 'chmod', path, mode: bits });
  inode.mode = (inode.mode & ~0o7777) | bits;
  inode.ctime = c.realtime();
  observe(c, inode, IN.IN_ATTRIB);
  return 0;
}

const KEEP = 0xffff_ffff;

function changeOwner(c: Context, inode: Inode, user: number, group: number): number {
  if (superblockOf(c.state.fs, inode).type === 'anon_inodefs') throw EOPNOTSUPP;
  requireWritable(c.state.fs, inode);
  const { fsuid, fsgid, groups } = c.process.credentials;
  // Whoever changes nothing needs no right to.
  if (fsuid !== 0 && (user !== KEEP || group !== KEEP)) {
    if (fsuid !== inode.uid) throw EPERM;
    if (user !== KEEP && user !== inode.uid) throw EPERM;
    if (group !== KEEP && group !== inode.gid && group !== fsgid && !groups.includes(group)) throw EPERM;
  }
  // In a mount that is `rw` ownership stays the guest's view: on the host the files keep their owner.
  if (user !== KEEP) inode.uid = user;
  if (group !== KEEP) inode.gid = group;
  if (!isDirectory(inode)) inode.mode &= ~(S_ISUID | (inode.mode & 0o10 ? S_ISGID : 0));
  inode.ctime = c.realtime();
  observe(c, inode, IN.IN_ATTRIB);
  return 0;
}

const UTIME_NOW = 0x3fffffffn;
const UTIME_OMIT = 0x3ffffffen;

/** Times in nanoseconds; undefined leaves one as it is, 'now' needs write permission only. */
type Times = [bigint | 'now' | undefined, bigint | 'now' | undefined];

function changeTimes(c: Context, inode: Inode, times: Times): number {
  if (times[0] === undefined && times[1] === undefined) return 0;
  requireWritable(c.state.fs, inode);
  if (times[0] === 'now' && times[1] === 'now') {
    const { fsuid } = c.process.credentials;
    if (fsuid !== 0 && fsuid !== inode.uid) requireAccess(c, inode, MAY_WRITE);
  } else requireOwner(c, inode);
  const now = c.realtime();
  const value = (time: bigint | 'now' | undefined, old: bigint): bigint => (time === 'now' ? now : (time ?? old));
  const atime = value(times[0], inode.atime);
  const mtime = value(times[1], inode.mtime);
  const path = throughFile(c, inode);
  if (path) changeHost(c.state.fs, { is: 'utimes', path, atime, mtime });
  inode.atime = atime;
  inode.mtime = mtime;
  inode.ctime = now;
  const one = times[0] === undefined ? IN.IN_MODIFY : IN.IN_ACCESS;
  observe(c, inode, times[0] !== undefined && times[1] !== undefined ? IN.IN_ATTRIB : one);
  return 0;
}

function signed(c: Context, address: number): bigint {
  return BigInt.asIntN(64, c.space.readU64(address));
}

function timespecs(c: Context, address: number): Times {
  if (address === 0) return ['now', 'now'];
  return [0, 16].map(at => {
    const s = signed(c, address + at);
    const ns = signed(c, address + at + 8);
    if (ns === UTIME_NOW) return 'now';
    if (ns === UTIME_OMIT) return undefined;
    if (ns < 0n || ns >= NANOSECONDS) throw EINVAL;
    return s * NANOSECONDS + ns;
  }) as Times;
}

function timevals(c: Context, address: number): Times {
  if (address === 0) return ['now', 'now'];
  return [0, 16].map(at => {
    const us = signed(c, address + at + 8);
    if (us < 0n || us >= 1_000_000n) throw EINVAL;
    return signed(c, address + at) * NANOSECONDS + us * 1000n;
  }) as Times;
}

/** A size that truncate may set; EINVAL, EISDIR, EFBIG, ETXTBSY and the like otherwise. */
function truncate(c: Context, inode: Inode, length: number): number {
  if (length < 0) throw EINVAL;
  if (isDirectory(inode)) throw EISDIR;
  if (inode.is !== 'file') throw EINVAL;
  if (inode.seals) {
    if ((inode.seals & 2 && length < inode.size) || (inode.seals & 4 && length > inode.size)) throw EPERM;
  }
  if (length > inode.size) {
    if (withinLimit(c, new Uint8Array(0), length).length !== 0) throw EFBIG;
  }
  prepareTruncate(c.state.fs, inode, length);
  const path = throughFile(c, inode);
  if (path) changeHost(c.state.fs, { is: 'truncate', path, size: length });
  truncateFile(c.state.fs, inode, length);
  dropPrivileges(c, inode);
  inode.mtime = c.realtime();
  inode.ctime = inode.mtime;
  observe(c, inode, IN.IN_MODIFY);
  return 0;
}

function fallocate(c: Context, fd: number, mode: number, offset: number, len: number): number {
  const description = openFile(c, fd);
  const inode = inodeOfFile(c, description);
  const { FALLOC_FL_KEEP_SIZE: KEEP_SIZE, FALLOC_FL_PUNCH_HOLE: PUNCH, FALLOC_FL_ZERO_RANGE: ZERO } = FALLOC;
  if (offset < 0 || len <= 0) throw EINVAL;
  if (mode & ~(KEEP_SIZE | PUNCH | ZERO)) throw EOPNOTSUPP;
  if (mode & PUNCH && (!(mode & KEEP_SIZE) || mode & ZERO)) throw EOPNOTSUPP;
  if ((description.flags & O_ACCMODE) === O_RDONLY) throw EBADF;
  if (inode.is === 'pipe' || inode.is === 'stream' || inode.is === 'socket') throw ESPIPE;
  if (isDirectory(inode)) throw EISDIR;
  if (inode.is !== 'file') throw ENODEV;
  if (offset + len > Number.MAX_SAFE_INTEGER) throw EFBIG;
  if (inode.seals && inode.seals & 8) throw EPERM;
  const { fs } = c.state;
  // On a mount that is `rw` only growing can be passed on.
  const path = throughFile(c, inode);
  if (mode & (PUNCH | ZERO)) {
    if (path) throw EOPNOTSUPP;
    clearFile(fs, inode, offset, Math.min(offset + len, inode.size));
  }
  if (!(mode & KEEP_SIZE) && offset + len > inode.size) {
    if (inode.seals && inode.seals & 4) throw EPERM;
    withinLimit(c, new Uint8Array(0), offset + len);
    if (path) changeHost(fs, { is: 'truncate', path, size: offset + len });
    inode.size = offset + len;
  }
  dropPrivileges(c, inode);
  inode.mtime = c.realtime();
  inode.ctime = inode.mtime;
  return 0;
}

const followed = (c: Context, path: number): Inode => findAt(c, AT_FDCWD, path, { follow: true });
const unfollowed = (c: Context, path: number): Inode => findAt(c, AT_FDCWD, path, { follow: false });
const opened = (c: Context, fd: number): Inode => inodeOfFile(c, openFile(c, fd));

function flagged(
  c: Context,
  dfd: number,
  path: number,
  flags: number,
  known = AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH,
): Inode {
  if (flags & ~known) throw EINVAL;
  return findAt(c, dfd, path, { follow: !(flags & AT_SYMLINK_NOFOLLOW), empty: (flags & AT_EMPTY_PATH) !== 0 });
}

export const metadataCalls: HandlerTable = {
  stat: (c, { filename, statbuf }) => statAt(c, AT_FDCWD, filename, statbuf, 0),
  lstat: (c, { filename, statbuf }) => statAt(c, AT_FDCWD, filename, statbuf, AT_SYMLINK_NOFOLLOW),
  newfstatat: (c, { dfd, filename, statbuf, flag }) => statAt(c, dfd, filename, statbuf, flag),
  fstat: (c, { fd, statbuf }) =>
    writeStat(c, statbuf, statOf(c.state.fs, inodeOfFile(c, openFile(c, fd, 'path-allowed')))),
  statx: (c, { dfd, filename, flags, mask, buffer }) => statx(c, dfd, filename, flags, mask, buffer),
  statfs: (c, { pathname, buf }) => statfs(c, followed(c, pathname), buf),
  fstatfs: (c, { fd, buf }) => statfs(c, inodeOfFile(c, openFile(c, fd, 'path-allowed')), buf),
  access: (c, { filename, mode }) => access(c, AT_FDCWD, filename, mode, 0),
  faccessat: (c, { dfd, filename, mode }) => access(c, dfd, filename, mode, 0),
  faccessat2: (c, { dfd, filename, mode, flags }) => access(c, dfd, filename, mode, flags),
  chmod: (c, { filename, mode }) => changeMode(c, followed(c, filename), mode),
  fchmod: (c, { fd, mode }) => changeMode(c, opened(c, fd), mode),
  fchmodat: (c, { dfd, filename, mode }) => changeMode(c, findAt(c, dfd, filename, { follow: true }), mode),
  fchmodat2: (c, { dfd, filename, mode, flags }) => changeMode(c, flagged(c, dfd, filename, flags), mode),
  chown: (c, { filename, user, group }) => changeOwner(c, followed(c, filename), user, group),
  lchown: (c, { filename, user, group }) => changeOwner(c, unfollowed(c, filename), user, group),
  fchown: (c, { fd, user, group }) => changeOwner(c, opened(c, fd), user, group),
  fchownat: (c, { dfd, filename, user, group, flag }) => changeOwner(c, flagged(c, dfd, filename, flag), user, group),
  utimensat: (c, { dfd, filename, utimes, flags }) => {
    const times = timespecs(c, utimes);
    if (times[0] === undefined && times[1] === undefined) return 0;
    // futimens: no path, the descriptor itself.
    if (filename === 0 && dfd !== AT_FDCWD) {
      if (flags !== 0) throw EINVAL;
      return changeTimes(c, opened(c, dfd), times);
    }
    return changeTimes(c, flagged(c, dfd, filename, flags), times);
  },
  futimesat: (c, { dfd, filename, utimes }) => {
    const times = timevals(c, utimes);
    if (filename === 0 && dfd !== AT_FDCWD) return changeTimes(c, opened(c, dfd), times);
    return changeTimes(c, findAt(c, dfd, filename, { follow: true }), times);
  },
  utimes: (c, { filename, utimes }) => {
    const times = timevals(c, utimes);
    return changeTimes(c, followed(c, filename), times);
  },
  utime: (c, { filename, times }) => {
    const given: Times =
      times === 0 ? ['now', 'now'] : [signed(c, times) * NANOSECONDS, signed(c, times + 8) * NANOSECONDS];
    return changeTimes(c, followed(c, filename), given);
  },
  truncate: (c, { path, length }) => {
    if (length < 0) throw EINVAL;
    const inode = followed(c, path);
    if (isDirectory(inode)) throw EISDIR;
    if (inode.is !== 'file') throw EINVAL;
    requireAccess(c, inode, MAY_WRITE);
    if (runs(c, inode)) throw ETXTBSY;
    return truncate(c, inode, length);
  },
  ftruncate: (c, { fd, length }) => {
    if (length < 0) throw EINVAL;
    const description = openFile(c, fd);
    const inode = inodeOfFile(c, description);
    if (inode.is !== 'file' || (description.flags & O_ACCMODE) === O_RDONLY) throw EINVAL;
    return truncate(c, inode, length);
  },
  fallocate: (c, { fd, mode, offset, len }) => fallocate(c, fd, mode, offset, len),
};

function runs(c: Context, inode: RegularFile): boolean {
  return c.space.mappings.some(
    m => m.backing.is === 'file' && m.backing.inode === inode.id && m.prot & 4 && m.name === c.process.executable,
  );
}
