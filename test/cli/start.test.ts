/** What V8 made of the command line's bundle is kept for the next start, and refused if it is not that. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { SAMPLES } from '../machine/guest.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'ring3-start-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeEach(() => rmSync(folder, { recursive: true, force: true }));

const kept = (): string => join(folder, readdirSync(folder).join());
const written = (): bigint => statSync(kept(), { bigint: true }).mtimeNs;
const ring3 = (...words: string[]): string =>
  execFileSync(process.execPath, [join(root, 'bin', 'ring3'), 'run', ...words], {
    env: { ...process.env, RING3_CACHE: folder, NODE_OPTIONS: '' },
    encoding: 'utf8',
  });
/** V8's bytes begin behind a line and its padding, with what tells V8's version. */
const otherV8 = (bytes: Buffer): Buffer => {
  const at = (bytes.indexOf('\n') + 9) & ~7;
  return bytes.fill(0x55, at, at + 16);
};
const hello = (): string => ring3(`${SAMPLES}hello`);

test('the first run keeps it, a short one leaves it, a long one renews it once', { timeout: 60_000 }, () => {
  const text = hello();
  const first = written();
  expect(hello()).toBe(text);
  expect(written()).toBe(first);
  const long = ['--repeat', '120', `${SAMPLES}hello`];
  ring3(...long);
  const second = written();
  expect(second).toBeGreaterThan(first);
  ring3(...long);
  expect(hello()).toBe(text);
  expect(written()).toBe(second);
});

test.each([
  ['garbage', () => Buffer.from('garbage')],
  ['nothing', () => Buffer.alloc(0)],
  ['half of it', (bytes: Buffer) => bytes.subarray(0, bytes.length >> 1)],
  ['what was made of another bundle', (bytes: Buffer) => Buffer.concat([Buffer.from('v0.0.0 '), bytes])],
  ['what another V8 made', (bytes: Buffer) => otherV8(Buffer.from(bytes))],
])('%s is refused and replaced', { timeout: 60_000 }, (_, spoilt) => {
  const text = hello();
  const bytes = readFileSync(kept());
  writeFileSync(kept(), spoilt(bytes));
  expect(hello()).toBe(text);
  expect(readFileSync(kept()).length).toBeGreaterThan(bytes.length / 2);
  const again = written();
  expect(hello()).toBe(text);
  expect(written()).toBe(again);
});

test('the bundle is ASCII, as which it is read', () => {
  expect(readFileSync(join(root, 'dist', 'cli.cjs')).every(byte => byte < 0x80)).toBe(true);
});
