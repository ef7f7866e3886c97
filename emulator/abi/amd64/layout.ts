/**
 * Where the state of an amd64 task lies in its register file (a BigUint64Array), and how rflags is composed. The CPU
 * works on these cells directly; everybody else goes through `Arch`.
 *
 * The arithmetic flags are kept lazily: each has a cell that holds a value from which the flag follows, so that an
 * instruction can store its result instead of computing five bits that are seldom read.
 */
import type { Registers } from '../arch.ts';

/** General registers 0–15 in encoding order: rax rcx rdx rbx rsp rbp rsi rdi r8 … r15. */
export const RAX = 0;
export const RCX = 1;
export const RDX = 2;
export const RBX = 3;
export const RSP = 4;
export const RBP = 5;
export const RSI = 6;
export const RDI = 7;
export const R8 = 8;
export const R9 = 9;
export const R10 = 10;
export const R11 = 11;
export const R12 = 12;
export const R13 = 13;
export const R14 = 14;
export const R15 = 15;

export const RIP = 16;
export const FS_BASE = 17;
export const GS_BASE = 18;
/** Always zero: the base of an operand that has none. */
export const ZERO = 19;

/** ZF is 1 when the cell is 0. */
export const FZ = 20;
/** SF is bit 63; PF is 1 when the low byte has an even number of ones. */
export const FS = 21;
/** CF is bit 0. */
export const FC = 22;
/** OF is bit 63. */
export const FO = 23;
/** AF is bit 4. */
export const FA = 24;
/** The flags that are kept as they are: TF, DF, AC, ID. */
export const FLAGS_OTHER = 25;

/** Low half: MXCSR. High half: x87 control word (low 16 bits) and status word (high 16 bits). */
export const FP_CONTROL = 26;
/** The x87 tag word in the abridged form of FXSAVE: bit i is 1 when physical register i is not empty. */
export const FP_TAGS = 27;

/** The engine's own: no part of the task's state, so hashes, views and frames leave them out. */
export const SCRATCH = 28;
export const SCRATCH_END = 32;

/** Vector register i begins at VECTOR + VECTOR_CELLS × i; xmm is its first two cells, ymm all four. */
export const VECTOR = 32;
export const VECTOR_CELLS = 4;
export const VECTOR_COUNT = 16;

/** Physical x87 register i (not st(i), which counts from TOP) begins at X87 + X87_CELLS × i; 80 bits. */
export const X87 = 96;
export const X87_CELLS = 2;
export const X87_COUNT = 8;

/** Selectors of ES, DS, FS and GS, 16 bits each from the lowest on; CS and SS are always 0x33 and 0x2b. */
export const SEGMENTS = 112;
/** Address of the last x87 instruction that was no control instruction, and of its memory operand. */
export const X87_INSTRUCTION = 113;
export const X87_OPERAND = 114;
/**
 * Its opcode (bits 0–10), code selector (16–31) and operand selector (32–47). The opcode counts only with bit 48 set,
 * when the state was loaded; otherwise it is what lies at the address.
 */
export const X87_OPCODE = 115;

export const CELLS = 116;

/** Bits of rflags (Intel SDM volume 1, section 3.4.3). */
export const CF = 1n << 0n;
export const PF = 1n << 2n;
export const AF = 1n << 4n;
export const ZF = 1n << 6n;
export const SF = 1n << 7n;
export const TF = 1n << 8n;
export const IF = 1n << 9n;
export const DF = 1n << 10n;
export const OF = 1n << 11n;
export const AC = 1n << 18n;
export const ID = 1n << 21n;

/** What a program may change of the flags that are kept as they are. */
export const OTHER_FLAGS = TF | DF | AC | ID;
/** Bit 1 and the interrupt flag, which user code always sees set. */
export const FIXED_FLAGS = 2n | IF;

/** MXCSR and x87 control word as Linux starts a program: all exceptions masked, nearest, extended precision. */
export const MXCSR_START = 0x1f80n;
export const X87_CONTROL_START = 0x37fn;
/** The bits of MXCSR that exist; a frame with others is refused (#GP). */
export const MXCSR_MASK = 0xffffn;

function evenParity(low: number): boolean {
  let byte = low & 0xff;
  byte ^= byte >> 4;
  byte ^= byte >> 2;
  byte ^= byte >> 1;
  return (byte & 1) === 0;
}

const low = (cell: bigint): number => Number(BigInt.asUintN(32, cell));
const isNegative = (cell: bigint): boolean => BigInt.asIntN(64, cell) < 0n;

const FIXED = Number(FIXED_FLAGS);
const OTHER = Number(OTHER_FLAGS);

/** rflags, composed from the lazy cells. Every syscall leaves it in R11, so it is put together in numbers. */
export function readFlags(r: Registers): bigint {
  const sign = r[FS]!;
  let flags = FIXED | (low(r[FLAGS_OTHER]!) & OTHER);
  if (low(r[FC]!) & 1) flags |= 1;
  if (evenParity(low(sign))) flags |= 4;
  if (low(r[FA]!) & 16) flags |= 16;
  if (r[FZ] === 0n) flags |= 64;
  if (isNegative(sign)) flags |= 128;
  if (isNegative(r[FO]!)) flags |= 2048;
  return BigInt(flags);
}

/**
 * Sets the cells so that `readFlags` gives the value's user-changeable bits back. Each cell gets a canonical value, so
 * that equal flags are equal cells.
 */
export function writeFlags(r: Registers, value: bigint): void {
  r[FZ] = value & ZF ? 0n : 1n;
  // The low byte 1 has odd parity, 0 has even parity; bit 63 is free of it.
  r[FS] = (value & SF ? 1n << 63n : 0n) | (value & PF ? 0n : 1n);
  r[FC] = value & CF ? 1n : 0n;
  r[FO] = value & OF ? 1n << 63n : 0n;
  r[FA] = value & AF;
  r[FLAGS_OTHER] = value & OTHER_FLAGS;
}
