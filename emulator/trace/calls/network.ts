/** Printers of calls on sockets. */
import { errnoByNumber } from '../../abi/errno.ts';
import * as network from '../../abi/flags-network.ts';
import { LINGER, MMSGHDR, MSGHDR, UCRED } from '../../abi/structs.ts';
import type { CallPrinter } from '../calls.ts';
import { bytesAt, type CallContext, int, type Part, register, uint, viewAt } from '../context.ts';
import { formatIovecs } from '../iovec.ts';
import { argument, argumentRange, named, until } from '../rows.ts';
import { formatIpv4, formatSockaddr, quotedText } from '../sockaddr.ts';
import { bits, choice, hex, nameOf, pointer, quote } from '../text.ts';
import { formatBuffer, formatFd, formatStructAt } from '../values.ts';

const { AF, SOL } = network;

const ETHERTYPES = { ETH_P_LOOP: 0x60, ETH_P_IP: 0x800, ETH_P_ARP: 0x806, ETH_P_IPV6: 0x86dd, ETH_P_ALL: 3 } as const;

/** The protocol's names depend on the family. */
function protocol(c: CallContext): string {
  const family = int(c, 0);
  const value = BigInt(uint(c, 2));
  switch (family) {
    case AF.AF_INET:
    case AF.AF_INET6:
      return choice(network.IPPROTO, value, 'IPPROTO_???');
    case AF.AF_NETLINK:
      return choice(network.NETLINK, value, 'NETLINK_???');
    case AF.AF_PACKET: {
      const order = ((value & 0xffn) << 8n) | ((value >> 8n) & 0xffn);
      return `htons(${choice(ETHERTYPES, order, 'ETH_P_???')})`;
    }
    default:
      return String(uint(c, 2));
  }
}

const TYPE_MASK = 15;

/** A known type and the flags beside it; what has no type is flags alone. */
function socketType(c: CallContext): string {
  const value = uint(c, 1);
  const extra = BigInt((value & ~TYPE_MASK) >>> 0);
  const name = nameOf(network.SOCK, BigInt(value & TYPE_MASK));
  if (name === undefined) return bits(network.SOCK_FLAGS, BigInt(value), 'SOCK_???');
  return extra === 0n ? name : `${name}|${bits(network.SOCK_FLAGS, extra, 'SOCK_???')}`;
}

const lengthAt = (c: CallContext, index: number): number | undefined =>
  viewAt(c, register(c, index), 4)?.getInt32(0, true);

const smaller = (a: bigint | undefined, b: bigint): bigint => (a !== undefined && a < b ? a : b);

/** What the length said before the call is needed to show how it changed. */
const savedLength = (c: CallContext): number | undefined => c.saved;

function lengthText(c: CallContext, index: number, unchanged = false): string {
  const before = savedLength(c);
  const after = lengthAt(c, index);
  if (before === undefined || after === undefined) return pointer(register(c, index));
  return unchanged || before === after ? `[${before}]` : `[${before} => ${after}]`;
}

/** Address and length that the call fills; `at` is the index of the address. */
function filledAddress(c: CallContext, at: number): Part[] {
  const before = savedLength(c);
  const after = lengthAt(c, at + 1);
  if (c.failed || before === undefined || after === undefined)
    return [named(c, at, pointer(register(c, at))), named(c, at + 1, lengthText(c, at + 1, true))];
  const length = BigInt(Math.min(before, after));
  return [named(c, at, formatSockaddr(c, register(c, at), length)), named(c, at + 1, lengthText(c, at + 1))];
}

const addressOut = (at: number): CallPrinter => ({
  enter(c) {
    const saved = lengthAt(c, at + 1);
    if (saved !== undefined) return { ...until(c, at), saved };
    // Nothing will be filled: all is known already.
    const pointers = [at, at + 1].map(i => named(c, i, pointer(register(c, i))));
    return { parts: [...argumentRange(c, 0, at), ...pointers, ...argumentRange(c, at + 2)], more: false };
  },
  exit: c => [...filledAddress(c, at), ...argumentRange(c, at + 2)],
});

