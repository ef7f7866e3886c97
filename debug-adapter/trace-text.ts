/** A syscall at a stop, as the trace would print it; arguments that the call will fill are shown as the addresses they are. */
import type { CallDescription } from '../emulator/abi/roles.ts';
import type { TaskId } from '../emulator/kernel/api.ts';
import { DEFAULT_FORMAT, type FormatOptions, type TracedCall } from '../emulator/trace/context.ts';
import { enterCall, leaveCall } from '../emulator/trace/format.ts';
import type { Target } from './session.ts';
import { viewMemory } from './stack.ts';
import { argumentNames, type CallHere, callOf, resultText } from './syscalls.ts';

/** The arguments in register order, each by its name. */
export function callParts(target: Target, task: TaskId, call: CallHere): { name: string; text: string }[] {
  const memory = viewMemory(target, task);
  const options: FormatOptions = { ...DEFAULT_FORMAT, stringLimit: 64, column: target.machine.arch.syscall.column };
  const traced: TracedCall = {
    task,
    number: call.number,
    args: call.args,
    pc: call.pc,
    entered: 0n,
    result: call.result,
  };
  const entered = enterCall({ ...traced, result: undefined }, memory, options);
  const left = call.result === undefined ? undefined : leaveCall(traced, memory, options, entered);
  const parts = [...entered.parts, ...(left?.parts ?? [])];
  if (left || !entered.more) return parts;
  // Not called yet: what is missing are places for answers.
  return argumentNames(call).map(
    (name, i) => parts.find(part => part.name === name) ?? { name, text: plain(call.args[i] ?? 0n) },
  );
}

function plain(value: bigint): string {
  return value < 0x1000n ? value.toString() : `0x${value.toString(16)}`;
}

/** `write(1, "hello\n", 6)`, with ` = 6` when it has returned. */
export function callText(target: Target, task: TaskId, call: CallHere): string {
  const args = callParts(target, task, call).map(part => part.text);
  const text = `${call.name}(${args.join(', ')})`;
  return call.result === undefined ? text : `${text} = ${resultText(call.result)}`;
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
  return {
    text: callText(target, task, call),
    args: callParts(target, task, call),
    ...(result === undefined ? {} : { result: resultText(result) }),
  };
}
