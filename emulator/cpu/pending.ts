/**
 * Flags that compiled code has not evaluated: the kind of the last operation and two values, carried between blocks and
 * regions. Most flags are overwritten before anybody asks. Whoever goes on in tier 0 evaluates them first.
 */
import type { FlagKind } from '../isa/emitter.ts';
import * as L from './layout.ts';
import { i32, i64, type Node, op, pinned, type Statement, select, use } from './nodes.ts';
import { FLAG_CELL, type FlagCells } from './ops.ts';

export const FLAG_KEYS = ['z', 's', 'c', 'o', 'a'] as const;

const KINDS: readonly FlagKind[] = ['logic', 'add', 'sub'];
/** The bits of a kind that number the operation; 0 means that the cells hold. */
export const OPERATION = 15;
/** CF, OF are in their cells whatever the operation says. */
export const CARRY_APART = 16;
export const OVERFLOW_APART = 32;

/** Number of an operation whose flags are not evaluated yet. */
export const pendingKind = (kind: FlagKind, size: number): number => 1 + KINDS.indexOf(kind) * 4 + Math.log2(size);

export function pendingOperation(code: number): { kind: FlagKind; size: number } | undefined {
  const n = (code & OPERATION) - 1;
  return n < 0 ? undefined : { kind: KINDS[n >> 2], size: 1 << (n & 3) };
}

/**
 * The cells that a pending operation amounts to, whichever it is; what is apart and whether there is one is for the
 * caller to ask. Two values at the operation's width, zero-extended, tell all: of a subtraction x − y its operands, of an
 * addition its sum x and one operand y, of logic its result x and 0. So CF is x < y, unsigned, of all of them.
 */
export function evaluated(kind: Node, x: Node, y: Node): { [which in keyof Required<FlagCells>]: Node } {
  const n = op('i32.sub', op('i32.and', kind, i32(OPERATION)), i32(1));
  /** 64 less the operation's width in bits: a shift to the top and back sign-extends. */
  const up = op('i64.sub', i64(64), op('i64.shl', i64(8), op('i64.extend_i32_u', op('i32.and', n, i32(3)))));
  const wide = (v: Node): Node => op('i64.shr_s', op('i64.shl', v, up), up);
  const isAdd = op('i32.eq', op('i32.shr_u', n, i32(2)), i32(KINDS.indexOf('add')));
  const difference = op('i64.sub', x, y);
  const result = select(isAdd, x, difference);
  const a = select(isAdd, difference, x);
  const differ = op('i64.xor', a, result);
  // A sum overflows when both operands differ from it in sign, a difference when a differs from y and from it.
  const other = op('i64.xor', y, x);
  return {
    z: wide(result),
    s: wide(result),
    c: op('i64.extend_i32_u', op('i64.lt_u', x, y)),
    o: wide(op('i64.and', differ, other)),
    a: op('i64.xor', differ, y),
  };
}

/** Statements that evaluate what a region left pending, into the cells. */
export function evaluatePending(): Statement[] {
  const load = (ty: 'i32' | 'i64', offset: number): Node => {
    const n = pinned(ty);
    list.push({
      is: 'pin',
      node: n,
      load: { op: ty === 'i32' ? 'i32.load' : 'i64.load', address: use(i32(0)), offset },
    });
    return n;
  };
  const list: Statement[] = [];
  const kind = load('i32', L.PENDING_KIND);
  const cells = evaluated(kind, load('i64', L.PENDING_X), load('i64', L.PENDING_Y));
  const done: Statement[] = [];
  const put = (which: keyof FlagCells, to = done) =>
    to.push({
      is: 'store',
      op: 'i64.store',
      address: use(i32(0)),
      offset: L.REGS + FLAG_CELL[which] * 8,
      value: use(cells[which]),
    });
  const unless = (apart: number, which: keyof FlagCells) => {
    const yes: Statement[] = [];
    put(which, yes);
    done.push({ is: 'if', condition: use(op('i32.eqz', op('i32.and', kind, i32(apart)))), yes, no: [] });
  };
  put('z');
  put('s');
  unless(CARRY_APART, 'c');
  unless(OVERFLOW_APART, 'o');
  put('a');
  done.push({ is: 'store', op: 'i32.store', address: use(i32(0)), offset: L.PENDING_KIND, value: use(i32(0)) });
  list.push({ is: 'if', condition: use(op('i32.and', kind, i32(OPERATION))), yes: done, no: [] });
  return list;
}
