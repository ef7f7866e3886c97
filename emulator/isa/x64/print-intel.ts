/** Intel syntax as GNU objdump prints it (`-M intel`). */
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
import type { Insn, Operand } from './row.ts';

const sizes: Record<number, string> = {
  1: 'BYTE',
  2: 'WORD',
  4: 'DWORD',
  8: 'QWORD',
  10: 'TBYTE',
  16: 'XMMWORD',
  32: 'YMMWORD',
  64: 'ZMMWORD',
};

/** Operand codes and rows that are printed without a size. */
const unsizedRows = new Set(['wrss', 'wruss', 'invpcid', 'invept', 'invvpid', 'lddqu', 'vlddqu']);
/** Far pointers by operand size: an offset and a 16-bit selector. */
const farSizes: Record<number, string> = { 2: 'DWORD', 4: 'FWORD', 8: 'FWORD' };

export function printIntel(insn: Insn, resolve?: Resolve): string {
  const { row } = insn.form;
  const prefix = (insn.lock ? 'lock ' : '') + repeatPrefix(insn);
  const { name, operands: shown } = intelMnemonic(insn);
  const parts = stringOperands[row.name];
  if (parts) {
    const a = insn.addressWidth;
    return joined(
      prefix,
      name,
      parts.map(part => {
        switch (part) {
          case 'destination':
            return `${sizes[insn.size]} PTR es:[${gprName(7, a)}]`;
          case 'source':
            return `${sizes[insn.size]} PTR ds:[${gprName(6, a)}]`;
          case 'accumulator':
            return gprName(0, insn.size);
          default:
            return 'dx';
        }
      }),
    );
  }
  if (row.name === 'xlat') return joined(prefix, name, [`BYTE PTR ds:[${gprName(3, insn.addressWidth)}]`]);
  if (row.name === 'nop' && shown === 0 && insn.size === 2) return joined(prefix, 'xchg', ['ax', 'ax']);
  const codes = operandCodes(insn.form);
  const operands = insn.operands.slice(0, shown).map((o, i) => intelOperand(insn, o, codes[i], resolve));
  // The implied ST(0) is left out where objdump leaves it out.
  if (/^f(xch|u?comp?)$/.test(row.name) && codes[0] === 'ST0') operands.shift();
  if (operands.length > 0) operands[0] += maskText(insn, '');
  const rounding = roundingText(insn);
  if (rounding) operands[shown - (insn.operands[shown - 1].is === 'imm' ? 2 : 1)] += rounding;
  // GNU marks the only forms with 64-bit immediates and addresses.
  const wide = codes.some(c => c[0] === 'O') || (codes[1] === 'Iv' && insn.size === 8);
  return joined(prefix, wide ? 'movabs' : name, operands) + ripRemark(insn, resolve);
}

function intelOperand(insn: Insn, o: Operand, code: string, resolve: Resolve | undefined): string {
  switch (o.is) {
    case 'reg':
      return code === 'ST0' ? 'st' : registerName(o);
    case 'imm':
      if (code === '1') return '1';
      return immediateHex(o);
    case 'rel':
      return target(o.target, resolve);
    case 'mem': {
      const name = insn.form.row.name;
      if (code[0] === 'O') return `${o.segment ?? 'ds'}:${addressHex(o.disp)}`;
      const size =
        code === 'M' || unsizedRows.has(name)
          ? ''
          : code === 'Mp'
            ? `${farSizes[insn.size]} PTR `
            : code === 'M2y' && o.width === 16
              ? 'OWORD PTR '
              : `${sizes[o.width]} ${insn.evex?.broadcast ? 'BCST' : 'PTR'} `;
      return size + intelAddress(insn, o);
    }
  }
}

function intelAddress(insn: Insn, o: Memory): string {
  const segment = o.segment ? `${o.segment}:` : '';
  if (o.ripRelative) {
    const d = ripDisplacement(insn, o);
    return `${segment}[${o.addressWidth === 8 ? 'rip' : 'eip'}${d < 0 ? '' : '+'}${signedHex(d)}]`;
  }
  if (o.base < 0 && o.index < 0) {
    return `${o.segment ?? 'ds'}:${addressHex(o.addressWidth === 4 ? o.disp >>> 0 : o.disp)}`;
  }
  let text = '';
  if (o.base >= 0) text = gprName(o.base, o.addressWidth);
  if (o.index >= 0) text += `${text ? '+' : ''}${indexName(insn, o)}*${o.scale}`;
  if (o.dispBytes > 0) text += (o.disp < 0 ? '' : '+') + signedHex(o.disp);
  return `${segment}[${text}]`;
}

/** The index register: a vector for the gathers and scatters. */
export function indexName(insn: Insn, o: Memory): string {
  const vector = vectorIndex(insn);
  return vector ? `${vector}${o.index}` : gprName(o.index, o.addressWidth);
}

/** `xmm`, `ymm` or `zmm` if the memory operand's index is a vector, as its operand code says; else undefined. */
export function vectorIndex(insn: Insn): 'xmm' | 'ymm' | 'zmm' | undefined {
  const code = operandCodes(insn.form).find(c => /^Mv[xh]/.test(c));
  if (!code) return undefined;
  const bytes = code[2] === 'x' ? insn.size : insn.size / 2;
  return bytes >= 64 ? 'zmm' : bytes >= 32 ? 'ymm' : 'xmm';
}
