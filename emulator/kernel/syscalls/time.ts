/** Clocks, sleeping, timers (kernel/time/). Clocks and expiry are in kernel/time.ts. */
import { CLOCK, ITIMER, SIGEV, TIMER } from '../../abi/flags.ts';
import { SIG, SIGRTMAX } from '../../abi/signals.ts';
import { ITIMERSPEC, ITIMERVAL, SIGEVENT, TIMESPEC, TIMEVAL, TIMEX, TIMEZONE } from '../../abi/structs.ts';
import { readStruct, type StructInput, writeStruct } from '../../abi/types.ts';
import type { Context, HandlerTable, Result, Waiting } from '../context.ts';
import { EAGAIN, EINVAL, ENOTSUP, EPERM, ERESTART_RESTARTBLOCK, ERESTARTNOHAND } from '../errors.ts';
import type { PosixTimer, WakeReason } from '../state.ts';
import { COARSE_STEP, isCpuClock, isRealtimeClock, NANOSECONDS, readClock, sinceBoot, timeLeft } from '../time.ts';

const ALARM_CLOCKS: readonly number[] = [CLOCK.CLOCK_REALTIME_ALARM, CLOCK.CLOCK_BOOTTIME_ALARM];

/** Whether a clock could be set to it: settable seconds end 30 years before the last (TIME_SETTOD_SEC_MAX). */
const isTime = (seconds: bigint, nanoseconds: bigint): boolean =>
  seconds >= 0n && nanoseconds >= 0n && nanoseconds < NANOSECONDS && seconds < 9_223_372_036n - 30n * 365n * 86_400n;

export const timespec = (time: bigint): StructInput<typeof TIMESPEC> => ({
  tv_sec: time / NANOSECONDS,
  tv_nsec: time % NANOSECONDS,
});
export const timeval = (time: bigint): StructInput<typeof TIMEVAL> => ({
  tv_sec: time / NANOSECONDS,
  tv_usec: (time % NANOSECONDS) / 1000n,
});

/** Nanoseconds of a struct timespec in memory. Throws EINVAL for one that is not normal. */
export function readTimespec(c: Context, address: number): bigint {
  const { tv_sec, tv_nsec } = readStruct(TIMESPEC, c.space.read(address, TIMESPEC.size));
  if (tv_sec < 0n || tv_nsec < 0n || tv_nsec >= NANOSECONDS) throw EINVAL;
  return tv_sec * NANOSECONDS + tv_nsec;
}

/** What nanosleep needs when it goes on: the deadline stays the same however often it is interrupted. */
interface Sleep {
  remaining: number;
  absolute: boolean;
}

function sleep(c: Context, deadline: bigint, remaining: number, absolute: boolean): Result {
  if (!absolute && deadline <= c.now()) return 0;
  const data: Sleep = { remaining, absolute };
  return c.block({
    what: 'sleep',
    keys: [],
    deadline,
    onSignal: absolute ? 'restart-nohand' : 'restart-block',
    data,
  });
}

function resumeSleep(c: Context, waiting: Waiting, reason: WakeReason): Result {
  const { remaining, absolute } = waiting.data as Sleep;
  const left = waiting.deadline! - c.now();
  if (reason === 'timeout' || left <= 0n) return 0;
  if (reason !== 'signal') return c.block(waiting);
  if (absolute) throw ERESTARTNOHAND;
  if (remaining !== 0) c.space.write(remaining, writeStruct(TIMESPEC, timespec(left)));
  throw ERESTART_RESTARTBLOCK;
}

/** The clocks that clock_nanosleep can wait for. A thread's own CPU clock could never wake it, and there is no alarm clock. */
const SLEEPABLE: readonly number[] = [
  CLOCK.CLOCK_REALTIME,
  CLOCK.CLOCK_MONOTONIC,
  CLOCK.CLOCK_BOOTTIME,
  CLOCK.CLOCK_TAI,
  CLOCK.CLOCK_PROCESS_CPUTIME_ID,
];

