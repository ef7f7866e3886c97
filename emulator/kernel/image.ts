/**
 * A program image: an address space made of an ELF file, for execve and for the start of the machine. Addresses are
 * those of Linux without randomisation, at the places it has with it: a fixed program where it asks to be, a
 * position-independent one at 0x5555…, the stack at 0x7ffc…, mappings from 128 MB below it downwards.
 */
import type { Arch, Registers } from '../abi/arch.ts';
import { type AddressSpace, type Mapping, PAGE_SIZE, PROT } from '../memory/types.ts';
import type { Core, FileContext, ProgramFile } from './context.ts';
import { type Program, ProgramError, parseProgram } from './elf.ts';
import { ELIBBAD, ENOENT, Errno } from './errors.ts';
import { encodeName } from './fs/names.ts';
import { pageCeil, pageFloor } from './memory.ts';
import { randomBytes } from './random.ts';
import { AT, buildStack } from './stack.ts';
import type { Credentials, MemoryInfo } from './state.ts';
import { mapVdso, VDSO_AREA } from './vdso.ts';

const PIE_BASE = 0x5555_5555_4000;
const STACK_TOP = 0x7ffc_ffff_f000;
/** mmap keeps at least this distance from the top of the stack (MIN_GAP), and more for a larger limit. */
const MINIMUM_GAP = 128 * 1024 * 1024;
const MAXIMUM_GAP = Math.floor(STACK_TOP / 6) * 5;
const CLOCK_TICKS = 100n;
const RSEQ_FEATURE_SIZE = 28n;
const RSEQ_ALIGN = 32n;
/** Bytes at AT_RANDOM. */
const RANDOM_LENGTH = 16;

export interface Image {
  path: string;
  base: number;
  /** Empty unless it was asked for. */
  file: Uint8Array;
  space: number;
  registers: Registers;
  memory: MemoryInfo;
}

/** Maps an ELF file's segments at `bias`; returns the end of the highest. */
function mapSegments(space: AddressSpace, program: Program, bias: number, inode: number, path: string): number {
  let end = 0;
  for (const segment of program.segments) {
    const address = segment.address + bias;
    const start = pageFloor(address);
    const fileEnd = address + segment.fileSize;
    const mapping: Mapping = {
      start,
      end: pageCeil(fileEnd),
      prot: segment.prot,
      backing: { is: 'file', inode, offset: pageFloor(segment.offset) },
      shared: false,
      name: path,
      growsDown: false,
    };
    if (segment.fileSize > 0) space.map(mapping);
    const memoryEnd = address + segment.memorySize;
    if (segment.memorySize > segment.fileSize) {
      // .bss: the rest of the last page of the file is zeroed, what follows is anonymous.
      const from = segment.fileSize > 0 ? pageCeil(fileEnd) : start;
      const tail = Math.min(from, memoryEnd) - fileEnd;
      if (segment.fileSize > 0 && tail > 0 && segment.prot & PROT.WRITE)
        space.poke(fileEnd, new Uint8Array(from - fileEnd));
      if (pageCeil(memoryEnd) > from)
        space.map({ ...mapping, start: from, end: pageCeil(memoryEnd), backing: { is: 'anonymous' }, name: '' });
    }
    end = Math.max(end, memoryEnd);
  }
  return end;
}

interface ExecRequest {
  path: string;
  args: readonly Uint8Array[];
  env: readonly Uint8Array[];
  credentials: Credentials;
  stackLimit: bigint;
  /** The image is to carry the whole file. */
  whole: boolean;
}

/**
 * Makes a new address space with the program in it. Throws HostWait, Errno, ProgramError; then nothing has changed but
 * for random bytes not yet drawn.
 */
export function loadProgram(core: Core, files: FileContext, request: ExecRequest): Image {
  const { arch, spaces } = core.options;
  const file = core.files.openProgram(files, request.path);
  const program = parseProgram(file, request.path, arch);
  fetchEnds(file, program);
  const linker =
    program.interpreter === undefined ? undefined : readLinker(core, files, request.path, program.interpreter, arch);
  const whole = request.whole ? file.read(0, file.size) : new Uint8Array(0);
  const id = spaces.create();
  try {
    return { ...buildImage(core, request, file, program, linker, id), file: whole };
  } catch (error) {
    spaces.free(id);
    throw error;
  }
}

/** The last pages of segments are cleared behind their ends, so they have to be there. Throws HostWait. */
function fetchEnds(file: ProgramFile, { segments }: Program): void {
  for (const { offset, fileSize } of segments) if (fileSize > 0) file.read(offset + fileSize - 1, 1);
}

interface Linker {
  program: Program;
  inode: number;
  path: string;
}

