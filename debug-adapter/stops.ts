/**
 * From what stopped the machine to what the client is told: which breakpoints that is, whether their conditions hold,
 * what a log point says, what a fault means in words.
 */
import { signalByNumber } from '../emulator/abi/signals.ts';
import type { Exception } from '../emulator/kernel/api.ts';
import type { Stop } from '../emulator/machine.ts';
import { routineOf } from './breakpoint-modes.ts';
import { allBreakpoints, type Breakpoint } from './breakpoints.ts';
import { changeText, meets } from './data-breakpoints.ts';
import { DEADLOCK, deadlockReport } from './deadlock.ts';
import { scopeOf } from './evaluate.ts';
import { ExpressionError } from './expression.ts';
import { faultSentence } from './faults.ts';
import { formatValue } from './format.ts';
import { traceCall } from './function-trace.ts';
import { goError } from './go-errors.ts';
import { hitCounts } from './hits.ts';
import { truth } from './operands.ts';
import type { Outcome } from './run.ts';
import { programsOf, type Session, type StopReport, say, type Target, targetOf } from './session.ts';
import { styled } from './styling.ts';
import { callHere } from './syscalls.ts';
import { callText } from './trace-text.ts';
import { evaluate } from './values.ts';

/** Undefined: nothing that anybody wants to see, the program goes on. */
export function judge(session: Session, stop: Stop): Outcome | undefined {
  const stopped = (report: StopReport): Outcome => ({ is: 'stopped', report });
  const target = targetOf(session);
  switch (stop.is) {
    case 'exited':
      return { is: 'exited', status: stop.status };
    case 'budget':
      return undefined;
    case 'paused':
      // A pause that came when the program had just stopped is no pause of the next run.
      if (session.interrupt !== 'pause') return undefined;
      return stopped({ reason: 'pause', task: target.machine.current ?? 0, breakpoints: [] });
    case 'deadlock':
      return stopped(deadlock(session));
    case 'exception':
      return stopped(exception(target, stop.task, stop.exception));
    case 'breakpoint': {
      const hit = hits(session, stop.task, b => b.spot.is === 'addresses' && b.spot.addresses.includes(stop.address));
      if (hit.length === 0) return undefined;
      return stopped({ ...reasonOf(target, stop.task, hit[0]), task: stop.task, breakpoints: hit.map(b => b.id) });
    }
    case 'watchpoint': {
      const hit = hits(session, stop.task, b => meets(b, stop.met));
      if (hit.length === 0) return undefined;
      return stopped({
        reason: 'data breakpoint',
        task: stop.task,
        text: hit.map(b => changeText(session, b, stop.met)).join('; '),
        breakpoints: hit.map(b => b.id),
      });
    }
    case 'syscall': {
      const hit = hits(session, stop.task, b => stop.ids.includes(b.id));
      if (hit.length === 0) return undefined;
      const call = callHere(target, stop.task);
      const text = call ? callText(target, stop.task, call) : undefined;
      const description = `Paused ${stop.when === 'enter' ? 'before' : 'after'} ${call?.name ?? `syscall ${stop.number}`}`;
      const byFilter = hit.every(b => b.wish.is === 'exception');
      return stopped({
        reason: byFilter ? 'exception' : 'function breakpoint',
        task: stop.task,
        description,
        text,
        breakpoints: hit.map(b => b.id),
        exception: byFilter ? { id: `syscall ${call?.name ?? stop.number}`, sentence: text ?? description } : undefined,
      });
    }
    case 'signal': {
      // A fault is reported where it happens; that its signal is then delivered is no second stop.
      const last = session.fault;
      session.fault = stop.exception
        ? { task: stop.task, signo: stop.signo, at: target.machine.instructions }
        : undefined;
      if (
        !stop.exception &&
        last?.task === stop.task &&
        last.signo === stop.signo &&
        target.machine.instructions - last.at <= 1
      )
        return undefined;
      if (stop.exception?.is === 'invalid-opcode' && stop.exception.what)
        say(session, `SIGILL: ${faultSentence(target, stop.task, stop.exception)}.`, 'important');
      const hit = hits(session, stop.task, b => b.spot.is === 'signals' && b.spot.signals.includes(stop.signo));
      if (hit.length === 0) return undefined;
      return stopped({ ...signal(target, stop.task, stop.signo, stop.exception), breakpoints: hit.map(b => b.id) });
    }
  }
}

