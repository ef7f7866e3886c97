/**
 * What a stop means: the facts of symbols, decoder and trace brought together for the model in emulator/abi/roles.ts. The
 * register view, the demo and the command line's stops all come from here.
 */
import { explainStop, type Stop } from '../emulator/abi/roles.ts';
import type { TaskId } from '../emulator/kernel/api.ts';
import { type NextInstruction, stopFacts } from '../emulator/symbols/stop-facts.ts';
import { textAt } from './disassemble.ts';
import { branchTarget, decodeAt, flowOf, LONGEST, type Syntax } from './instructions.ts';
import type { Target } from './session.ts';
import { registersOf, viewMemory } from './stack.ts';
import { callHere } from './syscalls.ts';
import { describeCall } from './trace-text.ts';

/** The stop of a task; undefined on an architecture that has no conventions yet. */
export function stopOf(target: Target, task: TaskId, syntax: Syntax): Stop | undefined {
  const { machine, program } = target;
  const registers = registersOf(target, task);
  const memory = viewMemory(target, task);
  const call = callHere(target, task);
  return explainStop(
    stopFacts({
      arch: machine.arch,
      registers,
      memory,
      program,
      instruction: nextInstruction(target, task, syntax),
      returned: call?.result === undefined ? undefined : { number: call.number, args: call.args, result: call.result },
      describeCall: (number, args, result) => describeCall(target, task, number, args, result),
      describeFd: fd => ['stdin', 'stdout', 'stderr'][fd],
    }),
  );
}

function nextInstruction(target: Target, task: TaskId, syntax: Syntax): NextInstruction {
  const { machine } = target;
  const registers = registersOf(target, task);
  const pc = machine.arch.pc(registers);
  const insn = decodeAt(machine.arch, machine.read(task, pc, LONGEST), 0, pc);
  const text = textAt(target, task, pc, syntax);
  if (!insn) return { text, is: 'other' };
  const branch = branchTarget(insn, machine.arch, registers, viewMemory(target, task));
  return { text, is: flowOf(insn).is, ...(branch ? { target: branch.address, indirect: branch.indirect } : {}) };
}
