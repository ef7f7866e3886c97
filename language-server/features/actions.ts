/** Quick fixes for what is reported, and the other half of a function: assembly for a Go declaration and back. */
import { type CodeAction, CodeActionKind, type Diagnostic, type Range, type TextEdit } from 'vscode-languageserver';
import { assemblerOf } from '../syntax/assembler.ts';
import type { AssemblyFile } from '../syntax/file.ts';
import { modelOf } from '../syntax/model.ts';
import { folderOf, nameOf } from '../uri.ts';
import { goFilesIn, localName, type World } from '../workspace.ts';
import { goSideOf, mainTarget } from './go-side.ts';

export function codeActions(
  world: World,
  file: AssemblyFile,
  range: Range,
  diagnostics: readonly Diagnostic[],
): CodeAction[] {
  const actions = diagnostics.flatMap(diagnostic => fixes(world, file, diagnostic));
  return [...actions, ...stub(world, file, range)];
}

function fix(title: string, file: AssemblyFile, edits: TextEdit[], diagnostic: Diagnostic): CodeAction {
  return {
    title,
    kind: CodeActionKind.QuickFix,
    diagnostics: [diagnostic],
    isPreferred: true,
    edit: { changes: { [file.uri]: edits } },
  };
}

function fixes(world: World, file: AssemblyFile, diagnostic: Diagnostic): CodeAction[] {
  const { range } = diagnostic;
  const message = typeof diagnostic.message === 'string' ? diagnostic.message : diagnostic.message.value;
  const { source } = file;
  const line = source.text.split('\n')[range.start.line] ?? '';
  const replace = (newText: string, from = range.start.character, to = range.end.character): TextEdit[] => [
    {
      range: { start: { line: range.start.line, character: from }, end: { line: range.start.line, character: to } },
      newText,
    },
  ];

  const size = /wrong argument size \d+; expected \$\.\.\.-(\d+)/.exec(message);
  const frame = size && /\$-?\d+(-\d+)?/.exec(line);
  if (size && frame) {
    const from = frame.index + frame[0].length - (frame[1]?.length ?? 0);
    return [
      fix(
        `Make the argument size ${size[1]}`,
        file,
        replace(`-${size[1]}`, from, frame.index + frame[0].length),
        diagnostic,
      ),
    ];
  }
  const offset = /invalid offset (\$?)(\S+); expected (\S+?\+\d+\(FP\))/.exec(message);
  if (offset) return [fix(`Write ${offset[3]}`, file, replace(offset[1] + offset[3]), diagnostic)];
  const unknown = /(?:unknown variable \S+|use of unnamed argument \S+); offset \d+ is (\S+\(FP\))/.exec(message);
  if (unknown)
    return [
      fix(
        `Write ${unknown[1]}`,
        file,
        replace((line[range.start.character] === '$' ? '$' : '') + unknown[1]),
        diagnostic,
      ),
    ];
  const should = /: (\S+) should be (\S+\(FP\))/.exec(message);
  if (should) return [fix(`Write ${should[2]}`, file, replace(should[2]), diagnostic)];
  const flags =
    /illegal or missing addressing mode for symbol (NOSPLIT|NOFRAME|RODATA|NOPTR|DUPOK|WRAPPER|NEEDCTXT|TOPFRAME)\b/.exec(
      message,
    );
  if (flags) return [fix('Include textflag.h', file, [include('textflag.h', file)], diagnostic)];
  const instruction = /unrecognized instruction "(.+)"/.exec(message);
  if (instruction) {
    if (['NO_LOCAL_POINTERS', 'GO_ARGS', 'GO_RESULTS_INITIALIZED'].includes(instruction[1])) {
      return [fix('Include funcdata.h', file, [include('funcdata.h', file)], diagnostic)];
    }
    const target = mainTarget(file);
    const near = target ? nearest(instruction[1], assemblerOf(target.architecture).instructions) : [];
    return near.map(name => ({ ...fix(`Change to ${name}`, file, replace(name), diagnostic), isPreferred: false }));
  }
  const label = /undefined label (\S+)/.exec(message);
  if (label) {
    const fn = modelOf(file).functions.find(each => {
      const item = source.items[each.lastItem];
      return (
        item &&
        source.tokens[item.to - 1].end >= offsetOf(file, range) &&
        source.tokens[each.at].start <= offsetOf(file, range)
      );
    });
    return nearest(label[1], new Set(fn?.labels.keys())).map(name => ({
      ...fix(`Change to ${name}`, file, replace(name), diagnostic),
      isPreferred: false,
    }));
  }
  if (diagnostic.code === 'pointers') return [noPointers(file, diagnostic)];
  const missing = /function (\S+) missing Go declaration/.exec(message);
  return missing ? declare(world, file, missing[1], diagnostic) : [];
}

