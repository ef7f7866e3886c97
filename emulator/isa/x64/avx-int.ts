/** AVX, AVX2 and AVX-512 integer vectors: arithmetic, comparison, logic, shifts. */
import { row } from './define.ts';
import type { Row } from './row.ts';

export const avxInt: readonly Row[] = [
  row(
    'vpcmpgtb',
    'Compares signed bytes for greater; the result is all ones or all zeros, or a mask bit.',
    { feature: 'avx' },
    [
      ['VEX.66.0F.WIG 64 /r', 'Vx,Hx,Wx'],
      ['EVEX.66.0F.WIG 64 /r', 'KG{k},Hx,Wx'],
    ],
  ),
  row(
    'vpcmpgtw',
    'Compares signed words for greater; the result is all ones or all zeros, or a mask bit.',
    { feature: 'avx' },
    [
      ['VEX.66.0F.WIG 65 /r', 'Vx,Hx,Wx'],
      ['EVEX.66.0F.WIG 65 /r', 'KG{k},Hx,Wx'],
    ],
  ),
  row(
    'vpcmpgtd',
    'Compares signed doublewords for greater; the result is all ones or all zeros, or a mask bit.',
    { feature: 'avx' },
    [
      ['VEX.66.0F.WIG 66 /r', 'Vx,Hx,Wx'],
      ['EVEX.66.0F.W0 66 /r', 'KG{k},Hx,Wx{b32}'],
    ],
  ),
  row('vpsrlw', 'Shifts words right and fills with zeros.', { feature: 'avx' }, [
    ['VEX.66.0F.WIG 71 /2 ib', 'Hx,Ux,Ib'],
    ['EVEX.66.0F.WIG 71 /2 ib', 'Hx{kz},Wx,Ib'],
    ['VEX.66.0F.WIG D1 /r', 'Vx,Hx,Wdq'],
    ['EVEX.66.0F.WIG D1 /r', 'Vx{kz},Hx,Wdq'],
  ]),
  row('vpsraw', 'Shifts words right and fills with the sign.', { feature: 'avx' }, [
    ['VEX.66.0F.WIG 71 /4 ib', 'Hx,Ux,Ib'],
    ['EVEX.66.0F.WIG 71 /4 ib', 'Hx{kz},Wx,Ib'],
    ['VEX.66.0F.WIG E1 /r', 'Vx,Hx,Wdq'],
    ['EVEX.66.0F.WIG E1 /r', 'Vx{kz},Hx,Wdq'],
  ]),
  row('vpsllw', 'Shifts words left.', { feature: 'avx' }, [
    ['VEX.66.0F.WIG 71 /6 ib', 'Hx,Ux,Ib'],
    ['EVEX.66.0F.WIG 71 /6 ib', 'Hx{kz},Wx,Ib'],
    ['VEX.66.0F.WIG F1 /r', 'Vx,Hx,Wdq'],
    ['EVEX.66.0F.WIG F1 /r', 'Vx{kz},Hx,Wdq'],
  ]),
  row('vprord', 'Rotates doublewords right.', { feature: 'avx512' }, [['EVEX.66.0F.W0 72 /0 ib', 'Hx{kz},Wx{b32},Ib']]),
  row('vprorq', 'Rotates quadwords right.', { feature: 'avx512' }, [['EVEX.66.0F.W1 72 /0 ib', 'Hx{kz},Wx{b64},Ib']]),
  row('vprold', 'Rotates doublewords left.', { feature: 'avx512' }, [['EVEX.66.0F.W0 72 /1 ib', 'Hx{kz},Wx{b32},Ib']]),
  row('vprolq', 'Rotates quadwords left.', { feature: 'avx512' }, [['EVEX.66.0F.W1 72 /1 ib', 'Hx{kz},Wx{b64},Ib']]),
  row('vpsrld', 'Shifts doublewords right and fills with zeros.', { feature: 'avx' }, [
    ['VEX.66.0F.WIG 72 /2 ib', 'Hx,Ux,Ib'],
    ['EVEX.66.0F.W0 72 /2 ib', 'Hx{kz},Wx{b32},Ib'],
    ['VEX.66.0F.WIG D2 /r', 'Vx,Hx,Wdq'],
    ['EVEX.66.0F.W0 D2 /r', 'Vx{kz},Hx,Wdq'],
  ]),
  row('vpsrad', 'Shifts doublewords right and fills with the sign.', { feature: 'avx' }, [
    ['VEX.66.0F.WIG 72 /4 ib', 'Hx,Ux,Ib'],
    ['EVEX.66.0F.W0 72 /4 ib', 'Hx{kz},Wx{b32},Ib'],
    ['VEX.66.0F.WIG E2 /r', 'Vx,Hx,Wdq'],
    ['EVEX.66.0F.W0 E2 /r', 'Vx{kz},Hx,Wdq'],
  ]),
  row('vpsraq', 'Shifts quadwords right and fills with the sign.', { feature: 'avx512' }, [
    ['EVEX.66.0F.W1 72 /4 ib', 'Hx{kz},Wx{b64},Ib'],
    ['EVEX.66.0F.W1 E2 /r', 'Vx{kz},Hx,Wdq'],
  ]),
  row('vpslld', 'Shifts doublewords left.', { feature: 'avx' }, [
    ['VEX.66.0F.WIG 72 /6 ib', 'Hx,Ux,Ib'],
    ['EVEX.66.0F.W0 72 /6 ib', 'Hx{kz},Wx{b32},Ib'],
    ['VEX.66.0F.WIG F2 /r', 'Vx,Hx,Wdq'],
    ['EVEX.66.0F.W0 F2 /r', 'Vx{kz},Hx,Wdq'],
  ]),
  row('vpsrlq', 'Shifts quadwords right and fills with zeros.', { feature: 'avx' }, [
    ['VEX.66.0F.WIG 73 /2 ib', 'Hx,Ux,Ib'],
    ['EVEX.66.0F.W1 73 /2 ib', 'Hx{kz},Wx{b64},Ib'],
    ['VEX.66.0F.WIG D3 /r', 'Vx,Hx,Wdq'],
    ['EVEX.66.0F.W1 D3 /r', 'Vx{kz},Hx,Wdq'],
  ]),
  row('vpsrldq', 'Shifts each 16 bytes right by bytes.', { feature: 'avx' }, [
    ['VEX.66.0F.WIG 73 /3 ib', 'Hx,Ux,Ib'],
    ['EVEX.66.0F.WIG 73 /3 ib', 'Hx,Wx,Ib'],
  ]),
  row('vpsllq', 'Shifts quadwords left.', { feature: 'avx' }, [
    ['VEX.66.0F.WIG 73 /6 ib', 'Hx,Ux,Ib'],
    ['EVEX.66.0F.W1 73 /6 ib', 'Hx{kz},Wx{b64},Ib'],
    ['VEX.66.0F.WIG F3 /r', 'Vx,Hx,Wdq'],
    ['EVEX.66.0F.W1 F3 /r', 'Vx{kz},Hx,Wdq'],
  ]),
  row('vpslldq', 'Shifts each 16 bytes left by bytes.', { feature: 'avx' }, [
    ['VEX.66.0F.WIG 73 /7 ib', 'Hx,Ux,Ib'],
    ['EVEX.66.0F.WIG 73 /7 ib', 'Hx,Wx,Ib'],
  ]),
  row(
    'vpcmpeqb',
    'Compares bytes for equality; the result is all ones or all zeros, or a mask bit.',
    { feature: 'avx' },
    [
      ['VEX.66.0F.WIG 74 /r', 'Vx,Hx,Wx'],
      ['EVEX.66.0F.WIG 74 /r', 'KG{k},Hx,Wx'],
    ],
  ),
  row(
    'vpcmpeqw',
    'Compares words for equality; the result is all ones or all zeros, or a mask bit.',
    { feature: 'avx' },
    [
      ['VEX.66.0F.WIG 75 /r', 'Vx,Hx,Wx'],
      ['EVEX.66.0F.WIG 75 /r', 'KG{k},Hx,Wx'],
    ],
  ),
  row(
    'vpcmpeqd',
    'Compares doublewords for equality; the result is all ones or all zeros, or a mask bit.',
    { feature: 'avx' },
    [
      ['VEX.66.0F.WIG 76 /r', 'Vx,Hx,Wx'],
      ['EVEX.66.0F.W0 76 /r', 'KG{k},Hx,Wx{b32}'],
    ],
  ),
  row('vpaddq', 'Adds quadwords.', { feature: 'avx' }, [
    ['VEX.66.0F.WIG D4 /r', 'Vx,Hx,Wx'],
    ['EVEX.66.0F.W1 D4 /r', 'Vx{kz},Hx,Wx{b64}'],
  ]),
  row('vpmullw', 'Multiplies words and keeps the low halves.', { feature: 'avx' }, [
    ['VEX.66.0F.WIG D5 /r', 'Vx,Hx,Wx'],
    ['EVEX.66.0F.WIG D5 /r', 'Vx{kz},Hx,Wx'],
  ]),
  row('vpsubusb', 'Subtracts unsigned bytes and stops at 0.', { feature: 'avx' }, [
    ['VEX.66.0F.WIG D8 /r', 'Vx,Hx,Wx'],
    ['EVEX.66.0F.WIG D8 /r', 'Vx{kz},Hx,Wx'],
  ]),
  row('vpsubusw', 'Subtracts unsigned words and stops at 0.', { feature: 'avx' }, [
    ['VEX.66.0F.WIG D9 /r', 'Vx,Hx,Wx'],
    ['EVEX.66.0F.WIG D9 /r', 'Vx{kz},Hx,Wx'],
  ]),
  row('vpminub', 'Keeps the smaller unsigned bytes.', { feature: 'avx' }, [
    ['VEX.66.0F.WIG DA /r', 'Vx,Hx,Wx'],
    ['EVEX.66.0F.WIG DA /r', 'Vx{kz},Hx,Wx'],
  ]),
  row('vpand', 'Keeps the bits set in both.', { feature: 'avx' }, [['VEX.66.0F.WIG DB /r', 'Vx,Hx,Wx']]),
  row('vpandd', 'Keeps the bits set in both, by doublewords.', { feature: 'avx512' }, [
    ['EVEX.66.0F.W0 DB /r', 'Vx{kz},Hx,Wx{b32}'],
  ]),
  row('vpandq', 'Keeps the bits set in both, by quadwords.', { feature: 'avx512' }, [
    ['EVEX.66.0F.W1 DB /r', 'Vx{kz},Hx,Wx{b64}'],
  ]),
  row('vpaddusb', 'Adds unsigned bytes and stops at 255.', { feature: 'avx' }, [
    ['VEX.66.0F.WIG DC /r', 'Vx,Hx,Wx'],
    ['EVEX.66.0F.WIG DC /r', 'Vx{kz},Hx,Wx'],
  ]),
  row('vpaddusw', 'Adds unsigned words and stops at 65535.', { feature: 'avx' }, [
    ['VEX.66.0F.WIG DD /r', 'Vx,Hx,Wx'],
    ['EVEX.66.0F.WIG DD /r', 'Vx{kz},Hx,Wx'],
  ]),
  row('vpmaxub', 'Keeps the larger unsigned bytes.', { feature: 'avx' }, [
    ['VEX.66.0F.WIG DE /r', 'Vx,Hx,Wx'],
    ['EVEX.66.0F.WIG DE /r', 'Vx{kz},Hx,Wx'],
  ]),
  row('vpandn', 'Keeps the bits of the second source that the first does not have.', { feature: 'avx' }, [
    ['VEX.66.0F.WIG DF /r', 'Vx,Hx,Wx'],
  ]),
  row(
    'vpandnd',
    'Keeps the bits of the second source that the first does not have, by doublewords.',
    { feature: 'avx512' },
    [['EVEX.66.0F.W0 DF /r', 'Vx{kz},Hx,Wx{b32}']],
  ),
  row(
    'vpandnq',
    'Keeps the bits of the second source that the first does not have, by quadwords.',
    { feature: 'avx512' },
    [['EVEX.66.0F.W1 DF /r', 'Vx{kz},Hx,Wx{b64}']],
  ),
  row('vpavgb', 'Averages unsigned bytes, rounding up.', { feature: 'avx' }, [
    ['VEX.66.0F.WIG E0 /r', 'Vx,Hx,Wx'],
    ['EVEX.66.0F.WIG E0 /r', 'Vx{kz},Hx,Wx'],
  ]),
  row('vpavgw', 'Averages unsigned words, rounding up.', { feature: 'avx' }, [
    ['VEX.66.0F.WIG E3 /r', 'Vx,Hx,Wx'],
    ['EVEX.66.0F.WIG E3 /r', 'Vx{kz},Hx,Wx'],
  ]),
  row('vpmulhuw', 'Multiplies unsigned words and keeps the high halves.', { feature: 'avx' }, [
    ['VEX.66.0F.WIG E4 /r', 'Vx,Hx,Wx'],
    ['EVEX.66.0F.WIG E4 /r', 'Vx{kz},Hx,Wx'],
  ]),
  row('vpmulhw', 'Multiplies signed words and keeps the high halves.', { feature: 'avx' }, [
    ['VEX.66.0F.WIG E5 /r', 'Vx,Hx,Wx'],
    ['EVEX.66.0F.WIG E5 /r', 'Vx{kz},Hx,Wx'],
  ]),
  row('vpsubsb', 'Subtracts signed bytes and stops at the limits.', { feature: 'avx' }, [
    ['VEX.66.0F.WIG E8 /r', 'Vx,Hx,Wx'],
    ['EVEX.66.0F.WIG E8 /r', 'Vx{kz},Hx,Wx'],
  ]),
  row('vpsubsw', 'Subtracts signed words and stops at the limits.', { feature: 'avx' }, [
    ['VEX.66.0F.WIG E9 /r', 'Vx,Hx,Wx'],
    ['EVEX.66.0F.WIG E9 /r', 'Vx{kz},Hx,Wx'],
  ]),
  row('vpminsw', 'Keeps the smaller signed words.', { feature: 'avx' }, [
    ['VEX.66.0F.WIG EA /r', 'Vx,Hx,Wx'],
    ['EVEX.66.0F.WIG EA /r', 'Vx{kz},Hx,Wx'],
  ]),
  row('vpor', 'Sets the bits set in either.', { feature: 'avx' }, [['VEX.66.0F.WIG EB /r', 'Vx,Hx,Wx']]),
  row('vpord', 'Sets the bits set in either, by doublewords.', { feature: 'avx512' }, [
    ['EVEX.66.0F.W0 EB /r', 'Vx{kz},Hx,Wx{b32}'],
  ]),
  row('vporq', 'Sets the bits set in either, by quadwords.', { feature: 'avx512' }, [
    ['EVEX.66.0F.W1 EB /r', 'Vx{kz},Hx,Wx{b64}'],
  ]),
  row('vpaddsb', 'Adds signed bytes and stops at the limits.', { feature: 'avx' }, [
    ['VEX.66.0F.WIG EC /r', 'Vx,Hx,Wx'],
    ['EVEX.66.0F.WIG EC /r', 'Vx{kz},Hx,Wx'],
  ]),
  row('vpaddsw', 'Adds signed words and stops at the limits.', { feature: 'avx' }, [
    ['VEX.66.0F.WIG ED /r', 'Vx,Hx,Wx'],
    ['EVEX.66.0F.WIG ED /r', 'Vx{kz},Hx,Wx'],
  ]),
  row('vpmaxsw', 'Keeps the larger signed words.', { feature: 'avx' }, [
    ['VEX.66.0F.WIG EE /r', 'Vx,Hx,Wx'],
    ['EVEX.66.0F.WIG EE /r', 'Vx{kz},Hx,Wx'],
  ]),
  row('vpxor', 'Sets the bits that differ; of a register with itself, makes zero.', { feature: 'avx' }, [
    ['VEX.66.0F.WIG EF /r', 'Vx,Hx,Wx'],
  ]),
  row('vpxord', 'Sets the bits that differ, by doublewords.', { feature: 'avx512' }, [
    ['EVEX.66.0F.W0 EF /r', 'Vx{kz},Hx,Wx{b32}'],
  ]),
  row('vpxorq', 'Sets the bits that differ, by quadwords.', { feature: 'avx512' }, [
    ['EVEX.66.0F.W1 EF /r', 'Vx{kz},Hx,Wx{b64}'],
  ]),
  row('vpmuludq', 'Multiplies every second unsigned doubleword to a quadword.', { feature: 'avx' }, [
    ['VEX.66.0F.WIG F4 /r', 'Vx,Hx,Wx'],
    ['EVEX.66.0F.W1 F4 /r', 'Vx{kz},Hx,Wx{b64}'],
  ]),
  row('vpmaddwd', 'Multiplies signed words and adds neighbouring products.', { feature: 'avx' }, [
    ['VEX.66.0F.WIG F5 /r', 'Vx,Hx,Wx'],
    ['EVEX.66.0F.WIG F5 /r', 'Vx{kz},Hx,Wx'],
  ]),
  row('vpsadbw', 'Sums the absolute differences of unsigned bytes, in each quadword.', { feature: 'avx' }, [
    ['VEX.66.0F.WIG F6 /r', 'Vx,Hx,Wx'],
    ['EVEX.66.0F.WIG F6 /r', 'Vx,Hx,Wx'],
  ]),
  row('vpsubb', 'Subtracts bytes.', { feature: 'avx' }, [
    ['VEX.66.0F.WIG F8 /r', 'Vx,Hx,Wx'],
    ['EVEX.66.0F.WIG F8 /r', 'Vx{kz},Hx,Wx'],
  ]),
  row('vpsubw', 'Subtracts words.', { feature: 'avx' }, [
    ['VEX.66.0F.WIG F9 /r', 'Vx,Hx,Wx'],
    ['EVEX.66.0F.WIG F9 /r', 'Vx{kz},Hx,Wx'],
  ]),
  row('vpsubd', 'Subtracts doublewords.', { feature: 'avx' }, [
    ['VEX.66.0F.WIG FA /r', 'Vx,Hx,Wx'],
    ['EVEX.66.0F.W0 FA /r', 'Vx{kz},Hx,Wx{b32}'],
  ]),
  row('vpsubq', 'Subtracts quadwords.', { feature: 'avx' }, [
    ['VEX.66.0F.WIG FB /r', 'Vx,Hx,Wx'],
    ['EVEX.66.0F.W1 FB /r', 'Vx{kz},Hx,Wx{b64}'],
  ]),
  row('vpaddb', 'Adds bytes.', { feature: 'avx' }, [
    ['VEX.66.0F.WIG FC /r', 'Vx,Hx,Wx'],
    ['EVEX.66.0F.WIG FC /r', 'Vx{kz},Hx,Wx'],
  ]),
  row('vpaddw', 'Adds words.', { feature: 'avx' }, [
    ['VEX.66.0F.WIG FD /r', 'Vx,Hx,Wx'],
    ['EVEX.66.0F.WIG FD /r', 'Vx{kz},Hx,Wx'],
  ]),
  row('vpaddd', 'Adds doublewords.', { feature: 'avx' }, [
    ['VEX.66.0F.WIG FE /r', 'Vx,Hx,Wx'],
    ['EVEX.66.0F.W0 FE /r', 'Vx{kz},Hx,Wx{b32}'],
  ]),
  row('vphaddw', 'Adds neighbouring words of both sources.', { feature: 'avx' }, [
    ['VEX.66.0F38.WIG 01 /r', 'Vx,Hx,Wx'],
  ]),
  row('vphaddd', 'Adds neighbouring doublewords of both sources.', { feature: 'avx' }, [
    ['VEX.66.0F38.WIG 02 /r', 'Vx,Hx,Wx'],
  ]),
  row('vphaddsw', 'Adds neighbouring signed words of both sources and stops at the limits.', { feature: 'avx' }, [
    ['VEX.66.0F38.WIG 03 /r', 'Vx,Hx,Wx'],
  ]),
  row(
    'vpmaddubsw',
    'Multiplies unsigned by signed bytes and adds neighbouring products, stopping at the limits.',
    { feature: 'avx' },
    [
      ['VEX.66.0F38.WIG 04 /r', 'Vx,Hx,Wx'],
      ['EVEX.66.0F38.WIG 04 /r', 'Vx{kz},Hx,Wx'],
    ],
  ),
  row('vphsubw', 'Subtracts neighbouring words of both sources.', { feature: 'avx' }, [
    ['VEX.66.0F38.WIG 05 /r', 'Vx,Hx,Wx'],
  ]),
  row('vphsubd', 'Subtracts neighbouring doublewords of both sources.', { feature: 'avx' }, [
    ['VEX.66.0F38.WIG 06 /r', 'Vx,Hx,Wx'],
  ]),
  row('vphsubsw', 'Subtracts neighbouring signed words of both sources and stops at the limits.', { feature: 'avx' }, [
    ['VEX.66.0F38.WIG 07 /r', 'Vx,Hx,Wx'],
  ]),
  row('vpsignb', 'Negates, zeroes or keeps bytes by the sign of the second source.', { feature: 'avx' }, [
    ['VEX.66.0F38.WIG 08 /r', 'Vx,Hx,Wx'],
  ]),
  row('vpsignw', 'Negates, zeroes or keeps words by the sign of the second source.', { feature: 'avx' }, [
    ['VEX.66.0F38.WIG 09 /r', 'Vx,Hx,Wx'],
  ]),
  row('vpsignd', 'Negates, zeroes or keeps doublewords by the sign of the second source.', { feature: 'avx' }, [
    ['VEX.66.0F38.WIG 0A /r', 'Vx,Hx,Wx'],
  ]),
  row('vpmulhrsw', 'Multiplies signed words as fractions, rounding.', { feature: 'avx' }, [
    ['VEX.66.0F38.WIG 0B /r', 'Vx,Hx,Wx'],
    ['EVEX.66.0F38.WIG 0B /r', 'Vx{kz},Hx,Wx'],
  ]),
  row('vpsrlvw', 'Shifts words right and fills with zeros, each by its own count.', { feature: 'avx512' }, [
    ['EVEX.66.0F38.W1 10 /r', 'Vx{kz},Hx,Wx'],
  ]),
  row('vpsravw', 'Shifts words right and fills with the sign, each by its own count.', { feature: 'avx512' }, [
    ['EVEX.66.0F38.W1 11 /r', 'Vx{kz},Hx,Wx'],
  ]),
  row('vpsllvw', 'Shifts words left, each by its own count.', { feature: 'avx512' }, [
    ['EVEX.66.0F38.W1 12 /r', 'Vx{kz},Hx,Wx'],
  ]),
  row('vprorvd', 'Rotates doublewords right, each by its own count.', { feature: 'avx512' }, [
    ['EVEX.66.0F38.W0 14 /r', 'Vx{kz},Hx,Wx{b32}'],
  ]),
  row('vprorvq', 'Rotates quadwords right, each by its own count.', { feature: 'avx512' }, [
    ['EVEX.66.0F38.W1 14 /r', 'Vx{kz},Hx,Wx{b64}'],
  ]),
  row('vprolvd', 'Rotates doublewords left, each by its own count.', { feature: 'avx512' }, [
    ['EVEX.66.0F38.W0 15 /r', 'Vx{kz},Hx,Wx{b32}'],
  ]),
  row('vprolvq', 'Rotates quadwords left, each by its own count.', { feature: 'avx512' }, [
    ['EVEX.66.0F38.W1 15 /r', 'Vx{kz},Hx,Wx{b64}'],
  ]),
  row(
    'vptest',
    'Sets ZF if the AND of both is zero, CF if the second has no bit that the first lacks.',
    { feature: 'avx', writes: 'oszapc' },
    [['VEX.66.0F38.WIG 17 /r', 'Vx,Wx']],
  ),
  row('vpabsb', 'Takes the absolute value of bytes.', { feature: 'avx' }, [
    ['VEX.66.0F38.WIG 1C /r', 'Vx,Wx'],
    ['EVEX.66.0F38.WIG 1C /r', 'Vx{kz},Wx'],
  ]),
  row('vpabsw', 'Takes the absolute value of words.', { feature: 'avx' }, [
    ['VEX.66.0F38.WIG 1D /r', 'Vx,Wx'],
    ['EVEX.66.0F38.WIG 1D /r', 'Vx{kz},Wx'],
  ]),
  row('vpabsd', 'Takes the absolute value of doublewords.', { feature: 'avx' }, [
    ['VEX.66.0F38.WIG 1E /r', 'Vx,Wx'],
    ['EVEX.66.0F38.W0 1E /r', 'Vx{kz},Wx{b32}'],
  ]),
  row('vpabsq', 'Takes the absolute value of quadwords.', { feature: 'avx512' }, [
    ['EVEX.66.0F38.W1 1F /r', 'Vx{kz},Wx{b64}'],
  ]),
  row('vptestmb', 'Sets a mask bit where the AND of two bytes is not zero.', { feature: 'avx512' }, [
    ['EVEX.66.0F38.W0 26 /r', 'KG{k},Hx,Wx'],
  ]),
  row('vptestmw', 'Sets a mask bit where the AND of two words is not zero.', { feature: 'avx512' }, [
    ['EVEX.66.0F38.W1 26 /r', 'KG{k},Hx,Wx'],
  ]),
  row('vptestnmb', 'Sets a mask bit where the AND of two bytes is zero.', { feature: 'avx512' }, [
    ['EVEX.F3.0F38.W0 26 /r', 'KG{k},Hx,Wx'],
  ]),
  row('vptestnmw', 'Sets a mask bit where the AND of two words is zero.', { feature: 'avx512' }, [
    ['EVEX.F3.0F38.W1 26 /r', 'KG{k},Hx,Wx'],
  ]),
  row('vptestmd', 'Sets a mask bit where the AND of two doublewords is not zero.', { feature: 'avx512' }, [
    ['EVEX.66.0F38.W0 27 /r', 'KG{k},Hx,Wx{b32}'],
  ]),
  row('vptestmq', 'Sets a mask bit where the AND of two quadwords is not zero.', { feature: 'avx512' }, [
    ['EVEX.66.0F38.W1 27 /r', 'KG{k},Hx,Wx{b64}'],
  ]),
  row('vptestnmd', 'Sets a mask bit where the AND of two doublewords is zero.', { feature: 'avx512' }, [
    ['EVEX.F3.0F38.W0 27 /r', 'KG{k},Hx,Wx{b32}'],
  ]),
  row('vptestnmq', 'Sets a mask bit where the AND of two quadwords is zero.', { feature: 'avx512' }, [
    ['EVEX.F3.0F38.W1 27 /r', 'KG{k},Hx,Wx{b64}'],
  ]),
  row('vpmuldq', 'Multiplies every second signed doubleword to a quadword.', { feature: 'avx' }, [
    ['VEX.66.0F38.WIG 28 /r', 'Vx,Hx,Wx'],
    ['EVEX.66.0F38.W1 28 /r', 'Vx{kz},Hx,Wx{b64}'],
  ]),
  row(
    'vpcmpeqq',
    'Compares quadwords for equality; the result is all ones or all zeros, or a mask bit.',
    { feature: 'avx' },
    [
      ['VEX.66.0F38.WIG 29 /r', 'Vx,Hx,Wx'],
      ['EVEX.66.0F38.W1 29 /r', 'KG{k},Hx,Wx{b64}'],
    ],
  ),
  row(
    'vpcmpgtq',
    'Compares signed quadwords for greater; the result is all ones or all zeros, or a mask bit.',
    { feature: 'avx' },
    [
      ['VEX.66.0F38.WIG 37 /r', 'Vx,Hx,Wx'],
      ['EVEX.66.0F38.W1 37 /r', 'KG{k},Hx,Wx{b64}'],
    ],
  ),
  row('vpminsb', 'Keeps the smaller signed bytes.', { feature: 'avx' }, [
    ['VEX.66.0F38.WIG 38 /r', 'Vx,Hx,Wx'],
    ['EVEX.66.0F38.WIG 38 /r', 'Vx{kz},Hx,Wx'],
  ]),
  row('vpminsd', 'Keeps the smaller signed doublewords.', { feature: 'avx' }, [
    ['VEX.66.0F38.WIG 39 /r', 'Vx,Hx,Wx'],
    ['EVEX.66.0F38.W0 39 /r', 'Vx{kz},Hx,Wx{b32}'],
  ]),
  row('vpminsq', 'Keeps the smaller signed quadwords.', { feature: 'avx512' }, [
    ['EVEX.66.0F38.W1 39 /r', 'Vx{kz},Hx,Wx{b64}'],
  ]),
  row('vpminuw', 'Keeps the smaller unsigned words.', { feature: 'avx' }, [
    ['VEX.66.0F38.WIG 3A /r', 'Vx,Hx,Wx'],
    ['EVEX.66.0F38.WIG 3A /r', 'Vx{kz},Hx,Wx'],
  ]),
  row('vpminud', 'Keeps the smaller unsigned doublewords.', { feature: 'avx' }, [
    ['VEX.66.0F38.WIG 3B /r', 'Vx,Hx,Wx'],
    ['EVEX.66.0F38.W0 3B /r', 'Vx{kz},Hx,Wx{b32}'],
  ]),
  row('vpminuq', 'Keeps the smaller unsigned quadwords.', { feature: 'avx512' }, [
    ['EVEX.66.0F38.W1 3B /r', 'Vx{kz},Hx,Wx{b64}'],
  ]),
  row('vpmaxsb', 'Keeps the larger signed bytes.', { feature: 'avx' }, [
    ['VEX.66.0F38.WIG 3C /r', 'Vx,Hx,Wx'],
    ['EVEX.66.0F38.WIG 3C /r', 'Vx{kz},Hx,Wx'],
  ]),
  row('vpmaxsd', 'Keeps the larger signed doublewords.', { feature: 'avx' }, [
    ['VEX.66.0F38.WIG 3D /r', 'Vx,Hx,Wx'],
    ['EVEX.66.0F38.W0 3D /r', 'Vx{kz},Hx,Wx{b32}'],
  ]),
  row('vpmaxsq', 'Keeps the larger signed quadwords.', { feature: 'avx512' }, [
    ['EVEX.66.0F38.W1 3D /r', 'Vx{kz},Hx,Wx{b64}'],
  ]),
  row('vpmaxuw', 'Keeps the larger unsigned words.', { feature: 'avx' }, [
    ['VEX.66.0F38.WIG 3E /r', 'Vx,Hx,Wx'],
    ['EVEX.66.0F38.WIG 3E /r', 'Vx{kz},Hx,Wx'],
  ]),
  row('vpmaxud', 'Keeps the larger unsigned doublewords.', { feature: 'avx' }, [
    ['VEX.66.0F38.WIG 3F /r', 'Vx,Hx,Wx'],
    ['EVEX.66.0F38.W0 3F /r', 'Vx{kz},Hx,Wx{b32}'],
  ]),
  row('vpmaxuq', 'Keeps the larger unsigned quadwords.', { feature: 'avx512' }, [
    ['EVEX.66.0F38.W1 3F /r', 'Vx{kz},Hx,Wx{b64}'],
  ]),
  row('vpmulld', 'Multiplies doublewords and keeps the low halves.', { feature: 'avx' }, [
    ['VEX.66.0F38.WIG 40 /r', 'Vx,Hx,Wx'],
    ['EVEX.66.0F38.W0 40 /r', 'Vx{kz},Hx,Wx{b32}'],
  ]),
  row('vpmullq', 'Multiplies quadwords and keeps the low halves.', { feature: 'avx512' }, [
    ['EVEX.66.0F38.W1 40 /r', 'Vx{kz},Hx,Wx{b64}'],
  ]),
  row('vphminposuw', 'Finds the smallest unsigned word and its position.', { feature: 'avx' }, [
    ['VEX.128.66.0F38.WIG 41 /r', 'Vx,Wx'],
  ]),
  row('vplzcntd', 'Counts the zero bits above the highest set bit, in doublewords.', { feature: 'avx512' }, [
    ['EVEX.66.0F38.W0 44 /r', 'Vx{kz},Wx{b32}'],
  ]),
  row('vplzcntq', 'Counts the zero bits above the highest set bit, in quadwords.', { feature: 'avx512' }, [
    ['EVEX.66.0F38.W1 44 /r', 'Vx{kz},Wx{b64}'],
  ]),
  row('vpsrlvd', 'Shifts doublewords right and fills with zeros, each by its own count.', { feature: 'avx2' }, [
    ['VEX.66.0F38.W0 45 /r', 'Vx,Hx,Wx'],
    ['EVEX.66.0F38.W0 45 /r', 'Vx{kz},Hx,Wx{b32}'],
  ]),
  row('vpsrlvq', 'Shifts quadwords right and fills with zeros, each by its own count.', { feature: 'avx2' }, [
    ['VEX.66.0F38.W1 45 /r', 'Vx,Hx,Wx'],
    ['EVEX.66.0F38.W1 45 /r', 'Vx{kz},Hx,Wx{b64}'],
  ]),
  row('vpsravd', 'Shifts doublewords right and fills with the sign, each by its own count.', { feature: 'avx2' }, [
    ['VEX.66.0F38.W0 46 /r', 'Vx,Hx,Wx'],
    ['EVEX.66.0F38.W0 46 /r', 'Vx{kz},Hx,Wx{b32}'],
  ]),
  row('vpsravq', 'Shifts quadwords right and fills with the sign, each by its own count.', { feature: 'avx512' }, [
    ['EVEX.66.0F38.W1 46 /r', 'Vx{kz},Hx,Wx{b64}'],
  ]),
  row('vpsllvd', 'Shifts doublewords left, each by its own count.', { feature: 'avx2' }, [
    ['VEX.66.0F38.W0 47 /r', 'Vx,Hx,Wx'],
    ['EVEX.66.0F38.W0 47 /r', 'Vx{kz},Hx,Wx{b32}'],
  ]),
  row('vpsllvq', 'Shifts quadwords left, each by its own count.', { feature: 'avx2' }, [
    ['VEX.66.0F38.W1 47 /r', 'Vx,Hx,Wx'],
    ['EVEX.66.0F38.W1 47 /r', 'Vx{kz},Hx,Wx{b64}'],
  ]),
  row(
    'vpdpbusd',
    'Multiplies unsigned by signed bytes and adds groups of four products to doublewords.',
    { feature: 'other' },
    [
      ['EVEX.66.0F38.W0 50 /r', 'Vx{kz},Hx,Wx{b32}'],
      ['VEX.66.0F38.W0 50 /r', 'Vx,Hx,Wx'],
    ],
  ),
  row(
    'vpdpbusds',
    'Multiplies unsigned by signed bytes and adds groups of four products to doublewords, stopping at the limits.',
    { feature: 'other' },
    [
      ['EVEX.66.0F38.W0 51 /r', 'Vx{kz},Hx,Wx{b32}'],
      ['VEX.66.0F38.W0 51 /r', 'Vx,Hx,Wx'],
    ],
  ),
  row('vpdpwssd', 'Multiplies signed words and adds pairs of products to doublewords.', { feature: 'other' }, [
    ['EVEX.66.0F38.W0 52 /r', 'Vx{kz},Hx,Wx{b32}'],
    ['VEX.66.0F38.W0 52 /r', 'Vx,Hx,Wx'],
  ]),
  row(
    'vp4dpwssd',
    'Multiplies signed words and adds the products to doublewords, four times over.',
    { feature: 'avx512' },
    [['EVEX.512.F2.0F38.W0 52 /r', 'Vx{kz},Hx{4},Mdq']],
  ),
  row(
    'vpdpwssds',
    'Multiplies signed words and adds pairs of products to doublewords, stopping at the limits.',
    { feature: 'other' },
    [
      ['EVEX.66.0F38.W0 53 /r', 'Vx{kz},Hx,Wx{b32}'],
      ['VEX.66.0F38.W0 53 /r', 'Vx,Hx,Wx'],
    ],
  ),
  row(
    'vp4dpwssds',
    'Multiplies signed words and adds the products to doublewords, four times over, stopping at the limits.',
    { feature: 'avx512' },
    [['EVEX.512.F2.0F38.W0 53 /r', 'Vx{kz},Hx{4},Mdq']],
  ),
  row(
    'vpshldvw',
    'Joins pairs of words, shifts them left and keeps one half; each has its own count.',
    { feature: 'avx512' },
    [['EVEX.66.0F38.W1 70 /r', 'Vx{kz},Hx,Wx']],
  ),
  row(
    'vpshldvd',
    'Joins pairs of doublewords, shifts them left and keeps one half; each has its own count.',
    { feature: 'avx512' },
    [['EVEX.66.0F38.W0 71 /r', 'Vx{kz},Hx,Wx{b32}']],
  ),
  row(
    'vpshldvq',
    'Joins pairs of quadwords, shifts them left and keeps one half; each has its own count.',
    { feature: 'avx512' },
    [['EVEX.66.0F38.W1 71 /r', 'Vx{kz},Hx,Wx{b64}']],
  ),
  row(
    'vpshrdvw',
    'Joins pairs of words, shifts them right and keeps one half; each has its own count.',
    { feature: 'avx512' },
    [['EVEX.66.0F38.W1 72 /r', 'Vx{kz},Hx,Wx']],
  ),
  row(
    'vpshrdvd',
    'Joins pairs of doublewords, shifts them right and keeps one half; each has its own count.',
    { feature: 'avx512' },
    [['EVEX.66.0F38.W0 73 /r', 'Vx{kz},Hx,Wx{b32}']],
  ),
  row(
    'vpshrdvq',
    'Joins pairs of quadwords, shifts them right and keeps one half; each has its own count.',
    { feature: 'avx512' },
    [['EVEX.66.0F38.W1 73 /r', 'Vx{kz},Hx,Wx{b64}']],
  ),
  row(
    'vpmadd52luq',
    'Multiplies 52-bit unsigned integers and adds the low halves of the products.',
    { feature: 'other' },
    [
      ['EVEX.66.0F38.W1 B4 /r', 'Vx{kz},Hx,Wx{b64}'],
      ['VEX.66.0F38.W1 B4 /r', 'Vx,Hx,Wx'],
    ],
  ),
  row(
    'vpmadd52huq',
    'Multiplies 52-bit unsigned integers and adds the high halves of the products.',
    { feature: 'other' },
    [
      ['EVEX.66.0F38.W1 B5 /r', 'Vx{kz},Hx,Wx{b64}'],
      ['VEX.66.0F38.W1 B5 /r', 'Vx,Hx,Wx'],
    ],
  ),
  row('vpconflictd', 'Tells for each doubleword which earlier ones are equal.', { feature: 'avx512' }, [
    ['EVEX.66.0F38.W0 C4 /r', 'Vx{kz},Wx{b32}'],
  ]),
  row('vpconflictq', 'Tells for each quadword which earlier ones are equal.', { feature: 'avx512' }, [
    ['EVEX.66.0F38.W1 C4 /r', 'Vx{kz},Wx{b64}'],
  ]),
  row('vpcmpud', 'Compares unsigned doublewords by a predicate, into a mask.', { feature: 'avx512' }, [
    ['EVEX.66.0F3A.W0 1E /r ib', 'KG{k},Hx,Wx{b32},Ib'],
  ]),
  row('vpcmpuq', 'Compares unsigned quadwords by a predicate, into a mask.', { feature: 'avx512' }, [
    ['EVEX.66.0F3A.W1 1E /r ib', 'KG{k},Hx,Wx{b64},Ib'],
  ]),
  row('vpcmpd', 'Compares signed doublewords by a predicate, into a mask.', { feature: 'avx512' }, [
    ['EVEX.66.0F3A.W0 1F /r ib', 'KG{k},Hx,Wx{b32},Ib'],
  ]),
  row('vpcmpq', 'Compares signed quadwords by a predicate, into a mask.', { feature: 'avx512' }, [
    ['EVEX.66.0F3A.W1 1F /r ib', 'KG{k},Hx,Wx{b64},Ib'],
  ]),
  row(
    'vpternlogd',
    'Combines three bits by any logical function, given as a table of eight bits; by doublewords.',
    { feature: 'avx512' },
    [['EVEX.66.0F3A.W0 25 /r ib', 'Vx{kz},Hx,Wx{b32},Ib']],
  ),
  row(
    'vpternlogq',
    'Combines three bits by any logical function, given as a table of eight bits; by quadwords.',
    { feature: 'avx512' },
    [['EVEX.66.0F3A.W1 25 /r ib', 'Vx{kz},Hx,Wx{b64},Ib']],
  ),
  row('vpcmpub', 'Compares unsigned bytes by a predicate, into a mask.', { feature: 'avx512' }, [
    ['EVEX.66.0F3A.W0 3E /r ib', 'KG{k},Hx,Wx,Ib'],
  ]),
  row('vpcmpuw', 'Compares unsigned words by a predicate, into a mask.', { feature: 'avx512' }, [
    ['EVEX.66.0F3A.W1 3E /r ib', 'KG{k},Hx,Wx,Ib'],
  ]),
  row('vpcmpb', 'Compares signed bytes by a predicate, into a mask.', { feature: 'avx512' }, [
    ['EVEX.66.0F3A.W0 3F /r ib', 'KG{k},Hx,Wx,Ib'],
  ]),
  row('vpcmpw', 'Compares signed words by a predicate, into a mask.', { feature: 'avx512' }, [
    ['EVEX.66.0F3A.W1 3F /r ib', 'KG{k},Hx,Wx,Ib'],
  ]),
  row('vmpsadbw', 'Sums absolute differences of four bytes at eight positions.', { feature: 'avx' }, [
    ['VEX.66.0F3A.WIG 42 /r ib', 'Vx,Hx,Wx,Ib'],
  ]),
  row(
    'vdbpsadbw',
    'Sums absolute differences of four bytes at positions the immediate chooses.',
    { feature: 'avx512' },
    [['EVEX.66.0F3A.W0 42 /r ib', 'Vx{kz},Hx,Wx,Ib']],
  ),
  row(
    'vpcmpestrm',
    'Compares strings of given lengths; the answer is a mask in XMM0.',
    { feature: 'avx', writes: 'oszapc' },
    [['VEX.128.66.0F3A.WIG 60 /r ib', 'Vx,Wx,Ib']],
  ),
  row(
    'vpcmpestri',
    'Compares strings of given lengths; the answer is an index in ECX.',
    { feature: 'avx', writes: 'oszapc' },
    [['VEX.128.66.0F3A.WIG 61 /r ib', 'Vx,Wx,Ib']],
  ),
  row(
    'vpcmpistrm',
    'Compares strings that end with zero; the answer is a mask in XMM0.',
    { feature: 'avx', writes: 'oszapc' },
    [['VEX.128.66.0F3A.WIG 62 /r ib', 'Vx,Wx,Ib']],
  ),
  row(
    'vpcmpistri',
    'Compares strings that end with zero; the answer is an index in ECX.',
    { feature: 'avx', writes: 'oszapc' },
    [['VEX.128.66.0F3A.WIG 63 /r ib', 'Vx,Wx,Ib']],
  ),
  row('vpshldw', 'Joins pairs of words, shifts them left and keeps one half.', { feature: 'avx512' }, [
    ['EVEX.66.0F3A.W1 70 /r ib', 'Vx{kz},Hx,Wx,Ib'],
  ]),
  row('vpshldd', 'Joins pairs of doublewords, shifts them left and keeps one half.', { feature: 'avx512' }, [
    ['EVEX.66.0F3A.W0 71 /r ib', 'Vx{kz},Hx,Wx{b32},Ib'],
  ]),
  row('vpshldq', 'Joins pairs of quadwords, shifts them left and keeps one half.', { feature: 'avx512' }, [
    ['EVEX.66.0F3A.W1 71 /r ib', 'Vx{kz},Hx,Wx{b64},Ib'],
  ]),
  row('vpshrdw', 'Joins pairs of words, shifts them right and keeps one half.', { feature: 'avx512' }, [
    ['EVEX.66.0F3A.W1 72 /r ib', 'Vx{kz},Hx,Wx,Ib'],
  ]),
  row('vpshrdd', 'Joins pairs of doublewords, shifts them right and keeps one half.', { feature: 'avx512' }, [
    ['EVEX.66.0F3A.W0 73 /r ib', 'Vx{kz},Hx,Wx{b32},Ib'],
  ]),
  row('vpshrdq', 'Joins pairs of quadwords, shifts them right and keeps one half.', { feature: 'avx512' }, [
    ['EVEX.66.0F3A.W1 73 /r ib', 'Vx{kz},Hx,Wx{b64},Ib'],
  ]),
];
