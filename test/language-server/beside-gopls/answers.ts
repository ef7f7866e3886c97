/** What a language server answers to the questions, as lines that two of them can be compared by. */
import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Diagnostic, DocumentSymbol, Location, Range, SelectionRange, TextEdit } from 'vscode-languageserver';
import {
  createProtocolConnection,
  type ProtocolConnection,
  StreamMessageReader,
  StreamMessageWriter,
} from 'vscode-languageserver/node';
import { diskFiles } from '../../../language-server/files.node.ts';
import { goToolchain } from '../../../scripts/grammar.ts';
import { serveHere } from '../client.ts';
import { FILES, FOLDER, keyOf, parametersOf, QUESTIONS, type Question, textOf } from './questions.ts';

/** Lines by question; none where a server has no answer. */
export type Answers = Record<string, string[]>;

/** Methods that a server is asked about a Go file: those it registers for the language, or all. */
interface Server {
  readonly connection: ProtocolConnection;
  readonly asksGo: (method: string) => boolean;
  close(): void;
}

/** So long diagnostics are waited for, in milliseconds, and so long any answer. */
const SETTLED = 1_500;
const PATIENCE = 60_000;

/** gopls, with its own defaults. It must be able to find `go`. */
export const askGopls = (program: string): Promise<Answers> =>
  answersOf(folder => {
    const child: ChildProcess = spawn(program, [], {
      cwd: folder,
      stdio: ['pipe', 'pipe', 'ignore'],
      env: { ...process.env, GOFLAGS: '-mod=mod', GOPROXY: 'off', GOOS: 'linux', GOARCH: 'amd64' },
    });
    const connection = createProtocolConnection(
      new StreamMessageReader(child.stdout!),
      new StreamMessageWriter(child.stdin!),
    );
    return { connection, asksGo: () => true, close: () => child.kill() };
  });

/** This server, in this process. */
export const askRing3 = (): Promise<Answers> =>
  answersOf(() => {
    const goRoot = goToolchain()?.root;
    const { connection, end } = serveHere({
      files: diskFiles,
      goRoot: () => goRoot && pathToFileURL(goRoot).href,
      architecture: 'amd64',
    });
    const registered = new Set<string>();
    connection.onRequest('client/registerCapability', ({ registrations }) => {
      for (const { method, registerOptions } of registrations) {
        if (registerOptions.documentSelector?.[0].language === 'go') registered.add(method);
      }
      return null;
    });
    return {
      connection,
      asksGo: method => registered.has(method),
      close: end,
    };
  });

async function answersOf(start: (folder: string) => Server): Promise<Answers> {
  const folder = mkdtempSync(join(tmpdir(), 'ring3-gopls-'));
  cpSync(fileURLToPath(FOLDER), folder, { recursive: true });
  const root = `${pathToFileURL(folder).href}/`;
  const { connection, asksGo, close } = start(folder);
  const told = new Map<string, Diagnostic[]>();
  let lastTold = Date.now();
  connection.onNotification('textDocument/publishDiagnostics', ({ uri, diagnostics }) => {
    told.set(uri, diagnostics);
    lastTold = Date.now();
  });
  connection.onRequest('workspace/configuration', ({ items }) => items.map(() => null));
  connection.onRequest('window/workDoneProgress/create', () => null);
  // gopls registers, too; what this server registers is heard above.
  if (asksGo('')) connection.onRequest('client/registerCapability', () => null);
  connection.onRequest('workspace/applyEdit', () => ({ applied: false }));
  connection.listen();
  const send = <T>(method: string, parameters: object): Promise<T> =>
    Promise.race([
      connection.sendRequest<T>(method, parameters),
      new Promise<T>((_, reject) => setTimeout(() => reject(new Error('no answer')), PATIENCE).unref()),
    ]);
  try {
    await send('initialize', {
      processId: process.pid,
      rootUri: root.slice(0, -1),
      workspaceFolders: [{ uri: root.slice(0, -1), name: 'sums' }],
      capabilities: CLIENT,
    });
    await connection.sendNotification('initialized', {});
    for (const file of FILES) {
      const languageId = file.endsWith('.go') ? 'go' : 'go.asm';
      const textDocument = { uri: root + file, languageId, version: 1, text: textOf(file) };
      await connection.sendNotification('textDocument/didOpen', { textDocument });
    }
    const begin = Date.now();
    lastTold = begin;
    while (Date.now() - lastTold < SETTLED && Date.now() - begin < PATIENCE) {
      await new Promise(resolve => setTimeout(resolve, 100));
    }
    const answers: Answers = {};
    for (const question of QUESTIONS) {
      const { method, file } = question;
      if (file.endsWith('.go') && method !== 'diagnostics' && !asksGo(method)) continue;
      let lines: string[];
      try {
        const problems = told.get(root + file) ?? [];
        const answer = method === 'diagnostics' ? problems : await send(method, parametersOf(question, root, problems));
        lines = shown(question, answer ?? undefined, root);
      } catch (error) {
        lines = [];
        if (process.env.RING3_VERBOSE) console.log(keyOf(question), String(error));
      }
      if (lines.length > 0)
        answers[keyOf(question)] = lines.map(line => line.replaceAll(root, '').replaceAll(folder, '.'));
    }
    await send('shutdown', {}).catch(() => undefined);
    return answers;
  } finally {
    connection.dispose();
    close();
    rmSync(folder, { recursive: true, force: true });
  }
}

