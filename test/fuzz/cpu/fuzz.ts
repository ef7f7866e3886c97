/** The fuzzer itself: draws the forms that were tried least, asks both CPUs, and shrinks what differs. */
import type { Form } from '../../../emulator/isa/x64/row.ts';
import { AT, type Batch, caseCount, END, OUTCOME, type Outcomes } from './batch.ts';
import { answerLeftOut, differences } from './compare.ts';
import { drawSingles } from './draw.ts';
import { type Emulated, startEmulated } from './emulated.ts';
import { formText, fuzzedForms } from './forms.ts';
import { type Native, startNative } from './native.ts';
import { Random } from './random.ts';
import { drawSequences, sequencePool } from './sequence.ts';
import { shrink } from './shrink.ts';
import { batchOfSingle, type Single, singleOf, toLine } from './text.ts';

export interface FuzzOptions {
  seed: number;
  rows: RegExp;
  tiers: readonly (0 | 1)[];
  /** What ends it: time, or cases. */
  seconds: number;
  cases: number;
  /** One batch of so many is one of sequences; 0 for none. */
  sequences: number;
  /** Asked after each batch: whether somebody wants the result now. */
  stopped?: () => boolean;
}

export interface Mismatch {
  /** Form, or `sequence`. */
  what: string;
  tier: 0 | 1;
  count: number;
  differences: string[];
  /** To be pasted into regressions.txt. */
  line: string;
}

export interface FuzzResult {
  /** Compared cases of single instructions, by form. */
  tried: ReadonlyMap<Form, number>;
  /** Why draws of a form were not compared, the last reason. */
  leftOut: ReadonlyMap<Form, string>;
  singles: number;
  sequences: number;
  seconds: number;
  /** Of this process, without the harness. */
  cpuSeconds: number;
  mismatches: Mismatch[];
}

/** Pieces of code in a batch, and states that enter each. */
const PIECES = 128;
const STATES = 64;
const SEQUENCES = 96;

interface Round {
  batch: Batch;
  answer: Promise<Outcomes>;
}

export async function fuzz(o: FuzzOptions): Promise<FuzzResult> {
  const forms = fuzzedForms(o.rows);
  const pool = sequencePool(forms);
  const native = await startNative();
  const ours = o.tiers.map(tier => ({ tier, emulated: startEmulated(tier) }));
  const random = new Random(o.seed);
  const tried = new Map<Form, number>(forms.map(f => [f, 0]));
  /** Draws, compared or not: what is left out must not keep the others waiting. */
  const drawn = new Map<Form, number>(forms.map(f => [f, 0]));
  const leftOut = new Map<Form, string>();
  const mismatches = new Map<string, Mismatch>();
  const result = { tried, leftOut, singles: 0, sequences: 0, seconds: 0, cpuSeconds: 0 };
  const begin = performance.now();
  const cpuBegin = process.cpuUsage();
  const elapsed = () => (performance.now() - begin) / 1000;
  let rounds = 0;

  const next = (): Round => {
    rounds++;
    let batch: Batch;
    if (o.sequences && pool.length && rounds % o.sequences === 0)
      batch = drawSequences(random, pool, SEQUENCES, STATES);
    else {
      const order = [...forms].sort((a, b) => (drawn.get(a) ?? 0) - (drawn.get(b) ?? 0)).slice(0, PIECES);
      for (const form of order) drawn.set(form, (drawn.get(form) ?? 0) + STATES);
      batch = drawSingles(random, order, STATES, native.segmentBases, (form, why) => leftOut.set(form, why));
    }
    return { batch, answer: native.run(batch) };
  };

  const compare = async ({ batch, answer }: Round): Promise<void> => {
    const outcomes = ours.map(({ tier, emulated }) => ({ tier, emulated, outcomes: emulated.run(batch) }));
    const real = await answer;
    const words = new Uint32Array(real.records.buffer);
    for (let i = 0; i < caseCount(batch); i++) {
      const piece = batch.pieceOf[i];
      const form = piece.sequence ? undefined : piece.insns[0].form;
      const at = (i * OUTCOME) / 4;
      const why = answerLeftOut(words[at + END.signal / 4], words[at + AT.mxcsr / 4]);
      if (why) {
        if (form) leftOut.set(form, why);
        continue;
      }
      if (form) {
        result.singles++;
        tried.set(form, (tried.get(form) ?? 0) + 1);
      } else result.sequences++;
      for (const { tier, emulated, outcomes: mine } of outcomes) {
        const list = differences(piece, i, real, mine);
        if (list.length === 0) continue;
        const what = form ? formText(form) : 'sequence';
        const key = `${what} ${tier} ${list[0].replace(/:.*/, '')}`;
        const known = mismatches.get(key);
        if (known) {
          known.count++;
          continue;
        }
        const found: Mismatch = { what, tier, count: 1, differences: list, line: '' };
        mismatches.set(key, found);
        // Not more than a few: each asks both CPUs a hundred times.
        if (mismatches.size <= 40) await describe(found, singleOf(batch, i), native, emulated);
      }
    }
  };

  // The real CPU works on a batch while ours works on the one before.
  const total = () => result.singles + result.sequences;
  try {
    let waiting = next();
    while (elapsed() < o.seconds && total() < o.cases && !o.stopped?.()) {
      await compare(waiting);
      waiting = next();
    }
    await compare(waiting);
  } finally {
    native.close();
  }
  result.seconds = elapsed();
  const used = process.cpuUsage(cpuBegin);
  result.cpuSeconds = (used.user + used.system) / 1e6;
  return { ...result, mismatches: [...mismatches.values()] };
}

/** Shrinks a mismatch and writes it down. */
async function describe(found: Mismatch, first: Single, native: Native, emulated: Emulated): Promise<void> {
  const ask = async (single: Single) => {
    const batch = batchOfSingle(single);
    const real = await native.run(batch);
    const list = differences(single.piece, 0, real, emulated.run(batch));
    const view = new DataView(real.records.buffer);
    const skip = answerLeftOut(view.getUint32(END.signal, true), view.getUint32(AT.mxcsr, true));
    return { real, list: skip ? [] : list };
  };
  const small = await shrink(first, async single => (await ask(single)).list.length > 0);
  const { real, list } = await ask(small);
  if (list.length) found.differences = list;
  found.line = toLine(small, real);
}
