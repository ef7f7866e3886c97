/**
 * Go's mnemonics. Plan 9 suffixes the operand size (B W L Q) and renames some families; everything else is the Intel
 * name in upper case. Source: cmd/internal/obj/x86 (`anames.go`, `asm6.go`) of Go 1.26.
 */
import type { Row } from './row.ts';
import { rows } from './rows.ts';

/** Conditions by number. */
export const goConditions = [
  'OS',
  'OC',
  'CS',
  'CC',
  'EQ',
  'NE',
  'LS',
  'HI',
  'MI',
  'PL',
  'PS',
  'PC',
  'LT',
  'GE',
  'LE',
  'GT',
] as const;

export const sizeLetters: Record<number, string> = { 1: 'B', 2: 'W', 4: 'L', 8: 'Q' };

/**
 * `*` stands for the size of the operation, `@` for the size of the source, `?` for a condition, `#` for a vector length
 * that the operands alone would not tell.
 */
const renamed: Record<string, string> = {
  cmovcc: 'CMOV*?',
  setcc: 'SET?',
  jcc: 'J?',
  movzx: 'MOV@*ZX',
  movsx: 'MOV@*SX',
  jrcxz: 'JCXZ*',
  loope: 'LOOPEQ',
  int1: 'ICEBP',
  int3: 'INT',
  retf: 'RETF*',
  leave: 'LEAVE*',
  crc32: 'CRC32@',
  movd: 'MOV*',
  movdqu: 'MOVOU',
  movdqa: 'MOVO',
  movntdq: 'MOVNTO',
  maskmovdqu: 'MASKMOVOU',
  movq2dq: 'MOVQOZX',
  movdq2q: 'MOVQ',
  cvtsi2ss: 'CVTS*2SS',
  cvtsi2sd: 'CVTS*2SD',
  cvttss2si: 'CVTTSS2S*',
  cvttsd2si: 'CVTTSD2S*',
  cvtss2si: 'CVTSS2S*',
  cvtsd2si: 'CVTSD2S*',
  cvtdq2ps: 'CVTPL2PS',
  cvtps2dq: 'CVTPS2PL',
  cvttps2dq: 'CVTTPS2PL',
  cvtdq2pd: 'CVTPL2PD',
  cvtpd2dq: 'CVTPD2PL',
  cvttpd2dq: 'CVTTPD2PL',
  cvtpi2ps: 'CVTPL2PS',
  cvtpi2pd: 'CVTPL2PD',
  cvttps2pi: 'CVTTPS2PL',
  cvttpd2pi: 'CVTTPD2PL',
  cvtps2pi: 'CVTPS2PL',
  cvtpd2pi: 'CVTPD2PL',
  paddd: 'PADDL',
  psubd: 'PSUBL',
  pcmpeqd: 'PCMPEQL',
  pcmpgtd: 'PCMPGTL',
  pslld: 'PSLLL',
  psrld: 'PSRLL',
  psrad: 'PSRAL',
  pslldq: 'PSLLO',
  psrldq: 'PSRLO',
  pmuludq: 'PMULULQ',
  pmaddwd: 'PMADDWL',
  packssdw: 'PACKSSLW',
  punpckldq: 'PUNPCKLLQ',
  punpckhdq: 'PUNPCKHLQ',
  punpcklwd: 'PUNPCKLWL',
  punpckhwd: 'PUNPCKHWL',
  vcvtsi2ss: 'VCVTSI2SS*',
  vcvtsi2sd: 'VCVTSI2SD*',
  vcvtusi2ss: 'VCVTUSI2SS*',
  vcvtusi2sd: 'VCVTUSI2SD*',
  vcvtss2usi: 'VCVTSS2USI*',
  vcvtsd2usi: 'VCVTSD2USI*',
  vcvttss2usi: 'VCVTTSS2USI*',
  vcvttsd2usi: 'VCVTTSD2USI*',
  vcvtpd2dq: 'VCVTPD2DQ#',
  vcvttpd2dq: 'VCVTTPD2DQ#',
  vcvtpd2udq: 'VCVTPD2UDQ#',
  vcvttpd2udq: 'VCVTTPD2UDQ#',
  vcvtpd2ps: 'VCVTPD2PS#',
  vcvtqq2ps: 'VCVTQQ2PS#',
  vcvtuqq2ps: 'VCVTUQQ2PS#',
  vfpclassps: 'VFPCLASSPS#',
  vfpclasspd: 'VFPCLASSPD#',
};

/** Conversions whose result is narrower need no letter for 512 bits. */
const lengthLetter = (row: Row, size: number): string =>
  size === 16 ? 'X' : size === 32 ? 'Y' : row.name.startsWith('vfpclass') ? 'Z' : '';