// ---- Options ------------------------------------------------------------------------------------------------------

const OPTION_NAMES: Readonly<Record<number, readonly [Readonly<Record<string, number>>, string]>> = {
  [SOL.SOL_SOCKET]: [network.SO, 'SO_???'],
  [SOL.SOL_IP]: [network.IP, 'IP_???'],
  [SOL.SOL_IPV6]: [network.IPV6, 'IPV6_???'],
  [SOL.SOL_TCP]: [network.TCP, 'TCP_???'],
  [SOL.SOL_UDP]: [network.UDP, 'UDP_???'],
};

function optionName(level: number, option: number): string {
  const known = OPTION_NAMES[level];
  return known ? choice(known[0], BigInt(option >>> 0), known[1], 32) : String(option);
}

const levelName = (level: number): string => choice(SOL, BigInt(level >>> 0), 'SOL_??');

const isSocket = (c: CallContext, option: number): boolean => int(c, 1) === SOL.SOL_SOCKET && int(c, 2) === option;

/** The value at `address`, of `length` bytes. */
function optionValue(c: CallContext, address: bigint, length: number, setting: boolean): string {
  if (isSocket(c, network.SO.SO_LINGER))
    return length < LINGER.size ? formatRest(c, address, length) : formatStructAt(c, LINGER, address);
  if (isSocket(c, network.SO.SO_PEERCRED))
    return length < UCRED.size ? formatRest(c, address, length) : formatStructAt(c, UCRED, address);
  if (isSocket(c, network.SO.SO_BINDTODEVICE)) return formatBuffer(c, address, BigInt(length));
  if (isSocket(c, network.SO.SO_ERROR) && !setting && length === 4) {
    const error = viewAt(c, address, 4)?.getInt32(0, true);
    return error === undefined ? pointer(address) : `[${errnoByNumber(error)?.name ?? error}]`;
  }
  const [level, option] = [int(c, 1), int(c, 2)];
  const membership =
    level === SOL.SOL_IP && (option === network.IP.IP_ADD_MEMBERSHIP || option === network.IP.IP_DROP_MEMBERSHIP);
  if (membership && length >= 8) {
    const bytes = bytesAt(c, address, 8);
    return bytes
      ? `{imr_multiaddr=inet_addr(${quotedText(c, formatIpv4(bytes))}), imr_interface=inet_addr(${quotedText(c, formatIpv4(bytes.subarray(4)))})}`
      : pointer(address);
  }
  if (length === 4 || (setting && length > 4)) {
    const view = viewAt(c, address, 4);
    return view ? `[${view.getInt32(0, true)}]` : pointer(address);
  }
  if (setting && length < 4) return pointer(address);
  return formatRest(c, address, length);
}

const formatRest = (c: CallContext, address: bigint, length: number): string =>
  formatBuffer(c, address, BigInt(length));

/** Structures and texts are shown as bytes where their size is not an integer's. */
function setValue(c: CallContext): string {
  const length = int(c, 4);
  const address = register(c, 3);
  if (length < 0) return pointer(address);
  if (isSocket(c, network.SO.SO_RCVTIMEO_OLD) || isSocket(c, network.SO.SO_SNDTIMEO_OLD))
    return formatRest(c, address, length);
  return optionValue(c, address, length, true);
}

// ---- Messages -----------------------------------------------------------------------------------------------------

