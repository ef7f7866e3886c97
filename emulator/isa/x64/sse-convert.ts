/** Conversions between integers and floats of two widths. `cvtt…` truncates; the others round as MXCSR says. */
import type { Emitter, Val } from '../emitter.ts';
import { row } from './define.ts';
import { lowerDoubles, upperDoubles, whileFast } from './float-exact.ts';
import {
  isInfinite,
  isZero,
  LANES,
  makeOrdinary,
  notDenormal,
  notNan,
  outside,
  type PackedKind,
  SCALAR,
  type ScalarKind,
  scalarOf,
  testOperand,
  unless,
} from './float-lanes.ts';
import type { Lift, Row } from './row.ts';

type How = 'trunc' | 'nearest';

/** 2^31 and 2^63 in both formats: integers of 4 and 8 bytes end below. */
const LIMIT = {
  ss: { 4: 0x4f00_0000n, 8: 0x5f00_0000n },
  sd: { 4: 0x41e0_0000_0000_0000n, 8: 0x43e0_0000_0000_0000n },
} as const;

/** CVT(T)Sx2SI of what fits for sure; the smallest integer, what does not fit, and NaNs are the routine's. */
const toGeneral =
  (name: string, kind: ScalarKind, how: How): Lift =>
  e => {
    const s = SCALAR[kind];
    const width = e.width(0) === 8 ? 8 : 4;
    const source = e.readFloat(1, s.bytes);
    const whole = how === 'nearest' ? e.op(`${s.ty}.nearest`, source) : source;
    const limit = scalarOf(e, s, LIMIT[kind][width]);
    e.rare(e.eqz(e.op(`${s.ty}.lt`, e.op(`${s.ty}.abs`, whole), limit)), name);
    whileFast(e, name, () => e.op(`${s.ty}.ne`, how === 'trunc' ? e.op(`${s.ty}.trunc`, source) : whole, source));
    e.write(0, e.op(`${width === 8 ? 'i64' : 'i32'}.trunc_sat_${s.ty}_s`, whole));
  };

/** CVTSI2Sx. Whole numbers that the significand holds are exact, whatever MXCSR says. */
const fromGeneral =
  (kind: ScalarKind): Lift =>
  e => {
    const s = SCALAR[kind];
    const a = e.read(1);
    const bits = s.fraction + 1;
    if (bits < (a.ty === 'i64' ? 64 : 32)) {
      const of = (v: number): Val => (a.ty === 'i64' ? e.const64(v) : e.const32(v));
      const large = e.ne(e.shrU(e.add(a, of(2 ** bits)), of(bits + 1)), of(0));
      e.when(e.ne(e.fpFast(), e.const32(1)), () => e.rare(large, `cvtsi2${kind}`));
    }
    e.writeFloat(0, s.bytes, makeOrdinary(e.op(`${s.ty}.convert_${a.ty}_s`, a)));
  };

/** Every lane's size below 2^31, else the routine does it: NaNs and what does not fit are among the others. */
function fits(e: Emitter, kind: PackedKind, whole: Val, routine: string): void {
  const { ty, int } = LANES[kind];
  const limit =
    kind === 'ps' ? e.op('i32x4.splat', e.const32(Number(LIMIT.ss[4]))) : e.op('i64x2.splat', e.const64(LIMIT.sd[4]));
  const inside = e.op(`${ty}.lt`, e.op(`${ty}.abs`, whole), limit);
  e.rare(e.eqz(e.op(`${int}.all_true`, inside)), routine);
}

/** Four floats to doublewords. */
const floatsToIntegers =
  (name: string, how: How): Lift =>
  e => {
    const source = e.readVector(1, true);
    const whole = e.op(`f32x4.${how}`, source);
    fits(e, 'ps', whole, name);
    whileFast(e, name, () => e.op('v128.any_true', e.op('f32x4.ne', whole, source)));
    e.writeVector(0, e.op('i32x4.trunc_sat_f32x4_s', whole));
  };

/** Two doubles to the two low doublewords; the others become zero. */
const doublesToIntegers =
  (name: string, how: How): Lift =>
  e => {
    const source = e.readVector(1, true);
    const whole = e.op(`f64x2.${how}`, source);
    fits(e, 'pd', whole, name);
    whileFast(e, name, () => e.op('v128.any_true', e.op('f64x2.ne', whole, source)));
    e.writeVector(0, e.op('i32x4.trunc_sat_f64x2_s_zero', whole));
  };

