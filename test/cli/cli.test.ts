/** The command line as a shell sees it: what it prints where, and its exit codes. */
import { chmodSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { OPTIONS, optionHelp, parseOptions, UsageError, wordsOf } from '../../cli/options.ts';
import { TRACE_OPTIONS } from '../../cli/trace.ts';
import { ring3 } from './shell.ts';

const folder = mkdtempSync(join(tmpdir(), 'ring3-cli-'));
const sample = (name: string) => join('samples/bin', name);

describe('run', () => {
  test('the program has the streams, its exit code is the exit code', async () => {
    expect(await ring3(['run', sample('asm-hello')])).toEqual({ code: 0, stdout: 'hello from assembly\n', stderr: '' });
    const panic = await ring3(['run', sample('panic')]);
    expect(panic.code).toBe(2);
    expect(panic.stdout).toContain('recovered: runtime error');
    expect(panic.stderr).toMatch(/^panic: this one is meant\n/);
  });

  test('figures on stderr, one line of JSON', async () => {
    const { stderr } = await ring3(['run', '--stats', sample('asm-hello')]);
    expect(JSON.parse(stderr)).toMatchObject({ instructions: 8, syscalls: 2 });
  });

  test('a limit is a failure of its own', async () => {
    const limited = await ring3(['run', '--max-instructions', '1000', sample('hello')]);
    expect(limited).toMatchObject({
      code: 125,
      stderr: 'ring3: gave up after 1000 instructions (--max-instructions)\n',
    });
  });

  test('repetitions count their seeds up', async () => {
    const { code, stdout, stderr } = await ring3(['run', '--repeat', '3', '--seed', '7', sample('asm-hello')]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'hello from assembly\n'.repeat(3) });
    expect(stderr).toBe('ring3: 3 runs, 0 failed\n');
    const failing = await ring3(['run', '--repeat', '3', '--seed', '7', '--until-fail', sample('panic')]);
    expect(failing.code).toBe(2);
    expect(failing.stdout).toContain('recovered: runtime error');
    expect(failing.stderr).toContain(
      'ring3: seed 7: exit code 2; to repeat it: ring3 run --stdin /dev/null --seed 7 samples/bin/panic\nring3: 1 run, 1 failed\n',
    );
  });

  test('a summary for machines', async () => {
    const { code, stderr } = await ring3(['run', '--json', '--repeat', '2', '--uid', '5', sample('panic'), "it's"]);
    expect(code).toBe(1);
    const lines = stderr.trim().split('\n');
    const summary = JSON.parse(lines[lines.length - 1]);
    expect(summary).toMatchObject({
      runs: 2,
      firstSeed: 1,
      failed: [
        { seed: 1, code: 2 },
        { seed: 2, code: 2, command: expect.any(String) },
      ],
    });
    expect(summary.failed[1].command).toBe("ring3 run --stdin /dev/null --seed 2 --uid 5 samples/bin/panic 'it'\\''s'");
  });

  test('every run reads --stdin from its beginning', async () => {
    const input = join(folder, 'input');
    writeFileSync(input, 'x');
    const { stderr } = await ring3(['run', '--json', '--repeat', '2', '--stdin', input, sample('asm-hello')]);
    expect(JSON.parse(stderr)).toMatchObject({ runs: 2, failed: [] });
  });

  test('what cannot be run', async () => {
    const script = join(folder, 'script');
    writeFileSync(script, '#!/bin/sh\n');
    chmodSync(script, 0o755);
    expect(await ring3(['run', script])).toMatchObject({ code: 126, stderr: expect.stringContaining('is a script') });
    expect(await ring3(['run', folder])).toMatchObject({ code: 126, stderr: expect.stringContaining('is a folder') });
    expect(await ring3(['run', 'no-such-program'])).toMatchObject({
      code: 127,
      stderr: expect.stringContaining('no such program'),
    });
    expect(await ring3(['run', '--sead', '1', 'x'])).toMatchObject({
      code: 125,
      stderr: expect.stringContaining('did you mean --seed?'),
    });
    expect(await ring3(['run', '--mount', 'nowhere-at-all', sample('asm-hello')])).toMatchObject({
      code: 125,
      stderr: expect.stringContaining('is no folder'),
    });
    expect(await ring3(['fly'])).toMatchObject({
      code: 125,
      stderr: expect.stringContaining('there is no command fly'),
    });
  });
});

