/**
 * One operand, read as cmd/asm/internal/asm's Parser.operand reads it, with its messages: the general form is
 * `$sym±offset(SB)(reg)(index*scale)`, of which every piece may be missing, and the forms that single architectures add.
 */
import type { Assembler } from './assembler.ts';
import { symbolName } from './lexer.ts';
import type { Expanded, Fix } from './preprocess.ts';
import { isPseudoRegister, isTextFlag, type PseudoRegister } from './words.ts';

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

const U64 = (1n << 64n) - 1n;

/** Never throws. */
export function parseOperand(context: OperandContext, from: number, to: number): Operand {
  const first = context.tokens[from];
  if (to === from + 1 && first.kind === 'name' && context.assembler.registers.has(first.text)) {
    return { kind: 'register', from, to, register: first.text };
  }
  return new OperandParser(context, from, to).operand();
}

class OperandParser {
  readonly #context: OperandContext;
  readonly #tokens: readonly Expanded[];
  readonly #from: number;
  readonly #to: number;
  readonly #operand: Operand;
  #at: number;
  #failed = false;

  constructor(context: OperandContext, from: number, to: number) {
    this.#context = context;
    this.#tokens = context.tokens;
    this.#from = from;
    this.#to = to;
    this.#at = from;
    this.#operand = { kind: 'bad', from, to };
  }

  operand(): Operand {
    this.#read();
    if (this.#failed) this.#operand.kind = 'bad';
    return this.#operand;
  }

  #problem(message: string, at = Math.min(this.#at, this.#to - 1), fix?: Fix): undefined {
    if (!this.#failed) this.#context.problem(message, Math.max(this.#from, Math.min(at, this.#to - 1)), fix);
    this.#failed = true;
  }

  #text(ahead = 0): string {
    const at = this.#at + ahead;
    return at < this.#to ? this.#tokens[at].text : '';
  }

