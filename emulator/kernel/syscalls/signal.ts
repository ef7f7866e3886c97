/** Signals, as programs handle them (kernel/signal.c). Queueing and delivery are in kernel/signals.ts. */
import { SIG_HOW, SS } from '../../abi/flags.ts';
import { SI_CODE, SIG, SIGRTMAX } from '../../abi/signals.ts';
import { SIGACTION, STACK_T } from '../../abi/structs.ts';
import { readStruct, writeStruct } from '../../abi/types.ts';
import type { Context, Core, HandlerTable, Result, Waiting } from '../context.ts';
import { EAGAIN, EINTR, EINVAL, ENOMEM, EPERM, ERESTARTNOHAND, ESRCH } from '../errors.ts';
import { infoCode, SIGINFO_SIZE, userInfo } from '../siginfo.ts';
import {
  altStackFlags,
  bit,
  pendingSet,
  queueSignal,
  sendSignal,
  signalReturn,
  takeSignal,
  UNBLOCKABLE,
} from '../signals.ts';
import type { PendingSignal, Process, WakeReason } from '../state.ts';
import { readTimespec } from './time.ts';

const SIGSET_SIZE = 8;
/** The smallest alternate stack the kernel takes (MINSIGSTKSZ). */
const SMALLEST_STACK = 2048;

function checkSize(size: number): void {
  if (size !== SIGSET_SIZE) throw EINVAL;
}

/** A signal mask in memory; what cannot be blocked is left out. */
export function readMask(c: Context, address: number, size = SIGSET_SIZE): bigint {
  checkSize(size);
  return c.space.readU64(address) & ~UNBLOCKABLE;
}

const validSignal = (sig: number): boolean => sig >= 0 && sig <= SIGRTMAX;

/** May the caller signal the process? (check_kill_permission) */
function permitted(c: Context, target: Process, sig: number): boolean {
  const mine = c.process.credentials;
  const theirs = target.credentials;
  if (mine.euid === 0) return true;
  if ([mine.euid, mine.uid].some(id => id === theirs.suid || id === theirs.uid)) return true;
  return sig === SIG.SIGCONT && c.process.session === target.session;
}

const info = (c: Context, signo: number, code: number): PendingSignal => ({
  signo,
  info: userInfo(signo, code, c.process.id, c.process.credentials.uid),
});

/** kill of all processes that `match`: at least one must be there and allow it. */
function killMany(c: Context, sig: number, match: (p: Process) => boolean, none = ESRCH): number {
  const targets = [...c.state.processes.values()].filter(match);
  if (targets.length === 0) throw none;
  const allowed = targets.filter(p => permitted(c, p, sig));
  if (allowed.length === 0) throw EPERM;
  if (sig !== 0)
    for (const target of allowed) sendSignal(c, { is: 'process', id: target.id }, info(c, sig, SI_CODE.SI_USER));
  return 0;
}

function killTask(c: Context, group: number | undefined, tid: number, sig: number, signal: PendingSignal): number {
  if (!validSignal(sig) || tid <= 0 || (group !== undefined && group <= 0)) throw EINVAL;
  const task = c.state.tasks.get(tid);
  if (!task || task.run.is === 'dead' || (group !== undefined && task.processId !== group)) throw ESRCH;
  if (!permitted(c, c.state.processes.get(task.processId)!, sig)) throw EPERM;
  if (sig !== 0) queueSignal(c, task, false, signal);
  return 0;
}

/** The siginfo a program gives for rt_sigqueueinfo: it may not pretend to be the kernel or kill. */
function givenInfo(c: Context, sig: number, address: number, pid: number): PendingSignal {
  const bytes = c.space.read(address, SIGINFO_SIZE);
  new DataView(bytes.buffer, bytes.byteOffset).setInt32(0, sig, true);
  const code = infoCode(bytes);
  if ((code >= 0 || code === SI_CODE.SI_TKILL) && pid !== c.process.id) throw EPERM;
  return { signo: sig, info: bytes };
}

