/** Where two outcomes differ, in words; undefined flags and what is known to be open are left out. */

import type { Insn, Row } from '../../../emulator/isa/x64/row.ts';
import { AT, END, HARNESS, OUTCOME, type Outcome, type Outcomes, type Piece, readOutcome } from './batch.ts';
import { GPR_NAMES } from './names.ts';

const FLAG_BIT: Record<string, number> = { c: 1, p: 4, a: 0x10, z: 0x40, s: 0x80, o: 0x800, d: 0x400 };
const ARITHMETIC = 0xcd5;

/** Flags that a row's instruction leaves defined; a sequence's piece has a mask of its own. */
export function definedFlags(row: Row): number {
  let mask = ARITHMETIC;
  for (const letter of row.flags.undefined) mask &= ~FLAG_BIT[letter];
  return mask;
}

export const flagBits = (letters: string): number => {
  let bits = 0;
  for (const letter of letters) bits |= FLAG_BIT[letter];
  return bits;
};

/** Branches: with an operand-size prefix AMD cuts the target to 16 bits; Intel ignores the prefix, and so do we. */
const BRANCH = /^(jmp|jcc|call|ret|loop|loope|loopne|jrcxz)$/;
const PREFIXES = [0x66, 0x67, 0xf0, 0xf2, 0xf3, 0x2e, 0x36, 0x3e, 0x26, 0x64, 0x65];

/**
 * Why an instruction's outcome is not compared: the manual leaves it undefined, the profile differs from the real
 * CPU's, or the difference is known and open. Undefined otherwise.
 */
export function leftOut(insn: Insn, bytes: Uint8Array): string | undefined {
  const { row } = insn.form;
  const name = row.name;
  const code = [...bytes];
  const opcodeAt = code.findIndex(b => !PREFIXES.includes(b));
  const prefixes = code.slice(0, opcodeAt);
  if (BRANCH.test(name) && prefixes.includes(0x66)) return 'operand-size prefix on a near branch';
  if (
    /^bt[src]?$/.test(name) &&
    insn.addressWidth === 4 &&
    insn.operands[0]?.is === 'mem' &&
    insn.operands[1]?.is === 'reg'
  )
    return 'a bit far from a 32-bit address wraps around with it: open';
  if (/^(fxsave|fxrstor|xsave|xsaveopt|xsavec|xrstor)$/.test(name) && insn.addressWidth === 4)
    return 'parts of a state image wrap around with a 32-bit address: open';
  if (name === 'movsxd' && insn.size === 2) return 'AMD reads four bytes, Intel two';
  if (name === 'lzcnt' || name === 'tzcnt') return 'the default profile runs them as BSR and BSF';
  if (name === 'pause' && prefixes.includes(0xf3) && (code[opcodeAt] & 0xf1) === 0x41)
    return 'REX.B makes it XCHG on some CPUs';
  if (/^(sgdt|sidt|sldt|str|smsw)$/.test(name) && insn.operands[0]?.is === 'mem')
    return 'Linux answers these itself, and tells of faults in its own way';
  if (name === 'movsxd' && prefixes.includes(0x66)) return 'with an operand-size prefix AMD still reads four bytes';
  return undefined;
}

/** MXCSR.MM of AMD's CPUs. */
const MISALIGNED_MODE = 1 << 17;

/** Why this answer of the real CPU is not compared. */
export function answerLeftOut(signal: number, mxcsr = 0): string | undefined {
  if (signal === 14) return 'it does not end';
  if (mxcsr & MISALIGNED_MODE) return "AMD's misaligned mode, which LDMXCSR may turn on: in no profile";
  return undefined;
}

/** MXCSR is compared, and varied by state.ts. */
export const COMPARE_MXCSR = true;

const FLAGS = AT.flags / 4;
const FX = AT.fx / 4;
const ST = AT.st / 4;
const XMM = AT.xmm / 4;
const MXCSR = AT.mxcsr / 4;

/** Addresses of the kernel's half are numbers here, and rounded: open. */
const addressCounts = (high: number): boolean => high < 0x8000_0000;

