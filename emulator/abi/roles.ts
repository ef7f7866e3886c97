/**
 * What the registers mean *here*: which calling convention holds at this instruction, which register carries which
 * argument, what the kernel will do to them. One model, shown by the register view, hovers, inline values, the demo's
 * plain text and the command line.
 *
 * It is a pure function of facts that others gather (symbols, the decoder, the trace), so it can be tested with none
 * of them. Every role says how sure it is and why.
 *
 * Sources: the conventions of abi/<arch>/roles.ts; "Go internal ABI specification"; Linux's entry code.
 */
import type { Arch, RegisterRow, Registers, ViewMemory } from './arch.ts';
import { type Conventions, conventionsOf } from './conventions.ts';
import { type Assignment, assignValues, NO_REGISTERS, type RegisterPart, type Value } from './go-abi.ts';
import { formatValue, goTypeName, hex, type ValueContext } from './go-values.ts';
import type { ResultKind } from './row.ts';
import { syscallByNumber, syscallRow } from './syscalls.ts';

/** Proved by the architecture or by debug information; computed from the ABI and the types; a guess. */
export type Sureness = 'certain' | 'computed' | 'likely';

/** A function as far as roles need it. */
export interface FunctionFacts {
  readonly name: string;
  readonly abi: 'ABIInternal' | 'ABI0' | 'C';
  readonly sure: boolean;
  readonly because: string;
  /** Arguments and results in the declaration's order; undefined when nothing tells. */
  readonly values?: readonly Value[];
}

/** Where a variable is by debug information: parts in the order of its bytes. */
export interface LiveValue {
  readonly value: Value;
  readonly parts: readonly (
    | { readonly is: 'register'; readonly register: string; readonly size: number }
    | { readonly is: 'memory'; readonly address: number; readonly size: number }
    | { readonly is: 'constant'; readonly value: bigint; readonly size: number }
    | { readonly is: 'nowhere'; readonly size: number }
  )[];
}

/** A syscall in words, from the trace's formatter. */
export interface CallDescription {
  /** `write(1, "hello\n", 6)`, with the result behind it when there is one. */
  readonly text: string;
  readonly args: readonly { readonly name: string; readonly text: string }[];
  /** "6", "-1 EBADF (Bad file descriptor)". */
  readonly result?: string;
}

export type InstructionFacts =
  | { readonly is: 'syscall' }
  /** `target` is the address that is called, if it is known before the call. */
  | { readonly is: 'call'; readonly callee?: FunctionFacts; readonly indirect: boolean }
  | { readonly is: 'jump'; readonly callee?: FunctionFacts }
  | { readonly is: 'return' }
  | { readonly is: 'other' };

export interface StopFacts {
  readonly arch: Arch;
  readonly registers: Registers;
  readonly memory: ViewMemory;
  /** The next instruction as text. */
  readonly instruction: string;
  readonly kind: InstructionFacts;
  /** The function it belongs to. */
  readonly function?: FunctionFacts;
  readonly file?: string;
  readonly line?: number;
  /** The innermost inlined call that the instruction belongs to. */
  readonly inlined?: string;
  /** The instruction is the function's first. */
  readonly atEntry: boolean;
  /** Bytes from the stack pointer to the return address, where known; 0 at entry. */
  readonly toReturnAddress?: number;
  readonly goroutine?: { readonly id: number; readonly status: string; readonly serves?: number };
  /** Arguments whose places debug information tells. */
  readonly live?: readonly LiveValue[];
  /** The instruction before this one was a syscall that has just returned. */
  readonly returned?: { readonly number: number; readonly args: readonly bigint[]; readonly result: bigint };
  readonly symbolAt?: ValueContext['symbolAt'];
  readonly dynamicType?: ValueContext['dynamicType'];
  /** Undefined for a number that is no call. */
  readonly describeCall?: (number: number, args: readonly bigint[], result?: bigint) => CallDescription | undefined;
  /** What a descriptor is: "stdout, pipe". */
  readonly describeFd?: (fd: number) => string | undefined;
}

