/**
 * A kernel without a CPU: tests play the program. `call` puts a syscall into the registers of the task that runs, lets
 * the kernel answer it and schedule, and gives the result.
 */

import { amd64 } from '../../emulator/abi/amd64/arch.ts';
import { R8, R9, R10, RAX, RDI, RDX, RSI } from '../../emulator/abi/amd64/layout.ts';
import { type SyscallName, syscallNumber } from '../../emulator/abi/syscalls.ts';
import { implementedFeatures, processor } from '../../emulator/cpu/cpuid.ts';
import type { HostAnswer, HostRequest } from '../../emulator/host.ts';
import { HostWait } from '../../emulator/host.ts';
import type { Decision, KernelEvent, TaskId } from '../../emulator/kernel/api.ts';
import type { KernelOptions, Spaces } from '../../emulator/kernel/context.ts';
import { files } from '../../emulator/kernel/fs/index.ts';
import { createKernel, type RingKernel } from '../../emulator/kernel/kernel.ts';
import type { Task } from '../../emulator/kernel/state.ts';
import { LinearSpace, type SpaceImage } from '../../emulator/memory/address-space.ts';
import { createMemory } from '../../emulator/memory/linear.ts';

export const CODE = 0x401000;
export const DATA = 0x402000;

const ARGUMENTS = [RDI, RSI, RDX, R10, R8, R9];

/** A static ELF with a page of code and `pages` pages of data. */
export function tinyElf(change: (view: DataView) => void = () => {}, pages = 4): Uint8Array {
  const bytes = new Uint8Array(0x2010);
  const view = new DataView(bytes.buffer);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(16, 2, true);
  view.setUint16(18, 62, true);
  view.setUint32(20, 1, true);
  view.setBigUint64(24, BigInt(CODE), true);
  view.setBigUint64(32, 64n, true);
  view.setUint16(52, 64, true);
  view.setUint16(54, 56, true);
  view.setUint16(56, 2, true);
  const segment = (at: number, flags: number, offset: number, address: number, file: number, memory: number) => {
    view.setUint32(at, 1, true);
    view.setUint32(at + 4, flags, true);
    view.setBigUint64(at + 8, BigInt(offset), true);
    view.setBigUint64(at + 16, BigInt(address), true);
    view.setBigUint64(at + 32, BigInt(file), true);
    view.setBigUint64(at + 40, BigInt(memory), true);
    view.setBigUint64(at + 48, 4096n, true);
  };
  segment(64, 5, 0, 0x400000, 0x2000, 0x2000);
  segment(120, 6, 0x2000, DATA, 0x10, pages * 4096);
  bytes.set(new TextEncoder().encode('data'), 0x2000);
  change(view);
  return bytes;
}

export class TestSpaces implements Spaces {
  readonly spaces = new Map<number, LinearSpace>();
  next = 1;
  fill: (inode: number, offset: number) => Uint8Array | undefined = () => undefined;
  get(id: number): LinearSpace {
    const space = this.spaces.get(id);
    if (!space) throw new Error(`no space ${id}`);
    return space;
  }
  create(): number {
    const memory = createMemory();
    const space = new LinearSpace(memory, (inode, offset) => this.fill(inode, offset));
    this.spaces.set(this.next, space);
    return this.next++;
  }
  clone(id: number): number {
    const image: SpaceImage = this.get(id).image();
    const copy = this.create();
    this.get(copy).restore(image);
    return copy;
  }
  free(id: number): void {
    this.spaces.delete(id);
  }
}

export interface Guest {
  kernel: RingKernel;
  options: KernelOptions;
  spaces: TestSpaces;
  events: KernelEvent[];
  /** Makes the call in the current task and schedules; undefined when it did not return to it. */
  call(name: SyscallName, ...args: (number | bigint)[]): number | undefined;
  /** Like `call`, without scheduling afterwards. */
  enter(name: SyscallName, ...args: (number | bigint)[]): void;
  schedule(): Decision;
  task(id?: TaskId): Task;
  space(): LinearSpace;
  write(address: number, ...values: (number | bigint)[]): void;
  u64(address: number): bigint;
  u32(address: number): number;
  text(address: number, value: string): number;
}

