/**
 * The structures that strace does not print as a plain list of their fields: shortened without -v, with dates, with
 * pointers followed, or with fields that depend on others.
 */
import * as flags from '../abi/flags.ts';
import { SIGEV } from '../abi/flags.ts';
import { CAP, CAP_VERSION } from '../abi/flags-system.ts';
import { signalName } from '../abi/signals.ts';
import type { Layout } from '../abi/types.ts';
import type { CallContext } from './context.ts';
import { formatSiginfo } from './siginfo.ts';
import { formatSigset } from './sigset.ts';
import { bits, choice, hex, nameOf, pointer } from './text.ts';

export interface StructContext {
  readonly c: CallContext;
  readonly layout: Layout;
  readonly bytes: Uint8Array;
  /** A field's number. */
  raw(name: string): bigint;
  /** A field's text. */
  text(name: string): string;
}

const list = (s: StructContext, names: readonly string[]): string =>
  names.map(name => `${name}=${s.text(name)}`).join(', ');

const whole = (s: StructContext, names: readonly string[]): string => `{${list(s, names)}}`;

/** Some of the fields; all of them with -v. */
const short = (brief: readonly string[], all: readonly string[]) => (s: StructContext) =>
  s.c.options.verbose ? whole(s, all) : `{${list(s, brief)}, ...}`;

/** `2023-11-14T22:13:20.000000005+0000`: seconds since 1970 in UTC; empty for 1970 itself. */
export function dateOf(seconds: bigint, fraction = 0n, digits = 9): string {
  if (seconds === 0n && fraction === 0n) return '';
  const date = new Date(Number(seconds) * 1000);
  if (Number.isNaN(date.getTime())) return '';
  const part = fraction > 0n ? `.${fraction.toString().padStart(digits, '0')}` : '';
  return `${date.toISOString().slice(0, 19)}${part}+0000`;
}

export const dateComment = (seconds: bigint, fraction = 0n, digits = 9): string => {
  const date = dateOf(seconds, fraction, digits);
  return date === '' ? '' : ` /* ${date} */`;
};

function stat(s: StructContext): string {
  const type = Number(s.raw('st_mode')) & 0o170000;
  const isDevice = type === flags.S_IF.S_IFCHR || type === flags.S_IF.S_IFBLK;
  const size = isDevice ? 'st_rdev' : 'st_size';
  if (!s.c.options.verbose) return `{${list(s, ['st_mode', size])}, ...}`;
  const times = ['st_atime', 'st_mtime', 'st_ctime'].map(name => {
    const nanoseconds = s.raw(`${name}_nsec`);
    return `${name}=${s.raw(name)}${dateComment(s.raw(name), nanoseconds)}${
      nanoseconds === 0n ? `, ${name}_nsec=0` : `, ${name}_nsec=${nanoseconds}`
    }`;
  });
  const plain = ['st_dev', 'st_ino', 'st_mode', 'st_nlink', 'st_uid', 'st_gid', 'st_blksize', 'st_blocks', size];
  return `{${list(s, plain)}, ${times.join(', ')}}`;
}

const STATX_PLAIN = ['stx_mask', 'stx_blksize', 'stx_attributes', 'stx_nlink', 'stx_uid', 'stx_gid', 'stx_mode'];
const STATX_NUMBERS = ['stx_rdev_major', 'stx_rdev_minor', 'stx_dev_major', 'stx_dev_minor'];

function statx(s: StructContext): string {
  if (!s.c.options.verbose) return `{${list(s, ['stx_mask', 'stx_attributes', 'stx_mode', 'stx_size'])}, ...}`;
  const view = new DataView(s.bytes.buffer, s.bytes.byteOffset);
  const time = (name: string): string => {
    const at = s.layout.offsets[name];
    return `${name}=${s.text(name)}${dateComment(view.getBigInt64(at, true), BigInt(view.getUint32(at + 8, true)))}`;
  };
  const mask = s.raw('stx_mask');
  const fields = [list(s, [...STATX_PLAIN, 'stx_ino', 'stx_size', 'stx_blocks', 'stx_attributes_mask'])];
  if (mask & BigInt(flags.STATX.STATX_ATIME)) fields.push(time('stx_atime'));
  if (mask & BigInt(flags.STATX.STATX_BTIME)) fields.push(time('stx_btime'));
  if (mask & BigInt(flags.STATX.STATX_CTIME)) fields.push(time('stx_ctime'));
  if (mask & BigInt(flags.STATX.STATX_MTIME)) fields.push(time('stx_mtime'));
  fields.push(list(s, STATX_NUMBERS));
  if (mask & BigInt(flags.STATX.STATX_MNT_ID)) fields.push(`stx_mnt_id=${hex(s.raw('stx_mnt_id'))}`);
  return `{${fields.join(', ')}}`;
}

