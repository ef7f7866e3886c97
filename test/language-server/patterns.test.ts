/** The table of operands: written as few words, read as all of them. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { compacted, expanded, takes } from '../../language-server/check/patterns.ts';
import { assemblerOf } from '../../language-server/syntax/assembler.ts';

test('what is written together is read apart', () => {
  expect(compacted(['ir', 'io', 'Ir', 'Io', 'rr', ''])).toBe('- [Ii][or] rr');
  expect(expanded('- [Ii][or] rr').sort()).toEqual(['', 'Io', 'Ir', 'io', 'ir', 'rr']);
  const path = new URL('../../language-server/patterns.generated.json', import.meta.url);
  for (const { architecture, sets } of JSON.parse(readFileSync(path, 'utf8')).tables) {
    for (const [words, text] of Object.entries(sets as Record<string, string>)) {
      const list = expanded(text);
      expect(new Set(list).size, `${architecture} ${words}`).toBe(list.length);
      expect(compacted(list.sort()), `${architecture} ${words}`).toBe(text);
    }
  }
});

test('operands that instructions take, as go tool asm does', () => {
  const rows = [
    ['amd64', 'ADDQ', 'ir', true],
    ['amd64', 'ADDQ', 'rrr', false],
    ['amd64', 'PUSHQ', 'A', true],
    ['ppc64', 'ADD', 'rrr', true],
    ['ppc64', 'VADDUBM', 'vvv', true],
    ['ppc64', 'VADDUBM', 'rrr', false],
    ['loong64', 'ADDV', 'rrr', true],
    ['loong64', 'XVADDB', 'xxx', true],
    ['loong64', 'XVADDB', 'vvv', false],
  ] as const;
  for (const [architecture, word, pattern, answer] of rows) {
    expect([word, pattern, takes(assemblerOf(architecture), word, pattern)]).toEqual([word, pattern, answer]);
  }
});
