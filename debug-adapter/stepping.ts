/**
 * The requests that let the program run, and what "one step" means. Two primitives do all of it: `single`, one instruction
 * of one thread, and `runTo`, on until an address is reached in the same frame. A call is stepped over with `runTo` on its
 * return address, told apart from deeper calls by the distance to the end of the goroutine's stack (which stays the
 * same when Go moves the stack) and from other goroutines by their identity.
 */
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { TaskId } from '../emulator/kernel/api.ts';
import type { Stop } from '../emulator/machine.ts';
import type { CodeFunction, Program, SourceLine } from '../emulator/symbols/program.ts';
import { type Activation, activation, backIn } from './activation.ts';
import { aloneFor, cannotGoOn, stepAlone } from './alone.ts';
import { arm } from './breakpoints.ts';
import { Refusal } from './errors.ts';
import { flowAt } from './instructions.ts';
import { returnedItems } from './returned.ts';
import { begin, type Outcome } from './run.ts';
import { type Session, type Target, targetOf } from './session.ts';
import { framesOf } from './stack.ts';
import { judge } from './stops.ts';
import { type Thread, threadFrames, threadNamed } from './threads.ts';

export function resume(
  session: Session,
  args: DebugProtocol.ContinueArguments,
): DebugProtocol.ContinueResponse['body'] {
  const alone = aloneFor(session, args);
  begin(session, () => runOn(session), alone);
  return { allThreadsContinued: alone === undefined };
}

export function pause(session: Session): void {
  if (session.phase !== 'running') return;
  session.interrupt = 'pause';
  targetOf(session).machine.pause();
}

export function next(session: Session, args: DebugProtocol.NextArguments): void {
  const thread = threadNamed(targetOf(session), args.threadId);
  const { task } = thread;
  const alone = aloneFor(session, args);
  const way = thread.runs ? undefined : wayBack(targetOf(session), thread);
  begin(
    session,
    () =>
      way
        ? stepWaiting(session, way, false)
        : args.granularity === 'instruction'
          ? stepInstruction(session, task, false)
          : stepLine(session, task, false),
    alone,
  );
}

export function stepIn(session: Session, args: DebugProtocol.StepInArguments): void {
  const thread = threadNamed(targetOf(session), args.threadId);
  const { task } = thread;
  const alone = aloneFor(session, args);
  const way = thread.runs ? undefined : wayBack(targetOf(session), thread);
  const site = args.targetId === undefined ? undefined : session.callSites[args.targetId - 1];
  if (args.targetId !== undefined && !site)
    throw new Refusal('This call to step into is gone: the program has run on since.');
  begin(
    session,
    () => {
      if (way) return stepWaiting(session, way, true);
      if (site) return stepIntoCall(session, task, site.address);
      return args.granularity === 'instruction' ? stepInstruction(session, task, true) : stepLine(session, task, true);
    },
    alone,
  );
}

export function stepOut(session: Session, args: DebugProtocol.StepOutArguments): void {
  const target = targetOf(session);
  const thread = threadNamed(target, args.threadId);
  const { task } = thread;
  const alone = aloneFor(session, args);
  if (!thread.runs) {
    const way = wayBack(target, thread);
    begin(session, () => runTo(session, way.pc, way));
    return;
  }
  const frames = framesOf(target, task, 32);
  if (frames[0]?.inlined) {
    begin(session, () => leaveInlined(session, task), alone);
    return;
  }
  const own = frames.findIndex(frame => !frame.inlined);
  const caller = frames.slice(own + 1).find(frame => !frame.inlined);
  const cfa = frames[own]?.cfa;
  if (!caller || cfa === undefined)
    throw new Refusal('There is no caller to return to: this is the outermost frame, or its frame is not known.');
  const there = activation(target, task);
  const fn = frames[own].function;
  begin(
    session,
    async () => {
      const outcome = await runTo(session, caller.pc, { ...there, depth: there.depth + (there.sp - cfa) });
      return fn ? withReturned(session, outcome, fn) : outcome;
    },
    alone,
  );
}

/** Everything runs until a breakpoint, a signal, a pause or the end; `arrived` may make a stop of its own. */
export async function runOn(
  session: Session,
  extra: readonly number[] = [],
  arrived: (stop: Stop) => boolean = () => false,
): Promise<Outcome> {
  const target = targetOf(session);
  const { machine } = target;
  const { alone } = session;
  let first = true;
  for (;;) {
    // The instruction we stand on may have a breakpoint that has been reported: leave it first.
    // What is reached by that, the run itself reports.
    const passed = await single(session, alone?.task ?? machine.current, extra, arrived, false);
    if (passed) return passed;
    if (session.interrupt) return interrupted(session, machine.current);
    arm(session, alone ? [...extra, ...alone.leaves] : extra);
    const maxInstructions = first ? session.launch?.maxInstructions : undefined;
    first = false;
    const stop = await machine.run({ maxInstructions, onlyTask: alone?.task });
    if (session.interrupt === 'end') return { is: 'gone' };
    const outcome = settle(session, stop, arrived);
    if (outcome) return outcome;
  }
}

