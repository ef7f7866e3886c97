/** Shifts and rotates: SDM volume 1, section 5.1.5. The count is taken modulo 32, or 64 for 64-bit operands. */
import { type FormText, row } from './define.ts';
import type { Row } from './row.ts';

/** The six forms of the shift group; `n` is ModRM.reg (ROL 0 … SAR 7). */
const group2 = (n: number): FormText[] => [
  [`C0 /${n} ib`, 'Eb,Ib'],
  [`C1 /${n} ib`, 'Ev,Ib'],
  [`D0 /${n}`, 'Eb,1'],
  [`D1 /${n}`, 'Ev,1'],
  [`D2 /${n}`, 'Eb,CL'],
  [`D3 /${n}`, 'Ev,CL'],
];

export const shift: readonly Row[] = [
  row(
    'rol',
    'Rotates the bits left: those that leave at the top come back at the bottom.',
    { writes: 'oc' },
    group2(0),
  ),

  row(
    'ror',
    'Rotates the bits right: those that leave at the bottom come back at the top.',
    { writes: 'oc' },
    group2(1),
  ),

  row(
    'rcl',
    'Rotates left through the carry flag, as if it were one more bit on top.',
    { writes: 'oc', reads: 'c' },
    group2(2),
  ),

  row(
    'rcr',
    'Rotates right through the carry flag, as if it were one more bit below.',
    { writes: 'oc', reads: 'c' },
    group2(3),
  ),

  row(
    'shl',
    'Shifts left and fills with zeros: multiplies by a power of two; the last bit shifted out goes to the carry flag.',
    { writes: 'oszpc', undefined: 'a' },
    // /6 is the undocumented twin of /4 (SAL).
    [...group2(4), ...group2(6)],
  ),

  row(
    'shr',
    'Shifts right and fills with zeros: divides an unsigned value by a power of two.',
    { writes: 'oszpc', undefined: 'a' },
    group2(5),
  ),

  row(
    'sar',
    'Shifts right and fills with the sign: divides a signed value by a power of two, rounding down.',
    { writes: 'oszpc', undefined: 'a' },
    group2(7),
  ),

  row(
    'shld',
    'Shifts the destination left and fills from the top bits of the second operand.',
    { writes: 'oszpc', undefined: 'a' },
    [
      ['0F A4 /r ib', 'Ev,Gv,Ib'],
      ['0F A5 /r', 'Ev,Gv,CL'],
    ],
  ),

  row(
    'shrd',
    'Shifts the destination right and fills from the low bits of the second operand.',
    { writes: 'oszpc', undefined: 'a' },
    [
      ['0F AC /r ib', 'Ev,Gv,Ib'],
      ['0F AD /r', 'Ev,Gv,CL'],
    ],
  ),
];
