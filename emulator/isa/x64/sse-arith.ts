/** Floating-point arithmetic of SSE: four kinds of the same operation (ps, pd, ss, sd) are four rows, one meaning each. */
import type { Emitter, Val } from '../emitter.ts';
import { row } from './define.ts';
import { anyInexact, inexact, type Operation, whileFast } from './float-exact.ts';
import {
  ALL,
  everywhere,
  type FloatKind,
  finite,
  floats,
  infiniteByRight,
  isInfinite,
  isOrdinary,
  isPacked,
  isZero,
  LANES,
  type Lanes,
  makeOrdinary,
  notDenormal,
  notNan,
  type PackedKind,
  type Right,
  SCALAR,
  type Scalar,
  type ScalarKind,
  testOperand,
  testResult,
  unless,
  zeros,
} from './float-lanes.ts';
import type { Lift, Row } from './row.ts';

type Arithmetic = Exclude<Operation, 'sqrt'>;

/** Sums and differences are exact where they are tiny; a product or quotient is zero only where an operand is. */
function rightResults(e: Emitter, s: Scalar, name: Arithmetic, a: Val, b: Val): Right {
  const either = (is: typeof isZero): Val => e.or(is(e, s, a), is(e, s, b));
  switch (name) {
    case 'mul':
      return { zero: () => either(isZero), infinity: () => either(isInfinite) };
    case 'div':
      return { zero: () => e.or(isZero(e, s, a), isInfinite(e, s, b)), infinity: () => isInfinite(e, s, a) };
    default:
      return { zero: () => e.const32(1), infinity: () => either(isInfinite) };
  }
}

const scalarArithmetic =
  (name: Arithmetic, kind: ScalarKind): Lift =>
  e => {
    const s = SCALAR[kind];
    const routine = name + kind;
    const a = e.readFloat(0, s.bytes);
    const b = e.readFloat(1, s.bytes);
    testOperand(e, s, a, routine);
    testOperand(e, s, b, routine);
    const result = e.op(`${s.ty}.${name}`, a, b);
    const lowest = name === 'add' || name === 'sub' ? 1 : 2;
    testResult(e, s, result, lowest, routine, rightResults(e, s, name, a, b));
    whileFast(e, routine, () => inexact(e, s, name, a, b, result));
    e.writeFloat(0, s.bytes, result);
  };

/** The tests of a packed operation with a result that is computed already, but for infinities. */
function packedTests(e: Emitter, l: Lanes, name: Arithmetic, a: Val, b: Val, result: Val): Val[] {
  const tests = [a, b].filter(v => !isOrdinary(v, l.ty)).map(v => notDenormal(e, l, v));
  tests.push(notDenormal(e, l, result, name === 'add' || name === 'sub' ? 1 : 2));
  if (name === 'mul' || name === 'div') {
    const is = (how: 'eq' | 'ne', v: Val): Val => e.op(`${l.ty}.${how}`, v, zeros(e));
    const underflown = e.op('v128.and', is('eq', result), is('ne', a));
    tests.push(name === 'mul' ? e.op('v128.and', underflown, is('ne', b)) : underflown);
  }
  return tests;
}

function packed(e: Emitter, l: Lanes, name: Arithmetic, a: Val, b: Val, routine: string): void {
  const result = e.op(`${l.ty}.${name}`, a, b);
  unless(e, l, packedTests(e, l, name, a, b, result), routine, {
    test: finite(e, l, result),
    exactly: () => infiniteByRight(e, l, result, name === 'div' ? [a] : [a, b]),
  });
  whileFast(e, routine, () => anyInexact(e, l, name, a, b, result));
  for (const v of [a, b, result]) makeOrdinary(v, l.ty);
  e.writeVector(0, result);
}

const packedArithmetic =
  (name: Arithmetic, kind: PackedKind): Lift =>
  e => {
    const l = LANES[kind];
    packed(e, l, name, e.readVector(0), e.readVector(1, true), name + kind);
  };

