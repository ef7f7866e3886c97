/** Every sample runs to its end as it does natively, and runs the same way twice. */
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { load, SAMPLES, toEnd } from './guest.ts';

interface Expected {
  stdout: string;
  stderr: string;
  exitCode: number;
}

const expected: Record<string, Expected> = JSON.parse(
  readFileSync(new URL('../../samples/expected.json', import.meta.url), 'utf8'),
);

describe.each(Object.entries(expected))('%s', (name, want) => {
  test('is there', () => {
    expect(existsSync(SAMPLES + name)).toBe(true);
  });

  test('prints and exits as it does natively', async () => {
    const guest = await load(name);
    const stop = await toEnd(guest);
    expect(stop).toEqual({ is: 'exited', status: want.exitCode << 8 });
    expect(guest.stdout()).toBe(want.stdout.replace(/\$\{hostname\}/g, 'ring3'));
    expect(guest.stderr()).toBe(want.stderr);
  });

  test('runs the same way twice', async () => {
    const runs = [];
    for (let i = 0; i < 2; i++) {
      const guest = await load(name, { seed: 7 });
      await toEnd(guest);
      runs.push({ instructions: guest.machine.instructions, events: guest.events, hash: guest.machine.hash() });
    }
    expect(runs[1]).toEqual(runs[0]);
  });
});
