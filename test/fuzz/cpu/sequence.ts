/**
 * Several instructions in a row, with branches over some of them and loops around some: what single instructions cannot
 * show, namely flags and values that flow from one to the next. No flag that an instruction left undefined is read or
 * compared.
 */
import type { Form, Insn } from '../../../emulator/isa/x64/row.ts';
import { type Batch, CODE, type Piece } from './batch.ts';
import { flagBits, leftOut } from './compare.ts';
import { batchOf, isBranch, Layout } from './draw.ts';
import { encode, insnsOf } from './forms.ts';
import type { Random } from './random.ts';
import type { Drawn } from './state.ts';

export type Step =
  | { is: 'code'; bytes: Uint8Array; insn: Insn }
  /** Jcc over the next steps. */
  | { is: 'skip'; cond: number; over: number }
  /** Counts RCX down and goes back to a step while it is not zero. */
  | { is: 'loop'; how: 'dec' | 'sub' | 'loop'; to: number };

export interface Sequence {
  steps: readonly Step[];
}

const ALL_FLAGS = 0xcd5;
/** Flags that conditions ask for, by code / 2. */
const CONDITION_FLAGS = ['o', 'c', 'z', 'cz', 's', 'p', 'so', 'zso'].map(flagBits);
const LOOP_CODE = { dec: [0xff, 0xc9, 0x75], sub: [0x48, 0x83, 0xe9, 0x01, 0x75], loop: [0xe2] } as const;
const LOOP_WRITES = { dec: flagBits('oszap'), sub: flagBits('oszapc'), loop: 0 } as const;

/** Bytes of a step but a branch's distance. */
const sizeOf = (s: Step): number =>
  s.is === 'code' ? s.bytes.length : s.is === 'skip' ? 2 : LOOP_CODE[s.how].length + 1;

/** The sequence as a piece of code at `offset`. */
export function assemble(sequence: Sequence, offset: number): Piece {
  const starts = [0];
  for (const s of sequence.steps) starts.push(starts[starts.length - 1] + sizeOf(s));
  const code = new Uint8Array(starts[sequence.steps.length]);
  for (const [i, s] of sequence.steps.entries()) {
    if (s.is === 'code') code.set(s.bytes, starts[i]);
    else if (s.is === 'skip') code.set([0x70 | s.cond, starts[i + 1 + s.over] - starts[i + 1]], starts[i]);
    else code.set([...LOOP_CODE[s.how], (starts[s.to] - starts[i + 1]) & 0xff], starts[i]);
  }
  const defined = definedFlags(sequence);
  return {
    code,
    insns: insnsOf(code, CODE + offset),
    offset,
    straight: true,
    flagMask: defined[sequence.steps.length],
    faultMask: defined.reduce((a, b) => a & b),
    sequence,
  };
}

/** Step `i` taken out, with the branches mended. */
const remove = ({ steps }: Sequence, i: number): Sequence => ({
  steps: steps.flatMap((s, k): Step[] => {
    if (k === i) return [];
    if (s.is === 'skip' && k < i && i <= k + s.over) return [{ ...s, over: s.over - 1 }];
    if (s.is === 'loop' && i < s.to) return [{ ...s, to: s.to - 1 }];
    return [s];
  }),
});

/** The sequence without step `i`; undefined when nothing, or nothing defined, would be left. */
export function withoutStep(sequence: Sequence, i: number): Sequence | undefined {
  if (sequence.steps.length < 2) return undefined;
  const less = remove(sequence, i);
  return readsUndefined(less) < 0 ? less : undefined;
}

/** Shifts by a count and repeated comparisons may leave the flags as they were. */
const MAYBE = /^(sh[lr]d?|sar|ro[lr]|rc[lr])$/;

function readsOf(s: Step): number {
  if (s.is === 'skip') return CONDITION_FLAGS[s.cond >> 1];
  if (s.is === 'loop') return 0;
  const { row } = s.insn.form;
  if (/^(pushf|lahf)$/.test(row.name)) return ALL_FLAGS;
  if (s.insn.cond >= 0) return CONDITION_FLAGS[s.insn.cond >> 1];
  return flagBits(row.flags.reads);
}

function definedBehind(s: Step, before: number): number {
  if (s.is === 'skip') return before;
  if (s.is === 'loop') return before | LOOP_WRITES[s.how];
  const { row } = s.insn.form;
  const lost = flagBits(row.flags.undefined);
  const maybe = MAYBE.test(row.name) || s.insn.rep !== 'none';
  return (maybe ? before : before | flagBits(row.flags.writes)) & ~lost;
}

