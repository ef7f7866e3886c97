/**
 * ELF64 little-endian as a debugger reads it: sections, symbols, notes, the bytes of the image. The kernel's loader
 * has its own, smaller reader, because it must fail as execve fails; this one forgives what does not matter here (a
 * broken symbol table does not spoil the line table). Everything but the headers is read on demand.
 *
 * Source: System V ABI, "Object Files", and its AMD64 supplement.
 */
import { Cursor, decodeUtf8, encodeUtf8, hex, lastAtOrBelow, SymbolError, stringAt } from './bytes.ts';
import { demangle } from './demangle.ts';
import { inflateAside, inflateSection, inflateZdebug } from './inflate.ts';

export interface ElfSection {
  readonly index: number;
  readonly name: string;
  readonly type: number;
  readonly flags: number;
  /** Link-time address; 0 for sections that are not loaded. */
  readonly address: number;
  readonly offset: number;
  /** Bytes in the file (compressed if `flags` says so); for NOBITS the size in memory. */
  readonly size: number;
  readonly link: number;
  readonly info: number;
  readonly entrySize: number;
}

export interface ElfSegment {
  readonly type: number;
  readonly flags: number;
  readonly offset: number;
  readonly address: number;
  readonly fileSize: number;
  readonly memorySize: number;
}

export interface ElfSymbol {
  /** As programmers write it: names of C++ and Rust are demangled. Read out of the table when asked for. */
  readonly name: string;
  readonly hasName: boolean;
  /** Link-time address. */
  readonly value: number;
  readonly size: number;
  readonly kind: 'none' | 'object' | 'function' | 'section' | 'file' | 'tls' | 'ifunc' | 'other';
  readonly global: boolean;
  /** Section index; 0 is undefined, 0xfff1 absolute. */
  readonly section: number;
}

export interface Elf {
  /** e_type: 2 EXEC, 3 DYN (PIE or library). */
  readonly type: number;
  /** e_machine: 62 x86-64, 183 AArch64. */
  readonly machine: number;
  readonly entry: number;
  readonly sections: readonly ElfSection[];
  readonly segments: readonly ElfSegment[];
  /** The first section of that name. */
  section(name: string): ElfSection | undefined;
  /** Contents, decompressed; cached. Throws SymbolError when the file does not hold them. */
  data(section: ElfSection): Uint8Array;
  /**
   * Decompresses the debug sections beside other work, as far as the host can; ends when it is done. What is asked for
   * meanwhile is decompressed when it is asked for. Never rejects.
   */
  inflateAhead(): Promise<void>;
  /** `.debug_NAME` or the older `.zdebug_NAME`, decompressed; undefined if absent or unreadable. */
  debugSection(name: string): Uint8Array | undefined;
  /** `.symtab` and `.dynsym`, in file order, without the null symbols. Damaged tables end early. */
  symbols(): readonly ElfSymbol[];
  /** Symbols that the tables spell so; found without reading the names of the others. */
  symbolsSpelt(name: string): ElfSymbol[];
  /** The image's bytes as the file has them at a link-time address; cut where the file's part of a segment ends. */
  read(address: number, length: number): Uint8Array;
  /** Contents of a note of that owner and type (for example "GNU", 3). */
  note(owner: string, type: number): Uint8Array | undefined;
}

export const SHT = { PROGBITS: 1, SYMTAB: 2, RELA: 4, NOTE: 7, NOBITS: 8, DYNSYM: 11 } as const;
export const SHF = { WRITE: 1, ALLOC: 2, EXECINSTR: 4, COMPRESSED: 0x800 } as const;
const PT_LOAD = 1;
const PT_NOTE = 4;
/** Sections and symbols beyond these counts are not real programs but damage. */
const MAX_SECTIONS = 65536;
const MAX_SYMBOLS = 20_000_000;

const SYMBOL_KINDS = ['none', 'object', 'function', 'section', 'file', 'other', 'tls', 'other'] as const;

export type FileKind = 'elf' | 'script' | 'mach-o' | 'pe' | 'archive' | 'empty' | 'unknown';

