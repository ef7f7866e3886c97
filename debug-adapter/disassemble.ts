/**
 * Disassembly for VS Code's view, which wants exactly as many rows as it asks for, before and behind any address, and
 * stops scrolling at the first failure. So nothing here fails: what is no code is a row that says so.
 *
 * Instructions of variable length can only be read forwards, so rows are made per function from its first byte; between
 * functions from the end of the one before. An address always gets the same row, whoever asks.
 */
import type { DebugProtocol } from '@vscode/debugprotocol';
import { print } from '../emulator/isa/x64/print.ts';
import type { Insn } from '../emulator/isa/x64/row.ts';
import type { TaskId } from '../emulator/kernel/api.ts';
import type { CodeFunction } from '../emulator/symbols/program.ts';
import { addressFrom, labelOf } from './evaluate.ts';
import { ExpressionError } from './expression.ts';
import { decodeAt, LONGEST, type Syntax } from './instructions.ts';
import { clientLine, type Session, type Target } from './session.ts';
import { sourceFor } from './sources.ts';

/** One line of a disassembly. */
export interface CodeRow {
  address: number;
  bytes: Uint8Array;
  /** Undefined: no instruction begins here. */
  insn: Insn | undefined;
}

/** Code that is read in one piece. */
export interface Block {
  start: number;
  end: number;
  fn: CodeFunction | undefined;
  bytes: Uint8Array;
  rows: CodeRow[];
}

/** More rows than any view shows. */
const ROW_LIMIT = 10_000;
/** Nobody scrolls further in one step. */
const SKIP_LIMIT = 100_000;
/** Addresses beyond are no program's, and beyond 2^53 JavaScript cannot tell two of them apart. */
const ADDRESS_LIMIT = 2 ** 50;
/** Code without symbols is read in pieces of this size, a little before the address that is asked for. */
const GAP = 1024;
const BLOCK_LIMIT = 1 << 20;

export async function disassemble(
  session: Session,
  args: DebugProtocol.DisassembleArguments,
): Promise<DebugProtocol.DisassembleResponse['body']> {
  const count = Math.min(Math.max(0, Math.trunc(Number(args.instructionCount)) || 0), ROW_LIMIT);
  const skip = within(Number(args.instructionOffset), SKIP_LIMIT);
  const address = within(
    referenced(session, args.memoryReference) + within(Number(args.offset), ADDRESS_LIMIT),
    ADDRESS_LIMIT,
  );
  const { target } = session;
  if (!target) return { instructions: Array.from({ length: count }, (_, i) => nothingAt(address + skip + i)) };
  const task = session.stop?.task ?? target.machine.current ?? 0;
  const rows = rowsAround(target, task, address, skip, count);
  return { instructions: await Promise.all(rows.map(row => instruction(session, target, row))) };
}

/** A whole number between the limit and its negative; 0 for what is none. */
function within(value: number, limit: number): number {
  return Number.isNaN(value) ? 0 : Math.trunc(Math.min(limit, Math.max(-limit, value)));
}

/** An empty or unusable reference does come from views; it means the place where the program stands. */
function referenced(session: Session, reference: unknown): number {
  try {
    if (typeof reference === 'string' && reference !== '') return addressFrom(session, reference);
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
  }
  if (!session.target) return 0;
  const { machine } = session.target;
  const task = machine.tasks().find(candidate => candidate.id === (session.stop?.task ?? machine.current));
  return task ? machine.arch.pc(task.registers) : 0;
}

/** `count` rows, beginning `skip` rows from the one that holds `address`. */
export function rowsAround(target: Target, task: TaskId, address: number, skip: number, count: number): CodeRow[] {
  const rows: CodeRow[] = [];
  if (skip < 0) {
    let before = startOfRow(target, task, address);
    for (let missing = Math.min(-skip, ROW_LIMIT); missing > 0; ) {
      const block = blockAt(target, task, before - 1);
      const inside = block.rows.filter(row => row.address < before).slice(-missing);
      if (inside.length === 0) break;
      rows.unshift(...inside);
      missing -= inside.length;
      before = inside[0].address;
    }
  }
  let next = startOfRow(target, task, address);
  let over = Math.max(0, skip);
  const wanted = count + (skip < 0 ? 0 : over);
  while (rows.length < count || (skip > 0 && rows.length < wanted)) {
    const block = blockAt(target, task, next);
    const inside = block.rows.filter(row => row.address >= next);
    if (inside.length === 0) break;
    for (const row of inside) {
      if (over > 0) over--;
      else if (rows.length < count) rows.push(row);
    }
    if (rows.length >= count) break;
    next = inside[inside.length - 1].address + Math.max(1, inside[inside.length - 1].bytes.length);
  }
  return rows.slice(0, count);
}

