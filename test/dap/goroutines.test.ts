/** Goroutines as threads: which are listed, what one that waits shows, and what cannot be done with it. */
import { resolve } from 'node:path';
import { expect, test, vi } from 'vitest';
import { adapterEnvironment } from '../../cli/environment.ts';
import { type Conversation, converse } from './conversation.ts';

vi.setConfig({ testTimeout: 120_000 });
const root = resolve(import.meta.dirname, '../..');

interface Listed {
  id: number;
  name: string;
}

async function stopped(goroutines?: string): Promise<{ c: Conversation; threadId: number; threads: Listed[] }> {
  const c = converse({ ...adapterEnvironment({ folder: root }), goSources: undefined });
  await c.ask('initialize', { adapterID: 'ring3' });
  const mounts = ['samples:/samples'];
  await c.ask('launch', { program: 'samples/bin/goroutines', cwd: 'samples', mounts, goroutines });
  await c.ask('setFunctionBreakpoints', { breakpoints: [{ name: 'main.sum' }, { name: 'main.main.func1' }] });
  await c.ask('configurationDone');
  const { threadId } = await c.event('stopped');
  return { c, threadId, threads: (await c.ask('threads')).threads };
}

test("the runtime's own goroutines are listed on request", async () => {
  const some = await stopped();
  expect(some.threads.map(({ name }) => name)).toContainEqual(expect.stringMatching(/^goroutine 1 main\.main \[/));
  expect(some.threads.filter(({ name }) => /^goroutine \d+ runtime\./.test(name))).toEqual([]);
  // Nobody is left out that stops.
  expect(some.threads.map(({ id }) => id)).toContain(some.threadId);
  some.c.close();
  const all = await stopped('all');
  const sweeper = all.threads.find(({ name }) => name.includes('runtime.bgsweep'));
  expect(sweeper?.name).toMatch(/^goroutine \d+ runtime\.bgsweep \[.*\], from runtime\.gcenable \(mgc\.go:\d+\)$/);
  expect(await all.c.refused('launch', { program: 'x', goroutines: 'some' })).toMatch(/launched already/);
  all.c.close();
});

test('one that waits has a stack and variables, but no registers', async () => {
  const { c, threadId, threads } = await stopped('all');
  const waiting = threads.find(({ name }) => name.includes('runtime.bgsweep'))!;
  expect(threads.find(({ id }) => id === threadId)!.name).toMatch(/\[running, thread \d+\]/);
  const { stackFrames } = await c.ask('stackTrace', { threadId: waiting.id });
  expect(stackFrames.map(({ name }: Listed) => name)).toEqual([
    'runtime.gopark',
    expect.stringMatching(/^runtime\.goparkunlock/),
    'runtime.bgsweep',
    expect.stringMatching(/^runtime\.gcenable/),
    'runtime.goexit',
  ]);
  const [{ id: frameId }] = stackFrames;
  const value = async (expression: string) => (await c.ask('evaluate', { expression, frameId })).result;
  expect(await value('$goroutine')).toBe(/goroutine (\d+)/.exec(waiting.name)![1]);
  expect(await value('$function')).toBe('"runtime.gopark"');
  expect(await c.refused('evaluate', { expression: '$rax', frameId })).toMatch(/no thread runs this goroutine/);
  const { registers } = await c.ask('ring3/registers', { threadId: waiting.id });
  expect(registers.map(({ name }: Listed) => name).sort()).toEqual(['rip', 'rsp']);
  expect(await c.refused('setExpression', { expression: '$rip', value: '0', frameId })).toMatch(/cannot|Only/);
  expect(await c.refused('stackTrace', { threadId: 1_000_999_999 })).toMatch(/There is no thread/);
  c.close();
});
