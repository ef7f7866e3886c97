/**
 * Names and numbers of Linux's flags and constants: files, memory, tasks, signals, time. Sources: the kernel's
 * include/uapi and arch/x86/include/uapi. Sets of bits stand in the order in which a trace prints them, combined
 * names before their parts. Where arm64 differs it says so.
 */

/** open(2) flags (asm-generic/fcntl.h); the access mode is the low two bits. */
// biome-ignore format: a table
export const O = {
  O_RDONLY: 0, O_WRONLY: 0o1, O_RDWR: 0o2, O_ACCMODE: 0o3, O_CREAT: 0o100, O_EXCL: 0o200, O_NOCTTY: 0o400,
  O_TRUNC: 0o1000, O_APPEND: 0o2000, O_NONBLOCK: 0o4000, O_SYNC: 0o4010000, __O_SYNC: 0o4000000, O_DSYNC: 0o10000,
  O_DIRECT: 0o40000, O_LARGEFILE: 0o100000, O_NOFOLLOW: 0o400000, O_NOATIME: 0o1000000, O_CLOEXEC: 0o2000000,
  O_PATH: 0o10000000, O_TMPFILE: 0o20200000, __O_TMPFILE: 0o20000000, O_DIRECTORY: 0o200000, FASYNC: 0o20000,
} as const;

/** access(2) modes. */
// biome-ignore format: a table
export const R_OK = {
  F_OK: 0, R_OK: 4, W_OK: 2, X_OK: 1,
} as const;

/** The directory descriptor that means the working directory. */
export const AT_FDCWD = -100;

/** *at(2) flags (linux/fcntl.h), those of linkat, fchownat, newfstatat, execveat. */
// biome-ignore format: a table
export const AT = {
  AT_SYMLINK_NOFOLLOW: 0x100, AT_REMOVEDIR: 0x200, AT_SYMLINK_FOLLOW: 0x400, AT_NO_AUTOMOUNT: 0x800,
  AT_EMPTY_PATH: 0x1000, AT_RECURSIVE: 0x8000,
} as const;

/** unlinkat(2) takes this one. */
// biome-ignore format: a table
export const AT_UNLINK = {
  AT_REMOVEDIR: 0x200,
} as const;

/** faccessat2(2) flags. */
// biome-ignore format: a table
export const AT_FACCESS = {
  AT_SYMLINK_NOFOLLOW: 0x100, AT_EACCESS: 0x200, AT_EMPTY_PATH: 0x1000,
} as const;

/** statx(2) flags. */
// biome-ignore format: a table
export const AT_STATX = {
  AT_STATX_FORCE_SYNC: 0x2000, AT_STATX_DONT_SYNC: 0x4000, AT_SYMLINK_NOFOLLOW: 0x100, AT_NO_AUTOMOUNT: 0x800,
  AT_EMPTY_PATH: 0x1000,
} as const;

/** lseek(2) whence. */
// biome-ignore format: a table
export const SEEK = {
  SEEK_SET: 0, SEEK_CUR: 1, SEEK_END: 2, SEEK_DATA: 3, SEEK_HOLE: 4,
} as const;

/** File types in st_mode. */
// biome-ignore format: a table
export const S_IF = {
  S_IFREG: 0o100000, S_IFSOCK: 0o140000, S_IFIFO: 0o10000, S_IFLNK: 0o120000, S_IFDIR: 0o40000, S_IFBLK: 0o60000,
  S_IFCHR: 0o20000,
} as const;

/** Permission bits in st_mode. */
// biome-ignore format: a table
export const S = {
  S_ISUID: 0o4000, S_ISGID: 0o2000, S_ISVTX: 0o1000, S_IRUSR: 0o400, S_IWUSR: 0o200, S_IXUSR: 0o100, S_IRGRP: 0o40,
  S_IWGRP: 0o20, S_IXGRP: 0o10, S_IROTH: 0o4, S_IWOTH: 0o2, S_IXOTH: 0o1,
} as const;

/** File types in directory entries. */
// biome-ignore format: a table
export const DT = {
  DT_UNKNOWN: 0, DT_FIFO: 1, DT_CHR: 2, DT_DIR: 4, DT_BLK: 6, DT_REG: 8, DT_LNK: 10, DT_SOCK: 12, DT_WHT: 14,
} as const;

/** fcntl(2) commands. */
// biome-ignore format: a table
export const F = {
  F_DUPFD: 0, F_GETFD: 1, F_SETFD: 2, F_GETFL: 3, F_SETFL: 4, F_GETLK: 5, F_SETLK: 6, F_SETLKW: 7, F_SETOWN: 8,
  F_GETOWN: 9, F_SETSIG: 10, F_GETSIG: 11, F_SETOWN_EX: 15, F_GETOWN_EX: 16, F_GETOWNER_UIDS: 17, F_OFD_GETLK: 36,
  F_OFD_SETLK: 37, F_OFD_SETLKW: 38, F_SETLEASE: 1024, F_GETLEASE: 1025, F_NOTIFY: 1026, F_CANCELLK: 1029,
  F_DUPFD_CLOEXEC: 1030, F_SETPIPE_SZ: 1031, F_GETPIPE_SZ: 1032, F_ADD_SEALS: 1033, F_GET_SEALS: 1034,
  F_GET_RW_HINT: 1035, F_SET_RW_HINT: 1036, F_GET_FILE_RW_HINT: 1037, F_SET_FILE_RW_HINT: 1038,
} as const;

/** File descriptor flags. */
// biome-ignore format: a table
export const FD = {
  FD_CLOEXEC: 0x1,
} as const;

