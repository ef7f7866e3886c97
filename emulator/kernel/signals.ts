/**
 * Signals: how they are sent, queued and delivered (Linux's kernel/signal.c; signal(7)). A signal for a process waits
 * in the process's queue until a thread that does not block it is about to run; one for a thread waits in the
 * thread's. Delivery happens in `schedule`, when the task is about to run user code: there the frame is written, and
 * there an interrupted syscall is made again or becomes EINTR.
 */
import { BadSignalFrame } from '../abi/arch.ts';
import { RESTART } from '../abi/errno.ts';
import { SA, SA_HANDLER, SS } from '../abi/flags.ts';
import { SIG, SIGRTMAX, SIGRTMIN, signalByNumber } from '../abi/signals.ts';
import { syscallNumber } from '../abi/syscalls.ts';
import { MemoryFault } from '../memory/types.ts';
import type { Core, SignalTarget } from './context.ts';
import { EINTR } from './errors.ts';
import { isOrphaned } from './job-control.ts';
import { userMemory } from './memory.ts';
import { abortCriticalSection } from './rseq.ts';
import { enqueue, wake, wakeTask } from './scheduler.ts';
import { kernelInfo } from './siginfo.ts';
import type { PendingSignal, Process, SignalAction, Task } from './state.ts';
import { continueProcess, groupExit, stopProcess } from './tasks.ts';
import { timerDelivered } from './time.ts';

export const bit = (signo: number): bigint => 1n << BigInt(signo - 1);

/** What can neither be caught nor blocked. */
export const UNBLOCKABLE = bit(SIG.SIGKILL) | bit(SIG.SIGSTOP);
export const ALL_SIGNALS = (1n << BigInt(SIGRTMAX)) - 1n;

const STOP_SIGNALS = [SIG.SIGSTOP, SIG.SIGTSTP, SIG.SIGTTIN, SIG.SIGTTOU] as const;
const isStop = (signo: number): boolean => (STOP_SIGNALS as readonly number[]).includes(signo);

/** Delivered before all others, lowest number first: they tell of the instruction the task stands at. */
const SYNCHRONOUS =
  bit(SIG.SIGSEGV) | bit(SIG.SIGBUS) | bit(SIG.SIGILL) | bit(SIG.SIGTRAP) | bit(SIG.SIGFPE) | bit(SIG.SIGSYS);

const processOf = (core: Core, task: Task): Process => core.state.processes.get(task.processId)!;

const ignoredByDefault = (signo: number): boolean => signalByNumber(signo)?.action === 'ignore';

/** Whether the action throws the signal away: then it is not even queued, unless somebody blocks it. */
function isIgnored(action: SignalAction, signo: number): boolean {
  return (
    action.handler === SA_HANDLER.SIG_IGN ||
    (action.handler === SA_HANDLER.SIG_DFL && (ignoredByDefault(signo) || signo === SIG.SIGCONT))
  );
}

const blocks = (task: Task, signo: number): boolean =>
  ((task.mask | (task.savedMask ?? 0n)) & ~(task.sigwait ?? 0n) & bit(signo)) !== 0n;

/** Whether the task would be woken by the signal. */
const wants = (task: Task, signo: number): boolean =>
  task.run.is !== 'dead' && (task.mask & ~(task.sigwait ?? 0n) & bit(signo)) === 0n;

/** All signals of a task that would be delivered now. */
export function deliverable(core: Core, task: Task): boolean {
  const process = processOf(core, task);
  if (task.pending.length === 0 && process.pending.length === 0) return false;
  const open = (p: PendingSignal) => (task.mask & bit(p.signo)) === 0n;
  return task.pending.some(open) || process.pending.some(open);
}

/** Whether SIGKILL is pending. */
export const killed = (task: Task, process: Process): boolean =>
  task.pending.some(p => p.signo === SIG.SIGKILL) || process.pending.some(p => p.signo === SIG.SIGKILL);

