/**
 * A guest address space over one linear memory, which is a cache of its pages (see `linear.ts`). The truth of a page
 * is, in this order: the linear copy while it is resident, the stored image, what its mapping is backed by.
 *
 * Write tags double as dirty bits: a clean page has none, so the first write after a checkpoint comes through here.
 * Pages that hold decoded code or a watchpoint have none either.
 */

import { HostWait } from '../host.ts';
import { join } from './bytes.ts';
import { BOUNCE, ENGINE, ENGINE_END, fold, LINEAR_PAGES, READ_TAGS, TAGS_LOWERED, WRITE_TAGS } from './linear.ts';
import { SharedPages } from './shared.ts';
import {
  type Access,
  ADDRESS_END,
  type AddressSpace,
  type Fault,
  type FillPage,
  type Mapping,
  MemoryFault,
  type Met,
  PAGE_SIZE,
  PROT,
  type SharedFiles,
  STACK_GUARD_GAP,
  type Watchpoint,
} from './types.ts';

const SHIFT = 12;
const pageOf = (address: number): number => Math.floor(address / PAGE_SIZE);
const roundUp = (n: number): number => Math.ceil(n / PAGE_SIZE) * PAGE_SIZE;
const ENGINE_FIRST = ENGINE >>> SHIFT;
const ENGINE_LAST = (ENGINE_END >>> SHIFT) - 1;

/** What the layers above are told, so that decoded code and watchpoints stay right. */
export interface SpaceListener {
  /** The page's bytes or its executability changed while it held decoded code. */
  codeChanged(page: number): void;
}

/** A copy of a whole space: plain data and shared immutable pages. */
export interface SpaceImage {
  mappings: Mapping[];
  pages: Map<number, Uint8Array>;
}

export class LinearSpace implements AddressSpace {
  readonly memory: WebAssembly.Memory;
  readonly bytes: Uint8Array;
  listener: SpaceListener | undefined;
  /** A host question that a page needed; the access failed for now. */
  hostWait: HostWait | undefined;
  stackLimit = 8 << 20;
  #mappings: Mapping[] = [];
  readonly #fill: FillPage;
  readonly #view: DataView;
  readonly #readTags: BigInt64Array;
  readonly #writeTags: BigInt64Array;
  /** Guest page + 1 by linear page; 0 for none. */
  readonly #resident = new Float64Array(LINEAR_PAGES);
  readonly #dirty = new Uint8Array(LINEAR_PAGES);
  /** Linear pages that were ever used, and so may not be zero; and the list of them. */
  readonly #used = new Uint8Array(LINEAR_PAGES);
  readonly #usedPages: number[] = [];
  #stored = new Map<number, Uint8Array>();
  /** Pages that fold into the engine's window. */
  readonly #detached = new Map<number, Uint8Array>();
  readonly #shared = new SharedPages();
  readonly #code = new Set<number>();
  #watchpoints: readonly Watchpoint[] = [];
  /** Pages with a watchpoint: generated code never finds them accessible. */
  #watched: ReadonlySet<number> = new Set();
  #met: Met | undefined;
  #bounced: { address: number; size: number } | undefined;
  #last: Mapping | undefined;

  constructor(memory: WebAssembly.Memory, fill: FillPage) {
    this.memory = memory;
    this.bytes = new Uint8Array(memory.buffer);
    this.#view = new DataView(memory.buffer);
    this.#readTags = new BigInt64Array(memory.buffer, READ_TAGS, LINEAR_PAGES);
    this.#writeTags = new BigInt64Array(memory.buffer, WRITE_TAGS, LINEAR_PAGES);
    this.#fill = fill;
  }

  get mappings(): readonly Mapping[] {
    return this.#mappings;
  }

  // ---- mappings

  #firstEndingAbove(address: number): number {
    let low = 0;
    let high = this.#mappings.length;
    while (low < high) {
      const mid = (low + high) >>> 1;
      if (this.#mappings[mid].end > address) high = mid;
      else low = mid + 1;
    }
    return low;
  }

