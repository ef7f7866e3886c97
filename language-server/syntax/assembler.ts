/**
 * What Go's assembler knows of an architecture: instructions, jumps, registers. The table is asked of the assembler itself
 * by `npm run grammar` and holds for the version it names.
 */
import generated from '../assembler.generated.json' with { type: 'json' };
import type { Architecture } from './architecture.ts';

/** The generated file. Lists are words separated by blanks. */
export interface AssemblerTable {
  go: string;
  tables: {
    architectures: string[];
    pointerSize: number;
    instructions: string;
    jumps: string;
    registers: string;
    /** R(10): the largest number by prefix. */
    numbered: Record<string, number>;
    special: string;
    /** Of Go: on where nobody chose. */
    experiments: string;
  }[];
}

/** Architectures whose operands are written the same way (cmd/internal/sys, ArchFamily). */
export type Family =
  | '386'
  | 'amd64'
  | 'arm'
  | 'arm64'
  | 'loong64'
  | 'mips'
  | 'mips64'
  | 'ppc64'
  | 'riscv64'
  | 's390x'
  | 'wasm';

export interface Assembler {
  readonly architecture: Architecture;
  readonly family: Family;
  /** Bytes. */
  readonly pointerSize: number;
  readonly instructions: ReadonlySet<string>;
  /** Instructions whose last operand is a branch's target, or a label. */
  readonly jumps: ReadonlySet<string>;
  readonly registers: ReadonlySet<string>;
  readonly numbered: ReadonlyMap<string, number>;
  /** Operands that are words: conditions, barriers, control registers. */
  readonly special: ReadonlySet<string>;
  /** Go's experiments that are on where nobody chose; the assembler defines GOEXPERIMENT_name for each. */
  readonly experiments: ReadonlySet<string>;
}

const made = new Map<Architecture, Assembler>();
const words = (text: string) => new Set(text.split(' ').filter(Boolean));

export function assemblerOf(architecture: Architecture): Assembler {
  const known = made.get(architecture);
  if (known) return known;
  const table = (generated as AssemblerTable).tables.find(({ architectures }) => architectures.includes(architecture));
  if (!table) throw new Error(`no table for ${architecture}`);
  const assembler: Assembler = {
    architecture,
    family: (architecture === 'mipsle' ? 'mips' : architecture.replace(/le$/, '')) as Family,
    pointerSize: table.pointerSize,
    instructions: words(table.instructions),
    jumps: words(table.jumps),
    registers: words(table.registers),
    numbered: new Map(Object.entries(table.numbered)),
    special: words(table.special),
    experiments: words(table.experiments),
  };
  made.set(architecture, assembler);
  return assembler;
}
