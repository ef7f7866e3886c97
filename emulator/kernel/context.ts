/**
 * What a syscall handler is given and what it may answer: the contract between the dispatcher and the files under
 * syscalls/ and fs/.
 *
 * A handler is a function of (context, arguments). It
 *  - returns the result, or
 *  - throws an `Errno` (`throw ENOENT`), or lets a `MemoryFault` pass, which becomes EFAULT, or
 *  - throws `HostWait` before it has changed anything; it is then called again with the same arguments, or
 *  - returns `c.block(…)`: the task waits. What it needs to go on is plain data in `Waiting.data`, because a checkpoint
 *    may be taken while it waits. When one of `keys` is woken, the deadline passes or a signal comes, the call is
 *    entered again, when the scheduler next comes to the task:
 *      a handler that is a plain function: `woken` calls it again from the start, `timeout` gives 0, `signal` gives
 *      the restart code of `onSignal`;
 *      a handler { start, resume }: `resume(c, args, waiting, reason)` decides, and may block again.
 */

import type { Arch } from '../abi/arch.ts';
import type { Injection } from '../abi/injection.ts';
import type { Processor } from '../abi/processor.ts';
import type { Args, SyscallName } from '../abi/syscalls.ts';
import type { AddressSpace } from '../memory/types.ts';
import type { KernelEvent, TaskId } from './api.ts';
import type { KernelState, Process, Task, WakeReason } from './state.ts';

/** What a blocked call waits for. Plain data. */
export interface Waiting {
  /** In words, for the debugger: "read of pipe 4", "futex 0xc000042148". */
  what: string;
  /** Wait queues. Names are free but must be unique to the thing: "pipe:12:read", "tty:input", "child:100". */
  keys: string[];
  /** Virtual nanoseconds since boot; undefined: no timeout. */
  deadline?: bigint;
  /**
   * What a signal makes of the call, see errors.ts: ERESTARTSYS, ERESTARTNOHAND, ERESTART_RESTARTBLOCK, EINTR; `none`:
   * signals wait until the call is over. A `resume` that blocks again for the reason `signal` would spin.
   */
  onSignal: 'restart' | 'restart-nohand' | 'restart-block' | 'eintr' | 'none';
  /** The task waits for bytes of the host's stdin: `schedule` may answer {is: 'input'}. */
  input?: boolean;
  /** The handler's own: bytes already written, an absolute timeout, the futex key … */
  data?: unknown;
}

export interface Blocked {
  readonly is: 'blocked';
  readonly waiting: Waiting;
}

/** `undefined`: the registers are as they shall be (execve, rt_sigreturn), or the task is gone (exit). */
export type Result = number | bigint | Blocked | undefined;

export type Start<N extends SyscallName> = (c: Context, args: Args<N>) => Result;

export interface Resumable<N extends SyscallName> {
  start: Start<N>;
  resume(c: Context, args: Args<N>, waiting: Waiting, reason: WakeReason): Result;
}

export type Handler<N extends SyscallName> = Start<N> | Resumable<N>;

/** One topic's calls. A name that is in no table is answered with ENOSYS and an event. */
export type HandlerTable = { readonly [N in SyscallName]?: Handler<N> };

/** Where address spaces come from: they live with the memory layer. */
export interface Spaces {
  get(id: number): AddressSpace;
  /** A new empty one. */
  create(): number;
  /** fork: a copy-on-write copy. */
  clone(id: number): number;
  /** Nobody uses it any more. */
  free(id: number): void;
}

/** What does not change while the machine runs, and is the same again after a checkpoint is restored. */
export interface KernelOptions {
  arch: Arch;
  spaces: Spaces;
  emit(event: KernelEvent): void;
  /** argv, env, cwd, ids and limits of the first process. */
  program: string;
  args: string[];
  env: string[];
  cwd: string;
  uid: number;
  gid: number;
  hostname: string;
  seed: number;
  cpus: number;
  /** Bytes; what sysinfo and /proc/meminfo show, and the bound on what mmap gives. */
  memoryLimit: number;
  /** CLOCK_REALTIME at the start, nanoseconds since 1970. */
  realTime: bigint;
  /** fs/'s options: mounts and the like. */
  mounts: readonly { host: string; guest: string; mode: 'ro' | 'cow' | 'rw' }[];
  /** What descriptors 0, 1 and 2 are; left out: pipes, stdin from the host. */
  streams?: import('./fs/mounts.ts').StreamOptions;
  /** What programs are told of the CPU. */
  processor: Processor;
  /** Calls that are tampered with. No part of a checkpoint, but what was counted for them is (`Task.tampered`). */
  injections?: readonly Injection[];
}

/** Whom a signal is for. */
export type SignalTarget = { is: 'task'; id: TaskId } | { is: 'process'; id: number } | { is: 'group'; id: number };

