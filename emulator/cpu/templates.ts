/**
 * Decoding by templates (`decoder.ts`): records of which only some fields are to be filled in. A trie over an
 * instruction's bytes leads to them. Those of *opcodes* are made ahead, for bundles (`opcode-templates.ts`): registers
 * and the memory operand are filled in from REX, ModRM and SIB. What they leave out, and everything where there are
 * none, is learned: of an instruction's bytes the *head* (prefixes, opcode, ModRM, SIB) decides everything but the
 * numbers of a displacement and an immediate behind it, and a program of 20,000 instructions has some 2,000 heads.
 */
import { decode } from '../isa/x64/decode.ts';
import type { Insn } from '../isa/x64/row.ts';
import { FIELD, REX_EDGE, TEMPLATE, TEMPLATES, TRIE, TRIE_END, TRIE_NODE } from './layout.ts';

/** Nobody's program has so many heads; whoever plays with prefixes gets no more memory for it. */
const MOST_NODES = (TRIE_END - TRIE) / TRIE_NODE;
const WORDS = TEMPLATE.size / 4;
const MOST_TEMPLATES = Math.floor((TRIE - TEMPLATES) / TEMPLATE.size);

/** The length in a record's first word: decoding puts it there. */
export const LENGTH = 0xff << (8 * FIELD.length);

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
  /** Templates one behind the other, for what begins with these bytes; false where there is no place for them. */
  plant(path: readonly Step[], templates: readonly Int32Array[]): boolean;
  /** Everything there is, to be given to others. */
  list(): TemplateList;
}

/** An instruction, whether nothing follows it in a straight line, and the words of its record before the pc. */
export interface Example {
  readonly insn: Insn;
  readonly ends: boolean;
  readonly record: Int32Array;
}

/** A byte on the way to templates; a REX prefix is followed with any of its lower three bits. */
export interface Step {
  byte: number;
  isRex: boolean;
}

/** A way that takes every byte as it is. */
export const stepsOf = (bytes: Iterable<number>): Step[] => Array.from(bytes, byte => ({ byte, isRex: false }));

/** The templates in an engine's memory, with those of a list to begin with. */
export function createTemplates(memory: ArrayBufferLike, known?: TemplateList): Templates {
  const words = new Int32Array(memory);
  const trie = new Int32Array(memory, TRIE, (TRIE_END - TRIE) / 4);
  const templates = new Int32Array(memory, TEMPLATES, MOST_TEMPLATES * WORDS);
  let nodes = 1;
  let count = 0;
  /** Where opcodes' templates are: many differ in prefixes only, and have the same. */
  const planted = new Map<string, number>();
  // The memory may have been another engine's.
  const clear = (node: number): number => {
    trie.fill(0, node << 8, (node + 1) << 8);
    return node;
  };
  clear(0);
  if (known) {
    for (let i = 0; i < known.trie.length; i += 2) {
      const entry = known.trie[i + 1];
      while (entry > 0 && nodes <= (entry & ~REX_EDGE)) clear(nodes++);
      trie[known.trie[i]] = entry;
    }
    templates.set(known.templates);
    count = known.templates.length / WORDS;
  }

  function plant(path: readonly Step[], list: readonly Int32Array[]): boolean {
    if (nodes + path.length > MOST_NODES || count + list.length > MOST_TEMPLATES) return false;
    let node = 0;
    for (const { byte, isRex } of path.slice(0, -1)) {
      const entry = trie[(node << 8) | byte];
      // Which registers a REX prefix chooses is not to be seen behind such an entry.
      if (entry < 0 || (entry !== 0 && ((entry & REX_EDGE) !== 0) !== isRex)) return false;
      const next = entry === 0 ? clear(nodes++) : entry & ~REX_EDGE;
      if (isRex) trie.fill(next | REX_EDGE, (node << 8) | byte, ((node << 8) | byte) + 8);
      else trie[(node << 8) | byte] = next;
      node = next;
    }
    const last = (node << 8) | path[path.length - 1].byte;
    if (trie[last] !== 0) return false;
    const key = list.length > 1 ? list.join() : undefined;
    const same = key && planted.get(key);
    trie[last] = ~(same ?? count);
    if (same !== undefined) return true;
    if (key) planted.set(key, count);
    for (const template of list) templates.set(template, count++ * WORDS);
    return true;
  }

  return {
    plant,
    learn(bytes, at, insn, ends, record) {
      const from = record >>> 2;
      const template = templateOf(
        bytes.subarray(at, at + insn.length),
        insn,
        ends,
        words.subarray(from, from + FIELD.pc / 4),
      );
      if (!template) return false;
      return plant(stepsOf(bytes.subarray(at, at + insn.head)), [template]);
    },
    list() {
      const entries: number[] = [];
      for (let i = 0; i < nodes << 8; i++) if (trie[i] !== 0) entries.push(i, trie[i]);
      return { trie: new Int32Array(entries), templates: templates.slice(0, count * WORDS) };
    },
  };
}

/** A template of this instruction's record, or undefined when more than the numbers behind the head could differ. */
export function templateOf(
  bytes: Uint8Array,
  insn: Insn,
  ends: boolean,
  record: ArrayLike<number>,
): Int32Array | undefined {
  const memory = insn.operands.find(o => o.is === 'mem');
  const numbers = insn.operands.filter(o => o.is === 'imm' || o.is === 'rel');
  const displacementBytes = memory?.is === 'mem' ? memory.dispBytes : 0;
  const immediateBytes = insn.length - insn.head - displacementBytes;
  const displacement = FIELD.displacement / 4;
  const immediate = FIELD.immediate / 4;
  const plain =
    insn.addressWidth === 8 &&
    !insn.evex &&
    displacementBytes !== 8 &&
    (displacementBytes !== 0 || (record[displacement] | record[displacement + 1]) === 0) &&
    (immediateBytes === 0
      ? record[immediate + 1] === record[immediate] >> 31
      : numbers.length === 1 && [1, 2, 4, 8].includes(immediateBytes));
  if (!plain) return undefined;
  let flags: number = TEMPLATE.present;
  if (ends) flags |= TEMPLATE.ends;
  if (memory?.is === 'mem' && memory.ripRelative) flags |= TEMPLATE.ripRelative;
  if (numbers[0]?.is === 'rel') flags |= TEMPLATE.relative | TEMPLATE.signed;
  else if (immediateBytes) {
    // Whether it extends by its sign is the operand code's affair: an example tells.
    const example = new Uint8Array(32);
    example.set(bytes.subarray(0, insn.length));
    example.fill(0xff, insn.length - immediateBytes, insn.length);
    const twin = decode(example, 0, insn.address);
    const operand = 'form' in twin ? twin.operands.find(o => o.is === 'imm') : undefined;
    if (operand?.is !== 'imm') return undefined;
    if (operand.value === -1n) flags |= TEMPLATE.signed;
    // Four bytes extend by their sign; what does not is no number of this kind.
    if (immediateBytes === 4 && !(flags & TEMPLATE.signed)) return undefined;
  }
  const template = new Int32Array(WORDS);
  template[0] = flags | (displacementBytes << TEMPLATE.displacementShift) | (immediateBytes << TEMPLATE.immediateShift);
  for (let i = 0; i < 4; i++) template[TEMPLATE.record / 4 + i] = record[i];
  template[TEMPLATE.record / 4] &= ~LENGTH;
  template[TEMPLATE.immediate / 4] = immediateBytes === 0 ? record[immediate] : 0;
  return template;
}
