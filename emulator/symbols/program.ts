/**
 * The one door to a program's symbols: functions, lines, source files, types of arguments, where prologues end. It
 * asks pclntab first for Go code (fast, complete, there even in stripped binaries), DWARF for what only DWARF knows, and
 * the symbol table for the rest. Addresses here are the guest's: the load bias is added on the way out and taken off on
 * the way in.
 *
 * Nothing here throws after `loadProgram`: what a damaged table does not tell is undefined.
 */
import type { Arch, Registers, ViewMemory } from '../abi/arch.ts';
import { conventionsFor } from '../abi/conventions.ts';
import type { ValueType } from '../abi/go-abi.ts';
import { type BuildInfo, goMinor, readBuildInfo } from './buildinfo.ts';
import { lastAtOrBelow } from './bytes.ts';
import { conventionOf, type FunctionConvention } from './convention.ts';
import { type DebugInfo, type DwarfFunction, openDebugInfo } from './dwarf/debug-info.ts';
import { type FrameRow, openFrames } from './dwarf/frame.ts';
import type { LocationEntry } from './dwarf/locations.ts';
import {
  type Elf,
  type ElfSymbol,
  buildId as elfBuildId,
  parseElf,
  SHF,
  sortedSymbols,
  symbolCovering,
} from './elf.ts';
import { afterFrameSetup, goWrapperId, LAST_MINOR, prologueMark, withDictionary } from './go-functions.ts';
import { locateGoTables } from './go-tables.ts';
import {
  allGoroutines,
  currentG,
  type Goroutine,
  type GoroutineLayout,
  isInTable,
  layoutFromDwarf,
  layoutFromTable,
  readGoroutine,
} from './goroutines.ts';
import { openNameIndex } from './name-index.ts';
import { FUNC_FLAG, type PclnFunction } from './pclntab.ts';
import { openSourceLines } from './source-lines.ts';
import { normalise } from './source-path.ts';
import { type Frame, unwind, unwindGoroutine } from './unwind.ts';

export interface CodeFunction {
  /** "main.main", "syscall.Write", "printf"; without ".abi0". */
  readonly name: string;
  /** First instruction. */
  readonly entry: number;
  /** Exclusive. */
  readonly end: number;
  readonly language: 'go' | 'assembly' | 'other';
  /** Of Go's two functions of one name, the one the compiler made to cross ABIs (also method wrappers). */
  readonly isWrapper: boolean;
  readonly file: string | undefined;
  /** Line of the declaration. */
  readonly line: number | undefined;
  /** abi.FuncFlag bits. */
  readonly flags: number;
  /** Bytes of arguments and results on the stack, if the program says. */
  readonly argsSize: number | undefined;
  readonly convention: FunctionConvention;
}

export interface SourceLine {
  readonly file: string;
  readonly line: number;
  /** The address is where a statement begins: a good place to stop. */
  readonly isStatement: boolean;
}

export interface InlinedFrame {
  readonly name: string;
  readonly callFile: string | undefined;
  readonly callLine: number;
}

export interface Parameter {
  readonly name: string;
  readonly type: ValueType;
  readonly isResult: boolean;
  /** By address ranges of the guest; empty when the compiler did not say. Evaluate with dwarf/locations.ts. */
  readonly locations: readonly LocationEntry[];
}

export interface LineBreakpoint {
  readonly file: string;
  /** The line that has code: the one asked for or the next one. */
  readonly line: number;
  readonly addresses: readonly number[];
}

