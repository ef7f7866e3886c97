/**
 * Folders of the host as the guest's inodes. An inode is made when a name is first looked up, and from then on it is
 * the kernel's own: a folder that is mounted looks to the guest as it was when the guest first looked, and what the
 * guest changes (copy-on-write) stays in the kernel.
 *
 * Questions go out as a thrown HostWait; the answer waits in `fs.answers` until the call, made again, takes it.
 * The path of a question is always that of a mount's folder plus names that were found to be real directories, so a
 * symlink of the host is never followed by the host: the guest's own path walk follows it, inside the guest's root.
 */

import { errnoByName } from '../../abi/errno.ts';
import { type HostAnswer, type HostRequest, type HostStat, HostWait } from '../../host.ts';
import { PAGE_SIZE } from '../../memory/types.ts';
import { EIO } from '../errors.ts';
import { S_IFDIR, S_IFLNK, S_IFREG } from './constants.ts';
import { setHostPage } from './pages.ts';
import type { Directory, FsState, Inode, InodeId, RegularFile, Superblock } from './state.ts';

/** The host is asked for this much of a file at a time. */
const HOST_CHUNK = 65536;

function requestKey(request: HostRequest): string {
  return JSON.stringify(request, (_, value) =>
    value instanceof Uint8Array ? value.length : typeof value === 'bigint' ? String(value) : value,
  );
}

/** The answer to a question, once it is there; until then the question is thrown. */
function ask(fs: FsState, request: HostRequest): HostAnswer {
  const key = requestKey(request);
  const answer = fs.answers.get(key);
  if (!answer) throw new HostWait(request);
  fs.answers.delete(key);
  return answer;
}

/** Keeps the host's answer for the call that will be made again. */
export function storeAnswer(fs: FsState, request: HostRequest, answer: HostAnswer): void {
  fs.answers.set(requestKey(request), answer);
}

/**
 * Changes the host (a mount that is `rw`): throws HostWait, and returns when the call is made again and the host has
 * done it. A call makes at most one change, after all its questions and before it changes anything here.
 */
export function changeHost(fs: FsState, request: HostRequest): void {
  const answer = ask(fs, request);
  if (answer.is === 'error') throw errnoByName(answer.errno) ?? EIO;
}

export function hostPath(directory: string, name: string): string {
  return directory.endsWith('/') ? directory + name : `${directory}/${name}`;
}

/** The stat of a host file, or undefined where there is none. */
function askStat(fs: FsState, path: string): HostStat | undefined {
  const answer = ask(fs, { is: 'stat', path });
  if (answer.is === 'stat') return answer.stat;
  if (answer.is !== 'error') throw EIO;
  if (answer.errno === 'ENOENT' || answer.errno === 'ENOTDIR') return undefined;
  throw errnoByName(answer.errno) ?? EIO;
}

/** Finds a name in a host folder that nobody asked for before; undefined (and remembered) if it is not there. */
export function hostLookup(
  fs: FsState,
  superblock: Superblock,
  directory: Directory,
  name: string,
  owner: { uid: number; gid: number },
): Inode | undefined {
  const host = directory.host!;
  const path = hostPath(host.path, name);
  const linkKey: HostRequest = { is: 'readlink', path };
  // The stat stays in `answers` until a symlink's target is there too.
  const statKey: HostRequest = { is: 'stat', path };
  const stat = askStat(fs, path);
  let target = '';
  if (stat?.kind === 'symlink') {
    try {
      const answer = ask(fs, linkKey);
      if (answer.is !== 'readlink') throw answer.is === 'error' ? (errnoByName(answer.errno) ?? EIO) : EIO;
      target = answer.target;
    } catch (e) {
      if (e instanceof HostWait) storeAnswer(fs, statKey, { is: 'stat', stat });
      throw e;
    }
  }
  // Sockets, devices and the like of the host are nothing the guest could use.
  if (!stat || stat.kind === 'other') {
    host.absent.add(name);
    directory.entries.delete(name);
    return undefined;
  }
  const entry = directory.entries.get(name);
  const inode = adopt(fs, superblock, directory, name, entry?.reserved ?? fs.nextInode++, stat, target, owner);
  if (entry) entry.inode = inode.id;
  else directory.entries.set(name, { inode: inode.id, cookie: directory.nextCookie++ });
  return inode;
}

