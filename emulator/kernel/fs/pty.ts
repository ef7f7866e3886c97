/**
 * Pseudo-terminals (drivers/tty/pty.c; pty(7)): opening /dev/ptmx makes a pair. What the master writes is typed at the
 * slave, what the slave prints is read from the master, with a terminal's line discipline in between.
 */

import { PACKET, TERMIOS_CC } from '../../abi/flags-ioctl.ts';
import { SI_CODE } from '../../abi/signals.ts';
import { join } from '../../memory/bytes.ts';
import type { Context } from '../context.ts';
import { EBUSY, EIO, ENOSPC } from '../errors.ts';
import type { KernelState } from '../state.ts';
import { POLLERR, POLLHUP, POLLPRI, S_IFCHR } from './constants.ts';
import { addInode } from './inodes.ts';
import type { Reading } from './io.ts';
import { IN, notify, OUT } from './readiness.ts';
import type { Directory, FsState, Inode, PtyEnd, Terminal } from './state.ts';
import {
  acceptsInput,
  canonical,
  control,
  hasRoom,
  inputReady,
  newTerminal,
  outputLength,
  peekInput,
  print,
  readable,
  receive,
  skipInput,
  skipOutput,
} from './terminal.ts';

/** /proc/sys/kernel/pty/max. */
export const PTY_MAXIMUM = 4096;
const TTY_GROUP = 5;

/** The terminal behind an inode, if it is one. */
export function terminalOf(fs: FsState, inode: Inode): Terminal | undefined {
  if (inode.is === 'stream') return inode.terminal ? fs.terminals.get(0) : undefined;
  return inode.is === 'pty-master' || inode.is === 'pty-slave' ? fs.terminals.get(inode.terminal) : undefined;
}

function ptsDirectory(fs: FsState): Directory {
  const superblock = fs.superblocks.find(s => s.type === 'devpts')!;
  return fs.inodes.get(superblock.root) as Directory;
}

/** open of /dev/ptmx: the master of a new pair, whose slave is locked. */
export function newPty(c: Context): PtyEnd {
  const { fs } = c.state;
  let index = 0;
  while (fs.terminals.has(index)) index++;
  if (index >= PTY_MAXIMUM) throw ENOSPC;
  const directory = ptsDirectory(fs);
  const terminal = newTerminal(index, 'pty', 0, 0);
  const { fsuid } = c.process.credentials;
  const base = { superblock: directory.superblock, uid: fsuid, gid: TTY_GROUP, time: c.realtime() };
  const master = addInode<PtyEnd>(
    fs,
    { ...base, mode: S_IFCHR | 0o666, uid: 0, gid: 0 },
    { is: 'pty-master', terminal: index },
  );
  const slave = addInode<PtyEnd>(fs, { ...base, mode: S_IFCHR | 0o620 }, { is: 'pty-slave', terminal: index });
  terminal.master = master.id;
  terminal.slave = slave.id;
  fs.terminals.set(index, terminal);
  directory.entries.set(String(index), { inode: slave.id, cookie: directory.nextCookie++ });
  return master;
}

/** Whether the slave may be opened now, and what that changes. */
export function openSlave(c: Context, slave: PtyEnd): void {
  const terminal = c.state.fs.terminals.get(slave.terminal);
  if (!terminal || terminal.hungUp || terminal.locked) throw EIO;
  if (terminal.exclusive && c.process.credentials.euid !== 0) throw EBUSY;
  terminal.slaveClosed = false;
}

/** The last descriptor of one end was closed. The sessions of a terminal that hangs up are told later (`hangUps`). */
export function closeEnd(state: KernelState, wake: Context['wake'], end: PtyEnd): void {
  const { fs } = state;
  const terminal = fs.terminals.get(end.terminal);
  if (!terminal) return;
  const slave = fs.inodes.get(terminal.slave);
  if (end.is === 'pty-slave') {
    terminal.slaveClosed = true;
    terminal.exclusive = false;
    if (!terminal.hungUp) notify(state, wake, terminal.master, IN | POLLHUP);
  } else {
    terminal.hungUp = true;
    terminal.lines = [];
    terminal.output = [];
    fs.hangUps.push(terminal.index);
    end.nlink = 0;
    ptsDirectory(fs).entries.delete(String(terminal.index));
    if (slave) {
      slave.nlink = 0;
      if (slave.opens === 0) fs.inodes.delete(slave.id);
      notify(state, wake, slave.id, IN | OUT | POLLHUP | POLLERR);
    }
  }
  if (terminal.hungUp && (!slave || slave.opens === 0)) fs.terminals.delete(terminal.index);
}

export function ptyReadiness(fs: FsState, end: PtyEnd): number {
  const terminal = fs.terminals.get(end.terminal);
  if (!terminal || (end.is === 'pty-slave' && terminal.hungUp)) return IN | OUT | POLLERR | POLLHUP;
  if (end.is === 'pty-slave') return (inputReady(terminal) ? IN : 0) | (hasRoom(terminal) ? OUT : 0);
  const hangUp = terminal.slaveClosed ? POLLHUP : 0;
  const told = hasStatus(terminal) ? IN | POLLPRI : 0;
  return (outputLength(terminal) > 0 ? IN : 0) | told | hangUp | (acceptsInput(terminal) ? OUT : 0);
}

