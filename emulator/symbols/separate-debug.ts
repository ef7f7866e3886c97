/**
 * Debug information in a file of its own, as distributions ship it: where it may be, whether a file is the one that was
 * meant, and the program with both put together. Two ways to name it: by build id, and by the section .gnu_debuglink,
 * which has a file's name and its CRC.
 *
 * Source: GDB manual, "Debugging Information in Separate Files".
 */
import { Cursor, SymbolError } from './bytes.ts';
import { guard } from './dwarf/units.ts';
import { type Elf, parseElf, SHF } from './elf.ts';

export interface DebugFileName {
  /** Absolute. */
  readonly path: string;
  /** The file parsed. Throws SymbolError when it is of another build, or no ELF file. */
  open(file: Uint8Array): Elf;
}

const GLOBAL_FOLDER = '/usr/lib/debug';

/** Where a program's debug information may be, the most likely place first; empty if the program has its own. */
export function debugFileNames(elf: Elf, path: string): DebugFileName[] {
  if (elf.section('.debug_info') || elf.section('.zdebug_info')) return [];
  const names: DebugFileName[] = [];
  const id = elf.note('GNU', NT_GNU_BUILD_ID);
  if (id && id.length > 1) {
    const hex = Array.from(id, byte => byte.toString(16).padStart(2, '0')).join('');
    names.push({
      path: `${GLOBAL_FOLDER}/.build-id/${hex.slice(0, 2)}/${hex.slice(2)}.debug`,
      open(file) {
        const debug = parseElf(file);
        const theirs = debug.note('GNU', NT_GNU_BUILD_ID);
        if (theirs?.join() !== id.join()) throw new SymbolError('build id', 'it is of another build of the program');
        return debug;
      },
    });
  }
  const link = guard(() => debugLink(elf));
  if (link) {
    const folder = path.slice(0, path.lastIndexOf('/'));
    const open = (file: Uint8Array): Elf => {
      if (crc32(file) !== link.crc) throw new SymbolError('.gnu_debuglink', 'it is of another build of the program');
      return parseElf(file);
    };
    for (const at of [folder, `${folder}/.debug`, `${GLOBAL_FOLDER}${folder}`])
      names.push({ path: `${at}/${link.name}`, open });
  }
  return names;
}

const NT_GNU_BUILD_ID = 3;

function debugLink(elf: Elf): { name: string; crc: number } | undefined {
  const section = elf.section('.gnu_debuglink');
  if (!section) return undefined;
  const bytes = elf.data(section);
  const c = new Cursor(bytes, '.gnu_debuglink');
  const name = c.cstring();
  if (name === '' || name.includes('/')) return undefined;
  c.seek(Math.ceil(c.offset / 4) * 4);
  return { name, crc: c.u32() };
}

/** CRC-32 of IEEE 802.3, as zlib's. */
export function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (let i = 0; i < bytes.length; i++) crc = (crc >>> 8) ^ CRC_TABLE[(crc ^ bytes[i]) & 255];
  return ~crc >>> 0;
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, i) => {
  let value = i;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

/**
 * The program with the debug sections and the symbols of its debug file. Throws SymbolError if what is loaded is laid
 * out otherwise in the two.
 */
export function withDebugFile(elf: Elf, debug: Elf): Elf {
  for (const section of elf.sections) {
    if (!(section.flags & SHF.ALLOC)) continue;
    const twin = debug.sections[section.index];
    if (twin?.name !== section.name || twin.address !== section.address)
      throw new SymbolError(section.name, 'it stands elsewhere in the debug file');
  }
  const own = elf.symbols();
  // A stripped program still has the symbols that its libraries need.
  const symbols = () => (debug.symbols().length > 0 ? debug.symbols() : own);
  return {
    ...elf,
    symbols,
    symbolsSpelt: name => (debug.symbols().length > 0 ? debug : elf).symbolsSpelt(name),
    debugSection: name => debug.debugSection(name) ?? elf.debugSection(name),
    inflateAhead: debug.inflateAhead,
  };
}
