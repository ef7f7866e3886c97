/** What the printers share: how registers, conditions and mnemonics are spelled, and the SDM codes of a form's operands. */
import type { Form, Insn, Operand } from './row.ts';

export type Memory = Extract<Operand, { is: 'mem' }>;
export type Register = Extract<Operand, { is: 'reg' }>;
/** Gives an address a name, `symbol` or `symbol+0x10`. */
export type Resolve = (address: number) => string | undefined;

const oldNames = ['a', 'c', 'd', 'b'] as const;
const pointers = ['sp', 'bp', 'si', 'di'] as const;
const segments = ['es', 'cs', 'ss', 'ds', 'fs', 'gs'] as const;

/** General registers as Intel and GNU name them, by width in bytes. */
const gprNames: Record<number, readonly string[]> = {
  1: [...oldNames.map(n => `${n}l`), ...pointers.map(n => `${n}l`)],
  2: [...oldNames.map(n => `${n}x`), ...pointers],
  4: [...oldNames.map(n => `e${n}x`), ...pointers.map(n => `e${n}`)],
  8: [...oldNames.map(n => `r${n}x`), ...pointers.map(n => `r${n}`)],
};
const suffixOfNew: Record<number, string> = { 1: 'b', 2: 'w', 4: 'd', 8: '' };

export const gprName = (index: number, width: number, high = false): string => {
  if (high) return `${oldNames[index]}h`;
  return index < 8 ? gprNames[width][index] : `r${index}${suffixOfNew[width]}`;
};

/** As Intel and GNU name it, without GNU's `%`. */
export function registerName(r: Register): string {
  switch (r.class) {
    case 'gpr':
      return gprName(r.index, r.width, r.high);
    case 'xmm':
      return `${r.width === 64 ? 'z' : r.width === 32 ? 'y' : 'x'}mm${r.index}`;
    case 'st':
      return `st(${r.index})`;
    case 'seg':
      return segments[r.index];
    default:
      return `${r.class}${r.index}`;
  }
}

/** Conditions by number, as Intel and GNU write them. */
export const conditions = [
  'o',
  'no',
  'b',
  'ae',
  'e',
  'ne',
  'be',
  'a',
  's',
  'ns',
  'p',
  'np',
  'l',
  'ge',
  'le',
  'g',
] as const;

/** The SDM codes of a form's operands, implied ones included. */
export function operandCodes(form: Form): readonly string[] {
  let codes = codesOf.get(form);
  if (!codes) {
    codes = form.operands === '' ? [] : form.operands.split(',');
    codesOf.set(form, codes);
  }
  return codes;
}
const codesOf = new WeakMap<Form, readonly string[]>();

/** Lower-case hexadecimal with a sign in front. */
export const signedHex = (n: number): string => (n < 0 ? `-0x${(-n).toString(16)}` : `0x${n.toString(16)}`);

/** An address as 64 bits; targets that wrapped below zero come back at the top. */
export const addressHex = (n: number): string => `0x${(n < 0 ? BigInt.asUintN(64, BigInt(n)) : n).toString(16)}`;

/** An immediate as the unsigned number of its width. */
export const immediateHex = (o: Extract<Operand, { is: 'imm' }>): string =>
  `0x${BigInt.asUintN(o.width * 8, o.value).toString(16)}`;

/** Rows whose printed name depends on the size of the operation. */
const sized: Record<string, Record<number, string>> = {
  cbw: { 2: 'cbw', 4: 'cwde', 8: 'cdqe' },
  cwd: { 2: 'cwd', 4: 'cdq', 8: 'cqo' },
  cmpxchg8b: { 4: 'cmpxchg8b', 8: 'cmpxchg16b' },
  movd: { 4: 'movd', 8: 'movq' },
  vmovd: { 4: 'vmovd', 8: 'vmovq' },
  pinsrd: { 4: 'pinsrd', 8: 'pinsrq' },
  pextrd: { 4: 'pextrd', 8: 'pextrq' },
  vpinsrd: { 4: 'vpinsrd', 8: 'vpinsrq' },
  vpextrd: { 4: 'vpextrd', 8: 'vpextrq' },
  pushf: { 2: 'pushfw', 8: 'pushf' },
  popf: { 2: 'popfw', 8: 'popf' },
  iret: { 2: 'iretw', 4: 'iret', 8: 'iretq' },
  sysret: { 4: 'sysretd', 8: 'sysretq' },
  sysexit: { 4: 'sysexitd', 8: 'sysexitq' },
  rdssp: { 4: 'rdsspd', 8: 'rdsspq' },
  incssp: { 4: 'incsspd', 8: 'incsspq' },
  wrss: { 4: 'wrssd', 8: 'wrssq' },
  wruss: { 4: 'wrussd', 8: 'wrussq' },
};
/** Rows that get `64` with REX.W. */
const with64 = new Set(['fxsave', 'fxrstor', 'xsave', 'xrstor', 'xsavec', 'xsaves', 'xrstors', 'xsaveopt']);

