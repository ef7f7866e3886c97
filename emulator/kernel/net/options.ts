/**
 * Socket options, one row each: which sockets have it, its value at first, what may be set. Most change nothing inside one
 * machine (there is no wire to keep alive), but programs set them and read them back.
 */
import { AF, IP, IPPROTO, IPV6, SO, SOL, TCP, UDP } from '../../abi/flags-network.ts';
import { LINGER, UCRED } from '../../abi/structs.ts';
import { readStruct, writeStruct } from '../../abi/types.ts';
import type { Context } from '../context.ts';
import { EADDRNOTAVAIL, EDOM, EINVAL, ENODEV, ENOENT, ENOPROTOOPT, ENOTCONN, EOPNOTSUPP, EPERM } from '../errors.ts';
import { formatAddress, ipv4, isMulticast } from './address.ts';
import { LOOPBACK_INDEX } from './control.ts';
import { tcpState } from './proc.ts';
import { changedSocket, everything, option, peerOf, receiveBuffer, sendBuffer } from './sockets.ts';
import type { Ip, Socket } from './state.ts';

/** An option whose value is an int. */
interface IntRow {
  level: number;
  name: number;
  /** Which sockets have it; all of the level's if left out. */
  of?: (socket: Socket) => boolean;
  initial?: number | ((socket: Socket) => number);
  /** A boolean: what is set becomes 0 or 1. */
  flag?: boolean;
  /** Bounds of what may be set, else EINVAL. */
  min?: number;
  max?: number;
  /** Cannot be set (ENOPROTOOPT). */
  readOnly?: boolean;
  /** Needs root (EPERM). */
  root?: boolean;
  /** One byte is enough for an answer where fewer than four were asked for (IP level). */
  byte?: boolean;
}

const inet = (s: Socket): boolean => s.family === AF.AF_INET || s.family === AF.AF_INET6;
const six = (s: Socket): boolean => s.family === AF.AF_INET6;
const unix = (s: Socket): boolean => s.family === AF.AF_UNIX;
const tcp = (s: Socket): boolean => s.kind === 'tcp';
const udp = (s: Socket): boolean => s.kind === 'udp';

const base = (name: number, row: Partial<IntRow> = {}): IntRow => ({ level: SOL.SOL_SOCKET, name, ...row });
const ip = (name: number, row: Partial<IntRow> = {}): IntRow => ({
  level: SOL.SOL_IP,
  name,
  of: inet,
  byte: true,
  ...row,
});
const ip6 = (name: number, row: Partial<IntRow> = {}): IntRow => ({ level: SOL.SOL_IPV6, name, of: six, ...row });
const t = (name: number, row: Partial<IntRow> = {}): IntRow => ({ level: SOL.SOL_TCP, name, of: tcp, ...row });

