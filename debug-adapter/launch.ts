/**
 * The beginning and the end of a session: what the adapter can do, from a launch configuration to a machine with the program
 * in it, restart, terminate, disconnect. Every file that cannot be run is told apart and answered with what to do.
 */
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { SyscallCall } from '../emulator/kernel/api.ts';
import type { Machine, Mount } from '../emulator/machine.ts';
import { parseElf } from '../emulator/symbols/elf.ts';
import { loadProgram } from '../emulator/symbols/program.ts';
import { defaultSettings } from '../emulator/trace/settings.ts';
import { arm, FILTERS, resolveAll, setLaunchBreakpoints } from './breakpoints.ts';
import type { Environment } from './environment.ts';
import { Refusal } from './errors.ts';
import { listenToMachine } from './events.ts';
import { problemWith } from './files.ts';
import type { Syntax } from './instructions.ts';
import { guestPath, mountFolder, parseMount, parseSize } from './options.ts';
import { programOutput } from './output.ts';
import { checkLaunch, type LaunchConfiguration } from './protocol.ts';
import { begin, conclude, finishTrace, forget } from './run.ts';
import { type Session, say, type Target } from './session.ts';
import { runOn } from './stepping.ts';
import { lineCollector, traceMachine } from './tracing.ts';

/** A launch configuration with its defaults filled in and its paths resolved. */
export interface Launch {
  /** The ELF file, after building. */
  program: string;
  file: Uint8Array;
  /** Its path as the program sees it, which is its first argument too. */
  guestProgram: string;
  args: string[];
  env: string[];
  /** On the host; the program sees it at `guestCwd`. */
  cwd: string;
  guestCwd: string;
  stdin: Uint8Array;
  mounts: Mount[];
  stopOnEntry: 'no' | 'entry' | 'main';
  syscallBreakpoints: { name: string | number; when: 'enter' | 'exit'; condition?: string }[];
  substitutePath: { from: string; to: string }[];
  syntax: Syntax;
  trace?: string;
  noDebug: boolean;
  memory: number;
  maxInstructions?: number;
  seed: number;
  clock: 'virtual' | 'real';
  cpu: 'x86-64-v2' | 'x86-64-v3';
  cpus: number;
  uid: number;
  hostname: string;
}

/** Only what works, each bound to a conversation in test/dap. */
const CAPABILITIES: DebugProtocol.Capabilities = {
  supportsConfigurationDoneRequest: true,
  supportsFunctionBreakpoints: true,
  supportsConditionalBreakpoints: true,
  supportsHitConditionalBreakpoints: true,
  supportsLogPoints: true,
  supportsInstructionBreakpoints: true,
  supportsBreakpointLocationsRequest: true,
  supportsExceptionFilterOptions: true,
  supportsExceptionInfoRequest: true,
  exceptionBreakpointFilters: FILTERS,
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
  supportsDelayedStackTraceLoading: true,
  supportsModulesRequest: true,
  supportsLoadedSourcesRequest: true,
  supportsRestartRequest: true,
  supportsTerminateRequest: true,
  supportTerminateDebuggee: true,
  supportsCancelRequest: true,
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
  };
  return CAPABILITIES;
}

export function attach(): never {
  throw new Refusal(
    'Ring 3 cannot attach: it does not trace processes of this computer, it runs programs on a processor and a kernel of its own. Use "request": "launch" with the program\'s path.',
    { show: true },
  );
}

