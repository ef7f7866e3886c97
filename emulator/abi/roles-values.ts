/**
 * The role model's values: arguments and results in registers, in slots of the stack, and where debug information says
 * that they live.
 */
import { type Assignment, assignValues, NO_REGISTERS, type RegisterPart, type Value } from './go-abi.ts';
import { formatValue, goTypeName, hex } from './go-values.ts';
import type { FunctionFacts, LiveValue, RoleHere, Sureness } from './roles.ts';
import { type Draft, goName, manualName, plain, read, set, valueHex, valueName } from './roles-draft.ts';
import { syscallByNumber, syscallRow } from './syscalls.ts';

/** Assembly has no location lists: what is known is where its arguments were when it was entered. */
export function cameIn(draft: Draft, own: FunctionFacts): void {
  const places = assignValues(own.values ?? [], draft.conventions.goInternal)
    .filter(a => !a.value.isResult && a.registers && a.registers.length > 0)
    .map(a => `${valueName(a.value)} ${a.registers!.map(part => goName(draft, part.register)).join(' ')}`);
  if (places.length > 0)
    draft.lines.push({ is: 'text', text: `came in: ${places.join(', ')}; they may be elsewhere by now` });
}

/** Arguments or results that ABIInternal keeps in registers, and those that it puts on the stack. */
export function registerValues(draft: Draft, f: FunctionFacts, results: boolean, area: number, role: string): void {
  if (!f.values) {
    draft.lines.push({
      is: 'text',
      text: `the ${results ? 'results' : 'arguments'} of ${f.name} are not known: the program has no debug information for it`,
    });
    return;
  }
  const sure: Sureness = f.sure ? 'computed' : 'likely';
  const assignments = assignValues(f.values, draft.conventions.goInternal);
  const meanings = results ? undefined : syscallWords(draft, f, assignments);
  for (const assignment of assignments) {
    const { value, registers, stackOffset } = assignment;
    if (value.isResult !== results) continue;
    if (registers) {
      if (registers.length === 0) continue;
      const bytes = assemble(draft, value, registers);
      const text = meanings?.get(value) ?? formatValue(value.type, bytes, draft.context);
      registerLine(draft, assignment, registers, text, {
        role: `${role} ${valueName(value)}`,
        sure,
        why: `ABIInternal's assignment for ${goTypeName(value.type)}`,
      });
    } else if (stackOffset !== undefined) {
      const bytes = draft.facts.memory.read(area + stackOffset, value.type.size);
      const sp = draft.facts.arch.sp(draft.facts.registers);
      draft.lines.push({
        is: 'value',
        places: [`${area + stackOffset - sp}(SP)`],
        raw: '',
        name: valueName(value),
        type: goTypeName(value.type),
        text: formatValue(value.type, bytes, draft.context),
      });
    }
  }
}

function registerLine(
  draft: Draft,
  { value }: Pick<Assignment, 'value'>,
  parts: readonly RegisterPart[],
  text: string,
  role: RoleHere,
): void {
  parts.forEach((part, i) => {
    const detail = parts.length > 1 ? partName(value, part, i) : '';
    set(draft, part.register, {
      ...role,
      role: detail ? `${role.role} (${detail})` : role.role,
      decoded: i === 0 ? text : undefined,
    });
  });
  draft.lines.push({
    is: 'value',
    places: parts.map(part => goName(draft, part.register)),
    raw: parts
      .map((part, i) =>
        part.isFloat ? '' : i === 0 ? valueHex(draft, part.register) : read(draft, part.register).toString(16),
      )
      .join(' ')
      .trim(),
    name: valueName(value),
    type: goTypeName(value.type),
    text,
  });
}

/** What the words of a value are called. */
export const PART_NAMES: Readonly<Record<string, readonly string[]>> = {
  string: ['ptr', 'len'],
  slice: ['ptr', 'len', 'cap'],
  interface: ['type', 'data'],
  complex: ['real', 'imaginary'],
};

