/**
 * Go assembly in the editor: the language server's client, and the files that belong to it. vscode-go claims every .s file
 * for `go.asm`; without it only files that look like Go's are taken, so that GNU assembly stays what it is.
 */
import * as vscode from 'vscode';
import type { BaseLanguageClient, LanguageClientOptions, Middleware } from 'vscode-languageclient';

/** How far into a file the signs are looked for: behind a licence text, before the code gets long. */
const HEAD = 8192;

const GO_SIGNS = [
  /^\s*#include\s+"(textflag|funcdata|go_asm|go_tls|asm_[a-z0-9]+)\.h"/m,
  // TEXT ·name(SB), TEXT runtime·name<ABIInternal>(SB): the middle dot is Go's alone.
  /^\s*(TEXT|GLOBL|DATA)\s+[\w\u2215/.~]*\u00b7[\w\u00b7]+.*\(SB\)/m,
  /^\s*TEXT\s+[\w\u00b7\u2215/.~]+(<[\w]*>)?\(SB\)\s*,/m,
];

/** Languages that a .s file has when nobody knows better. */
const UNCLAIMED = new Set(['plaintext', 'asm', 'gas', 's', 'asm-collection', 'arm', 'mips']);

export function looksLikeGoAssembly(text: string): boolean {
  const head = text.slice(0, HEAD);
  return GO_SIGNS.some(sign => sign.test(head));
}

/** The server starts with the first file that it is for. `makeClient` makes a client that has not started. */
export function goAssembly(
  context: vscode.ExtensionContext,
  makeClient: (
    context: vscode.ExtensionContext,
    options: LanguageClientOptions,
  ) => BaseLanguageClient | Promise<BaseLanguageClient>,
): vscode.Disposable[] {
  let client: Promise<BaseLanguageClient> | undefined;
  const start = async () => {
    const made = await makeClient(context, {
      documentSelector: [{ language: 'go.asm' }],
      middleware: {
        // The debugger's disassembly is highlighted and explained as Go assembly, but nobody wrote it.
        handleDiagnostics: (uri, problems, next) => next(uri, uri.scheme === 'debug' ? [] : problems),
        provideRenameEdits: renameWithGo(),
        prepareRename: (document, position, token, next) =>
          isAskingOthers ? undefined : next(document, position, token),
      },
      // The server needs Go's installation, which is around the `go` command.
      synchronize: { configurationSection: 'ring3' },
    });
    // A server in a browser has no files of its own.
    made.onRequest('ring3/folder', ({ folder }: { folder: string }) => readFolder(vscode.Uri.parse(folder)));
    await made.start();
    return made;
  };
  const startFor = async (document: vscode.TextDocument) => {
    if (client || !(document.languageId === 'go.asm' || (await isBesideAssembly(document))) || client) return;
    client = start();
    client.catch(error => {
      void vscode.window.showErrorMessage(`The language server for Go assembly did not start: ${error.message}`);
    });
  };
  for (const document of vscode.workspace.textDocuments) void startFor(document);
  return [
    ...goAssemblyFiles(),
    vscode.workspace.onDidOpenTextDocument(document => void startFor(document)),
    { dispose: () => void client?.then(running => running.dispose()).catch(() => undefined) },
  ];
}

/** A Go file of a package with assembly. */
async function isBesideAssembly({ languageId, uri }: vscode.TextDocument): Promise<boolean> {
  if (languageId !== 'go') return false;
  const entries = await vscode.workspace.fs
    .readDirectory(vscode.Uri.joinPath(uri, '..'))
    .then(undefined, (): [string, vscode.FileType][] => []);
  return entries.some(([name]) => name.endsWith('.s'));
}

/** The editor is being asked what it would rename without us. */
let isAskingOthers = false;

/**
 * Only one provider's rename is made. In a Go file what gopls says of Go is better than what we could: it is asked, and what
 * is added to its edits are those in assembly.
 */
function renameWithGo(): NonNullable<Middleware['provideRenameEdits']> {
  return async (document, position, newName, token, next) => {
    if (isAskingOthers) return undefined;
    const own = await next(document, position, newName, token);
    if (!own || document.languageId !== 'go') return own;
    isAskingOthers = true;
    const others = await vscode.commands
      .executeCommand<vscode.WorkspaceEdit | undefined>(
        'vscode.executeDocumentRenameProvider',
        document.uri,
        position,
        newName,
      )
      .then(undefined, () => undefined);
    isAskingOthers = false;
    if (!others || others.size === 0) return own;
    // A local of the same name is none of assembly's: what others rename is the same if one Go edit is.
    const places = (edit: vscode.WorkspaceEdit) =>
      edit
        .entries()
        .flatMap(([uri, edits]) => edits.map(({ range: { start } }) => `${uri} ${start.line} ${start.character}`));
    const renamed = new Set(places(others));
    if (!places(own).some(place => renamed.has(place))) return others;
    for (const [uri, edits] of own.entries()) if (uri.path.endsWith('.s')) others.set(uri, edits);
    return others;
  };
}

/** What the server asks for by `ring3/folder`. */
interface FolderAnswer {
  names: string[];
  texts: Record<string, string>;
  goMod?: { uri: string; text: string };
}

/** What of a folder matters to assembly: all names, the texts of Go, assembly and headers, and the module it is in. */
async function readFolder(folder: vscode.Uri): Promise<FolderAnswer> {
  const entries = await vscode.workspace.fs.readDirectory(folder);
  const names = entries.map(([name]) => name);
  const texts: Record<string, string> = {};
  for (const [name, type] of entries) {
    if ((type & vscode.FileType.File) === 0 || !(/\.(go|s|h)$/.test(name) || name === 'go.mod')) continue;
    const bytes = await vscode.workspace.fs
      .readFile(vscode.Uri.joinPath(folder, name))
      .then(undefined, () => undefined);
    if (bytes) texts[name] = new TextDecoder().decode(bytes);
  }
  return { names, texts, goMod: await goModAbove(folder) };
}

/** As far up as the workspace goes. */
async function goModAbove(folder: vscode.Uri): Promise<FolderAnswer['goMod']> {
  const root = vscode.workspace.getWorkspaceFolder(folder)?.uri.path.replace(/\/$/, '');
  if (root === undefined) return undefined;
  for (let at = folder; at.path !== root && at.path.startsWith(root); ) {
    at = vscode.Uri.joinPath(at, '..');
    const uri = vscode.Uri.joinPath(at, 'go.mod');
    const bytes = await vscode.workspace.fs.readFile(uri).then(undefined, () => undefined);
    if (bytes) return { uri: uri.toString(), text: new TextDecoder().decode(bytes) };
    if (at.path === '/' || at.path === '') return undefined;
  }
  return undefined;
}

function goAssemblyFiles(): vscode.Disposable[] {
  const claim = (document: vscode.TextDocument) => {
    if (!document.uri.path.endsWith('.s') || !UNCLAIMED.has(document.languageId)) return;
    if (looksLikeGoAssembly(document.getText(new vscode.Range(0, 0, 400, 0)))) {
      void vscode.languages.setTextDocumentLanguage(document, 'go.asm');
    }
  };
  for (const document of vscode.workspace.textDocuments) claim(document);
  return [vscode.workspace.onDidOpenTextDocument(claim)];
}