/** Rows that take the size of the operation as a suffix. */
const suffixed = new Set(
  `add or adc sbb and sub xor cmp inc dec neg not mul imul div idiv rol ror rcl rcr shl shr sar shld shrd test mov lea
  xchg xadd cmpxchg push pop pushf popf bt bts btr btc bsf bsr tzcnt lzcnt popcnt bswap movbe adcx adox movnti
  movs stos lods cmps scas ins outs in out iret rdrand rdseed rdfsbase rdgsbase wrfsbase wrgsbase
  sldt str smsw lar lsl lss lfs lgs nop rdssp incssp wrss wruss
  andn bextr blsi blsmsk blsr bzhi mulx pdep pext rorx sarx shlx shrx`.split(/\s+/),
);

/** The double shifts have the names of the single ones. */
const sameAs: Record<string, string> = { shld: 'shl', shrd: 'shr' };

/** Rows with a name for each size. */
const bySize: Record<string, Record<number, string>> = {
  cbw: { 2: 'CBW', 4: 'CWDE', 8: 'CDQE' },
  cwd: { 2: 'CWD', 4: 'CDQ', 8: 'CQO' },
  cmpxchg8b: { 4: 'CMPXCHG8B', 8: 'CMPXCHG16B' },
  pinsrd: { 4: 'PINSRD', 8: 'PINSRQ' },
  pextrd: { 4: 'PEXTRD', 8: 'PEXTRQ' },
  vpinsrd: { 4: 'VPINSRD', 8: 'VPINSRQ' },
  vpextrd: { 4: 'VPEXTRD', 8: 'VPEXTRQ' },
  vmovd: { 4: 'VMOVD', 8: 'VMOVQ' },
  vcvtsd2si: { 4: 'VCVTSD2SI', 8: 'VCVTSD2SIQ' },
  vcvtss2si: { 4: 'VCVTSS2SI', 8: 'VCVTSS2SIQ' },
  vcvttsd2si: { 4: 'VCVTTSD2SI', 8: 'VCVTTSD2SIQ' },
  vcvttss2si: { 4: 'VCVTTSS2SI', 8: 'VCVTTSS2SIQ' },
  fxsave: { 8: 'FXSAVE64' },
  fxrstor: { 8: 'FXRSTOR64' },
  xsave: { 8: 'XSAVE64' },
  xrstor: { 8: 'XRSTOR64' },
  xsavec: { 8: 'XSAVEC64' },
  xsaveopt: { 8: 'XSAVEOPT64' },
  xsaves: { 8: 'XSAVES64' },
  xrstors: { 8: 'XRSTORS64' },
  sysexit: { 8: 'SYSEXIT64' },
  sysenter: { 8: 'SYSENTER64' },
  // Without REX.W it is a plain copy, for which the assembler has one name.
  movsxd: { 2: 'MOVW', 4: 'MOVL', 8: 'MOVLQSX' },
};

/** x87 names: what stands for the Intel name, before the letter of the operand and a final P. */
const x87Names: Record<string, string> = {
  fninit: 'FINIT',
  fnclex: 'FCLEX',
  fnstcw: 'FSTCW',
  fnstsw: 'FSTSW',
  fnstenv: 'FSTENV',
  fnsave: 'FSAVE',
  fxch: 'FXCHD',
  fwait: 'WAIT',
  fcompp: 'FCOMDPP',
};
const realLetters: Record<number, string> = { 4: 'F', 8: 'D', 10: 'X' };
const integerLetters: Record<number, string> = { 2: 'W', 4: 'L', 8: 'V' };

/** Letters to use where a row has memory operands of `width` bytes; 0 is the register form. */
export function goX87Name(name: string, width: number): string {
  const fixed = x87Names[name];
  if (fixed) return fixed;
  const arithmetic = /^f(i?)(add|mul|subr?|divr?|com)(p?)$/.exec(name);
  if (arithmetic) {
    const letter = arithmetic[1] ? integerLetters[width] : (realLetters[width] ?? 'D');
    return `F${arithmetic[2].toUpperCase()}${letter}${arithmetic[3].toUpperCase()}`;
  }
  const move = /^f(i?)(ld|st)(p?)$/.exec(name);
  if (move) {
    const letter = move[1] ? integerLetters[width] : (realLetters[width] ?? 'D');
    return `FMOV${letter}${move[3].toUpperCase()}`;
  }
  return name.toUpperCase();
}

/** The mnemonic of a row for an operation of `size` bytes whose source has `sourceWidth`, under condition `cond`. */
export function goName(row: Row, size: number, sourceWidth: number, cond: number): string {
  const named = bySize[row.name]?.[size];
  if (named) return named;
  // MOVZX and MOVSX of a word to a word have names of their own.
  if ((row.name === 'movzx' || row.name === 'movsx') && size === 2 && sourceWidth === 2) {
    return row.name === 'movzx' ? 'MOVZWW' : 'MOVSWW';
  }
  const pattern = renamed[row.name];
  if (pattern) {
    return pattern
      .replace('*', sizeLetters[size] ?? '')
      .replace('@', sizeLetters[sourceWidth] ?? '')
      .replace('?', goConditions[cond] ?? '')
      .replace('#', lengthLetter(row, size));
  }
  const upper = (sameAs[row.name] ?? row.name).toUpperCase();
  return suffixed.has(row.name) ? upper + (sizeLetters[size] ?? '') : upper;
}

