/** The program's own values in expressions: their elements, lengths, conversions. */
import type { ValueType } from '../emulator/abi/go-abi.ts';
import { type Data, dynamicValue, mapValue, placed, pointee, scalarOf, sequenceOf, typeText, wordOf } from './data.ts';
import { ExpressionError } from './expression.ts';
import { integer, textOf, type Value } from './operands.ts';

const STRING_LIMIT = 64 * 1024;
const decoder = new TextDecoder();

export function lengthOf(value: Value, what: 'len' | 'cap'): bigint {
  const data = 'data' in value ? value.data : undefined;
  switch (data?.type.kind) {
    case 'slice':
      return wordOf(data, what === 'len' ? 8 : 16);
    case 'array':
      return BigInt(data.type.length ?? 0);
    case 'map':
    case 'chan': {
      const header = wordOf(data);
      if (header === 0n || header >= 1n << 48n) return 0n;
      // Both begin with the count; behind it a channel has its capacity.
      const bytes = data.context.memory.read(Number(header) + (what === 'len' ? 0 : 8), 8);
      if (data.type.kind === 'map' && what === 'cap') break;
      return wordOf({ ...data, bytes });
    }
    default: {
      const sequence = data && sequenceOf(data);
      if (sequence) return BigInt(sequence.length);
    }
  }
  if (value.is === 'string' && what === 'len') return BigInt(new TextEncoder().encode(value.value).length);
  throw new ExpressionError(
    `${what} needs ${what === 'len' ? 'a string, slice, array, map or channel' : 'a slice, array or channel'}.`,
  );
}

/** A slice of bytes as text. */
export function bytesText(data: Data): string | undefined {
  const sequence = sequenceOf(data);
  if (sequence?.element.size !== 1) return undefined;
  if (sequence.length === 0) return '';
  const { place } = sequence.at(0);
  if (place?.is !== 'memory') return undefined;
  return decoder.decode(data.context.memory.read(place.address, Math.min(sequence.length, STRING_LIMIT)));
}

/** An element of a slice or an array, the value of a key, what lies behind a pointer; undefined: not the data's to say. */
export function indexed(data: Data, key: Value): Value | undefined {
  const held = dynamicValue(data);
  if (held) return indexed(held, key);
  if (data.type.kind === 'map') {
    const plain = key.is === 'integer' || key.is === 'boolean' ? key.value : textOf(key);
    if (plain === undefined) throw new ExpressionError('Keys are looked up by number, string or boolean only.');
    const found = mapValue(data, plain);
    if (!found) throw new ExpressionError('The map has no such key.');
    return valueFrom(found);
  }
  const sequence = sequenceOf(data) ?? sequenceOf(pointee(data) ?? data);
  if (sequence) {
    const index = integer(key);
    if (index < 0n || index >= BigInt(sequence.length))
      throw new ExpressionError(`Index ${index} is outside: there are ${sequence.length}.`);
    return valueFrom(sequence.at(Number(index)));
  }
  const element = data.type.kind === 'pointer' ? data.type.element?.() : undefined;
  // C's pointers are arrays.
  if (!element || element.size === 0) return undefined;
  const address = Number(BigInt.asUintN(53, wordOf(data))) + Number(integer(key)) * element.size;
  return valueFrom(placed({ type: element, address }, data.context));
}

/** A value of the program as expressions compute with it. */
export function valueFrom(data: Data): Value {
  const { type, place } = data;
  if (data.bytes.length < type.size)
    throw new ExpressionError(
      place?.is === 'memory' ? `There is no memory at 0x${place.address.toString(16)}.` : 'The value is not readable.',
    );
  const scalar = scalarOf(data);
  if (typeof scalar === 'boolean') return { is: 'boolean', value: scalar, place, data };
  if (typeof scalar === 'number') return { is: 'float', value: scalar, place, data };
  if (typeof scalar === 'string') return { is: 'string', value: scalar, data };
  if (typeof scalar === 'bigint' && type.kind !== 'map' && type.kind !== 'chan') {
    const text = /char \*(const)?$/.test(type.name) ? zeroTerminated(data, scalar) : undefined;
    return { is: 'integer', value: scalar, place, data, ...(text === undefined ? {} : { text }) };
  }
  return { is: 'data', data, place };
}

/** What a `char *` points to, for comparisons. */
function zeroTerminated({ context }: Data, pointer: bigint): string | undefined {
  const bytes = pointer < 1n << 48n ? context.memory.read(Number(pointer), 4096) : new Uint8Array(0);
  const end = bytes.indexOf(0);
  return end < 0 ? undefined : decoder.decode(bytes.subarray(0, end));
}

export function pointerData(address: bigint, to: ValueType, context: Data['context']): Data {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt.asUintN(64, address), true);
  return { type: { kind: 'pointer', name: `*${to.name}`, size: 8, element: () => to }, bytes, context };
}

/** Go's conversion to a type of the program: of numbers by value, else the same bytes read anew. */
export function convert(value: Value, type: ValueType, context: Data['context']): Value {
  if (type.kind === 'pointer') {
    const bytes = pointerData(integer(value), type, context).bytes;
    return valueFrom({ type, bytes, context });
  }
  if (type.kind === 'float') return { is: 'float', value: Number('value' in value ? value.value : integer(value)) };
  if (type.kind === 'int' || type.kind === 'uint') {
    const bits = integer(value);
    const bytes = Uint8Array.from({ length: type.size }, (_, i) => Number((bits >> BigInt(8 * i)) & 0xffn));
    return valueFrom({ type, bytes, context });
  }
  if ('data' in value && value.data && value.data.type.size === type.size) return valueFrom({ ...value.data, type });
  throw new ExpressionError(
    `That cannot be converted to ${typeText(type)}; (*${typeText(type)})(address) reads one from memory.`,
  );
}
