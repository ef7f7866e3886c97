/**
 * Back to the beginning of a function that has begun: the frames above its are dropped, the stack pointer and the callee's
 * registers are again what they were at its entry, the arguments are what debug information finds of them now. What
 * the function has done to memory and to the world stays done, an argument that it has changed too: that is what other
 * debuggers call dropping a frame. Where the right registers cannot be known, or where the runtime would be left with
 * something half done, it is refused with the reason.
 */
import type { DebugProtocol } from '@vscode/debugprotocol';
import { type Conventions, conventionsOf } from '../emulator/abi/conventions.ts';
import { assignValues } from '../emulator/abi/go-abi.ts';
import type { Operand } from '../emulator/isa/x64/row.ts';
import type { CodeFunction } from '../emulator/symbols/program.ts';
import { functionFacts } from '../emulator/symbols/stop-facts.ts';
import type { Frame } from '../emulator/symbols/unwind.ts';
import { wordOf } from './data.ts';
import { Refusal } from './errors.ts';
import { itemsOf, localNamed } from './frame-data.ts';
import { callsDirectly, instructionsOf } from './function-code.ts';
import { flowOf } from './instructions.ts';
import { conclude, forget } from './run.ts';
import { type Session, type Target, targetOf } from './session.ts';
import { frameOf, framesOf, goroutineOf, registersOf, type StackFrame } from './stack.ts';
import { inRuntime } from './stepping.ts';

/** What the System V ABI lets a caller keep in registers across a call (AMD64 supplement, figure 3.4), by DWARF number. */
const CALLEE_SAVED = [3, 6, 12, 13, 14, 15];
/** A deferred call that is on record belongs to its frame: a second one would be found by the first's return. */
const DEFERS = /^runtime\.defer(proc|procStack|rangefunc|procat)$/;

export function restartFrame(session: Session, args: DebugProtocol.RestartFrameArguments): void {
  const target = targetOf(session);
  const { machine } = target;
  const frame = frameOf(session, args.frameId);
  const problem = whyItCannotRestart(target, frame);
  if (problem) throw new Refusal(`${frame.view.name} cannot be restarted: ${problem}.`, { show: true });
  const { arch } = machine;
  const fn = frame.view.function!;
  const values = entryRegisters(target, frame, fn);
  if (typeof values === 'string')
    throw new Refusal(`${frame.view.name} cannot be restarted: ${values}.`, { show: true });
  const registers = registersOf(target, frame.task);
  for (const [name, value] of values) arch.registers.find(row => row.name === name)?.write(registers, value);
  arch.setSp(registers, frame.view.cfa! - 8);
  arch.setPc(registers, fn.entry);
  forget(session);
  conclude(session, {
    is: 'stopped',
    report: {
      reason: 'restart',
      task: frame.task,
      description: `Paused at the beginning of ${fn.name}`,
      breakpoints: [],
    },
  });
}

/** What a glance at a frame tells; the rest is found out when it is asked for. */
export const mayRestart = ({ view, waits }: StackFrame): boolean =>
  !waits && !view.inlined && view.function !== undefined && view.cfa !== undefined && !inRuntime(view.function);

/** What is known without a look at the arguments; undefined: it may be possible. */
function whyItCannotRestart(target: Target, { view, waits, task, index }: StackFrame): string | undefined {
  const { program } = target;
  if (waits) return 'no thread runs this goroutine';
  if (view.inlined) return 'it was inlined into its caller, which can be';
  if (!view.function || view.cfa === undefined) return 'where it begins is not known';
  if (view.function.entry === program.entry) return 'it has no caller: restart the program';
  const dropped = framesOf(target, task, index + 1);
  if (dropped.some((frame, i) => frame.interrupted && i > 0)) return 'a signal handler runs above it';
  if (view.function.language === 'other') return undefined;
  if (view.goroutine === 0) return "it runs on a system stack, for Go's runtime";
  if (dropped.some(frame => frame.function && inRuntime(frame.function)))
    return "Go's runtime is at work above it: step out of that first";
  const g = goroutineOf(target, task);
  if (g && g.status !== 'running') return `the goroutine is in a ${g.status}: step out of that first`;
  const defers = dropped.find(
    frame => !frame.inlined && frame.function && callsDirectly(program, frame.function, DEFERS),
  );
  return defers && `${defers.name} puts deferred calls on record, which would stay there`;
}

