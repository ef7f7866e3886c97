/**
 * Sending and receiving, for all kinds of sockets and for every call that does it: read and write, send and recv and
 * their families. Both may wait; how far they had come is plain data.
 */

import { MSG, SO, SOL } from '../../abi/flags-network.ts';
import { SIG } from '../../abi/signals.ts';
import { join } from '../../memory/bytes.ts';
import type { Context, Result, Waiting } from '../context.ts';
import { EAGAIN, EINTR, EINVAL, EOPNOTSUPP, EPIPE, ERESTARTSYS, type Errno } from '../errors.ts';
import { gather, type Segment, scatter, TRANSFER_MAXIMUM, totalLength } from '../fs/arguments.ts';
import { O_NONBLOCK } from '../fs/constants.ts';
import { queue } from '../fs/readiness.ts';
import type { Description } from '../fs/state.ts';
import type { WakeReason } from '../state.ts';
import { attach, type Control } from './control.ts';
import { sendNetlink } from './netlink.ts';
import { dropRights, option, sendBuffer, takePacket, takeStream } from './sockets.ts';
import type { Packet, Socket } from './state.ts';
import { endOfTcp, roomInTcp, sendTcp } from './tcp.ts';
import { endOfUdp, sendUdp } from './udp.ts';
import { datagramTaken, deadline, endOfUnix, sendDatagram, sendStream } from './unix.ts';

const isStream = (socket: Socket): boolean => socket.kind === 'tcp' || socket.kind === 'unix-stream';

/** What a blocked call keeps: bytes moved so far, and when SO_RCVTIMEO or SO_SNDTIMEO ends it. */
interface Progress {
  moved: number;
  limit?: bigint;
  limited: boolean;
}

const fresh: Progress = { moved: 0, limited: false };

function begin(c: Context, socket: Socket, name: number, progress: Progress): Progress {
  if (progress !== fresh) return progress;
  const limit = deadline(c, socket, name);
  return { moved: 0, limit, limited: limit !== undefined };
}

function wait(c: Context, what: string, keys: string[], progress: Progress): Result {
  return c.block({
    what,
    keys,
    deadline: progress.limit,
    onSignal: progress.limited ? 'eintr' : 'restart',
    data: progress,
  });
}

/** How a call that waited ends without what it waited for (sock_intr_errno, and EAGAIN for a timeout). */
function ended(progress: Progress, reason: WakeReason): number {
  if (progress.moved > 0) return progress.moved;
  if (reason === 'timeout') throw EAGAIN;
  throw progress.limited ? EINTR : ERESTARTSYS;
}

/** A handler for a call that transfers: `again` makes it again with its progress. */
export function transferring<A>(again: (c: Context, args: A, progress?: unknown) => Result) {
  return {
    start: (c: Context, args: A): Result => again(c, args),
    resume: (c: Context, args: A, waiting: Waiting, reason: WakeReason): Result => {
      const progress = waiting.data as Progress;
      return reason === 'woken' || reason === 'restart' ? again(c, args, progress) : ended(progress, reason);
    },
  };
}

/** For calls that serve files too: how a socket's wait ends. */
export const endTransfer = (waiting: Waiting, reason: WakeReason): number => ended(waiting.data as Progress, reason);

// ---- sending

export interface Outgoing {
  parts: Segment[];
  /** sendto's address; empty for none. */
  name: Uint8Array;
  flags: number;
  control?: Control;
}

/** What is sent now; undefined: no room. May name what to wait for. */
function sendNow(
  c: Context,
  socket: Socket,
  bytes: Uint8Array,
  name: Uint8Array,
  control: Control | undefined,
): number | undefined | { keys: string[] } {
  switch (socket.kind) {
    case 'tcp':
      return sendTcp(c, socket, bytes, c.realtime());
    case 'udp':
      return sendUdp(c, socket, bytes, name);
    case 'netlink':
      return sendNetlink(c, socket, bytes);
  }
  // A reference for each descriptor, given back if nothing was sent.
  const extra = attach(c, socket, control);
  let sent: ReturnType<typeof sendNow>;
  try {
    sent =
      socket.kind === 'unix-dgram'
        ? sendDatagram(c, socket, bytes, name, extra)
        : sendStream(c, socket, bytes, name.length > 0, extra);
  } catch (error) {
    dropRights(c, extra as Packet);
    throw error;
  }
  if (typeof sent !== 'number' || (sent === 0 && socket.kind === 'unix-stream')) dropRights(c, extra as Packet);
  return sent;
}

