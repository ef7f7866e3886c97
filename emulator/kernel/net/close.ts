/** The end of a socket: its last descriptor is gone. */
import type { Wire } from './sockets.ts';
import type { Socket } from './state.ts';
import { closeTcp } from './tcp.ts';
import { closeUdp } from './udp.ts';
import { closeUnix } from './unix.ts';

export function closeSocket(wire: Wire, socket: Socket): void {
  if (socket.kind === 'tcp') closeTcp(wire, socket);
  else if (socket.kind === 'udp' || socket.kind === 'netlink') closeUdp(wire, socket);
  else closeUnix(wire, socket);
}
