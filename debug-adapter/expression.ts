/**
 * The expressions of watch, hover, debug console and breakpoint conditions, parsed into plain data by precedence
 * climbing (Pratt). Operators and their precedence are Go's, because a condition such as `flags & O_CREAT == O_CREAT`
 * then means what it looks like; casts are taken in C's form and in Go's.
 *
 *   rax  $rax  AX          registers           main.main  `runtime.(*mheap).alloc`   symbols
 *   [rsp+8]                the 8 bytes there   *(u32*)addr   *(*uint32)(addr)        typed memory
 *   fd == 1  $syscall.fd   a call's arguments  path =~ "^/etc"                       regular expressions
 *   p.name  list[2]  m["k"]  variables' parts   len(s)  uint8(x)  (*main.node)(addr)  lengths, conversions
 */

export type BinaryOperator =
  | '||'
  | '&&'
  | '=='
  | '!='
  | '<'
  | '<='
  | '>'
  | '>='
  | '=~'
  | '!~'
  | '+'
  | '-'
  | '|'
  | '^'
  | '*'
  | '/'
  | '%'
  | '<<'
  | '>>'
  | '&'
  | '&^';

export type Expression =
  | { is: 'number'; value: bigint }
  | { is: 'float'; value: number }
  | { is: 'string'; value: string }
  /** `sigil`: written with `$`, so it can only be a register or an adapter's variable. */
  | { is: 'name'; name: string; sigil: boolean }
  | { is: 'unary'; operator: '-' | '+' | '!' | '^'; operand: Expression }
  | { is: 'dereference'; operand: Expression }
  | { is: 'address'; operand: Expression }
  | { is: 'cast'; type: CastType; operand: Expression }
  /** `[x]`: the machine word at an address. */
  | { is: 'word'; address: Expression }
  | { is: 'member'; of: Expression; name: string }
  | { is: 'index'; of: Expression; index: Expression }
  /** `len(x)`, and Go's conversions: `uint8(x)`. */
  | { is: 'call'; of: Expression; args: Expression[] }
  | { is: 'binary'; operator: BinaryOperator; left: Expression; right: Expression };

/** A scalar, or so many pointers to one; `named`: to a type of the program, and `scalar` is what it is without it. */
export interface CastType {
  scalar: keyof typeof SCALARS;
  pointers: number;
  named?: string;
}

/** The types of casts: bytes, and how they are read. */
export const SCALARS = {
  u8: { size: 1, kind: 'unsigned' },
  u16: { size: 2, kind: 'unsigned' },
  u32: { size: 4, kind: 'unsigned' },
  u64: { size: 8, kind: 'unsigned' },
  i8: { size: 1, kind: 'signed' },
  i16: { size: 2, kind: 'signed' },
  i32: { size: 4, kind: 'signed' },
  i64: { size: 8, kind: 'signed' },
  f32: { size: 4, kind: 'float' },
  f64: { size: 8, kind: 'float' },
  /** NUL-terminated; a cast to it reads the bytes at the address. */
  cstring: { size: 0, kind: 'string' },
  /** Go's string header: pointer and length. A cast to it reads the header at the address. */
  string: { size: 16, kind: 'string' },
} as const;

export const TYPE_NAMES: Readonly<Record<string, keyof typeof SCALARS>> = {
  ...(Object.fromEntries(Object.keys(SCALARS).map(name => [name, name])) as Record<string, keyof typeof SCALARS>),
  s8: 'i8',
  s16: 'i16',
  s32: 'i32',
  s64: 'i64',
  byte: 'u8',
  uint8: 'u8',
  uint16: 'u16',
  uint32: 'u32',
  uint64: 'u64',
  uint: 'u64',
  uintptr: 'u64',
  size_t: 'u64',
  char: 'i8',
  'unsigned char': 'u8',
  'unsigned int': 'u32',
  'unsigned long': 'u64',
  unsigned: 'u32',
  int8: 'i8',
  int16: 'i16',
  short: 'i16',
  int32: 'i32',
  int64: 'i64',
  int: 'i64',
  long: 'i64',
  float32: 'f32',
  float: 'f32',
  float64: 'f64',
  double: 'f64',
};

/** Something wrong with an expression: `message` is a sentence for the user. */
export class ExpressionError extends Error {}

const PRECEDENCE: Readonly<Record<BinaryOperator, number>> = {
  '||': 1,
  '&&': 2,
  '==': 3,
  '!=': 3,
  '<': 3,
  '<=': 3,
  '>': 3,
  '>=': 3,
  '=~': 3,
  '!~': 3,
  '+': 4,
  '-': 4,
  '|': 4,
  '^': 4,
  '*': 5,
  '/': 5,
  '%': 5,
  '<<': 5,
  '>>': 5,
  '&': 5,
  '&^': 5,
};

