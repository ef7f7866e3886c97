/**
 * Checkpoints in the middle of every call that waits: one is taken when a task is first seen waiting in such a way, the
 * machine runs to its end, is put back, and runs to the same end again.
 */
import { describe, expect, test } from 'vitest';
import { compile, expected, load } from './compile.ts';

const BOUND = 20_000_000;
const STEP = 293;
/** How a task's own words for its wait begin, by the program in which it is seen. */
const KINDS = {
  blocked: [
    ...[/^accept/, /^receive from/, /^send to/, /^splice to socket/, /^connect to a full backlog/],
    ...[/^read of inotify/, /^poll/, /^futex/, /^sleep/, /^child/],
  ],
  ipc: [/^semaphore/, /^room in message queue/, /^message of queue/],
  waiting: [
    ...[/^write to pipe/, /^vmsplice to pipe/, /^read of pipe/, /^flock/, /^a file lock/, /^open of a FIFO: no writer/],
    ...[/^open of a FIFO: no reader/, /^epoll/, /^read of eventfd/, /^write to eventfd/, /^select/, /^read of timerfd/],
    ...[/^read of signalfd/, /^signal/, /^vfork of/, /^read of pty-slave/, /^read of pty-master/, /^PI futex/],
    ...[/^message of queue/, /^room in message queue/],
  ],
} satisfies Record<string, readonly RegExp[]>;

describe('calls that wait go on from checkpoints taken while they do', () => {
  test.each(Object.entries(KINDS))('%s', { timeout: 300_000 }, async (name, kinds) => {
    const program = compile(name);
    if (!program) return;
    const { machine, output, setOutput } = await load(program);
    const met = new Set<number>();
    for (let stop = await machine.run({ maxInstructions: STEP }); stop.is === 'budget'; ) {
      const waits = machine.tasks().flatMap(task => (task.state === 'blocked' && task.waitsFor ? [task.waitsFor] : []));
      const fresh = kinds.flatMap((kind, i) => (!met.has(i) && waits.some(words => kind.test(words)) ? [i] : []));
      if (fresh.length > 0) {
        for (const i of fresh) met.add(i);
        const checkpoint = machine.checkpoint();
        const before = output();
        expect(await machine.run({ maxInstructions: BOUND })).toEqual({ is: 'exited', status: 0 });
        expect(output()).toBe(expected(name));
        machine.restore(checkpoint);
        setOutput(before);
      }
      stop = await machine.run({ maxInstructions: STEP });
      if (stop.is !== 'budget') expect(stop).toEqual({ is: 'exited', status: 0 });
    }
    expect(output()).toBe(expected(name));
    expect(kinds.filter((_, i) => !met.has(i))).toEqual([]);
  });
});
