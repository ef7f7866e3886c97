/** Makes batches: single instructions of given forms, each entered with several states. */
import type { Form, Insn, Row } from '../../../emulator/isa/x64/row.ts';
import { type Batch, CODE, CODE_SIZE, LANDING_SIZE, type Piece, STATE } from './batch.ts';
import { definedFlags, leftOut } from './compare.ts';
import { encode } from './forms.ts';
import type { Random } from './random.ts';
import { type Drawn, drawData, drawState } from './state.ts';

/** Whatever may go on somewhere else than behind itself. */
const BRANCHES = /^(jmp|jcc|call|ret|loop|loope|loopne|jrcxz|xbegin)$/;
export const isBranch = (row: Row): boolean => BRANCHES.test(row.name);

/** Gives pieces their places in the image, each with filling before and behind it. */
export class Layout {
  #at = LANDING_SIZE;
  readonly pieces: Piece[] = [];

  /** Where a piece of code comes that needs this many bytes of its own before and from its first byte on. */
  place(r: Random, before: number, size: number): number {
    let at = this.#at + before;
    // Now and then an instruction lies across two pages.
    const page = Math.ceil((at + 1) / 4096) * 4096;
    if (page - at < size + 32 && r.chance(2)) at = Math.max(at, page - 1 - r.below(14));
    this.#at = Math.ceil((at + size) / 32) * 32;
    return at;
  }
  get full(): boolean {
    return this.#at > CODE_SIZE - 8192;
  }
  image(): Uint8Array<ArrayBuffer> {
    const image = new Uint8Array(Math.ceil(this.#at / 4096) * 4096).fill(0xcc);
    for (const piece of this.pieces) image.set(piece.code, piece.offset);
    return image;
  }
}

/** Whether a direct branch leads neither into itself, where it might never end, nor into other pieces. */
export function staysInside(insn: Insn, offset: number): boolean {
  const target = insn.operands[0];
  if (target?.is !== 'rel') return true;
  const to = target.target - CODE;
  if (to >= offset && to < offset + insn.length) return false;
  return to <= -16 || to >= CODE_SIZE || (to >= offset - 160 && to <= offset + 300);
}

/** Puts states to pieces. */
export function batchOf(r: Random, layout: Layout, drawn: readonly Drawn[], statesEach: number): Batch {
  const { pieces } = layout;
  const count = pieces.length * statesEach;
  const words = new Uint32Array((count * STATE) / 4);
  const pieceOf: Piece[] = [];
  for (const [k, piece] of pieces.entries()) {
    for (let i = 0; i < statesEach; i++) {
      drawState(r, words, (pieceOf.length * STATE) / 4, drawn[k]);
      pieceOf.push(piece);
    }
  }
  return { data: drawData(r), image: layout.image(), pieces, pieceOf, states: new Uint8Array(words.buffer) };
}

/** Single instructions; a form that could not be drawn, or whose draw is not comparable, has no piece. */
export function drawSingles(
  r: Random,
  forms: readonly Form[],
  statesEach: number,
  segments: boolean,
  skipped?: (form: Form, why: string) => void,
): Batch {
  const layout = new Layout();
  const drawn: Drawn[] = [];
  for (const form of forms) {
    if (layout.full) break;
    const branch = isBranch(form.row);
    // A short jump stays in filling of its own.
    const offset = branch ? layout.place(r, 160 + r.below(32), 320) : layout.place(r, r.below(16), 24);
    const made = encode(r, form, CODE + offset, segments);
    if (!made) {
      skipped?.(form, 'no encoding was found');
      continue;
    }
    const { code, insn } = made;
    const why = leftOut(insn, code);
    if (why) {
      skipped?.(form, why);
      continue;
    }
    if (branch && !staysInside(insn, offset)) continue;
    const mask = definedFlags(form.row);
    layout.pieces.push({ code, insns: [insn], offset, straight: !branch, flagMask: mask, faultMask: mask });
    drawn.push({ rows: [form.row], insn });
  }
  return batchOf(r, layout, drawn, statesEach);
}
