/**
 * DWARF units, abbreviations and entries (DIEs), versions 2 to 5, 32- and 64-bit form. Only unit headers are read at
 * once; entries are decoded when asked for and attributes keep what the bytes say until someone wants a string or an
 * address of them.
 *
 * Source: DWARF Debugging Information Format 5, chapters 2 and 7.
 */
import { Cursor, hex, SymbolError, stringAt } from '../bytes.ts';
import { AT, FORM } from './constants.ts';

/** The sections a program may have, decompressed; absent ones are empty. */
export interface DwarfSections {
  /** `.debug_info`, and behind it `.debug_types` where version 4 keeps its type units. */
  readonly info: Uint8Array;
  /** Where in `info` the type units of version 4 begin. */
  readonly typesAt: number;
  readonly abbrev: Uint8Array;
  readonly line: Uint8Array;
  readonly lineStr: Uint8Array;
  readonly str: Uint8Array;
  readonly strOffsets: Uint8Array;
  readonly addr: Uint8Array;
  readonly loc: Uint8Array;
  readonly loclists: Uint8Array;
  readonly ranges: Uint8Array;
  readonly rnglists: Uint8Array;
}

interface Abbreviation {
  readonly tag: number;
  readonly hasChildren: boolean;
  /** attribute, form, implicit constant: three numbers each. */
  readonly specs: readonly number[];
}

export interface Unit {
  readonly offset: number;
  /** Exclusive. */
  readonly end: number;
  readonly version: number;
  readonly addressSize: number;
  readonly offsetSize: 4 | 8;
  /** Where the root entry stands. */
  readonly firstDie: number;
  readonly abbreviations: ReadonlyMap<number, Abbreviation>;
  /** Bases of the DWARF 5 index tables. */
  strOffsetsBase: number;
  addrBase: number;
  loclistsBase: number;
  rnglistsBase: number;
  /** DW_AT_low_pc of the unit: what range and location list offsets count from. */
  basePc: number;
}

export type AttributeValue = number | Uint8Array | string;

export interface Attribute {
  readonly form: number;
  readonly value: AttributeValue;
}

export interface Die {
  readonly unit: Unit;
  readonly offset: number;
  readonly tag: number;
  readonly hasChildren: boolean;
  readonly attributes: ReadonlyMap<number, Attribute>;
  /** Where the next entry (child or sibling) stands. */
  readonly next: number;
}

/** DW_UT_…: kinds of units. */
const UNIT = { compile: 1, type: 2, skeleton: 4, splitCompile: 5, splitType: 6 } as const;
/** References into a file that several programs share (dwz): it is not read. */
const SUPPLEMENTARY: ReadonlySet<number> = new Set([FORM.ref_sup4, FORM.ref_sup8, FORM.GNU_ref_alt]);

const signatureKey = (bytes: Uint8Array): string => bytes.join(' ');

/** No real program has so many attributes or units; damage does. */
const MAX_ABBREVIATIONS = 1_000_000;

export interface UnitReader {
  readonly sections: DwarfSections;
  readonly units: readonly Unit[];
  /** The unit that holds an offset of .debug_info. */
  unitAt(offset: number): Unit | undefined;
  root(unit: Unit): Die | undefined;
  /** The entry at an offset; undefined at the null entry that ends a list of children, or when it is damaged. */
  die(unit: Unit, offset: number): Die | undefined;
  /** Direct children. Stops at damage. */
  children(die: Die): Generator<Die>;
  string(die: Die, attribute: number): string | undefined;
  /** An attribute of class address, or of class constant. */
  number(die: Die, attribute: number): number | undefined;
  /** An address-class attribute; form index forms are resolved. */
  address(die: Die, attribute: number): number | undefined;
  /** The entry another one names. */
  reference(die: Die, attribute: number): Die | undefined;
  /** Code ranges [low, high) of an entry. */
  ranges(die: Die): [number, number][];
}

