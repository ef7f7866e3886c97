/**
 * The x87: a stack of eight registers with tags, the control and the status word. Arithmetic is in `extended.ts`; here
 * is what an instruction does with the stack, and with exceptions: a masked one gets a default answer, an unmasked one
 * sets ES, and the next x87 instruction that waits raises #MF.
 */
import {
  FP_CONTROL,
  FP_TAGS,
  RAX,
  readFlags,
  writeFlags,
  X87,
  X87_INSTRUCTION,
  X87_OPCODE,
  X87_OPERAND,
} from '../abi/amd64/layout.ts';
import * as x from './extended.ts';
import {
  type Probes,
  type Routine,
  type RoutineContext,
  type RoutineResult,
  readBytes,
  writeBytes,
} from './routines.ts';
import { dataSelector, USER_CS } from './routines-segment.ts';

const STACK_FAULT = 0x40;
const SUMMARY = 0x80;
const C0 = 0x100;
const C1 = 0x200;
const C2 = 0x400;
const C3 = 0x4000;
const BUSY = 0x8000;
const CONDITIONS = C0 | C1 | C2 | C3;
/** Exceptions that keep an instruction from happening at all when they are not masked. */
const BEFORE = x.INVALID | x.DENORMAL | x.ZERO_DIVIDE;
/** The bits of the control word that exist; bit 6 reads as one. */
const CONTROL_BITS = 0x1f3f;
const CONTROL_FIXED = 0x40;
export const CONTROL_START = 0x37f;

/**
 * The unit while an instruction works on it. Control, status and tags count from `commit` on; registers change at once,
 * so nothing may fault behind `set`.
 */
interface Unit {
  readonly c: RoutineContext;
  control: number;
  status: number;
  /** Bit i: physical register i is not empty. */
  tags: number;
}

/** The control word as it would be read back. */
export const controlWord = (value: number): number => (value & CONTROL_BITS) | CONTROL_FIXED;

/** The status word with ES and B as the flags and masks imply. */
export const statusWord = (status: number, control: number): number =>
  (status & ~(SUMMARY | BUSY)) | (status & ~control & 0x3f ? SUMMARY | BUSY : 0);

/** Places in `halves`. */
const CONTROL = FP_CONTROL * 4 + 2;
const STATUS = FP_CONTROL * 4 + 3;
const TAGS = FP_TAGS * 4;

function open(c: RoutineContext): Unit {
  return { c, control: c.halves[CONTROL], status: c.halves[STATUS], tags: c.halves[TAGS] };
}

function commit(u: Unit): void {
  const { halves } = u.c;
  halves[CONTROL] = u.control;
  halves[STATUS] = u.status;
  halves[TAGS] = u.tags;
}

/** An instruction that looks at no pending exception. */
const control =
  (body: (u: Unit) => RoutineResult | undefined): Routine =>
  c => {
    const u = open(c);
    const result = body(u) ?? 'done';
    if (result === 'done') commit(u);
    return result;
  };

/** An instruction that first waits for a pending exception. */
const waitingControl =
  (body: (u: Unit) => RoutineResult | undefined): Routine =>
  c => {
    if (c.halves[STATUS] & SUMMARY) return c.trap('x87');
    return control(body)(c);
  };

const topOf = (u: Unit): number => (u.status >> 11) & 7;
const physical = (u: Unit, i: number): number => (topOf(u) + i) & 7;
const isEmpty = (u: Unit, i: number): boolean => !((u.tags >> physical(u, i)) & 1);

function setTop(u: Unit, top: number): void {
  u.status = (u.status & ~0x3800) | ((top & 7) << 11);
}

/** What the register holds, empty or not. */
function raw(u: Unit, i: number): x.Extended {
  const p = physical(u, i);
  const high = u.c.halves[(X87 + p * 2 + 1) * 4];
  return { sign: high >= 0x8000, exponent: high & 0x7fff, significand: u.c.registers[X87 + p * 2] };
}

const get = (u: Unit, i: number): x.Extended | undefined => (isEmpty(u, i) ? undefined : raw(u, i));

function set(u: Unit, i: number, value: x.Extended): void {
  const p = physical(u, i);
  u.c.registers[X87 + p * 2] = value.significand;
  u.c.registers[X87 + p * 2 + 1] = BigInt(value.exponent | (value.sign ? 0x8000 : 0));
  u.tags |= 1 << p;
}