/** Widening is exact. */
function widen(e: Emitter): void {
  const a = e.readFloat(1, 4);
  testOperand(e, SCALAR.ss, a, 'cvtss2sd');
  e.writeFloat(0, 8, makeOrdinary(e.op('f64.promote_f32', a)));
}

function widenTwo(e: Emitter): void {
  const l = LANES.ps;
  const a = e.lane('i64x2.replace_lane', 0, e.vector(0n, 0n), e.readLow(1, 8));
  unless(e, l, [notDenormal(e, l, a), notNan(e, l, a)], 'cvtps2pd');
  e.writeVector(0, makeOrdinary(e.op('f64x2.promote_low_f32x4', a), 'f64x2'));
}

/** Exponent fields of the doubles that are normal floats for sure: from 2^−126 to below 2^127. */
const AS_FLOAT = [897, 1149] as const;

function narrow(e: Emitter): void {
  const s = SCALAR.sd;
  const a = e.readFloat(1, 8);
  e.when(outside(e, s, a, ...AS_FLOAT), () => e.rare(e.eqz(e.or(isZero(e, s, a), isInfinite(e, s, a))), 'cvtsd2ss'));
  const result = e.op('f32.demote_f64', a);
  whileFast(e, 'cvtsd2ss', () => e.op('f64.ne', e.op('f64.promote_f32', result), a));
  e.writeFloat(0, 4, makeOrdinary(result));
}

function narrowTwo(e: Emitter): void {
  const a = e.readVector(1, true);
  const { ty } = LANES.pd;
  const size = e.op(`${ty}.abs`, a);
  const between = e.op(
    'v128.and',
    e.op(`${ty}.ge`, size, e.op('i64x2.splat', e.const64(BigInt(AS_FLOAT[0]) << 52n))),
    e.op(`${ty}.lt`, size, e.op('i64x2.splat', e.const64(BigInt(AS_FLOAT[1]) << 52n))),
  );
  const zero = e.op(`${ty}.eq`, a, e.vector(0n, 0n));
  e.rare(e.eqz(e.op('i64x2.all_true', e.op('v128.or', between, zero))), 'cvtpd2ps');
  const result = e.op('f32x4.demote_f64x2_zero', a);
  whileFast(e, 'cvtpd2ps', () => e.op('v128.any_true', e.op(`${ty}.ne`, lowerDoubles(e, result), a)));
  e.writeVector(0, makeOrdinary(result, 'f32x4'));
}

/** Doublewords to floats: exact where the same as doubles is no other number. */
function integersToFloats(e: Emitter): void {
  const a = e.readVector(1, true);
  const result = e.op('f32x4.convert_i32x4_s', a);
  whileFast(e, 'cvtdq2ps', () => {
    const upper = e.shuffle(a, a, [8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7]);
    const differs = (of: Val, is: Val): Val => e.op('f64x2.ne', e.op('f64x2.convert_low_i32x4_s', of), is);
    return e.op(
      'v128.any_true',
      e.op('v128.or', differs(a, lowerDoubles(e, result)), differs(upper, upperDoubles(e, result))),
    );
  });
  e.writeVector(0, makeOrdinary(result, 'f32x4'));
}

/** Conversions with an MMX register on one side, which nobody uses in a loop any more. */
const MMX = [
  ['cvtpi2ps', 'Converts two signed doublewords of an MMX register to floats.', 'sse', 'NP 0F 2A /r', 'Vq,Qq'],
  ['cvtpi2pd', 'Converts two signed doublewords of an MMX register to doubles.', 'sse2', '66 0F 2A /r', 'Vpd,Qq'],
  ['cvttps2pi', 'Converts two floats to an MMX register, rounding toward zero.', 'sse', 'NP 0F 2C /r', 'Pq,Wq'],
  ['cvttpd2pi', 'Converts two doubles to an MMX register, rounding toward zero.', 'sse2', '66 0F 2C /r', 'Pq,Wpd'],
  ['cvtps2pi', 'Converts two floats to an MMX register.', 'sse', 'NP 0F 2D /r', 'Pq,Wq'],
  ['cvtpd2pi', 'Converts two doubles to an MMX register.', 'sse2', '66 0F 2D /r', 'Pq,Wpd'],
] as const;

