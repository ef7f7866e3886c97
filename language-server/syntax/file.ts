/** What is known of one open file: its text as a tree, and which processors it is for. Kept until its text changes. */

import { decoded } from '../uri.ts';
import { type Target, targetsOf } from './architecture.ts';
import { reparse } from './reparse.ts';
import { parseSource, type Source } from './tree.ts';

export interface AssemblyFile {
  readonly uri: string;
  readonly source: Source;
  /** Empty when no architecture is left by its name and constraint. */
  readonly targets: readonly Target[];
}

/** `previous` is the tree of the text before an edit: what did not change is taken from it. */
export function assemblyFile(uri: string, text: string, previous?: Source): AssemblyFile {
  const source = previous ? reparse(previous, text) : parseSource(text);
  return { uri, source, targets: targetsOf(decoded(uri), text) };
}

export function isFor(file: AssemblyFile, architecture: Target['architecture']): boolean {
  return file.targets.some(target => target.architecture === architecture);
}
