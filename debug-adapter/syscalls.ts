/**
 * Syscalls as breakpoints, conditions and views see them: names and numbers, classes, the call a thread stands at, its
 * arguments as values.
 */
import { errnoByNumber, RESTART } from '../emulator/abi/errno.ts';
import * as flagTables from '../emulator/abi/flags.ts';
import * as networkTables from '../emulator/abi/flags-network.ts';
import * as systemTables from '../emulator/abi/flags-system.ts';
import type { SyscallClass as RowClass } from '../emulator/abi/row.ts';
import { SIG } from '../emulator/abi/signals.ts';
import {
  type Column,
  decodeArgs,
  inClass,
  isSyscallName,
  type SyscallName,
  syscallByNumber,
  syscallNames,
  syscallNumber,
  syscallRow,
} from '../emulator/abi/syscalls.ts';
import type { SyscallCall, TaskId } from '../emulator/kernel/api.ts';
import { ExpressionError } from './expression.ts';
import { flowAt } from './instructions.ts';
import type { Value } from './operands.ts';
import type { TraceArguments, TraceResponse } from './protocol.ts';
import { nearest } from './schema.ts';
import type { Session, Target } from './session.ts';

export type SyscallClass = Extract<RowClass, 'file' | 'desc' | 'network' | 'process' | 'memory' | 'signal'> | 'all';

export const SYSCALL_SPELLING =
  'Write syscall:NAME or syscall:NUMBER, with :exit to stop when it returns: syscall:write, syscall:1, syscall:openat:exit.';

/** "write", "1" or 1; undefined if the architecture has no such call. */
export function findSyscall(
  name: string | number,
  column: Column = 'amd64',
): { name: SyscallName; number: number } | undefined {
  const digits = typeof name === 'number' ? name : /^\d{1,9}$/.test(name) ? Number(name) : undefined;
  if (digits !== undefined) {
    const found = syscallByNumber(column, digits);
    return found && { name: found, number: digits };
  }
  if (typeof name !== 'string' || !isSyscallName(name)) return undefined;
  const number = syscallNumber(column, name);
  return number === undefined ? undefined : { name, number };
}

/** Says so, and what was probably meant. */
export function noSuchSyscall(name: string | number): string {
  const near = typeof name === 'string' ? nearest(name, syscallNames()) : undefined;
  return `There is no syscall ${JSON.stringify(name)}${near ? `; did you mean ${near}?` : '.'} ${SYSCALL_SPELLING}`;
}

/** The numbers of a class; undefined for "all". */
export function syscallsOfClass(of: SyscallClass, column: Column = 'amd64'): number[] | undefined {
  if (of === 'all') return undefined;
  return syscallNames()
    .filter(name => inClass(name, of))
    .map(name => syscallNumber(column, name))
    .filter(number => number !== undefined);
}

/** The call a task stands at (`enter`) or just behind (`exit`, with its result). */
export interface CallHere {
  when: 'enter' | 'exit';
  number: number;
  /** "write", or "syscall_1234" for a number that is none. */
  name: string;
  known: SyscallName | undefined;
  args: readonly bigint[];
  result?: bigint;
  pc: number;
}

export function callHere(target: Target, task: TaskId): CallHere | undefined {
  const { machine, lastCall } = target;
  const view = machine.tasks().find(candidate => candidate.id === task);
  if (!view) return undefined;
  const { arch } = machine;
  const { registers } = view;
  const pc = arch.pc(registers);
  if (flowAt(machine, task, pc).is === 'syscall') {
    const number = arch.syscall.number(registers);
    return { when: 'enter', ...named(number, arch.name), args: arch.syscall.args(registers), pc };
  }
  const last = lastCall.get(task);
  if (last?.result !== undefined && last.pc + arch.syscall.instructionLength === pc) return callOf(last, arch.name);
  return undefined;
}

export function callOf(call: SyscallCall, column: Column): CallHere {
  const when = call.result === undefined ? 'enter' : 'exit';
  return { when, ...named(call.number, column), args: call.args, result: call.result, pc: call.pc };
}

function named(number: number, column: Column): Pick<CallHere, 'number' | 'name' | 'known'> {
  const known = syscallByNumber(column, number);
  return { number, known, name: known ?? `syscall_0x${number.toString(16)}` };
}

