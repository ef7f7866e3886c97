/**
 * What CPUID says. A profile names the features that programs may see; of them those are there whose every row has a
 * meaning, so that nothing is advertised which would raise #UD. Layout: Intel SDM volume 2, CPUID; AMD APM volume 3,
 * appendix E.
 */
import type { Processor } from '../abi/processor.ts';
import type { Feature } from '../isa/x64/row.ts';
import { rows } from '../isa/x64/rows.ts';
import { XCR0 } from './routines-segment.ts';

const VENDOR = 'AuthenticAMD';
const BRAND = 'Ring 3 emulated x86-64 CPU'.padEnd(48, '\0');

/** x86-64-v2 as the psABI defines it (v1's x87, MMX, SSE, SSE2 are in every CPU's leaf 1). */
const V2: readonly Feature[] = ['sse3', 'ssse3', 'sse4.1', 'sse4.2', 'popcnt', 'crc32'];
/** What both profiles have beside their level. */
const BESIDE: readonly Feature[] = [
  'aes',
  'pclmulqdq',
  'sha',
  'movbe',
  'adx',
  'rdrand',
  'rdseed',
  'fsgsbase',
  'rdpid',
  'xsave',
];
/** What x86-64-v3 adds. Without it LZCNT and TZCNT run as BSR and BSF. */
const V3: readonly Feature[] = ['lzcnt', 'bmi1', 'bmi2', 'fma', 'f16c', 'avx', 'avx2'];

export type Profile = 'x86-64-v2' | 'x86-64-v3';
export const PROFILES: Readonly<Record<Profile, readonly Feature[]>> = {
  'x86-64-v2': [...V2, ...BESIDE],
  'x86-64-v3': [...V2, ...BESIDE, ...V3],
};

