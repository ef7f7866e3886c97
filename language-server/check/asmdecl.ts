/**
 * Assembly against its Go declarations: what `go vet`'s asmdecl reports, with its messages. It reads lines, as vet does, and
 * keeps vet's view of them (no macros, one instruction a line), so that both say the same of a file.
 */
import type { Frame, FrameVariable } from '../go/frame.ts';
import type { Kind } from '../go/layout.ts';
import type { Architecture } from '../syntax/architecture.ts';
import { assemblerOf } from '../syntax/assembler.ts';
import type { Fix, Problem } from '../syntax/preprocess.ts';
import { type Source, spanOf } from '../syntax/tree.ts';

/** What asmdecl knows of each architecture. */
interface Row {
  readonly stack: string;
  /** The link register is saved in the frame. */
  readonly link: boolean;
  /** Registers that count as results in ABIInternal when they occur at all. */
  readonly results: readonly string[];
  /** Instructions that write them. */
  readonly writes: readonly string[];
}

const row = (stack: string, link: boolean, results = '', writes = ''): Row => ({
  stack,
  link,
  results: results.split(' ').filter(Boolean),
  writes: writes.split(' ').filter(Boolean),
});

const ROWS: Readonly<Record<Architecture, Row>> = {
  '386': row('SP', false),
  amd64: row('SP', false, 'AX X0', 'SYSCALL'),
  arm: row('R13', true),
  arm64: row('RSP', true, 'R0 F0', 'SVC'),
  loong64: row('R3', true, 'R4 F0', 'SYSCALL'),
  mips: row('R29', true),
  mipsle: row('R29', true),
  mips64: row('R29', true),
  mips64le: row('R29', true),
  ppc64: row('R1', true, 'R3 F1', 'SYSCALL'),
  ppc64le: row('R1', true, 'R3 F1', 'SYSCALL'),
  riscv64: row('SP', true, 'X10 F10', 'ECALL'),
  s390x: row('R15', true),
  wasm: row('SP', false),
};

