/**
 * SSE's floating point without the real CPU at hand: recorded answers of one, the fast path beside the exact one, MXCSR
 * itself, and how far the approximations are off.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, test, vi } from 'vitest';
import { amd64 } from '../../emulator/abi/amd64/arch.ts';
import { FP_CONTROL, RIP, readFlags, VECTOR } from '../../emulator/abi/amd64/layout.ts';
import { Cpu } from '../../emulator/cpu/cpu.ts';
import { add, div, F32, F64, type Format, mul, type Result, sqrt, sub } from '../../emulator/cpu/float.ts';
import { decode } from '../../emulator/isa/x64/decode.ts';
import { differences } from '../fuzz/cpu/compare.ts';
import { startEmulated } from '../fuzz/cpu/emulated.ts';
import { putDouble, putFloat } from '../fuzz/cpu/floats.ts';
import { Random } from '../fuzz/cpu/random.ts';
import { batchOfSingle, parseLine } from '../fuzz/cpu/text.ts';
import { spaceWith } from './space.ts';

// Many small runs, on machines that may be busy.
vi.setConfig({ testTimeout: 60_000 });

const lines = readFileSync(new URL('./float-vectors.txt', import.meta.url), 'utf8')
  .split('\n')
  .filter(line => line !== '' && !line.startsWith('#'));
const byRow = new Map<string, string[]>();
for (const line of lines) {
  const code = new Uint8Array(32);
  code.set(Buffer.from(line.split(' ')[0], 'hex'));
  const insn = decode(code, 0, 0);
  if (!('form' in insn)) throw new Error(`no instruction: ${line}`);
  const { name } = insn.form.row;
  byRow.set(name, [...(byRow.get(name) ?? []), line]);
}

test('every row is recorded', () => {
  expect(byRow.size).toBe(64);
  expect(lines.filter(line => line.includes('trap=19')).length).toBeGreaterThan(20);
});

describe.each([0, 1] as const)('as recorded, tier %i', tier => {
  const emulated = startEmulated(tier);
  test.each([...byRow])('%s', (_, list) => {
    for (const line of list) {
      const { single, expected } = parseLine(line);
      const found = differences(single.piece, 0, expected, emulated.run(batchOfSingle(single)));
      expect(found, line).toEqual([]);
    }
  });
});

// ---- a CPU of our own for whole snippets

const CODE = 0x40_0000;
const DATA = 0x50_0000;
const space = spaceWith([CODE, 4096, 7], [DATA, 4096, 3]);
const cpu = new Cpu(space);

interface State {
  mxcsr: number;
  /** XMM1 and XMM2, low and high half. */
  a: readonly [bigint, bigint];
  b: readonly [bigint, bigint];
}

let loaded = '';

/** Runs the bytes up to their end; the answer is XMM1, the flags, MXCSR and the exception, if there was one. */
function run(
  hex: string,
  state: State,
): { result: [bigint, bigint]; flags: bigint; mxcsr: number; exception?: string } {
  const code = Buffer.from(`${hex}cc`, 'hex');
  if (hex !== loaded) space.write(CODE, code);
  loaded = hex;
  const r = amd64.startRegisters(CODE, 0);
  r[FP_CONTROL] = (r[FP_CONTROL] & ~0xffff_ffffn) | BigInt(state.mxcsr);
  r[VECTOR + 4] = state.a[0];
  r[VECTOR + 5] = state.a[1];
  r[VECTOR + 8] = state.b[0];
  r[VECTOR + 9] = state.b[1];
  r[3] = BigInt(DATA);
  const exit = cpu.run(r, 100);
  const ended = exit.is === 'exception' && exit.exception.is !== 'breakpoint' ? exit.exception.is : undefined;
  if (!ended) expect(Number(r[RIP])).toBe(CODE + code.length);
  return {
    result: [r[VECTOR + 4], r[VECTOR + 5]],
    flags: readFlags(r),
    mxcsr: Number(r[FP_CONTROL] & 0xffff_ffffn),
    ...(ended ? { exception: ended } : {}),
  };
}

type Pair = [bigint, bigint];

