/** Ancillary data: the control messages of sendmsg and recvmsg (net/core/scm.c, put_cmsg). */
import { AF, IP, IPV6, MSG, SCM, SO, SOL } from '../../abi/flags-network.ts';
import { CMSGHDR, UCRED } from '../../abi/structs.ts';
import { readStruct, writeStruct } from '../../abi/types.ts';
import type { Context } from '../context.ts';
import { EBADF, EINVAL, EPERM, Errno } from '../errors.ts';
import { freeDescriptor, install, openFile } from '../fs/descriptions.ts';
import { ipv4Bytes, ipv6Bytes, isIpv4 } from './address.ts';
import { credentialsOf, option } from './sockets.ts';
import type { Ip, Packet, PeerCredentials, Socket } from './state.ts';

const align = (length: number): number => Math.ceil(length / 8) * 8;

/** SCM_MAX_FD. */
const RIGHTS_LIMIT = 253;

/** What a sender gives along; the descriptions have no reference for it yet. */
export interface Control {
  rights?: number[];
  credentials?: PeerCredentials;
}

export function parseControl(c: Context, socket: Socket, bytes: Uint8Array): Control {
  const control: Control = {};
  for (let at = 0; at + CMSGHDR.size <= bytes.length; ) {
    const { cmsg_len, cmsg_level, cmsg_type } = readStruct(CMSGHDR, bytes, at);
    if (cmsg_len < CMSGHDR.size || at + cmsg_len > bytes.length) throw EINVAL;
    const data = bytes.subarray(at + CMSGHDR.size, at + cmsg_len);
    if (cmsg_level === SOL.SOL_SOCKET && socket.family === AF.AF_UNIX) {
      if (cmsg_type === SCM.SCM_RIGHTS) {
        const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
        const count = Math.floor(data.length / 4);
        control.rights ??= [];
        if (control.rights.length + count > RIGHTS_LIMIT) throw EINVAL;
        for (let i = 0; i < count; i++) {
          const fd = view.getInt32(i * 4, true);
          if (fd < 0) throw EBADF;
          control.rights.push(openFile(c, fd).id);
        }
      } else if (cmsg_type === SCM.SCM_CREDENTIALS) {
        if (data.length !== UCRED.size) throw EINVAL;
        control.credentials = checkCredentials(c, readStruct(UCRED, data));
      } else throw EINVAL;
    } else if (cmsg_level === SOL.SOL_SOCKET && (cmsg_type === SCM.SCM_RIGHTS || cmsg_type === SCM.SCM_CREDENTIALS)) {
      // Not for the internet: passed over, as __sock_cmsg_send does.
    } else if (cmsg_level === SOL.SOL_SOCKET) {
      throw EINVAL;
    }
    at += align(cmsg_len);
  }
  return control;
}

/** One may claim only what one is (scm_check_creds); root anything. */
function checkCredentials(c: Context, claimed: PeerCredentials): PeerCredentials {
  const { uid, euid, suid, gid, egid, sgid } = c.process.credentials;
  const root = euid === 0;
  if (!root && claimed.pid !== c.process.id) throw EPERM;
  if (!root && ![uid, euid, suid].includes(claimed.uid)) throw EPERM;
  if (!root && ![gid, egid, sgid].includes(claimed.gid)) throw EPERM;
  return { pid: claimed.pid, uid: claimed.uid, gid: claimed.gid };
}

/** What a packet carries: the descriptions get their references here. */
export function attach(c: Context, socket: Socket, control: Control | undefined): Partial<Packet> {
  for (const id of control?.rights ?? []) c.state.fs.descriptions.get(id)!.references++;
  const extra: Partial<Packet> = {};
  if (control?.rights && control.rights.length > 0) extra.rights = control.rights;
  if (socket.family === AF.AF_UNIX) {
    const { uid, gid } = c.process.credentials;
    extra.credentials = control?.credentials ?? { ...credentialsOf(c), uid, gid };
  }
  return extra;
}

/** What recvmsg writes behind msg_control. */
export interface ControlOut {
  bytes: Uint8Array;
  /** MSG_CTRUNC, or 0. */
  flags: number;
}

/**
 * The control messages of a received packet in at most `room` bytes. Descriptors are installed here; those for which
 * there is no room, or no number, are left to the caller to drop.
 */
