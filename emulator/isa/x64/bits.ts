/** Bit tests, bit scans, counts, byte swaps and the CRC: SDM volume 1, section 5.1.6 and the later extensions. */
import type { Emitter, IntWidth, Val } from '../emitter.ts';
import { type FormText, row } from './define.ts';
import type { Row } from './row.ts';

/** `n` is ModRM.reg of 0F BA (BT 4 … BTC 7); the register form's opcode follows from it. */
const group8 = (n: number): FormText[] => [
  [`0F ${(0xa3 + (n - 4) * 8).toString(16).toUpperCase()} /r`, 'Ev,Gv'],
  [`0F BA /${n} ib`, 'Ev,Ib'],
];

/** BT and its kin. A register offset reaches memory beyond the operand; an immediate one is taken modulo the width. */
function bitTest(e: Emitter, change: 'keep' | 'set' | 'clear' | 'invert'): void {
  const size = e.size as IntWidth;
  const bits = size * 8;
  const far = e.kind(0) === 'mem' && e.kind(1) === 'reg';
  const offset = e.read(1);
  const wide = size === 8 ? 8 : 4;
  const n = e.and(e.zeroExtend(offset, e.width(1), wide), e.int(bits - 1));
  const place = far
    ? e.add(e.address(0), e.mul(e.shrS(e.signExtend(offset, size, 8), e.const64(Math.log2(bits))), e.const64(size)))
    : undefined;
  const a = place ? e.load(place, size) : e.read(0);
  const mask = e.shl(e.int(1), n);
  const out = e.truncate(e.and(e.shrU(a, n), e.int(1)), 4);
  if (change !== 'keep') {
    const r = change === 'set' ? e.or(a, mask) : change === 'clear' ? e.and(a, e.not(mask)) : e.xor(a, mask);
    if (place) e.store(place, size, r);
    else e.write(0, r);
  }
  e.setFlags({ c: out });
}

/** BSF and BSR. Of zero the destination stays, as AMD documents; the other flags follow the operand's, undefined. */
function bitScan(e: Emitter, how: 'ctz' | 'clz'): void {
  const size = e.size;
  const a = e.zeroExtend(e.read(1), size, size === 8 ? 8 : 4);
  const width = size === 8 ? 63 : 31;
  const found = how === 'ctz' ? e.op(`${a.ty}.ctz`, a) : e.sub(e.int(width), e.op(`${a.ty}.clz`, a));
  const zero = e.eqz(a);
  e.when(
    zero,
    () => {},
    () => e.write(0, found),
  );
  e.setFlags({ result: a });
}

function swapBytes(e: Emitter, a: Val, size: number): Val {
  if (size === 2)
    return e.op(
      'i32.or',
      e.shl(e.and(a, e.const32(0xff)), e.const32(8)),
      e.shrU(e.and(a, e.const32(0xff00)), e.const32(8)),
    );
  if (size === 4) {
    const mask = e.const32(0x00ff00ff);
    return e.op(
      'i32.or',
      e.op('i32.rotr', e.and(a, mask), e.const32(8)),
      e.and(e.op('i32.rotl', a, e.const32(8)), mask),
    );
  }
  const bytes = e.const64(0x00ff00ff00ff00ffn);
  const words = e.const64(0x0000ffff0000ffffn);
  const x = e.or(e.shl(e.and(a, bytes), e.const64(8)), e.and(e.shrU(a, e.const64(8)), bytes));
  const y = e.or(e.shl(e.and(x, words), e.const64(16)), e.and(e.shrU(x, e.const64(16)), words));
  return e.op('i64.rotl', y, e.const64(32));
}

/** A byte of the source, with the checksum's own, tells from a table what it adds to the end. */
function checksum(e: Emitter): void {
  const size = e.width(1);
  const source = e.read(1);
  const old = e.truncate(e.read(0), 4);
  const x = size === 8 ? e.xor(source, e.zeroExtend(old, 4, 8)) : e.xor(e.zeroExtend(source, size, 4), old);
  let sum: Val | undefined = size < 4 ? e.shrU(old, e.const32(size * 8)) : undefined;
  for (let i = 0; i < size; i++) {
    const shifted = i === 0 ? x : e.shrU(x, e.int(8 * i, size === 8 ? 8 : 4));
    const byte = e.and(e.truncate(shifted, 4), e.const32(0xff));
    const part = e.table('crc32c', e.add(byte, e.const32(256 * (size - 1 - i))));
    sum = sum ? e.xor(sum, part) : part;
  }
  e.write(0, e.zeroExtend(sum as Val, 4, e.width(0)));
}

