/**
 * Names of C++ as the compiler's ABI writes them: the path of a function with its template's arguments, without its
 * parameters (a debugger has better ones). The whole grammar of names and types is read, since a name may refer to any
 * part that came before it; of expressions in template arguments the literals are.
 *
 * Source: Itanium C++ ABI, chapter 5.1 "External Names".
 */
import { MangledText, NotMangled } from './mangled-text.ts';

/** A type around the name that is declared with it: `void (*` and `)(int)`. */
interface Written {
  readonly left: string;
  readonly right: string;
  /** Of functions and arrays a pointer needs parentheses. */
  readonly binds?: true;
}

const plain = (left: string): Written => ({ left, right: '' });
const whole = ({ left, right }: Written): string => left + right;

const BUILTIN: Readonly<Record<string, string>> = {
  v: 'void',
  w: 'wchar_t',
  b: 'bool',
  c: 'char',
  a: 'signed char',
  h: 'unsigned char',
  s: 'short',
  t: 'unsigned short',
  i: 'int',
  j: 'unsigned int',
  l: 'long',
  m: 'unsigned long',
  x: 'long long',
  y: 'unsigned long long',
  n: '__int128',
  o: 'unsigned __int128',
  f: 'float',
  d: 'double',
  e: 'long double',
  g: '__float128',
  z: '...',
};

/** Behind D. */
const MORE_BUILTIN: Readonly<Record<string, string>> = {
  a: 'auto',
  c: 'decltype(auto)',
  d: 'decimal64',
  e: 'decimal128',
  f: 'decimal32',
  h: 'half',
  i: 'char32_t',
  n: 'decltype(nullptr)',
  s: 'char16_t',
  u: 'char8_t',
};

const STANDARD: Readonly<Record<string, string>> = {
  t: 'std',
  a: 'std::allocator',
  b: 'std::basic_string',
  s: 'std::string',
  i: 'std::istream',
  o: 'std::ostream',
  d: 'std::iostream',
};

const OPERATORS: Readonly<Record<string, string>> = {
  nw: ' new',
  na: ' new[]',
  dl: ' delete',
  da: ' delete[]',
  aw: ' co_await',
  ps: '+',
  ng: '-',
  ad: '&',
  de: '*',
  co: '~',
  pl: '+',
  mi: '-',
  ml: '*',
  dv: '/',
  rm: '%',
  an: '&',
  or: '|',
  eo: '^',
  aS: '=',
  pL: '+=',
  mI: '-=',
  mL: '*=',
  dV: '/=',
  rM: '%=',
  aN: '&=',
  oR: '|=',
  eO: '^=',
  ls: '<<',
  rs: '>>',
  lS: '<<=',
  rS: '>>=',
  eq: '==',
  ne: '!=',
  lt: '<',
  gt: '>',
  le: '<=',
  ge: '>=',
  ss: '<=>',
  nt: '!',
  aa: '&&',
  oo: '||',
  pp: '++',
  mm: '--',
  cm: ',',
  pm: '->*',
  pt: '->',
  cl: '()',
  ix: '[]',
  qu: '?',
};

/** Behind T and G: what the compiler makes beside functions, by how their names begin. */
const SPECIAL_OF_TYPES: Readonly<Record<string, string>> = {
  TV: 'vtable for ',
  TT: 'VTT for ',
  TI: 'typeinfo for ',
  TS: 'typeinfo name for ',
};
const SPECIAL_OF_NAMES: Readonly<Record<string, string>> = {
  GV: 'guard variable for ',
  TW: 'TLS wrapper function for ',
  TH: 'TLS init function for ',
};

/** Suffixes of literals. */
const LITERAL: Readonly<Record<string, string>> = { i: '', j: 'u', l: 'l', m: 'ul', x: 'll', y: 'ull' };

