/**
 * Formatting: a statement is a tab and its instruction, its operands behind it, comments in a column where neighbours have
 * them. Only blanks change, never a token, and formatting twice is formatting once. What formatting leaves alone: lines of
 * comments, the bodies of macros but for the column of their backslashes, and everything in lines it cannot read.
 */
import type { TextEdit } from 'vscode-languageserver';
import type { AssemblyFile } from '../syntax/file.ts';
import type { Token } from '../syntax/lexer.ts';
import { type Item, lineOf, type Source, type Statement } from '../syntax/tree.ts';

const TOP = new Set(['TEXT', 'DATA', 'GLOBL']);
/** Instructions at the beginning of blocks are followed by one blank, not a tab: `JMP loop` is as good as `JMP\tloop`. */
const BETWEEN = ' ';

interface Line {
  /** Without the comment; undefined for a line that stays as it is. */
  code: string | undefined;
  comment: string;
  /** As it stands. */
  readonly text: string;
  /** A comment of its own, which goes where the next statement is. */
  readonly isComment: boolean;
  indented: boolean;
}

/** The edits that format a file, or the lines `from` up to and with `to`. */
export function format(file: AssemblyFile, from = 0, to = Number.POSITIVE_INFINITY): TextEdit[] {
  const { source } = file;
  const lines = linesOf(source);
  alignComments(lines);
  const edits: TextEdit[] = [];
  lines.forEach((line, index) => {
    if (index < from || index > to) return;
    const wanted = textOf(line);
    if (wanted !== line.text) {
      edits.push({
        range: { start: { line: index, character: 0 }, end: { line: index, character: line.text.length } },
        newText: wanted,
      });
    }
  });
  return edits;
}

/** The whole text, formatted. */
export function formatted(file: AssemblyFile): string {
  const lines = file.source.text.split('\n');
  for (const { range, newText } of format(file)) {
    const line = lines[range.start.line];
    lines[range.start.line] = newText + line.slice(range.end.character);
  }
  return lines.join('\n');
}

function textOf({ code, comment, text }: Line): string {
  if (code === undefined) return text;
  return (comment === '' ? code : code + comment).trimEnd();
}

function linesOf(source: Source): Line[] {
  const { text, tokens, lineStarts } = source;
  const lines: Line[] = lineStarts.map((start, index) => {
    const end = lineStarts[index + 1] === undefined ? text.length : lineStarts[index + 1] - 1;
    // The carriage return belongs to the line's end.
    const whole = text.slice(start, end).replace(/\r$/, '');
    return { code: undefined, comment: '', text: whole, isComment: false, indented: false };
  });
  const byLine = new Map<number, Item[]>();
  const kept = new Set<number>();
  for (const item of source.items) {
    const first = lineOf(source, tokens[item.from].start);
    const last = lineOf(source, tokens[item.to - 1].start);
    byLine.set(first, [...(byLine.get(first) ?? []), item]);
    // Macros, and whatever else is on several lines.
    if (item.is === 'directive' || last !== first) for (let line = first; line <= last; line++) kept.add(line);
  }
  const comments = new Map<number, Token[]>();
  for (const token of tokens) {
    if (token.kind !== 'comment') continue;
    const line = lineOf(source, token.start);
    comments.set(line, [...(comments.get(line) ?? []), token]);
    if (token.text.includes('\n'))
      for (let at = line, end = lineOf(source, token.end - 1); at <= end; at++) kept.add(at);
  }
  lines.forEach((line, index) => {
    const items = byLine.get(index) ?? [];
    const own = comments.get(index) ?? [];
    if (kept.has(index)) return;
    if (items.length === 0) {
      if (own.length === 1 && own[0].text.startsWith('//') && line.text.trim() === own[0].text) {
        lines[index] = { ...line, code: '', comment: own[0].text, isComment: true, indented: /^[ \t]/.test(line.text) };
      } else if (line.text.trim() === '') line.code = '';
      return;
    }
    const comment = own.length === 1 && own[0].text.startsWith('//') ? own[0] : undefined;
    // A comment between the words stays where it is.
    if (own.length > (comment ? 1 : 0)) return;
    const code = statements(source, items as Statement[], index);
    if (code === undefined) return;
    line.code = code;
    line.comment = comment?.text ?? '';
    line.indented = code.startsWith('\t');
  });
  // A comment over an indented statement is indented as it is.
  let indented = false;
  for (let index = lines.length - 1; index >= 0; index--) {
    const line = lines[index];
    if (line.isComment) {
      if (line.indented && indented) line.code = '\t';
      else if (line.indented) line.code = undefined;
    } else if (line.code !== undefined && line.code !== '') indented = line.indented;
  }
  return lines;
}

