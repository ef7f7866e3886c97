/**
 * What the machine asks of a kernel and what it hears from it. The kernel never runs guest code: the machine runs the
 * task that `schedule` names until something happens, and brings that to `syscall` or `exception`.
 */
import type { Registers } from '../abi/arch.ts';
import type { AddressSpace, Fault } from '../memory/types.ts';

export type TaskId = number;

/** What the CPU could not do by itself, other than a syscall. */
export type Exception =
  | { is: 'page-fault'; fault: Fault }
  /** #UD; `what` names the instruction for the debug console when it is known but not implemented. */
  | { is: 'invalid-opcode'; what?: string }
  | { is: 'divide-error' }
  | { is: 'general-protection' }
  | { is: 'breakpoint' }
  /** #DB of a single step, or of INT1. */
  | { is: 'debug'; instruction?: true }
  /** #OF of INT 4. */
  | { is: 'overflow' }
  /** #SS: an address on the stack that is not canonical. */
  | { is: 'stack-fault' }
  | { is: 'alignment-check' }
  | { is: 'floating-point'; simd: boolean };

/** Who runs next. `quantum` is in instructions, drawn from the seed. */
export type Decision =
  | { is: 'run'; task: TaskId; quantum: number }
  /** Every task waits; the earliest timer is due at this virtual time (nanoseconds since boot). */
  | { is: 'sleep'; until: bigint }
  /** Every task waits and one of them for stdin (others maybe for timers, `until`). */
  | { is: 'input'; until?: bigint }
  | { is: 'deadlock' }
  /** The first process is gone. Wait status as Linux packs it: code << 8, or the signal's number. */
  | { is: 'exited'; status: number };

export interface TaskView {
  id: TaskId;
  processId: number;
  name: string;
  /** Live: the task's registers as they are now. */
  registers: Registers;
  state: 'running' | 'runnable' | 'blocked' | 'stopped' | 'dead';
  /** What a blocked task waits for, in words ("futex 0xc000042148", "read of pipe 4"). */
  waitsFor?: string;
  /** The syscall it is in. */
  call?: SyscallCall;
}

/**
 * One syscall as it happens: the same object from the enter event to the exit event, filled in by then. `args` are the
 * raw registers; memory is read by whoever formats it.
 */
export interface SyscallCall {
  task: TaskId;
  number: number;
  args: bigint[];
  /** Address of the instruction. */
  pc: number;
  /** Signed result, once it is there; undefined for calls that do not return. Negative −4095…−1 is −errno; the
   *  kernel-internal restart codes −512 (ERESTARTSYS), −513, −514, −516 appear here as strace shows them. */
  result?: bigint;
  /** Virtual nanoseconds since boot at enter and at exit. */
  entered: bigint;
  left?: bigint;
  /** The call was not made: its result is an injection's. */
  injected?: true;
}

/** What happens, in order, for traces and for the debugger. Each is sent at the moment it is true. */
export type KernelEvent =
  /** Before the call has any effect. */
  | { is: 'syscall-enter'; call: SyscallCall }
  /** The task blocks in the call and another one runs (strace's "unfinished" when something else prints). */
  | { is: 'syscall-blocked'; call: SyscallCall }
  /** The effects are in memory, the result is in `call.result`. */
  | { is: 'syscall-exit'; call: SyscallCall }
  /** A call that Ring 3 does not implement: it returned ENOSYS. */
  | { is: 'syscall-unimplemented'; call: SyscallCall; name: string; why: string }
  /** A signal is delivered, ignored by default, or kills; `info` is the 128-byte siginfo. */
  | { is: 'signal'; task: TaskId; signo: number; info: Uint8Array; action: 'handler' | 'ignored' | 'default' }
  | { is: 'task-start'; task: TaskId; parent: TaskId }
  /** `status` as in wait4; only the last task's exit ends the process. */
  | { is: 'task-exit'; task: TaskId; status: number; killedBy?: number; coreDumped: boolean }
  /**
   * A new program image: symbols must be loaded again. `base` is its load bias (0 for a non-PIE). `file` is empty of the
   * machine's first program: whoever made the machine named it.
   */
  | { is: 'exec'; task: TaskId; path: string; base: number; file: Uint8Array }
  | { is: 'output'; task: TaskId; stream: 'stdout' | 'stderr'; bytes: Uint8Array };

/** `done`: the task can go on or another is chosen by `schedule`. A HostWait is thrown before anything has changed. */
export interface Kernel {
  /** Plain data; `structuredClone`-able but for the rule that Uint8Arrays in it are immutable and may be shared. */
  readonly state: unknown;
  /** Virtual nanoseconds since boot. */
  now(): bigint;
  /** The machine tells how many instructions the running task has executed (they are time) … */
  advance(instructions: number): void;
  /** … or that time jumped while everyone slept. */
  advanceTo(time: bigint): void;
  /** Wakes what is due, delivers a pending signal to the chosen task (its registers then point at the handler). */
  /** With `only`, no other task is chosen; `deadlock` then says that it cannot run. */
  schedule(only?: TaskId): Decision;
  /** The task stands behind its syscall instruction (`arch.syscall.enter` was applied); `pc` is the instruction's. */
  syscall(task: TaskId, pc: number): void;
  exception(task: TaskId, exception: Exception): void;
  /** Bytes from the host's stdin; empty means end of file. */
  input(bytes: Uint8Array): void;
  tasks(): TaskView[];
  task(id: TaskId): TaskView | undefined;
  space(id: TaskId): AddressSpace;
  /** A signal from outside (the debugger, Ctrl-C): SIGINT to the foreground process group, for example. */
  sendSignal(processId: number, signo: number): void;
}
