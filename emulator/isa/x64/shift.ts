/** Shifts and rotates: SDM volume 1, section 5.1.5. The count is taken modulo 32, or 64 for 64-bit operands. */
import type { Emitter, Val } from '../emitter.ts';
import { type FormText, row } from './define.ts';
import type { Row } from './row.ts';

/** The six forms of the shift group; `n` is ModRM.reg (ROL 0 … SAR 7). */
const group2 = (n: number): FormText[] => [
  [`C0 /${n} ib`, 'Eb,Ib'],
  [`C1 /${n} ib`, 'Ev,Ib'],
  [`D0 /${n}`, 'Eb,1'],
  [`D1 /${n}`, 'Ev,1'],
  [`D2 /${n}`, 'Eb,CL'],
  [`D3 /${n}`, 'Ev,CL'],
];

/** The count, masked as the CPU does, in the type of `width` bytes. */
function count(e: Emitter, i: number, width: number): Val {
  return e.zeroExtend(e.and(e.zeroExtend(e.read(i), e.width(i), 4), e.const32(e.size === 8 ? 63 : 31)), 4, width);
}

/**
 * SHL, SHR, SAR. Everything is computed in 64 bits, where counts up to 31 of narrow operands stay in range. A count of
 * zero changes no flag. OF is defined for counts of one only; for others it follows the same rule, as Zen CPUs do.
 */
function shiftBy(e: Emitter, how: 'shl' | 'shr' | 'sar'): void {
  const size = e.size;
  const bits = size * 8;
  const a = how === 'sar' ? e.signExtend(e.read(0), size, 8) : e.zeroExtend(e.read(0), size, 8);
  const n = count(e, 1, 8);
  const one = e.const64(1);
  const before = e.sub(n, one);
  let result: Val;
  let out: Val;
  let overflow: Val;
  const bit = (v: Val, at: Val): Val => e.truncate(e.and(e.shrU(v, at), one), 4);
  const top = e.const64(bits - 1);
  if (how === 'shl') {
    result = e.shl(a, n);
    // The last bit out: bit `bits - n` of the operand. Counts beyond a narrow operand shift out zeros.
    out = size === 8 ? bit(e.shl(a, before), top) : bit(result, e.const64(bits));
    overflow = e.xor(out, bit(result, top));
  } else if (how === 'shr') {
    result = e.shrU(a, n);
    out = bit(e.shrU(a, before), e.const64(0));
    overflow = e.xor(bit(result, top), bit(result, e.const64(bits - 2)));
  } else {
    result = e.shrS(a, n);
    out = bit(e.shrS(a, before), e.const64(0));
    overflow = e.const32(0);
  }
  const r = e.truncate(result, size);
  e.write(0, r);
  e.setFlagsIf(e.op('i64.ne', n, e.const64(0)), { result: r, c: out, o: overflow, a: e.const32(0) });
}

/** ROL and ROR. CF and OF change only when the masked count is not zero; SF, ZF, AF, PF never. */
function rotate(e: Emitter, left: boolean): void {
  const size = e.size;
  const bits = size * 8;
  const ty = size === 8 ? 'i64' : 'i32';
  const a = e.read(0);
  const n = count(e, 1, size === 8 ? 8 : 4);
  let r: Val;
  if (size >= 4) r = e.op(`${ty}.${left ? 'rotl' : 'rotr'}`, a, n);
  else {
    const by = e.and(n, e.const32(bits - 1));
    const back = e.and(e.sub(e.const32(bits), by), e.const32(bits - 1));
    r = e.truncate(left ? e.or(e.shl(a, by), e.shrU(a, back)) : e.or(e.shrU(a, by), e.shl(a, back)), size);
  }
  const bit = (v: Val, at: number): Val => e.truncate(e.and(e.shrU(v, e.int(at)), e.int(1)), 4);
  const high = bit(r, bits - 1);
  const carry = left ? bit(r, 0) : high;
  e.write(0, r);
  e.setFlagsIf(e.eqz(e.eqz(n)), { c: carry, o: left ? e.xor(high, carry) : e.xor(high, bit(r, bits - 2)) });
}

