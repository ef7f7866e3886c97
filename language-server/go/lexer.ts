/** Go source as tokens, with the semicolons that newlines stand for (The Go Programming Language Specification, Lexical elements). */

export interface GoToken {
  readonly kind: 'name' | 'number' | 'string' | 'char' | 'mark';
  readonly text: string;
  /** Offset in UTF-16 code units. */
  readonly start: number;
}

const PATTERN =
  /[ \t\r]+|\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|(?<newline>\n)|(?<name>[\p{L}_][\p{L}\p{Nd}_]*)|(?<number>\.?\d(?:[eEpP][+-]|[\w.])*)|(?<string>"(?:\\.|[^"\\\n])*"?|`[^`]*`?)|(?<char>'(?:\\.|[^'\\\n])*'?)|(?<mark><<=|>>=|&\^=|\.\.\.|&&|\|\||<-|\+\+|--|==|!=|<=|>=|:=|\+=|-=|\*=|\/=|%=|&=|\|=|\^=|<<|>>|&\^|[\s\S])/gu;

/** Behind these a newline ends the statement. */
const ENDS = new Set(['break', 'continue', 'fallthrough', 'return', '++', '--', ')', ']', '}']);
const KEYWORDS = new Set(
  `break case chan const continue default defer else fallthrough for func go goto if import interface map package range
  return select struct switch type var`.split(/\s+/),
);

/** Never throws. */
export function tokenizeGo(text: string): GoToken[] {
  const tokens: GoToken[] = [];
  const end = (start: number) => {
    const last = tokens[tokens.length - 1];
    if (!last) return;
    const ends =
      last.kind === 'mark'
        ? ENDS.has(last.text)
        : last.kind !== 'name' || !KEYWORDS.has(last.text) || ENDS.has(last.text);
    if (ends) tokens.push({ kind: 'mark', text: ';', start });
  };
  for (const match of text.matchAll(PATTERN)) {
    const { groups } = match;
    const start = match.index;
    if (groups?.newline) end(start);
    else if (groups?.name !== undefined) tokens.push({ kind: 'name', text: match[0], start });
    else if (groups?.number !== undefined) tokens.push({ kind: 'number', text: match[0], start });
    else if (groups?.string !== undefined) tokens.push({ kind: 'string', text: match[0], start });
    else if (groups?.char !== undefined) tokens.push({ kind: 'char', text: match[0], start });
    else if (groups?.mark !== undefined) tokens.push({ kind: 'mark', text: match[0], start });
    else if (match[0].startsWith('/*') && match[0].includes('\n')) end(start);
  }
  end(text.length);
  return tokens;
}
