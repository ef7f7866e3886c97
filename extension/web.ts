/** The extension in a browser: the machine runs in a web worker; executables of the workspace run, nothing is built. */
import * as vscode from 'vscode';
import { activate as activateOn } from './activation.ts';
import { type WorkerMessage, workerAdapter } from './adapter-process.ts';
import { workspaceFiles } from './workspace-files.web.ts';

/** The worker's code as text: an extension's web worker may not load scripts of the extension's own address. */
let code: Promise<string> | undefined;

export function activate(context: vscode.ExtensionContext): void {
  activateOn(context, {
    async startAdapter() {
      code ??= load(vscode.Uri.joinPath(context.extensionUri, 'dist', 'adapter-worker.web.js'));
      const url = URL.createObjectURL(new Blob([await code], { type: 'text/javascript' }));
      return workerAdapter(listener => {
        const worker = new Worker(url, { name: 'ring3-adapter' });
        worker.onmessage = event => listener.receive(event.data);
        worker.onerror = event => listener.failed(event.message);
        const folder = vscode.workspace.workspaceFolders?.[0]?.uri.path ?? '/';
        worker.postMessage({ is: 'start', folder } satisfies WorkerMessage);
        return worker;
      }, workspaceFiles());
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

async function load(uri: vscode.Uri): Promise<string> {
  return new TextDecoder().decode(await vscode.workspace.fs.readFile(uri));
}

async function isFolder(path: string): Promise<boolean> {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  if (!folder) return false;
  const answer = await vscode.workspace.fs.stat(folder.with({ path })).then(undefined, () => undefined);
  return answer?.type === vscode.FileType.Directory;
}