/** Whether two outcomes are the same; works on words, for nearly all are. */
export function same(a: Uint32Array, b: Uint32Array, index: number, piece: Piece): boolean {
  const at = (index * OUTCOME) / 4;
  const flagMask = a[at + END.signal / 4] === 5 ? piece.flagMask : piece.faultMask;
  for (let i = at; i < at + FLAGS; i++) if (a[i] !== b[i]) return false;
  if ((a[at + FLAGS] ^ b[at + FLAGS]) & flagMask) return false;
  for (let i = at + AT.fsBase / 4; i <= at + FX; i++) if (a[i] !== b[i]) return false;
  if ((a[at + FX + 1] ^ b[at + FX + 1]) & 0xff) return false;
  if (COMPARE_MXCSR && a[at + MXCSR] !== b[at + MXCSR]) return false;
  for (let i = at + ST; i < at + XMM; i += 4)
    if (a[i] !== b[i] || a[i + 1] !== b[i + 1] || (a[i + 2] ^ b[i + 2]) & 0xffff) return false;
  for (let i = at + XMM; i < at + END.address / 4; i++) if (a[i] !== b[i]) return false;
  const address = at + END.address / 4;
  if (a[at + END.trap / 4] === 14 && addressCounts(a[address + 1])) {
    if (a[address] !== b[address] || a[address + 1] !== b[address + 1]) return false;
  }
  return a[at + END.first / 4] === b[at + END.first / 4] && a[at + END.last / 4] === b[at + END.last / 4];
}

/** How the answers to a case differ, in words; empty when they do not. */
export function differences(piece: Piece, index: number, real: Outcomes, ours: Outcomes): string[] {
  if (same(real.words, ours.words, index, piece) && Buffer.compare(real.changed(index), ours.changed(index)) === 0)
    return [];
  const broken = ours.broken?.(index);
  if (broken) return [`the engine: ${broken}`];
  const answer = readOutcome(real, index);
  const mine = readOutcome(ours, index);
  // The real process has itself in its memory.
  const ownMemory = mine.trap === 14 && mine.address >= HARNESS.start && mine.address < HARNESS.end;
  if (ownMemory && answer.signal !== mine.signal) return [];
  if (APPROXIMATE.test(piece.insns[0].form.row.name))
    for (const [i, v] of answer.xmm.entries()) if (nearly(v, mine.xmm[i])) mine.xmm[i] = v;
  return explain(answer, mine, piece);
}

/** Each processor has its own table for these; the manual promises a relative error of 1.5·2⁻¹², to both sides. */
const APPROXIMATE = /^(rcp|rsqrt)[ps]s$/;
const BOTH_ERRORS = 3 * 2 ** -12;

/** Whether four floats are the same, or as near as two approximations may be. */
function nearly(a: bigint, b: bigint): boolean {
  const bits = (v: bigint) => new Uint32Array(BigUint64Array.of(BigInt.asUintN(64, v), v >> 64n).buffer);
  const x = bits(a);
  const y = bits(b);
  const floatOf = (v: Uint32Array) => new Float32Array(v.buffer);
  return floatOf(x).every(
    (v, i) =>
      x[i] === y[i] ||
      (v !== 0 && Math.abs(v - floatOf(y)[i]) <= BOTH_ERRORS * Math.abs(v)) ||
      // Where one side is the smallest normal number, the other may be below it, which is zero.
      (v === 0 && Math.abs(floatOf(y)[i]) <= 2 ** -126 * (1 + BOTH_ERRORS)),
  );
}

const hex = (v: bigint | number): string => `0x${v.toString(16)}`;

export function explain(real: Outcome, ours: Outcome, piece: Piece): string[] {
  const flagMask = BigInt(real.signal === 5 ? piece.flagMask : piece.faultMask);
  const list: string[] = [];
  const check = (what: string, a: bigint | number, b: bigint | number) => {
    if (a !== b) list.push(`${what}: real ${hex(a)} ours ${hex(b)}`);
  };
  check('signal', real.signal, ours.signal);
  if (list.length) return list;
  check('trap', real.trap, ours.trap);
  check('rip', real.rip, ours.rip);
  if (real.trap === 14 && addressCounts(Number(real.address >> 32n))) check('address', real.address, ours.address);
  for (let i = 0; i < 16; i++) check(GPR_NAMES[i], real.gpr[i], ours.gpr[i]);
  check('flags', real.flags & flagMask, ours.flags & flagMask);
  check('fs base', real.fsBase, ours.fsBase);
  check('gs base', real.gsBase, ours.gsBase);
  if (COMPARE_MXCSR) check('mxcsr', real.mxcsr, ours.mxcsr);
  check('x87 control', real.fcw, ours.fcw);
  check('x87 status', real.fsw, ours.fsw);
  check('x87 tags', real.ftw, ours.ftw);
  for (let i = 0; i < 8; i++) check(`st${i}`, real.st[i], ours.st[i]);
  for (let i = 0; i < 16; i++) check(`xmm${i}`, real.xmm[i], ours.xmm[i]);
  const memory = (o: Outcome) => `${o.first} ${Buffer.from(o.changed.subarray(0, 64)).toString('hex')}`;
  if (real.first !== ours.first || Buffer.compare(real.changed, ours.changed))
    list.push(`memory: real ${memory(real)} ours ${memory(ours)}`);
  return list;
}
