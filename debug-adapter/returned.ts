/** What a function has given back, while its results are still where the convention put them. */
import type { ValueType } from '../emulator/abi/go-abi.ts';
import type { TaskId } from '../emulator/kernel/api.ts';
import type { CodeFunction } from '../emulator/symbols/program.ts';
import { functionFacts } from '../emulator/symbols/stop-facts.ts';
import { resultValue } from './call-values.ts';
import { type Item, partsOf } from './data.ts';
import type { Target } from './session.ts';

/**
 * None where nothing tells what it returns.
 * @param sp the stack pointer behind the return instruction
 */
export function returnedItems(target: Target, task: TaskId, fn: CodeFunction, sp: number): Item[] {
  const facts = functionFacts(target.program, fn);
  const isC = fn.language === 'other';
  const results = facts.values?.filter(value => value.isResult) ?? [];
  if (!facts.values || (!isC && results.length === 0)) return [];
  const abi = isC ? 'C' : facts.abi === 'ABI0' ? 'ABI0' : 'ABIInternal';
  const value = resultValue(target, task, fn, facts.values, abi, sp);
  const data = 'data' in value ? value.data : undefined;
  if (!data || (isC && isSplit(data.type))) return [];
  if (results.length > 1) return partsOf(data)?.named() ?? [];
  return [{ name: results[0]?.name.replace(/^~/, '') ?? 'result', type: data.type, data }];
}

/** C gives structs back in registers by rules of their own, or in memory of the caller's. */
const isSplit = ({ kind, size }: ValueType): boolean => kind === 'struct' || kind === 'unknown' || size > 8;
