/**
 * What both emitters share: pure operations on values, and how the lazily kept flags are made and read. The flag cells
 * are described in `abi/amd64/layout.ts`.
 */
import { FA, FC, FO, FS, FZ } from '../abi/amd64/layout.ts';
import type { FlagKind, FlagName, TableName, Val } from '../isa/emitter.ts';
import { constantLoad, i32, i64, lane, type Node, op, select, shuffle, v128 } from './nodes.ts';
import { tableAddress } from './tables.ts';
import type { LoadOp, StoreOp } from './wasm.ts';

/** Values of lifts are nodes; nothing else makes them. */
export const node = (v: Val): Node => v as Node;

const both =
  (name: string) =>
  (a: Val, b: Val): Node =>
    op(`${a.ty}.${name}`, node(a), node(b));

export function zeroExtend(a: Val, from: number, width: number): Node {
  let v = node(a);
  if (from < 4 && v.ty === 'i32') v = op('i32.and', v, i32(from === 1 ? 0xff : 0xffff));
  if (width === 8 && v.ty === 'i32') return op('i64.extend_i32_u', v);
  if (width < 8 && v.ty === 'i64') v = op('i32.wrap_i64', v);
  return v;
}

export function signExtend(a: Val, from: number, width: number): Node {
  let v = node(a);
  if (from === 8) return width === 8 ? v : op('i32.wrap_i64', v);
  if (v.ty === 'i64') v = op('i32.wrap_i64', v);
  if (from === 1) v = op('i32.extend8_s', v);
  if (from === 2) v = op('i32.extend16_s', v);
  return width === 8 ? op('i64.extend_i32_s', v) : v;
}

export function truncate(a: Val, width: number): Node {
  let v = node(a);
  if (width === 8) return v;
  if (v.ty === 'i64') v = op('i32.wrap_i64', v);
  return width === 4 ? v : op('i32.and', v, i32(width === 1 ? 0xff : 0xffff));
}

export const pure = {
  table: (name: TableName, index: Val): Node =>
    constantLoad('i32.load', op('i32.shl', node(index), i32(2)), tableAddress[name]),
  const32: (value: number): Node => i32(value),
  const64: (value: bigint | number): Node => i64(value),
  op: (name: string, ...args: Val[]): Node => op(name, ...(args as Node[])),
  lane: (name: string, index: number, ...args: Val[]): Node => lane(name, index, ...(args as Node[])),
  shuffle: (a: Val, b: Val, lanes: readonly number[]): Node => shuffle(node(a), node(b), lanes),
  vector: (low: bigint, high: bigint): Node => v128(low, high),
  select: (condition: Val, yes: Val, no: Val): Node => select(node(condition), node(yes), node(no)),
  add: both('add'),
  sub: both('sub'),
  mul: both('mul'),
  and: both('and'),
  or: both('or'),
  xor: both('xor'),
  shl: both('shl'),
  shrU: both('shr_u'),
  shrS: both('shr_s'),
  not: (a: Val): Node => (a.ty === 'i64' ? op('i64.xor', node(a), i64(-1)) : op('i32.xor', node(a), i32(-1))),
  eq: both('eq'),
  ne: both('ne'),
  ltU: both('lt_u'),
  ltS: both('lt_s'),
  eqz: (a: Val): Node => op(`${a.ty}.eqz`, node(a)),
  zeroExtend,
  signExtend,
  truncate,
};

/** Integer accesses of 1, 2, 4 and 8 bytes; narrow loads fill with zeros. */
export const LOAD_BY_WIDTH: Readonly<Record<number, LoadOp>> = {
  1: 'i32.load8_u',
  2: 'i32.load16_u',
  4: 'i32.load',
  8: 'i64.load',
};
export const STORE_BY_WIDTH: Readonly<Record<number, StoreOp>> = {
  1: 'i32.store8',
  2: 'i32.store16',
  4: 'i32.store',
  8: 'i64.store',
};

/** Linear offset of a guest address: `fold` of `memory/linear.ts`, as code. */
export const foldOf = (address: Node): Node =>
  op(
    'i32.add',
    op('i32.wrap_i64', address),
    op('i32.shl', op('i32.wrap_i64', op('i64.shr_u', address, i64(32))), i32(24)),
  );

/** Where the lazy cells lie in the register file. */
export const FLAG_CELL: Readonly<Record<keyof FlagCells, number>> = { z: FZ, s: FS, c: FC, o: FO, a: FA };

