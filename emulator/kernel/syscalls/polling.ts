/** poll, select and epoll: waiting until one of several descriptors is ready. */
import { EPOLL, EPOLL_CREATE, EPOLL_CTL } from '../../abi/flags.ts';
import { EPOLL_EVENT, POLLFD } from '../../abi/structs.ts';
import { layoutFor, readStruct, writeStruct } from '../../abi/types.ts';
import type { Context, HandlerTable, Result, Waiting } from '../context.ts';
import { EBADF, EEXIST, EINVAL, ELOOP, ENOENT, EPERM } from '../errors.ts';
import { NANOSECONDS, timespecAt } from '../fs/arguments.ts';
import { O_CLOEXEC, O_PATH, O_RDWR, POLLERR, POLLHUP, POLLIN, POLLNVAL, POLLOUT, POLLPRI } from '../fs/constants.ts';
import { descriptorLimit, freeDescriptor, inodeOfFile, installNew, openFile } from '../fs/descriptions.ts';
import { addInode, superblockOf } from '../fs/inodes.ts';
import { EPOLL_PRIVATE, expireTimers, IN, notify, readiness } from '../fs/readiness.ts';
import { pendingSignals } from '../fs/signalfd.ts';
import type { Description, Epoll, EpollItem, Inode } from '../fs/state.ts';
import { earlier, waitSet } from '../fs/waiting.ts';
import type { KernelState, WakeReason } from '../state.ts';
import { interruption } from '../waits.ts';
import { anonymous } from './pipes.ts';

/** What a waiting call keeps: when it ends, in virtual nanoseconds since boot. */
interface PollWait {
  deadline?: bigint;
}

function update(c: Context): void {
  expireTimers(c.state, (key, count) => c.wake(key, count));
}

function descriptionOf(c: Context, fd: number): Description | undefined {
  const descriptor = c.process.files.descriptors.get(fd);
  const description = descriptor && c.state.fs.descriptions.get(descriptor.description);
  return description && !(description.flags & O_PATH) ? description : undefined;
}

function blockOn(
  c: Context,
  what: string,
  descriptions: Iterable<Description>,
  data: PollWait,
  onSignal: Waiting['onSignal'],
): Result {
  const { keys, due, input } = waitSet(c.state, descriptions);
  return c.block({ what, keys, deadline: earlier(data.deadline, due), onSignal, input, data });
}

/** A relative timeout as a point in virtual time; undefined: for ever. */
function deadlineOf(c: Context, timeout: bigint | undefined): bigint | undefined {
  return timeout === undefined ? undefined : c.now() + timeout;
}

const milliseconds = (timeout: number): bigint | undefined => (timeout < 0 ? undefined : BigInt(timeout) * 1_000_000n);

const expired = (c: Context, { deadline }: PollWait): boolean => deadline !== undefined && deadline <= c.now();

/** SIGKILL and SIGSTOP cannot be blocked. */
const BLOCKABLE = ~((1n << 8n) | (1n << 18n));

function replaceMask(c: Context, address: number, size: number): void {
  if (address === 0) return;
  if (size !== 8) throw EINVAL;
  c.temporaryMask(BigInt.asUintN(64, c.space.readU64(address) & BLOCKABLE));
}

// ---- poll ---------------------------------------------------------------------------------------------------------

interface PollArguments {
  fds: number;
  nfds: number;
}

function poll(c: Context, { fds, nfds }: PollArguments, data: PollWait, onSignal: Waiting['onSignal']): Result {
  if (nfds > descriptorLimit(c.process)) throw EINVAL;
  update(c);
  const bytes = nfds > 0 ? c.space.read(fds, nfds * POLLFD.size) : new Uint8Array(0);
  const watched: Description[] = [];
  const results: Uint8Array[] = [];
  let ready = 0;
  for (let i = 0; i < nfds; i++) {
    const entry = readStruct(POLLFD, bytes, i * POLLFD.size);
    let revents = 0;
    if (entry.fd >= 0) {
      const description = descriptionOf(c, entry.fd);
      if (!description) revents = POLLNVAL;
      else {
        watched.push(description);
        revents = readiness(c.state, description, pendingSignals(c)) & ((entry.events & 0xffff) | POLLERR | POLLHUP);
      }
    }
    if (revents !== 0) ready++;
    results.push(writeStruct(POLLFD, { ...entry, revents }));
  }
  if (ready === 0 && !expired(c, data)) return blockOn(c, `poll of ${nfds} descriptors`, watched, data, onSignal);
  for (let i = 0; i < nfds; i++) c.space.write(fds + i * POLLFD.size + 6, results[i].subarray(6, 8));
  return ready;
}

