/**
 * Instructions as the debugger needs them, whatever the architecture: how long, where they lead, how they are written.
 */
import type { Arch } from '../emulator/abi/arch.ts';
import { decode } from '../emulator/isa/x64/decode.ts';
import type { Insn } from '../emulator/isa/x64/row.ts';
import type { TaskId } from '../emulator/kernel/api.ts';
import type { Machine } from '../emulator/machine.ts';

export type Syntax = 'go' | 'intel' | 'gnu';

/** Where an instruction leads; `next` is the address behind it. */
export type Flow = { is: 'call' | 'return' | 'syscall' | 'jump' | 'other'; next: number };

/** More bytes than any instruction has. */
export const LONGEST = 16;

const FLOWS: Readonly<Record<string, Flow['is']>> = {
  call: 'call',
  callf: 'call',
  ret: 'return',
  retf: 'return',
  iret: 'return',
  syscall: 'syscall',
  jmp: 'jump',
  jmpf: 'jump',
};

/** The instruction at the start of `bytes`, which lie at `address`; undefined where there is none. */
export function decodeAt(_arch: Arch, bytes: Uint8Array, offset: number, address: number): Insn | undefined {
  const insn = decode(bytes, offset, address);
  return 'is' in insn ? undefined : insn;
}

export function flowOf(insn: Insn): Flow {
  return { is: FLOWS[insn.form.row.name] ?? 'other', next: insn.address + insn.length };
}

/** Where the instruction of a task leads; bytes that are none lead nowhere. */
export function flowAt(machine: Machine, task: TaskId, address: number): Flow {
  const insn = decodeAt(machine.arch, machine.read(task, address, LONGEST), 0, address);
  return insn ? flowOf(insn) : { is: 'other', next: address + 1 };
}
