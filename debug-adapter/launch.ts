/**
 * The beginning and the end of a session: what the adapter can do, a machine with the program in it, its start, restart,
 * terminate, disconnect.
 */
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { Injection } from '../emulator/abi/injection.ts';
import type { SyscallCall } from '../emulator/kernel/api.ts';
import type { Machine, MachineOptions } from '../emulator/machine.ts';
import { parseElf } from '../emulator/symbols/elf.ts';
import { loadProgram } from '../emulator/symbols/program.ts';
import { injection, TraceOptionError } from '../emulator/trace/filter.ts';
import { defaultSettings } from '../emulator/trace/settings.ts';
import { MODES } from './breakpoint-modes.ts';
import { arm, FILTERS, resolveAll, setLaunchBreakpoints } from './breakpoints.ts';
import { type Launch, prepare } from './configuration.ts';
import { housekeepers } from './deadlock.ts';
import type { Terminal } from './environment.ts';
import { Refusal, whyNot } from './errors.ts';
import { listenToMachine } from './events.ts';
import { MODULE_COLUMNS } from './modules.ts';
import { MINIMAL_ENVIRONMENT } from './options.ts';
import { programOutput } from './output.ts';
import type { LaunchConfiguration } from './protocol.ts';
import { begin, conclude, finish, forget } from './run.ts';
import { programsOf, type Session, say, type Target } from './session.ts';
import { runOn } from './stepping.ts';
import { showAttached, suspend } from './suspend.ts';
import { loadingProgress, openSymbols } from './symbol-file.ts';
import { endWith, openTerminal } from './terminal.ts';
import { lineCollector, traceMachine } from './tracing.ts';

/** Only what works, each bound to a conversation in test/dap. */
const CAPABILITIES: DebugProtocol.Capabilities = {
  supportsConfigurationDoneRequest: true,
  supportsFunctionBreakpoints: true,
  supportsConditionalBreakpoints: true,
  supportsHitConditionalBreakpoints: true,
  supportsLogPoints: true,
  supportsInstructionBreakpoints: true,
  supportsBreakpointLocationsRequest: true,
  supportsDataBreakpoints: true,
  supportsDataBreakpointBytes: true,
  supportsExceptionFilterOptions: true,
  supportsExceptionInfoRequest: true,
  exceptionBreakpointFilters: FILTERS,
  breakpointModes: MODES,
  supportsEvaluateForHovers: true,
  supportsClipboardContext: true,
  supportsSetVariable: true,
  supportsSetExpression: true,
  supportsCompletionsRequest: true,
  completionTriggerCharacters: ['$', '.'],
  supportsValueFormattingOptions: true,
  supportsReadMemoryRequest: true,
  supportsWriteMemoryRequest: true,
  supportsDisassembleRequest: true,
  supportsSteppingGranularity: true,
  supportsSingleThreadExecutionRequests: true,
  supportsStepInTargetsRequest: true,
  supportsGotoTargetsRequest: true,
  supportsRestartFrame: true,
  supportsDelayedStackTraceLoading: true,
  supportsModulesRequest: true,
  additionalModuleColumns: MODULE_COLUMNS,
  supportsLoadedSourcesRequest: true,
  supportsRestartRequest: true,
  supportsTerminateRequest: true,
  supportTerminateDebuggee: true,
  supportsTerminateThreadsRequest: true,
  supportsCancelRequest: true,
  supportsANSIStyling: true,
};

export function initialize(
  session: Session,
  args: DebugProtocol.InitializeRequestArguments,
): DebugProtocol.Capabilities {
  session.client = {
    linesStartAt1: args.linesStartAt1 !== false,
    columnsStartAt1: args.columnsStartAt1 !== false,
    pathsAsUri: args.pathFormat === 'uri',
    memoryEvent: args.supportsMemoryEvent === true,
    invalidatedEvent: args.supportsInvalidatedEvent === true,
    progress: args.supportsProgressReporting === true,
    runInTerminal: args.supportsRunInTerminalRequest === true,
    ansiStyling: args.supportsANSIStyling === true,
  };
  // Where the adapter ends with its client, a program that stands still would not be there to come back to.
  return session.environment.suspended ? { ...CAPABILITIES, supportSuspendDebuggee: true } : CAPABILITIES;
}

