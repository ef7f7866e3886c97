/** Threads and their frames. A thread of DAP is a thread of Linux; the goroutine it runs is in its name. */
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { Registers, ViewMemory } from '../emulator/abi/arch.ts';
import type { TaskId } from '../emulator/kernel/api.ts';
import type { Goroutine } from '../emulator/symbols/goroutines.ts';
import type { Frame } from '../emulator/symbols/unwind.ts';
import { Refusal } from './errors.ts';
import { clientLine, type Session, type Target, targetOf } from './session.ts';
import { documentFor } from './source.ts';
import { sourceFor } from './sources.ts';

/** What the client knows as a frame id: an index into the session's frames, plus 1. */
export interface StackFrame {
  task: TaskId;
  /** 0 for the newest. */
  index: number;
  view: Frame;
}

/** Deep recursions are cut here; a stack of that depth is a mistake of the program. */
const DEPTH_LIMIT = 5000;

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

export function threads(session: Session): DebugProtocol.ThreadsResponse['body'] {
  const { target } = session;
  if (!target || session.phase === 'ended') return { threads: [] };
  const tasks = target.machine.tasks().filter(task => task.state !== 'dead');
  return {
    threads: tasks.map(task => {
      // Registers are whole only while the program stands still.
      const goroutine = session.phase === 'running' ? undefined : goroutineOf(target, task.id);
      const runs =
        goroutine === undefined ? '' : goroutine.id === 0 ? ' [system stack]' : ` [goroutine ${goroutine.id}]`;
      const waits = task.state === 'blocked' && task.waitsFor ? `, waits for ${task.waitsFor}` : '';
      return { id: task.id, name: `${task.name} ${task.id}${runs}${waits}` };
    }),
  };
}

export async function stackTrace(
  session: Session,
  args: DebugProtocol.StackTraceArguments,
): Promise<DebugProtocol.StackTraceResponse['body']> {
  const target = targetOf(session);
  const task = args.threadId;
  const all = framesOf(target, task);
  const from = Math.max(0, Math.trunc(Number(args.startFrame)) || 0);
  const count = Math.max(0, Math.trunc(Number(args.levels)) || 0) || all.length;
  const shown = all.slice(from, from + count);
  return {
    stackFrames: await Promise.all(shown.map((view, i) => stackFrame(session, { task, index: from + i, view }, args))),
    totalFrames: all.length,
  };
}

async function stackFrame(
  session: Session,
  frame: StackFrame,
  { format }: DebugProtocol.StackTraceArguments,
): Promise<DebugProtocol.StackFrame> {
  const known = session.frames.findIndex(other => other.task === frame.task && other.index === frame.index);
  const id = known >= 0 ? known + 1 : session.frames.push(frame);
  const { view } = frame;
  const offset = view.function && !view.inlined ? view.pc - view.function.entry : 0;
  const module = format?.module ? `${session.launch?.program.split('/').pop()}!` : '';
  const name = `${module}${view.name}${format?.line && view.line !== undefined ? ` : ${view.line}` : ''}`;
  const base: DebugProtocol.StackFrame = {
    id,
    name: view.inlined ? `${name} (inlined)` : view.interrupted ? `${name} (interrupted)` : name,
    line: 0,
    column: 0,
    instructionPointerReference: `0x${view.pc.toString(16)}`,
    moduleId: 1,
  };
  const source = view.file === undefined ? undefined : await sourceFor(session, view.file);
  const column = session.client.columnsStartAt1 ? 1 : 0;
  if (source && view.line !== undefined) {
    const runtime = view.name.startsWith('runtime.') && view.name !== 'runtime.main';
    return {
      ...base,
      source,
      line: clientLine(session, view.line),
      column,
      ...(runtime ? { presentationHint: 'subtle' } : {}),
    };
  }
  if (!view.function) return { ...base, name: offset ? `${base.name}+0x${offset.toString(16)}` : base.name };
  const document = documentFor(session, view.function, view.lookupPc);
  return { ...base, source: document.source, line: clientLine(session, document.line), column };
}

export function exceptionInfo(
  session: Session,
  _args: DebugProtocol.ExceptionInfoArguments,
): DebugProtocol.ExceptionInfoResponse['body'] {
  const exception = session.stop?.exception;
  if (!exception) throw new Refusal('The program did not stop for an exception.');
  return {
    exceptionId: exception.id,
    description: exception.sentence,
    breakMode: 'always',
    ...(exception.details === undefined
      ? {}
      : { details: { message: exception.sentence, stackTrace: exception.details } }),
  };
}
