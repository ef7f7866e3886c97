/**
 * The parts of DWARF put together for lookups: which unit holds a pc, its functions and its line rows. Units are
 * indexed by the ranges of their root entries; functions and line programs are read when a unit is first asked for,
 * so that a large binary costs only what is looked at.
 */
import type { ValueType } from '../../abi/go-abi.ts';
import { lastAtOrBelow } from '../bytes.ts';
import type { Elf } from '../elf.ts';
import { AT, TAG } from './constants.ts';
import { type LineHeader, type LineRows, ROW, readLineHeader, rowAt, runLineProgram } from './line.ts';
import { type LocationEntry, readLocations } from './locations.ts';
import { openTypes } from './types.ts';
import { type Die, type DwarfSections, inheritedFrom, openUnits, type Unit, type UnitReader } from './units.ts';
import { type DwarfVariable, openVariables } from './variables.ts';

export interface DwarfFunction {
  readonly die: Die;
  readonly name: string;
  readonly linkageName: string | undefined;
  /** Link-time addresses; the first range begins with the entry. */
  readonly ranges: readonly [number, number][];
  readonly declLine: number | undefined;
  readonly declFile: string | undefined;
}

/** A formal parameter or a result, in the order of the declaration. */
export interface DwarfParameter {
  readonly name: string;
  readonly type: ValueType;
  readonly isResult: boolean;
  /** Empty: optimised out everywhere, or the compiler did not say. */
  readonly locations: readonly LocationEntry[];
}

export interface DwarfInlined {
  readonly name: string;
  readonly callFile: string | undefined;
  readonly callLine: number;
}

export interface LinePosition {
  readonly file: string;
  readonly line: number;
  /** The row begins at this very address and is a good place to stop. */
  readonly isStatement: boolean;
}

export interface DebugInfo {
  readonly units: UnitReader;
  functionAt(pc: number): DwarfFunction | undefined;
  /** All functions with code; reads every unit. */
  functions(): DwarfFunction[];
  lineAt(pc: number): LinePosition | undefined;
  /** Row start addresses that are statements, for each line of a file that has some. */
  statementsOf(file: string): Map<number, number[]>;
  files(): string[];
  parameters(f: DwarfFunction): DwarfParameter[];
  /** Of languages whose functions have one; undefined: nothing, or not told. */
  resultType(f: DwarfFunction): ValueType | undefined;
  frameBase(f: DwarfFunction): Uint8Array | undefined;
  /** First address in [low, high) that the compiler marked as the end of a prologue. */
  prologueEnd(low: number, high: number): number | undefined;
  /** Inlined calls at pc, innermost first. */
  inlinedAt(pc: number): DwarfInlined[];
  typeOf(die: Die | undefined): ValueType | undefined;
  /**
   * Arguments, results and locals that a function has at an address, as declared; `level` says of which of the calls that
   * were inlined there (1: the outermost), 0 of the function itself.
   */
  variablesAt(f: DwarfFunction, pc: number, level: number): DwarfVariable[];
  /** Package or file variables and constants of the unit that holds pc. */
  globalsAt(pc: number): DwarfVariable[];
  /** A package or file variable or constant, in the unit that holds pc first. */
  globalNamed(name: string, pc: number): DwarfVariable | undefined;
  /** The file (.dwo) that has what the compiler said of the code at pc, and that is not read: split DWARF. */
  splitFile(pc: number): string | undefined;
  /** The name of the unit that holds pc: a package of Go, a file of C. */
  unitName(pc: number): string | undefined;
  /** A type by its name as the program spells it. */
  typeNamed(name: string, pc: number): ValueType | undefined;
  /** The type whose runtime descriptor stands so many bytes behind `runtime.types`. */
  runtimeType(offset: number): ValueType | undefined;
  /** DW_AT_producer of the unit that holds pc. */
  producer(pc: number): string | undefined;
}

interface UnitLines {
  readonly header: LineHeader;
  rows: LineRows | undefined;
}

/** A lexical block, or an inlined call. */
interface Scope {
  readonly ranges: readonly [number, number][];
  readonly call: DwarfInlined | undefined;
  inner(): Scope[];
}

const MAX_NESTING = 256;

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const all = new Uint8Array(a.length + b.length);
  all.set(a);
  all.set(b, a.length);
  return all;
}

