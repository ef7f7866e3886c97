/**
 * A call as one line of strace: what is known when the task enters the kernel, and what is known when it comes back.
 * Both halves are pure functions of the registers and the guest's memory at that moment.
 */
import type { ViewMemory } from '../abi/arch.ts';
import { errnoByNumber, RESTART } from '../abi/errno.ts';
import { type Column, type SyscallName, syscallByNumber, syscallRow } from '../abi/syscalls.ts';
import { CALL_PRINTERS, type CallPrinter } from './calls.ts';
import {
  type ArgumentRows,
  type CallContext,
  type FormatOptions,
  type Part,
  part,
  register,
  type TracedCall,
} from './context.ts';
import { argumentRange } from './rows.ts';
import { decimal, hex, permissions } from './text.ts';
import { formatFd, isOut } from './values.ts';

/** What a call's text needs to know and that follows from its number alone: found once. */
interface Form {
  readonly name: SyscallName;
  /** The name and a parenthesis. */
  readonly opening: string;
  readonly args: ArgumentRows;
  /** Index of the first argument that the call writes; the number of arguments if there is none. */
  readonly firstOut: number;
  readonly printer: CallPrinter | undefined;
  /** The first half without arguments. */
  readonly bare: EnteredCall;
  readonly result: ReturnType<typeof syscallRow>['result'];
}

const NO_ARGUMENTS: ArgumentRows = [];
const NO_PARTS: readonly Part[] = [];
const FORMS: Readonly<Record<Column, (Form | undefined)[]>> = { amd64: [], arm64: [] };

function formOf(column: Column, number: number): Form | undefined {
  const forms = FORMS[column];
  if (number >= 0 && number < forms.length && forms[number]) return forms[number];
  const name = syscallByNumber(column, number);
  if (name === undefined) return undefined;
  const row = syscallRow(name);
  const args = Object.entries(row.args);
  const out = args.findIndex(([, value]) => isOut(value.meaning));
  const firstOut = out < 0 ? args.length : out;
  while (forms.length <= number) forms.push(undefined);
  const opening = `${name}(`;
  const bare: EnteredCall = { name, opening, known: name, parts: NO_PARTS, more: false, saved: undefined };
  forms[number] = { name, opening, args, firstOut, printer: CALL_PRINTERS[name], bare, result: row.result };
  return forms[number];
}

/** The first half of a line, to be kept until the call comes back. */
export interface EnteredCall {
  readonly name: string;
  /** `name` and a parenthesis. */
  readonly opening: string;
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
  form: Form | undefined,
  memory: ViewMemory,
  options: FormatOptions,
  entering: boolean,
  previous: string | undefined,
  saved: number | undefined,
): CallContext => ({
  call,
  name: form?.name,
  args: form ? form.args : NO_ARGUMENTS,
  memory,
  options,
  failed: !entering && isFailure(call.result),
  previous,
  saved,
  entering,
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
  const form = formOf(options.column, call.number);
  if (form && form.args.length === 0 && !form.printer?.enter) return form.bare;
  const c = contextOf(call, form, memory, options, true, previous, undefined);
  if (!form) {
    const parts = [0, 1, 2, 3, 4, 5].map(i => part(`arg${i + 1}`, hex(register(c, i))));
    const name = callName(call, options);
    return { name, opening: `${name}(`, known: undefined, parts, more: false, saved: undefined };
  }
  const { name, opening, firstOut } = form;
  if (form.printer?.enter) {
    const { parts, more, saved } = form.printer.enter(c);
    return { name, opening, known: name, parts, more, saved };
  }
  const parts = argumentRange(c, 0, firstOut);
  return { name, opening, known: name, parts, more: firstOut < form.args.length, saved: undefined };
}

/** The second half; `entered` is what `enterCall` gave for the same call. */
export function leaveCall(
  call: TracedCall,
  memory: ViewMemory,
  options: FormatOptions,
  entered: EnteredCall,
): LeftCall {
  const form = formOf(options.column, call.number);
  const c = contextOf(call, form, memory, options, false, undefined, entered.saved);
  const printer = form?.printer;
  let parts = NO_PARTS;
  if (entered.more && form) parts = printer?.exit ? printer.exit(c) : argumentRange(c, form.firstOut);
  const result = call.injected ? `${formatResult(c, form)} (INJECTED)` : formatResult(c, form);
  return { parts, joined: printer?.joined ?? 'early', result, failed: c.failed };
}

const RESTARTS = new Map<bigint, string>(
  Object.entries(RESTART).map(([name, [number, sentence]]) => [BigInt(-number), `? ${name} (${sentence})`]),
);

/** What stands behind "= ". */
function formatResult(c: CallContext, form: Form | undefined): string {
  const { result } = c.call;
  if (result === undefined) return '?';
  if (isFailure(result)) {
    const restart = RESTARTS.get(result);
    if (restart) return restart;
    const errno = errnoByNumber(Number(-result));
    return errno ? `-1 ${errno.name} (${errno.sentence})` : `-1 ERRNO_${-result} (Unknown error ${-result})`;
  }
  const special = form?.printer?.result?.(c);
  if (special) return special;
  switch (form?.result) {
    case 'address':
    case 'hex':
      return hex(BigInt.asUintN(64, result));
    case 'octal':
      return permissions(Number(result));
    case 'fd':
      return formatFd(c, Number(result));
    default:
      return decimal(result);
  }
}

/** `before`, and behind it the texts with ", " between them. */
function withTexts(before: string, parts: readonly Part[]): string {
  let text = before;
  for (let i = 0; i < parts.length; i++) text += i === 0 ? parts[i].text : `, ${parts[i].text}`;
  return text;
}

/** `write(1, "hello\n", 6`, `read(3, `: as far as the line goes before the call. */
export function enterText(entered: EnteredCall, before = ''): string {
  const text = withTexts(before + entered.opening, entered.parts);
  return entered.more && entered.parts.length > 0 && joinedOf(entered) === 'early' ? `${text}, ` : text;
}

const joinedOf = (entered: EnteredCall): LeftCall['joined'] =>
  (entered.known && CALL_PRINTERS[entered.known]?.joined) ?? 'early';

/** `begun` with the arguments that were missing. */
export function leaveText(begun: string, left: LeftCall): string {
  if (left.parts.length === 0) return begun;
  return withTexts(left.joined === 'late' ? `${begun}, ` : begun, left.parts);
}

/** The column of "=". */
export const RESULT_COLUMN = 40;

/** What ends the arguments, with as many spaces as the index says: a line of few pieces is written quickly. */
const CLOSINGS = Array.from({ length: RESULT_COLUMN }, (_, i) => `)${' '.repeat(i)}= `);

/** `line` and its parenthesis, with the result at its column or, when it is longer, behind it. */
export function withResult(line: string, result: string, column = RESULT_COLUMN): string {
  const missing = Math.max(1, column - line.length - 1);
  return line + (missing < CLOSINGS.length ? CLOSINGS[missing] : `)${' '.repeat(missing)}= `) + result;
}

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
  return withResult(leaveText(enterText(entered), left), left.result);
}
