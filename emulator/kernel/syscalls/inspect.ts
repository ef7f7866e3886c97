/** One process looks into another: its memory (mm/process_vm_access.c), and what two have in common (kernel/kcmp.c). */
import { KCMP } from '../../abi/flags.ts';
import { MemoryFault } from '../../memory/types.ts';
import type { Context, HandlerTable } from '../context.ts';
import { EBADF, EFAULT, EINVAL, EPERM, ESRCH } from '../errors.ts';
import { type Segment, segments } from '../fs/arguments.ts';
import { spaceOf } from '../memory.ts';
import type { Process } from '../state.ts';

/** The process of a task, if the caller may trace it. ESRCH, EPERM. */
function inspected(c: Context, pid: number): Process {
  const task = c.state.tasks.get(pid);
  const process = task && c.state.processes.get(task.processId);
  if (!process || process.run.is === 'zombie') throw ESRCH;
  const mine = c.process.credentials;
  const theirs = process.credentials;
  const same = [theirs.uid, theirs.euid, theirs.suid].every(id => id === mine.uid);
  if (mine.euid !== 0 && (!same || (process !== c.process && process.dumpable !== 1))) throw EPERM;
  return process;
}

/** Pairs of local and remote pieces, in the order in which the bytes move. */
function* pieces(local: readonly Segment[], remote: readonly Segment[]) {
  const queue = local.map(part => ({ ...part }));
  for (const { address, length } of remote) {
    let done = 0;
    while (done < length && queue.length > 0) {
      const part = queue[0];
      const count = Math.min(part.length, length - done);
      if (count > 0) yield { local: part.address, remote: address + done, length: count };
      part.address += count;
      part.length -= count;
      done += count;
      if (part.length === 0) queue.shift();
    }
  }
}

interface Access {
  pid: number;
  lvec: number;
  liovcnt: number;
  rvec: number;
  riovcnt: number;
  flags: bigint | number;
}

/** What was moved before a fault counts; a fault at the beginning is EFAULT. */
function access(c: Context, args: Access, write: boolean): number {
  if (Number(args.flags) !== 0 || args.liovcnt > 1024 || args.riovcnt > 1024) throw EINVAL;
  const local = segments(c, args.lvec, args.liovcnt);
  const remote = segments(c, args.rvec, args.riovcnt);
  if (local.every(part => part.length === 0) || remote.every(part => part.length === 0)) return 0;
  const there = spaceOf(c, inspected(c, args.pid));
  let moved = 0;
  for (const piece of pieces(local, remote)) {
    try {
      if (write) there.write(piece.remote, c.space.read(piece.local, piece.length));
      else c.space.write(piece.local, there.read(piece.remote, piece.length));
    } catch (error) {
      if (!(error instanceof MemoryFault)) throw error;
      if (moved === 0) throw EFAULT;
      break;
    }
    moved += piece.length;
  }
  return moved;
}

/** Equal, or in some order that stays the same while both live: here, that of the numbers. */
const order = (a: number, b: number): number => (a === b ? 0 : a < b ? 1 : 2);

function compare(c: Context, pid1: number, pid2: number, type: number, idx1: bigint, idx2: bigint): number {
  const one = inspected(c, pid1);
  const other = inspected(c, pid2);
  const same = (shared: boolean): number => (shared ? 0 : order(one.id, other.id));
  switch (type) {
    case KCMP.KCMP_FILE: {
      const of = (process: Process, fd: bigint): number => {
        const descriptor = process.files.descriptors.get(Number(fd));
        if (!descriptor) throw EBADF;
        return descriptor.description;
      };
      return order(of(one, idx1), of(other, idx2));
    }
    case KCMP.KCMP_VM:
      return order(one.memory.space, other.memory.space);
    case KCMP.KCMP_FILES:
      return same(one.files === other.files);
    case KCMP.KCMP_FS:
      return same(one.fs === other.fs);
    case KCMP.KCMP_SIGHAND:
      return same(one.signals === other.signals);
    // Neither I/O contexts nor semaphores with undo are there: none has any.
    case KCMP.KCMP_IO:
    case KCMP.KCMP_SYSVSEM:
      return 0;
    default:
      throw EINVAL;
  }
}

export const inspectCalls: HandlerTable = {
  process_vm_readv: (c, args) => access(c, args, false),
  process_vm_writev: (c, args) => access(c, args, true),
  kcmp: (c, { pid1, pid2, type, idx1, idx2 }) => compare(c, pid1, pid2, type, BigInt(idx1), BigInt(idx2)),
};
