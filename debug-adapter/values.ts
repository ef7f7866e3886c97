/**
 * What an expression's value is. Whole numbers are 64 bits wide and carry their sign in the value, so a comparison says
 * what it says on paper; arithmetic wraps at 64 bits as the machine's does.
 */
import type { ValueType } from '../emulator/abi/go-abi.ts';
import {
  type Data,
  dynamicValue,
  mapValue,
  memberOf,
  type Place,
  placed,
  pointee,
  scalarOf,
  sequenceOf,
  typeText,
  wordOf,
} from './data.ts';
import { type CastType, type Expression, ExpressionError, parseExpression, SCALARS, TYPE_NAMES } from './expression.ts';

export type { Place } from './data.ts';

/** `data`: the program's own value, where it is one: it has a type, a text, parts. */
export type Value =
  /** `text`: the string a call's argument points to. `type`: what pointer arithmetic and dereferences go by. */
  | { is: 'integer'; value: bigint; text?: string; type?: CastType; place?: Place; symbol?: string; data?: Data }
  | { is: 'float'; value: number; place?: Place; data?: Data }
  | { is: 'string'; value: string; place?: Place; data?: Data }
  | { is: 'boolean'; value: boolean; place?: Place; data?: Data }
  /** What is no number and no string: structs, slices, maps, interfaces … */
  | { is: 'data'; data: Data; place?: Place };

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

/** `len(x)`, `cap(x)`, and conversions; Ring 3 does not call the program's functions. */
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
  throw new ExpressionError(`${name}(…) is no conversion, and functions of the program cannot be called from here.`);
}

function lengthOf(value: Value, what: 'len' | 'cap'): bigint {
  const data = 'data' in value ? value.data : undefined;
  switch (data?.type.kind) {
    case 'slice':
      return wordOf(data, what === 'len' ? 8 : 16);
    case 'array':
      return BigInt(data.type.length ?? 0);
    case 'map':
    case 'chan': {
      const header = wordOf(data);
      if (header === 0n || header >= 1n << 48n) return 0n;
      // Both begin with the count; behind it a channel has its capacity.
      const bytes = data.context.memory.read(Number(header) + (what === 'len' ? 0 : 8), 8);
      if (data.type.kind === 'map' && what === 'cap') break;
      return wordOf({ ...data, bytes });
    }
    default: {
      const sequence = data && sequenceOf(data);
      if (sequence) return BigInt(sequence.length);
    }
  }
  if (value.is === 'string' && what === 'len') return BigInt(new TextEncoder().encode(value.value).length);
  throw new ExpressionError(
    `${what} needs ${what === 'len' ? 'a string, slice, array, map or channel' : 'a slice, array or channel'}.`,
  );
}

/** A slice of bytes as text. */
function bytesText(data: Data): string | undefined {
  const sequence = sequenceOf(data);
  if (sequence?.element.size !== 1) return undefined;
  if (sequence.length === 0) return '';
  const { place } = sequence.at(0);
  if (place?.is !== 'memory') return undefined;
  return decoder.decode(data.context.memory.read(place.address, Math.min(sequence.length, STRING_LIMIT)));
}

/** An element of a slice or an array, the value of a key, what lies behind a pointer; undefined: not the data's to say. */
function indexed(data: Data, key: Value): Value | undefined {
  const held = dynamicValue(data);
  if (held) return indexed(held, key);
  if (data.type.kind === 'map') {
    const plain = key.is === 'integer' || key.is === 'boolean' ? key.value : textOf(key);
    if (plain === undefined) throw new ExpressionError('Keys are looked up by number, string or boolean only.');
    const found = mapValue(data, plain);
    if (!found) throw new ExpressionError('The map has no such key.');
    return valueFrom(found);
  }
  const sequence = sequenceOf(data) ?? sequenceOf(pointee(data) ?? data);
  if (sequence) {
    const index = integer(key);
    if (index < 0n || index >= BigInt(sequence.length))
      throw new ExpressionError(`Index ${index} is outside: there are ${sequence.length}.`);
    return valueFrom(sequence.at(Number(index)));
  }
  const element = data.type.kind === 'pointer' ? data.type.element?.() : undefined;
  // C's pointers are arrays.
  if (!element || element.size === 0) return undefined;
  const address = Number(BigInt.asUintN(53, wordOf(data))) + Number(integer(key)) * element.size;
  return valueFrom(placed({ type: element, address }, data.context));
}

/** A value of the program as expressions compute with it. */
export function valueFrom(data: Data): Value {
  const { type, place } = data;
  if (data.bytes.length < type.size)
    throw new ExpressionError(
      place?.is === 'memory' ? `There is no memory at 0x${place.address.toString(16)}.` : 'The value is not readable.',
    );
  const scalar = scalarOf(data);
  if (typeof scalar === 'boolean') return { is: 'boolean', value: scalar, place, data };
  if (typeof scalar === 'number') return { is: 'float', value: scalar, place, data };
  if (typeof scalar === 'string') return { is: 'string', value: scalar, data };
  if (typeof scalar === 'bigint' && type.kind !== 'map' && type.kind !== 'chan') {
    const text = /char \*(const)?$/.test(type.name) ? zeroTerminated(data, scalar) : undefined;
    return { is: 'integer', value: scalar, place, data, ...(text === undefined ? {} : { text }) };
  }
  return { is: 'data', data, place };
}

/** What a `char *` points to, for comparisons. */
function zeroTerminated({ context }: Data, pointer: bigint): string | undefined {
  const bytes = pointer < 1n << 48n ? context.memory.read(Number(pointer), 4096) : new Uint8Array(0);
  const end = bytes.indexOf(0);
  return end < 0 ? undefined : decoder.decode(bytes.subarray(0, end));
}

