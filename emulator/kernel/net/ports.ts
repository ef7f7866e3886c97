/** Ports: who is bound where, what conflicts, which is free (inet_csk_get_port, udp_lib_get_port). */
import { AF, IPV6, SO, SOL } from '../../abi/flags-network.ts';
import type { Context } from '../context.ts';
import { EACCES, EADDRINUSE, EADDRNOTAVAIL, EINVAL } from '../errors.ts';
import { anyOf, isAny, isBroadcast, isIpv4, isLoopback, isMulticast } from './address.ts';
import { option, socketById, type Wire } from './sockets.ts';
import type { Ip, NetState, Socket, SocketAddress } from './state.ts';

/** net.ipv4.ip_local_port_range. */
const FIRST = 32768;
const LAST = 60999;
/** net.ipv4.ip_unprivileged_port_start. */
const UNPRIVILEGED = 1024;

const keyOf = (socket: Socket, port: number): string => `${socket.kind}:${port}`;

/** Whether an IPv6 socket leaves IPv4 alone. */
export const v6only = (socket: Socket): boolean => option(socket, SOL.SOL_IPV6, IPV6.IPV6_V6ONLY) !== 0;

const boundIp = (socket: Socket): Ip => (socket.local?.is === 'inet' ? socket.local.ip : anyOf(socket));

/** Whether a packet to one address could be for both. */
function overlap(a: Socket, aIp: Ip, b: Socket, bIp: Ip): boolean {
  const covers = (s: Socket, ip: Ip, other: Ip): boolean => {
    if (!isAny(ip)) return false;
    if (s.family === AF.AF_INET || isIpv4(ip)) return isIpv4(other) || (isAny(other) && !isIpv4(other));
    return !isIpv4(other) || !v6only(s);
  };
  if (aIp === bIp) return true;
  // "::" of a socket for IPv6 alone has nothing to do with IPv4.
  if (isAny(aIp) && !isIpv4(aIp) && v6only(a) && isIpv4(bIp)) return false;
  if (isAny(bIp) && !isIpv4(bIp) && v6only(b) && isIpv4(aIp)) return false;
  return covers(a, aIp, bIp) || covers(b, bIp, aIp);
}

const flag = (socket: Socket, name: number): boolean => option(socket, SOL.SOL_SOCKET, name) !== 0;

function conflicts(wire: Wire, socket: Socket, ip: Ip, port: number): boolean {
  for (const id of wire.state.fs.net.ports.get(keyOf(socket, port)) ?? []) {
    const other = socketById(wire, id);
    if (!other || other === socket || !overlap(socket, ip, other, boundIp(other))) continue;
    const reuse = flag(socket, SO.SO_REUSEADDR) && flag(other, SO.SO_REUSEADDR);
    if (reuse && (socket.kind === 'udp' || (other.link !== 'listening' && socket.link !== 'listening'))) continue;
    if (flag(socket, SO.SO_REUSEPORT) && flag(other, SO.SO_REUSEPORT) && socket.uid === other.uid) continue;
    return true;
  }
  return false;
}

/** Whether somebody else already listens where the socket is about to (two may be bound with SO_REUSEADDR). */
export function listenConflicts(c: Context, socket: Socket): boolean {
  if (socket.local?.is !== 'inet') return false;
  const { ip, port } = socket.local;
  for (const id of c.state.fs.net.ports.get(keyOf(socket, port)) ?? []) {
    const other = socketById(c, id);
    if (!other || other === socket || other.link !== 'listening') continue;
    if (flag(socket, SO.SO_REUSEPORT) && flag(other, SO.SO_REUSEPORT)) continue;
    if (overlap(socket, ip, other, boundIp(other))) return true;
  }
  return false;
}

function freePort(c: Context, socket: Socket, ip: Ip): number {
  const { net } = c.state.fs;
  const count = LAST - FIRST + 1;
  // The first port depends on the seed, the next ones follow: a run repeats, and no port comes back soon.
  if (net.nextPort === 0) net.nextPort = FIRST + (((c.options.seed * 2654435761) >>> 0) % count);
  for (let tries = 0; tries < count; tries++) {
    const port = net.nextPort;
    net.nextPort = port === LAST ? FIRST : port + 1;
    if (!net.ports.has(keyOf(socket, port)) && !conflicts(c, socket, ip, port)) return port;
  }
  throw EADDRINUSE;
}

