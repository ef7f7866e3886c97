/**
 * Sizes of Go's types, and where their parts lie, on each architecture: go/types' SizesFor("gc"), and the names that
 * assembly uses for the parts of a string, a slice, a struct. A type of a package that is not known has no size, and
 * whatever depends on it is undefined.
 */
import type { Architecture } from '../syntax/architecture.ts';
import { assemblerOf } from '../syntax/assembler.ts';
import type { GoConstant, GoExpression, GoFile, GoParameter, GoType, GoTypeDeclaration } from './declarations.ts';

export interface Sizes {
  readonly pointer: number;
  readonly maxAlign: number;
  readonly bigEndian: boolean;
}

const BIG_ENDIAN = new Set<Architecture>(['mips', 'mips64', 'ppc64', 's390x']);

export function sizesOf(architecture: Architecture): Sizes {
  const pointer = assemblerOf(architecture).pointerSize;
  return { pointer, maxAlign: pointer, bigEndian: BIG_ENDIAN.has(architecture) };
}

/** The files of one package that are built together. */
export interface GoPackage {
  readonly name: string;
  /** What types print in front of their names. */
  readonly path: string;
  readonly files: readonly GoFile[];
  /** A package by its import path, as far as it is known. */
  imported?(path: string): GoPackage | undefined;
}

const BASIC: Readonly<Record<string, number | 'pointer' | 'string' | 'complex64' | 'complex128' | 'interface'>> = {
  bool: 1,
  int8: 1,
  uint8: 1,
  byte: 1,
  int16: 2,
  uint16: 2,
  int32: 4,
  uint32: 4,
  rune: 4,
  float32: 4,
  int64: 8,
  uint64: 8,
  float64: 8,
  int: 'pointer',
  uint: 'pointer',
  uintptr: 'pointer',
  string: 'string',
  complex64: 'complex64',
  complex128: 'complex128',
  error: 'interface',
  any: 'interface',
};

/** How a value is laid out: kinds with parts, else a size. */
export type Kind = number | 'string' | 'slice' | 'array' | 'interface' | 'empty interface' | 'struct' | 'complex';

export interface Layout {
  readonly kind: Kind;
  readonly size: number;
  readonly align: number;
  /** As go/types prints the type. */
  readonly text: string;
  readonly fields?: readonly { readonly name: string; readonly offset: number; readonly layout: Layout }[];
  readonly element?: Layout;
  readonly length?: number;
}

/** A type inside of itself without a pointer, or deeper than any is. */
const MOST_DEPTH = 200;
/** Arrays in argument lists are short; longer ones are known by size alone. */
const MOST_PARTS = 4096;

const up = (value: number, align: number) => Math.ceil(value / align) * align;

