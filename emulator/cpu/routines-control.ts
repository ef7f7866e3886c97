/** Flags as a whole, loops on RCX, and stack frames made by one instruction. */
import { DF, FLAGS_OTHER, RAX, RBP, RCX, RSP, readFlags, writeFlags } from '../abi/amd64/layout.ts';
import type { Routine, RoutineContext } from './routines.ts';

const mask64 = (v: bigint): bigint => BigInt.asUintN(64, v);
const stackWidth = (c: RoutineContext): number => (c.size() === 2 ? 2 : 8);

/** Bits that POPF changes in user mode: CF PF AF ZF SF TF DF OF NT AC ID. */
const POPF_MASK = 0x254dd5n;
/** What SAHF and LAHF move: SF ZF AF PF CF. */
const LOW_FLAGS = 0xd5n;

const counter = (c: RoutineContext): bigint => (c.aux() & 4 ? c.registers[RCX] & 0xffff_ffffn : c.registers[RCX]);

function loopWhile(condition: (flags: bigint) => boolean): Routine {
  return c => {
    // With a 32-bit address size the counter is ECX, and the upper half becomes zero.
    const left = c.aux() & 4 ? BigInt.asUintN(32, counter(c) - 1n) : mask64(counter(c) - 1n);
    c.registers[RCX] = left;
    return left !== 0n && condition(readFlags(c.registers)) ? c.jump(mask64(c.immediate())) : 'done';
  };
}

export const control = {
  pushf: c => {
    const width = stackWidth(c);
    const sp = mask64(c.registers[RSP] - BigInt(width));
    // RF and VM read as zero.
    if (!c.store(sp, width, readFlags(c.registers) & 0xfcffffn)) return 'exit';
    c.registers[RSP] = sp;
    return 'done';
  },
  popf: c => {
    const width = stackWidth(c);
    const value = c.load(c.registers[RSP], width);
    if (value === undefined) return 'exit';
    const flags = readFlags(c.registers);
    const mask = width === 2 ? POPF_MASK & 0xffffn : POPF_MASK;
    writeFlags(c.registers, (flags & ~mask) | (value & mask));
    c.registers[RSP] = mask64(c.registers[RSP] + BigInt(width));
    return 'done';
  },
  lahf: c => {
    const flags = readFlags(c.registers) & 0xffn;
    c.registers[RAX] = (c.registers[RAX] & ~0xff00n) | (flags << 8n);
    return 'done';
  },
  sahf: c => {
    const value = (c.registers[RAX] >> 8n) & LOW_FLAGS;
    writeFlags(c.registers, (readFlags(c.registers) & ~LOW_FLAGS) | value);
    return 'done';
  },
  cld: c => {
    c.registers[FLAGS_OTHER] &= ~DF;
    return 'done';
  },
  std: c => {
    c.registers[FLAGS_OTHER] |= DF;
    return 'done';
  },
  jrcxz: c => (counter(c) === 0n ? c.jump(mask64(c.immediate())) : 'done'),
  loop: loopWhile(() => true),
  loope: loopWhile(flags => (flags & 0x40n) !== 0n),
  loopne: loopWhile(flags => (flags & 0x40n) === 0n),
  /** POP to memory: the address is computed with the stack pointer already raised. */
  popMemory: c => {
    const width = stackWidth(c);
    const old = c.registers[RSP];
    const value = c.load(old, width);
    if (value === undefined) return 'exit';
    c.registers[RSP] = mask64(old + BigInt(width));
    if (c.store(c.address(), width, value)) return 'done';
    c.registers[RSP] = old;
    return 'exit';
  },
  enter: c => {
    const width = stackWidth(c);
    const size = c.immediate() & 0xffffn;
    const level = c.aux() & 31;
    const w = BigInt(width);
    // What was pushed before a fault stays in memory; only the registers are as before.
    let sp = c.registers[RSP];
    const push = (value: bigint): boolean => {
      sp = mask64(sp - w);
      return c.store(sp, width, value);
    };
    if (!push(c.registers[RBP])) return 'exit';
    const frame = sp;
    for (let i = 1; i < level; i++) {
      const outer = c.load(mask64(c.registers[RBP] - w * BigInt(i)), width);
      if (outer === undefined || !push(outer)) return 'exit';
    }
    if (level > 0 && !push(frame)) return 'exit';
    const end = mask64(sp - size);
    // The CPU probes the new top of the stack for writing.
    if (c.load(end, 1) === undefined) return 'exit';
    c.registers[RSP] = end;
    c.registers[RBP] = width === 2 ? (c.registers[RBP] & ~0xffffn) | (frame & 0xffffn) : frame;
    return 'done';
  },
} satisfies Record<string, Routine>;
