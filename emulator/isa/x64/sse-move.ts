/** SSE and SSE2 data movement: between vector registers, memory and general registers. */
import { type FormText, row } from './define.ts';
import type { Row } from './row.ts';

/** Load and store forms of a packed move: the store opcode is one above the load's, or given. */
const both = (prefix: string, load: string, store: string, v: string, w: string): FormText[] => [
  [`${prefix} 0F ${load} /r`, `${v},${w}`],
  [`${prefix} 0F ${store} /r`, `${w},${v}`],
];

export const sseMove: readonly Row[] = [
  row(
    'movups',
    'Copies 16 bytes; memory need not be aligned.',
    { feature: 'sse' },
    both('NP', '10', '11', 'Vps', 'Wps'),
  ),
  row(
    'movupd',
    'Copies 16 bytes; memory need not be aligned.',
    { feature: 'sse2' },
    both('66', '10', '11', 'Vpd', 'Wpd'),
  ),
  row(
    'movaps',
    'Copies 16 bytes; memory must be aligned to 16.',
    { feature: 'sse' },
    both('NP', '28', '29', 'Vps', 'Wps'),
  ),
  row(
    'movapd',
    'Copies 16 bytes; memory must be aligned to 16.',
    { feature: 'sse2' },
    both('66', '28', '29', 'Vpd', 'Wpd'),
  ),
  row(
    'movdqu',
    'Copies 16 bytes; memory need not be aligned.',
    { feature: 'sse2' },
    both('F3', '6F', '7F', 'Vx', 'Wx'),
  ),
  row(
    'movdqa',
    'Copies 16 bytes; memory must be aligned to 16.',
    { feature: 'sse2' },
    both('66', '6F', '7F', 'Vx', 'Wx'),
  ),

  row(
    'movss',
    'Copies a 32-bit float; a load clears the rest of the register, a register copy keeps it.',
    { feature: 'sse' },
    both('F3', '10', '11', 'Vss', 'Wss'),
  ),
  row(
    'movsd',
    'Copies a 64-bit float; a load clears the rest of the register, a register copy keeps it.',
    { feature: 'sse2' },
    both('F2', '10', '11', 'Vsd', 'Wsd'),
  ),

  row('movlps', 'Copies the low 8 bytes of a register from or to memory and keeps the rest.', { feature: 'sse' }, [
    ['NP 0F 12 /r', 'Vq,Mq'],
    ['NP 0F 13 /r', 'Mq,Vq'],
  ]),
  row('movlpd', 'Copies the low 8 bytes of a register from or to memory and keeps the rest.', { feature: 'sse2' }, [
    ['66 0F 12 /r', 'Vq,Mq'],
    ['66 0F 13 /r', 'Mq,Vq'],
  ]),
  row('movhps', 'Copies the high 8 bytes of a register from or to memory and keeps the rest.', { feature: 'sse' }, [
    ['NP 0F 16 /r', 'Vdq,Mq'],
    ['NP 0F 17 /r', 'Mq,Vdq'],
  ]),
  row('movhpd', 'Copies the high 8 bytes of a register from or to memory and keeps the rest.', { feature: 'sse2' }, [
    ['66 0F 16 /r', 'Vdq,Mq'],
    ['66 0F 17 /r', 'Mq,Vdq'],
  ]),
  row('movhlps', 'Copies the high 8 bytes of the source to the low 8 bytes of the destination.', { feature: 'sse' }, [
    ['NP 0F 12 /r', 'Vq,Udq'],
  ]),
  row('movlhps', 'Copies the low 8 bytes of the source to the high 8 bytes of the destination.', { feature: 'sse' }, [
    ['NP 0F 16 /r', 'Vdq,Uq'],
  ]),
  row('movsldup', 'Copies the even-numbered floats, each twice.', { feature: 'sse3' }, [['F3 0F 12 /r', 'Vps,Wps']]),
  row('movshdup', 'Copies the odd-numbered floats, each twice.', { feature: 'sse3' }, [['F3 0F 16 /r', 'Vps,Wps']]),
  row('movddup', 'Copies one 64-bit value into both halves.', { feature: 'sse3' }, [['F2 0F 12 /r', 'Vdq,Wq']]),
  row('lddqu', 'Loads 16 bytes that need not be aligned.', { feature: 'sse3' }, [['F2 0F F0 /r', 'Vx,Mx']]),

  row(
    'movd',
    'Copies 4 bytes (MOVQ: 8) between a general and a vector register, and clears the rest.',
    { feature: 'sse2' },
    [
      ['NP 0F 6E /r', 'Pq,Ey'],
      ['NP 0F 7E /r', 'Ey,Py'],
      ['66 0F 6E /r', 'Vdq,Ey'],
      ['66 0F 7E /r', 'Ey,Vy'],
    ],
  ),
  row(
    'movq',
    'Copies 8 bytes between registers or memory; a vector register is cleared above them.',
    { feature: 'sse2' },
    [
      ['NP 0F 6F /r', 'Pq,Qq'],
      ['NP 0F 7F /r', 'Qq,Pq'],
      ['F3 0F 7E /r', 'Vq,Wq'],
      ['66 0F D6 /r', 'Wq,Vq'],
    ],
  ),
  row('movq2dq', 'Copies an MMX register to a vector register.', { feature: 'sse2' }, [['F3 0F D6 /r', 'Vdq,Nq']]),
  row('movdq2q', 'Copies the low half of a vector register to an MMX register.', { feature: 'sse2' }, [
    ['F2 0F D6 /r', 'Pq,Uq'],
  ]),

  row('movntps', 'Stores 16 bytes past the caches.', { feature: 'sse' }, [['NP 0F 2B /r', 'Mps,Vps']]),
  row('movntpd', 'Stores 16 bytes past the caches.', { feature: 'sse2' }, [['66 0F 2B /r', 'Mpd,Vpd']]),
  row('movntdq', 'Stores 16 bytes past the caches.', { feature: 'sse2' }, [['66 0F E7 /r', 'Mx,Vx']]),
  row('movntq', 'Stores an MMX register past the caches.', { feature: 'sse' }, [['NP 0F E7 /r', 'Mq,Pq']]),
  row('movntdqa', 'Loads 16 bytes past the caches.', { feature: 'sse4.1' }, [['66 0F 38 2A /r', 'Vx,Mx']]),
  row('maskmovq', 'Stores at [RDI] the bytes whose mask byte has its top bit set.', { feature: 'sse' }, [
    ['NP 0F F7 /r', 'Pq,Nq'],
  ]),
  row('maskmovdqu', 'Stores at [RDI] the bytes whose mask byte has its top bit set.', { feature: 'sse2' }, [
    ['66 0F F7 /r', 'Vdq,Udq'],
  ]),

  row('movmskps', 'Collects the sign bits of the floats in a register.', { feature: 'sse' }, [
    ['NP 0F 50 /r', 'Gy,Ups'],
  ]),
  row('movmskpd', 'Collects the sign bits of the doubles in a register.', { feature: 'sse2' }, [
    ['66 0F 50 /r', 'Gy,Upd'],
  ]),
  row('pmovmskb', 'Collects the top bits of the bytes in a register.', { feature: 'sse2' }, [
    ['NP 0F D7 /r', 'Gy,Nq'],
    ['66 0F D7 /r', 'Gy,Ux'],
  ]),

  row('pinsrw', 'Replaces one word of the destination.', { feature: 'sse2' }, [
    ['NP 0F C4 /r ib', 'Pq,Ry,Ib'],
    ['NP 0F C4 /r ib', 'Pq,Mw,Ib'],
    ['66 0F C4 /r ib', 'Vdq,Ry,Ib'],
    ['66 0F C4 /r ib', 'Vdq,Mw,Ib'],
  ]),
  row('pextrw', 'Copies one word of the source, zero-extended.', { feature: 'sse2' }, [
    ['NP 0F C5 /r ib', 'Gy,Nq,Ib'],
    ['66 0F C5 /r ib', 'Gy,Udq,Ib'],
    ['66 0F 3A 15 /r ib', 'Ry,Vdq,Ib'],
    ['66 0F 3A 15 /r ib', 'Mw,Vdq,Ib'],
  ]),
  row('pinsrb', 'Replaces one byte of the destination.', { feature: 'sse4.1' }, [
    ['66 0F 3A 20 /r ib', 'Vdq,Ry,Ib'],
    ['66 0F 3A 20 /r ib', 'Vdq,Mb,Ib'],
  ]),
  row('pinsrd', 'Replaces one doubleword (PINSRQ: quadword) of the destination.', { feature: 'sse4.1' }, [
    ['66 0F 3A 22 /r ib', 'Vdq,Ey,Ib'],
  ]),
  row('pextrb', 'Copies one byte of the source, zero-extended.', { feature: 'sse4.1' }, [
    ['66 0F 3A 14 /r ib', 'Ry,Vdq,Ib'],
    ['66 0F 3A 14 /r ib', 'Mb,Vdq,Ib'],
  ]),
  row('pextrd', 'Copies one doubleword (PEXTRQ: quadword) of the source.', { feature: 'sse4.1' }, [
    ['66 0F 3A 16 /r ib', 'Ey,Vdq,Ib'],
  ]),
  row('extractps', 'Copies one float of the source to a general register or memory.', { feature: 'sse4.1' }, [
    ['66 0F 3A 17 /r ib', 'Ry,Vdq,Ib'],
    ['66 0F 3A 17 /r ib', 'Md,Vdq,Ib'],
  ]),
  row('insertps', 'Replaces one float of the destination and clears those the mask names.', { feature: 'sse4.1' }, [
    ['66 0F 3A 21 /r ib', 'Vdq,Wd,Ib'],
  ]),
];
