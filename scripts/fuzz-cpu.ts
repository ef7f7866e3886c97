/**
 * The CPU against the real one: `npm run fuzz:cpu -- --seconds N --seed S [--row REGEXP] [--cases N]`. Every form with
 * a meaning is tried in turn, on random and special states; a mismatch prints the instruction and what differs, and the
 * table at its end says how often each row was tried. Needs an x86-64 Linux machine with a C compiler.
 */
import { parseArgs } from 'node:util';
import { decode } from '../emulator/isa/x64/decode.ts';
import { print } from '../emulator/isa/x64/print.ts';
import { type Case, CODE, fuzzedForms, makeCase, Random } from '../test/fuzz/cpu/case.ts';
import { differences, leftOut } from '../test/fuzz/cpu/compare.ts';
import { startEmulated } from '../test/fuzz/cpu/emulated.ts';
import { startNative } from '../test/fuzz/cpu/native.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '30' },
    seed: { type: 'string', default: '1' },
    row: { type: 'string', default: '.' },
    cases: { type: 'string', default: '1e12' },
    verbose: { type: 'boolean', default: false },
  },
});

const forms = fuzzedForms(new RegExp(`^(${values.row})`));
const native = startNative();
const emulated = startEmulated();
const random = new Random(Number(values.seed));
const end = Date.now() + Number(values.seconds) * 1000;
const most = Number(values.cases);
const tried = new Map<string, number>();
const failed = new Map<string, { count: number; first: string }>();
let total = 0;

while (Date.now() < end && total < most) {
  const batch: Case[] = [];
  for (const form of forms) {
    for (let i = 0; i < 4; i++) {
      const c = makeCase(random, form);
      if (c) batch.push(c);
    }
  }
  const answers = await native.run(batch);
  for (const [i, c] of batch.entries()) {
    if (leftOut(c, answers[i])) continue;
    const list = differences(c, answers[i], emulated(c));
    const name = c.form.row.name;
    tried.set(name, (tried.get(name) ?? 0) + 1);
    total++;
    if (list.length === 0) continue;
    const known = failed.get(name);
    if (known) known.count++;
    else {
      const insn = decode(c.code, 0, CODE + c.offset);
      const text = 'form' in insn ? print(insn, 'intel') : '?';
      failed.set(name, { count: 1, first: `${c.hex}  ${text}\n      ${list.join('\n      ')}` });
    }
  }
}
native.close();
for (const [name, { count, first }] of [...failed].sort((a, b) => b[1].count - a[1].count)) {
  console.log(`${name}: ${count} of ${tried.get(name)} differ; the first: ${first}`);
}
const least = [...tried].sort((a, b) => a[1] - b[1])[0];
console.log(
  `${total} cases, ${tried.size} rows, ${failed.size} rows differ; least tried: ${least?.[0]} (${least?.[1]}); seed ${values.seed}`,
);
if (values.verbose) for (const [name, count] of tried) console.log(`${name} ${count}`);
process.exitCode = failed.size ? 1 : 0;