/** "std::vector<int>::push_back" for `_ZNSt6vectorIiE9push_backERKi`. Undefined for what is no such name. */
export function demangleCpp(symbol: string): string | undefined {
  const dot = symbol.indexOf('.');
  const text = new MangledText(dot < 0 ? symbol : symbol.slice(0, dot), 2);
  return text.reading(() => {
    const name = encoding(text, false);
    if (!text.atEnd) throw new NotMangled();
    // What a function was split or specialised into.
    return dot < 0 ? name : `${name} [clone ${symbol.slice(dot)}]`;
  });
}

function encoding(text: MangledText, withParameters: boolean): string {
  const state: State = {
    substitutions: [],
    templates: [],
    endsInTemplate: false,
    isConstructor: false,
    qualifiers: '',
  };
  return encodingIn(text, state, withParameters);
}

interface State {
  readonly substitutions: Written[];
  /** Arguments of the innermost template, which T_ means. */
  templates: string[];
  /** What the name that was read last was: only template functions tell their result. */
  endsInTemplate: boolean;
  isConstructor: boolean;
  /** Of a method: " const". */
  qualifiers: string;
}

function encodingIn(text: MangledText, state: State, withParameters: boolean): string {
  const two = text.peek(2);
  if (SPECIAL_OF_TYPES[two]) {
    text.skip(2);
    return SPECIAL_OF_TYPES[two] + whole(type(text, state));
  }
  if (SPECIAL_OF_NAMES[two]) {
    text.skip(2);
    return SPECIAL_OF_NAMES[two] + name(text, state);
  }
  if (two === 'GT') {
    text.skip(2);
    const safe = text.tryTake('t');
    if (!safe) text.take('n');
    return `${safe ? '' : 'non-'}transaction clone for ${encodingIn(text, state, withParameters)}`;
  }
  if (two === 'GR') {
    text.skip(2);
    const of = name(text, state);
    text.takeWhile(/[0-9A-Z]/);
    text.take('_');
    return `reference temporary for ${of}`;
  }
  if (two === 'Tc') {
    text.skip(2);
    callOffset(text);
    callOffset(text);
    return `covariant return thunk to ${encodingIn(text, state, withParameters)}`;
  }
  if (two === 'Th' || two === 'Tv') {
    text.skip(1);
    callOffset(text);
    return `${two === 'Tv' ? '' : 'non-'}virtual thunk to ${encodingIn(text, state, withParameters)}`;
  }
  const own = name(text, state);
  const { qualifiers } = state;
  const hasResult = state.endsInTemplate && !state.isConstructor;
  if (text.atEnd || text.peek(1) === 'E') return own;
  if (!withParameters) {
    // Whatever they are made of, nobody asks for them.
    text.toEnd();
    return own;
  }
  if (hasResult) type(text, state);
  return `${own}(${parameterList(text, state)})${qualifiers}`;
}

/** h nv _, or v offset _ offset _. */
function callOffset(text: MangledText): void {
  if (text.tryTake('h')) number(text);
  else {
    text.take('v');
    number(text);
    text.take('_');
    number(text);
  }
  text.take('_');
}

function number(text: MangledText): string {
  return (text.tryTake('n') ? '-' : '') + text.takeWhile(/[0-9]/);
}

function parameterList(text: MangledText, state: State): string {
  const list: string[] = [];
  while (!text.atEnd && text.peek(1) !== 'E') list.push(whole(type(text, state)));
  const shown = list.filter(parameter => parameter !== '');
  return shown.length === 1 && shown[0] === 'void' ? '' : shown.join(', ');
}

function name(text: MangledText, state: State): string {
  Object.assign(state, { isConstructor: false, endsInTemplate: false, qualifiers: '' });
  if (text.peek(1) === 'N') return nested(text, state);
  if (text.peek(1) === 'Z') return local(text, state);
  let found: string;
  if (text.peek(1) === 'S' && text.peek(2) !== 'St') found = whole(substitution(text, state));
  else {
    found = text.tryTake('St') ? `std::${unqualified(text, state)}` : unqualified(text, state);
    if (text.peek(1) === 'I') remember(state, plain(found));
  }
  if (text.peek(1) !== 'I') return found;
  found = withArguments(found, templateArguments(text, state));
  state.endsInTemplate = true;
  return found;
}

