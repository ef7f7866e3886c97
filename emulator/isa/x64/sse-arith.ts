/** Floating-point arithmetic of SSE: four kinds of the same operation (ps, pd, ss, sd) are four rows, one meaning each. */
import type { Emitter, Val } from '../emitter.ts';
import { row } from './define.ts';
import type { Lift, Row } from './row.ts';

const kinds = {
  ps: { prefix: 'NP', feature: 'sse', of: 'four floats' },
  pd: { prefix: '66', feature: 'sse2', of: 'two doubles' },
  ss: { prefix: 'F3', feature: 'sse', of: 'the lowest float' },
  sd: { prefix: 'F2', feature: 'sse2', of: 'the lowest double' },
} as const;
export type FloatKind = keyof typeof kinds;

/** How a kind's values are read and written: whole vectors, or one lane with the rest kept. */
interface Lanes {
  /** WebAssembly's name of the type: f32, f64, f32x4, f64x2. */
  ty: string;
  read(e: Emitter, i: number): Val;
  write(e: Emitter, value: Val): void;
  /** The float value as bits of the same shape, and back. */
  bits(e: Emitter, v: Val): Val;
  constant(e: Emitter, pattern: bigint): Val;
  choose(e: Emitter, condition: Val, yes: Val, no: Val): Val;
  or(e: Emitter, a: Val, b: Val): Val;
}

const packedLanes = (ty: 'f32x4' | 'f64x2', width: bigint): Lanes => ({
  ty,
  read: (e, i) => e.readVector(i, true),
  write: (e, v) => e.writeVector(0, v),
  bits: (_, v) => v,
  constant: (e, pattern) => {
    const half = width === 64n ? pattern : (pattern << 32n) | pattern;
    return e.vector(half, half);
  },
  choose: (e, condition, yes, no) => e.op('v128.bitselect', yes, no, condition),
  or: (e, a, b) => e.op('v128.or', a, b),
});

const scalarLanes = (ty: 'f32' | 'f64', int: 'i32' | 'i64'): Lanes => ({
  ty,
  read: (e, i) => e.op(`${ty}.reinterpret_${int}`, e.readLow(i, int === 'i64' ? 8 : 4)),
  write: (e, v) => e.writeLow(0, int === 'i64' ? 8 : 4, v),
  bits: (e, v) => e.op(`${int}.reinterpret_${ty}`, v),
  constant: (e, pattern) => (int === 'i64' ? e.const64(pattern) : e.const32(Number(pattern))),
  choose: (e, condition, yes, no) => e.select(condition, yes, no),
  or: (e, a, b) => e.or(a, b),
});

const LANES: Record<FloatKind, Lanes> = {
  ps: packedLanes('f32x4', 32n),
  pd: packedLanes('f64x2', 64n),
  ss: scalarLanes('f32', 'i32'),
  sd: scalarLanes('f64', 'i64'),
};

const isDouble = (kind: FloatKind): boolean => kind === 'pd' || kind === 'sd';
const QUIET = (kind: FloatKind): bigint => (isDouble(kind) ? 0x0008_0000_0000_0000n : 0x0040_0000n);
/** The NaN that an invalid operation gives: quiet, negative, no payload. */
const INDEFINITE = (kind: FloatKind): bigint => (isDouble(kind) ? 0xfff8_0000_0000_0000n : 0xffc0_0000n);

/**
 * The result's bits, with x86's choice of NaN: the first operand if it is one, else the second, made quiet; else the
 * indefinite (SDM volume 1, table 4-7). WebAssembly leaves the choice open.
 */
function exactNan(e: Emitter, kind: FloatKind, result: Val, operands: readonly Val[]): Val {
  const l = LANES[kind];
  const isNan = (v: Val): Val => e.op(`${l.ty}.ne`, v, v);
  let nan = l.constant(e, INDEFINITE(kind));
  for (const v of [...operands].reverse()) {
    nan = l.choose(e, isNan(v), l.or(e, l.bits(e, v), l.constant(e, QUIET(kind))), nan);
  }
  return l.choose(e, isNan(result), nan, l.bits(e, result));
}

