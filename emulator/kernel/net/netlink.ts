/**
 * Netlink's NETLINK_ROUTE, as far as programs ask which interfaces, addresses and routes there are: the loopback's.
 * Answers are made when the request is sent (net/core/rtnetlink.c).
 */

import { AF } from '../../abi/flags-network.ts';
import { join } from '../../memory/bytes.ts';
import type { Context } from '../context.ts';
import { EINVAL, EOPNOTSUPP, EPERM } from '../errors.ts';
import { enqueuePacket } from './sockets.ts';
import type { Socket, SocketAddress } from './state.ts';

const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
const NLM_F_MULTI = 2;
const NLM_F_ACK = 4;
const NLM_F_ROOT = 0x100;
const NLM_F_MATCH = 0x200;
const RTM = { NEWLINK: 16, GETLINK: 18, NEWADDR: 20, GETADDR: 22, NEWROUTE: 24, GETROUTE: 26 } as const;

/** Bytes of a message are put together little-endian. */
const u32 = (value: number): number[] => [value & 255, (value >> 8) & 255, (value >> 16) & 255, (value >>> 24) & 255];
const u16 = (value: number): number[] => [value & 255, (value >> 8) & 255];
const text = (value: string): number[] => [...Array.from(value, ch => ch.charCodeAt(0)), 0];

function attribute(type: number, data: number[]): number[] {
  const length = 4 + data.length;
  return [...u16(length), ...u16(type), ...data, ...new Array((4 - (length % 4)) % 4).fill(0)];
}

const LOOPBACK_FLAGS = 0x10049; // IFF_UP | IFF_LOOPBACK | IFF_RUNNING | IFF_LOWER_UP
const ARPHRD_LOOPBACK = 772;
const RT_SCOPE_HOST = 254;
const IFA_F_PERMANENT = 0x80;
const RT_TABLE_LOCAL = 255;
const RTPROT_KERNEL = 2;
const RTN_LOCAL = 2;

/** struct ifinfomsg of "lo", with the attributes that programs read. */
function loopbackLink(): number[] {
  return [
    ...[0, 0, ...u16(ARPHRD_LOOPBACK), ...u32(1), ...u32(LOOPBACK_FLAGS), ...u32(0)],
    ...attribute(3, text('lo')), // IFLA_IFNAME
    ...attribute(13, u32(1000)), // IFLA_TXQLEN
    ...attribute(16, [0]), // IFLA_OPERSTATE: unknown
    ...attribute(17, [0]), // IFLA_LINKMODE
    ...attribute(4, u32(65536)), // IFLA_MTU
    ...attribute(6, text('noqueue')), // IFLA_QDISC
    ...attribute(1, [0, 0, 0, 0, 0, 0]), // IFLA_ADDRESS
    ...attribute(2, [0, 0, 0, 0, 0, 0]), // IFLA_BROADCAST
  ];
}

const IPV4_LOOPBACK = [127, 0, 0, 1];
const IPV6_LOOPBACK = [...new Array(15).fill(0), 1];

function address(family: number): number[] {
  const four = family === AF.AF_INET;
  const ip = four ? IPV4_LOOPBACK : IPV6_LOOPBACK;
  return [
    ...[family, four ? 8 : 128, IFA_F_PERMANENT, RT_SCOPE_HOST, ...u32(1)],
    ...attribute(1, ip), // IFA_ADDRESS
    ...(four ? attribute(2, ip) : []), // IFA_LOCAL
    ...(four ? attribute(3, text('lo')) : []), // IFA_LABEL
    ...attribute(8, u32(IFA_F_PERMANENT)), // IFA_FLAGS
  ];
}

function localRoute(family: number): number[] {
  const four = family === AF.AF_INET;
  const ip = four ? [127, 0, 0, 0] : IPV6_LOOPBACK;
  return [
    ...[family, four ? 8 : 128, 0, 0, RT_TABLE_LOCAL, RTPROT_KERNEL, four ? RT_SCOPE_HOST : 0, RTN_LOCAL, ...u32(0)],
    ...attribute(15, u32(RT_TABLE_LOCAL)), // RTA_TABLE
    ...attribute(1, ip), // RTA_DST
    ...attribute(4, u32(1)), // RTA_OIF
  ];
}

