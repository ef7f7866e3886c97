/** ioctl(2): the command's name and what its argument points at, for terminals, sockets, pipes and files. */
import {
  BAUD,
  FS_FL,
  IOCTL,
  TERMIOS_C_CFLAG,
  TERMIOS_C_IFLAG,
  TERMIOS_C_LFLAG,
  TERMIOS_C_OFLAG,
  TERMIOS_CC,
} from '../abi/flags-ioctl.ts';
import { WINSIZE } from '../abi/structs.ts';
import type { CallPrinter } from './calls.ts';
import { bytesAt, type CallContext, register, uint, viewAt } from './context.ts';
import { argument, named } from './rows.ts';
import { bits, choice, hex, nameOf, pointer } from './text.ts';
import { formatBuffer, formatFd, formatStructAt } from './values.ts';

const DIRECTIONS: readonly string[] = ['_IOC_NONE', '_IOC_WRITE', '_IOC_READ', '_IOC_READ|_IOC_WRITE'];

/** The name, or the parts of the number: direction, type, number, size. */
function commandName(cmd: number): string {
  const name = nameOf(IOCTL, BigInt(cmd));
  if (name !== undefined) return name;
  const [type, number, size] = [(cmd >>> 8) & 0xff, cmd & 0xff, (cmd >>> 16) & 0x3fff];
  return `_IOC(${DIRECTIONS[cmd >>> 30]}, ${hex(type)}, ${hex(number)}, ${hex(size)})`;
}

/** Flags of a terminal: nothing at all when none is set. */
const modes = (names: Readonly<Record<string, number>>, value: number): string =>
  value === 0 ? '' : bits(names, BigInt(value), '');

function formatTermios(c: CallContext, address: bigint): string {
  const bytes = bytesAt(c, address, 36);
  if (!bytes) return pointer(address);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [iflag, oflag, cflag, lflag] = [0, 4, 8, 12].map(at => view.getUint32(at, true));
  const tabs = ['TAB0', 'TAB1', 'TAB2', 'XTABS'][(oflag >>> 11) & 3];
  const delays = `NL${(oflag >>> 8) & 1}|CR${(oflag >>> 9) & 3}|${tabs}|BS${(oflag >>> 13) & 1}|VT${(oflag >>> 14) & 1}|FF${(oflag >>> 15) & 1}`;
  const speed = choice(BAUD, BigInt(cflag & 0o10017), 'B???');
  const size = `CS${5 + ((cflag >>> 4) & 3)}`;
  const head = [
    `c_iflag=${modes(TERMIOS_C_IFLAG, iflag)}`,
    `c_oflag=${delays}|${modes(TERMIOS_C_OFLAG, (oflag & ~0xff00) >>> 0)}`,
    `c_cflag=${speed}|${size}|${modes(TERMIOS_C_CFLAG, (cflag & ~0o10077) >>> 0)}`,
    `c_lflag=${modes(TERMIOS_C_LFLAG, lflag)}`,
  ].join(', ');
  if (!c.options.verbose) return `{${head}, ...}`;
  const line = choice({ N_TTY: 0, N_SLIP: 1, N_MOUSE: 2, N_PPP: 3 }, BigInt(bytes[16]), 'N_???');
  const characters = Array.from(bytes.subarray(17, 36), (value, i) => {
    const name = nameOf(TERMIOS_CC, BigInt(i));
    return `[${name ?? i}]=${hex(value)}`;
  });
  return `{${head}, c_line=${line}, c_cc=[${characters.join(', ')}]}`;
}

const integerAt = (c: CallContext, address: bigint): string => {
  const view = viewAt(c, address, 4);
  return view ? `[${view.getInt32(0, true)}]` : pointer(address);
};

type ArgumentKind =
  | 'none'
  | 'int-in'
  | 'int-out'
  | 'number'
  | 'termios-in'
  | 'termios-out'
  | 'winsize-in'
  | 'winsize-out'
  | 'flags-in'
  | 'flags-out'
  | 'fd'
  | 'queue'
  | 'flow'
  | 'character'
  | 'hex-number';

