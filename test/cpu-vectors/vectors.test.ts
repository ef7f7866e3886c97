/** Our CPU beside recorded answers of a real one, in both tiers, on any machine. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Form } from '../../emulator/isa/x64/row.ts';
import { CODE, caseCount } from '../fuzz/cpu/batch.ts';
import { differences, leftOut } from '../fuzz/cpu/compare.ts';
import { startEmulated } from '../fuzz/cpu/emulated.ts';
import { encode, formText, fuzzedForms } from '../fuzz/cpu/forms.ts';
import { Random } from '../fuzz/cpu/random.ts';
import { singleOf, toLine } from '../fuzz/cpu/text.ts';
import { batchesOf, decodeRecording } from './format.ts';

const recording = decodeRecording(readFileSync(new URL('./vectors.bin', import.meta.url)));

describe.each([0, 1] as const)('tier %i', tier => {
  test(`recorded cases of ${recording.cpu}`, { timeout: 240_000 }, () => {
    const emulated = startEmulated(tier);
    const wrong: string[] = [];
    let cases = 0;
    for (const [batch, real] of batchesOf(recording)) {
      const ours = emulated.run(batch);
      for (let i = 0; i < caseCount(batch); i++, cases++) {
        const list = differences(batch.pieceOf[i], i, real, ours);
        if (list.length) wrong.push(`${list.join('; ')}\n${toLine({ ...singleOf(batch, i), data: NONE }, real, i)}`);
      }
    }
    expect(wrong.slice(0, 20)).toEqual([]);
    expect(cases).toBeGreaterThan(10_000);
  });
});

/** A line of a regression would hold all of the data pages. */
const NONE = new Uint8Array(8192);

test('the file has something of every form that the fuzzer draws', () => {
  const forms = new Set<Form>();
  for (const [batch] of batchesOf(recording))
    for (const piece of batch.pieces) for (const insn of piece.insns) forms.add(insn.form);
  const random = new Random(1);
  const missing = fuzzedForms(/./).filter(form => {
    if (forms.has(form)) return false;
    const made = encode(random, form, CODE + 0x200, false);
    return made && !leftOut(made.insn, made.code);
  });
  // `npm run fuzz:cpu -- --record` on an x86-64 machine writes the file anew.
  expect(missing.map(formText)).toEqual([]);
});
