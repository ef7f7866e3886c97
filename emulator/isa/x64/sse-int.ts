/** Integer vectors: MMX, SSE2, SSSE3 and SSE4. Most have an MMX form of 8 bytes and an XMM form of 16 with one meaning. */
import { row } from './define.ts';
import type { Feature, Lift, Row } from './row.ts';

/** MMX form and XMM form of one opcode. */
const pair = (name: string, opcode: string, sentence: string, lift?: Lift, feature: Feature = 'sse2'): Row =>
  row(
    name,
    sentence,
    { feature },
    [
      [`NP 0F ${opcode} /r`, 'Pq,Qq'],
      [`66 0F ${opcode} /r`, 'Vx,Wx'],
    ],
    lift,
  );

const ssse3 = (name: string, opcode: string, sentence: string, lift?: Lift): Row =>
  pair(name, `38 ${opcode}`, sentence, lift, 'ssse3');

/** XMM form only. */
const xmm = (name: string, feature: Feature, opcode: string, operands: string, sentence: string, lift?: Lift): Row =>
  row(name, sentence, { feature }, [[`66 0F ${opcode} /r${operands.endsWith('Ib') ? ' ib' : ''}`, operands]], lift);

const sse41 = (name: string, opcode: string, sentence: string, lift?: Lift): Row =>
  xmm(name, 'sse4.1', `38 ${opcode}`, 'Vx,Wx', sentence, lift);

const extend = (name: string, opcode: string, source: string, sentence: string, lift?: Lift): Row =>
  xmm(name, 'sse4.1', `38 ${opcode}`, `Vx,${source}`, sentence, lift);

/** Shifts: count from a vector operand (opcode `count`), or from an immediate (`immediate` with ModRM.reg `n`). */
const shifts = (name: string, count: string, immediate: string, n: number, sentence: string, lift?: Lift): Row =>
  row(
    name,
    sentence,
    { feature: 'sse2' },
    [
      [`NP 0F ${count} /r`, 'Pq,Qq'],
      [`66 0F ${count} /r`, 'Vx,Wdq'],
      [`NP 0F ${immediate} /${n} ib`, 'Nq,Ib'],
      [`66 0F ${immediate} /${n} ib`, 'Ux,Ib'],
    ],
    lift,
  );

