/**
 * The assembler's own test files: its encoder vectors have no problem, and of the lines it expects an error for, a share is
 * reported.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { checkFile } from '../../language-server/check/check.ts';
import type { Architecture } from '../../language-server/syntax/architecture.ts';
import { type AssemblyFile, assemblyFile } from '../../language-server/syntax/file.ts';
import { surroundingsOf } from '../../language-server/workspace.ts';
import { ci, go, lineOfToken, world } from './corpus.ts';

const NAMES = /^(avx512enc|armv6|amd64|386|arm64|arm|loong64|mips64|mips|ppc64|riscv64|s390x)/;

function files(): { name: string; file: AssemblyFile }[] {
  const folder = join(go!.root, 'src', 'cmd', 'asm', 'internal', 'asm', 'testdata');
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.s'))
    .map(name => {
      const path = join(folder, name);
      const architecture = (NAMES.exec(name)?.[1] ?? 'amd64')
        .replace('avx512enc', 'amd64')
        .replace('armv6', 'arm') as Architecture;
      const file = assemblyFile(pathToFileURL(path).href, readFileSync(path, 'utf8'));
      return { name, file: { ...file, targets: [{ architecture }] } };
    });
}

/** Lines with an error, and what it is; nothing is compared with Go. */
function errors(file: AssemblyFile): Map<number, string> {
  const { problems } = checkFile(file, { ...surroundingsOf(world, file.uri), declarations: () => undefined });
  const list = problems.filter(({ severity = 'error' }) => severity === 'error');
  return new Map(list.map(({ span, message }) => [lineOfToken(file, span.from), message]));
}

test('encoder vectors have no problem', { timeout: 120_000 }, context => {
  if (!go && !ci) return context.skip('no Go on the PATH');
  const found: string[] = [];
  let lines = 0;
  for (const { name, file } of files().filter(each => !/error|validation/.test(each.name))) {
    lines += file.source.items.length;
    for (const [line, message] of errors(file)) found.push(`${name}:${line}: ${message}`);
  }
  expect(found).toEqual([]);
  expect(lines).toBeGreaterThan(20_000);
});

test('lines with an error', { timeout: 120_000 }, context => {
  if (!go && !ci) return context.skip('no Go on the PATH');
  const table: Record<string, { wanted: number; reported: number; share: string }> = {};
  for (const { name, file } of files().filter(each => /error|validation/.test(each.name))) {
    const told = errors(file);
    const wanted = file.source.text
      .split('\n')
      .flatMap((line, index) => (line.includes('// ERROR') ? [index + 1] : []));
    const reported = wanted.filter(line => told.has(line)).length;
    table[name] = { wanted: wanted.length, reported, share: `${Math.round((100 * reported) / wanted.length)} %` };
  }
  console.table(table);
  expect(table['amd64error.s'].reported / table['amd64error.s'].wanted).toBeGreaterThanOrEqual(0.8);
  expect(table['duperror.s'].reported).toBe(table['duperror.s'].wanted);
});
