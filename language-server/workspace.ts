/**
 * What is around a file: headers, the folder's assembly, the Go package it belongs to, Go's installation. Everything is
 * looked up when it is first asked for, through `Files`, and nothing here waits; it is kept until somebody says that files
 * changed.
 */
import type { Surroundings } from './check/check.ts';
import { goAsmMacros } from './go/go-asm.ts';
import { declaredFrame, type Files, goFiles, type PackageAt, type PlacedFile, packageAt } from './go/package.ts';
import type { Target } from './syntax/architecture.ts';
import { type AssemblyFile, assemblyFile } from './syntax/file.ts';
import { headerMacros } from './syntax/headers.ts';
import type { Included } from './syntax/preprocess.ts';
import { decoded, fileIn, folderOf, nameOf, resolve } from './uri.ts';

export interface World {
  readonly files: Files;
  /** URI of Go's installation, if there is one. */
  readonly goRoot?: string;
}

/** What was found out about a world; dropped as a whole when something in it changes. */
interface Found {
  readonly modules: Map<string, Module | undefined>;
  readonly goFiles: Map<string, readonly PlacedFile[] | undefined>;
  readonly packages: Map<string, PackageAt | undefined>;
  readonly assembly: Map<string, readonly AssemblyFile[]>;
}

const found = new WeakMap<World, Found>();

function foundIn(world: World): Found {
  const known = found.get(world);
  if (known) return known;
  const made = { modules: new Map(), goFiles: new Map(), packages: new Map(), assembly: new Map() };
  found.set(world, made);
  return made;
}

/** A file changed, appeared or went; without a name, any may have. Assembly decides nothing about Go. */
export function forget(world: World, uri?: string): void {
  if (uri?.endsWith('.s')) found.get(world)?.assembly.clear();
  else found.delete(world);
}

function remembered<T>(map: Map<string, T>, key: string, look: () => T): T {
  const known = map.get(key);
  if (known !== undefined || map.has(key)) return known as T;
  const made = look();
  map.set(key, made);
  return made;
}

// Assembly

/** Parsed files, open or stored, headers too: one is parsed again when its text is another. */
const parsed = new Map<string, { text: string; file: AssemblyFile }>();
const MOST_PARSED = 1000;

/** Undefined for a file that cannot be read. */
export function assemblyAt(world: World, uri: string): AssemblyFile | undefined {
  const text = world.files.read(uri);
  if (text === undefined) return undefined;
  const known = parsed.get(uri);
  if (known?.text === text) return known.file;
  const file = assemblyFile(uri, text, known?.file.source);
  if (parsed.size >= MOST_PARSED) parsed.clear();
  parsed.set(uri, { text, file });
  return file;
}

/** Assembly files of a folder. */
export function assemblyIn(world: World, folder: string): readonly AssemblyFile[] {
  return remembered(foundIn(world).assembly, folder, () =>
    (world.files.list(folder) ?? [])
      .filter(name => name.endsWith('.s'))
      .flatMap(name => assemblyAt(world, fileIn(folder, name)) ?? []),
  );
}

/** A file, and the others of its folder. */
export function folderAssembly(world: World, file: AssemblyFile): AssemblyFile[] {
  const own = decoded(file.uri);
  return [file, ...assemblyIn(world, folderOf(file.uri)).filter(({ uri }) => decoded(uri) !== own)];
}

// Go

/** How far up a go.mod is looked for. */
const MOST_LEVELS = 30;

interface Module {
  readonly root: string;
  readonly path: string;
}

function moduleOf(world: World, folder: string): Module | undefined {
  return remembered(foundIn(world).modules, folder, () => {
    let at = folder;
    for (let level = 0; level < MOST_LEVELS && /^[\w-]+:\/\/[^/]*\/./.test(at); level++, at = folderOf(at)) {
      const text = world.files.read(`${at}/go.mod`);
      const path = text === undefined ? undefined : /^\s*module\s+"?([^\s"]+)"?/m.exec(text)?.[1];
      if (path !== undefined) return { root: at, path };
    }
    return undefined;
  });
}

