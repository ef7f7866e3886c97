/** System V semaphores (ipc/sem.c): a call's operations are done all at once, or it waits until they can be. */
import { SEM_CMD, SEM_OP } from '../../abi/flags-system.ts';
import { SEMBUF } from '../../abi/structs.ts';
import { readStruct } from '../../abi/types.ts';
import type { Context, Core, HandlerTable, Result, Waiting } from '../context.ts';
import { E2BIG, EAGAIN, EFBIG, EIDRM, EINVAL, ENOSPC, ERANGE } from '../errors.ts';
import { timespecAt } from '../fs/arguments.ts';
import { wake } from '../scheduler.ts';
import type { Process, WakeReason } from '../state.ts';
import { interruption } from '../waits.ts';
import {
  addObject,
  getObject,
  highestPlace,
  type IpcObject,
  objectOf,
  removeObject,
  requireOwner,
  requirePermission,
  type SemaphoreSet,
  seconds,
  setPerm,
  stat,
  writePerm,
} from './objects.ts';

/** SEMMSL, SEMMNS, SEMOPM, SEMMNI, SEMVMX, SEMAEM. */
const [PER_SET, ALL, OPERATIONS, SETS, HIGHEST, ADJUSTMENT] = [32000, 1_024_000_000, 500, 32000, 32767, 32767];
const DS_SIZE = 104;

interface Operation {
  number: number;
  add: number;
  flags: number;
}

/** Plain data of a call that waits: which set, and which semaphore for what. */
interface SemaphoreWait {
  set: number;
  number: number;
  until: 'more' | 'zero';
  /** Virtual nanoseconds since boot. */
  deadline?: bigint;
}

const queueOf = (set: number): string => `sem:${set}`;

function adjustments(core: Core, process: Process, set: SemaphoreSet): number[] {
  const { undo } = core.state.ipc;
  const own = undo.get(process.id) ?? new Map<number, number[]>();
  undo.set(process.id, own);
  const known = own.get(set.id) ?? set.values.map(() => 0);
  own.set(set.id, known);
  return known;
}

/** Tries all operations; what stands in the way, or undefined when they are done. */
function perform(c: Context, set: SemaphoreSet, operations: readonly Operation[]): Operation | undefined {
  const values = [...set.values];
  const undo = new Map<number, number>();
  for (const operation of operations) {
    const { number, add, flags } = operation;
    const value = values[number]!;
    if (add === 0 ? value !== 0 : value + add < 0) return operation;
    if (value + add > HIGHEST) throw ERANGE;
    if (flags & SEM_OP.SEM_UNDO) {
      const known = undo.get(number) ?? c.state.ipc.undo.get(c.process.id)?.get(set.id)?.[number] ?? 0;
      const next = known - add;
      if (next < -ADJUSTMENT - 1 || next > ADJUSTMENT) throw ERANGE;
      undo.set(number, next);
    }
    values[number] = value + add;
  }
  set.values = values;
  for (const { number } of operations) set.processes[number] = c.process.id;
  if (undo.size > 0) {
    const own = adjustments(c, c.process, set);
    for (const [number, value] of undo) own[number] = value;
  }
  set.otime = seconds(c);
  if (operations.some(({ add }) => add !== 0)) wake(c, queueOf(set.id));
  return undefined;
}

interface OperateArguments {
  semid: number;
  tsops: number;
  nsops: number;
}

function operate(c: Context, args: OperateArguments, timeout: bigint | undefined, waited?: SemaphoreWait): Result {
  const { semid, tsops, nsops } = args;
  if (nsops < 1 || semid < 0) throw EINVAL;
  if (nsops > OPERATIONS) throw E2BIG;
  const bytes = c.space.read(tsops, nsops * SEMBUF.size);
  const operations = Array.from({ length: nsops }, (_, i): Operation => {
    const { sem_num, sem_op, sem_flg } = readStruct(SEMBUF, bytes, i * SEMBUF.size);
    return { number: sem_num, add: sem_op, flags: sem_flg };
  });
  const set = findSet(c, semid, waited);
  if (operations.some(({ number }) => number >= set.values.length)) throw EFBIG;
  const alters = operations.some(({ add }) => add !== 0);
  requirePermission(c, set, alters ? 2 : 4);
  const blocked = perform(c, set, operations);
  if (!blocked) return 0;
  if (blocked.flags & SEM_OP.IPC_NOWAIT) throw EAGAIN;
  const deadline = waited ? waited.deadline : timeout === undefined ? undefined : c.now() + timeout;
  const data: SemaphoreWait = {
    set: set.id,
    number: blocked.number,
    until: blocked.add === 0 ? 'zero' : 'more',
    deadline,
  };
  const what = `semaphore ${blocked.number} of set ${set.id}`;
  return c.block({ what, keys: [queueOf(set.id)], deadline, onSignal: 'eintr', data });
}

