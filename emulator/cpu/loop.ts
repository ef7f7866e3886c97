/** The shapes that stand inline in the interpreter's loop, and the loop made of them. */
import type { Row } from '../isa/x64/row.ts';
import { rows } from '../isa/x64/rows.ts';
import { HOT_SHAPES, WARM_SHAPES } from './hot-shapes.ts';
import { batchModule, FIRST_HANDLER, loopModule } from './interpreter.ts';
import { ROUTINES } from './routine-table.ts';
import { type OperandShape, rowId, type Shape } from './tier0.ts';

const KINDS: Readonly<Record<string, OperandShape['kind']>> = {
  r: 'reg',
  x: 'xmm',
  m: 'mem',
  i: 'imm',
  l: 'rel',
  q: 'mm',
  o: 'other',
};

/** Rows that share a name are told apart by their place. */
const rowsById = new Map<string, Row>(rows.map(row => [rowId(row), row]));

export const ROUTINE_NAMES: readonly string[] = Object.keys(ROUTINES);

export function routineIndex(name: string): number {
  const index = ROUTINE_NAMES.indexOf(name);
  if (index < 0) throw new Error(`no routine ${name}`);
  return index;
}

function parseShape(key: string): Shape | undefined {
  const [name, cond, size, operands] = key.split('|');
  const row = rowsById.get(name);
  if (!row?.lift) return undefined;
  return {
    row,
    cond: Number(cond),
    size: Number(size),
    operands: operands ? operands.split(',').map(o => ({ kind: KINDS[o[0]], width: Number(o.slice(1)) })) : [],
  };
}

const shapesOf = (keys: readonly string[]): Shape[] => keys.map(parseShape).filter(shape => shape !== undefined);

/** In the order of their handlers. */
export const inlineShapes = (): Shape[] => shapesOf(HOT_SHAPES);
/** Their handlers stand behind those of the inline shapes. */
export const warmShapes = (): Shape[] => shapesOf(WARM_SHAPES);

export const generateLoop = (): Uint8Array<ArrayBuffer> => loopModule(inlineShapes(), routineIndex);

export const generateHandlers = (): Uint8Array<ArrayBuffer> =>
  batchModule(warmShapes(), FIRST_HANDLER + inlineShapes().length, routineIndex);
