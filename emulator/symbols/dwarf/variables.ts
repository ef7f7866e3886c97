/**
 * Variables out of DWARF: those of a function at an address, with its blocks and with the calls that were inlined there;
 * those of packages and files; and types by name or by the runtime's own descriptor.
 */
import type { ValueType } from '../../abi/go-abi.ts';
import { AT, TAG } from './constants.ts';
import { type LocationEntry, readLocations } from './locations.ts';
import { type Die, inheritedFrom, type Unit, type UnitReader } from './units.ts';

export interface DwarfVariable {
  /** As the compiler writes it: Go calls a variable that lives on the heap "&x" and gives the pointer's place. */
  readonly name: string;
  readonly type: ValueType;
  readonly role: 'argument' | 'result' | 'local' | 'global' | 'constant';
  /** How many blocks it is inside of. */
  readonly depth: number;
  readonly line: number | undefined;
  /** By link-time addresses; empty: the compiler gives it no place. */
  readonly locations: readonly LocationEntry[];
  /** The place holds wherever the variable can be seen (no list): then only its line says whether it exists yet. */
  readonly everywhere: boolean;
  /** What it always is, when the compiler knew. */
  readonly constant: bigint | Uint8Array | undefined;
}

export interface VariableReader {
  variablesAt(f: { readonly die: Die }, pc: number, level: number): DwarfVariable[];
  globalsAt(pc: number): DwarfVariable[];
  globalNamed(name: string, pc: number): DwarfVariable | undefined;
  typeNamed(name: string, pc: number): ValueType | undefined;
  runtimeType(offset: number): ValueType | undefined;
}

/** Blocks and inlined calls nest less; entries of one block are fewer. Damage claims more. */
const MAX_NESTING = 256;
const MAX_VARIABLES = 10_000;
const MAX_GLOBALS = 100_000;

const ROLES: Readonly<Record<number, 'argument' | 'local' | 'global' | 'constant'>> = {
  [TAG.formal_parameter]: 'argument',
  [TAG.variable]: 'local',
  [TAG.constant]: 'constant',
};

const TYPE_TAGS: ReadonlySet<number> = new Set([
  TAG.array_type,
  TAG.base_type,
  TAG.class_type,
  TAG.enumeration_type,
  TAG.pointer_type,
  TAG.structure_type,
  TAG.subroutine_type,
  TAG.typedef,
  TAG.union_type,
]);

