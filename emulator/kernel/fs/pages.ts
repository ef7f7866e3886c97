/**
 * Contents of regular files: sparse maps of immutable pages. Reading and writing share pages with checkpoints and with
 * private mappings, so nothing here ever changes a page in place.
 */
import { PAGE_SIZE } from '../../memory/types.ts';
import { ENOSPC } from '../errors.ts';
import { hostChunk } from './host.ts';
import type { FsState, RegularFile } from './state.ts';

/** The page, at most PAGE_SIZE bytes (the rest is zero), or undefined for a hole. Throws HostWait. */
export function filePage(fs: FsState, file: RegularFile, index: number): Uint8Array | undefined {
  const page = file.pages.get(index);
  if (page || !file.host || index * PAGE_SIZE >= file.host.length) return page;
  hostChunk(fs, file, index);
  return file.pages.get(index);
}

/** Every change of a file's page map goes through these three, which count what the guest itself holds. */
export function setPage(fs: FsState, file: RegularFile, index: number, page: Uint8Array): void {
  if (!file.pages.has(index) || file.host?.clean.delete(index)) fs.pages++;
  file.changes++;
  file.pages.set(index, page);
}

export function setHostPage(file: RegularFile, index: number, page: Uint8Array): void {
  file.pages.set(index, page);
  file.host?.clean.add(index);
}

function dropPage(fs: FsState, file: RegularFile, index: number): void {
  const clean = file.host?.clean.delete(index);
  file.changes++;
  if (file.pages.delete(index) && !clean) fs.pages--;
}

/** How many of `fs.pages` are this file's. */
export function heldPages(file: RegularFile): number {
  return file.pages.size - (file.host?.clean.size ?? 0);
}

/** A copy of what is there: shorter than `length` at the end of the file. */
export function readFile(fs: FsState, file: RegularFile, offset: number, length: number): Uint8Array {
  const end = Math.min(file.size, offset + length);
  if (end <= offset) return new Uint8Array(0);
  // All of it is asked for before anything is copied: each part the host has to give makes the call begin anew.
  for (let index = Math.floor(offset / PAGE_SIZE); index * PAGE_SIZE < end; index++) filePage(fs, file, index);
  const result = new Uint8Array(end - offset);
  for (let at = offset; at < end; ) {
    const index = Math.floor(at / PAGE_SIZE);
    const from = at - index * PAGE_SIZE;
    const count = Math.min(PAGE_SIZE - from, end - at);
    const page = filePage(fs, file, index);
    if (page && from < page.length) result.set(page.subarray(from, from + count), at - offset);
    at += count;
  }
  return result;
}

/** Fetches what a write of this range will need; throws HostWait, or ENOSPC. */
export function prepareWrite(fs: FsState, file: RegularFile, offset: number, length: number): void {
  if (length === 0) return;
  if (fs.pages + length / PAGE_SIZE > fs.pageLimit) throw ENOSPC;
  const end = offset + length;
  if (offset % PAGE_SIZE !== 0) filePage(fs, file, Math.floor(offset / PAGE_SIZE));
  if (end % PAGE_SIZE !== 0) filePage(fs, file, Math.floor((end - 1) / PAGE_SIZE));
}

/** Fetches what a cut to this size will need; throws HostWait. */
export function prepareTruncate(fs: FsState, file: RegularFile, size: number): void {
  if (size < file.size && size % PAGE_SIZE !== 0) filePage(fs, file, Math.floor(size / PAGE_SIZE));
}

