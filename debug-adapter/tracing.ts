/** A machine's events as a trace, for the debugger's trace and for `ring3 trace`. */
import type { ViewMemory } from '../emulator/abi/arch.ts';
import type { KernelEvent } from '../emulator/kernel/api.ts';
import type { Machine } from '../emulator/machine.ts';
import { isTraceEvent } from '../emulator/trace/events.ts';
import type { TraceSettings } from '../emulator/trace/settings.ts';
import { createTracer } from '../emulator/trace/tracer.ts';

export interface Tracing {
  hear(event: KernelEvent): void;
  /** Ends lines that are begun. */
  end(): void;
}

/**
 * A trace that begins with the execve of the program. `realTime`: nanoseconds since 1970 when the machine started;
 * `write` gets pieces of text. The machine stands before its first instruction.
 */
export function traceMachine(
  machine: Machine,
  settings: TraceSettings,
  realTime: bigint,
  write: (text: string) => void,
  program: { path: string; args: readonly string[]; env: readonly string[] },
): Tracing {
  // The machine's clock is seen in the stamps of its calls; signals and exits happen at the latest of them.
  let now = 0n;
  let bootTime: bigint | undefined;
  const { arch } = machine;
  /** Whose memory was looked at last: mostly it is the same task's again. */
  let seen: { task: number; memory: ViewMemory } | undefined;
  const tracer = createTracer(
    settings,
    {
      memory(task) {
        if (seen?.task !== task)
          seen = { task, memory: { read: (address, length) => machine.read(task, address, length) } };
        return seen.memory;
      },
      now: () => now,
      get bootTime() {
        return bootTime ?? realTime;
      },
      describeFd: (task, fd) => machine.describeFd?.(task, fd),
      stackPointer(task) {
        const view = machine.tasks().find(candidate => candidate.id === task);
        return view ? arch.sp(view.registers) : 0;
      },
    },
    write,
  );
  const first = machine.tasks().find(view => view.id === machine.current);
  if (first) {
    // On the stack the environment comes behind the count of arguments, the arguments and a null pointer.
    const environmentAt = arch.sp(first.registers) + 8 * (program.args.length + 2);
    const { path, args, env } = program;
    tracer.started({ task: first.id, path, args, environment: env.length, environmentAt });
  }
  return {
    hear(event) {
      if (event.is === 'syscall-enter' || event.is === 'syscall-exit') {
        const stamp = event.call.left ?? event.call.entered;
        bootTime ??= realTime - stamp;
        if (stamp > now) now = stamp;
      }
      if (isTraceEvent(event)) tracer.hear(event);
    },
    end: () => tracer.end(),
  };
}

/** Cuts pieces of text into lines; what is not ended yet waits. */
export function lineCollector(line: (text: string) => void): { write(text: string): void; flush(): void } {
  let pending = '';
  return {
    write(text) {
      pending += text;
      for (let end = pending.indexOf('\n'); end >= 0; end = pending.indexOf('\n')) {
        line(pending.slice(0, end));
        pending = pending.slice(end + 1);
      }
    },
    flush() {
      if (pending !== '') line(pending);
      pending = '';
    },
  };
}
