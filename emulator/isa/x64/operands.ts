/** Operands that are made once and shared: registers, and immediates that fit a byte. */
import { fixedCodes, type OperandCode } from './operand-codes.ts';
import type { Operand, RegisterClass, Width } from './row.ts';

/** Register operands never change, so there is one object for each. */
const register = (cls: RegisterClass, index: number, w: Width, high = false): Operand =>
  Object.freeze({ is: 'reg', class: cls, index, width: w, high });
const registers = (cls: RegisterClass, n: number, w: Width): Operand[] =>
  Array.from({ length: n }, (_, i) => register(cls, i, w));

export const gpr: readonly Operand[][] = [];
for (const w of [1, 2, 4, 8] as const) (gpr as Operand[][])[w] = registers('gpr', 16, w);
/** Byte registers 4–7 without a REX prefix: AH, CH, DH, BH. */
export const highBytes = [0, 1, 2, 3].map(i => register('gpr', i, 1, true));
export const vectors: Operand[][] = [];
for (const w of [1, 2, 4, 8, 16, 32, 64] as const) vectors[w] = registers('xmm', 32, w);
export const masks = registers('k', 8, 8);
export const mm = registers('mm', 8, 8);
export const mm4 = registers('mm', 8, 4);
export const st = registers('st', 8, 10);
export const segments = registers('seg', 6, 2);
export const controls = registers('cr', 16, 8);
export const debugs = registers('dr', 16, 8);
const fixedOperands = new Map<OperandCode, Operand>(
  fixedCodes.map(o => [o, register(o.class, o.index, o.width as Width)]),
);

/** Immediates that fit a byte are most of them. */
const small: Operand[][] = [];
for (const w of [1, 2, 4, 8] as const) {
  small[w] = Array.from({ length: 384 }, (_, i) => Object.freeze({ is: 'imm', value: BigInt(i - 128), width: w }));
}
export const immediate = (value: number, w: number): Operand =>
  value >= -128 && value < 256 ? small[w][value + 128] : { is: 'imm', value: BigInt(value), width: w as Width };

/** The operand an opcode names by itself. */
export const fixedOperand = (code: OperandCode): Operand => fixedOperands.get(code)!;
/** The count of a shift by one. */
export const one = immediate(1, 1);
