/** What CPUID tells programs: the profiles' features, and nothing that has no meaning. */
import { describe, expect, it } from 'vitest';
import { cpuid, implementedFeatures, PROFILES } from '../../emulator/cpu/cpuid.ts';
import { rows } from '../../emulator/isa/x64/rows.ts';

const bit = (word: number, n: number): boolean => ((word >>> n) & 1) === 1;

describe('CPUID', () => {
  const has = implementedFeatures();
  const [, ebx7, ecx7] = cpuid(7, 0, has);
  const [, , ecx1, edx1] = cpuid(1, 0, has);
  const [, , ecxExtended, edxExtended] = cpuid(0x8000_0001, 0, has);

  it('has x86-64-v2', () => {
    // CX8 CMOV FXSR SSE SSE2; SSE3 SSSE3 CMPXCHG16B SSE4.1 SSE4.2 POPCNT; LAHF, long mode
    for (const n of [8, 15, 23, 24, 25, 26]) expect(bit(edx1, n), `EDX ${n}`).toBe(true);
    for (const n of [0, 9, 13, 19, 20, 23]) expect(bit(ecx1, n), `ECX ${n}`).toBe(true);
    expect([bit(ecxExtended, 0), bit(edxExtended, 29)]).toEqual([true, true]);
  });

  it('has AES, PCLMULQDQ and SHA beside it, MOVBE, ADX, random numbers, FSGSBASE, RDPID and XSAVE', () => {
    for (const n of [25, 1, 22, 30, 26, 27]) expect(bit(ecx1, n), `ECX ${n}`).toBe(true);
    for (const n of [29, 19, 18, 0]) expect(bit(ebx7, n), `EBX ${n}`).toBe(true);
    expect(bit(ecx7, 22)).toBe(true);
  });

  it('has nothing of x86-64-v3 in the default profile', () => {
    // FMA AVX F16C; BMI1 AVX2 BMI2; LZCNT
    for (const n of [12, 28, 29]) expect(bit(ecx1, n), `ECX ${n}`).toBe(false);
    for (const n of [3, 5, 8]) expect(bit(ebx7, n), `EBX ${n}`).toBe(false);
    expect(bit(ecxExtended, 5)).toBe(false);
  });

  it('tells only of features whose every row has a meaning', () => {
    for (const profile of ['x86-64-v2', 'x86-64-v3'] as const) {
      for (const feature of implementedFeatures(profile)) {
        expect(PROFILES[profile]).toContain(feature);
        expect(rows.filter(r => r.feature === feature && !r.lift).map(r => r.name)).toEqual([]);
      }
    }
  });

  it('knows no feature that no row has', () => {
    const known = new Set(rows.map(r => r.feature));
    for (const feature of PROFILES['x86-64-v3']) expect(known, feature).toContain(feature);
  });

  it("leaf 0xD has XCR0's states and the size of FXSAVE's area with a header", () => {
    expect(cpuid(0xd, 0, has)).toEqual([3, 576, 576, 0]);
    expect(cpuid(0xd, 2, has)).toEqual([0, 0, 0, 0]);
  });

  it('answers nothing for leaves that are not there', () => {
    for (const leaf of [0x20, 0x4000_0000, 0x8000_00ff, 0xffff_ffff]) expect(cpuid(leaf, 0, has)).toEqual([0, 0, 0, 0]);
  });
});