function arithmetic(e: Emitter, kind: FloatKind, name: string): void {
  const l = LANES[kind];
  const a = l.read(e, 0);
  const b = l.read(e, 1);
  l.write(e, exactNan(e, kind, e.op(`${l.ty}.${name}`, a, b), [a, b]));
}

/** MINxx (`lt`) and MAXxx (`gt`): the destination if it compares so, otherwise the source, NaNs and zeros included. */
function extreme(e: Emitter, kind: FloatKind, compare: 'lt' | 'gt'): void {
  const l = LANES[kind];
  const a = l.read(e, 0);
  const b = l.read(e, 1);
  l.write(e, l.choose(e, e.op(`${l.ty}.${compare}`, a, b), l.bits(e, a), l.bits(e, b)));
}

const squareRoot =
  (kind: FloatKind): Lift =>
  e => {
    const l = LANES[kind];
    const a = l.read(e, 1);
    l.write(e, exactNan(e, kind, e.op(`${l.ty}.sqrt`, a), [a]));
  };

/** RCPxx and RSQRTxx: the exact quotient, which is within the 1.5·2⁻¹² that the manual asks for. */
const reciprocal =
  (kind: FloatKind, ofRoot: boolean): Lift =>
  e => {
    const l = LANES[kind];
    const a = l.read(e, 1);
    const one =
      kind === 'ps'
        ? e.vector(0x3f80_0000_3f80_0000n, 0x3f80_0000_3f80_0000n)
        : e.op('f32.reinterpret_i32', e.const32(0x3f80_0000));
    const of = ofRoot ? e.op(`${l.ty}.sqrt`, a) : a;
    l.write(e, exactNan(e, kind, e.op(`${l.ty}.div`, one, of), [a]));
  };

/** COMISx and UCOMISx: unordered sets ZF, PF and CF. */
function compareFlags(e: Emitter, kind: 'ss' | 'sd'): void {
  const l = LANES[kind];
  const a = l.read(e, 0);
  const b = l.read(e, 1);
  const unordered = e.or(e.op(`${l.ty}.ne`, a, a), e.op(`${l.ty}.ne`, b, b));
  e.setZpc(e.or(e.op(`${l.ty}.eq`, a, b), unordered), unordered, e.or(e.op(`${l.ty}.lt`, a, b), unordered));
}

/** CMPxx: predicates EQ LT LE UNORD by the low two bits of the immediate; bit 2 inverts. */
function comparePredicate(e: Emitter, kind: FloatKind): void {
  const l = LANES[kind];
  const a = l.read(e, 0);
  const b = l.read(e, 1);
  const code = e.zeroExtend(e.read(2), 1, 4);
  const scalar = kind === 'ss' || kind === 'sd';
  const all = (v: Val): Val =>
    scalar ? (kind === 'sd' ? e.sub(e.const64(0), e.zeroExtend(v, 4, 8)) : e.sub(e.const32(0), v)) : v;
  const both = (x: Val, y: Val): Val => (scalar ? e.or(x, y) : e.op('v128.or', x, y));
  const unordered = both(e.op(`${l.ty}.ne`, a, a), e.op(`${l.ty}.ne`, b, b));
  const is = (n: number): Val => e.eq(e.and(code, e.const32(3)), e.const32(n));
  const plain = e.select(
    is(0),
    all(e.op(`${l.ty}.eq`, a, b)),
    e.select(is(1), all(e.op(`${l.ty}.lt`, a, b)), e.select(is(2), all(e.op(`${l.ty}.le`, a, b)), all(unordered))),
  );
  const inverse = scalar ? e.not(plain) : e.op('v128.not', plain);
  l.write(e, e.select(e.and(code, e.const32(4)), inverse, plain));
}

