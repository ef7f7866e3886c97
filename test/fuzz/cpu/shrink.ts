/** Makes a mismatch small: what can be plain without the mismatch going away becomes plain. */
import { DATA_SIZE, plainState } from './batch.ts';
import { assemble, type Sequence, withoutStep } from './sequence.ts';
import { FIELD_NAMES, field, type Single, setField } from './text.ts';

/** Tries simpler cases as long as `fails` says that they still differ. */
export async function shrink(start: Single, fails: (s: Single) => Promise<boolean>): Promise<Single> {
  let best = start;
  const attempt = async (change: (s: Single) => Single | undefined): Promise<boolean> => {
    const next = change({ piece: best.piece, state: structuredClone(best.state), data: best.data });
    if (!next || !(await fails(next))) return false;
    best = next;
    return true;
  };

  // Instructions of a sequence first: fewer of them need less of the state.
  for (let again = true; again; ) {
    again = false;
    const { sequence } = best.piece;
    for (let i = 0; sequence && i < sequence.steps.length && !again; i++) {
      const less: Sequence | undefined = withoutStep(sequence, i);
      if (less) again = await attempt(s => ({ ...s, piece: assemble(less, s.piece.offset) }));
    }
  }
  const plain = plainState();
  for (const name of FIELD_NAMES) {
    if (field(best.state, name) === field(plain, name)) continue;
    const simple = /^(r|xmm|st)/.test(name) ? [1n, field(best.state, name) & 0xffn] : [];
    for (const value of [field(plain, name), ...simple]) {
      const done = await attempt(s => {
        setField(s.state, name, value);
        return s;
      });
      if (done) break;
    }
  }
  // Memory: halves, quarters, and so on to single bytes, where there is something to clear.
  const clear = async (from: number, to: number): Promise<void> => {
    if (best.data.subarray(from, to).every(b => b === 0)) return;
    const done = await attempt(s => {
      const data = Uint8Array.from(s.data);
      data.fill(0, from, to);
      return { ...s, data };
    });
    if (done || to - from <= 1) return;
    const middle = (from + to) >> 1;
    await clear(from, middle);
    await clear(middle, to);
  };
  await clear(0, DATA_SIZE);
  return best;
}
