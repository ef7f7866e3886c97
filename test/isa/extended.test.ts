/** The x87's arithmetic beside JavaScript's doubles, which round the same way at 53 bits while nothing over- or underflows. */
import { describe, expect, it } from 'vitest';
import * as x from '../../emulator/cpu/extended.ts';

const view = new DataView(new ArrayBuffer(8));
const bitsOf = (v: number): bigint => {
  view.setFloat64(0, v);
  return view.getBigUint64(0);
};
const numberOf = (bits: bigint): number => {
  view.setBigUint64(0, bits);
  return view.getFloat64(0);
};

const mode = (rounding: x.Rounding, precision = 64): x.Mode => ({ rounding, precision, masked: 0x3f });
const from = (v: number): x.Extended => x.fromNarrow(bitsOf(v), 8).value;
const to = (v: x.Extended): number => numberOf(x.toNarrow(v, 8, mode(0)).bits);

/** A fixed sequence of numbers of many sizes. */
function* numbers(count: number): Generator<number> {
  let state = 0x1234_5678;
  const next = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state;
  };
  for (let i = 0; i < count; i++) {
    const exponent = (next() >>> 25) - 64;
    const sign = next() & 0x8000 ? -1 : 1;
    const short = next() & 0x10000;
    const mantissa = short ? 1 + (next() >>> 28) / 16 : 1 + next() / 2 ** 32 + next() / 2 ** 64;
    yield sign * mantissa * 2 ** exponent;
  }
}

describe('extended precision', () => {
  it('takes doubles in and out as they are', () => {
    for (const v of [0, -0, 1, -1.5, Number.MIN_VALUE, 2 ** -1022, Number.MAX_VALUE, Infinity, -Infinity])
      expect(Object.is(to(from(v)), v), String(v)).toBe(true);
    expect(to(from(Number.NaN))).toBeNaN();
    expect(x.fromNarrow(bitsOf(Number.MIN_VALUE), 8).raised).toBe(x.DENORMAL);
  });

  it('adds, subtracts, multiplies, divides and takes roots as doubles do, at 53 bits', () => {
    const m = mode(0, 53);
    let previous = 1;
    for (const a of numbers(2000)) {
      const b = previous;
      previous = a;
      expect(to(x.add(from(a), from(b), m).value)).toBe(a + b);
      expect(to(x.subtract(from(a), from(b), m).value)).toBe(a - b);
      expect(to(x.multiply(from(a), from(b), m).value)).toBe(a * b);
      expect(to(x.divide(from(a), from(b), m).value)).toBe(a / b);
      expect(to(x.squareRoot(from(Math.abs(a)), m).value)).toBe(Math.sqrt(Math.abs(a)));
    }
  });

  it('gives remainders as JavaScript does', () => {
    let previous = 1;
    for (const a of numbers(1000)) {
      const b = previous;
      previous = a;
      let value = from(a);
      for (let steps = 0; ; steps++) {
        const r = x.remainder(value, from(b), false, mode(0));
        value = r.value;
        if (r.quotient !== undefined) break;
        expect(steps).toBeLessThan(10);
      }
      expect(to(value)).toBe(a % b);
    }
  });

  it('rounds to whole numbers', () => {
    for (const a of numbers(500)) {
      expect(to(x.roundToInteger(from(a), mode(1)).value)).toBe(Math.floor(a));
      expect(to(x.roundToInteger(from(a), mode(2)).value)).toBe(Math.ceil(a));
      expect(to(x.roundToInteger(from(a), mode(3)).value)).toBe(Math.trunc(a));
    }
    expect([0.5, 1.5, 2.5, -0.5].map(v => to(x.roundToInteger(from(v), mode(0)).value))).toEqual([0, 2, 2, -0]);
  });

  it('brackets a third between its roundings down and up, one unit apart', () => {
    const third = (rounding: x.Rounding) => x.divide(x.ONE, from(3), mode(rounding)).value.significand;
    expect(third(2) - third(1)).toBe(1n);
    expect(third(0)).toBe(0xaaaa_aaaa_aaaa_aaabn);
  });

  it('tells exceptions', () => {
    const huge: x.Extended = { sign: false, exponent: 0x7ffe, significand: 1n << 63n };
    expect(x.multiply(huge, huge, mode(0))).toMatchObject({
      value: x.infinity(false),
      raised: x.OVERFLOW | x.PRECISION,
    });
    expect(x.divide(x.ONE, x.zero(true), mode(0))).toMatchObject({ value: x.infinity(true), raised: x.ZERO_DIVIDE });
    expect(x.subtract(x.infinity(false), x.infinity(false), mode(0))).toMatchObject({
      value: x.INDEFINITE,
      raised: x.INVALID,
    });
    expect(x.squareRoot(from(-1), mode(0)).raised).toBe(x.INVALID);
    const least: x.Extended = { sign: false, exponent: 0, significand: 1n };
    expect(x.multiply(least, from(0.5), mode(0)).raised).toBe(x.DENORMAL | x.UNDERFLOW | x.PRECISION);
  });

  it('converts whole numbers of 64 bits exactly', () => {
    for (const n of [0n, 1n, -1n, 2n ** 63n - 1n, -(2n ** 63n), 123456789012345678n])
      expect(x.toInteger(x.fromInteger(n), 0)?.value).toBe(n);
  });
});
