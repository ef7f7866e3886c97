/** A thread's frames as the client sees them, and what it stopped for. */
import type { DebugProtocol } from '@vscode/debugprotocol';
import { typeText } from './data.ts';
import { Refusal } from './errors.ts';
import { itemsOf } from './frame-data.ts';
import { moduleIdAt } from './modules.ts';
import { mayRestart } from './restart-frame.ts';
import { clientLine, type Session, targetOf } from './session.ts';
import { documentFor } from './source.ts';
import { sourceFor } from './sources.ts';
import { DEPTH_LIMIT, type StackFrame } from './stack.ts';
import { threadFrames, threadNamed } from './threads.ts';
import { valueText } from './variables.ts';

export async function stackTrace(
  session: Session,
  args: DebugProtocol.StackTraceArguments,
): Promise<DebugProtocol.StackTraceResponse['body']> {
  const target = targetOf(session);
  const thread = threadNamed(target, args.threadId);
  const { id, task, runs } = thread;
  const all = threadFrames(target, thread, DEPTH_LIMIT);
  const from = Math.max(0, Math.trunc(Number(args.startFrame)) || 0);
  const count = Math.max(0, Math.trunc(Number(args.levels)) || 0) || all.length;
  const shown = all.slice(from, from + count);
  return {
    stackFrames: await Promise.all(
      shown.map((view, i) =>
        stackFrame(
          session,
          { thread: id, task, live: runs && from + i === 0, waits: !runs, index: from + i, view },
          args,
        ),
      ),
    ),
    totalFrames: all.length,
  };
}

async function stackFrame(
  session: Session,
  frame: StackFrame,
  { format }: DebugProtocol.StackTraceArguments,
): Promise<DebugProtocol.StackFrame> {
  const known = session.frames.findIndex(other => other.thread === frame.thread && other.index === frame.index);
  const id = known >= 0 ? known + 1 : session.frames.push(frame);
  const { view } = frame;
  const offset = view.function && !view.inlined ? view.pc - view.function.entry : 0;
  const module = format?.module ? `${session.launch?.program.split('/').pop()}!` : '';
  const parameters = format ? parametersText(session, frame, format) : '';
  const name = `${module}${view.name}${parameters}${format?.line && view.line !== undefined ? ` : ${view.line}` : ''}`;
  const moduleId = moduleIdAt(session, targetOf(session), view.pc);
  const base: DebugProtocol.StackFrame = {
    id,
    name: view.inlined ? `${name} (inlined)` : view.interrupted ? `${name} (interrupted)` : name,
    line: 0,
    column: 0,
    instructionPointerReference: `0x${view.pc.toString(16)}`,
    ...(moduleId === undefined ? {} : { moduleId }),
    ...(mayRestart(frame) ? {} : { canRestart: false }),
  };
  const source = view.file === undefined ? undefined : await sourceFor(session, view.file);
  const column = session.client.columnsStartAt1 ? 1 : 0;
  if (source && view.line !== undefined) {
    const runtime = view.name.startsWith('runtime.') && view.name !== 'runtime.main';
    return {
      ...base,
      source,
      line: clientLine(session, view.line),
      column,
      ...(runtime ? { presentationHint: 'subtle' } : {}),
    };
  }
  if (!view.function) return { ...base, name: offset ? `${base.name}+0x${offset.toString(16)}` : base.name };
  const document = documentFor(session, view.function, view.lookupPc);
  return { ...base, source: document.source, line: clientLine(session, document.line), column };
}

/** "(n int 3, name string …)", as far as each part of it is asked for. */
function parametersText(
  session: Session,
  frame: StackFrame,
  { parameters, parameterTypes, parameterNames, parameterValues, hex }: DebugProtocol.StackFrameFormat,
): string {
  if (!parameters) return '';
  const items = itemsOf(targetOf(session), frame, 'arguments').filter(item => !item.isResult);
  const all = items.map(({ name, type, data }) =>
    [
      parameterNames ? name : '',
      parameterTypes ? typeText(type) : '',
      parameterValues ? (typeof data === 'string' ? '?' : valueText(data, hex === true)) : '',
    ]
      .filter(Boolean)
      .join(' '),
  );
  return `(${all.join(', ')})`;
}

export function exceptionInfo(
  session: Session,
  _args: DebugProtocol.ExceptionInfoArguments,
): DebugProtocol.ExceptionInfoResponse['body'] {
  const exception = session.stop?.exception;
  if (!exception) throw new Refusal('The program did not stop for an exception.');
  return {
    exceptionId: exception.id,
    description: exception.sentence,
    breakMode: 'always',
    ...(exception.details === undefined
      ? {}
      : { details: { message: exception.sentence, stackTrace: exception.details } }),
  };
}
