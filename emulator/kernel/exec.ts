/**
 * A program image: how execve (and the start of the machine) makes an address space of an ELF file. Addresses are
 * those of Linux without randomisation, at the places it has with it: a fixed program where it asks to be, a
 * position-independent one at 0x5555…, the stack at 0x7ffc…, mappings from 128 MB below it downwards.
 */

import type { Arch, Registers } from '../abi/arch.ts';
import { RLIMIT, SA_HANDLER } from '../abi/flags.ts';
import { type AddressSpace, type Mapping, PAGE_SIZE, PROT } from '../memory/types.ts';
import type { Context, Core, FileContext } from './context.ts';
import { type Program, ProgramError, parseProgram } from './elf.ts';
import { ELIBBAD, ELOOP, ENOENT, ENOEXEC, Errno } from './errors.ts';
import { decodeName, encodeName } from './fs/names.ts';
import { defaultLimits } from './limits.ts';
import { pageCeil, pageFloor } from './memory.ts';
import { randomBytes } from './random.ts';
import { enqueue } from './scheduler.ts';
import { AT, buildStack } from './stack.ts';
import type { Credentials, MemoryInfo, Process, SignalAction, Task } from './state.ts';
import { exitTask, releaseMemory } from './tasks.ts';
import { mapVdso, VDSO_AREA } from './vdso.ts';

export { ProgramError };

const PIE_BASE = 0x5555_5555_4000;
export const STACK_TOP = 0x7ffc_ffff_f000;
/** mmap keeps at least this distance from the top of the stack (MIN_GAP), and more for a larger limit. */
const MINIMUM_GAP = 128 * 1024 * 1024;
const MAXIMUM_GAP = Math.floor(STACK_TOP / 6) * 5;
const CLOCK_TICKS = 100n;
const RSEQ_FEATURE_SIZE = 28n;
const RSEQ_ALIGN = 32n;
export const SIGNAL_COUNT = 65;

export interface Image {
  path: string;
  base: number;
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
}

/**
 * Makes a new address space with the program in it. Throws HostWait, Errno, ProgramError; then nothing has changed but
 * for random bytes not yet drawn.
 */
export function loadProgram(core: Core, files: FileContext, request: ExecRequest): Image {
  const { arch, spaces } = core.options;
  const file = core.files.readProgram(files, request.path);
  const program = parseProgram(file.bytes, request.path, arch);
  const linker =
    program.interpreter === undefined ? undefined : readLinker(core, files, request.path, program.interpreter, arch);
  const id = spaces.create();
  try {
    return buildImage(core, request, file, program, linker, id);
  } catch (error) {
    spaces.free(id);
    throw error;
  }
}

interface Linker {
  program: Program;
  inode: number;
  path: string;
}