/** Which word of a value a register holds. */
function partName({ type }: Value, part: RegisterPart, index: number): string {
  const own = PART_NAMES[type.kind];
  if (own)
    return type.kind === 'interface' && index === 0 && type.name !== 'interface {}' && type.name !== 'any'
      ? 'itab'
      : (own[index] ?? '');
  const field = type.fields?.find(f => part.offset >= f.offset && part.offset < f.offset + Math.max(1, f.type.size));
  if (!field) return '';
  const inner = PART_NAMES[field.type.kind]?.[(part.offset - field.offset) / 8];
  return inner ? `${field.name} ${inner}` : field.name;
}

function assemble(draft: Draft, value: Value, parts: readonly RegisterPart[]): Uint8Array {
  const bytes = new Uint8Array(value.type.size);
  for (const part of parts) put(bytes, part.offset, part.size, read(draft, part.register));
  return bytes;
}

function put(bytes: Uint8Array, offset: number, size: number, value: bigint): void {
  for (let i = 0; i < size && offset + i < bytes.length; i++)
    bytes[offset + i] = Number((value >> BigInt(8 * i)) & 0xffn);
}

/** ABI0: everything is in slots of the stack. `calling`: the results are not there yet. */
export function stackSlots(draft: Draft, f: FunctionFacts, area: number, base: 'fp' | 'sp', calling: boolean): void {
  if (!f.values) {
    draft.lines.push({ is: 'text', text: `the arguments of ${f.name} are on the stack; nothing tells their names` });
    return;
  }
  const slots: { slot: string; text: string }[] = [];
  const pending: string[] = [];
  for (const { value, stackOffset } of assignValues(f.values, NO_REGISTERS)) {
    const slot = base === 'fp' ? `${valueName(value)}+${stackOffset}(FP)` : `${valueName(value)} ${stackOffset}(SP)`;
    if (value.isResult && calling) {
      pending.push(slot);
      continue;
    }
    const bytes = draft.facts.memory.read(area + (stackOffset ?? 0), value.type.size);
    slots.push({ slot, text: slotText(draft, f, value, bytes) });
  }
  draft.lines.push({ is: 'slots', slots, pending });
}

/** The functions that are given a call's number and pass it on to the kernel. */
const PASSES_CALLS = /(^|[./])(Raw|raw)?(Vfork)?[sS]yscall(6|NoError)?$/;
const isCallNumber = (f: FunctionFacts, value: Value): boolean =>
  PASSES_CALLS.test(f.name) && /^(trap|num|n|number)$/.test(value.name);

/** What the arguments of such a function will be to the kernel: `fd: 1 (stdout)` rather than 1. */
function syscallWords(
  draft: Draft,
  f: FunctionFacts,
  assignments: readonly Assignment[],
): Map<Value, string> | undefined {
  const [first, ...rest] = assignments.filter(a => !a.value.isResult);
  if (!first?.registers || !isCallNumber(f, first.value)) return undefined;
  const raw = (a: Assignment): bigint => (a.registers?.[0] ? read(draft, a.registers[0].register) : 0n);
  const number = Number(raw(first));
  const name = syscallByNumber(draft.facts.arch.syscall.column, number);
  const words = new Map([[first.value, name ? `${number} (${name})` : `${number}`]]);
  if (!name) return words;
  const args = rest.map(raw);
  const described = draft.facts.describeCall?.(number, args);
  const names = Object.keys(syscallRow(name).args);
  rest.forEach((assignment, i) => {
    const argument = names[i];
    const text = described?.args.find(a => a.name === argument)?.text ?? plain(args[i]);
    words.set(assignment.value, argument === undefined ? `unused by ${name}` : `${argument}: ${text}`);
  });
  return words;
}

