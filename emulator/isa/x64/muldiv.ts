/** Multiplication and division of integers. Two rows share the name `imul`: one widens into two registers, one does not. */

import { RAX, RDX } from '../../abi/amd64/layout.ts';
import type { Emitter, IntWidth, Val } from '../emitter.ts';
import { row } from './define.ts';
import type { Row } from './row.ts';

/** High 64 bits of a 64 × 64-bit product, from four 32-bit ones (WebAssembly has no wide multiplication). */
function multiplyHigh(e: Emitter, a: Val, b: Val, signed: boolean): Val {
  const mask = e.const64(0xffff_ffff);
  const half = e.const64(32);
  const al = e.and(a, mask);
  const ah = e.shrU(a, half);
  const bl = e.and(b, mask);
  const bh = e.shrU(b, half);
  const low = e.mul(al, bl);
  const middle = e.add(e.mul(ah, bl), e.shrU(low, half));
  const other = e.add(e.mul(al, bh), e.and(middle, mask));
  const high = e.add(e.add(e.mul(ah, bh), e.shrU(middle, half)), e.shrU(other, half));
  if (!signed) return high;
  const sign = e.const64(63);
  return e.sub(e.sub(high, e.and(e.shrS(a, sign), b)), e.and(e.shrS(b, sign), a));
}

/** The one-operand forms. SF, ZF, AF and PF are undefined; they follow the low half, as Zen CPUs leave them. */
function widen(e: Emitter, signed: boolean): void {
  const b = e.read(0);
  if (e.size === 8) {
    const a = e.get(RAX, 8);
    const low = e.mul(a, b);
    const high = multiplyHigh(e, a, b, signed);
    e.set(RAX, 8, low);
    e.set(RDX, 8, high);
    const over = signed ? e.ne(high, e.shrS(low, e.const64(63))) : e.ne(high, e.const64(0));
    e.setFlags({ result: low, c: over, o: over, a: e.const32(0) });
    return;
  }
  const size = e.size as IntWidth;
  const extend = signed ? e.signExtend : e.zeroExtend;
  const wide = e.mul(extend(e.get(RAX, size), size, 8), extend(b, size, 8));
  const low = e.truncate(wide, size);
  if (size === 1) e.set(RAX, 2, e.truncate(wide, 4));
  else {
    e.set(RAX, size, low);
    e.set(RDX, size, e.truncate(e.shrU(wide, e.const64(size * 8)), 4));
  }
  const over = e.ne(wide, extend(low, size, 8));
  e.setFlags({ result: low, c: over, o: over, a: e.const32(0) });
}

/** Quotient and remainder; a 128-bit dividend that is no extension of its low half goes to the routine. */
function divide(e: Emitter, signed: boolean): void {
  const kind = signed ? 's' : 'u';
  const size = e.size as IntWidth;
  if (size === 8) {
    const divisor = e.read(0);
    const low = e.get(RAX, 8);
    const high = e.get(RDX, 8);
    const simple = signed ? e.eq(high, e.shrS(low, e.const64(63))) : e.eqz(high);
    const zero = e.eqz(divisor);
    // −2^63 / −1 overflows: the routine faults.
    const safe = signed
      ? e.and(simple, e.eqz(e.and(e.eq(divisor, e.const64(-1)), e.eq(low, e.const64(-0x8000_0000_0000_0000n)))))
      : simple;
    e.when(
      e.and(safe, e.eqz(zero)),
      () => {
        e.set(RAX, 8, e.op(`i64.div_${kind}`, low, divisor));
        e.set(RDX, 8, e.op(`i64.rem_${kind}`, low, divisor));
      },
      () => e.routine(signed ? 'idiv128' : 'div128'),
    );
    return;
  }
  const extend = signed ? e.signExtend : e.zeroExtend;
  const bits = e.const64(size * 8);
  const divisor = extend(e.read(0), size, 8);
  const pair =
    size === 1
      ? extend(e.get(RAX, 2), 2, 8)
      : extend2(
          e,
          e.or(e.shl(e.zeroExtend(e.get(RDX, size), size, 8), bits), e.zeroExtend(e.get(RAX, size), size, 8)),
          size,
          signed,
        );
  e.trapIf(e.eqz(divisor), 'divide');
  if (signed && size === 4) {
    e.trapIf(e.and(e.eq(divisor, e.const64(-1)), e.eq(pair, e.const64(-0x8000_0000_0000_0000n))), 'divide');
  }
  const quotient = e.op(`i64.div_${kind}`, pair, divisor);
  const remainder = e.op(`i64.rem_${kind}`, pair, divisor);
  e.trapIf(e.ne(extend(e.truncate(quotient, size), size, 8), quotient), 'divide');
  if (size === 1) e.set(RAX, 2, e.or(e.truncate(quotient, 1), e.shl(e.truncate(remainder, 1), e.const32(8))));
  else {
    e.set(RAX, size, e.truncate(quotient, size));
    e.set(RDX, size, e.truncate(remainder, size));
  }
}

