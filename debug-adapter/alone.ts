/**
 * One thread runs and all others stand still (`singleThread`). Of a Go program that is one goroutine: when it gives up
 * the thread that runs it, Go's scheduler would let another one run there, so the program stops before that. A thread
 * that waits for what another one has to do stops, too, with a sentence: waiting on would be for ever.
 */
import type { TaskId } from '../emulator/kernel/api.ts';
import type { Stop } from '../emulator/machine.ts';
import { Refusal } from './errors.ts';
import { flowAt } from './instructions.ts';
import type { Outcome } from './run.ts';
import { type Session, type Target, targetOf } from './session.ts';
import { registersOf, viewMemory } from './stack.ts';
import { goroutineThread, threadNamed } from './threads.ts';

export interface Alone {
  readonly task: TaskId;
  /** The goroutine, by its number and by the address of its `runtime.g`. */
  readonly goroutine?: { readonly id: number; readonly address: number };
  /** Where the thread has left the goroutine. */
  readonly leaves: readonly number[];
}

/** Every way out of a goroutine ends here, on the system stack, before another one is looked for (runtime/proc.go). */
const LEAVES = 'runtime.schedule';

/** Whom a request wants alone; undefined: everybody runs. Throws Refusal. */
export function aloneFor(
  session: Session,
  { threadId, singleThread }: { threadId: number; singleThread?: boolean },
): Alone | undefined {
  if (singleThread !== true) return undefined;
  const target = targetOf(session);
  const { task, goroutine, runs } = threadNamed(target, threadId);
  if (goroutine && !runs)
    throw new Refusal(
      `Goroutine ${goroutine.id} waits (${goroutine.waitReason ?? goroutine.status}): alone it cannot go on. Let all run.`,
    );
  if (!goroutine) return { task, leaves: [] };
  const leave = target.program.functionNamed(LEAVES);
  return {
    task,
    goroutine: { id: goroutine.id, address: goroutine.address },
    leaves: leave?.name === LEAVES ? [leave.entry] : [],
  };
}

/** One instruction of that thread: as `Machine.step`, but a call that waits lets nobody else run. */
export async function stepAlone(session: Session, { task }: Alone): Promise<Stop> {
  const { machine } = targetOf(session);
  if (isBlocked(targetOf(session), task)) return { is: 'deadlock' };
  if (flowAt(machine, task, machine.arch.pc(registersOf(targetOf(session), task))).is !== 'syscall')
    return machine.step(task);
  // Nothing but a call waits, and none has a breakpoint of its own that was not reported.
  machine.setBreakpoints([]);
  const stop = await machine.run({ maxInstructions: 1, onlyTask: task });
  return stop.is === 'budget' && isBlocked(targetOf(session), task) ? { is: 'deadlock' } : stop;
}

const ENDED = 'has ended';

const viewOf = ({ machine }: Target, task: TaskId) => machine.tasks().find(view => view.id === task);
const isBlocked = (target: Target, task: TaskId): boolean => viewOf(target, task)?.state === 'blocked';

/** What to tell when that thread alone gets no further; undefined when the stop says nothing of the kind. */
export function cannotGoOn(session: Session, { task, goroutine, leaves }: Alone, stop: Stop): Outcome | undefined {
  const target = targetOf(session);
  const left = stop.is === 'breakpoint' && stop.task === task && leaves.includes(stop.address);
  if (!left && stop.is !== 'deadlock') return undefined;
  const g = goroutine && target.program.goroutineAt(viewMemory(target, task), goroutine.address);
  const lives = g !== undefined && g.id === goroutine?.id && g.status !== 'dead';
  const view = viewOf(target, task);
  const who = goroutine ? `Goroutine ${goroutine.id}` : `Thread ${task}`;
  const what = !view
    ? ENDED
    : stop.is === 'deadlock'
      ? `waits for ${view.waitsFor ?? 'another thread'}`
      : !lives
        ? ENDED
        : g.waitReason
          ? `waits (${g.waitReason})`
          : `has given way to others (it is ${g.status})`;
  return {
    is: 'stopped',
    report: {
      reason: 'pause',
      task: view ? task : (target.machine.current ?? task),
      ...(lives ? { thread: goroutineThread(g.id) } : {}),
      description: `${who} ${what}`,
      text: what === ENDED ? `${who} ${what}.` : `${who} ${what}, and only it was to run: let all run for it to go on.`,
      breakpoints: [],
    },
  };
}
