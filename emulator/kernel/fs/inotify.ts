/**
 * inotify (fs/notify/): who watches a file or a directory is told what happens to it, in the order in which it happens.
 * A watch sits on an inode; a watched directory also hears what happens to what it holds, with the name.
 */
import { IN } from '../../abi/flags.ts';
import { INOTIFY_EVENT } from '../../abi/structs.ts';
import { writeStruct } from '../../abi/types.ts';
import { EINVAL } from '../errors.ts';
import type { KernelState } from '../state.ts';
import { encodeName } from './names.ts';
import { notify, IN as READABLE } from './readiness.ts';
import type { Inode, InodeId, Inotify, InotifyEvent } from './state.ts';

/** What telling a watcher needs; the end of a process has no more than this. */
export interface Observed {
  readonly state: KernelState;
  wake(key: string, count?: number): number;
}

/** fs.inotify.max_queued_events. */
const QUEUE_LIMIT = 16384;
/** What a directory hears of its entries. */
const OF_CHILDREN = IN.IN_ACCESS | IN.IN_MODIFY | IN.IN_ATTRIB | IN.IN_CLOSE_WRITE | IN.IN_CLOSE_NOWRITE | IN.IN_OPEN;
const SELF = IN.IN_DELETE_SELF | IN.IN_MOVE_SELF;

function put(c: Observed, inotify: Inotify, event: InotifyEvent): void {
  const last = inotify.queue.at(-1);
  // What repeats the last event says nothing new.
  const same =
    last &&
    last.wd === event.wd &&
    last.mask === event.mask &&
    last.name === event.name &&
    last.cookie === event.cookie;
  if (same && event.mask !== IN.IN_IGNORED) return;
  if (inotify.queue.length > QUEUE_LIMIT) return;
  if (inotify.queue.length === QUEUE_LIMIT) inotify.queue.push({ wd: -1, mask: IN.IN_Q_OVERFLOW, cookie: 0, name: '' });
  else inotify.queue.push(event);
  notify(c.state, (key, count) => c.wake(key, count), inotify.id, READABLE);
}

export function removeWatch(c: Observed, inotify: Inotify, wd: number): void {
  inotify.watches.delete(wd);
  put(c, inotify, { wd, mask: IN.IN_IGNORED, cookie: 0, name: '' });
}

/** Tells the watches on one inode. */
function tell(c: Observed, target: InodeId, mask: number, directory: boolean, name: string, cookie: number): void {
  for (const id of c.state.fs.inotifies) {
    const inotify = c.state.fs.inodes.get(id);
    if (inotify?.is !== 'inotify') continue;
    for (const [wd, watch] of inotify.watches) {
      if (watch.inode !== target || !(watch.mask & mask)) continue;
      const shown = directory && !(mask & SELF) ? (mask | IN.IN_ISDIR) >>> 0 : mask;
      put(c, inotify, { wd, mask: shown, cookie, name });
      if (watch.mask & IN.IN_ONESHOT) removeWatch(c, inotify, wd);
    }
  }
}

const isDirectory = (inode: Inode): boolean => inode.is === 'directory' || inode.is === 'proc-directory';

/** Something happened to the inode that no directory is told of. */
export function observeSelf(c: Observed, inode: Inode, mask: number): void {
  if (c.state.fs.inotifies.size > 0) tell(c, inode.id, mask, isDirectory(inode), '', 0);
}

/**
 * Something happened to the file itself: its directory hears it first, then who watches the file. `place` is where it was
 * opened, for files whose name is gone since.
 */
export function observe(c: Observed, inode: Inode, mask: number, place?: { directory: InodeId; name: string }): void {
  const { fs } = c.state;
  if (fs.inotifies.size === 0) return;
  if (mask & OF_CHILDREN) {
    const seen = new Set<InodeId>();
    for (const id of fs.inotifies) {
      const inotify = fs.inodes.get(id);
      if (inotify?.is !== 'inotify') continue;
      for (const { inode: watched } of inotify.watches.values()) {
        const directory = fs.inodes.get(watched);
        if (seen.has(watched) || directory?.is !== 'directory') continue;
        seen.add(watched);
        if (inode.nlink === 0 && place?.directory === watched)
          tell(c, watched, mask, isDirectory(inode), place.name, 0);
        for (const [name, entry] of directory.entries)
          if (entry.inode === inode.id) {
            tell(c, watched, mask, isDirectory(inode), name, 0);
            break;
          }
      }
    }
  }
  tell(c, inode.id, mask, isDirectory(inode), '', 0);
}

/** A name appeared in a directory or went: IN_CREATE, IN_DELETE, IN_MOVED_FROM, IN_MOVED_TO. */
export function observeName(
  c: Observed,
  directory: InodeId,
  name: string,
  mask: number,
  inode: Inode,
  cookie = 0,
): void {
  if (c.state.fs.inotifies.size > 0) tell(c, directory, mask, isDirectory(inode), name, cookie);
}

/** A name was removed: the directory hears it, and the inode too if it was the last one. */
export function observeRemoval(c: Observed, directory: InodeId, name: string, inode: Inode): void {
  if (c.state.fs.inotifies.size === 0) return;
  // A directory is over before its parent hears of it, a file only when nobody has it open.
  if (isDirectory(inode)) observeEnd(c, inode);
  else tell(c, inode.id, IN.IN_ATTRIB, false, '', 0);
  observeName(c, directory, name, IN.IN_DELETE, inode);
  if (!isDirectory(inode)) observeEnd(c, inode);
}

/** If the inode has neither a name nor an open description left, its watches end. */
export function observeEnd(c: Observed, inode: Inode): void {
  const { fs } = c.state;
  if (fs.inotifies.size === 0 || inode.nlink > 0 || inode.opens > 0) return;
  tell(c, inode.id, IN.IN_DELETE_SELF, isDirectory(inode), '', 0);
  for (const id of fs.inotifies) {
    const inotify = fs.inodes.get(id);
    if (inotify?.is !== 'inotify') continue;
    for (const [wd, watch] of inotify.watches) if (watch.inode === inode.id) removeWatch(c, inotify, wd);
  }
}

/** The number that joins the two halves of a rename. */
export const renameCookie = (state: KernelState): number => ++state.fs.renames;

/** An event as read(2) gives it: the name padded with NULs to a multiple of the header's size. */
function record(event: InotifyEvent): Uint8Array {
  const name = encodeName(event.name);
  const room = name.length === 0 ? 0 : Math.ceil((name.length + 1) / INOTIFY_EVENT.size) * INOTIFY_EVENT.size;
  const bytes = new Uint8Array(INOTIFY_EVENT.size + room);
  bytes.set(writeStruct(INOTIFY_EVENT, { wd: event.wd, mask: event.mask, cookie: event.cookie, len: room }));
  bytes.set(name, INOTIFY_EVENT.size);
  return bytes;
}

/** As many whole events as fit; EINVAL if not even one does. */
export function readEvents(
  inotify: Inotify,
  length: number,
): { bytes: Uint8Array; done(count: number): void } | undefined {
  if (inotify.queue.length === 0) return undefined;
  const parts: Uint8Array[] = [];
  let total = 0;
  for (const event of inotify.queue) {
    const bytes = record(event);
    if (total + bytes.length > length) break;
    parts.push(bytes);
    total += bytes.length;
  }
  if (parts.length === 0) throw EINVAL;
  const bytes = new Uint8Array(total);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return { bytes, done: () => void inotify.queue.splice(0, parts.length) };
}

export const waitingBytes = (inotify: Inotify): number =>
  inotify.queue.reduce((sum, event) => sum + record(event).length, 0);
