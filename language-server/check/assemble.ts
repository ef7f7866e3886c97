/**
 * A file as the assembler takes it (cmd/asm/internal/asm): the expanded tokens become functions, instructions and data,
 * and what the assembler would refuse becomes a problem with its message. One problem a statement, as there.
 */
import type { Assembler } from '../syntax/assembler.ts';
import type { Operand, OperandContext } from '../syntax/cursor.ts';
import { ownText, symbolName } from '../syntax/lexer.ts';
import { parseOperand } from '../syntax/operand.ts';
import { type Expanded, type Expansion, type Fix, type Problem, sourceSpan } from '../syntax/preprocess.ts';
import { isFuncdataMacro } from '../syntax/words.ts';
import { kindWords, patternOf } from './kinds.ts';
import { takes } from './patterns.ts';
import { PseudoOperations } from './pseudo-operations.ts';
import { type Complaint, type Reading, type Readings, readingsFor } from './readings.ts';
import { type Line, Statements } from './statement.ts';
import { suffixProblem } from './suffixes.ts';
import { x86Problem } from './x86.ts';

export interface Instruction {
  readonly word: string;
  /** Index into the expanded tokens. */
  readonly at: number;
  /** With its dots: ".P", ".RN_SAE.Z". */
  readonly suffix: string;
  /** Their places count from the instruction's: statements that are written alike share them. */
  readonly operands: readonly Operand[];
  /** Something was said about it already. */
  bad: boolean;
}

export interface AssemblyFunction {
  /** With a leading period where it belongs to this package; `/` and `.` as the linker has them. */
  readonly name: string;
  readonly symbol: Operand;
  readonly flags: bigint | undefined;
  /** Bytes; undefined where they cannot be read. */
  readonly frame?: number;
  readonly at: number;
  readonly instructions: Instruction[];
  /** By name, indices into the expanded tokens. */
  readonly labels: Map<string, number>;
  /** Something is said about the pointers in its frame. */
  describesPointers: boolean;
}

export interface Assembled {
  readonly assembler: Assembler;
  readonly expansion: Expansion;
  readonly functions: readonly AssemblyFunction[];
  readonly problems: readonly Problem[];
}

export interface AssembleOptions {
  /** The package may write `<ABIInternal>`: the runtime and what belongs to it. */
  readonly allowAbi: boolean;
}

/** Never throws. */
export function assemble(expansion: Expansion, assembler: Assembler, options: AssembleOptions): Assembled {
  return new Assembly(expansion, assembler, options).run();
}

class Assembly {
  readonly #expansion: Expansion;
  readonly #tokens: readonly Expanded[];
  readonly #assembler: Assembler;
  readonly #context: OperandContext & { isJump: boolean };
  readonly #problems: Problem[] = [];
  readonly #functions: AssemblyFunction[] = [];
  readonly #statements: Statements;
  readonly #pseudo: PseudoOperations;
  readonly #readings: Readings;
  #labels = new Map<string, number>();
  #jumps: { label: string; at: number }[] = [];
  #pending: number[] = [];
  /** The first thing that is wrong with the statement here. */
  #complaint: Complaint | undefined;