function timerOf(c: Context, id: number): PosixTimer {
  const timer = c.process.timers.find(t => t.id === id);
  if (!timer) throw EINVAL;
  return timer;
}

const clockOf = (c: Context, timer: PosixTimer): bigint =>
  isCpuClock(timer.clock) ? readClock(c, c.task, timer.clock) : c.now();

/** Time left until the next expiry, and the interval: what timer_gettime shows. */
function setting(c: Context, timer: PosixTimer): StructInput<typeof ITIMERSPEC> {
  const clock = clockOf(c, timer);
  // Nothing expires a timer that tells nobody: its past expiries are reckoned here.
  const silent = timer.notify === SIGEV.SIGEV_NONE && timer.due !== undefined && timer.due <= clock;
  const left = silent
    ? timer.interval === 0n
      ? 0n
      : timer.interval - ((clock - timer.due!) % timer.interval)
    : timeLeft(timer, clock);
  return { it_interval: timespec(timer.interval), it_value: timespec(left) };
}

const TIMER_CLOCKS: readonly number[] = [
  CLOCK.CLOCK_REALTIME,
  CLOCK.CLOCK_MONOTONIC,
  CLOCK.CLOCK_PROCESS_CPUTIME_ID,
  CLOCK.CLOCK_THREAD_CPUTIME_ID,
  CLOCK.CLOCK_BOOTTIME,
  CLOCK.CLOCK_TAI,
];

const microseconds = (value: { tv_sec: bigint; tv_usec: bigint }): bigint => {
  if (value.tv_sec < 0n || value.tv_usec < 0n || value.tv_usec >= 1_000_000n) throw EINVAL;
  return value.tv_sec * NANOSECONDS + value.tv_usec * 1000n;
};

function itimerClock(c: Context, which: number): bigint {
  if (which === ITIMER.ITIMER_REAL) return c.now();
  return readClock(c, c.task, CLOCK.CLOCK_PROCESS_CPUTIME_ID);
}

function itimerValue(c: Context, which: number): { left: bigint; interval: bigint } {
  const timer = c.process.itimers[which];
  if (!timer) throw EINVAL;
  const left = timeLeft(timer, itimerClock(c, which));
  // A timer about to expire never shows as disarmed.
  return { left: left > 0n && left < 1000n ? 1000n : left, interval: timer.interval };
}

/** Reading the state of the clock's discipline: nobody tunes it (TIME_OK, no adjustment, a microsecond's resolution). */
function adjust(c: Context, address: number): number {
  const given = readStruct(TIMEX, c.space.read(address, TIMEX.size));
  if (given.modes !== 0) throw EPERM;
  const status = { status: STA_UNSYNC, maxerror: 16_000_000n, esterror: 16_000_000n, constant: 2n, precision: 1n };
  const rates = { tolerance: 32_768_000n, tick: 10_000n };
  c.space.write(address, writeStruct(TIMEX, { ...status, ...rates, time: timeval(c.realtime()) }));
  return TIME_ERROR;
}
const STA_UNSYNC = 0x40;
/** "Not synchronized." */
const TIME_ERROR = 5;