export function openVariables(
  units: UnitReader,
  typeOf: (die: Die | undefined) => ValueType | undefined,
  unitAtPc: (pc: number) => Unit | undefined,
): VariableReader {
  const covers = (die: Die, pc: number): boolean => units.ranges(die).some(([low, high]) => pc >= low && pc < high);

  function read(die: Die, depth: number, global: boolean): DwarfVariable | undefined {
    const inherited = <T>(get: (die: Die) => T | undefined): T | undefined => inheritedFrom(units, die, get);
    const name = inherited(d => units.string(d, AT.name));
    const type = inherited(d => typeOf(units.reference(d, AT.type)));
    const role = ROLES[die.tag];
    if (name === undefined || name === '' || !type || !role) return undefined;
    const isResult = role === 'argument' && inherited(d => units.number(d, AT.variable_parameter)) === 1;
    const value = inherited(d => d.attributes.get(AT.const_value)?.value);
    let locations: LocationEntry[] | undefined;
    return {
      name,
      type,
      role: isResult ? 'result' : global && role === 'local' ? 'global' : role,
      depth,
      line: inherited(d => units.number(d, AT.decl_line)),
      // Read when asked for: the section of lists is large.
      get locations() {
        return (locations ??= readLocations(units, die));
      },
      everywhere: die.attributes.get(AT.location)?.value instanceof Uint8Array,
      constant: typeof value === 'number' ? BigInt(value) : value instanceof Uint8Array ? value : undefined,
    };
  }

  function variablesAt(f: { readonly die: Die }, pc: number, level: number): DwarfVariable[] {
    const found: DwarfVariable[] = [];
    const visit = (parent: Die, depth: number, inside: number, nesting: number): void => {
      for (const child of units.children(parent)) {
        if (found.length >= MAX_VARIABLES || nesting > MAX_NESTING) return;
        if (child.tag === TAG.lexical_block) {
          if (covers(child, pc)) visit(child, depth + 1, inside, nesting + 1);
        } else if (child.tag === TAG.inlined_subroutine) {
          if (inside < level && covers(child, pc)) visit(child, 0, inside + 1, nesting + 1);
        } else if (inside === level && ROLES[child.tag] !== undefined) {
          const variable = read(child, depth, false);
          if (variable) found.push(variable);
        }
      }
    };
    visit(f.die, 0, 0, 0);
    return found;
  }

  /** C's enumerators are constants of the file. */
  const enumerators = (die: Die): DwarfVariable[] => {
    const type = typeOf(die);
    return (type?.enumerators ?? []).map(({ name, value }) => ({
      name,
      type: type!,
      role: 'constant',
      depth: 0,
      line: undefined,
      locations: [],
      everywhere: true,
      constant: value,
    }));
  };

  const globalsByUnit = new Map<Unit, DwarfVariable[]>();
  function globalsOf(unit: Unit): DwarfVariable[] {
    let list = globalsByUnit.get(unit);
    if (list) return list;
    list = [];
    const visit = (parent: Die, prefix: string, nesting: number): void => {
      for (const child of units.children(parent)) {
        if (list!.length >= MAX_GLOBALS) return;
        // Modules of Rust and namespaces of C++.
        if (child.tag === TAG.namespace && nesting < 16)
          visit(child, `${prefix}${units.string(child, AT.name) ?? ''}::`, nesting + 1);
        if (child.tag === TAG.enumeration_type) for (const item of enumerators(child)) list!.push(item);
        if (child.tag !== TAG.variable && child.tag !== TAG.constant) continue;
        if (units.number(child, AT.declaration) === 1) continue;
        const variable = read(child, 0, true);
        if (variable) list!.push(prefix === '' ? variable : { ...variable, name: prefix + variable.name });
      }
    };
    const root = units.root(unit);
    if (root) visit(root, '', 0);
    globalsByUnit.set(unit, list);
    return list;
  }

  const nameOfUnit = (unit: Unit): string | undefined => {
    const root = units.root(unit);
    return root && units.string(root, AT.name);
  };

  const DW_LANG_GO = 0x16;
  const isGo = (unit: Unit): boolean => {
    const root = units.root(unit);
    return root !== undefined && units.number(root, AT.language) === DW_LANG_GO;
  };

  function globalNamed(name: string, pc: number): DwarfVariable | undefined {
    const here = unitAtPc(pc);
    const own = here && nameOfUnit(here);
    const named = (unit: Unit, wanted: string) => globalsOf(unit).find(variable => variable.name === wanted);
    const found =
      here &&
      (named(here, name) ??
        (own === undefined ? undefined : named(here, `${own}.${name}`)) ??
        globalsOf(here).find(variable => variable.name.endsWith(`::${name}`)));
    if (found) return found;
    // A package of Go is a unit; its variables have its path before them, of which the last part may be given.
    const dot = name.lastIndexOf('.');
    if (dot < 0 && here && isGo(here)) return undefined;
    const wanted = dot < 0 ? undefined : name.slice(0, dot);
    for (const unit of units.units) {
      if (unit === here) continue;
      const path = wanted === undefined ? undefined : nameOfUnit(unit);
      if (wanted !== undefined && path !== wanted && !path?.endsWith(`/${wanted}`)) continue;
      const global = named(unit, wanted === undefined ? name : `${path}${name.slice(dot)}`);
      if (global) return global;
    }
    return undefined;
  }

  /** Go's linker puts all types into one of the units that are named after the runtime. */
  let goTypes: { byRuntime: Map<number, number>; byName: Map<string, number> } | undefined;
  function goTypeIndex() {
    if (goTypes) return goTypes;
    goTypes = { byRuntime: new Map(), byName: new Map() };
    for (const unit of units.units) {
      const root = nameOfUnit(unit) === 'runtime' ? units.root(unit) : undefined;
      if (!root) continue;
      for (const child of units.children(root)) {
        const descriptor = TYPE_TAGS.has(child.tag) ? units.number(child, AT.go_runtime_type) : undefined;
        if (descriptor === undefined) continue;
        if (descriptor !== 0) goTypes.byRuntime.set(descriptor, child.offset);
        const name = units.string(child, AT.name);
        if (name !== undefined && !goTypes.byName.has(name)) goTypes.byName.set(name, child.offset);
      }
    }
    return goTypes;
  }
  const typeAt = (offset: number | undefined): ValueType | undefined => {
    const unit = offset === undefined ? undefined : units.unitAt(offset);
    return unit && typeOf(units.die(unit, offset!));
  };

  const typesByUnit = new Map<Unit, Map<string, number>>();
  function typesOf(unit: Unit): Map<string, number> {
    let names = typesByUnit.get(unit);
    if (names) return names;
    typesByUnit.set(unit, (names = new Map()));
    const visit = (parent: Die, prefix: string, nesting: number): void => {
      for (const child of units.children(parent)) {
        if (child.tag === TAG.namespace && nesting < 16)
          visit(child, `${prefix}${units.string(child, AT.name) ?? ''}::`, nesting + 1);
        if (!TYPE_TAGS.has(child.tag) || units.number(child, AT.declaration) === 1) continue;
        const name = units.string(child, AT.name);
        // C has a space of names of its own for structs: `struct point`.
        const tag = child.tag === TAG.structure_type ? 'struct ' : child.tag === TAG.union_type ? 'union ' : 'enum ';
        if (name === undefined) continue;
        if (!names!.has(prefix + name)) names!.set(prefix + name, child.offset);
        if (!names!.has(tag + name)) names!.set(tag + name, child.offset);
      }
    };
    const root = units.root(unit);
    if (root) visit(root, '', 0);
    return names;
  }

  return {
    variablesAt,
    globalsAt(pc) {
      const unit = unitAtPc(pc);
      return unit ? globalsOf(unit) : [];
    },
    globalNamed,
    typeNamed(name, pc) {
      const { byName } = goTypeIndex();
      const here = unitAtPc(pc);
      const own = here && nameOfUnit(here);
      const at = byName.get(name) ?? (own === undefined ? undefined : byName.get(`${own}.${name}`));
      return typeAt(at ?? (here && typesOf(here).get(name)));
    },
    runtimeType: offset => typeAt(goTypeIndex().byRuntime.get(offset)),
  };
}
