/** The debug adapter's environment with Node's Host in it: files of this computer, output and input the session's own. */
import { Readable } from 'node:stream';
import type { Environment, HostOptions } from '../debug-adapter/environment.ts';
import { type NodeOptions, nodeEnvironment } from '../debug-adapter/node.ts';
import type { Host } from '../emulator/host.ts';
import { compilerThread } from './compiler.ts';
import { createNodeHost } from './node-host.ts';

export function adapterEnvironment(options: Omit<NodeOptions, 'host' | 'compiler'> = {}): Environment {
  return nodeEnvironment({ ...options, host: sessionHost, compiler: compilerThread() });
}

function sessionHost(options: HostOptions): Host {
  let given = 0;
  return {
    ...createNodeHost({ roots: options.folders, writable: options.writable, stdin: Readable.from([]) }),
    output: options.output,
    input(maximum) {
      if (options.input) return options.input(maximum);
      const bytes = options.stdin.slice(given, given + maximum);
      given += bytes.length;
      return bytes;
    },
  };
}
