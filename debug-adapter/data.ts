/**
 * Typed values of the program: their text, their parts, the place they are in. Where one comes from (a variable, an
 * expression, a part of another one) makes no difference here. Nothing throws: memory that is not there is said to be
 * unreadable.
 */
import type { Field, ValueType } from '../emulator/abi/go-abi.ts';
import { formatValue, goTypeName, type Placed, type ValueContext } from '../emulator/abi/go-values.ts';
import { fieldBytes, rustSequence, rustVariant } from '../emulator/abi/members.ts';
import { channelContent, mapEntries, mapLength } from '../emulator/symbols/go-containers.ts';

/** Where a value lives, so that it can be assigned, watched or shown in a memory view. */
export type Place = { is: 'register'; name: string; bits: number } | { is: 'memory'; address: number; size: number };

export interface Data {
  readonly type: ValueType;
  /** Fewer than the type has: the rest is not readable. */
  readonly bytes: Uint8Array;
  readonly place?: Place;
  /** Reads memory, names addresses and types. */
  readonly context: ValueContext;
}

/** Something with a name in a list of variables. */
export interface Item {
  readonly name: string;
  /** The expression that means it; undefined where there is none. */
  readonly path?: string;
  readonly type: ValueType;
  /** Or why there is none. */
  readonly data: Data | string;
  readonly isResult?: boolean;
  /** Where the source declares it. */
  readonly declared?: { readonly file: string; readonly line: number };
}

/** The parts of a value: some by name, then some by number. */
export interface Parts {
  readonly named: () => Item[];
  readonly count: number;
  readonly items: (start: number, count: number) => Item[];
}

/** Larger values are not read in one piece. */
const SIZE_LIMIT = 64 * 1024;
/** What no program's slice has; a damaged header claims more. */
const COUNT_LIMIT = 2 ** 40;
/** Pointers to pointers are followed so far for a member. */
const HOPS = 8;

export function placed({ type, address }: Placed, context: ValueContext): Data {
  const readable = type.size <= SIZE_LIMIT ? context.memory.read(address, type.size) : new Uint8Array(0);
  return { type, bytes: readable, place: { is: 'memory', address, size: type.size }, context };
}

/** One line; strings are cut behind `limit` characters; pointers with what they point to, if `follow`. */
export function dataText({ type, bytes, context }: Data, limit = 256, follow = true): string {
  if (bytes.length < type.size) return type.size > SIZE_LIMIT ? `(${type.size} bytes)` : '(unreadable)';
  return formatValue(type, bytes, { ...context, follow, textLimit: limit });
}

export const typeText = (type: ValueType): string => goTypeName(type);

/** A little-endian word at an offset. */
export function wordOf({ bytes }: Data, at = 0, size = 8): bigint {
  let value = 0n;
  for (let i = Math.min(size, 8) - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[at + i] ?? 0);
  return value;
}

/** A word as an address; 0 for what is none. */
const pointerAt = (data: Data, at = 0): number => {
  const value = wordOf(data, at);
  return value < 1n << 48n ? Number(value) : 0;
};

/** What a pointer points to; undefined for nil, for what is no pointer, and where the type is not known. */
export function pointee(data: Data): Data | undefined {
  if (data.type.kind !== 'pointer') return undefined;
  const element = data.type.element?.();
  const address = pointerAt(data);
  return element && element.size > 0 && address !== 0 ? placed({ type: element, address }, data.context) : undefined;
}

/** What an interface holds; undefined for nil, for what is no interface, and where the type is not known. */
export function dynamicValue(data: Data): Data | undefined {
  const { type, context } = data;
  if (type.kind !== 'interface' || data.bytes.length < 16) return undefined;
  const first = pointerAt(data);
  const isItab = type.fields?.[0] ? type.fields[0].name === 'tab' : !/^(any|interface \{\})$/.test(type.name);
  const dynamic = first === 0 ? undefined : context.dynamicType?.(first, isItab);
  if (!dynamic) return undefined;
  if (dynamic.direct) return { type: dynamic.type, bytes: data.bytes.subarray(8, 16), context };
  return placed({ type: dynamic.type, address: pointerAt(data, 8) }, context);
}

