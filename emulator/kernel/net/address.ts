/** Socket addresses: between the bytes of struct sockaddr and what the kernel compares. */
import { AF } from '../../abi/flags-network.ts';
import { SOCKADDR_IN, SOCKADDR_IN6, SOCKADDR_NL } from '../../abi/structs.ts';
import { readStruct, writeStruct } from '../../abi/types.ts';
import type { Context } from '../context.ts';
import { EAFNOSUPPORT, EINVAL } from '../errors.ts';
import type { Ip, Socket, SocketAddress } from './state.ts';

const MAPPED = '00000000000000000000ffff';
export const ANY6: Ip = '0'.repeat(32);
export const ANY4: Ip = `${MAPPED}00000000`;
export const LOOPBACK6: Ip = `${'0'.repeat(31)}1`;
export const LOOPBACK4: Ip = `${MAPPED}7f000001`;

const hex = (bytes: Uint8Array): string => Array.from(bytes, b => b.toString(16).padStart(2, '0')).join('');
const unhex = (text: string): Uint8Array =>
  Uint8Array.from({ length: text.length / 2 }, (_, i) => Number.parseInt(text.slice(2 * i, 2 * i + 2), 16));

export const isIpv4 = (ip: Ip): boolean => ip.startsWith(MAPPED);
export const isAny = (ip: Ip): boolean => ip === ANY6 || ip === ANY4;
export const ipv4 = (bytes: Uint8Array): Ip => MAPPED + hex(bytes);
/** The four bytes of an IPv4 address. */
export const ipv4Bytes = (ip: Ip): Uint8Array => unhex(ip.slice(24));
export const ipv6Bytes = unhex;

const firstByte = (ip: Ip): number => Number.parseInt(ip.slice(isIpv4(ip) ? 24 : 0, isIpv4(ip) ? 26 : 2), 16);

export const isMulticast = (ip: Ip): boolean =>
  isIpv4(ip) ? firstByte(ip) >= 0xe0 && firstByte(ip) < 0xf0 : ip.startsWith('ff');

/** Addresses of this machine: 127.0.0.0/8 and ::1. */
export const isLoopback = (ip: Ip): boolean => ip === LOOPBACK6 || (isIpv4(ip) && firstByte(ip) === 127);

export const isBroadcast = (ip: Ip): boolean => ip === `${MAPPED}ffffffff` || ip === `${MAPPED}7fffffff`;

/** The longest sockaddr: sockaddr_storage. */
const STORAGE = 128;

/** The bytes of an address argument; EINVAL for a length that no address has, EFAULT. */
export function addressBytes(c: Context, address: number, length: number): Uint8Array {
  if (length < 0 || length > STORAGE) throw EINVAL;
  return length === 0 ? new Uint8Array(0) : c.space.read(address, length);
}

export const familyOf = (bytes: Uint8Array): number => (bytes.length >= 2 ? bytes[0] | (bytes[1] << 8) : -1);

/** A unix address as bind, connect and sendto take it; EINVAL. */
export function parseUnix(bytes: Uint8Array): { is: 'unix'; name: string } {
  if (bytes.length < 2 || bytes.length > 110 || familyOf(bytes) !== AF.AF_UNIX) throw EINVAL;
  let path = bytes.subarray(2);
  if (path.length > 0 && path[0] !== 0) {
    const end = path.indexOf(0);
    if (end >= 0) path = path.subarray(0, end);
  }
  return { is: 'unix', name: Array.from(path, b => String.fromCharCode(b)).join('') };
}

/** An internet address for a socket of the family. EINVAL if it is too short, EAFNOSUPPORT for another family. */
export function parseInet(family: number, bytes: Uint8Array): SocketAddress & { is: 'inet' } {
  if (family === AF.AF_INET) {
    if (bytes.length < SOCKADDR_IN.size) throw EINVAL;
    const address = readStruct(SOCKADDR_IN, bytes);
    if (address.sin_family !== AF.AF_INET) throw EAFNOSUPPORT;
    return { is: 'inet', ip: ipv4(address.sin_addr), port: address.sin_port, scope: 0 };
  }
  // RFC 2133's form has no scope.
  if (bytes.length < 24) throw EINVAL;
  const padded = new Uint8Array(SOCKADDR_IN6.size);
  padded.set(bytes.subarray(0, padded.length));
  const address = readStruct(SOCKADDR_IN6, padded);
  if (address.sin6_family !== AF.AF_INET6) throw EAFNOSUPPORT;
  return { is: 'inet', ip: hex(address.sin6_addr), port: address.sin6_port, scope: address.sin6_scope_id };
}

/** The bytes of an address as a socket of the family tells it. */
export function formatAddress(family: number, address: SocketAddress | undefined): Uint8Array {
  switch (address?.is) {
    case 'unix': {
      const { name } = address;
      // A path has its NUL, an abstract name none.
      const named = name !== '' && name[0] !== '\0';
      const bytes = new Uint8Array(2 + name.length + (named ? 1 : 0));
      bytes[0] = AF.AF_UNIX;
      for (let i = 0; i < name.length; i++) bytes[2 + i] = name.charCodeAt(i);
      return bytes;
    }
    case 'inet':
      return family === AF.AF_INET
        ? writeStruct(SOCKADDR_IN, { sin_family: AF.AF_INET, sin_port: address.port, sin_addr: ipv4Bytes(address.ip) })
        : writeStruct(SOCKADDR_IN6, {
            sin6_family: AF.AF_INET6,
            sin6_port: address.port,
            sin6_addr: ipv6Bytes(address.ip),
            sin6_scope_id: address.scope,
          });
    case 'netlink':
      return writeStruct(SOCKADDR_NL, { nl_family: AF.AF_NETLINK, nl_pid: address.pid, nl_groups: address.groups });
    default:
      return unnamed(family);
  }
}

function unnamed(family: number): Uint8Array {
  if (family === AF.AF_INET) return formatAddress(family, { is: 'inet', ip: ANY4, port: 0, scope: 0 });
  if (family === AF.AF_INET6) return formatAddress(family, { is: 'inet', ip: ANY6, port: 0, scope: 0 });
  if (family === AF.AF_NETLINK) return formatAddress(family, { is: 'netlink', pid: 0, groups: 0 });
  return Uint8Array.of(family, 0);
}

/** Writes an address and its full length, cut to the length that was given (move_addr_to_user). EINVAL, EFAULT. */
export function tellAddress(c: Context, bytes: Uint8Array, address: number, lengthAt: number): void {
  const room = c.space.readU32(lengthAt) | 0;
  if (room < 0) throw EINVAL;
  const count = Math.min(room, bytes.length);
  if (count > 0) c.space.write(address, bytes.subarray(0, count));
  c.space.writeU32(lengthAt, bytes.length);
}

/** The address a socket shows when it is bound to nothing. */
export const anyOf = (socket: Socket): Ip => (socket.family === AF.AF_INET ? ANY4 : ANY6);
