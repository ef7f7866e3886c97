/**
 * Arguments of a frame's function: from where debug information says they are, else from where the calling convention
 * puts them at the entry. Values are written as their language does.
 */
import type { ValueType } from '../emulator/abi/go-abi.ts';
import { formatValue, goTypeName } from '../emulator/abi/go-values.ts';
import { evaluateLocation, type Piece } from '../emulator/symbols/dwarf/locations.ts';
import type { Target } from './session.ts';
import { registersOf, type StackFrame } from './stack.ts';

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
  const whole = bytes.length >= type.size;
  const view: VariableView = {
    name,
    type: goTypeName(type),
    text: whole ? formatValue(type, bytes, { memory: { read } }) : '(unreadable)',
    address,
  };
  if (!whole) return view;
  const children = depth < DEPTH_LIMIT ? childrenOf(type, bytes, address, read, depth) : undefined;
  switch (type.kind) {
    case 'bool':
    case 'uint':
      return { ...view, value: word(bytes, 0, type.size) };
    case 'int':
      return { ...view, value: BigInt.asIntN(type.size * 8, word(bytes, 0, type.size)) };
    case 'pointer':
    case 'map':
    case 'chan':
    case 'func': {
      const value = word(bytes, 0);
      return { ...view, value, address: value === 0n ? undefined : Number(BigInt.asUintN(53, value)), children };
    }
    case 'string':
    case 'slice':
      return { ...view, address: Number(BigInt.asUintN(53, word(bytes, 0))), children };
    default:
      return { ...view, children };
  }
}

/** The parts of a compound value; undefined if it has none. */
function childrenOf(
  type: ValueType,
  bytes: Uint8Array,
  address: number | undefined,
  read: Read,
  depth: number,
): (() => VariableView[]) | undefined {
  const element = type.element?.();
  switch (type.kind) {
    case 'slice': {
      const count = Number(BigInt.asUintN(32, word(bytes, 8)));
      const start = Number(BigInt.asUintN(53, word(bytes, 0)));
      return element && count > 0 ? () => items(element, start, count, read, depth) : undefined;
    }
    case 'array': {
      const count = type.length ?? 0;
      return element && count > 0 && address !== undefined
        ? () => items(element, address, count, read, depth)
        : undefined;
    }
    case 'struct': {
      const fields = type.fields ?? [];
      const part = (field: (typeof fields)[number]) => bytes.subarray(field.offset, field.offset + field.type.size);
      const at = (field: (typeof fields)[number]) => (address === undefined ? undefined : address + field.offset);
      if (fields.length === 0) return undefined;
      return () => fields.map(field => showValue(field.name, field.type, part(field), at(field), read, depth + 1));
    }
    case 'pointer': {
      const to = Number(BigInt.asUintN(53, word(bytes, 0)));
      if (!element || element.size === 0 || to === 0) return undefined;
      return () => [showValue('*', element, read(to, Math.min(element.size, SIZE_LIMIT)), to, read, depth + 1)];
    }
    default:
      return undefined;
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
