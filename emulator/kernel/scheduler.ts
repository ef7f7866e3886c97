/**
 * Who runs, and for how long: both are drawn from the seed, so that many seeds are many interleavings, and one seed is
 * always the same. Mostly it is round robin with long quanta, as on a machine with nothing else to do. Now and then a
 * quantum is short, of any length from one instruction up: two preemptions that are close together are what races
 * wait for. Now and then somebody jumps the queue, and whom the running task wakes takes its place.
 *
 * Time is the count of instructions, so timers bound a quantum and expire at an exact instruction; when everybody
 * waits, time may jump. Nothing here depends on how often `schedule` is asked: stepping and running make the same
 * choices.
 */
import type { TaskId } from './api.ts';
import type { Core } from './context.ts';
import { nextRandom, SCHEDULER_STREAM } from './random.ts';
import type { Task, WakeReason } from './state.ts';

/** Instructions a task usually runs before another gets its turn: from half of this to one and a half. */
const QUANTUM = 50_000;
/** The same for a task that nobody else waits behind: nothing would come of looking. */
const ALONE = 20_000_000;
/** One quantum in so many is short: up to 2^SHORT_BITS instructions, each order of magnitude as likely as another. */
const SHORT_ONE_IN = 8;
const SHORT_BITS = 14;
/** One choice of who runs next in so many is not by order of arrival. */
const SHUFFLE_ONE_IN = 4;
/** Who wakes another is soon preempted, one time in so many. */
const HAND_OVER_ONE_IN = 4;

/** 0 … n − 1, for n up to 2^32. */
function draw(core: Core, n: number): number {
  return Number(nextRandom(core.state.random, SCHEDULER_STREAM) >> 32n) % n;
}

const drawShort = (core: Core): number => 1 + draw(core, 2 << draw(core, SHORT_BITS));

const drawQuantum = (core: Core): number =>
  draw(core, SHORT_ONE_IN) === 0 ? drawShort(core) : QUANTUM / 2 + draw(core, QUANTUM);

export const isReady = (task: Task): boolean =>
  task.run.is === 'runnable' || (task.run.is === 'blocked' && task.run.reason !== undefined);

/** Puts a task that can run at the end of the queue. */
export function enqueue(core: Core, id: TaskId): void {
  const { state } = core;
  if (state.current === id || state.queue.includes(id)) return;
  // Whoever ran alone shares from now on.
  if (state.current !== undefined && state.queue.length === 0)
    state.quantum = Math.min(state.quantum, drawQuantum(core));
  state.queue.push(id);
}

export function dequeue(core: Core, id: TaskId): void {
  const { state } = core;
  const at = state.queue.indexOf(id);
  if (at >= 0) state.queue.splice(at, 1);
  if (state.current === id) state.current = undefined;
}

/**
 * Lets a blocked task go on with its call. What it waited for counts more than a signal or a timeout that came in
 * between (another thread may take that signal, and a wake must not be lost); otherwise the first reason stays.
 */
export function wakeTask(core: Core, task: Task, reason: WakeReason): boolean {
  const run = task.run.is === 'stopped' ? task.run.was : task.run;
  if (run.is !== 'blocked' || run.reason === 'woken') return false;
  if (run.reason && reason !== 'woken') return false;
  run.reason = reason;
  if (task.run.is === 'blocked') {
    enqueue(core, task.id);
    handOver(core, task.id);
  }
  return true;
}

/** The one that was woken may come next, before the one that runs has got far. */
function handOver(core: Core, id: TaskId): void {
  const { state } = core;
  if (state.current === undefined || state.current === id || draw(core, HAND_OVER_ONE_IN) !== 0) return;
  state.queue.splice(state.queue.indexOf(id), 1);
  state.queue.unshift(id);
  state.quantum = Math.min(state.quantum, drawShort(core));
}

/** See Context.wake. Tasks are kept in the order of their creation; who came first to a queue is served first. */
export function wake(core: Core, key: string, count = Number.POSITIVE_INFINITY): number {
  const waiting: { task: Task; since: bigint }[] = [];
  for (const task of core.state.tasks.values())
    if (task.run.is === 'blocked' && task.run.reason !== 'woken' && task.run.waiting.keys.includes(key))
      waiting.push({ task, since: task.run.since });
  waiting.sort((a, b) => (a.since < b.since ? -1 : a.since > b.since ? 1 : 0));
  let woken = 0;
  for (const { task } of waiting) {
    if (woken >= count) break;
    if (wakeTask(core, task, 'woken')) woken++;
  }
  return woken;
}

/** Gives the CPU away: at the end of a quantum, for sched_yield. The one that had it is last in the queue. */
export function preempt(core: Core): void {
  const { state } = core;
  const current = state.current;
  if (current === undefined) return;
  state.current = undefined;
  const task = state.tasks.get(current);
  if (task && isReady(task)) enqueue(core, current);
}

/** The next task that can run, or undefined. `only` leaves the others where they are. */
export function pick(core: Core, only?: TaskId): Task | undefined {
  const { state } = core;
  if (only !== undefined && only !== state.current) {
    const task = state.tasks.get(only);
    if (!task || !isReady(task)) return undefined;
    preempt(core);
    dequeue(core, only);
    return start(core, task);
  }
  const current = state.current === undefined ? undefined : state.tasks.get(state.current);
  if (current && isReady(current)) {
    if (state.quantum > 0) return current;
    if (only !== undefined || state.queue.length === 0) return start(core, current);
  }
  if (only !== undefined) return undefined;
  preempt(core);
  for (;;) {
    // Never the last one: it has just run.
    const jump = state.queue.length > 2 && draw(core, SHUFFLE_ONE_IN) === 0;
    const [id] = state.queue.splice(jump ? draw(core, state.queue.length - 1) : 0, 1);
    if (id === undefined) return undefined;
    const task = state.tasks.get(id);
    if (task && isReady(task)) return start(core, task);
  }
}

function start(core: Core, task: Task): Task {
  core.state.current = task.id;
  core.state.quantum = core.state.queue.length === 0 ? ALONE : drawQuantum(core);
  task.switches++;
  if (task.rseq.address !== 0) task.rseq.check = true;
  return task;
}
