/**
 * Both tiers run whole programs alike: the same state after any number of instructions, and the same end, whether
 * nothing is compiled, what is hot, or nearly everything, here or on another thread.
 */
import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { Cpu } from '../../emulator/cpu/cpu.ts';
import { lateCompiler } from '../cpu/late-compiler.ts';
import { randomFrom } from '../random.ts';
import { type Guest, load, toEnd } from './guest.ts';

const names = Object.keys(JSON.parse(readFileSync(new URL('../../samples/expected.json', import.meta.url), 'utf8')));

/** How much is compiled: the CPU's settings, and how often code is passed before. */
const SETTINGS = {
  nothing: { tierUp: false, heat: 1 << 30, late: 0 },
  usual: { tierUp: true, heat: 0, late: 0 },
  everything: { tierUp: true, heat: 2, late: 0 },
  elsewhere: { tierUp: true, heat: 2, late: 20 },
} as const;

const { setBreakpoints } = Cpu.prototype;
let compiled: Cpu[] = [];

/** Loads a program into a machine all of whose CPUs have these settings. */
async function loadWith(name: string, how: keyof typeof SETTINGS): Promise<Guest> {
  // Called for every CPU that a machine makes, before it runs.
  vi.spyOn(Cpu.prototype, 'setBreakpoints').mockImplementation(function (this: Cpu, addresses) {
    this.tierUp = SETTINGS[how].tierUp;
    if (SETTINGS[how].heat) {
      this.heat = SETTINGS[how].heat;
      this.patience = 0;
      this.headStart = 0;
    }
    compiled.push(this);
    setBreakpoints.call(this, addresses);
  });
  const { late } = SETTINGS[how];
  return load(name, { seed: 7, compiler: late ? lateCompiler(late) : undefined });
}

afterEach(() => {
  vi.restoreAllMocks();
  compiled = [];
});

describe.each(names)('%s', name => {
  test('is in the same state at random instruction counts', { timeout: 120_000 }, async () => {
    const whole = await loadWith(name, 'nothing');
    await toEnd(whole);
    const total = whole.machine.instructions;
    const draw = randomFrom(name.length * 31);
    const places = Array.from({ length: 4 }, () => Math.floor(draw() * total)).sort((a, b) => a - b);

    const runs: Record<string, string[]> = {};
    for (const how of Object.keys(SETTINGS) as (keyof typeof SETTINGS)[]) {
      compiled = [];
      const guest = await loadWith(name, how);
      const states: string[] = [];
      for (const place of places) {
        await guest.machine.run({ maxInstructions: place - guest.machine.instructions });
        states.push(`${guest.machine.instructions} ${guest.machine.hash()}`);
      }
      await toEnd(guest);
      states.push(`${guest.machine.instructions} ${guest.machine.hash()} ${guest.events.length}`, guest.stdout());
      runs[how] = states;
      const regions = compiled.reduce((n, cpu) => n + cpu.code.count, 0);
      if (how === 'nothing') expect(regions).toBe(0);
      // The smallest samples have hardly a loop.
      if (SETTINGS[how].heat === 2 && total > 10_000) expect(regions).toBeGreaterThan(10);
    }
    expect(runs.usual).toEqual(runs.nothing);
    expect(runs.everything).toEqual(runs.nothing);
    expect(runs.elsewhere).toEqual(runs.nothing);
  });
});