const hasStatus = (terminal: Terminal): boolean => terminal.packet && terminal.status !== 0;

const nothing: Reading = { bytes: new Uint8Array(0), done: () => {} };

/** As prepareRead: undefined when there is nothing yet. */
export function readPty(c: Context, end: PtyEnd, length: number): Reading | undefined {
  const { fs } = c.state;
  const terminal = fs.terminals.get(end.terminal);
  if (!terminal || (end.is === 'pty-slave' && terminal.hungUp)) return nothing;
  if (length === 0) return nothing;
  const changed = (inode: number, mask: number): void =>
    notify(c.state, (key, count) => c.wake(key, count), inode, mask);
  if (end.is === 'pty-master') {
    if (hasStatus(terminal))
      return {
        bytes: Uint8Array.of(terminal.status),
        done: () => {
          terminal.status = 0;
        },
      };
    if (outputLength(terminal) === 0) {
      if (terminal.slaveClosed) throw EIO;
      return undefined;
    }
    const head = terminal.packet ? [Uint8Array.of(PACKET.DATA)] : [];
    return {
      bytes: join([...head, ...terminal.output]).subarray(0, length),
      done: count => {
        skipOutput(terminal, count - head.length);
        changed(terminal.slave, OUT);
      },
    };
  }
  if (!readableNow(terminal, length)) return undefined;
  return {
    bytes: peekInput(terminal, length),
    done: count => {
      skipInput(terminal, count);
      changed(terminal.master, OUT);
    },
  };
}

/** Without ICANON, VMIN and VTIME say when a read is over (termios(3)). */
function readableNow(terminal: Terminal, length: number): boolean {
  if (canonical(terminal)) return terminal.lines.length > 0;
  const wanted = control(terminal, TERMIOS_CC.VMIN);
  if (wanted === 0) return readable(terminal) > 0 || control(terminal, TERMIOS_CC.VTIME) === 0;
  return readable(terminal) >= Math.min(wanted, length);
}

/** How long a read without ICANON waits at most, in nanoseconds; undefined: for ever. */
export function readTimeout(fs: FsState, inode: Inode): bigint | undefined {
  const terminal = inode.is === 'pty-slave' ? fs.terminals.get(inode.terminal) : undefined;
  if (!terminal || canonical(terminal)) return undefined;
  const tenths = control(terminal, TERMIOS_CC.VTIME);
  // With VMIN the clock starts at the first byte.
  if (tenths === 0 || (control(terminal, TERMIOS_CC.VMIN) > 0 && readable(terminal) === 0)) return undefined;
  return BigInt(tenths) * 100_000_000n;
}

/** VTIME is over: whatever is there is what the read gives. */
export function readLate(c: Context, inode: Inode, length: number): Reading | undefined {
  if (inode.is !== 'pty-slave') return undefined;
  const terminal = c.state.fs.terminals.get(inode.terminal);
  if (!terminal) return nothing;
  return { bytes: peekInput(terminal, length), done: count => skipInput(terminal, count) };
}

/** As writeNow: undefined when nothing can be taken now. */
export function writePty(c: Context, end: PtyEnd, bytes: Uint8Array): number | undefined {
  const { fs } = c.state;
  const terminal = fs.terminals.get(end.terminal);
  if (!terminal || (end.is === 'pty-slave' && terminal.hungUp)) throw EIO;
  if (bytes.length === 0) return 0;
  if (end.is === 'pty-slave') {
    const count = print(terminal, bytes);
    if (count === 0) return undefined;
    notify(c.state, (key, n) => c.wake(key, n), terminal.master, IN);
    return count;
  }
  const count = type(c, terminal, bytes);
  return count === 0 ? undefined : count;
}

/** Somebody types: signals go to the foreground group, and both ends hear of what there is now. */
export function type(c: Context, terminal: Terminal, bytes: Uint8Array): number {
  const { count, signals, output } = receive(terminal, bytes);
  for (const signo of signals) signalForeground(c, terminal, signo);
  if (output || hasStatus(terminal)) changedBoth(c, terminal);
  if (inputReady(terminal)) notify(c.state, (key, n) => c.wake(key, n), terminal.slave, IN);
  return count;
}

/** There may be output for the master, or room again for who prints. */
export function changedBoth(c: Context, terminal: Terminal): void {
  const wake: Context['wake'] = (key, n) => c.wake(key, n);
  const told = hasStatus(terminal);
  if (told || outputLength(terminal) > 0) notify(c.state, wake, terminal.master, told ? IN | POLLPRI : IN);
  if (hasRoom(terminal)) notify(c.state, wake, terminal.slave, OUT);
}

const NO_FIELDS = new Uint8Array(112);

/** A signal from the terminal itself. */
export function signalForeground(c: Context, terminal: Terminal, signo: number): void {
  if (terminal.foreground > 0) c.signal({ is: 'group', id: terminal.foreground }, signo, SI_CODE.SI_KERNEL, NO_FIELDS);
}