export async function launch(session: Session, args: LaunchConfiguration & { noDebug?: unknown }): Promise<void> {
  if (session.target)
    throw new Refusal('A program is launched already: use restart, or a new session.', { show: true });
  const started = await prepare(session, args);
  session.launch = started;
  if (!started.noDebug) {
    const problem = setLaunchBreakpoints(session, started.syscallBreakpoints);
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
  session.target = undefined;
  forget(session);
  // The file may have been built anew; the client may have sent a changed configuration.
  const configuration = again && 'program' in again ? again : session.configuration;
  if (!configuration) throw new Refusal('There is nothing to restart.');
  session.launch = await prepare(session, configuration);
  const problem = session.launch.noDebug ? undefined : setLaunchBreakpoints(session, session.launch.syscallBreakpoints);
  if (problem !== undefined) throw new Refusal(problem, { show: true });
  await load(session, session.launch);
  start(session);
}

export function terminate(session: Session): void {
  if (session.phase === 'ended') return;
  stopRunning(session);
  session.phase = 'ended';
  session.target?.output.flush(true);
  finishTrace(session);
  session.emit('terminated', {});
}

export function disconnect(session: Session): void {
  end(session);
  session.started.push(session.ended);
}

/** Nothing runs after this and nothing is told. */
export function end(session: Session): void {
  stopRunning(session);
  session.phase = 'ended';
  session.target?.output.flush(true);
  finishTrace(session);
  session.target?.unlisten();
}

function stopRunning(session: Session): void {
  session.run++;
  session.interrupt = 'end';
  if (session.phase === 'running') session.target?.machine.pause();
}

/** From the client's configuration to one that needs nothing more. Throws Refusal. */
async function prepare(session: Session, configuration: LaunchConfiguration & { noDebug?: unknown }): Promise<Launch> {
  const { environment } = session;
  const problem = checkLaunch(configuration);
  if (problem) throw new Refusal(problem, { show: true });
  session.configuration = configuration;
  const c = configuration;
  const asked = environment.resolve(environment.folder, c.program);
  const program = await buildIfSource(session, asked, c);
  const cwd =
    c.cwd === undefined ? defaultFolder(environment, asked, program) : environment.resolve(environment.folder, c.cwd);
  if ((await environment.look(cwd)).is !== 'directory')
    throw new Refusal(`The working directory ${cwd} ("cwd") is no folder.`, { show: true });

  let stdin: Uint8Array = new Uint8Array(0);
  if (c.stdin !== undefined) {
    const path = environment.resolve(cwd, c.stdin);
    if ((await environment.look(path)).is !== 'file')
      throw new Refusal(`The file for standard input ("stdin") does not exist: ${path}`, { show: true });
    stdin = await environment.readFile(path);
  }

  const mounts: Mount[] = [];
  for (const text of c.mounts ?? []) {
    const mount = parseMount(text, path => environment.resolve(environment.folder, path));
    if (typeof mount === 'string') throw new Refusal(`Launch configuration: mounts: ${mount}`, { show: true });
    if ((await environment.look(mount.host)).is !== 'directory')
      throw new Refusal(`Launch configuration: mounts: ${mount.host} is no folder.`, { show: true });
    mounts.push(mount);
  }
  for (const host of [cwd, environment.folderOf(program)]) mountFolder(mounts, host);

  const memory = parseSize(c.memory ?? '4G');
  if (memory === undefined)
    throw new Refusal(`Launch configuration: memory: ${JSON.stringify(c.memory)} is no size; write "512M" or "2G".`, {
      show: true,
    });

  return {
    program,
    file: await executable(environment, program, c.program),
    guestProgram: guestPath(mounts, program) ?? program,
    args: c.args ?? [],
    env: variables(environment, c),
    cwd,
    guestCwd: guestPath(mounts, cwd) ?? cwd,
    stdin,
    mounts,
    stopOnEntry: c.stopOnEntry === true ? 'entry' : c.stopOnEntry || 'no',
    syscallBreakpoints: (c.syscallBreakpoints ?? []).map(item =>
      typeof item === 'object'
        ? { name: item.name, when: item.when ?? 'enter', condition: item.condition }
        : { name: item, when: 'enter' },
    ),
    substitutePath: c.substitutePath ?? [],
    syntax: c.syntax ?? 'go',
    trace: c.trace === undefined ? undefined : environment.resolve(cwd, c.trace),
    noDebug: c.noDebug === true,
    memory,
    maxInstructions: c.maxInstructions,
    seed: c.seed ?? 1,
    clock: c.clock ?? 'virtual',
    cpu: c.cpu ?? 'x86-64-v2',
    cpus: c.cpus ?? 1,
    uid: c.uid ?? 1000,
    hostname: c.hostname ?? 'ring3',
  };
}

function defaultFolder(environment: Environment, asked: string, program: string): string {
  return asked === program ? environment.folder : asked.endsWith('.go') ? environment.folderOf(asked) : asked;
}

async function buildIfSource(session: Session, path: string, c: LaunchConfiguration): Promise<string> {
  const { environment } = session;
  const kind = await environment.look(path);
  if (kind.is === 'unreadable') throw new Refusal(`${path} cannot be read: ${kind.why}.`, { show: true });
  if (kind.is === 'missing')
    throw new Refusal(
      `There is no file ${path}. "program" names an ELF executable, a .go file or the folder of a Go package.`,
      { show: true },
    );
  if (kind.is === 'file' && !path.endsWith('.go')) return path;
  if (!environment.build)
    throw new Refusal(
      `${path} is Go source, and there is no Go toolchain here to build it with. Build it with GOOS=linux GOARCH=amd64 go build, and name the result as "program".`,
      { show: true },
    );
  const progress = session.client.progress;
  const progressId = `build-${session.run}`;
  if (progress) session.emit('progressStart', { progressId, title: 'Building for linux/amd64', cancellable: false });
  const flags = typeof c.buildFlags === 'string' ? c.buildFlags.split(/\s+/).filter(Boolean) : (c.buildFlags ?? []);
  const result = await environment.build({ path, flags, optimize: c.optimize ?? false });
  if (progress) session.emit('progressEnd', { progressId });
  if (result.is === 'built') return result.program;
  if (result.output !== '') say(session, result.output, 'stderr');
  throw new Refusal(result.message, { show: true });
}

/** The bytes of a file that is an executable Ring 3 runs. Throws Refusal. */
async function executable(environment: Environment, path: string, asked: string): Promise<Uint8Array> {
  let file: Uint8Array;
  try {
    file = await environment.readFile(path);
  } catch (error) {
    throw new Refusal(`${path} cannot be read: ${(error as Error).message}`, { show: true });
  }
  const problem = problemWith(file, asked);
  if (problem !== undefined) throw new Refusal(problem, { show: true });
  return file;
}

/** What a login shell gives at least, then the configuration's. */
function variables(environment: Environment, c: LaunchConfiguration): string[] {
  const all: Record<string, string> = c.inheritEnv
    ? { ...environment.variables }
    : { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: '/home/user', USER: 'user', LANG: 'C.UTF-8', TERM: 'dumb' };
  for (const [key, value] of Object.entries(c.env ?? {})) {
    if (value === false) delete all[key];
    else all[key] = String(value);
  }
  return Object.entries(all).map(([key, value]) => `${key}=${value}`);
}

async function load(session: Session, l: Launch): Promise<void> {
  const { environment } = session;
  const output = programOutput((stream, text) => session.emit('output', { category: stream, output: text }));
  const host = environment.createHost({
    stdin: l.stdin,
    folders: l.mounts.map(mount => mount.host),
    writable: l.mounts.filter(mount => mount.mode === 'rw').map(mount => mount.host),
    output: (stream, bytes) => output.write(stream, bytes),
  });
  let target: Target;
  try {
    const machine = await environment.createMachine({
      host,
      program: l.guestProgram,
      args: [l.guestProgram, ...l.args],
      env: l.env,
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
    const program = loadProgram(l.file, biasOf(machine, l));
    target = {
      machine,
      program,
      processId: machine.tasks().find(task => task.id === machine.current)?.processId ?? 0,
      output,
      lastCall: new Map<number, SyscallCall>(),
      trace: [],
      blocks: new Map(),
      unlisten: () => {},
    };
  } catch (error) {
    // What execve would answer is an errno; what the loader explains is a sentence.
    const said = error as { message?: string; sentence?: string; name?: string };
    throw new Refusal(`${l.program} cannot be run: ${said.message ?? said.sentence ?? said.name ?? String(error)}`, {
      show: true,
    });
  }
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
  target.unlisten = listenToMachine(session, target);
  session.phase = 'loaded';
  resolveAll(session, target.program);
}

/** What the loader added to the addresses of a position-independent program. */
function biasOf(machine: Machine, { file, guestProgram }: Launch): number {
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
