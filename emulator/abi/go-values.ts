/**
 * A value of the program as text, from its bytes: one line, as a Go programmer would write it, short enough for a
 * register view. Never throws: memory that is not there leaves the bare words.
 */
import type { ViewMemory } from './arch.ts';
import { errnoByNumber } from './errno.ts';
import type { ValueType } from './go-abi.ts';
import { fieldBytes, rustSequence, rustVariant } from './members.ts';

/** What a formatter may ask. */
export interface ValueContext {
  readonly memory: ViewMemory;
  /** "main.handler" for a code or data address; undefined where nothing has a name. */
  readonly symbolAt?: (address: number) => { name: string; offset: number } | undefined;
  /** What an interface holds, by its first word; `direct`: the second word is the value itself. */
  readonly dynamicType?: (first: number, isItab: boolean) => { type: ValueType; direct: boolean } | undefined;
  /** What a map holds: how many entries, and the first few. */
  readonly mapEntries?: (
    type: ValueType,
    pointer: number,
    limit: number,
  ) => { count: number; entries: readonly { key: Placed; value: Placed }[] } | undefined;
  /** What is in a channel's buffer. */
  readonly channelItems?: (
    type: ValueType,
    pointer: number,
    limit: number,
  ) => { count: number; capacity: number; closed: boolean; items: readonly Placed[] } | undefined;
  /** Pointers are shown with what they point to. */
  readonly follow?: boolean;
  /** Characters of a string that are shown. Default 64. */
  readonly textLimit?: number;
}

/** A value that lies in memory. */
export interface Placed {
  readonly type: ValueType;
  readonly address: number;
}

/** Characters of a string, items of an array or fields of a struct that are shown. */
const TEXT_LIMIT = 64;
const ITEM_LIMIT = 6;
const MAX_DEPTH = 4;

declare const TextDecoder: new (
  label: string,
  options: { fatal: boolean; ignoreBOM: boolean },
) => { decode(bytes: Uint8Array): string };
const utf8 = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true });

/** `bytes` are the value's; fewer than its size means that the rest is not known. */
export function formatValue(type: ValueType, bytes: Uint8Array, context: ValueContext, depth = 0): string {
  if (bytes.length < type.size) return '…';
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const word = (at: number): bigint => view.getBigUint64(at, true);
  switch (type.kind) {
    case 'bool':
      return bytes[0] === 0 ? 'false' : bytes[0] === 1 ? 'true' : `${bytes[0]} (not a bool)`;
    case 'int':
    case 'uint':
      return integerText(type, integer(view, type.size, type.kind === 'int'));
    case 'float':
      return floatText(view, 0, type.size);
    case 'complex': {
      const half = type.size / 2;
      const imaginary = floatText(view, half, half);
      return `(${floatText(view, 0, half)}${imaginary.startsWith('-') ? '' : '+'}${imaginary}i)`;
    }
    case 'string':
      return stringText(context, word(0), word(8));
    case 'slice':
      return sliceText(type, word(0), word(8), word(16), context);
    case 'interface':
      return interfaceText(type, word(0), bytes, context, depth);
    case 'func':
      return funcText(word(0), context);
    case 'map':
      return mapText(type, word(0), context, depth);
    case 'chan':
      return channelText(type, word(0), context, depth);
    case 'pointer':
      return pointerText(word(0), context, type, depth);
    case 'struct': {
      const text = rustText(type, bytes, context, depth);
      if (text !== undefined) return text;
      if (depth >= MAX_DEPTH) return '{…}';
      const fields = (type.fields ?? []).map(
        f => `${f.name}: ${formatValue(f.type, fieldBytes(f, bytes), context, depth + 1)}`,
      );
      return `{${shorten(fields)}}`;
    }
    case 'array': {
      const element = type.element?.();
      if (!element || depth >= MAX_DEPTH) return '[…]';
      // C's strings: up to the zero, if there is one.
      if (CHARACTER.test(element.name)) {
        const end = bytes.subarray(0, type.size).indexOf(0);
        return quoted(bytes.subarray(0, end < 0 ? type.size : end), end < 0 ? type.size : end);
      }
      const items: string[] = [];
      for (let i = 0; i < Math.min(type.length ?? 0, ITEM_LIMIT + 1); i++) {
        items.push(formatValue(element, bytes.subarray(i * element.size, (i + 1) * element.size), context, depth + 1));
      }
      return `[${shorten(items)}]`;
    }
    default:
      if (type.fields && type.fields.length > 0 && depth < MAX_DEPTH) {
        const members = type.fields.map(
          f => `${f.name}: ${formatValue(f.type, fieldBytes(f, bytes), context, depth + 1)}`,
        );
        return `{${shorten(members)}}`;
      }
      return bytes.length >= 8
        ? hex(word(0))
        : `0x${
            [...bytes]
              .reverse()
              .map(b => b.toString(16).padStart(2, '0'))
              .join('') || '0'
          }`;
  }
}

