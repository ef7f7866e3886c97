/**
 * Where Go puts arguments and results: the assignment of the register-based ABIInternal and of ABI0, computed from a
 * function's types alone. Compilers describe arguments of optimised functions badly (results often not at all), the
 * algorithm is exact.
 *
 * Source: "Go internal ABI specification" (src/cmd/compile/abi-internal.md), section "Function call argument and
 * result passing".
 */

export type TypeKind =
  | 'bool'
  | 'int'
  | 'uint'
  | 'float'
  | 'complex'
  | 'string'
  | 'slice'
  | 'interface'
  | 'pointer'
  | 'map'
  | 'chan'
  | 'func'
  | 'struct'
  | 'array'
  | 'unknown';

/** A type of the program, as plain as a debugger needs it. */
export interface ValueType {
  readonly kind: TypeKind;
  /** As a Go (or C) programmer writes it. */
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** Members of a struct (of kind `unknown`: of a union). */
  readonly fields?: readonly Field[];
  /** Length of an array. */
  readonly length?: number;
  /** Key of a map. */
  readonly key?: () => ValueType | undefined;
  /** What a pointer points to, what arrays, slices, channels and maps hold. A function, because types are recursive. */
  readonly element?: () => ValueType | undefined;
  /** Maps and channels: the runtime's struct that their word points to. */
  readonly header?: () => ValueType | undefined;
  /** Enumerations of C: what the values are called. */
  readonly enumerators?: readonly { readonly name: string; readonly value: bigint }[];
  /** Types a generic type of Rust or C++ was made with. */
  readonly parameters?: () => readonly ValueType[];
  /** Rust's enums: the member that says which variant holds (undefined: there is only one), and the variants. */
  readonly variants?: Variants;
}

export interface Field {
  readonly name: string;
  /** Bytes. */
  readonly offset: number;
  readonly type: ValueType;
  /** A bit field of C: where it begins, counted from the lowest bit of the byte at `offset`, and how wide it is. */
  readonly bits?: { readonly start: number; readonly size: number };
  /** Go: the members of this one are the struct's, too. */
  readonly embedded?: boolean;
}

export interface Variants {
  readonly tag: Field | undefined;
  /** `value` undefined: the variant that all other values of the tag mean. */
  readonly all: readonly { readonly value: bigint | undefined; readonly field: Field }[];
}

/** One argument, result or receiver, in the order of the declaration (the receiver first, arguments, then results). */
export interface Value {
  readonly name: string;
  readonly type: ValueType;
  readonly isResult: boolean;
}

/** A register's part of a value: `size` bytes at `offset` of the value. */
export interface RegisterPart {
  readonly register: string;
  readonly offset: number;
  readonly size: number;
  readonly isFloat: boolean;
}

export interface Assignment {
  readonly value: Value;
  /** In registers, all of it; empty for a value without bytes. Undefined: on the stack. */
  readonly registers: readonly RegisterPart[] | undefined;
  /** Bytes from the start of the argument area: the value itself, or where the callee may spill it. */
  readonly stackOffset: number | undefined;
}

/** Names of the registers in the order of assignment; empty lists are ABI0. */
export interface AssignmentRegisters {
  readonly integers: readonly string[];
  readonly floats: readonly string[];
}

export const NO_REGISTERS: AssignmentRegisters = { integers: [], floats: [] };

const POINTER = 8;
/** Deeper types are damage; Go's compiler refuses to nest so far. */
const MAX_DEPTH = 32;

/** Places of all values of a signature. The argument area begins where the callee's FP points. */
export function assignValues(values: readonly Value[], registers: AssignmentRegisters): Assignment[] {
  const assigned = new Map<Value, { registers?: RegisterPart[]; stackOffset?: number }>();
  let offset = 0;
  for (const isResult of [false, true]) {
    offset = align(offset, POINTER);
    const used = { integers: 0, floats: 0 };
    for (const value of values) {
      if (value.isResult !== isResult) continue;
      const parts = inRegisters(value.type, registers, used);
      if (parts) {
        assigned.set(value, { registers: parts });
        continue;
      }
      offset = align(offset, alignment(value.type));
      assigned.set(value, { stackOffset: offset });
      offset += value.type.size;
    }
  }
  // The spill area follows the results, aligned to a word, for arguments that came in registers.
  offset = align(offset, POINTER);
  for (const value of values) {
    const place = assigned.get(value);
    if (value.isResult || !place?.registers || place.registers.length === 0) continue;
    offset = align(offset, alignment(value.type));
    place.stackOffset = offset;
    offset += value.type.size;
  }
  return values.map(value => {
    const place = assigned.get(value);
    return { value, registers: place?.registers, stackOffset: place?.stackOffset };
  });
}

function inRegisters(
  type: ValueType,
  registers: AssignmentRegisters,
  used: { integers: number; floats: number },
): RegisterPart[] | undefined {
  // Without registers nothing is register-assigned, not even a value without bytes: ABI0 keeps it in line.
  if (registers.integers.length === 0 && registers.floats.length === 0) return undefined;
  const parts: RegisterPart[] = [];
  let { integers, floats } = used;
  const integer = (offset: number, size: number): boolean => {
    if (integers >= registers.integers.length) return false;
    parts.push({ register: registers.integers[integers++], offset, size, isFloat: false });
    return true;
  };
  const float = (offset: number, size: number): boolean => {
    if (floats >= registers.floats.length) return false;
    parts.push({ register: registers.floats[floats++], offset, size, isFloat: true });
    return true;
  };
  const place = (t: ValueType, at: number, depth: number): boolean => {
    if (depth > MAX_DEPTH) return false;
    switch (t.kind) {
      case 'bool':
      case 'int':
      case 'uint':
        return t.size <= POINTER && integer(at, t.size);
      case 'pointer':
      case 'map':
      case 'chan':
      case 'func':
        return integer(at, POINTER);
      case 'float':
        return float(at, t.size);
      case 'complex':
        return float(at, t.size / 2) && float(at + t.size / 2, t.size / 2);
      case 'string':
      case 'interface':
        return integer(at, POINTER) && integer(at + 8, POINTER);
      case 'slice':
        return integer(at, POINTER) && integer(at + 8, POINTER) && integer(at + 16, POINTER);
      case 'struct':
        return (t.fields ?? []).every(f => place(f.type, at + f.offset, depth + 1));
      case 'array': {
        if (t.length === 0) return true;
        const element = t.element?.();
        return t.length === 1 && element !== undefined && place(element, at, depth + 1);
      }
      default:
        return false;
    }
  };
  if (!place(type, 0, 0)) return undefined;
  used.integers = integers;
  used.floats = floats;
  return parts;
}

/** Alignment in bytes on a 64-bit machine. */
export function alignment(type: ValueType, depth = 0): number {
  if (depth > MAX_DEPTH) return 1;
  switch (type.kind) {
    case 'bool':
    case 'int':
    case 'uint':
    case 'float':
      return Math.max(1, Math.min(type.size, 8));
    case 'complex':
      return type.size / 2;
    case 'struct':
      return (type.fields ?? []).reduce((most, f) => Math.max(most, alignment(f.type, depth + 1)), 1);
    case 'array': {
      const element = type.element?.();
      return element ? alignment(element, depth + 1) : 1;
    }
    default:
      return POINTER;
  }
}

function align(offset: number, to: number): number {
  return Math.ceil(offset / to) * to;
}
