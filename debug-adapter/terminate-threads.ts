/**
 * The end of one thread, as far as there is one that leaves the rest whole. A process that the program started is killed.
 * A thread of Linux exits; nobody unlocks what it holds, as after exit(2). A goroutine ends as Go lets it, by
 * runtime.Goexit with its deferred calls, and only its own code can call that: so it must run. Where the linker has left
 * that out because nobody calls it, what Goexit does when nothing is deferred must do.
 */
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { TaskId } from '../emulator/kernel/api.ts';
import { type Alone, aloneFor, stepAlone } from './alone.ts';
import { Refusal } from './errors.ts';
import { callsDirectly } from './function-code.ts';
import { flowAt } from './instructions.ts';
import { begin, conclude, forget } from './run.ts';
import { checked, type Session, type Target, targetOf } from './session.ts';
import { framesOf, goroutineOf, registersOf } from './stack.ts';
import { inRuntime, runOn } from './stepping.ts';
import { type Thread, threadNamed } from './threads.ts';

const GOEXIT = 'runtime.Goexit';
/** The last thing Goexit does; every program has it. */
const GOEXIT_WITHOUT_DEFERS = 'runtime.goexit1';
/** What functions call that defer anything. */
const DEFERS = /^runtime\.defer/;
/** The goroutine of main.main. */
const MAIN = 1;
/** Instructions to the next call of a goroutine's own code: more is a loop that makes none. */
const TO_A_CALL = 200_000;

export function terminateThreads(session: Session, args: DebugProtocol.TerminateThreadsArguments): void {
  const target = targetOf(session);
  const ids = checked<unknown[]>(args.threadIds ?? [], 'array', 'threadIds');
  const threads = ids.map(id => threadNamed(target, id));
  const goroutines = threads.filter(({ goroutine }) => goroutine);
  if (goroutines.length > 0 && threads.length > 1)
    throw new Refusal('Goroutines end one at a time: each runs its deferred calls.', { show: true });
  const problem = threads.map(thread => whyItStays(target, thread)).find(Boolean);
  if (problem) throw new Refusal(problem, { show: true });
  if (goroutines.length > 0) {
    endGoroutine(session, goroutines[0]);
    return;
  }
  for (const { task } of threads) {
    const view = target.machine.tasks().find(candidate => candidate.id === task);
    // One of the same process may have been ended just now.
    if (view) target.machine.end(task, view.processId === target.processId ? 'thread' : 'process');
  }
  tellWhoIsLeft(session);
}

/** A sentence, if the end of this thread makes no sense. */
function whyItStays(target: Target, { task, goroutine, runs }: Thread): string | undefined {
  const { machine, program, processId } = target;
  const tasks = machine.tasks().filter(view => view.state !== 'dead');
  if (goroutine?.id === MAIN) return 'Goroutine 1 runs main.main: its end is the end of the program. Use Stop.';
  if (goroutine && !runs)
    return `Goroutine ${goroutine.id} waits (${goroutine.waitReason ?? goroutine.status}): Go can end a goroutine only while it runs. Stop it at a breakpoint first.`;
  if (goroutine) return exitOf(target, task).problem;
  if (tasks.find(({ id }) => id === task)?.processId !== processId) return undefined;
  if (program.isGo)
    return `Thread ${task} is one of the Go runtime's own: its scheduler counts on it. End a goroutine.`;
  return tasks.filter(view => view.processId === processId).length > 1
    ? undefined
    : 'It is the only thread: its end is the end of the program. Use Stop.';
}

/** The function with which a goroutine ends, or why there is none. */
function exitOf(target: Target, task: TaskId): { entry: number; problem?: string } {
  const { program } = target;
  const named = (name: string) => [program.functionNamed(name)].find(fn => fn?.name === name);
  const whole = named(GOEXIT);
  if (whole) return whole;
  const last = named(GOEXIT_WITHOUT_DEFERS);
  if (!last) return { entry: 0, problem: 'This program has no runtime.Goexit: a goroutine of it cannot be ended.' };
  const defers = framesOf(target, task).find(
    frame => !frame.inlined && frame.function && callsDirectly(program, frame.function, DEFERS),
  );
  if (!defers) return last;
  const problem = `${defers.name} may have deferred calls, and the program was linked without runtime.Goexit, which would run them: the goroutine cannot be ended here.`;
  return { entry: 0, problem };
}

/** What the client knows of threads and frames is gone; a stop says who stands here now if it was the stopped one. */
function tellWhoIsLeft(session: Session): void {
  const { machine } = targetOf(session);
  const stop = session.stop;
  const lives = machine.tasks().some(view => view.id === stop?.task && view.state !== 'dead');
  if (stop && lives) {
    if (session.client.invalidatedEvent) session.emit('invalidated', { areas: ['threads'] });
    return;
  }
  forget(session);
  const task = machine.current ?? machine.tasks()[0]?.id ?? 0;
  conclude(session, {
    is: 'stopped',
    report: { reason: 'pause', task, description: 'Paused: the thread was ended', breakpoints: [] },
  });
}

/** Nobody else runs meanwhile; a breakpoint in a deferred call stops there. */
function endGoroutine(session: Session, { id, task }: Thread): void {
  const alone = aloneFor(session, { threadId: id, singleThread: true })!;
  begin(
    session,
    async () => {
      const stuck = await untilCall(session, alone);
      if (stuck) return { is: 'stopped', report: { reason: 'pause', task, ...stuck, breakpoints: [] } };
      callInstead(targetOf(session), task, exitOf(targetOf(session), task).entry);
      return runOn(session);
    },
    alone,
  );
}

/** Goroutines end at calls, because only there Go knows what their frames hold. A sentence if there is none. */
async function untilCall(session: Session, alone: Alone): Promise<{ description: string; text: string } | undefined> {
  const target = targetOf(session);
  const { machine, program } = target;
  const { task } = alone;
  machine.setBreakpoints([]);
  const failed = (text: string) => ({ description: 'The goroutine goes on', text });
  for (let count = 0; count < TO_A_CALL; count++) {
    const pc = machine.arch.pc(registersOf(target, task));
    const fn = program.functionAt(pc);
    const g = goroutineOf(target, task);
    const flow = flowAt(machine, task, pc);
    const isOwn = fn?.language === 'go' && !inRuntime(fn) && g?.id === alone.goroutine?.id && g?.status === 'running';
    if (isOwn && flow.is === 'call') return undefined;
    const stop = await stepAlone(session, alone);
    if (stop.is !== 'budget') return failed(`The goroutine was not ended: something stopped it first (${stop.is}).`);
  }
  return failed(`The goroutine was not ended: it made no call within ${TO_A_CALL} instructions.`);
}

/** The call that comes next calls another function. */
function callInstead({ machine }: Target, task: TaskId, entry: number): void {
  const { arch } = machine;
  const view = machine.tasks().find(candidate => candidate.id === task)!;
  const { next } = flowAt(machine, task, arch.pc(view.registers));
  const sp = arch.sp(view.registers) - 8;
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(next), true);
  machine.write(task, sp, bytes);
  arch.setSp(view.registers, sp);
  arch.setPc(view.registers, entry);
}