/** ppoll and pselect6 tell how much of the timeout is left. */
function writeLeft(c: Context, address: number, { deadline }: PollWait, unit: bigint): void {
  if (address === 0 || deadline === undefined) return;
  const left = deadline > c.now() ? deadline - c.now() : 0n;
  c.space.writeU64(address, left / NANOSECONDS);
  c.space.writeU64(address + 8, (left % NANOSECONDS) / unit);
}

// ---- select -------------------------------------------------------------------------------------------------------

interface SelectArguments {
  n: number;
  inp: number;
  outp: number;
  exp: number;
}

/** Poll bits that make a descriptor count in each of the three sets (fs/select.c). */
const SELECT_SETS = [0x0c1 | POLLIN | POLLHUP | POLLERR, 0x300 | POLLOUT | POLLERR, POLLPRI] as const;

function select(c: Context, args: SelectArguments, data: PollWait, onSignal: Waiting['onSignal']): Result {
  if (args.n < 0) throw EINVAL;
  update(c);
  let highest = 0;
  for (const fd of c.process.files.descriptors.keys()) highest = Math.max(highest, fd);
  // Beyond the table of descriptors nothing is looked at (fs/file.c: 64, then powers of two from 128 on).
  const n = Math.min(args.n, highest < 64 ? 64 : 128 * 2 ** Math.ceil(Math.log2(Math.floor(highest / 128) + 1)));
  const size = Math.ceil(n / 64) * 8;
  const addresses = [args.inp, args.outp, args.exp];
  const asked = addresses.map(at => (at === 0 ? new Uint8Array(size) : c.space.read(at, size)));
  const results = asked.map(() => new Uint8Array(size));
  const watched: Description[] = [];
  let ready = 0;
  for (let fd = 0; fd < n; fd++) {
    const bit = 1 << (fd & 7);
    const wanted = asked.map(set => (set[fd >> 3] & bit) !== 0);
    if (!wanted.includes(true)) continue;
    const description = descriptionOf(c, fd);
    if (!description) throw EBADF;
    watched.push(description);
    const mask = readiness(c.state, description, pendingSignals(c));
    for (let set = 0; set < 3; set++) {
      if (!wanted[set] || !(mask & SELECT_SETS[set])) continue;
      results[set][fd >> 3] |= bit;
      ready++;
    }
  }
  if (ready === 0 && !expired(c, data))
    return blockOn(c, `select of ${watched.length} descriptors`, watched, data, onSignal);
  for (let set = 0; set < 3; set++) if (addresses[set] !== 0) c.space.write(addresses[set], results[set]);
  return ready;
}

// ---- epoll --------------------------------------------------------------------------------------------------------

function createEpoll(c: Context, flags: number): number {
  freeDescriptor(c.process);
  const inode = addInode<Epoll>(c.state.fs, anonymous(c, 'anon_inodefs', 0o600), {
    is: 'epoll',
    items: new Map(),
    ready: [],
  });
  c.state.fs.epolls.add(inode.id);
  return installNew(c, inode, O_RDWR | flags);
}

/** What has no poll operation cannot be watched. Settings and mount tables tell when they change. */
function pollable(state: KernelState, inode: Inode): boolean {
  if (inode.is === 'generated') {
    const { type } = superblockOf(state.fs, inode);
    return type !== 'proc' || /^(?:text|boot_id|uuid|process\/(?:mounts|mountinfo))$/.test(inode.source);
  }
  if (inode.is === 'device') return inode.driver !== 'null' && inode.driver !== 'zero' && inode.driver !== 'full';
  return !['file', 'directory', 'proc-directory', 'symlink', 'magic-link'].includes(inode.is);
}

/** How deep epolls are nested below this one; ELOOP for a circle or for more than five levels. */
function checkNesting(state: KernelState, inner: Epoll, outer: Epoll, depth = 1): void {
  if (inner === outer || depth > 4) throw ELOOP;
  for (const item of inner.items.values()) {
    const inode = state.fs.inodes.get(state.fs.descriptions.get(item.description)?.inode ?? 0);
    if (inode?.is === 'epoll') checkNesting(state, inode, outer, depth + 1);
  }
}

const EXCLUSIVE_BITS =
  EPOLL.EPOLLIN | EPOLL.EPOLLOUT | POLLERR | POLLHUP | EPOLL.EPOLLWAKEUP | EPOLL.EPOLLET | EPOLL.EPOLLEXCLUSIVE;