/** l_type of struct flock. */
// biome-ignore format: a table
export const LOCK_TYPE = {
  F_RDLCK: 0, F_WRLCK: 1, F_UNLCK: 2, F_EXLCK: 4, F_SHLCK: 8,
} as const;

/** memfd seals. */
// biome-ignore format: a table
export const F_SEAL = {
  F_SEAL_SEAL: 0x1, F_SEAL_SHRINK: 0x2, F_SEAL_GROW: 0x4, F_SEAL_WRITE: 0x8, F_SEAL_FUTURE_WRITE: 0x10,
} as const;

/** F_NOTIFY events. */
// biome-ignore format: a table
export const F_NOTIFY = {
  DN_ACCESS: 0x1, DN_MODIFY: 0x2, DN_CREATE: 0x4, DN_DELETE: 0x8, DN_RENAME: 0x10, DN_ATTRIB: 0x20,
  DN_MULTISHOT: 0x80000000,
} as const;

/** F_SETOWN_EX owner types. */
// biome-ignore format: a table
export const F_OWNER = {
  F_OWNER_TID: 0, F_OWNER_PID: 1, F_OWNER_PGRP: 2,
} as const;

/** flock(2) operations. */
// biome-ignore format: a table
export const LOCK = {
  LOCK_SH: 1, LOCK_EX: 2, LOCK_NB: 4, LOCK_UN: 8, LOCK_MAND: 32, LOCK_RW: 192, LOCK_READ: 64, LOCK_WRITE: 128,
} as const;

/** renameat2(2) flags. */
// biome-ignore format: a table
export const RENAME = {
  RENAME_NOREPLACE: 0x1, RENAME_EXCHANGE: 0x2, RENAME_WHITEOUT: 0x4,
} as const;

/** openat2(2) resolve flags. */
// biome-ignore format: a table
export const RESOLVE = {
  RESOLVE_NO_XDEV: 0x1, RESOLVE_NO_MAGICLINKS: 0x2, RESOLVE_NO_SYMLINKS: 0x4, RESOLVE_BENEATH: 0x8,
  RESOLVE_IN_ROOT: 0x10, RESOLVE_CACHED: 0x20,
} as const;

/** statx(2) mask. */
// biome-ignore format: a table
export const STATX = {
  STATX_ALL: 0xfff, STATX_BASIC_STATS: 0x7ff, STATX_TYPE: 0x1, STATX_MODE: 0x2, STATX_NLINK: 0x4, STATX_UID: 0x8,
  STATX_GID: 0x10, STATX_ATIME: 0x20, STATX_MTIME: 0x40, STATX_CTIME: 0x80, STATX_INO: 0x100, STATX_SIZE: 0x200,
  STATX_BLOCKS: 0x400, STATX_BTIME: 0x800, STATX_MNT_ID: 0x1000, STATX_DIOALIGN: 0x2000, STATX_MNT_ID_UNIQUE: 0x4000,
  STATX_SUBVOL: 0x8000, STATX_WRITE_ATOMIC: 0x10000, STATX_DIO_READ_ALIGN: 0x20000,
} as const;

/** statx(2) attributes. */
// biome-ignore format: a table
export const STATX_ATTR = {
  STATX_ATTR_COMPRESSED: 0x4, STATX_ATTR_IMMUTABLE: 0x10, STATX_ATTR_APPEND: 0x20, STATX_ATTR_NODUMP: 0x40,
  STATX_ATTR_ENCRYPTED: 0x800, STATX_ATTR_AUTOMOUNT: 0x1000, STATX_ATTR_MOUNT_ROOT: 0x2000,
  STATX_ATTR_VERITY: 0x100000, STATX_ATTR_DAX: 0x200000, STATX_ATTR_WRITE_ATOMIC: 0x400000,
} as const;

/** fallocate(2) modes. */
// biome-ignore format: a table
export const FALLOC = {
  FALLOC_FL_KEEP_SIZE: 0x1, FALLOC_FL_PUNCH_HOLE: 0x2, FALLOC_FL_NO_HIDE_STALE: 0x4, FALLOC_FL_COLLAPSE_RANGE: 0x8,
  FALLOC_FL_ZERO_RANGE: 0x10, FALLOC_FL_INSERT_RANGE: 0x20, FALLOC_FL_UNSHARE_RANGE: 0x40,
} as const;

/** fadvise64(2) advice. */
// biome-ignore format: a table
export const POSIX_FADV = {
  POSIX_FADV_NORMAL: 0, POSIX_FADV_RANDOM: 1, POSIX_FADV_SEQUENTIAL: 2, POSIX_FADV_WILLNEED: 3,
  POSIX_FADV_DONTNEED: 4, POSIX_FADV_NOREUSE: 5,
} as const;

/** sync_file_range(2) flags. */
// biome-ignore format: a table
export const SYNC_FILE_RANGE = {
  SYNC_FILE_RANGE_WAIT_BEFORE: 0x1, SYNC_FILE_RANGE_WRITE: 0x2, SYNC_FILE_RANGE_WAIT_AFTER: 0x4,
} as const;

/** preadv2(2) flags. */
// biome-ignore format: a table
export const RWF = {
  RWF_HIPRI: 0x1, RWF_DSYNC: 0x2, RWF_SYNC: 0x4, RWF_NOWAIT: 0x8, RWF_APPEND: 0x10, RWF_NOAPPEND: 0x20,
  RWF_ATOMIC: 0x40, RWF_DONTCACHE: 0x80, RWF_NOSIGNAL: 0x100,
} as const;

