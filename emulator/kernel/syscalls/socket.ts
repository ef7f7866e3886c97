/** Making, naming, connecting and ending sockets (net/socket.c). */
import { AF, IPPROTO, SHUT, SO, SOCK, SOCK_FLAGS } from '../../abi/flags-network.ts';
import { SOCKADDR_NL } from '../../abi/structs.ts';
import { readStruct } from '../../abi/types.ts';
import type { Context, HandlerTable, Result, Waiting } from '../context.ts';
import {
  EACCES,
  EAFNOSUPPORT,
  EAGAIN,
  EINVAL,
  EMFILE,
  ENOTCONN,
  EOPNOTSUPP,
  EPERM,
  EPROTONOSUPPORT,
  ESOCKTNOSUPPORT,
} from '../errors.ts';
import { O_CLOEXEC, O_NONBLOCK, O_RDWR } from '../fs/constants.ts';
import { describe, descriptorLimit, freeDescriptor, install, installNew, openFile } from '../fs/descriptions.ts';
import { queue } from '../fs/readiness.ts';
import { addressBytes, familyOf, formatAddress, parseInet, tellAddress } from '../net/address.ts';
import { bindNetlink } from '../net/netlink.ts';
import { getOption, setOption } from '../net/options.ts';
import { bindInet } from '../net/ports.ts';
import { newSocket, socketOf } from '../net/sockets.ts';
import type { Socket, SocketKind } from '../net/state.ts';
import { acceptTcp, connectTcp, continueConnect, listenTcp, shutdownTcp } from '../net/tcp.ts';
import { connectUdp, shutdownUdp } from '../net/udp.ts';
import { acceptUnix, bindUnix, connectUnix, deadline, listenUnix, pairUnix, shutdownUnix } from '../net/unix.ts';
import type { WakeReason } from '../state.ts';
import { interruption } from '../waits.ts';

const TYPE_MASK = 0xf;
const KNOWN_FLAGS = SOCK_FLAGS.SOCK_CLOEXEC | SOCK_FLAGS.SOCK_NONBLOCK;

/** Which socket (family, type, protocol) make, or the error that Linux has for them. */
function kindOf(c: Context, family: number, type: number, protocol: number): { kind: SocketKind; protocol: number } {
  switch (family) {
    case AF.AF_UNIX:
      if (protocol !== 0 && protocol !== AF.AF_UNIX) throw EPROTONOSUPPORT;
      if (type === SOCK.SOCK_STREAM) return { kind: 'unix-stream', protocol: 0 };
      // A raw unix socket is a datagram socket (unix_create).
      if (type === SOCK.SOCK_DGRAM || type === SOCK.SOCK_RAW) return { kind: 'unix-dgram', protocol: 0 };
      if (type === SOCK.SOCK_SEQPACKET) return { kind: 'unix-seqpacket', protocol: 0 };
      throw ESOCKTNOSUPPORT;
    case AF.AF_INET:
    case AF.AF_INET6: {
      const { IPPROTO_TCP, IPPROTO_UDP, IPPROTO_IP } = IPPROTO;
      if (protocol < 0 || protocol >= 263) throw EINVAL;
      if (type === SOCK.SOCK_STREAM) {
        // Multipath TCP has one path here, and is TCP otherwise; Go's listeners ask for it.
        if (protocol === IPPROTO.IPPROTO_MPTCP) return { kind: 'tcp', protocol };
        if (protocol !== IPPROTO_IP && protocol !== IPPROTO_TCP) throw EPROTONOSUPPORT;
        return { kind: 'tcp', protocol: IPPROTO_TCP };
      }
      if (type === SOCK.SOCK_DGRAM) {
        if (protocol === IPPROTO.IPPROTO_ICMP || protocol === IPPROTO.IPPROTO_ICMPV6) throw EACCES;
        if (protocol !== IPPROTO_IP && protocol !== IPPROTO_UDP) throw EPROTONOSUPPORT;
        return { kind: 'udp', protocol: IPPROTO_UDP };
      }
      if (type === SOCK.SOCK_RAW) {
        if (protocol === IPPROTO_IP) throw EPROTONOSUPPORT;
        // Root cannot send raw packets either: there is nothing to send them on.
        throw c.process.credentials.euid === 0 ? EPROTONOSUPPORT : EPERM;
      }
      throw ESOCKTNOSUPPORT;
    }
    case AF.AF_NETLINK:
      if (type !== SOCK.SOCK_RAW && type !== SOCK.SOCK_DGRAM) throw ESOCKTNOSUPPORT;
      if (protocol !== 0) throw EPROTONOSUPPORT;
      return { kind: 'netlink', protocol };
    case AF.AF_PACKET:
      throw EPERM;
    default:
      throw EAFNOSUPPORT;
  }
}