function statements(source: Source, items: readonly Statement[], lineIndex: number): string | undefined {
  const { tokens, text } = source;
  const parts: string[] = [];
  let atStart = true;
  let line = '';
  for (const [index, item] of items.entries()) {
    // Words that are not a whole statement, such as a lone parenthesis.
    if (item.word === undefined && (item.labels.length === 0 || item.operands.length > 0)) return undefined;
    const labels = item.labels.map(label => `${tokens[label].text}:`).join(' ');
    const word = item.word === undefined ? '' : tokens[item.word].text;
    const body = item.word === undefined ? '' : statement(source, item);
    if (body === undefined) return undefined;
    if (atStart) {
      const column0 = TOP.has(word) && labels === '';
      const startsLine = /^\S/.test(text.slice(source.lineStarts[lineIndex]));
      if (labels !== '') line = body === '' ? labels : `${labels}\t${body}`;
      else line = column0 || (TOP.has(word) && startsLine) ? body : `\t${body}`;
      atStart = false;
    } else line += `${labels === '' ? '' : `${labels} `}${body}`;
    // A semicolon between this and the next, and any behind the last.
    const end = items[index + 1]?.from ?? tokens.length;
    let semicolons = 0;
    for (let at = item.to; at < end && tokens[at].kind !== 'newline'; at++) {
      if (tokens[at].text === ';') semicolons++;
      else if (tokens[at].kind !== 'comment') return undefined;
    }
    line += ';'.repeat(semicolons);
    if (index + 1 < items.length) line += BETWEEN;
  }
  // Semicolons before the first statement are nobody's.
  const first = tokens[items[0].from];
  if (text.slice(source.lineStarts[lineIndex], first.start).trim() !== '') return undefined;
  parts.push(line);
  return parts.join('');
}

/** `WORD.SUFFIX operand, operand`; undefined where that would lose something. */
function statement(source: Source, item: Statement): string | undefined {
  const { tokens } = source;
  let line = tokens[item.word!].text + item.suffixes.map(index => `.${tokens[index].text}`).join('');
  const start = item.suffixes.at(-1) ?? item.word!;
  let out = '';
  let previous: Token = tokens[start];
  let nesting = 0;
  for (let at = start + 1; at < item.to; at++) {
    const token = tokens[at];
    if (token.kind === 'comment') return undefined;
    if (token.kind === 'mark' && (token.text === ')' || token.text === ']')) nesting--;
    const touched = previous.end === token.start;
    const text = token.text;
    if (at === start + 1) {
      // `MACRO(a, b)` calls a macro; `MOVQ (AX), BX` does not.
      out += touched ? '' : wordGap(source, item);
    } else if (previous.kind === 'mark' && previous.text === ',') out += nesting > 0 && touched ? '' : ' ';
    else if (text === ',' && token.kind === 'mark') out += '';
    else if (!touched) out += ' ';
    out += text;
    if (token.kind === 'mark' && (text === '(' || text === '[')) nesting++;
    previous = token;
  }
  line += out;
  return line;
}

/** Whoever writes a tab behind the instruction keeps it; more than one blank becomes one. */
function wordGap(source: Source, item: Statement): string {
  const from = source.tokens[item.suffixes.at(-1) ?? item.word!].end;
  return source.text[from] === '\t' ? '\t' : ' ';
}

const TAB = 8;

function width(text: string): number {
  let column = 0;
  for (const char of text) column = char === '\t' ? column + TAB - (column % TAB) : column + 1;
  return column;
}

/** Comments behind statements in neighbouring lines begin in one column. */
function alignComments(lines: Line[]): void {
  let block: Line[] = [];
  const flush = () => {
    const column = Math.max(0, ...block.map(({ code }) => width(code!))) + 1;
    for (const line of block) line.comment = ' '.repeat(Math.max(1, column - width(line.code!))) + line.comment;
    block = [];
  };
  for (const line of lines) {
    const trails = line.code !== undefined && line.comment !== '' && !line.isComment && line.code.trim() !== '';
    if (trails) block.push(line);
    else flush();
  }
  flush();
}
