/**
 * Files of a client: where the server runs in a browser it reads nothing itself. The folder of an open file is asked of the
 * editor (`ring3/folder`), and what came is what there is until the editor says that something changed.
 */
import type { Connection } from 'vscode-languageserver';
import type { Files } from './go/package.ts';
import { folderOf, nameOf } from './uri.ts';

/** Names in a folder, and the texts of those that matter: .go, .s, .h and go.mod. */
export interface FolderAnswer {
  readonly names: readonly string[];
  readonly texts: Readonly<Record<string, string>>;
}

export interface ClientFiles extends Files {
  /** Asks for a folder; what it holds can be read afterwards. */
  fetch(folder: string): Promise<void>;
  /** Something in a folder changed: it will be asked for again. */
  forget(folder: string): void;
}

export function clientFiles(connection: Connection): ClientFiles {
  const folders = new Map<string, FolderAnswer>();
  return {
    list: folder => folders.get(folder)?.names,
    read(uri) {
      const name = nameOf(uri);
      const texts = folders.get(folderOf(uri))?.texts;
      return texts && Object.hasOwn(texts, name) ? texts[name] : undefined;
    },
    async fetch(folder) {
      if (folders.has(folder)) return;
      const answer = await connection.sendRequest<FolderAnswer | null>('ring3/folder', { folder }).catch(() => null);
      folders.set(folder, answer ?? { names: [], texts: {} });
    },
    forget: folder => void folders.delete(folder),
  };
}
