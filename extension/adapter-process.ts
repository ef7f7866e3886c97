/**
 * A debug adapter that lives in a worker: messages go through, so neither a long run nor a crash of the machine holds up
 * the editor.
 */
import * as vscode from 'vscode';

/** What Node's and the browser's workers have in common. */
export interface WorkerLike {
  postMessage(message: unknown): void;
  terminate(): unknown;
}

/** Messages beside the protocol's, told apart by their `is`. Workers ask the extension for files where they have none. */
export type WorkerMessage =
  /** First of all, in a browser: where relative paths start, and where the compiler thread's code is. */
  | { is: 'start'; folder: string; compiler: string }
  | { is: 'dap'; message: vscode.DebugProtocolMessage }
  | { is: 'ask'; id: number; question: unknown }
  | { is: 'answer'; id: number; answer?: unknown; error?: string };

/** The calls that a worker's owner forwards to. */
export interface WorkerListener {
  receive(message: WorkerMessage): void;
  /** The worker is gone or unusable. */
  failed(why: string): void;
}

export function workerAdapter(
  start: (listener: WorkerListener) => WorkerLike,
  answer: (question: unknown) => Promise<unknown> = () => Promise.reject(new Error('no such question')),
): vscode.DebugAdapter {
  const emitter = new vscode.EventEmitter<vscode.DebugProtocolMessage>();
  let ended = false;

  const failed = (why: string) => {
    if (ended) return;
    ended = true;
    const say = (event: string, body: object) => emitter.fire({ seq: 0, type: 'event', event, body } as never);
    say('output', { category: 'important', output: `Ring 3's debug adapter stopped: ${why}\n` });
    say('terminated', {});
  };

  const worker = start({
    failed,
    receive(message) {
      if (ended) return;
      if (message.is === 'dap') {
        emitter.fire(message.message);
      } else if (message.is === 'ask') {
        answer(message.question).then(
          value => worker.postMessage({ is: 'answer', id: message.id, answer: value } satisfies WorkerMessage),
          error =>
            worker.postMessage({
              is: 'answer',
              id: message.id,
              error: String(error?.message ?? error),
            } satisfies WorkerMessage),
        );
      }
    },
  });

  return {
    onDidSendMessage: emitter.event,
    handleMessage(message) {
      if (!ended) worker.postMessage({ is: 'dap', message } satisfies WorkerMessage);
    },
    dispose() {
      ended = true;
      worker.terminate();
      emitter.dispose();
    },
  };
}
