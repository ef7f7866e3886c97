/** Cryptography: AES, carry-less multiplication, SHA: SDM volume 1, sections 5.13 and 5.18. */
import type { Emitter, Val } from '../emitter.ts';
import { decryptLast, decryptRound, encryptLast, encryptRound, mixColumnsBack, subBytes } from './aes.ts';
import { row } from './define.ts';
import type { Lift, Row } from './row.ts';

/** A round on the destination; the source, which must be aligned in memory, is the key. */
const round =
  (f: (e: Emitter, state: Val, key: Val) => Val): Lift =>
  e => {
    const state = e.readVector(0);
    e.writeVector(0, f(e, state, e.readVector(1, true)));
  };

/** AESKEYGENASSIST: of words 1 and 3 the bytes' substitutes, and those turned by a byte with the constant added. */
function roundKey(e: Emitter): void {
  const v = e.readVector(1, true);
  const s = subBytes(e, e.shuffle(v, v, [4, 5, 6, 7, 4, 5, 6, 7, 12, 13, 14, 15, 12, 13, 14, 15]));
  const turned = e.shuffle(s, s, [0, 1, 2, 3, 5, 6, 7, 4, 8, 9, 10, 11, 13, 14, 15, 12]);
  const constant = e.op('i64x2.splat', e.shl(e.zeroExtend(e.read(2), 1, 8), e.const64(32)));
  e.writeVector(0, e.op('v128.xor', turned, constant));
}

/**
 * Carry-less product of two 32-bit values, in 64 bits. With three zero bits kept between every two, ordinary products
 * never carry into the next bit that counts: at most eight ones meet in a place. (The trick of BearSSL's `bmul`.)
 */
function multiply32(e: Emitter, a: Val, b: Val): Val {
  const part = (v: Val, i: number): Val => e.and(v, e.const64(0x1111_1111n << BigInt(i)));
  const x = [0, 1, 2, 3].map(i => part(a, i));
  const y = [0, 1, 2, 3].map(i => part(b, i));
  let sum: Val | undefined;
  for (let k = 0; k < 4; k++) {
    let z: Val | undefined;
    for (let i = 0; i < 4; i++) {
      const product = e.mul(x[i], y[(k - i) & 3]);
      z = z ? e.xor(z, product) : product;
    }
    const kept = e.and(z as Val, e.const64(0x1111_1111_1111_1111n << BigInt(k)));
    sum = sum ? e.or(sum, kept) : kept;
  }
  return sum as Val;
}

/** PCLMULQDQ: Karatsuba's three products of halves. */
function multiplyCarryless(e: Emitter): void {
  const choice = e.constant(2);
  const half = (v: Val, bit: number): Val => {
    const [low, high] = [e.lane('i64x2.extract_lane', 0, v), e.lane('i64x2.extract_lane', 1, v)];
    if (choice !== undefined) return choice & (1n << BigInt(bit)) ? high : low;
    return e.select(e.and(e.read(2), e.const32(1 << bit)), high, low);
  };
  const va = e.readVector(0);
  const vb = e.readVector(1, true);
  const a = half(va, 0);
  const b = half(vb, 4);
  const low = (v: Val): Val => e.and(v, e.const64(0xffff_ffffn));
  const high = (v: Val): Val => e.shrU(v, e.const64(32));
  const lows = multiply32(e, low(a), low(b));
  const highs = multiply32(e, high(a), high(b));
  const both = multiply32(e, e.xor(low(a), high(a)), e.xor(low(b), high(b)));
  const middle = e.xor(both, e.xor(lows, highs));
  const result = e.op('i64x2.splat', e.xor(lows, e.shl(middle, e.const64(32))));
  e.writeVector(0, e.lane('i64x2.replace_lane', 1, result, e.xor(highs, high(middle))));
}

// Of the SHA instructions a memory operand need not be aligned: Zen CPUs do not check it.

const word = (e: Emitter, v: Val, i: number): Val => e.lane('i32x4.extract_lane', i, v);
const turn = (e: Emitter, v: Val, by: number): Val => e.op('i32.rotl', v, e.const32(by));

/** Four words, the lowest lane first. */
function words(e: Emitter, list: readonly Val[]): Val {
  let v = e.op('i32x4.splat', list[0]);
  for (let i = 1; i < 4; i++) v = e.lane('i32x4.replace_lane', i, v, list[i]);
  return v;
}

/** All lanes rotated right. */
const turnLanes = (e: Emitter, v: Val, by: number): Val =>
  e.op('v128.or', e.op('i32x4.shr_u', v, e.const32(by)), e.op('i32x4.shl', v, e.const32(32 - by)));