describe('trace', () => {
  test('as strace prints it', async () => {
    const { code, stdout, stderr } = await ring3(['trace', '-s', '5', sample('asm-hello')]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'hello from assembly\n' });
    expect(stderr.replace(/0x7ff[0-9a-f]+/, 'ADDRESS')).toBe(
      `execve("samples/bin/asm-hello", ["sampl"...], ADDRESS /* 5 vars */) = 0
write(1, "hello"..., 20)                = 20
exit_group(0)                           = ?
+++ exited with 0 +++
`,
    );
  });

  test('to a file, twice the same', async () => {
    const traces: string[] = [];
    for (const name of ['one', 'two']) {
      const file = join(folder, name);
      expect(await ring3(['trace', '-f', '-o', file, sample('goroutines')])).toMatchObject({ code: 0, stderr: '' });
      traces.push(readFileSync(file, 'utf8'));
    }
    expect(traces[0]).toBe(traces[1]);
    expect(traces[0].split('\n').length).toBeGreaterThan(100);
  });

  test('a selection, as JSON', async () => {
    const { stderr } = await ring3(['trace', '-e', 'trace=write', '--json', sample('hello')]);
    const [call, ...rest] = stderr
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line));
    expect(call).toMatchObject({
      call: 'write',
      number: 1,
      result: 14,
      args: { fd: { value: 1 }, buf: { text: '"hello, kernel\\n"' } },
    });
    expect(rest).toHaveLength(1);
  });

  test('a wrong option is said to be', async () => {
    expect(await ring3(['trace', '-e', 'trace=nosuch', sample('hello')])).toMatchObject({
      code: 125,
      stderr: expect.stringContaining("invalid system call 'nosuch'"),
    });
  });
});

describe('objdump', () => {
  test('functions by name, in three syntaxes', async () => {
    const go = await ring3(['objdump', '-s', '^_start$', sample('asm-hello')]);
    expect(go.stdout).toMatch(/TEXT _start\(SB\).*hello\.s/);
    expect(go.stdout).toMatch(/hello\.s:18 +0x401016 +0f05 +SYSCALL/);
    const intel = await ring3(['objdump', '--syntax', 'intel', '-s', '^_start$', sample('asm-hello')]);
    expect(intel.stdout).toMatch(/mov +eax, ?0x1/);
    writeFileSync(join(folder, 'lib.a'), '!<arch>\n');
    const archive = await ring3(['objdump', join(folder, 'lib.a')]);
    expect(archive).toMatchObject({ code: 126, stderr: expect.stringContaining('an archive of object files') });
    const none = await ring3(['objdump', '-s', 'nosuchfunction', sample('asm-hello')]);
    expect(none).toMatchObject({ code: 1, stderr: expect.stringContaining('no function whose name matches') });
  });
});

describe('options', () => {
  test('end where the program begins', () => {
    expect(parseOptions(OPTIONS, 'run', ['--seed', '5', 'prog', '--seed', '6'])).toEqual({
      options: { seed: '5' },
      rest: ['prog', '--seed', '6'],
    });
    expect(parseOptions(OPTIONS, 'run', ['--', '--seed'])).toEqual({ options: {}, rest: ['--seed'] });
    expect(parseOptions(OPTIONS, 'run', ['--mount=a', '--mount', 'b', 'x']).options).toEqual({ mount: ['a', 'b'] });
  });

  test('are strace’s where strace has them', () => {
    const rows = { ...OPTIONS, ...TRACE_OPTIONS };
    expect(parseOptions(rows, 'trace', ['-ff', '-tt', '-ofile', '-e', 'trace=%file', '-fy', 'x']).options).toEqual({
      '-f': 3,
      '-t': 2,
      '-y': 1,
      '-e': ['trace=%file'],
      output: 'file',
    });
  });

  test('are written as they are read', () => {
    const words = ['--mount', 'a:b', '--mount', 'c', '--seed', '5', '--stats'];
    const { options } = parseOptions(OPTIONS, 'run', words);
    expect(wordsOf(OPTIONS, options)).toEqual(words);
  });

  test('that are wrong are named', () => {
    expect(() => parseOptions(OPTIONS, 'run', ['--seed'])).toThrow(/--seed needs a value: --seed N/);
    expect(() => parseOptions(OPTIONS, 'run', ['--stats=1'])).toThrow(/takes no value/);
    expect(() => parseOptions(OPTIONS, 'dap', ['--seed', '1'])).toThrow(UsageError);
  });

  test('are all in the help', () => {
    const help = optionHelp({ ...OPTIONS, ...TRACE_OPTIONS }, 'trace');
    for (const row of Object.values({ ...OPTIONS, ...TRACE_OPTIONS })) {
      if ((row.commands as readonly string[]).includes('trace')) expect(help).toContain(row.flags[0]);
    }
  });
});
