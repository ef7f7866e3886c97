/** Integer vectors: MMX, SSE2, SSSE3 and SSE4. Most have an MMX form of 8 bytes and an XMM form of 16 with one meaning. */
import type { Emitter, Val } from '../emitter.ts';
import { row } from './define.ts';
import type { Feature, Lift, Row } from './row.ts';

/** The destination and the source, lane by lane; a memory source must be aligned. */
const binary =
  (name: string): Lift =>
  e => {
    const a = e.readVector(0);
    e.writeVector(0, e.op(name, a, e.readVector(1, true)));
  };

const shuffled =
  (lanes: readonly number[]): Lift =>
  e => {
    const a = e.readVector(0);
    e.writeVector(0, e.shuffle(a, e.readVector(1, true), lanes));
  };

/** PUNPCKH…: the upper half of 16 bytes, or (MMX) of 8, where all of it lies in the low half. */
const shuffledHigh =
  (lanes: readonly number[]): Lift =>
  e =>
    shuffled(e.kind(0) === 'mm' ? lanes.map(lane => lane - 4) : lanes)(e);

/** Both operands of an MMX instruction in one vector, for operations that put their results side by side. */
const joined = (e: Emitter, a: Val, b: Val): Val =>
  e.shuffle(a, b, [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23]);

/** PACK…: the results of the first operand lie below those of the second. */
const narrowed =
  (name: string): Lift =>
  e => {
    const a = e.readVector(0);
    const b = e.readVector(1, true);
    if (e.kind(0) !== 'mm') {
      e.writeVector(0, e.op(name, a, b));
      return;
    }
    const both = joined(e, a, b);
    e.writeVector(0, e.op(name, both, both));
  };

const HIGH_WORDS = [2, 3, 6, 7, 10, 11, 14, 15, 18, 19, 22, 23, 26, 27, 30, 31];
const EVEN_WORDS = [0, 1, 4, 5, 8, 9, 12, 13, 16, 17, 20, 21, 24, 25, 28, 29];
const ODD_WORDS = HIGH_WORDS;
const EVEN_DOUBLEWORDS = [0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27];
const ODD_DOUBLEWORDS = [4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31];

const iota = (e: Emitter): Val => e.vector(0x0706050403020100n, 0x0f0e0d0c0b0a0908n);

/** An immediate byte count in every byte, at most `limit`, where everything has been shifted out. */
function byteCount(e: Emitter, i: number, limit: number): Val {
  const n = e.zeroExtend(e.read(i), 1, 4);
  return e.op('i8x16.splat', e.select(e.ltU(n, e.const32(limit)), n, e.const32(limit)));
}

function multiplyHigh(e: Emitter, sign: 's' | 'u'): void {
  const a = e.readVector(0);
  const b = e.readVector(1, true);
  const low = e.op(`i32x4.extmul_low_i16x8_${sign}`, a, b);
  const high = e.op(`i32x4.extmul_high_i16x8_${sign}`, a, b);
  e.writeVector(0, e.shuffle(low, high, HIGH_WORDS));
}

function multiplyEven(e: Emitter, sign: 's' | 'u'): void {
  const even = (v: Val): Val => e.shuffle(v, v, EVEN_DOUBLEWORDS);
  const a = even(e.readVector(0));
  e.writeVector(0, e.op(`i64x2.extmul_low_i32x4_${sign}`, a, even(e.readVector(1, true))));
}

/** PSHUFLW (`first` 0) and PSHUFHW (`first` 4). */
function shuffleWords(e: Emitter, first: number): void {
  const order = e.zeroExtend(e.read(2), 1, 4);
  let index = iota(e);
  for (let i = 0; i < 4; i++) {
    const lane = e.add(e.and(e.shrU(order, e.const32(2 * i)), e.const32(3)), e.const32(first));
    const bytes = e.add(e.mul(lane, e.const32(0x0202)), e.const32(0x0100));
    index = e.lane('i16x8.replace_lane', first + i, index, bytes);
  }
  e.writeVector(0, e.op('i8x16.swizzle', e.readVector(1, true), index));
}

