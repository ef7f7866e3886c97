/**
 * Signal frames exactly as Linux lays them out on amd64 (arch/x86/kernel/signal_64.c, fpu/signal.c;
 * include/uapi/asm/sigcontext.h, ucontext.h). From the stack pointer of the handler upwards:
 *
 *   0    return address: the restorer, which makes rt_sigreturn
 *   8    ucontext: flags, link, stack_t, the registers (sigcontext), the mask
 *   312  siginfo, 128 bytes
 *   …    aligned to 64: the XSAVE area: FXSAVE's 512 bytes, header, upper halves of ymm, a closing magic number
 */
import { BadSignalFrame, type Registers, type SignalDelivery, type UserMemory } from '../arch.ts';
import * as at from './layout.ts';
import { x87Cell } from './registers.ts';

const UCONTEXT = 8;
const STACK = UCONTEXT + 16;
const MCONTEXT = UCONTEXT + 40;
const FPSTATE_POINTER = MCONTEXT + 184;
const SIGMASK = UCONTEXT + 296;
const SIGINFO = UCONTEXT + 304;
const FRAME_SIZE = SIGINFO + 128;

/** The order of the registers in struct sigcontext. */
const CONTEXT_ORDER = [
  at.R8,
  at.R9,
  at.R10,
  at.R11,
  at.R12,
  at.R13,
  at.R14,
  at.R15,
  at.RDI,
  at.RSI,
  at.RBP,
  at.RBX,
  at.RDX,
  at.RAX,
  at.RCX,
  at.RSP,
  at.RIP,
];
const USER_CS = 0x33;
const USER_SS = 0x2b;
/** UC_FP_XSTATE, UC_SIGCONTEXT_SS, UC_STRICT_RESTORE_SS. */
const UC_FLAGS = 7n;

const RED_ZONE = 128;
const FXSAVE_SIZE = 512;
const SW_RESERVED = 464;
const XSAVE_HEADER = 512;
const XSAVE_YMM = 576;
const XSAVE_SIZE = 832;
const XSTATE_MAGIC1 = 0x46505853;
const XSTATE_MAGIC2 = 0x46505845;
const XSTATE_TOTAL = XSAVE_SIZE + 4;
/** x87, SSE, AVX. */
const XFEATURES = 7n;

/** What AT_MINSIGSTKSZ says: frame, XSAVE area and the most that alignment can take (sigframe_size in the kernel). */
export const MINIMUM_SIGNAL_STACK = (FRAME_SIZE + 16 + XSTATE_TOTAL + 63 + 8 + 15) & ~15;

/** What sigreturn takes over from the saved flags (FIX_EFLAGS). */
const RESTORED_FLAGS = at.AC | at.OF | at.DF | at.TF | at.SF | at.ZF | at.AF | at.PF | at.CF;

/** The XSAVE image of the registers, standard format, with Linux's marks for user space. */
export function saveExtended(r: Registers): Uint8Array {
  const bytes = new Uint8Array(XSTATE_TOTAL);
  const view = new DataView(bytes.buffer);
  const control = r[at.FP_CONTROL]!;
  view.setUint16(0, Number((control >> 32n) & 0xffffn), true);
  view.setUint16(2, Number(control >> 48n), true);
  view.setUint8(4, Number(r[at.FP_TAGS]! & 0xffn));
  view.setUint32(24, Number(control & 0xffffffffn), true);
  view.setUint32(28, Number(at.MXCSR_MASK), true);
  for (let i = 0; i < at.X87_COUNT; i++) {
    const cell = x87Cell(r, i);
    view.setBigUint64(32 + 16 * i, r[cell]!, true);
    view.setUint16(40 + 16 * i, Number(r[cell + 1]! & 0xffffn), true);
  }
  for (let i = 0; i < at.VECTOR_COUNT; i++) {
    const cell = at.VECTOR + at.VECTOR_CELLS * i;
    view.setBigUint64(160 + 16 * i, r[cell]!, true);
    view.setBigUint64(168 + 16 * i, r[cell + 1]!, true);
    view.setBigUint64(XSAVE_YMM + 16 * i, r[cell + 2]!, true);
    view.setBigUint64(XSAVE_YMM + 8 + 16 * i, r[cell + 3]!, true);
  }
  view.setUint32(SW_RESERVED, XSTATE_MAGIC1, true);
  view.setUint32(SW_RESERVED + 4, XSTATE_TOTAL, true);
  view.setBigUint64(SW_RESERVED + 8, XFEATURES, true);
  view.setUint32(SW_RESERVED + 16, XSAVE_SIZE, true);
  view.setBigUint64(XSAVE_HEADER, XFEATURES, true);
  view.setUint32(XSAVE_SIZE, XSTATE_MAGIC2, true);
  return bytes;
}

