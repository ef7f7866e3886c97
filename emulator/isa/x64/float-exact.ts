/**
 * Whether a rounded result was exact. While PE is clear in MXCSR (or its exception is not masked), only exact results
 * may take the fast path: programs that compute with small whole numbers stay there, and the first inexact result of
 * the others sets PE. Each test may call an exact result inexact, never the other way.
 */
import type { Emitter, Val } from '../emitter.ts';
import type { Lanes, Scalar } from './float-lanes.ts';
import { everywhere, infinityBits, scalarOf, zeros } from './float-lanes.ts';

export type Operation = 'add' | 'sub' | 'mul' | 'div' | 'sqrt';

/**
 * Lets a result pass that MXCSR has no objection to: everything is rounded where FP_FAST is 1, `inexact` (0 or 1) is
 * the routine's where it is 2, and everything where it is 0.
 */
export function whileFast(e: Emitter, routine: string, inexact: () => Val): void {
  const fast = e.fpFast();
  e.when(e.ne(fast, e.const32(1)), () => e.rare(e.or(e.eqz(fast), inexact()), routine));
}

/** The error of a sum r = a ± b, itself exact (Knuth's TwoSum). */
function sumError(e: Emitter, ty: string, name: 'add' | 'sub', a: Val, b: Val, r: Val): Val {
  const f = (op: string, x: Val, y: Val): Val => e.op(`${ty}.${op}`, x, y);
  const part = f('sub', r, a);
  const fromA = f('sub', a, f('sub', r, part));
  return name === 'add' ? f('add', fromA, f('sub', b, part)) : f('sub', fromA, f('add', b, part));
}

/** Whether two significands may need more than 53 bits when multiplied: by the zeros at their ends. */
function longProduct(e: Emitter, a: Val, b: Val): Val {
  const trailing = (v: Val): Val =>
    e.op('i64.ctz', e.or(e.op('i64.reinterpret_f64', v), e.const64(0x0010_0000_0000_0000n)));
  return e.ltU(e.add(trailing(a), trailing(b)), e.const64(53));
}

const double = (e: Emitter, v: Val): Val => e.op('f64.promote_f32', v);

/** Of a scalar; a square root has its operand twice. Zeros and infinities are right, or would not get here. */
export function inexact(e: Emitter, s: Scalar, name: Operation, a: Val, b: Val, r: Val): Val {
  const between = e.and(
    e.op(`${s.ty}.ne`, r, scalarOf(e, s, 0n)),
    e.op(`${s.ty}.ne`, e.op(`${s.ty}.abs`, r), scalarOf(e, s, infinityBits(s))),
  );
  if (name === 'add' || name === 'sub')
    return e.and(between, e.op(`${s.ty}.ne`, sumError(e, s.ty, name, a, b, r), scalarOf(e, s, 0n)));
  // What was multiplied, and what should have come out.
  const [x, y, product] = name === 'mul' ? [a, b, r] : name === 'div' ? [r, b, a] : [r, r, a];
  if (s.bytes === 4)
    return e.and(between, e.op('f64.ne', e.op('f64.mul', double(e, x), double(e, y)), double(e, product)));
  const long = longProduct(e, x, y);
  return e.and(between, name === 'mul' ? long : e.or(long, e.op('f64.ne', e.op('f64.mul', x, y), product)));
}

const HALF = [8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7] as const;
/** The two upper floats as doubles. */
export const upperDoubles = (e: Emitter, v: Val): Val => e.op('f64x2.promote_low_f32x4', e.shuffle(v, v, HALF));
export const lowerDoubles = (e: Emitter, v: Val): Val => e.op('f64x2.promote_low_f32x4', v);

/** Lanes whose product p = x × y is inexact (Dekker, with Veltkamp's splitting); errors far below 1 would be lost. */
function productErrors(e: Emitter, l: Lanes, x: Val, y: Val, p: Val): Val {
  const f = (op: string, u: Val, v: Val): Val => e.op(`f64x2.${op}`, u, v);
  const split = (v: Val): [Val, Val] => {
    const c = f('mul', v, everywhere(e, l, 0x41a0_0000_0200_0000n));
    const high = f('sub', c, f('sub', c, v));
    return [high, f('sub', v, high)];
  };
  const [xh, xl] = split(x);
  const [yh, yl] = split(y);
  const left = f('add', f('add', f('sub', f('mul', xh, yh), p), f('mul', xh, yl)), f('mul', xl, yh));
  const error = f('add', left, f('mul', xl, yl));
  const small = f('lt', e.op('f64x2.abs', p), everywhere(e, l, 0x1000_0000_0000_0000n));
  const lost = e.op('v128.and', small, f('ne', p, zeros(e)));
  return e.op('v128.or', f('ne', error, zeros(e)), lost);
}

/** Of packed lanes: whether any is. */
export function anyInexact(e: Emitter, l: Lanes, name: Operation, a: Val, b: Val, r: Val): Val {
  const any = (v: Val): Val => e.op('v128.any_true', v);
  if (name === 'add' || name === 'sub') return any(e.op(`${l.ty}.ne`, sumError(e, l.ty, name, a, b, r), zeros(e)));
  const [x, y, product] = name === 'mul' ? [a, b, r] : name === 'div' ? [r, b, a] : [r, r, a];
  if (l.width === 32) {
    const differs = (part: (e: Emitter, v: Val) => Val): Val =>
      e.op('f64x2.ne', e.op('f64x2.mul', part(e, x), part(e, y)), part(e, product));
    return any(e.op('v128.or', differs(lowerDoubles), differs(upperDoubles)));
  }
  if (name === 'mul') return any(productErrors(e, l, x, y, product));
  const p = e.op('f64x2.mul', x, y);
  return any(e.op('v128.or', productErrors(e, l, x, y, p), e.op('f64x2.ne', p, product)));
}