/** Never throws: a damaged header ends the list of units. */
export function openUnits(sections: DwarfSections): UnitReader {
  const units: Unit[] = [];
  /** Types of type units, by signature. */
  const signed = new Map<string, { unit: Unit; offset: number }>();
  const abbreviationTables = new Map<number, Map<number, Abbreviation>>();
  const tableAt = (offset: number): Map<number, Abbreviation> => {
    let table = abbreviationTables.get(offset);
    if (!table) {
      table = readAbbreviations(sections.abbrev, offset);
      abbreviationTables.set(offset, table);
    }
    return table;
  };

  guard(() => {
    const c = new Cursor(sections.info, '.debug_info');
    while (!c.atEnd) {
      const offset = c.offset;
      let length = c.u32();
      let offsetSize: 4 | 8 = 4;
      if (length === 0xffffffff) {
        offsetSize = 8;
        length = c.u64();
      }
      if (length === 0) break;
      const end = c.offset + length;
      if (end > sections.info.length) break;
      const version = c.u16();
      if (version >= 2 && version <= 5) {
        let addressSize: number;
        let abbrevOffset: number;
        let type: number = offset >= sections.typesAt ? UNIT.type : UNIT.compile;
        if (version === 5) {
          type = c.u8();
          addressSize = c.u8();
          abbrevOffset = c.unsigned(offsetSize);
          if (type === UNIT.skeleton || type === UNIT.splitCompile) c.skip(8);
        } else {
          abbrevOffset = c.unsigned(offsetSize);
          addressSize = c.u8();
        }
        const isType = type === UNIT.type || type === UNIT.splitType;
        const signature = isType ? signatureKey(c.take(8)) : undefined;
        const typeOffset = isType ? c.unsigned(offsetSize) : 0;
        if (addressSize === 8 || addressSize === 4) {
          const header = offsetSize === 8 ? 16 : 8;
          const unit: Unit = {
            offset,
            end,
            version,
            addressSize,
            offsetSize,
            firstDie: c.offset,
            abbreviations: tableAt(abbrevOffset),
            // Defaults where a unit does not say: right behind the first header of the section.
            strOffsetsBase: header,
            addrBase: header,
            loclistsBase: header + 4,
            rnglistsBase: header + 4,
            basePc: 0,
          };
          units.push(unit);
          if (signature !== undefined) signed.set(signature, { unit, offset: offset + typeOffset });
        }
      }
      c.seek(end);
    }
  });

  const reader: UnitReader = {
    sections,
    units,
    unitAt(offset) {
      let low = 0;
      let high = units.length;
      while (low < high) {
        const middle = (low + high) >>> 1;
        if (units[middle].offset <= offset) low = middle + 1;
        else high = middle;
      }
      const unit = units[low - 1];
      return unit && offset < unit.end ? unit : undefined;
    },
    root: unit => reader.die(unit, unit.firstDie),
    die: (unit, offset) => guard(() => readDie(sections, unit, offset)),
    *children(die) {
      if (!die.hasChildren) return;
      let at = die.next;
      for (;;) {
        const child = reader.die(die.unit, at);
        if (!child) return;
        yield child;
        const after = afterSubtree(reader, child);
        if (after === undefined || after <= at) return;
        at = after;
      }
    },
    string(die, attribute) {
      const a = die.attributes.get(attribute);
      return a && guard(() => attributeString(sections, die.unit, a));
    },
    number(die, attribute) {
      const a = die.attributes.get(attribute);
      return a && typeof a.value === 'number' && a.form !== FORM.string ? a.value : undefined;
    },
    address(die, attribute) {
      const a = die.attributes.get(attribute);
      if (!a || typeof a.value !== 'number') return undefined;
      const index = a.value;
      return isAddressIndex(a.form) ? guard(() => indexedAddress(sections, die.unit, index)) : index;
    },
    reference(die, attribute) {
      const a = die.attributes.get(attribute);
      if (a?.form === FORM.ref_sig8 && a.value instanceof Uint8Array) {
        const type = signed.get(signatureKey(a.value));
        return type && reader.die(type.unit, type.offset);
      }
      if (!a || typeof a.value !== 'number') return undefined;
      if (a.form === FORM.ref_addr) {
        const unit = reader.unitAt(a.value);
        return unit && reader.die(unit, a.value);
      }
      // In another program's supplementary file.
      if (SUPPLEMENTARY.has(a.form)) return undefined;
      return reader.die(die.unit, die.unit.offset + a.value);
    },
    ranges(die) {
      const low = reader.address(die, AT.low_pc);
      const high = die.attributes.get(AT.high_pc);
      if (low !== undefined && high && typeof high.value === 'number') {
        const end =
          high.form === FORM.addr || isAddressIndex(high.form) ? reader.address(die, AT.high_pc) : low + high.value;
        return end !== undefined && end > low ? [[low, end]] : [];
      }
      const list = die.attributes.get(AT.ranges);
      if (!list || typeof list.value !== 'number') return [];
      const value = list.value;
      return guard(() => readRanges(sections, die.unit, value, list.form)) ?? [];
    },
  };

  for (const unit of units) {
    const root = reader.root(unit);
    if (!root) continue;
    // The bases must be known before the first indexed form of the root itself is resolved.
    unit.strOffsetsBase = reader.number(root, AT.str_offsets_base) ?? unit.strOffsetsBase;
    unit.addrBase = reader.number(root, AT.addr_base) ?? unit.addrBase;
    unit.loclistsBase = reader.number(root, AT.loclists_base) ?? unit.loclistsBase;
    unit.rnglistsBase = reader.number(root, AT.rnglists_base) ?? unit.rnglistsBase;
    unit.basePc = reader.address(root, AT.low_pc) ?? 0;
  }
  return reader;
}

