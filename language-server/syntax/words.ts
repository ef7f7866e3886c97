/**
 * The words of the language itself, each with what it means: parser, checks, hover, completion, colours and the grammar's
 * generator read them here. Instructions and registers are Go's to tell (`assembler.ts`).
 */
import type { Architecture } from './architecture.ts';

/** Pseudo-operations of the assembler. */
export const DIRECTIVES: Readonly<Record<string, string>> = {
  TEXT: 'begins a function: `TEXT name(SB), flags, $frame-arguments`; the two sizes are literals in bytes, no subtraction',
  DATA: 'initial bytes of a variable: `DATA name+offset(SB)/size, $value`',
  GLOBL: 'declares a variable: `GLOBL name(SB), flags, $size`',
  PCDATA: 'a value in a table by program counter, for the garbage collector and the unwinder',
  FUNCDATA: 'metadata of a function, for the garbage collector',
  PCALIGN: 'aligns the next instruction to so many bytes: `PCALIGN $32`',
};

/** Words in an instruction's place that are no instruction of the processor, or none by themselves. */
export const ASSEMBLER_WORDS: Readonly<Record<string, string>> = {
  BYTE: 'puts a byte into the code: `BYTE $0x0f`, for what the assembler has no word for',
  WORD: 'puts a word into the code: 16 bits on amd64 and 386, 32 on the others',
  LONG: 'puts 32 bits into the code',
  QUAD: 'puts 64 bits into the code',
  NOP: 'no instruction at all: it marks its operands as used. On x86 `NOPL` and `NOPW` are in the code',
  UNDEF: 'an instruction that is none: reaching it is a fault',
  ADJSP: 'moves the stack pointer by so many bytes, and the assembler’s reckoning of the frame with it',
  LOCK: 'prefix: the next instruction reads and writes memory as one, for all processors',
  REP: 'prefix: repeats the next string instruction CX times, comparisons while they are equal',
  REPN: 'prefix: repeats the next string comparison CX times while it is not equal',
  END: 'ends the source; nobody needs it',
};

export const isDirective = (word: string): boolean => Object.hasOwn(DIRECTIVES, word);

/** What may follow a `#`. */
export const PREPROCESSOR = ['define', 'undef', 'ifdef', 'ifndef', 'else', 'endif', 'include', 'line'] as const;

export const PSEUDO_REGISTERS = {
  FP: 'the frame of the caller’s arguments: `name+offset(FP)`, the first argument at 0',
  SP: 'with a name, `name-8(SP)`, the top of the local frame (a pseudo-register); without one the hardware stack pointer',
  SB: 'static base: the address space of symbols, `name(SB)`',
  PC: 'program counter, counted in instructions in `2(PC)`',
} as const;
export type PseudoRegister = keyof typeof PSEUDO_REGISTERS;

export const isPseudoRegister = (word: string): word is PseudoRegister => Object.hasOwn(PSEUDO_REGISTERS, word);

/** Flags of TEXT and GLOBL, with what each means (runtime/textflag.h of Go 1.27). */
export const TEXT_FLAGS = {
  NOPROF: { value: 1, sentence: 'Not profiled. Deprecated: it has no effect any more.' },
  DUPOK: { value: 2, sentence: 'More than one copy may be linked; the linker keeps one.' },
  NOSPLIT: { value: 4, sentence: 'No check for stack growth: the frame and all callees must fit into what is left.' },
  RODATA: { value: 8, sentence: 'The data is read-only.' },
  NOPTR: { value: 16, sentence: 'The data holds no pointers: the garbage collector does not look at it.' },
  WRAPPER: { value: 32, sentence: 'A wrapper, which does not count as disabling recover.' },
  NEEDCTXT: { value: 64, sentence: 'A closure: it uses the context register.' },
  TLSBSS: { value: 256, sentence: 'A word of thread-local storage.' },
  NOFRAME: { value: 512, sentence: 'No frame is made, even where the function calls: only with a frame size of 0.' },
  REFLECTMETHOD: { value: 1024, sentence: 'It can call reflect.Type.Method: the linker keeps all exported methods.' },
  TOPFRAME: { value: 2048, sentence: 'The outermost frame: an unwinder stops here.' },
  ABIWRAPPER: { value: 4096, sentence: 'A wrapper between two ABIs.' },
} as const;
export type TextFlag = keyof typeof TEXT_FLAGS;

export const isTextFlag = (word: string): word is TextFlag => Object.hasOwn(TEXT_FLAGS, word);
export const hasFlag = (flags: bigint, name: TextFlag): boolean => (flags & BigInt(TEXT_FLAGS[name].value)) !== 0n;

/** Macros that are written as statements (runtime/funcdata.h). */
export const FUNCDATA_MACROS = {
  GO_ARGS: 'The arguments’ pointers are described by the Go declaration of this function.',
  GO_RESULTS_INITIALIZED: 'From here on the results hold values that the garbage collector may look at.',
  NO_LOCAL_POINTERS: 'The frame holds no pointers to the heap while this function calls others.',
} as const;

export const isFuncdataMacro = (word: string): word is keyof typeof FUNCDATA_MACROS =>
  Object.hasOwn(FUNCDATA_MACROS, word);

/** The system that a file is for where it does not say. */
export const usualSystem = (architecture: Architecture): string => (architecture === 'wasm' ? 'js' : 'linux');
