import { describe, expect, it } from 'vitest';
import { compileAll, compiledForms, conflicts, modrmTables, slots, vexSlots } from '../../emulator/isa/x64/compile.ts';
import { parseEncoding, placeOf } from '../../emulator/isa/x64/encoding.ts';
import { operandCode, width } from '../../emulator/isa/x64/operand-codes.ts';
import { rows } from '../../emulator/isa/x64/rows.ts';

describe('instruction rows', () => {
  compileAll();

  it('no two forms claim the same bytes', () => {
    expect(conflicts).toEqual([]);
  });

  it('every form can be reached', () => {
    const reached = new Set<number>();
    for (const table of [slots, vexSlots]) for (const id of table) if (id > 0) reached.add(id);
    for (const table of modrmTables) for (const id of table) reached.add(id);
    const missing = compiledForms
      .map((c, id) => (c && !reached.has(id) ? `${c.form.row.name} ${c.form.encoding}` : undefined))
      .filter(Boolean);
    expect(missing).toEqual([]);
  });

  it('the short reading of an encoding agrees with the whole one', () => {
    for (const row of rows) {
      for (const { encoding } of row.forms) {
        const { vex, map, opcode, span } = parseEncoding(encoding);
        expect(placeOf(encoding), encoding).toEqual({ key: (vex << 10) | (map << 8) | opcode, span });
      }
    }
  });

  it('the immediates an encoding shows are those its operands take', () => {
    const bytes: Record<string, number> = { ib: 1, cb: 1, iw: 2, iz: width.z, cz: 4, iv: width.v };
    for (const row of rows) {
      for (const form of row.forms) {
        const shown = form.encoding.split(' ').filter(t => t in bytes);
        const taken = (form.operands === '' ? [] : form.operands.split(','))
          .map(operandCode)
          .map(o => o.encoded)
          // A register in the upper half of a byte is shown as the byte it is.
          .filter(n => n !== 0 && n !== width.a);
        // The x87-like fixed ModRM forms (XBEGIN, XABORT) leave their immediate out, as the SDM does.
        if (shown.length === 0 && parseEncoding(form.encoding).modrm >= 0) continue;
        expect(
          shown.map(t => bytes[t]),
          `${row.name} ${form.encoding} ${form.operands}`,
        ).toEqual(taken);
      }
    }
  });

  it('every row has a sentence and known flags', () => {
    for (const row of rows) {
      expect(row.sentence, row.name).toMatch(/^[A-Z].+\.$/);
      expect(row.sentence.length, row.name).toBeLessThan(161);
      expect(row.forms.length, row.name).toBeGreaterThan(0);
      expect(`${row.flags.writes}${row.flags.reads}${row.flags.undefined}`, row.name).toMatch(/^[oszapcd]*$/);
    }
  });

  it('a mnemonic that has several rows has one in each meaning only', () => {
    const sentences = rows.map(r => `${r.name}: ${r.sentence}`);
    expect(new Set(sentences).size).toBe(sentences.length);
  });
});
