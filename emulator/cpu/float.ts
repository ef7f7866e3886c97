/**
 * IEEE 754 arithmetic as SSE does it, to the last bit and with every exception flag, computed on integers: for the cases
 * in which WebAssembly's own arithmetic says too little (flags, NaN bits, other rounding modes, denormals) and for hosts
 * whose floating point is not x86's. Compiled code comes here seldom; being right comes before being fast.
 *
 * Source: Intel SDM volume 1, chapter 4.8–4.9 (formats, exceptions), 11.5 (SSE's exceptions) and appendix E; where it
 * leaves freedom, an AMD EPYC (Zen 3) decided, which `test/fuzz/cpu` and `test/cpu/float.test.ts` compare with.
 */

/** Exception flags as in MXCSR bits 0–5; the masks are the same bits shifted by 7. */
export const IE = 1;
export const DE = 2;
export const ZE = 4;
export const OE = 8;
export const UE = 16;
export const PE = 32;
/** MXCSR: denormal operands count as zero; tiny results become zero (where underflow is masked). */
export const DAZ = 0x40;
export const FTZ = 0x8000;
const UNDERFLOW_MASK = UE << 7;
const OVERFLOW_MASK = OE << 7;

/** Rounding modes as MXCSR bits 13–14 and the immediate of ROUNDxx number them. */
export const NEAREST = 0;
export const DOWN = 1;
export const UP = 2;
export const TO_ZERO = 3;
export const roundingOf = (mxcsr: number): number => (mxcsr >> 13) & 3;

/**
 * What MXCSR allows compiled arithmetic: 0 nothing (another rounding mode than nearest), 1 to round, 2 exact results
 * only (PE is clear, or its exception not masked). The other masks, DAZ and FTZ do not matter, for fast paths raise
 * nothing else and leave denormals alone. Whoever writes MXCSR sets FP_FAST (`layout.ts`) to this.
 */
export function fpFastOf(mxcsr: number): 0 | 1 | 2 {
  if (roundingOf(mxcsr) !== NEAREST) return 0;
  return mxcsr & PE && mxcsr & (PE << 7) ? 1 : 2;
}

export interface Format {
  /** Bits of the significand that are stored. */
  readonly fraction: number;
  readonly bias: number;
  readonly sign: bigint;
  /** Positive infinity; whatever is above it, without the sign, is a NaN. */
  readonly infinity: bigint;
  /** The bit that makes a NaN quiet. */
  readonly quiet: bigint;
  /** What an invalid operation gives: the negative quiet NaN without payload. */
  readonly indefinite: bigint;
}

const format = (width: bigint, fraction: bigint): Format => {
  const sign = 1n << (width - 1n);
  const infinity = sign - (1n << fraction);
  const quiet = 1n << (fraction - 1n);
  const bias = (1 << (Number(width - fraction) - 2)) - 1;
  return { fraction: Number(fraction), bias, sign, infinity, quiet, indefinite: sign | infinity | quiet };
};

export const F32 = format(32n, 23n);
export const F64 = format(64n, 52n);

/** A result, as bits of its format, and the exception flags that making it raised. */
export interface Result {
  readonly bits: bigint;
  readonly flags: number;
}

const result = (bits: bigint, flags = 0): Result => ({ bits, flags });

export const isNan = (f: Format, bits: bigint): boolean => (bits & ~f.sign) > f.infinity;
const isSignaling = (f: Format, bits: bigint): boolean => isNan(f, bits) && !(bits & f.quiet);

/** A number that is no NaN: (−1)^negative × significand × 2^exponent. */
interface Unpacked {
  readonly negative: boolean;
  readonly infinite: boolean;
  /** 0 for zeros, and for denormals under DAZ. */
  readonly significand: bigint;
  readonly exponent: number;
  /** DE when the operand is denormal and counts as such. */
  readonly flags: number;
}

function unpack(f: Format, bits: bigint, mxcsr: number): Unpacked {
  const negative = (bits & f.sign) !== 0n;
  const magnitude = bits & ~f.sign;
  const field = Number(magnitude >> BigInt(f.fraction));
  const fraction = magnitude & ((1n << BigInt(f.fraction)) - 1n);
  const lowest = 1 - f.bias - f.fraction;
  if (field === 0) {
    if (fraction === 0n || mxcsr & DAZ) return { negative, infinite: false, significand: 0n, exponent: 0, flags: 0 };
    return { negative, infinite: false, significand: fraction, exponent: lowest, flags: DE };
  }
  if (magnitude === f.infinity) return { negative, infinite: true, significand: 0n, exponent: 0, flags: 0 };
  const significand = fraction | (1n << BigInt(f.fraction));
  return { negative, infinite: false, significand, exponent: lowest + field - 1, flags: 0 };
}

