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
import { conventionsOf } from './conventions.ts';
import type { Value } from './go-abi.ts';
import { hex, type ValueContext } from './go-values.ts';
import { type Draft, manualName, plain, read, set, valueHex } from './roles-draft.ts';
import { CLOSURES, closure, fixedRoles, freeLine } from './roles-fixed.ts';
import { atSyscall, behindSyscall } from './roles-syscall.ts';
import { cArguments, cameIn, liveValue, registerValues, stackSlots } from './roles-values.ts';

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
  readonly what: 'argument' | 'result' | 'variable';
  /** The inlined call that it belongs to; undefined: the function itself. */
  readonly of?: string;
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
  /** Names and types for values, where the program tells. */
  readonly values?: ValueContext;
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

/** Never throws. undefined for an architecture without conventions. */
export function explainStop(facts: StopFacts): Stop | undefined {
  const conventions = conventionsOf(facts.arch.name);
  if (!conventions) return undefined;
  const draft: Draft = {
    facts,
    conventions,
    context: facts.values ?? { memory: facts.memory },
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
        facts.values?.symbolAt?.(facts.arch.pc(facts.registers))?.name ??
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

function conventionOf(f: FunctionFacts): Stop['convention'] {
  if (f.abi === 'C' && !f.sure) return { name: 'no known convention', sure: 'likely', why: f.because };
  const name = f.abi === 'ABIInternal' ? 'Go ABIInternal' : f.abi === 'C' ? 'C calling convention' : 'ABI0';
  return { name, sure: f.sure ? (f.abi === 'ABI0' ? 'certain' : 'computed') : 'likely', why: f.because };
}
