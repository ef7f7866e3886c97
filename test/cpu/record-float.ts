/**
 * Writes test/cpu/float-vectors.txt: what this machine's CPU answers to floating-point instructions, a few cases for
 * each row, register to register. Run it on x86-64 Linux with a C compiler: `npx tsx test/cpu/record-float.ts`.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { rows } from '../../emulator/isa/x64/rows.ts';
import {
  type Batch,
  CODE,
  DATA_SIZE,
  LANDING_SIZE,
  type Piece,
  plainState,
  STATE,
  writeState,
} from '../fuzz/cpu/batch.ts';
import { definedFlags } from '../fuzz/cpu/compare.ts';
import { putDouble, putFloat } from '../fuzz/cpu/floats.ts';
import { insnsOf } from '../fuzz/cpu/forms.ts';
import { startNative } from '../fuzz/cpu/native.ts';
import { Random } from '../fuzz/cpu/random.ts';
import { singleOf, toLine } from '../fuzz/cpu/text.ts';

const EACH = 8;
const ROWS = /^((add|sub|mul|div|min|max|sqrt|hadd|hsub|addsub|round|dp|cmp|u?comi)[ps][sd]|cvt(?!.*pi).*)$/;
const PREFIX: Record<string, number[]> = { NP: [], '66': [0x66], F2: [0xf2], F3: [0xf3] };

/** The row's instruction between XMM1 and XMM2, or RAX and XMM2. */
function encode(encoding: string, wide: boolean, immediate: number): Uint8Array {
  const [prefix, ...rest] = encoding.split(' ');
  const opcode = rest.filter(w => /^[0-9A-F]{2}$/.test(w)).map(w => Number.parseInt(w, 16));
  const general = /0F 2A|0F 2[CD]/.test(encoding);
  const modrm = general ? (opcode[1] === 0x2a ? 0xc8 : 0xc2) : 0xca;
  const imm = rest.includes('ib') ? [immediate] : [];
  return Uint8Array.from([...PREFIX[prefix], ...(wide && general ? [0x48] : []), ...opcode, modrm, ...imm]);
}

const random = new Random(31);
const pieces: Piece[] = [];
const pieceOf: Piece[] = [];
const states: Uint8Array[] = [];
const words = new Uint32Array(4);
/** Numbers near 1 in half of the vectors: where one lane of four is a NaN, there is little to see. */
const operand = (double: boolean): bigint => {
  const tame = random.chance(2);
  const near = () => (random.u32() - 2 ** 31) / 2 ** random.below(33);
  if (tame && double) new Float64Array(words.buffer).set([near(), near()]);
  else if (tame) new Float32Array(words.buffer).set([near(), near(), near(), near()]);
  else if (double) for (const at of [0, 2]) putDouble(random, words, at);
  else for (const at of [0, 1, 2, 3]) putFloat(random, words, at);
  const pair = new BigUint64Array(words.buffer);
  return pair[0] | (pair[1] << 64n);
};
for (const row of rows) {
  if (!ROWS.test(row.name) || !row.lift || row.forms[0].encoding.includes('VEX')) continue;
  for (let i = 0; i < EACH; i++) {
    const code = encode(row.forms[0].encoding, random.chance(2), random.below(256));
    const offset = LANDING_SIZE + pieces.length * 32;
    const mask = definedFlags(row);
    const piece = {
      code,
      insns: insnsOf(code, CODE + offset),
      offset,
      straight: true,
      flagMask: mask,
      faultMask: mask,
    };
    const state = plainState();
    // Every other case as programs have it; the others with any modes, flags, and now and then masks.
    if (i % 2 === 0) state.mxcsr = 0x1fa0;
    else state.mxcsr = (random.chance(3) ? random.below(64) << 7 : 0x1f80) | random.below(64) | (random.u32() & 0xe040);
    const double = /[ps]d/.test(row.name.replace('2dq', ''));
    state.xmm[1] = operand(double);
    state.xmm[2] = operand(double);
    if (row.name.startsWith('cvtsi')) state.gpr[0] = random.chance(2) ? random.u64() : BigInt(random.below(4096));
    const bytes = new Uint8Array(STATE);
    writeState(bytes, 0, state);
    pieces.push(piece);
    pieceOf.push(piece);
    states.push(bytes);
  }
}
const image = new Uint8Array(Math.ceil((LANDING_SIZE + pieces.length * 32 + 64) / 4096) * 4096).fill(0xcc);
for (const piece of pieces) image.set(piece.code, piece.offset);
const batch: Batch = {
  data: new Uint8Array(DATA_SIZE),
  image,
  pieces,
  pieceOf,
  states: new Uint8Array(Buffer.concat(states)),
};
const native = await startNative();
const answers = await native.run(batch);
native.close();
const model = /model name\s*: (.*)/.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1];
// All at one place: lines do without it.
const lines = pieces.map((_, i) =>
  toLine(singleOf(batch, i), answers, i)
    .replace(/ at=0x[0-9a-f]+/, '')
    .replace(/address=0x[0-9a-f]+/, `address=0x${(CODE + 0x200).toString(16)}`),
);
const text = `# What the ${model} answered; written by record-float.ts, the form is that of test/fuzz/cpu/text.ts.\n`;
writeFileSync(new URL('./float-vectors.txt', import.meta.url), `${text}${lines.join('\n')}\n`);
