/** The files of this computer, read when they are asked for; what has not changed is read once. */
import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, delimiter, dirname, isAbsolute, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Files } from './go/package.ts';

/** Larger files are no source. */
const MOST_BYTES = 16 << 20;

const texts = new Map<string, { modified: number; size: number; text: string }>();
const MOST_KEPT = 5000;

function pathOf(uri: string): string | undefined {
  if (!uri.startsWith('file:')) return undefined;
  try {
    return fileURLToPath(uri);
  } catch {
    return undefined;
  }
}

export const diskFiles: Files = {
  list(folder) {
    const path = pathOf(folder);
    if (path === undefined) return undefined;
    try {
      return readdirSync(path);
    } catch {
      return undefined;
    }
  },
  read(uri) {
    const path = pathOf(uri);
    if (path === undefined) return undefined;
    try {
      const { mtimeMs, size } = statSync(path);
      const known = texts.get(path);
      if (known?.modified === mtimeMs && known.size === size) return known.text;
      if (size > MOST_BYTES) return undefined;
      const text = readFileSync(path, 'utf8');
      if (texts.size >= MOST_KEPT) texts.clear();
      texts.set(path, { modified: mtimeMs, size, text });
      return text;
    } catch {
      return undefined;
    }
  },
};

/**
 * URI of the Go installation: that of the `go` command a person has set, GOROOT, the `go` on the PATH, or the usual places;
 * undefined where there is none. Nothing is run for it.
 */
export function goRoot(command = 'go'): string | undefined {
  const suffix = process.platform === 'win32' && !command.endsWith('.exe') ? '.exe' : '';
  const around = (program: string): string[] => {
    try {
      return [dirname(dirname(realpathSync(program + suffix)))];
    } catch {
      return [];
    }
  };
  const found = isAbsolute(command)
    ? around(command)
    : (process.env.PATH ?? '').split(delimiter).flatMap(folder => around(join(folder, command)));
  // Where golang.org/dl/go1.22.3 and its like unpack what they run.
  const unpacked = join(homedir(), 'sdk', basename(command, '.exe'));
  const usual = process.platform === 'win32' ? ['C:\\Program Files\\Go'] : ['/usr/local/go', '/usr/lib/go'];
  const set = command === 'go' ? [process.env.GOROOT, ...found] : [unpacked, ...found, process.env.GOROOT];
  const candidates = [...set, ...usual].filter(folder => folder !== undefined && folder !== '');
  const root = candidates.find(folder => existsSync(join(folder!, 'src', 'runtime', 'textflag.h')));
  return root && pathToFileURL(root).href;
}
