/** What the operators of expressions do with two values, or one. */
import { ExpressionError } from './expression.ts';
import { integer, numeric, sizeOf, textOf, truth, type Value, wrap } from './operands.ts';
import { pointerData, valueFrom } from './program-values.ts';

export function unary(operator: '-' | '+' | '!' | '^', operand: Value): Value {
  if (operator === '!') return { is: 'boolean', value: !truth(operand) };
  if (operand.is === 'float' && operator !== '^')
    return { is: 'float', value: operator === '-' ? -operand.value : operand.value };
  const value = integer(operand);
  // The complement of an unsigned value stays unsigned: ^0xff is a mask.
  if (operator === '^') return { is: 'integer', value: value < 0n ? ~value : BigInt.asUintN(64, ~value) };
  return { is: 'integer', value: wrap(operator === '-' ? -value : value) };
}

export function arithmetic(operator: string, left: Value, right: Value): Value {
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

export function equal(left: Value, right: Value): boolean {
  if (left.is === 'string' || right.is === 'string') {
    const [a, b] = [textOf(left), textOf(right)];
    if (a === undefined || b === undefined) throw new ExpressionError('A string can only be compared with a string.');
    return a === b;
  }
  if (left.is === 'float' || right.is === 'float') return numeric(left) === numeric(right);
  return BigInt.asUintN(64, integer(left)) === BigInt.asUintN(64, integer(right));
}

/** Negative, zero or positive. */
export function order(left: Value, right: Value): number {
  if (left.is === 'string' && right.is === 'string')
    return left.value < right.value ? -1 : Number(left.value > right.value);
  if (left.is === 'float' || right.is === 'float') return numeric(left) - numeric(right);
  const [a, b] = [integer(left), integer(right)];
  return a < b ? -1 : a > b ? 1 : 0;
}

export function matches(left: Value, right: Value): boolean {
  const subject = textOf(left);
  if (subject === undefined) throw new ExpressionError('The left side of =~ must be a string.');
  if (right.is !== 'string') throw new ExpressionError('The right side of =~ must be a regular expression in quotes.');
  try {
    return new RegExp(right.value).test(subject);
  } catch (error) {
    throw new ExpressionError(`${JSON.stringify(right.value)} is no regular expression: ${(error as Error).message}`);
  }
}