/** The name a Go programmer would write: DWARF has the long forms. */
export function goTypeName(type: ValueType): string {
  return type.name
    .replace(/\buint8\b/g, 'byte')
    .replace(/\binterface \{\}/g, 'any')
    .replace(/\bgo\.shape\./g, '');
}

/** Bytes between double quotes, cut behind so many characters. */
export function quoted(bytes: Uint8Array, total: number, limit = TEXT_LIMIT): string {
  const text = utf8.decode(bytes.subarray(0, limit));
  let out = '';
  let cut = total > limit;
  for (const char of text) {
    // Escapes are long: a buffer of zeros is not worth a screen.
    if (out.length >= limit) {
      cut = true;
      break;
    }
    const code = char.codePointAt(0) ?? 0;
    if (char === '"' || char === '\\') out += `\\${char}`;
    else if (char === '\n') out += '\\n';
    else if (char === '\t') out += '\\t';
    else if (char === '\r') out += '\\r';
    else if (code < 0x20 || code === 0x7f || code === 0xfffd)
      out += `\\x${(code & 0xff).toString(16).padStart(2, '0')}`;
    else out += char;
  }
  return `"${out}"${cut ? '…' : ''}`;
}

function shorten(items: string[]): string {
  return items.length > ITEM_LIMIT ? `${items.slice(0, ITEM_LIMIT).join(', ')}, …` : items.join(', ');
}

export function hex(value: bigint): string {
  return `0x${value.toString(16)}`;
}

function integer(view: DataView, size: number, signed: boolean): bigint {
  let value = 0n;
  for (let i = Math.min(size, 8) - 1; i >= 0; i--) value = (value << 8n) | BigInt(view.getUint8(i));
  return signed ? BigInt.asIntN(size * 8, value) : value;
}

/** How long a time.Duration is, as Go prints it: "1.5s", "2h3m0.5s". */
function durationText(nanoseconds: bigint): string {
  const sign = nanoseconds < 0n ? '-' : '';
  const all = nanoseconds < 0n ? -nanoseconds : nanoseconds;
  const decimal = (unit: bigint): string => {
    const rest = (all % unit)
      .toString()
      .padStart(unit.toString().length - 1, '0')
      .replace(/0+$/, '');
    return rest === '' ? '' : `.${rest}`;
  };
  if (all === 0n) return '0s';
  if (all < 1000n) return `${sign}${all}ns`;
  if (all < 1_000_000n) return `${sign}${all / 1000n}${decimal(1000n)}µs`;
  if (all < 1_000_000_000n) return `${sign}${all / 1_000_000n}${decimal(1_000_000n)}ms`;
  const seconds = all / 1_000_000_000n;
  const [hours, minutes] = [seconds / 3600n, (seconds / 60n) % 60n];
  return `${sign}${hours > 0n ? `${hours}h` : ''}${seconds >= 60n ? `${minutes}m` : ''}${seconds % 60n}${decimal(1_000_000_000n)}s`;
}

