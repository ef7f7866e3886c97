/**
 * When every thread waits and nothing can wake one: who waits for what, as text for the debug console and for
 * `ring3 run`. Symbols say which goroutine that is and where in the program.
 */
import type { TaskView } from '../emulator/kernel/api.ts';
import type { Machine } from '../emulator/machine.ts';
import { type Goroutine, isRuntimes } from '../emulator/symbols/goroutines.ts';
import type { Program } from '../emulator/symbols/program.ts';
import type { Frame } from '../emulator/symbols/unwind.ts';
import { DEFAULT_FORMAT } from '../emulator/trace/context.ts';
import { describeCall } from '../emulator/trace/describe.ts';
import { viewMemory } from './stack.ts';

export const DEADLOCK = 'Every thread waits, and nothing can wake one';

/** The symbols of a process; undefined where there are none. */
export type Programs = (processId: number) => Program | undefined;

/** The runtime's watchman: it sleeps with a timeout all the time, and waits for nothing. */
const SYSMON = 'runtime.sysmon';
/** Frames that are looked at: waits are not far from where they begin. */
const DEPTH = 32;
/** Frames that are shown. */
const SHOWN = 4;
/** Goroutines without a thread that are named. */
const GOROUTINES = 50;
/** What stands between the program and the kernel tells nobody anything. */
const PLUMBING = /^(runtime|internal\/.*|syscall)\.|^(main|_start|__libc_start.*|call_on_stack)$/;

/** For `Machine.setHousekeepers`. */
export function housekeepers(machine: Machine, programs: Programs): (task: TaskView) => boolean {
  return task => {
    const program = programs(task.processId);
    return program?.isGo === true && framesOf(machine, program, task).some(frame => frame.name === SYSMON);
  };
}

/** Lines without an end: two for each thread, one for each goroutine that has none. */
export function deadlockReport(machine: Machine, programs: Programs): string[] {
  const lines: string[] = [];
  const shown = new Set<number>();
  const tasks = machine.tasks().filter(task => task.state !== 'dead');
  for (const task of tasks) {
    const program = programs(task.processId);
    const goroutine = program && servedBy(machine, program, task);
    if (goroutine) shown.add(goroutine.id);
    const who = [`thread ${task.id} (${task.name})`, program && roleOf(machine, program, task, goroutine)];
    lines.push(`  ${who.filter(Boolean).join(', ')}`, `    ${waitOf(machine, task)}`);
  }
  const first = tasks[0];
  const program = first && programs(first.processId);
  if (!program?.isGo) return lines;
  const memory = viewMemory({ machine }, first.id);
  const others = program.goroutines(memory).filter(g => !shown.has(g.id) && !isRuntimes(g));
  for (const g of others.slice(0, GOROUTINES)) {
    const frames = program.unwindGoroutine(machine.arch, memory, g, DEPTH);
    lines.push(`  goroutine ${g.id} [${g.waitReason ?? g.status}]${placeOf(frames)}`);
  }
  if (others.length > GOROUTINES) lines.push(`  and ${others.length - GOROUTINES} more goroutines`);
  return lines;
}

const framesOf = (machine: Machine, program: Program, task: TaskView): Frame[] =>
  program.unwind(machine.arch, task.registers, viewMemory({ machine }, task.id), DEPTH);

/** The goroutine that a thread runs, or on whose behalf its system stack works. */
function servedBy(machine: Machine, program: Program, task: TaskView): Goroutine | undefined {
  const memory = viewMemory({ machine }, task.id);
  const g = program.goroutine(machine.arch, task.registers, memory);
  if (g?.id !== 0) return g;
  return g.servesGoroutine === undefined ? undefined : program.goroutineAt(memory, g.servesGoroutine);
}

function roleOf(machine: Machine, program: Program, task: TaskView, goroutine: Goroutine | undefined): string {
  const frames = framesOf(machine, program, task);
  if (goroutine) return `goroutine ${goroutine.id}${placeOf(frames)}`;
  if (!program.isGo) return placeOf(frames).trimStart();
  return frames.some(frame => frame.name === SYSMON) ? "Go's sysmon" : 'no goroutine: an idle thread of the Go runtime';
}

/** " in main.wait (main.go:12) ← main.main". */
function placeOf(frames: readonly Frame[]): string {
  const own = frames.filter(frame => frame.name && !PLUMBING.test(frame.name));
  const [at, ...callers] = own.length > 0 ? own : frames.filter(frame => frame.name);
  if (!at) return '';
  const line = at.file === undefined || at.line === undefined ? '' : ` (${at.file.split('/').pop()}:${at.line})`;
  return ` in ${[`${at.name}${line}`, ...callers.slice(0, SHOWN - 1).map(frame => frame.name)].join(' ← ')}`;
}

/** The call as the trace writes it, and what it waits for. */
function waitOf(machine: Machine, task: TaskView): string {
  if (task.state === 'stopped') return 'is stopped by a signal and waits for SIGCONT';
  const { call } = task;
  const options = { ...DEFAULT_FORMAT, column: machine.arch.syscall.column };
  const text = call && describeCall({ ...call, args: [...call.args] }, viewMemory({ machine }, task.id), options).line;
  const reason = `waits for ${task.waitsFor ?? 'nothing known'}`;
  return text ? `${text}: ${reason}` : reason;
}