function pop(u: Unit): void {
  u.tags &= ~(1 << physical(u, 0));
  setTop(u, topOf(u) + 1);
}

/** Notes exceptions; whether one that is not masked forbids the result. C1 tells the direction of rounding. */
function raise(u: Unit, raised: number, up = false): boolean {
  const blocked = (raised & ~u.control & BEFORE) !== 0;
  u.status = (u.status & ~C1) | (blocked ? raised & (BEFORE | STACK_FAULT) : raised) | (up && !blocked ? C1 : 0);
  u.status = statusWord(u.status, u.control);
  return blocked;
}

/** An empty source, or a push onto a register that is not empty: C1 tells which. */
function stackFault(u: Unit, overflow: boolean): boolean {
  const blocked = raise(u, x.INVALID | STACK_FAULT);
  if (overflow) u.status |= C1;
  return blocked;
}

function push(u: Unit, value: x.Extended): void {
  if (isEmpty(u, -1)) {
    setTop(u, topOf(u) - 1);
    set(u, 0, value);
    return;
  }
  if (stackFault(u, true)) return;
  setTop(u, topOf(u) - 1);
  set(u, 0, x.INDEFINITE);
}

const PRECISION = [24, 64, 53, 64];
const modeOf = (u: Unit): x.Mode => ({
  rounding: ((u.control >> 10) & 3) as x.Rounding,
  precision: PRECISION[(u.control >> 8) & 3],
  masked: u.control & 0x3f,
});

const OPERAND_SELECTOR = 0xffffn << 32n;
const LOADED = 1n << 48n;

/** As `waitingControl`; and it is the last instruction that FNSTENV tells of. */
const waiting = (body: (u: Unit) => RoutineResult | undefined): Routine => {
  const whole = waitingControl(body);
  return c => {
    const result = whole(c);
    if (result !== 'done') return result;
    const r = c.registers;
    r[X87_INSTRUCTION] = c.pc();
    r[X87_OPCODE] =
      (BigInt(USER_CS) << 16n) | (c.isMemory() ? dataSelector(c) << 32n : r[X87_OPCODE] & OPERAND_SELECTOR);
    if (c.isMemory()) r[X87_OPERAND] = c.address();
    return result;
  };
};

const PREFIXES = new Set([0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, 0xf0, 0xf2, 0xf3]);

/** What FNSTENV and FXSAVE tell of the last instruction. */
interface Pointers {
  instruction: bigint;
  operand: bigint;
  /** Eleven bits: the low three of the first byte, and ModRM. */
  opcode: number;
  code: number;
  data: number;
}

export function pointersOf(c: RoutineContext): Pointers {
  const r = c.registers;
  const cell = r[X87_OPCODE];
  let opcode = Number(cell & 0x7ffn);
  if (!(cell & LOADED) && cell !== 0n) {
    const bytes = c.space.peek(Number(r[X87_INSTRUCTION]), 15);
    let at = 0;
    while (PREFIXES.has(bytes[at]) || (bytes[at] & 0xf0) === 0x40) at++;
    opcode = ((bytes[at] & 7) << 8) | (bytes[at + 1] ?? 0);
  }
  const [code, data] = [Number((cell >> 16n) & 0xffffn), Number((cell >> 32n) & 0xffffn)];
  return { instruction: r[X87_INSTRUCTION], operand: r[X87_OPERAND], opcode, code, data };
}

export function setPointers(c: RoutineContext, p: Pointers): void {
  const r = c.registers;
  r[X87_INSTRUCTION] = p.instruction;
  r[X87_OPERAND] = p.operand;
  r[X87_OPCODE] = LOADED | BigInt(p.opcode & 0x7ff) | (BigInt(p.code) << 16n) | (BigInt(p.data) << 32n);
}

export const NO_POINTERS: Pointers = { instruction: 0n, operand: 0n, opcode: 0, code: 0, data: 0 };

type Binary = (a: x.Extended, b: x.Extended, mode: x.Mode) => x.Result;

const OPERATIONS: Readonly<Record<string, Binary>> = {
  add: x.add,
  mul: x.multiply,
  sub: x.subtract,
  subr: (a, b, mode) => x.subtract(b, a, mode),
  div: x.divide,
  divr: (a, b, mode) => x.divide(b, a, mode),
};

type MemoryKind = 'm16' | 'm32' | 'm64';

