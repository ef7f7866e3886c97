/** Bit tests, bit scans, counts, byte swaps and the CRC: SDM volume 1, section 5.1.6 and the later extensions. */
import { type FormText, row } from './define.ts';
import type { Row } from './row.ts';

/** `n` is ModRM.reg of 0F BA (BT 4 … BTC 7); the register form's opcode follows from it. */
const group8 = (n: number): FormText[] => [
  [`0F ${(0xa3 + (n - 4) * 8).toString(16).toUpperCase()} /r`, 'Ev,Gv'],
  [`0F BA /${n} ib`, 'Ev,Ib'],
];

export const bits: readonly Row[] = [
  row(
    'bt',
    'Copies one bit of the first operand to the carry flag; with a register offset, the bit may lie beyond the operand in memory.',
    { writes: 'c', undefined: 'osap' },
    group8(4),
  ),

  row(
    'bts',
    'Copies one bit to the carry flag, then sets it.',
    { writes: 'c', undefined: 'osap', lockable: true },
    group8(5),
  ),

  row(
    'btr',
    'Copies one bit to the carry flag, then clears it.',
    { writes: 'c', undefined: 'osap', lockable: true },
    group8(6),
  ),

  row(
    'btc',
    'Copies one bit to the carry flag, then inverts it.',
    { writes: 'c', undefined: 'osap', lockable: true },
    group8(7),
  ),

  row(
    'bsf',
    'Finds the lowest set bit and gives its number; of zero it sets the zero flag and leaves the destination as it was.',
    { writes: 'z', undefined: 'osapc' },
    [['0F BC /r', 'Gv,Ev']],
  ),

  row(
    'bsr',
    'Finds the highest set bit and gives its number; of zero it sets the zero flag and leaves the destination as it was.',
    { writes: 'z', undefined: 'osapc' },
    [['0F BD /r', 'Gv,Ev']],
  ),

  row(
    'tzcnt',
    'Counts the zero bits below the lowest set bit; of zero it gives the operand size. CPUs without BMI1 run it as BSF.',
    { feature: 'bmi1', writes: 'zc', undefined: 'osap' },
    [['F3 0F BC /r', 'Gv,Ev']],
  ),

  row(
    'lzcnt',
    'Counts the zero bits above the highest set bit; of zero it gives the operand size. CPUs without LZCNT run it as BSR.',
    { feature: 'lzcnt', writes: 'zc', undefined: 'osap' },
    [['F3 0F BD /r', 'Gv,Ev']],
  ),

  row('popcnt', 'Counts the bits that are set.', { feature: 'popcnt', writes: 'oszapc' }, [['F3 0F B8 /r', 'Gv,Ev']]),

  row('bswap', 'Reverses the bytes of a register: turns little-endian into big-endian and back.', {}, [
    ['0F C8+r', 'Zv'],
  ]),

  row('movbe', 'Copies to or from memory with the bytes reversed.', { feature: 'movbe' }, [
    ['NP 0F 38 F0 /r', 'Gv,Mv'],
    ['66 0F 38 F0 /r', 'Gv,Mv'],
    ['NP 0F 38 F1 /r', 'Mv,Gv'],
    ['66 0F 38 F1 /r', 'Mv,Gv'],
  ]),

  row('crc32', 'Adds the source to a running CRC-32C checksum.', { feature: 'crc32' }, [
    ['F2 0F 38 F0 /r', 'Gy,Eb'],
    ['F2 0F 38 F1 /r', 'Gy,Ev'],
  ]),

  row('setcc', 'Sets the byte to 1 if the condition holds, otherwise to 0.', { reads: 'oszpc' }, [
    ['0F 90+cc /r', 'Eb'],
  ]),
];
