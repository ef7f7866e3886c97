/**
 * The x87's 80-bit numbers: exact arithmetic on big integers, rounded once at the end. Formats, special values and the
 * order of exceptions: Intel SDM volume 1, chapters 4.8, 4.9 and 8.
 */

/** A sign, a biased exponent (15 bits) and a significand with its integer bit (64 bits), as they lie in a register. */
export interface Extended {
  readonly sign: boolean;
  readonly exponent: number;
  readonly significand: bigint;
}

/** Exception flags, the same bits in the status word and (as masks) in the control word. */
export const INVALID = 1;
export const DENORMAL = 2;
export const ZERO_DIVIDE = 4;
export const OVERFLOW = 8;
export const UNDERFLOW = 16;
export const PRECISION = 32;

/** Rounding control, as bits 10 and 11 of the control word number it. */
export type Rounding = 0 | 1 | 2 | 3;
const NEAREST = 0;
const DOWN = 1;
const UP = 2;

export interface Mode {
  readonly rounding: Rounding;
  /** Bits of the significand that are kept: 24, 53 or 64. */
  readonly precision: number;
  /** Exceptions that are masked; an unmasked overflow or underflow gives a result with a wrapped exponent. */
  readonly masked: number;
}

/** A result, the exceptions it raised, and whether it was rounded away from zero (C1). */
export interface Result {
  readonly value: Extended;
  readonly raised: number;
  readonly up: boolean;
}

export type Class = 'zero' | 'normal' | 'denormal' | 'infinity' | 'nan' | 'unsupported';

export const BIAS = 16383;
const MAX_EXPONENT = 0x7fff;
const INTEGER_BIT = 1n << 63n;
const QUIET_BIT = 1n << 62n;
const MIN_NORMAL = 1 - BIAS;

const make = (sign: boolean, exponent: number, significand: bigint): Extended => ({ sign, exponent, significand });

export const zero = (sign: boolean): Extended => make(sign, 0, 0n);
export const infinity = (sign: boolean): Extended => make(sign, MAX_EXPONENT, INTEGER_BIT);
/** The QNaN "real indefinite", the masked answer to invalid operations. */
export const INDEFINITE: Extended = make(true, MAX_EXPONENT, INTEGER_BIT | QUIET_BIT);
export const ONE: Extended = make(false, BIAS, INTEGER_BIT);

export const exact = (value: Extended, raised = 0): Result => ({ value, raised, up: false });

export function classify(x: Extended): Class {
  const integer = x.significand >= INTEGER_BIT;
  if (x.exponent === 0) return x.significand === 0n ? 'zero' : 'denormal';
  if (!integer) return 'unsupported';
  if (x.exponent < MAX_EXPONENT) return 'normal';
  return x.significand === INTEGER_BIT ? 'infinity' : 'nan';
}

export const isSignaling = (x: Extended): boolean => classify(x) === 'nan' && !(x.significand & QUIET_BIT);
export const quieted = (x: Extended): Extended => make(x.sign, x.exponent, x.significand | QUIET_BIT);
export const negated = (x: Extended): Extended => make(!x.sign, x.exponent, x.significand);

/** Bits that a number needs; 0 for 0. */
export function bitLength(n: bigint): number {
  if (n >> 64n) return 64 + bitLength(n >> 64n);
  const high = Number(n >> 32n);
  return high ? 64 - Math.clz32(high) : 32 - Math.clz32(Number(n));
}

/** The exponent of the significand's lowest bit: a value is significand · 2^scale. */
const scaleOf = (x: Extended): number => Math.max(x.exponent, 1) - BIAS - 63;