export async function launch(session: Session, args: LaunchConfiguration & { noDebug?: unknown }): Promise<void> {
  if (session.target)
    throw new Refusal('A program is launched already: use restart, or a new session.', { show: true });
  const started = await prepare(session, args);
  session.launch = started;
  if (!started.noDebug) {
    const problem = setLaunchBreakpoints(session, started);
    if (problem !== undefined) {
      session.launch = undefined;
      throw new Refusal(problem, { show: true });
    }
  }
  await load(session, started);
  session.emit('process', {
    name: started.program,
    isLocalProcess: false,
    startMethod: 'launch',
    pointerSize: 64,
  });
  session.emit('initialized');
}

export function configurationDone(session: Session): void {
  if (session.phase !== 'loaded') throw new Refusal('The program runs already: configurationDone comes once.');
  start(session);
}

export async function restart(session: Session, args: DebugProtocol.RestartArguments): Promise<void> {
  const again = args.arguments as LaunchConfiguration | undefined;
  stopRunning(session);
  session.target?.unlisten();
  session.target?.terminal?.close();
  session.target = undefined;
  forget(session);
  // The file may have been built anew; the client may have sent a changed configuration.
  const configuration = again && 'program' in again ? again : session.configuration;
  if (!configuration) throw new Refusal('There is nothing to restart.');
  session.launch = await prepare(session, configuration);
  const problem = session.launch.noDebug ? undefined : setLaunchBreakpoints(session, session.launch);
  if (problem !== undefined) throw new Refusal(problem, { show: true });
  await load(session, session.launch);
  start(session);
}

export function terminate(session: Session): void {
  if (session.phase === 'ended') return;
  stopRunning(session);
  session.phase = 'ended';
  session.target?.output.flush(true);
  finish(session);
  session.emit('terminated', {});
}

export async function disconnect(session: Session, args: DebugProtocol.DisconnectArguments): Promise<void> {
  stopRunning(session);
  if (args.suspendDebuggee === true) {
    // A slice of the program that runs is brought to its end first.
    await session.work;
    suspend(session);
  }
  end(session);
  session.started.push(session.ended);
}

/** Nothing runs after this and nothing is told. */
export function end(session: Session): void {
  stopRunning(session);
  session.phase = 'ended';
  session.target?.output.flush(true);
  finish(session);
  session.target?.unlisten();
}

function stopRunning(session: Session): void {
  session.run++;
  session.interrupt = 'end';
  if (session.phase === 'running') session.target?.machine.pause();
}

function injectionOf(text: string, machine: Machine): Injection {
  try {
    return injection('inject', text, machine.arch.syscall.column);
  } catch (error) {
    if (!(error instanceof TraceOptionError)) throw error;
    throw new Refusal(`Launch configuration: inject: ${error.message}.`, { show: true });
  }
}

