/** Frames of tasks, and what a task's registers say. */
import type { Registers, ViewMemory } from '../emulator/abi/arch.ts';
import type { TaskId } from '../emulator/kernel/api.ts';
import type { Goroutine } from '../emulator/symbols/goroutines.ts';
import type { Frame } from '../emulator/symbols/unwind.ts';
import { Refusal } from './errors.ts';
import type { Session, Target } from './session.ts';

/** What the client knows as a frame id: an index into the session's frames, plus 1. */
export interface StackFrame {
  /** The client's number of the thread; of a frame that no client asked for, the task's. */
  thread: number;
  task: TaskId;
  /** The newest frame of a thread that runs: the task's registers are its. */
  live: boolean;
  /** Of a goroutine that no thread runs: of its registers only what its stack tells is known. */
  waits?: boolean;
  /** 0 for the newest. */
  index: number;
  view: Frame;
}

/** Deep recursions are cut here; a stack of that depth is a mistake of the program. */
export const DEPTH_LIMIT = 5000;

export function viewMemory({ machine }: Pick<Target, 'machine'>, task: TaskId): ViewMemory {
  return { read: (address, length) => machine.read(task, address, length) };
}

/** The live registers of a task. Throws Refusal when it has ended. */
export function registersOf({ machine }: Target, task: TaskId): Registers {
  const view = machine.tasks().find(candidate => candidate.id === task);
  if (!view || view.state === 'dead') throw new Refusal(`There is no thread ${task} (any more).`);
  return view.registers;
}

/** The goroutine that a task runs now; 0 is a system stack. */
export function goroutineOf(target: Target, task: TaskId): Goroutine | undefined {
  const { program, machine } = target;
  return program.goroutine(machine.arch, registersOf(target, task), viewMemory(target, task));
}

export function framesOf(target: Target, task: TaskId, limit = DEPTH_LIMIT): Frame[] {
  const memory = viewMemory(target, task);
  const frames = target.program.unwind(target.machine.arch, registersOf(target, task), memory, limit);
  // A caller whose code is no memory is no caller: the stack ends before it (at _start the count of arguments lies there).
  const end = frames.findIndex((frame, i) => i > 0 && !frame.function && memory.read(frame.pc, 1).length === 0);
  return end < 0 ? frames : frames.slice(0, end);
}

export function frameOf(session: Session, id: unknown): StackFrame {
  const frame = typeof id === 'number' ? session.frames[id - 1] : undefined;
  if (!frame) throw new Refusal('The frame is gone: the program has run on since.');
  return frame;
}
