/** Go programs that a test builds itself. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Without a Go toolchain these tests cannot be; CI has one. */
export const hasGo = spawnSync('go', ['version']).status === 0 || Boolean(process.env.CI);

/** The path of a program for linux/amd64, built from the text of one file. */
export function goBuild(name: string, source: string, level = 'v1'): string {
  const folder = mkdtempSync(join(tmpdir(), 'ring3-go-'));
  const output = join(folder, name);
  writeFileSync(join(folder, `${name}.go`), source);
  const env = { ...process.env, GOOS: 'linux', GOARCH: 'amd64', GOAMD64: level, CGO_ENABLED: '0', GOFLAGS: '' };
  execFileSync('go', ['build', '-o', output, `${name}.go`], { cwd: folder, env, stdio: 'pipe' });
  return output;
}