/** Whose set was removed while it waited hears another error than who comes too late. */
function findSet(c: Context, id: number, waited: SemaphoreWait | undefined): SemaphoreSet {
  try {
    return objectOf(c.state.ipc.sem, id);
  } catch (error) {
    throw waited && error === EINVAL ? EIDRM : error;
  }
}

const operating = <A extends OperateArguments>(timeoutOf: (c: Context, args: A) => bigint | undefined) => ({
  start: (c: Context, args: A): Result => operate(c, args, timeoutOf(c, args)),
  resume: (c: Context, args: A, waiting: Waiting, reason: WakeReason): Result => {
    if (reason === 'signal') throw interruption(waiting);
    if (reason === 'timeout') throw EAGAIN;
    return operate(c, args, undefined, waiting.data as SemaphoreWait);
  },
});

/** GETNCNT, GETZCNT: how many calls wait for the semaphore. */
function waiters(c: Context, set: SemaphoreSet, number: number, until: SemaphoreWait['until']): number {
  let count = 0;
  for (const { run } of c.state.tasks.values()) {
    if (run.is !== 'blocked' || run.reason || !run.waiting.keys.includes(queueOf(set.id))) continue;
    const wait = run.waiting.data as SemaphoreWait;
    if (wait.number === number && wait.until === until) count++;
  }
  return count;
}

/** What is set by hand is not undone by anybody. */
function forgetUndo(c: Context, set: SemaphoreSet, number?: number): void {
  for (const own of c.state.ipc.undo.values()) {
    const known = own.get(set.id);
    if (known && number === undefined) own.delete(set.id);
    else if (known && number !== undefined) known[number] = 0;
  }
}

/** A process is gone: its SEM_UNDO operations are taken back (exit_sem). */
export function undoSemaphores(core: Core, process: Process): void {
  const { undo, sem } = core.state.ipc;
  const own = undo.get(process.id);
  if (!own) return;
  undo.delete(process.id);
  for (const set of sem.objects.values()) {
    const known = own.get(set.id);
    if (!known) continue;
    set.values = set.values.map((value, i) => Math.min(HIGHEST, Math.max(0, value + known[i]!)));
    known.forEach((add, i) => {
      if (add !== 0) set.processes[i] = process.id;
    });
    set.otime = (core.state.bootTime + core.state.now) / 1_000_000_000n;
    wake(core, queueOf(set.id));
  }
}

function describe(set: SemaphoreSet): Uint8Array {
  const { bytes, view } = writePerm(set, DS_SIZE);
  view.setBigUint64(48, set.otime, true);
  view.setBigUint64(64, set.ctime, true);
  view.setBigUint64(80, BigInt(set.values.length), true);
  return bytes;
}

function information(c: Context, cmd: number): Uint8Array {
  const { objects } = c.state.ipc.sem;
  const used = [...objects.values()].reduce((sum, set) => sum + set.values.length, 0);
  const now = cmd === SEM_CMD.SEM_INFO;
  // semmap, semmni, semmns, semmnu, semmsl, semopm, semume, semusz, semvmx, semaem.
  const words = [ALL, SETS, ALL, ALL, PER_SET, OPERATIONS, OPERATIONS, 20, HIGHEST, ADJUSTMENT];
  if (now) [words[7], words[9]] = [objects.size, used];
  return new Uint8Array(Int32Array.from(words).buffer);
}

