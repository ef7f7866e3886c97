/**
 * Scopes and variables of a frame: the function's arguments as debug information has them, the syscall's arguments at a
 * crossing, and the registers.
 */
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { RegisterRow } from '../emulator/abi/arch.ts';
import { syscallRow } from '../emulator/abi/syscalls.ts';
import { argumentsOf, type VariableView } from './arguments.ts';
import { Refusal } from './errors.ts';
import { assign, registerNamed, scopeOf } from './evaluate.ts';
import { formatValue } from './format.ts';
import { flagsText, registerText } from './register-text.ts';
import { checked, type Session, type Target, targetOf } from './session.ts';
import { frameOf, registersOf, type StackFrame } from './stack.ts';
import { argumentNames, callHere, resultText } from './syscalls.ts';
import { callParts } from './trace-text.ts';
import { evaluateText, type Value } from './values.ts';

/** What a variablesReference stands for. */
export type VariableSource =
  | { is: 'arguments'; frame: StackFrame }
  | { is: 'syscall'; frame: StackFrame }
  | { is: 'registers'; frame: StackFrame; group: Group }
  | { is: 'children'; frame: StackFrame; of: VariableView };

type Group = 'general' | 'vector' | 'other';

export async function scopes(
  session: Session,
  args: DebugProtocol.ScopesArguments,
): Promise<DebugProtocol.ScopesResponse['body']> {
  const target = targetOf(session);
  const frame = frameOf(session, args.frameId);
  const result: DebugProtocol.Scope[] = [];
  const add = (name: string, source: VariableSource, rest: Partial<DebugProtocol.Scope> = {}) =>
    result.push({ name, variablesReference: refer(session, source), expensive: false, ...rest });
  const call = frame.index === 0 ? callHere(target, frame.task) : undefined;
  if (call)
    add(call.when === 'enter' ? `Syscall: ${call.name}` : `Syscall: ${call.name} (returned)`, { is: 'syscall', frame });
  if (argumentsOf(target, frame).length > 0)
    add('Arguments', { is: 'arguments', frame }, { presentationHint: 'arguments' });
  add('Registers', { is: 'registers', frame, group: 'general' }, { presentationHint: 'registers' });
  if (frame.index === 0) {
    add('Vector Registers', { is: 'registers', frame, group: 'vector' }, { expensive: true });
    add('Other Registers', { is: 'registers', frame, group: 'other' }, { expensive: true });
  }
  return { scopes: result };
}

export function refer(session: Session, source: VariableSource): number {
  return session.variables.push(source);
}

export function variables(
  session: Session,
  args: DebugProtocol.VariablesArguments,
): DebugProtocol.VariablesResponse['body'] {
  const source = session.variables[args.variablesReference - 1];
  if (!source) throw new Refusal('These variables are gone: the program has run on since.');
  const all = list(session, source, args.format?.hex === true);
  const from = Math.max(0, Math.trunc(Number(args.start)) || 0);
  const count = Math.max(0, Math.trunc(Number(args.count)) || 0) || all.length;
  return { variables: all.slice(from, from + count) };
}

function list(session: Session, source: VariableSource, hex: boolean): DebugProtocol.Variable[] {
  const target = targetOf(session);
  switch (source.is) {
    case 'registers':
      return registerRows(target, source.group, source.frame).map(row => registerVariable(target, source.frame, row));
    case 'syscall':
      return syscallVariables(session, target, source.frame, hex);
    case 'arguments':
      return argumentsOf(target, source.frame).map(view => variable(session, source.frame, view));
    case 'children':
      return (source.of.children?.() ?? []).map(view => variable(session, source.frame, view));
  }
}

function variable(session: Session, frame: StackFrame, view: VariableView): DebugProtocol.Variable {
  return {
    name: view.name,
    value: view.text,
    type: view.type,
    evaluateName: /^[\w.]+$/.test(view.name) ? view.name : undefined,
    variablesReference: view.children ? refer(session, { is: 'children', frame, of: view }) : 0,
    ...(view.address === undefined ? {} : { memoryReference: `0x${view.address.toString(16)}` }),
    presentationHint: { attributes: ['readOnly'] },
  };
}