const isZero = (u: Unpacked): boolean => u.significand === 0n && !u.infinite;
const zero = (f: Format, negative: boolean): bigint => (negative ? f.sign : 0n);
const infinity = (f: Format, negative: boolean): bigint => f.infinity | (negative ? f.sign : 0n);

/** The NaN that two operands give, or undefined when neither is one: the first that is, made quiet (SDM table 4-7). */
function propagate(f: Format, a: bigint, b: bigint): Result | undefined {
  const first = isNan(f, a);
  if (!first && !isNan(f, b)) return undefined;
  return result((first ? a : b) | f.quiet, isSignaling(f, a) || isSignaling(f, b) ? IE : 0);
}

const scratch = new DataView(new ArrayBuffer(8));

/** Bits up to the highest that is set; 0 for 0. */
function bitLength(v: bigint): number {
  let above = 0;
  let rest = v;
  for (; rest >> 1000n; rest >>= 900n) above += 900;
  scratch.setFloat64(0, Number(rest));
  if (rest === 0n) return above;
  const length = (scratch.getUint16(0) >> 4) - 1022;
  // The conversion may have rounded up to the next power of two.
  return above + (rest >> BigInt(length - 1) ? length : length - 1);
}

interface Rounded {
  readonly value: bigint;
  readonly inexact: boolean;
}

/** value ÷ 2^shift as a whole number, rounded by mode. */
function shiftRounded(value: bigint, shift: number, negative: boolean, mode: number): Rounded {
  if (shift <= 0) return { value: value << BigInt(-shift), inexact: false };
  const by = BigInt(shift);
  const down = value >> by;
  const rest = value - (down << by);
  if (rest === 0n) return { value: down, inexact: false };
  const half = 1n << (by - 1n);
  const up =
    mode === NEAREST
      ? rest > half || (rest === half && (down & 1n) === 1n)
      : mode === DOWN
        ? negative
        : mode === UP
          ? !negative
          : false;
  return { value: up ? down + 1n : down, inexact: true };
}

/**
 * The nearest number of the format, by MXCSR's mode, to ± significand × 2^exponent (significand above 0). A significand
 * that stands for more bits than it has carries them as a lowest bit of 1 below everything that counts.
 */
function pack(f: Format, negative: boolean, significand: bigint, exponent: number, mxcsr: number): Result {
  const mode = roundingOf(mxcsr);
  const sign = negative ? f.sign : 0n;
  const length = bitLength(significand);
  const precision = f.fraction + 1;
  const lowest = 1 - f.bias;
  let scale = exponent + length - 1;
  const unbounded = shiftRounded(significand, length - precision, negative, mode);
  if (unbounded.value >> BigInt(precision)) scale++;
  if (scale < lowest) {
    // Tininess is detected after rounding: with the format's precision, but without a bound of the exponent.
    const masked = (mxcsr & UNDERFLOW_MASK) !== 0;
    if (masked && mxcsr & FTZ) return result(sign, UE | PE);
    const small = shiftRounded(significand, lowest - f.fraction - exponent, negative, mode);
    if (!masked) return result(sign | small.value, UE | (unbounded.inexact ? PE : 0));
    return result(sign | small.value, small.inexact ? UE | PE : 0);
  }
  if (exponent + length - 1 < lowest) {
    // Just below the smallest normal, and rounded up to it: not tiny.
    const small = shiftRounded(significand, lowest - f.fraction - exponent, negative, mode);
    return result(sign | small.value, small.inexact ? PE : 0);
  }
  const flags = unbounded.inexact ? PE : 0;
  if (scale > f.bias) {
    // Without the mask there is no result, and PE says only whether one with a wider exponent would be inexact.
    const lost = flags !== 0 || (mxcsr & OVERFLOW_MASK) !== 0 ? PE : 0;
    const away = mode === NEAREST || (mode === UP && !negative) || (mode === DOWN && negative);
    return result(sign | (away ? f.infinity : f.infinity - 1n), OE | lost);
  }
  let value = unbounded.value;
  if (value >> BigInt(precision)) value >>= 1n;
  return result(sign | ((BigInt(scale + f.bias - 1) << BigInt(f.fraction)) + value), flags);
}

const withFlags = (r: Result, flags: number): Result => (flags ? result(r.bits, r.flags | flags) : r);

/** Operands that lie further apart only matter as a sticky bit. */
const FAR = 140;

