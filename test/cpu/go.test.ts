/**
 * A Go program that hashes and encrypts: the standard library takes its assembly for AES, PCLMULQDQ and CRC32 when
 * CPUID has them, and plain code when it has not. Needs the Go toolchain.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { load } from '../machine/guest.ts';

const folder = mkdtempSync(join(tmpdir(), 'ring3-go-'));
afterAll(() => rmSync(folder, { recursive: true }));

const source = join(import.meta.dirname, 'native', 'crypto.go');
const expected = readFileSync(join(import.meta.dirname, 'native', 'crypto.expected'), 'utf8');

function build(level: string): string | undefined {
  const program = join(folder, level);
  const env = { ...process.env, GOOS: 'linux', GOARCH: 'amd64', GOAMD64: level, CGO_ENABLED: '0' };
  try {
    execFileSync('go', ['build', '-o', program, source], { env, stdio: 'ignore' });
    return program;
  } catch {
    return undefined;
  }
}

test.each([
  ['v1', []],
  ['v2', []],
  ['v1', ['GODEBUG=cpu.aes=off,cpu.pclmulqdq=off,cpu.sse42=off']],
])('GOAMD64=%s %j: as natively', { timeout: 120_000 }, async (level, env) => {
  const program = build(level);
  if (!program) {
    console.warn('the Go toolchain is not here: crypto.go was not run');
    return;
  }
  const guest = await load(program, { env });
  expect(await guest.machine.run({ maxInstructions: 1_000_000_000 })).toEqual({ is: 'exited', status: 0 });
  expect(guest.stdout()).toBe(expected);
});
