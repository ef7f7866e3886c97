/**
 * The processor's state as a block of memory: FXSAVE's 512 bytes (SDM volume 1, table 10-2), and XSAVE's with a header
 * behind them (chapter 13). The x87's pointers are saved and loaded only while an exception is pending, as on AMD CPUs.
 */
import {
  FP_CONTROL,
  FP_TAGS,
  MXCSR_MASK,
  MXCSR_START,
  RAX,
  RDX,
  VECTOR,
  VECTOR_CELLS,
  X87,
} from '../abi/amd64/layout.ts';
import {
  type Probes,
  type Routine,
  type RoutineContext,
  type RoutineResult,
  readBytes,
  writeBytes,
} from './routines.ts';
import { writeMxcsr } from './routines-float.ts';
import { XCR0 } from './routines-segment.ts';
import { CONTROL_START, controlWord, NO_POINTERS, pointersOf, setPointers, statusWord } from './routines-x87.ts';

const LEGACY = 512;
const HEADER = 64;
/** FXSAVE's image ends with what it leaves alone. */
const USED = 416;
const X87_STATE = 1;
const SSE_STATE = 2;
const PENDING = 0x80;

const statusOf = (c: RoutineContext): number => Number(c.registers[FP_CONTROL] >> 48n);

function putX87(c: RoutineContext, view: DataView): void {
  const r = c.registers;
  const status = statusOf(c);
  view.setUint16(0, Number((r[FP_CONTROL] >> 32n) & 0xffffn), true);
  view.setUint16(2, status, true);
  view.setUint8(4, Number(r[FP_TAGS] & 0xffn));
  if (status & PENDING) {
    const p = pointersOf(c);
    view.setUint16(6, p.opcode, true);
    if (c.size() === 8) {
      view.setBigUint64(8, p.instruction, true);
      view.setBigUint64(16, p.operand, true);
    } else {
      view.setUint32(8, Number(p.instruction & 0xffff_ffffn), true);
      view.setUint16(12, p.code, true);
      view.setUint32(16, Number(p.operand & 0xffff_ffffn), true);
      view.setUint16(20, p.data, true);
    }
  }
  const top = status >> 11;
  for (let i = 0; i < 8; i++) {
    const cell = X87 + ((top + i) & 7) * 2;
    view.setBigUint64(32 + i * 16, r[cell], true);
    view.setUint16(40 + i * 16, Number(r[cell + 1] & 0xffffn), true);
  }
}

function putSse(c: RoutineContext, view: DataView): void {
  for (let i = 0; i < 16; i++) {
    view.setBigUint64(160 + i * 16, c.registers[VECTOR + i * VECTOR_CELLS], true);
    view.setBigUint64(168 + i * 16, c.registers[VECTOR + i * VECTOR_CELLS + 1], true);
  }
}

function putMxcsr(c: RoutineContext, view: DataView): void {
  view.setUint32(24, Number(c.registers[FP_CONTROL] & 0xffff_ffffn), true);
  view.setUint32(28, Number(MXCSR_MASK), true);
}

function takeX87(c: RoutineContext, view: DataView | undefined): void {
  const r = c.registers;
  const control = view ? controlWord(view.getUint16(0, true)) : CONTROL_START;
  const status = view ? statusWord(view.getUint16(2, true), control) : 0;
  r[FP_CONTROL] = (r[FP_CONTROL] & 0xffff_ffffn) | (BigInt(control) << 32n) | (BigInt(status) << 48n);
  r[FP_TAGS] = BigInt(view ? view.getUint8(4) : 0);
  for (let i = 0; i < 8; i++) {
    const cell = X87 + (((status >> 11) + i) & 7) * 2;
    r[cell] = view ? view.getBigUint64(32 + i * 16, true) : 0n;
    r[cell + 1] = view ? BigInt(view.getUint16(40 + i * 16, true)) : 0n;
  }
  const wide = c.size() === 8;
  if (!view) {
    setPointers(c, NO_POINTERS);
    return;
  }
  setPointers(c, {
    instruction: wide ? view.getBigUint64(8, true) : BigInt(view.getUint32(8, true)),
    operand: wide ? view.getBigUint64(16, true) : BigInt(view.getUint32(16, true)),
    opcode: view.getUint16(6, true),
    code: wide ? 0 : view.getUint16(12, true),
    data: wide ? 0 : view.getUint16(20, true),
  });
}

function takeSse(c: RoutineContext, view: DataView | undefined): void {
  for (let i = 0; i < 16; i++) {
    c.registers[VECTOR + i * VECTOR_CELLS] = view ? view.getBigUint64(160 + i * 16, true) : 0n;
    c.registers[VECTOR + i * VECTOR_CELLS + 1] = view ? view.getBigUint64(168 + i * 16, true) : 0n;
  }
}

