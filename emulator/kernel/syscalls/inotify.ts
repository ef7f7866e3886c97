/** inotify's calls: instances and their watches (fs/notify/inotify/inotify_user.c). */
import { IN, IN_INIT } from '../../abi/flags.ts';
import type { Context, HandlerTable } from '../context.ts';
import { EEXIST, EINVAL, ENOSPC, ENOTDIR } from '../errors.ts';
import { findAt } from '../fs/arguments.ts';
import { AT_FDCWD, O_CLOEXEC, O_NONBLOCK, O_RDONLY } from '../fs/constants.ts';
import { freeDescriptor, inodeOfFile, installNew, openFile } from '../fs/descriptions.ts';
import { addInode, isDirectory, MAY_READ, requireAccess } from '../fs/inodes.ts';
import { removeWatch } from '../fs/inotify.ts';
import type { Inotify } from '../fs/state.ts';
import { anonymous } from './pipes.ts';

const EVENTS = 0xfff;
/** fs.inotify.max_user_watches. */
const WATCH_LIMIT = 65536;
/** Bits that inotify_add_watch knows. */
const KNOWN = Object.values(IN).reduce((all: number, bit) => (all | bit) >>> 0, 0);

function create(c: Context, flags: number): number {
  if (flags & ~(IN_INIT.IN_CLOEXEC | IN_INIT.IN_NONBLOCK)) throw EINVAL;
  freeDescriptor(c.process);
  const inode = addInode<Inotify>(c.state.fs, anonymous(c, 'anon_inodefs', 0o600), {
    is: 'inotify',
    nextWatch: 1,
    watches: new Map(),
    queue: [],
  });
  c.state.fs.inotifies.add(inode.id);
  const status = (flags & IN_INIT.IN_NONBLOCK ? O_NONBLOCK : 0) | (flags & IN_INIT.IN_CLOEXEC ? O_CLOEXEC : 0);
  return installNew(c, inode, O_RDONLY | status);
}

function instance(c: Context, fd: number): Inotify {
  const inode = inodeOfFile(c, openFile(c, fd));
  if (inode.is !== 'inotify') throw EINVAL;
  return inode;
}

function watch(c: Context, fd: number, path: number, mask: number): number {
  if ((mask & KNOWN & ~(IN.IN_ISDIR | IN.IN_ONESHOT)) === 0) throw EINVAL;
  if (mask & IN.IN_MASK_ADD && mask & IN.IN_MASK_CREATE) throw EINVAL;
  const inotify = instance(c, fd);
  const inode = findAt(c, AT_FDCWD, path, { follow: !(mask & IN.IN_DONT_FOLLOW) });
  if (mask & IN.IN_ONLYDIR && !isDirectory(inode)) throw ENOTDIR;
  requireAccess(c, inode, MAY_READ);
  const kept = mask & (EVENTS | IN.IN_ONESHOT | IN.IN_EXCL_UNLINK);
  for (const [wd, known] of inotify.watches) {
    if (known.inode !== inode.id) continue;
    if (mask & IN.IN_MASK_CREATE) throw EEXIST;
    known.mask = mask & IN.IN_MASK_ADD ? known.mask | kept : kept;
    return wd;
  }
  if (inotify.watches.size >= WATCH_LIMIT) throw ENOSPC;
  const wd = inotify.nextWatch++;
  inotify.watches.set(wd, { inode: inode.id, mask: kept });
  return wd;
}

export const inotifyCalls: HandlerTable = {
  inotify_init: c => create(c, 0),
  inotify_init1: (c, { flags }) => create(c, flags),
  inotify_add_watch: (c, { fd, pathname, mask }) => watch(c, fd, pathname, mask),
  inotify_rm_watch(c, { fd, wd }) {
    const inotify = instance(c, fd);
    if (!inotify.watches.has(wd)) throw EINVAL;
    removeWatch(c, inotify, wd);
    return 0;
  },
};
