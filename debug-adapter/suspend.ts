/**
 * A program that stays, standing still, when its client goes: `disconnect` with `suspendDebuggee`, and `attach` by another
 * client later. Only an adapter that outlives its clients can keep it (`ring3 dap --port`): it ends with the adapter.
 */
import { arm, resolveAll, setLaunchBreakpoints } from './breakpoints.ts';
import type { Launch } from './configuration.ts';
import { Refusal } from './errors.ts';
import { listenToMachine } from './events.ts';
import type { LaunchConfiguration } from './protocol.ts';
import { conclude } from './run.ts';
import type { Session, Target } from './session.ts';
import { nameOf } from './sources.ts';

/** What of a session outlives it. */
export interface Suspended {
  readonly target: Target;
  readonly launch: Launch;
  readonly configuration: LaunchConfiguration | undefined;
}

/** By the names that `attach` takes: the program's, with a number if there are several. */
export type SuspendedPrograms = Map<string, Suspended>;

/** Takes the program, which stands still already, from a session that ends: if there is one, and where to keep it. */
export function suspend(session: Session): void {
  const { environment, target, launch, configuration } = session;
  if (!environment.suspended || !target || !launch || target.machine.current === undefined) return;
  target.output.flush();
  target.unlisten();
  target.machine.setBreakpoints([]);
  target.machine.setSyscallBreakpoints([]);
  session.target = undefined;
  environment.suspended.set(freeName(environment.suspended, nameOf(launch.program)), { target, launch, configuration });
}

function freeName(taken: SuspendedPrograms, name: string): string {
  for (let i = 1; ; i++) {
    const candidate = i === 1 ? name : `${name} ${i}`;
    if (!taken.has(candidate)) return candidate;
  }
}

/** What an `attach` request names: the only one, if it names none. */
export interface AttachArguments {
  program?: unknown;
}

/** Gives the program to this session; it is told of it when the client has set its breakpoints. Throws Refusal. */
export function attach(session: Session, { program }: AttachArguments): void {
  if (session.target) throw new Refusal('This session has a program already.', { show: true });
  const name = nameToAttach(session.environment.suspended ?? new Map(), program);
  const { target, launch, configuration } = session.environment.suspended!.get(name)!;
  session.environment.suspended!.delete(name);
  session.target = target;
  session.launch = launch;
  session.configuration = configuration;
  session.attached = true;
  target.owner.session = session;
  target.unlisten = listenToMachine(session, target);
  if (!launch.noDebug) setLaunchBreakpoints(session, launch);
  session.phase = 'loaded';
  resolveAll(session, target.program);
  session.emit('process', {
    name: launch.program,
    isLocalProcess: false,
    startMethod: 'attach',
    pointerSize: 64,
  });
  session.emit('initialized');
}

/** Throws Refusal. */
function nameToAttach(kept: SuspendedPrograms, program: unknown): string {
  const names = [...kept.keys()];
  if (names.length === 0)
    throw new Refusal(
      'Ring 3 cannot attach: it does not trace processes of this computer, it runs programs on a processor and a kernel of its own. Use "request": "launch" with the program\'s path. (A program that was disconnected from with suspendDebuggee is kept by `ring3 dap --port`, and can be attached to there.)',
      { show: true },
    );
  const found =
    program === undefined
      ? names.length === 1
        ? names[0]
        : undefined
      : names.find(name => name === program || kept.get(name)?.launch.program === program);
  if (found === undefined)
    throw new Refusal(`Name one of the programs that stand still as "program": ${names.join(', ')}.`, { show: true });
  return found;
}

/** After `configurationDone`: the program stands where the other client left it. */
export function showAttached(session: Session, task: number): void {
  arm(session);
  conclude(session, {
    is: 'stopped',
    report: { reason: 'pause', task, description: 'Paused where it was left', breakpoints: [] },
  });
}
