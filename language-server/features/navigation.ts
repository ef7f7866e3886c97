/**
 * From a name to where it is defined and used: labels and macros in the file, symbols over the package's assembly and Go,
 * headers; and from Go's declarations to the assembly behind them.
 */
import type { DocumentHighlight, Location, Position, Range, TextEdit, WorkspaceEdit } from 'vscode-languageserver';
import { goAsmOrigin } from '../go/go-asm.ts';
import { tokenizeGo } from '../go/lexer.ts';
import { functionNamed } from '../go/package.ts';
import type { AssemblyFile } from '../syntax/file.ts';
import { type Meaning, modelOf, occurrences } from '../syntax/model.ts';
import { offsetAt, tokenAt } from '../syntax/tree.ts';
import { folderOf } from '../uri.ts';
import { folderAssembly, goFilesIn, headerFor, importPath, localName, sameSymbol, type World } from '../workspace.ts';
import { goPackageOf } from './go-side.ts';
import { macrosOf } from './macros.ts';
import { rangeOf } from './symbols.ts';

/** 1 text, 2 read, 3 write: what a highlight is drawn as. */
const WRITTEN = 3;
const USED = 2;

export interface Asked {
  readonly world: World;
  readonly file: AssemblyFile;
  readonly position: Position;
}

export function meaningAt({ file, position }: Asked): { meaning: Meaning; token: number } | undefined {
  const token = tokenAt(file.source, offsetAt(file.source, position));
  if (token < 0) return undefined;
  const meaning = modelOf(file).meaning(token);
  return meaning && { meaning, token };
}

const rangeOfToken = (file: AssemblyFile, token: number): Range => rangeOf(file.source, { from: token, to: token + 1 });
export const placeOf = (file: AssemblyFile, token: number): Location => ({
  uri: file.uri,
  range: rangeOfToken(file, token),
});

/** Where the TEXT, DATA or GLOBL of a symbol is; in the file itself for a static one. */
function symbolDefinitions(world: World, file: AssemblyFile, symbol: string): Location[] {
  const folder = folderOf(file.uri);
  const files = symbol.endsWith('<>') ? [file] : folderAssembly(world, file);
  const found: Location[] = [];
  for (const each of files) {
    const { tokens, items } = each.source;
    for (const item of items) {
      if (item.is !== 'statement' || item.word === undefined || item.operands.length === 0) continue;
      const word = tokens[item.word].text;
      if (word !== 'TEXT' && word !== 'GLOBL') continue;
      const meaning = modelOf(each).meaning(item.operands[0].from);
      if (meaning?.is === 'symbol' && sameSymbol(world, folder, meaning.name, symbol))
        found.push(placeOf(each, item.operands[0].from));
    }
  }
  return found;
}

function goDeclaration(world: World, file: AssemblyFile, symbol: string): Location[] {
  const name = localName(world, folderOf(file.uri), symbol);
  const goPackage = name === undefined ? undefined : goPackageOf(world, file);
  if (!goPackage || name === undefined) return [];
  const found = functionNamed(goPackage, name);
  if (found) return [goPlace(found.uri, found.file.text, found.fn.start, name.length)];
  for (const { uri, file: go } of goPackage.placed) {
    const variable = go.variables.find(each => each.name === name);
    if (variable) return [goPlace(uri, go.text, variable.start, name.length)];
  }
  return [];
}

function goPlace(uri: string, text: string, start: number, length: number): Location {
  return { uri, range: goRange(text, start, length) };
}

/** Of a word in a text whose lines nobody has counted. */
export function goRange(text: string, start: number, length: number): Range {
  const before = text.slice(0, start);
  const line = before.split('\n').length - 1;
  const character = start - (before.lastIndexOf('\n') + 1);
  return { start: { line, character }, end: { line, character: character + length } };
}

