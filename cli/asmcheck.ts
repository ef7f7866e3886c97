/** `ring3 asmcheck`: what is wrong with Go assembly files, one `file:line:col: message` a line. */
import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { checkFile } from '../language-server/check/check.ts';
import { diskFiles, goRoot } from '../language-server/files.node.ts';
import { assemblyFile } from '../language-server/syntax/file.ts';
import { positionAt } from '../language-server/syntax/tree.ts';
import { surroundingsOf } from '../language-server/workspace.ts';
import { EXIT, Exit } from './exit.ts';
import { type Parsed, UsageError } from './options.ts';

/** Exit code 1 when something was found. */
export async function asmcheck(_options: Parsed, words: readonly string[]): Promise<number> {
  if (words.length === 0) throw new UsageError('name one or more .s files');
  const world = { files: diskFiles, goRoot: goRoot() };
  let found = 0;
  for (const word of words) {
    let text: string;
    try {
      if (statSync(word).isDirectory()) throw new UsageError(`${word} is a folder; name its .s files`);
      text = readFileSync(word, 'utf8');
    } catch (error) {
      if (error instanceof UsageError) throw error;
      throw new Exit(EXIT.notFound, (error as Error).message);
    }
    const file = assemblyFile(pathToFileURL(resolve(word)).href, text);
    // Hints are for editors, which show them where one looks.
    const problems = checkFile(file, surroundingsOf(world, file.uri)).problems.filter(
      ({ severity }) => severity !== 'hint',
    );
    for (const { message, span } of problems) {
      const { line, character } = positionAt(file.source, file.source.tokens[span.from]?.start ?? 0);
      process.stdout.write(`${word}:${line + 1}:${character + 1}: ${message}\n`);
    }
    found += problems.length;
  }
  return found > 0 ? 1 : 0;
}