  constructor(expansion: Expansion, assembler: Assembler, { allowAbi }: AssembleOptions) {
    this.#expansion = expansion;
    this.#tokens = expansion.tokens;
    this.#assembler = assembler;
    this.#readings = readingsFor(expansion, assembler, allowAbi);
    const { macros, constantsOpen } = expansion;
    this.#context = {
      assembler,
      tokens: expansion.tokens,
      isJump: false,
      allowAbi,
      isOpaque: name => (macros.get(name)?.opaque ?? false) || (constantsOpen && !macros.has(name)),
      problem: (message, at, fix) => this.#problem(message, at, at + 1, fix),
    };
    const problem = (message: string, at: number, to?: number) => this.#problem(message, at, to);
    this.#statements = new Statements(expansion.tokens, assembler.family, problem);
    this.#pseudo = new PseudoOperations(this.#context, problem);
  }

  run(): Assembled {
    while (this.#statements.skipToNext()) {
      this.#complaint = undefined;
      const start = this.#statements.at;
      const reading = this.#reading();
      if (reading) {
        this.#instruction(reading, start);
        continue;
      }
      const line = this.#statements.next();
      // They belong to the next instruction.
      this.#pending.push(...line.labels);
      if (line.word !== '') this.#directive(line);
      if (this.#complaint) this.#tell(this.#complaint, 0);
    }
    this.#patch();
    return {
      assembler: this.#assembler,
      expansion: this.#expansion,
      functions: this.#functions,
      problems: this.#problems,
    };
  }

  #problem(message: string, at: number, to = at + 1, fix?: Fix): undefined {
    this.#complaint ??= { message, from: at, to, fix };
  }

  #tell({ message, from, to, fix }: Complaint, start: number): undefined {
    this.#problems.push({ message, span: sourceSpan(this.#tokens, start + from, start + to), fix });
  }

  /** What the instruction here comes to; undefined where none begins. */
  #reading(): Reading | undefined {
    const tokens = this.#tokens;
    const start = this.#statements.at;
    const { kind, text } = tokens[start];
    if (kind !== 'name' || !this.#assembler.instructions.has(text)) return undefined;
    let end = start + 1;
    while (!this.#statements.ends(end)) end++;
    const key = this.#written(start, end);
    const known = this.#readings.statements.get(key);
    if (known) {
      this.#statements.moveTo(end);
      return known;
    }
    const line = this.#statements.next();
    // It is the name of a label.
    if (line.word === '') {
      this.#statements.moveTo(start);
      return undefined;
    }
    const made = this.#read(line);
    this.#readings.statements.set(ownText(key), made);
    return made;
  }

  /** The text of a statement: as it stands in the file where it does, token by token where macros made it. */
  #written(from: number, to: number): string {
    const tokens = this.#tokens;
    let isThere = !tokens[from].derived;
    for (let at = from + 1; isThere && at < to; at++) {
      isThere = !tokens[at].derived && tokens[at].at === tokens[at - 1].at + 1;
    }
    if (isThere) {
      const { source } = this.#expansion;
      return source.text.slice(source.tokens[tokens[from].at].start, source.tokens[tokens[to - 1].at].end);
    }
    let text = tokens[from].text;
    for (let at = from + 1; at < to; at++) text += ` ${tokens[at].text}`;
    return text;
  }

  #read(line: Line): Reading {
    const { word, suffix, at } = line;
    const { family, jumps } = this.#assembler;
    this.#context.isJump = jumps.has(word);
    const operands = line.operands.map(({ from, to }) => {
      const operand = this.#operand(from, to);
      if (!this.#context.isJump && isPseudo(operand, this.#assembler)) {
        this.#problem(`illegal use of pseudo-register in ${word}`, from);
      }
      return operand;
    });
    const problem = suffix ? suffixProblem(family, word, suffix) : undefined;
    if (problem) this.#problem(problem, at + 1, at + 3);
    const target = this.#context.isJump ? this.#jump(line, operands) : undefined;
    const before = this.#complaint;
    if (!before) this.#checkOperands(line, operands);
    const complaint = this.#complaint as Complaint | undefined;
    return {
      word,
      suffix,
      operands: operands.map(operand => ({ ...operand, from: operand.from - at, to: operand.to - at })),
      complaint: complaint && {
        ...complaint,
        from: complaint.from - at,
        to: complaint.to - at,
        inFunction: complaint !== before,
      },
      target: target?.symbol === undefined ? undefined : { label: target.symbol, at: target.from - at },
    };
  }

  #instruction({ word, suffix, operands, complaint, target }: Reading, at: number): undefined {
    const fn = this.#functions[this.#functions.length - 1];
    const isBad = complaint !== undefined && (fn !== undefined || !complaint.inFunction);
    if (isBad) this.#tell(complaint, at);
    if (target) this.#jumps.push({ label: target.label, at: at + target.at });
    const isPlaced = this.#place();
    fn?.instructions.push({ word, at, suffix, operands, bad: isBad || !isPlaced });
  }

  #directive(line: Line): undefined {
    const { word } = line;
    switch (word) {
      case 'TEXT':
        return this.#text(line);
      case 'DATA':
        return this.#pseudo.data(line);
      case 'GLOBL':
        return this.#pseudo.global(line);
      case 'PCDATA':
      case 'FUNCDATA':
        return this.#functionData(line);
      case 'PCALIGN':
        if (line.operands.length !== 1) return this.#problem('expect one operand for PCALIGN', line.at);
        this.#pseudo.immediate('PCALIGN', line.operands[0]);
        this.#place();
        return;
    }
    // A header that is not there may define it; and whoever writes it means it, with the header or without.
    if (word === 'NO_LOCAL_POINTERS') this.#describePointers();
    if (this.#expansion.open) return;
    const fix: Fix = isFuncdataMacro(word)
      ? { is: 'include', header: 'funcdata.h' }
      : { is: 'similar', name: word, among: 'instructions' };
    this.#problem(`unrecognized instruction "${word}"`, line.at, line.at + 1, fix);
  }

  /** Operands that are written alike are read once: a file has few of them, many times. */
  #operand(from: number, to: number): Operand {
    if (to - from < 2) return parseOperand(this.#context, from, to);
    let text = this.#context.isJump ? 'jump ' : '';
    for (let at = from; at < to; at++) text += `${this.#tokens[at].text} `;
    const known = this.#readings.operands.get(text);
    if (known) return { ...known, from, to };
    const operand = parseOperand(this.#context, from, to);
    if (!this.#complaint) this.#readings.operands.set(ownText(text), operand);
    return operand;
  }

  /** Against the generated table, as far as the operands' kinds are known. */
  #checkOperands(line: Line, operands: readonly Operand[]): undefined {
    const { word, at, operands: ranges } = line;
    const pattern = patternOf(operands, this.#assembler);
    if (pattern === undefined) return;
    if (takes(this.#assembler, word, pattern)) return this.#checkX86(line, operands);
    const last = ranges.at(-1);
    const span: readonly [number, number] = last ? [ranges[0].from, last.to] : [at, at + 1];
    this.#problem(`${word} does not take ${kindWords(pattern)}`, ...span);
  }

  #checkX86({ word, suffix, at, operands: ranges }: Line, operands: readonly Operand[]): undefined {
    const { family } = this.#assembler;
    if (family !== 'amd64' && family !== '386') return;
    const found = x86Problem(word, suffix, operands, family === 'amd64');
    if (!found) return;
    const range = ranges[found.operand];
    this.#problem(found.message, range?.from ?? at, range?.to ?? at + 1);
  }

  /** The labels that wait are here; false where one was somewhere else already. */
  #place(): boolean {
    let isPlaced = true;
    for (const at of this.#pending) {
      const name = symbolName(this.#tokens[at].text);
      if (this.#labels.has(name)) {
        isPlaced = false;
        // The assembler tells it at the instruction; the second label is where it is.
        this.#tell({ message: `label "${name}" multiply defined`, from: at, to: at + 1 }, 0);
      } else this.#labels.set(name, at);
    }
    this.#pending = [];
    return isPlaced;
  }

  /** The operand that is a label, if one is. */
  #jump(line: Line, operands: Operand[]): Operand | undefined {
    const { family } = this.#assembler;
    const count = operands.length;
    const most = family === 's390x' || family === 'ppc64' ? 4 : THREE_OPERAND_JUMPS.has(family) ? 3 : 2;
    if ((count === 0 && family !== 'wasm') || count > most) {
      return this.#problem(`wrong number of arguments to ${line.word} instruction`, line.at);
    }
    // ADR label, R.
    const target = family === 'arm64' && count === 2 && /^ADRP?$/.test(line.word) ? operands[0] : operands[count - 1];
    if (target && CANNOT_JUMP.has(target.kind)) {
      this.#problem('cannot assemble jump', target.from, target.to);
    }
    for (const [index, operand] of operands.entries()) {
      // ppc64's BC takes a bit of the condition register by any name.
      if (operand !== target && operand.kind === 'label' && !(family === 'ppc64' && index === 1)) {
        this.#problem(`illegal or missing addressing mode for symbol ${operand.symbol}`, operand.from);
      }
    }
    return target?.kind === 'label' ? target : undefined;
  }

  /** Labels belong to one TEXT: at the next one, those that are named and not there are told. */
  #patch(): undefined {
    for (const { label, at } of this.#jumps) {
      if (!this.#labels.has(label)) {
        const fix: Fix = { is: 'similar', name: label, among: 'labels' };
        this.#tell({ message: `undefined label ${label}`, from: at, to: at + 1, fix }, 0);
      }
    }
    this.#jumps = [];
  }

  #describePointers(): undefined {
    const fn = this.#functions[this.#functions.length - 1];
    if (fn) fn.describesPointers = true;
  }

  #functionData(line: Line): undefined {
    const isOne = this.#pseudo.functionData(line);
    if (!isOne) return;
    if (line.word === 'FUNCDATA') this.#describePointers();
    this.#place();
  }

  #text(line: Line): undefined {
    const { operands, at } = line;
    if (operands.length !== 2 && operands.length !== 3) {
      return this.#problem('expect two or three operands for TEXT', at);
    }
    this.#patch();
    this.#labels = new Map();
    const made = this.#pseudo.text(line);
    if (!made) return;
    const { symbol } = made;
    const own = { name: symbol.symbol, at, instructions: [], labels: this.#labels, describesPointers: false };
    this.#functions.push({ ...made, ...own });
    this.#place();
  }
}

const THREE_OPERAND_JUMPS = new Set<string>('ppc64 mips mips64 riscv64 loong64 s390x arm64'.split(' '));
const CANNOT_JUMP = new Set<string>(['float', 'string', 'address', 'shift', 'list', 'pair', 'special']);

/** SB, FP and PC as a bare register; SP where the processor has another name for its own. */
function isPseudo({ kind, register, pseudo }: Operand, { family }: Assembler): boolean {
  if (kind === 'register') {
    const isPseudo = register === 'SB' || register === 'FP' || register === 'PC';
    return (isPseudo && family !== 'wasm') || (register === 'SP' && (family === 'arm' || family === 'arm64'));
  }
  return kind === 'branch' && pseudo === undefined;
}
