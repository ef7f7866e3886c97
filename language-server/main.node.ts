/** The language server in Node: the transport is what the command line says (`--node-ipc`, `--stdio`, `--socket=N`). */
import { createConnection, ProposedFeatures } from 'vscode-languageserver/node';
import { diskFiles, goRoot } from './files.node.ts';
import { serve } from './server.ts';

serve(createConnection(ProposedFeatures.all), { files: diskFiles, goRoot: goRoot() });
