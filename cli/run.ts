/** `ring3 run`: the program with its own standard streams, and its exit code; or many runs, to find the one that fails. */
import { devNull } from 'node:os';
import { DEADLOCK, deadlockReport, housekeepers } from '../debug-adapter/deadlock.ts';
import { levelProblem } from '../debug-adapter/go-level.ts';
import { SIG, signalName } from '../emulator/abi/signals.ts';
import type { KernelEvent } from '../emulator/kernel/api.ts';
import type { Machine, Stop } from '../emulator/machine.ts';
import { EXIT, Exit } from './exit.ts';
import { type Guest, type GuestPlan, planGuest, startGuest } from './guest.ts';
import { integerOption, OPTIONS, type Parsed, UsageError, wordsOf } from './options.ts';

/** How a run ended: the code for the shell, and why if that is not the program's own doing. */
export interface Ending {
  code: number;
  reason?: string;
}

/** A run that did not end with 0. */
interface Failure extends Ending {
  seed: number;
  instructions: number;
  /** What repeats it. */
  command: string;
}

/** Output of a run that is shown only if the run fails: no more than this, the end of it. Bytes. */
const HELD = 16 << 20;

export async function run(options: Parsed, words: readonly string[]): Promise<number> {
  const times = integerOption(options, 'repeat', '--repeat', 1);
  if (options.untilFail && times === undefined) throw new UsageError('--until-fail needs --repeat N');
  const plan = planGuest(options, words);
  const figures = options.stats ? createFigures() : undefined;
  try {
    return times === undefined
      ? await runOnce(options, words, plan, figures)
      : await runOften(options, words, plan, times, figures);
  } finally {
    if (figures) process.stderr.write(`${JSON.stringify(figures.result())}\n`);
  }
}

async function runOnce(
  options: Parsed,
  words: readonly string[],
  plan: GuestPlan,
  figures: Figures | undefined,
): Promise<number> {
  const started = performance.now();
  const guest = await startGuest(plan);
  const ending = await toTheEnd(guest, figures);
  if (ending.reason && !options.summary) say(ending.reason);
  if (options.summary) {
    const failed = ending.code === 0 ? [] : [failure(options, words, plan.seed, guest, ending)];
    sayJson({ runs: 1, firstSeed: plan.seed, failed, milliseconds: performance.now() - started });
  }
  return ending.code;
}

/**
 * The same machine again and again, put back to its start with the next seed: what was decoded and compiled stays. With
 * --until-fail the runs are silent but for the one that fails.
 */
async function runOften(
  options: Parsed,
  words: readonly string[],
  plan: GuestPlan,
  times: number,
  figures: Figures | undefined,
): Promise<number> {
  const started = performance.now();
  const guest = await startGuest(plan);
  const { machine } = guest;
  const start = machine.checkpoint();
  const held = options.untilFail ? createHeld() : undefined;
  if (held) guest.setOutput(held.write);
  const failed: Failure[] = [];
  let runs = 0;
  let last: Ending = { code: 0 };
  while (runs < times) {
    const seed = plan.seed + runs;
    if (runs > 0) machine.restore(start);
    machine.reseed(seed);
    guest.rewind();
    last = await toTheEnd(guest, figures);
    runs++;
    if (last.code !== 0) {
      failed.push(failure(options, words, seed, guest, last));
      held?.show();
      if (!options.summary) sayFailure(failed[failed.length - 1]);
      if (options.untilFail) break;
    }
    held?.forget();
  }
  const milliseconds = performance.now() - started;
  if (options.summary) sayJson({ runs, firstSeed: plan.seed, failed, milliseconds });
  else say(`${runs} ${runs === 1 ? 'run' : 'runs'}, ${failed.length} failed`);
  if (failed.length === 0) return 0;
  return options.untilFail ? last.code : 1;
}

export function say(line: string): void {
  process.stderr.write(`ring3: ${line}\n`);
}

interface Summary {
  runs: number;
  firstSeed: number;
  failed: Failure[];
  milliseconds: number;
}

function sayJson(summary: Summary): void {
  process.stderr.write(`${JSON.stringify({ ...summary, milliseconds: tenths(summary.milliseconds) })}\n`);
}

function sayFailure({ seed, code, reason, command }: Failure): void {
  if (reason) say(reason);
  say(`seed ${seed}: exit code ${code}; to repeat it: ${command}`);
}

function failure(
  options: Parsed,
  program: readonly string[],
  seed: number,
  { machine }: Guest,
  ending: Ending,
): Failure {
  const { repeat, untilFail: _, summary: __, ...rest } = options;
  // Repeated runs had no input but --stdin's, and this one must see the same.
  const stdin = rest.stdin ?? (repeat === undefined ? undefined : devNull);
  const words = ['ring3', 'run', ...wordsOf(OPTIONS, { ...rest, stdin, seed: String(seed) }), ...program];
  const command = words.map(quoted).join(' ');
  return { seed, ...ending, instructions: machine.instructions, command };
}

/** As a shell takes it for one word. */
const quoted = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);

