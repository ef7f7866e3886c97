/** The built samples are what their sources say, byte for byte, where the pinned toolchain is. */
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const samples = join(root, 'samples');
const ci = process.env.CI === 'true' || process.env.CI === '1';

const sums = new Map(
  readFileSync(join(samples, 'bin', 'SHA256SUMS'), 'utf8')
    .trim()
    .split('\n')
    .map(line => line.split(/\s+/).reverse() as [string, string]),
);
const sha256 = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex');

test('every sample is listed, built and has its sum', () => {
  const expected = Object.keys(JSON.parse(readFileSync(join(samples, 'expected.json'), 'utf8')));
  const built = readdirSync(join(samples, 'bin'));
  for (const name of expected) expect(built).toContain(name);
  for (const [name, sum] of sums) expect(sha256(join(samples, 'bin', name)), name).toBe(sum);
});

test('a rebuild gives the same bytes', { timeout: 300_000 }, context => {
  const pinned = /^toolchain=(.*)$/m.exec(readFileSync(join(root, 'scripts', 'build-samples.sh'), 'utf8'))![1];
  const go = spawnSync('go', ['env', 'GOVERSION'], { encoding: 'utf8' });
  if (go.error && !ci) return context.skip('no Go on the PATH');
  expect(go.error, 'Go on the PATH').toBeUndefined();
  // Another version fetches the pinned one where it may; that is the go command's business, and may not be possible.
  if (go.stdout.trim() !== pinned)
    return context.skip(`the samples are built by ${pinned}; here is ${go.stdout.trim()}`);

  const out = mkdtempSync(join(tmpdir(), 'ring3-samples-'));
  try {
    execFileSync(join(root, 'scripts', 'build-samples.sh'), [out], { stdio: 'pipe' });
    // GNU as writes its version into the file.
    const sameAs = /GNU assembler.* 2\.40\b/.test(spawnSync('as', ['--version'], { encoding: 'utf8' }).stdout ?? '');
    for (const [name, sum] of sums) {
      if (name !== 'asm-hello' || sameAs) expect(sha256(join(out, name)), name).toBe(sum);
    }
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
});
