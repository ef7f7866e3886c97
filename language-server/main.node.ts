/** The language server in Node: the transport is what the command line says (`--node-ipc`, `--stdio`, `--socket=N`). */
import { createConnection, ProposedFeatures } from 'vscode-languageserver/node';
import { serve } from './server.ts';

serve(createConnection(ProposedFeatures.all));