/** Neighbours of both operands: even lanes with odd lanes. */
function horizontal(e: Emitter, name: string, width: 2 | 4): void {
  let a = e.readVector(0);
  let b = e.readVector(1, true);
  if (e.kind(0) === 'mm') a = b = joined(e, a, b);
  const even = e.shuffle(a, b, width === 2 ? EVEN_WORDS : EVEN_DOUBLEWORDS);
  const odd = e.shuffle(a, b, width === 2 ? ODD_WORDS : ODD_DOUBLEWORDS);
  e.writeVector(0, e.op(name, even, odd));
}

function applySign(e: Emitter, lanes: string): void {
  const a = e.readVector(0);
  const b = e.readVector(1, true);
  const zero = e.vector(0n, 0n);
  const negative = e.op(`${lanes}.lt_s`, b, zero);
  const signed = e.op(`${lanes}.sub`, e.op('v128.xor', a, negative), negative);
  e.writeVector(0, e.op('v128.andnot', signed, e.op(`${lanes}.eq`, b, zero)));
}

/** The count is one number for all lanes: an immediate byte, or the low 64 bits of the source. */
function shiftLanes(e: Emitter, bits: 16 | 32 | 64, how: 'shl' | 'shr_u' | 'shr_s'): void {
  const lanes = bits === 16 ? 'i16x8' : bits === 32 ? 'i32x4' : 'i64x2';
  const a = e.readVector(0);
  const n =
    e.kind(1) === 'imm' ? e.zeroExtend(e.read(1), 1, 8) : e.lane('i64x2.extract_lane', 0, e.readVector(1, true));
  const small = e.ltU(n, e.const64(bits));
  const count = e.truncate(n, 4);
  if (how === 'shr_s') e.writeVector(0, e.op(`${lanes}.shr_s`, a, e.select(small, count, e.const32(bits - 1))));
  else e.writeVector(0, e.select(small, e.op(`${lanes}.${how}`, a, count), e.vector(0n, 0n)));
}

/** PMOVSX and PMOVZX, doubling the width until it is wide enough. */
function widenLanes(e: Emitter, from: number, to: number, sign: 's' | 'u'): void {
  const bytes = 16 / (to / from);
  let v: Val;
  if (bytes === 8) v = e.lane('i64x2.replace_lane', 0, e.vector(0n, 0n), e.readLow(1, 8));
  else if (e.kind(1) === 'mem') v = e.lane('i32x4.replace_lane', 0, e.vector(0n, 0n), e.read(1));
  else v = e.lane('i32x4.replace_lane', 0, e.vector(0n, 0n), e.readLow(1, 4));
  const step: Record<number, string> = {
    8: `i16x8.extend_low_i8x16_${sign}`,
    16: `i32x4.extend_low_i16x8_${sign}`,
    32: `i64x2.extend_low_i32x4_${sign}`,
  };
  for (let w = from; w < to; w *= 2) v = e.op(step[w], v);
  e.writeVector(0, v);
}

/** MPSADBW: bit 2 of the immediate moves the destination's window by four bytes, bits 0 and 1 choose the block. */
function blockDifferences(e: Emitter): void {
  const a = e.readVector(0);
  const b = e.readVector(1, true);
  const how = e.zeroExtend(e.read(2), 1, 4);
  const bytes = (n: Val): Val => e.op('i8x16.splat', n);
  const window = e.op('i8x16.swizzle', a, e.op('i8x16.add', iota(e), bytes(e.and(how, e.const32(4)))));
  const first = e.shl(e.and(how, e.const32(3)), e.const32(2));
  let sums: Val | undefined;
  for (let k = 0; k < 4; k++) {
    const x = e.shuffle(
      window,
      window,
      Array.from({ length: 16 }, (_, i) => (i + k) & 15),
    );
    const y = e.op('i8x16.swizzle', b, bytes(e.add(first, e.const32(k))));
    const distance = e.op('v128.or', e.op('i8x16.sub_sat_u', x, y), e.op('i8x16.sub_sat_u', y, x));
    const words = e.op('i16x8.extend_low_i8x16_u', distance);
    sums = sums ? e.op('i16x8.add', sums, words) : words;
  }
  e.writeVector(0, sums as Val);
}