/**
 * One instruction of a thread, calls and syscalls included. Undefined when nothing stops the program there; breakpoints on
 * the instruction that is reached are judged, the one it started from is not.
 */
async function single(
  session: Session,
  task: TaskId | undefined,
  extra: readonly number[] = [],
  arrived: (stop: Stop) => boolean = () => false,
  judged = true,
): Promise<Outcome | undefined> {
  const target = targetOf(session);
  const { machine } = target;
  if (task === undefined) return undefined;
  const { alone } = session;
  arm(session, alone ? [...extra, ...alone.leaves] : extra);
  const stop = await (alone ? stepAlone(session, alone) : machine.step(task));
  if (session.interrupt === 'end') return { is: 'gone' };
  const outcome = settle(session, stop, arrived);
  if (outcome || stop.is !== 'budget' || !judged) return outcome;
  const view = machine.tasks().find(candidate => candidate.id === task);
  if (!view || view.state === 'dead') return undefined;
  const address = machine.arch.pc(view.registers);
  return settle(session, { is: 'breakpoint', task, address }, arrived);
}

function settle(session: Session, stop: Stop, arrived: (stop: Stop) => boolean): Outcome | undefined {
  // A breakpoint of the user's wins over the end of a step: it has a name.
  const waits = session.alone && cannotGoOn(session, session.alone, stop);
  const judged = waits && stop.is === 'deadlock' ? undefined : judge(session, stop);
  if (judged) return judged;
  if (waits) return waits;
  if ('task' in stop && arrived(stop))
    return { is: 'stopped', report: { reason: 'step', task: stop.task, breakpoints: [] } };
  return undefined;
}

function interrupted(session: Session, task: TaskId | undefined): Outcome {
  if (session.interrupt === 'end') return { is: 'gone' };
  return { is: 'stopped', report: { reason: 'pause', task: task ?? 0, breakpoints: [] } };
}

/** On until `address` is reached in the frame of `from`, or one of its callers. */
function runTo(session: Session, address: number, from: Activation): Promise<Outcome> {
  const target = targetOf(session);
  return runOn(
    session,
    [address],
    stop => stop.is === 'breakpoint' && stop.address === address && backIn(target, stop.task, from),
  );
}

const stepped = (task: TaskId): Outcome => ({ is: 'stopped', report: { reason: 'step', task, breakpoints: [] } });

/** The end of a step that has just left a function: its results are where they were put. */
function withReturned(session: Session, outcome: Outcome, fn: CodeFunction): Outcome {
  if (outcome.is !== 'stopped' || outcome.report.reason !== 'step') return outcome;
  const target = targetOf(session);
  const { task } = outcome.report;
  const items = returnedItems(target, task, fn, activation(target, task).sp);
  return items.length === 0
    ? outcome
    : { ...outcome, report: { ...outcome.report, returned: { name: fn.name, items } } };
}

async function stepInstruction(session: Session, task: TaskId, into: boolean): Promise<Outcome> {
  const target = targetOf(session);
  const here = activation(target, task);
  const flow = flowAt(target.machine, task, here.pc);
  if (flow.is === 'call' && !into) return runTo(session, flow.next, here);
  const outcome = (await single(session, task)) ?? stepped(task);
  const fn = flow.is === 'return' ? target.program.functionAt(here.pc) : undefined;
  return fn ? withReturned(session, outcome, fn) : outcome;
}

/** Where a goroutine that waits will be back in code that is not the runtime's. */
function wayBack(target: Target, thread: Thread): Activation {
  const { goroutine, task } = thread;
  const callers = threadFrames(target, thread, WAITING_DEPTH)
    .slice(1)
    .filter(frame => !frame.inlined);
  const own = callers.find(frame => frame.function && !inRuntime(frame.function)) ?? callers[0];
  if (!own || !goroutine) throw new Refusal('Where this goroutine will go on is not known: use continue.');
  return { task, pc: own.pc, sp: own.sp, routine: `g${goroutine.address}`, depth: goroutine.stackEnd - own.sp };
}

/** What waits in the runtime is not deeper in it. */
const WAITING_DEPTH = 64;

/** Everything runs until a goroutine that waits is back in its own code; then to the end of its line. */
async function stepWaiting(session: Session, way: Activation, into: boolean): Promise<Outcome> {
  const arrival = await runTo(session, way.pc, way);
  if (arrival.is !== 'stopped' || arrival.report.reason !== 'step') return arrival;
  return stepLine(session, arrival.report.task, into);
}

/**
 * On to the beginning of another line. `into` enters functions that have lines; calls into the private parts of Go's
 * runtime (the allocator, channels, the scheduler) are stepped over unless the step starts there.
 */
