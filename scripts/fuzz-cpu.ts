/**
 * The CPU against the real one, in both tiers:
 *
 *     npm run fuzz:cpu -- --seconds N --seed S [--row REGEXP] [--cases N] [--tier 0|1|both] [--sequences N] [--table]
 *
 * Needs an x86-64 Linux machine with a C compiler. A mismatch prints what differs and a line for
 * test/fuzz/cpu/regressions.txt; `--table` says how often each form was tried, and which are never drawn and why.
 * `--sequences N`: every Nth batch is one of sequences (default 4, 0 for none). `--record` does not compare: it writes the
 * vectors of test/cpu-vectors.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { decode } from '../emulator/isa/x64/decode.ts';
import { print } from '../emulator/isa/x64/print.ts';
import { rows } from '../emulator/isa/x64/rows.ts';
import { record } from '../test/cpu-vectors/record.ts';
import { formText, whyNotDrawn } from '../test/fuzz/cpu/forms.ts';
import { fuzz } from '../test/fuzz/cpu/fuzz.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '30' },
    seed: { type: 'string', default: '1' },
    row: { type: 'string', default: '.' },
    cases: { type: 'string', default: '1e12' },
    tier: { type: 'string', default: 'both' },
    sequences: { type: 'string', default: '4' },
    table: { type: 'boolean', default: false },
    record: { type: 'boolean', default: false },
  },
});
if (values.record) {
  const { pieces, cases, bytes } = await record(Number(values.seed));
  console.log(`recorded ${cases} cases of ${pieces} pieces of code, ${bytes} bytes`);
  process.exit();
}
// Ctrl-C ends it after the batch, with what there is.
let stopped = false;
process.once('SIGINT', () => {
  stopped = true;
});
const result = await fuzz({
  seed: Number(values.seed),
  rows: new RegExp(`^(${values.row})`),
  tiers: values.tier === 'both' ? [0, 1] : values.tier === '1' ? [1] : [0],
  // With only a number of cases given, time does not end it.
  seconds:
    process.argv.some(a => a.startsWith('--cases')) && !process.argv.some(a => a.startsWith('--seconds'))
      ? 1e9
      : Number(values.seconds),
  cases: Number(values.cases),
  sequences: Number(values.sequences),
  stopped: () => stopped,
});

const disassembled = (line: string): string => {
  const code = new Uint8Array(64);
  const bytes = Buffer.from(line.split(' ')[0], 'hex');
  code.set(bytes.subarray(0, 32));
  const texts: string[] = [];
  for (let at = 0; at < bytes.length && at < 32; ) {
    const insn = decode(code, at, at);
    if (!('form' in insn)) break;
    texts.push(print(insn, 'intel'));
    at += insn.length;
  }
  return texts.join('; ');
};
for (const m of result.mismatches.sort((a, b) => b.count - a.count)) {
  console.log(`${m.what}, tier ${m.tier}: ${m.count} differ; the first, shrunken: ${disassembled(m.line)}`);
  console.log(`  ${m.differences.join('\n  ')}\n  ${m.line}`);
}

if (values.table) {
  const counts = [...result.tried].sort((a, b) => a[1] - b[1]);
  for (const [form, count] of counts) {
    const why = result.leftOut.get(form);
    console.log(`${String(count).padStart(9)}  ${formText(form)}${why ? `  [left out: ${why}]` : ''}`);
  }
  const never = new Map<string, string[]>();
  for (const form of rows.flatMap(row => row.forms)) {
    const why = whyNotDrawn(form);
    if (why) never.set(why, [...(never.get(why) ?? []), formText(form)]);
  }
  for (const [why, list] of never) {
    const text = list.length > 60 ? `${list.length} forms` : list.join(', ');
    console.log(`never drawn, ${why}: ${text}`);
  }
}
const compared = [...result.tried].filter(([, n]) => n > 0);
const least = compared.sort((a, b) => a[1] - b[1])[0];
const model = /model name\s*: (.*)/.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1] ?? 'unknown CPU';
const total = result.singles + result.sequences;
console.log(
  `${total} cases (${result.singles} single instructions, ${result.sequences} sequences) in ${result.seconds.toFixed(1)} s (${result.cpuSeconds.toFixed(1)} s of CPU), ` +
    `${Math.round(total / result.seconds)}/s, tier ${values.tier}, seed ${values.seed}, on ${model}`,
);
console.log(
  `${compared.length} forms of ${new Set(compared.map(([f]) => f.row)).size} rows tried, least: ${least ? `${formText(least[0])}, ${least[1]} times` : 'none'}; ` +
    `${result.mismatches.length} kinds of mismatches`,
);
process.exitCode = result.mismatches.length ? 1 : 0;
