/** The smallest DAP client that is one: requests with answers, events as they come. For programs that drive the adapter. */
import type { Environment } from '../debug-adapter/environment.ts';
import { createAdapter } from '../debug-adapter/server.ts';

// biome-ignore lint/suspicious/noExplicitAny: the protocol's bodies, as they come off the wire
type Body = any;

export interface DebugClient {
  /** The body of the answer; rejects with the adapter's sentence. */
  ask(command: string, args?: object): Promise<Body>;
  /** The next event of that name from now on. */
  event(name: string): Promise<Body>;
  on(name: string, listener: (body: Body) => void): void;
  /** A request that lets the program run, and the stop it comes to. */
  go(command: string, args: object): Promise<Body>;
  close(): void;
}

export function debugClient(environment: Environment): DebugClient {
  let seq = 1;
  const waiting = new Map<number, (response: Body) => void>();
  const listeners: { name: string; once: boolean; hear: (body: Body) => void }[] = [];
  const adapter = createAdapter(environment, sent => {
    // What goes over a wire is a copy.
    const message = JSON.parse(JSON.stringify(sent));
    if (message.type === 'response') {
      waiting.get(message.request_seq)?.(message);
      waiting.delete(message.request_seq);
      return;
    }
    for (const listener of listeners.filter(candidate => candidate.name === message.event)) {
      if (listener.once) listeners.splice(listeners.indexOf(listener), 1);
      listener.hear(message.body);
    }
  });
  const client: DebugClient = {
    ask: (command, args) =>
      new Promise((resolve, reject) => {
        const request = { seq: seq++, type: 'request', command, arguments: args };
        waiting.set(request.seq, response =>
          response.success ? resolve(response.body) : reject(new Error(`${command}: ${response.message}`)),
        );
        adapter.receive(JSON.parse(JSON.stringify(request)));
      }),
    event: name => new Promise(hear => listeners.push({ name, once: true, hear })),
    on: (name, hear) => listeners.push({ name, once: false, hear }),
    async go(command, args) {
      const stopped = client.event('stopped');
      await client.ask(command, args);
      return stopped;
    },
    close: () => adapter.dispose(),
  };
  return client;
}