function local(text: MangledText, state: State): string {
  text.take('Z');
  const around = encodingIn(text, state, true);
  text.take('E');
  if (text.tryTake('s')) {
    discriminator(text);
    return `${around}::string literal`;
  }
  if (text.tryTake('d')) {
    text.takeWhile(/[0-9]/);
    text.take('_');
  }
  const own = name(text, state);
  discriminator(text);
  return `${around}::${own}`;
}

function discriminator(text: MangledText): void {
  if (!text.tryTake('_')) return;
  const long = text.tryTake('_');
  text.takeWhile(/[0-9]/);
  if (long) text.take('_');
}

function nested(text: MangledText, state: State): string {
  text.take('N');
  const qualifiers = [...text.takeWhile(/[rVK]/)]
    .reverse()
    .map(letter => QUALIFIERS[letter])
    .join('');
  if (/[RO]/.test(text.peek(1)) && !OPERATORS[text.peek(2)]) text.skip(1);
  let path = '';
  let last = '';
  let endsInTemplate = false;
  let isConstructor = false;
  while (!text.tryTake('E')) {
    const one = text.peek(1);
    let isKnown = false;
    endsInTemplate = false;
    isConstructor = false;
    if (one === 'S' && path === '') {
      const isStd = text.peek(2) === 'St';
      path = isStd ? 'std' : whole(substitution(text, state));
      if (isStd) text.skip(2);
      last = lastPart(path);
      isKnown = true;
    } else if (one === 'T' && path === '') {
      path = templateParameter(text, state);
      last = path;
    } else if (one === 'I') {
      path = withArguments(path, templateArguments(text, state));
      endsInTemplate = true;
    } else if (/^D[tT]/.test(text.peek(2))) {
      path = whole(type(text, state));
      isKnown = true;
    } else if (/^(C[1-5]|CI[12]|D[0-5])/.test(text.peek(3)) && path !== '') {
      isConstructor = true;
      const destroys = one === 'D';
      text.skip(text.peek(2) === 'CI' ? 3 : 2);
      if (text.peek(1) !== 'E' && text.peek(1) !== 'B' && text.peek(1) !== 'I') type(text, state);
      path += `::${destroys ? '~' : ''}${last}${tags(text)}`;
    } else if (one === 'M') {
      // The initializer of a data member, which a closure belongs to.
      text.skip(1);
      continue;
    } else {
      const part = unqualified(text, state);
      path = path === '' ? part : `${path}::${part}`;
      last = part.replace(/\[abi:.*$/, '');
    }
    if (!isKnown && text.peek(1) !== 'E') remember(state, plain(path));
  }
  if (path === '') throw new NotMangled();
  Object.assign(state, { endsInTemplate, isConstructor, qualifiers });
  return path;
}

/** The class's own name, which constructors have. */
function lastPart(path: string): string {
  if (path === 'std::string') return 'basic_string';
  let depth = 0;
  let start = 0;
  let end = path.length;
  for (let i = 0; i < path.length; i++) {
    if (path[i] === '<' && depth++ === 0) end = i;
    else if (path[i] === '>') depth--;
    else if (depth === 0 && path.startsWith('::', i)) {
      start = i + 2;
      end = path.length;
    }
  }
  return path.slice(start, end);
}

function unqualified(text: MangledText, state: State): string {
  text.tryTake('L');
  const one = text.peek(1);
  if (/[0-9]/.test(one)) return sourceName(text) + tags(text);
  const two = text.peek(2);
  if (two === 'Ul') {
    text.skip(2);
    const parameters = parameterList(text, state);
    text.take('E');
    return `{lambda(${parameters})#${ordinal(text)}}${tags(text)}`;
  }
  if (two === 'Ut') {
    text.skip(2);
    return `{unnamed type#${ordinal(text)}}${tags(text)}`;
  }
  if (two === 'DC') {
    text.skip(2);
    const names: string[] = [];
    while (!text.tryTake('E')) names.push(sourceName(text));
    return `[${names.join(', ')}]`;
  }
  if (two === 'cv') {
    text.skip(2);
    // What it converts to may be an argument of a template that is read later: such names stay as they are.
    const to = whole(type(text, state));
    state.isConstructor = true;
    return `operator ${to}`;
  }
  if (two === 'li') {
    text.skip(2);
    return `operator"" ${sourceName(text)}`;
  }
  const operator = OPERATORS[two];
  if (operator === undefined) throw new NotMangled();
  text.skip(2);
  return `operator${operator}${tags(text)}`;
}

/** The first has none, the second 0. */
function ordinal(text: MangledText): number {
  const digits = text.takeWhile(/[0-9]/);
  text.take('_');
  return digits === '' ? 1 : Number(digits) + 2;
}

function sourceName(text: MangledText): string {
  const found = text.takeBytes(Number(text.takeWhile(/[0-9]/)));
  return /^_GLOBAL_[._$]N/.test(found) ? '(anonymous namespace)' : found;
}

function tags(text: MangledText): string {
  let found = '';
  while (text.tryTake('B')) found += `[abi:${sourceName(text)}]`;
  return found;
}

/** A part that the rest may refer to. What refers to twice itself again and again grows without end. */
function remember(state: State, part: Written): Written {
  if (part.left.length + part.right.length > LONGEST_PART) throw new NotMangled();
  state.substitutions.push(part);
  return part;
}

const LONGEST_PART = 4096;

/** S_ is the first, S0_ the second; base 36. */
function substitution(text: MangledText, state: State): Written {
  text.take('S');
  const standard = STANDARD[text.peek(1)];
  if (standard) {
    text.skip(1);
    return plain(standard + tags(text));
  }
  const found = state.substitutions[sequence(text)];
  if (!found) throw new NotMangled();
  return found;
}

function sequence(text: MangledText): number {
  const digits = text.takeWhile(/[0-9A-Z]/);
  text.take('_');
  return digits === '' ? 0 : Number.parseInt(digits, 36) + 1;
}

function templateParameter(text: MangledText, state: State): string {
  text.take('T');
  const digits = text.takeWhile(/[0-9]/);
  text.take('_');
  const found = state.templates[digits === '' ? 0 : Number(digits) + 1];
  if (found === undefined) throw new NotMangled();
  return found;
}

function templateArguments(text: MangledText, state: State): string {
  text.take('I');
  const list: string[] = [];
  while (!text.tryTake('E')) list.push(templateArgument(text, state));
  state.templates = list;
  const shown = list.filter(argument => argument !== '').join(', ');
  return `<${shown}>`;
}

/** `operator<< <int>`: the blank tells where the operator ends. */
const withArguments = (name: string, list: string): string => name + (name.endsWith('<') ? ' ' : '') + list;

function templateArgument(text: MangledText, state: State): string {
  if (text.peek(1) === 'L') return literal(text, state);
  if (text.tryTake('X')) {
    const found = text.peek(1) === 'T' ? templateParameter(text, state) : literal(text, state);
    text.take('E');
    return found;
  }
  if (text.tryTake('J')) {
    const list: string[] = [];
    while (!text.tryTake('E')) list.push(templateArgument(text, state));
    return list.join(', ');
  }
  const outer = state.templates;
  const found = whole(type(text, state));
  state.templates = outer;
  return found;
}

function literal(text: MangledText, state: State): string {
  text.take('L');
  if (text.tryTake('_Z')) {
    const found = encodingIn(text, { ...state, templates: [] }, true);
    text.take('E');
    return `&${found}`;
  }
  const kind = text.peek(1);
  const of = whole(type(text, state));
  const value = (text.tryTake('n') ? '-' : '') + text.takeWhile(/[0-9a-f]/);
  text.take('E');
  if (kind === 'b') return value === '1' ? 'true' : 'false';
  const suffix = LITERAL[kind];
  return suffix === undefined ? `(${of})${value || '0'}` : value + suffix;
}

const QUALIFIERS: Readonly<Record<string, string>> = { r: ' restrict', V: ' volatile', K: ' const' };

function type(text: MangledText, state: State): Written {
  return text.nested(() => {
    const one = text.peek(1);
    if (BUILTIN[one]) {
      text.skip(1);
      return plain(BUILTIN[one]);
    }
    const keep = (found: Written): Written => remember(state, found);
    const pointer = (sign: string): Written => {
      text.skip(1);
      return keep(pointing(type(text, state), sign));
    };
    switch (one) {
      case 'P':
        return pointer('*');
      case 'R':
        return pointer('&');
      case 'O':
        return pointer('&&');
      case 'r':
      case 'V':
      case 'K': {
        const qualifiers = text.takeWhile(/[rVK]/);
        const under = type(text, state);
        const words = [...qualifiers]
          .reverse()
          .map(letter => QUALIFIERS[letter])
          .join('');
        return keep(under.binds ? { ...under, right: under.right + words } : { ...under, left: under.left + words });
      }
      case 'A': {
        text.skip(1);
        const length = text.takeWhile(/[0-9]/);
        text.take('_');
        const { left, right } = type(text, state);
        return keep({ left, right: ` [${length}]${right.trimStart()}`, binds: true });
      }
      case 'M': {
        text.skip(1);
        const of = whole(type(text, state));
        return keep(pointing(type(text, state), `${of}::*`));
      }
      case 'F':
        return keep(functionType(text, state));
      case 'T': {
        const parameter = keep(plain(templateParameter(text, state)));
        return text.peek(1) === 'I' ? keep(plain(whole(parameter) + templateArguments(text, state))) : parameter;
      }
      case 'S': {
        if (text.peek(2) === 'St') break;
        const known = substitution(text, state);
        return text.peek(1) === 'I'
          ? keep(plain(whole(known) + inner(state, () => templateArguments(text, state))))
          : known;
      }
      case 'D': {
        const second = text.peek(2)[1] ?? '';
        if (second === 'p') {
          text.skip(2);
          return keep(type(text, state));
        }
        if (second === 'o') {
          text.skip(2);
          const found = functionType(text, state);
          return keep({ ...found, right: `${found.right} noexcept` });
        }
        const builtin = MORE_BUILTIN[second];
        if (!builtin) throw new NotMangled();
        text.skip(2);
        return plain(builtin);
      }
      case 'U': {
        text.skip(1);
        const word = sourceName(text);
        return keep(plain(`${whole(type(text, state))} ${word}`));
      }
      case 'u':
        text.skip(1);
        return keep(plain(sourceName(text)));
      case 'C':
        text.skip(1);
        return keep(plain(`${whole(type(text, state))} _Complex`));
    }
    return keep(plain(inner(state, () => name(text, state))));
  });
}

/** What T_ means within a type's own arguments ends with them. */
function inner<T>(state: State, read: () => T): T {
  const { templates, endsInTemplate, isConstructor, qualifiers } = state;
  const result = read();
  Object.assign(state, { templates, endsInTemplate, isConstructor, qualifiers });
  return result;
}

function pointing(to: Written, sign: string): Written {
  if (!to.binds) {
    const open = sign.includes(':') ? ' ' : '';
    return { left: to.left + open + sign, right: to.right };
  }
  // A pointer to a pointer to a function stands in the same parentheses.
  return to.left.endsWith('(') || /\([*&]+$/.test(to.left)
    ? { left: to.left + sign, right: to.right, binds: true }
    : { left: `${to.left} (${sign}`, right: `)${to.right}`, binds: true };
}

function functionType(text: MangledText, state: State): Written {
  text.take('F');
  text.tryTake('Y');
  const { left, right } = type(text, state);
  const parameters: string[] = [];
  let reference = '';
  while (!text.tryTake('E')) {
    if (text.peek(2) === 'RE' || text.peek(2) === 'OE') {
      reference = text.peek(1) === 'R' ? ' &' : ' &&';
      text.skip(1);
    } else parameters.push(whole(type(text, state)));
  }
  const shown = parameters.length === 1 && parameters[0] === 'void' ? '' : parameters.filter(Boolean).join(', ');
  return { left: left + right, right: `(${shown})${reference}`, binds: true };
}
