/** Operands that only some architectures have: lists of registers, shifted and extended ones. */
import type { Cursor, Operand } from './cursor.ts';
import { expression } from './expression.ts';
import { isRegister, reference, registerLength } from './register.ts';

export function list(c: Cursor): undefined {
  const operand = c.operand;
  const { family, registers } = c.context.assembler;
  operand.kind = 'list';
  c.at++;
  if (family === '386' || family === 'amd64') {
    if (!registers.has(c.text())) {
      return c.problem(
        c.at >= c.to ? "register list: expected ']', found EOF" : `register list: bad low register in \`[${c.text()}\``,
      );
    }
    operand.register = c.text();
    c.at++;
    if (!c.isMark('-'))
      return c.problem(`register list: expected '-' after \`[${operand.register}\`, found ${c.found()}`);
    c.at++;
    if (!registers.has(c.text()))
      return c.problem(`register list: bad high register in \`[${operand.register}-${c.found()}\``);
    operand.second = c.text();
    c.at++;
    if (!c.isMark(']')) {
      return c.problem(
        `register list: expected ']' after \`[${operand.register}-${operand.second}\`, found ${c.found()}`,
      );
    }
    c.at++;
    return;
  }
  if (family !== 'arm' && family !== 'arm64') return c.problem('unexpected register list');
  let count = 0;
  const seen = new Set<number>();
  let next = -1;
  while (!c.isMark(']')) {
    if (c.at >= c.to) return c.problem("missing ']' in register list");
    if (family === 'arm64') {
      const start = c.at;
      if (!isRegister(c)) return c.problem(`invalid register: ${c.found()}`);
      const register = reference(c);
      const number = /^V(\d+)$/.exec(register ?? '')?.[1];
      operand.register ??= register;
      if (!c.get('.')) return;
      if (!ARM64_ARRANGEMENTS.has(c.text())) return c.problem('invalid arrangement in ARM64 register list');
      if (number === undefined) return c.problem(`expect V0 through V31; found: ${register}`, start);
      if (operand.extension !== undefined && operand.extension !== c.text()) {
        return c.problem('inconsistent arrangement in ARM64 register list');
      }
      operand.extension = c.text();
      if (next >= 0 && Number(number) !== next) {
        return c.problem(`incontiguous register in ARM64 register list: ${register}`, start);
      }
      next = (Number(number) + 1) % 32;
      c.at++;
      if (++count > 4) return c.problem('invalid register numbers in ARM64 register list', start);
    } else {
      let low = armNumber(c);
      let high = low;
      if (c.isMark('-')) {
        c.at++;
        high = armNumber(c);
      }
      if (low === undefined || high === undefined) return;
      if (high < low) [low, high] = [high, low];
      for (let n = low; n <= high; n++) {
        if (seen.has(n)) return c.problem(`register R${n} already in list`);
        seen.add(n);
      }
    }
    if (!c.isMark(']') && !c.get(',')) return;
  }
  if (family === 'arm64' && count === 0) c.problem('invalid register numbers in ARM64 register list');
  c.at++;
}

function armNumber(c: Cursor): number | undefined {
  const text = c.text();
  if (text === 'g') {
    c.at++;
    return 10;
  }
  if (!text.startsWith('R')) {
    c.problem(`expected g or R0 through R15; found ${c.found()}`);
    return undefined;
  }
  const register = reference(c);
  return register === undefined ? undefined : Number(register.slice(1));
}

export function atShift(c: Cursor): boolean {
  const length = registerLength(c);
  const mark = c.text(length);
  return c.kind(length) === 'mark' && (mark === '<<' || mark === '>>' || mark === '->' || mark === '@>');
}

export function shift(c: Cursor, prefix: string): undefined {
  const operand = c.operand;
  const { family } = c.context.assembler;
  operand.kind = 'shift';
  if (prefix) c.problem(`prefix ${prefix} not allowed for shifted register: $${c.text()}`);
  operand.register = reference(c);
  c.at++;
  if (c.kind() === 'name' && !c.context.isOpaque(c.text())) {
    if (family === 'arm64') c.problem(`rhs of shift must be integer: ${c.text()}`);
    else if (!isRegister(c)) c.problem(`rhs of shift must be register or integer: ${c.text()}`);
    else operand.second = reference(c);
  } else if (c.kind() === 'int' || c.kind() === 'name' || c.isMark('(')) {
    const start = c.at;
    const amount = expression(c);
    const most = family === 'arm64' ? 64n : 32n;
    if (amount !== undefined && BigInt.asIntN(64, amount) >= most) {
      c.problem(`register shift count too large: ${c.tokens[start].text}`, start);
    }
  } else c.problem(`unexpected ${c.found()} in register shift`);
  if (family === 'arm64' && operand.register && !/^(R\d+(_PLATFORM)?|ZR|LR|g|RSP)$/.test(operand.register)) {
    c.problem('invalid register for shift operation');
  }
  if (c.isMark('(')) {
    c.at++;
    if (!isRegister(c)) return c.problem(`expected register; found ${c.found()}`);
    operand.index = reference(c);
    c.get(')');
  }
  c.end();
}

/** `.B16`, `.UXTW<<3`, `.S[1]`, or `<<2` behind a register. */
export function extension(c: Cursor): undefined {
  const operand = c.operand;
  if (!c.isMark('<<')) {
    if (!c.get('.')) return;
    operand.extension = c.text();
    if (!validExtension(c, operand)) c.problem(`unsupported register extension: ${c.found()}`);
    c.at++;
  } else operand.extension = 'LSL';
  if (c.isMark('<<')) {
    c.at++;
    if (c.kind() !== 'int' && !c.context.isOpaque(c.text())) {
      return c.problem(`expected integer constant, found ${c.found()}`);
    }
    c.at++;
  } else if (c.isMark('[')) {
    c.at++;
    operand.element = true;
    if (c.kind() !== 'int' && !c.context.isOpaque(c.text())) {
      return c.problem(`expected integer constant, found ${c.found()}`);
    }
    c.at++;
    c.get(']');
  }
}

function validExtension(c: Cursor, { extension }: Operand): boolean {
  const { family } = c.context.assembler;
  if (extension === undefined || c.kind() !== 'name') return false;
  return (family === 'arm64' ? ARM64_EXTENSIONS : LOONG64_EXTENSIONS).has(extension);
}

const ARM64_ARRANGEMENTS = new Set('B8 B16 H4 H8 S2 S4 D1 D2'.split(' '));
const ARM64_EXTENSIONS = new Set(
  'UXTB UXTH UXTW UXTX SXTB SXTH SXTW SXTX LSL B8 B16 H4 H8 S2 S4 D1 D2 Q1 B H S D'.split(' '),
);
const LOONG64_EXTENSIONS = new Set('B H W V BU HU WU VU B16 H8 W4 V2 B32 H16 W8 V4 Q2'.split(' '));
