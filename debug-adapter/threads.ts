/**
 * What a thread of DAP is. In a Go program: each goroutine, whoever runs it, and then the threads of Linux that run none
 * (idle ones, the runtime's watchman). Elsewhere: the threads of Linux. The runtime's own goroutines are left out
 * while they wait, unless the configuration asks for them.
 */
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { TaskId, TaskView } from '../emulator/kernel/api.ts';
import { type Goroutine, isRuntimes } from '../emulator/symbols/goroutines.ts';
import type { Frame } from '../emulator/symbols/unwind.ts';
import { Refusal } from './errors.ts';
import type { Session, Target } from './session.ts';
import { framesOf, goroutineOf, viewMemory } from './stack.ts';

export interface Thread {
  /** As the client knows it. */
  readonly id: number;
  /** The thread of Linux; of a goroutine that none runs, any one that sees its memory. */
  readonly task: TaskId;
  readonly goroutine?: Goroutine;
  /** The task's registers are this thread's. */
  readonly runs: boolean;
}

/** Goroutine 7 is thread 1000000007: threads of Linux have the small numbers. */
const GOROUTINES = 1_000_000_000;
/** More are not listed: no view is of use for them. */
const LISTED = 1000;

/** The goroutine that a task runs, or on whose behalf its system stack works. */
export function servedBy(target: Target, task: TaskId): Goroutine | undefined {
  const g = goroutineOf(target, task);
  if (g?.id !== 0) return g;
  const served = g.servesGoroutine;
  return served === undefined ? undefined : target.program.goroutineAt(viewMemory(target, task), served);
}

/** The number that a goroutine has as a thread of the client. */
export const goroutineThread = (number: number): number => GOROUTINES + number;

/** The number of the goroutine that a thread of the client is; undefined for threads of Linux. */
export const goroutineNumber = (thread: number): number | undefined =>
  thread > GOROUTINES ? thread - GOROUTINES : undefined;

/** The thread that a task is a part of, as the client knows it. */
export function threadIdOf(target: Target, task: TaskId): number {
  const alive = target.machine.tasks().some(view => view.id === task && view.state !== 'dead');
  const goroutine = alive ? servedBy(target, task) : undefined;
  return goroutine ? goroutineThread(goroutine.id) : task;
}

/** Goroutines by number, then the threads of Linux that run none of them. */
export function threadsOf(target: Target, withRuntimes: boolean): Thread[] {
  const tasks = target.machine.tasks().filter(task => task.state !== 'dead');
  const running = new Map<number, { task: TaskId; goroutine: Goroutine }>();
  for (const { id, processId } of tasks) {
    const goroutine = processId === target.processId ? servedBy(target, id) : undefined;
    if (goroutine && goroutine.id !== 0) running.set(goroutine.address, { task: id, goroutine });
  }
  const busy = new Set([...running.values()].map(({ task }) => task));
  const own = tasks.find(({ processId }) => processId === target.processId)?.id;
  const all = own === undefined ? [] : target.program.goroutines(viewMemory(target, own));
  const waiting = all.filter(g => !running.has(g.address) && (withRuntimes || !isRuntimes(g))).slice(0, LISTED);
  return [
    ...[
      ...[...running.values()].map(({ task, goroutine }) => ({ task, goroutine, runs: true })),
      ...waiting.map(goroutine => ({ task: own!, goroutine, runs: false })),
    ]
      .sort((a, b) => a.goroutine.id - b.goroutine.id)
      .map(thread => ({ id: goroutineThread(thread.goroutine.id), ...thread })),
    ...tasks.filter(({ id }) => !busy.has(id)).map(({ id }) => ({ id, task: id, runs: true })),
  ];
}

/** Throws Refusal when there is none of that number. */
export function threadNamed(target: Target, id: unknown): Thread {
  const tasks = target.machine.tasks().filter(task => task.state !== 'dead');
  if (tasks.some(task => task.id === id)) return { id: id as number, task: id as number, runs: true };
  const found = typeof id === 'number' && id > GOROUTINES ? threadsOf(target, true).find(t => t.id === id) : undefined;
  if (!found) throw new Refusal(`There is no thread ${String(id)} (any more).`);
  return found;
}

