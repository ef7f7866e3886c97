/** Signature help: the parameters of a macro that is being called, and what an instruction takes, as far as the tables know. */
import type { Position, SignatureHelp, SignatureInformation } from 'vscode-languageserver';
import { KIND_WORDS } from '../check/kinds.ts';
import { patternsFor } from '../check/patterns.ts';
import { assemblerOf } from '../syntax/assembler.ts';
import type { AssemblyFile } from '../syntax/file.ts';
import { modelOf } from '../syntax/model.ts';
import { offsetAt } from '../syntax/tree.ts';
import { mainTarget } from './go-side.ts';

/** More than these would not be read. */
const MOST = 8;

export function signatureHelp(file: AssemblyFile, position: Position): SignatureHelp | null {
  const { source } = file;
  const before = source.text.slice(source.lineStarts[position.line], offsetAt(source, position));
  const call = /([\p{L}_·∕][\p{L}\p{N}_·∕]*)\(([^()]*(?:\([^()]*\)[^()]*)*)$/u.exec(before);
  const macro = call && modelOf(file).macros.get(call[1]);
  if (call && macro?.parameters) {
    const names = macro.parameters.map(at => source.tokens[at].text);
    return {
      signatures: [{ label: `${call[1]}(${names.join(', ')})`, parameters: names.map(label => ({ label })) }],
      activeSignature: 0,
      activeParameter: commas(call[2]),
    };
  }
  const target = mainTarget(file);
  const statement = before.replace(/^.*;/, '').replace(/^\s*[\p{L}_·∕][\p{L}\p{N}_·∕]*:/u, '');
  const [, word, rest] = /^\s*([A-Z][A-Za-z0-9]*)(?:\.\w+)*\s+(.*)$/s.exec(statement) ?? [];
  if (word === undefined || !target) return null;
  const patterns = [...(patternsFor(assemblerOf(target.architecture), word) ?? [])].filter(pattern => pattern !== '');
  if (patterns.length === 0) return null;
  const active = commas(rest);
  const signatures = merged(patterns)
    .map((slots): SignatureInformation => {
      const labels = slots.map(kinds => [...kinds].map(kind => KIND_WORDS[kind] ?? kind).join('/'));
      return { label: `${word} ${labels.join(', ')}`, parameters: labels.map(label => ({ label })) };
    })
    .slice(0, MOST);
  const fitting = signatures.findIndex(({ parameters }) => (parameters?.length ?? 0) > active);
  return { signatures, activeSignature: Math.max(0, fitting), activeParameter: active };
}

/** Words of kinds that differ in one place only are one: `rr` and `ir` are `{r,i} r`. */
function merged(patterns: readonly string[]): string[][] {
  let rows: string[][] = [...patterns]
    .sort((a, b) => a.length - b.length || a.localeCompare(b))
    .map(pattern => [...pattern]);
  for (let changed = true; changed; ) {
    changed = false;
    for (let a = 0; a < rows.length && !changed; a++) {
      for (let b = a + 1; b < rows.length && !changed; b++) {
        if (rows[a].length !== rows[b].length) continue;
        const differing = rows[a].flatMap((kinds, at) => (kinds === rows[b][at] ? [] : [at]));
        if (differing.length !== 1) continue;
        const [at] = differing;
        rows[a] = rows[a].with(at, [...new Set(rows[a][at] + rows[b][at])].sort().join(''));
        rows = rows.toSpliced(b, 1);
        changed = true;
      }
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