export function startGuest(
  given: Partial<KernelOptions> & { files?: Record<string, Uint8Array>; schedule?: boolean } = {},
): Guest {
  const { files: hostFiles = { '/host/prog': tinyElf() }, schedule: first = true, ...changes } = given;
  const spaces = new TestSpaces();
  const events: KernelEvent[] = [];
  const options: KernelOptions = {
    arch: amd64,
    spaces,
    emit: event => events.push(event),
    program: '/mnt/prog',
    args: ['prog', 'one'],
    env: ['A=b'],
    cwd: '/mnt',
    uid: 1000,
    gid: 1000,
    hostname: 'guest',
    seed: 1,
    cpus: 1,
    memoryLimit: 2 ** 31,
    realTime: 1_700_000_000_000_000_000n,
    mounts: [{ host: '/host', guest: '/mnt', mode: 'cow' }],
    processor: processor(implementedFeatures()),
    ...changes,
  };
  const kernel = createKernel(options, files);
  spaces.fill = (inode, offset) => kernel.fillPage(inode, offset);
  const host = (request: HostRequest): HostAnswer => answer(hostFiles, request);
  const patiently = <T>(action: () => T): T => {
    for (;;) {
      try {
        return action();
      } catch (wait) {
        if (!(wait instanceof HostWait)) throw wait;
        kernel.answer(wait.request, host(wait.request));
      }
    }
  };
  patiently(() => kernel.start());

  const current = (): number => kernel.state.current ?? kernel.tasks()[0]!.id;
  const guest: Guest = {
    kernel,
    options,
    spaces,
    events,
    enter(name, ...args) {
      const id = current();
      const r = guest.task(id).registers;
      const number = syscallNumber('amd64', name)!;
      r[RAX] = BigInt(number);
      args.forEach((value, i) => {
        r[ARGUMENTS[i]!] = BigInt.asUintN(64, BigInt(value));
      });
      const pc = amd64.pc(r);
      amd64.syscall.enter(r);
      kernel.advance(1);
      patiently(() => kernel.syscall(id, pc));
    },
    call(name, ...args) {
      const id = current();
      const { registers } = guest.task(id);
      const before = events.length;
      guest.enter(name, ...args);
      guest.schedule();
      const exit = events.slice(before).find(e => e.is === 'syscall-exit' && e.call.task === id);
      if (exit?.is !== 'syscall-exit') return undefined;
      void registers;
      return Number(exit.call.result);
    },
    schedule: () => patiently(() => kernel.schedule()),
    task: (id = current()) => kernel.state.tasks.get(id)!,
    space: () => spaces.get(kernel.state.processes.get(guest.task().processId)!.memory.space),
    write(address, ...values) {
      values.forEach((value, i) => {
        guest.space().writeU64(address + 8 * i, BigInt.asUintN(64, BigInt(value)));
      });
    },
    u64: address => guest.space().readU64(address),
    u32: address => guest.space().readU32(address),
    text(address, value) {
      guest.space().write(address, new TextEncoder().encode(`${value}\0`));
      return address;
    },
  };
  if (first) guest.schedule();
  return guest;
}

/** A host whose root holds the given files. */
function answer(hostFiles: Record<string, Uint8Array>, request: HostRequest): HostAnswer {
  if (request.is === 'rename') return { is: 'error', errno: 'EROFS' };
  const { path } = request;
  const file = hostFiles[path];
  const folder = Object.keys(hostFiles).some(name => name.startsWith(`${path}/`));
  switch (request.is) {
    case 'stat':
      if (!file && !folder) return { is: 'error', errno: 'ENOENT' };
      return {
        is: 'stat',
        stat: {
          kind: file ? 'file' : 'directory',
          size: file?.length ?? 0,
          mode: 0o755,
          mtime: 0n,
          ino: 1,
          nlink: 1,
        },
      };
    case 'read':
      if (!file) return { is: 'error', errno: 'ENOENT' };
      return { is: 'read', bytes: file.slice(request.offset, request.offset + request.length) };
    case 'readdir':
      return {
        is: 'readdir',
        names: [
          ...new Set(
            Object.keys(hostFiles)
              .filter(name => name.startsWith(`${path}/`))
              .map(name => name.slice(path.length + 1).split('/')[0]!),
          ),
        ],
      };
    default:
      return { is: 'error', errno: 'EINVAL' };
  }
}
