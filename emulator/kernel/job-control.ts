/**
 * Sessions, the terminal that controls one, and the groups that take turns at it (drivers/tty/tty_jobctrl.c,
 * kernel/exit.c; credentials(7), termios(3)).
 */
import { SA_HANDLER } from '../abi/flags.ts';
import { SIG } from '../abi/signals.ts';
import type { Core } from './context.ts';
import { EIO, ERESTARTSYS } from './errors.ts';
import type { Terminal } from './fs/state.ts';
import { kernelInfo, userInfo } from './siginfo.ts';
import { bit, sendSignal } from './signals.ts';
import type { KernelState, Process, Task } from './state.ts';

/** The session of the machine's first process: that of a shell, which is not in the machine. */
export const SHELL_SESSION = 1;

export const isSessionLeader = (process: Process): boolean => process.session === process.id;

/** The terminal that controls the process's session. */
export function controllingTerminal(state: KernelState, process: Process): Terminal | undefined {
  if (process.withoutTerminal) return undefined;
  for (const terminal of state.fs.terminals.values()) if (terminal.session === process.session) return terminal;
  return undefined;
}

/** The session's leader takes a terminal that nobody has; others do nothing. */
export function takeTerminal(core: Core, process: Process, terminal: Terminal): void {
  if (!isSessionLeader(process) || terminal.session !== 0 || controllingTerminal(core.state, process)) return;
  setTerminal(process, terminal);
}

export function setTerminal(process: Process, terminal: Terminal): void {
  terminal.session = process.session;
  terminal.foreground = process.group;
  process.withoutTerminal = undefined;
}

function signalGroup(core: Core, group: number, ...signals: number[]): void {
  for (const signo of signals) sendSignal(core, { is: 'group', id: group }, { signo, info: kernelInfo(signo) });
}

/** The same in the name of a process. */
function signalGroupBy({ id, credentials }: Process, core: Core, group: number, ...signals: number[]): void {
  for (const signo of signals)
    sendSignal(core, { is: 'group', id: group }, { signo, info: userInfo(signo, 0, id, credentials.uid) });
}

/**
 * Whether nobody outside of a group could continue it: no member has a parent in another group of its session. What
 * stops such a group would stop it for ever. `leaving` is left out of account.
 */
export function isOrphaned(core: Core, group: number, leaving?: Process): boolean {
  const { processes, firstProcess } = core.state;
  for (const process of processes.values()) {
    if (process.group !== group || process === leaving || process.run.is === 'zombie') continue;
    if (process.id === firstProcess && process.session === SHELL_SESSION) return false;
    const parent = processes.get(process.parent);
    if (parent && parent.group !== group && parent.session === process.session) return false;
  }
  return true;
}

/** A background group reads, prints or changes the terminal: it is stopped, or fails with EIO (__tty_check_change). */
export function requireForeground(core: Core, task: Task, terminal: Terminal, signo: number): void {
  const process = core.state.processes.get(task.processId)!;
  if (controllingTerminal(core.state, process) !== terminal) return;
  if (terminal.foreground === 0 || process.group === terminal.foreground) return;
  const ignored = process.signals.actions[signo]!.handler === SA_HANDLER.SIG_IGN || (task.mask & bit(signo)) !== 0n;
  if (ignored) {
    if (signo === SIG.SIGTTIN) throw EIO;
    return;
  }
  if (isOrphaned(core, process.group)) throw EIO;
  signalGroup(core, process.group, signo);
  throw ERESTARTSYS;
}

/** TIOCNOTTY, and the end of a session's leader: the session has no terminal any more (disassociate_ctty). */
export function giveUpTerminal(core: Core, process: Process, exits: boolean): void {
  if (!isSessionLeader(process)) {
    if (!exits) process.withoutTerminal = true;
    return;
  }
  const terminal = controllingTerminal(core.state, process);
  if (!terminal) {
    // It hung up before: the group that was at it is told now.
    if (process.lostGroup) signalGroup(core, process.lostGroup, SIG.SIGHUP, SIG.SIGCONT);
    process.lostGroup = undefined;
    return;
  }
  const { foreground } = terminal;
  terminal.session = 0;
  terminal.foreground = 0;
  if (foreground <= 0) return;
  if (exits) signalGroup(core, foreground, SIG.SIGHUP);
  else signalGroupBy(process, core, foreground, SIG.SIGHUP, SIG.SIGCONT);
}

/** Tells the sessions of terminals whose masters were closed (tty_signal_session_leader). */
export function tellHangUps(core: Core): void {
  const { fs, processes } = core.state;
  while (fs.hangUps.length > 0) {
    const terminal = fs.terminals.get(fs.hangUps.shift()!);
    if (!terminal || terminal.session === 0) continue;
    const leader = processes.get(terminal.session);
    const { foreground } = terminal;
    terminal.session = 0;
    terminal.foreground = 0;
    if (!leader) continue;
    leader.lostGroup = foreground > 0 ? foreground : undefined;
    for (const signo of [SIG.SIGHUP, SIG.SIGCONT])
      sendSignal(core, { is: 'process', id: leader.id }, { signo, info: kernelInfo(signo) });
  }
}

/**
 * A process ends, and its children have gone to init: stopped jobs that nobody can continue any more are told
 * (kill_orphaned_pgrp).
 */
export function releaseJobs(core: Core, process: Process, children: readonly Process[]): void {
  const { processes } = core.state;
  const check = (member: Process, parent: Process | undefined, leaving?: Process): void => {
    if (!parent || parent.group === member.group || parent.session !== member.session) return;
    const stopped = [...processes.values()].some(p => p.group === member.group && p.run.is === 'stopped');
    if (stopped && isOrphaned(core, member.group, leaving)) signalGroup(core, member.group, SIG.SIGHUP, SIG.SIGCONT);
  };
  for (const child of children) check(child, process);
  check(process, processes.get(process.parent), process);
}
