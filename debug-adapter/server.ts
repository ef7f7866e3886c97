/**
 * A debug adapter: messages in, messages out. This file holds the list of requests and the order of things; what a request
 * does stands in the file of its concern.
 *
 * Requests are served one after another, in the order they came, because DAP clients count on that (a breakpoint is set
 * before the program goes on). A few overtake: those that end or interrupt something which may be under way. A response
 * always goes out before the events that its request caused.
 */
import type { DebugProtocol } from '@vscode/debugprotocol';
import * as breakpoints from './breakpoints.ts';
import * as data from './data-breakpoints.ts';
import * as disassemble from './disassemble.ts';
import type { Environment } from './environment.ts';
import { Refusal } from './errors.ts';
import * as evaluate from './evaluate.ts';
import { ExpressionError } from './expression.ts';
import * as jump from './jump.ts';
import * as launch from './launch.ts';
import * as memory from './memory.ts';
import { modules } from './modules.ts';
import * as registers from './registers.ts';
import { restartFrame } from './restart-frame.ts';
import { createSession, type Session } from './session.ts';
import * as source from './source.ts';
import * as stack from './stack-trace.ts';
import * as stepping from './stepping.ts';
import { attach } from './suspend.ts';
import * as syscalls from './syscalls.ts';
import { terminateThreads } from './terminate-threads.ts';
import * as threads from './threads.ts';
import * as variables from './variables.ts';

/** Arguments come from a client and are checked by the handler as far as it uses them. */
// biome-ignore lint/suspicious/noExplicitAny: every request has its own type, declared at its handler
type Handler = (session: Session, args: any) => unknown;

interface Row {
  run: Handler;
  /** Served at once, even while another request is. */
  overtakes?: true;
  /** Needs a loaded program, or a stopped one. */
  needs?: 'program' | 'stop';
}

export const REQUESTS: Readonly<Record<string, Row>> = {
  initialize: { run: launch.initialize },
  launch: { run: launch.launch },
  attach: { run: attach },
  configurationDone: { run: launch.configurationDone, needs: 'program' },
  restart: { run: launch.restart, needs: 'program' },
  terminate: { run: launch.terminate, overtakes: true },
  disconnect: { run: launch.disconnect, overtakes: true },
  cancel: { run: cancel, overtakes: true },

  setBreakpoints: { run: breakpoints.setBreakpoints },
  setFunctionBreakpoints: { run: breakpoints.setFunctionBreakpoints },
  setInstructionBreakpoints: { run: breakpoints.setInstructionBreakpoints },
  setExceptionBreakpoints: { run: breakpoints.setExceptionBreakpoints },
  dataBreakpointInfo: { run: data.dataBreakpointInfo, needs: 'stop' },
  setDataBreakpoints: { run: data.setDataBreakpoints },
  breakpointLocations: { run: breakpoints.breakpointLocations, needs: 'program' },
  'ring3/setSyscallBreakpoints': { run: breakpoints.setSyscallBreakpoints },

  continue: { run: stepping.resume, needs: 'stop' },
  next: { run: stepping.next, needs: 'stop' },
  stepIn: { run: stepping.stepIn, needs: 'stop' },
  stepOut: { run: stepping.stepOut, needs: 'stop' },
  stepInTargets: { run: jump.stepInTargets, needs: 'stop' },
  gotoTargets: { run: jump.gotoTargets, needs: 'stop' },
  goto: { run: jump.goTo, needs: 'stop' },
  restartFrame: { run: restartFrame, needs: 'stop' },
  pause: { run: stepping.pause, needs: 'program', overtakes: true },

  threads: { run: threads.threads },
  terminateThreads: { run: terminateThreads, needs: 'stop' },
  stackTrace: { run: stack.stackTrace, needs: 'stop' },
  scopes: { run: variables.scopes, needs: 'stop' },
  variables: { run: variables.variables, needs: 'stop' },
  setVariable: { run: variables.setVariable, needs: 'stop' },
  evaluate: { run: evaluate.evaluate, needs: 'program' },
  setExpression: { run: evaluate.setExpression, needs: 'stop' },
  completions: { run: evaluate.completions, needs: 'program' },
  locations: { run: source.locations, needs: 'stop' },
  exceptionInfo: { run: stack.exceptionInfo, needs: 'stop' },
  'ring3/registers': { run: registers.registers, needs: 'stop' },
  'ring3/trace': { run: syscalls.trace },

  readMemory: { run: memory.readMemory, needs: 'program' },
  writeMemory: { run: memory.writeMemory, needs: 'stop' },
  // Whatever is the matter: VS Code's view scrolls no more after one failure.
  disassemble: { run: disassemble.disassemble },
  source: { run: source.source, needs: 'program' },
  loadedSources: { run: source.loadedSources, needs: 'program' },
  modules: { run: modules, needs: 'program' },
};