/** An attribute of the entry or of the one it completes (DW_AT_specification, DW_AT_abstract_origin). */
export function inheritedFrom<T>(units: UnitReader, die: Die, read: (die: Die) => T | undefined): T | undefined {
  let current: Die | undefined = die;
  for (let hops = 0; current && hops < 8; hops++) {
    const value = read(current);
    if (value !== undefined) return value;
    current = units.reference(current, AT.abstract_origin) ?? units.reference(current, AT.specification);
  }
  return undefined;
}

/** Damage makes an answer undefined; anything but a SymbolError is a bug and goes on. */
export function guard<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof SymbolError) return undefined;
    throw error;
  }
}

/** Where the entry behind a subtree stands. Iterative: a damaged file may nest as deep as it is long. */
function afterSubtree(reader: UnitReader, die: Die): number | undefined {
  if (!die.hasChildren) return die.next;
  const sibling = reader.number(die, AT.sibling);
  if (sibling !== undefined && die.unit.offset + sibling > die.offset && die.unit.offset + sibling < die.unit.end) {
    return die.unit.offset + sibling;
  }
  return guard(() => skipSubtree(reader.sections, die.unit, die.next));
}

function readAbbreviations(bytes: Uint8Array, offset: number): Map<number, Abbreviation> {
  const table = new Map<number, Abbreviation>();
  guard(() => {
    const c = new Cursor(bytes, '.debug_abbrev', offset);
    while (table.size < MAX_ABBREVIATIONS) {
      const code = c.uleb();
      if (code === 0) return;
      const tag = c.uleb();
      const hasChildren = c.u8() !== 0;
      const specs: number[] = [];
      for (;;) {
        const attribute = c.uleb();
        const form = c.uleb();
        const constant = form === FORM.implicit_const ? c.sleb() : 0;
        if (attribute === 0 && form === 0) break;
        specs.push(attribute, form, constant);
      }
      table.set(code, { tag, hasChildren, specs });
    }
  });
  return table;
}

