/**
 * String instructions: SDM volume 1, section 5.1.8. One row for the byte, word, doubleword and quadword form; the
 * registers (RSI, RDI, RCX, the accumulator) are implied, so `Y…` and `X…` give only the size and no operand.
 */
import { row } from './define.ts';
import type { Row } from './row.ts';

export const string: readonly Row[] = [
  row(
    'movs',
    'Copies from [RSI] to [RDI] and moves both on; with REP, RCX times.',
    { reads: 'd', repeatable: true },
    [
      ['A4', 'Yb,Xb'],
      ['A5', 'Yv,Xv'],
    ],
    e => e.routine('movs'),
  ),

  row(
    'stos',
    'Stores the accumulator at [RDI] and moves RDI on; with REP, RCX times.',
    { reads: 'd', repeatable: true },
    [
      ['AA', 'Yb'],
      ['AB', 'Yv'],
    ],
    e => e.routine('stos'),
  ),

  row(
    'lods',
    'Loads the accumulator from [RSI] and moves RSI on.',
    { reads: 'd', repeatable: true },
    [
      ['AC', 'Xb'],
      ['AD', 'Xv'],
    ],
    e => e.routine('lods'),
  ),

  row(
    'cmps',
    'Compares [RSI] with [RDI] and moves both on; REPE goes on while they are equal, REPNE until they are.',
    { writes: 'oszapc', reads: 'd', repeatable: true },
    [
      ['A6', 'Xb,Yb'],
      ['A7', 'Xv,Yv'],
    ],
    e => e.routine('cmps'),
  ),

  row(
    'scas',
    'Compares the accumulator with [RDI] and moves RDI on; REPE goes on while they are equal, REPNE until they are.',
    { writes: 'oszapc', reads: 'd', repeatable: true },
    [
      ['AE', 'Yb'],
      ['AF', 'Yv'],
    ],
    e => e.routine('scas'),
  ),

  row(
    'ins',
    'Reads from the I/O port DX to [RDI]; user programs may not.',
    { reads: 'd', repeatable: true },
    [
      ['6C', 'Yb'],
      ['6D', 'Yz'],
    ],
    e => e.trap('protection'),
  ),

  row(
    'outs',
    'Writes from [RSI] to the I/O port DX; user programs may not.',
    { reads: 'd', repeatable: true },
    [
      ['6E', 'Xb'],
      ['6F', 'Xz'],
    ],
    e => e.trap('protection'),
  ),
];
