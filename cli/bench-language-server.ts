/**
 * How long an editor waits for the language server, on the largest assembly file of Go's installation: from a keystroke to
 * its diagnostics, and from a question to the completions. It is the built server in a process of its own, spoken to as an
 * editor does (Language Server Protocol 3.17, base protocol).
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { goRoot } from '../language-server/files.node.ts';

/** A path, and not `new URL(…, import.meta.url)`, which would take the file into the bundle. */
const SERVER = join(dirname(fileURLToPath(import.meta.url)), '..', 'dist', 'language-server.cjs');
const TIMES = 60;
/** Before them, without being counted: code and caches are cold. */
const WARM_UP = 15;
/** An answer that takes longer is none, in milliseconds. */
const PATIENCE = 30_000;
/** What is promised at p95, in milliseconds. */
const PROMISED = { diagnostics: 50, completion: 30 };

export interface Latency {
  readonly file: string;
  readonly lines: number;
  /** Milliseconds, sorted. */
  readonly diagnostics: readonly number[];
  readonly completion: readonly number[];
}

interface Message {
  id?: number;
  method?: string;
  params?: { uri?: string; version?: number };
}

/** As much of a client as the questions need. */
class Client {
  readonly #server: ChildProcess;
  readonly #waiting: { wanted: (message: Message) => boolean; resolve: () => void }[] = [];
  #bytes = Buffer.alloc(0);
  #id = 0;

  constructor(server: ChildProcess) {
    this.#server = server;
    server.stdout!.on('data', (chunk: Buffer) => this.#read(chunk));
  }

  #read(chunk: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    for (;;) {
      const head = this.#bytes.indexOf('\r\n\r\n');
      if (head < 0) return;
      const length = Number(/Content-Length: (\d+)/i.exec(this.#bytes.toString('latin1', 0, head))?.[1]);
      if (this.#bytes.length < head + 4 + length) return;
      const message: Message = JSON.parse(this.#bytes.toString('utf8', head + 4, head + 4 + length));
      this.#bytes = this.#bytes.subarray(head + 4 + length);
      // What the server asks for (registrations, watchers) is granted.
      if (message.method !== undefined && message.id !== undefined) this.#send({ id: message.id, result: null });
      const index = this.#waiting.findIndex(({ wanted }) => wanted(message));
      if (index >= 0) this.#waiting.splice(index, 1)[0].resolve();
    }
  }

  #send(message: object): void {
    const text = JSON.stringify({ jsonrpc: '2.0', ...message });
    this.#server.stdin!.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
  }

  notify(method: string, params: object): void {
    this.#send({ method, params });
  }

  /** Throws where no answer comes. */
  heard(wanted: (message: Message) => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('the language server does not answer')), PATIENCE);
      this.#waiting.push({
        wanted,
        resolve: () => {
          clearTimeout(timer);
          resolve();
        },
      });
    });
  }

  request(method: string, params: object): Promise<void> {
    const id = ++this.#id;
    const answer = this.heard(message => message.id === id && message.method === undefined);
    this.#send({ id, method, params });
    return answer;
  }
}

/** The largest assembly file below a folder, outside of testdata; undefined for none. */
function largestAssembly(folder: string): string | undefined {
  let found: string | undefined;
  let most = 0;
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.s') || name.includes('testdata')) continue;
    const { size } = statSync(join(folder, name));
    if (size > most) [found, most] = [join(folder, name), size];
  }
  return found;
}

/** Undefined where there is no Go installation, or the server is not built. */
export async function measureLanguageServer(quick = false): Promise<Latency | undefined> {
  const root = goRoot();
  const path = root === undefined ? undefined : largestAssembly(join(fileURLToPath(root), 'src'));
  if (path === undefined || !existsSync(SERVER)) return undefined;
  const server = spawn(process.execPath, [SERVER, '--stdio'], { stdio: ['pipe', 'pipe', 'ignore'] });
  try {
    return await measure(new Client(server), path, quick ? TIMES / 3 : TIMES);
  } finally {
    server.kill();
  }
}

async function measure(client: Client, path: string, times: number): Promise<Latency> {
  const uri = pathToFileURL(path).href;
  const text = readFileSync(path, 'utf8');
  const lines = text.split('\n');
  const told = (version: number) =>
    client.heard(
      ({ method, params }) =>
        method === 'textDocument/publishDiagnostics' && params?.uri === uri && params.version === version,
    );
  const workspace = { didChangeWatchedFiles: { dynamicRegistration: true } };
  await client.request('initialize', { processId: process.pid, rootUri: null, capabilities: { workspace } });
  client.notify('initialized', {});
  const opened = told(1);
  client.notify('textDocument/didOpen', { textDocument: { uri, languageId: 'go.asm', version: 1, text } });
  await opened;

  let version = 1;
  /** Milliseconds from a change, which one key makes, to what is wrong after it. */
  const change = async (line: number, character: number, length: number, inserted: string): Promise<number> => {
    const heard = told(++version);
    const range = { start: { line, character }, end: { line, character: character + length } };
    const start = performance.now();
    client.notify('textDocument/didChange', {
      textDocument: { uri, version },
      contentChanges: [{ range, text: inserted }],
    });
    await heard;
    return performance.now() - start;
  };
  let state = 1;
  const pick = (below: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  // Lines with an instruction; an `M` and an `O` are typed before it, and taken back.
  const places = lines.flatMap((line, index) => (/^\t[A-Z]/.test(line) ? [index] : []));
  const taken: { diagnostics: number[]; completion: number[] } = { diagnostics: [], completion: [] };
  for (let time = -WARM_UP; time < times; time++) {
    const line = places[pick(places.length)];
    const checks = [await change(line, 1, 0, 'M'), await change(line, 2, 0, 'O')];
    const start = performance.now();
    await client.request('textDocument/completion', { textDocument: { uri }, position: { line, character: 3 } });
    const waited = performance.now() - start;
    await change(line, 1, 2, '');
    if (time < 0) continue;
    taken.diagnostics.push(...checks);
    taken.completion.push(waited);
  }
  const sorted = (list: number[]) => list.sort((a, b) => a - b);
  return {
    file: path.slice(path.lastIndexOf('/') + 1),
    lines: lines.length,
    diagnostics: sorted(taken.diagnostics),
    completion: sorted(taken.completion),
  };
}

/** For a report, a sentence each. */
export function latencyLines(latency: Latency | undefined): string[] {
  if (!latency) return [];
  const line = (what: keyof typeof PROMISED, asked: string) => {
    const list = latency[what];
    const at = (part: number) => `${list[Math.min(list.length - 1, Math.floor(list.length * part))].toFixed(1)} ms`;
    return `${asked}: p95 ${at(0.95)}, p50 ${at(0.5)}; promised at p95: ${PROMISED[what]} ms`;
  };
  const { file, lines } = latency;
  return [
    line('diagnostics', `from a keystroke in ${file} (${lines.toLocaleString('en-US')} lines) to its diagnostics`),
    line('completion', 'completion there'),
  ];
}
