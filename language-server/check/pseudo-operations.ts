/**
 * TEXT, DATA, GLOBL and their like (cmd/asm/internal/asm/asm.go): what the assembler wants of their operands, and what it
 * says else.
 */
import type { Operand, OperandContext } from '../syntax/cursor.ts';
import { parseInteger } from '../syntax/literals.ts';
import { parseOperand } from '../syntax/operand.ts';
import type { Expanded } from '../syntax/preprocess.ts';
import { hasFlag } from '../syntax/words.ts';
import type { Line, Range } from './statement.ts';

/** What a TEXT says of its function. */
export interface TextLine {
  readonly symbol: Operand & { readonly symbol: string };
  readonly flags: bigint | undefined;
  /** Bytes; undefined where they cannot be read. */
  readonly frame: number | undefined;
}

/** What was declared before matters to what comes behind it. */
export class PseudoOperations {
  readonly #tokens: readonly Expanded[];
  readonly #context: OperandContext & { isJump: boolean };
  readonly #problem: (message: string, at: number, to?: number) => undefined;
  readonly #declared = new Map<string, bigint | undefined>();
  readonly #dataEnd = new Map<string, bigint>();

  constructor(
    context: OperandContext & { isJump: boolean },
    problem: (message: string, at: number, to?: number) => undefined,
  ) {
    this.#tokens = context.tokens;
    this.#context = context;
    this.#problem = problem;
  }

  /** Undefined for one that names no function. Its operands are two or three. */
  text({ operands }: Line): TextLine | undefined {
    const symbol = this.#symbol('TEXT', operands[0], false);
    if (!symbol?.symbol) return undefined;
    const flags = operands.length === 3 ? this.#integer('TEXT', operands[1]) : 0n;
    if (symbol.abi === 'ABIInternal' && flags !== undefined && !hasFlag(flags, 'NOSPLIT')) {
      this.#problem(`TEXT "${symbol.symbol}": ABIInternal requires NOSPLIT`, operands[0].from);
    }
    const frame = this.#frame(symbol.symbol, operands[operands.length - 1]);
    this.#declare(symbol, flags, operands[0], true);
    return { symbol: { ...symbol, symbol: symbol.symbol }, flags, frame };
  }

