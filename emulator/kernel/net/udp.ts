/** UDP inside one machine: a datagram is in the receiver's queue at once, or nobody is there and ICMP says so. */
import { AF, IP, IPV6, SO, SOL } from '../../abi/flags-network.ts';
import type { Context } from '../context.ts';
import {
  EACCES,
  EAFNOSUPPORT,
  ECONNREFUSED,
  EDESTADDRREQ,
  EINVAL,
  EMSGSIZE,
  ENETUNREACH,
  ENOTCONN,
  EPIPE,
} from '../errors.ts';
import { POLLERR, POLLHUP, POLLRDHUP } from '../fs/constants.ts';
import { IN, OUT } from '../fs/readiness.ts';
import { anyOf, familyOf, isAny, isBroadcast, isIpv4, isMulticast, parseInet } from './address.ts';
import { bindPort, receiverOf, receiversOf, releasePort } from './ports.ts';
import {
  changedSocket,
  chargeOf,
  enqueuePacket,
  NO_RECEIVE,
  NO_SEND,
  option,
  purge,
  receiveBuffer,
  sendBuffer,
  throwPendingError,
  type Wire,
} from './sockets.ts';
import type { Socket, SocketAddress } from './state.ts';
import { autobind, route, sourceFor } from './tcp.ts';

type InetAddress = SocketAddress & { is: 'inet' };

const LARGEST = 65_507;

/** Where a datagram goes; multicast and broadcast need a permission or an interface. */
function destination(socket: Socket, to: InetAddress): InetAddress {
  if (isMulticast(to.ip)) {
    const chosen = isIpv4(to.ip)
      ? option(socket, SOL.SOL_IP, IP.IP_MULTICAST_IF)
      : option(socket, SOL.SOL_IPV6, IPV6.IPV6_MULTICAST_IF) || to.scope;
    const bound = socket.local?.is === 'inet' && !isAny(socket.local.ip);
    if (!chosen && !bound) throw ENETUNREACH;
    return to;
  }
  if (isBroadcast(to.ip)) {
    if (option(socket, SOL.SOL_SOCKET, SO.SO_BROADCAST) === 0) throw EACCES;
    if (to.ip.endsWith('ffffffff')) throw ENETUNREACH;
    return to;
  }
  return { ...to, ip: route(socket, to.ip) };
}

export function connectUdp(c: Context, socket: Socket, bytes: Uint8Array): number {
  if (bytes.length < 2) throw EINVAL;
  if (familyOf(bytes) === AF.AF_UNSPEC) {
    socket.remote = undefined;
    socket.link = 'idle';
    if (socket.fixed) {
      if (socket.local?.is === 'inet') socket.local = { ...socket.local, ip: anyOf(socket) };
    } else {
      releasePort(c, socket);
      socket.local = undefined;
    }
    return 0;
  }
  const to = destination(socket, parseInet(socket.family, bytes));
  autobind(c, socket, sourceFor(to.ip));
  socket.remote = to;
  socket.link = 'connected';
  return 0;
}

export function shutdownUdp(wire: Wire, socket: Socket, how: number): void {
  if (socket.link !== 'connected') throw ENOTCONN;
  socket.shut |= how;
  changedSocket(wire, socket, IN | OUT | POLLHUP | POLLRDHUP);
}

/** Sends one datagram; undefined: no room now. `name` is sendto's address, empty for none. */
export function sendUdp(c: Context, socket: Socket, bytes: Uint8Array, name: Uint8Array): number | undefined {
  if (bytes.length > 65_535) throw EMSGSIZE;
  let to: InetAddress;
  if (name.length > 0) {
    // An IPv4 socket takes AF_UNSPEC for its own family, an IPv6 socket IPv4 addresses too.
    let given = name;
    let { family } = socket;
    const said = familyOf(name);
    if (said === AF.AF_UNSPEC && family === AF.AF_INET && name.length >= 16) {
      given = name.slice();
      given[0] = AF.AF_INET;
    } else if (said === AF.AF_INET && family === AF.AF_INET6) family = AF.AF_INET;
    else if (said !== family) throw EAFNOSUPPORT;
    const asked = parseInet(family, given);
    if (asked.port === 0) throw EINVAL;
    to = destination(socket, asked);
  } else {
    if (socket.remote?.is !== 'inet') throw EDESTADDRREQ;
    to = socket.remote;
  }
  throwPendingError(socket);
  if (socket.shut & NO_SEND) throw EPIPE;
  if (bytes.length > LARGEST) throw EMSGSIZE;
  const charge = chargeOf(bytes.length);
  if (socket.charged >= sendBuffer(socket)) return undefined;
  if (!socket.local) bindPort(c, socket, anyOf(socket), 0);
  const bound = socket.local as unknown as InetAddress;
  const from: InetAddress = isAny(bound.ip) ? { ...bound, ip: sourceFor(to.ip) } : bound;
  const packet = { bytes, start: 0, from, to: to.ip, time: c.realtime(), sender: socket.id, charge };
  if (isMulticast(to.ip) || isBroadcast(to.ip)) {
    for (const receiver of receiversOf(c, to)) take(c, receiver, { ...packet });
    return bytes.length;
  }
  const receiver = receiverOf(c, 'udp', to, from, () => true);
  if (receiver) take(c, receiver, packet);
  else if (socket.link === 'connected' || wantsErrors(socket)) {
    // ICMP: port unreachable.
    socket.error = ECONNREFUSED.number;
    changedSocket(c, socket, POLLERR);
  }
  return bytes.length;
}

const wantsErrors = (socket: Socket): boolean =>
  option(socket, SOL.SOL_IP, IP.IP_RECVERR) !== 0 || option(socket, SOL.SOL_IPV6, IPV6.IPV6_RECVERR) !== 0;

/** A full receive buffer drops what comes. */
function take(wire: Wire, receiver: Socket, packet: Parameters<typeof enqueuePacket>[2]): void {
  const held = receiver.queue.reduce((sum, p) => sum + chargeOf(p.bytes.length), 0);
  if (held + packet.charge > receiveBuffer(receiver) && receiver.queue.length > 0) return;
  enqueuePacket(wire, receiver, packet);
}

/** Whether a read of nothing is the end; throws the error that ICMP left. */
export function endOfUdp(socket: Socket): boolean {
  throwPendingError(socket);
  return (socket.shut & NO_RECEIVE) !== 0;
}

export function closeUdp(wire: Wire, socket: Socket): void {
  purge(wire, socket);
  releasePort(wire, socket);
}