/** The five lazy cells as values; an absent one keeps its cell. */
export interface FlagCells {
  z?: Node;
  s?: Node;
  c?: Node;
  o?: Node;
  a?: Node;
}

/** The cells that an operation of `size` bytes leaves (Intel SDM volume 1, appendix A; AF of logic is cleared). */
export function cellsOf(kind: FlagKind, a: Node, b: Node, result: Node, size: number, carry?: Val | 'keep'): FlagCells {
  const wide = signExtend(result, size, 8);
  const cells: FlagCells = { z: wide, s: wide };
  if (kind === 'logic') {
    cells.c = i64(0);
    cells.o = i64(0);
    cells.a = i64(0);
    return cells;
  }
  const x = a.ty;
  if (carry === undefined) {
    if (size < 4) cells.c = op('i64.extend_i32_u', op('i32.shr_u', result, i32(size * 8)));
    else if (kind === 'add') cells.c = op('i64.extend_i32_u', op(`${x}.lt_u`, result, a));
    else cells.c = op('i64.extend_i32_u', op(`${x}.lt_u`, a, b));
  } else if (carry !== 'keep') cells.c = op('i64.extend_i32_u', node(carry));
  const xor = (p: Node, q: Node) => op(`${x}.xor`, p, q);
  const ar = xor(a, result);
  const overflow = kind === 'add' ? op(`${x}.and`, ar, xor(b, result)) : op(`${x}.and`, xor(a, b), ar);
  cells.o = signExtend(overflow, size, 8);
  const aux = xor(ar, b);
  cells.a = x === 'i64' ? aux : op('i64.extend_i32_u', aux);
  return cells;
}

/** Cells from single flags given as 0 or 1. */
export function cellsFrom(values: { result?: Val; c?: Val; o?: Val; a?: Val }, size: number): FlagCells {
  const bit = (v: Val, shift: number) => op('i64.shl', zeroExtend(v, 4, 8), i64(shift));
  const cells: FlagCells = {};
  if (values.result) cells.z = cells.s = signExtend(values.result, size, 8);
  if (values.c) cells.c = zeroExtend(values.c, 4, 8);
  if (values.o) cells.o = bit(values.o, 63);
  if (values.a) cells.a = bit(values.a, 4);
  return cells;
}

/** ZF, PF, CF given as 0 or 1; the others clear. */
export function cellsZpc(z: Val, p: Val, c: Val): FlagCells {
  return {
    z: op('i64.extend_i32_u', op('i32.eqz', node(z))),
    s: op('i64.extend_i32_u', op('i32.eqz', node(p))),
    c: op('i64.extend_i32_u', node(c)),
    o: i64(0),
    a: i64(0),
  };
}

/** One flag, 0 or 1, from the cells. */
export function flagOf(name: FlagName, cell: (which: keyof FlagCells) => Node): Node {
  switch (name) {
    case 'z':
      return op('i64.eqz', cell('z'));
    case 's':
      return op('i64.lt_s', cell('s'), i64(0));
    case 'o':
      return op('i64.lt_s', cell('o'), i64(0));
    case 'c':
      return op('i32.and', op('i32.wrap_i64', cell('c')), i32(1));
    case 'a':
      return op('i32.and', op('i32.shr_u', op('i32.wrap_i64', cell('a')), i32(4)), i32(1));
    case 'p': {
      const low = op('i32.and', op('i32.wrap_i64', cell('s')), i32(0xff));
      return op('i32.eqz', op('i32.and', op('i32.popcnt', low), i32(1)));
    }
  }
}

/** Condition codes 0–15 as the encodings number them; bit 0 inverts. */
export function conditionOf(code: number, cell: (which: keyof FlagCells) => Node): Node {
  const flag = (name: FlagName) => flagOf(name, cell);
  const less = () => op('i64.lt_s', op('i64.xor', cell('s'), cell('o')), i64(0));
  const yes = (): Node => {
    switch (code >> 1) {
      case 0:
        return flag('o');
      case 1:
        return flag('c');
      case 2:
        return flag('z');
      case 3:
        return op('i32.or', flag('c'), flag('z'));
      case 4:
        return flag('s');
      case 5:
        return flag('p');
      case 6:
        return less();
      default:
        return op('i32.or', less(), flag('z'));
    }
  };
  return code & 1 ? op('i32.eqz', yes()) : yes();
}
