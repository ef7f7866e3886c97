/**
 * Breakpoints as the client asked for them and as the machine watches them. One record serves every kind: where it is (some
 * addresses, some syscalls, some signals) and what else must hold. The records outlive the machine: `resolve` finds their
 * place again in a program that was restarted.
 */
import type { DebugProtocol } from '@vscode/debugprotocol';
import { SIG } from '../emulator/abi/signals.ts';
import type { SyscallBreakpoint } from '../emulator/machine.ts';
import type { Program } from '../emulator/symbols/program.ts';
import { isOnlyMode, type Only, routineHere } from './breakpoint-modes.ts';
import type { Launch } from './configuration.ts';
import { type Watchpoint, watchpoints } from './data-breakpoints.ts';
import { EXCEPTION_FILTERS } from './exceptions.ts';
import { type Expression, ExpressionError, parseExpression } from './expression.ts';
import { type HitCondition, type LogMessage, parseHitCondition, parseLogMessage } from './hits.ts';
import { placeOf, substituted } from './places.ts';
import type { SetSyscallBreakpointsArguments, SetSyscallBreakpointsResponse } from './protocol.ts';
import { adapterLine, checked, clientLine, type Session } from './session.ts';
import { documentRows } from './source.ts';
import { findSyscall, noSuchSyscall } from './syscalls.ts';

/** What was asked for. */
export type Wish =
  | { is: 'line'; path: string; line: number }
  /** A name, `pack*` or `/regexp/`, with `:return` for where it returns; `file.go:12`, an address, or `syscall:…`. */
  | { is: 'function'; name: string }
  /** Functions that are written down when they are entered and left; none of them stops. */
  | { is: 'trace'; name: string }
  /** Undefined: a line of a disassembly at and after which there is no instruction. */
  | { is: 'instruction'; address: number | undefined }
  | { is: 'syscall'; name: string | number; when: 'enter' | 'exit' }
  /** `range` undefined: the client's name for it is none of ours. */
  | { is: 'data'; range: { address: number; size: number } | undefined; access: Watchpoint['access'] }
  /** `when` counts for the filters of syscalls. */
  | { is: 'exception'; filter: string; when: 'enter' | 'exit' };

/** Where that is. */
export type Spot =
  | { is: 'nowhere' }
  | { is: 'addresses'; addresses: number[] }
  /** `numbers` undefined: every syscall. */
  | { is: 'syscalls'; numbers: number[] | undefined; when: 'enter' | 'exit' }
  | { is: 'signals'; signals: number[] }
  | ({ is: 'data' } & Watchpoint);

export interface Breakpoint {
  readonly id: number;
  readonly wish: Wish;
  readonly condition?: Expression;
  readonly hitCondition?: HitCondition;
  readonly log?: LogMessage;
  /** Stops one goroutine or thread only: which one is known when it was set at a stop, or when it has stopped one. */
  readonly only?: Only;
  /** All that was asked for: the client sends its whole list again when one breakpoint of it changes. */
  readonly asked: string;
  /** What is wrong with the condition, the hit condition or the log message: such a breakpoint is never verified. */
  readonly mistake?: string;
  spot: Spot;
  /** Why it is nowhere, or where it went instead. */
  message?: string;
  /** The line it really is on. */
  line?: number;
  hits: number;
  /** Of data: the bytes when the program stopped last. */
  before?: Uint8Array;
}

export interface BreakpointTable {
  nextId: number;
  /** By the path the client gave. */
  lines: Map<string, Breakpoint[]>;
  functions: Breakpoint[];
  instructions: Breakpoint[];
  data: Breakpoint[];
  exceptions: Breakpoint[];
  /** From the custom request. */
  syscalls: Breakpoint[];
  /** From the launch configuration. */
  launch: Breakpoint[];
}

export function emptyBreakpoints(): BreakpointTable {
  return {
    nextId: 1,
    lines: new Map(),
    functions: [],
    instructions: [],
    data: [],
    exceptions: [],
    syscalls: [],
    launch: [],
  };
}

export function allBreakpoints(table: BreakpointTable): Breakpoint[] {
  return [
    ...[...table.lines.values()].flat(),
    ...table.functions,
    ...table.instructions,
    ...table.data,
    ...table.exceptions,
    ...table.syscalls,
    ...table.launch,
  ];
}