/** A member of a struct or union, as a value of its own. */
function fieldOf(data: Data, field: Field): Data {
  const inMemory = data.place?.is === 'memory' && !field.bits;
  return {
    type: field.type,
    bytes: fieldBytes(field, data.bytes),
    context: data.context,
    ...(inMemory
      ? {
          place: {
            is: 'memory',
            address: (data.place as Place & { is: 'memory' }).address + field.offset,
            size: field.type.size,
          },
        }
      : {}),
  };
}

/** The members a value shows: a struct's, of Rust's enums those of the variant that holds. */
function fieldsOf(data: Data): readonly Field[] {
  const { type } = data;
  if (!type.variants) return type.fields ?? [];
  const variant = rustVariant(type, data.bytes);
  if (!variant) return [];
  return (variant.field.type.fields ?? []).map(f => ({ ...f, offset: f.offset + variant.field.offset }));
}

/** A member by name: through pointers and interfaces, and those that Go's embedded structs lend. */
export function memberOf(data: Data, name: string): Data | undefined {
  let at: Data | undefined = data;
  for (let hops = 0; at && hops < HOPS; hops++) {
    if (at.type.kind === 'struct' || at.type.kind === 'unknown') return member(at, name, 0);
    at = at.type.kind === 'interface' ? dynamicValue(at) : pointee(at);
  }
  return undefined;
}

function member(data: Data, name: string, depth: number): Data | undefined {
  const fields = fieldsOf(data);
  const own = fields.find(field => field.name === name);
  if (own) return fieldOf(data, own);
  for (const field of fields) {
    if (!field.embedded || depth > HOPS) continue;
    const inner = fieldOf(data, field);
    const target = inner.type.kind === 'pointer' ? pointee(inner) : inner;
    const found = target && member(target, name, depth + 1);
    if (found) return found;
  }
  return undefined;
}

/** What is counted in a value: items of slices, arrays, Rust's sequences; undefined for what has none. */
export function sequenceOf(data: Data): { element: ValueType; length: number; at: (i: number) => Data } | undefined {
  const { type, bytes, context } = data;
  const element = type.element?.();
  const inMemory = (item: ValueType, start: bigint, count: bigint) => ({
    element: item,
    length: start < 1n << 48n && count < COUNT_LIMIT ? Number(count) : 0,
    at: (i: number) => placed({ type: item, address: Number(start) + i * item.size }, context),
  });
  if (type.kind === 'slice' && element) return inMemory(element, wordOf(data), wordOf(data, 8));
  if (type.kind === 'array' && element) {
    const length = type.length ?? 0;
    if (data.place?.is === 'memory') return inMemory(element, BigInt(data.place.address), BigInt(length));
    return {
      element,
      length,
      at: i => ({ type: element, bytes: bytes.subarray(i * element.size, (i + 1) * element.size), context }),
    };
  }
  const rust = type.kind === 'struct' ? rustSequence(type, bytes) : undefined;
  return rust?.element && inMemory(rust.element, rust.pointer, rust.length);
}

const NONE: Parts = { named: () => [], count: 0, items: () => [] };
const named = (list: () => Item[]): Parts => ({ ...NONE, named: list });