export interface Adapter {
  /** A message from the client; anything that is no request and no answer is ignored. */
  receive(message: unknown): void;
  /** Ends the program and forgets everything; nothing is sent after that. */
  dispose(): void;
}

/** `ended` is called once, when the client has disconnected. */
export function createAdapter(
  environment: Environment,
  send: (message: DebugProtocol.ProtocolMessage) => void,
  ended: () => void = () => {},
): Adapter {
  let seq = 1;
  let disposed = false;
  const post = (message: object) => {
    if (!disposed) send({ seq: seq++, ...message } as DebugProtocol.ProtocolMessage);
  };
  /** Events wait while the response to the request that caused them has not gone out. */
  let serving = 0;
  const waiting: object[] = [];
  /** What the client was asked and has not answered. */
  const questions = new Map<number, { resolve: (body: unknown) => void; reject: (error: Error) => void }>();
  const session = createSession({
    environment,
    emit(event, body) {
      const message = { type: 'event', event, body };
      if (serving > 0 && event !== 'output' && !event.startsWith('progress')) waiting.push(message);
      else post(message);
    },
    ask: (command, args) =>
      new Promise((resolve, reject) => {
        questions.set(seq, { resolve, reject });
        post({ type: 'request', command, arguments: args });
      }),
  });
  session.ended = ended;

  const cancelled = new Set<number>();
  let queue: Promise<void> = Promise.resolve();

  async function serve(request: DebugProtocol.Request): Promise<void> {
    const answer = { type: 'response', request_seq: request.seq, command: request.command };
    if (cancelled.delete(request.seq)) {
      post({ ...answer, success: false, message: 'cancelled' });
      return;
    }
    serving++;
    try {
      const row = Object.hasOwn(REQUESTS, request.command) ? REQUESTS[request.command] : undefined;
      if (!row) throw new Refusal(`Ring 3 does not know the request "${request.command}".`);
      require(session, row.needs);
      const args = request.arguments;
      if (args !== undefined && (typeof args !== 'object' || args === null || Array.isArray(args)))
        throw new Refusal(`The arguments of ${request.command} must be an object.`);
      const body = await row.run(session, args ?? {});
      post({ ...answer, success: true, ...(body === undefined ? {} : { body }) });
    } catch (error) {
      post({ ...answer, success: false, ...failure(request.command, error) });
    } finally {
      serving--;
      if (serving === 0) while (waiting.length > 0) post(waiting.shift()!);
      // What the request started (the program runs on) begins when its response and events are out.
      const started = session.started.splice(0);
      for (const start of started) start();
    }
  }

  function answered({ request_seq, success, body, message }: DebugProtocol.Response): void {
    const question = questions.get(request_seq);
    questions.delete(request_seq);
    if (success) question?.resolve(body);
    else question?.reject(new Error(typeof message === 'string' ? message : 'the client refuses'));
  }

  return {
    receive(message) {
      if ((message as DebugProtocol.ProtocolMessage | null | undefined)?.type === 'response')
        answered(message as DebugProtocol.Response);
      const request = message as DebugProtocol.Request | null | undefined;
      if (disposed || typeof request !== 'object' || request === null || request.type !== 'request') return;
      if (typeof request.command !== 'string') return;
      if (request.command === 'cancel') {
        const id = (request.arguments as DebugProtocol.CancelArguments | undefined)?.requestId;
        if (typeof id === 'number') cancelled.add(id);
      }
      const overtakes = Object.hasOwn(REQUESTS, request.command) && REQUESTS[request.command].overtakes;
      if (overtakes) void serve(request);
      else queue = queue.then(() => serve(request));
    },
    dispose() {
      disposed = true;
      for (const { reject } of questions.values()) reject(new Error('the client has gone'));
      launch.end(session);
    },
  };
}

function require(session: Session, needs: Row['needs']): void {
  if (needs === undefined) return;
  if (session.phase === 'ended') throw new Refusal('The program has ended.');
  if (!session.target) throw new Refusal('There is no program yet: the launch request comes first.');
  if (needs === 'stop' && session.phase !== 'stopped') throw new Refusal('The program is running: pause it first.');
}

function failure(command: string, error: unknown): { message: string; body: { error: DebugProtocol.Message } } {
  const known = error instanceof Refusal || error instanceof ExpressionError;
  const sentence = known
    ? (error as Error).message
    : `Ring 3 failed at "${command}" (please report this): ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
  return {
    message: sentence,
    body: {
      error: {
        id: known ? 1 : 2,
        // Braces are DAP's placeholders.
        format: sentence.replaceAll('{', '(').replaceAll('}', ')'),
        showUser: error instanceof Refusal ? error.show : !known,
      },
    },
  };
}

/** The work is done where the message comes in: what waits in the queue is answered "cancelled" when its turn comes. */
function cancel(): undefined {
  return undefined;
}
