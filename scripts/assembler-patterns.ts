/**
 * Which operands each instruction takes, asked of Go's assembler (`npx tsx scripts/assembler-patterns.ts [ARCHITECTURE…]`,
 * which takes less than ten minutes for all): it is given samples of every kind, and what it takes is
 * written into language-server/patterns.generated.json. The search starts from what stands in the installation's own assembly
 * and in the assembler's test vectors, and tries everything one operand away from something taken, until nothing new is
 * found. Of instructions that stand nowhere, all combinations of up to two operands are tried.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { assemble } from '../language-server/check/assemble.ts';
import { checkedTargets } from '../language-server/check/check.ts';
import { definesFor } from '../language-server/check/defines.ts';
import { patternOf } from '../language-server/check/kinds.ts';
import { compacted, type PatternTable } from '../language-server/check/patterns.ts';
import { diskFiles } from '../language-server/files.node.ts';
import type { Architecture } from '../language-server/syntax/architecture.ts';
import { type Assembler, assemblerOf } from '../language-server/syntax/assembler.ts';
import { assemblyFile } from '../language-server/syntax/file.ts';
import { preprocess } from '../language-server/syntax/preprocess.ts';
import { surroundingsOf } from '../language-server/workspace.ts';
import { withAsker } from './assembler-tables.ts';
import { goToolchain } from './grammar.ts';

export const PATTERNS = fileURLToPath(new URL('../language-server/patterns.generated.json', import.meta.url));

/** 386 shares amd64's table; wasm's instructions take their operands from a stack. */
const ASKED: readonly Architecture[] = [
  'amd64',
  'arm',
  'arm64',
  'loong64',
  'mips',
  'mips64',
  'ppc64',
  'riscv64',
  's390x',
];

const BRANCHES = ['label', '2(PC)'];
const COMMON: Record<string, readonly string[]> = {
  F: ['$1.5', '$0.0'],
  a: ['$sym(SB)', '$x-8(SP)'],
  n: ['sym(SB)', 'x+8(FP)'],
  B: BRANCHES,
  J: ['*sym(SB)'],
  T: ['$"abcd"'],
};
const X86: Record<string, readonly string[]> = {
  ...COMMON,
  r: ['BX', 'CX', 'AX', 'DX'],
  b: ['BL', 'CL', 'AL'],
  x: ['X1', 'X2', 'X3'],
  y: ['Y1', 'Y2', 'Y3'],
  z: ['Z1', 'Z2', 'Z3'],
  k: ['K1', 'K2'],
  m: ['M1'],
  f: ['F0', 'F1'],
  s: ['DS', 'CR0', 'DR0', 'TR', 'GS'],
  i: ['$1', '$3', '$-1', '$200'],
  I: ['$1000', '$-1000', '$0xffffffff'],
  L: ['$0x123456789a'],
  A: ['$8(BX)'],
  o: ['8(SI)', '(DI)'],
  X: ['8(SI)(BX*2)'],
  '0': ['8(SI)(X4*1)'],
  '1': ['8(SI)(Y4*1)'],
  '2': ['8(SI)(Z4*1)'],
  c: ['4'],
  G: ['[X0-X3]', '[Z0-Z3]'],
};
const RISC: Record<string, readonly string[]> = {
  ...COMMON,
  r: ['R3', 'R4'],
  f: ['F2', 'F4'],
  v: ['V1', 'V2'],
  i: ['$1', '$2', '$0', '$8', '$16', '$63'],
  I: ['$100', '$-100', '$4095', '$4096', '$65535'],
  L: ['$0x123456', '$0x123456789a'],
  A: ['$8(R3)'],
  o: ['8(R3)', '(R3)', '16(R4)'],
  X: ['(R3)(R4)'],
  c: ['4', '0', '1'],
};

