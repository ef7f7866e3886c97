/** Cryptography: AES, carry-less multiplication, SHA. */
import { row } from './define.ts';
import type { Row } from './row.ts';

export const crypto: readonly Row[] = [
  row('aesenc', 'One round of AES encryption.', { feature: 'aes' }, [['66 0F 38 DC /r', 'Vdq,Wdq']]),
  row('aesenclast', 'The last round of AES encryption.', { feature: 'aes' }, [['66 0F 38 DD /r', 'Vdq,Wdq']]),
  row('aesdec', 'One round of AES decryption.', { feature: 'aes' }, [['66 0F 38 DE /r', 'Vdq,Wdq']]),
  row('aesdeclast', 'The last round of AES decryption.', { feature: 'aes' }, [['66 0F 38 DF /r', 'Vdq,Wdq']]),
  row('aesimc', 'Turns an encryption round key into a decryption round key.', { feature: 'aes' }, [
    ['66 0F 38 DB /r', 'Vdq,Wdq'],
  ]),
  row('aeskeygenassist', 'Helps to compute the next AES round key.', { feature: 'aes' }, [
    ['66 0F 3A DF /r ib', 'Vdq,Wdq,Ib'],
  ]),
  row('pclmulqdq', 'Multiplies two quadwords without carries: as polynomials.', { feature: 'pclmulqdq' }, [
    ['66 0F 3A 44 /r ib', 'Vdq,Wdq,Ib'],
  ]),
  row('sha1nexte', 'Computes the next E of SHA-1 and adds it to message words.', { feature: 'sha' }, [
    ['NP 0F 38 C8 /r', 'Vdq,Wdq'],
  ]),
  row('sha1msg1', 'First half of the SHA-1 message schedule.', { feature: 'sha' }, [['NP 0F 38 C9 /r', 'Vdq,Wdq']]),
  row('sha1msg2', 'Second half of the SHA-1 message schedule.', { feature: 'sha' }, [['NP 0F 38 CA /r', 'Vdq,Wdq']]),
  row('sha1rnds4', 'Four rounds of SHA-1.', { feature: 'sha' }, [['NP 0F 3A CC /r ib', 'Vdq,Wdq,Ib']]),
  row('sha256rnds2', 'Two rounds of SHA-256; message words and constants come in XMM0.', { feature: 'sha' }, [
    ['NP 0F 38 CB /r', 'Vdq,Wdq,XMM0'],
  ]),
  row('sha256msg1', 'First half of the SHA-256 message schedule.', { feature: 'sha' }, [['NP 0F 38 CC /r', 'Vdq,Wdq']]),
  row('sha256msg2', 'Second half of the SHA-256 message schedule.', { feature: 'sha' }, [
    ['NP 0F 38 CD /r', 'Vdq,Wdq'],
  ]),
  ...(
    [
      ['gf2p8mulb', '66 0F 38 CF /r', 'Vx,Wx', 'Multiplies bytes in the field of AES.'],
      ['gf2p8affineqb', '66 0F 3A CE /r ib', 'Vx,Wx,Ib', 'Applies a bit matrix to bytes and adds a constant.'],
      [
        'gf2p8affineinvqb',
        '66 0F 3A CF /r ib',
        'Vx,Wx,Ib',
        'Inverts bytes in the field of AES, then applies a bit matrix.',
      ],
    ] as const
  ).map(([name, encoding, operands, sentence]) => row(name, sentence, { feature: 'other' }, [[encoding, operands]])),
];
