/**
 * The words in which syscall arguments and kernel structures are described. A `Value` says two things of a register
 * or a field: which number it is (`scalar`) and what the number means (`meaning`). Kernel handlers get their argument
 * types from the first, traces and the debugger print by the second, so neither can drift from the other.
 */

/** What each scalar becomes in TypeScript. 64-bit values that people count with are numbers: exact up to 2^53. */
export interface Scalars {
  i8: number;
  u8: number;
  i16: number;
  u16: number;
  i32: number;
  u32: number;
  /** Network byte order, in structures only. */
  be16: number;
  be32: number;
  i64: bigint;
  u64: bigint;
  /** size_t: 64 bits, unsigned. A size beyond 2^53 is rounded, and is too large for anything. */
  size: number;
  /** loff_t: 64 bits, signed. */
  offset: number;
  /** A user address: 64 bits; beyond 2^53 it is rounded, and no address of a user. */
  address: number;
}

export type ScalarName = keyof Scalars;

/** Names of numbers. Sets of bits: in the order in which they are printed. */
export type Names = Readonly<Record<string, number | bigint>>;

/** Who writes what a pointer points at. */
export type Direction = 'in' | 'out' | 'inout';

/** How many items stand at a pointer: a constant, the value of another argument, or the call's result. */
export type Count = number | { readonly argument: string } | { readonly pointer: string } | 'result';

/** `prefix` names the family of an unknown value in traces: 0x40 with `O_???`. */
export type Meaning =
  /** `unsigned`: shown so although the kernel takes it as signed (ftruncate's length). */
  | { readonly is: 'number'; readonly base: 10 | 16 | 8; readonly unsigned?: boolean }
  | { readonly is: 'address' }
  | { readonly is: 'fd' }
  /** A descriptor of a directory, or AT_FDCWD. */
  | { readonly is: 'dirfd' }
  | { readonly is: 'pid' }
  /** A user or group id, where −1 means "leave it". */
  | { readonly is: 'id' }
  | { readonly is: 'signal' }
  /** File type and permissions. */
  | { readonly is: 'mode' }
  | { readonly is: 'permissions' }
  | { readonly is: 'device' }
  | { readonly is: 'open-flags' }
  /** One name, maybe with bits of `modifiers` added. */
  | { readonly is: 'choice'; readonly names: Names; readonly prefix: string; readonly modifiers?: Names }
  | { readonly is: 'flags'; readonly names: Names; readonly prefix: string }
  /** A word whose meaning another argument decides (ioctl, fcntl, prctl …). */
  | { readonly is: 'word' }
  | { readonly is: 'path' }
  | { readonly is: 'string' }
  /** A NULL-terminated vector of strings. */
  | { readonly is: 'strings' }
  /** The environment: a vector whose items are counted, not shown. */
  | { readonly is: 'environment' }
  | { readonly is: 'buffer'; readonly direction: Direction; readonly length: Count }
  | { readonly is: 'sigset'; readonly direction: Direction }
  | { readonly is: 'cpuset'; readonly direction: Direction; readonly length: Count }
  | { readonly is: 'sockaddr'; readonly direction: Direction; readonly length: Count }
  /** One scalar or `count` of them, printed in brackets. */
  | { readonly is: 'scalars'; readonly direction: Direction; readonly item: Value; readonly count?: Count }
  | { readonly is: 'struct'; readonly direction: Direction; readonly layout: Layout }
  | { readonly is: 'structs'; readonly direction: Direction; readonly layout: Layout; readonly count: Count };

export interface Value<S extends ScalarName = ScalarName> {
  readonly scalar: S;
  readonly meaning: Meaning;
}

export const value = <S extends ScalarName>(scalar: S, meaning: Meaning): Value<S> => ({ scalar, meaning });

// ---- Structures -----------------------------------------------------------------------------------------------

/** A field: a value, a structure inside, a run of bytes (NUL-terminated text if `text`), or an array of values. */
export type Field =
  | Value
  | { readonly nested: Layout }
  | { readonly bytes: number; readonly text?: boolean }
  | { readonly array: Value; readonly count: number }
  | { readonly padding: number };

export type Fields = Readonly<Record<string, Field>>;

export interface Layout<F extends Fields = Fields> {
  readonly name: string;
  readonly fields: F;
  readonly offsets: { readonly [K in keyof F]: number };
  readonly size: number;
  readonly align: number;
  /** Where linux/arm64 differs. The field names are the same. */
  readonly arm64?: Layout<F>;
}

type FieldValue<F> =
  F extends Value<infer S>
    ? Scalars[S]
    : F extends { readonly nested: Layout<infer G> }
      ? StructValue<G>
      : F extends { readonly bytes: number }
        ? Uint8Array
        : F extends { readonly array: Value<infer S> }
          ? Scalars[S][]
          : never;

export type StructValue<F extends Fields> = {
  -readonly [K in keyof F as F[K] extends { readonly padding: number } ? never : K]: FieldValue<F[K]>;
};

