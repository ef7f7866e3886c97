/**
 * The kernel as the machine sees it: syscalls and exceptions come in, decisions about who runs go out. All it knows is
 * in `state`; what this file adds is the order in which things happen.
 */
import { SIG, signalByNumber } from '../abi/signals.ts';
import type { HostAnswer, HostRequest } from '../host.ts';
import type { AddressSpace } from '../memory/types.ts';
import type { Decision, Exception, Kernel, TaskId, TaskView } from './api.ts';
import type { Core, Files, KernelOptions } from './context.ts';
import { enterSyscall, resumeSyscall } from './dispatch.ts';
import { raiseException } from './exceptions.ts';
import { startProgram } from './exec.ts';
import { redrawRandom } from './image.ts';
import { newIpc } from './ipc/objects.ts';
import { tellHangUps } from './job-control.ts';
import { sharedFiles, spaceOf } from './memory.ts';
import { seedRandom } from './random.ts';
import { abortCriticalSection } from './rseq.ts';
import { pick, wake } from './scheduler.ts';
import { userInfo } from './siginfo.ts';
import { deliverSignals, sendSignal } from './signals.ts';
import type { KernelState, Process, Task } from './state.ts';
import { exitTask, groupExit } from './tasks.ts';
import { expireTimers, nextDue, sleepers } from './time.ts';

/** The number of the first process: what a shell's child looks like on a machine that has been up for a while. */
export const FIRST_PROCESS = 1000;
/** The clock starts a while after boot: programs take a monotonic time of zero for an error. */
const START_TIME = 1_000_000_000n;

export interface RingKernel extends Kernel {
  readonly state: KernelState;
  /**
   * Loads the program and makes the first task. May throw HostWait, before anything has changed (answer and call it
   * again), an Errno as execve would, or ProgramError with a sentence.
   */
  start(): void;
  /** Right after `start`: everything that was drawn from the seed is drawn again, from this one. */
  reseed(seed: number): void;
  /** Ends a thread as exit does, or its process as SIGKILL does. */
  end(task: TaskId, what: 'thread' | 'process'): void;
  /** The tasks that wait with a timeout; undefined when a timer runs that is no task's. */
  sleepers(): TaskId[] | undefined;
  /** The host has answered what a HostWait asked for. */
  answer(request: HostRequest, answer: HostAnswer): void;
  /** For the memory layer: the page of a private file mapping. */
  fillPage(inode: number, offset: number): Uint8Array | undefined;
}

export function createKernel(options: KernelOptions, files: Files): RingKernel {
  const state: KernelState = {
    now: START_TIME,
    bootTime: options.realTime - START_TIME,
    tasks: new Map(),
    processes: new Map(),
    nextId: FIRST_PROCESS,
    blocks: 0n,
    current: undefined,
    quantum: 0,
    armed: 0,
    queue: [],
    firstProcess: FIRST_PROCESS,
    futexes: [],
    seed: options.seed,
    random: seedRandom(options.seed),
    fs: files.createState(options),
    ipc: newIpc(),
  };
  return resumeKernel(state, options, files);
}

