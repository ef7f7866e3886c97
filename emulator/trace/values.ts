/**
 * One argument or field as text, by its meaning. Whatever a pointer should lead to but does not is shown as the
 * address, as strace does; so is everything that a failed call was to write.
 */
import { AT_FDCWD, O, S_IF } from '../abi/flags.ts';
import { signalName } from '../abi/signals.ts';
import type { Count, Layout, Meaning, ScalarName, Value } from '../abi/types.ts';
import { layoutFor, readScalar, scalarSize } from '../abi/types.ts';
import { bytesAt, type CallContext, register, stringAt, viewAt } from './context.ts';
import { formatSigset } from './sigset.ts';
import { formatSockaddr } from './sockaddr.ts';
import { SPECIAL_STRUCTS } from './structs.ts';
import { bits, choice, decimal, hex, nameOf, permissions, pointer, quote, untilNul } from './text.ts';

const WIDTH: Readonly<Record<ScalarName, number>> = {
  i8: 8,
  u8: 8,
  i16: 16,
  u16: 16,
  be16: 16,
  i32: 32,
  u32: 32,
  be32: 32,
  i64: 64,
  u64: 64,
  size: 64,
  offset: 64,
  address: 64,
};

const SIGNED: ReadonlySet<ScalarName> = new Set(['i8', 'i16', 'i32', 'i64', 'offset']);

/** PATH_MAX − 1: as much of a path as is ever shown. */
const PATH_LIMIT = 4095;

/** A value that may be as wide as a register, as its scalar sees it. */
function narrow(scalar: ScalarName, raw: bigint): bigint {
  const width = WIDTH[scalar];
  return SIGNED.has(scalar) ? BigInt.asIntN(width, raw) : BigInt.asUintN(width, raw);
}

/** File type, special bits and permissions. */
export function formatMode(mode: number): string {
  const type = nameOf(S_IF, BigInt(mode & 0o170000));
  if (type === undefined) return permissions(mode);
  const special =
    (mode & 0o4000 ? '|S_ISUID' : '') + (mode & 0o2000 ? '|S_ISGID' : '') + (mode & 0o1000 ? '|S_ISVTX' : '');
  return `${type}${special}|${permissions(mode & 0o777)}`;
}

/** Linux's dev_t: 12 bits of the major below the low 8 of the minor, the rest above. */
export function formatDevice(device: bigint): string {
  const major = ((device >> 8n) & 0xfffn) | ((device >> 32n) & 0xfffff000n);
  const minor = (device & 0xffn) | ((device >> 12n) & 0xffffff00n);
  return `makedev(${hex(major)}, ${hex(minor)})`;
}

const ACCESS_MODES = ['O_RDONLY', 'O_WRONLY', 'O_RDWR', 'O_ACCMODE'] as const;
const { O_RDONLY: _0, O_WRONLY: _1, O_RDWR: _2, O_ACCMODE: _3, ...OPEN_BITS } = O;
/** arm64 has four of the bits elsewhere (arch/arm64/include/uapi/asm/fcntl.h). */
const OPEN_BITS_ARM64 = {
  ...OPEN_BITS,
  O_DIRECT: 0o200000,
  O_LARGEFILE: 0o400000,
  O_NOFOLLOW: 0o100000,
  O_DIRECTORY: 0o40000,
  O_TMPFILE: 0o20040000,
} as const;

/** open(2) flags: the access mode first. */
export function formatOpenFlags(c: CallContext, flags: bigint): string {
  const mode = ACCESS_MODES[Number(flags & 3n)];
  const rest = flags & ~3n;
  return rest === 0n ? mode : `${mode}|${bits(c.options.column === 'arm64' ? OPEN_BITS_ARM64 : OPEN_BITS, rest, '')}`;
}

/** The flags of pipe2, dup3 and the like: no access mode among them. */
export const formatDescriptorFlags = (c: CallContext, flags: bigint): string =>
  bits(c.options.column === 'arm64' ? OPEN_BITS_ARM64 : OPEN_BITS, flags, 'O_???');

const DELETED = ' (deleted)';