export function definition(asked: Asked): Location[] {
  const { world, file } = asked;
  const found = meaningAt(asked);
  if (!found) return [];
  const { meaning, token } = found;
  switch (meaning.is) {
    case 'label': {
      const at = occurrences(file, meaning).find(index => isLabelDefinition(file, index));
      return at === undefined ? [] : [placeOf(file, at)];
    }
    case 'macro':
    case 'instruction':
      return macroPlace(world, file, meaning.name);
    case 'parameter': {
      const at = meaning.directive.parameters?.find(index => file.source.tokens[index].text === meaning.name);
      return at === undefined ? [] : [placeOf(file, at)];
    }
    case 'symbol': {
      const definitions = symbolDefinitions(world, file, meaning.name);
      // Standing on the definition, one wants the declaration.
      const here = definitions.some(place => place.uri === file.uri && contains(place.range, asked.position));
      const declarations = goDeclaration(world, file, meaning.name);
      return here || definitions.length === 0 ? (declarations.length ? declarations : definitions) : definitions;
    }
    case 'argument':
      return argumentDeclaration(world, file, meaning);
    case 'include': {
      const header = headerFor(world, folderOf(file.uri), meaning.name);
      const start = { line: 0, character: 0 };
      return header ? [{ uri: header.uri, range: { start, end: start } }] : [];
    }
    default:
      return meaning.is === 'register' ? macroPlace(world, file, file.source.tokens[token].text) : [];
  }
}

/** The Go declaration of what is under the cursor. */
export function declaration(asked: Asked): Location[] {
  const found = meaningAt(asked);
  if (found?.meaning.is !== 'symbol') return definition(asked);
  const declarations = goDeclaration(asked.world, asked.file, found.meaning.name);
  return declarations.length ? declarations : definition(asked);
}

const contains = ({ start, end }: Range, { line, character }: Position) =>
  line === start.line && character >= start.character && character <= end.character;

function isLabelDefinition(file: AssemblyFile, token: number): boolean {
  return file.source.items.some(item => item.is === 'statement' && item.labels.includes(token));
}

/** A macro where it is defined, here or in a header; one of go_asm.h in the Go that it is made from. */
function macroPlace(world: World, file: AssemblyFile, name: string): Location[] {
  const macro = macrosOf(world, file).get(name);
  if (macro?.place) return [placeOf(macro.place.file, macro.place.token)];
  const goPackage = macro && goPackageOf(world, file);
  const origin = goPackage && goAsmOrigin(goPackage, name);
  return origin ? [goPlace(origin.from.uri, origin.from.file.text, origin.start, origin.length)] : [];
}

/** The parameter of the Go declaration that `name+8(FP)` is, or is a part of. */
function argumentDeclaration(
  world: World,
  file: AssemblyFile,
  meaning: Extract<Meaning, { is: 'argument' }>,
): Location[] {
  const name = meaning.fn && localName(world, folderOf(file.uri), meaning.fn.symbol);
  const goPackage = name === undefined ? undefined : goPackageOf(world, file);
  const found = goPackage && name !== undefined ? functionNamed(goPackage, name) : undefined;
  if (!found) return [];
  const { fn, file: go, uri } = found;
  const names = [...fn.signature.parameters, ...fn.signature.results].flatMap(parameter => parameter.names);
  const own = names
    .filter(each => meaning.name === each || meaning.name.startsWith(`${each}_`))
    .sort((a, b) => b.length - a.length)[0];
  if (own === undefined) return [goPlace(uri, go.text, fn.start, fn.name.length)];
  const token = tokenizeGo(go.text.slice(fn.from, fn.to)).find(
    ({ kind, text, start }) => kind === 'name' && text === own && fn.from + start > fn.start,
  );
  return [goPlace(uri, go.text, token ? fn.from + token.start : fn.start, own.length)];
}

export function references(asked: Asked, withDeclaration: boolean): Location[] {
  const { world, file } = asked;
  const found = meaningAt(asked);
  if (!found) return [];
  const { meaning } = found;
  if (meaning.is !== 'symbol' || meaning.name.endsWith('<>')) {
    return occurrences(file, meaning)
      .filter(token => withDeclaration || !isLabelDefinition(file, token))
      .map(token => placeOf(file, token));
  }
  return symbolReferences(world, folderOf(file.uri), folderAssembly(world, file), meaning.name);
}

/** A symbol in assembly of a package, by the name that it has in Go. */
export function assemblyReferences(
  world: World,
  folder: string,
  files: readonly AssemblyFile[],
  name: string,
): Location[] {
  const spellings = [`.${name}`, `${importPath(world, folder)}.${name}`];
  return files.flatMap(file =>
    spellings.flatMap(spelling =>
      occurrences(file, { is: 'symbol', name: spelling }).map(token => placeOf(file, token)),
    ),
  );
}

