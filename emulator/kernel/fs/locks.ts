/** Advisory locks: flock's on open files, POSIX's on processes, open-file-description locks on ranges (fs/locks.c). */
import type { FileLock, FsState, InodeId } from './state.ts';

/** flock locks and record locks do not see each other. */
function sameWorld(a: FileLock, b: FileLock): boolean {
  return (a.kind === 'flock') === (b.kind === 'flock');
}

function sameOwner(a: FileLock, b: FileLock): boolean {
  return a.kind === b.kind && a.owner === b.owner;
}

/** The first lock that stands in the way. */
export function conflicting(fs: FsState, inode: InodeId, wanted: FileLock): FileLock | undefined {
  return (fs.locks.get(inode) ?? []).find(
    lock =>
      sameWorld(lock, wanted) &&
      !sameOwner(lock, wanted) &&
      (lock.type === 'write' || wanted.type === 'write') &&
      lock.start < wanted.end &&
      wanted.start < lock.end,
  );
}

/** Puts the owner's lock on a range, or takes it away: what the owner had there before is cut out first. */
export function setLock(fs: FsState, inode: InodeId, lock: FileLock, what: 'set' | 'remove'): void {
  const result: FileLock[] = [];
  for (const old of fs.locks.get(inode) ?? []) {
    if (!sameOwner(old, lock) || old.end <= lock.start || lock.end <= old.start) {
      result.push(old);
      continue;
    }
    if (old.start < lock.start) result.push({ ...old, end: lock.start });
    if (old.end > lock.end) result.push({ ...old, start: lock.end });
  }
  if (what === 'set') result.push({ ...lock });
  result.sort((a, b) => a.start - b.start);
  if (result.length === 0) fs.locks.delete(inode);
  else fs.locks.set(inode, result);
}
