/** What an address space is made of. Plain data: a checkpoint copies the list and shares the pages. */

export const PAGE_SIZE = 4096;
export const PROT = { READ: 1, WRITE: 2, EXEC: 4 } as const;

/** User addresses end here on amd64 (TASK_SIZE_MAX). */
export const ADDRESS_END = 0x7fff_ffff_f000;

/** Where the pages of a mapping come from before they are first written. */
export type Backing =
  | { is: 'anonymous' }
  /** A file: `inode` is the kernel's number of it, `offset` that of the mapping's first byte. */
  | { is: 'file'; inode: number; offset: number };

export interface Mapping {
  /** Page-aligned; end exclusive. */
  start: number;
  end: number;
  prot: number;
  backing: Backing;
  shared: boolean;
  /** What /proc/self/maps shows: a path, "[heap]", "[stack]", "[vdso]", or "". */
  name: string;
  growsDown: boolean;
  /** A shared mapping of a file that was opened for reading: mprotect cannot make it writable. */
  readOnly?: boolean;
}

/** Distance that a growing stack keeps from the mapping below it (stack_guard_gap, 256 pages). */
export const STACK_GUARD_GAP = 256 * PAGE_SIZE;

export type Access = 'read' | 'write' | 'execute';

/** Data that somebody wants to know accesses of; addresses are the guest's. */
export interface Watchpoint {
  address: number;
  /** Bytes. */
  size: number;
  access: 'read' | 'write' | 'access';
}

/** An access that met a watchpoint. */
export interface Met {
  address: number;
  size: number;
  access: 'read' | 'write';
}

/** Why an access failed: Linux's SEGV_MAPERR, SEGV_ACCERR, BUS_ADRERR. */
export interface Fault {
  address: number;
  access: Access;
  cause: 'unmapped' | 'protected' | 'beyond-file';
}

/** Thrown by `AddressSpace.read` and `write`. */
export class MemoryFault {
  readonly fault: Fault;
  constructor(fault: Fault) {
    this.fault = fault;
  }
}

/**
 * The contents of a file's page, at most PAGE_SIZE bytes (the rest is zero), or undefined beyond the file's end.
 * May throw HostWait.
 */
export type FillPage = (inode: number, offset: number) => Uint8Array | undefined;

/**
 * The files behind shared mappings, as the kernel has them. What a task writes reaches its file when it stops running,
 * and what others wrote is there when it runs again: one task runs at a time, so nobody can tell.
 */
export interface SharedFiles {
  /** Counts the changes of the file's contents. */
  changes(inode: number): number;
  /** The page at this offset of the file is these bytes now. */
  store(inode: number, offset: number, bytes: Uint8Array): void;
}

/** One guest address space. Methods that take ranges expect page-aligned starts and round lengths up. */
export interface AddressSpace {
  /** RLIMIT_STACK of who runs in it: how long a mapping that grows down may get, in bytes. The kernel sets it. */
  stackLimit: number;
  /** Sorted, not overlapping. */
  readonly mappings: readonly Mapping[];
  /** Replaces whatever was there. */
  map(mapping: Mapping): void;
  unmap(start: number, length: number): void;
  /** False if part of the range is not mapped (the mapped part before the hole is changed, as Linux does). */
  protect(start: number, length: number, prot: number): boolean;
  /** The mapping that holds the address. */
  mappingAt(address: number): Mapping | undefined;
  /** The highest free range of the length that ends at or below `below`, or undefined. Chooses well for the page cache. */
  findFree(length: number, below: number, align?: number): number | undefined;
  /** Drops the pages (MADV_DONTNEED): they read as their backing again. */
  discard(start: number, length: number): void;

  /** Whether pages of shared mappings are loaded: if not, the next two do nothing. */
  readonly sharing: boolean;
  /** Hands the pages of shared mappings that were written since the last time to their files. */
  publish(files: SharedFiles): void;
  /** Forgets pages of shared mappings whose file has changed since they were loaded. */
  revalidate(files: SharedFiles): void;

  /** For the kernel: a copy; throws MemoryFault as a user access of that kind would, HostWait from a file's page. */
  read(address: number, length: number): Uint8Array;
  write(address: number, bytes: Uint8Array): void;
  readU32(address: number): number;
  writeU32(address: number, value: number): void;
  readU64(address: number): bigint;
  writeU64(address: number, value: bigint): void;
  /** A NUL-terminated string's bytes without the NUL; undefined if longer than `maximum`. Throws MemoryFault. */
  readString(address: number, maximum: number): Uint8Array | undefined;

  /** For viewers: ignores protection, never throws, cut at the first byte that is not there. */
  peek(address: number, length: number): Uint8Array;
  /** For the debugger: writes past protection; returns how many bytes it could write. */
  poke(address: number, bytes: Uint8Array): number;
}