/** splice(2) flags. */
// biome-ignore format: a table
export const SPLICE = {
  SPLICE_F_MOVE: 0x1, SPLICE_F_NONBLOCK: 0x2, SPLICE_F_MORE: 0x4, SPLICE_F_GIFT: 0x8,
} as const;

/** setxattr(2) flags. */
// biome-ignore format: a table
export const XATTR = {
  XATTR_CREATE: 0x1, XATTR_REPLACE: 0x2,
} as const;

/** close_range(2) flags. */
// biome-ignore format: a table
export const CLOSE_RANGE = {
  CLOSE_RANGE_UNSHARE: 0x2, CLOSE_RANGE_CLOEXEC: 0x4,
} as const;

/** memfd_create(2) flags. */
// biome-ignore format: a table
export const MFD = {
  MFD_CLOEXEC: 0x1, MFD_ALLOW_SEALING: 0x2, MFD_HUGETLB: 0x4, MFD_NOEXEC_SEAL: 0x8, MFD_EXEC: 0x10,
} as const;

/** getrandom(2) flags. */
// biome-ignore format: a table
export const GRND = {
  GRND_NONBLOCK: 0x1, GRND_RANDOM: 0x2, GRND_INSECURE: 0x4,
} as const;

/** f_type of statfs(2) (linux/magic.h). */
// biome-ignore format: a table
export const FSMAGIC = {
  QNX4_SUPER_MAGIC: 0x2f, Z3FOLD_MAGIC: 0x33, AUTOFS_SUPER_MAGIC: 0x187, DEVFS_SUPER_MAGIC: 0x1373,
  EXT_SUPER_MAGIC: 0x137d, MINIX_SUPER_MAGIC: 0x137f, MINIX_SUPER_MAGIC2: 0x138f, DEVPTS_SUPER_MAGIC: 0x1cd1,
  MINIX2_SUPER_MAGIC: 0x2468, MINIX2_SUPER_MAGIC2: 0x2478, NILFS_SUPER_MAGIC: 0x3434, HFS_SUPER_MAGIC: 0x4244,
  HFSPLUS_SUPER_MAGIC: 0x482b, MSDOS_SUPER_MAGIC: 0x4d44, MINIX3_SUPER_MAGIC: 0x4d5a, SMB_SUPER_MAGIC: 0x517b,
  NCP_SUPER_MAGIC: 0x564c, EXOFS_SUPER_MAGIC: 0x5df5, NFS_SUPER_MAGIC: 0x6969, ROMFS_MAGIC: 0x7275,
  JFFS2_SUPER_MAGIC: 0x72b6, ISOFS_SUPER_MAGIC: 0x9660, PROC_SUPER_MAGIC: 0x9fa0, OPENPROM_SUPER_MAGIC: 0x9fa1,
  USBDEVICE_SUPER_MAGIC: 0x9fa2, ADFS_SUPER_MAGIC: 0xadf5, AFFS_SUPER_MAGIC: 0xadff, EXT2_OLD_SUPER_MAGIC: 0xef51,
  EXT2_SUPER_MAGIC: 0xef53, ECRYPTFS_SUPER_MAGIC: 0xf15f, UFS_MAGIC: 0x11954, CGROUP_SUPER_MAGIC: 0x27e0eb,
  EFS_SUPER_MAGIC: 0x414a53, HOSTFS_SUPER_MAGIC: 0xc0ffee, CEPH_SUPER_MAGIC: 0xc36400, TMPFS_MAGIC: 0x1021994,
  V9FS_MAGIC: 0x1021997, GFS2_MAGIC: 0x1161970, XIAFS_SUPER_MAGIC: 0x12fd16d, XENIX_SUPER_MAGIC: 0x12ff7b4,
  SYSV4_SUPER_MAGIC: 0x12ff7b5, SYSV2_SUPER_MAGIC: 0x12ff7b6, COH_SUPER_MAGIC: 0x12ff7b7,
  SHMFS_SUPER_MAGIC: 0x2011994, ANON_INODE_FS_MAGIC: 0x9041934, FUTEXFS_SUPER_MAGIC: 0xbad1dea,
  LL_SUPER_MAGIC: 0xbd00bd0, LUSTRE_SUPER_MAGIC: 0xbd00bd1, MTD_INODE_FS_MAGIC: 0x11307854,
  BALLOON_KVM_MAGIC: 0x13661366, UDF_SUPER_MAGIC: 0x15013346, BFS_MAGIC: 0x1badface, EXFAT_SUPER_MAGIC: 0x2011bab0,
  UBIFS_SUPER_MAGIC: 0x24051905, CRAMFS_MAGIC: 0x28cd3d45, ZFS_SUPER_MAGIC: 0x2fc12fc1, JFS_SUPER_MAGIC: 0x3153464a,
  BEFS_SUPER_MAGIC: 0x42465331, BINFMTFS_MAGIC: 0x42494e4d, SMACK_MAGIC: 0x43415d53, DMA_BUF_MAGIC: 0x444d4142,
  CRAMFS_MAGIC_WEND: 0x453dcd28, DEVMEM_MAGIC: 0x454d444d, GUEST_MEMFD_MAGIC: 0x474d454d,
  GPFS_SUPER_MAGIC: 0x47504653, NULL_FS_MAGIC: 0x4e554c4c, PID_FS_MAGIC: 0x50494446, PIPEFS_MAGIC: 0x50495045,
  REISERFS_SUPER_MAGIC: 0x52654973, SECRETMEM_MAGIC: 0x5345434d, AFS_SUPER_MAGIC: 0x5346414f,
  NTFS_SB_MAGIC: 0x5346544e, SOCKFS_MAGIC: 0x534f434b, UFS_CIGAM: 0x54190100, VZFS_SUPER_MAGIC: 0x565a4653,
  STACK_END_MAGIC: 0x57ac6e9d, ZSMALLOC_MAGIC: 0x58295829, XFS_SUPER_MAGIC: 0x58465342, AAFS_MAGIC: 0x5a3c69f0,
  ZONEFS_MAGIC: 0x5a4f4653, PSTOREFS_MAGIC: 0x6165676c, AUFS_SUPER_MAGIC: 0x61756673, BDEVFS_MAGIC: 0x62646576,
  CONFIGFS_MAGIC: 0x62656570, SYSFS_MAGIC: 0x62656572, CGROUP2_SUPER_MAGIC: 0x63677270, DEBUGFS_MAGIC: 0x64626720,
  DAXFS_MAGIC: 0x64646178, FUSE_CTL_SUPER_MAGIC: 0x65735543, FUSE_SUPER_MAGIC: 0x65735546,
  QNX6_SUPER_MAGIC: 0x68191122, AFS_FS_MAGIC: 0x6b414653, BINDERFS_SUPER_MAGIC: 0x6c6f6f70, NSFS_MAGIC: 0x6e736673,
  SECURITYFS_MAGIC: 0x73636673, SQUASHFS_MAGIC: 0x73717368, BTRFS_TEST_MAGIC: 0x73727279,
  CODA_SUPER_MAGIC: 0x73757245, OCFS2_SUPER_MAGIC: 0x7461636f, TRACEFS_MAGIC: 0x74726163,
  OVERLAYFS_SUPER_MAGIC: 0x794c7630, RAMFS_MAGIC: 0x858458f6, BTRFS_SUPER_MAGIC: 0x9123683e,
  HUGETLBFS_MAGIC: 0x958458f6, VXFS_SUPER_MAGIC: 0xa501fcf5, XENFS_SUPER_MAGIC: 0xabba1974, PPC_CMM_MAGIC: 0xc7571590,
  LOGFS_MAGIC: 0xc97e8168, BCACHEFS_SUPER_MAGIC: 0xca451a4e, BPF_FS_MAGIC: 0xcafe4a11, EFIVARFS_MAGIC: 0xde5e81e4,
  EROFS_SUPER_MAGIC_V1: 0xe0f5e1e2, F2FS_SUPER_MAGIC: 0xf2f52010, SELINUX_MAGIC: 0xf97cff8c,
  HPFS_SUPER_MAGIC: 0xf995e849, SMB2_SUPER_MAGIC: 0xfe534d42, CIFS_SUPER_MAGIC: 0xff534d42,
} as const;

