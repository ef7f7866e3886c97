/** What goes into a call of a function and what comes out of it: bytes of arguments, and results that outlive the call. */
import type { ViewMemory } from '../emulator/abi/arch.ts';
import { conventionsOf } from '../emulator/abi/conventions.ts';
import {
  assignValues,
  type Field,
  NO_REGISTERS,
  type Value as Parameter,
  type ValueType,
} from '../emulator/abi/go-abi.ts';
import type { TaskId } from '../emulator/kernel/api.ts';
import type { CodeFunction } from '../emulator/symbols/program.ts';
import { valueContext } from '../emulator/symbols/value-context.ts';
import { type Data, dataText, partsOf, typeText } from './data.ts';
import { ExpressionError } from './expression.ts';
import { integer, numeric, textOf, type Value } from './operands.ts';
import { valueFrom } from './program-values.ts';
import type { Target } from './session.ts';
import { registersOf } from './stack.ts';

export type CallAbi = 'C' | 'ABI0' | 'ABIInternal';

/** Memory for what arguments point to. */
export interface Room {
  /** Returns the address; a zero byte follows. */
  put(bytes: Uint8Array): number;
}

const WORDS = new Set(['int', 'uint', 'bool', 'pointer']);
/** Kinds whose value a number can be: their first word. */
const NUMBERS = new Set([...WORDS, 'map', 'chan', 'func']);
const encoder = new TextEncoder();

/** An argument as it lies in memory. Throws ExpressionError when the value is none for it. */
export function argumentBytes(value: Value, { name, type }: Parameter, room: Room): Uint8Array {
  const bytes = new Uint8Array(type.size);
  const view = new DataView(bytes.buffer);
  const word = (at: number, content: bigint): void => view.setBigUint64(at, BigInt.asUintN(64, content), true);
  const data = 'data' in value ? value.data : undefined;
  const text = textOf(value);
  if (type.kind === 'float') {
    if (type.size === 4) view.setFloat32(0, numeric(value), true);
    else view.setFloat64(0, numeric(value), true);
    return bytes;
  }
  if (WORDS.has(type.kind) && type.size <= 8) {
    const isText = text !== undefined && type.kind === 'pointer' && value.is === 'string';
    const content = isText ? BigInt(room.put(encoder.encode(text))) : integer(value);
    for (let i = 0; i < type.size; i++) bytes[i] = Number((content >> BigInt(8 * i)) & 0xffn);
    return bytes;
  }
  if (data && data.type.kind === type.kind && data.type.size === type.size && data.bytes.length >= type.size)
    return data.bytes.slice(0, type.size);
  if (NUMBERS.has(type.kind) && value.is === 'integer') {
    word(0, value.value);
    return bytes;
  }
  // nil
  if (value.is === 'integer' && value.value === 0n && ['slice', 'interface'].includes(type.kind)) return bytes;
  const ofBytes = type.kind === 'slice' && type.element?.()?.size === 1;
  if (text !== undefined && (type.kind === 'string' || ofBytes)) {
    const content = encoder.encode(text);
    word(0, content.length === 0 ? 0n : BigInt(room.put(content)));
    word(8, BigInt(content.length));
    if (ofBytes) word(16, BigInt(content.length));
    return bytes;
  }
  throw new ExpressionError(`The argument ${name} is ${typeText(type)}: name a value of that type.`);
}