/** A caller's registers are known as far as unwinding recovers them: pc, stack pointer and frame pointer. */
function registerRows({ machine }: Target, group: Group, frame: StackFrame): RegisterRow[] {
  const rows = machine.arch.registers.filter(row =>
    group === 'general'
      ? row.group === 'general' || row.group === 'pc' || row.group === 'flags'
      : group === 'vector'
        ? row.group === 'vector'
        : row.group === 'segment' || row.group === 'control',
  );
  return frame.index === 0 ? rows : rows.filter(row => frameValue(machine.arch, frame, row) !== undefined);
}

/** The value of a register in a frame; undefined when it is not known there. */
export function frameValue(
  arch: Target['machine']['arch'],
  { view }: StackFrame,
  row: RegisterRow,
): bigint | undefined {
  if (row.group === 'pc') return BigInt(view.pc);
  // Which rows are the stack and the frame pointer is asked of the architecture, by writing and looking.
  const probe = new BigUint64Array(arch.registerCells);
  arch.setSp(probe, 8);
  if (row.group === 'general' && row.read(probe) === 8n) return BigInt(view.sp);
  return undefined;
}

function registerVariable(target: Target, frame: StackFrame, row: RegisterRow): DebugProtocol.Variable {
  const { arch } = target.machine;
  const value = frame.index === 0 ? row.read(registersOf(target, frame.task)) : (frameValue(arch, frame, row) ?? 0n);
  const hex = `0x${value.toString(16)}`;
  const text = row.group === 'flags' ? flagsText(row, value) : registerText(target, frame.task, row, value);
  const memory = row.bits === 64 && value >= 0x1000n && value < 1n << 47n;
  return {
    name: row.go && row.go.toLowerCase() !== row.name ? `${row.name} (${row.go})` : row.name,
    value: text === '' ? hex : `${hex}  ${text}`,
    type: `${row.bits} bits`,
    evaluateName: `$${row.name}`,
    variablesReference: 0,
    ...(memory ? { memoryReference: hex } : {}),
    ...(frame.index === 0 ? {} : { presentationHint: { attributes: ['readOnly'] } }),
  };
}

function syscallVariables(session: Session, target: Target, frame: StackFrame, hex: boolean): DebugProtocol.Variable[] {
  const call = callHere(target, frame.task);
  if (!call) return [];
  const scope = scopeOf(session, frame.task, frame);
  const readOnly = { attributes: ['readOnly'] };
  const result: DebugProtocol.Variable[] = [
    {
      name: 'syscall',
      value: `${call.name} (${call.number})${call.known ? `: ${syscallRow(call.known).sentence}` : ''}`,
      variablesReference: 0,
      presentationHint: readOnly,
    },
  ];
  const parts = callParts(target, frame.task, call);
  for (const name of argumentNames(call)) {
    const value = evaluateText(name, scope);
    const address =
      value.is === 'integer' && value.value >= 0x1000n && value.value < 1n << 47n ? value.value : undefined;
    result.push({
      name,
      value: parts.find(part => part.name === name)?.text ?? formatValue(value, { hex }),
      evaluateName: name,
      variablesReference: 0,
      ...(address === undefined ? {} : { memoryReference: `0x${address.toString(16)}` }),
      presentationHint: readOnly,
    });
  }
  if (call.result !== undefined)
    result.push({
      name: 'result',
      value: resultText(call.result),
      evaluateName: 'result',
      variablesReference: 0,
      presentationHint: readOnly,
    });
  return result;
}

export function setVariable(
  session: Session,
  args: DebugProtocol.SetVariableArguments,
): DebugProtocol.SetVariableResponse['body'] {
  const source = session.variables[args.variablesReference - 1];
  if (!source) throw new Refusal('These variables are gone: the program has run on since.');
  const target = targetOf(session);
  const name = checked<string>(args.name, 'string', 'name').split(' ')[0];
  const row = source.is === 'registers' ? registerNamed(target, name) : undefined;
  if (!row) throw new Refusal(`${name} cannot be changed here: change the register or the memory it is in.`);
  const value = evaluateText(
    checked<string>(args.value, 'string', 'value'),
    scopeOf(session, source.frame.task, source.frame),
  );
  assign(session, source.frame.task, source.frame, { is: 'register', name: row.name, bits: row.bits }, value);
  return { value: registerVariable(target, source.frame, row).value, variablesReference: 0 };
}

/** An argument of the frame's function, for expressions. */
export function argumentValue(target: Target, frame: StackFrame, name: string): Value | undefined {
  const view = argumentsOf(target, frame).find(candidate => candidate.name === name);
  if (!view) return undefined;
  if (view.value !== undefined) return { is: 'integer', value: view.value };
  return { is: 'string', value: view.text };
}
