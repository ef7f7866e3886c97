/**
 * Finding Go's tables in a program: pclntab by its section or, where sections are gone, by its header in the image; the
 * text's start, which pclntab of 1.26 and later no longer tells; and the start of funcdata. The last two stand in
 * `runtime.firstmoduledata`, which is found by the pointer to pclntab that it begins with.
 *
 * Source: runtime/symtab.go (`moduledata`) of the versions named.
 */
import { Cursor } from './bytes.ts';
import { guard } from './dwarf/units.ts';
import type { Elf, ElfSegment } from './elf.ts';
import { firstFunctionOffset, headerTextStart, isPclntab, type Pclntab, parsePclntab } from './pclntab.ts';

export interface GoTables {
  readonly pclntab: Pclntab;
  /** Link-time address of `go:func.*`, from which funcdata offsets count (1.18 and later). */
  readonly goFunc: number | undefined;
  /** Link-time address from which offsets of type names count. */
  readonly types: number | undefined;
}

/** moduledata since 1.18: `findfunctab` stands at 152, then minpc, maxpc, text. */
const MINPC = 160;
const TEXT = 176;
/** types and gofunc: 1.20 added covctrs before them, 1.27 puts three words more between the two. */
const TYPES_118 = 280;
const TYPES_120 = 296;
const GOFUNC_118 = 304;
const GOFUNC_120 = 320;
const GOFUNC_127 = 344;

const SECTIONS = ['.gopclntab', '.data.rel.ro.gopclntab'];
const PT_LOAD = 1;

/**
 * undefined if the program is not Go, or its tables are damaged beyond use.
 * @param minor of the Go version, if the program tells
 */
export function locateGoTables(elf: Elf, minor: number | undefined): GoTables | undefined {
  return guard(() => {
    const found = fromSections(elf) ?? searchImage(elf);
    if (!found) return undefined;
    const { bytes, address } = found;
    const header = headerTextStart(bytes);
    if (header === undefined)
      return { pclntab: parsePclntab(bytes, 0), goFunc: undefined, types: addressOf(elf, 'runtime.types') };
    const symbolText = addressOf(elf, 'runtime.text');
    // The separator was a full stop before Go 1.20.
    const symbolFunc = addressOf(elf, 'go:func.*') ?? addressOf(elf, 'go.func.*');
    const types = addressOf(elf, 'runtime.types');
    const module =
      symbolText === undefined || symbolFunc === undefined || types === undefined
        ? findModuledata(elf, bytes, address, minor)
        : undefined;
    const text = symbolText ?? module?.text ?? (header !== 0 ? header : elf.section('.text')?.address);
    if (text === undefined) return undefined;
    return {
      pclntab: parsePclntab(bytes, text),
      types: types ?? module?.types,
      goFunc: symbolFunc ?? module?.goFunc,
    };
  });
}

function addressOf(elf: Elf, symbol: string): number | undefined {
  return elf.symbolsSpelt(symbol).find(({ value }) => value !== 0)?.value;
}

function fromSections(elf: Elf): { bytes: Uint8Array; address: number } | undefined {
  for (const section of elf.sections) {
    if (!SECTIONS.includes(section.name)) continue;
    const bytes = guard(() => elf.data(section));
    if (bytes && isPclntab(bytes)) return { bytes, address: section.address };
  }
  // External linkers merge it into .data.rel.ro; the symbol still tells.
  const [symbol] = elf.symbolsSpelt('runtime.pclntab');
  if (!symbol) return undefined;
  const end = addressOf(elf, 'runtime.epclntab') ?? symbol.value + symbol.size;
  const bytes = elf.read(symbol.value, end - symbol.value);
  return isPclntab(bytes) ? { bytes, address: symbol.value } : undefined;
}

/** Stripped of its section table: a header at a 32-byte boundary of the read-only data (Go aligns the table so). */
function searchImage(elf: Elf): { bytes: Uint8Array; address: number } | undefined {
  for (const segment of elf.segments) {
    if (segment.type !== PT_LOAD) continue;
    const bytes = elf.read(segment.address, segment.fileSize);
    for (let at = 0; at + 72 <= bytes.length; at += 8) {
      // The magic's low byte is f0, f1, fa or fb and the next three are ff.
      if (bytes[at + 1] !== 0xff || bytes[at + 2] !== 0xff || bytes[at + 3] !== 0xff || bytes[at + 4] !== 0) continue;
      const rest = bytes.subarray(at);
      if (isPclntab(rest) && guard(() => parsePclntab(rest, 0).count > 0))
        return { bytes: rest, address: segment.address + at };
    }
  }
  return undefined;
}

/** moduledata begins with the address of pclntab; minpc − (offset of the first function) = text proves it. */
function findModuledata(
  elf: Elf,
  pclntab: Uint8Array,
  address: number,
  minor: number | undefined,
): { text: number; types: number | undefined; goFunc: number | undefined } | undefined {
  const first = guard(() => firstFunctionOffset(pclntab)) ?? 0;
  const magic = pclntab[0];
  for (const segment of elf.segments) {
    if (segment.type !== PT_LOAD || !(segment.flags & 2)) continue;
    const found = searchPointer(elf, segment, address, first);
    if (found === undefined) continue;
    const c = new Cursor(elf.read(found, 512), 'moduledata', TEXT);
    const text = c.u64();
    c.seek(magic === 0xf0 ? GOFUNC_118 : (minor ?? 0) >= 27 ? GOFUNC_127 : GOFUNC_120);
    const goFunc = c.u64();
    c.seek(magic === 0xf0 ? TYPES_118 : TYPES_120);
    const types = c.u64();
    return {
      text,
      types: elf.read(types, 1).length === 1 ? types : undefined,
      goFunc: elf.read(goFunc, 1).length === 1 ? goFunc : undefined,
    };
  }
  return undefined;
}

function searchPointer(elf: Elf, segment: ElfSegment, target: number, first: number): number | undefined {
  const bytes = elf.read(segment.address, segment.fileSize);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const low = target >>> 0;
  const high = Math.floor(target / 0x1_0000_0000);
  const u64 = (at: number): number => view.getUint32(at, true) + view.getUint32(at + 4, true) * 0x1_0000_0000;
  for (let at = 0; at + 512 <= bytes.length; at += 8) {
    if (view.getUint32(at, true) !== low || view.getUint32(at + 4, true) !== high) continue;
    if (u64(at + MINPC) - first === u64(at + TEXT)) return segment.address + at;
  }
  return undefined;
}
