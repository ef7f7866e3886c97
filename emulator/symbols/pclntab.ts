/**
 * Go's own table of functions and lines (`.gopclntab`), which the runtime needs for tracebacks and which therefore
 * survives `-s -w` and `strip`. It gives functions by pc, file and line, the distance of the stack pointer from the
 * frame at every instruction, and the tree of inlined calls: all that a debugger needs when there is no DWARF.
 *
 * Four layouts exist: Go 1.2–1.15, 1.16–1.17, 1.18–1.19, 1.20 and later. Source: runtime/symtab.go, runtime2.go
 * (`_func`), cmd/link/internal/ld/pcln.go of those versions.
 */
import { Cursor, decodeUtf8, encodeUtf8, hex, lastAtOrBelow, SymbolError } from './bytes.ts';

export type PclnVersion = '1.2' | '1.16' | '1.18' | '1.20';

const MAGICS = new Map<number, PclnVersion>([
  [0xfffffffb, '1.2'],
  [0xfffffffa, '1.16'],
  [0xfffffff0, '1.18'],
  [0xfffffff1, '1.20'],
]);

/** abi.FuncFlag: TopFrame ends a traceback, SpWrite makes pcsp unusable, Asm marks assembly. */
export const FUNC_FLAG = { TopFrame: 1, SpWrite: 2, Asm: 4 } as const;
const FUNCDATA_INL_TREE = 3;
const PCDATA_INL_TREE_INDEX = 2;
const MAX_FUNCTIONS = 5_000_000;

/** A function as pclntab knows it; addresses are link-time ones. */
export interface PclnFunction {
  readonly index: number;
  readonly entry: number;
  /** Exclusive: the next function's entry, so padding belongs to the function before it. */
  readonly end: number;
  /** Position of its `_func` in the table. */
  readonly at: number;
}

export interface InlinedCall {
  /** The inlined function. */
  readonly name: string;
  /** Where it was called, in its caller. */
  readonly callFile: string | undefined;
  readonly callLine: number;
}

export interface Pclntab {
  readonly version: PclnVersion;
  readonly count: number;
  /** Where the offsets of functions count from (1.18 and later). */
  readonly textStart: number;
  function(index: number): PclnFunction;
  functionAt(pc: number): PclnFunction | undefined;
  name(f: PclnFunction): string;
  /** Functions of exactly this name, in address order, found without decoding the others' names. */
  indicesOf(name: string): number[];
  /** Line of the `func` keyword or the TEXT directive, since Go 1.20. */
  startLine(f: PclnFunction): number | undefined;
  /** Bytes of arguments and results on the stack; undefined when unknown (assembly without a frame description). */
  argsSize(f: PclnFunction): number | undefined;
  funcId(f: PclnFunction): number;
  /** FUNC_FLAG bits; 0 before Go 1.17. */
  flags(f: PclnFunction): number;
  line(f: PclnFunction, pc: number): number | undefined;
  file(f: PclnFunction, pc: number): string | undefined;
  /** Distance from the stack pointer to where it pointed at entry (to the return address on amd64). */
  spDelta(f: PclnFunction, pc: number): number | undefined;
  /** Steps of (from, to, line, file): the function's code in address order. */
  rows(f: PclnFunction): PclnRow[];
  /** Calls inlined at pc, innermost first. `goFunc` is the address of `go:func.*`, `image` reads the program's data. */
  inlined(f: PclnFunction, pc: number, goFunc: number | undefined, image: ReadImage): InlinedCall[];
  /** First addresses of each place in `f` where a function that `matches` was inlined. */
  inlinedStarts(
    f: PclnFunction,
    matches: (name: string) => boolean,
    goFunc: number | undefined,
    image: ReadImage,
  ): number[];
  files(): string[];
}

export interface PclnRow {
  readonly from: number;
  readonly to: number;
  readonly file: string | undefined;
  readonly line: number;
}

type ReadImage = (address: number, length: number) => Uint8Array;

/** Where the fields of `_func` stand. */
interface FuncLayout {
  readonly entrySize: 4 | 8;
  readonly cuOffset: number | undefined;
  readonly startLine: number | undefined;
  readonly funcId: number | undefined;
  readonly flag: number | undefined;
  readonly nfuncdata: number;
  readonly tables: number;
  /** Bytes of a record of the inline tree; in it the callee's name, and an instruction of the call. */
  readonly inlineTree: { readonly size: number; readonly name: number; readonly parent: number } | undefined;
}

