/**
 * What the floating-point rows of SSE share: lanes, packed or scalar, and the tests that tell ordinary numbers from what
 * WebAssembly's arithmetic cannot do as the CPU does it. A lift computes and tests; where a test fails, the row's routine
 * (`cpu/routines-float.ts`) does the instruction exactly.
 *
 * A number is ordinary when it is neither denormal nor a NaN. Values that passed a test, and results that are ordinary
 * for sure, are remembered, so that compiled code tests a value once and not wherever it is used.
 */
import type { Emitter, Val } from '../emitter.ts';
import { row } from './define.ts';
import type { Feature, Lift, Row } from './row.ts';

const kinds = {
  ps: { prefix: 'NP', feature: 'sse', of: 'four floats' },
  pd: { prefix: '66', feature: 'sse2', of: 'two doubles' },
  ss: { prefix: 'F3', feature: 'sse', of: 'the lowest float' },
  sd: { prefix: 'F2', feature: 'sse2', of: 'the lowest double' },
} as const satisfies Record<string, { prefix: string; feature: Feature; of: string }>;
export type FloatKind = keyof typeof kinds;
export type ScalarKind = 'ss' | 'sd';
export type PackedKind = 'ps' | 'pd';

export const isPacked = (kind: FloatKind): kind is PackedKind => kind === 'ps' || kind === 'pd';
export const ALL: readonly FloatKind[] = ['ps', 'pd', 'ss', 'sd'];
export const PACKED = ['ps', 'pd'] as const;

/** Rows `${name}ps`, …: `sentence` gets the text for "four floats" and so on in place of `#`. */
export function floats<K extends FloatKind>(
  name: string,
  opcode: string,
  sentence: string,
  which: readonly K[],
  lift: (kind: K) => Lift,
): Row[] {
  return which.map(kind => {
    const { prefix, feature, of } = kinds[kind];
    return row(
      name + kind,
      sentence.replace('#', of),
      { feature },
      [[`${prefix} 0F ${opcode} /r`, `V${kind},W${kind}`]],
      lift(kind),
    );
  });
}

/** Ordinary values, and as what: the lanes of a vector may be ordinary floats and denormal doubles. */
let ordinary = new WeakMap<Val, Val['ty'] | Lanes['ty']>();
/** For emitters: the second value is the first in another place. */
export function sameNumber(from: Val, to: Val): void {
  const as = ordinary.get(from);
  if (as) ordinary.set(to, as);
}
/** For emitters: values that are places, registers for one, may be other numbers from here on. */
export function forgetNumbers(): void {
  ordinary = new WeakMap();
}
export const isOrdinary = (v: Val, as: Val['ty'] | Lanes['ty'] = v.ty): boolean => ordinary.get(v) === as;
export function makeOrdinary(v: Val, as: Val['ty'] | Lanes['ty'] = v.ty): Val {
  ordinary.set(v, as);
  return v;
}

// ---- scalars

export interface Scalar {
  readonly ty: 'f32' | 'f64';
  readonly int: 'i32' | 'i64';
  readonly bytes: 4 | 8;
  /** Bits of the significand that are stored. */
  readonly fraction: number;
  readonly bias: number;
}
export const SCALAR: Record<ScalarKind, Scalar> = {
  ss: { ty: 'f32', int: 'i32', bytes: 4, fraction: 23, bias: 127 },
  sd: { ty: 'f64', int: 'i64', bytes: 8, fraction: 52, bias: 1023 },
};

/** A constant of the type, by its bits. */
export const scalarOf = (e: Emitter, s: Scalar, bits: bigint): Val =>
  s.bytes === 8
    ? e.op('f64.reinterpret_i64', e.const64(bits))
    : e.op('f32.reinterpret_i32', e.const32(Number(BigInt.asIntN(32, bits))));

export const infinityBits = (s: Scalar): bigint => BigInt(2 * s.bias + 1) << BigInt(s.fraction);

/** The upper 32 bits: sign and exponent of either type, and all of a float. */
const upper = (e: Emitter, s: Scalar, v: Val): Val => {
  const bits = e.op(`${s.int}.reinterpret_${s.ty}`, v);
  return s.bytes === 8 ? e.truncate(e.shrU(bits, e.const64(32)), 4) : bits;
};

/** Whether the exponent field lies outside [lowest, highest]; one subtraction and one comparison, whatever the sign. */
export function outside(e: Emitter, s: Scalar, v: Val, lowest: number, highest: number): Val {
  const shift = s.bytes === 8 ? 21 : 24;
  const field = e.shl(upper(e, s, v), e.const32(1));
  const below = e.add(field, e.const32(-(lowest * 2 ** shift)));
  return e.op('i32.ge_u', below, e.const32((highest + 1 - lowest) * 2 ** shift));
}

const NORMAL = (s: Scalar, lowest: number) => [lowest, 2 * s.bias] as const;

export const isZero = (e: Emitter, s: Scalar, v: Val): Val => e.op(`${s.ty}.eq`, v, scalarOf(e, s, 0n));
export const isInfinite = (e: Emitter, s: Scalar, v: Val): Val =>
  e.op(`${s.ty}.eq`, e.op(`${s.ty}.abs`, v), scalarOf(e, s, infinityBits(s)));

