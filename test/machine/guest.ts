/** Runs a program in the machine and keeps what it did: for tests that compare runs. */
import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createNodeHost } from '../../cli/node-host.ts';
import type { Compiler } from '../../emulator/compiler.ts';
import { createMachine } from '../../emulator/create-machine.ts';
import { MACHINE_DEFAULTS } from '../../emulator/defaults.ts';
import type { KernelEvent } from '../../emulator/kernel/api.ts';
import type { Machine, Stop } from '../../emulator/machine.ts';

export const SAMPLES = fileURLToPath(new URL('../../samples/bin/', import.meta.url));

export interface Guest {
  machine: Machine;
  /** Written so far. */
  stdout(): string;
  stderr(): string;
  /** Every event as one line, in order. */
  events: string[];
  /** Forgets what was written and what happened: for a run that goes on from a checkpoint. */
  forget(mark: Mark): void;
  mark(): Mark;
}

export interface Mark {
  out: number;
  err: number;
  events: number;
}

export interface GuestOptions {
  args?: string[];
  seed?: number;
  stdin?: Uint8Array;
  env?: string[];
  compiler?: Compiler;
}

export async function load(program: string, options: GuestOptions = {}): Promise<Guest> {
  const path = existsSync(program) ? resolve(program) : resolve(SAMPLES, program);
  const out: Uint8Array[] = [];
  const err: Uint8Array[] = [];
  const events: string[] = [];
  const folder = dirname(path);
  const host = createNodeHost({ roots: [folder] });
  let input = options.stdin ?? new Uint8Array(0);
  const machine = await createMachine({
    host: {
      ...host,
      file: request => host.file(request),
      output: (stream, bytes) => (stream === 'stdout' ? out : err).push(bytes.slice()),
      input: maximum => {
        const part = input.slice(0, maximum);
        input = input.slice(part.length);
        return part;
      },
      realTime: () => 1_750_000_000_000_000_000n,
      entropy: length => new Uint8Array(length),
    },
    program: path,
    args: [program, ...(options.args ?? [])],
    env: options.env ?? ['PATH=/usr/bin:/bin', 'HOME=/tmp'],
    cwd: '/',
    mounts: [{ host: folder, guest: folder, mode: 'cow' }],
    ...MACHINE_DEFAULTS,
    seed: options.seed ?? MACHINE_DEFAULTS.seed,
    cpus: 2,
    compiler: options.compiler,
  });
  machine.listen(event => events.push(describe(event)));
  const text = (parts: Uint8Array[]) => Buffer.concat(parts).toString('utf8');
  return {
    machine,
    stdout: () => text(out),
    stderr: () => text(err),
    events,
    mark: () => ({ out: out.length, err: err.length, events: events.length }),
    forget(mark) {
      out.length = mark.out;
      err.length = mark.err;
      events.length = mark.events;
    },
  };
}

function describe(event: KernelEvent): string {
  return JSON.stringify(event, (_, v) =>
    typeof v === 'bigint' ? `${v}` : v instanceof Uint8Array ? Buffer.from(v.subarray(0, 256)).toString('hex') : v,
  );
}

/** A bound on every test's run: a guest that does not end is a failure, not a hang. */
export const BOUND = 200_000_000;

export async function toEnd(guest: Guest): Promise<Stop> {
  return guest.machine.run({ maxInstructions: BOUND });
}
