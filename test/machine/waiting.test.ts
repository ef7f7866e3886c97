/**
 * Checkpoints taken while tasks wait: one for every kind of wait that a program gets into. Each is restored, and the
 * run goes on to the same end.
 */
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { BOUND, load, toEnd } from './guest.ts';

/** What the program prints, and the kinds of wait that must be met: how a task's own words for it begin. */
const PROGRAMS: Record<string, { program: string; prints: RegExp; waits: RegExp[] }> = {
  waiting: {
    program: fileURLToPath(new URL('guests/waiting', import.meta.url)),
    prints: /^written 200000\nready 1\ncount 200000\nsum 25499040\nstatus 768\n$/,
    // Its sleeps are never seen: everybody else waits then, and time jumps.
    waits: [/write/, /epoll/],
  },
  goroutines: { program: 'goroutines', prints: /^sums .*\ntick 3\n$/s, waits: [/futex/, /epoll/, /sleep/] },
};
const STEP = 499;

describe.each(Object.entries(PROGRAMS))('%s', (_, { program, prints, waits }) => {
  test('goes on from clones taken in every kind of wait', { timeout: 180_000 }, async () => {
    const whole = await load(program);
    await toEnd(whole);
    const end = { events: whole.events, hash: whole.machine.hash(), total: whole.machine.instructions };
    expect(whole.stdout()).toMatch(prints);

    const met = new Set<string>();
    const guest = await load(program);
    for (;;) {
      const stop = await guest.machine.run({ maxInstructions: STEP });
      if (stop.is === 'exited' || guest.machine.instructions > BOUND) break;
      const kinds = guest.machine
        .tasks()
        .filter(t => t.state === 'blocked')
        .map(t => (t.waitsFor ?? '?').replace(/[0-9].*/, '').trim());
      const fresh = kinds.filter(kind => !met.has(kind));
      if (fresh.length === 0) continue;
      for (const kind of fresh) met.add(kind);
      const checkpoint = guest.machine.checkpoint();
      const mark = guest.mark();
      const past = { out: guest.stdout(), events: [...guest.events] };
      await toEnd(guest);
      expect({ events: guest.events, hash: guest.machine.hash(), total: guest.machine.instructions }).toEqual(end);
      guest.machine.restore(checkpoint);
      guest.forget(mark);
      expect({ out: guest.stdout(), events: guest.events }).toEqual(past);
    }
    for (const kind of waits)
      expect([...met].filter(words => kind.test(words)).length, `${kind} in ${[...met].join(', ')}`).toBeGreaterThan(0);
    expect({ events: guest.events, hash: guest.machine.hash(), total: guest.machine.instructions }).toEqual(end);
  });
});