function slotText(draft: Draft, f: FunctionFacts, value: Value, bytes: Uint8Array): string {
  const text = formatValue(value.type, bytes, draft.context);
  if (value.type.kind !== 'uint' || bytes.length < 8) return text;
  const raw = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getBigUint64(0, true);
  // uintptr: small ones are counts and numbers, large ones addresses.
  const number = raw < 4096n ? raw.toString() : hex(raw);
  if (isCallNumber(f, value)) {
    const name = syscallByNumber(draft.facts.arch.syscall.column, Number(raw));
    return name ? `${number} (${name})` : number;
  }
  return /uintptr/.test(value.type.name) ? number : text;
}

export function cArguments(draft: Draft, f: FunctionFacts): void {
  const { integers, floats } = draft.conventions.c;
  let nextInteger = 0;
  let nextFloat = 0;
  for (const value of f.values ?? []) {
    if (value.isResult) continue;
    // Structs by value have classes of their own; what is said is only what is simple and certain.
    const isFloat = value.type.kind === 'float';
    const register = isFloat ? floats[nextFloat++] : integers[nextInteger++];
    if (register === undefined || value.type.size > 8) return;
    const bytes = new Uint8Array(value.type.size);
    put(bytes, 0, value.type.size, read(draft, register));
    const text = formatValue(value.type, bytes, draft.context);
    set(draft, register, {
      role: `argument ${value.name}`,
      sure: 'computed',
      why: "C's calling convention",
      decoded: text,
    });
    draft.lines.push({
      is: 'value',
      places: [manualName(draft, register)],
      raw: isFloat ? '' : valueHex(draft, register),
      name: value.name,
      type: value.type.name,
      text,
    });
  }
}

/** Which words of a value are nowhere any more. */
function lostText({ type }: Value, parts: LiveValue['parts']): string {
  const names = parts.every(part => part.size === 8) ? PART_NAMES[type.kind] : undefined;
  const lost = (names ?? []).filter((_, i) => parts[i] === undefined || parts[i].is === 'nowhere');
  return lost.length > 0 ? `${lost.join(', ')} optimised out` : 'partly optimised out';
}

export function liveValue(draft: Draft, { value, what, of, parts }: LiveValue): void {
  if (parts.length === 0 || parts.every(part => part.is === 'nowhere')) return;
  const bytes = new Uint8Array(value.type.size);
  const places: string[] = [];
  let known = 0;
  let offset = 0;
  const sp = draft.facts.arch.sp(draft.facts.registers);
  const inRegisters: { register: string; index: number }[] = [];
  const raw: string[] = [];
  parts.forEach((part, index) => {
    const size = part.size || value.type.size;
    if (part.is === 'register') {
      const content = read(draft, part.register);
      put(bytes, offset, size, content);
      places.push(goName(draft, part.register));
      raw.push(raw.length === 0 ? hex(content) : content.toString(16));
      inRegisters.push({ register: part.register, index });
      known += size;
    } else if (part.is === 'memory') {
      const content = draft.facts.memory.read(part.address, size);
      bytes.set(content.subarray(0, Math.max(0, bytes.length - offset)), offset);
      if (index === 0 || parts[index - 1].is !== 'memory') places.push(`${part.address - sp}(SP)`);
      known += content.length;
    } else if (part.is === 'constant') {
      put(bytes, offset, size, part.value);
      known += size;
    }
    offset += size;
  });
  const text = known >= value.type.size ? formatValue(value.type, bytes, draft.context) : lostText(value, parts);
  const role = `${what}${of === undefined ? '' : ` of ${of}`} ${valueName(value)}`;
  inRegisters.forEach(({ register, index }, i) => {
    const word = parts.length > 1 ? PART_NAMES[value.type.kind]?.[index] : undefined;
    set(draft, register, {
      role: word ? `${role} (${word})` : role,
      sure: 'certain',
      why: 'the location list of the debug information',
      decoded: i === 0 ? text : undefined,
    });
  });
  draft.lines.push({
    is: 'value',
    places,
    raw: raw.join(' '),
    name: valueName(value),
    type: goTypeName(value.type),
    text,
  });
}
