/** Rare runs are found by their seed and happen again; runs that stand still for ever end, and say why. */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { goBuild, hasGo } from '../go.ts';
import { ring3 } from './shell.ts';

const stuck = join('test/machine/guests', 'stuck');

test('a data race that hardly ever shows is found, and then shows every time', { timeout: 180_000 }, async () => {
  const usual = await ring3(['run', 'samples/bin/race']);
  expect(usual).toEqual({ code: 0, stdout: 'the books balance\n', stderr: '' });

  const hunt = await ring3(['run', '--repeat', '1000', '--until-fail', 'samples/bin/race']);
  expect(hunt.code).toBe(1);
  expect(hunt.stdout).toMatch(/^the books do not balance: \d+ too much in the account\n$/);
  const found =
    /^ring3: seed (\d+): exit code 1; to repeat it: ring3 (run --stdin \/dev\/null --seed \1 samples\/bin\/race)$/m.exec(
      hunt.stderr,
    );
  expect(found, hunt.stderr).not.toBeNull();
  const runs = Number(/^ring3: (\d+) runs?, 1 failed$/m.exec(hunt.stderr)?.[1]);
  // Rare it is; the sample would show nothing otherwise.
  expect(runs).toBeGreaterThan(5);
  for (let i = 0; i < 3; i++) {
    expect(await ring3(found![2].split(' '))).toEqual({ code: 1, stdout: hunt.stdout, stderr: '' });
  }
});

describe('a run in which everybody waits', () => {
  test('ends with what each thread waits for', async () => {
    const { code, stdout, stderr } = await ring3(['run', stuck]);
    expect({ code, stdout }).toEqual({ code: 125, stdout: 'waiting\n' });
    expect(
      stderr.replace(/0x[0-9a-f]+/g, '<address>'),
    ).toBe(`ring3: deadlock. Every thread waits, and nothing can wake one:
  thread 1000 (stuck), in wait_for_byte
    read(5, <address>, 1): waits for read of pipe 5
  thread 1001 (stuck), in wait_for_byte
    read(3, <address>, 1): waits for read of pipe 3
  thread 1002 (stuck), in wait_on_futex
    futex(<address>, FUTEX_WAIT, 7, NULL): waits for futex <address>
`);
  });

  test('is a failure for --until-fail', async () => {
    const { code, stderr } = await ring3(['run', '--json', '--repeat', '2', '--until-fail', stuck]);
    expect(code).toBe(125);
    expect(JSON.parse(stderr)).toMatchObject({
      runs: 1,
      failed: [{ seed: 1, code: 125, reason: expect.stringContaining('read of pipe 5') }],
    });
  });

  test.skipIf(!hasGo)("is Go's own matter where Go sees it", async () => {
    const asleep = goBuild('asleep', 'package main\n\nfunc main() { <-make(chan int) }\n');
    const { code, stderr } = await ring3(['run', asleep]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^fatal error: all goroutines are asleep - deadlock!/);
    expect(stderr).not.toContain('ring3:');
  });

  test.skipIf(!hasGo)("names goroutines; Go's sysmon, which never sleeps for ever, does not hide it", async () => {
    const program = goBuild(
      'pipe',
      `package main

import "syscall"

//go:noinline
func wait(fd int) {
	var b [1]byte
	syscall.Read(fd, b[:])
}

func main() {
	var p [2]int
	syscall.Pipe(p[:])
	done := make(chan bool)
	go func() { <-done }()
	wait(p[0])
}
`,
    );
    const { code, stderr } = await ring3(['run', program]);
    expect(code).toBe(125);
    expect(stderr).toMatch(
      /thread 1000 \(pipe\), goroutine 1 in .*main\.wait.* ← main\.main\n {4}read\(\d+, 0x[0-9a-f]+, 1\): waits for read of pipe/,
    );
    expect(stderr).toMatch(/thread \d+ \(pipe\), Go's sysmon\n/);
    expect(stderr).toMatch(/goroutine \d+ \[chan receive\] in main\.main\.func1 \(pipe\.go:15\)\n/);
  });

  test.skipIf(!hasGo)('is no deadlock while somebody sleeps, for however long', async () => {
    const source =
      'package main\n\nimport "time"\n\nfunc main() {\n\ttime.Sleep(3 * time.Hour)\n\tprintln("awake")\n}\n';
    expect(await ring3(['run', goBuild('sleeper', source)])).toEqual({ code: 0, stdout: '', stderr: 'awake\n' });
  });
});

test.skipIf(!hasGo)('a program for a newer processor says so, and Ring 3 says what to do', async () => {
  const program = goBuild('newer', 'package main\n\nfunc main() { println("hi") }\n', 'v3');
  expect(await ring3(['run', program])).toEqual({
    code: 1,
    stdout: '',
    stderr: `This program can only be run on AMD64 processors with v3 microarchitecture support.
ring3: the program was built with GOAMD64=v3, and the processor it got is an x86-64-v2: build it with GOAMD64=v2 or v1
`,
  });
});