/** A bound on what a stream can take at once, so that no more is copied; never nothing, for the errors' sake. */
const fits = (c: Context, socket: Socket): number =>
  socket.kind === 'tcp' ? Math.max(4096, roomInTcp(c, socket)) : 2 * sendBuffer(socket);

/** Sends a message, waiting for room where it may. */
export function send(
  c: Context,
  fd: number,
  socket: Socket,
  description: Description,
  out: Outgoing,
  before?: unknown,
): Result {
  if (out.flags & MSG.MSG_OOB && socket.kind !== 'tcp') throw EOPNOTSUPP;
  const progress = begin(c, socket, SO.SO_SNDTIMEO_OLD, (before as Progress | undefined) ?? fresh);
  const total = totalLength(out.parts);
  let { moved } = progress;
  for (;;) {
    // A stream passes what fits, piece by piece; a message goes whole.
    const bytes = gather(c, out.parts, moved, isStream(socket) ? fits(c, socket) : TRANSFER_MAXIMUM);
    let sent: ReturnType<typeof sendNow>;
    try {
      sent = sendNow(c, socket, bytes, out.name, moved === 0 ? out.control : undefined);
    } catch (error) {
      if (moved > 0) return moved;
      if (error === EPIPE) brokenPipe(c, socket, out.flags);
      throw error;
    }
    if (typeof sent === 'number') {
      moved += sent;
      if (!isStream(socket) || moved >= total || sent === 0) return moved;
      if (sent === bytes.length) continue;
    }
    if (description.flags & O_NONBLOCK || out.flags & MSG.MSG_DONTWAIT) {
      if (moved > 0) return moved;
      throw EAGAIN;
    }
    const keys = typeof sent === 'object' ? sent.keys : [queue(socket.id, 'out')];
    return wait(c, `send to socket ${fd}`, keys, { ...progress, moved });
  }
}

function brokenPipe(c: Context, socket: Socket, flags: number): void {
  if (isStream(socket) && !(flags & MSG.MSG_NOSIGNAL)) c.signal({ is: 'task', id: c.task.id }, SIG.SIGPIPE);
}

/** For splice and sendfile: as writeNow. */
export function writeSocket(c: Context, socket: Socket, bytes: Uint8Array): number | undefined {
  try {
    const sent = sendNow(c, socket, bytes, new Uint8Array(0), undefined);
    return typeof sent === 'number' ? sent : undefined;
  } catch (error) {
    if (error === (EPIPE as Errno)) brokenPipe(c, socket, 0);
    throw error;
  }
}

// ---- receiving

/** What a receive gives; `take` removes it from the queue. */
interface Found {
  bytes: Uint8Array;
  /** The message's full length, if it is longer than what was asked for. */
  length: number;
  packet?: Packet;
  end: boolean;
  take(count: number): void;
}

const END: Found = { bytes: new Uint8Array(0), length: 0, end: true, take: () => {} };

function endOf(socket: Socket): boolean {
  switch (socket.kind) {
    case 'tcp':
      return endOfTcp(socket);
    case 'udp':
      return endOfUdp(socket);
    case 'netlink':
      return false;
    default:
      return endOfUnix(socket);
  }
}

/** What could be read now; undefined: nothing yet. */
export function lookAtQueue(c: Context, socket: Socket, want: number): Found | undefined {
  const first = socket.queue[0];
  if (!first) return endOf(socket) ? END : undefined;
  if (!isStream(socket))
    return {
      bytes: first.bytes.subarray(0, want),
      length: first.bytes.length,
      packet: first,
      end: false,
      take: () => {
        dropRights(c, first);
        takePacket(c, socket);
        if (socket.kind === 'unix-dgram') datagramTaken(c, socket);
      },
    };
  return lookAtStream(c, socket, want);
}

