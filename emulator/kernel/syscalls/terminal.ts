/** ioctl(2) of terminals (ioctl_tty(2)): modes, size, job control, flow, and what only pseudo-terminals have. */
import { IOCTL, TERMIOS_CC } from '../../abi/flags-ioctl.ts';
import { SIG, signalByNumber } from '../../abi/signals.ts';
import { WINSIZE } from '../../abi/structs.ts';
import { readStruct, writeStruct } from '../../abi/types.ts';
import type { Context } from '../context.ts';
import { EINVAL, EIO, ENOTTY, EPERM, ESRCH } from '../errors.ts';
import { O_ACCMODE, O_CLOEXEC, O_NOCTTY, O_NONBLOCK, O_WRONLY } from '../fs/constants.ts';
import { installNew } from '../fs/descriptions.ts';
import { changedBoth, openSlave, signalForeground, type } from '../fs/pty.ts';
import type { Description, Inode, PtyEnd, Terminal } from '../fs/state.ts';
import { control, flushInput, setStopped, setTermios, tellFlush } from '../fs/terminal.ts';
import {
  controllingTerminal,
  giveUpTerminal,
  isSessionLeader,
  requireForeground,
  setTerminal,
  takeTerminal,
} from '../job-control.ts';

const TCSETS = IOCTL['SNDCTL_TMR_START or TCSETS'];
const TCSETSW = IOCTL['SNDCTL_TMR_STOP or TCSETSW'];
const TCSETSF = IOCTL['SNDCTL_TMR_CONTINUE or TCSETSF'];
/** struct termios2: termios and two speeds. */
const TERMIOS2_SIZE = 44;
const SPEED = 38400;
const N_TTY = 0;

/** What changes a terminal is for its foreground group (tty_check_change). */
const CHANGES: readonly number[] = [
  ...[TCSETS, TCSETSW, TCSETSF, IOCTL.TCSETS2, IOCTL.TCSETSW2, IOCTL.TCSETSF2],
  ...[IOCTL.TCSBRK, IOCTL.TCSBRKP, IOCTL.TCXONC, IOCTL.TCFLSH, IOCTL.TIOCSETD],
];

/** The terminal's ioctls; ENOTTY for what is none of them. */
export function terminalControl(
  c: Context,
  description: Description,
  inode: Inode,
  terminal: Terminal,
  cmd: number,
  arg: bigint,
): number {
  const address = Number(arg);
  const isMaster = inode.is === 'pty-master';
  // What was opened before the hang-up is good for nothing (hung_up_tty_ioctl).
  if (terminal.hungUp && !isMaster) throw cmd === IOCTL.TIOCSPGRP ? ENOTTY : EIO;
  if (CHANGES.includes(cmd)) requireForeground(c, c.task, terminal, SIG.SIGTTOU);
  const own = controllingTerminal(c.state, c.process) === terminal;
  switch (cmd) {
    case IOCTL.TCGETS:
      c.space.write(address, terminal.termios);
      return 0;
    case IOCTL.TCGETS2: {
      const bytes = new Uint8Array(TERMIOS2_SIZE);
      bytes.set(terminal.termios);
      new DataView(bytes.buffer).setUint32(36, SPEED, true);
      new DataView(bytes.buffer).setUint32(40, SPEED, true);
      c.space.write(address, bytes);
      return 0;
    }
    case TCSETS:
    case TCSETSW:
    case TCSETSF:
    case IOCTL.TCSETS2:
    case IOCTL.TCSETSW2:
    case IOCTL.TCSETSF2:
      setTermios(terminal, c.space.read(address, terminal.termios.length));
      if (cmd === TCSETSF || cmd === IOCTL.TCSETSF2) {
        flush(c, terminal);
        if (!isMaster) tellFlush(terminal, true, false);
      }
      changedBoth(c, terminal);
      return 0;
    case IOCTL.TIOCGWINSZ: {
      const [ws_xpixel, ws_ypixel] = terminal.pixels;
      const { rows: ws_row, columns: ws_col } = terminal;
      c.space.write(address, writeStruct(WINSIZE, { ws_row, ws_col, ws_xpixel, ws_ypixel }));
      return 0;
    }
    case IOCTL.TIOCSWINSZ:
      resize(c, terminal, address);
      return 0;
    case IOCTL.TIOCGPGRP:
      if (!isMaster && !own) throw ENOTTY;
      c.space.writeU32(address, terminal.foreground);
      return 0;
    case IOCTL.TIOCSPGRP:
      setForeground(c, terminal, address);
      return 0;
    case IOCTL.TIOCGSID:
      if ((!isMaster && !own) || terminal.session === 0) throw ENOTTY;
      c.space.writeU32(address, terminal.session);
      return 0;
    case IOCTL.TIOCSCTTY:
      take(c, description, terminal, address);
      return 0;
    case IOCTL.TIOCNOTTY:
      if (!own) throw ENOTTY;
      giveUpTerminal(c, c.process, false);
      return 0;
    case IOCTL.TIOCEXCL:
    case IOCTL.TIOCNXCL:
      terminal.exclusive = cmd === IOCTL.TIOCEXCL;
      return 0;
    case IOCTL.TIOCGEXCL:
      c.space.writeU32(address, terminal.exclusive ? 1 : 0);
      return 0;
    case IOCTL.TIOCOUTQ:
      c.space.writeU32(address, 0);
      return 0;
    case IOCTL.TIOCGETD:
      c.space.writeU32(address, N_TTY);
      return 0;
    case IOCTL.TIOCSETD:
      if (c.space.readU32(address) !== N_TTY) throw EINVAL;
      return 0;
    case IOCTL.TIOCGDEV:
      c.space.writeU32(address, 0x8800 + terminal.index);
      return 0;
    case IOCTL.TCSBRK:
    case IOCTL.TCSBRKP:
      return 0;
    case IOCTL.TCXONC:
      flow(c, terminal, address);
      return 0;
    case IOCTL.TCFLSH:
      if (address > 2) throw EINVAL;
      if (address !== 1) flush(c, terminal);
      if (!isMaster) {
        tellFlush(terminal, address !== 1, address !== 0);
        changedBoth(c, terminal);
      }
      return 0;
    case IOCTL.TIOCGSOFTCAR:
      c.space.writeU32(address, 0);
      return 0;
    case IOCTL.TIOCSTI:
      // Since 6.2 nobody but root may put words into somebody's mouth.
      if (c.process.credentials.euid !== 0) throw EIO;
      type(c, terminal, c.space.read(address, 1));
      return 0;
    case IOCTL.TIOCVHANGUP:
    case IOCTL.TIOCCONS:
      throw EPERM;
  }
  if (isMaster) return masterControl(c, terminal, cmd, arg);
  throw ENOTTY;
}

