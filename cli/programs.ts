/** The symbols of the programs that a machine runs: read when somebody asks, most runs never do. */
import { biasOf } from '../debug-adapter/launch.ts';
import type { Machine } from '../emulator/machine.ts';
import { loadProgram, type Program } from '../emulator/symbols/program.ts';
import type { GuestPlan } from './guest.ts';

export interface Programs {
  /** By process; undefined where the file has no symbols, or is another program's child. */
  of(processId: number): Program | undefined;
  first(): Program | undefined;
  /** The machine was put back to its start: there is only the first program again, whose symbols stay. */
  forget(): void;
}

/** The machine stands before the first instruction. */
export function programsOf(machine: Machine, { file, options }: GuestPlan): Programs {
  const first = machine.tasks()[0]?.processId ?? 0;
  const own = lazily(file, biasOf(machine, { file, guestProgram: options.program }));
  const found = new Map([[first, own]]);
  const processOf = (task: number): number => machine.tasks().find(view => view.id === task)?.processId ?? -1;
  machine.listen(event => {
    if (event.is === 'exec') found.set(processOf(event.task), lazily(event.file, event.base));
    if (event.is !== 'task-start') return;
    // A fork runs the same program until it runs another.
    const [child, parent] = [processOf(event.task), processOf(event.parent)];
    const program = found.get(parent);
    if (program && !found.has(child)) found.set(child, program);
  });
  return {
    of: id => found.get(id)?.(),
    first: () => found.get(first)?.(),
    forget() {
      found.clear();
      found.set(first, own);
    },
  };
}

function lazily(file: Uint8Array, bias: number): () => Program | undefined {
  let program: Program | undefined;
  let tried = false;
  return () => {
    if (!tried) {
      tried = true;
      try {
        program = loadProgram(file, bias);
      } catch {
        // A damaged file still runs as far as it does; the report then has no names.
        program = undefined;
      }
    }
    return program;
  };
}
