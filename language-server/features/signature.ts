/** Signature help: the parameters of a macro that is being called, and what an instruction takes, as far as the tables know. */
import type { Position, SignatureHelp, SignatureInformation } from 'vscode-languageserver';
import { KIND_WORDS } from '../check/kinds.ts';
import { patternsFor } from '../check/patterns.ts';
import { type Assembler, assemblerOf } from '../syntax/assembler.ts';
import type { AssemblyFile } from '../syntax/file.ts';
import { offsetAt, placeAt } from '../syntax/tree.ts';
import type { World } from '../workspace.ts';
import { mainTarget } from './go-side.ts';
import { macrosOf } from './macros.ts';

/** What is open at the end: a name, and behind its parenthesis what is closed. */
const CALL = /([\p{L}_\xb7\u2215][\p{L}\p{N}_\xb7\u2215]*)\(([^()]*(?:\([^()]*\)[^()]*)*)$/u;

/** More than these would not be read. */
const MOST = 8;

export function signatureHelp(world: World, file: AssemblyFile, position: Position): SignatureHelp | null {
  const { source } = file;
  const place = placeAt(source, offsetAt(source, position));
  if (place.is !== 'operand' || place.word === '') return null;
  const { word, index: active, written } = place;
  // The call may be the statement, or be in an operand of it.
  const call = CALL.exec(written.startsWith('(') ? word + written : written);
  const macro = call && macrosOf(world, file).get(call[1]);
  if (call && macro?.parameters) {
    const names = macro.parameters;
    return {
      signatures: [{ label: `${call[1]}(${names.join(', ')})`, parameters: names.map(label => ({ label })) }],
      activeSignature: 0,
      activeParameter: commas(call[2]),
    };
  }
  const target = mainTarget(file);
  if (!target) return null;
  const slots = slotsOf(assemblerOf(target.architecture), word);
  if (slots.length === 0) return null;
  const signatures = slots
    .map((row): SignatureInformation => {
      const labels = row.map(kinds => [...kinds].map(kind => KIND_WORDS[kind] ?? kind).join('/'));
      return { label: `${word} ${labels.join(', ')}`, parameters: labels.map(label => ({ label })) };
    })
    .slice(0, MOST);
  const fitting = signatures.findIndex(({ parameters }) => (parameters?.length ?? 0) > active);
  return { signatures, activeSignature: Math.max(0, fitting), activeParameter: active };
}

const known = new Map<string, readonly string[][]>();

/** The operands that an instruction takes, place by place; asked at every key, so kept. */
function slotsOf(assembler: Assembler, word: string): readonly string[][] {
  const key = `${assembler.family} ${word}`;
  const made = known.get(key) ?? merged([...(patternsFor(assembler, word) ?? [])].filter(pattern => pattern !== ''));
  known.set(key, made);
  return made;
}

/** Words of kinds that differ in one place only are one: `rr` and `ir` are `{r,i} r`. */
export function merged(patterns: readonly string[]): string[][] {
  const most = Math.max(0, ...patterns.map(({ length }) => length));
  let rows = [...patterns].sort((a, b) => a.length - b.length || a.localeCompare(b)).map(pattern => [...pattern]);
  for (let before = -1; before !== rows.length; ) {
    before = rows.length;
    for (let at = 0; at < most; at++) {
      const alike = new Map<string, string[]>();
      for (const row of rows) {
        const key = row.with(Math.min(at, row.length - 1), '').join(',');
        const other = at < row.length ? alike.get(key) : undefined;
        if (other) other[at] = [...new Set(other[at] + row[at])].sort().join('');
        else alike.set(at < row.length ? key : row.join(','), row);
      }
      rows = [...alike.values()];
    }
  }
  return rows;
}

function commas(text: string): number {
  let nesting = 0;
  let count = 0;
  for (const char of text) {
    if (char === '(' || char === '[') nesting++;
    else if (char === ')' || char === ']') nesting--;
    else if (char === ',' && nesting === 0) count++;
  }
  return count;
}
