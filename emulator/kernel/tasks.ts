/**
 * The lives of tasks and processes: how they end, stop and continue, and who is told (kernel/exit.c). Their birth is
 * clone's, in syscalls/process.ts, and execve's, in exec.ts.
 */
import { SA, SA_HANDLER } from '../abi/flags.ts';
import { CLD_CODE, SIG } from '../abi/signals.ts';
import { MemoryFault } from '../memory/types.ts';
import type { Core } from './context.ts';
import { forgetWaiter, wakeFutex } from './futex.ts';
import { undoSemaphores } from './ipc/semaphores.ts';
import { giveUpTerminal, isSessionLeader, releaseJobs } from './job-control.ts';
import { spaceOf } from './memory.ts';
import { dequeue, enqueue, wake } from './scheduler.ts';
import { childInfo } from './siginfo.ts';
import { queueSignal } from './signals.ts';
import type { Process, Task } from './state.ts';

const FUTEX_TID_MASK = 0x3fffffff;
const FUTEX_OWNER_DIED = 0x40000000;
const FUTEX_WAITERS = 0x80000000;
/** Linux follows this many entries of a robust list and no more. */
const ROBUST_LIST_LIMIT = 2048;
const NANOSECONDS_PER_TICK = 10_000_000n;

export const exitStatus = (code: number): number => (code & 0xff) << 8;

/** CPU time of a process, nanoseconds. */
export function processTime(core: Core, process: Process): bigint {
  return process.tasks.reduce((sum, id) => sum + core.state.tasks.get(id)!.cpuTime, process.deadTime);
}

/** Runs `action`, ignoring memory that is not there, as the kernel does when a task dies. */
export function quietly(action: () => void): void {
  try {
    action();
  } catch (error) {
    if (!(error instanceof MemoryFault)) throw error;
  }
}

/** Mutexes that the task holds are marked and handed on (set_robust_list(2)). */
function releaseRobustList(core: Core, task: Task, process: Process): void {
  const head = task.robustList;
  if (head === 0) return;
  const space = spaceOf(core, process);
  const release = (entry: number, offset: number) => {
    const address = entry + offset;
    const word = space.readU32(address);
    if ((word & FUTEX_TID_MASK) !== task.id) return;
    space.writeU32(address, ((word & FUTEX_WAITERS) | FUTEX_OWNER_DIED) >>> 0);
    if (word & FUTEX_WAITERS) wakeFutex(core, process, address, true, 1);
  };
  const offset = Number(BigInt.asIntN(64, space.readU64(head + 8)));
  const pending = Number(space.readU64(head + 16));
  let entry = Number(space.readU64(head));
  for (let i = 0; entry !== head && i < ROBUST_LIST_LIMIT; i++) {
    const next = Number(space.readU64(entry & ~1));
    if (entry !== pending) release(entry, offset);
    entry = next;
  }
  if (pending !== 0) release(pending, offset);
}

/** Whether another process uses the object too (CLONE_VM, CLONE_FILES without CLONE_THREAD). */
const usedElsewhere = (core: Core, process: Process, of: (p: Process) => object): boolean =>
  [...core.state.processes.values()].some(p => p !== process && p.run.is !== 'zombie' && of(p) === of(process));

/** The memory is given up: at exit and at execve. The registered addresses are cleared, waiters of a vfork go on. */
export function releaseMemory(core: Core, task: Task, process: Process): void {
  quietly(() => releaseRobustList(core, task, process));
  task.robustList = 0;
  const shared = process.tasks.length > 1 || usedElsewhere(core, process, p => p.memory);
  if (task.clearTid !== 0 && shared)
    quietly(() => {
      spaceOf(core, process).writeU32(task.clearTid, 0);
      wakeFutex(core, process, task.clearTid, true, 1);
    });
  task.clearTid = 0;
  if (task.vforkParent !== undefined) {
    const parent = core.state.tasks.get(task.vforkParent);
    task.vforkParent = undefined;
    if (parent) wake(core, `vfork:${task.id}`);
  }
}

/** Ends one task. `status` as wait4 gives it. The last one ends the process. */
export function exitTask(core: Core, task: Task, status: number): void {
  const { state, options } = core;
  const process = state.processes.get(task.processId)!;
  if (task.run.is === 'dead') return;
  releaseMemory(core, task, process);
  forgetWaiter(core, task.id);
  task.run = { is: 'dead' };
  task.call = undefined;
  dequeue(core, task.id);
  process.deadTime += task.cpuTime;
  process.tasks = process.tasks.filter(id => id !== task.id);
  const killedBy = status & 0x7f;
  options.emit({
    is: 'task-exit',
    task: task.id,
    status,
    killedBy: killedBy === 0 ? undefined : killedBy,
    coreDumped: (status & 0x80) !== 0,
  });
  // The leader's number stays taken until the process is gone.
  if (task.id !== process.id || process.tasks.length === 0) state.tasks.delete(task.id);
  if (process.tasks.length === 0) endProcess(core, process, process.exiting ?? status);
}