function masterControl(c: Context, terminal: Terminal, cmd: number, arg: bigint): number {
  const address = Number(arg);
  switch (cmd) {
    case IOCTL.TIOCGPTN:
      c.space.writeU32(address, terminal.index);
      return 0;
    case IOCTL.TIOCSPTLCK:
      terminal.locked = c.space.readU32(address) !== 0;
      return 0;
    case IOCTL.TIOCGPTLCK:
      c.space.writeU32(address, terminal.locked ? 1 : 0);
      return 0;
    case IOCTL.TIOCGPKT:
      c.space.writeU32(address, terminal.packet ? 1 : 0);
      return 0;
    case IOCTL.TIOCPKT: {
      const packet = c.space.readU32(address) !== 0;
      if (packet && !terminal.packet) terminal.status = 0;
      terminal.packet = packet;
      return 0;
    }
    case IOCTL.TIOCSIG: {
      if (!([SIG.SIGINT, SIG.SIGQUIT, SIG.SIGTSTP] as number[]).includes(address) || !signalByNumber(address))
        throw EINVAL;
      signalForeground(c, terminal, address);
      return 0;
    }
    case IOCTL.TIOCGPTPEER: {
      const slave = c.state.fs.inodes.get(terminal.slave) as PtyEnd;
      const flags = Number(BigInt.asUintN(32, arg)) & (O_ACCMODE | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
      openSlave(c, slave);
      const place = { directory: c.state.fs.superblocks[slave.superblock].root, name: String(terminal.index) };
      const fd = installNew(c, slave, flags, place);
      if (!(flags & O_NOCTTY) && (flags & O_ACCMODE) !== O_WRONLY) takeTerminal(c, c.process, terminal);
      return fd;
    }
    default:
      throw ENOTTY;
  }
}

function resize(c: Context, terminal: Terminal, address: number): void {
  const size = readStruct(WINSIZE, c.space.read(address, WINSIZE.size));
  const [x, y] = terminal.pixels;
  if (size.ws_row === terminal.rows && size.ws_col === terminal.columns && size.ws_xpixel === x && size.ws_ypixel === y)
    return;
  terminal.rows = size.ws_row;
  terminal.columns = size.ws_col;
  terminal.pixels = [size.ws_xpixel, size.ws_ypixel];
  signalForeground(c, terminal, SIG.SIGWINCH);
}

/** tcsetpgrp (tiocspgrp). */
function setForeground(c: Context, terminal: Terminal, address: number): void {
  try {
    requireForeground(c, c.task, terminal, SIG.SIGTTOU);
  } catch (error) {
    throw error === EIO ? ENOTTY : error;
  }
  if (controllingTerminal(c.state, c.process) !== terminal) throw ENOTTY;
  const group = c.space.readU32(address) | 0;
  if (group < 0) throw EINVAL;
  const members = [...c.state.processes.values()].filter(p => p.group === group);
  if (members.length === 0) throw ESRCH;
  if (!members.some(p => p.session === c.process.session)) throw EPERM;
  terminal.foreground = group;
}

/** TIOCSCTTY (tiocsctty): the terminal becomes that of the caller's session; with 1 root may take it from another. */
function take(c: Context, description: Description, terminal: Terminal, force: number): void {
  const { process } = c;
  const root = process.credentials.euid === 0;
  if (isSessionLeader(process) && terminal.session === process.session) return;
  if (!isSessionLeader(process) || controllingTerminal(c.state, process)) throw EPERM;
  if (terminal.session !== 0 && !(force === 1 && root)) throw EPERM;
  if ((description.flags & O_ACCMODE) === O_WRONLY && !root) throw EPERM;
  setTerminal(process, terminal);
}

const [TCOOFF, TCOON, TCIOFF, TCION] = [0, 1, 2, 3];

/** tcflow(3): output stops and goes on, or the other end is told to. */
function flow(c: Context, terminal: Terminal, action: number): void {
  if (action === TCOOFF || action === TCOON) {
    setStopped(terminal, action === TCOOFF);
    changedBoth(c, terminal);
  } else if (action === TCIOFF || action === TCION) {
    const c_cc = control(terminal, action === TCIOFF ? TERMIOS_CC.VSTOP : TERMIOS_CC.VSTART);
    if (c_cc !== 0) terminal.output.push(Uint8Array.of(c_cc));
    changedBoth(c, terminal);
  } else throw EINVAL;
}

function flush(c: Context, terminal: Terminal): void {
  if (terminal.is === 'console') c.state.fs.input.chunks = [];
  else flushInput(terminal);
}
