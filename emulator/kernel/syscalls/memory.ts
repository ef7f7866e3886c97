/** The address space: mmap and its family, brk (mm/mmap.c, mprotect.c, mremap.c, madvise.c). */
import { MADV, MAP, MREMAP, MS, PROT as PROT_FLAGS, RLIMIT } from '../../abi/flags.ts';
import {
  ADDRESS_END,
  type AddressSpace,
  type Backing,
  type Mapping,
  PAGE_SIZE,
  PROT,
  STACK_GUARD_GAP,
} from '../../memory/types.ts';
import type { Context, HandlerTable } from '../context.ts';
import { EACCES, EEXIST, EFAULT, EINVAL, ENOMEM, EPERM } from '../errors.ts';
import { openFile } from '../fs/descriptions.ts';
import { sweep } from '../fs/inodes.ts';
import { clearFile } from '../fs/pages.ts';
import { RLIM_INFINITY } from '../limits.ts';
import { pageCeil, pageFloor } from '../memory.ts';

/** vm.mmap_min_addr: what lies below cannot be mapped by users. */
const LOWEST = 65536;
const MAP_TYPE = 0xf;
const ALL_PROT = PROT.READ | PROT.WRITE | PROT.EXEC;
/** MAP_32BIT looks for room in the second gigabyte. */
const LOW_START = 0x4000_0000;
const LOW_END = 0x8000_0000;

const aligned = (address: number): boolean => address % PAGE_SIZE === 0;

/** Whether nothing is mapped in the range, a growing stack's gap included. */
function isFree(space: AddressSpace, start: number, length: number): boolean {
  const end = start + length;
  return !space.mappings.some(m => (m.growsDown ? m.start - STACK_GUARD_GAP : m.start) < end && m.end > start);
}

/** Whether every page of the range is mapped. */
function isMapped(space: AddressSpace, start: number, end: number): boolean {
  let at = start;
  for (const m of space.mappings) {
    if (m.end <= at) continue;
    if (m.start > at) return false;
    at = m.end;
    if (at >= end) return true;
  }
  return at >= end;
}

const mappedBytes = (space: AddressSpace): number => space.mappings.reduce((sum, m) => sum + m.end - m.start, 0);

/** RLIMIT_AS, and the heuristic overcommit: one mapping may not ask for more than the machine has. */
function checkRoom(c: Context, length: number, prot: number, flags: number): void {
  const limit = c.process.limits[RLIMIT.RLIMIT_AS]!.soft;
  if (limit !== RLIM_INFINITY && BigInt(mappedBytes(c.space) + length) > limit) throw ENOMEM;
  if (prot & PROT.WRITE && !(flags & MAP.MAP_NORESERVE) && length > c.options.memoryLimit) throw ENOMEM;
}

/** Where a mapping of the length goes that is not at a fixed address. */
export function place(c: Context, hint: number, length: number, flags: number): number {
  const { space, process } = c;
  if (flags & MAP.MAP_32BIT) {
    const low = space.findFree(length, LOW_END);
    if (low === undefined || low < LOW_START) throw ENOMEM;
    return low;
  }
  if (hint !== 0) {
    const wanted = Math.max(pageFloor(hint), LOWEST);
    if (wanted + length <= ADDRESS_END && isFree(space, wanted, length)) return wanted;
  }
  const found = space.findFree(length, process.memory.mmapBase);
  if (found === undefined || found < LOWEST) throw ENOMEM;
  return found;
}

const wanted = (prot: number): number => prot & ALL_PROT;

/** Whether a mapping in the range is of that kind. */
function anyMapping(space: AddressSpace, start: number, end: number, test: (m: Mapping) => boolean): boolean {
  return space.mappings.some(m => m.start < end && m.end > start && test(m));
}