/** Goes on from a state, for example a checkpoint's copy. The spaces it names must be there again. */
export function resumeKernel(state: KernelState, options: KernelOptions, files: Files): RingKernel {
  const core: Core = { state, options, files };
  const shared = sharedFiles(core);
  // A state goes on with its own seed, whatever ran here before.
  options.seed = state.seed;

  function taskOf(id: TaskId): Task {
    const task = state.tasks.get(id);
    if (!task) throw new RangeError(`there is no task ${id}`);
    return task;
  }

  /** What the process of a task wrote to shared memory is there for everybody. */
  function publish(task: Task): void {
    const process = state.processes.get(task.processId);
    if (process && process.run.is !== 'zombie') options.spaces.get(process.memory.space).publish(shared);
  }

  /** The next task that really has something to run, its interrupted calls and signals dealt with. */
  function settle(only: TaskId | undefined): Task | undefined {
    for (;;) {
      const task = pick(core, only);
      if (!task) return undefined;
      if (task.run.is === 'blocked') resumeSyscall(core, task);
      if (task.run.is === 'runnable' && task.rseq.check) abortCriticalSection(core, task);
      if (task.run.is === 'runnable') deliverSignals(core, task);
      tellHangUps(core);
      publish(task);
      if (state.exited !== undefined) return undefined;
      if (task.run.is === 'runnable') return task;
      if (state.current === task.id) state.current = undefined;
    }
  }

  /**
   * What the last decision for a task to run was made on: nothing is due before `due`, if no timer was armed since and no
   * other task ran.
   */
  let last: { task: Task; process: Process; due: bigint | undefined; armed: number } | undefined;

  /** The task that ran goes on: after most calls there is nothing to deliver, to expire or to choose. */
  function goesOn(only: TaskId | undefined): boolean {
    if (!last || last.armed !== state.armed || state.quantum <= 0) return false;
    const { task, process, due } = last;
    if (state.current !== task.id || (only !== undefined && only !== task.id)) return false;
    if (task.run.is !== 'runnable' || task.pending.length > 0 || process.pending.length > 0) return false;
    if (task.interrupted || task.savedMask !== undefined || task.rseq.check || state.fs.hangUps.length > 0)
      return false;
    return due === undefined || state.now < due;
  }

  function runs(task: Task, process: Process, due: bigint | undefined): Decision {
    spaceOf(core, process);
    // A timer in the past was just armed with nothing to wait for: it expires after one instruction.
    const quantum = due === undefined ? state.quantum : Math.min(state.quantum, Math.max(1, Number(due - state.now)));
    return { is: 'run', task: task.id, quantum };
  }

  function schedule(only?: TaskId): Decision {
    if (state.exited !== undefined) return { is: 'exited', status: state.exited };
    if (last && goesOn(only)) return runs(last.task, last.process, last.due);
    last = undefined;
    expireTimers(core);
    const task = settle(only);
    if (state.exited !== undefined) return { is: 'exited', status: state.exited };
    const due = nextDue(core);
    if (task) {
      const process = state.processes.get(task.processId)!;
      last = { task, process, due, armed: state.armed };
      return runs(task, process, due);
    }
    if (only !== undefined && state.queue.length > 0) return { is: 'deadlock' };
    const input = [...state.tasks.values()].some(t => t.run.is === 'blocked' && !t.run.reason && t.run.waiting.input);
    if (input) return { is: 'input', until: due };
    if (due !== undefined) return { is: 'sleep', until: due };
    return { is: 'deadlock' };
  }

  function view(task: Task): TaskView {
    const run = task.run;
    return {
      id: task.id,
      processId: task.processId,
      name: task.name,
      registers: task.registers,
      state: run.is === 'runnable' && state.current === task.id ? 'running' : run.is,
      waitsFor: run.is === 'blocked' ? run.waiting.what : undefined,
      call: task.call,
    };
  }

  return {
    state,
    start: () => startProgram(core),
    reseed(seed: number): void {
      state.seed = options.seed = seed;
      state.random = seedRandom(seed);
      const process = state.processes.get(state.firstProcess)!;
      redrawRandom(options.spaces.get(process.memory.space), process.memory.auxv, state.random);
    },
    now: () => state.now,
    advance(instructions: number): void {
      const passed = BigInt(instructions);
      state.now += passed;
      state.quantum -= instructions;
      const task = state.current === undefined ? undefined : state.tasks.get(state.current);
      if (!task) return;
      task.cpuTime += passed;
      publish(task);
    },
    advanceTo(time: bigint): void {
      if (time > state.now) state.now = time;
    },
    schedule,
    sleepers: () => sleepers(core),
    end(id, what): void {
      const task = taskOf(id);
      if (what === 'thread') exitTask(core, task, 0);
      else groupExit(core, state.processes.get(task.processId)!, SIG.SIGKILL);
    },
    syscall(id: TaskId, pc: number): void {
      const task = taskOf(id);
      enterSyscall(core, task, pc);
      tellHangUps(core);
      publish(task);
    },
    exception(id: TaskId, exception: Exception): void {
      const task = taskOf(id);
      raiseException(core, task, exception);
      publish(task);
    },
    input: (bytes: Uint8Array) => files.input(state, bytes, (key, count) => wake(core, key, count)),
    tasks: () => [...state.tasks.values()].filter(t => t.run.is !== 'dead' || t.id === t.processId).map(view),
    task(id: TaskId): TaskView | undefined {
      const task = state.tasks.get(id);
      return task && view(task);
    },
    space: (id: TaskId): AddressSpace => options.spaces.get(state.processes.get(taskOf(id).processId)!.memory.space),
    sendSignal(processId: number, signo: number): void {
      if (!signalByNumber(signo)) throw new RangeError(`there is no signal ${signo}`);
      sendSignal(core, { is: 'process', id: processId }, { signo, info: userInfo(signo, 0, 0, 0) });
    },
    answer: (request: HostRequest, answer: HostAnswer) => files.answer(state, request, answer),
    fillPage: (inode: number, offset: number) => files.fillPage(state, inode, offset),
  };
}
