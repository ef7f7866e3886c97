/** All instruction rows, in the order of the manual's chapters. */
import { arith } from './arith.ts';
import { avxConvert } from './avx-convert.ts';
import { avxCrypto } from './avx-crypto.ts';
import { avxFloat } from './avx-float.ts';
import { avxInt } from './avx-int.ts';
import { avxMove } from './avx-move.ts';
import { avxShuffle } from './avx-shuffle.ts';
import { bits } from './bits.ts';
import { bmi } from './bmi.ts';
import { control } from './control.ts';
import { crypto } from './crypto.ts';
import { flags } from './flags.ts';
import { fma } from './fma.ts';
import { logic } from './logic.ts';
import { move } from './move.ts';
import { muldiv } from './muldiv.ts';
import { opmask } from './opmask.ts';
import type { Row } from './row.ts';
import { shift } from './shift.ts';
import { sseArith } from './sse-arith.ts';
import { sseCompare } from './sse-compare.ts';
import { sseConvert } from './sse-convert.ts';
import { sseInt } from './sse-int.ts';
import { sseMove } from './sse-move.ts';
import { sseShuffle } from './sse-shuffle.ts';
import { stack } from './stack.ts';
import { string } from './string.ts';
import { hints, processorState, system } from './system.ts';
import { x87Rows } from './x87.ts';

export const rows: readonly Row[] = [
  ...move,
  ...stack,
  ...arith,
  ...muldiv,
  ...logic,
  ...shift,
  ...bits,
  ...control,
  ...string,
  ...flags,
  ...hints,
  ...processorState,
  ...sseMove,
  ...sseArith,
  ...sseCompare,
  ...sseShuffle,
  ...sseInt,
  ...sseConvert,
  ...crypto,
  ...x87Rows,
  ...bmi,
  ...avxMove,
  ...avxFloat,
  ...fma,
  ...avxConvert,
  ...avxInt,
  ...avxShuffle,
  ...avxCrypto,
  ...opmask,
  ...system,
];
