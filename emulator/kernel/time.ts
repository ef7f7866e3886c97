/**
 * Time: what each clock shows, and the timers that expire when it gets there. The machine's one clock is nanoseconds
 * since boot, one an instruction; CLOCK_REALTIME is that plus the time of boot; CPU clocks count what tasks ran.
 */
import { CLOCK, ITIMER, SIGEV } from '../abi/flags.ts';
import { SIG } from '../abi/signals.ts';
import type { TaskId } from './api.ts';
import type { Core } from './context.ts';
import { EINVAL } from './errors.ts';
import { wakeTask } from './scheduler.ts';
import { kernelInfo, timerInfo } from './siginfo.ts';
import { queueSignal } from './signals.ts';
import type { PendingSignal, PosixTimer, Process, Task } from './state.ts';
import { processTime } from './tasks.ts';

export const NANOSECONDS = 1_000_000_000n;
/** CONFIG_HZ = 250: the step of the coarse clocks. */
export const COARSE_STEP = 4_000_000n;

const DELAYTIMER_MAX = 0x7fffffffn;

/** How finely clocks are read: a power of two. */
const GRAIN_BITS = 5n;
const GRAIN = 1n << GRAIN_BITS;

/**
 * What a program sees of a point of the machine's time. Instructions that take a nanosecond each are too regular for
 * who looks for chance in clocks (Go's entropy source refuses to begin), so within each grain of time a clock stands at
 * a point that only a hash of the grain knows. It never goes backwards, and is never behind: what was waited for has come.
 */
export function shownTime(time: bigint): bigint {
  const grain = time >> GRAIN_BITS;
  // The finaliser of MurmurHash3.
  let hash = Number(grain & 0xffff_ffffn);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
  hash ^= hash >>> 16;
  return (grain << GRAIN_BITS) + GRAIN - 1n + BigInt(hash & Number(GRAIN - 1n));
}

/** What a clock shows, nanoseconds. Throws EINVAL for a clock that does not exist. */
export function readClock(core: Core, task: Task, clock: number): bigint {
  const { state } = core;
  switch (clock) {
    case CLOCK.CLOCK_REALTIME:
    case CLOCK.CLOCK_REALTIME_ALARM:
    case CLOCK.CLOCK_TAI:
      return state.bootTime + shownTime(state.now);
    case CLOCK.CLOCK_REALTIME_COARSE:
      return state.bootTime + state.now - ((state.bootTime + state.now) % COARSE_STEP);
    case CLOCK.CLOCK_MONOTONIC:
    case CLOCK.CLOCK_MONOTONIC_RAW:
    case CLOCK.CLOCK_BOOTTIME:
    case CLOCK.CLOCK_BOOTTIME_ALARM:
      return shownTime(state.now);
    case CLOCK.CLOCK_MONOTONIC_COARSE:
      return state.now - (state.now % COARSE_STEP);
    case CLOCK.CLOCK_PROCESS_CPUTIME_ID:
      return processTime(core, state.processes.get(task.processId)!);
    case CLOCK.CLOCK_THREAD_CPUTIME_ID:
      return task.cpuTime;
    default:
      return readCpuClock(core, task, clock);
  }
}

/** Negative clock numbers hold a pid or tid (clock_getcpuclockid(3)): ~id << 3, bit 2 for a thread, bits 0–1 the kind. */
function readCpuClock(core: Core, caller: Task, clock: number): bigint {
  if (clock >= 0 || (clock & 3) === 3) throw EINVAL;
  const id = ~(clock >> 3);
  if (clock & 4) {
    const task = id === 0 ? caller : core.state.tasks.get(id);
    if (!task || task.processId !== caller.processId) throw EINVAL;
    return task.cpuTime;
  }
  const process = core.state.processes.get(id === 0 ? caller.processId : id);
  if (!process) throw EINVAL;
  return processTime(core, process);
}