async function load(session: Session, l: Launch): Promise<void> {
  const { environment } = session;
  const owner = { session };
  const output = programOutput((stream, text) => owner.session.emit('output', { category: stream, output: text }));
  const terminal = await openTerminal(session, l);
  // A file that was named is the input, terminal or not.
  const typed = l.stdin === undefined ? terminal : undefined;
  const host = environment.createHost({
    stdin: l.stdin ?? new Uint8Array(0),
    ...(typed ? { input: maximum => typed.read(maximum) } : {}),
    folders: l.mounts.map(mount => mount.host),
    writable: l.mounts.filter(mount => mount.mode === 'rw').map(mount => mount.host),
    output: (stream, bytes) => (terminal ? terminal.write(bytes) : output.write(stream, bytes)),
  });
  let target: Target;
  const loaded = loadingProgress(session, l.program, l.file.length);
  try {
    const symbols = openSymbols(session, l.program, l.file);
    // The machine may refuse the program first.
    symbols.catch(() => {});
    const machine = await environment.createMachine({
      host,
      program: l.guestProgram,
      args: [l.guestProgram, ...l.args],
      env: terminal ? withTerm(l.env, terminal) : l.env,
      ...(terminal ? { streams: streamsOn(terminal, typed !== undefined) } : {}),
      cwd: l.guestCwd,
      mounts: l.mounts,
      uid: l.uid,
      gid: l.uid,
      seed: l.seed,
      clock: l.clock,
      memoryLimit: l.memory,
      cpus: l.cpus,
      cpu: l.cpu,
      hostname: l.hostname,
    });
    const program = loadProgram(await symbols, biasOf(machine, l));
    target = {
      machine,
      program,
      processId: machine.tasks().find(task => task.id === machine.current)?.processId ?? 0,
      owner,
      output,
      ...(terminal ? { terminal } : {}),
      lastCall: new Map<number, SyscallCall>(),
      trace: [],
      openCalls: new Map(),
      blocks: new Map(),
      unlisten: () => {},
    };
    machine.setHousekeepers(housekeepers(machine, programsOf(target)));
  } catch (error) {
    terminal?.close();
    throw new Refusal(`${l.program} cannot be run: ${whyNot(error)}`, { show: true });
  } finally {
    loaded();
  }
  target.machine.setInjections(l.inject.map(text => injectionOf(text, target.machine)));
  const lines = lineCollector(line => target.trace.push(line));
  const settings = { ...defaultSettings(target.machine.arch.syscall.column), follow: true };
  const tracing = traceMachine(target.machine, settings, host.realTime(), lines.write, {
    path: l.guestProgram,
    args: [l.guestProgram, ...l.args],
    env: l.env,
  });
  target.tracer = tracing.hear;
  target.endTrace = () => {
    tracing.end();
    lines.flush();
  };
  session.target = target;
  if (terminal) endWith(target, terminal, terminate);
  session.fault = undefined;
  target.unlisten = listenToMachine(session, target);
  session.phase = 'loaded';
  resolveAll(session, target.program);
  for (const { wish, spot, message } of session.breakpoints.launch)
    if (wish.is === 'trace' && spot.is === 'nowhere') say(session, `traceFunctions: ${message}`, 'important');
}

/** The program is told which terminal it has, unless the configuration says so itself. */
const withTerm = (env: readonly string[], { term }: Terminal): string[] =>
  term === undefined
    ? [...env]
    : env.map(text => (text === `TERM=${MINIMAL_ENVIRONMENT.TERM}` ? `TERM=${term}` : text));

const streamsOn = ({ rows, columns }: Terminal, typed: boolean): MachineOptions['streams'] => ({
  shows: { stdin: typed ? 'terminal' : 'pipe', stdout: 'terminal', stderr: 'terminal' },
  rows,
  columns,
});

/** What the loader added to the addresses of a position-independent program. */
export function biasOf(machine: Machine, { file, guestProgram }: Pick<Launch, 'file' | 'guestProgram'>): number {
  const elf = parseElf(file);
  const ET_DYN = 3;
  if (elf.type !== ET_DYN) return 0;
  const first = elf.segments.find(segment => segment.type === 1);
  const mapped = machine.mappings(machine.current ?? 0).find(mapping => mapping.name === guestProgram);
  if (!first || !mapped) return 0;
  const page = machine.arch.pageSize;
  return mapped.start - Math.floor(first.address / page) * page;
}

function start(session: Session): void {
  const { target, launch: l } = session;
  if (!target || !l) throw new Error('nothing is loaded');
  const task = target.machine.current ?? 0;
  if (session.attached) {
    session.attached = false;
    showAttached(session, task);
    return;
  }
  session.emit('thread', { reason: 'started', threadId: task });
  if (l.noDebug) {
    target.machine.setBreakpoints([]);
    begin(session, () => runOn(session));
    return;
  }
  arm(session);
  if (l.stopOnEntry === 'entry') {
    conclude(session, {
      is: 'stopped',
      report: { reason: 'entry', task, description: 'Stopped at the first instruction', breakpoints: [] },
    });
    return;
  }
  const main = l.stopOnEntry === 'main' ? mainOf(target) : undefined;
  if (l.stopOnEntry === 'main' && main === undefined)
    say(session, 'The program has no function called main.main or main: "stopOnEntry" has no effect.');
  begin(session, async () => {
    const outcome = await runOn(
      session,
      main === undefined ? [] : [main],
      stop => stop.is === 'breakpoint' && stop.address === main,
    );
    if (outcome.is === 'stopped' && outcome.report.reason === 'step')
      outcome.report = { ...outcome.report, reason: 'entry', description: 'Stopped at the main function' };
    return outcome;
  });
}

function mainOf({ program }: Target): number | undefined {
  for (const name of ['main.main', 'main']) {
    const fn = program.functionNamed(name);
    if (fn?.name === name) return program.prologueEnd(fn);
  }
  return undefined;
}