/** What the kernel's own functions pass around. A Context is one, too. */
export interface Core {
  readonly state: KernelState;
  readonly options: KernelOptions;
  readonly files: Files;
}

export interface Context extends Core {
  readonly task: Task;
  readonly process: Process;
  /** The task's memory. Its `read`/`write` throw MemoryFault, which the dispatcher turns into EFAULT. */
  readonly space: AddressSpace;
  readonly arch: Arch;
  /** Virtual nanoseconds since boot: CLOCK_MONOTONIC. */
  now(): bigint;
  /** CLOCK_REALTIME, nanoseconds since 1970. */
  realtime(): bigint;
  /** From the seed. */
  random(length: number): Uint8Array;
  block(waiting: Waiting): Blocked;
  /**
   * Wakes tasks blocked on the queue, at most `count`, first come first served; returns how many. A woken call runs
   * again when its task is scheduled, so the caller's own call ends first.
   */
  wake(key: string, count?: number): number;
  /** Sends a signal; `code` is si_code, `fields` the rest of siginfo after the first 16 bytes. */
  signal(target: SignalTarget, signo: number, code?: number, fields?: Uint8Array): void;
  /**
   * Replaces the signal mask for the rest of this call (ppoll, pselect6, epoll_pwait): the old one comes back when the
   * call ends, or when the handler that interrupted it returns.
   */
  temporaryMask(mask: bigint): void;
  /** Whether an unblocked signal waits for the task: a call about to block for long returns ERESTARTSYS then. */
  signalPending(): boolean;
  emit(event: KernelEvent): void;
}

/**
 * What the rest of the kernel asks of fs/: exported by fs/index.ts as `files`. Every function that looks at files may
 * throw HostWait, and an Errno.
 */
export interface Files {
  /** The state of a machine that starts. */
  createState(options: KernelOptions): import('./fs/state.ts').FsState;
  /** Descriptors 0, 1 and 2 of the first process; its working directory, root and umask. */
  createTable(state: KernelState): import('./fs/state.ts').FdTable;
  createInfo(state: KernelState, options: KernelOptions): import('./fs/state.ts').FsInfo;
  /** fork without CLONE_FILES or CLONE_FS; every open file gets one more user. */
  copyTable(state: KernelState, table: import('./fs/state.ts').FdTable): import('./fs/state.ts').FdTable;
  copyInfo(info: import('./fs/state.ts').FsInfo): import('./fs/state.ts').FsInfo;
  /** execve: closes what has FD_CLOEXEC. */
  closeOnExec(c: Context): void;
  /** The last task that uses the table is gone, and it was of this process. `wake` as in Context. */
  closeAll(state: KernelState, table: import('./fs/state.ts').FdTable, wake: Context['wake'], pid: number): void;
  /**
   * The file that execve is to load: follows symlinks, checks execute permission and that it is a regular file
   * (EACCES). `path` is the absolute real path.
   */
  openProgram(c: FileContext, path: string): ProgramFile;
  /**
   * mmap of a descriptor: checks its mode against `prot` and `shared` (EACCES), that it can be mapped (ENODEV); takes
   * a reference on the inode. `name` is what /proc/self/maps shows.
   */
  mapFile(c: Context, fd: number, prot: number, shared: boolean): { inode: number; name: string; readOnly: boolean };
  /** The file behind a shared anonymous mapping of this length, in bytes: it lives as long as it is mapped. */
  sharedMemory(c: Context, length: number): { inode: number; name: string };
  /** CLONE_PIDFD: a descriptor (with FD_CLOEXEC) for the new process; absent: EINVAL. */
  openPidfd?(c: Context, process: number): number;
  /** waitid(P_PIDFD): the process a pidfd stands for, EBADF if it is none. */
  pidfdProcess?(c: Context, fd: number): number;
  /** The page of a private mapping; see memory/types.ts. */
  fillPage(state: KernelState, inode: number, offset: number): Uint8Array | undefined;
  /** The host has answered: kept in `state.fs`, so that the call that is made again finds it. */
  answer(state: KernelState, request: import('../host.ts').HostRequest, answer: import('../host.ts').HostAnswer): void;
  /** Bytes of the host's stdin; empty is the end. Wakes who waits for them. */
  input(state: KernelState, bytes: Uint8Array, wake: Context['wake']): void;
}

/** A file that may be a program. Most of a large one is never looked at: it is read where it is needed. */
export interface ProgramFile {
  readonly path: string;
  readonly inode: number;
  /** Bytes. */
  readonly size: number;
  /** Cut where the file ends. Throws HostWait. */
  read(offset: number, length: number): Uint8Array;
}

/** What `openProgram` needs: a task does not exist yet when the first program is loaded. */
export interface FileContext {
  readonly state: KernelState;
  readonly options: KernelOptions;
  readonly process: Pick<Process, 'fs' | 'credentials'>;
}