type Token =
  | { is: 'number'; value: bigint; at: number }
  | { is: 'float'; value: number; at: number }
  | { is: 'string'; value: string; at: number }
  | { is: 'name'; name: string; sigil: boolean; quoted: boolean; at: number }
  | { is: 'sign'; sign: string; at: number }
  | { is: 'end'; at: number };

const SIGNS = '-> || && == != <= >= =~ !~ << >> &^ + - | ^ * / % & < > ! ~ ( ) [ ] . ,'.split(' ');
const DEPTH_LIMIT = 100;
const LENGTH_LIMIT = 4096;

/** Throws ExpressionError. */
export function parseExpression(source: string): Expression {
  if (source.length > LENGTH_LIMIT) throw new ExpressionError('The expression is too long.');
  const tokens = tokenize(source);
  let next = 0;
  let depth = 0;
  const peek = () => tokens[next];
  const sign = (ahead = 0) => {
    const token = tokens[Math.min(next + ahead, tokens.length - 1)];
    return token.is === 'sign' ? token.sign : undefined;
  };
  const complain = (token: Token, wanted: string): never => {
    if (token.is === 'end') throw new ExpressionError(`The expression ends where ${wanted} should follow.`);
    throw new ExpressionError(`Expected ${wanted} at column ${token.at + 1}: ${source.slice(token.at, token.at + 20)}`);
  };
  const expect = (wanted: string) => {
    if (sign() !== wanted) complain(peek(), `"${wanted}"`);
    next++;
  };

  function binary(least: number): Expression {
    if (++depth > DEPTH_LIMIT) throw new ExpressionError('The expression is nested too deeply.');
    let left = unary();
    for (;;) {
      const operator = sign() as BinaryOperator | undefined;
      const precedence = operator === undefined ? undefined : PRECEDENCE[operator];
      if (operator === undefined || precedence === undefined || precedence < least) break;
      next++;
      left = { is: 'binary', operator, left, right: binary(precedence + 1) };
    }
    depth--;
    return left;
  }

  function unary(): Expression {
    if (++depth > DEPTH_LIMIT) throw new ExpressionError('The expression is nested too deeply.');
    try {
      const operator = sign();
      switch (operator) {
        case '-':
        case '+':
        case '!':
        case '^':
        case '~':
          next++;
          return { is: 'unary', operator: operator === '~' ? '^' : operator, operand: unary() };
        case '*':
          next++;
          return { is: 'dereference', operand: unary() };
        case '&':
          next++;
          return { is: 'address', operand: unary() };
        case '(': {
          const type = castType();
          // Go's `(*T)(x).f` is a member of the conversion, C's `(T*)x.f` converts the member.
          if (type?.isGo && sign() === '(') return postfix({ is: 'cast', type: type.cast, operand: primary() });
          if (type) return { is: 'cast', type: type.cast, operand: unary() };
        }
      }
      return postfix(primary());
    } finally {
      depth--;
    }
  }

  /** `(u64*)`, `(*uint64)`, `(u8)`: only when an operand follows, else it is a name in parentheses. */
  function castType(): { cast: CastType; isGo: boolean } | undefined {
    let at = next + 1;
    let pointers = 0;
    const star = () => {
      const token = tokens[at];
      if (token?.is !== 'sign' || token.sign !== '*') return false;
      at++;
      pointers++;
      return true;
    };
    while (star());
    const isGo = pointers > 0;
    const name = typeName(at);
    if (!name) return undefined;
    at = name.end;
    while (star());
    const close = tokens[at];
    if (close?.is !== 'sign' || close.sign !== ')') return undefined;
    const after = tokens[at + 1];
    const known = Object.hasOwn(TYPE_NAMES, name.text);
    // `(*p) - 1` is no cast: names of the program are types only where nothing else could be meant.
    const signs = known ? ['(', '[', '*', '&', '-', '!', '~', '^'] : pointers > 0 ? ['('] : [];
    const operand = after.is === 'sign' ? signs.includes(after.sign) : after.is !== 'end' && (known || pointers > 0);
    if (!operand) return undefined;
    next = at + 1;
    const cast: CastType = known
      ? { scalar: TYPE_NAMES[name.text], pointers }
      : { scalar: 'u64', pointers, named: name.text };
    return { cast, isGo };
  }

  /** `uint64`, `main.node`, `struct point`, or a name in backquotes. */
  function typeName(start: number): { text: string; end: number } | undefined {
    const first = tokens[start];
    if (first?.is !== 'name' || first.sigil) return undefined;
    let text = first.name;
    let end = start + 1;
    for (;;) {
      const token = tokens[end];
      const after = tokens[end + 1];
      if (/^(struct|union|enum|unsigned|signed|long)$/.test(text) && token?.is === 'name') {
        text += ` ${token.name}`;
        end++;
      } else if (token?.is === 'sign' && token.sign === '.' && after?.is === 'name') {
        text += `.${after.name}`;
        end += 2;
      } else return { text, end };
    }
  }

  function primary(): Expression {
    const token = peek();
    next++;
    if (token.is === 'number') return { is: 'number', value: token.value };
    if (token.is === 'float') return { is: 'float', value: token.value };
    if (token.is === 'string') return { is: 'string', value: token.value };
    if (token.is === 'name') return { is: 'name', name: token.name, sigil: token.sigil };
    if (token.is === 'sign' && token.sign === '(') {
      const inner = binary(1);
      expect(')');
      return inner;
    }
    if (token.is === 'sign' && token.sign === '[') {
      const address = binary(1);
      expect(']');
      return { is: 'word', address };
    }
    next--;
    return complain(token, 'a value');
  }

  function postfix(start: Expression): Expression {
    let result = start;
    for (let links = 0; ; links++) {
      if (links > DEPTH_LIMIT) throw new ExpressionError('The expression is nested too deeply.');
      if (sign() === '.' || sign() === '->') {
        next++;
        const name = peek();
        if (name.is !== 'name' || name.sigil) return complain(name, 'a name');
        next++;
        result = { is: 'member', of: result, name: name.name };
      } else if (sign() === '[') {
        next++;
        const index = binary(1);
        expect(']');
        result = { is: 'index', of: result, index };
      } else if (sign() === '(' && (result.is === 'name' || result.is === 'member')) {
        next++;
        const args: Expression[] = [];
        while (sign() !== ')') {
          args.push(binary(1));
          if (sign() !== ',') break;
          next++;
        }
        expect(')');
        result = { is: 'call', of: result, args };
      } else return result;
    }
  }

  const result = binary(1);
  if (peek().is !== 'end') complain(peek(), 'an operator or the end');
  return result;
}