/** An operand in memory, signaling NaNs as they are; `raised` has what reading a denormal raises. */
function memoryFloat(c: RoutineContext, kind: 'm32' | 'm64'): x.Result | undefined {
  const size = kind === 'm32' ? 4 : 8;
  const bits = c.load(c.address(), size);
  return bits === undefined ? undefined : x.fromNarrow(bits, size);
}

/** A load makes NaNs quiet. */
const loaded = (operand: x.Result | undefined): x.Result | undefined =>
  operand && x.isSignaling(operand.value) ? { ...operand, value: x.quieted(operand.value) } : operand;

const INTEGER_BITS = { m16: 16, m32: 32, m64: 64 } as const;

function memoryInteger(c: RoutineContext, kind: MemoryKind): bigint | undefined {
  const bits = INTEGER_BITS[kind];
  const value = c.load(c.address(), bits / 8);
  return value === undefined ? undefined : BigInt.asIntN(bits, value);
}

/** ST(i) becomes the result unless an unmasked exception forbids it. */
function assign(u: Unit, i: number, result: x.Result): boolean {
  if (raise(u, result.raised, result.up)) return false;
  set(u, i, result.value);
  return true;
}

function arithmetic(operation: Binary, pops: boolean): Routine {
  return waiting(u => {
    const to = u.c.operand(0);
    const a = get(u, to);
    const b = get(u, u.c.operand(1));
    const done = a && b ? assign(u, to, operation(a, b, modeOf(u))) : assignIndefinite(u, to);
    if (done && pops) pop(u);
    return undefined;
  });
}

function assignIndefinite(u: Unit, i: number): boolean {
  if (stackFault(u, false)) return false;
  set(u, i, x.INDEFINITE);
  return true;
}

/** What a memory operand's conversion raised counts unless the operation itself was refused or only chose a NaN. */
function withOperand(result: x.Result, operand: x.Result, other: x.Extended): x.Result {
  const refused = result.raised & (x.INVALID | x.ZERO_DIVIDE) || x.classify(other) === 'nan';
  return refused ? result : { ...result, raised: result.raised | (operand.raised & x.DENORMAL) };
}

function arithmeticMemory(operation: Binary, read: (c: RoutineContext) => x.Result | undefined): Routine {
  return waiting(u => {
    const operand = read(u.c);
    if (!operand) return 'exit';
    const a = get(u, 0);
    if (a) assign(u, 0, withOperand(operation(a, operand.value, modeOf(u)), operand, a));
    else assignIndefinite(u, 0);
    return undefined;
  });
}

const integerOperand =
  (kind: MemoryKind) =>
  (c: RoutineContext): x.Result | undefined => {
    const value = memoryInteger(c, kind);
    return value === undefined ? undefined : x.exact(x.fromInteger(value));
  };

const denormal = (v: x.Extended): number => (x.classify(v) === 'denormal' ? x.DENORMAL : 0);

/** Compares and notes exceptions; `pops` is false when an unmasked one forbids it. */
function comparison(
  u: Unit,
  a: x.Extended | undefined,
  b: x.Extended | undefined,
  quiet: boolean,
  operandRaised = 0,
  keepC1 = false,
): { less: boolean; equal: boolean; unordered: boolean; pops: boolean } {
  if (!a || !b) {
    return { less: false, equal: false, unordered: true, pops: !stackFault(u, false) };
  }
  const order = x.compare(a, b);
  let raised = 0;
  if (order === undefined) {
    const bad = (v: x.Extended): boolean => x.classify(v) === 'unsupported' || x.isSignaling(v);
    if (!quiet || bad(a) || bad(b)) raised = x.INVALID;
  } else raised = denormal(a) | denormal(b) | operandRaised;
  const kept = keepC1 ? u.status & C1 : 0;
  const pops = !raise(u, raised);
  u.status |= kept;
  return { less: order === -1, equal: order === 0, unordered: order === undefined, pops };
}

/** FCOM and its kin: into the condition bits. */
function compareWith(
  u: Unit,
  b: x.Extended | undefined,
  quiet: boolean,
  pops: number,
  operandRaised = 0,
): RoutineResult | undefined {
  const answer = comparison(u, get(u, 0), b, quiet, operandRaised);
  const { less, equal, unordered } = answer;
  u.status &= ~CONDITIONS;
  u.status |= (less || unordered ? C0 : 0) | (unordered ? C2 : 0) | (equal || unordered ? C3 : 0);
  for (let i = 0; i < pops && answer.pops; i++) pop(u);
  return undefined;
}