/** Flags that are defined before each step, and behind the last one: by every way that leads there. */
function definedFlags({ steps }: Sequence): number[] {
  const before: number[] = new Array(steps.length + 1).fill(ALL_FLAGS);
  for (let again = true; again; ) {
    again = false;
    const meet = (at: number, mask: number) => {
      if ((before[at] & mask) === before[at]) return;
      before[at] &= mask;
      again = true;
    };
    for (const [i, s] of steps.entries()) {
      const behind = definedBehind(s, before[i]);
      meet(i + 1, behind);
      if (s.is === 'skip') meet(i + 1 + s.over, behind);
      else if (s.is === 'loop') meet(s.to, behind);
    }
  }
  return before;
}

/** The first step that reads a flag which may be undefined, or −1. */
function readsUndefined(sequence: Sequence): number {
  const before = definedFlags(sequence);
  return sequence.steps.findIndex((s, i) => (readsOf(s) & ~before[i]) !== 0);
}

/** RBX, RSP, RSI, RDI, R13, R14 hold addresses; what would change them is seldom drawn. */
export const BASES = [3, 4, 6, 7, 13, 14];
const READS_FIRST = /^(cmp|test|push|bt|nop|prefetch\w*)$/;
const WRITES_ALL = /^(xchg|xadd|cmpxchg)$/;
const NOT_HERE = /^(fnstenv|fnsave|popf|leave|enter|xlat|pushf|ud[012]|hlt|rcp[ps]s|rsqrt[ps]s|retf|jmpf|callf|iret)$/;

function harmsBases(insn: Insn): boolean {
  const { name } = insn.form.row;
  const written = WRITES_ALL.test(name) ? insn.operands : READS_FIRST.test(name) ? [] : insn.operands.slice(0, 1);
  return written.some(o => o.is === 'reg' && o.class === 'gpr' && BASES.includes(o.index));
}
const touchesCounter = (insn: Insn): boolean =>
  insn.form.row.repeatable ||
  /^(v?pcmp[ei]str[im]|cpuid|rdtscp)$/.test(insn.form.row.name) ||
  insn.operands.some(o => o.is === 'reg' && o.class === 'gpr' && o.index === 1);

/** A bit offset in a register may lead from the data to the code, which is not the same on both sides. */
const reachesFar = ({ form, operands: [first, second] }: Insn): boolean =>
  /^bt[src]?$/.test(form.row.name) && first?.is === 'mem' && second?.is === 'reg';

/** Forms to draw from, those that work on flags more often. */
export function sequencePool(forms: readonly Form[]): Form[] {
  return forms.flatMap(form => {
    const { row } = form;
    if (isBranch(row) || NOT_HERE.test(row.name)) return [];
    const flags = row.flags.writes !== '' || row.flags.reads !== '';
    return new Array<Form>(row.feature === 'base' ? (flags ? 4 : 3) : 1).fill(form);
  });
}

/** Steps that can be put at `offset`; `counts` when RCX must hold a number of rounds. */
export function drawSequence(
  r: Random,
  pool: readonly Form[],
  offset: number,
): { sequence: Sequence; counts: boolean } {
  const length = 2 + r.below(11);
  const counts = r.chance(3);
  const steps: Step[] = [];
  let at = offset;
  while (steps.length < length) {
    if (r.chance(6) && steps.length + 2 < length) {
      steps.push({ is: 'skip', cond: r.below(16), over: 1 + r.below(2) });
      at += 2;
      continue;
    }
    const made = encode(r, r.pick(pool), CODE + at, false, { bases: BASES });
    if (!made || leftOut(made.insn, made.code)) continue;
    if (harmsBases(made.insn) && !r.chance(30)) continue;
    if (counts && touchesCounter(made.insn)) continue;
    if (reachesFar(made.insn)) continue;
    steps.push({ is: 'code', bytes: made.code, insn: made.insn });
    at += made.code.length;
  }
  for (const [i, s] of steps.entries()) if (s.is === 'skip') s.over = Math.min(s.over, steps.length - 1 - i);
  if (counts) steps.push({ is: 'loop', how: r.pick(['dec', 'sub', 'loop']), to: r.below(steps.length) });
  let sequence: Sequence = { steps };
  for (let bad = readsUndefined(sequence); bad >= 0; bad = readsUndefined(sequence)) sequence = remove(sequence, bad);
  return { sequence, counts: sequence.steps.some(s => s.is === 'loop') };
}

/** A batch of sequences. */
export function drawSequences(r: Random, pool: readonly Form[], pieces: number, statesEach: number): Batch {
  const layout = new Layout();
  const drawn: Drawn[] = [];
  while (layout.pieces.length < pieces && !layout.full) {
    const offset = layout.place(r, 16 + r.below(16), 224);
    const { sequence, counts } = drawSequence(r, pool, offset);
    if (sequence.steps.length < 2) continue;
    layout.pieces.push(assemble(sequence, offset));
    const rows = sequence.steps.flatMap(s => (s.is === 'code' ? [s.insn.form.row] : []));
    drawn.push({ rows, bases: BASES, counts });
  }
  return batchOf(r, layout, drawn, statesEach);
}