export function buildControl(
  c: Context,
  socket: Socket,
  packet: Pick<Packet, 'rights' | 'credentials' | 'time' | 'to'> | undefined,
  room: number,
  flags: number,
): ControlOut {
  const parts: Uint8Array[] = [];
  let used = 0;
  let truncated = false;
  const put = (level: number, type: number, data: Uint8Array): void => {
    const left = room - used;
    if (left < CMSGHDR.size) {
      truncated = true;
      return;
    }
    let length = CMSGHDR.size + data.length;
    if (length > left) {
      truncated = true;
      length = left;
    }
    const message = new Uint8Array(Math.min(align(length), left));
    message.set(writeStruct(CMSGHDR, { cmsg_len: length, cmsg_level: level, cmsg_type: type }));
    message.set(data.subarray(0, length - CMSGHDR.size), CMSGHDR.size);
    parts.push(message);
    used += message.length;
  };
  const is = (level: number, name: number): boolean => option(socket, level, name) !== 0;

  if (packet && is(SOL.SOL_SOCKET, SO.SO_TIMESTAMPNS_OLD)) {
    put(SOL.SOL_SOCKET, SO.SO_TIMESTAMPNS_OLD, pair(packet.time / 1_000_000_000n, packet.time % 1_000_000_000n));
  } else if (packet && is(SOL.SOL_SOCKET, SO.SO_TIMESTAMP_OLD)) {
    put(
      SOL.SOL_SOCKET,
      SO.SO_TIMESTAMP_OLD,
      pair(packet.time / 1_000_000_000n, (packet.time % 1_000_000_000n) / 1000n),
    );
  }
  if (socket.family === AF.AF_UNIX && is(SOL.SOL_SOCKET, SO.SO_PASSCRED)) {
    const credentials = packet?.credentials ?? { pid: 0, uid: 65534, gid: 65534 };
    put(SOL.SOL_SOCKET, SCM.SCM_CREDENTIALS, writeStruct(UCRED, credentials));
  }
  if (packet?.rights) {
    const fits = Math.max(0, Math.floor((room - used - CMSGHDR.size) / 4));
    const numbers: number[] = [];
    for (const id of packet.rights.slice(0, fits)) {
      const fd = installRight(c, id, (flags & MSG.MSG_CMSG_CLOEXEC) !== 0);
      if (fd === undefined) break;
      numbers.push(fd);
    }
    if (numbers.length < packet.rights.length) truncated = true;
    if (numbers.length > 0) put(SOL.SOL_SOCKET, SCM.SCM_RIGHTS, new Uint8Array(Int32Array.from(numbers).buffer));
  }
  if (packet?.to !== undefined) putPacketInfo(socket, packet.to, put);
  const bytes = new Uint8Array(used);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return { bytes, flags: truncated ? MSG.MSG_CTRUNC : 0 };
}

function installRight(c: Context, id: number, closeOnExec: boolean): number | undefined {
  const description = c.state.fs.descriptions.get(id);
  if (!description) return undefined;
  try {
    return install(c, freeDescriptor(c.process), description, closeOnExec);
  } catch (error) {
    if (error instanceof Errno) return undefined;
    throw error;
  }
}

const pair = (first: bigint, second: bigint): Uint8Array => new Uint8Array(BigInt64Array.of(first, second).buffer);
const word = (value: number): Uint8Array => new Uint8Array(Int32Array.of(value).buffer);

/** The index of the loopback interface. */
export const LOOPBACK_INDEX = 1;

function putPacketInfo(socket: Socket, to: Ip, put: (level: number, type: number, data: Uint8Array) => void): void {
  const is = (level: number, name: number): boolean => option(socket, level, name) !== 0;
  if (isIpv4(to)) {
    const info = new Uint8Array(12);
    info.set(word(LOOPBACK_INDEX));
    info.set(ipv4Bytes(to), 4);
    info.set(ipv4Bytes(to), 8);
    if (is(SOL.SOL_IP, IP.IP_PKTINFO)) put(SOL.SOL_IP, IP.IP_PKTINFO, info);
    if (is(SOL.SOL_IP, IP.IP_RECVTTL)) put(SOL.SOL_IP, IP.IP_TTL, word(64));
    if (is(SOL.SOL_IP, IP.IP_RECVTOS)) put(SOL.SOL_IP, IP.IP_TOS, Uint8Array.of(0));
  }
  if (socket.family !== AF.AF_INET6) return;
  if (is(SOL.SOL_IPV6, IPV6.IPV6_RECVPKTINFO)) {
    const info = new Uint8Array(20);
    info.set(ipv6Bytes(to));
    info.set(word(LOOPBACK_INDEX), 16);
    put(SOL.SOL_IPV6, IPV6.IPV6_PKTINFO, info);
  }
  if (is(SOL.SOL_IPV6, IPV6.IPV6_RECVHOPLIMIT)) put(SOL.SOL_IPV6, IPV6.IPV6_HOPLIMIT, word(64));
  if (is(SOL.SOL_IPV6, IPV6.IPV6_RECVTCLASS)) put(SOL.SOL_IPV6, IPV6.IPV6_TCLASS, word(0));
}
