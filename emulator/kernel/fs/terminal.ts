/**
 * What a terminal does between its two sides (drivers/tty/n_tty.c; termios(3)): it gathers what is typed into lines that
 * can still be edited, echoes it, turns some characters into signals, and lays out what programs print. A terminal is
 * plain data; signals and wake-ups are left to the caller.
 */

import { PACKET, TERMIOS_C_IFLAG, TERMIOS_C_LFLAG, TERMIOS_C_OFLAG, TERMIOS_CC } from '../../abi/flags-ioctl.ts';
import { SIG } from '../../abi/signals.ts';
import { join } from '../../memory/bytes.ts';
import type { Terminal } from './state.ts';

const I = TERMIOS_C_IFLAG;
const O = TERMIOS_C_OFLAG;
const L = TERMIOS_C_LFLAG;

/** The index of the terminal that the standard streams are, if they are one. */
export const CONSOLE = 0;

/** N_TTY_BUF_SIZE: a line that can be edited is one byte shorter. */
export const INPUT_LIMIT = 4096;
/** What a pseudo-terminal holds for its master before writers wait (TTYB_DEFAULT_MEM_LIMIT). */
export const OUTPUT_LIMIT = 65536;

const [BACKSPACE, TAB, NEWLINE, RETURN, SPACE, CARET, DELETE] = [8, 9, 10, 13, 32, 0x5e, 0x7f];
const NOTHING = new Uint8Array(0);

const TERMIOS_SIZE = 36;
const CONTROL_CHARACTERS = 17;

/** struct termios of a fresh terminal (tty_std_termios, asm-generic/termbits.h): flags, line, control characters. */
function freshTermios(iflag: number): Uint8Array {
  const bytes = new Uint8Array(TERMIOS_SIZE);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, iflag, true);
  view.setUint32(4, O.OPOST | O.ONLCR, true);
  view.setUint32(8, 0o277, true); // B38400 | CS8 | CREAD
  view.setUint32(12, 0o105073, true); // ISIG ICANON ECHO ECHOE ECHOK ECHOCTL ECHOKE IEXTEN
  bytes.set([3, 28, 127, 21, 4, 0, 1, 0, 17, 19, 26, 0, 18, 15, 23, 22], CONTROL_CHARACTERS);
  return bytes;
}

export function newTerminal(index: number, is: Terminal['is'], rows: number, columns: number): Terminal {
  return {
    is,
    index,
    // Terminal programs set IUTF8; a pseudo-terminal that nobody has set up is without.
    termios: freshTermios(I.ICRNL | I.IXON | (is === 'console' ? I.IUTF8 : 0)),
    rows,
    columns,
    pixels: [0, 0],
    session: 0,
    foreground: 0,
    master: 0,
    slave: 0,
    locked: true,
    hungUp: false,
    slaveClosed: false,
    exclusive: false,
    stopped: false,
    packet: false,
    status: 0,
    literal: false,
    lines: [],
    editing: NOTHING,
    output: [],
    column: 0,
    lineStart: 0,
  };
}

const word = (t: Terminal, at: number): number =>
  t.termios[at] | (t.termios[at + 1] << 8) | (t.termios[at + 2] << 16) | (t.termios[at + 3] << 24);
const iflag = (t: Terminal): number => word(t, 0);
const oflag = (t: Terminal): number => word(t, 4);
export const localModes = (t: Terminal): number => word(t, 12);
/** Control character: an index of TERMIOS_CC. */
export const control = (t: Terminal, index: number): number => t.termios[CONTROL_CHARACTERS + index];
/** With EXTPROC it is the master that edits. */
export const canonical = (t: Terminal): boolean => (localModes(t) & (L.ICANON | L.EXTPROC)) === L.ICANON;

/** What a master that reads packets is told next. */
function tell(t: Terminal, status: number, instead = 0): void {
  if (t.packet) t.status = (t.status & ~instead) | status;
}

/** Output stops or goes on (pty_stop, pty_start). */
export function setStopped(t: Terminal, stopped: boolean): void {
  if (t.stopped === stopped) return;
  t.stopped = stopped;
  if (stopped) tell(t, PACKET.STOP, PACKET.START);
  else tell(t, PACKET.START, PACKET.STOP);
}

/** The slave's input or output is thrown away. */
export const tellFlush = (t: Terminal, input: boolean, output: boolean): void =>
  tell(t, (input ? PACKET.FLUSHREAD : 0) | (output ? PACKET.FLUSHWRITE : 0));

/** Whether ^S and ^Q are what stops and starts output. */
const usualFlow = (t: Terminal): boolean =>
  (iflag(t) & I.IXON) !== 0 && control(t, TERMIOS_CC.VSTOP) === 19 && control(t, TERMIOS_CC.VSTART) === 17;

