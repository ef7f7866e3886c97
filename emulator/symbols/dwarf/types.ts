/**
 * Types out of DWARF. Go tells the kind of a type in an attribute of its own (DW_AT_go_kind, the numbers of
 * reflect.Kind); for C and Rust the tag and the encoding must do.
 */
import type { Field, TypeKind, ValueType, Variants } from '../../abi/go-abi.ts';
import { AT, TAG } from './constants.ts';
import type { Die, UnitReader } from './units.ts';

/** reflect.Kind to ours. */
const GO_KINDS: readonly (TypeKind | undefined)[] = [
  undefined,
  'bool',
  'int',
  'int',
  'int',
  'int',
  'int',
  'uint',
  'uint',
  'uint',
  'uint',
  'uint',
  'uint',
  'float',
  'float',
  'complex',
  'complex',
  'array',
  'chan',
  'func',
  'interface',
  'map',
  'pointer',
  'slice',
  'string',
  'struct',
  'pointer',
];

/** The kind behind a reflect.Kind number; undefined for numbers that are none. */
export const goKind = (number: number): TypeKind | undefined => GO_KINDS[number];

/** Sizes of the kinds whose entry may not tell it, on a 64-bit machine. */
const SIZES: Partial<Record<TypeKind, number>> = {
  chan: 8,
  func: 8,
  map: 8,
  pointer: 8,
  string: 16,
  interface: 16,
  slice: 24,
};

/** DW_ATE_… to kinds. */
const ENCODINGS: Readonly<Record<number, TypeKind>> = {
  1: 'pointer',
  2: 'bool',
  3: 'complex',
  4: 'float',
  5: 'int',
  6: 'int',
  7: 'uint',
  8: 'uint',
  16: 'uint',
};

/** What stands before the name of the type that they qualify. */
const QUALIFIERS: Readonly<Record<number, string>> = {
  [TAG.const_type]: 'const ',
  [TAG.volatile_type]: 'volatile ',
  [TAG.restrict_type]: '',
  [TAG.atomic_type]: '',
};

/** Typedef chains and nested structs of real programs are far shallower. */
const MAX_DEPTH = 64;
const MAX_FIELDS = 10_000;