/** Other spellings that Go's assembler accepts, and the mnemonic each stands for (cmd/asm/internal/arch). */
const synonyms: Record<string, string> = {
  JA: 'JHI',
  JAE: 'JCC',
  JB: 'JCS',
  JBE: 'JLS',
  JC: 'JCS',
  JE: 'JEQ',
  JG: 'JGT',
  JHS: 'JCC',
  JL: 'JLT',
  JLO: 'JCS',
  JNA: 'JLS',
  JNAE: 'JCS',
  JNB: 'JCC',
  JNBE: 'JHI',
  JNC: 'JCC',
  JNG: 'JLE',
  JNGE: 'JLT',
  JNL: 'JGE',
  JNLE: 'JGT',
  JNO: 'JOC',
  JNP: 'JPC',
  JNS: 'JPL',
  JNZ: 'JNE',
  JO: 'JOS',
  JP: 'JPS',
  JPE: 'JPS',
  JPO: 'JPC',
  JS: 'JMI',
  JZ: 'JEQ',
  MASKMOVDQU: 'MASKMOVOU',
  MOVD: 'MOVQ',
  MOVDQ2Q: 'MOVQ',
  MOVNTDQ: 'MOVNTO',
  MOVOA: 'MOVO',
  PSLLDQ: 'PSLLO',
  PSRLDQ: 'PSRLO',
  PADDD: 'PADDL',
  PSUBD: 'PSUBL',
  PSHUFL: 'PSHUFD',
  FCMOVCC: 'FCMOVNB',
  FCMOVCS: 'FCMOVB',
  FCMOVEQ: 'FCMOVE',
  FCMOVHI: 'FCMOVNBE',
  FCMOVLS: 'FCMOVBE',
  FCMOVUN: 'FCMOVU',
  MOVLQZX: 'MOVL',
  SALB: 'SHLB',
  SALL: 'SHLL',
  SALQ: 'SHLQ',
  SALW: 'SHLW',
  VCVTSD2USI: 'VCVTSD2USIL',
  VCVTSS2USI: 'VCVTSS2USIL',
  VCVTTSD2USI: 'VCVTTSD2USIL',
  VCVTTSS2USI: 'VCVTTSS2USIL',
  VCVTUSI2SD: 'VCVTUSI2SDL',
  VCVTUSI2SS: 'VCVTUSI2SSL',
  VFPCLASSPD: 'VFPCLASSPDX',
  VFPCLASSPS: 'VFPCLASSPSX',
};

/** What a mnemonic stands for: a row and, for the condition-code families, the condition (else −1). */
export interface GoInstruction {
  readonly row: Row;
  readonly cond: number;
}

let byName: Map<string, GoInstruction> | undefined;

/** The instruction a mnemonic of Go's assembler names, or undefined if it is none of this architecture's. */
export function goInstruction(mnemonic: string): GoInstruction | undefined {
  byName ??= goInstructions();
  const upper = mnemonic.toUpperCase();
  return byName.get(upper) ?? byName.get(synonyms[upper] ?? '');
}

/** The row of `goInstruction`. */
export const rowOfGoName = (mnemonic: string): Row | undefined => goInstruction(mnemonic)?.row;

/** Every mnemonic the rows give rise to (synonyms apart); where several rows share one, the first. */
export function goInstructions(): Map<string, GoInstruction> {
  const names = new Map<string, GoInstruction>();
  const add = (name: string, row: Row, cond = -1) => {
    if (!names.has(name)) names.set(name, { row, cond });
  };
  for (const row of rows) {
    if (row.feature === 'x87') for (const width of [0, 2, 4, 8, 10]) add(goX87Name(row.name, width), row);
    else if (renamed[row.name]?.includes('?')) {
      for (let cond = 0; cond < 16; cond++) for (const size of [2, 4, 8]) add(goName(row, size, 0, cond), row, cond);
    } else {
      const sizes = row.forms.some(f => /b/.test(f.operands)) ? [8, 4, 2, 1] : [8, 4, 2];
      if (renamed[row.name]?.endsWith('#')) sizes.push(16, 32, 64);
      for (const size of sizes) for (const source of [1, 2, 4, 8]) add(goName(row, size, source, -1), row);
    }
    if (row.name === 'imul') for (const letter of 'WLQ') add(`IMUL3${letter}`, row);
  }
  return names;
}
