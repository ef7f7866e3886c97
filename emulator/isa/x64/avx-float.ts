/** AVX and AVX-512 floating-point arithmetic, comparison and logic. */
import { row } from './define.ts';
import type { Row } from './row.ts';

export const avxFloat: readonly Row[] = [
  row(
    'vucomiss',
    'Compares two floats and sets ZF, PF, CF; unordered sets all three; a quiet NaN is no error.',
    { feature: 'avx', writes: 'oszapc' },
    [
      ['VEX.LIG.0F.WIG 2E /r', 'Vdq,Wd'],
      ['EVEX.LIG.0F.W0 2E /r', 'Vdq,Wd{sae}'],
    ],
  ),
  row(
    'vucomisd',
    'Compares two doubles and sets ZF, PF, CF; unordered sets all three; a quiet NaN is no error.',
    { feature: 'avx', writes: 'oszapc' },
    [
      ['VEX.LIG.66.0F.WIG 2E /r', 'Vdq,Wq'],
      ['EVEX.LIG.66.0F.W1 2E /r', 'Vdq,Wq{sae}'],
    ],
  ),
  row(
    'vcomiss',
    'Compares two floats and sets ZF, PF, CF; any NaN is an invalid operation.',
    { feature: 'avx', writes: 'oszapc' },
    [
      ['VEX.LIG.0F.WIG 2F /r', 'Vdq,Wd'],
      ['EVEX.LIG.0F.W0 2F /r', 'Vdq,Wd{sae}'],
    ],
  ),
  row(
    'vcomisd',
    'Compares two doubles and sets ZF, PF, CF; any NaN is an invalid operation.',
    { feature: 'avx', writes: 'oszapc' },
    [
      ['VEX.LIG.66.0F.WIG 2F /r', 'Vdq,Wq'],
      ['EVEX.LIG.66.0F.W1 2F /r', 'Vdq,Wq{sae}'],
    ],
  ),
  row('vsqrtps', 'Takes the square root of floats.', { feature: 'avx' }, [
    ['VEX.0F.WIG 51 /r', 'Vx,Wx'],
    ['EVEX.0F.W0 51 /r', 'Vx{kz},Wx{b32}{er}'],
  ]),
  row('vsqrtpd', 'Takes the square root of doubles.', { feature: 'avx' }, [
    ['VEX.66.0F.WIG 51 /r', 'Vx,Wx'],
    ['EVEX.66.0F.W1 51 /r', 'Vx{kz},Wx{b64}{er}'],
  ]),
  row(
    'vsqrtss',
    'Takes the square root of the lowest float; the rest comes from the first source.',
    { feature: 'avx' },
    [
      ['VEX.LIG.F3.0F.WIG 51 /r', 'Vdq,Hdq,Wd'],
      ['EVEX.LIG.F3.0F.W0 51 /r', 'Vdq{kz},Hdq,Wd{er}'],
    ],
  ),
  row(
    'vsqrtsd',
    'Takes the square root of the lowest double; the rest comes from the first source.',
    { feature: 'avx' },
    [
      ['VEX.LIG.F2.0F.WIG 51 /r', 'Vdq,Hdq,Wq'],
      ['EVEX.LIG.F2.0F.W1 51 /r', 'Vdq{kz},Hdq,Wq{er}'],
    ],
  ),
  row('vrsqrtps', 'Approximates one over the square root of floats.', { feature: 'avx' }, [
    ['VEX.0F.WIG 52 /r', 'Vx,Wx'],
  ]),
  row(
    'vrsqrtss',
    'Approximates one over the square root of the lowest float; the rest comes from the first source.',
    { feature: 'avx' },
    [['VEX.LIG.F3.0F.WIG 52 /r', 'Vdq,Hdq,Wd']],
  ),
  row('vrcpps', 'Approximates one over floats.', { feature: 'avx' }, [['VEX.0F.WIG 53 /r', 'Vx,Wx']]),
  row('vrcpss', 'Approximates one over the lowest float; the rest comes from the first source.', { feature: 'avx' }, [
    ['VEX.LIG.F3.0F.WIG 53 /r', 'Vdq,Hdq,Wd'],
  ]),
  row('vandps', 'Keeps the bits set in both, seen as floats.', { feature: 'avx' }, [
    ['VEX.0F.WIG 54 /r', 'Vx,Hx,Wx'],
    ['EVEX.0F.W0 54 /r', 'Vx{kz},Hx,Wx{b32}'],
  ]),
  row('vandpd', 'Keeps the bits set in both, seen as doubles.', { feature: 'avx' }, [
    ['VEX.66.0F.WIG 54 /r', 'Vx,Hx,Wx'],
    ['EVEX.66.0F.W1 54 /r', 'Vx{kz},Hx,Wx{b64}'],
  ]),
  row('vandnps', 'Keeps the bits of the second source that the first does not have.', { feature: 'avx' }, [
    ['VEX.0F.WIG 55 /r', 'Vx,Hx,Wx'],
    ['EVEX.0F.W0 55 /r', 'Vx{kz},Hx,Wx{b32}'],
  ]),
  row('vandnpd', 'Keeps the bits of the second source that the first does not have.', { feature: 'avx' }, [
    ['VEX.66.0F.WIG 55 /r', 'Vx,Hx,Wx'],
    ['EVEX.66.0F.W1 55 /r', 'Vx{kz},Hx,Wx{b64}'],
  ]),
  row('vorps', 'Sets the bits set in either, seen as floats.', { feature: 'avx' }, [
    ['VEX.0F.WIG 56 /r', 'Vx,Hx,Wx'],
    ['EVEX.0F.W0 56 /r', 'Vx{kz},Hx,Wx{b32}'],
  ]),
  row('vorpd', 'Sets the bits set in either, seen as doubles.', { feature: 'avx' }, [
    ['VEX.66.0F.WIG 56 /r', 'Vx,Hx,Wx'],
    ['EVEX.66.0F.W1 56 /r', 'Vx{kz},Hx,Wx{b64}'],
  ]),
  row('vxorps', 'Sets the bits that differ, seen as floats.', { feature: 'avx' }, [
    ['VEX.0F.WIG 57 /r', 'Vx,Hx,Wx'],
    ['EVEX.0F.W0 57 /r', 'Vx{kz},Hx,Wx{b32}'],
  ]),
  row('vxorpd', 'Sets the bits that differ, seen as doubles.', { feature: 'avx' }, [
    ['VEX.66.0F.WIG 57 /r', 'Vx,Hx,Wx'],
    ['EVEX.66.0F.W1 57 /r', 'Vx{kz},Hx,Wx{b64}'],
  ]),
  row('vaddps', 'Adds floats.', { feature: 'avx' }, [
    ['VEX.0F.WIG 58 /r', 'Vx,Hx,Wx'],
    ['EVEX.0F.W0 58 /r', 'Vx{kz},Hx,Wx{b32}{er}'],
  ]),
  row('vaddpd', 'Adds doubles.', { feature: 'avx' }, [
    ['VEX.66.0F.WIG 58 /r', 'Vx,Hx,Wx'],
    ['EVEX.66.0F.W1 58 /r', 'Vx{kz},Hx,Wx{b64}{er}'],
  ]),
  row('vaddss', 'Adds the lowest floats of both sources; the rest comes from the first source.', { feature: 'avx' }, [
    ['VEX.LIG.F3.0F.WIG 58 /r', 'Vdq,Hdq,Wd'],
    ['EVEX.LIG.F3.0F.W0 58 /r', 'Vdq{kz},Hdq,Wd{er}'],
  ]),
  row('vaddsd', 'Adds the lowest doubles of both sources; the rest comes from the first source.', { feature: 'avx' }, [
    ['VEX.LIG.F2.0F.WIG 58 /r', 'Vdq,Hdq,Wq'],
    ['EVEX.LIG.F2.0F.W1 58 /r', 'Vdq{kz},Hdq,Wq{er}'],
  ]),
  row('vmulps', 'Multiplies floats.', { feature: 'avx' }, [
    ['VEX.0F.WIG 59 /r', 'Vx,Hx,Wx'],
    ['EVEX.0F.W0 59 /r', 'Vx{kz},Hx,Wx{b32}{er}'],
  ]),
  row('vmulpd', 'Multiplies doubles.', { feature: 'avx' }, [
    ['VEX.66.0F.WIG 59 /r', 'Vx,Hx,Wx'],
    ['EVEX.66.0F.W1 59 /r', 'Vx{kz},Hx,Wx{b64}{er}'],
  ]),
  row(
    'vmulss',
    'Multiplies the lowest floats of both sources; the rest comes from the first source.',
    { feature: 'avx' },
    [
      ['VEX.LIG.F3.0F.WIG 59 /r', 'Vdq,Hdq,Wd'],
      ['EVEX.LIG.F3.0F.W0 59 /r', 'Vdq{kz},Hdq,Wd{er}'],
    ],
  ),
  row(
    'vmulsd',
    'Multiplies the lowest doubles of both sources; the rest comes from the first source.',
    { feature: 'avx' },
    [
      ['VEX.LIG.F2.0F.WIG 59 /r', 'Vdq,Hdq,Wq'],
      ['EVEX.LIG.F2.0F.W1 59 /r', 'Vdq{kz},Hdq,Wq{er}'],
    ],
  ),
  row('vsubps', 'Subtracts floats of the second source from the first.', { feature: 'avx' }, [
    ['VEX.0F.WIG 5C /r', 'Vx,Hx,Wx'],
    ['EVEX.0F.W0 5C /r', 'Vx{kz},Hx,Wx{b32}{er}'],
  ]),
  row('vsubpd', 'Subtracts doubles of the second source from the first.', { feature: 'avx' }, [
    ['VEX.66.0F.WIG 5C /r', 'Vx,Hx,Wx'],
    ['EVEX.66.0F.W1 5C /r', 'Vx{kz},Hx,Wx{b64}{er}'],
  ]),
  row(
    'vsubss',
    'Subtracts the lowest float of the second source from the first; the rest comes from the first.',
    { feature: 'avx' },
    [
      ['VEX.LIG.F3.0F.WIG 5C /r', 'Vdq,Hdq,Wd'],
      ['EVEX.LIG.F3.0F.W0 5C /r', 'Vdq{kz},Hdq,Wd{er}'],
    ],
  ),
  row(
    'vsubsd',
    'Subtracts the lowest double of the second source from the first; the rest comes from the first.',
    { feature: 'avx' },
    [
      ['VEX.LIG.F2.0F.WIG 5C /r', 'Vdq,Hdq,Wq'],
      ['EVEX.LIG.F2.0F.W1 5C /r', 'Vdq{kz},Hdq,Wq{er}'],
    ],
  ),
  row('vminps', 'Keeps the smaller floats; of a NaN or two zeros it takes the second source.', { feature: 'avx' }, [
    ['VEX.0F.WIG 5D /r', 'Vx,Hx,Wx'],
    ['EVEX.0F.W0 5D /r', 'Vx{kz},Hx,Wx{b32}{sae}'],
  ]),
  row('vminpd', 'Keeps the smaller doubles; of a NaN or two zeros it takes the second source.', { feature: 'avx' }, [
    ['VEX.66.0F.WIG 5D /r', 'Vx,Hx,Wx'],
    ['EVEX.66.0F.W1 5D /r', 'Vx{kz},Hx,Wx{b64}{sae}'],
  ]),
  row('vminss', 'Keeps the smaller float; of a NaN or two zeros it takes the second source.', { feature: 'avx' }, [
    ['VEX.LIG.F3.0F.WIG 5D /r', 'Vdq,Hdq,Wd'],
    ['EVEX.LIG.F3.0F.W0 5D /r', 'Vdq{kz},Hdq,Wd{sae}'],
  ]),
  row('vminsd', 'Keeps the smaller double; of a NaN or two zeros it takes the second source.', { feature: 'avx' }, [
    ['VEX.LIG.F2.0F.WIG 5D /r', 'Vdq,Hdq,Wq'],
    ['EVEX.LIG.F2.0F.W1 5D /r', 'Vdq{kz},Hdq,Wq{sae}'],
  ]),
  row('vdivps', 'Divides floats of the first source by the second.', { feature: 'avx' }, [
    ['VEX.0F.WIG 5E /r', 'Vx,Hx,Wx'],
    ['EVEX.0F.W0 5E /r', 'Vx{kz},Hx,Wx{b32}{er}'],
  ]),
  row('vdivpd', 'Divides doubles of the first source by the second.', { feature: 'avx' }, [
    ['VEX.66.0F.WIG 5E /r', 'Vx,Hx,Wx'],
    ['EVEX.66.0F.W1 5E /r', 'Vx{kz},Hx,Wx{b64}{er}'],
  ]),
  row(
    'vdivss',
    'Divides the lowest float of the first source by the second; the rest comes from the first.',
    { feature: 'avx' },
    [
      ['VEX.LIG.F3.0F.WIG 5E /r', 'Vdq,Hdq,Wd'],
      ['EVEX.LIG.F3.0F.W0 5E /r', 'Vdq{kz},Hdq,Wd{er}'],
    ],
  ),
  row(
    'vdivsd',
    'Divides the lowest double of the first source by the second; the rest comes from the first.',
    { feature: 'avx' },
    [
      ['VEX.LIG.F2.0F.WIG 5E /r', 'Vdq,Hdq,Wq'],
      ['EVEX.LIG.F2.0F.W1 5E /r', 'Vdq{kz},Hdq,Wq{er}'],
    ],
  ),
  row('vmaxps', 'Keeps the larger floats; of a NaN or two zeros it takes the second source.', { feature: 'avx' }, [
    ['VEX.0F.WIG 5F /r', 'Vx,Hx,Wx'],
    ['EVEX.0F.W0 5F /r', 'Vx{kz},Hx,Wx{b32}{sae}'],
  ]),
  row('vmaxpd', 'Keeps the larger doubles; of a NaN or two zeros it takes the second source.', { feature: 'avx' }, [
    ['VEX.66.0F.WIG 5F /r', 'Vx,Hx,Wx'],
    ['EVEX.66.0F.W1 5F /r', 'Vx{kz},Hx,Wx{b64}{sae}'],
  ]),
  row('vmaxss', 'Keeps the larger float; of a NaN or two zeros it takes the second source.', { feature: 'avx' }, [
    ['VEX.LIG.F3.0F.WIG 5F /r', 'Vdq,Hdq,Wd'],
    ['EVEX.LIG.F3.0F.W0 5F /r', 'Vdq{kz},Hdq,Wd{sae}'],
  ]),
  row('vmaxsd', 'Keeps the larger double; of a NaN or two zeros it takes the second source.', { feature: 'avx' }, [
    ['VEX.LIG.F2.0F.WIG 5F /r', 'Vdq,Hdq,Wq'],
    ['EVEX.LIG.F2.0F.W1 5F /r', 'Vdq{kz},Hdq,Wq{sae}'],
  ]),
  row('vhaddpd', 'Adds neighbouring doubles of both sources.', { feature: 'avx' }, [
    ['VEX.66.0F.WIG 7C /r', 'Vx,Hx,Wx'],
  ]),
  row('vhaddps', 'Adds neighbouring floats of both sources.', { feature: 'avx' }, [
    ['VEX.F2.0F.WIG 7C /r', 'Vx,Hx,Wx'],
  ]),
  row('vhsubpd', 'Subtracts neighbouring doubles of both sources.', { feature: 'avx' }, [
    ['VEX.66.0F.WIG 7D /r', 'Vx,Hx,Wx'],
  ]),
  row('vhsubps', 'Subtracts neighbouring floats of both sources.', { feature: 'avx' }, [
    ['VEX.F2.0F.WIG 7D /r', 'Vx,Hx,Wx'],
  ]),
  row(
    'vcmpps',
    'Compares floats by one of 32 predicates; the result is all ones or all zeros, or a mask bit.',
    { feature: 'avx' },
    [
      ['VEX.0F.WIG C2 /r ib', 'Vx,Hx,Wx,Ib'],
      ['EVEX.0F.W0 C2 /r ib', 'KG{k},Hx,Wx{b32}{sae},Ib'],
    ],
  ),
  row(
    'vcmppd',
    'Compares doubles by one of 32 predicates; the result is all ones or all zeros, or a mask bit.',
    { feature: 'avx' },
    [
      ['VEX.66.0F.WIG C2 /r ib', 'Vx,Hx,Wx,Ib'],
      ['EVEX.66.0F.W1 C2 /r ib', 'KG{k},Hx,Wx{b64}{sae},Ib'],
    ],
  ),
  row(
    'vcmpss',
    'Compares the lowest float by one of 32 predicates; the result is all ones or all zeros, or a mask bit.',
    { feature: 'avx' },
    [
      ['VEX.LIG.F3.0F.WIG C2 /r ib', 'Vdq,Hdq,Wd,Ib'],
      ['EVEX.LIG.F3.0F.W0 C2 /r ib', 'KG{k},Hdq,Wd{sae},Ib'],
    ],
  ),
  row(
    'vcmpsd',
    'Compares the lowest double by one of 32 predicates; the result is all ones or all zeros, or a mask bit.',
    { feature: 'avx' },
    [
      ['VEX.LIG.F2.0F.WIG C2 /r ib', 'Vdq,Hdq,Wq,Ib'],
      ['EVEX.LIG.F2.0F.W1 C2 /r ib', 'KG{k},Hdq,Wq{sae},Ib'],
    ],
  ),
  row('vaddsubpd', 'Subtracts the even-numbered doubles and adds the odd-numbered.', { feature: 'avx' }, [
    ['VEX.66.0F.WIG D0 /r', 'Vx,Hx,Wx'],
  ]),
  row('vaddsubps', 'Subtracts the even-numbered floats and adds the odd-numbered.', { feature: 'avx' }, [
    ['VEX.F2.0F.WIG D0 /r', 'Vx,Hx,Wx'],
  ]),
  row('vtestps', 'Sets ZF and CF like VPTEST, from the sign bits of floats.', { feature: 'avx', writes: 'oszapc' }, [
    ['VEX.66.0F38.W0 0E /r', 'Vx,Wx'],
  ]),
  row('vtestpd', 'Sets ZF and CF like VPTEST, from the sign bits of doubles.', { feature: 'avx', writes: 'oszapc' }, [
    ['VEX.66.0F38.W0 0F /r', 'Vx,Wx'],
  ]),
  row('vscalefps', 'Multiplies floats by powers of two.', { feature: 'avx512' }, [
    ['EVEX.66.0F38.W0 2C /r', 'Vx{kz},Hx,Wx{b32}{er}'],
  ]),
  row('vscalefpd', 'Multiplies doubles by powers of two.', { feature: 'avx512' }, [
    ['EVEX.66.0F38.W1 2C /r', 'Vx{kz},Hx,Wx{b64}{er}'],
  ]),
  row('vscalefss', 'Multiplies the lowest float by powers of two.', { feature: 'avx512' }, [
    ['EVEX.LIG.66.0F38.W0 2D /r', 'Vdq{kz},Hdq,Wd{er}'],
  ]),
  row('vscalefsd', 'Multiplies the lowest double by powers of two.', { feature: 'avx512' }, [
    ['EVEX.LIG.66.0F38.W1 2D /r', 'Vdq{kz},Hdq,Wq{er}'],
  ]),
  row('vgetexpps', 'Takes the exponent of floats, as a floating-point number.', { feature: 'avx512' }, [
    ['EVEX.66.0F38.W0 42 /r', 'Vx{kz},Wx{b32}{sae}'],
  ]),
  row('vgetexppd', 'Takes the exponent of doubles, as a floating-point number.', { feature: 'avx512' }, [
    ['EVEX.66.0F38.W1 42 /r', 'Vx{kz},Wx{b64}{sae}'],
  ]),
  row('vgetexpss', 'Takes the exponent of the lowest float, as a floating-point number.', { feature: 'avx512' }, [
    ['EVEX.LIG.66.0F38.W0 43 /r', 'Vdq{kz},Hdq,Wd{sae}'],
  ]),
  row('vgetexpsd', 'Takes the exponent of the lowest double, as a floating-point number.', { feature: 'avx512' }, [
    ['EVEX.LIG.66.0F38.W1 43 /r', 'Vdq{kz},Hdq,Wq{sae}'],
  ]),
  row('vrcp14ps', 'Approximates one over floats to 14 bits.', { feature: 'avx512' }, [
    ['EVEX.66.0F38.W0 4C /r', 'Vx{kz},Wx{b32}'],
  ]),
  row('vrcp14pd', 'Approximates one over doubles to 14 bits.', { feature: 'avx512' }, [
    ['EVEX.66.0F38.W1 4C /r', 'Vx{kz},Wx{b64}'],
  ]),
  row('vrcp14ss', 'Approximates one over the lowest float to 14 bits.', { feature: 'avx512' }, [
    ['EVEX.LIG.66.0F38.W0 4D /r', 'Vdq{kz},Hdq,Wd'],
  ]),
  row('vrcp14sd', 'Approximates one over the lowest double to 14 bits.', { feature: 'avx512' }, [
    ['EVEX.LIG.66.0F38.W1 4D /r', 'Vdq{kz},Hdq,Wq'],
  ]),
  row('vrsqrt14ps', 'Approximates one over the square root of floats to 14 bits.', { feature: 'avx512' }, [
    ['EVEX.66.0F38.W0 4E /r', 'Vx{kz},Wx{b32}'],
  ]),
  row('vrsqrt14pd', 'Approximates one over the square root of doubles to 14 bits.', { feature: 'avx512' }, [
    ['EVEX.66.0F38.W1 4E /r', 'Vx{kz},Wx{b64}'],
  ]),
  row('vrsqrt14ss', 'Approximates one over the square root of the lowest float to 14 bits.', { feature: 'avx512' }, [
    ['EVEX.LIG.66.0F38.W0 4F /r', 'Vdq{kz},Hdq,Wd'],
  ]),
  row('vrsqrt14sd', 'Approximates one over the square root of the lowest double to 14 bits.', { feature: 'avx512' }, [
    ['EVEX.LIG.66.0F38.W1 4F /r', 'Vdq{kz},Hdq,Wq'],
  ]),
  row('vpopcntb', 'Counts the set bits of bytes.', { feature: 'avx512' }, [['EVEX.66.0F38.W0 54 /r', 'Vx{kz},Wx']]),
  row('vpopcntw', 'Counts the set bits of words.', { feature: 'avx512' }, [['EVEX.66.0F38.W1 54 /r', 'Vx{kz},Wx']]),
  row('vpopcntd', 'Counts the set bits of doublewords.', { feature: 'avx512' }, [
    ['EVEX.66.0F38.W0 55 /r', 'Vx{kz},Wx{b32}'],
  ]),
  row('vpopcntq', 'Counts the set bits of quadwords.', { feature: 'avx512' }, [
    ['EVEX.66.0F38.W1 55 /r', 'Vx{kz},Wx{b64}'],
  ]),
  row('v4fmaddps', 'Multiplies floats and adds the products, four times over.', { feature: 'avx512' }, [
    ['EVEX.512.F2.0F38.W0 9A /r', 'Vx{kz},Hx{4},Mdq'],
  ]),
  row('v4fmaddss', 'Multiplies the lowest float and adds the products, four times over.', { feature: 'avx512' }, [
    ['EVEX.LIG.F2.0F38.W0 9B /r', 'Vdq{kz},Hdq{4},Mdq'],
  ]),
  row('v4fnmaddps', 'Multiplies floats and subtracts the products, four times over.', { feature: 'avx512' }, [
    ['EVEX.512.F2.0F38.W0 AA /r', 'Vx{kz},Hx{4},Mdq'],
  ]),
  row('v4fnmaddss', 'Multiplies the lowest float and subtracts the products, four times over.', { feature: 'avx512' }, [
    ['EVEX.LIG.F2.0F38.W0 AB /r', 'Vdq{kz},Hdq{4},Mdq'],
  ]),
  row('vexp2ps', 'Approximates powers of two of floats.', { feature: 'avx512' }, [
    ['EVEX.512.66.0F38.W0 C8 /r', 'Vx{kz},Wx{b32}{sae}'],
  ]),
  row('vexp2pd', 'Approximates powers of two of doubles.', { feature: 'avx512' }, [
    ['EVEX.512.66.0F38.W1 C8 /r', 'Vx{kz},Wx{b64}{sae}'],
  ]),
  row('vrcp28ps', 'Approximates one over floats to 28 bits.', { feature: 'avx512' }, [
    ['EVEX.512.66.0F38.W0 CA /r', 'Vx{kz},Wx{b32}{sae}'],
  ]),
  row('vrcp28pd', 'Approximates one over doubles to 28 bits.', { feature: 'avx512' }, [
    ['EVEX.512.66.0F38.W1 CA /r', 'Vx{kz},Wx{b64}{sae}'],
  ]),
  row('vrcp28ss', 'Approximates one over the lowest float to 28 bits.', { feature: 'avx512' }, [
    ['EVEX.LIG.66.0F38.W0 CB /r', 'Vdq{kz},Hdq,Wd{sae}'],
  ]),
  row('vrcp28sd', 'Approximates one over the lowest double to 28 bits.', { feature: 'avx512' }, [
    ['EVEX.LIG.66.0F38.W1 CB /r', 'Vdq{kz},Hdq,Wq{sae}'],
  ]),
  row('vrsqrt28ps', 'Approximates one over the square root of floats to 28 bits.', { feature: 'avx512' }, [
    ['EVEX.512.66.0F38.W0 CC /r', 'Vx{kz},Wx{b32}{sae}'],
  ]),
  row('vrsqrt28pd', 'Approximates one over the square root of doubles to 28 bits.', { feature: 'avx512' }, [
    ['EVEX.512.66.0F38.W1 CC /r', 'Vx{kz},Wx{b64}{sae}'],
  ]),
  row('vrsqrt28ss', 'Approximates one over the square root of the lowest float to 28 bits.', { feature: 'avx512' }, [
    ['EVEX.LIG.66.0F38.W0 CD /r', 'Vdq{kz},Hdq,Wd{sae}'],
  ]),
  row('vrsqrt28sd', 'Approximates one over the square root of the lowest double to 28 bits.', { feature: 'avx512' }, [
    ['EVEX.LIG.66.0F38.W1 CD /r', 'Vdq{kz},Hdq,Wq{sae}'],
  ]),
  row('vroundps', 'Rounds floats to whole numbers.', { feature: 'avx' }, [['VEX.66.0F3A.WIG 08 /r ib', 'Vx,Wx,Ib']]),
  row('vrndscaleps', 'Rounds floats to a given number of binary places.', { feature: 'avx512' }, [
    ['EVEX.66.0F3A.W0 08 /r ib', 'Vx{kz},Wx{b32}{sae},Ib'],
  ]),
  row('vroundpd', 'Rounds doubles to whole numbers.', { feature: 'avx' }, [['VEX.66.0F3A.WIG 09 /r ib', 'Vx,Wx,Ib']]),
  row('vrndscalepd', 'Rounds doubles to a given number of binary places.', { feature: 'avx512' }, [
    ['EVEX.66.0F3A.W1 09 /r ib', 'Vx{kz},Wx{b64}{sae},Ib'],
  ]),
  row('vroundss', 'Rounds the lowest float to a whole number.', { feature: 'avx' }, [
    ['VEX.LIG.66.0F3A.WIG 0A /r ib', 'Vdq,Hdq,Wd,Ib'],
  ]),
  row('vrndscaless', 'Rounds the lowest float to a given number of binary places.', { feature: 'avx512' }, [
    ['EVEX.LIG.66.0F3A.W0 0A /r ib', 'Vdq{kz},Hdq,Wd{sae},Ib'],
  ]),
  row('vroundsd', 'Rounds the lowest double to a whole number.', { feature: 'avx' }, [
    ['VEX.LIG.66.0F3A.WIG 0B /r ib', 'Vdq,Hdq,Wq,Ib'],
  ]),
  row('vrndscalesd', 'Rounds the lowest double to a given number of binary places.', { feature: 'avx512' }, [
    ['EVEX.LIG.66.0F3A.W1 0B /r ib', 'Vdq{kz},Hdq,Wq{sae},Ib'],
  ]),
  row('vgetmantps', 'Takes the significand of floats.', { feature: 'avx512' }, [
    ['EVEX.66.0F3A.W0 26 /r ib', 'Vx{kz},Wx{b32}{sae},Ib'],
  ]),
  row('vgetmantpd', 'Takes the significand of doubles.', { feature: 'avx512' }, [
    ['EVEX.66.0F3A.W1 26 /r ib', 'Vx{kz},Wx{b64}{sae},Ib'],
  ]),
  row('vgetmantss', 'Takes the significand of the lowest float.', { feature: 'avx512' }, [
    ['EVEX.LIG.66.0F3A.W0 27 /r ib', 'Vdq{kz},Hdq,Wd{sae},Ib'],
  ]),
  row('vgetmantsd', 'Takes the significand of the lowest double.', { feature: 'avx512' }, [
    ['EVEX.LIG.66.0F3A.W1 27 /r ib', 'Vdq{kz},Hdq,Wq{sae},Ib'],
  ]),
  row('vdpps', 'Dot product of chosen floats, copied where the immediate says.', { feature: 'avx' }, [
    ['VEX.66.0F3A.WIG 40 /r ib', 'Vx,Hx,Wx,Ib'],
  ]),
  row('vdppd', 'Dot product of chosen doubles, copied where the immediate says.', { feature: 'avx' }, [
    ['VEX.128.66.0F3A.WIG 41 /r ib', 'Vx,Hx,Wx,Ib'],
  ]),
  row(
    'vrangeps',
    'Keeps the smaller or larger of floats, by value or magnitude, as the immediate says.',
    { feature: 'avx512' },
    [['EVEX.66.0F3A.W0 50 /r ib', 'Vx{kz},Hx,Wx{b32}{sae},Ib']],
  ),
  row(
    'vrangepd',
    'Keeps the smaller or larger of doubles, by value or magnitude, as the immediate says.',
    { feature: 'avx512' },
    [['EVEX.66.0F3A.W1 50 /r ib', 'Vx{kz},Hx,Wx{b64}{sae},Ib']],
  ),
  row(
    'vrangess',
    'Keeps the smaller or larger of the lowest float, by value or magnitude, as the immediate says.',
    { feature: 'avx512' },
    [['EVEX.LIG.66.0F3A.W0 51 /r ib', 'Vdq{kz},Hdq,Wd{sae},Ib']],
  ),
  row(
    'vrangesd',
    'Keeps the smaller or larger of the lowest double, by value or magnitude, as the immediate says.',
    { feature: 'avx512' },
    [['EVEX.LIG.66.0F3A.W1 51 /r ib', 'Vdq{kz},Hdq,Wq{sae},Ib']],
  ),
  row('vfixupimmps', 'Replaces special values of floats by a table.', { feature: 'avx512' }, [
    ['EVEX.66.0F3A.W0 54 /r ib', 'Vx{kz},Hx,Wx{b32}{sae},Ib'],
  ]),
  row('vfixupimmpd', 'Replaces special values of doubles by a table.', { feature: 'avx512' }, [
    ['EVEX.66.0F3A.W1 54 /r ib', 'Vx{kz},Hx,Wx{b64}{sae},Ib'],
  ]),
  row('vfixupimmss', 'Replaces special values of the lowest float by a table.', { feature: 'avx512' }, [
    ['EVEX.LIG.66.0F3A.W0 55 /r ib', 'Vdq{kz},Hdq,Wd{sae},Ib'],
  ]),
  row('vfixupimmsd', 'Replaces special values of the lowest double by a table.', { feature: 'avx512' }, [
    ['EVEX.LIG.66.0F3A.W1 55 /r ib', 'Vdq{kz},Hdq,Wq{sae},Ib'],
  ]),
  row('vreduceps', 'Takes what rounding floats to a given number of binary places would drop.', { feature: 'avx512' }, [
    ['EVEX.66.0F3A.W0 56 /r ib', 'Vx{kz},Wx{b32}{sae},Ib'],
  ]),
  row(
    'vreducepd',
    'Takes what rounding doubles to a given number of binary places would drop.',
    { feature: 'avx512' },
    [['EVEX.66.0F3A.W1 56 /r ib', 'Vx{kz},Wx{b64}{sae},Ib']],
  ),
  row(
    'vreducess',
    'Takes what rounding the lowest float to a given number of binary places would drop.',
    { feature: 'avx512' },
    [['EVEX.LIG.66.0F3A.W0 57 /r ib', 'Vdq{kz},Hdq,Wd{sae},Ib']],
  ),
  row(
    'vreducesd',
    'Takes what rounding the lowest double to a given number of binary places would drop.',
    { feature: 'avx512' },
    [['EVEX.LIG.66.0F3A.W1 57 /r ib', 'Vdq{kz},Hdq,Wq{sae},Ib']],
  ),
  row('vfpclassps', 'Tells in a mask whether floats are of the kinds the immediate names.', { feature: 'avx512' }, [
    ['EVEX.66.0F3A.W0 66 /r ib', 'KG{k},Wx{b32},Ib'],
  ]),
  row('vfpclasspd', 'Tells in a mask whether doubles are of the kinds the immediate names.', { feature: 'avx512' }, [
    ['EVEX.66.0F3A.W1 66 /r ib', 'KG{k},Wx{b64},Ib'],
  ]),
  row(
    'vfpclassss',
    'Tells in a mask whether the lowest float is of the kinds the immediate names.',
    { feature: 'avx512' },
    [['EVEX.LIG.66.0F3A.W0 67 /r ib', 'KG{k},Wd,Ib']],
  ),
  row(
    'vfpclasssd',
    'Tells in a mask whether the lowest double is of the kinds the immediate names.',
    { feature: 'avx512' },
    [['EVEX.LIG.66.0F3A.W1 67 /r ib', 'KG{k},Wq,Ib']],
  ),
];