/** What the argument of a command is; anything else is shown as the word it is. */
const KINDS: Readonly<Record<number, ArgumentKind>> = {
  [IOCTL.TCGETS]: 'termios-out',
  [IOCTL['SNDCTL_TMR_START or TCSETS']]: 'termios-in',
  [IOCTL['SNDCTL_TMR_STOP or TCSETSW']]: 'termios-in',
  [IOCTL['SNDCTL_TMR_CONTINUE or TCSETSF']]: 'termios-in',
  [IOCTL.TIOCGWINSZ]: 'winsize-out',
  [IOCTL.TIOCSWINSZ]: 'winsize-in',
  [IOCTL.TIOCGPGRP]: 'int-out',
  [IOCTL.TIOCSPGRP]: 'int-in',
  [IOCTL.TIOCGSID]: 'int-out',
  [IOCTL.TIOCGPTN]: 'int-out',
  [IOCTL.TIOCSPTLCK]: 'int-in',
  [IOCTL.TIOCGEXCL]: 'int-out',
  [IOCTL.TIOCGDEV]: 'int-out',
  [IOCTL.TIOCGETD]: 'int-out',
  [IOCTL.TIOCSETD]: 'int-in',
  [IOCTL.TIOCPKT]: 'int-in',
  [IOCTL.TIOCGSOFTCAR]: 'int-out',
  [IOCTL.TIOCSTI]: 'character',
  [IOCTL.TCSBRK]: 'number',
  [IOCTL.TCSBRKP]: 'number',
  [IOCTL.TCXONC]: 'flow',
  [IOCTL.TCGETS2]: 'termios-out',
  [IOCTL.TCSETS2]: 'termios-in',
  [IOCTL.TCSETSW2]: 'termios-in',
  [IOCTL.TCSETSF2]: 'termios-in',
  [IOCTL.TIOCOUTQ]: 'int-out',
  [IOCTL.FIONREAD]: 'int-out',
  [IOCTL.FIONBIO]: 'int-in',
  [IOCTL.FIOASYNC]: 'int-in',
  [IOCTL.FIOCLEX]: 'none',
  [IOCTL.FIONCLEX]: 'none',
  [IOCTL.TIOCNOTTY]: 'none',
  [IOCTL.TIOCVHANGUP]: 'none',
  [IOCTL.TIOCEXCL]: 'none',
  [IOCTL.TIOCNXCL]: 'none',
  [IOCTL.TIOCSCTTY]: 'number',
  [IOCTL.TCFLSH]: 'queue',
  [IOCTL.FS_IOC_GETFLAGS]: 'flags-out',
  [IOCTL.FS_IOC_SETFLAGS]: 'flags-in',
  [IOCTL['BTRFS_IOC_CLONE or FICLONE']]: 'fd',
};

const FLOW = { TCOOFF: 0, TCOON: 1, TCIOFF: 2, TCION: 3 } as const;
const QUEUES = { TCIFLUSH: 0, TCOFLUSH: 1, TCIOFLUSH: 2 } as const;

function pointed(c: CallContext, kind: ArgumentKind, raw: bigint): string {
  switch (kind) {
    case 'int-in':
    case 'int-out':
      return integerAt(c, raw);
    case 'termios-in':
    case 'termios-out':
      return formatTermios(c, raw);
    case 'winsize-in':
    case 'winsize-out':
      return formatStructAt(c, WINSIZE, raw);
    case 'flags-in':
    case 'flags-out': {
      const view = viewAt(c, raw, 4);
      return view ? `[${bits(FS_FL, BigInt(view.getUint32(0, true)), 'FS_???')}]` : pointer(raw);
    }
    case 'number':
      return BigInt.asIntN(32, raw).toString();
    case 'fd':
      return formatFd(c, Number(BigInt.asIntN(32, raw)));
    case 'queue':
      return choice(QUEUES, raw, 'TC???');
    case 'flow':
      return choice(FLOW, raw, 'TC???');
    case 'character':
      return formatBuffer(c, raw, 1n);
    default:
      return hex(raw);
  }
}

export const ioctl: CallPrinter = {
  enter(c) {
    const kind = KINDS[uint(c, 1)];
    const parts = [argument(c, 0), named(c, 1, commandName(uint(c, 1)))];
    if (kind === 'none') return { parts, more: false };
    if (kind?.endsWith('-out')) return { parts, more: true };
    const raw = register(c, 2);
    return { parts: [...parts, named(c, 2, kind ? pointed(c, kind, raw) : hex(raw))], more: false };
  },
  exit(c) {
    const raw = register(c, 2);
    const kind = KINDS[uint(c, 1)] ?? 'number';
    return [named(c, 2, c.failed ? pointer(raw) : pointed(c, kind, raw))];
  },
};