const SAMPLES: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  amd64: X86,
  '386': X86,
  arm: {
    ...RISC,
    s: ['CPSR', 'FPSR', 'FPCR', 'MB_SY', 'C1'],
    v: [],
    G: ['[R1-R3]', '[R1,R4]'],
    H: ['(R2, R3)'],
    D: ['R1<<2', 'R1>>R2', 'R1@>3'],
    X: ['(R3)(R4)', 'R4<<2(R3)'],
  },
  arm64: {
    ...RISC,
    r: ['R3', 'ZR', 'R4'],
    S: ['RSP'],
    s: ['FPCR', 'CNTVCT_EL0', 'DAIFSet', 'MIDR_EL1'],
    G: ['[V1.B16]', '[V1.B16, V2.B16]', '[V1.D1, V2.D1, V3.D1]', '[V1.S4, V2.S4, V3.S4, V4.S4]'],
    H: ['(R2, R3)', '(F2, F3)'],
    D: ['R1<<2', 'R1@>3', 'R1->4'],
    U: ['R1.UXTW', 'R1.SXTX<<2', 'R1.UXTB'],
    N: ['V1.B16', 'V1.S4', 'V1.D2', 'V1.H8', 'V1.B8', 'V1.D1', 'V1.Q1'],
    M: ['V1.S[1]', 'V1.D[0]', 'V1.B[1]', 'V1.H[1]'],
    X: ['(R3)(R4)', '(R3)(R4.UXTW<<2)', '(R3)(R4<<3)'],
    P: ['EQ', 'PLDL1KEEP', 'VMALLE1IS', 'ISH'],
  },
  loong64: {
    ...RISC,
    x: ['X1', 'X2'],
    t: ['FCC1', 'FCSR1'],
    N: ['V1.B16', 'V1.W4', 'X1.B32', 'X1.W8'],
    M: ['V1.B[1]', 'V1.W[1]', 'X1.W[1]'],
  },
  mips: { ...RISC, v: [], m: ['M1'], s: ['HI', 'LO'], t: ['FCR0', 'FCR31'] },
  mips64: { ...RISC, v: [], m: ['M1'], s: ['HI', 'LO'], t: ['FCR0', 'FCR31'], w: ['W1', 'W2'] },
  ppc64: {
    ...RISC,
    w: ['VS1', 'VS2'],
    k: ['CR1', 'CR0'],
    t: ['CR0LT', 'CR1EQ'],
    s: ['XER', 'FPSCR', 'MSR', 'CR', 'SPR(268)'],
    m: ['LR', 'CTR'],
    X: ['(R3)(R4)', '(R3+R4)'],
  },
  riscv64: {
    ...RISC,
    r: ['X5', 'X6'],
    A: ['$8(X5)'],
    o: ['8(X5)', '(X5)'],
    X: ['(X5)(X6)'],
    v: ['V1', 'V0', 'V2'],
    P: ['E32', 'M1', 'TA', 'MA', 'CYCLE', 'FCSR'],
  },
  s390x: { ...RISC, X: ['(R3)(R4*1)', '8(R3)(R4)'], s: ['AR1'] },
};

/** So many ways of one word are tried. */
const MOST_WAYS = 3;
/** Lines that are assembled at once. */
const BATCH = 500;

/** Instructions as the installation's own files use them, by architecture: words of kinds. */
function used(root: string): Map<Architecture, Map<string, Set<string>>> {
  const found = new Map<Architecture, Map<string, Set<string>>>();
  const world = { files: diskFiles, goRoot: pathToFileURL(root).href };
  const source = join(root, 'src');
  const names = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter(
    name =>
      name.endsWith('.s') &&
      (!name.includes('testdata') || /asm.internal.asm.testdata/.test(name)) &&
      !/error\.s$/.test(name),
  );
  for (const name of names) {
    const path = join(source, name);
    const file = assemblyFile(pathToFileURL(path).href, readFileSync(path, 'utf8'));
    const surroundings = surroundingsOf(world, file.uri);
    const vectors = /asm.testdata.(386|amd64|arm64|armv6|arm|loong64|mips64|mips|ppc64|riscv64|s390x|avx512enc)/.exec(
      name,
    )?.[1];
    const own = vectors === undefined ? checkedTargets(file) : [{ architecture: architectureOf(vectors) }];
    for (const target of own) {
      const assembler = assemblerOf(target.architecture);
      const expansion = preprocess(file.source, header => surroundings.include(header, target), definesFor(target));
      const program = assemble(expansion, assembler, { allowAbi: true });
      const words = found.get(target.architecture) ?? new Map<string, Set<string>>();
      found.set(target.architecture, words);
      for (const { word, operands, bad } of program.functions.flatMap(({ instructions }) => instructions)) {
        const pattern = bad ? undefined : patternOf(operands, assembler);
        if (pattern === undefined) continue;
        const set = words.get(word) ?? new Set<string>();
        words.set(word, set.add(pattern));
      }
    }
  }
  return found;
}

function architectureOf(vectors: string): Architecture {
  if (vectors === 'avx512enc') return 'amd64';
  return (vectors === 'armv6' ? 'arm' : vectors) as Architecture;
}