export const bits: readonly Row[] = [
  row(
    'bt',
    'Copies one bit of the first operand to the carry flag; with a register offset, the bit may lie beyond the operand in memory.',
    { writes: 'c', undefined: 'osap' },
    group8(4),
    e => bitTest(e, 'keep'),
  ),

  row(
    'bts',
    'Copies one bit to the carry flag, then sets it.',
    { writes: 'c', undefined: 'osap', lockable: true },
    group8(5),
    e => bitTest(e, 'set'),
  ),

  row(
    'btr',
    'Copies one bit to the carry flag, then clears it.',
    { writes: 'c', undefined: 'osap', lockable: true },
    group8(6),
    e => bitTest(e, 'clear'),
  ),

  row(
    'btc',
    'Copies one bit to the carry flag, then inverts it.',
    { writes: 'c', undefined: 'osap', lockable: true },
    group8(7),
    e => bitTest(e, 'invert'),
  ),

  row(
    'bsf',
    'Finds the lowest set bit and gives its number; of zero it sets the zero flag and leaves the destination as it was.',
    { writes: 'z', undefined: 'osapc' },
    [['0F BC /r', 'Gv,Ev']],
    e => bitScan(e, 'ctz'),
  ),

  row(
    'bsr',
    'Finds the highest set bit and gives its number; of zero it sets the zero flag and leaves the destination as it was.',
    { writes: 'z', undefined: 'osapc' },
    [['0F BD /r', 'Gv,Ev']],
    e => bitScan(e, 'clz'),
  ),

  row(
    'tzcnt',
    'Counts the zero bits below the lowest set bit; of zero it gives the operand size. CPUs without BMI1 run it as BSF.',
    { feature: 'bmi1', writes: 'zc', undefined: 'osap' },
    [['F3 0F BC /r', 'Gv,Ev']],
    e => bitScan(e, 'ctz'),
  ),

  row(
    'lzcnt',
    'Counts the zero bits above the highest set bit; of zero it gives the operand size. CPUs without LZCNT run it as BSR.',
    { feature: 'lzcnt', writes: 'zc', undefined: 'osap' },
    [['F3 0F BD /r', 'Gv,Ev']],
    e => bitScan(e, 'clz'),
  ),

  row(
    'popcnt',
    'Counts the bits that are set.',
    { feature: 'popcnt', writes: 'oszapc' },
    [['F3 0F B8 /r', 'Gv,Ev']],
    e => {
      const a = e.read(1);
      const r = e.op(`${a.ty}.popcnt`, a);
      e.write(0, r);
      e.setZpc(e.eqz(a), e.const32(0), e.const32(0));
    },
  ),

  row(
    'bswap',
    'Reverses the bytes of a register: turns little-endian into big-endian and back.',
    {},
    [['0F C8+r', 'Zv']],
    e => {
      const a = e.read(0);
      e.write(0, e.size === 2 ? e.const32(0) : swapBytes(e, a, e.size));
    },
  ),

  row(
    'movbe',
    'Copies to or from memory with the bytes reversed.',
    { feature: 'movbe' },
    [
      ['NP 0F 38 F0 /r', 'Gv,Mv'],
      ['66 0F 38 F0 /r', 'Gv,Mv'],
      ['NP 0F 38 F1 /r', 'Mv,Gv'],
      ['66 0F 38 F1 /r', 'Mv,Gv'],
    ],
    e => {
      const a = e.read(1);
      e.write(0, swapBytes(e, a, e.size));
    },
  ),

  row(
    'crc32',
    'Adds the source to a running CRC-32C checksum.',
    { feature: 'crc32' },
    [
      ['F2 0F 38 F0 /r', 'Gy,Eb'],
      ['F2 0F 38 F1 /r', 'Gy,Ev'],
    ],
    checksum,
  ),

  row(
    'setcc',
    'Sets the byte to 1 if the condition holds, otherwise to 0.',
    { reads: 'oszpc' },
    [['0F 90+cc /r', 'Eb']],
    e => e.write(0, e.cond()),
  ),
];