function endProcess(core: Core, process: Process, status: number): void {
  const { state, options } = core;
  state.tasks.delete(process.id);
  if (isSessionLeader(process)) giveUpTerminal(core, process, true);
  if (!usedElsewhere(core, process, p => p.files))
    core.files.closeAll(state, process.files, (key, count) => wake(core, key, count), process.id);
  // The first process leaves its memory behind for whoever looks at the end of a run.
  if (process.id !== state.firstProcess && !usedElsewhere(core, process, p => p.memory))
    options.spaces.free(process.memory.space);
  undoSemaphores(core, process);
  process.run = { is: 'zombie', status };
  process.timers = [];
  process.itimers = process.itimers.map(() => ({ interval: 0n }));
  const children = [...state.processes.values()].filter(child => child.parent === process.id);
  for (const child of children) {
    child.parent = 1;
    if (child.parentDeathSignal !== 0 && child.run.is !== 'zombie') {
      const leader = state.tasks.get(child.tasks[0]!);
      if (leader) queueSignal(core, leader, true, { signo: child.parentDeathSignal, info: new Uint8Array(128) });
    }
    if (child.run.is === 'zombie' && !state.processes.has(1)) reap(core, child);
  }
  releaseJobs(core, process, children);
  wake(core, `pidfd:${process.id}`);
  if (process.id === state.firstProcess) {
    state.exited = status;
    return;
  }
  const killed = (status & 0x7f) !== 0;
  const code = killed ? (status & 0x80 ? CLD_CODE.CLD_DUMPED : CLD_CODE.CLD_KILLED) : CLD_CODE.CLD_EXITED;
  if (!tellParent(core, process, process.exitSignal, code, killed ? status & 0x7f : status >> 8)) reap(core, process);
}

/** Removes a zombie; its time goes to the parent. */
export function reap(core: Core, process: Process): void {
  const parent = core.state.processes.get(process.parent);
  if (parent) parent.childTime += process.deadTime + process.childTime;
  core.state.processes.delete(process.id);
}

/** False if nobody is going to wait for the child. */
function tellParent(core: Core, process: Process, signo: number, code: number, status: number): boolean {
  const parent = core.state.processes.get(process.parent);
  if (!parent || parent.run.is === 'zombie') return false;
  const action = parent.signals.actions[SIG.SIGCHLD]!;
  const unwanted =
    signo === SIG.SIGCHLD && (action.handler === SA_HANDLER.SIG_IGN || (action.flags & SA.SA_NOCLDWAIT) !== 0);
  const leader = core.state.tasks.get(parent.tasks[0]!);
  if (leader && signo !== 0 && !(signo === SIG.SIGCHLD && action.handler === SA_HANDLER.SIG_IGN)) {
    const ticks = processTime(core, process) / NANOSECONDS_PER_TICK;
    const info = childInfo(signo, code, process.id, process.credentials.uid, status, ticks);
    queueSignal(core, leader, true, { signo, info });
  }
  wake(core, `child:${parent.id}`);
  return !unwanted;
}

/** exit_group, or death by a signal: every task ends with this status, the current one last. */
export function groupExit(core: Core, process: Process, status: number): void {
  if (process.run.is === 'zombie') return;
  process.exiting = status;
  const current = core.state.current;
  const others = process.tasks.filter(id => id !== current);
  for (const id of others) exitTask(core, core.state.tasks.get(id)!, status);
  const last = current === undefined ? undefined : core.state.tasks.get(current);
  if (last && last.processId === process.id) exitTask(core, last, status);
}

/** Job control: SIGSTOP and its kin. */
export function stopProcess(core: Core, process: Process, signo: number): void {
  for (const id of process.tasks) {
    const task = core.state.tasks.get(id)!;
    if (task.run.is === 'stopped' || task.run.is === 'dead') continue;
    task.run = { is: 'stopped', was: task.run };
    dequeue(core, id);
  }
  process.run = { is: 'stopped', signo };
  process.stopReported = false;
  const parent = core.state.processes.get(process.parent);
  if (parent && !(parent.signals.actions[SIG.SIGCHLD]!.flags & SA.SA_NOCLDSTOP))
    tellParent(core, process, SIG.SIGCHLD, CLD_CODE.CLD_STOPPED, signo);
  else wake(core, `child:${process.parent}`);
}

export function continueProcess(core: Core, process: Process): void {
  if (process.run.is !== 'stopped') return;
  process.run = { is: 'alive' };
  process.continued = true;
  for (const id of process.tasks) {
    const task = core.state.tasks.get(id)!;
    if (task.run.is !== 'stopped') continue;
    task.run = task.run.was;
    if (task.run.is === 'runnable' || (task.run.is === 'blocked' && task.run.reason)) enqueue(core, id);
  }
  tellParent(core, process, SIG.SIGCHLD, CLD_CODE.CLD_CONTINUED, SIG.SIGCONT);
}
