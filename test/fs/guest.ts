/**
 * Syscalls about files without a CPU: a kernel state with one process, flat memory, and `call` to enter handlers as the
 * dispatcher would. Paths and buffers are put into a scratch area that every call starts afresh.
 */

import { amd64 } from '../../emulator/abi/amd64/arch.ts';
import { Errno, RESTART } from '../../emulator/abi/errno.ts';
import type { Args, SyscallName } from '../../emulator/abi/syscalls.ts';
import { implementedFeatures, processor } from '../../emulator/cpu/cpuid.ts';
import { type Host, type HostAnswer, HostWait } from '../../emulator/host.ts';
import type { KernelEvent } from '../../emulator/kernel/api.ts';
import type {
  Context,
  Core,
  Handler,
  KernelOptions,
  Result,
  Resumable,
  Waiting,
} from '../../emulator/kernel/context.ts';
import { createContext } from '../../emulator/kernel/dispatch.ts';
import { Restart } from '../../emulator/kernel/errors.ts';
import { files } from '../../emulator/kernel/fs/index.ts';
import type { StreamOptions } from '../../emulator/kernel/fs/mounts.ts';
import { newIpc } from '../../emulator/kernel/ipc/objects.ts';
import { defaultLimits } from '../../emulator/kernel/limits.ts';
import { seedRandom } from '../../emulator/kernel/random.ts';
import type { KernelState, Process, Task, WakeReason } from '../../emulator/kernel/state.ts';
import { handlerOf } from '../../emulator/kernel/syscalls/table.ts';
import { type AddressSpace, type Mapping, MemoryFault } from '../../emulator/memory/types.ts';

export const MEMORY_START = 0x10000;
const MEMORY_SIZE = 0x40_0000;
/** `text` and `bytes` put things from here on. */
const SCRATCH = MEMORY_START;
/** Results are written here by convention: 1 MiB. */
export const BUFFER = MEMORY_START + 0x10_0000;

function flatMemory(): AddressSpace {
  const memory = new Uint8Array(MEMORY_SIZE);
  const view = new DataView(memory.buffer);
  const mappings: Mapping[] = [];
  const at = (address: number, length: number, access: 'read' | 'write'): number => {
    const offset = address - MEMORY_START;
    if (offset < 0 || offset > MEMORY_SIZE) throw new MemoryFault({ address, access, cause: 'unmapped' });
    if (offset + length > MEMORY_SIZE)
      throw new MemoryFault({ address: MEMORY_START + MEMORY_SIZE, access, cause: 'unmapped' });
    return offset;
  };
  return {
    mappings,
    stackLimit: 0,
    map: mapping => void mappings.push(mapping),
    unmap: () => {},
    protect: () => true,
    mappingAt: () => undefined,
    findFree: () => undefined,
    discard: () => {},
    sharing: false,
    publish: () => {},
    revalidate: () => {},
    read: (address, length) => memory.slice(at(address, length, 'read'), at(address, length, 'read') + length),
    write: (address, bytes) => memory.set(bytes, at(address, bytes.length, 'write')),
    readU32: address => view.getUint32(at(address, 4, 'read'), true),
    writeU32: (address, value) => view.setUint32(at(address, 4, 'write'), value, true),
    readU64: address => view.getBigUint64(at(address, 8, 'read'), true),
    writeU64: (address, value) => view.setBigUint64(at(address, 8, 'write'), value, true),
    readString: (address, maximum) => {
      const start = at(address, 1, 'read');
      const end = memory.indexOf(0, start);
      return end - start > maximum ? undefined : memory.slice(start, end);
    },
    peek: (address, length) => memory.slice(address - MEMORY_START, address - MEMORY_START + length),
    poke: () => 0,
  } as AddressSpace;
}

export interface GuestOptions {
  uid?: number;
  mounts?: KernelOptions['mounts'];
  host?: Pick<Host, 'file'>;
  streams?: StreamOptions;
  memoryLimit?: number;
  cwd?: string;
}

/** A call that waits; `resume` enters it again. */
export interface Blocked {
  waiting: Waiting;
  resume(reason?: WakeReason): CallResult;
}

/** A number, or an errno's name, or a call that waits. */
export type CallResult = number | string | Blocked;

