/** Quick fixes for what is reported, and the other half of a function: assembly for a Go declaration and back. */
import {
  type CodeAction,
  CodeActionKind,
  type Diagnostic,
  type Position,
  type Range,
  type TextEdit,
} from 'vscode-languageserver';
import { assemblerOf } from '../syntax/assembler.ts';
import type { AssemblyFile } from '../syntax/file.ts';
import { type FunctionText, modelOf } from '../syntax/model.ts';
import type { Fix } from '../syntax/preprocess.ts';
import { offsetAt, positionAt } from '../syntax/tree.ts';
import { folderOf, nameOf } from '../uri.ts';
import { goFilesIn, localName, type World } from '../workspace.ts';
import { goSideOf, mainTarget } from './go-side.ts';
import { goRange } from './navigation.ts';

export function codeActions(
  world: World,
  file: AssemblyFile,
  range: Range,
  diagnostics: readonly Diagnostic[],
): CodeAction[] {
  const actions = diagnostics.flatMap(diagnostic => fixes(world, file, diagnostic));
  return [...actions, ...stub(world, file, range)];
}

function fixes(world: World, file: AssemblyFile, diagnostic: Diagnostic): CodeAction[] {
  const { range } = diagnostic;
  const fix = diagnostic.data as Fix | undefined;
  const action = (title: string, edits: TextEdit[], isPreferred = true): CodeAction => ({
    title,
    kind: CodeActionKind.QuickFix,
    diagnostics: [diagnostic],
    isPreferred,
    edit: { changes: { [file.uri]: edits } },
  });
  switch (fix?.is) {
    case 'write': {
      const { at, text } = fix;
      const place = at ? { start: positionAt(file.source, at.start), end: positionAt(file.source, at.end) } : range;
      return [action(`Write ${text}`, [{ range: place, newText: text }])];
    }
    case 'include':
      return [action(`Include ${fix.header}`, [include(fix.header, file)])];
    case 'similar':
      return nearest(fix.name, namesAmong(fix.among, file, range)).map(name =>
        action(`Change to ${name}`, [{ range, newText: name }], false),
      );
    case 'no pointers':
      return [action('The frame holds no pointers: NO_LOCAL_POINTERS', noPointers(file, range))];
    case 'declare':
      return declare(world, file, fix.name, diagnostic);
    default:
      return [];
  }
}

function namesAmong(among: 'instructions' | 'labels', file: AssemblyFile, range: Range): Iterable<string> {
  const target = mainTarget(file);
  if (among === 'instructions') return target ? assemblerOf(target.architecture).instructions : [];
  return functionAt(file, range)?.labels.keys() ?? [];
}

/** The function in which a range begins. */
function functionAt(file: AssemblyFile, { start }: Range): FunctionText | undefined {
  const offset = offsetAt(file.source, start);
  return modelOf(file).functions.findLast(each => file.source.tokens[each.statement.from].start <= offset);
}

const insert = (position: Position, newText: string): TextEdit => ({
  range: { start: position, end: position },
  newText,
});

/** NO_LOCAL_POINTERS at the function's beginning, with its header where that is not included. */
function noPointers(file: AssemblyFile, range: Range): TextEdit[] {
  const { source } = file;
  const fn = functionAt(file, range);
  const line = fn ? positionAt(source, source.tokens[fn.statement.to - 1].end).line + 1 : range.start.line;
  const edits = [insert({ line, character: 0 }, '\tNO_LOCAL_POINTERS\n')];
  if (!source.text.includes('"funcdata.h"')) edits.push(include('funcdata.h', file));
  return edits;
}

/** Behind the last include, or the comments at the top. */
function include(name: string, file: AssemblyFile): TextEdit {
  const { source } = file;
  const { items, tokens } = source;
  const last = items.findLast(item => item.is === 'directive' && item.name === 'include');
  if (last) {
    const { line } = positionAt(source, tokens[last.to - 1].end);
    return insert({ line: line + 1, character: 0 }, `#include "${name}"\n`);
  }
  const { line } = positionAt(source, tokens[items[0]?.from]?.start ?? 0);
  return insert({ line, character: 0 }, `#include "${name}"\n\n`);
}

/** A Go declaration that says as much as the assembly does: its arguments are for the person to write. */
function declare(world: World, file: AssemblyFile, name: string, diagnostic: Diagnostic): CodeAction[] {
  if (!/^[\p{L}_][\p{L}\p{Nd}_]*$/u.test(name)) return [];
  const folder = folderOf(file.uri);
  const beside =
    goFilesIn(world, folder)?.find(each => each.uri === file.uri.replace(/(_\w+)?\.s$/, '.go')) ??
    goFilesIn(world, folder)?.[0];
  if (!beside) return [];
  const end = goRange(beside.file.text, beside.file.text.length, 0).end;
  const gap = beside.file.text.endsWith('\n') ? '\n' : '\n\n';
  const newText = `${gap}// ${name} is implemented in assembly.\nfunc ${name}()\n`;
  return [
    {
      title: `Declare ${name} in ${nameOf(beside.uri)}`,
      kind: CodeActionKind.QuickFix,
      diagnostics: [diagnostic],
      edit: { changes: { [beside.uri]: [insert(end, newText)] } },
    },
  ];
}

/** On a TEXT with a Go declaration: its frame as a comment above. */
function stub(world: World, file: AssemblyFile, range: Range): CodeAction[] {
  const { tokens, text, lineStarts } = file.source;
  const fn = functionAt(file, range);
  if (!fn || offsetAt(file.source, range.start) > tokens[fn.statement.to - 1].end) return [];
  if (localName(world, folderOf(file.uri), fn.symbol) === undefined) return [];
  const side = goSideOf(world, file, fn.symbol);
  if (!side) return [];
  const comment = `// ${side.declaration.replace(/\n/g, '\n// ')}`;
  const { line } = positionAt(file.source, tokens[fn.statement.from].start);
  if (text.slice(0, lineStarts[line]).endsWith(`${comment}\n`)) return [];
  return [
    {
      title: 'Write the Go declaration above',
      kind: CodeActionKind.RefactorRewrite,
      edit: { changes: { [file.uri]: [insert({ line, character: 0 }, `${comment}\n`)] } },
    },
  ];
}

/** Names at most two letters away, the nearest first. */
function nearest(name: string, names: Iterable<string>): string[] {
  const most = name.length > 3 ? 2 : 1;
  return [...names]
    .flatMap(other =>
      Math.abs(other.length - name.length) > most
        ? []
        : [{ other, distance: distance(name.toUpperCase(), other.toUpperCase()) }],
    )
    .filter(each => each.distance <= most)
    .sort((a, b) => a.distance - b.distance || a.other.localeCompare(b.other))
    .slice(0, 3)
    .map(({ other }) => other);
}

function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
    }
    row = next;
  }
  return row[b.length];
}
