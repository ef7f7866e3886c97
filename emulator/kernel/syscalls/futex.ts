/** futex(2). The queues are in kernel/futex.ts. */
import { FUTEX, FUTEX_OP, FUTEX_OP_CMP } from '../../abi/flags.ts';
import { TIMESPEC } from '../../abi/structs.ts';
import { readStruct } from '../../abi/types.ts';
import type { Context, HandlerTable, Result, Waiting } from '../context.ts';
import { EAGAIN, EDEADLK, EFAULT, EINVAL, ENOSYS, EPERM, ERESTARTSYS, ESRCH, ETIMEDOUT } from '../errors.ts';
import { forgetWaiter, futexKey, MATCH_ANY, requeue, wakeKey } from '../futex.ts';
import type { WakeReason } from '../state.ts';
import { NANOSECONDS, sinceBoot } from '../time.ts';
import { interruption } from '../waits.ts';

const TID_MASK = 0x3fffffff;
const WAITERS = 0x80000000;

/** The counts of wake and requeue are signed ints; 0 wakes one, as in Linux. */
const atLeastOne = (count: number): number => Math.max(1, count | 0);

function readTimeout(c: Context, address: number): bigint | undefined {
  if (address === 0) return undefined;
  const { tv_sec, tv_nsec } = readStruct(TIMESPEC, c.space.read(address, TIMESPEC.size));
  if (tv_sec < 0n || tv_nsec < 0n || tv_nsec >= NANOSECONDS) throw EINVAL;
  return tv_sec * NANOSECONDS + tv_nsec;
}

function wait(
  c: Context,
  address: number,
  shared: boolean,
  value: number,
  deadline: bigint | undefined,
  bitset: number,
): Result {
  if (bitset === 0) throw EINVAL;
  const key = futexKey(c, c.process, address, shared);
  if (c.space.readU32(address) !== value >>> 0) throw EAGAIN;
  if (c.signalPending()) throw ERESTARTSYS;
  c.state.futexes.push({ task: c.task.id, key, bitset });
  return c.block({
    what: `futex 0x${address.toString(16)}`,
    keys: [],
    deadline,
    onSignal: deadline === undefined ? 'restart' : 'restart-block',
    data: { key, bitset, address, value },
  });
}

function resumeWait(c: Context, waiting: Waiting, reason: WakeReason): Result {
  const data = waiting.data as { key: string; bitset: number; address: number; value: number };
  if (reason === 'woken') return 0;
  if (reason === 'restart') {
    if (c.space.readU32(data.address) !== data.value >>> 0) throw EAGAIN;
    c.state.futexes.push({ task: c.task.id, key: data.key, bitset: data.bitset });
    return c.block(waiting);
  }
  forgetWaiter(c, c.task.id);
  if (reason === 'timeout') throw ETIMEDOUT;
  throw interruption(waiting);
}

/** FUTEX_WAKE_OP: changes a second word, and decides by what it was whether to wake there too (futex(2)). */
function wakeOp(
  c: Context,
  address: number,
  shared: boolean,
  val: number,
  val2: number,
  address2: number,
  code: number,
) {
  const key = futexKey(c, c.process, address, shared);
  const key2 = futexKey(c, c.process, address2, shared);
  const op = (code >>> 28) & 7;
  const compare = (code >>> 24) & 15;
  const shifted = (code >>> 31) & 1;
  const raw = (code << 8) >> 20;
  const operand = shifted ? 1 << (raw & 31) : raw;
  const against = (code << 20) >> 20;
  const old = c.space.readU32(address2) | 0;
  const results: Record<number, number> = {
    [FUTEX_OP.FUTEX_OP_SET]: operand,
    [FUTEX_OP.FUTEX_OP_ADD]: old + operand,
    [FUTEX_OP.FUTEX_OP_OR]: old | operand,
    [FUTEX_OP.FUTEX_OP_ANDN]: old & ~operand,
    [FUTEX_OP.FUTEX_OP_XOR]: old ^ operand,
  };
  const comparisons: Record<number, boolean> = {
    [FUTEX_OP_CMP.FUTEX_OP_CMP_EQ]: old === against,
    [FUTEX_OP_CMP.FUTEX_OP_CMP_NE]: old !== against,
    [FUTEX_OP_CMP.FUTEX_OP_CMP_LT]: old < against,
    [FUTEX_OP_CMP.FUTEX_OP_CMP_LE]: old <= against,
    [FUTEX_OP_CMP.FUTEX_OP_CMP_GT]: old > against,
    [FUTEX_OP_CMP.FUTEX_OP_CMP_GE]: old >= against,
  };
  if (!(op in results) || !(compare in comparisons)) throw ENOSYS;
  c.space.writeU32(address2, results[op]! >>> 0);
  const woken = wakeKey(c, key, atLeastOne(val));
  return woken + (comparisons[compare] ? wakeKey(c, key2, atLeastOne(val2)) : 0);
}