/** What the function returned, with the memory it shows: that is gone when the call is undone. */
export function resultValue(
  target: Target,
  task: TaskId,
  fn: CodeFunction,
  signature: readonly Parameter[],
  abi: CallAbi,
  frame: number,
): Value {
  const { machine, program } = target;
  const { arch } = machine;
  const conventions = conventionsOf(arch.name)!;
  const registers = registersOf(target, task);
  const kept = keptMemory(target, task);
  const values = abi === 'C' ? cResult(target, fn) : signature;
  const lists =
    abi === 'ABI0'
      ? NO_REGISTERS
      : abi === 'C'
        ? { integers: conventions.c.results, floats: conventions.c.floats }
        : conventions.goInternal;
  const fields: Field[] = [];
  const pieces: Uint8Array[] = [];
  let offset = 0;
  for (const { value, registers: parts, stackOffset } of assignValues(values, lists)) {
    if (!value.isResult) continue;
    const bytes = parts
      ? new Uint8Array(value.type.size)
      : machine.read(task, frame + (stackOffset ?? 0), value.type.size).slice();
    for (const part of parts ?? []) {
      const content = arch.registers.find(row => row.name === part.register)?.read(registers) ?? 0n;
      for (let i = 0; i < part.size; i++) bytes[part.offset + i] = Number((content >> BigInt(8 * i)) & 0xffn);
    }
    fields.push({ name: value.name.replace(/^~/, ''), offset, type: value.type });
    pieces.push(bytes);
    offset += bytes.length;
  }
  const context = valueContext(program, kept.memory);
  if (fields.length === 0) return { is: 'string', value: `${fn.name} returned` };
  const name = `(${fields.map(field => typeText(field.type)).join(', ')})`;
  const data: Data =
    fields.length === 1
      ? { type: fields[0].type, bytes: pieces[0], context }
      : { type: { kind: 'struct', name, size: offset, fields }, bytes: joined(pieces, offset), context };
  // What will be shown is read while it is there.
  dataText(data);
  const parts = partsOf(data);
  for (const { data: part } of parts ? [...parts.named(), ...parts.items(0, SHOWN)] : [])
    if (typeof part !== 'string') dataText(part);
  const value = valueFrom(data);
  kept.seal();
  return value;
}

/** Parts of a result that can be opened behind the call. */
const SHOWN = 100;

/** A C function's result is in its type; values that are no numbers travel in ways that are not the convention's. */
function cResult({ program }: Target, fn: CodeFunction): Parameter[] {
  const info = program.dwarf;
  const described = info?.functionAt(fn.entry - program.bias);
  const type = described && info?.resultType(described);
  return type ? [{ name: 'result', type, isResult: true }] : [];
}

/** Throws ExpressionError for what C functions take and give in more than one way. */
export function checkC(target: Target, fn: CodeFunction, wanted: readonly Parameter[]): void {
  const isPlain = ({ kind, size }: ValueType): boolean => (WORDS.has(kind) || kind === 'float') && size <= 8;
  const odd = [...wanted, ...cResult(target, fn)].find(({ type }) => !isPlain(type));
  if (odd)
    throw new ExpressionError(
      `${fn.name} cannot be called: ${odd.name} is ${typeText(odd.type)}, and only numbers and pointers can travel.`,
    );
}

function joined(pieces: readonly Uint8Array[], size: number): Uint8Array {
  const all = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

const PAGE = 4096;

/** Reads page by page and remembers them; once sealed, other pages are those of the machine as it is then. */
function keptMemory({ machine }: Target, task: TaskId): { memory: ViewMemory; seal(): void } {
  const pages = new Map<number, Uint8Array>();
  let open = true;
  const page = (number: number): Uint8Array => {
    const known = pages.get(number);
    if (known) return known;
    const bytes = machine.read(task, number * PAGE, PAGE);
    if (open) pages.set(number, bytes.slice());
    return bytes;
  };
  return {
    seal() {
      open = false;
    },
    memory: {
      read(address, length) {
        if (!(address >= 0 && address < 2 ** 48) || length <= 0) return new Uint8Array(0);
        const found: Uint8Array[] = [];
        let at = address;
        while (at < address + length) {
          const from = at % PAGE;
          const bytes = page(Math.floor(at / PAGE)).subarray(from, from + address + length - at);
          found.push(bytes);
          at += bytes.length;
          // Memory ends here, or the next page begins.
          if (bytes.length === 0 || at % PAGE !== 0) break;
        }
        return joined(found, at - address);
      },
    },
  };
}