function claim(net: NetState, socket: Socket, port: number): void {
  const key = keyOf(socket, port);
  const list = net.ports.get(key);
  if (list) list.push(socket.id);
  else net.ports.set(key, [socket.id]);
}

/** Gives a socket an address and a port, for bind and for calls that need one. */
export function bindPort(c: Context, socket: Socket, ip: Ip, port: number, scope = 0): void {
  const chosen = port === 0 ? freePort(c, socket, ip) : port;
  if (port !== 0 && conflicts(c, socket, ip, port)) throw EADDRINUSE;
  claim(c.state.fs.net, socket, chosen);
  socket.local = { is: 'inet', ip, port: chosen, scope };
}

/** The other end of a connection is at the port its listener is bound to. */
export function sharePort(wire: Wire, socket: Socket, local: SocketAddress & { is: 'inet' }): void {
  claim(wire.state.fs.net, socket, local.port);
  socket.local = local;
}

export function releasePort(wire: Wire, socket: Socket): void {
  if (socket.local?.is !== 'inet') return;
  const { ports } = wire.state.fs.net;
  const key = keyOf(socket, socket.local.port);
  const left = (ports.get(key) ?? []).filter(id => id !== socket.id);
  if (left.length === 0) ports.delete(key);
  else ports.set(key, left);
}

/** bind(2) of an internet socket. */
export function bindInet(c: Context, socket: Socket, address: SocketAddress & { is: 'inet' }): void {
  const { ip, port, scope } = address;
  if (socket.family === AF.AF_INET6 && isIpv4(ip) && v6only(socket)) throw EINVAL;
  const known = isAny(ip) || isLoopback(ip) || (socket.kind === 'udp' && (isMulticast(ip) || isBroadcast(ip)));
  const anywhere = option(socket, SOL.SOL_IP, 15) !== 0 || option(socket, SOL.SOL_IPV6, 78) !== 0;
  // A link-local address needs to say on which link.
  if (ip.startsWith('fe80') && scope === 0) throw EINVAL;
  if (!known && !anywhere) throw EADDRNOTAVAIL;
  if (port !== 0 && port < UNPRIVILEGED && c.process.credentials.euid !== 0) throw EACCES;
  if (socket.local || socket.link === 'closed') throw EINVAL;
  bindPort(c, socket, ip, port, scope);
}

/** How well a bound socket fits a destination; undefined: not at all. The most specific one gets the packet. */
function matches(socket: Socket, to: Ip): number | undefined {
  const ip = boundIp(socket);
  if (ip === to) return 2;
  if (!isAny(ip)) return undefined;
  if (isIpv4(to)) {
    if (socket.family === AF.AF_INET6 && (v6only(socket) || isIpv4(ip) === (ip === anyOf(socket)))) {
      // A dual-stack "::" takes IPv4 too, after sockets of IPv4 itself.
      if (v6only(socket)) return undefined;
      return 0;
    }
    return 1;
  }
  return socket.family === AF.AF_INET6 && !isIpv4(ip) ? 1 : undefined;
}

/** The socket that a packet from `from` to `to` is for. */
export function receiverOf(
  wire: Wire,
  kind: 'tcp' | 'udp',
  to: SocketAddress & { is: 'inet' },
  from: SocketAddress & { is: 'inet' },
  wanted: (socket: Socket) => boolean,
): Socket | undefined {
  let best: Socket | undefined;
  let score = -1;
  for (const id of wire.state.fs.net.ports.get(`${kind}:${to.port}`) ?? []) {
    const socket = socketById(wire, id);
    if (!socket || !wanted(socket)) continue;
    let points = matches(socket, to.ip);
    if (points === undefined) continue;
    if (socket.remote?.is === 'inet') {
      if (socket.remote.ip !== from.ip || socket.remote.port !== from.port) continue;
      points += 4;
    }
    // Of equals, UDP prefers the last one, TCP's listeners the first.
    if (points > score || (points === score && kind === 'udp')) {
      best = socket;
      score = points;
    }
  }
  return best;
}

/** Every socket that a multicast or broadcast packet is for. */
export function receiversOf(wire: Wire, to: SocketAddress & { is: 'inet' }): Socket[] {
  const found: Socket[] = [];
  for (const id of wire.state.fs.net.ports.get(`udp:${to.port}`) ?? []) {
    const socket = socketById(wire, id);
    if (!socket) continue;
    if (matches(socket, to.ip) === undefined) continue;
    if (isMulticast(to.ip) && !socket.groups.includes(to.ip)) continue;
    found.push(socket);
  }
  return found;
}
