/**
 * Scopes and variables of a frame: the function's arguments, results and locals, the package's variables, the syscall's
 * arguments at a crossing, and the registers. Large values come in pages.
 */
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { RegisterRow } from '../emulator/abi/arch.ts';
import { conventionsOf } from '../emulator/abi/conventions.ts';
import { syscallRow } from '../emulator/abi/syscalls.ts';
import { type Data, dataText, type Item, type Parts, partsOf, typeText } from './data.ts';
import { Refusal } from './errors.ts';
import { assign, registerNamed, scopeOf } from './evaluate.ts';
import { formatValue } from './format.ts';
import { itemsOf, type Which } from './frame-data.ts';
import { flagsText, registerText } from './register-text.ts';
import { checked, type Session, say, type Target, targetOf } from './session.ts';
import { frameOf, registersOf, type StackFrame } from './stack.ts';
import { argumentNames, callHere, resultText } from './syscalls.ts';
import { callParts } from './trace-text.ts';
import { evaluateText } from './values.ts';

/** What a variablesReference stands for. */
export type VariableSource =
  | { is: 'frame'; frame: StackFrame; which: Which }
  | { is: 'syscall'; frame: StackFrame }
  | { is: 'registers'; frame: StackFrame; group: Group }
  /** The parts of a value; `from`: only those behind so many, for clients that do not ask for pages. */
  | { is: 'parts'; frame: StackFrame; of: Parts; from: number };

type Group = 'general' | 'vector' | 'other';

/** The package or the file whose variables a frame sees; how many there are is known only when they are read. */
function unitTitle({ program }: Target, { view }: StackFrame): string | undefined {
  const name = program.dwarf?.unitName(view.lookupPc - program.bias);
  if (name === undefined || !view.function || view.function.language === 'assembly') return undefined;
  return view.function.language === 'go' ? `Package ${name}` : `File ${name.slice(name.lastIndexOf('/') + 1)}`;
}

export async function scopes(
  session: Session,
  args: DebugProtocol.ScopesArguments,
): Promise<DebugProtocol.ScopesResponse['body']> {
  const target = targetOf(session);
  const frame = frameOf(session, args.frameId);
  const result: DebugProtocol.Scope[] = [];
  const add = (name: string, source: VariableSource, rest: Partial<DebugProtocol.Scope> = {}) =>
    result.push({ name, variablesReference: refer(session, source), expensive: false, ...rest });
  const call = frame.live ? callHere(target, frame.task) : undefined;
  if (call)
    add(call.when === 'enter' ? `Syscall: ${call.name}` : `Syscall: ${call.name} (returned)`, { is: 'syscall', frame });
  const { stop } = session;
  if (frame.live && stop?.returned && stop.task === frame.task) {
    const { name, items } = stop.returned;
    const of: Parts = { named: () => items, count: 0, items: () => [] };
    add(`Returned by ${name}`, { is: 'parts', frame, of, from: 0 }, { presentationHint: 'returnValue' });
  }
  for (const [which, name] of [
    ['arguments', 'Arguments'],
    ['locals', 'Locals'],
  ] as const) {
    const count = itemsOf(target, frame, which).length;
    if (count > 0) add(name, { is: 'frame', frame, which }, { presentationHint: which, namedVariables: count });
  }
  const unit = unitTitle(target, frame);
  if (unit) add(unit, { is: 'frame', frame, which: 'package' }, { expensive: true });
  sayIfSplit(session, target, frame);
  add('Registers', { is: 'registers', frame, group: 'general' }, { presentationHint: 'registers' });
  if (frame.live) {
    add('Vector Registers', { is: 'registers', frame, group: 'vector' }, { expensive: true });
    add('Other Registers', { is: 'registers', frame, group: 'other' }, { expensive: true });
  }
  return { scopes: result };
}

/** Targets whose user knows why there are no variables. */
const toldOfSplit = new WeakSet<Target>();

function sayIfSplit(session: Session, target: Target, { view }: StackFrame): void {
  const file = target.program.dwarf?.splitFile(view.lookupPc - target.program.bias);
  if (file === undefined || toldOfSplit.has(target)) return;
  toldOfSplit.add(target);
  say(
    session,
    `What the compiler said of variables is in ${file}, which Ring 3 does not read (split DWARF): lines are known, variables are not. Build without -gsplit-dwarf.`,
    'important',
  );
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
  const from = Math.max(0, Math.trunc(Number(args.start)) || 0);
  const count = Math.max(0, Math.trunc(Number(args.count)) || 0);
  if (source.is === 'parts')
    return { variables: partVariables(session, source, args.filter, from, count, args.format?.hex === true) };
  const all = list(session, source, args.format?.hex === true);
  return { variables: all.slice(from, count === 0 ? all.length : from + count) };
}

