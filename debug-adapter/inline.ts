/** The adapter as VS Code wants one in its own process (`vscode.DebugAdapterInlineImplementation`), and for a worker's port. */
import type { Environment } from './environment.ts';
import { createAdapter } from './server.ts';

/** Structurally `vscode.DebugAdapter`. */
export interface InlineAdapter {
  onDidSendMessage(listener: (message: object) => unknown): { dispose(): void };
  handleMessage(message: object): void;
  dispose(): void;
}

export function inlineAdapter(environment: Environment): InlineAdapter {
  const listeners = new Set<(message: object) => unknown>();
  const adapter = createAdapter(environment, message => {
    for (const listener of listeners) listener(message);
  });
  return {
    onDidSendMessage(listener) {
      listeners.add(listener);
      return { dispose: () => listeners.delete(listener) };
    },
    handleMessage: message => adapter.receive(message),
    dispose() {
      adapter.dispose();
      listeners.clear();
    },
  };
}
