/** The files of this computer, read when they are asked for; what has not changed is read once. */
import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
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

/** URI of the Go installation: GOROOT, the `go` on the PATH, or the usual places; undefined where there is none. */
export function goRoot(): string | undefined {
  const onPath = (process.env.PATH ?? '').split(delimiter).flatMap(folder => {
    const program = join(folder, process.platform === 'win32' ? 'go.exe' : 'go');
    try {
      return [dirname(dirname(realpathSync(program)))];
    } catch {
      return [];
    }
  });
  const usual = process.platform === 'win32' ? ['C:\\Program Files\\Go'] : ['/usr/local/go', '/usr/lib/go'];
  const candidates = [process.env.GOROOT, ...onPath, ...usual].filter(folder => folder !== undefined && folder !== '');
  const found = candidates.find(folder => existsSync(join(folder!, 'src', 'runtime', 'textflag.h')));
  return found && pathToFileURL(found).href;
}
