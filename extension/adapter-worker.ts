/** The worker thread in which the debug adapter and its machine live. */
import { parentPort } from 'node:worker_threads';
import { nodeEnvironment } from '../debug-adapter/node.ts';
import { createAdapter } from '../debug-adapter/server.ts';
import type { WorkerMessage } from './adapter-process.ts';

const port = parentPort!;
const adapter = createAdapter(nodeEnvironment(), message =>
  port.postMessage({ is: 'dap', message } satisfies WorkerMessage),
);
port.on('message', (message: WorkerMessage) => {
  if (message.is === 'dap') adapter.receive(message.message);
});
