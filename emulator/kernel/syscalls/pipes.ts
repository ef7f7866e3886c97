/** Descriptors that are made to be waited for: pipes, eventfds, timerfds, signalfds. */
import { CLOCK, EFD, SFD, TFD } from '../../abi/flags.ts';
import { ITIMERSPEC } from '../../abi/structs.ts';
import { readStruct, writeStruct } from '../../abi/types.ts';
import type { Context, HandlerTable } from '../context.ts';
import { EINVAL, EMFILE, EPERM } from '../errors.ts';
import { NANOSECONDS } from '../fs/arguments.ts';
import { O_CLOEXEC, O_DIRECT, O_NONBLOCK, O_RDONLY, O_RDWR, O_WRONLY, S_IFIFO } from '../fs/constants.ts';
import {
  describe,
  descriptorLimit,
  freeDescriptor,
  inodeOfFile,
  install,
  installNew,
  openFile,
} from '../fs/descriptions.ts';
import { addInode, type NewInode } from '../fs/inodes.ts';
import { anonymousSuperblock } from '../fs/mounts.ts';
import { expireTimers } from '../fs/readiness.ts';
import type { EventFd, Pipe, SignalFd, TimerFd } from '../fs/state.ts';
import { emptyPipe } from '../fs/tree.ts';

/** The base of an inode that is in no directory. */
export function anonymous(c: Context, type: 'pipefs' | 'anon_inodefs', mode: number): NewInode {
  const { fsuid, fsgid } = c.process.credentials;
  const superblock = anonymousSuperblock(c.state.fs, type);
  // Linux has one inode for all eventfds, epolls and the like, and it is root's.
  const own = type === 'pipefs' ? { uid: fsuid, gid: fsgid } : { uid: 0, gid: 0 };
  return { superblock, mode, ...own, nlink: 1, time: c.realtime() };
}

function pipe(c: Context, address: number, flags: number): number {
  if (flags & ~(O_CLOEXEC | O_NONBLOCK | O_DIRECT)) throw EINVAL;
  const first = freeDescriptor(c.process);
  const second = freeDescriptor(c.process, first + 1);
  if (second >= descriptorLimit(c.process)) throw EMFILE;
  c.space.write(address, new Uint8Array(Int32Array.of(first, second).buffer));
  const inode = addInode<Pipe>(c.state.fs, anonymous(c, 'pipefs', S_IFIFO | 0o600), emptyPipe());
  const status = flags & O_NONBLOCK;
  const closeOnExec = (flags & O_CLOEXEC) !== 0;
  install(c, first, describe(c.state.fs, inode, O_RDONLY | status), closeOnExec);
  install(c, second, describe(c.state.fs, inode, O_WRONLY | status | (flags & O_DIRECT)), closeOnExec);
  return 0;
}

function eventfd(c: Context, count: number, flags: number): number {
  if (flags & ~(EFD.EFD_CLOEXEC | EFD.EFD_NONBLOCK | EFD.EFD_SEMAPHORE)) throw EINVAL;
  freeDescriptor(c.process);
  const inode = addInode<EventFd>(c.state.fs, anonymous(c, 'anon_inodefs', 0o600), {
    is: 'eventfd',
    count: BigInt(count),
    semaphore: (flags & EFD.EFD_SEMAPHORE) !== 0,
  });
  return installNew(c, inode, O_RDWR | (flags & (EFD.EFD_CLOEXEC | EFD.EFD_NONBLOCK)));
}

const TIMER_CLOCKS: readonly number[] = [
  CLOCK.CLOCK_REALTIME,
  CLOCK.CLOCK_MONOTONIC,
  CLOCK.CLOCK_BOOTTIME,
  CLOCK.CLOCK_REALTIME_ALARM,
  CLOCK.CLOCK_BOOTTIME_ALARM,
];

function timerOf(c: Context, fd: number): TimerFd {
  const inode = inodeOfFile(c, openFile(c, fd));
  if (inode.is !== 'timerfd') throw EINVAL;
  return inode;
}

const spec = (time: bigint) => ({ tv_sec: time / NANOSECONDS, tv_nsec: time % NANOSECONDS });

function timerValue(c: Context, timer: TimerFd): Uint8Array {
  const left = timer.due === undefined ? 0n : timer.due > c.now() ? timer.due - c.now() : 1n;
  return writeStruct(ITIMERSPEC, { it_interval: spec(timer.interval), it_value: spec(left) });
}