/** Cuts off the lowest `drop` bits; `sticky` says that there is more below. */
function shiftRound(
  n: bigint,
  drop: number,
  sticky: boolean,
  sign: boolean,
  rounding: Rounding,
): { n: bigint; inexact: boolean; up: boolean } {
  if (drop <= 0) {
    if (!sticky) return { n: n << BigInt(-drop), inexact: false, up: false };
    // A bit below what is kept, so that the rules for halves apply.
    return shiftRound((n << BigInt(2 - drop)) | 1n, 2, false, sign, rounding);
  }
  const kept = n >> BigInt(drop);
  const rest = n - (kept << BigInt(drop));
  if (rest === 0n && !sticky) return { n: kept, inexact: false, up: false };
  let up: boolean;
  if (rounding === NEAREST) {
    const half = 1n << BigInt(drop - 1);
    up = rest > half || (rest === half && (sticky || (kept & 1n) === 1n));
  } else up = rounding === UP ? !sign : rounding === DOWN ? sign : false;
  return { n: up ? kept + 1n : kept, inexact: true, up };
}

/** A binary format a value is rounded to: the x87's own, or one in memory. */
interface Format {
  readonly precision: number;
  readonly largest: number;
  readonly least: number;
  /** What unmasked overflow and underflow take from or add to the exponent; none in memory. */
  readonly wrap: number;
}

interface Rounded {
  /** Significand of `precision` bits, or fewer when denormal; value n · 2^scale. */
  n: bigint;
  scale: number;
  raised: number;
  up: boolean;
  overflow: boolean;
}

function round(sign: boolean, n: bigint, scale: number, sticky: boolean, mode: Mode, f: Format): Rounded {
  const exponent = scale + bitLength(n) - 1;
  const free = shiftRound(n, exponent - f.precision + 1 - scale, sticky, sign, mode.rounding);
  const freeScale = exponent - f.precision + 1;
  const top = freeScale + bitLength(free.n) - 1;
  if (top > f.largest) {
    if (!(mode.masked & OVERFLOW))
      return {
        n: free.n,
        scale: freeScale - f.wrap,
        raised: OVERFLOW | (free.inexact ? PRECISION : 0),
        up: free.up,
        overflow: false,
      };
    return { n: free.n, scale: freeScale, raised: OVERFLOW | PRECISION, up: free.up, overflow: true };
  }
  if (top >= f.least)
    return { n: free.n, scale: freeScale, raised: free.inexact ? PRECISION : 0, up: free.up, overflow: false };
  // Tiny after rounding.
  if (!(mode.masked & UNDERFLOW))
    return {
      n: free.n,
      scale: freeScale + f.wrap,
      raised: UNDERFLOW | (free.inexact ? PRECISION : 0),
      up: free.up,
      overflow: false,
    };
  const least = f.least - f.precision + 1;
  const denormal = shiftRound(n, least - scale, sticky, sign, mode.rounding);
  return {
    n: denormal.n,
    scale: least,
    raised: denormal.inexact ? UNDERFLOW | PRECISION : 0,
    up: denormal.up,
    overflow: false,
  };
}

/** Whether an overflow gives infinity, not the largest number. */
const overflowsToInfinity = (sign: boolean, rounding: Rounding): boolean =>
  rounding === NEAREST || (rounding === UP && !sign) || (rounding === DOWN && sign);

/** n · 2^scale as a register holds it; n may be of any length, and `sticky` says that the value is a little more. */
export function rounded(sign: boolean, n: bigint, scale: number, sticky: boolean, mode: Mode): Result {
  const f = { precision: mode.precision, largest: BIAS, least: MIN_NORMAL, wrap: 24576 };
  const r = round(sign, n, scale, sticky, mode, f);
  if (r.overflow) {
    const toInfinity = overflowsToInfinity(sign, mode.rounding);
    const most = ((1n << BigInt(mode.precision)) - 1n) << BigInt(64 - mode.precision);
    const value = toInfinity ? infinity(sign) : make(sign, MAX_EXPONENT - 1, most);
    return { value, raised: r.raised, up: toInfinity };
  }
  if (r.n === 0n) return { value: zero(sign), raised: r.raised, up: r.up };
  const top = r.scale + bitLength(r.n) - 1;
  // Even the wrapped exponent of an unmasked exception may be out of range.
  if (top > BIAS) return { value: infinity(sign), raised: r.raised | PRECISION, up: true };
  if (r.raised & UNDERFLOW && !(mode.masked & UNDERFLOW) && top < MIN_NORMAL)
    return { value: zero(sign), raised: r.raised | PRECISION, up: false };
  if (top < MIN_NORMAL) {
    return { value: make(sign, 0, r.n << BigInt(r.scale - (MIN_NORMAL - 63))), raised: r.raised, up: r.up };
  }
  return { value: make(sign, top + BIAS, r.n << BigInt(63 - (top - r.scale))), raised: r.raised, up: r.up };
}