const compareRegisters = (quiet: boolean, pops: number): Routine =>
  waiting(u => compareWith(u, get(u, u.c.operand(1)), quiet, pops));

const compareMemory = (read: (c: RoutineContext) => x.Result | undefined, pops: number): Routine =>
  waiting(u => {
    const operand = read(u.c);
    if (!operand) return 'exit';
    return compareWith(u, operand.value, false, pops, operand.raised & x.DENORMAL);
  });

/** FCOMI and its kin: into ZF, PF, CF; OF, SF and AF are cleared. */
const compareFlags = (quiet: boolean, pops: boolean): Routine =>
  waiting(u => {
    const answer = comparison(u, get(u, 0), get(u, u.c.operand(1)), quiet, 0, true);
    const { less, equal, unordered } = answer;
    const flags = (less || unordered ? 1n : 0n) | (unordered ? 4n : 0n) | (equal || unordered ? 0x40n : 0n);
    writeFlags(u.c.registers, (readFlags(u.c.registers) & ~0x8d5n) | flags);
    if (pops && answer.pops) pop(u);
    return undefined;
  });

/** One operand on top of the stack. */
const unary = (f: (a: x.Extended, mode: x.Mode) => x.Result): Routine =>
  waiting(u => {
    const a = get(u, 0);
    if (a) assign(u, 0, f(a, modeOf(u)));
    else assignIndefinite(u, 0);
    return undefined;
  });

const load = (read: (u: Unit) => x.Result | undefined | 'empty'): Routine =>
  waiting(u => {
    const operand = read(u);
    if (operand === undefined) return 'exit';
    if (operand === 'empty') {
      if (!stackFault(u, false)) {
        setTop(u, topOf(u) - 1);
        set(u, 0, x.INDEFINITE);
      }
      return undefined;
    }
    u.status &= ~C1;
    if (!isEmpty(u, -1)) {
      push(u, operand.value);
      return undefined;
    }
    // A denormal operand is loaded even where its exception is not masked.
    if (!raise(u, operand.raised) || !(operand.raised & x.INVALID)) push(u, operand.value);
    return undefined;
  });

/** The destination must be there even where an unmasked exception keeps it as it is. */
function writable(u: Unit, size: number): RoutineResult | undefined {
  const reach = u.c.space.access(Number(u.c.address()), size, true);
  return typeof reach === 'number' ? undefined : u.c.fault(reach);
}

/** FST and FSTP to 32 or 64 bits. */
const storeNarrow = (size: 4 | 8, pops: boolean): Routine =>
  waiting(u => {
    const a = get(u, 0);
    let narrow: x.Narrow;
    if (a) {
      narrow = x.toNarrow(a, size, modeOf(u));
      const forbidden = narrow.raised & ~u.control & (BEFORE | x.OVERFLOW | x.UNDERFLOW);
      if (forbidden) {
        u.status = statusWord(
          (u.status & ~C1) | (forbidden & BEFORE ? forbidden : narrow.raised & ~x.PRECISION),
          u.control,
        );
        return writable(u, size);
      }
      raise(u, narrow.raised, narrow.up);
    } else {
      if (stackFault(u, false)) return writable(u, size);
      narrow = x.toNarrow(x.INDEFINITE, size, modeOf(u));
    }
    if (!u.c.store(u.c.address(), size, narrow.bits)) return 'exit';
    if (pops) pop(u);
    return undefined;
  });

const storeInteger = (kind: MemoryKind, truncates: boolean, pops: boolean): Routine =>
  waiting(u => {
    const bits = INTEGER_BITS[kind];
    const a = get(u, 0);
    let value = 1n << BigInt(bits - 1);
    if (a) {
      const whole = x.toInteger(a, truncates ? 3 : modeOf(u).rounding);
      const fits = whole && BigInt.asIntN(bits, whole.value) === whole.value;
      if (fits) value = whole.value;
      if (raise(u, fits ? (whole.inexact ? x.PRECISION : 0) : x.INVALID, fits && whole.up))
        return writable(u, bits / 8);
    } else if (stackFault(u, false)) return writable(u, bits / 8);
    if (!u.c.store(u.c.address(), bits / 8, value)) return 'exit';
    if (pops) pop(u);
    return undefined;
  });

