/** What Go knows of the function one is in: its declaration, its frame, its source text. */

import { checkedTargets } from '../check/check.ts';
import type { Frame, FrameVariable } from '../go/frame.ts';
import { frameOf } from '../go/frame.ts';
import { functionNamed, type PackageAt } from '../go/package.ts';
import type { Target } from '../syntax/architecture.ts';
import type { AssemblyFile } from '../syntax/file.ts';
import type { FunctionText } from '../syntax/model.ts';
import { folderOf } from '../uri.ts';
import { localName, packageOf, type World } from '../workspace.ts';

export interface GoSide {
  /** `func Add(a, b int64) int64`, as it is written. */
  readonly declaration: string;
  readonly frame: Frame | undefined;
}

/** The processor that answers about a file are for. */
export const mainTarget = (file: AssemblyFile): Target | undefined => checkedTargets(file)[0];

export function goPackageOf(world: World, file: AssemblyFile): PackageAt | undefined {
  const target = mainTarget(file);
  return target && packageOf(world, folderOf(file.uri), target, /_test\.s$/.test(file.uri));
}

/** Of a symbol as the linker knows it. */
export function goSideOf(world: World, file: AssemblyFile, symbol: string): GoSide | undefined {
  const target = mainTarget(file);
  const name = localName(world, folderOf(file.uri), symbol);
  const goPackage = name === undefined ? undefined : goPackageOf(world, file);
  const found = goPackage && name !== undefined ? functionNamed(goPackage, name) : undefined;
  if (!found || !goPackage || !target || name === undefined) return undefined;
  const { fn, file: go } = found;
  return {
    declaration: go.text.slice(fn.from, fn.to),
    frame: frameOf(fn, goPackage, target.architecture),
  };
}

/** `var table [4]uint64`: the line that declares a variable of the package; undefined for another symbol. */
export function goVariableOf(world: World, file: AssemblyFile, symbol: string): string | undefined {
  const name = localName(world, folderOf(file.uri), symbol);
  if (name === undefined) return undefined;
  for (const { variables, text } of goPackageOf(world, file)?.files ?? []) {
    const found = variables.find(each => each.name === name);
    if (!found) continue;
    const from = text.lastIndexOf('\n', found.start) + 1;
    const line = text.slice(from).split('\n', 1)[0].trim();
    return line.startsWith('var ') ? line : `var ${line}`;
  }
  return undefined;
}

export function goSideOfFunction(world: World, file: AssemblyFile, fn: FunctionText | undefined): GoSide | undefined {
  return fn && goSideOf(world, file, fn.symbol);
}

/** `a+0(FP)  int64`, a line each, results apart. */
export function frameTable(frame: Frame): string {
  const rows = [...frame.variables.values()].filter(isShown);
  const row = ({ name, offset, type, isResult }: FrameVariable) =>
    `${name}+${offset}(FP)`.padEnd(22) + type + (isResult ? '   (result)' : '');
  return rows.map(row).join('\n');
}

/** Of strings, slices and the like the parts, not the whole. */
export const isShown = ({ inner }: FrameVariable): boolean => inner.length === 0;
