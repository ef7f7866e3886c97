/** Calls of every kind with random arguments, thrown at kernels one after the other: none may throw, hang or leak. */
import { amd64 } from '../../emulator/abi/amd64/arch.ts';
import { syscallNames } from '../../emulator/abi/syscalls.ts';
import { cloneState } from '../../emulator/kernel/state.ts';
import { CODE, type Guest, startGuest } from './harness.ts';
import { ARENA, generator, mapArena, PRELUDE, randomCall } from './random-calls.ts';

const NAMES = syscallNames();
/** A guest is given up after so many calls: what they leave behind must be gone with its processes. */
const LIFE = 2000;
const SIGKILL = 9;
/** Milliseconds that one call may take; a busy machine is slow. */
const PATIENCE = 5000;

export interface StormReport {
  calls: number;
  guests: number;
  /** Milliseconds. */
  longest: number;
  longestCall: string;
  /** Megabytes in use at the end, collected if possible. */
  heap: number;
}

function fresh(seed: number): Guest {
  const guest = startGuest({ seed });
  mapArena(guest);
  for (const { name, args } of PRELUDE) guest.call(name, ...args);
  return guest;
}

/** Runs who can run until a task of the guest is in user code; false when there is none any more. */
function settle(guest: Guest, random: (below: number) => number): boolean {
  for (let turns = 0; turns < 50; turns++) {
    const decision = guest.schedule();
    if (decision.is === 'run') return true;
    if (decision.is === 'sleep') guest.kernel.advanceTo(decision.until);
    else if (decision.is === 'input') guest.kernel.input(new Uint8Array(random(20)));
    else return false;
  }
  return false;
}

const usable = (guest: Guest): boolean => {
  const mapping = guest.space().mappingAt(ARENA + 0x100);
  return mapping !== undefined && (mapping.prot & 3) === 3 && mapping.end >= ARENA + 0x4000;
};

/**
 * Throws an error that names guest and call if one throws or takes too long. Guests are numbered, and each has random
 * numbers of its own: a failure is repeated from its guest on. `progress` hears after each guest.
 */
export function storm(
  calls: number,
  seed: number,
  progress: (report: StormReport) => void = () => {},
  firstGuest = 0,
): StormReport {
  let number = firstGuest;
  const seedOf = (): number => seed + 7919 * number;
  let random = generator(seedOf());
  const report: StormReport = { calls: 0, guests: 0, longest: 0, longestCall: '', heap: 0 };
  let guest = fresh(seedOf());
  let age = 0;
  while (report.calls < calls) {
    const call = randomCall(random, NAMES);
    guest.kernel.advance(random(1000));
    guest.space().write(ARENA + 0x100, new Uint8Array(BigUint64Array.from(call.words).buffer));
    const what = `${call.name}(${call.args.map(a => `0x${a.toString(16)}`).join(', ')})`;
    const start = performance.now();
    let alive: boolean;
    try {
      guest.enter(call.name, ...call.args);
      alive = settle(guest, random);
    } catch (error) {
      throw new Error(`seed ${seed}, guest ${number}, its call ${age}: ${what}`, { cause: error });
    }
    const took = performance.now() - start;
    if (took > report.longest) [report.longest, report.longestCall] = [took, what];
    if (took > PATIENCE) throw new Error(`seed ${seed}, guest ${number}, its call ${age}: ${what} took ${took} ms`);
    report.calls++;
    age++;
    guest.events.length = 0;
    if (!alive || age >= LIFE || !usable(guest)) {
      cloneState(guest.kernel.state);
      if (alive) requireNothingLeft(guest, `seed ${seed}, guest ${number}`);
      number++;
      random = generator(seedOf());
      guest = fresh(seedOf());
      report.guests++;
      age = 0;
      progress(report);
    } else amd64.setPc(guest.task().registers, CODE);
  }
  report.heap = Math.round(process.memoryUsage().heapUsed / 2 ** 20);
  return report;
}

/** Every process is killed: no task, open file, lock, address space or waiter may be left. */
function requireNothingLeft(guest: Guest, name: string): void {
  const { kernel } = guest;
  // The first one last: with it the machine stops.
  const [first, ...others] = [...kernel.state.processes.keys()];
  for (const process of [...others.reverse(), first]) {
    // The time that passes here may end the first one before its turn (an alarm, a limit of CPU time), and with it the
    // machine: then nobody else gets to his end.
    if (process !== first && kernel.state.exited !== undefined) return;
    kernel.sendSignal(process, SIGKILL);
    for (let i = 0; i < 50; i++) {
      // Nobody runs: whoever has a turn would keep it.
      kernel.advance(1_000_000);
      if (guest.schedule().is !== 'run') break;
    }
  }
  const left = { tasks: kernel.state.tasks.size, descriptions: kernel.state.fs.descriptions.size };
  if (left.tasks > 0 || left.descriptions > 0) {
    const runs = [...kernel.state.tasks.values()].map(({ id, run, pending }) => ({ id, run, pending: pending.length }));
    throw new Error(
      `${name} leaves ${JSON.stringify({ ...left, runs }, (_, v) => (typeof v === 'bigint' ? String(v) : v))}`,
    );
  }
}
