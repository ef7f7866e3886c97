/** Cryptography on AVX registers. */
import { row } from './define.ts';
import type { Row } from './row.ts';

export const avxCrypto: readonly Row[] = [
  row('vgf2p8mulb', 'Multiplies bytes in the field of AES.', { feature: 'other' }, [
    ['VEX.66.0F38.W0 CF /r', 'Vx,Hx,Wx'],
    ['EVEX.66.0F38.W0 CF /r', 'Vx{kz},Hx,Wx'],
  ]),
  row('vaesimc', 'Turns an encryption round key into a decryption round key.', { feature: 'avx' }, [
    ['VEX.128.66.0F38.WIG DB /r', 'Vx,Wx'],
  ]),
  row('vaesenc', 'One round of AES encryption.', { feature: 'avx' }, [
    ['VEX.66.0F38.WIG DC /r', 'Vx,Hx,Wx'],
    ['EVEX.66.0F38.WIG DC /r', 'Vx,Hx,Wx'],
  ]),
  row('vaesenclast', 'The last round of AES encryption.', { feature: 'avx' }, [
    ['VEX.66.0F38.WIG DD /r', 'Vx,Hx,Wx'],
    ['EVEX.66.0F38.WIG DD /r', 'Vx,Hx,Wx'],
  ]),
  row('vaesdec', 'One round of AES decryption.', { feature: 'avx' }, [
    ['VEX.66.0F38.WIG DE /r', 'Vx,Hx,Wx'],
    ['EVEX.66.0F38.WIG DE /r', 'Vx,Hx,Wx'],
  ]),
  row('vaesdeclast', 'The last round of AES decryption.', { feature: 'avx' }, [
    ['VEX.66.0F38.WIG DF /r', 'Vx,Hx,Wx'],
    ['EVEX.66.0F38.WIG DF /r', 'Vx,Hx,Wx'],
  ]),
  row('vpclmulqdq', 'Multiplies quadwords without carries: as polynomials.', { feature: 'avx' }, [
    ['VEX.66.0F3A.WIG 44 /r ib', 'Vx,Hx,Wx,Ib'],
    ['EVEX.66.0F3A.WIG 44 /r ib', 'Vx,Hx,Wx,Ib'],
  ]),
  row('vgf2p8affineqb', 'Applies a bit matrix to bytes and adds a constant.', { feature: 'other' }, [
    ['VEX.66.0F3A.W1 CE /r ib', 'Vx,Hx,Wx,Ib'],
    ['EVEX.66.0F3A.W1 CE /r ib', 'Vx{kz},Hx,Wx{b64},Ib'],
  ]),
  row('vgf2p8affineinvqb', 'Inverts bytes in the field of AES, then applies a bit matrix.', { feature: 'other' }, [
    ['VEX.66.0F3A.W1 CF /r ib', 'Vx,Hx,Wx,Ib'],
    ['EVEX.66.0F3A.W1 CF /r ib', 'Vx{kz},Hx,Wx{b64},Ib'],
  ]),
  row('vaeskeygenassist', 'Helps to compute the next AES round key.', { feature: 'avx' }, [
    ['VEX.128.66.0F3A.WIG DF /r ib', 'Vx,Wx,Ib'],
  ]),
];
