/** send and recv and their families: messages with addresses and control data (net/socket.c). */
import { MSG } from '../../abi/flags-network.ts';
import { MMSGHDR, MSGHDR } from '../../abi/structs.ts';
import { readStruct } from '../../abi/types.ts';
import type { Context, HandlerTable, Result, Waiting } from '../context.ts';
import { EINVAL, EMSGSIZE, ENOBUFS, Errno } from '../errors.ts';
import { type Segment, segment, segments, timespecAt } from '../fs/arguments.ts';
import { addressBytes, formatAddress, tellAddress } from '../net/address.ts';
import { buildControl, parseControl } from '../net/control.ts';
import { socketOf } from '../net/sockets.ts';
import { endTransfer, type Received, receive, send, transferring } from '../net/transfer.ts';
import type { WakeReason } from '../state.ts';

/** 32-bit control messages: the kernel's own mark. */
const MSG_CMSG_COMPAT = 0x8000_0000;
/** Most bytes that one call moves (MAX_RW_COUNT): a longer buffer counts as this long. */
const MOST_BYTES = 0x7fff_f000;

const empty = new Uint8Array(0);
/** net.core.optmem_max. */
const CONTROL_LIMIT = 131_072;

function sendTo(
  c: Context,
  args: { fd: number; buff: number; len: number; flags: number; addr: number; addr_len: number },
  progress?: unknown,
): Result {
  const parts = segment(args.buff, Math.min(args.len, MOST_BYTES));
  const { socket, description } = socketOf(c, args.fd);
  const name = args.addr === 0 ? empty : addressBytes(c, args.addr, args.addr_len);
  return send(c, args.fd, socket, description, { parts, name, flags: args.flags }, progress);
}

function receiveFrom(
  c: Context,
  args: { fd: number; ubuf: number; size: number; flags: number; addr: number; addr_len: number },
  progress?: unknown,
): Result {
  const parts = segment(args.ubuf, Math.min(args.size, MOST_BYTES));
  const { socket, description } = socketOf(c, args.fd);
  const tell = ({ count, packet }: Received): number => {
    if (args.addr !== 0) tellAddress(c, senderOf(socket, packet), args.addr, args.addr_len);
    return count;
  };
  return receive(c, args.fd, socket, description, parts, args.flags, tell, progress);
}

/** The bytes of the sender's address; none for connections (they have only one). */
function senderOf(socket: Parameters<typeof send>[2], packet: Received['packet']): Uint8Array {
  if (socket.kind === 'tcp' || !packet) return empty;
  if (packet.from === undefined) return empty;
  return formatAddress(socket.family, packet.from);
}

interface Header {
  name: number;
  nameLength: number;
  parts: Segment[];
  control: number;
  controlLength: number;
}

/** A struct msghdr and the vector it points at: EINVAL, EMSGSIZE, EFAULT. */
function header(c: Context, at: number): Header {
  const h = readStruct(MSGHDR, c.space.read(at, MSGHDR.size));
  const nameLength = h.msg_name === 0 ? 0 : h.msg_namelen;
  if (nameLength < 0) throw EINVAL;
  if (h.msg_iovlen > 1024) throw EMSGSIZE;
  return {
    name: h.msg_name,
    nameLength: Math.min(nameLength, 128),
    parts: segments(c, h.msg_iov, h.msg_iovlen),
    control: h.msg_control,
    controlLength: h.msg_controllen,
  };
}

function sendMessage(c: Context, fd: number, at: number, flags: number, progress?: unknown): Result {
  if (flags & MSG_CMSG_COMPAT) throw EINVAL;
  const { socket, description } = socketOf(c, fd);
  const h = header(c, at);
  if (h.controlLength > CONTROL_LIMIT) throw ENOBUFS;
  const bytes = h.controlLength > 0 && h.control !== 0 ? c.space.read(h.control, h.controlLength) : empty;
  const name = addressBytes(c, h.name, h.nameLength);
  const control = parseControl(c, socket, bytes);
  return send(c, fd, socket, description, { parts: h.parts, name, flags, control }, progress);
}