/** The parts of a value; undefined if it has none. `path` is the expression that means the value. */
export function partsOf(data: Data, path?: string): Parts | undefined {
  const { type, bytes, context } = data;
  if (bytes.length < type.size && type.kind !== 'array') return undefined;
  const base = path === undefined ? undefined : /^[*&(-]/.test(path) ? `(${path})` : path;
  const sequence = sequenceOf(data);
  if (sequence) {
    const { length, element, at } = sequence;
    if (length === 0) return undefined;
    return {
      ...NONE,
      count: length,
      items: (start, count) =>
        Array.from({ length: Math.max(0, Math.min(count, length - start)) }, (_, i) => ({
          name: `[${start + i}]`,
          path: base && `${base}[${start + i}]`,
          type: element,
          data: at(start + i),
        })),
    };
  }
  switch (type.kind) {
    case 'struct':
    case 'unknown': {
      const fields = fieldsOf(data);
      if (fields.length === 0) return undefined;
      return named(() =>
        fields.map(field => ({
          name: field.name,
          path: base && field.name !== '' ? `${base}.${field.name}` : undefined,
          type: field.type,
          data: fieldOf(data, field),
        })),
      );
    }
    case 'pointer': {
      const to = pointee(data);
      // Characters are in the text; a chain of pointers opens one at a time.
      if (!to || /char$/.test(to.type.name)) return undefined;
      if (to.type.kind === 'struct' || to.type.kind === 'unknown') return partsOf(to, base);
      return named(() => [{ name: '*', path: base && `*${base}`, type: to.type, data: to }]);
    }
    case 'interface': {
      const held = dynamicValue(data);
      return held && partsOf(held, base);
    }
    case 'map': {
      const pointer = pointerAt(data);
      const count = mapLength(context.memory, pointer);
      if (!count || !type.header?.()) return undefined;
      return { ...NONE, count, items: (start, most) => mapItems(data, pointer, base, start, most) };
    }
    case 'chan': {
      const content = channelContent(context.memory, type, pointerAt(data));
      if (!content || content.count === 0) return undefined;
      return {
        ...NONE,
        count: content.count,
        items: (start, most) =>
          content
            .items(start, most)
            .map((item, i) => ({ name: `[${start + i}]`, type: item.type, data: placed(item, context) })),
      };
    }
    default:
      return undefined;
  }
}

function mapItems({ type, context }: Data, pointer: number, base: string | undefined, start: number, most: number) {
  const items: Item[] = [];
  let index = 0;
  for (const { key, value } of mapEntries(context.memory, type, pointer)) {
    if (items.length >= most) break;
    if (index++ < start) continue;
    const text = dataText(placed(key, context), 64);
    const simple = /^(-?\d+|"[^"]*"|true|false)$/.test(text);
    const path = base && simple ? `${base}[${text}]` : undefined;
    items.push({ name: `[${text}]`, path, type: value.type, data: placed(value, context) });
  }
  return items;
}

/** The value of a map for a key that is a whole number, a string or a boolean; undefined if it has none. */
export function mapValue(data: Data, key: bigint | string | boolean): Data | undefined {
  const { context, type } = data;
  for (const entry of mapEntries(context.memory, type, pointerAt(data))) {
    const candidate = placed(entry.key, context);
    if (scalarOf(candidate) === key) return placed(entry.value, context);
  }
  return undefined;
}

const STRING_LIMIT = 64 * 1024;
const decoder = new TextDecoder();

/** A value as a number, a string or a boolean of JavaScript; undefined for what is none of them. */
export function scalarOf(data: Data): bigint | number | string | boolean | undefined {
  const { type, bytes, context } = data;
  if (bytes.length < type.size) return undefined;
  const text = (pointer: bigint, length: bigint): string =>
    pointer < 1n << 48n
      ? decoder.decode(context.memory.read(Number(pointer), Number(length < STRING_LIMIT ? length : STRING_LIMIT)))
      : '';
  switch (type.kind) {
    case 'bool':
      return bytes[0] !== 0;
    case 'int':
      return BigInt.asIntN(Math.min(8, type.size) * 8, wordOf(data, 0, type.size));
    case 'uint':
    case 'pointer':
    case 'func':
    case 'map':
    case 'chan':
      return wordOf(data, 0, type.size);
    case 'float': {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
      return type.size === 4 ? view.getFloat32(0, true) : type.size === 8 ? view.getFloat64(0, true) : undefined;
    }
    case 'string':
      return text(wordOf(data), wordOf(data, 8));
    case 'array': {
      if (!/char$/.test(type.element?.()?.name ?? '')) return undefined;
      const end = bytes.indexOf(0);
      return decoder.decode(end < 0 ? bytes : bytes.subarray(0, end));
    }
    case 'struct': {
      const sequence = rustSequence(type, bytes);
      return sequence && !sequence.element ? text(sequence.pointer, sequence.length) : undefined;
    }
    default:
      return undefined;
  }
}
