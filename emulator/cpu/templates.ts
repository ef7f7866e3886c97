/**
 * Decoding by what was decoded before. Of an instruction's bytes the *head* (prefixes, opcode, ModRM, SIB) decides
 * everything but the numbers of a displacement and an immediate behind it, and a program of 20,000 instructions has some
 * 2,000 heads. So a head is decoded once, and the record that was made of it serves as the template of all others.
 */
import { decode } from '../isa/x64/decode.ts';
import type { Insn } from '../isa/x64/row.ts';
import { FIELD, RECORD_SIZE } from './layout.ts';

/** Words of a record, and of what stands before its template. */
const RECORD_WORDS = RECORD_SIZE / 4;
const LENGTH = 0;
const DISPLACEMENT_BYTES = 1;
const IMMEDIATE_BYTES = 2;
const FLAGS = 3;
const TEMPLATE_WORDS = RECORD_WORDS + 4;
const WORD = { displacement: FIELD.displacement / 4, immediate: FIELD.immediate / 4, pc: FIELD.pc / 4 };

/** Nobody's program has so many heads; whoever plays with prefixes gets no more memory for it: 8 MB. */
const MOST_NODES = 8192;

const SIGNED = 1;
const RIP_RELATIVE = 2;
const RELATIVE = 4;
const ENDS = 8;

export class Templates {
  /** Nodes of 256 entries, by the head's bytes: the next node, or the inverse of a template's number; 0 for none. */
  #trie = new Int32Array(256 * 256);
  #nodes = 1;
  #templates = new Int32Array(TEMPLATE_WORDS * 1024);
  #count = 0;

  /** Number of the template for the instruction at `bytes[at]`, or −1; the bytes must go on for 15 more. */
  find(bytes: Uint8Array, at: number): number {
    const trie = this.#trie;
    let node = 0;
    let p = at;
    do node = trie[(node << 8) | bytes[p++]];
    while (node > 0);
    return node < 0 ? ~node : -1;
  }

  length(template: number): number {
    return this.#templates[template * TEMPLATE_WORDS + LENGTH];
  }

  /** Whether nothing follows in a straight line. */
  ends(template: number): boolean {
    return (this.#templates[template * TEMPLATE_WORDS + FLAGS] & ENDS) !== 0;
  }

  /** Writes the record of the instruction at `bytes[at]`, which lies at `pc`, into `words` from `to` on. */
  write(template: number, bytes: Uint8Array, at: number, pc: number, words: Int32Array, to: number): void {
    const t = this.#templates;
    const from = template * TEMPLATE_WORDS;
    const record = from + TEMPLATE_WORDS - RECORD_WORDS;
    for (let i = 0; i < RECORD_WORDS; i++) words[to + i] = t[record + i];
    const length = t[from + LENGTH];
    const flags = t[from + FLAGS];
    const immediateBytes = t[from + IMMEDIATE_BYTES];
    const displacementBytes = t[from + DISPLACEMENT_BYTES];
    let p = at + length - immediateBytes - displacementBytes;
    if (displacementBytes) {
      const value = displacementBytes === 1 ? (bytes[p] << 24) >> 24 : int32(bytes, p);
      put(words, to + WORD.displacement, flags & RIP_RELATIVE ? pc + length + value : value);
      p += displacementBytes;
    }
    if (immediateBytes === 8) {
      words[to + WORD.immediate] = int32(bytes, p);
      words[to + WORD.immediate + 1] = int32(bytes, p + 4);
    } else if (immediateBytes) {
      let value =
        immediateBytes === 4 ? int32(bytes, p) : immediateBytes === 2 ? bytes[p] | (bytes[p + 1] << 8) : bytes[p];
      if (immediateBytes < 4 && flags & SIGNED)
        value = immediateBytes === 2 ? (value << 16) >> 16 : (value << 24) >> 24;
      put(words, to + WORD.immediate, flags & RELATIVE ? pc + length + value : value);
    }
    put(words, to + WORD.pc, pc);
  }

  /** Takes the record at `words[from]` as the template of what has the same head, if more than the numbers cannot differ. */
  learn(bytes: Uint8Array, at: number, insn: Insn, ends: boolean, words: Int32Array, from: number): void {
    const memory = insn.operands.find(o => o.is === 'mem');
    const numbers = insn.operands.filter(o => o.is === 'imm' || o.is === 'rel');
    const displacementBytes = memory?.is === 'mem' ? memory.dispBytes : 0;
    const immediateBytes = insn.length - insn.head - displacementBytes;
    const plain =
      insn.addressWidth === 8 &&
      !insn.evex &&
      displacementBytes !== 8 &&
      (immediateBytes === 0 || (numbers.length === 1 && [1, 2, 4, 8].includes(immediateBytes)));
    if (!plain) return;
    const relative = numbers[0]?.is === 'rel';
    let flags = ends ? ENDS : 0;
    if (memory?.is === 'mem' && memory.ripRelative) flags |= RIP_RELATIVE;
    if (relative) flags |= RELATIVE | SIGNED;
    else if (immediateBytes) {
      // Whether it extends by its sign is the operand code's affair: an example tells.
      const example = new Uint8Array(32);
      example.set(bytes.subarray(at, at + insn.length));
      example.fill(0xff, insn.length - immediateBytes, insn.length);
      const twin = decode(example, 0, insn.address);
      const operand = 'form' in twin ? twin.operands.find(o => o.is === 'imm') : undefined;
      if (operand?.is !== 'imm') return;
      if (operand.value === -1n) flags |= SIGNED;
      // Four bytes extend by their sign; what does not is no number of this kind.
      if (immediateBytes === 4 && !(flags & SIGNED)) return;
    }
    if (!this.#plant(bytes, at, at + insn.head)) return;
    if ((this.#count + 1) * TEMPLATE_WORDS > this.#templates.length) this.#templates = grown(this.#templates);
    const t = this.#count++ * TEMPLATE_WORDS;
    this.#templates[t + LENGTH] = insn.length;
    this.#templates[t + DISPLACEMENT_BYTES] = displacementBytes;
    this.#templates[t + IMMEDIATE_BYTES] = immediateBytes;
    this.#templates[t + FLAGS] = flags;
    this.#templates.set(words.subarray(from, from + RECORD_WORDS), t + TEMPLATE_WORDS - RECORD_WORDS);
  }

  /** Leads these bytes to the next template; false where there is no place for them. */
  #plant(bytes: Uint8Array, from: number, to: number): boolean {
    if (this.#nodes + to - from > MOST_NODES) return false;
    let node = 0;
    for (let p = from; p < to - 1; p++) {
      let next = this.#trie[(node << 8) | bytes[p]];
      if (next < 0) return false;
      if (next === 0) {
        next = this.#nodes++;
        if (this.#nodes << 8 > this.#trie.length) this.#trie = grown(this.#trie);
        this.#trie[(node << 8) | bytes[p]] = next;
      }
      node = next;
    }
    const last = (node << 8) | bytes[to - 1];
    if (this.#trie[last] !== 0) return false;
    this.#trie[last] = ~this.#count;
    return true;
  }
}

function grown(old: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const next = new Int32Array(old.length * 2);
  next.set(old);
  return next;
}

const int32 = (b: Uint8Array, p: number): number => b[p] | (b[p + 1] << 8) | (b[p + 2] << 16) | (b[p + 3] << 24);

/** An integer below 2^53 in size as 64 bits. */
function put(words: Int32Array, at: number, value: number): void {
  words[at] = value | 0;
  words[at + 1] = Math.floor(value / 2 ** 32) | 0;
}
