/** Functions of the program called in expressions: what they return, and that nothing remains of the call. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { adapterEnvironment } from '../../cli/environment.ts';
import type { Environment } from '../../debug-adapter/environment.ts';
import type { Machine } from '../../emulator/machine.ts';
import { type Conversation, converse } from './conversation.ts';

vi.setConfig({ testTimeout: 120_000 });
const root = resolve(import.meta.dirname, '../..');

async function stopped(program: string, breakpoint?: string): Promise<{ c: Conversation; machine: Machine }> {
  const environment: Environment = { ...adapterEnvironment({ folder: root }), goSources: undefined };
  let machine: Machine | undefined;
  const c = converse({
    ...environment,
    async createMachine(options) {
      machine = await environment.createMachine(options);
      return machine;
    },
  });
  await c.ask('initialize', { adapterID: 'ring3' });
  await c.ask('launch', { program, stopOnEntry: breakpoint ? false : 'main' });
  if (breakpoint) await c.ask('setFunctionBreakpoints', { breakpoints: [{ name: breakpoint }] });
  await c.ask('configurationDone');
  await c.event('stopped');
  return { c, machine: machine! };
}

const evaluate = async (c: Conversation, expression: string): Promise<string> =>
  (await c.ask('evaluate', { expression, context: 'repl' })).result;

describe('a Go program', () => {
  test('results of every kind; the machine is as it was, to the bit', async () => {
    const { c, machine } = await stopped('samples/bin/println');
    const before = machine.hash();
    const { instructions } = machine;
    const answers: [string, string | RegExp][] = [
      ['strconv.IsPrint(65)', 'true'],
      ['strconv.IsPrint(7)', 'false'],
      ['strconv.CanBackquote("plain")', 'true'],
      ['strconv.CanBackquote("a`b")', 'false'],
      ['syscall.Errno.Error(2)', '"no such file or directory"'],
      ['len(syscall.Errno.Error(2)) + 1', /^26 /],
      ['syscall.Errno.Error(2) == "no such file or directory"', 'true'],
      // Two results.
      ['utf8.decodeRuneInStringSlow("é")', /233.*2/],
      // It allocates, on the heap of the copy.
      ['string(strconv.appendQuotedWith(nil, "it\'s", 34, false, false))', '"\\"it\'s\\""'],
      ['runtime.findnull(0)', /^0/],
    ];
    for (const [expression, result] of answers) {
      const answer = await evaluate(c, expression);
      if (typeof result === 'string') expect([expression, answer]).toEqual([expression, result]);
      else expect(answer, expression).toMatch(result);
    }
    expect(machine.hash()).toBe(before);
    expect(machine.instructions).toBe(instructions);
    await c.go('continue', { threadId: 1000 });
    expect(c.output('stdout')).toBe('hello, world 42\n');
    c.close();
  });

  test('what cannot be called says why, and changes nothing either', async () => {
    const { c, machine } = await stopped('samples/bin/println');
    const before = machine.hash();
    const refusals: [string, RegExp][] = [
      ['main.main()', /makes the syscall write/],
      ['strconv.IsPrint()', /takes 1 argument \(r\), not 0/],
      ['strconv.CanBackquote(5)', /The argument s is string/],
      ['runtime.throw("no")', /does not return: it ends in runtime\.(throw|fatal)/],
      ['runtime.gopark(nil, nil, 0, 0, 0)', /waits|million|fatal|throw|fault|syscall/],
      ['main.nobody(1)', /no conversion and no function/],
    ];
    for (const [expression, why] of refusals)
      expect(await c.refused('evaluate', { expression, context: 'repl' }), expression).toMatch(why);
    expect(await c.refused('evaluate', { expression: 'strconv.IsPrint(65)', context: 'hover' })).toMatch(/no function/);
    expect(machine.hash()).toBe(before);
    expect(c.output('stdout')).toBe('');
    await c.go('continue', { threadId: 1000 });
    expect(c.output('stdout')).toBe('hello, world 42\n');
    c.close();
  });

  test('at a syscall, where the goroutine has left its processor', async () => {
    const { c, machine } = await stopped('samples/bin/println', 'syscall:write');
    const before = machine.hash();
    expect(await evaluate(c, 'strconv.IsPrint(65)')).toBe('true');
    expect(await evaluate(c, 'syscall.Errno.Error(9)')).toBe('"bad file descriptor"');
    expect(machine.hash()).toBe(before);
    const stop = await c.go('continue', { threadId: 1000 });
    expect(stop.reason).not.toBe('exception');
    expect(c.output('stdout')).toBe('hello, world 42\n');
    c.close();
  });
});

/** Without a C compiler this test cannot be; CI has one. */
const hasCompiler = spawnSync('gcc', ['--version']).status === 0 || Boolean(process.env.CI);
test.skipIf(!hasCompiler)('a C program: numbers by System V, and the machine as it was', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ring3-call-'));
  try {
    const program = join(folder, 'kinds');
    execFileSync('gcc', ['-g', '-O0', '-static', '-o', program, resolve(import.meta.dirname, 'guests/kinds.c')]);
    const { c, machine } = await stopped(program, 'stop');
    const before = machine.hash();
    expect(await evaluate(c, 'add(2, 3)')).toBe('5');
    expect(await evaluate(c, 'add(-7, 3)')).toBe('-4 (0xfffffffc)');
    expect(await evaluate(c, 'add(total, origin.x) * 2')).toMatch(/^20\b/);
    expect(await c.refused('evaluate', { expression: 'add(1)', context: 'repl' })).toMatch(/takes 2 arguments/);
    expect(machine.hash()).toBe(before);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
