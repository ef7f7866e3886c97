/**
 * Random and special states for an instruction: registers, flags, vectors, the x87, and what the data pages hold. Memory
 * operands mostly lie in the data pages: inside, across their middle, or over an edge.
 */
import type { Insn, Row } from '../../../emulator/isa/x64/row.ts';
import { AT, DATA, DATA_SIZE, LANDING, STATE } from './batch.ts';
import { putDouble, putFloat } from './floats.ts';
import type { Random } from './random.ts';

/** Pairs of low and high words. */
const pairs = (...values: bigint[]): Uint32Array => new Uint32Array(BigUint64Array.from(values).buffer);

const SPECIAL = pairs(
  0n,
  1n,
  2n,
  0x7fn,
  0x80n,
  0xffn,
  0x7fffn,
  0x8000n,
  0xffffn,
  0x7fff_ffffn,
  0x8000_0000n,
  0xffff_ffffn,
  0x1_0000_0000n,
  0x7fff_ffff_ffff_ffffn,
  0x8000_0000_0000_0000n,
  0xffff_ffff_ffff_ffffn,
);
const DOUBLES = pairs(
  0n,
  0x8000_0000_0000_0000n,
  0x3ff0_0000_0000_0000n,
  0xbff0_0000_0000_0000n,
  0x3fe0_0000_0000_0000n,
  0x4008_0000_0000_0000n,
  0x7ff0_0000_0000_0000n,
  0xfff0_0000_0000_0000n,
  0x7ff8_0000_0000_0001n,
  0xfff8_0000_0000_0000n,
  0x7ff0_0000_0000_0001n,
  0x0000_0000_0000_0001n,
  0x000f_ffff_ffff_ffffn,
  0x0010_0000_0000_0000n,
  0x7fef_ffff_ffff_ffffn,
  0x43e0_0000_0000_0000n,
  0xc3e0_0000_0000_0000n,
  0x41df_ffff_ffc0_0000n,
  0x41e0_0000_0000_0000n,
  0xc1e0_0000_0000_0000n,
  0x3fdf_ffff_ffff_ffffn,
  0x4004_0000_0000_0000n,
);
const FLOATS = Uint32Array.of(
  0,
  0x80000000,
  0x3f800000,
  0xbf800000,
  0x3f000000,
  0x40400000,
  0x7f800000,
  0xff800000,
  0x7fc00001,
  0xffc00000,
  0x7f800001,
  1,
  0x7fffff,
  0x800000,
  0x7f7fffff,
  0x4f000000,
  0xcf000000,
  0x5f000000,
  0x40200000,
  0x4effffff,
);
/** Significand and sign with exponent of 80-bit numbers: zeros, ones, infinities, NaNs, denormals, unsupported ones. */
const EXTENDED: readonly (readonly [bigint, number])[] = [
  [0n, 0],
  [0n, 0x8000],
  [0x8000_0000_0000_0000n, 0x3fff],
  [0x8000_0000_0000_0000n, 0xbfff],
  [0xc90f_daa2_2168_c235n, 0x4000],
  [0x8000_0000_0000_0000n, 0x7fff],
  [0x8000_0000_0000_0000n, 0xffff],
  [0xc000_0000_0000_0000n, 0x7fff],
  [0xc000_0000_0000_0001n, 0xffff],
  [0xa000_0000_0000_0000n, 0x7fff],
  [1n, 0],
  [0x7fff_ffff_ffff_ffffn, 0x8000],
  [0x8000_0000_0000_0000n, 0],
  [0x8000_0000_0000_0000n, 1],
  [0xffff_ffff_ffff_ffffn, 0x7ffe],
  [0x4000_0000_0000_0000n, 0x3fff],
  [0xffff_ffff_ffff_ffffn, 0x403d],
  [0x8000_0000_0000_0000n, 0x403e],
  [0x8000_0000_0000_0000n, 0xc03e],
  [0xc000_0000_0000_0000n, 0x3ffe],
];