/** The set of pending signals, as rt_sigpending tells it before the mask is applied. */
export const pendingSet = (task: Task, process: Process): bigint =>
  [...task.pending, ...process.pending].reduce((set, p) => set | bit(p.signo), 0n);

function notify(task: Task, core: Core, signo: number): void {
  const run = task.run.is === 'stopped' ? task.run.was : task.run;
  if (run.is === 'blocked' && run.waiting.onSignal === 'none' && signo !== SIG.SIGKILL) return;
  if (task.sigwait && task.sigwait & bit(signo)) wakeTask(core, task, 'woken');
  else wakeTask(core, task, 'signal');
}

/**
 * Queues a signal for a task or for its whole process. False if it was not queued: the action ignores it, or it was
 * there already.
 */
export function queueSignal(core: Core, task: Task, shared: boolean, signal: PendingSignal): boolean {
  const process = processOf(core, task);
  const { signo } = signal;
  if (process.run.is === 'zombie') return false;
  if (signo === SIG.SIGCONT) {
    dropPending(core, process, isStop);
    continueProcess(core, process);
  } else if (isStop(signo)) dropPending(core, process, n => n === SIG.SIGCONT);

  const action = process.signals.actions[signo]!;
  const blocked = shared
    ? process.tasks.every(id => blocks(core.state.tasks.get(id)!, signo))
    : blocks(task, signo) || (task.sigwait !== undefined && (task.sigwait & bit(signo)) !== 0n);
  const waited = shared && process.tasks.some(id => (core.state.tasks.get(id)!.sigwait ?? 0n) & bit(signo));
  if (isIgnored(action, signo) && !blocked && !waited) {
    core.options.emit({ is: 'signal', task: task.id, signo, info: signal.info, action: 'ignored' });
    return false;
  }
  const queue = shared ? process.pending : task.pending;
  // A standard signal is pending once; real-time signals are counted.
  if (signo < SIGRTMIN && queue.some(p => p.signo === signo)) return false;
  queue.push(signal);
  // Who reads signals from a descriptor has blocked them.
  wake(core, 'signalfd');
  if (!shared) {
    if (wants(task, signo)) notify(task, core, signo);
    return true;
  }
  const candidates = [task, ...process.tasks.map(id => core.state.tasks.get(id)!)];
  const chosen = candidates.find(t => wants(t, signo));
  if (chosen) notify(chosen, core, signo);
  if (signo === SIG.SIGKILL)
    for (const id of process.tasks) {
      const each = core.state.tasks.get(id)!;
      if (each.run.is === 'stopped') each.run = each.run.was;
      wakeTask(core, each, 'signal');
      if (each.run.is !== 'dead') enqueue(core, id);
    }
  return true;
}

function dropPending(core: Core, process: Process, which: (signo: number) => boolean): void {
  process.pending = process.pending.filter(p => !which(p.signo));
  for (const id of process.tasks) {
    const task = core.state.tasks.get(id)!;
    task.pending = task.pending.filter(p => !which(p.signo));
  }
}

/** Everybody a target names. */
export function sendSignal(core: Core, target: SignalTarget, signal: PendingSignal): boolean {
  const { state } = core;
  if (target.is === 'task') {
    const task = state.tasks.get(target.id);
    if (!task) return false;
    queueSignal(core, task, false, signal);
    return true;
  }
  let found = false;
  for (const process of [...state.processes.values()]) {
    if (target.is === 'process' ? process.id !== target.id : process.group !== target.id) continue;
    found = true;
    const leader = state.tasks.get(process.tasks[0] ?? process.id);
    if (leader) queueSignal(core, leader, true, signal);
  }
  return found;
}

/**
 * A signal the task has brought upon itself and cannot escape (a trap, a broken frame): if it is blocked or ignored,
 * it gets its default action, which kills (force_sig_info_to_task).
 */