function message(type: number, flags: number, sequence: number, pid: number, body: number[]): Uint8Array {
  const length = 16 + body.length;
  return Uint8Array.from([
    ...u32(length),
    ...u16(type),
    ...u16(flags),
    ...u32(sequence),
    ...u32(pid),
    ...body,
    ...new Array((4 - (length % 4)) % 4).fill(0),
  ]);
}

/** The machine's answer address: the kernel. */
const KERNEL: SocketAddress = { is: 'netlink', pid: 0, groups: 0 };

/** Gives the socket its number: the process's, unless that is taken. */
export function bindNetlink(c: Context, socket: Socket, pid: number, groups: number): void {
  if (socket.local?.is === 'netlink') {
    if (pid !== 0 && pid !== socket.local.pid) throw EINVAL;
    socket.local = { ...socket.local, groups };
    return;
  }
  if (groups !== 0 && c.process.credentials.euid !== 0 && socket.protocol !== 0) throw EPERM;
  const taken = new Set<number>();
  for (const inode of c.state.fs.inodes.values())
    if (inode.is === 'socket' && inode.local?.is === 'netlink') taken.add(inode.local.pid);
  let number = pid || c.process.id;
  while (pid === 0 && taken.has(number)) number = number > 0xf000_0000 ? number + 1 : 0xffff_f000;
  socket.local = { is: 'netlink', pid: number, groups };
}

/** A message of the kernel's own accord. */
export function tellNetlink(c: Context, socket: Socket, bytes: Uint8Array): void {
  enqueuePacket(c, socket, { bytes, start: 0, from: KERNEL, time: c.realtime(), sender: 0, charge: 0 });
}

/** Every request in the message is answered at once. */
export function sendNetlink(c: Context, socket: Socket, bytes: Uint8Array): number {
  if (socket.local?.is !== 'netlink') bindNetlink(c, socket, 0, 0);
  const pid = socket.local?.is === 'netlink' ? socket.local.pid : 0;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at + 16 <= bytes.length; ) {
    const length = view.getUint32(at, true);
    if (length < 16 || at + length > bytes.length) break;
    const type = view.getUint16(at + 4, true);
    const flags = view.getUint16(at + 6, true);
    const sequence = view.getUint32(at + 8, true);
    const family = length > 16 ? bytes[at + 16] : 0;
    const dump = (flags & (NLM_F_ROOT | NLM_F_MATCH)) !== 0;
    const answer = socket.protocol === 0 ? answerRoute(type, family, dump) : undefined;
    const reply = (part: Uint8Array): void =>
      enqueuePacket(c, socket, { bytes: part, start: 0, from: KERNEL, time: c.realtime(), sender: 0, charge: 0 });
    if (answer === undefined) {
      const header = Array.from(bytes.subarray(at, at + 16));
      reply(message(NLMSG_ERROR, 0, sequence, pid, [...u32(-EOPNOTSUPP.number), ...header]));
    } else if (dump) {
      reply(join(answer.bodies.map(body => message(answer.type, NLM_F_MULTI, sequence, pid, body))));
      reply(message(NLMSG_DONE, NLM_F_MULTI, sequence, pid, u32(0)));
    } else {
      for (const body of answer.bodies.slice(0, 1)) reply(message(answer.type, 0, sequence, pid, body));
      if (flags & NLM_F_ACK) {
        const header = Array.from(bytes.subarray(at, at + 16));
        reply(message(NLMSG_ERROR, 0, sequence, pid, [...u32(0), ...header]));
      }
    }
    at += Math.ceil(length / 4) * 4;
  }
  return bytes.length;
}

function answerRoute(type: number, family: number, dump: boolean): { type: number; bodies: number[][] } | undefined {
  const families = [AF.AF_INET, AF.AF_INET6].filter(f => family === 0 || family === f);
  switch (type) {
    case RTM.GETLINK:
      return { type: RTM.NEWLINK, bodies: [loopbackLink()] };
    case RTM.GETADDR:
      return dump ? { type: RTM.NEWADDR, bodies: families.map(address) } : undefined;
    case RTM.GETROUTE:
      return dump ? { type: RTM.NEWROUTE, bodies: families.map(localRoute) } : undefined;
    default:
      return undefined;
  }
}