interface Extras {
  condition?: unknown;
  hitCondition?: unknown;
  logMessage?: unknown;
  mode?: unknown;
}

/**
 * `former`: those that the client's new list replaces. One that was asked for alike is taken from them, with its number
 * and its hits.
 */
export function make(session: Session, wish: Wish, extras: Extras = {}, former: Breakpoint[] = []): Breakpoint {
  const { condition, hitCondition, logMessage, mode } = extras;
  const asked = JSON.stringify([wish, condition, hitCondition, logMessage, mode]);
  const same = former.findIndex(breakpoint => breakpoint.asked === asked);
  if (same >= 0) return former.splice(same, 1)[0];
  const breakpoint: { -readonly [K in keyof Breakpoint]: Breakpoint[K] } = {
    id: session.breakpoints.nextId++,
    wish,
    asked,
    spot: { is: 'nowhere' },
    hits: 0,
  };
  if (isOnlyMode(mode)) breakpoint.only = { mode, routine: routineHere(session, mode) };
  const given = (text: unknown): text is string => typeof text === 'string' && text.trim() !== '';
  try {
    if (given(condition)) breakpoint.condition = parseExpression(condition);
    if (given(hitCondition)) breakpoint.hitCondition = parseHitCondition(hitCondition);
    if (given(logMessage)) breakpoint.log = parseLogMessage(logMessage);
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    breakpoint.mistake = error.message;
  }
  if (session.target) resolve(session, session.target.program, breakpoint);
  return breakpoint;
}

/** Finds the place of a breakpoint in a program. */
export function resolve(session: Session, program: Program, breakpoint: Breakpoint): void {
  if (breakpoint.mistake !== undefined) {
    breakpoint.spot = { is: 'nowhere' };
    breakpoint.message = breakpoint.mistake;
    return;
  }
  const place = placeOf(program, breakpoint.wish, session.launch?.substitutePath ?? []);
  breakpoint.spot = place.spot;
  breakpoint.message = place.message;
  if (place.line !== undefined) breakpoint.line = place.line;
}

/** After a program was loaded: places again, and tells the client what changed. */
export function resolveAll(session: Session, program: Program): void {
  for (const breakpoint of allBreakpoints(session.breakpoints)) {
    const before = JSON.stringify(describe(session, breakpoint));
    breakpoint.hits = 0;
    resolve(session, program, breakpoint);
    if (breakpoint.spot.is === 'data' && !program.symbolAt(breakpoint.spot.address)) {
      breakpoint.spot = { is: 'nowhere' };
      breakpoint.message = 'The heap and the stacks lie elsewhere in another run: set it again.';
    }
    const now = describe(session, breakpoint);
    // The client knows those that it set itself.
    const known = breakpoint.wish.is !== 'exception' && !session.breakpoints.launch.includes(breakpoint);
    if (known && JSON.stringify(now) !== before) session.emit('breakpoint', { reason: 'changed', breakpoint: now });
  }
}

/** Tells the machine what to watch; `extra` addresses are those of a step under way. */
export function arm(session: Session, extra: readonly number[] = []): void {
  const machine = session.target?.machine;
  if (!machine) return;
  const addresses = new Set<number>(extra);
  const syscalls: SyscallBreakpoint[] = [];
  // An instruction that Ring 3 lacks is always heard of (see judge), stopped at only when asked.
  const signals = new Set<number>([SIG.SIGILL]);
  for (const { id, spot } of allBreakpoints(session.breakpoints)) {
    if (spot.is === 'addresses') for (const address of spot.addresses) addresses.add(address);
    else if (spot.is === 'syscalls')
      for (const number of spot.numbers ?? [undefined]) syscalls.push({ id, number, when: spot.when });
    else if (spot.is === 'signals') for (const signo of spot.signals) signals.add(signo);
  }
  machine.setBreakpoints([...addresses]);
  machine.setSyscallBreakpoints(syscalls);
  machine.setSignalStops([...signals]);
  const task = session.stop?.task ?? machine.current;
  const watched = watchpoints(session);
  // Most sessions watch nothing.
  if (task !== undefined && (watched.length > 0 || session.watches)) machine.setWatchpoints(task, watched);
  session.watches = watched.length > 0;
}