/** RCL and RCR rotate bits + 1 bits: the carry sits above the operand. Wide ones are left to a routine. */
function rotateThroughCarry(e: Emitter, left: boolean): void {
  const size = e.size;
  if (size === 8) {
    const a = e.read(0);
    const n = count(e, 1, 8);
    const c = e.zeroExtend(e.flag('c'), 4, 8);
    const nonzero = e.op('i64.ne', n, e.const64(0));
    const one = e.const64(1);
    const sixtyFour = e.const64(64);
    const bit = (v: Val, at: Val): Val => e.truncate(e.and(e.shrU(v, at), one), 4);
    // A shift by 64 would be a shift by 0 in WebAssembly: split it in two.
    const far = (v: Val, by: Val): Val =>
      left ? e.shrU(e.shrU(v, one), e.sub(by, one)) : e.shl(e.shl(v, one), e.sub(by, one));
    const rest = e.sub(e.const64(65), n);
    const turned = left
      ? e.or(e.or(e.shl(a, n), e.shl(c, e.sub(n, one))), far(a, rest))
      : e.or(e.or(e.shrU(a, n), e.shl(c, e.sub(sixtyFour, n))), far(a, rest));
    const r = e.select(nonzero, turned, a);
    const out = left ? bit(a, e.sub(sixtyFour, n)) : bit(a, e.sub(n, one));
    e.write(0, r);
    const high = bit(r, e.const64(63));
    e.setFlagsIf(nonzero, { c: out, o: left ? e.xor(high, out) : e.xor(high, bit(r, e.const64(62))) });
    return;
  }
  const bits = size * 8;
  const width = e.const64(bits + 1);
  const a = e.or(e.zeroExtend(e.read(0), size, 8), e.shl(e.zeroExtend(e.flag('c'), 4, 8), e.const64(bits)));
  const masked = count(e, 1, 8);
  const n = e.op('i64.rem_u', masked, width);
  const back = e.sub(width, n);
  const turned = left ? e.or(e.shl(a, n), e.shrU(a, back)) : e.or(e.shrU(a, n), e.shl(a, back));
  const r = e.truncate(turned, size);
  const bit = (at: number): Val => e.truncate(e.and(e.shrU(turned, e.const64(at)), e.const64(1)), 4);
  e.write(0, r);
  const out = bit(bits);
  e.setFlagsIf(e.op('i64.ne', masked, e.const64(0)), {
    c: out,
    o: left ? e.xor(bit(bits - 1), out) : e.xor(bit(bits - 1), bit(bits - 2)),
  });
}