const arithmetic = (name: Arithmetic) => (kind: FloatKind) =>
  isPacked(kind) ? packedArithmetic(name, kind) : scalarArithmetic(name, kind);

/** Roots of positive normal numbers are normal; zeros are their own. */
const squareRoot =
  (kind: FloatKind): Lift =>
  e => {
    const routine = `sqrt${kind}`;
    if (isPacked(kind)) {
      const l = LANES[kind];
      const a = e.readVector(1, true);
      const result = e.op(`${l.ty}.sqrt`, a);
      const tests = [finite(e, l, result)];
      if (!isOrdinary(a, l.ty)) tests.push(notDenormal(e, l, a));
      unless(e, l, tests, routine);
      whileFast(e, routine, () => anyInexact(e, l, 'sqrt', a, a, result));
      makeOrdinary(a, l.ty);
      e.writeVector(0, makeOrdinary(result, l.ty));
      return;
    }
    const s = SCALAR[kind];
    const a = e.readFloat(1, s.bytes);
    const root = e.op(`${s.ty}.sqrt`, a);
    testOperand(e, s, a, routine);
    const always = () => e.const32(1);
    testResult(e, s, root, 1, routine, { zero: always, infinity: always });
    whileFast(e, routine, () => inexact(e, s, 'sqrt', a, a, root));
    e.writeFloat(0, s.bytes, root);
  };

/** MINxx (`lt`) and MAXxx (`gt`): the destination if it compares so, otherwise the source, zeros included. */
const extreme =
  (name: 'min' | 'max') =>
  (kind: FloatKind): Lift =>
  e => {
    const how = name === 'min' ? 'lt' : 'gt';
    if (isPacked(kind)) {
      const l = LANES[kind];
      const a = e.readVector(0);
      const b = e.readVector(1, true);
      const tests = [a, b].filter(v => !isOrdinary(v, l.ty)).flatMap(v => [notDenormal(e, l, v), notNan(e, l, v)]);
      unless(e, l, tests, name + kind);
      const result = e.op('v128.bitselect', a, b, e.op(`${l.ty}.${how}`, a, b));
      for (const v of [a, b, result]) makeOrdinary(v, l.ty);
      e.writeVector(0, result);
      return;
    }
    const s = SCALAR[kind];
    const a = e.readFloat(0, s.bytes);
    const b = e.readFloat(1, s.bytes);
    testOperand(e, s, a, name + kind);
    testOperand(e, s, b, name + kind);
    e.writeFloat(0, s.bytes, makeOrdinary(e.select(e.op(`${s.ty}.${how}`, a, b), a, b)));
  };

/**
 * RCPxx and RSQRTxx: CPUs differ in the bits of these approximations, so they are the exact quotient here, on every
 * host, which is within the 1.5·2⁻¹² that the manual asks for. They know no denormals, neither as operand nor as result,
 * raise no exception, and do not look at MXCSR (SDM volume 2, RCPPS, RSQRTPS).
 */
const reciprocal =
  (ofRoot: boolean) =>
  (kind: 'ps' | 'ss'): Lift =>
  e => {
    const l = LANES.ps;
    const lane = (pattern: number): Val => everywhere(e, l, BigInt(pattern));
    const and = (x: Val, y: Val): Val => e.op('v128.and', x, y);
    const choose = (condition: Val, yes: Val, no: Val): Val => e.op('v128.bitselect', yes, no, condition);
    const below = (x: Val, y: Val): Val => e.op('i32x4.lt_u', x, y);
    const raw = kind === 'ps' ? e.readVector(1, true) : e.op('i32x4.splat', e.readLow(1, 4));
    const sign = and(raw, lane(0x8000_0000));
    const size = and(raw, lane(0x7fff_ffff));
    const a = choose(below(size, lane(0x80_0000)), sign, raw);
    const quotient = e.op('f32x4.div', lane(0x3f80_0000), ofRoot ? e.op('f32x4.sqrt', a) : a);
    const tiny = below(and(quotient, lane(0x7fff_ffff)), lane(0x80_0000));
    let result = choose(tiny, sign, quotient);
    if (ofRoot) result = choose(below(lane(0x8000_0000), a), lane(0xffc0_0000), result);
    const nan = below(lane(0x7f80_0000), size);
    result = choose(nan, e.op('v128.or', raw, lane(0x40_0000)), result);
    if (kind === 'ps') e.writeVector(0, result);
    else e.writeLow(0, 4, e.lane('i32x4.extract_lane', 0, result));
  };

