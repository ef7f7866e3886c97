/**
 * Instructions as the debugger needs them, whatever the architecture: how long, where they lead, how they are written.
 */
import type { Arch, Registers, ViewMemory } from '../emulator/abi/arch.ts';
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
export function decodeAt(
  _arch: Arch | undefined,
  bytes: Uint8Array,
  offset: number,
  address: number,
): Insn | undefined {
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

/** Where a call or a jump goes with the registers as they are; undefined for other instructions. */
export function branchTarget(
  insn: Insn,
  arch: Arch,
  registers: Registers,
  memory: ViewMemory,
): { address: number; indirect: boolean } | undefined {
  const flow = flowOf(insn);
  const [operand] = insn.operands;
  if ((flow.is !== 'call' && flow.is !== 'jump') || !operand) return undefined;
  if (operand.is === 'rel') return { address: operand.target, indirect: false };
  // Operands name registers by number, which is their place among the general ones.
  const general = arch.registers.filter(row => row.group === 'general');
  const value = (index: number) => (index < 0 ? 0n : general[index].read(registers));
  if (operand.is === 'reg') return { address: Number(value(operand.index)), indirect: true };
  if (operand.is !== 'mem' || operand.segment) return undefined;
  const at = BigInt.asUintN(
    64,
    value(operand.base) + value(operand.index) * BigInt(operand.scale) + BigInt(operand.disp),
  );
  if (at >= 1n << 48n) return undefined;
  const bytes = memory.read(Number(at), 8);
  if (bytes.length < 8) return undefined;
  const address = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true);
  return { address: Number(address), indirect: true };
}