const ROWS: readonly IntRow[] = [
  base(SO.SO_DEBUG, { flag: true, root: true }),
  base(SO.SO_REUSEADDR, { flag: true }),
  base(SO.SO_TYPE, { initial: s => s.type, readOnly: true }),
  base(SO.SO_DONTROUTE, { flag: true }),
  base(SO.SO_BROADCAST, { flag: true }),
  base(SO.SO_SNDBUF, { initial: sendBuffer }),
  base(SO.SO_RCVBUF, { initial: receiveBuffer }),
  base(SO.SO_KEEPALIVE, { flag: true }),
  base(SO.SO_OOBINLINE, { flag: true }),
  base(SO.SO_NO_CHECK, { flag: true }),
  base(SO.SO_PRIORITY, { min: 0, max: 6 }),
  base(SO.SO_REUSEPORT, { flag: true, of: inet }),
  base(SO.SO_PASSCRED, { flag: true, of: s => unix(s) || s.kind === 'netlink' }),
  base(SO.SO_RCVLOWAT, { initial: 1 }),
  base(SO.SO_SNDLOWAT, { initial: 1, readOnly: true }),
  base(SO.SO_TIMESTAMP_OLD, { flag: true }),
  base(SO.SO_TIMESTAMPNS_OLD, { flag: true }),
  base(SO.SO_ACCEPTCONN, { initial: s => (s.link === 'listening' ? 1 : 0), readOnly: true }),
  base(SO.SO_MARK, { root: true }),
  base(SO.SO_PROTOCOL, { initial: s => s.protocol, readOnly: true }),
  base(SO.SO_DOMAIN, { initial: s => s.family, readOnly: true }),
  base(SO.SO_RXQ_OVFL, { flag: true }),
  base(SO.SO_PEEK_OFF, { initial: -1 }),
  base(SO.SO_BUSY_POLL, { min: 0 }),
  base(SO.SO_INCOMING_CPU, { initial: -1 }),
  base(SO.SO_ZEROCOPY, { flag: true, of: inet }),
  base(SO.SO_BINDTOIFINDEX, { of: inet, min: 0, max: LOOPBACK_INDEX }),
  ip(IP.IP_TOS, { min: 0, max: 255 }),
  ip(IP.IP_TTL, { initial: 64, min: -1, max: 255 }),
  ip(IP.IP_PKTINFO, { flag: true }),
  ip(IP.IP_RECVTTL, { flag: true }),
  ip(IP.IP_RECVTOS, { flag: true }),
  ip(IP.IP_RECVERR, { flag: true }),
  ip(IP.IP_RECVOPTS, { flag: true }),
  ip(IP.IP_RETOPTS, { flag: true }),
  ip(IP.IP_FREEBIND, { flag: true }),
  ip(IP.IP_TRANSPARENT, { flag: true, root: true }),
  ip(IP.IP_MTU_DISCOVER, { initial: 1, min: 0, max: 5 }),
  ip(IP.IP_BIND_ADDRESS_NO_PORT, { flag: true }),
  ip(IP.IP_MULTICAST_TTL, { initial: 1, min: -1, max: 255 }),
  ip(IP.IP_MULTICAST_LOOP, { initial: 1, flag: true }),
  ip(IP.IP_MULTICAST_ALL, { initial: 1, flag: true }),
  ip6(IPV6.IPV6_V6ONLY, { flag: true }),
  ip6(IPV6.IPV6_UNICAST_HOPS, { initial: 64, min: -1, max: 255 }),
  ip6(IPV6.IPV6_MULTICAST_HOPS, { initial: 1, min: -1, max: 255 }),
  ip6(IPV6.IPV6_MULTICAST_LOOP, { initial: 1, min: 0, max: 1 }),
  ip6(IPV6.IPV6_MULTICAST_IF, { min: 0, max: LOOPBACK_INDEX }),
  ip6(IPV6.IPV6_MULTICAST_ALL, { initial: 1, flag: true }),
  ip6(IPV6.IPV6_RECVPKTINFO, { flag: true }),
  ip6(IPV6.IPV6_RECVHOPLIMIT, { flag: true }),
  ip6(IPV6.IPV6_RECVTCLASS, { flag: true }),
  ip6(IPV6.IPV6_RECVERR, { flag: true }),
  ip6(IPV6.IPV6_TCLASS, { min: -1, max: 255 }),
  ip6(IPV6.IPV6_MTU_DISCOVER, { initial: 1, min: 0, max: 5 }),
  ip6(IPV6.IPV6_DONTFRAG, { flag: true }),
  ip6(IPV6.IPV6_FREEBIND, { flag: true }),
  ip6(IPV6.IPV6_AUTOFLOWLABEL, { initial: 1, flag: true }),
  t(TCP.TCP_NODELAY, { flag: true }),
  t(TCP.TCP_MAXSEG, { initial: s => (s.link === 'connected' ? 65483 : 536), min: 88, max: 32767 }),
  t(TCP.TCP_CORK, { flag: true }),
  t(TCP.TCP_KEEPIDLE, { initial: 7200, min: 1, max: 32767 }),
  t(TCP.TCP_KEEPINTVL, { initial: 75, min: 1, max: 32767 }),
  t(TCP.TCP_KEEPCNT, { initial: 9, min: 1, max: 127 }),
  t(TCP.TCP_SYNCNT, { initial: 6, min: 1, max: 127 }),
  t(TCP.TCP_LINGER2, { initial: 60 }),
  t(TCP.TCP_DEFER_ACCEPT),
  t(TCP.TCP_WINDOW_CLAMP),
  t(TCP.TCP_QUICKACK, { initial: 1, flag: true }),
  t(TCP.TCP_USER_TIMEOUT, { min: 0 }),
  t(TCP.TCP_FASTOPEN, { min: 0 }),
  t(TCP.TCP_FASTOPEN_CONNECT, { flag: true }),
  t(TCP.TCP_NOTSENT_LOWAT),
  t(TCP.TCP_TIMESTAMP, { readOnly: true }),
  t(TCP.TCP_INQ, { flag: true }),
  { level: SOL.SOL_UDP, name: UDP.UDP_CORK, of: udp, flag: true },
  { level: SOL.SOL_UDP, name: UDP.UDP_SEGMENT, of: udp, min: 0, max: 65535 },
  { level: SOL.SOL_UDP, name: UDP.UDP_GRO, of: udp, flag: true },
];