export const sseInt: readonly Row[] = [
  pair('paddb', 'FC', 'Adds bytes.'),
  pair('paddw', 'FD', 'Adds words.'),
  pair('paddd', 'FE', 'Adds doublewords.'),
  pair('paddq', 'D4', 'Adds quadwords.'),
  pair('psubb', 'F8', 'Subtracts bytes.'),
  pair('psubw', 'F9', 'Subtracts words.'),
  pair('psubd', 'FA', 'Subtracts doublewords.'),
  pair('psubq', 'FB', 'Subtracts quadwords.'),
  pair('paddsb', 'EC', 'Adds signed bytes and stops at the limits.'),
  pair('paddsw', 'ED', 'Adds signed words and stops at the limits.'),
  pair('paddusb', 'DC', 'Adds unsigned bytes and stops at 255.'),
  pair('paddusw', 'DD', 'Adds unsigned words and stops at 65535.'),
  pair('psubsb', 'E8', 'Subtracts signed bytes and stops at the limits.'),
  pair('psubsw', 'E9', 'Subtracts signed words and stops at the limits.'),
  pair('psubusb', 'D8', 'Subtracts unsigned bytes and stops at 0.'),
  pair('psubusw', 'D9', 'Subtracts unsigned words and stops at 0.'),
  pair('pmullw', 'D5', 'Multiplies words and keeps the low halves.'),
  pair('pmulhw', 'E5', 'Multiplies signed words and keeps the high halves.'),
  pair('pmulhuw', 'E4', 'Multiplies unsigned words and keeps the high halves.'),
  pair('pmuludq', 'F4', 'Multiplies every second unsigned doubleword to a quadword.'),
  pair('pmaddwd', 'F5', 'Multiplies signed words and adds neighbouring products.'),
  pair('psadbw', 'F6', 'Sums the absolute differences of unsigned bytes.'),
  pair('pavgb', 'E0', 'Averages unsigned bytes, rounding up.'),
  pair('pavgw', 'E3', 'Averages unsigned words, rounding up.'),
  pair('pminub', 'DA', 'Keeps the smaller unsigned bytes.'),
  pair('pmaxub', 'DE', 'Keeps the larger unsigned bytes.'),
  pair('pminsw', 'EA', 'Keeps the smaller signed words.'),
  pair('pmaxsw', 'EE', 'Keeps the larger signed words.'),
  pair('pcmpeqb', '74', 'Compares bytes for equality; each result is all ones or all zeros.'),
  pair('pcmpeqw', '75', 'Compares words for equality; each result is all ones or all zeros.'),
  pair('pcmpeqd', '76', 'Compares doublewords for equality; each result is all ones or all zeros.'),
  pair('pcmpgtb', '64', 'Compares signed bytes for greater; each result is all ones or all zeros.'),
  pair('pcmpgtw', '65', 'Compares signed words for greater; each result is all ones or all zeros.'),
  pair('pcmpgtd', '66', 'Compares signed doublewords for greater; each result is all ones or all zeros.'),
  pair('pand', 'DB', 'Keeps the bits set in both.'),
  pair('pandn', 'DF', 'Keeps the bits of the source that the destination does not have.'),
  pair('por', 'EB', 'Sets the bits set in either.'),
  pair('pxor', 'EF', 'Sets the bits that differ; of a register with itself, makes zero.'),

  row('punpcklbw', 'Interleaves the low bytes of both operands.', { feature: 'sse2' }, [
    ['NP 0F 60 /r', 'Pq,Qd'],
    ['66 0F 60 /r', 'Vx,Wx'],
  ]),
  row('punpcklwd', 'Interleaves the low words of both operands.', { feature: 'sse2' }, [
    ['NP 0F 61 /r', 'Pq,Qd'],
    ['66 0F 61 /r', 'Vx,Wx'],
  ]),
  row('punpckldq', 'Interleaves the low doublewords of both operands.', { feature: 'sse2' }, [
    ['NP 0F 62 /r', 'Pq,Qd'],
    ['66 0F 62 /r', 'Vx,Wx'],
  ]),
  pair('punpckhbw', '68', 'Interleaves the high bytes of both operands.'),
  pair('punpckhwd', '69', 'Interleaves the high words of both operands.'),
  pair('punpckhdq', '6A', 'Interleaves the high doublewords of both operands.'),
  xmm('punpcklqdq', 'sse2', '6C', 'Vx,Wx', 'Joins the low quadwords of both operands.'),
  xmm('punpckhqdq', 'sse2', '6D', 'Vx,Wx', 'Joins the high quadwords of both operands.'),
  pair('packsswb', '63', 'Narrows signed words to signed bytes, stopping at the limits.'),
  pair('packuswb', '67', 'Narrows signed words to unsigned bytes, stopping at the limits.'),
  pair('packssdw', '6B', 'Narrows signed doublewords to signed words, stopping at the limits.'),

  shifts('psrlw', 'D1', '71', 2, 'Shifts words right and fills with zeros.'),
  shifts('psraw', 'E1', '71', 4, 'Shifts words right and fills with the sign.'),
  shifts('psllw', 'F1', '71', 6, 'Shifts words left.'),
  shifts('psrld', 'D2', '72', 2, 'Shifts doublewords right and fills with zeros.'),
  shifts('psrad', 'E2', '72', 4, 'Shifts doublewords right and fills with the sign.'),
  shifts('pslld', 'F2', '72', 6, 'Shifts doublewords left.'),
  shifts('psrlq', 'D3', '73', 2, 'Shifts quadwords right and fills with zeros.'),
  shifts('psllq', 'F3', '73', 6, 'Shifts quadwords left.'),
  row('psrldq', 'Shifts the whole register right by bytes.', { feature: 'sse2' }, [['66 0F 73 /3 ib', 'Ux,Ib']]),
  row('pslldq', 'Shifts the whole register left by bytes.', { feature: 'sse2' }, [['66 0F 73 /7 ib', 'Ux,Ib']]),

  row('pshufw', 'Chooses four words by the immediate.', { feature: 'sse' }, [['NP 0F 70 /r ib', 'Pq,Qq,Ib']]),
  xmm('pshufd', 'sse2', '70', 'Vx,Wx,Ib', 'Chooses four doublewords by the immediate.'),
  row('pshufhw', 'Chooses the four high words by the immediate and copies the low half.', { feature: 'sse2' }, [
    ['F3 0F 70 /r ib', 'Vx,Wx,Ib'],
  ]),
  row('pshuflw', 'Chooses the four low words by the immediate and copies the high half.', { feature: 'sse2' }, [
    ['F2 0F 70 /r ib', 'Vx,Wx,Ib'],
  ]),
  row('emms', 'Ends MMX code: the x87 registers are free again.', { feature: 'mmx' }, [['NP 0F 77', '']]),

  ssse3('pshufb', '00', 'Chooses bytes by the source: each source byte names one, or zero if its top bit is set.'),
  ssse3('phaddw', '01', 'Adds neighbouring words of both operands.'),
  ssse3('phaddd', '02', 'Adds neighbouring doublewords of both operands.'),
  ssse3('phaddsw', '03', 'Adds neighbouring signed words of both operands and stops at the limits.'),
  ssse3(
    'pmaddubsw',
    '04',
    'Multiplies unsigned by signed bytes and adds neighbouring products, stopping at the limits.',
  ),
  ssse3('phsubw', '05', 'Subtracts neighbouring words of both operands.'),
  ssse3('phsubd', '06', 'Subtracts neighbouring doublewords of both operands.'),
  ssse3('phsubsw', '07', 'Subtracts neighbouring signed words of both operands and stops at the limits.'),
  ssse3('psignb', '08', 'Negates, zeroes or keeps bytes by the sign of the source.'),
  ssse3('psignw', '09', 'Negates, zeroes or keeps words by the sign of the source.'),
  ssse3('psignd', '0A', 'Negates, zeroes or keeps doublewords by the sign of the source.'),
  ssse3('pmulhrsw', '0B', 'Multiplies signed words as fractions, rounding.'),
  ssse3('pabsb', '1C', 'Takes the absolute value of bytes.'),
  ssse3('pabsw', '1D', 'Takes the absolute value of words.'),
  ssse3('pabsd', '1E', 'Takes the absolute value of doublewords.'),
  row('palignr', 'Joins both operands and takes a window that starts at the given byte.', { feature: 'ssse3' }, [
    ['NP 0F 3A 0F /r ib', 'Pq,Qq,Ib'],
    ['66 0F 3A 0F /r ib', 'Vx,Wx,Ib'],
  ]),

  row('pblendvb', 'Takes each byte from the source where XMM0 has its top bit set.', { feature: 'sse4.1' }, [
    ['66 0F 38 10 /r', 'Vx,Wx,XMM0'],
  ]),
  row(
    'ptest',
    'Sets ZF if the AND of both is zero, CF if the source has no bit that the destination lacks.',
    {
      feature: 'sse4.1',
      writes: 'oszapc',
    },
    [['66 0F 38 17 /r', 'Vx,Wx']],
  ),
  extend('pmovsxbw', '20', 'Wq', 'Sign-extends bytes to words.'),
  extend('pmovsxbd', '21', 'Wd', 'Sign-extends bytes to doublewords.'),
  extend('pmovsxbq', '22', 'Ww', 'Sign-extends bytes to quadwords.'),
  extend('pmovsxwd', '23', 'Wq', 'Sign-extends words to doublewords.'),
  extend('pmovsxwq', '24', 'Wd', 'Sign-extends words to quadwords.'),
  extend('pmovsxdq', '25', 'Wq', 'Sign-extends doublewords to quadwords.'),
  extend('pmovzxbw', '30', 'Wq', 'Zero-extends bytes to words.'),
  extend('pmovzxbd', '31', 'Wd', 'Zero-extends bytes to doublewords.'),
  extend('pmovzxbq', '32', 'Ww', 'Zero-extends bytes to quadwords.'),
  extend('pmovzxwd', '33', 'Wq', 'Zero-extends words to doublewords.'),
  extend('pmovzxwq', '34', 'Wd', 'Zero-extends words to quadwords.'),
  extend('pmovzxdq', '35', 'Wq', 'Zero-extends doublewords to quadwords.'),
  sse41('pmuldq', '28', 'Multiplies every second signed doubleword to a quadword.'),
  sse41('pcmpeqq', '29', 'Compares quadwords for equality; each result is all ones or all zeros.'),
  sse41('packusdw', '2B', 'Narrows signed doublewords to unsigned words, stopping at the limits.'),
  sse41('pminsb', '38', 'Keeps the smaller signed bytes.'),
  sse41('pminsd', '39', 'Keeps the smaller signed doublewords.'),
  sse41('pminuw', '3A', 'Keeps the smaller unsigned words.'),
  sse41('pminud', '3B', 'Keeps the smaller unsigned doublewords.'),
  sse41('pmaxsb', '3C', 'Keeps the larger signed bytes.'),
  sse41('pmaxsd', '3D', 'Keeps the larger signed doublewords.'),
  sse41('pmaxuw', '3E', 'Keeps the larger unsigned words.'),
  sse41('pmaxud', '3F', 'Keeps the larger unsigned doublewords.'),
  sse41('pmulld', '40', 'Multiplies doublewords and keeps the low halves.'),
  sse41('phminposuw', '41', 'Finds the smallest unsigned word and its position.'),
  xmm('pblendw', 'sse4.1', '3A 0E', 'Vx,Wx,Ib', 'Takes each word from the source or keeps it, as the mask says.'),
  xmm('mpsadbw', 'sse4.1', '3A 42', 'Vx,Wx,Ib', 'Sums absolute differences of four bytes at eight positions.'),
  xmm(
    'pcmpgtq',
    'sse4.2',
    '38 37',
    'Vx,Wx',
    'Compares signed quadwords for greater; each result is all ones or all zeros.',
  ),

  ...(
    [
      ['pcmpestrm', '60', 'Compares strings of given lengths; the answer is a mask in XMM0.'],
      ['pcmpestri', '61', 'Compares strings of given lengths; the answer is an index in ECX.'],
      ['pcmpistrm', '62', 'Compares strings that end with zero; the answer is a mask in XMM0.'],
      ['pcmpistri', '63', 'Compares strings that end with zero; the answer is an index in ECX.'],
    ] as const
  ).map(([name, opcode, sentence]) =>
    row(name, sentence, { feature: 'sse4.2', writes: 'oszapc' }, [[`66 0F 3A ${opcode} /r ib`, 'Vdq,Wdq,Ib']]),
  ),
];
