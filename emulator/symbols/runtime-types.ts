/**
 * The runtime's own type descriptors (`abi.Type`), which interfaces point to: what is in an interface is known from the
 * program's memory alone, in a stripped program, too.
 *
 * Source: internal/abi/type.go (before 1.21 runtime/type.go), of which only the fields that never moved are read.
 */
import type { ViewMemory } from '../abi/arch.ts';
import type { ValueType } from '../abi/go-abi.ts';
import { Cursor, decodeUtf8, word } from './bytes.ts';
import { goKind } from './dwarf/types.ts';
import { guard } from './dwarf/units.ts';
import type { Program } from './program.ts';

export interface DynamicType {
  readonly type: ValueType;
  /** The interface's second word is the value itself, not a pointer to it. */
  readonly direct: boolean;
}

const SIZE = 0;
const TFLAG = 20;
const KIND = 23;
const NAME = 40;
const EXTRA_STAR = 2;
const KIND_MASK = 31;
/** A bit of the kind, from 1.26 on of the flags: also structs and arrays of one pointer are the word itself. */
const DIRECT_INTERFACE = 1 << 5;
/** Within an itab, the concrete type. */
const ITAB_TYPE = 8;
/** Kinds whose values are always one pointer. */
const DIRECT = new Set(['pointer', 'chan', 'map', 'func']);

/** The type that an interface's first word tells: an itab's address, or a type's (for `any`). */
export function dynamicType(
  program: Program,
  memory: ViewMemory,
  first: number,
  isItab: boolean,
): DynamicType | undefined {
  const address = isItab ? word(memory, first + ITAB_TYPE) : first;
  if (!address || program.typesStart === undefined) return undefined;
  const base = program.typesStart;
  return guard(() => {
    const c = new Cursor(memory.read(address, 48), 'runtime type');
    c.seek(SIZE);
    const size = c.u64();
    c.seek(TFLAG);
    const flags = c.u8();
    c.seek(KIND);
    const kindByte = c.u8();
    const kind = goKind(kindByte & KIND_MASK);
    c.seek(NAME);
    const text = readName(memory, base + c.i32(), (program.goMinor ?? 26) < 17);
    if (kind === undefined || text === '' || size > 2 ** 32) return undefined;
    const name = flags & EXTRA_STAR ? text.slice(1) : text;
    // Debug information knows the members, too.
    const described = program.dwarf?.runtimeType(address - base);
    const type = described && described.size === size ? described : { kind, name, size };
    return { type, direct: DIRECT.has(kind) || ((kindByte | flags) & DIRECT_INTERFACE) !== 0 };
  });
}

/** A name: flag byte, length, bytes. The length was two bytes before 1.17. */
function readName(memory: ViewMemory, address: number, old: boolean): string {
  const c = new Cursor(memory.read(address, 256), 'name of a type');
  c.skip(1);
  const length = old ? c.u8() * 256 + c.u8() : c.uleb();
  return decodeUtf8(c.take(Math.min(length, c.end - c.offset)));
}
