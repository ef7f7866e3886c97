/** The browser's worker in which the debug adapter and its machine live. */
import { type Adapter, createAdapter } from '../debug-adapter/server.ts';
import type { WorkerMessage } from './adapter-process.ts';
import { compilerThread } from './compiler.web.ts';
import { webEnvironment } from './environment.web.ts';
import type { FileAnswer, FileQuestion } from './files.web.ts';

/** What a dedicated worker has of `self`. */
const scope = self as unknown as {
  postMessage(message: WorkerMessage): void;
  onmessage: ((event: MessageEvent<WorkerMessage>) => void) | null;
};

const waiting = new Map<number, { resolve(answer: FileAnswer): void; reject(error: Error): void }>();
let asked = 0;

const ask = (question: FileQuestion) =>
  new Promise<FileAnswer>((resolve, reject) => {
    const id = ++asked;
    waiting.set(id, { resolve, reject });
    scope.postMessage({ is: 'ask', id, question });
  });

let adapter: Adapter | undefined;

scope.onmessage = ({ data }) => {
  switch (data.is) {
    case 'start':
      adapter = createAdapter(webEnvironment(data.folder, ask, compilerThread(data.compiler)), message =>
        scope.postMessage({ is: 'dap', message }),
      );
      break;
    case 'dap':
      adapter?.receive(data.message);
      break;
    case 'answer': {
      const question = waiting.get(data.id);
      waiting.delete(data.id);
      if (data.error !== undefined) question?.reject(new Error(data.error));
      else question?.resolve(data.answer as FileAnswer);
    }
  }
};