/** A symbol in assembly of a package, and its name in the package's Go. */
export function symbolReferences(
  world: World,
  folder: string,
  files: readonly AssemblyFile[],
  symbol: string,
): Location[] {
  const name = localName(world, folder, symbol);
  if (name === undefined) {
    return files.flatMap(file => occurrences(file, { is: 'symbol', name: symbol }).map(token => placeOf(file, token)));
  }
  const places = assemblyReferences(world, folder, files, name);
  for (const { uri, file: go } of goFilesIn(world, folder, true) ?? []) {
    if (!go.text.includes(name)) continue;
    const tokens = tokenizeGo(go.text);
    tokens.forEach(({ kind, text, start }, index) => {
      // A field or a method of that name is another thing.
      if (kind === 'name' && text === name && tokens[index - 1]?.text !== '.')
        places.push(goPlace(uri, go.text, start, name.length));
    });
  }
  return places;
}

export function highlights(asked: Asked): DocumentHighlight[] {
  const found = meaningAt(asked);
  if (!found || found.meaning.is === 'include') return [];
  const { file } = asked;
  const { meaning } = found;
  const fn = modelOf(file);
  // A register matters in its function.
  const within =
    meaning.is === 'register' || meaning.is === 'instruction' ? functionAround(file, found.token) : undefined;
  return occurrences(file, meaning)
    .filter(token => within === undefined || (token >= within.from && token < within.to))
    .map(token => ({
      range: rangeOfToken(file, token),
      kind: isDefinition(file, fn, token, meaning) ? WRITTEN : USED,
    }));
}

function functionAround(file: AssemblyFile, token: number): { from: number; to: number } | undefined {
  const { items } = file.source;
  for (const fn of modelOf(file).functions) {
    const from = items[fn.firstItem].from;
    const to = items[fn.lastItem].to;
    if (token >= from && token < to) return { from, to };
  }
  return undefined;
}

function isDefinition(file: AssemblyFile, model: ReturnType<typeof modelOf>, token: number, meaning: Meaning): boolean {
  if (meaning.is === 'label') return isLabelDefinition(file, token);
  if (meaning.is === 'macro') return model.macros.get(meaning.name)?.argument === token;
  return meaning.is === 'symbol' && model.functions.some(fn => fn.at === token);
}

/** What a rename is about; undefined for what has no name of its own. */
export function prepareRename(asked: Asked): { range: Range; placeholder: string } | undefined {
  const found = meaningAt(asked);
  if (!found) return undefined;
  const { meaning, token } = found;
  const range = rangeOfToken(asked.file, token);
  const { text } = asked.file.source.tokens[token];
  switch (meaning.is) {
    case 'label':
    case 'parameter':
    case 'local':
      return { range, placeholder: text };
    case 'macro':
      return modelOf(asked.file).macros.has(meaning.name) ? { range, placeholder: text } : undefined;
    case 'symbol': {
      if (meaning.name.endsWith('<>')) return { range, placeholder: text };
      const local = localName(asked.world, folderOf(asked.file.uri), meaning.name);
      if (local === undefined) return undefined;
      return {
        range: { start: { ...range.end, character: range.end.character - local.length }, end: range.end },
        placeholder: local,
      };
    }
    default:
      return undefined;
  }
}

const NAME = /^[\p{L}_][\p{L}\p{Nd}_]*$/u;

/** Throws with a sentence for a name that cannot be one. */
export function rename(asked: Asked, newName: string): WorkspaceEdit | undefined {
  const found = meaningAt(asked);
  if (!found || !prepareRename(asked)) return undefined;
  const { world, file } = asked;
  const { meaning } = found;
  if (meaning.is === 'symbol' && !meaning.name.endsWith('<>')) {
    const folder = folderOf(file.uri);
    const places = symbolReferences(world, folder, folderAssembly(world, file), meaning.name);
    return renameEdits(places, localName(world, folder, meaning.name)!, newName);
  }
  if (meaning.is === 'label' && occurrences(file, { ...meaning, name: newName }).length > 0) {
    throw new Error(`there is a label ${newName} in this function`);
  }
  const { text } = file.source.tokens[found.token];
  return renameEdits(
    occurrences(file, meaning).map(token => placeOf(file, token)),
    text,
    newName,
  );
}

/** Writes a new name over an old one at the end of each place: of `pkg·name` only the name changes. */
export function renameEdits(places: readonly Location[], name: string, newName: string): WorkspaceEdit {
  if (!NAME.test(newName)) throw new Error(`“${newName}” is no name`);
  const changes: Record<string, TextEdit[]> = {};
  for (const { uri, range } of places) {
    const start = { ...range.end, character: range.end.character - name.length };
    changes[uri] = [...(changes[uri] ?? []), { range: { start, end: range.end }, newText: newName }];
  }
  return { changes };
}
