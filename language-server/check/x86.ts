/**
 * What the encoder of x86 refuses beyond the kinds of operands: registers that must differ or be a certain one, suffixes of
 * EVEX, displacements that do not fit. Source: cmd/internal/obj/x86 (asm6.go, evex.go) and the manual's #UD conditions.
 */
import type { Operand } from '../syntax/cursor.ts';
import { isPseudoRegister } from '../syntax/words.ts';

/** The message and the operand it is about (−1: the instruction itself); undefined where nothing is wrong. */
export function x86Problem(
  word: string,
  suffix: string,
  operands: readonly Operand[],
  is64: boolean,
): { message: string; operand: number } | undefined {
  for (const [index, operand] of operands.entries()) {
    const message = addressProblem(operand, is64, word) ?? listProblem(operand);
    if (message) return { message, operand: index };
  }
  const message =
    fixedOperand(word, operands) ??
    gatherProblem(word, operands) ??
    maskProblem(word, operands) ??
    suffixUse(word, suffix, operands);
  return message === undefined ? undefined : { message, operand: -1 };
}

const INT32 = 1n << 31n;

function addressProblem(
  { kind, offset, index, register, symbol, pseudo }: Operand,
  is64: boolean,
  word: string,
): string | undefined {
  if (kind !== 'memory') return undefined;
  if (offset !== undefined && is64) {
    const signed = BigInt.asIntN(64, offset);
    // Only the low half of LEAL's result counts.
    const most = word === 'LEAL' ? 2n * INT32 : INT32;
    if (signed >= most || signed < -INT32) return 'offset too large';
  }
  if (index !== undefined && isPseudoRegister(index)) return `invalid instruction: ${index} cannot be an index`;
  // A symbol is addressed from the program counter, to which nothing can be added.
  if (is64 && symbol !== undefined && pseudo === 'SB' && register !== undefined) {
    return 'invalid instruction: a symbol takes no base register';
  }
  return undefined;
}

const numberOf = (register: string | undefined): number =>
  Number(/^[XYZK](\d+)$/.exec(register ?? '')?.[1] ?? Number.NaN);

/** `[Z4-Z7]`: four, from any register on. */
function listProblem({ kind, register, second }: Operand): string | undefined {
  if (kind !== 'list') return undefined;
  const [from, to] = [numberOf(register), numberOf(second)];
  return register?.[0] === second?.[0] && to === from + 3
    ? undefined
    : 'invalid instruction: a list is of four registers';
}

/** Instructions with an operand that can be only one register. */
const IMPLIED = /^(BLENDVP[SD]|PBLENDVB|SHA256RNDS2)$/;

function fixedOperand(word: string, operands: readonly Operand[]): string | undefined {
  if (IMPLIED.test(word) && operands.length === 3 && operands[0].register !== 'X0') {
    return `invalid instruction: the first operand of ${word} is X0`;
  }
  // The lane of a vector of four.
  if (/^V?EXTRACTPS$/.test(word) && operands[0]?.kind === 'constant') {
    const lane = operands[0].offset;
    if (word === 'EXTRACTPS' && lane !== undefined && lane > 3n) return 'invalid instruction: the lane is 0 to 3';
  }
  return undefined;
}

function gatherProblem(word: string, operands: readonly Operand[]): string | undefined {
  if (!/^VP?GATHER[DQ]/.test(word) || operands.length !== 3) return undefined;
  const [first, second, destination] = operands;
  const isEvex = second.register?.startsWith('K') ?? false;
  const index = numberOf((isEvex ? first : second).index);
  const to = numberOf(destination.register);
  if (isEvex) return index === to ? 'index and destination registers should be distinct' : undefined;
  const mask = numberOf(first.register);
  if ([mask, index, to].some(number => number > 15))
    return 'invalid instruction: registers from 16 on need a mask register';
  return mask === index || index === to || mask === to
    ? 'mask, index, and destination registers should be distinct'
    : undefined;
}

/** K0 is no mask: it stands for none. */
function maskProblem(word: string, operands: readonly Operand[]): string | undefined {
  const mask = operands[operands.length - 2];
  const isMasked = word.startsWith('V') && mask?.kind === 'register' && mask.register === 'K0' && operands.length > 2;
  return isMasked && !operands.at(-1)?.register?.startsWith('K') ? 'invalid instruction: K0 is no mask' : undefined;
}

function suffixUse(word: string, suffix: string, operands: readonly Operand[]): string | undefined {
  if (suffix === '') return undefined;
  if (!word.startsWith('V')) return `invalid instruction: ${word} takes no suffix`;
  const parts = suffix.slice(1).split('.');
  const hasMemory = operands.some(({ kind }) => kind === 'memory');
  const isScalar = /S[SDH](2|$)|S[SD]\d?$/.test(word) || /2(U?S[ID]|S[SD])/.test(word);
  const isWide = operands.some(({ register }) => register?.startsWith('Z'));
  const rounding = parts.find(part => part.endsWith('SAE'));
  if (rounding) {
    const what = rounding === 'SAE' ? 'SAE' : 'rounding';
    if (hasMemory) return `illegal ${what} with memory argument`;
    if (!isScalar && !isWide) return `unsupported ${what}`;
  }
  if (parts.includes('BCST')) {
    if (/S[SD]$/.test(word)) return 'unsupported broadcast';
    if (!hasMemory) return 'illegal broadcast without memory argument';
  }
  if (parts.includes('Z')) {
    const destination = operands.at(-1);
    if (destination?.register?.startsWith('K')) return 'unsupported zeroing';
    if (!operands.slice(0, -1).some(({ register }) => register?.startsWith('K'))) {
      return 'mask register must be specified for .Z instructions';
    }
  }
  return undefined;
}