/** undefined where a part of it is not known. */
export function layoutOf(type: GoType, goPackage: GoPackage, sizes: Sizes, depth = 0): Layout | undefined {
  if (depth > MOST_DEPTH) return undefined;
  const { pointer } = sizes;
  const text = typeText(type, goPackage);
  const plain = (size: number, align = size): Layout => ({
    kind: size,
    size,
    align: Math.max(1, Math.min(align, sizes.maxAlign)),
    text,
  });
  switch (type.is) {
    case 'pointer':
    case 'map':
    case 'chan':
    case 'func':
      return plain(pointer);
    case 'slice':
      return { kind: 'slice', size: 3 * pointer, align: pointer, text };
    case 'interface':
      return { kind: type.empty ? 'empty interface' : 'interface', size: 2 * pointer, align: pointer, text };
    case 'array': {
      const length = evaluate(type.length, goPackage, sizes);
      const element = layoutOf(type.element, goPackage, sizes, depth + 1);
      if (length === undefined || !element || length < 0n || length > 1n << 40n) return undefined;
      const size = up(element.size, element.align) * Number(length);
      return { kind: 'array', size, align: element.align, text, element, length: Number(length) };
    }
    case 'struct': {
      const fields: { name: string; offset: number; layout: Layout }[] = [];
      let offset = 0;
      let align = 1;
      for (const field of type.fields) {
        const layout = layoutOf(field.type, goPackage, sizes, depth + 1);
        if (!layout) return undefined;
        offset = up(offset, layout.align);
        fields.push({ name: field.name, offset, layout });
        offset += layout.size;
        align = Math.max(align, layout.align);
      }
      // A zero-sized last field gets a byte, so that its address is in the struct.
      if (fields.length && offset > 0 && fields[fields.length - 1].layout.size === 0) offset++;
      return { kind: 'struct', size: up(offset, align), align, text, fields };
    }
    case 'name': {
      if (type.arguments) return undefined;
      if (type.package !== undefined) {
        if (type.package === 'unsafe' && type.name === 'Pointer') return plain(pointer);
        const other = importedAs(type.package, goPackage);
        const found = other && declared(type.name, other);
        if (!found || !other) return undefined;
        const known = layouts(other, sizes, type.name, () => layoutOf(found, other, sizes, depth + 1));
        return named(known, text);
      }
      const own = declared(type.name, goPackage);
      if (own) {
        const known = layouts(goPackage, sizes, type.name, () => layoutOf(own, goPackage, sizes, depth + 1));
        return named(known, text);
      }
      const basic = BASIC[type.name];
      if (basic === undefined) return undefined;
      if (typeof basic === 'number') return plain(basic);
      switch (basic) {
        case 'pointer':
          return plain(pointer);
        case 'string':
          return { kind: 'string', size: 2 * pointer, align: pointer, text };
        case 'interface':
          return {
            kind: type.name === 'any' ? 'empty interface' : 'interface',
            size: 2 * pointer,
            align: pointer,
            text,
          };
        default: {
          const size = basic === 'complex64' ? 8 : 16;
          return { kind: 'complex', size, align: Math.min(size / 2, sizes.maxAlign), text };
        }
      }
    }
  }
}

/**
 * What a declaration of a package comes to, found once: types and constants that use others twice each would else take two
 * to the power of their depth. While it is being found it is unknown, which is what one that needs itself is.
 */
function onceEach<T>(): (goPackage: GoPackage, sizes: Sizes, name: string, find: () => T) => T | undefined {
  const packages = new WeakMap<GoPackage, Map<string, T | undefined>>();
  return (goPackage, { pointer, bigEndian }, name, find) => {
    let known = packages.get(goPackage);
    if (!known) packages.set(goPackage, (known = new Map()));
    const key = `${pointer} ${bigEndian} ${name}`;
    if (known.has(key)) return known.get(key);
    known.set(key, undefined);
    const found = find();
    known.set(key, found);
    return found;
  };
}

const layouts = onceEach<Layout | undefined>();
const values = onceEach<bigint | undefined>();

const named = (layout: Layout | undefined, text: string): Layout | undefined => layout && { ...layout, text };

function importedAs(name: string, goPackage: GoPackage): GoPackage | undefined {
  for (const file of goPackage.files) {
    const path = file.imports.get(name);
    if (path !== undefined) return goPackage.imported?.(path);
  }
  return undefined;
}

interface Index {
  readonly types: ReadonlyMap<string, GoTypeDeclaration>;
  readonly constants: ReadonlyMap<string, GoConstant>;
}
const indexes = new WeakMap<GoPackage, Index>();

function indexOf(goPackage: GoPackage): Index {
  const known = indexes.get(goPackage);
  if (known) return known;
  const types = new Map<string, GoTypeDeclaration>();
  const constants = new Map<string, GoConstant>();
  for (const file of goPackage.files) {
    for (const type of file.types) if (!types.has(type.name)) types.set(type.name, type);
    for (const constant of file.constants) if (!constants.has(constant.name)) constants.set(constant.name, constant);
  }
  const made = { types, constants };
  indexes.set(goPackage, made);
  return made;
}

function declared(name: string, goPackage: GoPackage): GoType | undefined {
  const found = indexOf(goPackage).types.get(name);
  return found?.generic ? undefined : found?.type;
}

