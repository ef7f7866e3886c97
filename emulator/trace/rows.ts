/** Arguments as their row describes them: what the printers of single calls build on. */
import { syscallRow } from '../abi/syscalls.ts';
import type { Value } from '../abi/types.ts';
import { type CallContext, type Part, part, register } from './context.ts';
import { formatArgument, isOut } from './values.ts';

const EMPTY: readonly (readonly [string, Value])[] = [];
const CACHE = new Map<string, readonly (readonly [string, Value])[]>();

/** Name and type of each argument, in register order. */
export function rowArguments(c: CallContext): readonly (readonly [string, Value])[] {
  if (c.name === undefined) return EMPTY;
  const known = CACHE.get(c.name);
  if (known) return known;
  const entries = Object.entries(syscallRow(c.name).args);
  CACHE.set(c.name, entries);
  return entries;
}

/** One argument by its index. */
export function argument(c: CallContext, index: number): Part {
  const [name, value] = rowArguments(c)[index];
  return part(name, formatArgument(c, value, register(c, index)));
}

/** An argument of the row with another text. */
export const named = (c: CallContext, index: number, text: string): Part => part(rowArguments(c)[index][0], text);

/** Arguments [from, to) of the row. */
export function argumentRange(c: CallContext, from: number, to = rowArguments(c).length): Part[] {
  const parts: Part[] = [];
  for (let i = from; i < to; i++) parts.push(argument(c, i));
  return parts;
}

/** Index of the first argument that the call writes; the number of arguments if there is none. */
export function firstOut(c: CallContext): number {
  const known = FIRST_OUT.get(c.name ?? '');
  if (known !== undefined) return known;
  const found = findOut(c);
  FIRST_OUT.set(c.name ?? '', found);
  return found;
}

const FIRST_OUT = new Map<string, number>();

function findOut(c: CallContext): number {
  const index = rowArguments(c).findIndex(([, value]) => isOut(value.meaning));
  return index < 0 ? rowArguments(c).length : index;
}

/** The first `count` arguments are all there is. */
export const only = (c: CallContext, count: number) => ({ parts: argumentRange(c, 0, count), more: false });

/** The first `count` arguments are known before the call; others follow. */
export const until = (c: CallContext, count: number) => ({ parts: argumentRange(c, 0, count), more: true });
