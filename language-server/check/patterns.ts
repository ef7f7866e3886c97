/** Which operands each instruction takes, as the generated table has it, in the letters of `kinds.ts`. */
import generated from '../patterns.generated.json' with { type: 'json' };
import type { Assembler } from '../syntax/assembler.ts';

/** The generated file. Words are separated by blanks; `i[or]` stands for `io` and `ir`, `-` for no operand at all. */
export interface PatternTable {
  go: string;
  tables: { architecture: string; sets: Record<string, string> }[];
}

/** Words of kinds, written as few: what differs in one place only is one word, as often as that goes. */
export function compacted(words: readonly string[]): string {
  let list = words.map(word => [...word]);
  const longest = Math.max(0, ...list.map(word => word.length));
  for (let at = longest - 1; at >= 0; at--) {
    const alike = new Map<string, string[]>();
    for (const word of list) {
      const key = word.map((kinds, index) => (index === at ? '' : kinds)).join(' ');
      const known = at < word.length ? alike.get(key) : undefined;
      if (known) known[at] = [...known[at], ...word[at]].sort().join('');
      else alike.set(at < word.length ? key : `${key} whole`, [...word]);
    }
    list = [...alike.values()];
  }
  const written = list.map(word => word.map(kinds => (kinds.length > 1 ? `[${kinds}]` : kinds)).join(''));
  return written
    .map(word => word || '-')
    .sort()
    .join(' ');
}

/** The words that `compacted` was given, in any order. */
export function expanded(text: string): string[] {
  return text.split(' ').flatMap(word => {
    if (word === '-') return [''];
    let list = [''];
    for (const [part] of word.matchAll(/\[[^\]]*\]|./g)) {
      const kinds = [...part.replace(/[[\]]/g, '')];
      list = list.flatMap(start => kinds.map(kind => start + kind));
    }
    return list;
  });
}

const made = new Map<string, ReadonlyMap<string, ReadonlySet<string>>>();

function tableOf(family: string): ReadonlyMap<string, ReadonlySet<string>> {
  const known = made.get(family);
  if (known) return known;
  const table = new Map<string, ReadonlySet<string>>();
  const found = (generated as unknown as PatternTable).tables.find(({ architecture }) => architecture === family);
  for (const [words, patterns] of Object.entries(found?.sets ?? {})) {
    const set = new Set(expanded(patterns));
    for (const word of words.split(' ')) table.set(word, set);
  }
  made.set(family, table);
  return table;
}

/** Whether an instruction takes operands of these kinds; true where nothing is known of it. */
export function takes(assembler: Assembler, instruction: string, pattern: string): boolean {
  const patterns = patternsFor(assembler, instruction);
  if (!patterns || patterns.has(pattern)) return true;
  // The encoders do not look at the star of `*8(R4)`.
  if (pattern.includes('J') && patterns.has(pattern.replace('J', 'o'))) return true;
  // On x86 a bare number may be an address like any other.
  const isX86 = assembler.family === 'amd64' || assembler.family === '386';
  return isX86 && patterns.has(pattern.replaceAll('c', 'o'));
}

/** Undefined where nothing is known of an instruction. */
export function patternsFor({ family }: Assembler, instruction: string): ReadonlySet<string> | undefined {
  return tableOf(family === '386' ? 'amd64' : family).get(instruction);
}
