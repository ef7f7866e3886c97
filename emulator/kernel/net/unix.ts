/** Unix domain sockets (net/unix/af_unix.c): streams, datagrams and sequenced packets between processes. */
import { IN as IN_EVENT } from '../../abi/flags.ts';
import { SO, SOL } from '../../abi/flags-network.ts';
import type { Blocked, Context } from '../context.ts';
import {
  EADDRINUSE,
  EAGAIN,
  ECONNREFUSED,
  ECONNRESET,
  EEXIST,
  EINVAL,
  EISCONN,
  EMSGSIZE,
  ENOTCONN,
  EOPNOTSUPP,
  EPERM,
  EPIPE,
  EPROTOTYPE,
} from '../errors.ts';
import { POLLERR, POLLHUP, POLLRDHUP, S_IFSOCK } from '../fs/constants.ts';
import { MAY_WRITE, requireAccess } from '../fs/inodes.ts';
import { observeName } from '../fs/inotify.ts';
import { decodeName } from '../fs/names.ts';
import { find, walk } from '../fs/paths.ts';
import { IN, OUT, queue } from '../fs/readiness.ts';
import { makeNode } from '../fs/tree.ts';
import { familyOf, parseUnix } from './address.ts';
import {
  changedSocket,
  chargeOf,
  credentialsOf,
  DATAGRAM_BACKLOG,
  enqueuePacket,
  everything,
  forget,
  NO_RECEIVE,
  NO_SEND,
  newSocket,
  option,
  peerOf,
  purge,
  sendBuffer,
  socketById,
  throwPendingError,
  type Wire,
} from './sockets.ts';
import type { Packet, Socket } from './state.ts';

const pathBytes = (name: string): Uint8Array => Uint8Array.from(name, c => c.charCodeAt(0));

/** bind(2). An empty address (only the family) takes a free abstract name. */
export function bindUnix(c: Context, socket: Socket, bytes: Uint8Array): void {
  const { name } = parseUnix(bytes);
  const { net } = c.state.fs;
  const bound = socket.local?.is === 'unix';
  if (name === '') {
    if (bound) throw EINVAL;
    autobindUnix(c, socket);
    return;
  }
  if (name[0] === '\0') {
    if (bound) throw EINVAL;
    if (net.abstract.has(name)) throw EADDRINUSE;
    net.abstract.set(name, socket.id);
    socket.local = { is: 'unix', name };
    return;
  }
  const found = walk(c, c.process.fs.cwd, decodeName(pathBytes(name)), { follow: false, parent: true });
  // The path is tried first, and a socket that has a name already loses it again.
  if (bound) throw found.inode ? EADDRINUSE : EINVAL;
  try {
    const made = makeNode(c, found, S_IFSOCK | 0o777, 0);
    observeName(c, found.directory.id, found.name, IN_EVENT.IN_CREATE, made);
    net.paths.set(made.id, socket.id);
  } catch (error) {
    if (error === EEXIST) throw EADDRINUSE;
    throw error;
  }
  socket.local = { is: 'unix', name };
}

function autobindUnix(c: Context, socket: Socket): void {
  const { net } = c.state.fs;
  for (let number = net.nextCookie; ; number++) {
    const name = `\0${(number & 0xfffff).toString(16).padStart(5, '0')}`;
    if (net.abstract.has(name)) continue;
    net.nextCookie = number + 1;
    net.abstract.set(name, socket.id);
    socket.local = { is: 'unix', name };
    return;
  }
}

/** Who is bound to the address: ECONNREFUSED if nobody, what the path walk says, EPROTOTYPE for another type. */
function lookup(c: Context, name: string, type: number): Socket {
  let other: Socket | undefined;
  if (name === '') throw ECONNREFUSED;
  if (name[0] === '\0') other = socketById(c, c.state.fs.net.abstract.get(name) ?? 0);
  else {
    const inode = find(c, c.process.fs.cwd, decodeName(pathBytes(name)), { follow: true });
    requireAccess(c, inode, MAY_WRITE);
    if ((inode.mode & 0o170000) !== S_IFSOCK) throw ECONNREFUSED;
    other = socketById(c, c.state.fs.net.paths.get(inode.id) ?? 0);
  }
  if (!other) throw ECONNREFUSED;
  if (other.type !== type) throw EPROTOTYPE;
  return other;
}