interface SigWait {
  set: bigint;
  info: number;
}

function endWait(c: Context): void {
  c.task.sigwait = undefined;
}

function taken(c: Context, signal: PendingSignal, address: number): number {
  if (address !== 0) c.space.write(address, signal.info);
  return signal.signo;
}

function resumeTimedWait(c: Context, waiting: Waiting, reason: WakeReason): Result {
  const { set, info: address } = waiting.data as SigWait;
  const signal = takeSignal(c, c.task, set);
  if (signal) {
    endWait(c);
    return taken(c, signal, address);
  }
  if (reason === 'woken' || reason === 'restart') return c.block(waiting);
  endWait(c);
  throw reason === 'timeout' ? EAGAIN : EINTR;
}

/** After rt_sigaction ignores a signal, those that wait are thrown away. */
function flush(core: Core, process: Process, signo: number): void {
  const keep = (p: PendingSignal) => p.signo !== signo;
  process.pending = process.pending.filter(keep);
  for (const id of process.tasks) {
    const task = core.state.tasks.get(id)!;
    task.pending = task.pending.filter(keep);
  }
}

const IGNORED_BY_DEFAULT: readonly number[] = [SIG.SIGCONT, SIG.SIGCHLD, SIG.SIGWINCH, SIG.SIGURG];

/** Never returns by itself: a handler must run. */
function waitForSignal(c: Context): Result {
  return c.block({ what: 'signal', keys: [], onSignal: 'restart-nohand' });
}

