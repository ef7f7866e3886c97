/**
 * asmdecl and framepointer against go vet's own expectations: the testdata of golang.org/x/tools, which is fetched as a Go
 * module. Every line says what is wanted of it.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { asmdecl } from '../../language-server/check/asmdecl.ts';
import { framepointer } from '../../language-server/check/framepointer.ts';
import { diskFiles } from '../../language-server/files.node.ts';
import { declaredFrame, goFiles, packageAt } from '../../language-server/go/package.ts';
import type { Architecture, Target } from '../../language-server/syntax/architecture.ts';
import { type AssemblyFile, assemblyFile } from '../../language-server/syntax/file.ts';
import type { Problem } from '../../language-server/syntax/preprocess.ts';
import { ci, go, lineOfToken } from './corpus.ts';

const MODULE = 'golang.org/x/tools@v0.52.0';

/** The module's folder; undefined where it is neither there nor can be fetched. */
function tools(): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'ring3-tools-'));
  try {
    const answer = execFileSync('go', ['mod', 'download', '-json', MODULE], {
      cwd: folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      env: { ...process.env, GOFLAGS: '-mod=mod' },
    });
    return JSON.parse(answer).Dir;
  } catch {
    return undefined;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Compared {
  wanted: number;
  missing: string[];
  extra: string[];
}

/** `// want` comments hold regular expressions, in backquotes or quotes. */
function compare(file: AssemblyFile, problems: readonly Problem[], name: string, compared: Compared): void {
  const told = new Map<number, string[]>();
  for (const { span, message } of problems) {
    const line = lineOfToken(file, span.from);
    told.set(line, [...(told.get(line) ?? []), message]);
  }
  file.source.text.split('\n').forEach((text, index) => {
    const messages = told.get(index + 1) ?? [];
    const want = /\/\/ want (.*)$/.exec(text)?.[1] ?? '';
    for (const [, plain, quoted] of want.matchAll(/`([^`]*)`|"((?:[^"\\]|\\.)*)"/g)) {
      compared.wanted++;
      const pattern = new RegExp(plain ?? JSON.parse(`"${quoted}"`));
      const at = messages.findIndex(message => pattern.test(message));
      if (at < 0) compared.missing.push(`${name}:${index + 1}: ${pattern.source}`);
      else messages.splice(at, 1);
    }
    for (const message of messages) compared.extra.push(`${name}:${index + 1}: ${message}`);
  });
}

function filesOf(folder: string): { name: string; file: AssemblyFile }[] {
  return readdirSync(folder)
    .filter(name => name.endsWith('.s'))
    .map(name => {
      const path = join(folder, name);
      return { name, file: assemblyFile(pathToFileURL(path).href, readFileSync(path, 'utf8')) };
    });
}

const module = go ? tools() : undefined;
const passes = module && join(module, 'go', 'analysis', 'passes');

test('asmdecl reports what go vet does', context => {
  if (!passes && !ci) return context.skip(`${MODULE} is not there`);
  const folder = join(passes!, 'asmdecl', 'testdata', 'src', 'a');
  const compared: Compared = { wanted: 0, missing: [], extra: [] };
  for (const { name, file } of filesOf(folder)) {
    // vet runs with one GOARCH at a time, and asm4.s is for two.
    const build = /\/\/ ?\+build (\S+)/.exec(file.source.text)?.[1];
    const architecture = (file.targets.length === 1 ? file.targets[0].architecture : build) as Architecture;
    const target: Target = { architecture };
    const goPackage = packageAt(goFiles(diskFiles, pathToFileURL(folder).href)!, 'a', target, {
      imported: () => undefined,
    })!;
    const problems = asmdecl(file.source, architecture, {
      path: 'a',
      frame: fn => declaredFrame(goPackage, fn, target),
    });
    compare(file, problems, name, compared);
  }
  expect(compared.missing).toEqual([]);
  expect(compared.extra).toEqual([]);
  expect(compared.wanted).toBeGreaterThanOrEqual(1030);
});

test('framepointer reports what go vet does', context => {
  if (!passes && !ci) return context.skip(`${MODULE} is not there`);
  const folder = join(passes!, 'framepointer', 'testdata', 'src', 'a');
  const compared: Compared = { wanted: 0, missing: [], extra: [] };
  for (const { name, file } of filesOf(folder)) {
    for (const target of file.targets) compare(file, framepointer(file, target), name, compared);
  }
  expect(compared.missing).toEqual([]);
  expect(compared.extra).toEqual([]);
  expect(compared.wanted).toBe(13);
});
