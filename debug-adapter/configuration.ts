/**
 * From a client's launch configuration to one that needs nothing more: defaults filled in, paths resolved, Go source built,
 * the executable read. Everything wrong is answered with what to do about it.
 */
import { MACHINE_DEFAULTS } from '../emulator/defaults.ts';
import type { Mount } from '../emulator/machine.ts';
import type { Environment } from './environment.ts';
import { Refusal } from './errors.ts';
import { problemWith } from './files.ts';
import type { Syntax } from './instructions.ts';
import { guestPath, MINIMAL_ENVIRONMENT, mountFolder, parseMount, parseSize } from './options.ts';
import { checkLaunch, type LaunchConfiguration } from './protocol.ts';
import { type Session, say } from './session.ts';

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
  /** The whole standard input; undefined: none was given. */
  stdin: Uint8Array | undefined;
  console: 'internalConsole' | 'integratedTerminal' | 'externalTerminal';
  mounts: Mount[];
  stopOnEntry: 'no' | 'entry' | 'main';
  syscallBreakpoints: { name: string | number; when: 'enter' | 'exit'; condition?: string }[];
  /** As function breakpoints name them. */
  traceFunctions: string[];
  /** As strace's `-e inject=` has them. */
  inject: string[];
  substitutePath: { from: string; to: string }[];
  /** Which goroutines are listed as threads. */
  goroutines: 'user' | 'all';
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

/** From the client's configuration to one that needs nothing more. Throws Refusal. */
export async function prepare(
  session: Session,
  configuration: LaunchConfiguration & { noDebug?: unknown },
): Promise<Launch> {
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

  let stdin: Uint8Array | undefined;
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

  const memory = c.memory === undefined ? MACHINE_DEFAULTS.memoryLimit : parseSize(c.memory);
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
    console: c.console ?? 'internalConsole',
    mounts,
    stopOnEntry: c.stopOnEntry === true ? 'entry' : c.stopOnEntry || 'no',
    syscallBreakpoints: (c.syscallBreakpoints ?? []).map(item =>
      typeof item === 'object'
        ? { name: item.name, when: item.when ?? 'enter', condition: item.condition }
        : { name: item, when: 'enter' },
    ),
    traceFunctions: c.traceFunctions ?? [],
    inject: c.inject ?? [],
    substitutePath: c.substitutePath ?? [],
    goroutines: c.goroutines ?? 'user',
    syntax: c.syntax ?? 'go',
    trace: c.trace === undefined ? undefined : environment.resolve(cwd, c.trace),
    noDebug: c.noDebug === true,
    memory,
    maxInstructions: c.maxInstructions,
    seed: c.seed ?? MACHINE_DEFAULTS.seed,
    clock: c.clock ?? MACHINE_DEFAULTS.clock,
    cpu: c.cpu ?? MACHINE_DEFAULTS.cpu,
    cpus: c.cpus ?? MACHINE_DEFAULTS.cpus,
    uid: c.uid ?? MACHINE_DEFAULTS.uid,
    hostname: c.hostname ?? MACHINE_DEFAULTS.hostname,
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
  if (problem) throw new Refusal(problem.message, { show: true });
  return file;
}

/** The minimal environment or the adapter's own, then the configuration's. */
function variables(environment: Environment, c: LaunchConfiguration): string[] {
  const all: Record<string, string> = c.inheritEnv ? { ...environment.variables } : { ...MINIMAL_ENVIRONMENT };
  for (const [key, value] of Object.entries(c.env ?? {})) {
    if (value === false) delete all[key];
    else all[key] = String(value);
  }
  return Object.entries(all).map(([key, value]) => `${key}=${value}`);
}