function readLinker(core: Core, files: FileContext, path: string, interpreter: string, arch: Arch): Linker {
  try {
    const file = core.files.openProgram(files, interpreter);
    const program = parseProgram(file, interpreter, arch);
    fetchEnds(file, program);
    return { program, inode: file.inode, path: file.path };
  } catch (error) {
    if (error instanceof ProgramError)
      throw new ProgramError(`${path} needs ${interpreter}, but ${error.message}`, ELIBBAD);
    if (!(error instanceof Errno)) throw error;
    throw new ProgramError(
      `${path} is dynamically linked and needs ${interpreter}, which the guest does not have (${error.name}). ` +
        'Build it statically: CGO_ENABLED=0 go build, or gcc -static; or mount the folders of the libraries.',
      error === ENOENT ? ENOENT : error,
    );
  }
}

function buildImage(
  core: Core,
  request: ExecRequest,
  file: ProgramFile,
  program: Program,
  linker: Linker | undefined,
  id: number,
): Omit<Image, 'file'> {
  const { state, options } = core;
  const { arch, spaces } = options;
  const space = spaces.get(id);
  const base = program.dynamic ? PIE_BASE - pageFloor(program.segments[0]!.address) : 0;
  const end = mapSegments(space, program, base, file.inode, file.path);
  const gap = Math.min(Math.max(Number(request.stackLimit) + 1024 * 1024, MINIMUM_GAP), MAXIMUM_GAP);
  const mmapBase = pageFloor(STACK_TOP - gap);
  const area = space.findFree(VDSO_AREA, mmapBase)!;
  const vdso = mapVdso(space, area, state.bootTime);

  let entry = program.entry + base;
  let linkerBase = 0;
  if (linker) {
    const last = linker.program.segments.at(-1)!;
    const size = pageCeil(last.address + last.memorySize);
    linkerBase = space.findFree(size, area)!;
    mapSegments(space, linker.program, linkerBase, linker.inode, linker.path);
    entry = linker.program.entry + linkerBase;
  }

  const { credentials } = request;
  const secure = credentials.uid !== credentials.euid || credentials.gid !== credentials.egid;
  const built = buildStack(space, {
    top: STACK_TOP,
    limit: request.stackLimit,
    executable: program.executableStack,
    path: encodeName(request.path),
    args: request.args,
    env: request.env,
    platform: arch.platform,
    random: randomBytes(state.random, RANDOM_LENGTH),
    auxv: [
      [AT.SYSINFO_EHDR, BigInt(vdso)],
      [AT.MINSIGSTKSZ, BigInt(arch.minimumSignalStack)],
      [AT.HWCAP, options.processor.hwcap],
      [AT.PAGESZ, BigInt(PAGE_SIZE)],
      [AT.CLKTCK, CLOCK_TICKS],
      [AT.PHDR, BigInt(program.headerAddress + base)],
      [AT.PHENT, 56n],
      [AT.PHNUM, BigInt(program.headerCount)],
      [AT.BASE, BigInt(linkerBase)],
      [AT.FLAGS, 0n],
      [AT.ENTRY, BigInt(program.entry + base)],
      [AT.UID, BigInt(credentials.uid)],
      [AT.EUID, BigInt(credentials.euid)],
      [AT.GID, BigInt(credentials.gid)],
      [AT.EGID, BigInt(credentials.egid)],
      [AT.SECURE, secure ? 1n : 0n],
      [AT.RANDOM, 'random'],
      [AT.HWCAP2, options.processor.hwcap2],
      [AT.EXECFN, 'execfn'],
      [AT.PLATFORM, 'platform'],
      [AT.RSEQ_FEATURE_SIZE, RSEQ_FEATURE_SIZE],
      [AT.RSEQ_ALIGN, RSEQ_ALIGN],
    ],
  });
  const brk = pageCeil(end);
  return {
    path: file.path,
    base,
    space: id,
    registers: arch.startRegisters(entry, built.sp),
    memory: {
      space: id,
      brkStart: brk,
      brk,
      mmapBase,
      stackTop: STACK_TOP,
      argStart: built.argStart,
      argEnd: built.argEnd,
      envEnd: built.envEnd,
      vdso,
      auxv: built.auxv,
    },
  };
}

/** Gives an image that nobody has seen yet the random bytes of another seed (AT_RANDOM). */
export function redrawRandom(space: AddressSpace, auxv: Uint8Array, random: BigUint64Array): void {
  const view = new DataView(auxv.buffer, auxv.byteOffset, auxv.length);
  for (let at = 0; at < auxv.length; at += 16)
    if (view.getBigUint64(at, true) === BigInt(AT.RANDOM))
      space.write(Number(view.getBigUint64(at + 8, true)), randomBytes(random, RANDOM_LENGTH));
}
