/**
 * The preprocessor: macros, conditions and includes, step by step as cmd/asm/internal/lex takes them, so that what comes
 * out is the assembler's own stream of tokens. Every token knows where in the file it came from: its own place, or that of
 * the macro's name or the include that brought it.
 */
import type { Token, TokenKind } from './lexer.ts';
import type { Source, Span } from './tree.ts';

export interface Expanded {
  readonly kind: TokenKind;
  /** With `.` and `/` for the characters that stand for them where the token comes from a macro; raw otherwise. */
  readonly text: string;
  /** Index of the source's token where it comes from. */
  readonly at: number;
  /** It is not written at that place: it is part of a macro or of an included file. */
  readonly derived: boolean;
}

export interface Macro {
  readonly name: string;
  /** Undefined where it is used without parentheses. */
  readonly parameters?: readonly string[];
  readonly body: readonly { readonly kind: TokenKind; readonly text: string }[];
  /** Its value is not known: a constant of a header that the build makes. */
  readonly opaque?: boolean;
}

/** What an `#include` names. */
export type Included =
  | { readonly is: 'source'; readonly source: Source }
  /** A header that the build makes: its macros are known as far as they can be, and names that are not may be in it. */
  | { readonly is: 'macros'; readonly macros: Iterable<Macro>; readonly complete: boolean }
  /** It is there or not, nobody can tell: nothing is said about names that are not known. */
  | { readonly is: 'unknown' }
  | { readonly is: 'missing' };

export type Include = (name: string) => Included;

export interface Problem {
  readonly message: string;
  /** Tokens of the source that it is about. */
  readonly span: Span;
  readonly severity?: 'error' | 'warning' | 'hint';
  readonly code?: string;
  readonly fix?: Fix;
}

/** What would mend a problem: plain data, which an editor keeps with what it shows. */
export type Fix =
  /** In place of the span, or of a range of offsets. */
  | { readonly is: 'write'; readonly text: string; readonly at?: { readonly start: number; readonly end: number } }
  /** A name that is much like the one written. */
  | { readonly is: 'similar'; readonly name: string; readonly among: 'instructions' | 'labels' }
  | { readonly is: 'include'; readonly header: string }
  | { readonly is: 'declare'; readonly name: string }
  | { readonly is: 'no pointers' };

export interface Expansion {
  readonly source: Source;
  readonly tokens: readonly Expanded[];
  readonly problems: readonly Problem[];
  /** What was defined at the end of the file. */
  readonly macros: ReadonlyMap<string, Macro>;
  /** A header is not known: unknown words may be its macros. */
  readonly open: boolean;
  /** Constants may be defined that are not known. */
  readonly constantsOpen: boolean;
}

/** The assembler gives up at this depth (lex.Input.Push). */
const MOST_DEPTH = 100;
/** More tokens than any file has: macros that multiply are stopped here. */
const MOST_TOKENS = 500_000;

/** A macro's name that is used without its arguments is no macro any more. */
const KEPT = Symbol('kept');
interface Item {
  readonly kind: TokenKind;
  readonly text: string;
  readonly at: number;
  readonly derived: boolean;
  readonly [KEPT]?: boolean;
}

interface Reader {
  readonly items: readonly { readonly kind: TokenKind; readonly text: string; readonly at?: number }[];
  position: number;
  /** Where all its tokens come from, unless they say it themselves. */
  readonly at: number | undefined;
  /** Of a file: where tokens stand tells whether a parenthesis touches a macro's name. */
  readonly tokens?: readonly Token[];
}

export function preprocess(source: Source, include: Include, defines: Iterable<string>): Expansion {
  return new Preprocessor(source, include, defines).run();
}

class Preprocessor {
  readonly #source: Source;
  readonly #include: Include;
  readonly #macros = new Map<string, Macro>();
  readonly #readers: Reader[] = [];
  readonly #conditions: boolean[] = [];
  readonly #out: Expanded[] = [];
  readonly #problems: Problem[] = [];
  #open = false;
  #constantsOpen = false;
  #lineStart = true;

