/** The worker thread in which the debug adapter and its machine live. */
import { Readable } from 'node:stream';
import { parentPort } from 'node:worker_threads';
import { createNodeHost } from '../cli/node-host.ts';
import type { HostOptions } from '../debug-adapter/environment.ts';
import { nodeEnvironment } from '../debug-adapter/node.ts';
import { createAdapter } from '../debug-adapter/server.ts';
import type { Host } from '../emulator/host.ts';
import type { WorkerMessage } from './adapter-process.ts';

const port = parentPort!;
const adapter = createAdapter(nodeEnvironment({ host }), message =>
  port.postMessage({ is: 'dap', message } satisfies WorkerMessage),
);
port.on('message', (message: WorkerMessage) => {
  if (message.is === 'dap') adapter.receive(message.message);
});

/** This computer's files; output and input are the session's own. */
function host(options: HostOptions): Host {
  let given = 0;
  return {
    ...createNodeHost({ roots: options.folders, stdin: Readable.from([]) }),
    output: options.output,
    input(maximum) {
      const bytes = options.stdin.slice(given, given + maximum);
      given += bytes.length;
      return bytes;
    },
  };
}
