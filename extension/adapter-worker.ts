/** The worker thread in which the debug adapter and its machine live: as `ring3 dap` has it, with messages for a stream. */
import { setFlagsFromString } from 'node:v8';
import { parentPort } from 'node:worker_threads';
import { adapterEnvironment } from '../cli/environment.ts';
import { createAdapter } from '../debug-adapter/server.ts';
import type { WorkerMessage } from './adapter-process.ts';

// As in bin/ring3: V8 optimises hot regions sooner.
setFlagsFromString('--wasm-tiering-budget=200000');

const port = parentPort!;
const adapter = createAdapter(adapterEnvironment(), message =>
  port.postMessage({ is: 'dap', message } satisfies WorkerMessage),
);
port.on('message', (message: WorkerMessage) => {
  if (message.is === 'dap') adapter.receive(message.message);
});
