/**
 * Go assembly as tokens, split exactly where the assembler splits it (cmd/asm/internal/lex over text/scanner): newlines
 * and comments are tokens, and only blanks, tabs and carriage returns lie between two of them. So the text can be put
 * together again from its tokens.
 */

export type TokenKind =
  | 'name'
  | 'int'
  | 'float'
  | 'char'
  | 'string'
  | 'comment'
  | 'newline'
  /** One of `<< >> -> @>`, or any single character else. */
  | 'mark';

export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  /** Offset in UTF-16 code units. */
  readonly start: number;
  readonly end: number;
  /** Its index among the file's tokens, and that it comes from there: so it is a token of the expansion as it is. */
  readonly at: number;
  readonly derived: false;
}

/** U+00B7 stands for the period in a symbol, U+2215 for the slash. */
const NAME_START = /[\p{L}_\u00b7\u2215]/u;
const NAME_PART = /[\p{L}\p{Nd}_\u00b7\u2215]/u;
/** Marks of two characters, by the code of the first. */
const TWO: Readonly<Record<number, string>> = { 60: '<<', 62: '>>', 45: '->', 64: '@>' };
/** Every character's text once: a file has tens of thousands of commas. */
const ASCII = Array.from({ length: 128 }, (_, code) => String.fromCharCode(code));

const isDigit = (code: number) => code >= 48 && code <= 57;
const isHexDigit = (code: number) => isDigit(code) || ((code | 32) >= 97 && (code | 32) <= 102);
const isNameStart = (code: number, text: string, at: number) =>
  (code | 32) >= 97 && (code | 32) <= 122 ? true : code < 128 ? code === 95 : NAME_START.test(charAt(text, at));

function charAt(text: string, at: number): string {
  return String.fromCodePoint(text.codePointAt(at) ?? 0xfffd);
}

/** Never throws: what is no token of the language is a mark of one character. */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  tokenizeInto(tokens, text, 0, () => false);
  return tokens;
}

/** Adds the tokens from an offset on, up to and with the first that is enough. */
export function tokenizeInto(tokens: Token[], text: string, from: number, isEnough: (token: Token) => boolean): void {
  let at = from;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === 32 || code === 9 || code === 13) {
      at++;
      continue;
    }
    const start = at;
    let kind: TokenKind = 'mark';
    if (code === 10) {
      kind = 'newline';
      at++;
    } else if (isNameStart(code, text, at)) {
      kind = 'name';
      at = nameEnd(text, at);
    } else if (isDigit(code) || (code === 46 && isDigit(text.charCodeAt(at + 1)))) {
      const number = numberEnd(text, at);
      kind = number.float ? 'float' : 'int';
      at = number.end;
    } else if (code === 34 || code === 39) {
      kind = code === 34 ? 'string' : 'char';
      at = quotedEnd(text, at);
    } else if (code === 47 && text.charCodeAt(at + 1) === 47) {
      kind = 'comment';
      const end = text.indexOf('\n', at);
      at = end < 0 ? text.length : end;
      // A carriage return before the newline belongs to the line's end.
      if (text.charCodeAt(at - 1) === 13) at--;
    } else if (code === 47 && text.charCodeAt(at + 1) === 42) {
      kind = 'comment';
      const end = text.indexOf('*/', at + 2);
      at = end < 0 ? text.length : end + 2;
    } else if (code < 128) {
      const two = TWO[code];
      const isTwo = two !== undefined && text.charCodeAt(at + 1) === two.charCodeAt(1);
      at += isTwo ? 2 : 1;
      tokens.push({ kind, text: isTwo ? two : ASCII[code], start, end: at, at: tokens.length, derived: false });
      continue;
    } else at += code >= 0xd800 && code < 0xdc00 && at + 1 < text.length ? 2 : 1;
    const token: Token = { kind, text: text.slice(start, at), start, end: at, at: tokens.length, derived: false };
    tokens.push(token);
    if (kind === 'newline' && isEnough(token)) return;
  }
}

function nameEnd(text: string, start: number): number {
  let at = start;
  for (;;) {
    const code = text.charCodeAt(at);
    if ((code | 32) >= 97 && (code | 32) <= 122) at++;
    else if (isDigit(code) || code === 95) at++;
    else if (code >= 128) {
      const char = charAt(text, at);
      if (!NAME_PART.test(char)) return at;
      at += char.length;
    } else return at;
  }
}

/** `0x1f`, `0b1`, `0o7`, `017`, `1_000`, `1.5e-3`, `0x1p-2`, `.5`. */
function numberEnd(text: string, start: number): { end: number; float: boolean } {
  let at = start;
  let float = false;
  const second = text.charCodeAt(at + 1) | 32;
  const prefixed = text.charCodeAt(at) === 48 && (second === 120 || second === 111 || second === 98);
  const digit = prefixed && second === 120 ? isHexDigit : isDigit;
  if (prefixed) at += 2;
  const digits = () => {
    while (digit(text.charCodeAt(at)) || text.charCodeAt(at) === 95) at++;
  };
  digits();
  if (text.charCodeAt(at) === 46) {
    float = true;
    at++;
    digits();
  }
  const exponent = text.charCodeAt(at) | 32;
  if (exponent === 101 || exponent === 112) {
    float = true;
    at++;
    if (text.charCodeAt(at) === 43 || text.charCodeAt(at) === 45) at++;
    while (isDigit(text.charCodeAt(at)) || text.charCodeAt(at) === 95) at++;
  }
  return { end: at, float };
}

/** A literal that is not closed ends with its line. */
function quotedEnd(text: string, start: number): number {
  const quote = text.charCodeAt(start);
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 10) return at;
    if (code === 92 && text.charCodeAt(at + 1) !== 10) at++;
    else if (code === quote) return at + 1;
  }
  return text.length;
}

/**
 * A piece of a text that is kept longer than the text: engines let a slice hold on to the whole it is from, and a keystroke
 * makes a new whole.
 */
export const ownText = (piece: string): string => ` ${piece}`.slice(1);

/** A name as the linker knows it: `·` is a period, `∕` a slash. */
export function symbolName(text: string): string {
  return text.replaceAll('\u00b7', '.').replaceAll('\u2215', '/');
}
