/**
 * What an expression's value is. Whole numbers are 64 bits wide and carry their sign in the value, so a comparison says
 * what it says on paper; arithmetic wraps at 64 bits as the machine's does.
 */
import { type CastType, type Expression, ExpressionError, parseExpression, SCALARS } from './expression.ts';

/** Where a value lives, so that it can be assigned, watched or shown in a memory view. */
export type Place = { is: 'register'; name: string; bits: number } | { is: 'memory'; address: number; size: number };

export type Value =
  /** `text`: the string a call's argument points to. `type`: what pointer arithmetic and dereferences go by. */
  | { is: 'integer'; value: bigint; text?: string; type?: CastType; place?: Place; symbol?: string }
  | { is: 'float'; value: number; place?: Place }
  | { is: 'string'; value: string; place?: Place }
  | { is: 'boolean'; value: boolean };

/** Where names and memory come from. */
export interface Scope {
  /** Throws ExpressionError when the name is known but has no value here. */
  name(name: string, sigil: boolean): Value | undefined;
  /** Cut where memory ends. */
  read(address: number, length: number): Uint8Array;
  /** For "did you mean". */
  suggest(name: string): string;
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
    case 'string':
      return { is: 'string', value: expression.value };
    case 'name': {
      const value = scope.name(expression.name, expression.sigil);
      if (!value) throw unknownName(expression.sigil ? `$${expression.name}` : expression.name, scope);
      return value;
    }
    case 'member': {
      const path = dotted(expression);
      const value = path === undefined ? undefined : scope.name(path, false);
      if (!value) throw unknownName(path ?? expression.name, scope);
      return value;
    }
    case 'unary':
      return unary(expression.operator, evaluate(expression.operand, scope));
    case 'dereference': {
      const pointer = evaluate(expression.operand, scope);
      const type = pointer.is === 'integer' ? pointer.type : undefined;
      const target: CastType = type && type.pointers > 0 ? { ...type, pointers: type.pointers - 1 } : WORD;
      return load(addressOf(pointer), target, scope);
    }
    case 'address': {
      const value = evaluate(expression.operand, scope);
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
      const index = integer(evaluate(expression.index, scope));
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
  }
}

function integer(value: Value): bigint {
  if (value.is === 'integer') return value.value;
  if (value.is === 'boolean') return value.value ? 1n : 0n;
  if (value.is === 'float' && Number.isFinite(value.value)) return BigInt(Math.trunc(value.value));
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

function arithmetic(operator: string, left: Value, right: Value): Value {
  if (left.is === 'float' || right.is === 'float') {
    const [a, b] = [Number(left.value), Number(right.value)];
    const value = operator === '+' ? a + b : operator === '-' ? a - b : operator === '*' ? a * b : a / b;
    if (!'+-*/'.includes(operator)) throw new ExpressionError(`${operator} needs whole numbers.`);
    return { is: 'float', value };
  }
  const a = integer(left);
  let b = integer(right);
  const type = left.is === 'integer' ? left.type : undefined;
  const pointer = type && type.pointers > 0 && (operator === '+' || operator === '-') ? type : undefined;
  if (pointer && !(right.is === 'integer' && right.type))
    b *= BigInt(sizeOf({ ...pointer, pointers: pointer.pointers - 1 }));
  return { is: 'integer', value: wrap(compute(operator, a, b)), type: pointer };
}

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
  if (left.is === 'float' || right.is === 'float') return Number(left.value) === Number(right.value);
  return BigInt.asUintN(64, integer(left)) === BigInt.asUintN(64, integer(right));
}

function order(left: Value, right: Value): number {
  if (left.is === 'string' && right.is === 'string')
    return left.value < right.value ? -1 : Number(left.value > right.value);
  if (left.is === 'float' || right.is === 'float') return Number(left.value) - Number(right.value);
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
  if (type.pointers > 0) return { is: 'integer', value: BigInt.asUintN(64, integer(value)), type };
  const { kind, size } = SCALARS[type.scalar];
  if (kind === 'string') return load(addressOf(value), type, scope);
  if (kind === 'float') return { is: 'float', value: Number(value.is === 'integer' ? value.value : value.value) };
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
