/** Everything that Go's own assembly is: nothing in it is wrong, and nothing of it is lost. */
import { expect, test } from 'vitest';
import { checkFile } from '../../language-server/check/check.ts';
import { tokenize } from '../../language-server/syntax/lexer.ts';
import { surroundingsOf } from '../../language-server/workspace.ts';
import { ci, corpus, go, lineOfToken, world } from './corpus.ts';

/**
 * What is wrong indeed: go vet says the same of the first four when their build tags are set, and the label of the others is
 * in another function.
 */
const RIGHT = [
  /^runtime\/libfuzzer_(amd64|arm64)\.s:\d+: .* libfuzzerCall4: unknown variable hookId; offset 8 is fakePC\+8\(FP\)$/,
  /^runtime\/valgrind_(amd64|arm64)\.s:\d+: .* valgrindClientRequest: unknown variable args; offset 0 is arg\+0\(FP\)$/,
  /^runtime\/msan_loong64\.s:\d+: undefined label call$/,
];

test('no file of Go’s src has a problem', { timeout: 300_000 }, context => {
  if (!go && !ci) return context.skip('no Go on the PATH');
  const files = corpus();
  expect(files.length).toBeGreaterThan(400);
  const found: string[] = [];
  const hints: string[] = [];
  const table = new Map<string, { files: number; instructions: number }>();
  for (const { name, file } of files) {
    expect(file.targets.length, name).toBeGreaterThan(0);
    const { problems, assembled } = checkFile(file, surroundingsOf(world, file.uri));
    for (const { span, message, severity } of problems) {
      if (severity === 'hint') hints.push(`${name}:${lineOfToken(file, span.from)}: ${message}`);
      else found.push(`${name}:${lineOfToken(file, span.from)}: ${message}`);
    }
    for (const { target, program } of assembled) {
      const row = table.get(target.architecture) ?? { files: 0, instructions: 0 };
      row.files++;
      for (const { instructions } of program.functions) row.instructions += instructions.length;
      table.set(target.architecture, row);
    }
  }
  expect(found.filter(problem => !RIGHT.some(pattern => pattern.test(problem)))).toEqual([]);
  console.table(Object.fromEntries(table));
  console.log(`${hints.length} hints`, hints.slice(0, 20));
  // It read the instructions, and did not merely say nothing.
  expect(table.get('amd64')!.instructions).toBeGreaterThan(25_000);
  expect(table.get('arm64')!.instructions).toBeGreaterThan(12_000);
  expect(table.size).toBeGreaterThanOrEqual(12);
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