export const isCpuClock = (clock: number): boolean =>
  clock < 0 || clock === CLOCK.CLOCK_PROCESS_CPUTIME_ID || clock === CLOCK.CLOCK_THREAD_CPUTIME_ID;

export const isRealtimeClock = (clock: number): boolean =>
  clock === CLOCK.CLOCK_REALTIME || clock === CLOCK.CLOCK_REALTIME_ALARM || clock === CLOCK.CLOCK_TAI;

/** A point of a clock as nanoseconds since boot. Not for CPU clocks. */
export const sinceBoot = (core: Core, clock: number, time: bigint): bigint =>
  isRealtimeClock(clock) ? time - core.state.bootTime : time;

/** CPU time that an armed CPU timer waits for, as its clock shows it. */
function cpuTimeOf(core: Core, process: Process, timer: PosixTimer): bigint {
  const task = core.state.tasks.get(timer.owner) ?? core.state.tasks.get(process.tasks[0]!);
  return task ? readClock(core, task, timer.clock) : processTime(core, process);
}

/** When the next thing is due in nanoseconds since boot, CPU timers reckoned as if the current task ran on. */
export function nextDue(core: Core): bigint | undefined {
  const { state } = core;
  let due: bigint | undefined;
  for (const task of state.tasks.values()) {
    const run = task.run.is === 'stopped' ? task.run.was : task.run;
    if (run.is === 'blocked' && !run.reason) due = earlier(due, run.waiting.deadline);
  }
  const running = state.current === undefined ? undefined : state.tasks.get(state.current);
  for (const process of state.processes.values()) {
    const runs = running?.processId === process.id;
    for (let which = 0; which < process.itimers.length; which++) {
      const timer = process.itimers[which]!;
      if (timer.due === undefined) continue;
      if (which === ITIMER.ITIMER_REAL) due = earlier(due, timer.due);
      else if (runs) due = earlier(due, state.now + (timer.due - processTime(core, process)));
    }
    for (const timer of process.timers) {
      if (timer.due === undefined || timer.notify === SIGEV.SIGEV_NONE) continue;
      if (!isCpuClock(timer.clock)) due = earlier(due, timer.due);
      else if (runs) due = earlier(due, state.now + (timer.due - cpuTimeOf(core, process, timer)));
    }
  }
  return due;
}

const earlier = (a: bigint | undefined, b: bigint | undefined): bigint | undefined =>
  a === undefined || (b !== undefined && b < a) ? b : a;

/** The tasks that wait with a timeout; undefined when an interval timer or a POSIX timer is armed. */
export function sleepers({ state }: Core): TaskId[] | undefined {
  for (const { itimers, timers } of state.processes.values())
    if (itimers.some(timer => timer.due !== undefined) || timers.some(timer => timer.due !== undefined))
      return undefined;
  return [...state.tasks.values()]
    .filter(({ run }) => run.is === 'blocked' && !run.reason && run.waiting.deadline !== undefined)
    .map(task => task.id);
}

/** Expires what is due: timeouts of blocked calls, POSIX timers, interval timers. */
export function expireTimers(core: Core): void {
  const { state } = core;
  const now = state.now;
  for (const task of state.tasks.values()) {
    const run = task.run.is === 'stopped' ? task.run.was : task.run;
    if (run.is === 'blocked' && !run.reason && run.waiting.deadline !== undefined && run.waiting.deadline <= now)
      wakeTask(core, task, 'timeout');
  }
  for (const process of state.processes.values()) {
    if (process.run.is === 'zombie') continue;
    for (const timer of process.timers) {
      if (timer.due === undefined || timer.notify === SIGEV.SIGEV_NONE) continue;
      const time = isCpuClock(timer.clock) ? cpuTimeOf(core, process, timer) : now;
      if (timer.due <= time) expirePosix(core, process, timer, time);
    }
    for (let which = 0; which < process.itimers.length; which++) {
      const timer = process.itimers[which]!;
      if (timer.due === undefined) continue;
      const time = which === ITIMER.ITIMER_REAL ? now : processTime(core, process);
      if (timer.due > time) continue;
      if (which === ITIMER.ITIMER_REAL) stop(timer);
      else forward(timer, time);
      const signo = [SIG.SIGALRM, SIG.SIGVTALRM, SIG.SIGPROF][which]!;
      const running = state.current !== undefined && process.tasks.includes(state.current);
      const target = which !== ITIMER.ITIMER_REAL && running ? state.current : process.tasks[0];
      const task = target === undefined ? undefined : state.tasks.get(target);
      if (task) queueSignal(core, task, true, { signo, info: kernelInfo(signo) });
    }
  }
}