export interface RoleHere {
  readonly role: string;
  readonly sure: Sureness;
  readonly why: string;
  /** The value as the role reads it. */
  readonly decoded?: string;
}

export interface RegisterRole {
  readonly register: RegisterRow;
  readonly value: bigint;
  /** What it is for in general; empty for none. */
  readonly syscallRole: string;
  readonly goRole: string;
  readonly here?: RoleHere;
}

/** What the plain text shows, line by line. */
export type StopLine =
  /** `places`: registers, or slots of the stack. */
  | {
      readonly is: 'value';
      readonly places: readonly string[];
      readonly raw: string;
      readonly name: string;
      readonly type: string;
      readonly text: string;
      readonly after?: string;
    }
  /** Registers together that carry nothing, and a remark beside them. */
  | { readonly is: 'others'; readonly places: readonly string[]; readonly text: string; readonly besides?: string }
  | {
      readonly is: 'slots';
      readonly slots: readonly { readonly slot: string; readonly text: string }[];
      readonly pending: readonly string[];
    }
  | { readonly is: 'text'; readonly text: string };

export interface Stop {
  readonly place: { readonly function: string; readonly position: string };
  readonly instruction: string;
  readonly convention: { readonly name: string; readonly sure: Sureness; readonly why: string };
  /** Every register of the architecture, in its order. */
  readonly registers: readonly RegisterRole[];
  readonly lines: readonly StopLine[];
  readonly call?: CallDescription & { readonly name: string; readonly number: number; readonly when: 'enter' | 'exit' };
}

/** Collects roles while the convention is worked out. */
interface Draft {
  readonly facts: StopFacts;
  readonly conventions: Conventions;
  readonly context: ValueContext;
  readonly here: Map<string, RoleHere>;
  readonly lines: StopLine[];
}

/** Never throws. undefined for an architecture without conventions. */
export function explainStop(facts: StopFacts): Stop | undefined {
  const conventions = conventionsOf(facts.arch.name);
  if (!conventions) return undefined;
  const draft: Draft = {
    facts,
    conventions,
    context: { memory: facts.memory, symbolAt: facts.symbolAt, dynamicType: facts.dynamicType },
    here: new Map(),
    lines: [],
  };
  set(draft, conventions.stack.pointer, { role: 'stack pointer', sure: 'certain', why: 'by the architecture' });
  const { convention, call } = judge(draft);
  const base = facts.file?.slice(facts.file.lastIndexOf('/') + 1);
  return {
    place: {
      function:
        (facts.inlined === undefined ? facts.function?.name : `${facts.inlined} (inlined)`) ??
        facts.symbolAt?.(facts.arch.pc(facts.registers))?.name ??
        hex(BigInt(facts.arch.pc(facts.registers))),
      position: base === undefined ? '' : facts.line === undefined ? base : `${base}:${facts.line}`,
    },
    instruction: facts.instruction,
    convention,
    registers: facts.arch.registers.map(register => ({
      register,
      value: register.read(facts.registers),
      syscallRole: conventions.roles.get(register.name)?.syscall ?? '',
      goRole: conventions.roles.get(register.name)?.go ?? '',
      here: draft.here.get(register.name),
    })),
    lines: draft.lines,
    call,
  };
}

function judge(draft: Draft): Pick<Stop, 'convention' | 'call'> {
  const { facts } = draft;
  if (facts.kind.is === 'syscall') return atSyscall(draft);
  if (facts.returned) return behindSyscall(draft, facts.returned);
  const own = facts.function;
  // A function that only jumps on is first of all itself: what it was given is what it passes.
  const passesOn = facts.kind.is === 'jump' && facts.atEntry;
  if ((facts.kind.is === 'call' || facts.kind.is === 'jump') && facts.kind.callee && !passesOn) {
    return atCall(draft, facts.kind.callee, facts.kind);
  }
  if (own && facts.kind.is === 'return') return atReturn(draft, own);
  if (own && facts.atEntry) return atEntry(draft, own);
  return inside(draft, own);
}

