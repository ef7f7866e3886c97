/**
 * Checks a file for each processor it is for: what the assembler would refuse, and what `go vet` and the ABI say. A
 * problem that several processors have is told once.
 */
import type { Target } from '../syntax/architecture.ts';
import { assemblerOf } from '../syntax/assembler.ts';
import type { AssemblyFile } from '../syntax/file.ts';
import { type Include, type Problem, preprocess } from '../syntax/preprocess.ts';
import { lineOf } from '../syntax/tree.ts';
import { type Assembled, assemble } from './assemble.ts';
import { definesFor } from './defines.ts';

/** What a file's folder and Go's installation tell about it. */
export interface Surroundings {
  readonly include: Include;
  /** The package may select an ABI (cmd/internal/objabi, PkgSpecial): the runtime's own. */
  readonly allowAbi: boolean;
}

export interface Checked {
  readonly problems: readonly Problem[];
  /** One for each target that was looked at. */
  readonly assembled: readonly { readonly target: Target; readonly program: Assembled }[];
}

/** Of files that do not say what they are for, the usual processors are looked at. */
const USUAL = ['amd64', 'arm64'];
/** More than these share a file only where it holds next to nothing. */
const MOST_TARGETS = 4;

export function checkedTargets({ targets }: AssemblyFile): readonly Target[] {
  if (targets.length <= MOST_TARGETS) return targets;
  const usual = targets.filter(({ architecture }) => USUAL.includes(architecture));
  return usual.length ? usual : targets.slice(0, 1);
}

/** Never throws. */
export function checkFile(file: AssemblyFile, { include, allowAbi }: Surroundings): Checked {
  const { source } = file;
  const assembled: { target: Target; program: Assembled }[] = [];
  const problems: Problem[] = [];
  const seen = new Set<string>();
  const targets = checkedTargets(file);
  for (const target of targets) {
    const expansion = preprocess(source, include, definesFor(target));
    const program = assemble(expansion, assemblerOf(target.architecture), { allowAbi });
    assembled.push({ target, program });
    for (const problem of [...expansion.problems, ...program.problems]) {
      const token = source.tokens[problem.span.from];
      const key = `${token ? lineOf(source, token.start) : 0} ${problem.message}`;
      if (seen.has(key)) continue;
      seen.add(key);
      problems.push(problem);
    }
  }
  problems.sort((a, b) => a.span.from - b.span.from);
  return { problems, assembled };
}