function readDie(sections: DwarfSections, unit: Unit, offset: number): Die | undefined {
  if (offset < unit.firstDie || offset >= unit.end) return undefined;
  const c = new Cursor(sections.info, '.debug_info', offset, unit.end);
  const code = c.uleb();
  if (code === 0) return undefined;
  const abbreviation = unit.abbreviations.get(code);
  if (!abbreviation) throw new SymbolError('.debug_info', `entry ${hex(offset)} has unknown abbreviation ${code}`);
  const attributes = new Map<number, Attribute>();
  const { specs } = abbreviation;
  for (let i = 0; i < specs.length; i += 3) {
    let form = specs[i + 1];
    if (form === FORM.indirect) form = c.uleb();
    attributes.set(specs[i], { form, value: readForm(c, unit, form, specs[i + 2]) });
  }
  return { unit, offset, tag: abbreviation.tag, hasChildren: abbreviation.hasChildren, attributes, next: c.offset };
}

/** Skips entries until the list that begins at `offset` is closed; returns where the next one stands. */
function skipSubtree(sections: DwarfSections, unit: Unit, offset: number): number {
  const c = new Cursor(sections.info, '.debug_info', offset, unit.end);
  let depth = 1;
  while (depth > 0) {
    const code = c.uleb();
    if (code === 0) {
      depth--;
      continue;
    }
    const abbreviation = unit.abbreviations.get(code);
    if (!abbreviation) throw new SymbolError('.debug_info', `unknown abbreviation ${code} at ${hex(c.offset)}`);
    const { specs } = abbreviation;
    for (let i = 0; i < specs.length; i += 3) {
      let form = specs[i + 1];
      if (form === FORM.indirect) form = c.uleb();
      skipForm(c, unit, form);
    }
    if (abbreviation.hasChildren) depth++;
  }
  return c.offset;
}

function readForm(c: Cursor, unit: Unit, form: number, implicit: number): AttributeValue {
  switch (form) {
    case FORM.addr:
      return c.unsigned(unit.addressSize);
    case FORM.data1:
    case FORM.ref1:
    case FORM.flag:
    case FORM.strx1:
    case FORM.addrx1:
      return c.u8();
    case FORM.data2:
    case FORM.ref2:
    case FORM.strx2:
    case FORM.addrx2:
      return c.u16();
    case FORM.strx3:
    case FORM.addrx3:
      return c.u24();
    case FORM.data4:
    case FORM.ref4:
    case FORM.strx4:
    case FORM.addrx4:
    case FORM.ref_sup4:
      return c.u32();
    case FORM.data8:
    case FORM.ref8:
    case FORM.ref_sup8:
      return c.u64();
    case FORM.ref_sig8:
      return c.take(8);
    case FORM.data16:
      return c.take(16);
    case FORM.sdata:
      return c.sleb();
    case FORM.udata:
    case FORM.ref_udata:
    case FORM.strx:
    case FORM.addrx:
    case FORM.loclistx:
    case FORM.rnglistx:
    case FORM.GNU_addr_index:
    case FORM.GNU_str_index:
      return c.uleb();
    case FORM.string:
      return c.cstring();
    case FORM.strp:
    case FORM.line_strp:
    case FORM.sec_offset:
    case FORM.strp_sup:
    case FORM.GNU_ref_alt:
    case FORM.GNU_strp_alt:
      return c.unsigned(unit.offsetSize);
    case FORM.ref_addr:
      return c.unsigned(unit.version <= 2 ? unit.addressSize : unit.offsetSize);
    case FORM.exprloc:
    case FORM.block:
      return c.take(c.uleb());
    case FORM.block1:
      return c.take(c.u8());
    case FORM.block2:
      return c.take(c.u16());
    case FORM.block4:
      return c.take(c.u32());
    case FORM.flag_present:
      return 1;
    case FORM.implicit_const:
      return implicit;
    default:
      throw new SymbolError('.debug_info', `form ${hex(form)} is not known`);
  }
}

