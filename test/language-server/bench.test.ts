/** The benchmark's figures of the language server: that they are measured. How large they are depends on the machine. */
import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { latencyLines, measureLanguageServer } from '../../cli/bench-language-server.ts';
import { go } from './corpus.ts';

const isBuilt = existsSync(new URL('../../dist/language-server.cjs', import.meta.url));

test('from a keystroke to diagnostics, and completion', { timeout: 240_000 }, async () => {
  const latency = await measureLanguageServer(true);
  expect(latency !== undefined).toBe(isBuilt && go !== undefined);
  expect(latencyLines(undefined)).toEqual([]);
  if (!latency) return;
  expect(latency.lines).toBeGreaterThan(5_000);
  expect([latency.diagnostics.length, latency.completion.length]).toEqual([40, 20]);
  for (const list of [latency.diagnostics, latency.completion]) {
    expect(list[0]).toBeGreaterThan(0);
    expect([...list].sort((a, b) => a - b)).toEqual(list);
  }
  const [first, second] = latencyLines(latency);
  expect(first).toMatch(
    /^from a keystroke in \S+\.s \([\d,]+ lines\) to its diagnostics: p95 [\d.]+ ms, p50 [\d.]+ ms/,
  );
  expect(second).toMatch(/^completion there: p95 /);
});