// The kernel's door

function atSyscall(draft: Draft): Pick<Stop, 'convention' | 'call'> {
  const { facts, conventions, here, lines } = draft;
  const number = facts.arch.syscall.number(facts.registers);
  const args = facts.arch.syscall.args(facts.registers);
  const why = 'the instruction is a system call';
  const name = syscallByNumber(facts.arch.syscall.column, number);
  const row = name && syscallRow(name);
  const described = facts.describeCall?.(number, args);
  const shown = (register: string): string => manualName(draft, register);

  const title = name ?? `system call ${number}, which Linux does not have`;
  const after = row ? `→ after: ${RESULT_WORDS[name] ?? RESULTS[row.result]}` : '→ after: −ENOSYS';
  set(draft, conventions.syscall.number, { role: 'number', sure: 'certain', why, decoded: title });
  lines.push({
    is: 'value',
    places: [shown(conventions.syscall.number)],
    raw: valueHex(draft, conventions.syscall.number),
    name: 'number',
    type: '',
    text: title,
    after,
  });

  const names = row ? Object.keys(row.args) : [];
  const unused: string[] = [];
  conventions.syscall.args.forEach((register, i) => {
    const argument = names[i];
    if (argument === undefined) {
      if (row) {
        unused.push(register);
        set(draft, register, {
          role: `unused by ${name}`,
          sure: 'certain',
          why: `${name} takes ${names.length} arguments`,
        });
      }
      return;
    }
    let text = described?.args.find(a => a.name === argument)?.text ?? described?.args[i]?.text ?? '';
    if (text === '') text = plain(args[i]);
    const meaning = row?.args[argument].meaning.is;
    const fd =
      meaning === 'fd' || meaning === 'dirfd' ? facts.describeFd?.(Number(BigInt.asIntN(32, args[i]))) : undefined;
    if (fd !== undefined && !text.includes('<')) text = `${text} (${fd})`;
    set(draft, register, { role: argument, sure: 'certain', why, decoded: text });
    lines.push({ is: 'value', places: [shown(register)], raw: hex(args[i]), name: argument, type: '', text });
  });
  for (const { register, with: what } of conventions.syscall.clobbered) {
    if (!here.has(register))
      set(draft, register, {
        role: 'will be overwritten',
        sure: 'certain',
        why: `the instruction leaves the ${what} there`,
      });
  }
  const overwritten = conventions.syscall.clobbered;
  lines.push({
    is: 'others',
    places: unused.map(shown),
    text: unused.length > 0 ? `unused by ${name}` : '',
    besides:
      overwritten.length > 0
        ? `${overwritten.map(c => shown(c.register)).join(', ')}  will be overwritten (${overwritten.map(c => c.with).join(', ')})`
        : undefined,
  });
  if (described) lines.push({ is: 'text', text: described.text });
  return {
    convention: { name: 'Linux syscall ABI', sure: 'certain', why },
    call: {
      name: name ?? `syscall_${number}`,
      number,
      when: 'enter',
      text: described?.text ?? '',
      args: described?.args ?? [],
    },
  };
}

