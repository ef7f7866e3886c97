/**
 * Operands by kind, one letter each, so that "which operands does this instruction take" is a set of short words: `ir` is
 * an immediate and a register. The words of each instruction are asked of the assembler (scripts/assembler-patterns.ts).
 *
 *   r register            b its lowest byte (x86)     f floating point      v x y z w m k  vectors and masks
 *   s special register    S stack pointer (arm64)     t condition registers and such
 *   i I L  immediates: of a few bits, of some 16 or 32, larger        F T  floating point, string      a A  addresses
 *   o memory by a register     n by a symbol     X with an index     0 1 2  with an index in a vector    c a bare number
 *   B branch's target    P word    G list    H pair    D shifted    U extended    N arrangement    M element    J through memory
 *   ? not known
 */
import type { Assembler, Family } from '../syntax/assembler.ts';
import type { Operand } from '../syntax/cursor.ts';

function kindOf(operand: Operand, assembler: Assembler): string {
  switch (operand.kind) {
    case 'register':
      return registerKind(operand.register ?? '', assembler.family);
    case 'constant':
      return operand.offset === undefined ? '?' : immediateKind(BigInt.asIntN(64, operand.offset), assembler.family);
    case 'float':
      return 'F';
    case 'string':
      return 'T';
    case 'address':
      return operand.symbol === undefined ? 'A' : 'a';
    case 'indirect':
      return 'J';
    case 'branch':
    case 'label':
      return 'B';
    case 'special':
      return 'P';
    case 'list':
      return 'G';
    case 'pair':
      return 'H';
    case 'shift':
      return 'D';
    case 'extended':
      if (operand.element) return 'M';
      return /^[VX]/.test(operand.register ?? '') ? 'N' : 'U';
    case 'memory':
      return memoryKind(operand, assembler.family);
    case 'bad':
      return '?';
  }
}

function memoryKind({ symbol, pseudo, register, index, offset }: Operand, family: Family): string {
  if (index !== undefined) {
    const vector = family === 'amd64' || family === '386' ? 'XYZ'.indexOf(/^([XYZ])\d/.exec(index)?.[1] ?? '-') : -1;
    return vector < 0 ? 'X' : String(vector);
  }
  if (symbol !== undefined || pseudo !== undefined) return register === undefined ? 'n' : 'X';
  if (register !== undefined) return 'o';
  return offset === undefined ? '?' : 'c';
}

/** Bounds of the immediates called `i` and `I`. */
const SMALL = { low: -8n, high: 63n };
const MIDDLE = { low: -2048n, high: 65535n };
/** x86 knows immediates of 8 and 32 bits. */
const X86_SMALL = { low: -128n, high: 255n };
const X86_MIDDLE = { low: -(1n << 31n), high: (1n << 32n) - 1n };

function immediateKind(value: bigint, family: Family): string {
  const x86 = family === 'amd64' || family === '386';
  const [small, middle] = x86 ? [X86_SMALL, X86_MIDDLE] : [SMALL, MIDDLE];
  if (value >= small.low && value <= small.high) return 'i';
  return value >= middle.low && value <= middle.high ? 'I' : 'L';
}

/** By the beginning of the name, the first that fits. */
const REGISTERS: Readonly<Record<string, readonly (readonly [RegExp, string])[]>> = {
  amd64: [
    [/^([ABCD][LH]|(SP|BP|SI|DI|R\d+)B)$/, 'b'],
    [/^([ABCD]X|SP|BP|SI|DI|R\d+|g)$/, 'r'],
    [/^X\d/, 'x'],
    [/^Y\d/, 'y'],
    [/^Z\d/, 'z'],
    [/^K\d/, 'k'],
    [/^M\d/, 'm'],
    [/^F\d/, 'f'],
  ],
  arm64: [
    [/^RSP$/, 'S'],
    [/^(R\d|ZR$|LR$|g$)/, 'r'],
    [/^F\d/, 'f'],
    [/^V\d/, 'v'],
  ],
  riscv64: [
    [/^(FCSR|FRM|FFLAGS)/, 's'],
    [/^F/, 'f'],
    [/^V\d/, 'v'],
    [/^(X\d|[AST]\d|ZERO|RA|SP|GP|TP|g$|TMP|CTXT|LR)/, 'r'],
  ],
  ppc64: [
    [/^VS\d/, 'w'],
    [/^V\d/, 'v'],
    [/^(R\d|g$)/, 'r'],
    [/^F\d/, 'f'],
    [/^CR\d$/, 'k'],
    [/^CR\d../, 't'],
    [/^(LR|CTR)$/, 'm'],
  ],
};
/** The others name registers by R, F and V alike. */
const OTHERS: readonly (readonly [RegExp, string])[] = [
  [/^(R\d|g$|LR$|R[A-Z]|SP$)/, 'r'],
  [/^FC/, 't'],
  [/^F\d/, 'f'],
  [/^V\d/, 'v'],
  [/^X\d/, 'x'],
  [/^W\d/, 'w'],
  [/^M\d/, 'm'],
];

function registerKind(name: string, family: Family): string {
  const rows = REGISTERS[family === '386' ? 'amd64' : family] ?? OTHERS;
  return rows.find(([pattern]) => pattern.test(name))?.[1] ?? 's';
}

/** An instruction's operands as one word; undefined where one of them is not known. */
export function patternOf(operands: readonly Operand[], assembler: Assembler): string | undefined {
  let word = '';
  for (const operand of operands) {
    const kind = kindOf(operand, assembler);
    if (kind === '?') return undefined;
    word += kind;
  }
  return word;
}

/** The letters in words. */
export const KIND_WORDS: Readonly<Record<string, string>> = {
  r: 'register',
  b: 'byte register',
  f: 'float register',
  v: 'vector',
  x: 'X register',
  y: 'Y register',
  z: 'Z register',
  w: 'wide vector',
  m: 'M register',
  k: 'mask',
  s: 'special register',
  S: 'RSP',
  t: 'condition register',
  i: '$imm8',
  I: '$imm32',
  L: '$imm64',
  F: '$float',
  T: '$string',
  a: '$symbol',
  A: '$address',
  o: 'memory',
  n: 'symbol',
  X: 'indexed memory',
  '0': 'memory (X index)',
  '1': 'memory (Y index)',
  '2': 'memory (Z index)',
  c: 'number',
  B: 'label',
  P: 'word',
  G: '[registers]',
  H: '(pair)',
  D: 'shifted register',
  U: 'extended register',
  N: 'arrangement',
  M: 'element',
  J: '*symbol',
};

/** "X register, register"; "no operands". */
export function kindWords(pattern: string): string {
  return pattern === '' ? 'no operands' : `${[...pattern].map(kind => KIND_WORDS[kind] ?? kind).join(', ')}`;
}
