/**
 * Operand codes of the SDM's opcode maps (volume 2, appendix A.2): a letter for where the operand is encoded, and what
 * follows for its size. The tables here are the whole list. EVEX adds in braces what a position allows: `{k}` a mask,
 * `{kz}` with zeroing, `{m}` a mask that must be there, `{b32}` and `{b64}` broadcast, `{er}` and `{sae}` rounding,
 * `{n4}` `{n8}` the unit of an 8-bit displacement where it is not the operand's width, `{4}` a group of four registers.
 */
import type { RegisterClass, Width } from './row.ts';

/** What an operand code asks the decoder to make. */
export const kind = {
  /** ModRM.rm: register, or memory. */
  gprOrMemory: 0,
  mmOrMemory: 1,
  vectorOrMemory: 2,
  maskOrMemory: 3,
  memory: 4,
  /** The same four in their register form, in the same order. */
  rmGpr: 5,
  rmMm: 6,
  rmVector: 7,
  rmMask: 8,
  /** ModRM.reg. */
  gpr: 9,
  mm: 10,
  vector: 11,
  mask: 12,
  segment: 13,
  control: 14,
  debug: 15,
  /** VEX.vvvv. */
  vvvvGpr: 16,
  vvvvVector: 17,
  vvvvMask: 18,
  /** Low bits of the opcode or, for the x87, of ModRM. */
  opcodeGpr: 19,
  st: 20,
  /** Bytes after ModRM. */
  immediate: 21,
  relative: 22,
  offset: 23,
  /** Upper half of an immediate byte. */
  immediateVector: 24,
  /** Named by the opcode itself. */
  fixed: 25,
  fixedGpr: 26,
  one: 27,
  /** Nothing to make: a string register. */
  implied: 28,
} as const;

/** Widths that depend on prefixes; a positive number is the width itself. */
export const width = {
  /** Operand size; 4 or 8 by W; 2 or 4. */
  v: -1,
  y: -2,
  z: -3,
  /** Vector length, and its half, quarter and eighth. */
  x: -4,
  twoY: -5,
  /** Address size. */
  a: -6,
  h: -7,
  f: -8,
  e: -9,
} as const;

export interface OperandCode {
  readonly kind: number;
  /** Bytes, or one of `width`. */
  readonly width: number;
  /** For immediates: bytes that are encoded (or a `width`), and whether the sign is extended. */
  readonly encoded: number;
  readonly signed: boolean;
  /** For `fixed` operands. */
  readonly class: RegisterClass;
  readonly index: number;
  /** The memory operand's index is a vector register. */
  readonly vectorIndex: boolean;
}

/** All operand codes are made here: objects of one shape keep the decoder's loop fast. */
const code = (k: number, w: number, more: Partial<OperandCode> = {}): OperandCode => ({
  kind: k,
  width: w,
  encoded: more.encoded ?? 0,
  signed: more.signed ?? false,
  class: more.class ?? 'gpr',
  index: more.index ?? 0,
  vectorIndex: more.vectorIndex ?? false,
});
const fixed = (cls: RegisterClass, index: number, w: Width) => code(kind.fixed, w, { class: cls, index });
const immediate = (w: number, encoded: number, signed: boolean) => code(kind.immediate, w, { encoded, signed });

const named: Record<string, OperandCode> = {
  AL: fixed('gpr', 0, 1),
  CL: fixed('gpr', 1, 1),
  AX: fixed('gpr', 0, 2),
  DX: fixed('gpr', 2, 2),
  rAX: code(kind.fixedGpr, width.v),
  eAX: code(kind.fixedGpr, width.z),
  FS: fixed('seg', 4, 2),
  GS: fixed('seg', 5, 2),
  ST0: fixed('st', 0, 10),
  STi: code(kind.st, 10),
  XMM0: fixed('xmm', 0, 16),
  '1': code(kind.one, 1),
  Ib: immediate(1, 1, false),
  sIb: immediate(width.v, 1, true),
  Iw: immediate(2, 2, false),
  Iz: immediate(width.v, width.z, true),
  Iv: immediate(width.v, width.v, true),
  Jb: code(kind.relative, 8, { encoded: 1 }),
  Jz: code(kind.relative, 8, { encoded: 4 }),
  Ob: code(kind.offset, 1, { encoded: width.a }),
  Ov: code(kind.offset, width.v, { encoded: width.a }),
  /** No size of its own (LEA, FXSAVE): the operand size stands in. */
  M: code(kind.memory, width.v),
  M2y: code(kind.memory, width.twoY),
  /** Opmask registers: in ModRM.reg, VEX.vvvv, ModRM.rm. */
  KG: code(kind.mask, 8),
  KB: code(kind.vvvvMask, 8),
  KR: code(kind.rmMask, 8),
  KEb: code(kind.maskOrMemory, 1),
  KEw: code(kind.maskOrMemory, 2),
  KEd: code(kind.maskOrMemory, 4),
  KEq: code(kind.maskOrMemory, 8),
  /** Gathers and scatters: elements of 4 or 8 bytes, the index a whole (`x`) or half (`h`) vector. */
  Mvx4: code(kind.memory, 4, { vectorIndex: true }),
  Mvx8: code(kind.memory, 8, { vectorIndex: true }),
  Mvh4: code(kind.memory, 4, { vectorIndex: true }),
  Mvh8: code(kind.memory, 8, { vectorIndex: true }),
  Lx: code(kind.immediateVector, width.x, { encoded: 1 }),
};

const letters: Record<string, number> = {
  E: kind.gprOrMemory,
  Q: kind.mmOrMemory,
  W: kind.vectorOrMemory,
  M: kind.memory,
  R: kind.rmGpr,
  N: kind.rmMm,
  U: kind.rmVector,
  G: kind.gpr,
  P: kind.mm,
  V: kind.vector,
  H: kind.vvvvVector,
  B: kind.vvvvGpr,
  S: kind.segment,
  C: kind.control,
  D: kind.debug,
  Z: kind.opcodeGpr,
  X: kind.implied,
  Y: kind.implied,
};

const sizes: Record<string, number> = {
  b: 1,
  w: 2,
  d: 4,
  q: 8,
  t: 10,
  dq: 16,
  qq: 32,
  ss: 4,
  sd: 8,
  x: width.x,
  ps: width.x,
  pd: width.x,
  h: width.h,
  f: width.f,
  e: width.e,
  v: width.v,
  y: width.y,
  z: width.z,
  a: width.a,
  /** Far pointer: offset and selector. */
  p: 10,
};

/** Operands that an opcode names, which the decoder makes once. */
export const fixedCodes: readonly OperandCode[] = Object.values(named).filter(o => o.kind === kind.fixed);

/** What an operand code means; what it says in braces is not looked at. */
export function operandCode(decorated: string): OperandCode {
  const known = operandCodesByText.get(decorated);
  if (known) return known;
  const brace = decorated.indexOf('{');
  const text = brace < 0 ? decorated : decorated.slice(0, brace);
  const result = named[text] ?? code(letters[text[0]], sizes[text.slice(1)]);
  if (result.kind === undefined || result.width === undefined) throw new Error(`unknown operand code ${decorated}`);
  operandCodesByText.set(decorated, result);
  return result;
}
const operandCodesByText = new Map<string, OperandCode>();
