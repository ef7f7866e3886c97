/** Printers of calls on open descriptors. */
import * as flags from '../../abi/flags.ts';
import { signalName } from '../../abi/signals.ts';
import { F_OWNER_EX, FLOCK } from '../../abi/structs.ts';
import { readStruct } from '../../abi/types.ts';
import type { CallPrinter } from '../calls.ts';
import { bytesAt, type CallContext, int, type Part, register, uint, viewAt } from '../context.ts';
import { ioctl } from '../ioctl.ts';
import { formatIovecs } from '../iovec.ts';
import { argument, argumentRange, named, until } from '../rows.ts';
import { bits, choice, hex, pointer, quote, untilNul } from '../text.ts';
import { formatDescriptorFlags, formatFd, formatOpenFlags, formatStructAt } from '../values.ts';
import { xattrOut } from './files.ts';

const { F, FD, LOCK_TYPE, SEEK } = flags;

/** struct flock without l_pid, which only F_GETLK fills. */
function formatFlock(c: CallContext, address: bigint, withPid: boolean): string {
  const bytes = bytesAt(c, address, FLOCK.size);
  if (!bytes) return pointer(address);
  const lock = readStruct(FLOCK, bytes);
  const type = choice(LOCK_TYPE, BigInt(lock.l_type & 0xffff), 'F_???');
  const whence = choice(SEEK, BigInt(lock.l_whence & 0xffff), 'SEEK_???');
  const pid = withPid ? `, l_pid=${lock.l_pid}` : '';
  const view = viewAt(c, address, FLOCK.size) as DataView;
  return `{l_type=${type}, l_whence=${whence}, l_start=${view.getBigInt64(8, true)}, l_len=${view.getBigInt64(16, true)}${pid}}`;
}

/** The third argument as the command takes it; undefined: the command takes none. */
function fcntlArgument(c: CallContext): string | undefined {
  const raw = register(c, 2);
  switch (int(c, 1)) {
    case F.F_SETFD:
      return bits(FD, raw, 'FD_???');
    case F.F_SETOWN:
    case F.F_SETPIPE_SZ:
      return BigInt.asIntN(32, raw).toString();
    case F.F_DUPFD:
    case F.F_DUPFD_CLOEXEC:
      return BigInt.asIntN(32, raw).toString();
    case F.F_SETFL:
      return formatOpenFlags(c, BigInt.asUintN(32, raw));
    case F.F_SETLK:
    case F.F_SETLKW:
    case F.F_OFD_SETLK:
    case F.F_OFD_SETLKW:
      return formatFlock(c, raw, false);
    case F.F_SETOWN_EX:
      return formatStructAt(c, F_OWNER_EX, raw);
    case F.F_NOTIFY:
      return bits(flags.F_NOTIFY, BigInt.asUintN(32, raw), 'DN_???');
    case F.F_SETLEASE:
      return choice(LOCK_TYPE, BigInt.asUintN(32, raw), 'F_???');
    case F.F_ADD_SEALS:
      return bits(flags.F_SEAL, BigInt.asUintN(32, raw), 'F_SEAL_???');
    case F.F_SETSIG:
      return raw === 0n ? '0' : signalName(int(c, 2));
    case F.F_GETFD:
    case F.F_GETFL:
    case F.F_GETLEASE:
    case F.F_GETOWN:
    case F.F_GETPIPE_SZ:
    case F.F_GETSIG:
    case F.F_GET_SEALS:
      return undefined;
    default:
      return hex(raw);
  }
}

const FCNTL_OUT: ReadonlySet<number> = new Set([
  F.F_GETLK,
  F.F_OFD_GETLK,
  F.F_GETOWN_EX,
  F.F_GETOWNER_UIDS,
  F.F_GET_RW_HINT,
  F.F_GET_FILE_RW_HINT,
]);