const badMxcsr = (view: DataView): boolean => (BigInt(view.getUint32(24, true)) & ~MXCSR_MASK) !== 0n;

/** An address that is none at all is found by the access. */
const misaligned = (address: bigint, mask: bigint): boolean =>
  (address & mask) !== 0n && BigInt.asIntN(48, address) === BigInt.asIntN(64, address);

/** Zen CPUs touch the last byte first. */
const LAST: Probes = [[LEGACY - 1, 1]];

const requested = (c: RoutineContext): number =>
  Number((c.registers[RAX] & 0xffff_ffffn) | ((c.registers[RDX] & 0xffff_ffffn) << 32n)) & XCR0;

/** XSAVE and XSAVEC. Zen CPUs hold the x87's and the SSE state for in use always, so none is ever left out. */
function saveExtended(compact: boolean): Routine {
  return c => {
    const at = c.address();
    if (misaligned(at, 63n)) return c.trap('protection');
    const mask = requested(c);
    // What is not asked for keeps what is in memory.
    const bytes = readBytes(c, at, LEGACY + HEADER, [[LEGACY + HEADER - 1, 1]]);
    if (!bytes) return 'exit';
    const view = new DataView(bytes.buffer);
    if (mask & X87_STATE) {
      bytes.fill(0, 0, 24);
      for (let i = 0; i < 8; i++) bytes.fill(0, 32 + i * 16, 48 + i * 16);
      putX87(c, view);
    }
    if (mask & SSE_STATE) {
      putMxcsr(c, view);
      putSse(c, view);
    }
    const before = view.getBigUint64(LEGACY, true);
    if (compact) {
      bytes.fill(0, LEGACY, LEGACY + HEADER);
      view.setBigUint64(LEGACY, BigInt(mask), true);
      view.setBigUint64(LEGACY + 8, (1n << 63n) | BigInt(mask), true);
    } else view.setBigUint64(LEGACY, before | BigInt(mask), true);
    return writeBytes(c, at, bytes) ? 'done' : 'exit';
  };
}

function restoreExtended(c: RoutineContext): RoutineResult {
  const at = c.address();
  if (misaligned(at, 63n)) return c.trap('protection');
  const bytes = readBytes(c, at, LEGACY + HEADER);
  if (!bytes) return 'exit';
  const view = new DataView(bytes.buffer);
  const present = view.getBigUint64(LEGACY, true);
  const layout = view.getBigUint64(LEGACY + 8, true);
  const compact = (layout & (1n << 63n)) !== 0n;
  const known = BigInt(XCR0);
  if (present & ~known) return c.trap('protection');
  if (compact ? layout & ~(known | (1n << 63n)) || present & ~layout : layout !== 0n) return c.trap('protection');
  for (let i = 16; i < HEADER; i++) if (bytes[LEGACY + i] && (compact || i < 24)) return c.trap('protection');
  const mask = requested(c);
  const from = Number(present) & mask;
  // MXCSR belongs to SSE; the compact form loads it only with the state.
  const loadsMxcsr = compact ? (from & SSE_STATE) !== 0 : (mask & SSE_STATE) !== 0;
  if (loadsMxcsr && badMxcsr(view)) return c.trap('protection');
  if (mask & X87_STATE) takeX87(c, from & X87_STATE ? view : undefined);
  if (mask & SSE_STATE) takeSse(c, from & SSE_STATE ? view : undefined);
  if (loadsMxcsr) writeMxcsr(c, view.getUint32(24, true));
  else if (mask & SSE_STATE) writeMxcsr(c, Number(MXCSR_START));
  return 'done';
}

export const state = {
  fxsave: c => {
    const at = c.address();
    if (misaligned(at, 15n)) return c.trap('protection');
    const bytes = new Uint8Array(USED);
    const view = new DataView(bytes.buffer);
    putX87(c, view);
    putMxcsr(c, view);
    putSse(c, view);
    return writeBytes(c, at, bytes, LAST) ? 'done' : 'exit';
  },
  fxrstor: c => {
    const at = c.address();
    if (misaligned(at, 15n)) return c.trap('protection');
    const bytes = readBytes(c, at, USED, LAST);
    if (!bytes) return 'exit';
    const view = new DataView(bytes.buffer);
    if (badMxcsr(view)) return c.trap('protection');
    takeX87(c, view);
    takeSse(c, view);
    writeMxcsr(c, view.getUint32(24, true));
    return 'done';
  },
  xsave: saveExtended(false),
  xsaveopt: saveExtended(false),
  xsavec: saveExtended(true),
  xrstor: restoreExtended,
} satisfies Record<string, Routine>;
