/**
 * SSE's floating-point instructions as routines: the whole instruction, exactly, where a lift's fast path does not hold.
 * Every row of `isa/x64/sse-float.ts`, `sse-compare.ts` and `sse-convert.ts` that can raise an exception has one, under
 * the row's name.
 */
import { FA, FC, FO, FP_CONTROL, FP_TAGS, FS, FZ } from '../abi/amd64/layout.ts';
import {
  add,
  compare,
  convert,
  div,
  extreme,
  F32,
  F64,
  type Format,
  fpFastOf,
  fromInteger,
  mul,
  type Result,
  roundingOf,
  roundToWhole,
  sqrt,
  sub,
  TO_ZERO,
  toInteger,
} from './float.ts';
import { FP_FAST } from './layout.ts';
import type { Routine, RoutineContext, RoutineResult } from './routines.ts';

interface Kind {
  readonly format: Format;
  readonly width: bigint;
  /** Lanes that the instruction works on; a scalar one leaves the rest of its destination. */
  readonly lanes: number;
  readonly bytes: 4 | 8 | 16;
}
const KINDS = {
  ps: { format: F32, width: 32n, lanes: 4, bytes: 16 },
  pd: { format: F64, width: 64n, lanes: 2, bytes: 16 },
  ss: { format: F32, width: 32n, lanes: 1, bytes: 4 },
  sd: { format: F64, width: 64n, lanes: 1, bytes: 8 },
} as const satisfies Record<string, Kind>;

const mxcsrOf = (c: RoutineContext): number => Number(c.registers[FP_CONTROL] & 0xffffn);

/** Sets MXCSR and what follows from it. */
export function writeMxcsr(c: RoutineContext, value: number): void {
  c.registers[FP_CONTROL] = (c.registers[FP_CONTROL] & ~0xffff_ffffn) | BigInt(value);
  c.bytes[FP_FAST] = fpFastOf(value);
}

/** Flags that are raised before the operation is computed: one of them unmasked, and the others are not looked for. */
const BEFORE_COMPUTATION = 7;

/** Adds exception flags to MXCSR; answers with the trap's result when one of them is unmasked. */
function raise(c: RoutineContext, raised: number): RoutineResult | undefined {
  if (raised === 0) return undefined;
  const mxcsr = mxcsrOf(c);
  const unmasked = raised & ~(mxcsr >> 7) & 0x3f;
  const flags = unmasked & BEFORE_COMPUTATION ? raised & BEFORE_COMPUTATION : raised;
  if ((mxcsr | flags) !== mxcsr) writeMxcsr(c, mxcsr | flags);
  return unmasked ? c.trap('simd') : undefined;
}

/** 16 bytes as two halves. */
type Vector = [low: bigint, high: bigint];

const registerOf = (c: RoutineContext, i: number): Vector => {
  const cell = c.operand(i) >>> 3;
  return [c.registers[cell], c.registers[cell + 1]];
};

/** Operand 1, a register or memory; 16 bytes of memory must be aligned. What is undefined has failed. */
function sourceOf(c: RoutineContext, bytes: 4 | 8 | 16): Vector | undefined {
  if (!c.isMemory()) return registerOf(c, 1);
  const at = c.address();
  if (bytes !== 16) {
    const value = c.load(at, bytes);
    return value === undefined ? undefined : [value, 0n];
  }
  if (at & 15n) {
    c.trap('protection');
    return undefined;
  }
  // Aligned, so that both halves lie on one page.
  const low = c.load(at, 8);
  const high = low === undefined ? undefined : c.load(at + 8n, 8);
  return low === undefined || high === undefined ? undefined : [low, high];
}

function setVector(c: RoutineContext, i: number, v: Vector): void {
  const cell = c.operand(i) >>> 3;
  c.registers[cell] = v[0];
  c.registers[cell + 1] = v[1];
}

function lanesOf(kind: Kind, v: Vector): bigint[] {
  if (kind.width === 64n) return kind.lanes === 1 ? [v[0]] : [v[0], v[1]];
  const low = v[0] & 0xffff_ffffn;
  return kind.lanes === 1 ? [low] : [low, v[0] >> 32n, v[1] & 0xffff_ffffn, v[1] >> 32n];
}

/** The lanes in their places of a vector; places without a lane keep what `rest` has. */
function vectorOf(width: bigint, lanes: readonly bigint[], rest: Vector): Vector {
  if (width === 64n) return [lanes[0], lanes[1] ?? rest[1]];
  const half = (i: number, kept: bigint): bigint =>
    i >= lanes.length ? kept : lanes[i] | ((lanes[i + 1] ?? kept >> 32n) << 32n);
  return [half(0, rest[0]), half(2, rest[1])];
}