function pointerData(address: bigint, to: ValueType, context: Data['context']): Data {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt.asUintN(64, address), true);
  return { type: { kind: 'pointer', name: `*${to.name}`, size: 8, element: () => to }, bytes, context };
}

/** Go's conversion to a type of the program: of numbers by value, else the same bytes read anew. */
function convert(value: Value, type: ValueType, context: Data['context']): Value {
  if (type.kind === 'pointer') {
    const bytes = pointerData(integer(value), type, context).bytes;
    return valueFrom({ type, bytes, context });
  }
  if (type.kind === 'float') return { is: 'float', value: Number('value' in value ? value.value : integer(value)) };
  if (type.kind === 'int' || type.kind === 'uint') {
    const bits = integer(value);
    const bytes = Uint8Array.from({ length: type.size }, (_, i) => Number((bits >> BigInt(8 * i)) & 0xffn));
    return valueFrom({ type, bytes, context });
  }
  if ('data' in value && value.data && value.data.type.size === type.size) return valueFrom({ ...value.data, type });
  throw new ExpressionError(
    `That cannot be converted to ${typeText(type)}; (*${typeText(type)})(address) reads one from memory.`,
  );
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

function integer(value: Value): bigint {
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

function wrap(value: bigint): bigint {
  return value < 0n ? BigInt.asIntN(64, value) : BigInt.asUintN(64, value);
}

function unary(operator: '-' | '+' | '!' | '^', operand: Value): Value {
  if (operator === '!') return { is: 'boolean', value: !truth(operand) };
  if (operand.is === 'float' && operator !== '^')
    return { is: 'float', value: operator === '-' ? -operand.value : operand.value };
  const value = integer(operand);
  // The complement of an unsigned value stays unsigned: ^0xff is a mask.
  if (operator === '^') return { is: 'integer', value: value < 0n ? ~value : BigInt.asUintN(64, ~value) };
  return { is: 'integer', value: wrap(operator === '-' ? -value : value) };
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

const numeric = (value: Value): number => (value.is === 'float' ? value.value : Number(integer(value)));

function arithmetic(operator: string, left: Value, right: Value): Value {
  if (left.is === 'float' || right.is === 'float') {
    const [a, b] = [numeric(left), numeric(right)];
    const value = operator === '+' ? a + b : operator === '-' ? a - b : operator === '*' ? a * b : a / b;
    if (!'+-*/'.includes(operator)) throw new ExpressionError(`${operator} needs whole numbers.`);
    return { is: 'float', value };
  }
  const a = integer(left);
  let b = integer(right);
  const element = left.is === 'integer' && left.data?.type.kind === 'pointer' ? left.data.type.element?.() : undefined;
  if (element && left.is === 'integer' && left.data && (operator === '+' || operator === '-') && !isPointer(right)) {
    const sum = compute(operator, a, b * BigInt(element.size || 1));
    return valueFrom({ ...pointerData(sum, element, left.data.context), type: left.data.type });
  }
  const type = left.is === 'integer' ? left.type : undefined;
  const pointer = type && type.pointers > 0 && (operator === '+' || operator === '-') ? type : undefined;
  if (pointer && !(right.is === 'integer' && right.type))
    b *= BigInt(sizeOf({ ...pointer, pointers: pointer.pointers - 1 }));
  return { is: 'integer', value: wrap(compute(operator, a, b)), type: pointer };
}

const isPointer = (value: Value): boolean => value.is === 'integer' && value.data?.type.kind === 'pointer';

function compute(operator: string, a: bigint, b: bigint): bigint {
  switch (operator) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
    case '%':
      if (b === 0n) throw new ExpressionError('Division by zero.');
      return operator === '/' ? a / b : a % b;
    case '&':
      return a & b;
    case '|':
      return a | b;
    case '^':
      return a ^ b;
    case '&^':
      return a & ~b;
    case '<<':
      return b < 0n || b > 63n ? 0n : a << b;
    case '>>':
      return b < 0n || b > 63n ? (a < 0n ? -1n : 0n) : a >> b;
    default:
      throw new ExpressionError(`Unknown operator ${operator}.`);
  }
}

function textOf(value: Value): string | undefined {
  return value.is === 'string' ? value.value : value.is === 'integer' ? value.text : undefined;
}

function equal(left: Value, right: Value): boolean {
  if (left.is === 'string' || right.is === 'string') {
    const [a, b] = [textOf(left), textOf(right)];
    if (a === undefined || b === undefined) throw new ExpressionError('A string can only be compared with a string.');
    return a === b;
  }
  if (left.is === 'float' || right.is === 'float') return numeric(left) === numeric(right);
  return BigInt.asUintN(64, integer(left)) === BigInt.asUintN(64, integer(right));
}

function order(left: Value, right: Value): number {
  if (left.is === 'string' && right.is === 'string')
    return left.value < right.value ? -1 : Number(left.value > right.value);
  if (left.is === 'float' || right.is === 'float') return numeric(left) - numeric(right);
  const [a, b] = [integer(left), integer(right)];
  return a < b ? -1 : a > b ? 1 : 0;
}

function matches(left: Value, right: Value): boolean {
  const subject = textOf(left);
  if (subject === undefined) throw new ExpressionError('The left side of =~ must be a string.');
  if (right.is !== 'string') throw new ExpressionError('The right side of =~ must be a regular expression in quotes.');
  try {
    return new RegExp(right.value).test(subject);
  } catch (error) {
    throw new ExpressionError(`${JSON.stringify(right.value)} is no regular expression: ${(error as Error).message}`);
  }
}

export function sizeOf(type: CastType): number {
  return type.pointers > 0 ? 8 : SCALARS[type.scalar].size;
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