/** A timer with an interval rests until its signal is delivered, so that none can flood the machine. */
function stop(timer: { due?: bigint; expired?: bigint; interval: bigint }): void {
  timer.expired = timer.interval === 0n ? undefined : timer.due;
  timer.due = undefined;
}

/** Arms it for the next multiple of its interval after `time`; returns how many were missed since it expired. */
function rearm(core: Core, timer: { due?: bigint; expired?: bigint; interval: bigint }, time: bigint): number {
  if (timer.expired === undefined) return 0;
  core.state.armed++;
  const missed = time > timer.expired ? (time - timer.expired) / timer.interval : 0n;
  timer.due = timer.expired + (missed + 1n) * timer.interval;
  timer.expired = undefined;
  return missed > DELAYTIMER_MAX ? Number(DELAYTIMER_MAX) : Number(missed);
}

/** The next expiry of a timer that does not rest, at least a tick away. */
function forward(timer: { due?: bigint; interval: bigint }, time: bigint): void {
  if (timer.interval === 0n) {
    timer.due = undefined;
    return;
  }
  const missed = (time - timer.due!) / timer.interval;
  const next = timer.due! + (missed + 1n) * timer.interval;
  timer.due = next - time < COARSE_STEP && timer.interval < COARSE_STEP ? time + COARSE_STEP : next;
}

function expirePosix(core: Core, process: Process, timer: PosixTimer, time: bigint): void {
  const shared = timer.notify !== SIGEV.SIGEV_THREAD_ID;
  const task = core.state.tasks.get(shared ? process.tasks[0]! : timer.target);
  stop(timer);
  timer.overrun = 0;
  const info = timerInfo(timer.signo, timer.id, 0, timer.value);
  const sent =
    task !== undefined &&
    task.run.is !== 'dead' &&
    queueSignal(core, task, shared, { signo: timer.signo, info, timer: timer.id });
  // Nobody hears it: it goes on by itself, but not faster than the clock ticks.
  if (!sent && timer.expired !== undefined) {
    rearm(core, timer, time);
    if (timer.due! - time < COARSE_STEP) timer.due = time + COARSE_STEP;
  }
}

/** A signal is taken out of its queue: the timer that sent it is armed again and tells how many expiries it missed. */
export function timerDelivered(core: Core, process: Process, signal: PendingSignal): void {
  if (signal.signo === SIG.SIGALRM && signal.timer === undefined)
    rearm(core, process.itimers[ITIMER.ITIMER_REAL]!, core.state.now);
  const timer = signal.timer === undefined ? undefined : process.timers.find(t => t.id === signal.timer);
  if (timer?.expired === undefined) return;
  const time = isCpuClock(timer.clock) ? cpuTimeOf(core, process, timer) : core.state.now;
  timer.overrun = rearm(core, timer, time);
  if (timer.overrun !== 0) signal.info = timerInfo(timer.signo, timer.id, timer.overrun, timer.value);
}

/** What is left until a timer's next expiry: 0 when it is disarmed. `clock` is its clock's time. */
export function timeLeft(timer: { due?: bigint; expired?: bigint; interval: bigint }, clock: bigint): bigint {
  if (timer.due !== undefined) return timer.due > clock ? timer.due - clock : 1n;
  if (timer.expired === undefined) return 0n;
  return timer.interval - ((clock - timer.expired) % timer.interval);
}
