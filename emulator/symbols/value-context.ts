/** What the formatter of values (abi/go-values.ts) may ask of a program and its memory. */
import type { ViewMemory } from '../abi/arch.ts';
import type { ValueContext } from '../abi/go-values.ts';
import { channelContent, mapEntries, mapLength } from './go-containers.ts';
import type { Program } from './program.ts';
import { dynamicType } from './runtime-types.ts';

/** A name for an address only where it helps: in the program's own image. */
export function nearSymbol(program: Program, address: number): { name: string; offset: number } | undefined {
  const symbol = program.symbolAt(address);
  // The linker's marks (runtime.rodata, type:*) have no size and begin what has names of its own, or none.
  if (!symbol || /^runtime\.e?(text|types|rodata|gc|data|bss|noptr)|\*$/.test(symbol.name)) return undefined;
  return symbol.offset === 0 || symbol.offset < (program.symbolNamed(symbol.name)?.size ?? 0) ? symbol : undefined;
}

export function valueContext(program: Program, memory: ViewMemory): ValueContext {
  return {
    memory,
    symbolAt: address => nearSymbol(program, address),
    dynamicType: (first, isItab) => dynamicType(program, memory, first, isItab),
    mapEntries(type, pointer, limit) {
      const count = mapLength(memory, pointer);
      if (count === undefined || !type.header?.()) return undefined;
      const entries = [];
      for (const entry of mapEntries(memory, type, pointer)) {
        if (entries.length >= limit) break;
        entries.push(entry);
      }
      return { count, entries };
    },
    channelItems(type, pointer, limit) {
      const content = channelContent(memory, type, pointer);
      return content && { ...content, items: content.items(0, limit) };
    },
  };
}
