/**
 * From the command line's words to a machine that is ready to run: what `run` and `trace` share. Failures that Linux has a
 * number for keep it: 126 for what cannot be executed, 127 for what is not there, 125 for what is Ring 3's own.
 */
import { readFileSync, statSync } from 'node:fs';
import { delimiter, dirname, isAbsolute, join, resolve } from 'node:path';
import { isatty } from 'node:tty';
import { whyNot } from '../debug-adapter/errors.ts';
import { problemWith } from '../debug-adapter/files.ts';
import { guestPath, MINIMAL_ENVIRONMENT, mountFolder, parseMount, parseSize } from '../debug-adapter/options.ts';
import { createMachine } from '../emulator/create-machine.ts';
import { MACHINE_DEFAULTS } from '../emulator/defaults.ts';
import type { Host } from '../emulator/host.ts';
import type { Machine, MachineOptions, Mount } from '../emulator/machine.ts';
import { compilerThread } from './compiler.ts';
import { EXIT, Exit } from './exit.ts';
import { createNodeHost } from './node-host.ts';
import { choiceOption, integerOption, type Parsed, UsageError } from './options.ts';
import { type Programs, programsOf } from './programs.ts';

/** 2026-01-01T00:00:00Z. */
const REPEATABLE_TIME = 1_767_225_600_000_000_000n;

export interface Guest {
  machine: Machine;
  plan: GuestPlan;
  /** The symbols of what it runs. */
  programs: Programs;
  /** Milliseconds from nothing to a machine before its first instruction. */
  started: number;
  /** Nanoseconds since 1970, when the machine's clock started. */
  realTime: bigint;
  /** Where output goes instead of this process's own streams. */
  setOutput(output: Host['output']): void;
  /** The machine was put back to its start: --stdin is read from its beginning again. */
  rewind(): void;
}

/** What does not change from one repetition to the next. */
export interface GuestPlan {
  program: string;
  file: Uint8Array;
  options: Omit<MachineOptions, 'host' | 'seed'>;
  seed: number;
  /** The bytes of --stdin; undefined: this process's own. */
  stdin: Uint8Array | undefined;
  maxInstructions: number | undefined;
  /** A run that can be repeated starts at the same time, nanoseconds since 1970; undefined: now. */
  realTime: bigint | undefined;
  /** It may run several times. */
  repeated: boolean;
  /** Milliseconds. */
  timeout: number | undefined;
}

/** Throws Exit and UsageError. */
export function planGuest(options: Parsed, words: readonly string[]): GuestPlan {
  const [name, ...args] = words;
  if (name === undefined) throw new UsageError('name the program to run');
  const program = findProgram(name);
  const file = new Uint8Array(readFileSync(program));
  const problem = problemWith(file, name);
  if (problem) throw new Exit(EXIT.notExecutable, problem.message);

  const cwd = resolve(typeof options.cwd === 'string' ? options.cwd : process.cwd());
  if (!isFolder(cwd)) throw new UsageError(`--cwd: ${cwd} is no folder`);
  const mounts: Mount[] = [];
  for (const text of (options.mount as string[] | undefined) ?? []) {
    const mount = parseMount(text, path => resolve(path));
    if (typeof mount === 'string') throw new UsageError(`--mount: ${mount}`);
    if (!isFolder(mount.host)) throw new UsageError(`--mount: ${mount.host} is no folder`);
    mounts.push(mount);
  }
  for (const host of [cwd, dirname(program)]) mountFolder(mounts, host);

  const memoryLimit = typeof options.memory === 'string' ? parseSize(options.memory) : MACHINE_DEFAULTS.memoryLimit;
  if (memoryLimit === undefined) throw new UsageError(`--memory: ${options.memory} is no size; write 512M or 2G`);
  const uid = integerOption(options, 'uid', '--uid', 0) ?? MACHINE_DEFAULTS.uid;
  const seconds = options.timeout === undefined ? undefined : Number(options.timeout);
  if (seconds !== undefined && !(seconds > 0))
    throw new UsageError(`--timeout needs a number of seconds, not ${String(options.timeout)}`);

  const repeated = options.repeat !== undefined;
  let stdin: Uint8Array | undefined = repeated ? new Uint8Array(0) : undefined;
  if (typeof options.stdin === 'string') {
    try {
      stdin = new Uint8Array(readFileSync(options.stdin));
    } catch (error) {
      throw new UsageError(`--stdin: ${(error as Error).message}`);
    }
  }
  return {
    program,
    file,
    seed: integerOption(options, 'seed', '--seed', 0) ?? MACHINE_DEFAULTS.seed,
    stdin,
    realTime: options.seed === undefined && !repeated ? undefined : REPEATABLE_TIME,
    repeated,
    maxInstructions: integerOption(options, 'maxInstructions', '--max-instructions', 1),
    timeout: seconds === undefined ? undefined : seconds * 1000,
    options: {
      program: guestPath(mounts, program) ?? program,
      args: [name, ...args],
      env: environment((options.env as string[] | undefined) ?? []),
      cwd: guestPath(mounts, cwd) ?? cwd,
      mounts,
      uid,
      gid: uid,
      clock: choiceOption(options, 'clock', '--clock', ['virtual', 'real']) ?? MACHINE_DEFAULTS.clock,
      memoryLimit,
      cpus: integerOption(options, 'cpus', '--cpus', 1) ?? MACHINE_DEFAULTS.cpus,
      cpu: choiceOption(options, 'cpu', '--cpu', ['x86-64-v2', 'x86-64-v3']) ?? MACHINE_DEFAULTS.cpu,
      hostname: typeof options.hostname === 'string' ? options.hostname : MACHINE_DEFAULTS.hostname,
    },
  };
}

