/** Arithmetic wider than 64 bits. */
import { RAX, RBX, RCX, RDX, readFlags, writeFlags } from '../abi/amd64/layout.ts';
import type { Routine, RoutineContext } from './routines.ts';

/** The 8-byte operand 0 of a division: a register or memory. */
function divisor(c: RoutineContext): bigint | undefined {
  return c.isMemory() ? c.load(c.address(), 8) : c.registers[c.operand(0) >>> 3];
}

export const wide = {
  div128: c => {
    const by = divisor(c);
    if (by === undefined) return 'exit';
    const r = c.registers;
    const n = (r[RDX] << 64n) | r[RAX];
    if (by === 0n || (n / by) >> 64n) return c.trap('divide');
    r[RAX] = n / by;
    r[RDX] = n % by;
    return 'done';
  },
  idiv128: c => {
    const raw = divisor(c);
    if (raw === undefined) return 'exit';
    const by = BigInt.asIntN(64, raw);
    const r = c.registers;
    const n = BigInt.asIntN(128, (r[RDX] << 64n) | r[RAX]);
    if (by === 0n) return c.trap('divide');
    const quotient = n / by;
    if (BigInt.asIntN(64, quotient) !== quotient) return c.trap('divide');
    r[RAX] = BigInt.asUintN(64, quotient);
    r[RDX] = BigInt.asUintN(64, n % by);
    return 'done';
  },
  cmpxchg8b: c => {
    const r = c.registers;
    const at = c.address();
    const half = c.size() === 8 ? 8 : 4;
    if (half === 8 && at & 15n) return c.trap('protection');
    const low = c.load(at, half);
    const high = low === undefined ? undefined : c.load(at + BigInt(half), half);
    if (low === undefined || high === undefined) return 'exit';
    const part = (v: bigint): bigint => BigInt.asUintN(half * 8, v);
    const flags = readFlags(r);
    const same = low === part(r[RAX]) && high === part(r[RDX]);
    // Memory is written either way; the check of the whole comes before the first half.
    const writable = c.space.access(Number(at), half * 2, true);
    if (typeof writable !== 'number') return c.fault(writable);
    if (!c.store(at, half, same ? part(r[RBX]) : low)) return 'exit';
    if (!c.store(at + BigInt(half), half, same ? part(r[RCX]) : high)) return 'exit';
    if (!same) {
      r[RAX] = low;
      r[RDX] = high;
    }
    writeFlags(r, same ? flags | 0x40n : flags & ~0x40n);
    return 'done';
  },
} satisfies Record<string, Routine>;
