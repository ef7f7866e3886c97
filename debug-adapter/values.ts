/** Evaluates expressions: names and memory come from a scope. */
import type { ValueType } from '../emulator/abi/go-abi.ts';
import { type Data, memberOf, type Place, pointee, typeText, wordOf } from './data.ts';
import { type CastType, type Expression, ExpressionError, parseExpression, SCALARS, TYPE_NAMES } from './expression.ts';
import { addressOf, integer, numeric, sizeOf, textOf, truth, type Value } from './operands.ts';
import { arithmetic, equal, matches, order, unary } from './operators.ts';
import { bytesText, convert, indexed, lengthOf, pointerData, valueFrom } from './program-values.ts';

/** Where names and memory come from. */
export interface Scope {
  /** Throws ExpressionError when the name is known but has no value here. */
  name(name: string, sigil: boolean): Value | undefined;
  /** Cut where memory ends. */
  read(address: number, length: number): Uint8Array;
  /** For "did you mean". */
  suggest(name: string): string;
  /** A type of the program by its name, with what reads its values. */
  type?(name: string): { type: ValueType; context: Data['context'] } | undefined;
}

const STRING_LIMIT = 64 * 1024;
const decoder = new TextDecoder();

/** Parses and evaluates. A whole text that names something ("internal/abi.Escape") wins over its reading as arithmetic. */
export function evaluateText(source: string, scope: Scope): Value {
  const text = source.trim();
  if (text === '') throw new ExpressionError('There is nothing to evaluate.');
  return (/[/(*]/.test(text) ? scope.name(text, false) : undefined) ?? evaluate(parseExpression(text), scope);
}

/** A function of the program that an expression calls; undefined: there is none of that name. */
export type Caller = (name: string) => ((args: Value[]) => Promise<Value>) | undefined;

/** As `evaluateText`, with calls of the program's functions. */
export async function evaluateCalling(source: string, scope: Scope, caller: Caller): Promise<Value> {
  const text = source.trim();
  if (!text.includes('(')) return evaluateText(source, scope);
  const named = scope.name(text, false);
  if (named) return named;
  const results: Value[] = [];
  const inner: Scope = {
    ...scope,
    name: (name, sigil) => (name.startsWith(CALL) ? results[Number(name.slice(CALL.length))] : scope.name(name, sigil)),
  };
  /** The expression with results where calls were, the innermost made first. */
  const made = async (expression: Expression): Promise<Expression> => {
    switch (expression.is) {
      case 'unary':
      case 'dereference':
      case 'address':
      case 'cast':
        return { ...expression, operand: await made(expression.operand) };
      case 'word':
        return { ...expression, address: await made(expression.address) };
      case 'member':
        return { ...expression, of: await made(expression.of) };
      case 'index':
        return { ...expression, of: await made(expression.of), index: await made(expression.index) };
      case 'binary':
        return { ...expression, left: await made(expression.left), right: await made(expression.right) };
      case 'call': {
        const args: Expression[] = [];
        for (const arg of expression.args) args.push(await made(arg));
        const name = dotted(expression.of) ?? '';
        const run = isConversion(name, scope) ? undefined : caller(name);
        if (!run) return { ...expression, args };
        results.push(await run(args.map(arg => evaluate(arg, inner))));
        return { is: 'name', name: `${CALL}${results.length - 1}`, sigil: true };
      }
      default:
        return expression;
    }
  };
  return evaluate(await made(parseExpression(text)), inner);
}

/** Begins the name of a call's result: no name of a program does. */
const CALL = '\0';

const isConversion = (name: string, scope: Scope): boolean =>
  ['len', 'cap', 'string'].includes(name) || Object.hasOwn(TYPE_NAMES, name) || scope.type?.(name) !== undefined;

/** Throws ExpressionError. */
export function evaluate(expression: Expression, scope: Scope): Value {
  switch (expression.is) {
    case 'number':
      return { is: 'integer', value: expression.value };
    case 'float':
      return { is: 'float', value: expression.value };
    case 'string':
      return { is: 'string', value: expression.value };
    case 'name': {
      const value = scope.name(expression.name, expression.sigil);
      if (!value) throw unknownName(expression.sigil ? `$${expression.name}` : expression.name, scope);
      return value;
    }
    case 'member':
      return member(expression, scope);
    case 'call':
      return call(expression, scope);
    case 'unary':
      return unary(expression.operator, evaluate(expression.operand, scope));
    case 'dereference': {
      const pointer = evaluate(expression.operand, scope);
      if ('data' in pointer && pointer.data?.type.kind === 'pointer') {
        const to = pointee(pointer.data);
        if (to) return valueFrom(to);
        if (wordOf(pointer.data) === 0n) throw new ExpressionError('The pointer is nil.');
      }
      const type = pointer.is === 'integer' ? pointer.type : undefined;
      const target: CastType = type && type.pointers > 0 ? { ...type, pointers: type.pointers - 1 } : WORD;
      return load(addressOf(pointer), target, scope);
    }
    case 'address': {
      const value = evaluate(expression.operand, scope);
      if (value.place?.is === 'memory' && 'data' in value && value.data)
        return valueFrom(pointerData(BigInt(value.place.address), value.data.type, value.data.context));
      if ('place' in value && value.place?.is === 'memory')
        return { is: 'integer', value: BigInt(value.place.address), type: pointerTo(value) };
      if (value.is === 'integer' && value.symbol) return value;
      throw new ExpressionError('Only what lies in memory has an address.');
    }
    case 'cast':
      return cast(evaluate(expression.operand, scope), expression.type, scope);
    case 'word':
      return load(addressOf(evaluate(expression.address, scope)), WORD, scope);
    case 'index': {
      const base = evaluate(expression.of, scope);
      const key = evaluate(expression.index, scope);
      if ('data' in base && base.data) {
        const found = indexed(base.data, key);
        if (found) return found;
      }
      const index = integer(key);
      if (base.is === 'string') {
        const char = new TextEncoder().encode(base.value)[Number(index)];
        if (char === undefined) throw new ExpressionError(`Index ${index} is outside the string.`);
        return { is: 'integer', value: BigInt(char) };
      }
      const type = base.is === 'integer' ? base.type : undefined;
      const target: CastType = type && type.pointers > 0 ? { ...type, pointers: type.pointers - 1 } : WORD;
      return load(addressOf(base) + Number(index) * sizeOf(target), target, scope);
    }
    case 'binary':
      return binary(expression, scope);
  }
}

/** `a.b`: a symbol of that name (those of Go contain dots), else a member of a value. */
function member(expression: Expression & { is: 'member' }, scope: Scope): Value {
  const special = expression.of.is === 'name' && expression.of.sigil ? `${expression.of.name}.${expression.name}` : '';
  const own = special === '' ? undefined : scope.name(special, true);
  if (own) return own;
  const path = dotted(expression);
  const named = path === undefined ? undefined : scope.name(path, false);
  if (named) return named;
  const first = path?.slice(0, path.indexOf('.'));
  if (first !== undefined && !scope.name(first, false)) throw unknownName(path!, scope);
  const of = evaluate(expression.of, scope);
  const data = 'data' in of ? of.data : undefined;
  const found = data && memberOf(data, expression.name);
  if (found) return valueFrom(found);
  if (!data) throw new ExpressionError(`${written(expression.of)} has no members.`);
  if (data.type.kind === 'pointer' && wordOf(data) === 0n)
    throw new ExpressionError(
      `${written(expression.of)} is nil: it points to no ${typeText(data.type).replace(/^\*/, '')}.`,
    );
  throw new ExpressionError(`${written(expression.of)} (${typeText(data.type)}) has no member ${expression.name}.`);
}

/** `len(x)`, `cap(x)`, and conversions; functions of the program were called before (see evaluateCalling). */
function call(expression: Expression & { is: 'call' }, scope: Scope): Value {
  const name = dotted(expression.of) ?? '';
  const [argument, ...more] = expression.args;
  const one = (): Value => {
    if (!argument || more.length > 0) throw new ExpressionError(`${name} takes one argument.`);
    return evaluate(argument, scope);
  };
  if (name === 'len' || name === 'cap') return { is: 'integer', value: lengthOf(one(), name) };
  if (name === 'string' && argument) {
    const value = one();
    const text = textOf(value) ?? ('data' in value && value.data ? bytesText(value.data) : undefined);
    if (text !== undefined) return { is: 'string', value: text };
  }
  if (Object.hasOwn(TYPE_NAMES, name)) return cast(one(), { scalar: TYPE_NAMES[name], pointers: 0 }, scope);
  const type = scope.type?.(name);
  if (type) return convert(one(), type.type, type.context);
  throw new ExpressionError(
    `${name}(…) is no conversion and no function that can be called here: functions of the program can be in watches and in the debug console.`,
  );
}

function binary(expression: Expression & { is: 'binary' }, scope: Scope): Value {
  const { operator } = expression;
  const left = evaluate(expression.left, scope);
  if (operator === '||' || operator === '&&') {
    if (truth(left) === (operator === '||')) return { is: 'boolean', value: operator === '||' };
    return { is: 'boolean', value: truth(evaluate(expression.right, scope)) };
  }
  const right = evaluate(expression.right, scope);
  switch (operator) {
    case '=~':
    case '!~':
      return { is: 'boolean', value: matches(left, right) === (operator === '=~') };
    case '==':
    case '!=':
      return { is: 'boolean', value: equal(left, right) === (operator === '==') };
    case '<':
      return { is: 'boolean', value: order(left, right) < 0 };
    case '<=':
      return { is: 'boolean', value: order(left, right) <= 0 };
    case '>':
      return { is: 'boolean', value: order(left, right) > 0 };
    case '>=':
      return { is: 'boolean', value: order(left, right) >= 0 };
    default:
      return arithmetic(operator, left, right);
  }
}

/** An expression as it was written, near enough to be recognised. */
function written(expression: Expression): string {
  return dotted(expression) ?? (expression.is === 'index' ? `${written(expression.of)}[…]` : 'This');
}

const WORD: CastType = { scalar: 'u64', pointers: 0 };

function pointerTo(value: Value): CastType {
  const type = value.is === 'integer' ? (value.type ?? WORD) : WORD;
  return { ...type, pointers: type.pointers + 1 };
}

function unknownName(name: string, scope: Scope): ExpressionError {
  return new ExpressionError(`${name} is no register, symbol or argument here${scope.suggest(name)}`);
}

/** `a.b.c` as one name: symbols of Go contain dots. */
function dotted(expression: Expression): string | undefined {
  if (expression.is === 'name') return expression.sigil ? undefined : expression.name;
  if (expression.is !== 'member') return undefined;
  const of = dotted(expression.of);
  return of === undefined ? undefined : `${of}.${expression.name}`;
}

function cast(value: Value, type: CastType, scope: Scope): Value {
  if (type.named !== undefined) {
    const found = scope.type?.(type.named);
    if (!found) throw new ExpressionError(`The program has no type ${type.named}.`);
    let to = found.type;
    for (let i = 1; i < type.pointers; i++) to = pointerData(0n, to, found.context).type;
    return valueFrom(pointerData(integer(value), to, found.context));
  }
  if (type.pointers > 0) return { is: 'integer', value: BigInt.asUintN(64, integer(value)), type };
  const { kind, size } = SCALARS[type.scalar];
  if (kind === 'string') return load(addressOf(value), type, scope);
  if (kind === 'float') return { is: 'float', value: numeric(value) };
  const bits = integer(value);
  return {
    is: 'integer',
    value: kind === 'signed' ? BigInt.asIntN(size * 8, bits) : BigInt.asUintN(size * 8, bits),
    type,
  };
}

/** The value of a type at an address. Throws ExpressionError when the memory is not there. */
export function load(address: number, type: CastType, scope: Scope): Value {
  const { kind, size } = type.pointers > 0 ? ({ kind: 'unsigned', size: 8 } as const) : SCALARS[type.scalar];
  if (kind === 'string') return loadString(address, type.scalar === 'string', scope);
  const bytes = scope.read(address, size);
  if (bytes.length < size) throw new ExpressionError(`There is no memory at 0x${address.toString(16)}.`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, size);
  const place: Place = { is: 'memory', address, size };
  if (kind === 'float')
    return { is: 'float', value: size === 4 ? view.getFloat32(0, true) : view.getFloat64(0, true), place };
  let bits = 0n;
  for (let i = size - 1; i >= 0; i--) bits = (bits << 8n) | BigInt(bytes[i]);
  return { is: 'integer', value: kind === 'signed' ? BigInt.asIntN(size * 8, bits) : bits, type, place };
}

function loadString(address: number, header: boolean, scope: Scope): Value {
  if (!header) {
    const bytes = scope.read(address, 4096);
    if (bytes.length === 0) throw new ExpressionError(`There is no memory at 0x${address.toString(16)}.`);
    const end = bytes.indexOf(0);
    return { is: 'string', value: decoder.decode(end < 0 ? bytes : bytes.subarray(0, end)) };
  }
  const words = scope.read(address, 16);
  if (words.length < 16) throw new ExpressionError(`There is no string header at 0x${address.toString(16)}.`);
  const view = new DataView(words.buffer, words.byteOffset, 16);
  const length = Number(BigInt.asUintN(52, view.getBigUint64(8, true)));
  const data = Number(BigInt.asUintN(52, view.getBigUint64(0, true)));
  return { is: 'string', value: decoder.decode(scope.read(data, Math.min(length, STRING_LIMIT))) };
}
