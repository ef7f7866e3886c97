/**
 * Functions as they are entered and left, written down in the debug console: `trace:PATTERN` as a function breakpoint, or
 * the launch configuration's "traceFunctions". Calls are indented by those that are still open. What left its frame
 * without a return (a panic, longjmp, a jump of the debugger's) is noticed when something else stands where it stood.
 */
import type { TaskId } from '../emulator/kernel/api.ts';
import type { CodeFunction } from '../emulator/symbols/program.ts';
import { dataText, type Item } from './data.ts';
import { argumentsText } from './evaluate.ts';
import { flowAt } from './instructions.ts';
import { returnedItems } from './returned.ts';
import { type Session, say, type Target, targetOf } from './session.ts';
import { framesOf, goroutineOf } from './stack.ts';
import { styled } from './styling.ts';

/** Of one goroutine or thread, outermost first. */
export interface OpenCall {
  readonly fn: CodeFunction;
  /** Bytes from its frame's beginning to the end of the stack, which stay the same when Go moves the stack. */
  readonly depth: number;
}

/** Characters of a text that are shown. */
const TEXT_LIMIT = 64;

/** A thread stands behind the prologue of a function that is traced, or at one of its returns. `wanted`: its condition holds. */
export function traceCall(session: Session, task: TaskId, wanted: () => boolean): void {
  const target = targetOf(session);
  const [view] = framesOf(target, task, 1);
  const fn = view?.function;
  if (!fn || view.cfa === undefined) return;
  const goroutine = goroutineOf(target, task);
  const depth = (goroutine?.stackEnd ?? Number.MAX_SAFE_INTEGER) - view.cfa;
  const routine = goroutine ? `g${goroutine.address}` : `t${task}`;
  const open = (target.openCalls.get(routine) ?? []).filter(call => call.depth <= depth);
  target.openCalls.set(routine, open);
  const write = (arrow: string, text: string) =>
    say(
      session,
      styled(
        session.client,
        'trace',
        `${who(target, task, goroutine?.id)}${'  '.repeat(open.length)}${arrow} ${fn.name}${text}`,
      ),
    );
  const isOpen = (): boolean => open.at(-1)?.fn.entry === fn.entry && open.at(-1)?.depth === depth;
  const returns = flowAt(target.machine, task, view.pc).is === 'return';
  // A function without a body returns where it begins.
  if (!returns || (!isOpen() && view.pc === target.program.prologueEnd(fn))) {
    // The frame of the same depth is a new one.
    while (open.length > 0 && open[open.length - 1].depth >= depth) open.pop();
    if (!wanted()) return;
    const frame = { thread: task, task, live: true, index: 0, view };
    write('→', `(${argumentsText(target, frame, 'args')})`);
    open.push({ fn, depth });
  }
  if (!returns || !isOpen()) return;
  open.pop();
  const results = returnedItems(target, task, fn, view.cfa).map(resultText).join(', ');
  write('←', results === '' ? '' : ` = ${results}`);
}

const resultText = ({ name, data }: Item): string => {
  const text = typeof data === 'string' ? data : dataText(data, TEXT_LIMIT, false);
  // Results without a name are r0, r1 …
  return /^r\d+$|^result$/.test(name) ? text : `${name} ${text}`;
};

/** Nothing for the first thread and for Go's main goroutine. */
function who({ machine, processId }: Target, task: TaskId, goroutine: number | undefined): string {
  if (goroutine !== undefined) return goroutine === 1 ? '' : `goroutine ${goroutine}: `;
  const process = machine.tasks().find(view => view.id === task)?.processId;
  return task === processId ? '' : process === processId ? `thread ${task}: ` : `process ${process}: `;
}
