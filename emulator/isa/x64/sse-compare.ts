/** Comparisons of SSE's floats: into the flags, or as lanes of ones and zeros. */
import type { Emitter, Val } from '../emitter.ts';
import { row } from './define.ts';
import {
  exponentBelow,
  type FloatKind,
  floatOf,
  LANES,
  type Lanes,
  notDenormal,
  notNan,
  readBits,
  unless,
  writeBits,
} from './float-lanes.ts';
import type { Lift, Row } from './row.ts';

/** Both operands; comparisons are exact, so that only denormals and NaNs need a look at MXCSR. */
function comparable(e: Emitter, l: Lanes, routine: string): [Val, Val] {
  const bits = [readBits(e, l, 0), readBits(e, l, 1)];
  unless(
    e,
    l,
    bits.flatMap(v => [notDenormal(e, l, exponentBelow(e, l, v)), notNan(e, l, v)]),
    routine,
  );
  return [floatOf(e, l, bits[0]), floatOf(e, l, bits[1])];
}

/** COMISx and UCOMISx of ordered operands: PF is 0. */
const compareFlags =
  (name: 'comi' | 'ucomi', kind: 'ss' | 'sd'): Lift =>
  e => {
    const l = LANES[kind];
    const [a, b] = comparable(e, l, name + kind);
    e.setZpc(e.op(`${l.float}.eq`, a, b), e.const32(0), e.op(`${l.float}.lt`, a, b));
  };

/** CMPxx of ordered operands: predicates EQ LT LE UNORD by the low two bits of the immediate; bit 2 inverts. */
const comparePredicate =
  (kind: FloatKind): Lift =>
  e => {
    const l = LANES[kind];
    const [a, b] = comparable(e, l, `cmp${kind}`);
    const ones = (v: Val): Val =>
      l.packed ? v : l.int === 'i64' ? e.sub(e.const64(0), e.zeroExtend(v, 4, 8)) : e.sub(e.const32(0), v);
    const zero = l.packed ? e.vector(0n, 0n) : l.int === 'i64' ? e.const64(0) : e.const32(0);
    const holds = (n: number): Val => (n === 3 ? zero : ones(e.op(`${l.float}.${['eq', 'lt', 'le'][n]}`, a, b)));
    const inverse = (v: Val): Val => (l.packed ? e.op('v128.not', v) : e.not(v));
    const known = e.constant(2);
    if (known !== undefined) {
      const plain = holds(Number(known & 3n));
      writeBits(e, l, known & 4n ? inverse(plain) : plain);
      return;
    }
    const code = e.zeroExtend(e.read(2), 1, 4);
    let plain = zero;
    for (let n = 0; n < 3; n++) plain = e.select(e.eq(e.and(code, e.const32(3)), e.const32(n)), holds(n), plain);
    writeBits(e, l, e.select(e.and(code, e.const32(4)), inverse(plain), plain));
  };

export const sseCompare: readonly Row[] = [
  row(
    'ucomiss',
    'Compares two floats and sets ZF, PF, CF; unordered sets all three; a quiet NaN is no error.',
    {
      feature: 'sse',
      writes: 'oszapc',
    },
    [['NP 0F 2E /r', 'Vss,Wss']],
    compareFlags('ucomi', 'ss'),
  ),
  row(
    'ucomisd',
    'Compares two doubles and sets ZF, PF, CF; unordered sets all three; a quiet NaN is no error.',
    {
      feature: 'sse2',
      writes: 'oszapc',
    },
    [['66 0F 2E /r', 'Vsd,Wsd']],
    compareFlags('ucomi', 'sd'),
  ),
  row(
    'comiss',
    'Compares two floats and sets ZF, PF, CF; any NaN is an invalid operation.',
    {
      feature: 'sse',
      writes: 'oszapc',
    },
    [['NP 0F 2F /r', 'Vss,Wss']],
    compareFlags('comi', 'ss'),
  ),
  row(
    'comisd',
    'Compares two doubles and sets ZF, PF, CF; any NaN is an invalid operation.',
    {
      feature: 'sse2',
      writes: 'oszapc',
    },
    [['66 0F 2F /r', 'Vsd,Wsd']],
    compareFlags('comi', 'sd'),
  ),

  row(
    'cmpps',
    'Compares four floats; each result is all ones or all zeros.',
    { feature: 'sse' },
    [['NP 0F C2 /r ib', 'Vps,Wps,Ib']],
    comparePredicate('ps'),
  ),
  row(
    'cmppd',
    'Compares two doubles; each result is all ones or all zeros.',
    { feature: 'sse2' },
    [['66 0F C2 /r ib', 'Vpd,Wpd,Ib']],
    comparePredicate('pd'),
  ),
  row(
    'cmpss',
    'Compares the lowest float; the result is all ones or all zeros.',
    { feature: 'sse' },
    [['F3 0F C2 /r ib', 'Vss,Wss,Ib']],
    comparePredicate('ss'),
  ),
  row(
    'cmpsd',
    'Compares the lowest double; the result is all ones or all zeros.',
    { feature: 'sse2' },
    [['F2 0F C2 /r ib', 'Vsd,Wsd,Ib']],
    comparePredicate('sd'),
  ),
];