/** The TypeScript type of a layout: `Struct<typeof TIMESPEC>` is `{ tv_sec: bigint; tv_nsec: bigint }`. */
export type Struct<L> = L extends Layout<infer F> ? StructValue<F> : never;

/** What `writeStruct` takes: fields that are left out become zero. */
export type StructInput<L> = L extends Layout<infer F> ? PartialStruct<F> : never;
type PartialStruct<F extends Fields> = {
  readonly [K in keyof F]?: F[K] extends { readonly nested: Layout<infer G> } ? PartialStruct<G> : FieldValue<F[K]>;
};

const SCALAR_SIZE: Readonly<Record<ScalarName, number>> = {
  i8: 1,
  u8: 1,
  i16: 2,
  u16: 2,
  be16: 2,
  i32: 4,
  u32: 4,
  be32: 4,
  i64: 8,
  u64: 8,
  size: 8,
  offset: 8,
  address: 8,
};

export const scalarSize = (scalar: ScalarName): number => SCALAR_SIZE[scalar];

/** Bytes that a field takes. */
export function fieldSize(field: Field): number {
  if ('scalar' in field) return SCALAR_SIZE[field.scalar];
  if ('nested' in field) return field.nested.size;
  if ('bytes' in field) return field.bytes;
  if ('array' in field) return SCALAR_SIZE[field.array.scalar] * field.count;
  return field.padding;
}

function fieldAlign(field: Field): number {
  if ('scalar' in field) return SCALAR_SIZE[field.scalar];
  if ('nested' in field) return field.nested.align;
  if ('array' in field) return SCALAR_SIZE[field.array.scalar];
  return 1;
}

/** A structure laid out as C does on both 64-bit Linux ABIs; `packed` leaves no gaps. */
export function struct<F extends Fields>(
  name: string,
  fields: F,
  options: { packed?: boolean; arm64?: Layout<F> } = {},
): Layout<F> {
  const offsets: Record<string, number> = {};
  let at = 0;
  let widest = 1;
  for (const [key, field] of Object.entries(fields)) {
    const align = options.packed ? 1 : fieldAlign(field);
    at = Math.ceil(at / align) * align;
    offsets[key] = at;
    at += fieldSize(field);
    widest = Math.max(widest, align);
  }
  const size = Math.ceil(at / widest) * widest;
  return { name, fields, offsets: offsets as Layout<F>['offsets'], size, align: widest, arm64: options.arm64 };
}

export function readScalar<S extends ScalarName>(scalar: S, view: DataView, at: number): Scalars[S] {
  const read = (): number | bigint => {
    switch (scalar) {
      case 'i8':
        return view.getInt8(at);
      case 'u8':
        return view.getUint8(at);
      case 'i16':
        return view.getInt16(at, true);
      case 'u16':
        return view.getUint16(at, true);
      case 'i32':
        return view.getInt32(at, true);
      case 'u32':
        return view.getUint32(at, true);
      case 'be16':
        return view.getUint16(at);
      case 'be32':
        return view.getUint32(at);
      case 'i64':
        return view.getBigInt64(at, true);
      case 'u64':
        return view.getBigUint64(at, true);
      case 'offset':
        return Number(view.getBigInt64(at, true));
      default:
        return Number(view.getBigUint64(at, true));
    }
  };
  return read() as Scalars[S];
}

export function writeScalar<S extends ScalarName>(scalar: S, view: DataView, at: number, to: Scalars[S]): void {
  const size = SCALAR_SIZE[scalar];
  const bigEndian = scalar === 'be16' || scalar === 'be32';
  if (size === 1) view.setUint8(at, Number(to));
  else if (size === 2) view.setUint16(at, Number(to), !bigEndian);
  else if (size === 4) view.setUint32(at, Number(to), !bigEndian);
  else view.setBigUint64(at, BigInt.asUintN(64, BigInt(to)), true);
}

/** The structure at `at`. The caller makes sure that `layout.size` bytes are there; shorter ones throw RangeError. */
export function readStruct<F extends Fields>(layout: Layout<F>, bytes: Uint8Array, at = 0): StructValue<F> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const result: Record<string, unknown> = {};
  for (const key of Object.keys(layout.fields)) {
    const field = layout.fields[key];
    const start = at + layout.offsets[key];
    if ('scalar' in field) result[key] = readScalar(field.scalar, view, start);
    else if ('nested' in field) result[key] = readStruct(field.nested, bytes, start);
    else if ('bytes' in field) result[key] = bytes.slice(start, start + field.bytes);
    else if ('array' in field) {
      const step = SCALAR_SIZE[field.array.scalar];
      result[key] = Array.from({ length: field.count }, (_, i) =>
        readScalar(field.array.scalar, view, start + i * step),
      );
    }
  }
  return result as StructValue<F>;
}