const CLIENT = {
  workspace: {
    configuration: true,
    didChangeWatchedFiles: { dynamicRegistration: true },
    workspaceEdit: { documentChanges: true, resourceOperations: ['create'] },
    workspaceFolders: true,
  },
  textDocument: {
    definition: { dynamicRegistration: true },
    documentSymbol: { hierarchicalDocumentSymbolSupport: true },
    hover: { contentFormat: ['markdown'] },
    rename: { prepareSupport: true },
    completion: { completionItem: { snippetSupport: true } },
    codeAction: { codeActionLiteralSupport: { codeActionKind: { valueSet: ['quickfix', 'refactor'] } } },
    foldingRange: { lineFoldingOnly: true },
    semanticTokens: { requests: { full: true }, tokenTypes: [], tokenModifiers: [], formats: ['relative'] },
  },
};

/** Counted from one, as an editor does. */
const rangeText = ({ start, end }: Range): string =>
  `${start.line + 1}:${start.character + 1}–${end.line === start.line ? '' : `${end.line + 1}:`}${end.character + 1}`;

/** A place in Go's installation without what comes before it. */
const placeText = ({ uri, range }: Location): string =>
  `${uri.replace(/^.*\/(src|pkg\/include)\//, '')} ${rangeText(range)}`;

const symbolLines = (symbols: readonly DocumentSymbol[], indent = ''): string[] =>
  symbols.flatMap(({ name, children }) => [indent + name, ...symbolLines(children ?? [], `${indent}  `)]);

// biome-ignore lint/suspicious/noExplicitAny: whatever a server sends
function shown({ method }: Question, answer: any, root: string): string[] {
  if (answer === undefined) return [];
  switch (method.split('/').at(-1)) {
    case 'documentSymbol':
      return symbolLines(answer);
    case 'hover':
      return (answer.contents.value ?? String(answer.contents)).trim().split('\n');
    case 'definition':
    case 'references':
    case 'implementation':
      return [answer].flat().map(placeText).sort();
    case 'documentHighlight':
      return answer.map(({ range }: { range: Range }) => rangeText(range)).sort();
    case 'rename': {
      const changes: [string, TextEdit[]][] =
        answer.documentChanges?.map((each: { textDocument: { uri: string }; edits: TextEdit[] }) => [
          each.textDocument.uri,
          each.edits,
        ]) ?? Object.entries(answer.changes ?? {});
      return changes
        .flatMap(([uri, edits]) => edits.map(({ range, newText }) => `${placeText({ uri, range })} ${newText}`))
        .sort();
    }
    case 'completion': {
      const labels: string[] = (answer.items ?? answer).map(({ label }: { label: string }) => label);
      return labels.length ? [`${labels.length}: ${labels.slice(0, 4).join(', ')} …`] : [];
    }
    case 'signatureHelp':
      return answer.signatures.map(({ label }: { label: string }) => label);
    case 'formatting':
      return answer.map(({ range, newText }: TextEdit) => `${rangeText(range)} ${JSON.stringify(newText)}`);
    case 'foldingRange':
      return answer.map(
        ({ startLine, endLine }: { startLine: number; endLine: number }) => `${startLine + 1}–${endLine + 1}`,
      );
    case 'selectionRange': {
      const lines: string[] = [];
      for (let at: SelectionRange | undefined = answer[0]; at; at = at.parent) lines.push(rangeText(at.range));
      return lines;
    }
    case 'inlayHint':
      return answer.map(({ label }: { label: string | { value: string }[] }) =>
        typeof label === 'string' ? label : label.map(({ value }) => value).join(''),
      );
    case 'full':
      return answer.data.length ? [`${answer.data.length / 5} tokens`] : [];
    case 'prepareCallHierarchy':
      return answer.map(({ name }: { name: string }) => name);
    case 'codeAction':
      return answer.map(({ title }: { title: string }) => title);
    case 'symbol':
      return answer
        .map(({ name, location }: { name: string; location: Location }) => `${name} ${placeText(location)}`)
        .filter((line: string) => !line.includes(' ../') && line.length > 0)
        .sort();
    case 'diagnostics':
      return answer.map(({ range, message }: Diagnostic) => `${rangeText(range)} ${message}`).sort();
    default:
      throw new Error(`${method} ${root}`);
  }
}
