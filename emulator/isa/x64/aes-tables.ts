/**
 * The tables of `aes.ts`, computed from FIPS 197's definitions when they are first asked for: that takes milliseconds,
 * and few programs encrypt.
 */

/** Sixteen bytes as the two halves of a vector. */
export type Table = readonly [bigint, bigint];
/** What ends an S-box: one table for each of its inputs. */
export type Pair = { readonly first: Table; readonly second: Table };

/** Product in GF(2)[x] modulo a polynomial of degree `bits`. */
function multiply(a: number, b: number, modulus: number, bits: number): number {
  let r = 0;
  for (let i = 0; i < bits; i++) if ((b >> i) & 1) r ^= a << i;
  for (let i = 2 * bits - 2; i >= bits; i--) if ((r >> i) & 1) r ^= modulus << (i - bits);
  return r;
}

const times = (a: number, b: number): number => multiply(a, b, 0x13, 4);
export interface AesTables {
  readonly reciprocal: Table;
  readonly aOver: Table;
  readonly forwardIn: { readonly low: Table; readonly high: Table };
  readonly forwardOut: Pair;
  readonly forwardOutTriple: Pair;
  readonly backIn: { readonly low: Table; readonly high: Table };
  readonly backOut: Pair;
}

let made: AesTables | undefined;
export const aesTables = (): AesTables => {
  made ??= compute();
  return made;
};

function compute(): AesTables {
  const INVERSE = Array.from({ length: 16 }, (_, a) => [...Array(16).keys()].find(b => times(a, b) === 1) ?? 0);

  /** The first a for which ω² + aω + a has no root. */
  const A = [...Array(16).keys()].find(
    a => a > 0 && [...Array(16).keys()].every(w => (times(w, w) ^ times(a, w) ^ a) !== 0),
  ) as number;

  /** Product in the tower; a byte is k + 16·i. */
  function timesTower(x: number, y: number): number {
    const [k, i, l, j] = [x & 15, x >> 4, y & 15, y >> 4];
    const both = times(i, j);
    // ω² = aω + a
    return times(k, l) ^ times(A, both) ^ ((times(k, j) ^ times(i, l) ^ times(A, both)) << 4);
  }

  const power = (x: number, n: number): number => (n === 0 ? 1 : timesTower(x, power(x, n - 1)));
  /** A root of AES's polynomial x⁸ + x⁴ + x³ + x + 1 in the tower: where x goes. */
  const ROOT = [...Array(256).keys()].find(
    x => (power(x, 8) ^ power(x, 4) ^ power(x, 3) ^ x ^ 1) === 0 && x > 1,
  ) as number;
  const toTower = (byte: number): number => {
    let r = 0;
    for (let bit = 0; bit < 8; bit++) if ((byte >> bit) & 1) r ^= power(ROOT, bit);
    return r;
  };
  const TOWER = Array.from({ length: 256 }, (_, byte) => toTower(byte));
  const fromTower = (x: number): number => TOWER.indexOf(x);

  /** The linear part of the S-box (FIPS 197, section 5.1.1), and its inverse. */
  const affine = (b: number): number => {
    let r = 0;
    for (const turn of [0, 1, 2, 3, 4]) r ^= ((b << turn) | (b >> (8 - turn))) & 0xff;
    return r;
  };
  const AFFINE = Array.from({ length: 256 }, (_, b) => affine(b));
  const affineBack = (b: number): number => AFFINE.indexOf(b);

  /** Sixteen bytes as the two halves of a vector. */
  const packed = (bytes: readonly number[]): [bigint, bigint] => {
    const half = (from: number): bigint => {
      let v = 0n;
      for (let i = 7; i >= 0; i--) v = (v << 8n) | BigInt(bytes[from + i]);
      return v;
    };
    return [half(0), half(8)];
  };
  const table = (f: (n: number) => number): [bigint, bigint] => packed(Array.from({ length: 16 }, (_, n) => f(n)));

  const reciprocal = table(n => (n === 0 ? 0x80 : INVERSE[n]));
  const aOver = table(n => (n === 0 ? 0x80 : times(A, INVERSE[n])));

  /** From u = (k + ai)/norm and v = (k + ai + ak)/norm to the inverse (k + ai + iω)/norm. */
  const joined = (u: number, v: number): number => {
    const k = times(u ^ v, INVERSE[A]);
    const i = times(u ^ k, INVERSE[A]);
    return k ^ times(A, i) ^ (i << 4);
  };
  /** The two tables that end an S-box, for a linear map of the inverse. */
  const outputs = (map: (byte: number) => number) => ({
    first: table(n => map(fromTower(joined(INVERSE[n], 0)))),
    second: table(n => map(fromTower(joined(0, INVERSE[n])))),
  });
  const double = (b: number): number => multiply(b, 2, 0x11b, 8);

  const forwardIn = { low: table(n => TOWER[n]), high: table(n => TOWER[n << 4]) };
  const forwardOut = outputs(affine);
  const forwardOutTriple = outputs(b => double(affine(b)) ^ affine(b));
  const backIn = {
    low: table(n => TOWER[affineBack(n ^ 0x63)]),
    high: table(n => TOWER[affineBack(n << 4)]),
  };
  const backOut = outputs(b => b);

  return { reciprocal, aOver, forwardIn, forwardOut, forwardOutTriple, backIn, backOut };
}