export const sseConvert: readonly Row[] = [
  row(
    'cvtsi2ss',
    'Converts a signed integer to a float.',
    { feature: 'sse' },
    [['F3 0F 2A /r', 'Vss,Ey']],
    fromGeneral('ss'),
  ),
  row(
    'cvtsi2sd',
    'Converts a signed integer to a double.',
    { feature: 'sse2' },
    [['F2 0F 2A /r', 'Vsd,Ey']],
    fromGeneral('sd'),
  ),
  row(
    'cvttss2si',
    'Converts a float to a signed integer, rounding toward zero.',
    { feature: 'sse' },
    [['F3 0F 2C /r', 'Gy,Wss']],
    toGeneral('cvttss2si', 'ss', 'trunc'),
  ),
  row(
    'cvttsd2si',
    'Converts a double to a signed integer, rounding toward zero.',
    { feature: 'sse2' },
    [['F2 0F 2C /r', 'Gy,Wsd']],
    toGeneral('cvttsd2si', 'sd', 'trunc'),
  ),
  row(
    'cvtss2si',
    'Converts a float to a signed integer.',
    { feature: 'sse' },
    [['F3 0F 2D /r', 'Gy,Wss']],
    toGeneral('cvtss2si', 'ss', 'nearest'),
  ),
  row(
    'cvtsd2si',
    'Converts a double to a signed integer.',
    { feature: 'sse2' },
    [['F2 0F 2D /r', 'Gy,Wsd']],
    toGeneral('cvtsd2si', 'sd', 'nearest'),
  ),
  row('cvtss2sd', 'Converts a float to a double.', { feature: 'sse2' }, [['F3 0F 5A /r', 'Vsd,Wss']], widen),
  row('cvtsd2ss', 'Converts a double to a float.', { feature: 'sse2' }, [['F2 0F 5A /r', 'Vss,Wsd']], narrow),
  row('cvtps2pd', 'Converts two floats to doubles.', { feature: 'sse2' }, [['NP 0F 5A /r', 'Vpd,Wq']], widenTwo),
  row(
    'cvtpd2ps',
    'Converts two doubles to floats; the upper half becomes zero.',
    { feature: 'sse2' },
    [['66 0F 5A /r', 'Vps,Wpd']],
    narrowTwo,
  ),
  row(
    'cvtdq2ps',
    'Converts four signed doublewords to floats.',
    { feature: 'sse2' },
    [['NP 0F 5B /r', 'Vps,Wdq']],
    integersToFloats,
  ),
  row(
    'cvtps2dq',
    'Converts four floats to signed doublewords.',
    { feature: 'sse2' },
    [['66 0F 5B /r', 'Vdq,Wps']],
    floatsToIntegers('cvtps2dq', 'nearest'),
  ),
  row(
    'cvttps2dq',
    'Converts four floats to signed doublewords, rounding toward zero.',
    { feature: 'sse2' },
    [['F3 0F 5B /r', 'Vdq,Wps']],
    floatsToIntegers('cvttps2dq', 'trunc'),
  ),
  row(
    'cvtdq2pd',
    'Converts two signed doublewords to doubles.',
    { feature: 'sse2' },
    [['F3 0F E6 /r', 'Vpd,Wq']],
    e => {
      const v = e.readLow(1, 8);
      e.writeVector(0, makeOrdinary(e.op('f64x2.convert_low_i32x4_s', e.op('i64x2.splat', v)), 'f64x2'));
    },
  ),
  row(
    'cvtpd2dq',
    'Converts two doubles to signed doublewords; the upper half becomes zero.',
    { feature: 'sse2' },
    [['F2 0F E6 /r', 'Vdq,Wpd']],
    doublesToIntegers('cvtpd2dq', 'nearest'),
  ),
  row(
    'cvttpd2dq',
    'Converts two doubles to signed doublewords, rounding toward zero.',
    { feature: 'sse2' },
    [['66 0F E6 /r', 'Vdq,Wpd']],
    doublesToIntegers('cvttpd2dq', 'trunc'),
  ),
  ...MMX.map(([name, sentence, feature, encoding, operands]) =>
    row(name, sentence, { feature }, [[encoding, operands]], e => e.routine(name)),
  ),
];