function fcntlOut(c: CallContext): string {
  const address = register(c, 2);
  if (c.failed) return pointer(address);
  switch (int(c, 1)) {
    case F.F_GETLK:
    case F.F_OFD_GETLK:
      return formatFlock(c, address, true);
    case F.F_GETOWN_EX:
      return formatStructAt(c, F_OWNER_EX, address);
    default: {
      const view = viewAt(c, address, 8);
      return view ? `[${view.getBigUint64(0, true)}]` : pointer(address);
    }
  }
}

const fcntl: CallPrinter = {
  enter(c) {
    if (FCNTL_OUT.has(int(c, 1))) return until(c, 2);
    const text = fcntlArgument(c);
    const parts = argumentRange(c, 0, 2);
    return { parts: text === undefined ? parts : [...parts, named(c, 2, text)], more: false };
  },
  exit: c => [named(c, 2, fcntlOut(c))],
  result(c) {
    const result = c.call.result ?? 0n;
    switch (int(c, 1)) {
      case F.F_GETFD:
        return result === 0n ? '0' : `${hex(result)} (flags ${bits(FD, result, 'FD_???')})`;
      case F.F_GETFL:
        return `${hex(result)} (flags ${formatOpenFlags(c, result)})`;
      case F.F_GETLEASE:
        return `${hex(result)} (${choice(LOCK_TYPE, result, 'F_???')})`;
      case F.F_GET_SEALS:
        return result === 0n ? '0' : `${hex(result)} (seals ${bits(flags.F_SEAL, result, 'F_SEAL_???')})`;
      case F.F_GETSIG:
        return result === 0n ? '0' : `${result} (${signalName(Number(result))})`;
      case F.F_DUPFD:
      case F.F_DUPFD_CLOEXEC:
        return formatFd(c, Number(result));
      default:
        return undefined;
    }
  },
};

/** A vector of buffers that the task gives: each shown with its length. */
const vectorIn = (total: number): CallPrinter => ({
  enter: c => ({ parts: vectorParts(c, total), more: false }),
});

function vectorParts(c: CallContext, total: number): Part[] {
  return [
    argument(c, 0),
    named(c, 1, formatIovecs(c, register(c, 1), register(c, 2), undefined)),
    argument(c, 2),
    ...argumentRange(c, 3, Math.min(total, 4)),
    ...(total > 4 ? [argument(c, 5)] : []),
  ];
}

/** A vector of buffers that the call fills, up to the result's length. */
const vectorOut = (total: number): CallPrinter => ({
  enter: c => until(c, 1),
  exit: c => [
    named(c, 1, formatIovecs(c, register(c, 1), register(c, 2), c.failed ? 'addresses' : (c.call.result ?? 0n))),
    argument(c, 2),
    ...argumentRange(c, 3, Math.min(total, 4)),
    ...(total > 4 ? [argument(c, 5)] : []),
  ],
});

/** An offset behind a pointer, as it is before the call. */
function offsetIn(c: CallContext, index: number): Part {
  const address = register(c, index);
  const view = viewAt(c, address, 8);
  return named(c, index, view ? `[${view.getBigInt64(0, true)}]` : pointer(address));
}

/** sendfile's offset is shown unsigned. */
function unsignedOffset(c: CallContext, index: number): string {
  const view = viewAt(c, register(c, index), 8);
  return view ? `[${view.getBigUint64(0, true)}]` : pointer(register(c, index));
}

const allBefore = (...offsets: number[]): CallPrinter => ({
  enter: c => ({
    parts: argumentRange(c, 0).map((given, i) => (offsets.includes(i) ? offsetIn(c, i) : given)),
    more: false,
  }),
});

interface DirentShape {
  type(view: DataView, at: number, length: number): number;
  name: number;
  typeFirst: boolean;
}

const DIRENT64: DirentShape = { type: (view, at) => view.getUint8(at + 18), name: 19, typeFirst: true };
const DIRENT: DirentShape = { type: (view, at, length) => view.getUint8(at + length - 1), name: 18, typeFirst: false };

