/** Runs a program natively under strace and in the machine, in folders that are alike, and returns both traces' lines. */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createNodeHost } from '../../cli/node-host.ts';
import { traceMachine } from '../../debug-adapter/tracing.ts';
import { createMachine } from '../../emulator/create-machine.ts';
import { MACHINE_DEFAULTS } from '../../emulator/defaults.ts';
import type { Mount, Stop } from '../../emulator/machine.ts';
import { defaultSettings } from '../../emulator/trace/settings.ts';
import { linesOf } from '../../scripts/compare-strace.ts';
import { layOut } from './programs.ts';

/** What both runs are given. */
export interface Run {
  /** argv; the first word is the executable. */
  args: readonly string[];
  stdin?: string;
  cwd: string;
}

/** Go looks for limits of cgroups, which the machine has not and this one may have: it shall not look. */
const ENVIRONMENT = ['PATH=/usr/bin:/bin', 'LC_ALL=C', 'HOME=/tmp', 'GODEBUG=containermaxprocs=0,updatemaxprocs=0'];
const { uid } = MACHINE_DEFAULTS;

/** Where the dynamic linker and the C library look. */
const SYSTEM = ['/usr', '/lib', '/lib64', '/bin', '/etc'].filter(path => existsSync(path));

/**
 * A new folder with what the programs expect, which belongs to the user that they run as. In a tmpfs, where there is
 * one: it lists the newest first, and what is made in reverse order stands in order, as the machine shows it.
 */
export function workFolder(): string {
  const parent = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'ring3-side-'));
  chmodSync(parent, 0o755);
  // What is mounted shall be neither the working directory nor the one above it.
  const home = join(parent, 'home');
  mkdirSync(home);
  own(home);
  const folder = join(home, 'work');
  layOut(folder);
  own(folder);
  return folder;
}

/** Gives the folder and what is in it to the user that programs run as. */
export function own(folder: string): void {
  if (process.getuid?.() === 0)
    for (const name of ['', ...readdirSync(folder, { recursive: true, encoding: 'utf8' })])
      lchownSync(join(folder, name), uid, uid);
}

/** The folder that `workFolder` made, with what it stands in. */
export const removeWork = (folder: string): void => rmSync(dirname(dirname(folder)), { recursive: true, force: true });

export const hasStrace = (): boolean => spawnSync('strace', ['-V'], { stdio: 'ignore' }).status === 0;

/** Real strace's lines. The streams are pipes, as in the machine. Throws if strace could not run. */
export function nativeLines(run: Run): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'ring3-strace-'));
  try {
    chmodSync(folder, 0o777);
    const [file, input] = [join(folder, 'trace'), join(folder, 'input')];
    writeFileSync(input, run.stdin ?? '');
    const drop = process.getuid?.() === 0 ? `setpriv --reuid ${uid} --regid ${uid} --groups ${uid} ` : '';
    // Descriptors that this process has inherited do not concern the program; the limit is the machine's.
    const script = `for f in /proc/$$/fd/*; do f=\${f##*/}; [ $f -gt 2 ] && eval "exec $f>&-"; done 2>/dev/null
      ulimit -Sn 1024
      cat ${input} | { sleep 0.05; exec ${drop}env -i ${ENVIRONMENT.join(' ')} strace -f -o ${file} "$@" 2>&1; } | cat > /dev/null`;
    execFileSync('bash', ['-c', script, 'bash', ...run.args], {
      cwd: run.cwd,
      stdio: 'ignore',
      timeout: 20_000,
    });
    return linesOf(readFileSync(file, 'utf8'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** As many native runs, each in a folder as new. One that hangs (programs race, too) is made again, once. */
export function nativeRuns(run: Run, count: number): string[][] {
  const once = (): string[] => {
    rmSync(run.cwd, { recursive: true, force: true });
    layOut(run.cwd);
    own(run.cwd);
    return nativeLines(run);
  };
  return Array.from({ length: count }, () => {
    try {
      return once();
    } catch {
      return once();
    }
  });
}

/** The machine's lines, with whatever changes the run makes kept in the machine. */
export async function machineLines(
  run: Run,
  host = hostname(),
): Promise<{ lines: string[]; stop: Stop; output: string }> {
  const mounts: Mount[] = [
    ...SYSTEM.map((path): Mount => ({ host: path, guest: path, mode: 'cow' })),
    ...[...new Set([dirname(run.args[0]), dirname(dirname(run.cwd))])]
      .filter(path => !SYSTEM.some(system => path.startsWith(system)))
      .map((path): Mount => ({ host: path, guest: path, mode: 'cow' })),
  ];
  const node = createNodeHost({ roots: mounts.map(mount => mount.host) });
  let output = '';
  const machine = await createMachine({
    host: {
      ...node,
      file: request => node.file(request),
      output: (_stream, bytes) => {
        output += new TextDecoder().decode(bytes);
      },
    },
    program: run.args[0],
    args: [...run.args],
    env: ENVIRONMENT,
    cwd: run.cwd,
    mounts,
    ...MACHINE_DEFAULTS,
    cpus: 2,
    hostname: host,
    // All of it is there before the program starts, natively too.
    streams: { stdin: new TextEncoder().encode(run.stdin ?? '') },
  });
  let text = '';
  const settings = { ...defaultSettings(), follow: true, toFile: true };
  const program = { path: run.args[0], args: run.args, env: ENVIRONMENT };
  const tracing = traceMachine(machine, settings, node.realTime(), piece => (text += piece), program);
  machine.listen(event => tracing.hear(event));
  const stop = await machine.run({ maxInstructions: 3_000_000_000 });
  tracing.end();
  return { lines: linesOf(text), stop, output };
}