export function describe(session: Session, breakpoint: Breakpoint): DebugProtocol.Breakpoint {
  const { spot, wish } = breakpoint;
  const verified = spot.is !== 'nowhere';
  const first = spot.is === 'addresses' ? spot.addresses[0] : undefined;
  return {
    id: breakpoint.id,
    verified,
    ...(breakpoint.message === undefined ? {} : { message: breakpoint.message }),
    ...(wish.is === 'line' ? { line: clientLine(session, breakpoint.line ?? wish.line) } : {}),
    ...(wish.is === 'instruction' && breakpoint.line !== undefined
      ? { line: clientLine(session, breakpoint.line) }
      : {}),
    ...(first === undefined ? {} : { instructionReference: `0x${first.toString(16)}` }),
    // Before there is a program nothing has failed; VS Code then shows the breakpoint without a warning.
    ...(verified ? {} : { reason: session.target ? 'failed' : 'pending' }),
  };
}

export function setBreakpoints(
  session: Session,
  args: DebugProtocol.SetBreakpointsArguments,
): DebugProtocol.SetBreakpointsResponse['body'] {
  const source = checked<DebugProtocol.Source>(args.source, 'object', 'source');
  const document = source.sourceReference ? session.documents[source.sourceReference - 1] : undefined;
  const path = document ? `document ${source.sourceReference}` : (source.path ?? source.name ?? '');
  const asked = checkedList<DebugProtocol.SourceBreakpoint>(
    args.breakpoints ?? args.lines?.map(line => ({ line })) ?? [],
  );
  const rows = document && asked.length > 0 ? documentRows(session, document.address) : [];
  const former = [...(session.breakpoints.lines.get(path) ?? [])];
  const list = asked.map(wish => {
    const line = adapterLine(session, Number.isSafeInteger(wish.line) ? wish.line : 0);
    if (!document) return make(session, { is: 'line', path, line }, wish, former);
    // A line of a document that was made for code is an instruction, the next one if it is a remark.
    const row = rows.find(candidate => candidate.line >= line);
    const breakpoint = make(session, { is: 'instruction', address: row?.address }, wish, former);
    breakpoint.line = row?.line;
    return breakpoint;
  });
  if (list.length > 0) session.breakpoints.lines.set(path, list);
  else session.breakpoints.lines.delete(path);
  arm(session);
  return { breakpoints: list.map(breakpoint => describe(session, breakpoint)) };
}

export function setFunctionBreakpoints(
  session: Session,
  args: DebugProtocol.SetFunctionBreakpointsArguments,
): DebugProtocol.SetFunctionBreakpointsResponse['body'] {
  const asked = checkedList<DebugProtocol.FunctionBreakpoint>(args.breakpoints);
  const former = [...session.breakpoints.functions];
  session.breakpoints.functions = asked.map(wish =>
    make(session, functionWish(String(wish.name ?? '').trim()), wish, former),
  );
  arm(session);
  return { breakpoints: session.breakpoints.functions.map(breakpoint => describe(session, breakpoint)) };
}

const functionWish = (name: string): Wish =>
  name.startsWith(TRACE) ? { is: 'trace', name: name.slice(TRACE.length).trim() } : { is: 'function', name };

export function setInstructionBreakpoints(
  session: Session,
  args: DebugProtocol.SetInstructionBreakpointsArguments,
): DebugProtocol.SetInstructionBreakpointsResponse['body'] {
  const asked = checkedList<DebugProtocol.InstructionBreakpoint>(args.breakpoints);
  const former = [...session.breakpoints.instructions];
  session.breakpoints.instructions = asked.map(wish => {
    const base = Number(wish.instructionReference);
    return make(session, { is: 'instruction', address: base + (wish.offset ?? 0) }, wish, former);
  });
  arm(session);
  return { breakpoints: session.breakpoints.instructions.map(breakpoint => describe(session, breakpoint)) };
}

