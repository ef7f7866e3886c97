/** Socket addresses: each family's fields as strace writes them. */
import { AF } from '../abi/flags-network.ts';
import { bytesAt, type CallContext } from './context.ts';
import { choice, hex, pointer, quote, untilNul } from './text.ts';

export const formatIpv4 = (bytes: Uint8Array): string => Array.from(bytes.subarray(0, 4)).join('.');

/** RFC 5952: the longest run of two or more zero groups is "::"; mapped and compatible addresses end in dots. */
export function formatIpv6(bytes: Uint8Array): string {
  const groups = Array.from({ length: 8 }, (_, i) => (bytes[2 * i] << 8) | bytes[2 * i + 1]);
  let best = { start: -1, length: 1 };
  for (let i = 0; i < 8; i++) {
    let end = i;
    while (end < 8 && groups[end] === 0) end++;
    if (end - i > best.length) best = { start: i, length: end - i };
    if (end > i) i = end;
  }
  const dotted =
    best.start === 0 && (best.length === 6 || (best.length === 5 && groups[5] === 0xffff)) && best.length < 8;
  let text = '';
  for (let i = 0; i < 8; i++) {
    if (i === best.start) {
      text += i === 0 ? '::' : ':';
      i += best.length - 1;
      continue;
    }
    if (dotted && i === 6) return text + formatIpv4(bytes.subarray(12));
    text += groups[i].toString(16) + (i < 7 ? ':' : '');
  }
  return text;
}

const quoted = (c: CallContext, bytes: Uint8Array): string => quote(bytes, c.options.quoting);

/** A text of ours, quoted as the guest's strings are. */
export const quotedText = (c: CallContext, text: string): string =>
  quoted(
    c,
    Uint8Array.from(text, character => character.charCodeAt(0)),
  );

function unixPath(c: CallContext, path: Uint8Array): string {
  if (path[0] === 0) return path.length === 1 ? `@""` : `@${quoted(c, path.subarray(1))}`;
  return quoted(c, untilNul(path));
}

function fields(c: CallContext, family: number, bytes: Uint8Array): string | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = bytes.length;
  if (family === AF.AF_UNIX && length > 2) return `sun_path=${unixPath(c, bytes.subarray(2, 110))}`;
  if (family === AF.AF_INET && length >= 16) {
    const address = formatIpv4(bytes.subarray(4));
    return `sin_port=htons(${view.getUint16(2)}), sin_addr=inet_addr(${quotedText(c, address)})`;
  }
  if (family === AF.AF_INET6 && length >= 24) {
    const address = formatIpv6(bytes.subarray(8, 24));
    const flow = `sin6_port=htons(${view.getUint16(2)}), sin6_flowinfo=htonl(${view.getUint32(4)})`;
    const scope = length >= 28 ? `, sin6_scope_id=${view.getUint32(24, true)}` : '';
    return `${flow}, inet_pton(AF_INET6, ${quotedText(c, address)}, &sin6_addr)${scope}`;
  }
  if (family === AF.AF_NETLINK && length >= 12) {
    const groups = view.getUint32(8, true).toString(16).padStart(8, '0');
    return `nl_pid=${view.getUint32(4, true)}, nl_groups=${groups === '00000000' ? '00000000' : `0x${groups}`}`;
  }
  if (family === AF.AF_PACKET && length >= 12) {
    const protocol = hex(view.getUint16(2));
    return `sll_protocol=htons(${protocol}), sll_ifindex=${view.getInt32(4, true)}`;
  }
  return length > 2 ? `sa_data=${quoted(c, bytes.subarray(2, 128))}` : undefined;
}

export function formatSockaddrBytes(c: CallContext, bytes: Uint8Array): string {
  const family = bytes[0] | (bytes[1] << 8);
  const name = choice(AF, BigInt(family), 'AF_???');
  const rest = fields(c, family, bytes);
  return rest === undefined ? `{sa_family=${name}}` : `{sa_family=${name}, ${rest}}`;
}

/** The address behind a pointer; too short a length leaves the pointer. */
export function formatSockaddr(c: CallContext, address: bigint, length: bigint): string {
  if (BigInt.asIntN(32, length) < 2n) return pointer(address);
  const bytes = bytesAt(c, address, Number(length > 128n ? 128n : length));
  return bytes ? formatSockaddrBytes(c, bytes) : pointer(address);
}
