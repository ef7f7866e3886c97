/** Identification, time, random numbers, segment bases, MXCSR. */
import {
  FP_CONTROL,
  FS_BASE,
  GS_BASE,
  MXCSR_MASK,
  RAX,
  RBX,
  RCX,
  RDX,
  readFlags,
  writeFlags,
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
} satisfies Record<string, Routine>;

function writeBase(c: RoutineContext, cell: number): ReturnType<Routine> {
  const value = c.registers[c.operand(0) >>> 3];
  const wide = c.size() === 8 ? value : value & 0xffff_ffffn;
  if (BigInt.asIntN(48, wide) !== BigInt.asIntN(64, wide)) return c.trap('protection');
  c.registers[cell] = wide;
  return 'done';
}
