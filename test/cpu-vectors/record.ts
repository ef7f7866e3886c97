/** Records the vectors on the real CPU: `npm run fuzz:cpu -- --record`. */
import { readFileSync, writeFileSync } from 'node:fs';
import type { Insn } from '../../emulator/isa/x64/row.ts';
import {
  type Batch,
  CODE,
  caseCount,
  type Outcomes,
  type Piece,
  readOutcome,
  readState,
  STATE,
} from '../fuzz/cpu/batch.ts';
import { answerLeftOut, definedFlags, leftOut } from '../fuzz/cpu/compare.ts';
import { isBranch, staysInside } from '../fuzz/cpu/draw.ts';
import { encode, fuzzedForms } from '../fuzz/cpu/forms.ts';
import { startNative } from '../fuzz/cpu/native.ts';
import { Random } from '../fuzz/cpu/random.ts';
import { assemble, BASES, drawSequence, sequencePool } from '../fuzz/cpu/sequence.ts';
import { type Drawn, drawBackground, drawData, drawPlaces, matterOf } from '../fuzz/cpu/state.ts';
import { FIELD_NAMES } from '../fuzz/cpu/text.ts';
import { changedFields, encodeRecording, placeOf, type RecordedCase, type RecordedPiece, ROOM } from './format.ts';

export const VECTORS = new URL('./vectors.bin', import.meta.url);

/** Whole states of each kind that cases begin from: for integer code, for vectors, for the x87. */
const BACKGROUNDS = 64;
/** Encodings kept of a form, and states kept of each. */
const ENCODINGS = 8;
const KEPT = 5;
/** How many are drawn for that. */
const DRAWN_ENCODINGS = 48;
const DRAWN_STATES = 128;
const SEQUENCES = 500;

export async function record(seed: number): Promise<{ pieces: number; cases: number; bytes: number }> {
  const r = new Random(seed);
  const native = await startNative();
  const data = drawData(r);
  const kinds = [
    { vectors: false, x87: false },
    { vectors: true, x87: false },
    { vectors: true, x87: true },
  ];
  const backgrounds = kinds.flatMap(kind =>
    Array.from({ length: BACKGROUNDS }, () => {
      const words = new Uint32Array(STATE / 4);
      drawBackground(r, words, 0, kind);
      return new Uint8Array(words.buffer);
    }),
  );
  const pieces: RecordedPiece[] = [];

  /** Enters one piece with many states and keeps a few that end differently. */
  const recordPiece = async (piece: Piece, drawn: Drawn, keep: number, faults: { left: number }): Promise<void> => {
    const matter = matterOf(drawn.rows);
    const base = (matter.x87 ? 2 : matter.vectors ? 1 : 0) * BACKGROUNDS;
    const of = Array.from({ length: DRAWN_STATES }, () => base + r.below(BACKGROUNDS));
    const words = new Uint32Array((DRAWN_STATES * STATE) / 4);
    const states = new Uint8Array(words.buffer);
    for (const [i, b] of of.entries()) {
      states.set(backgrounds[b], i * STATE);
      drawPlaces(r, words, (i * STATE) / 4, drawn);
    }
    const image = new Uint8Array(Math.ceil((placeOf(511) + ROOM) / 4096) * 4096).fill(0xcc);
    image.set(piece.code, piece.offset);
    const batch: Batch = { data, image, pieces: [piece], pieceOf: of.map(() => piece), states };
    const real = await native.run(batch);
    const cases: RecordedCase[] = [];
    const seen = new Set<string>();
    const consider = (fresh: boolean) => {
      for (let i = 0; i < caseCount(batch) && cases.length < keep; i++) {
        const one = caseOf(batch, real, i, of[i], backgrounds);
        if (!one || (one.signal !== 5 && faults.left === 0)) continue;
        const key = kindOf(one, piece.flagMask);
        if (seen.has(key) === fresh) continue;
        seen.add(key);
        if (one.signal !== 5) faults.left--;
        cases.push(one);
      }
    };
    consider(true);
    seen.clear();
    if (cases.length < keep) consider(true);
    if (cases.length)
      pieces.push({
        code: piece.code,
        straight: piece.straight,
        flagMask: piece.flagMask,
        faultMask: piece.faultMask,
        cases,
      });
  };

  for (const form of fuzzedForms(/./)) {
    const faults = { left: 3 };
    const seen = new Set<string>();
    const end = pieces.length + ENCODINGS;
    for (let tries = 0; tries < DRAWN_ENCODINGS && pieces.length < end; tries++) {
      const offset = placeOf(pieces.length);
      const made = encode(r, form, CODE + offset, native.segmentBases);
      if (!made || leftOut(made.insn, made.code) || !staysInside(made.insn, offset)) continue;
      // New shapes first; what comes late may be like others.
      const shape = shapeOf(made.insn);
      if (seen.has(shape) && tries < DRAWN_ENCODINGS / 2) continue;
      seen.add(shape);
      const mask = definedFlags(form.row);
      const piece: Piece = {
        code: made.code,
        insns: [made.insn],
        offset,
        straight: !isBranch(form.row),
        flagMask: mask,
        faultMask: mask,
      };
      await recordPiece(piece, { rows: [form.row], insn: made.insn }, KEPT, faults);
    }
  }
  const singles = pieces.length;
  const pool = sequencePool(fuzzedForms(/./));
  while (pieces.length < singles + SEQUENCES) {
    const offset = placeOf(pieces.length);
    const { sequence, counts } = drawSequence(r, pool, offset);
    if (sequence.steps.length < 2) continue;
    const rows = sequence.steps.flatMap(s => (s.is === 'code' ? [s.insn.form.row] : []));
    await recordPiece(assemble(sequence, offset), { rows, bases: BASES, counts }, 3, { left: 1 });
  }
  native.close();
  const cpu = /model name\s*: (.*)/.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1] ?? 'unknown';
  const file = encodeRecording({ cpu, backgrounds, data, pieces });
  writeFileSync(VECTORS, file);
  return { pieces: pieces.length, cases: pieces.reduce((n, p) => n + p.cases.length, 0), bytes: file.length };
}

