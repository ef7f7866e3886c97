/**
 * Prefixes in every mix: instructions with up to three more in front, which makes some of them others and many of them
 * illegal. The real CPU says which. What decodes as none here must raise #UD there.
 */
import { expect, test } from 'vitest';
import { decode } from '../../../emulator/isa/x64/decode.ts';
import { print } from '../../../emulator/isa/x64/print.ts';
import type { Insn } from '../../../emulator/isa/x64/row.ts';
import { CODE, readOutcome } from './batch.ts';
import { answerLeftOut, definedFlags, differences, leftOut } from './compare.ts';
import { batchOf, isBranch, Layout } from './draw.ts';
import { startEmulated } from './emulated.ts';
import { encode, fuzzedForms, whyNotDrawn } from './forms.ts';
import { nativeIsThere, startNative } from './native.ts';
import { Random } from './random.ts';
import type { Drawn } from './state.ts';

const PREFIXES = [0x66, 0xf2, 0xf3, 0xf0, 0x2e, 0x3e, 0x40, 0x48, 0x44, 0x67];
const ALL_FLAGS = 0xcd5;
const PIECES = 8000;

/**
 * MOVNTSS and MOVNTSD of SSE4A, which AMD's CPUs have and no profile; UMIP's emulation, which knows few prefixes; LOCK
 * with VERR and VERW, where Zen CPUs look at the address first; PAUSE with REX.B, which they take for XCHG.
 */
const ELSEWHERE = /^(movntps|movntpd|sldt|str|smsw|verr|verw|pause)$/;

test.skipIf(!nativeIsThere())('prefixes', { timeout: 240_000 }, async () => {
  const native = await startNative();
  const emulated = startEmulated();
  const r = new Random(11);
  const forms = fuzzedForms(/./).filter(form => !isBranch(form.row) && !ELSEWHERE.test(form.row.name));
  const plain = decode(new Uint8Array(48).fill(0x90), 0, CODE) as Insn;
  const failures: string[] = [];
  let invalid = 0;
  let valid = 0;
  for (let done = 0; done < PIECES; done += 1000) {
    const layout = new Layout();
    const drawn: Drawn[] = [];
    for (let i = 0; i < 1000 && !layout.full; i++) {
      const offset = layout.place(r, r.below(16), 40);
      const made = encode(r, r.pick(forms), CODE + offset, false);
      if (!made) continue;
      const bytes = new Uint8Array(48);
      for (let k = 0; k < 20; k++) bytes[k] = r.below(256);
      const more = Array.from({ length: 1 + r.below(3) }, () => r.pick(PREFIXES));
      bytes.set([...more, ...made.code]);
      const insn = decode(bytes, 0, CODE + offset);
      if (!('form' in insn)) {
        if (insn.is !== 'invalid') continue;
        // Its outcome is a fault at once; the instruction only stands for the shape of the state.
        invalid++;
        const code = bytes.slice(0, 15);
        layout.pieces.push({
          code,
          insns: [plain],
          offset,
          straight: false,
          flagMask: ALL_FLAGS,
          faultMask: ALL_FLAGS,
        });
        drawn.push({ rows: [plain.form.row], insn: plain });
        continue;
      }
      const { row } = insn.form;
      const code = bytes.slice(0, insn.length);
      if (whyNotDrawn(insn.form) || leftOut(insn, code) || isBranch(row) || ELSEWHERE.test(row.name)) continue;
      valid++;
      const mask = definedFlags(row);
      layout.pieces.push({ code, insns: [insn], offset, straight: true, flagMask: mask, faultMask: mask });
      drawn.push({ rows: [row], insn });
    }
    const batch = batchOf(r, layout, drawn, 1);
    const real = await native.run(batch);
    const ours = emulated.run(batch);
    for (const [i, piece] of batch.pieceOf.entries()) {
      const out = readOutcome(real, i);
      if (answerLeftOut(out.signal, out.mxcsr)) continue;
      const list = differences(piece, i, real, ours);
      const text = piece.insns[0] === plain ? 'none' : print(piece.insns[0], 'intel');
      if (list.length) failures.push(`${Buffer.from(piece.code).toString('hex')} ${text}: ${list.join('; ')}`);
    }
  }
  native.close();
  expect(failures).toEqual([]);
  expect(valid).toBeGreaterThan(PIECES / 4);
  expect(invalid).toBeGreaterThan(PIECES / 10);
});