const BY_KEY = new Map(ROWS.map(row => [`${row.level}:${row.name}`, row]));

/** net.core.{r,w}mem_max. */
const BUFFER_LIMIT = 212_992;
const SMALLEST_SEND = 4608;
const SMALLEST_RECEIVE = 2304;

/** The option's row. A level that the socket does not know is EOPNOTSUPP, but for setting on an internet socket. */
function rowOf(socket: Socket, level: number, name: number, set: boolean): IntRow {
  const known =
    level === SOL.SOL_SOCKET ||
    (level === SOL.SOL_IP && inet(socket)) ||
    (level === SOL.SOL_IPV6 && six(socket)) ||
    (level === SOL.SOL_TCP && tcp(socket)) ||
    (level === SOL.SOL_UDP && udp(socket)) ||
    (level === SOL.SOL_NETLINK && socket.kind === 'netlink');
  if (!known) throw set && inet(socket) ? ENOPROTOOPT : EOPNOTSUPP;
  const row = BY_KEY.get(`${level}:${name}`);
  if (!row) throw ENOPROTOOPT;
  if (row.of && !row.of(socket)) throw level === SOL.SOL_SOCKET ? EOPNOTSUPP : ENOPROTOOPT;
  return row;
}

const store = (socket: Socket, level: number, name: number, value: number): void => {
  socket.options.set(`${level}:${name}`, value);
};

const bufferOption = (name: number): boolean => name === SO.SO_SNDBUF || name === SO.SO_RCVBUF;

export function setOption(c: Context, socket: Socket, level: number, name: number, at: number, length: number): number {
  if (length < 0) throw EINVAL;
  if (level === SOL.SOL_SOCKET) {
    switch (name) {
      case SO.SO_LINGER:
        return setLinger(c, socket, at, length);
      case SO.SO_RCVTIMEO_OLD:
      case SO.SO_SNDTIMEO_OLD:
        return setTimeout(c, socket, name, at, length);
      case SO.SO_BINDTODEVICE:
        return bindToDevice(c, socket, at, length);
      case SO.SO_ATTACH_BPF:
      case 26: // SO_ATTACH_FILTER
        throw EINVAL;
      case SO.SO_DETACH_FILTER:
        throw ENOENT;
    }
  }
  if ((level === SOL.SOL_IP && inet(socket)) || (level === SOL.SOL_IPV6 && six(socket))) {
    const done = setMulticast(c, socket, level, name, at, length);
    if (done) return 0;
  }
  if (level === SOL.SOL_TCP && name === TCP.TCP_CONGESTION && tcp(socket)) {
    const asked = String.fromCharCode(...c.space.read(at, Math.min(length, 15))).replace(/\0.*$/s, '');
    if (asked !== 'cubic' && asked !== 'reno') throw ENOENT;
    store(socket, level, name, asked === 'reno' ? 1 : 0);
    return 0;
  }
  if (level === SOL.SOL_NETLINK && socket.kind === 'netlink') return 0;
  const row = rowOf(socket, level, name, true);
  let value: number;
  if (length >= 4) value = c.space.readU32(at) | 0;
  else if (row.byte && length >= 1) value = c.space.read(at, 1)[0];
  else throw EINVAL;
  if (row.readOnly) throw ENOPROTOOPT;
  if (row.root && c.process.credentials.euid !== 0 && value !== 0) throw EPERM;
  if (level === SOL.SOL_SOCKET && bufferOption(name)) {
    const least = name === SO.SO_SNDBUF ? SMALLEST_SEND : SMALLEST_RECEIVE;
    const bounded = value < 0 ? BUFFER_LIMIT : Math.min(value, BUFFER_LIMIT);
    store(socket, level, name, Math.max(bounded * 2, least));
    changedSocket(c, socket, everything);
    return 0;
  }
  if (row.min !== undefined && value < row.min) throw EINVAL;
  if (row.max !== undefined && value > row.max) throw EINVAL;
  if (name === IP.IP_TTL && level === SOL.SOL_IP && value === 0) throw EINVAL;
  if (level === SOL.SOL_IPV6 && name === IPV6.IPV6_V6ONLY && socket.local) throw EINVAL;
  const initial = value === -1 && row.min === -1 ? initialOf(row, socket) : value;
  store(socket, level, name, row.flag ? (value === 0 ? 0 : 1) : initial);
  return 0;
}

const initialOf = (row: IntRow, socket: Socket): number =>
  typeof row.initial === 'function' ? row.initial(socket) : (row.initial ?? 0);

