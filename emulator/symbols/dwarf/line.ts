/**
 * Line programs, versions 2 to 5: which source line an instruction belongs to, and which instructions are good places
 * to stop (`is_stmt`, `prologue_end`). The header (file names) and the program itself are read apart, because finding
 * a source file needs only the headers.
 *
 * Source: DWARF Debugging Information Format 5, section 6.2.
 */
import { Cursor, decodeUtf8, lastAtOrBelow, SymbolError, stringAt } from '../bytes.ts';
import { FORM } from './constants.ts';
import { type DwarfSections, guard } from './units.ts';

export interface LineHeader {
  readonly version: number;
  /** Paths by the numbers that the program and DW_AT_decl_file use. */
  readonly files: readonly string[];
  readonly programStart: number;
  readonly end: number;
  readonly minInstructionLength: number;
  readonly maxOperations: number;
  readonly defaultIsStmt: boolean;
  readonly lineBase: number;
  readonly lineRange: number;
  readonly opcodeLengths: readonly number[];
  readonly addressSize: number;
}

export const ROW = { isStmt: 1, endSequence: 2, prologueEnd: 4 } as const;

/** Rows of one unit in columns; a sequence is contiguous and ascending. */
export interface LineRows {
  readonly address: Float64Array;
  readonly file: Uint32Array;
  readonly line: Uint32Array;
  readonly flags: Uint8Array;
  /** [low, high) and the rows [first, last] (last ends the sequence), sorted by low. */
  readonly sequences: readonly { low: number; high: number; first: number; last: number }[];
}

const MAX_FILES = 1_000_000;

/** undefined if the header is damaged or of an unknown version. */
export function readLineHeader(
  sections: DwarfSections,
  offset: number,
  compDir: string,
  unitAddressSize: number,
): LineHeader | undefined {
  return guard(() => {
    const c = new Cursor(sections.line, '.debug_line', offset);
    let length = c.u32();
    let offsetSize: 4 | 8 = 4;
    if (length === 0xffffffff) {
      offsetSize = 8;
      length = c.u64();
    }
    const end = c.offset + length;
    if (end > sections.line.length) throw new SymbolError('.debug_line', 'a line program is cut off');
    const version = c.u16();
    if (version < 2 || version > 5) throw new SymbolError('.debug_line', `version ${version} is not known`);
    let addressSize = unitAddressSize;
    if (version === 5) {
      addressSize = c.u8();
      c.skip(1);
    }
    const headerLength = c.unsigned(offsetSize);
    const programStart = c.offset + headerLength;
    if (programStart > end) throw new SymbolError('.debug_line', 'a header is longer than its line program');
    const minInstructionLength = c.u8();
    const maxOperations = version >= 4 ? c.u8() : 1;
    const defaultIsStmt = c.u8() !== 0;
    const lineBase = c.i8();
    const lineRange = c.u8();
    if (lineRange === 0) throw new SymbolError('.debug_line', 'line_range is 0');
    const opcodeBase = c.u8();
    const opcodeLengths = [0];
    for (let i = 1; i < opcodeBase; i++) opcodeLengths.push(c.u8());
    const files = version === 5 ? readV5Files(c, sections, offsetSize, compDir) : readV4Files(c, compDir);
    return {
      version,
      files,
      programStart,
      end,
      minInstructionLength,
      maxOperations: maxOperations || 1,
      defaultIsStmt,
      lineBase,
      lineRange,
      opcodeLengths,
      addressSize,
    };
  });
}

/** Joins as a compiler means it: absolute names stand alone. */
function join(directory: string, name: string): string {
  if (name.startsWith('/') || directory === '') return name;
  return directory.endsWith('/') ? directory + name : `${directory}/${name}`;
}

function readV4Files(c: Cursor, compDir: string): string[] {
  const directories = [compDir];
  for (;;) {
    const directory = c.cstring();
    if (directory === '') break;
    directories.push(join(compDir, directory));
  }
  const files = [''];
  while (files.length < MAX_FILES) {
    const name = c.cstring();
    if (name === '') break;
    const directory = c.uleb();
    c.uleb();
    c.uleb();
    files.push(join(directories[directory] ?? '', name));
  }
  return files;
}

function readV5Files(c: Cursor, sections: DwarfSections, offsetSize: 4 | 8, compDir: string): string[] {
  const readTable = (visit: (path: string, directory: number) => void): void => {
    const formats: number[] = [];
    const formatCount = c.u8();
    for (let i = 0; i < formatCount; i++) formats.push(c.uleb(), c.uleb());
    const count = c.uleb();
    if (count > MAX_FILES || (formatCount === 0 && count > 0)) {
      throw new SymbolError('.debug_line', `${count} file names are not possible`);
    }
    for (let i = 0; i < count; i++) {
      let path = '';
      let directory = 0;
      for (let f = 0; f < formats.length; f += 2) {
        const value = readEntry(c, sections, formats[f + 1], offsetSize);
        if (formats[f] === 1 && typeof value === 'string') path = value;
        else if (formats[f] === 2 && typeof value === 'number') directory = value;
      }
      visit(path, directory);
    }
  };
  const directories: string[] = [];
  readTable(path => directories.push(directories.length === 0 ? join(compDir, path) : join(directories[0], path)));
  const files: string[] = [];
  readTable((path, directory) => files.push(join(directories[directory] ?? '', path)));
  return files;
}

