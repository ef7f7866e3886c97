/** The tools with which the parts of the role model (roles.ts) work: what they collect, and registers by name. */
import type { RegisterRow } from './arch.ts';
import type { Conventions } from './conventions.ts';
import type { Value } from './go-abi.ts';
import { hex, type ValueContext } from './go-values.ts';
import type { RoleHere, StopFacts, StopLine } from './roles.ts';

/** Collects roles while the convention is worked out. */
export interface Draft {
  readonly facts: StopFacts;
  readonly conventions: Conventions;
  readonly context: ValueContext;
  readonly here: Map<string, RoleHere>;
  readonly lines: StopLine[];
}

export function set(draft: Draft, register: string, role: RoleHere): void {
  draft.here.set(register, role);
}

export function rowOf(draft: Draft, register: string): RegisterRow | undefined {
  return draft.facts.arch.registers.find(row => row.name === register);
}

export function read(draft: Draft, register: string): bigint {
  return rowOf(draft, register)?.read(draft.facts.registers) ?? 0n;
}

export function valueHex(draft: Draft, register: string): string {
  return hex(read(draft, register));
}

export function goName(draft: Draft, register: string): string {
  return rowOf(draft, register)?.go || manualName(draft, register);
}

export function manualName(draft: Draft, register: string): string {
  return (rowOf(draft, register)?.name ?? register).toUpperCase();
}

/** Results without a name are ~r0, ~r1 in debug information. */
export function valueName(value: Value): string {
  return value.name;
}

export function plain(value: bigint): string {
  const signed = BigInt.asIntN(64, value);
  return signed < 0n && signed > -4096n ? signed.toString() : value < 4096n ? value.toString() : hex(value);
}