/** f_flags of statfs(2). */
// biome-ignore format: a table
export const ST = {
  ST_VALID: 0x20, ST_RDONLY: 0x1, ST_NOSUID: 0x2, ST_NODEV: 0x4, ST_NOEXEC: 0x8, ST_SYNCHRONOUS: 0x10,
  ST_MANDLOCK: 0x40, ST_NOATIME: 0x400, ST_NODIRATIME: 0x800, ST_RELATIME: 0x1000, ST_NOSYMFOLLOW: 0x2000,
} as const;

/** inotify events and flags. */
// biome-ignore format: a table
export const IN = {
  IN_ACCESS: 0x1, IN_MODIFY: 0x2, IN_ATTRIB: 0x4, IN_CLOSE_WRITE: 0x8, IN_CLOSE_NOWRITE: 0x10, IN_OPEN: 0x20,
  IN_MOVED_FROM: 0x40, IN_MOVED_TO: 0x80, IN_CREATE: 0x100, IN_DELETE: 0x200, IN_DELETE_SELF: 0x400,
  IN_MOVE_SELF: 0x800, IN_UNMOUNT: 0x2000, IN_Q_OVERFLOW: 0x4000, IN_IGNORED: 0x8000, IN_ONLYDIR: 0x1000000,
  IN_DONT_FOLLOW: 0x2000000, IN_EXCL_UNLINK: 0x4000000, IN_MASK_CREATE: 0x10000000, IN_MASK_ADD: 0x20000000,
  IN_ISDIR: 0x40000000, IN_ONESHOT: 0x80000000,
} as const;

/** inotify_init1(2) flags. */
// biome-ignore format: a table
export const IN_INIT = {
  IN_NONBLOCK: 0x800, IN_CLOEXEC: 0x80000,
} as const;

/** eventfd2(2) flags. */
// biome-ignore format: a table
export const EFD = {
  EFD_SEMAPHORE: 0x1, EFD_CLOEXEC: 0x80000, EFD_NONBLOCK: 0x800,
} as const;

/** signalfd4(2) flags. */
// biome-ignore format: a table
export const SFD = {
  SFD_CLOEXEC: 0x80000, SFD_NONBLOCK: 0x800,
} as const;

/** timerfd_create(2) flags. */
// biome-ignore format: a table
export const TFD = {
  TFD_TIMER_ABSTIME: 0x1, TFD_TIMER_CANCEL_ON_SET: 0x2, TFD_CLOEXEC: 0x80000, TFD_NONBLOCK: 0x800,
} as const;

/** timerfd_settime(2) flags. */
// biome-ignore format: a table
export const TFD_TIMER = {
  TFD_TIMER_ABSTIME: 0x1, TFD_TIMER_CANCEL_ON_SET: 0x2,
} as const;