/** `<path>`; that a file is deleted stands behind it. */
const between = (what: string): string =>
  what.endsWith(DELETED) ? `<${what.slice(0, -DELETED.length)}>(deleted)` : `<${what}>`;

export function formatFd(c: CallContext, fd: number): string {
  const what = fd >= 0 ? c.options.describeFd?.(c.call.task, fd) : undefined;
  return what === undefined ? String(fd) : `${fd}${between(what)}`;
}

export const formatDirfd = (c: CallContext, fd: number): string => {
  if (fd !== AT_FDCWD) return formatFd(c, fd);
  const what = c.options.describeFd?.(c.call.task, fd);
  return what === undefined ? 'AT_FDCWD' : `AT_FDCWD${between(what)}`;
};

/** A NUL-terminated string, cut at `limit` characters. */
export function formatString(c: CallContext, address: bigint, limit = c.options.stringLimit): string {
  if (address === 0n) return 'NULL';
  const found = stringAt(c, address, limit);
  if (!found) return pointer(address);
  return quote(found.bytes, c.options.quoting) + (found.ended ? '' : '...');
}

export const formatPath = (c: CallContext, address: bigint): string => formatString(c, address, PATH_LIMIT);

/** `length` bytes, cut at the limit. */
export function formatBuffer(c: CallContext, address: bigint, length: bigint, quoting = c.options.quoting): string {
  if (address === 0n) return 'NULL';
  const limit = BigInt(c.options.stringLimit);
  const shown = length > limit ? limit : length;
  const bytes = shown >= 0n ? bytesAt(c, address, Number(shown)) : undefined;
  if (!bytes) return pointer(address);
  return quote(bytes, quoting) + (length > shown ? '...' : '');
}

const MAXIMUM_STRINGS = 4096;

/** A NULL-terminated vector of strings, in full up to the limit of items. */
function formatStrings(c: CallContext, address: bigint): string {
  if (address === 0n) return 'NULL';
  const items: string[] = [];
  for (let i = 0; ; i++) {
    const view = viewAt(c, address + BigInt(i * 8), 8);
    if (!view) {
      if (i === 0) return pointer(address);
      items.push(`... /* ${hex(address + BigInt(i * 8))} */`);
      break;
    }
    const item = view.getBigUint64(0, true);
    if (item === 0n) break;
    if (!c.options.verbose && i >= c.options.stringLimit) {
      items.push('...');
      break;
    }
    items.push(formatString(c, item));
  }
  return `[${items.join(', ')}]`;
}

function formatEnvironment(c: CallContext, address: bigint): string {
  if (c.options.verbose) return formatStrings(c, address);
  if (address === 0n) return 'NULL';
  let count = 0;
  for (; count < MAXIMUM_STRINGS; count++) {
    const view = viewAt(c, address + BigInt(count * 8), 8);
    if (!view) return count === 0 ? pointer(address) : `${pointer(address)} /* ${count} vars, unterminated */`;
    if (view.getBigUint64(0, true) === 0n) break;
  }
  return `${pointer(address)} /* ${count} ${count === 1 ? 'var' : 'vars'} */`;
}

function formatCpuset(c: CallContext, address: bigint, length: bigint): string {
  if (address === 0n) return 'NULL';
  const bytes = length <= 0x20000n ? bytesAt(c, address, Number(length)) : undefined;
  if (!bytes) return pointer(address);
  const cpus: number[] = [];
  for (let i = 0; i < bytes.length * 8; i++) if ((bytes[i >> 3] >> (i & 7)) & 1) cpus.push(i);
  return `[${cpus.join(' ')}]`;
}

/** The value of a `Count`: another argument's, what another argument points at, or the result's. */
export function resolveCount(c: CallContext, count: Count): bigint {
  if (count === 'result') return c.call.result ?? 0n;
  if (typeof count === 'number') return BigInt(count);
  if ('argument' in count) return register(c, indexOf(c, count.argument));
  const view = viewAt(c, register(c, indexOf(c, count.pointer)), 4);
  return view ? BigInt(view.getInt32(0, true)) : 0n;
}

function indexOf(c: CallContext, name: string): number {
  for (let i = 0; i < c.args.length; i++) if (c.args[i][0] === name) return i;
  return -1;
}