function integerText(type: ValueType, value: bigint): string {
  if (type.enumerators) {
    const own = type.enumerators.find(e => e.value === value);
    return own ? `${own.name} (${value})` : value.toString();
  }
  if (type.name === 'time.Duration') return `${value} (${durationText(value)})`;
  if (type.name === 'char' && type.size === 4)
    return `'${String.fromCodePoint(Number(value) < 0x110000 ? Number(value) : 0xfffd)}'`;
  if (CHARACTER.test(type.name) && value >= 0x20n && value < 0x7fn)
    return `${value} '${String.fromCharCode(Number(value))}'`;
  if (type.name.endsWith('syscall.Errno') && value !== 0n) {
    const errno = errnoByNumber(Number(value));
    return errno ? `${value} (${errno.name})` : value.toString();
  }
  return /uintptr|unsafe/.test(type.name) ? hex(value) : value.toString();
}

function floatText(view: DataView, at: number, size: number): string {
  return String(
    size === 4 ? Math.fround(view.getFloat32(at, true)) : size === 8 ? view.getFloat64(at, true) : Number.NaN,
  );
}

function read(memory: ViewMemory, address: bigint, length: number): Uint8Array {
  return address > 0n && address < 1n << 48n ? memory.read(Number(address), length) : new Uint8Array(0);
}

function stringText({ memory, textLimit = TEXT_LIMIT }: ValueContext, pointer: bigint, length: bigint): string {
  if (length === 0n) return '""';
  const wanted = Number(length < BigInt(textLimit) ? length : BigInt(textLimit));
  const bytes = read(memory, pointer, wanted);
  if (bytes.length < wanted) return `${hex(pointer)} len ${BigInt.asIntN(64, length)}`;
  return quoted(bytes, Number(length), textLimit);
}

function sliceText(type: ValueType, pointer: bigint, length: bigint, capacity: bigint, context: ValueContext): string {
  if (pointer === 0n && length === 0n && capacity === 0n) return 'nil';
  const counts = `len ${BigInt.asIntN(64, length)} cap ${BigInt.asIntN(64, capacity)}`;
  const element = type.element?.();
  if (!element || element.size === 0 || length > capacity || length === 0n) return counts;
  if (element.kind === 'uint' && element.size === 1) {
    const wanted = Number(length < BigInt(TEXT_LIMIT) ? length : BigInt(TEXT_LIMIT));
    const bytes = read(context.memory, pointer, wanted);
    return bytes.length < wanted ? counts : `${counts}  ${quoted(bytes, Number(length))}`;
  }
  if (element.size > 64) return counts;
  const shown = Number(length < BigInt(ITEM_LIMIT + 1) ? length : BigInt(ITEM_LIMIT + 1));
  const bytes = read(context.memory, pointer, shown * element.size);
  if (bytes.length < shown * element.size) return counts;
  const items: string[] = [];
  for (let i = 0; i < shown; i++) {
    items.push(formatValue(element, bytes.subarray(i * element.size, (i + 1) * element.size), context, MAX_DEPTH - 1));
  }
  return `${counts}  [${shorten(items)}]`;
}

function pointerText(value: bigint, context: ValueContext, type?: ValueType, depth = 0): string {
  if (value === 0n) return type && !type.name.includes('*') ? '0x0' : 'nil';
  const element = context.follow && type && depth < 2 ? type.element?.() : undefined;
  if (element && element.size > 0 && element.size <= 4096 && !CHARACTER.test(element.name)) {
    const bytes = read(context.memory, value, element.size);
    if (bytes.length === element.size) return `${hex(value)} → ${formatValue(element, bytes, context, depth + 2)}`;
  }
  const symbol = value < 1n << 48n ? context.symbolAt?.(Number(value)) : undefined;
  if (type && /(^|\s)char \*(const)?$|^\*(const|mut) i8$/.test(type.name)) {
    const bytes = read(context.memory, value, TEXT_LIMIT + 1);
    const end = bytes.indexOf(0);
    if (bytes.length > 0) return quoted(end < 0 ? bytes : bytes.subarray(0, end), end < 0 ? TEXT_LIMIT + 1 : end);
  }
  return symbol ? `${hex(value)} ${symbol.name}${symbol.offset ? `+0x${symbol.offset.toString(16)}` : ''}` : hex(value);
}