/** What a file is by its first bytes, so that a wrong one can be refused with the right sentence. */
export function fileKind(file: Uint8Array): FileKind {
  if (file.length === 0) return 'empty';
  const [a, b, c, d] = file;
  if (a === 0x7f && b === 0x45 && c === 0x4c && d === 0x46) return 'elf';
  if (a === 0x23 && b === 0x21) return 'script';
  if (a === 0x4d && b === 0x5a) return 'pe';
  if (a === 0x21 && b === 0x3c && c === 0x61 && d === 0x72) return 'archive';
  const magic = ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
  if (magic === 0xcffaedfe || magic === 0xcefaedfe || magic === 0xfeedfacf || magic === 0xfeedface) return 'mach-o';
  if (magic === 0xcafebabe && file.length > 8 && file[7] < 0x20) return 'mach-o';
  return 'unknown';
}

/** Throws SymbolError unless the headers of a little-endian ELF64 file can be read. */
export function parseElf(file: Uint8Array): Elf {
  if (fileKind(file) !== 'elf') throw new SymbolError('ELF', 'the file does not begin with \\x7fELF');
  const c = new Cursor(file, 'ELF header');
  c.skip(4);
  const elfClass = c.u8();
  if (elfClass !== 2) throw new SymbolError('ELF header', `class ${elfClass} is not ELF64`);
  const encoding = c.u8();
  if (encoding !== 1) throw new SymbolError('ELF header', `data encoding ${encoding} is not little-endian`);
  c.seek(16);
  const type = c.u16();
  const machine = c.u16();
  c.skip(4);
  const entry = c.u64();
  const phoff = c.u64();
  const shoff = c.u64();
  c.skip(6);
  const phentsize = c.u16();
  let phnum = c.u16();
  const shentsize = c.u16();
  let shnum = c.u16();
  let shstrndx = c.u16();

  let raw: Omit<ElfSection, 'name'>[] = [];
  let nameOffsets: number[] = [];
  if (shoff !== 0 && shentsize >= 64) {
    // A file whose section table is cut off (a truncated download, a packer) still has its segments.
    try {
      const first = readSectionHeader(file, shoff, 0);
      // Extended numbering: real counts stand in the null section.
      if (shnum === 0) shnum = first.header.size;
      if (shstrndx === 0xffff) shstrndx = first.header.link;
      if (phnum === 0xffff) phnum = first.header.info;
      for (let i = 0; i < Math.min(shnum, MAX_SECTIONS); i++) {
        const { header, nameOffset } = readSectionHeader(file, shoff + i * shentsize, i);
        raw.push(header);
        nameOffsets.push(nameOffset);
      }
    } catch (error) {
      if (!(error instanceof SymbolError)) throw error;
      raw = [];
      nameOffsets = [];
    }
  }
  const strings = raw[shstrndx] && raw[shstrndx].type !== SHT.NOBITS ? fileRange(file, raw[shstrndx]) : undefined;
  const sections: ElfSection[] = raw.map((header, i) => ({
    ...header,
    name: strings && nameOffsets[i] < strings.length ? stringAt(strings, nameOffsets[i], '.shstrtab') : '',
  }));

  const segments: ElfSegment[] = [];
  if (phoff !== 0 && phentsize >= 56) {
    for (let i = 0; i < phnum && phoff + (i + 1) * phentsize <= file.length; i++) {
      const p = new Cursor(file, 'program headers', phoff + i * phentsize);
      const segmentType = p.u32();
      const flags = p.u32();
      const offset = p.u64();
      const address = p.u64();
      p.skip(8);
      segments.push({ type: segmentType, flags, offset, address, fileSize: p.u64(), memorySize: p.u64() });
    }
  }

  const byName = new Map<string, ElfSection>();
  for (const section of sections) if (!byName.has(section.name)) byName.set(section.name, section);
  const cache = new Map<number, Uint8Array>();
  let symbols: TableSymbol[] | undefined;
  const tableSymbols = (): TableSymbol[] =>
    (symbols ??= [SHT.SYMTAB, SHT.DYNSYM].flatMap(wanted =>
      sections.filter(s => s.type === wanted).flatMap(s => readSymbols(s, sections, data)),
    ));

  const data = (section: ElfSection): Uint8Array => {
    const known = cache.get(section.index);
    if (known) return known;
    if (section.type === SHT.NOBITS) return new Uint8Array(0);
    const range = fileRange(file, section);
    if (!range) {
      throw new SymbolError(
        section.name,
        `its ${section.size} bytes at offset ${hex(section.offset)} are not in the file`,
      );
    }
    let bytes = range;
    if (section.flags & SHF.COMPRESSED) bytes = inflateSection(range, section.name);
    else if (section.name.startsWith('.zdebug_')) bytes = inflateZdebug(range, section.name);
    cache.set(section.index, bytes);
    return bytes;
  };

  return {
    type,
    machine,
    entry,
    sections,
    segments,
    section: name => byName.get(name),
    data,
    async inflateAhead() {
      const compressed = sections.filter(({ name, flags }) => name.startsWith('.debug_') && flags & SHF.COMPRESSED);
      await Promise.all(
        compressed.map(async section => {
          const range = fileRange(file, section);
          const bytes = range && (await inflateAside(range, section.name));
          if (bytes && !cache.has(section.index)) cache.set(section.index, bytes);
        }),
      );
    },
    debugSection(name) {
      const section = byName.get(`.debug_${name}`) ?? byName.get(`.zdebug_${name}`);
      if (!section) return undefined;
      try {
        return data(section);
      } catch (error) {
        if (error instanceof SymbolError) return undefined;
        throw error;
      }
    },
    symbols: tableSymbols,
    symbolsSpelt(name) {
      const spelt = encodeUtf8(name);
      return tableSymbols().filter(symbol => symbol.isSpelt(spelt));
    },
    read(address, length) {
      for (const s of segments) {
        if (s.type !== PT_LOAD || address < s.address || address >= s.address + s.fileSize) continue;
        const start = s.offset + (address - s.address);
        const end = Math.min(start + Math.max(0, length), s.offset + s.fileSize, file.length);
        return start < end ? file.subarray(start, end) : new Uint8Array(0);
      }
      return new Uint8Array(0);
    },
    note(owner, wanted) {
      const ranges = sections.filter(s => s.type === SHT.NOTE).map(s => fileRange(file, s));
      for (const s of segments)
        if (s.type === PT_NOTE) ranges.push(fileRange(file, { offset: s.offset, size: s.fileSize }));
      for (const range of ranges) {
        const found = range && findNote(range, owner, wanted);
        if (found) return found;
      }
      return undefined;
    },
  };
}