  mappingAt(address: number): Mapping | undefined {
    const last = this.#last;
    if (last && address >= last.start && address < last.end) return last;
    const m = this.#mappings[this.#firstEndingAbove(address)];
    if (!m || address < m.start) return undefined;
    this.#last = m;
    return m;
  }

  map(mapping: Mapping): void {
    const m = { ...mapping, end: mapping.start + roundUp(mapping.end - mapping.start) };
    this.unmap(m.start, m.end - m.start);
    const at = this.#firstEndingAbove(m.start);
    const before = this.#mappings[at - 1];
    const after = this.#mappings[at];
    if (before && joins(before, m)) {
      before.end = m.end;
      if (after && joins(before, after)) {
        before.end = after.end;
        this.#mappings.splice(at, 1);
      }
    } else if (after && joins(m, after)) {
      after.start = m.start;
      after.backing = m.backing;
    } else this.#mappings.splice(at, 0, m);
    this.#last = undefined;
  }

  /** Splits mappings so that none crosses either end, and returns the index range inside. */
  #carve(start: number, end: number): [number, number] {
    const split = (address: number) => {
      const i = this.#firstEndingAbove(address);
      const m = this.#mappings[i];
      if (!m || m.start >= address) return;
      const upper: Mapping = { ...m, start: address, backing: advance(m, address - m.start), growsDown: false };
      m.end = address;
      this.#mappings.splice(i + 1, 0, upper);
    };
    split(start);
    split(end);
    this.#last = undefined;
    return [this.#firstEndingAbove(start), this.#firstStartingAt(end)];
  }

  #firstStartingAt(address: number): number {
    let i = this.#firstEndingAbove(address - 1);
    while (i < this.#mappings.length && this.#mappings[i].start < address) i++;
    return i;
  }

  unmap(start: number, length: number): void {
    const end = start + roundUp(length);
    const [from, to] = this.#carve(start, end);
    if (to > from) this.#mappings.splice(from, to - from);
    this.#drop(start, end);
  }

  protect(start: number, length: number, prot: number): boolean {
    const end = start + roundUp(length);
    const [from, to] = this.#carve(start, end);
    let at = start;
    let whole = true;
    for (let i = from; i < to; i++) {
      const m = this.#mappings[i];
      if (m.start > at) {
        whole = false;
        break;
      }
      m.prot = prot;
      this.#untag(m.start, m.end);
      at = m.end;
    }
    if (at < end) whole = false;
    this.#merge(Math.max(0, from - 1), to + 1);
    return whole;
  }

  #merge(from: number, to: number): void {
    for (let i = Math.min(to, this.#mappings.length) - 1; i > from; i--) {
      const a = this.#mappings[i - 1];
      const b = this.#mappings[i];
      if (a && b && joins(a, b)) {
        a.end = b.end;
        this.#mappings.splice(i, 1);
      }
    }
    this.#last = undefined;
  }

  findFree(length: number, below: number, align = PAGE_SIZE): number | undefined {
    const size = roundUp(length);
    let end = below;
    for (let i = this.#mappings.length - 1; i >= -1; i--) {
      const m = i >= 0 ? this.#mappings[i] : undefined;
      const floor = m ? m.end : 0x10000;
      if (m && m.start >= end) continue;
      const start = Math.floor((end - size) / align) * align;
      if (start >= floor) return start;
      if (m) end = Math.min(end, m.start);
    }
    return undefined;
  }

  discard(start: number, length: number): void {
    this.#drop(start, start + roundUp(length));
  }