/** epoll_create1(2) flags. */
// biome-ignore format: a table
export const EPOLL_CREATE = {
  EPOLL_CLOEXEC: 0x80000,
} as const;

/** epoll_ctl(2) operations. */
// biome-ignore format: a table
export const EPOLL_CTL = {
  EPOLL_CTL_ADD: 1, EPOLL_CTL_DEL: 2, EPOLL_CTL_MOD: 3,
} as const;

/** epoll events. */
// biome-ignore format: a table
export const EPOLL = {
  EPOLLIN: 0x1, EPOLLPRI: 0x2, EPOLLOUT: 0x4, EPOLLERR: 0x8, EPOLLHUP: 0x10, EPOLLNVAL: 0x20, EPOLLRDNORM: 0x40,
  EPOLLRDBAND: 0x80, EPOLLWRNORM: 0x100, EPOLLWRBAND: 0x200, EPOLLMSG: 0x400, EPOLLRDHUP: 0x2000,
  EPOLLEXCLUSIVE: 0x10000000, EPOLLWAKEUP: 0x20000000, EPOLLONESHOT: 0x40000000, EPOLLET: 0x80000000,
} as const;

/** poll(2) events. */
// biome-ignore format: a table
export const POLL = {
  POLLIN: 0x1, POLLPRI: 0x2, POLLOUT: 0x4, POLLERR: 0x8, POLLHUP: 0x10, POLLNVAL: 0x20, POLLRDNORM: 0x40,
  POLLRDBAND: 0x80, POLLWRNORM: 0x100, POLLWRBAND: 0x200, POLLMSG: 0x400, POLLREMOVE: 0x1000, POLLRDHUP: 0x2000,
  POLL_BUSY_LOOP: 0x8000,
} as const;

/** mmap(2) protection. */
// biome-ignore format: a table
export const PROT = {
  PROT_NONE: 0x0, PROT_READ: 0x1, PROT_WRITE: 0x2, PROT_EXEC: 0x4, PROT_SEM: 0x8, PROT_GROWSDOWN: 0x1000000,
  PROT_GROWSUP: 0x2000000,
} as const;

/** mmap(2) flags. */
// biome-ignore format: a table
export const MAP = {
  MAP_SHARED: 0x1, MAP_PRIVATE: 0x2, MAP_SHARED_VALIDATE: 0x3, MAP_DROPPABLE: 0x8, MAP_FIXED: 0x10,
  MAP_ANONYMOUS: 0x20, MAP_32BIT: 0x40, MAP_ABOVE4G: 0x80, MAP_NORESERVE: 0x4000, MAP_POPULATE: 0x8000,
  MAP_NONBLOCK: 0x10000, MAP_GROWSDOWN: 0x100, MAP_DENYWRITE: 0x800, MAP_EXECUTABLE: 0x1000, MAP_LOCKED: 0x2000,
  MAP_STACK: 0x20000, MAP_HUGETLB: 0x40000, MAP_SYNC: 0x80000, MAP_UNINITIALIZED: 0x4000000,
  MAP_FIXED_NOREPLACE: 0x100000,
} as const;

/** mremap(2) flags. */
// biome-ignore format: a table
export const MREMAP = {
  MREMAP_MAYMOVE: 0x1, MREMAP_FIXED: 0x2, MREMAP_DONTUNMAP: 0x4,
} as const;

/** msync(2) flags. */
// biome-ignore format: a table
export const MS = {
  MS_SYNC: 0x4, MS_ASYNC: 0x1, MS_INVALIDATE: 0x2,
} as const;

/** mlockall(2) flags. */
// biome-ignore format: a table
export const MCL = {
  MCL_CURRENT: 0x1, MCL_FUTURE: 0x2, MCL_ONFAULT: 0x4,
} as const;

/** mlock2(2) flags. */
// biome-ignore format: a table
export const MLOCK = {
  MLOCK_ONFAULT: 0x1,
} as const;

/** madvise(2) advice. */
// biome-ignore format: a table
export const MADV = {
  MADV_NORMAL: 0, MADV_RANDOM: 1, MADV_SEQUENTIAL: 2, MADV_WILLNEED: 3, MADV_DONTNEED: 4, MADV_FREE: 8,
  MADV_REMOVE: 9, MADV_DONTFORK: 10, MADV_DOFORK: 11, MADV_COLD: 20, MADV_PAGEOUT: 21, MADV_POPULATE_READ: 22,
  MADV_POPULATE_WRITE: 23, MADV_DONTNEED_LOCKED: 24, MADV_HWPOISON: 100, MADV_SOFT_OFFLINE: 101,
  MADV_GUARD_INSTALL: 102, MADV_GUARD_REMOVE: 103, MADV_MERGEABLE: 12, MADV_UNMERGEABLE: 13, MADV_HUGEPAGE: 14,
  MADV_NOHUGEPAGE: 15, MADV_DONTDUMP: 16, MADV_DODUMP: 17, MADV_WIPEONFORK: 18, MADV_KEEPONFORK: 19,
  MADV_COLLAPSE: 25,
} as const;

/** pkey_alloc(2) rights. */
// biome-ignore format: a table
export const PKEY = {
  PKEY_UNRESTRICTED: 0x0, PKEY_DISABLE_ACCESS: 0x1, PKEY_DISABLE_WRITE: 0x2, PKEY_DISABLE_EXECUTE: 0x4,
} as const;

