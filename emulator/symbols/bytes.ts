/**
 * Reading of untrusted little-endian bytes. ELF, pclntab and DWARF come from files that may be cut or damaged, so every
 * read is checked against the end of what was given and a bad one throws a `SymbolError` with a sentence; nothing else
 * is ever thrown by the parsers of this folder.
 *
 * 64-bit values are returned as numbers: addresses and offsets of real files fit, and the nonsense in damaged ones
 * only loses low bits before a bounds check refuses it.
 */

import type { ViewMemory } from '../abi/arch.ts';

/** What is wrong with a file, said to a person. `where` names the section or table. */
export class SymbolError extends Error {
  override readonly name = 'SymbolError';
  readonly where: string;
  constructor(where: string, sentence: string) {
    super(`${where}: ${sentence}`);
    this.where = where;
  }
}

/** Every host has them (Node, workers, browsers), but they stand in the DOM's declarations, which this folder does without. */
declare const TextDecoder: new (
  label: string,
  options: { fatal: boolean; ignoreBOM: boolean },
) => { decode(bytes: Uint8Array): string };

declare const TextEncoder: new () => { encode(text: string): Uint8Array };

const utf8 = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true });

export function decodeUtf8(bytes: Uint8Array): string {
  return utf8.decode(bytes);
}

export function encodeUtf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** A position in bytes. `offset` counts from the start of the bytes given, `end` is exclusive. */
export class Cursor {
  readonly bytes: Uint8Array;
  readonly where: string;
  offset: number;
  end: number;
  readonly #view: DataView;

  constructor(bytes: Uint8Array, where: string, offset = 0, end = bytes.length) {
    this.bytes = bytes;
    this.where = where;
    this.end = Math.min(end, bytes.length);
    this.offset = 0;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.seek(offset);
  }

  seek(offset: number): void {
    if (!(offset >= 0 && offset <= this.end)) {
      throw new SymbolError(this.where, `offset ${hex(offset)} lies outside its ${this.bytes.length} bytes`);
    }
    this.offset = offset;
  }

  get atEnd(): boolean {
    return this.offset >= this.end;
  }

  #take(length: number): number {
    const at = this.offset;
    if (!(length >= 0 && length <= this.end - at)) {
      throw new SymbolError(this.where, `ends at ${hex(this.end)} inside a value that starts at ${hex(at)}`);
    }
    this.offset = at + length;
    return at;
  }

  skip(length: number): void {
    this.#take(length);
  }

  u8(): number {
    return this.bytes[this.#take(1)];
  }
  i8(): number {
    return this.#view.getInt8(this.#take(1));
  }
  u16(): number {
    return this.#view.getUint16(this.#take(2), true);
  }
  u24(): number {
    const at = this.#take(3);
    return this.bytes[at] | (this.bytes[at + 1] << 8) | (this.bytes[at + 2] << 16);
  }
  u32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }
  i32(): number {
    return this.#view.getInt32(this.#take(4), true);
  }
  u64(): number {
    const at = this.#take(8);
    return this.#view.getUint32(at, true) + this.#view.getUint32(at + 4, true) * 0x1_0000_0000;
  }
  i64(): number {
    const at = this.#take(8);
    return this.#view.getUint32(at, true) + this.#view.getInt32(at + 4, true) * 0x1_0000_0000;
  }
  /** An unsigned value of 1, 2, 4 or 8 bytes. */
  unsigned(size: number): number {
    switch (size) {
      case 1:
        return this.u8();
      case 2:
        return this.u16();
      case 4:
        return this.u32();
      case 8:
        return this.u64();
      default:
        throw new SymbolError(this.where, `a value of ${size} bytes at ${hex(this.offset)} is not possible`);
    }
  }

  /** Unsigned LEB128 (DWARF 5, 7.6), at most ten bytes. */
  uleb(): number {
    let value = 0;
    let scale = 1;
    for (let i = 0; i < 10; i++) {
      const byte = this.u8();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 128;
    }
    throw new SymbolError(this.where, `a LEB128 number near ${hex(this.offset)} does not end`);
  }

  /** Signed LEB128. */
  sleb(): number {
    let value = 0;
    let scale = 1;
    for (let i = 0; i < 10; i++) {
      const byte = this.u8();
      value += (byte & 0x7f) * scale;
      scale *= 128;
      if (byte < 0x80) return byte & 0x40 ? value - scale : value;
    }
    throw new SymbolError(this.where, `a LEB128 number near ${hex(this.offset)} does not end`);
  }

  /** A copy-free part of the bytes. */
  take(length: number): Uint8Array {
    const at = this.#take(length);
    return this.bytes.subarray(at, at + length);
  }

  /** Bytes up to a NUL, which is skipped. */
  cstring(): string {
    const nul = this.bytes.indexOf(0, this.offset);
    if (nul < 0 || nul >= this.end) {
      throw new SymbolError(this.where, `a string at ${hex(this.offset)} has no end`);
    }
    const text = decodeUtf8(this.bytes.subarray(this.offset, nul));
    this.offset = nul + 1;
    return text;
  }

  skipCstring(): void {
    const nul = this.bytes.indexOf(0, this.offset);
    if (nul < 0 || nul >= this.end) {
      throw new SymbolError(this.where, `a string at ${hex(this.offset)} has no end`);
    }
    this.offset = nul + 1;
  }
}

/** A little-endian 64-bit word of a guest; undefined where memory ends. */
export function word(memory: ViewMemory, address: number): number | undefined {
  if (!(address > 0 && address < 2 ** 48)) return undefined;
  const bytes = memory.read(address, 8);
  return bytes.length < 8 ? undefined : new Cursor(bytes, 'memory').u64();
}

/** The NUL-terminated string at an offset of a string table. */
export function stringAt(table: Uint8Array, offset: number, where: string): string {
  if (!(offset >= 0 && offset < table.length)) {
    throw new SymbolError(where, `string offset ${hex(offset)} lies outside its ${table.length} bytes`);
  }
  const nul = table.indexOf(0, offset);
  return decodeUtf8(table.subarray(offset, nul < 0 ? table.length : nul));
}

export function hex(value: number): string {
  return Number.isFinite(value) && value >= 0 ? `0x${value.toString(16)}` : String(value);
}

/** Index of the last element whose key is ≤ `key` in a list sorted by key, or −1. */
export function lastAtOrBelow<T>(list: ArrayLike<T>, key: number, keyOf: (element: T) => number): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (keyOf(list[middle]) <= key) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
