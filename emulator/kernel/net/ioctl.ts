/** ioctl on sockets: what waits in the queues, and what interfaces there are (netdevice(7)): the loopback. */
import { IOCTL } from '../../abi/flags-ioctl.ts';
import type { Context } from '../context.ts';
import { EINVAL, ENODEV, ENOTTY, EPERM } from '../errors.ts';
import { LOOPBACK_INDEX } from './control.ts';
import type { Socket } from './state.ts';

const { SIOCGIFNAME, SIOCGIFCONF, SIOCGIFFLAGS, SIOCSIFFLAGS, SIOCGIFADDR, SIOCGIFBRDADDR, SIOCGIFNETMASK } = IOCTL;
const { SIOCGIFMETRIC, SIOCGIFMTU, SIOCGIFHWADDR, SIOCGIFINDEX, SIOCGIFTXQLEN } = IOCTL;
/** Has the number of a terminal's TIOCOUTQ. */
const SIOCOUTQ = IOCTL.TIOCOUTQ;
/** What is asked of an interface, by its name. */
const OF_INTERFACE: readonly number[] = [
  ...[SIOCGIFFLAGS, SIOCSIFFLAGS, SIOCGIFADDR, SIOCGIFBRDADDR, SIOCGIFNETMASK],
  ...[SIOCGIFMETRIC, SIOCGIFMTU, SIOCGIFHWADDR, SIOCGIFINDEX, SIOCGIFTXQLEN],
];

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
    case SIOCOUTQ:
      if (socket.link === 'listening') throw EINVAL;
      c.space.writeU32(address, socket.kind === 'tcp' ? 0 : socket.charged);
      return 0;
    case SIOCGIFNAME:
      if (c.space.readU32(address + NAME_SIZE) !== LOOPBACK_INDEX) throw ENODEV;
      c.space.write(address, Uint8Array.of(0x6c, 0x6f, 0));
      return 0;
    case SIOCGIFCONF: {
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
  if (!OF_INTERFACE.includes(cmd)) throw ENOTTY;
  const name = c.space.read(address, NAME_SIZE);
  if (name[0] !== 0x6c || name[1] !== 0x6f || name[2] !== 0) throw ENODEV;
  const at = address + NAME_SIZE;
  switch (cmd) {
    case SIOCGIFFLAGS:
      c.space.write(at, Uint8Array.of(FLAGS, 0));
      return 0;
    case SIOCGIFADDR:
      c.space.write(at, loopback);
      return 0;
    case SIOCGIFNETMASK:
      c.space.write(at, Uint8Array.of(2, 0, 0, 0, 255, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0));
      return 0;
    case SIOCGIFBRDADDR:
      c.space.write(at, Uint8Array.of(2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0));
      return 0;
    case SIOCGIFMTU:
      c.space.writeU32(at, MTU);
      return 0;
    case SIOCGIFMETRIC:
      c.space.writeU32(at, 0);
      return 0;
    case SIOCGIFTXQLEN:
      c.space.writeU32(at, 1000);
      return 0;
    case SIOCGIFINDEX:
      c.space.writeU32(at, LOOPBACK_INDEX);
      return 0;
    case SIOCGIFHWADDR: {
      const hardware = new Uint8Array(16);
      hardware.set([ARPHRD_LOOPBACK & 255, ARPHRD_LOOPBACK >> 8]);
      c.space.write(at, hardware);
      return 0;
    }
    default:
      throw EPERM;
  }
}
