/**
 * Wait queues named by memory (futex(2), kernel/futex/). A waiter stands in `state.futexes`, in order of arrival;
 * waking takes it out there and then, so that a later wake cannot count it twice.
 *
 * A key is the address space and the address for private futexes; for shared ones it is what the memory is: a file's
 * inode and offset, or again the address space when the memory is private. As in Linux a private and a shared key
 * never meet.
 */
import type { TaskId } from './api.ts';
import type { Core } from './context.ts';
import { EFAULT, EINVAL } from './errors.ts';
import { wakeTask } from './scheduler.ts';
import type { FutexWaiter, Process } from './state.ts';

export const MATCH_ANY = 0xffffffff;

/** Throws EINVAL for an address that is no multiple of 4. */
export function futexKey(core: Core, process: Process, address: number, shared: boolean): string {
  if (address % 4 !== 0) throw EINVAL;
  const space = process.memory.space;
  if (!shared) return `private:${space}:${address}`;
  const mapping = core.options.spaces.get(space).mappingAt(address);
  if (!mapping) throw EFAULT;
  if (!mapping.shared) return `shared:${space}:${address}`;
  if (mapping.backing.is !== 'file') return `shared:${space}:${address}`;
  return `inode:${mapping.backing.inode}:${mapping.backing.offset + address - mapping.start}`;
}

/** Wakes at most `count` waiters of the key; returns how many. */
export function wakeKey(core: Core, key: string, count: number, bitset = MATCH_ANY): number {
  const { state } = core;
  let woken = 0;
  const rest: FutexWaiter[] = [];
  for (const waiter of state.futexes) {
    const hit = woken < count && waiter.key === key && (waiter.bitset & bitset) !== 0;
    const task = hit ? state.tasks.get(waiter.task) : undefined;
    if (hit && task && wakeTask(core, task, 'woken')) woken++;
    else rest.push(waiter);
  }
  state.futexes = rest;
  return woken;
}

/** Like wakeKey, by address; for the kernel's own wakes (CLONE_CHILD_CLEARTID, robust lists). */
export function wakeFutex(core: Core, process: Process, address: number, shared: boolean, count: number): number {
  if (address % 4 !== 0) return 0;
  return wakeKey(core, futexKey(core, process, address, shared), count);
}

/** Moves at most `count` waiters to another key, behind those that wait there. */
export function requeue(core: Core, from: string, to: string, count: number): number {
  if (from === to) return 0;
  const { state } = core;
  const moved: FutexWaiter[] = [];
  const rest: FutexWaiter[] = [];
  for (const waiter of state.futexes) {
    if (moved.length < count && waiter.key === from) moved.push({ ...waiter, key: to });
    else rest.push(waiter);
  }
  state.futexes = [...rest, ...moved];
  return moved.length;
}

/** True if the task stood in a queue: it was not woken there. */
export function forgetWaiter(core: Core, task: TaskId): boolean {
  const { state } = core;
  const before = state.futexes.length;
  state.futexes = state.futexes.filter(w => w.task !== task);
  return state.futexes.length < before;
}