export function listenUnix(c: Context, socket: Socket, backlog: number): void {
  if (socket.kind === 'unix-dgram') throw EOPNOTSUPP;
  if (!socket.local) throw EINVAL;
  if (socket.link !== 'idle' && socket.link !== 'listening') throw EINVAL;
  const more = backlog > socket.backlog;
  socket.link = 'listening';
  socket.backlog = backlog;
  socket.credentials = credentialsOf(c);
  if (more) c.wake(`connect:${socket.id}`);
}

/** connect(2): a datagram socket's default destination, or a connection, for which the backlog must have room. */
export function connectUnix(c: Context, socket: Socket, bytes: Uint8Array, nonblocking: boolean): number | Blocked {
  if (bytes.length < 2) throw EINVAL;
  if (socket.kind === 'unix-dgram') return connectDatagram(c, socket, bytes);
  const { name } = parseUnix(bytes);
  const listener = lookup(c, name, socket.type);
  if (listener.link !== 'listening' || listener.shut & NO_RECEIVE) throw ECONNREFUSED;
  if (listener.pending.length > listener.backlog) {
    if (nonblocking) throw EAGAIN;
    return c.block({
      what: 'connect to a full backlog',
      keys: [`connect:${listener.id}`],
      deadline: deadline(c, socket, SO.SO_SNDTIMEO_OLD),
      onSignal: 'restart',
    });
  }
  if (socket.link === 'connected') throw EISCONN;
  if (socket.link !== 'idle') throw EINVAL;
  if (!socket.local && option(socket, SOL.SOL_SOCKET, SO.SO_PASSCRED) !== 0) autobindUnix(c, socket);
  const child = newSocket(c, socket.kind, socket.family, socket.type, socket.protocol);
  child.link = 'connected';
  child.local = listener.local;
  child.remote = socket.local;
  child.peer = socket.id;
  child.peerCredentials = credentialsOf(c);
  child.listener = listener.id;
  const buffer = listener.options.get(`${SOL.SOL_SOCKET}:${SO.SO_SNDBUF}`);
  if (buffer !== undefined) child.options.set(`${SOL.SOL_SOCKET}:${SO.SO_SNDBUF}`, buffer);
  if (option(listener, SOL.SOL_SOCKET, SO.SO_PASSCRED) !== 0)
    child.options.set(`${SOL.SOL_SOCKET}:${SO.SO_PASSCRED}`, 1);
  socket.link = 'connected';
  socket.remote = listener.local;
  socket.peer = child.id;
  socket.peerCredentials = listener.credentials;
  listener.pending.push(child.id);
  changedSocket(c, listener, IN);
  return 0;
}

/** When a call with SO_RCVTIMEO or SO_SNDTIMEO gives up. */
export function deadline(c: Context, socket: Socket, name: number): bigint | undefined {
  const micro = option(socket, SOL.SOL_SOCKET, name);
  return micro > 0 ? c.now() + BigInt(micro) * 1000n : undefined;
}

function connectDatagram(c: Context, socket: Socket, bytes: Uint8Array): number {
  if (familyOf(bytes) === 0) {
    leavePeer(c, socket);
    socket.link = 'idle';
    socket.remote = undefined;
    return 0;
  }
  const { name } = parseUnix(bytes);
  const other = lookup(c, name, socket.type);
  if (other.link === 'connected' && other.peer !== socket.id && other.peer !== 0) throw EPERM;
  if (!socket.local && option(socket, SOL.SOL_SOCKET, SO.SO_PASSCRED) !== 0) autobindUnix(c, socket);
  leavePeer(c, socket);
  socket.link = 'connected';
  socket.peer = other.id;
  socket.remote = other.local;
  changedSocket(c, socket, OUT);
  return 0;
}

