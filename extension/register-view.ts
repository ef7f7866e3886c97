/**
 * The register view in the debug side bar: which register means what at this very instruction. It follows the frame that
 * is selected in the call stack. The page is `webview/registers.ts`; this half asks the debug adapter.
 */
import * as vscode from 'vscode';
import { ask, type RunningSessions } from './sessions.ts';
import type { FromView, ToView } from './webview/messages.ts';

export function registerView(context: vscode.ExtensionContext, sessions: RunningSessions): vscode.Disposable[] {
  let view: vscode.WebviewView | undefined;
  /** Answers that come back after a newer question are dropped. */
  let asked = 0;
  let stops = 0;

  const post = (message: ToView) => void view?.webview.postMessage(message);

  /**
   * The registers of the frame that is selected; just after a stop, when VS Code still has the frame of the stop before,
   * those of the thread that stopped.
   */
  async function refresh(stopped?: { session: vscode.DebugSession; threadId: number | undefined }): Promise<void> {
    if (!view?.visible) return;
    const turn = ++asked;
    const item = stopped ? undefined : vscode.debug.activeStackItem;
    const session = stopped?.session ?? item?.session ?? vscode.debug.activeDebugSession;
    if (session?.type !== 'ring3') return post({ is: 'none' });
    if (!sessions.isStopped(session)) return post({ is: 'running' });

    const frameId = item instanceof vscode.DebugStackFrame ? item.frameId : undefined;
    const threadId = item?.threadId ?? stopped?.threadId;
    try {
      const registers = await ask(session, 'ring3/registers', { frameId, threadId });
      if (turn === asked) post({ is: 'registers', registers, stop: stops });
    } catch (error) {
      // The program went on, or ended, while the question was under way: the next event tells.
      if (turn === asked && sessions.isStopped(session)) {
        post({ is: 'problem', message: error instanceof Error ? error.message : String(error) });
      }
    }
  }

  async function heard(message: FromView): Promise<void> {
    const session = vscode.debug.activeDebugSession;
    switch (message.is) {
      case 'ready':
        return refresh();
      case 'copy':
        return vscode.env.clipboard.writeText(message.text);
      case 'break-on-syscall':
        return void vscode.commands.executeCommand('ring3.breakOnSyscall');
      case 'memory':
        if (session?.type === 'ring3') await openMemory(session, message.memoryReference);
        return;
    }
  }

  const provider: vscode.WebviewViewProvider = {
    resolveWebviewView(resolved) {
      view = resolved;
      const folder = vscode.Uri.joinPath(context.extensionUri, 'dist', 'webview');
      resolved.webview.options = { enableScripts: true, localResourceRoots: [folder] };
      resolved.webview.html = page(resolved.webview, folder);
      resolved.webview.onDidReceiveMessage(heard);
      resolved.onDidChangeVisibility(() => refresh());
      resolved.onDidDispose(() => {
        view = undefined;
      });
    },
  };

  return [
    vscode.window.registerWebviewViewProvider('ring3.registers', provider),
    vscode.debug.onDidChangeActiveStackItem(() => refresh()),
    vscode.debug.onDidChangeActiveDebugSession(() => refresh()),
    sessions.onChange(change => {
      if (change.is === 'continued') return post({ is: 'running' });
      if (change.is !== 'stopped') return void refresh();
      stops++;
      void refresh(change);
    }),
  ];
}

/** Shows memory in the hex editor, as the variables view does; where that is not installed, VS Code offers it. */
async function openMemory(session: vscode.DebugSession, memoryReference: string): Promise<void> {
  const uri = vscode.Uri.from({
    scheme: 'vscode-debug-memory',
    authority: session.id,
    path: `/${encodeURIComponent(memoryReference)}/memory.bin`,
  });
  if (vscode.extensions.getExtension('ms-vscode.hexeditor')) {
    await vscode.commands.executeCommand('vscode.openWith', uri, 'hexEditor.hexedit', vscode.ViewColumn.Beside);
  } else {
    const install = 'Show the extension';
    const answer = await vscode.window.showInformationMessage('To look at memory, install the Hex Editor.', install);
    if (answer === install) await vscode.commands.executeCommand('extension.open', 'ms-vscode.hexeditor');
  }
}

/** The page: one script with a nonce, fonts and styles of the extension's own folder, nothing else. */
function page(webview: vscode.Webview, folder: vscode.Uri): string {
  const nonce = [...crypto.getRandomValues(new Uint8Array(16))]
    .map(byte => byte.toString(16).padStart(2, '0'))
    .join('');
  const at = (file: string) => webview.asWebviewUri(vscode.Uri.joinPath(folder, file)).toString();
  const policy = [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src ${webview.cspSource} 'nonce-${nonce}'`,
    `font-src ${webview.cspSource}`,
  ].join('; ');
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Registers</title>
<link id="vscode-codicon-stylesheet" rel="stylesheet" nonce="${nonce}" href="${at('codicon.css')}">
<style nonce="${nonce}">html, body { padding: 0; margin: 0; height: 100%; }</style>
</head>
<body>
<ring3-registers></ring3-registers>
<script nonce="${nonce}" type="module" src="${at('registers.js')}"></script>
</body>
</html>`;
}
