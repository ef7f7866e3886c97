/** A syscall at a stop, as the trace would print it; arguments that the call will fill are shown as the addresses they are. */
import type { CallDescription } from '../emulator/abi/roles.ts';
import type { TaskId } from '../emulator/kernel/api.ts';
import { DEFAULT_FORMAT, type FormatOptions, type TracedCall } from '../emulator/trace/context.ts';
import { type DescribedCall, describeCall as inWords } from '../emulator/trace/describe.ts';
import type { Target } from './session.ts';
import { viewMemory } from './stack.ts';
import { type CallHere, callOf, resultText } from './syscalls.ts';

function described(target: Target, task: TaskId, call: CallHere): DescribedCall {
  const options: FormatOptions = { ...DEFAULT_FORMAT, stringLimit: 64, column: target.machine.arch.syscall.column };
  const traced: TracedCall = {
    task,
    number: call.number,
    args: call.args,
    pc: call.pc,
    entered: 0n,
    result: call.result,
  };
  return inWords(traced, viewMemory(target, task), options);
}

/** The arguments in register order, each by its name. */
export function callParts(target: Target, task: TaskId, call: CallHere): { name: string; text: string }[] {
  return described(target, task, call).args.map(({ name, text }) => ({ name, text }));
}

/** `write(1, "hello\n", 6)`, with ` = 6` when it has returned. */
export function callText(target: Target, task: TaskId, call: CallHere): string {
  return described(target, task, call).line;
}

/** For the role model: the call in words. */
export function describeCall(
  target: Target,
  task: TaskId,
  number: number,
  args: readonly bigint[],
  result?: bigint,
): CallDescription | undefined {
  const { arch } = target.machine;
  const call = callOf({ task, number, args: [...args], pc: 0, entered: 0n, result }, arch.syscall.column);
  const { line, args: parts } = described(target, task, call);
  return {
    text: line,
    args: parts.map(({ name, text }) => ({ name, text })),
    ...(result === undefined ? {} : { result: resultText(result) }),
  };
}
