/**
 * What execve reads of an ELF file: header and program headers, checked so far that nothing later can go wrong. (The
 * debugger's parser, symbols/elf.ts, reads sections and symbols and forgives more.) A file that cannot be run is
 * named with a sentence that says what it is and what would help.
 */
import type { Arch } from '../abi/arch.ts';
import { ADDRESS_END, PAGE_SIZE } from '../memory/types.ts';
import type { ProgramFile } from './context.ts';
import { ENOEXEC, type Errno } from './errors.ts';

/** Why a program cannot be loaded. execve answers with `errno`; the one who started the machine reads the sentence. */
export class ProgramError extends Error {
  readonly errno: Errno;
  constructor(sentence: string, errno: Errno = ENOEXEC) {
    super(sentence);
    this.errno = errno;
  }
}

const HEADER_SIZE = 64;
const PROGRAM_HEADER_SIZE = 56;
const ET_EXEC = 2;
const ET_DYN = 3;
const PT_LOAD = 1;
const PT_INTERP = 3;
const PT_PHDR = 6;
const PT_GNU_STACK = 0x6474e551;
/** Linux refuses program header tables over 64 KiB. */
const TABLE_LIMIT = 65536;

const TYPES: Readonly<Record<number, string>> = {
  0: 'no file type',
  1: 'an object file (.o); link it first',
  4: 'a core dump; open it with a debugger that reads core files',
};
const MACHINES: Readonly<Record<number, string>> = {
  3: '32-bit x86 (i386)',
  8: 'MIPS',
  20: 'PowerPC',
  21: 'PowerPC 64',
  22: 'IBM Z (s390)',
  40: '32-bit ARM',
  62: 'x86-64 (amd64)',
  183: 'ARM 64 (arm64)',
  243: 'RISC-V',
  258: 'LoongArch',
};

export interface Segment {
  offset: number;
  address: number;
  fileSize: number;
  memorySize: number;
  /** PROT_ bits. */
  prot: number;
}

export interface Program {
  /** Position-independent: loaded at an address of our choice. */
  dynamic: boolean;
  entry: number;
  segments: Segment[];
  headerOffset: number;
  headerCount: number;
  /** Where the program headers lie in memory, without the load bias. */
  headerAddress: number;
  /** Path of the dynamic linker the file asks for. */
  interpreter?: string;
  executableStack: boolean;
}

const begins = (bytes: Uint8Array, ...start: number[]): boolean => start.every((b, i) => bytes[i] === b);

/** What a file is that is no ELF, as a sentence without its subject. */
function describeOther(bytes: Uint8Array, build: string): string {
  if (bytes.length === 0) return 'is empty.';
  if (begins(bytes, 0x23, 0x21)) {
    const end = bytes.indexOf(10);
    const line = String.fromCharCode(...bytes.subarray(2, Math.min(end < 0 ? 80 : end, 80))).trim();
    return `is a script (for ${line || 'an unnamed interpreter'}). Ring 3 runs Linux ELF programs; run the script's interpreter, or the program it starts.`;
  }
  const machO = [
    [0xcf, 0xfa, 0xed, 0xfe],
    [0xce, 0xfa, 0xed, 0xfe],
    [0xfe, 0xed, 0xfa, 0xcf],
    [0xca, 0xfe, 0xba, 0xbe],
  ];
  if (machO.some(magic => begins(bytes, ...magic))) return `is a Mach-O file, a program for macOS. ${build}`;
  if (begins(bytes, 0x4d, 0x5a)) return `is a PE file, a program for Windows. ${build}`;
  if (begins(bytes, 0x00, 0x61, 0x73, 0x6d)) return `is a WebAssembly module. ${build}`;
  return 'is no ELF file.';
}

