/**
 * Names of Rust in its two schemes: the legacy one, which looks like C++ and ends in a hash, and v0, which is the default
 * of newer compilers and has types in it. Crates are written without the number that tells two of one name apart.
 *
 * Source: Rust RFC 2603 and the rustc book, "v0 Symbol Format"; rustc_symbol_mangling (legacy).
 */
import { MangledText, NotMangled } from './mangled-text.ts';

const ESCAPES: Readonly<Record<string, string>> = {
  SP: '@',
  BP: '*',
  RF: '&',
  LT: '<',
  GT: '>',
  LP: '(',
  RP: ')',
  C: ',',
};

/** A path whose last part is h and 16 hexadecimal digits; undefined for others. */
export function legacyRust(parts: readonly string[]): string | undefined {
  const hash = parts[parts.length - 1];
  if (parts.length < 2 || !/^h[0-9a-f]{16}$/.test(hash ?? '')) return undefined;
  return parts.slice(0, -1).map(unescapeLegacy).join('::');
}

/** `$LT$` is <, `$u20$` a blank, `..` a pair of colons. */
function unescapeLegacy(text: string): string {
  return text
    .replace(/^_(?=\$)/, '')
    .replace(/\$(u([0-9a-f]{1,6})|[A-Z]{1,2})\$/g, (all, name: string, code: string | undefined) => {
      const point = code === undefined ? Number.NaN : Number.parseInt(code, 16);
      return ESCAPES[name] ?? (point < 0x110000 ? String.fromCodePoint(point) : all);
    })
    .replaceAll('..', '::');
}

const BASIC: Readonly<Record<string, string>> = {
  a: 'i8',
  b: 'bool',
  c: 'char',
  d: 'f64',
  e: 'str',
  f: 'f32',
  h: 'u8',
  i: 'isize',
  j: 'usize',
  l: 'i32',
  m: 'u32',
  n: 'i128',
  o: 'u128',
  p: '_',
  s: 'i16',
  t: 'u16',
  u: '()',
  v: '...',
  x: 'i64',
  y: 'u64',
  z: '!',
};

/** "<alloc::vec::Vec<u8> as core::ops::drop::Drop>::drop"; undefined for what is no `_R…` name. */
export function demangleRust(symbol: string): string | undefined {
  // What LLVM makes of one function of many: `.llvm.123`, `.cold`.
  const dot = symbol.indexOf('.');
  const text = new MangledText(dot < 0 ? symbol : symbol.slice(0, dot), 2);
  return text.reading(() => {
    const found = path({ text, lifetimes: 0 }, true);
    // The crate that made this copy of a generic function.
    if (!text.atEnd) path({ text, lifetimes: 0 }, false);
    if (!text.atEnd) throw new NotMangled();
    return found;
  });
}

interface State {
  readonly text: MangledText;
  /** Lifetimes bound by the `for<…>` around. */
  lifetimes: number;
}

/** `asValue`: generics are written behind `::<`, as in an expression. */
function path(state: State, asValue: boolean): string {
  const { text } = state;
  return text.nested(() => {
    const tag = text.peek(1);
    text.skip(1);
    switch (tag) {
      case 'C':
        return identifier(text).name;
      case 'M': {
        implementation(state);
        return `<${type(state)}>`;
      }
      case 'X': {
        implementation(state);
        const self = type(state);
        return `<${self} as ${path(state, false)}>`;
      }
      case 'Y': {
        const self = type(state);
        return `<${self} as ${path(state, false)}>`;
      }
      case 'N': {
        const space = text.peek(1);
        text.skip(1);
        const around = path(state, asValue);
        const { name, number } = identifier(text);
        if (/[a-z]/.test(space)) return name === '' ? around : `${around}::${name}`;
        const kind = space === 'C' ? 'closure' : space === 'S' ? 'shim' : space;
        return `${around}::{${kind}${name === '' ? '' : `:${name}`}#${number}}`;
      }
      case 'I': {
        const around = path(state, asValue);
        const list: string[] = [];
        while (!text.tryTake('E')) list.push(genericArgument(state));
        return `${around}${asValue ? '::' : ''}<${list.join(', ')}>`;
      }
      case 'B':
        return backReference(state, () => path(state, asValue));
      default:
        throw new NotMangled();
    }
  });
}

