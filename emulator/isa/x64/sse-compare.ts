/** Comparisons of SSE's floats: into the flags, or as lanes of ones and zeros. */
import type { Emitter, Val } from '../emitter.ts';
import { row } from './define.ts';
import {
  type FloatKind,
  isOrdinary,
  isPacked,
  LANES,
  makeOrdinary,
  notDenormal,
  notNan,
  type PackedKind,
  SCALAR,
  type ScalarKind,
  testOperand,
  unless,
  zeros,
} from './float-lanes.ts';
import type { Lift, Row } from './row.ts';

// Comparisons are exact: only denormals and NaNs need a look at MXCSR.

function scalars(e: Emitter, kind: ScalarKind, routine: string): [Val, Val] {
  const s = SCALAR[kind];
  const a = e.readFloat(0, s.bytes);
  const b = e.readFloat(1, s.bytes);
  testOperand(e, s, a, routine);
  testOperand(e, s, b, routine);
  return [a, b];
}

function vectors(e: Emitter, kind: PackedKind, routine: string): [Val, Val] {
  const l = LANES[kind];
  const a = e.readVector(0);
  const b = e.readVector(1, true);
  const tests = [a, b].filter(v => !isOrdinary(v, l.ty)).flatMap(v => [notDenormal(e, l, v), notNan(e, l, v)]);
  unless(e, l, tests, routine);
  return [makeOrdinary(a, l.ty), makeOrdinary(b, l.ty)];
}

/** COMISx and UCOMISx of ordered operands: PF is 0. */
const compareFlags =
  (name: 'comi' | 'ucomi', kind: ScalarKind): Lift =>
  e => {
    const { ty } = SCALAR[kind];
    const [a, b] = scalars(e, kind, name + kind);
    e.setZpc(e.op(`${ty}.eq`, a, b), e.const32(0), e.op(`${ty}.lt`, a, b));
  };

const PREDICATES = ['eq', 'lt', 'le'] as const;

/**
 * CMPxx of ordered operands: predicates EQ LT LE UNORD by the low two bits of the immediate, which only compiled code
 * knows beforehand; bit 2 inverts.
 */
function chosen(e: Emitter, holds: (n: number) => Val, inverse: (v: Val) => Val): Val {
  const known = e.constant(2);
  if (known !== undefined) {
    const plain = holds(Number(known & 3n));
    return known & 4n ? inverse(plain) : plain;
  }
  const code = e.zeroExtend(e.read(2), 1, 4);
  let plain = holds(3);
  for (let n = 0; n < 3; n++) plain = e.select(e.eq(e.and(code, e.const32(3)), e.const32(n)), holds(n), plain);
  return e.select(e.and(code, e.const32(4)), inverse(plain), plain);
}

const comparePredicate =
  (kind: FloatKind): Lift =>
  e => {
    const routine = `cmp${kind}`;
    if (isPacked(kind)) {
      const [a, b] = vectors(e, kind, routine);
      const holds = (n: number): Val => (n === 3 ? zeros(e) : e.op(`${LANES[kind].ty}.${PREDICATES[n]}`, a, b));
      e.writeVector(
        0,
        chosen(e, holds, v => e.op('v128.not', v)),
      );
      return;
    }
    const { ty, bytes } = SCALAR[kind];
    const [a, b] = scalars(e, kind, routine);
    const holds = (n: number): Val => (n === 3 ? e.const32(0) : e.op(`${ty}.${PREDICATES[n]}`, a, b));
    const mask = e.sub(e.const32(0), chosen(e, holds, e.eqz));
    e.writeLow(0, bytes, bytes === 8 ? e.signExtend(mask, 4, 8) : mask);
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
