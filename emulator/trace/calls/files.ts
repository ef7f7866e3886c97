/** Printers of calls on paths. */

import * as flags from '../../abi/flags.ts';
import { O, S_IF } from '../../abi/flags.ts';
import { OPEN_HOW } from '../../abi/structs.ts';
import type { CallPrinter } from '../calls.ts';
import { bytesAt, type CallContext, register, uint, viewAt } from '../context.ts';
import { argument, argumentRange, named, only } from '../rows.ts';
import { dateComment } from '../structs.ts';
import { bits, hex, pointer, quote } from '../text.ts';
import { formatBuffer, formatDevice, formatPath, formatStructAt } from '../values.ts';

const CREATES = O.O_CREAT | O.__O_TMPFILE;

/** The mode counts only when a file may be created. */
const open = (flagsAt: number): CallPrinter => ({
  enter: c => only(c, uint(c, flagsAt) & CREATES ? flagsAt + 2 : flagsAt + 1),
});

/** The device counts only for device nodes. */
const mknod = (modeAt: number): CallPrinter => ({
  enter(c) {
    const type = uint(c, modeAt) & 0o170000;
    if (type !== S_IF.S_IFCHR && type !== S_IF.S_IFBLK) return only(c, modeAt + 1);
    const device = named(c, modeAt + 1, formatDevice(BigInt(uint(c, modeAt + 1))));
    return { parts: [...argumentRange(c, 0, modeAt + 1), device], more: false };
  },
});

/** As much of a structure as the kernel takes (PAGE_SIZE). */
const PAGE = 4096n;

/** What a structure has behind the fields that are known, unless it is all zero. */
function beyond(c: CallContext, size: bigint): string {
  const end = size > PAGE ? Number(PAGE) : Number(size);
  const bytes = bytesAt(c, register(c, 2) + 24n, end - 24);
  if (!bytes) return ', ???';
  return bytes.some(byte => byte !== 0) ? `, /* bytes 24..${end - 1} */ ${quote(bytes, 'hex')}` : '';
}

const UTIME_NOW = 0x3fffffffn;
const UTIME_OMIT = 0x3ffffffen;

/** Two times with their dates; nanoseconds may be UTIME_NOW or UTIME_OMIT. */
function twoTimes(c: CallContext, index: number, unit: 'tv_nsec' | 'tv_usec'): string {
  const address = register(c, index);
  const view = viewAt(c, address, 32);
  if (!view) return pointer(address);
  const one = (at: number): string => {
    const seconds = view.getBigInt64(at, true);
    const fraction = view.getBigInt64(at + 8, true);
    if (unit === 'tv_nsec' && fraction === UTIME_NOW) return 'UTIME_NOW';
    if (unit === 'tv_nsec' && fraction === UTIME_OMIT) return 'UTIME_OMIT';
    const inRange = fraction >= 0n && fraction < (unit === 'tv_nsec' ? 1_000_000_000n : 1_000_000n);
    const date = inRange ? dateComment(seconds, fraction, unit === 'tv_nsec' ? 9 : 6) : '';
    return `{tv_sec=${seconds}, ${unit}=${fraction}}${date}`;
  };
  return `[${one(0)}, ${one(16)}]`;
}

const utimes = (index: number, unit: 'tv_nsec' | 'tv_usec'): CallPrinter => ({
  enter: c => ({
    parts: [...argumentRange(c, 0, index), named(c, index, twoTimes(c, index, unit)), ...argumentRange(c, index + 1)],
    more: false,
  }),
});

const SYNC_TYPES: Readonly<Record<number, string>> = {
  0: 'AT_STATX_SYNC_AS_STAT',
  8192: 'AT_STATX_FORCE_SYNC',
  16384: 'AT_STATX_DONT_SYNC',
  24576: 'AT_STATX_FORCE_SYNC|AT_STATX_DONT_SYNC',
};

function statxFlags(value: number): string {
  const sync = SYNC_TYPES[value & 0x6000];
  const rest = value & ~0x6000;
  return rest === 0 ? sync : `${sync}|${bits(flags.AT, BigInt(rest >>> 0), '')}`;
}