/** Cases of a piece that are alike in this show much the same: how it ends, flags, and what sorts of values come out. */
function kindOf(c: RecordedCase, flagMask: number): string {
  const parts: unknown[] = [c.signal, c.trap, c.changed.length > 0];
  for (const [f, value] of c.outcome) {
    const name = FIELD_NAMES[f];
    if (name === 'flags') parts.push(value & BigInt(flagMask));
    else if (!name.startsWith('xmm')) parts.push(name, value === 0n);
    else for (let lane = 0n; lane < 128n; lane += 32n) parts.push(sortOf(Number((value >> lane) & 0xffff_ffffn)));
  }
  return parts.join();
}

/** Sign, and zero, infinity or another NaN, or some number, as a float. */
const sortOf = (v: number): string =>
  (v >>> 31 ? '-' : '+') + ((v & 0x7fff_ffff) === 0 ? 'z' : (v & 0x7f80_0000) === 0x7f80_0000 ? 'n' : '');

/** What makes encodings of a form different from each other. */
const shapeOf = (insn: Insn): string =>
  [
    insn.size,
    insn.cond,
    insn.lock,
    insn.rep,
    ...insn.operands.map(o => {
      if (o.is === 'reg') return `${o.class}${o.width}${o.high}`;
      if (o.is === 'imm') return `imm${o.value < 0n}`;
      return o.is === 'mem' ? `mem${o.index >= 0}${o.segment}${o.addressWidth}` : o.is;
    }),
  ].join();

/** A case with the real CPU's answer, told as differences; undefined when it is not to be compared. */
function caseOf(
  batch: Batch,
  real: Outcomes,
  index: number,
  background: number,
  all: Uint8Array[],
): RecordedCase | undefined {
  const state = readState(batch.states, index * STATE);
  const out = readOutcome(real, index);
  if (answerLeftOut(out.signal, out.mxcsr)) return undefined;
  const behind = Number(out.rip) - CODE - batch.pieceOf[index].offset;
  return {
    background,
    state: changedFields(readState(all[background], 0), state),
    signal: out.signal,
    trap: out.trap,
    address: out.address,
    rip: Math.abs(behind) < 65536 ? { behind } : { at: out.rip },
    outcome: changedFields(state, out),
    first: out.first,
    changed: out.changed.slice(),
  };
}