export const timeCalls: HandlerTable = {
  adjtimex: (c, { txc_p }) => adjust(c, txc_p),
  clock_adjtime(c, { which_clock, utx }) {
    readClock(c, c.task, which_clock);
    if (which_clock !== CLOCK.CLOCK_REALTIME) throw ENOTSUP;
    return adjust(c, utx);
  },
  clock_gettime(c, { which_clock, tp }) {
    const time = readClock(c, c.task, which_clock);
    c.space.write(tp, writeStruct(TIMESPEC, timespec(time)));
    return 0;
  },
  clock_getres(c, { which_clock, tp }) {
    readClock(c, c.task, which_clock);
    // Alarm clocks want a clock that runs while the machine sleeps.
    if (ALARM_CLOCKS.includes(which_clock)) throw EINVAL;
    const coarse = which_clock === CLOCK.CLOCK_REALTIME_COARSE || which_clock === CLOCK.CLOCK_MONOTONIC_COARSE;
    if (tp !== 0) c.space.write(tp, writeStruct(TIMESPEC, timespec(coarse ? COARSE_STEP : 1n)));
    return 0;
  },
  clock_settime(c, { which_clock, tp }) {
    if (which_clock !== CLOCK.CLOCK_REALTIME && which_clock >= 0) throw EINVAL;
    const { tv_sec, tv_nsec } = readStruct(TIMESPEC, c.space.read(tp, TIMESPEC.size));
    if (which_clock < 0 || !isTime(tv_sec, tv_nsec)) throw EINVAL;
    throw EPERM;
  },
  settimeofday(c, { tv, tz }) {
    if (tv !== 0) {
      const { tv_sec, tv_usec } = readStruct(TIMEVAL, c.space.read(tv, TIMEVAL.size));
      if (tv_usec > 1_000_000n || tv_usec < 0n) throw EINVAL;
      if (tz !== 0) c.space.read(tz, TIMEZONE.size);
      if (!isTime(tv_sec, tv_usec * 1000n)) throw EINVAL;
    } else if (tz !== 0) c.space.read(tz, TIMEZONE.size);
    throw EPERM;
  },
  gettimeofday(c, { tv, tz }) {
    if (tv !== 0) c.space.write(tv, writeStruct(TIMEVAL, timeval(c.realtime())));
    if (tz !== 0) c.space.write(tz, writeStruct(TIMEZONE, {}));
    return 0;
  },
  time(c, { tloc }) {
    const seconds = c.realtime() / NANOSECONDS;
    if (tloc !== 0) c.space.writeU64(tloc, seconds);
    return seconds;
  },

  nanosleep: {
    start: (c, { rqtp, rmtp }) => sleep(c, c.now() + readTimespec(c, rqtp), rmtp, false),
    resume: (c, _args, waiting, reason) => resumeSleep(c, waiting, reason),
  },
  clock_nanosleep: {
    start(c, { which_clock, flags, rqtp, rmtp }) {
      if (!SLEEPABLE.includes(which_clock) && which_clock >= 0) {
        readClock(c, c.task, which_clock);
        throw ENOTSUP;
      }
      const time = readTimespec(c, rqtp);
      const absolute = (flags & TIMER.TIMER_ABSTIME) !== 0;
      // The process's CPU clock stands still at best while its only thread sleeps: wall time is what can be kept.
      if (isCpuClock(which_clock)) throw ENOTSUP;
      const deadline = absolute ? sinceBoot(c, which_clock, time) : c.now() + time;
      return sleep(c, deadline, rmtp, absolute);
    },
    resume: (c, _args, waiting, reason) => resumeSleep(c, waiting, reason),
  },

  alarm(c, { seconds }) {
    const { left } = itimerValue(c, ITIMER.ITIMER_REAL);
    c.state.armed++;
    c.process.itimers[ITIMER.ITIMER_REAL] = {
      due: seconds === 0 ? undefined : c.now() + BigInt(seconds) * NANOSECONDS,
      interval: 0n,
    };
    // Rounded to the nearest second, but never to none while a timer runs.
    if (left === 0n) return 0;
    const rounded = (left + NANOSECONDS / 2n) / NANOSECONDS;
    return rounded === 0n ? 1 : rounded;
  },
  getitimer(c, { which, value }) {
    const { left, interval } = itimerValue(c, which);
    c.space.write(value, writeStruct(ITIMERVAL, { it_interval: timeval(interval), it_value: timeval(left) }));
    return 0;
  },
  setitimer(c, { which, value, ovalue }) {
    const { it_interval, it_value } =
      value === 0
        ? { it_interval: { tv_sec: 0n, tv_usec: 0n }, it_value: { tv_sec: 0n, tv_usec: 0n } }
        : readStruct(ITIMERVAL, c.space.read(value, ITIMERVAL.size));
    const interval = microseconds(it_interval);
    const first = microseconds(it_value);
    const old = itimerValue(c, which);
    c.state.armed++;
    c.process.itimers[which] = { due: first === 0n ? undefined : itimerClock(c, which) + first, interval };
    if (ovalue !== 0)
      c.space.write(
        ovalue,
        writeStruct(ITIMERVAL, { it_interval: timeval(old.interval), it_value: timeval(old.left) }),
      );
    return 0;
  },

  timer_create(c, { which_clock, timer_event_spec, created_timer_id }) {
    const given =
      timer_event_spec === 0 ? undefined : readStruct(SIGEVENT, c.space.read(timer_event_spec, SIGEVENT.size));
    if (!TIMER_CLOCKS.includes(which_clock)) {
      readClock(c, c.task, which_clock);
      if (which_clock >= 0 && !ALARM_CLOCKS.includes(which_clock)) throw ENOTSUP;
    }
    // Also an attempt that fails later takes its number.
    const id = c.process.nextTimer++;
    let event: { notify: number; signo: number; value: bigint; target: number } = {
      notify: SIGEV.SIGEV_SIGNAL,
      signo: SIG.SIGALRM,
      value: BigInt(id),
      target: 0,
    };
    if (given) {
      event = {
        notify: given.sigev_notify,
        signo: given.sigev_signo,
        value: given.sigev_value,
        target: given.sigev_notify_thread_id,
      };
      const known: number[] = [SIGEV.SIGEV_SIGNAL, SIGEV.SIGEV_NONE, SIGEV.SIGEV_THREAD, SIGEV.SIGEV_THREAD_ID];
      if (!known.includes(event.notify)) throw EINVAL;
      if (event.notify !== SIGEV.SIGEV_NONE && (event.signo < 1 || event.signo > SIGRTMAX)) throw EINVAL;
      if (event.notify === SIGEV.SIGEV_THREAD_ID && !c.process.tasks.includes(event.target)) throw EINVAL;
    }
    if (ALARM_CLOCKS.includes(which_clock)) throw ENOTSUP;
    if (c.process.timers.length >= 10_000) throw EAGAIN;
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setInt32(0, id, true);
    c.space.write(created_timer_id, bytes);
    c.process.timers.push({ id, clock: which_clock, ...event, owner: c.task.id, interval: 0n, overrun: 0 });
    return 0;
  },
  timer_settime(c, { timer_id, flags, new_setting, old_setting }) {
    if (new_setting === 0) throw EINVAL;
    const { it_interval, it_value } = readStruct(ITIMERSPEC, c.space.read(new_setting, ITIMERSPEC.size));
    for (const time of [it_interval, it_value])
      if (time.tv_sec < 0n || time.tv_nsec < 0n || time.tv_nsec >= NANOSECONDS) throw EINVAL;
    const timer = timerOf(c, timer_id);
    const old = setting(c, timer);
    const first = it_value.tv_sec * NANOSECONDS + it_value.tv_nsec;
    timer.interval = first === 0n ? 0n : it_interval.tv_sec * NANOSECONDS + it_interval.tv_nsec;
    timer.overrun = 0;
    timer.expired = undefined;
    c.state.armed++;
    if (first === 0n) timer.due = undefined;
    else if (!(flags & TIMER.TIMER_ABSTIME)) timer.due = clockOf(c, timer) + first;
    else timer.due = isRealtimeClock(timer.clock) ? sinceBoot(c, timer.clock, first) : first;
    if (old_setting !== 0) c.space.write(old_setting, writeStruct(ITIMERSPEC, old));
    return 0;
  },
  timer_gettime(c, { timer_id, setting: address }) {
    const timer = timerOf(c, timer_id);
    c.space.write(address, writeStruct(ITIMERSPEC, setting(c, timer)));
    return 0;
  },
  timer_getoverrun: (c, { timer_id }) => timerOf(c, timer_id).overrun,
  timer_delete(c, { timer_id }) {
    const timer = timerOf(c, timer_id);
    c.process.timers = c.process.timers.filter(t => t !== timer);
    return 0;
  },
};