/** Pairs of operands: random bits, numbers where something changes, and whole numbers, whose results are exact. */
function* operands(name: string, count: number): Generator<[Pair, Pair]> {
  const random = new Random(name.length * 7919 + name.charCodeAt(0));
  const words = new Uint32Array(8);
  const double = /[ps]d/.test(name);
  for (let i = 0; i < count; i++) {
    if (i % 4 === 0) for (let at = 0; at < 8; at++) words[at] = random.u32();
    else if (i % 4 === 1) {
      const whole = (v: Float32Array | Float64Array) =>
        v.forEach((_, at) => {
          v[at] = i % 8 === 1 ? 4 ** random.below(8) : random.below(1 << random.below(20)) - 50;
        });
      whole(double ? new Float64Array(words.buffer) : new Float32Array(words.buffer));
    } else if (double) for (let at = 0; at < 8; at += 2) putDouble(random, words, at);
    else for (let at = 0; at < 8; at++) putFloat(random, words, at);
    const halves = new BigUint64Array(words.buffer);
    yield [
      [halves[0], halves[1]],
      [halves[2], halves[3]],
    ];
  }
}

const TWO_OPERANDS = [...byRow].flatMap(([name, list]) => {
  const hex = list[0].split(' ')[0];
  return /si/.test(name) ? [] : ([[name, hex]] as const);
});

test.each(TWO_OPERANDS)('%s: PE as it was makes no difference', (name, hex) => {
  for (const [a, b] of operands(name, 200)) {
    const fast = run(hex, { mxcsr: 0x1fa0, a, b });
    const exact = run(hex, { mxcsr: 0x1f80, a, b });
    expect(fast.result).toEqual(exact.result);
    expect(fast.flags).toBe(exact.flags);
    expect(fast.mxcsr).toBe(exact.mxcsr | 0x20);
  }
});

const ARITHMETIC: Record<string, (f: Format, a: bigint, b: bigint, mxcsr: number) => Result> = {
  add,
  sub,
  mul,
  div,
  sqrt: (f, _, b, mxcsr) => sqrt(f, b, mxcsr),
};
const OPCODE: Record<string, string> = { add: '58', mul: '59', sub: '5c', div: '5e', sqrt: '51' };
const PREFIX: Record<string, string> = { ps: '', pd: '66', ss: 'f3', sd: 'f2' };

test.each(Object.keys(OPCODE).flatMap(name => Object.keys(PREFIX).map(kind => [name, kind] as const)))(
  '%s%s as the exact arithmetic says, in compiled code or not',
  (name, kind) => {
    const double = kind.endsWith('d');
    const lanes = (v: Pair): bigint[] => (double ? [...v] : v.flatMap(half => [half & 0xffff_ffffn, half >> 32n]));
    const hex = `${PREFIX[kind]}0f${OPCODE[name]}ca`;
    let exactResults = 0;
    for (const [a, b] of operands(kind, 300)) {
      for (const mxcsr of [0x1fa0, 0x1f80, 0x9fe0, 0x3f80]) {
        const y = lanes(b);
        const before = lanes(a);
        let flags = 0;
        const expected = before.map((x, i) => {
          if (i > 0 && kind.startsWith('s')) return x;
          const r = ARITHMETIC[name](double ? F64 : F32, x, y[i], mxcsr);
          flags |= r.flags;
          return r.bits;
        });
        const { result, mxcsr: after } = run(hex, { mxcsr, a, b });
        expect(lanes(result)).toEqual(expected);
        expect(after).toBe(mxcsr | flags);
        if (mxcsr === 0x1f80 && flags === 0) exactResults++;
      }
    }
    expect(exactResults).toBeGreaterThan(3);
  },
);

const ONE = 0x3ff0_0000_0000_0000n;
const THIRD = 0x3fd5_5555_5555_5555n;
const TINY = 0x3c00_0000_0000_0000n;
const none = [0n, 0n] as const;
const ADD = 'f20f58ca';
const LOAD = '0fae13';
const STORE = '0fae1b';