/** Lanes of a result into operand 0, unless an exception is unmasked. */
function finish(c: RoutineContext, width: bigint, results: readonly Result[], rest = registerOf(c, 0)): RoutineResult {
  let flags = 0;
  for (const r of results) flags |= r.flags;
  const trapped = raise(c, flags);
  if (trapped) return trapped;
  setVector(
    c,
    0,
    vectorOf(
      width,
      results.map(r => r.bits),
      rest,
    ),
  );
  return 'done';
}

type Binary = (f: Format, a: bigint, b: bigint, mxcsr: number) => Result;

/** Pairs of operands of each result lane, from the lanes of destination and source. */
type Pairing = (a: readonly bigint[], b: readonly bigint[]) => readonly (readonly [bigint, bigint])[];

const lanewise: Pairing = (a, b) => a.map((x, i) => [x, b[i]]);
const neighbours: Pairing = (a, b) => {
  const pairs: [bigint, bigint][] = [];
  for (const list of [a, b]) for (let i = 0; i < list.length; i += 2) pairs.push([list[i], list[i + 1]]);
  return pairs;
};

const binary =
  (kind: Kind, pairing: Pairing, of: (lane: number) => Binary): Routine =>
  c => {
    const b = sourceOf(c, kind.bytes);
    if (!b) return 'exit';
    const mxcsr = mxcsrOf(c);
    const pairs = pairing(lanesOf(kind, registerOf(c, 0)), lanesOf(kind, b));
    return finish(
      c,
      kind.width,
      pairs.map(([x, y], i) => of(i)(kind.format, x, y, mxcsr)),
    );
  };

/** Each lane of the source by itself. */
const unary =
  (kind: Kind, compute: (a: bigint, mxcsr: number, c: RoutineContext) => Result): Routine =>
  c => {
    const b = sourceOf(c, kind.bytes);
    if (!b) return 'exit';
    const mxcsr = mxcsrOf(c);
    return finish(
      c,
      kind.width,
      lanesOf(kind, b).map(a => compute(a, mxcsr, c)),
    );
  };

const immediateOf = (c: RoutineContext): number => Number(c.immediate() & 0xffn);

/** ROUNDxx: bits 0–1 are the mode, bit 2 takes MXCSR's, bit 3 keeps PE as it is. */
const rounding = (kind: Kind): Routine =>
  unary(kind, (a, mxcsr, c) => {
    const how = immediateOf(c);
    return roundToWhole(kind.format, a, mxcsr, how & 4 ? roundingOf(mxcsr) : how & 3, (how & 8) === 0);
  });

/** Whether predicate 0–7 (EQ LT LE UNORD and their opposites) holds, and the flags; only LT and LE mind a quiet NaN. */
function predicate(f: Format, code: number, a: bigint, b: bigint, mxcsr: number): { holds: boolean; flags: number } {
  const base = code & 3;
  const { order, flags } = compare(f, a, b, mxcsr, base === 1 || base === 2);
  const plain =
    base === 0
      ? order === 'equal'
      : base === 1
        ? order === 'less'
        : base === 2
          ? order === 'less' || order === 'equal'
          : order === 'unordered';
  return { holds: plain !== ((code & 4) !== 0), flags };
}

const comparison = (kind: Kind): Routine => {
  const ones = (1n << kind.width) - 1n;
  return c => {
    const b = sourceOf(c, kind.bytes);
    if (!b) return 'exit';
    const mxcsr = mxcsrOf(c);
    const y = lanesOf(kind, b);
    const code = immediateOf(c);
    return finish(
      c,
      kind.width,
      lanesOf(kind, registerOf(c, 0)).map((x, i) => {
        const { holds, flags } = predicate(kind.format, code, x, y[i], mxcsr);
        return { bits: holds ? ones : 0n, flags };
      }),
    );
  };
};

