/**
 * A machine's state is plain data plus pages: cloned at any instruction count, also while tasks are blocked, and
 * restored, it goes on to the same end by the same way.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { randomFrom } from '../random.ts';
import { load, toEnd } from './guest.ts';

const names = Object.keys(JSON.parse(readFileSync(new URL('../../samples/expected.json', import.meta.url), 'utf8')));

function* counts(seed: number, below: number): Generator<number> {
  const random = randomFrom(seed);
  for (;;) yield Math.floor(random() * below);
}

describe.each(names)('%s', name => {
  test('goes on from a clone taken at random instruction counts', async () => {
    const whole = await load(name);
    await toEnd(whole);
    const total = whole.machine.instructions;
    const end = { events: whole.events, hash: whole.machine.hash(), total };

    const at = counts(name.length, total);
    const places = Array.from({ length: 4 }, () => at.next().value as number).sort((a, b) => a - b);
    const guest = await load(name);
    let here = 0;
    for (const place of places) {
      await guest.machine.run({ maxInstructions: place - here });
      here = guest.machine.instructions;
      const checkpoint = guest.machine.checkpoint();
      const mark = guest.mark();
      const before = guest.machine.hash();
      for (let again = 0; again < 2; again++) {
        await toEnd(guest);
        expect({ events: guest.events, hash: guest.machine.hash(), total: guest.machine.instructions }).toEqual(end);
        guest.machine.restore(checkpoint);
        guest.forget(mark);
        expect(guest.machine.hash()).toBe(before);
      }
    }
  });
});
