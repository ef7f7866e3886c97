/**
 * Go assembly in the editor: the language server's client, and the files that belong to it. vscode-go claims every .s file
 * for `go.asm`; without it only files that look like Go's are taken, so that GNU assembly stays what it is.
 */
import * as vscode from 'vscode';
import type { BaseLanguageClient, LanguageClientOptions } from 'vscode-languageclient';

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
      },
      synchronize: { fileEvents: vscode.workspace.createFileSystemWatcher('**/*.{s,go,h}') },
    });
    // A server in a browser has no files of its own.
    made.onRequest('ring3/folder', ({ folder }: { folder: string }) => readFolder(vscode.Uri.parse(folder)));
    await made.start();
    return made;
  };
  const startFor = (document: vscode.TextDocument) => {
    if (client || document.languageId !== 'go.asm') return;
    client = start();
    client.catch(error => {
      void vscode.window.showErrorMessage(`The language server for Go assembly did not start: ${error.message}`);
    });
  };
  for (const document of vscode.workspace.textDocuments) startFor(document);
  return [
    ...goAssemblyFiles(),
    vscode.workspace.onDidOpenTextDocument(startFor),
    { dispose: () => void client?.then(running => running.dispose()).catch(() => undefined) },
  ];
}

/** What of a folder matters to assembly: all names, and the texts of Go, assembly and headers. */
async function readFolder(folder: vscode.Uri): Promise<{ names: string[]; texts: Record<string, string> }> {
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
  return { names, texts };
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
