/** SSE and SSE2 data movement: between vector registers, memory and general registers. */
import type { Emitter, Val } from '../emitter.ts';
import { type FormText, row } from './define.ts';
import type { Row } from './row.ts';

/** Load and store forms of a packed move: the store opcode is one above the load's, or given. */
const both = (prefix: string, load: string, store: string, v: string, w: string): FormText[] => [
  [`${prefix} 0F ${load} /r`, `${v},${w}`],
  [`${prefix} 0F ${store} /r`, `${w},${v}`],
];

/** MOVSS and MOVSD: a load clears the rest of the register, a copy between registers keeps it. */
function moveLow(e: Emitter, width: 4 | 8): void {
  const v = e.readLow(1, width);
  if (e.kind(0) === 'xmm' && e.kind(1) === 'mem') e.writeVector(0, low(e, v));
  else e.writeLow(0, width, v);
}

/** A vector with this value at the bottom and zeros above. */
function low(e: Emitter, v: Val): Val {
  return e.lane(v.ty === 'i64' ? 'i64x2.replace_lane' : 'i32x4.replace_lane', 0, e.vector(0n, 0n), v);
}

function moveHigh(e: Emitter): void {
  if (e.kind(0) === 'mem') e.writeLow(0, 8, e.lane('i64x2.extract_lane', 1, e.readVector(1)));
  else e.writeVector(0, e.lane('i64x2.replace_lane', 1, e.readVector(0), e.readLow(1, 8)));
}

/** MOVD and MOVQ between a general register or memory and a vector register. */
function moveGeneral(e: Emitter): void {
  if (e.kind(0) === 'xmm' || e.kind(0) === 'mm') e.writeVector(0, low(e, e.read(1)));
  else e.write(0, e.readLow(1, e.width(0) === 8 ? 8 : 4));
}

/** The lane that an immediate names, as a byte offset. */
const laneOffset = (e: Emitter, i: number, width: number): Val => {
  const size = e.kind(0) === 'mm' || e.kind(1) === 'mm' ? 8 : 16;
  return e.mul(e.and(e.zeroExtend(e.read(i), 1, 4), e.const32(size / width - 1)), e.const32(width));
};

/** PINSRx: the value goes to a lane known only when it runs, so both are moved there and the lane is chosen by mask. */
function insert(e: Emitter, width: 1 | 2 | 4 | 8): void {
  const value = e.read(1);
  const at = e.op('i8x16.splat', laneOffset(e, 2, width));
  const splat = width === 8 ? 'i64x2.splat' : width === 4 ? 'i32x4.splat' : width === 2 ? 'i16x8.splat' : 'i8x16.splat';
  const wide = e.op(splat, width === 8 ? value : e.truncate(value, 4));
  const index = e.vector(0x0706050403020100n, 0x0f0e0d0c0b0a0908n);
  // A byte is in the lane when its number less the lane's offset is below the width.
  const inside = e.op('i8x16.lt_u', e.op('i8x16.sub', index, at), e.op('i8x16.splat', e.const32(width)));
  e.writeVector(0, e.op('v128.bitselect', wide, e.readVector(0), inside));
}

/** PEXTRx: the lane is brought down to the bottom. */
function extract(e: Emitter, width: 1 | 2 | 4 | 8): void {
  const at = e.op('i8x16.splat', laneOffset(e, 2, width));
  const index = e.op('i8x16.add', e.vector(0x0706050403020100n, 0x0f0e0d0c0b0a0908n), at);
  const down = e.op('i8x16.swizzle', e.readVector(1), index);
  if (width === 8) e.write(0, e.lane('i64x2.extract_lane', 0, down));
  else e.write(0, e.zeroExtend(e.truncate(e.lane('i32x4.extract_lane', 0, down), width), width, e.width(0)));
}

