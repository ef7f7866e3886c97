/** Frames that begin again: with their arguments, with what their caller keeps, or refused with the reason. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, test, vi } from 'vitest';
import { adapterEnvironment } from '../../cli/environment.ts';
import { type Conversation, converse } from './conversation.ts';
import { unpackVersions } from './versions.ts';

vi.setConfig({ testTimeout: 120_000 });
const root = resolve(import.meta.dirname, '../..');

// biome-ignore lint/suspicious/noExplicitAny: a client takes what comes
type Body = any;

async function stopped(program: string, prepare: (c: Conversation) => Promise<unknown>) {
  const c = converse({ ...adapterEnvironment({ folder: root }), goSources: undefined });
  await c.ask('initialize', { adapterID: 'ring3' });
  await c.ask('launch', { program, cwd: 'samples', mounts: ['samples:/samples'] });
  await prepare(c);
  await c.ask('configurationDone');
  const { threadId } = await c.event('stopped');
  const frames = async (): Promise<Body[]> => (await c.ask('stackTrace', { threadId })).stackFrames;
  const value = async (expression: string, frameId: number): Promise<string> =>
    (await c.ask('evaluate', { expression, frameId })).result;
  return { c, threadId, frames, value };
}

test('a Go function begins again with other arguments: nil was the mistake', async () => {
  const { c, threadId, frames, value } = await stopped('samples/bin/panic', conversation =>
    conversation.ask('setExceptionBreakpoints', { filters: ['faults'] }),
  );
  const [read, outer] = await frames();
  expect(read).toMatchObject({ name: 'main.(*node).read' });
  expect(await c.go('restartFrame', { frameId: read.id })).toMatchObject({ reason: 'restart', threadId });
  const [again] = await frames();
  expect(again.instructionPointerReference).toBe('0x4a0f80');
  expect(await value('n', again.id)).toBe('nil');
  // Any readable memory will do for a number.
  await c.ask('setExpression', { expression: 'AX', value: '$rsp', frameId: again.id });
  const stop = await c.go('next', { threadId });
  expect(stop).toMatchObject({ reason: 'step' });
  expect(outer.name).toBe('main.try');
  c.close();
});

test('an outer frame is refused when an argument of it is kept nowhere', async () => {
  const { c, threadId, frames } = await stopped('samples/bin/goroutines', conversation =>
    conversation.ask('setFunctionBreakpoints', { breakpoints: [{ name: 'time.Sleep' }] }),
  );
  const list = await frames();
  const restarted = (name: string) =>
    c.refused('restartFrame', { frameId: list.find((frame: Body) => frame.name === name).id });
  expect(await restarted('main.work')).toMatch(/its argument workers is kept nowhere here.*RBX/);
  expect(await restarted('runtime.goexit')).toMatch(/cannot be restarted: /);
  expect(await c.refused('restartFrame', { frameId: 999 })).toMatch(/frame is gone/);
  // Nothing has changed.
  expect((await frames()).map((frame: Body) => frame.name)).toEqual(list.map((frame: Body) => frame.name));
  expect((await c.ask('threads')).threads.map(({ id }: Body) => id)).toContain(threadId);
  c.close();
});

test('an outer Go frame begins again where all arguments are kept; what it did stays done', async () => {
  const { folder, remove } = unpackVersions();
  const { c, threadId, frames, value } = await stopped(join(folder, 'go1.26-unoptimised'), conversation =>
    conversation.ask('setFunctionBreakpoints', { breakpoints: [{ name: 'syscall.Write' }] }),
  );
  const report = (await frames()).find((frame: Body) => frame.name === 'main.report');
  expect(await value('main.calls', report.id)).toBe('1');
  await c.go('restartFrame', { frameId: report.id });
  expect((await frames()).map((frame: Body) => frame.name).slice(0, 2)).toEqual(['main.report', 'main.main']);
  await c.go('continue', { threadId });
  expect(await value('main.calls', (await frames())[0].id)).toBe('2');
  await c.go('continue', { threadId });
  expect(c.output('stdout')).toBe('hello, kernel\n');
  expect(await c.event('exited')).toEqual({ exitCode: 0 });
  c.close();
  remove();
});

test('a closure is refused when what it closes over is not known', async () => {
  const { c, frames } = await stopped('samples/bin/goroutines', conversation =>
    conversation.ask('setFunctionBreakpoints', { breakpoints: [{ name: 'main.main.func1' }] }),
  );
  const [{ id: frameId }] = await frames();
  expect(await c.refused('restartFrame', { frameId })).toMatch(/it is a closure/);
  c.close();
});

const hasGcc = spawnSync('gcc', ['--version']).status === 0 || Boolean(process.env.CI);
test.skipIf(!hasGcc)(
  'a C function begins again: numbers, pointers, floating point, what its caller keeps',
  async () => {
    const program = join(mkdtempSync(join(tmpdir(), 'ring3-restart-')), 'kinds');
    execFileSync('gcc', ['-g', '-O0', '-static', '-o', program, resolve(import.meta.dirname, 'guests/kinds.c')]);
    const { c, threadId, frames, value } = await stopped(program, conversation =>
      conversation.ask('setFunctionBreakpoints', { breakpoints: [{ name: 'stop' }] }),
    );
    const [, all] = await frames();
    expect(all.name).toBe('all');
    await c.go('restartFrame', { frameId: all.id });
    const [entry] = await frames();
    expect(await value('$function', entry.id)).toBe('"all"');
    expect(await value('rdi', entry.id)).toBe('3');
    await c.ask('setFunctionBreakpoints', { breakpoints: [] });
    await c.go('continue', { threadId });
    // As without a restart.
    expect(c.output('stdout')).toBe(execFileSync(program, { encoding: 'utf8' }));
    expect(await c.event('exited')).toEqual({ exitCode: 0 });
    c.close();
  },
);
