/**
 * What the engine costs besides running a program's instructions: how long until the first one, a whole hello world,
 * single steps as a debugger makes them, a system call with and without a trace, memory.
 */
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createMachine } from '../emulator/create-machine.ts';
import { MACHINE_DEFAULTS } from '../emulator/defaults.ts';
import { buildProgram, type Run, runTimed, type Tools } from './basket.ts';
import { RING3 } from './bench.ts';
import { EXIT, Exit } from './exit.ts';
import { createNodeHost } from './node-host.ts';

export interface EngineFigures {
  /** Inside a fresh process: from the program's bytes to the first instruction, milliseconds. */
  startMilliseconds: number;
  /** The same and the whole run of a hello world. */
  helloMilliseconds: number;
  helloInstructions: number;
  /** A hello world from outside, Node's own start included. */
  helloSeconds: { ring3: number; qemu?: number; native?: number };
  helloPeakMemory: { ring3: number; qemu?: number; native?: number };
  /** `Machine.step` in a loop. */
  stepsPerSecond: number;
  /** One getppid, nanoseconds: as it is, and with every call traced to a file. */
  callNanoseconds: { ring3: number; qemu?: number; native?: number };
  tracedCallNanoseconds: { ring3: number; strace?: number };
}

/** Single steps that are timed, in a program that is past its start. */
const STEPS = 500_000;
const BEFORE_STEPS = 1_000_000;

export async function measureEngine(
  launcher: string,
  tools: Tools,
  runs: number,
  quick: boolean,
): Promise<EngineFigures> {
  const hello = buildProgram('hello');
  const calls = buildProgram('calls');
  const trace = join(tmpdir(), `ring3-bench-${process.pid}.trace`);
  /** More calls than it takes until the loop around them is compiled; strace needs a quarter of a millisecond for each. */
  const few = quick ? 100 : 50_000;
  const many = quick ? 1_000 : 150_000;
  const [fewSlow, manySlow] = quick ? [few, many] : [1_000, 51_000];
  /** What is run, in turns; the best counts. */
  const commands: Record<string, readonly string[] | undefined> = {
    ring3Hello: [...RING3, 'run', '--stats', hello],
    qemuHello: tools.qemu && [tools.qemu.command, hello],
    nativeHello: tools.native ? [hello] : undefined,
    ...twice('ring3Calls', [...RING3, 'run', calls], few, many),
    ...twice('ring3Traced', [...RING3, 'trace', '-f', '-o', trace, calls], few, many),
    ...twice('qemuCalls', tools.qemu && [tools.qemu.command, calls], few, many),
    ...twice('nativeCalls', tools.native ? [calls] : undefined, few, many),
    ...twice('straceCalls', tools.strace && [tools.strace.command, '-f', '-o', trace, calls], fewSlow, manySlow),
  };
  const best = new Map<string, Run>();
  let peak = Number.POSITIVE_INFINITY;
  let start = Number.POSITIVE_INFINITY;
  let whole = Number.POSITIVE_INFINITY;
  let instructions = 0;
  for (let turn = 0; turn < runs; turn++) {
    for (const [name, words] of Object.entries(commands)) {
      if (!words) continue;
      const run = await runTimed(launcher, words);
      if (run.code !== 0) throw new Exit(EXIT.failed, `${words.join(' ')} failed: ${run.stderr.trim()}`);
      if (run.wall < (best.get(name)?.wall ?? Number.POSITIVE_INFINITY)) best.set(name, run);
      if (name !== 'ring3Hello') continue;
      const stats = JSON.parse(run.stderr) as Record<string, number>;
      start = Math.min(start, stats.startMilliseconds);
      whole = Math.min(whole, stats.startMilliseconds + stats.milliseconds);
      instructions = stats.instructions;
      peak = Math.min(peak, run.memory);
    }
  }
  const wall = (name: string): number | undefined => best.get(name)?.wall;
  const perCall = (name: string, from = few, to = many): number | undefined => {
    const [less, more] = [wall(`${name} ${from}`), wall(`${name} ${to}`)];
    return less === undefined || more === undefined ? undefined : Math.max(0, ((more - less) / (to - from)) * 1e9);
  };
  return {
    startMilliseconds: start,
    helloMilliseconds: whole,
    helloInstructions: instructions,
    helloSeconds: { ring3: wall('ring3Hello')!, qemu: wall('qemuHello'), native: wall('nativeHello') },
    helloPeakMemory: { ring3: peak, qemu: best.get('qemuHello')?.memory, native: best.get('nativeHello')?.memory },
    stepsPerSecond: await stepsPerSecond(buildProgram('fib'), quick ? STEPS / 20 : STEPS, runs),
    callNanoseconds: { ring3: perCall('ring3Calls')!, qemu: perCall('qemuCalls'), native: perCall('nativeCalls') },
    tracedCallNanoseconds: {
      ring3: perCall('ring3Traced')!,
      strace: perCall('straceCalls', fewSlow, manySlow),
    },
  };
}

/** The same command with two amounts of work: their difference is free of the start's costs. */
function twice(name: string, words: readonly string[] | undefined, few: number, many: number) {
  return {
    [`${name} ${few}`]: words && [...words, String(few)],
    [`${name} ${many}`]: words && [...words, String(many)],
  };
}

/** Single steps as the debugger makes them, in this process. */
async function stepsPerSecond(program: string, steps: number, runs: number): Promise<number> {
  let best = 0;
  for (let turn = 0; turn < runs; turn++) {
    const folder = dirname(program);
    const machine = await createMachine({
      host: { ...createNodeHost({ roots: [folder] }), output: () => {}, input: () => new Uint8Array(0) },
      program,
      args: [program, '40'],
      ...MACHINE_DEFAULTS,
      env: [],
      cwd: '/',
      mounts: [{ host: folder, guest: folder, mode: 'ro' }],
    });
    await machine.run({ maxInstructions: BEFORE_STEPS });
    const started = performance.now();
    let done = 0;
    while (done < steps && (await machine.step()).is !== 'exited') done++;
    best = Math.max(best, done / ((performance.now() - started) / 1000));
  }
  return best;
}
