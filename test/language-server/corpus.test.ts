/** Everything that Go's own assembly is: nothing in it is wrong, and nothing of it is lost. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { tokenize } from '../../language-server/syntax/lexer.ts';
import { ci, corpus, go } from './corpus.ts';
import { problemsOf } from './measure.ts';

/** The recorded table, and the version of Go that it is about. */
const report = readFileSync(new URL('corpus.md', import.meta.url), 'utf8');
const REPORTED = /go1[\w.]+/.exec(report)?.[0];

test('no file of Go’s src has a problem', { timeout: 300_000 }, context => {
  if (!go && !ci) return context.skip('no Go on the PATH');
  const files = corpus();
  expect(files.length).toBeGreaterThan(400);
  const found: string[] = [];
  const hints: string[] = [];
  const table = new Map<string, { files: number; instructions: number }>();
  for (const each of files) {
    expect(each.file.targets.length, each.name).toBeGreaterThan(0);
    const problems = problemsOf(each);
    found.push(...problems.assembler, ...problems.vet);
    hints.push(...problems.hints);
    for (const [architecture, instructions] of problems.instructions) {
      const row = table.get(architecture) ?? { files: 0, instructions: 0 };
      table.set(architecture, { files: row.files + 1, instructions: row.instructions + instructions });
    }
  }
  expect(found).toEqual([]);
  console.log(`${hints.length} hints`, hints.slice(0, 20));
  // It read the instructions, and did not merely say nothing.
  expect(table.get('amd64')!.instructions).toBeGreaterThan(25_000);
  expect(table.get('arm64')!.instructions).toBeGreaterThan(12_000);
  expect(table.size).toBeGreaterThanOrEqual(12);
  if (go!.version !== REPORTED) return;
  const row = (name: string) => new RegExp(`\\| ${name} +\\| +(\\d+) \\| +([\\d,]+) \\|`).exec(report);
  for (const [name, { files: count, instructions }] of table) {
    const shown = row(name)
      ?.slice(1)
      .map(word => Number(word.replaceAll(',', '')));
    expect([name, ...(shown ?? [])], 'run `npx tsx scripts/assembly-report.ts`').toEqual([name, count, instructions]);
  }
});

test('a file is its tokens and the blanks between them', context => {
  if (!go && !ci) return context.skip('no Go on the PATH');
  for (const { name, file } of corpus()) {
    const { text, tokens, items } = file.source;
    let at = 0;
    for (const token of tokens) {
      if (!/^[ \t\r]*$/.test(text.slice(at, token.start)) || text.slice(token.start, token.end) !== token.text) {
        expect.fail(`${name}: lost at ${at}`);
      }
      at = token.end;
    }
    expect(text.slice(at).trim(), name).toBe('');
    // Each token is in one item, or between two of them.
    let last = 0;
    for (const item of items) {
      if (item.from < last || item.to <= item.from) expect.fail(`${name}: item at token ${item.from}`);
      for (let index = last; index < item.from; index++) {
        const { kind, text: between } = tokens[index];
        if (kind !== 'comment' && kind !== 'newline' && between !== ';') expect.fail(`${name}: ${between}`);
      }
      last = item.to;
    }
  }
});

test('tokens: numbers, strings, symbols, comments, and what is none of them', () => {
  const shown = (text: string) => tokenize(text).map(({ kind, text: word }) => `${kind} ${word}`);
  expect(shown("$0x1F 017 1_000 1.5e-3 .5 0b1 'a' '\\'' \"x\\\"y\" \"open\n")).toEqual([
    'mark $',
    'int 0x1F',
    'int 017',
    'int 1_000',
    'float 1.5e-3',
    'float .5',
    'int 0b1',
    "char 'a'",
    "char '\\''",
    'string "x\\"y"',
    'string "open',
    'newline \n',
  ]);
  expect(shown('runtime∕internal·f<>+8(SB) R1<<2 @>3 -> // c\r\n/* a\nb */#`😀')).toEqual([
    'name runtime∕internal·f',
    'mark <',
    'mark >',
    'mark +',
    'int 8',
    'mark (',
    'name SB',
    'mark )',
    'name R1',
    'mark <<',
    'int 2',
    'mark @>',
    'int 3',
    'mark ->',
    'comment // c',
    'newline \n',
    'comment /* a\nb */',
    'mark #',
    'mark `',
    'mark 😀',
  ]);
});