const ROUNDINGS = ['nearest', 'floor', 'ceil', 'trunc'];

/**
 * By the immediate, which only compiled code knows beforehand: bits 0–1 choose, bit 2 takes MXCSR's mode: nearest; bit 3
 * keeps PE clear. Answers with the result, and whether PE is to be looked at, 0 or 1.
 */
function rounded(e: Emitter, ty: string, a: Val): { result: Val; precise: Val } {
  const as = (n: number): Val => e.op(`${ty}.${ROUNDINGS[n]}`, a);
  const known = e.constant(2);
  if (known !== undefined)
    return { result: as(known & 4n ? 0 : Number(known & 3n)), precise: e.const32(known & 8n ? 0 : 1) };
  const code = e.zeroExtend(e.read(2), 1, 4);
  let result = as(0);
  for (let n = 1; n < 4; n++) result = e.select(e.eq(e.and(code, e.const32(7)), e.const32(n)), as(n), result);
  return { result, precise: e.eqz(e.and(code, e.const32(8))) };
}

const roundTo =
  (kind: FloatKind): Lift =>
  e => {
    const routine = `round${kind}`;
    if (isPacked(kind)) {
      const l = LANES[kind];
      const a = e.readVector(1, true);
      if (!isOrdinary(a, l.ty)) unless(e, l, [notDenormal(e, l, a), notNan(e, l, a)], routine);
      makeOrdinary(a, l.ty);
      const { result, precise } = rounded(e, l.ty, a);
      whileFast(e, routine, () => e.and(precise, e.op('v128.any_true', e.op(`${l.ty}.ne`, result, a))));
      e.writeVector(0, makeOrdinary(result, l.ty));
      return;
    }
    const s = SCALAR[kind];
    const a = e.readFloat(1, s.bytes);
    testOperand(e, s, a, routine);
    const { result, precise } = rounded(e, s.ty, a);
    whileFast(e, routine, () => e.and(precise, e.op(`${s.ty}.ne`, result, a)));
    e.writeFloat(0, s.bytes, makeOrdinary(result));
  };

/** Even-numbered and odd-numbered lanes of both operands. */
const HALVES = {
  ps: [
    [0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27],
    [4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31],
  ],
  pd: [
    [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23],
    [8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31],
  ],
} as const;

/** HADDxx and HSUBxx: neighbours of the destination, then of the source. */
const horizontal =
  (name: 'add' | 'sub', kind: PackedKind): Lift =>
  e => {
    const l = LANES[kind];
    const routine = `h${name}${kind}`;
    const a = e.readVector(0);
    const b = e.readVector(1, true);
    const x = e.shuffle(a, b, HALVES[kind][0]);
    const y = e.shuffle(a, b, HALVES[kind][1]);
    packed(e, l, name, x, y, routine);
  };

/** ADDSUBxx: the even-numbered lanes subtract, the odd-numbered add. */
const alternating =
  (kind: PackedKind): Lift =>
  e => {
    const l = LANES[kind];
    const routine = `addsub${kind}`;
    const a = e.readVector(0);
    const b = e.readVector(1, true);
    // Adding the opposite is subtracting; NaNs, whose sign would tell, do not come through.
    const even = kind === 'ps' ? everywhere(e, LANES.pd, 0x8000_0000n) : e.vector(0x8000_0000_0000_0000n, 0n);
    packed(e, l, 'add', a, e.op('v128.xor', b, even), routine);
  };

