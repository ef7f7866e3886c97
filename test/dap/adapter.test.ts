/** The adapter alone, on a scripted machine: the order of things, breakpoints, steps, views, refusals. */
import { readFileSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Environment } from '../../debug-adapter/environment.ts';
import { converse } from './conversation.ts';
import { scriptedMachine } from './scripted-machine.ts';

const root = resolve(import.meta.dirname, '../..');
const program = resolve(root, 'samples/bin/asm-hello');

function environment(files: Record<string, Uint8Array> = {}): Environment {
  return {
    folder: root,
    variables: { PATH: '/bin' },
    resolve,
    folderOf: dirname,
    async look(path) {
      if (basename(path) in files || path === program) return { is: 'file' };
      return { is: path === root || path === dirname(program) || path.endsWith('/folder') ? 'directory' : 'missing' };
    },
    readFile: async path => files[basename(path)] ?? new Uint8Array(readFileSync(path)),
    createHost: ({ output }) => ({
      file: () => ({ is: 'error', errno: 'ENOENT' }),
      output,
      input: () => new Uint8Array(0),
      realTime: () => 0n,
      entropy: length => new Uint8Array(length),
    }),
    createMachine: async options => scriptedMachine(options, new Uint8Array(readFileSync(program))),
  };
}

async function launched(args: object = {}) {
  const c = converse(environment());
  await c.ask('initialize', { adapterID: 'ring3' });
  await c.ask('launch', { program, ...args });
  await c.event('initialized');
  return c;
}

describe('a run', () => {
  test('from launch to exit', async () => {
    const c = await launched();
    await c.ask('configurationDone');
    expect(await c.event('exited')).toEqual({ exitCode: 0 });
    await c.event('terminated');
    expect(c.output('stdout')).toBe('hello from assembly\n');
  });

  test('stops at write, steps over the syscall, goes on', async () => {
    const c = await launched({ stopOnEntry: true });
    const { breakpoints } = await c.ask('setFunctionBreakpoints', { breakpoints: [{ name: 'syscall:write' }] });
    expect(breakpoints[0]).toMatchObject({ verified: true });
    await c.ask('configurationDone');
    expect(await c.event('stopped')).toMatchObject({ reason: 'entry', threadId: 1 });
    expect(await c.go('continue', { threadId: 1 })).toMatchObject({
      reason: 'function breakpoint',
      hitBreakpointIds: [breakpoints[0].id],
    });
    const { stackFrames } = await c.ask('stackTrace', { threadId: 1 });
    expect(stackFrames[0]).toMatchObject({ name: '_start', instructionPointerReference: '0x401016' });
    const registers = await c.ask('ring3/registers', { threadId: 1 });
    expect(registers.call).toMatchObject({ name: 'write', number: 1, when: 'enter' });
    expect((await c.ask('evaluate', { expression: 'fd == 1 && count == 20', frameId: stackFrames[0].id })).result).toBe(
      'true',
    );
    expect(c.output('stdout')).toBe('');
    expect(await c.go('next', { threadId: 1, granularity: 'instruction' })).toMatchObject({ reason: 'step' });
    expect((await c.ask('ring3/registers', {})).call).toMatchObject({ when: 'exit', result: '20' });
    expect((await c.ask('evaluate', { expression: '$rax' })).result).toBe('20 (0x14)');
    await c.go('continue', { threadId: 1 });
    expect(c.output('stdout')).toBe('hello from assembly\n');
  });
});