/** A connected pair of datagram sockets comes apart: what one had sent the other, it no longer gets. */
function leavePeer(wire: Wire, socket: Socket): void {
  const peer = peerOf(wire, socket);
  socket.peer = 0;
  if (!peer || peer.peer !== socket.id) return;
  purge(wire, socket);
  peer.error = ECONNRESET.number;
  changedSocket(wire, peer, POLLERR);
}

export function acceptUnix(c: Context, listener: Socket): Socket | undefined {
  const id = listener.pending.shift();
  const child = id === undefined ? undefined : socketById(c, id);
  if (child) child.listener = 0;
  c.wake(`connect:${listener.id}`);
  return child;
}

/** socketpair(2). */
export function pairUnix(c: Context, first: Socket, second: Socket): void {
  for (const [one, other] of [
    [first, second],
    [second, first],
  ] as const) {
    one.link = 'connected';
    one.peer = other.id;
    one.peerCredentials = credentialsOf(c);
  }
}

/** Both ends hear of it at once; of a socket without a peer only itself. */
export function shutdownUnix(wire: Wire, socket: Socket, how: number): void {
  socket.shut |= how;
  changedSocket(wire, socket, everything);
  const peer = peerOf(wire, socket);
  if (!peer || socket.kind === 'unix-dgram') return;
  if (how & NO_SEND) peer.shut |= NO_RECEIVE;
  if (how & NO_RECEIVE) peer.shut |= NO_SEND;
  const both = peer.shut === (NO_RECEIVE | NO_SEND);
  changedSocket(wire, peer, IN | OUT | POLLRDHUP | (both ? POLLHUP : 0));
}

/** unix_release_sock: what was not read is a reset for the other end. */
export function closeUnix(wire: Wire, socket: Socket): void {
  const { net } = wire.state.fs;
  if (socket.local?.is === 'unix' && net.abstract.get(socket.local.name) === socket.id)
    net.abstract.delete(socket.local.name);
  for (const [path, id] of net.paths) if (id === socket.id) net.paths.delete(path);
  for (const id of socket.pending) {
    const child = socketById(wire, id);
    if (!child) continue;
    endConnection(wire, child, true);
    purge(wire, child);
    forget(wire, child);
  }
  socket.pending = [];
  wire.wake(`connect:${socket.id}`);
  if (socket.kind === 'unix-dgram') {
    const peer = peerOf(wire, socket);
    if (peer?.peer === socket.id) changedSocket(wire, peer, everything);
    // Who sends here finds out at the next message.
    wire.wake(`unix-room:${socket.id}`);
  } else endConnection(wire, socket, socket.queue.length > 0);
  purge(wire, socket);
}

function endConnection(wire: Wire, socket: Socket, unread: boolean): void {
  const peer = peerOf(wire, socket);
  socket.peer = 0;
  if (!peer) return;
  peer.peer = 0;
  peer.shut = NO_RECEIVE | NO_SEND;
  if (unread) peer.error = ECONNRESET.number;
  changedSocket(wire, peer, everything);
}

/** Room for one more message in the sender's buffer (sock_alloc_send_pskb: it may go over by one). */
const roomLeft = (socket: Socket): boolean => socket.charged < sendBuffer(socket);

/** A connection's message is cut into pieces: of half the buffer less 64, and of what one skb holds. */
const LARGEST_PIECE = 48_832;