/** Ways to write a word of kinds: the first samples of each, then others, not all of them together. */
function ways(word: string, samples: Readonly<Record<string, readonly string[]>>): string[][] {
  const lists = [...word].map(kind => samples[kind] ?? []);
  if (lists.some(list => list.length === 0)) return [];
  const made: string[][] = [];
  const longest = Math.max(1, ...lists.map(list => list.length));
  // Side by side: arrangements and sizes often have to agree.
  for (let n = 0; n < Math.min(longest, MOST_WAYS - 1); n++) made.push(lists.map(list => list[n % list.length]));
  const total = lists.reduce((product, list) => product * list.length, 1);
  const step = Math.max(1, Math.floor(total / 2));
  for (let n = 0; n < total && made.length < MOST_WAYS; n += step) {
    let rest = n;
    made.push(
      lists.map(list => {
        const sample = list[rest % list.length];
        rest = Math.floor(rest / list.length);
        return sample;
      }),
    );
  }
  return made;
}

/** Kinds that are worth trying: an addition takes no label, and nothing but AVX-512 a mask. */
function worthTrying(word: string, assembler: Assembler, kinds: readonly string[]): string[] {
  const isJump = assembler.jumps.has(word);
  const not = new Set(isJump ? 'FTavxyzwmkAIL012GHUNMD' : 'B');
  if (!/^(MOV|LEA|ADD|CMP|PUSH|FMOV|LMOV|STM|LDM)/.test(word)) for (const kind of 'aAF') not.add(kind);
  if (assembler.family === 'amd64' || assembler.family === '386') {
    const isVector = /^[VK]/.test(word);
    for (const kind of isVector ? 'bsfmcIL' : 'yzk012G') not.add(kind);
    if (!/^F/.test(word)) not.add('f');
    if (!/^(MOV|PUSH|POP|ADJSP)/.test(word)) for (const kind of 'scL') not.add(kind);
    if (!isVector && !/^(P|MOV|CVT|MASK)/.test(word)) not.add('m');
    if (!isVector && !/(S[SD]|P[SD]|DQ|O|OU|[BWLQ]L?|X|I)$/.test(word)) not.add('x');
    if (/^(J|CMOV|SET|BT|ADC|SBB|XCHG|NEG|NOT|DIV|IDIV|MUL|RO|RC|SA|SH[LR][BWLQ])/.test(word)) not.add('x');
  } else {
    if (!/^(MOV|V|XV|F|LV|ST|LD|L|S)/.test(word)) for (const kind of 'vxwN') not.add(kind);
    if (!/^(V|XV|F)/.test(word)) for (const kind of 'MN') not.add(kind);
    if (/^(V|XV)/.test(word)) for (const kind of 'fDU') not.add(kind);
  }
  return kinds.filter(kind => !not.has(kind));
}

class Asker {
  readonly #program: string;
  readonly #architecture: Architecture;
  constructor(program: string, architecture: Architecture) {
    this.#program = program;
    this.#architecture = architecture;
  }

  /** For each line whether the assembler takes it. One that ends the assembler itself is not taken. */
  ask(lines: readonly string[]): boolean[] {
    const answers: boolean[] = [];
    let size = BATCH;
    /** Where batches have their full size again. */
    let behind = 0;
    while (answers.length < lines.length) {
      const at = answers.length;
      if (at >= behind) size = BATCH;
      const batches: string[][] = [];
      const end = Math.min(lines.length, size === BATCH ? at + AT_ONCE : behind);
      for (let from = at; from < end; from += size) batches.push(lines.slice(from, Math.min(from + size, end)));
      const { stdout } = spawnSync(this.#program, ['probe', this.#architecture], {
        input: batches.map(batch => `${batch.join('\n')}\n\n`).join(''),
        encoding: 'utf8',
        maxBuffer: 1 << 28,
        timeout: PATIENCE,
        env: { ...process.env, GOARCH: this.#architecture, ...ENVIRONMENT },
      });
      const whole = stdout.split('\n').slice(0, -1);
      batches.every((batch, index) => {
        if (whole[index]?.length !== batch.length) return false;
        for (const answer of whole[index]) answers.push(answer === '+');
        return true;
      });
      const failed = answers.length - at < end - at;
      if (!failed) continue;
      // It ended in the middle: the batch it ended in is asked about in smaller ones.
      behind = Math.min(lines.length, Math.max(behind, answers.length + size));
      if (size === 1) answers.push(false);
      else size = Math.max(1, size >> 3);
    }
    return answers;
  }
}

/** Lines for one run of the program, and how long that may take, in milliseconds. */
const AT_ONCE = 20_000;
const PATIENCE = 120_000;
const ENVIRONMENT = { GOOS: 'linux', GOPPC64: 'power10', GOARM: '7', GORISCV64: 'rva23u64' };

