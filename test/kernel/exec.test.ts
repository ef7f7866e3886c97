import { describe, expect, it } from 'vitest';
import { amd64 } from '../../emulator/abi/amd64/arch.ts';
import { ProgramError, parseProgram } from '../../emulator/kernel/elf.ts';
import { DATA, startGuest, tinyElf } from './harness.ts';

const refuse = (bytes: Uint8Array): string => {
  try {
    parseProgram({ size: bytes.length, read: (at, length) => bytes.slice(at, at + length) }, 'prog', amd64);
  } catch (error) {
    if (error instanceof ProgramError) return error.message;
    throw error;
  }
  return 'accepted';
};
const ascii = (text: string) => new TextEncoder().encode(text);

describe('the initial process', () => {
  it('has argc, argv, envp and the auxiliary vector on its stack', () => {
    const guest = startGuest();
    const r = guest.task().registers;
    const sp = amd64.sp(r);
    expect(sp % 16).toBe(0);
    expect(guest.u64(sp)).toBe(2n);
    const string = (address: bigint) => new TextDecoder().decode(guest.space().readString(Number(address), 4096));
    expect(string(guest.u64(sp + 8))).toBe('prog');
    expect(string(guest.u64(sp + 16))).toBe('one');
    expect(guest.u64(sp + 24)).toBe(0n);
    expect(string(guest.u64(sp + 32))).toBe('A=b');
    expect(guest.u64(sp + 40)).toBe(0n);
    const auxv = new Map<bigint, bigint>();
    const order: number[] = [];
    for (let at = sp + 48; ; at += 16) {
      order.push(Number(guest.u64(at)));
      auxv.set(guest.u64(at), guest.u64(at + 8));
      if (guest.u64(at) === 0n) break;
    }
    expect(order).toEqual([33, 51, 16, 6, 17, 3, 4, 5, 7, 8, 9, 11, 12, 13, 14, 23, 25, 26, 31, 15, 27, 28, 0]);
    expect(auxv.get(9n)).toBe(0x401000n);
    expect(auxv.get(3n)).toBe(0x400040n);
    expect(string(auxv.get(31n)!)).toBe('/mnt/prog');
    expect(string(auxv.get(15n)!)).toBe('x86_64');
    expect(auxv.get(11n)).toBe(1000n);
    const vdso = guest.space().peek(Number(auxv.get(33n)), 4);
    expect([...vdso]).toEqual([0x7f, 0x45, 0x4c, 0x46]);
  });

  it('has the mappings Linux makes', () => {
    const guest = startGuest();
    const names = guest.space().mappings.map(m => `${m.start.toString(16)} ${m.prot} ${m.name}`);
    expect(names).toEqual([
      '400000 5 /mnt/prog',
      '402000 3 /mnt/prog',
      '403000 3 ',
      expect.stringMatching(/^7ffcf.* 1 \[vvar\]$/),
      expect.stringMatching(/^7ffcf.* 5 \[vdso\]$/),
      expect.stringMatching(/^7ffcfff.* 3 \[stack\]$/),
    ]);
    expect(guest.u32(DATA)).toBe(0x61746164);
    expect(guest.u64(DATA + 0x10)).toBe(0n);
  });

  it('is the same again for the same seed', () => {
    const stack = (seed: number) => {
      const guest = startGuest({ seed });
      const sp = amd64.sp(guest.task().registers);
      return guest.space().read(sp, 0x7ffcfffff000 - sp);
    };
    expect(stack(7)).toEqual(stack(7));
    expect(stack(7)).not.toEqual(stack(8));
  });
});

describe('files that cannot be run', () => {
  it('are named', () => {
    expect(refuse(new Uint8Array())).toBe('prog is empty.');
    expect(refuse(ascii('hello'))).toBe('prog is no ELF file.');
    expect(refuse(ascii('#!/bin/sh\necho'))).toMatch(/is a script \(for \/bin\/sh\)/);
    expect(refuse(Uint8Array.of(0xcf, 0xfa, 0xed, 0xfe, 7, 0, 0, 1))).toMatch(/Mach-O.*macOS/);
    expect(refuse(ascii('MZ......'))).toMatch(/PE file.*Windows/);
    expect(refuse(tinyElf().slice(0, 40))).toMatch(/truncated ELF/);
    expect(refuse(tinyElf(v => v.setUint8(4, 1)))).toMatch(/32-bit/);
    expect(refuse(tinyElf(v => v.setUint16(18, 183, true)))).toMatch(/ARM 64 \(arm64\).*x86-64/);
    expect(refuse(tinyElf(v => v.setUint16(16, 1, true)))).toMatch(/object file/);
    expect(refuse(tinyElf(v => v.setUint16(16, 4, true)))).toMatch(/core dump/);
    expect(refuse(tinyElf(v => v.setUint16(56, 0, true)))).toMatch(/no program headers/);
    expect(refuse(tinyElf(v => v.setUint16(56, 600, true)))).toMatch(/beyond its end/);
    expect(refuse(tinyElf(v => v.setBigUint64(32, 2n ** 60n, true)))).toMatch(/offset of its program headers/);
    expect(refuse(tinyElf(v => v.setUint16(54, 32, true)))).toMatch(/32 bytes each/);
    expect(refuse(tinyElf(v => v.setBigUint64(64 + 40, 1n, true)))).toMatch(/more bytes in the file/);
    expect(refuse(tinyElf(v => v.setBigUint64(64 + 16, 0x400001n, true)))).toMatch(/differ within a page/);
    expect(refuse(tinyElf(v => v.setBigUint64(64 + 16, 0x7ffffffff000n, true)))).toMatch(/outside of user memory/);
    expect(refuse(tinyElf(v => v.setBigUint64(120 + 16, 0x401000n, true)))).toMatch(/overlap/);
    expect(refuse(tinyElf().slice(0, 0x1000))).toMatch(/segment 0 ends/);
  });

  it('never crash the parser, whatever byte is wrong', () => {
    const good = tinyElf();
    for (let at = 0; at < 176; at++)
      for (const value of [0, 1, 0x7f, 0x80, 0xff]) {
        const bytes = good.slice();
        bytes[at] = value;
        expect(typeof refuse(bytes)).toBe('string');
      }
  });

  it('need a dynamic linker that is there', () => {
    const elf = tinyElf(v => {
      v.setUint32(120, 3, true);
      v.setBigUint64(128, 0x180n, true);
      v.setBigUint64(152, 10n, true);
      for (const [i, c] of [...'/lib/ld.so'].entries()) v.setUint8(0x180 + i, c.charCodeAt(0));
      v.setUint8(0x189, 0);
    });
    expect(() => startGuest({ files: { '/host/prog': elf } })).toThrow(/dynamically linked and needs \/lib\/ld\.s/);
  });
});
