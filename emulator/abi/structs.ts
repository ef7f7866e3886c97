/**
 * Structures that cross the syscall boundary, with the kernel's field names (include/uapi). 64-bit Linux only; where
 * amd64 and arm64 differ, `arm64` holds the other layout. `readStruct` and `writeStruct` of types.ts use them.
 */
import * as flags from './flags.ts';
import { ADJ, SEM_OP, STA } from './flags-system.ts';
import {
  ADDRESS,
  bits,
  bits64,
  DEVICE,
  FD,
  HEX32,
  HEX64,
  I16,
  ID,
  INT,
  LONG,
  MODE,
  OFFSET,
  oneOf,
  PID,
  SIGNAL,
  SIZE,
  struct,
  U8,
  U16,
  UINT,
  ULONG,
  value,
} from './types.ts';

// ---- Time

/** A long that traces show unsigned. */
const LENGTH64 = value('i64', { is: 'number', base: 10, unsigned: true });

export const TIMESPEC = struct('timespec', { tv_sec: LONG, tv_nsec: LENGTH64 });
export const TIMEVAL = struct('timeval', { tv_sec: LONG, tv_usec: LENGTH64 });
export const ITIMERSPEC = struct('itimerspec', { it_interval: { nested: TIMESPEC }, it_value: { nested: TIMESPEC } });
export const ITIMERVAL = struct('itimerval', { it_interval: { nested: TIMEVAL }, it_value: { nested: TIMEVAL } });
export const TIMEZONE = struct('timezone', { tz_minuteswest: INT, tz_dsttime: INT });
export const UTIMBUF = struct('utimbuf', { actime: LONG, modtime: LONG });
export const TMS = struct('tms', { tms_utime: LONG, tms_stime: LONG, tms_cutime: LONG, tms_cstime: LONG });
export const TIMEX = struct('timex', {
  modes: bits(ADJ, 'ADJ_???'),
  offset: LONG,
  freq: LONG,
  maxerror: LONG,
  esterror: LONG,
  status: bits(STA, 'STA_???'),
  constant: LONG,
  precision: LONG,
  tolerance: LONG,
  time: { nested: TIMEVAL },
  tick: LONG,
  ppsfreq: LONG,
  jitter: LONG,
  shift: INT,
  stabil: LONG,
  jitcnt: LONG,
  calcnt: LONG,
  errcnt: LONG,
  stbcnt: LONG,
  tai: INT,
  reserved: { padding: 44 },
});

// ---- Files

