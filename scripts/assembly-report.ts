/**
 * Writes test/language-server/corpus.md: what grammar, diagnostics and formatting make of Go's own assembly, by
 * architecture. `npx tsx scripts/assembly-report.ts` takes two minutes; it needs Go on the PATH.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkedTargets } from '../language-server/check/check.ts';
import { ARCHITECTURES } from '../language-server/syntax/architecture.ts';
import { corpus, go } from '../test/language-server/corpus.ts';
import { bytesOf, formattingOf, problemsOf, scopesOfFile } from '../test/language-server/measure.ts';

const REPORT = fileURLToPath(new URL('../test/language-server/corpus.md', import.meta.url));

const COUNTS = [
  'files',
  'instructions',
  'mnemonics',
  'misscoped',
  'text',
  'unscoped',
  'assembler',
  'vet',
  'right',
  'changed',
  'twice',
  'tokens',
  'assembled',
  'bytes',
] as const;
type Row = Record<(typeof COUNTS)[number], number>;
const row = (): Row => Object.fromEntries(COUNTS.map(name => [name, 0])) as Row;

if (!go) throw new Error('there is no Go on the PATH');
const rows = new Map<string, Row>(ARCHITECTURES.map(name => [name, row()]));
const all = row();
/** What assembles neither before nor after, and what was found that is wrong indeed. */
const refused: string[] = [];
const right: string[] = [];
const folder = mkdtempSync(join(tmpdir(), 'ring3-report-'));
try {
  for (const each of corpus()) {
    const problems = problemsOf(each);
    const scopes = await scopesOfFile(each);
    const formatting = formattingOf(each);
    right.push(...problems.right);
    const counts: Partial<Row> = {
      files: 1,
      mnemonics: scopes.mnemonics,
      misscoped: scopes.wrong.length,
      text: scopes.text,
      unscoped: scopes.unscoped,
      assembler: problems.assembler.length,
      vet: problems.vet.length,
      right: problems.right.length,
      changed: Number(formatting.changed),
      twice: Number(formatting.twice !== undefined),
      tokens: Number(!formatting.sameTokens),
    };
    const add = (to: Row, more: Partial<Row>) => {
      for (const [name, count] of Object.entries(more)) to[name as keyof Row] += count;
    };
    add(all, counts);
    for (const target of checkedTargets(each.file)) {
      const { same, said } = await bytesOf(folder, each, target, formatting.text);
      if (same === undefined) {
        const [first] = said.replaceAll(`${folder}/`, '').trim().split('\n');
        refused.push(`${each.name}, ${target.architecture}: ${first}`);
      }
      const own = {
        instructions: problems.instructions.get(target.architecture) ?? 0,
        assembled: Number(same !== undefined),
        bytes: Number(same === true),
      };
      add(rows.get(target.architecture)!, { ...counts, ...own });
      add(all, own);
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

const number = (count: number) => count.toLocaleString('en-US');
const table: [string, (counts: Row) => string][] = [
  ['files', ({ files }) => number(files)],
  ['instructions', ({ instructions }) => number(instructions)],
  ['mnemonics', ({ mnemonics }) => number(mnemonics)],
  ['wrongly scoped', ({ misscoped }) => number(misscoped)],
  ['text without a scope', ({ text, unscoped }) => `${((100 * unscoped) / text).toFixed(2)} %`],
  ['parser errors', ({ assembler }) => number(assembler)],
  ['false diagnostics', ({ assembler, vet }) => number(assembler + vet)],
  ['right ones', ({ right: found }) => number(found)],
  ['changed by formatting', ({ changed }) => number(changed)],
  ['not idempotent', ({ twice }) => number(twice)],
  ['tokens changed', ({ tokens }) => number(tokens)],
  ['assembled', ({ assembled }) => number(assembled)],
  ['same bytes', ({ bytes }) => number(bytes)],
];
const lines: [string, Row][] = [...rows, ['all', all]];
const cells = [
  ['architecture', ...table.map(([title]) => title)],
  ...lines.map(([name, counts]) => [name, ...table.map(([, shown]) => shown(counts))]),
];
const widths = cells[0].map((_, column) => Math.max(...cells.map(line => line[column].length)));
const text = (line: readonly string[]) =>
  `| ${line.map((cell, column) => (column ? cell.padStart(widths[column]) : cell.padEnd(widths[column]))).join(' | ')} |`;
const rule = `| ${widths.map((width, column) => (column ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width))).join(' | ')} |`;
const list = (items: readonly string[]) => items.map(item => `- ${item}\n`).join('');

writeFileSync(
  REPORT,
  `# Go's own assembly, by architecture

Every \`.s\` file of ${go.version}'s \`src\` outside testdata. Written by \`npx tsx scripts/assembly-report.ts\`; the tests
\`corpus\`, \`format\` and \`grammar\` hold what it says.

A file counts at each architecture that it is for (of those that name none, at amd64 and arm64), and once in the last line,
but for what is done for each architecture. *Mnemonics* are the words in an instruction's place that are instructions of the
architecture, macros not expanded; *wrongly scoped* are those that the grammar does not call one, and others that it does.
*Parser errors* are what preprocessor, parser and assembler say, *false diagnostics* these and vet's. *Same bytes*: the file
and the formatted file make the same object by \`go tool asm\`, line table included.

${[text(cells[0]), rule, ...cells.slice(1).map(text)].join('\n')}

What is reported and wrong indeed:

${list(right)}${refused.length ? `\nWhat \`go tool asm\` refuses as it is:\n\n${list(refused)}` : ''}`,
);
process.stdout.write(`${REPORT}\n`);
