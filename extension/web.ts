/** The extension in a browser: the machine runs in a web worker; executables of the workspace run, nothing is built. */
import * as vscode from 'vscode';
import { LanguageClient } from 'vscode-languageclient/browser';
import { activate as activateOn } from './activation.ts';
import { type WorkerMessage, workerAdapter } from './adapter-process.ts';
import { workspaceFiles } from './workspace-files.web.ts';

export function activate(context: vscode.ExtensionContext): void {
  activateOn(context, {
    async startAdapter() {
      const url = await workerUrl(context, 'adapter-worker.web.js');
      const compiler = await workerUrl(context, 'compiler-thread.web.js');
      return workerAdapter(listener => {
        const worker = new Worker(url, { name: 'ring3-adapter' });
        worker.onmessage = event => listener.receive(event.data);
        worker.onerror = event => listener.failed(event.message);
        const folder = vscode.workspace.workspaceFolders?.[0]?.uri.path ?? '/';
        worker.postMessage({ is: 'start', folder, compiler } satisfies WorkerMessage);
        return worker;
      }, workspaceFiles());
    },
    async makeLanguageClient(context, options) {
      const worker = new Worker(await workerUrl(context, 'language-server.web.js'), { name: 'ring3-go-assembly' });
      return new LanguageClient('ring3.goAssembly', 'Ring 3: Go assembly', worker, options);
    },
    async buildGo(configuration) {
      if (!/\.(go|s)$/.test(configuration.program) && !(await isFolder(configuration.program))) return configuration;
      void vscode.window.showErrorMessage(
        'There is no Go toolchain in a browser. Build elsewhere (GOOS=linux GOARCH=amd64 go build) and name the executable as "program".',
      );
      return undefined;
    },
  });
}

/** Addresses of the workers' code, by file. */
const workers = new Map<string, Promise<string>>();

/** An extension's web worker may not load scripts of the extension's own address: the code is read and put into a blob. */
function workerUrl(context: vscode.ExtensionContext, file: string): Promise<string> {
  const load = async () => {
    const code = await vscode.workspace.fs.readFile(vscode.Uri.joinPath(context.extensionUri, 'dist', file));
    return URL.createObjectURL(new Blob([new Uint8Array(code)], { type: 'text/javascript' }));
  };
  const known = workers.get(file) ?? load();
  workers.set(file, known);
  return known;
}

async function isFolder(path: string): Promise<boolean> {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  if (!folder) return false;
  const answer = await vscode.workspace.fs.stat(folder.with({ path })).then(undefined, () => undefined);
  return answer?.type === vscode.FileType.Directory;
}
