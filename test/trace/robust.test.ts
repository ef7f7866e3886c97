/** Every call of the table, with arguments that make no sense over memory that is not there or is noise. */
import { describe, expect, it } from 'vitest';
import type { ViewMemory } from '../../emulator/abi/arch.ts';
import { decodeArgs, syscallNames, syscallNumber, syscallRow } from '../../emulator/abi/syscalls.ts';
import { DEFAULT_FORMAT, type FormatOptions } from '../../emulator/trace/context.ts';
import { argumentType, describeCall, describeResult } from '../../emulator/trace/describe.ts';
import { formatCall } from '../../emulator/trace/format.ts';
import { formatSiginfo } from '../../emulator/trace/siginfo.ts';

/** xorshift: the same cases every time. */
function random(seed: number): () => number {
  let x = seed;
  return () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return x >>> 0;
  };
}

const SPECIAL = [0n, 1n, 2n, 8n, 16n, 0xffffffffn, 0xffff_ffff_ffff_ffffn, 0x8000_0000n, 0x10000n, 0x10008n, 0x10100n];

const noise = (next: () => number): ViewMemory => ({
  read(address, length) {
    if (address < 0x10000 || address >= 0x20000) return new Uint8Array(0);
    const bytes = new Uint8Array(Math.min(length, 0x20000 - address));
    const kind = next() % 3;
    // Zeros, addresses into itself, anything.
    if (kind > 0)
      for (let i = 0; i < Math.min(bytes.length, 4096); i++)
        bytes[i] = kind === 1 ? [0, 0, 1, 0][(address + i) & 3] : next();
    return bytes;
  },
});

const VARIANTS: readonly Partial<FormatOptions>[] = [
  {},
  { verbose: true },
  { quoting: 'hex', stringLimit: 0 },
  { column: 'arm64' },
];

describe('calls with senseless arguments', () => {
  it('are printed on one line without an error', () => {
    const next = random(0x5eed);
    for (const name of syscallNames()) {
      for (let round = 0; round < 24; round++) {
        const options: FormatOptions = { ...DEFAULT_FORMAT, ...VARIANTS[round % VARIANTS.length] };
        const number = syscallNumber(options.column, name) ?? 5000 + round;
        const args = Array.from({ length: 6 }, () =>
          next() % 2 ? SPECIAL[next() % SPECIAL.length] : (BigInt(next()) << BigInt(next() % 33)) ^ BigInt(next()),
        );
        const result = [0n, 1n, -14n, -512n, -4095n, 0x7fff_ffff_f000n, 40n][next() % 7];
        const call = { task: 1, number, args, pc: 0, result, entered: 0n };
        const memory = noise(next);
        const line = formatCall(call, memory, memory, options);
        expect(line, name).toMatch(/^\w+\(.*\) += /s);
        expect(line).not.toContain('\n');
        expect(line).not.toMatch(/undefined|NaN|\[object/);
        // Sets of descriptors are shown in full, like structures with -v.
        const long = options.verbose || name.includes('select');
        expect(line.length, name).toBeLessThan(long ? 4_000_000 : 100_000);
        describeCall({ ...call, result: round % 2 ? undefined : result }, memory, options);
        describeResult(call, memory, options);
      }
    }
  });

  it('signals with any siginfo', () => {
    const next = random(7);
    for (let i = 0; i < 3000; i++) {
      const info = Uint8Array.from({ length: 128 }, () => (next() % 4 ? 0 : next()));
      info[0] = next() % 70;
      expect(formatSiginfo(info, 'amd64')).toMatch(/^\{.*\}$/);
    }
    expect(formatSiginfo(new Uint8Array(4), 'amd64')).toBe('{}');
  });
});

describe('the rows', () => {
  it('hold every number of amd64 once', () => {
    const numbers = syscallNames().map(name => syscallRow(name).amd64 as number);
    expect(new Set(numbers).size).toBe(numbers.length);
    const expected = [...Array(335).keys(), ...Array.from({ length: 44 }, (_, i) => 424 + i)];
    expect(numbers.toSorted((a, b) => a - b)).toEqual(expected);
  });

  it('have names that C would have, a sentence each, and at most six arguments', () => {
    for (const name of syscallNames()) {
      const row = syscallRow(name);
      expect(row.sentence, name).toMatch(/^[A-Z].*\.$/);
      expect(Object.keys(row.args).length, name).toBeLessThanOrEqual(6);
      for (const [argument, value] of Object.entries(row.args)) {
        expect(argument, name).toMatch(/^[a-z_]\w*$/);
        expect(argumentType(value)).not.toBe('');
      }
    }
  });

  it('decode registers as the kernel’s prototypes do', () => {
    expect(decodeArgs('write', [0xffff_ffff_0000_0001n, 0xc000012110n, 14n])).toEqual({
      fd: 1,
      buf: 0xc000012110,
      count: 14,
    });
    expect(decodeArgs('lseek', [3n, 0xffff_ffff_ffff_fffbn, 2n])).toEqual({ fd: 3, offset: -5, whence: 2 });
    expect(decodeArgs('openat', [0xffff_ff9cn, 0x1000n, 0x8000n])).toEqual({
      dfd: -100,
      filename: 0x1000,
      flags: 0x8000,
      mode: 0,
    });
    expect(decodeArgs('clone', [0n, 1n, 2n, 3n, 4n], 'arm64')).toMatchObject({ tls: 3, child_tid: 4 });
  });
});

describe('a call at a stop', () => {
  const memory: ViewMemory = {
    read: (address, length) =>
      new TextEncoder().encode('hello, kernel\n').slice(address - 0x1000, address - 0x1000 + length),
  };
  const call = { task: 1, number: 1, args: [1n, 0x1000n, 14n], pc: 0, entered: 0n };

  it('has its arguments by name, type and text', () => {
    expect(describeCall(call, memory, DEFAULT_FORMAT)).toEqual({
      name: 'write',
      sentence: 'Writes bytes to a file descriptor.',
      args: [
        { name: 'fd', type: 'int', raw: 1n, text: '1', out: false },
        { name: 'buf', type: 'const void *', raw: 0x1000n, text: '"hello, kernel\\n"', out: false },
        { name: 'count', type: 'size_t', raw: 14n, text: '14', out: false },
      ],
      line: 'write(1, "hello, kernel\\n", 14)',
    });
  });

  it('shows what the call will fill as an address, and its result in words', () => {
    const read = { ...call, number: 0 };
    expect(describeCall(read, memory, DEFAULT_FORMAT).line).toBe('read(1, 0x1000, 14)');
    expect(describeCall({ ...read, result: 5n }, memory, DEFAULT_FORMAT).line).toBe('read(1, "hello", 14) = 5');
    expect(describeResult({ ...read, result: -9n }, memory, DEFAULT_FORMAT)).toEqual({
      text: '-1 EBADF (Bad file descriptor)',
      failed: true,
      meaning: 'EBADF: Bad file descriptor',
    });
  });
});
