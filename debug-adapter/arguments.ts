/**
 * Arguments of a frame's function: from where debug information says they are, else from where the calling convention
 * puts them at the entry. Values are written as their language does.
 */
import type { ValueType } from '../emulator/abi/go-abi.ts';
import { evaluateLocation, type Piece } from '../emulator/symbols/dwarf/locations.ts';
import type { Target } from './session.ts';
import { registersOf, type StackFrame } from './stack.ts';
import { escapeText } from './text.ts';

export interface VariableView {
  name: string;
  type: string;
  text: string;
  /** Whole numbers and pointers, for expressions. */
  value?: bigint;
  address?: number;
  children?: () => VariableView[];
}

type Read = (address: number, length: number) => Uint8Array;

/** Larger values are not read in one piece. */
const SIZE_LIMIT = 64 * 1024;
const ITEM_LIMIT = 100;
const DEPTH_LIMIT = 8;

/** Empty where nothing is known of them. */
export function argumentsOf(target: Target, frame: StackFrame): VariableView[] {
  const { program, machine } = target;
  const { view, task } = frame;
  if (view.inlined || !view.function) return [];
  const parameters = program.parameters(view.function)?.filter(parameter => !parameter.isResult) ?? [];
  const read: Read = (address, length) => machine.read(task, address, length);
  const registers = frame.index === 0 ? registersOf(target, task) : undefined;
  const rows = machine.arch.registers;
  return parameters.map(({ name, type, locations }) => {
    const entry = locations.find(location => view.lookupPc >= location.low && view.lookupPc < location.high);
    const unknown = (text: string): VariableView => ({ name, type: type.name, text });
    if (!entry)
      return unknown(locations.length === 0 ? '(the compiler does not say where)' : '(not kept here any more)');
    const frameBase = frameBaseOf(target, view.function!.entry);
    const pieces = evaluateLocation(entry.expression, {
      register: number => (registers ? rows.find(row => row.dwarf === number)?.read(registers) : undefined),
      cfa: view.cfa,
      frameBase,
      read,
      bias: program.bias,
    });
    const bytes =
      pieces &&
      gather(
        pieces,
        type.size,
        read,
        number => rows.find(row => row.dwarf === number)?.read(registers!),
        registers !== undefined,
      );
    if (!bytes) return unknown('(not known in this frame)');
    const address = pieces.length === 1 && pieces[0].is === 'memory' ? pieces[0].address : undefined;
    return showValue(name, type, bytes, address, read, 0);
  });
}

function frameBaseOf({ program }: Target, entry: number): Uint8Array | undefined {
  const fn = program.dwarf?.functionAt(entry - program.bias);
  return fn && program.dwarf?.frameBase(fn);
}

function gather(
  pieces: Piece[],
  size: number,
  read: Read,
  register: (dwarf: number) => bigint | undefined,
  live: boolean,
): Uint8Array | undefined {
  if (size > SIZE_LIMIT) return undefined;
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    const length = Math.min(piece.size || size - at, size - at);
    if (length <= 0) break;
    const put = (value: bigint) => {
      for (let i = 0; i < Math.min(length, 16); i++) bytes[at + i] = Number((value >> BigInt(8 * i)) & 0xffn);
    };
    if (piece.is === 'memory') {
      const found = read(piece.address, length);
      if (found.length < length) return undefined;
      bytes.set(found, at);
    } else if (piece.is === 'register') {
      const value = live ? register(piece.register) : undefined;
      if (value === undefined) return undefined;
      put(value);
    } else if (piece.is === 'value') put(piece.value);
    else if (piece.is === 'bytes') bytes.set(piece.bytes.subarray(0, length), at);
    else return undefined;
    at += length;
  }
  return bytes;
}

function word(bytes: Uint8Array, at: number, size = 8): bigint {
  let value = 0n;
  for (let i = size - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[at + i] ?? 0);
  return value;
}

