/**
 * AES rounds as vector operations. Bytes are inverted without a 256-byte table: a byte is taken over into the tower
 * field GF(16)[ω]/(ω² + aω + a), where an inverse needs only functions of half bytes, and these are 16-byte tables that
 * `i8x16.swizzle` looks up for all lanes at once. So an S-box costs nine look-ups for sixteen bytes, and no memory
 * access tells which bytes they were. The method is Hamburg's ("Accelerating AES with Vector Permute Instructions",
 * 2009); the tables are computed here from FIPS 197's definitions.
 *
 * With a byte as k + iω and j = i + k: 1/(1/i + a/k) + j and 1/(1/j + a/k) + i are the norm over k + ai and over
 * k + ai + ak, whose inverses give both halves of the result by linear maps. 1/0 is kept as 0x80: `swizzle` gives 0
 * for it, so that 1/(1/0) is 0 again, and adding to it leaves it infinite.
 */
import type { Emitter, Val } from '../emitter.ts';

/** Product in GF(2)[x] modulo a polynomial of degree `bits`. */
function multiply(a: number, b: number, modulus: number, bits: number): number {
  let r = 0;
  for (let i = 0; i < bits; i++) if ((b >> i) & 1) r ^= a << i;
  for (let i = 2 * bits - 2; i >= bits; i--) if ((r >> i) & 1) r ^= modulus << (i - bits);
  return r;
}

const times = (a: number, b: number): number => multiply(a, b, 0x13, 4);
const INVERSE = Array.from({ length: 16 }, (_, a) => [...Array(16).keys()].find(b => times(a, b) === 1) ?? 0);

/** The first a for which ω² + aω + a has no root. */
const A = [...Array(16).keys()].find(
  a => a > 0 && [...Array(16).keys()].every(w => (times(w, w) ^ times(a, w) ^ a) !== 0),
) as number;

/** Product in the tower; a byte is k + 16·i. */
function timesTower(x: number, y: number): number {
  const [k, i, l, j] = [x & 15, x >> 4, y & 15, y >> 4];
  const both = times(i, j);
  // ω² = aω + a
  return times(k, l) ^ times(A, both) ^ ((times(k, j) ^ times(i, l) ^ times(A, both)) << 4);
}

const power = (x: number, n: number): number => (n === 0 ? 1 : timesTower(x, power(x, n - 1)));
/** A root of AES's polynomial x⁸ + x⁴ + x³ + x + 1 in the tower: where x goes. */
const ROOT = [...Array(256).keys()].find(
  x => (power(x, 8) ^ power(x, 4) ^ power(x, 3) ^ x ^ 1) === 0 && x > 1,
) as number;
const toTower = (byte: number): number => {
  let r = 0;
  for (let bit = 0; bit < 8; bit++) if ((byte >> bit) & 1) r ^= power(ROOT, bit);
  return r;
};
const TOWER = Array.from({ length: 256 }, (_, byte) => toTower(byte));
const fromTower = (x: number): number => TOWER.indexOf(x);

/** The linear part of the S-box (FIPS 197, section 5.1.1), and its inverse. */
const affine = (b: number): number => {
  let r = 0;
  for (const turn of [0, 1, 2, 3, 4]) r ^= ((b << turn) | (b >> (8 - turn))) & 0xff;
  return r;
};
const AFFINE = Array.from({ length: 256 }, (_, b) => affine(b));
const affineBack = (b: number): number => AFFINE.indexOf(b);

/** Sixteen bytes as the two halves of a vector. */
const packed = (bytes: readonly number[]): [bigint, bigint] => {
  const half = (from: number): bigint => {
    let v = 0n;
    for (let i = 7; i >= 0; i--) v = (v << 8n) | BigInt(bytes[from + i]);
    return v;
  };
  return [half(0), half(8)];
};
const table = (f: (n: number) => number): [bigint, bigint] => packed(Array.from({ length: 16 }, (_, n) => f(n)));

const RECIPROCAL = table(n => (n === 0 ? 0x80 : INVERSE[n]));
const A_OVER = table(n => (n === 0 ? 0x80 : times(A, INVERSE[n])));

/** From u = (k + ai)/norm and v = (k + ai + ak)/norm to the inverse (k + ai + iω)/norm. */
const joined = (u: number, v: number): number => {
  const k = times(u ^ v, INVERSE[A]);
  const i = times(u ^ k, INVERSE[A]);
  return k ^ times(A, i) ^ (i << 4);
};
/** The two tables that end an S-box, for a linear map of the inverse. */
const outputs = (map: (byte: number) => number) => ({
  first: table(n => map(fromTower(joined(INVERSE[n], 0)))),
  second: table(n => map(fromTower(joined(0, INVERSE[n])))),
});
const double = (b: number): number => multiply(b, 2, 0x11b, 8);