const bytesOf = (value: x.Extended): Uint8Array<ArrayBuffer> => {
  const bytes = new Uint8Array(10);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, value.significand, true);
  view.setUint16(8, value.exponent | (value.sign ? 0x8000 : 0), true);
  return bytes;
};
const fromBytes = (bytes: Uint8Array, at = 0): x.Extended => {
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, 10);
  const high = view.getUint16(8, true);
  return { sign: high >= 0x8000, exponent: high & 0x7fff, significand: view.getBigUint64(0, true) };
};

/** Copies ST(0) to ST(i). */
const storeRegister = (pops: boolean): Routine =>
  waiting(u => {
    const a = get(u, 0);
    u.status &= ~C1;
    if (a) set(u, u.c.operand(0), a);
    else if (!assignIndefinite(u, u.c.operand(0))) return undefined;
    if (pops) pop(u);
    return undefined;
  });

const BCD_LIMIT = 10n ** 18n;

/** Eighteen decimal digits, two a byte, and a sign. */
function toDecimal(value: bigint): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(10);
  let left = value < 0n ? -value : value;
  for (let i = 0; i < 9; i++) {
    const pair = Number(left % 100n);
    bytes[i] = (Math.floor(pair / 10) << 4) | (pair % 10);
    left /= 100n;
  }
  return bytes;
}

const DECIMAL_INDEFINITE = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0xc0, 0xff, 0xff);

/** Constants rounded to nearest, and whether that is up: then rounding down gives one less, else rounding up one more. */
const constant = (exponent: number, significand: bigint, nearestIsUp?: boolean): Routine =>
  waiting(u => {
    const rounding = modeOf(u).rounding;
    let n = significand;
    if (nearestIsUp === true && (rounding === 1 || rounding === 3)) n--;
    if (nearestIsUp === false && rounding === 2) n++;
    u.status &= ~C1;
    push(u, { sign: false, exponent, significand: n });
    return undefined;
  });

/** The tag word with two bits a register: valid, zero, special, empty. */
function fullTags(u: Unit): number {
  let word = 0;
  for (let i = 0; i < 8; i++) {
    const what = x.classify(raw(u, i));
    const tag = isEmpty(u, i) ? 3 : what === 'normal' ? 0 : what === 'zero' ? 1 : 2;
    word |= tag << (physical(u, i) * 2);
  }
  return word;
}

/** Zen CPUs touch the first word, then the last byte. */
const probes = (u: Unit, size: number): Probes => [
  [0, u.c.size() === 2 ? 2 : 4],
  [size - 1, 1],
];

const environmentSize = (c: RoutineContext): number => (c.size() === 2 ? 14 : 28);

/** FNSTENV's image in protected mode (SDM volume 1, figures 8-9 and 8-11). */
function environment(u: Unit): Uint8Array<ArrayBuffer> {
  const wide = u.c.size() !== 2;
  const bytes = new Uint8Array(environmentSize(u.c));
  const view = new DataView(bytes.buffer);
  const step = wide ? 4 : 2;
  const words = [u.control, u.status, fullTags(u)];
  for (const [i, word] of words.entries()) {
    view.setUint16(i * step, word, true);
    if (wide) view.setUint16(i * step + 2, 0xffff, true);
  }
  const p = pointersOf(u.c);
  if (wide) {
    view.setUint32(12, Number(p.instruction & 0xffff_ffffn), true);
    view.setUint16(16, p.code, true);
    view.setUint16(18, p.opcode, true);
    view.setUint32(20, Number(p.operand & 0xffff_ffffn), true);
    view.setUint16(24, p.data, true);
    view.setUint16(26, 0xffff, true);
  } else {
    const parts = [Number(p.instruction & 0xffffn), p.code, Number(p.operand & 0xffffn), p.data];
    for (const [i, part] of parts.entries()) view.setUint16(6 + i * 2, part, true);
  }
  return bytes;
}

