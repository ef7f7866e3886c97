/**
 * Everything the extension registers, as one list, the same in Node and in a browser. What differs between the two
 * (how a machine is started, whether Go can be built) comes in as `Platform`.
 */
import * as vscode from 'vscode';
import type { BaseLanguageClient, LanguageClientOptions } from 'vscode-languageclient';
import { configurationProviders } from './configuration.ts';
import { goAssembly } from './go-assembly.ts';
import { registerView } from './register-view.ts';
import { RunningSessions } from './sessions.ts';
import { singleThread } from './single-thread.ts';
import { syscallBreakpoints } from './syscall-breakpoints.ts';

export interface Platform {
  /** Starts a debug adapter, with its machine, beside the extension host: neither waits for the other. */
  startAdapter(context: vscode.ExtensionContext): vscode.DebugAdapter | Promise<vscode.DebugAdapter>;
  /**
   * Makes an executable of a Go file or package folder. Returns the changed configuration; undefined when that failed
   * and the person was told why.
   */
  buildGo?(
    configuration: vscode.DebugConfiguration,
    context: vscode.ExtensionContext,
    token?: vscode.CancellationToken,
  ): Promise<vscode.DebugConfiguration | undefined>;
  /** Makes the language server's client, which has not started. */
  makeLanguageClient(
    context: vscode.ExtensionContext,
    options: LanguageClientOptions,
  ): BaseLanguageClient | Promise<BaseLanguageClient>;
}

export function activate(context: vscode.ExtensionContext, platform: Platform): void {
  const sessions = new RunningSessions();
  context.subscriptions.push(
    sessions,
    vscode.debug.registerDebugAdapterDescriptorFactory('ring3', {
      createDebugAdapterDescriptor: async () =>
        new vscode.DebugAdapterInlineImplementation(await platform.startAdapter(context)),
    }),
    ...configurationProviders(context, platform),
    ...syscallBreakpoints(),
    ...singleThread(sessions),
    ...registerView(context, sessions),
    ...goAssembly(context, platform.makeLanguageClient),
  );
}
