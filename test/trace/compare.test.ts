/**
 * Whole programs: the trace up to the first clone is the one that real strace 6.1 printed, line by line. strace/ has its
 * lines for samples/bin/, recorded on Linux 6.x with `strace -f -o FILE ./NAME`; minimal-go1.15's stand beside it.
 * No line differs. `npx tsx scripts/compare-strace.ts` compares with strace as it is on this machine.
 */

import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createNodeHost } from '../../cli/node-host.ts';
import { createMachine } from '../../emulator/create-machine.ts';
import { MACHINE_DEFAULTS } from '../../emulator/defaults.ts';
import { isTraceEvent } from '../../emulator/trace/events.ts';
import { defaultSettings } from '../../emulator/trace/settings.ts';
import { createTracer } from '../../emulator/trace/tracer.ts';
import {
  beforeClone,
  compareTraces,
  compareWithStable,
  linesOf,
  normalise,
  stableLines,
  tasksOf,
} from '../../scripts/compare-strace.ts';
import { argumentsOf, fingerprint, PROGRAMS } from './programs.ts';
import { inCommon, readRecordings } from './recording.ts';
import { hasStrace, machineLines, nativeRuns, removeWork, workFolder } from './side-by-side.ts';

const bin = fileURLToPath(new URL('../../samples/bin', import.meta.url));

async function traceProgram(name: string, hostname: string): Promise<string> {
  const path = `${bin}/${name}`;
  const args = [`./${name}`];
  const env = ['PATH=/usr/bin'];
  const host = createNodeHost({ roots: [bin] });
  const machine = await createMachine({
    host: { ...host, file: request => host.file(request), output: () => {}, input: () => new Uint8Array(0) },
    program: path,
    args,
    env,
    cwd: bin,
    mounts: [{ host: bin, guest: bin, mode: 'cow' }],
    ...MACHINE_DEFAULTS,
    cpus: 2,
    hostname,
  });
  let text = '';
  const registers = (task: number) => machine.tasks().find(({ id }) => id === task)?.registers;
  const tracer = createTracer(
    { ...defaultSettings(), follow: true, toFile: true },
    {
      memory: task => ({ read: (address, length) => machine.read(task, address, length) }),
      now: () => 0n,
      bootTime: 0n,
      stackPointer(task) {
        const r = registers(task);
        return r ? machine.arch.sp(r) : 0;
      },
    },
    piece => {
      text += piece;
    },
  );
  const [first] = machine.tasks();
  const environmentAt = machine.arch.sp(first.registers) + 8 * (args.length + 2);
  tracer.started({ task: first.id, path: args[0], args, environment: env.length, environmentAt });
  machine.listen(event => {
    if (isTraceEvent(event)) tracer.hear(event);
  });
  await machine.run({ maxInstructions: 200_000_000 });
  tracer.end();
  return text;
}

const RECORDED_BEFORE_CLONE = [
  ['hello', new URL('strace/hello.txt', import.meta.url)],
  ['minimal', new URL('strace/minimal.txt', import.meta.url)],
  ['println', new URL('strace/println.txt', import.meta.url)],
  ['minimal-go1.15', new URL('../../samples/bin/minimal-go1.15.strace.txt', import.meta.url)],
] as const;

describe('the trace before the first clone is strace’s', () => {
  for (const [name, file] of RECORDED_BEFORE_CLONE) {
    it(name, { timeout: 60_000 }, async () => {
      const theirs = linesOf(readFileSync(file, 'utf8'));
      const compared = compareTraces(theirs, linesOf(await traceProgram(name, 'vm')));
      expect(compared.lines).toBeGreaterThan(140);
      expect({ missing: compared.missing, extra: compared.extra }).toEqual({ missing: [], extra: [] });
    });
  }
});

/**
 * Programs to their end, every task's lines: beside a recording where executable and libraries are those it was made
 * with, else beside strace itself.
 */