/** Output that waits until somebody wants to see it. */
function createHeld() {
  let parts: { stream: 'stdout' | 'stderr'; bytes: Uint8Array }[] = [];
  let size = 0;
  return {
    write(stream: 'stdout' | 'stderr', bytes: Uint8Array): void {
      parts.push({ stream, bytes: bytes.slice() });
      size += bytes.length;
      while (size > HELD && parts.length > 1) size -= parts.shift()!.bytes.length;
    },
    show(): void {
      for (const { stream, bytes } of parts) process[stream].write(bytes);
    },
    forget(): void {
      parts = [];
      size = 0;
    },
  };
}

/** Runs until the program has ended, or a limit has. Throws Exit when Ring 3 itself fails. */
export async function toTheEnd(guest: Guest, figures?: Figures): Promise<Ending> {
  const { machine, plan, programs } = guest;
  const counted = figures?.count(guest);
  const unheard = sayOnce(machine);
  machine.setHousekeepers(housekeepers(machine, programs.of));
  let timedOut = false;
  const timer =
    plan.timeout === undefined
      ? undefined
      : setTimeout(() => {
          timedOut = true;
          machine.pause();
        }, plan.timeout);
  try {
    // What Ring 3's processor lacks names itself; the program then gets the signal as it would anyway.
    machine.setSignalStops([SIG.SIGILL]);
    let stop: Stop;
    do {
      const left = plan.maxInstructions === undefined ? undefined : plan.maxInstructions - machine.instructions;
      stop = await machine.run(left === undefined ? {} : { maxInstructions: Math.max(1, left) });
      if (stop.is === 'signal') sayMissing(machine, stop);
    } while (stop.is === 'signal');
    switch (stop.is) {
      case 'exited': {
        const signo = stop.status & 0x7f;
        if (signo === 0) {
          const code = (stop.status >> 8) & 0xff;
          return code === 0 ? { code } : { code, reason: levelProblem(programs.first(), plan.options.cpu) };
        }
        const core = stop.status & 0x80 ? ' (core dumped)' : '';
        return { code: 128 + signo, reason: `killed by ${signalName(signo)}${core}` };
      }
      case 'deadlock':
        return {
          code: EXIT.failed,
          reason: [`deadlock. ${DEADLOCK}:`, ...deadlockReport(machine, programs.of)].join('\n'),
        };
      case 'budget':
        return { code: EXIT.failed, reason: `gave up after ${machine.instructions} instructions (--max-instructions)` };
      case 'paused':
        return {
          code: EXIT.failed,
          reason: timedOut ? `gave up after ${(plan.timeout ?? 0) / 1000} s (--timeout)` : 'interrupted',
        };
      default:
        throw new Exit(EXIT.failed, `stopped unexpectedly: ${stop.is}`);
    }
  } finally {
    clearTimeout(timer);
    unheard();
    counted?.();
  }
}

function sayMissing(machine: Machine, stop: Stop & { is: 'signal' }): void {
  const task = machine.tasks().find(view => view.id === stop.task);
  if (stop.exception?.is !== 'invalid-opcode' || !task) return;
  const pc = machine.arch.pc(task.registers);
  const bytes = [...machine.read(stop.task, pc, 8)].map(byte => byte.toString(16).padStart(2, '0')).join(' ');
  const what = stop.exception.what;
  say(
    what
      ? `the instruction ${what} at 0x${pc.toString(16)} (${bytes}) is not implemented: SIGILL`
      : `no instruction at 0x${pc.toString(16)} (${bytes}): SIGILL`,
  );
}

/** What Ring 3 does not implement is said once per call, or a program's odd failure would have no reason. */
function sayOnce(machine: Machine): () => void {
  const said = new Set<number>();
  return machine.listen(event => {
    if (event.is !== 'syscall-unimplemented' || said.has(event.call.number)) return;
    said.add(event.call.number);
    say(`the syscall ${event.name} is not implemented (${event.why}); it returned ENOSYS`);
  });
}

/** The figures of --stats, of all runs together. */
export interface Figures {
  /** A run begins; what it returns is called at its end. */
  count(guest: Guest): () => void;
  result(): object;
}

export function createFigures(): Figures {
  let [runs, instructions, syscalls, milliseconds, start, compiled] = [0, 0, 0, 0, 0, 0];
  return {
    count({ machine, started }) {
      const begun = performance.now();
      const unheard = machine.listen((event: KernelEvent) => {
        if (event.is === 'syscall-enter') syscalls++;
      });
      return () => {
        unheard();
        runs++;
        milliseconds += performance.now() - begun;
        instructions += machine.instructions;
        compiled = machine.compiledFunctions;
        start = started;
      };
    },
    result: () => ({
      ...(runs > 1 ? { runs } : {}),
      instructions,
      syscalls,
      startMilliseconds: tenths(start),
      milliseconds: tenths(milliseconds),
      mips: tenths(instructions / Math.max(milliseconds, 0.001) / 1000),
      peakMemory: process.resourceUsage().maxRSS * 1024,
      compiledFunctions: compiled,
    }),
  };
}

const tenths = (value: number): number => Math.round(value * 10) / 10;
