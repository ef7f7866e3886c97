/** Expressions: what they mean, and what is said of those that mean nothing. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ExpressionError, parseExpression } from '../../debug-adapter/expression.ts';
import { hitCounts, parseHitCondition, parseLogMessage } from '../../debug-adapter/hits.ts';
import type { Value } from '../../debug-adapter/operands.ts';
import { evaluateText, type Scope } from '../../debug-adapter/values.ts';

const memory = new Uint8Array(64);
new DataView(memory.buffer).setBigUint64(0, 0x1122_3344_5566_7788n, true);
new DataView(memory.buffer).setBigUint64(8, 0x1010n, true);
new DataView(memory.buffer).setBigUint64(16, 0x1020n, true);
new DataView(memory.buffer).setBigUint64(24, 5n, true);
memory.set(new TextEncoder().encode('hello\0world'), 32);
const BASE = 0x1000;

const names: Record<string, Value> = {
  rax: { is: 'integer', value: (1n << 64n) - 1n },
  fd: { is: 'integer', value: 1n },
  count: { is: 'integer', value: 120n },
  path: { is: 'integer', value: 0x1020n, text: '/etc/hostname' },
  O_CREAT: { is: 'integer', value: 0o100n },
  flags: { is: 'integer', value: 0o102n },
  'main.main': { is: 'integer', value: 0x401000n },
  'runtime.(*mheap).alloc': { is: 'integer', value: 0x402000n },
  'internal/abi.Escape': { is: 'integer', value: 0x403000n },
};

const scope: Scope = {
  name: name => names[name],
  read: (address, length) =>
    address < BASE ? new Uint8Array(0) : memory.slice(address - BASE, address - BASE + length),
  suggest: () => '.',
};

const value = (text: string) => {
  const result = evaluateText(text, scope);
  return result.is === 'data' ? undefined : result.value;
};

describe('values', () => {
  test.each<[string, bigint | boolean | string | number]>([
    ['1 + 2 * 3', 7n],
    ['(1 + 2) * 3', 9n],
    ['0xff & ^0xf', 0xf0n],
    ['0xff &^ 0xf', 0xf0n],
    ['1 << 4 | 1', 17n],
    ['-5 / 2', -2n],
    ['-5 % 3', -2n],
    ['0644', 0o644n],
    ['0b101', 5n],
    ['1_000_000', 1_000_000n],
    ["'a'", 97n],
    ["'\\n'", 10n],
    ['rax == -1', true],
    ['$rax == 0xffffffffffffffff', true],
    ['fd == 1 && count > 100', true],
    ['fd == 2 || count > 200', false],
    ['flags & O_CREAT', 0o100n],
    ['flags & O_CREAT == O_CREAT', true],
    ['!(flags & O_CREAT)', false],
    ['path =~ "^/etc"', true],
    ['path !~ "\\.go$"', true],
    ['path == "/etc/hostname"', true],
    ['1.5 + 2', 3.5],
    ['1e3 > 999', true],
    ['len("abc") + 1', 4n],
    ['uint8(0x188)', 0x88n],
    ['main.main', 0x401000n],
    ['main.main + 4', 0x401004n],
    ['`runtime.(*mheap).alloc`', 0x402000n],
    ['runtime.(*mheap).alloc', 0x402000n],
    ['internal/abi.Escape', 0x403000n],
    ['[0x1000]', 0x1122334455667788n],
    ['[0x1000 + 8]', 0x1010n],
    ['*(u32*)0x1000', 0x55667788n],
    ['*(*uint16)(0x1000)', 0x7788n],
    ['((u32*)0x1000)[1]', 0x11223344n],
    ['*((u8*)0x1000 + 1)', 0x77n],
    ['(i8)0x88', -120n],
    ['(u8)(0x188)', 0x88n],
    ['(cstring)0x1020', 'hello'],
    ['(string)0x1010', 'hello'],
    ['&*(u32*)0x1000', 0x1000n],
    ['**(u64**)0x1008', 0x1020n],
    ['1 << 64', 0n],
    ['0xffffffffffffffff + 1', 0n],
  ])('%s', (text, expected) => {
    expect(value(text)).toBe(expected);
  });

  test.each<[string, RegExp]>([
    ['', /nothing to evaluate/],
    ['1 +', /ends where a value should follow/],
    ['1 2', /an operator or the end/],
    ['(1', /ends where "\)" should follow/],
    ['nosuch', /nosuch is no register, symbol or argument/],
    ['1 / 0', /Division by zero/],
    ['[0]', /no memory at 0x0/],
    ['*(u64*)rax', /is no address/],
    ['path =~ "("', /is no regular expression/],
    ['fd == "x"', /only be compared with a string/],
    ['12abc', /no number/],
    ['a ? b', /Unexpected "\?"/],
    ['len(fd)', /len needs a string/],
    ['fd(3)', /no conversion/],
    ['(*main.T)(0x1000)', /no type main.T/],
    ['fd.x', /has no members/],
    ['&5', /Only what lies in memory/],
    [`${'('.repeat(300)}1`, /nested too deeply/],
    [`${'-'.repeat(300)}1`, /nested too deeply/],
    ['1'.repeat(5000), /too long/],
  ])('%s is refused', (text, message) => {
    expect(() => value(text)).toThrow(message);
    expect(() => value(text)).toThrow(ExpressionError);
  });

  test('any text gives a value or a sentence', () => {
    const word = fc.constantFrom(
      'rax',
      'fd',
      '(',
      ')',
      '[',
      ']',
      '*',
      '&',
      '+',
      '-',
      '0x10',
      '"a"',
      '(u8*)',
      '.',
      '=~',
      '!',
      '`',
      '$',
      '5',
      '->',
      'len(',
      '(*main.T)',
      'struct',
      '1.5',
      ',',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(word, { maxLength: 12 }).map(words => words.join(' ')),
        ),
        text => {
          try {
            evaluateText(text, scope);
          } catch (error) {
            if (!(error instanceof ExpressionError)) throw error;
          }
        },
      ),
      { numRuns: 3000 },
    );
  });

  test('parsing gives plain data', () => {
    const tree = parseExpression('*(u32*)(rsp + 8) == 5');
    expect(structuredClone(tree)).toEqual(tree);
  });
});

test('hit conditions', () => {
  const counted = (text: string) => [1, 2, 3, 4, 5, 6].filter(hit => hitCounts(parseHitCondition(text), hit));
  expect(counted('3')).toEqual([3]);
  expect(counted('= 3')).toEqual([3]);
  expect(counted('>= 5')).toEqual([5, 6]);
  expect(counted('> 5')).toEqual([6]);
  expect(counted('<3')).toEqual([1, 2]);
  expect(counted('%2')).toEqual([2, 4, 6]);
  expect(() => parseHitCondition('% 0')).toThrow(ExpressionError);
  expect(() => parseHitCondition('often')).toThrow(/A hit count is written/);
});

test('log messages', () => {
  expect(parseLogMessage('fd {fd}, {{braces}}')).toEqual([
    'fd ',
    { is: 'name', name: 'fd', sigil: false },
    ', {braces}',
  ]);
  expect(() => parseLogMessage('open {fd')).toThrow(/never closed/);
});
