/** The outline: functions with their labels, data, macros. */
import { type DocumentSymbol, type Range, SymbolKind, type WorkspaceSymbol } from 'vscode-languageserver';
import type { AssemblyFile } from '../syntax/file.ts';
import { symbolOf } from '../syntax/model.ts';
import { type Directive, positionAt, type Source, type Span, type Statement } from '../syntax/tree.ts';

export function documentSymbols(file: AssemblyFile): DocumentSymbol[] {
  const { source } = file;
  const list: DocumentSymbol[] = [];
  let fn: DocumentSymbol | undefined;
  const data = new Map<string, DocumentSymbol>();
  const add = (symbol: DocumentSymbol) => list.push(symbol);

  for (const item of source.items) {
    if (item.is === 'directive') {
      if (item.name === 'define' && item.argument !== undefined) add(macro(source, item));
      continue;
    }
    const word = item.word === undefined ? '' : source.tokens[item.word].text;
    const first = item.operands[0];
    const name = first && symbolText(source, first);
    if (word === 'TEXT' && name) {
      fn = symbol(source, name.text, SymbolKind.Function, item, name.span, flags(source, item));
      fn.children = [];
      add(fn);
    } else if ((word === 'DATA' || word === 'GLOBL') && name) {
      // DATA lines of one variable are one entry, whose GLOBL usually follows.
      const known = data.get(name.text);
      if (known) known.range = { start: known.range.start, end: rangeOf(source, item).end };
      else {
        const made = symbol(source, name.text, SymbolKind.Variable, item, name.span);
        data.set(name.text, made);
        add(made);
      }
      fn = word === 'GLOBL' ? undefined : fn;
    } else if (fn) {
      for (const label of item.labels) {
        fn.children?.push(
          symbol(
            source,
            source.tokens[label].text,
            SymbolKind.Key,
            { from: label, to: label + 1 },
            {
              from: label,
              to: label + 1,
            },
          ),
        );
      }
      fn.range = { start: fn.range.start, end: rangeOf(source, item).end };
    }
  }
  return list;
}

/** Functions, data and macros whose name has the letters of a query in their order. */
export function workspaceSymbols(files: readonly AssemblyFile[], query: string): WorkspaceSymbol[] {
  const pattern = new RegExp(
    [...query.replace(/\s/g, '')].map(char => char.replace(/[^\p{L}\p{N}]/u, '\\$&')).join('.*'),
    'iu',
  );
  return files.flatMap(file =>
    documentSymbols(file)
      .filter(({ name }) => pattern.test(name))
      .map(({ name, kind, selectionRange }) => ({ name, kind, location: { uri: file.uri, range: selectionRange } })),
  );
}

function macro(source: Source, item: Directive): DocumentSymbol {
  const at = item.argument!;
  const parameters = item.parameters?.map(index => source.tokens[index].text).join(', ');
  return symbol(
    source,
    source.tokens[at].text,
    item.parameters ? SymbolKind.Method : SymbolKind.Constant,
    item,
    { from: at, to: at + 1 },
    parameters === undefined ? undefined : `(${parameters})`,
  );
}

/** `NOSPLIT|NOFRAME, $16-24` of a TEXT. */
function flags(source: Source, item: Statement): string {
  return item.operands
    .slice(1)
    .map(operand => textOf(source, operand))
    .join(', ');
}

function symbol(
  source: Source,
  name: string,
  kind: SymbolKind,
  whole: Span,
  selection: Span,
  detail?: string,
): DocumentSymbol {
  return { name, kind, detail, range: rangeOf(source, whole), selectionRange: rangeOf(source, selection) };
}

/** `pkg·name<>` of an operand that begins with a symbol. */
function symbolText(source: Source, operand: Span): { text: string; span: Span } | undefined {
  const symbol = symbolOf(source, operand);
  if (symbol === undefined) return undefined;
  return { text: symbol.replace(/^\./, ''), span: { from: operand.from, to: operand.from + 1 } };
}

export function rangeOf(source: Source, span: Span): Range {
  const from = source.tokens[span.from];
  const to = source.tokens[Math.max(span.from, span.to - 1)];
  return { start: positionAt(source, from?.start ?? 0), end: positionAt(source, to?.end ?? 0) };
}

export function textOf(source: Source, span: Span): string {
  if (span.from >= span.to) return '';
  return source.text.slice(source.tokens[span.from].start, source.tokens[span.to - 1].end);
}
