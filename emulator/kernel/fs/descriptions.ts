/** Open file descriptions and descriptor tables: making them, sharing them, and what happens at the last close. */
import { IN as IN_EVENT, RLIMIT } from '../../abi/flags.ts';
import type { Context } from '../context.ts';
import { EBADF, EMFILE } from '../errors.ts';
import { forgetOwner } from '../ipc/message-files.ts';
import { closeSocket } from '../net/close.ts';
import type { KernelState, Process } from '../state.ts';
import { O_ACCMODE, O_CLOEXEC, O_PATH, O_RDONLY, O_WRONLY, POLLERR, POLLHUP } from './constants.ts';
import { maybeOrphan } from './inodes.ts';
import { observe, observeEnd } from './inotify.ts';
import { closeEnd } from './pty.ts';
import { IN, notify, OUT } from './readiness.ts';
import type { Description, Descriptor, FdTable, FsState, Inode, InodeId } from './state.ts';

/** Flags that open(2) uses up: F_GETFL does not show them. */
const ONCE = 0o100 | 0o200 | 0o400 | 0o1000 | O_CLOEXEC;

/** A new open file description, not yet in a table. Counts as an open of the inode. */
export function describe(
  fs: FsState,
  inode: Inode,
  flags: number,
  place?: { directory: InodeId; name: string },
): Description {
  const description: Description = {
    id: fs.nextDescription++,
    inode: inode.id,
    flags: flags & ~ONCE,
    offset: 0,
    references: 0,
    place,
  };
  fs.descriptions.set(description.id, description);
  inode.opens++;
  if (inode.is === 'pipe' && !(flags & O_PATH)) {
    const mode = flags & O_ACCMODE;
    if (mode !== O_WRONLY) {
      inode.readers++;
      inode.readerOpens++;
    }
    if (mode !== O_RDONLY) {
      inode.writers++;
      inode.writerOpens++;
    }
  }
  return description;
}

/** The descriptor's open file; EBADF if it is none, or if O_PATH's restriction forbids the use. */
export function openFile(c: Context, fd: number, path: 'path-allowed' | 'no-path' = 'no-path'): Description {
  const descriptor = c.process.files.descriptors.get(fd);
  const description = descriptor && c.state.fs.descriptions.get(descriptor.description);
  if (!description || (path === 'no-path' && description.flags & O_PATH)) throw EBADF;
  return description;
}

export function inodeOfFile(c: Context, description: Description): Inode {
  const inode = c.state.fs.inodes.get(description.inode);
  if (!inode) throw EBADF;
  return inode;
}

/** How many descriptors the process may have (RLIMIT_NOFILE). */
export function descriptorLimit(process: Process): number {
  const limit = process.limits[RLIMIT.RLIMIT_NOFILE]?.soft ?? 1024n;
  return limit > 1048576n ? 1048576 : Number(limit);
}

/** The lowest free descriptor from `least` on; EMFILE. */
export function freeDescriptor(process: Process, least = 0): number {
  const { descriptors } = process.files;
  let fd = least;
  while (descriptors.has(fd)) fd++;
  if (fd >= descriptorLimit(process)) throw EMFILE;
  return fd;
}

/** Puts the description at a descriptor that is free. */
export function install(c: Context, fd: number, description: Description, closeOnExec: boolean): number {
  c.process.files.descriptors.set(fd, { description: description.id, closeOnExec });
  description.references++;
  return fd;
}

/** Lowest descriptor, new description: the end of every call that opens something. Check `freeDescriptor` first. */
export function installNew(c: Context, inode: Inode, flags: number, place?: Description['place']): number {
  const fd = freeDescriptor(c.process);
  return install(c, fd, describe(c.state.fs, inode, flags, place), (flags & O_CLOEXEC) !== 0);
}

/** Removes a descriptor; EBADF. */
export function closeDescriptor(c: Context, fd: number): void {
  const descriptor = c.process.files.descriptors.get(fd);
  if (!descriptor) throw EBADF;
  c.process.files.descriptors.delete(fd);
  const description = c.state.fs.descriptions.get(descriptor.description);
  if (description) {
    const wake: Context['wake'] = (key, count) => c.wake(key, count);
    const inode = c.state.fs.inodes.get(description.inode);
    if (inode?.is === 'mqueue') forgetOwner(c, inode);
    dropProcessLocks(c.state, wake, description.inode, c.process.id);
    release(c.state, description, wake);
  }
}

