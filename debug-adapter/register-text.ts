/** What a register's value is, in a few words: a symbol, a string it points to, flags by letter, small numbers. */
import type { RegisterRow } from '../emulator/abi/arch.ts';
import type { TaskId } from '../emulator/kernel/api.ts';
import { labelOf } from './evaluate.ts';
import type { Target } from './session.ts';
import { escapeText } from './text.ts';

export function flagsText(row: RegisterRow, value: bigint): string {
  const set = (row.flags ?? []).filter(([, bit]) => (value >> BigInt(bit)) & 1n).map(([name]) => name);
  return `[ ${set.join(' ')}${set.length > 0 ? ' ' : ''}]`;
}

export function registerText(target: Target, task: TaskId, row: RegisterRow, value: bigint): string {
  if (row.bits !== 64) return '';
  if (value < 0x1000n) return value > 9n ? value.toString() : '';
  if (value >= 1n << 63n) return BigInt.asIntN(64, value) > -0x10000n ? BigInt.asIntN(64, value).toString() : '';
  if (value >= 1n << 47n) return '';
  const address = Number(value);
  const label = labelOf(target, address);
  if (label !== undefined) return `<${label}>`;
  const bytes = target.machine.read(task, address, 64);
  if (bytes.length === 0) return value < 0x100000n ? value.toString() : '';
  const end = bytes.findIndex(byte => (byte < 0x20 && byte !== 9 && byte !== 10) || byte > 0x7e);
  const text = bytes.subarray(0, end < 0 ? bytes.length : end);
  if (text.length >= 4) return escapeText(new TextDecoder().decode(text), 40);
  const mapping = target.machine.mappings(task).find(m => address >= m.start && address < m.end);
  return mapping?.name ? mapping.name : '';
}