const STRING_LIMIT = 4096;

/** The named arguments of a call, with `number`, `nr` and, at exit, `result`. */
export function callValue(
  call: CallHere,
  name: string,
  read: (address: number, length: number) => Uint8Array,
  column: Column,
): Value | undefined {
  if (name === 'number' || name === 'nr') return { is: 'integer', value: BigInt(call.number) };
  if (name === 'result' || name === 'errno') {
    if (call.result === undefined)
      throw new ExpressionError(`${name} is known when the call returns: use an exit breakpoint.`);
    if (name === 'result') return { is: 'integer', value: call.result };
    return { is: 'integer', value: call.result < 0n && call.result >= -4095n ? -call.result : 0n };
  }
  if (!call.known) return undefined;
  const rows = syscallRow(call.known).args;
  // The kernel calls the file's name filename, pathname or name; a condition may say path for all of them.
  if (name === 'path' && !Object.hasOwn(rows, name)) {
    const first = Object.keys(rows).find(key => rows[key].meaning.is === 'path');
    return first === undefined ? undefined : callValue(call, first, read, column);
  }
  if (!Object.hasOwn(rows, name)) return undefined;
  const row = rows[name];
  const raw = (decodeArgs(call.known, call.args, column) as Record<string, number | bigint>)[name];
  const value: Value = { is: 'integer', value: BigInt(raw) };
  if ((row.meaning.is === 'path' || row.meaning.is === 'string') && typeof raw === 'number') {
    const bytes = read(raw, STRING_LIMIT);
    const end = bytes.indexOf(0);
    if (end >= 0) value.text = new TextDecoder().decode(bytes.subarray(0, end));
  } else if (row.meaning.is === 'buffer' && typeof raw === 'number') {
    const { length } = row.meaning;
    const counted =
      typeof length === 'object' && 'argument' in length ? callValue(call, length.argument, read, column) : undefined;
    const count =
      length === 'result' ? Number(call.result ?? 0n) : counted?.is === 'integer' ? Number(counted.value) : 0;
    if (count > 0) value.text = new TextDecoder().decode(read(raw, Math.min(count, STRING_LIMIT)));
  }
  return value;
}

/** The names of a call's arguments, in register order. */
export function argumentNames(call: CallHere): string[] {
  return call.known ? Object.keys(syscallRow(call.known).args) : [];
}

/** "14", "-1 EBADF (Bad file descriptor)", "? ERESTARTSYS (…)". */
export function resultText(result: bigint): string {
  if (result >= 0n || result < -4095n) return result.toString();
  const number = Number(-result);
  const restart = Object.entries(RESTART).find(([, [value]]) => value === number);
  if (restart) return `? ${restart[0]} (${restart[1][1]})`;
  const row = errnoByNumber(number);
  return row ? `-1 ${row.name} (${row.sentence})` : `-1 (errno ${number})`;
}

let constants: Map<string, bigint> | undefined;

/** O_CREAT, SIGSEGV, ENOENT and all the other names that traces print. */
export function constant(name: string): bigint | undefined {
  if (!/^[A-Z][A-Z0-9_]{2,}$/.test(name)) return undefined;
  constants ??= new Map(
    [flagTables, networkTables, systemTables, { SIG }]
      .flatMap(tables => Object.values(tables as Record<string, unknown>))
      .filter(table => typeof table === 'object' && table !== null)
      .flatMap(table => Object.entries(table as object))
      .filter(
        (entry): entry is [string, number | bigint] => typeof entry[1] === 'number' || typeof entry[1] === 'bigint',
      )
      .map(([key, value]) => [key, BigInt(value)]),
  );
  return constants.get(name);
}

export function trace(session: Session, args: TraceArguments): TraceResponse {
  // The trace is still asked for when the program has ended.
  const lines = session.target?.trace ?? [];
  const start = Number.isSafeInteger(args.start) ? Math.max(0, args.start as number) : 0;
  const count = Number.isSafeInteger(args.count) ? Math.max(0, args.count as number) : lines.length;
  return { lines: lines.slice(start, start + count), total: lines.length };
}