describe('MXCSR', () => {
  const with32 = (value: number) => space.write(DATA, new Uint8Array(Uint32Array.of(value).buffer));

  test('starts as Linux sets it, and PE once it is raised stays', () => {
    const first = run(ADD, { mxcsr: 0x1f80, a: [ONE, 0n], b: [TINY, 0n] });
    expect(first).toMatchObject({ result: [ONE, 0n], mxcsr: 0x1fa0 });
  });

  test('LDMXCSR changes the rounding of what follows, in the middle of a run', () => {
    with32(0x5fa0);
    const up = run(LOAD + ADD, { mxcsr: 0x1fa0, a: [ONE, 0n], b: [TINY, 0n] });
    expect(up.result[0]).toBe(ONE + 1n);
    with32(0x1fa0);
    const nearest = run(LOAD + ADD, { mxcsr: 0x5fa0, a: [ONE, 0n], b: [TINY, 0n] });
    expect(nearest.result[0]).toBe(ONE);
  });

  test('STMXCSR tells what was raised', () => {
    run(`f20f5eca${STORE}`, { mxcsr: 0x1f80, a: [ONE, 0n], b: none });
    expect(new Uint32Array(new Uint8Array(space.peek(DATA, 4)).buffer)[0]).toBe(0x1f84);
  });

  test('reserved bits are a general protection fault, and nothing changes', () => {
    with32(0x10000 | 0x1f80);
    expect(run(LOAD, { mxcsr: 0x1fa5, a: none, b: none })).toMatchObject({
      exception: 'general-protection',
      mxcsr: 0x1fa5,
    });
  });

  test('an unmasked exception leaves the destination alone and says in MXCSR which it was', () => {
    const divided = run('f20f5eca', { mxcsr: 0x1d80, a: [ONE, 7n], b: none });
    expect(divided).toMatchObject({ result: [ONE, 7n], mxcsr: 0x1d84, exception: 'floating-point' });
    // Inexact, and its mask is off: nothing is written either.
    const inexact = run('f20f59ca', { mxcsr: 0x0f80, a: [THIRD, 0n], b: [THIRD, 0n] });
    expect(inexact).toMatchObject({ result: [THIRD, 0n], mxcsr: 0x0fa0, exception: 'floating-point' });
  });

  test('with DAZ and FTZ denormals are zeros, coming and going', () => {
    const smallest = 0x0010_0000_0000_0000n;
    const half = 0x3fe0_0000_0000_0000n;
    for (const pe of [0, 0x20]) {
      const tiny = run('f20f59ca', { mxcsr: 0x9fc0 | pe, a: [smallest, 0n], b: [half, 0n] });
      expect(tiny).toMatchObject({ result: [0n, 0n], mxcsr: 0x9ff0 });
      const denormal = run('f20f58ca', { mxcsr: 0x9fc0 | pe, a: [1n, 0n], b: [ONE, 0n] });
      expect(denormal).toMatchObject({ result: [ONE, 0n], mxcsr: 0x9fc0 | pe });
    }
  });
});

/** The manual's bound on the relative error of RCPxx and RSQRTxx. */
const BOUND = 1.5 * 2 ** -12;
test.each([
  ['rcpps', '0f53ca', (x: number) => 1 / x],
  ['rcpss', 'f30f53ca', (x: number) => 1 / x],
  ['rsqrtps', '0f52ca', (x: number) => 1 / Math.sqrt(x)],
  ['rsqrtss', 'f30f52ca', (x: number) => 1 / Math.sqrt(x)],
] as const)('%s is within 1.5·2⁻¹² and raises nothing', (_, hex, exact) => {
  const float = new Float32Array(1);
  const bits = new Uint32Array(float.buffer);
  for (let exponent = 1; exponent < 252; exponent++) {
    for (const fraction of [0, 0x2aaaaa, 0x7fffff]) {
      bits[0] = (exponent << 23) | fraction;
      const x = float[0];
      const { result, mxcsr } = run(hex, { mxcsr: 0x0000, a: none, b: [BigInt(bits[0]), 0n] });
      bits[0] = Number(result[0] & 0xffff_ffffn);
      expect(Math.abs(float[0] / exact(x) - 1)).toBeLessThan(BOUND);
      expect(mxcsr).toBe(0);
    }
  }
  const special = (input: bigint) => run(hex, { mxcsr: 0, a: none, b: [input, 0n] }).result[0] & 0xffff_ffffn;
  expect(special(0n)).toBe(0x7f80_0000n);
  expect(special(0x8000_0000n)).toBe(0xff80_0000n);
  expect(special(1n)).toBe(0x7f80_0000n);
  expect(special(0x7f80_0000n)).toBe(0n);
  expect(special(0xff80_0001n)).toBe(0xffc0_0001n);
});