/** The profile's features that are there. */
export function implementedFeatures(profile: Profile = 'x86-64-v2'): ReadonlySet<Feature> {
  const missing = new Set<Feature>();
  for (const row of rows) if (!row.lift) missing.add(row.feature);
  return new Set(PROFILES[profile].filter(f => !missing.has(f)));
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
const LEAF7_EBX: Partial<Record<Feature, number>> = {
  fsgsbase: 0,
  bmi1: 3,
  avx2: 5,
  bmi2: 8,
  rdseed: 18,
  adx: 19,
  sha: 29,
};
/** REP MOVSB is fast, CLFLUSHOPT, CLWB. */
const LEAF7_ALWAYS = (1 << 9) | (1 << 23) | (1 << 24);
/** Bits of leaf 1 EDX that AMD's leaf 0x80000001 repeats. */
const REPEATED = 0x0183_f3ff;

const bits = (table: Partial<Record<Feature, number>>, has: ReadonlySet<Feature>): number => {
  let value = 0;
  for (const [feature, bit] of Object.entries(table)) if (has.has(feature as Feature)) value |= 1 << bit;
  return value >>> 0;
};

/** Leaf 1 EDX: FPU TSC MSR PAE CX8 SEP PGE CMOV PAT CLFSH MMX FXSR SSE SSE2, what every x86-64 CPU has. */
const LEAF1_EDX = [0, 4, 5, 6, 8, 11, 13, 15, 16, 19, 23, 24, 25, 26].reduce((value, bit) => value | (1 << bit), 0);

/** FXSAVE's area and the header. */
const XSAVE_SIZE = 576;

/** EAX, EBX, ECX, EDX for a leaf and sub-leaf, unsigned. */
export function cpuid(leaf: number, subleaf: number, has: ReadonlySet<Feature>): [number, number, number, number] {
  switch (leaf >>> 0) {
    case 0:
      return [0xd, text(VENDOR, 0), text(VENDOR, 8), text(VENDOR, 4)];
    case 1: {
      // Family 17h; CMPXCHG16B (13) always, OSXSAVE with XSAVE.
      let ecx = bits(LEAF1_ECX, has) | (1 << 13);
      if (has.has('xsave')) ecx |= (1 << 26) | (1 << 27);
      return [0x0080_0f12, 0x0001_0800, ecx >>> 0, LEAF1_EDX >>> 0];
    }
    case 7: {
      if (subleaf !== 0) return [0, 0, 0, 0];
      const ebx = bits(LEAF7_EBX, has) | LEAF7_ALWAYS;
      // Fast short REP MOVSB.
      return [0, ebx >>> 0, has.has('rdpid') ? 1 << 22 : 0, 1 << 4];
    }
    case 0xd:
      // The area's size, with what XCR0 enables and at most; XSAVEOPT, XSAVEC, XGETBV with ECX 1.
      if (!has.has('xsave')) return [0, 0, 0, 0];
      if (subleaf === 0) return [XCR0, XSAVE_SIZE, XSAVE_SIZE, 0];
      return subleaf === 1 ? [7, XSAVE_SIZE, 0, 0] : [0, 0, 0, 0];
    case 0x8000_0000:
      return [0x8000_0008, text(VENDOR, 0), text(VENDOR, 8), text(VENDOR, 4)];
    case 0x8000_0001:
      // LAHF in 64-bit mode, LZCNT, PREFETCHW; SYSCALL, NX, RDTSCP, long mode.
      return [0x0080_0f12, 0, 0x101 | (has.has('lzcnt') ? 1 << 5 : 0), (0x2810_0800 | (LEAF1_EDX & REPEATED)) >>> 0];
    case 0x8000_0002:
    case 0x8000_0003:
    case 0x8000_0004: {
      const at = ((leaf >>> 0) - 0x8000_0002) * 16;
      return [text(BRAND, at), text(BRAND, at + 4), text(BRAND, at + 8), text(BRAND, at + 12)];
    }
    case 0x8000_0005:
      // 32 KB of data and of instructions, 8 ways, lines of 64 bytes.
      return [0, 0, 0x2008_0140, 0x2008_0140];
    case 0x8000_0006:
      // 512 KB of second-level cache, 8 MB of third-level.
      return [0, 0, 0x0200_6140, 0x0040_9140];
    case 0x8000_0007:
      return [0, 0, 0, 1 << 8];
    case 0x8000_0008:
      return [0x3030, 0, 0, 0];
    default:
      return [0, 0, 0, 0];
  }
}

/** Linux's names of features (arch/x86/include/asm/cpufeatures.h), in its order: leaf, sub-leaf, register, bit. */
const LINUX_NAMES: readonly (readonly [leaf: number, subleaf: number, register: number, names: string])[] = [
  [1, 0, 3, '0:fpu 4:tsc 5:msr 6:pae 8:cx8 11:sep 13:pge 15:cmov 16:pat 19:clflush 23:mmx 24:fxsr 25:sse 26:sse2'],
  [0x8000_0001, 0, 3, '11:syscall 20:nx 27:rdtscp 29:lm'],
  [0x8000_0007, 0, 3, '8:constant_tsc 8:nonstop_tsc'],
  [
    1,
    0,
    2,
    '0:pni 1:pclmulqdq 9:ssse3 12:fma 13:cx16 19:sse4_1 20:sse4_2 22:movbe 23:popcnt 25:aes 26:xsave 28:avx 29:f16c 30:rdrand',
  ],
  [0x8000_0001, 0, 2, '0:lahf_lm 5:abm 8:3dnowprefetch'],
  [7, 0, 1, '0:fsgsbase 3:bmi1 5:avx2 8:bmi2 9:erms 18:rdseed 19:adx 23:clflushopt 24:clwb 29:sha_ni'],
  [0xd, 1, 0, '0:xsaveopt 1:xsavec 2:xgetbv1'],
  [7, 0, 2, '22:rdpid'],
  [7, 0, 3, '4:fsrm'],
];

/** What the kernel tells programs of the processor, read from CPUID as Linux reads it. */
export function processor(has: ReadonlySet<Feature>): Processor {
  const signature = cpuid(1, 0, has)[0];
  const family = (signature >> 8) & 15;
  return {
    vendor: VENDOR,
    family: family === 15 ? 15 + ((signature >> 20) & 0xff) : family,
    model: ((signature >> 4) & 15) | ((signature >> 12) & 0xf0),
    stepping: signature & 15,
    name: BRAND.replaceAll('\0', ''),
    highestLeaf: cpuid(0, 0, has)[0],
    flags: LINUX_NAMES.flatMap(([leaf, subleaf, register, names]) => {
      const value = cpuid(leaf, subleaf, has)[register];
      return names.split(' ').flatMap(item => {
        const [bit, name] = item.split(':');
        return (value >>> Number(bit)) & 1 ? [name] : [];
      });
    }),
    hwcap: BigInt(cpuid(1, 0, has)[3]),
    // HWCAP2_FSGSBASE
    hwcap2: has.has('fsgsbase') ? 2n : 0n,
  };
}
