/** Descriptors that stand for a process: it can be waited for and signalled without a race for its number. */
import { PIDFD } from '../../abi/flags.ts';
import { SIGRTMAX } from '../../abi/signals.ts';
import type { Context, HandlerTable } from '../context.ts';
import { EBADF, EINVAL, EPERM, ESRCH } from '../errors.ts';
import { O_CLOEXEC, O_NONBLOCK, O_RDWR } from '../fs/constants.ts';
import { freeDescriptor, inodeOfFile, install, installNew, openFile } from '../fs/descriptions.ts';
import { addInode } from '../fs/inodes.ts';
import type { PidFd } from '../fs/state.ts';
import type { Process } from '../state.ts';
import { anonymous } from './pipes.ts';

/** A new descriptor for the process; close-on-exec, as the kernel makes them. */
export function openPidfd(c: Context, pid: number, flags = 0): number {
  freeDescriptor(c.process);
  const inode = addInode<PidFd>(c.state.fs, anonymous(c, 'anon_inodefs', 0o600), { is: 'pidfd', pid });
  return installNew(c, inode, O_RDWR | O_CLOEXEC | flags);
}

/** The process's number; EBADF if the descriptor is no pidfd. */
export function pidfdProcess(c: Context, fd: number): number {
  const inode = inodeOfFile(c, openFile(c, fd));
  if (inode.is !== 'pidfd') throw EBADF;
  return inode.pid;
}

function requirePermission(c: Context, target: Process): void {
  const { euid, uid } = c.process.credentials;
  const theirs = target.credentials;
  if (euid !== 0 && ![theirs.uid, theirs.suid].some(id => id === euid || id === uid)) throw EPERM;
}

export const pidfdCalls: HandlerTable = {
  pidfd_open: (c, { pid, flags }) => {
    if (flags & ~PIDFD.PIDFD_NONBLOCK || pid <= 0) throw EINVAL;
    if (!c.state.processes.has(pid)) {
      // A thread that leads no group (PIDFD_THREAD is not there).
      if (c.state.tasks.has(pid)) throw EINVAL;
      throw ESRCH;
    }
    return openPidfd(c, pid, flags & O_NONBLOCK);
  },
  pidfd_send_signal: (c, { pidfd, sig, info, flags }) => {
    if (flags !== 0) throw EINVAL;
    const target = c.state.processes.get(pidfdProcess(c, pidfd));
    let code = 0;
    let fields: Uint8Array | undefined;
    if (info !== 0) {
      const bytes = c.space.read(info, 128);
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      if (view.getInt32(0, true) !== sig) throw EINVAL;
      code = view.getInt32(8, true);
      // Only a process itself may say that the kernel, or tgkill, sent it.
      if (target !== c.process && (code >= 0 || code === -6)) throw EPERM;
      fields = bytes.subarray(16);
    }
    if (sig < 0 || sig > SIGRTMAX) throw EINVAL;
    if (!target) throw ESRCH;
    requirePermission(c, target);
    if (sig !== 0 && target.run.is !== 'zombie') c.signal({ is: 'process', id: target.id }, sig, code, fields);
    return 0;
  },
  pidfd_getfd: (c, { pidfd, fd, flags }) => {
    if (flags !== 0) throw EINVAL;
    const target = c.state.processes.get(pidfdProcess(c, pidfd));
    if (!target || target.run.is === 'zombie') throw ESRCH;
    requirePermission(c, target);
    const descriptor = target.files.descriptors.get(fd);
    const description = descriptor && c.state.fs.descriptions.get(descriptor.description);
    if (!description) throw EBADF;
    return install(c, freeDescriptor(c.process), description, true);
  },
};
