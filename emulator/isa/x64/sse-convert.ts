/** Conversions between integers and floats of two widths. `cvtt…` truncates; the others round as MXCSR says. */
import type { Emitter, Val } from '../emitter.ts';
import { row } from './define.ts';
import type { Row } from './row.ts';

/** CVT(T)Sx2SI: what does not fit, and NaN, gives the integer indefinite, the smallest number. */
function toInteger(e: Emitter, ty: 'f32' | 'f64', how: 'trunc' | 'nearest'): void {
  const int = e.width(0) === 8 ? 'i64' : 'i32';
  const source =
    ty === 'f64'
      ? e.op('f64.reinterpret_i64', e.readLow(1, 8))
      : e.op('f64.promote_f32', e.op('f32.reinterpret_i32', e.readLow(1, 4)));
  const whole = e.op(`f64.${how}`, source);
  const limit = e.op('f64.reinterpret_i64', e.const64(int === 'i64' ? 0x43e0_0000_0000_0000n : 0x41e0_0000_0000_0000n));
  const fits = e.and(e.op('f64.lt', whole, limit), e.op('f64.ge', whole, e.op('f64.neg', limit)));
  const indefinite = int === 'i64' ? e.const64(-0x8000_0000_0000_0000n) : e.const32(-0x8000_0000);
  e.write(0, e.select(fits, e.op(`${int}.trunc_sat_f64_s`, whole), indefinite));
}

/** A float's bits to a double's; a NaN keeps sign and payload and becomes quiet. */
function widenFloat(e: Emitter, bits: Val): Val {
  const f = e.op('f32.reinterpret_i32', bits);
  const wide = e.zeroExtend(bits, 4, 8);
  const nan = e.or(
    e.or(e.shl(e.and(wide, e.const64(0x8000_0000)), e.const64(32)), e.const64(0x7ff8_0000_0000_0000n)),
    e.shl(e.and(wide, e.const64(0x7f_ffff)), e.const64(29)),
  );
  return e.select(e.op('f32.ne', f, f), nan, e.op('i64.reinterpret_f64', e.op('f64.promote_f32', f)));
}

/** A double's bits to a float's; a NaN keeps sign and the upper payload and becomes quiet. */
function narrowFloat(e: Emitter, bits: Val): Val {
  const d = e.op('f64.reinterpret_i64', bits);
  const nan = e.or(
    e.or(e.and(e.truncate(e.shrU(bits, e.const64(32)), 4), e.const32(0x8000_0000 | 0)), e.const32(0x7fc0_0000)),
    e.and(e.truncate(e.shrU(bits, e.const64(29)), 4), e.const32(0x3f_ffff)),
  );
  return e.select(e.op('f64.ne', d, d), nan, e.op('i32.reinterpret_f32', e.op('f32.demote_f64', d)));
}

/** Four floats to doublewords; what does not fit gives the integer indefinite. */
function floatsToIntegers(e: Emitter, how: 'trunc' | 'nearest'): void {
  const whole = e.op(`f32x4.${how}`, e.readVector(1, true));
  // 2³¹ and more, and NaN; −2³¹ and less saturate to the indefinite by themselves.
  const fits = e.op('f32x4.lt', whole, e.vector(0x4f00_0000_4f00_0000n, 0x4f00_0000_4f00_0000n));
  const indefinite = e.vector(0x8000_0000_8000_0000n, 0x8000_0000_8000_0000n);
  e.writeVector(0, e.op('v128.bitselect', e.op('i32x4.trunc_sat_f32x4_s', whole), indefinite, fits));
}

/** Two doubles to the two low doublewords; the others become zero. */
function doublesToIntegers(e: Emitter, how: 'trunc' | 'nearest'): void {
  const whole = e.op(`f64x2.${how}`, e.readVector(1, true));
  const fits = e.op('f64x2.lt', whole, e.vector(0x41e0_0000_0000_0000n, 0x41e0_0000_0000_0000n));
  const low = e.shuffle(fits, e.vector(0n, 0n), [0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 20, 21, 22, 23]);
  const indefinite = e.vector(0x8000_0000_8000_0000n, 0n);
  e.writeVector(0, e.op('v128.bitselect', e.op('i32x4.trunc_sat_f64x2_s_zero', whole), indefinite, low));
}