export function forceSignal(core: Core, task: Task, signo: number, info: Uint8Array): void {
  const process = processOf(core, task);
  const action = process.signals.actions[signo]!;
  const blocked = (task.mask & bit(signo)) !== 0n;
  if (blocked || action.handler === SA_HANDLER.SIG_IGN) {
    action.handler = SA_HANDLER.SIG_DFL;
    task.mask &= ~bit(signo);
  }
  task.pending = task.pending.filter(p => p.signo !== signo);
  task.pending.push({ signo, info });
  wakeTask(core, task, 'signal');
}

/** The next signal to deliver and the queue it stands in; it is taken out once its delivery has succeeded. */
function next(task: Task, process: Process): { queue: PendingSignal[]; signal: PendingSignal } | undefined {
  if (task.pending.length === 0 && process.pending.length === 0) return undefined;
  let best: { queue: PendingSignal[]; signal: PendingSignal; rank: number } | undefined;
  for (const [i, queue] of [task.pending, process.pending].entries())
    for (const signal of queue) {
      if (task.mask & bit(signal.signo)) continue;
      const rank = (i === 0 && SYNCHRONOUS & bit(signal.signo) ? 0 : 1000 + 100 * i) + signal.signo;
      if (!best || rank < best.rank) best = { queue, signal, rank };
    }
  return best;
}

/** Takes a pending signal of the set for the caller itself (rt_sigtimedwait, signalfd), lowest number first. */
export function takeSignal(core: Core, task: Task, set: bigint): PendingSignal | undefined {
  const process = processOf(core, task);
  for (const queue of [task.pending, process.pending]) {
    const found = queue.filter(p => set & bit(p.signo)).sort((a, b) => a.signo - b.signo)[0];
    if (!found) continue;
    remove(queue, found);
    timerDelivered(core, process, found);
    return found;
  }
  return undefined;
}

const remove = (queue: PendingSignal[], signal: PendingSignal): void => {
  queue.splice(queue.indexOf(signal), 1);
};

/** Brings the task to where it shall run: handlers are entered, interrupted calls are made again, or it is dead. */
export function deliverSignals(core: Core, task: Task): void {
  const process = processOf(core, task);
  const { arch, emit } = core.options;
  for (;;) {
    const found = next(task, process);
    if (!found) break;
    const { queue, signal } = found;
    const { signo, info } = signal;
    const action = process.signals.actions[signo]!;
    if (signo !== SIG.SIGKILL && signo !== SIG.SIGSTOP && isIgnored(action, signo)) {
      remove(queue, signal);
      timerDelivered(core, process, signal);
      emit({ is: 'signal', task: task.id, signo, info, action: 'ignored' });
      continue;
    }
    if (action.handler !== SA_HANDLER.SIG_DFL && signo !== SIG.SIGKILL && signo !== SIG.SIGSTOP) {
      timerDelivered(core, process, signal);
      enterHandler(core, task, queue, signal, action);
      continue;
    }
    remove(queue, signal);
    // Nobody could continue it: only SIGSTOP stops an orphaned group.
    const vain = isStop(signo) && signo !== SIG.SIGSTOP && isOrphaned(core, process.group);
    emit({ is: 'signal', task: task.id, signo, info, action: vain ? 'ignored' : 'default' });
    if (vain) continue;
    if (isStop(signo)) {
      stopProcess(core, process, signo);
      return;
    }
    // No core file is ever written, so the status has no 0x80, as under RLIMIT_CORE 0.
    groupExit(core, process, signo);
    return;
  }
  if (task.interrupted) {
    const { code, number } = task.interrupted;
    task.interrupted = undefined;
    const block = code === RESTART.ERESTART_RESTARTBLOCK[0];
    const again = block ? syscallNumber(arch.syscall.column, 'restart_syscall')! : number;
    arch.syscall.restart(task.registers, again);
  }
  if (task.savedMask !== undefined) {
    task.mask = task.savedMask;
    task.savedMask = undefined;
  }
}

