/**
 * One operand, read as cmd/asm/internal/asm's Parser.operand reads it, with its messages: the general form is
 * `$sym±offset(SB)(reg)(index*scale)`, of which every piece may be missing, and the forms that single architectures add.
 */
import { Cursor, type Operand, type OperandContext } from './cursor.ts';
import { expression, float } from './expression.ts';
import { atShift, extension, list, shift } from './forms.ts';
import { symbolName } from './lexer.ts';
import { isQuoted } from './literals.ts';
import type { Expanded, Fix } from './preprocess.ts';
import { fullRegister, isRegister, reference, registerLength } from './register.ts';
import { isPseudoRegister, isTextFlag, type PseudoRegister } from './words.ts';

/** Never throws. */
export function parseOperand(context: OperandContext, from: number, to: number): Operand {
  const first = context.tokens[from];
  if (to === from + 1 && first.kind === 'name' && context.assembler.registers.has(first.text)) {
    return { kind: 'register', from, to, register: first.text };
  }
  const c = new Cursor(context, from, to);
  read(c);
  if (c.failed) c.operand.kind = 'bad';
  return c.operand;
}

/** Where SP is only the frame's top, and the processor's stack pointer has another name: RSP, R13. */
const SP_IS_PSEUDO = new Set<string>(['arm', 'arm64']);

function read(c: Cursor): undefined {
  const operand = c.operand;
  let prefix = '';
  if (c.isMark('$') || c.isMark('*')) {
    prefix = c.text();
    c.at++;
  }
  if (c.at >= c.to) return c.problem('missing operand');
  if (c.kind() === 'name' && !isRegister(c)) {
    if (!startsConstant(c)) return symbol(c, prefix);
    return constant(c, prefix);
  }
  if (c.isMark('[')) {
    if (prefix) c.problem('illegal use of register list');
    list(c);
    return c.end();
  }
  if (isRegister(c)) return register(c, prefix);
  const kind = c.kind();
  const text = c.text();
  if (kind !== 'mark' || text === '+' || text === '-' || text === '~') return constant(c, prefix);
  if (text === '(') {
    if (c.at + 1 >= c.to) return c.problem('missing right parenthesis');
    if (!isRegister(c, c.at + 1)) return constant(c, prefix);
  }
  operand.offset = 0n;
  indirect(c, prefix);
  c.end();
}

/** A name that a header defines as a constant: `g_m(R14)`, `$const_x`; not `sym<>+8(SB)`. */
function startsConstant(c: Cursor): boolean {
  if (!c.context.isOpaque(c.text())) return false;
  if (c.isMark('<', 1)) return false;
  const [open, inside] = [c.tokens[c.to - 3], c.tokens[c.to - 2]];
  return !(c.to - 3 >= c.at && open?.text === '(' && inside !== undefined && isPseudoRegister(inside.text));
}

function symbol(c: Cursor, prefix: string): undefined {
  const operand = c.operand;
  const { assembler, isJump } = c.context;
  const name = symbolName(c.text());
  if (assembler.special.has(name)) {
    operand.kind = 'special';
    operand.symbol = name;
    c.at++;
    // The assembler reads on behind a special operand as if it were none; nothing may follow in practice.
    return c.end();
  }
  operand.kind = prefix === '$' ? 'address' : prefix === '*' ? 'indirect' : 'memory';
  operand.symbol = name;
  const start = c.at;
  c.at++;
  attributes(c, name);
  operand.offset = 0n;
  if (c.isMark('+') || c.isMark('-')) {
    operand.offset = expression(c);
  }
  if (c.at >= c.to) {
    if (prefix === '' && isJump) operand.kind = 'label';
    else {
      const fix: Fix | undefined = isTextFlag(name) ? { is: 'include', header: 'textflag.h' } : undefined;
      c.problem(`illegal or missing addressing mode for symbol ${name}`, start, fix);
    }
    return;
  }
  if (!c.get('(')) return;
  const register = c.text();
  if (c.kind() !== 'name') {
    c.problem(`expected identifier, found ${c.found()}`);
    return;
  }
  const at = c.at++;
  if (!c.get(')')) return;
  if (!isPseudoRegister(register)) return c.problem(`expected pseudo-register; found ${register}`, at);
  pseudo(c, register, prefix);
  // `sym(SB)(index*scale)`: only the index form may follow, and the assembler takes it on x86.
  if (c.isMark('(')) behindSymbol(c, prefix);
  c.end();
}

function behindSymbol(c: Cursor, prefix: string): undefined {
  const operand = c.operand;
  const { symbol, pseudo, isStatic, offset } = operand;
  indirect(c, prefix);
  Object.assign(operand, { symbol, pseudo, isStatic, offset });
}

function attributes(c: Cursor, name: string): undefined {
  if (!c.isMark('<')) return;
  const operand = c.operand;
  c.at++;
  if (c.isMark('>')) operand.isStatic = true;
  else if (c.kind() === 'name') {
    operand.abi = c.text();
    if (!c.context.allowAbi) {
      c.problem(`ABI selector only permitted when compiling runtime, reference was to "${name}"`);
    } else if (operand.abi !== 'ABI0' && operand.abi !== 'ABIInternal') {
      c.problem(`malformed ABI selector "${operand.abi}" in reference to "${name}"`);
    }
    c.at++;
  }
  c.get('>');
}