function control(c: Context, epfd: number, op: number, fd: number, event: number): number {
  const layout = layoutFor(EPOLL_EVENT, c.arch.syscall.column);
  const given = op === EPOLL_CTL.EPOLL_CTL_DEL ? undefined : readStruct(layout, c.space.read(event, layout.size));
  const own = openFile(c, epfd);
  const description = openFile(c, fd);
  const target = inodeOfFile(c, description);
  if (!pollable(c.state, target)) throw EPERM;
  const epoll = inodeOfFile(c, own);
  if (epoll === target || epoll.is !== 'epoll') throw EINVAL;
  const exclusive = given && given.events & EPOLL.EPOLLEXCLUSIVE;
  if (exclusive) {
    if (op === EPOLL_CTL.EPOLL_CTL_MOD) throw EINVAL;
    if (op === EPOLL_CTL.EPOLL_CTL_ADD && (target.is === 'epoll' || given.events & ~EXCLUSIVE_BITS)) throw EINVAL;
  }
  const key = `${fd}:${description.id}`;
  const known = epoll.items.get(key);
  switch (op) {
    case EPOLL_CTL.EPOLL_CTL_ADD: {
      if (target.is === 'epoll') checkNesting(c.state, target, epoll);
      if (known) throw EEXIST;
      const item: EpollItem = {
        fd,
        description: description.id,
        events: given!.events | POLLERR | POLLHUP,
        data: given!.data,
      };
      epoll.items.set(key, item);
      offer(c, epoll, key, item, description);
      return 0;
    }
    case EPOLL_CTL.EPOLL_CTL_MOD:
      if (!known) throw ENOENT;
      if (known.events & EPOLL.EPOLLEXCLUSIVE) throw EINVAL;
      known.events = given!.events | POLLERR | POLLHUP;
      known.data = given!.data;
      offer(c, epoll, key, known, description);
      return 0;
    case EPOLL_CTL.EPOLL_CTL_DEL:
      if (!known) throw ENOENT;
      epoll.items.delete(key);
      epoll.ready = epoll.ready.filter(other => other !== key);
      return 0;
    default:
      throw EINVAL;
  }
}

/** What is ready when it is added or changed is reported once, also when edge-triggered. */
function offer(c: Context, epoll: Epoll, key: string, item: EpollItem, description: Description): void {
  update(c);
  if ((readiness(c.state, description, pendingSignals(c)) & item.events) === 0) return;
  if (!epoll.ready.includes(key)) epoll.ready.push(key);
  notify(c.state, (name, count) => c.wake(name, count), epoll.id, IN);
}

/** Signals and ends of processes do not reach the ready list by themselves: it is looked whether they are there. */
function offerUnnoticed(c: Context, epoll: Epoll): void {
  for (const [key, item] of epoll.items) {
    const description = c.state.fs.descriptions.get(item.description);
    const inode = description && c.state.fs.inodes.get(description.inode);
    if (inode?.is !== 'signalfd' && inode?.is !== 'pidfd') continue;
    if (readiness(c.state, description!, pendingSignals(c)) & item.events && !epoll.ready.includes(key))
      epoll.ready.push(key);
  }
}

interface EpollArguments {
  epfd: number;
  events: number;
  maxevents: number;
}

function wait(c: Context, { epfd, events, maxevents }: EpollArguments, data: PollWait): Result {
  const layout = layoutFor(EPOLL_EVENT, c.arch.syscall.column);
  const inode = inodeOfFile(c, openFile(c, epfd));
  if (maxevents <= 0 || maxevents > Math.floor(0x7fff_ffff / layout.size)) throw EINVAL;
  if (inode.is !== 'epoll') throw EINVAL;
  const epoll = inode;
  update(c);
  offerUnnoticed(c, epoll);
  const list = epoll.ready;
  const found: { key: string; item: EpollItem; events: number }[] = [];
  let seen = 0;
  for (; seen < list.length && found.length < maxevents; seen++) {
    const item = epoll.items.get(list[seen]);
    const description = item && c.state.fs.descriptions.get(item.description);
    if (!item || !description) continue;
    const revents = readiness(c.state, description, pendingSignals(c)) & item.events;
    if (revents !== 0) found.push({ key: list[seen], item, events: revents });
  }
  // Memory first: what faults, or waits for the host, has reported nothing.
  for (let i = 0; i < found.length; i++)
    c.space.write(events + i * layout.size, writeStruct(layout, { events: found[i].events, data: found[i].item.data }));
  const stay: string[] = [];
  for (const { key, item } of found) {
    if (item.events & EPOLL.EPOLLONESHOT) item.events &= EPOLL_PRIVATE;
    else if (!(item.events & EPOLL.EPOLLET)) stay.push(key);
  }
  epoll.ready = [...list.slice(seen), ...stay];
  if (found.length > 0 || expired(c, data)) return found.length;
  const watched = [...epoll.items.values()].flatMap(item => c.state.fs.descriptions.get(item.description) ?? []);
  const { due, input, keys } = waitSet(c.state, watched);
  return c.block({
    what: `epoll ${epfd}`,
    // Its own queue tells of all it watches, but not of signals and of the end of processes.
    keys: [`inode:${epoll.id}:in`, ...keys.filter(key => !key.startsWith('inode:'))],
    deadline: earlier(data.deadline, due),
    onSignal: 'eintr',
    input,
    data,
  });
}