export interface Program {
  readonly elf: Elf;
  /** What was added to link-time addresses. */
  readonly bias: number;
  readonly entry: number;
  readonly isGo: boolean;
  readonly goVersion: string | undefined;
  /** 26 for go1.26.8. */
  readonly goMinor: number | undefined;
  readonly buildInfo: BuildInfo | undefined;
  readonly buildId: string | undefined;
  readonly hasDwarf: boolean;
  readonly hasSymbols: boolean;
  functionAt(pc: number): CodeFunction | undefined;
  /** The function of that name: exact, else the one whose name ends so ("unix.Write" for "golang.org/x/sys/unix.Write"). */
  functionNamed(name: string): CodeFunction | undefined;
  /** Functions whose name matches, by address; a string as `functionNamed` does, wrappers left out. */
  searchFunctions(pattern: RegExp | string, limit?: number): CodeFunction[];
  lineAt(pc: number): SourceLine | undefined;
  /** Where to stop for a line; undefined if no code belongs to it or to a line after it in that file. */
  pcsForLine(file: string, line: number): LineBreakpoint | undefined;
  /** Lines of a file that have statements, ascending. */
  linesWithCode(file: string): number[];
  /** The instructions [from, to) of one line stretch around pc, for stepping by line. */
  lineRange(pc: number): { from: number; to: number } | undefined;
  /** Of a Go function: the instructions [from, to) in one piece that belong to a line of its file first. */
  firstStretch(f: CodeFunction, line: number): { from: number; to: number } | undefined;
  sourceFiles(): string[];
  symbolAt(address: number): { name: string; offset: number } | undefined;
  symbolNamed(name: string): { address: number; size: number } | undefined;
  /** Arguments then results as declared; undefined when nothing tells (no DWARF). */
  parameters(f: CodeFunction): Parameter[] | undefined;
  /** First address behind stack check and frame set-up: where arguments and frame are in place. */
  prologueEnd(f: CodeFunction): number;
  /** Inlined calls that pc is in, innermost first; `name` is the callee that was inlined. */
  inlinedAt(pc: number): InlinedFrame[];
  /** Where a function was inlined: a breakpoint on its name belongs there, too. Matches as `searchFunctions` does. */
  inlinedCallsOf(name: string): { address: number; into: CodeFunction; name: string }[];
  /** Go: bytes between sp and the return address's slot at this instruction. */
  spDelta(pc: number): number | undefined;
  /** From where offsets of the runtime's type names count. */
  readonly typesStart: number | undefined;
  /** Call frame information: where the caller's frame and registers are. For code that is not Go's. */
  frameRow(pc: number): FrameRow | undefined;
  /** The image as the file has it. */
  readImage(address: number, length: number): Uint8Array;
  /** Source files that a path of this machine means, as the program names them. */
  matchFile(path: string): string[];
  /** Frames of a thread, newest first; inlined calls are frames of their own. */
  unwind(arch: Arch, registers: Registers, memory: ViewMemory, limit?: number): Frame[];
  /** Frames of a goroutine that no thread runs. */
  unwindGoroutine(arch: Arch, memory: ViewMemory, g: Goroutine, limit?: number): Frame[];
  /**
   * The g on whose stack a thread stands: a goroutine, or with id 0 the thread's system stack, which may serve one.
   * Undefined outside Go and before the runtime is set up.
   */
  goroutine(arch: Arch, registers: Registers, memory: ViewMemory): Goroutine | undefined;
  /** The goroutine whose `runtime.g` is there. */
  goroutineAt(memory: ViewMemory, address: number): Goroutine | undefined;
  goroutines(memory: ViewMemory): Goroutine[];
  /** DWARF for those who need more. Its addresses are link-time ones. */
  readonly dwarf: DebugInfo | undefined;
}

/**
 * @param file the ELF file, parsed or not
 * @param bias load bias: 0 unless the program is position-independent
 * @throws SymbolError if the file is no ELF64 little-endian file
 */
