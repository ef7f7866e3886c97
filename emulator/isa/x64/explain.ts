/** What an instruction does, in one sentence for a hover; a condition is spelled out. */
import type { Insn, Row } from './row.ts';

/** Conditions by number: what a comparison before them found, and the flags that say so. */
const conditions = [
  'the result overflowed (OF = 1)',
  'the result did not overflow (OF = 0)',
  'below, unsigned, or carry (CF = 1)',
  'above or equal, unsigned, or no carry (CF = 0)',
  'equal or zero (ZF = 1)',
  'not equal or not zero (ZF = 0)',
  'below or equal, unsigned (CF = 1 or ZF = 1)',
  'above, unsigned (CF = 0 and ZF = 0)',
  'negative (SF = 1)',
  'not negative (SF = 0)',
  'parity is even, or floats are unordered (PF = 1)',
  'parity is odd, or floats are ordered (PF = 0)',
  'less, signed (SF ≠ OF)',
  'greater or equal, signed (SF = OF)',
  'less or equal, signed (ZF = 1 or SF ≠ OF)',
  'greater, signed (ZF = 0 and SF = OF)',
] as const;

/** The row's sentence for condition `cond` (−1: none, or unknown). */
export const explain = (row: Row, cond: number): string =>
  cond < 0 ? row.sentence : row.sentence.replace('the condition holds', conditions[cond]);

export const explainInsn = (insn: Insn): string => explain(insn.form.row, insn.cond);