/** The registers at the function's entry, but for pc and stack pointer; or what is not known of them. */
function entryRegisters(
  target: Target,
  frame: StackFrame,
  fn: CodeFunction,
): (readonly [register: string, value: bigint])[] | string {
  const conventions = conventionsOf(target.machine.arch.name);
  if (!conventions) return 'the calling convention is not known';
  const caller = framesOf(target, frame.task)
    .slice(frame.index + 1)
    .find(other => !other.inlined);
  const kept = fn.language === 'other' ? savedByCallee(target, conventions, caller) : framePointer(conventions, caller);
  if (typeof kept === 'string') return kept;
  const given = argumentRegisters(target, frame, fn, conventions);
  if (typeof given === 'string') return given;
  if (fn.language === 'other') return [...kept, ...given];
  const closure = readsClosure(target, fn, conventions) ? localNamed(target, frame, '.closureptr') : undefined;
  if (closure === undefined && readsClosure(target, fn, conventions))
    return 'it is a closure, and where its variables are is not kept';
  const { zero } = conventions.goInternal;
  return [
    ...kept,
    ...given,
    ...(closure && typeof closure.data !== 'string'
      ? ([[conventions.goInternal.closure, wordOf(closure.data)]] as const)
      : []),
    ...(zero ? ([[zero, 0n]] as const) : []),
  ];
}

/** Go's functions keep no register for their caller but the frame pointer. */
function framePointer({ stack }: Conventions, caller: Frame | undefined): [string, bigint][] {
  return [[stack.framePointer, BigInt(caller?.framePointer ?? 0)]];
}

function savedByCallee(
  { machine }: Target,
  conventions: Conventions,
  caller: Frame | undefined,
): [string, bigint][] | string {
  const saved: [string, bigint][] = [];
  for (const row of machine.arch.registers) {
    if (row.dwarf === undefined || row.group !== 'general' || !CALLEE_SAVED.includes(row.dwarf)) continue;
    const isFrame = row.name === conventions.stack.framePointer;
    const value = isFrame ? toBig(caller?.framePointer) : caller?.registers?.get(row.dwarf);
    if (value === undefined) return `what its caller keeps in ${row.name} is not known (there is no frame information)`;
    saved.push([row.name, value]);
  }
  return saved;
}

const toBig = (value: number | undefined): bigint | undefined => (value === undefined ? undefined : BigInt(value));

function argumentRegisters(
  target: Target,
  frame: StackFrame,
  fn: CodeFunction,
  conventions: Conventions,
): [string, bigint][] | string {
  const facts = functionFacts(target.program, fn);
  // They are on the stack, where they were.
  if (facts.abi === 'ABI0') return [];
  if (!facts.values) return 'its arguments are not known (there is no debug information)';
  const isC = fn.language === 'other';
  const items = itemsOf(target, frame, 'arguments');
  const registers: [string, bigint][] = [];
  const wanted = isC ? facts.values.filter(value => !value.isResult) : facts.values;
  for (const { value, registers: parts } of assignValues(wanted, isC ? conventions.c : conventions.goInternal)) {
    // Nobody can use what has no name.
    if (value.isResult || !parts || value.name === '_' || value.name === '') continue;
    if (isC && (value.type.kind === 'struct' || value.type.size > 8))
      return `${value.name} is no number and no pointer`;
    // One that a local variable hides is listed in parentheses.
    const names = [value.name, `(${value.name})`];
    const data = items.find(item => names.includes(item.name) && !item.isResult)?.data;
    if (data === undefined || typeof data === 'string' || data.bytes.length < value.type.size)
      return `its argument ${value.name} is kept nowhere here${typeof data === 'string' ? ` ${data}` : ''}`;
    for (const part of parts) registers.push([part.register, wordOf(data, part.offset, part.size)]);
  }
  if (isC && conventions.c.vectorCount)
    registers.push([conventions.c.vectorCount, BigInt(conventions.c.floats.length)]);
  return registers;
}

/** Whether a function's code uses the closure's register before it has written it. */
function readsClosure({ machine, program }: Target, fn: CodeFunction, { goInternal }: Conventions): boolean {
  const general = machine.arch.registers.filter(row => row.group === 'general');
  const index = general.findIndex(row => row.name === goInternal.closure);
  const uses = (operand: Operand): boolean =>
    (operand.is === 'reg' && operand.class === 'gpr' && operand.index === index) ||
    (operand.is === 'mem' && (operand.base === index || operand.index === index));
  for (const insn of instructionsOf(program, fn)) {
    const flow = flowOf(insn).is;
    if (flow === 'call' || flow === 'return') return false;
    const [first, ...rest] = insn.operands;
    if (rest.some(uses) || (first?.is === 'mem' && uses(first))) return true;
    if (first && uses(first)) return !/^(mov|lea|xor|pop)/.test(insn.form.row.name);
  }
  return false;
}