function changeValue(c: Context, set: SemaphoreSet, number: number, value: number): number {
  if (value < 0 || value > HIGHEST) throw ERANGE;
  requirePermission(c, set, 2);
  if (number < 0 || number >= set.values.length) throw EINVAL;
  set.values = set.values.map((old, i) => (i === number ? value : old));
  set.processes[number] = c.process.id;
  set.ctime = seconds(c);
  forgetUndo(c, set, number);
  wake(c, queueOf(set.id));
  return 0;
}

function controlSet(c: Context, id: number, number: number, cmd: number, arg: bigint): number {
  const { sem } = c.state.ipc;
  const address = Number(arg);
  if (id < 0) throw EINVAL;
  switch (cmd) {
    case SEM_CMD.IPC_INFO:
    case SEM_CMD.SEM_INFO:
      c.space.write(address, information(c, cmd));
      return highestPlace(sem);
    case SEM_CMD.IPC_STAT:
      return stat(c, sem, 'number', id, address, describe);
    case SEM_CMD.SEM_STAT:
      return stat(c, sem, 'place', id, address, describe);
    case SEM_CMD.SEM_STAT_ANY:
      return stat(c, sem, 'any place', id, address, describe);
    case SEM_CMD.IPC_SET:
      setPerm(c, objectOf(sem, id), address, DS_SIZE);
      return 0;
    case SEM_CMD.IPC_RMID: {
      const set = objectOf(sem, id);
      requireOwner(c, set);
      removeObject(sem, set);
      forgetUndo(c, set);
      wake(c, queueOf(set.id));
      return 0;
    }
    case SEM_CMD.SETVAL:
      return changeValue(c, objectOf(sem, id), number, Number(BigInt.asIntN(32, arg)));
    case SEM_CMD.GETALL: {
      const set = objectOf(sem, id);
      requirePermission(c, set, 4);
      c.space.write(address, new Uint8Array(Uint16Array.from(set.values).buffer));
      return 0;
    }
    case SEM_CMD.SETALL: {
      const set = objectOf(sem, id);
      requirePermission(c, set, 2);
      const bytes = c.space.read(address, 2 * set.values.length);
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
      const values = set.values.map((_, i) => view.getUint16(2 * i, true));
      if (values.some(value => value > HIGHEST)) throw ERANGE;
      set.values = values;
      set.processes = values.map(() => c.process.id);
      set.ctime = seconds(c);
      forgetUndo(c, set);
      wake(c, queueOf(set.id));
      return 0;
    }
    case SEM_CMD.GETVAL:
    case SEM_CMD.GETPID:
    case SEM_CMD.GETNCNT:
    case SEM_CMD.GETZCNT: {
      const set = objectOf(sem, id);
      requirePermission(c, set, 4);
      if (number < 0 || number >= set.values.length) throw EINVAL;
      if (cmd === SEM_CMD.GETVAL) return set.values[number]!;
      if (cmd === SEM_CMD.GETPID) return set.processes[number]!;
      return waiters(c, set, number, cmd === SEM_CMD.GETNCNT ? 'more' : 'zero');
    }
    default:
      throw EINVAL;
  }
}

function makeSet(c: Context, key: number, count: number, flags: number): SemaphoreSet {
  const { sem } = c.state.ipc;
  if (count === 0) throw EINVAL;
  const used = [...sem.objects.values()].reduce((sum, set) => sum + set.values.length, 0);
  if (used + count > ALL) throw ENOSPC;
  const zeros = Array.from({ length: count }, () => 0);
  const own: Omit<SemaphoreSet, keyof IpcObject> = { is: 'sem', values: zeros, processes: [...zeros], otime: 0n };
  return addObject<SemaphoreSet>(c, sem, key, flags, SETS, own);
}

export const semaphoreCalls: HandlerTable = {
  semget(c, { key, nsems, semflg }) {
    if (nsems < 0 || nsems > PER_SET) throw EINVAL;
    return getObject(
      c,
      c.state.ipc.sem,
      key | 0,
      semflg,
      () => makeSet(c, key | 0, nsems, semflg),
      set => nsems <= set.values.length,
    );
  },
  semop: operating(() => undefined),
  semtimedop: operating((c, { timeout }) => (timeout === 0 ? undefined : timespecAt(c, timeout))),
  semctl: (c, { semid, semnum, cmd, arg }) => controlSet(c, semid, semnum, cmd, arg),
};