describe('whole runs print what strace prints', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ring3-built-'));
  const recordings = readRecordings();
  const total = { programs: 0, lines: 0, equal: 0 };
  beforeAll(() => chmodSync(folder, 0o755));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  for (const program of PROGRAMS) {
    it(program.name, { timeout: 120_000 }, async context => {
      const executable = program.build(folder);
      if (!executable) return context.skip('its toolchain is not here');
      const recording = recordings[program.name];
      const recorded = recording?.fingerprint === fingerprint(executable) ? recording : undefined;
      if (!recorded && !hasStrace()) return context.skip('strace is not here, and the recording is of another program');
      const cwd = workFolder();
      try {
        const run = { args: argumentsOf(program, executable), stdin: program.stdin, cwd };
        const ours = await machineLines(run, recorded?.host);
        const native = recorded?.tasks ?? inCommon(nativeRuns(run, 3), program.extent);
        const compared = compareWithStable(native, tasksOf(ours.lines, program.extent));
        const lines = compared.lines - compared.sigactions + compared.extra.length;
        const equal = compared.equal - compared.equalSigactions;
        total.programs++;
        total.lines += lines;
        total.equal += equal;
        expect(ours.stop.is).toBe('exited');
        // The goroutines of a small program may come in another order.
        const differing = [...compared.missing.map(line => `- ${line}`), ...compared.extra.map(line => `+ ${line}`)];
        expect(equal / lines, differing.join('\n')).toBeGreaterThan(0.8);
      } finally {
        removeWork(cwd);
      }
    });
  }

  it('99 of 100 lines are equal', () => {
    expect(total.equal / total.lines).toBeGreaterThanOrEqual(0.99);
  });
});

describe('the comparison itself', () => {
  it('hides what differs between machines, and nothing else', () => {
    const a = [
      '7 getpid() = 7',
      '7 openat(AT_FDCWD, "/proc/self/x", O_RDONLY) = 3',
      '7 read(3, "abc", 64) = 3',
      '7 close(3) = 0',
      '7 read(3, "abc", 64) = 3',
    ];
    const b = [
      '99 getpid()          = 99',
      '99 openat(AT_FDCWD, "/proc/self/x", O_RDONLY) = 3',
      '99 read(3, "longer", 64) = 6',
      '99 close(3) = 0',
      '99 read(3, "abx", 64) = 3',
    ];
    const compared = compareTraces(a, b);
    expect(compared.equal).toBe(4);
    expect(compared.missing).toEqual(['read(3, "abc", 64) = 3']);
    expect(compared.extra).toEqual(['read(3, "abx", 64) = 3']);
  });

  it('counts extra and missing lines', () => {
    const compared = compareTraces(['a() = 0', 'b() = 0', 'c() = 0'], ['a() = 0', 'x() = 0', 'c() = 0', 'd() = 0']);
    expect(compared).toMatchObject({ equal: 2, missing: ['b() = 0'], extra: ['x() = 0', 'd() = 0'] });
  });

  it('leaves out what differs from one native run to the next, and counts what goes beyond', () => {
    const stable = stableLines([
      ['a()', 'x1()', 'b()', 'c()'],
      ['a()', 'x2()', 'b()', 'c()'],
    ]);
    expect(stable).toEqual({ lines: ['a()', 'b()', 'c()'], between: [0, 1, 0, 0] });
    const compared = compareWithStable([stable], [['a()', 'x3()', 'y()', 'b()', 'd()']]);
    expect(compared).toMatchObject({ lines: 3, equal: 2, missing: ['c()'], extra: ['y()', 'd()'] });
  });

  it('puts cut lines together, task by task', () => {
    const lines = [
      '10 read(3,  <unfinished ...>',
      '11 kill(10, SIGUSR1) = 0',
      '10 <... read resumed>"x", 1) = 1',
      '11 +++ exited with 0 +++',
    ];
    expect(tasksOf(lines, 'whole')).toEqual([
      ['read(3, "x", 1) = 1'],
      ['kill(PID1, SIGUSR1) = 0', '+++ exited with 0 +++'],
    ]);
  });

  it('ends before the first clone', () => {
    expect(beforeClone(['1 a() = 0', '1 clone(child_stack=NULL, flags=SIGCHLD) = 2', '2 b() = 0'])).toEqual([
      '1 a() = 0',
    ]);
    expect(normalise(['mmap(NULL, 4096, PROT_NONE, 0x10, -1, 0) = 0x7f1234567000'])).toEqual([
      'mmap(NULL, 4096, PROT_NONE, 0x10, -1, 0) = ADDRESS',
    ]);
  });
});
