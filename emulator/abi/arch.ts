/**
 * An architecture as a value. Everything above `isa/` speaks of the machine through this type, so that linux/arm64 is
 * a second value and not a second copy. Register numbers, conventions and frame layouts stand in the arch's folder.
 *
 * Addresses are JavaScript numbers (user addresses stay below 2^47); register values are bigints, unsigned.
 */

/**
 * The architectural state of one task: 64-bit cells, whose meaning `Arch.registers` tells. It is mutable plain data
 * (a checkpoint copies it), and always current while the CPU is not running.
 */
export type Registers = BigUint64Array;

export interface RegisterRow {
  readonly name: string;
  /** Which table of a register view it belongs to. */
  readonly group: 'general' | 'pc' | 'flags' | 'segment' | 'vector' | 'control';
  /** Width in bits. */
  readonly bits: number;
  /** Number of the register as DWARF counts them, if it has one. */
  readonly dwarf?: number;
  /** Single bits that have names, of a flags register. */
  readonly flags?: readonly (readonly [name: string, bit: number])[];
  /** Name in Go's assembler ("AX", "R14", "X0"). */
  readonly go: string;
  /** The value, `bits` wide, unsigned. */
  read(r: Registers): bigint;
  write(r: Registers, value: bigint): void;
}

/** Memory as kernel code and frame builders see it: may throw the kernel's EFAULT. */
export interface UserMemory {
  /** A copy of `length` bytes. */
  read(address: number, length: number): Uint8Array;
  write(address: number, bytes: Uint8Array): void;
}

/** Memory as viewers see it: never throws, never changes the guest; the result is cut where memory ends. */
export interface ViewMemory {
  read(address: number, length: number): Uint8Array;
}

/** What a signal frame must tell the handler; `info` is the 128-byte siginfo as it goes into memory. */
export interface SignalDelivery {
  signo: number;
  info: Uint8Array;
  handler: number;
  restorer: number;
  /** Top of the alternate stack to use, or undefined for the current stack. */
  altStackTop?: number;
  altStack: { sp: number; flags: number; size: number };
  /** The mask to restore at return. */
  mask: bigint;
  /** Fault details for the machine context (trap number, error code, cr2 on amd64). */
  fault?: { trap: number; error: number; address: number };
}

/** Thrown by `signal.restore` when the frame cannot be what `deliver` wrote, and by `deliver` when it would not fit. */
export class BadSignalFrame {
  readonly why: string;
  constructor(why: string) {
    this.why = why;
  }
}

/** What the CPU could not do, as kernel/api.ts names it, with what a page fault's error code tells. */
export interface Trap {
  is:
    | 'page-fault'
    | 'invalid-opcode'
    | 'divide-error'
    | 'general-protection'
    | 'breakpoint'
    | 'debug'
    | 'overflow'
    | 'stack-fault'
    | 'alignment-check'
    | 'floating-point';
  access?: 'read' | 'write' | 'execute';
  /** The page is there but forbids the access. */
  present?: boolean;
  simd?: boolean;
}

export interface Arch {
  readonly name: 'amd64' | 'arm64';
  /** e_machine in the ELF header. */
  readonly elfMachine: number;
  readonly pageSize: number;
  readonly registers: readonly RegisterRow[];
  /** Cells in a register file. */
  readonly registerCells: number;

  pc(r: Registers): number;
  setPc(r: Registers, address: number): void;
  sp(r: Registers): number;
  setSp(r: Registers, address: number): void;
  /** Thread pointer (fs base on amd64, tpidr_el0 on arm64). */
  setThreadPointer(r: Registers, address: number): void;

  /** A register file as execve leaves it: zeros, the control registers at their defaults, pc and sp set. */
  startRegisters(pc: number, sp: number): Registers;

  syscall: {
    /** Column of the syscall table. */
    readonly column: 'amd64' | 'arm64';
    /** Bytes of the syscall instruction. */
    readonly instructionLength: number;
    number(r: Registers): number;
    /** The six argument registers, unsigned. */
    args(r: Registers): bigint[];
    /** What the instruction itself does to the registers (pc moves past it; RCX and R11 are overwritten on amd64). */
    enter(r: Registers): void;
    setResult(r: Registers, value: bigint): void;
    /** The signed result. */
    result(r: Registers): bigint;
    /** Sets the pc back onto the instruction, with the number as it was, so that the call is made again. */
    restart(r: Registers, number: number): void;
  };

  /**
   * arch_prctl(2), where it exists: what changes in the registers, and the value the kernel is to write to the user's
   * address `value`. Undefined for an option that is none; `refused` where Linux says EPERM.
   */
  prctl?(r: Registers, option: number, value: bigint): { write?: bigint; refused?: boolean } | undefined;
  /** AT_PLATFORM and uname's machine. */
  readonly platform: string;
  /** Bytes a signal frame needs at most: AT_MINSIGSTKSZ. */
  readonly minimumSignalStack: number;

  signal: {
    /** The machine context's numbers for a trap, and si_code where the registers decide it (floating point). */
    trap(r: Registers, trap: Trap): { trap: number; error: number; code?: number };
    /** Writes a frame and points the registers at the handler. Throws the memory's error if the stack cannot be written. */
    deliver(r: Registers, memory: UserMemory, delivery: SignalDelivery): void;
    /** Undoes `deliver` from the frame at sp (rt_sigreturn): registers are set; mask and altstack are returned. */
    restore(r: Registers, memory: UserMemory): { mask: bigint; altStack: { sp: number; flags: number; size: number } };
  };
}
