/** What can be folded: functions, conditions, macros, runs of comments and of data. Selections grow by the same tree. */
import { type FoldingRange, FoldingRangeKind, type Position, type SelectionRange } from 'vscode-languageserver';
import type { AssemblyFile } from '../syntax/file.ts';
import { modelOf } from '../syntax/model.ts';
import { lineOf, offsetAt, type Span, tokenAt } from '../syntax/tree.ts';
import { rangeOf } from './symbols.ts';

export function foldingRanges(file: AssemblyFile): FoldingRange[] {
  const { source } = file;
  const { tokens, items } = source;
  const ranges: FoldingRange[] = [];
  const add = (startLine: number, endLine: number, kind?: FoldingRangeKind) => {
    if (endLine > startLine) ranges.push({ startLine, endLine, kind });
  };
  const line = (token: number) => lineOf(source, tokens[token].start);
  const lastLine = ({ to }: Span) => lineOf(source, tokens[to - 1].start);

  for (const fn of modelOf(file).functions) {
    // A directive that opens something behind the function does not belong to it.
    let last = fn.lastItem;
    while (last > fn.firstItem && items[last].is === 'directive') last--;
    add(line(fn.statement.from), lastLine(items[last]));
  }
  const conditions: number[] = [];
  for (const item of items) {
    if (item.is !== 'directive') continue;
    if (item.name === 'define') add(line(item.from), lastLine(item));
    if (item.name === 'ifdef' || item.name === 'ifndef') conditions.push(line(item.from));
    else if (item.name === 'else' || item.name === 'endif') {
      const start = conditions.pop();
      if (start !== undefined) add(start, line(item.from) - 1, FoldingRangeKind.Region);
      if (item.name === 'else') conditions.push(line(item.from));
    }
  }
  run(
    tokens.flatMap((token, index) => (token.kind === 'comment' && startsLine(file, token.start) ? [line(index)] : [])),
    (from, to) => add(from, to, FoldingRangeKind.Comment),
  );
  tokens.forEach((token, index) => {
    if (token.kind === 'comment' && token.text.includes('\n'))
      add(line(index), lineOf(source, token.end), FoldingRangeKind.Comment);
  });
  const data = items.flatMap(item =>
    item.is === 'statement' && item.word !== undefined && tokens[item.word].text === 'DATA' ? [line(item.from)] : [],
  );
  run(data, (from, to) => add(from, to));
  return ranges;
}

function startsLine(file: AssemblyFile, offset: number): boolean {
  const { source } = file;
  const start = source.lineStarts[lineOf(source, offset)];
  return source.text.slice(start, offset).trim() === '';
}

/** Neighbouring lines, as first and last. */
function run(lines: readonly number[], each: (from: number, to: number) => void): void {
  let from = -1;
  let last = -2;
  for (const line of lines) {
    if (line === last) continue;
    if (line !== last + 1) {
      if (from >= 0) each(from, last);
      from = line;
    }
    last = line;
  }
  if (from >= 0) each(from, last);
}

export function selectionRanges(file: AssemblyFile, positions: readonly Position[]): SelectionRange[] {
  const { source } = file;
  const { items } = source;
  return positions.map(position => {
    const token = Math.max(0, tokenAt(source, offsetAt(source, position)));
    const spans: Span[] = [{ from: 0, to: source.tokens.length }];
    const index = items.findIndex(item => item.from <= token && token < item.to);
    const fn = index < 0 ? undefined : modelOf(file).functionOf(index);
    if (fn) spans.push({ from: items[fn.firstItem].from, to: items[fn.lastItem].to });
    const item = items[index];
    if (item) {
      spans.push(item);
      const statement =
        item.is === 'statement' ? item : item.statements?.find(each => each.from <= token && token < each.to);
      if (statement) {
        spans.push(statement);
        const operand = statement.operands.find(each => each.from <= token && token < each.to);
        if (operand) spans.push(operand);
      }
    }
    spans.push({ from: token, to: token + 1 });
    let made: SelectionRange | undefined;
    for (const span of spans) {
      const range = rangeOf(source, span);
      if (made && JSON.stringify(made.range) === JSON.stringify(range)) continue;
      made = { range, parent: made };
    }
    return made!;
  });
}