const STAT_ARM64 = struct('stat', {
  st_dev: DEVICE,
  st_ino: ULONG,
  st_mode: MODE,
  st_nlink: UINT,
  st_uid: ID,
  st_gid: ID,
  st_rdev: DEVICE,
  pad1: { padding: 8 },
  st_size: LONG,
  st_blksize: INT,
  pad2: { padding: 4 },
  st_blocks: LONG,
  st_atime: LONG,
  st_atime_nsec: ULONG,
  st_mtime: LONG,
  st_mtime_nsec: ULONG,
  st_ctime: LONG,
  st_ctime_nsec: ULONG,
  reserved: { padding: 8 },
});
/** stat, fstat, newfstatat. On arm64 st_nlink and st_blksize are 32 bits wide. */
export const STAT = struct(
  'stat',
  {
    st_dev: DEVICE,
    st_ino: ULONG,
    st_nlink: ULONG,
    st_mode: MODE,
    st_uid: ID,
    st_gid: ID,
    pad0: { padding: 4 },
    st_rdev: DEVICE,
    st_size: LONG,
    st_blksize: LONG,
    st_blocks: LONG,
    st_atime: LONG,
    st_atime_nsec: ULONG,
    st_mtime: LONG,
    st_mtime_nsec: ULONG,
    st_ctime: LONG,
    st_ctime_nsec: ULONG,
    reserved: { padding: 24 },
  },
  { arm64: STAT_ARM64 as never },
);
export const STATX_TIMESTAMP = struct('statx_timestamp', { tv_sec: LONG, tv_nsec: UINT, reserved: { padding: 4 } });
export const STATX = struct('statx', {
  stx_mask: bits(flags.STATX, 'STATX_???'),
  stx_blksize: UINT,
  stx_attributes: bits64(flags.STATX_ATTR, 'STATX_ATTR_???'),
  stx_nlink: UINT,
  stx_uid: ID,
  stx_gid: ID,
  stx_mode: value('u16', { is: 'mode' }),
  spare0: { padding: 2 },
  stx_ino: ULONG,
  stx_size: ULONG,
  stx_blocks: ULONG,
  stx_attributes_mask: bits64(flags.STATX_ATTR, 'STATX_ATTR_???'),
  stx_atime: { nested: STATX_TIMESTAMP },
  stx_btime: { nested: STATX_TIMESTAMP },
  stx_ctime: { nested: STATX_TIMESTAMP },
  stx_mtime: { nested: STATX_TIMESTAMP },
  stx_rdev_major: UINT,
  stx_rdev_minor: UINT,
  stx_dev_major: UINT,
  stx_dev_minor: UINT,
  stx_mnt_id: ULONG,
  stx_dio_mem_align: UINT,
  stx_dio_offset_align: UINT,
  spare: { padding: 96 },
});
export const STATFS = struct('statfs', {
  f_type: value('u64', { is: 'choice', names: flags.FSMAGIC, prefix: '' }),
  f_bsize: LONG,
  f_blocks: ULONG,
  f_bfree: ULONG,
  f_bavail: ULONG,
  f_files: ULONG,
  f_ffree: ULONG,
  f_fsid: { array: INT, count: 2 },
  f_namelen: LONG,
  f_frsize: LONG,
  f_flags: bits64(flags.ST, 'ST_???'),
  f_spare: { padding: 32 },
});
/** The fixed part of a getdents64 record; the NUL-terminated name follows at offset 19. */
export const DIRENT64 = struct(
  'dirent64',
  {
    d_ino: ULONG,
    d_off: LONG,
    d_reclen: U16,
    d_type: value('u8', { is: 'choice', names: flags.DT, prefix: 'DT_???' }),
  },
  { packed: true },
);
export const FLOCK = struct('flock', {
  l_type: value('i16', { is: 'choice', names: flags.LOCK_TYPE, prefix: 'F_???' }),
  l_whence: value('i16', { is: 'choice', names: flags.SEEK, prefix: 'SEEK_???' }),
  l_start: OFFSET,
  l_len: OFFSET,
  l_pid: PID,
});
export const F_OWNER_EX = struct('f_owner_ex', { type: oneOf(flags.F_OWNER, 'F_OWNER_???'), pid: PID });
export const OPEN_HOW = struct('open_how', {
  flags: value('u64', { is: 'open-flags' }),
  mode: value('u64', { is: 'permissions' }),
  resolve: bits64(flags.RESOLVE, 'RESOLVE_???'),
});
export const IOVEC = struct('iovec', { iov_base: ADDRESS, iov_len: SIZE });
export const FILE_HANDLE = struct('file_handle', { handle_bytes: UINT, handle_type: INT });
export const INOTIFY_EVENT = struct('inotify_event', {
  wd: INT,
  mask: bits(flags.IN, 'IN_???'),
  cookie: UINT,
  len: UINT,
});
export const WINSIZE = struct('winsize', { ws_row: U16, ws_col: U16, ws_xpixel: U16, ws_ypixel: U16 });
/** The kernel's termios of TCGETS (asm-generic/termbits.h): 19 control characters. */
export const TERMIOS = struct('termios', {
  c_iflag: HEX32,
  c_oflag: HEX32,
  c_cflag: HEX32,
  c_lflag: HEX32,
  c_line: U8,
  c_cc: { bytes: 19 },
});

// ---- Polling

export const POLLFD = struct('pollfd', {
  fd: FD,
  events: value('i16', { is: 'flags', names: flags.POLL, prefix: 'POLL???' }),
  revents: value('i16', { is: 'flags', names: flags.POLL, prefix: 'POLL???' }),
});
const EPOLL_FIELDS = { events: bits(flags.EPOLL, 'EPOLL???'), data: ULONG } as const;
/** Packed to 12 bytes on amd64 only. */
export const EPOLL_EVENT = struct('epoll_event', EPOLL_FIELDS, {
  packed: true,
  arm64: struct('epoll_event', EPOLL_FIELDS),
});
/** pselect6's last argument. */
export const SIGSET_ARGUMENT = struct('sigset_argpack', { ss: ADDRESS, ss_len: SIZE });

// ---- Signals

