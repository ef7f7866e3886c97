/**
 * A source file as it stands there, before the preprocessor: directives and statements, each a range of tokens. Nothing
 * is lost: every token is in exactly one item, or is a comment or newline between them. What an editor shows and changes
 * (symbols, folding, formatting, completion) works on this; what the assembler says works on the expansion of it.
 */
import { type Token, tokenize } from './lexer.ts';

/** A range of tokens: `from` up to and without `to`. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** `label: WORD.SUFFIX operand, operand`, ended by a newline, `;`, or a `\` that continues a macro. */
export interface Statement extends Span {
  readonly is: 'statement';
  /** Indices of tokens. */
  readonly labels: readonly number[];
  /** Index of the instruction, directive or macro; undefined where only a label stands. */
  readonly word?: number;
  readonly suffixes: readonly number[];
  /** Without the commas; an empty span where an operand is missing. */
  readonly operands: readonly Span[];
}

export interface Directive extends Span {
  readonly is: 'directive';
  /** "define", "include" …; empty where none follows the `#`. */
  readonly name: string;
  /** What stands behind the name: a macro's name, a file's. */
  readonly argument?: number;
  /** Of a macro that is written with parentheses. */
  readonly parameters?: readonly number[];
  /** What a macro stands for, and the statements in it. */
  readonly body?: Span;
  readonly statements?: readonly Statement[];
}

export type Item = Statement | Directive;

export interface Source {
  readonly text: string;
  readonly tokens: readonly Token[];
  readonly items: readonly Item[];
  /** Offsets where lines begin. */
  readonly lineStarts: readonly number[];
}

/** Never throws; what is wrong is found when the file is checked. */
export function parseSource(text: string): Source {
  const tokens = tokenize(text);
  const items: Item[] = [];
  parseItems(tokens, items, () => false);
  return { text, tokens, items, lineStarts: lineStarts(text) };
}

/** Adds the items behind those that there are, up to one that begins where it is enough. Returns where it stopped. */
export function parseItems(tokens: readonly Token[], items: Item[], isEnough: (at: number) => boolean): number {
  const last = items.at(-1);
  let at = last?.to ?? 0;
  let lineStart = last?.is !== 'statement';
  while (at < tokens.length) {
    const token = tokens[at];
    if (token.kind === 'newline') {
      lineStart = true;
      at++;
    } else if (token.kind === 'comment') at++;
    else if (token.text !== ';' && isEnough(at)) return at;
    else if (token.text === '#' && lineStart) {
      const item = directive(tokens, at);
      items.push(item);
      at = item.to;
    } else if (token.text === ';') {
      at++;
    } else {
      const item = statement(tokens, at, tokens.length);
      lineStart = false;
      items.push(item);
      at = item.to;
    }
  }
  return at;
}

export function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}

/** Line and column, both from 0, of an offset. */
export function positionAt(source: Source, offset: number): { line: number; character: number } {
  const line = lineOf(source, offset);
  return { line, character: offset - source.lineStarts[line] };
}

export function lineOf(source: Source, offset: number): number {
  let low = 0;
  let high = source.lineStarts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (source.lineStarts[middle] <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
}

export function offsetAt(source: Source, position: { line: number; character: number }): number {
  const start = source.lineStarts[position.line] ?? source.text.length;
  const end = source.lineStarts[position.line + 1] ?? source.text.length;
  return Math.min(start + position.character, end);
}

/** Index of the token that touches an offset, the later one where two do and the earlier is no name; −1 for none. */
export function tokenAt(source: Source, offset: number): number {
  const { tokens } = source;
  let low = 0;
  let high = tokens.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (tokens[middle].end < offset) low = middle + 1;
    else high = middle;
  }
  if (low >= tokens.length || tokens[low].start > offset) return -1;
  const next = tokens[low + 1];
  if (tokens[low].end === offset && next?.start === offset && tokens[low].kind !== 'name') return low + 1;
  return low;
}

/** All statements, those in macros too. */
export function* statements(source: Source): Generator<Statement> {
  for (const item of source.items) {
    if (item.is === 'statement') yield item;
    else if (item.statements) yield* item.statements;
  }
}

/** Where an offset is in the language: what can stand there depends on it. */
export type Place =
  | { readonly is: 'comment' }
  /** Behind a `#`, or in the name behind it. */
  | { readonly is: 'directive name' }
  /** In what stands behind a directive's name, from that on. */
  | { readonly is: 'directive'; readonly name: string; readonly written: string }
  /** Where a statement begins, or in its word; `isBare`: nothing stands before it on its line. */
  | { readonly is: 'word'; readonly isBare: boolean }
  /** In an operand, from its beginning on, or behind the last comma. */
  | { readonly is: 'operand'; readonly word: string; readonly index: number; readonly written: string };