export function loadProgram(file: Uint8Array | Elf, bias = 0): Program {
  const elf = file instanceof Uint8Array ? parseElf(file) : file;
  const buildInfo = readBuildInfo(elf);
  const tables = locateGoTables(elf, goMinor(buildInfo?.goVersion));
  const pcln = tables?.pclntab;
  const go = {
    minor: goMinor(buildInfo?.goVersion) ?? (pcln && LAST_MINOR[pcln.version]),
    home: buildInfo?.main?.path,
  };

  let dwarfOpened = false;
  let dwarfInfo: DebugInfo | undefined;
  const dwarf = (): DebugInfo | undefined => {
    if (!dwarfOpened) {
      dwarfOpened = true;
      dwarfInfo = openDebugInfo(elf);
    }
    return dwarfInfo;
  };

  let sorted: ElfSymbol[] | undefined;
  const symbols = (): ElfSymbol[] => (sorted ??= sortedSymbols(elf));
  const symbolNames = openNameIndex(elf.symbolsSpelt, () => symbols().map(symbol => [symbol.name, symbol]));
  const symbolCalled = (name: string): ElfSymbol | undefined => {
    const spelt = symbolNames.named(name).filter(symbol => symbol.section !== 0);
    // Only the index knows demangled names.
    const all = spelt.length > 0 ? spelt : (symbolNames.all().get(name) ?? []);
    return all.find(symbol => symbol.global) ?? all[0];
  };

  /** pclntab's indices of functions, in address order. */
  const goNames = openNameIndex(
    name => pcln?.indicesOf(name) ?? [],
    function* () {
      for (let i = 0; pcln && i < pcln.count; i++) yield [pcln.name(pcln.function(i)), i];
    },
  );

  const setsFramePointer = conventionsFor(elf.machine)?.goInternal.setsFramePointer;
  const cache = new Map<number, CodeFunction>();
  const remember = (f: CodeFunction): CodeFunction => {
    cache.set(f.entry, f);
    return f;
  };

  const wrapperId = goWrapperId(pcln, go.minor);
  const isWrapperEntry = (f: PclnFunction): boolean => wrapperId !== undefined && pcln!.funcId(f) === wrapperId;

  function goFunction(f: PclnFunction): CodeFunction {
    const known = cache.get(f.entry + bias);
    if (known) return known;
    const table = pcln!;
    const name = table.name(f);
    const flags = table.flags(f);
    const twins = goNames
      .named(name)
      .filter(i => i !== f.index)
      .map(i => table.function(i));
    const isAssembly = (flags & FUNC_FLAG.Asm) !== 0 || (flags === 0 && (table.file(f, f.entry) ?? '').endsWith('.s'));
    const isWrapper = isWrapperEntry(f) && (twins.length > 0 || !isAssembly);
    const symbol = symbolAtEntry(f.entry, name);
    return remember({
      name,
      entry: f.entry + bias,
      end: f.end + bias,
      language: isAssembly ? 'assembly' : 'go',
      isWrapper,
      file: table.file(f, f.entry),
      line: table.startLine(f) ?? table.line(f, f.entry),
      flags,
      argsSize: table.argsSize(f),
      convention: conventionOf({
        name,
        symbol,
        isAssembly,
        isWrapper: isWrapper && twins.length > 0,
        hasWrapper: twins.some(isWrapperEntry),
        hasAbi0Symbol: symbolNames.named(`${name}.abi0`).length > 0,
        goMinor: go.minor,
        machine: elf.machine,
      }),
    });
  }

  function symbolAtEntry(address: number, name: string): string | undefined {
    const list = symbols();
    let plain: string | undefined;
    for (let i = lastAtOrBelow(list, address, s => s.value); i >= 0 && list[i].value === address; i--) {
      if (list[i].name === `${name}.abi0`) return list[i].name;
      if (list[i].name === name) plain = name;
    }
    return plain;
  }

  /** The range of code that pclntab speaks of. */
  const goCode = pcln && pcln.count > 0 ? [pcln.function(0).entry, pcln.function(pcln.count - 1).end] : [0, 0];
  const inGoCode = (pc: number): boolean => pc >= goCode[0] && pc < goCode[1];

  function goAt(pc: number): PclnFunction | undefined {
    if (!pcln || !inGoCode(pc)) return undefined;
    const f = pcln.functionAt(pc);
    // An externally linked program has C functions between Go's.
    if (f && elf.symbols().length > 0) {
      const symbol = symbolCovering(symbols(), elf.sections, pc);
      if (
        symbol &&
        symbol.size > 0 &&
        symbol.kind === 'function' &&
        symbol.value > f.entry &&
        !pclnNameIs(f, symbol.name)
      ) {
        return undefined;
      }
    }
    return f;
  }
  const pclnNameIs = (f: PclnFunction, name: string): boolean => {
    const own = pcln!.name(f);
    return own === name || `${own}.abi0` === name;
  };

  function dwarfFunction(f: DwarfFunction): CodeFunction {
    const [low, high] = f.ranges[0];
    const known = cache.get(low + bias);
    if (known) return known;
    const symbol = symbols()[lastAtOrBelow(symbols(), low, s => s.value)];
    const name = symbol?.value === low && symbol.kind === 'function' ? symbol.name : (f.linkageName ?? f.name);
    return remember(otherFunction(name, low, high, f.declFile, f.declLine));
  }

  function otherFunction(name: string, low: number, high: number, file?: string, line?: number): CodeFunction {
    const isAssembly = file !== undefined && /\.[sS]$|\.asm$/.test(file);
    return {
      name,
      entry: low + bias,
      end: high + bias,
      language: isAssembly ? 'assembly' : 'other',
      isWrapper: false,
      file,
      line,
      flags: 0,
      argsSize: undefined,
      convention: isAssembly
        ? { abi: 'C', sure: false, because: 'hand-written assembly may use registers as it likes' }
        : { abi: 'C', sure: file !== undefined, because: file ? 'not a Go function' : 'not Go, and nothing says more' },
    };
  }

  function symbolFunction(s: ElfSymbol): CodeFunction {
    const known = cache.get(s.value + bias);
    if (known) return known;
    let high = s.value + s.size;
    if (s.size === 0) {
      // Assembly symbols have no size: up to the next one, or to the section's end.
      const list = symbols();
      let i = lastAtOrBelow(list, s.value, x => x.value) + 1;
      while (i < list.length && list[i].value === s.value) i++;
      const section = elf.sections[s.section];
      const limit = section ? section.address + section.size : s.value + 1;
      high = Math.min(list[i]?.value ?? limit, limit);
    }
    const line = dwarf()?.lineAt(s.value);
    const described = dwarf()?.functionAt(s.value);
    const isOwn = described?.ranges[0][0] === s.value && described.declLine !== undefined;
    return remember(
      isOwn
        ? otherFunction(s.name, s.value, high, described.declFile ?? line?.file, described.declLine)
        : otherFunction(s.name, s.value, high, line?.file, line?.line),
    );
  }

  const isCode = (s: ElfSymbol): boolean => {
    if (s.kind === 'function' || s.kind === 'ifunc') return true;
    return s.kind === 'none' && ((elf.sections[s.section]?.flags ?? 0) & SHF.EXECINSTR) !== 0;
  };

  function functionAt(pc: number): CodeFunction | undefined {
    const at = pc - bias;
    const goFound = goAt(at);
    if (goFound) return goFunction(goFound);
    const found = dwarf()?.functionAt(at);
    if (found && at >= found.ranges[0][0] && at < found.ranges[0][1]) return dwarfFunction(found);
    const symbol = symbolCovering(symbols(), elf.sections, at);
    return symbol && isCode(symbol) ? symbolFunction(symbol) : found && dwarfFunction(found);
  }

  /** Everything that has a name and code. */
  function* named(): Generator<[string, () => CodeFunction]> {
    if (pcln) {
      for (const [name, indices] of goNames.all()) {
        for (const i of indices) yield [name, () => goFunction(pcln.function(i))];
      }
    }
    for (const s of symbols()) {
      if (isCode(s) && !inGoCode(s.value)) yield [s.name, () => symbolFunction(s)];
    }
    if (symbols().length === 0 && !pcln) {
      for (const f of dwarf()?.functions() ?? []) yield [f.linkageName ?? f.name, () => dwarfFunction(f)];
    }
  }

  const bare = (name: string): string => name.replace(/\[.*\]/, '');
  const endsLike = (name: string, wanted: string): boolean => {
    const plain = name.includes('[') && !wanted.includes('[') ? bare(name) : name;
    return (
      plain === wanted || plain.endsWith(`/${wanted}`) || plain.endsWith(`.${wanted}`) || plain.endsWith(`::${wanted}`)
    );
  };

  function searchFunctions(pattern: RegExp | string, limit = 1000): CodeFunction[] {
    const found = new Map<number, CodeFunction>();
    const matches =
      typeof pattern === 'string' ? (n: string) => endsLike(n, pattern) : (n: string) => n.search(pattern) >= 0;
    for (const [name, get] of named()) {
      if (!matches(name)) continue;
      const f = get();
      const onlyCrossesAbis = f.isWrapper && goNames.named(name).length > 1;
      if (!onlyCrossesAbis) found.set(f.entry, f);
      if (found.size >= limit) break;
    }
    return [...found.values()].sort((a, b) => a.entry - b.entry);
  }

  function functionNamed(name: string): CodeFunction | undefined {
    const exact = goNames.named(name);
    if (exact.length > 0 && pcln) {
      const all = exact.map(i => goFunction(pcln.function(i)));
      return all.find(f => !f.isWrapper) ?? all[0];
    }
    const symbol = symbolCalled(name);
    if (symbol && isCode(symbol))
      return inGoCode(symbol.value) ? functionAt(symbol.value + bias) : symbolFunction(symbol);
    const similar = searchFunctions(name, 100);
    // "Write" could be a method of many types; the shortest name is the most likely meaning.
    return similar.sort((a, b) => a.name.length - b.name.length || a.entry - b.entry)[0];
  }

  function lineAt(pc: number): SourceLine | undefined {
    const at = pc - bias;
    const f = goAt(at);
    if (f && pcln) {
      const file = pcln.file(f, at);
      const line = pcln.line(f, at);
      if (file !== undefined && line !== undefined) {
        return {
          file,
          line,
          // Asked for seldom (a stack trace has no use for it), and DWARF is slow to open.
          get isStatement() {
            return dwarf()?.lineAt(at)?.isStatement ?? pcln.rows(f).some(row => row.from === at);
          },
        };
      }
    }
    const position = dwarf()?.lineAt(at);
    return position && { ...position, file: normalise(position.file) };
  }

  function lineRange(pc: number): { from: number; to: number } | undefined {
    const at = pc - bias;
    const f = functionAt(pc);
    const here = lineAt(pc);
    if (!f || !here) return undefined;
    const g = goAt(at);
    if (g && pcln) {
      const row = pcln.rows(g).find(r => at >= r.from && at < r.to);
      return row && { from: row.from + bias, to: row.to + bias };
    }
    // Without rows to ask: walk outwards while the line stays the same, within the function.
    let from = pc;
    let to = pc + 1;
    const same = (a: number): boolean => {
      const l = lineAt(a);
      return l !== undefined && l.line === here.line && l.file === here.file;
    };
    while (from > f.entry && pc - from < 4096 && same(from - 1)) from--;
    while (to < f.end && to - pc < 4096 && same(to)) to++;
    return { from, to };
  }

  function firstStretch(f: CodeFunction, line: number): { from: number; to: number } | undefined {
    const g = goAt(f.entry - bias);
    const rows = g && pcln ? pcln.rows(g) : [];
    const here = rows.findIndex(row => row.line === line && row.file === f.file);
    if (here < 0) return undefined;
    let last = here;
    while (rows[last + 1]?.line === line && rows[last + 1].file === f.file) last++;
    return { from: rows[here].from + bias, to: rows[last].to + bias };
  }

  const sources = openSourceLines({
    pcln,
    dwarf,
    home: go.home,
    toGuest: address => address + bias,
    // A function's declaration counts as its first line; what is meant is its body.
    place: address => {
      const f = functionAt(address);
      if (!f) return undefined;
      const chain = inlinedAt(address).map(c => `${c.name}@${c.callFile}:${c.callLine}`);
      return { key: `${f.entry} ${chain.join(' ')}`, address: address === f.entry ? prologueEnd(f) : address };
    },
  });

  function prologueEnd(f: CodeFunction): number {
    const entry = f.entry - bias;
    const end = f.end - bias;
    const g = f.language === 'go' ? goAt(entry) : undefined;
    const marked =
      (pcln && g && setsFramePointer && prologueMark(pcln, g, go.minor, setsFramePointer)) ??
      dwarf()?.prologueEnd(entry, end);
    if (marked !== undefined) return marked + bias;
    if (pcln && g) return afterFrameSetup(pcln, g) + bias;
    // Assembly sets up its frame by the assembler or not at all, and every instruction of it matters.
    if (f.language !== 'other') return f.entry;
    // Without a mark the second row of a compiled function is where its body begins (what gdb does, too).
    const row = dwarf()?.lineAt(entry);
    if (!row || !(dwarf()?.functionAt(entry) ?? dwarf()?.splitFile(entry))) return f.entry;
    for (let at = entry + 1; at < end && at - entry < 256; at++) {
      const next = dwarf()?.lineAt(at);
      if (next?.isStatement) return at + bias;
    }
    return f.entry;
  }

  function inlinedAt(pc: number): InlinedFrame[] {
    const at = pc - bias;
    const f = goAt(at);
    if (f && pcln) {
      const chain = pcln.inlined(f, at, tables?.goFunc, elf.read);
      if (chain.length > 0 || pcln.version === '1.20' || pcln.version === '1.18') return chain;
    }
    return dwarf()?.inlinedAt(at) ?? [];
  }

  function parameters(f: CodeFunction): Parameter[] | undefined {
    const info = dwarf();
    if (!info) return undefined;
    const describe = (d: DwarfFunction | undefined): Parameter[] =>
      (d ? info.parameters(d) : []).map(p => ({
        name: p.name,
        type: p.type,
        isResult: p.isResult,
        get locations() {
          return p.locations.map(l => ({
            ...l,
            low: l.low + (l.high === Number.POSITIVE_INFINITY ? 0 : bias),
            high: l.high + bias,
          }));
        },
      }));
    const own = withDictionary(f.name, describe(info.functionAt(f.entry - bias)));
    if (own.length > 0 || f.language !== 'assembly') return own;
    // Assembly has no description of its own; the wrapper that the compiler made beside it has the Go declaration's.
    for (const i of goNames.named(f.name)) {
      const twin = pcln!.function(i);
      if (twin.entry === f.entry - bias) continue;
      const described = describe(info.functionAt(twin.entry));
      if (described.length > 0)
        return described.map(({ name, type, isResult }) => ({ name, type, isResult, locations: [] }));
    }
    return undefined;
  }

  const frames = openFrames(elf);
  let layout: GoroutineLayout | undefined;
  /** Debug information says it for certain; until somebody opens it, the table does for the versions that it knows. */
  const goroutineFields = (): GoroutineLayout | undefined => {
    if (!pcln) return undefined;
    if (!dwarfOpened && isInTable(go.minor)) return layoutFromTable(go.minor);
    return (layout ??= layoutFromDwarf(self) ?? layoutFromTable(go.minor));
  };
  const goroutineAt = (memory: ViewMemory, address: number): Goroutine | undefined => {
    const fields = goroutineFields();
    return fields && readGoroutine(self, fields, memory, address);
  };

  const self: Program = {
    elf,
    bias,
    entry: elf.entry + bias,
    isGo: pcln !== undefined,
    goVersion: buildInfo?.goVersion,
    goMinor: go.minor,
    buildInfo,
    buildId: elfBuildId(elf),
    get hasDwarf() {
      return dwarf() !== undefined;
    },
    get hasSymbols() {
      return symbols().length > 0;
    },
    functionAt,
    functionNamed,
    searchFunctions,
    lineAt,
    pcsForLine: sources.pcsForLine,
    linesWithCode: sources.linesWithCode,
    lineRange,
    firstStretch,
    sourceFiles: sources.files,
    symbolAt(address) {
      const at = address - bias;
      const symbol = symbolCovering(symbols(), elf.sections, at);
      if (symbol) return { name: symbol.name, offset: at - symbol.value };
      const f = functionAt(address);
      return f && { name: f.name, offset: address - f.entry };
    },
    symbolNamed(name) {
      const symbol = symbolCalled(name);
      if (symbol) return { address: symbol.value + bias, size: symbol.size };
      const [first] = goNames.named(name);
      if (first === undefined || !pcln) return undefined;
      const { entry, end } = pcln.function(first);
      return { address: entry + bias, size: end - entry };
    },
    parameters,
    prologueEnd,
    inlinedAt,
    inlinedCallsOf(wanted) {
      const calls: { address: number; into: CodeFunction; name: string }[] = [];
      const nameAt = (address: number): string =>
        inlinedAt(address + bias).find(c => endsLike(c.name, wanted))?.name ?? wanted;
      for (let i = 0; pcln && i < pcln.count; i++) {
        const f = pcln.function(i);
        const matches = (name: string): boolean => endsLike(name, wanted);
        for (const address of pcln.inlinedStarts(f, matches, tables?.goFunc, elf.read)) {
          calls.push({ address: address + bias, into: goFunction(f), name: nameAt(address) });
        }
      }
      return calls;
    },
    spDelta(pc) {
      const f = goAt(pc - bias);
      return f && pcln!.spDelta(f, pc - bias);
    },
    typesStart: tables?.types === undefined ? undefined : tables.types + bias,
    frameRow: pc => frames(pc - bias),
    readImage: (address, length) => elf.read(address - bias, length),
    matchFile: sources.match,
    unwind: (arch, registers, memory, limit) => unwind(self, goroutineFields(), arch, registers, memory, limit),
    unwindGoroutine(arch, memory, g, limit) {
      const fields = goroutineFields();
      return fields ? unwindGoroutine(self, fields, arch, memory, g.address, limit) : [];
    },
    goroutine(arch, registers, memory) {
      const address = pcln && currentG(arch, registers, memory);
      return address ? goroutineAt(memory, address) : undefined;
    },
    goroutineAt,
    goroutines(memory) {
      const fields = goroutineFields();
      return fields ? allGoroutines(self, fields, memory) : [];
    },
    get dwarf() {
      return dwarf();
    },
  };
  return self;
}
