/** Arguments as their row describes them: what the printers of single calls build on. */
import { type CallContext, type Part, part, register } from './context.ts';
import { formatArgument } from './values.ts';

/** One argument by its index. */
export function argument(c: CallContext, index: number): Part {
  const [name, value] = c.args[index];
  return part(name, formatArgument(c, value, register(c, index)));
}

/** An argument of the row with another text. */
export const named = (c: CallContext, index: number, text: string): Part => part(c.args[index][0], text);

/** Arguments [from, to) of the row. */
export function argumentRange(c: CallContext, from: number, to = c.args.length): Part[] {
  const parts: Part[] = [];
  for (let i = from; i < to; i++) parts.push(argument(c, i));
  return parts;
}

/** The first `count` arguments are all there is. */
export const only = (c: CallContext, count: number) => ({ parts: argumentRange(c, 0, count), more: false });

/** The first `count` arguments are known before the call; others follow. */
export const until = (c: CallContext, count: number) => ({ parts: argumentRange(c, 0, count), more: true });
