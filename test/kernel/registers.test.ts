import { describe, expect, it } from 'vitest';
import { amd64 } from '../../emulator/abi/amd64/arch.ts';
import { AF, CF, DF, FZ, IF, OF, PF, readFlags, SF, writeFlags, ZF } from '../../emulator/abi/amd64/layout.ts';

describe('the registers of amd64', () => {
  it('give back what is written, cut to their width, and leave the others alone', () => {
    for (const row of amd64.registers) {
      if (row.group === 'flags') continue;
      const r = amd64.startRegisters(0x401000, 0x7000);
      // A change of the x87 status word moves the top of the stack, and so what st0 names.
      const others = amd64.registers.filter(o => o !== row && !/^(st\d|fstat|mxcsr|fctrl)$/.test(o.name));
      const before = others.map(o => o.read(r));
      const all = (1n << BigInt(row.bits)) - 1n;
      row.write(r, (1n << 300n) - 1n);
      expect([row.name, row.read(r)]).toEqual([row.name, all]);
      row.write(r, 0x5an);
      expect(row.read(r)).toBe(0x5an);
      others.forEach((o, i) => {
        if (o.name.slice(1) !== row.name.slice(1)) expect([o.name, o.read(r)]).toEqual([o.name, before[i]]);
      });
    }
  });

  it('have unique names and DWARF numbers', () => {
    const names = amd64.registers.map(r => r.name);
    expect(new Set(names).size).toBe(names.length);
    const dwarf = amd64.registers.flatMap(r => (r.dwarf === undefined ? [] : [r.dwarf]));
    expect(new Set(dwarf).size).toBe(dwarf.length);
  });

  it('keep flags lazily and lose none', () => {
    const r = amd64.startRegisters(0, 0);
    expect(readFlags(r)).toBe(0x202n);
    const bits = [CF, PF, AF, ZF, SF, OF, DF];
    for (let set = 0; set < 1 << bits.length; set++) {
      const flags = bits.reduce((all, bit, i) => (set & (1 << i) ? all | bit : all), 2n | IF);
      writeFlags(r, flags);
      expect(readFlags(r)).toBe(flags);
    }
    writeFlags(r, (1n << 64n) - 1n);
    // What a program cannot set (RF, IOPL, NT, VM …) does not stick.
    expect(readFlags(r)).toBe(0x240fd7n & ~0x3000n);
    r[FZ] = 5n;
    expect(readFlags(r) & ZF).toBe(0n);
  });
});