function readLinker(core: Core, files: FileContext, path: string, interpreter: string, arch: Arch): Linker {
  try {
    const file = core.files.readProgram(files, interpreter);
    return { program: parseProgram(file.bytes, interpreter, arch), inode: file.inode, path: file.path };
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
  file: { path: string; inode: number; bytes: Uint8Array },
  program: Program,
  linker: Linker | undefined,
  id: number,
): Image {
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
    random: randomBytes(state.random, 16),
    auxv: [
      [AT.SYSINFO_EHDR, BigInt(vdso)],
      [AT.MINSIGSTKSZ, BigInt(arch.minimumSignalStack)],
      [AT.HWCAP, options.hwcap],
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
      [AT.HWCAP2, options.hwcap2],
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
    file: file.bytes,
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

/** comm: the last component of the path, cut to 15 bytes. */
export function commandName(path: string): string {
  return decodeName(encodeName(path.slice(path.lastIndexOf('/') + 1)).slice(0, 15));
}

export const defaultActions = (): SignalAction[] =>
  Array.from({ length: SIGNAL_COUNT }, () => ({ handler: SA_HANDLER.SIG_DFL, flags: 0, restorer: 0, mask: 0n }));

/** The first process and its task. May throw HostWait, Errno and ProgramError before anything has changed. */
export function startProgram(core: Core): void {
  const { state, options, files } = core;
  const { uid, gid, program } = options;
  const credentials: Credentials = {
    uid,
    euid: uid,
    suid: uid,
    fsuid: uid,
    gid,
    egid: gid,
    sgid: gid,
    fsgid: gid,
    groups: [gid],
  };
  const limits = defaultLimits(options);
  const fs = files.createInfo(state, options);
  const image = loadProgram(
    core,
    { state, options, process: { fs, credentials } },
    {
      path: program,
      args: options.args.map(encodeName),
      env: options.env.map(encodeName),
      credentials,
      stackLimit: limits[RLIMIT.RLIMIT_STACK]!.soft,
    },
  );
  const id = state.firstProcess;
  state.nextId = id + 1;
  const process: Process = {
    id,
    parent: 1,
    group: id,
    session: 1,
    run: { is: 'alive' },
    tasks: [id],
    executable: image.path,
    memory: image.memory,
    signals: { actions: defaultActions() },
    pending: [],
    files: files.createTable(state),
    fs,
    credentials,
    limits,
    timers: [],
    nextTimer: 0,
    itimers: [{ interval: 0n }, { interval: 0n }, { interval: 0n }],
    deadTime: 0n,
    childTime: 0n,
    exitSignal: 0,
    started: state.now,
    dumpable: 1,
    noNewPrivileges: false,
    parentDeathSignal: 0,
    childSubreaper: false,
    membarrier: 0,
  };
  const task: Task = {
    id,
    processId: id,
    name: commandName(program),
    registers: image.registers,
    run: { is: 'runnable' },
    mask: 0n,
    pending: [],
    altStack: { sp: 0, flags: 0, size: 0 },
    clearTid: 0,
    robustList: 0,
    rseq: { address: 0, length: 0, signature: 0 },
    cpuTime: 0n,
    switches: 0,
  };
  state.processes.set(id, process);
  state.tasks.set(id, task);
  enqueue(core, id);
  options.emit({ is: 'exec', task: id, path: image.path, base: image.base, file: image.file });
}

const SCRIPT_DEPTH = 5;
const SCRIPT_LINE = 256;

/** "#! interpreter argument": what is to be run instead, and its arguments (fs/binfmt_script.c). */
function resolveScript(
  c: Context,
  path: string,
  args: readonly Uint8Array[],
): { path: string; args: readonly Uint8Array[] } {
  let now = { path, args };
  for (let depth = 0; ; depth++) {
    const { bytes } = c.files.readProgram(c, now.path);
    if (bytes[0] !== 0x23 || bytes[1] !== 0x21) return now;
    if (depth === SCRIPT_DEPTH) throw ELOOP;
    const end = bytes.subarray(0, SCRIPT_LINE).indexOf(10);
    const line = decodeName(bytes.slice(2, end < 0 ? SCRIPT_LINE : end)).replace(/^[ \t]+|[ \t]+$/g, '');
    const split = /^(\S+)(?:[ \t]+(.*))?$/.exec(line);
    if (!split) throw ENOEXEC;
    const first = [split[1]!, ...(split[2] === undefined ? [] : [split[2]]), now.path];
    now = { path: split[1]!, args: [...first.map(encodeName), ...now.args.slice(1)] };
  }
}

/**
 * execve: the process goes on with another program. Its other threads die, and the caller becomes the leader.
 * Throws Errno and HostWait before anything has changed.
 */
export function replaceProgram(
  c: Context,
  path: string,
  args: readonly Uint8Array[],
  env: readonly Uint8Array[],
): void {
  const { state, task, process, options } = c;
  let image: Image;
  try {
    const script = resolveScript(c, path, args.length === 0 ? [new Uint8Array()] : args);
    const stackLimit = process.limits[RLIMIT.RLIMIT_STACK]!.soft;
    image = loadProgram(c, c, { ...script, env, credentials: process.credentials, stackLimit });
  } catch (error) {
    if (error instanceof ProgramError) throw error.errno;
    throw error;
  }
  for (const id of process.tasks.filter(id => id !== task.id)) exitTask(c, state.tasks.get(id)!, 0);
  releaseMemory(c, task, process);
  if (task.id !== process.id) becomeLeader(c, task, process);

  const old = process.memory;
  process.memory = image.memory;
  if (![...state.processes.values()].some(p => p.run.is !== 'zombie' && p.memory.space === old.space))
    options.spaces.free(old.space);
  const others = [...state.processes.values()].filter(p => p !== process && p.run.is !== 'zombie');
  if (others.some(p => p.files === process.files)) process.files = c.files.copyTable(state, process.files);
  c.files.closeOnExec(c);
  // Handlers are gone with the memory; what was ignored stays ignored.
  process.signals = {
    actions: process.signals.actions.map(a => ({
      handler: a.handler === SA_HANDLER.SIG_IGN ? a.handler : SA_HANDLER.SIG_DFL,
      flags: 0,
      restorer: 0,
      mask: 0n,
    })),
  };
  process.timers = [];
  process.executable = image.path;
  process.dumpable = 1;
  task.registers.set(image.registers);
  task.name = commandName(path);
  task.altStack = { sp: 0, flags: 0, size: 0 };
  task.rseq = { address: 0, length: 0, signature: 0 };
  task.fault = undefined;
  task.keepCapabilities = undefined;
  options.emit({ is: 'exec', task: task.id, path: image.path, base: image.base, file: image.file });
}

/** A thread that executes a program takes over the number of its process (de_thread). */
function becomeLeader(c: Context, task: Task, process: Process): void {
  const { state } = c;
  state.tasks.delete(task.id);
  if (state.current === task.id) state.current = process.id;
  task.id = process.id;
  if (task.call) task.call.task = task.id;
  state.tasks.set(task.id, task);
  process.tasks = [task.id];
}
