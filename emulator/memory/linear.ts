/**
 * How guest pages are cached in a process's linear WebAssembly memory.
 *
 * A page lies at `fold(address)`: the low 32 bits of its address plus bits 32–39 shifted by 24. It may be accessed
 * there while the tag of that linear page names it: one table of tags for reading, one for writing. Generated code
 * checks a tag with one load and one compare; whatever does not match takes the slow path, which knows everything.
 *
 * The engine's own tables sit in a window that Linux's usual layout leaves alone (non-PIE text folds to 0x400000 and
 * up, PIE text to 0xaa…, Go's heap to 0xc0…, mmaps and stacks to 0xf6… and up). Guest pages that do fold into the
 * window are never resident and always take the slow path.
 */

/** 4 GiB less 64 KiB: the largest memory whose byte length a typed array can have on every supported engine. */
export const MEMORY_PAGES = 65535;
export const LINEAR_SIZE = MEMORY_PAGES * 65536;
export const LINEAR_PAGES = LINEAR_SIZE / 4096;

/**
 * Whether linear memories are shared ones, which nobody shares: of others V8 thinks that collecting garbage would win them
 * back, and does so at once whenever there is a new one. A browser has them on pages that are isolated from others.
 */
export const IS_SHARED = typeof SharedArrayBuffer === 'function';

/** A linear memory, all zero. */
export const createMemory = (): WebAssembly.Memory =>
  new WebAssembly.Memory({ initial: MEMORY_PAGES, maximum: MEMORY_PAGES, shared: IS_SHARED });

/** The window: [ENGINE, ENGINE_END). */
export const ENGINE = 0x7400_0000;
export const ENGINE_END = 0x7a00_0000;

/**
 * Tags: one i64 a linear page, the address of the last byte of the guest page it may be read (written) as, or 0. An
 * access compares the tag with the address of its own last byte, its low 12 bits set: so no address equals 0, and one
 * that wraps around the end of the address space finds nothing.
 */
export const READ_TAGS = ENGINE + 0x100_0000;
export const WRITE_TAGS = READ_TAGS + LINEAR_PAGES * 8;

/** Bytes assembled for accesses that no run of linear memory can serve. */
export const BOUNCE = ENGINE + 0xf00;

/** Counts (32 bits, wrapping) how often a tag was taken away or code dropped: what was checked before may not hold. */
export const TAGS_LOWERED = ENGINE + 0xe00;

/** Linear offset of a guest address. */
export function fold(address: number): number {
  return ((address >>> 0) + ((Math.floor(address / 0x1_0000_0000) & 0xff) << 24)) >>> 0;
}