function patternsOf(
  assembler: Assembler,
  program: string,
  seeds: ReadonlyMap<string, ReadonlySet<string>>,
): Map<string, Set<string>> {
  const samples = SAMPLES[assembler.family === 'mips' ? 'mips' : assembler.family] ?? RISC;
  // Strings and indirect jumps are where they are, and nowhere else.
  const kinds = Object.keys(samples).filter(kind => samples[kind].length > 0 && kind !== 'T' && kind !== 'J');
  const asker = new Asker(program, assembler.architecture);
  const taken = new Map<string, Set<string>>();
  const tried = new Set<string>();
  const words = [...assembler.instructions];
  const kindsOf = new Map<string, string[]>();
  let open: [string, string][] = [];
  for (const word of words) {
    taken.set(word, new Set(seeds.get(word)));
    const own = seeds.get(word);
    const worth = worthTrying(word, assembler, kinds);
    kindsOf.set(word, worth);
    const add = (pattern: string) => open.push([word, pattern]);
    for (const pattern of ['', ...worth]) add(pattern);
    if (!own) for (const pattern of worth.flatMap(a => worth.map(b => a + b))) add(pattern);
    for (const seed of own ?? []) neighbours(seed, worth).forEach(add);
  }
  for (let round = 0; open.length > 0; round++) {
    const lines: string[] = [];
    const owners: number[] = [];
    open = open.filter(([word, pattern]) => {
      const key = `${word} ${pattern}`;
      if (tried.has(key) || taken.get(word)!.has(pattern)) return false;
      tried.add(key);
      return true;
    });
    open.forEach(([word, pattern], index) => {
      for (const way of ways(pattern, samples)) {
        lines.push(way.length ? `${word} ${way.join(', ')}` : word);
        owners.push(index);
      }
    });
    process.stderr.write(`${assembler.architecture} round ${round}: ${lines.length} lines\n`);
    const answers = asker.ask(lines);
    const found = new Set<number>();
    answers.forEach((answer, index) => {
      if (answer) found.add(owners[index]);
    });
    const next: [string, string][] = [];
    for (const index of found) {
      const [word, pattern] = open[index];
      taken.get(word)!.add(pattern);
      for (const other of neighbours(pattern, kindsOf.get(word)!)) next.push([word, other]);
    }
    open = next;
  }
  return taken;
}

/** What is one operand away: another kind in its place, one more, one less. */
function neighbours(pattern: string, kinds: readonly string[]): string[] {
  const list: string[] = [];
  for (let at = 0; at < pattern.length; at++) {
    list.push(pattern.slice(0, at) + pattern.slice(at + 1));
    for (const kind of kinds) list.push(pattern.slice(0, at) + kind + pattern.slice(at + 1));
  }
  return list;
}

/** Reads the tables of some architectures, one after the other; `each` is told when one is done. */
export function readPatterns(
  toolchain: { version: string; root: string },
  architectures: readonly Architecture[],
  each: (table: PatternTable['tables'][number]) => void,
): void {
  const seeds = used(toolchain.root);
  withAsker(toolchain, program => {
    for (const architecture of architectures) {
      const merged = new Map<string, Set<string>>();
      // Both byte orders use the same instructions, and 386 most of amd64's.
      const names = [architecture, `${architecture}le`, ...(architecture === 'amd64' ? ['386'] : [])] as Architecture[];
      for (const name of names) {
        for (const [word, set] of seeds.get(name) ?? [])
          merged.set(word, new Set([...(merged.get(word) ?? []), ...set]));
      }
      const taken = patternsOf(assemblerOf(architecture), program, merged);
      const bySet = new Map<string, string[]>();
      for (const [word, set] of taken) {
        if (set.size === 0) continue;
        const key = compacted([...set].sort());
        bySet.set(key, [...(bySet.get(key) ?? []), word]);
      }
      each({ architecture, sets: Object.fromEntries([...bySet].map(([set, list]) => [list.join(' '), set])) });
    }
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const toolchain = goToolchain();
  if (!toolchain) throw new Error('there is no Go on the PATH');
  const asked = process.argv.slice(2) as Architecture[];
  const known: PatternTable = JSON.parse(readFileSync(PATTERNS, 'utf8'));
  const tables = new Map(known.go === toolchain.version ? known.tables.map(table => [table.architecture, table]) : []);
  readPatterns(toolchain, asked.length ? asked : ASKED, table => {
    tables.set(table.architecture, table);
    const sorted = ASKED.flatMap(name => tables.get(name) ?? []);
    writeFileSync(PATTERNS, `${JSON.stringify({ go: toolchain.version, tables: sorted }, null, 1)}\n`);
  });
}
