/**
 * The programs of the benchmark and how they are built and run. They are built when they are needed, from bench/, with
 * the toolchains of this machine; each is timed from outside by a launcher that is small enough not to be measured
 * itself, and says its own time besides.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UsageError } from './options.ts';

/** Beside cli/ and beside the bundle's dist/ alike. */
const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SOURCES = join(ROOT, 'bench');
const BUILT = join(ROOT, 'out', 'bench');

/** No run of the basket takes this long anywhere; what does hangs. Milliseconds. */
const TIME_LIMIT = 300_000;
const ENDS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export interface BasketRow {
  readonly name: string;
  readonly language: 'go' | 'c';
  /** The folder under bench/go, or the file under bench/c. */
  readonly source: string;
  /** How much work: about 0.3 seconds on a machine of 2021, and a few milliseconds for tests. */
  readonly amount: number;
  readonly small: number;
}

export const BASKET: readonly BasketRow[] = [
  { name: 'sha256, plain Go', language: 'go', source: 'sha256generic', amount: 48, small: 1 },
  { name: 'sha256, crypto/sha256', language: 'go', source: 'sha256std', amount: 450, small: 1 },
  { name: 'nbody', language: 'go', source: 'nbody', amount: 3_600_000, small: 3_000 },
  { name: 'fib', language: 'go', source: 'fib', amount: 39, small: 20 },
  { name: 'binary trees', language: 'go', source: 'trees', amount: 19, small: 10 },
  { name: 'sort', language: 'go', source: 'sorting', amount: 700_000, small: 2_000 },
  { name: 'map inserts', language: 'go', source: 'mapping', amount: 1_200_000, small: 2_000 },
  { name: 'channel ping-pong', language: 'go', source: 'pingpong', amount: 750_000, small: 500 },
  { name: 'regexp', language: 'go', source: 'regex', amount: 21_000, small: 30 },
  { name: 'JSON', language: 'go', source: 'json', amount: 18_000, small: 50 },
  { name: 'linked structure, GC', language: 'go', source: 'linked', amount: 180_000, small: 1_000 },
  { name: 'fmt to a buffer', language: 'go', source: 'format', amount: 300_000, small: 300 },
  { name: 'matrix product, C', language: 'c', source: 'matrix', amount: 620, small: 24 },
  { name: 'compressor, C', language: 'c', source: 'pack', amount: 40_000, small: 32 },
];

export type GoLevel = 'v1' | 'v2' | 'v3';

/** What is on this machine; undefined: not there. */
export interface Tools {
  /** Version lines as the tools print them. */
  readonly go: string;
  readonly cc: { command: string; version: string } | undefined;
  readonly qemu: { command: string; version: string } | undefined;
  readonly strace: { command: string; version: string } | undefined;
  /** This machine runs the programs itself. */
  readonly native: boolean;
}

/** Throws UsageError where there is nothing to measure with. */
export function findTools(): Tools {
  if (!existsSync(join(SOURCES, 'go.mod')))
    throw new UsageError('the programs of the benchmark come with the repository of Ring 3: run `npm run bench` there');
  const go = versionOf('go', ['version']);
  if (!go) throw new UsageError('the programs of the benchmark are built with Go, which is not installed (go.dev/dl)');
  const native = process.platform === 'linux' && process.arch === 'x64';
  const compilers = [...(native ? ['gcc', 'cc'] : []), 'x86_64-linux-gnu-gcc', 'x86_64-linux-musl-gcc'];
  return {
    go: go.version,
    cc: firstOf(compilers, ['--version']),
    qemu: firstOf(['qemu-x86_64', 'qemu-x86_64-static'], ['--version']),
    strace: native ? firstOf(['strace'], ['--version']) : undefined,
    native,
  };
}

const firstOf = (commands: string[], args: string[]) =>
  commands.map(command => versionOf(command, args)).find(found => found !== undefined);

function versionOf(command: string, args: string[]): { command: string; version: string } | undefined {
  const there = (process.env.PATH ?? '')
    .split(delimiter)
    .some(folder =>
      ['', '.exe'].some(end => statSync(join(folder, command + end), { throwIfNoEntry: false })?.isFile()),
    );
  if (!there) return undefined;
  const { status, stdout } = spawnSync(command, args, { encoding: 'utf8', timeout: 30_000 });
  return status === 0 ? { command, version: stdout.split('\n')[0].trim() } : undefined;
}

