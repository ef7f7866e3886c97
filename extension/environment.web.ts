/**
 * The debug adapter's environment in a browser: files come from the workspace by asking the extension, there is no Go
 * toolchain, and paths are as on Linux.
 */
import type { Environment, HostOptions } from '../debug-adapter/environment.ts';
import type { Compiler } from '../emulator/compiler.ts';
import { createMachine } from '../emulator/create-machine.ts';
import type { Host } from '../emulator/host.ts';
import type { FileAnswer, FileQuestion } from './files.web.ts';

export function webEnvironment(
  folder: string,
  ask: (question: FileQuestion) => Promise<FileAnswer>,
  compiler: Compiler,
): Environment {
  return {
    folder,
    variables: {},
    resolve: (folder, path) => normalize(path.startsWith('/') ? path : `${folder}/${path}`),
    folderOf: path => path.slice(0, Math.max(1, path.lastIndexOf('/'))),
    async look(path) {
      const answer = await ask({ is: 'stat', path });
      if (answer.is === 'stat') return { is: answer.stat.kind === 'directory' ? 'directory' : 'file' };
      const errno = answer.is === 'error' ? answer.errno : 'EIO';
      return errno === 'ENOENT' ? { is: 'missing' } : { is: 'unreadable', why: errno };
    },
    async readFile(path) {
      const answer = await ask({ is: 'whole', path });
      if (answer.is === 'read') return answer.bytes;
      throw new Error(`${path} cannot be read (${answer.is === 'error' ? answer.errno : 'EIO'}).`);
    },
    createHost: options => webHost(options, ask),
    createMachine: options => createMachine({ compiler, ...options }),
  };
}

function webHost(options: HostOptions, ask: (question: FileQuestion) => Promise<FileAnswer>): Host {
  let given = 0;
  const within = (path: string) =>
    options.folders.some(
      folder => folder === '/' || path === folder || path.startsWith(`${folder.replace(/\/$/, '')}/`),
    );
  return {
    file(request) {
      if (!('path' in request)) return { is: 'error', errno: 'EROFS' };
      return within(normalize(request.path)) ? ask(request) : { is: 'error', errno: 'ENOENT' };
    },
    output: options.output,
    input(maximum) {
      const bytes = options.stdin.slice(given, given + maximum);
      given += bytes.length;
      return bytes;
    },
    realTime: () => BigInt(Date.now()) * 1_000_000n,
    entropy: length => crypto.getRandomValues(new Uint8Array(length)),
  };
}

function normalize(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}