/** undefined if the program has no debug information. */
export function openDebugInfo(elf: Elf): DebugInfo | undefined {
  const empty = new Uint8Array(0);
  const get = (name: string): Uint8Array => elf.debugSection(name) ?? empty;
  // Location lists are large and rarely needed first: their sections are inflated when read.
  const info = get('info');
  const types = get('types');
  const sections: DwarfSections = {
    info: types.length === 0 ? info : joined(info, types),
    typesAt: info.length,
    abbrev: get('abbrev'),
    get line() {
      return get('line');
    },
    get lineStr() {
      return get('line_str');
    },
    get str() {
      return get('str');
    },
    get strOffsets() {
      return get('str_offsets');
    },
    get addr() {
      return get('addr');
    },
    get loc() {
      return get('loc');
    },
    get loclists() {
      return get('loclists');
    },
    get ranges() {
      return get('ranges');
    },
    get rnglists() {
      return get('rnglists');
    },
  };
  if (sections.info.length === 0) return undefined;
  const units = openUnits(sections);
  if (units.units.length === 0) return undefined;
  const typeOf = openTypes(units);

  let unitRanges: { low: number; high: number; unit: Unit }[] | undefined;
  const functionsByUnit = new Map<Unit, DwarfFunction[]>();
  const linesByUnit = new Map<Unit, UnitLines | undefined>();
  let unitsByFile: Map<string, { unit: Unit; indices: number[] }[]> | undefined;

  const unitAtPc = (pc: number): Unit | undefined => {
    unitRanges ??= units.units
      .flatMap(unit => {
        const root = units.root(unit);
        return root && (root.tag === TAG.compile_unit || root.tag === TAG.skeleton_unit)
          ? units.ranges(root).map(([low, high]) => ({ low, high, unit }))
          : [];
      })
      .sort((a, b) => a.low - b.low);
    const found = unitRanges[lastAtOrBelow(unitRanges, pc, r => r.low)];
    return found && pc < found.high ? found.unit : undefined;
  };

  const linesOf = (unit: Unit): UnitLines | undefined => {
    if (linesByUnit.has(unit)) return linesByUnit.get(unit);
    const root = units.root(unit);
    const offset = root && units.number(root, AT.stmt_list);
    const compDir = (root && units.string(root, AT.comp_dir)) ?? '';
    const header = offset === undefined ? undefined : readLineHeader(sections, offset, compDir, unit.addressSize);
    const lines = header && { header, rows: undefined };
    linesByUnit.set(unit, lines);
    return lines;
  };
  const rowsOf = (lines: UnitLines): LineRows => (lines.rows ??= runLineProgram(sections, lines.header));

  const inherited = <T>(die: Die, read: (die: Die) => T | undefined): T | undefined => inheritedFrom(units, die, read);
  const nameOf = (die: Die): string | undefined => inherited(die, d => units.string(d, AT.name));

  const functionsOf = (unit: Unit): DwarfFunction[] => {
    const known = functionsByUnit.get(unit);
    if (known) return known;
    const functions: DwarfFunction[] = [];
    const root = units.root(unit);
    const visit = (parent: Die, depth: number): void => {
      for (const child of units.children(parent)) {
        if (child.tag === TAG.subprogram) {
          const ranges = units.ranges(child).filter(([low]) => low !== 0);
          const name = ranges.length > 0 ? nameOf(child) : undefined;
          if (name === undefined) continue;
          const fileNumber = inherited(child, d => units.number(d, AT.decl_file));
          functions.push({
            die: child,
            name,
            linkageName: inherited(child, d => units.string(d, AT.linkage_name)),
            ranges,
            declLine: inherited(child, d => units.number(d, AT.decl_line)),
            declFile: fileNumber === undefined ? undefined : linesOf(unit)?.header.files[fileNumber],
          });
        } else if (
          depth < 16 &&
          (child.tag === TAG.namespace || child.tag === TAG.structure_type || child.tag === TAG.class_type)
        ) {
          visit(child, depth + 1);
        }
      }
    };
    if (root) visit(root, 0);
    functions.sort((a, b) => a.ranges[0][0] - b.ranges[0][0]);
    functionsByUnit.set(unit, functions);
    return functions;
  };

  const functionAt = (pc: number): DwarfFunction | undefined => {
    const unit = unitAtPc(pc);
    if (!unit) return undefined;
    const functions = functionsOf(unit);
    const covers = (f: DwarfFunction | undefined): boolean =>
      f?.ranges.some(([low, high]) => pc >= low && pc < high) ?? false;
    const near = functions[lastAtOrBelow(functions, pc, f => f.ranges[0][0])];
    // A cold part stands away from its function.
    return covers(near) ? near : functions.find(covers);
  };

  /** Blocks and inlined calls of a function, each level read when it is entered. */
  const scopesByFunction = new Map<DwarfFunction, Scope[]>();
  const scopesOf = (f: DwarfFunction): Scope[] => {
    let scopes = scopesByFunction.get(f);
    if (!scopes) scopesByFunction.set(f, (scopes = scopesIn(f.die)));
    return scopes;
  };
  const scopesIn = (die: Die): Scope[] => {
    const scopes: Scope[] = [];
    for (const child of units.children(die)) {
      if (child.tag !== TAG.inlined_subroutine && child.tag !== TAG.lexical_block) continue;
      let inner: Scope[] | undefined;
      scopes.push({
        ranges: units.ranges(child),
        call:
          child.tag === TAG.lexical_block
            ? undefined
            : {
                name: nameOf(child) ?? '?',
                callFile: linesOf(die.unit)?.header.files[units.number(child, AT.call_file) ?? -1],
                callLine: units.number(child, AT.call_line) ?? 0,
              },
        inner: () => (inner ??= scopesIn(child)),
      });
    }
    return scopes;
  };

  const fileIndex = (): Map<string, { unit: Unit; indices: number[] }[]> => {
    if (unitsByFile) return unitsByFile;
    unitsByFile = new Map();
    for (const unit of units.units) {
      const lines = linesOf(unit);
      if (!lines) continue;
      lines.header.files.forEach((file, i) => {
        if (file === '') return;
        let list = unitsByFile!.get(file);
        if (!list) unitsByFile!.set(file, (list = []));
        const last = list[list.length - 1];
        if (last?.unit === unit) last.indices.push(i);
        else list.push({ unit, indices: [i] });
      });
    }
    return unitsByFile;
  };

  return {
    units,
    functionAt,
    functions: () => units.units.flatMap(functionsOf),
    lineAt(pc) {
      const unit = unitAtPc(pc);
      const lines = unit && linesOf(unit);
      if (!lines) return undefined;
      const rows = rowsOf(lines);
      const row = rowAt(rows, pc);
      if (row === undefined || rows.line[row] === 0) return undefined;
      // Of several rows at one address the last tells the line, any of them may make it a statement.
      let isStatement = false;
      for (let i = row; i >= 0 && rows.address[i] === pc && !isStatement; i--)
        isStatement = (rows.flags[i] & ROW.isStmt) !== 0;
      return { file: lines.header.files[rows.file[row]] ?? '', line: rows.line[row], isStatement };
    },
    statementsOf(file) {
      const byLine = new Map<number, number[]>();
      for (const { unit, indices } of fileIndex().get(file) ?? []) {
        const lines = linesOf(unit)!;
        const rows = rowsOf(lines);
        for (const { first, last } of rows.sequences) {
          for (let i = first; i < last; i++) {
            if (!(rows.flags[i] & ROW.isStmt) || !indices.includes(rows.file[i])) continue;
            // A row that another one at the same address replaces covers no instruction.
            if (rows.address[i + 1] === rows.address[i] && rows.line[i + 1] !== rows.line[i]) continue;
            const list = byLine.get(rows.line[i]);
            if (list) list.push(rows.address[i]);
            else byLine.set(rows.line[i], [rows.address[i]]);
          }
        }
      }
      return byLine;
    },
    files: () => [...fileIndex().keys()],
    parameters(f) {
      const parameters: DwarfParameter[] = [];
      for (const child of units.children(f.die)) {
        if (child.tag !== TAG.formal_parameter) continue;
        const type = inherited(child, d => typeOf(units.reference(d, AT.type)));
        if (!type) continue;
        let locations: LocationEntry[] | undefined;
        parameters.push({
          name: nameOf(child) ?? '',
          type,
          isResult: inherited(child, d => units.number(d, AT.variable_parameter)) === 1,
          // Read when asked for: the section is large, and types alone are wanted more often.
          get locations() {
            return (locations ??= readLocations(units, child));
          },
        });
      }
      return parameters;
    },
    resultType: f => inherited(f.die, die => typeOf(units.reference(die, AT.type))),
    frameBase(f) {
      const value = f.die.attributes.get(AT.frame_base)?.value;
      return value instanceof Uint8Array ? value : undefined;
    },
    prologueEnd(low, high) {
      const unit = unitAtPc(low);
      const lines = unit && linesOf(unit);
      if (!lines) return undefined;
      const rows = rowsOf(lines);
      const start = rowAt(rows, low);
      if (start === undefined) return undefined;
      for (
        let i = start;
        i < rows.address.length && rows.address[i] < high && !(rows.flags[i] & ROW.endSequence);
        i++
      ) {
        if (rows.flags[i] & ROW.prologueEnd && rows.address[i] >= low) return rows.address[i];
      }
      return undefined;
    },
    inlinedAt(pc) {
      const f = functionAt(pc);
      if (!f) return [];
      const chain: DwarfInlined[] = [];
      let scopes = scopesOf(f);
      for (let depth = 0; depth < MAX_NESTING; depth++) {
        const scope = scopes.find(s => s.ranges.some(([low, high]) => pc >= low && pc < high));
        if (!scope) break;
        if (scope.call) chain.unshift(scope.call);
        scopes = scope.inner();
      }
      return chain;
    },
    typeOf,
    ...openVariables(units, typeOf, unitAtPc),
    splitFile(pc) {
      const unit = unitAtPc(pc);
      const root = unit && units.root(unit);
      return root && (units.string(root, AT.dwo_name) ?? units.string(root, AT.GNU_dwo_name));
    },
    unitName(pc) {
      const unit = unitAtPc(pc);
      const root = unit && units.root(unit);
      return root && units.string(root, AT.name);
    },
    producer(pc) {
      const unit = unitAtPc(pc);
      const root = unit && units.root(unit);
      return root && units.string(root, AT.producer);
    },
  };
}
