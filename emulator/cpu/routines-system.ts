/** Identification, time, random numbers, and the processor state as a block in memory. */
import {
  FP_CONTROL,
  FP_TAGS,
  FS_BASE,
  GS_BASE,
  MXCSR_MASK,
  RAX,
  RBX,
  RCX,
  RDX,
  readFlags,
  VECTOR,
  writeFlags,
  X87,
} from '../abi/amd64/layout.ts';
import type { Feature } from '../isa/x64/row.ts';
import { cpuid, implementedFeatures } from './cpuid.ts';
import type { Routine, RoutineContext } from './routines.ts';
import { writeMxcsr } from './routines-float.ts';

let features: ReadonlySet<Feature> | undefined;

function timestamp(c: RoutineContext): void {
  const now = c.clock();
  c.registers[RAX] = now & 0xffff_ffffn;
  c.registers[RDX] = (now >> 32n) & 0xffff_ffffn;
}

function writeOperand(c: RoutineContext, value: bigint): void {
  const place = c.operand(0) >>> 3;
  const size = c.size();
  const old = c.registers[place];
  c.registers[place] = size === 8 ? value : size === 4 ? value & 0xffff_ffffn : (old & ~0xffffn) | (value & 0xffffn);
}

const random: Routine = c => {
  writeOperand(c, c.random());
  // CF tells success; the others are cleared.
  writeFlags(c.registers, (readFlags(c.registers) & ~0x8d5n) | 1n);
  return 'done';
};

const mxcsr = (c: RoutineContext): bigint => c.registers[FP_CONTROL] & 0xffff_ffffn;

/** Field by field as FXSAVE lays them out (SDM volume 1, table 10-2): offset, size, value. */
function* fxsaveFields(c: RoutineContext): Generator<[number, number, bigint]> {
  const r = c.registers;
  const control = r[FP_CONTROL];
  yield [0, 2, (control >> 32n) & 0xffffn];
  yield [2, 2, (control >> 48n) & 0xffffn];
  yield [4, 2, r[FP_TAGS] & 0xffn];
  yield [6, 2, 0n];
  yield [8, 8, 0n];
  yield [16, 8, 0n];
  yield [24, 4, mxcsr(c)];
  yield [28, 4, MXCSR_MASK];
  const top = Number((control >> 59n) & 7n);
  for (let i = 0; i < 8; i++) {
    const at = X87 + ((top + i) & 7) * 2;
    yield [32 + i * 16, 8, r[at]];
    yield [40 + i * 16, 8, r[at + 1] & 0xffffn];
  }
  for (let i = 0; i < 16; i++) {
    yield [160 + i * 16, 8, r[VECTOR + i * 4]];
    yield [168 + i * 16, 8, r[VECTOR + i * 4 + 1]];
  }
}

export const system = {
  cpuid: c => {
    features ??= implementedFeatures();
    const r = c.registers;
    const answer = cpuid(Number(r[RAX] & 0xffff_ffffn), Number(r[RCX] & 0xffff_ffffn), features);
    r[RAX] = BigInt(answer[0]);
    r[RBX] = BigInt(answer[1]);
    r[RCX] = BigInt(answer[2]);
    r[RDX] = BigInt(answer[3]);
    return 'done';
  },
  rdtsc: c => {
    timestamp(c);
    return 'done';
  },
  rdtscp: c => {
    timestamp(c);
    c.registers[RCX] = 0n;
    return 'done';
  },
  random,
  rdfsbase: c => {
    writeOperand(c, c.registers[FS_BASE]);
    return 'done';
  },
  rdgsbase: c => {
    writeOperand(c, c.registers[GS_BASE]);
    return 'done';
  },
  wrfsbase: c => writeBase(c, FS_BASE),
  wrgsbase: c => writeBase(c, GS_BASE),
  stmxcsr: c => (c.store(c.address(), 4, mxcsr(c)) ? 'done' : 'exit'),
  ldmxcsr: c => {
    const value = c.load(c.address(), 4);
    if (value === undefined) return 'exit';
    if (value & ~MXCSR_MASK) return c.trap('protection');
    writeMxcsr(c, Number(value));
    return 'done';
  },
  fxsave: c => {
    const at = c.address();
    if (at & 15n) return c.trap('protection');
    // The whole area must be writable before any of it changes.
    for (const end of [0n, 511n]) {
      const reach = c.space.access(Number(at + end), 1, true);
      if (typeof reach !== 'number') return c.fault(reach);
    }
    for (const [offset, size, value] of fxsaveFields(c)) if (!c.store(at + BigInt(offset), size, value)) return 'exit';
    return 'done';
  },
  fxrstor: c => {
    const at = c.address();
    if (at & 15n) return c.trap('protection');
    const values: bigint[] = [];
    for (const [offset, size] of fxsaveFields(c)) {
      const value = c.load(at + BigInt(offset), size);
      if (value === undefined) return 'exit';
      values.push(value);
    }
    const [control, status, tags, , , , newMxcsr] = values;
    if (newMxcsr & ~MXCSR_MASK) return c.trap('protection');
    const r = c.registers;
    r[FP_CONTROL] = (control << 32n) | (status << 48n);
    writeMxcsr(c, Number(newMxcsr));
    r[FP_TAGS] = tags & 0xffn;
    const top = Number((status >> 11n) & 7n);
    for (let i = 0; i < 8; i++) {
      r[X87 + ((top + i) & 7) * 2] = values[8 + i * 2];
      r[X87 + ((top + i) & 7) * 2 + 1] = values[9 + i * 2] & 0xffffn;
    }
    for (let i = 0; i < 16; i++) {
      r[VECTOR + i * 4] = values[24 + i * 2];
      r[VECTOR + i * 4 + 1] = values[25 + i * 2];
    }
    return 'done';
  },
} satisfies Record<string, Routine>;

function writeBase(c: RoutineContext, cell: number): ReturnType<Routine> {
  const value = c.registers[c.operand(0) >>> 3];
  const wide = c.size() === 8 ? value : value & 0xffff_ffffn;
  if (BigInt.asIntN(48, wide) !== BigInt.asIntN(64, wide)) return c.trap('protection');
  c.registers[cell] = wide;
  return 'done';
}