/** Two words at `to[at]`. */
function putValue(r: Random, to: Uint32Array, at: number): void {
  const how = r.u32() & 3;
  if (how === 3) {
    to[at] = r.u32();
    to[at + 1] = r.u32();
    return;
  }
  if (how === 2) {
    to[at] = r.u32() & 0xff;
    to[at + 1] = 0;
    return;
  }
  const i = r.below(SPECIAL.length / 2) * 2;
  to[at] = SPECIAL[i];
  to[at + 1] = SPECIAL[i + 1];
  if (how === 0) return;
  const near = r.below(5) - 2;
  const low = to[at] + near;
  if (low < 0) to[at + 1]--;
  else if (low > 0xffff_ffff) to[at + 1]++;
  to[at] = low;
}

/** Four words: integers, doubles, floats, or whatever. */
function putVector(r: Random, to: Uint32Array, at: number): void {
  const how = r.below(6);
  for (let i = at; i < at + 4; i += 2) {
    if (how === 0) {
      to[i] = r.u32();
      to[i + 1] = r.u32();
    } else if (how === 1) {
      const k = r.below(DOUBLES.length / 2) * 2;
      to[i] = DOUBLES[k];
      to[i + 1] = DOUBLES[k + 1];
    } else if (how === 2) {
      to[i] = FLOATS[r.below(FLOATS.length)];
      to[i + 1] = FLOATS[r.below(FLOATS.length)];
    } else if (how === 3) putDouble(r, to, i);
    else if (how === 4) {
      putFloat(r, to, i);
      putFloat(r, to, i + 1);
    } else putValue(r, to, i);
  }
}

/** Where a memory operand is put: mostly inside, sometimes across the pages or over an edge. */
function place(r: Random): number {
  switch (r.u32() & 7) {
    case 0:
      return DATA + 4096 - r.below(64);
    case 1:
      return DATA + DATA_SIZE - r.below(64);
    case 2:
      return r.chance(4) ? DATA - r.below(64) : DATA + SAFE_FLAGS + r.below(64);
    case 3:
    case 4:
      return DATA + r.below(511) * 16;
    default:
      return DATA + 256 + r.below(7000);
  }
}

/** The data pages begin with this many bytes of flag words that POPF may load: without TF, AC and the like. */
const SAFE_FLAGS = 512;
const SAFE_FLAGS_MASK = 0x200cd5;

/** Contents of the data pages, shared by a batch. */
export function drawData(r: Random): Uint8Array<ArrayBuffer> {
  const words = new Uint32Array(DATA_SIZE / 4);
  for (let i = 0; i < words.length; i += 4) putVector(r, words, i);
  for (let i = SAFE_FLAGS / 4; i < words.length; i += 2) {
    const how = r.below(12);
    // Selectors, branch targets, and numbers of 80 bits.
    // (The 32-bit code segment is not there.)
    if (how === 2) words[i] = r.pick(SELECTORS.filter(s => s >> 3 !== 4));
    if (how === 0) {
      words[i] = LANDING + r.below(48);
      words[i + 1] = 0;
    } else if (how === 1 && i + 4 <= words.length) {
      const [significand, exponent] = r.pick(EXTENDED);
      words[i] = Number(significand & 0xffff_ffffn);
      words[i + 1] = Number(significand >> 32n);
      words[i + 2] = exponent;
      i += 2;
    } else if (how === 3) words[i] = drawMxcsr(r);
  }
  for (let i = 0; i < SAFE_FLAGS / 4; i += 2) {
    words[i] &= SAFE_FLAGS_MASK;
    words[i + 1] = 0;
  }
  return new Uint8Array(words.buffer);
}

const FLAG_BITS = 0x8d5;
const DIRECTION = 0x400;
const FLAGS = AT.flags / 4;
const MXCSR = AT.mxcsr / 4;
const FCW = AT.fcw / 4;

/** What a case needs to know of the code that it enters. */
export interface Drawn {
  rows: readonly Row[];
  /** The only instruction, whose operands get places; undefined for sequences. */
  insn?: Insn;
  /** Registers that hold addresses of the data pages in a sequence. */
  bases?: readonly number[];
  /** RCX counts a loop. */
  counts?: boolean;
}

const INDIRECT = /^(jmp|call)$/;
const SEGMENT_ROWS = /^(mov|lar|lsl|verr|verw)$/;
const SELECTORS = [0, 1, 3, 4, 0x10, 0x18, 0x20, 0x23, 0x28, 0x2b, 0x2c, 0x30, 0x33, 0x40, 0x63, 0x80];

