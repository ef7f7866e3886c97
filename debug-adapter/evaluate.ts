/**
 * Evaluation for watch, hover, debug console and conditions: the names a stop offers (registers, the syscall's arguments,
 * symbols, constants), assignment, and completions.
 */
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { RegisterRow } from '../emulator/abi/arch.ts';
import type { ValueType } from '../emulator/abi/go-abi.ts';
import type { TaskId } from '../emulator/kernel/api.ts';
import { valueContext } from '../emulator/symbols/value-context.ts';
import { callFunction } from './call.ts';
import { COMMANDS, isCommand, runCommand } from './console.ts';
import { dataText, type Item, type Place, partsOf, typeText } from './data.ts';
import { Refusal } from './errors.ts';
import { ExpressionError } from './expression.ts';
import { formatValue } from './format.ts';
import { globalItem, itemsOf, localNamed } from './frame-data.ts';
import { tellMemoryChanged } from './memory.ts';
import { addressOf, type Value } from './operands.ts';
import { valueFrom } from './program-values.ts';
import { nearest } from './schema.ts';
import { checked, type Session, type Target, targetOf } from './session.ts';
import { frameOf, framesOf, goroutineOf, registersOf, type StackFrame } from './stack.ts';
import { styled } from './styling.ts';
import { argumentNames, callHere, callValue, constant } from './syscalls.ts';
import { goroutineNumber, labelsText, servedBy, threadNamed } from './threads.ts';
import { type Caller, evaluateCalling, evaluateText, type Scope } from './values.ts';
import { frameValue, isScalar, memoryOf, partsReference, valueText } from './variables.ts';

function valueOfItem({ name, data }: Item): Value {
  if (typeof data !== 'string') return valueFrom(data);
  throw new ExpressionError(`${name}: ${data.replace(/^\(|\)$/g, '')}.`);
}

const LITERALS: Readonly<Record<string, Value>> = {
  true: { is: 'boolean', value: true },
  false: { is: 'boolean', value: false },
  nil: { is: 'integer', value: 0n },
  NULL: { is: 'integer', value: 0n },
};

/** The names at a stop: of a frame when one is given, else of a task as it stands. */
export function scopeOf(session: Session, task: TaskId, frame?: StackFrame): Scope {
  const target = targetOf(session);
  const { machine, program } = target;
  const { arch } = machine;
  const registers = registersOf(target, task);
  const read = (address: number, length: number) => machine.read(task, address, length);
  const top = !frame || frame.live;
  const registerHere = (row: RegisterRow): Value => {
    if (!frame?.waits) return registerValue(row, registers);
    const value = frameValue(arch, frame, row);
    if (value === undefined)
      throw new ExpressionError(`${row.name} is not known here: no thread runs this goroutine, it has no registers.`);
    return { is: 'integer', value };
  };
  return {
    read,
    name(name, sigil) {
      const row = registerNamed(target, name);
      // `$syscall.fd` is the call's, whatever else is called fd here.
      if (sigil && name.startsWith('syscall.') && top) {
        const call = callHere(target, task);
        if (!call) throw new ExpressionError('The program does not stand at a syscall.');
        const part = name.slice('syscall.'.length);
        return part === 'name' ? { is: 'string', value: call.name } : callValue(call, part, read, arch.syscall.column);
      }
      if (sigil) return row ? registerHere(row) : specialValue(name, target, task, frame ?? newestFrame(target, task));
      if (top) {
        const call = callHere(target, task);
        const value = call && callValue(call, name, read, arch.syscall.column);
        if (value) return value;
      }
      const here = frame ?? newestFrame(target, task);
      const local = here && /^[\p{L}_~]/u.test(name) ? localNamed(target, here, name) : undefined;
      if (local) return valueOfItem(local);
      if (row) return registerHere(row);
      const known = constant(name);
      if (known !== undefined) return { is: 'integer', value: known };
      if (Object.hasOwn(LITERALS, name)) return LITERALS[name];
      const global = here && globalItem(target, here, name);
      if (global) return valueOfItem(global);
      const symbol = program.symbolNamed(name);
      if (!symbol) return undefined;
      return {
        is: 'integer',
        value: BigInt(symbol.address),
        symbol: name,
        type: { scalar: 'u64', pointers: 1 },
      };
    },
    type(name) {
      const here = frame ?? newestFrame(target, task);
      const type = here && program.dwarf?.typeNamed(name, here.view.lookupPc - program.bias);
      return type && { type, context: valueContext(program, { read }) };
    },
    suggest(name) {
      const call = top ? callHere(target, task) : undefined;
      const here = frame ?? newestFrame(target, task);
      const locals = here ? variableNames(target, here) : [];
      const known = [
        ...(call ? argumentNames(call) : []),
        ...locals,
        ...arch.registers.flatMap(row => [row.name, row.go]),
      ];
      const near = nearest(name.replace(/^\$/, ''), known.filter(Boolean)) ?? similarSymbol(target, name);
      return near === undefined ? '.' : `; did you mean ${near}?`;
    },
  };
}