  constructor(source: Source, include: Include, defines: Iterable<string>) {
    this.#source = source;
    this.#include = include;
    for (const name of defines) this.#macros.set(name, { name, body: [{ kind: 'int', text: '1' }] });
    this.#readers.push(fileReader(source, undefined));
  }

  run(): Expansion {
    for (;;) {
      const item = this.#next();
      if (!item) break;
      if (item.text === '#' && item.kind === 'mark') {
        if (!this.#lineStart) this.#problem("'#' must be first item on line", item.at);
        this.#directive(item);
        this.#lineStart = true;
        continue;
      }
      this.#lineStart = item.kind === 'newline';
      if (!this.#enabled()) continue;
      if (item.kind === 'name' && !item[KEPT]) {
        const macro = this.#macros.get(item.text);
        if (macro && !macro.opaque) {
          this.#invoke(macro, item);
          continue;
        }
      }
      if (item.kind !== 'comment') this.#out.push(item);
      if (this.#out.length > MOST_TOKENS) {
        this.#problem('macros expand to too much', item.at);
        break;
      }
    }
    if (this.#conditions.length > 0) this.#problem('unclosed #ifdef or #ifndef', this.#lastCondition);
    return {
      source: this.#source,
      tokens: this.#out,
      problems: this.#problems,
      macros: this.#macros,
      open: this.#open,
      constantsOpen: this.#constantsOpen || this.#open,
    };
  }

  #lastCondition = 0;

  #enabled(): boolean {
    return this.#conditions.length === 0 || this.#conditions[this.#conditions.length - 1];
  }

  /** The next token of the innermost reader that has one; comments too, so that they can be counted as nothing. */
  #next(): Item | undefined {
    for (;;) {
      const reader = this.#readers[this.#readers.length - 1];
      if (reader.position >= reader.items.length) {
        if (this.#readers.length === 1) return undefined;
        this.#readers.pop();
        continue;
      }
      const index = reader.position++;
      const item = reader.items[index];
      if (item.kind === 'comment') continue;
      if (reader.at === undefined) return item as Item;
      // A header's tokens are at the include.
      const at = reader.tokens ? undefined : item.at;
      return {
        kind: item.kind,
        text: item.text,
        at: at ?? reader.at,
        derived: at === undefined,
        [KEPT]: (item as Item)[KEPT],
      };
    }
  }

  #problem(message: string, at: number, to = at + 1): undefined {
    // One is enough of what repeats itself in a macro.
    const last = this.#problems[this.#problems.length - 1];
    if (last?.message === message && last.span.from === at) return;
    this.#problems.push({ message, span: { from: at, to } });
  }

  #push(reader: Reader, at: number): boolean {
    if (this.#readers.length > MOST_DEPTH) {
      this.#problem('input recursion', at);
      this.#readers.length = 1;
      return false;
    }
    this.#readers.push(reader);
    return true;
  }