/** Draws a state into `words` at word `at`. */
export function drawState(r: Random, words: Uint32Array, at: number, drawn: Drawn): void {
  drawBackground(r, words, at, matterOf(drawn.rows));
  drawPlaces(r, words, at, drawn);
}

/** What of a state the rows look at; the rest is less varied. */
export interface Matter {
  vectors: boolean;
  x87: boolean;
}
export const matterOf = (rows: readonly Row[]): Matter => ({
  vectors: rows.some(row => row.feature !== 'base'),
  x87: rows.some(row => row.feature === 'x87' || row.forms.some(form => /(^|,)[PQN][a-z]/.test(form.operands))),
});

/** A state without regard to where memory operands are. */
export function drawBackground(r: Random, words: Uint32Array, at: number, { vectors, x87 }: Matter): void {
  words.fill(0, at, at + STATE / 4);
  for (let i = 0; i < 16; i++) {
    const to = at + i * 2;
    if (i === 0 || !r.chance(5)) putValue(r, words, to);
    else {
      const from = at + r.below(i) * 2;
      words.copyWithin(to, from, from + 2);
    }
  }
  words[at + FLAGS] = 0x202 | (r.u32() & FLAG_BITS);
  words[at + MXCSR] = vectors ? drawMxcsr(r) : 0x1f80;
  const count = vectors ? 16 : 2;
  for (let i = 0; i < count; i++) {
    const to = at + AT.xmm / 4 + i * 4;
    if (i === 0 || !r.chance(3)) putVector(r, words, to);
    else {
      // Equal lanes, or equal but for the sign: what comparisons decide by.
      const from = to - 4 * (1 + r.below(i));
      words.copyWithin(to, from, from + 4);
      if (r.chance(2)) words[to + r.below(4)] ^= 0x8000_0000;
      if (r.chance(4)) words[to + r.below(4)] = r.u32();
    }
  }
  drawX87(r, words, at, x87);
  // FS and GS: whatever is canonical, often near the data.
  for (const cell of [at + AT.fsBase / 4, at + AT.gsBase / 4]) {
    if (r.chance(3)) continue;
    const near = r.chance(2);
    words[cell] = near ? DATA + r.below(DATA_SIZE) - r.below(2) * 4096 : r.u32();
    words[cell + 1] = near || r.chance(2) ? 0 : r.below(0x8000);
  }
}

/** Gives the registers that the code takes for addresses and counts such values. */
export function drawPlaces(r: Random, words: Uint32Array, at: number, drawn: Drawn): void {
  const set = (register: number, value: number) => {
    words[at + register * 2] = value;
    words[at + register * 2 + 1] = Math.floor(value / 2 ** 32);
  };
  const { rows, insn, bases, counts } = drawn;
  set(4, DATA + 1024 + (r.chance(2) ? r.below(750) * 8 : r.below(6000)));
  const repeats = rows.some(row => row.repeatable);
  if (repeats) {
    set(6, place(r));
    set(7, place(r));
    set(1, r.below(r.chance(4) ? 600 : 12));
  }
  // Instructions about segments ask mostly for some that exist.
  if (insn && SEGMENT_ROWS.test(rows[0].name) && (rows[0].name !== 'mov' || /segment/.test(rows[0].sentence)))
    for (const o of insn.operands)
      if (o.is === 'reg' && o.class === 'gpr' && !r.chance(6)) set(o.index, r.pick(SELECTORS));
  for (const { name } of rows) {
    if (name === 'xlat') set(3, place(r));
    else if (name === 'leave' || name === 'enter') set(5, place(r));
    else if (name === 'popf') set(4, DATA + r.below(SAFE_FLAGS / 8 - 1) * 8);
    else if (name.startsWith('maskmov')) set(7, place(r));
  }
  if (insn) placeOperand(r, words, at, insn, set);
  if (bases) for (const base of bases) if (base !== 4) set(base, DATA + 2300 + r.below(3500));
  if (counts) set(1, 1 + r.below(6));
  if (r.chance(repeats ? 3 : 20)) words[at + FLAGS] |= DIRECTION;
}

