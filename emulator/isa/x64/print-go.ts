/**
 * Go's assembler syntax, as cmd/asm reads it: operands from left to right, with the exceptions cmd/asm makes
 * (comparisons keep Intel's order, the predicate of an SSE comparison comes last).
 */
import { goName, goX87Name, sizeLetters } from './go-names.ts';
import {
  addressHex,
  type Memory,
  operandCodes,
  type Register,
  type Resolve,
  ripDisplacement,
  signedHex,
} from './names.ts';
import { vectorIndex } from './print-intel.ts';
import type { Insn, Operand } from './row.ts';

const gprNames = ['AX', 'CX', 'DX', 'BX', 'SP', 'BP', 'SI', 'DI'];
const segmentNames = ['ES', 'CS', 'SS', 'DS', 'FS', 'GS'];
const goGpr = (index: number): string => gprNames[index] ?? `R${index}`;

function goRegister(r: Register): string {
  switch (r.class) {
    case 'gpr':
      if (r.high) return `${'ACDB'[r.index]}H`;
      return r.width === 1 && r.index < 4 ? `${'ACDB'[r.index]}L` : goGpr(r.index);
    case 'xmm':
      return `${r.width === 64 ? 'Z' : r.width === 32 ? 'Y' : 'X'}${r.index}`;
    case 'mm':
      return `M${r.index}`;
    case 'st':
      return `F${r.index}`;
    case 'seg':
      return segmentNames[r.index];
    default:
      return `${r.class.toUpperCase()}${r.index}`;
  }
}

/** `symbol+0x10` as cmd/asm writes it: `symbol+16(SB)`. */
function goSymbol(name: string): string {
  const offset = /\+(0x[0-9a-f]+|\d+)$/i.exec(name);
  if (!offset) return `${name}(SB)`;
  return `${name.slice(0, offset.index)}+${Number(offset[1])}(SB)`;
}

function goMemory(insn: Insn, o: Memory, resolve: Resolve | undefined): string {
  const absolute = o.ripRelative || (o.base < 0 && o.index < 0 && !o.segment);
  if (absolute) {
    const name = o.disp === 0 ? undefined : resolve?.(o.disp);
    if (name !== undefined) return goSymbol(name);
    // As `go tool objdump` shows it; the assembler has no such operand.
    if (o.ripRelative) return `${signedHex(ripDisplacement(insn, o))}(IP)`;
  }
  let text = o.disp === 0 ? '' : o.disp > 0x7fffffff ? addressHex(o.disp) : signedHex(o.disp);
  const segment = o.segment?.toUpperCase();
  if (o.base >= 0) text += `(${goGpr(o.base)})`;
  else if (segment) text += `(${segment})`;
  if (o.index >= 0) text += `(${vectorName(insn, o.index) ?? goGpr(o.index)}*${o.scale})`;
  else if (segment && o.base >= 0) text += `(${segment}*1)`;
  return text === '' ? '0' : text;
}

function vectorName(insn: Insn, index: number): string | undefined {
  const vector = vectorIndex(insn);
  return vector && `${vector[0].toUpperCase()}${index}`;
}

function goOperand(insn: Insn, o: Operand, resolve: Resolve | undefined): string {
  switch (o.is) {
    case 'reg':
      return goRegister(o);
    case 'imm':
      return `$${o.value < 0n ? '-' : ''}0x${(o.value < 0n ? -o.value : o.value).toString(16)}`;
    case 'rel': {
      const name = resolve?.(o.target);
      // Inside a function the address says more than an offset does.
      return name === undefined || /\+(0x[0-9a-f]+|\d+)$/i.test(name) ? addressHex(o.target) : `${name}(SB)`;
    }
    case 'mem':
      return goMemory(insn, o, resolve);
  }
}

/** Rows whose operands keep Intel's order. */
const intelOrder = new Set(['cmp', 'enter']);
/** SSE comparisons: source, destination, predicate. */
const predicateLast = /^cmp(ps|pd|ss|sd)$/;

