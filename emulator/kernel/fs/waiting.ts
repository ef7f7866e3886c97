/** What a call that waits for several open files must block on: their queues, the next timerfd, standard input. */
import type { KernelState } from '../state.ts';
import { queue } from './readiness.ts';
import type { Description } from './state.ts';

export interface WaitSet {
  keys: string[];
  /** Virtual nanoseconds since boot when the first timerfd among them is due. */
  due?: bigint;
  /** One of them is the host's standard input, with nothing in it yet. */
  input: boolean;
}

export function waitSet(state: KernelState, descriptions: Iterable<Description>): WaitSet {
  const keys = new Set<string>();
  const set: WaitSet = { keys: [], input: false };
  for (const description of descriptions) add(state, description, keys, set);
  set.keys = [...keys];
  return set;
}

function add(state: KernelState, description: Description, keys: Set<string>, set: WaitSet): void {
  const inode = state.fs.inodes.get(description.inode);
  if (!inode || keys.has(queue(inode.id, 'in'))) return;
  keys.add(queue(inode.id, 'in'));
  keys.add(queue(inode.id, 'out'));
  if (inode.is === 'timerfd' && inode.due !== undefined && (set.due === undefined || inode.due < set.due))
    set.due = inode.due;
  if (inode.is === 'stream' && inode.stream === 'stdin' && !state.fs.input.ended) set.input = true;
  if (inode.is === 'signalfd') keys.add('signalfd');
  if (inode.is === 'pidfd') keys.add(`pidfd:${inode.pid}`);
  if (inode.is === 'epoll')
    for (const item of inode.items.values()) {
      const watched = state.fs.descriptions.get(item.description);
      if (watched) add(state, watched, keys, set);
    }
}

export function earlier(a: bigint | undefined, b: bigint | undefined): bigint | undefined {
  if (a === undefined) return b;
  return b === undefined || a < b ? a : b;
}