const epollWaiting = <A extends EpollArguments>(begin: (c: Context, args: A) => PollWait) => ({
  start: (c: Context, args: A): Result => wait(c, args, begin(c, args)),
  resume: (c: Context, args: A, waiting: Waiting, reason: WakeReason): Result => {
    if (reason === 'signal') throw interruption(waiting);
    return wait(c, args, waiting.data as PollWait);
  },
});

export const pollingCalls: HandlerTable = {
  poll: {
    start: (c, args) => poll(c, args, { deadline: deadlineOf(c, milliseconds(args.timeout)) }, 'restart-block'),
    resume: (c, args, waiting, reason) => {
      if (reason === 'signal') throw interruption(waiting);
      return poll(c, args, waiting.data as PollWait, 'restart-block');
    },
  },
  ppoll: {
    start: (c, args) => {
      const data = { deadline: deadlineOf(c, args.tmo_p === 0 ? undefined : timespecAt(c, args.tmo_p)) };
      replaceMask(c, args.sigmask, args.sigsetsize);
      const result = poll(c, args, data, 'restart-nohand');
      if (typeof result === 'number') writeLeft(c, args.tmo_p, data, 1n);
      return result;
    },
    resume: (c, args, waiting, reason) => {
      const data = waiting.data as PollWait;
      if (reason === 'signal') {
        writeLeft(c, args.tmo_p, data, 1n);
        throw interruption(waiting);
      }
      const result = poll(c, args, data, 'restart-nohand');
      if (typeof result === 'number') writeLeft(c, args.tmo_p, data, 1n);
      return result;
    },
  },
  select: {
    start: (c, args) => {
      const data = { deadline: deadlineOf(c, timevalAt(c, args.tvp)) };
      const result = select(c, args, data, 'restart-nohand');
      if (typeof result === 'number') writeLeft(c, args.tvp, data, 1000n);
      return result;
    },
    resume: (c, args, waiting, reason) => {
      const data = waiting.data as PollWait;
      if (reason === 'signal') {
        writeLeft(c, args.tvp, data, 1000n);
        throw interruption(waiting);
      }
      const result = select(c, args, data, 'restart-nohand');
      if (typeof result === 'number') writeLeft(c, args.tvp, data, 1000n);
      return result;
    },
  },
  pselect6: {
    start: (c, args) => {
      const data = { deadline: deadlineOf(c, args.tsp === 0 ? undefined : timespecAt(c, args.tsp)) };
      if (args.sig !== 0) replaceMask(c, Number(c.space.readU64(args.sig)), Number(c.space.readU64(args.sig + 8)));
      const result = select(c, args, data, 'restart-nohand');
      if (typeof result === 'number') writeLeft(c, args.tsp, data, 1n);
      return result;
    },
    resume: (c, args, waiting, reason) => {
      const data = waiting.data as PollWait;
      if (reason === 'signal') {
        writeLeft(c, args.tsp, data, 1n);
        throw interruption(waiting);
      }
      const result = select(c, args, data, 'restart-nohand');
      if (typeof result === 'number') writeLeft(c, args.tsp, data, 1n);
      return result;
    },
  },
  epoll_create: (c, { size }) => {
    if (size <= 0) throw EINVAL;
    return createEpoll(c, 0);
  },
  epoll_create1: (c, { flags }) => {
    if (flags & ~EPOLL_CREATE.EPOLL_CLOEXEC) throw EINVAL;
    return createEpoll(c, flags & O_CLOEXEC);
  },
  epoll_ctl: (c, { epfd, op, fd, event }) => control(c, epfd, op, fd, event),
  epoll_wait: epollWaiting((c, { timeout }) => ({ deadline: deadlineOf(c, milliseconds(timeout)) })),
  epoll_pwait: epollWaiting((c, { timeout, sigmask, sigsetsize }) => {
    replaceMask(c, sigmask, sigsetsize);
    return { deadline: deadlineOf(c, milliseconds(timeout)) };
  }),
  epoll_pwait2: epollWaiting((c, { timeout, sigmask, sigsetsize }) => {
    const deadline = deadlineOf(c, timeout === 0 ? undefined : timespecAt(c, timeout));
    replaceMask(c, sigmask, sigsetsize);
    return { deadline };
  }),
};

/** select's timeout: microseconds beyond a second are carried over, as the kernel does. */
function timevalAt(c: Context, address: number): bigint | undefined {
  if (address === 0) return undefined;
  const seconds = BigInt.asIntN(64, c.space.readU64(address));
  const micro = BigInt.asIntN(64, c.space.readU64(address + 8));
  if (seconds < 0n || micro < 0n) throw EINVAL;
  const total = seconds * NANOSECONDS + micro * 1000n;
  return total > 9_000_000_000n * NANOSECONDS ? 9_000_000_000n * NANOSECONDS : total;
}
