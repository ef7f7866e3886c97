/**
 * Everything the kernel knows, as plain data: no closures, promises or live handles. A deep copy of it is a checkpoint
 * (`cloneState`); Uint8Arrays are immutable and shared between copies, BigUint64Arrays are mutable and copied. An
 * object that two others share (the descriptor table of threads, say) is shared in the copy too.
 *
 * Address spaces live with the memory layer and are named by number here.
 */
import type { Registers } from '../abi/arch.ts';
import type { SyscallCall, TaskId } from './api.ts';
import type { Waiting } from './context.ts';
import type { FdTable, FsInfo, FsState } from './fs/state.ts';
import type { IpcState } from './ipc/objects.ts';

/** A signal that was sent and not yet delivered. */
export interface PendingSignal {
  signo: number;
  /** siginfo_t as the handler gets it, 128 bytes. */
  info: Uint8Array;
  /** The POSIX timer that sent it: a second expiry is counted as an overrun instead of queued. */
  timer?: number;
}

/** struct sigaction as rt_sigaction takes it. */
export interface SignalAction {
  /** 0 is SIG_DFL, 1 is SIG_IGN. */
  handler: number;
  flags: number;
  restorer: number;
  mask: bigint;
}

export interface AltStack {
  sp: number;
  /** SS_DISABLE, SS_AUTODISARM; SS_ONSTACK is computed, never kept. */
  flags: number;
  size: number;
}

/** Why a blocked call is entered again; `restart`: by restart_syscall, after a signal had ended the wait. */
export type WakeReason = 'woken' | 'timeout' | 'signal' | 'restart';

export type TaskState =
  | { is: 'runnable' }
  /** `since` counts the blocks, for fairness; `reason` is set once something woke it: the call goes on when the scheduler comes to the task. */
  | { is: 'blocked'; waiting: Waiting; since: bigint; reason?: WakeReason }
  /** Job control; `was` is what it goes back to at SIGCONT. */
  | { is: 'stopped'; was: TaskState }
  /** A thread group leader that other threads outlive, or a zombie. */
  | { is: 'dead' };

export interface Task {
  id: TaskId;
  processId: number;
  /** comm: at most 15 bytes. */
  name: string;
  registers: Registers;
  run: TaskState;
  /** Bit n − 1 is signal n. */
  mask: bigint;
  /** The mask that comes back when the call that replaced it (ppoll, sigsuspend, epoll_pwait) is over. */
  savedMask?: bigint;
  pending: PendingSignal[];
  altStack: AltStack;
  /** Address that exit clears and wakes (CLONE_CHILD_CLEARTID, set_tid_address), or 0. */
  clearTid: number;
  robustList: number;
  /** struct rseq as registered; address 0: none. `check`: the task lost the CPU, so a critical section is to be aborted. */
  rseq: { address: number; length: number; signature: number; check?: boolean };
  /** Nanoseconds it has run. */
  cpuTime: bigint;
  /** The syscall it is in: from the entry until the exit event. */
  call?: SyscallCall;
  /** A call ended in this restart code (512 …): before the task runs again it is made again or becomes EINTR. */
  interrupted?: { code: number; number: number };
  /** The signals it takes itself in rt_sigtimedwait, though they are blocked. */
  sigwait?: bigint;
  /** The last trap, as signal frames show it. */
  fault?: { trap: number; error: number; address: number };
  /** What restart_syscall goes on with, after a call ended in ERESTART_RESTARTBLOCK. */
  restart?: { number: number; args: bigint[]; waiting: Waiting };
  /** vfork: the task that waits until this one execs or exits. */
  vforkParent?: TaskId;
  /** prctl's PR_SET_KEEPCAPS and PR_SET_TIMERSLACK. */
  keepCapabilities?: boolean;
  timerSlack?: number;
  /** setpriority's; absent is 0. */
  nice?: number;
  /** How often it got the CPU. */
  switches: number;
  /** How many of its calls each of `KernelOptions.injections` was meant for. */
  tampered?: number[];
}

/** A POSIX timer (timer_create). */
export interface PosixTimer {
  id: number;
  clock: number;
  /** SIGEV_SIGNAL 0, SIGEV_NONE 1, SIGEV_THREAD_ID 4. */
  notify: number;
  signo: number;
  /** sigval, 64 bits. */
  value: bigint;
  target: TaskId;
  /** The task that made it: the one a thread CPU clock measures. */
  owner: TaskId;
  /** Next expiry in the clock's nanoseconds (virtual time since boot for wall clocks), undefined when disarmed. */
  due?: bigint;
  /** When it expired, while its signal is not yet delivered: it is armed again when that happens. */
  expired?: bigint;
  interval: bigint;
  overrun: number;
}

/** setitimer's: real time, or the process's CPU time. */
export interface IntervalTimer {
  due?: bigint;
  /** ITIMER_REAL: as PosixTimer.expired. */
  expired?: bigint;
  interval: bigint;
}

