/** AT&T syntax as GNU objdump prints it. */
import {
  addressHex,
  gprName,
  immediateHex,
  intelMnemonic,
  joined,
  type Memory,
  maskText,
  operandCodes,
  type Resolve,
  registerName,
  repeatPrefix,
  ripDisplacement,
  ripRemark,
  roundingText,
  signedHex,
  stringOperands,
  target,
} from './names.ts';
import { indexName } from './print-intel.ts';
import type { Insn, Operand } from './row.ts';

const letters: Record<number, string> = { 1: 'b', 2: 'w', 4: 'l', 8: 'q' };

/** AT&T's own names, by row and size. */
const renamed: Record<string, Record<number, string>> = {
  cbw: { 2: 'cbtw', 4: 'cwtl', 8: 'cltq' },
  cwd: { 2: 'cwtd', 4: 'cltd', 8: 'cqto' },
  jmpf: { 4: 'ljmp', 2: 'ljmpw', 8: 'rex.W ljmp' },
  push: { 2: 'pushw' },
  pop: { 2: 'popw' },
  leave: { 2: 'leavew' },
  callf: { 4: 'lcall', 2: 'lcallw', 8: 'rex.W lcall' },
  retf: { 4: 'lret', 2: 'lretw', 8: 'lretq' },
  sysret: { 4: 'sysretl', 8: 'sysretq' },
  sysexit: { 4: 'sysexitl', 8: 'sysexitq' },
};

/** Rows whose size shows only in a suffix when no register operand tells it. */
const suffixed = new Set(
  `add or adc sbb and sub xor cmp inc dec neg not mul imul div idiv rol ror rcl rcr shl shr sar test mov nop
  bt bts btr btc ptwrite crc32`.split(/\s+/),
);

/** x87 memory operands: suffix by kind of number and width. */
const realSuffix: Record<number, string> = { 4: 's', 8: 'l', 10: 't' };
const integerSuffix: Record<number, string> = { 2: 's', 4: 'l', 8: 'll' };

const isRegister = (o: Operand | undefined): boolean => o?.is === 'reg';

/** A general register, which tells the size by its name. */
const plainRegister = (o: Operand): boolean => o.is === 'reg' && o.class === 'gpr';

function gnuMnemonic(insn: Insn): { name: string; operands: number } {
  const { row } = insn.form;
  const [first, second] = insn.operands;
  const named = /^(push|pop)$/.test(row.name) && plainRegister(first) ? undefined : renamed[row.name]?.[insn.size];
  if (named) return { name: named, operands: insn.operands.length };
  const result = intelMnemonic(insn);
  const memory = insn.operands.find(o => o.is === 'mem');
  switch (row.name) {
    case 'movzx':
    case 'movsx': {
      const from = (second as { width: number }).width;
      const to = (first as { width: number }).width;
      return { ...result, name: `${row.name.slice(0, 4)}${letters[from]}${letters[to]}` };
    }
    case 'movsxd':
      return { ...result, name: insn.size === 8 ? 'movslq' : 'movsxd' };
    case 'mov':
      if (/^(A\d|B8)/.test(insn.form.encoding) && (memory || insn.size === 8)) return { ...result, name: 'movabs' };
      break;
    case 'movs':
    case 'cmps':
    case 'ins':
    case 'outs':
      return { ...result, name: row.name + letters[insn.size] };
    case 'cvtsi2ss':
    case 'cvtsi2sd':
    case 'vcvtsi2ss':
    case 'vcvtsi2sd':
    case 'vcvtusi2ss':
    case 'vcvtusi2sd':
      if (memory) return { ...result, name: row.name + letters[insn.size] };
      break;
  }
  if (row.feature === 'x87' && memory) {
    if (/^fi/.test(row.name)) return { ...result, name: row.name + integerSuffix[memory.width] };
    if (/^f(ld|stp?|add|mul|comp?|subr?|divr?)$/.test(row.name)) {
      return { ...result, name: row.name + realSuffix[memory.width] };
    }
  }
  // Narrowing conversions from memory tell the length of their source; classifications tell the 512 bits, too.
  if (memory && !insn.evex?.broadcast) {
    const narrows = /^vcvt(t?pd2u?dq|pd2ps|u?qq2ps)$/.test(row.name) && insn.size < 64;
    if (narrows || /^vfpclassp[sd]$/.test(row.name)) {
      return { ...result, name: row.name + (insn.size === 16 ? 'x' : insn.size === 32 ? 'y' : 'z') };
    }
  }
  // AT&T keeps an old mistake: with ST(i) as destination, SUB and SUBR (DIV and DIVR) exchange their names.
  if (row.feature === 'x87' && first?.is === 'reg' && insn.form.operands === 'STi,ST0') {
    const swapped = /^f(sub|div)(r?)(p?)$/.exec(row.name);
    if (swapped) return { ...result, name: `f${swapped[1]}${swapped[2] ? '' : 'r'}${swapped[3]}` };
  }
  if (memory && suffixed.has(row.name)) {
    const others = insn.operands.filter(o => o !== memory);
    const shiftCount = insn.form.operands.endsWith(',CL') && others.length === 1;
    if (row.name === 'crc32') return { ...result, name: row.name + letters[memory.width] };
    if (shiftCount || !others.some(isRegister)) return { ...result, name: result.name + letters[memory.width] };
  }
  return result;
}