/** COMISx (signaling) and UCOMISx: unordered sets ZF, PF, CF. The flag cells are those of `cellsZpc`. */
const compareFlags =
  (kind: Kind, signaling: boolean): Routine =>
  c => {
    const b = sourceOf(c, kind.bytes);
    if (!b) return 'exit';
    const [x] = lanesOf(kind, registerOf(c, 0));
    const [y] = lanesOf(kind, b);
    const { order, flags } = compare(kind.format, x, y, mxcsrOf(c), signaling);
    const trapped = raise(c, flags);
    if (trapped) return trapped;
    const r = c.registers;
    const unordered = order === 'unordered';
    r[FZ] = unordered || order === 'equal' ? 0n : 1n;
    r[FS] = unordered ? 0n : 1n;
    r[FC] = unordered || order === 'less' ? 1n : 0n;
    r[FO] = 0n;
    r[FA] = 0n;
    return 'done';
  };

/** CVT(T)Sx2SI: the integer goes to a general register. */
const toGeneral =
  (kind: Kind, truncating: boolean): Routine =>
  c => {
    const b = sourceOf(c, kind.bytes);
    if (!b) return 'exit';
    const mxcsr = mxcsrOf(c);
    const [a] = lanesOf(kind, b);
    const value = toInteger(kind.format, a, c.size() * 8, mxcsr, truncating ? TO_ZERO : roundingOf(mxcsr));
    const trapped = raise(c, value.flags);
    if (trapped) return trapped;
    c.registers[c.operand(0) >>> 3] = value.bits;
    return 'done';
  };

/** CVTSI2Sx: the source is a general register or memory of 4 or 8 bytes. */
const fromGeneral =
  (kind: Kind): Routine =>
  c => {
    const size = c.sourceSize();
    const raw = c.isMemory() ? c.load(c.address(), size) : c.registers[c.operand(1) >>> 3];
    if (raw === undefined) return 'exit';
    return finish(c, kind.width, [fromInteger(kind.format, BigInt.asIntN(size * 8, raw), mxcsrOf(c))]);
  };

const ZEROS: Vector = [0n, 0n];

/** Lanes of the source to lanes of another width; a narrowing leaves zeros above. */
const lanesConverted =
  (from: Kind, bytes: 8 | 16, width: bigint, compute: (a: bigint, mxcsr: number) => Result): Routine =>
  c => {
    const b = sourceOf(c, bytes);
    if (!b) return 'exit';
    const mxcsr = mxcsrOf(c);
    const lanes = lanesOf(from, b).slice(0, width === 64n ? 2 : 4);
    return finish(
      c,
      width,
      lanes.map(a => compute(a, mxcsr)),
      ZEROS,
    );
  };

const { ps, pd, ss, sd } = KINDS;
const toWords = (f: Format, truncating: boolean) => (a: bigint, mxcsr: number) =>
  toInteger(f, a, 32, mxcsr, truncating ? TO_ZERO : roundingOf(mxcsr));

/** Dot product: products where bits 4–7 say, summed pairwise, copied where bits 0–3 say. Each step raises its flags. */
const dotProduct =
  (kind: Kind): Routine =>
  c => {
    const b = sourceOf(c, 16);
    if (!b) return 'exit';
    const mxcsr = mxcsrOf(c);
    const mask = immediateOf(c);
    const x = lanesOf(kind, registerOf(c, 0));
    const y = lanesOf(kind, b);
    const f = kind.format;
    let terms = x.map((a, i): Result => (mask & (16 << i) ? mul(f, a, y[i], mxcsr) : { bits: 0n, flags: 0 }));
    for (;;) {
      let flags = 0;
      for (const t of terms) flags |= t.flags;
      const trapped = raise(c, flags);
      if (trapped) return trapped;
      if (terms.length === 1) break;
      const sums: Result[] = [];
      for (let i = 0; i < terms.length; i += 2) sums.push(add(f, terms[i].bits, terms[i + 1].bits, mxcsr));
      terms = sums;
    }
    const lanes = x.map((_, i) => (mask & (1 << i) ? terms[0].bits : 0n));
    setVector(c, 0, vectorOf(kind.width, lanes, ZEROS));
    return 'done';
  };