function controlData(c: CallContext, level: number, type: number, data: Uint8Array): string | undefined {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  if (level === SOL.SOL_SOCKET && type === network.SCM.SCM_RIGHTS) {
    const fds: string[] = [];
    for (let at = 0; at + 4 <= data.length; at += 4) fds.push(formatFd(c, view.getInt32(at, true)));
    return `[${fds.join(', ')}]`;
  }
  if (level === SOL.SOL_SOCKET && type === network.SCM.SCM_CREDENTIALS && data.length >= 12)
    return `{pid=${view.getInt32(0, true)}, uid=${view.getUint32(4, true)}, gid=${view.getUint32(8, true)}}`;
  // What else a socket level has, strace leaves out.
  if (level === SOL.SOL_SOCKET) return undefined;
  if (level === SOL.SOL_IP) {
    if (type === network.IP.IP_PKTINFO && data.length >= 12) {
      const address = (at: number): string => `inet_addr(${quotedText(c, formatIpv4(data.subarray(at)))})`;
      const index = view.getInt32(0, true);
      const named = index === 1 ? `if_nametoindex(${quotedText(c, 'lo')})` : String(index);
      return `{ipi_ifindex=${named}, ipi_spec_dst=${address(4)}, ipi_addr=${address(8)}}`;
    }
    if (type === network.IP.IP_TTL && data.length >= 4) return `[${view.getUint32(0, true)}]`;
    if (type === network.IP.IP_TOS && data.length >= 1) return `[${hex(data[0])}]`;
  }
  return quote(data, 'hex');
}

function controlType(level: number, type: number): string {
  if (level === SOL.SOL_SOCKET) return choice(network.SCM, BigInt(type >>> 0), 'SCM_???');
  return level === SOL.SOL_IP ? choice(network.IP, BigInt(type >>> 0), 'IP_???') : hex(type >>> 0);
}

/** Control messages, each aligned to 8 bytes; undefined when the memory is not there. */
function formatControl(c: CallContext, address: bigint, length: bigint): string | undefined {
  if (address === 0n || length < 16n) return undefined;
  const size = Number(length > 65536n ? 65536n : length);
  const bytes = bytesAt(c, address, size);
  if (!bytes) return pointer(address);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const items: string[] = [];
  for (let at = 0; at + 16 <= size; ) {
    const own = Number(view.getBigUint64(at, true));
    const [level, type] = [view.getInt32(at + 8, true), view.getInt32(at + 12, true)];
    const end = Math.min(Math.max(own, 16), size - at);
    const data = own > 16 ? controlData(c, level, type, bytes.subarray(at + 16, at + end)) : undefined;
    const shown = data === undefined ? '' : `, cmsg_data=${data}`;
    items.push(`{cmsg_len=${own}, cmsg_level=${levelName(level)}, cmsg_type=${controlType(level, type)}${shown}}`);
    if (own < 16) {
      items.push(`... /* ${hex(address + BigInt(at + 16))} */`);
      break;
    }
    at += (own + 7) & ~7;
  }
  return `[${items.join(', ')}]`;
}

interface MessageView {
  /** Bytes that the call has put into the buffers; undefined when the task gives them. */
  filled?: bigint;
  /** msg_namelen before the call. */
  nameBefore?: number;
}

function formatMessage(c: CallContext, address: bigint, how: MessageView): string | undefined {
  const view = viewAt(c, address, MSGHDR.size);
  if (!view) return undefined;
  const name = view.getBigUint64(0, true);
  const nameLength = view.getInt32(8, true);
  const iov = view.getBigUint64(16, true);
  const iovCount = view.getBigUint64(24, true);
  const control = view.getBigUint64(32, true);
  const controlLength = view.getBigUint64(40, true);
  const known = Math.min(how.nameBefore ?? nameLength, nameLength);
  const nameText = nameLength > 0 && name !== 0n ? formatSockaddr(c, name, BigInt(known)) : pointer(name);
  const length =
    how.nameBefore !== undefined && how.nameBefore !== nameLength
      ? `${how.nameBefore} => ${nameLength}`
      : `${nameLength}`;
  const controls = formatControl(c, control, controlLength);
  return (
    `{msg_name=${nameText}, msg_namelen=${length}, msg_iov=${formatIovecs(c, iov, iovCount, how.filled)}, ` +
    `msg_iovlen=${iovCount}${controls === undefined ? '' : `, msg_control=${controls}`}, msg_controllen=${controlLength}, ` +
    `msg_flags=${bits(network.MSG, BigInt(view.getUint32(48, true)), 'MSG_???')}}`
  );
}

const nameLengthOf = (c: CallContext): number | undefined => viewAt(c, register(c, 1), MSGHDR.size)?.getInt32(8, true);