function behindSyscall(draft: Draft, returned: NonNullable<StopFacts['returned']>): Pick<Stop, 'convention' | 'call'> {
  const { facts, conventions, lines } = draft;
  const why = 'a system call has just returned';
  const name = syscallByNumber(facts.arch.syscall.column, returned.number) ?? `syscall_${returned.number}`;
  const described = facts.describeCall?.(returned.number, returned.args, returned.result);
  const result = described?.result ?? returned.result.toString();
  const shown = (register: string): string => manualName(draft, register);
  set(draft, conventions.syscall.result, { role: 'result', sure: 'certain', why, decoded: result });
  lines.push({
    is: 'value',
    places: [shown(conventions.syscall.result)],
    raw: valueHex(draft, conventions.syscall.result),
    name: 'result',
    type: '',
    text: result,
  });
  for (const { register, with: what } of conventions.syscall.clobbered) {
    set(draft, register, { role: `was overwritten with the ${what}`, sure: 'certain', why });
  }
  const overwritten = conventions.syscall.clobbered;
  if (overwritten.length > 0) {
    lines.push({
      is: 'others',
      places: overwritten.map(c => shown(c.register)),
      text: `were overwritten (${overwritten.map(c => c.with).join(', ')})`,
    });
  }
  if (described) lines.push({ is: 'text', text: described.text });
  return {
    convention: { name: 'Linux syscall ABI', sure: 'certain', why },
    call: {
      name,
      number: returned.number,
      when: 'exit',
      text: described?.text ?? '',
      args: described?.args ?? [],
      result,
    },
  };
}

/** The numbers of a result in words. */
const RESULTS: Record<ResultKind, string> = {
  number: 'result, or −errno',
  fd: 'new file descriptor, or −errno',
  address: 'address, or −errno',
  pid: 'process id, or −errno',
  hex: 'result, or −errno',
  octal: 'previous mode',
  none: 'does not return, or cannot fail',
};
const RESULT_WORDS: Record<string, string> = Object.fromEntries([
  ...['write', 'writev', 'pwrite64', 'pwritev', 'sendto', 'sendmsg'].map(n => [n, 'bytes written, or −errno']),
  ...[
    'read',
    'readv',
    'pread64',
    'preadv',
    'recvfrom',
    'recvmsg',
    'getrandom',
    'readlink',
    'readlinkat',
    'getdents64',
  ].map(n => [n, 'bytes read, or −errno']),
  ...['exit', 'exit_group', 'rt_sigreturn'].map(n => [n, 'does not return']),
  ...['execve', 'execveat'].map(n => [n, 'does not return, or −errno']),
  ...[
    'close',
    'fstat',
    'newfstatat',
    'munmap',
    'mprotect',
    'uname',
    'chdir',
    'unlink',
    'mkdir',
    'nanosleep',
    'sigaltstack',
    'rt_sigaction',
    'rt_sigprocmask',
  ].map(n => [n, '0, or −errno']),
]);

// Calls, entries, returns

function atCall(draft: Draft, callee: FunctionFacts, kind: InstructionFacts): Pick<Stop, 'convention'> {
  const atJump = kind.is === 'jump';
  const convention = conventionOf(callee);
  if (callee.abi === 'C') {
    cArguments(draft, callee);
    return { convention };
  }
  const sp = draft.facts.arch.sp(draft.facts.registers);
  const area = sp + (atJump ? (draft.facts.toReturnAddress ?? 0) + draft.conventions.stack.abi0Arguments : 0);
  if (callee.abi === 'ABI0') {
    stackSlots(draft, callee, area, atJump ? 'fp' : 'sp', true);
    fixedRoles(draft, draft.facts.function ?? callee, true);
    return { convention };
  }
  registerValues(draft, callee, false, area, `argument of ${callee.name}`);
  fixedRoles(draft, callee, true);
  closure(draft, kind.is === 'call' && kind.indirect);
  freeLine(draft);
  return { convention };
}

function atEntry(draft: Draft, own: FunctionFacts): Pick<Stop, 'convention'> {
  const convention = conventionOf(own);
  const sp = draft.facts.arch.sp(draft.facts.registers);
  const area = sp + draft.conventions.stack.abi0Arguments;
  if (own.abi === 'C') cArguments(draft, own);
  else if (own.abi === 'ABI0') {
    stackSlots(draft, own, area, 'fp', true);
    fixedRoles(draft, own, false);
  } else {
    registerValues(draft, own, false, area, 'argument');
    fixedRoles(draft, own, false);
    closure(draft, CLOSURES.test(own.name));
    freeLine(draft);
  }
  return { convention };
}

