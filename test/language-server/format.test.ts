/** Formatting: what it does to a file, and that it never does more. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { formatted } from '../../language-server/features/format.ts';
import { assemblyFile } from '../../language-server/syntax/file.ts';
import { ci, corpus, go } from './corpus.ts';
import { bytesOf, formattingOf } from './measure.ts';

const shape = (text: string) => formatted(assemblyFile('file:///f_amd64.s', text));

test('columns, indentation, comments', () => {
  const text = `
// A file.
#include   "textflag.h"
#define ADD3(a,b) \\
   ADDQ  a,b

TEXT  ·f( SB ),NOSPLIT,$0-16
  // Load.
    MOVQ	a+0(FP),AX // first
  MOVQ   b+8(FP) ,   BX    // second
loop:   ADDQ $1,AX ;  JMP  loop   // third

   ADD3(AX,BX)
 done:
\tRET // end
\tMOVOU	X0, (AX)(BX*1)   
`;
  expect(shape(text)).toBe(`
// A file.
#include   "textflag.h"
#define ADD3(a,b) \\
   ADDQ  a,b

TEXT ·f( SB ), NOSPLIT, $0-16
	// Load.
	MOVQ	a+0(FP), AX   // first
	MOVQ b+8(FP), BX      // second
loop:	ADDQ $1, AX; JMP loop // third

	ADD3(AX,BX)
done:
	RET // end
	MOVOU	X0, (AX)(BX*1)
`);
});

test('what cannot be read stays as it is', () => {
  const text = 'TEXT\n  ) (\n\\\n  ,, MOVQ\n#define\n/* a */ MOVQ /* b */   AX,BX\n  MOVQ AX,\n';
  expect(shape(text).replace(/\s+/g, '')).toBe(text.replace(/\s+/g, ''));
});

test('all of Go’s assembly: twice is once, and no token changes', { timeout: 300_000 }, context => {
  if (!go && !ci) return context.skip('no Go on the PATH');
  const files = corpus();
  const all = files.map(each => ({ name: each.name, ...formattingOf(each) }));
  expect(all.flatMap(({ twice }) => twice ?? [])).toEqual([]);
  expect(all.filter(({ sameTokens }) => !sameTokens).map(({ name }) => name)).toEqual([]);
  const changed = all.filter(each => each.changed).length;
  console.log(`${changed} of ${files.length} files change`);
  expect(changed).toBeGreaterThan(0);
});

test('formatted files of amd64 and arm64 assemble to the same bytes', { timeout: 300_000 }, async context => {
  if (!go && !ci) return context.skip('no Go on the PATH');
  const folder = mkdtempSync(join(tmpdir(), 'ring3-format-'));
  const compared = { amd64: 0, arm64: 0 };
  const wrong: string[] = [];
  const todo = corpus().flatMap(each =>
    each.file.targets
      .filter(({ architecture }) => architecture === 'amd64' || architecture === 'arm64')
      .map(target => ({ each, target })),
  );
  const work = async (slot: string) => {
    for (let next = todo.pop(); next; next = todo.pop()) {
      const { each, target } = next;
      const { same, said } = await bytesOf(join(folder, slot), each, target, formatted(each.file));
      if (same) compared[target.architecture as 'amd64' | 'arm64']++;
      else wrong.push(`${each.name} ${target.architecture}: ${same === undefined ? 'does not assemble: ' : ''}${said}`);
    }
  };
  try {
    await Promise.all(['a', 'b', 'c'].map(work));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  expect(wrong).toEqual([]);
  expect(compared.amd64).toBeGreaterThan(90);
  expect(compared.arm64).toBeGreaterThan(75);
});