function pseudo(c: Cursor, register: PseudoRegister, prefix: string): undefined {
  const operand = c.operand;
  operand.pseudo = register;
  if (register === 'PC') {
    if (prefix) c.problem('illegal addressing mode for PC');
    operand.kind = 'branch';
  }
  if (prefix === '$') operand.kind = 'address';
}

function register(c: Cursor, prefix: string): undefined {
  const operand = c.operand;
  const { family } = c.context.assembler;
  const start = c.at;
  const arm = family === 'arm' || family === 'arm64';
  if (arm && atShift(c)) return shift(c, prefix);
  if ((family === 'arm64' || family === 'loong64') && c.isMark('.', registerLength(c))) {
    if (prefix) c.problem(`prefix ${prefix} not allowed for shifted register: $${c.text()}`);
    operand.kind = 'extended';
    operand.register = reference(c);
    extension(c);
    return c.end();
  }
  const read = fullRegister(c, prefix);
  operand.kind = 'register';
  operand.register = read?.first;
  if (read?.scale) c.problem('expected simple register reference', start);
  if (read?.second) c.problem('expected simple register reference', start);
  c.end();
}

function constant(c: Cursor, prefix: string): undefined {
  const operand = c.operand;
  const rest = (kind: Expanded['kind']) => {
    for (let at = c.at; at < c.to; at++) if (c.tokens[at].kind === kind) return true;
    return false;
  };
  if (rest('float')) {
    if (prefix !== '$') c.problem('floating-point constant must be an immediate');
    operand.kind = 'float';
    float(c);
    return c.end();
  }
  if (rest('string')) {
    operand.kind = 'string';
    if (prefix !== '$') return c.problem('string constant must be an immediate');
    if (c.kind() !== 'string') return c.problem(`expected string constant, found ${c.found()}`);
    if (!isQuoted(c.text())) c.problem('string parse error: invalid syntax');
    c.at++;
    return c.end();
  }
  operand.offset = expression(c);
  if (c.failed) return;
  if (!c.isMark('(')) {
    operand.kind = prefix === '$' ? 'constant' : prefix === '*' ? 'indirect' : 'memory';
    return c.end();
  }
  indirect(c, prefix);
  c.end();
}

/** `(reg)`, `(index*scale)`, `(reg)(index*scale)`; at the parenthesis. */
function indirect(c: Cursor, prefix: string): undefined {
  const operand = c.operand;
  const { family } = c.context.assembler;
  if (!c.get('(')) return;
  const start = c.at;
  if (!isRegister(c)) {
    return c.problem(c.at >= c.to ? 'expected register; found EOF' : `expected register; found ${c.found()}`);
  }
  const name = c.text();
  const read = fullRegister(c, '');
  if (!read) return;
  c.get(')');
  operand.kind = prefix === '*' ? 'indirect' : 'memory';
  // On some processors SP is the stack pointer itself.
  if (isPseudoRegister(name) && (name !== 'SP' || SP_IS_PSEUDO.has(family))) {
    if (read.second) return c.problem('cannot use pseudo-register in pair', start);
    if (name !== 'PC' && operand.symbol === undefined) {
      c.problem(`cannot reference ${name} without a symbol`, start);
    }
    pseudo(c, name, prefix);
    return;
  }
  operand.register = read.first;
  if (read.second !== undefined) {
    operand.second = read.second;
    if (family === 'arm' || family === 'arm64') {
      if (prefix || read.scale) c.problem('illegal address mode for register pair', start);
      operand.kind = 'pair';
      return;
    }
    if (family === 'ppc64') {
      if (prefix || read.scale) c.problem('illegal address mode for register+register', start);
      operand.index = read.second;
      return;
    }
    return c.problem('indirect through register pair', start);
  }
  if (prefix === '$') operand.kind = 'address';
  if (read.scale === 0 && c.isMark('(')) {
    c.at++;
    const inner = c.at;
    if (!isRegister(c)) return c.problem(`expected register; found ${c.found()}`);
    const length = registerLength(c);
    if ((family === 'arm64' || family === 'loong64') && c.isMark('.', length)) {
      operand.index = reference(c);
      extension(c);
    } else if ((family === 'arm' || family === 'arm64') && atShift(c)) {
      operand.index = reference(c);
      extension(c);
    } else {
      const index = fullRegister(c, '');
      if (!index) return;
      if (index.second) c.problem('unimplemented two-register form', inner);
      operand.index = index.first;
      operand.scale = index.scale;
      if (index.scale > 1 && (family === 'arm64' || family === 'ppc64')) {
        c.problem(`${c.context.assembler.architecture} doesn't support scaled register format`, inner);
      }
    }
    c.get(')');
  } else if (read.scale) {
    if (family === 'arm64') c.problem("arm64 doesn't support scaled register format", start);
    operand.index = read.first;
    operand.register = undefined;
    operand.scale = read.scale;
  }
}
