/**
 * Readiness: what poll, select and epoll see of an open file, and how a change of it reaches who waits. An inode has
 * two wait queues, one for "something came in" and one for "there is room again". Epoll's ready list is kept as
 * fs/eventpoll.c keeps it, because which events an edge-triggered descriptor reports depends on when it was put there.
 */
import { EPOLL } from '../../abi/flags.ts';
import type { Context } from '../context.ts';
import { socketReadiness } from '../net/sockets.ts';
import type { KernelState } from '../state.ts';
import {
  O_ACCMODE,
  O_RDONLY,
  O_WRONLY,
  POLLERR,
  POLLHUP,
  POLLIN,
  POLLNVAL,
  POLLOUT,
  POLLRDNORM,
  POLLWRNORM,
} from './constants.ts';
import { pipeFull, pipeLength } from './pipes.ts';
import { ptyReadiness } from './pty.ts';
import type { Description, Epoll, Inode, InodeId } from './state.ts';

export const IN = POLLIN | POLLRDNORM;
export const OUT = POLLOUT | POLLWRNORM;

/** Names of the wait queues. */
export function queue(inode: InodeId, direction: 'in' | 'out'): string {
  return `inode:${inode}:${direction}`;
}

/** What poll(2) would say of the open file now, without regard to what was asked. */
export function readiness(state: KernelState, description: Description, pendingSignals = 0n): number {
  const inode = state.fs.inodes.get(description.inode);
  if (!inode) return POLLNVAL;
  return inodeReadiness(state, inode, description.flags & O_ACCMODE, pendingSignals);
}

function inodeReadiness(state: KernelState, inode: Inode, mode: number, pendingSignals: bigint): number {
  switch (inode.is) {
    case 'pipe': {
      let mask = 0;
      if (mode !== O_WRONLY) {
        if (pipeLength(inode) > 0) mask |= IN;
        if (inode.writers === 0 && inode.writerOpens > 0) mask |= POLLHUP;
      }
      if (mode !== O_RDONLY) {
        if (!pipeFull(inode)) mask |= OUT;
        if (inode.readers === 0) mask |= POLLERR;
      }
      return mask;
    }
    case 'stream': {
      const { input } = state.fs;
      if (inode.stream !== 'stdin') return OUT;
      const ready = input.chunks.length > 0 || input.ended ? IN : 0;
      return inode.terminal ? ready | OUT : ready | (input.ended ? POLLHUP : 0);
    }
    case 'pty-master':
    case 'pty-slave':
      return ptyReadiness(state.fs, inode);
    case 'eventfd':
      return (inode.count > 0n ? POLLIN : 0) | (inode.count < 0xffff_ffff_ffff_fffen ? POLLOUT : 0);
    case 'timerfd':
      return inode.expirations > 0n ? POLLIN : 0;
    case 'mqueue':
      return (inode.messages.length > 0 ? IN : 0) | (inode.messages.length < inode.maxMessages ? OUT : 0);
    case 'inotify':
      return inode.queue.length > 0 ? IN : 0;
    case 'signalfd':
      return (pendingSignals & inode.mask) !== 0n ? POLLIN : 0;
    case 'epoll':
      return epollHasReady(state, inode) ? IN : 0;
    case 'socket':
      return socketReadiness({ state, wake: () => 0 }, inode);
    case 'pidfd': {
      const process = state.processes.get(inode.pid);
      return !process || process.run.is === 'zombie' ? IN : 0;
    }
    default:
      return IN | OUT;
  }
}

/** Whether an epoll_wait would find something, without taking it. */
function epollHasReady(state: KernelState, epoll: Epoll): boolean {
  return epoll.ready.some(key => {
    const item = epoll.items.get(key);
    const description = item && state.fs.descriptions.get(item.description);
    return item && description && (readiness(state, description) & item.events) !== 0;
  });
}

/**
 * Something changed at the inode: wakes its waiters, and puts it on the ready lists of the epolls that watch it.
 * `mask` are the poll bits that the change may have set.
 */
export function notify(state: KernelState, wake: Context['wake'], inode: InodeId, mask: number): void {
  if (mask & (IN | POLLHUP | POLLERR)) wake(queue(inode, 'in'));
  if (mask & (OUT | POLLERR | POLLHUP)) wake(queue(inode, 'out'));
  for (const id of state.fs.epolls) {
    const epoll = state.fs.inodes.get(id) as Epoll;
    let added = false;
    for (const [key, item] of epoll.items) {
      if (state.fs.descriptions.get(item.description)?.inode !== inode) continue;
      if ((item.events & mask) === 0 || (item.events & ~EPOLL_PRIVATE) === 0) continue;
      if (!epoll.ready.includes(key)) epoll.ready.push(key);
      added = true;
    }
    // An epoll may be watched by another one; that they form no circle is checked when they are added.
    if (added) notify(state, wake, id, IN);
  }
}

/** Bits of an item that are no poll events (EP_PRIVATE_BITS). */
export const EPOLL_PRIVATE = EPOLL.EPOLLWAKEUP | EPOLL.EPOLLONESHOT | EPOLL.EPOLLET | EPOLL.EPOLLEXCLUSIVE;

/** Marks what virtual time has made due. To be called before a timerfd's readiness is looked at. */
export function expireTimers(state: KernelState, wake: Context['wake']): void {
  for (const id of state.fs.timers) {
    const inode = state.fs.inodes.get(id);
    if (inode?.is !== 'timerfd' || inode.due === undefined || inode.due > state.now) continue;
    if (inode.interval > 0n) {
      const count = (state.now - inode.due) / inode.interval + 1n;
      inode.expirations += count;
      inode.due += count * inode.interval;
    } else {
      inode.expirations += 1n;
      inode.due = undefined;
    }
    notify(state, wake, inode.id, POLLIN);
  }
}
