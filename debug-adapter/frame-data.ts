/**
 * The variables of a frame with their values: from where debug information says they are; where it is silent, from where
 * the calling convention has them for certain (the slots of ABI0, the registers at an entry and at a return).
 */
import { conventionsOf } from '../emulator/abi/conventions.ts';
import { assignValues, NO_REGISTERS, type Value as Parameter, type ValueType } from '../emulator/abi/go-abi.ts';
import { PART_NAMES } from '../emulator/abi/roles-values.ts';
import type { Piece } from '../emulator/symbols/dwarf/locations.ts';
import { functionFacts } from '../emulator/symbols/stop-facts.ts';
import { valueContext } from '../emulator/symbols/value-context.ts';
import {
  bytesOf,
  type FrameContext,
  frameVariables,
  globalNamed,
  type Located,
  locate,
  packageVariables,
  type Variable,
} from '../emulator/symbols/variables.ts';
import { type Data, type Item, type Place, placed } from './data.ts';
import { flowAt } from './instructions.ts';
import type { Target } from './session.ts';
import { registersOf, type StackFrame, viewMemory } from './stack.ts';

export type Which = 'arguments' | 'locals' | 'package';

export function itemsOf(target: Target, frame: StackFrame, which: Which): Item[] {
  const context = contextOf(target, frame);
  if (which === 'package') return packageVariables(context).map(variable => itemOf(variable, context));
  const variables = frameVariables(context);
  if (which === 'locals')
    return variables
      .filter(variable => variable.role === 'local' || variable.role === 'constant')
      .map(variable => itemOf(variable, context));
  const own = variables.filter(variable => variable.role === 'argument' || variable.role === 'result');
  const byConvention = conventionItems(target, frame, context);
  if (own.length === 0) return byConvention;
  return own.map(variable => {
    const computed = byConvention.find(item => item.name === variable.name);
    // A plain place is where an argument will be copied to, and where a result was made: not where they cross.
    const crosses = computed && (variable.role === 'result' || variable.declared.everywhere);
    const item = crosses ? computed : itemOf(variable, context);
    return typeof item.data === 'string' && computed ? computed : item;
  });
}

/** The argument, result or local that a name means in a frame; undefined if there is none. */
export function localNamed(target: Target, frame: StackFrame, name: string): Item | undefined {
  const context = contextOf(target, frame);
  const found = frameVariables(context).findLast(variable => variable.name === name && !variable.shadowed);
  const item = found && itemOf(found, context);
  if (item && typeof item.data !== 'string') return item;
  return conventionItems(target, frame, context).find(candidate => candidate.name === name) ?? item;
}

/** The package's or the file's variable that a name means there. */
export function globalItem(target: Target, frame: StackFrame, name: string): Item | undefined {
  const context = contextOf(target, frame);
  const global = /^[\p{L}_~][\p{L}\p{N}_./:\xb7-]*$/u.test(name) ? globalNamed(context, name) : undefined;
  return global && itemOf(global, context);
}

export function contextOf(target: Target, { view, task }: StackFrame): FrameContext {
  const { program, machine } = target;
  const registers = registersOf(target, task);
  // Calls that were inlined into the newest function have its registers, too.
  const newest = view.pc === machine.arch.pc(registers) && view.sp === machine.arch.sp(registers);
  return {
    program,
    arch: machine.arch,
    memory: viewMemory(target, task),
    frame: view,
    registers: newest ? registers : undefined,
  };
}

function itemOf(variable: Variable, context: FrameContext): Item {
  const { name, type, role, shadowed } = variable;
  const path = shadowed ? undefined : role === 'global' && !isOwn(name, context) ? `\`${name}\`` : name;
  const located = locate(variable, context);
  const item = {
    name: shadowed ? `(${name})` : name,
    path,
    type,
    isResult: role === 'result',
    declared: declarationOf(variable, context),
  };
  return { ...item, data: located.is === 'nowhere' ? `(${located.why})` : dataAt(located, type, context) };
}

/** Variables of a function are declared in its file; of others only the line would be known. */
function declarationOf({ role, declared }: Variable, { frame }: FrameContext): Item['declared'] {
  if (role === 'global' || declared.line === undefined || frame.file === undefined) return undefined;
  return { file: frame.file, line: declared.line };
}

