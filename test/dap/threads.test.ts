/** One thread among others: alone while the rest stands still, ended while the rest lives, each as far as that makes sense. */
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

async function stopped(program: string, ...names: string[]): Promise<{ c: Conversation; threadId: number }> {
  const c = converse({ ...adapterEnvironment({ folder: root }), goSources: undefined });
  await c.ask('initialize', { adapterID: 'ring3', supportsInvalidatedEvent: true });
  await c.ask('launch', { program, cwd: 'samples', mounts: ['samples:/samples'] });
  await c.ask('setFunctionBreakpoints', { breakpoints: names.map(name => ({ name })) });
  await c.ask('configurationDone');
  const { threadId } = await c.event('stopped');
  return { c, threadId };
}

const threads = async (c: Conversation): Promise<Listed[]> => (await c.ask('threads')).threads;
const STUCK = 'test/machine/guests/stuck';

test('a goroutine steps alone, and says when it cannot go on', async () => {
  const { c, threadId } = await stopped('samples/bin/goroutines', 'main.work');
  const line = async () => (await c.ask('stackTrace', { threadId, levels: 1 })).stackFrames[0].line;
  const others = async () => (await threads(c)).filter(({ id }) => id !== threadId);
  const [before, at] = [await others(), await line()];
  for (let i = 0; i < 3; i++)
    expect(await c.go('next', { threadId, singleThread: true })).toMatchObject({ reason: 'step', threadId });
  await c.go('stepIn', { threadId, granularity: 'instruction', singleThread: true });
  expect(await line()).toBeGreaterThanOrEqual(at);
  expect(await others()).toEqual(before);
  // It sleeps now and then.
  const stop = await c.go('stepOut', { threadId, singleThread: true });
  expect(stop).toMatchObject({ reason: 'pause', threadId, description: expect.stringMatching(/waits \(sleep\)$/) });
  expect((await c.ask('stackTrace', { threadId })).stackFrames.map((f: Listed) => f.name)).toContain('main.work');
  c.close();
});

test('a condition names a goroutine', async () => {
  const { c, threadId } = await stopped('samples/bin/goroutines', 'main.main');
  await c.ask('setFunctionBreakpoints', { breakpoints: [{ name: 'main.work', condition: '$goroutine == 8' }] });
  expect(await c.go('continue', { threadId })).toMatchObject({ threadId: 1_000_000_008 });
  c.close();
});

test('a thread of Linux waits in a call: alone for ever', async () => {
  const { c, threadId } = await stopped(STUCK, 'wait_for_byte');
  const stop = await c.go('continue', { threadId, singleThread: true });
  expect(stop).toMatchObject({
    reason: 'pause',
    threadId,
    text: expect.stringMatching(/^Thread 1\d+ waits for .*let all run/),
  });
  // The others have not begun to wait.
  expect((await threads(c)).filter(({ name }) => name.includes('waits for'))).toHaveLength(1);
  expect(await c.go('next', { threadId, singleThread: true })).toMatchObject({ reason: 'pause' });
  expect(await c.go('continue', { threadId })).not.toMatchObject({ reason: 'pause' });
  c.close();
});

test('processes and threads are ended one by one, the last one is not', async () => {
  const { c, threadId } = await stopped(STUCK, 'wait_on_futex');
  const before = await threads(c);
  expect(before.map(({ id }) => id)).toEqual([1000, 1001, 1002]);
  const child = before.find(({ id }) => id === 1001)!;
  await c.ask('terminateThreads', { threadIds: [child.id] });
  expect(c.transcript()).toContain('! thread {reason: "exited", threadId: 1001}');
  expect((await threads(c)).map(({ id }) => id)).toEqual([1000, 1002]);
  // The one that stands here: another one is shown.
  expect(await c.go('terminateThreads', { threadIds: [threadId] })).toMatchObject({ reason: 'pause', threadId: 1000 });
  expect(await c.refused('terminateThreads', { threadIds: [1000] })).toMatch(/only thread.*Use Stop/);
  expect(await c.refused('terminateThreads', { threadIds: [4711] })).toMatch(/no thread 4711/);
  expect(await c.refused('terminateThreads', { threadIds: 'all' })).toMatch(/needs threadIds: a list/);
  c.close();
});

test('a goroutine ends by Goexit; main, waiting ones and the runtime do not', async () => {
  const { c, threadId } = await stopped('samples/bin/goroutines', 'main.work');
  const all = await threads(c);
  const main = all.find(({ name }) => name.startsWith('goroutine 1 '))!;
  const waiting = all.find(({ name }) => /^goroutine (?!1 ).*\[runnable\]/.test(name))!;
  const idle = all.find(({ id }) => id < 1_000_000_000)!;
  const refused = (...threadIds: number[]) => c.refused('terminateThreads', { threadIds });
  expect(await refused(main.id)).toMatch(/end of the program. Use Stop/);
  expect(await refused(waiting.id)).toMatch(/only while it runs/);
  expect(await refused(idle.id)).toMatch(/Go runtime's own/);
  expect(await refused(threadId, main.id)).toMatch(/one at a time/);
  const stop = await c.go('terminateThreads', { threadIds: [threadId] });
  expect(stop).toMatchObject({ reason: 'pause', text: expect.stringMatching(/^Goroutine \d+ has ended\.$/) });
  expect((await threads(c)).map(({ id }) => id)).not.toContain(threadId);
  // Its result never comes, and Go notices.
  await c.ask('setFunctionBreakpoints', { breakpoints: [] });
  await c.ask('setExceptionBreakpoints', { filters: [] });
  await c.go('continue', { threadId: stop.threadId });
  expect(c.output('stderr')).toContain('all goroutines are asleep - deadlock!');
  c.close();
});

test('a program that is left running is there for the next client, standing still', async () => {
  const shared = { ...adapterEnvironment({ folder: root }), goSources: undefined, suspended: new Map() };
  const client = async (): Promise<Conversation> => {
    const c = converse(shared);
    await c.ask('initialize', { adapterID: 'ring3' });
    return c;
  };
  const leave = async (c: Conversation): Promise<void> => {
    await c.ask('disconnect', { suspendDebuggee: true });
    c.close();
  };
  const first = await client();
  expect(await first.refused('attach')).toMatch(/cannot attach/);
  await first.ask('launch', { program: 'samples/bin/goroutines' });
  await first.ask('configurationDone');
  await leave(first);
  const second = await client();
  await second.ask('launch', { program: 'samples/bin/goroutines', stopOnEntry: true });
  await second.ask('configurationDone');
  await second.event('stopped');
  await leave(second);
  const third = await client();
  expect(await third.refused('attach')).toMatch(/Name one of .*: goroutines, goroutines 2\./);
  expect(await third.refused('attach', { program: 'hello' })).toMatch(/Name one of/);
  await third.ask('attach', { program: 'goroutines' });
  expect(await third.refused('attach', { program: 'goroutines 2' })).toMatch(/has a program already/);
  await third.ask('setFunctionBreakpoints', { breakpoints: [{ name: 'syscall:exit_group' }] });
  await third.ask('configurationDone');
  const { threadId } = await third.event('stopped');
  const stop = await third.go('continue', { threadId });
  expect(stop.description).toBe('Paused before exit_group');
  // Nothing of it is lost or printed twice.
  expect(first.output('stdout') + third.output('stdout')).toMatch(
    /^sums .*\ncount 800\ntimer fired\ntick 1\ntick 2\ntick 3\n$/,
  );
  third.close();
});