/** A value with its parts; never throws, whatever the bytes are. */
export function showValue(
  name: string,
  type: ValueType,
  bytes: Uint8Array,
  address: number | undefined,
  read: Read,
  depth: number,
): VariableView {
  const base = { name, type: type.name, address };
  const parts = (list: () => VariableView[]) => (depth < DEPTH_LIMIT ? list : undefined);
  switch (type.kind) {
    case 'bool':
      return { ...base, text: bytes[0] === 0 ? 'false' : 'true', value: BigInt(bytes[0] ?? 0) };
    case 'int': {
      const value = BigInt.asIntN(type.size * 8, word(bytes, 0, type.size));
      return { ...base, text: value.toString(), value };
    }
    case 'uint': {
      const value = word(bytes, 0, type.size);
      return { ...base, text: type.name === 'uintptr' ? hex(value) : value.toString(), value };
    }
    case 'float':
      return { ...base, text: String(float(bytes, 0, type.size)) };
    case 'complex':
      return {
        ...base,
        text: `(${float(bytes, 0, type.size / 2)}${sign(float(bytes, type.size / 2, type.size / 2))}i)`,
      };
    case 'string': {
      const length = Number(word(bytes, 8) & 0xffff_ffffn);
      const data = Number(BigInt.asUintN(53, word(bytes, 0)));
      const text = read(data, Math.min(length, 1024));
      return {
        ...base,
        text: length > 0 && text.length === 0 ? '(unreadable)' : escapeText(new TextDecoder().decode(text)),
      };
    }
    case 'slice': {
      const [data, length, capacity] = [word(bytes, 0), word(bytes, 8), word(bytes, 16)];
      const element = type.element?.();
      const start = Number(BigInt.asUintN(53, data));
      const count = Number(BigInt.asUintN(32, length));
      const isBytes = element?.size === 1 && element.kind === 'uint';
      const preview =
        isBytes && count > 0 ? ` ${escapeText(new TextDecoder().decode(read(start, Math.min(count, 64))), 64)}` : '';
      return {
        ...base,
        address: start,
        text: data === 0n ? 'nil' : `len ${length} cap ${capacity}${preview}`,
        children: element && count > 0 ? parts(() => items(element, start, count, read, depth)) : undefined,
      };
    }
    case 'array': {
      const element = type.element?.();
      const count = type.length ?? 0;
      const inPlace =
        element && address !== undefined ? parts(() => items(element, address, count, read, depth)) : undefined;
      return { ...base, text: `[${count}]`, children: count > 0 ? inPlace : undefined };
    }
    case 'struct': {
      const fields = type.fields ?? [];
      const children = () =>
        fields.map(field =>
          showValue(
            field.name,
            field.type,
            bytes.subarray(field.offset, field.offset + field.type.size),
            address === undefined ? undefined : address + field.offset,
            read,
            depth + 1,
          ),
        );
      return {
        ...base,
        text: `{${fields.length > 0 ? '…' : ''}}`,
        children: fields.length > 0 ? parts(children) : undefined,
      };
    }
    case 'interface': {
      const table = word(bytes, 0);
      return { ...base, text: table === 0n ? 'nil' : `(type ${hex(table)}, data ${hex(word(bytes, 8))})` };
    }
    default: {
      const value = word(bytes, 0, Math.min(8, Math.max(1, type.size)));
      if (type.kind === 'unknown') return { ...base, text: hex(value), value };
      const element = type.kind === 'pointer' ? type.element?.() : undefined;
      const to = Number(BigInt.asUintN(53, value));
      const children = () => {
        const pointed = read(to, Math.min(element!.size, SIZE_LIMIT));
        return [showValue('*', element!, pointed, to, read, depth + 1)];
      };
      return {
        ...base,
        address: value === 0n ? undefined : to,
        text: value === 0n ? 'nil' : hex(value),
        value,
        children: value !== 0n && element && element.size > 0 ? parts(children) : undefined,
      };
    }
  }
}

function items(element: ValueType, start: number, count: number, read: Read, depth: number): VariableView[] {
  const shown = Math.min(count, ITEM_LIMIT);
  const list = Array.from({ length: shown }, (_, i) => {
    const at = start + i * element.size;
    return showValue(`[${i}]`, element, read(at, Math.min(element.size, SIZE_LIMIT)), at, read, depth + 1);
  });
  if (shown < count) list.push({ name: '…', type: '', text: `${count - shown} more` });
  return list;
}

const hex = (value: bigint): string => `0x${value.toString(16)}`;
const sign = (value: number): string => (value < 0 || Object.is(value, -0) ? String(value) : `+${value}`);

function float(bytes: Uint8Array, at: number, size: number): number {
  if (bytes.length < at + size) return Number.NaN;
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, size);
  return size === 4 ? view.getFloat32(0, true) : view.getFloat64(0, true);
}