function atReturn(draft: Draft, own: FunctionFacts): Pick<Stop, 'convention'> {
  const convention = conventionOf(own);
  const sp = draft.facts.arch.sp(draft.facts.registers);
  const area = sp + draft.conventions.stack.abi0Arguments;
  if (own.abi === 'C') {
    const [register] = draft.conventions.c.results;
    set(draft, register, { role: 'result', sure: 'likely', why: 'where C functions leave an integer result' });
    draft.lines.push({
      is: 'value',
      places: [manualName(draft, register)],
      raw: valueHex(draft, register),
      name: 'result',
      type: '',
      text: plain(read(draft, register)),
    });
  } else if (own.abi === 'ABI0') {
    stackSlots(draft, own, area, 'fp', false);
    fixedRoles(draft, own, false);
  } else {
    registerValues(draft, own, true, area, 'result');
    fixedRoles(draft, own, false);
    freeLine(draft);
  }
  return { convention };
}

/** In the middle of a function: what debug information says, and what always holds. */
function inside(draft: Draft, own: FunctionFacts | undefined): Pick<Stop, 'convention'> {
  const { facts } = draft;
  if (!own) return { convention: { name: 'unknown', sure: 'likely', why: 'no symbol covers this address' } };
  const convention = conventionOf(own);
  if (own.abi === 'ABI0') {
    if (facts.toReturnAddress !== undefined) {
      const sp = facts.arch.sp(facts.registers);
      stackSlots(draft, own, sp + facts.toReturnAddress + draft.conventions.stack.abi0Arguments, 'fp', true);
    }
    fixedRoles(draft, own, false);
    return { convention };
  }
  for (const live of facts.live ?? []) liveValue(draft, live);
  if (own.abi === 'ABIInternal') {
    if (!facts.live?.length) cameIn(draft, own);
    fixedRoles(draft, own, true);
  }
  return { convention };
}

/** Assembly has no location lists: what is known is where its arguments were when it was entered. */
function cameIn(draft: Draft, own: FunctionFacts): void {
  const places = assignValues(own.values ?? [], draft.conventions.goInternal)
    .filter(a => !a.value.isResult && a.registers && a.registers.length > 0)
    .map(a => `${valueName(a.value)} ${a.registers!.map(part => goName(draft, part.register)).join(' ')}`);
  if (places.length > 0)
    draft.lines.push({ is: 'text', text: `came in: ${places.join(', ')}; they may be elsewhere by now` });
}

function conventionOf(f: FunctionFacts): Stop['convention'] {
  if (f.abi === 'C' && !f.sure) return { name: 'no known convention', sure: 'likely', why: f.because };
  const name = f.abi === 'ABIInternal' ? 'Go ABIInternal' : f.abi === 'C' ? 'C calling convention' : 'ABI0';
  return { name, sure: f.sure ? (f.abi === 'ABI0' ? 'certain' : 'computed') : 'likely', why: f.because };
}

