/** A client on the other end of the server's connection, in the same process: what an editor would send and get. */
import { PassThrough } from 'node:stream';
import {
  createConnection,
  createProtocolConnection,
  ProposedFeatures,
  type ProtocolConnection,
  StreamMessageReader,
  StreamMessageWriter,
} from 'vscode-languageserver/node';
import { serve } from '../../language-server/server.ts';

export interface TestClient {
  readonly connection: ProtocolConnection;
  open(uri: string, text: string): Promise<void>;
  request<T>(method: string, params: object): Promise<T>;
  close(): Promise<void>;
}

/** `|` in a text marks the place that a request is about; it is taken out. */
export function withCursor(text: string): { text: string; position: { line: number; character: number } } {
  const at = text.indexOf('|');
  const before = text.slice(0, at).split('\n');
  return {
    text: text.slice(0, at) + text.slice(at + 1),
    position: { line: before.length - 1, character: before.at(-1)!.length },
  };
}

export async function connect(initialize: object = {}): Promise<TestClient> {
  const [toServer, toClient] = [new PassThrough(), new PassThrough()];
  const server = createConnection(
    ProposedFeatures.all,
    new StreamMessageReader(toServer),
    new StreamMessageWriter(toClient),
  );
  serve(server);
  const connection = createProtocolConnection(new StreamMessageReader(toClient), new StreamMessageWriter(toServer));
  connection.listen();
  await connection.sendRequest('initialize', {
    processId: null,
    rootUri: null,
    capabilities: {},
    ...initialize,
  });
  await connection.sendNotification('initialized', {});
  return {
    connection,
    open: (uri, text) =>
      connection.sendNotification('textDocument/didOpen', {
        textDocument: { uri, languageId: 'go.asm', version: 1, text },
      }),
    request: (method, params) => connection.sendRequest(method, params),
    async close() {
      connection.dispose();
      toServer.end();
      toClient.end();
    },
  };
}
