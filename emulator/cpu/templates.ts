/**
 * Decoding by what was decoded before. Of an instruction's bytes the *head* (prefixes, opcode, ModRM, SIB) decides
 * everything but the numbers of a displacement and an immediate behind it, and a program of 20,000 instructions has some
 * 2,000 heads. So a head is decoded once, and the record that was made of it serves as the template of all others
 * (`decoder.ts`). Most heads of most programs are known from the beginning: a bundle brings their templates.
 */
import { decode } from '../isa/x64/decode.ts';
import type { Insn } from '../isa/x64/row.ts';
import { FIELD, TEMPLATE, TEMPLATES, TRIE, TRIE_END, TRIE_NODE } from './layout.ts';

/** Nobody's program has so many heads; whoever plays with prefixes gets no more memory for it. */
const MOST_NODES = (TRIE_END - TRIE) / TRIE_NODE;
const MOST_TEMPLATES = Math.floor((TRIE - TEMPLATES) / TEMPLATE.size);

/** Templates as a bundle carries them. */
export interface TemplateList {
  /** Entries of the trie that are not 0, by number, one behind the other with what is in them. */
  readonly trie: Int32Array;
  readonly templates: Int32Array;
}

export interface Templates {
  /**
   * Takes the record at the linear offset `record` as the template of what has the same head, if more than the numbers
   * cannot differ; says whether it did. `bytes[at]` is where the instruction was decoded from; `ends`: nothing follows it
   * in a straight line.
   */
  learn(bytes: Uint8Array, at: number, insn: Insn, ends: boolean, record: number): boolean;
  /** Everything learned, to be given to others. */
  list(): TemplateList;
}

/** The templates in an engine's memory, with those of a list to begin with. */
export function createTemplates(memory: ArrayBufferLike, known?: TemplateList): Templates {
  const words = new Int32Array(memory);
  const trie = new Int32Array(memory, TRIE, (TRIE_END - TRIE) / 4);
  const templates = new Int32Array(memory, TEMPLATES, (MOST_TEMPLATES * TEMPLATE.size) / 4);
  let nodes = 1;
  let count = 0;
  if (known) {
    for (let i = 0; i < known.trie.length; i += 2) {
      const entry = known.trie[i + 1];
      trie[known.trie[i]] = entry;
      if (entry >= nodes) nodes = entry + 1;
    }
    templates.set(known.templates);
    count = (known.templates.length * 4) / TEMPLATE.size;
  }

  /** Leads these bytes to the next template; false where there is no place for them. */
  function plant(bytes: Uint8Array, from: number, to: number): boolean {
    if (nodes + to - from > MOST_NODES || count >= MOST_TEMPLATES) return false;
    let node = 0;
    for (let p = from; p < to - 1; p++) {
      let next = trie[(node << 8) | bytes[p]];
      if (next < 0) return false;
      if (next === 0) {
        next = nodes++;
        trie[(node << 8) | bytes[p]] = next;
      }
      node = next;
    }
    const last = (node << 8) | bytes[to - 1];
    if (trie[last] !== 0) return false;
    trie[last] = ~count;
    return true;
  }

  return {
    learn(bytes, at, insn, ends, record) {
      const memoryOperand = insn.operands.find(o => o.is === 'mem');
      const numbers = insn.operands.filter(o => o.is === 'imm' || o.is === 'rel');
      const displacementBytes = memoryOperand?.is === 'mem' ? memoryOperand.dispBytes : 0;
      const immediateBytes = insn.length - insn.head - displacementBytes;
      const from = record >>> 2;
      const immediate = words[from + FIELD.immediate / 4];
      const plain =
        insn.addressWidth === 8 &&
        !insn.evex &&
        displacementBytes !== 8 &&
        (displacementBytes !== 0 ||
          (words[from + FIELD.displacement / 4] | words[from + FIELD.displacement / 4 + 1]) === 0) &&
        (immediateBytes === 0
          ? words[from + FIELD.immediate / 4 + 1] === immediate >> 31
          : numbers.length === 1 && [1, 2, 4, 8].includes(immediateBytes));
      if (!plain) return false;
      let flags = ends ? TEMPLATE.ends : 0;
      if (memoryOperand?.is === 'mem' && memoryOperand.ripRelative) flags |= TEMPLATE.ripRelative;
      if (numbers[0]?.is === 'rel') flags |= TEMPLATE.relative | TEMPLATE.signed;
      else if (immediateBytes) {
        // Whether it extends by its sign is the operand code's affair: an example tells.
        const example = new Uint8Array(32);
        example.set(bytes.subarray(at, at + insn.length));
        example.fill(0xff, insn.length - immediateBytes, insn.length);
        const twin = decode(example, 0, insn.address);
        const operand = 'form' in twin ? twin.operands.find(o => o.is === 'imm') : undefined;
        if (operand?.is !== 'imm') return false;
        if (operand.value === -1n) flags |= TEMPLATE.signed;
        // Four bytes extend by their sign; what does not is no number of this kind.
        if (immediateBytes === 4 && !(flags & TEMPLATE.signed)) return false;
      }
      if (!plant(bytes, at, at + insn.head)) return false;
      const to = (count++ * TEMPLATE.size) / 4;
      templates[to] =
        insn.length |
        (displacementBytes << TEMPLATE.displacementShift) |
        (immediateBytes << TEMPLATE.immediateShift) |
        (flags << TEMPLATE.flagsShift);
      for (let i = 0; i < 4; i++) templates[to + TEMPLATE.record / 4 + i] = words[from + i];
      templates[to + TEMPLATE.immediate / 4] = immediateBytes === 0 ? immediate : 0;
      return true;
    },
    list() {
      const entries: number[] = [];
      for (let i = 0; i < nodes << 8; i++) if (trie[i] !== 0) entries.push(i, trie[i]);
      return { trie: new Int32Array(entries), templates: templates.slice(0, (count * TEMPLATE.size) / 4) };
    },
  };
}
