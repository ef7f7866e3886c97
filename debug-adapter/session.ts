/**
 * The state of one debug session, as data that the requests read and change. What the client was told by number (frames,
 * scopes, variables) lives until the program runs on; breakpoints live as long as the session, across restarts.
 */
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { KernelEvent, SyscallCall, TaskId } from '../emulator/kernel/api.ts';
import type { Machine } from '../emulator/machine.ts';
import type { Program } from '../emulator/symbols/program.ts';
import type { Alone } from './alone.ts';
import type { BreakpointTable } from './breakpoints.ts';
import { emptyBreakpoints } from './breakpoints.ts';
import type { Launch } from './configuration.ts';
import type { Item } from './data.ts';
import type { Block } from './disassemble.ts';
import type { Environment, Terminal } from './environment.ts';
import { Refusal } from './errors.ts';
import type { OpenCall } from './function-trace.ts';
import type { CallSite } from './jump.ts';
import type { ProgramOutput } from './output.ts';
import type { LaunchConfiguration } from './protocol.ts';
import type { StackFrame } from './stack.ts';
import type { VariableSource } from './variables.ts';

export type Phase =
  /** Before `launch` has made a machine. */
  | 'new'
  /** The program is loaded and waits for `configurationDone`. */
  | 'loaded'
  | 'running'
  | 'stopped'
  | 'ended';

/** Why the program stands still, in DAP's words and in ours. */
export interface StopReport {
  reason:
    | 'step'
    | 'breakpoint'
    | 'exception'
    | 'pause'
    | 'entry'
    | 'goto'
    | 'restart'
    | 'function breakpoint'
    | 'instruction breakpoint'
    | 'data breakpoint';
  task: TaskId;
  /** As the client knows it, when it is not the one that the task is a part of now. */
  thread?: number;
  /** Short, for the call stack's title: "write(1, …)". */
  description?: string;
  /** Longer, shown where the program stands. */
  text?: string;
  breakpoints: number[];
  /** Of a step that ended behind a call: what that gave back. */
  returned?: { name: string; items: Item[] };
  /** Answers exceptionInfo. */
  exception?: { id: string; sentence: string; details?: string };
}

/** What is debugged: made by `launch`, made anew by `restart`. */
export interface Target {
  machine: Machine;
  program: Program;
  /** The process that the symbols are of; programs that it starts beside itself have none here. */
  processId: number;
  /** Who hears of it: another session than at first, when one has left and one has attached. */
  owner: { session: Session };
  output: ProgramOutput;
  /** Where the program reads and writes, if it is not the debug console. */
  terminal?: Terminal;
  /** The syscall each task made last, with its result once that is there. */
  lastCall: Map<TaskId, SyscallCall>;
  /** The trace so far, as strace prints it. */
  trace: string[];
  /** Calls that are traced and have not returned, by goroutine or thread. */
  openCalls: Map<string, OpenCall[]>;
  /** Disassembly that has been made, by its first address. */
  blocks: Map<number, Block>;
  /** Hears every event of the kernel and fills `trace`. */
  tracer?: (event: KernelEvent) => void;
  /** Ends the lines of the trace that are begun. */
  endTrace?: () => void;
  /** What the machine does now is tried out and will be undone: nobody is told. */
  quiet?: boolean;
  /** Ends the listening to the machine. */
  unlisten(): void;
}

export interface Client {
  /** Lines and columns from 1 (else from 0). */
  linesStartAt1: boolean;
  columnsStartAt1: boolean;
  pathsAsUri: boolean;
  memoryEvent: boolean;
  invalidatedEvent: boolean;
  progress: boolean;
  /** Opens terminals. */
  runInTerminal: boolean;
  /** Shows ANSI's colours in the debug console. */
  ansiStyling: boolean;
}