/** clone(2) and clone3(2) flags; the low byte of clone(2)'s argument is the exit signal, so CLONE_NEWTIME is for clone3 and unshare. */
// biome-ignore format: a table
export const CLONE = {
  CLONE_VM: 0x100, CLONE_FS: 0x200, CLONE_FILES: 0x400, CLONE_SIGHAND: 0x800, CLONE_PIDFD: 0x1000,
  CLONE_PTRACE: 0x2000, CLONE_VFORK: 0x4000, CLONE_PARENT: 0x8000, CLONE_THREAD: 0x10000, CLONE_NEWNS: 0x20000,
  CLONE_SYSVSEM: 0x40000, CLONE_SETTLS: 0x80000, CLONE_PARENT_SETTID: 0x100000, CLONE_CHILD_CLEARTID: 0x200000,
  CLONE_UNTRACED: 0x800000, CLONE_CHILD_SETTID: 0x1000000, CLONE_NEWCGROUP: 0x2000000, CLONE_NEWUTS: 0x4000000,
  CLONE_NEWIPC: 0x8000000, CLONE_NEWUSER: 0x10000000, CLONE_NEWPID: 0x20000000, CLONE_NEWNET: 0x40000000,
  CLONE_IO: 0x80000000, CLONE_NEWTIME: 0x80, CLONE_CLEAR_SIGHAND: 0x100000000, CLONE_INTO_CGROUP: 0x200000000,
} as const;

/** unshare(2) flags. */
// biome-ignore format: a table
export const UNSHARE = {
  CLONE_NEWTIME: 0x80, CLONE_VM: 0x100, CLONE_FS: 0x200, CLONE_FILES: 0x400, CLONE_SIGHAND: 0x800,
  CLONE_THREAD: 0x10000, CLONE_NEWNS: 0x20000, CLONE_SYSVSEM: 0x40000, CLONE_NEWCGROUP: 0x2000000,
  CLONE_NEWUTS: 0x4000000, CLONE_NEWIPC: 0x8000000, CLONE_NEWUSER: 0x10000000, CLONE_NEWPID: 0x20000000,
  CLONE_NEWNET: 0x40000000,
} as const;

/** futex(2) operations and their modifiers. */
// biome-ignore format: a table
export const FUTEX = {
  FUTEX_WAIT: 0, FUTEX_WAKE: 1, FUTEX_FD: 2, FUTEX_REQUEUE: 3, FUTEX_CMP_REQUEUE: 4, FUTEX_WAKE_OP: 5,
  FUTEX_LOCK_PI: 6, FUTEX_UNLOCK_PI: 7, FUTEX_TRYLOCK_PI: 8, FUTEX_WAIT_BITSET: 9, FUTEX_WAKE_BITSET: 10,
  FUTEX_WAIT_REQUEUE_PI: 11, FUTEX_CMP_REQUEUE_PI: 12, FUTEX_LOCK_PI2: 13, FUTEX_PRIVATE_FLAG: 128,
  FUTEX_CLOCK_REALTIME: 256, FUTEX_CMD_MASK: 127, FUTEX_BITSET_MATCH_ANY: 4294967295,
} as const;

/** FUTEX_WAKE_OP operations. */
// biome-ignore format: a table
export const FUTEX_OP = {
  FUTEX_OP_SET: 0, FUTEX_OP_ADD: 1, FUTEX_OP_OR: 2, FUTEX_OP_ANDN: 3, FUTEX_OP_XOR: 4,
} as const;

/** FUTEX_WAKE_OP comparisons. */
// biome-ignore format: a table
export const FUTEX_OP_CMP = {
  FUTEX_OP_CMP_EQ: 0, FUTEX_OP_CMP_NE: 1, FUTEX_OP_CMP_LT: 2, FUTEX_OP_CMP_LE: 3, FUTEX_OP_CMP_GT: 4,
  FUTEX_OP_CMP_GE: 5,
} as const;

/** wait4(2) and waitid(2) options. */
// biome-ignore format: a table
export const W = {
  WNOHANG: 0x1, WEXITED: 0x4, WSTOPPED: 0x2, WCONTINUED: 0x8, WNOWAIT: 0x1000000, __WCLONE: 0x80000000,
  __WALL: 0x40000000, __WNOTHREAD: 0x20000000, WUNTRACED: 0x2,
} as const;

/** waitid(2) id types. */
// biome-ignore format: a table
export const P = {
  P_ALL: 0, P_PID: 1, P_PGID: 2, P_PIDFD: 3,
} as const;

/** Resources of prlimit64(2). */
// biome-ignore format: a table
export const RLIMIT = {
  RLIMIT_CPU: 0, RLIMIT_FSIZE: 1, RLIMIT_DATA: 2, RLIMIT_STACK: 3, RLIMIT_CORE: 4, RLIMIT_RSS: 5, RLIMIT_NPROC: 6,
  RLIMIT_NOFILE: 7, RLIMIT_MEMLOCK: 8, RLIMIT_AS: 9, RLIMIT_LOCKS: 10, RLIMIT_SIGPENDING: 11, RLIMIT_MSGQUEUE: 12,
  RLIMIT_NICE: 13, RLIMIT_RTPRIO: 14, RLIMIT_RTTIME: 15,
} as const;

/** getrusage(2) who. */
// biome-ignore format: a table
export const RUSAGE = {
  RUSAGE_SELF: 0, RUSAGE_CHILDREN: -1, RUSAGE_BOTH: -2, RUSAGE_THREAD: 1,
} as const;

/** getpriority(2) which. */
// biome-ignore format: a table
export const PRIO = {
  PRIO_PROCESS: 0, PRIO_PGRP: 1, PRIO_USER: 2,
} as const;

