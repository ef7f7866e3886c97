/**
 * Our CPU beside the real one, on a fixed seed: every form with a meaning several times, and sequences, from random and
 * special states. `npm run fuzz:cpu` does the same for longer.
 */
import { expect, test } from 'vitest';
import { formText } from './forms.ts';
import { fuzz } from './fuzz.ts';
import { nativeIsThere } from './native.ts';

const OPTIONS = { rows: /./, seconds: 200, cases: 120_000, sequences: 3 };

for (const tier of [0, 1] as const) {
  test.skipIf(!nativeIsThere())(`tier ${tier} does what the real CPU does`, { timeout: 240_000 }, async () => {
    const result = await fuzz({ ...OPTIONS, seed: 20 + tier, tiers: [tier] });
    const list = result.mismatches.map(m => `${m.what}: ${m.differences.join('; ')}\n${m.line}`);
    expect(list).toEqual([]);
    expect(result.tried.size).toBeGreaterThan(500);
    expect(result.sequences).toBeGreaterThan(5_000);
    const never = [...result.tried].filter(([form, n]) => n === 0 && !result.leftOut.has(form));
    expect(never.map(([form]) => formText(form))).toEqual([]);
  });
}
