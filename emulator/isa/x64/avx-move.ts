/** AVX, AVX2 and AVX-512 data movement: copies, broadcasts, inserts and extracts, masked moves, gathers and scatters. */
import { row } from './define.ts';
import type { Row } from './row.ts';

export const avxMove: readonly Row[] = [
  row('vmovups', 'Copies a vector; memory need not be aligned.', { feature: 'avx' }, [
    ['VEX.0F.WIG 10 /r', 'Vx,Wx'],
    ['EVEX.0F.W0 10 /r', 'Vx{kz},Wx'],
    ['VEX.0F.WIG 11 /r', 'Wx,Vx'],
    ['EVEX.0F.W0 11 /r', 'Wx{kz},Vx'],
  ]),
  row('vmovupd', 'Copies a vector; memory need not be aligned.', { feature: 'avx' }, [
    ['VEX.66.0F.WIG 10 /r', 'Vx,Wx'],
    ['EVEX.66.0F.W1 10 /r', 'Vx{kz},Wx'],
    ['VEX.66.0F.WIG 11 /r', 'Wx,Vx'],
    ['EVEX.66.0F.W1 11 /r', 'Wx{kz},Vx'],
  ]),
  row(
    'vmovss',
    'Copies a 32-bit float; a load clears the rest, between registers the rest comes from the first source.',
    { feature: 'avx' },
    [
      ['VEX.LIG.F3.0F.WIG 10 /r', 'Vdq,Hdq,Udq'],
      ['VEX.LIG.F3.0F.WIG 10 /r', 'Vdq,Md'],
      ['EVEX.LIG.F3.0F.W0 10 /r', 'Vdq{kz},Hdq,Udq'],
      ['EVEX.LIG.F3.0F.W0 10 /r', 'Vdq{kz},Md'],
      ['VEX.LIG.F3.0F.WIG 11 /r', 'Udq,Hdq,Vdq'],
      ['VEX.LIG.F3.0F.WIG 11 /r', 'Md,Vdq'],
      ['EVEX.LIG.F3.0F.W0 11 /r', 'Udq{kz},Hdq,Vdq'],
      ['EVEX.LIG.F3.0F.W0 11 /r', 'Md{k},Vdq'],
    ],
  ),
  row(
    'vmovsd',
    'Copies a 64-bit float; a load clears the rest, between registers the rest comes from the first source.',
    { feature: 'avx' },
    [
      ['VEX.LIG.F2.0F.WIG 10 /r', 'Vdq,Hdq,Udq'],
      ['VEX.LIG.F2.0F.WIG 10 /r', 'Vdq,Mq'],
      ['EVEX.LIG.F2.0F.W1 10 /r', 'Vdq{kz},Hdq,Udq'],
      ['EVEX.LIG.F2.0F.W1 10 /r', 'Vdq{kz},Mq'],
      ['VEX.LIG.F2.0F.WIG 11 /r', 'Udq,Hdq,Vdq'],
      ['VEX.LIG.F2.0F.WIG 11 /r', 'Mq,Vdq'],
      ['EVEX.LIG.F2.0F.W1 11 /r', 'Udq{kz},Hdq,Vdq'],
      ['EVEX.LIG.F2.0F.W1 11 /r', 'Mq{k},Vdq'],
    ],
  ),
  row('vmovhlps', 'Joins the high halves of two registers.', { feature: 'avx' }, [
    ['VEX.128.0F.WIG 12 /r', 'Vx,Hx,Ux'],
    ['EVEX.128.0F.W0 12 /r', 'Vx,Hx,Ux'],
  ]),
  row(
    'vmovlps',
    'Copies the low 8 bytes from or to memory; the rest comes from the first source.',
    { feature: 'avx' },
    [
      ['VEX.128.0F.WIG 12 /r', 'Vx,Hx,Mq'],
      ['EVEX.128.0F.W0 12 /r', 'Vx,Hx,Mq'],
      ['VEX.128.0F.WIG 13 /r', 'Mq,Vx'],
      ['EVEX.128.0F.W0 13 /r', 'Mq,Vx'],
    ],
  ),
  row(
    'vmovlpd',
    'Copies the low 8 bytes from or to memory; the rest comes from the first source.',
    { feature: 'avx' },
    [
      ['VEX.128.66.0F.WIG 12 /r', 'Vx,Hx,Mq'],
      ['EVEX.128.66.0F.W1 12 /r', 'Vx,Hx,Mq'],
      ['VEX.128.66.0F.WIG 13 /r', 'Mq,Vx'],
      ['EVEX.128.66.0F.W1 13 /r', 'Mq,Vx'],
    ],
  ),
  row('vmovsldup', 'Copies the even-numbered floats, each twice.', { feature: 'avx' }, [
    ['VEX.F3.0F.WIG 12 /r', 'Vx,Wx'],
    ['EVEX.F3.0F.W0 12 /r', 'Vx{kz},Wx'],
  ]),
  row('vmovddup', 'Copies the even-numbered quadwords, each twice.', { feature: 'avx' }, [
    ['VEX.128.F2.0F.WIG 12 /r', 'Vx,Wq'],
    ['VEX.256.F2.0F.WIG 12 /r', 'Vx,Wx'],
    ['EVEX.128.F2.0F.W1 12 /r', 'Vx{kz},Wq'],
    ['EVEX.256.512.F2.0F.W1 12 /r', 'Vx{kz},Wx'],
  ]),
  row('vmovlhps', 'Joins the low halves of two registers.', { feature: 'avx' }, [
    ['VEX.128.0F.WIG 16 /r', 'Vx,Hx,Ux'],
    ['EVEX.128.0F.W0 16 /r', 'Vx,Hx,Ux'],
  ]),
  row(
    'vmovhps',
    'Copies the high 8 bytes from or to memory; the rest comes from the first source.',
    { feature: 'avx' },
    [
      ['VEX.128.0F.WIG 16 /r', 'Vx,Hx,Mq'],
      ['EVEX.128.0F.W0 16 /r', 'Vx,Hx,Mq'],
      ['VEX.128.0F.WIG 17 /r', 'Mq,Vx'],
      ['EVEX.128.0F.W0 17 /r', 'Mq,Vx'],
    ],
  ),
  row(
    'vmovhpd',
    'Copies the high 8 bytes from or to memory; the rest comes from the first source.',
    { feature: 'avx' },
    [
      ['VEX.128.66.0F.WIG 16 /r', 'Vx,Hx,Mq'],
      ['EVEX.128.66.0F.W1 16 /r', 'Vx,Hx,Mq'],
      ['VEX.128.66.0F.WIG 17 /r', 'Mq,Vx'],
      ['EVEX.128.66.0F.W1 17 /r', 'Mq,Vx'],
    ],
  ),
  row('vmovshdup', 'Copies the odd-numbered floats, each twice.', { feature: 'avx' }, [
    ['VEX.F3.0F.WIG 16 /r', 'Vx,Wx'],
    ['EVEX.F3.0F.W0 16 /r', 'Vx{kz},Wx'],
  ]),
  row('vmovaps', 'Copies a vector; memory must be aligned to its size.', { feature: 'avx' }, [
    ['VEX.0F.WIG 28 /r', 'Vx,Wx'],
    ['EVEX.0F.W0 28 /r', 'Vx{kz},Wx'],
    ['VEX.0F.WIG 29 /r', 'Wx,Vx'],
    ['EVEX.0F.W0 29 /r', 'Wx{kz},Vx'],
  ]),
  row('vmovapd', 'Copies a vector; memory must be aligned to its size.', { feature: 'avx' }, [
    ['VEX.66.0F.WIG 28 /r', 'Vx,Wx'],
    ['EVEX.66.0F.W1 28 /r', 'Vx{kz},Wx'],
    ['VEX.66.0F.WIG 29 /r', 'Wx,Vx'],
    ['EVEX.66.0F.W1 29 /r', 'Wx{kz},Vx'],
  ]),
  row('vmovntps', 'Stores a vector past the caches.', { feature: 'avx' }, [
    ['VEX.0F.WIG 2B /r', 'Mx,Vx'],
    ['EVEX.0F.W0 2B /r', 'Mx,Vx'],
  ]),
  row('vmovntpd', 'Stores a vector past the caches.', { feature: 'avx' }, [
    ['VEX.66.0F.WIG 2B /r', 'Mx,Vx'],
    ['EVEX.66.0F.W1 2B /r', 'Mx,Vx'],
  ]),
  row('vmovmskps', 'Collects the sign bits of the floats in a register.', { feature: 'avx' }, [
    ['VEX.0F 50 /r', 'Gy,Ux'],
  ]),
  row('vmovmskpd', 'Collects the sign bits of the doubles in a register.', { feature: 'avx' }, [
    ['VEX.66.0F 50 /r', 'Gy,Ux'],
  ]),
  row(
    'vmovd',
    'Copies 4 bytes (VMOVQ: 8) between a general and a vector register, and clears the rest.',
    { feature: 'avx' },
    [
      ['VEX.128.66.0F 6E /r', 'Vx,Ey'],
      ['EVEX.128.66.0F 6E /r', 'Vx,Ey'],
      ['VEX.128.66.0F 7E /r', 'Ey,Vx'],
      ['EVEX.128.66.0F 7E /r', 'Ey,Vx'],
    ],
  ),
  row('vmovq', 'Copies 8 bytes between registers or memory, and clears the rest.', { feature: 'avx' }, [
    ['VEX.128.F3.0F.WIG 7E /r', 'Vx,Wq'],
    ['EVEX.128.F3.0F.W1 7E /r', 'Vx,Wq'],
    ['VEX.128.66.0F.WIG D6 /r', 'Wq,Vx'],
    ['EVEX.128.66.0F.W1 D6 /r', 'Wq,Vx'],
  ]),
  row('vmovdqa', 'Copies a vector; memory must be aligned to its size.', { feature: 'avx' }, [
    ['VEX.66.0F.WIG 6F /r', 'Vx,Wx'],
    ['VEX.66.0F.WIG 7F /r', 'Wx,Vx'],
  ]),
  row(
    'vmovdqa32',
    'Copies a vector by elements of 32 bits; memory must be aligned to its size.',
    { feature: 'avx512' },
    [
      ['EVEX.66.0F.W0 6F /r', 'Vx{kz},Wx'],
      ['EVEX.66.0F.W0 7F /r', 'Wx{kz},Vx'],
    ],
  ),
  row(
    'vmovdqa64',
    'Copies a vector by elements of 64 bits; memory must be aligned to its size.',
    { feature: 'avx512' },
    [
      ['EVEX.66.0F.W1 6F /r', 'Vx{kz},Wx'],
      ['EVEX.66.0F.W1 7F /r', 'Wx{kz},Vx'],
    ],
  ),
  row('vmovdqu', 'Copies a vector; memory need not be aligned.', { feature: 'avx' }, [
    ['VEX.F3.0F.WIG 6F /r', 'Vx,Wx'],
    ['VEX.F3.0F.WIG 7F /r', 'Wx,Vx'],
  ]),
  row('vmovdqu32', 'Copies a vector by elements of 32 bits.', { feature: 'avx512' }, [
    ['EVEX.F3.0F.W0 6F /r', 'Vx{kz},Wx'],
    ['EVEX.F3.0F.W0 7F /r', 'Wx{kz},Vx'],
  ]),
  row('vmovdqu64', 'Copies a vector by elements of 64 bits.', { feature: 'avx512' }, [
    ['EVEX.F3.0F.W1 6F /r', 'Vx{kz},Wx'],
    ['EVEX.F3.0F.W1 7F /r', 'Wx{kz},Vx'],
  ]),
  row('vmovdqu8', 'Copies a vector by elements of 8 bits.', { feature: 'avx512' }, [
    ['EVEX.F2.0F.W0 6F /r', 'Vx{kz},Wx'],
    ['EVEX.F2.0F.W0 7F /r', 'Wx{kz},Vx'],
  ]),
  row('vmovdqu16', 'Copies a vector by elements of 16 bits.', { feature: 'avx512' }, [
    ['EVEX.F2.0F.W1 6F /r', 'Vx{kz},Wx'],
    ['EVEX.F2.0F.W1 7F /r', 'Wx{kz},Vx'],
  ]),
  row(
    'vzeroupper',
    'Clears the upper halves of all vector registers; done before code that uses SSE.',
    { feature: 'avx' },
    [['VEX.128.0F.WIG 77', '']],
  ),
  row('vzeroall', 'Clears all vector registers.', { feature: 'avx' }, [['VEX.256.0F.WIG 77', '']]),
  row('vldmxcsr', 'Loads the SSE control and status register.', { feature: 'avx' }, [['VEX.L0.0F.WIG AE /2', 'Md']]),
  row('vstmxcsr', 'Stores the SSE control and status register.', { feature: 'avx' }, [['VEX.L0.0F.WIG AE /3', 'Md']]),
  row('vpinsrw', 'Copies the first source with one word replaced.', { feature: 'avx' }, [
    ['VEX.128.66.0F C4 /r ib', 'Vx,Hx,Ry,Ib'],
    ['VEX.128.66.0F C4 /r ib', 'Vx,Hx,Mw,Ib'],
    ['EVEX.128.66.0F C4 /r ib', 'Vx,Hx,Ry,Ib'],
    ['EVEX.128.66.0F C4 /r ib', 'Vx,Hx,Mw,Ib'],
  ]),
  row('vpextrw', 'Copies one word of a vector to a general register or memory.', { feature: 'avx' }, [
    ['VEX.128.66.0F C5 /r ib', 'Gy,Ux,Ib'],
    ['EVEX.128.66.0F C5 /r ib', 'Gy,Ux,Ib'],
    ['VEX.128.66.0F3A 15 /r ib', 'Ry,Vx,Ib'],
    ['VEX.128.66.0F3A 15 /r ib', 'Mw,Vx,Ib'],
    ['EVEX.128.66.0F3A 15 /r ib', 'Ry,Vx,Ib'],
    ['EVEX.128.66.0F3A 15 /r ib', 'Mw,Vx,Ib'],
  ]),
  row('vpmovmskb', 'Collects the top bits of the bytes in a register.', { feature: 'avx' }, [
    ['VEX.66.0F D7 /r', 'Gy,Ux'],
  ]),
  row('vmovntdq', 'Stores a vector past the caches.', { feature: 'avx' }, [
    ['VEX.66.0F.WIG E7 /r', 'Mx,Vx'],
    ['EVEX.66.0F.W0 E7 /r', 'Mx,Vx'],
  ]),
  row('vlddqu', 'Loads a vector that need not be aligned.', { feature: 'avx' }, [['VEX.F2.0F.WIG F0 /r', 'Vx,Mx']]),
  row('vmaskmovdqu', 'Stores at [RDI] the bytes whose mask byte has its top bit set.', { feature: 'avx' }, [
    ['VEX.128.66.0F.WIG F7 /r', 'Vx,Ux'],
  ]),
  row('vbroadcastss', 'Copies one float to every place.', { feature: 'avx' }, [
    ['VEX.66.0F38.W0 18 /r', 'Vx,Md'],
    ['EVEX.66.0F38.W0 18 /r', 'Vx{kz},Wd'],
    ['VEX.66.0F38.W0 18 /r', 'Vx,Uh'],
  ]),
  row('vbroadcastsd', 'Copies one double to every place.', { feature: 'avx' }, [
    ['VEX.256.66.0F38.W0 19 /r', 'Vx,Mq'],
    ['EVEX.256.512.66.0F38.W1 19 /r', 'Vx{kz},Wq'],
    ['VEX.256.66.0F38.W0 19 /r', 'Vx,Udq'],
  ]),
  row('vbroadcastf32x2', 'Copies a group of 2 floats until the vector is full.', { feature: 'avx512' }, [
    ['EVEX.256.512.66.0F38.W0 19 /r', 'Vx{kz},Wq'],
  ]),
  row('vbroadcastf128', 'Copies 16 bytes of memory to both halves.', { feature: 'avx' }, [
    ['VEX.256.66.0F38.W0 1A /r', 'Vx,Mdq'],
  ]),
  row('vbroadcastf32x4', 'Copies a group of 4 floats until the vector is full.', { feature: 'avx512' }, [
    ['EVEX.256.512.66.0F38.W0 1A /r', 'Vx{kz},Mdq'],
  ]),
  row('vbroadcastf64x2', 'Copies a group of 2 doubles until the vector is full.', { feature: 'avx512' }, [
    ['EVEX.256.512.66.0F38.W1 1A /r', 'Vx{kz},Mdq'],
  ]),
  row('vbroadcastf32x8', 'Copies a group of 8 floats until the vector is full.', { feature: 'avx512' }, [
    ['EVEX.512.66.0F38.W0 1B /r', 'Vx{kz},Mqq'],
  ]),
  row('vbroadcastf64x4', 'Copies a group of 4 doubles until the vector is full.', { feature: 'avx512' }, [
    ['EVEX.512.66.0F38.W1 1B /r', 'Vx{kz},Mqq'],
  ]),
  row('vpmovm2b', 'Turns each bit of a mask into a byte of ones or zeros.', { feature: 'avx512' }, [
    ['EVEX.F3.0F38.W0 28 /r', 'Vx,KR'],
  ]),
  row('vpmovm2w', 'Turns each bit of a mask into a word of ones or zeros.', { feature: 'avx512' }, [
    ['EVEX.F3.0F38.W1 28 /r', 'Vx,KR'],
  ]),
  row('vpmovb2m', 'Collects the top bits of bytes in a mask.', { feature: 'avx512' }, [
    ['EVEX.F3.0F38.W0 29 /r', 'KG,Ux'],
  ]),
  row('vpmovw2m', 'Collects the top bits of words in a mask.', { feature: 'avx512' }, [
    ['EVEX.F3.0F38.W1 29 /r', 'KG,Ux'],
  ]),
  row('vmovntdqa', 'Loads a vector past the caches.', { feature: 'avx' }, [
    ['VEX.66.0F38.WIG 2A /r', 'Vx,Mx'],
    ['EVEX.66.0F38.W0 2A /r', 'Vx,Mx'],
  ]),
  row('vpbroadcastmb2q', 'Copies a mask to every quadword.', { feature: 'avx512' }, [
    ['EVEX.F3.0F38.W1 2A /r', 'Vx,KR'],
  ]),
  row('vmaskmovps', 'Loads or stores those floats whose mask has the top bit set.', { feature: 'avx' }, [
    ['VEX.66.0F38.W0 2C /r', 'Vx,Hx,Mx'],
    ['VEX.66.0F38.W0 2E /r', 'Mx,Hx,Vx'],
  ]),
  row('vmaskmovpd', 'Loads or stores those doubles whose mask has the top bit set.', { feature: 'avx' }, [
    ['VEX.66.0F38.W0 2D /r', 'Vx,Hx,Mx'],
    ['VEX.66.0F38.W0 2F /r', 'Mx,Hx,Vx'],
  ]),
  row('vpmovm2d', 'Turns each bit of a mask into a doubleword of ones or zeros.', { feature: 'avx512' }, [
    ['EVEX.F3.0F38.W0 38 /r', 'Vx,KR'],
  ]),
  row('vpmovm2q', 'Turns each bit of a mask into a quadword of ones or zeros.', { feature: 'avx512' }, [
    ['EVEX.F3.0F38.W1 38 /r', 'Vx,KR'],
  ]),
  row('vpmovd2m', 'Collects the top bits of doublewords in a mask.', { feature: 'avx512' }, [
    ['EVEX.F3.0F38.W0 39 /r', 'KG,Ux'],
  ]),
  row('vpmovq2m', 'Collects the top bits of quadwords in a mask.', { feature: 'avx512' }, [
    ['EVEX.F3.0F38.W1 39 /r', 'KG,Ux'],
  ]),
  row('vpbroadcastmw2d', 'Copies a mask to every doubleword.', { feature: 'avx512' }, [
    ['EVEX.F3.0F38.W0 3A /r', 'Vx,KR'],
  ]),
  row('vpbroadcastd', 'Copies one doubleword to every place.', { feature: 'avx2' }, [
    ['VEX.66.0F38.W0 58 /r', 'Vx,Wd'],
    ['EVEX.66.0F38.W0 58 /r', 'Vx{kz},Wd'],
    ['EVEX.66.0F38.W0 7C /r', 'Vx{kz},Rd'],
  ]),
  row('vpbroadcastq', 'Copies one quadword to every place.', { feature: 'avx2' }, [
    ['VEX.66.0F38.W0 59 /r', 'Vx,Wq'],
    ['EVEX.66.0F38.W1 59 /r', 'Vx{kz},Wq'],
    ['EVEX.66.0F38.W1 7C /r', 'Vx{kz},Rq'],
  ]),
  row('vbroadcasti32x2', 'Copies a group of 2 doublewords until the vector is full.', { feature: 'avx512' }, [
    ['EVEX.66.0F38.W0 59 /r', 'Vx{kz},Wq'],
  ]),
  row('vbroadcasti128', 'Copies 16 bytes of memory to both halves.', { feature: 'avx2' }, [
    ['VEX.256.66.0F38.W0 5A /r', 'Vx,Mdq'],
  ]),
  row('vbroadcasti32x4', 'Copies a group of 4 doublewords until the vector is full.', { feature: 'avx512' }, [
    ['EVEX.256.512.66.0F38.W0 5A /r', 'Vx{kz},Mdq'],
  ]),
  row('vbroadcasti64x2', 'Copies a group of 2 quadwords until the vector is full.', { feature: 'avx512' }, [
    ['EVEX.256.512.66.0F38.W1 5A /r', 'Vx{kz},Mdq'],
  ]),
  row('vbroadcasti32x8', 'Copies a group of 8 doublewords until the vector is full.', { feature: 'avx512' }, [
    ['EVEX.512.66.0F38.W0 5B /r', 'Vx{kz},Mqq'],
  ]),
  row('vbroadcasti64x4', 'Copies a group of 4 quadwords until the vector is full.', { feature: 'avx512' }, [
    ['EVEX.512.66.0F38.W1 5B /r', 'Vx{kz},Mqq'],
  ]),
  row('vpexpandb', 'Spreads bytes to the places that the mask chooses.', { feature: 'avx512' }, [
    ['EVEX.66.0F38.W0 62 /r', 'Vx{kz},Wx{n1}'],
  ]),
  row('vpexpandw', 'Spreads words to the places that the mask chooses.', { feature: 'avx512' }, [
    ['EVEX.66.0F38.W1 62 /r', 'Vx{kz},Wx{n2}'],
  ]),
  row('vpcompressb', 'Packs the bytes that the mask chooses together.', { feature: 'avx512' }, [
    ['EVEX.66.0F38.W0 63 /r', 'Wx{kz}{n1},Vx'],
  ]),
  row('vpcompressw', 'Packs the words that the mask chooses together.', { feature: 'avx512' }, [
    ['EVEX.66.0F38.W1 63 /r', 'Wx{kz}{n2},Vx'],
  ]),
  row('vpbroadcastb', 'Copies one byte to every place.', { feature: 'avx2' }, [
    ['VEX.66.0F38.W0 78 /r', 'Vx,Wb'],
    ['EVEX.66.0F38.W0 78 /r', 'Vx{kz},Wb'],
    ['EVEX.66.0F38.W0 7A /r', 'Vx{kz},Rd'],
  ]),
  row('vpbroadcastw', 'Copies one word to every place.', { feature: 'avx2' }, [
    ['VEX.66.0F38.W0 79 /r', 'Vx,Ww'],
    ['EVEX.66.0F38.W0 79 /r', 'Vx{kz},Ww'],
    ['EVEX.66.0F38.W0 7B /r', 'Vx{kz},Rd'],
  ]),
  row('vexpandps', 'Spreads floats to the places that the mask chooses.', { feature: 'avx512' }, [
    ['EVEX.66.0F38.W0 88 /r', 'Vx{kz},Wx{n4}'],
  ]),
  row('vexpandpd', 'Spreads doubles to the places that the mask chooses.', { feature: 'avx512' }, [
    ['EVEX.66.0F38.W1 88 /r', 'Vx{kz},Wx{n8}'],
  ]),
  row('vpexpandd', 'Spreads doublewords to the places that the mask chooses.', { feature: 'avx512' }, [
    ['EVEX.66.0F38.W0 89 /r', 'Vx{kz},Wx{n4}'],
  ]),
  row('vpexpandq', 'Spreads quadwords to the places that the mask chooses.', { feature: 'avx512' }, [
    ['EVEX.66.0F38.W1 89 /r', 'Vx{kz},Wx{n8}'],
  ]),
  row('vcompressps', 'Packs the floats that the mask chooses together.', { feature: 'avx512' }, [
    ['EVEX.66.0F38.W0 8A /r', 'Wx{kz}{n4},Vx'],
  ]),
  row('vcompresspd', 'Packs the doubles that the mask chooses together.', { feature: 'avx512' }, [
    ['EVEX.66.0F38.W1 8A /r', 'Wx{kz}{n8},Vx'],
  ]),
  row('vpcompressd', 'Packs the doublewords that the mask chooses together.', { feature: 'avx512' }, [
    ['EVEX.66.0F38.W0 8B /r', 'Wx{kz}{n4},Vx'],
  ]),
  row('vpcompressq', 'Packs the quadwords that the mask chooses together.', { feature: 'avx512' }, [
    ['EVEX.66.0F38.W1 8B /r', 'Wx{kz}{n8},Vx'],
  ]),
  row('vpmaskmovd', 'Loads or stores those doublewords whose mask has the top bit set.', { feature: 'avx2' }, [
    ['VEX.66.0F38.W0 8C /r', 'Vx,Hx,Mx'],
    ['VEX.66.0F38.W0 8E /r', 'Mx,Hx,Vx'],
  ]),
  row('vpmaskmovq', 'Loads or stores those quadwords whose mask has the top bit set.', { feature: 'avx2' }, [
    ['VEX.66.0F38.W1 8C /r', 'Vx,Hx,Mx'],
    ['VEX.66.0F38.W1 8E /r', 'Mx,Hx,Vx'],
  ]),
  row('vpgatherdd', 'Loads doublewords from addresses in a vector, where the mask says.', { feature: 'avx2' }, [
    ['VEX.66.0F38.W0 90 /r', 'Vx,Mvx4,Hx'],
    ['EVEX.66.0F38.W0 90 /r', 'Vx{m},Mvx4'],
  ]),
  row('vpgatherdq', 'Loads quadwords from addresses in a vector, where the mask says.', { feature: 'avx2' }, [
    ['VEX.66.0F38.W1 90 /r', 'Vx,Mvh8,Hx'],
    ['EVEX.66.0F38.W1 90 /r', 'Vx{m},Mvh8'],
  ]),
  row('vpgatherqd', 'Loads doublewords from addresses in a vector, where the mask says.', { feature: 'avx2' }, [
    ['VEX.66.0F38.W0 91 /r', 'Vh,Mvx4,Hh'],
    ['EVEX.66.0F38.W0 91 /r', 'Vh{m},Mvx4'],
  ]),
  row('vpgatherqq', 'Loads quadwords from addresses in a vector, where the mask says.', { feature: 'avx2' }, [
    ['VEX.66.0F38.W1 91 /r', 'Vx,Mvx8,Hx'],
    ['EVEX.66.0F38.W1 91 /r', 'Vx{m},Mvx8'],
  ]),
  row('vgatherdps', 'Loads floats from addresses in a vector, where the mask says.', { feature: 'avx' }, [
    ['VEX.66.0F38.W0 92 /r', 'Vx,Mvx4,Hx'],
    ['EVEX.66.0F38.W0 92 /r', 'Vx{m},Mvx4'],
  ]),
  row('vgatherdpd', 'Loads doubles from addresses in a vector, where the mask says.', { feature: 'avx' }, [
    ['VEX.66.0F38.W1 92 /r', 'Vx,Mvh8,Hx'],
    ['EVEX.66.0F38.W1 92 /r', 'Vx{m},Mvh8'],
  ]),
  row('vgatherqps', 'Loads floats from addresses in a vector, where the mask says.', { feature: 'avx' }, [
    ['VEX.66.0F38.W0 93 /r', 'Vh,Mvx4,Hh'],
    ['EVEX.66.0F38.W0 93 /r', 'Vh{m},Mvx4'],
  ]),
  row('vgatherqpd', 'Loads doubles from addresses in a vector, where the mask says.', { feature: 'avx' }, [
    ['VEX.66.0F38.W1 93 /r', 'Vx,Mvx8,Hx'],
    ['EVEX.66.0F38.W1 93 /r', 'Vx{m},Mvx8'],
  ]),
  row('vpscatterdd', 'Stores doublewords to addresses in a vector, where the mask says.', { feature: 'avx512' }, [
    ['EVEX.66.0F38.W0 A0 /r', 'Mvx4{m},Vx'],
  ]),
  row('vpscatterdq', 'Stores quadwords to addresses in a vector, where the mask says.', { feature: 'avx512' }, [
    ['EVEX.66.0F38.W1 A0 /r', 'Mvh8{m},Vx'],
  ]),
  row('vpscatterqd', 'Stores doublewords to addresses in a vector, where the mask says.', { feature: 'avx512' }, [
    ['EVEX.66.0F38.W0 A1 /r', 'Mvx4{m},Vh'],
  ]),
  row('vpscatterqq', 'Stores quadwords to addresses in a vector, where the mask says.', { feature: 'avx512' }, [
    ['EVEX.66.0F38.W1 A1 /r', 'Mvx8{m},Vx'],
  ]),
  row('vscatterdps', 'Stores floats to addresses in a vector, where the mask says.', { feature: 'avx512' }, [
    ['EVEX.66.0F38.W0 A2 /r', 'Mvx4{m},Vx'],
  ]),
  row('vscatterdpd', 'Stores doubles to addresses in a vector, where the mask says.', { feature: 'avx512' }, [
    ['EVEX.66.0F38.W1 A2 /r', 'Mvh8{m},Vx'],
  ]),
  row('vscatterqps', 'Stores floats to addresses in a vector, where the mask says.', { feature: 'avx512' }, [
    ['EVEX.66.0F38.W0 A3 /r', 'Mvx4{m},Vh'],
  ]),
  row('vscatterqpd', 'Stores doubles to addresses in a vector, where the mask says.', { feature: 'avx512' }, [
    ['EVEX.66.0F38.W1 A3 /r', 'Mvx8{m},Vx'],
  ]),
  row(
    'vgatherpf0dps',
    'Hint: brings floats at addresses in a vector into the first-level cache.',
    { feature: 'avx512' },
    [['EVEX.512.66.0F38.W0 C6 /1', 'Mvx4{m}']],
  ),
  row(
    'vgatherpf0dpd',
    'Hint: brings doubles at addresses in a vector into the first-level cache.',
    { feature: 'avx512' },
    [['EVEX.512.66.0F38.W1 C6 /1', 'Mvh8{m}']],
  ),
  row(
    'vgatherpf1dps',
    'Hint: brings floats at addresses in a vector into the second-level cache.',
    { feature: 'avx512' },
    [['EVEX.512.66.0F38.W0 C6 /2', 'Mvx4{m}']],
  ),
  row(
    'vgatherpf1dpd',
    'Hint: brings doubles at addresses in a vector into the second-level cache.',
    { feature: 'avx512' },
    [['EVEX.512.66.0F38.W1 C6 /2', 'Mvh8{m}']],
  ),
  row(
    'vscatterpf0dps',
    'Hint: brings floats at addresses in a vector into the first-level cache, to be written.',
    { feature: 'avx512' },
    [['EVEX.512.66.0F38.W0 C6 /5', 'Mvx4{m}']],
  ),
  row(
    'vscatterpf0dpd',
    'Hint: brings doubles at addresses in a vector into the first-level cache, to be written.',
    { feature: 'avx512' },
    [['EVEX.512.66.0F38.W1 C6 /5', 'Mvh8{m}']],
  ),
  row(
    'vscatterpf1dps',
    'Hint: brings floats at addresses in a vector into the second-level cache, to be written.',
    { feature: 'avx512' },
    [['EVEX.512.66.0F38.W0 C6 /6', 'Mvx4{m}']],
  ),
  row(
    'vscatterpf1dpd',
    'Hint: brings doubles at addresses in a vector into the second-level cache, to be written.',
    { feature: 'avx512' },
    [['EVEX.512.66.0F38.W1 C6 /6', 'Mvh8{m}']],
  ),
  row(
    'vgatherpf0qps',
    'Hint: brings floats at addresses in a vector into the first-level cache.',
    { feature: 'avx512' },
    [['EVEX.512.66.0F38.W0 C7 /1', 'Mvx4{m}']],
  ),
  row(
    'vgatherpf0qpd',
    'Hint: brings doubles at addresses in a vector into the first-level cache.',
    { feature: 'avx512' },
    [['EVEX.512.66.0F38.W1 C7 /1', 'Mvx8{m}']],
  ),
  row(
    'vgatherpf1qps',
    'Hint: brings floats at addresses in a vector into the second-level cache.',
    { feature: 'avx512' },
    [['EVEX.512.66.0F38.W0 C7 /2', 'Mvx4{m}']],
  ),
  row(
    'vgatherpf1qpd',
    'Hint: brings doubles at addresses in a vector into the second-level cache.',
    { feature: 'avx512' },
    [['EVEX.512.66.0F38.W1 C7 /2', 'Mvx8{m}']],
  ),
  row(
    'vscatterpf0qps',
    'Hint: brings floats at addresses in a vector into the first-level cache, to be written.',
    { feature: 'avx512' },
    [['EVEX.512.66.0F38.W0 C7 /5', 'Mvx4{m}']],
  ),
  row(
    'vscatterpf0qpd',
    'Hint: brings doubles at addresses in a vector into the first-level cache, to be written.',
    { feature: 'avx512' },
    [['EVEX.512.66.0F38.W1 C7 /5', 'Mvx8{m}']],
  ),
  row(
    'vscatterpf1qps',
    'Hint: brings floats at addresses in a vector into the second-level cache, to be written.',
    { feature: 'avx512' },
    [['EVEX.512.66.0F38.W0 C7 /6', 'Mvx4{m}']],
  ),
  row(
    'vscatterpf1qpd',
    'Hint: brings doubles at addresses in a vector into the second-level cache, to be written.',
    { feature: 'avx512' },
    [['EVEX.512.66.0F38.W1 C7 /6', 'Mvx8{m}']],
  ),
  row('vpextrb', 'Copies one byte of a vector to a general register or memory.', { feature: 'avx' }, [
    ['VEX.128.66.0F3A 14 /r ib', 'Ry,Vx,Ib'],
    ['VEX.128.66.0F3A 14 /r ib', 'Mb,Vx,Ib'],
    ['EVEX.128.66.0F3A 14 /r ib', 'Ry,Vx,Ib'],
    ['EVEX.128.66.0F3A 14 /r ib', 'Mb,Vx,Ib'],
  ]),
  row(
    'vpextrd',
    'Copies one doubleword (VPEXTRQ: quadword) of a vector to a general register or memory.',
    { feature: 'avx' },
    [
      ['VEX.128.66.0F3A 16 /r ib', 'Ey,Vx,Ib'],
      ['EVEX.128.66.0F3A 16 /r ib', 'Ey,Vx,Ib'],
    ],
  ),
  row('vextractps', 'Copies one float of a vector to a general register or memory.', { feature: 'avx' }, [
    ['VEX.128.66.0F3A.W0 17 /r ib', 'Ed,Vx,Ib'],
    ['VEX.128.66.0F3A.W1 17 /r ib', 'Rq,Vx,Ib'],
    ['VEX.128.66.0F3A.W1 17 /r ib', 'Md,Vx,Ib'],
    ['EVEX.128.66.0F3A.W0 17 /r ib', 'Ed,Vx,Ib'],
    ['EVEX.128.66.0F3A.W1 17 /r ib', 'Rq,Vx,Ib'],
    ['EVEX.128.66.0F3A.W1 17 /r ib', 'Md,Vx,Ib'],
  ]),
  row('vinsertf128', 'Copies the first source with 16 bytes replaced.', { feature: 'avx' }, [
    ['VEX.256.66.0F3A.W0 18 /r ib', 'Vx,Hx,Wdq,Ib'],
  ]),
  row('vinsertf32x4', 'Copies the first source with a group of 4 floats replaced.', { feature: 'avx512' }, [
    ['EVEX.256.512.66.0F3A.W0 18 /r ib', 'Vx{kz},Hx,Wdq,Ib'],
  ]),
  row('vinsertf64x2', 'Copies the first source with a group of 2 doubles replaced.', { feature: 'avx512' }, [
    ['EVEX.256.512.66.0F3A.W1 18 /r ib', 'Vx{kz},Hx,Wdq,Ib'],
  ]),
  row('vextractf128', 'Copies 16 bytes out of a vector.', { feature: 'avx' }, [
    ['VEX.256.66.0F3A.W0 19 /r ib', 'Wdq,Vx,Ib'],
  ]),
  row('vextractf32x4', 'Copies a group of 4 floats out of a vector.', { feature: 'avx512' }, [
    ['EVEX.256.512.66.0F3A.W0 19 /r ib', 'Wdq{kz},Vx,Ib'],
  ]),
  row('vextractf64x2', 'Copies a group of 2 doubles out of a vector.', { feature: 'avx512' }, [
    ['EVEX.256.512.66.0F3A.W1 19 /r ib', 'Wdq{kz},Vx,Ib'],
  ]),
  row('vinsertf32x8', 'Copies the first source with a group of 8 floats replaced.', { feature: 'avx512' }, [
    ['EVEX.512.66.0F3A.W0 1A /r ib', 'Vx{kz},Hx,Wqq,Ib'],
  ]),
  row('vinsertf64x4', 'Copies the first source with a group of 4 doubles replaced.', { feature: 'avx512' }, [
    ['EVEX.512.66.0F3A.W1 1A /r ib', 'Vx{kz},Hx,Wqq,Ib'],
  ]),
  row('vextractf32x8', 'Copies a group of 8 floats out of a vector.', { feature: 'avx512' }, [
    ['EVEX.512.66.0F3A.W0 1B /r ib', 'Wqq{kz},Vx,Ib'],
  ]),
  row('vextractf64x4', 'Copies a group of 4 doubles out of a vector.', { feature: 'avx512' }, [
    ['EVEX.512.66.0F3A.W1 1B /r ib', 'Wqq{kz},Vx,Ib'],
  ]),
  row('vpinsrb', 'Copies the first source with one byte replaced.', { feature: 'avx' }, [
    ['VEX.128.66.0F3A 20 /r ib', 'Vx,Hx,Ry,Ib'],
    ['VEX.128.66.0F3A 20 /r ib', 'Vx,Hx,Mb,Ib'],
    ['EVEX.128.66.0F3A 20 /r ib', 'Vx,Hx,Ry,Ib'],
    ['EVEX.128.66.0F3A 20 /r ib', 'Vx,Hx,Mb,Ib'],
  ]),
  row(
    'vinsertps',
    'Copies the first source with one float replaced, and clears those the mask names.',
    { feature: 'avx' },
    [
      ['VEX.128.66.0F3A.WIG 21 /r ib', 'Vx,Hx,Wd,Ib'],
      ['EVEX.128.66.0F3A.W0 21 /r ib', 'Vx,Hx,Wd,Ib'],
    ],
  ),
  row('vpinsrd', 'Copies the first source with one doubleword (VPINSRQ: quadword) replaced.', { feature: 'avx' }, [
    ['VEX.128.66.0F3A 22 /r ib', 'Vx,Hx,Ey,Ib'],
    ['EVEX.128.66.0F3A 22 /r ib', 'Vx,Hx,Ey,Ib'],
  ]),
  row('vinserti128', 'Copies the first source with 16 bytes replaced.', { feature: 'avx2' }, [
    ['VEX.256.66.0F3A.W0 38 /r ib', 'Vx,Hx,Wdq,Ib'],
  ]),
  row('vinserti32x4', 'Copies the first source with a group of 4 doublewords replaced.', { feature: 'avx512' }, [
    ['EVEX.256.512.66.0F3A.W0 38 /r ib', 'Vx{kz},Hx,Wdq,Ib'],
  ]),
  row('vinserti64x2', 'Copies the first source with a group of 2 quadwords replaced.', { feature: 'avx512' }, [
    ['EVEX.256.512.66.0F3A.W1 38 /r ib', 'Vx{kz},Hx,Wdq,Ib'],
  ]),
  row('vextracti128', 'Copies 16 bytes out of a vector.', { feature: 'avx2' }, [
    ['VEX.256.66.0F3A.W0 39 /r ib', 'Wdq,Vx,Ib'],
  ]),
  row('vextracti32x4', 'Copies a group of 4 doublewords out of a vector.', { feature: 'avx512' }, [
    ['EVEX.256.512.66.0F3A.W0 39 /r ib', 'Wdq{kz},Vx,Ib'],
  ]),
  row('vextracti64x2', 'Copies a group of 2 quadwords out of a vector.', { feature: 'avx512' }, [
    ['EVEX.256.512.66.0F3A.W1 39 /r ib', 'Wdq{kz},Vx,Ib'],
  ]),
  row('vinserti32x8', 'Copies the first source with a group of 8 doublewords replaced.', { feature: 'avx512' }, [
    ['EVEX.512.66.0F3A.W0 3A /r ib', 'Vx{kz},Hx,Wqq,Ib'],
  ]),
  row('vinserti64x4', 'Copies the first source with a group of 4 quadwords replaced.', { feature: 'avx512' }, [
    ['EVEX.512.66.0F3A.W1 3A /r ib', 'Vx{kz},Hx,Wqq,Ib'],
  ]),
  row('vextracti32x8', 'Copies a group of 8 doublewords out of a vector.', { feature: 'avx512' }, [
    ['EVEX.512.66.0F3A.W0 3B /r ib', 'Wqq{kz},Vx,Ib'],
  ]),
  row('vextracti64x4', 'Copies a group of 4 quadwords out of a vector.', { feature: 'avx512' }, [
    ['EVEX.512.66.0F3A.W1 3B /r ib', 'Wqq{kz},Vx,Ib'],
  ]),
];
