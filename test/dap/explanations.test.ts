/** Why a program stops by itself, in words: faults of the processor, panics and fatal errors of Go, results of a step. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { adapterEnvironment } from '../../cli/environment.ts';
import { goBuild, hasGo } from '../go.ts';
import { type Conversation, converse } from './conversation.ts';

vi.setConfig({ testTimeout: 120_000 });
const root = resolve(import.meta.dirname, '../..');

// biome-ignore lint/suspicious/noExplicitAny: a client takes what comes
type Body = any;

async function stopped(
  configuration: { program: string; args?: string[] },
  filters: string[],
  names: string[] = [],
): Promise<{ c: Conversation; stop: Body }> {
  const c = converse({ ...adapterEnvironment({ folder: root }), goSources: undefined });
  await c.ask('initialize', { adapterID: 'ring3' });
  await c.ask('launch', { cwd: 'samples', mounts: ['samples:/samples'], ...configuration });
  await c.ask('setExceptionBreakpoints', { filters });
  await c.ask('setFunctionBreakpoints', { breakpoints: names.map(name => ({ name })) });
  await c.ask('configurationDone');
  return { c, stop: await c.event('stopped') };
}

const hasGcc = spawnSync('gcc', ['--version']).status === 0 || Boolean(process.env.CI);
describe.skipIf(!hasGcc)('faults', () => {
  const program = join(mkdtempSync(join(tmpdir(), 'ring3-faults-')), 'faults');
  if (hasGcc)
    execFileSync('gcc', [
      '-g',
      '-O0',
      '-fno-pie',
      '-no-pie',
      '-static',
      '-o',
      program,
      resolve(import.meta.dirname, 'guests/faults.c'),
    ]);

  test.each<[string, string, RegExp]>([
    ['n', 'SIGSEGV', /: null pointer: read of 0x8 by RAX \+ 0x8, where RAX is 0x0, in field \(faults\.c:6\)$/],
    ['w', 'SIGSEGV', /: protected memory: write of 0x[0-9a-f]+ by RAX in store \(faults\.c:7\) \(.*\/faults r--\)$/],
    ['u', 'SIGSEGV', /: nothing is mapped there: read of 0x[0-9a-f]+ by R.. in item \(faults\.c:8\)$/],
    ['c', 'SIGSEGV', /: 0x1234567800000008 is no address: it was made of R.. in item/],
    ['d', 'SIGFPE', /: division by zero: .* in divide \(faults\.c:9\)$/],
    ['q', 'SIGFPE', /: the quotient is too large: division by the number at 0x[0-9a-f]+, which is 0xf+, in divide/],
    ['x', 'SIGSEGV', /: null function: execution of 0x0, called in call \(faults\.c:10\)$/],
    ['e', 'SIGSEGV', /: data is no code: execution of 0x[0-9a-f]+, called in call \(faults\.c:10\)$/],
    ['s', 'SIGSEGV', /: the stack is exhausted: write of 0x[0-9a-f]+ by R.* in deep \(faults\.c:11\)$/],
    ['i', 'SIGILL', /: these bytes are no instruction of this processor in odd \(faults\.c:12\)$/],
  ])('%s: %s', async (letter, name, sentence) => {
    const { c, stop } = await stopped({ program, args: [letter] }, ['faults']);
    expect(stop).toMatchObject({ reason: 'exception', description: `Paused on ${name}` });
    expect(stop.text).toMatch(sentence);
    const info = await c.ask('exceptionInfo', { threadId: stop.threadId });
    expect(info).toMatchObject({ exceptionId: name, description: stop.text });
    c.close();
  });
});

describe('Go', () => {
  test('a panic that nobody recovers, and every panic', async () => {
    const { c, stop } = await stopped({ program: 'samples/bin/panic' }, ['panics', 'panics:all']);
    expect(stop).toMatchObject({ description: 'Panic' });
    expect(stop.text).toContain('invalid memory address or nil pointer dereference');
    expect(stop.text).toMatch(/in main\.\(\*node\)\.read \(main\.go:13\)$/);
    const { threadId } = stop;
    const meant = await c.go('continue', { threadId });
    expect(meant.text).toBe('panic: "this one is meant" in main.main (main.go:28)');
    const end = await c.go('continue', { threadId });
    expect(end).toMatchObject({
      description: 'Panic that nobody recovered',
      text: 'panic: "this one is meant" in main.main (main.go:28), and nobody recovered: the program ends',
    });
    expect(await c.ask('exceptionInfo', { threadId })).toMatchObject({ exceptionId: 'panic', description: end.text });
    c.close();
  });

  test('faults on a condition', async () => {
    const c = converse({ ...adapterEnvironment({ folder: root }), goSources: undefined });
    await c.ask('initialize', { adapterID: 'ring3' });
    await c.ask('launch', { program: 'samples/bin/panic' });
    const filterOptions = [
      { filterId: 'faults', condition: '$function =~ "nowhere"' },
      { filterId: 'panics:all', condition: '$goroutine == 1 && $function =~ "gopanic"' },
    ];
    await c.ask('setExceptionBreakpoints', { filters: [], filterOptions });
    await c.ask('configurationDone');
    expect(await c.event('stopped')).toMatchObject({ description: 'Panic' });
    c.close();
  });

  test.skipIf(!hasGo)('fatal errors', async () => {
    const program = goBuild('fatal', 'package main\n\nfunc main() {\n\tm := map[int]int{}\n\tselect {}\n\t_ = m\n}\n');
    const { c, stop } = await stopped({ program }, ['panics']);
    expect(stop).toMatchObject({ reason: 'exception', description: 'Fatal error of the Go program' });
    expect(stop.text).toMatch(/^fatal error: all goroutines are asleep - deadlock!/);
    c.close();
  });
});

test('what a step out of a function brings back', async () => {
  const { c, stop } = await stopped({ program: 'samples/bin/panic' }, [], ['main.(*node).read']);
  const { threadId } = stop;
  const returned = async (): Promise<Body> => {
    const [{ id: frameId }] = (await c.ask('stackTrace', { threadId })).stackFrames;
    const { scopes } = await c.ask('scopes', { frameId });
    const scope = scopes.find((s: Body) => s.presentationHint === 'returnValue');
    if (!scope) return undefined;
    const { variables } = await c.ask('variables', { variablesReference: scope.variablesReference });
    return { name: scope.name, values: variables.map((v: Body) => `${v.name} = ${v.value}`) };
  };
  expect(await returned()).toBeUndefined();
  await c.go('stepOut', { threadId });
  expect(await returned()).toEqual({ name: 'Returned by main.(*node).read', values: ['r0 = 7'] });
  await c.go('stepOut', { threadId });
  expect(await returned()).toEqual({ name: 'Returned by main.try', values: ['err = nil'] });
  // With the next step it is history.
  await c.go('next', { threadId });
  expect(await returned()).toBeUndefined();
  c.close();
});