/** Where an `impl` stands: read and not shown, as the type says more. */
function implementation(state: State): void {
  disambiguator(state.text);
  path(state, false);
}

function disambiguator(text: MangledText): number {
  return text.tryTake('s') ? base62(text) + 1 : 0;
}

/** `_` is 0, `0_` is 1, … The numbers of crates are larger than what a number holds, and not shown. */
function base62(text: MangledText): number {
  const digits = text.takeWhile(/[0-9a-zA-Z]/);
  text.take('_');
  let value = digits === '' ? 0 : 1;
  let number = 0;
  for (const digit of digits)
    number = number * 62 + '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'.indexOf(digit);
  value += number;
  return value;
}

function identifier(text: MangledText): { name: string; number: number } {
  const number = disambiguator(text);
  return { name: undisambiguated(text), number };
}

function undisambiguated(text: MangledText): string {
  const isPunycode = text.tryTake('u');
  const digits = text.tryTake('0') ? '0' : text.takeWhile(/[0-9]/);
  if (digits === '') throw new NotMangled();
  text.tryTake('_');
  const length = Number(digits);
  const bytes = length === 0 ? '' : text.takeBytes(length);
  return isPunycode ? punycode(bytes) : bytes;
}

/** RFC 3492, with _ for the delimiter. */
function punycode(bytes: string): string {
  const [BASE, LEAST, MOST, SKEW, DAMP] = [36, 1, 26, 38, 700];
  const split = bytes.lastIndexOf('_');
  const output = [...(split > 0 ? bytes.slice(0, split) : '')].map(letter => letter.codePointAt(0)!);
  let [code, i, bias] = [128, 0, 72];
  for (let at = split > 0 ? split + 1 : 0; at < bytes.length; ) {
    const before = i;
    for (let weight = 1, k = BASE; ; k += BASE) {
      const digit = 'abcdefghijklmnopqrstuvwxyz0123456789'.indexOf(bytes[at++] ?? '?');
      if (digit < 0) throw new NotMangled();
      i += digit * weight;
      const threshold = Math.min(MOST, Math.max(LEAST, k - bias));
      if (digit < threshold) break;
      weight *= BASE - threshold;
    }
    const length = output.length + 1;
    let delta = Math.floor((i - before) / (before === 0 ? DAMP : 2));
    delta += Math.floor(delta / length);
    let k = 0;
    for (; delta > ((BASE - LEAST) * MOST) / 2; k += BASE) delta = Math.floor(delta / (BASE - LEAST));
    bias = k + Math.floor(((BASE - LEAST + 1) * delta) / (delta + SKEW));
    code += Math.floor(i / length);
    if (code > 0x10ffff) throw new NotMangled();
    i %= length;
    output.splice(i++, 0, code);
  }
  return String.fromCodePoint(...output);
}

/** Offsets count from behind `_R`, and lead backwards only. */
function backReference<T>({ text }: State, read: () => T): T {
  const start = text.at - 1;
  const to = base62(text) + 2;
  if (to >= start) throw new NotMangled();
  return text.from(to, read);
}

function genericArgument(state: State): string {
  const { text } = state;
  if (text.tryTake('L')) return lifetime(state, base62(text));
  if (text.tryTake('K')) return constant(state);
  return type(state);
}

/** 0 is '_; others count from the innermost `for`. */
function lifetime({ lifetimes }: State, index: number): string {
  if (index === 0) return "'_";
  const depth = lifetimes - index;
  if (depth < 0) throw new NotMangled();
  return depth < 26 ? `'${String.fromCharCode(97 + depth)}` : `'_${depth}`;
}

