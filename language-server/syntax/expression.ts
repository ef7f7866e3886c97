/** Constant expressions, with the assembler's precedences; undefined is a value that is not known. */
import type { Cursor } from './cursor.ts';
import { charValue, parseInteger } from './literals.ts';

const U64 = (1n << 64n) - 1n;

export function expression(c: Cursor): bigint | undefined {
  let value = term(c);
  for (;;) {
    const mark = c.kind() === 'mark' ? c.text() : '';
    if (mark !== '+' && mark !== '-' && mark !== '|' && mark !== '^') return value;
    c.at++;
    const right = term(c);
    if (value === undefined || right === undefined) value = undefined;
    else {
      value =
        U64 &
        (mark === '+' ? value + right : mark === '-' ? value - right : mark === '|' ? value | right : value ^ right);
    }
  }
}

function term(c: Cursor): bigint | undefined {
  let value = factor(c);
  for (;;) {
    const mark = c.kind() === 'mark' ? c.text() : '';
    const start = c.at;
    const high = value !== undefined && value >> 63n !== 0n;
    switch (mark) {
      case '*':
      case '&': {
        c.at++;
        const right = factor(c);
        value =
          value === undefined || right === undefined ? undefined : mark === '*' ? (value * right) & U64 : value & right;
        break;
      }
      case '/':
      case '%': {
        c.at++;
        const right = factor(c);
        if (high)
          c.problem(mark === '/' ? 'divide of value with high bit set' : 'modulo of value with high bit set', start);
        if (right === 0n) {
          c.problem(mark === '/' ? 'division by zero' : 'modulo by zero', start);
        } else if (value !== undefined)
          value = right === undefined ? undefined : mark === '/' ? value / right : value % right;
        break;
      }
      case '<<': {
        c.at++;
        const shift = factor(c);
        if (shift !== undefined && shift >> 63n) c.problem('negative left shift count', start);
        return value === undefined || shift === undefined ? undefined : shift > 63n ? 0n : (value << shift) & U64;
      }
      case '>>': {
        c.at++;
        const shift = term(c);
        if (shift !== undefined && shift >> 63n) c.problem('negative right shift count', start);
        if (high) c.problem('right shift of value with high bit set', start);
        value = value === undefined || shift === undefined ? undefined : shift > 63n ? 0n : value >> shift;
        break;
      }
      default:
        return value;
    }
  }
}

function factor(c: Cursor): bigint | undefined {
  const at = c.at;
  const kind = c.kind();
  const text = c.text();
  if (kind === undefined) {
    c.problem('unexpected EOF evaluating expression');
    return undefined;
  }
  c.at++;
  if (kind === 'int') {
    const value = parseInteger(text);
    if (value === undefined) c.problem(`strconv.ParseUint: parsing "${text}": invalid syntax`, at);
    else if (value > U64) c.problem(`strconv.ParseUint: parsing "${text}": value out of range`, at);
    return value;
  }
  if (kind === 'char') {
    const value = charValue(text);
    if (value === undefined) c.problem('invalid syntax', at);
    return value;
  }
  if (kind === 'name' && c.context.isOpaque(text)) return undefined;
  if (kind === 'mark') {
    if (text === '+') return factor(c);
    if (text === '-') {
      const value = factor(c);
      return value === undefined ? undefined : U64 & -value;
    }
    if (text === '~') {
      const value = factor(c);
      return value === undefined ? undefined : U64 ^ value;
    }
    if (text === '(') {
      const value = expression(c);
      if (!c.isMark(')')) c.problem('missing closing paren');
      c.at++;
      return value;
    }
  }
  c.problem(`unexpected ${text} evaluating expression`, at);
  return undefined;
}

export function float(c: Cursor): undefined {
  const text = c.text();
  const kind = c.kind();
  if (kind === 'float') {
    if (!/^(?:0[xX][\da-fA-F_.]+[pP][+-]?\d[\d_]*|[\d_]*\.?[\d_]*(?:[eE][+-]?\d[\d_]*)?)$/.test(text)) {
      c.problem(`strconv.ParseFloat: parsing "${text}": invalid syntax`);
    }
    c.at++;
    return;
  }
  if (kind === 'mark' && (text === '+' || text === '-')) {
    c.at++;
    return float(c);
  }
  if (kind === 'mark' && text === '(') {
    c.at++;
    float(c);
    if (!c.isMark(')')) c.problem('missing closing paren');
    c.at++;
    return;
  }
  c.problem(`unexpected ${c.found()} evaluating float expression`);
}