function receiveMessage(c: Context, fd: number, at: number, flags: number, progress?: unknown): Result {
  if (flags & MSG_CMSG_COMPAT) throw EINVAL;
  const { socket, description } = socketOf(c, fd);
  const h = header(c, at);
  const tell = (got: Received): number => {
    const room = h.control === 0 ? 0 : h.controlLength;
    const control = buildControl(c, socket, got.packet, room, flags);
    if (control.bytes.length > 0) c.space.write(h.control, control.bytes);
    if (h.name !== 0) {
      const sender = senderOf(socket, got.packet);
      if (sender.length > 0) c.space.write(h.name, sender.subarray(0, h.nameLength));
      c.space.writeU32(at + MSGHDR.offsets.msg_namelen, sender.length);
    }
    c.space.writeU64(at + MSGHDR.offsets.msg_controllen, BigInt(control.bytes.length));
    c.space.writeU32(at + MSGHDR.offsets.msg_flags, (got.flags | control.flags | (flags & MSG.MSG_CMSG_CLOEXEC)) >>> 0);
    return got.count;
  };
  return receive(c, fd, socket, description, h.parts, flags, tell, progress);
}

// ---- several messages at once

interface Several {
  done: number;
  inner?: unknown;
  deadline?: bigint;
}

interface SeveralArguments {
  fd: number;
  mmsg: number;
  vlen: number;
  flags: number;
}

/** Calls `one` for each message until one would wait or fails; what was done before counts. */
function several(
  c: Context,
  args: SeveralArguments,
  one: (at: number, flags: number, progress?: unknown) => Result,
  progress: Several,
  waitForOne: boolean,
): Result {
  const count = Math.min(args.vlen, 1024);
  let { done, inner } = progress;
  while (done < count) {
    const at = args.mmsg + done * MMSGHDR.size;
    const flags = waitForOne && done > 0 ? args.flags | MSG.MSG_DONTWAIT : args.flags;
    let result: Result;
    try {
      result = one(at, flags, inner);
    } catch (error) {
      if (done > 0 && error instanceof Errno) return done;
      throw error;
    }
    if (typeof result === 'object') {
      const { waiting } = result;
      const data: Several & { transfer: unknown } = { ...progress, done, inner: waiting.data, transfer: true };
      return c.block({ ...waiting, data });
    }
    inner = undefined;
    c.space.writeU32(at + MMSGHDR.offsets.msg_len, Number(result));
    done++;
    if (progress.deadline !== undefined && c.now() >= progress.deadline) break;
  }
  return done;
}

const resumeSeveral =
  (again: (c: Context, args: SeveralArguments, progress: Several) => Result) =>
  (c: Context, args: SeveralArguments, waiting: Waiting, reason: WakeReason): Result => {
    const progress = waiting.data as Several;
    if (reason === 'woken' || reason === 'restart') return again(c, args, progress);
    if (progress.done > 0) return progress.done;
    return endTransfer({ ...waiting, data: progress.inner }, reason);
  };

const sendSeveral = (c: Context, args: SeveralArguments, progress: Several): Result =>
  several(c, args, (at, flags, inner) => sendMessage(c, args.fd, at, flags, inner), progress, false);

const receiveSeveral = (c: Context, args: SeveralArguments, progress: Several): Result => {
  const one = (args.flags & MSG.MSG_WAITFORONE) !== 0;
  const plain = { ...args, flags: args.flags & ~MSG.MSG_WAITFORONE };
  return several(c, plain, (at, flags, inner) => receiveMessage(c, args.fd, at, flags, inner), progress, one);
};

export const messageCalls: HandlerTable = {
  sendto: transferring(sendTo),
  recvfrom: transferring(receiveFrom),
  sendmsg: transferring((c, { fd, msg, flags }, progress) => sendMessage(c, fd, msg, flags, progress)),
  recvmsg: transferring((c, { fd, msg, flags }, progress) => receiveMessage(c, fd, msg, flags, progress)),
  sendmmsg: {
    start: (c, args) => {
      socketOf(c, args.fd);
      return sendSeveral(c, args, { done: 0 });
    },
    resume: resumeSeveral(sendSeveral),
  },
  recvmmsg: {
    start: (c, args) => {
      const limit = args.timeout === 0 ? undefined : c.now() + timespecAt(c, args.timeout);
      socketOf(c, args.fd);
      return receiveSeveral(c, args, { done: 0, deadline: limit });
    },
    resume: resumeSeveral(receiveSeveral),
  },
};