function makeSocket(c: Context, family: number, typeAndFlags: number, protocol: number): Socket {
  if (typeAndFlags & ~(TYPE_MASK | KNOWN_FLAGS)) throw EINVAL;
  const type = typeAndFlags & TYPE_MASK;
  if (family < 0 || family >= 46) throw EAFNOSUPPORT;
  if (type > SOCK.SOCK_PACKET) throw EINVAL;
  const made = kindOf(c, family, type, protocol);
  const kept = family === AF.AF_UNIX && type === SOCK.SOCK_RAW ? SOCK.SOCK_DGRAM : type;
  return newSocket(c, made.kind, family, kept, made.protocol);
}

const openFlags = (flags: number): number =>
  O_RDWR | (flags & SOCK_FLAGS.SOCK_NONBLOCK ? O_NONBLOCK : 0) | (flags & SOCK_FLAGS.SOCK_CLOEXEC ? O_CLOEXEC : 0);

function socketpair(c: Context, family: number, type: number, protocol: number, address: number): number {
  const first = freeDescriptor(c.process);
  const second = freeDescriptor(c.process, first + 1);
  if (second >= descriptorLimit(c.process)) throw EMFILE;
  if (type & ~(TYPE_MASK | KNOWN_FLAGS)) throw EINVAL;
  // The numbers are told before there are sockets (__sys_socketpair).
  c.space.write(address, new Uint8Array(Int32Array.of(first, second).buffer));
  if (family !== AF.AF_UNIX) {
    const made = makeSocket(c, family, type, protocol);
    c.state.fs.inodes.delete(made.id);
    throw EOPNOTSUPP;
  }
  const one = makeSocket(c, family, type, protocol);
  const other = makeSocket(c, family, type, protocol);
  pairUnix(c, one, other);
  const flags = openFlags(type);
  const closeOnExec = (flags & O_CLOEXEC) !== 0;
  install(c, first, describe(c.state.fs, one, flags), closeOnExec);
  install(c, second, describe(c.state.fs, other, flags), closeOnExec);
  return 0;
}

function bind(c: Context, fd: number, at: number, length: number): number {
  const { socket } = socketOf(c, fd);
  const bytes = addressBytes(c, at, length);
  switch (socket.kind) {
    case 'tcp':
    case 'udp': {
      // A family of 0 with the address 0.0.0.0 is an old habit (inet_bind).
      let given = bytes;
      if (socket.family === AF.AF_INET && bytes.length >= 16 && familyOf(bytes) === AF.AF_UNSPEC) {
        if (bytes.subarray(4, 8).some(b => b !== 0)) throw EAFNOSUPPORT;
        given = bytes.slice();
        given[0] = AF.AF_INET;
      }
      bindInet(c, socket, parseInet(socket.family, given));
      socket.fixed = true;
      return 0;
    }
    case 'netlink': {
      if (bytes.length < SOCKADDR_NL.size || familyOf(bytes) !== AF.AF_NETLINK) throw EINVAL;
      const { nl_pid, nl_groups } = readStruct(SOCKADDR_NL, bytes);
      bindNetlink(c, socket, nl_pid, nl_groups);
      return 0;
    }
    default:
      bindUnix(c, socket, bytes);
      return 0;
  }
}

/** net.core.somaxconn. */
const MOST_WAITING = 4096;

function listen(c: Context, fd: number, backlog: number): number {
  const { socket } = socketOf(c, fd);
  const bounded = backlog < 0 || backlog > MOST_WAITING ? MOST_WAITING : backlog;
  if (socket.kind === 'tcp') listenTcp(c, socket, bounded);
  else if (socket.family === AF.AF_UNIX) listenUnix(c, socket, bounded);
  else throw EOPNOTSUPP;
  return 0;
}

function connect(c: Context, fd: number, at: number, length: number): Result {
  openFile(c, fd);
  const bytes = addressBytes(c, at, length);
  const { socket, description } = socketOf(c, fd);
  const nonblocking = (description.flags & O_NONBLOCK) !== 0;
  switch (socket.kind) {
    case 'tcp':
      return connectTcp(c, socket, bytes, nonblocking);
    case 'udp':
      return connectUdp(c, socket, bytes);
    case 'netlink':
      if (familyOf(bytes) !== AF.AF_NETLINK) throw EINVAL;
      if (!socket.local) bindNetlink(c, socket, 0, 0);
      return 0;
    default:
      return connectUnix(c, socket, bytes, nonblocking);
  }
}