export const signalCalls: HandlerTable = {
  rt_sigaction(c, { sig, act, oact, sigsetsize }) {
    checkSize(sigsetsize);
    if (sig < 1 || sig > SIGRTMAX) throw EINVAL;
    const given = act === 0 ? undefined : readStruct(SIGACTION, c.space.read(act, SIGACTION.size));
    if (given && bit(sig) & UNBLOCKABLE) throw EINVAL;
    const actions = c.process.signals.actions;
    const old = actions[sig]!;
    if (oact !== 0)
      c.space.write(
        oact,
        writeStruct(SIGACTION, {
          sa_handler: old.handler,
          sa_flags: BigInt(old.flags),
          sa_restorer: old.restorer,
          sa_mask: old.mask,
        }),
      );
    if (given) {
      actions[sig] = {
        handler: given.sa_handler,
        flags: Number(given.sa_flags & 0xffffffffn),
        restorer: given.sa_restorer,
        mask: given.sa_mask & ~UNBLOCKABLE,
      };
      const ignores = given.sa_handler === 1 || (given.sa_handler === 0 && IGNORED_BY_DEFAULT.includes(sig));
      if (ignores) flush(c, c.process, sig);
    }
    return 0;
  },

  rt_sigprocmask(c, { how, nset, oset, sigsetsize }) {
    checkSize(sigsetsize);
    const { task } = c;
    const old = task.mask;
    if (nset !== 0) {
      const set = readMask(c, nset);
      if (how === SIG_HOW.SIG_BLOCK) task.mask = old | set;
      else if (how === SIG_HOW.SIG_UNBLOCK) task.mask = old & ~set;
      else if (how === SIG_HOW.SIG_SETMASK) task.mask = set;
      else throw EINVAL;
    }
    if (oset !== 0) c.space.writeU64(oset, old);
    return 0;
  },

  rt_sigpending(c, { uset, sigsetsize }) {
    if (sigsetsize > SIGSET_SIZE) throw EINVAL;
    const set = new Uint8Array(8);
    new DataView(set.buffer).setBigUint64(0, pendingSet(c.task, c.process) & c.task.mask, true);
    c.space.write(uset, set.subarray(0, sigsetsize));
    return 0;
  },

  rt_sigsuspend: {
    start(c, { unewset, sigsetsize }) {
      c.temporaryMask(readMask(c, unewset, sigsetsize));
      return waitForSignal(c);
    },
    resume(c, _args, waiting, reason) {
      if (reason !== 'signal') return c.block(waiting);
      throw ERESTARTNOHAND;
    },
  },
  pause: {
    start: waitForSignal,
    resume(c, _args, waiting, reason) {
      if (reason !== 'signal') return c.block(waiting);
      throw ERESTARTNOHAND;
    },
  },

  rt_sigtimedwait: {
    start(c, { uthese, uinfo, uts, sigsetsize }) {
      const set = readMask(c, uthese, sigsetsize);
      const timeout = uts === 0 ? undefined : readTimespec(c, uts);
      const signal = takeSignal(c, c.task, set);
      if (signal) return taken(c, signal, uinfo);
      if (timeout === 0n) throw EAGAIN;
      c.task.sigwait = set;
      const data: SigWait = { set, info: uinfo };
      const deadline = timeout === undefined ? undefined : c.now() + timeout;
      return c.block({ what: 'signal', keys: [], deadline, onSignal: 'eintr', data });
    },
    resume: (c, _args, waiting, reason) => resumeTimedWait(c, waiting, reason),
  },

  rt_sigreturn(c) {
    signalReturn(c, c.task);
    c.task.restart = undefined;
    return undefined;
  },

  sigaltstack(c, { uss, uoss }) {
    const { task } = c;
    const onStack = altStackFlags(task, c.arch.sp(task.registers));
    const old = { ss_sp: task.altStack.sp, ss_flags: onStack | task.altStack.flags, ss_size: task.altStack.size };
    if (uss !== 0) {
      const { ss_sp, ss_flags, ss_size } = readStruct(STACK_T, c.space.read(uss, STACK_T.size));
      if (onStack === SS.SS_ONSTACK) throw EPERM;
      const mode = ss_flags & ~SS.SS_AUTODISARM;
      if (mode !== 0 && mode !== SS.SS_ONSTACK && mode !== SS.SS_DISABLE) throw EINVAL;
      const { sp, flags, size } = task.altStack;
      const same = ss_sp === sp && ss_size === size && ss_flags === flags;
      if (mode === SS.SS_DISABLE) task.altStack = { sp: 0, flags: ss_flags & SS.SS_AUTODISARM, size: 0 };
      else if (!same) {
        if (ss_size < SMALLEST_STACK) throw ENOMEM;
        task.altStack = { sp: ss_sp, flags: ss_flags & SS.SS_AUTODISARM, size: ss_size };
      }
    }
    if (uoss !== 0) c.space.write(uoss, writeStruct(STACK_T, old));
    return 0;
  },

  kill(c, { pid, sig }) {
    if (!validSignal(sig)) throw EINVAL;
    // Process 1 is there, as the first one's parent sees it, but is nobody's to signal.
    if (pid > 0) return killMany(c, sig, p => p.id === pid, pid === 1 ? EPERM : ESRCH);
    if (pid === 0) return killMany(c, sig, p => p.group === c.process.group);
    if (pid === -1) return killMany(c, sig, p => p.id !== c.process.id);
    return killMany(c, sig, p => p.group === -pid);
  },
  tkill: (c, { pid, sig }) => killTask(c, undefined, pid, sig, info(c, sig, SI_CODE.SI_TKILL)),
  tgkill: (c, { tgid, pid, sig }) => killTask(c, tgid, pid, sig, info(c, sig, SI_CODE.SI_TKILL)),
  rt_sigqueueinfo(c, { pid, sig, uinfo }) {
    const signal = givenInfo(c, sig, uinfo, pid);
    if (!validSignal(sig)) throw EINVAL;
    const target = c.state.processes.get(pid);
    if (!target) throw ESRCH;
    if (!permitted(c, target, sig)) throw EPERM;
    if (sig !== 0) sendSignal(c, { is: 'process', id: pid }, signal);
    return 0;
  },
  rt_tgsigqueueinfo: (c, { tgid, pid, sig, uinfo }) => killTask(c, tgid, pid, sig, givenInfo(c, sig, uinfo, tgid)),
};
