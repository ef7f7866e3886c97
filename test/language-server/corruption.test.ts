/**
 * It does not pass by accepting everything: one token of a file is deleted, doubled, exchanged with its neighbour or replaced
 * by another of the file. What `go tool asm` then refuses has to be reported, on the line that the assembler names.
 */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { checkFile } from '../../language-server/check/check.ts';
import { definesFor } from '../../language-server/check/defines.ts';
import type { Target } from '../../language-server/syntax/architecture.ts';
import { assemblyFile } from '../../language-server/syntax/file.ts';
import { importPath, surroundingsOf } from '../../language-server/workspace.ts';
import { type CorpusFile, ci, corpus, go, lineOfToken, world } from './corpus.ts';

/** So many that the assembler refuses. */
const WANTED = Number(process.env.RING3_CORRUPTIONS ?? 1000);
const AT_ONCE = 4;
const LARGEST = 20_000;

/** A generator of Marsaglia's xorshift kind, so that a run repeats. */
function random(seed: number): (below: number) => number {
  let state = seed >>> 0 || 1;
  return below => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

const run = promisify(execFile);

/** Lines that the assembler complains about; empty when it takes the file. */
async function refused(
  folder: string,
  { path, file }: CorpusFile,
  target: Target,
  text: string,
  slot: number,
): Promise<number[]> {
  const own = join(folder, String(slot));
  const source = join(own, basename(path));
  writeFileSync(source, text);
  const defines = definesFor(target)
    .filter(name => !name.startsWith('GOEXPERIMENT_'))
    .flatMap(name => ['-D', name]);
  const includes = [dirname(path), join(go!.root, 'pkg', 'include'), join(go!.root, 'src', 'runtime')].flatMap(name => [
    '-I',
    name,
  ]);
  const name = importPath(world, file.uri.slice(0, file.uri.lastIndexOf('/')));
  try {
    await run('go', ['tool', 'asm', '-p', name, ...includes, ...defines, '-o', join(own, 'out.o'), source], {
      env: { ...process.env, GOARCH: target.architecture, GOOS: target.system ?? 'linux' },
      timeout: 20_000,
    });
    return [];
  } catch (error) {
    const said = (error as { stderr?: string }).stderr ?? '';
    const lines = [...said.matchAll(new RegExp(`${basename(path)}:(\\d+)`, 'g'))].map(match => Number(match[1]));
    return lines.length ? lines : [0];
  }
}

function corrupt(
  text: string,
  tokens: readonly { start: number; end: number; kind: string; text: string }[],
  pick: (below: number) => number,
): { text: string; what: string } {
  const usable = tokens.flatMap((token, index) =>
    token.kind === 'newline' || token.kind === 'comment' ? [] : [index],
  );
  const index = usable[pick(usable.length)];
  const token = tokens[index];
  const replace = (by: string) => text.slice(0, token.start) + by + text.slice(token.end);
  const other = tokens[usable[pick(usable.length)]];
  const next = tokens[index + 1];
  switch (pick(4)) {
    case 0:
      return { text: replace(''), what: `without ${token.text}` };
    case 1:
      return { text: replace(`${token.text} ${token.text}`), what: `double ${token.text}` };
    case 2:
      if (next && next.kind !== 'newline' && next.kind !== 'comment') {
        return {
          text: `${text.slice(0, token.start)}${next.text} ${token.text}${text.slice(next.end)}`,
          what: `${next.text} before ${token.text}`,
        };
      }
      return { text: replace(''), what: `without ${token.text}` };
    default:
      return { text: replace(other.text), what: `${other.text} for ${token.text}` };
  }
}

test(`${WANTED} corruptions that go tool asm refuses`, { timeout: 1_200_000 }, async context => {
  if (!go && !ci) return context.skip('no Go on the PATH');
  const files = corpus().filter(
    ({ file }) =>
      !/go_asm\.h/.test(file.source.text) &&
      file.source.text.length < LARGEST &&
      file.source.items.length > 3 &&
      file.targets.length === 1 &&
      file.targets[0].architecture !== 'wasm',
  );
  const folder = mkdtempSync(join(tmpdir(), 'ring3-corruption-'));
  const pick = random(20261121);
  const table = new Map<string, { refused: number; reported: number; accepted: number; falsely: number }>();
  const missed: string[] = [];
  const falsely: string[] = [];
  let count = 0;
  try {
    const fine: CorpusFile[] = [];
    for (let slot = 0; slot < AT_ONCE; slot++) mkdirSync(join(folder, String(slot)));
    const next = async (slot: number) => {
      while (count < WANTED) {
        const each = files[pick(files.length)];
        const [target] = each.file.targets;
        if (!fine.includes(each)) {
          if ((await refused(folder, each, target, each.file.source.text, slot)).length > 0) {
            files.splice(files.indexOf(each), files.includes(each) ? 1 : 0);
            continue;
          }
          fine.push(each);
        }
        const { text, what } = corrupt(each.file.source.text, each.file.source.tokens, pick);
        const lines = await refused(folder, each, target, text, slot);
        const changed = assemblyFile(each.file.uri, text);
        const { problems } = checkFile(changed, surroundingsOf(world, changed.uri));
        const errors = problems.filter(({ severity = 'error' }) => severity === 'error');
        const told = errors.map(({ span }) => lineOfToken(changed, span.from));
        const row = table.get(target.architecture) ?? { refused: 0, reported: 0, accepted: 0, falsely: 0 };
        table.set(target.architecture, row);
        if (lines.length === 0) {
          row.accepted++;
          if (errors.length > 0) {
            row.falsely++;
            falsely.push(`${each.name}: ${what}: line ${told[0]}: ${errors[0].message}`);
          }
          continue;
        }
        if (count >= WANTED) return;
        count++;
        row.refused++;
        if (told.some(line => lines.includes(line))) row.reported++;
        else
          missed.push(
            `${each.name}:${lines[0]}: ${what}: ${changed.source.text.split('\n')[lines[0] - 1]?.trim()} (told ${told.slice(0, 3)})`,
          );
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, (_, slot) => next(slot)));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  console.table(Object.fromEntries(table));
  if (process.env.RING3_VERBOSE) console.log(`missed\n${missed.join('\n')}\nfalsely\n${falsely.join('\n')}`);
  const rows = [...table.values()];
  const reported = rows.reduce((sum, row) => sum + row.reported, 0);
  expect(reported / count, missed.slice(0, 20).join('\n')).toBeGreaterThanOrEqual(0.9);
  // What the assembler takes is not complained about.
  expect(
    falsely.length / rows.reduce((sum, row) => sum + row.accepted, 0),
    falsely.slice(0, 20).join('\n'),
  ).toBeLessThan(0.05);
});
