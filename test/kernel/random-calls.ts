/**
 * Calls with random and boundary arguments, made after their rows: descriptors, paths, sizes, flags, pointers good and
 * bad. A script is a list of calls over an arena at a fixed address; it runs in the kernel (`inKernel`) and, where its
 * calls are harmless, natively (random-calls.c), where each call must give the same result.
 */
import { type SyscallName, syscallNames, syscallNumber, syscallRow } from '../../emulator/abi/syscalls.ts';
import type { Value } from '../../emulator/abi/types.ts';
import { cloneState } from '../../emulator/kernel/state.ts';
import { type Guest, startGuest } from './harness.ts';

/** Four pages to write, one to read, one that nothing may touch, and nothing behind them. */
export const ARENA = 0x10000000;
const [WORDS, STRINGS, READ_ONLY, NO_ACCESS, OUTSIDE] = [0x100, 0x800, 0x4000, 0x5000, 0x6000];
const LAST_STRING = READ_ONLY - 8;
/** Zero before each call: what earlier calls wrote there differs (inode numbers, times). */
const SCRATCH = [0x200, 0x400] as const;

/** What stands at STRINGS: one every 64 bytes. random-calls.c has none of them: they come with the script. */
export const TEXTS = [
  'a',
  'b',
  'd',
  'd/x',
  'link',
  'missing/x',
  'a/x',
  '',
  '.',
  '..',
  'loop',
  '/',
  '/dev/null',
  'user.t',
];
const TEXT_ROOM = 64;

export interface Call {
  name: SyscallName;
  args: bigint[];
  /** Eight words at WORDS, set before the call: what structures are read from. */
  words: bigint[];
}

/** xorshift32: a failure is repeated by its seed. */
export function generator(seed: number) {
  let s = (seed * 2654435761) >>> 0 || 1;
  return (below: number): number => {
    s ^= s << 13;
    s ^= s >>> 17;
    s ^= s << 5;
    return (s >>> 0) % below;
  };
}

type Random = (below: number) => number;
const pick = <T>(random: Random, from: readonly T[]): T => from[random(from.length)];

const NUMBERS: readonly bigint[] = [
  ...[0n, 1n, 2n, 3n, 4n, 7n, 8n, 15n, 16n, 24n, 64n, 128n, 255n, 4095n, 4096n, 4097n, 65536n, 1n << 20n],
  ...[(1n << 31n) - 1n, 1n << 31n, (1n << 32n) - 1n, 1n << 32n, (1n << 63n) - 1n, 1n << 63n, (1n << 64n) - 1n],
  ...[(1n << 64n) - 100n, (1n << 64n) - 4096n],
];
const SIZES: readonly bigint[] = [0n, 1n, 4n, 8n, 16n, 24n, 88n, 128n, 4096n, 5000n, 1n << 31n, (1n << 64n) - 1n];
const POINTERS: readonly bigint[] = [
  ...[0n, 8n, 1n << 63n, 0x7fff_ffff_f000n, 0x8000_0000_0000n],
  ...[WORDS, WORDS, WORDS, WORDS, 0x200, 0x201, 0x300, 0x3ffc, READ_ONLY, NO_ACCESS, NO_ACCESS - 4, OUTSIDE].map(at =>
    BigInt(ARENA + at),
  ),
];
/** Open ones begin at 3; 0 to 2 are left to whoever runs the script. */
const DESCRIPTORS: readonly bigint[] = [
  ...[3n, 4n, 5n, 6n, 7n, 8n, 9n, 10n, 11n, 12n, 99n],
  ...[(1n << 32n) - 1n, (1n << 32n) - 100n, 1n << 31n, 100_000n],
];

const path = (random: Random): bigint => {
  if (random(12) === 0) return pick(random, POINTERS);
  if (random(16) === 0) return BigInt(ARENA + LAST_STRING);
  return BigInt(ARENA + STRINGS + TEXT_ROOM * random(TEXTS.length));
};

function argument(random: Random, { meaning }: Value): bigint {
  if (random(40) === 0) return pick(random, NUMBERS);
  switch (meaning.is) {
    case 'fd':
      return pick(random, DESCRIPTORS);
    case 'dirfd':
      return random(3) === 0 ? pick(random, DESCRIPTORS) : (1n << 64n) - 100n;
    case 'path':
    case 'string':
      return path(random);
    case 'mode':
    case 'permissions':
      return random(3) === 0 ? BigInt(random(0o200000)) : BigInt(random(0o1000));
    case 'open-flags':
      return BigInt(
        pick(random, [0, 1, 2, 0o100, 0o2000, 0o200000, 0o101, 0o1102]) | (random(3) === 0 ? 1 << random(23) : 0),
      );
    case 'choice':
    case 'flags': {
      const values = [
        ...Object.values(meaning.names),
        ...Object.values(meaning.is === 'choice' ? (meaning.modifiers ?? {}) : {}),
      ];
      const one = (): bigint => BigInt.asUintN(64, BigInt(pick(random, values) ?? 0));
      if (random(8) === 0) return pick(random, NUMBERS);
      if (random(3) === 0) return 0n;
      return meaning.is === 'choice' || random(2) === 0 ? one() : one() | one();
    }
    case 'pid':
    case 'id':
      return pick(random, [0n, 0n, 0n, 999_999n, (1n << 32n) - 1n, 1n << 31n]);
    case 'signal':
      return pick(random, [0n, 1n, 10n, 17n, 34n, 64n, 65n, (1n << 32n) - 1n]);
    case 'number':
    case 'word':
    case 'device':
      return pick(random, random(2) === 0 ? SIZES : NUMBERS);
    default:
      return pick(random, POINTERS);
  }
}