function setTimer(c: Context, fd: number, flags: number, value: number, old: number): number {
  if (flags & ~(TFD.TFD_TIMER_ABSTIME | TFD.TFD_TIMER_CANCEL_ON_SET)) throw EINVAL;
  const { it_interval, it_value } = readStruct(ITIMERSPEC, c.space.read(value, ITIMERSPEC.size));
  const nanoseconds = ({ tv_sec, tv_nsec }: { tv_sec: bigint; tv_nsec: bigint }): bigint => {
    if (tv_sec < 0n || tv_nsec < 0n || tv_nsec >= NANOSECONDS) throw EINVAL;
    return tv_sec * NANOSECONDS + tv_nsec;
  };
  const interval = nanoseconds(it_interval);
  const first = nanoseconds(it_value);
  const timer = timerOf(c, fd);
  expireTimers(c.state, (key, count) => c.wake(key, count));
  if (old !== 0) c.space.write(old, timerValue(c, timer));
  timer.interval = interval;
  timer.expirations = 0n;
  timer.due = undefined;
  if (first > 0n) {
    if (!(flags & TFD.TFD_TIMER_ABSTIME)) timer.due = c.now() + first;
    else {
      const wall = timer.clock === CLOCK.CLOCK_REALTIME || timer.clock === CLOCK.CLOCK_REALTIME_ALARM;
      timer.due = wall ? first - (c.realtime() - c.now()) : first;
      if (timer.due < 0n) timer.due = 0n;
    }
  }
  // Who already waits must learn of the new deadline.
  c.wake(`inode:${timer.id}:in`);
  for (const id of c.state.fs.epolls) c.wake(`inode:${id}:in`);
  return 0;
}

const MASKABLE = ~((1n << 8n) | (1n << 18n));

function signalfd(c: Context, fd: number, maskAt: number, size: number, flags: number): number {
  if (flags & ~(SFD.SFD_CLOEXEC | SFD.SFD_NONBLOCK) || size !== 8) throw EINVAL;
  // SIGKILL and SIGSTOP can never be taken.
  const mask = BigInt.asUintN(64, c.space.readU64(maskAt) & MASKABLE);
  if (fd !== -1) {
    const inode = inodeOfFile(c, openFile(c, fd));
    if (inode.is !== 'signalfd') throw EINVAL;
    inode.mask = mask;
    c.wake(`inode:${inode.id}:in`);
    return fd;
  }
  freeDescriptor(c.process);
  const inode = addInode<SignalFd>(c.state.fs, anonymous(c, 'anon_inodefs', 0o600), { is: 'signalfd', mask });
  return installNew(c, inode, O_RDWR | (flags & (SFD.SFD_CLOEXEC | SFD.SFD_NONBLOCK)));
}

export const pipeCalls: HandlerTable = {
  pipe: (c, { fildes }) => pipe(c, fildes, 0),
  pipe2: (c, { fildes, flags }) => pipe(c, fildes, flags),
  eventfd: (c, { count }) => eventfd(c, count, 0),
  eventfd2: (c, { count, flags }) => eventfd(c, count, flags),
  timerfd_create: (c, { clockid, flags }) => {
    if (flags & ~(TFD.TFD_CLOEXEC | TFD.TFD_NONBLOCK) || !TIMER_CLOCKS.includes(clockid)) throw EINVAL;
    const alarm = clockid === CLOCK.CLOCK_REALTIME_ALARM || clockid === CLOCK.CLOCK_BOOTTIME_ALARM;
    if (alarm && c.process.credentials.euid !== 0) throw EPERM;
    freeDescriptor(c.process);
    const inode = addInode<TimerFd>(c.state.fs, anonymous(c, 'anon_inodefs', 0o600), {
      is: 'timerfd',
      clock: clockid,
      interval: 0n,
      expirations: 0n,
    });
    c.state.fs.timers.add(inode.id);
    return installNew(c, inode, O_RDWR | (flags & (TFD.TFD_CLOEXEC | TFD.TFD_NONBLOCK)));
  },
  timerfd_settime: (c, { ufd, flags, utmr, otmr }) => setTimer(c, ufd, flags, utmr, otmr),
  timerfd_gettime: (c, { ufd, otmr }) => {
    const timer = timerOf(c, ufd);
    expireTimers(c.state, (key, count) => c.wake(key, count));
    c.space.write(otmr, timerValue(c, timer));
    return 0;
  },
  signalfd: (c, { ufd, user_mask, sizemask }) => signalfd(c, ufd, user_mask, sizemask, 0),
  signalfd4: (c, { ufd, user_mask, sizemask, flags }) => signalfd(c, ufd, user_mask, sizemask, flags),
};
