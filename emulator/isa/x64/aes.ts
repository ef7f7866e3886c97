/**
 * AES rounds as vector operations. Bytes are inverted without a 256-byte table: a byte is taken over into the tower
 * field GF(16)[ω]/(ω² + aω + a), where an inverse needs only functions of half bytes, and these are 16-byte tables that
 * `i8x16.swizzle` looks up for all lanes at once. So an S-box costs nine look-ups for sixteen bytes, and no memory
 * access tells which bytes they were. The method is Hamburg's ("Accelerating AES with Vector Permute Instructions",
 * 2009); the tables are computed from FIPS 197's definitions.
 *
 * With a byte as k + iω and j = i + k: 1/(1/i + a/k) + j and 1/(1/j + a/k) + i are the norm over k + ai and over
 * k + ai + ak, whose inverses give both halves of the result by linear maps. 1/0 is kept as 0x80: `swizzle` gives 0
 * for it, so that 1/(1/0) is 0 again, and adding to it leaves it infinite.
 */
import type { Emitter, Val } from '../emitter.ts';
import { aesTables, type Pair, type Table } from './aes-tables.ts';

const SHIFT_ROWS = [0, 5, 10, 15, 4, 9, 14, 3, 8, 13, 2, 7, 12, 1, 6, 11];
const SHIFT_ROWS_BACK = [0, 13, 10, 7, 4, 1, 14, 11, 8, 5, 2, 15, 12, 9, 6, 3];
const UP1 = [1, 2, 3, 0, 5, 6, 7, 4, 9, 10, 11, 8, 13, 14, 15, 12];
const UP2 = [2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13];

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
  const ak = look(e, aesTables().aOver, k);
  const first = xor(e, look(e, aesTables().reciprocal, xor(e, look(e, aesTables().reciprocal, i), ak)), j);
  const second = xor(e, look(e, aesTables().reciprocal, xor(e, look(e, aesTables().reciprocal, j), ak)), i);
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
  xor(e, output(e, aesTables().forwardOut, inverted(e, v, aesTables().forwardIn)), bytes(e, 0x63));

/** ShiftRows, SubBytes, MixColumns, AddRoundKey. A column of 0x63 is mixed to itself, so it is added at the end. */
export function encryptRound(e: Emitter, state: Val, key: Val): Val {
  const at = inverted(e, up(e, state, SHIFT_ROWS), aesTables().forwardIn);
  const round = mixed(e, output(e, aesTables().forwardOut, at), output(e, aesTables().forwardOutTriple, at));
  return xor(e, round, xor(e, key, bytes(e, 0x63)));
}

export const encryptLast = (e: Emitter, state: Val, key: Val): Val =>
  xor(e, subBytes(e, up(e, state, SHIFT_ROWS)), key);

export const decryptLast = (e: Emitter, state: Val, key: Val): Val =>
  xor(e, output(e, aesTables().backOut, inverted(e, up(e, state, SHIFT_ROWS_BACK), aesTables().backIn)), key);

/** The equivalent inverse cipher's round: FIPS 197, section 5.3.5. */
export const decryptRound = (e: Emitter, state: Val, key: Val): Val =>
  xor(
    e,
    mixColumnsBack(e, output(e, aesTables().backOut, inverted(e, up(e, state, SHIFT_ROWS_BACK), aesTables().backIn))),
    key,
  );