/** New bytes of the structure; fields that are left out are zero, byte runs may be shorter than their field. */
export function writeStruct<F extends Fields>(layout: Layout<F>, from: PartialStruct<F>): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(layout.size);
  const view = new DataView(bytes.buffer);
  for (const key of Object.keys(layout.fields)) {
    const given = from[key] as unknown;
    if (given === undefined) continue;
    const field: Field = layout.fields[key];
    const start = layout.offsets[key];
    if ('scalar' in field) writeScalar(field.scalar, view, start, given as never);
    else if ('nested' in field) bytes.set(writeStruct(field.nested, given as never), start);
    else if ('bytes' in field) bytes.set((given as Uint8Array).subarray(0, field.bytes), start);
    else if ('array' in field) {
      const step = SCALAR_SIZE[field.array.scalar];
      const items = (given as never[]).slice(0, field.count);
      for (let i = 0; i < items.length; i++) writeScalar(field.array.scalar, view, start + i * step, items[i]);
    }
  }
  return bytes;
}

/** The layout as this architecture has it. */
export const layoutFor = <F extends Fields>(layout: Layout<F>, column: 'amd64' | 'arm64'): Layout<F> =>
  (column === 'arm64' && layout.arm64) || layout;

// ---- Values that arguments and fields share -------------------------------------------------------------------

const DEC = { is: 'number', base: 10 } as const;
const HEX = { is: 'number', base: 16 } as const;

export const I16 = value('i16', DEC);
export const INT = value('i32', DEC);
export const UINT = value('u32', DEC);
export const LONG = value('i64', DEC);
export const ULONG = value('u64', DEC);
export const SIZE = value('size', DEC);
export const OFFSET = value('offset', DEC);
/** loff_t that traces show unsigned. */
export const LENGTH = value('offset', { is: 'number', base: 10, unsigned: true });
export const U8 = value('u8', DEC);
export const U16 = value('u16', DEC);
export const HEX8 = value('u8', HEX);
export const HEX16 = value('u16', HEX);
export const HEX32 = value('u32', HEX);
export const HEX64 = value('u64', HEX);
export const ADDRESS = value('address', { is: 'address' });
export const FD = value('i32', { is: 'fd' });
export const DIRFD = value('i32', { is: 'dirfd' });
export const PID = value('i32', { is: 'pid' });
export const ID = value('u32', { is: 'id' });
export const SIGNAL = value('i32', { is: 'signal' });
export const MODE = value('u32', { is: 'mode' });
export const PERMISSIONS = value('u32', { is: 'permissions' });
export const DEVICE = value('u64', { is: 'device' });
export const OPEN_FLAGS = value('u32', { is: 'open-flags' });
/** A word whose meaning depends on another argument: the register as it is. */
export const WORD = value('u64', { is: 'word' });
export const PATH = value('address', { is: 'path' });
export const STRING = value('address', { is: 'string' });
export const STRINGS = value('address', { is: 'strings' });
export const ENVIRONMENT = value('address', { is: 'environment' });

/** One of the names; 32 bits. */
export const oneOf = (names: Names, prefix: string, modifiers?: Names): Value<'i32'> =>
  value('i32', { is: 'choice', names, prefix, modifiers });
/** A set of bits; 32 or 64 bits wide. */
export const bits = (names: Names, prefix: string): Value<'u32'> => value('u32', { is: 'flags', names, prefix });
export const bits64 = (names: Names, prefix: string): Value<'u64'> => value('u64', { is: 'flags', names, prefix });

export const bufferIn = (length: string): Value<'address'> =>
  value('address', { is: 'buffer', direction: 'in', length: { argument: length } });
/** Filled by the call: as many bytes as the result says. */
export const BUFFER_OUT = value('address', { is: 'buffer', direction: 'out', length: 'result' });
/** A socket address of `length` bytes; `sockaddrOut` points at an argument that points at the length. */
export const sockaddr = (length: string): Value<'address'> =>
  value('address', { is: 'sockaddr', direction: 'in', length: { argument: length } });
export const sockaddrOut = (length: string): Value<'address'> =>
  value('address', { is: 'sockaddr', direction: 'out', length: { pointer: length } });
export const SIGSET = value('address', { is: 'sigset', direction: 'in' });
export const SIGSET_OUT = value('address', { is: 'sigset', direction: 'out' });

const pointer = (direction: Direction, to: Layout | Value, count?: Count): Value<'address'> => {
  if ('scalar' in to) return value('address', { is: 'scalars', direction, item: to, count });
  if (count === undefined) return value('address', { is: 'struct', direction, layout: to });
  return value('address', { is: 'structs', direction, layout: to, count });
};

/** Pointers to what the task gives, to what the call writes, and to what is both. */
export const given = (to: Layout | Value, count?: Count): Value<'address'> => pointer('in', to, count);
export const written = (to: Layout | Value, count?: Count): Value<'address'> => pointer('out', to, count);
export const updated = (to: Layout | Value, count?: Count): Value<'address'> => pointer('inout', to, count);
/** "As many as that argument says." */
export const times = (argument: string): Count => ({ argument });
/** "As many as the integer says that argument points at." */
export const timesAt = (argument: string): Count => ({ pointer: argument });
