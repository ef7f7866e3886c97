/** Control transfer: SDM volume 1, section 5.1.7. Near branches always use 64-bit targets. */
import { row } from './define.ts';
import type { Row } from './row.ts';

export const control: readonly Row[] = [
  row(
    'jmp',
    'Goes on at the target.',
    { operandSize: 'f64' },
    [
      ['EB cb', 'Jb'],
      ['E9 cz', 'Jz'],
      ['FF /4', 'Ev'],
    ],
    e => e.jump(e.read(0)),
  ),

  row(
    'jcc',
    'Goes on at the target if the condition holds.',
    { reads: 'oszpc', operandSize: 'f64' },
    [
      ['70+cc cb', 'Jb'],
      ['0F 80+cc cz', 'Jz'],
    ],
    e => e.jumpIf(e.cond()),
  ),

  row(
    'jrcxz',
    'Goes on at the target if RCX (ECX with a 32-bit address size) is zero.',
    { operandSize: 'f64' },
    [['E3 cb', 'Jb']],
    e => e.routine('jrcxz'),
  ),

  row(
    'loop',
    'Decrements RCX and goes on at the target while it is not zero; no flag changes.',
    { operandSize: 'f64' },
    [['E2 cb', 'Jb']],
    e => e.routine('loop'),
  ),

  row(
    'loope',
    'Decrements RCX and goes on at the target while RCX is not zero and the zero flag is set.',
    { reads: 'z', operandSize: 'f64' },
    [['E1 cb', 'Jb']],
    e => e.routine('loope'),
  ),

  row(
    'loopne',
    'Decrements RCX and goes on at the target while RCX is not zero and the zero flag is clear.',
    { reads: 'z', operandSize: 'f64' },
    [['E0 cb', 'Jb']],
    e => e.routine('loopne'),
  ),

  row(
    'call',
    'Pushes the address of the next instruction and goes on at the target.',
    { operandSize: 'f64' },
    [
      ['E8 cz', 'Jz'],
      ['FF /2', 'Ev'],
    ],
    e => e.call(e.read(0)),
  ),

  row(
    'ret',
    'Pops the return address and goes on there; the operand is how many more bytes to drop.',
    { operandSize: 'f64' },
    [
      ['C3', ''],
      ['C2 iw', 'Iw'],
    ],
    e => e.ret(),
  ),

  row('jmpf', 'Jumps to another code segment through a far pointer in memory.', {}, [['FF /5', 'Mp']], e =>
    e.routine('jmpf'),
  ),

  row('callf', 'Calls into another code segment through a far pointer in memory.', {}, [['FF /3', 'Mp']], e =>
    e.routine('callf'),
  ),

  row(
    'retf',
    'Returns to another code segment: pops the address and the selector.',
    {},
    [
      ['CB', ''],
      ['CA iw', 'Iw'],
    ],
    e => e.routine('retf'),
  ),

  row(
    'iret',
    'Returns from an interrupt: pops the address, the selector, the flags and the stack.',
    { writes: 'oszapcd' },
    [['CF', '']],
    e => e.routine('iret'),
  ),

  row(
    'int',
    'Raises the software interrupt with this number; 0x80 is the 32-bit Linux syscall.',
    {},
    [['CD ib', 'Ib']],
    e => e.routine('int'),
  ),

  row('int3', 'Breakpoint: raises a debug trap (SIGTRAP).', {}, [['CC', '']], e => e.trap('breakpoint')),

  row('int1', 'Raises a debug exception.', {}, [['F1', '']], e => e.trap('debug')),

  row('ud2', 'Is invalid on purpose: raises an invalid-opcode exception (SIGILL).', {}, [['0F 0B', '']], e =>
    e.trap('invalid'),
  ),

  row('ud1', 'Is invalid on purpose: raises an invalid-opcode exception (SIGILL).', {}, [['0F B9 /r', 'Gv,Ev']], e =>
    e.trap('invalid'),
  ),

  row('ud0', 'Is invalid on purpose: raises an invalid-opcode exception (SIGILL).', {}, [['0F FF /r', 'Gv,Ev']], e =>
    e.trap('invalid'),
  ),

  row('syscall', 'Enters the kernel: saves the return address in RCX and the flags in R11.', {}, [['0F 05', '']], e =>
    e.trap('syscall'),
  ),

  row(
    'endbr64',
    'Marks a place that indirect branches may reach; does nothing unless CET is on.',
    { feature: 'cet' },
    [['F3 0F 1E FA', '']],
    () => {},
  ),

  row(
    'endbr32',
    'Marks a place that indirect branches may reach in 32-bit code; does nothing here.',
    { feature: 'cet' },
    [['F3 0F 1E FB', '']],
    () => {},
  ),

  row('xbegin', 'Starts a transaction; a transaction that fails goes on at the target.', { feature: 'other' }, [
    ['C7 F8', 'Jz'],
  ]),

  row('xabort', 'Aborts the transaction with a code.', { feature: 'other' }, [['C6 F8', 'Ib']]),

  row('xend', 'Commits the transaction.', { feature: 'other' }, [['NP 0F 01 D5', '']]),

  row('xtest', 'Clears the zero flag inside a transaction.', { feature: 'other', writes: 'oszapc' }, [
    ['NP 0F 01 D6', ''],
  ]),
];
