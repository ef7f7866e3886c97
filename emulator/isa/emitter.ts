/**
 * The language that lifts are written in. A lift says what an instruction does to abstract operands; the emitter it is
 * given decides whether that becomes a tier 0 handler (operands taken from a decoded record) or a piece of a compiled
 * region (operands known).
 *
 * Conventions. Integers of 1, 2 and 4 bytes are `i32` values, zero-extended when read, with any rubbish above their
 * width when written; 8 bytes are `i64`. All reads of an instruction come before its writes; memory is written before
 * registers, so that a fault leaves nothing half done.
 */

/** A value that the instruction computes with; opaque to lifts. */
export interface Val {
  readonly ty: 'i32' | 'i64' | 'f32' | 'f64' | 'v128';
}

export type IntWidth = 1 | 2 | 4 | 8;

/** How the six flags follow from operands and result, all at the operation's width. */
export type FlagKind = 'add' | 'sub' | 'logic';

/** Flag letters as in the manual: carry, parity, auxiliary, zero, sign, overflow. */
export type FlagName = 'c' | 'p' | 'a' | 'z' | 's' | 'o';

/** What ends the region with an exception instead of a result. */
export type Trap =
  | 'divide'
  | 'invalid'
  | 'protection'
  | 'breakpoint'
  | 'syscall'
  | 'alignment'
  | 'debug'
  | 'overflow'
  | 'stack'
  /** An unmasked floating-point exception: of the x87 (#MF), of SSE (#XM). */
  | 'x87'
  | 'simd';

/** Constant tables of 32-bit words (`cpu/tables.ts`). */
export type TableName = 'crc32c';

export interface Emitter {
  /** Operation size of this instruction in bytes (1, 2, 4, 8; 16 for vectors). */
  readonly size: number;
  readonly operandCount: number;
  /** What operand i is, and its own width in bytes. */
  /** `mm`: the low 8 bytes of a vector whose rest is zero; so is a memory operand beside one. */
  kind(i: number): 'reg' | 'xmm' | 'mm' | 'mem' | 'imm' | 'rel' | 'other';
  width(i: number): number;

  /** Integer operand at its own width. */
  read(i: number): Val;
  write(i: number, value: Val): void;
  /** Address of a memory operand, 64 bits; of LEA without the segment base. */
  address(i: number): Val;
  /** A vector operand, all 16 bytes; memory operands must be aligned when `aligned`. */
  readVector(i: number, aligned?: boolean): Val;
  writeVector(i: number, value: Val, aligned?: boolean): void;
  /** The low 4 or 8 bytes of a vector register, or that much memory, as `i32`/`i64`. */
  readLow(i: number, width: 4 | 8): Val;
  /** Replaces the low bytes of a vector register (the rest stays), or stores to memory. */
  writeLow(i: number, width: 4 | 8, value: Val): void;
  /** The same as `f32`/`f64`. */
  readFloat(i: number, width: 4 | 8): Val;
  writeFloat(i: number, width: 4 | 8, value: Val): void;
  /** Immediate operand as it stands, known only to emitters of compiled regions; otherwise undefined. */
  constant(i: number): bigint | undefined;

  /** A general register by number (RAX 0 … R15 15), for implicit operands. */
  get(register: number, width: IntWidth): Val;
  set(register: number, width: IntWidth, value: Val): void;
  /** A vector register by number. */
  getVector(register: number): Val;
  setVector(register: number, value: Val): void;
  /** Guest memory at a 64-bit address. */
  load(address: Val, width: IntWidth): Val;
  store(address: Val, width: IntWidth, value: Val): void;
  /** Stack access at the operation's natural width of 8 bytes (2 with an operand-size prefix). */
  push(value: Val): void;
  pop(): Val;
  /** Address of the instruction behind this one. */
  nextPc(): Val;

  /** All six flags from an operation. */
  /** `carry` replaces the rule for CF (adc, sbb) or keeps CF as it is (inc, dec). */
  flags(kind: FlagKind, a: Val, b: Val, result: Val, carry?: Val | 'keep'): void;
  /** Single flags: `z`, `s` and `p` from the result `r` at the operation's width; `c`, `o`, `a` as 0 or 1. Others stay. */
  setFlags(values: { result?: Val; c?: Val; o?: Val; a?: Val }): void;
  /** As setFlags, where `condition` holds; else nothing changes. */
  setFlagsIf(condition: Val, values: { result?: Val; c?: Val; o?: Val; a?: Val }): void;
  /** ZF, PF, CF as COMISD and UCOMISD set them; OF, AF, SF clear. All 0 or 1. */
  setZpc(z: Val, p: Val, c: Val): void;
  flag(name: FlagName): Val;
  /** The instruction's condition code, 0 or 1. */
  cond(): Val;

  jump(target: Val): void;
  /** To operand 0 when the condition holds, else on. */
  jumpIf(condition: Val): void;
  /** Ends a call: the return address is pushed, then the jump. */
  call(target: Val): void;
  ret(): void;
  trap(kind: Trap): void;
  trapIf(condition: Val, kind: Trap): void;
  /** Effects that happen only where the condition holds. Values made inside are not usable outside. */
  when(condition: Val, then: () => void, otherwise?: () => void): void;
  /** The rest of the meaning is a routine of `cpu/routines.ts` on the register file and memory. */
  routine(name: string): void;
  /**
   * Whether WebAssembly's own arithmetic may stand for the CPU's, as `i32`: 0 no, 1 yes, 2 where the result is exact
   * (`FP_FAST` of `cpu/layout.ts`).
   */
  fpFast(): Val;
  /**
   * Where the `i32` condition holds, the routine does the whole instruction instead; what follows is the common case.
   * Comes before every effect of the lift.
   */
  rare(condition: Val, routine: string): void;

  /** The word of a constant table with this number. */
  table(name: TableName, index: Val): Val;
  const32(value: number): Val;
  const64(value: bigint | number): Val;
  /** Constant of the type that `size` bytes have. */
  int(value: number, width?: number): Val;
  /** A WebAssembly operation by name, for example `op('i8x16.eq', a, b)`. */
  op(name: string, ...args: Val[]): Val;
  lane(name: string, index: number, ...args: Val[]): Val;
  shuffle(a: Val, b: Val, lanes: readonly number[]): Val;
  vector(low: bigint, high: bigint): Val;
  select(condition: Val, yes: Val, no: Val): Val;
  /** These take both operands of one type. */
  add(a: Val, b: Val): Val;
  sub(a: Val, b: Val): Val;
  mul(a: Val, b: Val): Val;
  and(a: Val, b: Val): Val;
  or(a: Val, b: Val): Val;
  xor(a: Val, b: Val): Val;
  shl(a: Val, b: Val): Val;
  shrU(a: Val, b: Val): Val;
  shrS(a: Val, b: Val): Val;
  not(a: Val): Val;
  eq(a: Val, b: Val): Val;
  ne(a: Val, b: Val): Val;
  ltU(a: Val, b: Val): Val;
  ltS(a: Val, b: Val): Val;
  eqz(a: Val): Val;
  /** To the type of `width` bytes; the value counts as `from` bytes wide. */
  zeroExtend(a: Val, from: number, width: number): Val;
  signExtend(a: Val, from: number, width: number): Val;
  /** Cuts to `width` bytes and zero-extends inside its type. */
  truncate(a: Val, width: number): Val;
}