function sha1Rounds(e: Emitter): void {
  const state = e.readVector(0);
  const message = e.readVector(1);
  const known = e.constant(2);
  const which = e.and(e.zeroExtend(e.read(2), 1, 4), e.const32(3));
  const CONSTANTS = [0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6];
  let [d, c, b, a] = [0, 1, 2, 3].map(i => word(e, state, i));
  const f = (b: Val, c: Val, d: Val): Val => {
    const choose = (): Val => e.xor(d, e.and(b, e.xor(c, d)));
    const parity = (): Val => e.xor(b, e.xor(c, d));
    const majority = (): Val => e.or(e.and(b, c), e.and(d, e.or(b, c)));
    if (known !== undefined) return [choose, parity, majority, parity][Number(known & 3n)]();
    const odd = e.and(which, e.const32(1));
    return e.select(odd, parity(), e.select(which, majority(), choose()));
  };
  let constant: Val;
  if (known !== undefined) constant = e.const32(CONSTANTS[Number(known & 3n)]);
  else {
    const of = (i: number): Val => e.const32(CONSTANTS[i]);
    constant = e.select(
      e.and(which, e.const32(2)),
      e.select(e.and(which, e.const32(1)), of(3), of(2)),
      e.select(e.and(which, e.const32(1)), of(1), of(0)),
    );
  }
  // E is in the message already for the first round.
  let last: Val | undefined;
  for (let i = 3; i >= 0; i--) {
    let sum = e.add(e.add(f(b, c, d), turn(e, a, 5)), e.add(word(e, message, i), constant));
    if (last) sum = e.add(sum, last);
    last = d;
    d = c;
    c = turn(e, b, 30);
    b = a;
    a = sum;
  }
  e.writeVector(0, words(e, [d, c, b, a]));
}

function sha256Rounds(e: Emitter): void {
  // CDGH in the destination, ABEF in the source, highest lane first.
  const first = e.readVector(0);
  const second = e.readVector(1);
  const message = e.getVector(0);
  let [h, g, d, c] = [0, 1, 2, 3].map(i => word(e, first, i));
  let [f, en, b, a] = [0, 1, 2, 3].map(i => word(e, second, i));
  const right = (v: Val, by: number): Val => turn(e, v, 32 - by);
  for (let i = 0; i < 2; i++) {
    const sigma1 = e.xor(e.xor(right(en, 6), right(en, 11)), right(en, 25));
    const choose = e.xor(g, e.and(en, e.xor(f, g)));
    const t = e.add(e.add(h, sigma1), e.add(choose, word(e, message, i)));
    const sigma0 = e.xor(e.xor(right(a, 2), right(a, 13)), right(a, 22));
    const majority = e.or(e.and(a, b), e.and(c, e.or(a, b)));
    h = g;
    g = f;
    f = en;
    en = e.add(d, t);
    d = c;
    c = b;
    b = a;
    a = e.add(t, e.add(sigma0, majority));
  }
  e.writeVector(0, words(e, [f, en, b, a]));
}

/** σ₀ and σ₁ of the message schedule: two rotations and a shift. */
const smallSigma = (e: Emitter, v: Val, r1: number, r2: number, shift: number): Val =>
  e.op(
    'v128.xor',
    e.op('v128.xor', turnLanes(e, v, r1), turnLanes(e, v, r2)),
    e.op('i32x4.shr_u', v, e.const32(shift)),
  );