function addUnpacked(f: Format, a: Unpacked, b: Unpacked, mxcsr: number): Result {
  if (a.infinite || b.infinite) {
    if (a.infinite && b.infinite && a.negative !== b.negative) return result(f.indefinite, IE);
    return result(infinity(f, a.infinite ? a.negative : b.negative), a.flags | b.flags);
  }
  const flags = a.flags | b.flags;
  if (isZero(a) && isZero(b)) {
    const negative = a.negative === b.negative ? a.negative : roundingOf(mxcsr) === DOWN;
    return result(zero(f, negative), flags);
  }
  // The larger exponent comes first.
  const [big, small] = isZero(b) || (!isZero(a) && a.exponent >= b.exponent) ? [a, b] : [b, a];
  let low = small.exponent;
  let x = big.significand;
  let y = small.significand;
  if (y === 0n) low = big.exponent;
  else if (big.exponent - small.exponent > FAR) {
    x <<= BigInt(FAR);
    low = big.exponent - FAR;
    y = 1n;
  } else x <<= BigInt(big.exponent - small.exponent);
  const sum = (big.negative ? -x : x) + (small.negative ? -y : y);
  if (sum === 0n) return result(zero(f, roundingOf(mxcsr) === DOWN), flags);
  return withFlags(pack(f, sum < 0n, sum < 0n ? -sum : sum, low, mxcsr), flags);
}

export function add(f: Format, a: bigint, b: bigint, mxcsr: number): Result {
  return propagate(f, a, b) ?? addUnpacked(f, unpack(f, a, mxcsr), unpack(f, b, mxcsr), mxcsr);
}

export function sub(f: Format, a: bigint, b: bigint, mxcsr: number): Result {
  // The sign of a NaN stays.
  return propagate(f, a, b) ?? addUnpacked(f, unpack(f, a, mxcsr), unpack(f, b ^ f.sign, mxcsr), mxcsr);
}

export function mul(f: Format, a: bigint, b: bigint, mxcsr: number): Result {
  const nan = propagate(f, a, b);
  if (nan) return nan;
  const x = unpack(f, a, mxcsr);
  const y = unpack(f, b, mxcsr);
  const negative = x.negative !== y.negative;
  const flags = x.flags | y.flags;
  if (x.infinite || y.infinite) {
    if (isZero(x) || isZero(y)) return result(f.indefinite, IE);
    return result(infinity(f, negative), flags);
  }
  if (isZero(x) || isZero(y)) return result(zero(f, negative), flags);
  return withFlags(pack(f, negative, x.significand * y.significand, x.exponent + y.exponent, mxcsr), flags);
}

/** Enough bits for a quotient or a root that is rounded once. */
const EXTRA = 64;

export function div(f: Format, a: bigint, b: bigint, mxcsr: number): Result {
  const nan = propagate(f, a, b);
  if (nan) return nan;
  const x = unpack(f, a, mxcsr);
  const y = unpack(f, b, mxcsr);
  const negative = x.negative !== y.negative;
  const flags = x.flags | y.flags;
  if (x.infinite) return y.infinite ? result(f.indefinite, IE) : result(infinity(f, negative), flags);
  if (y.infinite) return result(zero(f, negative), flags);
  if (isZero(y)) return isZero(x) ? result(f.indefinite, IE) : result(infinity(f, negative), ZE);
  if (isZero(x)) return result(zero(f, negative), flags);
  // A denormal divisor has few bits, a denormal dividend makes a short quotient.
  const shift = EXTRA + f.fraction;
  const dividend = x.significand << BigInt(shift);
  const quotient = dividend / y.significand;
  const sticky = quotient * y.significand === dividend ? 0n : 1n;
  const exponent = x.exponent - y.exponent - shift - 1;
  return withFlags(pack(f, negative, (quotient << 1n) | sticky, exponent, mxcsr), flags);
}

/** The largest whole number whose square is at most n. */
function floorRoot(n: bigint): bigint {
  let guess = BigInt(Math.floor(Math.sqrt(Number(n))));
  for (;;) {
    const next = (guess + n / guess) >> 1n;
    const moved = next > guess ? next - guess : guess - next;
    guess = next;
    if (moved <= 1n) break;
  }
  while (guess * guess > n) guess--;
  while ((guess + 1n) * (guess + 1n) <= n) guess++;
  return guess;
}