function tokenize(source: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    return pattern.exec(source);
  };
  while (at < source.length) {
    let match: RegExpExecArray | null;
    if ((match = take(/\s+/y))) {
      at += match[0].length;
      continue;
    }
    if ((match = take(/[0-9][0-9_]*(?:\.[0-9]+(?:[eE][+-]?[0-9]+)?|[eE][+-]?[0-9]+)(?![\p{L}_])/uy))) {
      tokens.push({ is: 'float', value: Number(match[0].replaceAll('_', '')), at });
    } else if ((match = take(/0[xX][0-9a-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+|[0-9][0-9_]*/y))) {
      const digits = match[0].replaceAll('_', '');
      if (/^[\p{L}_]/u.test(source.slice(at + match[0].length)) || /^0[xbo]$/i.test(digits))
        throw new ExpressionError(`This is no number: ${source.slice(at, at + 20)}`);
      // A leading zero alone is octal in C and Go ("0644"), as in modes.
      const value = /^0[0-7]+$/.test(digits) ? BigInt(`0o${digits.slice(1)}`) : BigInt(digits);
      tokens.push({ is: 'number', value, at });
    } else if ((match = take(/'(?:\\(.)|([^'\\]))'/suy))) {
      const char = match[2] ?? escapeOf(match[1]);
      tokens.push({ is: 'number', value: BigInt(char.codePointAt(0)!), at });
    } else if ((match = take(/"((?:[^"\\]|\\.)*)"/sy))) {
      tokens.push({ is: 'string', value: unescapeText(match[1]), at });
    } else if ((match = take(/`([^`]+)`/y))) {
      tokens.push({ is: 'name', name: match[1], sigil: false, quoted: true, at });
    } else if ((match = take(/\$?[\p{L}_\xb7\u2215][\p{L}\p{N}_\xb7\u2215]*/uy))) {
      const sigil = match[0].startsWith('$');
      tokens.push({ is: 'name', name: sigil ? match[0].slice(1) : match[0], sigil, quoted: false, at });
    } else {
      const sign = SIGNS.find(candidate => source.startsWith(candidate, at));
      if (!sign) throw new ExpressionError(`Unexpected ${JSON.stringify(source[at])} at column ${at + 1}.`);
      tokens.push({ is: 'sign', sign, at });
      at += sign.length;
      continue;
    }
    at += match[0].length;
  }
  tokens.push({ is: 'end', at });
  return tokens;
}

/** A backslash before anything but n, r, t, 0, x, quotes and backslash stays: regular expressions need it. */
function unescapeText(body: string): string {
  return body.replace(/\\(x[0-9a-fA-F]{2}|[nrt0"\\])/g, (_, code: string) =>
    code[0] === 'x' ? String.fromCharCode(Number.parseInt(code.slice(1), 16)) : escapeOf(code),
  );
}

function escapeOf(code: string): string {
  return { n: '\n', r: '\r', t: '\t', '0': '\0' }[code] ?? code;
}