/** Throws HostWait or ENOSPC before anything has changed. */
export function writeFile(fs: FsState, file: RegularFile, offset: number, bytes: Uint8Array): void {
  if (bytes.length === 0) return;
  prepareWrite(fs, file, offset, bytes.length);
  const end = offset + bytes.length;
  const first = Math.floor(offset / PAGE_SIZE);
  const last = Math.floor((end - 1) / PAGE_SIZE);
  for (let index = first; index <= last; index++) {
    const start = index * PAGE_SIZE;
    const from = Math.max(offset, start);
    const to = Math.min(end, start + PAGE_SIZE);
    let page: Uint8Array;
    if (from === start && to === start + PAGE_SIZE) page = bytes.slice(from - offset, to - offset);
    else {
      const old = file.pages.get(index);
      page = new Uint8Array(Math.max(old?.length ?? 0, to - start));
      if (old) page.set(old);
      page.set(bytes.subarray(from - offset, to - offset), from - start);
    }
    setPage(fs, file, index, page);
  }
  if (end > file.size) file.size = end;
}

/** A page as a shared mapping left it; what lies beyond the end of the file is not kept. */
export function storePage(fs: FsState, file: RegularFile, offset: number, bytes: Uint8Array): void {
  const count = Math.min(PAGE_SIZE, file.size - offset);
  if (count > 0) setPage(fs, file, offset / PAGE_SIZE, count === bytes.length ? bytes : bytes.slice(0, count));
}

/** Zeroes a range without changing the size (FALLOC_FL_PUNCH_HOLE, and the tail that truncate cuts). */
export function clearFile(fs: FsState, file: RegularFile, offset: number, end: number): void {
  const first = Math.floor(offset / PAGE_SIZE);
  const last = Math.ceil(end / PAGE_SIZE);
  if (file.host && offset < file.host.length) {
    // The host's bytes behind a cut never come back; behind a hole in the middle they must be loaded or kept out.
    if (end >= file.host.length) {
      if (offset % PAGE_SIZE !== 0) filePage(fs, file, first);
    } else for (let index = first; index < last; index++) filePage(fs, file, index);
  }
  for (const [index, page] of file.pages) {
    if (index < first || index >= last) continue;
    const start = index * PAGE_SIZE;
    const from = Math.max(0, offset - start);
    const to = Math.min(PAGE_SIZE, end - start);
    if (from === 0 && to >= page.length) {
      if (file.host && start < file.host.length && end < file.host.length) setPage(fs, file, index, new Uint8Array(0));
      else dropPage(fs, file, index);
    } else if (from < page.length) {
      const next = to >= page.length ? page.slice(0, from) : page.slice();
      next.fill(0, from, Math.min(to, next.length));
      setPage(fs, file, index, next);
    }
  }
  if (file.host && offset < file.host.length && end >= file.host.length) file.host.length = offset;
}

/** Throws HostWait before anything has changed. */
export function truncateFile(fs: FsState, file: RegularFile, size: number): void {
  if (size < file.size) clearFile(fs, file, size, file.size);
  if (size !== file.size) file.changes++;
  file.size = size;
}

/** Bytes that are really there, in units of 512 (st_blocks). */
export function fileBlocks(file: RegularFile): number {
  if (file.host) return Math.ceil(file.size / PAGE_SIZE) * 8;
  return file.pages.size * 8;
}

/** SEEK_DATA and SEEK_HOLE: the next such offset, or undefined beyond the end. */
export function seekContent(file: RegularFile, offset: number, what: 'data' | 'hole'): number | undefined {
  if (offset >= file.size) return undefined;
  const pages = Math.ceil(file.size / PAGE_SIZE);
  const hosted = file.host ? Math.ceil(file.host.length / PAGE_SIZE) : 0;
  for (let index = Math.floor(offset / PAGE_SIZE); index < pages; index++) {
    const data = index < hosted || file.pages.has(index);
    if (data === (what === 'data')) return Math.max(offset, index * PAGE_SIZE);
    // A long hole is passed in one step: the next page that exists.
    if (!data && index >= hosted) {
      let next = pages;
      for (const known of file.pages.keys()) if (known > index && known < next) next = known;
      index = next - 1;
    }
  }
  return what === 'hole' ? file.size : undefined;
}
