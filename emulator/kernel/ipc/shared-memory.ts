/** System V shared memory (ipc/shm.c): a segment is a file without a name that is mapped shared. */
import { MAP, RLIMIT } from '../../abi/flags.ts';
import { SHM, SHM_CMD, SHM_GET } from '../../abi/flags-system.ts';
import { ADDRESS_END, type Mapping, PAGE_SIZE, PROT } from '../../memory/types.ts';
import type { Context, FileContext, HandlerTable } from '../context.ts';
import { EINVAL, ENOMEM, EPERM } from '../errors.ts';
import { sweep } from '../fs/inodes.ts';
import { pageCeil } from '../memory.ts';
import { place } from '../syscalls/memory.ts';
import {
  addObject,
  getObject,
  highestPlace,
  objectOf,
  removeObject,
  requireOwner,
  requirePermission,
  type Segment,
  seconds,
  setPerm,
  stat,
  writePerm,
} from './objects.ts';

/** shm_ctlmax and shm_ctlall are as good as unlimited; SHMMNI. */
const MAXIMUM = 0xffff_ffff_feff_ffffn;
const SEGMENTS = 4096;
const DS_SIZE = 112;
const SHM_DEST = 0o1000;
const SHM_LOCKED = 0o2000;

/** Mappings of the segment in all address spaces: what shm_nattch counts. */
function attachments(c: FileContext, segment: Segment): number {
  let count = 0;
  const spaces = new Set<number>();
  for (const process of c.state.processes.values()) {
    const { space } = process.memory;
    if (process.run.is === 'zombie' || spaces.has(space)) continue;
    spaces.add(space);
    for (const { backing } of c.options.spaces.get(space).mappings)
      if (backing.is === 'file' && backing.inode === segment.inode) count++;
  }
  return count;
}

/** Removed segments go when nobody has them attached any more. */
function purge(c: Context): void {
  const { shm } = c.state.ipc;
  for (const segment of [...shm.objects.values()])
    if (segment.removed && attachments(c, segment) === 0) removeObject(shm, segment);
  sweep(c);
}

function segmentOf(c: Context, id: number): Segment {
  purge(c);
  return objectOf(c.state.ipc.shm, id);
}

function makeSegment(c: Context, key: number, size: number, flags: number): Segment {
  if (size < 1) throw EINVAL;
  if (flags & SHM_GET.SHM_HUGETLB) throw c.process.credentials.euid === 0 ? ENOMEM : EPERM;
  if (size > c.options.memoryLimit) throw ENOMEM;
  const { inode } = c.files.sharedMemory(c, pageCeil(size));
  return addObject<Segment>(c, c.state.ipc.shm, key, flags, SEGMENTS, {
    is: 'shm',
    inode,
    size,
    atime: 0n,
    dtime: 0n,
    creator: c.process.id,
    lastProcess: 0,
    removed: false,
  });
}

function attach(c: Context, id: number, at: number, flags: number): number {
  if (id < 0) throw EINVAL;
  let address = at;
  if (address !== 0) {
    if (flags & SHM.SHM_RND) address -= address % PAGE_SIZE;
    if (address % PAGE_SIZE !== 0 || (address === 0 && flags & SHM.SHM_REMAP)) throw EINVAL;
  } else if (flags & SHM.SHM_REMAP) throw EINVAL;
  const segment = segmentOf(c, id);
  const writes = !(flags & SHM.SHM_RDONLY);
  const executes = (flags & SHM.SHM_EXEC) !== 0;
  requirePermission(c, segment, 4 | (writes ? 2 : 0) | (executes ? 1 : 0));
  const length = pageCeil(segment.size);
  if (address !== 0) {
    if (address + length > ADDRESS_END) throw address > ADDRESS_END ? EINVAL : ENOMEM;
    const taken = c.space.mappings.some(m => m.start < address + length && m.end > address);
    if (taken && !(flags & SHM.SHM_REMAP)) throw EINVAL;
  }
  const start = address !== 0 ? address : place(c, 0, length, MAP.MAP_SHARED);
  c.space.map({
    start,
    end: start + length,
    prot: PROT.READ | (writes ? PROT.WRITE : 0) | (executes ? PROT.EXEC : 0),
    backing: { is: 'file', inode: segment.inode, offset: 0 },
    shared: true,
    name: `/SYSV${segment.key.toString(16).padStart(8, '0')} (deleted)`,
    growsDown: false,
    readOnly: writes ? undefined : true,
  });
  segment.atime = seconds(c);
  segment.lastProcess = c.process.id;
  return start;
}

