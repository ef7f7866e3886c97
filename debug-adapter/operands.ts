/**
 * What expressions compute with, and how it is read as a number, a text, a truth, an address. Whole numbers are 64 bits
 * wide and carry their sign in the value, so a comparison says what it says on paper.
 */
import { type Data, type Place, typeText, wordOf } from './data.ts';
import { type CastType, ExpressionError, SCALARS } from './expression.ts';

/** `data`: the program's own value, where it is one: it has a type, a text, parts. */
export type Value =
  /** `text`: the string a call's argument points to. `type`: what pointer arithmetic and dereferences go by. */
  | { is: 'integer'; value: bigint; text?: string; type?: CastType; place?: Place; symbol?: string; data?: Data }
  | { is: 'float'; value: number; place?: Place; data?: Data }
  | { is: 'string'; value: string; place?: Place; data?: Data }
  | { is: 'boolean'; value: boolean; place?: Place; data?: Data }
  /** What is no number and no string: structs, slices, maps, interfaces … */
  | { is: 'data'; data: Data; place?: Place };

export function truth(value: Value): boolean {
  switch (value.is) {
    case 'boolean':
      return value.value;
    case 'integer':
      return value.value !== 0n;
    case 'float':
      return value.value !== 0;
    case 'string':
      return value.value !== '';
    case 'data':
      throw new ExpressionError(`${typeText(value.data.type)} is neither true nor false.`);
  }
}

/** Kinds that are nil when their first word is. */
const NILABLE = new Set(['slice', 'interface', 'map', 'chan']);

export function integer(value: Value): bigint {
  if (value.is === 'integer') return value.value;
  if (value.is === 'boolean') return value.value ? 1n : 0n;
  if (value.is === 'float' && Number.isFinite(value.value)) return BigInt(Math.trunc(value.value));
  if (value.is === 'data') {
    if (NILABLE.has(value.data.type.kind)) return wordOf(value.data);
    throw new ExpressionError(`${typeText(value.data.type)} is no number: name one of its parts.`);
  }
  throw new ExpressionError(`${value.is === 'string' ? JSON.stringify(value.value) : value.value} is no whole number.`);
}

/** A value as an address; numbers beyond what JavaScript counts exactly are no user addresses. Throws ExpressionError. */
export function addressOf(value: Value): number {
  const address = BigInt.asUintN(64, integer(value));
  if (address >= 1n << 53n) throw new ExpressionError(`0x${address.toString(16)} is no address of a program.`);
  return Number(address);
}

/** Arithmetic wraps at 64 bits as the machine's does. */
export function wrap(value: bigint): bigint {
  return value < 0n ? BigInt.asIntN(64, value) : BigInt.asUintN(64, value);
}

export const numeric = (value: Value): number => (value.is === 'float' ? value.value : Number(integer(value)));

/** The characters of a string, or those that a call's argument points to. */
export function textOf(value: Value): string | undefined {
  return value.is === 'string' ? value.value : value.is === 'integer' ? value.text : undefined;
}

export function sizeOf(type: CastType): number {
  return type.pointers > 0 ? 8 : SCALARS[type.scalar].size;
}