/** For conditions: the function that a thread stands in. */
function newestFrame(target: Target, task: TaskId): StackFrame | undefined {
  const [view] = framesOf(target, task, 1);
  return view && { thread: task, task, live: true, index: 0, view };
}

function similarSymbol({ program }: Target, name: string): string | undefined {
  if (!/^[\w.\xb7/]{3,}$/.test(name)) return undefined;
  return program.functionNamed(name)?.name;
}

/** By the manual's name or by Go's; Go's only in upper case, so that it hides no argument called `di`. */
export function registerNamed({ machine }: Target, name: string): RegisterRow | undefined {
  const lower = name.toLowerCase();
  const { registers } = machine.arch;
  return (
    registers.find(row => row.name === lower) ??
    (name === name.toUpperCase() ? registers.find(row => row.go !== '' && row.go === name) : undefined) ??
    (lower === 'pc' ? registers.find(row => row.group === 'pc') : undefined)
  );
}

function registerValue(row: RegisterRow, registers: BigUint64Array): Value {
  return {
    is: 'integer',
    value: row.read(registers),
    place: { is: 'register', name: row.name, bits: row.bits },
  };
}

function specialValue(name: string, target: Target, task: TaskId, frame: StackFrame | undefined): Value | undefined {
  const { machine } = target;
  if (name === 'sp')
    return {
      is: 'integer',
      value: BigInt(frame?.waits ? frame.view.sp : machine.arch.sp(registersOfTask(machine, task))),
    };
  if (name === 'instructions') return { is: 'integer', value: BigInt(machine.instructions) };
  if (name === 'thread') return { is: 'integer', value: BigInt(task) };
  if (name === 'goroutine') {
    const id = frame?.waits ? goroutineNumber(frame.thread) : goroutineOf(target, task)?.id;
    return { is: 'integer', value: BigInt(id ?? 0) };
  }
  if (name === 'labels') {
    const g = frame?.waits ? threadNamed(target, frame.thread).goroutine : servedBy(target, task);
    return { is: 'string', value: g ? labelsText(g) : '' };
  }
  if (name === 'function') return { is: 'string', value: frame?.view.name ?? '' };
  if (name === 'args' || name === 'results')
    return { is: 'string', value: frame ? argumentsText(target, frame, name) : '' };
  return undefined;
}

/** `n 3, name "gopher"`: of the results only when they are there. */
export function argumentsText(target: Target, frame: StackFrame, which: 'args' | 'results'): string {
  return itemsOf(target, frame, 'arguments')
    .filter(item => (item.isResult === true) === (which === 'results'))
    .map(({ name, data }) => `${name} ${typeof data === 'string' ? '?' : dataText(data, 64, false)}`)
    .join(', ');
}

function registersOfTask(machine: Target['machine'], task: TaskId): BigUint64Array {
  const view = machine.tasks().find(candidate => candidate.id === task);
  if (!view) throw new ExpressionError('The thread has ended.');
  return view.registers;
}

