/** A folder's Go files as a package: those that are built for a target, and what they declare for assembly. */
import type { Target } from '../syntax/architecture.ts';
import { matches } from '../syntax/architecture.ts';
import { decoded, fileIn } from '../uri.ts';
import { type GoFile, type GoFunction, parseGo } from './declarations.ts';
import { type Frame, frameOf } from './frame.ts';
import type { GoPackage } from './layout.ts';

/** Files as the host has them, now: nothing here waits. */
export interface Files {
  /** Names in a folder (a URI without a slash at its end); undefined where it cannot be read. */
  list(folder: string): readonly string[] | undefined;
  /** Undefined for a file that cannot be read. */
  read(uri: string): string | undefined;
}

/** A Go file and where it is. */
export interface PlacedFile {
  readonly uri: string;
  readonly file: GoFile;
}

const parsed = new Map<string, PlacedFile & { text: string }>();
/** Parsed files that are kept. */
const MOST_KEPT = 4000;

function placed(uri: string, text: string): PlacedFile {
  const known = parsed.get(uri);
  if (known?.text === text) return known;
  const made = { uri, text, file: parseGo(text) };
  if (parsed.size > MOST_KEPT) parsed.clear();
  parsed.set(uri, made);
  return made;
}

/** All Go files of a folder, tests only where they are asked for; undefined where the folder cannot be read. */
export function goFiles(files: Files, folder: string, tests = false): PlacedFile[] | undefined {
  return files
    .list(folder)
    ?.filter(name => name.endsWith('.go') && (tests || !name.endsWith('_test.go')))
    .flatMap(name => {
      const uri = fileIn(folder, name);
      const text = files.read(uri);
      return text === undefined ? [] : [placed(uri, text)];
    });
}

export interface PackageAt extends GoPackage {
  readonly target: Target;
  readonly placed: readonly PlacedFile[];
}

export interface PackageOptions {
  /** The package of an import path, as far as it is known. */
  imported(path: string): PackageAt | undefined;
  /** Of a `_test.s` file: declarations may be in tests, those of package x_test too. */
  readonly tests?: boolean;
}

/**
 * The package that a folder's files make for one target; undefined for none. Files of other packages among them
 * (`package x_test`, `//go:build ignore`) are left out: the package is the one most files are of.
 */
export function packageAt(
  folderFiles: readonly PlacedFile[],
  path: string,
  target: Target,
  { imported, tests }: PackageOptions,
): PackageAt | undefined {
  const all = folderFiles.filter(({ uri, file }) => matches(decoded(uri), file.text, target));
  if (!all.length) return undefined;
  const counts = new Map<string, number>();
  for (const { file } of all) counts.set(file.package, (counts.get(file.package) ?? 0) + 1);
  const name = [...counts].sort((a, b) => b[1] - a[1])[0][0];
  const own = all.filter(({ file }) => file.package === name || (tests && file.package === `${name}_test`));
  return { target, name, path, placed: own, files: own.map(({ file }) => file), imported };
}

/** A function of the package; one without a body where there are several. */
export function functionNamed(
  goPackage: PackageAt,
  name: string,
): { uri: string; fn: GoFunction; file: GoFile } | undefined {
  let found: { uri: string; fn: GoFunction; file: GoFile } | undefined;
  for (const { uri, file } of goPackage.placed) {
    for (const fn of file.functions) {
      if (fn.name !== name || fn.receiver) continue;
      if (!fn.hasBody) return { uri, fn, file };
      found ??= { uri, fn, file };
    }
  }
  return found;
}

/** The frame of a function without a body, as asmdecl asks for it. */
export function declaredFrame(goPackage: PackageAt, name: string, target: Target): Frame | 'unknown' | undefined {
  const found = functionNamed(goPackage, name);
  if (!found || found.fn.hasBody) return undefined;
  return frameOf(found.fn, goPackage, target.architecture) ?? 'unknown';
}