function offsetOf(file: AssemblyFile, { start }: Range): number {
  return (file.source.lineStarts[start.line] ?? 0) + start.character;
}

/** NO_LOCAL_POINTERS at the function's beginning, with its header where that is not included. */
function noPointers(file: AssemblyFile, diagnostic: Diagnostic): CodeAction {
  const { source } = file;
  const offset = offsetOf(file, diagnostic.range);
  const fn = modelOf(file).functions.findLast(each => source.tokens[each.at].start < offset);
  const line = fn
    ? source.text.slice(0, source.tokens[fn.statement.to - 1].end).split('\n').length
    : diagnostic.range.start.line;
  const position = { line, character: 0 };
  const edits: TextEdit[] = [{ range: { start: position, end: position }, newText: '\tNO_LOCAL_POINTERS\n' }];
  if (!source.text.includes('"funcdata.h"')) edits.push(include('funcdata.h', file));
  return fix('The frame holds no pointers: NO_LOCAL_POINTERS', file, edits, diagnostic);
}

/** Behind the last include, or the comments at the top. */
function include(name: string, file: AssemblyFile): TextEdit {
  const { items, tokens, text } = file.source;
  const last = items.filter(item => item.is === 'directive' && item.name === 'include').at(-1);
  const before = last ?? undefined;
  const offset = before ? tokens[before.to - 1].end : (tokens[items[0]?.from]?.start ?? 0);
  const line = text.slice(0, offset).split('\n').length - 1 + (before ? 1 : 0);
  const position = { line, character: 0 };
  return { range: { start: position, end: position }, newText: `#include "${name}"\n${before ? '' : '\n'}` };
}

/** A Go declaration that says as much as the assembly does: its arguments are for the person to write. */
function declare(world: World, file: AssemblyFile, name: string, diagnostic: Diagnostic): CodeAction[] {
  if (!/^[\p{L}_][\p{L}\p{Nd}_]*$/u.test(name)) return [];
  const folder = folderOf(file.uri);
  const beside =
    goFilesIn(world, folder)?.find(each => each.uri === file.uri.replace(/(_\w+)?\.s$/, '.go')) ??
    goFilesIn(world, folder)?.[0];
  if (!beside) return [];
  const lines = beside.file.text.split('\n');
  const position = { line: lines.length - 1, character: lines.at(-1)!.length };
  const gap = beside.file.text.endsWith('\n') ? '\n' : '\n\n';
  const newText = `${gap}// ${name} is implemented in assembly.\nfunc ${name}()\n`;
  return [
    {
      title: `Declare ${name} in ${nameOf(beside.uri)}`,
      kind: CodeActionKind.QuickFix,
      diagnostics: [diagnostic],
      edit: { changes: { [beside.uri]: [{ range: { start: position, end: position }, newText }] } },
    },
  ];
}

/** On a TEXT with a Go declaration: its frame as a comment above. */
function stub(world: World, file: AssemblyFile, range: Range): CodeAction[] {
  const { tokens } = file.source;
  const offset = offsetOf(file, range);
  const fn = modelOf(file).functions.find(
    each => tokens[each.statement.from].start <= offset && offset <= tokens[each.statement.to - 1].end,
  );
  if (!fn || localName(world, folderOf(file.uri), fn.symbol) === undefined) return [];
  const side = goSideOf(world, file, fn.symbol);
  if (!side) return [];
  const comment = `// ${side.declaration.replace(/\n/g, '\n// ')}`;
  const lines = file.source.text.split('\n');
  if (lines[range.start.line - 1]?.trim() === comment) return [];
  const position = { line: range.start.line, character: 0 };
  return [
    {
      title: 'Write the Go declaration above',
      kind: CodeActionKind.RefactorRewrite,
      edit: { changes: { [file.uri]: [{ range: { start: position, end: position }, newText: `${comment}\n` }] } },
    },
  ];
}

/** Names at most two letters away, the nearest first. */
function nearest(name: string, names: ReadonlySet<string>): string[] {
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
