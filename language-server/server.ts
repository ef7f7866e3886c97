/**
 * The language server for Go assembly: what it answers, as one list. It runs wherever a connection comes from: Node's
 * stdio, a web worker, a test. Each answer is made by a file of `features/` from the file's tree; nothing here knows the
 * language.
 */
import {
  BulkRegistration,
  CodeActionKind,
  CodeActionRequest,
  type Connection,
  DefinitionRequest,
  DidChangeTextDocumentNotification,
  DidChangeWatchedFilesNotification,
  DidCloseTextDocumentNotification,
  DidOpenTextDocumentNotification,
  ImplementationRequest,
  type InitializeResult,
  LSPErrorCodes,
  type Position,
  ReferencesRequest,
  RenameRequest,
  ResponseError,
  type ServerCapabilities,
  TextDocumentSyncKind,
  TextDocuments,
} from 'vscode-languageserver';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { codeActions } from './features/actions.ts';
import { incomingCalls, outgoingCalls, prepareCalls } from './features/calls.ts';
import { completion } from './features/completion.ts';
import { diagnostics } from './features/diagnostics.ts';
import { foldingRanges, selectionRanges } from './features/folding.ts';
import { format } from './features/format.ts';
import {
  type AskedFromGo,
  definitionFromGo,
  implementationFromGo,
  prepareRenameFromGo,
  referencesFromGo,
  renameFromGo,
} from './features/from-go.ts';
import { hover } from './features/hover.ts';
import { inlayHints } from './features/inlay.ts';
import { inlineValues } from './features/inline-values.ts';
import {
  type Asked,
  declaration,
  definition,
  highlights,
  prepareRename,
  references,
  rename,
} from './features/navigation.ts';
import { legend, semanticTokens } from './features/semantic.ts';
import { signatureHelp } from './features/signature.ts';
import { stubs } from './features/stub.ts';
import { documentSymbols, workspaceSymbols } from './features/symbols.ts';
import { type ClientFiles, clientFiles } from './files.ts';
import type { Files } from './go/package.ts';
import type { Architecture } from './syntax/architecture.ts';
import type { AssemblyFile } from './syntax/file.ts';
import { decoded, folderOf } from './uri.ts';
import { assemblyAt, assemblyIn, forget, surroundingsOf, type World } from './workspace.ts';

const capabilities: ServerCapabilities = {
  textDocumentSync: TextDocumentSyncKind.Incremental,
  documentSymbolProvider: true,
  workspaceSymbolProvider: true,
  hoverProvider: true,
  completionProvider: { triggerCharacters: ['·', '$', '(', '#', '"', '+', ' ', ',', '\t'] },
  signatureHelpProvider: { triggerCharacters: [' ', ',', '(', '\t'] },
  definitionProvider: true,
  declarationProvider: true,
  implementationProvider: true,
  referencesProvider: true,
  documentHighlightProvider: true,
  renameProvider: { prepareProvider: true },
  documentFormattingProvider: true,
  documentRangeFormattingProvider: true,
  documentOnTypeFormattingProvider: { firstTriggerCharacter: '\n', moreTriggerCharacter: [';'] },
  codeActionProvider: { codeActionKinds: [CodeActionKind.QuickFix, CodeActionKind.RefactorRewrite] },
  callHierarchyProvider: true,
  foldingRangeProvider: true,
  selectionRangeProvider: true,
  inlayHintProvider: true,
  inlineValueProvider: true,
  semanticTokensProvider: { legend, full: true },
};

/** What the server may use of the place it runs in. Without `files` the client is asked for them. */
export interface Place {
  readonly files?: Files;
  /** URI of Go's installation, found by the `go` command that a person has set. */
  goRoot?(command: string | undefined): string | undefined;
  /** Of the machine: which of several implementations of a Go function is meant. */
  readonly architecture?: Architecture;
}

/** So long keys are collected before a file is checked, in milliseconds. */
const PAUSE = 5;

