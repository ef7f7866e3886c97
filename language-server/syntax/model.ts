/**
 * What the names in a file mean: functions and the statements that belong to them, labels, symbols, macros, arguments. It
 * reads the tree as it stands, not its expansion, so every answer is a place in the text.
 */
import type { AssemblyFile } from './file.ts';
import { symbolName } from './lexer.ts';
import type { Directive, Source, Span, Statement } from './tree.ts';
import { isPseudoRegister, type PseudoRegister } from './words.ts';

/** A TEXT and what belongs to it, as indices of items. */
export interface FunctionText {
  /** As the linker knows it, with a leading period for one of this package; `<>` behind a static one's. */
  readonly symbol: string;
  /** Token of the name. */
  readonly at: number;
  readonly statement: Statement;
  readonly firstItem: number;
  readonly lastItem: number;
  /** By name, with their tokens. */
  readonly labels: ReadonlyMap<string, number>;
}

export type Meaning =
  | { readonly is: 'instruction'; readonly name: string; readonly statement: Statement }
  | { readonly is: 'label'; readonly name: string; readonly fn: FunctionText | undefined }
  /** `name` as `FunctionText.symbol`. */
  | { readonly is: 'symbol'; readonly name: string }
  | { readonly is: 'macro'; readonly name: string }
  /** A parameter of a macro, in its body. */
  | { readonly is: 'parameter'; readonly name: string; readonly directive: Directive }
  /** `name+8(FP)`. */
  | {
      readonly is: 'argument';
      readonly name: string;
      readonly offset: number | undefined;
      readonly fn: FunctionText | undefined;
    }
  | { readonly is: 'local'; readonly name: string }
  | { readonly is: 'register'; readonly name: string }
  | { readonly is: 'include'; readonly name: string };

export interface Model {
  readonly functions: readonly FunctionText[];
  /** By item, the function it belongs to. */
  functionOf(item: number): FunctionText | undefined;
  readonly macros: ReadonlyMap<string, Directive>;
  /** Meaning of a token; undefined for one that has none of its own. */
  meaning(token: number): Meaning | undefined;
}

const models = new WeakMap<Source, Model>();

export function modelOf(file: AssemblyFile): Model {
  const known = models.get(file.source);
  if (known) return known;
  const made = makeModel(file.source);
  models.set(file.source, made);
  return made;
}

function makeModel(source: Source): Model {
  const { tokens, items } = source;
  const functions: FunctionText[] = [];
  const macros = new Map<string, Directive>();
  let open: (Omit<FunctionText, 'lastItem'> & { labels: Map<string, number> }) | undefined;
  const close = (lastItem: number) => {
    if (open) functions.push({ ...open, lastItem });
    open = undefined;
  };
  items.forEach((item, index) => {
    if (item.is === 'directive') {
      if (item.name === 'define' && item.argument !== undefined) macros.set(tokens[item.argument].text, item);
      return;
    }
    const word = item.word === undefined ? '' : tokens[item.word].text;
    const name = item.operands[0]?.from;
    if (word === 'TEXT' && name !== undefined && tokens[name]?.kind === 'name') {
      close(index - 1);
      const symbol = symbolOf(source, item.operands[0])!;
      open = { symbol, at: name, statement: item, firstItem: index, labels: new Map() };
    }
    for (const label of item.labels) open?.labels.set(tokens[label].text, label);
  });
  close(items.length - 1);

  const functionOf = (item: number) => {
    let low = 0;
    let high = functions.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const fn = functions[middle];
      if (item < fn.firstItem) high = middle - 1;
      else if (item > fn.lastItem) low = middle + 1;
      else return fn;
    }
    return undefined;
  };

  const itemAt = (token: number): number => {
    let low = 0;
    let high = items.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      if (token < items[middle].from) high = middle - 1;
      else if (token >= items[middle].to) low = middle + 1;
      else return middle;
    }
    return -1;
  };

  const meaning = (token: number): Meaning | undefined => {
    const index = itemAt(token);
    if (index < 0) return undefined;
    const item = items[index];
    const { kind, text } = tokens[token];
    if (item.is === 'directive') {
      if (item.name === 'include' && token === item.argument && kind === 'string') {
        return { is: 'include', name: text.replace(/^"|"$/g, '') };
      }
      if (kind !== 'name') return undefined;
      if (token === item.argument) return item.name === 'include' ? undefined : { is: 'macro', name: text };
      if (item.parameters?.some(at => tokens[at].text === text))
        return { is: 'parameter', name: text, directive: item };
      const inside = item.statements?.find(each => each.from <= token && token < each.to);
      return inside && meaningIn(inside, token, undefined);
    }
    return kind === 'name' ? meaningIn(item, token, functionOf(index)) : undefined;
  };

  const meaningIn = (item: Statement, token: number, fn: FunctionText | undefined): Meaning | undefined => {
    const { text } = tokens[token];
    if (macros.has(text)) return { is: 'macro', name: text };
    if (item.labels.includes(token)) return { is: 'label', name: text, fn };
    if (item.word === token) return { is: 'instruction', name: text, statement: item };
    const operand = item.operands.find(each => each.from <= token && token < each.to);
    if (!operand) return undefined;
    const named = namedOperand(source, operand, token);
    if (named) {
      if (named.pseudo === 'SB') return { is: 'symbol', name: symbolName(text) + (named.isStatic ? '<>' : '') };
      if (named.pseudo === 'FP') return { is: 'argument', name: text, offset: named.offset, fn };
      return { is: 'local', name: text };
    }
    const before = tokens[token - 1]?.text;
    if (before === '.' || before === '<') return undefined;
    // A word that is an operand by itself.
    if (operand.to - operand.from === 1 && fn?.labels.has(text)) return { is: 'label', name: text, fn };
    return { is: 'register', name: text };
  };

  return { functions, functionOf, macros, meaning };
}