/** Priority inheritance without priorities: the kernel owns the hand-over of the word. */
function lockPi(c: Context, address: number, shared: boolean, deadline: bigint | undefined, attempt: boolean): Result {
  const key = futexKey(c, c.process, address, shared);
  const word = c.space.readU32(address);
  const owner = word & TID_MASK;
  if (owner === 0) {
    c.space.writeU32(address, (c.task.id | (word & WAITERS)) >>> 0);
    return 0;
  }
  if (owner === c.task.id) throw EDEADLK;
  if (!c.state.tasks.has(owner)) throw ESRCH;
  if (attempt) throw EAGAIN;
  c.space.writeU32(address, (word | WAITERS) >>> 0);
  c.state.futexes.push({ task: c.task.id, key, bitset: MATCH_ANY });
  return c.block({
    what: `PI futex 0x${address.toString(16)}`,
    keys: [],
    deadline,
    onSignal: 'restart',
    data: { key, bitset: MATCH_ANY, address, value: word },
  });
}

function unlockPi(c: Context, address: number, shared: boolean): number {
  const key = futexKey(c, c.process, address, shared);
  const word = c.space.readU32(address);
  if ((word & TID_MASK) !== c.task.id) throw EPERM;
  const queue = c.state.futexes.filter(w => w.key === key);
  const next = queue[0];
  c.space.writeU32(address, next ? (next.task | (queue.length > 1 ? WAITERS : 0)) >>> 0 : 0);
  if (next) wakeKey(c, key, 1);
  return 0;
}

export const futexCalls: HandlerTable = {
  futex: {
    start(c, { uaddr, op, val, utime, uaddr2, val3 }) {
      const command = op & FUTEX.FUTEX_CMD_MASK;
      const shared = (op & FUTEX.FUTEX_PRIVATE_FLAG) === 0;
      const realtime = (op & FUTEX.FUTEX_CLOCK_REALTIME) !== 0;
      // In the calls without a timeout the register holds a count.
      const val2 = utime % 2 ** 32;
      switch (command) {
        case FUTEX.FUTEX_WAIT: {
          const timeout = readTimeout(c, utime);
          return wait(c, uaddr, shared, val, timeout === undefined ? undefined : c.now() + timeout, MATCH_ANY);
        }
        case FUTEX.FUTEX_WAIT_BITSET: {
          const timeout = readTimeout(c, utime);
          const deadline = timeout === undefined ? undefined : sinceBoot(c, realtime ? 0 : 1, timeout);
          return wait(c, uaddr, shared, val, deadline, val3);
        }
        case FUTEX.FUTEX_WAKE:
          return wakeKey(c, checked(c, uaddr, shared), atLeastOne(val));
        case FUTEX.FUTEX_WAKE_BITSET:
          if (val3 === 0) throw EINVAL;
          return wakeKey(c, checked(c, uaddr, shared), atLeastOne(val), val3);
        case FUTEX.FUTEX_REQUEUE:
        case FUTEX.FUTEX_CMP_REQUEUE: {
          if ((val | 0) < 0 || (val2 | 0) < 0) throw EINVAL;
          const from = checked(c, uaddr, shared);
          const to = checked(c, uaddr2, shared);
          if (command === FUTEX.FUTEX_CMP_REQUEUE && c.space.readU32(uaddr) !== val3) throw EAGAIN;
          const woken = wakeKey(c, from, val | 0);
          return woken + requeue(c, from, to, val2 | 0);
        }
        case FUTEX.FUTEX_WAKE_OP:
          return wakeOp(c, uaddr, shared, val, val2, uaddr2, val3);
        case FUTEX.FUTEX_LOCK_PI:
        case FUTEX.FUTEX_LOCK_PI2: {
          const timeout = readTimeout(c, utime);
          const clock = command === FUTEX.FUTEX_LOCK_PI || realtime ? 0 : 1;
          return lockPi(c, uaddr, shared, timeout === undefined ? undefined : sinceBoot(c, clock, timeout), false);
        }
        case FUTEX.FUTEX_TRYLOCK_PI:
          return lockPi(c, uaddr, shared, undefined, true);
        case FUTEX.FUTEX_UNLOCK_PI:
          return unlockPi(c, uaddr, shared);
        default:
          throw ENOSYS;
      }
    },
    resume: (c, _args, waiting, reason) => resumeWait(c, waiting, reason),
  },
};

/** A key of memory that can be an address of the user. */
function checked(c: Context, address: number, shared: boolean): string {
  if (address >= 2 ** 47) throw EFAULT;
  return futexKey(c, c.process, address, shared);
}