export function openTypes(units: UnitReader): (die: Die | undefined) => ValueType | undefined {
  const known = new Map<number, ValueType>();
  const reading = new Set<number>();

  function typeOf(named: Die | undefined, depth = 0): ValueType | undefined {
    const die = definition(named);
    if (!die || depth > MAX_DEPTH) return undefined;
    const cached = known.get(die.offset);
    if (cached) return cached;
    // A struct that contains itself is damage; without this, two such members would double the work at every level.
    if (reading.has(die.offset)) return undefined;
    reading.add(die.offset);
    const type = read(die, depth);
    reading.delete(die.offset);
    if (type) known.set(die.offset, type);
    return type;
  }

  /** A type that stands in a unit of its own is only declared where it is used. */
  function definition(die: Die | undefined): Die | undefined {
    return (die?.attributes.has(AT.signature) && units.reference(die, AT.signature)) || die;
  }

  const refer = (die: Die, attribute: number) => () => typeOf(units.reference(die, attribute));

  function read(die: Die, depth: number): ValueType | undefined {
    const given = units.string(die, AT.name);
    // Go names type parameters ".param12"; what they stand for says more.
    const name = given?.startsWith('.param') ? undefined : given;
    const kindOfGo = GO_KINDS[units.number(die, AT.go_kind) ?? 0];
    const size = units.number(die, AT.byte_size);
    const target = () => typeOf(units.reference(die, AT.type), depth + 1);

    switch (die.tag) {
      case TAG.base_type: {
        const kind = kindOfGo ?? ENCODINGS[units.number(die, AT.encoding) ?? 0] ?? 'unknown';
        return { kind, name: name ?? '?', size: size ?? 0 };
      }
      case TAG.typedef: {
        if (kindOfGo && kindOfGo !== 'struct' && kindOfGo !== 'array' && SIZES[kindOfGo] !== undefined) {
          const under = target();
          return {
            kind: kindOfGo,
            name: name ?? under?.name ?? '?',
            size: SIZES[kindOfGo],
            // Tells an `any` (runtime.eface) from interfaces with methods (runtime.iface).
            fields: kindOfGo === 'interface' ? under?.fields : undefined,
            key: kindOfGo === 'map' ? refer(die, AT.go_key) : under?.key,
            header: kindOfGo === 'map' || kindOfGo === 'chan' ? () => under?.element?.() : undefined,
            element: die.attributes.has(AT.go_elem) ? refer(die, AT.go_elem) : under?.element,
          };
        }
        const under = target();
        return under && { ...under, name: name ?? under.name };
      }
      case TAG.const_type:
      case TAG.volatile_type:
      case TAG.restrict_type:
      case TAG.atomic_type: {
        const under = target();
        const word = QUALIFIERS[die.tag];
        if (!under) return word ? { kind: 'unknown', name: `${word}void`, size: 0 } : undefined;
        return word ? { ...under, name: `${word}${under.name}` } : under;
      }
      case TAG.pointer_type:
      case TAG.reference_type:
      case TAG.rvalue_reference_type: {
        const element = refer(die, AT.type);
        if (name !== undefined) return { kind: kindOfGo ?? 'pointer', name, size: size ?? 8, element };
        // C does not name its pointers; a long chain is cut by the depth.
        const pointee = die.attributes.has(AT.type)
          ? (shallowName(units.reference(die, AT.type), depth + 1) ?? '?')
          : 'void';
        const mark = die.tag === TAG.pointer_type ? '*' : '&';
        return {
          kind: 'pointer',
          name: `${pointee}${pointee.endsWith('*') ? '' : ' '}${mark}`,
          size: size ?? 8,
          element,
        };
      }
      case TAG.subroutine_type:
        // A func of Go is a word; a function of C is code, which only pointers lead to.
        return { kind: 'func', name: name ?? 'function', size: kindOfGo ? 8 : 0 };
      case TAG.array_type: {
        const lengths: number[] = [];
        for (const child of units.children(die)) {
          if (child.tag !== TAG.subrange_type || lengths.length >= MAX_DEPTH) continue;
          const upper = units.number(child, AT.upper_bound);
          const length = units.number(child, AT.count) ?? (upper === undefined ? 0 : upper + 1);
          // Damage; and the empty array of C's flexible members has -1 as its bound.
          lengths.push(length > 0 && length < 2 ** 40 ? length : 0);
        }
        const last = target();
        // C writes the dimensions of one array in a row; they are arrays of arrays.
        return lengths.length === 0
          ? arrayOf(last, 0, name, size)
          : lengths.reduceRight<ValueType | undefined>(
              (element, length, i) => arrayOf(element, length, i === 0 ? name : undefined, i === 0 ? size : undefined),
              last,
            );
      }
      case TAG.structure_type:
      case TAG.class_type:
      case TAG.union_type: {
        if (kindOfGo === 'string') return { kind: 'string', name: name ?? 'string', size: 16 };
        if (kindOfGo === 'slice')
          return { kind: 'slice', name: name ?? '[]?', size: 24, element: refer(die, AT.go_elem) };
        const fields = membersOf(die, depth);
        if (die.tag === TAG.union_type) return { kind: 'unknown', name: name ?? 'union', size: size ?? 0, fields };
        return {
          kind: 'struct',
          name: name ?? 'struct',
          size: size ?? 0,
          fields,
          parameters: () => parametersOf(die),
          variants: variantsOf(die, depth),
        };
      }
      case TAG.enumeration_type:
        return { kind: 'int', name: name ?? 'enum', size: size ?? 4, enumerators: enumeratorsOf(die) };
      default:
        return undefined;
    }
  }

  function arrayOf(
    element: ValueType | undefined,
    length: number,
    name: string | undefined,
    size: number | undefined,
  ): ValueType {
    const inner = /^(.*?) ?((?:\[\d+\])*)$/.exec(element?.name ?? '?');
    return {
      kind: 'array',
      name: name ?? `${inner?.[1]} [${length}]${inner?.[2] ?? ''}`,
      size: size ?? (element ? element.size * length : 0),
      length,
      element: () => element,
    };
  }

  function field(die: Die, depth: number): Field | undefined {
    const type = typeOf(units.reference(die, AT.type), depth + 1);
    if (!type) return undefined;
    const bits = units.number(die, AT.bit_size);
    const start = units.number(die, AT.data_bit_offset);
    const inBits = bits !== undefined && start !== undefined;
    return {
      name: units.string(die, AT.name) ?? '',
      offset: inBits ? Math.floor(start / 8) : (units.number(die, AT.data_member_location) ?? 0),
      type,
      ...(inBits ? { bits: { start: start % 8, size: bits } } : {}),
      ...(units.number(die, AT.go_embedded_field) === 1 ? { embedded: true } : {}),
    };
  }

  function membersOf(die: Die, depth: number): Field[] {
    const fields: Field[] = [];
    for (const child of units.children(die)) {
      if (child.tag !== TAG.member || fields.length >= MAX_FIELDS) continue;
      const member = field(child, depth);
      if (member) fields.push(member);
    }
    return fields;
  }

  function variantsOf(die: Die, depth: number): Variants | undefined {
    for (const part of units.children(die)) {
      if (part.tag !== TAG.variant_part) continue;
      const tagDie = units.reference(part, AT.discr);
      const all: { value: bigint | undefined; field: Field }[] = [];
      for (const variant of units.children(part)) {
        if (variant.tag !== TAG.variant || all.length >= MAX_FIELDS) continue;
        const [member] = membersOf(variant, depth);
        const value = units.number(variant, AT.discr_value);
        if (member) all.push({ value: value === undefined ? undefined : BigInt(value), field: member });
      }
      return { tag: tagDie && field(tagDie, depth), all };
    }
    return undefined;
  }

  function parametersOf(die: Die): ValueType[] {
    return [...units.children(die)]
      .filter(child => child.tag === TAG.template_type_parameter)
      .map(child => typeOf(units.reference(child, AT.type)))
      .filter(type => type !== undefined);
  }

  function enumeratorsOf(die: Die): { name: string; value: bigint }[] {
    const found: { name: string; value: bigint }[] = [];
    for (const child of units.children(die)) {
      const value = child.tag === TAG.enumerator ? units.number(child, AT.const_value) : undefined;
      if (value !== undefined && found.length < MAX_FIELDS)
        found.push({ name: units.string(child, AT.name) ?? '', value: BigInt(value) });
    }
    return found;
  }

  /** A name without reading the members: `struct list *` may point to itself. */
  function shallowName(named: Die | undefined, depth: number): string | undefined {
    const die = definition(named);
    if (!die || depth > MAX_DEPTH) return undefined;
    const name = units.string(die, AT.name);
    if (name !== undefined) return die.tag === TAG.structure_type ? `struct ${name}` : name;
    const word = QUALIFIERS[die.tag];
    if (word === undefined) return read(die, depth)?.name;
    const under = die.attributes.has(AT.type) ? shallowName(units.reference(die, AT.type), depth + 1) : 'void';
    return under === undefined ? undefined : `${word}${under.replace(/^struct /, '')}`;
  }

  return die => typeOf(die);
}
