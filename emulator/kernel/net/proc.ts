/**
 * /proc/net: the sockets of the machine and its one interface, in the columns that netstat, ss and the C library read
 * (net/ipv4/tcp_ipv4.c, udp.c, net/ipv6/, net/unix/af_unix.c). Where Linux shows a kernel's address, here is zero.
 */
import { AF } from '../../abi/flags-network.ts';
import type { FileContext } from '../context.ts';
import { ANY4, ANY6, ipv4Bytes, ipv6Bytes, isIpv4 } from './address.ts';
import type { Ip, Socket } from './state.ts';

const POINTER = '0'.repeat(16);

const upper = (value: number, width: number): string => value.toString(16).toUpperCase().padStart(width, '0');
const lower = (value: number, width: number): string => value.toString(16).padStart(width, '0');
const left = (value: number | string, width: number): string => String(value).padEnd(width);
const right = (value: number | string, width: number): string => String(value).padStart(width);

function sockets(c: FileContext, wanted: (socket: Socket) => boolean): Socket[] {
  return [...c.state.fs.inodes.values()].filter(inode => inode.is === 'socket').filter(wanted);
}

/** Words of four bytes as they lie in memory, read little-endian. */
function words(bytes: Uint8Array): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: bytes.length / 4 }, (_, i) => upper(view.getUint32(4 * i, true), 8)).join('');
}

function endpoint(socket: Socket, which: 'local' | 'remote'): string {
  const six = socket.family === AF.AF_INET6;
  const address = socket[which];
  const { ip, port } = address?.is === 'inet' ? address : { ip: six ? ANY6 : ANY4, port: 0 };
  return `${words(six ? ipv6Bytes(ip) : ipv4Bytes(isIpv4(ip) ? ip : (ANY4 satisfies Ip)))}:${upper(port, 4)}`;
}

const TCP_STATES = { idle: 7, listening: 10, connecting: 2, connected: 1, closed: 7 } as const;
const [FIN_WAIT2, CLOSE_WAIT] = [5, 8];

/** The state by its number in Linux; 7 is closed, and such a socket is in no list. */
export function tcpState(socket: Socket): number {
  if (socket.link !== 'connected' || socket.shut === 0) return TCP_STATES[socket.link];
  return socket.shut === 1 ? CLOSE_WAIT : FIN_WAIT2;
}

/** The columns that both protocols have, from the addresses to the inode. */
function common(socket: Socket, state: number, received: number): string {
  const owned = socket.opens > 0;
  const uid = right(owned ? socket.uid : 0, 5);
  const ends = `${endpoint(socket, 'local')} ${endpoint(socket, 'remote')}`;
  const queues = `${upper(0, 8)}:${upper(received, 8)}`;
  return `${ends} ${upper(state, 2)} ${queues} 00:00000000 00000000 ${uid} ${right(0, 8)} ${owned ? socket.id : 0}`;
}

function tcpTable(c: FileContext, family: number): string {
  const found = sockets(c, s => s.kind === 'tcp' && s.family === family && tcpState(s) !== TCP_STATES.closed);
  found.sort((a, b) => Number(b.link === 'listening') - Number(a.link === 'listening') || a.id - b.id);
  return found
    .map((socket, i) => {
      const listens = socket.link === 'listening';
      // The end of the other's data counts as a byte of it.
      const received = listens ? socket.pending.length : socket.queued + (tcpState(socket) === CLOSE_WAIT ? 1 : 0);
      const rest = listens ? `1 ${POINTER} 100 0 0 10 0` : `1 ${POINTER} 20 4 30 10 -1`;
      const line = `${right(i, 4)}: ${common(socket, tcpState(socket), received)} ${rest}`;
      return `${family === AF.AF_INET ? left(line, 149) : line}\n`;
    })
    .join('');
}

function udpTable(c: FileContext, family: number): string {
  const bound = (s: Socket): boolean => s.local?.is === 'inet' && s.local.port !== 0;
  return sockets(c, s => s.kind === 'udp' && s.family === family && bound(s))
    .map(socket => {
      const slot = socket.local?.is === 'inet' ? socket.local.port & 0xff : 0;
      const state = socket.link === 'connected' ? 1 : 7;
      const line = `${right(slot, 5)}: ${common(socket, state, socket.queued)} 2 ${POINTER} 0`;
      return `${family === AF.AF_INET ? left(line, 127) : line}\n`;
    })
    .join('');
}

