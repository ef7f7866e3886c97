/**
 * Calling conventions as values: which registers carry arguments, which have a fixed purpose, where a return address
 * is. What is above speaks of registers only through these; each architecture fills them in its own folder.
 */
import { amd64Conventions } from './amd64/roles.ts';
import type { Arch } from './arch.ts';

/** What a register is for, whether or not it is used so at this instruction. Empty: it has no part in that ABI. */
export interface RegisterRoles {
  /** In Linux's syscall ABI: "number; result", "1st argument". */
  readonly syscall: string;
  /** In Go's ABIInternal: "1st integer argument and result", "current goroutine (g)". */
  readonly go: string;
}

/** One way to call. Registers are named as `Arch.registers` names them. */
export interface CallRegisters {
  readonly integers: readonly string[];
  readonly floats: readonly string[];
}

export interface Conventions {
  /** By register name, as in `Arch.registers`. */
  readonly roles: ReadonlyMap<string, RegisterRoles>;
  readonly syscall: {
    readonly number: string;
    readonly args: readonly string[];
    readonly result: string;
    /** What the instruction overwrites besides the result, with what. */
    readonly clobbered: readonly { readonly register: string; readonly with: string }[];
  };
  readonly goInternal: CallRegisters & {
    readonly closure: string;
    readonly g: string;
    /** Always zero between functions. */
    readonly zero: string | undefined;
    /** Free for the callee: no arguments, no fixed purpose. */
    readonly scratch: readonly string[];
    /** Bytes of the instruction that sets the frame pointer in a prologue. */
    readonly setsFramePointer: number;
  };
  /** The C convention of the platform, for functions that are not Go's. */
  readonly c: CallRegisters & {
    readonly results: readonly string[];
    /** Tells a function with variable arguments how many vector registers they use at most. */
    readonly vectorCount: string | undefined;
  };
  readonly stack: {
    readonly pointer: string;
    readonly framePointer: string;
    /** Register that holds the return address at a function's entry; undefined: it is on the stack. */
    readonly link: string | undefined;
    /**
     * What kind of call may stand in the code that ends where a return address points: where a direct one goes,
     * 'indirect', or undefined when there is none. `code` are the bytes before `address`.
     */
    readonly callBefore: (code: Uint8Array, address: number) => number | 'indirect' | undefined;
    /** Bytes of code that `callBefore` wants. */
    readonly longestCall: number;
    /** Bytes at the stack pointer of an ABI0 callee before its first argument. */
    readonly abi0Arguments: number;
  };
  /** Where g's address is: at this distance from the thread pointer in a program that Go linked itself. */
  readonly goThreadLocal: { readonly base: string; readonly offset: number } | undefined;
  /** Offsets from the stack pointer that a signal handler's return leaves, to the interrupted registers. */
  readonly signalFrame: { readonly pc: number; readonly sp: number; readonly framePointer: number };
}

/** undefined for an architecture whose folder does not tell yet. */
export function conventionsOf(arch: Arch['name']): Conventions | undefined {
  return arch === 'amd64' ? amd64Conventions : undefined;
}

/** By e_machine of an ELF file (System V ABI, processor supplements). */
export function conventionsFor(elfMachine: number): Conventions | undefined {
  const EM_X86_64 = 62;
  return elfMachine === EM_X86_64 ? amd64Conventions : undefined;
}