/** Arguments or results that ABIInternal keeps in registers, and those that it puts on the stack. */
function registerValues(draft: Draft, f: FunctionFacts, results: boolean, area: number, role: string): void {
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

const PART_NAMES: Record<string, readonly string[]> = {
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
function stackSlots(draft: Draft, f: FunctionFacts, area: number, base: 'fp' | 'sp', calling: boolean): void {
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

function cArguments(draft: Draft, f: FunctionFacts): void {
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

function liveValue(draft: Draft, { value, parts }: LiveValue): void {
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
  const text = known >= value.type.size ? formatValue(value.type, bytes, draft.context) : 'partly optimised out';
  const role = `${value.isResult ? 'result' : 'argument'} ${valueName(value)}`;
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

// What always holds

/** g, the zero register, stack and frame pointer: as far as the function's convention promises them. */
function fixedRoles(draft: Draft, f: FunctionFacts, withLine: boolean): void {
  const { conventions, facts } = draft;
  const { goInternal, stack } = conventions;
  if (f.abi !== 'ABIInternal') {
    const why = 'ABI0 leaves it undefined';
    set(draft, goInternal.g, { role: 'undefined in ABI0', sure: f.sure ? 'certain' : 'likely', why });
    if (goInternal.zero)
      set(draft, goInternal.zero, { role: 'undefined in ABI0', sure: f.sure ? 'certain' : 'likely', why });
    return;
  }
  const sure: Sureness = f.sure ? 'computed' : 'likely';
  set(draft, stack.framePointer, { role: 'frame pointer', sure, why: 'ABIInternal' });
  const { goroutine } = facts;
  const running = facts.function ? ` ${facts.function.name}` : '';
  const text = !goroutine
    ? ''
    : goroutine.id === 0
      ? `system stack${goroutine.serves === undefined ? '' : ` of goroutine ${goroutine.serves}`}, running${running}`
      : goroutine.status === 'running'
        ? `goroutine ${goroutine.id}, running${running}`
        : `goroutine ${goroutine.id}, status ${goroutine.status}`;
  set(draft, goInternal.g, {
    role: 'current goroutine (g)',
    sure,
    why: 'ABIInternal keeps g there',
    decoded: text || undefined,
  });
  if (goInternal.zero) {
    set(draft, goInternal.zero, { role: 'always zero', sure, why: 'ABIInternal keeps it zero between functions' });
  }
  if (withLine || facts.atEntry) {
    draft.lines.push({
      is: 'value',
      places: [goName(draft, goInternal.g)],
      raw: valueHex(draft, goInternal.g),
      name: 'g',
      type: '',
      text,
    });
  }
}

/** Names that the compiler gives to function literals, to what `defer` and `go` wrap, and to method values. */
const CLOSURES = /\.(func|deferwrap|gowrap)\d+(\.\d+)*$|\.\d+$|-fm$/;

function closure(draft: Draft, isClosure: boolean): void {
  const register = draft.conventions.goInternal.closure;
  if (!isClosure) return;
  const value = read(draft, register);
  set(draft, register, {
    role: 'closure context',
    sure: 'likely',
    why: 'a call through a func value passes its closure there',
  });
  draft.lines.push({
    is: 'value',
    places: [goName(draft, register)],
    raw: hex(value),
    name: '',
    type: '',
    text: 'closure context',
  });
}

function freeLine(draft: Draft): void {
  const { goInternal } = draft.conventions;
  const free = [goInternal.closure, ...goInternal.scratch].filter(register => !draft.here.has(register));
  for (const register of free) {
    set(draft, register, { role: 'free here', sure: 'computed', why: 'ABIInternal passes nothing in it' });
  }
  const { zero } = goInternal;
  draft.lines.push({
    is: 'others',
    places: free.map(register => goName(draft, register)),
    text: 'free here',
    besides: zero ? `${goName(draft, zero)}  ${zeroText(read(draft, zero))}` : undefined,
  });
}

function zeroText(value: bigint): string {
  return value === 0n ? '0 (always)' : `${hex(value)} (should be 0: code that is not Go's changed it)`;
}

// Small things

function set(draft: Draft, register: string, role: RoleHere): void {
  draft.here.set(register, role);
}

function rowOf(draft: Draft, register: string): RegisterRow | undefined {
  return draft.facts.arch.registers.find(row => row.name === register);
}

function read(draft: Draft, register: string): bigint {
  return rowOf(draft, register)?.read(draft.facts.registers) ?? 0n;
}

function valueHex(draft: Draft, register: string): string {
  return hex(read(draft, register));
}

function goName(draft: Draft, register: string): string {
  return rowOf(draft, register)?.go || manualName(draft, register);
}

function manualName(draft: Draft, register: string): string {
  return (rowOf(draft, register)?.name ?? register).toUpperCase();
}

/** Results without a name are ~r0, ~r1 in debug information. */
function valueName(value: Value): string {
  return value.name;
}

function plain(value: bigint): string {
  const signed = BigInt.asIntN(64, value);
  return signed < 0n && signed > -4096n ? signed.toString() : value < 4096n ? value.toString() : hex(value);
}
