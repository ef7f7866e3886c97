/** Binary arithmetic: SDM volume 1, section 5.1.2, without multiplication and division (see muldiv.ts). */

import { RAX } from '../../abi/amd64/layout.ts';
import type { Emitter, IntWidth, Val } from '../emitter.ts';
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

/** a + b + carry at the operation's width, and the carry out. */
function addCarry(e: Emitter, a: Val, b: Val, carry: Val): { result: Val; carry: Val } {
  if (e.size === 8) {
    const sum = e.add(a, b);
    const result = e.add(sum, e.zeroExtend(carry, 4, 8));
    return { result, carry: e.or(e.ltU(sum, a), e.ltU(result, sum)) };
  }
  const sum = e.add(e.add(e.zeroExtend(a, e.size, 8), e.zeroExtend(b, e.size, 8)), e.zeroExtend(carry, 4, 8));
  return {
    result: e.truncate(sum, 4),
    carry: e.and(e.truncate(e.shrU(sum, e.const64(e.size * 8)), 4), e.const32(1)),
  };
}

/** a − b − borrow at the operation's width, and the borrow out. */
function subBorrow(e: Emitter, a: Val, b: Val, borrow: Val): { result: Val; borrow: Val } {
  if (e.size === 8) {
    const difference = e.sub(a, b);
    const wide = e.zeroExtend(borrow, 4, 8);
    return { result: e.sub(difference, wide), borrow: e.or(e.ltU(a, b), e.ltU(difference, wide)) };
  }
  const d = e.sub(e.sub(e.zeroExtend(a, e.size, 8), e.zeroExtend(b, e.size, 8)), e.zeroExtend(borrow, 4, 8));
  return {
    result: e.truncate(d, 4),
    borrow: e.and(e.truncate(e.shrU(d, e.const64(e.size * 8)), 4), e.const32(1)),
  };
}

export const arith: readonly Row[] = [
  row('add', 'Adds the source to the destination.', { writes: 'oszapc', lockable: true }, group1(0), e => {
    const a = e.read(0);
    const b = e.read(1);
    const r = e.add(a, b);
    e.write(0, r);
    e.flags('add', a, b, r);
  }),

  row(
    'adc',
    'Adds the source and the carry flag to the destination.',
    { writes: 'oszapc', reads: 'c', lockable: true },
    group1(2),
    e => {
      const a = e.read(0);
      const b = e.read(1);
      const { result, carry } = addCarry(e, a, b, e.flag('c'));
      e.write(0, result);
      e.flags('add', a, b, result, carry);
    },
  ),

  row(
    'sbb',
    'Subtracts the source and the carry flag from the destination.',
    { writes: 'oszapc', reads: 'c', lockable: true },
    group1(3),
    e => {
      const a = e.read(0);
      const b = e.read(1);
      const { result, borrow } = subBorrow(e, a, b, e.flag('c'));
      e.write(0, result);
      e.flags('sub', a, b, result, borrow);
    },
  ),

  row('sub', 'Subtracts the source from the destination.', { writes: 'oszapc', lockable: true }, group1(5), e => {
    const a = e.read(0);
    const b = e.read(1);
    const r = e.sub(a, b);
    e.write(0, r);
    e.flags('sub', a, b, r);
  }),

  row(
    'cmp',
    'Compares two values: sets the flags as subtracting the second from the first would, and keeps neither result.',
    { writes: 'oszapc' },
    group1(7),
    e => {
      const a = e.read(0);
      const b = e.read(1);
      e.flags('sub', a, b, e.sub(a, b));
    },
  ),

  row(
    'inc',
    'Adds one; the carry flag stays as it was.',
    { writes: 'oszap', lockable: true },
    [
      ['FE /0', 'Eb'],
      ['FF /0', 'Ev'],
    ],
    e => {
      const a = e.read(0);
      const one = e.int(1);
      const r = e.add(a, one);
      e.write(0, r);
      e.flags('add', a, one, r, 'keep');
    },
  ),

  row(
    'dec',
    'Subtracts one; the carry flag stays as it was.',
    { writes: 'oszap', lockable: true },
    [
      ['FE /1', 'Eb'],
      ['FF /1', 'Ev'],
    ],
    e => {
      const a = e.read(0);
      const one = e.int(1);
      const r = e.sub(a, one);
      e.write(0, r);
      e.flags('sub', a, one, r, 'keep');
    },
  ),

  row(
    'neg',
    'Negates: subtracts the operand from zero.',
    { writes: 'oszapc', lockable: true },
    [
      ['F6 /3', 'Eb'],
      ['F7 /3', 'Ev'],
    ],
    e => {
      const a = e.int(0);
      const b = e.read(0);
      const r = e.sub(a, b);
      e.write(0, r);
      e.flags('sub', a, b, r);
    },
  ),

  row(
    'adcx',
    'Adds the source and the carry flag, and changes no flag but the carry; one of two independent carry chains.',
    { feature: 'adx', writes: 'c', reads: 'c' },
    [['66 0F 38 F6 /r', 'Gy,Ey']],
    e => {
      const { result, carry } = addCarry(e, e.read(0), e.read(1), e.flag('c'));
      e.write(0, result);
      e.setFlags({ c: carry });
    },
  ),

  row(
    'adox',
    'Adds the source and the overflow flag used as a carry, and changes no flag but the overflow flag.',
    { feature: 'adx', writes: 'o', reads: 'o' },
    [['F3 0F 38 F6 /r', 'Gy,Ey']],
    e => {
      const { result, carry } = addCarry(e, e.read(0), e.read(1), e.flag('o'));
      e.write(0, result);
      e.setFlags({ o: carry });
    },
  ),

  row(
    'xadd',
    'Adds the source to the destination, and loads the source register with what the destination held before.',
    { writes: 'oszapc', lockable: true },
    [
      ['0F C0 /r', 'Eb,Gb'],
      ['0F C1 /r', 'Ev,Gv'],
    ],
    e => {
      const a = e.read(0);
      const b = e.read(1);
      const r = e.add(a, b);
      // Of `xadd r, r` with one register the sum stays: it is written last.
      if (e.kind(0) === 'reg') e.write(1, a);
      e.write(0, r);
      if (e.kind(0) !== 'reg') e.write(1, a);
      e.flags('add', a, b, r);
    },
  ),

  row(
    'cmpxchg',
    'If the destination equals AL, AX, EAX or RAX, stores the source there; otherwise loads the accumulator with it.',
    { writes: 'oszapc', lockable: true },
    [
      ['0F B0 /r', 'Eb,Gb'],
      ['0F B1 /r', 'Ev,Gv'],
    ],
    e => {
      const size = e.size as IntWidth;
      const old = e.read(0);
      const wanted = e.read(1);
      const accumulator = e.get(RAX, size);
      const same = e.eq(accumulator, old);
      // Memory is written either way, as the CPU does: a read-only page faults even when the values differ. A register
      // is left alone when they differ, its upper half too.
      if (e.kind(0) === 'mem') e.write(0, e.select(same, wanted, old));
      e.when(
        same,
        () => {
          if (e.kind(0) === 'reg') e.write(0, wanted);
        },
        () => e.set(RAX, size, old),
      );
      e.flags('sub', accumulator, old, e.sub(accumulator, old));
    },
  ),

  row(
    'cmpxchg8b',
    'Compares EDX:EAX (RDX:RAX) with 8 (16) bytes of memory; if they are equal stores ECX:EBX (RCX:RBX), otherwise loads them.',
    { writes: 'z', lockable: true },
    [['0F C7 /1', 'M2y']],
    e => e.routine('cmpxchg8b'),
  ),
];