function readEntry(c: Cursor, sections: DwarfSections, form: number, offsetSize: 4 | 8): string | number | undefined {
  switch (form) {
    case FORM.string:
      return c.cstring();
    case FORM.line_strp:
      return stringAt(sections.lineStr, c.unsigned(offsetSize), '.debug_line_str');
    case FORM.strp:
      return stringAt(sections.str, c.unsigned(offsetSize), '.debug_str');
    case FORM.udata:
      return c.uleb();
    case FORM.data1:
      return c.u8();
    case FORM.data2:
      return c.u16();
    case FORM.data4:
      return c.u32();
    case FORM.data8:
      return c.u64();
    case FORM.data16:
      c.skip(16);
      return undefined;
    case FORM.block:
      return decodeUtf8(c.take(c.uleb()));
    default:
      throw new SymbolError('.debug_line', `form ${form} in a file table is not known`);
  }
}

/** Runs the line program; what stands before damage is kept. */
export function runLineProgram(sections: DwarfSections, header: LineHeader): LineRows {
  let capacity = 1024;
  let count = 0;
  let address = new Float64Array(capacity);
  let file = new Uint32Array(capacity);
  let line = new Uint32Array(capacity);
  let flags = new Uint8Array(capacity);
  const sequences: { low: number; high: number; first: number; last: number }[] = [];
  let first = 0;

  // The state machine's registers (6.2.2).
  let pc = 0;
  let op = 0;
  let currentFile = 1;
  let currentLine = 1;
  let isStmt = header.defaultIsStmt;
  let prologueEnd = false;

  const emit = (endSequence: boolean): void => {
    if (count === capacity) {
      capacity *= 2;
      address = grow(address, new Float64Array(capacity));
      file = grow(file, new Uint32Array(capacity));
      line = grow(line, new Uint32Array(capacity));
      flags = grow(flags, new Uint8Array(capacity));
    }
    address[count] = pc;
    file[count] = currentFile;
    line[count] = currentLine;
    flags[count] =
      (isStmt ? ROW.isStmt : 0) | (endSequence ? ROW.endSequence : 0) | (prologueEnd ? ROW.prologueEnd : 0);
    count++;
    prologueEnd = false;
    if (endSequence) {
      // A linker that drops a function leaves its sequence at address 0.
      if (address[first] < pc && address[first] !== 0)
        sequences.push({ low: address[first], high: pc, first, last: count - 1 });
      first = count;
      pc = 0;
      op = 0;
      currentFile = 1;
      currentLine = 1;
      isStmt = header.defaultIsStmt;
    }
  };
  const advance = (operations: number): void => {
    if (header.maxOperations === 1) {
      pc += operations * header.minInstructionLength;
    } else {
      pc += header.minInstructionLength * Math.floor((op + operations) / header.maxOperations);
      op = (op + operations) % header.maxOperations;
    }
  };

  const opcodeBase = header.opcodeLengths.length;
  guard(() => {
    const c = new Cursor(sections.line, '.debug_line', header.programStart, header.end);
    while (!c.atEnd) {
      const opcode = c.u8();
      if (opcode >= opcodeBase) {
        const adjusted = opcode - opcodeBase;
        advance(Math.floor(adjusted / header.lineRange));
        currentLine += header.lineBase + (adjusted % header.lineRange);
        emit(false);
        continue;
      }
      switch (opcode) {
        case 0: {
          const length = c.uleb();
          const next = c.offset + length;
          if (length === 0) break;
          const extended = c.u8();
          if (extended === 1) emit(true);
          else if (extended === 2) {
            pc = c.unsigned(length - 1);
            op = 0;
          }
          c.seek(next);
          break;
        }
        case 1:
          emit(false);
          break;
        case 2:
          advance(c.uleb());
          break;
        case 3:
          currentLine += c.sleb();
          break;
        case 4:
          currentFile = c.uleb();
          break;
        case 5:
          c.uleb();
          break;
        case 6:
          isStmt = !isStmt;
          break;
        case 7:
          break;
        case 8:
          advance(Math.floor((255 - opcodeBase) / header.lineRange));
          break;
        case 9:
          pc += c.u16();
          op = 0;
          break;
        case 10:
          prologueEnd = true;
          break;
        case 11:
          break;
        case 12:
          c.uleb();
          break;
        default:
          for (let i = 0; i < header.opcodeLengths[opcode]; i++) c.uleb();
      }
    }
  });
  sequences.sort((a, b) => a.low - b.low);
  return {
    address: address.subarray(0, count),
    file: file.subarray(0, count),
    line: line.subarray(0, count),
    flags: flags.subarray(0, count),
    sequences,
  };
}

function grow<T extends { set(from: T): void }>(from: T, to: T): T {
  to.set(from);
  return to;
}

/** The row an instruction belongs to. */
export function rowAt(rows: LineRows, pc: number): number | undefined {
  const sequence = rows.sequences[lastAtOrBelow(rows.sequences, pc, s => s.low)];
  if (!sequence || pc >= sequence.high) return undefined;
  const { first, last } = sequence;
  const found = lastAtOrBelow(rows.address.subarray(first, last), pc, a => a);
  return found < 0 ? undefined : first + found;
}
