/** A syscall as the trace would print it. */
import type { CallDescription } from '../emulator/abi/roles.ts';
import type { TaskId } from '../emulator/kernel/api.ts';
import type { Target } from './session.ts';
import { argumentNames, type CallHere, callOf, resultText } from './syscalls.ts';

/** The arguments, each by its name. */
export function callParts(_target: Target, _task: TaskId, call: CallHere): { name: string; text: string }[] {
  return argumentNames(call).map((name, i) => ({ name, text: `0x${(call.args[i] ?? 0n).toString(16)}` }));
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
