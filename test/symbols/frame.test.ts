/** Call frame information, from an .eh_frame written by hand: a function that pushes, makes room, and undoes it. */
import { expect, test } from 'vitest';
import { openFrames } from '../../emulator/symbols/dwarf/frame.ts';
import type { Elf, ElfSection } from '../../emulator/symbols/elf.ts';

const SECTION = 0x5000;
const CODE = 0x1000;

const u32 = (n: number): number[] => [n & 255, (n >> 8) & 255, (n >> 16) & 255, (n >>> 24) & 255];

function ehFrame(instructions: number[], length = 0x40): Uint8Array {
  // Version 1, "zR", code alignment 1, data alignment −8, return address in column 16, pointers pcrel|sdata4.
  const cie = [...u32(0), 1, 0x7a, 0x52, 0, 1, 0x78, 16, 1, 0x1b, 0x0c, 7, 8, 0x90, 1];
  while ((cie.length + 4) % 8) cie.push(0);
  const bytes = [...u32(cie.length), ...cie];
  const fdeAt = bytes.length;
  const begin = SECTION + fdeAt + 8;
  const fde = [...u32(fdeAt + 4), ...u32(CODE - begin), ...u32(length), 0, ...instructions];
  while ((fde.length + 4) % 8) fde.push(0);
  return Uint8Array.from([...bytes, ...u32(fde.length), ...fde, ...u32(0)]);
}

const elfWith = (bytes: Uint8Array): Elf =>
  ({
    section: (name: string) => (name === '.eh_frame' ? ({ name, address: SECTION } as ElfSection) : undefined),
    data: () => bytes,
    debugSection: () => undefined,
  }) as unknown as Elf;

test('the rules follow the instructions', () => {
  const at = openFrames(
    elfWith(
      ehFrame([
        0x41, // advance 1: push rbp is done
        ...[0x0e, 16], // CFA = rsp + 16
        ...[0x86, 2], // rbp saved at CFA − 16
        0x43, // advance 3: mov rbp, rsp is done
        ...[0x0d, 6], // CFA counts from rbp
        0x0a, // remember
        0x48, // advance 8: leave is done
        ...[0x0c, 7, 8], // CFA = rsp + 8
        0xc6, // rbp as at entry
        0x41, // advance 1
        0x0b, // restore what was remembered
      ]),
    ),
  );
  expect(at(CODE - 1)).toBeUndefined();
  expect(at(CODE + 0x40)).toBeUndefined();
  expect(at(CODE)).toMatchObject({
    cfa: { is: 'register', register: 7, offset: 8 },
    returnRegister: 16,
    isSignalFrame: false,
  });
  expect(at(CODE)!.registers.get(16)).toEqual({ is: 'saved', offset: -8 });
  expect(at(CODE)!.registers.get(6)).toBeUndefined();
  expect(at(CODE + 1)).toMatchObject({ cfa: { register: 7, offset: 16 } });
  expect(at(CODE + 1)!.registers.get(6)).toEqual({ is: 'saved', offset: -16 });
  expect(at(CODE + 4)).toMatchObject({ cfa: { register: 6, offset: 16 } });
  expect(at(CODE + 12)).toMatchObject({ cfa: { register: 7, offset: 8 } });
  expect(at(CODE + 12)!.registers.get(6)).toBeUndefined();
  expect(at(CODE + 13)).toMatchObject({ cfa: { register: 6, offset: 16 } });
});

test('nonsense is no rule, and no exception', () => {
  let state = 12345;
  const next = (): number => (state = (state * 1103515245 + 12345) & 0x7fffffff) >> 8;
  for (let i = 0; i < 5000; i++) {
    const bytes = ehFrame(Array.from({ length: next() % 40 }, () => next() & 255));
    for (let k = 0; k < next() % 4; k++) bytes[next() % bytes.length] = next() & 255;
    const at = openFrames(elfWith(bytes));
    for (const pc of [CODE, CODE + 5, CODE + 63]) at(pc);
  }
});