export function sqrt(f: Format, a: bigint, mxcsr: number): Result {
  if (isNan(f, a)) return result(a | f.quiet, isSignaling(f, a) ? IE : 0);
  const x = unpack(f, a, mxcsr);
  if (isZero(x)) return result(zero(f, x.negative), x.flags);
  if (x.negative) return result(f.indefinite, IE);
  if (x.infinite) return result(f.infinity);
  const shift = EXTRA + f.fraction + ((x.exponent - EXTRA - f.fraction) & 1);
  const square = x.significand << BigInt(shift);
  const root = floorRoot(square);
  const sticky = root * root === square ? 0n : 1n;
  return withFlags(pack(f, false, (root << 1n) | sticky, (x.exponent - shift) / 2 - 1, mxcsr), x.flags);
}

export type Order = 'less' | 'equal' | 'greater' | 'unordered';

/** Compares; a quiet NaN is an invalid operation only where the comparison is a signaling one. */
export function compare(
  f: Format,
  a: bigint,
  b: bigint,
  mxcsr: number,
  signaling: boolean,
): { order: Order; flags: number } {
  if (isNan(f, a) || isNan(f, b)) {
    const invalid = signaling || isSignaling(f, a) || isSignaling(f, b);
    return { order: 'unordered', flags: invalid ? IE : 0 };
  }
  const x = unpack(f, a, mxcsr);
  const y = unpack(f, b, mxcsr);
  const flags = x.flags | y.flags;
  const rank = (u: Unpacked, bits: bigint): bigint => (isZero(u) ? 0n : u.negative ? -(bits & ~f.sign) : bits);
  const p = rank(x, a);
  const q = rank(y, b);
  return { order: p < q ? 'less' : p > q ? 'greater' : 'equal', flags };
}

/** MINxx and MAXxx: the first operand where it compares so, else the second; a NaN of either kind is invalid. */
export function extreme(f: Format, a: bigint, b: bigint, mxcsr: number, wanted: 'less' | 'greater'): Result {
  const { order, flags } = compare(f, a, b, mxcsr, true);
  const chosen = order === wanted ? a : b;
  const u = isNan(f, chosen) ? undefined : unpack(f, chosen, mxcsr);
  return result(u && isZero(u) ? zero(f, u.negative) : chosen, flags);
}

/** To a whole number in the same format (ROUNDxx): PE is raised only when asked for. */
export function roundToWhole(f: Format, a: bigint, mxcsr: number, mode: number, precision: boolean): Result {
  if (isNan(f, a)) return result(a | f.quiet, isSignaling(f, a) ? IE : 0);
  const x = unpack(f, a, mxcsr);
  if (x.infinite || (x.exponent >= 0 && !isZero(x))) return result(a);
  const { value, inexact } = shiftRounded(x.significand, -x.exponent, x.negative, mode);
  if (value === 0n) return result(zero(f, x.negative), inexact && precision ? PE : 0);
  return withFlags(pack(f, x.negative, value, 0, 0x1f80), inexact && precision ? PE : 0);
}

/** To a signed integer of `width` bits; what does not fit gives the smallest one and is invalid. */
export function toInteger(f: Format, a: bigint, width: number, mxcsr: number, mode = roundingOf(mxcsr)): Result {
  const indefinite = result(1n << BigInt(width - 1), IE);
  if (isNan(f, a)) return indefinite;
  const x = unpack(f, a, mxcsr);
  if (x.infinite || (x.significand !== 0n && x.exponent > width)) return indefinite;
  const { value, inexact } = shiftRounded(x.significand, -x.exponent, x.negative, mode);
  const signed = x.negative ? -value : value;
  if (BigInt.asIntN(width, signed) !== signed) return indefinite;
  return result(BigInt.asUintN(width, signed), inexact ? PE : 0);
}

/** From a signed integer. */
export function fromInteger(f: Format, value: bigint, mxcsr: number): Result {
  if (value === 0n) return result(0n);
  return pack(f, value < 0n, value < 0n ? -value : value, 0, mxcsr);
}

/** From one format to another; a NaN keeps its sign and the upper bits of its payload. */
export function convert(from: Format, to: Format, a: bigint, mxcsr: number): Result {
  if (isNan(from, a)) {
    const sign = a & from.sign ? to.sign : 0n;
    const payload = a & (from.quiet - 1n);
    const moved =
      to.fraction > from.fraction
        ? payload << BigInt(to.fraction - from.fraction)
        : payload >> BigInt(from.fraction - to.fraction);
    return result(sign | to.infinity | to.quiet | moved, isSignaling(from, a) ? IE : 0);
  }
  const x = unpack(from, a, mxcsr);
  if (x.infinite) return result(infinity(to, x.negative));
  if (isZero(x)) return result(zero(to, x.negative), x.flags);
  return withFlags(pack(to, x.negative, x.significand, x.exponent, mxcsr), x.flags);
}