export function randomCall(random: Random, names: readonly SyscallName[]): Call {
  const name = pick(random, names);
  const rows = Object.values(syscallRow(name).args);
  const words = Array.from({ length: 8 }, () =>
    random(3) === 0 ? BigInt(random(8)) : random(2) === 0 ? pick(random, POINTERS) : pick(random, NUMBERS),
  );
  return { name, args: rows.map(row => argument(random, row)), words };
}

/** Opens what the descriptors 3 to 12 are, and makes what the paths name. */
const at = (text: string): bigint => BigInt(ARENA + STRINGS + TEXT_ROOM * TEXTS.indexOf(text));
const plain = (name: SyscallName, ...args: (number | bigint)[]): Call => ({ name, args: args.map(BigInt), words: [] });
export const PRELUDE: readonly Call[] = [
  plain('openat', -100, at('a'), 0o102, 0o644),
  plain('mkdir', at('d'), 0o755),
  plain('openat', -100, at('d'), 0o200000),
  plain('pipe2', ARENA + 0x200, 0o4000),
  plain('eventfd2', 3, 0o4000),
  plain('epoll_create1', 0),
  plain('socketpair', 1, 1 | 0o4000, 0, ARENA + 0x200),
  plain('socket', 2, 2 | 0o4000, 0),
  plain('symlink', at('a'), at('link')),
  plain('symlink', at('loop'), at('loop')),
];

/**
 * Calls that are compared: no call that may wait for ever, end or stop the process, take its memory or descriptors 0 to
 * 2, use up the machine, or answer with what only this machine or
 * a newer kernel has (which looks at attributes' values before paths, and knows more flags).
 */
const COMPARED_NAMES = `
  access faccessat faccessat2 chdir fchdir chmod fchmod fchmodat chown lchown fchown fchownat link linkat
  symlink symlinkat mkdir mkdirat rmdir unlink unlinkat rename renameat renameat2 readlink readlinkat stat lstat
  fstat newfstatat statx statfs fstatfs truncate ftruncate utime utimes futimesat utimensat umask lseek read
  write readv writev pread64 pwrite64 preadv pwritev getdents64 getdents dup dup3 fcntl fsync fdatasync flock
  sync_file_range fadvise64 readahead copy_file_range sendfile splice tee eventfd eventfd2 epoll_create
  epoll_create1 epoll_ctl timerfd_create timerfd_settime timerfd_gettime inotify_init inotify_init1
  inotify_add_watch inotify_rm_watch signalfd signalfd4 pipe pipe2 socket socketpair bind listen connect
  getsockname getpeername getsockopt setsockopt sendto recvfrom sendmsg recvmsg shutdown accept4 getuid geteuid
  getgid getegid getresuid getresgid getgroups setuid setgid setreuid setregid setresuid setresgid setfsuid
  setfsgid setgroups getrusage getitimer timer_create timer_settime timer_gettime timer_delete timer_getoverrun
  clock_getres sched_getparam sched_getscheduler sched_setparam rt_sigpending rt_sigprocmask sigaltstack capget
  uname sethostname getcpu mincore msync get_robust_list chroot mknod mknodat openat open creat openat2 close
  iopl ioperm acct swapon swapoff mount umount2 vhangup settimeofday clock_settime
`;

const compared: ReadonlySet<string> = new Set(COMPARED_NAMES.trim().split(/\s+/));
export const COMPARED = syscallNames().filter(name => compared.has(name));

export function script(seed: number, length: number, names: readonly SyscallName[] = COMPARED): Call[] {
  const random = generator(seed);
  return [...PRELUDE, ...Array.from({ length }, () => randomCall(random, names))];
}

/** As random-calls.c reads it: number, six arguments, words, all in hexadecimal. */
export const lineOf = ({ name, args, words }: Call): string =>
  [BigInt(syscallNumber('amd64', name) ?? 0), ...Array.from({ length: 6 }, (_, i) => args[i] ?? 0n), ...words]
    .map(word => BigInt.asUintN(64, word).toString(16))
    .join(' ');

export const describe = ({ name, args, words }: Call): string =>
  `${name}(${args.map(a => `0x${BigInt.asUintN(64, a).toString(16)}`).join(', ')}) with ${words.map(w => w.toString(16)).join(' ')}`;

/** The arena in a guest, as random-calls.c maps it. */
export function mapArena(guest: Guest): void {
  const mapped = guest.call('mmap', ARENA, OUTSIDE, 3, 0x32, -1, 0);
  if (mapped !== ARENA) throw new Error(`no arena: ${mapped}`);
  const encoder = new TextEncoder();
  for (const [i, text] of TEXTS.entries())
    guest.space().write(ARENA + STRINGS + TEXT_ROOM * i, encoder.encode(`${text}\0`));
  guest.space().write(ARENA + LAST_STRING, encoder.encode('aaaaaaaa'));
  guest.call('mprotect', ARENA + READ_ONLY, 4096, 1);
  guest.call('mprotect', ARENA + NO_ACCESS, 4096, 0);
}

/** Results of a script's calls; shorter than the script when one waits. */
export function inKernel(calls: readonly Call[]): number[] {
  const guest = startGuest();
  mapArena(guest);
  guest.call('mkdir', guest.text(ARENA + 0x200, '/tmp/work'), 0o755);
  guest.call('chdir', ARENA + 0x200);
  guest.call('umask', 0o22);
  const results: number[] = [];
  for (const call of calls) {
    guest.space().write(ARENA + SCRATCH[0], new Uint8Array(SCRATCH[1] - SCRATCH[0]));
    guest.space().write(ARENA + WORDS, new Uint8Array(BigUint64Array.from(call.words).buffer));
    const result = guest.call(call.name, ...call.args);
    if (result === undefined) break;
    results.push(result);
  }
  cloneState(guest.kernel.state);
  return results;
}
