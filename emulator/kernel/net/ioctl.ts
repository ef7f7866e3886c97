/** ioctl on sockets: what waits in the queues, and what interfaces there are (netdevice(7)): the loopback. */
import type { Context } from '../context.ts';
import { EINVAL, ENODEV, ENOTTY, EPERM } from '../errors.ts';
import { LOOPBACK_INDEX } from './control.ts';
import type { Socket } from './state.ts';

/** linux/sockios.h. */
const SIOC = {
  SIOCOUTQ: 0x5411,
  SIOCGIFNAME: 0x8910,
  SIOCGIFCONF: 0x8912,
  SIOCGIFFLAGS: 0x8913,
  SIOCSIFFLAGS: 0x8914,
  SIOCGIFADDR: 0x8915,
  SIOCGIFBRDADDR: 0x8919,
  SIOCGIFNETMASK: 0x891b,
  SIOCGIFMETRIC: 0x891d,
  SIOCGIFMTU: 0x8921,
  SIOCGIFHWADDR: 0x8927,
  SIOCGIFINDEX: 0x8933,
  SIOCGIFTXQLEN: 0x8942,
} as const;

const NAME_SIZE = 16;
const IFREQ_SIZE = 40;
const FLAGS = 0x49; // IFF_UP | IFF_LOOPBACK | IFF_RUNNING
const MTU = 65536;
const ARPHRD_LOOPBACK = 772;

/** FIONREAD: bytes of a stream, or the first message's. EINVAL for a listener. */
export function waitingInSocket(socket: Socket): number {
  if (socket.link === 'listening') throw EINVAL;
  if (socket.kind === 'tcp' || socket.kind === 'unix-stream' || socket.kind === 'unix-seqpacket') return socket.queued;
  return socket.queue[0]?.bytes.length ?? 0;
}

const loopback = Uint8Array.of(2, 0, 0, 0, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0);

export function socketControl(c: Context, socket: Socket, cmd: number, address: number): number {
  switch (cmd) {
    case SIOC.SIOCOUTQ:
      if (socket.link === 'listening') throw EINVAL;
      c.space.writeU32(address, socket.kind === 'tcp' ? 0 : socket.charged);
      return 0;
    case SIOC.SIOCGIFNAME:
      if (c.space.readU32(address + NAME_SIZE) !== LOOPBACK_INDEX) throw ENODEV;
      c.space.write(address, Uint8Array.of(0x6c, 0x6f, 0));
      return 0;
    case SIOC.SIOCGIFCONF: {
      const room = c.space.readU32(address) | 0;
      const buffer = Number(c.space.readU64(address + 8));
      if (buffer !== 0 && room >= IFREQ_SIZE) {
        const request = new Uint8Array(IFREQ_SIZE);
        request.set([0x6c, 0x6f]);
        request.set(loopback, NAME_SIZE);
        c.space.write(buffer, request);
      }
      c.space.writeU32(address, buffer === 0 || room >= IFREQ_SIZE ? IFREQ_SIZE : 0);
      return 0;
    }
  }
  const known: readonly number[] = Object.values(SIOC);
  if (!known.includes(cmd)) throw ENOTTY;
  const name = c.space.read(address, NAME_SIZE);
  if (name[0] !== 0x6c || name[1] !== 0x6f || name[2] !== 0) throw ENODEV;
  const at = address + NAME_SIZE;
  switch (cmd) {
    case SIOC.SIOCGIFFLAGS:
      c.space.write(at, Uint8Array.of(FLAGS, 0));
      return 0;
    case SIOC.SIOCGIFADDR:
      c.space.write(at, loopback);
      return 0;
    case SIOC.SIOCGIFNETMASK:
      c.space.write(at, Uint8Array.of(2, 0, 0, 0, 255, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0));
      return 0;
    case SIOC.SIOCGIFBRDADDR:
      c.space.write(at, Uint8Array.of(2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0));
      return 0;
    case SIOC.SIOCGIFMTU:
      c.space.writeU32(at, MTU);
      return 0;
    case SIOC.SIOCGIFMETRIC:
      c.space.writeU32(at, 0);
      return 0;
    case SIOC.SIOCGIFTXQLEN:
      c.space.writeU32(at, 1000);
      return 0;
    case SIOC.SIOCGIFINDEX:
      c.space.writeU32(at, LOOPBACK_INDEX);
      return 0;
    case SIOC.SIOCGIFHWADDR: {
      const hardware = new Uint8Array(16);
      hardware.set([ARPHRD_LOOPBACK & 255, ARPHRD_LOOPBACK >> 8]);
      c.space.write(at, hardware);
      return 0;
    }
    default:
      throw EPERM;
  }
}