function setLinger(c: Context, socket: Socket, at: number, length: number): number {
  if (length < LINGER.size) throw EINVAL;
  const { l_onoff, l_linger } = readStruct(LINGER, c.space.read(at, LINGER.size));
  store(socket, SOL.SOL_SOCKET, SO.SO_LINGER, l_onoff === 0 ? -1 : l_linger);
  return 0;
}

/** A struct timeval, kept in microseconds; zero waits for ever. */
function setTimeout(c: Context, socket: Socket, name: number, at: number, length: number): number {
  if (length < 16) throw EINVAL;
  const seconds = BigInt.asIntN(64, c.space.readU64(at));
  const micro = BigInt.asIntN(64, c.space.readU64(at + 8));
  if (micro < 0n || micro >= 1_000_000n) throw EDOM;
  const total = seconds < 0n ? 0n : seconds * 1_000_000n + micro;
  store(socket, SOL.SOL_SOCKET, name, total > 0x1f_ffff_ffff_ffffn ? 0 : Number(total));
  return 0;
}

function bindToDevice(c: Context, socket: Socket, at: number, length: number): number {
  const name = String.fromCharCode(...c.space.read(at, Math.min(length, 15))).replace(/\0.*$/s, '');
  if (name !== '' && name !== 'lo') throw ENODEV;
  store(socket, SOL.SOL_SOCKET, SO.SO_BINDTOIFINDEX, name === '' ? 0 : LOOPBACK_INDEX);
  return 0;
}

/** Joining and leaving groups, and choosing the interface: true if the option was one of these. */
function setMulticast(c: Context, socket: Socket, level: number, name: number, at: number, length: number): boolean {
  const loopback = (bytes: Uint8Array): boolean => bytes[0] === 127;
  const join = (group: Ip, known: boolean): void => {
    if (!isMulticast(group)) throw EINVAL;
    // No route leads to groups: the interface must be named.
    if (!known) throw ENODEV;
    if (!socket.groups.includes(group)) socket.groups.push(group);
  };
  const leave = (group: Ip): void => {
    if (!socket.groups.includes(group)) throw EADDRNOTAVAIL;
    socket.groups = socket.groups.filter(other => other !== group);
  };
  if (level === SOL.SOL_IP) {
    if (name === IP.IP_ADD_MEMBERSHIP || name === IP.IP_DROP_MEMBERSHIP) {
      if (length < 8) throw EINVAL;
      const bytes = c.space.read(at, Math.min(length, 12));
      const index = length >= 12 ? new DataView(bytes.buffer, bytes.byteOffset).getInt32(8, true) : 0;
      const group = ipv4(bytes.subarray(0, 4));
      if (name === IP.IP_ADD_MEMBERSHIP) join(group, index === LOOPBACK_INDEX || loopback(bytes.subarray(4, 8)));
      else leave(group);
      return true;
    }
    if (name === IP.IP_MULTICAST_IF) {
      if (length < 4) throw EINVAL;
      const bytes = c.space.read(at, Math.min(length, 12));
      const index = length >= 12 ? new DataView(bytes.buffer, bytes.byteOffset).getInt32(8, true) : 0;
      const by = length >= 8 ? bytes.subarray(4, 8) : bytes.subarray(0, 4);
      const none = index === 0 && by.every(b => b === 0);
      if (!none && index !== LOOPBACK_INDEX && !loopback(by)) throw EADDRNOTAVAIL;
      store(socket, level, name, none ? 0 : LOOPBACK_INDEX);
      return true;
    }
    return false;
  }
  if (name === IPV6.IPV6_ADD_MEMBERSHIP || name === IPV6.IPV6_DROP_MEMBERSHIP) {
    if (length < 20) throw EINVAL;
    const bytes = c.space.read(at, 20);
    const index = new DataView(bytes.buffer, bytes.byteOffset).getInt32(16, true);
    const group = Array.from(bytes.subarray(0, 16), b => b.toString(16).padStart(2, '0')).join('');
    if (name === IPV6.IPV6_ADD_MEMBERSHIP) join(group, index === LOOPBACK_INDEX);
    else leave(group);
    return true;
  }
  return false;
}

/** Writes the option's value and its length, cut to the length that was given. */
export function getOption(
  c: Context,
  socket: Socket,
  level: number,
  name: number,
  at: number,
  lengthAt: number,
): number {
  const room = c.space.readU32(lengthAt) | 0;
  if (room < 0) throw EINVAL;
  const bytes = optionValue(c, socket, level, name, room);
  const count = Math.min(room, bytes.length);
  c.space.write(at, bytes.subarray(0, count));
  c.space.writeU32(lengthAt, count);
  return 0;
}

const int = (value: number): Uint8Array => new Uint8Array(Int32Array.of(value).buffer);

