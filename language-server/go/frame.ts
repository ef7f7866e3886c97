/** A Go function's arguments and results as its assembly finds them: `name+offset(FP)`, by ABI0's layout. */
import type { Architecture } from '../syntax/architecture.ts';
import type { GoFunction, GoParameter } from './declarations.ts';
import { type GoPackage, type Kind, layoutOf, partsOf, sizesOf } from './layout.ts';

export interface FrameVariable {
  readonly name: string;
  readonly kind: Kind;
  /** Its type, or what part of one it is: "slice len". */
  readonly type: string;
  readonly offset: number;
  readonly size: number;
  readonly isResult: boolean;
  readonly inner: FrameVariable[];
}

export interface Frame {
  /** Bytes of arguments and results. */
  readonly size: number;
  readonly variables: ReadonlyMap<string, FrameVariable>;
  /** By every byte's offset, the innermost part. */
  readonly byOffset: ReadonlyMap<number, FrameVariable>;
}

/** Structs and arrays as large as this are not arguments of assembly. */
const MOST_BYTES = 1 << 16;

/** undefined where a type's size is not known. */
export function frameOf(fn: GoFunction, goPackage: GoPackage, architecture: Architecture): Frame | undefined {
  if (fn.generic) return undefined;
  const sizes = sizesOf(architecture);
  const variables = new Map<string, FrameVariable>();
  const byOffset = new Map<number, FrameVariable>();
  let offset = 0;
  const add = (list: readonly GoParameter[], isResult: boolean): boolean => {
    let count = 0;
    for (const { names: written, type, variadic } of list) {
      const layout = layoutOf(variadic ? { is: 'slice', element: type } : type, goPackage, sizes);
      if (!layout || layout.size > MOST_BYTES) return false;
      offset = Math.ceil(offset / layout.align) * layout.align;
      const parts = partsOf(layout, sizes);
      const names = written.length ? written : [`${isResult ? 'ret' : 'arg'}${count || ''}`];
      count += names.length;
      for (const name of names) {
        for (const part of parts) {
          const outer = part.outer === part.suffix ? undefined : name + part.outer;
          const variable: FrameVariable = {
            name: name + part.suffix,
            kind: part.kind,
            type: part.text,
            offset: offset + part.offset,
            size: part.size,
            isResult,
            inner: [],
          };
          if (outer !== undefined) variables.get(outer)?.inner.push(variable);
          variables.set(variable.name, variable);
          for (let at = 0; at < variable.size; at++) byOffset.set(variable.offset + at, variable);
        }
        offset += layout.size;
      }
    }
    return true;
  };
  if (fn.receiver && !add([fn.receiver], false)) return undefined;
  if (!add(fn.signature.parameters, false)) return undefined;
  if (fn.signature.results.length > 0) {
    offset = Math.ceil(offset / sizes.maxAlign) * sizes.maxAlign;
    if (!add(fn.signature.results, true)) return undefined;
  }
  return { size: offset, variables, byOffset };
}
