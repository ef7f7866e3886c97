/**
 * The samples on the machine, one instruction at a time: from main into the kernel with the roles at each stop, and a
 * stack at every single instruction.
 */
import { describe, expect, test } from 'vitest';
import { renderStop } from '../../emulator/abi/stop-text.ts';
import { explain, isOver, memoryOf, registersOf, type Walk, walkTo } from './walk.ts';

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
    const walk = await walkTo(name, from);
    const { machine, program } = walk;
    const ends = new Map<string, number>();
    const bad: string[] = [];
    for (let i = 0; i < limit; i++) {
      const registers = registersOf(walk);
      const memory = memoryOf(walk);
      const g = program.goroutine(machine.arch, registers, memory);
      const frames = program.unwind(machine.arch, registers, memory);
      const last = frames[frames.length - 1];
      ends.set(last?.name ?? 'none', (ends.get(last?.name ?? 'none') ?? 0) + 1);
      const names = frames.map(frame => frame.name);
      if (g && (g.id > 0 || g.servesGoroutine !== undefined) && last?.name !== 'runtime.goexit') {
        bad.push(
          `${g.id}/${g.servesGoroutine === undefined ? '' : 'serves'} ${names.slice(0, 8).join(' < ')} … ${last?.name}`,
        );
      }
      const stop = await machine.step(walk.task);
      if (stop.is === 'exited' || isOver(walk)) break;
      const { current } = machine;
      if (current !== undefined) walk.task = current;
    }
    expect([...new Set(bad)].slice(0, 10)).toEqual([]);
    expect(ends.get('runtime.goexit')).toBeGreaterThan(100);
  });
});
