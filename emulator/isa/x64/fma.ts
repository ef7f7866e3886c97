/**
 * Fused multiply-add: one rounding for product and sum. The digits say which operands are multiplied and which is
 * added: 132 is first × third + second, 213 second × first + third, 231 second × third + first.
 */
import { row } from './define.ts';
import type { Lift, Row } from './row.ts';

export type Order = '132' | '213' | '231';
export type FmaOperation = 'madd' | 'msub' | 'nmadd' | 'nmsub' | 'maddsub' | 'msubadd';
export type FmaKind = 'ps' | 'pd' | 'ss' | 'sd';

const orders: Record<Order, { high: number; factors: string; addend: string }> = {
  '132': { high: 0x90, factors: 'first and third', addend: 'second' },
  '213': { high: 0xa0, factors: 'second and first', addend: 'third' },
  '231': { high: 0xb0, factors: 'second and third', addend: 'first' },
};

/** Low digit of the packed form's opcode (the scalar one follows it), and what is done with product and addend. */
const operations: Record<FmaOperation, { low: number; text: string }> = {
  maddsub: { low: 6, text: 'Multiplies # of the * operands and subtracts (even) or adds (odd) the +' },
  msubadd: { low: 7, text: 'Multiplies # of the * operands and adds (even) or subtracts (odd) the +' },
  madd: { low: 8, text: 'Multiplies # of the * operands and adds the +' },
  msub: { low: 10, text: 'Multiplies # of the * operands and subtracts the +' },
  nmadd: { low: 12, text: 'Negates the product of # of the * operands and adds the +' },
  nmsub: { low: 14, text: 'Negates the product of # of the * operands and subtracts the +' },
};

const kinds: Record<FmaKind, string> = {
  ps: 'floats',
  pd: 'doubles',
  ss: 'the lowest float',
  sd: 'the lowest double',
};

function fmaRow(operation: FmaOperation, order: Order, kind: FmaKind, lift?: Lift): Row {
  const { low, text } = operations[operation];
  const { high, factors, addend } = orders[order];
  const scalar = kind === 'ss' || kind === 'sd';
  const double = kind === 'pd' || kind === 'sd';
  const w = double ? 'W1' : 'W0';
  const opcode = (high + low + (scalar ? 1 : 0)).toString(16).toUpperCase();
  const length = scalar ? '.LIG' : '';
  const memory = double ? 'q' : 'd';
  return row(
    `vf${operation}${order}${kind}`,
    `${text.replace('#', kinds[kind]).replace('*', factors).replace('+', addend)}, rounding once.`,
    { feature: 'fma' },
    [
      [`VEX${length}.66.0F38.${w} ${opcode} /r`, scalar ? `Vdq,Hdq,W${memory}` : 'Vx,Hx,Wx'],
      [
        `EVEX${length}.66.0F38.${w} ${opcode} /r`,
        scalar ? `Vdq{kz},Hdq,W${memory}{er}` : `Vx{kz},Hx,Wx{b${double ? 64 : 32}}{er}`,
      ],
    ],
    lift,
  );
}

const packed: readonly FmaKind[] = ['ps', 'pd'];
const all: readonly FmaKind[] = ['ps', 'pd', 'ss', 'sd'];
const kindsOf: Record<FmaOperation, readonly FmaKind[]> = {
  madd: all,
  msub: all,
  nmadd: all,
  nmsub: all,
  maddsub: packed,
  msubadd: packed,
};

export const fma: readonly Row[] = (Object.keys(operations) as FmaOperation[]).flatMap(operation =>
  (Object.keys(orders) as Order[]).flatMap(order => kindsOf[operation].map(kind => fmaRow(operation, order, kind))),
);
