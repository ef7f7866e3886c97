/** A syscall as the trace would print it. */
import type { TaskId } from '../emulator/kernel/api.ts';
import type { Target } from './session.ts';
import { argumentNames, type CallHere, resultText } from './syscalls.ts';

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
