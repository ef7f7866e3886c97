/** The language server in Node: the transport is what the command line says (`--node-ipc`, `--stdio`, `--socket=N`). */
import { createConnection, ProposedFeatures } from 'vscode-languageserver/node';
import { diskFiles, goRoot } from './files.node.ts';
import { serve } from './server.ts';
import { ARCHITECTURES } from './syntax/architecture.ts';

/** What Node calls the processors that Go names otherwise. */
const NAMES: Record<string, string> = { x64: 'amd64', ia32: '386', mipsel: 'mipsle' };
const named = NAMES[process.arch] ?? process.arch;
const architecture = ARCHITECTURES.find(name => name === named);

serve(createConnection(ProposedFeatures.all), { files: diskFiles, goRoot, architecture });