function sha256Message1(e: Emitter): void {
  const a = e.readVector(0);
  const b = e.readVector(1);
  const next = e.shuffle(a, b, [4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
  e.writeVector(0, e.op('i32x4.add', a, smallSigma(e, next, 7, 18, 3)));
}

/** The last two words need the first two. */
function sha256Message2(e: Emitter): void {
  const a = e.readVector(0);
  const b = e.readVector(1);
  const zero = e.vector(0n, 0n);
  const early = smallSigma(
    e,
    e.shuffle(b, zero, [8, 9, 10, 11, 12, 13, 14, 15, 16, 16, 16, 16, 16, 16, 16, 16]),
    17,
    19,
    10,
  );
  const low = e.op('i32x4.add', a, early);
  const late = smallSigma(
    e,
    e.shuffle(low, zero, [16, 16, 16, 16, 16, 16, 16, 16, 0, 1, 2, 3, 4, 5, 6, 7]),
    17,
    19,
    10,
  );
  e.writeVector(0, e.op('i32x4.add', low, late));
}

/** W[16] to W[19] from what SHA1MSG1 and the XOR with W[8] to W[11] left; the last one needs the first. */
function sha1Message2(e: Emitter): void {
  const a = e.readVector(0);
  const b = e.readVector(1);
  const first = turn(e, e.xor(word(e, a, 3), word(e, b, 2)), 1);
  const second = turn(e, e.xor(word(e, a, 2), word(e, b, 1)), 1);
  const third = turn(e, e.xor(word(e, a, 1), word(e, b, 0)), 1);
  const fourth = turn(e, e.xor(word(e, a, 0), first), 1);
  e.writeVector(0, words(e, [fourth, third, second, first]));
}

export const crypto: readonly Row[] = [
  row(
    'aesenc',
    'One round of AES encryption.',
    { feature: 'aes' },
    [['66 0F 38 DC /r', 'Vdq,Wdq']],
    round(encryptRound),
  ),
  row(
    'aesenclast',
    'The last round of AES encryption.',
    { feature: 'aes' },
    [['66 0F 38 DD /r', 'Vdq,Wdq']],
    round(encryptLast),
  ),
  row(
    'aesdec',
    'One round of AES decryption.',
    { feature: 'aes' },
    [['66 0F 38 DE /r', 'Vdq,Wdq']],
    round(decryptRound),
  ),
  row(
    'aesdeclast',
    'The last round of AES decryption.',
    { feature: 'aes' },
    [['66 0F 38 DF /r', 'Vdq,Wdq']],
    round(decryptLast),
  ),
  row(
    'aesimc',
    'Turns an encryption round key into a decryption round key.',
    { feature: 'aes' },
    [['66 0F 38 DB /r', 'Vdq,Wdq']],
    e => e.writeVector(0, mixColumnsBack(e, e.readVector(1, true))),
  ),
  row(
    'aeskeygenassist',
    'Helps to compute the next AES round key.',
    { feature: 'aes' },
    [['66 0F 3A DF /r ib', 'Vdq,Wdq,Ib']],
    roundKey,
  ),
  row(
    'pclmulqdq',
    'Multiplies two quadwords without carries: as polynomials.',
    { feature: 'pclmulqdq' },
    [['66 0F 3A 44 /r ib', 'Vdq,Wdq,Ib']],
    multiplyCarryless,
  ),
  row(
    'sha1nexte',
    'Computes the next E of SHA-1 and adds it to message words.',
    { feature: 'sha' },
    [['NP 0F 38 C8 /r', 'Vdq,Wdq']],
    e => {
      const a = e.readVector(0);
      const b = e.readVector(1);
      e.writeVector(0, e.lane('i32x4.replace_lane', 3, b, e.add(word(e, b, 3), turn(e, word(e, a, 3), 30))));
    },
  ),
  row(
    'sha1msg1',
    'First half of the SHA-1 message schedule.',
    { feature: 'sha' },
    [['NP 0F 38 C9 /r', 'Vdq,Wdq']],
    e => {
      const a = e.readVector(0);
      const b = e.readVector(1);
      const later = e.shuffle(a, b, [24, 25, 26, 27, 28, 29, 30, 31, 0, 1, 2, 3, 4, 5, 6, 7]);
      e.writeVector(0, e.op('v128.xor', a, later));
    },
  ),
  row(
    'sha1msg2',
    'Second half of the SHA-1 message schedule.',
    { feature: 'sha' },
    [['NP 0F 38 CA /r', 'Vdq,Wdq']],
    sha1Message2,
  ),
  row('sha1rnds4', 'Four rounds of SHA-1.', { feature: 'sha' }, [['NP 0F 3A CC /r ib', 'Vdq,Wdq,Ib']], sha1Rounds),
  row(
    'sha256rnds2',
    'Two rounds of SHA-256; message words and constants come in XMM0.',
    { feature: 'sha' },
    [['NP 0F 38 CB /r', 'Vdq,Wdq,XMM0']],
    sha256Rounds,
  ),
  row(
    'sha256msg1',
    'First half of the SHA-256 message schedule.',
    { feature: 'sha' },
    [['NP 0F 38 CC /r', 'Vdq,Wdq']],
    sha256Message1,
  ),
  row(
    'sha256msg2',
    'Second half of the SHA-256 message schedule.',
    { feature: 'sha' },
    [['NP 0F 38 CD /r', 'Vdq,Wdq']],
    sha256Message2,
  ),
  ...(
    [
      ['gf2p8mulb', '66 0F 38 CF /r', 'Vx,Wx', 'Multiplies bytes in the field of AES.'],
      ['gf2p8affineqb', '66 0F 3A CE /r ib', 'Vx,Wx,Ib', 'Applies a bit matrix to bytes and adds a constant.'],
      [
        'gf2p8affineinvqb',
        '66 0F 3A CF /r ib',
        'Vx,Wx,Ib',
        'Inverts bytes in the field of AES, then applies a bit matrix.',
      ],
    ] as const
  ).map(([name, encoding, operands, sentence]) => row(name, sentence, { feature: 'other' }, [[encoding, operands]])),
];
