/** A sample on the machine, stepped one instruction at a time and explained by the role model. */

import { branchTarget, decodeAt, flowOf, LONGEST } from '../../debug-adapter/instructions.ts';
import { explainStop, type Stop } from '../../emulator/abi/roles.ts';
import { createMachine } from '../../emulator/create-machine.ts';
import { MACHINE_DEFAULTS } from '../../emulator/defaults.ts';
import type { Host } from '../../emulator/host.ts';
import { printGo } from '../../emulator/isa/x64/print-go.ts';
import type { TaskId } from '../../emulator/kernel/api.ts';
import type { Machine } from '../../emulator/machine.ts';
import { loadProgram, type Program } from '../../emulator/symbols/program.ts';
import { stopFacts } from '../../emulator/symbols/stop-facts.ts';
import { sample } from './guest.ts';

export interface Walk {
  machine: Machine;
  program: Program;
  task: TaskId;
  output: () => string;
}

/** Bytes of the guest's program under /work, nothing else of the host. */
export function hostWith(path: string, file: Uint8Array): { host: Host; output: () => string } {
  const written: Uint8Array[] = [];
  const host: Host = {
    file(request) {
      if (!('path' in request) || request.path !== path) return { is: 'error', errno: 'ENOENT' };
      if (request.is === 'stat') {
        return { is: 'stat', stat: { kind: 'file', size: file.length, mode: 0o755, mtime: 0n, ino: 1, nlink: 1 } };
      }
      if (request.is === 'read')
        return { is: 'read', bytes: file.subarray(request.offset, request.offset + request.length) };
      return { is: 'error', errno: 'ENOENT' };
    },
    output: (_, bytes) => written.push(bytes),
    input: () => new Uint8Array(0),
    realTime: () => 1_700_000_000_000_000_000n,
    entropy: length => new Uint8Array(length).fill(7),
  };
  return { host, output: () => written.map(bytes => new TextDecoder().decode(bytes)).join('') };
}

/** The sample stands at the first instruction of `function`. */
export const walkTo = (name: string, functionName: string): Promise<Walk> =>
  walkFileTo(name, sample(name), functionName);

export async function walkFileTo(name: string, file: Uint8Array, functionName: string): Promise<Walk> {
  const path = `/guest/${name}`;
  const { host, output } = hostWith(path, file);
  const machine = await createMachine({
    host,
    program: path,
    args: [name],
    env: ['PATH=/bin'],
    cwd: '/guest',
    mounts: [{ host: '/guest', guest: '/guest', mode: 'ro' }],
    ...MACHINE_DEFAULTS,
  });
  // A position-independent program is where its first byte was mapped.
  const mapped = machine.mappings(machine.current ?? machine.tasks()[0].id).find(m => m.name === path);
  const program = loadProgram(file, loadProgram(file).elf.type === 3 ? (mapped?.start ?? 0) : 0);
  const entry = program.functionNamed(functionName)!.entry;
  machine.setBreakpoints([entry]);
  const stop = await machine.run();
  if (stop.is !== 'breakpoint') throw new Error(`${name} stopped with ${JSON.stringify(stop)} before ${functionName}`);
  machine.setBreakpoints([]);
  return { machine, program, task: stop.task, output };
}

export const registersOf = ({ machine, task }: Walk) => machine.tasks().find(t => t.id === task)!.registers;
/** The task is gone, and with it the walk. */
export const isOver = ({ machine, task }: Walk) => !machine.tasks().some(t => t.id === task && t.state !== 'dead');
export const memoryOf = ({ machine, task }: Walk) => ({ read: (a: number, n: number) => machine.read(task, a, n) });

/** What the stop looks like, with the instruction decoded and calls described plainly. */
export function explain(walk: Walk): Stop {
  const { machine, program } = walk;
  const { arch } = machine;
  const registers = registersOf(walk);
  const memory = memoryOf(walk);
  const pc = arch.pc(registers);
  const insn = decodeAt(arch, memory.read(pc, LONGEST), 0, pc);
  const target = insn && branchTarget(insn, arch, registers, memory);
  const text = insn
    ? printGo(insn, address => {
        const symbol = program.symbolAt(address);
        return symbol && (symbol.offset === 0 ? symbol.name : `${symbol.name}+${symbol.offset}`);
      })
    : '?';
  return explainStop(
    stopFacts({
      arch,
      registers,
      memory,
      program,
      instruction: { text, is: insn ? flowOf(insn).is : 'other', target: target?.address, indirect: target?.indirect },
    }),
  )!;
}

/**
 * Steps up to `limit` instructions and looks at the stack at each: which ones of a goroutine do not lead back to
 * runtime.goexit, and how many did.
 */
export async function stacksThatEndElsewhere(walk: Walk, limit: number): Promise<{ bad: string[]; good: number }> {
  const { machine, program } = walk;
  const bad = new Set<string>();
  let good = 0;
  for (let i = 0; i < limit; i++) {
    const registers = registersOf(walk);
    const memory = memoryOf(walk);
    const g = program.goroutine(machine.arch, registers, memory);
    const frames = program.unwind(machine.arch, registers, memory);
    const end = frames[frames.length - 1]?.name;
    if (end === 'runtime.goexit') good++;
    else if (g && (g.id > 0 || g.servesGoroutine !== undefined)) {
      const names = frames.slice(0, 8).map(frame => frame.name);
      bad.add(`${g.id}${g.servesGoroutine === undefined ? '' : ' serving'}: ${names.join(' < ')} … ${end}`);
    }
    if ((await machine.step(walk.task)).is === 'exited' || isOver(walk)) break;
    if (machine.current !== undefined) walk.task = machine.current;
  }
  return { bad: [...bad].slice(0, 10), good };
}