  /** Behind a `#`: reads to the line's end. */
  #directive(hash: Item): undefined {
    const word = this.#next();
    if (word?.kind !== 'name') {
      this.#problem("expected identifier after '#'", hash.at);
      if (word && word.kind !== 'newline') this.#skipLine();
      return;
    }
    if (!this.#enabled() && !['else', 'endif', 'ifdef', 'ifndef', 'line'].includes(word.text)) return this.#skipLine();
    switch (word.text) {
      case 'define':
        return this.#define(word);
      case 'undef': {
        const name = this.#name(word);
        if (!name) return;
        if (!this.#macros.delete(name.text) && !this.#open)
          this.#problem(`#undef for undefined macro: ${name.text}`, name.at);
        return this.#newline(word, name);
      }
      case 'ifdef':
      case 'ifndef': {
        this.#lastCondition = word.at;
        const name = this.#name(word);
        const truth = name !== undefined && this.#macros.has(name.text) === (word.text === 'ifdef');
        this.#conditions.push(this.#enabled() && truth);
        if (name) this.#newline(word, name);
        return;
      }
      case 'else': {
        const depth = this.#conditions.length;
        if (depth === 0) this.#problem('unmatched #else', word.at);
        else if (depth === 1 || this.#conditions[depth - 2]) this.#conditions[depth - 1] = !this.#conditions[depth - 1];
        return this.#newline(word, word);
      }
      case 'endif':
        if (this.#conditions.pop() === undefined) this.#problem('unmatched #endif', word.at);
        return this.#newline(word, word);
      case 'include':
        return this.#includeFile(word);
      case 'line':
        return this.#line(word);
      default:
        this.#problem(`unexpected token after '#': ${word.text}`, word.at);
        return this.#skipLine();
    }
  }

  #skipLine(): undefined {
    for (let item = this.#next(); item && item.kind !== 'newline'; item = this.#next());
  }

  #newline(word: Item, last: Item): undefined {
    const item = this.#next();
    if (!item || item.kind === 'newline') return;
    this.#problem(`expected newline after #${word.text}`, Math.max(item.at, last.at));
    this.#skipLine();
  }

  #name(word: Item): Item | undefined {
    const item = this.#next();
    if (item?.kind === 'name') return item;
    this.#problem('expected identifier after # directive', item && item.kind !== 'newline' ? item.at : word.at);
    if (item && item.kind !== 'newline') this.#skipLine();
    return undefined;
  }

  #includeFile(word: Item): undefined {
    const item = this.#next();
    if (item?.kind !== 'string') {
      this.#problem('expected string after #include', item && item.kind !== 'newline' ? item.at : word.at);
      if (item && item.kind !== 'newline') this.#skipLine();
      return;
    }
    this.#newline(word, item);
    const closed = item.text.length > 1 && item.text.endsWith('"');
    if (!closed) this.#problem('unquoting include file name: invalid syntax', item.at);
    const name = item.text.slice(1, closed ? -1 : undefined);
    const included = this.#include(name);
    switch (included.is) {
      case 'source':
        this.#push(fileReader(included.source, item.at), item.at);
        return;
      case 'macros':
        for (const macro of included.macros) this.#macros.set(macro.name, macro);
        if (!included.complete) this.#constantsOpen = true;
        return;
      case 'missing':
        this.#problem(`#include: open ${name}: no such file or directory`, item.at);
        this.#open = true;
        return;
      case 'unknown':
        this.#open = true;
    }
  }

  #line(word: Item): undefined {
    const [number, file] = [this.#next(), this.#next()];
    if (number?.kind !== 'int') this.#problem('expected line number after #line', number?.at ?? word.at);
    else if (file?.kind !== 'string') this.#problem('expected file name in #line', file?.at ?? word.at);
    if (number?.kind !== 'newline' && file?.kind !== 'newline') this.#skipLine();
  }