function direntText(view: DataView, bytes: Uint8Array, at: number, length: number, shape: DirentShape): string {
  const name = quote(untilNul(bytes.subarray(at + shape.name, at + length)));
  const type = choice(flags.DT, BigInt(shape.type(view, at, length)), 'DT_???');
  const head = `d_ino=${view.getBigUint64(at, true)}, d_off=${view.getBigUint64(at + 8, true)}, d_reclen=${length}`;
  return shape.typeFirst ? `{${head}, d_type=${type}, d_name=${name}}` : `{${head}, d_name=${name}, d_type=${type}}`;
}

/** Directory entries: counted, or listed with -v. */
const getdents = (shape: DirentShape): CallPrinter => ({
  enter: c => until(c, 1),
  exit(c) {
    const address = register(c, 1);
    const rest = argument(c, 2);
    const length = Number(c.call.result ?? 0n);
    const bytes = c.failed
      ? undefined
      : (bytesAt(c, address, length) ?? (length === 0 ? new Uint8Array(0) : undefined));
    if (!bytes) return [named(c, 1, pointer(address)), rest];
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const entries: string[] = [];
    for (let at = 0; at + 19 <= bytes.length; ) {
      const size = view.getUint16(at + 16, true);
      if (size < 20 || at + size > bytes.length) break;
      entries.push(c.options.verbose ? direntText(view, bytes, at, size, shape) : '');
      at += size;
    }
    const text = c.options.verbose ? `[${entries.join(', ')}]` : `${pointer(address)} /* ${entries.length} entries */`;
    return [named(c, 1, text), rest];
  },
});

const MFD_SHIFT = 26n;

export const IO_CALLS = {
  fcntl,
  ioctl,
  readv: vectorOut(3),
  writev: vectorIn(3),
  preadv: vectorOut(4),
  pwritev: vectorIn(4),
  preadv2: vectorOut(6),
  pwritev2: vectorIn(6),
  vmsplice: {
    enter: c => ({
      parts: [
        argument(c, 0),
        named(c, 1, formatIovecs(c, register(c, 1), register(c, 2), undefined)),
        ...argumentRange(c, 2),
      ],
      more: false,
    }),
  },
  sendfile: {
    enter: c => ({ parts: [...argumentRange(c, 0, 2), named(c, 2, unsignedOffset(c, 2))], more: true }),
    joined: 'glued',
    exit(c) {
      const there = viewAt(c, register(c, 2), 8) !== undefined;
      const moved = !c.failed && there && (c.call.result ?? 0n) > 0n ? ` => ${unsignedOffset(c, 2)}` : '';
      return [named(c, 2, moved), argument(c, 3)];
    },
  },
  splice: allBefore(1, 3),
  copy_file_range: allBefore(1, 3),
  dup3: {
    enter: c => ({
      parts: [...argumentRange(c, 0, 2), named(c, 2, formatDescriptorFlags(c, register(c, 2)))],
      more: false,
    }),
  },
  pipe2: {
    exit: c => [argument(c, 0), named(c, 1, formatDescriptorFlags(c, BigInt(uint(c, 1))))],
  },
  getdents: getdents(DIRENT),
  getdents64: getdents(DIRENT64),
  fgetxattr: xattrOut(2),
  flistxattr: xattrOut(1),
  memfd_create: {
    enter(c) {
      const value = BigInt(uint(c, 1));
      const page = (value >> MFD_SHIFT) & 0x3fn;
      const low = value & ~(0x3fn << MFD_SHIFT);
      const text = bits(flags.MFD, low, 'MFD_???');
      const shown = page === 0n ? text : low === 0n ? `${page}<<MFD_HUGE_SHIFT` : `${text}|${page}<<MFD_HUGE_SHIFT`;
      return { parts: [argument(c, 0), named(c, 1, shown)], more: false };
    },
  },
} satisfies Readonly<Record<string, CallPrinter>>;