/** POSIX locks of a process go when it closes any descriptor of the file (fcntl(2) regrets it too). */
function dropProcessLocks(state: KernelState, wake: Context['wake'], inode: InodeId, pid: number): void {
  dropLocks(state, wake, inode, lock => lock.kind === 'posix' && lock.owner === pid);
}

function dropLocks(
  state: KernelState,
  wake: Context['wake'],
  inode: InodeId,
  gone: (lock: { kind: string; owner: number }) => boolean,
): void {
  const locks = state.fs.locks.get(inode);
  if (!locks) return;
  const left = locks.filter(lock => !gone(lock));
  if (left.length === locks.length) return;
  if (left.length === 0) state.fs.locks.delete(inode);
  else state.fs.locks.set(inode, left);
  wake(`lock:${inode}`);
}

/** One reference less; with the last one the description ends, and perhaps the inode. */
export function release(state: KernelState, description: Description, wake: Context['wake']): void {
  if (--description.references > 0) return;
  const { fs } = state;
  fs.descriptions.delete(description.id);
  const inode = fs.inodes.get(description.inode);
  dropLocks(
    state,
    wake,
    description.inode,
    lock => (lock.kind === 'flock' || lock.kind === 'ofd') && lock.owner === description.id,
  );
  for (const id of fs.epolls) {
    const epoll = fs.inodes.get(id);
    if (epoll?.is !== 'epoll') continue;
    for (const [key, item] of epoll.items) {
      if (item.description !== description.id) continue;
      epoll.items.delete(key);
      epoll.ready = epoll.ready.filter(other => other !== key);
    }
  }
  if (!inode) return;
  inode.opens--;
  if (!(description.flags & O_PATH)) {
    const writes = (description.flags & O_ACCMODE) !== O_RDONLY;
    observe({ state, wake }, inode, writes ? IN_EVENT.IN_CLOSE_WRITE : IN_EVENT.IN_CLOSE_NOWRITE, description.place);
  }
  observeEnd({ state, wake }, inode);
  if (inode.is === 'pipe' && !(description.flags & O_PATH)) {
    const mode = description.flags & O_ACCMODE;
    if (mode !== O_WRONLY) inode.readers--;
    if (mode !== O_RDONLY) inode.writers--;
    if (inode.readers === 0 && inode.writers === 0) inode.slots = [];
    notify(state, wake, inode.id, IN | OUT | POLLHUP | (inode.readers === 0 ? POLLERR : 0));
  }
  if ((inode.is === 'pty-master' || inode.is === 'pty-slave') && inode.opens === 0) closeEnd(state, wake, inode);
  if (inode.is === 'socket' && inode.opens === 0) closeSocket({ state, wake }, inode);
  if (inode.is === 'epoll' && inode.opens === 0) fs.epolls.delete(inode.id);
  if (inode.is === 'inotify' && inode.opens === 0) fs.inotifies.delete(inode.id);
  if (inode.is === 'timerfd' && inode.opens === 0) fs.timers.delete(inode.id);
  maybeOrphan(fs, inode);
}

/** fork: the same descriptions under the same numbers. */
export function copyTable(state: KernelState, table: FdTable): FdTable {
  const descriptors = new Map<number, Descriptor>();
  for (const [fd, descriptor] of table.descriptors) {
    descriptors.set(fd, { ...descriptor });
    const description = state.fs.descriptions.get(descriptor.description);
    if (description) description.references++;
  }
  return { descriptors };
}

/** Everything is closed: the last task that used the table is gone, and the locks of its process go, too. */
export function closeAll(state: KernelState, table: FdTable, wake: Context['wake'], pid: number): void {
  for (const [fd, descriptor] of [...table.descriptors]) {
    table.descriptors.delete(fd);
    const description = state.fs.descriptions.get(descriptor.description);
    if (!description) continue;
    dropProcessLocks(state, wake, description.inode, pid);
    release(state, description, wake);
  }
}
