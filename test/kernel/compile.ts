/** Compiles the C programs of test/kernel/native, whose output was recorded on Linux, and loads them into a machine. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createNodeHost } from '../../cli/node-host.ts';
import { createMachine } from '../../emulator/create-machine.ts';
import { MACHINE_DEFAULTS } from '../../emulator/defaults.ts';
import type { Machine } from '../../emulator/machine.ts';

const here = import.meta.dirname;
const folder = mkdtempSync(join(tmpdir(), 'ring3-native-'));

/** Needs gcc and the static C library; undefined where they are not. */
export function compile(name: string): string | undefined {
  const source = join(here, 'native', `${name}.c`);
  const program = join(folder, name);
  try {
    execFileSync('gcc', ['-O1', '-w', '-static', '-pthread', '-o', program, source, '-lrt'], { stdio: 'ignore' });
    return program;
  } catch {
    console.warn(`gcc with a static C library is not here: ${name}.c was not run`);
    return undefined;
  }
}

export const expected = (name: string): string => readFileSync(join(here, 'native', `${name}.expected`), 'utf8');

export interface Loaded {
  machine: Machine;
  output(): string;
  /** What was written so far is this: for a run that goes on from a checkpoint. */
  setOutput(text: string): void;
}

/** `mounts`: folders of the host, read-only, by where the guest sees them. */
export async function load(
  program: string,
  args: readonly string[] = [],
  mounts: Readonly<Record<string, string>> = {},
): Promise<Loaded> {
  let output = '';
  const host = createNodeHost({ roots: [folder, ...Object.values(mounts)] });
  const machine = await createMachine({
    host: {
      ...host,
      realTime: () => 1_750_000_000_000_000_000n,
      output: (_stream, bytes) => {
        output += new TextDecoder().decode(bytes);
      },
    },
    program,
    args: [program, ...args],
    env: [],
    cwd: folder,
    mounts: [
      { host: folder, guest: folder, mode: 'cow' },
      ...Object.entries(mounts).map(([guest, from]) => ({ host: from, guest, mode: 'ro' as const })),
    ],
    ...MACHINE_DEFAULTS,
  });
  return {
    machine,
    output: () => output,
    setOutput: text => {
      output = text;
    },
  };
}
