/**
 * What System V's three kinds of objects have in common (ipc/util.c; sysvipc(7)): keys, numbers that are not used again
 * soon, owners and permissions. They belong to the machine, not to a process, and stay until somebody removes them.
 */
import { IPC, IPC_PRIVATE } from '../../abi/flags-system.ts';
import type { Context } from '../context.ts';
import { EACCES, EEXIST, EINVAL, ENOENT, ENOSPC, EPERM } from '../errors.ts';
import type { InodeId } from '../fs/state.ts';

export interface IpcObject {
  id: number;
  key: number;
  uid: number;
  gid: number;
  cuid: number;
  cgid: number;
  /** Permission bits. */
  mode: number;
  /** Seconds since 1970 of the last change. */
  ctime: bigint;
}

export interface Segment extends IpcObject {
  is: 'shm';
  /** The file whose pages it is. */
  inode: InodeId;
  /** Bytes, as they were asked for. */
  size: number;
  atime: bigint;
  dtime: bigint;
  creator: number;
  lastProcess: number;
  /** IPC_RMID: it goes with its last attachment. */
  removed: boolean;
}

export interface SemaphoreSet extends IpcObject {
  is: 'sem';
  values: number[];
  /** Who operated last on each. */
  processes: number[];
  otime: bigint;
}

export interface Message {
  type: bigint;
  bytes: Uint8Array;
}

export interface MessageQueue extends IpcObject {
  is: 'msg';
  messages: Message[];
  /** Most bytes it may hold. */
  limit: number;
  stime: bigint;
  rtime: bigint;
  sender: number;
  receiver: number;
}

/** Objects of one kind, by their place in the kernel's table. */
export interface IpcTable<T extends IpcObject> {
  objects: Map<number, T>;
  /** The place that was given last, and how often places were given anew. */
  last: number;
  sequence: number;
}

export interface IpcState {
  shm: IpcTable<Segment>;
  sem: IpcTable<SemaphoreSet>;
  msg: IpcTable<MessageQueue>;
  /** SEM_UNDO: what is added to a semaphore when a process ends, by process, set and number. */
  undo: Map<number, Map<number, number[]>>;
}

/** IPCMNI: a number is sequence × 32768 + place. */
const PLACES = 32768;
/** Places are given in turn among at least so many (ipc_min_cycle). */
const LEAST_CYCLE = 64;

export function newIpc(): IpcState {
  const table = <T extends IpcObject>(): IpcTable<T> => ({ objects: new Map(), last: -1, sequence: 0 });
  return { shm: table(), sem: table(), msg: table(), undo: new Map() };
}

export const seconds = (c: Context): bigint => c.realtime() / 1_000_000_000n;

/** Registers a new object; ENOSPC beyond `limit` of them. */
export function addObject<T extends IpcObject>(
  c: Context,
  table: IpcTable<T>,
  key: number,
  flags: number,
  limit: number,
  own: Omit<T, keyof IpcObject>,
): T {
  if (table.objects.size >= limit) throw ENOSPC;
  const { euid, egid } = c.process.credentials;
  const cycle = Math.min(limit, Math.max(LEAST_CYCLE, Math.floor((table.objects.size * 3) / 2) + 1));
  let place = (table.last + 1) % cycle;
  while (table.objects.has(place)) place = (place + 1) % cycle;
  if (place <= table.last) table.sequence = (table.sequence + 1) % 65536;
  table.last = place;
  const base: IpcObject = {
    id: table.sequence * PLACES + place,
    key,
    uid: euid,
    gid: egid,
    cuid: euid,
    cgid: egid,
    mode: flags & 0o777,
    ctime: seconds(c),
  };
  const object = { ...base, ...own } as unknown as T;
  table.objects.set(place, object);
  return object;
}

export const removeObject = <T extends IpcObject>(table: IpcTable<T>, object: T): void => {
  table.objects.delete(object.id % PLACES);
};