const RUSAGE_ALL = [
  'ru_utime',
  'ru_stime',
  'ru_maxrss',
  'ru_ixrss',
  'ru_idrss',
  'ru_isrss',
  'ru_minflt',
  'ru_majflt',
  'ru_nswap',
  'ru_inblock',
  'ru_oublock',
  'ru_msgsnd',
  'ru_msgrcv',
  'ru_nsignals',
  'ru_nvcsw',
  'ru_nivcsw',
] as const;

const UTSNAME_ALL = ['sysname', 'nodename', 'release', 'version', 'machine', 'domainname'] as const;

/** A limit in units of 1024 where it is one. */
function limit(value: bigint): string {
  if (value === 0xffff_ffff_ffff_ffffn) return 'RLIM64_INFINITY';
  return value > 1024n && value % 1024n === 0n ? `${value / 1024n}*1024` : value.toString();
}

function handler(address: bigint): string {
  return nameOf(flags.SA_HANDLER, address) ?? pointer(address);
}

const SA_RESTORER = 0x4000000n;

function sigaction(s: StructContext): string {
  const saFlags = s.raw('sa_flags');
  const restorer = saFlags & SA_RESTORER ? `, sa_restorer=${s.text('sa_restorer')}` : '';
  const mask = formatSigset(s.raw('sa_mask'));
  return `{sa_handler=${handler(s.raw('sa_handler'))}, sa_mask=${mask}, sa_flags=${s.text('sa_flags')}${restorer}}`;
}

function sigevent(s: StructContext): string {
  const value = s.raw('sigev_value');
  const notify = s.raw('sigev_notify');
  const fields: string[] = [];
  if (value !== 0n) fields.push(`sigev_value={sival_int=${BigInt.asIntN(32, value)}, sival_ptr=${pointer(value)}}`);
  const signo = Number(s.raw('sigev_signo'));
  const sends = notify === BigInt(SIGEV.SIGEV_SIGNAL) || notify === BigInt(SIGEV.SIGEV_THREAD_ID);
  fields.push(`sigev_signo=${sends && signo > 0 ? signalName(signo) : signo >>> 0}`);
  fields.push(`sigev_notify=${s.text('sigev_notify')}`);
  if (notify === BigInt(SIGEV.SIGEV_THREAD_ID))
    fields.push(`sigev_notify_thread_id=${s.text('sigev_notify_thread_id')}`);
  else if (notify === BigInt(SIGEV.SIGEV_THREAD)) {
    const view = new DataView(s.bytes.buffer, s.bytes.byteOffset);
    fields.push(`sigev_notify_function=${pointer(view.getBigUint64(16, true))}`);
    fields.push(`sigev_notify_attributes=${pointer(view.getBigUint64(24, true))}`);
  }
  return `{${fields.join(', ')}}`;
}

function pollfd(s: StructContext): string {
  const fd = Number(s.raw('fd'));
  return fd < 0 ? `{fd=${fd}}` : whole(s, ['fd', 'events']);
}

function openHow(s: StructContext): string {
  const mode = s.raw('mode');
  const creates = (s.raw('flags') & BigInt(flags.O.O_CREAT | flags.O.__O_TMPFILE)) !== 0n;
  return `{flags=${s.text('flags')}${creates || mode !== 0n ? `, mode=${s.text('mode')}` : ''}, resolve=${s.text('resolve')}}`;
}

