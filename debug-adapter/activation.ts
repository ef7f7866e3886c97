/**
 * Which activation of a function a thread stands in. A goroutine moves between threads and its stack between addresses;
 * what stays is the goroutine itself and the distance from the frame to the end of the stack.
 */
import type { TaskId } from '../emulator/kernel/api.ts';
import type { Target } from './session.ts';
import { goroutineOf, registersOf } from './stack.ts';

export interface Activation {
  task: TaskId;
  pc: number;
  sp: number;
  /** Identity of the goroutine; of the thread where there are none. */
  routine: string;
  /** Bytes from the stack pointer to the end of the goroutine's stack. */
  depth: number;
}

export function activation(target: Target, task: TaskId): Activation {
  const { arch } = target.machine;
  const registers = registersOf(target, task);
  const goroutine = goroutineOf(target, task);
  const sp = arch.sp(registers);
  return {
    task,
    pc: arch.pc(registers),
    sp,
    routine: goroutine ? `g${goroutine.address}` : `t${task}`,
    depth: (goroutine?.stackEnd ?? Number.MAX_SAFE_INTEGER) - sp,
  };
}

/** Whether a thread stands in the frame of `from` (its callees have returned), or in a caller's. */
export function backIn(target: Target, task: TaskId, from: Activation): boolean {
  const now = activation(target, task);
  return now.routine === from.routine && now.depth <= from.depth;
}