/** A register pair of 2 × `size` bytes, as 64 bits. */
function extend2(e: Emitter, pair: Val, size: number, signed: boolean): Val {
  if (size === 4 || !signed) return pair;
  return e.signExtend(e.truncate(pair, 4), 4, 8);
}

export const muldiv: readonly Row[] = [
  row(
    'mul',
    'Multiplies the accumulator by the operand, unsigned; the product is twice as wide and goes to RDX:RAX (AX for bytes).',
    { writes: 'oc', undefined: 'szap' },
    [
      ['F6 /4', 'Eb'],
      ['F7 /4', 'Ev'],
    ],
    e => widen(e, false),
  ),

  row(
    'imul',
    'Multiplies the accumulator by the operand, signed; the product is twice as wide and goes to RDX:RAX (AX for bytes).',
    { writes: 'oc', undefined: 'szap' },
    [
      ['F6 /5', 'Eb'],
      ['F7 /5', 'Ev'],
    ],
    e => widen(e, true),
  ),

  row(
    'imul',
    'Multiplies two signed values and keeps the low half; carry and overflow tell that the product did not fit.',
    { writes: 'oc', undefined: 'szap' },
    [
      ['0F AF /r', 'Gv,Ev'],
      ['69 /r iz', 'Gv,Ev,Iz'],
      ['6B /r ib', 'Gv,Ev,sIb'],
    ],
    e => {
      const i = e.operandCount === 3 ? 1 : 0;
      const a = e.read(i);
      const b = e.read(i + 1);
      if (e.size === 8) {
        const r = e.mul(a, b);
        const high = multiplyHigh(e, a, b, true);
        e.write(0, r);
        const over = e.ne(high, e.shrS(r, e.const64(63)));
        e.setFlags({ result: r, c: over, o: over, a: e.const32(0) });
        return;
      }
      const wide = e.mul(e.signExtend(a, e.size, 8), e.signExtend(b, e.size, 8));
      const r = e.truncate(wide, e.size);
      e.write(0, r);
      const over = e.ne(wide, e.signExtend(r, e.size, 8));
      e.setFlags({ result: r, c: over, o: over, a: e.const32(0) });
    },
  ),

  row(
    'div',
    'Divides RDX:RAX (AX for bytes) by the operand, unsigned: quotient to RAX, remainder to RDX; faults on zero or overflow.',
    { undefined: 'oszapc' },
    [
      ['F6 /6', 'Eb'],
      ['F7 /6', 'Ev'],
    ],
    e => divide(e, false),
  ),

  row(
    'idiv',
    'Divides RDX:RAX (AX for bytes) by the operand, signed: quotient to RAX, remainder to RDX; faults on zero or overflow.',
    { undefined: 'oszapc' },
    [
      ['F6 /7', 'Eb'],
      ['F7 /7', 'Ev'],
    ],
    e => divide(e, true),
  ),

  row(
    'cbw',
    'Sign-extends the accumulator into itself at twice the width: AL to AX, AX to EAX (CWDE), EAX to RAX (CDQE).',
    {},
    [['98', '']],
    e => {
      const half = (e.size / 2) as IntWidth;
      e.set(RAX, e.size as IntWidth, e.signExtend(e.get(RAX, half), half, e.size));
    },
  ),

  row(
    'cwd',
    'Fills DX, EDX (CDQ) or RDX (CQO) with the sign of the accumulator, which readies the pair for a signed division.',
    {},
    [['99', '']],
    e => {
      const s = e.size as IntWidth;
      e.set(
        RDX,
        s,
        s === 8 ? e.shrS(e.get(RAX, 8), e.const64(63)) : e.shrS(e.signExtend(e.get(RAX, s), s, 4), e.const32(31)),
      );
    },
  ),
];
