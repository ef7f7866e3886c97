/**
 * Files of a client: where the server runs in a browser it reads nothing itself. The folder of an open file is asked of the
 * editor (`ring3/folder`), and what came is what there is until the editor says that something changed.
 */
import type { Connection } from 'vscode-languageserver';
import type { Files } from './go/package.ts';
import { folderOf, nameOf } from './uri.ts';

/** Names in a folder, and the texts of those that matter: .go, .s, .h and go.mod; the go.mod above it, by its address. */
export interface FolderAnswer {
  readonly names: readonly string[];
  readonly texts: Readonly<Record<string, string>>;
  readonly goMod?: { readonly uri: string; readonly text: string };
}

export interface ClientFiles extends Files {
  /** Asks for a folder; what it holds can be read afterwards. */
  fetch(folder: string): Promise<void>;
  /** Something in a folder changed: it will be asked for again. */
  forget(folder: string): void;
}

/** `arrived` is called when there is something new. */
export function clientFiles(connection: Connection, arrived: (folder: string) => void): ClientFiles {
  const folders = new Map<string, FolderAnswer>();
  /** What was asked for, and is still true as far as one knows. */
  const fresh = new Map<string, Promise<void>>();
  const goMods = new Map<string, string>();
  const ask = async (folder: string): Promise<void> => {
    const answer = await connection.sendRequest<FolderAnswer | null>('ring3/folder', { folder }).catch(() => null);
    folders.set(folder, answer ?? { names: [], texts: {} });
    if (answer?.goMod) goMods.set(answer.goMod.uri, answer.goMod.text);
    arrived(folder);
  };
  return {
    list: folder => folders.get(folder)?.names,
    read(uri) {
      const name = nameOf(uri);
      const texts = folders.get(folderOf(uri))?.texts;
      return texts && Object.hasOwn(texts, name) ? texts[name] : goMods.get(uri);
    },
    fetch(folder) {
      const asked = fresh.get(folder) ?? ask(folder);
      fresh.set(folder, asked);
      return asked;
    },
    // Until the answer comes, what was there counts.
    forget: folder => void fresh.delete(folder),
  };
}