/** MMX form and XMM form of one opcode. */
const pair = (name: string, opcode: string, sentence: string, lift?: Lift, feature: Feature = 'sse2'): Row =>
  row(
    name,
    sentence,
    { feature },
    [
      [`NP 0F ${opcode} /r`, 'Pq,Qq'],
      [`66 0F ${opcode} /r`, 'Vx,Wx'],
    ],
    lift,
  );

const ssse3 = (name: string, opcode: string, sentence: string, lift?: Lift): Row =>
  pair(name, `38 ${opcode}`, sentence, lift, 'ssse3');

/** XMM form only. */
const xmm = (name: string, feature: Feature, opcode: string, operands: string, sentence: string, lift?: Lift): Row =>
  row(name, sentence, { feature }, [[`66 0F ${opcode} /r${operands.endsWith('Ib') ? ' ib' : ''}`, operands]], lift);

const sse41 = (name: string, opcode: string, sentence: string, lift?: Lift): Row =>
  xmm(name, 'sse4.1', `38 ${opcode}`, 'Vx,Wx', sentence, lift);

const extend = (name: string, opcode: string, source: string, sentence: string, lift?: Lift): Row =>
  xmm(name, 'sse4.1', `38 ${opcode}`, `Vx,${source}`, sentence, lift);

/** Shifts: count from a vector operand (opcode `count`), or from an immediate (`immediate` with ModRM.reg `n`). */
const shifts = (name: string, count: string, immediate: string, n: number, sentence: string, lift?: Lift): Row =>
  row(
    name,
    sentence,
    { feature: 'sse2' },
    [
      [`NP 0F ${count} /r`, 'Pq,Qq'],
      [`66 0F ${count} /r`, 'Vx,Wdq'],
      [`NP 0F ${immediate} /${n} ib`, 'Nq,Ib'],
      [`66 0F ${immediate} /${n} ib`, 'Ux,Ib'],
    ],
    lift,
  );

