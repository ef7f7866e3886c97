/**
 * Somebody types at an interactive shell on a pseudo-terminal: pipes, redirections, Ctrl-C and Ctrl-Z, fg, bg, jobs. The
 * same session was recorded on Linux (6.18, uid 1000) with each shell. `native/jobs.c` is who types.
 */
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { compile, expected, load } from './compile.ts';

const SHELLS = { busybox: ['/usr/bin/busybox', 'sh', '-i'], dash: ['/usr/bin/dash', '-i'] } as const;

const MOUNTS = { '/usr': '/usr', '/lib': '/usr/lib', '/lib64': '/usr/lib64', '/bin': '/usr/bin' };

describe('job control as on Linux', () => {
  it.each(['busybox', 'dash'] as const)('%s', { timeout: 60_000 }, async name => {
    const shell = SHELLS[name];
    const program = compile('jobs');
    if (!program || !existsSync(shell[0])) {
      const missing = `${shell[0]} or gcc with a static C library is not here: job control of ${name} was not run`;
      if (process.env.CI) throw new Error(missing);
      console.warn(missing);
      return;
    }
    const { machine, output } = await load(program, shell, MOUNTS);
    expect(await machine.run({ maxInstructions: 200_000_000 })).toEqual({ is: 'exited', status: 0 });
    expect(output()).toBe(expected(`jobs.${name}`));
  });
});
