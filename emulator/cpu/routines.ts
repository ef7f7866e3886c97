/**
 * Instructions whose meaning is a routine: too rare, too wide or too long for generated code. They work on the live
 * register file and on memory through the address space. A routine changes nothing before its last check has passed,
 * except where the architecture itself shows partial progress (REP).
 */

import type { Trap } from '../isa/emitter.ts';
import type { LinearSpace } from '../memory/address-space.ts';
import type { Fault } from '../memory/types.ts';

/** What a routine sees of the machine. */
export interface RoutineContext {
  readonly registers: BigUint64Array;
  /** The same cells, 16 bits at a time. */
  readonly halves: Uint16Array;
  /** All of linear memory. */
  readonly view: DataView;
  readonly bytes: Uint8Array;
  readonly space: LinearSpace;
  /** Instructions executed before this one, all tasks together: the time stamp counter. */
  readonly clock: () => bigint;
  /** Operation size in bytes. */
  size(): number;
  /** Register file byte offset of operand i. */
  operand(i: number): number;
  /** Whether one operand is memory, and the width of the last operand in bytes. */
  isMemory(): boolean;
  sourceSize(): number;
  /** Whether the memory operand belongs to the stack segment. */
  onStack(): boolean;
  /** Effective address of the memory operand. */
  address(): bigint;
  immediate(): bigint;
  /** What the segment prefix adds to an implied address: [RSI], [RDI] of MASKMOVDQU, [RBX + AL]. */
  segmentBase(): bigint;
  /** Prefixes as `cpu.ts` packs them: 1 REP, 2 REPNE, 4 address size 32, 8 FS, 16 GS; of ENTER the second operand. */
  aux(): number;
  /** Fails the access; the routine returns what this returns. */
  fault(fault: Fault): RoutineResult;
  trap(kind: Trap): RoutineResult;
  pc(): bigint;
  /** Address of the instruction behind this one. */
  nextPc(): bigint;
  /** Branch target of operand 0. */
  jump(target: bigint): RoutineResult;
  /** Reads or writes memory; the fault is kept, and the caller returns 'exit' when the answer is undefined. */
  load(address: bigint, size: number): bigint | undefined;
  store(address: bigint, size: number, value: bigint): boolean;
  /** Random 64 bits, deterministic in the seed. */
  random(): bigint;
}

/**
 * done; exit (the instruction has not happened); again (it happened in part and goes on at the same address); jumped.
 */
export type RoutineResult = 'done' | 'exit' | 'again' | 'jumped';

export type Routine = (c: RoutineContext) => RoutineResult;

/** What one access of the space serves at a time. */
const PIECE = 128;

function* pieces(address: bigint, size: number): Generator<[at: number, offset: number, length: number]> {
  for (let offset = 0; offset < size; offset += PIECE)
    yield [Number(BigInt.asUintN(64, address + BigInt(offset))), offset, Math.min(PIECE, size - offset)];
}

/** Where a large operand is touched before it is walked through: a fault names the first that fails. */
export type Probes = readonly (readonly [offset: number, size: number])[];

function probed(c: RoutineContext, address: bigint, probes: Probes, write: boolean): boolean {
  for (const [offset, size] of probes) {
    const reach = c.space.access(Number(BigInt.asUintN(64, address + BigInt(offset))), size, write);
    if (typeof reach === 'number') continue;
    c.fault(reach);
    return false;
  }
  return true;
}

/** Any number of bytes; undefined when the access faults, which is kept. */
export function readBytes(
  c: RoutineContext,
  address: bigint,
  size: number,
  probes: Probes = [],
): Uint8Array<ArrayBuffer> | undefined {
  if (!probed(c, address, probes, false)) return undefined;
  const bytes = new Uint8Array(size);
  for (const [at, offset, length] of pieces(address, size)) {
    const reach = c.space.access(at, length, false);
    if (typeof reach !== 'number') {
      c.fault(reach);
      return undefined;
    }
    bytes.set(c.bytes.subarray(reach, reach + length), offset);
  }
  return bytes;
}

/** All of the bytes or none; false when the access faults, which is kept. */
export function writeBytes(c: RoutineContext, address: bigint, bytes: Uint8Array, probes: Probes = []): boolean {
  if (!probed(c, address, probes, true)) return false;
  for (const writing of [false, true]) {
    for (const [at, offset, length] of pieces(address, bytes.length)) {
      const reach = c.space.access(at, length, true);
      if (typeof reach !== 'number') {
        c.fault(reach);
        return false;
      }
      if (writing) c.bytes.set(bytes.subarray(offset, offset + length), reach);
    }
  }
  return true;
}