/** What is said where the runtime's words cannot be read. */
const FATAL = {
  id: 'fatal error',
  description: 'Fatal error of the Go program',
  sentence: 'The Go runtime is about to end the program; the call stack shows where that began.',
};

function reasonOf(
  target: Target,
  task: number,
  breakpoint: Breakpoint,
): Pick<StopReport, 'reason' | 'description' | 'text' | 'exception'> {
  switch (breakpoint.wish.is) {
    case 'function':
      return { reason: 'function breakpoint', description: `Paused on ${breakpoint.wish.name}` };
    case 'instruction':
      return { reason: 'instruction breakpoint' };
    case 'exception': {
      const error = goError(target, task);
      const { id, description, sentence } = error ?? FATAL;
      return { reason: 'exception', description, text: sentence, exception: { id, sentence } };
    }
    default:
      return { reason: 'breakpoint' };
  }
}

/** The breakpoints among the candidates that stop: conditions hold, counts are reached, and they do not just log. */
function hits(session: Session, task: number, at: (breakpoint: Breakpoint) => boolean): Breakpoint[] {
  if (session.launch?.noDebug) return [];
  return allBreakpoints(session.breakpoints).filter(breakpoint => at(breakpoint) && stops(session, task, breakpoint));
}

function stops(session: Session, task: number, breakpoint: Breakpoint): boolean {
  if (breakpoint.wish.is === 'trace') {
    traceCall(session, task, () => holds(session, task, breakpoint));
    return false;
  }
  if (!holds(session, task, breakpoint)) return false;
  const { only } = breakpoint;
  if (only) {
    const routine = routineOf(targetOf(session), task, only.mode);
    only.routine ??= routine;
    if (only.routine !== routine) return false;
  }
  breakpoint.hits++;
  if (breakpoint.hitCondition && !hitCounts(breakpoint.hitCondition, breakpoint.hits)) return false;
  if (!breakpoint.log) return true;
  const scope = scopeOf(session, task);
  const text = breakpoint.log.map(part => {
    if (typeof part === 'string') return part;
    try {
      return styled(session.client, 'value', formatValue(evaluate(part, scope), { decimal: true }));
    } catch (error) {
      if (error instanceof ExpressionError) return `{${error.message}}`;
      throw error;
    }
  });
  say(session, text.join(''));
  return false;
}

/** Whether the condition holds; one that cannot be evaluated does, and says so. */
function holds(session: Session, task: number, { condition }: Breakpoint): boolean {
  if (!condition) return true;
  try {
    return truth(evaluate(condition, scopeOf(session, task)));
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    const text = 'The condition of a breakpoint cannot be evaluated, so it counts as true';
    say(session, `${text}: ${error.message}`, 'important');
    return true;
  }
}

function deadlock(session: Session): StopReport {
  const target = targetOf(session);
  const { machine } = target;
  const details = deadlockReport(machine, programsOf(target)).join('\n');
  const sentence = `${DEADLOCK}: the program would stand still for ever.`;
  say(session, `${sentence}\n${details}`, 'important');
  return {
    reason: 'exception',
    task: machine.current ?? machine.tasks()[0]?.id ?? 0,
    description: 'Deadlock',
    text: sentence,
    breakpoints: [],
    exception: { id: 'deadlock', sentence, details },
  };
}

function signal(
  target: Target,
  task: number,
  signo: number,
  fault: Exception | undefined,
): Omit<StopReport, 'breakpoints'> {
  const row = signalByNumber(signo);
  const name = row?.name ?? `signal ${signo}`;
  const sentence = `${name} (${row?.sentence ?? 'no such signal'})${fault ? `: ${faultSentence(target, task, fault)}` : ''}`;
  return {
    reason: 'exception',
    task,
    description: `Paused on ${name}`,
    text: sentence,
    exception: { id: name, sentence },
  };
}

function exception(target: Target, task: number, what: Exception): StopReport {
  const sentence = faultSentence(target, task, what);
  return {
    reason: 'exception',
    task,
    description: 'Paused on a fault',
    text: sentence,
    breakpoints: [],
    exception: { id: what.is, sentence },
  };
}
