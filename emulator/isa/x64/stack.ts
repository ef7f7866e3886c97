/** The stack. In 64-bit mode these move 8 bytes unless an operand-size prefix makes it 2. */
import { row } from './define.ts';
import type { Row } from './row.ts';

export const stack: readonly Row[] = [
  row('push', 'Lowers the stack pointer and stores the operand there.', { operandSize: 'd64' }, [
    ['50+r', 'Zv'],
    ['FF /6', 'Ev'],
    ['68 iz', 'Iz'],
    ['6A ib', 'sIb'],
    ['0F A0', 'FS'],
    ['0F A8', 'GS'],
  ]),

  row('pop', 'Takes the value at the stack pointer, and raises the stack pointer.', { operandSize: 'd64' }, [
    ['58+r', 'Zv'],
    ['8F /0', 'Ev'],
    ['0F A1', 'FS'],
    ['0F A9', 'GS'],
  ]),

  row('pushf', 'Pushes the flags register.', { reads: 'oszapcd', operandSize: 'd64' }, [['9C', '']]),

  row('popf', 'Pops the flags register.', { writes: 'oszapcd', operandSize: 'd64' }, [['9D', '']]),

  row(
    'enter',
    'Makes a stack frame: pushes RBP, points it at the frame, and reserves space for locals.',
    { operandSize: 'd64' },
    [['C8 iw ib', 'Iw,Ib']],
  ),

  row('leave', 'Removes a stack frame: sets RSP to RBP and pops RBP.', { operandSize: 'd64' }, [['C9', '']]),
];