  /** Forgets the contents of a range. */
  #drop(start: number, end: number): void {
    this.commit();
    this.#eachResident(start, end, (page, index) => {
      this.#evictTags(index);
      this.#resident[index] = 0;
      this.#dirty[index] = 0;
      this.#codeGone(page);
    });
    const first = pageOf(start);
    const last = pageOf(end - 1);
    this.#shared.drop(first, last);
    for (const pages of [this.#stored, this.#detached]) {
      if (last - first > pages.size) {
        for (const page of pages.keys()) if (page >= first && page <= last) pages.delete(page);
      } else for (let page = first; page <= last; page++) pages.delete(page);
    }
    if (this.#code.size) for (const page of this.#code) if (page >= first && page <= last) this.#codeGone(page);
  }

  #untag(start: number, end: number): void {
    this.#eachResident(start, end, (page, index) => {
      this.#evictTags(index);
      this.#codeGone(page);
    });
  }

  #eachResident(start: number, end: number, body: (page: number, index: number) => void): void {
    const first = pageOf(start);
    const last = pageOf(end + PAGE_SIZE - 1);
    // Reservations are large, and little of them is ever there: then what is there is looked through.
    if (last - first > this.#usedPages.length) {
      for (const index of this.#usedPages) {
        const page = this.#resident[index] - 1;
        if (page >= first && page < last) body(page, index);
      }
      return;
    }
    for (let page = first; page < last; page++) {
      const index = fold(page * PAGE_SIZE) >>> SHIFT;
      if (this.#resident[index] === page + 1) body(page, index);
    }
  }

  #evictTags(index: number): void {
    this.#readTags[index] = NO_TAG;
    this.#writeTags[index] = NO_TAG;
    this.#lowered();
  }

  /** Compiled code that has checked a page asks whether that still holds. */
  #lowered(): void {
    this.#view.setInt32(TAGS_LOWERED, (this.#view.getInt32(TAGS_LOWERED, true) + 1) | 0, true);
  }

  #codeGone(page: number): void {
    if (!this.#code.delete(page)) return;
    this.#lowered();
    this.listener?.codeChanged(page);
  }

  // ---- pages

  #backing(page: number, mapping: Mapping): Uint8Array | undefined {
    if (mapping.backing.is === 'anonymous') return EMPTY;
    const offset = mapping.backing.offset + page * PAGE_SIZE - mapping.start;
    return this.#fill(mapping.backing.inode, offset);
  }

  /** The linear page that holds the guest page now, or −1 when it cannot be resident. Undefined: beyond its file. */
  #load(page: number, mapping: Mapping): number | undefined {
    const index = fold(page * PAGE_SIZE) >>> SHIFT;
    if (index >= ENGINE_FIRST && index <= ENGINE_LAST) return this.#loadDetached(page, mapping) ? -1 : undefined;
    if (index >= LINEAR_PAGES) return this.#loadDetached(page, mapping) ? -1 : undefined;
    if (this.#resident[index] === page + 1) return index;
    if (mapping.shared) this.#moveAlias(page, mapping);
    const image = this.#stored.get(page) ?? this.#backing(page, mapping);
    if (!image) return undefined;
    if (this.#resident[index]) this.#evict(index);
    const at = index * PAGE_SIZE;
    if (this.#used[index]) this.bytes.fill(0, at + image.length, at + PAGE_SIZE);
    else this.#usedPages.push(index);
    this.bytes.set(image, at);
    this.#used[index] = 1;
    this.#resident[index] = page + 1;
    this.#dirty[index] = 0;
    return index;
  }

  #loadDetached(page: number, mapping: Mapping): boolean {
    if (this.#detached.has(page)) return true;
    if (mapping.shared) this.#moveAlias(page, mapping);
    const image = this.#stored.get(page) ?? this.#backing(page, mapping);
    if (!image) return false;
    const copy = new Uint8Array(PAGE_SIZE);
    copy.set(image);
    this.#detached.set(page, copy);
    return true;
  }

  #evict(index: number): void {
    const page = this.#resident[index] - 1;
    if (this.#dirty[index]) this.#stored.set(page, this.bytes.slice(index * PAGE_SIZE, (index + 1) * PAGE_SIZE));
    this.#evictTags(index);
    this.#resident[index] = 0;
    this.#dirty[index] = 0;
  }

  // ---- shared mappings

  /** A page of a file is in one place of a space at a time: where it was last used. */
  #moveAlias(page: number, mapping: Mapping): void {
    if (mapping.backing.is !== 'file') return;
    const { inode, offset } = mapping.backing;
    const other = this.#shared.settle(inode, offset + page * PAGE_SIZE - mapping.start, page);
    if (other === undefined) return;
    this.#putAway(other);
    const image = this.#stored.get(other);
    if (image) this.#stored.set(page, image);
    this.#stored.delete(other);
    if (this.#shared.dirty.delete(other)) this.#shared.dirty.add(page);
  }

  /** The page is no longer in the linear memory; what was written to it is kept. */
  #putAway(page: number): void {
    const index = fold(page * PAGE_SIZE) >>> SHIFT;
    if (this.#resident[index] === page + 1) this.#evict(index);
    const detached = this.#detached.get(page);
    if (detached && this.#shared.dirty.has(page)) this.#stored.set(page, detached);
    this.#detached.delete(page);
    this.#codeGone(page);
  }

  get sharing(): boolean {
    return this.#shared.any;
  }

  publish(files: SharedFiles): void {
    const { dirty } = this.#shared;
    if (dirty.size === 0) return;
    this.commit();
    for (const page of dirty) {
      const home = this.#shared.fileOf(page);
      const index = fold(page * PAGE_SIZE) >>> SHIFT;
      const resident = index < LINEAR_PAGES && this.#resident[index] === page + 1;
      const bytes = resident
        ? this.bytes.slice(index * PAGE_SIZE, (index + 1) * PAGE_SIZE)
        : (this.#stored.get(page) ?? this.#detached.get(page)?.slice());
      if (resident) {
        this.#dirty[index] = 0;
        this.#writeTags[index] = NO_TAG;
      }
      this.#stored.delete(page);
      if (!home || !bytes) continue;
      const current = this.#shared.isCurrent(home.inode, files);
      files.store(home.inode, home.offset, bytes);
      if (current) this.#shared.noteChanges(home.inode, files);
    }
    dirty.clear();
  }

  revalidate(files: SharedFiles): void {
    for (const page of this.#shared.stale(files)) {
      this.#putAway(page);
      this.#stored.delete(page);
    }
  }

  /** The mapping that allows the access; stacks grow here. */
  #allowed(address: number, access: Access): Mapping | Fault {
    let m = address < ADDRESS_END && address >= 0 ? this.mappingAt(address) : undefined;
    if (!m) {
      const above = this.#growing(address);
      if (!above) return { address, access, cause: 'unmapped' };
      m = above;
    }
    // On x86 a page that may be written or executed may be read.
    const need = access === 'write' ? PROT.WRITE : access === 'execute' ? PROT.EXEC : 7;
    if (!(m.prot & need)) return { address, access, cause: 'protected' };
    return m;
  }

  /** The stack, extended to hold the address: within its limit, and not into the gap above what lies below. */
  #growing(address: number): Mapping | undefined {
    if (!(address >= 0)) return undefined;
    const at = this.#firstEndingAbove(address);
    const stack = this.#mappings[at];
    const start = pageOf(address) * PAGE_SIZE;
    if (!stack?.growsDown || stack.end - start > this.stackLimit) return undefined;
    const below = this.#mappings[at - 1];
    // What nobody can access needs no distance, another stack keeps its own (expand_downwards).
    const gap = below && below.prot !== 0 && !below.growsDown ? STACK_GUARD_GAP : 0;
    if (below && below.end + gap > start) return undefined;
    stack.start = start;
    return stack;
  }

  /** The bytes of a page for an access that is allowed; tags are set so that generated code finds it. */
  #page(page: number, mapping: Mapping, access: Access): Uint8Array | undefined {
    const index = this.#load(page, mapping);
    if (index === undefined) return undefined;
    if (access === 'write' && mapping.shared && mapping.backing.is === 'file') this.#shared.dirty.add(page);
    if (index < 0) return this.#detached.get(page);
    if (access === 'write') {
      if (this.#code.has(page)) this.#codeGone(page);
      this.#dirty[index] = 1;
      if (!this.#watched.has(page)) this.#writeTags[index] = tagOf(page);
    }
    if (!this.#watched.has(page)) this.#readTags[index] = tagOf(page);
    return this.bytes.subarray(index * PAGE_SIZE, (index + 1) * PAGE_SIZE);
  }

  /** Pages of [address, address + length), each with its part of the range; the first failure ends it. */
  #walk(
    address: number,
    length: number,
    access: Access,
    body: (bytes: Uint8Array, from: number, to: number, done: number) => void,
  ): Fault | undefined {
    let done = 0;
    while (done < length) {
      const a = address + done;
      const m = this.#allowed(a, access);
      if ('cause' in m) return m;
      const page = pageOf(a);
      const bytes = this.#page(page, m, access);
      if (!bytes) return { address: a, access, cause: 'beyond-file' };
      const from = a - page * PAGE_SIZE;
      const to = Math.min(PAGE_SIZE, from + length - done);
      body(bytes, from, to, done);
      done += to - from;
    }
    return undefined;
  }

  // ---- the slow path of generated code

  /**
   * Makes an access of 1 to 64 bytes possible and tells where: a linear offset, or the fault. A write through the
   * bounce buffer reaches its pages when the next slow access or exit commits it.
   */
  access(address: number, size: number, write: boolean): number | Fault {
    this.commit();
    const access = write ? 'write' : 'read';
    try {
      const first = pageOf(address);
      const last = pageOf(address + size - 1);
      const fault = this.#check(address, size, access);
      if (fault) return fault;
      if (this.#watchpoints.length) this.#meet(address, size, access);
      const offset = fold(address);
      const lastOffset = fold(address + size - 1);
      const direct =
        lastOffset === offset + size - 1 &&
        this.#resident[offset >>> SHIFT] === first + 1 &&
        this.#resident[lastOffset >>> SHIFT] === last + 1;
      if (direct) return offset;
      this.#walk(address, size, 'read', (bytes, from, to, done) =>
        this.bytes.set(bytes.subarray(from, to), BOUNCE + done),
      );
      if (write) {
        this.#bounced = { address, size };
        for (const page of [first, last]) {
          const index = fold(page * PAGE_SIZE) >>> SHIFT;
          if (this.#resident[index] === page + 1) this.#evictTags(index);
        }
      }
      return BOUNCE;
    } catch (wait) {
      if (!(wait instanceof HostWait)) throw wait;
      this.hostWait = wait;
      return { address, access, cause: 'unmapped' };
    }
  }

  /** Whether a run of bytes in the page is where `access` of the first says: the page lies there, and nobody watches it. */
  isDirect(address: number): boolean {
    const page = pageOf(address);
    return this.#resident[fold(address) >>> SHIFT] === page + 1 && !this.#watched.has(page);
  }

  /** Loads and tags the pages of an access without touching bytes; both ends must be right before anything changes. */
  #check(address: number, size: number, access: Access): Fault | undefined {
    const end = address + size - 1;
    const m = this.#allowed(address, access);
    if ('cause' in m) return m;
    if (!this.#page(pageOf(address), m, access)) return { address, access, cause: 'beyond-file' };
    if (pageOf(end) === pageOf(address)) return undefined;
    const second = pageOf(end) * PAGE_SIZE;
    const n = this.#allowed(second, access);
    if ('cause' in n) return n;
    return this.#page(pageOf(end), n, access) ? undefined : { address: second, access, cause: 'beyond-file' };
  }

  /** What was written through the bounce buffer is in its pages now. */
  commit(): void {
    const b = this.#bounced;
    if (!b) return;
    this.#bounced = undefined;
    this.#walk(b.address, b.size, 'write', (bytes, from, to, done) =>
      bytes.set(this.bytes.subarray(BOUNCE + done, BOUNCE + done + to - from), from),
    );
  }

  /** Bytes to decode at an address: what is executable there, at most `length`; or the fault of the first byte. */
  fetch(address: number, length: number): Uint8Array | Fault {
    this.commit();
    const out = new Uint8Array(length);
    let got = 0;
    try {
      const fault = this.#walk(address, length, 'execute', (bytes, from, to, done) => {
        out.set(bytes.subarray(from, to), done);
        got = done + to - from;
      });
      return fault && got === 0 ? fault : out.subarray(0, got);
    } catch (wait) {
      if (!(wait instanceof HostWait)) throw wait;
      if (got > 0) return out.subarray(0, got);
      this.hostWait = wait;
      return { address, access: 'execute', cause: 'unmapped' };
    }
  }

  /** The page holds decoded instructions: the next write to it, or change of it, tells the listener. */
  markCode(page: number): void {
    if (this.#code.has(page)) return;
    this.#code.add(page);
    const index = fold(page * PAGE_SIZE) >>> SHIFT;
    if (this.#resident[index] === page + 1) this.#writeTags[index] = NO_TAG;
    this.#lowered();
  }

  /** From now on accesses of these are told by `takeMet`. Never called while guest code runs. */
  setWatchpoints(watchpoints: readonly Watchpoint[]): void {
    this.commit();
    const pages = new Set<number>();
    for (const { address, size } of watchpoints) {
      for (let page = pageOf(address); page <= pageOf(address + size - 1); page++) pages.add(page);
    }
    this.#watchpoints = watchpoints;
    this.#watched = pages;
    for (const page of pages) {
      const index = fold(page * PAGE_SIZE) >>> SHIFT;
      if (this.#resident[index] === page + 1) this.#evictTags(index);
    }
  }

  /** The first access since the last question that met a watchpoint: of the CPU, or a write of the kernel's. */
  takeMet(): Met | undefined {
    const met = this.#met;
    this.#met = undefined;
    return met;
  }

  #meet(address: number, size: number, access: 'read' | 'write'): void {
    this.#met ??= this.#watchpoints.some(
      w => (w.access === access || w.access === 'access') && address < w.address + w.size && w.address < address + size,
    )
      ? { address, size, access }
      : undefined;
  }

  /**
   * Makes the pages of a range that may be written accessible to generated code, as writing to each would. False when
   * generated code will not be able to write there: not mapped, protected, watched, or an answer of the host is needed.
   */
  makeWritable(address: number, length: number): boolean {
    const last = pageOf(address + length - 1);
    for (let page = pageOf(address); page <= last; page++) {
      const at = page * PAGE_SIZE;
      // The stack is not grown for what may never be accessed.
      const m = at >= 0 && at < ADDRESS_END ? this.mappingAt(at) : undefined;
      if (!m || !(m.prot & PROT.WRITE) || this.#code.has(page)) return false;
      try {
        if (!this.#page(page, m, 'write')) return false;
      } catch (wait) {
        if (!(wait instanceof HostWait)) throw wait;
        return false;
      }
    }
    for (let page = pageOf(address); page <= last; page++) {
      const index = fold(page * PAGE_SIZE) >>> SHIFT;
      if (index >= LINEAR_PAGES || this.#writeTags[index] !== tagOf(page)) return false;
    }
    return true;
  }

  // ---- the kernel

  read(address: number, length: number): Uint8Array {
    this.commit();
    const out = new Uint8Array(length);
    const fault = this.#walk(address, length, 'read', (bytes, from, to, done) =>
      out.set(bytes.subarray(from, to), done),
    );
    if (fault) throw new MemoryFault(fault);
    return out;
  }

  write(address: number, bytes: Uint8Array): void {
    this.commit();
    const fault = this.#walk(address, bytes.length, 'write', (page, from, to, done) =>
      page.set(bytes.subarray(done, done + to - from), from),
    );
    if (fault) throw new MemoryFault(fault);
    if (this.#watchpoints.length) this.#meet(address, bytes.length, 'write');
  }

  #number(address: number, size: number, access: Access): number {
    const at = this.access(address, size, access === 'write');
    if (typeof at !== 'number') {
      const wait = this.hostWait;
      if (wait) {
        this.hostWait = undefined;
        throw wait;
      }
      throw new MemoryFault(at);
    }
    return at;
  }

  readU32(address: number): number {
    return this.#view.getUint32(this.#number(address, 4, 'read'), true);
  }

  writeU32(address: number, value: number): void {
    this.#view.setUint32(this.#number(address, 4, 'write'), value, true);
    this.commit();
  }

  readU64(address: number): bigint {
    return this.#view.getBigUint64(this.#number(address, 8, 'read'), true);
  }

  writeU64(address: number, value: bigint): void {
    this.#view.setBigUint64(this.#number(address, 8, 'write'), value, true);
    this.commit();
  }

  readString(address: number, maximum: number): Uint8Array | undefined {
    this.commit();
    const parts: Uint8Array[] = [];
    let total = 0;
    for (let a = address; total <= maximum; ) {
      const length = PAGE_SIZE - (a % PAGE_SIZE);
      const bytes = this.read(a, length);
      const end = bytes.indexOf(0);
      parts.push(end < 0 ? bytes : bytes.subarray(0, end));
      total += end < 0 ? length : end;
      if (end >= 0) return total > maximum ? undefined : join(parts);
      a += length;
    }
    return undefined;
  }

  // ---- viewers and the debugger

  peek(address: number, length: number): Uint8Array {
    this.commit();
    const out = new Uint8Array(length);
    let got = 0;
    try {
      while (got < length) {
        const a = address + got;
        const m = a >= 0 && a < ADDRESS_END ? this.mappingAt(a) : undefined;
        if (!m) break;
        const page = pageOf(a);
        const index = fold(page * PAGE_SIZE) >>> SHIFT;
        const bytes =
          index < LINEAR_PAGES && this.#resident[index] === page + 1
            ? this.bytes.subarray(index * PAGE_SIZE, (index + 1) * PAGE_SIZE)
            : (this.#detached.get(page) ?? this.#stored.get(page) ?? this.#backing(page, m));
        if (!bytes) break;
        const from = a - page * PAGE_SIZE;
        const to = Math.min(PAGE_SIZE, from + length - got);
        out.set(bytes.subarray(Math.min(from, bytes.length), Math.min(to, bytes.length)), got);
        got += to - from;
      }
    } catch (wait) {
      // A page that only the host has: what is known already is shown.
      if (!(wait instanceof HostWait)) throw wait;
    }
    return out.subarray(0, got);
  }

  poke(address: number, bytes: Uint8Array): number {
    this.commit();
    let done = 0;
    while (done < bytes.length) {
      const a = address + done;
      const m = a >= 0 && a < ADDRESS_END ? this.mappingAt(a) : undefined;
      if (!m) break;
      const page = pageOf(a);
      const target = this.#page(page, m, 'write');
      if (!target) break;
      // The page is written here whatever its protection; generated code must not be.
      const index = fold(page * PAGE_SIZE) >>> SHIFT;
      if (!(m.prot & PROT.WRITE)) this.#writeTags[index] = NO_TAG;
      if (!m.prot) this.#readTags[index] = NO_TAG;
      const from = a - page * PAGE_SIZE;
      const to = Math.min(PAGE_SIZE, from + bytes.length - done);
      target.set(bytes.subarray(done, done + to - from), from);
      done += to - from;
    }
    return done;
  }

  // ---- checkpoints

  /** Every page is clean afterwards, so that the next image copies only what was written since. */
  image(): SpaceImage {
    this.commit();
    for (const index of this.#usedPages) {
      if (!this.#dirty[index]) continue;
      this.#stored.set(this.#resident[index] - 1, this.bytes.slice(index * PAGE_SIZE, (index + 1) * PAGE_SIZE));
      this.#dirty[index] = 0;
      this.#writeTags[index] = NO_TAG;
    }
    for (const [page, bytes] of this.#detached) if (!this.#shared.has(page)) this.#stored.set(page, bytes.slice());
    return { mappings: this.#mappings.map(m => ({ ...m, backing: { ...m.backing } })), pages: new Map(this.#stored) };
  }

  /** Where the bytes are the same as before, decoded code stays; the kernel's files are already the image's. */
  restore(image: SpaceImage): void {
    this.commit();
    this.#mappings = image.mappings.map(m => ({ ...m, backing: { ...m.backing } }));
    this.#last = undefined;
    for (const page of this.#shared.clear()) {
      this.#putAway(page);
      this.#stored.delete(page);
    }
    for (const page of [...this.#code]) if (!this.#isSame(page, image)) this.#codeGone(page);
    for (const index of this.#usedPages) {
      if (!this.#resident[index]) continue;
      const page = this.#resident[index] - 1;
      this.#evictTags(index);
      const stored = !this.#dirty[index] && this.#stored.get(page);
      if ((stored && stored === image.pages.get(page)) || this.#code.has(page)) continue;
      this.#resident[index] = 0;
      this.#dirty[index] = 0;
    }
    this.#detached.clear();
    this.#stored = new Map(image.pages);
  }

  /** Whether a resident page holds, and may execute, what it will in the image. */
  #isSame(page: number, image: SpaceImage): boolean {
    const at = page * PAGE_SIZE;
    const index = fold(at) >>> SHIFT;
    const mapping = this.mappingAt(at);
    if (this.#resident[index] !== page + 1 || this.#dirty[index] || !mapping || !(mapping.prot & PROT.EXEC))
      return false;
    let bytes: Uint8Array | undefined;
    try {
      bytes = image.pages.get(page) ?? this.#backing(page, mapping);
    } catch (wait) {
      if (!(wait instanceof HostWait)) throw wait;
    }
    if (!bytes) return false;
    return sameBytes(this.bytes.subarray(index * PAGE_SIZE, (index + 1) * PAGE_SIZE), bytes);
  }
}

const EMPTY = new Uint8Array(0);

/** What a linear page's tag is while the page may be accessed; `linear.ts` says why. */
const tagOf = (page: number): bigint => BigInt(page * PAGE_SIZE + PAGE_SIZE - 1);
const NO_TAG = 0n;

/** The backing of a mapping's part that begins `by` bytes in. */
function advance(m: Mapping, by: number): Mapping['backing'] {
  return m.backing.is === 'file' ? { ...m.backing, offset: m.backing.offset + by } : m.backing;
}

/** Whether a page is these bytes with zeros behind them. */
function sameBytes(page: Uint8Array, bytes: Uint8Array): boolean {
  const words = bytes.byteOffset % 4 === 0 ? bytes.length >>> 2 : 0;
  const a = new Int32Array(page.buffer, page.byteOffset, words);
  const b = new Int32Array(bytes.buffer, words > 0 ? bytes.byteOffset : 0, words);
  for (let i = 0; i < words; i++) if (a[i] !== b[i]) return false;
  for (let i = words * 4; i < page.length; i++) if (page[i] !== (i < bytes.length ? bytes[i] : 0)) return false;
  return true;
}

/** Whether two neighbours are one mapping, as Linux merges them. */
function joins(a: Mapping, b: Mapping): boolean {
  if (a.end !== b.start || a.prot !== b.prot || a.shared !== b.shared || a.name !== b.name) return false;
  if (a.growsDown || b.growsDown || a.readOnly !== b.readOnly) return false;
  if (a.backing.is === 'anonymous') return b.backing.is === 'anonymous';
  return (
    b.backing.is === 'file' &&
    a.backing.inode === b.backing.inode &&
    a.backing.offset + (a.end - a.start) === b.backing.offset
  );
}