/** SHLD and SHRD. For 16-bit operands a count above 16 is undefined; Zen CPUs go on with the source once more. */
function shiftDouble(e: Emitter, left: boolean): void {
  const size = e.size;
  const bits = size * 8;
  const a = e.zeroExtend(e.read(0), size, 8);
  const b = e.zeroExtend(e.read(1), size, 8);
  const n = count(e, 2, 8);
  const one = e.const64(1);
  const width = e.const64(bits);
  const bit = (v: Val, at: Val): Val => e.truncate(e.and(e.shrU(v, at), one), 4);
  let result: Val;
  let out: Val;
  if (size === 8) {
    // n is 1 to 63 where it matters, so the complementary shift is too.
    result = left ? e.or(e.shl(a, n), e.shrU(b, e.sub(width, n))) : e.or(e.shrU(a, n), e.shl(b, e.sub(width, n)));
    result = e.select(e.eqz(n), a, result);
    out = left ? bit(a, e.sub(width, n)) : bit(a, e.sub(n, one));
  } else if (left) {
    const chain =
      size === 4 ? e.or(e.shl(a, e.const64(32)), b) : e.or(e.or(e.shl(a, e.const64(32)), e.shl(b, e.const64(16))), b);
    const shifted = e.shl(chain, n);
    result = e.shrU(shifted, e.const64(32));
    out = bit(chain, e.sub(e.const64(32 + bits), n));
  } else {
    const chain =
      size === 4 ? e.or(a, e.shl(b, e.const64(32))) : e.or(e.or(a, e.shl(b, e.const64(16))), e.shl(b, e.const64(32)));
    result = e.shrU(chain, n);
    out = bit(chain, e.sub(n, one));
  }
  const r = e.truncate(result, size);
  e.write(0, r);
  const top = e.const64(bits - 1);
  const topBits = (v: Val): Val => e.xor(bit(v, top), bit(v, e.const64(bits - 2)));
  // Nothing is carried out beyond a narrow operand.
  if (size === 2) out = e.select(e.ltU(width, n), e.const32(0), out);
  let overflow: Val;
  // Of a count of one: whether the sign changed. Of others undefined; Zen CPUs go by the same bits.
  if (!left) overflow = topBits(e.zeroExtend(r, size, 8));
  else {
    overflow = e.xor(out, bit(e.zeroExtend(r, size, 8), top));
    // From 16 on the sign does not take part.
    if (size === 2) overflow = e.select(e.ltU(n, width), overflow, out);
  }
  e.setFlagsIf(e.op('i64.ne', n, e.const64(0)), {
    result: r,
    c: out,
    o: overflow,
    a: e.const32(0),
  });
}

export const shift: readonly Row[] = [
  row(
    'rol',
    'Rotates the bits left: those that leave at the top come back at the bottom.',
    { writes: 'oc' },
    group2(0),
    e => rotate(e, true),
  ),

  row(
    'ror',
    'Rotates the bits right: those that leave at the bottom come back at the top.',
    { writes: 'oc' },
    group2(1),
    e => rotate(e, false),
  ),

  row(
    'rcl',
    'Rotates left through the carry flag, as if it were one more bit on top.',
    { writes: 'oc', reads: 'c' },
    group2(2),
    e => rotateThroughCarry(e, true),
  ),

  row(
    'rcr',
    'Rotates right through the carry flag, as if it were one more bit below.',
    { writes: 'oc', reads: 'c' },
    group2(3),
    e => rotateThroughCarry(e, false),
  ),

  row(
    'shl',
    'Shifts left and fills with zeros: multiplies by a power of two; the last bit shifted out goes to the carry flag.',
    { writes: 'oszpc', undefined: 'a' },
    // /6 is the undocumented twin of /4 (SAL).
    [...group2(4), ...group2(6)],
    e => shiftBy(e, 'shl'),
  ),

  row(
    'shr',
    'Shifts right and fills with zeros: divides an unsigned value by a power of two.',
    { writes: 'oszpc', undefined: 'a' },
    group2(5),
    e => shiftBy(e, 'shr'),
  ),

  row(
    'sar',
    'Shifts right and fills with the sign: divides a signed value by a power of two, rounding down.',
    { writes: 'oszpc', undefined: 'a' },
    group2(7),
    e => shiftBy(e, 'sar'),
  ),

  row(
    'shld',
    'Shifts the destination left and fills from the top bits of the second operand.',
    { writes: 'oszpc', undefined: 'a' },
    [
      ['0F A4 /r ib', 'Ev,Gv,Ib'],
      ['0F A5 /r', 'Ev,Gv,CL'],
    ],
    e => shiftDouble(e, true),
  ),

  row(
    'shrd',
    'Shifts the destination right and fills from the low bits of the second operand.',
    { writes: 'oszpc', undefined: 'a' },
    [
      ['0F AC /r ib', 'Ev,Gv,Ib'],
      ['0F AD /r', 'Ev,Gv,CL'],
    ],
    e => shiftDouble(e, false),
  ),
];