/** A name that expressions read as one: without a path of packages that would divide. */
const isOwn = (name: string, { program, frame }: FrameContext): boolean =>
  !name.includes('/') || name.startsWith(`${program.dwarf?.unitName(frame.lookupPc - program.bias)}.`);

function dataAt(located: Exclude<Located, { is: 'nowhere' }>, type: ValueType, context: FrameContext): Data | string {
  const values = valueContext(context.program, context.memory);
  if (located.is === 'constant') {
    const bytes = new Uint8Array(type.size);
    if (located.value instanceof Uint8Array) bytes.set(located.value.subarray(0, type.size));
    else for (let i = 0; i < type.size; i++) bytes[i] = Number((located.value >> BigInt(8 * i)) & 0xffn);
    return { type, bytes, context: values };
  }
  const [first, ...rest] = located.pieces;
  if (rest.length === 0 && first.is === 'memory') return placed({ type, address: first.address }, values);
  const bytes = bytesOf(located.pieces, type.size, context);
  if (!bytes) return partly(located.pieces, type, context);
  const row =
    rest.length === 0 && first.is === 'register'
      ? context.arch.registers.find(r => r.dwarf === first.register)
      : undefined;
  const place: Place | undefined =
    row && context.registers ? { is: 'register', name: row.name, bits: type.size * 8 } : undefined;
  return { type, bytes, place, context: values };
}

/** Which words of a string, a slice or an interface the compiler dropped, and what the others are. */
function partly(pieces: readonly Piece[], type: ValueType, context: FrameContext): string {
  const names = PART_NAMES[type.kind];
  const words = pieces.every(piece => piece.size === 8) ? names : undefined;
  if (!words || pieces.length > words.length) return '(partly optimized out: some of its bytes are kept nowhere here)';
  const known = words.flatMap((name, i) => {
    const bytes = pieces[i] && bytesOf([pieces[i]], 8, context);
    if (!bytes) return [];
    return [`${name} 0x${new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true).toString(16)}`];
  });
  const lost = words.filter(name => !known.some(text => text.startsWith(`${name} `)));
  return `(partly optimized out: ${lost.join(' and ')} ${lost.length > 1 ? 'are' : 'is'} kept nowhere here${known.length > 0 ? `; ${known.join(', ')}` : ''})`;
}

/** Arguments and results where the convention puts them, as far as it holds at this instruction. */
function conventionItems(target: Target, { view, task }: StackFrame, context: FrameContext): Item[] {
  const { program, arch, memory, registers } = context;
  const conventions = conventionsOf(arch.name);
  const fn = view.function;
  if (!fn || view.inlined || !conventions || view.cfa === undefined || fn.language === 'other') return [];
  const facts = functionFacts(program, fn);
  const values = valueContext(program, memory);
  if (facts.abi === 'ABI0') {
    const { cfa } = view;
    return assignValues(facts.values ?? [], NO_REGISTERS).map(({ value, stackOffset }) =>
      asItem(value, placed({ type: value.type, address: cfa + (stackOffset ?? 0) }, values)),
    );
  }
  const atEntry = registers !== undefined && view.pc === fn.entry;
  const atReturn = registers !== undefined && flowAt(target.machine, task, view.pc).is === 'return';
  if (facts.abi !== 'ABIInternal') return [];
  return assignValues(facts.values ?? [], conventions.goInternal)
    .filter(({ value, registers: parts }) =>
      parts === undefined ? !value.isResult : value.isResult ? atReturn : atEntry,
    )
    .map(({ value, registers: parts, stackOffset }) => {
      // What came on the stack stays there.
      if (!parts) return asItem(value, placed({ type: value.type, address: view.cfa! + (stackOffset ?? 0) }, values));
      const bytes = new Uint8Array(value.type.size);
      for (const part of parts) {
        const content = arch.registers.find(row => row.name === part.register)?.read(registers!) ?? 0n;
        for (let i = 0; i < part.size; i++) bytes[part.offset + i] = Number((content >> BigInt(8 * i)) & 0xffn);
      }
      return asItem(value, { type: value.type, bytes, context: values });
    });
}

const asItem = ({ name, type, isResult }: Parameter, data: Data): Item => ({ name, path: name, type, data, isResult });