const FORWARD_IN = { low: table(n => TOWER[n]), high: table(n => TOWER[n << 4]) };
const FORWARD_OUT = outputs(affine);
const FORWARD_OUT_TRIPLE = outputs(b => double(affine(b)) ^ affine(b));
const BACK_IN = {
  low: table(n => TOWER[affineBack(n ^ 0x63)]),
  high: table(n => TOWER[affineBack(n << 4)]),
};
const BACK_OUT = outputs(b => b);

const SHIFT_ROWS = [0, 5, 10, 15, 4, 9, 14, 3, 8, 13, 2, 7, 12, 1, 6, 11];
const SHIFT_ROWS_BACK = [0, 13, 10, 7, 4, 1, 14, 11, 8, 5, 2, 15, 12, 9, 6, 3];
const UP1 = [1, 2, 3, 0, 5, 6, 7, 4, 9, 10, 11, 8, 13, 14, 15, 12];
const UP2 = [2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13];

type Table = readonly [bigint, bigint];
type Pair = { first: Table; second: Table };

const look = (e: Emitter, t: Table, index: Val): Val => e.op('i8x16.swizzle', e.vector(t[0], t[1]), index);
const xor = (e: Emitter, a: Val, b: Val): Val => e.op('v128.xor', a, b);
const nibbles = (e: Emitter, v: Val): [low: Val, high: Val] => {
  const mask = e.vector(0x0f0f_0f0f_0f0f_0f0fn, 0x0f0f_0f0f_0f0f_0f0fn);
  return [e.op('v128.and', v, mask), e.op('v128.and', e.op('i64x2.shr_u', v, e.const32(4)), mask)];
};

/** What the output tables are looked up with: the norm over both sums. */
function inverted(e: Emitter, v: Val, into: { low: Table; high: Table }): [Val, Val] {
  const [low, high] = nibbles(e, v);
  const [k, i] = nibbles(e, xor(e, look(e, into.low, low), look(e, into.high, high)));
  const j = xor(e, i, k);
  const ak = look(e, A_OVER, k);
  const first = xor(e, look(e, RECIPROCAL, xor(e, look(e, RECIPROCAL, i), ak)), j);
  const second = xor(e, look(e, RECIPROCAL, xor(e, look(e, RECIPROCAL, j), ak)), i);
  return [first, second];
}

const output = (e: Emitter, out: Pair, [first, second]: [Val, Val]): Val =>
  xor(e, look(e, out.first, first), look(e, out.second, second));

const bytes = (e: Emitter, value: number): Val => {
  const half = BigInt(value) * 0x0101_0101_0101_0101n;
  return e.vector(half, half);
};
const up = (e: Emitter, v: Val, lanes: readonly number[]): Val => e.shuffle(v, v, lanes);

/** Each byte times x. */
const doubled = (e: Emitter, v: Val): Val => {
  const carry = e.op('v128.and', e.op('i8x16.lt_s', v, e.vector(0n, 0n)), bytes(e, 0x1b));
  return xor(e, e.op('i8x16.add', v, v), carry);
};

/** 2·a₀ + 3·a₁ + a₂ + a₃ in each column, from the bytes and their triples. */
const mixed = (e: Emitter, s: Val, triple: Val): Val =>
  // 2a = 3a + a
  xor(e, xor(e, xor(e, triple, s), up(e, triple, UP1)), up(e, xor(e, s, up(e, s, UP1)), UP2));

/** The columns times the inverse polynomial: what MixColumns takes from a + 4·(a + the byte two rows on). */
export function mixColumnsBack(e: Emitter, v: Val): Val {
  const four = doubled(e, doubled(e, xor(e, v, up(e, v, UP2))));
  const a = xor(e, v, four);
  return mixed(e, a, xor(e, a, doubled(e, a)));
}

export const subBytes = (e: Emitter, v: Val): Val =>
  xor(e, output(e, FORWARD_OUT, inverted(e, v, FORWARD_IN)), bytes(e, 0x63));

/** ShiftRows, SubBytes, MixColumns, AddRoundKey. A column of 0x63 is mixed to itself, so it is added at the end. */
export function encryptRound(e: Emitter, state: Val, key: Val): Val {
  const at = inverted(e, up(e, state, SHIFT_ROWS), FORWARD_IN);
  const round = mixed(e, output(e, FORWARD_OUT, at), output(e, FORWARD_OUT_TRIPLE, at));
  return xor(e, round, xor(e, key, bytes(e, 0x63)));
}

export const encryptLast = (e: Emitter, state: Val, key: Val): Val =>
  xor(e, subBytes(e, up(e, state, SHIFT_ROWS)), key);

export const decryptLast = (e: Emitter, state: Val, key: Val): Val =>
  xor(e, output(e, BACK_OUT, inverted(e, up(e, state, SHIFT_ROWS_BACK), BACK_IN)), key);

/** The equivalent inverse cipher's round: FIPS 197, section 5.3.5. */
export const decryptRound = (e: Emitter, state: Val, key: Val): Val =>
  xor(e, mixColumnsBack(e, output(e, BACK_OUT, inverted(e, up(e, state, SHIFT_ROWS_BACK), BACK_IN))), key);
