/** Go's own assembly, from the installation on the PATH: every .s file of src outside testdata. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { diskFiles } from '../../language-server/files.node.ts';
import { type AssemblyFile, assemblyFile } from '../../language-server/syntax/file.ts';
import { lineOf } from '../../language-server/syntax/tree.ts';
import type { World } from '../../language-server/workspace.ts';
import { goToolchain } from '../../scripts/grammar.ts';

export const ci = process.env.CI === 'true' || process.env.CI === '1';
export const go = goToolchain();

export interface CorpusFile {
  readonly path: string;
  /** Below src. */
  readonly name: string;
  readonly file: AssemblyFile;
}

export function corpus(): CorpusFile[] {
  const root = join(go!.root, 'src');
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.s') && !name.split('/').includes('testdata'))
    .sort()
    .map(name => {
      const path = join(root, name);
      return { path, name, file: assemblyFile(pathToFileURL(path).href, readFileSync(path, 'utf8')) };
    });
}

export const world: World = { files: diskFiles, goRoot: go && pathToFileURL(go.root).href };

export function lineOfToken(file: AssemblyFile, token: number): number {
  const at = file.source.tokens[token]?.start ?? file.source.text.length;
  return lineOf(file.source, at) + 1;
}
