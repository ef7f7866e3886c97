/**
 * From the kernel's events to strace's lines. A line is begun when a task enters a call and ended when it comes back;
 * when another task has something to say in between, the line is cut by "<unfinished ...>" and taken up again by
 * "<... call resumed>", exactly where strace would do it.
 */
import type { ViewMemory } from '../abi/arch.ts';
import { signalByNumber, signalName } from '../abi/signals.ts';
import { type SyscallName, syscallByNumber, syscallNumber } from '../abi/syscalls.ts';
import type { FormatOptions, TracedCall } from './context.ts';
import type { TraceEvent } from './events.ts';
import { statusOf } from './filter.ts';
import {
  callName,
  type EnteredCall,
  enterCall,
  enterText,
  isFailure,
  type LeftCall,
  leaveCall,
  leaveText,
  withResult,
} from './format.ts';
import { jsonCall, jsonExit, jsonSignal, jsonStart } from './json.ts';
import { selectsPath } from './paths.ts';
import type { TraceSettings } from './settings.ts';
import { formatSiginfo } from './siginfo.ts';
import { formatSigset } from './sigset.ts';
import { countCall, formatSummary, type Summary } from './summary.ts';
import { pointer, quote, utf8 } from './text.ts';

/** What a tracer needs to know beside the events. */
export interface TraceSources {
  memory(task: number): ViewMemory;
  /** Virtual nanoseconds since boot. */
  now(): bigint;
  /** Nanoseconds since 1970 at boot. */
  bootTime: bigint;
  /** For rt_sigreturn: where the signal frame stands. */
  stackPointer?(task: number): number;
  /** For -y and -P. */
  describeFd?(task: number, fd: number): string | undefined;
}

interface TaskTrace {
  /** The call it is in, if it is shown. */
  entered: EnteredCall | undefined;
  call: TracedCall | undefined;
  /** The line was cut; it must be taken up again. */
  cut: boolean;
  /** Signals that it ignores and that came while it was in a call: shown behind that call, as when it comes back. */
  ignored: (() => void)[] | undefined;
  /** Name of its last call, shown or not. */
  previous: string | undefined;
  /** What its lines begin with while others are traced beside it. */
  readonly leader: string;
}

/** Where uc_sigmask stands from the stack pointer at rt_sigreturn (asm/ucontext.h, asm/sigcontext.h). */
const SIGMASK_AT = { amd64: 296, arm64: 168 } as const;

const SIGKILL = 9;

/** Bytes of the syscall instruction: -i shows the address behind it. */
const INSTRUCTION = { amd64: 2, arm64: 4 } as const;

/** A program that is loaded when its machine is made: strace shows the execve that would have loaded it. */
export interface StartedProgram {
  task: number;
  path: string;
  args: readonly string[];
  /** How many variables the environment has, and where it stands. */
  environment: number;
  environmentAt: number;
}

export interface Tracer {
  /** Comes before the first event: the execve of the first program, which no guest made. */
  started(program: StartedProgram): void;
  hear(event: TraceEvent): void;
  /** A run that ends in the middle of calls: their lines are ended. The table of -c follows. */
  end(): void;
}

