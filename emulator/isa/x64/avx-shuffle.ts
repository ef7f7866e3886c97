/** AVX, AVX2 and AVX-512: permutations, shuffles, interleaving, packing and blending. */
import { row } from './define.ts';
import type { Row } from './row.ts';

export const avxShuffle: readonly Row[] = [
  row('vunpcklps', 'Interleaves the low floats of both sources, in each 16 bytes.', { feature: 'avx' }, [
    ['VEX.0F.WIG 14 /r', 'Vx,Hx,Wx'],
    ['EVEX.0F.W0 14 /r', 'Vx{kz},Hx,Wx{b32}'],
  ]),
  row('vunpcklpd', 'Interleaves the low doubles of both sources, in each 16 bytes.', { feature: 'avx' }, [
    ['VEX.66.0F.WIG 14 /r', 'Vx,Hx,Wx'],
    ['EVEX.66.0F.W1 14 /r', 'Vx{kz},Hx,Wx{b64}'],
  ]),
  row('vunpckhps', 'Interleaves the high floats of both sources, in each 16 bytes.', { feature: 'avx' }, [
    ['VEX.0F.WIG 15 /r', 'Vx,Hx,Wx'],
    ['EVEX.0F.W0 15 /r', 'Vx{kz},Hx,Wx{b32}'],
  ]),
  row('vunpckhpd', 'Interleaves the high doubles of both sources, in each 16 bytes.', { feature: 'avx' }, [
    ['VEX.66.0F.WIG 15 /r', 'Vx,Hx,Wx'],
    ['EVEX.66.0F.W1 15 /r', 'Vx{kz},Hx,Wx{b64}'],
  ]),
  row('vpunpcklbw', 'Interleaves the low bytes of both sources, in each 16 bytes.', { feature: 'avx' }, [
    ['VEX.66.0F.WIG 60 /r', 'Vx,Hx,Wx'],
    ['EVEX.66.0F.WIG 60 /r', 'Vx{kz},Hx,Wx'],
  ]),
  row('vpunpcklwd', 'Interleaves the low words of both sources, in each 16 bytes.', { feature: 'avx' }, [
    ['VEX.66.0F.WIG 61 /r', 'Vx,Hx,Wx'],
    ['EVEX.66.0F.WIG 61 /r', 'Vx{kz},Hx,Wx'],
  ]),
  row('vpunpckldq', 'Interleaves the low doublewords of both sources, in each 16 bytes.', { feature: 'avx' }, [
    ['VEX.66.0F.WIG 62 /r', 'Vx,Hx,Wx'],
    ['EVEX.66.0F.W0 62 /r', 'Vx{kz},Hx,Wx{b32}'],
  ]),
  row('vpacksswb', 'Narrows signed words to signed bytes, stopping at the limits.', { feature: 'avx' }, [
    ['VEX.66.0F.WIG 63 /r', 'Vx,Hx,Wx'],
    ['EVEX.66.0F.WIG 63 /r', 'Vx{kz},Hx,Wx'],
  ]),
  row('vpackuswb', 'Narrows signed words to unsigned bytes, stopping at the limits.', { feature: 'avx' }, [
    ['VEX.66.0F.WIG 67 /r', 'Vx,Hx,Wx'],
    ['EVEX.66.0F.WIG 67 /r', 'Vx{kz},Hx,Wx'],
  ]),
  row('vpunpckhbw', 'Interleaves the high bytes of both sources, in each 16 bytes.', { feature: 'avx' }, [
    ['VEX.66.0F.WIG 68 /r', 'Vx,Hx,Wx'],
    ['EVEX.66.0F.WIG 68 /r', 'Vx{kz},Hx,Wx'],
  ]),
  row('vpunpckhwd', 'Interleaves the high words of both sources, in each 16 bytes.', { feature: 'avx' }, [
    ['VEX.66.0F.WIG 69 /r', 'Vx,Hx,Wx'],
    ['EVEX.66.0F.WIG 69 /r', 'Vx{kz},Hx,Wx'],
  ]),
  row('vpunpckhdq', 'Interleaves the high doublewords of both sources, in each 16 bytes.', { feature: 'avx' }, [
    ['VEX.66.0F.WIG 6A /r', 'Vx,Hx,Wx'],
    ['EVEX.66.0F.W0 6A /r', 'Vx{kz},Hx,Wx{b32}'],
  ]),
  row('vpackssdw', 'Narrows signed doublewords to signed words, stopping at the limits.', { feature: 'avx' }, [
    ['VEX.66.0F.WIG 6B /r', 'Vx,Hx,Wx'],
    ['EVEX.66.0F.W0 6B /r', 'Vx{kz},Hx,Wx{b32}'],
  ]),
  row('vpunpcklqdq', 'Interleaves the low quadwords of both sources, in each 16 bytes.', { feature: 'avx' }, [
    ['VEX.66.0F.WIG 6C /r', 'Vx,Hx,Wx'],
    ['EVEX.66.0F.W1 6C /r', 'Vx{kz},Hx,Wx{b64}'],
  ]),
  row('vpunpckhqdq', 'Interleaves the high quadwords of both sources, in each 16 bytes.', { feature: 'avx' }, [
    ['VEX.66.0F.WIG 6D /r', 'Vx,Hx,Wx'],
    ['EVEX.66.0F.W1 6D /r', 'Vx{kz},Hx,Wx{b64}'],
  ]),
  row('vpshufd', 'Chooses doublewords by the immediate, in each 16 bytes.', { feature: 'avx' }, [
    ['VEX.66.0F.WIG 70 /r ib', 'Vx,Wx,Ib'],
    ['EVEX.66.0F.W0 70 /r ib', 'Vx{kz},Wx{b32},Ib'],
  ]),
  row(
    'vpshufhw',
    'Chooses the four high words by the immediate and copies the low half, in each 16 bytes.',
    { feature: 'avx' },
    [
      ['VEX.F3.0F.WIG 70 /r ib', 'Vx,Wx,Ib'],
      ['EVEX.F3.0F.WIG 70 /r ib', 'Vx{kz},Wx,Ib'],
    ],
  ),
  row(
    'vpshuflw',
    'Chooses the four low words by the immediate and copies the high half, in each 16 bytes.',
    { feature: 'avx' },
    [
      ['VEX.F2.0F.WIG 70 /r ib', 'Vx,Wx,Ib'],
      ['EVEX.F2.0F.WIG 70 /r ib', 'Vx{kz},Wx,Ib'],
    ],
  ),
  row('vshufps', 'Chooses two floats of each source, in each 16 bytes.', { feature: 'avx' }, [
    ['VEX.0F.WIG C6 /r ib', 'Vx,Hx,Wx,Ib'],
    ['EVEX.0F.W0 C6 /r ib', 'Vx{kz},Hx,Wx{b32},Ib'],
  ]),
  row('vshufpd', 'Chooses one double of each source, in each 16 bytes.', { feature: 'avx' }, [
    ['VEX.66.0F.WIG C6 /r ib', 'Vx,Hx,Wx,Ib'],
    ['EVEX.66.0F.W1 C6 /r ib', 'Vx{kz},Hx,Wx{b64},Ib'],
  ]),
  row(
    'vpshufb',
    'Chooses bytes of the first source by the second: each names one, or zero if its top bit is set.',
    { feature: 'avx' },
    [
      ['VEX.66.0F38.WIG 00 /r', 'Vx,Hx,Wx'],
      ['EVEX.66.0F38.WIG 00 /r', 'Vx{kz},Hx,Wx'],
    ],
  ),
  row('vpermilps', 'Chooses floats within each 16 bytes, by a vector or the immediate.', { feature: 'avx' }, [
    ['VEX.66.0F38.W0 0C /r', 'Vx,Hx,Wx'],
    ['EVEX.66.0F38.W0 0C /r', 'Vx{kz},Hx,Wx{b32}'],
    ['VEX.66.0F3A.W0 04 /r ib', 'Vx,Wx,Ib'],
    ['EVEX.66.0F3A.W0 04 /r ib', 'Vx{kz},Wx{b32},Ib'],
  ]),
  row('vpermilpd', 'Chooses doubles within each 16 bytes, by a vector or the immediate.', { feature: 'avx' }, [
    ['VEX.66.0F38.W0 0D /r', 'Vx,Hx,Wx'],
    ['EVEX.66.0F38.W1 0D /r', 'Vx{kz},Hx,Wx{b64}'],
    ['VEX.66.0F3A.W0 05 /r ib', 'Vx,Wx,Ib'],
    ['EVEX.66.0F3A.W1 05 /r ib', 'Vx{kz},Wx{b64},Ib'],
  ]),
  row('vpermps', 'Chooses floats anywhere in the second source by the first.', { feature: 'avx2' }, [
    ['VEX.256.66.0F38.W0 16 /r', 'Vx,Hx,Wx'],
    ['EVEX.256.512.66.0F38.W0 16 /r', 'Vx{kz},Hx,Wx{b32}'],
  ]),
  row('vpermpd', 'Chooses doubles anywhere in the source, by a vector or the immediate.', { feature: 'avx2' }, [
    ['EVEX.256.512.66.0F38.W1 16 /r', 'Vx{kz},Hx,Wx{b64}'],
    ['VEX.256.66.0F3A.W1 01 /r ib', 'Vx,Wx,Ib'],
    ['EVEX.256.512.66.0F3A.W1 01 /r ib', 'Vx{kz},Wx{b64},Ib'],
  ]),
  row('vpackusdw', 'Narrows signed doublewords to unsigned words, stopping at the limits.', { feature: 'avx' }, [
    ['VEX.66.0F38.WIG 2B /r', 'Vx,Hx,Wx'],
    ['EVEX.66.0F38.W0 2B /r', 'Vx{kz},Hx,Wx{b32}'],
  ]),
  row('vpermd', 'Chooses doublewords anywhere in the second source by the first.', { feature: 'avx2' }, [
    ['VEX.256.66.0F38.W0 36 /r', 'Vx,Hx,Wx'],
    ['EVEX.256.512.66.0F38.W0 36 /r', 'Vx{kz},Hx,Wx{b32}'],
  ]),
  row('vpermq', 'Chooses quadwords anywhere in the source, by a vector or the immediate.', { feature: 'avx2' }, [
    ['EVEX.256.512.66.0F38.W1 36 /r', 'Vx{kz},Hx,Wx{b64}'],
    ['VEX.256.66.0F3A.W1 00 /r ib', 'Vx,Wx,Ib'],
    ['EVEX.256.512.66.0F3A.W1 00 /r ib', 'Vx{kz},Wx{b64},Ib'],
  ]),
  row(
    'vpblendmd',
    'Takes each doubleword from the second source or the first, as the mask says.',
    { feature: 'avx512' },
    [['EVEX.66.0F38.W0 64 /r', 'Vx{kz},Hx,Wx{b32}']],
  ),
  row(
    'vpblendmq',
    'Takes each quadword from the second source or the first, as the mask says.',
    { feature: 'avx512' },
    [['EVEX.66.0F38.W1 64 /r', 'Vx{kz},Hx,Wx{b64}']],
  ),
  row('vblendmps', 'Takes each float from the second source or the first, as the mask says.', { feature: 'avx512' }, [
    ['EVEX.66.0F38.W0 65 /r', 'Vx{kz},Hx,Wx{b32}'],
  ]),
  row('vblendmpd', 'Takes each double from the second source or the first, as the mask says.', { feature: 'avx512' }, [
    ['EVEX.66.0F38.W1 65 /r', 'Vx{kz},Hx,Wx{b64}'],
  ]),
  row('vpblendmb', 'Takes each byte from the second source or the first, as the mask says.', { feature: 'avx512' }, [
    ['EVEX.66.0F38.W0 66 /r', 'Vx{kz},Hx,Wx'],
  ]),
  row('vpblendmw', 'Takes each word from the second source or the first, as the mask says.', { feature: 'avx512' }, [
    ['EVEX.66.0F38.W1 66 /r', 'Vx{kz},Hx,Wx'],
  ]),
  row('vpermi2b', 'Chooses bytes from two vectors; the indexes are overwritten.', { feature: 'avx512' }, [
    ['EVEX.66.0F38.W0 75 /r', 'Vx{kz},Hx,Wx'],
  ]),
  row('vpermi2w', 'Chooses words from two vectors; the indexes are overwritten.', { feature: 'avx512' }, [
    ['EVEX.66.0F38.W1 75 /r', 'Vx{kz},Hx,Wx'],
  ]),
  row('vpermi2d', 'Chooses doublewords from two vectors; the indexes are overwritten.', { feature: 'avx512' }, [
    ['EVEX.66.0F38.W0 76 /r', 'Vx{kz},Hx,Wx{b32}'],
  ]),
  row('vpermi2q', 'Chooses quadwords from two vectors; the indexes are overwritten.', { feature: 'avx512' }, [
    ['EVEX.66.0F38.W1 76 /r', 'Vx{kz},Hx,Wx{b64}'],
  ]),
  row('vpermi2ps', 'Chooses floats from two vectors; the indexes are overwritten.', { feature: 'avx512' }, [
    ['EVEX.66.0F38.W0 77 /r', 'Vx{kz},Hx,Wx{b32}'],
  ]),
  row('vpermi2pd', 'Chooses doubles from two vectors; the indexes are overwritten.', { feature: 'avx512' }, [
    ['EVEX.66.0F38.W1 77 /r', 'Vx{kz},Hx,Wx{b64}'],
  ]),
  row('vpermt2b', 'Chooses bytes from two vectors; the first vector is overwritten.', { feature: 'avx512' }, [
    ['EVEX.66.0F38.W0 7D /r', 'Vx{kz},Hx,Wx'],
  ]),
  row('vpermt2w', 'Chooses words from two vectors; the first vector is overwritten.', { feature: 'avx512' }, [
    ['EVEX.66.0F38.W1 7D /r', 'Vx{kz},Hx,Wx'],
  ]),
  row('vpermt2d', 'Chooses doublewords from two vectors; the first vector is overwritten.', { feature: 'avx512' }, [
    ['EVEX.66.0F38.W0 7E /r', 'Vx{kz},Hx,Wx{b32}'],
  ]),
  row('vpermt2q', 'Chooses quadwords from two vectors; the first vector is overwritten.', { feature: 'avx512' }, [
    ['EVEX.66.0F38.W1 7E /r', 'Vx{kz},Hx,Wx{b64}'],
  ]),
  row('vpermt2ps', 'Chooses floats from two vectors; the first vector is overwritten.', { feature: 'avx512' }, [
    ['EVEX.66.0F38.W0 7F /r', 'Vx{kz},Hx,Wx{b32}'],
  ]),
  row('vpermt2pd', 'Chooses doubles from two vectors; the first vector is overwritten.', { feature: 'avx512' }, [
    ['EVEX.66.0F38.W1 7F /r', 'Vx{kz},Hx,Wx{b64}'],
  ]),
  row('vpmultishiftqb', 'Chooses unaligned bytes out of each quadword.', { feature: 'avx512' }, [
    ['EVEX.66.0F38.W1 83 /r', 'Vx{kz},Hx,Wx{b64}'],
  ]),
  row('vpermb', 'Chooses bytes anywhere in the second source by the first.', { feature: 'avx512' }, [
    ['EVEX.66.0F38.W0 8D /r', 'Vx{kz},Hx,Wx'],
  ]),
  row('vpermw', 'Chooses words anywhere in the second source by the first.', { feature: 'avx512' }, [
    ['EVEX.66.0F38.W1 8D /r', 'Vx{kz},Hx,Wx'],
  ]),
  row('vpshufbitqmb', 'Collects chosen bits of each quadword in a mask.', { feature: 'avx512' }, [
    ['EVEX.66.0F38.W0 8F /r', 'KG{k},Hx,Wx'],
  ]),
  row(
    'vpblendd',
    'Takes each doubleword from the second source or the first, as the immediate says.',
    { feature: 'avx2' },
    [['VEX.66.0F3A.W0 02 /r ib', 'Vx,Hx,Wx,Ib']],
  ),
  row('valignd', 'Joins both sources and takes a window that starts at the given doubleword.', { feature: 'avx512' }, [
    ['EVEX.66.0F3A.W0 03 /r ib', 'Vx{kz},Hx,Wx{b32},Ib'],
  ]),
  row('valignq', 'Joins both sources and takes a window that starts at the given quadword.', { feature: 'avx512' }, [
    ['EVEX.66.0F3A.W1 03 /r ib', 'Vx{kz},Hx,Wx{b64},Ib'],
  ]),
  row('vperm2f128', 'Chooses two 16-byte halves from both sources.', { feature: 'avx' }, [
    ['VEX.256.66.0F3A.W0 06 /r ib', 'Vx,Hx,Wx,Ib'],
  ]),
  row('vblendps', 'Takes each float from the second source or the first, as the immediate says.', { feature: 'avx' }, [
    ['VEX.66.0F3A.WIG 0C /r ib', 'Vx,Hx,Wx,Ib'],
  ]),
  row('vblendpd', 'Takes each double from the second source or the first, as the immediate says.', { feature: 'avx' }, [
    ['VEX.66.0F3A.WIG 0D /r ib', 'Vx,Hx,Wx,Ib'],
  ]),
  row('vpblendw', 'Takes each word from the second source or the first, as the immediate says.', { feature: 'avx' }, [
    ['VEX.66.0F3A.WIG 0E /r ib', 'Vx,Hx,Wx,Ib'],
  ]),
  row(
    'vpalignr',
    'Joins both sources and takes a window that starts at the given byte, in each 16 bytes.',
    { feature: 'avx' },
    [
      ['VEX.66.0F3A.WIG 0F /r ib', 'Vx,Hx,Wx,Ib'],
      ['EVEX.66.0F3A.WIG 0F /r ib', 'Vx{kz},Hx,Wx,Ib'],
    ],
  ),
  row('vshuff32x4', 'Chooses groups of 16 bytes from both sources, by floats.', { feature: 'avx512' }, [
    ['EVEX.256.512.66.0F3A.W0 23 /r ib', 'Vx{kz},Hx,Wx{b32},Ib'],
  ]),
  row('vshuff64x2', 'Chooses groups of 16 bytes from both sources, by doubles.', { feature: 'avx512' }, [
    ['EVEX.256.512.66.0F3A.W1 23 /r ib', 'Vx{kz},Hx,Wx{b64},Ib'],
  ]),
  row('vshufi32x4', 'Chooses groups of 16 bytes from both sources, by doublewords.', { feature: 'avx512' }, [
    ['EVEX.256.512.66.0F3A.W0 43 /r ib', 'Vx{kz},Hx,Wx{b32},Ib'],
  ]),
  row('vshufi64x2', 'Chooses groups of 16 bytes from both sources, by quadwords.', { feature: 'avx512' }, [
    ['EVEX.256.512.66.0F3A.W1 43 /r ib', 'Vx{kz},Hx,Wx{b64},Ib'],
  ]),
  row('vperm2i128', 'Chooses two 16-byte halves from both sources.', { feature: 'avx2' }, [
    ['VEX.256.66.0F3A.W0 46 /r ib', 'Vx,Hx,Wx,Ib'],
  ]),
  row('vblendvps', 'Takes each float from the second source where the mask has a sign bit.', { feature: 'avx' }, [
    ['VEX.66.0F3A.W0 4A /r ib', 'Vx,Hx,Wx,Lx'],
  ]),
  row('vblendvpd', 'Takes each double from the second source where the mask has a sign bit.', { feature: 'avx' }, [
    ['VEX.66.0F3A.W0 4B /r ib', 'Vx,Hx,Wx,Lx'],
  ]),
  row('vpblendvb', 'Takes each byte from the second source where the mask has its top bit set.', { feature: 'avx' }, [
    ['VEX.66.0F3A.W0 4C /r ib', 'Vx,Hx,Wx,Lx'],
  ]),
];