export interface Guest {
  state: KernelState;
  context: Context;
  task: Task;
  process: Process;
  memory: AddressSpace;
  output: { stdout: string; stderr: string };
  /** Questions that went to the host. */
  asked: string[];
  signals(): number[];
  /** Woken queues are told here. */
  call<N extends SyscallName>(name: N, args: Partial<Args<N>>): CallResult;
  /** The same, for a call that must give a number. */
  ok<N extends SyscallName>(name: N, args: Partial<Args<N>>): number;
  /** Puts a NUL-terminated string into memory. */
  text(value: string): number;
  bytes(value: Uint8Array | string): number;
  /** Bytes of BUFFER. */
  result(length: number): Uint8Array;
  string(length: number): string;
  open(path: string, flags?: number, mode?: number): CallResult;
  write(fd: number, content: string | Uint8Array): CallResult;
  read(fd: number, count?: number): string;
  /** A second process: fork. */
  fork(id: number): Guest;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export function createGuest(options: GuestOptions = {}): Guest {
  const spaces = new Map([[1, flatMemory()]]);
  const output = { stdout: '', stderr: '' };
  const uid = options.uid ?? 1000;
  const kernelOptions = {
    arch: amd64,
    spaces: {
      get: (id: number) => spaces.get(id) as AddressSpace,
      create: () => 0,
      clone: () => 0,
      free: () => {},
    },
    emit: (event: KernelEvent) => {
      if (event.is === 'output') output[event.stream] += decoder.decode(event.bytes);
    },
    program: '/bin/prog',
    args: ['/bin/prog'],
    env: [],
    cwd: options.cwd ?? '/tmp',
    uid,
    gid: uid,
    hostname: 'ring3',
    seed: 1,
    cpus: 2,
    memoryLimit: options.memoryLimit ?? 1 << 30,
    realTime: 1_700_000_000_000_000_000n,
    mounts: options.mounts ?? [],
    processor: processor(implementedFeatures()),
    streams: options.streams,
  } satisfies KernelOptions & { streams?: StreamOptions };
  const state: KernelState = {
    now: 1_000_000_000n,
    bootTime: kernelOptions.realTime - 1_000_000_000n,
    tasks: new Map(),
    processes: new Map(),
    nextId: 1001,
    blocks: 0n,
    current: 1000,
    quantum: 0,
    armed: 0,
    queue: [],
    firstProcess: 1000,
    ipc: newIpc(),
    futexes: [],
    seed: 1,
    random: seedRandom(1),
    fs: files.createState(kernelOptions),
  };
  const core: Core = { state, options: kernelOptions, files };
  const asked: string[] = [];

  function answer(wait: HostWait): void {
    asked.push(wait.request.is);
    const reply = (options.host?.file(wait.request) ?? { is: 'error', errno: 'ENOENT' }) as HostAnswer;
    files.answer(state, wait.request, reply);
  }

  function withHost<T>(action: () => T): T {
    for (let tries = 0; ; tries++) {
      try {
        return action();
      } catch (e) {
        if (!(e instanceof HostWait) || tries > 100_000) throw e;
        answer(e);
      }
    }
  }

  const process: Process = {
    id: 1000,
    parent: 0,
    group: 1000,
    session: 1000,
    run: { is: 'alive' },
    tasks: [1000],
    executable: '/bin/prog',
    memory: {
      space: 1,
      brkStart: 0,
      brk: 0,
      mmapBase: 0,
      stackTop: 0,
      argStart: 0,
      argEnd: 0,
      envEnd: 0,
      vdso: 0,
      auxv: new Uint8Array(0),
    },
    signals: { actions: Array.from({ length: 65 }, () => ({ handler: 0, flags: 0, restorer: 0, mask: 0n })) },
    pending: [],
    files: files.createTable(state),
    fs: withHost(() => files.createInfo(state, kernelOptions)),
    credentials: {
      ...{ uid, euid: uid, suid: uid, fsuid: uid, gid: uid, egid: uid, sgid: uid, fsgid: uid, groups: [uid] },
    },
    limits: defaultLimits(kernelOptions),
    timers: [],
    nextTimer: 0,
    itimers: [],
    deadTime: 0n,
    childTime: 0n,
    exitSignal: 17,
    started: state.now,
    dumpable: 1,
    noNewPrivileges: false,
    parentDeathSignal: 0,
    childSubreaper: false,
    membarrier: 0,
  };
  const task = newTask(1000, 1000);
  const console = state.fs.terminals.get(0);
  if (console) [console.session, console.foreground] = [process.session, process.group];
  state.processes.set(1000, process);
  state.tasks.set(1000, task);
  return guestOf(core, task, process, output, asked, withHost);
}

function newTask(id: number, processId: number): Task {
  return {
    id,
    processId,
    owner: id,
    name: 'prog',
    registers: amd64.startRegisters(0, 0),
    run: { is: 'runnable' },
    mask: 0n,
    pending: [],
    altStack: { sp: 0, flags: 2, size: 0 },
    clearTid: 0,
    robustList: 0,
    rseq: { address: 0, length: 0, signature: 0 },
    cpuTime: 0n,
    switches: 0,
  } as Task;
}

function guestOf(
  core: Core,
  task: Task,
  process: Process,
  output: Guest['output'],
  asked: string[],
  withHost: <T>(action: () => T) => T,
): Guest {
  const { state } = core;
  const memory = core.options.spaces.get(1);
  let scratch = SCRATCH;

  function enter(
    action: (c: Context) => Result,
    again: (reason: WakeReason, waiting: Waiting) => CallResult,
  ): CallResult {
    try {
      const result = withHost(() => action(createContext(core, task)));
      if (typeof result === 'object') {
        const { waiting } = result;
        task.run = { is: 'blocked', waiting, since: state.blocks++ };
        return {
          waiting,
          resume: (reason = (task.run.is === 'blocked' && task.run.reason) || 'woken') => again(reason, waiting),
        };
      }
      task.run = { is: 'runnable' };
      return Number(result ?? 0);
    } catch (e) {
      task.run = { is: 'runnable' };
      if (e instanceof Errno) return e.name;
      if (e instanceof Restart)
        return Object.keys(RESTART).find(name => RESTART[name as keyof typeof RESTART][0] === e.number) ?? 'restart';
      if (e instanceof MemoryFault) return 'EFAULT';
      throw e;
    }
  }

  const guest: Guest = {
    state,
    context: createContext(core, task),
    task,
    process,
    memory,
    output,
    asked,
    signals: () => [...task.pending, ...process.pending].map(s => s.signo),
    call(name, args) {
      scratch = SCRATCH;
      const handler = handlerOf(name) as Handler<SyscallName> | undefined;
      if (!handler) return 'ENOSYS';
      // What the test leaves out is zero.
      const all = new Proxy(args, { get: (target, key) => (target as never)[key] ?? 0 }) as never;
      const again = (reason: WakeReason, waiting: Waiting): CallResult => {
        if (typeof handler === 'object')
          return enter(c => (handler as Resumable<SyscallName>).resume(c, all, waiting, reason), again);
        if (reason === 'timeout') return 0;
        return reason === 'signal' ? 'EINTR' : enter(c => handler(c, all), again);
      };
      return enter(typeof handler === 'object' ? c => handler.start(c, all) : c => handler(c, all), again);
    },
    ok(name, args) {
      const result = guest.call(name, args);
      if (typeof result !== 'number') throw new Error(`${name}: ${typeof result === 'string' ? result : 'blocked'}`);
      return result;
    },
    text: value => guest.bytes(encoder.encode(`${value}\0`)),
    bytes(value) {
      const bytes = typeof value === 'string' ? encoder.encode(value) : value;
      const at = scratch;
      memory.write(at, bytes);
      scratch += Math.ceil((bytes.length + 8) / 8) * 8;
      return at;
    },
    result: length => memory.read(BUFFER, length),
    string: length => decoder.decode(memory.read(BUFFER, length)),
    open: (path, flags = 0, mode = 0o666) =>
      guest.call('openat', { dfd: -100, filename: guest.text(path), flags, mode }),
    write(fd, content) {
      const bytes = typeof content === 'string' ? encoder.encode(content) : content;
      memory.write(BUFFER, bytes);
      return guest.call('write', { fd, buf: BUFFER, count: bytes.length });
    },
    read: (fd, count = 65536) => guest.string(guest.ok('read', { fd, buf: BUFFER, count })),
    fork(id) {
      const child: Process = {
        ...process,
        id,
        parent: process.id,
        tasks: [id],
        pending: [],
        files: core.files.copyTable(state, process.files),
        fs: core.files.copyInfo(process.fs),
      };
      const childTask = newTask(id, id);
      state.processes.set(id, child);
      state.tasks.set(id, childTask);
      return guestOf(core, childTask, child, output, asked, withHost);
    },
  };
  return guest;
}