function detach(c: Context, address: number): number {
  if (address % PAGE_SIZE !== 0) throw EINVAL;
  const segments = [...c.state.ipc.shm.objects.values()];
  const inodeAt = (m: Mapping): number | undefined =>
    m.backing.is === 'file' && m.start - m.backing.offset === address ? m.backing.inode : undefined;
  const segment = c.space.mappings
    .map(m => segments.find(s => s.inode === inodeAt(m)))
    .find(found => found !== undefined);
  if (!segment) throw EINVAL;
  for (const m of [...c.space.mappings])
    if (inodeAt(m) === segment.inode && m.start < address + pageCeil(segment.size))
      c.space.unmap(m.start, m.end - m.start);
  segment.dtime = seconds(c);
  segment.lastProcess = c.process.id;
  purge(c);
  return 0;
}

function describe(c: Context, segment: Segment): Uint8Array {
  const { bytes, view } = writePerm(segment, DS_SIZE, segment.removed ? SHM_DEST : 0);
  const { size, atime, dtime, ctime, creator, lastProcess } = segment;
  for (const [i, value] of [BigInt(size), atime, dtime, ctime].entries()) view.setBigUint64(48 + 8 * i, value, true);
  view.setInt32(80, creator, true);
  view.setInt32(84, lastProcess, true);
  view.setBigUint64(88, BigInt(attachments(c, segment)), true);
  return bytes;
}

function controlSegment(c: Context, id: number, cmd: number, address: number): number {
  const { shm } = c.state.ipc;
  if (cmd < 0 || id < 0) throw EINVAL;
  purge(c);
  switch (cmd) {
    case SHM_CMD.IPC_INFO: {
      const limits = [MAXIMUM, 1n, BigInt(SEGMENTS), BigInt(SEGMENTS), MAXIMUM, 0n, 0n, 0n, 0n];
      c.space.write(address, new Uint8Array(BigUint64Array.from(limits).buffer));
      return highestPlace(shm);
    }
    case SHM_CMD.SHM_INFO: {
      const pages = [...shm.objects.values()].reduce((sum, s) => sum + pageCeil(s.size) / PAGE_SIZE, 0);
      const info = [shm.objects.size, pages, pages, 0, 0, 0].map(BigInt);
      c.space.write(address, new Uint8Array(BigUint64Array.from(info).buffer));
      return highestPlace(shm);
    }
    case SHM_CMD.IPC_STAT:
      return stat(c, shm, 'number', id, address, segment => describe(c, segment));
    case SHM_CMD.SHM_STAT:
      return stat(c, shm, 'place', id, address, segment => describe(c, segment));
    case SHM_CMD.SHM_STAT_ANY:
      return stat(c, shm, 'any place', id, address, segment => describe(c, segment));
    case SHM_CMD.IPC_SET:
      setPerm(c, objectOf(shm, id), address, DS_SIZE);
      return 0;
    case SHM_CMD.IPC_RMID: {
      const segment = objectOf(shm, id);
      requireOwner(c, segment);
      segment.removed = true;
      // From now on nobody finds it by its key.
      segment.key = 0;
      purge(c);
      return 0;
    }
    case SHM_CMD.SHM_LOCK:
    case SHM_CMD.SHM_UNLOCK: {
      const segment = objectOf(shm, id);
      requireOwner(c, segment);
      if (cmd === SHM_CMD.SHM_LOCK && c.process.limits[RLIMIT.RLIMIT_MEMLOCK]!.soft === 0n) throw EPERM;
      segment.mode = cmd === SHM_CMD.SHM_LOCK ? segment.mode | SHM_LOCKED : segment.mode & ~SHM_LOCKED;
      return 0;
    }
    default:
      throw EINVAL;
  }
}

export const sharedMemoryCalls: HandlerTable = {
  shmget(c, { key, size, shmflg }) {
    purge(c);
    return getObject(
      c,
      c.state.ipc.shm,
      key | 0,
      shmflg,
      () => makeSegment(c, key | 0, size, shmflg),
      segment => size <= segment.size,
    );
  },
  shmat: (c, { shmid, shmaddr, shmflg }) => attach(c, shmid, shmaddr, shmflg),
  shmdt: (c, { shmaddr }) => detach(c, shmaddr),
  shmctl: (c, { shmid, cmd, buf }) => controlSegment(c, shmid, cmd, buf),
};