export interface Session {
  readonly environment: Environment;
  /** Sends an event; the server holds it back until the response it belongs to is out. */
  readonly emit: (event: string, body?: unknown) => void;
  /** A request to the client; rejects with its sentence when it refuses. */
  readonly ask: (command: string, args: object) => Promise<unknown>;
  client: Client;
  phase: Phase;
  launch?: Launch;
  /** As the client sent it, for a restart. */
  configuration?: LaunchConfiguration;
  target?: Target;
  stop?: StopReport;
  breakpoints: BreakpointTable;
  /** Handles of this stop. A reference is its index + 1. */
  frames: StackFrame[];
  variables: VariableSource[];
  /** Addresses that a jump may go to, and calls that a step may go into. */
  gotoTargets: number[];
  callSites: CallSite[];
  /** Where functions begin that values lead to, and where variables are declared. */
  locations: { file: string; line: number }[];
  /** Documents made for code without a source file, by reference − 1: they live as long as the session. */
  documents: { name: string; address: number }[];
  /** Where the program's source files are on this computer, as far as anybody asked. */
  sources: Map<string, Promise<string | undefined>>;
  /** The machine watches data. */
  watches: boolean;
  /** Memory the client looks at, by its reference, with the offsets it asked for. */
  memoryShown: Map<string, { from: number; to: number }>;
  /** Modules as the client was told of them, by their numbers; undefined: it has never asked. */
  modulesTold?: Map<number | string, string>;
  /** Register values at the stop before, by task: what changed is marked. */
  before: Map<TaskId, BigUint64Array>;
  now: Map<TaskId, BigUint64Array>;
  /** The fault that was reported last, with the machine's count of instructions. */
  fault?: { task: TaskId; signo: number; at: number };
  /** The program was taken over as another session left it. */
  attached?: boolean;
  /** Settled when the run under way has ended, or the one before. */
  work?: Promise<void>;
  /** What to do when the response is out. */
  started: (() => void)[];
  /** Counts resumptions; work that outlives its run sees that it is stale. */
  run: number;
  /** Who runs, if only one does. */
  alone?: Alone;
  /** The client asked for a pause (or for the end) while the program ran. */
  interrupt?: 'pause' | 'end';
  ended: () => void;
}

export function createSession({ environment, emit, ask }: Pick<Session, 'environment' | 'emit' | 'ask'>): Session {
  return {
    environment,
    emit,
    ask,
    client: {
      linesStartAt1: true,
      columnsStartAt1: true,
      pathsAsUri: false,
      memoryEvent: false,
      invalidatedEvent: false,
      progress: false,
      runInTerminal: false,
      ansiStyling: false,
    },
    phase: 'new',
    breakpoints: emptyBreakpoints(),
    frames: [],
    variables: [],
    gotoTargets: [],
    callSites: [],
    locations: [],
    documents: [],
    sources: new Map(),
    watches: false,
    memoryShown: new Map(),
    before: new Map(),
    now: new Map(),
    started: [],
    run: 0,
    ended: () => {},
  };
}

/** The target of a request that the server's table says needs one. */
export function targetOf(session: Session): Target {
  if (!session.target) throw new Error('no target');
  return session.target;
}

/** The symbols of a process, as far as there are any. */
export const programsOf =
  (target: Target) =>
  (processId: number): Program | undefined =>
    processId === target.processId ? target.program : undefined;

/** An argument of a request, of the kind it must be. Throws Refusal. */
export function checked<T>(value: unknown, kind: 'object' | 'array' | 'string' | 'number', name: string): T {
  const is = Array.isArray(value) ? 'array' : value === null ? 'null' : typeof value;
  if (is !== kind)
    throw new Refusal(
      `The request needs ${name}: ${kind === 'array' ? 'a list' : kind === 'object' ? 'an object' : `a ${kind}`}.`,
    );
  return value as T;
}

/** Says something in the debug console, a line of its own. */
export function say(
  session: Session,
  text: string,
  category: DebugProtocol.OutputEvent['body']['category'] = 'console',
): void {
  // What the program wrote before stands before.
  session.target?.output.flush();
  session.emit('output', { category, output: text.endsWith('\n') ? text : `${text}\n` });
}

/** A line as this client counts them. */
export function clientLine(session: Session, line: number): number {
  return session.client.linesStartAt1 ? line : line - 1;
}

export function adapterLine(session: Session, line: number): number {
  return session.client.linesStartAt1 ? line : line + 1;
}