export function printGo(insn: Insn, resolve?: Resolve): string {
  const { row } = insn.form;
  const prefix = insn.lock ? 'LOCK; ' : insn.rep === 'rep' ? 'REP; ' : insn.rep === 'repne' ? 'REPN; ' : '';
  if (row.feature === 'x87') return goX87(insn, resolve);
  const source = insn.operands[insn.operands.length > 1 ? 1 : 0];
  const sourceWidth = source && 'width' in source ? source.width : 0;
  let name = goName(row, insn.size, sourceWidth, insn.cond);
  const operands = insn.operands.map(o => goOperand(insn, o, resolve));
  switch (row.name) {
    case 'int3':
      return `${name} $0x3`;
    case 'jmpf':
      return `JMP ${operands[0]}`;
    case 'callf':
      return `CALL ${operands[0]}`;
    case 'nop':
      if (operands.length === 0) return insn.size === 2 ? 'XCHGW AX, AX' : 'NOP';
      break;
    case 'jmp':
    case 'call':
      // Through a variable: the assembler cannot write that, and `CALL symbol(SB)` would be a direct call.
      if (operands[0].endsWith('(SB)') && insn.operands[0].is === 'mem') operands[0] = `*${operands[0]}`;
      break;
    case 'jrcxz':
      name = `JCXZ${sizeLetters[insn.addressWidth]}`;
      break;
    case 'imul':
      if (operands.length === 3) name = name.replace('IMUL', 'IMUL3');
      break;
    case 'in':
    case 'out': {
      // The accumulator and DX are understood.
      const port = insn.operands.find(o => o.is === 'imm');
      return port ? `${name} ${goOperand(insn, port, resolve)}` : name;
    }
  }
  // The count register of a shift is written CX whatever its width.
  if (insn.form.operands.endsWith(',CL')) operands[operands.length - 1] = 'CX';
  if (predicateLast.test(row.name)) {
    const [destination, from, predicate] = operands;
    return `${name} ${from}, ${destination}, ${predicate}`;
  }
  if (insn.evex) {
    name += evexSuffix(insn);
    operandCodes(insn.form).forEach((code, i) => {
      if (code.endsWith('{4}')) operands[i] = registerGroup(insn.operands[i] as Register);
    });
  }
  if (!intelOrder.has(row.name)) operands.reverse();
  if (insn.evex?.mask) operands.splice(-1, 0, `K${insn.evex.mask}`);
  return prefix + (operands.length ? `${name} ${operands.join(', ')}` : name);
}

/** What EVEX adds, behind the mnemonic: `.RN_SAE`, `.BCST`, `.Z`. */
function evexSuffix(insn: Insn): string {
  const { rounding, broadcast, zeroing } = insn.evex!;
  const rounded = rounding === 'none' ? '' : rounding === 'sae' ? '.SAE' : `.${rounding.toUpperCase()}_SAE`;
  return rounded + (broadcast ? '.BCST' : '') + (zeroing ? '.Z' : '');
}

/** Four registers in a row: `[Z0-Z3]`. */
const registerGroup = (r: Register): string => `[${goRegister(r)}-${goRegister({ ...r, index: r.index + 3 })}]`;

/** x87: Go names F0 where Intel implies it, and puts it first in comparisons that write no register. */
function goX87(insn: Insn, resolve: Resolve | undefined): string {
  const { row } = insn.form;
  const memory = insn.operands.find(o => o.is === 'mem');
  const name = goX87Name(row.name, memory?.width ?? 0);
  const operands = insn.operands.map(o => goOperand(insn, o, resolve)).reverse();
  if (memory) {
    if (/^FMOV/.test(name) && /^fi?st/.test(row.name)) operands.unshift('F0');
    else if (/^F(MOV|ADD|MUL|SUB|DIV|COM)/.test(name)) operands.push('F0');
  } else if (row.name === 'fld') operands.push('F0');
  else if (/^fst(p|pnce)?$/.test(row.name) || /^fucomp?$/.test(row.name)) operands.unshift('F0');
  else if (/^fucomip?$/.test(row.name)) operands.reverse();
  else if (/^fu?compp$/.test(row.name)) operands.push('F0', 'F1');
  return operands.length ? `${name} ${operands.join(', ')}` : name;
}