/** As go/types' Type.String, with the package's path before its own names. */
function typeText(type: GoType, goPackage: GoPackage): string {
  const text = (inner: GoType) => typeText(inner, goPackage);
  switch (type.is) {
    case 'pointer':
      return `*${text(type.element)}`;
    case 'slice':
      return `[]${text(type.element)}`;
    case 'array':
      return `[${type.length.map(token => token.text).join('')}]${text(type.element)}`;
    case 'map':
      return `map[${text(type.key)}]${text(type.element)}`;
    case 'chan':
      return `${type.text}${text(type.element)}`;
    case 'func': {
      const list = (parameters: readonly GoParameter[]) =>
        parameters
          .map(({ names, type: inner, variadic }) => {
            const shown = `${variadic ? '...' : ''}${text(inner)}`;
            return names.length ? names.map(name => `${name} ${shown}`).join(', ') : shown;
          })
          .join(', ');
      const { parameters, results } = type.signature;
      const after =
        results.length === 0
          ? ''
          : results.length === 1 && !results[0].names.length
            ? ` ${list(results)}`
            : ` (${list(results)})`;
      return `func(${list(parameters)})${after}`;
    }
    case 'struct':
      return `struct{${type.fields.map(field => (field.embedded ? text(field.type) : `${field.name} ${text(field.type)}`)).join('; ')}}`;
    case 'interface':
      return type.empty ? 'interface{}' : type.text.replace(/\s+/g, ' ');
    case 'name': {
      if (type.package !== undefined) return `${type.package}.${type.name}`;
      if (declared(type.name, goPackage)) return `${goPackage.path}.${type.name}`;
      return type.name === 'byte' ? 'byte' : type.name;
    }
  }
}

/** A constant's value by its name; undefined where it depends on what is not known. */
export function constantValue(name: string, goPackage: GoPackage, sizes: Sizes, depth = 0): bigint | undefined {
  const found = indexOf(goPackage).constants.get(name);
  return found && values(goPackage, sizes, name, () => evaluate(found.value, goPackage, sizes, found.iota, depth + 1));
}

const LEVELS = [
  ['||', '&&', '==', '!=', '<', '<=', '>', '>='],
  ['+', '-', '|', '^'],
  ['*', '/', '%', '<<', '>>', '&', '&^'],
];

/** An integer constant expression. */
export function evaluate(
  expression: GoExpression,
  goPackage: GoPackage,
  sizes: Sizes,
  iota = 0,
  depth = 0,
): bigint | undefined {
  if (depth > MOST_DEPTH || expression.length === 0) return undefined;
  let at = 0;
  const peek = () => expression[at]?.text ?? '';
  const binary = (level: number): bigint | undefined => {
    if (level === LEVELS.length) return unary();
    let value = binary(level + 1);
    while (LEVELS[level].includes(peek()) && expression[at].kind === 'mark') {
      const operator = expression[at++].text;
      const right = binary(level + 1);
      value = value === undefined || right === undefined ? undefined : apply(operator, value, right);
    }
    return value;
  };
  const unary = (): bigint | undefined => {
    const token = expression[at++];
    if (!token) return undefined;
    if (token.text === '+') return unary();
    if (token.text === '-' || token.text === '^') {
      const value = unary();
      return value === undefined ? undefined : token.text === '-' ? -value : ~value;
    }
    if (token.text === '(') {
      const value = binary(0);
      if (peek() !== ')') return undefined;
      at++;
      return value;
    }
    if (token.kind === 'number') return integerOf(token.text);
    if (token.kind === 'char') return token.text.length === 3 ? BigInt(token.text.charCodeAt(1)) : undefined;
    if (token.kind !== 'name') return undefined;
    if (peek() === '.' && expression[at + 1]?.kind === 'name') {
      const member = expression[at + 1].text;
      at += 2;
      if (peek() === '(') return conversion(`${token.text}.${member}`);
      if (/(^|\/)goarch$/.test(token.text) && member === 'PtrSize') return BigInt(sizes.pointer);
      const other = importedAs(token.text, goPackage);
      return other && constantValue(member, other, sizes, depth + 1);
    }
    if (peek() === '(') return conversion(token.text);
    if (token.text === 'iota') return BigInt(iota);
    return constantValue(token.text, goPackage, sizes, depth);
  };
  /** `uint64(x)`; `unsafe.Sizeof(x)` of a constant type is beyond this. */
  const conversion = (name: string): bigint | undefined => {
    at++;
    const value = binary(0);
    if (peek() !== ')') return undefined;
    at++;
    return BASIC[name] !== undefined ? value : undefined;
  };
  const value = binary(0);
  return at === expression.length ? value : undefined;
}

