/**
 * Our CPU beside the real one, on a fixed seed: every form with a meaning a few times, single instructions from random
 * and special states. `npm run fuzz:cpu` does the same for longer.
 */
import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { type Case, fuzzedForms, makeCase, Random } from './case.ts';
import { differences, leftOut } from './compare.ts';
import { startEmulated } from './emulated.ts';
import { startNative } from './native.ts';

function possible(): boolean {
  try {
    execFileSync('gcc', ['--version'], { stdio: 'ignore' });
    return process.platform === 'linux' && process.arch === 'x64';
  } catch {
    return false;
  }
}

const SEED = 20;
const ROUNDS = 12;

test.skipIf(!possible())('single instructions do what the real CPU does', { timeout: 240_000 }, async () => {
  const forms = fuzzedForms(/./);
  expect(forms.length).toBeGreaterThan(500);
  const native = startNative();
  const emulated = startEmulated();
  const random = new Random(SEED);
  const failures: string[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const batch: Case[] = [];
    for (const form of forms) {
      const c = makeCase(random, form);
      if (c) batch.push(c);
    }
    const answers = await native.run(batch);
    for (const [i, c] of batch.entries()) {
      if (leftOut(c, answers[i])) continue;
      const list = differences(c, answers[i], emulated(c));
      if (list.length) failures.push(`${c.form.row.name} ${c.hex}: ${list.join('; ')}`);
    }
  }
  native.close();
  expect(failures).toEqual([]);
});
