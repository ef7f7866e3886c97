/**
 * What is measured of each file of Go's own assembly: the tests say that it is as it has to be, and
 * scripts/assembly-report.ts makes a table of it.
 */
import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { checkFile } from '../../language-server/check/check.ts';
import { definesFor } from '../../language-server/check/defines.ts';
import { formatted } from '../../language-server/features/format.ts';
import { goAsmMacros } from '../../language-server/go/go-asm.ts';
import type { Architecture, Target } from '../../language-server/syntax/architecture.ts';
import { type AssemblyFile, assemblyFile } from '../../language-server/syntax/file.ts';
import { lineOf, statements } from '../../language-server/syntax/tree.ts';
import { isDirective } from '../../language-server/syntax/words.ts';
import { folderOf } from '../../language-server/uri.ts';
import { importPath, packageOf, surroundingsOf } from '../../language-server/workspace.ts';
import { committedTables } from '../../scripts/grammar.ts';
import { tokenize } from '../grammar/tokenize.ts';
import { type CorpusFile, go, lineOfToken, world } from './corpus.ts';

// Problems

/**
 * What is wrong indeed: go vet says the same of the first four when their build tags are set, and the label of the others is
 * in another function.
 */
const RIGHT = [
  /^runtime\/libfuzzer_(amd64|arm64)\.s:\d+: .* libfuzzerCall4: unknown variable hookId; offset 8 is fakePC\+8\(FP\)$/,
  /^runtime\/valgrind_(amd64|arm64)\.s:\d+: .* valgrindClientRequest: unknown variable args; offset 0 is arg\+0\(FP\)$/,
  /^runtime\/msan_loong64\.s:\d+: undefined label call$/,
];
/** How go vet's messages begin. */
const VET = /^\[\w+\] |^frame pointer /;

export interface Problems {
  /** As a line each, `name:line: message`; what is wrong indeed is in none but the last. */
  readonly assembler: string[];
  readonly vet: string[];
  readonly hints: string[];
  readonly right: string[];
  /** Read as the assembler reads them, macros expanded, by architecture. */
  readonly instructions: ReadonlyMap<Architecture, number>;
}

export function problemsOf({ name, file }: CorpusFile): Problems {
  const { problems, assembled } = checkFile(file, surroundingsOf(world, file.uri));
  const found = { assembler: [] as string[], vet: [] as string[], hints: [] as string[], right: [] as string[] };
  for (const { span, message, severity } of problems) {
    const line = `${name}:${lineOfToken(file, span.from)}: ${message}`;
    if (severity === 'hint') found.hints.push(line);
    else if (RIGHT.some(pattern => pattern.test(line))) found.right.push(line);
    else if (VET.test(message)) found.vet.push(line);
    else found.assembler.push(line);
  }
  const instructions = new Map(
    assembled.map(({ target, program }) => [
      target.architecture,
      program.functions.reduce((sum, fn) => sum + fn.instructions.length, 0),
    ]),
  );
  return { ...found, instructions };
}

// Scopes

const tables = new Map(
  committedTables().tables.flatMap(({ architectures, instructions }) =>
    architectures.map(name => [name, { first: architectures[0], words: new Set(instructions.split(' ')) }] as const),
  ),
);

export interface Scopes {
  /** Words that are instructions of the file's architecture, and words in their place that are not: macros. */
  readonly mnemonics: number;
  readonly macros: number;
  /** Characters that are no white space, and those of them without a scope. */
  readonly text: number;
  readonly unscoped: number;
  /** Mnemonics that are not scoped as one, others that are, text that is called invalid: a line each. */
  readonly wrong: readonly string[];
}

export async function scopesOfFile({ name, file: { source, targets } }: CorpusFile): Promise<Scopes> {
  const { lines, depth, stoppedEarly } = await tokenize(source.text);
  const wrong: string[] = [];
  if (depth !== 1 || stoppedEarly) wrong.push(`${name}: the grammar is ${depth} deep at the end`);
  const names = [...new Set(targets.map(({ architecture }) => architecture))];
  const counts = { mnemonics: 0, macros: 0, text: 0, unscoped: 0 };
  /** Scope of what begins at an offset. */
  const scopes = new Map<number, string>();
  lines.forEach((line, index) => {
    let at = source.lineStarts[index];
    for (const { text, scope } of line) {
      if (scope.includes('invalid')) wrong.push(`${name}:${index + 1}: ${text}: ${scope}`);
      const length = text.replace(/\s/g, '').length;
      counts.text += length;
      if (scope === '') counts.unscoped += length;
      scopes.set(at + text.length - text.trimStart().length, scope);
      at += text.length;
    }
  });
  const defined = new Set(
    source.items.flatMap(item =>
      item.is === 'directive' && item.name === 'define' && item.argument !== undefined
        ? [source.tokens[item.argument].text]
        : [],
    ),
  );
  for (const { word } of statements(source)) {
    if (word === undefined) continue;
    const { text, start } = source.tokens[word];
    if (isDirective(text) || defined.has(text)) continue;
    const scope = scopes.get(start) ?? '';
    const own = names.filter(each => tables.get(each)!.words.has(text));
    const told = /keyword\.other\.instruction\.(\S+)/.exec(scope)?.[1].split('.') ?? [];
    const line = `${name}:${lineOf(source, start) + 1}: ${text}: ${scope}`;
    if (own.length > 0) {
      counts.mnemonics++;
      if (!told.includes('branch') && !own.every(each => told.includes(tables.get(each)!.first))) wrong.push(line);
    } else {
      counts.macros++;
      if (names.some(each => told.includes(tables.get(each)!.first))) wrong.push(line);
    }
  }
  return { ...counts, wrong };
}

