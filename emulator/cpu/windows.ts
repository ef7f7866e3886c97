/**
 * Checked memory in compiled code. Accesses through the same base, at constant distances, share one *window*: a range
 * whose page tags are compared once, before the first of them. That is exact because no tag changes while compiled code
 * runs: whatever changes one is outside, and gets there by leaving every region first.
 */
import { fold, READ_TAGS, WRITE_TAGS } from '../memory/linear.ts';
import { FAILED_TAG } from './layout.ts';
import { constantOf, i32, i64, type Node, op, pinned, type Statement, use } from './nodes.ts';
import { foldOf } from './ops.ts';

/** A window may touch two pages. */
export const WINDOW_LIMIT = 4096;
/** A window that was opened before a conditional jump grows by this much at most behind it. */
export const FAR_LIMIT = 256;

export interface Window {
  readonly base: Node;
  /** The range is [base + lo, base + hi). */
  lo: number;
  hi: number;
  write: boolean;
  /** Linear offset of base + lo. */
  readonly offset: Node;
  /** What happens when an access of the range is not allowed. */
  readonly leave: Statement[];
  /** How many conditional jumps stood before it in its block. */
  readonly jumps: number;
}

export function openWindow(
  base: Node,
  lo: number,
  hi: number,
  write: boolean,
  jumps: number,
  leave: Statement[],
): Window {
  use(base);
  const offset = pinned('i32');
  // Its place is always written.
  offset.uses = 1;
  return { base, lo, hi, write, offset, leave, jumps };
}

/** Whether the window could also serve these bytes; then it does. */
export function extend(w: Window, lo: number, hi: number, write: boolean, jumps: number): boolean {
  if (write && !w.write) {
    // What stands before it in a straight line may as well ask for writing at once.
    if (jumps !== w.jumps) return false;
    w.write = true;
  }
  if (lo >= w.lo && hi <= w.hi) return true;
  const from = Math.min(lo, w.lo);
  const to = Math.max(hi, w.hi);
  if (to - from > (jumps === w.jumps ? WINDOW_LIMIT : FAR_LIMIT)) return false;
  w.lo = from;
  w.hi = to;
  return true;
}

/** The statements of a window's check, when it is known how large it became. */
export function windowCheck(w: Window): Statement[] {
  const list: Statement[] = [];
  const size = w.hi - w.lo;
  const constant = constantOf(w.base);
  const put = (s: Statement) => list.push(s);
  const first = pinned('i64');
  const a = constant === undefined ? op('i64.add', w.base, i64(w.lo)) : i64(constant + BigInt(w.lo));
  put({ is: 'pin', node: first, value: use(a) });
  put({
    is: 'pin',
    node: w.offset,
    value: use(constant === undefined ? foldOf(first) : i32(fold(Number(constant) + w.lo))),
  });
  checkRange(list, first, w.offset, size, w.write, w.leave);
  return list;
}

/** Compares the tags of a range's pages; `leave` is done when one does not match. */
export function checkRange(
  list: Statement[],
  first: Node,
  offset: Node,
  size: number,
  write: boolean,
  leave: Statement[],
): void {
  const tags = write ? WRITE_TAGS : READ_TAGS;
  const tagAt = (at: Node): Node => op('i32.shl', op('i32.shr_u', at, i32(12)), i32(3));
  const last = pinned('i64');
  list.push({ is: 'pin', node: last, value: use(op('i64.or', op('i64.add', first, i64(size - 1)), i64(0xfff))) });
  const tag = pinned('i64');
  list.push({ is: 'pin', node: tag, load: { op: 'i64.load', address: use(tagAt(offset)), offset: tags } });
  const failed = op('i64.ne', tag, last);
  // One instruction's access that crosses a page is left to tier 0; a range may lie on two pages.
  if (size <= 8) {
    // V8 loads twice what is only compared, once for the comparison and once because a load may trap: so it is kept.
    const kept: Statement = { is: 'store', op: 'i64.store', address: use(i32(0)), offset: FAILED_TAG, value: use(tag) };
    list.push({ is: 'if', condition: use(failed), yes: [kept, ...leave], no: [] });
    return;
  }
  const end = pinned('i64');
  const second: Statement[] = [
    {
      is: 'pin',
      node: end,
      load: { op: 'i64.load', address: use(tagAt(op('i32.add', offset, i32(size - 1)))), offset: tags },
    },
    {
      is: 'if',
      condition: use(op('i32.or', op('i64.ne', tag, op('i64.or', first, i64(0xfff))), op('i64.ne', end, last))),
      yes: leave,
      no: [],
    },
  ];
  list.push({ is: 'if', condition: use(failed), yes: second, no: [] });
}
