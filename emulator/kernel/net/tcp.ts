/**
 * TCP inside one machine: what is sent is in the other's queue at once, a FIN arrives when it is sent. So of TCP's states
 * only those remain that programs can tell apart. What Linux does on the loopback is the measure, its errors included.
 */
import { AF, IPPROTO, SO, SOL } from '../../abi/flags-network.ts';
import type { Blocked, Context } from '../context.ts';
import {
  EADDRINUSE,
  EALREADY,
  ECONNABORTED,
  ECONNREFUSED,
  ECONNRESET,
  EINPROGRESS,
  EINVAL,
  EISCONN,
  ENETUNREACH,
  ENOTCONN,
  EPIPE,
  ETIMEDOUT,
} from '../errors.ts';
import { POLLHUP, POLLRDHUP } from '../fs/constants.ts';
import { addInode } from '../fs/inodes.ts';
import { IN, OUT, queue } from '../fs/readiness.ts';
import { anyOf, isAny, isIpv4, isLoopback, LOOPBACK4, LOOPBACK6, parseInet } from './address.ts';
import { bindPort, listenConflicts, receiverOf, releasePort, sharePort, v6only } from './ports.ts';
import {
  changedSocket,
  enqueuePacket,
  everything,
  forget,
  idleSocket,
  NO_RECEIVE,
  NO_SEND,
  option,
  peerOf,
  purge,
  sendBuffer,
  socketById,
  tcpWindow,
  throwPendingError,
  type Wire,
} from './sockets.ts';
import type { Ip, Socket, SocketAddress } from './state.ts';

type InetAddress = SocketAddress & { is: 'inet' };

/** How long SYNs are repeated before connect gives up: 1 + 2 + … + 64 seconds. */
const SYN_PATIENCE = 127_000_000_000n;

/** The address that a destination is reached at: "any" means this machine. ENETUNREACH where nothing leads. */
export function route(socket: Socket, ip: Ip): Ip {
  if (isAny(ip)) return socket.family === AF.AF_INET || isIpv4(ip) ? LOOPBACK4 : LOOPBACK6;
  if (isIpv4(ip) && socket.family === AF.AF_INET6 && v6only(socket)) throw ENETUNREACH;
  if (!isLoopback(ip)) throw ENETUNREACH;
  return ip;
}

/** The address a packet to `to` leaves from, if its sender is bound to none. */
export const sourceFor = (to: Ip): Ip => (isIpv4(to) ? LOOPBACK4 : LOOPBACK6);

/** Gives an unbound socket a port, and an address if `ip` is one. */
export function autobind(c: Context, socket: Socket, ip: Ip): void {
  if (socket.local?.is !== 'inet') bindPort(c, socket, ip, 0);
  else if (isAny(socket.local.ip) && !isAny(ip)) socket.local = { ...socket.local, ip };
}

export function listenTcp(c: Context, socket: Socket, backlog: number): void {
  if (socket.link === 'connected' || socket.link === 'connecting') throw EINVAL;
  if (!socket.local) bindPort(c, socket, anyOf(socket), 0);
  if (socket.link !== 'listening' && listenConflicts(c, socket)) throw EADDRINUSE;
  socket.link = 'listening';
  socket.backlog = backlog;
  socket.shut = 0;
  admit(c, socket);
}

/** connect(2); called again after a signal had ended the wait, it goes on waiting. */
export function connectTcp(c: Context, socket: Socket, bytes: Uint8Array, nonblocking: boolean): number | Blocked {
  const family = bytes.length >= 2 ? bytes[0] | (bytes[1] << 8) : AF.AF_UNSPEC;
  if (bytes.length < 2) throw EINVAL;
  if (family === AF.AF_UNSPEC) {
    disconnectTcp(c, socket);
    return 0;
  }
  switch (socket.link) {
    case 'listening':
    case 'connected':
      if (socket.link === 'connected' && socket.unconfirmed) {
        socket.unconfirmed = false;
        return 0;
      }
      throw EISCONN;
    case 'connecting':
      if (nonblocking) throw EALREADY;
      return waitForConnection(c, socket);
    case 'closed':
      if (!socket.unconfirmed) throw EISCONN;
      reopen(c, socket);
      throwPendingError(socket);
      throw ECONNABORTED;
  }
  const to = parseInet(socket.family, bytes);
  if (socket.family === AF.AF_INET6 && isIpv4(to.ip) && v6only(socket)) throw ENETUNREACH;
  const destination: InetAddress = { ...to, ip: route(socket, to.ip) };
  autobind(c, socket, sourceFor(destination.ip));
  socket.remote = destination;
  socket.error = 0;
  knock(c, socket, destination);
  if (nonblocking) {
    socket.unconfirmed = true;
    throw EINPROGRESS;
  }
  return outcome(c, socket) ?? waitForConnection(c, socket);
}

/** What a blocking connect returns once it is decided. */
function outcome(c: Context, socket: Socket): number | undefined {
  if (socket.link === 'connected') {
    socket.unconfirmed = false;
    return 0;
  }
  if (socket.link === 'connecting') return undefined;
  reopen(c, socket);
  throwPendingError(socket);
  throw ECONNABORTED;
}