const LAYOUTS: Record<PclnVersion, FuncLayout> = {
  '1.2': {
    entrySize: 8,
    cuOffset: undefined,
    startLine: undefined,
    funcId: 36,
    flag: undefined,
    nfuncdata: 39,
    tables: 40,
    inlineTree: undefined,
  },
  '1.16': {
    entrySize: 8,
    cuOffset: 36,
    startLine: undefined,
    funcId: 40,
    flag: 41,
    nfuncdata: 43,
    tables: 44,
    inlineTree: undefined,
  },
  '1.18': {
    entrySize: 4,
    cuOffset: 32,
    startLine: undefined,
    funcId: 36,
    flag: 37,
    nfuncdata: 39,
    tables: 40,
    inlineTree: { size: 20, name: 12, parent: 16 },
  },
  '1.20': {
    entrySize: 4,
    cuOffset: 32,
    startLine: 36,
    funcId: 40,
    flag: 41,
    nfuncdata: 43,
    tables: 44,
    inlineTree: { size: 16, name: 4, parent: 8 },
  },
};

/** True if bytes begin like a little-endian pclntab of a 64-bit program. */
export function isPclntab(bytes: Uint8Array): boolean {
  if (bytes.length < 16 || bytes[4] !== 0 || bytes[5] !== 0 || bytes[7] !== 8) return false;
  if (bytes[6] !== 1 && bytes[6] !== 2 && bytes[6] !== 4) return false;
  return MAGICS.has(new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true));
}

/** The header's textStart: 0 for Go 1.26 and later, undefined before 1.18. */
export function headerTextStart(bytes: Uint8Array): number | undefined {
  const version = MAGICS.get(new Cursor(bytes, 'pclntab').u32());
  if (version !== '1.18' && version !== '1.20') return undefined;
  return new Cursor(bytes, 'pclntab', 24).u64();
}

/** Offset of the first function from textStart (1.18 and later), to check a moduledata against. */
export function firstFunctionOffset(bytes: Uint8Array): number {
  const functab = new Cursor(bytes, 'pclntab', 64).u64();
  return new Cursor(bytes, 'pclntab', functab).u32();
}

/**
 * Reads the header; throws SymbolError if it is damaged. Lookups never throw: what a damaged table does not tell is
 * undefined.
 */