/** The import path of a folder; its last element where no module says more. */
export function importPath(world: World, folder: string): string {
  const module = moduleOf(world, folder);
  if (!module) return nameOf(folder);
  const rest = decoded(folder.slice(module.root.length + 1));
  if (module.path === 'std') return rest;
  return rest === '' ? module.path : `${module.path}/${rest}`;
}

/** A symbol of this package by its Go name; undefined for one of another package, or a static one. */
export function localName(world: World, folder: string, symbol: string): string | undefined {
  if (symbol.endsWith('<>')) return undefined;
  if (symbol.startsWith('.')) return symbol.slice(1);
  const prefix = `${importPath(world, folder)}.`;
  return symbol.startsWith(prefix) ? symbol.slice(prefix.length) : undefined;
}

/** `·f` and `path·f` are one. */
export function sameSymbol(world: World, folder: string, a: string, b: string): boolean {
  if (a === b) return true;
  const local = localName(world, folder, a);
  return local !== undefined && local === localName(world, folder, b);
}

/** All Go files of a folder, tests only where they are asked for; undefined where the folder cannot be read. */
export function goFilesIn(world: World, folder: string, tests = false): readonly PlacedFile[] | undefined {
  return remembered(foundIn(world).goFiles, `${tests} ${folder}`, () => goFiles(world.files, folder, tests));
}

/** Where the package of an import path is, seen from a folder. */
function locate(world: World, folder: string, path: string): string | undefined {
  const module = moduleOf(world, folder);
  if (module && module.path !== 'std' && (path === module.path || path.startsWith(`${module.path}/`))) {
    return module.root + path.slice(module.path.length);
  }
  const isStd = module?.path === 'std';
  const root = isStd ? module.root : world.goRoot && `${world.goRoot}/src`;
  if (root === undefined) return undefined;
  if (!path.split('/')[0].includes('.')) return `${root}/${path}`;
  return isStd ? `${root}/vendor/${path}` : undefined;
}

/**
 * The package of a folder as it is built for a target; undefined where there is none, or it cannot be read. `path` is what it
 * is imported by, if that is another than where it is.
 */
export function packageOf(
  world: World,
  folder: string,
  target: Target,
  tests = false,
  path = importPath(world, folder),
): PackageAt | undefined {
  const key = `${target.architecture} ${target.system} ${tests} ${path} ${folder}`;
  return remembered(foundIn(world).packages, key, () =>
    packageAt(goFilesIn(world, folder, tests) ?? [], path, target, {
      tests,
      imported(other) {
        const there = locate(world, folder, other);
        return there === undefined ? undefined : packageOf(world, there, target, false, other);
      },
    }),
  );
}

// Both

/** Packages that may write `<ABIInternal>` (cmd/internal/objabi, allowAsmABIPkgs, of Go 1.19 to 1.27). */
const ABI_PACKAGES =
  /^(runtime|reflect|syscall|internal\/(bytealg|chacha8rand|abi)|(internal\/runtime|runtime\/internal)\/(syscall(\/linux|\/windows)?|atomic|startlinetest|math|sys))$/;

export function surroundingsOf(world: World, uri: string): Surroundings {
  const folder = folderOf(uri);
  const path = importPath(world, folder);
  const goPackage = (target: Target) => packageOf(world, folder, target, /_test\.s$/.test(uri));
  return {
    allowAbi: ABI_PACKAGES.test(path),
    goPackage,
    include: (name, target) => include(world, folder, name, () => goPackage(target)),
    declarations(target) {
      const made = goPackage(target);
      return made && { path, frame: name => declaredFrame(made, name, target) };
    },
  };
}

/** The header that an `#include` in a folder names, where the assembler looks for it; undefined where none can be read. */
export function headerFor(world: World, folder: string, name: string): AssemblyFile | undefined {
  const folders = [folder];
  if (world.goRoot !== undefined) folders.push(`${world.goRoot}/pkg/include`, `${world.goRoot}/src/runtime`);
  for (const candidate of folders) {
    const header = assemblyAt(world, resolve(candidate, name));
    if (header) return header;
  }
  return undefined;
}

function include(world: World, folder: string, name: string, goPackage: () => PackageAt | undefined): Included {
  const header = headerFor(world, folder, name);
  if (header) return { is: 'source', source: header.source };
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