function family(): Record<string, Routine> {
  const all: Record<string, Routine> = {};
  for (const [name, kind] of Object.entries(KINDS)) {
    for (const [op, compute] of Object.entries({ add, sub, mul, div })) {
      all[op + name] = binary(kind, lanewise, () => compute);
    }
    all[`min${name}`] = binary(kind, lanewise, () => (f, a, b, m) => extreme(f, a, b, m, 'less'));
    all[`max${name}`] = binary(kind, lanewise, () => (f, a, b, m) => extreme(f, a, b, m, 'greater'));
    all[`sqrt${name}`] = unary(kind, (a, mxcsr) => sqrt(kind.format, a, mxcsr));
    all[`round${name}`] = rounding(kind);
    all[`cmp${name}`] = comparison(kind);
  }
  for (const [name, kind] of Object.entries({ ps, pd })) {
    all[`hadd${name}`] = binary(kind, neighbours, () => add);
    all[`hsub${name}`] = binary(kind, neighbours, () => sub);
    all[`addsub${name}`] = binary(kind, lanewise, lane => (lane & 1 ? add : sub));
    all[`dp${name}`] = dotProduct(kind);
  }
  for (const [name, kind] of Object.entries({ ss, sd })) {
    all[`comi${name}`] = compareFlags(kind, true);
    all[`ucomi${name}`] = compareFlags(kind, false);
    all[`cvtsi2${name}`] = fromGeneral(kind);
    all[`cvt${name}2si`] = toGeneral(kind, false);
    all[`cvtt${name}2si`] = toGeneral(kind, true);
  }
  return all;
}

/** A scalar of one format into the other; the destination keeps the rest. */
const scalarConverted =
  (from: Kind, to: Kind): Routine =>
  c => {
    const b = sourceOf(c, from.bytes);
    if (!b) return 'exit';
    const [a] = lanesOf(from, b);
    return finish(c, to.width, [convert(from.format, to.format, a, mxcsrOf(c))]);
  };

/** Of the x87's status word, in FP_CONTROL: an exception waits; the top of the stack. */
const X87_PENDING = 1n << 55n;
const X87_TOP = 7n << 59n;

/** What every use of an MMX register does to the x87: its stack begins at register 0, and none is empty. */
function enterMmx(c: RoutineContext): void {
  c.registers[FP_CONTROL] &= ~X87_TOP;
  c.registers[FP_TAGS] = 0xffn;
}

/** Conversions with an MMX register on one side; an exception that waits in the x87 comes first. */
const withMmx =
  (from: Kind, bytes: 8 | 16, to: 'mm' | 'xmm', width: bigint, compute: (a: bigint, m: number) => Result): Routine =>
  c => {
    const mmx = to === 'mm' || !c.isMemory();
    if (mmx && c.registers[FP_CONTROL] & X87_PENDING) return c.trap('x87');
    const b = sourceOf(c, bytes);
    if (!b) return 'exit';
    // Zen CPUs have switched over even where the conversion then raises an exception.
    if (mmx) enterMmx(c);
    const mxcsr = mxcsrOf(c);
    const results = lanesOf(from, b)
      .slice(0, 2)
      .map(a => compute(a, mxcsr));
    if (to === 'xmm') return finish(c, width, results);
    const trapped = raise(c, results[0].flags | results[1].flags);
    if (trapped) return trapped;
    const cell = c.operand(0) >>> 3;
    c.registers[cell] = results[0].bits | (results[1].bits << 32n);
    c.registers[cell + 1] = 0xffffn;
    return 'done';
  };

export const float = {
  ...family(),
  cvtss2sd: scalarConverted(ss, sd),
  cvtsd2ss: scalarConverted(sd, ss),
  cvtps2pd: lanesConverted(ps, 8, 64n, (a, m) => convert(F32, F64, a, m)),
  cvtpd2ps: lanesConverted(pd, 16, 32n, (a, m) => convert(F64, F32, a, m)),
  cvtdq2ps: lanesConverted(ps, 16, 32n, (a, m) => fromInteger(F32, BigInt.asIntN(32, a), m)),
  cvtps2dq: lanesConverted(ps, 16, 32n, toWords(F32, false)),
  cvttps2dq: lanesConverted(ps, 16, 32n, toWords(F32, true)),
  cvtpd2dq: lanesConverted(pd, 16, 32n, toWords(F64, false)),
  cvttpd2dq: lanesConverted(pd, 16, 32n, toWords(F64, true)),
  cvtpi2ps: withMmx(ps, 8, 'xmm', 32n, (a, m) => fromInteger(F32, BigInt.asIntN(32, a), m)),
  cvtpi2pd: withMmx(ps, 8, 'xmm', 64n, (a, m) => fromInteger(F64, BigInt.asIntN(32, a), m)),
  cvtps2pi: withMmx(ps, 8, 'mm', 32n, toWords(F32, false)),
  cvttps2pi: withMmx(ps, 8, 'mm', 32n, toWords(F32, true)),
  cvtpd2pi: withMmx(pd, 16, 'mm', 32n, toWords(F64, false)),
  cvttpd2pi: withMmx(pd, 16, 'mm', 32n, toWords(F64, true)),
} satisfies Record<string, Routine>;