function skipForm(c: Cursor, unit: Unit, form: number): void {
  if (form === FORM.string) c.skipCstring();
  else readForm(c, unit, form, 0);
}

function isAddressIndex(form: number): boolean {
  return form === FORM.addrx || (form >= FORM.addrx1 && form <= FORM.addrx4);
}

function attributeString(sections: DwarfSections, unit: Unit, { form, value }: Attribute): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value !== 'number') return undefined;
  switch (form) {
    case FORM.strp:
      return stringAt(sections.str, value, '.debug_str');
    case FORM.line_strp:
      return stringAt(sections.lineStr, value, '.debug_line_str');
    case FORM.strx:
    case FORM.strx1:
    case FORM.strx2:
    case FORM.strx3:
    case FORM.strx4: {
      const at = unit.strOffsetsBase + value * unit.offsetSize;
      return stringAt(
        sections.str,
        new Cursor(sections.strOffsets, '.debug_str_offsets', at).unsigned(unit.offsetSize),
        '.debug_str',
      );
    }
    default:
      return undefined;
  }
}

/** The address that stands at an index of the unit's part of .debug_addr. */
export function indexedAddress(sections: DwarfSections, unit: Unit, index: number): number {
  return new Cursor(sections.addr, '.debug_addr', unit.addrBase + index * unit.addressSize).unsigned(unit.addressSize);
}

/** The mark of a base address entry before version 5: all ones, which as a number rounds to 2^64. */
export function largestAddress(unit: Unit): number {
  return unit.addressSize === 8 ? 2 ** 64 : 0xffff_ffff;
}

/** A list longer than this is damage. */
const MAX_RANGES = 1_000_000;

function readRanges(sections: DwarfSections, unit: Unit, value: number, form: number): [number, number][] {
  const ranges: [number, number][] = [];
  const add = (low: number, high: number): void => {
    if (high > low) ranges.push([low, high]);
  };
  let base = unit.basePc;
  if (unit.version < 5) {
    const c = new Cursor(sections.ranges, '.debug_ranges', value);
    const all = largestAddress(unit);
    for (let i = 0; i < MAX_RANGES; i++) {
      const low = c.unsigned(unit.addressSize);
      const high = c.unsigned(unit.addressSize);
      if (low === 0 && high === 0) return ranges;
      if (low === all) base = high;
      else add(base + low, base + high);
    }
    return ranges;
  }
  let offset = value;
  if (form === FORM.rnglistx) {
    const at = unit.rnglistsBase + value * unit.offsetSize;
    offset = unit.rnglistsBase + new Cursor(sections.rnglists, '.debug_rnglists', at).unsigned(unit.offsetSize);
  }
  const c = new Cursor(sections.rnglists, '.debug_rnglists', offset);
  for (let i = 0; i < MAX_RANGES; i++) {
    switch (c.u8()) {
      case 0:
        return ranges;
      case 1:
        base = indexedAddress(sections, unit, c.uleb());
        break;
      case 2: {
        const low = indexedAddress(sections, unit, c.uleb());
        add(low, indexedAddress(sections, unit, c.uleb()));
        break;
      }
      case 3: {
        const low = indexedAddress(sections, unit, c.uleb());
        add(low, low + c.uleb());
        break;
      }
      case 4: {
        const low = c.uleb();
        add(base + low, base + c.uleb());
        break;
      }
      case 5:
        base = c.unsigned(unit.addressSize);
        break;
      case 6: {
        const low = c.unsigned(unit.addressSize);
        add(low, c.unsigned(unit.addressSize));
        break;
      }
      case 7: {
        const low = c.unsigned(unit.addressSize);
        add(low, low + c.uleb());
        break;
      }
      default:
        throw new SymbolError('.debug_rnglists', `unknown entry near ${hex(c.offset)}`);
    }
  }
  return ranges;
}