export const sseInt: readonly Row[] = [
  pair('paddb', 'FC', 'Adds bytes.', binary('i8x16.add')),
  pair('paddw', 'FD', 'Adds words.', binary('i16x8.add')),
  pair('paddd', 'FE', 'Adds doublewords.', binary('i32x4.add')),
  pair('paddq', 'D4', 'Adds quadwords.', binary('i64x2.add')),
  pair('psubb', 'F8', 'Subtracts bytes.', binary('i8x16.sub')),
  pair('psubw', 'F9', 'Subtracts words.', binary('i16x8.sub')),
  pair('psubd', 'FA', 'Subtracts doublewords.', binary('i32x4.sub')),
  pair('psubq', 'FB', 'Subtracts quadwords.', binary('i64x2.sub')),
  pair('paddsb', 'EC', 'Adds signed bytes and stops at the limits.', binary('i8x16.add_sat_s')),
  pair('paddsw', 'ED', 'Adds signed words and stops at the limits.', binary('i16x8.add_sat_s')),
  pair('paddusb', 'DC', 'Adds unsigned bytes and stops at 255.', binary('i8x16.add_sat_u')),
  pair('paddusw', 'DD', 'Adds unsigned words and stops at 65535.', binary('i16x8.add_sat_u')),
  pair('psubsb', 'E8', 'Subtracts signed bytes and stops at the limits.', binary('i8x16.sub_sat_s')),
  pair('psubsw', 'E9', 'Subtracts signed words and stops at the limits.', binary('i16x8.sub_sat_s')),
  pair('psubusb', 'D8', 'Subtracts unsigned bytes and stops at 0.', binary('i8x16.sub_sat_u')),
  pair('psubusw', 'D9', 'Subtracts unsigned words and stops at 0.', binary('i16x8.sub_sat_u')),
  pair('pmullw', 'D5', 'Multiplies words and keeps the low halves.', binary('i16x8.mul')),
  pair('pmulhw', 'E5', 'Multiplies signed words and keeps the high halves.', e => multiplyHigh(e, 's')),
  pair('pmulhuw', 'E4', 'Multiplies unsigned words and keeps the high halves.', e => multiplyHigh(e, 'u')),
  pair('pmuludq', 'F4', 'Multiplies every second unsigned doubleword to a quadword.', e => multiplyEven(e, 'u')),
  pair('pmaddwd', 'F5', 'Multiplies signed words and adds neighbouring products.', binary('i32x4.dot_i16x8_s')),
  pair('psadbw', 'F6', 'Sums the absolute differences of unsigned bytes.', e => {
    const a = e.readVector(0);
    const b = e.readVector(1, true);
    const distance = e.op('v128.or', e.op('i8x16.sub_sat_u', a, b), e.op('i8x16.sub_sat_u', b, a));
    const sums = e.op('i32x4.extadd_pairwise_i16x8_u', e.op('i16x8.extadd_pairwise_i8x16_u', distance));
    const even = e.op('v128.and', sums, e.vector(0xffff_ffffn, 0xffff_ffffn));
    e.writeVector(0, e.op('i64x2.add', even, e.op('i64x2.shr_u', sums, e.const32(32))));
  }),
  pair('pavgb', 'E0', 'Averages unsigned bytes, rounding up.', binary('i8x16.avgr_u')),
  pair('pavgw', 'E3', 'Averages unsigned words, rounding up.', binary('i16x8.avgr_u')),
  pair('pminub', 'DA', 'Keeps the smaller unsigned bytes.', binary('i8x16.min_u')),
  pair('pmaxub', 'DE', 'Keeps the larger unsigned bytes.', binary('i8x16.max_u')),
  pair('pminsw', 'EA', 'Keeps the smaller signed words.', binary('i16x8.min_s')),
  pair('pmaxsw', 'EE', 'Keeps the larger signed words.', binary('i16x8.max_s')),
  pair('pcmpeqb', '74', 'Compares bytes for equality; each result is all ones or all zeros.', binary('i8x16.eq')),
  pair('pcmpeqw', '75', 'Compares words for equality; each result is all ones or all zeros.', binary('i16x8.eq')),
  pair('pcmpeqd', '76', 'Compares doublewords for equality; each result is all ones or all zeros.', binary('i32x4.eq')),
  pair(
    'pcmpgtb',
    '64',
    'Compares signed bytes for greater; each result is all ones or all zeros.',
    binary('i8x16.gt_s'),
  ),
  pair(
    'pcmpgtw',
    '65',
    'Compares signed words for greater; each result is all ones or all zeros.',
    binary('i16x8.gt_s'),
  ),
  pair(
    'pcmpgtd',
    '66',
    'Compares signed doublewords for greater; each result is all ones or all zeros.',
    binary('i32x4.gt_s'),
  ),
  pair('pand', 'DB', 'Keeps the bits set in both.', binary('v128.and')),
  pair('pandn', 'DF', 'Keeps the bits of the source that the destination does not have.', e => {
    const a = e.readVector(0);
    e.writeVector(0, e.op('v128.andnot', e.readVector(1, true), a));
  }),
  pair('por', 'EB', 'Sets the bits set in either.', binary('v128.or')),
  pair('pxor', 'EF', 'Sets the bits that differ; of a register with itself, makes zero.', binary('v128.xor')),

  row(
    'punpcklbw',
    'Interleaves the low bytes of both operands.',
    { feature: 'sse2' },
    [
      ['NP 0F 60 /r', 'Pq,Qd'],
      ['66 0F 60 /r', 'Vx,Wx'],
    ],
    shuffled([0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23]),
  ),
  row(
    'punpcklwd',
    'Interleaves the low words of both operands.',
    { feature: 'sse2' },
    [
      ['NP 0F 61 /r', 'Pq,Qd'],
      ['66 0F 61 /r', 'Vx,Wx'],
    ],
    shuffled([0, 1, 16, 17, 2, 3, 18, 19, 4, 5, 20, 21, 6, 7, 22, 23]),
  ),
  row(
    'punpckldq',
    'Interleaves the low doublewords of both operands.',
    { feature: 'sse2' },
    [
      ['NP 0F 62 /r', 'Pq,Qd'],
      ['66 0F 62 /r', 'Vx,Wx'],
    ],
    shuffled([0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23]),
  ),
  pair(
    'punpckhbw',
    '68',
    'Interleaves the high bytes of both operands.',
    shuffledHigh([8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31]),
  ),
  pair(
    'punpckhwd',
    '69',
    'Interleaves the high words of both operands.',
    shuffledHigh([8, 9, 24, 25, 10, 11, 26, 27, 12, 13, 28, 29, 14, 15, 30, 31]),
  ),
  pair(
    'punpckhdq',
    '6A',
    'Interleaves the high doublewords of both operands.',
    shuffledHigh([8, 9, 10, 11, 24, 25, 26, 27, 12, 13, 14, 15, 28, 29, 30, 31]),
  ),
  xmm(
    'punpcklqdq',
    'sse2',
    '6C',
    'Vx,Wx',
    'Joins the low quadwords of both operands.',
    shuffled([0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23]),
  ),
  xmm(
    'punpckhqdq',
    'sse2',
    '6D',
    'Vx,Wx',
    'Joins the high quadwords of both operands.',
    shuffled([8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31]),
  ),
  pair(
    'packsswb',
    '63',
    'Narrows signed words to signed bytes, stopping at the limits.',
    narrowed('i8x16.narrow_i16x8_s'),
  ),
  pair(
    'packuswb',
    '67',
    'Narrows signed words to unsigned bytes, stopping at the limits.',
    narrowed('i8x16.narrow_i16x8_u'),
  ),
  pair(
    'packssdw',
    '6B',
    'Narrows signed doublewords to signed words, stopping at the limits.',
    narrowed('i16x8.narrow_i32x4_s'),
  ),

  shifts('psrlw', 'D1', '71', 2, 'Shifts words right and fills with zeros.', e => shiftLanes(e, 16, 'shr_u')),
  shifts('psraw', 'E1', '71', 4, 'Shifts words right and fills with the sign.', e => shiftLanes(e, 16, 'shr_s')),
  shifts('psllw', 'F1', '71', 6, 'Shifts words left.', e => shiftLanes(e, 16, 'shl')),
  shifts('psrld', 'D2', '72', 2, 'Shifts doublewords right and fills with zeros.', e => shiftLanes(e, 32, 'shr_u')),
  shifts('psrad', 'E2', '72', 4, 'Shifts doublewords right and fills with the sign.', e => shiftLanes(e, 32, 'shr_s')),
  shifts('pslld', 'F2', '72', 6, 'Shifts doublewords left.', e => shiftLanes(e, 32, 'shl')),
  shifts('psrlq', 'D3', '73', 2, 'Shifts quadwords right and fills with zeros.', e => shiftLanes(e, 64, 'shr_u')),
  shifts('psllq', 'F3', '73', 6, 'Shifts quadwords left.', e => shiftLanes(e, 64, 'shl')),
  row('psrldq', 'Shifts the whole register right by bytes.', { feature: 'sse2' }, [['66 0F 73 /3 ib', 'Ux,Ib']], e =>
    e.writeVector(0, e.op('i8x16.swizzle', e.readVector(0), e.op('i8x16.add', iota(e), byteCount(e, 1, 16)))),
  ),
  row('pslldq', 'Shifts the whole register left by bytes.', { feature: 'sse2' }, [['66 0F 73 /7 ib', 'Ux,Ib']], e =>
    e.writeVector(0, e.op('i8x16.swizzle', e.readVector(0), e.op('i8x16.sub', iota(e), byteCount(e, 1, 16)))),
  ),

  row('pshufw', 'Chooses four words by the immediate.', { feature: 'sse' }, [['NP 0F 70 /r ib', 'Pq,Qq,Ib']], e =>
    shuffleWords(e, 0),
  ),
  xmm('pshufd', 'sse2', '70', 'Vx,Wx,Ib', 'Chooses four doublewords by the immediate.', e => {
    const order = e.zeroExtend(e.read(2), 1, 4);
    let index = e.vector(0n, 0n);
    for (let i = 0; i < 4; i++) {
      const lane = e.and(e.shrU(order, e.const32(2 * i)), e.const32(3));
      index = e.lane('i32x4.replace_lane', i, index, e.add(e.mul(lane, e.const32(0x04040404)), e.const32(0x03020100)));
    }
    e.writeVector(0, e.op('i8x16.swizzle', e.readVector(1, true), index));
  }),
  row(
    'pshufhw',
    'Chooses the four high words by the immediate and copies the low half.',
    { feature: 'sse2' },
    [['F3 0F 70 /r ib', 'Vx,Wx,Ib']],
    e => shuffleWords(e, 4),
  ),
  row(
    'pshuflw',
    'Chooses the four low words by the immediate and copies the high half.',
    { feature: 'sse2' },
    [['F2 0F 70 /r ib', 'Vx,Wx,Ib']],
    e => shuffleWords(e, 0),
  ),
  row('emms', 'Ends MMX code: the x87 registers are free again.', { feature: 'mmx' }, [['NP 0F 77', '']], e =>
    e.routine('emms'),
  ),

  ssse3(
    'pshufb',
    '00',
    'Chooses bytes by the source: each source byte names one, or zero if its top bit is set.',
    e => {
      const a = e.readVector(0);
      const kept = e.const32(e.kind(0) === 'mm' ? 0x87 : 0x8f);
      const order = e.op('v128.and', e.readVector(1, true), e.op('i8x16.splat', kept));
      e.writeVector(0, e.op('i8x16.swizzle', a, order));
    },
  ),
  ssse3('phaddw', '01', 'Adds neighbouring words of both operands.', e => horizontal(e, 'i16x8.add', 2)),
  ssse3('phaddd', '02', 'Adds neighbouring doublewords of both operands.', e => horizontal(e, 'i32x4.add', 4)),
  ssse3('phaddsw', '03', 'Adds neighbouring signed words of both operands and stops at the limits.', e =>
    horizontal(e, 'i16x8.add_sat_s', 2),
  ),
  ssse3(
    'pmaddubsw',
    '04',
    'Multiplies unsigned by signed bytes and adds neighbouring products, stopping at the limits.',
    e => {
      const a = e.readVector(0);
      const b = e.readVector(1, true);
      const low = e.op('i16x8.mul', e.op('i16x8.extend_low_i8x16_u', a), e.op('i16x8.extend_low_i8x16_s', b));
      const high = e.op('i16x8.mul', e.op('i16x8.extend_high_i8x16_u', a), e.op('i16x8.extend_high_i8x16_s', b));
      e.writeVector(0, e.op('i16x8.add_sat_s', e.shuffle(low, high, EVEN_WORDS), e.shuffle(low, high, ODD_WORDS)));
    },
  ),
  ssse3('phsubw', '05', 'Subtracts neighbouring words of both operands.', e => horizontal(e, 'i16x8.sub', 2)),
  ssse3('phsubd', '06', 'Subtracts neighbouring doublewords of both operands.', e => horizontal(e, 'i32x4.sub', 4)),
  ssse3('phsubsw', '07', 'Subtracts neighbouring signed words of both operands and stops at the limits.', e =>
    horizontal(e, 'i16x8.sub_sat_s', 2),
  ),
  ssse3('psignb', '08', 'Negates, zeroes or keeps bytes by the sign of the source.', e => applySign(e, 'i8x16')),
  ssse3('psignw', '09', 'Negates, zeroes or keeps words by the sign of the source.', e => applySign(e, 'i16x8')),
  ssse3('psignd', '0A', 'Negates, zeroes or keeps doublewords by the sign of the source.', e => applySign(e, 'i32x4')),
  ssse3('pmulhrsw', '0B', 'Multiplies signed words as fractions, rounding.', e => {
    const a = e.readVector(0);
    const b = e.readVector(1, true);
    const round = (x: Val): Val =>
      e.op(
        'i32x4.shr_s',
        e.op('i32x4.add', e.op('i32x4.shr_s', x, e.const32(14)), e.op('i32x4.splat', e.const32(1))),
        e.const32(1),
      );
    const low = round(e.op('i32x4.extmul_low_i16x8_s', a, b));
    const high = round(e.op('i32x4.extmul_high_i16x8_s', a, b));
    e.writeVector(0, e.shuffle(low, high, [0, 1, 4, 5, 8, 9, 12, 13, 16, 17, 20, 21, 24, 25, 28, 29]));
  }),
  ssse3('pabsb', '1C', 'Takes the absolute value of bytes.', e =>
    e.writeVector(0, e.op('i8x16.abs', e.readVector(1, true))),
  ),
  ssse3('pabsw', '1D', 'Takes the absolute value of words.', e =>
    e.writeVector(0, e.op('i16x8.abs', e.readVector(1, true))),
  ),
  ssse3('pabsd', '1E', 'Takes the absolute value of doublewords.', e =>
    e.writeVector(0, e.op('i32x4.abs', e.readVector(1, true))),
  ),
  row(
    'palignr',
    'Joins both operands and takes a window that starts at the given byte.',
    { feature: 'ssse3' },
    [
      ['NP 0F 3A 0F /r ib', 'Pq,Qq,Ib'],
      ['66 0F 3A 0F /r ib', 'Vx,Wx,Ib'],
    ],
    e => {
      const a = e.readVector(0);
      const b = e.readVector(1, true);
      if (e.kind(0) === 'mm') {
        const at = e.op('i8x16.add', iota(e), byteCount(e, 2, 16));
        e.writeVector(0, e.op('i8x16.swizzle', joined(e, b, a), at));
        return;
      }
      const by = byteCount(e, 2, 32);
      const at = e.op('i8x16.add', iota(e), by);
      const below = e.op('i8x16.swizzle', b, at);
      const above = e.op('i8x16.swizzle', a, e.op('i8x16.sub', at, e.op('i8x16.splat', e.const32(16))));
      e.writeVector(0, e.op('v128.or', below, above));
    },
  ),

  row(
    'pblendvb',
    'Takes each byte from the source where XMM0 has its top bit set.',
    { feature: 'sse4.1' },
    [['66 0F 38 10 /r', 'Vx,Wx,XMM0']],
    e => {
      const a = e.readVector(0);
      e.writeVector(
        0,
        e.op('v128.bitselect', e.readVector(1, true), a, e.op('i8x16.shr_s', e.getVector(0), e.const32(7))),
      );
    },
  ),
  row(
    'ptest',
    'Sets ZF if the AND of both is zero, CF if the source has no bit that the destination lacks.',
    {
      feature: 'sse4.1',
      writes: 'oszapc',
    },
    [['66 0F 38 17 /r', 'Vx,Wx']],
    e => {
      const a = e.readVector(0);
      const b = e.readVector(1, true);
      e.setZpc(
        e.eqz(e.op('v128.any_true', e.op('v128.and', a, b))),
        e.const32(0),
        e.eqz(e.op('v128.any_true', e.op('v128.andnot', b, a))),
      );
    },
  ),
  extend('pmovsxbw', '20', 'Wq', 'Sign-extends bytes to words.', e => widenLanes(e, 8, 16, 's')),
  extend('pmovsxbd', '21', 'Wd', 'Sign-extends bytes to doublewords.', e => widenLanes(e, 8, 32, 's')),
  extend('pmovsxbq', '22', 'Ww', 'Sign-extends bytes to quadwords.', e => widenLanes(e, 8, 64, 's')),
  extend('pmovsxwd', '23', 'Wq', 'Sign-extends words to doublewords.', e => widenLanes(e, 16, 32, 's')),
  extend('pmovsxwq', '24', 'Wd', 'Sign-extends words to quadwords.', e => widenLanes(e, 16, 64, 's')),
  extend('pmovsxdq', '25', 'Wq', 'Sign-extends doublewords to quadwords.', e => widenLanes(e, 32, 64, 's')),
  extend('pmovzxbw', '30', 'Wq', 'Zero-extends bytes to words.', e => widenLanes(e, 8, 16, 'u')),
  extend('pmovzxbd', '31', 'Wd', 'Zero-extends bytes to doublewords.', e => widenLanes(e, 8, 32, 'u')),
  extend('pmovzxbq', '32', 'Ww', 'Zero-extends bytes to quadwords.', e => widenLanes(e, 8, 64, 'u')),
  extend('pmovzxwd', '33', 'Wq', 'Zero-extends words to doublewords.', e => widenLanes(e, 16, 32, 'u')),
  extend('pmovzxwq', '34', 'Wd', 'Zero-extends words to quadwords.', e => widenLanes(e, 16, 64, 'u')),
  extend('pmovzxdq', '35', 'Wq', 'Zero-extends doublewords to quadwords.', e => widenLanes(e, 32, 64, 'u')),
  sse41('pmuldq', '28', 'Multiplies every second signed doubleword to a quadword.', e => multiplyEven(e, 's')),
  sse41('pcmpeqq', '29', 'Compares quadwords for equality; each result is all ones or all zeros.', binary('i64x2.eq')),
  sse41(
    'packusdw',
    '2B',
    'Narrows signed doublewords to unsigned words, stopping at the limits.',
    binary('i16x8.narrow_i32x4_u'),
  ),
  sse41('pminsb', '38', 'Keeps the smaller signed bytes.', binary('i8x16.min_s')),
  sse41('pminsd', '39', 'Keeps the smaller signed doublewords.', binary('i32x4.min_s')),
  sse41('pminuw', '3A', 'Keeps the smaller unsigned words.', binary('i16x8.min_u')),
  sse41('pminud', '3B', 'Keeps the smaller unsigned doublewords.', binary('i32x4.min_u')),
  sse41('pmaxsb', '3C', 'Keeps the larger signed bytes.', binary('i8x16.max_s')),
  sse41('pmaxsd', '3D', 'Keeps the larger signed doublewords.', binary('i32x4.max_s')),
  sse41('pmaxuw', '3E', 'Keeps the larger unsigned words.', binary('i16x8.max_u')),
  sse41('pmaxud', '3F', 'Keeps the larger unsigned doublewords.', binary('i32x4.max_u')),
  sse41('pmulld', '40', 'Multiplies doublewords and keeps the low halves.', binary('i32x4.mul')),
  sse41('phminposuw', '41', 'Finds the smallest unsigned word and its position.', e => {
    const v = e.readVector(1, true);
    let least = v;
    for (const by of [8, 4, 2]) {
      const lanes = Array.from({ length: 16 }, (_, i) => (i + by) & 15);
      least = e.op('i16x8.min_u', least, e.shuffle(least, least, lanes));
    }
    const at = e.op('i32.ctz', e.op('i16x8.bitmask', e.op('i16x8.eq', v, least)));
    const found = e.lane('i16x8.replace_lane', 1, least, at);
    e.writeVector(0, e.op('v128.and', found, e.vector(0xffff_ffffn, 0n)));
  }),
  xmm('pblendw', 'sse4.1', '3A 0E', 'Vx,Wx,Ib', 'Takes each word from the source or keeps it, as the mask says.', e => {
    const a = e.readVector(0);
    const mask = e.op(
      'i16x8.ne',
      e.op('v128.and', e.op('i16x8.splat', e.read(2)), e.vector(0x0008_0004_0002_0001n, 0x0080_0040_0020_0010n)),
      e.vector(0n, 0n),
    );
    e.writeVector(0, e.op('v128.bitselect', e.readVector(1, true), a, mask));
  }),
  xmm(
    'mpsadbw',
    'sse4.1',
    '3A 42',
    'Vx,Wx,Ib',
    'Sums absolute differences of four bytes at eight positions.',
    blockDifferences,
  ),
  xmm(
    'pcmpgtq',
    'sse4.2',
    '38 37',
    'Vx,Wx',
    'Compares signed quadwords for greater; each result is all ones or all zeros.',
    binary('i64x2.gt_s'),
  ),

  ...(
    [
      ['pcmpestrm', '60', 'Compares strings of given lengths; the answer is a mask in XMM0.'],
      ['pcmpestri', '61', 'Compares strings of given lengths; the answer is an index in ECX.'],
      ['pcmpistrm', '62', 'Compares strings that end with zero; the answer is a mask in XMM0.'],
      ['pcmpistri', '63', 'Compares strings that end with zero; the answer is an index in ECX.'],
    ] as const
  ).flatMap(([name, opcode, sentence]) => {
    const explicit = name.startsWith('pcmpe');
    const result = (wide: boolean): Row =>
      row(
        name,
        wide ? sentence.replace('given lengths', 'given 64-bit lengths') : sentence,
        { feature: 'sse4.2', writes: 'oszapc' },
        [[`66 ${wide ? 'REX.W ' : ''}0F 3A ${opcode} /r ib`, 'Vdq,Wdq,Ib']],
        e => e.routine(wide ? `${name}64` : name),
      );
    return explicit ? [result(false), result(true)] : [result(false)];
  }),
];
