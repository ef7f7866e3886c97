/** An operand that is being read: where one is, what was found so far, and the first thing that is wrong. */
import type { Assembler } from './assembler.ts';
import type { Expanded, Fix } from './preprocess.ts';
import type { PseudoRegister } from './words.ts';

export type OperandKind =
  | 'register'
  /** `$5`; a bare `5` is memory without a register. */
  | 'constant'
  | 'float'
  | 'string'
  | 'memory'
  /** `$sym(SB)`, `$8(R1)`. */
  | 'address'
  | 'indirect'
  /** `2(PC)`. */
  | 'branch'
  | 'label'
  | 'special'
  | 'list'
  | 'pair'
  | 'shift'
  | 'extended'
  /** It could not be read. */
  | 'bad';

export interface Operand {
  kind: OperandKind;
  /** Range of the expanded tokens. */
  from: number;
  to: number;
  /** Of a symbol, with periods and slashes. */
  symbol?: string;
  isStatic?: boolean;
  abi?: string;
  pseudo?: PseudoRegister;
  /** undefined where a constant's value is not known. */
  offset?: bigint;
  register?: string;
  /** Second of a pair. */
  second?: string;
  index?: string;
  scale?: number;
  /** Behind a register's dot: `B16`, `UXTW`. */
  extension?: string;
  element?: boolean;
}

export interface OperandContext {
  readonly assembler: Assembler;
  readonly tokens: readonly Expanded[];
  readonly isJump: boolean;
  /** `<ABIInternal>` may be written. */
  readonly allowAbi: boolean;
  /** A constant of a header whose value is not known. */
  isOpaque(name: string): boolean;
  /** Says what is wrong, at an expanded token. */
  problem(message: string, at: number, fix?: Fix): void;
}

export class Cursor {
  readonly context: OperandContext;
  readonly tokens: readonly Expanded[];
  readonly from: number;
  readonly to: number;
  readonly operand: Operand;
  at: number;
  failed = false;

  constructor(context: OperandContext, from: number, to: number) {
    this.context = context;
    this.tokens = context.tokens;
    this.from = from;
    this.to = to;
    this.at = from;
    this.operand = { kind: 'bad', from, to };
  }

  /** Only the first is told. */
  problem(message: string, at = Math.min(this.at, this.to - 1), fix?: Fix): undefined {
    if (!this.failed) this.context.problem(message, Math.max(this.from, Math.min(at, this.to - 1)), fix);
    this.failed = true;
  }

  text(ahead = 0): string {
    const at = this.at + ahead;
    return at < this.to ? this.tokens[at].text : '';
  }

  kind(ahead = 0): Expanded['kind'] | undefined {
    const at = this.at + ahead;
    return at < this.to ? this.tokens[at].kind : undefined;
  }

  isMark(text: string, ahead = 0): boolean {
    return this.kind(ahead) === 'mark' && this.text(ahead) === text;
  }

  /** What a message calls the current token. */
  found(): string {
    return this.at < this.to ? this.text() : 'EOF';
  }

  get(mark: string): boolean {
    if (this.isMark(mark)) {
      this.at++;
      return true;
    }
    this.problem(`expected '${mark}', found ${this.found()}`);
    return false;
  }

  end(): undefined {
    if (this.at < this.to) this.problem(`expected end of operand, found ${this.found()}`);
  }
}
