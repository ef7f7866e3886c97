/** The adapter on a pair of streams: standard input and output of a process, or a connection on the loopback. */
import { createServer, type Server } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import type { Environment } from './environment.ts';
import { encodeMessage, messageReader } from './framing.ts';
import { createAdapter } from './server.ts';
import type { SuspendedPrograms } from './suspend.ts';

/** Resolves when the client has disconnected or its stream has ended. */
export function serveStreams(environment: Environment, input: Readable, output: Writable): Promise<void> {
  return new Promise(resolve => {
    let over = false;
    const end = () => {
      if (over) return;
      over = true;
      adapter.dispose();
      resolve();
    };
    const adapter = createAdapter(
      environment,
      message => {
        if (!over && output.writable) output.write(encodeMessage(message));
      },
      // What was written goes out before the process may end.
      () => (output.writable ? output.write('', () => end()) : end()),
    );
    const read = messageReader(
      message => adapter.receive(message),
      sentence => {
        const body = { category: 'important', output: `Ring 3: ${sentence}\n` };
        if (!over && output.writable) output.write(encodeMessage({ seq: 0, type: 'event', event: 'output', body }));
      },
    );
    input.on('data', chunk => read(new Uint8Array(chunk)));
    input.on('end', end);
    input.on('error', end);
    output.on('error', end);
  });
}

/**
 * One session per connection, on the loopback only: the adapter reads files and runs programs for whoever connects. A
 * program that one leaves standing is there for the next.
 */
export function serveTcp(makeEnvironment: () => Environment, port: number): Promise<{ server: Server; port: number }> {
  const suspended: SuspendedPrograms = new Map();
  return new Promise((resolve, reject) => {
    const server = createServer(socket => {
      socket.setNoDelay(true);
      void serveStreams({ ...makeEnvironment(), suspended }, socket, socket).then(() => socket.end());
    });
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      resolve({ server, port: typeof address === 'object' && address ? address.port : port });
    });
  });
}