/** `for<'a, 'b> `, while `read` reads what is inside. */
function bound(state: State, read: () => string): string {
  const { text } = state;
  const count = text.tryTake('G') ? base62(text) + 1 : 0;
  if (count > 100) throw new NotMangled();
  const before = state.lifetimes;
  state.lifetimes += count;
  const names = Array.from({ length: count }, (_, i) => lifetime(state, count - i));
  const inside = read();
  state.lifetimes = before;
  return count > 0 ? `for<${names.join(', ')}> ${inside}` : inside;
}

function type(state: State): string {
  const { text } = state;
  return text.nested(() => {
    const tag = text.peek(1);
    const basic = BASIC[tag];
    if (basic) {
      text.skip(1);
      return basic;
    }
    if (/[CMXYNI]/.test(tag)) return path(state, false);
    text.skip(1);
    switch (tag) {
      case 'A': {
        const of = type(state);
        return `[${of}; ${constant(state)}]`;
      }
      case 'S':
        return `[${type(state)}]`;
      case 'T': {
        const list: string[] = [];
        while (!text.tryTake('E')) list.push(type(state));
        return list.length === 1 ? `(${list[0]},)` : `(${list.join(', ')})`;
      }
      case 'R':
      case 'Q': {
        const index = text.tryTake('L') ? base62(text) : 0;
        const named = index === 0 ? '' : `${lifetime(state, index)} `;
        return `&${named}${tag === 'Q' ? 'mut ' : ''}${type(state)}`;
      }
      case 'P':
        return `*const ${type(state)}`;
      case 'O':
        return `*mut ${type(state)}`;
      case 'F':
        return bound(state, () => functionType(state));
      case 'D': {
        const bounds = bound(state, () => {
          const list: string[] = [];
          while (!text.tryTake('E')) list.push(dynTrait(state));
          return list.join(' + ');
        });
        text.take('L');
        const index = base62(text);
        return `dyn ${bounds}${index === 0 ? '' : ` + ${lifetime(state, index)}`}`;
      }
      case 'B':
        return backReference(state, () => type(state));
      default:
        throw new NotMangled();
    }
  });
}

function functionType(state: State): string {
  const { text } = state;
  const unsafe = text.tryTake('U') ? 'unsafe ' : '';
  let abi = '';
  if (text.tryTake('K')) abi = `extern "${text.tryTake('C') ? 'C' : undisambiguated(text).replaceAll('_', '-')}" `;
  const parameters: string[] = [];
  while (!text.tryTake('E')) parameters.push(type(state));
  const result = text.tryTake('u') ? '' : ` -> ${type(state)}`;
  return `${unsafe}${abi}fn(${parameters.join(', ')})${result}`;
}

/** A trait with what its associated types are: `Iterator<Item = u8>`. */
function dynTrait(state: State): string {
  const { text } = state;
  let found = path(state, false);
  while (text.tryTake('p')) {
    const name = undisambiguated(text);
    const is = `${name} = ${type(state)}`;
    found = found.endsWith('>') ? `${found.slice(0, -1)}, ${is}>` : `${found}<${is}>`;
  }
  return found;
}

function constant(state: State): string {
  const { text } = state;
  if (text.tryTake('B')) return backReference(state, () => constant(state));
  const kind = text.peek(1);
  text.skip(1);
  if (kind === 'p') return '_';
  if (!/[abchijlmnostxy]/.test(kind)) throw new NotMangled();
  const sign = text.tryTake('n') ? '-' : '';
  const digits = text.takeWhile(/[0-9a-f]/);
  text.take('_');
  const value = BigInt(`0x${digits || '0'}`);
  if (kind === 'b') return value === 0n ? 'false' : 'true';
  if (kind === 'c') {
    if (value > 0x10ffffn) throw new NotMangled();
    return `'${String.fromCodePoint(Number(value))}'`;
  }
  return `${sign}${value}`;
}
