/**
 * Compressed sections: zlib and Zstandard behind SHF_COMPRESSED, and the older `.zdebug_` form of Go up to 1.18. A large
 * program's debug information takes longest here, so `inflateAside` lets the host's own decompressor do it beside the
 * program's start; what is asked for before it is done is inflated at once.
 *
 * Source: System V ABI, "Section Compression"; RFC 1950; RFC 8878.
 */
import { inflateSync } from 'fflate';
import { decompress as decompressZstd } from 'fzstd';
import { Cursor, decodeUtf8, SymbolError } from './bytes.ts';

/** The largest debug section worth inflating in a tab. */
const MAX_INFLATED = 1 << 29;
/** Elf64_Chdr: type, reserved, size, alignment. */
const CHDR = 24;
const ELFCOMPRESS = { ZLIB: 1, ZSTD: 2 } as const;

interface Compressed {
  readonly type: number;
  /** Behind the header. */
  readonly data: Uint8Array;
  /** Of what comes out. */
  readonly size: number;
}

function headerOf(bytes: Uint8Array, name: string): Compressed {
  const c = new Cursor(bytes, name);
  const type = c.u32();
  c.skip(4);
  return { type, size: c.u64(), data: bytes.subarray(CHDR) };
}

/** Contents of a section with SHF_COMPRESSED. Throws SymbolError. */
export function inflateSection(bytes: Uint8Array, name: string): Uint8Array {
  const { type, data, size } = headerOf(bytes, name);
  if (type === ELFCOMPRESS.ZLIB) return inflate(data, size, name);
  if (type === ELFCOMPRESS.ZSTD) return inflateZstd(data, size, name);
  throw new SymbolError(name, `compression type ${type} is neither zlib nor Zstandard`);
}

/** The GNU form before SHF_COMPRESSED: "ZLIB" and a big-endian size. Throws SymbolError. */
export function inflateZdebug(bytes: Uint8Array, name: string): Uint8Array {
  if (bytes.length < 12 || decodeUtf8(bytes.subarray(0, 4)) !== 'ZLIB') return bytes;
  let size = 0;
  for (let i = 4; i < 12; i++) size = size * 256 + bytes[i];
  return inflate(bytes.subarray(12), size, name);
}

function inflate(zlib: Uint8Array, size: number, name: string): Uint8Array {
  // Deflate cannot do better than 1032:1, so a larger claim is damage and not worth allocating for.
  if (size > MAX_INFLATED || size > zlib.length * 1032 + 64) {
    throw new SymbolError(name, `claims to inflate from ${zlib.length} to ${size} bytes`);
  }
  if (zlib.length < 6 || (zlib[0] & 15) !== 8 || ((zlib[0] << 8) | zlib[1]) % 31 !== 0 || zlib[1] & 32) {
    throw new SymbolError(name, 'its compressed data has no zlib header');
  }
  return guarded(name, size, () => inflateSync(zlib.subarray(2, zlib.length - 4), { out: new Uint8Array(size) }));
}

function inflateZstd(data: Uint8Array, size: number, name: string): Uint8Array {
  // Blocks of one repeated byte make 128 KiB of four bytes.
  if (size > MAX_INFLATED || size > data.length * 32768 + 64) {
    throw new SymbolError(name, `claims to inflate from ${data.length} to ${size} bytes`);
  }
  return guarded(name, size, () => decompressZstd(data, new Uint8Array(size)));
}

/** The libraries throw errors of their own kinds at damage. */
function guarded(name: string, size: number, run: () => Uint8Array): Uint8Array {
  let result: Uint8Array;
  try {
    result = run();
  } catch (error) {
    throw new SymbolError(
      name,
      `its compressed data is damaged (${error instanceof Error ? error.message : 'inflate'})`,
    );
  }
  if (result.length !== size) throw new SymbolError(name, `inflates to ${result.length} bytes instead of ${size}`);
  return result;
}

interface ByteReader {
  read(): Promise<{ done: boolean; value?: Uint8Array }>;
  cancel(): Promise<void>;
}
interface ByteWriter {
  write(bytes: Uint8Array): Promise<void>;
  close(): Promise<void>;
}
/** Every host has it, but it stands in the DOM's declarations. */
declare const DecompressionStream: new (
  format: 'deflate',
) => { readable: { getReader(): ByteReader }; writable: { getWriter(): ByteWriter } };

/** Inflates a zlib section beside other work; undefined if the host cannot, or the section is damaged or none. */
export async function inflateAside(bytes: Uint8Array, name: string): Promise<Uint8Array | undefined> {
  if (typeof DecompressionStream === 'undefined') return undefined;
  try {
    const { type, data, size } = headerOf(bytes, name);
    if (type !== ELFCOMPRESS.ZLIB || size > MAX_INFLATED || size > data.length * 1032 + 64) return undefined;
    const stream = new DecompressionStream('deflate');
    const writer = stream.writable.getWriter();
    // Whatever goes wrong is seen where it is read.
    writer.write(data).catch(() => {});
    writer.close().catch(() => {});
    const reader = stream.readable.getReader();
    const result = new Uint8Array(size);
    let at = 0;
    for (;;) {
      const { done, value } = await reader.read();
      if (done || !value) return at === size ? result : undefined;
      if (at + value.length > size) {
        await reader.cancel();
        return undefined;
      }
      result.set(value, at);
      at += value.length;
    }
  } catch {
    return undefined;
  }
}
