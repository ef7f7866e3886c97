/** A tree that is made from the one before an edit is the tree of the whole text. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { reparse } from '../../language-server/syntax/reparse.ts';
import { parseSource, type Source } from '../../language-server/syntax/tree.ts';
import { randomFrom } from '../random.ts';
import { ci, go } from './corpus.ts';

const PIECES = [
  '\n',
  '\\\n',
  '/*',
  '*/',
  '//',
  ';',
  ':',
  '#',
  '#define X(a) \\\n',
  '"',
  ' ',
  'x',
  'MOVQ AX, BX',
  '<',
  '.',
  '1',
  '\r\n',
  '(',
  '·',
];

function edits(text: string, times: number, seed: number): void {
  const random = randomFrom(seed);
  const pick = (below: number) => Math.floor(random() * below);
  let source: Source = parseSource(text);
  let kept = 0;
  for (let time = 0; time < times; time++) {
    const at = pick(source.text.length + 1);
    const removed = pick(3) === 0 ? pick(40) : 0;
    const piece = pick(4) === 0 ? '' : PIECES[pick(PIECES.length)];
    const next = source.text.slice(0, at) + piece + source.text.slice(at + removed);
    const made = reparse(source, next);
    const whole = parseSource(next);
    // Token by token: a difference deep in a large object would be told in megabytes.
    if (JSON.stringify(made) !== JSON.stringify(whole)) {
      expect.fail(
        `edit ${time} at ${at}: ${JSON.stringify(source.text.slice(at - 30, at + 30))} + ${JSON.stringify(piece)} − ${removed}`,
      );
    }
    if (made.tokens[0] === source.tokens[0]) kept++;
    source = next.length > 20 ? made : parseSource(text);
  }
  expect(kept).toBeGreaterThan(times / 2);
}

const TEXT = `// head
#include "textflag.h"
/* a
b */ #define ONE(a, b) \\
	MOVQ a, b; \\
	ADDQ $1, b
TEXT ·f(SB), 4, $0 // one
again:	MOVQ x<>+8(SB), AX; MOVQ R1<<2, "s"
	ONE(AX, BX)

#ifdef X
lone:
#endif
	RET
`;

test('random edits of a small text', () => {
  for (let seed = 1; seed <= 20; seed++) edits(TEXT, 100, seed);
});

test('random edits of Go’s assembly', { timeout: 60_000 }, context => {
  if (!go && !ci) return context.skip('no Go on the PATH');
  const root = join(go!.root, 'src', 'runtime');
  for (const name of ['rt0_linux_amd64.s', 'memmove_amd64.s', 'asm_arm64.s']) {
    edits(readFileSync(join(root, name), 'utf8'), 60, 7);
  }
});
