/**
 * Sockets as plain data. All of them are inside the machine: what one sends lies in another's queue at once, so there
 * is no network in between, no loss and no delay. Only the loopback interface exists.
 */
import type { DescriptionId, InodeBase, InodeId } from '../fs/state.ts';

/**
 * An IP address: 32 hexadecimal digits of its IPv6 form, IPv4 as ::ffff:a.b.c.d. So both families compare alike, and
 * a dual-stack socket needs no second case.
 */
export type Ip = string;

export type SocketAddress =
  /** One character a byte: "" is unnamed, "\0…" abstract, else a path. */
  | { is: 'unix'; name: string }
  | { is: 'inet'; ip: Ip; port: number; scope: number }
  | { is: 'netlink'; pid: number; groups: number };

export interface PeerCredentials {
  pid: number;
  uid: number;
  gid: number;
}

/** What was sent at once and is not yet read. A stream reads across packets, the others one at a time. */
export interface Packet {
  bytes: Uint8Array;
  /** The first unread byte. */
  start: number;
  from?: SocketAddress;
  /** Where a datagram was sent to, for IP_PKTINFO. */
  to?: Ip;
  /** SCM_RIGHTS: each of these descriptions has one reference for being here. */
  rights?: DescriptionId[];
  credentials?: PeerCredentials;
  /** Nanoseconds since 1970, for SO_TIMESTAMP. */
  time: bigint;
  /** The socket whose send buffer it fills, and how much of it: what Linux calls truesize. */
  sender: InodeId;
  charge: number;
}

export type SocketKind = 'tcp' | 'udp' | 'unix-stream' | 'unix-seqpacket' | 'unix-dgram' | 'netlink';

export interface Socket extends InodeBase {
  is: 'socket';
  kind: SocketKind;
  family: number;
  type: number;
  protocol: number;
  /**
   * `idle`: neither listening nor connected (datagram sockets with a default peer are `connected`); `closed`: a
   * connection that is over in both directions.
   */
  link: 'idle' | 'listening' | 'connecting' | 'connected' | 'closed';
  local?: SocketAddress;
  remote?: SocketAddress;
  /** The other end of a connection, or where a unix datagram socket sends to; 0: none, or gone. */
  peer: InodeId;
  queue: Packet[];
  /** Bytes of payload in the queue. */
  queued: number;
  /** How much of its send buffer lies in the queues of others. */
  charged: number;
  /** SO_ERROR: the errno that the next call reports. */
  error: number;
  /** Bit 0: nothing more is received; bit 1: nothing more can be sent (SHUT_RD, SHUT_WR). */
  shut: number;
  /** listen's: how many connections may wait to be accepted. */
  backlog: number;
  /** Connections that wait to be accepted. */
  pending: InodeId[];
  /** TCP sockets whose SYN found the backlog full: each is let in when there is room. */
  knocking: InodeId[];
  /** TCP: the listener whose backlog it waits in (as a connection or knocking), 0 for none. */
  listener: InodeId;
  /** Options that were set, by "level:name". */
  options: Map<string, number>;
  /** SO_PEERCRED, and who it was when it listened or connected. */
  peerCredentials?: PeerCredentials;
  credentials: PeerCredentials;
  /** Multicast groups it has joined. */
  groups: Ip[];
  /** SO_COOKIE. */
  cookie: number;
  /** connect returned EINPROGRESS, and nobody has called it again since. */
  unconfirmed: boolean;
  /** bind(2) gave it its address: it stays when a connection fails. */
  fixed: boolean;
}

export interface NetState {
  /** Who is bound to a port: by "tcp:80", in order of binding. */
  ports: Map<string, InodeId[]>;
  /** Unix addresses that are no paths. */
  abstract: Map<string, InodeId>;
  /** Sockets bound to a path, by the inode of that path. */
  paths: Map<InodeId, InodeId>;
  /** Where the search for a free port goes on. */
  nextPort: number;
  nextCookie: number;
}

export const newNet = (): NetState => ({
  ports: new Map(),
  abstract: new Map(),
  paths: new Map(),
  nextPort: 0,
  nextCookie: 1,
});