// Formatting

export interface Formatting {
  readonly text: string;
  readonly changed: boolean;
  /** Where formatting what is formatted changes something: a sentence. */
  readonly twice?: string;
  readonly sameTokens: boolean;
}

const words = (file: AssemblyFile) => file.source.tokens.map(token => token.text.trimEnd()).join('\0');

export function formattingOf({ name, file }: CorpusFile): Formatting {
  const text = formatted(file);
  const once = assemblyFile(file.uri, text);
  const again = formatted(once);
  let twice: string | undefined;
  if (again !== text) {
    const [a, b] = [text.split('\n'), again.split('\n')];
    const line = a.findIndex((each, index) => each !== b[index]);
    twice = `${name}:${line + 1}: ${JSON.stringify(a[line])} becomes ${JSON.stringify(b[line])}`;
  }
  return { text, changed: text !== file.source.text, twice, sameTokens: words(once) === words(file) };
}

// The assembler

const run = promisify(execFile);
let assembler: string | undefined;

export interface AssemblerAnswer {
  /** The object file; undefined where the assembler refuses the text. */
  readonly object?: Buffer;
  readonly said: string;
}

/**
 * Runs `go tool asm` on a text in the place of a file of the corpus, in a folder of its own. go_asm.h is what this language
 * server computes, with 8 for a value that it cannot: it is the same whatever the text is.
 */
export async function assembleText(
  folder: string,
  { path, file }: CorpusFile,
  target: Target,
  text: string,
): Promise<AssemblerAnswer> {
  assembler ??= execFileSync('go', ['tool', '-n', 'asm'], { encoding: 'utf8' }).trim();
  mkdirSync(folder, { recursive: true });
  const source = join(folder, basename(path));
  const object = join(folder, 'out.o');
  const made = packageOf(world, folderOf(file.uri), target, /_test\.s$/.test(file.uri));
  const constants = made ? goAsmMacros(made) : [];
  const value = (body: readonly { text: string }[]) => body.map(token => token.text).join('') || '8';
  writeFileSync(
    join(folder, 'go_asm.h'),
    constants.map(({ name, body }) => `#define ${name} ${value(body)}\n`).join(''),
  );
  writeFileSync(source, text);
  rmSync(object, { force: true });
  const includes = [folder, dirname(path), join(go!.root, 'pkg', 'include'), join(go!.root, 'src', 'runtime')];
  const defines = definesFor(target).filter(name => !name.startsWith('GOEXPERIMENT_'));
  const words = [
    ...['-p', importPath(world, folderOf(file.uri))],
    ...includes.flatMap(name => ['-I', name]),
    ...defines.flatMap(name => ['-D', name]),
    ...['-o', object, source],
  ];
  // z/OS is no system of Go's own assembler, which knows it by nothing but GOOS_zos.
  const system = target.system === 'zos' ? 'linux' : (target.system ?? 'linux');
  const env = { ...process.env, GOARCH: target.architecture, GOOS: system };
  try {
    await run(assembler, words, { env, timeout: 20_000 });
    return { object: readFileSync(object), said: '' };
  } catch (error) {
    return { said: (error as { stderr?: string }).stderr ?? String(error) };
  }
}

export interface Bytes {
  /** Whether the formatted text assembles to the same object; undefined where the file as it is does not assemble. */
  readonly same?: boolean;
  readonly said: string;
}

/** Lines stay lines, so that even the line table is the same. The folder is one that nobody else uses meanwhile. */
export async function bytesOf(folder: string, each: CorpusFile, target: Target, text: string): Promise<Bytes> {
  const before = await assembleText(folder, each, target, each.file.source.text);
  if (!before.object) return { said: before.said };
  if (text === each.file.source.text) return { same: true, said: '' };
  const after = await assembleText(folder, each, target, text);
  return { same: after.object !== undefined && before.object.equals(after.object), said: after.said };
}
