/** The language server in a web worker: it speaks by the worker's messages. */
import { BrowserMessageReader, BrowserMessageWriter, createConnection } from 'vscode-languageserver/browser';
import { serve } from './server.ts';

const scope = self as unknown as Worker;
serve(createConnection(new BrowserMessageReader(scope as never), new BrowserMessageWriter(scope as never)));
