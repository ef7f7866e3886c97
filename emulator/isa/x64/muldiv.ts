/** Multiplication and division of integers. Two rows share the name `imul`: one widens into two registers, one does not. */
import { row } from './define.ts';
import type { Row } from './row.ts';

export const muldiv: readonly Row[] = [
  row(
    'mul',
    'Multiplies the accumulator by the operand, unsigned; the product is twice as wide and goes to RDX:RAX (AX for bytes).',
    { writes: 'oc', undefined: 'szap' },
    [
      ['F6 /4', 'Eb'],
      ['F7 /4', 'Ev'],
    ],
  ),

  row(
    'imul',
    'Multiplies the accumulator by the operand, signed; the product is twice as wide and goes to RDX:RAX (AX for bytes).',
    { writes: 'oc', undefined: 'szap' },
    [
      ['F6 /5', 'Eb'],
      ['F7 /5', 'Ev'],
    ],
  ),

  row(
    'imul',
    'Multiplies two signed values and keeps the low half; carry and overflow tell that the product did not fit.',
    { writes: 'oc', undefined: 'szap' },
    [
      ['0F AF /r', 'Gv,Ev'],
      ['69 /r iz', 'Gv,Ev,Iz'],
      ['6B /r ib', 'Gv,Ev,sIb'],
    ],
  ),

  row(
    'div',
    'Divides RDX:RAX (AX for bytes) by the operand, unsigned: quotient to RAX, remainder to RDX; faults on zero or overflow.',
    { undefined: 'oszapc' },
    [
      ['F6 /6', 'Eb'],
      ['F7 /6', 'Ev'],
    ],
  ),

  row(
    'idiv',
    'Divides RDX:RAX (AX for bytes) by the operand, signed: quotient to RAX, remainder to RDX; faults on zero or overflow.',
    { undefined: 'oszapc' },
    [
      ['F6 /7', 'Eb'],
      ['F7 /7', 'Ev'],
    ],
  ),

  row(
    'cbw',
    'Sign-extends the accumulator into itself at twice the width: AL to AX, AX to EAX (CWDE), EAX to RAX (CDQE).',
    {},
    [['98', '']],
  ),

  row(
    'cwd',
    'Fills DX, EDX (CDQ) or RDX (CQO) with the sign of the accumulator, which readies the pair for a signed division.',
    {},
    [['99', '']],
  ),
];