/** By the tokens before an offset, on its line: what follows may be half-written. */
export function placeAt(source: Source, offset: number): Place {
  const { tokens, text } = source;
  const lineStart = source.lineStarts[lineOf(source, offset)];
  let end = spanOf(source, offset, offset).from;
  while (end > 0 && tokens[end - 1].end > offset) end--;
  while (end < tokens.length && tokens[end].start < offset) end++;
  const last = tokens[end - 1];
  if (last?.kind === 'comment' && (last.end > offset || !last.text.endsWith('*/'))) return { is: 'comment' };
  let from = end;
  while (from > 0 && tokens[from - 1].start >= lineStart && tokens[from - 1].kind !== 'newline') from--;
  // A macro's parameters and body are behind its head.
  let at = skipComments(tokens, from);
  const isHash = at < end && tokens[at].text === '#';
  if (isHash) {
    const name = tokens[at + 1];
    if (at + 1 >= end || name.kind !== 'name' || name.end >= offset) return { is: 'directive name' };
    if (name.text !== 'define' || at + 3 > end || tokens[at + 2].end >= offset) {
      return { is: 'directive', name: name.text, written: text.slice(name.end, offset).trimStart() };
    }
    const head = tokens[at + 2];
    at += 3;
    if (tokens[at]?.text === '(' && tokens[at].start === head.end) {
      while (at < end && tokens[at].text !== ')') at++;
      if (at >= end) return { is: 'directive', name: 'define', written: text.slice(name.end, offset).trimStart() };
      at++;
    }
  }
  const start = at;
  for (let index = at; index < end; index++)
    if (tokens[index].text === ';' && tokens[index].kind === 'mark') at = index + 1;
  const read = statement(tokens, at, end);
  // Behind a label another statement begins.
  if (at >= end || read.word === undefined || tokens[read.suffixes.at(-1) ?? read.word].end >= offset) {
    const isLone = read.word === undefined && at < end && read.operands.length > 0;
    if (!isLone) return { is: 'word', isBare: !isHash && at === start && (read.word ?? end) === start };
  }
  const word = read.word === undefined ? '' : tokens[read.word].text;
  const operand = read.operands.at(-1);
  const begins = operand && operand.to > operand.from ? tokens[operand.from].start : offset;
  return { is: 'operand', word, index: Math.max(0, read.operands.length - 1), written: text.slice(begins, offset) };
}

function skipComments(tokens: readonly Token[], from: number): number {
  let at = from;
  while (at < tokens.length && tokens[at].kind === 'comment') at++;
  return at;
}

function directive(tokens: readonly Token[], from: number): Directive {
  let at = skipComments(tokens, from + 1);
  let name = '';
  let argument: number | undefined;
  if (tokens[at]?.kind === 'name') {
    name = tokens[at].text;
    const next = skipComments(tokens, at + 1);
    if (next < tokens.length && tokens[next].kind !== 'newline') argument = next;
  }
  const to = directiveEnd(tokens, at, name === 'define');
  if (name !== 'define' || argument === undefined) return { is: 'directive', name, argument, from, to };
  at = argument + 1;
  let parameters: number[] | undefined;
  // Only a parenthesis that touches the name opens a list of parameters.
  if (tokens[at]?.text === '(' && tokens[at].start === tokens[argument].end) {
    parameters = [];
    for (at++; at < to && tokens[at].text !== ')'; at++) if (tokens[at].kind === 'name') parameters.push(at);
    if (at < to) at++;
  }
  const body = { from: at, to };
  return { is: 'directive', name, argument, parameters, body, statements: bodyStatements(tokens, body), from, to };
}

function directiveEnd(tokens: readonly Token[], from: number, continues: boolean): number {
  let at = from;
  while (at < tokens.length && tokens[at].kind !== 'newline') {
    if (continues && tokens[at].text === '\\' && at + 1 < tokens.length) at++;
    at++;
  }
  return at;
}

function bodyStatements(tokens: readonly Token[], body: Span): Statement[] {
  const list: Statement[] = [];
  let at = body.from;
  while (at < body.to) {
    const { kind, text } = tokens[at];
    if (kind === 'newline' || kind === 'comment' || text === '\\' || text === ';') at++;
    else {
      const item = statement(tokens, at, body.to);
      list.push(item);
      at = item.to;
    }
  }
  return list;
}

const CLOSING: Record<string, number> = { '(': 1, '[': 1, ')': -1, ']': -1 };

/** Reads one statement from its first token; at least that one belongs to it. */
export function statement(tokens: readonly Token[], from: number, limit: number): Statement {
  const labels: number[] = [];
  const suffixes: number[] = [];
  const operands: Span[] = [];
  let at = from;
  const ends = (token: Token) =>
    token.kind === 'newline' || (token.kind === 'mark' && (token.text === ';' || token.text === '\\'));
  const peek = () => {
    at = skipComments(tokens, at);
    return at < limit && !ends(tokens[at]) ? tokens[at] : undefined;
  };
  let word: number | undefined;
  /** Behind the last token that belongs to it: a comment at the end does not. */
  let end = at;
  while (peek()) {
    if (tokens[at].kind !== 'name') break;
    const name = at++;
    end = at;
    if (peek()?.text === ':') {
      labels.push(name);
      at++;
      end = at;
      // A label may stand alone on its line.
      continue;
    }
    word = name;
    break;
  }
  while (word !== undefined && peek()?.text === '.') {
    at++;
    if (peek()?.kind === 'name') suffixes.push(at++);
    end = at;
  }
  let last = at;
  if (peek()) {
    let nesting = 0;
    let start = at;
    for (;;) {
      const token = peek();
      if (!token) break;
      if (nesting === 0 && token.kind === 'mark' && (token.text === ',' || token.text === ':')) {
        operands.push({ from: start, to: last > start ? last : start });
        start = at + 1;
      } else if (token.kind === 'mark') nesting += CLOSING[token.text] ?? 0;
      at++;
      last = at;
      end = at;
    }
    operands.push({ from: start, to: Math.max(start, last) });
  }
  return { is: 'statement', labels, word, suffixes, operands, from, to: Math.max(end, from + 1) };
}

/** The tokens that a range of offsets touches; the nearest one where it touches none. */
export function spanOf(source: Source, start: number, end: number): Span {
  const { tokens } = source;
  let from = 0;
  for (let low = 0, high = tokens.length; low < high; ) {
    const middle = (low + high) >> 1;
    if (tokens[middle].end <= start) low = middle + 1;
    else high = middle;
    from = low;
  }
  let to = from;
  while (to < tokens.length && tokens[to].start < end) to++;
  return { from: Math.min(from, Math.max(0, tokens.length - 1)), to: Math.max(to, from + 1) };
}
