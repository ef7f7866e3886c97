/**
 * What is around a file: headers, the Go package it belongs to, Go's installation. Everything is looked up when it is asked
 * for, through `Files`, and nothing here waits; open editors come before what is stored.
 */
import type { Declarations } from './check/asmdecl.ts';
import type { Surroundings } from './check/check.ts';
import { constantValue, layoutOf, sizesOf } from './go/layout.ts';
import { declaredFrame, type Files, type PackageAt, packageAt } from './go/package.ts';
import type { Target } from './syntax/architecture.ts';
import { headerMacros } from './syntax/headers.ts';
import type { Included, Macro } from './syntax/preprocess.ts';
import { parseSource } from './syntax/tree.ts';
import { decoded, encodedName } from './uri.ts';

export interface World {
  readonly files: Files;
  /** URI of Go's installation, if there is one. */
  readonly goRoot?: string;
}

/** Packages that may write `<ABIInternal>` (cmd/internal/objabi, allowAsmABIPkgs, of Go 1.19 to 1.27). */
const ABI_PACKAGES =
  /^(runtime|reflect|syscall|internal\/(bytealg|chacha8rand|abi)|(internal\/runtime|runtime\/internal)\/(syscall(\/linux|\/windows)?|atomic|startlinetest|math|sys))$/;

export const folderOf = (uri: string): string => uri.slice(0, Math.max(0, uri.lastIndexOf('/')));

/** How far up a go.mod is looked for. */
const MOST_LEVELS = 30;

export interface Module {
  readonly root: string;
  readonly path: string;
}

export function moduleOf(world: World, folder: string): Module | undefined {
  let at = folder;
  for (let level = 0; level < MOST_LEVELS && /^[\w-]+:\/\/[^/]*\/./.test(at); level++, at = folderOf(at)) {
    const text = world.files.read(`${at}/go.mod`);
    const path = text === undefined ? undefined : /^\s*module\s+"?([^\s"]+)"?/m.exec(text)?.[1];
    if (path !== undefined) return { root: at, path };
  }
  return undefined;
}

/** The import path of a folder; its last element where no module says more. */
export function importPath(world: World, folder: string): string {
  const module = moduleOf(world, folder);
  const name = decoded(folder.slice(folder.lastIndexOf('/') + 1));
  if (!module) return name;
  const rest = decoded(folder.slice(module.root.length + 1));
  if (module.path === 'std') return rest;
  return rest === '' ? module.path : `${module.path}/${rest}`;
}

/** The package of a folder as it is built for a target; undefined where there is none, or it cannot be read. */
export function packageOf(world: World, folder: string, target: Target, tests = false): PackageAt | undefined {
  const module = moduleOf(world, folder);
  const root = module?.path === 'std' ? module.root : world.goRoot && `${world.goRoot}/src`;
  const locate = (path: string): string | undefined => {
    if (module && module.path !== 'std' && (path === module.path || path.startsWith(`${module.path}/`))) {
      return module.root + path.slice(module.path.length);
    }
    if (root === undefined) return undefined;
    if (!path.split('/')[0].includes('.')) return `${root}/${path}`;
    return module?.path === 'std' ? `${root}/vendor/${path}` : undefined;
  };
  return packageAt(world.files, folder, importPath(world, folder), target, { locate, tests });
}

export function surroundingsOf(world: World, uri: string): Surroundings {
  const folder = folderOf(uri);
  const path = importPath(world, folder);
  const packages = new Map<string, PackageAt | undefined>();
  const goPackage = (target: Target) => {
    const key = `${target.system}/${target.architecture}`;
    if (!packages.has(key)) packages.set(key, packageOf(world, folder, target, /_test\.s$/.test(uri)));
    return packages.get(key);
  };
  return {
    allowAbi: ABI_PACKAGES.test(path),
    goPackage,
    include: (name, target) => include(world, folder, name, () => goPackage(target)),
    declarations: target => declarationsOf(goPackage(target), path, target),
  };
}

function declarationsOf(goPackage: PackageAt | undefined, path: string, target: Target): Declarations | undefined {
  if (!goPackage) return undefined;
  return { path, frame: name => declaredFrame(goPackage, name, target) };
}

/** Headers are parsed once for each text. */
const headers = new Map<string, { text: string; included: Included }>();

function include(world: World, folder: string, name: string, goPackage: () => PackageAt | undefined): Included {
  const folders = [folder];
  if (world.goRoot !== undefined) folders.push(`${world.goRoot}/pkg/include`, `${world.goRoot}/src/runtime`);
  for (const candidate of folders) {
    const uri = resolve(candidate, name);
    const text = world.files.read(uri);
    if (text === undefined) continue;
    const known = headers.get(uri);
    if (known?.text === text) return known.included;
    const included: Included = { is: 'source', source: parseSource(text), uri };
    headers.set(uri, { text, included });
    return included;
  }
  if (name === 'go_asm.h') {
    const made = goPackage();
    return made
      ? { is: 'macros', macros: goAsmMacros(made), complete: true }
      : { is: 'macros', macros: [], complete: false };
  }
  const macros = headerMacros(name);
  if (macros) return { is: 'macros', macros, complete: true };
  // Where nothing can be read, nothing is missing.
  return world.files.list(folder) === undefined || world.goRoot === undefined ? { is: 'unknown' } : { is: 'missing' };
}

function resolve(folder: string, name: string): string {
  const parts = folder.split('/');
  for (const part of name.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '.' && part !== '') parts.push(encodedName(part));
  }
  return parts.join('/');
}

const goAsmHeaders = new WeakMap<PackageAt, readonly Macro[]>();

function goAsmMacros(goPackage: PackageAt): readonly Macro[] {
  const known = goAsmHeaders.get(goPackage) ?? [...goAsmHeader(goPackage)];
  goAsmHeaders.set(goPackage, known);
  return known;
}

/**
 * What the compiler writes into go_asm.h: `const_NAME`, and `T__size` and `T_field` of every struct. A value that cannot be
 * computed is opaque.
 */
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