export function setExceptionBreakpoints(
  session: Session,
  args: DebugProtocol.SetExceptionBreakpointsArguments,
): DebugProtocol.SetExceptionBreakpointsResponse['body'] {
  const options = checkedList<DebugProtocol.ExceptionFilterOptions>(args.filterOptions ?? []);
  const asked = [
    ...checkedList<string>(args.filters ?? [], 'string').map(
      (filterId): DebugProtocol.ExceptionFilterOptions => ({ filterId }),
    ),
    ...options,
  ];
  const former = [...session.breakpoints.exceptions];
  session.breakpoints.exceptions = asked.map(({ filterId, condition, mode }) =>
    make(
      session,
      { is: 'exception', filter: String(filterId), when: mode === 'exit' ? 'exit' : 'enter' },
      { condition },
      former,
    ),
  );
  arm(session);
  return { breakpoints: session.breakpoints.exceptions.map(breakpoint => describe(session, breakpoint)) };
}

export function setSyscallBreakpoints(
  session: Session,
  args: SetSyscallBreakpointsArguments,
): SetSyscallBreakpointsResponse {
  const asked = checkedList<SetSyscallBreakpointsArguments['breakpoints'][number]>(args.breakpoints);
  const former = [...session.breakpoints.syscalls];
  const list = asked.map(({ name, when, condition }) =>
    make(session, { is: 'syscall', name: name ?? '', when: when === 'exit' ? 'exit' : 'enter' }, { condition }, former),
  );
  session.breakpoints.syscalls = list;
  arm(session);
  return {
    breakpoints: list.map(breakpoint => {
      const { name } = breakpoint.wish as Wish & { is: 'syscall' };
      const row = findSyscall(name);
      const verified = breakpoint.spot.is !== 'nowhere' || (!session.target && breakpoint.mistake === undefined);
      return { id: breakpoint.id, verified, message: breakpoint.message, name: row?.name, number: row?.number };
    }),
  };
}

/** The breakpoints of the launch configuration; throws Refusal-worthy text as the return value. */
export function setLaunchBreakpoints(
  session: Session,
  { syscallBreakpoints, traceFunctions }: Pick<Launch, 'syscallBreakpoints' | 'traceFunctions'>,
): string | undefined {
  session.breakpoints.launch = [
    ...syscallBreakpoints.map(({ name, when, condition }) =>
      make(session, { is: 'syscall', name, when }, { condition }),
    ),
    ...traceFunctions.map(name => make(session, { is: 'trace', name })),
  ];
  for (const { wish, mistake } of session.breakpoints.launch) {
    if (wish.is !== 'syscall') continue;
    const { name } = wish;
    if (mistake !== undefined) return `syscallBreakpoints: ${mistake}`;
    if (name !== '*' && !findSyscall(name)) return `syscallBreakpoints: ${noSuchSyscall(name)}`;
  }
  return undefined;
}

export function breakpointLocations(
  session: Session,
  args: DebugProtocol.BreakpointLocationsArguments,
): DebugProtocol.BreakpointLocationsResponse['body'] {
  const path = args.source?.path;
  const program = session.target?.program;
  if (!program || path === undefined) return { breakpoints: [] };
  const shift = session.client.linesStartAt1 ? 0 : 1;
  const from = Number(args.line) + shift;
  const to = Number(args.endLine ?? args.line) + shift;
  const lines = program.linesWithCode(substituted(path, session.launch?.substitutePath ?? []));
  return {
    breakpoints: lines.filter(line => line >= from && line <= to).map(line => ({ line: clientLine(session, line) })),
  };
}

/** A list of objects, or of strings. Throws Refusal. */
export function checkedList<T>(value: unknown, kind: 'object' | 'string' = 'object'): T[] {
  return checked<unknown[]>(value, 'array', 'breakpoints').map(item => checked<T>(item, kind, 'each of the list'));
}

/** What a function breakpoint begins with that traces. */
const TRACE = 'trace:';

/** Filters for `initialize`. */
export const FILTERS: DebugProtocol.ExceptionBreakpointsFilter[] = EXCEPTION_FILTERS.map(row => ({
  filter: row.id,
  label: row.label,
  description: row.sentence,
  default: row.on,
  supportsCondition: true,
  conditionDescription: row.spot.is === 'syscalls' ? 'fd == 1 && count > 100' : '$goroutine == 7, $function =~ "^main"',
}));
