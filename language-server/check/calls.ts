/**
 * Calls from assembly into Go. While Go runs, the garbage collector may look at the caller's frame, and ends the program
 * ("untyped locals") when nothing says where its pointers are.
 */
import type { PackageAt } from '../go/package.ts';
import { functionNamed } from '../go/package.ts';
import type { Problem } from '../syntax/preprocess.ts';
import type { Assembled, AssemblyFunction } from './assemble.ts';

const CALLS = new Set(['CALL', 'BL', 'JAL']);
/** textflag.h */
const NOFRAME = 512n;

/** `path` is the package's import path: packages of the runtime call on stacks of their own and are left out. */
export function callProblems(program: Assembled, goPackage: PackageAt | undefined, path: string): Problem[] {
  if (!goPackage || /^(runtime|internal\/runtime|reflect|syscall)(\/|$)/.test(path)) return [];
  return program.functions.flatMap((fn, index) => {
    const end = program.functions[index + 1]?.at ?? program.expansion.tokens.length;
    return missingPointers(program, fn, end, goPackage, path);
  });
}

function missingPointers(
  { expansion: { tokens } }: Assembled,
  fn: AssemblyFunction,
  end: number,
  goPackage: PackageAt,
  path: string,
): Problem[] {
  if (!fn.frame || fn.frame < 0 || fn.flags === undefined || (fn.flags & NOFRAME) !== 0n) return [];
  // Calls are rarer than frames: they are looked for first.
  if (!fn.instructions.some(({ word }) => CALLS.has(word))) return [];
  const told = tokens.slice(fn.at, end).some(({ text }) => text === 'FUNCDATA' || text === 'NO_LOCAL_POINTERS');
  if (told) return [];
  for (const { word, operands } of fn.instructions) {
    const [target] = operands;
    if (!CALLS.has(word) || target?.pseudo !== 'SB' || target.symbol === undefined || target.isStatic) continue;
    const name = target.symbol.startsWith('.') ? target.symbol.slice(1) : localPart(target.symbol, path);
    if (name === undefined || !functionNamed(goPackage, name)?.fn.hasBody) continue;
    const [from, to] = [tokens[target.from].at, tokens[target.to - 1].at + 1];
    return [
      {
        message: `${name} is Go, and the frame of ${fn.frame} bytes says nothing about its pointers: write NO_LOCAL_POINTERS (funcdata.h) if it holds none`,
        span: { from, to },
        severity: 'warning',
        fix: { is: 'no pointers' },
      },
    ];
  }
  return [];
}

const localPart = (symbol: string, path: string): string | undefined =>
  symbol.startsWith(`${path}.`) ? symbol.slice(path.length + 1) : undefined;
