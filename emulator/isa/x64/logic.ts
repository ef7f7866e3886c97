/** Logical instructions: SDM volume 1, section 5.1.4. */
import { group1 } from './arith.ts';
import { row } from './define.ts';
import type { Row } from './row.ts';

export const logic: readonly Row[] = [
  row(
    'and',
    'Keeps the bits that are set in both the destination and the source.',
    { writes: 'oszpc', undefined: 'a', lockable: true },
    group1(4),
    e => {
      const a = e.read(0);
      const b = e.read(1);
      const r = e.and(a, b);
      e.write(0, r);
      e.flags('logic', a, b, r);
    },
  ),

  row(
    'or',
    'Sets the bits that are set in the destination or in the source.',
    { writes: 'oszpc', undefined: 'a', lockable: true },
    group1(1),
    e => {
      const a = e.read(0);
      const b = e.read(1);
      const r = e.or(a, b);
      e.write(0, r);
      e.flags('logic', a, b, r);
    },
  ),

  row(
    'xor',
    'Sets the bits that differ between destination and source; of a register with itself, the usual way to make zero.',
    { writes: 'oszpc', undefined: 'a', lockable: true },
    group1(6),
    e => {
      const a = e.read(0);
      const b = e.read(1);
      const r = e.xor(a, b);
      e.write(0, r);
      e.flags('logic', a, b, r);
    },
  ),

  row(
    'test',
    'Sets the flags as AND of the two values would, and keeps neither result.',
    { writes: 'oszpc', undefined: 'a' },
    [
      ['84 /r', 'Eb,Gb'],
      ['85 /r', 'Ev,Gv'],
      ['A8 ib', 'AL,Ib'],
      ['A9 iz', 'rAX,Iz'],
      ['F6 /0 ib', 'Eb,Ib'],
      ['F6 /1 ib', 'Eb,Ib'],
      ['F7 /0 iz', 'Ev,Iz'],
      ['F7 /1 iz', 'Ev,Iz'],
    ],
    e => {
      const a = e.read(0);
      const b = e.read(1);
      e.flags('logic', a, b, e.and(a, b));
    },
  ),

  row(
    'not',
    'Inverts every bit; no flag changes.',
    { lockable: true },
    [
      ['F6 /2', 'Eb'],
      ['F7 /2', 'Ev'],
    ],
    e => e.write(0, e.not(e.read(0))),
  ),
];
