/** Which convention holds at the instruction a frame stands at, and what it makes of each register. */
import { conventionsOf } from '../emulator/abi/conventions.ts';
import type { Sureness } from './protocol.ts';
import type { Target } from './session.ts';
import type { StackFrame } from './stack.ts';
import { callHere } from './syscalls.ts';
import { callParts } from './trace-text.ts';

export interface RoleHere {
  role: string;
  sure: Sureness;
  why: string;
  decoded?: string;
}

export interface RolesHere {
  convention: string;
  /** By the register's name. */
  registers: Map<string, RoleHere>;
}

export function rolesHere(target: Target, { task, view, index }: StackFrame): RolesHere {
  const registers = new Map<string, RoleHere>();
  const conventions = conventionsOf(target.machine.arch.name);
  const call = index === 0 ? callHere(target, task) : undefined;
  if (call && conventions) {
    const parts = callParts(target, task, call);
    const why = 'the processor stands at a syscall instruction';
    registers.set(conventions.syscall.number, { role: 'number', sure: 'certain', why, decoded: call.name });
    for (const [i, { name, text }] of parts.entries())
      registers.set(conventions.syscall.args[i], { role: name, sure: 'certain', why, decoded: text });
    return { convention: 'Linux syscall ABI', registers };
  }
  const convention = view.function?.convention;
  return {
    convention: convention
      ? `${convention.abi}${convention.sure ? '' : ' (likely)'}: ${convention.because}`
      : 'unknown',
    registers,
  };
}