/** An extended attribute's value or list: shown when the call has filled it, the address when only asked for the size. */
export const xattrOut = (index: number): CallPrinter => ({
  exit: c => [
    named(
      c,
      index,
      c.failed || register(c, index + 1) === 0n
        ? pointer(register(c, index))
        : formatBuffer(c, register(c, index), c.call.result ?? 0n),
    ),
    argument(c, index + 1),
  ],
});

const setxattr: CallPrinter = {};

/** handle_bytes goes in as the room there is and comes out as the room needed. */
const nameToHandle: CallPrinter = {
  enter(c) {
    const view = viewAt(c, register(c, 2), 8);
    const handle = view ? `{handle_bytes=${view.getUint32(0, true)}` : pointer(register(c, 2));
    return { parts: [...argumentRange(c, 0, 2), named(c, 2, handle)], more: true };
  },
  joined: 'glued',
  exit(c) {
    const address = register(c, 2);
    const view = viewAt(c, address, 8);
    const rest = [argument(c, 3), argument(c, 4)];
    if (!view) return [named(c, 2, ''), ...rest];
    const size = view.getUint32(0, true);
    if (c.failed) return [named(c, 2, `${c.call.result === -75n ? ` => ${size}` : ''}}`), ...rest];
    const bytes = bytesAt(c, address + 8n, Math.min(size, 128));
    const data = bytes ? `, f_handle=${quote(bytes, 'hex')}` : '';
    return [named(c, 2, ` => ${size}, handle_type=${view.getInt32(4, true)}${data}}`), ...rest];
  },
};

export const FILE_CALLS = {
  open: open(1),
  openat: open(2),
  openat2: {
    enter(c) {
      const size = register(c, 3);
      const known = size >= 24n ? formatStructAt(c, OPEN_HOW, register(c, 2)) : pointer(register(c, 2));
      // A longer structure than is known, with something in it.
      const how = size > 24n && known.endsWith('}') ? `${known.slice(0, -1)}${beyond(c, size)}}` : known;
      return { parts: [...argumentRange(c, 0, 2), named(c, 2, how), argument(c, 3)], more: false };
    },
  },
  mknod: mknod(1),
  mknodat: mknod(2),
  utimensat: utimes(2, 'tv_nsec'),
  utimes: utimes(1, 'tv_usec'),
  futimesat: utimes(2, 'tv_usec'),
  statx: {
    enter: c => ({
      parts: [...argumentRange(c, 0, 2), named(c, 2, statxFlags(uint(c, 2))), argument(c, 3)],
      more: true,
    }),
  },
  setxattr,
  getxattr: xattrOut(2),
  lgetxattr: xattrOut(2),
  listxattr: xattrOut(1),
  llistxattr: xattrOut(1),
  name_to_handle_at: nameToHandle,
  swapon: {
    enter(c) {
      const value = uint(c, 1);
      const priority = value & 0x7fff;
      const high = value & ~0x7fff;
      const names = bits(
        {
          SWAP_FLAG_PREFER: 0x8000,
          SWAP_FLAG_DISCARD: 0x10000,
          SWAP_FLAG_DISCARD_ONCE: 0x20000,
          SWAP_FLAG_DISCARD_PAGES: 0x40000,
        },
        BigInt(high >>> 0),
        'SWAP_FLAG_???',
      );
      const text = high === 0 ? String(priority) : priority ? `${names}|${priority}` : names;
      return { parts: [argument(c, 0), named(c, 1, text)], more: false };
    },
  },
  getcwd: {
    exit: c => [named(c, 0, c.failed ? pointer(register(c, 0)) : formatPath(c, register(c, 0))), argument(c, 1)],
  },
  ustat: {
    enter: c => ({ parts: [named(c, 0, formatDevice(BigInt(uint(c, 0))))], more: true }),
    exit: c => [named(c, 1, hex(register(c, 1)))],
  },
} satisfies Readonly<Record<string, CallPrinter>>;
