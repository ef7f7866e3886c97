/** Formatting: what it does to a file, and that it never does more. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { formatted } from '../../language-server/features/format.ts';
import { assemblyFile } from '../../language-server/syntax/file.ts';
import { ci, corpus, go } from './corpus.ts';

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

const words = (text: string) =>
  assemblyFile('file:///f.s', text)
    .source.tokens.map(token => token.text.trimEnd())
    .join('\0');

test('all of Go’s assembly: twice is once, and no token changes', { timeout: 300_000 }, context => {
  if (!go && !ci) return context.skip('no Go on the PATH');
  let changed = 0;
  for (const { name, file } of corpus()) {
    const once = formatted(file);
    const twice = formatted(assemblyFile(file.uri, once));
    if (twice !== once) {
      const [a, b] = [once.split('\n'), twice.split('\n')];
      const line = a.findIndex((text, index) => text !== b[index]);
      expect.fail(`${name}:${line + 1}: ${JSON.stringify(a[line])} becomes ${JSON.stringify(b[line])}`);
    }
    if (words(once) !== words(file.source.text)) expect.fail(`${name}: tokens changed`);
    if (once !== file.source.text) changed++;
  }
  console.log(`${changed} of ${corpus().length} files change`);
  expect(changed).toBeGreaterThan(0);
});

test('formatted files assemble to the same bytes', { timeout: 300_000 }, context => {
  if (!go && !ci) return context.skip('no Go on the PATH');
  const folder = mkdtempSync(join(tmpdir(), 'ring3-format-'));
  // go_asm.h is the compiler's: only files that stand by themselves are compared, some of each.
  const alone = corpus().filter(
    ({ file }) => !file.source.text.includes('go_asm.h') && !file.source.text.includes('go_tls.h'),
  );
  let compared = 0;
  try {
    for (const architecture of ['amd64', 'arm64'] as const) {
      const own = alone.filter(({ name }) => name.endsWith(`_${architecture}.s`));
      for (const { path, file } of own.filter((_, index) => index % 4 === 0)) {
        const bytes = (text: string): string | undefined => {
          // One name for both: the object file mentions it.
          const source = join(folder, basename(path));
          const object = join(folder, 'out.o');
          writeFileSync(source, text);
          try {
            execFileSync(
              'go',
              [
                'tool',
                'asm',
                '-p',
                'p',
                '-I',
                dirname(path),
                '-I',
                join(go!.root, 'pkg', 'include'),
                '-D',
                'GOOS_linux',
                '-D',
                `GOARCH_${architecture}`,
                '-o',
                object,
                source,
              ],
              { env: { ...process.env, GOARCH: architecture, GOOS: 'linux' }, stdio: 'ignore' },
            );
          } catch {
            return undefined;
          }
          return readFileSync(object).toString('latin1');
        };
        const before = bytes(file.source.text);
        if (before === undefined) continue;
        // Lines stay lines, so that even the line table is the same.
        expect(bytes(formatted(file)) === before, path).toBe(true);
        compared++;
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  expect(compared).toBeGreaterThan(10);
});