/** Copies what is in memory page by page, skipping what is zero, past all protection. */
function movePages(space: AddressSpace, from: number, to: number, length: number): void {
  for (let at = 0; at < length; at += PAGE_SIZE) {
    const page = space.peek(from + at, PAGE_SIZE);
    if (page.some(b => b !== 0)) space.poke(to + at, page);
  }
}

/** MADV_REMOVE: the pages are gone from the file too. */
function punch(c: Context, m: Mapping, start: number, end: number): void {
  const file = m.backing.is === 'file' ? c.state.fs.inodes.get(m.backing.inode) : undefined;
  if (m.backing.is !== 'file' || file?.is !== 'file') return;
  const from = m.backing.offset + start - m.start;
  clearFile(c.state.fs, file, from, Math.min(file.size, from + end - start));
  c.space.discard(start, end - start);
}

export const memoryCalls: HandlerTable = {
  mmap(c, { addr, len, prot, flags, fd, off }) {
    if (!aligned(off) || off < 0) throw EINVAL;
    // A descriptor that is none is found out before anything else is looked at.
    if (!(flags & MAP.MAP_ANONYMOUS)) openFile(c, fd);
    if (len === 0) throw EINVAL;
    const length = pageCeil(len);
    if (length > ADDRESS_END) throw ENOMEM;
    const type = flags & MAP_TYPE;
    if (type !== MAP.MAP_PRIVATE && type !== MAP.MAP_SHARED && type !== MAP.MAP_SHARED_VALIDATE) throw EINVAL;
    if (flags & MAP.MAP_HUGETLB) throw ENOMEM;
    const shared = type !== MAP.MAP_PRIVATE;
    const fixed = (flags & (MAP.MAP_FIXED | MAP.MAP_FIXED_NOREPLACE)) !== 0;
    if (fixed) {
      if (!aligned(addr)) throw EINVAL;
      if (addr + length > ADDRESS_END) throw ENOMEM;
      if (addr < LOWEST) throw EPERM;
    }
    let backing: Backing = { is: 'anonymous' };
    let name = '';
    let readOnly: boolean | undefined;
    if (!(flags & MAP.MAP_ANONYMOUS)) {
      const file = c.files.mapFile(c, fd, wanted(prot), shared);
      backing = { is: 'file', inode: file.inode, offset: off };
      name = file.name;
      readOnly = file.readOnly || undefined;
    }
    checkRoom(c, length, prot, flags);
    if (flags & MAP.MAP_FIXED_NOREPLACE && !isFree(c.space, addr, length)) throw EEXIST;
    const start = fixed ? addr : place(c, addr, length, flags);
    const growsDown = (flags & MAP.MAP_GROWSDOWN) !== 0;
    if (shared && flags & MAP.MAP_ANONYMOUS) {
      const memory = c.files.sharedMemory(c, length);
      backing = { is: 'file', inode: memory.inode, offset: 0 };
      name = memory.name;
    }
    c.space.map({ start, end: start + length, prot: wanted(prot), backing, shared, name, growsDown, readOnly });
    return start;
  },

  munmap(c, { addr, len }) {
    if (!aligned(addr) || len === 0 || addr + pageCeil(len) > ADDRESS_END) throw EINVAL;
    const end = addr + pageCeil(len);
    // Only who lets go of a file can have been the last that had it.
    const files = anyMapping(c.space, addr, end, m => m.backing.is === 'file');
    c.space.unmap(addr, end - addr);
    if (files) sweep(c);
    return 0;
  },

  mprotect(c, { start, len, prot }) {
    const grows = prot & (PROT_FLAGS.PROT_GROWSDOWN | PROT_FLAGS.PROT_GROWSUP);
    if (grows === (PROT_FLAGS.PROT_GROWSDOWN | PROT_FLAGS.PROT_GROWSUP)) throw EINVAL;
    if (!aligned(start)) throw EINVAL;
    if (len === 0) return 0;
    const end = start + pageCeil(len);
    if (end > ADDRESS_END) throw ENOMEM;
    const known = ALL_PROT | PROT_FLAGS.PROT_SEM | PROT_FLAGS.PROT_GROWSDOWN | PROT_FLAGS.PROT_GROWSUP;
    if (prot & ~known) throw EINVAL;
    let from = start;
    if (grows) {
      const mapping = c.space.mappingAt(start);
      if (!mapping) throw ENOMEM;
      if (!mapping.growsDown) throw EINVAL;
      from = mapping.start;
    }
    if (prot & PROT.WRITE && anyMapping(c.space, from, end, m => m.readOnly === true)) throw EACCES;
    if (!c.space.protect(from, end - from, wanted(prot))) throw ENOMEM;
    return 0;
  },

  brk(c, { brk }) {
    const { memory, limits } = c.process;
    const old = pageCeil(memory.brk);
    const next = pageCeil(brk);
    if (brk < memory.brkStart || next > ADDRESS_END) return memory.brk;
    if (BigInt(brk - memory.brkStart) > limits[RLIMIT.RLIMIT_DATA]!.soft) return memory.brk;
    if (next < old) c.space.unmap(next, old - next);
    else if (next > old) {
      if (!isFree(c.space, old, next - old + PAGE_SIZE) || next - old > c.options.memoryLimit) return memory.brk;
      c.space.map({
        start: old,
        end: next,
        prot: PROT.READ | PROT.WRITE,
        backing: { is: 'anonymous' },
        shared: false,
        name: '[heap]',
        growsDown: false,
      });
    }
    memory.brk = brk;
    return brk;
  },

  madvise(c, { start, len, behavior }) {
    if (!ADVICE.has(behavior)) throw EINVAL;
    if (!aligned(start)) throw EINVAL;
    const end = start + pageCeil(len);
    if (end > ADDRESS_END) throw EINVAL;
    if (end === start) return 0;
    if (behavior === MADV.MADV_HWPOISON || behavior === MADV.MADV_SOFT_OFFLINE) throw EPERM;
    const parts = c.space.mappings.filter(m => m.start < end && m.end > start);
    if (behavior === MADV.MADV_FREE && parts.some(m => m.backing.is === 'file')) throw EINVAL;
    if (behavior === MADV.MADV_REMOVE) {
      if (parts.some(m => !m.shared)) throw EINVAL;
      if (parts.some(m => m.readOnly)) throw EACCES;
      for (const m of parts) punch(c, m, Math.max(m.start, start), Math.min(m.end, end));
    }
    if (behavior === MADV.MADV_DONTNEED || behavior === MADV.MADV_DONTNEED_LOCKED)
      for (const m of parts) {
        // A shared mapping's pages are its file's: they are only loaded again.
        const from = Math.max(m.start, start);
        c.space.discard(from, Math.min(m.end, end) - from);
      }
    // The others are hints: what they may do (free lazily, collapse, prefetch) a program cannot tell from nothing.
    if (!isMapped(c.space, start, end)) throw ENOMEM;
    return 0;
  },

  mincore(c, { start, len, vec }) {
    if (!aligned(start)) throw EINVAL;
    const pages = Math.ceil(len / PAGE_SIZE);
    if (start + pages * PAGE_SIZE > ADDRESS_END || !isMapped(c.space, start, start + pages * PAGE_SIZE)) throw ENOMEM;
    c.space.write(vec, new Uint8Array(pages).fill(1));
    return 0;
  },

  msync(c, { start, len, flags }) {
    const known = MS.MS_ASYNC | MS.MS_INVALIDATE | MS.MS_SYNC;
    if (flags & ~known || !aligned(start)) throw EINVAL;
    if (flags & MS.MS_ASYNC && flags & MS.MS_SYNC) throw EINVAL;
    // A length that is rounded up beyond all addresses is none.
    const length = Number(BigInt.asUintN(64, (BigInt(len) + 4095n) & ~4095n));
    if (length > 0 && !isMapped(c.space, start, start + length)) throw ENOMEM;
    return 0;
  },

  mremap(c, { addr, old_len, new_len, flags, new_addr }) {
    const known = MREMAP.MREMAP_MAYMOVE | MREMAP.MREMAP_FIXED | MREMAP.MREMAP_DONTUNMAP;
    const fixed = (flags & MREMAP.MREMAP_FIXED) !== 0;
    const keep = (flags & MREMAP.MREMAP_DONTUNMAP) !== 0;
    if (flags & ~known || !aligned(addr) || new_len === 0) throw EINVAL;
    if ((fixed || keep) && !(flags & MREMAP.MREMAP_MAYMOVE)) throw EINVAL;
    const oldLength = pageCeil(old_len);
    const length = pageCeil(new_len);
    if (keep && oldLength !== length) throw EINVAL;
    if (length > ADDRESS_END) throw ENOMEM;
    const mapping = c.space.mappingAt(addr);
    if (!mapping) throw EFAULT;
    if (oldLength === 0) throw EINVAL;
    if (fixed) {
      if (!aligned(new_addr) || new_addr + length > ADDRESS_END) throw EINVAL;
      if (addr + oldLength > new_addr && new_addr + length > addr) throw EINVAL;
      if (new_addr < LOWEST) throw EPERM;
    }
    if (!fixed && !keep && length <= oldLength) {
      if (length < oldLength) c.space.unmap(addr + length, oldLength - length);
      return addr;
    }
    if (addr + oldLength > mapping.end) throw EFAULT;
    if (length > oldLength) checkRoom(c, length - oldLength, mapping.prot, 0);
    const grown = (start: number, end: number): Mapping => ({
      ...mapping,
      start,
      end,
      backing:
        mapping.backing.is === 'file'
          ? { ...mapping.backing, offset: mapping.backing.offset + addr - mapping.start }
          : mapping.backing,
    });
    if (!fixed && !keep && addr + oldLength === mapping.end && isFree(c.space, mapping.end, length - oldLength)) {
      const extra = grown(mapping.end, addr + length);
      if (extra.backing.is === 'file') extra.backing = { ...extra.backing, offset: extra.backing.offset + oldLength };
      c.space.map(extra);
      return addr;
    }
    if (!(flags & MREMAP.MREMAP_MAYMOVE)) throw ENOMEM;
    const to = fixed ? new_addr : place(c, 0, length, 0);
    c.space.map(grown(to, to + length));
    if (!mapping.shared) movePages(c.space, addr, to, Math.min(oldLength, length));
    if (keep) c.space.discard(addr, oldLength);
    else c.space.unmap(addr, oldLength);
    return to;
  },

  mlock: (c, { start, len }) => lock(c, start, len),
  mlock2(c, { start, len, flags }) {
    if (flags & ~1) throw EINVAL;
    return lock(c, start, len);
  },
  munlock(c, { start, len }) {
    const end = pageCeil(start + len);
    if (!isMapped(c.space, pageFloor(start), end)) throw ENOMEM;
    return 0;
  },
  mlockall(_c, { flags }) {
    if (flags === 0 || flags & ~7 || flags === 4) throw EINVAL;
    return 0;
  },
  munlockall: () => 0,
};

/** Nothing is ever paged out, so that locking is only a check. */
function lock(c: Context, start: number, len: number): number {
  const end = pageCeil(start + len);
  if (BigInt(end - pageFloor(start)) > c.process.limits[RLIMIT.RLIMIT_MEMLOCK]!.soft) throw ENOMEM;
  if (!isMapped(c.space, pageFloor(start), end)) throw ENOMEM;
  return 0;
}

/** What madvise knows. MADV_GUARD_INSTALL and later are refused as by a kernel before 6.13. */
const ADVICE: ReadonlySet<number> = new Set([
  ...[0, 1, 2, 3, 4, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25],
  MADV.MADV_HWPOISON,
  MADV.MADV_SOFT_OFFLINE,
]);
