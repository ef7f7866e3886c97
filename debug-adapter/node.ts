/**
 * The adapter's environment on a computer with Node: its files and its Go toolchain. The Host of the machine comes from
 * outside (`host`), because the command line has the same one.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Compiler } from '../emulator/compiler.ts';
import { createMachine } from '../emulator/create-machine.ts';
import type { Host } from '../emulator/host.ts';
import type { Environment, HostOptions } from './environment.ts';
import { buildProgram, goRoot, look } from './go-build.ts';
import { openTerminal } from './node-terminal.ts';

export interface NodeOptions {
  /** The Go command, by default `go` on the PATH. */
  goCommand?: string;
  /** Where relative paths start, by default the working directory. */
  folder?: string;
  host?: (options: HostOptions) => Host;
  compiler?: Compiler;
}

export function nodeEnvironment(options: NodeOptions = {}): Environment {
  const go = options.goCommand || 'go';
  let root: Promise<string | undefined> | undefined;
  return {
    folder: options.folder ?? process.cwd(),
    variables: process.env as Record<string, string>,
    resolve,
    folderOf: dirname,
    look,
    readFile: async path => new Uint8Array(await readFile(path)),
    writeFile: (path, text) => writeFile(path, text),
    build: request => buildProgram(go, request),
    async goSources(version) {
      root ??= goRoot(go);
      const found = await root;
      if (found === undefined || version === '') return undefined;
      const has = await readFile(join(found, 'VERSION'), 'utf8').catch(() => '');
      return has.split('\n')[0].trim() === version ? join(found, 'src') : undefined;
    },
    openTerminal,
    createHost(wanted) {
      if (!options.host) throw new Error('this environment makes no machines');
      return options.host(wanted);
    },
    createMachine: wanted => createMachine({ compiler: options.compiler, ...wanted }),
  };
}