/** TCSETS and its kin. What was typed already is seen as the new mode sees it (n_tty_set_termios). */
export function setTermios(t: Terminal, bytes: Uint8Array): void {
  const before = canonical(t);
  const flow = usualFlow(t);
  const external = localModes(t) & L.EXTPROC;
  const copy = bytes.slice();
  // A pseudo-terminal has eight bits and no parity, whatever it is told (pty_set_termios).
  if (t.is === 'pty') {
    const view = new DataView(copy.buffer);
    view.setUint32(8, (view.getUint32(8, true) & ~0o460) | 0o260, true);
  }
  t.termios = copy;
  if (before !== canonical(t)) {
    const typed = join([...t.lines, t.editing]);
    t.lines = typed.length > 0 ? [typed] : [];
    t.editing = NOTHING;
  }
  if (flow !== usualFlow(t)) tell(t, flow ? PACKET.NOSTOP : PACKET.DOSTOP, PACKET.NOSTOP | PACKET.DOSTOP);
  if (external || localModes(t) & L.EXTPROC) tell(t, PACKET.IOCTL);
  if (!(iflag(t) & I.IXON)) setStopped(t, false);
}

const total = (parts: readonly Uint8Array[]): number => parts.reduce((sum, part) => sum + part.length, 0);

// ---- output -------------------------------------------------------------------------------------------------------

/** Bytes that wait for the master. */
export const outputLength = (t: Terminal): number => total(t.output);
export const hasRoom = (t: Terminal): boolean => !t.stopped && outputLength(t) < OUTPUT_LIMIT;

/** One character as c_oflag lays it out (do_output_opost). */
function lay(t: Terminal, c: number, to: number[]): void {
  const flags = oflag(t);
  if (!(flags & O.OPOST)) {
    to.push(c);
    return;
  }
  switch (c) {
    case NEWLINE:
      if (flags & O.ONLRET) t.column = 0;
      if (flags & O.ONLCR) {
        to.push(RETURN);
        t.column = 0;
      }
      t.lineStart = t.column;
      to.push(NEWLINE);
      return;
    case RETURN:
      if (flags & O.ONOCR && t.column === 0) return;
      if (flags & O.OCRNL) {
        if (flags & O.ONLRET) t.column = t.lineStart = 0;
        to.push(NEWLINE);
        return;
      }
      t.column = t.lineStart = 0;
      to.push(RETURN);
      return;
    case TAB: {
      const spaces = 8 - (t.column & 7);
      t.column += spaces;
      if ((flags & O_TABDLY) === O_TABDLY) for (let i = 0; i < spaces; i++) to.push(SPACE);
      else to.push(TAB);
      return;
    }
    case BACKSPACE:
      if (t.column > 0) t.column--;
      to.push(BACKSPACE);
      return;
    default: {
      const upper = flags & O.OLCUC && c >= 0x61 && c <= 0x7a ? c - 32 : c;
      if (c >= SPACE && c !== DELETE && !continuation(t, c)) t.column++;
      to.push(upper);
    }
  }
}

/** TAB3: tabs become spaces. */
const O_TABDLY = 0o14000;

/** The second to fourth byte of a character in UTF-8 has no column of its own. */
const continuation = (t: Terminal, c: number): boolean => (iflag(t) & I.IUTF8) !== 0 && (c & 0xc0) === 0x80;

/** What a program prints; returns how much of it was taken. */
export function print(t: Terminal, bytes: Uint8Array): number {
  if (!hasRoom(t)) return 0;
  const room = OUTPUT_LIMIT - outputLength(t);
  const out: number[] = [];
  let taken = 0;
  while (taken < bytes.length && out.length < room) lay(t, bytes[taken++], out);
  if (out.length > 0) t.output.push(Uint8Array.from(out));
  return taken;
}

/** The master has read so much. */
export function skipOutput(t: Terminal, count: number): void {
  drop(t.output, count);
}

function drop(parts: Uint8Array[], count: number): void {
  for (let left = count; left > 0 && parts.length > 0; ) {
    const [first] = parts;
    if (first.length > left) {
      parts[0] = first.subarray(left);
      return;
    }
    left -= first.length;
    parts.shift();
  }
}

// ---- echo ---------------------------------------------------------------------------------------------------------

/** A typed character as it is shown: control characters as ^X (do with ECHOCTL), but for tab and newline. */
function echo(t: Terminal, c: number, to: number[]): void {
  if (localModes(t) & L.ECHOCTL && isControl(c) && c !== TAB) {
    lay(t, CARET, to);
    lay(t, c ^ 0x40, to);
  } else lay(t, c, to);
}

