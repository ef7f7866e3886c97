/** Who runs and for how long: everybody in time, and at every distance between two preemptions. */
import { expect, test } from 'vitest';
import type { Core } from '../../emulator/kernel/context.ts';
import { seedRandom } from '../../emulator/kernel/random.ts';
import { pick, preempt, wakeTask } from '../../emulator/kernel/scheduler.ts';
import type { Task, TaskState } from '../../emulator/kernel/state.ts';

/** As much of a kernel as the scheduler looks at. */
function machineOf(count: number, seed: number): Core {
  const task = (id: number) => ({ id, run: { is: 'runnable' }, switches: 0, rseq: { address: 0 } }) as Task;
  const ids = Array.from({ length: count }, (_, i) => i + 1);
  const tasks = new Map(ids.map(id => [id, task(id)]));
  return { state: { tasks, queue: ids, current: undefined, quantum: 0, random: seedRandom(seed) } } as unknown as Core;
}

/** The task that gets the CPU, and for how long; it uses all of that. */
function turn(core: Core): [id: number, quantum: number] {
  const task = pick(core)!;
  const { quantum } = core.state;
  core.state.quantum = 0;
  return [task.id, quantum];
}

test('quanta are of every length', () => {
  const core = machineOf(3, 1);
  const quanta = Array.from({ length: 5000 }, () => turn(core)[1]);
  expect(Math.min(...quanta)).toBeGreaterThan(0);
  for (const [from, to] of [
    [1, 9],
    [10, 99],
    [100, 999],
    [1000, 9999],
    [25_000, 75_000],
  ])
    expect(quanta.filter(q => q >= from && q <= to).length, `${from} to ${to}`).toBeGreaterThan(50);
  // Short ones cost little in all.
  expect(quanta.reduce((sum, q) => sum + q) / quanta.length).toBeGreaterThan(35_000);
});

test('nobody waits for long, whatever the order', () => {
  const core = machineOf(5, 2);
  const orders = new Set<string>();
  const since = new Map([1, 2, 3, 4, 5].map(id => [id, 0]));
  let last: number[] = [];
  for (let i = 1; i <= 3000; i++) {
    const [id] = turn(core);
    for (const [other, turns] of since) expect(i - turns, `task ${other}`).toBeLessThan(60);
    since.set(id, i);
    last = [...last, id].slice(-5);
    orders.add(last.join());
  }
  expect(orders.size).toBeGreaterThan(100);
});

test('the one that yields is not the next', () => {
  const core = machineOf(4, 3);
  for (let i = 0; i < 500; i++) {
    const first = pick(core)!;
    preempt(core);
    expect(pick(core)!.id).not.toBe(first.id);
  }
});

test('who is woken may come at once, or in its turn', () => {
  const core = machineOf(4, 4);
  const next = new Set<boolean>();
  for (let i = 0; i < 200; i++) {
    const running = pick(core)!;
    const sleeper = [...core.state.tasks.values()].find(task => task.id !== running.id)!;
    core.state.queue.splice(core.state.queue.indexOf(sleeper.id), 1);
    sleeper.run = { is: 'blocked', waiting: { what: '', keys: [], onSignal: 'none' }, since: 0n } satisfies TaskState;
    expect(wakeTask(core, sleeper, 'woken')).toBe(true);
    core.state.quantum = 0;
    const chosen = pick(core)!;
    next.add(chosen === sleeper);
    sleeper.run = { is: 'runnable' };
    expect(new Set([chosen.id, ...core.state.queue]).size).toBe(4);
  }
  expect(next.size).toBe(2);
});
