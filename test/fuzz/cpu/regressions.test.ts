/** Cases that once differed from the real CPU, shrunken: lines that `npm run fuzz:cpu` printed, replayed anywhere. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { differences } from './compare.ts';
import { startEmulated } from './emulated.ts';
import { batchOfSingle, parseLine, toLine } from './text.ts';

const lines = readFileSync(new URL('./regressions.txt', import.meta.url), 'utf8')
  .split('\n')
  .filter(line => line !== '' && !line.startsWith('#'));

describe.each([0, 1] as const)('tier %i', tier => {
  const emulated = startEmulated(tier);
  test.each(lines)('%s', line => {
    const { single, expected } = parseLine(line);
    expect(differences(single.piece, 0, expected, emulated.run(batchOfSingle(single)))).toEqual([]);
  });
});

test('a line says everything', () => {
  for (const line of lines) {
    const { single, expected } = parseLine(line);
    expect(toLine(single, expected)).toBe(line);
  }
});