/** Scheduling policies. */
// biome-ignore format: a table
export const SCHED = {
  SCHED_OTHER: 0, SCHED_FIFO: 1, SCHED_RR: 2, SCHED_BATCH: 3, SCHED_ISO: 4, SCHED_IDLE: 5, SCHED_DEADLINE: 6,
  SCHED_EXT: 7,
} as const;

/** Flag beside a scheduling policy. */
// biome-ignore format: a table
export const SCHED_RESET = {
  SCHED_RESET_ON_FORK: 0x40000000,
} as const;

/** sched_attr flags. */
// biome-ignore format: a table
export const SCHED_FLAG = {
  SCHED_FLAG_RESET_ON_FORK: 0x1, SCHED_FLAG_RECLAIM: 0x2, SCHED_FLAG_DL_OVERRUN: 0x4, SCHED_FLAG_KEEP_POLICY: 0x8,
  SCHED_FLAG_KEEP_PARAMS: 0x10, SCHED_FLAG_UTIL_CLAMP_MIN: 0x20, SCHED_FLAG_UTIL_CLAMP_MAX: 0x40,
} as const;

/** arch_prctl(2) operations (amd64). */
// biome-ignore format: a table
export const ARCH_PRCTL = {
  ARCH_SET_GS: 0x1001, ARCH_SET_FS: 0x1002, ARCH_GET_FS: 0x1003, ARCH_GET_GS: 0x1004, ARCH_GET_CPUID: 0x1011,
  ARCH_SET_CPUID: 0x1012, ARCH_GET_XCOMP_SUPP: 0x1021, ARCH_GET_XCOMP_PERM: 0x1022, ARCH_REQ_XCOMP_PERM: 0x1023,
  ARCH_GET_XCOMP_GUEST_PERM: 0x1024, ARCH_REQ_XCOMP_GUEST_PERM: 0x1025, ARCH_MAP_VDSO_X32: 0x2001,
  ARCH_MAP_VDSO_32: 0x2002, ARCH_MAP_VDSO_64: 0x2003, ARCH_GET_UNTAG_MASK: 0x4001, ARCH_ENABLE_TAGGED_ADDR: 0x4002,
  ARCH_GET_MAX_TAG_BITS: 0x4003, ARCH_FORCE_TAGGED_SVA: 0x4004, ARCH_SHSTK_ENABLE: 0x5001, ARCH_SHSTK_DISABLE: 0x5002,
  ARCH_SHSTK_LOCK: 0x5003, ARCH_SHSTK_UNLOCK: 0x5004, ARCH_SHSTK_STATUS: 0x5005,
} as const;

/** prctl(2) options. */
// biome-ignore format: a table
export const PR = {
  PR_SET_PDEATHSIG: 1, PR_GET_PDEATHSIG: 2, PR_GET_DUMPABLE: 3, PR_SET_DUMPABLE: 4, PR_GET_UNALIGN: 5,
  PR_SET_UNALIGN: 6, PR_GET_KEEPCAPS: 7, PR_SET_KEEPCAPS: 8, PR_GET_FPEMU: 9, PR_SET_FPEMU: 10, PR_GET_FPEXC: 11,
  PR_SET_FPEXC: 12, PR_GET_TIMING: 13, PR_SET_TIMING: 14, PR_SET_NAME: 15, PR_GET_NAME: 16, PR_GET_ENDIAN: 19,
  PR_SET_ENDIAN: 20, PR_GET_SECCOMP: 21, PR_SET_SECCOMP: 22, PR_CAPBSET_READ: 23, PR_CAPBSET_DROP: 24, PR_GET_TSC: 25,
  PR_SET_TSC: 26, PR_GET_SECUREBITS: 27, PR_SET_SECUREBITS: 28, PR_SET_TIMERSLACK: 29, PR_GET_TIMERSLACK: 30,
  PR_TASK_PERF_EVENTS_DISABLE: 31, PR_TASK_PERF_EVENTS_ENABLE: 32, PR_MCE_KILL: 33, PR_MCE_KILL_GET: 34,
  PR_SET_MM: 35, PR_SET_CHILD_SUBREAPER: 36, PR_GET_CHILD_SUBREAPER: 37, PR_SET_NO_NEW_PRIVS: 38,
  PR_GET_NO_NEW_PRIVS: 39, PR_GET_TID_ADDRESS: 40, PR_SET_THP_DISABLE: 41, PR_GET_THP_DISABLE: 42,
  PR_MPX_ENABLE_MANAGEMENT: 43, PR_MPX_DISABLE_MANAGEMENT: 44, PR_SET_FP_MODE: 45, PR_GET_FP_MODE: 46,
  PR_CAP_AMBIENT: 47, PR_SVE_SET_VL: 50, PR_SVE_GET_VL: 51, PR_GET_SPECULATION_CTRL: 52, PR_SET_SPECULATION_CTRL: 53,
  PR_PAC_RESET_KEYS: 54, PR_SET_TAGGED_ADDR_CTRL: 55, PR_GET_TAGGED_ADDR_CTRL: 56, PR_SET_IO_FLUSHER: 57,
  PR_GET_IO_FLUSHER: 58, PR_SET_SYSCALL_USER_DISPATCH: 59, PR_PAC_SET_ENABLED_KEYS: 60, PR_PAC_GET_ENABLED_KEYS: 61,
  PR_SCHED_CORE: 62, PR_SME_SET_VL: 63, PR_SME_GET_VL: 64, PR_SET_VMA: 1398164801, PR_SET_PTRACER: 1499557217,
} as const;