/** So many items are shown at once when the client does not say which it wants. */
const PAGE = 1000;

function partVariables(
  session: Session,
  { of, from, frame }: VariableSource & { is: 'parts' },
  filter: 'indexed' | 'named' | undefined,
  start: number,
  count: number,
  hex: boolean,
): DebugProtocol.Variable[] {
  const one = (item: Item) => variable(session, frame, item, hex);
  const named = filter === 'indexed' || from > 0 ? [] : of.named();
  // Without a filter the named ones come first.
  const skip = filter === undefined ? Math.max(0, start - named.length) : start;
  const shown = filter === 'indexed' ? [] : named.slice(start, count === 0 ? undefined : start + count);
  if (filter === 'named' || of.count === 0) return shown.map(one);
  const wanted = count === 0 ? PAGE : Math.max(0, count - shown.length);
  const items = of.items(from + skip, wanted);
  const left = of.count - from - skip - items.length;
  const list = [...shown, ...items].map(one);
  if (count === 0 && left > 0 && items.length > 0)
    list.push({
      name: '…',
      value: `${left} more`,
      variablesReference: refer(session, { is: 'parts', frame, of, from: from + skip + items.length }),
    });
  return list;
}

function list(
  session: Session,
  source: Exclude<VariableSource, { is: 'parts' }>,
  hex: boolean,
): DebugProtocol.Variable[] {
  const target = targetOf(session);
  switch (source.is) {
    case 'registers':
      return registerRows(target, source.group, source.frame).map(row => registerVariable(target, source.frame, row));
    case 'syscall':
      return syscallVariables(session, target, source.frame, hex);
    case 'frame':
      return itemsOf(target, source.frame, source.which).map(item => variable(session, source.frame, item, hex));
  }
}

function variable(session: Session, frame: StackFrame, item: Item, hex: boolean): DebugProtocol.Variable {
  const { name, path, type, data, declared } = item;
  const declaration = declared ? { declarationLocationReference: session.locations.push(declared) } : {};
  if (typeof data === 'string')
    return {
      ...declaration,
      name,
      value: data,
      type: typeText(type),
      variablesReference: 0,
      presentationHint: { attributes: ['readOnly'] },
    };
  return {
    ...declaration,
    name,
    value: valueText(data, hex),
    type: typeText(type),
    ...(path === undefined ? {} : { evaluateName: path }),
    ...partsReference(session, frame, data, path),
    ...memoryOf(data),
    ...codeLocation(session, data),
    ...(isScalar(data) && data.place ? {} : { presentationHint: { attributes: ['readOnly'] } }),
  };
}

/** Kinds that one number makes. */
const SCALAR_KINDS = new Set(['bool', 'int', 'uint', 'float', 'pointer']);
export const isScalar = ({ type }: Data): boolean => SCALAR_KINDS.has(type.kind) && type.size > 0 && type.size <= 8;

export function valueText(data: Data, hex: boolean): string {
  const { type } = data;
  if (!hex || (type.kind !== 'int' && type.kind !== 'uint') || data.bytes.length < type.size) return dataText(data);
  const value = [...data.bytes.subarray(0, type.size)].reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  return `0x${value.toString(16)}`;
}

/** For functions as values: a client can go to where they begin. */
function codeLocation(session: Session, { type, bytes, context }: Data): { valueLocationReference?: number } {
  const { program } = targetOf(session);
  if (bytes.length < 8 || !(type.kind === 'func' || type.element?.()?.kind === 'func')) return {};
  const first = Number(new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true) & 0xffff_ffff_ffffn);
  // A func of Go points to a closure, which begins with the code's address.
  const closure = type.kind === 'func' ? context.memory.read(first, 8) : undefined;
  if (first === 0 || (closure && closure.length < 8)) return {};
  const code = closure
    ? Number(new DataView(closure.buffer, closure.byteOffset, 8).getBigUint64(0, true) & 0xffff_ffff_ffffn)
    : first;
  const fn = program.functionAt(code);
  if (fn?.entry !== code || fn.file === undefined || fn.line === undefined) return {};
  return { valueLocationReference: session.locations.push({ file: fn.file, line: fn.line }) };
}

/** What a client needs to ask for the parts of a value. */
export function partsReference(
  session: Session,
  frame: StackFrame,
  data: Data,
  path: string | undefined,
): Pick<DebugProtocol.Variable, 'variablesReference' | 'indexedVariables' | 'namedVariables'> {
  const parts = partsOf(data, path);
  if (!parts) return { variablesReference: 0 };
  return {
    variablesReference: refer(session, { is: 'parts', frame, of: parts, from: 0 }),
    ...(parts.count > 0 ? { indexedVariables: parts.count } : {}),
  };
}