const isControl = (c: number): boolean => c < SPACE || c === DELETE;

/** Takes the last character back on the screen. `before` is the line without it: a tab ends where that tells. */
function unecho(t: Terminal, c: number, before: readonly number[], to: number[]): void {
  if (c === TAB) {
    // From the last tab before it, or from where the line began (eraser).
    let width = 0;
    let reached = false;
    for (let i = before.length - 1; i >= 0; i--) {
      if (before[i] === TAB) {
        reached = true;
        break;
      }
      if (isControl(before[i])) width += localModes(t) & L.ECHOCTL ? 2 : 0;
      else if (!continuation(t, before[i])) width++;
    }
    if (!reached) width += t.lineStart;
    for (let n = 8 - (width & 7); n > 0; n--) {
      to.push(BACKSPACE);
      if (t.column > 0) t.column--;
    }
    return;
  }
  const columns = isControl(c) ? (localModes(t) & L.ECHOCTL ? 2 : 0) : 1;
  for (let i = 0; i < columns; i++) for (const part of [BACKSPACE, SPACE, BACKSPACE]) lay(t, part, to);
}

// ---- input --------------------------------------------------------------------------------------------------------

/** How many bytes of input wait for readers, the line that is still edited included. */
const inputLength = (t: Terminal): number => total(t.lines) + t.editing.length;

/** Whether more input can be taken: in canonical mode what is too much is thrown away. */
export const acceptsInput = (t: Terminal): boolean => canonical(t) || inputLength(t) < INPUT_LIMIT;

/** What a reader could have now: a whole line (with nothing in it: the end), or any bytes at all. */
export const inputReady = (t: Terminal): boolean =>
  canonical(t) ? t.lines.length > 0 : inputLength(t) >= Math.max(1, minimum(t));

/** VMIN counts if VTIME does not (n_tty_poll). */
export const minimum = (t: Terminal): number => (control(t, TERMIOS_CC.VTIME) > 0 ? 1 : control(t, TERMIOS_CC.VMIN));

/** Bytes that FIONREAD tells of: whole lines in canonical mode. */
export const readable = (t: Terminal): number => total(t.lines);

/** The bytes of the next read; a line at a time in canonical mode. */
export const peekInput = (t: Terminal, length: number): Uint8Array =>
  (canonical(t) ? (t.lines[0] ?? NOTHING) : join(t.lines)).subarray(0, length);

export function skipInput(t: Terminal, count: number): void {
  if (canonical(t) && t.lines[0]?.length === 0) t.lines.shift();
  else drop(t.lines, count);
}

export function flushInput(t: Terminal): void {
  t.lines = [];
  t.editing = NOTHING;
  t.literal = false;
}

/** What came of input: signals for the foreground group, and whether there is something new for either side. */
export interface Received {
  /** How many bytes were taken. */
  count: number;
  signals: number[];
  output: boolean;
}

/** Bytes that somebody types. */
export function receive(t: Terminal, bytes: Uint8Array): Received {
  const out: number[] = [];
  const line = [...t.editing];
  const done: Received = { count: 0, signals: [], output: false };
  while (done.count < bytes.length) {
    if (!canonical(t) && total(t.lines) + line.length >= INPUT_LIMIT) break;
    const typed = bytes[done.count++];
    if (localModes(t) & L.EXTPROC) line.push(typed);
    else take(t, iflag(t) & I.ISTRIP ? typed & 0x7f : typed, line, out, done);
  }
  if (!canonical(t)) {
    if (line.length > 0) t.lines.push(Uint8Array.from(line));
    t.editing = NOTHING;
  } else t.editing = Uint8Array.from(line);
  if (out.length > 0 && outputLength(t) < OUTPUT_LIMIT) t.output.push(Uint8Array.from(out));
  done.output = out.length > 0;
  return done;
}

const SIGNALS = [
  [TERMIOS_CC.VINTR, SIG.SIGINT],
  [TERMIOS_CC.VQUIT, SIG.SIGQUIT],
  [TERMIOS_CC.VSUSP, SIG.SIGTSTP],
] as const;