/** Builds programs for linux/amd64 and returns their paths. Throws UsageError with the compiler's words. */
export function buildBasket(tools: Tools, sources: readonly BasketRow[], level: GoLevel = 'v1'): Map<string, string> {
  const folder = join(BUILT, level);
  mkdirSync(folder, { recursive: true });
  const built = new Map<string, string>();
  const go = sources.filter(row => row.language === 'go').map(row => row.source);
  if (go.length > 0) {
    goBuild(
      folder,
      go.map(name => `./go/${name}`),
      { GOOS: 'linux', GOARCH: 'amd64', GOAMD64: level },
    );
    for (const name of go) built.set(name, join(folder, name));
  }
  for (const { source } of sources.filter(row => row.language === 'c')) {
    if (!tools.cc) continue;
    const output = join(folder, source);
    execute(tools.cc.command, ['-O2', '-static', '-o', output, join(SOURCES, 'c', `${source}.c`)], process.env);
    built.set(source, output);
  }
  return built;
}

/** A Go program of bench/go that is no part of the basket. */
export function buildProgram(name: string): string {
  const folder = join(BUILT, 'v1');
  mkdirSync(folder, { recursive: true });
  goBuild(folder, [`./go/${name}`], { GOOS: 'linux', GOARCH: 'amd64', GOAMD64: 'v1' });
  return join(folder, name);
}

/** The launcher runs on this machine, whatever that is. */
export function buildLauncher(): string {
  mkdirSync(BUILT, { recursive: true });
  goBuild(BUILT, ['./launch'], {});
  return join(BUILT, process.platform === 'win32' ? 'launch.exe' : 'launch');
}

function goBuild(folder: string, packages: string[], target: Record<string, string>): void {
  // Nothing of the user's own settings changes what is measured.
  const clean = { CGO_ENABLED: '0', GOFLAGS: '', GOEXPERIMENT: '', GOWORK: 'off', GOTOOLCHAIN: 'local' };
  const { GOOS: _os, GOARCH: _arch, GOAMD64: _level, ...rest } = process.env;
  // A folder's name with a slash at its end: one file for each package.
  const args = ['build', '-trimpath', '-buildvcs=false', '-o', `${folder}/`, ...packages];
  execute('go', args, { ...rest, ...clean, ...target });
}

function execute(command: string, args: string[], env: NodeJS.ProcessEnv): void {
  const { status, stderr, error } = spawnSync(command, args, { cwd: SOURCES, encoding: 'utf8', env });
  if (status !== 0) throw new UsageError(`${command} ${args[0]} failed:\n${error?.message ?? stderr}`);
}

/** One run of one program. */
export interface Run {
  /** From outside, seconds. */
  wall: number;
  /** User and system time of the whole process, seconds. */
  cpu: number;
  /** Peak resident set, bytes; 0 where the system does not say. */
  memory: number;
  /** What the program says itself, seconds; undefined: it says nothing. */
  own: number | undefined;
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs a command under the launcher. A command that does not end is killed and has no code. */
export function runTimed(launcher: string, words: readonly string[], env: Record<string, string> = {}): Promise<Run> {
  return new Promise((resolve, reject) => {
    const grouped = process.platform !== 'win32';
    const child = spawn(launcher, [...words], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: grouped,
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', text => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', text => {
      stderr += text;
    });
    const kill = () => {
      if (grouped && child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      else child.kill('SIGKILL');
    };
    const timer = setTimeout(kill, TIME_LIMIT);
    // Whoever ends the benchmark ends what it started.
    const end = () => {
      kill();
      process.exit(130);
    };
    for (const signal of ENDS) process.once(signal, end);
    child.on('error', reject);
    child.on('close', code => {
      clearTimeout(timer);
      for (const signal of ENDS) process.off(signal, end);
      const line = /^launch (\{.*\})\n$/m.exec(stderr);
      const figures = line ? (JSON.parse(line[1]) as { wall: number; cpu: number; memory: number }) : undefined;
      const own = /^time (\d+) ns$/m.exec(stderr);
      resolve({
        wall: (figures?.wall ?? 0) / 1e9,
        cpu: (figures?.cpu ?? 0) / 1e9,
        memory: figures?.memory ?? 0,
        own: own ? Number(own[1]) / 1e9 : undefined,
        code: figures ? code : null,
        stdout,
        stderr: stderr.replace(/^launch .*\n/m, ''),
      });
    });
  });
}
