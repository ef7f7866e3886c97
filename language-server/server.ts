/**
 * The language server for Go assembly: what it answers, as one list. It runs wherever a connection comes from: Node's
 * stdio, a web worker, a test. Each answer is made by a file of `features/` from the file's tree; nothing here knows the
 * language.
 */
import {
  type Connection,
  type InitializeResult,
  type ServerCapabilities,
  TextDocumentSyncKind,
  TextDocuments,
} from 'vscode-languageserver';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { diagnostics } from './features/diagnostics.ts';
import { hover } from './features/hover.ts';
import { documentSymbols } from './features/symbols.ts';
import { type ClientFiles, clientFiles } from './files.ts';
import type { Files } from './go/package.ts';
import { type AssemblyFile, assemblyFile } from './syntax/file.ts';
import { folderOf, surroundingsOf, type World } from './workspace.ts';

const capabilities: ServerCapabilities = {
  textDocumentSync: TextDocumentSyncKind.Incremental,
  documentSymbolProvider: true,
  hoverProvider: true,
};

/** What the server may use of the place it runs in. Without `files` the client is asked for them. */
export interface Place {
  readonly files?: Files;
  /** URI of Go's installation. */
  readonly goRoot?: string;
}

/** A pause in typing after which a file is checked, in milliseconds. */
const PAUSE = 120;

/** Answers on a connection until it is closed. */
export function serve(connection: Connection, place: Place = {}): void {
  const documents = new TextDocuments(TextDocument);
  const trees = new Map<string, { version: number; file: AssemblyFile }>();
  const timers = new Map<string, ReturnType<typeof setTimeout>>();
  const asked: ClientFiles | undefined = place.files ? undefined : clientFiles(connection);
  const stored: Files = place.files ?? asked!;
  const world: World = {
    goRoot: place.goRoot,
    // What is open counts, saved or not.
    files: { list: folder => stored.list(folder), read: uri => documents.get(uri)?.getText() ?? stored.read(uri) },
  };

  /** The tree of an open document; undefined for one that is not open. */
  const fileOf = (uri: string): AssemblyFile | undefined => {
    const document = documents.get(uri);
    if (!document) return undefined;
    const known = trees.get(uri);
    if (known?.version === document.version) return known.file;
    const file = assemblyFile(uri, document.getText());
    trees.set(uri, { version: document.version, file });
    return file;
  };

  const check = async (uri: string) => {
    await asked?.fetch(folderOf(uri));
    const file = fileOf(uri);
    if (!file) return;
    const version = documents.get(uri)?.version;
    await connection.sendDiagnostics({ uri, version, diagnostics: diagnostics(file, surroundingsOf(world, uri)) });
  };
  const checkSoon = (uri: string, pause: number) => {
    clearTimeout(timers.get(uri));
    timers.set(
      uri,
      setTimeout(() => void check(uri), pause),
    );
  };

  connection.onInitialize((): InitializeResult => ({ capabilities, serverInfo: { name: 'ring3' } }));
  connection.onDidChangeWatchedFiles(({ changes }) => {
    for (const { uri } of changes) asked?.forget(folderOf(uri));
    for (const { uri } of documents.all()) checkSoon(uri, PAUSE);
  });
  documents.onDidOpen(({ document }) => checkSoon(document.uri, 0));
  documents.onDidChangeContent(({ document }) => checkSoon(document.uri, PAUSE));
  documents.onDidClose(({ document: { uri } }) => {
    clearTimeout(timers.get(uri));
    timers.delete(uri);
    trees.delete(uri);
    void connection.sendDiagnostics({ uri, diagnostics: [] });
  });

  connection.onDocumentSymbol(({ textDocument }) => {
    const file = fileOf(textDocument.uri);
    return file ? documentSymbols(file) : [];
  });
  connection.onHover(({ textDocument, position }) => {
    const file = fileOf(textDocument.uri);
    return file ? hover(file, position) : null;
  });

  documents.listen(connection);
  connection.listen();
}