/** The object with this number; EINVAL. */
export function objectOf<T extends IpcObject>(table: IpcTable<T>, id: number): T {
  const object = id < 0 ? undefined : table.objects.get(id % PLACES);
  if (object?.id !== id) throw EINVAL;
  return object;
}

/** By place, as SHM_STAT and its kin name it. */
function objectAt<T extends IpcObject>(table: IpcTable<T>, place: number): T {
  const object = table.objects.get(place % PLACES);
  if (place < 0 || !object) throw EINVAL;
  return object;
}

/** The highest place in use; 0 if none is. */
export const highestPlace = <T extends IpcObject>(table: IpcTable<T>): number => Math.max(0, ...table.objects.keys());

/** `want` in the bits of "others": 4 to read, 2 to write. EACCES (ipcperms). */
export function requirePermission(c: Context, object: IpcObject, want: number): void {
  const { euid, egid, groups } = c.process.credentials;
  if (euid === 0) return;
  const inGroup = (gid: number): boolean => gid === egid || groups.includes(gid);
  const shift = euid === object.cuid || euid === object.uid ? 6 : inGroup(object.cgid) || inGroup(object.gid) ? 3 : 0;
  if (want & ~((object.mode >> shift) & 7)) throw EACCES;
}

/** IPC_SET and IPC_RMID are for who owns or made it. */
export function requireOwner(c: Context, object: IpcObject): void {
  const { euid } = c.process.credentials;
  if (euid !== 0 && euid !== object.cuid && euid !== object.uid) throw EPERM;
}

/** shmget, semget, msgget: what stands under the key, or a new one. `fits`: whether what is there will do (EINVAL). */
export function getObject<T extends IpcObject>(
  c: Context,
  table: IpcTable<T>,
  key: number,
  flags: number,
  make: () => T,
  fits: (object: T) => boolean = () => true,
): number {
  if (key === IPC_PRIVATE.IPC_PRIVATE) return make().id;
  for (const object of table.objects.values()) {
    if (object.key !== key) continue;
    if (flags & IPC.IPC_CREAT && flags & IPC.IPC_EXCL) throw EEXIST;
    if (!fits(object)) throw EINVAL;
    const asked = (flags >> 6) | (flags >> 3) | flags;
    requirePermission(c, object, asked & 7);
    return object.id;
  }
  if (!(flags & IPC.IPC_CREAT)) throw ENOENT;
  return make().id;
}

/** struct ipc64_perm and `size − 48` bytes of the kind's own. */
export function writePerm(object: IpcObject, size: number, extra = 0): { bytes: Uint8Array; view: DataView } {
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  const { key, uid, gid, cuid, cgid, mode, id } = object;
  for (const [i, word] of [key, uid, gid, cuid, cgid, mode | extra].entries()) view.setUint32(4 * i, word, true);
  view.setUint16(24, Math.floor(id / PLACES), true);
  return { bytes, view };
}

/**
 * IPC_STAT by number, SHM_STAT and its kin by place, SHM_STAT_ANY and its kin by place and without permission: writes
 * what describes the object.
 */
export function stat<T extends IpcObject>(
  c: Context,
  table: IpcTable<T>,
  which: 'number' | 'place' | 'any place',
  id: number,
  address: number,
  describe: (object: T) => Uint8Array,
): number {
  const object = which === 'number' ? objectOf(table, id) : objectAt(table, id);
  if (which !== 'any place') requirePermission(c, object, 4);
  c.space.write(address, describe(object));
  return which === 'number' ? 0 : object.id;
}

/** IPC_SET: owner and permissions from a struct that begins with ipc64_perm. */
export function setPerm(c: Context, object: IpcObject, address: number, size: number): DataView {
  const bytes = c.space.read(address, size);
  const view = new DataView(bytes.buffer, bytes.byteOffset, size);
  requireOwner(c, object);
  object.uid = view.getUint32(4, true);
  object.gid = view.getUint32(8, true);
  object.mode = view.getUint32(20, true) & 0o777;
  object.ctime = seconds(c);
  return view;
}
