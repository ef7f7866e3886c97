/**
 * The machine: the only interface that the layers above the emulator use. Load a program, run it, stop it, look at it.
 */
import type { Arch } from './abi/arch.ts';
import type { Injection } from './abi/injection.ts';
import type { Compiler } from './compiler.ts';
import type { Host } from './host.ts';
import type { Exception, KernelEvent, TaskId, TaskView } from './kernel/api.ts';
import type { StreamOptions } from './kernel/fs/mounts.ts';
import type { KernelState } from './kernel/state.ts';
import type { SpaceImage } from './memory/address-space.ts';
import type { Mapping, Met, Watchpoint } from './memory/types.ts';

export type { Met, Watchpoint };

/** Where a host folder appears in the guest. */
export interface Mount {
  host: string;
  guest: string;
  mode: 'ro' | 'cow' | 'rw';
}

export interface MachineOptions {
  host: Host;
  /** The program's path as the guest sees it. */
  program: string;
  /** argv, the program's name first. */
  args: string[];
  env: string[];
  cwd: string;
  mounts: Mount[];
  uid: number;
  gid: number;
  seed: number;
  clock: 'virtual' | 'real';
  /** Bytes. */
  memoryLimit: number;
  cpus: number;
  cpu: 'x86-64-v2' | 'x86-64-v3';
  hostname: string;
  /** What descriptors 0, 1 and 2 look like to the guest (a pipe or a terminal); left out: pipes. */
  streams?: StreamOptions;
  /** Another thread that compiles hot code; without one the machine's own does. It changes nothing but the speed. */
  compiler?: Compiler;
}

/** A point where the machine can be asked to stop, other than an address. */
export interface SyscallBreakpoint {
  id: number;
  /** Number in this arch's column, or undefined for every call. */
  number: number | undefined;
  when: 'enter' | 'exit';
}

export type Stop =
  /** `maxInstructions` were executed. */
  | { is: 'budget' }
  /** `pause()` was called. */
  | { is: 'paused' }
  /** The task is about to execute an instruction with a breakpoint on it. */
  | { is: 'breakpoint'; task: TaskId; address: number }
  /** An instruction or a syscall of the task accessed what is watched; it has happened. */
  | { is: 'watchpoint'; task: TaskId; met: Met }
  /** `enter`: the task stands at its syscall instruction. `exit`: it stands behind it, the result is there. */
  | { is: 'syscall'; task: TaskId; when: 'enter' | 'exit'; number: number; ids: number[] }
  /** Asked for by `stopOnExceptions`: before the signal is delivered. */
  | { is: 'exception'; task: TaskId; exception: Exception }
  /** `exception`: what the CPU could not do, when that is where the signal comes from. */
  | { is: 'signal'; task: TaskId; signo: number; exception?: Exception }
  | { is: 'exited'; status: number }
  /** Every task waits for ever. */
  | { is: 'deadlock' };

export interface RunRequest {
  /** Stop after this many instructions (all tasks together). */
  maxInstructions?: number;
  /** Only this task runs. */
  onlyTask?: TaskId;
}

/** Everything that is the machine's state, by value or by immutable page. Breakpoints are no part of it. */
export interface Checkpoint {
  readonly instructions: number;
  readonly kernel: KernelState;
  readonly spaces: ReadonlyMap<number, SpaceImage>;
}

export interface Machine {
  readonly arch: Arch;
  /** Instructions executed since the start, all tasks together: the machine's clock. */
  readonly instructions: number;
  /** Pieces of the guest's code that were compiled so far; those of processes that are gone are not counted. */
  readonly compiledFunctions: number;
  /** The task that runs or ran last; undefined after the exit. */
  readonly current: TaskId | undefined;
  tasks(): TaskView[];
  /** Never throws; cut where memory ends. */
  read(task: TaskId, address: number, length: number): Uint8Array;
  /** Returns how many bytes could be written. */
  write(task: TaskId, address: number, bytes: Uint8Array): number;
  mappings(task: TaskId): readonly Mapping[];
  /** What a file descriptor (or AT_FDCWD) of the task stands for, as /proc/self/fd shows it; undefined: not open. */
  describeFd?(task: TaskId, fd: number): string | undefined;

  /** Runs until something stops it. Yields to the event loop now and then, so that `pause` can be called. */
  run(request?: RunRequest): Promise<Stop>;
  /** One instruction of one task (default: the current one), syscalls included; other tasks only if that one blocks. */
  step(task?: TaskId): Promise<Stop>;
  pause(): void;
  /** Ends a thread as if it had called exit, or all of its process as SIGKILL does. None of its own code runs for that. */
  end(task: TaskId, what: 'thread' | 'process'): void;

  setBreakpoints(addresses: readonly number[]): void;
  /**
   * Data of the task's process, as much as one likes: a run stops behind the instruction that accesses it, and behind the
   * syscall that writes it. They end with the process, and with its next program.
   */
  setWatchpoints(task: TaskId, watchpoints: readonly Watchpoint[]): void;
  setSyscallBreakpoints(breakpoints: readonly SyscallBreakpoint[]): void;
  /** Calls that get another result, or a signal; what they replace is the list before. */
  setInjections(injections: readonly Injection[]): void;
  /** Signals that stop before they are delivered, by number. */
  setSignalStops(signals: readonly number[]): void;

  /**
   * Which tasks only keep house (Go's sysmon): when nobody else waits for a point in time, that is a deadlock, though
   * their own sleeps end. Asked when such a sleep is long.
   */
  setHousekeepers(isHousekeeper: (task: TaskView) => boolean): void;

  /** Each event as it happens; listeners read guest memory, never write it. Returns the removal. */
  listen(listener: (event: KernelEvent) => void): () => void;

  checkpoint(): Checkpoint;
  restore(checkpoint: Checkpoint): void;
  /**
   * Before the first instruction: the machine is as if it had been made with this seed. With `restore` of a checkpoint
   * from there it runs a program many times for little. Throws RangeError later.
   */
  reseed(seed: number): void;
  /** A hash over registers, memory and kernel state, for determinism tests. */
  hash(): string;
}
