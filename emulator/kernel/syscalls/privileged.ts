/**
 * Calls that need what no guest has: to mount, to load modules, to restart the machine. They answer as Linux answers a
 * user without capabilities, root too: the machine is not the guest's to change. And calls that Linux itself has dropped.
 */
import { CLONE, UNSHARE } from '../../abi/flags.ts';
import type { Context, HandlerTable } from '../context.ts';
import { EINVAL, ENOSYS, EPERM } from '../errors.ts';
import { findAt } from '../fs/arguments.ts';
import { AT_FDCWD, PATH_MAX } from '../fs/constants.ts';
import { copyTable, openFile } from '../fs/descriptions.ts';

const refused = (): never => {
  throw EPERM;
};
const dropped = (): never => {
  throw ENOSYS;
};

/** MNT_FORCE, MNT_DETACH, MNT_EXPIRE, UMOUNT_NOFOLLOW. */
const UMOUNT_FLAGS = 15;
const UMOUNT_NOFOLLOW = 8;
/** SWAP_FLAGS_VALID: a priority and what may be said beside it. */
const SWAP_FLAGS = 0x7ffff;

const NAMESPACES =
  CLONE.CLONE_NEWNS |
  CLONE.CLONE_NEWCGROUP |
  CLONE.CLONE_NEWUTS |
  CLONE.CLONE_NEWIPC |
  CLONE.CLONE_NEWUSER |
  CLONE.CLONE_NEWPID |
  CLONE.CLONE_NEWNET |
  UNSHARE.CLONE_NEWTIME;

/** Stops sharing descriptors and the working directory with other processes; threads of one process always share them. */
function unshare(c: Context, flags: number): number {
  const known = Object.values(UNSHARE).reduce((all: number, bit) => all | bit, 0);
  if (flags & ~known) throw EINVAL;
  const alone = c.process.tasks.length === 1;
  if (flags & (UNSHARE.CLONE_THREAD | UNSHARE.CLONE_SIGHAND | UNSHARE.CLONE_VM) && !alone) throw EINVAL;
  if (flags & NAMESPACES) throw EPERM;
  if (flags & (UNSHARE.CLONE_FILES | UNSHARE.CLONE_FS) && !alone) {
    const why = 'threads of one process share their descriptors here';
    if (c.task.call) c.emit({ is: 'syscall-unimplemented', call: c.task.call, name: 'unshare', why });
    throw ENOSYS;
  }
  const others = [...c.state.processes.values()].filter(p => p !== c.process && p.run.is !== 'zombie');
  if (flags & UNSHARE.CLONE_FILES && others.some(p => p.files === c.process.files))
    c.process.files = copyTable(c.state, c.process.files);
  if (flags & UNSHARE.CLONE_FS && others.some(p => p.fs === c.process.fs)) c.process.fs = { ...c.process.fs };
  return 0;
}

export const privilegedCalls: HandlerTable = {
  // Texts and paths are looked at before anybody is asked who it is.
  mount(c, { dev_name, dir_name, type }) {
    for (const text of [type, dev_name]) if (text !== 0 && !c.space.readString(text, PATH_MAX)) throw EINVAL;
    findAt(c, AT_FDCWD, dir_name, { follow: true });
    throw EPERM;
  },
  umount2(c, { name, flags }) {
    if (flags & ~UMOUNT_FLAGS) throw EINVAL;
    findAt(c, AT_FDCWD, name, { follow: (flags & UMOUNT_NOFOLLOW) === 0 });
    throw EPERM;
  },
  pivot_root: refused,
  reboot: refused,
  swapon(_c, { swap_flags }) {
    if (swap_flags & ~SWAP_FLAGS) throw EINVAL;
    throw EPERM;
  },
  swapoff: refused,
  acct: refused,
  vhangup: refused,
  unshare: (c, { unshare_flags }) => unshare(c, unshare_flags),
  setns(c, { fd }) {
    openFile(c, fd);
    // No descriptor of a namespace can be had.
    throw EINVAL;
  },

  _sysctl: dropped,
  afs_syscall: dropped,
  create_module: dropped,
  epoll_ctl_old: dropped,
  epoll_wait_old: dropped,
  get_kernel_syms: dropped,
  getpmsg: dropped,
  lookup_dcookie: dropped,
  nfsservctl: dropped,
  putpmsg: dropped,
  query_module: dropped,
  security: dropped,
  tuxcall: dropped,
  uselib: dropped,
  vserver: dropped,
};