/** What belongs to an address space beside its mappings. Shared by CLONE_VM. */
export interface MemoryInfo {
  space: number;
  brkStart: number;
  brk: number;
  /** mmap looks for room from here downwards. */
  mmapBase: number;
  stackTop: number;
  argStart: number;
  argEnd: number;
  envEnd: number;
  vdso: number;
  /** Bytes as the kernel wrote them onto the stack: /proc/self/auxv. */
  auxv: Uint8Array;
}

/** Shared by CLONE_SIGHAND. */
export interface SignalActions {
  /** Index is the signal's number; 0 is unused. */
  actions: SignalAction[];
}

export interface Limit {
  soft: bigint;
  hard: bigint;
}

export interface Credentials {
  uid: number;
  euid: number;
  suid: number;
  fsuid: number;
  gid: number;
  egid: number;
  sgid: number;
  fsgid: number;
  groups: number[];
}

export type ProcessState =
  | { is: 'alive' }
  | { is: 'stopped'; signo: number }
  /** Exited and not yet waited for. `status` as wait4 gives it. */
  | { is: 'zombie'; status: number };

export interface Process {
  id: number;
  parent: number;
  group: number;
  session: number;
  run: ProcessState;
  /** TIOCNOTTY by a process that leads no session: it has no controlling terminal, though its session may. */
  withoutTerminal?: boolean;
  /** Of a session's leader whose terminal hung up: the group that was in its foreground. */
  lostGroup?: number;
  /** Alive tasks; the first is the leader while that lives. */
  tasks: TaskId[];
  /** Absolute path of the image, for /proc/self/exe. */
  executable: string;
  /** It has called execve since it was made: its parent cannot move it to another group any more. */
  executed?: boolean;
  memory: MemoryInfo;
  signals: SignalActions;
  pending: PendingSignal[];
  files: FdTable;
  fs: FsInfo;
  credentials: Credentials;
  /** By RLIMIT_ number. */
  limits: Limit[];
  timers: PosixTimer[];
  nextTimer: number;
  /** ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF. */
  itimers: IntervalTimer[];
  /** CPU time of its dead threads and of the children it waited for. */
  deadTime: bigint;
  childTime: bigint;
  /** Sent to the parent when the process dies; 0 for none. */
  exitSignal: number;
  /** For wait4's WUNTRACED and WCONTINUED: each is told once. */
  stopReported?: boolean;
  continued?: boolean;
  /** Set by exit_group or a fatal signal: the status every task dies with. */
  exiting?: number;
  started: bigint;
  /** prctl values that can be read back. */
  dumpable: number;
  noNewPrivileges: boolean;
  parentDeathSignal: number;
  childSubreaper: boolean;
  noHugePages?: boolean;
  personality?: number;
  /** Bits of membarrier's registrations. */
  membarrier: number;
}

/** One waiter of a futex, in order of arrival. */
export interface FutexWaiter {
  task: TaskId;
  key: string;
  bitset: number;
}

export interface KernelState {
  /** Virtual nanoseconds since boot. */
  now: bigint;
  /** CLOCK_REALTIME at boot, nanoseconds since 1970. */
  bootTime: bigint;
  tasks: Map<TaskId, Task>;
  processes: Map<number, Process>;
  nextId: number;
  /** How often a task has blocked. */
  blocks: bigint;
  /** The task that has the CPU, and what is left of its quantum in instructions. */
  current: TaskId | undefined;
  quantum: number;
  /** Counts how often a timer was armed. */
  armed: number;
  /** Who can run, other than `current`, first come first served. */
  queue: TaskId[];
  /** The first process: when it is gone, so is the machine. */
  firstProcess: number;
  futexes: FutexWaiter[];
  seed: number;
  /** xoshiro256**: [0..3] for the guest's randomness, [4..7] for the scheduler, so that neither disturbs the other. */
  random: BigUint64Array;
  fs: FsState;
  ipc: IpcState;
  /** Set when the first process is gone. */
  exited?: number;
}

/** A copy as a checkpoint needs it. */
export function cloneState<T>(state: T): T {
  const copies = new Map<object, object>();
  function copy(value: unknown): unknown {
    if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
    const known = copies.get(value);
    if (known) return known;
    if (value instanceof BigUint64Array) {
      const array = value.slice();
      copies.set(value, array);
      return array;
    }
    if (Array.isArray(value)) {
      const array: unknown[] = new Array(value.length);
      copies.set(value, array);
      for (let i = 0; i < value.length; i++) array[i] = copy(value[i]);
      return array;
    }
    if (value instanceof Map) {
      const map = new Map<unknown, unknown>();
      copies.set(value, map);
      for (const [k, v] of value) map.set(k, copy(v));
      return map;
    }
    if (value instanceof Set) {
      const set = new Set<unknown>(value);
      copies.set(value, set);
      return set;
    }
    if (Object.getPrototypeOf(value) !== Object.prototype)
      throw new Error(`kernel state holds a ${value.constructor?.name}, which is no plain data`);
    const object: Record<string, unknown> = {};
    copies.set(value, object);
    for (const key of Object.keys(value)) object[key] = copy((value as Record<string, unknown>)[key]);
    return object;
  }
  return copy(state) as T;
}