/** ROUNDxx: the immediate's low two bits choose nearest, down, up, to zero; bit 2 takes MXCSR's mode instead. */
function roundTo(e: Emitter, kind: FloatKind): void {
  const l = LANES[kind];
  const a = l.read(e, 1);
  const code = e.and(e.zeroExtend(e.read(2), 1, 4), e.const32(7));
  const is = (n: number): Val => e.eq(code, e.const32(n));
  const as = (name: string): Val => e.op(`${l.ty}.${name}`, a);
  const pick = (n: number, yes: Val, no: Val): Val => e.select(is(n), yes, no);
  const r = pick(1, as('floor'), pick(2, as('ceil'), pick(3, as('trunc'), as('nearest'))));
  l.write(e, exactNan(e, kind, r, [a]));
}

function byMask(e: Emitter, bits: Val): void {
  const a = e.readVector(0);
  e.writeVector(0, e.op('v128.bitselect', e.readVector(1, true), a, bits));
}

/** Rows `${name}ps`, …: `sentence` gets the text for "four floats" and so on in place of `#`. */
function floats(
  name: string,
  opcode: string,
  sentence: string,
  which: readonly FloatKind[],
  lift?: (kind: FloatKind) => Lift,
): Row[] {
  return which.map(kind => {
    const { prefix, feature, of } = kinds[kind];
    return row(
      name + kind,
      sentence.replace('#', of),
      { feature },
      [[`${prefix} 0F ${opcode} /r`, `V${kind},W${kind}`]],
      lift?.(kind),
    );
  });
}

const all = ['ps', 'pd', 'ss', 'sd'] as const;
const packed = ['ps', 'pd'] as const;