const UNIX_TYPES = { 'unix-stream': 1, 'unix-dgram': 2, 'unix-seqpacket': 5 } as const;
const ACCEPTS = 0x10000;
const [UNCONNECTED, CONNECTED] = [1, 3];

function unixTable(c: FileContext): string {
  return sockets(c, s => s.family === AF.AF_UNIX)
    .map(socket => {
      const type = UNIX_TYPES[socket.kind as keyof typeof UNIX_TYPES];
      const connected = socket.link === 'connected' && socket.kind !== 'unix-dgram';
      const name = socket.local?.is === 'unix' ? socket.local.name.replaceAll('\0', '@') : '';
      const flags = upper(socket.link === 'listening' ? ACCEPTS : 0, 8);
      const references = upper(connected ? 3 : 2, 8);
      const state = upper(connected ? CONNECTED : UNCONNECTED, 2);
      const inode = right(socket.opens > 0 ? socket.id : 0, 5);
      return `${POINTER}: ${references} 00000000 ${flags} ${upper(type, 4)} ${state} ${inode}${name && ` ${name}`}\n`;
    })
    .join('');
}

function netlinkTable(c: FileContext): string {
  return sockets(c, s => s.kind === 'netlink')
    .map(socket => {
      const { pid, groups } = socket.local?.is === 'netlink' ? socket.local : { pid: 0, groups: 0 };
      const sizes = [0, 0, 0, 2, 0].map((value, i) => left(value, i === 2 ? 5 : 8)).join(' ');
      return `${POINTER} ${left(socket.protocol, 3)} ${left(pid, 10)} ${lower(groups, 8)} ${sizes} ${left(socket.id, 8)}\n`;
    })
    .join('');
}

function socketCounts(c: FileContext): string {
  const count = (wanted: (socket: Socket) => boolean): number => sockets(c, wanted).length;
  const tcp = count(s => s.kind === 'tcp' && s.family === AF.AF_INET && tcpState(s) !== TCP_STATES.closed);
  const all = count(s => s.kind === 'tcp');
  const udp = count(s => s.kind === 'udp' && s.family === AF.AF_INET);
  return (
    `sockets: used ${count(() => true)}\nTCP: inuse ${tcp} orphan 0 tw 0 alloc ${all} mem 0\nUDP: inuse ${udp} mem 0\n` +
    'UDPLITE: inuse 0\nRAW: inuse 0\nFRAG: inuse 0 memory 0\n'
  );
}

const FOUR = 'local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode';
const SIX =
  'local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode';
const MORE = ' ref pointer drops';

const DEV_HEADER =
  'Inter-|   Receive                                                |  Transmit\n' +
  ' face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n';
const DEV_WIDTHS = [7, 7, 4, 4, 4, 5, 10, 9, 8, 7, 4, 4, 4, 5, 7, 10] as const;

/** Files of /proc/PID/net: there is one network for all. The interface counts nothing. */
export const NET_FILES: Readonly<Record<string, (c: FileContext) => string>> = {
  arp: () => 'IP address       HW type     Flags       HW address            Mask     Device\n',
  dev: () => `${DEV_HEADER}${right('lo', 6)}: ${DEV_WIDTHS.map(width => right(0, width)).join(' ')}\n`,
  if_inet6: () => `${'0'.repeat(31)}1 01 80 10 80       lo\n`,
  ipv6_route: () =>
    `${'0'.repeat(31)}1 80 ${'0'.repeat(32)} 00 ${'0'.repeat(32)} 00000000 00000001 00000000 80200001       lo\n`,
  netlink: c =>
    `sk               Eth Pid        Groups   Rmem     Wmem     Dump  Locks    Drops    Inode\n${netlinkTable(c)}`,
  raw: () => `  sl  ${FOUR}${MORE}\n`,
  raw6: () => `  sl  ${SIX}${MORE}\n`,
  route: () => `${left('Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT', 127)}\n`,
  sockstat: socketCounts,
  tcp: c => `${left(`  sl  ${FOUR}`, 149)}\n${tcpTable(c, AF.AF_INET)}`,
  tcp6: c => `  sl  ${SIX}\n${tcpTable(c, AF.AF_INET6)}`,
  udp: c => `${left(`   sl  ${FOUR}${MORE}`, 127)}\n${udpTable(c, AF.AF_INET)}`,
  udp6: c => `  sl  ${SIX}${MORE}\n${udpTable(c, AF.AF_INET6)}`,
  unix: c => `Num       RefCount Protocol Flags    Type St Inode Path\n${unixTable(c)}`,
};
