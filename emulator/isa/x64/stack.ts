/** The stack. In 64-bit mode these move 8 bytes unless an operand-size prefix makes it 2. */
import { RBP, RSP } from '../../abi/amd64/layout.ts';
import { row } from './define.ts';
import type { Row } from './row.ts';

export const stack: readonly Row[] = [
  row(
    'push',
    'Lowers the stack pointer and stores the operand there.',
    { operandSize: 'd64' },
    [
      ['50+r', 'Zv'],
      ['FF /6', 'Ev'],
      ['68 iz', 'Iz'],
      ['6A ib', 'sIb'],
      ['0F A0', 'FS'],
      ['0F A8', 'GS'],
    ],
    e => {
      if (e.kind(0) === 'other') e.routine('pushSegment');
      else e.push(e.kind(0) === 'imm' && e.size === 8 ? e.signExtend(e.read(0), e.width(0), 8) : e.read(0));
    },
  ),

  row(
    'pop',
    'Takes the value at the stack pointer, and raises the stack pointer.',
    { operandSize: 'd64' },
    [
      ['58+r', 'Zv'],
      ['8F /0', 'Ev'],
      ['0F A1', 'FS'],
      ['0F A9', 'GS'],
    ],
    e => {
      if (e.kind(0) === 'mem') e.routine('popMemory');
      else if (e.kind(0) === 'other') e.routine('popSegment');
      else e.write(0, e.pop());
    },
  ),

  row('pushf', 'Pushes the flags register.', { reads: 'oszapcd', operandSize: 'd64' }, [['9C', '']], e =>
    e.routine('pushf'),
  ),

  row('popf', 'Pops the flags register.', { writes: 'oszapcd', operandSize: 'd64' }, [['9D', '']], e =>
    e.routine('popf'),
  ),

  row(
    'enter',
    'Makes a stack frame: pushes RBP, points it at the frame, and reserves space for locals.',
    { operandSize: 'd64' },
    [['C8 iw ib', 'Iw,Ib']],
    e => e.routine('enter'),
  ),

  row('leave', 'Removes a stack frame: sets RSP to RBP and pops RBP.', { operandSize: 'd64' }, [['C9', '']], e => {
    const frame = e.get(RBP, 8);
    const size = e.size === 2 ? 2 : 8;
    const saved = e.load(frame, size);
    e.set(RSP, 8, e.add(frame, e.const64(size)));
    e.set(RBP, size, saved);
  }),
];
