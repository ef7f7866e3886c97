/** Arguments as calls about files get them: paths, directories to start from, vectors of buffers, timestamps. */
import { IOVEC } from '../../abi/structs.ts';
import { readStruct } from '../../abi/types.ts';
import { ADDRESS_END, MemoryFault } from '../../memory/types.ts';
import type { Context } from '../context.ts';
import { EFAULT, EINVAL, ENAMETOOLONG, ENOENT, ENOTDIR } from '../errors.ts';
import { AT_FDCWD, PATH_MAX } from './constants.ts';
import { inodeOfFile, openFile } from './descriptions.ts';
import { inodeOf, isDirectory } from './inodes.ts';
import { decodeName } from './names.ts';
import { type Found, find, type WalkOptions, walk } from './paths.ts';
import type { Inode, InodeId } from './state.ts';

/** The path at an address; EFAULT, ENAMETOOLONG. */
export function pathAt(c: Context, address: number): string {
  const bytes = c.space.readString(address, PATH_MAX - 1);
  if (!bytes) throw ENAMETOOLONG;
  return decodeName(bytes);
}

/** Where a relative path of an *at call begins. EBADF, ENOTDIR; a path from the root needs no valid descriptor. */
export function startOf(c: Context, dfd: number, path: string): InodeId {
  if (path.startsWith('/')) return c.process.fs.root;
  if (dfd === AT_FDCWD) return c.process.fs.cwd;
  const inode = inodeOfFile(c, openFile(c, dfd, 'path-allowed'));
  if (path !== '' && !isDirectory(inode)) throw ENOTDIR;
  return inode.id;
}

export function walkAt(c: Context, dfd: number, address: number, options: WalkOptions): Found {
  const path = pathAt(c, address);
  return walk(c, startOf(c, dfd, path), path, options);
}

/** The inode that (dfd, path) names; `empty`: an empty path means the descriptor itself (AT_EMPTY_PATH). */
export function findAt(c: Context, dfd: number, address: number, options: WalkOptions & { empty?: boolean }): Inode {
  const path = options.empty && address === 0 ? '' : pathAt(c, address);
  if (path === '') {
    if (!options.empty) throw ENOENT;
    if (dfd === AT_FDCWD) return inodeOf(c.state.fs, c.process.fs.cwd);
    return inodeOfFile(c, openFile(c, dfd, 'path-allowed'));
  }
  return find(c, startOf(c, dfd, path), path, options);
}

/** A piece of guest memory that a call reads into or writes from. */
export interface Segment {
  address: number;
  length: number;
}

/** Linux moves at most this much in one call (MAX_RW_COUNT) … */
const MAX_COUNT = 0x7fff_f000;
/** … and this machine at most this much, as a short read or write: the bytes pass through one array. */
export const TRANSFER_MAXIMUM = 0x1000_0000;

export function segment(address: number, length: number): Segment[] {
  // access_ok looks at the whole length, before anything is cut.
  if (address + length > ADDRESS_END) throw EFAULT;
  const count = Math.min(length, MAX_COUNT);
  return [{ address, length: count }];
}

/** An iovec array; EINVAL for more than 1024 or for a length that is negative as ssize_t. */
export function segments(c: Context, vec: number, count: number): Segment[] {
  if (count > 1024) throw EINVAL;
  if (count === 0) return [];
  const bytes = c.space.read(vec, count * IOVEC.size);
  const result: Segment[] = [];
  let total = 0;
  for (let i = 0; i < count; i++) {
    const { iov_base, iov_len } = readStruct(IOVEC, bytes, i * IOVEC.size);
    if (iov_len >= 2 ** 63) throw EINVAL;
    const length = Math.min(iov_len, MAX_COUNT - total);
    if (iov_base + iov_len > ADDRESS_END) throw EFAULT;
    total += length;
    result.push({ address: iov_base, length });
  }
  return result;
}

export function totalLength(parts: readonly Segment[]): number {
  let total = 0;
  for (const part of parts) total += part.length;
  return total;
}

/** Copies into the segments; a fault behind the first byte cuts the result, as copy_to_user's remainder does. */
export function scatter(c: Context, parts: readonly Segment[], bytes: Uint8Array): number {
  let at = 0;
  for (const { address, length } of parts) {
    if (at === bytes.length) break;
    const part = bytes.subarray(at, at + length);
    const done = copyOut(c, address, part);
    at += done;
    if (done < part.length) {
      if (at === 0) throw EFAULT;
      break;
    }
  }
  return at;
}

function copyOut(c: Context, address: number, bytes: Uint8Array): number {
  try {
    c.space.write(address, bytes);
    return bytes.length;
  } catch (e) {
    if (!(e instanceof MemoryFault)) throw e;
    const good = Math.max(0, Math.min(bytes.length - 1, e.fault.address - address));
    if (good > 0) c.space.write(address, bytes.subarray(0, good));
    return good;
  }
}

/** Copies out of the segments, from `skip` bytes on and at most `maximum`; a fault behind the first byte cuts it. */
export function gather(c: Context, parts: readonly Segment[], skip = 0, maximum = MAX_COUNT): Uint8Array {
  const chunks: Uint8Array[] = [];
  let total = 0;
  let left = skip;
  for (const { address, length } of parts) {
    if (left >= length) {
      left -= length;
      continue;
    }
    const want = Math.min(length - left, maximum - total);
    if (want <= 0) break;
    const part = copyIn(c, address + left, want);
    left = 0;
    chunks.push(part);
    total += part.length;
    if (part.length < want) break;
  }
  if (total === 0 && totalLength(parts) > skip && maximum > 0) throw EFAULT;
  if (chunks.length === 1) return chunks[0];
  const bytes = new Uint8Array(total);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

function copyIn(c: Context, address: number, length: number): Uint8Array {
  try {
    return c.space.read(address, length);
  } catch (e) {
    if (!(e instanceof MemoryFault)) throw e;
    const good = Math.max(0, Math.min(length - 1, e.fault.address - address));
    return good > 0 ? c.space.read(address, good) : new Uint8Array(0);
  }
}

export const NANOSECONDS = 1_000_000_000n;

/** A timespec from memory, in nanoseconds; EINVAL if its fields are out of range. */
export function timespecAt(c: Context, address: number): bigint {
  const seconds = BigInt.asIntN(64, c.space.readU64(address));
  const nanoseconds = BigInt.asIntN(64, c.space.readU64(address + 8));
  if (seconds < 0n || nanoseconds < 0n || nanoseconds >= NANOSECONDS) throw EINVAL;
  // Later than what 63 bits of nanoseconds hold: never.
  return seconds > 9_000_000_000n ? 9_000_000_000n * NANOSECONDS : seconds * NANOSECONDS + nanoseconds;
}
