/**
 * What the compiler writes into go_asm.h: `const_NAME`, and `T__size` and `T_field` of every struct. A value that cannot be
 * computed is opaque.
 */
import type { Macro } from '../syntax/preprocess.ts';
import { constantValue, layoutOf, sizesOf } from './layout.ts';
import type { PackageAt, PlacedFile } from './package.ts';

const headers = new WeakMap<PackageAt, readonly Macro[]>();

export function goAsmMacros(goPackage: PackageAt): readonly Macro[] {
  const known = headers.get(goPackage) ?? [...goAsmHeader(goPackage)];
  headers.set(goPackage, known);
  return known;
}

function* goAsmHeader(goPackage: PackageAt): Generator<Macro> {
  const sizes = sizesOf(goPackage.target.architecture);
  const made = new Set<string>();
  const constant = function* (name: string, value: bigint | number | undefined): Generator<Macro> {
    if (made.has(name)) return;
    made.add(name);
    if (value === undefined) yield { name, body: [], opaque: true };
    else if (value < 0) {
      yield {
        name,
        body: [
          { kind: 'mark', text: '-' },
          { kind: 'int', text: String(-value) },
        ],
      };
    } else yield { name, body: [{ kind: 'int', text: String(value) }] };
  };
  for (const { constants, types } of goPackage.files) {
    for (const { name } of constants) {
      if (name !== '_') yield* constant(`const_${name}`, constantValue(name, goPackage, sizes));
    }
    for (const { name, type, generic } of types) {
      if (generic) continue;
      const layout = layoutOf({ is: 'name', name }, goPackage, sizes);
      if (layout?.kind === 'struct') {
        yield* constant(`${name}__size`, layout.size);
        for (const field of layout.fields ?? []) {
          if (field.name !== '_') yield* constant(`${name}_${field.name}`, field.offset);
        }
      } else if (!layout) {
        // Its size is not known, its fields are.
        yield* constant(`${name}__size`, undefined);
        if (type.is === 'struct') for (const field of type.fields) yield* constant(`${name}_${field.name}`, undefined);
      }
    }
  }
}

/** Where in Go a name of go_asm.h comes from: a constant, a struct, a field; undefined for one that comes from nowhere. */
export function goAsmOrigin(
  { placed }: PackageAt,
  name: string,
): { readonly from: PlacedFile; readonly start: number; readonly length: number } | undefined {
  for (const from of placed) {
    const { constants, types } = from.file;
    for (const { name: constant, start } of constants) {
      if (name === `const_${constant}`) return { from, start, length: constant.length };
    }
    for (const { name: owner, start, type } of types) {
      if (type.is !== 'struct' || !name.startsWith(`${owner}_`)) continue;
      if (name === `${owner}__size`) return { from, start, length: owner.length };
      const field = type.fields.find(each => name === `${owner}_${each.name}`);
      if (field) return { from, start: field.start, length: field.name.length };
    }
  }
  return undefined;
}
