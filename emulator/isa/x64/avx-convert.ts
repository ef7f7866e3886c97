/** AVX and AVX-512 conversions between numbers of different kind or width. */
import { row } from './define.ts';
import type { Row } from './row.ts';

export const avxConvert: readonly Row[] = [
  row('vcvtsi2ss', 'Converts a signed integer to a float.', { feature: 'avx' }, [
    ['VEX.LIG.F3.0F 2A /r', 'Vdq,Hdq,Ey'],
    ['EVEX.LIG.F3.0F 2A /r', 'Vdq,Hdq,Ey{er}'],
  ]),
  row('vcvtsi2sd', 'Converts a signed integer to a double.', { feature: 'avx' }, [
    ['VEX.LIG.F2.0F 2A /r', 'Vdq,Hdq,Ey'],
    ['EVEX.LIG.F2.0F 2A /r', 'Vdq,Hdq,Ey{er}'],
  ]),
  row('vcvttss2si', 'Converts a float to a signed integer, rounding toward zero.', { feature: 'avx' }, [
    ['VEX.LIG.F3.0F 2C /r', 'Gy,Wd'],
    ['EVEX.LIG.F3.0F 2C /r', 'Gy,Wd{sae}'],
  ]),
  row('vcvttsd2si', 'Converts a double to a signed integer, rounding toward zero.', { feature: 'avx' }, [
    ['VEX.LIG.F2.0F 2C /r', 'Gy,Wq'],
    ['EVEX.LIG.F2.0F 2C /r', 'Gy,Wq{sae}'],
  ]),
  row('vcvtss2si', 'Converts a float to a signed integer.', { feature: 'avx' }, [
    ['VEX.LIG.F3.0F 2D /r', 'Gy,Wd'],
    ['EVEX.LIG.F3.0F 2D /r', 'Gy,Wd{er}'],
  ]),
  row('vcvtsd2si', 'Converts a double to a signed integer.', { feature: 'avx' }, [
    ['VEX.LIG.F2.0F 2D /r', 'Gy,Wq'],
    ['EVEX.LIG.F2.0F 2D /r', 'Gy,Wq{er}'],
  ]),
  row('vcvtps2pd', 'Converts floats to doubles.', { feature: 'avx' }, [
    ['VEX.0F.WIG 5A /r', 'Vx,Wh'],
    ['EVEX.0F.W0 5A /r', 'Vx{kz},Wh{b32}{sae}'],
  ]),
  row('vcvtpd2ps', 'Converts doubles to floats.', { feature: 'avx' }, [
    ['VEX.66.0F.WIG 5A /r', 'Vh,Wx'],
    ['EVEX.66.0F.W1 5A /r', 'Vh{kz},Wx{b64}{er}'],
  ]),
  row('vcvtss2sd', 'Converts a float to a double.', { feature: 'avx' }, [
    ['VEX.LIG.F3.0F.WIG 5A /r', 'Vdq,Hdq,Wd'],
    ['EVEX.LIG.F3.0F.W0 5A /r', 'Vdq{kz},Hdq,Wd{sae}'],
  ]),
  row('vcvtsd2ss', 'Converts a double to a float.', { feature: 'avx' }, [
    ['VEX.LIG.F2.0F.WIG 5A /r', 'Vdq,Hdq,Wq'],
    ['EVEX.LIG.F2.0F.W1 5A /r', 'Vdq{kz},Hdq,Wq{er}'],
  ]),
  row('vcvtdq2ps', 'Converts signed doublewords to floats.', { feature: 'avx' }, [
    ['VEX.0F.WIG 5B /r', 'Vx,Wx'],
    ['EVEX.0F.W0 5B /r', 'Vx{kz},Wx{b32}{er}'],
  ]),
  row('vcvtqq2ps', 'Converts signed quadwords to floats.', { feature: 'avx512' }, [
    ['EVEX.0F.W1 5B /r', 'Vh{kz},Wx{b64}{er}'],
  ]),
  row('vcvtps2dq', 'Converts floats to signed doublewords.', { feature: 'avx' }, [
    ['VEX.66.0F.WIG 5B /r', 'Vx,Wx'],
    ['EVEX.66.0F.W0 5B /r', 'Vx{kz},Wx{b32}{er}'],
  ]),
  row('vcvttps2dq', 'Converts floats to signed doublewords, rounding toward zero.', { feature: 'avx' }, [
    ['VEX.F3.0F.WIG 5B /r', 'Vx,Wx'],
    ['EVEX.F3.0F.W0 5B /r', 'Vx{kz},Wx{b32}{sae}'],
  ]),
  row('vcvttps2udq', 'Converts floats to unsigned doublewords, rounding toward zero.', { feature: 'avx512' }, [
    ['EVEX.0F.W0 78 /r', 'Vx{kz},Wx{b32}{sae}'],
  ]),
  row('vcvttpd2udq', 'Converts doubles to unsigned doublewords, rounding toward zero.', { feature: 'avx512' }, [
    ['EVEX.0F.W1 78 /r', 'Vh{kz},Wx{b64}{sae}'],
  ]),
  row('vcvttps2uqq', 'Converts floats to unsigned quadwords, rounding toward zero.', { feature: 'avx512' }, [
    ['EVEX.66.0F.W0 78 /r', 'Vx{kz},Wh{b32}{sae}'],
  ]),
  row('vcvttpd2uqq', 'Converts doubles to unsigned quadwords, rounding toward zero.', { feature: 'avx512' }, [
    ['EVEX.66.0F.W1 78 /r', 'Vx{kz},Wx{b64}{sae}'],
  ]),
  row('vcvttss2usi', 'Converts a float to an unsigned integer, rounding toward zero.', { feature: 'avx512' }, [
    ['EVEX.LIG.F3.0F 78 /r', 'Gy,Wd{sae}'],
  ]),
  row('vcvttsd2usi', 'Converts a double to an unsigned integer, rounding toward zero.', { feature: 'avx512' }, [
    ['EVEX.LIG.F2.0F 78 /r', 'Gy,Wq{sae}'],
  ]),
  row('vcvtps2udq', 'Converts floats to unsigned doublewords.', { feature: 'avx512' }, [
    ['EVEX.0F.W0 79 /r', 'Vx{kz},Wx{b32}{er}'],
  ]),
  row('vcvtpd2udq', 'Converts doubles to unsigned doublewords.', { feature: 'avx512' }, [
    ['EVEX.0F.W1 79 /r', 'Vh{kz},Wx{b64}{er}'],
  ]),
  row('vcvtps2uqq', 'Converts floats to unsigned quadwords.', { feature: 'avx512' }, [
    ['EVEX.66.0F.W0 79 /r', 'Vx{kz},Wh{b32}{er}'],
  ]),
  row('vcvtpd2uqq', 'Converts doubles to unsigned quadwords.', { feature: 'avx512' }, [
    ['EVEX.66.0F.W1 79 /r', 'Vx{kz},Wx{b64}{er}'],
  ]),
  row('vcvtss2usi', 'Converts a float to an unsigned integer.', { feature: 'avx512' }, [
    ['EVEX.LIG.F3.0F 79 /r', 'Gy,Wd{er}'],
  ]),
  row('vcvtsd2usi', 'Converts a double to an unsigned integer.', { feature: 'avx512' }, [
    ['EVEX.LIG.F2.0F 79 /r', 'Gy,Wq{er}'],
  ]),
  row('vcvttps2qq', 'Converts floats to signed quadwords, rounding toward zero.', { feature: 'avx512' }, [
    ['EVEX.66.0F.W0 7A /r', 'Vx{kz},Wh{b32}{sae}'],
  ]),
  row('vcvttpd2qq', 'Converts doubles to signed quadwords, rounding toward zero.', { feature: 'avx512' }, [
    ['EVEX.66.0F.W1 7A /r', 'Vx{kz},Wx{b64}{sae}'],
  ]),
  row('vcvtudq2pd', 'Converts unsigned doublewords to doubles.', { feature: 'avx512' }, [
    ['EVEX.F3.0F.W0 7A /r', 'Vx{kz},Wh{b32}{er}'],
  ]),
  row('vcvtuqq2pd', 'Converts unsigned quadwords to doubles.', { feature: 'avx512' }, [
    ['EVEX.F3.0F.W1 7A /r', 'Vx{kz},Wx{b64}{er}'],
  ]),
  row('vcvtudq2ps', 'Converts unsigned doublewords to floats.', { feature: 'avx512' }, [
    ['EVEX.F2.0F.W0 7A /r', 'Vx{kz},Wx{b32}{er}'],
  ]),
  row('vcvtuqq2ps', 'Converts unsigned quadwords to floats.', { feature: 'avx512' }, [
    ['EVEX.F2.0F.W1 7A /r', 'Vh{kz},Wx{b64}{er}'],
  ]),
  row('vcvtps2qq', 'Converts floats to signed quadwords.', { feature: 'avx512' }, [
    ['EVEX.66.0F.W0 7B /r', 'Vx{kz},Wh{b32}{er}'],
  ]),
  row('vcvtpd2qq', 'Converts doubles to signed quadwords.', { feature: 'avx512' }, [
    ['EVEX.66.0F.W1 7B /r', 'Vx{kz},Wx{b64}{er}'],
  ]),
  row('vcvtusi2ss', 'Converts an unsigned integer to a float.', { feature: 'avx512' }, [
    ['EVEX.LIG.F3.0F 7B /r', 'Vdq,Hdq,Ey{er}'],
  ]),
  row('vcvtusi2sd', 'Converts an unsigned integer to a double.', { feature: 'avx512' }, [
    ['EVEX.LIG.F2.0F 7B /r', 'Vdq,Hdq,Ey{er}'],
  ]),
  row('vcvttpd2dq', 'Converts doubles to signed doublewords, rounding toward zero.', { feature: 'avx' }, [
    ['VEX.66.0F.WIG E6 /r', 'Vh,Wx'],
    ['EVEX.66.0F.W1 E6 /r', 'Vh{kz},Wx{b64}{sae}'],
  ]),
  row('vcvtdq2pd', 'Converts signed doublewords to doubles.', { feature: 'avx' }, [
    ['VEX.F3.0F.WIG E6 /r', 'Vx,Wh'],
    ['EVEX.F3.0F.W0 E6 /r', 'Vx{kz},Wh{b32}{er}'],
  ]),
  row('vcvtqq2pd', 'Converts signed quadwords to doubles.', { feature: 'avx512' }, [
    ['EVEX.F3.0F.W1 E6 /r', 'Vx{kz},Wx{b64}{er}'],
  ]),
  row('vcvtpd2dq', 'Converts doubles to signed doublewords.', { feature: 'avx' }, [
    ['VEX.F2.0F.WIG E6 /r', 'Vh,Wx'],
    ['EVEX.F2.0F.W1 E6 /r', 'Vh{kz},Wx{b64}{er}'],
  ]),
  row('vpmovuswb', 'Narrows words to bytes, stopping at the unsigned limits.', { feature: 'avx512' }, [
    ['EVEX.F3.0F38.W0 10 /r', 'Wh{kz},Vx'],
  ]),
  row('vpmovusdb', 'Narrows doublewords to bytes, stopping at the unsigned limits.', { feature: 'avx512' }, [
    ['EVEX.F3.0F38.W0 11 /r', 'Wf{kz},Vx'],
  ]),
  row('vpmovusqb', 'Narrows quadwords to bytes, stopping at the unsigned limits.', { feature: 'avx512' }, [
    ['EVEX.F3.0F38.W0 12 /r', 'We{kz},Vx'],
  ]),
  row('vcvtph2ps', 'Converts half-precision floats to floats.', { feature: 'f16c' }, [
    ['VEX.66.0F38.W0 13 /r', 'Vx,Wh'],
    ['EVEX.66.0F38.W0 13 /r', 'Vx{kz},Wh{sae}'],
  ]),
  row('vpmovusdw', 'Narrows doublewords to words, stopping at the unsigned limits.', { feature: 'avx512' }, [
    ['EVEX.F3.0F38.W0 13 /r', 'Wh{kz},Vx'],
  ]),
  row('vpmovusqw', 'Narrows quadwords to words, stopping at the unsigned limits.', { feature: 'avx512' }, [
    ['EVEX.F3.0F38.W0 14 /r', 'Wf{kz},Vx'],
  ]),
  row('vpmovusqd', 'Narrows quadwords to doublewords, stopping at the unsigned limits.', { feature: 'avx512' }, [
    ['EVEX.F3.0F38.W0 15 /r', 'Wh{kz},Vx'],
  ]),
  row('vpmovsxbw', 'Sign-extends bytes to words.', { feature: 'avx' }, [
    ['VEX.66.0F38.WIG 20 /r', 'Vx,Wh'],
    ['EVEX.66.0F38.WIG 20 /r', 'Vx{kz},Wh'],
  ]),
  row('vpmovswb', 'Narrows words to bytes, stopping at the signed limits.', { feature: 'avx512' }, [
    ['EVEX.F3.0F38.W0 20 /r', 'Wh{kz},Vx'],
  ]),
  row('vpmovsxbd', 'Sign-extends bytes to doublewords.', { feature: 'avx' }, [
    ['VEX.66.0F38.WIG 21 /r', 'Vx,Wf'],
    ['EVEX.66.0F38.WIG 21 /r', 'Vx{kz},Wf'],
  ]),
  row('vpmovsdb', 'Narrows doublewords to bytes, stopping at the signed limits.', { feature: 'avx512' }, [
    ['EVEX.F3.0F38.W0 21 /r', 'Wf{kz},Vx'],
  ]),
  row('vpmovsxbq', 'Sign-extends bytes to quadwords.', { feature: 'avx' }, [
    ['VEX.66.0F38.WIG 22 /r', 'Vx,We'],
    ['EVEX.66.0F38.WIG 22 /r', 'Vx{kz},We'],
  ]),
  row('vpmovsqb', 'Narrows quadwords to bytes, stopping at the signed limits.', { feature: 'avx512' }, [
    ['EVEX.F3.0F38.W0 22 /r', 'We{kz},Vx'],
  ]),
  row('vpmovsxwd', 'Sign-extends words to doublewords.', { feature: 'avx' }, [
    ['VEX.66.0F38.WIG 23 /r', 'Vx,Wh'],
    ['EVEX.66.0F38.WIG 23 /r', 'Vx{kz},Wh'],
  ]),
  row('vpmovsdw', 'Narrows doublewords to words, stopping at the signed limits.', { feature: 'avx512' }, [
    ['EVEX.F3.0F38.W0 23 /r', 'Wh{kz},Vx'],
  ]),
  row('vpmovsxwq', 'Sign-extends words to quadwords.', { feature: 'avx' }, [
    ['VEX.66.0F38.WIG 24 /r', 'Vx,Wf'],
    ['EVEX.66.0F38.WIG 24 /r', 'Vx{kz},Wf'],
  ]),
  row('vpmovsqw', 'Narrows quadwords to words, stopping at the signed limits.', { feature: 'avx512' }, [
    ['EVEX.F3.0F38.W0 24 /r', 'Wf{kz},Vx'],
  ]),
  row('vpmovsxdq', 'Sign-extends doublewords to quadwords.', { feature: 'avx' }, [
    ['VEX.66.0F38.WIG 25 /r', 'Vx,Wh'],
    ['EVEX.66.0F38.W0 25 /r', 'Vx{kz},Wh'],
  ]),
  row('vpmovsqd', 'Narrows quadwords to doublewords, stopping at the signed limits.', { feature: 'avx512' }, [
    ['EVEX.F3.0F38.W0 25 /r', 'Wh{kz},Vx'],
  ]),
  row('vpmovzxbw', 'Zero-extends bytes to words.', { feature: 'avx' }, [
    ['VEX.66.0F38.WIG 30 /r', 'Vx,Wh'],
    ['EVEX.66.0F38.WIG 30 /r', 'Vx{kz},Wh'],
  ]),
  row('vpmovwb', 'Narrows words to bytes, dropping the upper bits.', { feature: 'avx512' }, [
    ['EVEX.F3.0F38.W0 30 /r', 'Wh{kz},Vx'],
  ]),
  row('vpmovzxbd', 'Zero-extends bytes to doublewords.', { feature: 'avx' }, [
    ['VEX.66.0F38.WIG 31 /r', 'Vx,Wf'],
    ['EVEX.66.0F38.WIG 31 /r', 'Vx{kz},Wf'],
  ]),
  row('vpmovdb', 'Narrows doublewords to bytes, dropping the upper bits.', { feature: 'avx512' }, [
    ['EVEX.F3.0F38.W0 31 /r', 'Wf{kz},Vx'],
  ]),
  row('vpmovzxbq', 'Zero-extends bytes to quadwords.', { feature: 'avx' }, [
    ['VEX.66.0F38.WIG 32 /r', 'Vx,We'],
    ['EVEX.66.0F38.WIG 32 /r', 'Vx{kz},We'],
  ]),
  row('vpmovqb', 'Narrows quadwords to bytes, dropping the upper bits.', { feature: 'avx512' }, [
    ['EVEX.F3.0F38.W0 32 /r', 'We{kz},Vx'],
  ]),
  row('vpmovzxwd', 'Zero-extends words to doublewords.', { feature: 'avx' }, [
    ['VEX.66.0F38.WIG 33 /r', 'Vx,Wh'],
    ['EVEX.66.0F38.WIG 33 /r', 'Vx{kz},Wh'],
  ]),
  row('vpmovdw', 'Narrows doublewords to words, dropping the upper bits.', { feature: 'avx512' }, [
    ['EVEX.F3.0F38.W0 33 /r', 'Wh{kz},Vx'],
  ]),
  row('vpmovzxwq', 'Zero-extends words to quadwords.', { feature: 'avx' }, [
    ['VEX.66.0F38.WIG 34 /r', 'Vx,Wf'],
    ['EVEX.66.0F38.WIG 34 /r', 'Vx{kz},Wf'],
  ]),
  row('vpmovqw', 'Narrows quadwords to words, dropping the upper bits.', { feature: 'avx512' }, [
    ['EVEX.F3.0F38.W0 34 /r', 'Wf{kz},Vx'],
  ]),
  row('vpmovzxdq', 'Zero-extends doublewords to quadwords.', { feature: 'avx' }, [
    ['VEX.66.0F38.WIG 35 /r', 'Vx,Wh'],
    ['EVEX.66.0F38.W0 35 /r', 'Vx{kz},Wh'],
  ]),
  row('vpmovqd', 'Narrows quadwords to doublewords, dropping the upper bits.', { feature: 'avx512' }, [
    ['EVEX.F3.0F38.W0 35 /r', 'Wh{kz},Vx'],
  ]),
  row('vcvtps2ph', 'Converts floats to half-precision floats.', { feature: 'f16c' }, [
    ['VEX.66.0F3A.W0 1D /r ib', 'Wh,Vx,Ib'],
    ['EVEX.66.0F3A.W0 1D /r ib', 'Wh{kz},Vx{sae},Ib'],
  ]),
];
