/**
 * What CPUID says. Feature bits follow from the rows: a feature is there when every row that belongs to it has a
 * meaning, so that nothing is advertised which would raise #UD. Layout: Intel SDM volume 2, CPUID; AMD APM volume 3,
 * appendix E.
 */
import type { Feature } from '../isa/x64/row.ts';
import { rows } from '../isa/x64/rows.ts';

const VENDOR = 'AuthenticAMD';
const BRAND = 'Ring 3 emulated x86-64 CPU'.padEnd(48, '\0');

/** Features whose every row has a lift. */
export function implementedFeatures(): ReadonlySet<Feature> {
  const missing = new Set<Feature>();
  const seen = new Set<Feature>();
  for (const row of rows) {
    seen.add(row.feature);
    // MMX registers are not there yet; their forms of SSE rows count with them.
    if (!row.lift) missing.add(row.feature);
  }
  return new Set([...seen].filter(f => !missing.has(f)));
}

const text = (s: string, at: number): number =>
  (s.charCodeAt(at) | (s.charCodeAt(at + 1) << 8) | (s.charCodeAt(at + 2) << 16) | (s.charCodeAt(at + 3) << 24)) >>> 0;

/** Bits of leaf 1 ECX and EDX, leaf 7 EBX, and leaf 0x80000001 ECX by feature. */
const LEAF1_ECX: Partial<Record<Feature, number>> = {
  sse3: 0,
  pclmulqdq: 1,
  ssse3: 9,
  fma: 12,
  'sse4.1': 19,
  'sse4.2': 20,
  movbe: 22,
  popcnt: 23,
  aes: 25,
  avx: 28,
  f16c: 29,
  rdrand: 30,
};
const LEAF7_EBX: Partial<Record<Feature, number>> = { bmi1: 3, avx2: 5, bmi2: 8, rdseed: 18, adx: 19, sha: 29 };

const bits = (table: Partial<Record<Feature, number>>, has: ReadonlySet<Feature>): number => {
  let value = 0;
  for (const [feature, bit] of Object.entries(table)) if (has.has(feature as Feature)) value |= 1 << bit;
  return value >>> 0;
};

/** Leaf 1 EDX: FPU TSC MSR PAE CX8 SEP PGE CMOV PAT CLFSH MMX FXSR SSE SSE2, what every x86-64 CPU has. */
const LEAF1_EDX = [0, 4, 5, 6, 8, 11, 13, 15, 16, 19, 23, 24, 25, 26].reduce((value, bit) => value | (1 << bit), 0);

/** EAX, EBX, ECX, EDX for a leaf and sub-leaf, unsigned. */
export function cpuid(leaf: number, subleaf: number, has: ReadonlySet<Feature>): [number, number, number, number] {
  switch (leaf >>> 0) {
    case 0:
      return [7, text(VENDOR, 0), text(VENDOR, 8), text(VENDOR, 4)];
    case 1: {
      // Family 17h; CMPXCHG16B (13) always, OSXSAVE and XSAVE only with AVX.
      let ecx = bits(LEAF1_ECX, has) | (1 << 13);
      if (has.has('avx')) ecx |= (1 << 26) | (1 << 27);
      return [0x0080_0f12, 0x0001_0800, ecx >>> 0, LEAF1_EDX >>> 0];
    }
    case 7: {
      if (subleaf !== 0) return [0, 0, 0, 0];
      let ebx = bits(LEAF7_EBX, has) | (1 << 9);
      if (has.has('fsgsbase')) ebx |= 1;
      return [0, ebx >>> 0, 0, 1 << 4];
    }
    case 0x8000_0000:
      return [0x8000_0008, text(VENDOR, 0), text(VENDOR, 8), text(VENDOR, 4)];
    case 0x8000_0001:
      // LAHF in 64-bit mode, LZCNT; SYSCALL, NX, RDTSCP, long mode.
      return [0x0080_0f12, 0, (1 | (has.has('lzcnt') ? 1 << 5 : 0)) >>> 0, 0x2810_0800];
    case 0x8000_0002:
    case 0x8000_0003:
    case 0x8000_0004: {
      const at = ((leaf >>> 0) - 0x8000_0002) * 16;
      return [text(BRAND, at), text(BRAND, at + 4), text(BRAND, at + 8), text(BRAND, at + 12)];
    }
    case 0x8000_0007:
      return [0, 0, 0, 1 << 8];
    case 0x8000_0008:
      return [0x3030, 0, 0, 0];
    default:
      return [0, 0, 0, 0];
  }
}