/** A stream is read across packets, but not beyond one that carries descriptors or comes from somebody else. */
function lookAtStream(c: Context, socket: Socket, want: number): Found {
  const parts: Uint8Array[] = [];
  let length = 0;
  let carrying: Packet | undefined;
  const passes = option(socket, SOL.SOL_SOCKET, SO.SO_PASSCRED) !== 0;
  const sameSender = (a: Packet, b: Packet): boolean =>
    !passes ||
    (a.credentials?.pid === b.credentials?.pid &&
      a.credentials?.uid === b.credentials?.uid &&
      a.credentials?.gid === b.credentials?.gid);
  for (const packet of socket.queue) {
    if (length === want || !sameSender(socket.queue[0], packet)) break;
    const part = packet.bytes.subarray(packet.start, packet.start + want - length);
    parts.push(part);
    length += part.length;
    if (packet.rights) {
      carrying = packet;
      break;
    }
  }
  const bytes = join(parts);
  return {
    bytes,
    length,
    packet: carrying ?? socket.queue[0],
    end: false,
    take: count => {
      if (carrying) dropRights(c, carrying);
      takeStream(c, socket, count);
    },
  };
}

/** What a receive came to, for calls that tell more than the bytes. */
export interface Received {
  count: number;
  /** MSG_TRUNC, or 0. */
  flags: number;
  packet?: Packet;
}

/**
 * Receives into the segments and returns what `tell` makes of it (addresses, control messages). `tell` runs while the
 * packet still has its descriptors.
 */
export function receive(
  c: Context,
  fd: number,
  socket: Socket,
  description: Description,
  parts: Segment[],
  flags: number,
  tell: (got: Received) => number,
  before?: unknown,
): Result {
  if (flags & MSG.MSG_OOB) throw socket.kind === 'tcp' ? EINVAL : EOPNOTSUPP;
  if (flags & MSG.MSG_ERRQUEUE) throw EAGAIN;
  const progress = begin(c, socket, SO.SO_RCVTIMEO_OLD, (before as Progress | undefined) ?? fresh);
  const total = Math.min(totalLength(parts), TRANSFER_MAXIMUM);
  const { moved } = progress;
  const peek = (flags & MSG.MSG_PEEK) !== 0;
  let found: Found | undefined;
  try {
    found = lookAtQueue(c, socket, total - moved);
  } catch (error) {
    if (moved > 0) return tell({ count: moved, flags: 0 });
    throw error;
  }
  if (!found) {
    if (description.flags & O_NONBLOCK || flags & MSG.MSG_DONTWAIT) {
      if (moved > 0) return tell({ count: moved, flags: 0 });
      throw EAGAIN;
    }
    if (total === 0 && socket.kind === 'tcp') return 0;
    return wait(c, `receive from socket ${fd}`, [queue(socket.id, 'in')], progress);
  }
  if (found.end) return tell({ count: moved, flags: 0 });
  // MSG_TRUNC of a TCP socket throws away instead of copying.
  const discard = socket.kind === 'tcp' && (flags & MSG.MSG_TRUNC) !== 0;
  const copied = discard ? found.bytes.length : scatter(c, skip(parts, moved), found.bytes);
  const stream = isStream(socket);
  const got = stream ? moved + copied : flags & MSG.MSG_TRUNC ? found.length : copied;
  const more = stream && (flags & MSG.MSG_WAITALL) !== 0 && !peek && got < total && !found.packet?.rights;
  if (more) {
    found.take(copied);
    return receive(c, fd, socket, description, parts, flags, tell, { ...progress, moved: got });
  }
  const packet = found.packet;
  let outFlags = 0;
  if (!stream && found.length > found.bytes.length) outFlags |= MSG.MSG_TRUNC;
  const result = tell({ count: got, flags: outFlags, packet });
  if (!peek) found.take(copied);
  return result;
}

function skip(parts: Segment[], count: number): Segment[] {
  let left = count;
  const rest: Segment[] = [];
  for (const { address, length } of parts) {
    const gone = Math.min(left, length);
    left -= gone;
    if (gone < length) rest.push({ address: address + gone, length: length - gone });
  }
  return rest;
}
