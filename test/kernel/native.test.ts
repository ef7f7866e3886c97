/**
 * C programs that print what Linux answers: the same source ran natively (Linux 6.18, x86-64, uid 1000) and its output
 * is kept beside it as `.expected`.
 */
import { describe, expect, it } from 'vitest';
import { compile, expected, load } from './compile.ts';

const PROGRAMS = [
  'signals',
  'memory',
  'process',
  'sockets',
  'shared',
  'edges',
  'inotify',
  'blocked',
  'older',
  'scheduling',
  'terminal',
  'ipc',
  'packets',
  'mqueue',
  'waiting',
  'proc-net',
  'tampered',
];

describe('C programs answer as on Linux', () => {
  it.each(PROGRAMS)('%s', { timeout: 60_000 }, async name => {
    const program = compile(name);
    if (!program) return;
    const { machine, output } = await load(program);
    expect(await machine.run({ maxInstructions: 20_000_000 })).toEqual({ is: 'exited', status: 0 });
    expect(output()).toBe(expected(name));
  });
});
