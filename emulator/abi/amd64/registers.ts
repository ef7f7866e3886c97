/** The registers of amd64 as rows: names, DWARF numbers (System V ABI, AMD64 supplement, figure 3.36), access. */
import type { RegisterRow, Registers } from '../arch.ts';
import {
  FP_CONTROL,
  FP_TAGS,
  FS_BASE,
  GS_BASE,
  RIP,
  readFlags,
  VECTOR,
  VECTOR_CELLS,
  VECTOR_COUNT,
  writeFlags,
  X87,
  X87_CELLS,
  X87_COUNT,
} from './layout.ts';

const U64 = (1n << 64n) - 1n;

/** Encoding order, with DWARF's numbers, which are in another order. */
const GENERAL: readonly (readonly [name: string, dwarf: number, go: string])[] = [
  ['rax', 0, 'AX'],
  ['rcx', 2, 'CX'],
  ['rdx', 1, 'DX'],
  ['rbx', 3, 'BX'],
  ['rsp', 7, 'SP'],
  ['rbp', 6, 'BP'],
  ['rsi', 4, 'SI'],
  ['rdi', 5, 'DI'],
  ['r8', 8, 'R8'],
  ['r9', 9, 'R9'],
  ['r10', 10, 'R10'],
  ['r11', 11, 'R11'],
  ['r12', 12, 'R12'],
  ['r13', 13, 'R13'],
  ['r14', 14, 'R14'],
  ['r15', 15, 'R15'],
];

function cell(index: number, name: string, group: RegisterRow['group'], go: string, dwarf?: number): RegisterRow {
  return {
    name,
    group,
    bits: 64,
    dwarf,
    go,
    read: r => r[index]!,
    write: (r, value) => {
      r[index] = value & U64;
    },
  };
}

/** `bits` of a cell from bit `shift` on. */
function field(
  index: number,
  shift: bigint,
  bits: number,
  name: string,
  group: RegisterRow['group'],
  dwarf?: number,
): RegisterRow {
  const mask = (1n << BigInt(bits)) - 1n;
  return {
    name,
    group,
    bits,
    dwarf,
    go: '',
    read: r => (r[index]! >> shift) & mask,
    write: (r, value) => {
      r[index] = (r[index]! & ~(mask << shift)) | ((value & mask) << shift);
    },
  };
}

/** A register that spans cells, lowest first. */
function cells(first: number, bits: number, name: string, go: string, dwarf?: number): RegisterRow {
  const count = Math.ceil(bits / 64);
  return {
    name,
    group: 'vector',
    bits,
    dwarf,
    go,
    read: r => {
      let value = 0n;
      for (let i = count - 1; i >= 0; i--) value = (value << 64n) | r[first + i]!;
      return BigInt.asUintN(bits, value);
    },
    write: (r, value) => {
      const cut = BigInt.asUintN(bits, value);
      for (let i = 0; i < count; i++) r[first + i] = (cut >> BigInt(64 * i)) & U64;
    },
  };
}

/** Cell of st(i), which counts from the top of the x87 stack. */
export function x87Cell(r: Registers, i: number): number {
  const top = Number((r[FP_CONTROL]! >> 59n) & 7n);
  return X87 + X87_CELLS * ((top + i) & 7);
}

function stackRegister(i: number): RegisterRow {
  return {
    name: `st${i}`,
    group: 'vector',
    bits: 80,
    dwarf: 33 + i,
    go: `F${i}`,
    read: r => {
      const c = x87Cell(r, i);
      return r[c]! | ((r[c + 1]! & 0xffffn) << 64n);
    },
    write: (r, value) => {
      const c = x87Cell(r, i);
      r[c] = value & U64;
      r[c + 1] = (value >> 64n) & 0xffffn;
    },
  };
}

/** SDM volume 1, section 3.4.3: the bits that user programs meet. */
// biome-ignore format: a table
const FLAGS = [['CF', 0], ['PF', 2], ['AF', 4], ['ZF', 6], ['SF', 7], ['TF', 8], ['IF', 9], ['DF', 10], ['OF', 11]] as const;

const numbers = (count: number) => Array.from({ length: count }, (_, i) => i);

export const registers: readonly RegisterRow[] = [
  ...GENERAL.map(([name, dwarf, go], i) => cell(i, name, 'general', go, dwarf)),
  cell(RIP, 'rip', 'pc', 'PC', 16),
  { name: 'rflags', group: 'flags', bits: 64, dwarf: 49, go: '', flags: FLAGS, read: readFlags, write: writeFlags },
  cell(FS_BASE, 'fs_base', 'segment', 'FS', 58),
  cell(GS_BASE, 'gs_base', 'segment', 'GS', 59),
  ...numbers(VECTOR_COUNT).map(i => cells(VECTOR + VECTOR_CELLS * i, 128, `xmm${i}`, `X${i}`, 17 + i)),
  ...numbers(VECTOR_COUNT).map(i => cells(VECTOR + VECTOR_CELLS * i, 256, `ymm${i}`, `Y${i}`)),
  ...numbers(X87_COUNT).map(stackRegister),
  field(FP_CONTROL, 0n, 32, 'mxcsr', 'control', 64),
  field(FP_CONTROL, 32n, 16, 'fctrl', 'control', 65),
  field(FP_CONTROL, 48n, 16, 'fstat', 'control', 66),
  field(FP_TAGS, 0n, 8, 'ftag', 'control'),
];