function onAltStack(task: Task, sp: number): boolean {
  const { altStack } = task;
  if (altStack.flags & SS.SS_AUTODISARM || altStack.size === 0) return false;
  return sp > altStack.sp && sp - altStack.sp <= altStack.size;
}

/** SS_ONSTACK, SS_DISABLE or 0, and the bits the program gave. */
export function altStackFlags(task: Task, sp: number): number {
  if (task.altStack.size === 0) return SS.SS_DISABLE;
  return onAltStack(task, sp) ? SS.SS_ONSTACK : 0;
}

function enterHandler(
  core: Core,
  task: Task,
  queue: PendingSignal[],
  signal: PendingSignal,
  action: SignalAction,
): void {
  const { arch, emit } = core.options;
  const { signo } = signal;
  const r = task.registers;
  const flags = action.flags >>> 0;
  if (task.interrupted) {
    const { code, number } = task.interrupted;
    const restarts =
      code === RESTART.ERESTARTNOINTR[0] || (code === RESTART.ERESTARTSYS[0] && (flags & SA.SA_RESTART) !== 0);
    task.interrupted = undefined;
    if (restarts) arch.syscall.restart(r, number);
    else arch.syscall.setResult(r, BigInt(-EINTR.number));
  }
  if (task.rseq.address !== 0) abortCriticalSection(core, task);
  const useAlt = flags & SA.SA_ONSTACK && task.altStack.size > 0 && !onAltStack(task, arch.sp(r));
  try {
    if (!(flags & SA.SA_RESTORER)) throw new BadSignalFrame('the action has no restorer');
    arch.signal.deliver(r, userMemory(core, task), {
      signo,
      info: signal.info,
      handler: action.handler,
      restorer: action.restorer,
      altStackTop: useAlt ? task.altStack.sp + task.altStack.size : undefined,
      altStack: task.altStack,
      mask: task.savedMask ?? task.mask,
      fault: task.fault,
    });
  } catch (error) {
    if (!(error instanceof BadSignalFrame) && !(error instanceof MemoryFault)) throw error;
    remove(queue, signal);
    // A SIGSEGV whose frame cannot be written kills at once (force_sigsegv).
    if (signo === SIG.SIGSEGV) action.handler = SA_HANDLER.SIG_DFL;
    forceSignal(core, task, SIG.SIGSEGV, kernelInfo(SIG.SIGSEGV));
    return;
  }
  remove(queue, signal);
  emit({ is: 'signal', task: task.id, signo, info: signal.info, action: 'handler' });
  if (flags & SA.SA_RESETHAND) action.handler = SA_HANDLER.SIG_DFL;
  if (task.altStack.flags & SS.SS_AUTODISARM) task.altStack = { sp: 0, flags: SS.SS_DISABLE, size: 0 };
  task.savedMask = undefined;
  task.mask |= action.mask | (flags & SA.SA_NODEFER ? 0n : bit(signo));
  task.mask &= ~UNBLOCKABLE;
}

/** rt_sigreturn: the registers come back as the handler left them in the frame. A bad frame is a SIGSEGV. */
export function signalReturn(core: Core, task: Task): void {
  try {
    const saved = core.options.arch.signal.restore(task.registers, userMemory(core, task));
    task.mask = saved.mask & ~UNBLOCKABLE;
    const { sp, flags, size } = saved.altStack;
    const known = flags & ~SS.SS_AUTODISARM;
    if (!onAltStack(task, core.options.arch.sp(task.registers)) && (known === 0 || known === SS.SS_ONSTACK))
      task.altStack = { sp, flags: flags & SS.SS_AUTODISARM, size };
    else if (known === SS.SS_DISABLE) task.altStack = { sp: 0, flags: 0, size: 0 };
  } catch (error) {
    if (!(error instanceof BadSignalFrame) && !(error instanceof MemoryFault)) throw error;
    forceSignal(core, task, SIG.SIGSEGV, kernelInfo(SIG.SIGSEGV));
  }
}