export const sseArith: readonly Row[] = [
  ...floats('add', '58', 'Adds # of the source to the destination.', ALL, arithmetic('add')),
  ...floats('sub', '5C', 'Subtracts # of the source from the destination.', ALL, arithmetic('sub')),
  ...floats('mul', '59', 'Multiplies the destination by # of the source.', ALL, arithmetic('mul')),
  ...floats('div', '5E', 'Divides the destination by # of the source.', ALL, arithmetic('div')),
  ...floats(
    'min',
    '5D',
    'Keeps the smaller, of # each; of a NaN or two zeros it takes the source.',
    ALL,
    extreme('min'),
  ),
  ...floats(
    'max',
    '5F',
    'Keeps the larger, of # each; of a NaN or two zeros it takes the source.',
    ALL,
    extreme('max'),
  ),
  ...floats('sqrt', '51', 'Takes the square root of # of the source.', ALL, squareRoot),
  ...floats(
    'rsqrt',
    '52',
    'Approximates one over the square root of # of the source.',
    ['ps', 'ss'] as const,
    reciprocal(true),
  ),
  ...floats('rcp', '53', 'Approximates one over # of the source.', ['ps', 'ss'] as const, reciprocal(false)),

  row(
    'haddps',
    'Adds neighbouring floats of both operands.',
    { feature: 'sse3' },
    [['F2 0F 7C /r', 'Vps,Wps']],
    horizontal('add', 'ps'),
  ),
  row(
    'haddpd',
    'Adds neighbouring doubles of both operands.',
    { feature: 'sse3' },
    [['66 0F 7C /r', 'Vpd,Wpd']],
    horizontal('add', 'pd'),
  ),
  row(
    'hsubps',
    'Subtracts neighbouring floats of both operands.',
    { feature: 'sse3' },
    [['F2 0F 7D /r', 'Vps,Wps']],
    horizontal('sub', 'ps'),
  ),
  row(
    'hsubpd',
    'Subtracts neighbouring doubles of both operands.',
    { feature: 'sse3' },
    [['66 0F 7D /r', 'Vpd,Wpd']],
    horizontal('sub', 'pd'),
  ),
  row(
    'addsubps',
    'Subtracts the even-numbered floats and adds the odd-numbered.',
    { feature: 'sse3' },
    [['F2 0F D0 /r', 'Vps,Wps']],
    alternating('ps'),
  ),
  row(
    'addsubpd',
    'Subtracts the low doubles and adds the high.',
    { feature: 'sse3' },
    [['66 0F D0 /r', 'Vpd,Wpd']],
    alternating('pd'),
  ),

  row(
    'roundps',
    'Rounds four floats to whole numbers.',
    { feature: 'sse4.1' },
    [['66 0F 3A 08 /r ib', 'Vps,Wps,Ib']],
    roundTo('ps'),
  ),
  row(
    'roundpd',
    'Rounds two doubles to whole numbers.',
    { feature: 'sse4.1' },
    [['66 0F 3A 09 /r ib', 'Vpd,Wpd,Ib']],
    roundTo('pd'),
  ),
  row(
    'roundss',
    'Rounds the lowest float to a whole number.',
    { feature: 'sse4.1' },
    [['66 0F 3A 0A /r ib', 'Vss,Wss,Ib']],
    roundTo('ss'),
  ),
  row(
    'roundsd',
    'Rounds the lowest double to a whole number.',
    { feature: 'sse4.1' },
    [['66 0F 3A 0B /r ib', 'Vsd,Wsd,Ib']],
    roundTo('sd'),
  ),
  row(
    'dpps',
    'Dot product of chosen floats, copied where the mask says.',
    { feature: 'sse4.1' },
    [['66 0F 3A 40 /r ib', 'Vps,Wps,Ib']],
    e => e.routine('dpps'),
  ),
  row(
    'dppd',
    'Dot product of chosen doubles, copied where the mask says.',
    { feature: 'sse4.1' },
    [['66 0F 3A 41 /r ib', 'Vpd,Wpd,Ib']],
    e => e.routine('dppd'),
  ),
];
