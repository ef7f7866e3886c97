/**
 * From a Go file into assembly, and only there: what Go is to Go, gopls tells. So a definition is answered only where the
 * name is declared, a reference only when it is in a `.s` file, a rename only of what assembly uses.
 */
import type { Location, Position, Range, WorkspaceEdit } from 'vscode-languageserver';
import { tokenizeGo } from '../go/lexer.ts';
import { type Architecture, matches } from '../syntax/architecture.ts';
import { modelOf } from '../syntax/model.ts';
import { decoded, folderOf } from '../uri.ts';
import { assemblyIn, goFilesIn, localName, type World } from '../workspace.ts';
import { assemblyReferences, goRange, placeOf, renameEdits, symbolReferences } from './navigation.ts';

export interface AskedFromGo {
  readonly world: World;
  readonly uri: string;
  readonly text: string;
  readonly position: Position;
}

interface GoName {
  readonly name: string;
  readonly range: Range;
  /** It is declared here. */
  readonly isDeclaration: boolean;
}

/** A name of the package's own, under the cursor; undefined where there is none. */
function nameAt({ world, uri, text, position }: AskedFromGo): GoName | undefined {
  const lines = text.split('\n');
  const offset = lines.slice(0, position.line).reduce((sum, line) => sum + line.length + 1, 0) + position.character;
  const tokens = tokenizeGo(text);
  const index = tokens.findIndex(
    ({ kind, start, text: word }) => kind === 'name' && start <= offset && offset <= start + word.length,
  );
  // What stands behind a period is a field, a method, or another package's.
  if (index < 0 || tokens[index - 1]?.text === '.') return undefined;
  const { text: name, start } = tokens[index];
  let isDeclared = false;
  let isDeclaration = false;
  for (const { uri: other, file } of goFilesIn(world, folderOf(uri), true) ?? []) {
    const declared = [...file.functions.filter(({ receiver }) => !receiver), ...file.variables].filter(
      each => each.name === name,
    );
    isDeclared ||= declared.length > 0;
    isDeclaration ||= decoded(other) === decoded(uri) && declared.some(each => each.start === start);
  }
  return isDeclared ? { name, range: goRange(text, start, name.length), isDeclaration } : undefined;
}

/** The TEXTs of a function, the name alone, as gopls tells the one that it knows: what is told twice is shown once. */
export function implementationFromGo(asked: AskedFromGo): Location[] {
  const { world, uri } = asked;
  const found = nameAt(asked);
  if (!found) return [];
  const folder = folderOf(uri);
  return assemblyIn(world, folder).flatMap(file =>
    modelOf(file)
      .functions.filter(fn => localName(world, folder, fn.symbol) === found.name)
      .map(fn => nameOnly(placeOf(file, fn.at), found.name)),
  );
}

/** Where the function is declared, its assembly; that for one processor, if there is some for it. */
export function definitionFromGo(asked: AskedFromGo, architecture?: Architecture): Location[] {
  if (!nameAt(asked)?.isDeclaration) return [];
  const places = implementationFromGo(asked);
  if (!architecture) return places;
  const built = places.filter(({ uri }) => matches(decoded(uri), asked.world.files.read(uri) ?? '', { architecture }));
  return built.length > 0 ? built : places;
}

export function referencesFromGo(asked: AskedFromGo): Location[] {
  const { world, uri } = asked;
  const found = nameAt(asked);
  if (!found) return [];
  const folder = folderOf(uri);
  const places = assemblyReferences(world, folder, assemblyIn(world, folder), found.name);
  return places.map(place => nameOnly(place, found.name));
}

/** A name that assembly uses; undefined for all others, which are not ours to rename. */
export function prepareRenameFromGo(asked: AskedFromGo): { range: Range; placeholder: string } | undefined {
  const found = nameAt(asked);
  if (!found || referencesFromGo(asked).length === 0) return undefined;
  if (!found.isDeclaration && isShadowed(asked, found)) return undefined;
  return { range: found.range, placeholder: found.name };
}

/**
 * Whether a name may be declared a second time in the function around it: as a parameter, by `:=`, `var` and the like. It is
 * taken for the package's only where nothing looks like that.
 */
function isShadowed({ text }: AskedFromGo, { name, range: { start } }: GoName): boolean {
  const lines = text.split('\n');
  const first = lines.findLastIndex((line, index) => index <= start.line && /^func\b/.test(line));
  if (first < 0) return false;
  const end = lines.findIndex((line, index) => index > first && line.startsWith('}'));
  const tokens = tokenizeGo(lines.slice(first, end < 0 ? undefined : end).join('\n'));
  return tokens.some((token, index) => {
    if (token.kind !== 'name' || token.text !== name || tokens[index - 1]?.text === '.') return false;
    // The head of the function, up to its body's brace: whatever it names there is its own.
    if (!tokens.slice(0, index).some(each => each.text === '{')) return tokens[index - 1]?.text !== 'func';
    if (['var', 'const', 'type'].includes(tokens[index - 1]?.text)) return true;
    // `a, name, b := …`
    let at = index + 1;
    while (tokens[at]?.text === ',' && tokens[at + 1]?.kind === 'name') at += 2;
    if (tokens[at]?.text === ':=') return true;
    // A literal's parameter: `func(name int)`.
    return ['(', ','].includes(tokens[index - 1]?.text) && tokens[index + 1]?.kind === 'name';
  });
}

/** Throws with a sentence for a name that cannot be one. */
export function renameFromGo(asked: AskedFromGo, newName: string): WorkspaceEdit | undefined {
  const prepared = prepareRenameFromGo(asked);
  if (!prepared) return undefined;
  const { world, uri } = asked;
  const folder = folderOf(uri);
  const places = symbolReferences(world, folder, assemblyIn(world, folder), `.${prepared.placeholder}`);
  return renameEdits(places, prepared.placeholder, newName);
}

/** Of `pkg·name` the name. */
function nameOnly({ uri, range: { end } }: Location, name: string): Location {
  return { uri, range: { start: { ...end, character: end.character - name.length }, end } };
}
