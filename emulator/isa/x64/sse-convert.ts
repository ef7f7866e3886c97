/** Conversions between integers and floats of two widths. `cvtt…` truncates; the others round as MXCSR says. */
import type { Emitter, Val } from '../emitter.ts';
import { row } from './define.ts';
import {
  bitsOf,
  everywhere,
  exponentBelow,
  finite,
  floatOf,
  LANES,
  laneBytes,
  needsFast,
  notDenormal,
  notNan,
  plus,
  readBits,
  unless,
} from './float-lanes.ts';
import type { Lift, Row } from './row.ts';

type How = 'trunc' | 'nearest';
type Scalar = 'ss' | 'sd';

/** 2^31 and 2^63 in both formats: integers of 4 and 8 bytes end below. */
const LIMIT = {
  ss: { 4: 0x4f00_0000n, 8: 0x5f00_0000n },
  sd: { 4: 0x41e0_0000_0000_0000n, 8: 0x43e0_0000_0000_0000n },
} as const;

/** CVT(T)Sx2SI of what fits for sure; the smallest integer, what does not fit, and NaNs are the routine's. */
const toGeneral =
  (name: string, kind: Scalar, how: How): Lift =>
  e => {
    const l = LANES[kind];
    const width = e.width(0) === 8 ? 8 : 4;
    const int = width === 8 ? 'i64' : 'i32';
    needsFast(e, name);
    const source = floatOf(e, l, readBits(e, l, 1));
    const whole = how === 'nearest' ? e.op(`${l.float}.nearest`, source) : source;
    const limit = floatOf(e, l, everywhere(e, l, LIMIT[kind][width]));
    e.rare(e.eqz(e.op(`${l.float}.lt`, e.op(`${l.float}.abs`, whole), limit)), name);
    e.write(0, e.op(`${int}.trunc_sat_${l.float}_s`, whole));
  };

/** CVTSI2Sx. Whole numbers that the significand holds are exact, whatever MXCSR says. */
const fromGeneral =
  (kind: Scalar): Lift =>
  e => {
    const l = LANES[kind];
    const a = e.read(1);
    const bits = l.fraction + 1;
    if (bits < (a.ty === 'i64' ? 64 : 32)) {
      const of = (v: number): Val => (a.ty === 'i64' ? e.const64(v) : e.const32(v));
      const large = e.ne(e.shrU(e.add(a, of(2 ** bits)), of(bits + 1)), of(0));
      e.rare(e.and(e.eqz(e.fpFast()), large), `cvtsi2${kind}`);
    }
    e.writeLow(0, laneBytes(l), bitsOf(e, l, e.op(`${l.float}.convert_${a.ty}_s`, a)));
  };

/** Every lane's size below 2^31, else the routine does it: NaNs and what does not fit are among the others. */
function fits(e: Emitter, kind: 'ps' | 'pd', whole: Val, routine: string): void {
  const l = LANES[kind];
  const limit = everywhere(e, l, kind === 'ps' ? LIMIT.ss[4] : LIMIT.sd[4]);
  const inside = e.op(`${l.float}.lt`, e.op(`${l.float}.abs`, whole), limit);
  e.rare(e.eqz(e.op(`${l.int}.all_true`, inside)), routine);
}

/** Four floats to doublewords. */
const floatsToIntegers =
  (name: string, how: How): Lift =>
  e => {
    needsFast(e, name);
    const whole = e.op(`f32x4.${how}`, e.readVector(1, true));
    fits(e, 'ps', whole, name);
    e.writeVector(0, e.op('i32x4.trunc_sat_f32x4_s', whole));
  };

/** Two doubles to the two low doublewords; the others become zero. */
const doublesToIntegers =
  (name: string, how: How): Lift =>
  e => {
    needsFast(e, name);
    const whole = e.op(`f64x2.${how}`, e.readVector(1, true));
    fits(e, 'pd', whole, name);
    e.writeVector(0, e.op('i32x4.trunc_sat_f64x2_s_zero', whole));
  };

/** Widening is exact. */
function widen(e: Emitter): void {
  const l = LANES.ss;
  const a = e.readLow(1, 4);
  unless(e, l, [notDenormal(e, l, exponentBelow(e, l, a)), notNan(e, l, a)], 'cvtss2sd');
  e.writeLow(0, 8, e.op('i64.reinterpret_f64', e.op('f64.promote_f32', floatOf(e, l, a))));
}

function widenTwo(e: Emitter): void {
  const l = LANES.ps;
  const a = e.lane('i64x2.replace_lane', 0, e.vector(0n, 0n), e.readLow(1, 8));
  unless(e, l, [notDenormal(e, l, exponentBelow(e, l, a)), notNan(e, l, a)], 'cvtps2pd');
  e.writeVector(0, e.op('f64x2.promote_low_f32x4', a));
}

/** Fails where a double is no zero and so small that it may be tiny as a float: 2^−126 has the exponent field 897. */
const notTinyAsFloat = (e: Emitter, kind: 'sd' | 'pd', bits: Val): Val => {
  const l = LANES[kind];
  const smallest = l.bias - LANES.ss.bias + 1;
  return plus(e, l, exponentBelow(e, l, bits), everywhere(e, l, BigInt(-smallest)));
};

function narrow(e: Emitter): void {
  const from = LANES.sd;
  const to = LANES.ss;
  needsFast(e, 'cvtsd2ss');
  const a = e.readLow(1, 8);
  const result = bitsOf(e, to, e.op('f32.demote_f64', floatOf(e, from, a)));
  const overflow = e.signExtend(finite(e, to, result), 4, 8);
  unless(e, from, [notTinyAsFloat(e, 'sd', a), overflow], 'cvtsd2ss');
  e.writeLow(0, 4, result);
}

function narrowTwo(e: Emitter): void {
  needsFast(e, 'cvtpd2ps');
  const a = e.readVector(1, true);
  const result = e.op('f32x4.demote_f64x2_zero', a);
  unless(e, LANES.pd, [notTinyAsFloat(e, 'pd', a)], 'cvtpd2ps');
  unless(e, LANES.ps, [finite(e, LANES.ps, result)], 'cvtpd2ps');
  e.writeVector(0, result);
}

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
    e => {
      needsFast(e, 'cvtdq2ps');
      e.writeVector(0, e.op('f32x4.convert_i32x4_s', e.readVector(1, true)));
    },
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
      e.writeVector(0, e.op('f64x2.convert_low_i32x4_s', e.op('i64x2.splat', v)));
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
  row('cvtpi2ps', 'Converts two signed doublewords of an MMX register to floats.', { feature: 'sse' }, [
    ['NP 0F 2A /r', 'Vq,Qq'],
  ]),
  row('cvtpi2pd', 'Converts two signed doublewords of an MMX register to doubles.', { feature: 'sse2' }, [
    ['66 0F 2A /r', 'Vpd,Qq'],
  ]),
  row('cvttps2pi', 'Converts two floats to an MMX register, rounding toward zero.', { feature: 'sse' }, [
    ['NP 0F 2C /r', 'Pq,Wq'],
  ]),
  row('cvttpd2pi', 'Converts two doubles to an MMX register, rounding toward zero.', { feature: 'sse2' }, [
    ['66 0F 2C /r', 'Pq,Wpd'],
  ]),
  row('cvtps2pi', 'Converts two floats to an MMX register.', { feature: 'sse' }, [['NP 0F 2D /r', 'Pq,Wq']]),
  row('cvtpd2pi', 'Converts two doubles to an MMX register.', { feature: 'sse2' }, [['66 0F 2D /r', 'Pq,Wpd']]),
];