/** The inode of a host file: the one it has already if it is known under another name, else a new one. */
function adopt(
  fs: FsState,
  superblock: Superblock,
  directory: Directory,
  name: string,
  id: InodeId,
  stat: HostStat,
  target: string,
  owner: { uid: number; gid: number },
): Inode {
  const linked = stat.nlink > 1 && stat.kind === 'file';
  const known = linked ? fs.inodes.get(superblock.hostLinks.get(stat.ino) ?? 0) : undefined;
  if (known) return known;
  const path = hostPath(directory.host!.path, name);
  const inode = hostInode(fs, superblock, directory, name, id, path, stat, target, owner);
  if (linked) superblock.hostLinks.set(stat.ino, inode.id);
  return inode;
}

function hostInode(
  fs: FsState,
  superblock: Superblock,
  directory: Directory,
  name: string,
  id: InodeId,
  path: string,
  stat: HostStat,
  target: string,
  owner: { uid: number; gid: number },
): Inode {
  const base = {
    id,
    superblock: superblock.id,
    mode: stat.mode & 0o7777,
    uid: owner.uid,
    gid: owner.gid,
    nlink: stat.kind === 'directory' ? 2 : Math.max(1, stat.nlink),
    atime: stat.mtime,
    mtime: stat.mtime,
    ctime: stat.mtime,
    birth: stat.mtime,
    opens: 0,
  };
  const inode: Inode =
    stat.kind === 'directory'
      ? {
          ...base,
          is: 'directory',
          mode: base.mode | S_IFDIR,
          parent: directory.id,
          name,
          entries: new Map(),
          nextCookie: 3,
          host: { path, listed: false, absent: new Set() },
        }
      : stat.kind === 'symlink'
        ? { ...base, is: 'symlink', mode: 0o777 | S_IFLNK, target }
        : {
            ...base,
            is: 'file',
            mode: base.mode | S_IFREG,
            size: stat.size,
            pages: new Map(),
            changes: 0,
            host: { path, length: stat.size, clean: new Set() },
          };
  fs.inodes.set(inode.id, inode);
  return inode;
}

/** Makes sure that every name of the host folder is an entry (perhaps one that was not looked up yet). */
export function hostList(
  fs: FsState,
  superblock: Superblock,
  directory: Directory,
  owner: { uid: number; gid: number },
): void {
  const host = directory.host;
  if (!host || host.listed) return;
  const answer = ask(fs, { is: 'readdir', path: host.path });
  if (answer.is !== 'readdir') throw answer.is === 'error' ? (errnoByName(answer.errno) ?? EIO) : EIO;
  const { names, stats } = answer;
  // Sorted: the order of a host's listing differs from host to host.
  const order = [...names.keys()].sort((a, b) => (names[a] < names[b] ? -1 : 1));
  for (const i of order) {
    const name = names[i];
    if (name === '' || name === '.' || name === '..' || name.includes('/')) continue;
    if (host.absent.has(name) || directory.entries.has(name)) continue;
    const stat = stats?.[i];
    const cookie = directory.nextCookie++;
    const reserved = fs.nextInode++;
    if (stat?.kind === 'other') continue;
    // A symlink's target is asked for when somebody looks at it.
    const known = stat && stat.kind !== 'symlink';
    const inode = known ? adopt(fs, superblock, directory, name, reserved, stat, '', owner).id : 0;
    directory.entries.set(name, known ? { inode, cookie } : { inode, cookie, reserved });
  }
  host.listed = true;
}

/** Loads the 64 KiB around a page of a host file, but for pages that were written meanwhile. */
export function hostChunk(fs: FsState, file: RegularFile, page: number): void {
  const host = file.host!;
  const offset = Math.floor((page * PAGE_SIZE) / HOST_CHUNK) * HOST_CHUNK;
  const answer = ask(fs, { is: 'read', path: host.path, offset, length: HOST_CHUNK });
  if (answer.is !== 'read') throw answer.is === 'error' ? (errnoByName(answer.errno) ?? EIO) : EIO;
  const bytes = answer.bytes;
  for (let at = 0; at < HOST_CHUNK && offset + at < host.length; at += PAGE_SIZE) {
    const index = (offset + at) / PAGE_SIZE;
    if (file.pages.has(index)) continue;
    // Shorter than it was when it was looked up: the rest reads as zeros, as a page beyond the end would.
    const end = Math.min(at + PAGE_SIZE, host.length - offset);
    setHostPage(file, index, at < bytes.length ? bytes.slice(at, Math.min(end, bytes.length)) : new Uint8Array(0));
  }
}
