/**
 * A trace for programs: one object a line. Numbers that JavaScript can hold exactly are numbers, wider ones strings;
 * `text` is what the line of strace shows.
 */
import { errnoByNumber } from '../abi/errno.ts';
import { signalName } from '../abi/signals.ts';
import { decodeScalar, syscallRow } from '../abi/syscalls.ts';
import type { FormatOptions, Part, TracedCall } from './context.ts';
import { type EnteredCall, isFailure, type LeftCall } from './format.ts';
import { formatSiginfo } from './siginfo.ts';

export type JsonNumber = number | string;

export interface JsonCall {
  pid: number;
  /** Seconds since 1970. */
  time: number;
  call: string;
  number: number;
  args: Record<string, { value: JsonNumber; text: string }>;
  /** null: the call did not return. */
  result: JsonNumber | null;
  error?: { name: string; sentence: string };
  /** The call was not made: its result was asked for. */
  injected?: true;
  /** Seconds in the call. */
  duration?: number;
}

export const jsonNumber = (n: number | bigint): JsonNumber => {
  const number = Number(n);
  return Number.isSafeInteger(number) ? number : n.toString();
};

const seconds = (ns: bigint): number => Number(ns / 1000n) / 1e6;

/** The texts of a call by argument name; what comes at exit ends what was begun at enter. */
export function partTexts(entered: EnteredCall, left: LeftCall | undefined): Map<string, string> {
  const texts = new Map<string, string>();
  const add = ({ name, text }: Part): void => {
    texts.set(name, (texts.get(name) ?? '') + text);
  };
  entered.parts.forEach(add);
  left?.parts.forEach(add);
  return texts;
}

export function jsonCall(
  call: TracedCall,
  entered: EnteredCall,
  left: LeftCall,
  format: FormatOptions,
  bootTime: bigint,
): JsonCall {
  const args: JsonCall['args'] = {};
  const texts = partTexts(entered, left);
  const values = entered.known ? Object.entries(syscallRow(entered.known).args) : [];
  values.forEach(([name, { scalar }], i) => {
    const register = format.column === 'arm64' && entered.known === 'clone' && i > 2 ? 7 - i : i;
    const value = decodeScalar(scalar, call.args[register] ?? 0n);
    const text = texts.get(name);
    // An argument that the line leaves out does not count with these flags.
    if (text !== undefined) args[name] = { value: jsonNumber(value), text };
  });
  if (!entered.known) for (const [name, text] of texts) args[name] = { value: text, text };
  const { result } = call;
  const line: JsonCall = {
    pid: call.task,
    time: seconds(bootTime + call.entered),
    call: entered.name,
    number: call.number,
    args,
    result: result === undefined ? null : jsonNumber(result),
  };
  const errno = result !== undefined && isFailure(result) ? errnoByNumber(Number(-result)) : undefined;
  if (errno) line.error = { name: errno.name, sentence: errno.sentence };
  if (call.injected) line.injected = true;
  if (call.left !== undefined) line.duration = seconds(call.left - call.entered);
  return line;
}

/** The execve that loaded the first program. No guest made it, so its arguments are texts only. */
export const jsonStart = (
  task: number,
  number: number,
  texts: Readonly<Record<string, string>>,
  clock: { now(): bigint; bootTime: bigint },
): object => ({
  pid: task,
  time: seconds(clock.bootTime + clock.now()),
  call: 'execve',
  number,
  args: Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, { text }])),
  result: 0,
});

export const jsonSignal = (
  task: number,
  signo: number,
  info: Uint8Array,
  format: FormatOptions,
  clock: { now(): bigint; bootTime: bigint },
): object => ({
  pid: task,
  time: seconds(clock.bootTime + clock.now()),
  signal: signalName(signo),
  number: signo,
  text: formatSiginfo(info, format.column),
});

export const jsonExit = (
  event: { readonly task: number; readonly status: number; readonly killedBy?: number; readonly coreDumped: boolean },
  clock: { now(): bigint; bootTime: bigint },
): object => {
  const signo = event.killedBy ?? event.status & 0x7f;
  const time = seconds(clock.bootTime + clock.now());
  if (signo !== 0) return { pid: event.task, time, killed: signalName(signo), coreDumped: event.coreDumped };
  return { pid: event.task, time, exited: (event.status >> 8) & 0xff };
};
