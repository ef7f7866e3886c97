/** The clocks that a program reads: never backwards, never behind, and irregular within their grain. */
import { expect, it } from 'vitest';
import { shownTime } from '../../emulator/kernel/time.ts';

it('never goes backwards and is never behind', () => {
  for (const start of [0n, 2n ** 32n - 5_000n, 2n ** 37n - 5_000n, 1_767_225_600_000_000_000n]) {
    let before = shownTime(start);
    for (let time = start; time < start + 10_000n; time++) {
      const shown = shownTime(time);
      expect(shown).toBeGreaterThanOrEqual(before);
      expect(shown - time).toBeGreaterThanOrEqual(0n);
      expect(shown - time).toBeLessThan(64n);
      before = shown;
    }
  }
});

it('goes on by steps that differ', () => {
  const steps = new Map<bigint, number>();
  for (let grain = 0n; grain < 4096n; grain++) {
    const step = shownTime((grain + 1n) * 32n) - shownTime(grain * 32n);
    steps.set(step, (steps.get(step) ?? 0) + 1);
  }
  // Each of the 63 steps that there can be, and none much oftener than chance would have it.
  expect(steps.size).toBeGreaterThan(55);
  for (const count of steps.values()) expect(count).toBeLessThan(200);
});