/** Answers on a connection until it is closed. */
export function serve(connection: Connection, place: Place = {}): void {
  const documents = new TextDocuments(TextDocument);
  /** Addresses of open documents as the client writes them, by what they mean. */
  const open = new Map<string, string>();
  const timers = new Map<string, ReturnType<typeof setTimeout>>();
  const asked: ClientFiles | undefined = place.files ? undefined : clientFiles(connection, () => forget(world));
  const stored: Files = place.files ?? asked!;
  let goRoot = place.goRoot?.(undefined);
  const world: World = {
    get goRoot() {
      return goRoot;
    },
    // What is open counts, saved or not.
    files: {
      list: folder => stored.list(folder),
      read: uri => documents.get(open.get(decoded(uri)) ?? uri)?.getText() ?? stored.read(uri),
    },
  };

  /** Whether the client tells of files that change; else everything is looked up anew for each question. */
  let isWatching = false;
  let registersForGo = false;
  let createsFiles = false;

  /** The tree of an open document; undefined for one that is not open. */
  const fileOf = (uri: string): AssemblyFile | undefined => {
    if (!isWatching) forget(world);
    return documents.get(uri) && !uri.endsWith('.go') ? assemblyAt(world, uri) : undefined;
  };
  /** Something about a file is new: what was found out by it is no more. */
  const changed = (uri: string) => {
    asked?.forget(folderOf(uri));
    forget(world, uri);
  };

  const check = async (uri: string) => {
    await asked?.fetch(folderOf(uri));
    const file = fileOf(uri);
    if (!file) return;
    const version = documents.get(uri)?.version;
    await connection.sendDiagnostics({ uri, version, diagnostics: diagnostics(file, surroundingsOf(world, uri)) });
  };
  /** A client that has gone hears nothing; anything else is told. */
  let isGone = false;
  connection.onShutdown(() => {
    isGone = true;
    for (const timer of timers.values()) clearTimeout(timer);
  });
  const failed = (error: unknown) => {
    if (isGone || /closed|disposed/.test(String(error))) return;
    connection.console.error(String((error as Error)?.stack ?? error));
  };
  const checkSoon = (uri: string, pause: number) => {
    clearTimeout(timers.get(uri));
    timers.set(
      uri,
      setTimeout(() => void check(uri).catch(failed), pause),
    );
  };

  connection.onInitialize(({ capabilities: { workspace, textDocument } }): InitializeResult => {
    isWatching = workspace?.didChangeWatchedFiles?.dynamicRegistration ?? false;
    const { documentChanges, resourceOperations } = workspace?.workspaceEdit ?? {};
    createsFiles = documentChanges === true && resourceOperations?.includes('create') === true;
    registersForGo = textDocument?.definition?.dynamicRegistration ?? false;
    return { capabilities, serverInfo: { name: 'ring3' } };
  });
  connection.onInitialized(() => {
    if (isWatching) {
      const watchers = [{ globPattern: '**/{*.s,*.go,*.h,go.mod}' }];
      connection.client.register(DidChangeWatchedFilesNotification.type, { watchers }).catch(failed);
    }
    if (registersForGo) registerForGo(connection).catch(failed);
  });
  connection.onDidChangeConfiguration(({ settings }) => {
    const command: unknown = settings?.ring3?.goCommand;
    const found = place.goRoot?.(typeof command === 'string' ? command : undefined);
    if (found === goRoot) return;
    goRoot = found;
    forget(world);
    for (const { uri } of documents.all()) checkSoon(uri, PAUSE);
  });
  connection.onDidChangeWatchedFiles(({ changes }) => {
    for (const { uri } of changes) changed(uri);
    for (const { uri } of documents.all()) checkSoon(uri, PAUSE);
  });
  documents.onDidOpen(({ document: { uri } }) => {
    open.set(decoded(uri), uri);
  });
  documents.onDidChangeContent(({ document: { uri } }) => {
    forget(world, uri);
    if (uri.endsWith('.s')) checkSoon(uri, PAUSE);
    // Go and headers matter to whatever is open.
    else for (const other of documents.all()) checkSoon(other.uri, PAUSE);
  });
  documents.onDidClose(({ document: { uri } }) => {
    clearTimeout(timers.get(uri));
    timers.delete(uri);
    open.delete(decoded(uri));
    // What is stored counts again.
    forget(world, uri);
    connection.sendDiagnostics({ uri, diagnostics: [] }).catch(failed);
  });

  /** The files of folders in which something is open, for questions about all of them. */
  const openFiles = (): AssemblyFile[] => {
    const folders = new Set(documents.all().map(({ uri }) => folderOf(uri)));
    return [...folders].flatMap(folder => assemblyIn(world, folder));
  };
  type At = { textDocument: { uri: string }; position: Position };
  const asking = ({ textDocument: { uri }, position }: At): Asked | undefined => {
    const file = fileOf(uri);
    return file && { world, file, position };
  };
  /** A question about a place in assembly; about Go only what assembly knows. */
  const at =
    <T>(answer: (asked: Asked) => T, none: T) =>
    (params: At): T => {
      const asked = asking(params);
      return asked ? answer(asked) : none;
    };
  const about =
    <T>(answer: (file: AssemblyFile) => T, none: T) =>
    ({ textDocument }: { textDocument: { uri: string } }): T => {
      const file = fileOf(textDocument.uri);
      return file ? answer(file) : none;
    };
  /** The same question about a Go file and about assembly. */
  const either =
    <T>(go: (asked: AskedFromGo) => T, assembly: (asked: Asked) => T, none: T) =>
    (params: At): T => {
      const { uri } = params.textDocument;
      if (!uri.endsWith('.go')) return at(assembly, none)(params);
      if (!isWatching) forget(world);
      return go({ world, uri, text: documents.get(uri)?.getText() ?? '', position: params.position });
    };

  connection.onDocumentSymbol(about(documentSymbols, []));
  connection.onWorkspaceSymbol(({ query }) => workspaceSymbols(openFiles(), query));
  connection.onHover(at(({ file, position }) => hover(world, file, position), null));
  connection.onCompletion(at(({ file, position }) => completion(world, file, position), []));
  connection.onSignatureHelp(at(({ file, position }) => signatureHelp(world, file, position), null));
  connection.onDefinition(either(asked => definitionFromGo(asked, place.architecture), definition, []));
  connection.onImplementation(either(implementationFromGo, definition, []));
  connection.onDeclaration(at(declaration, []));
  connection.onReferences(params =>
    either(referencesFromGo, asked => references(asked, params.context.includeDeclaration), [])(params),
  );
  connection.onDocumentHighlight(at(highlights, []));
  connection.onPrepareRename(
    either(
      asked => prepareRenameFromGo(asked) ?? null,
      asked => prepareRename(asked) ?? null,
      null,
    ),
  );
  connection.onRenameRequest(params => {
    try {
      return either(
        asked => renameFromGo(asked, params.newName) ?? null,
        asked => rename(asked, params.newName) ?? null,
        null,
      )(params);
    } catch (error) {
      throw new ResponseError(LSPErrorCodes.RequestFailed, (error as Error).message);
    }
  });
  connection.onDocumentFormatting(about(file => format(file), []));
  connection.onDocumentRangeFormatting(({ textDocument, range }) =>
    about(file => format(file, range.start.line, range.end.line), [])({ textDocument }),
  );
  connection.onDocumentOnTypeFormatting(({ textDocument, position, ch }) => {
    // Behind a newline it is the line before that is done.
    const line = ch === '\n' ? position.line - 1 : position.line;
    return about(file => format(file, line, line), [])({ textDocument });
  });
  connection.onCodeAction(({ textDocument: { uri }, range, context: { diagnostics: told } }) => {
    if (!uri.endsWith('.go'))
      return about(file => codeActions(world, file, range, told), [])({ textDocument: { uri } });
    if (!isWatching) forget(world);
    return createsFiles ? stubs(world, uri, range, told, place.architecture ?? 'amd64') : [];
  });
  connection.languages.callHierarchy.onPrepare(at(prepareCalls, []));
  connection.languages.callHierarchy.onIncomingCalls(({ item }) => incomingCalls(world, item));
  connection.languages.callHierarchy.onOutgoingCalls(({ item }) => outgoingCalls(world, item, fileOf(item.uri)));
  connection.onFoldingRanges(about(foldingRanges, []));
  connection.onSelectionRanges(({ textDocument, positions }) =>
    about(file => selectionRanges(file, positions), [])({ textDocument }),
  );
  connection.languages.inlayHint.on(({ textDocument, range }) =>
    about(file => inlayHints(world, file, range), [])({ textDocument }),
  );
  connection.languages.inlineValue.on(({ textDocument, range, context: { stoppedLocation } }) =>
    about(file => inlineValues(file, range, stoppedLocation.start.line), [])({ textDocument }),
  );
  connection.languages.semanticTokens.on(about(semanticTokens, { data: [] }));

  documents.listen(connection);
  connection.listen();
}

/**
 * Of Go files only what leads into assembly is answered, and nothing else is even asked: a client that sent every question
 * about Go here, too, would show two formatters and two hovers.
 */
async function registerForGo(connection: Connection): Promise<void> {
  const documentSelector = [{ language: 'go' }];
  const questions = BulkRegistration.create();
  questions.add(DidOpenTextDocumentNotification.type, { documentSelector });
  questions.add(DidChangeTextDocumentNotification.type, {
    documentSelector,
    syncKind: TextDocumentSyncKind.Incremental,
  });
  questions.add(DidCloseTextDocumentNotification.type, { documentSelector });
  questions.add(CodeActionRequest.type, {
    documentSelector,
    codeActionKinds: [CodeActionKind.QuickFix, CodeActionKind.RefactorRewrite],
  });
  questions.add(DefinitionRequest.type, { documentSelector });
  questions.add(ImplementationRequest.type, { documentSelector });
  questions.add(ReferencesRequest.type, { documentSelector });
  questions.add(RenameRequest.type, { documentSelector, prepareProvider: true });
  await connection.client.register(questions);
}
