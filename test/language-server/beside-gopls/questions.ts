/**
 * The same questions to gopls and to this server, about the package in sums/: what a person asks of a `.s` file, and of the
 * Go beside it. A place is a text of the file with `|` where the cursor is.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Diagnostic } from 'vscode-languageserver';

export const FOLDER = new URL('sums/', import.meta.url);
export const FILES = ['sum.go', 'use.go', 'sum_amd64.s', 'helper_amd64.s', 'broken/broken.go', 'broken/broken_amd64.s'];

export interface Question {
  readonly title: string;
  readonly method: string;
  readonly file: string;
  /** None for a question about the whole file. */
  readonly at?: string;
  /** Beside the document and the place. */
  readonly more?: Readonly<Record<string, unknown>>;
}

const S = 'sum_amd64.s';
const G = 'sum.go';
const position = (
  file: string,
  rows: readonly (readonly [title: string, at: string])[],
  method: string,
  more?: object,
) => rows.map(([title, at]): Question => ({ title, method: `textDocument/${method}`, file, at, more: { ...more } }));

const SYMBOLS: readonly (readonly [string, string])[] = [
  ['the name behind TEXT', 'TEXT ·S|um(SB)'],
  ['a function that is called', 'CALL ·tw|ice(SB)'],
];
const NAMES: readonly (readonly [string, string])[] = [
  ...SYMBOLS,
  ['a variable', 'GLOBL ·ta|ble(SB)'],
  ['an argument', 'list_l|en+8(FP)'],
  ['a label', 'JEQ   do|ne'],
  ['a macro', '\tADD|3((SI)'],
  ['a constant of go_asm.h', '$const_la|nes'],
];
const FORMAT = { options: { tabSize: 8, insertSpaces: false } };
const WHOLE = { range: { start: { line: 0, character: 0 }, end: { line: 31, character: 0 } } };

export const QUESTIONS: readonly Question[] = [
  { title: 'the outline', method: 'textDocument/documentSymbol', file: S },
  ...position(S, [...NAMES, ['an instruction', '\tTES|TQ CX'], ['a register', 'MOVQ list_base+0(FP), S|I']], 'hover'),
  ...position(S, [...NAMES, ['a header', '#include "text|flag.h"']], 'definition'),
  ...position(S, NAMES, 'references', { context: { includeDeclaration: true } }),
  ...position(S, [...SYMBOLS, ['a label', 'JEQ   do|ne'], ['a register', 'DECQ  C|X']], 'documentHighlight'),
  ...position(S, [...SYMBOLS, ['a label', 'JEQ   do|ne']], 'rename', { newName: 'other' }),
  ...position(
    S,
    [
      ['an instruction', '\tTES|TQ CX'],
      ['an argument', 'MOVQ start|+24(FP)'],
    ],
    'completion',
  ),
  ...position(S, [['an instruction', 'MOVQ list_base+0(FP), |SI']], 'signatureHelp'),
  { title: 'the file', method: 'textDocument/formatting', file: S, more: FORMAT },
  { title: 'the file', method: 'textDocument/foldingRange', file: S },
  { title: 'a place', method: 'textDocument/selectionRange', file: S, at: 'list_l|en+8(FP)' },
  { title: 'the file', method: 'textDocument/inlayHint', file: S, more: WHOLE },
  { title: 'the file', method: 'textDocument/semanticTokens/full', file: S },
  ...position(S, [['the name behind TEXT', 'TEXT ·S|um(SB)']], 'prepareCallHierarchy'),
  { title: 'a wrong offset and a word that is none', method: 'diagnostics', file: 'broken/broken_amd64.s' },
  { title: 'a wrong offset', method: 'textDocument/codeAction', file: 'broken/broken_amd64.s', at: '|b+16(FP)' },

  { title: 'the outline', method: 'textDocument/documentSymbol', file: G },
  ...position(
    G,
    [
      ['a function without a body', 'func S|um(list'],
      ['a type', 'type po|int'],
    ],
    'hover',
  ),
  ...position(
    G,
    [
      ['a function without a body', 'func S|um(list'],
      ['a type', 'type po|int'],
    ],
    'definition',
  ),
  ...position(
    'use.go',
    [
      ['a call into assembly', 'all = S|um('],
      ['a Go variable', 'a|ll = Sum'],
    ],
    'definition',
  ),
  ...position('use.go', [['a call into assembly', 'all = S|um(']], 'implementation'),
  ...position(
    G,
    [
      ['a function without a body', 'func S|um(list'],
      ['a variable', 'var ta|ble'],
      ['a type', 'type po|int'],
    ],
    'references',
    {
      context: { includeDeclaration: true },
    },
  ),
  ...position('use.go', [['a call into assembly', 'all = S|um(']], 'documentHighlight'),
  ...position(
    G,
    [
      ['a function without a body', 'func S|um(list'],
      ['a type', 'type po|int'],
    ],
    'rename',
    { newName: 'other' },
  ),
  ...position(
    'use.go',
    [
      ['a call into assembly', 'all = S|um('],
      ['a Go variable', 'var a|ll'],
    ],
    'rename',
    { newName: 'other' },
  ),
  ...position('use.go', [['a Go function', 'all = Su|m(']], 'completion'),
  ...position('use.go', [['a call', 'Sum(list,|']], 'signatureHelp'),
  { title: 'the file', method: 'textDocument/formatting', file: 'use.go', more: FORMAT },
  { title: 'a function without a body or assembly', method: 'diagnostics', file: 'broken/broken.go' },
  {
    title: 'a function without a body or assembly',
    method: 'textDocument/codeAction',
    file: 'broken/broken.go',
    at: 'func |Missing',
  },
  ...position(G, [['a function without a body', 'func S|um(list']], 'prepareCallHierarchy'),
  { title: '“Sum”', method: 'workspace/symbol', file: S, more: { query: 'Sum' } },
  { title: '“norm”', method: 'workspace/symbol', file: S, more: { query: 'norm' } },
];

export const textOf = (file: string): string => readFileSync(fileURLToPath(new URL(file, FOLDER)), 'utf8');
export const keyOf = ({ method, file, title }: Question): string => `${method} ${file}: ${title}`;

/** What is sent: the document, the place if there is one, what was told about its line. Throws for a place that is not in the file. */
export function parametersOf(
  { method, file, at, more }: Question,
  folder: string,
  problems: readonly Diagnostic[],
): object {
  const textDocument = { uri: `${folder}${file}` };
  if (method === 'workspace/symbol') return { ...more };
  if (at === undefined) return { textDocument, ...more };
  const cursor = at.indexOf('|');
  const start = textOf(file).indexOf(at.replace('|', ''));
  if (start < 0) throw new Error(`${file} has no ${at}`);
  const before = textOf(file)
    .slice(0, start + cursor)
    .split('\n');
  const position = { line: before.length - 1, character: before.at(-1)!.length };
  if (method.endsWith('selectionRange')) return { textDocument, positions: [position] };
  if (method.endsWith('codeAction')) {
    const diagnostics = problems.filter(({ range }) => range.start.line === position.line);
    return { textDocument, range: { start: position, end: position }, context: { diagnostics } };
  }
  return { textDocument, position, ...more };
}
