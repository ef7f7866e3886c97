/**
 * Checkpoints in the middle of every call that waits: one is taken when a task is first seen waiting in such a way, the
 * machine runs to its end, is put back, and runs to the same end again.
 */
import { expect, test } from 'vitest';
import { compile, expected, load } from './compile.ts';

const BOUND = 20_000_000;
const STEP = 293;
/** How a task's own words for its wait begin. */
const KINDS = [
  /^accept/,
  /^receive from/,
  /^send to/,
  /^splice to socket/,
  /^connect to a full backlog/,
  /^read of inotify/,
  /^poll/,
  /^futex/,
];

test('sockets, inotify and shared memory go on from checkpoints taken while they wait', {
  timeout: 300_000,
}, async () => {
  const program = compile('blocked');
  if (!program) return;
  const { machine, output, setOutput } = await load(program);
  const met = new Set<number>();
  for (let stop = await machine.run({ maxInstructions: STEP }); stop.is === 'budget'; ) {
    const waits = machine.tasks().flatMap(task => (task.state === 'blocked' && task.waitsFor ? [task.waitsFor] : []));
    const fresh = KINDS.flatMap((kind, i) => (!met.has(i) && waits.some(words => kind.test(words)) ? [i] : []));
    if (fresh.length > 0) {
      for (const i of fresh) met.add(i);
      const checkpoint = machine.checkpoint();
      const before = output();
      expect(await machine.run({ maxInstructions: BOUND })).toEqual({ is: 'exited', status: 0 });
      expect(output()).toBe(expected('blocked'));
      machine.restore(checkpoint);
      setOutput(before);
    }
    stop = await machine.run({ maxInstructions: STEP });
    if (stop.is !== 'budget') expect(stop).toEqual({ is: 'exited', status: 0 });
  }
  expect(output()).toBe(expected('blocked'));
  expect(KINDS.filter((_, i) => !met.has(i))).toEqual([]);
});