/** One typed character (n_tty_receive_char_special). */
function take(t: Terminal, typed: number, line: number[], out: number[], done: Received): void {
  const [modes, input] = [localModes(t), iflag(t)];
  const is = (index: number, c: number): boolean => c !== 0 && c === control(t, index);
  const shows = (modes & L.ECHO) !== 0;
  if (t.literal) {
    t.literal = false;
    put(t, typed, line, out);
    return;
  }
  if (input & I.IXON) {
    if (is(TERMIOS_CC.VSTART, typed)) {
      setStopped(t, false);
      done.output = true;
      return;
    }
    if (is(TERMIOS_CC.VSTOP, typed)) {
      setStopped(t, true);
      return;
    }
    if (input & I.IXANY) setStopped(t, false);
  }
  if (modes & L.ISIG)
    for (const [index, signo] of SIGNALS) {
      if (!is(index, typed)) continue;
      done.signals.push(signo);
      if (!(modes & L.NOFLSH)) {
        flushInput(t);
        tellFlush(t, true, true);
        line.length = 0;
        // What came with it is not echoed any more: echoes are given out when all of it is done.
        out.length = 0;
      }
      if (input & I.IXON) setStopped(t, false);
      if (shows) echo(t, typed, out);
      return;
    }
  let c = typed;
  if (c === RETURN) {
    if (input & I.IGNCR) return;
    if (input & I.ICRNL) c = NEWLINE;
  } else if (c === NEWLINE && input & I.INLCR) c = RETURN;
  if (modes & L.ICANON && edit(t, c, line, out)) return;
  put(t, c, line, out);
}

/** The keys that edit a line or end it; false if the character is none of them. */
function edit(t: Terminal, c: number, line: number[], out: number[]): boolean {
  const modes = localModes(t);
  const is = (index: number): boolean => c !== 0 && c === control(t, index);
  const shows = (modes & L.ECHO) !== 0;
  const extended = (modes & L.IEXTEN) !== 0;
  if (is(TERMIOS_CC.VERASE) || is(TERMIOS_CC.VKILL) || (extended && is(TERMIOS_CC.VWERASE))) {
    erase(t, c, line, out);
    return true;
  }
  if (extended && is(TERMIOS_CC.VLNEXT)) {
    t.literal = true;
    if (shows && modes & L.ECHOCTL) out.push(CARET, BACKSPACE);
    return true;
  }
  if (extended && shows && is(TERMIOS_CC.VREPRINT)) {
    echo(t, c, out);
    lay(t, NEWLINE, out);
    for (const each of line) echo(t, each, out);
    return true;
  }
  if (c === NEWLINE) {
    if (modes & (L.ECHO | L.ECHONL)) lay(t, NEWLINE, out);
    end(t, line, NEWLINE);
    return true;
  }
  if (is(TERMIOS_CC.VEOF)) {
    end(t, line);
    return true;
  }
  if (is(TERMIOS_CC.VEOL) || (extended && is(TERMIOS_CC.VEOL2))) {
    if (shows) {
      if (line.length === 0) t.lineStart = t.column;
      echo(t, c, out);
    }
    end(t, line, c);
    return true;
  }
  return false;
}

function end(t: Terminal, line: number[], last?: number): void {
  if (last !== undefined) line.push(last);
  t.lines.push(Uint8Array.from(line));
  line.length = 0;
}

function put(t: Terminal, c: number, line: number[], out: number[]): void {
  const full = canonical(t) && total(t.lines) + line.length >= INPUT_LIMIT - 1;
  if (localModes(t) & L.ECHO) {
    if (c === NEWLINE) lay(t, NEWLINE, out);
    else {
      if (line.length === 0) t.lineStart = t.column;
      echo(t, c, out);
    }
  }
  if (!full) line.push(c);
}

const isWordPart = (c: number): boolean =>
  (c >= 0x30 && c <= 0x39) || (c >= 0x41 && c <= 0x5a) || (c >= 0x61 && c <= 0x7a) || c === 0x5f;

/** The keys that take back a character, a word or the line (eraser). */
function erase(t: Terminal, c: number, line: number[], out: number[]): void {
  if (line.length === 0) return;
  const modes = localModes(t);
  const what = c === control(t, TERMIOS_CC.VERASE) ? 'character' : c === control(t, TERMIOS_CC.VKILL) ? 'line' : 'word';
  if (what === 'line') {
    if (!(modes & L.ECHO)) {
      line.length = 0;
      return;
    }
    if (!(modes & L.ECHOK) || !(modes & L.ECHOKE) || !(modes & L.ECHOE)) {
      line.length = 0;
      echo(t, c, out);
      // Without ECHOKE a newline after it.
      if (modes & L.ECHOK) lay(t, NEWLINE, out);
      return;
    }
  }
  let inWord = false;
  while (line.length > 0) {
    // A whole character in UTF-8.
    let at = line.length - 1;
    while (at > 0 && continuation(t, line[at])) at--;
    if (continuation(t, line[at])) return;
    const first = line[at];
    if (what === 'word') {
      if (isWordPart(first)) inWord = true;
      else if (inWord) return;
    }
    line.length = at;
    if (modes & L.ECHO) {
      if (what === 'character' && !(modes & L.ECHOE)) echo(t, c, out);
      else unecho(t, first, line, out);
    }
    if (what === 'character') return;
  }
}