/** What rt_sigaction takes: the kernel's own order. arm64 has no restorer by convention, but the same layout. */
export const SIGACTION = struct('sigaction', {
  sa_handler: ADDRESS,
  sa_flags: value('u64', { is: 'flags', names: flags.SA, prefix: 'SA_???' }),
  sa_restorer: ADDRESS,
  sa_mask: value('u64', { is: 'sigset', direction: 'in' }),
});
export const STACK_T = struct('stack_t', {
  ss_sp: ADDRESS,
  ss_flags: value('i32', { is: 'flags', names: flags.SS, prefix: 'SS_???' }),
  ss_size: SIZE,
});
const SIGINFO_HEAD = { si_signo: SIGNAL, si_errno: INT, si_code: INT, pad0: { padding: 4 } } as const;
/** siginfo_t, 128 bytes; which of the following layouts holds depends on si_signo and si_code. */
export const SIGINFO = struct('siginfo', { ...SIGINFO_HEAD, rest: { bytes: 112 } });
/** SI_USER, SI_TKILL: kill, tkill, tgkill. */
export const SIGINFO_KILL = struct('siginfo', { ...SIGINFO_HEAD, si_pid: PID, si_uid: ID, rest: { padding: 104 } });
/** SI_QUEUE, SI_MESGQ: sigqueue. */
export const SIGINFO_QUEUE = struct('siginfo', {
  ...SIGINFO_HEAD,
  si_pid: PID,
  si_uid: ID,
  si_value: ULONG,
  rest: { padding: 96 },
});
/** SI_TIMER: POSIX timers. */
export const SIGINFO_TIMER = struct('siginfo', {
  ...SIGINFO_HEAD,
  si_timerid: INT,
  si_overrun: INT,
  si_value: ULONG,
  rest: { padding: 96 },
});
export const SIGINFO_CHILD = struct('siginfo', {
  ...SIGINFO_HEAD,
  si_pid: PID,
  si_uid: ID,
  si_status: INT,
  pad1: { padding: 4 },
  si_utime: LONG,
  si_stime: LONG,
  rest: { padding: 80 },
});
/** SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP from the kernel. */
export const SIGINFO_FAULT = struct('siginfo', {
  ...SIGINFO_HEAD,
  si_addr: ADDRESS,
  si_addr_lsb: I16,
  pad1: { padding: 6 },
  si_lower: ADDRESS,
  si_upper: ADDRESS,
  rest: { padding: 80 },
});
export const SIGINFO_POLL = struct('siginfo', {
  ...SIGINFO_HEAD,
  si_band: LONG,
  si_fd: INT,
  rest: { padding: 100 },
});
export const SIGINFO_SYS = struct('siginfo', {
  ...SIGINFO_HEAD,
  si_call_addr: ADDRESS,
  si_syscall: INT,
  si_arch: UINT,
  rest: { padding: 96 },
});
export const SIGEVENT = struct('sigevent', {
  sigev_value: ULONG,
  sigev_signo: SIGNAL,
  sigev_notify: oneOf(flags.SIGEV, 'SIGEV_???'),
  sigev_notify_thread_id: PID,
  rest: { padding: 44 },
});
export const SIGNALFD_SIGINFO = struct('signalfd_siginfo', {
  ssi_signo: UINT,
  ssi_errno: INT,
  ssi_code: INT,
  ssi_pid: UINT,
  ssi_uid: UINT,
  ssi_fd: INT,
  ssi_tid: UINT,
  ssi_band: UINT,
  ssi_overrun: UINT,
  ssi_trapno: UINT,
  ssi_status: INT,
  ssi_int: INT,
  ssi_ptr: ULONG,
  ssi_utime: ULONG,
  ssi_stime: ULONG,
  ssi_addr: ULONG,
  ssi_addr_lsb: U16,
  pad: { padding: 46 },
});

// ---- Tasks and the system