/** A machine with the program loaded and this process's streams. Throws Exit. */
export async function startGuest(plan: GuestPlan): Promise<Guest> {
  const { mounts } = plan.options;
  const node = createNodeHost({
    roots: mounts.map(mount => mount.host),
    writable: mounts.filter(mount => mount.mode === 'rw').map(mount => mount.host),
  });
  const realTime = plan.realTime ?? node.realTime();
  let output = node.output;
  let given = 0;
  const { stdin } = plan;
  const host: Host = {
    ...node,
    output: (stream, bytes) => output(stream, bytes),
    realTime: () => realTime,
    input(maximum) {
      if (!stdin) return node.input(maximum);
      const bytes = stdin.slice(given, given + maximum);
      given += bytes.length;
      return bytes;
    },
  };
  const start = performance.now();
  try {
    const machine = await createMachine({
      ...plan.options,
      host,
      seed: plan.seed,
      streams: streamsOf(plan),
      compiler: compilerThread(),
    });
    const programs = programsOf(machine, plan);
    return {
      machine,
      plan,
      programs,
      started: performance.now() - start,
      realTime,
      setOutput(to) {
        output = to;
      },
      rewind() {
        given = 0;
        programs.forget();
      },
    };
  } catch (error) {
    throw new Exit(EXIT.notExecutable, `${plan.program}: ${whyNot(error)}`);
  }
}

/** The guest's descriptors are terminals where this process's are. */
function streamsOf(plan: GuestPlan): MachineOptions['streams'] {
  const show = (isTerminal: boolean): 'terminal' | 'pipe' => (isTerminal ? 'terminal' : 'pipe');
  return {
    shows: {
      // Asked of the descriptors: the streams are made when they are first used, and few programs read.
      stdin: show(plan.stdin === undefined && isatty(0)),
      stdout: show(isatty(1)),
      stderr: show(isatty(2)),
    },
    rows: process.stdout.rows,
    columns: process.stdout.columns,
  };
}

/** As a shell finds it: names with a slash are paths, others are looked up in PATH. */
function findProgram(name: string): string {
  const candidates =
    name.includes('/') || isAbsolute(name)
      ? [resolve(name)]
      : (process.env.PATH ?? '').split(delimiter).map(folder => join(folder || '.', name));
  for (const path of candidates) {
    const found = statSync(path, { throwIfNoEntry: false });
    if (found?.isFile()) return resolve(path);
    if (found?.isDirectory() && candidates.length === 1)
      throw new Exit(EXIT.notExecutable, `${name} is a folder, not a program`);
  }
  throw new Exit(EXIT.notFound, `${name}: there is no such program`);
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function environment(given: readonly string[]): string[] {
  const all = new Map<string, string>(Object.entries(MINIMAL_ENVIRONMENT));
  for (const text of given) {
    if (text === '*') {
      for (const [key, value] of Object.entries(process.env)) if (value !== undefined) all.set(key, value);
      continue;
    }
    const at = text.indexOf('=');
    if (at < 1) throw new UsageError(`--env needs K=V or '*', not ${text}`);
    all.set(text.slice(0, at), text.slice(at + 1));
  }
  return [...all].map(([key, value]) => `${key}=${value}`);
}
