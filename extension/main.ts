/** The extension on a computer: the machine runs in a worker thread, and Go source is built with the Go toolchain. */
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type * as vscode from 'vscode';
import { LanguageClient, type LanguageClientOptions, TransportKind } from 'vscode-languageclient/node';
import { activate as activateOn } from './activation.ts';
import { workerAdapter } from './adapter-process.ts';
import { buildGo } from './build.ts';

export function activate(context: vscode.ExtensionContext): void {
  activateOn(context, { startAdapter, buildGo, makeLanguageClient });
}

function startAdapter(): vscode.DebugAdapter {
  return workerAdapter(listener => {
    const worker = new Worker(join(__dirname, 'adapter-worker.cjs'), { name: 'ring3-adapter' });
    worker.on('message', message => listener.receive(message));
    worker.on('error', error => listener.failed(error.stack ?? error.message));
    worker.on('exit', code => listener.failed(`its thread ended with code ${code}`));
    return worker;
  });
}

/** The language server is a process of its own: a large file must not hold up the editor's other extensions. */
function makeLanguageClient(context: vscode.ExtensionContext, options: LanguageClientOptions): LanguageClient {
  const module = context.asAbsolutePath(join('dist', 'language-server.cjs'));
  const server = { module, transport: TransportKind.ipc };
  return new LanguageClient('ring3.goAssembly', 'Ring 3: Go assembly', { run: server, debug: server }, options);
}