export const UTSNAME = struct('utsname', {
  sysname: { bytes: 65, text: true },
  nodename: { bytes: 65, text: true },
  release: { bytes: 65, text: true },
  version: { bytes: 65, text: true },
  machine: { bytes: 65, text: true },
  domainname: { bytes: 65, text: true },
});
export const RLIMIT = struct('rlimit', { rlim_cur: ULONG, rlim_max: ULONG });
export const RUSAGE = struct('rusage', {
  ru_utime: { nested: TIMEVAL },
  ru_stime: { nested: TIMEVAL },
  ru_maxrss: LONG,
  ru_ixrss: LONG,
  ru_idrss: LONG,
  ru_isrss: LONG,
  ru_minflt: LONG,
  ru_majflt: LONG,
  ru_nswap: LONG,
  ru_inblock: LONG,
  ru_oublock: LONG,
  ru_msgsnd: LONG,
  ru_msgrcv: LONG,
  ru_nsignals: LONG,
  ru_nvcsw: LONG,
  ru_nivcsw: LONG,
});
export const SYSINFO = struct('sysinfo', {
  uptime: LONG,
  loads: { array: ULONG, count: 3 },
  totalram: ULONG,
  freeram: ULONG,
  sharedram: ULONG,
  bufferram: ULONG,
  totalswap: ULONG,
  freeswap: ULONG,
  procs: U16,
  pad: { padding: 6 },
  totalhigh: ULONG,
  freehigh: ULONG,
  mem_unit: UINT,
});
export const CLONE_ARGS = struct('clone_args', {
  flags: bits64(flags.CLONE, 'CLONE_???'),
  pidfd: ADDRESS,
  child_tid: ADDRESS,
  parent_tid: ADDRESS,
  exit_signal: ULONG,
  stack: ADDRESS,
  stack_size: SIZE,
  tls: ADDRESS,
  set_tid: ADDRESS,
  set_tid_size: SIZE,
  cgroup: ULONG,
});
export const SCHED_PARAM = struct('sched_param', { sched_priority: INT });
export const SCHED_ATTR = struct('sched_attr', {
  size: UINT,
  sched_policy: value('u32', { is: 'choice', names: flags.SCHED, prefix: 'SCHED_???' }),
  sched_flags: bits64(flags.SCHED_FLAG, 'SCHED_FLAG_???'),
  sched_nice: INT,
  sched_priority: UINT,
  sched_runtime: ULONG,
  sched_deadline: ULONG,
  sched_period: ULONG,
  sched_util_min: UINT,
  sched_util_max: UINT,
});
export const ROBUST_LIST_HEAD = struct('robust_list_head', { list: ADDRESS, futex_offset: LONG, pending: ADDRESS });
export const RSEQ = struct('rseq', {
  cpu_id_start: UINT,
  cpu_id: UINT,
  rseq_cs: HEX64,
  flags: HEX32,
  node_id: UINT,
  mm_cid: UINT,
  pad: { padding: 4 },
});
export const CAP_HEADER = struct('cap_user_header', { version: HEX32, pid: PID });
export const CAP_DATA = struct('cap_user_data', { effective: HEX32, permitted: HEX32, inheritable: HEX32 });
export const FUTEX_WAITV = struct('futex_waitv', {
  val: HEX64,
  uaddr: ADDRESS,
  flags: HEX32,
  reserved: { padding: 4 },
});
export const SOCK_FILTER = struct('sock_filter', { code: U16, jt: U8, jf: U8, k: UINT });
export const SOCK_FPROG = struct('sock_fprog', { len: U16, filter: ADDRESS });

// ---- Network

const FAMILY = value('u16', { is: 'number', base: 10 });
export const SOCKADDR_UN = struct('sockaddr_un', { sun_family: FAMILY, sun_path: { bytes: 108 } });
export const SOCKADDR_IN = struct('sockaddr_in', {
  sin_family: FAMILY,
  sin_port: value('be16', { is: 'number', base: 10 }),
  sin_addr: { bytes: 4 },
  sin_zero: { padding: 8 },
});
export const SOCKADDR_IN6 = struct('sockaddr_in6', {
  sin6_family: FAMILY,
  sin6_port: value('be16', { is: 'number', base: 10 }),
  sin6_flowinfo: value('be32', { is: 'number', base: 10 }),
  sin6_addr: { bytes: 16 },
  sin6_scope_id: UINT,
});
export const SOCKADDR_NL = struct('sockaddr_nl', {
  nl_family: FAMILY,
  pad: { padding: 2 },
  nl_pid: UINT,
  nl_groups: HEX32,
});
export const MSGHDR = struct('msghdr', {
  msg_name: ADDRESS,
  msg_namelen: INT,
  msg_iov: ADDRESS,
  msg_iovlen: SIZE,
  msg_control: ADDRESS,
  msg_controllen: SIZE,
  msg_flags: HEX32,
});
export const MMSGHDR = struct('mmsghdr', { msg_hdr: { nested: MSGHDR }, msg_len: UINT });
export const CMSGHDR = struct('cmsghdr', { cmsg_len: SIZE, cmsg_level: INT, cmsg_type: INT });
export const UCRED = struct('ucred', { pid: PID, uid: ID, gid: ID });
export const LINGER = struct('linger', { l_onoff: INT, l_linger: INT });

// ---- System V IPC and message queues

export const SEMBUF = struct('sembuf', {
  sem_num: U16,
  sem_op: I16,
  sem_flg: value('i16', { is: 'flags', names: SEM_OP, prefix: 'SEM_???' }),
});
export const MQ_ATTR = struct('mq_attr', {
  mq_flags: LONG,
  mq_maxmsg: LONG,
  mq_msgsize: LONG,
  mq_curmsgs: LONG,
  reserved: { padding: 32 },
});