// ---- memory formats

export interface Narrow {
  bits: bigint;
  raised: number;
  up: boolean;
}

const NARROW = {
  4: { precision: 24, largest: 127, least: -126, wrap: 0, exponentBits: 8n },
  8: { precision: 53, largest: 1023, least: -1022, wrap: 0, exponentBits: 11n },
} as const;

/** To a 32-bit or 64-bit number; `bits` counts only if nothing that is raised is unmasked (but for precision). */
export function toNarrow(x: Extended, size: 4 | 8, mode: Mode): Narrow {
  const f = NARROW[size];
  const fraction = BigInt(f.precision - 1);
  const sign = x.sign ? 1n << (fraction + f.exponentBits) : 0n;
  const full = ((1n << f.exponentBits) - 1n) << fraction;
  const what = classify(x);
  switch (what) {
    case 'zero':
      return { bits: sign, raised: 0, up: false };
    case 'infinity':
      return { bits: sign | full, raised: 0, up: false };
    case 'unsupported':
      return { bits: (1n << (fraction + f.exponentBits)) | full | (1n << (fraction - 1n)), raised: INVALID, up: false };
    case 'nan': {
      const payload = (quieted(x).significand & (INTEGER_BIT - 1n)) >> BigInt(64 - f.precision);
      return { bits: sign | full | payload, raised: isSignaling(x) ? INVALID : 0, up: false };
    }
  }
  const r = round(x.sign, x.significand, scaleOf(x), false, mode, f);
  if (r.overflow) {
    const toInfinity = overflowsToInfinity(x.sign, mode.rounding);
    return { bits: sign | (toInfinity ? full : full - 1n), raised: r.raised, up: toInfinity };
  }
  const top = r.scale + bitLength(r.n) - 1;
  if (r.n === 0n || top < f.least) return { bits: sign | r.n, raised: r.raised, up: r.up };
  const mantissa = r.n & ((1n << fraction) - 1n);
  return { bits: sign | (BigInt(top + f.largest) << fraction) | mantissa, raised: r.raised, up: r.up };
}

/**
 * A 32-bit or 64-bit number from memory: always exact, but a signaling NaN (which stays as it is) or a denormal raises
 * its exception.
 */
export function fromNarrow(bits: bigint, size: 4 | 8): Result {
  const f = NARROW[size];
  const fraction = BigInt(f.precision - 1);
  const sign = bits >> (fraction + f.exponentBits) !== 0n;
  const exponent = Number((bits >> fraction) & ((1n << f.exponentBits) - 1n));
  const mantissa = bits & ((1n << fraction) - 1n);
  if (exponent === f.largest * 2 + 1) {
    if (mantissa === 0n) return exact(infinity(sign));
    const nan = make(sign, MAX_EXPONENT, INTEGER_BIT | (mantissa << BigInt(64 - f.precision)));
    return exact(nan, isSignaling(nan) ? INVALID : 0);
  }
  if (exponent === 0 && mantissa === 0n) return exact(zero(sign));
  const n = exponent === 0 ? mantissa : mantissa | (1n << fraction);
  const scale = Math.max(exponent, 1) - f.largest - (f.precision - 1);
  const top = scale + bitLength(n) - 1;
  return exact(make(sign, top + BIAS, n << BigInt(64 - bitLength(n))), exponent === 0 ? DENORMAL : 0);
}

