/**
 * The tree of a text that was edited, made from the tree of the text before: a keystroke changes one line, and lines are read
 * by themselves. What comes out is what `parseSource` makes of the whole (a test holds the two against each other).
 */
import { ownText, type Token, tokenizeInto } from './lexer.ts';
import { type Item, lineStarts, parseItems, type Source, type Span, type Statement } from './tree.ts';

/** Never throws. */
export function reparse(previous: Source, text: string): Source {
  const old = previous.text;
  let prefix = 0;
  const most = Math.min(old.length, text.length);
  while (prefix < most && old.charCodeAt(prefix) === text.charCodeAt(prefix)) prefix++;
  let suffix = 0;
  while (
    suffix < most - prefix &&
    old.charCodeAt(old.length - 1 - suffix) === text.charCodeAt(text.length - 1 - suffix)
  ) {
    suffix++;
  }
  const shift = text.length - old.length;

  // Read again from the line's beginning, to the end of a line that is as it was.
  const { tokens: before } = previous;
  const first = lastNewline(before, prefix) + 1;
  const tokens = before.slice(0, first);
  let behind = first;
  let isWhole = true;
  tokenizeInto(tokens, text, first === 0 ? 0 : before[first - 1].end, ({ kind, end }) => {
    if (kind !== 'newline' || end < text.length - suffix) return false;
    while (behind < before.length && before[behind].end < end - shift) behind++;
    if (before[behind]?.kind !== 'newline' || before[behind].end !== end - shift) return false;
    behind++;
    isWhole = false;
    return true;
  });
  // Where reading went to the end, nothing is left of the old ones.
  const rest = isWhole ? before.length : behind;
  const added = tokens.length - rest;
  const second = tokens.length;
  if (!isWhole) {
    for (let at = first; at < second; at++) tokens[at] = { ...tokens[at], text: ownText(tokens[at].text) };
  }
  for (let at = rest; at < before.length; at++) tokens.push(moved(before[at], shift, added));

  // Items that end before the changed lines stay; behind them, those from the first that begins where an old one did.
  const kept = previous.items.findIndex(({ to }) => to > first - 1);
  const items = previous.items.slice(0, first === 0 ? 0 : kept < 0 ? previous.items.length : kept);
  let next = items.length;
  const end = parseItems(tokens, items, at => {
    if (at < second || isWhole || tokens[at - 1].kind !== 'newline') return false;
    while (next < previous.items.length && previous.items[next].from < at - added) next++;
    return previous.items[next]?.from === at - added;
  });
  if (end < tokens.length) {
    for (let at = next; at < previous.items.length; at++) {
      items.push(added === 0 ? previous.items[at] : movedItem(previous.items[at], added));
    }
  }
  return { text, tokens, items, lineStarts: lineStarts(text) };
}

/** Index of the last newline that ends before an offset or at it; −1 for none. */
function lastNewline(tokens: readonly Token[], offset: number): number {
  let low = 0;
  let high = tokens.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (tokens[middle].end <= offset) low = middle + 1;
    else high = middle;
  }
  let at = low - 1;
  while (at >= 0 && tokens[at].kind !== 'newline') at--;
  return at;
}

const moved = ({ kind, text, start, end, at }: Token, shift: number, added: number): Token => ({
  kind,
  text,
  start: start + shift,
  end: end + shift,
  at: at + added,
  derived: false,
});

function movedItem(item: Item, by: number): Item {
  if (item.is === 'statement') return movedStatement(item, by);
  const { argument, parameters, body, statements } = item;
  return {
    ...item,
    ...movedSpan(item, by),
    ...(argument === undefined ? {} : { argument: argument + by }),
    ...(parameters ? { parameters: parameters.map(at => at + by) } : {}),
    ...(body ? { body: movedSpan(body, by) } : {}),
    ...(statements ? { statements: statements.map(statement => movedStatement(statement, by)) } : {}),
  };
}

const movedSpan = ({ from, to }: Span, by: number): Span => ({ from: from + by, to: to + by });

const NONE: readonly number[] = [];

const movedStatement = ({ labels, word, suffixes, operands, from, to }: Statement, by: number): Statement => ({
  is: 'statement',
  labels: labels.length ? labels.map(at => at + by) : NONE,
  word: word === undefined ? undefined : word + by,
  suffixes: suffixes.length ? suffixes.map(at => at + by) : NONE,
  operands: operands.map(operand => movedSpan(operand, by)),
  from: from + by,
  to: to + by,
});
