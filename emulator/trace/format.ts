/**
 * A call as one line of strace: what is known when the task enters the kernel, and what is known when it comes back.
 * Both halves are pure functions of the registers and the guest's memory at that moment.
 */
import type { ViewMemory } from '../abi/arch.ts';
import { errnoByNumber, RESTART } from '../abi/errno.ts';
import { type SyscallName, syscallByNumber, syscallRow } from '../abi/syscalls.ts';
import { CALL_PRINTERS } from './calls.ts';
import { type CallContext, type FormatOptions, type Part, part, register, type TracedCall } from './context.ts';
import { argumentRange, firstOut, rowArguments, until } from './rows.ts';
import { hex, permissions } from './text.ts';
import { formatFd } from './values.ts';

/** The first half of a line, to be kept until the call comes back. */
export interface EnteredCall {
  readonly name: string;
  readonly known: SyscallName | undefined;
  readonly parts: readonly Part[];
  /** Arguments follow at exit. */
  readonly more: boolean;
  /** What the exit needs to know of the memory before the call. */
  readonly saved?: number;
}

export interface LeftCall {
  readonly parts: readonly Part[];
  /** How the first of `parts` follows those of the first half. */
  readonly joined: 'early' | 'late' | 'glued';
  /** What stands behind "= ". */
  readonly result: string;
  readonly failed: boolean;
}

/** Whether a result says that the call failed: −errno, or a restart code. */
export const isFailure = (result: bigint | undefined): boolean =>
  result !== undefined && result < 0n && result >= -4095n;

const contextOf = (
  call: TracedCall,
  memory: ViewMemory,
  options: FormatOptions,
  entering: boolean,
  more: { previous?: string; saved?: number } = {},
): CallContext => ({
  call,
  name: syscallByNumber(options.column, call.number),
  memory,
  options,
  failed: !entering && isFailure(call.result),
  entering,
  ...more,
});

/** strace's name of a number that no row has. */
export const callName = (call: TracedCall, options: FormatOptions): string =>
  syscallByNumber(options.column, call.number) ?? `syscall_${hex(call.number >>> 0)}`;

/** `previous`: the task's call before this one, which restart_syscall goes on with. */
export function enterCall(
  call: TracedCall,
  memory: ViewMemory,
  options: FormatOptions,
  previous?: string,
): EnteredCall {
  const c = contextOf(call, memory, options, true, { previous });
  if (c.name === undefined) {
    const parts = [0, 1, 2, 3, 4, 5].map(i => part(`arg${i + 1}`, hex(register(c, i))));
    return { name: callName(call, options), known: undefined, parts, more: false };
  }
  const printer = CALL_PRINTERS[c.name];
  const out = firstOut(c);
  const entered = printer?.enter
    ? printer.enter(c)
    : out === rowArguments(c).length
      ? { parts: argumentRange(c, 0), more: false }
      : until(c, out);
  return { name: c.name, known: c.name, ...entered };
}

/** The second half; `entered` is what `enterCall` gave for the same call. */
export function leaveCall(
  call: TracedCall,
  memory: ViewMemory,
  options: FormatOptions,
  entered: EnteredCall,
): LeftCall {
  const c = contextOf(call, memory, options, false, { saved: entered.saved });
  const printer = c.name && CALL_PRINTERS[c.name];
  let parts: readonly Part[] = [];
  if (entered.more) parts = printer?.exit ? printer.exit(c) : argumentRange(c, firstOut(c));
  return { parts, joined: printer?.joined ?? 'early', result: formatResult(c), failed: c.failed };
}

const RESTARTS = new Map<bigint, string>(
  Object.entries(RESTART).map(([name, [number, sentence]]) => [BigInt(-number), `? ${name} (${sentence})`]),
);

/** What stands behind "= ". */
function formatResult(c: CallContext): string {
  const { result } = c.call;
  if (result === undefined) return '?';
  if (isFailure(result)) {
    const restart = RESTARTS.get(result);
    if (restart) return restart;
    const errno = errnoByNumber(Number(-result));
    return errno ? `-1 ${errno.name} (${errno.sentence})` : `-1 ERRNO_${-result} (Unknown error ${-result})`;
  }
  const special = c.name && CALL_PRINTERS[c.name]?.result?.(c);
  if (special) return special;
  switch (c.name && syscallRow(c.name).result) {
    case 'address':
    case 'hex':
      return hex(BigInt.asUintN(64, result));
    case 'octal':
      return permissions(Number(result));
    case 'fd':
      return formatFd(c, Number(result));
    default:
      return result.toString();
  }
}

const texts = (parts: readonly Part[]): string => parts.map(({ text }) => text).join(', ');

/** `write(1, "hello\n", 6`, `read(3, `: as far as the line goes before the call. */
export function enterText(entered: EnteredCall, joined: LeftCall['joined'] = joinedOf(entered)): string {
  const comma = entered.more && joined === 'early' && entered.parts.length > 0 ? ', ' : '';
  return `${entered.name}(${texts(entered.parts)}${comma}`;
}

const joinedOf = (entered: EnteredCall): LeftCall['joined'] =>
  (entered.known && CALL_PRINTERS[entered.known]?.joined) ?? 'early';

/** The arguments that were missing, and the parenthesis. */
export function leaveText(left: LeftCall): string {
  const comma = left.joined === 'late' && left.parts.length > 0 ? ', ' : '';
  if (left.joined === 'glued' && left.parts.length > 0)
    return `${left.parts[0].text}${left.parts
      .slice(1)
      .map(({ text }) => `, ${text}`)
      .join('')})`;
  return `${comma}${texts(left.parts)})`;
}

/** The column of "=". */
export const RESULT_COLUMN = 40;

/** `line` with the result at its column or, when it is longer, behind it. */
export const withResult = (line: string, result: string, column = RESULT_COLUMN): string =>
  `${`${line} `.padEnd(column)}= ${result}`;

/** The whole line of a call that has come back; memory as it was at enter and as it is now. */
export function formatCall(
  call: TracedCall,
  before: ViewMemory,
  after: ViewMemory,
  options: FormatOptions,
  previous?: string,
): string {
  const entered = enterCall({ ...call, result: undefined }, before, options, previous);
  const left = leaveCall(call, after, options, entered);
  return withResult(enterText(entered) + leaveText(left), left.result);
}
