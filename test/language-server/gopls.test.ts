/**
 * With gopls in the same editor, which shows both servers' answers: none of gopls' is lost or worse, and nothing is told
 * twice. What gopls says is recorded; where RING3_GOPLS names one of that version, or one is on the PATH, it is asked.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { beforeAll, expect, test } from 'vitest';
import { type Answers, askGopls, askRing3 } from './beside-gopls/answers.ts';
import { keyOf, QUESTIONS, type Question } from './beside-gopls/questions.ts';
import { page, type Recorded } from './beside-gopls/report.ts';
import { ci, go } from './corpus.ts';

const FOLDER = new URL('beside-gopls/', import.meta.url);
const recorded: Recorded = JSON.parse(readFileSync(new URL('recorded.json', FOLDER), 'utf8'));
const program = process.env.RING3_GOPLS ?? 'gopls';
const installed = spawnSync(program, ['version'], { encoding: 'utf8' }).stdout ?? '';

let ring3: Answers = {};
const canAsk = go !== undefined || ci;
beforeAll(async () => {
  if (canAsk) ring3 = await askRing3();
}, 60_000);

/** Questions that both answer. */
const both = (): [Question, string[], string[]][] =>
  QUESTIONS.flatMap(question => {
    const [gopls, own] = [recorded.answers[keyOf(question)], ring3[keyOf(question)]];
    return gopls && own ? [[question, gopls, own] as [Question, string[], string[]]] : [];
  });

/** Answers to these are shown together; of the others an editor takes one server's. */
const MERGED = /definition|references|implementation|codeAction|diagnostics|workspace\/symbol$/;

test.runIf(canAsk)('what both answer is together nothing twice', () => {
  const places: Question[] = [];
  for (const [question, gopls, own] of both()) {
    if (!/definition|references|implementation|workspace\/symbol$/.test(question.method)) continue;
    places.push(question);
    // An editor shows the same range of a file once; two ranges on a line would be the same thing twice.
    const line = (place: string) => /(\S+ \d+):/.exec(place)![1];
    for (const place of own) {
      const same = gopls.filter(other => line(other) === line(place));
      expect([keyOf(question), ...same], keyOf(question)).toEqual([keyOf(question), ...same.map(() => place)]);
    }
  }
  expect(places.length).toBeGreaterThan(5);
});

test.runIf(canAsk)('where one answer is taken, it is as good as that of gopls', () => {
  const renames: string[] = [];
  for (const [question, gopls, own] of both()) {
    if (MERGED.test(question.method)) continue;
    // Renames in Go are gopls', with what is in assembly added: what it renames must be what is renamed here.
    expect(question.method).toBe('textDocument/rename');
    const isComment = (edit: string) => !own.includes(edit);
    expect(gopls.filter(edit => !isComment(edit)).length, keyOf(question)).toBeGreaterThanOrEqual(2);
    expect(own.filter(edit => !gopls.includes(edit)).every(edit => /\.s \d/.test(edit))).toBe(true);
    renames.push(question.file);
  }
  expect(renames).toEqual(['sum.go', 'use.go']);
});

test.runIf(canAsk)('of Go only what leads into assembly is answered', () => {
  const answered = QUESTIONS.filter(({ file }) => file.endsWith('.go'))
    .flatMap(question => (ring3[keyOf(question)] ?? []).map(line => [question.method, line] as const))
    .filter(([method]) => !/rename|codeAction/.test(method));
  expect(answered.length).toBeGreaterThan(3);
  expect(answered.filter(([, line]) => !/\.s \d/.test(line))).toEqual([]);
});

test.runIf(canAsk)('every answer is as it is written down', () => {
  expect(readFileSync(new URL('README.md', FOLDER), 'utf8'), 'run `npx tsx scripts/compare-gopls.ts`').toBe(
    page(recorded, ring3),
  );
});

if (installed.includes(`${recorded.gopls}\n`) && go?.version === recorded.go) {
  test('gopls says what is recorded', { timeout: 180_000 }, async () => {
    expect(await askGopls(program)).toEqual(recorded.answers);
  });
}