/** Items in brackets, at most as many as -s allows. `read` gives one item's text or undefined where memory ends. */
export function formatArray(
  c: CallContext,
  address: bigint,
  count: bigint,
  size: number,
  read: (at: bigint) => string | undefined,
): string {
  if (address === 0n) return 'NULL';
  if (count < 0n) return pointer(address);
  const items: string[] = [];
  for (let i = 0n; i < count; i++) {
    if (i >= BigInt(c.options.stringLimit)) {
      items.push('...');
      break;
    }
    const at = address + i * BigInt(size);
    const text = read(at);
    if (text === undefined) {
      if (i === 0n) return pointer(address);
      items.push(`... /* ${hex(at)} */`);
      break;
    }
    items.push(text);
  }
  return `[${items.join(', ')}]`;
}

function formatScalars(c: CallContext, address: bigint, item: Value, count: Count | undefined): string {
  const size = scalarSize(item.scalar);
  return formatArray(c, address, count === undefined ? 1n : resolveCount(c, count), size, at => {
    const view = viewAt(c, at, size);
    return view && formatScalar(c, item, BigInt(readScalar(item.scalar, view, 0)));
  });
}

/** A structure whose bytes are here, with its fields in the order in which strace has them. */
export function formatStruct(c: CallContext, layout: Layout, bytes: Uint8Array): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const raw = (name: string): bigint => {
    const field = layout.fields[name];
    return 'scalar' in field ? BigInt(readScalar(field.scalar, view, layout.offsets[name])) : 0n;
  };
  const text = (name: string): string => {
    const field = layout.fields[name];
    const at = layout.offsets[name];
    if ('scalar' in field) return formatScalar(c, field, raw(name));
    if ('nested' in field) return formatStruct(c, field.nested, bytes.subarray(at, at + field.nested.size));
    if ('bytes' in field) {
      const inside = bytes.subarray(at, at + field.bytes);
      return field.text ? formatTextField(c, inside) : quote(inside, c.options.quoting);
    }
    if ('padding' in field) return '';
    const size = scalarSize(field.array.scalar);
    const items = Array.from({ length: field.count }, (_, i) =>
      formatScalar(c, field.array, BigInt(readScalar(field.array.scalar, view, at + i * size))),
    );
    return `[${items.join(', ')}]`;
  };
  const special = SPECIAL_STRUCTS[layout.name];
  if (special) return special({ c, layout, bytes, raw, text });
  const names = Object.keys(layout.fields).filter(name => !('padding' in layout.fields[name]));
  return `{${names.map(name => `${name}=${text(name)}`).join(', ')}}`;
}

/** A structure that a pointer leads to. */
export function formatStructAt(c: CallContext, layout: Layout, address: bigint): string {
  if (address === 0n) return 'NULL';
  const here = layoutFor(layout, c.options.column);
  const bytes = bytesAt(c, address, here.size);
  return bytes ? formatStruct(c, here, bytes) : pointer(address);
}

export function formatStructsAt(c: CallContext, layout: Layout, address: bigint, count: bigint): string {
  const here = layoutFor(layout, c.options.column);
  return formatArray(c, address, count, here.size, at => {
    const bytes = bytesAt(c, at, here.size);
    return bytes && formatStruct(c, here, bytes);
  });
}

/** Whether the call writes what this argument points at. */
export function isOut(meaning: Meaning): boolean {
  return 'direction' in meaning && meaning.direction !== 'in';
}

