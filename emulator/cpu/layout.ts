/**
 * Where the engine keeps its own things in the window that `memory/linear.ts` leaves to it: the register file, control
 * cells, the table of blocks, and decoded records.
 */
import { ENGINE } from '../memory/linear.ts';

/** The register file of the running task. */
export const REGS = ENGINE;
/** First cell of vector register 0. */
export const VECTOR_CELL = 32;

/** Cell that an `address` pseudo record leaves its sum in. */
export const ADDRESS_SCRATCH = 28;

/** Control cells, 32 bits each. */
export const CONTROL = ENGINE + 0x800;
export const EXIT = CONTROL;
export const EXIT_RECORD = CONTROL + 4;
export const EXIT_BUDGET = CONTROL + 8;
/** Slow paths ask the interpreter to stop behind this instruction: 1 asked, 2 seen. */
export const STOP = CONTROL + 12;
/** The remaining budget when a stop was seen. */
export const STOP_BUDGET = CONTROL + 16;
/** What is left of the budget while a routine runs: the time is known to the instruction. */
export const LIVE_BUDGET = CONTROL + 44;
/** Which exception, for EXIT_TRAP. */
export const TRAP_KIND = CONTROL + 20;
/** The record whose jump may be linked to its target, or 0. */
export const LINK_RECORD = CONTROL + 24;
/** 64 bits: where execution goes on, for EXIT_MISS. */
export const NEXT_PC = CONTROL + 32;

/** Flags that a compiled region left unevaluated: kind (32 bits, 0 for none) and what they follow from (64 bits each). */
export const PENDING_KIND = CONTROL + 40;
export const PENDING_X = CONTROL + 48;
export const PENDING_Y = CONTROL + 56;

/** Whether floating-point arithmetic may be WebAssembly's own: see `fpFastOf` of `float.ts`. */
export const FP_FAST = CONTROL + 72;

/** A region's frame that could not be accessed at its entry: where it begins (64 bits), how long it is (32 bits, or 0). */
export const PROBE_ADDRESS = CONTROL + 80;
export const PROBE_SIZE = CONTROL + 88;
/** With EXIT_MISS: 1 when a region left the instruction at NEXT_PC to tier 0. */
export const LEFT = CONTROL + 92;

/** Where decoding ended (`decoder.ts`): linear offset of the next instruction, and of the next record. */
export const DECODED_AT = CONTROL + 104;
export const DECODED_RECORD = CONTROL + 108;

/** 64 bits, of which nobody asks: the tag that the last failed check of compiled code found. */
export const FAILED_TAG = CONTROL + 96;

export const EXIT_REASON = {
  /** The budget is used up; the record is the next instruction. */
  budget: 0,
  /** An access failed; `Cpu` knows which. The instruction has not happened. */
  fault: 1,
  /** TRAP_KIND tells; the instruction has not happened. */
  trap: 2,
  /** No block is known for NEXT_PC. The instruction has happened. */
  miss: 3,
  /** The record is a breakpoint's; nothing has happened. */
  breakpoint: 4,
  /** The record's block was dropped; go on at its address. */
  dropped: 5,
  /** The record is an entry's whose counter came to its end; nothing has happened. */
  hot: 6,
  /** A region's frame is not accessible: PROBE_ADDRESS and PROBE_SIZE tell; execution goes on at NEXT_PC. */
  probe: 7,
} as const;

export const TRAP_CODES = [
  'divide',
  'invalid',
  'protection',
  'breakpoint',
  'syscall',
  'alignment',
  'debug',
  'overflow',
  'stack',
  'x87',
  'simd',
] as const;

/** Blocks by guest address: direct-mapped entries of 16 bytes (pc i64, record i32, slot of its region i32). */
export const LOOKUP = ENGINE + 0x10_0000;
export const LOOKUP_BITS = 16;
export const LOOKUP_REGION = 12;
export const LOOKUP_ENTRIES = 1 << LOOKUP_BITS;

/** Constant tables (`tables.ts`). */
export const TABLES = ENGINE + 0x20_0000;

/**
 * Templates (`templates.ts`), and the trie that leads to them: nodes of 256 entries of 32 bits, by the next byte: another
 * node, or the inverse of a template's number; 0 for none.
 */
export const TEMPLATES = ENGINE + 0x21_0000;
export const TRIE = ENGINE + 0x40_0000;
export const TRIE_END = ENGINE + 0xc0_0000;
export const TRIE_NODE = 1024;
/** In an entry: the byte is a REX prefix, of which only W leads anywhere; its other bits belong to registers. */
export const REX_EDGE = 0x4000_0000;

/**
 * A template: 32 bits of flags and the lengths in bytes of displacement and immediate; the first 16 bytes of the record;
 * the immediate of what has none in its bytes; where the register operands come from, four bits each.
 */
export const TEMPLATE = {
  size: 28,
  immediateShift: 16,
  displacementShift: 8,
  record: 4,
  immediate: 20,
  sources: 24,
  /** Flags. This one is missing where ModRM leads to nothing. */
  present: 1,
  /** The immediate extends by its sign. */
  signed: 2,
  /** The displacement counts from the next instruction, … */
  ripRelative: 4,
  /** …the immediate does. */
  relative: 8,
  /** Nothing follows in a straight line. */
  ends: 16,
  /** It was found by the opcode: a ModRM byte follows, and decides which of two templates it is (memory, register)… */
  modrm: 32,
  /** …or, with its middle bits, which of 16. */
  group: 64,
  /** It was found by the opcode, in whose low bits a register's number is. */
  opcodeRegister: 128,
} as const;

/** Of a register operand: bits of its source. */
export const SOURCE = {
  /** ModRM's r/m field, or the opcode's low bits. */
  rm: 1,
  /** ModRM's reg field. */
  reg: 2,
  vector: 4,
  /** Without a REX prefix, bytes 4 to 7 are AH, CH, DH, BH. */
  legacyByte: 8,
} as const;

/** Decoded records, from the beginning upwards; from the end downwards tables of a page's records. */
export const RECORDS = ENGINE + 0x200_0000;
export const RECORDS_END = ENGINE + 0x600_0000;

/** Of a page with decoded code: the record of each address, 32 bits by the address's low twelve; 0 for none. */
export const PAGE_TABLE_SIZE = 4096 * 4;

/** A decoded instruction; offsets into its record. */
export const RECORD_SIZE = 40;
export const FIELD = {
  handler: 0,
  length: 2,
  scale: 3,
  /** Byte offsets into the register file. */
  operand: [4, 6, 12] as readonly number[],
  base: 8,
  index: 10,
  aux: 14,
  displacement: 16,
  /** Shares its place with the displacement: jumps have none. */
  link: 16,
  immediate: 24,
  /** Of an entry: the slot of its region, and how often it may still be passed before it is compiled. */
  region: 24,
  counter: 28,
  pc: 32,
} as const;

/** In a record's aux field: the memory operand belongs to the stack segment. */
export const STACK_SEGMENT = 0x8000;