  #kind(ahead = 0): Expanded['kind'] | undefined {
    const at = this.#at + ahead;
    return at < this.#to ? this.#tokens[at].kind : undefined;
  }

  #isMark(text: string, ahead = 0): boolean {
    return this.#kind(ahead) === 'mark' && this.#text(ahead) === text;
  }

  /** What a message calls the current token. */
  #found(): string {
    return this.#at < this.#to ? this.#text() : 'EOF';
  }

  #get(mark: string): boolean {
    if (this.#isMark(mark)) {
      this.#at++;
      return true;
    }
    this.#problem(`expected '${mark}', found ${this.#found()}`);
    return false;
  }

  #end(): undefined {
    if (this.#at < this.#to) this.#problem(`expected end of operand, found ${this.#found()}`);
  }

  #isRegister(at = this.#at): boolean {
    if (at >= this.#to || this.#tokens[at].kind !== 'name') return false;
    const { text } = this.#tokens[at];
    const { assembler } = this.#context;
    return (
      assembler.registers.has(text) ||
      (assembler.numbered.has(text) && this.#tokens[at + 1]?.text === '(' && at + 1 < this.#to)
    );
  }

  #read(): undefined {
    const operand = this.#operand;
    let prefix = '';
    if (this.#isMark('$') || this.#isMark('*')) {
      prefix = this.#text();
      this.#at++;
    }
    if (this.#at >= this.#to) return this.#problem('missing operand');
    if (this.#kind() === 'name' && !this.#isRegister()) {
      if (!this.#startsConstant()) return this.#symbol(prefix);
      return this.#constant(prefix);
    }
    if (this.#isMark('[')) {
      if (prefix) this.#problem('illegal use of register list');
      this.#list();
      return this.#end();
    }
    if (this.#isRegister()) return this.#register(prefix);
    const kind = this.#kind();
    const text = this.#text();
    if (kind !== 'mark' || text === '+' || text === '-' || text === '~') return this.#constant(prefix);
    if (text === '(') {
      if (this.#at + 1 >= this.#to) return this.#problem('missing right parenthesis');
      if (!this.#isRegister(this.#at + 1)) return this.#constant(prefix);
    }
    operand.offset = 0n;
    this.#indirect(prefix);
    this.#end();
  }

  /** A name that a header defines as a constant: `g_m(R14)`, `$const_x`; not `sym<>+8(SB)`. */
  #startsConstant(): boolean {
    if (!this.#context.isOpaque(this.#text())) return false;
    if (this.#isMark('<', 1)) return false;
    const [open, inside] = [this.#tokens[this.#to - 3], this.#tokens[this.#to - 2]];
    return !(this.#to - 3 >= this.#at && open?.text === '(' && inside !== undefined && isPseudoRegister(inside.text));
  }

  #symbol(prefix: string): undefined {
    const operand = this.#operand;
    const { assembler, isJump } = this.#context;
    const name = symbolName(this.#text());
    if (assembler.special.has(name)) {
      operand.kind = 'special';
      operand.symbol = name;
      this.#at++;
      // The assembler reads on behind a special operand as if it were none; nothing may follow in practice.
      return this.#end();
    }
    operand.kind = prefix === '$' ? 'address' : prefix === '*' ? 'indirect' : 'memory';
    operand.symbol = name;
    const start = this.#at;
    this.#at++;
    this.#attributes(name);
    operand.offset = 0n;
    if (this.#isMark('+') || this.#isMark('-')) {
      operand.offset = this.#expression();
    }
    if (this.#at >= this.#to) {
      if (prefix === '' && isJump) operand.kind = 'label';
      else {
        const fix: Fix | undefined = isTextFlag(name) ? { is: 'include', header: 'textflag.h' } : undefined;
        this.#problem(`illegal or missing addressing mode for symbol ${name}`, start, fix);
      }
      return;
    }
    if (!this.#get('(')) return;
    const register = this.#text();
    if (this.#kind() !== 'name') {
      this.#problem(`expected identifier, found ${this.#found()}`);
      return;
    }
    const at = this.#at++;
    if (!this.#get(')')) return;
    if (!isPseudoRegister(register)) return this.#problem(`expected pseudo-register; found ${register}`, at);
    this.#pseudo(register, prefix);
    // `sym(SB)(index*scale)`: only the index form may follow, and the assembler takes it on x86.
    if (this.#isMark('(')) this.#behindSymbol(prefix);
    this.#end();
  }

  #behindSymbol(prefix: string): undefined {
    const operand = this.#operand;
    const { symbol, pseudo, isStatic, offset } = operand;
    this.#indirect(prefix);
    Object.assign(operand, { symbol, pseudo, isStatic, offset });
  }

  #attributes(name: string): undefined {
    if (!this.#isMark('<')) return;
    const operand = this.#operand;
    this.#at++;
    if (this.#isMark('>')) operand.isStatic = true;
    else if (this.#kind() === 'name') {
      operand.abi = this.#text();
      if (!this.#context.allowAbi) {
        this.#problem(`ABI selector only permitted when compiling runtime, reference was to "${name}"`);
      } else if (operand.abi !== 'ABI0' && operand.abi !== 'ABIInternal') {
        this.#problem(`malformed ABI selector "${operand.abi}" in reference to "${name}"`);
      }
      this.#at++;
    }
    this.#get('>');
  }

  #pseudo(register: PseudoRegister, prefix: string): undefined {
    const operand = this.#operand;
    operand.pseudo = register;
    if (register === 'PC') {
      if (prefix) this.#problem('illegal addressing mode for PC');
      operand.kind = 'branch';
    }
    if (prefix === '$') operand.kind = 'address';
  }

  #register(prefix: string): undefined {
    const operand = this.#operand;
    const { family } = this.#context.assembler;
    const start = this.#at;
    const arm = family === 'arm' || family === 'arm64';
    if (arm && this.#atShift()) return this.#shift(prefix);
    if ((family === 'arm64' || family === 'loong64') && this.#isMark('.', this.#registerLength())) {
      if (prefix) this.#problem(`prefix ${prefix} not allowed for shifted register: $${this.#text()}`);
      operand.kind = 'extended';
      operand.register = this.#reference();
      this.#extension();
      return this.#end();
    }
    const read = this.#fullRegister(prefix);
    operand.kind = 'register';
    operand.register = read?.first;
    if (read?.scale) this.#problem('expected simple register reference', start);
    if (read?.second) this.#problem('expected simple register reference', start);
    this.#end();
  }

  /** Tokens of the register here: one, or four of `R(10)`. */
  #registerLength(): number {
    return this.#context.assembler.registers.has(this.#text()) ? 1 : 4;
  }

  #atShift(): boolean {
    const length = this.#registerLength();
    const mark = this.#text(length);
    return this.#kind(length) === 'mark' && (mark === '<<' || mark === '>>' || mark === '->' || mark === '@>');
  }

  /** A register's name, or `R(10)`. */
  #reference(): string | undefined {
    const { assembler } = this.#context;
    const name = this.#text();
    if (this.#kind() === 'name' && assembler.registers.has(name)) {
      this.#at++;
      return name;
    }
    const most = assembler.numbered.get(name);
    if (most === undefined || this.#kind() !== 'name') {
      this.#problem(`expected register; found ${this.#found()}`);
      return undefined;
    }
    const start = this.#at++;
    if (!this.#get('(')) return undefined;
    if (this.#kind() !== 'int') {
      this.#problem(`expected integer constant, found ${this.#found()}`);
      return undefined;
    }
    const number = Number.parseInt(this.#text(), 10);
    this.#at++;
    if (!this.#get(')')) return undefined;
    if (number > most) this.#problem(`illegal register ${name}(${number})`, start);
    return `${name}${number}`;
  }

  #fullRegister(prefix: string): { first?: string; second?: string; scale: number } | undefined {
    const { family } = this.#context.assembler;
    const start = this.#at;
    const name = this.#text();
    const first = this.#reference();
    if (first === undefined) return undefined;
    if (prefix === '$') this.#problem(`prefix ${prefix} not allowed for register: ${prefix}${name}`, start);
    let second: string | undefined;
    if (this.#isMark(':') || this.#isMark(',') || this.#isMark('+')) {
      const mark = this.#text();
      if (mark === ',' && family !== 'arm' && family !== 'arm64') {
        this.#problem('(register,register) not supported on this architecture');
      }
      if (mark === '+' && family !== 'ppc64') this.#problem('(register+register) not supported on this architecture');
      this.#at++;
      second = this.#reference();
      if (second === undefined) return undefined;
    }
    let scale = 0;
    if (this.#isMark('*')) {
      this.#at++;
      if (/^[1248]$/.test(this.#text())) scale = Number(this.#text());
      else this.#problem(`bad scale: ${this.#found()}`);
      this.#at++;
    }
    return { first, second, scale };
  }

  #shift(prefix: string): undefined {
    const operand = this.#operand;
    const { family } = this.#context.assembler;
    operand.kind = 'shift';
    if (prefix) this.#problem(`prefix ${prefix} not allowed for shifted register: $${this.#text()}`);
    operand.register = this.#reference();
    this.#at++;
    if (this.#kind() === 'name' && !this.#context.isOpaque(this.#text())) {
      if (family === 'arm64') this.#problem(`rhs of shift must be integer: ${this.#text()}`);
      else if (!this.#isRegister()) this.#problem(`rhs of shift must be register or integer: ${this.#text()}`);
      else operand.second = this.#reference();
    } else if (this.#kind() === 'int' || this.#kind() === 'name' || this.#isMark('(')) {
      const start = this.#at;
      const amount = this.#expression();
      const most = family === 'arm64' ? 64n : 32n;
      if (amount !== undefined && BigInt.asIntN(64, amount) >= most) {
        this.#problem(`register shift count too large: ${this.#tokens[start].text}`, start);
      }
    } else this.#problem(`unexpected ${this.#found()} in register shift`);
    if (family === 'arm64' && operand.register && !/^(R\d+(_PLATFORM)?|ZR|LR|g|RSP)$/.test(operand.register)) {
      this.#problem('invalid register for shift operation');
    }
    if (this.#isMark('(')) {
      this.#at++;
      if (!this.#isRegister()) return this.#problem(`expected register; found ${this.#found()}`);
      operand.index = this.#reference();
      this.#get(')');
    }
    this.#end();
  }

  /** `.B16`, `.UXTW<<3`, `.S[1]`, or `<<2` behind a register. */
  #extension(): undefined {
    const operand = this.#operand;
    if (!this.#isMark('<<')) {
      if (!this.#get('.')) return;
      operand.extension = this.#text();
      if (!this.#validExtension(operand)) this.#problem(`unsupported register extension: ${this.#found()}`);
      this.#at++;
    } else operand.extension = 'LSL';
    if (this.#isMark('<<')) {
      this.#at++;
      if (this.#kind() !== 'int' && !this.#context.isOpaque(this.#text())) {
        return this.#problem(`expected integer constant, found ${this.#found()}`);
      }
      this.#at++;
    } else if (this.#isMark('[')) {
      this.#at++;
      operand.element = true;
      if (this.#kind() !== 'int' && !this.#context.isOpaque(this.#text())) {
        return this.#problem(`expected integer constant, found ${this.#found()}`);
      }
      this.#at++;
      this.#get(']');
    }
  }

  #validExtension({ extension }: Operand): boolean {
    const { family } = this.#context.assembler;
    if (extension === undefined || this.#kind() !== 'name') return false;
    return (family === 'arm64' ? ARM64_EXTENSIONS : LOONG64_EXTENSIONS).has(extension);
  }

  #list(): undefined {
    const operand = this.#operand;
    const { family, registers } = this.#context.assembler;
    operand.kind = 'list';
    this.#at++;
    if (family === '386' || family === 'amd64') {
      if (!registers.has(this.#text())) {
        return this.#problem(
          this.#at >= this.#to
            ? "register list: expected ']', found EOF"
            : `register list: bad low register in \`[${this.#text()}\``,
        );
      }
      operand.register = this.#text();
      this.#at++;
      if (!this.#isMark('-'))
        return this.#problem(`register list: expected '-' after \`[${operand.register}\`, found ${this.#found()}`);
      this.#at++;
      if (!registers.has(this.#text()))
        return this.#problem(`register list: bad high register in \`[${operand.register}-${this.#found()}\``);
      operand.second = this.#text();
      this.#at++;
      if (!this.#isMark(']')) {
        return this.#problem(
          `register list: expected ']' after \`[${operand.register}-${operand.second}\`, found ${this.#found()}`,
        );
      }
      this.#at++;
      return;
    }
    if (family !== 'arm' && family !== 'arm64') return this.#problem('unexpected register list');
    let count = 0;
    const seen = new Set<number>();
    let next = -1;
    while (!this.#isMark(']')) {
      if (this.#at >= this.#to) return this.#problem("missing ']' in register list");
      if (family === 'arm64') {
        const start = this.#at;
        if (!this.#isRegister()) return this.#problem(`invalid register: ${this.#found()}`);
        const register = this.#reference();
        const number = /^V(\d+)$/.exec(register ?? '')?.[1];
        operand.register ??= register;
        if (!this.#get('.')) return;
        if (!ARM64_ARRANGEMENTS.has(this.#text())) return this.#problem('invalid arrangement in ARM64 register list');
        if (number === undefined) return this.#problem(`expect V0 through V31; found: ${register}`, start);
        if (operand.extension !== undefined && operand.extension !== this.#text()) {
          return this.#problem('inconsistent arrangement in ARM64 register list');
        }
        operand.extension = this.#text();
        if (next >= 0 && Number(number) !== next) {
          return this.#problem(`incontiguous register in ARM64 register list: ${register}`, start);
        }
        next = (Number(number) + 1) % 32;
        this.#at++;
        if (++count > 4) return this.#problem('invalid register numbers in ARM64 register list', start);
      } else {
        let low = this.#armNumber();
        let high = low;
        if (this.#isMark('-')) {
          this.#at++;
          high = this.#armNumber();
        }
        if (low === undefined || high === undefined) return;
        if (high < low) [low, high] = [high, low];
        for (let n = low; n <= high; n++) {
          if (seen.has(n)) return this.#problem(`register R${n} already in list`);
          seen.add(n);
        }
      }
      if (!this.#isMark(']') && !this.#get(',')) return;
    }
    if (family === 'arm64' && count === 0) this.#problem('invalid register numbers in ARM64 register list');
    this.#at++;
  }

  #armNumber(): number | undefined {
    const text = this.#text();
    if (text === 'g') {
      this.#at++;
      return 10;
    }
    if (!text.startsWith('R')) {
      this.#problem(`expected g or R0 through R15; found ${this.#found()}`);
      return undefined;
    }
    const register = this.#reference();
    return register === undefined ? undefined : Number(register.slice(1));
  }

  #constant(prefix: string): undefined {
    const operand = this.#operand;
    const rest = (kind: Expanded['kind']) => {
      for (let at = this.#at; at < this.#to; at++) if (this.#tokens[at].kind === kind) return true;
      return false;
    };
    if (rest('float')) {
      if (prefix !== '$') this.#problem('floating-point constant must be an immediate');
      operand.kind = 'float';
      this.#float();
      return this.#end();
    }
    if (rest('string')) {
      operand.kind = 'string';
      if (prefix !== '$') return this.#problem('string constant must be an immediate');
      if (this.#kind() !== 'string') return this.#problem(`expected string constant, found ${this.#found()}`);
      if (!isQuoted(this.#text())) this.#problem('string parse error: invalid syntax');
      this.#at++;
      return this.#end();
    }
    operand.offset = this.#expression();
    if (this.#failed) return;
    if (!this.#isMark('(')) {
      operand.kind = prefix === '$' ? 'constant' : prefix === '*' ? 'indirect' : 'memory';
      return this.#end();
    }
    this.#indirect(prefix);
    this.#end();
  }

  /** `(reg)`, `(index*scale)`, `(reg)(index*scale)`; at the parenthesis. */
  #indirect(prefix: string): undefined {
    const operand = this.#operand;
    const { family } = this.#context.assembler;
    if (!this.#get('(')) return;
    const start = this.#at;
    if (!this.#isRegister()) {
      return this.#problem(
        this.#at >= this.#to ? 'expected register; found EOF' : `expected register; found ${this.#found()}`,
      );
    }
    const name = this.#text();
    const read = this.#fullRegister('');
    if (!read) return;
    this.#get(')');
    operand.kind = prefix === '*' ? 'indirect' : 'memory';
    // On some processors SP is the stack pointer itself.
    if (isPseudoRegister(name) && (name !== 'SP' || SP_IS_PSEUDO.has(family))) {
      if (read.second) return this.#problem('cannot use pseudo-register in pair', start);
      if (name !== 'PC' && operand.symbol === undefined) {
        this.#problem(`cannot reference ${name} without a symbol`, start);
      }
      this.#pseudo(name, prefix);
      return;
    }
    operand.register = read.first;
    if (read.second !== undefined) {
      operand.second = read.second;
      if (family === 'arm' || family === 'arm64') {
        if (prefix || read.scale) this.#problem('illegal address mode for register pair', start);
        operand.kind = 'pair';
        return;
      }
      if (family === 'ppc64') {
        if (prefix || read.scale) this.#problem('illegal address mode for register+register', start);
        operand.index = read.second;
        return;
      }
      return this.#problem('indirect through register pair', start);
    }
    if (prefix === '$') operand.kind = 'address';
    if (read.scale === 0 && this.#isMark('(')) {
      this.#at++;
      const inner = this.#at;
      if (!this.#isRegister()) return this.#problem(`expected register; found ${this.#found()}`);
      const length = this.#registerLength();
      if ((family === 'arm64' || family === 'loong64') && this.#isMark('.', length)) {
        operand.index = this.#reference();
        this.#extension();
      } else if ((family === 'arm' || family === 'arm64') && this.#atShift()) {
        operand.index = this.#reference();
        this.#extension();
      } else {
        const index = this.#fullRegister('');
        if (!index) return;
        if (index.second) this.#problem('unimplemented two-register form', inner);
        operand.index = index.first;
        operand.scale = index.scale;
        if (index.scale > 1 && (family === 'arm64' || family === 'ppc64')) {
          this.#problem(`${this.#context.assembler.architecture} doesn't support scaled register format`, inner);
        }
      }
      this.#get(')');
    } else if (read.scale) {
      if (family === 'arm64') this.#problem("arm64 doesn't support scaled register format", start);
      operand.index = read.first;
      operand.register = undefined;
      operand.scale = read.scale;
    }
  }

  // Expressions, with the assembler's precedences; undefined is a value that is not known.

  #expression(): bigint | undefined {
    let value = this.#term();
    for (;;) {
      const mark = this.#kind() === 'mark' ? this.#text() : '';
      if (mark !== '+' && mark !== '-' && mark !== '|' && mark !== '^') return value;
      this.#at++;
      const right = this.#term();
      if (value === undefined || right === undefined) value = undefined;
      else {
        value =
          U64 &
          (mark === '+' ? value + right : mark === '-' ? value - right : mark === '|' ? value | right : value ^ right);
      }
    }
  }

  #term(): bigint | undefined {
    let value = this.#factor();
    for (;;) {
      const mark = this.#kind() === 'mark' ? this.#text() : '';
      const start = this.#at;
      const high = value !== undefined && value >> 63n !== 0n;
      switch (mark) {
        case '*':
        case '&': {
          this.#at++;
          const right = this.#factor();
          value =
            value === undefined || right === undefined
              ? undefined
              : mark === '*'
                ? (value * right) & U64
                : value & right;
          break;
        }
        case '/':
        case '%': {
          this.#at++;
          const right = this.#factor();
          if (high)
            this.#problem(
              mark === '/' ? 'divide of value with high bit set' : 'modulo of value with high bit set',
              start,
            );
          if (right === 0n) {
            this.#problem(mark === '/' ? 'division by zero' : 'modulo by zero', start);
          } else if (value !== undefined)
            value = right === undefined ? undefined : mark === '/' ? value / right : value % right;
          break;
        }
        case '<<': {
          this.#at++;
          const shift = this.#factor();
          if (shift !== undefined && shift >> 63n) this.#problem('negative left shift count', start);
          return value === undefined || shift === undefined ? undefined : shift > 63n ? 0n : (value << shift) & U64;
        }
        case '>>': {
          this.#at++;
          const shift = this.#term();
          if (shift !== undefined && shift >> 63n) this.#problem('negative right shift count', start);
          if (high) this.#problem('right shift of value with high bit set', start);
          value = value === undefined || shift === undefined ? undefined : shift > 63n ? 0n : value >> shift;
          break;
        }
        default:
          return value;
      }
    }
  }

  #factor(): bigint | undefined {
    const at = this.#at;
    const kind = this.#kind();
    const text = this.#text();
    if (kind === undefined) {
      this.#problem('unexpected EOF evaluating expression');
      return undefined;
    }
    this.#at++;
    if (kind === 'int') {
      const value = parseInteger(text);
      if (value === undefined) this.#problem(`strconv.ParseUint: parsing "${text}": invalid syntax`, at);
      else if (value > U64) this.#problem(`strconv.ParseUint: parsing "${text}": value out of range`, at);
      return value;
    }
    if (kind === 'char') {
      const value = charValue(text);
      if (value === undefined) this.#problem('invalid syntax', at);
      return value;
    }
    if (kind === 'name' && this.#context.isOpaque(text)) return undefined;
    if (kind === 'mark') {
      if (text === '+') return this.#factor();
      if (text === '-') {
        const value = this.#factor();
        return value === undefined ? undefined : U64 & -value;
      }
      if (text === '~') {
        const value = this.#factor();
        return value === undefined ? undefined : U64 ^ value;
      }
      if (text === '(') {
        const value = this.#expression();
        if (!this.#isMark(')')) this.#problem('missing closing paren');
        this.#at++;
        return value;
      }
    }
    this.#problem(`unexpected ${text} evaluating expression`, at);
    return undefined;
  }

  #float(): undefined {
    const text = this.#text();
    const kind = this.#kind();
    if (kind === 'float') {
      if (!/^(?:0[xX][\da-fA-F_.]+[pP][+-]?\d[\d_]*|[\d_]*\.?[\d_]*(?:[eE][+-]?\d[\d_]*)?)$/.test(text)) {
        this.#problem(`strconv.ParseFloat: parsing "${text}": invalid syntax`);
      }
      this.#at++;
      return;
    }
    if (kind === 'mark' && (text === '+' || text === '-')) {
      this.#at++;
      return this.#float();
    }
    if (kind === 'mark' && text === '(') {
      this.#at++;
      this.#float();
      if (!this.#isMark(')')) this.#problem('missing closing paren');
      this.#at++;
      return;
    }
    this.#problem(`unexpected ${this.#found()} evaluating float expression`);
  }
}

/** Where SP is only the frame's top, and the processor's stack pointer has another name: RSP, R13. */
const SP_IS_PSEUDO = new Set<string>(['arm', 'arm64']);

const ARM64_ARRANGEMENTS = new Set('B8 B16 H4 H8 S2 S4 D1 D2'.split(' '));
const ARM64_EXTENSIONS = new Set(
  'UXTB UXTH UXTW UXTX SXTB SXTH SXTW SXTX LSL B8 B16 H4 H8 S2 S4 D1 D2 Q1 B H S D'.split(' '),
);
const LOONG64_EXTENSIONS = new Set('B H W V BU HU WU VU B16 H8 W4 V2 B32 H16 W8 V4 Q2'.split(' '));

/** As strconv.ParseUint with base 0 reads it; undefined for what it refuses. */
export function parseInteger(text: string): bigint | undefined {
  if (/^(?:0|[1-9](?:_?\d)*)$/.test(text)) return BigInt(text.replaceAll('_', ''));
  if (/^0[xX](?:_?[\da-fA-F])+$|^0[bB](?:_?[01])+$|^0[oO](?:_?[0-7])+$/.test(text)) {
    return BigInt(text.replaceAll('_', '').toLowerCase());
  }
  if (/^0(?:_?[0-7])+$/.test(text)) return BigInt(`0o${text.replaceAll('_', '').slice(1)}`);
  return undefined;
}

const ESCAPES: Record<string, number> = { a: 7, b: 8, f: 12, n: 10, r: 13, t: 9, v: 11, '\\': 92, "'": 39, '"': 34 };
const ESCAPE = String.raw`\\(?:[abfnrtv\\'"]|x[\da-fA-F]{2}|[0-7]{3}|u[\da-fA-F]{4}|U[\da-fA-F]{8})`;
const CHAR = new RegExp(`^'(?:${ESCAPE}|[^'\\\\])'$`, 'u');
const STRING = new RegExp(`^"(?:${ESCAPE}|[^"\\\\])*"$`, 'u');

function charValue(text: string): bigint | undefined {
  if (!CHAR.test(text)) return undefined;
  const inside = text.slice(1, -1);
  if (!inside.startsWith('\\')) return BigInt(inside.codePointAt(0)!);
  const rest = inside.slice(1);
  if (rest.length === 1) return BigInt(ESCAPES[rest] ?? 0);
  return /^[xuU]/.test(rest) ? BigInt(`0x${rest.slice(1)}`) : BigInt(`0o${rest}`);
}

const isQuoted = (text: string) => STRING.test(text);
