/** The browser's worker in which the debug adapter and its machine live. */
import { createAdapter } from '../debug-adapter/server.ts';
import type { WorkerMessage } from './adapter-process.ts';
import { webEnvironment } from './environment.web.ts';
import type { FileAnswer } from './files.web.ts';

/** What a dedicated worker has of `self`. */
const scope = self as unknown as {
  postMessage(message: WorkerMessage): void;
  onmessage: ((event: MessageEvent<WorkerMessage>) => void) | null;
};

const waiting = new Map<number, { resolve(answer: FileAnswer): void; reject(error: Error): void }>();
let asked = 0;

const environment = webEnvironment(
  question =>
    new Promise((resolve, reject) => {
      const id = ++asked;
      waiting.set(id, { resolve, reject });
      scope.postMessage({ is: 'ask', id, question });
    }),
);
const adapter = createAdapter(environment, message => scope.postMessage({ is: 'dap', message }));

scope.onmessage = ({ data }) => {
  if (data.is === 'dap') return adapter.receive(data.message);
  if (data.is !== 'answer') return;
  const question = waiting.get(data.id);
  waiting.delete(data.id);
  if (data.error !== undefined) question?.reject(new Error(data.error));
  else question?.resolve(data.answer as FileAnswer);
};