  /** `$frame-args`: two literals, no subtraction. */
  #frame(name: string, { from, to }: Range): number | undefined {
    const tokens = this.#tokens;
    const wrong = (what: string): undefined => this.#problem(`TEXT ${name}: ${what}`, from, to);
    let at = from;
    const isOpaque = (index: number) => tokens[index].kind === 'name' && this.#context.isOpaque(tokens[index].text);
    if (to - from < 2 || tokens[at].text !== '$') return wrong('frame size must be an immediate constant');
    at++;
    const negative = tokens[at].text === '-';
    if (negative) at++;
    if (at >= to || (tokens[at].kind !== 'int' && !isOpaque(at)))
      return wrong('frame size must be an immediate constant');
    const magnitude = this.#positive(at++);
    const frame = magnitude === undefined ? undefined : negative ? -magnitude : magnitude;
    if (at === to) return frame;
    if (to - at !== 2 || tokens[at].text !== '-' || (tokens[at + 1].kind !== 'int' && !isOpaque(at + 1))) {
      return wrong('argument size must be of form -integer');
    }
    this.#positive(at + 1);
    return frame;
  }

  #positive(at: number): number | undefined {
    const { kind, text } = this.#tokens[at];
    if (kind !== 'int') return undefined;
    const value = parseInteger(text);
    if (value === undefined) this.#problem(`strconv.ParseInt: parsing "${text}": invalid syntax`, at);
    else if (value >> 63n) this.#problem(`strconv.ParseInt: parsing "${text}": value out of range`, at);
    else return Number(value);
    return undefined;
  }

  #declare(symbol: Operand, flags: bigint | undefined, at: Range, isText: boolean): undefined {
    const name = `${symbol.symbol}${symbol.isStatic ? '<>' : (symbol.abi ?? '')}`;
    const may = (given: bigint | undefined) => given !== undefined && hasFlag(given, 'DUPOK');
    if (this.#declared.has(name) && !(isText && may(flags) && may(this.#declared.get(name)))) {
      this.#problem(`symbol ${symbol.symbol} redeclared`, at.from);
    }
    this.#declared.set(name, flags);
  }

  /** `name(SB)`; undefined where it is none. */
  #symbol(pseudo: string, { from, to }: Range, offsetAllowed: boolean): Operand | undefined {
    this.#context.isJump = false;
    const operand = parseOperand(this.#context, from, to);
    if (operand.kind === 'bad') return undefined;
    if (operand.symbol === undefined || operand.pseudo !== 'SB' || operand.scale || operand.register) {
      this.#problem(`${pseudo} symbol "${operand.symbol ?? '<erroneous symbol>'}" must be a symbol(SB)`, from, to);
      return undefined;
    }
    if (!offsetAllowed && operand.offset !== undefined && operand.offset !== 0n) {
      this.#problem(`${pseudo} symbol "${operand.symbol}" must not be offset from SB`, from, to);
      return undefined;
    }
    return operand;
  }

  /** A bare number, of flags; undefined where it is none or not known. */
  #integer(pseudo: string, { from, to }: Range): bigint | undefined {
    this.#context.isJump = false;
    const operand = parseOperand(this.#context, from, to);
    if (operand.kind === 'bad') return undefined;
    if (operand.kind !== 'memory' || operand.pseudo || operand.register || operand.index) {
      this.#problem(`${pseudo}: expected integer constant; found ${this.#joined(from, to)}`, from, to);
      return undefined;
    }
    return operand.offset;
  }

  /** `$8`; undefined where it is none. */
  immediate(pseudo: string, { from, to }: Range): Operand | undefined {
    this.#context.isJump = false;
    const operand = parseOperand(this.#context, from, to);
    if (operand.kind === 'constant') return operand;
    if (operand.kind !== 'bad') {
      this.#problem(`${pseudo}: expected immediate constant; found ${this.#joined(from, to)}`, from, to);
    }
    return undefined;
  }

  #joined(from: number, to: number): string {
    return this.#tokens
      .slice(from, to)
      .map(({ text }) => text)
      .join('');
  }

  data(line: Line): undefined {
    const { operands } = line;
    if (operands.length !== 2) return this.#problem('expect two operands for DATA', line.at);
    const { from, to } = operands[0];
    const tokens = this.#tokens;
    const sizeToken = tokens[to - 1];
    if (
      to - from < 3 ||
      tokens[to - 2].text !== '/' ||
      (sizeToken.kind !== 'int' && !this.#context.isOpaque(sizeToken.text))
    ) {
      return this.#problem('expect /size for DATA argument', to - 1);
    }
    const symbol = this.#symbol('DATA', { from, to: to - 2 }, true);
    if (!symbol?.symbol) return;
    const value = parseOperand(this.#context, operands[1].from, operands[1].to);
    if (value.kind === 'bad') return;
    if (!['constant', 'float', 'string', 'address'].includes(value.kind)) {
      return this.#problem('DATA value must be an immediate constant or address', operands[1].from, operands[1].to);
    }
    const size = /^\d+$/.test(sizeToken.text) ? Number(sizeToken.text) : undefined;
    if (size === undefined) {
      if (sizeToken.kind === 'int') this.#problem(`bad size for DATA argument: "${sizeToken.text}"`, to - 1);
      return;
    }
    const name = symbol.isStatic ? `${symbol.symbol}<>` : symbol.symbol;
    if (symbol.offset !== undefined) {
      const offset = BigInt.asIntN(64, symbol.offset);
      const end = this.#dataEnd.get(name);
      if (end !== undefined && offset < end)
        return this.#problem(`overlapping DATA entry for ${symbol.symbol}`, from, to);
      this.#dataEnd.set(name, offset + BigInt(size));
    }
    if (value.kind === 'constant' && ![1, 2, 4, 8].includes(size)) {
      this.#problem(`bad int size for DATA argument: ${size}`, to - 1);
    } else if (value.kind === 'float' && size !== 4 && size !== 8) {
      this.#problem(`bad float size for DATA argument: ${size}`, to - 1);
    } else if (value.kind === 'address' && size !== this.#context.assembler.pointerSize) {
      this.#problem(`bad addr size for DATA argument: ${size}`, to - 1);
    }
  }

  global(line: Line): undefined {
    const { operands } = line;
    if (operands.length !== 2 && operands.length !== 3) {
      return this.#problem('expect two or three operands for GLOBL', line.at);
    }
    const symbol = this.#symbol('GLOBL', operands[0], false);
    if (!symbol?.symbol) return;
    const flags = operands.length === 3 ? this.#integer('GLOBL', operands[1]) : 0n;
    if (this.immediate('GLOBL', operands[operands.length - 1])) this.#declare(symbol, flags, operands[0], false);
  }

  /** PCDATA and FUNCDATA; whether it is one. */
  functionData({ word, at, operands }: Line): boolean {
    if (operands.length !== 2) {
      this.#problem(`expect two operands for ${word}`, at);
      return false;
    }
    if (!this.immediate(word, operands[0])) return false;
    if (word === 'PCDATA') this.immediate(word, operands[1]);
    else this.#symbol(word, operands[1], true);
    return true;
  }
}
