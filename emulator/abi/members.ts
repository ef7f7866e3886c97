/** Parts of compound values within their bytes: members with C's bit fields, the sequences and variants of Rust. */
import type { Field, ValueType } from './go-abi.ts';

/** The bytes of a struct's member; those of a bit field put where a whole one would have them. */
export function fieldBytes(field: Field, bytes: Uint8Array): Uint8Array {
  const { bits, offset, type } = field;
  if (!bits) return bytes.subarray(offset, offset + type.size);
  let value = 0n;
  for (let i = Math.ceil((bits.start + bits.size) / 8) - 1; i >= 0; i--)
    value = (value << 8n) | BigInt(bytes[offset + i] ?? 0);
  value = BigInt.asUintN(bits.size, value >> BigInt(bits.start));
  if (type.kind === 'int') value = BigInt.asUintN(64, BigInt.asIntN(bits.size, value));
  return Uint8Array.from({ length: type.size }, (_, i) => Number((value >> BigInt(8 * i)) & 0xffn));
}

/** The variant of Rust's enum that its tag says. */
export function rustVariant(type: ValueType, bytes: Uint8Array) {
  const { tag, all } = type.variants ?? { tag: undefined, all: [] };
  if (!tag) return all[0];
  let value = 0n;
  const raw = fieldBytes(tag, bytes);
  for (let i = raw.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(raw[i]);
  return all.find(v => v.value === value) ?? all.find(v => v.value === undefined);
}

/** Where the items of Rust's strings (no `element`), slices and vectors are. */
export function rustSequence(
  type: ValueType,
  bytes: Uint8Array,
): { pointer: bigint; length: bigint; capacity?: bigint; element?: ValueType } | undefined {
  const isString = /^(alloc::string::)?String$/.test(type.name);
  const isVector = /^(alloc::vec::)?Vec</.test(type.name);
  const isSlice = /^&(mut )?(str|\[.*\])$/.test(type.name);
  if (!isString && !isVector && !isSlice) return undefined;
  const word = (name: RegExp): { value: bigint; type: ValueType } | undefined => {
    const found = leafOf(type, name, 0, 0);
    if (!found || found.offset + 8 > bytes.length) return undefined;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return { value: view.getBigUint64(found.offset, true), type: found.type };
  };
  const pointer = word(/^(data_ptr|pointer)$/);
  const length = word(/^(length|len)$/);
  if (!pointer || !length) return undefined;
  const capacity = isSlice ? undefined : word(/^(cap|__0)$/)?.value;
  const element = isVector ? type.parameters?.()[0] : pointer.type.element?.();
  const isText = isString || /str$/.test(type.name);
  return { pointer: pointer.value, length: length.value, capacity, element: isText ? undefined : element };
}

/** The first member of that name which is a word, however deep. */
function leafOf(
  type: ValueType,
  name: RegExp,
  offset: number,
  depth: number,
): { offset: number; type: ValueType } | undefined {
  if (depth > 8) return undefined;
  for (const f of type.fields ?? []) {
    if (name.test(f.name) && f.type.size === 8 && f.type.kind !== 'struct')
      return { offset: offset + f.offset, type: f.type };
    const inner = leafOf(f.type, name, offset + f.offset, depth + 1);
    if (inner) return inner;
  }
  return undefined;
}
