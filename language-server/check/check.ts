/**
 * Checks a file for each processor it is for: what the assembler would refuse, and what `go vet` and the ABI say. A
 * problem that several processors have is told once.
 */

import type { PackageAt } from '../go/package.ts';
import type { Target } from '../syntax/architecture.ts';
import { assemblerOf } from '../syntax/assembler.ts';
import type { AssemblyFile } from '../syntax/file.ts';
import { type Include, type Problem, preprocess } from '../syntax/preprocess.ts';
import { lineOf, type Source } from '../syntax/tree.ts';
import { advice } from './advice.ts';
import { asmdecl, type Declarations } from './asmdecl.ts';
import { type Assembled, assemble } from './assemble.ts';
import { callProblems } from './calls.ts';
import { definesFor } from './defines.ts';
import { framepointer } from './framepointer.ts';

/** What a file's folder and Go's installation tell about it. */
export interface Surroundings {
  include(name: string, target: Target): ReturnType<Include>;
  /** Undefined where the Go package cannot be read: nothing is compared with it then. */
  declarations(target: Target): Declarations | undefined;
  goPackage(target: Target): PackageAt | undefined;
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

/** A `//go:build` line counts only before everything else. */
function misplacedConstraints({ text: whole, tokens, items }: Source): Problem[] {
  if (!whole.includes('//go:build', tokens[items[0]?.from]?.start)) return [];
  const first = items[0]?.from ?? tokens.length;
  return tokens.flatMap(({ kind, text }, index) =>
    index > first && kind === 'comment' && /^\/\/go:build\s/.test(text)
      ? [{ message: 'misplaced //go:build comment', span: { from: index, to: index + 1 } }]
      : [],
  );
}

/** Never throws. */
export function checkFile(file: AssemblyFile, surroundings: Surroundings): Checked {
  const { source } = file;
  const assembled: { target: Target; program: Assembled }[] = [];
  const problems: Problem[] = [];
  const seen = new Set<string>();
  const targets = checkedTargets(file);
  problems.push(...misplacedConstraints(source));
  for (const target of targets) {
    const expansion = preprocess(source, name => surroundings.include(name, target), definesFor(target));
    const program = assemble(expansion, assemblerOf(target.architecture), surroundings);
    assembled.push({ target, program });
    const declarations = surroundings.declarations(target);
    const calls = callProblems(program, surroundings.goPackage(target), declarations?.path ?? '');
    const vet = [
      ...(declarations ? asmdecl(source, target.architecture, declarations) : []),
      ...(declarations?.path === 'runtime' ? [] : framepointer(file, target)),
    ];
    for (const problem of [...expansion.problems, ...program.problems, ...vet, ...advice(program), ...calls]) {
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
