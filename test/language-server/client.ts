/** A client on the other end of the server's connection, in the same process: what an editor would send and get. */
import { PassThrough } from 'node:stream';
import type { Diagnostic } from 'vscode-languageserver';
import {
  createConnection,
  createProtocolConnection,
  ProposedFeatures,
  type ProtocolConnection,
  StreamMessageReader,
  StreamMessageWriter,
} from 'vscode-languageserver/node';
import type { Files } from '../../language-server/go/package.ts';
import { type Place, serve } from '../../language-server/server.ts';

export interface TestClient {
  readonly connection: ProtocolConnection;
  open(uri: string, text: string): Promise<void>;
  request<T>(method: string, params: object): Promise<T>;
  change(uri: string, text: string): Promise<void>;
  /** Methods that the server asked for when it started, with the languages they are for. */
  readonly registered: { method: string; language?: string }[];
  /** The next diagnostics that come for a file. */
  diagnostics(uri: string): Promise<Diagnostic[]>;
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

/** A server in this process, and the client's end of its connection, which does not listen yet. */
export function serveHere(place: Place): { connection: ProtocolConnection; end(): void } {
  const [toServer, toClient] = [new PassThrough(), new PassThrough()];
  const server = createConnection(
    ProposedFeatures.all,
    new StreamMessageReader(toServer),
    new StreamMessageWriter(toClient),
  );
  serve(server, place);
  return {
    connection: createProtocolConnection(new StreamMessageReader(toClient), new StreamMessageWriter(toServer)),
    end() {
      toServer.end();
      toClient.end();
    },
  };
}

export async function connect(place: Place = {}): Promise<TestClient> {
  const { connection, end } = serveHere(place);
  let version = 1;
  let isClosed = false;
  const waiting = new Map<string, (list: Diagnostic[]) => void>();
  connection.onNotification('textDocument/publishDiagnostics', ({ uri, diagnostics }) =>
    waiting.get(uri)?.(diagnostics),
  );
  // A browser's server asks for folders; there is none here.
  connection.onRequest('ring3/folder', () => null);
  const registered: TestClient['registered'] = [];
  connection.onRequest('client/registerCapability', ({ registrations }) => {
    for (const { method, registerOptions } of registrations) {
      registered.push({ method, language: registerOptions.documentSelector?.[0].language });
    }
    return null;
  });
  connection.listen();
  await connection.sendRequest('initialize', {
    processId: null,
    rootUri: null,
    capabilities: {
      workspace: {
        didChangeWatchedFiles: { dynamicRegistration: true },
        workspaceEdit: { documentChanges: true, resourceOperations: ['create'] },
      },
      textDocument: { definition: { dynamicRegistration: true } },
    },
  });
  await connection.sendNotification('initialized', {});
  return {
    connection,
    open: (uri, text) =>
      connection.sendNotification('textDocument/didOpen', {
        textDocument: { uri, languageId: 'go.asm', version: 1, text },
      }),
    change: (uri, text) =>
      connection.sendNotification('textDocument/didChange', {
        textDocument: { uri, version: ++version },
        contentChanges: [{ text }],
      }),
    registered,
    request: (method, params) => connection.sendRequest(method, params),
    diagnostics: uri => new Promise(resolve => waiting.set(uri, resolve)),
    async close() {
      if (isClosed) return;
      isClosed = true;
      // What is on its way arrives before.
      await connection.sendRequest('shutdown');
      connection.dispose();
      end();
    },
  };
}

/** A folder that is only in memory, at file:///work. */
export function memory(texts: Record<string, string>): Place & { files: Files } {
  const folder = 'file:///work';
  return {
    files: {
      list: asked => (asked === folder ? Object.keys(texts) : undefined),
      read: uri => (uri.startsWith(`${folder}/`) ? texts[decodeURIComponent(uri.slice(folder.length + 1))] : undefined),
    },
  };
}
