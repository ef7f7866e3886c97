/**
 * Faults to be found: each makes one row's meaning wrong in one small way, by an emitter that does one thing otherwise.
 * They are the mistakes that lifts are prone to: a wrong flag, a missing truncation, swapped operands, a wrong sign
 * extension, a shift count's mask, a lane.
 */
import type { Emitter, Val } from '../../../emulator/isa/emitter.ts';

export interface Fault {
  row: string;
  what: string;
  /** What the emitter does otherwise. */
  wrong(e: Emitter): Partial<Emitter>;
}

/** One WebAssembly operation instead of another. */
const instead =
  (of: string, other: string) =>
  (e: Emitter): Partial<Emitter> => ({
    op: (name, ...args) => e.op(name === of ? other : name, ...args),
  });
const zeroExtends = (e: Emitter): Partial<Emitter> => ({ signExtend: e.zeroExtend });
const signExtends = (e: Emitter): Partial<Emitter> => ({ zeroExtend: e.signExtend });
const swapped = (e: Emitter): Partial<Emitter> => ({ read: i => e.read(1 - i) });
const swappedVectors = (e: Emitter): Partial<Emitter> => ({ readVector: (i, aligned) => e.readVector(1 - i, aligned) });

export const FAULTS: readonly Fault[] = [
  { row: 'add', what: 'no carry', wrong: e => ({ flags: (_, a, b, r) => e.flags('logic', a, b, r) }) },
  { row: 'adc', what: 'the carry is not added', wrong: e => ({ flag: () => e.const32(0) }) },
  { row: 'sbb', what: 'the borrow is not taken', wrong: e => ({ flag: () => e.const32(0) }) },
  { row: 'sub', what: 'operands swapped', wrong: swapped },
  { row: 'cmp', what: 'flags of an addition', wrong: e => ({ flags: (_, a, b, r) => e.flags('add', a, b, r) }) },
  { row: 'inc', what: 'CF changes', wrong: e => ({ flags: (k, a, b, r) => e.flags(k, a, b, r) }) },
  { row: 'dec', what: 'off by one', wrong: e => ({ int: (v, w) => e.int(v + 1, w) }) },
  { row: 'neg', what: 'CF is inverted', wrong: e => ({ flags: (k, a, b, r) => e.flags(k, b, a, r) }) },
  { row: 'xadd', what: 'the source is not loaded', wrong: e => ({ write: (i, v) => i === 0 && e.write(0, v) }) },
  { row: 'cmpxchg', what: 'the accumulator is not loaded', wrong: () => ({ set: () => {} }) },
  { row: 'adcx', what: 'the carry goes to OF', wrong: e => ({ setFlags: v => e.setFlags({ o: v.c }) }) },
  { row: 'adox', what: 'takes CF', wrong: e => ({ flag: () => e.flag('c') }) },
  {
    row: 'mul',
    what: 'the high half is not stored',
    wrong: e => ({ set: (r, w, v) => (r === 2 ? undefined : e.set(r, w, v)) }),
  },
  { row: 'imul', what: 'sign forgotten', wrong: zeroExtends },
  {
    row: 'div',
    what: 'remainder and quotient are one',
    wrong: e => ({ op: (name, ...args) => e.op(name.replace('rem', 'div'), ...args) }),
  },
  { row: 'idiv', what: 'sign forgotten', wrong: zeroExtends },
  { row: 'cbw', what: 'sign forgotten', wrong: zeroExtends },
  { row: 'and', what: 'carry and overflow', wrong: e => ({ flags: (_, a, b, r) => e.flags('add', a, b, r) }) },
  { row: 'or', what: 'exclusive', wrong: e => ({ or: e.xor }) },
  { row: 'xor', what: 'flags of an operand', wrong: e => ({ flags: (k, a, b) => e.flags(k, a, b, a) }) },
  { row: 'test', what: 'OR', wrong: e => ({ and: e.or }) },
  { row: 'not', what: 'negates', wrong: e => ({ not: a => e.sub(e.int(0), a) }) },
  {
    row: 'shl',
    what: 'count masked to five bits always',
    wrong: e => ({ const32: v => e.const32(v === 63 ? 31 : v) }),
  },
  { row: 'shr', what: 'count masked to four bits', wrong: e => ({ const32: v => e.const32(v === 31 ? 15 : v) }) },
  { row: 'sar', what: 'shifts zeros in', wrong: zeroExtends },
  {
    row: 'rol',
    what: 'OF is CF',
    wrong: e => ({ setFlagsIf: (c, v) => e.setFlagsIf(c, { ...v, o: v.c }) }),
  },
  { row: 'ror', what: 'a count of zero changes flags', wrong: e => ({ setFlagsIf: (_, v) => e.setFlags(v) }) },
  { row: 'rcl', what: 'the carry does not take part', wrong: e => ({ flag: () => e.const32(0) }) },
  {
    row: 'rcr',
    what: 'the count is not taken modulo the width',
    wrong: e => ({ op: (name, ...args) => (name === 'i64.rem_u' ? args[0] : e.op(name, ...args)) }),
  },
  { row: 'shld', what: 'fills from the destination', wrong: e => ({ read: i => e.read(i === 1 ? 0 : i) }) },
  { row: 'shrd', what: 'OF stays', wrong: e => ({ setFlagsIf: (c, { o: _, ...v }) => e.setFlagsIf(c, v) }) },
  { row: 'bt', what: 'the wrong bit', wrong: e => ({ int: (v, w) => e.int(v === e.size * 8 - 1 ? v >> 1 : v, w) }) },
  { row: 'bts', what: 'bits before the operand', wrong: zeroExtends },
  { row: 'btr', what: 'keeps the one bit', wrong: () => ({ not: a => a }) },
  { row: 'btc', what: 'only sets', wrong: e => ({ xor: e.or }) },
  { row: 'bsf', what: 'from the other end, 32 bits', wrong: instead('i32.ctz', 'i32.clz') },
  { row: 'bsr', what: 'from the other end, 64 bits', wrong: instead('i64.clz', 'i64.ctz') },
  { row: 'popcnt', what: 'ZF is never set', wrong: e => ({ setZpc: (_, p, c) => e.setZpc(e.const32(0), p, c) }) },
  { row: 'bswap', what: 'bytes in pairs only', wrong: instead('i64.rotl', 'i64.or') },
  { row: 'movbe', what: 'no swap', wrong: e => ({ write: i => e.write(i, e.read(1)) }) },
  {
    row: 'crc32',
    what: 'the wrong place of the table',
    wrong: e => ({ table: (n, i) => e.table(n, e.xor(i, e.const32(1))) }),
  },
  { row: 'setcc', what: 'the opposite', wrong: e => ({ cond: () => e.eqz(e.cond()) }) },
  { row: 'cmovcc', what: 'the opposite', wrong: e => ({ select: (c, a, b) => e.select(c, b, a) }) },
  { row: 'movzx', what: 'extends the sign', wrong: signExtends },
  { row: 'movsx', what: 'extends with zeros', wrong: zeroExtends },
  { row: 'lea', what: 'one too far', wrong: e => ({ address: i => e.add(e.address(i), e.const64(1)) }) },
  { row: 'xchg', what: 'only one way', wrong: e => ({ write: (i, v) => i === 0 && e.write(0, v) }) },
  {
    row: 'push',
    what: 'pushes twice',
    wrong: e => ({
      push: v => {
        e.push(v);
        e.push(v);
      },
    }),
  },
  {
    row: 'pop',
    what: 'takes two',
    wrong: e => ({
      pop: () => {
        e.pop();
        return e.pop();
      },
    }),
  },
  { row: 'leave', what: 'RSP is off', wrong: e => ({ add: (a, b) => e.add(e.add(a, b), b) }) },
  { row: 'jcc', what: 'the opposite', wrong: e => ({ cond: () => e.eqz(e.cond()) }) },
  { row: 'call', what: 'no return address', wrong: e => ({ call: t => e.jump(t) }) },
  { row: 'ret', what: 'the immediate is ignored', wrong: e => ({ ret: () => e.jump(e.pop()) }) },
  { row: 'cmc', what: 'sets', wrong: e => ({ eqz: () => e.const32(1) }) },
  { row: 'loop', what: 'looks at ZF', wrong: e => ({ routine: () => e.routine('loope') }) },
  { row: 'lahf', what: 'the other direction', wrong: e => ({ routine: () => e.routine('sahf') }) },
  { row: 'stos', what: 'copies', wrong: e => ({ routine: () => e.routine('movs') }) },
  { row: 'paddb', what: 'saturates', wrong: instead('i8x16.add', 'i8x16.add_sat_u') },
  { row: 'psubw', what: 'operands swapped', wrong: swappedVectors },
  { row: 'paddusw', what: 'saturates as signed', wrong: instead('i16x8.add_sat_u', 'i16x8.add_sat_s') },
  { row: 'pmullw', what: 'adds', wrong: instead('i16x8.mul', 'i16x8.add') },
  { row: 'pmuludq', what: 'signed', wrong: instead('i64x2.extmul_low_i32x4_u', 'i64x2.extmul_low_i32x4_s') },
  { row: 'pcmpgtb', what: 'unsigned', wrong: instead('i8x16.gt_s', 'i8x16.gt_u') },
  { row: 'punpcklbw', what: 'lanes the other way round', wrong: e => ({ shuffle: (a, b, l) => e.shuffle(b, a, l) }) },
  { row: 'pshufd', what: 'one bit of each lane number', wrong: e => ({ const32: v => e.const32(v === 3 ? 1 : v) }) },
  { row: 'packuswb', what: 'saturates as signed', wrong: instead('i8x16.narrow_i16x8_u', 'i8x16.narrow_i16x8_s') },
  { row: 'psrad', what: 'counts beyond the lane', wrong: () => ({ select: (_, yes) => yes }) },
  { row: 'psllw', what: 'counts beyond the lane', wrong: e => ({ ltU: () => e.const32(1) }) },
  { row: 'pmovmskb', what: 'of words', wrong: instead('i8x16.bitmask', 'i16x8.bitmask') },
  { row: 'pandn', what: 'operands swapped', wrong: swappedVectors },
  { row: 'phaddw', what: 'second operand first', wrong: e => ({ shuffle: (a, b, l) => e.shuffle(b, a, l) }) },
  { row: 'addsd', what: 'subtracts', wrong: instead('f64.add', 'f64.sub') },
  { row: 'minps', what: 'the greater', wrong: instead('f32x4.lt', 'f32x4.gt') },
  {
    row: 'sqrtsd',
    what: 'of the absolute value',
    wrong: e => ({ op: (n, ...a: Val[]) => (n === 'f64.sqrt' ? e.op(n, e.op('f64.abs', ...a)) : e.op(n, ...a)) }),
  },
  { row: 'ucomisd', what: 'ZF is never set', wrong: e => ({ setZpc: (_, p, c) => e.setZpc(e.const32(0), p, c) }) },
  { row: 'cvtsi2sd', what: 'unsigned', wrong: instead('f64.convert_i64_s', 'f64.convert_i64_u') },
  {
    row: 'aesenc',
    what: 'the key is forgotten',
    wrong: e => ({ op: (name, ...args) => (name === 'v128.xor' ? args[0] : e.op(name, ...args)) }),
  },
  { row: 'pclmulqdq', what: 'carries', wrong: e => ({ xor: e.add }) },
];
