/** On a Go function without a body that has no assembly yet: its TEXT, in the file where one would look for it. */
import {
  type CodeAction,
  CodeActionKind,
  type Diagnostic,
  type Range,
  type TextDocumentEdit,
} from 'vscode-languageserver';
import { frameOf } from '../go/frame.ts';
import { type Architecture, matches } from '../syntax/architecture.ts';
import { type AssemblyFile, isFor } from '../syntax/file.ts';
import { modelOf } from '../syntax/model.ts';
import { decoded, fileIn, folderOf, nameOf } from '../uri.ts';
import { assemblyIn, goFilesIn, localName, packageOf, type World } from '../workspace.ts';
import { goRange } from './navigation.ts';

/** What `go vet` wants of it, and nothing that it does: the frame is for the person to make. */
export const skeleton = (name: string, declaration: string, size: number): string =>
  `// ${declaration.replace(/\n/g, '\n// ')}\nTEXT ·${name}(SB), NOSPLIT, $0-${size}\n\tRET\n`;

/** `usual` is the processor for which one writes when the folder has no assembly. */
export function stubs(
  world: World,
  uri: string,
  range: Range,
  diagnostics: readonly Diagnostic[],
  usual: Architecture,
): CodeAction[] {
  const folder = folderOf(uri);
  const go = goFilesIn(world, folder, true)?.find(each => decoded(each.uri) === decoded(uri))?.file;
  const lineOf = (offset: number) => goRange(go!.text, offset, 0).start.line;
  const fn = go?.functions.find(
    each => lineOf(each.from) <= range.start.line && range.start.line <= lineOf(Math.max(each.from, each.to - 1)),
  );
  if (!go || !fn || fn.hasBody || fn.receiver || fn.generic) return [];
  const assembly = assemblyIn(world, folder);
  // Those that the package has assembly for, and that the Go file is built for.
  const theirs = assembly.flatMap(({ targets }) => (targets.length === 1 ? [targets[0].architecture] : []));
  const architectures = [...new Set([usual, ...theirs])].filter(architecture =>
    matches(decoded(uri), go.text, { architecture }),
  );
  const missing = architectures.filter(
    architecture =>
      !assembly.some(
        file =>
          isFor(file, architecture) &&
          modelOf(file).functions.some(({ symbol }) => localName(world, folder, symbol) === fn.name),
      ),
  );
  // What gopls reports there is answered by this.
  const answered = diagnostics.filter(({ message }) => String(message).includes('missing function body'));
  return missing.map(architecture => {
    const goPackage = packageOf(world, folder, { architecture }, true);
    const size = (goPackage && frameOf(fn, goPackage, architecture)?.size) ?? 0;
    const text = skeleton(fn.name, go.text.slice(fn.from, fn.to), size);
    const place = placeFor(uri, assembly, architecture);
    return {
      title: `Write ${fn.name} in assembly for ${architecture} (${nameOf(place.uri)})`,
      kind: answered.length ? CodeActionKind.QuickFix : CodeActionKind.RefactorRewrite,
      ...(answered.length ? { diagnostics: answered } : {}),
      edit: { documentChanges: place.file ? [append(place.file, text)] : create(place.uri, text) },
    };
  });
}

/** Beside `sum.go` it is `sum_amd64.s`; else where the processor's other functions are. */
function placeFor(
  uri: string,
  assembly: readonly AssemblyFile[],
  architecture: Architecture,
): { uri: string; file?: AssemblyFile } {
  const base = nameOf(uri)
    .replace(/(_test)?\.go$/, '')
    .replace(new RegExp(`_${architecture}$`), '');
  const own = fileIn(folderOf(uri), `${base}_${architecture}.s`);
  const file =
    assembly.find(each => decoded(each.uri) === decoded(own)) ??
    assembly.find(({ targets }) => targets.length === 1 && targets[0].architecture === architecture);
  return { uri: file?.uri ?? own, file };
}

function append({ uri, source: { text } }: AssemblyFile, added: string): TextDocumentEdit {
  const { end } = goRange(text, text.length, 0);
  const gap = text === '' ? '' : text.endsWith('\n') ? '\n' : '\n\n';
  return { textDocument: { uri, version: null }, edits: [{ range: { start: end, end }, newText: gap + added }] };
}

function create(uri: string, text: string): NonNullable<NonNullable<CodeAction['edit']>['documentChanges']> {
  const start = { line: 0, character: 0 };
  const newText = `#include "textflag.h"\n\n${text}`;
  return [
    { kind: 'create', uri, options: { ignoreIfExists: true } },
    { textDocument: { uri, version: null }, edits: [{ range: { start, end: start }, newText }] },
  ];
}
