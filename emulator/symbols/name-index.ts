/**
 * Names are looked up in two ways: a few by a look through the table, which compares bytes and decodes nothing; many by
 * an index, which takes as long to make as some dozens of such looks. A program that stops at main asks for a few.
 */

export interface NameIndex<T> {
  /** All that have this name, in the table's order. */
  named(name: string): readonly T[];
  /** Everything by its name. */
  all(): ReadonlyMap<string, readonly T[]>;
}

/** So many names are looked for before the index is made. */
const LOOKS = 32;

/** `look` finds one name without an index, `entries` are all with their names. */
export function openNameIndex<T>(look: (name: string) => T[], entries: () => Iterable<[string, T]>): NameIndex<T> {
  let index: Map<string, T[]> | undefined;
  const found = new Map<string, T[]>();
  const all = (): Map<string, T[]> => {
    if (!index) {
      index = new Map();
      for (const [name, entry] of entries()) {
        const list = index.get(name);
        if (list) list.push(entry);
        else index.set(name, [entry]);
      }
    }
    return index;
  };
  return {
    all,
    named(name) {
      if (index || found.size >= LOOKS) return all().get(name) ?? [];
      let list = found.get(name);
      if (!list) found.set(name, (list = look(name)));
      return list;
    },
  };
}
