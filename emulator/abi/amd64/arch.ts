/** linux/amd64 as a value of `Arch`. */
import type { Arch, Registers, Trap } from '../arch.ts';
import { ARCH_PRCTL } from '../flags.ts';
import * as at from './layout.ts';
import { registers } from './registers.ts';
import { clearExtended, deliver, MINIMUM_SIGNAL_STACK, restore } from './sigframe.ts';

const EM_X86_64 = 62;
const SYSCALL_LENGTH = 2;
const SYSCALL_LENGTH_64 = BigInt(SYSCALL_LENGTH);
/** TASK_SIZE_MAX. */
const USER_END = 0x7fff_ffff_f000n;

/** Vectors of the exceptions (Intel SDM volume 3, section 6.3.1). */
const VECTORS: Record<Exclude<Trap['is'], 'floating-point'>, number> = {
  'divide-error': 0,
  debug: 1,
  breakpoint: 3,
  overflow: 4,
  'invalid-opcode': 6,
  'stack-fault': 12,
  'general-protection': 13,
  'page-fault': 14,
  'alignment-check': 17,
};
const VECTOR_X87 = 16;
const VECTOR_SIMD = 19;

/** Error code of a page fault: present, write, user, instruction fetch. */
function pageFaultError(trap: Trap): number {
  return (trap.present ? 1 : 0) | (trap.access === 'write' ? 2 : 0) | 4 | (trap.access === 'execute' ? 16 : 0);
}

/** FPE_ codes from the unmasked exception flags, in the order Linux looks at them (fpu__exception_code). */
function floatingPointCode(r: Registers, simd: boolean): number {
  const control = r[at.FP_CONTROL]!;
  const flags = simd
    ? control & ~((control & 0xffffffffn) >> 7n) & 0x3fn
    : (control >> 48n) & ~(control >> 32n) & 0x3fn;
  if (flags & 1n) return 7; // FPE_FLTINV
  if (flags & 4n) return 3; // FPE_FLTDIV
  if (flags & 8n) return 4; // FPE_FLTOVF
  if (flags & 0x12n) return 5; // FPE_FLTUND: denormal or underflow
  if (flags & 0x20n) return 6; // FPE_FLTRES
  return 0;
}

export const amd64: Arch = {
  name: 'amd64',
  elfMachine: EM_X86_64,
  pageSize: 4096,
  registers,
  registerCells: at.CELLS,
  prctl(r, option, value) {
    const refused = value >= USER_END;
    switch (option) {
      case ARCH_PRCTL.ARCH_SET_FS:
        if (!refused) r[at.FS_BASE] = value;
        return { refused };
      case ARCH_PRCTL.ARCH_SET_GS:
        if (!refused) r[at.GS_BASE] = value;
        return { refused };
      case ARCH_PRCTL.ARCH_GET_FS:
        return { write: r[at.FS_BASE]! };
      case ARCH_PRCTL.ARCH_GET_GS:
        return { write: r[at.GS_BASE]! };
      default:
        return undefined;
    }
  },
  platform: 'x86_64',
  minimumSignalStack: MINIMUM_SIGNAL_STACK,

  pc: r => Number(r[at.RIP]!),
  setPc: (r, address) => {
    r[at.RIP] = BigInt(address);
  },
  sp: r => Number(r[at.RSP]!),
  setSp: (r, address) => {
    r[at.RSP] = BigInt(address);
  },
  setThreadPointer: (r, address) => {
    r[at.FS_BASE] = BigInt(address);
  },

  startRegisters(pc, sp) {
    const r = new BigUint64Array(at.CELLS);
    r[at.RIP] = BigInt(pc);
    r[at.RSP] = BigInt(sp);
    at.writeFlags(r, 0n);
    clearExtended(r);
    return r;
  },

  syscall: {
    column: 'amd64',
    instructionLength: SYSCALL_LENGTH,
    // The kernel looks at eax alone.
    number: r => Number(BigInt.asIntN(32, r[at.RAX]!)),
    args: r => [r[at.RDI]!, r[at.RSI]!, r[at.RDX]!, r[at.R10]!, r[at.R8]!, r[at.R9]!],
    enter(r) {
      // Stored as 64 bits, it wraps by itself.
      const next = r[at.RIP]! + SYSCALL_LENGTH_64;
      r[at.RIP] = next;
      r[at.RCX] = next;
      r[at.R11] = at.readFlags(r);
    },
    setResult: (r, value) => {
      r[at.RAX] = value;
    },
    result: r => BigInt.asIntN(64, r[at.RAX]!),
    restart(r, number) {
      r[at.RAX] = BigInt.asUintN(64, BigInt(number));
      r[at.RIP] = r[at.RIP]! - SYSCALL_LENGTH_64;
    },
  },

  signal: {
    trap(r, trap) {
      if (trap.is === 'floating-point') {
        const simd = trap.simd === true;
        return { trap: simd ? VECTOR_SIMD : VECTOR_X87, error: 0, code: floatingPointCode(r, simd) };
      }
      return { trap: VECTORS[trap.is], error: trap.is === 'page-fault' ? pageFaultError(trap) : 0 };
    },
    deliver,
    restore,
  },
};