/** Sends what fits and returns how much; undefined: no room now. */
export function sendStream(
  c: Context,
  socket: Socket,
  bytes: Uint8Array,
  named: boolean,
  extra: Partial<Packet>,
): number | undefined {
  if (named) throw socket.link === 'connected' ? EISCONN : EOPNOTSUPP;
  if (socket.link !== 'connected') throw ENOTCONN;
  throwPendingError(socket);
  const peer = peerOf(c, socket);
  if (socket.shut & NO_SEND || !peer || peer.shut & NO_RECEIVE) throw EPIPE;
  if (socket.kind === 'unix-seqpacket') {
    if (bytes.length > sendBuffer(socket) - 32) throw EMSGSIZE;
    if (!roomLeft(socket)) return undefined;
    enqueuePacket(c, peer, message(c, socket, bytes, extra));
    return bytes.length;
  }
  if (bytes.length === 0) return 0;
  const piece = Math.min(LARGEST_PIECE, Math.floor(sendBuffer(socket) / 2) - 64);
  let sent = 0;
  while (sent < bytes.length && roomLeft(socket)) {
    const part = bytes.length <= piece ? bytes : bytes.slice(sent, sent + piece);
    enqueuePacket(c, peer, message(c, socket, part, sent === 0 ? extra : { credentials: extra.credentials }));
    sent += part.length;
  }
  return sent === 0 ? undefined : sent;
}

function message(c: Context, socket: Socket, bytes: Uint8Array, extra: Partial<Packet>): Packet {
  return {
    bytes,
    start: 0,
    from: socket.local,
    time: c.realtime(),
    sender: socket.id,
    charge: chargeOf(bytes.length),
    ...extra,
  };
}

/** A datagram to `name`, or to the connected peer; what it waits for if there is no room. */
export function sendDatagram(
  c: Context,
  socket: Socket,
  bytes: Uint8Array,
  name: Uint8Array,
  extra: Partial<Packet>,
): number | { keys: string[] } {
  throwPendingError(socket);
  if (socket.shut & NO_SEND && name.length === 0) throw EPIPE;
  let to: Socket | undefined;
  if (name.length > 0) to = lookup(c, parseUnix(name).name, socket.type);
  else {
    if (socket.link !== 'connected') throw ENOTCONN;
    to = peerOf(c, socket);
    if (!to) {
      socket.link = 'idle';
      socket.remote = undefined;
      socket.peer = 0;
      throw ECONNREFUSED;
    }
  }
  if (!socket.local && option(socket, SOL.SOL_SOCKET, SO.SO_PASSCRED) !== 0) autobindUnix(c, socket);
  if (bytes.length > sendBuffer(socket) - 32) throw EMSGSIZE;
  // A socket that is connected to another one takes messages from that one only.
  if (to !== socket && to.peer !== 0 && to.peer !== socket.id) throw EPERM;
  if (to.shut & NO_RECEIVE) throw EPIPE;
  if (socket.shut & NO_SEND) throw EPIPE;
  if (to.peer !== socket.id && to.queue.length > DATAGRAM_BACKLOG) return { keys: [`unix-room:${to.id}`] };
  if (!roomLeft(socket)) return { keys: [queue(socket.id, 'out')] };
  enqueuePacket(c, to, message(c, socket, bytes, extra));
  return bytes.length;
}

/** A datagram was taken: whoever found the queue too long tries again, and may be polled as writable. */
export function datagramTaken(wire: Wire, socket: Socket): void {
  // Nobody was kept from sending unless it was one too many.
  if (socket.queue.length !== DATAGRAM_BACKLOG) return;
  wire.wake(`unix-room:${socket.id}`);
  for (const inode of wire.state.fs.inodes.values())
    if (inode.is === 'socket' && inode.kind === 'unix-dgram' && inode.peer === socket.id && inode.id !== socket.peer)
      changedSocket(wire, inode, OUT);
}

/** Whether a read of nothing is the end. */
export function endOfUnix(socket: Socket): boolean {
  if (socket.kind === 'unix-stream' && socket.link !== 'connected') throw EINVAL;
  if (socket.kind === 'unix-seqpacket' && socket.link !== 'connected') throw ENOTCONN;
  throwPendingError(socket);
  return (socket.shut & NO_RECEIVE) !== 0;
}
