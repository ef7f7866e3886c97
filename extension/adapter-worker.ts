/** The worker thread in which the debug adapter and its machine live: as `ring3 dap` has it, with messages for a stream. */
import { parentPort } from 'node:worker_threads';
import { adapterEnvironment } from '../cli/environment.ts';
import { createAdapter } from '../debug-adapter/server.ts';
import type { WorkerMessage } from './adapter-process.ts';

const port = parentPort!;
const adapter = createAdapter(adapterEnvironment(), message =>
  port.postMessage({ is: 'dap', message } satisfies WorkerMessage),
);
port.on('message', (message: WorkerMessage) => {
  if (message.is === 'dap') adapter.receive(message.message);
});