/** The GNU build id as hex, or Go's own ("…/…/…/…") when there is no GNU one. */
export function buildId(elf: Elf): string | undefined {
  const gnu = elf.note('GNU', 3);
  if (gnu) return Array.from(gnu, b => b.toString(16).padStart(2, '0')).join('');
  const go = elf.note('Go', 4);
  return go && decodeUtf8(go);
}

function readSectionHeader(file: Uint8Array, offset: number, index: number) {
  const c = new Cursor(file, 'section headers', offset);
  const nameOffset = c.u32();
  const type = c.u32();
  const flags = c.u64();
  const address = c.u64();
  const start = c.u64();
  const size = c.u64();
  const link = c.u32();
  const info = c.u32();
  c.skip(8);
  return { nameOffset, header: { index, type, flags, address, offset: start, size, link, info, entrySize: c.u64() } };
}

function fileRange(file: Uint8Array, { offset, size }: { offset: number; size: number }): Uint8Array | undefined {
  return offset + size <= file.length ? file.subarray(offset, offset + size) : undefined;
}

/** An entry of a symbol table. Tables have tens of thousands, of which a few are asked for their names. */
class TableSymbol implements ElfSymbol {
  readonly value: number;
  readonly size: number;
  readonly kind: ElfSymbol['kind'];
  readonly global: boolean;
  readonly section: number;
  readonly #names: Uint8Array;
  readonly #nameOffset: number;
  #name: string | undefined;

  constructor(names: Uint8Array, nameOffset: number, rest: Omit<ElfSymbol, 'name' | 'hasName'>) {
    this.#names = names;
    this.#nameOffset = nameOffset;
    this.value = rest.value;
    this.size = rest.size;
    this.kind = rest.kind;
    this.global = rest.global;
    this.section = rest.section;
  }

