/** Binary arithmetic: SDM volume 1, section 5.1.2, without multiplication and division (see muldiv.ts). */
import { type FormText, row } from './define.ts';
import type { Row } from './row.ts';

/** The nine forms of the classic two-operand group; `n` is its number in opcode and ModRM.reg (ADD 0 … CMP 7). */
export function group1(n: number): FormText[] {
  const op = (k: number) => (n * 8 + k).toString(16).toUpperCase().padStart(2, '0');
  return [
    [`${op(0)} /r`, 'Eb,Gb'],
    [`${op(1)} /r`, 'Ev,Gv'],
    [`${op(2)} /r`, 'Gb,Eb'],
    [`${op(3)} /r`, 'Gv,Ev'],
    [`${op(4)} ib`, 'AL,Ib'],
    [`${op(5)} iz`, 'rAX,Iz'],
    [`80 /${n} ib`, 'Eb,Ib'],
    [`81 /${n} iz`, 'Ev,Iz'],
    [`83 /${n} ib`, 'Ev,sIb'],
  ];
}

export const arith: readonly Row[] = [
  row('add', 'Adds the source to the destination.', { writes: 'oszapc', lockable: true }, group1(0)),

  row(
    'adc',
    'Adds the source and the carry flag to the destination.',
    { writes: 'oszapc', reads: 'c', lockable: true },
    group1(2),
  ),

  row(
    'sbb',
    'Subtracts the source and the carry flag from the destination.',
    { writes: 'oszapc', reads: 'c', lockable: true },
    group1(3),
  ),

  row('sub', 'Subtracts the source from the destination.', { writes: 'oszapc', lockable: true }, group1(5)),

  row(
    'cmp',
    'Compares two values: sets the flags as subtracting the second from the first would, and keeps neither result.',
    { writes: 'oszapc' },
    group1(7),
  ),

  row('inc', 'Adds one; the carry flag stays as it was.', { writes: 'oszap', lockable: true }, [
    ['FE /0', 'Eb'],
    ['FF /0', 'Ev'],
  ]),

  row('dec', 'Subtracts one; the carry flag stays as it was.', { writes: 'oszap', lockable: true }, [
    ['FE /1', 'Eb'],
    ['FF /1', 'Ev'],
  ]),

  row('neg', 'Negates: subtracts the operand from zero.', { writes: 'oszapc', lockable: true }, [
    ['F6 /3', 'Eb'],
    ['F7 /3', 'Ev'],
  ]),

  row(
    'adcx',
    'Adds the source and the carry flag, and changes no flag but the carry; one of two independent carry chains.',
    { feature: 'adx', writes: 'c', reads: 'c' },
    [['66 0F 38 F6 /r', 'Gy,Ey']],
  ),

  row(
    'adox',
    'Adds the source and the overflow flag used as a carry, and changes no flag but the overflow flag.',
    { feature: 'adx', writes: 'o', reads: 'o' },
    [['F3 0F 38 F6 /r', 'Gy,Ey']],
  ),

  row(
    'xadd',
    'Adds the source to the destination, and loads the source register with what the destination held before.',
    { writes: 'oszapc', lockable: true },
    [
      ['0F C0 /r', 'Eb,Gb'],
      ['0F C1 /r', 'Ev,Gv'],
    ],
  ),

  row(
    'cmpxchg',
    'If the destination equals AL, AX, EAX or RAX, stores the source there; otherwise loads the accumulator with it.',
    { writes: 'oszapc', lockable: true },
    [
      ['0F B0 /r', 'Eb,Gb'],
      ['0F B1 /r', 'Ev,Gv'],
    ],
  ),

  row(
    'cmpxchg8b',
    'Compares EDX:EAX (RDX:RAX) with 8 (16) bytes of memory; if they are equal stores ECX:EBX (RCX:RBX), otherwise loads them.',
    { writes: 'z', lockable: true },
    [['0F C7 /1', 'M2y']],
  ),
];
