/**
 * What a formatter knows of a call: its registers, the guest's memory at this moment, and how the reader wants it.
 * Formatters never throw and never change the guest: memory that is not there shows as the bare address.
 */
import type { ViewMemory } from '../abi/arch.ts';
import type { Column, SyscallName } from '../abi/syscalls.ts';
import type { Value } from '../abi/types.ts';
import type { Quoting } from './text.ts';

/** How calls are written; the letters are strace's options. */
export interface FormatOptions {
  /** -s: characters of a string or bytes of a buffer that are shown, and items of an array. */
  stringLimit: number;
  /** -v: structures in full. */
  verbose: boolean;
  /** -x, -xx. */
  quoting: Quoting;
  /** -y: what a descriptor stands for ("/etc/passwd", "pipe:[4711]"), if it is known. */
  describeFd?: (task: number, fd: number) => string | undefined;
  column: Column;
}

export const DEFAULT_FORMAT: FormatOptions = {
  stringLimit: 32,
  verbose: false,
  quoting: 'escapes',
  column: 'amd64',
};

/** One call as it crosses the boundary: the shape of the kernel's syscall events. */
export interface TracedCall {
  readonly task: number;
  readonly number: number;
  readonly args: readonly bigint[];
  readonly pc: number;
  /** Signed; undefined before the exit and for calls that do not return. */
  readonly result?: bigint;
  /** Virtual nanoseconds. */
  readonly entered: bigint;
  readonly left?: bigint;
  /** The call was not made: somebody chose its result. */
  readonly injected?: boolean;
}

/** Name and type of each argument, in register order. */
export type ArgumentRows = readonly (readonly [string, Value])[];

export interface CallContext {
  readonly call: TracedCall;
  /** Undefined for a number that no row has. */
  readonly name: SyscallName | undefined;
  readonly args: ArgumentRows;
  readonly memory: ViewMemory;
  readonly options: FormatOptions;
  /** After the call, and it failed: what it should have written is not there. */
  readonly failed: boolean;
  /** The name of the task's call before this one. */
  readonly previous?: string;
  /** What the printer's `enter` kept. */
  readonly saved?: number;
  /** Before the call: out arguments are not there yet. */
  readonly entering: boolean;
}

/** One argument as it is printed. `name` is the row's. */
export interface Part {
  readonly name: string;
  readonly text: string;
}

export const part = (name: string, text: string): Part => ({ name, text });

/** The raw register of an argument; 0 for one that the caller did not give. */
export const register = (c: CallContext, index: number): bigint => BigInt.asUintN(64, c.call.args[index] ?? 0n);
export const int = (c: CallContext, index: number): number => Number(BigInt.asIntN(32, register(c, index)));
export const uint = (c: CallContext, index: number): number => Number(BigInt.asUintN(32, register(c, index)));

/** Bytes, or undefined when they are not all there. */
export function bytesAt(c: CallContext, address: bigint | number, length: number): Uint8Array | undefined {
  const at = Number(address);
  if (at === 0 || !Number.isSafeInteger(at) || length < 0 || length > 1 << 26) return undefined;
  if (length === 0) return new Uint8Array(0);
  const bytes = c.memory.read(at, length);
  return bytes.length === length ? bytes : undefined;
}

/** A view on those bytes. */
export function viewAt(c: CallContext, address: bigint | number, length: number): DataView | undefined {
  const bytes = bytesAt(c, address, length);
  return bytes && new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

const SHORT_STRING = 64;

/** As many bytes of a NUL-terminated string as fit in `limit`, without the NUL; `ended` if the NUL was seen. */
export function stringAt(
  c: CallContext,
  address: bigint | number,
  limit: number,
): { bytes: Uint8Array; ended: boolean } | undefined {
  const at = Number(address);
  if (at === 0 || !Number.isSafeInteger(at)) return undefined;
  // Most strings are short, however long they may be.
  if (limit > SHORT_STRING) {
    const start = c.memory.read(at, SHORT_STRING);
    const end = start.indexOf(0);
    if (end >= 0) return { bytes: start.subarray(0, end), ended: true };
  }
  const bytes = c.memory.read(at, limit + 1);
  const end = bytes.indexOf(0);
  if (end >= 0) return { bytes: bytes.subarray(0, end), ended: true };
  return bytes.length > limit ? { bytes: bytes.subarray(0, limit), ended: false } : undefined;
}