function apply(operator: string, a: bigint, b: bigint): bigint | undefined {
  switch (operator) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      return b === 0n ? undefined : a / b;
    case '%':
      return b === 0n ? undefined : a % b;
    case '&':
      return a & b;
    case '|':
      return a | b;
    case '^':
      return a ^ b;
    case '&^':
      return a & ~b;
    case '<<':
      return b < 0n || b > 512n ? undefined : a << b;
    case '>>':
      return b < 0n || b > 512n ? undefined : a >> b;
    default:
      return undefined;
  }
}

function integerOf(text: string): bigint | undefined {
  const plain = text.replaceAll('_', '').toLowerCase();
  if (/^(?:\d+|0x[\da-f]+|0b[01]+|0o[0-7]+)$/.test(plain)) {
    return BigInt(/^0\d/.test(plain) ? `0o${plain.slice(1)}` : plain);
  }
  // 1e9 is an integer where it is one.
  const exponent = /^(\d+)e\+?(\d{1,3})$/.exec(plain);
  return exponent ? BigInt(exponent[1]) * 10n ** BigInt(exponent[2]) : undefined;
}

/** A part of a value that assembly can name, or the value itself. */
export interface Part {
  /** "_base", "_x_0"; empty for the value itself. */
  readonly suffix: string;
  readonly kind: Kind;
  readonly size: number;
  readonly offset: number;
  readonly text: string;
  /** The suffix of what it is a part of. */
  readonly outer: string;
}

/** A value and all its parts, outer ones first (asmdecl's componentsOfType). */
export function partsOf(layout: Layout, sizes: Sizes, suffix = '', offset = 0, parts: Part[] = []): Part[] {
  if (parts.length > MOST_PARTS) return parts;
  const { pointer } = sizes;
  const { kind, size, text } = layout;
  parts.push({ suffix, kind, size, offset, text, outer: suffix });
  const part = (name: string, at: number, width: number, what: string) =>
    parts.push({
      suffix: `${suffix}_${name}`,
      kind: width,
      size: width,
      offset: offset + at,
      text: what,
      outer: suffix,
    });
  switch (kind) {
    case 8:
      if (pointer === 4) {
        const [low, high] = sizes.bigEndian ? ['hi', 'lo'] : ['lo', 'hi'];
        part(low, 0, 4, `half ${text}`);
        part(high, 4, 4, `half ${text}`);
      }
      break;
    case 'empty interface':
      part('type', 0, pointer, 'interface type');
      part('data', pointer, pointer, 'interface data');
      break;
    case 'interface':
      part('itable', 0, pointer, 'interface itable');
      part('data', pointer, pointer, 'interface data');
      break;
    case 'slice':
      part('base', 0, pointer, 'slice base');
      part('len', pointer, pointer, 'slice len');
      part('cap', 2 * pointer, pointer, 'slice cap');
      break;
    case 'string':
      part('base', 0, pointer, 'string base');
      part('len', pointer, pointer, 'string len');
      break;
    case 'complex':
      part('real', 0, size / 2, `real(complex${size * 8})`);
      part('imag', size / 2, size / 2, `imag(complex${size * 8})`);
      break;
    case 'struct':
      for (const field of layout.fields ?? [])
        partsOf(field.layout, sizes, `${suffix}_${field.name}`, offset + field.offset, parts);
      break;
    case 'array': {
      const element = layout.element!;
      const stride = up(element.size, element.align);
      for (let index = 0; index < layout.length! && parts.length <= MOST_PARTS; index++) {
        partsOf(element, sizes, `${suffix}_${index}`, offset + index * stride, parts);
      }
    }
  }
  return parts;
}
