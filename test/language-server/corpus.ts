/** Go's own assembly, from the installation on the PATH: every .s file of src outside testdata. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Surroundings } from '../../language-server/check/check.ts';
import { type AssemblyFile, assemblyFile } from '../../language-server/syntax/file.ts';
import { headerMacros } from '../../language-server/syntax/headers.ts';
import type { Included } from '../../language-server/syntax/preprocess.ts';
import { lineOf, parseSource } from '../../language-server/syntax/tree.ts';
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

/** The headers as `go build` finds them; go_asm.h, which the compiler makes, may define any constant. */
export function surroundings(path: string): Surroundings {
  const folders = [dirname(path), join(go!.root, 'pkg', 'include'), join(go!.root, 'src', 'runtime')];
  return {
    allowAbi: true,
    include(name): Included {
      if (name === 'go_asm.h') return { is: 'macros', macros: [], complete: false };
      const macros = headerMacros(name);
      if (macros) return { is: 'macros', macros, complete: true };
      const found = folders.map(folder => join(folder, name)).find(candidate => existsSync(candidate));
      return found ? { is: 'source', source: parseSource(readFileSync(found, 'utf8')) } : { is: 'missing' };
    },
  };
}

export function lineOfToken(file: AssemblyFile, token: number): number {
  const at = file.source.tokens[token]?.start ?? file.source.text.length;
  return lineOf(file.source, at) + 1;
}