function setEnvironment(u: Unit, bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const step = u.c.size() === 2 ? 2 : 4;
  u.control = controlWord(view.getUint16(0, true));
  u.status = statusWord(view.getUint16(step, true), u.control);
  const word = view.getUint16(step * 2, true);
  const wide = step === 4;
  setPointers(u.c, {
    instruction: BigInt(wide ? view.getUint32(12, true) : view.getUint16(6, true)),
    operand: BigInt(wide ? view.getUint32(20, true) : view.getUint16(10, true)),
    opcode: wide ? view.getUint16(18, true) : 0,
    code: view.getUint16(wide ? 16 : 8, true),
    data: view.getUint16(wide ? 24 : 12, true),
  });
  u.tags = 0;
  for (let i = 0; i < 8; i++) if (((word >> (i * 2)) & 3) !== 3) u.tags |= 1 << i;
}

function reset(u: Unit): void {
  setPointers(u.c, NO_POINTERS);
  u.control = CONTROL_START;
  u.status = 0;
  u.tags = 0;
}

const moveIf = (condition: (flags: bigint) => boolean): Routine =>
  waiting(u => {
    const a = get(u, 0);
    const b = get(u, u.c.operand(1));
    if (!a || !b) assignIndefinite(u, 0);
    else if (condition(readFlags(u.c.registers))) set(u, 0, b);
    return undefined;
  });
const CF = 1n;
const PF = 4n;
const ZF = 0x40n;

const remainder = (nearest: boolean): Routine =>
  waiting(u => {
    const a = get(u, 0);
    const b = get(u, 1);
    if (!a || !b) {
      u.status &= ~C2;
      assignIndefinite(u, 0);
      return undefined;
    }
    const result = x.remainder(a, b, nearest, modeOf(u));
    const refused = result.raised & x.INVALID || x.classify(result.value) === 'nan';
    if (!assign(u, 0, result) || refused) {
      u.status &= ~C2;
      return undefined;
    }
    u.status &= ~CONDITIONS;
    const q = result.quotient;
    if (q === undefined) u.status |= C2;
    else u.status |= (q & 1n ? C1 : 0) | (q & 2n ? C3 : 0) | (q & 4n ? C0 : 0);
    return undefined;
  });

const CLASS_BITS: Readonly<Record<x.Class, number>> = {
  unsupported: 0,
  nan: C0,
  normal: C2,
  infinity: C2 | C0,
  zero: C3,
  denormal: C3 | C2,
};

