/**
 * From "go on" to the next stop: one run at a time, its end told to the client. What runs is given as work that ends in an
 * outcome; if it fails, the session does not.
 */
import { signalName } from '../emulator/abi/signals.ts';
import type { Alone } from './alone.ts';
import { levelProblem } from './go-level.ts';
import { tellMemoryMayHaveChanged } from './memory.ts';
import { tellModules } from './modules.ts';
import { type Session, type StopReport, say, targetOf } from './session.ts';
import { goroutineThread, threadIdOf } from './threads.ts';

export type Outcome =
  | { is: 'stopped'; report: StopReport }
  /** Wait status as Linux packs it. */
  | { is: 'exited'; status: number }
  /** The session was ended meanwhile: nobody is to be told. */
  | { is: 'gone' };

/** `alone`: nobody else runs meanwhile. */
export function begin(session: Session, work: () => Promise<Outcome>, alone?: Alone): void {
  forget(session);
  session.phase = 'running';
  session.alone = alone;
  // Clients that did not ask for it themselves (an extension did) learn that only this one goes on.
  if (alone) {
    const threadId = alone.goroutine ? goroutineThread(alone.goroutine.id) : alone.task;
    session.emit('continued', { threadId, allThreadsContinued: false });
  }
  session.interrupt = undefined;
  const run = ++session.run;
  let done = (): void => {};
  session.work = new Promise(resolve => {
    done = resolve;
  });
  session.started.push(async () => {
    let outcome: Outcome;
    try {
      outcome = await work();
    } catch (error) {
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      if (session.run === run) say(session, `Ring 3 itself failed, please report this: ${text}`, 'important');
      outcome = {
        is: 'stopped',
        report: {
          reason: 'exception',
          task: session.target?.machine.current ?? 0,
          description: 'Ring 3 failed',
          text,
          breakpoints: [],
        },
      };
    }
    done();
    if (session.run === run && session.phase === 'running') conclude(session, outcome);
  });
}

/** What was told by number does not hold any longer. */
export function forget(session: Session): void {
  session.frames = [];
  session.variables = [];
  session.gotoTargets = [];
  session.callSites = [];
  session.locations = [];
  session.stop = undefined;
  session.before = session.now;
}

/** Tells the client how a run ended. */
export function conclude(session: Session, outcome: Outcome): void {
  if (outcome.is === 'gone') return;
  const target = targetOf(session);
  const { output, machine } = target;
  output.flush(outcome.is === 'exited');
  if (outcome.is === 'exited') {
    session.phase = 'ended';
    finish(session);
    const signo = outcome.status & 0x7f;
    const code = signo === 0 ? (outcome.status >> 8) & 0xff : 128 + signo;
    say(
      session,
      signo === 0
        ? `The program exited with code ${code}.`
        : `The program was killed by ${signalName(signo)} (exit code ${code}).`,
    );
    const level = code === 0 ? undefined : levelProblem(target.program, session.launch?.cpu ?? '');
    if (level) say(session, `${level[0].toUpperCase()}${level.slice(1)}.`, 'important');
    session.emit('exited', { exitCode: code });
    session.emit('terminated', {});
    return;
  }
  const { report } = outcome;
  session.phase = 'stopped';
  session.stop = report;
  session.now = new Map(machine.tasks().map(task => [task.id, task.registers.slice()]));
  session.emit('stopped', {
    reason: report.reason,
    threadId: report.thread ?? threadIdOf(target, report.task),
    allThreadsStopped: true,
    ...(report.description === undefined ? {} : { description: report.description }),
    ...(report.text === undefined ? {} : { text: report.text }),
    ...(report.breakpoints.length === 0 ? {} : { hitBreakpointIds: report.breakpoints }),
  });
  tellMemoryMayHaveChanged(session);
  tellModules(session);
}

/** After the end of the program: its terminal is closed, its trace written. */
export function finish(session: Session): void {
  session.target?.terminal?.close();
  finishTrace(session);
}

/** Ends the trace and writes it where the configuration says. */
function finishTrace(session: Session): void {
  const { target, launch, environment } = session;
  if (!target?.endTrace) return;
  target.endTrace();
  target.endTrace = undefined;
  if (launch?.trace === undefined) return;
  const path = launch.trace;
  if (!environment.writeFile) {
    say(session, 'The trace cannot be written to a file here; the request ring3/trace gives it.', 'important');
    return;
  }
  const text = target.trace.map(line => `${line}\n`).join('');
  environment
    .writeFile(path, text)
    .catch(error =>
      say(session, `The trace could not be written to ${path}: ${(error as Error).message}`, 'important'),
    );
}