export function fromInteger(value: bigint): Extended {
  if (value === 0n) return zero(false);
  const n = value < 0n ? -value : value;
  const length = bitLength(n);
  return make(value < 0n, BIAS + length - 1, n << BigInt(64 - length));
}

/** A whole number of any size, rounded; undefined for NaNs and infinities. */
export function toInteger(
  x: Extended,
  rounding: Rounding,
): { value: bigint; inexact: boolean; up: boolean } | undefined {
  const what = classify(x);
  if (what === 'nan' || what === 'infinity' || what === 'unsupported') return undefined;
  if (what === 'zero') return { value: 0n, inexact: false, up: false };
  const scale = scaleOf(x);
  // Far below a half: one bit stands for all of it.
  const drop = Math.min(-scale, 70);
  const n = -scale > 70 ? 1n : x.significand;
  const r = shiftRound(n, drop, false, x.sign, rounding);
  return { value: x.sign ? -r.n : r.n, inexact: r.inexact, up: r.up };
}

// ---- arithmetic

/**
 * The NaN that an operation with a NaN gives: of two the one with the larger significand, the positive one if they are
 * equal; quiet ones come before signaling ones.
 */
export function chooseNan(a: Extended, b: Extended): Result {
  const invalid = isSignaling(a) || isSignaling(b) ? INVALID : 0;
  const aNan = classify(a) === 'nan';
  const bNan = classify(b) === 'nan';
  if (!aNan || !bNan) return exact(quieted(aNan ? a : b), invalid);
  if (isSignaling(a) !== isSignaling(b)) return exact(isSignaling(a) ? b : a, invalid);
  if (a.significand !== b.significand) return exact(quieted(a.significand > b.significand ? a : b), invalid);
  return exact(quieted(a.sign ? b : a), invalid);
}

/** What comes before any computing: unsupported formats, NaNs; the denormal exception is the caller's. */
function special(a: Extended, b: Extended): Result | undefined {
  const x = classify(a);
  const y = classify(b);
  if (x === 'unsupported' || y === 'unsupported') return exact(INDEFINITE, INVALID);
  if (x === 'nan' || y === 'nan') return chooseNan(a, b);
  return undefined;
}

const denormals = (...list: Extended[]): number => (list.some(x => classify(x) === 'denormal') ? DENORMAL : 0);
const withRaised = (r: Result, raised: number): Result => ({ ...r, raised: r.raised | raised });
const invalid = (): Result => exact(INDEFINITE, INVALID);

/** Beyond this distance the smaller operand of a sum is only a trace. */
const FAR = 140;

export function add(a: Extended, b: Extended, mode: Mode): Result {
  const known = special(a, b);
  if (known) return known;
  const x = classify(a);
  const y = classify(b);
  if (x === 'infinity' || y === 'infinity') {
    if (x === y && a.sign !== b.sign) return invalid();
    return exact(x === 'infinity' ? a : b, denormals(a, b));
  }
  const raised = denormals(a, b);
  if (x === 'zero' && y === 'zero') return exact(zero(a.sign === b.sign ? a.sign : mode.rounding === DOWN));
  const scaleA = x === 'zero' ? scaleOf(b) : scaleOf(a);
  const scaleB = y === 'zero' ? scaleA : scaleOf(b);
  const low = Math.max(Math.min(scaleA, scaleB), Math.max(scaleA, scaleB) - FAR);
  const aligned = (v: Extended, scale: number): bigint => {
    const n = scale >= low ? v.significand << BigInt(scale - low) : v.significand === 0n ? 0n : 1n;
    return v.sign ? -n : n;
  };
  const sum = aligned(a, scaleA) + aligned(b, scaleB);
  if (sum === 0n) return exact(zero(mode.rounding === DOWN), raised);
  return withRaised(rounded(sum < 0n, sum < 0n ? -sum : sum, low, false, mode), raised);
}

export const subtract = (a: Extended, b: Extended, mode: Mode): Result => special(a, b) ?? add(a, negated(b), mode);

