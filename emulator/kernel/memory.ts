/**
 * User memory as kernel code reaches it. Linux's copies to and from user space fault like the program itself would,
 * and such a fault can extend the stack; so can ours.
 */
import type { UserMemory } from '../abi/arch.ts';
import { RLIMIT } from '../abi/flags.ts';
import {
  type AddressSpace,
  type Fault,
  type Mapping,
  MemoryFault,
  PAGE_SIZE,
  type SharedFiles,
} from '../memory/types.ts';
import type { Core } from './context.ts';
import { storePage } from './fs/pages.ts';
import type { Process, Task } from './state.ts';

/** Distance that a growing stack keeps from the mapping below it (stack_guard_gap, 256 pages). */
export const STACK_GUARD_GAP = 256 * PAGE_SIZE;

export const pageFloor = (address: number): number => Math.floor(address / PAGE_SIZE) * PAGE_SIZE;
export const pageCeil = (address: number): number => Math.ceil(address / PAGE_SIZE) * PAGE_SIZE;

/**
 * Extends a mapping that grows down to hold the address: within the stack's limit, and not into the gap before what
 * lies below. False if the access is a fault.
 */
export function growStack(space: AddressSpace, process: Process, address: number): boolean {
  const above = space.mappings.findIndex(m => m.start > address);
  if (above < 0) return false;
  const stack = space.mappings[above]!;
  if (!stack.growsDown) return false;
  const start = pageFloor(address);
  const limit = process.limits[RLIMIT.RLIMIT_STACK]!.soft;
  if (BigInt(stack.end - start) > limit) return false;
  const below = space.mappings[above - 1];
  if (below && below.prot !== 0 && !below.growsDown && below.end + STACK_GUARD_GAP > start) return false;
  if (below && below.end > start) return false;
  space.map({ ...stack, start, end: stack.start });
  return true;
}

class GrowingSpace implements AddressSpace {
  private readonly inner: AddressSpace;
  private readonly process: Process;
  constructor(inner: AddressSpace, process: Process) {
    this.inner = inner;
    this.process = process;
  }

  /** Tries again for every stretch of stack that the access needs. */
  private access<T>(action: () => T): T {
    for (;;) {
      try {
        return action();
      } catch (error) {
        if (!(error instanceof MemoryFault) || error.fault.cause !== 'unmapped') throw error;
        if (!growStack(this.inner, this.process, error.fault.address)) throw error;
      }
    }
  }

  get mappings(): readonly Mapping[] {
    return this.inner.mappings;
  }
  map(mapping: Mapping): void {
    this.inner.map(mapping);
  }
  unmap(start: number, length: number): void {
    this.inner.unmap(start, length);
  }
  protect(start: number, length: number, prot: number): boolean {
    return this.inner.protect(start, length, prot);
  }
  mappingAt(address: number): Mapping | undefined {
    return this.inner.mappingAt(address);
  }
  findFree(length: number, below: number, align?: number): number | undefined {
    return this.inner.findFree(length, below, align);
  }
  discard(start: number, length: number): void {
    this.inner.discard(start, length);
  }
  get sharing(): boolean {
    return this.inner.sharing;
  }
  publish(files: SharedFiles): void {
    this.inner.publish(files);
  }
  revalidate(files: SharedFiles): void {
    this.inner.revalidate(files);
  }
  read(address: number, length: number): Uint8Array {
    return this.access(() => this.inner.read(address, length));
  }
  write(address: number, bytes: Uint8Array): void {
    this.access(() => this.inner.write(address, bytes));
  }
  readU32(address: number): number {
    return this.access(() => this.inner.readU32(address));
  }
  writeU32(address: number, value: number): void {
    this.access(() => this.inner.writeU32(address, value));
  }
  readU64(address: number): bigint {
    return this.access(() => this.inner.readU64(address));
  }
  writeU64(address: number, value: bigint): void {
    this.access(() => this.inner.writeU64(address, value));
  }
  readString(address: number, maximum: number): Uint8Array | undefined {
    return this.access(() => this.inner.readString(address, maximum));
  }
  peek(address: number, length: number): Uint8Array {
    return this.inner.peek(address, length);
  }
  poke(address: number, bytes: Uint8Array): number {
    return this.inner.poke(address, bytes);
  }
}

/** The task's memory for a handler. */
export function spaceOf(core: Core, process: Process): AddressSpace {
  const space = core.options.spaces.get(process.memory.space);
  if (space.sharing) space.revalidate(sharedFiles(core));
  return new GrowingSpace(space, process);
}

/** What address spaces ask of the files behind shared mappings. */
export function sharedFiles(core: Core): SharedFiles {
  const { inodes } = core.state.fs;
  const fileOf = (id: number) => {
    const inode = inodes.get(id);
    return inode?.is === 'file' ? inode : undefined;
  };
  return {
    changes: id => fileOf(id)?.changes ?? 0,
    store(id, offset, bytes) {
      const file = fileOf(id);
      if (!file) return;
      storePage(core.state.fs, file, offset, bytes);
      file.mtime = core.state.bootTime + core.state.now;
      file.ctime = file.mtime;
    },
  };
}

export const userMemory = (core: Core, task: Task): UserMemory =>
  spaceOf(core, core.state.processes.get(task.processId)!);

/** What a page fault is to a program: grown stack, or the signal's code. */
export function resolveFault(core: Core, process: Process, fault: Fault): boolean {
  return fault.cause === 'unmapped' && growStack(core.options.spaces.get(process.memory.space), process, fault.address);
}
