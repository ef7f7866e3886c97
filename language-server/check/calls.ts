/**
 * Calls from assembly into Go. While Go runs, the garbage collector may look at the caller's frame, and ends the program
 * ("untyped locals") when nothing says where its pointers are.
 */
import type { PackageAt } from '../go/package.ts';
import { functionNamed } from '../go/package.ts';
import { type Problem, sourceSpan } from '../syntax/preprocess.ts';
import { hasFlag } from '../syntax/words.ts';
import type { Assembled, AssemblyFunction } from './assemble.ts';

const CALLS = new Set(['CALL', 'BL', 'JAL']);

/** `path` is the package's import path: packages of the runtime call on stacks of their own and are left out. */
export function callProblems(program: Assembled, goPackage: PackageAt | undefined, path: string): Problem[] {
  if (!goPackage || /^(runtime|internal\/runtime|reflect|syscall)(\/|$)/.test(path)) return [];
  return program.functions.flatMap(fn => missingPointers(program, fn, goPackage, path));
}

function missingPointers(
  { expansion: { tokens } }: Assembled,
  fn: AssemblyFunction,
  goPackage: PackageAt,
  path: string,
): Problem[] {
  if (!fn.frame || fn.frame < 0 || fn.flags === undefined || hasFlag(fn.flags, 'NOFRAME')) return [];
  if (fn.describesPointers) return [];
  for (const { word, operands, at } of fn.instructions) {
    const [target] = operands;
    if (!CALLS.has(word) || target?.pseudo !== 'SB' || target.symbol === undefined || target.isStatic) continue;
    const name = target.symbol.startsWith('.') ? target.symbol.slice(1) : localPart(target.symbol, path);
    if (name === undefined || !functionNamed(goPackage, name)?.fn.hasBody) continue;
    return [
      {
        message: `${name} is Go, and the frame of ${fn.frame} bytes says nothing about its pointers: write NO_LOCAL_POINTERS (funcdata.h) if it holds none`,
        span: sourceSpan(tokens, at + target.from, at + target.to),
        severity: 'warning',
        fix: { is: 'no pointers' },
      },
    ];
  }
  return [];
}

const localPart = (symbol: string, path: string): string | undefined =>
  symbol.startsWith(`${path}.`) ? symbol.slice(path.length + 1) : undefined;