export function multiply(a: Extended, b: Extended, mode: Mode): Result {
  const known = special(a, b);
  if (known) return known;
  const x = classify(a);
  const y = classify(b);
  const sign = a.sign !== b.sign;
  if ((x === 'infinity' && y === 'zero') || (x === 'zero' && y === 'infinity')) return invalid();
  const raised = denormals(a, b);
  if (x === 'infinity' || y === 'infinity') return exact(infinity(sign), raised);
  if (x === 'zero' || y === 'zero') return exact(zero(sign), raised);
  return withRaised(rounded(sign, a.significand * b.significand, scaleOf(a) + scaleOf(b), false, mode), raised);
}

export function divide(a: Extended, b: Extended, mode: Mode): Result {
  const known = special(a, b);
  if (known) return known;
  const x = classify(a);
  const y = classify(b);
  const sign = a.sign !== b.sign;
  if (x === y && (x === 'infinity' || x === 'zero')) return invalid();
  if (x === 'infinity') return exact(infinity(sign), denormals(b));
  if (y === 'infinity') return exact(zero(sign), denormals(a));
  if (y === 'zero') return exact(infinity(sign), ZERO_DIVIDE);
  if (x === 'zero') return exact(zero(sign), denormals(b));
  const n = a.significand << 140n;
  const quotient = n / b.significand;
  const sticky = quotient * b.significand !== n;
  return withRaised(rounded(sign, quotient, scaleOf(a) - scaleOf(b) - 140, sticky, mode), denormals(a, b));
}

function squareRootOf(n: bigint): bigint {
  let x = 1n << BigInt((bitLength(n) + 1) >> 1);
  for (;;) {
    const next = (x + n / x) >> 1n;
    if (next >= x) return x;
    x = next;
  }
}

export function squareRoot(a: Extended, mode: Mode): Result {
  const x = classify(a);
  if (x === 'unsupported') return invalid();
  if (x === 'nan') return chooseNan(a, a);
  if (x === 'zero') return exact(a);
  if (a.sign) return invalid();
  if (x === 'infinity') return exact(a);
  let scale = scaleOf(a) - 140;
  let n = a.significand << 140n;
  if (scale & 1) {
    n <<= 1n;
    scale--;
  }
  const root = squareRootOf(n);
  return withRaised(rounded(false, root, scale / 2, root * root !== n, mode), denormals(a));
}

/** To a whole number in the register's format. */
export function roundToInteger(a: Extended, mode: Mode): Result {
  const x = classify(a);
  if (x === 'unsupported') return invalid();
  if (x === 'nan') return chooseNan(a, a);
  if (x === 'zero' || x === 'infinity') return exact(a);
  const raised = denormals(a);
  if (a.exponent >= BIAS + 63) return exact(a, raised);
  const r = toInteger(a, mode.rounding) as { value: bigint; inexact: boolean; up: boolean };
  const value = r.value === 0n ? zero(a.sign) : fromInteger(r.value);
  return { value, raised: raised | (r.inexact ? PRECISION : 0), up: r.up };
}

/** a · 2^(b truncated). */
export function scale(a: Extended, b: Extended, mode: Mode): Result {
  const known = special(a, b);
  if (known) return known;
  const x = classify(a);
  const y = classify(b);
  const raised = denormals(a, b);
  if (y === 'infinity') {
    if (b.sign ? x === 'infinity' : x === 'zero') return invalid();
    if (x === 'infinity' || x === 'zero') return exact(a, raised);
    return exact(b.sign ? zero(a.sign) : infinity(a.sign), raised);
  }
  if (x === 'infinity' || x === 'zero') return exact(a, raised);
  const by = toInteger(b, 3) as { value: bigint };
  const limit = 0x1_0000n;
  const steps = Number(by.value > limit ? limit : by.value < -limit ? -limit : by.value);
  return withRaised(rounded(a.sign, a.significand, scaleOf(a) + steps, false, { ...mode, precision: 64 }), raised);
}