/** The symbol that an operand begins with, as the linker knows it; undefined where it begins with no name. */
export function symbolOf({ tokens }: Source, operand: Span): string | undefined {
  const token = tokens[operand.from];
  if (operand.from >= operand.to || token?.kind !== 'name') return undefined;
  const isStatic = tokens[operand.from + 1]?.text === '<' && tokens[operand.from + 2]?.text === '>';
  return symbolName(token.text) + (isStatic ? '<>' : '');
}

/** `name<>+8(SB)` around a token that is its name. */
export function namedOperand(
  source: Source,
  operand: Span,
  token: number,
): { pseudo: PseudoRegister; isStatic: boolean; offset: number | undefined; end: number } | undefined {
  const { tokens } = source;
  let at = token + 1;
  let isStatic = false;
  if (tokens[at]?.text === '<') {
    isStatic = tokens[at + 1]?.text === '>';
    at += isStatic ? 2 : 3;
  }
  let offset: number | undefined = 0;
  const sign = tokens[at]?.text;
  if (sign === '+' || sign === '-') {
    const start = ++at;
    for (let nesting = 0; at < operand.to; at++) {
      if (tokens[at].text === '(' && nesting === 0 && at > start) break;
      if (tokens[at].text === '(') nesting++;
      if (tokens[at].text === ')') nesting--;
    }
    const value = at === start + 1 && /^\d+$/.test(tokens[start].text) ? Number(tokens[start].text) : undefined;
    offset = value === undefined ? undefined : sign === '-' ? -value : value;
  }
  if (tokens[at]?.text !== '(' || at >= operand.to) return undefined;
  const pseudo = tokens[at + 1]?.text;
  if (tokens[at + 2]?.text !== ')' || pseudo === 'PC' || !isPseudoRegister(pseudo)) return undefined;
  return { pseudo, isStatic, offset, end: at + 3 };
}

/** All tokens of a file that mean the same as one does. */
export function occurrences(file: AssemblyFile, meaning: Meaning): number[] {
  const { source } = file;
  const model = modelOf(file);
  const found: number[] = [];
  const name = meaning.is === 'symbol' ? undefined : meaning.name;
  source.tokens.forEach((token, index) => {
    if (token.kind !== 'name' || (name !== undefined && token.text !== name)) return;
    if (name === undefined && symbolName(token.text) !== meaning.name.replace(/<>$/, '')) return;
    const other = model.meaning(index);
    if (other && same(other, meaning)) found.push(index);
  });
  return found;
}

function same(a: Meaning, b: Meaning): boolean {
  if (a.is !== b.is || a.name !== b.name) return false;
  if ((a.is === 'label' && b.is === 'label') || (a.is === 'argument' && b.is === 'argument')) return a.fn === b.fn;
  if (a.is === 'parameter' && b.is === 'parameter') return a.directive === b.directive;
  return true;
}