async function stepLine(session: Session, task: TaskId, into: boolean): Promise<Outcome> {
  const target = targetOf(session);
  const { program, machine } = target;
  const breathe = breather();
  let start = activation(target, task);
  let fn = program.functionAt(start.pc);
  let line: { file: string; line: number } | undefined = program.lineAt(start.pc);
  // Without lines there is nothing to step by but instructions.
  if (!fn || !line) return stepInstruction(session, task, into);
  const privately = inRuntime(fn);
  const inlined = program.inlinedAt(start.pc).length;
  for (;;) {
    await breathe();
    const here = activation(target, task);
    const flow = flowAt(machine, task, here.pc);
    if (flow.is === 'call') {
      const entered = into ? await enter(session, here, flow.next, privately) : await runTo(session, flow.next, here);
      // A step's own end is not the end of this step, everything else is.
      if (entered.is !== 'stopped' || entered.report.reason !== 'step' || entered.report.text === INSIDE)
        return clean(entered);
      task = entered.report.task;
    } else {
      const outcome = await single(session, task);
      if (outcome) return outcome;
    }
    if (session.interrupt) return interrupted(session, task);
    const now = activation(target, task);
    const there = program.functionAt(now.pc);
    if (flow.is === 'return') {
      const left = program.functionAt(here.pc);
      return left ? withReturned(session, stepped(task), left) : stepped(task);
    }
    if (there?.entry !== fn?.entry) {
      // A jump into another function (a tail call): its first line is as good as a new line.
      start = now;
      fn = there;
      if (!fn) return stepped(task);
      line = undefined;
    }
    const level = there?.entry === fn?.entry ? program.inlinedAt(now.pc).length : inlined;
    // A call that was inlined is stepped over like any other.
    if (level > inlined && !into) continue;
    if (level < inlined) return stepped(task);
    const at = program.lineAt(now.pc);
    if (at && (at.line !== line?.line || at.file !== line.file) && begins(program, now.pc, at)) return stepped(task);
  }
}

/** On to a call of this frame, over everything before it, and into what it calls. */
async function stepIntoCall(session: Session, task: TaskId, address: number): Promise<Outcome> {
  const target = targetOf(session);
  const start = activation(target, task);
  if (start.pc !== address) {
    const arrival = await runTo(session, address, start);
    if (arrival.is !== 'stopped' || arrival.report.reason !== 'step') return arrival;
    task = arrival.report.task;
  }
  const here = activation(target, task);
  return clean(await enter(session, here, flowAt(target.machine, task, here.pc).next, true));
}

/** On until the code of the inlined function that a thread stands in is left. */
async function leaveInlined(session: Session, task: TaskId): Promise<Outcome> {
  const target = targetOf(session);
  const { program, machine } = target;
  const breathe = breather();
  const start = activation(target, task);
  const fn = program.functionAt(start.pc);
  const level = program.inlinedAt(start.pc).length;
  for (;;) {
    const here = activation(target, task);
    const flow = flowAt(machine, task, here.pc);
    const outcome = flow.is === 'call' ? await runTo(session, flow.next, here) : await single(session, task);
    if (outcome && !(flow.is === 'call' && outcome.is === 'stopped' && outcome.report.reason === 'step'))
      return outcome;
    if (outcome?.is === 'stopped') task = outcome.report.task;
    if (session.interrupt) return interrupted(session, task);
    const { pc } = activation(target, task);
    if (program.functionAt(pc)?.entry !== fn?.entry || program.inlinedAt(pc).length < level) return stepped(task);
    await breathe();
  }
}

/** Marks a step that ended inside the function that was called. */
const INSIDE = '\0inside';

function clean(outcome: Outcome): Outcome {
  if (outcome.is === 'stopped' && outcome.report.text === INSIDE) delete outcome.report.text;
  return outcome;
}

/** Into the function that is called, behind its prologue, or over it if it has nothing to show. */
async function enter(session: Session, from: Activation, after: number, privately: boolean): Promise<Outcome> {
  const target = targetOf(session);
  const { program } = target;
  const outcome = await single(session, from.task);
  if (outcome) return outcome;
  const callee = program.functionAt(activation(target, from.task).pc);
  if (!callee || !program.lineAt(callee.entry) || (!privately && inRuntime(callee))) return runTo(session, after, from);
  if (callee.isWrapper || program.lineAt(callee.entry)?.file === '<autogenerated>') return stepped(from.task);
  const body = program.prologueEnd(callee);
  const inside = activation(target, from.task);
  const arrival =
    body === inside.pc
      ? stepped(from.task)
      : await runTo(session, body, { ...inside, depth: Number.POSITIVE_INFINITY });
  if (arrival.is === 'stopped' && arrival.report.reason === 'step') arrival.report.text = INSIDE;
  return arrival;
}

/** Private to Go's runtime. */
export function inRuntime(fn: CodeFunction): boolean {
  return /^runtime\.(?:\(\*)?[a-z_]/.test(fn.name) && fn.name !== 'runtime.main';
}

/** Whether the code of a line begins here: a jump into its middle is no place to stop. */
function begins(program: Program, pc: number, at: SourceLine): boolean {
  return at.isStatement && program.lineRange(pc)?.from === pc;
}

/** Lets messages in now and then: a long step can be paused. */
function breather(): () => Promise<void> {
  let until = Date.now() + 15;
  return async () => {
    if (Date.now() < until) return;
    await new Promise(resolve => setTimeout(resolve, 0));
    until = Date.now() + 15;
  };
}
