/** `ring3 run`: the program with its own standard streams, and its exit code. */
import { SIG, signalName } from '../emulator/abi/signals.ts';
import type { KernelEvent } from '../emulator/kernel/api.ts';
import type { Machine, Stop } from '../emulator/machine.ts';
import { EXIT, Exit, type Guest, type GuestPlan, planGuest, startGuest } from './guest.ts';
import { integerOption, type Parsed, UsageError } from './options.ts';

/** How a run ended: the code for the shell, and why if that is not the program's own doing. */
export interface Ending {
  code: number;
  reason?: string;
}

export async function run(options: Parsed, words: readonly string[]): Promise<number> {
  const plan = planGuest(options, words);
  const times = integerOption(options, 'repeat', '--repeat', 1) ?? 1;
  if (options.untilFail && options.repeat === undefined) throw new UsageError('--until-fail needs --repeat N');
  let last: Ending = { code: 0 };
  let failures = 0;
  for (let i = 0; i < times; i++) {
    const seed = plan.seed + i;
    const guest = await startGuest(plan, seed);
    last = await toTheEnd(guest, plan, { stats: options.stats === true });
    if (last.reason) say(last.reason);
    if (last.code === 0) continue;
    failures++;
    if (times > 1) say(`seed ${seed}: exit code ${last.code} (run it again with --seed ${seed})`);
    if (options.untilFail) return last.code;
  }
  if (times > 1) say(`${times} runs, ${failures} failed`);
  return times > 1 ? (failures > 0 ? 1 : 0) : last.code;
}

export function say(line: string): void {
  process.stderr.write(`ring3: ${line}\n`);
}

/** Runs until the program has ended, or a limit has. Throws Exit when Ring 3 itself fails. */
export async function toTheEnd(guest: Guest, plan: GuestPlan, wanted: { stats: boolean }): Promise<Ending> {
  const { machine } = guest;
  const started = performance.now();
  const figures = wanted.stats ? countEvents(guest) : undefined;
  const unheard = sayOnce(machine);
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
        if (signo === 0) return { code: (stop.status >> 8) & 0xff };
        const core = stop.status & 0x80 ? ' (core dumped)' : '';
        return { code: 128 + signo, reason: `killed by ${signalName(signo)}${core}` };
      }
      case 'deadlock':
        return { code: EXIT.failed, reason: `deadlock: every thread waits for ever\n${waiting(machine)}` };
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
    if (figures) process.stderr.write(`${JSON.stringify(figures(performance.now() - started))}\n`);
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

function waiting(machine: Machine): string {
  return machine
    .tasks()
    .filter(task => task.state !== 'dead')
    .map(task => `  thread ${task.id} (${task.name}) waits for ${task.waitsFor ?? 'nothing known'}`)
    .join('\n');
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

/** The figures of --stats. */
function countEvents({ machine, started }: Guest): (milliseconds: number) => object {
  let syscalls = 0;
  machine.listen((event: KernelEvent) => {
    if (event.is === 'syscall-enter') syscalls++;
  });
  return milliseconds => ({
    instructions: machine.instructions,
    syscalls,
    startMilliseconds: tenths(started),
    milliseconds: tenths(milliseconds),
    mips: tenths(machine.instructions / Math.max(milliseconds, 0.001) / 1000),
    peakMemory: process.resourceUsage().maxRSS * 1024,
    compiledFunctions: 0,
  });
}

const tenths = (value: number): number => Math.round(value * 10) / 10;