/** Several messages; msg_len is there for those that were sent or received. */
function formatMessages(c: CallContext, count: bigint, receiving: boolean): string {
  const address = register(c, 1);
  const done = c.failed ? 0n : (c.call.result ?? 0n);
  const items: string[] = [];
  for (let i = 0n; i < count; i++) {
    if (i >= BigInt(c.options.stringLimit)) {
      items.push('...');
      break;
    }
    const at = address + i * BigInt(MMSGHDR.size);
    const length = viewAt(c, at + 56n, 4)?.getUint32(0, true);
    const text = length === undefined ? undefined : formatMessage(c, at, receiving ? { filled: BigInt(length) } : {});
    if (text === undefined) return i === 0n ? pointer(address) : `[${items.join(', ')}, ... /* ${hex(at)} */]`;
    items.push(`{msg_hdr=${text}${i < done ? `, msg_len=${length}` : ''}}`);
  }
  return `[${items.join(', ')}]`;
}

export const NETWORK_CALLS = {
  socket: {
    enter: c => ({ parts: [argument(c, 0), named(c, 1, socketType(c)), named(c, 2, protocol(c))], more: false }),
  },
  socketpair: { enter: c => ({ parts: [argument(c, 0), named(c, 1, socketType(c)), argument(c, 2)], more: true }) },
  accept: addressOut(1),
  accept4: addressOut(1),
  getsockname: addressOut(1),
  getpeername: addressOut(1),
  recvfrom: {
    enter: c => ({ ...until(c, 1), saved: lengthAt(c, 5) }),
    // MSG_TRUNC makes the result the message's length, which need not have had room.
    exit: c => [
      c.failed ? argument(c, 1) : named(c, 1, formatBuffer(c, register(c, 1), smaller(c.call.result, register(c, 2)))),
      ...argumentRange(c, 2, 4),
      ...filledAddress(c, 4),
    ],
  },
  setsockopt: {
    enter: c => ({
      parts: [
        argument(c, 0),
        named(c, 1, levelName(int(c, 1))),
        named(c, 2, optionName(int(c, 1), int(c, 2))),
        named(c, 3, setValue(c)),
        argument(c, 4),
      ],
      more: false,
    }),
  },
  getsockopt: {
    enter: c => ({
      parts: [argument(c, 0), named(c, 1, levelName(int(c, 1))), named(c, 2, optionName(int(c, 1), int(c, 2)))],
      more: true,
      saved: lengthAt(c, 4),
    }),
    exit(c) {
      const length = lengthAt(c, 4);
      if (c.failed || length === undefined || length < 0)
        return [named(c, 3, pointer(register(c, 3))), named(c, 4, lengthText(c, 4, true))];
      return [named(c, 3, optionValue(c, register(c, 3), length, false)), named(c, 4, lengthText(c, 4))];
    },
  },
  sendmsg: {
    enter: c => ({
      parts: [
        argument(c, 0),
        named(c, 1, formatMessage(c, register(c, 1), {}) ?? pointer(register(c, 1))),
        argument(c, 2),
      ],
      more: false,
    }),
  },
  recvmsg: {
    enter: c => ({ ...until(c, 1), saved: nameLengthOf(c) }),
    exit(c) {
      const address = register(c, 1);
      const failed = nameLengthOf(c);
      const text = c.failed
        ? failed !== undefined && savedLength(c) !== undefined
          ? `{msg_namelen=${failed}}`
          : undefined
        : formatMessage(c, address, { filled: c.call.result ?? 0n, nameBefore: savedLength(c) });
      return [named(c, 1, text ?? pointer(address)), argument(c, 2)];
    },
  },
  sendmmsg: {
    enter: c => until(c, 1),
    exit: c => [named(c, 1, formatMessages(c, BigInt(uint(c, 2)), false)), ...argumentRange(c, 2)],
  },
  recvmmsg: {
    enter: c => until(c, 1),
    exit: c => [
      named(c, 1, c.failed ? pointer(register(c, 1)) : formatMessages(c, c.call.result ?? 0n, true)),
      ...argumentRange(c, 2),
    ],
  },
} satisfies Readonly<Record<string, CallPrinter>>;