/** `write` gets pieces of text; together they are the trace. Only a blocked call leaves a piece without a newline. */
export function createTracer(settings: TraceSettings, sources: TraceSources, write: (text: string) => void): Tracer {
  const format: FormatOptions = {
    ...settings.format,
    describeFd: settings.describeFds ? sources.describeFd?.bind(sources) : undefined,
  };
  const tasks = new Map<number, TaskTrace>();
  const summary: Summary = new Map();
  const lines = settings.summary !== 'only';
  /** Calls that -z and the like may drop are printed only when they are over, in one piece. */
  const staged = settings.statuses !== undefined;
  let first: number | undefined;
  let alive = 0;
  /** The task whose line is not ended, and what of it is written already. */
  let open: { task: number; text: string; written: number } | undefined;
  let lastLeader: bigint | undefined;

  const taskOf = (task: number): TaskTrace => {
    let known = tasks.get(task);
    if (!known) {
      known = {
        entered: undefined,
        call: undefined,
        cut: false,
        ignored: undefined,
        previous: undefined,
        leader: settings.toFile ? `${String(task).padEnd(5)} ` : `[pid ${String(task).padStart(5)}] `,
      };
      tasks.set(task, known);
      first ??= task;
      alive++;
    }
    return known;
  };

  const isTraced = (task: number): boolean => settings.follow || first === undefined || task === first;

  const stamped = settings.time !== 'none' || settings.relative || settings.numbers || settings.instructionPointer;

  function leader(task: number, number: number | undefined, pc: number | undefined): string {
    let text = settings.follow && (settings.toFile || alive > 1) ? taskOf(task).leader : '';
    if (!stamped) return text;
    const now = sources.now();
    if (settings.time !== 'none') text += `${timeText(sources.bootTime + now)} `;
    if (settings.relative) {
      const passed = lastLeader === undefined ? 0n : now - lastLeader;
      lastLeader = now;
      text += `${String(passed / 1_000_000_000n).padStart(6)}.${micro(passed)} `;
    }
    if (settings.numbers) text += number === undefined ? '[????] ' : `[${String(number).padStart(4)}] `;
    if (settings.instructionPointer)
      text +=
        pc === undefined
          ? '[????????????????] '
          : `[${(pc + INSTRUCTION[format.column]).toString(16).padStart(16, '0')}] `;
    return text;
  }

  const micro = (ns: bigint): string => String((ns % 1_000_000_000n) / 1000n).padStart(6, '0');

  function timeText(ns: bigint): string {
    const seconds = ns / 1_000_000_000n;
    if (settings.time === 'epoch') return `${seconds}.${micro(ns)}`;
    const clock = new Date(Number(seconds) * 1000).toISOString().slice(11, 19);
    return settings.time === 'microseconds' ? `${clock}.${micro(ns)}` : clock;
  }

  /** Ends the line of another task, so that `task` can write. */
  function interrupt(task: number): void {
    if (!open || open.task === task) return;
    write(`${open.text.slice(open.written)} <unfinished ...>\n`);
    const cut = tasks.get(open.task);
    if (cut) cut.cut = true;
    open = undefined;
  }

  function whole(task: number, line: string): void {
    interrupt(task);
    if (open) {
      // The task's own line is open: it says something in the middle of a call.
      write(`${open.text.slice(open.written)} <unfinished ...>\n`);
      const own = tasks.get(task);
      if (own) own.cut = true;
      open = undefined;
    }
    write(`${line}\n`);
  }

  function selects(call: TracedCall, name: SyscallName | undefined): boolean {
    if (!isTraced(call.task)) return false;
    if (settings.calls && !(name && settings.calls.has(name))) return false;
    if (settings.paths.length === 0) return true;
    return name !== undefined && selectsPath(settings.paths, name, call, sources.memory(call.task), sources);
  }

  function enter(call: TracedCall): void {
    const task = taskOf(call.task);
    const name = syscallByNumber(format.column, call.number);
    const { previous } = task;
    task.previous = name;
    task.entered = undefined;
    task.cut = false;
    if (!selects(call, name)) return;
    task.call = call;
    if (!lines) {
      task.entered = { name: callName(call, format), opening: '', known: name, parts: [], more: false };
      return;
    }
    const entered = enterCall(call, sources.memory(call.task), format, previous);
    task.entered = name === 'rt_sigreturn' ? { ...entered, parts: returnMask(call.task) } : entered;
    if (settings.json || staged) return;
    if (open) interrupt(call.task);
    const text = enterText(task.entered, leader(call.task, call.number, call.pc));
    open = { task: call.task, text, written: 0 };
  }

  /** The mask that a signal frame restores. */
  function returnMask(task: number): EnteredCall['parts'] {
    const sp = sources.stackPointer?.(task);
    const bytes = sp === undefined ? undefined : sources.memory(task).read(sp + SIGMASK_AT[format.column], 8);
    if (bytes?.length !== 8) return [];
    const mask = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true);
    return [{ name: 'frame', text: `{mask=${formatSigset(mask)}}` }];
  }

  /** A call that waits is shown as far as it goes, so that a reader sees what the program waits for. */
  function blocked(call: TracedCall): void {
    if (open?.task !== call.task) return;
    write(open.text.slice(open.written));
    open.written = open.text.length;
  }

  function exit(call: TracedCall): void {
    const task = taskOf(call.task);
    leave(call, task);
    const { ignored } = task;
    if (!ignored) return;
    task.ignored = undefined;
    for (const show of ignored) show();
  }

  function leave(call: TracedCall, task: TaskTrace): void {
    const { entered } = task;
    task.entered = undefined;
    if (!entered) return;
    const { result } = call;
    if (settings.statuses && !settings.statuses.has(statusOf(result))) {
      task.cut = false;
      return;
    }
    if (settings.summary !== 'none')
      countCall(summary, entered.name, isFailure(result), (call.left ?? call.entered) - call.entered);
    if (!lines) return;
    const left = leaveCall(call, sources.memory(call.task), format, entered);
    if (settings.json) {
      write(`${JSON.stringify(jsonCall(call, entered, left, format, sources.bootTime))}\n`);
      return;
    }
    finish(call, task, entered, left);
  }

  function finish(call: TracedCall, task: TaskTrace, entered: EnteredCall, left: LeftCall): void {
    interrupt(call.task);
    let line: string;
    let written = 0;
    if (open && !task.cut) {
      line = open.text;
      written = open.written;
    } else if (staged) line = enterText(entered, leader(call.task, call.number, call.pc));
    else line = `${leader(call.task, call.number, call.pc)}<... ${entered.name} resumed>`;
    task.cut = false;
    open = undefined;
    const time = settings.duration && call.left !== undefined ? ` <${duration(call.left - call.entered)}>` : '';
    const text = withResult(leaveText(line, left), `${left.result}${time}\n`, settings.column);
    write(written === 0 ? text : text.slice(written));
  }

  const duration = (ns: bigint): string => `${ns / 1_000_000_000n}.${micro(ns)}`;

  /** A task that ends inside a call: exit_group itself, or a call that its end interrupts. */
  function endCall(id: number, task: TaskTrace): void {
    const { entered, call } = task;
    task.entered = undefined;
    if (!entered || !call || !lines) return;
    if (settings.statuses && !settings.statuses.has('unavailable')) return;
    if (settings.json) {
      const left: LeftCall = { parts: [], joined: 'early', result: '?', failed: false };
      write(`${JSON.stringify(jsonCall({ ...call, result: undefined }, entered, left, format, sources.bootTime))}\n`);
      return;
    }
    interrupt(id);
    const begun =
      open && !task.cut
        ? open.text
        : staged
          ? enterText(entered, leader(id, call.number, call.pc))
          : `${leader(id, call.number, call.pc)}<... ${entered.name} resumed>`;
    const written = open && !task.cut ? open.written : 0;
    open = undefined;
    task.cut = false;
    const missing = entered.more ? ' <unfinished ...>' : '';
    write(withResult(begun + missing, '?\n', settings.column).slice(written));
  }

  function signal(id: number, signo: number, info: Uint8Array, action?: string): void {
    // Whoever traces is not asked about SIGKILL.
    if (signo === SIGKILL) return;
    if (!isTraced(id) || !lines || (settings.signals && !settings.signals.has(signo))) return;
    const task = taskOf(id);
    if (action === 'ignored' && task.entered) {
      task.ignored ??= [];
      task.ignored.push(() => signal(id, signo, info));
      return;
    }
    if (settings.json) {
      write(`${JSON.stringify(jsonSignal(id, signo, info, format, sources))}\n`);
      return;
    }
    const head = leader(id, undefined, undefined);
    whole(id, `${head}--- ${signalName(signo)} ${formatSiginfo(info, format.column)} ---`);
    if (action === 'default' && signalByNumber(signo)?.action === 'stop')
      whole(id, `${leader(id, undefined, undefined)}--- stopped by ${signalName(signo)} ---`);
  }

  function taskExit(event: Extract<TraceEvent, { is: 'task-exit' }>): void {
    const task = taskOf(event.task);
    if (isTraced(event.task)) {
      endCall(event.task, task);
      if (lines && settings.quiet < 2) {
        if (settings.json) write(`${JSON.stringify(jsonExit(event, sources))}\n`);
        else whole(event.task, `${leader(event.task, undefined, undefined)}+++ ${exitText(event)} +++`);
      }
    }
    tasks.delete(event.task);
    alive--;
  }

  function started(program: StartedProgram): void {
    taskOf(program.task);
    const name: SyscallName = 'execve';
    if (settings.calls && !settings.calls.has(name)) return;
    if (settings.statuses && !settings.statuses.has('successful')) return;
    if (settings.paths.length > 0 && !settings.paths.includes(program.path)) return;
    if (settings.summary !== 'none') countCall(summary, name, false, 0n);
    if (!lines) return;
    const shown = program.args.slice(0, format.verbose ? undefined : format.stringLimit);
    const args = shown.map(arg => {
      const bytes = utf8(arg);
      const cut = bytes.subarray(0, format.stringLimit);
      return quote(cut, format.quoting) + (cut.length < bytes.length ? '...' : '');
    });
    if (shown.length < program.args.length) args.push('...');
    const path = quote(utf8(program.path), format.quoting);
    const vars = `${pointer(program.environmentAt)} /* ${program.environment} ${program.environment === 1 ? 'var' : 'vars'} */`;
    const number = syscallNumber(format.column, name);
    if (settings.json) {
      const texts = { filename: path, argv: `[${args.join(', ')}]`, envp: vars };
      write(`${JSON.stringify(jsonStart(program.task, number ?? 0, texts, sources))}\n`);
      return;
    }
    const text = `${leader(program.task, number, undefined)}execve(${path}, [${args.join(', ')}], ${vars}`;
    write(withResult(text, '0\n', settings.column));
  }

  return {
    started,
    hear(event) {
      switch (event.is) {
        case 'syscall-enter':
          return enter(event.call);
        case 'syscall-blocked':
          return blocked(event.call);
        case 'syscall-exit':
          return exit(event.call);
        case 'signal':
          return signal(event.task, event.signo, event.info, event.action);
        case 'task-start':
          taskOf(event.task);
          return;
        case 'task-exit':
          return taskExit(event);
      }
    },
    end() {
      if (open) write(`${open.text.slice(open.written)} <unfinished ...>\n`);
      open = undefined;
      if (settings.summary !== 'none') write(formatSummary(summary, settings.sortBy));
    },
  };
}

/** "exited with 0", "killed by SIGSEGV (core dumped)". */
export function exitText(event: {
  readonly status: number;
  readonly killedBy?: number;
  readonly coreDumped: boolean;
}): string {
  const signo = event.killedBy ?? event.status & 0x7f;
  if (signo !== 0) return `killed by ${signalName(signo)}${event.coreDumped ? ' (core dumped)' : ''}`;
  return `exited with ${(event.status >> 8) & 0xff}`;
}