export const sseArith: readonly Row[] = [
  ...floats('add', '58', 'Adds # of the source to the destination.', all, kind => e => arithmetic(e, kind, 'add')),
  ...floats(
    'sub',
    '5C',
    'Subtracts # of the source from the destination.',
    all,
    kind => e => arithmetic(e, kind, 'sub'),
  ),
  ...floats(
    'mul',
    '59',
    'Multiplies the destination by # of the source.',
    all,
    kind => e => arithmetic(e, kind, 'mul'),
  ),
  ...floats('div', '5E', 'Divides the destination by # of the source.', all, kind => e => arithmetic(e, kind, 'div')),
  ...floats(
    'min',
    '5D',
    'Keeps the smaller, of # each; of a NaN or two zeros it takes the source.',
    all,
    kind => e => extreme(e, kind, 'lt'),
  ),
  ...floats(
    'max',
    '5F',
    'Keeps the larger, of # each; of a NaN or two zeros it takes the source.',
    all,
    kind => e => extreme(e, kind, 'gt'),
  ),
  ...floats('sqrt', '51', 'Takes the square root of # of the source.', all, kind => squareRoot(kind)),
  ...floats('rsqrt', '52', 'Approximates one over the square root of # of the source.', ['ps', 'ss'], kind =>
    reciprocal(kind, true),
  ),
  ...floats('rcp', '53', 'Approximates one over # of the source.', ['ps', 'ss'], kind => reciprocal(kind, false)),
  ...floats('and', '54', 'Keeps the bits set in both, seen as #.', packed, () => e => {
    const a = e.readVector(0);
    e.writeVector(0, e.op('v128.and', a, e.readVector(1, true)));
  }),
  ...floats(
    'andn',
    '55',
    'Keeps the bits of the source that the destination does not have, seen as #.',
    packed,
    () => e => {
      const a = e.readVector(0);
      e.writeVector(0, e.op('v128.andnot', e.readVector(1, true), a));
    },
  ),
  ...floats('or', '56', 'Sets the bits set in either, seen as #.', packed, () => e => {
    const a = e.readVector(0);
    e.writeVector(0, e.op('v128.or', a, e.readVector(1, true)));
  }),
  ...floats('xor', '57', 'Sets the bits that differ, seen as #.', packed, () => e => {
    const a = e.readVector(0);
    e.writeVector(0, e.op('v128.xor', a, e.readVector(1, true)));
  }),
  ...floats('unpckl', '14', 'Interleaves the low halves of both operands, seen as #.', packed, kind => e => {
    const a = e.readVector(0);
    e.writeVector(
      0,
      e.shuffle(
        a,
        e.readVector(1, true),
        kind === 'ps'
          ? [0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23]
          : [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23],
      ),
    );
  }),
  ...floats('unpckh', '15', 'Interleaves the high halves of both operands, seen as #.', packed, kind => e => {
    const a = e.readVector(0);
    e.writeVector(
      0,
      e.shuffle(
        a,
        e.readVector(1, true),
        kind === 'ps'
          ? [8, 9, 10, 11, 24, 25, 26, 27, 12, 13, 14, 15, 28, 29, 30, 31]
          : [8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31],
      ),
    );
  }),

  row(
    'ucomiss',
    'Compares two floats and sets ZF, PF, CF; unordered sets all three; a quiet NaN is no error.',
    {
      feature: 'sse',
      writes: 'oszapc',
    },
    [['NP 0F 2E /r', 'Vss,Wss']],
    e => compareFlags(e, 'ss'),
  ),
  row(
    'ucomisd',
    'Compares two doubles and sets ZF, PF, CF; unordered sets all three; a quiet NaN is no error.',
    {
      feature: 'sse2',
      writes: 'oszapc',
    },
    [['66 0F 2E /r', 'Vsd,Wsd']],
    e => compareFlags(e, 'sd'),
  ),
  row(
    'comiss',
    'Compares two floats and sets ZF, PF, CF; any NaN is an invalid operation.',
    {
      feature: 'sse',
      writes: 'oszapc',
    },
    [['NP 0F 2F /r', 'Vss,Wss']],
    e => compareFlags(e, 'ss'),
  ),
  row(
    'comisd',
    'Compares two doubles and sets ZF, PF, CF; any NaN is an invalid operation.',
    {
      feature: 'sse2',
      writes: 'oszapc',
    },
    [['66 0F 2F /r', 'Vsd,Wsd']],
    e => compareFlags(e, 'sd'),
  ),

  row(
    'cmpps',
    'Compares four floats; each result is all ones or all zeros.',
    { feature: 'sse' },
    [['NP 0F C2 /r ib', 'Vps,Wps,Ib']],
    e => comparePredicate(e, 'ps'),
  ),
  row(
    'cmppd',
    'Compares two doubles; each result is all ones or all zeros.',
    { feature: 'sse2' },
    [['66 0F C2 /r ib', 'Vpd,Wpd,Ib']],
    e => comparePredicate(e, 'pd'),
  ),
  row(
    'cmpss',
    'Compares the lowest float; the result is all ones or all zeros.',
    { feature: 'sse' },
    [['F3 0F C2 /r ib', 'Vss,Wss,Ib']],
    e => comparePredicate(e, 'ss'),
  ),
  row(
    'cmpsd',
    'Compares the lowest double; the result is all ones or all zeros.',
    { feature: 'sse2' },
    [['F2 0F C2 /r ib', 'Vsd,Wsd,Ib']],
    e => comparePredicate(e, 'sd'),
  ),
  row(
    'shufps',
    'Chooses two floats of the destination and two of the source.',
    { feature: 'sse' },
    [['NP 0F C6 /r ib', 'Vps,Wps,Ib']],
    e => {
      const a = e.readVector(0);
      const b = e.readVector(1, true);
      const order = e.zeroExtend(e.read(2), 1, 4);
      const index = (shift: number): Val => {
        let v = e.vector(0n, 0n);
        for (let i = 0; i < 2; i++) {
          const lane = e.and(e.shrU(order, e.const32(shift + 2 * i)), e.const32(3));
          v = e.lane('i32x4.replace_lane', i, v, e.add(e.mul(lane, e.const32(0x04040404)), e.const32(0x03020100)));
        }
        return v;
      };
      e.writeVector(
        0,
        e.shuffle(
          e.op('i8x16.swizzle', a, index(0)),
          e.op('i8x16.swizzle', b, index(4)),
          [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23],
        ),
      );
    },
  ),
  row(
    'shufpd',
    'Chooses one double of the destination and one of the source.',
    { feature: 'sse2' },
    [['66 0F C6 /r ib', 'Vpd,Wpd,Ib']],
    e => {
      const a = e.readVector(0);
      const b = e.readVector(1, true);
      const order = e.zeroExtend(e.read(2), 1, 4);
      const half = (v: Val, bit: number): Val =>
        e.select(e.and(order, e.const32(bit)), e.lane('i64x2.extract_lane', 1, v), e.lane('i64x2.extract_lane', 0, v));
      e.writeVector(0, e.lane('i64x2.replace_lane', 1, e.op('i64x2.splat', half(a, 1)), half(b, 2)));
    },
  ),

  row('haddps', 'Adds neighbouring floats of both operands.', { feature: 'sse3' }, [['F2 0F 7C /r', 'Vps,Wps']], e => {
    const a = e.readVector(0);
    const b = e.readVector(1, true);
    const x = e.shuffle(a, b, [0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27]);
    const y = e.shuffle(a, b, [4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31]);
    e.writeVector(0, exactNan(e, 'ps', e.op('f32x4.add', x, y), [x, y]));
  }),
  row('haddpd', 'Adds neighbouring doubles of both operands.', { feature: 'sse3' }, [['66 0F 7C /r', 'Vpd,Wpd']], e => {
    const a = e.readVector(0);
    const b = e.readVector(1, true);
    const x = e.shuffle(a, b, [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23]);
    const y = e.shuffle(a, b, [8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31]);
    e.writeVector(0, exactNan(e, 'pd', e.op('f64x2.add', x, y), [x, y]));
  }),
  row(
    'hsubps',
    'Subtracts neighbouring floats of both operands.',
    { feature: 'sse3' },
    [['F2 0F 7D /r', 'Vps,Wps']],
    e => {
      const a = e.readVector(0);
      const b = e.readVector(1, true);
      const x = e.shuffle(a, b, [0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27]);
      const y = e.shuffle(a, b, [4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31]);
      e.writeVector(0, exactNan(e, 'ps', e.op('f32x4.sub', x, y), [x, y]));
    },
  ),
  row(
    'hsubpd',
    'Subtracts neighbouring doubles of both operands.',
    { feature: 'sse3' },
    [['66 0F 7D /r', 'Vpd,Wpd']],
    e => {
      const a = e.readVector(0);
      const b = e.readVector(1, true);
      const x = e.shuffle(a, b, [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23]);
      const y = e.shuffle(a, b, [8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31]);
      e.writeVector(0, exactNan(e, 'pd', e.op('f64x2.sub', x, y), [x, y]));
    },
  ),
  row(
    'addsubps',
    'Subtracts the even-numbered floats and adds the odd-numbered.',
    { feature: 'sse3' },
    [['F2 0F D0 /r', 'Vps,Wps']],
    e => {
      const a = e.readVector(0);
      const b = e.readVector(1, true);
      const minus = exactNan(e, 'ps', e.op('f32x4.sub', a, b), [a, b]);
      const plus = exactNan(e, 'ps', e.op('f32x4.add', a, b), [a, b]);
      e.writeVector(0, e.shuffle(minus, plus, [0, 1, 2, 3, 20, 21, 22, 23, 8, 9, 10, 11, 28, 29, 30, 31]));
    },
  ),
  row(
    'addsubpd',
    'Subtracts the low doubles and adds the high.',
    { feature: 'sse3' },
    [['66 0F D0 /r', 'Vpd,Wpd']],
    e => {
      const a = e.readVector(0);
      const b = e.readVector(1, true);
      const minus = exactNan(e, 'pd', e.op('f64x2.sub', a, b), [a, b]);
      const plus = exactNan(e, 'pd', e.op('f64x2.add', a, b), [a, b]);
      e.writeVector(0, e.shuffle(minus, plus, [0, 1, 2, 3, 4, 5, 6, 7, 24, 25, 26, 27, 28, 29, 30, 31]));
    },
  ),

  row(
    'roundps',
    'Rounds four floats to whole numbers.',
    { feature: 'sse4.1' },
    [['66 0F 3A 08 /r ib', 'Vps,Wps,Ib']],
    e => roundTo(e, 'ps'),
  ),
  row(
    'roundpd',
    'Rounds two doubles to whole numbers.',
    { feature: 'sse4.1' },
    [['66 0F 3A 09 /r ib', 'Vpd,Wpd,Ib']],
    e => roundTo(e, 'pd'),
  ),
  row(
    'roundss',
    'Rounds the lowest float to a whole number.',
    { feature: 'sse4.1' },
    [['66 0F 3A 0A /r ib', 'Vss,Wss,Ib']],
    e => roundTo(e, 'ss'),
  ),
  row(
    'roundsd',
    'Rounds the lowest double to a whole number.',
    { feature: 'sse4.1' },
    [['66 0F 3A 0B /r ib', 'Vsd,Wsd,Ib']],
    e => roundTo(e, 'sd'),
  ),
  row(
    'blendps',
    'Takes each float from the source or keeps it, as the mask says.',
    { feature: 'sse4.1' },
    [['66 0F 3A 0C /r ib', 'Vps,Wps,Ib']],
    e =>
      byMask(
        e,
        e.op(
          'i32x4.ne',
          e.op(
            'v128.and',
            e.op('i32x4.splat', e.zeroExtend(e.read(2), 1, 4)),
            e.vector(0x2_0000_0001n, 0x8_0000_0004n),
          ),
          e.vector(0n, 0n),
        ),
      ),
  ),
  row(
    'blendpd',
    'Takes each double from the source or keeps it, as the mask says.',
    { feature: 'sse4.1' },
    [['66 0F 3A 0D /r ib', 'Vpd,Wpd,Ib']],
    e =>
      byMask(
        e,
        e.op(
          'i64x2.ne',
          e.op('v128.and', e.op('i64x2.splat', e.zeroExtend(e.read(2), 1, 8)), e.vector(1n, 2n)),
          e.vector(0n, 0n),
        ),
      ),
  ),
  row(
    'blendvps',
    'Takes each float from the source where XMM0 has a sign bit.',
    { feature: 'sse4.1' },
    [['66 0F 38 14 /r', 'Vps,Wps,XMM0']],
    e => byMask(e, e.op('i32x4.shr_s', e.getVector(0), e.const32(31))),
  ),
  row(
    'blendvpd',
    'Takes each double from the source where XMM0 has a sign bit.',
    { feature: 'sse4.1' },
    [['66 0F 38 15 /r', 'Vpd,Wpd,XMM0']],
    e => byMask(e, e.op('i64x2.shr_s', e.getVector(0), e.const32(63))),
  ),
  row('dpps', 'Dot product of chosen floats, copied where the mask says.', { feature: 'sse4.1' }, [
    ['66 0F 3A 40 /r ib', 'Vps,Wps,Ib'],
  ]),
  row('dppd', 'Dot product of chosen doubles, copied where the mask says.', { feature: 'sse4.1' }, [
    ['66 0F 3A 41 /r ib', 'Vpd,Wpd,Ib'],
  ]),
];