/** Predicates of floating-point comparisons; SSE has the first eight. */
const predicates = `eq lt le unord neq nlt nle ord eq_uq nge ngt false neq_oq ge gt true
  eq_os lt_oq le_oq unord_s neq_us nlt_uq nle_uq ord_s eq_us nge_uq ngt_uq false_os neq_os ge_oq gt_oq true_us`.split(
  /\s+/,
);
/** Predicates of integer comparisons; 3 and 7 have no name. */
const integerPredicates = ['eq', 'lt', 'le', '', 'neq', 'nlt', 'nle', ''] as const;
const products: Record<number, string> = { 0: 'lql', 1: 'hql', 2: 'lqh', 3: 'hqh', 16: 'lqh', 17: 'hqh' };

/**
 * The mnemonic as the Intel manual and GNU's Intel syntax spell it, with the predicate of a comparison folded in.
 * `operands` is how many operands remain to be printed.
 */
export function intelMnemonic(insn: Insn): { name: string; operands: number } {
  const { row } = insn.form;
  const operands = insn.operands.length;
  if (insn.cond >= 0) return { name: row.name.replace('cc', conditions[insn.cond]), operands };
  const bySize = sized[row.name]?.[insn.size];
  if (bySize) return { name: bySize, operands };
  if (insn.size === 8 && with64.has(row.name)) return { name: `${row.name}64`, operands };
  const last = insn.operands[operands - 1];
  if (last?.is === 'imm') {
    const n = Number(last.value);
    const compare = /^(v?cmp)(ps|pd|ss|sd)$/.exec(row.name);
    if (compare && n < (compare[1] === 'cmp' ? 8 : 32)) {
      return { name: compare[1] + predicates[n] + compare[2], operands: operands - 1 };
    }
    const integers = /^vpcmp(u?[bwdq])$/.exec(row.name);
    if (integers && integerPredicates[n]) {
      return { name: `vpcmp${integerPredicates[n]}${integers[1]}`, operands: operands - 1 };
    }
    if (/^v?pclmulqdq$/.test(row.name) && n in products) {
      return { name: row.name.replace('qdq', `${products[n]}qdq`), operands: operands - 1 };
    }
  }
  switch (row.name) {
    case 'jrcxz':
      return { name: insn.addressWidth === 4 ? 'jecxz' : 'jrcxz', operands };
    case 'jmpf':
      return { name: 'jmp', operands };
    case 'callf':
      return { name: 'call', operands };
    default:
      return { name: row.name, operands };
  }
}

/** `{k1}{z}` behind the destination of an EVEX instruction. */
export const maskText = (insn: Insn, percent: string): string =>
  (insn.evex?.mask ? `{${percent}k${insn.evex.mask}}` : '') + (insn.evex?.zeroing ? '{z}' : '');

/** `{rn-sae}` and the like, undefined where there is none. */
export const roundingText = (insn: Insn): string | undefined => {
  const rounding = insn.evex?.rounding ?? 'none';
  return rounding === 'none' ? undefined : rounding === 'sae' ? '{sae}' : `{${rounding}-sae}`;
};

/** The string registers of a string instruction, destination first, as Intel and GNU order them. */
export type StringOperand = 'destination' | 'source' | 'accumulator' | 'port';
export const stringOperands: Record<string, readonly StringOperand[]> = {
  movs: ['destination', 'source'],
  cmps: ['source', 'destination'],
  stos: ['destination', 'accumulator'],
  lods: ['accumulator', 'source'],
  scas: ['accumulator', 'destination'],
  ins: ['destination', 'port'],
  outs: ['port', 'source'],
};

/** REP as GNU writes it: `repz` where the zero flag is tested. */
export const repeatPrefix = (insn: Insn): string => {
  if (insn.rep === 'none') return '';
  const compares = insn.form.row.name === 'cmps' || insn.form.row.name === 'scas';
  return insn.rep === 'repne' ? 'repnz ' : compares ? 'repz ' : 'rep ';
};

/** Mnemonic and operands the way objdump aligns them. */
export function joined(prefix: string, mnemonic: string, operands: readonly string[]): string {
  if (operands.length === 0) return prefix + mnemonic;
  return `${(prefix + mnemonic).padEnd(6)} ${operands.join(',')}`;
}

/** A branch target or address: the number, and its name if it has one. */
export const target = (address: number, resolve: Resolve | undefined): string => {
  const name = resolve?.(address);
  return name === undefined ? addressHex(address) : `${addressHex(address)} <${name}>`;
};

/** objdump's remark behind an instruction with a RIP-relative operand. */
export function ripRemark(insn: Insn, resolve: Resolve | undefined): string {
  for (const o of insn.operands) if (o.is === 'mem' && o.ripRelative) return `        # ${target(o.disp, resolve)}`;
  return '';
}

/** Displacement relative to the next instruction, as it is encoded. */
export const ripDisplacement = (insn: Insn, o: Memory): number => (o.disp - insn.address - insn.length) | 0;
