/**
 * Seeds: one is one run, many are many interleavings; a machine that is put back to its start and given another seed is
 * the machine that would have been made with it.
 */
import { expect, test } from 'vitest';
import { load, toEnd } from './guest.ts';

test('put back and given another seed, a machine does what a fresh one does', async () => {
  const used = await load('goroutines', { seed: 1 });
  const start = used.machine.checkpoint();
  const mark = used.mark();
  for (const seed of [5, 1, 77]) {
    await toEnd(used);
    used.machine.restore(start);
    used.forget(mark);
    used.machine.reseed(seed);
    const fresh = await load('goroutines', { seed });
    expect(used.machine.hash()).toBe(fresh.machine.hash());
    await toEnd(used);
    await toEnd(fresh);
    expect(used.events).toEqual(fresh.events);
    expect(used.machine.hash()).toBe(fresh.machine.hash());
  }
  expect(() => used.machine.reseed(3)).toThrow(RangeError);
});

test('seeds differ in who runs when', async () => {
  const orders = new Set<string>();
  for (let seed = 1; seed <= 4; seed++) {
    const guest = await load('goroutines', { seed });
    await toEnd(guest);
    expect(guest.stdout()).toMatch(/tick 3\n$/);
    orders.add(guest.events.map(event => (JSON.parse(event) as { task?: number }).task ?? '').join());
  }
  expect(orders.size).toBe(4);
});
