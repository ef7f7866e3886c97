/** What the processor could not do, in words: which address, by which register, in which function. */
import type { RegisterRow, Registers } from '../emulator/abi/arch.ts';
import type { Insn, Operand } from '../emulator/isa/x64/row.ts';
import type { Exception, TaskId } from '../emulator/kernel/api.ts';
import { decodeAt, LONGEST } from './instructions.ts';
import type { Target } from './session.ts';
import { inFunction } from './sources.ts';
import { registersOf } from './stack.ts';

type Fault = (Exception & { is: 'page-fault' })['fault'];

/** Addresses below are nobody's: nil, and the fields behind it. */
const NIL = 4096;
/** Bytes an instruction accesses at most from where its operand begins. */
const WIDEST = 64;
/** So near to the stack pointer lies what push, call and a large frame's first access reach. */
const STACK_REACH = 64 << 10;

/** One sentence without its full stop; the task stands at the instruction. */
export function faultSentence(target: Target, task: TaskId, what: Exception): string {
  switch (what.is) {
    case 'page-fault':
      return pageFault(target, task, what.fault);
    case 'invalid-opcode':
      return what.what
        ? `the instruction ${what.what} is not implemented by Ring 3`
        : `these bytes are no instruction of this processor${whereIs(target, task)}`;
    case 'divide-error':
      return divideError(target, task);
    case 'general-protection':
      return generalProtection(target, task);
    case 'overflow':
      return `an overflow trap of the program itself${whereIs(target, task)}`;
    case 'stack-fault':
      return `a stack fault: the stack pointer or the frame pointer is no address${whereIs(target, task)}`;
    case 'breakpoint':
      return `a breakpoint instruction of the program itself${whereIs(target, task)}`;
    case 'debug':
      return `a debug trap of the program itself${whereIs(target, task)}`;
    case 'alignment-check':
      return `an access that is not aligned${whereIs(target, task)}`;
    case 'floating-point':
      return `an unmasked floating-point exception${whereIs(target, task)}`;
  }
}

const hex = (value: number | bigint): string => `0x${value.toString(16)}`;

/** Where a task stands, or where another address is. */
function whereIs(target: Target, task: TaskId, at?: number): string {
  const { program, machine } = target;
  const pc = at ?? machine.arch.pc(registersOf(target, task));
  const fn = program.functionAt(pc);
  const line = program.lineAt(pc);
  return fn ? inFunction(fn.name, line?.file, line?.line) : ` at ${hex(pc)}`;
}

function pageFault(target: Target, task: TaskId, { address, access, cause }: Fault): string {
  const { machine, program } = target;
  const registers = registersOf(target, task);
  const nil = program.isGo ? 'nil' : 'null';
  if (access === 'execute') {
    const sp = machine.read(task, machine.arch.sp(registers), 8);
    const from = sp.length === 8 ? Number(new DataView(sp.buffer, sp.byteOffset, 8).getBigUint64(0, true)) - 1 : 0;
    const caller = program.functionAt(from) ? `, called${whereIs(target, task, from)}` : '';
    const head = address < NIL ? `${nil} function` : cause === 'protected' ? 'data is no code' : 'no code';
    return `${head}: execution of ${hex(address)}${caller}`;
  }
  const used = pointerTo(target, task, registers, address);
  const event = `${access} of ${hex(address)}${used ? ` by ${used}` : ''}${whereIs(target, task)}`;
  if (address < NIL) return `${nil} pointer: ${event}`;
  if (cause === 'beyond-file') return `behind the end of a mapped file: ${event}`;
  const mapping = machine.mappings(task).find(m => address >= m.start && address < m.end);
  if (cause === 'protected') {
    const rights = mapping && ['r', 'w', 'x'].map((letter, bit) => (mapping.prot & (1 << bit) ? letter : '-')).join('');
    return `protected memory: ${event}${rights ? ` (${mapping.name || 'mapped'} ${rights})` : ''}`;
  }
  if (Math.abs(address - machine.arch.sp(registers)) < STACK_REACH) return `the stack is exhausted: ${event}`;
  return `nothing is mapped there: ${event}`;
}