const TEXT = /\bTEXT\b(.*)\xb7([^(]+)\(SB\)(?:\s*,\s*([0-9A-Z|+()]+))?(?:\s*,\s*\$(-?[0-9]+)(?:-([0-9]+))?)?/;
const DATA = /\b(?:DATA|GLOBL)\b/;
const NAMED = /\$?([a-zA-Z0-9_\u00ff-\u{10ffff}]+)\+([0-9]+)\(FP\)/gu;
const UNNAMED = /[^+\-0-9](([0-9]+)\(FP\))/g;
const ON_STACK = /[^+\-0-9](([0-9]+)\(([A-Z0-9]+)\))/g;
const OPCODE = /^\s*(?:[A-Z0-9a-z_]+:)?\s*([A-Z]+)\s*([^,]*)(?:,\s*(.*))?/;
const ABI = /^(.+)<(ABI.+)>$/;

export interface Declarations {
  /** The package's import path; symbols of others are not checked. */
  readonly path: string;
  /**
   * The frame of a Go function without a body; 'unknown' where it cannot be computed; undefined where there is none of that
   * name.
   */
  frame(name: string): Frame | 'unknown' | undefined;
}

interface Current {
  readonly name: string;
  readonly abi: string;
  frame: Frame | undefined;
  /** Bytes of locals, saved registers included, and of arguments. */
  readonly local: number;
  readonly args: number;
  readonly noFrame: boolean;
  wroteStack: boolean;
  wroteResult: boolean;
}

export function asmdecl(source: Source, architecture: Architecture, declarations: Declarations): Problem[] {
  const arch = ROWS[architecture];
  const pointer = assemblerOf(architecture).pointerSize;
  const writesStack = new RegExp(`(?:,[ \\t]|NOP[ \\t])${arch.stack}`);
  const onStack = `(${arch.stack})`;
  // Most lines say nothing to vet; one look tells.
  const matters = new RegExp(`TEXT|RET|DATA|GLOBL|\\(FP\\)|CallImport|${arch.stack}`);
  const results = new RegExp([...arch.writes, ...arch.results].join('|') || '(?!)');
  const problems: Problem[] = [];
  let current: Current | undefined;
  let returns: { from: number; to: number }[] = [];

  const flush = () => {
    const result = current?.frame?.variables.get('ret');
    if (current && result && !current.wroteResult) {
      const what = current.abi === 'ABIInternal' ? 'result register' : `${result.size}-byte ret+${result.offset}(FP)`;
      for (const { from, to } of returns) {
        problems.push({
          message: `[${architecture}] ${current.name}: RET without writing to ${what}`,
          span: spanOf(source, from, to),
          severity: 'warning',
          code: 'asmdecl',
        });
      }
    }
    returns = [];
  };

  source.lineStarts.forEach((lineStart, index) => {
    const lineEnd = source.lineStarts[index + 1] ?? source.text.length;
    let line = source.text.slice(lineStart, lineEnd);
    const mayReturn = current?.abi === 'ABIInternal' && !current.wroteResult;
    if (!mayReturn && !matters.test(line)) return;
    line = line.replace(/\r?\n$/, '');
    const comment = line.indexOf('//');
    if (comment >= 0) line = line.slice(0, comment);

    const bad: Bad = (message, at = line.length - line.trimStart().length, length = line.trim().length, fix) => {
      const place = fix?.is === 'write' && fix.at;
      problems.push({
        message: `[${architecture}] ${current?.name ?? ''}: ${message}`,
        span: spanOf(source, lineStart + at, lineStart + at + Math.max(1, length)),
        severity: 'warning',
        code: 'asmdecl',
        fix: place ? { ...fix, at: { start: lineStart + place.start, end: lineStart + place.end } } : fix,
      });
    };

    const isText = line.includes('TEXT');
    const text = isText ? TEXT.exec(line) : null;
    if (text) {
      flush();
      current = begin(text, bad);
      return;
    }
    if (isText && line.includes('SB')) {
      // Not visible from Go.
      flush();
      current = undefined;
      return;
    }
    if (line.includes('RET') && !line.includes('(SB)')) {
      // RET f(SB) is a tail call, which writes the results.
      returns.push({ from: lineStart + line.length - line.trimStart().length, to: lineStart + line.trimEnd().length });
    }
    if (!current) return;
    if (DATA.test(line)) current.frame = undefined;
    if (writesStack.test(line)) {
      current.wroteStack = true;
      return;
    }
    if (architecture === 'wasm' && line.includes('CallImport')) current.wroteResult = true;
    if (mayReturn && results.test(line)) current.wroteResult = true;
    // Expressions are looked for where they can be.
    if (line.includes(onStack)) stackAccesses(line, current, bad);
    if (current.frame && line.includes('(FP)')) frameAccesses(line, current, current.frame, bad);
  });
  flush();
  return problems;

  function begin(match: RegExpExecArray, bad: Bad): Current | undefined {
    const [whole, prefix, symbol, flags = '', frameSize = '0', argsSize = '0'] = match;
    const path = prefix.trim().replaceAll('\u2215', '/');
    if (path !== '' && path !== declarations.path) return undefined;
    const abi = ABI.exec(symbol);
    const name = abi ? abi[1] : symbol;
    const frame = declarations.frame(name);
    const args = Number(argsSize);
    const noFrame = flags.includes('NOFRAME');
    const link = arch.link && !noFrame;
    const made: Current = {
      name,
      abi: abi?.[2] ?? '',
      frame: frame === 'unknown' ? undefined : frame,
      local: Number(frameSize) + pointer + (link ? pointer : 0),
      args,
      noFrame,
      wroteStack: false,
      wroteResult: false,
    };
    current = made;
    if (made.frame && args !== made.frame.size && ((flags !== '7' && !flags.includes('NOSPLIT')) || args !== 0)) {
      const end = match.index + whole.length;
      const start = end - (match[5] === undefined ? 0 : match[5].length + 1);
      const at = match[4] === undefined ? undefined : { start, end };
      const text = `-${made.frame.size}`;
      bad(`wrong argument size ${args}; expected $...${text}`, undefined, undefined, at && { is: 'write', text, at });
    }
    if (frame === undefined && !name.includes('<>') && !noFrame) {
      bad(`function ${name} missing Go declaration`, undefined, undefined, { is: 'declare', name });
    }
    return made;
  }

  function stackAccesses(line: string, fn: Current, bad: Bad): void {
    for (const match of line.matchAll(ON_STACK)) {
      const [, expression, digits, register] = match;
      if (register !== arch.stack || fn.wroteStack || fn.noFrame) continue;
      const offset = Number(digits);
      if (offset < fn.local) continue;
      const at = match.index + 1;
      const variable = fn.frame?.byOffset.get(offset - fn.local);
      if (variable) {
        const text = `${variable.name}+${offset - fn.local}(FP)`;
        bad(`${expression} should be ${text}`, at, expression.length, { is: 'write', text });
      } else if (offset >= fn.local + fn.args)
        bad(`use of ${expression} points beyond argument frame`, at, expression.length);
      else bad(`use of ${expression} to access argument frame`, at, expression.length);
    }
  }

  function frameAccesses(line: string, fn: Current, frame: Frame, bad: Bad): void {
    for (const match of line.matchAll(UNNAMED)) {
      const [, expression, digits] = match;
      const offset = Number(digits);
      const variable = frame.byOffset.get(offset);
      const told = variable ? `; offset ${offset} is ${written(variable)}` : '';
      bad(`use of unnamed argument ${expression}${told}`, match.index + 1, expression.length, renamed(variable));
    }
    for (const match of line.matchAll(NAMED)) {
      const [expression, name, digits] = match;
      const offset = Number(digits);
      if (name === 'ret' || name.startsWith('ret_')) fn.wroteResult = true;
      const variable = frame.variables.get(name);
      if (variable) {
        checkVariable(line, expression, match.index, offset, variable, architecture, pointer, bad);
        continue;
      }
      if (name === 'argframe' && offset === 0) continue;
      const there = frame.byOffset.get(offset);
      const told = there ? `; offset ${offset} is ${written(there)}` : '';
      const dollar = expression.startsWith('$') ? '$' : '';
      bad(`unknown variable ${name}${told}`, match.index, expression.length, renamed(there, dollar));
    }
  }
}

const written = ({ name, offset }: FrameVariable) => `${name}+${offset}(FP)`;
const renamed = (variable: FrameVariable | undefined, before = ''): Fix | undefined =>
  variable && { is: 'write', text: before + written(variable) };

/** Says what is wrong on a line, or from a column of it on. */
type Bad = (message: string, at?: number, length?: number, fix?: Fix) => void;

function checkVariable(
  line: string,
  expression: string,
  at: number,
  offset: number,
  variable: FrameVariable,
  architecture: Architecture,
  pointer: number,
  bad: Bad,
): void {
  const opcode = OPCODE.exec(line)?.[1];
  if (opcode === undefined) {
    bad('cannot find assembly opcode');
    return;
  }
  const { source, destination, address } = widths(architecture, opcode);
  const isAddress = expression.startsWith('$') || address;
  let kind: Kind = line.indexOf(expression) > line.indexOf(',') ? destination : source;
  let { kind: wanted, size, type } = variable;
  const { inner } = variable;
  if (wanted === 'interface' || wanted === 'empty interface' || wanted === 'string' || wanted === 'slice') {
    // The first word may be meant.
    ({ kind: wanted, size, type } = inner[0]);
  } else if (wanted === 'complex' && kind === size) kind = 'complex';
  if (isAddress) {
    wanted = pointer;
    size = pointer;
    type = 'address';
  }
  if (offset !== variable.offset) {
    const others = inner
      .map((part, index) => `${inner.length > 1 ? ',' : ''} ${index === inner.length - 1 ? 'or ' : ''}${written(part)}`)
      .join('');
    const fix = renamed(variable, expression.startsWith('$') ? '$' : '');
    bad(`invalid offset ${expression}; expected ${written(variable)}${others}`, at, expression.length, fix);
    return;
  }
  if (kind !== 0 && kind !== wanted) {
    const parts = inner
      .map((part, index) => {
        const comma = index > 0 && inner.length > 2 ? ',' : '';
        return `${comma} ${index > 0 && index === inner.length - 1 ? 'and ' : ''}${written(part)}`;
      })
      .join('');
    const containing = inner.length ? ` containing${parts}` : '';
    bad(`invalid ${opcode} of ${expression}; ${type} is ${size}-byte value${containing}`, at, expression.length);
  }
}

const NONE = { source: 0, destination: 0, address: false };
const same = (width: number) => ({ source: width, destination: width, address: false });
const LETTERS: Readonly<Record<string, number>> = { B: 1, H: 2, W: 4, D: 8 };
const MIPS: Readonly<Record<string, number>> = {
  MOVB: 1,
  MOVBU: 1,
  MOVH: 2,
  MOVHU: 2,
  MOVW: 4,
  MOVWU: 4,
  MOVF: 4,
  MOVV: 8,
  MOVD: 8,
};
const ARM: Readonly<Record<string, number>> = { MOVD: 8, MOVW: 4, MOVH: 2, MOVHU: 2, MOVB: 1, MOVBU: 1 };
const S390X: Readonly<Record<string, number>> = {
  MOVB: 1,
  MOVBZ: 1,
  MOVH: 2,
  MOVHZ: 2,
  MOVW: 4,
  MOVWZ: 4,
  FMOVS: 4,
  MOVD: 8,
  FMOVD: 8,
};

/** Bytes that an instruction reads and writes, as far as its name tells; 0 for not at all. */
function widths(architecture: Architecture, opcode: string): { source: number; destination: number; address: boolean } {
  switch (architecture) {
    case '386':
    case 'amd64':
      if (architecture === '386' && opcode === 'FMOVLP') return { source: 8, destination: 4, address: false };
      if (opcode === (architecture === '386' ? 'LEAL' : 'LEAQ')) {
        return { source: 0, destination: architecture === '386' ? 4 : 8, address: true };
      }
      return same(x86Width(opcode));
    case 'arm':
      return same(ARM[opcode] ?? 0);
    case 'ppc64':
    case 'ppc64le':
      return same(LETTERS[/([BHWD])(?:ZU|Z|U|BR)?$/.exec(opcode)?.[1] ?? ''] ?? 0);
    case 'loong64':
    case 'mips':
    case 'mipsle':
    case 'mips64':
    case 'mips64le':
      return same(MIPS[opcode] ?? 0);
    case 's390x':
      return same(S390X[opcode] ?? 0);
    default:
      return NONE;
  }
}

function x86Width(opcode: string): number {
  if (/^F.*DP?$/.test(opcode)) return 8;
  if (/^P.*RD$/.test(opcode)) return 4;
  if (/^F.*FP?$/.test(opcode)) return 4;
  if (opcode.endsWith('SD')) return 8;
  if (opcode.endsWith('SS')) return 4;
  if (opcode === 'MOVO' || opcode === 'MOVOU') return 16;
  if (opcode.startsWith('SET')) return 1;
  return ({ B: 1, W: 2, L: 4, D: 8, Q: 8 } as Record<string, number>)[opcode[opcode.length - 1]] ?? 0;
}