/** The dynamic type and the value in it, as far as the type is simple: `string "x"`, `*os.File 0xc000010018`. */
function interfaceText(
  type: ValueType,
  first: bigint,
  bytes: Uint8Array,
  context: ValueContext,
  depth: number,
): string {
  if (first === 0n) return 'nil';
  const isItab = type.fields?.[0] ? type.fields[0].name === 'tab' : !/^(any|interface \{\})$/.test(type.name);
  const dynamic = first < 1n << 48n ? context.dynamicType?.(Number(first), isItab) : undefined;
  const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getBigUint64(8, true);
  if (!dynamic) return `${pointerText(first, context)} ${pointerText(data, context)}`;
  const held = dynamic.type;
  const name = goTypeName(held);
  if (dynamic.direct) return `${name} ${formatValue(held, bytes.subarray(8, 16), context, depth + 1)}`;
  // Without debug information structs and arrays come without their members: their address says more than nothing.
  const opaque = (held.kind === 'struct' && !held.fields) || (held.kind === 'array' && !held.element);
  if (opaque || depth >= MAX_DEPTH) return `${name} at ${hex(data)}`;
  const content = read(context.memory, data, held.size);
  return content.length < held.size
    ? `${name} at ${hex(data)}`
    : `${name} ${formatValue(held, content, context, depth + 1)}`;
}

/** A func value points to a closure, whose first word is the code. */
function funcText(value: bigint, context: ValueContext): string {
  if (value === 0n) return 'nil';
  const bytes = read(context.memory, value, 8);
  if (bytes.length === 8) {
    const code = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true);
    const symbol = code < 1n << 48n ? context.symbolAt?.(Number(code)) : undefined;
    if (symbol && symbol.offset === 0) return symbol.name;
  }
  return hex(value);
}

/** Maps (both implementations) and channels begin with how much they hold. */
function countedText(value: bigint, context: ValueContext): string {
  if (value === 0n) return 'nil';
  const bytes = read(context.memory, value, 8);
  if (bytes.length < 8) return hex(value);
  const count = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true);
  return count < 1n << 40n ? `${hex(value)} len ${count}` : hex(value);
}

const placedText = ({ type, address }: Placed, context: ValueContext, depth: number): string =>
  formatValue(type, context.memory.read(address, type.size), context, depth + 1);

function mapText(type: ValueType, value: bigint, context: ValueContext, depth: number): string {
  const content =
    value > 0n && value < 1n << 48n ? context.mapEntries?.(type, Number(value), ITEM_LIMIT + 1) : undefined;
  if (!content) return countedText(value, context);
  if (content.count === 0 || depth >= MAX_DEPTH) return `len ${content.count}`;
  const entries = content.entries.map(
    ({ key, value }) => `${placedText(key, context, depth)}: ${placedText(value, context, depth)}`,
  );
  return `len ${content.count}  {${shorten(entries)}}`;
}

function channelText(type: ValueType, value: bigint, context: ValueContext, depth: number): string {
  const content =
    value > 0n && value < 1n << 48n ? context.channelItems?.(type, Number(value), ITEM_LIMIT + 1) : undefined;
  if (!content) return countedText(value, context);
  const items = content.items.map(item => placedText(item, context, depth));
  const holds = items.length === 0 || depth >= MAX_DEPTH ? '' : `  [${shorten(items)}]`;
  return `${hex(value)} len ${content.count} cap ${content.capacity}${content.closed ? ', closed' : ''}${holds}`;
}

/** Character types of C and Rust; Go's are plain numbers. */
const CHARACTER = /^(const |volatile )*((un)?signed )?char$/;

/** Rust's &str, String, Vec and enums; undefined for any other struct. */
function rustText(type: ValueType, bytes: Uint8Array, context: ValueContext, depth: number): string | undefined {
  const sequence = rustSequence(type, bytes);
  if (sequence) {
    const { pointer, length, element } = sequence;
    if (!element) return stringText(context, pointer, length);
    const capacity = sequence.capacity ?? length;
    return sliceText({ ...type, kind: 'slice', element: () => element }, pointer, length, capacity, context);
  }
  const variant = type.variants && rustVariant(type, bytes);
  if (!variant || depth >= MAX_DEPTH) return undefined;
  const { name } = variant.field;
  const content = formatValue(variant.field.type, fieldBytes(variant.field, bytes), context, depth + 1);
  return content === '{}' ? name : `${name} ${content}`;
}
