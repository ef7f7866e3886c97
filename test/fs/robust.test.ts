/** Calls about files with senseless arguments: every one answers, none throws anything but an errno or hangs. */
import { expect, test } from 'vitest';
import { decodeArgs, type SyscallName, syscallNames, topicOf } from '../../emulator/abi/syscalls.ts';
import { cloneState } from '../../emulator/kernel/state.ts';
import { handlerOf } from '../../emulator/kernel/syscalls/table.ts';
import { createGuest } from './guest.ts';

const NAMES = syscallNames().filter(
  name => ['files', 'io', 'waiting'].includes(topicOf(name)) || /^(timerfd|pidfd|sendfile|signalfd)/.test(name),
);

const PATHS = [
  '/tmp/a',
  '/tmp/b',
  '/tmp',
  '/proc/self/fd/3',
  '/proc/self/maps',
  '/dev/null',
  '/dev/zero',
  'x',
  '.',
  '..',
  '/',
  '/proc/self/exe',
  '/proc/self/cwd/a',
  '/proc/1000/task/1000/status',
  '/dev/stdin',
  '',
  '/proc/self/root/tmp/b',
];

const EXTREMES = [
  0x7fff_ffff_ffff_ffffn,
  0x8000_0000_0000_0000n,
  0xffff_8000_0000_0000n,
  0x7fff_ffff_f000n,
  0xffff_ffffn,
  0x7fff_ffffn,
  0xffff_ffff_ffff_ffffn,
];

for (const seed of [1, 2]) {
  test(`random arguments, seed ${seed}`, () => {
    let x = (seed * 2654435761) >>> 0;
    const r = (below: number): number => {
      x ^= x << 13;
      x >>>= 0;
      x ^= x >>> 17;
      x ^= x << 5;
      x >>>= 0;
      return x % below;
    };
    const g = createGuest({ uid: seed === 1 ? 0 : 1000 });
    const argument = (): bigint => {
      switch (r(8)) {
        case 0:
          return BigInt(g.text(PATHS[r(PATHS.length)]));
        case 1:
          return BigInt(r(10));
        case 2:
          return 0n;
        case 3:
          return BigInt(0x10000 + r(0x40_0000));
        case 4:
          return BigInt(2 ** r(32));
        case 5:
          return BigInt.asUintN(64, -100n);
        case 6:
          return EXTREMES[r(EXTREMES.length)];
        default:
          return BigInt(r(5000));
      }
    };
    for (let i = 0; i < 4000; i++) {
      const name: SyscallName = NAMES[r(NAMES.length)];
      if (!handlerOf(name)) continue;
      const raw = Array.from({ length: 6 }, argument);
      const what = `${name}(${raw.map(a => `0x${a.toString(16)}`).join(', ')})`;
      let result: unknown;
      try {
        result = g.call(name, decodeArgs(name, raw));
      } catch (e) {
        throw new Error(what, { cause: e });
      }
      if (typeof result === 'number') expect(Number.isSafeInteger(result), what).toBe(true);
      g.task.run = { is: 'runnable' };
      g.task.pending = [];
    }
    expect(() => cloneState(g.state)).not.toThrow();
  });
}
