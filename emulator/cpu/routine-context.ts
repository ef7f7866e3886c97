/** What routines see of the machine: the operands of the instruction's record, registers, and checked memory. */
import { CELLS, FS_BASE, GS_BASE } from '../abi/amd64/layout.ts';
import type { LinearSpace } from '../memory/address-space.ts';
import type { Fault } from '../memory/types.ts';
import * as L from './layout.ts';
import type { RoutineContext, RoutineResult } from './routines.ts';

/** What it asks of the CPU. */
export interface RoutineHost {
  /** Instructions executed before the current one. */
  clock(): bigint;
  random(): bigint;
  /** An access failed. */
  fault(fault: Fault): void;
}

/** `use` says which record's instruction the context is about. */
export function routineContext(
  space: LinearSpace,
  host: RoutineHost,
): { value: RoutineContext; use(record: number): void } {
  const v = new DataView(space.memory.buffer);
  const live = new BigUint64Array(space.memory.buffer, L.REGS, CELLS);
  let record = 0;
  const cell = (offset: number): bigint => live[v.getUint16(record + offset, true) >>> 3];
  const value: RoutineContext = {
    registers: live,
    halves: new Uint16Array(live.buffer, live.byteOffset, CELLS * 4),
    view: v,
    bytes: space.bytes,
    space,
    clock: () => host.clock(),
    isMemory: () => (v.getUint16(record + L.FIELD.aux, true) & 32) !== 0,
    sourceSize: () => 1 << ((v.getUint16(record + L.FIELD.aux, true) >> 6) & 3),
    size: () => (v.getUint16(record + L.FIELD.aux, true) >>> 8) & 0x7f,
    onStack: () => (v.getUint16(record + L.FIELD.aux, true) & L.STACK_SEGMENT) !== 0,
    pc: () => v.getBigUint64(record + L.FIELD.pc, true),
    nextPc: () => v.getBigUint64(record + L.FIELD.pc, true) + BigInt(v.getUint8(record + L.FIELD.length)),
    jump: (target): RoutineResult => {
      v.setBigUint64(L.NEXT_PC, target, true);
      return 'jumped';
    },
    load: (address, size) => {
      const at = space.access(Number(address), size, false);
      if (typeof at !== 'number') {
        value.fault(at);
        return undefined;
      }
      return size === 8
        ? v.getBigUint64(at, true)
        : BigInt(size === 4 ? v.getUint32(at, true) : size === 2 ? v.getUint16(at, true) : v.getUint8(at));
    },
    store: (address, size, data) => {
      const at = space.access(Number(address), size, true);
      if (typeof at !== 'number') {
        value.fault(at);
        return false;
      }
      if (size === 8) v.setBigUint64(at, BigInt.asUintN(64, data), true);
      else if (size === 4) v.setUint32(at, Number(BigInt.asUintN(32, data)), true);
      else if (size === 2) v.setUint16(at, Number(BigInt.asUintN(16, data)), true);
      else v.setUint8(at, Number(BigInt.asUintN(8, data)));
      return true;
    },
    random: () => host.random(),
    operand: i => v.getUint16(record + L.FIELD.operand[i], true),
    address: () =>
      BigInt.asUintN(
        64,
        cell(L.FIELD.base) +
          (cell(L.FIELD.index) << BigInt(v.getUint8(record + L.FIELD.scale))) +
          v.getBigInt64(record + L.FIELD.displacement, true),
      ),
    segmentBase: () => {
      const aux = v.getUint16(record + L.FIELD.aux, true);
      return aux & 8 ? live[FS_BASE] : aux & 16 ? live[GS_BASE] : 0n;
    },
    immediate: () => v.getBigInt64(record + L.FIELD.immediate, true),
    aux: () => v.getUint16(record + L.FIELD.aux, true),
    fault: (fault): RoutineResult => {
      host.fault(fault);
      v.setInt32(L.EXIT, L.EXIT_REASON.fault, true);
      return 'exit';
    },
    trap: (kind): RoutineResult => {
      v.setInt32(L.EXIT, L.EXIT_REASON.trap, true);
      v.setInt32(L.TRAP_KIND, L.TRAP_CODES.indexOf(kind), true);
      return 'exit';
    },
  };
  return {
    value,
    use(r) {
      record = r;
    },
  };
}
