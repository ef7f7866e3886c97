/**
 * What travels between the fuzzer, the real CPU and ours: pieces of code in one image, and states that enter them. A
 * state is 576 bytes, the same on both sides and in harness.c, so that equal outcomes are found by comparing bytes;
 * only what differs is taken apart.
 */
import type { Insn } from '../../../emulator/isa/x64/row.ts';
import type { Sequence } from './sequence.ts';

export const CODE = 0x1000_0000;
/** Largest image. */
export const CODE_SIZE = 0x10_0000;
/**
 * Where the native harness itself lies, and behind it, somewhere within a gigabyte, its heap: far from the low addresses
 * that short values look like.
 */
export const HARNESS = { start: 0x5a5a_0000, end: 0x9b5a_0000 } as const;
export const DATA = 0x2000_0000;
export const DATA_SIZE = 8192;
/** Filled with int3 and nothing else: where indirect branches may go. */
export const LANDING = CODE;
export const LANDING_SIZE = 64;

/** JMP rel32, which native.ts puts behind pieces of code. */
export const JUMP = 0xe9;
export const JUMP_LENGTH = 5;

/** Offsets in a state. `FX` is the beginning of what FXSAVE writes. */
export const AT = {
  gpr: 0,
  rip: 128,
  flags: 136,
  fsBase: 144,
  gsBase: 152,
  fx: 160,
  fcw: 160,
  fsw: 162,
  /** Abridged: a bit for each physical register that is not empty. */
  ftw: 164,
  mxcsr: 184,
  mxcsrMask: 188,
  /** In stack order. */
  st: 192,
  xmm: 320,
} as const;
export const STATE = 576;

/** An outcome: the state behind, and how it ended. */
export const END = { signal: 576, trap: 580, address: 584, first: 592, last: 596 } as const;
export const OUTCOME = 600;

/** A case as the harness reads it: place, length; then the state. */
export const INPUT = 16 + STATE;

/** A piece of code, its place, and what must be known to compare what it does. */
export interface Piece {
  code: Uint8Array;
  insns: readonly Insn[];
  /** Of its first byte in the image. */
  offset: number;
  /** It has no branch: its end is the only way out but faults. */
  straight: boolean;
  /** Flags that are defined behind it. */
  flagMask: number;
  /** The same where a fault ends it: all that is defined on the way. */
  faultMask: number;
  /** What it was made of, if it is more than one instruction. */
  sequence?: Sequence;
}

export interface Batch {
  data: Uint8Array;
  image: Uint8Array;
  pieces: readonly Piece[];
  /** Piece of each case. */
  pieceOf: readonly Piece[];
  states: Uint8Array;
}

export const caseCount = (b: Batch): number => b.pieceOf.length;

/** The state behind a case, and the data bytes that changed. */
export interface Outcomes {
  records: Uint8Array;
  /** The same bytes. */
  words: Uint32Array;
  /** By case: the changed bytes, from `END.first` on. */
  changed(index: number): Uint8Array;
  /** The engine's own error, if it had one. */
  broken?(index: number): string | undefined;
}

/** A state taken apart, for messages, regressions and recorded vectors. */
export interface State {
  gpr: bigint[];
  rip: bigint;
  flags: bigint;
  fsBase: bigint;
  gsBase: bigint;
  fcw: number;
  fsw: number;
  ftw: number;
  mxcsr: number;
  /** 80 bits each, in stack order. */
  st: bigint[];
  xmm: bigint[];
}

export interface Outcome extends State {
  signal: number;
  trap: number;
  address: bigint;
  first: number;
  changed: Uint8Array;
}

const big = (v: DataView, at: number, bytes: number): bigint => {
  let value = 0n;
  for (let i = bytes - 2; i >= 0; i -= 2) value = (value << 16n) | BigInt(v.getUint16(at + i, true));
  return value;
};
const putBig = (v: DataView, at: number, bytes: number, value: bigint): void => {
  for (let i = 0; i < bytes; i += 2) v.setUint16(at + i, Number((value >> BigInt(i * 8)) & 0xffffn), true);
};

export function readState(bytes: Uint8Array, at: number): State {
  const v = new DataView(bytes.buffer, bytes.byteOffset + at, STATE);
  return {
    gpr: Array.from({ length: 16 }, (_, i) => v.getBigUint64(i * 8, true)),
    rip: v.getBigUint64(AT.rip, true),
    flags: v.getBigUint64(AT.flags, true),
    fsBase: v.getBigUint64(AT.fsBase, true),
    gsBase: v.getBigUint64(AT.gsBase, true),
    fcw: v.getUint16(AT.fcw, true),
    fsw: v.getUint16(AT.fsw, true),
    ftw: v.getUint8(AT.ftw),
    mxcsr: v.getUint32(AT.mxcsr, true),
    st: Array.from({ length: 8 }, (_, i) => big(v, AT.st + i * 16, 10)),
    xmm: Array.from({ length: 16 }, (_, i) => big(v, AT.xmm + i * 16, 16)),
  };
}

export function writeState(bytes: Uint8Array, at: number, s: State): void {
  const v = new DataView(bytes.buffer, bytes.byteOffset + at, STATE);
  for (let i = 0; i < 16; i++) v.setBigUint64(i * 8, s.gpr[i], true);
  v.setBigUint64(AT.rip, s.rip, true);
  v.setBigUint64(AT.flags, s.flags, true);
  v.setBigUint64(AT.fsBase, s.fsBase, true);
  v.setBigUint64(AT.gsBase, s.gsBase, true);
  v.setUint16(AT.fcw, s.fcw, true);
  v.setUint16(AT.fsw, s.fsw, true);
  v.setUint8(AT.ftw, s.ftw);
  v.setUint32(AT.mxcsr, s.mxcsr, true);
  for (let i = 0; i < 8; i++) putBig(v, AT.st + i * 16, 10, s.st[i]);
  for (let i = 0; i < 16; i++) putBig(v, AT.xmm + i * 16, 16, s.xmm[i]);
}

export function readOutcome(outcomes: Outcomes, index: number): Outcome {
  const r = outcomes.records;
  const at = index * OUTCOME;
  const v = new DataView(r.buffer, r.byteOffset + at, OUTCOME);
  return {
    ...readState(r, at),
    signal: v.getUint32(END.signal, true),
    trap: v.getUint32(END.trap, true),
    address: v.getBigUint64(END.address, true),
    first: v.getUint32(END.first, true),
    changed: outcomes.changed(index),
  };
}

/** Nothing but zeros and what a program starts with: where a shrunken case begins. */
export const plainState = (): State => ({
  gpr: Array.from({ length: 16 }, (_, i) => (i === 4 ? BigInt(DATA + 4096) : 0n)),
  rip: 0n,
  flags: 0x202n,
  fsBase: 0n,
  gsBase: 0n,
  fcw: 0x37f,
  fsw: 0,
  ftw: 0,
  mxcsr: 0x1f80,
  st: new Array(8).fill(0n),
  xmm: new Array(16).fill(0n),
});