/** A connection that failed leaves a socket that can try again. */
function reopen(c: Context, socket: Socket): void {
  socket.link = 'idle';
  socket.remote = undefined;
  socket.shut = 0;
  socket.unconfirmed = false;
  if (socket.fixed) return;
  releasePort(c, socket);
  socket.local = undefined;
}

function waitForConnection(c: Context, socket: Socket): Blocked {
  const seconds = option(socket, SOL.SOL_SOCKET, SO.SO_SNDTIMEO_OLD);
  const patience = seconds > 0 ? BigInt(seconds) * 1000n : SYN_PATIENCE;
  return c.block({
    what: 'connect',
    keys: [queue(socket.id, 'out')],
    deadline: c.now() + patience,
    onSignal: seconds > 0 ? 'eintr' : 'restart',
    data: { timed: seconds > 0 },
  });
}

/** A blocking connect goes on: it was answered, or has waited long enough. */
export function continueConnect(c: Context, socket: Socket, timedOut: boolean, limited: boolean): number | Blocked {
  const done = outcome(c, socket);
  if (done !== undefined) return done;
  if (!timedOut) return waitForConnection(c, socket);
  if (limited) {
    socket.unconfirmed = true;
    throw EINPROGRESS;
  }
  withdraw(c, socket);
  reopen(c, socket);
  throw ETIMEDOUT;
}

/** The SYN: a listener takes it, has no room for it, or there is none. */
function knock(wire: Wire, socket: Socket, to: InetAddress): void {
  const from = socket.local as InetAddress;
  const self = from.ip === to.ip && from.port === to.port;
  if (self) {
    // A socket that is connected to itself: simultaneous open.
    socket.link = 'connected';
    socket.peer = socket.id;
    return;
  }
  const listener = receiverOf(wire, 'tcp', to, from, other => other.link === 'listening');
  if (!listener) {
    fail(wire, socket, ECONNREFUSED.number);
    return;
  }
  socket.link = 'connecting';
  socket.listener = listener.id;
  listener.knocking.push(socket.id);
  admit(wire, listener);
}

/** Lets in who waits, as far as the backlog has room. */
function admit(wire: Wire, listener: Socket): void {
  while (listener.knocking.length > 0 && listener.pending.length <= listener.backlog) {
    const client = socketById(wire, listener.knocking.shift()!);
    if (client?.link !== 'connecting') continue;
    const child = spawn(wire, listener, client);
    client.link = 'connected';
    client.peer = child.id;
    client.listener = 0;
    listener.pending.push(child.id);
    changedSocket(wire, client, OUT);
    changedSocket(wire, listener, IN);
  }
}

/** The listener's end of a new connection: its options are the listener's. */
function spawn(wire: Wire, listener: Socket, client: Socket): Socket {
  const to = client.remote as InetAddress;
  const { fs } = wire.state;
  const base = {
    superblock: listener.superblock,
    mode: listener.mode,
    uid: listener.uid,
    gid: listener.gid,
    time: wire.state.bootTime + wire.state.now,
  };
  // Where one of the two does not know Multipath TCP, the connection falls back.
  const protocol = client.protocol === listener.protocol ? listener.protocol : IPPROTO.IPPROTO_TCP;
  const child = addInode<Socket>(fs, base, {
    ...idleSocket('tcp', listener.family, listener.type, protocol),
    link: 'connected',
    remote: { ...(client.local as InetAddress) },
    peer: client.id,
    listener: listener.id,
    options: new Map(listener.options),
    credentials: { ...listener.credentials },
  });
  sharePort(wire, child, { ...to });
  return child;
}

/** The connection of a listener that has waited longest. */
export function acceptTcp(c: Context, listener: Socket): Socket | undefined {
  const id = listener.pending.shift();
  const child = id === undefined ? undefined : socketById(c, id);
  if (child) child.listener = 0;
  admit(c, listener);
  return child;
}

/** A client gives up its place before the door. */
function withdraw(wire: Wire, socket: Socket): void {
  const listener = socketById(wire, socket.listener);
  if (listener) listener.knocking = listener.knocking.filter(id => id !== socket.id);
  socket.listener = 0;
}

/** A RST, or nobody there: the connection is over with an error. */
function fail(wire: Wire, socket: Socket, error: number): void {
  socket.link = 'closed';
  socket.error = error;
  socket.shut = NO_RECEIVE | NO_SEND;
  socket.peer = 0;
  changedSocket(wire, socket, everything);
}

/** This end sends a RST. A peer that had heard a FIN before gets EPIPE for it (tcp_reset). */
function reset(wire: Wire, socket: Socket): void {
  const peer = peerOf(wire, socket);
  socket.peer = 0;
  if (peer && peer !== socket) fail(wire, peer, (peer.shut & NO_RECEIVE ? EPIPE : ECONNRESET).number);
}