export function parsePclntab(bytes: Uint8Array, textStart: number): Pclntab {
  if (!isPclntab(bytes))
    throw new SymbolError('pclntab', 'the header is not that of a 64-bit little-endian Go program');
  const header = new Cursor(bytes, 'pclntab');
  const version = MAGICS.get(header.u32())!;
  header.skip(2);
  const quantum = header.u8();
  header.skip(1);
  const layout = LAYOUTS[version];
  const count = header.u64();
  const fieldSize = version === '1.2' || version === '1.16' ? 8 : 4;
  if (count > MAX_FUNCTIONS || count * 2 * fieldSize > bytes.length) {
    throw new SymbolError('pclntab', `${count} functions do not fit into its ${bytes.length} bytes`);
  }
  const base = version === '1.18' || version === '1.20' ? textStart : 0;

  /** Offsets of the parts. */
  let names = 0;
  let cutab = 0;
  let filetab = 0;
  let pctab = 0;
  let funcdata = 0;
  let functab = 16;
  let fileCount = 0;
  if (version === '1.2') {
    const fileOffset = new Cursor(bytes, 'pclntab', 16 + (count * 2 + 1) * 8).u32();
    filetab = fileOffset;
    fileCount = new Cursor(bytes, 'pclntab', fileOffset).u32();
  } else {
    fileCount = header.u64();
    if (version !== '1.16') header.skip(8);
    names = header.u64();
    cutab = header.u64();
    filetab = header.u64();
    pctab = header.u64();
    functab = funcdata = header.u64();
  }
  for (const offset of [names, cutab, filetab, pctab, functab]) {
    if (offset > bytes.length)
      throw new SymbolError('pclntab', `a part at ${hex(offset)} lies outside its ${bytes.length} bytes`);
  }
  if (functab + (count * 2 + 1) * fieldSize > bytes.length) {
    throw new SymbolError('pclntab', `its table of ${count} functions is cut off`);
  }

  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const field = (index: number): number => {
    const at = functab + index * fieldSize;
    return fieldSize === 4
      ? view.getUint32(at, true)
      : view.getUint32(at, true) + view.getUint32(at + 4, true) * 0x1_0000_0000;
  };
  const entries = new Float64Array(count + 1);
  for (let i = 0; i <= count; i++) {
    entries[i] = base + field(2 * i);
    if (i > 0 && entries[i] < entries[i - 1])
      throw new SymbolError('pclntab', `function ${i} stands before the one before it`);
  }
  // The tables have a step or more for a handful of instructions: so much code with so few tables is damage, and
  // walking all of it would take for ever.
  if (entries[count] - entries[0] > bytes.length * 64 + (1 << 24)) {
    throw new SymbolError(
      'pclntab',
      `its functions span ${hex(entries[count] - entries[0])} bytes, too many for its size`,
    );
  }

  const u32 = (at: number): number | undefined =>
    at >= 0 && at + 4 <= bytes.length ? view.getUint32(at, true) : undefined;
  const stringCache = new Map<number, string>();
  const string = (at: number): string | undefined => {
    if (!(at >= 0 && at < bytes.length)) return undefined;
    let text = stringCache.get(at);
    if (text === undefined) {
      const nul = bytes.indexOf(0, at);
      text = decodeUtf8(bytes.subarray(at, nul < 0 ? Math.min(bytes.length, at + 4096) : nul));
      stringCache.set(at, text);
    }
    return text;
  };
  /** The n-th 32-bit field of `_func`, entry not counted (1 = nameOff). */
  const word = (f: PclnFunction, n: number): number => u32(f.at + layout.entrySize + (n - 1) * 4) ?? 0;
  const byte = (f: PclnFunction, offset: number | undefined): number =>
    offset === undefined ? 0 : (bytes[f.at + offset] ?? 0);

  /** Calls `visit(from, to, value)` for each step of a pc-value table until it returns true. */
  const walk = (table: number, f: PclnFunction, visit: (from: number, to: number, value: number) => boolean): void => {
    if (table === 0 || pctab + table >= bytes.length) return;
    const c = new Cursor(bytes, 'pclntab', pctab + table);
    let pc = f.entry;
    let value = -1;
    try {
      for (let first = true; pc < f.end; first = false) {
        const encoded = c.uleb();
        if (encoded === 0 && !first) return;
        value += encoded & 1 ? -((encoded - 1) / 2) - 1 : encoded / 2;
        const step = c.uleb() * quantum;
        if (step === 0 && !first) return;
        if (visit(pc, pc + step, value | 0)) return;
        pc += step;
      }
    } catch (error) {
      if (!(error instanceof SymbolError)) throw error;
    }
  };
  const valueAt = (table: number, f: PclnFunction, pc: number): number | undefined => {
    let result: number | undefined;
    walk(table, f, (_, to, value) => {
      if (pc >= to) return false;
      result = value;
      return true;
    });
    return result;
  };
  const fileName = (f: PclnFunction, fileNumber: number): string | undefined => {
    if (version === '1.2') {
      if (fileNumber <= 0) return undefined;
      const offset = u32(filetab + 4 * fileNumber);
      return offset === undefined ? undefined : string(offset);
    }
    if (fileNumber < 0) return undefined;
    const cu = u32(f.at + layout.cuOffset!);
    if (cu === undefined || cu === 0xffffffff) return undefined;
    const offset = u32(cutab + (cu + fileNumber) * 4);
    return offset === undefined || offset === 0xffffffff ? undefined : string(filetab + offset);
  };

  const functionOf = (index: number): PclnFunction => ({
    index,
    entry: entries[index],
    end: entries[index + 1],
    at: funcdata + field(2 * index + 1),
  });
  const nameAt = (offset: number): string => string(names + offset) ?? '';

  /** Where a function's inline tree is, since Go 1.18; older layouts are left to DWARF. */
  const inlineTree = (
    f: PclnFunction,
    goFunc: number | undefined,
  ): { indexTable: number; records: number } | undefined => {
    const npcdata = word(f, 7);
    if (layout.inlineTree === undefined || goFunc === undefined) return undefined;
    if (npcdata > 16 || npcdata <= PCDATA_INL_TREE_INDEX || byte(f, layout.nfuncdata) <= FUNCDATA_INL_TREE)
      return undefined;
    const indexTable = u32(f.at + layout.tables + PCDATA_INL_TREE_INDEX * 4) ?? 0;
    const offset = u32(f.at + layout.tables + npcdata * 4 + FUNCDATA_INL_TREE * 4);
    return indexTable === 0 || offset === undefined || offset === 0xffffffff
      ? undefined
      : { indexTable, records: goFunc + offset };
  };
  const inlineRecord = (
    records: number,
    index: number,
    f: PclnFunction,
    image: ReadImage,
  ): { name: string; parent: number } | undefined => {
    if (index < 0 || layout.inlineTree === undefined) return undefined;
    const { size, name: nameAtOffset, parent: parentAt } = layout.inlineTree;
    const record = image(records + index * size, size);
    if (record.length < size) return undefined;
    const c = new Cursor(record, 'inline tree', nameAtOffset);
    const name = nameAt(c.u32());
    c.seek(parentAt);
    const parent = f.entry + c.u32();
    return name === '' || parent < f.entry || parent >= f.end ? undefined : { name, parent };
  };

  const self: Pclntab = {
    version,
    count,
    textStart: base,
    function: functionOf,
    functionAt(pc) {
      const i = lastAtOrBelow(entries, pc, e => e);
      return i >= 0 && i < count ? functionOf(i) : undefined;
    },
    name: f => nameAt(word(f, 1)),
    indicesOf(name) {
      const spelt = encodeUtf8(name);
      const found: number[] = [];
      for (let i = 0; i < count; i++) {
        const start = names + word(functionOf(i), 1);
        let at = 0;
        while (at < spelt.length && bytes[start + at] === spelt[at]) at++;
        if (at === spelt.length && bytes[start + at] === 0) found.push(i);
      }
      return found;
    },
    startLine(f) {
      const line = layout.startLine === undefined ? undefined : u32(f.at + layout.startLine);
      return line === undefined || line === 0 || line > 0x7fffffff ? undefined : line;
    },
    argsSize(f) {
      const size = word(f, 2);
      return size === 0x80000000 ? undefined : size;
    },
    funcId: f => byte(f, layout.funcId),
    flags: f => byte(f, layout.flag),
    line: (f, pc) => {
      const line = valueAt(word(f, 6), f, pc);
      return line === undefined || line <= 0 ? undefined : line;
    },
    file: (f, pc) => {
      const number = valueAt(word(f, 5), f, pc);
      return number === undefined ? undefined : fileName(f, number);
    },
    spDelta: (f, pc) => {
      const delta = valueAt(word(f, 4), f, pc);
      return delta === undefined || delta < 0 ? undefined : delta;
    },
    rows(f) {
      const files: { to: number; file: string | undefined }[] = [];
      walk(word(f, 5), f, (_, to, value) => {
        files.push({ to, file: fileName(f, value) });
        return false;
      });
      const rows: PclnRow[] = [];
      let i = 0;
      walk(word(f, 6), f, (from, to, line) => {
        let start = from;
        while (start < to && i < files.length) {
          const end = Math.min(to, files[i].to);
          if (end > start) rows.push({ from: start, to: end, file: files[i].file, line });
          start = Math.max(start, end);
          if (files[i].to <= start) i++;
        }
        return false;
      });
      return rows;
    },
    inlined(f, pc, goFunc, image) {
      const calls: InlinedCall[] = [];
      const tree = inlineTree(f, goFunc);
      let at = pc;
      // A chain is as deep as the inliner allows, far below this bound.
      for (let depth = 0; tree && depth < 64; depth++) {
        const index = valueAt(tree.indexTable, f, at);
        const record = index === undefined ? undefined : inlineRecord(tree.records, index, f, image);
        if (!record) break;
        calls.push({
          name: record.name,
          callFile: self.file(f, record.parent),
          callLine: self.line(f, record.parent) ?? 0,
        });
        at = record.parent;
      }
      return calls;
    },
    inlinedStarts(f, matches, goFunc, image) {
      const tree = inlineTree(f, goFunc);
      if (!tree) return [];
      // An index stands for one inlined call: its own instructions, and those of calls inlined into it.
      const starts = new Map<number, number>();
      const indexAt = (pc: number): number => valueAt(tree.indexTable, f, pc) ?? -1;
      walk(tree.indexTable, f, (from, _, value) => {
        let index = value;
        for (let depth = 0; index >= 0 && depth < 64; depth++) {
          const record = inlineRecord(tree.records, index, f, image);
          if (!record) break;
          if (!starts.has(index) && matches(record.name)) starts.set(index, from);
          index = indexAt(record.parent);
        }
        return false;
      });
      return [...starts.values()];
    },
    files() {
      const list: string[] = [];
      if (version === '1.2') {
        for (let i = 1; i < fileCount && filetab + 4 * i + 4 <= bytes.length; i++) {
          const name = string(u32(filetab + 4 * i) ?? -1);
          if (name) list.push(name);
        }
        return list;
      }
      let at = filetab;
      for (let i = 0; i < fileCount && at < bytes.length; i++) {
        const nul = bytes.indexOf(0, at);
        if (nul < 0) break;
        list.push(decodeUtf8(bytes.subarray(at, nul)));
        at = nul + 1;
      }
      return list;
    },
  };
  return self;
}