/** Reads and checks the headers, and nothing else of the file. Throws ProgramError, and what `read` does. */
export function parseProgram(file: Pick<ProgramFile, 'size' | 'read'>, path: string, arch: Arch): Program {
  const bytes = file.read(0, PAGE_SIZE);
  const fail = (what: string): never => {
    throw new ProgramError(`${path} ${what}`);
  };
  const build = `Build it for linux/${arch.name}: GOOS=linux GOARCH=${arch.name} go build.`;
  if (!begins(bytes, 0x7f, 0x45, 0x4c, 0x46)) fail(describeOther(bytes, build));
  if (bytes.length < HEADER_SIZE) fail(`is a truncated ELF file: ${bytes.length} bytes do not hold its header.`);
  let view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const machine = view.getUint16(18, bytes[5] === 1);
  const machineName = MACHINES[machine] ?? `machine ${machine}`;
  if (bytes[4] !== 2) fail(`is a 32-bit ELF file for ${machineName}; Ring 3 runs 64-bit programs. ${build}`);
  if (bytes[5] !== 1) fail(`is a big-endian ELF file for ${machineName}. ${build}`);
  if (machine !== arch.elfMachine)
    fail(`is built for ${machineName}; Ring 3 runs ${MACHINES[arch.elfMachine] ?? arch.name}. ${build}`);
  const type = view.getUint16(16, true);
  if (type !== ET_EXEC && type !== ET_DYN) fail(`is ${TYPES[type] ?? `of ELF type ${type}, which cannot be run`}.`);

  const number = (at: number, what: string): number => {
    const value = view.getBigUint64(at, true);
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) fail(`is corrupt: ${what} is 0x${value.toString(16)}.`);
    return Number(value);
  };
  const headerOffset = number(32, 'the offset of its program headers');
  const headerSize = view.getUint16(54, true);
  const headerCount = view.getUint16(56, true);
  if (headerCount === 0) fail('is corrupt: it has no program headers.');
  if (headerSize !== PROGRAM_HEADER_SIZE)
    fail(`is corrupt: its program headers are ${headerSize} bytes each, not ${PROGRAM_HEADER_SIZE}.`);
  if (headerCount * headerSize > TABLE_LIMIT) fail(`is corrupt: it has ${headerCount} program headers.`);
  if (headerOffset + headerCount * headerSize > file.size)
    fail('is corrupt or truncated: its program headers lie beyond its end.');

  const program: Program = {
    dynamic: type === ET_DYN,
    entry: number(24, 'its entry point'),
    segments: [],
    headerOffset,
    headerCount,
    headerAddress: 0,
    // Since Linux 5.8 a 64-bit program that says nothing about its stack gets one that cannot be executed.
    executableStack: false,
  };
  let stated: number | undefined;
  const headers = file.read(headerOffset, headerCount * headerSize);
  view = new DataView(headers.buffer, headers.byteOffset, headers.byteLength);
  for (let i = 0; i < headerCount; i++) {
    const at = i * headerSize;
    const kind = view.getUint32(at, true);
    const flags = view.getUint32(at + 4, true);
    if (kind === PT_GNU_STACK) program.executableStack = (flags & 1) !== 0;
    if (kind !== PT_LOAD && kind !== PT_INTERP && kind !== PT_PHDR) continue;
    const offset = number(at + 8, `the offset of program header ${i}`);
    const address = number(at + 16, `the address of program header ${i}`);
    const fileSize = number(at + 32, `the file size of program header ${i}`);
    const memorySize = number(at + 40, `the memory size of program header ${i}`);
    if (kind === PT_PHDR) stated = address;
    else if (kind === PT_INTERP) {
      const name = fileSize <= 4096 ? file.read(offset, fileSize) : new Uint8Array(0);
      if (fileSize < 2 || name.length < fileSize || name[fileSize - 1] !== 0)
        fail('is corrupt: the path of its dynamic linker is not a string.');
      program.interpreter = String.fromCharCode(...name.subarray(0, -1));
    } else {
      if (memorySize === 0) continue;
      if (fileSize > memorySize) fail(`is corrupt: segment ${i} has more bytes in the file than in memory.`);
      if (offset + fileSize > file.size)
        fail(`is corrupt or truncated: segment ${i} ends at ${offset + fileSize}, the file at ${file.size}.`);
      if ((address - offset) % PAGE_SIZE !== 0)
        fail(`is corrupt: address and file offset of segment ${i} differ within a page.`);
      if (address + memorySize > ADDRESS_END) fail(`is corrupt: segment ${i} lies outside of user memory.`);
      const prot = (flags & 4 ? 1 : 0) | (flags & 2 ? 2 : 0) | (flags & 1 ? 4 : 0);
      program.segments.push({ offset, address, fileSize, memorySize, prot });
    }
  }
  if (program.segments.length === 0) fail('is corrupt: it has no segment to load.');
  program.segments.forEach((segment, i) => {
    const before = program.segments[i - 1];
    if (before && before.address + before.memorySize > segment.address)
      fail('is corrupt: its segments overlap or are out of order.');
  });
  const holder = program.segments.find(s => headerOffset >= s.offset && headerOffset < s.offset + s.fileSize);
  program.headerAddress = stated ?? (holder ? holder.address + headerOffset - holder.offset : 0);
  return program;
}
