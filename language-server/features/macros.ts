/** The macros that a file can use: its own, those of the headers it includes, and what the build writes into go_asm.h. */
import { goAsmMacros } from '../go/go-asm.ts';
import type { AssemblyFile } from '../syntax/file.ts';
import { headerMacros } from '../syntax/headers.ts';
import { modelOf } from '../syntax/model.ts';
import type { Source } from '../syntax/tree.ts';
import { isFuncdataMacro } from '../syntax/words.ts';
import { folderOf } from '../uri.ts';
import { headerFor, type World } from '../workspace.ts';
import { goPackageOf } from './go-side.ts';

export interface KnownMacro {
  readonly name: string;
  /** Undefined where it is used without parentheses. */
  readonly parameters?: readonly string[];
  /** Without what continues its lines; undefined where nobody knows. */
  readonly body?: string;
  /** The token of its name, where it is defined in a file. */
  readonly place?: { readonly file: AssemblyFile; readonly token: number };
}

/** Headers that include one another are read once each. */
export function macrosOf(world: World, file: AssemblyFile): ReadonlyMap<string, KnownMacro> {
  const found = new Map<string, KnownMacro>();
  const folder = folderOf(file.uri);
  const read = new Set<string>();
  const add = (from: AssemblyFile) => {
    if (read.has(from.uri)) return;
    read.add(from.uri);
    for (const name of includesOf(from.source)) {
      const header = headerFor(world, folder, name);
      if (header) add(header);
      else for (const macro of madeMacros(world, file, name)) found.set(macro.name, macro);
    }
    for (const macro of definedIn(from)) found.set(macro.name, macro);
  };
  add(file);
  return found;
}

function includesOf({ items, tokens }: Source): string[] {
  return items.flatMap(item =>
    item.is === 'directive' && item.name === 'include' && item.argument !== undefined
      ? [tokens[item.argument].text.replace(/^"|"$/g, '')]
      : [],
  );
}

const defined = new WeakMap<Source, readonly KnownMacro[]>();

/** The macros of one file. */
function definedIn(file: AssemblyFile): readonly KnownMacro[] {
  const { source } = file;
  const known = defined.get(source);
  if (known) return known;
  const made = [...modelOf(file).macros].map(
    ([name, { argument, parameters, body }]): KnownMacro => ({
      name,
      parameters: parameters?.map(at => source.tokens[at].text),
      body: body && bodyText(source, body),
      place: { file, token: argument! },
    }),
  );
  defined.set(source, made);
  return made;
}

const made = new WeakMap<object, readonly KnownMacro[]>();

/** Of headers that no file holds. */
function madeMacros(world: World, file: AssemblyFile, name: string): readonly KnownMacro[] {
  const goPackage = name === 'go_asm.h' ? goPackageOf(world, file) : undefined;
  const macros = goPackage ? goAsmMacros(goPackage) : (headerMacros(name) ?? []);
  const known =
    made.get(macros) ??
    macros.map(({ name: macro, body, opaque }) => ({
      name: macro,
      body: opaque ? undefined : body.map(({ text }) => text).join(isFuncdataMacro(macro) ? ' ' : ''),
    }));
  made.set(macros, known);
  return known;
}

/** A macro's body without what continues its lines. */
function bodyText(source: Source, { from, to }: { from: number; to: number }): string {
  if (from >= to) return '';
  const text = source.text.slice(source.tokens[from].start, source.tokens[to - 1].end);
  return text.replace(/[ \t]*\\[ \t]*\r?\n[ \t]*/g, '\n').trimStart();
}
