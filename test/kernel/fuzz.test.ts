/** Whatever a program puts into the registers: the kernel answers, and its state stays plain data. */
import { describe, expect, it } from 'vitest';
import { amd64 } from '../../emulator/abi/amd64/arch.ts';
import { SYSCALLS, type SyscallName } from '../../emulator/abi/syscalls.ts';
import { cloneState } from '../../emulator/kernel/state.ts';
import { CODE, DATA, type Guest, startGuest } from './harness.ts';

/** A small generator of its own, so that a failure can be repeated by its seed. */
function generator(seed: number) {
  let s = seed >>> 0 || 1;
  return (below: number): number => {
    s ^= s << 13;
    s ^= s >>> 17;
    s ^= s << 5;
    return (s >>> 0) % below;
  };
}

const NAMES = Object.keys(SYSCALLS) as SyscallName[];
const WORDS: readonly bigint[] = [
  0n,
  1n,
  2n,
  3n,
  4n,
  8n,
  16n,
  64n,
  255n,
  4096n,
  4097n,
  65536n,
  BigInt(CODE),
  BigInt(DATA),
  BigInt(DATA + 0x100),
  BigInt(DATA + 0x3ff9),
  BigInt(DATA + 0x4000),
  0x7ffcffffe000n,
  0x7ffcfffff000n,
  0x7fffffffffffn,
  0x800000000000n,
  (1n << 64n) - 1n,
  (1n << 64n) - 100n,
  (1n << 63n) - 1n,
  1n << 63n,
  1n << 32n,
  (1n << 31n) - 1n,
  1n << 31n,
  1000n,
  0x22n,
  0x32n,
];

function step(guest: Guest, random: (below: number) => number): boolean {
  const name = NAMES[random(NAMES.length)]!;
  const args = Array.from({ length: 6 }, () => {
    const word = WORDS[random(WORDS.length)]!;
    return random(8) === 0 ? word ^ BigInt(random(65536)) : word;
  });
  guest.kernel.advance(random(1000));
  guest.call(name, ...args);
  for (let turns = 0; turns < 50; turns++) {
    const decision = guest.schedule();
    if (decision.is === 'run') return true;
    if (decision.is === 'exited') return false;
    if (decision.is === 'sleep') guest.kernel.advanceTo(decision.until);
    else if (decision.is === 'input') guest.kernel.input(new Uint8Array(random(20)));
    else return false;
  }
  return false;
}

describe('random calls', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])('seed %i', seed => {
    const random = generator(seed * 7919);
    let guest = startGuest();
    for (let i = 0; i < 400; i++) {
      guest.write(DATA, ...Array.from({ length: 32 }, () => WORDS[random(WORDS.length)]!));
      const r = guest.task().registers;
      if (!guest.space().mappingAt(DATA + 0x100) || !step(guest, random)) guest = startGuest({ seed: i });
      else if (i % 50 === 0) cloneState(guest.kernel.state);
      else amd64.setPc(r, CODE);
      if (!isWritable(guest)) guest = startGuest({ seed: i });
    }
    expect(guest.kernel.state.tasks.size).toBeGreaterThan(0);
  });
});

const isWritable = (guest: Guest): boolean => {
  const m = guest.space().mappingAt(DATA);
  return m !== undefined && (m.prot & 3) === 3 && m.end >= DATA + 0x200;
};
