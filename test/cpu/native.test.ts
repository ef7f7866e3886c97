/**
 * C programs about the CPU, which print what it does: the same source ran natively and its output is kept beside it as
 * `.expected`. Needs gcc and the static C library; without them there is nothing to run.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { load } from '../machine/guest.ts';

const folder = mkdtempSync(join(tmpdir(), 'ring3-cpu-'));
afterAll(() => rmSync(folder, { recursive: true }));

const FLAGS = ['-O1', '-fno-builtin', '-frounding-math', '-fsignaling-nans', '-static', '-pthread'];

function compile(name: string): string | undefined {
  const program = join(folder, name);
  try {
    const source = join(import.meta.dirname, 'native', `${name}.c`);
    execFileSync('gcc', [...FLAGS, '-o', program, source, '-lm'], { stdio: 'ignore' });
    return program;
  } catch {
    return undefined;
  }
}

test.each(['fenv', 'printing', 'segments', 'xsave', 'cpuinfo'])('%s', { timeout: 60_000 }, async name => {
  const program = compile(name);
  if (!program) {
    console.warn(`gcc with a static C library is not here: ${name}.c was not run`);
    return;
  }
  const guest = await load(program);
  expect(await guest.machine.run({ maxInstructions: 200_000_000 })).toEqual({ is: 'exited', status: 0 });
  expect(guest.stdout()).toBe(readFileSync(join(import.meta.dirname, 'native', `${name}.expected`), 'utf8'));
});