  #define(word: Item): undefined {
    const name = this.#name(word);
    if (!name) return;
    const reader = this.#readers[this.#readers.length - 1];
    const [previous, following] = [reader.tokens?.[reader.position - 1], reader.tokens?.[reader.position]];
    const touches = following?.text === '(' && following.start === previous?.end;
    let item = this.#next();
    let parameters: string[] | undefined;
    const complain = (message: string, at = name.at) => this.#problem(message, at);
    if (item?.text === '(' && item.kind === 'mark' && touches) {
      parameters = [];
      let wanted = true;
      for (;;) {
        item = this.#next();
        if (!item || item.kind === 'newline') {
          complain(`bad definition for macro: ${name.text}`);
          return;
        }
        if (item.text === ')') break;
        if (item.text === ',') {
          if (wanted) complain(`bad syntax in definition for macro: ${name.text}`, item.at);
          wanted = true;
        } else if (item.kind === 'name') {
          if (!wanted) complain(`bad syntax in definition for macro: ${name.text}`, item.at);
          else if (parameters.includes(item.text))
            complain(`duplicate argument ${item.text} in definition for macro: ${name.text}`, item.at);
          parameters.push(item.text);
          wanted = false;
        } else {
          complain(`bad definition for macro: ${name.text}`, item.at);
          this.#skipLine();
          return;
        }
      }
      item = this.#next();
    }
    const body: { kind: TokenKind; text: string }[] = [];
    for (; item && item.kind !== 'newline'; item = this.#next()) {
      if (item.kind === 'mark' && item.text === '\\') {
        const escaped = this.#next();
        if (escaped && escaped.kind !== 'newline' && escaped.text !== '\\') {
          complain(`can only escape \\ or \\n in definition for macro: ${name.text}`, item.at);
        }
        if (!escaped) break;
        item = escaped;
      }
      body.push({ kind: item.kind, text: item.text });
    }
    if (!item) complain(`missing newline in definition for macro: ${name.text}`);
    const known = this.#macros.get(name.text);
    if (known && !known.opaque) {
      // The first one stays: what uses it is not to blame.
      complain(`redefinition of macro: ${name.text}`);
      return;
    }
    this.#macros.set(name.text, { name: name.text, parameters, body });
  }

  #invoke(macro: Macro, name: Item): undefined {
    if (!macro.parameters) {
      this.#push({ items: macro.body, position: 0, at: name.at }, name.at);
      return;
    }
    const open = this.#next();
    if (open?.text !== '(' || open.kind !== 'mark') {
      if (open) this.#push({ items: [open], position: 0, at: open.at }, name.at);
      this.#push({ items: [{ ...name, [KEPT]: true } as Item], position: 0, at: name.at }, name.at);
      return;
    }
    const actuals: Item[][] = [[]];
    let nesting = 0;
    for (;;) {
      const item = this.#next();
      if (!item || item.kind === 'newline') {
        this.#problem(`unterminated arg list invoking macro: ${macro.name}`, name.at);
        if (item) this.#push({ items: [item], position: 0, at: item.at }, name.at);
        return;
      }
      if (item.kind === 'mark') {
        if (nesting === 0 && item.text === ')') break;
        if (nesting === 0 && item.text === ',') {
          actuals.push([]);
          continue;
        }
        if (item.text === '(') nesting++;
        if (item.text === ')') nesting--;
      }
      actuals[actuals.length - 1].push(item);
    }
    const none = macro.parameters.length === 0 && actuals.length === 1 && actuals[0].length === 0;
    if (!none && actuals.length !== macro.parameters.length) {
      this.#problem(`wrong arg count for macro ${macro.name}`, name.at);
      return;
    }
    const items: { kind: TokenKind; text: string; at?: number }[] = [];
    for (const token of macro.body) {
      const index = token.kind === 'name' ? macro.parameters.lastIndexOf(token.text) : -1;
      // An argument that is empty leaves the parameter's name, as in the assembler.
      if (index < 0 || actuals[index].length === 0) items.push(token);
      else for (const item of actuals[index]) items.push(item.derived ? { kind: item.kind, text: item.text } : item);
    }
    this.#push({ items, position: 0, at: name.at }, name.at);
  }
}

/** `at` is undefined for the file itself, whose tokens are their own places. */
function fileReader({ tokens }: Source, at: number | undefined): Reader {
  return { items: tokens, position: 0, at, tokens };
}

/** Where expanded tokens come from, as a span of the source's tokens; the first token of a file for none. */
export function sourceSpan(tokens: readonly Expanded[], from: number, to: number): Span {
  const first = tokens[Math.min(from, tokens.length - 1)];
  if (!first) return { from: 0, to: 1 };
  const last = tokens[Math.max(from, to - 1)] ?? first;
  // What begins in a macro is at its name.
  return { from: first.at, to: Math.max(first.at, first.derived ? first.at : last.at) + 1 };
}
