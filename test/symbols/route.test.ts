/**
 * The samples on the machine, one instruction at a time: from main into the kernel with the roles at each stop, and a
 * stack at every single instruction.
 */
import { describe, expect, test } from 'vitest';
import { renderStop } from '../../emulator/abi/stop-text.ts';
import { explain, isOver, registersOf, stacksThatEndElsewhere, type Walk, walkTo } from './walk.ts';

/** Addresses and columns that a rebuilt sample or another seed would move. */
const steady = (text: string): string =>
  text
    .replace(/0x[0-9a-f]{6,}/g, 'ADDRESS')
    .replace(/\.(go|s):\d+/g, '.$1')
    .replace(/([^ ]) {2,}/g, '$1  ');

/** Calls, entries, returns and syscalls of everything that is not the runtime's own business. */
async function route(walk: Walk, limit: number): Promise<string> {
  const seen: string[] = [];
  for (let i = 0; i < limit; i++) {
    const { machine, program } = walk;
    const pc = machine.arch.pc(registersOf(walk));
    const f = program.functionAt(pc);
    if (f && !/^runtime\.|^internal\/runtime\/(atomic|sys|maps|exithook)\./.test(f.name)) {
      const stop = explain(walk);
      if (/^(CALL|SYSCALL|RET)/.test(stop.instruction) || f.entry === pc) {
        const text = steady(renderStop(stop));
        if (!/CALL runtime\./.test(text) && seen[seen.length - 1] !== text) seen.push(text);
      }
    }
    if ((await machine.step(walk.task)).is === 'exited' || isOver(walk)) break;
  }
  return `${seen.join('\n')}\n`;
}

test.each([
  ['hello', 'through the syscall package: ABIInternal all the way to the SYSCALL'],
  ['uname', 'through golang.org/x/sys/unix: ABI0 assembly on the way'],
])('the route of %s, %s', async name => {
  const walk = await walkTo(name, 'main.main');
  const text = await route(walk, 6000);
  expect(text).toContain('SYSCALL');
  await expect(text).toMatchFileSnapshot(`golden/route-${name}.txt`);
});

describe('at every instruction the stack leads back to where the goroutine began', () => {
  test.each([
    ['hello', 1500],
    ['panic', 3000],
    ['goroutines', 3000],
    ['minimal-go1.15', 3000, 'runtime.main'],
  ])('%s', async (name, limit, from = 'main.main') => {
    const { bad, good } = await stacksThatEndElsewhere(await walkTo(name, from), limit);
    expect(bad).toEqual([]);
    expect(good).toBeGreaterThan(100);
  });
});
