/** Floating-point operands that lie where something changes: near denormals, overflow, halfway cases, integers' ends. */
import type { Random } from './random.ts';

/** Significands: few bits at the top, so that results come out halfway or exact, or any. */
function significand(r: Random, bits: number): bigint {
  const any = r.u64() & ((1n << BigInt(bits)) - 1n);
  return r.chance(2) ? any : any & ~((1n << BigInt(r.below(bits + 1))) - 1n);
}

/** A number of a format with this many stored bits of the significand and this bias. */
function near(r: Random, bits: number, bias: number, width: bigint): bigint {
  const exponent = (center: number, spread: number): bigint =>
    BigInt(Math.max(0, Math.min(2 * bias + 1, center + r.below(2 * spread + 1) - spread))) << BigInt(bits);
  const one = 1n << BigInt(bits);
  const infinity = BigInt(2 * bias + 1) << BigInt(bits);
  const sign = r.chance(2) ? 1n << (width - 1n) : 0n;
  const f = significand(r, bits);
  switch (r.below(14)) {
    case 0:
      return sign;
    case 1:
      return sign | (r.chance(2) ? 1n + BigInt(r.below(3)) : f);
    case 2:
      return sign | (one + BigInt(r.below(3)) - 1n);
    case 3:
      return sign | (infinity - 1n - BigInt(r.below(3)));
    case 4:
      return sign | infinity;
    case 5:
      return sign | infinity | (one >> 1n) | f;
    case 6:
      return sign | infinity | (f & ~(one >> 1n)) | 1n;
    case 7:
      return sign | exponent(1, 60) | f;
    case 8:
      return sign | exponent(bias >> 1, 3) | f;
    case 9:
      return sign | exponent(bias + (bias >> 1), 3) | f;
    case 10:
      // As a float: denormals, the ends of the integers, overflow.
      return sign | exponent(bias - 126, 30) | f;
    case 11:
      return sign | exponent(bias + 127, 3) | f;
    case 12:
      return sign | exponent(bias + r.pick([31, 63, bits]), 2) | f;
    default:
      return sign | exponent(bias, 6) | f;
  }
}

/** Two words. */
export function putDouble(r: Random, to: Uint32Array, at: number): void {
  const v = near(r, 52, 1023, 64n);
  to[at] = Number(v & 0xffff_ffffn);
  to[at + 1] = Number(v >> 32n);
}

export function putFloat(r: Random, to: Uint32Array, at: number): void {
  to[at] = Number(near(r, 23, 127, 32n));
}
