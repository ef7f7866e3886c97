/**
 * What statements come to, kept by their text: a file has few different ones, many times, and the next keystroke changes one
 * of them. They hold as long as the assembler is the same and the same names are constants of unknown value.
 */
import type { Assembler } from '../syntax/assembler.ts';
import type { Operand } from '../syntax/cursor.ts';
import type { Expansion, Fix } from '../syntax/preprocess.ts';

/** What is wrong with a statement, from a token of it up to another. */
export interface Complaint {
  readonly message: string;
  readonly from: number;
  readonly to: number;
  readonly fix?: Fix;
  /** The assembler looks only at instructions of functions for it. */
  readonly inFunction?: boolean;
}

/** What an instruction's text comes to, wherever it stands. All places count from its first token. */
export interface Reading {
  readonly word: string;
  readonly suffix: string;
  readonly operands: readonly Operand[];
  readonly complaint?: Complaint;
  /** The label that it jumps to. */
  readonly target?: { readonly label: string; readonly at: number };
}

export interface Readings {
  readonly statements: Map<string, Reading>;
  readonly operands: Map<string, Operand>;
}

const readings = new Map<string, Readings>();
const MOST_READINGS = 60_000;
const MOST_CONTEXTS = 12;

export function readingsFor(
  { macros, constantsOpen }: Expansion,
  { architecture }: Assembler,
  allowAbi: boolean,
): Readings {
  // Where any name may be a constant, nothing is known beyond this text.
  if (constantsOpen) return { statements: new Map(), operands: new Map() };
  let key = `${architecture} ${allowAbi}`;
  for (const { name, opaque } of macros.values()) if (opaque) key += ` ${name}`;
  const known = readings.get(key);
  if (known && known.statements.size < MOST_READINGS) return known;
  if (readings.size >= MOST_CONTEXTS) readings.clear();
  const made = { statements: new Map(), operands: new Map() };
  readings.set(key, made);
  return made;
}
