/** Printers of calls that wait for descriptors. */
import * as flags from '../../abi/flags.ts';
import { EPOLL_EVENT, POLLFD, TIMESPEC, TIMEVAL } from '../../abi/structs.ts';
import type { CallPrinter } from '../calls.ts';
import { bytesAt, type CallContext, int, register, uint, viewAt } from '../context.ts';
import { argument, argumentRange, named, only } from '../rows.ts';
import { formatSigset } from '../sigset.ts';
import { bits, pointer } from '../text.ts';
import { formatArray, formatFd, formatStructAt, formatStructsAt } from '../values.ts';

/** The descriptors that are ready, with what they are ready for. */
function readyFds(c: CallContext): string {
  const address = register(c, 0);
  const count = Math.min(uint(c, 1), 1 << 16);
  const ready: string[] = [];
  for (let i = 0; i < count; i++) {
    const view = viewAt(c, address + BigInt(i * POLLFD.size), POLLFD.size);
    if (!view) break;
    const revents = view.getUint16(6, true);
    if (revents === 0) continue;
    if (ready.length >= c.options.stringLimit) {
      ready.push('...');
      break;
    }
    const fd = formatFd(c, view.getInt32(0, true));
    ready.push(`{fd=${fd}, revents=${bits(flags.POLL, BigInt(revents), 'POLL???')}}`);
  }
  return `[${ready.join(', ')}]`;
}

function pollResult(c: CallContext, left: string): string {
  const result = c.call.result ?? 0n;
  return result === 0n ? '0 (Timeout)' : `${result} (${readyFds(c)}${left})`;
}

const pollFds = (c: CallContext) => named(c, 0, formatStructsAt(c, POLLFD, register(c, 0), BigInt(uint(c, 1))));

/** Three bitmaps of descriptors. */
const SETS = [
  [1, 'in'],
  [2, 'out'],
  [3, 'except'],
] as const;

const MAXIMUM_FDS = 1 << 16;

function fdSet(c: CallContext, index: number): string {
  const address = register(c, index);
  const count = int(c, 0);
  if (address === 0n || count < 0 || count > MAXIMUM_FDS) return pointer(address);
  const fds = members(c, index);
  return fds === undefined ? pointer(address) : `[${fds.join(' ')}]`;
}

function members(c: CallContext, index: number): string[] | undefined {
  const count = int(c, 0);
  const bytes = bytesAt(c, register(c, index), Math.ceil(count / 64) * 8);
  if (!bytes) return undefined;
  const fds: string[] = [];
  for (let fd = 0; fd < count; fd++) if ((bytes[fd >> 3] >> (fd & 7)) & 1) fds.push(formatFd(c, fd));
  return fds;
}

const TIMES = { tv_usec: TIMEVAL, tv_nsec: TIMESPEC } as const;

function selectResult(c: CallContext, unit: keyof typeof TIMES): string {
  const result = c.call.result ?? 0n;
  if (result === 0n) return '0 (Timeout)';
  const told: string[] = [];
  for (const [index, name] of SETS) {
    if (register(c, index) === 0n) continue;
    const fds = members(c, index);
    if (fds && fds.length > 0) told.push(`${name} [${fds.join(' ')}]`);
  }
  if (register(c, 4) !== 0n) told.push(`left ${formatStructAt(c, TIMES[unit], register(c, 4))}`);
  return `${result} (${told.join(', ')})`;
}

const selectArguments = (c: CallContext, unit: keyof typeof TIMES) => [
  argument(c, 0),
  ...SETS.map(([index]) => named(c, index, fdSet(c, index))),
  named(c, 4, formatStructAt(c, TIMES[unit], register(c, 4))),
];

/** pselect6's last argument: a mask and its size. */
function maskArgument(c: CallContext): string {
  const address = register(c, 5);
  const view = viewAt(c, address, 16);
  if (!view) return pointer(address);
  const [at, size] = [view.getBigUint64(0, true), view.getBigUint64(8, true)];
  const mask = size === 8n ? viewAt(c, at, 8) : undefined;
  return `{sigmask=${mask ? formatSigset(mask.getBigUint64(0, true)) : pointer(at)}, sigsetsize=${size}}`;
}

export const WAITING_CALLS = {
  poll: {
    enter: c => ({ parts: [pollFds(c), ...argumentRange(c, 1)], more: false }),
    result: c => pollResult(c, ''),
  },
  ppoll: {
    enter: c => ({
      parts: [
        pollFds(c),
        argument(c, 1),
        named(c, 2, formatStructAt(c, TIMESPEC, register(c, 2))),
        ...argumentRange(c, 3),
      ],
      more: false,
    }),
    result: c => pollResult(c, register(c, 2) === 0n ? '' : `, left ${formatStructAt(c, TIMESPEC, register(c, 2))}`),
  },
  select: {
    enter: c => ({ parts: selectArguments(c, 'tv_usec'), more: false }),
    result: c => selectResult(c, 'tv_usec'),
  },
  pselect6: {
    enter: c => ({ parts: [...selectArguments(c, 'tv_nsec'), named(c, 5, maskArgument(c))], more: false }),
    result: c => selectResult(c, 'tv_nsec'),
  },
  epoll_ctl: {
    enter(c) {
      if (int(c, 1) !== flags.EPOLL_CTL.EPOLL_CTL_DEL) return only(c, 4);
      return { parts: [...argumentRange(c, 0, 3), named(c, 3, pointer(register(c, 3)))], more: false };
    },
  },
  epoll_wait: { exit: epollExit },
  epoll_pwait: { exit: epollExit },
  epoll_pwait2: {
    exit(c) {
      const parts = epollExit(c);
      // Printed when the call is over: what a failed call was given is not followed.
      if (c.failed) parts[2] = named(c, 3, pointer(register(c, 3)));
      return parts;
    },
  },
} satisfies Readonly<Record<string, CallPrinter>>;

function epollExit(c: CallContext) {
  const address = register(c, 1);
  const count = c.call.result ?? 0n;
  const layout = c.options.column === 'arm64' ? (EPOLL_EVENT.arm64 ?? EPOLL_EVENT) : EPOLL_EVENT;
  const events = c.failed
    ? pointer(address)
    : count === 0n
      ? '[]'
      : formatArray(c, address, count, layout.size, at => formatStructAt(c, EPOLL_EVENT, at));
  return [named(c, 1, events), ...argumentRange(c, 2)];
}