const routines: Record<string, Routine> = {
  'fld.m32': load(u => loaded(memoryFloat(u.c, 'm32'))),
  'fld.m64': load(u => loaded(memoryFloat(u.c, 'm64'))),
  'fld.m80': load(u => {
    const reach = u.c.space.access(Number(u.c.address()), 10, false);
    if (typeof reach !== 'number') {
      u.c.fault(reach);
      return undefined;
    }
    const high = u.c.view.getUint16(reach + 8, true);
    const significand = u.c.view.getBigUint64(reach, true);
    return x.exact({ sign: high >= 0x8000, exponent: high & 0x7fff, significand });
  }),
  fld: load(u => {
    const a = get(u, u.c.operand(0));
    return a ? x.exact(a) : 'empty';
  }),
  'fst.m32': storeNarrow(4, false),
  'fst.m64': storeNarrow(8, false),
  fst: storeRegister(false),
  'fstp.m32': storeNarrow(4, true),
  'fstp.m64': storeNarrow(8, true),
  'fstp.m80': waiting(u => {
    const a = get(u, 0);
    u.status &= ~C1;
    if (!a && stackFault(u, false)) return writable(u, 10);
    const reach = u.c.space.access(Number(u.c.address()), 10, true);
    if (typeof reach !== 'number') return u.c.fault(reach);
    const { sign, exponent, significand } = a ?? x.INDEFINITE;
    u.c.view.setBigUint64(reach, significand, true);
    u.c.view.setUint16(reach + 8, exponent | (sign ? 0x8000 : 0), true);
    pop(u);
    return undefined;
  }),
  fstp: storeRegister(true),
  fbld: load(u => {
    const bytes = readBytes(u.c, u.c.address(), 10);
    if (!bytes) return undefined;
    let value = 0n;
    for (let i = 8; i >= 0; i--) value = value * 100n + BigInt((bytes[i] >> 4) * 10 + (bytes[i] & 15));
    const number = x.fromInteger(value);
    return x.exact(bytes[9] & 0x80 ? x.negated(number) : number);
  }),
  fbstp: waiting(u => {
    const a = get(u, 0);
    let bytes = DECIMAL_INDEFINITE;
    if (a) {
      const whole = x.toInteger(a, modeOf(u).rounding);
      const fits = whole && whole.value < BCD_LIMIT && whole.value > -BCD_LIMIT;
      if (raise(u, fits ? (whole.inexact ? x.PRECISION : 0) : x.INVALID, fits && whole.up)) return writable(u, 10);
      if (fits) {
        bytes = toDecimal(whole.value);
        if (a.sign) bytes[9] = 0x80;
      }
    } else if (stackFault(u, false)) return writable(u, 10);
    if (!writeBytes(u.c, u.c.address(), bytes)) return 'exit';
    pop(u);
    return undefined;
  }),
  fstpnce: waiting(u => {
    u.status &= ~C1;
    const a = get(u, 0);
    if (a) set(u, u.c.operand(0), a);
    pop(u);
    return undefined;
  }),
  fxch: waiting(u => {
    const i = u.c.operand(1);
    u.status &= ~C1;
    if ((isEmpty(u, 0) || isEmpty(u, i)) && stackFault(u, false)) return undefined;
    const a = get(u, 0) ?? x.INDEFINITE;
    const b = get(u, i) ?? x.INDEFINITE;
    set(u, 0, b);
    set(u, i, a);
    return undefined;
  }),
  ffree: waiting(u => {
    u.status &= ~C1;
    u.tags &= ~(1 << physical(u, u.c.operand(0)));
    return undefined;
  }),
  ffreep: waiting(u => {
    u.status &= ~C1;
    u.tags &= ~(1 << physical(u, u.c.operand(0)));
    pop(u);
    return undefined;
  }),
  fincstp: waiting(u => {
    setTop(u, topOf(u) + 1);
    u.status &= ~C1;
    return undefined;
  }),
  fdecstp: waiting(u => {
    setTop(u, topOf(u) - 1);
    u.status &= ~C1;
    return undefined;
  }),
  fnop: waiting(() => undefined),
  fwait: waitingControl(() => undefined),

  fcom: compareRegisters(false, 0),
  fcomp: compareRegisters(false, 1),
  fucom: compareRegisters(true, 0),
  fucomp: compareRegisters(true, 1),
  fcompp: waiting(u => compareWith(u, get(u, 1), false, 2)),
  fucompp: waiting(u => compareWith(u, get(u, 1), true, 2)),
  fcomi: compareFlags(false, false),
  fcomip: compareFlags(false, true),
  fucomi: compareFlags(true, false),
  fucomip: compareFlags(true, true),
  ftst: waiting(u => compareWith(u, x.zero(false), false, 0)),
  fxam: waiting(u => {
    const a = raw(u, 0);
    u.status &= ~CONDITIONS;
    u.status |= (a.sign ? C1 : 0) | (isEmpty(u, 0) ? C3 | C0 : CLASS_BITS[x.classify(a)]);
    return undefined;
  }),

  fchs: unary(a => x.exact(x.negated(a))),
  fabs: unary(a => x.exact({ ...a, sign: false })),
  fsqrt: unary(x.squareRoot),
  frndint: unary(x.roundToInteger),
  fscale: waiting(u => {
    const a = get(u, 0);
    const b = get(u, 1);
    if (a && b) assign(u, 0, x.scale(a, b, modeOf(u)));
    else assignIndefinite(u, 0);
    return undefined;
  }),
  fxtract: waiting(u => {
    const a = get(u, 0);
    if (!a || !isEmpty(u, -1)) {
      if (stackFault(u, a !== undefined)) return undefined;
      set(u, 0, x.INDEFINITE);
      setTop(u, topOf(u) - 1);
      set(u, 0, x.INDEFINITE);
      return undefined;
    }
    const { exponent, significand, raised } = x.extract(a);
    if (raise(u, raised)) return undefined;
    set(u, 0, exponent);
    push(u, significand);
    return undefined;
  }),
  fprem: remainder(false),
  fprem1: remainder(true),

  fld1: constant(x.BIAS, 1n << 63n),
  fldz: constant(0, 0n),
  fldl2t: constant(0x4000, 0xd49a784bcd1b8afen, false),
  fldl2e: constant(0x3fff, 0xb8aa3b295c17f0bcn, true),
  fldpi: constant(0x4000, 0xc90fdaa22168c235n, true),
  fldlg2: constant(0x3ffd, 0x9a209a84fbcff799n, true),
  fldln2: constant(0x3ffe, 0xb17217f7d1cf79acn, true),

  fcmovb: moveIf(f => (f & CF) !== 0n),
  fcmove: moveIf(f => (f & ZF) !== 0n),
  fcmovbe: moveIf(f => (f & (CF | ZF)) !== 0n),
  fcmovu: moveIf(f => (f & PF) !== 0n),
  fcmovnb: moveIf(f => (f & CF) === 0n),
  fcmovne: moveIf(f => (f & ZF) === 0n),
  fcmovnbe: moveIf(f => (f & (CF | ZF)) === 0n),
  fcmovnu: moveIf(f => (f & PF) === 0n),

  'fldcw.m16': waitingControl(u => {
    const value = u.c.load(u.c.address(), 2);
    if (value === undefined) return 'exit';
    u.control = controlWord(Number(value));
    u.status = statusWord(u.status, u.control);
    return undefined;
  }),
  'fnstcw.m16': control(u => (u.c.store(u.c.address(), 2, BigInt(u.control)) ? undefined : 'exit')),
  'fnstsw.m16': control(u => (u.c.store(u.c.address(), 2, BigInt(u.status)) ? undefined : 'exit')),
  fnstsw: control(u => {
    const r = u.c.registers;
    r[RAX] = (r[RAX] & ~0xffffn) | BigInt(u.status);
    return undefined;
  }),
  fldenv: waitingControl(u => {
    const size = environmentSize(u.c);
    const bytes = readBytes(u.c, u.c.address(), size, probes(u, size));
    if (!bytes) return 'exit';
    setEnvironment(u, bytes);
    return undefined;
  }),
  fnstenv: control(u => {
    const bytes = environment(u);
    if (!writeBytes(u.c, u.c.address(), bytes, probes(u, bytes.length))) return 'exit';
    u.control |= 0x3f;
    u.status = statusWord(u.status, u.control);
    return undefined;
  }),
  fnsave: control(u => {
    const head = environment(u);
    const bytes = new Uint8Array(head.length + 80);
    bytes.set(head);
    for (let i = 0; i < 8; i++) bytes.set(bytesOf(raw(u, i)), head.length + i * 10);
    if (!writeBytes(u.c, u.c.address(), bytes, probes(u, bytes.length))) return 'exit';
    reset(u);
    return undefined;
  }),
  frstor: waitingControl(u => {
    const size = environmentSize(u.c);
    const bytes = readBytes(u.c, u.c.address(), size + 80, probes(u, size + 80));
    if (!bytes) return 'exit';
    setEnvironment(u, bytes);
    const tags = u.tags;
    for (let i = 0; i < 8; i++) set(u, i, fromBytes(bytes, size + i * 10));
    u.tags = tags;
    return undefined;
  }),
  emms: waitingControl(u => {
    setTop(u, 0);
    u.tags = 0;
    return undefined;
  }),
  fnclex: control(u => {
    u.status &= ~(0x7f | SUMMARY | BUSY);
    return undefined;
  }),
  fninit: control(u => {
    reset(u);
    return undefined;
  }),
};

