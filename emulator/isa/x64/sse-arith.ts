/** Floating-point arithmetic of SSE: four kinds of the same operation (ps, pd, ss, sd) are four rows, one meaning each. */
import type { Emitter, Val } from '../emitter.ts';
import { row } from './define.ts';
import {
  ALL,
  bitsOf,
  either,
  everywhere,
  exponentBelow,
  type FloatKind,
  finite,
  floatOf,
  floats,
  LANES,
  type Lanes,
  minus,
  needsFast,
  notDenormal,
  notNan,
  plus,
  readBits,
  unless,
  writeBits,
} from './float-lanes.ts';
import type { Lift, Row } from './row.ts';

type Operation = 'add' | 'sub' | 'mul' | 'div';

/**
 * The tests of one operation, with a result that is computed already: no denormal operand, no NaN or overflow, and a
 * result that cannot be tiny. Tiny sums are exact; a product or quotient of ordinary exponents is not tiny, one with a
 * zero is exact.
 */
function ordinary(e: Emitter, l: Lanes, name: Operation, a: Val, b: Val, result: Val): Val[] {
  const x = exponentBelow(e, l, a);
  const y = exponentBelow(e, l, b);
  const tests = [notDenormal(e, l, x), notDenormal(e, l, y), finite(e, l, result)];
  if (name === 'mul') tests.push(plus(e, l, plus(e, l, x, y), everywhere(e, l, BigInt(-1 - l.bias))));
  if (name === 'div') tests.push(plus(e, l, minus(e, l, x, y), everywhere(e, l, BigInt(l.bias - 4))));
  return tests;
}

const arithmetic =
  (name: Operation) =>
  (kind: FloatKind): Lift =>
  e => {
    const l = LANES[kind];
    needsFast(e, name + kind);
    const a = readBits(e, l, 0);
    const b = readBits(e, l, 1);
    const result = bitsOf(e, l, e.op(`${l.float}.${name}`, floatOf(e, l, a), floatOf(e, l, b)));
    unless(e, l, ordinary(e, l, name, a, b, result), name + kind);
    writeBits(e, l, result);
  };

const squareRoot =
  (kind: FloatKind): Lift =>
  e => {
    const l = LANES[kind];
    needsFast(e, `sqrt${kind}`);
    const a = readBits(e, l, 1);
    const result = bitsOf(e, l, e.op(`${l.float}.sqrt`, floatOf(e, l, a)));
    unless(e, l, [notDenormal(e, l, exponentBelow(e, l, a)), finite(e, l, result)], `sqrt${kind}`);
    writeBits(e, l, result);
  };

/** MINxx (`lt`) and MAXxx (`gt`): the destination if it compares so, otherwise the source, zeros included. */
const extreme =
  (name: 'min' | 'max') =>
  (kind: FloatKind): Lift =>
  e => {
    const l = LANES[kind];
    const a = readBits(e, l, 0);
    const b = readBits(e, l, 1);
    const tests = [a, b].flatMap(v => [notDenormal(e, l, exponentBelow(e, l, v)), notNan(e, l, v)]);
    unless(e, l, tests, name + kind);
    const first = e.op(`${l.float}.${name === 'min' ? 'lt' : 'gt'}`, floatOf(e, l, a), floatOf(e, l, b));
    writeBits(e, l, l.packed ? e.op('v128.bitselect', a, b, first) : e.select(first, a, b));
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
    const l = LANES[kind];
    const lane = (pattern: number): Val => everywhere(e, l, BigInt(pattern));
    const and = (x: Val, y: Val): Val => e.op(l.packed ? 'v128.and' : 'i32.and', x, y);
    const choose = (condition: Val, yes: Val, no: Val): Val =>
      l.packed ? e.op('v128.bitselect', yes, no, condition) : e.select(condition, yes, no);
    const below = (x: Val, y: Val): Val => e.op(`${l.int}.lt_u`, x, y);
    const raw = readBits(e, l, 1);
    const sign = and(raw, lane(0x8000_0000));
    const size = and(raw, lane(0x7fff_ffff));
    const a = choose(below(size, lane(0x80_0000)), sign, raw);
    const of = floatOf(e, l, a);
    const one = floatOf(e, l, lane(0x3f80_0000));
    const quotient = bitsOf(e, l, e.op(`${l.float}.div`, one, ofRoot ? e.op(`${l.float}.sqrt`, of) : of));
    // The sign of a zero's root is the zero's; nothing else negative has one.
    const tiny = below(and(quotient, lane(0x7fff_ffff)), lane(0x80_0000));
    let result = choose(tiny, sign, quotient);
    if (ofRoot) {
      const negative = e.op(`${l.int}.gt_u`, a, lane(0x8000_0000));
      result = choose(negative, lane(0xffc0_0000), result);
    }
    const nan = e.op(`${l.int}.gt_u`, size, lane(0x7f80_0000));
    writeBits(e, l, choose(nan, either(e, l, raw, lane(0x40_0000)), result));
  };

/** ROUNDxx: the immediate's low two bits choose nearest, down, up, to zero; bit 2 takes MXCSR's mode: nearest. */
const roundTo =
  (kind: FloatKind): Lift =>
  e => {
    const l = LANES[kind];
    needsFast(e, `round${kind}`);
    const a = readBits(e, l, 1);
    unless(e, l, [notNan(e, l, a)], `round${kind}`);
    const of = floatOf(e, l, a);
    const as = (name: string): Val => bitsOf(e, l, e.op(`${l.float}.${name}`, of));
    const NAMES = ['nearest', 'floor', 'ceil', 'trunc'];
    const known = e.constant(2);
    if (known !== undefined) {
      writeBits(e, l, as(known & 4n ? 'nearest' : NAMES[Number(known & 3n)]));
      return;
    }
    const code = e.and(e.zeroExtend(e.read(2), 1, 4), e.const32(7));
    let result = as('nearest');
    for (let n = 1; n < 4; n++) result = e.select(e.eq(code, e.const32(n)), as(NAMES[n]), result);
    writeBits(e, l, result);
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
  (name: 'add' | 'sub', kind: 'ps' | 'pd'): Lift =>
  e => {
    const l = LANES[kind];
    const routine = `h${name}${kind}`;
    needsFast(e, routine);
    const a = readBits(e, l, 0);
    const b = readBits(e, l, 1);
    const x = e.shuffle(a, b, HALVES[kind][0]);
    const y = e.shuffle(a, b, HALVES[kind][1]);
    const result = e.op(`${l.float}.${name}`, x, y);
    unless(e, l, ordinary(e, l, name, x, y, result), routine);
    writeBits(e, l, result);
  };

/** ADDSUBxx: the even-numbered lanes subtract, the odd-numbered add. */
const alternating =
  (kind: 'ps' | 'pd'): Lift =>
  e => {
    const l = LANES[kind];
    const routine = `addsub${kind}`;
    needsFast(e, routine);
    const a = readBits(e, l, 0);
    const b = readBits(e, l, 1);
    // Adding the opposite is subtracting; NaNs, whose sign would tell, do not come through.
    const signs = kind === 'ps' ? 0x8000_0000n : 0x8000_0000_0000_0000n;
    const turned = e.op('v128.xor', b, kind === 'ps' ? e.vector(signs, signs) : e.vector(signs, 0n));
    const result = e.op(`${l.float}.add`, a, turned);
    unless(e, l, ordinary(e, l, 'add', a, b, result), routine);
    writeBits(e, l, result);
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