  get name(): string {
    if (this.#name === undefined) {
      const spelt = stringAt(this.#names, this.#nameOffset, '.strtab');
      this.#name = demangle(spelt) ?? spelt;
    }
    return this.#name;
  }

  get hasName(): boolean {
    return this.#names[this.#nameOffset] !== 0;
  }

  isSpelt(name: Uint8Array): boolean {
    const at = this.#nameOffset;
    if (this.#names[at + name.length] !== 0) return false;
    for (let i = 0; i < name.length; i++) if (this.#names[at + i] !== name[i]) return false;
    return true;
  }
}

function readSymbols(
  table: ElfSection,
  sections: readonly ElfSection[],
  data: (section: ElfSection) => Uint8Array,
): TableSymbol[] {
  const strings = sections[table.link];
  if (!strings) return [];
  const symbols: TableSymbol[] = [];
  try {
    const bytes = data(table);
    const names = data(strings);
    const count = Math.min(Math.floor(bytes.length / 24), MAX_SYMBOLS);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const u64 = (at: number): number => view.getUint32(at, true) + view.getUint32(at + 4, true) * 0x1_0000_0000;
    for (let i = 1; i < count; i++) {
      const at = i * 24;
      const nameOffset = view.getUint32(at, true);
      const info = bytes[at + 4];
      const section = view.getUint16(at + 6, true);
      const value = u64(at + 8);
      const size = u64(at + 16);
      if (nameOffset >= names.length) continue;
      const type = info & 15;
      const kind = type === 10 ? 'ifunc' : (SYMBOL_KINDS[type] ?? 'other');
      symbols.push(new TableSymbol(names, nameOffset, { value, size, kind, global: info >> 4 !== 0, section }));
    }
  } catch (error) {
    if (!(error instanceof SymbolError)) throw error;
  }
  return symbols;
}

function findNote(bytes: Uint8Array, owner: string, wanted: number): Uint8Array | undefined {
  const c = new Cursor(bytes, 'note');
  while (c.end - c.offset >= 12) {
    const nameSize = c.u32();
    const contentSize = c.u32();
    const type = c.u32();
    const rest = c.end - c.offset;
    const paddedName = Math.ceil(nameSize / 4) * 4;
    if (paddedName + contentSize > rest) return undefined;
    const name = decodeUtf8(c.take(nameSize)).replace(/\0+$/, '');
    c.skip(paddedName - nameSize);
    const content = c.take(contentSize);
    if (name === owner && type === wanted) return content;
    c.skip(Math.min(Math.ceil(contentSize / 4) * 4 - contentSize, c.end - c.offset));
  }
  return undefined;
}

/** Symbols with an address, sorted for lookup by address; of several at one address the most telling comes last. */
export function sortedSymbols(elf: Elf): ElfSymbol[] {
  const rank = (s: ElfSymbol) => (s.kind === 'function' || s.kind === 'object' ? 2 : 0) + (s.size > 0 ? 1 : 0);
  return elf
    .symbols()
    .filter(
      s =>
        s.section !== 0 &&
        s.section < 0xff00 &&
        s.hasName &&
        s.kind !== 'file' &&
        s.kind !== 'section' &&
        s.kind !== 'tls',
    )
    .sort((a, b) => a.value - b.value || rank(a) - rank(b));
}

/** The symbol that covers an address: by its size, or the nearest one before it within its section when it has none. */
export function symbolCovering(
  sorted: readonly ElfSymbol[],
  sections: readonly ElfSection[],
  address: number,
): ElfSymbol | undefined {
  let i = lastAtOrBelow(sorted, address, s => s.value);
  // A few sized symbols may be nested in an outer one; look back a little, not for ever.
  for (let tries = 0; i >= 0 && tries < 16; i--, tries++) {
    const s = sorted[i];
    if (s.size > 0 ? address < s.value + s.size : address === s.value) return s;
    if (s.size === 0) {
      const section = sections[s.section];
      if (section && address >= section.address && address < section.address + section.size) return s;
    }
  }
  return undefined;
}
