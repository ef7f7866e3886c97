/**
 * From a source line to the addresses where to stop for it: which of the program's files a path means, which line near
 * the one asked for has code, and one address for each place where that code is.
 */
import type { DebugInfo } from './dwarf/debug-info.ts';
import type { Pclntab } from './pclntab.ts';
import type { LineBreakpoint } from './program.ts';
import { matchSourceFile, normalise } from './source-path.ts';

export interface SourceLines {
  files(): string[];
  match(path: string): string[];
  pcsForLine(path: string, line: number): LineBreakpoint | undefined;
  linesWithCode(path: string): number[];
}

export interface SourceLinesContext {
  readonly pcln: Pclntab | undefined;
  dwarf(): DebugInfo | undefined;
  /** Path of the main module. */
  readonly home: string | undefined;
  /** A guest's address for a link-time one. */
  toGuest(address: number): number;
  /**
   * Which activation an address belongs to (a function, or one place where it was inlined), and where to stop in it
   * when it is its first. Undefined outside functions.
   */
  place(address: number): { key: string; address: number } | undefined;
}

export function openSourceLines(context: SourceLinesContext): SourceLines {
  const { pcln, home } = context;
  let list: string[] | undefined;
  let dwarfNames: Map<string, string[]> | undefined;
  /** DWARF's own spellings by normalised path. */
  const dwarfFiles = (): Map<string, string[]> => {
    if (!dwarfNames) {
      dwarfNames = new Map();
      for (const name of context.dwarf()?.files() ?? []) {
        const key = normalise(name);
        const spellings = dwarfNames.get(key);
        if (spellings) spellings.push(name);
        else dwarfNames.set(key, [name]);
      }
    }
    return dwarfNames;
  };
  const files = (): string[] => {
    list ??= [...new Set([...(pcln?.files() ?? []), ...dwarfFiles().keys()])].filter(
      f => f !== '' && !f.startsWith('<'),
    );
    return list;
  };

  /** Statement addresses (link-time) by line. */
  const statements = new Map<string, Map<number, number[]>>();
  function statementsOf(file: string): Map<number, number[]> {
    const known = statements.get(file);
    if (known) return known;
    const merged = new Map<number, number[]>();
    for (const name of dwarfFiles().get(file) ?? []) {
      for (const [line, addresses] of context.dwarf()!.statementsOf(name)) {
        merged.set(line, [...(merged.get(line) ?? []), ...addresses]);
      }
    }
    if (merged.size === 0 && pcln) {
      for (let i = 0; i < pcln.count; i++) {
        for (const row of pcln.rows(pcln.function(i))) {
          if (row.file !== file) continue;
          const known = merged.get(row.line);
          if (known) known.push(row.from);
          else merged.set(row.line, [row.from]);
        }
      }
    }
    statements.set(file, merged);
    return merged;
  }

  const match = (path: string): string[] => matchSourceFile(files(), path, home);

  function pcsForLine(path: string, line: number): LineBreakpoint | undefined {
    for (const file of match(path)) {
      const byLine = statementsOf(file);
      let found = Number.POSITIVE_INFINITY;
      for (const candidate of byLine.keys()) if (candidate >= line && candidate < found) found = candidate;
      const addresses = byLine.get(found);
      if (addresses) return { file, line: found, addresses: breakpointAddresses(addresses) };
    }
    return undefined;
  }

  /** One address for each function, and for each place it is inlined into: the lowest, moved behind a prologue. */
  function breakpointAddresses(linked: readonly number[]): number[] {
    const first = new Map<string, number>();
    for (const address of [...linked].sort((a, b) => a - b)) {
      const place = context.place(context.toGuest(address));
      if (place && !first.has(place.key)) first.set(place.key, place.address);
    }
    return [...new Set(first.values())].sort((a, b) => a - b);
  }

  return {
    files,
    match,
    pcsForLine,
    linesWithCode: path => [...new Set(match(path).flatMap(f => [...statementsOf(f).keys()]))].sort((a, b) => a - b),
  };
}