function optionValue(c: Context, socket: Socket, level: number, name: number, room: number): Uint8Array {
  if (level === SOL.SOL_SOCKET) {
    switch (name) {
      case SO.SO_ERROR: {
        const { error } = socket;
        socket.error = 0;
        return int(error);
      }
      case SO.SO_LINGER: {
        const linger = option(socket, level, name, -1);
        return writeStruct(LINGER, { l_onoff: linger < 0 ? 0 : 1, l_linger: Math.max(0, linger) });
      }
      case SO.SO_RCVTIMEO_OLD:
      case SO.SO_SNDTIMEO_OLD: {
        const micro = option(socket, level, name);
        return new Uint8Array(BigInt64Array.of(BigInt(Math.floor(micro / 1e6)), BigInt(micro % 1e6)).buffer);
      }
      case SO.SO_PEERCRED: {
        const { pid, uid, gid } = socket.peerCredentials ?? socket.credentials;
        return writeStruct(UCRED, { pid, uid: uid | 0, gid: gid | 0 });
      }
      case SO.SO_PEERNAME: {
        if (!socket.remote || socket.link !== 'connected') throw ENOTCONN;
        const bytes = formatAddress(socket.family, socket.remote);
        if (room > bytes.length) throw EINVAL;
        return bytes;
      }
      case SO.SO_COOKIE: {
        if (room < 8) throw EINVAL;
        if (socket.cookie === 0) socket.cookie = c.state.fs.net.nextCookie++;
        return new Uint8Array(BigInt64Array.of(BigInt(socket.cookie)).buffer);
      }
      case SO.SO_BINDTODEVICE: {
        const bound = option(socket, SOL.SOL_SOCKET, SO.SO_BINDTOIFINDEX);
        if (bound === 0) return new Uint8Array(0);
        if (room < 16) throw EINVAL;
        return Uint8Array.of(0x6c, 0x6f, 0);
      }
    }
  }
  if (level === SOL.SOL_TCP && tcp(socket)) {
    if (name === TCP.TCP_CONGESTION) {
      const text = option(socket, level, name) === 1 ? 'reno' : 'cubic';
      const bytes = new Uint8Array(16);
      for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
      return bytes;
    }
    if (name === TCP.TCP_INFO) return tcpInfo(socket);
    if (name === TCP.TCP_IS_MPTCP) return int(isMultipath(c, socket) ? 1 : 0);
  }
  if (level === SOL.SOL_MPTCP && socket.protocol === IPPROTO.IPPROTO_MPTCP) {
    if (name !== MPTCP_INFO) throw EOPNOTSUPP;
    if (!isMultipath(c, socket)) throw EOPNOTSUPP;
    return new Uint8Array(72);
  }
  if (level === SOL.SOL_IP && name === IP.IP_MULTICAST_IF && inet(socket))
    return option(socket, level, name) === 0 ? new Uint8Array(4) : Uint8Array.of(127, 0, 0, 1);
  if (level === SOL.SOL_IP && name === IP.IP_MTU && inet(socket)) {
    if (socket.link !== 'connected') throw ENOTCONN;
    return int(65536);
  }
  if (level === SOL.SOL_IPV6 && name === IPV6.IPV6_MTU && six(socket)) {
    if (socket.link !== 'connected') throw ENOTCONN;
    return int(65536);
  }
  const row = rowOf(socket, level, name, false);
  const value = option(socket, level, name, initialOf(row, socket));
  const small = row.byte && room > 0 && room < 4 && value >= 0 && value <= 255;
  return small ? Uint8Array.of(value) : int(value);
}

const MPTCP_INFO = 1;

/** Whether both ends of the connection speak Multipath TCP; before there is one, whether this end does. */
function isMultipath(c: Context, socket: Socket): boolean {
  if (socket.protocol !== IPPROTO.IPPROTO_MPTCP) return false;
  const peer = socket.link === 'connected' ? peerOf(c, socket) : undefined;
  return peer === undefined || peer.protocol === IPPROTO.IPPROTO_MPTCP;
}

/** struct tcp_info: the state, and the sizes that a loopback connection has. */
function tcpInfo(socket: Socket): Uint8Array {
  const bytes = new Uint8Array(248);
  bytes[0] = tcpState(socket);
  const view = new DataView(bytes.buffer);
  view.setUint32(8, 200_000, true); // tcpi_rto
  view.setUint32(16, 65_483, true); // tcpi_snd_mss
  view.setUint32(20, 65_483, true); // tcpi_rcv_mss
  view.setUint32(80, 10, true); // tcpi_snd_cwnd
  return bytes;
}