/** INSERTPS: bits 6 and 7 choose a float of a source register, 4 and 5 its place, the low four what is cleared. */
function insertFloat(e: Emitter): void {
  const how = e.zeroExtend(e.read(2), 1, 4);
  const old = e.readVector(0);
  let value: Val;
  if (e.kind(1) === 'mem') value = e.op('i32x4.splat', e.readLow(1, 4));
  else {
    const from = e.op('i8x16.splat', e.and(e.shrU(how, e.const32(4)), e.const32(12)));
    const lane = e.vector(0x0302010003020100n, 0x0302010003020100n);
    value = e.op('i8x16.swizzle', e.readVector(1), e.op('i8x16.add', lane, from));
  }
  const to = e.op('i32x4.splat', e.and(e.shrU(how, e.const32(4)), e.const32(3)));
  const place = e.op('i32x4.eq', to, e.vector(0x0000000100000000n, 0x0000000300000002n));
  const cleared = e.op('v128.and', e.op('i32x4.splat', how), e.vector(0x0000000200000001n, 0x0000000800000004n));
  const kept = e.op('i32x4.eq', cleared, e.vector(0n, 0n));
  e.writeVector(0, e.op('v128.and', e.op('v128.bitselect', value, old, place), kept));
}

export const sseMove: readonly Row[] = [
  row(
    'movups',
    'Copies 16 bytes; memory need not be aligned.',
    { feature: 'sse' },
    both('NP', '10', '11', 'Vps', 'Wps'),
    e => e.writeVector(0, e.readVector(1)),
  ),
  row(
    'movupd',
    'Copies 16 bytes; memory need not be aligned.',
    { feature: 'sse2' },
    both('66', '10', '11', 'Vpd', 'Wpd'),
    e => e.writeVector(0, e.readVector(1)),
  ),
  row(
    'movaps',
    'Copies 16 bytes; memory must be aligned to 16.',
    { feature: 'sse' },
    both('NP', '28', '29', 'Vps', 'Wps'),
    e => e.writeVector(0, e.readVector(1, true), true),
  ),
  row(
    'movapd',
    'Copies 16 bytes; memory must be aligned to 16.',
    { feature: 'sse2' },
    both('66', '28', '29', 'Vpd', 'Wpd'),
    e => e.writeVector(0, e.readVector(1, true), true),
  ),
  row(
    'movdqu',
    'Copies 16 bytes; memory need not be aligned.',
    { feature: 'sse2' },
    both('F3', '6F', '7F', 'Vx', 'Wx'),
    e => e.writeVector(0, e.readVector(1)),
  ),
  row(
    'movdqa',
    'Copies 16 bytes; memory must be aligned to 16.',
    { feature: 'sse2' },
    both('66', '6F', '7F', 'Vx', 'Wx'),
    e => e.writeVector(0, e.readVector(1, true), true),
  ),

  row(
    'movss',
    'Copies a 32-bit float; a load clears the rest of the register, a register copy keeps it.',
    { feature: 'sse' },
    both('F3', '10', '11', 'Vss', 'Wss'),
    e => moveLow(e, 4),
  ),
  row(
    'movsd',
    'Copies a 64-bit float; a load clears the rest of the register, a register copy keeps it.',
    { feature: 'sse2' },
    both('F2', '10', '11', 'Vsd', 'Wsd'),
    e => moveLow(e, 8),
  ),

  row(
    'movlps',
    'Copies the low 8 bytes of a register from or to memory and keeps the rest.',
    { feature: 'sse' },
    [
      ['NP 0F 12 /r', 'Vq,Mq'],
      ['NP 0F 13 /r', 'Mq,Vq'],
    ],
    e => e.writeLow(0, 8, e.readLow(1, 8)),
  ),
  row(
    'movlpd',
    'Copies the low 8 bytes of a register from or to memory and keeps the rest.',
    { feature: 'sse2' },
    [
      ['66 0F 12 /r', 'Vq,Mq'],
      ['66 0F 13 /r', 'Mq,Vq'],
    ],
    e => e.writeLow(0, 8, e.readLow(1, 8)),
  ),
  row(
    'movhps',
    'Copies the high 8 bytes of a register from or to memory and keeps the rest.',
    { feature: 'sse' },
    [
      ['NP 0F 16 /r', 'Vdq,Mq'],
      ['NP 0F 17 /r', 'Mq,Vdq'],
    ],
    moveHigh,
  ),
  row(
    'movhpd',
    'Copies the high 8 bytes of a register from or to memory and keeps the rest.',
    { feature: 'sse2' },
    [
      ['66 0F 16 /r', 'Vdq,Mq'],
      ['66 0F 17 /r', 'Mq,Vdq'],
    ],
    moveHigh,
  ),
  row(
    'movhlps',
    'Copies the high 8 bytes of the source to the low 8 bytes of the destination.',
    { feature: 'sse' },
    [['NP 0F 12 /r', 'Vq,Udq']],
    e => e.writeLow(0, 8, e.lane('i64x2.extract_lane', 1, e.readVector(1))),
  ),
  row(
    'movlhps',
    'Copies the low 8 bytes of the source to the high 8 bytes of the destination.',
    { feature: 'sse' },
    [['NP 0F 16 /r', 'Vdq,Uq']],
    e => e.writeVector(0, e.lane('i64x2.replace_lane', 1, e.readVector(0), e.readLow(1, 8))),
  ),
  row(
    'movsldup',
    'Copies the even-numbered floats, each twice.',
    { feature: 'sse3' },
    [['F3 0F 12 /r', 'Vps,Wps']],
    e => {
      const v = e.readVector(1, true);
      e.writeVector(0, e.shuffle(v, v, [0, 1, 2, 3, 0, 1, 2, 3, 8, 9, 10, 11, 8, 9, 10, 11]));
    },
  ),
  row(
    'movshdup',
    'Copies the odd-numbered floats, each twice.',
    { feature: 'sse3' },
    [['F3 0F 16 /r', 'Vps,Wps']],
    e => {
      const v = e.readVector(1, true);
      e.writeVector(0, e.shuffle(v, v, [4, 5, 6, 7, 4, 5, 6, 7, 12, 13, 14, 15, 12, 13, 14, 15]));
    },
  ),
  row('movddup', 'Copies one 64-bit value into both halves.', { feature: 'sse3' }, [['F2 0F 12 /r', 'Vdq,Wq']], e =>
    e.writeVector(0, e.op('i64x2.splat', e.readLow(1, 8))),
  ),
  row('lddqu', 'Loads 16 bytes that need not be aligned.', { feature: 'sse3' }, [['F2 0F F0 /r', 'Vx,Mx']], e =>
    e.writeVector(0, e.readVector(1)),
  ),

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
    moveGeneral,
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
    e => {
      const v = e.readLow(1, 8);
      if (e.kind(0) === 'xmm' || e.kind(0) === 'mm') e.writeVector(0, low(e, v));
      else e.writeLow(0, 8, v);
    },
  ),
  row('movq2dq', 'Copies an MMX register to a vector register.', { feature: 'sse2' }, [['F3 0F D6 /r', 'Vdq,Nq']], e =>
    e.writeVector(0, e.readVector(1)),
  ),
  row(
    'movdq2q',
    'Copies the low half of a vector register to an MMX register.',
    { feature: 'sse2' },
    [['F2 0F D6 /r', 'Pq,Uq']],
    e => e.writeVector(0, e.readVector(1)),
  ),

  row('movntps', 'Stores 16 bytes past the caches.', { feature: 'sse' }, [['NP 0F 2B /r', 'Mps,Vps']], e =>
    e.writeVector(0, e.readVector(1, true), true),
  ),
  row('movntpd', 'Stores 16 bytes past the caches.', { feature: 'sse2' }, [['66 0F 2B /r', 'Mpd,Vpd']], e =>
    e.writeVector(0, e.readVector(1, true), true),
  ),
  row('movntdq', 'Stores 16 bytes past the caches.', { feature: 'sse2' }, [['66 0F E7 /r', 'Mx,Vx']], e =>
    e.writeVector(0, e.readVector(1, true), true),
  ),
  row('movntq', 'Stores an MMX register past the caches.', { feature: 'sse' }, [['NP 0F E7 /r', 'Mq,Pq']], e =>
    e.writeLow(0, 8, e.readLow(1, 8)),
  ),
  row('movntdqa', 'Loads 16 bytes past the caches.', { feature: 'sse4.1' }, [['66 0F 38 2A /r', 'Vx,Mx']], e =>
    e.writeVector(0, e.readVector(1, true), true),
  ),
  row(
    'maskmovq',
    'Stores at [RDI] the bytes whose mask byte has its top bit set: 8 bytes of an MMX register.',
    { feature: 'sse' },
    [['NP 0F F7 /r', 'Pq,Nq']],
    e => e.routine('maskmovq'),
  ),
  row(
    'maskmovdqu',
    'Stores at [RDI] the bytes whose mask byte has its top bit set.',
    { feature: 'sse2' },
    [['66 0F F7 /r', 'Vdq,Udq']],
    e => e.routine('maskmovdqu'),
  ),

  row(
    'movmskps',
    'Collects the sign bits of the floats in a register.',
    { feature: 'sse' },
    [['NP 0F 50 /r', 'Gy,Ups']],
    e => e.write(0, e.zeroExtend(e.op('i32x4.bitmask', e.readVector(1)), 4, e.width(0))),
  ),
  row(
    'movmskpd',
    'Collects the sign bits of the doubles in a register.',
    { feature: 'sse2' },
    [['66 0F 50 /r', 'Gy,Upd']],
    e => e.write(0, e.zeroExtend(e.op('i64x2.bitmask', e.readVector(1)), 4, e.width(0))),
  ),
  row(
    'pmovmskb',
    'Collects the top bits of the bytes in a register.',
    { feature: 'sse2' },
    [
      ['NP 0F D7 /r', 'Gy,Nq'],
      ['66 0F D7 /r', 'Gy,Ux'],
    ],
    e => e.write(0, e.zeroExtend(e.op('i8x16.bitmask', e.readVector(1)), 4, e.width(0))),
  ),

  row(
    'pinsrw',
    'Replaces one word of the destination.',
    { feature: 'sse2' },
    [
      ['NP 0F C4 /r ib', 'Pq,Ry,Ib'],
      ['NP 0F C4 /r ib', 'Pq,Mw,Ib'],
      ['66 0F C4 /r ib', 'Vdq,Ry,Ib'],
      ['66 0F C4 /r ib', 'Vdq,Mw,Ib'],
    ],
    e => insert(e, 2),
  ),
  row(
    'pextrw',
    'Copies one word of the source, zero-extended.',
    { feature: 'sse2' },
    [
      ['NP 0F C5 /r ib', 'Gy,Nq,Ib'],
      ['66 0F C5 /r ib', 'Gy,Udq,Ib'],
      ['66 0F 3A 15 /r ib', 'Ry,Vdq,Ib'],
      ['66 0F 3A 15 /r ib', 'Mw,Vdq,Ib'],
    ],
    e => extract(e, 2),
  ),
  row(
    'pinsrb',
    'Replaces one byte of the destination.',
    { feature: 'sse4.1' },
    [
      ['66 0F 3A 20 /r ib', 'Vdq,Ry,Ib'],
      ['66 0F 3A 20 /r ib', 'Vdq,Mb,Ib'],
    ],
    e => insert(e, 1),
  ),
  row(
    'pinsrd',
    'Replaces one doubleword (PINSRQ: quadword) of the destination.',
    { feature: 'sse4.1' },
    [['66 0F 3A 22 /r ib', 'Vdq,Ey,Ib']],
    e => insert(e, e.width(1) === 8 ? 8 : 4),
  ),
  row(
    'pextrb',
    'Copies one byte of the source, zero-extended.',
    { feature: 'sse4.1' },
    [
      ['66 0F 3A 14 /r ib', 'Ry,Vdq,Ib'],
      ['66 0F 3A 14 /r ib', 'Mb,Vdq,Ib'],
    ],
    e => extract(e, 1),
  ),
  row(
    'pextrd',
    'Copies one doubleword (PEXTRQ: quadword) of the source.',
    { feature: 'sse4.1' },
    [['66 0F 3A 16 /r ib', 'Ey,Vdq,Ib']],
    e => extract(e, e.width(0) === 8 ? 8 : 4),
  ),
  row(
    'extractps',
    'Copies one float of the source to a general register or memory.',
    { feature: 'sse4.1' },
    [
      ['66 0F 3A 17 /r ib', 'Ry,Vdq,Ib'],
      ['66 0F 3A 17 /r ib', 'Md,Vdq,Ib'],
    ],
    e => extract(e, 4),
  ),
  row(
    'insertps',
    'Replaces one float of the destination and clears those the mask names.',
    { feature: 'sse4.1' },
    [['66 0F 3A 21 /r ib', 'Vdq,Wd,Ib']],
    insertFloat,
  ),
];