function cloneArgs(s: StructContext): string {
  const set = s.raw('flags');
  const has = (flag: number): boolean => (set & BigInt(flag)) !== 0n;
  const signo = Number(s.raw('exit_signal'));
  const fields = [`flags=${bits(flags.CLONE, set, 'CLONE_???')}`];
  if (has(flags.CLONE.CLONE_PIDFD)) fields.push(list(s, ['pidfd']));
  if (has(flags.CLONE.CLONE_CHILD_SETTID) || has(flags.CLONE.CLONE_CHILD_CLEARTID)) fields.push(list(s, ['child_tid']));
  if (has(flags.CLONE.CLONE_PARENT_SETTID)) fields.push(list(s, ['parent_tid']));
  fields.push(`exit_signal=${signo > 0 ? signalName(signo) : signo}`);
  fields.push(`stack=${pointer(s.raw('stack'))}, stack_size=${hex(s.raw('stack_size'))}`);
  if (has(flags.CLONE.CLONE_SETTLS)) fields.push(list(s, ['tls']));
  if (s.raw('set_tid') !== 0n || s.raw('set_tid_size') !== 0n)
    fields.push(`set_tid=${pointer(s.raw('set_tid'))}, set_tid_size=${s.raw('set_tid_size')}`);
  if (set & BigInt(flags.CLONE.CLONE_INTO_CGROUP)) fields.push(list(s, ['cgroup']));
  return `{${fields.join(', ')}}`;
}

function epollEvent(s: StructContext): string {
  const data = s.raw('data');
  return `{events=${s.text('events')}, data={u32=${BigInt.asUintN(32, data)}, u64=${data}}}`;
}

function statfs(s: StructContext): string {
  const view = new DataView(s.bytes.buffer, s.bytes.byteOffset);
  const at = s.layout.offsets.f_fsid;
  const fsid = `{val=[${hex(view.getUint32(at, true))}, ${hex(view.getUint32(at + 4, true))}]}`;
  const before = ['f_type', 'f_bsize', 'f_blocks', 'f_bfree', 'f_bavail', 'f_files', 'f_ffree'];
  return `{${list(s, before)}, f_fsid=${fsid}, ${list(s, ['f_namelen', 'f_frsize', 'f_flags'])}}`;
}

function utimbuf(s: StructContext): string {
  const one = (name: string): string => `${name}=${s.raw(name)}${dateComment(s.raw(name))}`;
  return `{${one('actime')}, ${one('modtime')}}`;
}

function capHeader(s: StructContext): string {
  return `{version=${choice(CAP_VERSION, s.raw('version'), '_LINUX_CAPABILITY_VERSION_???', 32)}, pid=${s.text('pid')}}`;
}

const CAP_BITS = Object.fromEntries(Object.entries(CAP).map(([name, n]) => [`1<<${name}`, 1n << BigInt(n)]));

function capSet(low: bigint, high: bigint): string {
  return bits(CAP_BITS, low | (high << 32n), 'CAP_???');
}

/** Two of these stand behind the pointer: the low and the high halves of three sets. */
export function formatCapabilities(bytes: Uint8Array): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const word = (index: number): bigint =>
    bytes.length >= index * 4 + 4 ? BigInt(view.getUint32(index * 4, true)) : 0n;
  const names = ['effective', 'permitted', 'inheritable'];
  return `{${names.map((name, i) => `${name}=${capSet(word(i), word(i + 3))}`).join(', ')}}`;
}

/** By layout name. */
const SCHED_FIRST = ['sched_policy', 'sched_flags', 'sched_nice', 'sched_priority'];
const SCHED_TIMES = ['sched_runtime', 'sched_deadline', 'sched_period'];
const SCHED_CLAMPS = ['sched_util_min', 'sched_util_max'];

/** As much of it as its own size says (SCHED_ATTR_SIZE_VER0 and VER1). */
function schedAttributes(s: StructContext): string {
  const size = Number(s.raw('size')) || 48;
  const fields = size < 48 ? [] : [...SCHED_FIRST, ...SCHED_TIMES, ...(size < 56 ? [] : SCHED_CLAMPS)];
  return whole(s, ['size', ...fields]);
}

export const SPECIAL_STRUCTS: Readonly<Record<string, (s: StructContext) => string>> = {
  stat,
  statx,
  statx_timestamp: s => whole(s, ['tv_sec', 'tv_nsec']),
  statfs,
  rusage: short(['ru_utime', 'ru_stime'], RUSAGE_ALL),
  utsname: short(['sysname', 'nodename'], UTSNAME_ALL),
  rlimit: s => `{rlim_cur=${limit(s.raw('rlim_cur'))}, rlim_max=${limit(s.raw('rlim_max'))}}`,
  sigaction,
  sigevent,
  siginfo: s => formatSiginfo(s.bytes, s.c.options.column),
  pollfd,
  open_how: openHow,
  clone_args: cloneArgs,
  epoll_event: epollEvent,
  utimbuf,
  sched_attr: schedAttributes,
  sched_param: s => `[${s.text('sched_priority')}]`,
  cap_user_header: capHeader,
};