for (const [name, operation] of Object.entries(OPERATIONS)) {
  routines[`f${name}`] = arithmetic(operation, false);
  routines[`f${name}p`] = arithmetic(operation, true);
  for (const kind of ['m32', 'm64'] as const)
    routines[`f${name}.${kind}`] = arithmeticMemory(operation, c => memoryFloat(c, kind));
  for (const kind of ['m16', 'm32'] as const)
    routines[`fi${name}.${kind}`] = arithmeticMemory(operation, integerOperand(kind));
}
for (const [name, pops] of [
  ['com', 0],
  ['comp', 1],
] as const) {
  for (const kind of ['m32', 'm64'] as const)
    routines[`f${name}.${kind}`] = compareMemory(c => memoryFloat(c, kind), pops);
  for (const kind of ['m16', 'm32'] as const) routines[`fi${name}.${kind}`] = compareMemory(integerOperand(kind), pops);
}
for (const kind of ['m16', 'm32', 'm64'] as const) {
  routines[`fild.${kind}`] = load(u => integerOperand(kind)(u.c));
  routines[`fist.${kind}`] = storeInteger(kind, false, false);
  routines[`fistp.${kind}`] = storeInteger(kind, false, true);
  routines[`fisttp.${kind}`] = storeInteger(kind, true, true);
}

export const x87: Readonly<Record<string, Routine>> = routines;
