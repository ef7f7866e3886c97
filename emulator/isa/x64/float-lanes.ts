/**
 * What the floating-point rows of SSE share: lanes, packed or scalar, and the tests that tell ordinary numbers from what
 * WebAssembly's arithmetic cannot do as the CPU does it. A lift computes and tests; where a test fails, the row's routine
 * (`cpu/routines-float.ts`) does the instruction exactly.
 *
 * A test is an integer that is negative where it fails, so that several are one `or` and one comparison. With m the
 * number's bits without the sign, shifted to the top, (m − 1) >>> fraction is the exponent field, or one less for a
 * power of two, and all ones for a zero: a zero passes where a denormal does not.
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

/** One kind's lanes: names of WebAssembly's types, and the format's numbers. */
export interface Lanes {
  readonly float: 'f32' | 'f64' | 'f32x4' | 'f64x2';
  readonly int: 'i32' | 'i64' | 'i32x4' | 'i64x2';
  readonly packed: boolean;
  /** Bits of a lane. */
  readonly width: 32 | 64;
  /** Bits of the significand that are stored. */
  readonly fraction: number;
  readonly bias: number;
}

const SINGLE = { width: 32, fraction: 23, bias: 127 } as const;
const DOUBLE = { width: 64, fraction: 52, bias: 1023 } as const;

export const LANES: Record<FloatKind, Lanes> = {
  ps: { float: 'f32x4', int: 'i32x4', packed: true, ...SINGLE },
  pd: { float: 'f64x2', int: 'i64x2', packed: true, ...DOUBLE },
  ss: { float: 'f32', int: 'i32', packed: false, ...SINGLE },
  sd: { float: 'f64', int: 'i64', packed: false, ...DOUBLE },
};

export const laneBytes = (l: Lanes): 4 | 8 => (l.width === 64 ? 8 : 4);

/** An operand's lanes as bits; memory of packed ones must be aligned. */
export const readBits = (e: Emitter, l: Lanes, i: number): Val =>
  l.packed ? e.readVector(i, true) : e.readLow(i, laneBytes(l));
/** Bits into operand 0; what is above a scalar stays. */
export const writeBits = (e: Emitter, l: Lanes, bits: Val): void =>
  l.packed ? e.writeVector(0, bits) : e.writeLow(0, laneBytes(l), bits);

export const floatOf = (e: Emitter, l: Lanes, bits: Val): Val =>
  l.packed ? bits : e.op(`${l.float}.reinterpret_${l.int}`, bits);
export const bitsOf = (e: Emitter, l: Lanes, value: Val): Val =>
  l.packed ? value : e.op(`${l.int}.reinterpret_${l.float}`, value);

/** A pattern of bits in every lane. */
export function everywhere(e: Emitter, l: Lanes, pattern: bigint): Val {
  const lane = BigInt.asUintN(l.width, pattern);
  if (!l.packed) return l.width === 64 ? e.const64(pattern) : e.const32(Number(BigInt.asIntN(32, pattern)));
  const half = l.width === 64 ? lane : (lane << 32n) | lane;
  return e.vector(half, half);
}

export const plus = (e: Emitter, l: Lanes, a: Val, b: Val): Val => e.op(`${l.int}.add`, a, b);
export const minus = (e: Emitter, l: Lanes, a: Val, b: Val): Val => e.op(`${l.int}.sub`, a, b);
export const either = (e: Emitter, l: Lanes, a: Val, b: Val): Val => e.op(l.packed ? 'v128.or' : `${l.int}.or`, a, b);

function shift(e: Emitter, l: Lanes, how: 'shl' | 'shr_u', a: Val, by: number): Val {
  return e.op(`${l.int}.${how}`, a, l.int === 'i64' ? e.const64(by) : e.const32(by));
}

/** m: the sign shifted out. */
const magnitude = (e: Emitter, l: Lanes, bits: Val): Val => shift(e, l, 'shl', bits, 1);

/** (m − 1) >>> (fraction + 1): see above. */
export const exponentBelow = (e: Emitter, l: Lanes, bits: Val): Val =>
  shift(e, l, 'shr_u', plus(e, l, magnitude(e, l, bits), everywhere(e, l, -1n)), l.fraction + 1);

/** Fails for denormals (and the smallest normal numbers): they raise DE. Takes `exponentBelow`. */
export const notDenormal = (e: Emitter, l: Lanes, below: Val): Val => plus(e, l, below, everywhere(e, l, -1n));

/** Fails for infinities and NaNs. */
export const finite = (e: Emitter, l: Lanes, bits: Val): Val =>
  minus(e, l, everywhere(e, l, BigInt(2 * l.bias)), shift(e, l, 'shr_u', magnitude(e, l, bits), l.fraction + 1));

/** Fails for NaNs. */
export const notNan = (e: Emitter, l: Lanes, bits: Val): Val =>
  minus(
    e,
    l,
    everywhere(e, l, BigInt(2 * l.bias + 1) << BigInt(l.fraction)),
    shift(e, l, 'shr_u', magnitude(e, l, bits), 1),
  );

/** Leaves the instruction to the routine where a test fails, in any lane. */
export function unless(e: Emitter, l: Lanes, tests: readonly Val[], routine: string): void {
  const all = tests.reduce((a, b) => either(e, l, a, b));
  if (l.packed) e.rare(e.op(`${l.int}.bitmask`, all), routine);
  else e.rare(e.ltS(all, everywhere(e, l, 0n)), routine);
}

/** Operations whose results are rounded only take the fast path while MXCSR is as programs usually leave it. */
export const needsFast = (e: Emitter, routine: string): void => e.rare(e.eqz(e.fpFast()), routine);