export function printGnu(insn: Insn, resolve?: Resolve): string {
  const { row } = insn.form;
  const prefix = (insn.lock ? 'lock ' : '') + repeatPrefix(insn);
  const { name, operands: shown } = gnuMnemonic(insn);
  const parts = stringOperands[row.name];
  if (parts) {
    const a = insn.addressWidth;
    const texts = parts.map(part => {
      switch (part) {
        case 'destination':
          return `%es:(%${gprName(7, a)})`;
        case 'source':
          return `%ds:(%${gprName(6, a)})`;
        case 'accumulator':
          return `%${gprName(0, insn.size)}`;
        default:
          return '(%dx)';
      }
    });
    return joined(prefix, name, texts.reverse());
  }
  if (row.name === 'xlat') return joined(prefix, name, [`%ds:(%${gprName(3, insn.addressWidth)})`]);
  if (row.name === 'nop' && shown === 0 && insn.size === 2) return joined(prefix, 'xchg', ['%ax', '%ax']);
  const codes = operandCodes(insn.form);
  let operands = insn.operands.slice(0, shown).map((o, i) => gnuOperand(insn, o, codes[i], resolve));
  if (/^f(xch|u?comp?)$/.test(row.name) && codes[0] === 'ST0') operands.shift();
  // A shift by one does not print its count.
  if (insn.form.operands.endsWith(',1')) operands.pop();
  if (/^(in|out)$/.test(row.name)) operands = operands.map(t => (t === '%dx' ? '(%dx)' : t));
  if (/^(jmp|call)f?$/.test(row.name) && insn.operands[0].is !== 'rel') operands[0] = `*${operands[0]}`;
  if (operands.length > 0) operands[0] += maskText(insn, '%');
  const rounding = roundingText(insn);
  if (rounding) operands.splice(insn.operands[shown - 1].is === 'imm' ? -1 : operands.length, 0, rounding);
  if (row.name !== 'enter') operands.reverse();
  return joined(prefix, name, operands) + ripRemark(insn, resolve);
}

function gnuOperand(insn: Insn, o: Operand, code: string, resolve: Resolve | undefined): string {
  switch (o.is) {
    case 'reg':
      if (o.class === 'dr') return `%db${o.index}`;
      return code === 'ST0' ? '%st' : `%${registerName(o)}`;
    case 'imm':
      return `$${immediateHex(o)}`;
    case 'rel':
      return target(o.target, resolve);
    case 'mem':
      return gnuAddress(insn, o) + (insn.evex?.broadcast ? `{1to${insn.evex.broadcast}}` : '');
  }
}

function gnuAddress(insn: Insn, o: Memory): string {
  const segment = o.segment ? `%${o.segment}:` : '';
  if (o.ripRelative)
    return `${segment}${signedHex(ripDisplacement(insn, o))}(%${o.addressWidth === 8 ? 'rip' : 'eip'})`;
  if (o.base < 0 && o.index < 0) return segment + addressHex(o.addressWidth === 4 ? o.disp >>> 0 : o.disp);
  const base = o.base < 0 ? '' : `%${gprName(o.base, o.addressWidth)}`;
  const index = o.index < 0 ? '' : `,%${indexName(insn, o)},${o.scale}`;
  return `${segment}${o.dispBytes > 0 ? signedHex(o.disp) : ''}(${base}${index})`;
}
