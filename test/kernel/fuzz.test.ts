/**
 * Whatever a program puts into the registers: the kernel answers, nothing hangs, and nothing is left of processes that are
 * gone. And the answers are Linux's, as compare-random.ts recorded them. `npx tsx test/kernel/compare-random.ts storm
 * 1000000` makes more of it.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { inKernel, script, describe as textOf } from './random-calls.ts';
import { storm } from './storm.ts';

describe('random calls of every kind', () => {
  it.each([1, 2, 3])('seed %i', { timeout: 120_000 }, seed => {
    const report = storm(3000, seed * 7919);
    expect(report.calls).toBe(3000);
    expect(report.guests).toBeGreaterThan(0);
  });
});

interface Recorded {
  length: number;
  /** By seed: results, "-" for one that is known to differ. */
  seeds: Record<string, string>;
}

describe('random calls answer as on Linux', () => {
  const { length, seeds } = JSON.parse(readFileSync(new URL('random-calls.json', import.meta.url), 'utf8')) as Recorded;
  it(`${Object.keys(seeds).length} scripts`, { timeout: 120_000 }, () => {
    const wrong: string[] = [];
    let [compared, known] = [0, 0];
    for (const [seed, results] of Object.entries(seeds)) {
      const calls = script(Number(seed), length);
      const ours = inKernel(calls);
      for (const [i, result] of results.split(' ').entries()) {
        if (result === '-') known++;
        else if (ours[i] !== Number(result))
          wrong.push(`seed ${seed}, call ${i}: ${textOf(calls[i])}: Linux ${result}, Ring 3 ${ours[i]}`);
        compared++;
      }
    }
    expect(wrong).toEqual([]);
    expect(compared).toBeGreaterThan(3000);
    expect(known / compared).toBeLessThan(0.015);
  });
});