/** Newest first. */
export function threadFrames(target: Target, { task, goroutine, runs }: Thread, limit?: number): Frame[] {
  if (runs || !goroutine) return framesOf(target, task, limit);
  return target.program.unwindGoroutine(target.machine.arch, viewMemory(target, task), goroutine, limit);
}

export function threads(session: Session): DebugProtocol.ThreadsResponse['body'] {
  const { target } = session;
  if (!target || session.phase === 'ended') return { threads: [] };
  const tasks = target.machine.tasks();
  const view = (task: TaskId): TaskView | undefined => tasks.find(candidate => candidate.id === task);
  // Registers are whole only while the program stands still.
  const list: Thread[] =
    session.phase === 'running'
      ? tasks.filter(task => task.state !== 'dead').map(({ id }) => ({ id, task: id, runs: true }))
      : threadsOf(target, session.launch?.goroutines === 'all');
  return {
    threads: list.map(thread => {
      const { id, goroutine, task } = thread;
      if (goroutine)
        return { id, name: goroutineName(target, thread, goroutine, thread.runs ? view(task) : undefined) };
      const g = session.phase === 'running' ? undefined : goroutineOf(target, task);
      return { id, name: taskName(view(task), g?.id === 0 ? ' [system stack]' : '') };
    }),
  };
}

function taskName(task: TaskView | undefined, what: string): string {
  if (!task) return '';
  const waits = task.state === 'blocked' && task.waitsFor ? `, waits for ${task.waitsFor}` : '';
  return `${task.name} ${task.id}${what}${waits}`;
}

/** `goroutine 7 main.worker [chan receive] {phase=load}, from main.main (main.go:45)`, with the thread that runs it. */
function goroutineName(target: Target, thread: Thread, g: Goroutine, task: TaskView | undefined): string {
  const isMain = g.startFunction?.name === 'runtime.main';
  const what = isMain ? ' main.main' : startName(target, thread, g);
  const waits = task?.state === 'blocked' && task.waitsFor ? `, waits for ${task.waitsFor}` : '';
  const state = task ? `${g.waitReason ?? g.status}, thread ${task.id}${waits}` : (g.waitReason ?? g.status);
  const labels = g.labels.length > 0 ? ` {${labelsText(g)}}` : '';
  return `goroutine ${g.id}${what} [${state}]${labels}${isMain ? '' : createdBy(target, g)}`;
}

/** `phase=load, user=ann`: what runtime/pprof labelled it with. */
export const labelsText = ({ labels }: Goroutine): string =>
  labels.map(({ key, value }) => `${key}=${value}`).join(', ');

/** Names of what goroutines were started for, by address and number: clients ask at every step, and it does not change. */
const startNames = new WeakMap<Target, Map<string, string>>();

function startName(target: Target, thread: Thread, g: Goroutine): string {
  const known = startNames.get(target) ?? new Map<string, string>();
  startNames.set(target, known);
  const key = `${g.address} ${g.id}`;
  const name = known.get(key) ?? readStartName(target, thread, g);
  // One that has not run yet has not called what was meant.
  if (g.status !== 'runnable') known.set(key, name);
  return name;
}

/** `go f(x)` is compiled into a wrapper that calls f: what was meant is f. */
function readStartName(target: Target, thread: Thread, { startFunction }: Goroutine): string {
  if (!startFunction?.isWrapper) return startFunction ? ` ${startFunction.name}` : '';
  const frames = threadFrames(target, thread);
  const own = frames.findIndex(frame => frame.function?.entry === startFunction.entry);
  const meant = frames.slice(0, Math.max(0, own)).findLast(frame => frame.function?.entry !== startFunction.entry);
  const inlined = frames[own]?.inlined ? frames.findLast(frame => frame.inlined)?.name : undefined;
  return ` ${inlined ?? meant?.name ?? startFunction.name}`;
}

function createdBy({ program }: Target, { createdAt }: Goroutine): string {
  const creator = createdAt === undefined ? undefined : program.functionAt(createdAt - 1);
  if (!creator) return '';
  const line = program.lineAt(createdAt! - 1);
  return `, from ${creator.name}${line ? ` (${line.file.split('/').pop()}:${line.line})` : ''}`;
}
