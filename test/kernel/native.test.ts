/**
 * C programs that print what Linux answers: the same source ran natively (Linux 6.18, x86-64, uid 1000) and its output
 * is kept beside it as `.expected`. Needs gcc and the static C library; without them there is nothing to run.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createNodeHost } from '../../cli/node-host.ts';
import { createMachine } from '../../emulator/create-machine.ts';

const here = import.meta.dirname;
const folder = mkdtempSync(join(tmpdir(), 'ring3-native-'));

function compile(name: string): string | undefined {
  const source = join(here, 'native', `${name}.c`);
  const program = join(folder, name);
  try {
    execFileSync('gcc', ['-O1', '-w', '-static', '-pthread', '-o', program, source, '-lrt'], { stdio: 'ignore' });
    return program;
  } catch {
    return undefined;
  }
}

describe('C programs answer as on Linux', () => {
  it.each(['signals', 'memory', 'process', 'sockets', 'shared', 'edges', 'inotify'])('%s', async name => {
    const program = compile(name);
    if (!program) {
      console.warn(`gcc with a static C library is not here: ${name}.c was not run`);
      return;
    }
    let output = '';
    const host = createNodeHost({ roots: [folder] });
    const machine = await createMachine({
      host: {
        ...host,
        output: (_stream, bytes) => {
          output += new TextDecoder().decode(bytes);
        },
      },
      program,
      args: [program],
      env: [],
      cwd: folder,
      mounts: [{ host: folder, guest: folder, mode: 'cow' }],
      uid: 1000,
      gid: 1000,
      seed: 1,
      clock: 'virtual',
      memoryLimit: 2 ** 31,
      cpus: 1,
      cpu: 'x86-64-v2',
      hostname: 'ring3',
    });
    expect(await machine.run({ maxInstructions: 20_000_000 })).toEqual({ is: 'exited', status: 0 });
    expect(output).toBe(readFileSync(join(here, 'native', `${name}.expected`), 'utf8'));
  });
});