/** This end will send nothing more: the peer reads to the end. */
function finish(wire: Wire, socket: Socket): void {
  const peer = peerOf(wire, socket);
  if (!peer) return;
  peer.shut |= NO_RECEIVE;
  settle(peer);
  settle(socket);
  changedSocket(wire, peer, IN | POLLRDHUP | (peer.shut & NO_SEND ? POLLHUP | OUT : 0));
}

/** Both have sent their FIN: the connection is over. */
function settle(socket: Socket): void {
  if (socket.shut === (NO_RECEIVE | NO_SEND) && socket.link === 'connected') socket.link = 'closed';
}

export function shutdownTcp(wire: Wire, socket: Socket, how: number): void {
  if (socket.link === 'listening') {
    if (!(how & NO_RECEIVE)) return;
    stopListening(wire, socket);
    socket.link = 'idle';
    changedSocket(wire, socket, everything);
    return;
  }
  if (socket.link === 'connecting') {
    withdraw(wire, socket);
    socket.link = 'idle';
    changedSocket(wire, socket, everything);
    return;
  }
  if (socket.link !== 'connected') throw ENOTCONN;
  const before = socket.shut;
  socket.shut |= how;
  if (how & NO_SEND && !(before & NO_SEND)) finish(wire, socket);
  changedSocket(wire, socket, everything);
}

function stopListening(wire: Wire, listener: Socket): void {
  for (const id of listener.pending) {
    const child = socketById(wire, id);
    if (!child) continue;
    reset(wire, child);
    purge(wire, child);
    releasePort(wire, child);
    forget(wire, child);
  }
  listener.pending = [];
  for (const id of listener.knocking) {
    const client = socketById(wire, id);
    if (client?.link === 'connecting') fail(wire, client, ECONNREFUSED.number);
  }
  listener.knocking = [];
}

/** connect(AF_UNSPEC), and what a listener's SHUT_RD does: back to the beginning. */
function disconnectTcp(c: Context, socket: Socket): void {
  if (socket.link === 'listening') stopListening(c, socket);
  else if (socket.link === 'connecting') withdraw(c, socket);
  else reset(c, socket);
  purge(c, socket);
  const { local } = socket;
  socket.link = 'idle';
  socket.remote = undefined;
  socket.shut = 0;
  socket.peer = 0;
  socket.error = 0;
  if (local?.is === 'inet' && !isAny(local.ip)) socket.local = { ...local, ip: anyOf(socket) };
  changedSocket(c, socket, everything);
}

/** The last descriptor is gone. Unread bytes, or SO_LINGER with no time, make it a RST. */
export function closeTcp(wire: Wire, socket: Socket): void {
  switch (socket.link) {
    case 'listening':
      stopListening(wire, socket);
      break;
    case 'connecting':
      withdraw(wire, socket);
      break;
    case 'connected': {
      const abort = socket.queue.length > 0 || option(socket, SOL.SOL_SOCKET, SO.SO_LINGER, -1) === 0;
      if (abort) reset(wire, socket);
      else if (!(socket.shut & NO_SEND)) {
        socket.shut |= NO_SEND;
        finish(wire, socket);
      }
      const peer = peerOf(wire, socket);
      if (peer) peer.peer = 0;
      break;
    }
    case 'closed': {
      const peer = peerOf(wire, socket);
      if (peer && peer !== socket) peer.peer = 0;
    }
  }
  purge(wire, socket);
  releasePort(wire, socket);
}

/** How many bytes can be sent now. */
export const roomInTcp = (wire: Wire, socket: Socket): number =>
  Math.max(0, sendBuffer(socket) + tcpWindow(wire, socket) - socket.charged);

/** Bytes that are sent; undefined: no room now. EPIPE without a connection (the caller sends SIGPIPE). */
export function sendTcp(wire: Wire, socket: Socket, bytes: Uint8Array, time: bigint): number | undefined {
  throwPendingError(socket);
  if (socket.shut & NO_SEND || socket.link === 'idle' || socket.link === 'listening' || socket.link === 'closed')
    throw EPIPE;
  if (socket.link === 'connecting') return undefined;
  if (bytes.length === 0) return 0;
  const peer = peerOf(wire, socket);
  if (!peer) {
    // Its other end was closed: the data is answered with a RST.
    fail(wire, socket, (socket.shut & NO_RECEIVE ? EPIPE : ECONNRESET).number);
    return bytes.length;
  }
  const room = roomInTcp(wire, socket);
  if (room === 0) return undefined;
  const count = Math.min(room, bytes.length);
  enqueuePacket(wire, peer, {
    bytes: count === bytes.length ? bytes : bytes.slice(0, count),
    start: 0,
    time,
    sender: socket.id,
    charge: count,
  });
  return count;
}

/** Whether a read of nothing says anything: the end (true), or that there may be something later. */
export function endOfTcp(socket: Socket): boolean {
  throwPendingError(socket);
  if (socket.shut & NO_RECEIVE || socket.link === 'closed') return true;
  if (socket.link === 'idle' || socket.link === 'listening') throw ENOTCONN;
  return false;
}