/** A value that stands in a register or in memory; pointers are followed. */
export function formatScalar(c: CallContext, value: Value, raw: bigint): string {
  const { meaning, scalar } = value;
  const width = WIDTH[scalar];
  switch (meaning.is) {
    case 'number': {
      const n = narrow(scalar, raw);
      if (meaning.base === 10) return decimal(meaning.unsigned ? BigInt.asUintN(width, raw) : n);
      if (meaning.base === 8) return permissions(Number(BigInt.asUintN(width, raw)));
      return hex(BigInt.asUintN(width, raw));
    }
    case 'address':
    case 'word':
      return meaning.is === 'word' ? hex(BigInt.asUintN(64, raw)) : pointer(BigInt.asUintN(64, raw));
    case 'fd':
      return formatFd(c, Number(BigInt.asIntN(32, raw)));
    case 'dirfd':
      return formatDirfd(c, Number(BigInt.asIntN(32, raw)));
    case 'pid':
      return String(Number(BigInt.asIntN(32, raw)));
    case 'id': {
      const id = Number(BigInt.asUintN(32, raw));
      return id === 0xffffffff ? '-1' : String(id);
    }
    case 'signal': {
      const signo = Number(BigInt.asIntN(32, raw));
      return signo > 0 ? signalName(signo) : String(signo);
    }
    case 'mode':
      return formatMode(Number(BigInt.asUintN(width, raw)));
    case 'permissions':
      return permissions(Number(BigInt.asUintN(width, raw) & 0xffffn));
    case 'device':
      return formatDevice(BigInt.asUintN(width, raw));
    case 'open-flags':
      return formatOpenFlags(c, BigInt.asUintN(width, raw));
    case 'choice': {
      const given = BigInt.asUintN(width, raw);
      if (!meaning.modifiers) return choice(meaning.names, given, meaning.prefix, width);
      const extra = Object.values(meaning.modifiers).reduce<bigint>((all, bit) => all | BigInt(bit), 0n);
      const text = choice(meaning.names, given & ~extra, meaning.prefix, width);
      return given & extra ? `${text}|${bits(meaning.modifiers, given & extra, '')}` : text;
    }
    case 'flags':
      return bits(meaning.names, BigInt.asUintN(width, raw), meaning.prefix);
    case 'path':
      return formatPath(c, raw);
    case 'string':
      return formatString(c, raw);
    case 'strings':
      return formatStrings(c, raw);
    case 'environment':
      return formatEnvironment(c, raw);
    case 'sigset':
      // A mask that stands in a structure is the mask itself.
      return scalar === 'u64' ? formatSigset(raw) : sigsetAt(c, raw);
    default:
      return c.entering && isOut(meaning) ? pointer(raw) : formatPointed(c, meaning, raw);
  }
}

/** A mask behind a pointer; the kernel takes only its own size of it. */
function sigsetAt(c: CallContext, raw: bigint): string {
  const size = c.args.findIndex(([name]) => name === 'sigsetsize' || name === 'sizemask');
  if (size >= 0 && register(c, size) !== 8n) {
    const length = register(c, size);
    // What is pending is told in as many bytes as were asked for.
    const bytes =
      c.name === 'rt_sigpending' && length > 0n && length < 8n ? bytesAt(c, raw, Number(length)) : undefined;
    return bytes ? formatSigset(bytes.reduceRight((set, byte) => (set << 8n) | BigInt(byte), 0n)) : pointer(raw);
  }
  const view = viewAt(c, raw, 8);
  return view ? formatSigset(view.getBigUint64(0, true)) : pointer(raw);
}

function formatPointed(c: CallContext, meaning: Meaning, raw: bigint): string {
  switch (meaning.is) {
    case 'buffer':
      return formatBuffer(c, raw, resolveCount(c, meaning.length));
    case 'cpuset':
      return formatCpuset(c, raw, resolveCount(c, meaning.length));
    case 'sockaddr':
      return formatSockaddr(c, raw, resolveCount(c, meaning.length));
    case 'scalars':
      return formatScalars(c, raw, meaning.item, meaning.count);
    case 'struct':
      return formatStructAt(c, meaning.layout, raw);
    case 'structs':
      return formatStructsAt(c, meaning.layout, raw, resolveCount(c, meaning.count));
    default:
      return pointer(raw);
  }
}

/** One argument of the call as strace prints it at this phase. */
export function formatArgument(c: CallContext, value: Value, raw: bigint): string {
  if (c.failed && isOut(value.meaning)) return pointer(raw);
  return formatScalar(c, value, raw);
}

/** The text of a fixed field, cut like any string. */
export function formatTextField(c: CallContext, bytes: Uint8Array): string {
  const text = untilNul(bytes);
  const limit = c.options.stringLimit;
  return quote(text.subarray(0, limit), c.options.quoting) + (text.length > limit ? '...' : '');
}
