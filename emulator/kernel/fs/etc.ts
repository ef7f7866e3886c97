/** The files of /etc that programs look into, for a machine with one user beside root and a loopback network. */
import type { KernelOptions } from '../context.ts';
import { RELEASE } from '../release.ts';

const SERVICES: readonly (readonly [string, string])[] = [
  ['tcpmux', '1/tcp'],
  ['echo', '7/tcp'],
  ['echo', '7/udp'],
  ['discard', '9/tcp'],
  ['ftp', '21/tcp'],
  ['ssh', '22/tcp'],
  ['telnet', '23/tcp'],
  ['smtp', '25/tcp'],
  ['time', '37/tcp'],
  ['domain', '53/tcp'],
  ['domain', '53/udp'],
  ['tftp', '69/udp'],
  ['http', '80/tcp'],
  ['pop3', '110/tcp'],
  ['ntp', '123/udp'],
  ['imap2', '143/tcp'],
  ['snmp', '161/udp'],
  ['ldap', '389/tcp'],
  ['https', '443/tcp'],
  ['https', '443/udp'],
  ['syslog', '514/udp'],
  ['imaps', '993/tcp'],
  ['pop3s', '995/tcp'],
  ['mysql', '3306/tcp'],
  ['postgresql', '5432/tcp'],
];

const PROTOCOLS: readonly (readonly [string, number, string])[] = [
  ['ip', 0, 'IP'],
  ['icmp', 1, 'ICMP'],
  ['igmp', 2, 'IGMP'],
  ['tcp', 6, 'TCP'],
  ['udp', 17, 'UDP'],
  ['ipv6', 41, 'IPv6'],
  ['ipv6-icmp', 58, 'IPv6-ICMP'],
  ['sctp', 132, 'SCTP'],
];

/** RFC 8536: a version 2 file with the one type UTC and no transitions. */
function utcZone(): Uint8Array {
  const block = (version: number): number[] => [
    ...[0x54, 0x5a, 0x69, 0x66, version],
    ...new Array<number>(15).fill(0),
    // isutcnt, isstdcnt, leapcnt, timecnt, typecnt, charcnt
    ...[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 4],
    ...[0, 0, 0, 0, 0, 0],
    ...[0x55, 0x54, 0x43, 0],
  ];
  return Uint8Array.from([...block(0x32), ...block(0x32), 0x0a, 0x55, 0x54, 0x43, 0x30, 0x0a]);
}

/** Path below /etc, and content. */
export function etcFiles({ uid, gid, hostname }: KernelOptions): Record<string, string | Uint8Array> {
  const user = uid === 0 ? '' : `user:x:${uid}:${gid}:user:/home/user:/bin/sh\n`;
  return {
    passwd: `root:x:0:0:root:/root:/bin/sh\n${user}nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n`,
    group: `root:x:0:\n${gid === 0 ? '' : `user:x:${gid}:\n`}nogroup:x:65534:\n`,
    hostname: `${hostname}\n`,
    hosts: `127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n127.0.1.1\t${hostname}\n`,
    'resolv.conf': 'nameserver 127.0.0.1\n',
    'nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files dns\nservices: files\nprotocols: files\n',
    localtime: utcZone(),
    timezone: 'Etc/UTC\n',
    'os-release': `NAME="Ring 3"\nID=ring3\nPRETTY_NAME="Ring 3 (Linux ${RELEASE})"\n`,
    services: SERVICES.map(([name, port]) => `${name}\t\t${port}\n`).join(''),
    protocols: PROTOCOLS.map(([name, number, alias]) => `${name}\t${number}\t${alias}\n`).join(''),
    shells: '/bin/sh\n',
    'ld.so.conf': '',
    'mime.types': 'text/html\t\t\t\thtml htm\ntext/plain\t\t\t\ttxt\napplication/json\t\t\tjson\n',
  };
}