const connecting = {
  start: (c: Context, { fd, uservaddr, addrlen }: { fd: number; uservaddr: number; addrlen: number }): Result =>
    connect(c, fd, uservaddr, addrlen),
  resume(
    c: Context,
    { fd, uservaddr, addrlen }: { fd: number; uservaddr: number; addrlen: number },
    waiting: Waiting,
    reason: WakeReason,
  ): Result {
    if (reason === 'signal') throw interruption(waiting);
    const { socket } = socketOf(c, fd);
    if (socket.kind !== 'tcp') {
      if (reason === 'timeout') throw EAGAIN;
      return connect(c, fd, uservaddr, addrlen);
    }
    const { timed } = waiting.data as { timed: boolean };
    return continueConnect(c, socket, reason === 'timeout', timed);
  },
};

interface AcceptArguments {
  fd: number;
  upeer_sockaddr: number;
  upeer_addrlen: number;
}

function accept(c: Context, args: AcceptArguments, flags: number, limit?: bigint): Result {
  openFile(c, args.fd);
  if (flags & ~KNOWN_FLAGS) throw EINVAL;
  const { socket, description } = socketOf(c, args.fd);
  const stream = socket.kind === 'tcp' || socket.kind === 'unix-stream' || socket.kind === 'unix-seqpacket';
  if (!stream) throw EOPNOTSUPP;
  if (socket.link !== 'listening') throw EINVAL;
  freeDescriptor(c.process);
  const first = socket.pending[0];
  if (first === undefined) {
    if (description.flags & O_NONBLOCK) throw EAGAIN;
    const until = limit ?? deadline(c, socket, SO.SO_RCVTIMEO_OLD);
    return c.block({
      what: `accept on socket ${args.fd}`,
      keys: [queue(socket.id, 'in')],
      deadline: until,
      onSignal: until === undefined ? 'restart' : 'eintr',
      data: { limit: until },
    });
  }
  const child = (socket.kind === 'tcp' ? acceptTcp(c, socket) : acceptUnix(c, socket))!;
  if (args.upeer_sockaddr !== 0)
    tellAddress(c, formatAddress(child.family, child.remote), args.upeer_sockaddr, args.upeer_addrlen);
  return installNew(c, child, openFlags(flags));
}

const accepting = <A extends AcceptArguments>(flags: (args: A) => number) => ({
  start: (c: Context, args: A): Result => accept(c, args, flags(args)),
  resume(c: Context, args: A, waiting: Waiting, reason: WakeReason): Result {
    const { limit } = waiting.data as { limit?: bigint };
    if (reason === 'timeout') throw EAGAIN;
    if (reason === 'signal') throw interruption(waiting);
    return accept(c, args, flags(args), limit);
  },
});

function shutdown(c: Context, fd: number, how: number): number {
  const { socket } = socketOf(c, fd);
  if (how < SHUT.SHUT_RD || how > SHUT.SHUT_RDWR) throw EINVAL;
  const bits = how + 1;
  if (socket.kind === 'tcp') shutdownTcp(c, socket, bits);
  else if (socket.kind === 'udp') shutdownUdp(c, socket, bits);
  else if (socket.kind === 'netlink') throw EOPNOTSUPP;
  else shutdownUnix(c, socket, bits);
  return 0;
}

function name(c: Context, fd: number, at: number, lengthAt: number): number {
  const { socket } = socketOf(c, fd);
  tellAddress(c, formatAddress(socket.family, socket.local), at, lengthAt);
  return 0;
}

function peerName(c: Context, fd: number, at: number, lengthAt: number): number {
  const { socket } = socketOf(c, fd);
  const there = socket.kind === 'netlink' || socket.link === 'connected';
  if (!there) throw ENOTCONN;
  tellAddress(c, formatAddress(socket.family, socket.remote), at, lengthAt);
  return 0;
}

export const socketCalls: HandlerTable = {
  socket: (c, { family, type, protocol }) => {
    freeDescriptor(c.process);
    return installNew(c, makeSocket(c, family, type, protocol), openFlags(type));
  },
  socketpair: (c, { family, type, protocol, usockvec }) => socketpair(c, family, type, protocol, usockvec),
  bind: (c, { fd, umyaddr, addrlen }) => bind(c, fd, umyaddr, addrlen),
  listen: (c, { fd, backlog }) => listen(c, fd, backlog),
  connect: connecting,
  accept: accepting(() => 0),
  accept4: accepting(({ flags }) => flags),
  shutdown: (c, { fd, how }) => shutdown(c, fd, how),
  getsockname: (c, { fd, usockaddr, usockaddr_len }) => name(c, fd, usockaddr, usockaddr_len),
  getpeername: (c, { fd, usockaddr, usockaddr_len }) => peerName(c, fd, usockaddr, usockaddr_len),
  setsockopt: (c, { fd, level, optname, optval, optlen }) =>
    setOption(c, socketOf(c, fd).socket, level, optname, optval, optlen),
  getsockopt: (c, { fd, level, optname, optval, optlen }) =>
    getOption(c, socketOf(c, fd).socket, level, optname, optval, optlen),
};