/** Vector and x87 registers as execve and a signal handler find them. */
export function clearExtended(r: Registers): void {
  r.fill(0n, at.VECTOR, at.X87 + at.X87_CELLS * at.X87_COUNT);
  r[at.FP_CONTROL] = at.MXCSR_START | (at.X87_CONTROL_START << 32n);
  r[at.FP_TAGS] = 0n;
}

/** Undoes `saveExtended`. Without the marks only FXSAVE's part is taken; throws BadSignalFrame for a bad MXCSR. */
function restoreExtended(r: Registers, memory: UserMemory, address: number): void {
  if (address % 64 !== 0) throw new BadSignalFrame('the XSAVE area is not aligned to 64 bytes');
  const legacy = memory.read(address, FXSAVE_SIZE);
  const view = new DataView(legacy.buffer, legacy.byteOffset, legacy.byteLength);
  const marked = view.getUint32(SW_RESERVED, true) === XSTATE_MAGIC1;
  const size = view.getUint32(SW_RESERVED + 16, true);
  let features = 3n;
  let upper: DataView | undefined;
  if (marked && size === XSAVE_SIZE && view.getUint32(SW_RESERVED + 4, true) >= XSTATE_TOTAL) {
    const rest = memory.read(address + FXSAVE_SIZE, XSTATE_TOTAL - FXSAVE_SIZE);
    upper = new DataView(rest.buffer, rest.byteOffset, rest.byteLength);
    if (upper.getUint32(XSAVE_SIZE - FXSAVE_SIZE, true) === XSTATE_MAGIC2)
      features = upper.getBigUint64(0, true) & view.getBigUint64(SW_RESERVED + 8, true) & XFEATURES;
    else upper = undefined;
  }
  const mxcsr = BigInt(view.getUint32(24, true));
  if (mxcsr & ~at.MXCSR_MASK) throw new BadSignalFrame('reserved bits of MXCSR are set');
  clearExtended(r);
  if (features & 1n) {
    const control = BigInt(view.getUint16(0, true)) | (BigInt(view.getUint16(2, true)) << 16n);
    r[at.FP_CONTROL] = at.MXCSR_START | (control << 32n);
    r[at.FP_TAGS] = BigInt(view.getUint8(4));
    for (let i = 0; i < at.X87_COUNT; i++) {
      const cell = x87Cell(r, i);
      r[cell] = view.getBigUint64(32 + 16 * i, true);
      r[cell + 1] = BigInt(view.getUint16(40 + 16 * i, true));
    }
  }
  // MXCSR belongs to SSE and to AVX alike.
  if (features & 6n) r[at.FP_CONTROL] = (r[at.FP_CONTROL]! & ~0xffffffffn) | mxcsr;
  for (let i = 0; i < at.VECTOR_COUNT; i++) {
    const cell = at.VECTOR + at.VECTOR_CELLS * i;
    if (features & 2n) {
      r[cell] = view.getBigUint64(160 + 16 * i, true);
      r[cell + 1] = view.getBigUint64(168 + 16 * i, true);
    }
    if (features & 4n && upper) {
      r[cell + 2] = upper.getBigUint64(XSAVE_YMM - FXSAVE_SIZE + 16 * i, true);
      r[cell + 3] = upper.getBigUint64(XSAVE_YMM - FXSAVE_SIZE + 8 + 16 * i, true);
    }
  }
}