/** Splits into exponent (first) and significand. */
export function extract(a: Extended): { exponent: Extended; significand: Extended; raised: number } {
  const x = classify(a);
  if (x === 'unsupported') return { exponent: INDEFINITE, significand: INDEFINITE, raised: INVALID };
  if (x === 'nan') {
    const { value, raised } = chooseNan(a, a);
    return { exponent: value, significand: value, raised };
  }
  if (x === 'infinity') return { exponent: infinity(false), significand: a, raised: 0 };
  if (x === 'zero') return { exponent: infinity(true), significand: a, raised: ZERO_DIVIDE };
  const length = bitLength(a.significand);
  const exponent = scaleOf(a) + length - 1;
  return {
    exponent: fromInteger(BigInt(exponent)),
    significand: make(a.sign, BIAS, a.significand << BigInt(64 - length)),
    raised: denormals(a),
  };
}

/**
 * FPREM (the quotient truncated) and FPREM1 (to nearest). When the exponents are 64 or more apart only a part is done:
 * `quotient` is undefined and the caller comes again.
 */
export function remainder(
  a: Extended,
  b: Extended,
  nearest: boolean,
  mode: Mode,
): Result & { quotient: bigint | undefined } {
  const known = special(a, b);
  if (known) return { ...known, quotient: 0n };
  const x = classify(a);
  const y = classify(b);
  if (x === 'infinity' || y === 'zero') return { ...invalid(), quotient: 0n };
  const raised = denormals(a, b);
  if (x === 'zero') return { ...exact(a, raised), quotient: 0n };
  const exponentOf = (v: Extended): number => scaleOf(v) + bitLength(v.significand) - 1;
  const distance = y === 'infinity' ? -2 : exponentOf(a) - exponentOf(b);
  const low = Math.min(scaleOf(a), scaleOf(b));
  const whole = { ...mode, precision: 64 };
  if (distance < 64) {
    if (distance < -1 || (distance < 0 && !nearest)) {
      // The operand itself; a pseudo-denormal becomes normal.
      return { ...withRaised(rounded(a.sign, a.significand, scaleOf(a), false, whole), raised), quotient: 0n };
    }
    const n = a.significand << BigInt(scaleOf(a) - low);
    const d = b.significand << BigInt(scaleOf(b) - low);
    let quotient = n / d;
    let rest = n - quotient * d;
    let sign = a.sign;
    if (nearest && (rest * 2n > d || (rest * 2n === d && quotient & 1n))) {
      quotient++;
      rest = d - rest;
      sign = !sign;
    }
    if (rest === 0n) return { ...exact(zero(a.sign), raised), quotient };
    return { ...withRaised(rounded(sign, rest, low, false, whole), raised), quotient };
  }
  // As many bits as make the distance a multiple of 32 away from the end, at least 32.
  const n = 32 + (distance % 32);
  const by = scaleOf(b) + distance - n;
  const common = Math.min(scaleOf(a), by);
  const value = a.significand << BigInt(scaleOf(a) - common);
  const step = b.significand << BigInt(by - common);
  const rest = value % step;
  if (rest === 0n) return { ...exact(zero(a.sign), raised), quotient: undefined };
  return { ...withRaised(rounded(a.sign, rest, common, false, whole), raised), quotient: undefined };
}

/** −1, 0, 1, or undefined where a NaN or an unsupported format makes the comparison unordered. */
export function compare(a: Extended, b: Extended): number | undefined {
  const x = classify(a);
  const y = classify(b);
  if (x === 'nan' || y === 'nan' || x === 'unsupported' || y === 'unsupported') return undefined;
  const magnitude = (v: Extended): bigint => (BigInt(Math.max(v.exponent, 1)) << 64n) | v.significand;
  const value = (v: Extended, what: Class): bigint => (what === 'zero' ? 0n : v.sign ? -magnitude(v) : magnitude(v));
  const p = value(a, x);
  const q = value(b, y);
  return p < q ? -1 : p > q ? 1 : 0;
}