/** Mostly what programs have; else any rounding, DAZ, FTZ and flags, and now and then exceptions that are not masked. */
function drawMxcsr(r: Random): number {
  switch (r.below(6)) {
    case 0:
      return 0x1f80;
    case 1:
    case 2:
      return 0x1fa0;
    case 3:
      return 0x1f80 | r.below(64);
    default: {
      const masks = r.chance(4) ? r.below(64) : 63;
      return (masks << 7) | r.below(64) | (r.below(4) << 13) | (r.chance(3) ? 0x8000 : 0) | (r.chance(3) ? 0x40 : 0);
    }
  }
}

/** What a program starts with; for rows that look at it anything. */
function drawX87(r: Random, words: Uint32Array, at: number, matters: boolean): void {
  if (!matters) {
    words[at + FCW] = 0x37f;
    return;
  }
  // Mostly all exceptions are masked: with others none is pending, for what is would be raised before anything else.
  const masks = r.chance(12) ? r.below(64) : 0x3f;
  const control = masks | 0x40 | (r.pick([3, 3, 3, 2, 0]) << 8) | (r.chance(2) ? 0 : r.below(4) << 10);
  const pending = masks === 0x3f && r.chance(2) ? r.below(64) : 0;
  const status = pending | (r.below(16) << 8) | 0 | (r.below(8) << 11) | (r.below(2) << 14);
  words[at + FCW] = control | (status << 16);
  words[at + AT.ftw / 4] = r.chance(3) ? 0xff : r.below(256);
  for (let i = 0; i < 8; i++) {
    const to = at + AT.st / 4 + i * 4;
    if (r.chance(2)) {
      const [significand, exponent] = r.pick(EXTENDED);
      words[to] = Number(significand & 0xffff_ffffn);
      words[to + 1] = Number(significand >> 32n);
      words[to + 2] = exponent;
    } else {
      // Numbers in each other's neighbourhood, now and then anything.
      words[to] = r.chance(3) ? 0 : r.u32();
      words[to + 1] = (r.u32() | (r.chance(16) ? 0 : 0x8000_0000)) >>> 0;
      words[to + 2] = r.chance(8) ? r.below(0x10000) : (r.below(2) << 15) | (0x3fff - 40 + r.below(110));
    }
  }
}

/** Gives the registers of a memory operand values that make its address lie in the data pages. */
function placeOperand(
  r: Random,
  words: Uint32Array,
  at: number,
  insn: Insn,
  set: (i: number, v: number) => void,
): void {
  const name = insn.form.row.name;
  const get = (i: number): bigint => BigInt(words[at + i * 2]) | (BigInt(words[at + i * 2 + 1]) << 32n);
  const put = (i: number, value: bigint) => {
    words[at + i * 2] = Number(BigInt.asUintN(32, value));
    words[at + i * 2 + 1] = Number(BigInt.asUintN(64, value) >> 32n);
  };
  const [target, offset] = insn.operands;
  if (INDIRECT.test(name) && target?.is === 'reg' && target.index !== 4 && !r.chance(4))
    set(target.index, LANDING + r.below(48));
  const mem = insn.operands.find(o => o.is === 'mem');
  if (mem?.is !== 'mem' || mem.ripRelative || r.chance(30)) return;
  let rest = BigInt(place(r)) - BigInt(mem.disp);
  if (mem.segment) {
    const cell = at + (mem.segment === 'fs' ? AT.fsBase : AT.gsBase) / 4;
    rest -= BigInt(words[cell]) | (BigInt(words[cell + 1]) << 32n);
  }
  // A bit offset in a register reaches far: keep it near.
  if (/^bt[src]?$/.test(name) && offset?.is === 'reg') put(offset.index, BigInt(r.below(20000) - 10000));
  if (mem.index >= 0 && mem.index !== mem.base) {
    if (!r.chance(8) && mem.index !== 4) set(mem.index, r.below(64));
    if (mem.base >= 0) rest -= get(mem.index) * BigInt(mem.scale);
    else rest /= BigInt(mem.scale);
  } else if (mem.index >= 0) rest /= BigInt(mem.scale + 1);
  if (mem.base >= 0) put(mem.base, rest);
  else if (mem.index >= 0) put(mem.index, rest);
}
