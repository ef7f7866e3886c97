/** Conversions between integers and floats of two widths. `cvtt…` truncates; the others round as MXCSR says. */
import { row } from './define.ts';
import type { Row } from './row.ts';

export const sseConvert: readonly Row[] = [
  row('cvtsi2ss', 'Converts a signed integer to a float.', { feature: 'sse' }, [['F3 0F 2A /r', 'Vss,Ey']]),
  row('cvtsi2sd', 'Converts a signed integer to a double.', { feature: 'sse2' }, [['F2 0F 2A /r', 'Vsd,Ey']]),
  row('cvttss2si', 'Converts a float to a signed integer, rounding toward zero.', { feature: 'sse' }, [
    ['F3 0F 2C /r', 'Gy,Wss'],
  ]),
  row('cvttsd2si', 'Converts a double to a signed integer, rounding toward zero.', { feature: 'sse2' }, [
    ['F2 0F 2C /r', 'Gy,Wsd'],
  ]),
  row('cvtss2si', 'Converts a float to a signed integer.', { feature: 'sse' }, [['F3 0F 2D /r', 'Gy,Wss']]),
  row('cvtsd2si', 'Converts a double to a signed integer.', { feature: 'sse2' }, [['F2 0F 2D /r', 'Gy,Wsd']]),
  row('cvtss2sd', 'Converts a float to a double.', { feature: 'sse2' }, [['F3 0F 5A /r', 'Vsd,Wss']]),
  row('cvtsd2ss', 'Converts a double to a float.', { feature: 'sse2' }, [['F2 0F 5A /r', 'Vss,Wsd']]),
  row('cvtps2pd', 'Converts two floats to doubles.', { feature: 'sse2' }, [['NP 0F 5A /r', 'Vpd,Wq']]),
  row('cvtpd2ps', 'Converts two doubles to floats; the upper half becomes zero.', { feature: 'sse2' }, [
    ['66 0F 5A /r', 'Vps,Wpd'],
  ]),
  row('cvtdq2ps', 'Converts four signed doublewords to floats.', { feature: 'sse2' }, [['NP 0F 5B /r', 'Vps,Wdq']]),
  row('cvtps2dq', 'Converts four floats to signed doublewords.', { feature: 'sse2' }, [['66 0F 5B /r', 'Vdq,Wps']]),
  row('cvttps2dq', 'Converts four floats to signed doublewords, rounding toward zero.', { feature: 'sse2' }, [
    ['F3 0F 5B /r', 'Vdq,Wps'],
  ]),
  row('cvtdq2pd', 'Converts two signed doublewords to doubles.', { feature: 'sse2' }, [['F3 0F E6 /r', 'Vpd,Wq']]),
  row('cvtpd2dq', 'Converts two doubles to signed doublewords; the upper half becomes zero.', { feature: 'sse2' }, [
    ['F2 0F E6 /r', 'Vdq,Wpd'],
  ]),
  row('cvttpd2dq', 'Converts two doubles to signed doublewords, rounding toward zero.', { feature: 'sse2' }, [
    ['66 0F E6 /r', 'Vdq,Wpd'],
  ]),
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
