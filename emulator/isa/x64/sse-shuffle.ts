/** Bitwise operations, shuffles and blends of SSE's floats: they move bits and raise no exception. */
import type { Emitter, Val } from '../emitter.ts';
import { row } from './define.ts';
import { floats, PACKED } from './float-lanes.ts';
import type { Row } from './row.ts';

function byMask(e: Emitter, bits: Val): void {
  const a = e.readVector(0);
  e.writeVector(0, e.op('v128.bitselect', e.readVector(1, true), a, bits));
}

export const sseShuffle: readonly Row[] = [
  ...floats('and', '54', 'Keeps the bits set in both, seen as #.', PACKED, () => e => {
    const a = e.readVector(0);
    e.writeVector(0, e.op('v128.and', a, e.readVector(1, true)));
  }),
  ...floats(
    'andn',
    '55',
    'Keeps the bits of the source that the destination does not have, seen as #.',
    PACKED,
    () => e => {
      const a = e.readVector(0);
      e.writeVector(0, e.op('v128.andnot', e.readVector(1, true), a));
    },
  ),
  ...floats('or', '56', 'Sets the bits set in either, seen as #.', PACKED, () => e => {
    const a = e.readVector(0);
    e.writeVector(0, e.op('v128.or', a, e.readVector(1, true)));
  }),
  ...floats('xor', '57', 'Sets the bits that differ, seen as #.', PACKED, () => e => {
    const a = e.readVector(0);
    e.writeVector(0, e.op('v128.xor', a, e.readVector(1, true)));
  }),
  ...floats('unpckl', '14', 'Interleaves the low halves of both operands, seen as #.', PACKED, kind => e => {
    const a = e.readVector(0);
    e.writeVector(
      0,
      e.shuffle(
        a,
        e.readVector(1, true),
        kind === 'ps'
          ? [0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23]
          : [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23],
      ),
    );
  }),
  ...floats('unpckh', '15', 'Interleaves the high halves of both operands, seen as #.', PACKED, kind => e => {
    const a = e.readVector(0);
    e.writeVector(
      0,
      e.shuffle(
        a,
        e.readVector(1, true),
        kind === 'ps'
          ? [8, 9, 10, 11, 24, 25, 26, 27, 12, 13, 14, 15, 28, 29, 30, 31]
          : [8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31],
      ),
    );
  }),

  row(
    'shufps',
    'Chooses two floats of the destination and two of the source.',
    { feature: 'sse' },
    [['NP 0F C6 /r ib', 'Vps,Wps,Ib']],
    e => {
      const a = e.readVector(0);
      const b = e.readVector(1, true);
      const order = e.zeroExtend(e.read(2), 1, 4);
      const index = (shift: number): Val => {
        let v = e.vector(0n, 0n);
        for (let i = 0; i < 2; i++) {
          const lane = e.and(e.shrU(order, e.const32(shift + 2 * i)), e.const32(3));
          v = e.lane('i32x4.replace_lane', i, v, e.add(e.mul(lane, e.const32(0x04040404)), e.const32(0x03020100)));
        }
        return v;
      };
      e.writeVector(
        0,
        e.shuffle(
          e.op('i8x16.swizzle', a, index(0)),
          e.op('i8x16.swizzle', b, index(4)),
          [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23],
        ),
      );
    },
  ),
  row(
    'shufpd',
    'Chooses one double of the destination and one of the source.',
    { feature: 'sse2' },
    [['66 0F C6 /r ib', 'Vpd,Wpd,Ib']],
    e => {
      const a = e.readVector(0);
      const b = e.readVector(1, true);
      const order = e.zeroExtend(e.read(2), 1, 4);
      const half = (v: Val, bit: number): Val =>
        e.select(e.and(order, e.const32(bit)), e.lane('i64x2.extract_lane', 1, v), e.lane('i64x2.extract_lane', 0, v));
      e.writeVector(0, e.lane('i64x2.replace_lane', 1, e.op('i64x2.splat', half(a, 1)), half(b, 2)));
    },
  ),

  row(
    'blendps',
    'Takes each float from the source or keeps it, as the mask says.',
    { feature: 'sse4.1' },
    [['66 0F 3A 0C /r ib', 'Vps,Wps,Ib']],
    e =>
      byMask(
        e,
        e.op(
          'i32x4.ne',
          e.op(
            'v128.and',
            e.op('i32x4.splat', e.zeroExtend(e.read(2), 1, 4)),
            e.vector(0x2_0000_0001n, 0x8_0000_0004n),
          ),
          e.vector(0n, 0n),
        ),
      ),
  ),
  row(
    'blendpd',
    'Takes each double from the source or keeps it, as the mask says.',
    { feature: 'sse4.1' },
    [['66 0F 3A 0D /r ib', 'Vpd,Wpd,Ib']],
    e =>
      byMask(
        e,
        e.op(
          'i64x2.ne',
          e.op('v128.and', e.op('i64x2.splat', e.zeroExtend(e.read(2), 1, 8)), e.vector(1n, 2n)),
          e.vector(0n, 0n),
        ),
      ),
  ),
  row(
    'blendvps',
    'Takes each float from the source where XMM0 has a sign bit.',
    { feature: 'sse4.1' },
    [['66 0F 38 14 /r', 'Vps,Wps,XMM0']],
    e => byMask(e, e.op('i32x4.shr_s', e.getVector(0), e.const32(31))),
  ),
  row(
    'blendvpd',
    'Takes each double from the source where XMM0 has a sign bit.',
    { feature: 'sse4.1' },
    [['66 0F 38 15 /r', 'Vpd,Wpd,XMM0']],
    e => byMask(e, e.op('i64x2.shr_s', e.getVector(0), e.const32(63))),
  ),
];
