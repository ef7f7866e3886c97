/** Answers the worker's questions for files of the workspace, wherever those are kept. */
import * as vscode from 'vscode';
import type { FileAnswer, FileQuestion } from './files.web.ts';

/** Contents lately read: the kernel reads a file in chunks. */
const CACHE = 8;

export function workspaceFiles(): (question: unknown) => Promise<FileAnswer> {
  const contents = new Map<string, Uint8Array>();

  async function whole(uri: vscode.Uri): Promise<Uint8Array> {
    const key = uri.toString();
    const known = contents.get(key);
    if (known) return known;
    const bytes = await vscode.workspace.fs.readFile(uri);
    if (contents.size >= CACHE) contents.delete(contents.keys().next().value!);
    contents.set(key, bytes);
    return bytes;
  }

  return async asked => {
    const question = asked as FileQuestion;
    if (!('path' in question)) return { is: 'error', errno: 'EROFS' };
    const uri = uriOf(question.path);
    try {
      switch (question.is) {
        case 'stat':
          return { is: 'stat', stat: await stat(uri) };
        case 'readdir':
          return { is: 'readdir', names: (await vscode.workspace.fs.readDirectory(uri)).map(([name]) => name) };
        case 'read': {
          const bytes = await whole(uri);
          return { is: 'read', bytes: bytes.slice(question.offset, question.offset + question.length) };
        }
        case 'whole':
          return { is: 'read', bytes: await whole(uri) };
        case 'readlink':
          return { is: 'error', errno: 'EINVAL' };
        default:
          return { is: 'error', errno: 'EROFS' };
      }
    } catch (error) {
      return { is: 'error', errno: errnoOf(error) };
    }
  };
}

/** A workspace in a browser has a scheme and an authority of its own; launch configurations hold paths alone. */
function uriOf(path: string): vscode.Uri {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri ?? vscode.window.activeTextEditor?.document.uri;
  return folder ? folder.with({ path, query: '', fragment: '' }) : vscode.Uri.file(path);
}

async function stat(uri: vscode.Uri) {
  const { type, size, mtime } = await vscode.workspace.fs.stat(uri);
  const directory = (type & vscode.FileType.Directory) !== 0;
  const file = (type & vscode.FileType.File) !== 0;
  return {
    kind: directory ? ('directory' as const) : file ? ('file' as const) : ('other' as const),
    size: directory ? 4096 : size,
    mode: 0o755,
    mtime: BigInt(mtime) * 1_000_000n,
    // A number that is the same for the same file.
    ino: [...uri.path].reduce((hash, char) => (hash * 31 + char.charCodeAt(0)) >>> 0, 7),
    nlink: 1,
  };
}

function errnoOf(error: unknown): string {
  const code = error instanceof vscode.FileSystemError ? error.code : '';
  return (
    { FileNotFound: 'ENOENT', FileIsADirectory: 'EISDIR', FileNotADirectory: 'ENOTDIR', NoPermissions: 'EACCES' }[
      code
    ] ?? 'EIO'
  );
}