/** Nothing is changed when the memory's error is thrown, but for the part of the stack that could be written. */
export function deliver(r: Registers, memory: UserMemory, delivery: SignalDelivery): void {
  const { altStack } = delivery;
  const old = Number(r[at.RSP]!);
  const nested =
    altStack.size > 0 && delivery.altStackTop === undefined && old > altStack.sp && old - altStack.sp <= altStack.size;
  const top = delivery.altStackTop ?? old - RED_ZONE;
  const extended = Math.floor((top - XSTATE_TOTAL) / 64) * 64;
  const frame = Math.floor((extended - FRAME_SIZE) / 16) * 16 - 8;
  if ((nested || delivery.altStackTop !== undefined) && frame < altStack.sp)
    throw new BadSignalFrame('the alternate signal stack is too small');
  if (frame < 0) throw new BadSignalFrame('there is no stack');

  const bytes = new Uint8Array(FRAME_SIZE);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(delivery.restorer), true);
  view.setBigUint64(UCONTEXT, UC_FLAGS, true);
  view.setBigUint64(STACK, BigInt(altStack.sp), true);
  view.setUint32(STACK + 8, altStack.flags, true);
  view.setBigUint64(STACK + 16, BigInt(altStack.size), true);
  CONTEXT_ORDER.forEach((cell, i) => {
    view.setBigUint64(MCONTEXT + 8 * i, r[cell]!, true);
  });
  view.setBigUint64(MCONTEXT + 136, at.readFlags(r), true);
  view.setUint16(MCONTEXT + 144, USER_CS, true);
  view.setUint16(MCONTEXT + 150, USER_SS, true);
  view.setBigUint64(MCONTEXT + 152, BigInt(delivery.fault?.error ?? 0), true);
  view.setBigUint64(MCONTEXT + 160, BigInt(delivery.fault?.trap ?? 0), true);
  view.setBigUint64(MCONTEXT + 168, delivery.mask, true);
  view.setBigUint64(MCONTEXT + 176, BigInt(delivery.fault?.address ?? 0), true);
  view.setBigUint64(FPSTATE_POINTER, BigInt(extended), true);
  view.setBigUint64(SIGMASK, delivery.mask, true);
  bytes.set(delivery.info.subarray(0, 128), SIGINFO);
  memory.write(extended, saveExtended(r));
  memory.write(frame, bytes);

  r[at.RDI] = BigInt(delivery.signo);
  r[at.RSI] = BigInt(frame + SIGINFO);
  r[at.RDX] = BigInt(frame + UCONTEXT);
  r[at.RAX] = 0n;
  r[at.RSP] = BigInt(frame);
  r[at.RIP] = BigInt(delivery.handler);
  at.writeFlags(r, at.readFlags(r) & ~(at.DF | at.TF));
  clearExtended(r);
}

/** The restorer has popped the return address: the ucontext begins at the stack pointer. */
export function restore(
  r: Registers,
  memory: UserMemory,
): { mask: bigint; altStack: { sp: number; flags: number; size: number } } {
  const frame = Number(r[at.RSP]!) - UCONTEXT;
  const bytes = memory.read(frame + UCONTEXT, FRAME_SIZE - UCONTEXT);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const u64 = (offset: number) => view.getBigUint64(offset - UCONTEXT, true);
  const fpstate = u64(FPSTATE_POINTER);
  // The vector registers first: what can fail comes before anything has changed.
  if (fpstate === 0n) clearExtended(r);
  else restoreExtended(r, memory, Number(fpstate));
  CONTEXT_ORDER.forEach((cell, i) => {
    r[cell] = u64(MCONTEXT + 8 * i);
  });
  const flags = u64(MCONTEXT + 136);
  at.writeFlags(r, (at.readFlags(r) & ~RESTORED_FLAGS) | (flags & RESTORED_FLAGS));
  return {
    mask: u64(SIGMASK),
    altStack: {
      sp: Number(u64(STACK)),
      flags: view.getUint32(STACK + 8 - UCONTEXT, true),
      size: Number(u64(STACK + 16)),
    },
  };
}
