/** What all sockets have in common: being made, buffers, errors, telling those who wait. */
import { AF, SO, SOL } from '../../abi/flags-network.ts';
import type { Context } from '../context.ts';
import { ENOTSOCK, errnoOf } from '../errors.ts';
import { POLLERR, POLLHUP, POLLIN, POLLOUT, POLLRDHUP, POLLRDNORM, POLLWRNORM, S_IFSOCK } from '../fs/constants.ts';
import { inodeOfFile, openFile, release } from '../fs/descriptions.ts';
import { addInode } from '../fs/inodes.ts';
import { anonymousSuperblock } from '../fs/mounts.ts';
import { IN, notify, OUT } from '../fs/readiness.ts';
import type { Description, InodeId } from '../fs/state.ts';
import type { KernelState } from '../state.ts';
import type { Packet, PeerCredentials, Socket, SocketKind } from './state.ts';

/** Socket.shut. */
export const NO_RECEIVE = 1;
export const NO_SEND = 2;

/** What closing and delivering need of a Context; the end of a process has no more than this. */
export interface Wire {
  readonly state: KernelState;
  wake(key: string, count?: number): number;
}

export function credentialsOf(c: Context): PeerCredentials {
  return { pid: c.process.id, uid: c.process.credentials.euid, gid: c.process.credentials.egid };
}

export function newSocket(c: Context, kind: SocketKind, family: number, type: number, protocol: number): Socket {
  const { fsuid, fsgid } = c.process.credentials;
  const { fs } = c.state;
  return addInode<Socket>(
    fs,
    {
      superblock: anonymousSuperblock(fs, 'sockfs'),
      mode: S_IFSOCK | 0o777,
      uid: fsuid,
      gid: fsgid,
      time: c.realtime(),
    },
    idleSocket(kind, family, type, protocol),
  );
}

/** What a socket is besides an inode, when nothing has happened to it. */
export const idleSocket = (kind: SocketKind, family: number, type: number, protocol: number) => ({
  is: 'socket' as const,
  kind,
  family,
  type,
  protocol,
  link: 'idle' as const,
  peer: 0,
  queue: [],
  queued: 0,
  charged: 0,
  error: 0,
  shut: 0,
  backlog: 0,
  pending: [],
  knocking: [],
  listener: 0,
  options: new Map(),
  credentials: { pid: 0, uid: 0xffff_ffff, gid: 0xffff_ffff },
  groups: [],
  cookie: 0,
  unconfirmed: false,
  fixed: false,
});

/** The socket behind a descriptor: EBADF, ENOTSOCK. */
export function socketOf(c: Context, fd: number): { socket: Socket; description: Description } {
  const description = openFile(c, fd);
  const inode = inodeOfFile(c, description);
  if (inode.is !== 'socket') throw ENOTSOCK;
  return { socket: inode, description };
}

export function socketById(wire: Wire, id: InodeId): Socket | undefined {
  const inode = id === 0 ? undefined : wire.state.fs.inodes.get(id);
  return inode?.is === 'socket' ? inode : undefined;
}

export const peerOf = (wire: Wire, socket: Socket): Socket | undefined => socketById(wire, socket.peer);

export const option = (socket: Socket, level: number, name: number, initial = 0): number =>
  socket.options.get(`${level}:${name}`) ?? initial;

/** Tells who waits for the socket; `mask` are the poll bits that may have become true. */
export function changedSocket(wire: Wire, socket: Socket, mask: number): void {
  notify(wire.state, (key, count) => wire.wake(key, count), socket.id, mask);
}

/** Both directions ended, or an error: everybody looks again. */
export const everything = POLLIN | POLLRDNORM | POLLOUT | POLLWRNORM | POLLHUP | POLLERR | POLLRDHUP;

/** The pending error, which is reported once. */
export function throwPendingError(socket: Socket): void {
  if (socket.error === 0) return;
  const number = socket.error;
  socket.error = 0;
  throw errnoOf(number);
}

// ---- buffers

/** net.core.{r,w}mem_default, and what TCP's buffers begin with and grow to on the loopback. */
const DATAGRAM_BUFFER = 212_992;
const TCP_SEND = 16_384;
const TCP_SEND_CONNECTED = 2_626_560;
const TCP_RECEIVE = 131_072;

export function sendBuffer(socket: Socket): number {
  const initial = socket.kind !== 'tcp' ? DATAGRAM_BUFFER : socket.link === 'connected' ? TCP_SEND_CONNECTED : TCP_SEND;
  return option(socket, SOL.SOL_SOCKET, SO.SO_SNDBUF, initial);
}

export const receiveBuffer = (socket: Socket): number =>
  option(socket, SOL.SOL_SOCKET, SO.SO_RCVBUF, socket.kind === 'tcp' ? TCP_RECEIVE : DATAGRAM_BUFFER);

/**
 * What a message costs its sender's buffer (SKB_TRUESIZE): the structure, and the bytes as the allocator rounds them.
 */