/** The frame or, without one, the task that stopped or ran last. */
export function where(session: Session, frameId: number | undefined): { task: TaskId; frame?: StackFrame } {
  if (frameId !== undefined) {
    const frame = frameOf(session, frameId);
    return { task: frame.task, frame };
  }
  const task = session.stop?.task ?? targetOf(session).machine.current;
  if (task === undefined) throw new Refusal('The program has ended.');
  return { task };
}

export async function evaluate(
  session: Session,
  args: DebugProtocol.EvaluateArguments,
): Promise<DebugProtocol.EvaluateResponse['body']> {
  if (session.phase === 'running') throw new Refusal('The program is running: pause it first.');
  const expression = checked<string>(args.expression, 'string', 'expression');
  const inConsole = args.context === 'repl';
  if (inConsole && isCommand(expression)) return runCommand(session, args);
  const { task, frame } = where(session, args.frameId);
  const target = targetOf(session);
  // Assignments are for the debug console: `rax = 5`, `*(u32*)addr = 1`.
  const assignment = inConsole ? /^((?:[^=!<>"'`]|[<>]{2})+?)=(?![=~])(.+)$/s.exec(expression) : null;
  if (assignment) {
    const [, to, given] = assignment;
    const assigned = setExpression(session, { expression: to, value: given, frameId: args.frameId });
    return { ...assigned, result: styled(session.client, 'value', assigned.result) };
  }
  const scope = scopeOf(session, task, frame);
  const caller: Caller = name => {
    const fn = target.program.functionNamed(name);
    // A hover asks about what stands there, not for what it would do.
    const isMeant = fn && (fn.name === name || fn.name.endsWith(`.${name}`) || fn.name.endsWith(`/${name}`));
    return isMeant && args.context !== 'hover' ? given => callFunction(session, fn, given) : undefined;
  };
  const value = await evaluateCalling(expression, scope, caller);
  const shown = answer(target, value, { hex: args.format?.hex, clipboard: args.context === 'clipboard' });
  if (inConsole) shown.result = styled(session.client, 'value', shown.result);
  const data = 'data' in value ? value.data : undefined;
  const owner = frame ?? newestFrame(target, task);
  return data && owner
    ? { ...shown, ...partsReference(session, owner, data, expression.trim()), ...memoryOf(data) }
    : shown;
}

function answer(
  target: Target,
  value: Value,
  { hex, clipboard }: { hex?: boolean; clipboard?: boolean },
): DebugProtocol.EvaluateResponse['body'] {
  const reference = memoryReference(target, value);
  const data = 'data' in value ? value.data : undefined;
  const textLimit = clipboard ? 64 * 1024 : 1024;
  if (data && value.is !== 'integer')
    return { result: formatValue(value, { textLimit }), type: typeText(data.type), variablesReference: 0 };
  const label = clipboard ? undefined : (address: number) => labelOf(target, address);
  return {
    result: data && hex ? valueText(data, true) : formatValue(value, { hex: hex || clipboard, label, textLimit }),
    type: data ? typeText(data.type) : typeName(value),
    variablesReference: 0,
    ...(reference === undefined ? {} : { memoryReference: reference }),
  };
}

export function labelOf({ program }: Target, address: number): string | undefined {
  const symbol = program.symbolAt(address);
  if (!symbol) return undefined;
  return symbol.offset === 0 ? symbol.name : `${symbol.name}+0x${symbol.offset.toString(16)}`;
}

function memoryReference({ machine }: Target, value: Value): string | undefined {
  if ('place' in value && value.place?.is === 'memory') return `0x${value.place.address.toString(16)}`;
  if (value.is !== 'integer' || value.value < 0x1000n || value.value >= 1n << 47n) return undefined;
  const task = machine.current;
  if (task === undefined || machine.read(task, Number(value.value), 1).length === 0) return undefined;
  return `0x${value.value.toString(16)}`;
}

function typeName(value: Value): string {
  if (value.is !== 'integer') return value.is === 'boolean' ? 'bool' : value.is;
  if (value.type) return value.type.scalar + '*'.repeat(value.type.pointers);
  return 'place' in value && value.place?.is === 'register' ? `register, ${value.place.bits} bits` : 'integer';
}

export function setExpression(
  session: Session,
  args: DebugProtocol.SetExpressionArguments,
): DebugProtocol.SetExpressionResponse['body'] & DebugProtocol.EvaluateResponse['body'] {
  const { task, frame } = where(session, args.frameId);
  const scope = scopeOf(session, task, frame);
  const to = evaluateText(checked<string>(args.expression, 'string', 'expression'), scope);
  const place = 'place' in to ? to.place : undefined;
  if (!place) throw new Refusal(`${args.expression.trim()} cannot be assigned: only registers and memory can.`);
  const value = evaluateText(checked<string>(args.value, 'string', 'value'), scope);
  const data = 'data' in to ? to.data : undefined;
  if (data && !isScalar(data))
    throw new Refusal(
      `${args.expression.trim()} is ${typeText(data.type)}: only numbers, booleans and pointers can be assigned.`,
    );
  assign(session, task, frame, place, value, data?.type);
  const now = evaluateText(args.expression, scopeOf(session, task, frame));
  const body = answer(targetOf(session), now, { hex: args.format?.hex });
  return { ...body, value: body.result };
}

/** Writes a value where another one is. Registers of callers cannot be written: they are where a callee saved them. */
export function assign(
  session: Session,
  task: TaskId,
  frame: StackFrame | undefined,
  place: Place,
  given: Value,
  type?: ValueType,
): void {
  const target = targetOf(session);
  const value = type ? asType(given, type) : given;
  if (value.is === 'data') throw new Refusal('Only numbers, booleans and pointers can be assigned.');
  if (value.is === 'string') throw new Refusal('A string cannot be assigned; write its bytes in the memory view.');
  if (place.is === 'register') {
    if (frame && !frame.live) throw new Refusal('Only the registers of the newest frame can be changed.');
    if (value.is !== 'integer') throw new Refusal('A register takes a whole number.');
    const row = registerNamed(target, place.name);
    if (!row) return;
    // A variable may be narrower than the register that it is in.
    const before = row.read(registersOf(target, task));
    const kept = place.bits < row.bits ? (before >> BigInt(place.bits)) << BigInt(place.bits) : 0n;
    row.write(registersOf(target, task), kept | BigInt.asUintN(place.bits, value.value));
  } else {
    const bytes = new Uint8Array(place.size);
    const view = new DataView(bytes.buffer);
    if (value.is === 'float') {
      if (place.size === 4) view.setFloat32(0, value.value, true);
      else if (place.size === 8) view.setFloat64(0, value.value, true);
    } else {
      let rest = BigInt.asUintN(64, value.is === 'integer' ? value.value : value.value ? 1n : 0n);
      for (let i = 0; i < place.size; i++, rest >>= 8n) bytes[i] = Number(rest & 0xffn);
    }
    if (target.machine.write(task, place.address, bytes) < place.size)
      throw new Refusal(`There is no memory at 0x${place.address.toString(16)}.`);
    tellMemoryChanged(session, `0x${place.address.toString(16)}`, 0, place.size);
  }
  if (session.client.invalidatedEvent) session.emit('invalidated', { areas: ['variables', 'stacks'] });
}

/** A value as a variable of that type takes it: a float's bits for one in a register, numbers that fit. Throws Refusal. */
function asType(value: Value, type: ValueType): Value {
  const refuse = (what: string): never => {
    throw new Refusal(`${typeText(type)} takes ${what}.`);
  };
  if (type.kind === 'bool') {
    if (value.is === 'boolean') return { is: 'integer', value: value.value ? 1n : 0n };
    return value.is === 'integer' && (value.value === 0n || value.value === 1n) ? value : refuse('true or false');
  }
  if (type.kind === 'float') {
    if (value.is !== 'float' && value.is !== 'integer') return refuse('a number');
    const view = new DataView(new ArrayBuffer(8));
    if (type.size === 4) view.setFloat32(0, Number(value.value), true);
    else view.setFloat64(0, Number(value.value), true);
    return { is: 'integer', value: view.getBigUint64(0, true) };
  }
  if (value.is === 'boolean' || value.is !== 'integer') return refuse('a whole number');
  const bits = type.size * 8;
  const fits =
    type.kind === 'int'
      ? BigInt.asIntN(bits, value.value) === value.value
      : BigInt.asUintN(bits, value.value) === value.value;
  return fits || type.kind === 'pointer' ? value : refuse(`numbers of ${bits} bits; ${value.value} does not fit`);
}

/** An expression from a client as an address (memory references are hexadecimal numbers). Throws ExpressionError. */
export function addressFrom(session: Session, text: string): number {
  if (/^0x[0-9a-f]{1,14}$/i.test(text)) return Number(text);
  const task = session.stop?.task ?? targetOf(session).machine.current ?? 0;
  return addressOf(evaluateText(text, scopeOf(session, task)));
}

export function completions(
  session: Session,
  args: DebugProtocol.CompletionsArguments,
): DebugProtocol.CompletionsResponse['body'] {
  const target = targetOf(session);
  const column = session.client.columnsStartAt1 ? args.column - 1 : args.column;
  const before = checked<string>(args.text, 'string', 'text').slice(0, column);
  const command = /^\s*\/([a-z]*)$/.exec(before)?.[1];
  if (command !== undefined)
    return {
      targets: Object.keys(COMMANDS)
        .filter(name => name.startsWith(command))
        .map(name => ({ label: name, type: 'keyword', start: args.column - command.length, length: command.length })),
    };
  const word = /[$\p{L}_\xb7][\p{L}\p{N}_.\xb7/()*]*$/u.exec(before)?.[0] ?? '';
  if (word === '') return { targets: [] };
  const targets: DebugProtocol.CompletionItem[] = [];
  const start = column - word.length + (session.client.columnsStartAt1 ? 1 : 0);
  const add = (label: string, type: DebugProtocol.CompletionItemType, detail?: string) => {
    if (targets.length < 100 && label.toLowerCase().startsWith(word.toLowerCase()))
      targets.push({ label, type, start, length: word.length, ...(detail === undefined ? {} : { detail }) });
  };
  const task = session.stop?.task ?? target.machine.current;
  const call = task === undefined ? undefined : callHere(target, task);
  if (call) for (const name of argumentNames(call)) add(name, 'variable', `argument of ${call.name}`);
  const sigil = word.startsWith('$') ? '$' : '';
  if (task !== undefined && sigil === '') {
    const frame = args.frameId === undefined ? newestFrame(target, task) : frameOf(session, args.frameId);
    const dot = word.lastIndexOf('.');
    if (frame)
      for (const name of dot < 0 ? variableNames(target, frame) : memberNames(session, frame, word.slice(0, dot)))
        add(name, dot < 0 ? 'variable' : 'field');
  }
  for (const row of target.machine.arch.registers) {
    add(sigil + row.name, 'variable', row.go && `${row.go} in Go's assembler`);
    if (row.go !== '' && word === word.toUpperCase()) add(sigil + row.go, 'variable', row.name);
  }
  if (sigil === '' && word.length >= 2) {
    const pattern = new RegExp(`^${word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}`, 'i');
    for (const fn of target.program.searchFunctions(pattern, 60)) add(fn.name, 'function');
  }
  return { targets };
}

const variableNames = (target: Target, frame: StackFrame): string[] =>
  (['arguments', 'locals'] as const).flatMap(which => itemsOf(target, frame, which).map(item => item.name));

/** `path.member` for each member of what a path means; none where it means nothing. */
function memberNames(session: Session, frame: StackFrame, path: string): string[] {
  try {
    const value = evaluateText(path, scopeOf(session, frame.task, frame));
    const parts = 'data' in value && value.data ? partsOf(value.data) : undefined;
    return parts ? parts.named().map(item => `${path}.${item.name}`) : [];
  } catch (error) {
    if (error instanceof ExpressionError) return [];
    throw error;
  }
}