/** membarrier(2) commands. */
// biome-ignore format: a table
export const MEMBARRIER = {
  MEMBARRIER_CMD_QUERY: 0x0, MEMBARRIER_CMD_GLOBAL: 0x1, MEMBARRIER_CMD_GLOBAL_EXPEDITED: 0x2,
  MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED: 0x4, MEMBARRIER_CMD_PRIVATE_EXPEDITED: 0x8,
  MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED: 0x10, MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE: 0x20,
  MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE: 0x40, MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ: 0x80,
  MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ: 0x100,
} as const;

/** membarrier(2) flags. */
// biome-ignore format: a table
export const MEMBARRIER_FLAG = {
  MEMBARRIER_CMD_FLAG_CPU: 0x1,
} as const;

/** rseq(2) flags. */
// biome-ignore format: a table
export const RSEQ_FLAG = {
  RSEQ_FLAG_UNREGISTER: 0x1,
} as const;

/** pidfd_open(2) flags. */
// biome-ignore format: a table
export const PIDFD = {
  PIDFD_NONBLOCK: 0x800, PIDFD_THREAD: 0x80, PIDFD_AUTOKILL: 0x200,
} as const;

/** personality(2) execution domains. */
// biome-ignore format: a table
export const PERSONALITY_TYPE = {
  PER_LINUX: 0x0, PER_LINUX_32BIT: 0x800000, PER_LINUX_FDPIC: 0x80000, PER_SVR4: 0x4100001, PER_SVR3: 0x5000002,
  PER_SCOSVR3: 0x7000003, PER_OSR5: 0x6000003, PER_WYSEV386: 0x5000004, PER_ISCR4: 0x4000005, PER_BSD: 0x6,
  PER_SUNOS: 0x4000006, PER_XENIX: 0x5000007, PER_LINUX32: 0x8, PER_LINUX32_3GB: 0x8000008, PER_IRIX32: 0x4000009,
  PER_IRIXN32: 0x400000a, PER_IRIX64: 0x400000b, PER_RISCOS: 0xc, PER_SOLARIS: 0x400000d, PER_UW7: 0x410000e,
  PER_OSF4: 0xf, PER_HPUX: 0x10, PER_MASK: 0xff,
} as const;

/** personality(2) flags. */
// biome-ignore format: a table
export const PERSONALITY = {
  UNAME26: 0x20000, ADDR_NO_RANDOMIZE: 0x40000, FDPIC_FUNCPTRS: 0x80000, MMAP_PAGE_ZERO: 0x100000,
  ADDR_COMPAT_LAYOUT: 0x200000, READ_IMPLIES_EXEC: 0x400000, ADDR_LIMIT_32BIT: 0x800000, SHORT_INODE: 0x1000000,
  WHOLE_SECONDS: 0x2000000, STICKY_TIMEOUTS: 0x4000000, ADDR_LIMIT_3GB: 0x8000000,
} as const;

/** sigaction flags, in the order of traces. */
// biome-ignore format: a table
export const SA = {
  SA_RESTORER: 0x4000000, SA_ONSTACK: 0x8000000, SA_RESTART: 0x10000000, SA_NODEFER: 0x40000000,
  SA_RESETHAND: 0x80000000, SA_SIGINFO: 0x4, SA_NOCLDSTOP: 0x1, SA_NOCLDWAIT: 0x2,
} as const;

/** sigaltstack(2) flags. */
// biome-ignore format: a table
export const SS = {
  SS_ONSTACK: 0x1, SS_DISABLE: 0x2, SS_AUTODISARM: 0x80000000,
} as const;

/** rt_sigprocmask(2) how. */
// biome-ignore format: a table
export const SIG_HOW = {
  SIG_BLOCK: 0, SIG_UNBLOCK: 1, SIG_SETMASK: 2,
} as const;

/** Special values of sa_handler. */
// biome-ignore format: a table
export const SA_HANDLER = {
  SIG_DFL: 0, SIG_IGN: 1, SIG_ERR: -1,
} as const;

/** sigevent notification. */
// biome-ignore format: a table
export const SIGEV = {
  SIGEV_SIGNAL: 0, SIGEV_NONE: 1, SIGEV_THREAD: 2, SIGEV_THREAD_ID: 4,
} as const;

/** Clocks. */
// biome-ignore format: a table
export const CLOCK = {
  CLOCK_REALTIME: 0, CLOCK_MONOTONIC: 1, CLOCK_PROCESS_CPUTIME_ID: 2, CLOCK_THREAD_CPUTIME_ID: 3,
  CLOCK_MONOTONIC_RAW: 4, CLOCK_REALTIME_COARSE: 5, CLOCK_MONOTONIC_COARSE: 6, CLOCK_BOOTTIME: 7,
  CLOCK_REALTIME_ALARM: 8, CLOCK_BOOTTIME_ALARM: 9, CLOCK_SGI_CYCLE: 10, CLOCK_TAI: 11,
} as const;

/** clock_nanosleep(2) and timer_settime(2) flags. */
// biome-ignore format: a table
export const TIMER = {
  TIMER_ABSTIME: 0x1,
} as const;

/** Interval timers. */
// biome-ignore format: a table
export const ITIMER = {
  ITIMER_REAL: 0, ITIMER_VIRTUAL: 1, ITIMER_PROF: 2,
} as const;

/** kcmp(2) types. */
// biome-ignore format: a table
export const KCMP = {
  KCMP_FILE: 0, KCMP_VM: 1, KCMP_FILES: 2, KCMP_FS: 3, KCMP_SIGHAND: 4, KCMP_IO: 5, KCMP_SYSVSEM: 6,
  KCMP_EPOLL_TFD: 7,
} as const;