export function chargeOf(length: number): number {
  const head = length + 320;
  let rounded = 512;
  while (rounded < head && rounded < 8192) rounded *= 2;
  return 256 + (rounded >= head ? rounded : Math.ceil(head / 4096) * 4096);
}

/** Puts a packet into a queue: the sender's buffer holds it until it is read. */
export function enqueuePacket(wire: Wire, to: Socket, packet: Packet): void {
  to.queue.push(packet);
  to.queued += packet.bytes.length;
  const sender = socketById(wire, packet.sender);
  if (sender) sender.charged += packet.charge;
  changedSocket(wire, to, IN);
}

/** Whether poll says that there is room (unix_writable, sock_writeable, sk_stream_is_writable). */
export function hasRoom(wire: Wire, socket: Socket): boolean {
  const room = sendBuffer(socket);
  if (socket.kind === 'tcp') return socket.charged - tcpWindow(wire, socket) <= (room * 2) / 3;
  if (socket.family === AF.AF_UNIX) return socket.charged * 4 <= room;
  return socket.charged * 2 < room;
}

/** What a TCP receiver takes in before the sender's own buffer begins to fill. */
export function tcpWindow(wire: Wire, socket: Socket): number {
  const peer = peerOf(wire, socket);
  return peer ? Math.floor(receiveBuffer(peer) / 2) : 0;
}

/** The packet was read whole or thrown away: its sender has its room back. */
function discharge(wire: Wire, packet: Packet, amount: number): void {
  const sender = socketById(wire, packet.sender);
  if (!sender) return;
  const before = hasRoom(wire, sender);
  sender.charged -= amount;
  packet.charge -= amount;
  if (hasRoom(wire, sender) && (!before || sender.kind !== 'tcp')) changedSocket(wire, sender, OUT);
}

/** Takes `count` bytes of a stream's queue. */
export function takeStream(wire: Wire, socket: Socket, count: number): void {
  let left = count;
  while (left > 0) {
    const packet = socket.queue[0];
    const part = Math.min(left, packet.bytes.length - packet.start);
    packet.start += part;
    left -= part;
    socket.queued -= part;
    // TCP counts bytes, the others whole messages.
    if (socket.kind === 'tcp') discharge(wire, packet, part);
    if (packet.start < packet.bytes.length) break;
    socket.queue.shift();
    discharge(wire, packet, packet.charge);
  }
}

/** Takes the first packet whole. */
export function takePacket(wire: Wire, socket: Socket): void {
  const packet = socket.queue.shift();
  if (!packet) return;
  socket.queued -= packet.bytes.length - packet.start;
  discharge(wire, packet, packet.charge);
}

/** Descriptors that travel in a packet nobody will read are closed. */
export function dropRights(wire: Wire, packet: Packet): void {
  for (const id of packet.rights ?? []) {
    const description = wire.state.fs.descriptions.get(id);
    if (description) release(wire.state, description, (key, count) => wire.wake(key, count));
  }
  packet.rights = undefined;
}

/** Throws away what was not read. */
export function purge(wire: Wire, socket: Socket): void {
  const packets = socket.queue;
  socket.queue = [];
  socket.queued = 0;
  for (const packet of packets) {
    discharge(wire, packet, packet.charge);
    dropRights(wire, packet);
  }
}

/** The inode of a socket nobody can reach any more: no descriptor, and in no backlog. */
export function forget(wire: Wire, socket: Socket): void {
  if (socket.opens === 0) wire.state.fs.inodes.delete(socket.id);
}

// ---- readiness

/** What poll(2) says of the socket (tcp_poll, unix_poll, unix_dgram_poll, datagram_poll). */
export function socketReadiness(wire: Wire, socket: Socket): number {
  let mask = socket.error !== 0 ? POLLERR : 0;
  if (socket.link === 'listening') return socket.pending.length > 0 ? mask | IN : mask;
  const stream = socket.kind === 'tcp' || socket.kind === 'unix-stream' || socket.kind === 'unix-seqpacket';
  const unconnected = socket.link === 'idle' || socket.link === 'closed';
  if (socket.shut === (NO_RECEIVE | NO_SEND) || (stream && unconnected)) mask |= POLLHUP;
  if (socket.shut & NO_RECEIVE) mask |= IN | POLLRDHUP;
  if (socket.link === 'connecting') return mask;
  if (socket.queue.length > 0) mask |= IN;
  if (socket.kind === 'tcp' && socket.shut & NO_SEND) mask |= OUT;
  else if (hasRoom(wire, socket) && !crowded(wire, socket)) mask |= OUT;
  return mask;
}

/** The peer of a connected unix datagram socket has as many messages as it takes. */
export function crowded(wire: Wire, socket: Socket): boolean {
  if (socket.kind !== 'unix-dgram' || socket.link !== 'connected') return false;
  const peer = peerOf(wire, socket);
  return peer !== undefined && peer.peer !== socket.id && peer.queue.length > DATAGRAM_BACKLOG;
}

/** net.unix.max_dgram_qlen. */
export const DATAGRAM_BACKLOG = 10;
