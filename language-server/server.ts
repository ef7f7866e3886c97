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
import { hover } from './features/hover.ts';
import { documentSymbols } from './features/symbols.ts';
import { type AssemblyFile, assemblyFile } from './syntax/file.ts';

const capabilities: ServerCapabilities = {
  textDocumentSync: TextDocumentSyncKind.Incremental,
  documentSymbolProvider: true,
  hoverProvider: true,
};

/** Answers on a connection until it is closed. */
export function serve(connection: Connection): void {
  const documents = new TextDocuments(TextDocument);
  const files = new Map<string, { version: number; file: AssemblyFile }>();

  /** The tree of an open document; undefined for one that is not open. */
  const fileOf = (uri: string): AssemblyFile | undefined => {
    const document = documents.get(uri);
    if (!document) return undefined;
    const known = files.get(uri);
    if (known?.version === document.version) return known.file;
    const file = assemblyFile(uri, document.getText());
    files.set(uri, { version: document.version, file });
    return file;
  };
  documents.onDidClose(({ document }) => files.delete(document.uri));

  connection.onInitialize((): InitializeResult => ({ capabilities, serverInfo: { name: 'ring3' } }));
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