/** An operand: what is denormal or a NaN is the routine's. */
export function testOperand(e: Emitter, s: Scalar, v: Val, routine: string): void {
  if (isOrdinary(v)) return;
  e.when(outside(e, s, v, ...NORMAL(s, 1)), () => e.rare(e.eqz(e.or(isZero(e, s, v), isInfinite(e, s, v))), routine));
  makeOrdinary(v);
}

/** When (0 or 1) a zero or an infinity is the right result of ordinary operands, and no underflow or overflow. */
export interface Right {
  zero(): Val;
  infinity(): Val;
}

/**
 * A result of ordinary operands: normal, or else right; with `lowest` 2 the smallest normal numbers are left to the
 * routine as well, for they may have been tiny before they were rounded.
 */
export function testResult(e: Emitter, s: Scalar, v: Val, lowest: 1 | 2, routine: string, right: Right): void {
  e.when(outside(e, s, v, ...NORMAL(s, lowest)), () => {
    const zero = e.and(isZero(e, s, v), right.zero());
    const infinity = e.and(isInfinite(e, s, v), right.infinity());
    e.rare(e.eqz(e.or(zero, infinity)), routine);
  });
  makeOrdinary(v);
}

// ---- packed

/**
 * Tests of packed lanes are vectors whose lanes are negative where they fail, so that several are one `or` and one mask.
 * With m a number's bits without the sign, shifted to the top, (m − 1) >>> fraction is its exponent field, or one less
 * for a power of two, and all ones for a zero: a zero passes where a denormal does not. The only constant is all ones,
 * which is cheap.
 */
export interface Lanes {
  readonly ty: 'f32x4' | 'f64x2';
  readonly int: 'i32x4' | 'i64x2';
  readonly width: 32 | 64;
  readonly fraction: number;
  readonly bias: number;
}
export const LANES: Record<PackedKind, Lanes> = {
  ps: { ty: 'f32x4', int: 'i32x4', width: 32, fraction: 23, bias: 127 },
  pd: { ty: 'f64x2', int: 'i64x2', width: 64, fraction: 52, bias: 1023 },
};

/** A pattern of bits in every lane. */
export function everywhere(e: Emitter, l: Lanes, pattern: bigint): Val {
  const lane = BigInt.asUintN(l.width, pattern);
  const half = l.width === 64 ? lane : (lane << 32n) | lane;
  return e.vector(half, half);
}
const ones = (e: Emitter): Val => e.vector(-1n & 0xffff_ffff_ffff_ffffn, 0xffff_ffff_ffff_ffffn);
export const zeros = (e: Emitter): Val => e.vector(0n, 0n);

const shifted = (e: Emitter, l: Lanes, how: 'shl' | 'shr_u', v: Val, by: number): Val =>
  e.op(`${l.int}.${how}`, v, e.const32(by));

/** Fails for denormals (and the smallest normal number); with `lowest` 2 for those up to about twice that. */
export function notDenormal(e: Emitter, l: Lanes, v: Val, lowest: 1 | 2 = 1): Val {
  const less = e.op(`${l.int}.add`, shifted(e, l, 'shl', v, 1), ones(e));
  let test = shifted(e, l, 'shr_u', less, l.fraction + 1);
  for (let i = 0; i < lowest; i++) test = e.op(`${l.int}.add`, test, ones(e));
  return test;
}

/** Fails for infinities and NaNs: their exponent field and one is a power of two, which goes into the sign. */
export function finite(e: Emitter, l: Lanes, v: Val): Val {
  const field = shifted(e, l, 'shr_u', shifted(e, l, 'shl', v, 1), l.fraction + 1);
  return shifted(e, l, 'shl', e.op(`${l.int}.sub`, field, ones(e)), l.fraction);
}

/** Fails for NaNs, and for infinities that do not come from an operand. */
export function infiniteByRight(e: Emitter, l: Lanes, v: Val, operands: readonly Val[]): Val {
  const infinity = everywhere(e, l, BigInt(2 * l.bias + 1) << BigInt(l.fraction));
  const infinite = (x: Val): Val => e.op(`${l.ty}.eq`, e.op(`${l.ty}.abs`, x), infinity);
  const right = operands.map(infinite).reduce((x, y) => e.op('v128.or', x, y));
  return e.op('v128.or', notNan(e, l, v), e.op('v128.andnot', infinite(v), right));
}

/** Fails for NaNs. */
export const notNan = (e: Emitter, l: Lanes, v: Val): Val => e.op(`${l.ty}.ne`, v, v);

/**
 * Leaves the instruction to the routine where a test fails in any lane. The doubtful one may fail without need: then
 * the exact one, which costs more, stands for it.
 */
export function unless(
  e: Emitter,
  l: Lanes,
  tests: readonly Val[],
  routine: string,
  doubtful?: { test: Val; exactly: () => Val },
): void {
  const failed = (list: readonly Val[]): Val =>
    e.op(
      `${l.int}.bitmask`,
      list.reduce((a, b) => e.op('v128.or', a, b)),
    );
  if (doubtful)
    e.when(failed([...tests, doubtful.test]), () => e.rare(failed([...tests, doubtful.exactly()]), routine));
  else if (tests.length) e.rare(failed(tests), routine);
}