/** The operand that an address comes from: "RAX", "RAX + RCX*8 + 0x10, where RAX is 0x0". */
function pointerTo(target: Target, task: TaskId, registers: Registers, address: number): string | undefined {
  const { arch } = target.machine;
  const general = arch.registers.filter(row => row.group === 'general');
  const read = (row: RegisterRow | undefined): bigint => row?.read(registers) ?? 0n;
  for (const operand of instructionAt(target, task, registers)?.operands ?? []) {
    if (operand.is !== 'mem' || operand.segment || operand.ripRelative) continue;
    const at = effective(operand, general, read);
    if (BigInt(address) < at || BigInt(address) >= at + BigInt(WIDEST)) continue;
    const named = [operand.base, operand.index].filter(index => index >= 0).map(index => general[index]);
    const parts = [
      operand.base >= 0 ? general[operand.base].name.toUpperCase() : '',
      operand.index >= 0
        ? `${general[operand.index].name.toUpperCase()}${operand.scale > 1 ? `*${operand.scale}` : ''}`
        : '',
    ].filter(Boolean);
    const sum = `${parts.join(' + ')}${displacement(operand.disp)}`;
    const plain = named.length === 1 && operand.disp === 0;
    const values = named.map(row => `${row.name.toUpperCase()} is ${hex(read(row))}`).join(' and ');
    return plain || named.length === 0 ? sum : `${sum}, where ${values},`;
  }
  // Push, call and the string instructions name no operand.
  const implied = general.find(
    row => Number(read(row)) === address || (isStackPointer(target, row) && Math.abs(Number(read(row)) - address) <= 8),
  );
  return implied?.name.toUpperCase();
}

const displacement = (disp: number): string => (disp === 0 ? '' : disp < 0 ? ` − ${hex(-disp)}` : ` + ${hex(disp)}`);

/** Asked of the architecture, by writing and looking. */
function isStackPointer({ machine: { arch } }: Target, row: RegisterRow): boolean {
  const probe = new BigUint64Array(arch.registerCells);
  arch.setSp(probe, 8);
  return row.read(probe) === 8n;
}

function effective(
  { base, index, scale, disp }: Operand & { is: 'mem' },
  general: readonly RegisterRow[],
  read: (row: RegisterRow | undefined) => bigint,
): bigint {
  const sum = (base < 0 ? 0n : read(general[base])) + (index < 0 ? 0n : read(general[index])) * BigInt(scale);
  return BigInt.asUintN(64, sum + BigInt(disp));
}

function instructionAt({ machine }: Target, task: TaskId, registers: Registers): Insn | undefined {
  const pc = machine.arch.pc(registers);
  return decodeAt(machine.arch, machine.read(task, pc, LONGEST), 0, pc);
}

function divideError(target: Target, task: TaskId): string {
  const { arch } = target.machine;
  const registers = registersOf(target, task);
  const general = arch.registers.filter(row => row.group === 'general');
  const [divisor] = instructionAt(target, task, registers)?.operands ?? [];
  const where = whereIs(target, task);
  let value: bigint | undefined;
  let name = '';
  if (divisor?.is === 'reg' && divisor.class === 'gpr') {
    value = BigInt.asUintN(divisor.width * 8, general[divisor.index].read(registers));
    name = general[divisor.index].name.toUpperCase();
  } else if (divisor?.is === 'mem' && !divisor.segment) {
    const at = Number(effective(divisor, general, row => row?.read(registers) ?? 0n));
    value = target.machine.read(task, at, divisor.width).reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
    name = `the number at ${hex(at)}`;
  }
  if (value === undefined) return `division by zero, or a quotient too large${where}`;
  return value === 0n
    ? `division by zero: ${name} is 0${where}`
    : `the quotient is too large: division by ${name}, which is ${hex(value)},${where}`;
}

function generalProtection(target: Target, task: TaskId): string {
  const { arch } = target.machine;
  const registers = registersOf(target, task);
  const general = arch.registers.filter(row => row.group === 'general');
  for (const operand of instructionAt(target, task, registers)?.operands ?? []) {
    if (operand.is !== 'mem') continue;
    const at = effective(operand, general, row => row?.read(registers) ?? 0n);
    // Bits 47 to 63 of an address are alike, of a program's they are 0.
    if (at >> 47n === 0n || at >> 47n === (1n << 17n) - 1n) continue;
    const names = [operand.base, operand.index].filter(index => index >= 0).map(i => general[i].name.toUpperCase());
    return `${hex(at)} is no address: it was made of ${names.join(' and ')}${whereIs(target, task)}`;
  }
  return `a general protection fault: an address that is none, or an instruction that user programs may not execute${whereIs(target, task)}`;
}