/** Where a memory view should look: what a pointer, a string or a slice points to, else the value itself. */
export function memoryOf(data: Data): { memoryReference?: string } {
  const { type, bytes, place } = data;
  const points = ['pointer', 'string', 'slice', 'map', 'chan', 'func'].includes(type.kind) && bytes.length >= 8;
  const target = points ? new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true) : 0n;
  const address = points ? target : place?.is === 'memory' ? BigInt(place.address) : 0n;
  return address >= 0x1000n && address < 1n << 47n ? { memoryReference: `0x${address.toString(16)}` } : {};
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
  return frame.live ? rows : rows.filter(row => frameValue(machine.arch, frame, row) !== undefined);
}

/** The value of a register in a frame; undefined when it is not known there. */
export function frameValue(
  arch: Target['machine']['arch'],
  { view }: StackFrame,
  row: RegisterRow,
): bigint | undefined {
  if (row.group === 'pc') return BigInt(view.pc);
  // Which row is the stack pointer is asked of the architecture, by writing and looking.
  const probe = new BigUint64Array(arch.registerCells);
  arch.setSp(probe, 8);
  if (row.group === 'general' && row.read(probe) === 8n) return BigInt(view.sp);
  const isFramePointer = row.name === conventionsOf(arch.name)?.stack.framePointer;
  return isFramePointer && view.framePointer !== undefined ? BigInt(view.framePointer) : undefined;
}

function registerVariable(target: Target, frame: StackFrame, row: RegisterRow): DebugProtocol.Variable {
  const { arch } = target.machine;
  const value = frame.live ? row.read(registersOf(target, frame.task)) : (frameValue(arch, frame, row) ?? 0n);
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
    ...(frame.live ? {} : { presentationHint: { attributes: ['readOnly'] } }),
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
      value: argumentText(parts.find(part => part.name === name)?.text ?? formatValue(value, { hex }), hex),
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

/** What says no more than its number is written as the client wants numbers. */
const argumentText = (text: string, hex: boolean): string =>
  hex && /^\d+$/.test(text) ? `0x${BigInt(text).toString(16)}` : text;

export function setVariable(
  session: Session,
  args: DebugProtocol.SetVariableArguments,
): DebugProtocol.SetVariableResponse['body'] {
  const source = session.variables[args.variablesReference - 1];
  if (!source) throw new Refusal('These variables are gone: the program has run on since.');
  const target = targetOf(session);
  const name = checked<string>(args.name, 'string', 'name').split(' ')[0];
  const scope = scopeOf(session, source.frame.task, source.frame);
  const text = checked<string>(args.value, 'string', 'value');
  if (source.is === 'frame' || source.is === 'parts') {
    const item = itemIn(session, args.variablesReference, args.name);
    const data = item && typeof item.data !== 'string' ? item.data : undefined;
    if (!data || !isScalar(data) || !data.place)
      throw new Refusal(`${args.name} cannot be changed: only numbers, booleans and pointers that have a place can.`);
    assign(session, source.frame.task, source.frame, data.place, evaluateText(text, scope), data.type);
    const again = source.is === 'frame' ? itemsOf(target, source.frame, source.which) : undefined;
    const now =
      again?.find(candidate => candidate.name === args.name) ?? reread(item!, data, target, source.frame.task);
    return variable(session, source.frame, now, args.format?.hex === true);
  }
  const row = source.is === 'registers' ? registerNamed(target, name) : undefined;
  if (!row) throw new Refusal(`${name} cannot be changed here: change the register or the memory it is in.`);
  const value = evaluateText(text, scope);
  assign(session, source.frame.task, source.frame, { is: 'register', name: row.name, bits: row.bits }, value);
  return { value: registerVariable(target, source.frame, row).value, variablesReference: 0 };
}

/** One of the variables that a reference stands for, by its name. */
export function itemIn(session: Session, reference: number, name: string): Item | undefined {
  const source = session.variables[reference - 1];
  if (source?.is !== 'frame' && source?.is !== 'parts') return undefined;
  const items =
    source.is === 'frame'
      ? itemsOf(targetOf(session), source.frame, source.which)
      : [...source.of.named(), ...source.of.items(numberOf(name), 1)];
  return items.find(candidate => candidate.name === name);
}

/** "[12]" is item 12. */
const numberOf = (name: string): number => Number(/^\[(\d+)\]$/.exec(name)?.[1] ?? 0);

/** A value in memory, after it was changed. */
function reread(item: Item, data: Data, { machine }: Target, task: number): Item {
  const { place } = data;
  if (place?.is !== 'memory') return item;
  return { ...item, data: { ...data, bytes: machine.read(task, place.address, place.size) } };
}