function startOfRow(target: Target, task: TaskId, address: number): number {
  const block = blockAt(target, task, address);
  return block.rows.findLast(row => row.address <= address)?.address ?? address;
}

/** The rows of the function at an address. */
export function functionRows(target: Target, task: TaskId, fn: CodeFunction): CodeRow[] {
  return blockAt(target, task, fn.entry).rows;
}

function blockAt(target: Target, task: TaskId, address: number): Block {
  const fn = target.program.functionAt(address);
  const [start, end] = fn && fn.end - fn.entry <= BLOCK_LIMIT ? [fn.entry, fn.end] : gapAround(target, address);
  const bytes = start < 0 ? new Uint8Array(0) : target.machine.read(task, start, end - start);
  const known = target.blocks.get(start);
  if (known && known.end === end && same(known.bytes, bytes)) return known;
  const block: Block = { start, end, fn, bytes, rows: decodeRows(target, bytes, start, end) };
  if (target.blocks.size > 500) target.blocks.clear();
  target.blocks.set(start, block);
  return block;
}

/** The piece without a function that holds an address: up to the functions around it, not larger than two gaps. */
function gapAround({ program }: Target, address: number): [number, number] {
  // Pieces begin at multiples of their size, so that an address is always read from the same start.
  let start = Math.floor(address / GAP) * GAP;
  let end = start + GAP;
  for (let probe = address - 1; probe >= start; probe--) {
    const before = program.functionAt(probe);
    if (before) {
      start = Math.min(before.end, address);
      break;
    }
  }
  for (let probe = address + 1; probe < end; probe++) {
    if (program.functionAt(probe)) {
      end = probe;
      break;
    }
  }
  return [start, end];
}

function decodeRows(target: Target, bytes: Uint8Array, start: number, end: number): CodeRow[] {
  const rows: CodeRow[] = [];
  for (let at = 0; at < end - start; ) {
    const insn = at < bytes.length ? decodeAt(target.machine.arch, bytes, at, start + at) : undefined;
    const length = insn && at + insn.length <= bytes.length ? insn.length : 1;
    const whole = insn && at + insn.length <= bytes.length;
    rows.push({ address: start + at, bytes: bytes.subarray(at, at + length), insn: whole ? insn : undefined });
    at += length;
  }
  return rows;
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** The text of a row in the syntax asked for, with addresses named. */
export function rowText(target: Target, row: CodeRow, syntax: Syntax): string {
  if (!row.insn) return row.bytes.length === 0 ? '(no memory)' : '(bad)';
  return print(row.insn, syntax, address => labelOf(target, address));
}

const reference = (address: number): string => `0x${BigInt.asUintN(64, BigInt(address)).toString(16)}`;

const nothingAt = (address: number): DebugProtocol.DisassembledInstruction => ({
  address: reference(address),
  instruction: '(no memory)',
  presentationHint: 'invalid',
});

async function instruction(
  session: Session,
  target: Target,
  row: CodeRow,
): Promise<DebugProtocol.DisassembledInstruction> {
  if (!row.insn && row.bytes.length === 0) return nothingAt(row.address);
  const fn = target.program.functionAt(row.address);
  // The view does not show `symbol`, so the text begins with it.
  const label = !fn ? '' : row.address === fn.entry ? `${fn.name}:  ` : `+0x${(row.address - fn.entry).toString(16)}  `;
  const line = target.program.lineAt(row.address);
  const source = line && (await sourceFor(session, line.file));
  return {
    address: reference(row.address),
    instructionBytes: [...row.bytes].map(byte => byte.toString(16).padStart(2, '0')).join(' '),
    instruction: label + rowText(target, row, session.launch?.syntax ?? 'go'),
    ...(fn && row.address === fn.entry ? { symbol: fn.name } : {}),
    ...(source && line ? { location: source, line: clientLine(session, line.line) } : {}),
    ...(row.insn ? {} : { presentationHint: 'invalid' as const }),
  };
}

/** Bytes that are enough for any instruction. */
export function textAt(target: Target, task: TaskId, address: number, syntax: Syntax): string {
  const bytes = target.machine.read(task, address, LONGEST);
  const insn = decodeAt(target.machine.arch, bytes, 0, address);
  return rowText(
    target,
    { address, bytes: bytes.subarray(0, insn?.length ?? Math.min(1, bytes.length)), insn },
    syntax,
  );
}