export const sseConvert: readonly Row[] = [
  row('cvtsi2ss', 'Converts a signed integer to a float.', { feature: 'sse' }, [['F3 0F 2A /r', 'Vss,Ey']], e => {
    const a = e.read(1);
    e.writeLow(0, 4, e.op('i32.reinterpret_f32', e.op(`f32.convert_${a.ty}_s`, a)));
  }),
  row('cvtsi2sd', 'Converts a signed integer to a double.', { feature: 'sse2' }, [['F2 0F 2A /r', 'Vsd,Ey']], e => {
    const a = e.read(1);
    e.writeLow(0, 8, e.op('i64.reinterpret_f64', e.op(`f64.convert_${a.ty}_s`, a)));
  }),
  row(
    'cvttss2si',
    'Converts a float to a signed integer, rounding toward zero.',
    { feature: 'sse' },
    [['F3 0F 2C /r', 'Gy,Wss']],
    e => toInteger(e, 'f32', 'trunc'),
  ),
  row(
    'cvttsd2si',
    'Converts a double to a signed integer, rounding toward zero.',
    { feature: 'sse2' },
    [['F2 0F 2C /r', 'Gy,Wsd']],
    e => toInteger(e, 'f64', 'trunc'),
  ),
  row('cvtss2si', 'Converts a float to a signed integer.', { feature: 'sse' }, [['F3 0F 2D /r', 'Gy,Wss']], e =>
    toInteger(e, 'f32', 'nearest'),
  ),
  row('cvtsd2si', 'Converts a double to a signed integer.', { feature: 'sse2' }, [['F2 0F 2D /r', 'Gy,Wsd']], e =>
    toInteger(e, 'f64', 'nearest'),
  ),
  row('cvtss2sd', 'Converts a float to a double.', { feature: 'sse2' }, [['F3 0F 5A /r', 'Vsd,Wss']], e => {
    const a = e.readLow(1, 4);
    e.writeLow(0, 8, widenFloat(e, a));
  }),
  row('cvtsd2ss', 'Converts a double to a float.', { feature: 'sse2' }, [['F2 0F 5A /r', 'Vss,Wsd']], e => {
    const a = e.readLow(1, 8);
    e.writeLow(0, 4, narrowFloat(e, a));
  }),
  row('cvtps2pd', 'Converts two floats to doubles.', { feature: 'sse2' }, [['NP 0F 5A /r', 'Vpd,Wq']], e => {
    const v = e.readLow(1, 8);
    const low = widenFloat(e, e.truncate(v, 4));
    const high = widenFloat(e, e.truncate(e.shrU(v, e.const64(32)), 4));
    e.writeVector(0, e.lane('i64x2.replace_lane', 1, e.op('i64x2.splat', low), high));
  }),
  row(
    'cvtpd2ps',
    'Converts two doubles to floats; the upper half becomes zero.',
    { feature: 'sse2' },
    [['66 0F 5A /r', 'Vps,Wpd']],
    e => {
      const v = e.readVector(1, true);
      const low = narrowFloat(e, e.lane('i64x2.extract_lane', 0, v));
      const high = narrowFloat(e, e.lane('i64x2.extract_lane', 1, v));
      e.writeVector(0, e.lane('i32x4.replace_lane', 1, e.lane('i32x4.replace_lane', 0, e.vector(0n, 0n), low), high));
    },
  ),
  row('cvtdq2ps', 'Converts four signed doublewords to floats.', { feature: 'sse2' }, [['NP 0F 5B /r', 'Vps,Wdq']], e =>
    e.writeVector(0, e.op('f32x4.convert_i32x4_s', e.readVector(1, true))),
  ),
  row('cvtps2dq', 'Converts four floats to signed doublewords.', { feature: 'sse2' }, [['66 0F 5B /r', 'Vdq,Wps']], e =>
    floatsToIntegers(e, 'nearest'),
  ),
  row(
    'cvttps2dq',
    'Converts four floats to signed doublewords, rounding toward zero.',
    { feature: 'sse2' },
    [['F3 0F 5B /r', 'Vdq,Wps']],
    e => floatsToIntegers(e, 'trunc'),
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
    e => doublesToIntegers(e, 'nearest'),
  ),
  row(
    'cvttpd2dq',
    'Converts two doubles to signed doublewords, rounding toward zero.',
    { feature: 'sse2' },
    [['66 0F E6 /r', 'Vdq,Wpd']],
    e => doublesToIntegers(e, 'trunc'),
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
