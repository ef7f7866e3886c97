/** Printers of calls on tasks, signals, time and scheduling. */
import * as flags from '../../abi/flags.ts';
import * as system from '../../abi/flags-system.ts';
import { signalName } from '../../abi/signals.ts';
import {
  CAP_HEADER,
  CLONE_ARGS,
  FUTEX_WAITV,
  RUSAGE,
  SCHED_ATTR,
  SIGINFO,
  STACK_T,
  TIMESPEC,
} from '../../abi/structs.ts';
import type { CallPrinter } from '../calls.ts';
import { bytesAt, type CallContext, int, type Part, part, register, uint, viewAt } from '../context.ts';
import { argument, argumentRange, named, only, until } from '../rows.ts';
import { dateComment, dateOf, formatCapabilities } from '../structs.ts';
import { bits, choice, hex, nameOf, pointer } from '../text.ts';
import { formatArray, formatBuffer, formatStructAt } from '../values.ts';
import { filterProgram, prctl } from './prctl.ts';

/** As a result. */
const E2BIG = -7n;

const { CLONE, FUTEX } = flags;

const u32At = (c: CallContext, address: bigint): string => {
  const view = viewAt(c, address, 4);
  return view ? `[${view.getInt32(0, true)}]` : pointer(address);
};

const addressAt = (c: CallContext, address: bigint): string => {
  const view = viewAt(c, address, 8);
  return view ? `[${hex(view.getBigUint64(0, true))}]` : pointer(address);
};

// ---- clone ------------------------------------------------------------------------------------------------------

const AFTER_CLONE =
  CLONE.CLONE_PARENT_SETTID |
  CLONE.CLONE_PIDFD |
  CLONE.CLONE_CHILD_SETTID |
  CLONE.CLONE_CHILD_CLEARTID |
  CLONE.CLONE_SETTLS;

/** The register of tls and of child_tid: the two architectures have them the other way round. */
const tlsRegister = (c: CallContext): number => (c.options.column === 'arm64' ? 3 : 4);
const childTidRegister = (c: CallContext): number => (c.options.column === 'arm64' ? 4 : 3);

/** Flags, and the signal that the child's end sends. */
function cloneFlags(value: bigint): string {
  const signo = Number(value & 0xffn);
  const set = value & 0xffffff00n;
  const signal = signo === 0 ? '' : signalName(signo);
  if (set === 0n) return signal === '' ? '0' : signal;
  return signal === '' ? bits(CLONE, set, 'CLONE_???') : `${bits(CLONE, set, 'CLONE_???')}|${signal}`;
}

const clone: CallPrinter = {
  enter: c => ({
    parts: [
      part('newsp', `child_stack=${pointer(register(c, 1))}`),
      part('clone_flags', `flags=${cloneFlags(BigInt(uint(c, 0)))}`),
    ],
    more: (uint(c, 0) & AFTER_CLONE) !== 0,
  }),
  joined: 'late',
  exit(c) {
    const set = uint(c, 0);
    const parts: Part[] = [];
    if (set & (CLONE.CLONE_PARENT_SETTID | CLONE.CLONE_PIDFD)) {
      const text = c.failed ? pointer(register(c, 2)) : u32At(c, register(c, 2));
      parts.push(part('parent_tid', `parent_tid=${text}`));
    }
    if (set & CLONE.CLONE_SETTLS) parts.push(part('tls', `tls=${hex(register(c, tlsRegister(c)))}`));
    if (set & (CLONE.CLONE_CHILD_SETTID | CLONE.CLONE_CHILD_CLEARTID))
      parts.push(part('child_tid', `child_tidptr=${pointer(register(c, childTidRegister(c)))}`));
    return parts;
  },
};

const clone3: CallPrinter = {
  enter(c) {
    const size = register(c, 1);
    const args = size >= 64n ? formatStructAt(c, CLONE_ARGS, register(c, 0)) : pointer(register(c, 0));
    return { parts: [named(c, 0, args)], more: true };
  },
  joined: 'glued',
  exit(c) {
    const view = viewAt(c, register(c, 0), 64);
    const told: string[] = [];
    if (view && !c.failed) {
      const set = Number(view.getBigUint64(0, true) & 0xffffffffn);
      if (set & CLONE.CLONE_PIDFD) told.push(`pidfd=${u32At(c, view.getBigUint64(8, true))}`);
      if (set & CLONE.CLONE_PARENT_SETTID) told.push(`parent_tid=${u32At(c, view.getBigUint64(24, true))}`);
    }
    return [named(c, 0, told.length ? ` => {${told.join(', ')}}` : ''), argument(c, 1)];
  },
};

// ---- wait ---------------------------------------------------------------------------------------------------------

/** A wait status in the words of wait(2). */
export function formatWaitStatus(status: number): string {
  const signo = status & 0x7f;
  if (status === 0xffff) return '{WIFCONTINUED(s)}';
  if ((status & 0xff) === 0x7f) {
    const event = status >>> 16;
    const stop = (status >>> 8) & 0xff;
    const name = stop === 0x85 ? 'SIGTRAP|0x80' : signalName(stop);
    return `{WIFSTOPPED(s) && WSTOPSIG(s) == ${name}}${event ? ` | ${hex(event << 16)}` : ''}`;
  }
  if (signo === 0) return `{WIFEXITED(s) && WEXITSTATUS(s) == ${(status >>> 8) & 0xff}}`;
  return `{WIFSIGNALED(s) && WTERMSIG(s) == ${signalName(signo)}${status & 0x80 ? ' && WCOREDUMP(s)' : ''}}`;
}

const wait4: CallPrinter = {
  exit(c) {
    const happened = !c.failed && (c.call.result ?? 0n) > 0n;
    const view = happened ? viewAt(c, register(c, 1), 4) : undefined;
    const status = view ? `[${formatWaitStatus(view.getInt32(0, true))}]` : pointer(register(c, 1));
    const usage = happened ? formatStructAt(c, RUSAGE, register(c, 3)) : pointer(register(c, 3));
    return [named(c, 1, status), argument(c, 2), named(c, 3, usage)];
  },
};

const waitid: CallPrinter = {
  exit: c => [
    named(c, 2, c.failed ? pointer(register(c, 2)) : formatStructAt(c, SIGINFO, register(c, 2))),
    argument(c, 3),
    named(c, 4, c.failed ? pointer(register(c, 4)) : formatStructAt(c, RUSAGE, register(c, 4))),
  ],
};

// ---- futex ------------------------------------------------------------------------------------------------------

const FUTEX_NAMES: Readonly<Record<string, number>> = Object.fromEntries(
  Object.entries(FUTEX)
    .filter(([name]) => !/FLAG|REALTIME|MASK|MATCH/.test(name))
    .flatMap(([name, op]) => [
      [name, op],
      [name === 'FUTEX_FD' ? 'FUTEX_FD|FUTEX_PRIVATE_FLAG' : `${name}_PRIVATE`, op | FUTEX.FUTEX_PRIVATE_FLAG],
    ]),
);

const WITH_CLOCK: ReadonlySet<number> = new Set([
  FUTEX.FUTEX_WAIT,
  FUTEX.FUTEX_WAIT_BITSET,
  FUTEX.FUTEX_WAIT_REQUEUE_PI,
]);

function futexOp(op: number): string {
  const clock = op & FUTEX.FUTEX_CLOCK_REALTIME;
  const known = nameOf(FUTEX_NAMES, BigInt((op & ~FUTEX.FUTEX_CLOCK_REALTIME) >>> 0));
  if (known === undefined || (clock && !WITH_CLOCK.has(op & FUTEX.FUTEX_CMD_MASK)))
    return `${hex(op >>> 0)} /* FUTEX_??? */`;
  return clock ? `${known}|FUTEX_CLOCK_REALTIME` : known;
}

const bitset = (value: number): string => (value === 0xffffffff ? 'FUTEX_BITSET_MATCH_ANY' : hex(value));

/** FUTEX_WAKE_OP's packed operation and comparison. */
function wakeOp(value: number): string {
  const op = (value >>> 28) & 7;
  const cmp = (value >>> 24) & 15;
  const operation = choice(flags.FUTEX_OP, BigInt(op), 'FUTEX_OP_???');
  const comparison = choice(flags.FUTEX_OP_CMP, BigInt(cmp), 'FUTEX_OP_CMP_???');
  const shifted = value >>> 31 ? 'FUTEX_OP_OPARG_SHIFT<<28|' : '';
  return `${shifted}${operation}<<28|${hex((value >>> 12) & 0xfff)}<<12|${comparison}<<24|${hex(value & 0xfff)}`;
}

function futexParts(c: CallContext): Part[] {
  const op = int(c, 1);
  const [uaddr, opPart] = [argument(c, 0), named(c, 1, futexOp(op))];
  const head = [uaddr, opPart];
  const val = part('val', String(uint(c, 2)));
  const timeout = part('utime', formatStructAt(c, TIMESPEC, register(c, 3)));
  const val2 = part('val2', String(uint(c, 3)));
  const uaddr2 = part('uaddr2', pointer(register(c, 4)));
  const val3 = uint(c, 5);
  switch (op & FUTEX.FUTEX_CMD_MASK & ~FUTEX.FUTEX_PRIVATE_FLAG) {
    case FUTEX.FUTEX_WAIT:
      return [...head, val, timeout];
    case FUTEX.FUTEX_LOCK_PI:
    case FUTEX.FUTEX_LOCK_PI2:
      return [...head, timeout];
    case FUTEX.FUTEX_WAIT_BITSET:
      return [...head, val, timeout, part('val3', bitset(val3))];
    case FUTEX.FUTEX_WAKE_BITSET:
      return [...head, val, part('val3', bitset(val3))];
    case FUTEX.FUTEX_WAKE:
    case FUTEX.FUTEX_FD:
      return [...head, val];
    case FUTEX.FUTEX_REQUEUE:
      return [...head, val, val2, uaddr2];
    case FUTEX.FUTEX_CMP_REQUEUE:
    case FUTEX.FUTEX_CMP_REQUEUE_PI:
      return [...head, val, val2, uaddr2, part('val3', String(val3))];
    case FUTEX.FUTEX_WAKE_OP:
      return [...head, val, val2, uaddr2, part('val3', wakeOp(val3))];
    case FUTEX.FUTEX_WAIT_REQUEUE_PI:
      return [...head, val, timeout, uaddr2];
    case FUTEX.FUTEX_UNLOCK_PI:
    case FUTEX.FUTEX_TRYLOCK_PI:
      return head;
    default:
      return [
        ...head,
        val,
        part('utime', pointer(register(c, 3))),
        part('uaddr2', pointer(register(c, 4))),
        part('val3', hex(val3)),
      ];
  }
}

// ---- time ---------------------------------------------------------------------------------------------------------

/** A sleep's rest is written only when a signal interrupts it. */
const wasInterrupted = (c: CallContext): boolean =>
  c.call.result !== undefined && (c.call.result === -4n || c.call.result <= -512n);

const sleepRest = (c: CallContext, index: number, relative: boolean): Part =>
  named(
    c,
    index,
    relative && wasInterrupted(c) ? formatStructAt(c, TIMESPEC, register(c, index)) : pointer(register(c, index)),
  );

/** Seconds since 1970 as a result, with the date. */
const secondsResult = (c: CallContext): string | undefined => {
  const seconds = c.call.result ?? 0n;
  const date = dateOf(seconds);
  return date === '' ? undefined : `${seconds} (${date})`;
};

// ---- the rest ---------------------------------------------------------------------------------------------------

const { PERSONALITY, PERSONALITY_TYPE } = flags;

function personality(value: number): string {
  const type = choice(PERSONALITY_TYPE, BigInt(value & 0xff), 'PER_???');
  const rest = (value & ~0xff) >>> 0;
  if (rest === 0) return type;
  // Some execution domains include flags in their number.
  const whole = nameOf(PERSONALITY_TYPE, BigInt(value));
  return whole ?? `${type}|${bits(PERSONALITY, BigInt(rest), '')}`;
}

function ioprio(value: number): string {
  const [ioclass, data] = [value >>> 13, value & 0x1fff];
  return `IOPRIO_PRIO_VALUE(${choice(system.IOPRIO_CLASS, BigInt(ioclass), 'IOPRIO_CLASS_???')}, ${data})`;
}

const policyResult = (c: CallContext): string => {
  const result = c.call.result ?? 0n;
  const name = nameOf(flags.SCHED, result);
  return name ? `${result} (${name})` : String(result);
};

const KCMP_WITH_INDEX: ReadonlySet<number> = new Set([flags.KCMP.KCMP_FILE]);

const capabilities =
  (index: number): CallPrinter['enter'] =>
  c => ({
    parts: [
      named(c, 0, formatStructAt(c, CAP_HEADER, register(c, 0))),
      ...(index === 1 ? [named(c, 1, capabilityData(c))] : []),
    ],
    more: index !== 1,
  });

function capabilityData(c: CallContext): string {
  const header = viewAt(c, register(c, 0), 4);
  const version1 = header?.getUint32(0, true) === 0x19980330;
  const bytes = header && bytesAt(c, register(c, 1), version1 ? 12 : 24);
  return bytes ? formatCapabilities(bytes) : pointer(register(c, 1));
}

const seccomp: CallPrinter = {
  enter(c) {
    const op = int(c, 0);
    const flagNames = op === system.SECCOMP.SECCOMP_SET_MODE_FILTER;
    const set = flagNames
      ? bits(system.SECCOMP_FILTER, BigInt(uint(c, 1)), 'SECCOMP_FILTER_FLAG_???')
      : hex(uint(c, 1));
    const address = register(c, 2);
    let args = op === system.SECCOMP.SECCOMP_SET_MODE_STRICT ? hex(address) : pointer(address);
    if (op === system.SECCOMP.SECCOMP_GET_ACTION_AVAIL) {
      const view = viewAt(c, address, 4);
      if (view) args = `[${choice(system.SECCOMP_RET, BigInt(view.getUint32(0, true)), 'SECCOMP_RET_???')}]`;
    }
    if (flagNames) args = filterProgram(c, address);
    const name = choice(system.SECCOMP, BigInt(uint(c, 0)), 'SECCOMP_SET_MODE_???');
    return { parts: [named(c, 0, name), named(c, 1, set), named(c, 2, args)], more: false };
  },
};

const ARCH = flags.ARCH_PRCTL;
const ARCH_OUT: ReadonlySet<number> = new Set([ARCH.ARCH_GET_FS, ARCH.ARCH_GET_GS]);
const ARCH_NONE: ReadonlySet<number> = new Set([ARCH.ARCH_GET_CPUID]);

/** Zeros where a row has arguments that a signal's siginfo fills. */
const siginfoOut = (index: number): CallPrinter => ({
  exit: c => [
    named(c, index, c.failed ? pointer(register(c, index)) : formatStructAt(c, SIGINFO, register(c, index))),
    ...argumentRange(c, index + 1),
  ],
});

export const TASK_CALLS = {
  clone,
  clone3,
  wait4,
  waitid,
  prctl,
  seccomp,
  futex: { enter: c => ({ parts: futexParts(c), more: false }) },
  futex_waitv: {
    enter: c => ({
      parts: [
        named(
          c,
          0,
          formatArray(c, register(c, 0), BigInt(uint(c, 1)), FUTEX_WAITV.size, at => {
            const view = viewAt(c, at, FUTEX_WAITV.size);
            if (!view) return undefined;
            const names = { FUTEX_32: 2, FUTEX_PRIVATE_FLAG: 0x80 };
            const set = bits(names, BigInt(view.getUint32(16, true)), 'FUTEX_???');
            return `{val=${hex(view.getBigUint64(0, true))}, uaddr=${pointer(view.getBigUint64(8, true))}, flags=${set}}`;
          }),
        ),
        ...argumentRange(c, 1),
      ],
      more: false,
    }),
  },
  get_robust_list: {
    enter: c => until(c, 1),
    exit: c => [named(c, 1, c.failed ? pointer(register(c, 1)) : addressAt(c, register(c, 1))), argument(c, 2)],
  },
  arch_prctl: {
    enter(c) {
      const option = int(c, 0);
      if (ARCH_OUT.has(option)) return until(c, 1);
      if (ARCH_NONE.has(option)) return only(c, 1);
      const raw = register(c, 1);
      return { parts: [argument(c, 0), named(c, 1, hex(raw))], more: false };
    },
    exit: c => [named(c, 1, c.failed ? pointer(register(c, 1)) : addressAt(c, register(c, 1)))],
  },
  restart_syscall: {
    enter: c => ({
      parts: [part('', `<... resuming interrupted ${c.previous ?? 'system call'} ...>`)],
      more: false,
    }),
  },
  exit: { enter: c => only(c, 1) },
  kcmp: {
    enter(c) {
      const type = int(c, 2);
      const head = argumentRange(c, 0, 3);
      if (KCMP_WITH_INDEX.has(type))
        return { parts: [...head, named(c, 3, String(int(c, 3))), named(c, 4, String(int(c, 4)))], more: false };
      if (type > flags.KCMP.KCMP_SYSVSEM || type < 0) return { parts: argumentRange(c, 0), more: false };
      return { parts: head, more: false };
    },
  },
  sigaltstack: {
    exit: c => [named(c, 1, c.failed ? pointer(register(c, 1)) : formatStructAt(c, STACK_T, register(c, 1)))],
  },
  rt_sigtimedwait: {
    enter: c => until(c, 1),
    exit: siginfoOut(1).exit,
    result(c) {
      const signo = Number(c.call.result ?? 0n);
      return signo > 0 ? `${signo} (${signalName(signo)})` : undefined;
    },
  },
  nanosleep: { exit: c => [sleepRest(c, 1, true)] },
  clock_nanosleep: { exit: c => [sleepRest(c, 3, (int(c, 1) & 1) === 0)] },
  time: {
    exit(c) {
      const view = c.failed ? undefined : viewAt(c, register(c, 0), 8);
      const seconds = view?.getBigInt64(0, true);
      return [named(c, 0, seconds === undefined ? pointer(register(c, 0)) : `[${seconds}${dateComment(seconds)}]`)];
    },
    result: secondsResult,
  },
  timer_create: {
    exit: c => [named(c, 2, c.failed ? pointer(register(c, 2)) : u32At(c, register(c, 2)))],
  },
  personality: {
    enter: c => ({
      parts: [named(c, 0, uint(c, 0) === 0xffffffff ? '0xffffffff' : personality(uint(c, 0)))],
      more: false,
    }),
    result(c) {
      const result = c.call.result ?? 0n;
      return `${hex(result)} (${personality(Number(result))})`;
    },
  },
  ioprio_set: {
    enter: c => ({ parts: [...argumentRange(c, 0, 2), named(c, 2, ioprio(uint(c, 2)))], more: false }),
  },
  ioprio_get: {
    result(c) {
      const result = Number(c.call.result ?? 0n);
      return `${result} (${ioprio(result)})`;
    },
  },
  sched_getscheduler: { result: policyResult },
  sched_setattr: {
    enter: c => ({
      parts: [argument(c, 0), named(c, 1, formatStructAt(c, SCHED_ATTR, register(c, 1)))],
      more: true,
    }),
    // The kernel says how much it knows.
    exit(c) {
      const view = c.call.result === E2BIG ? viewAt(c, register(c, 1), 4) : undefined;
      return [named(c, 1, view ? ` => {size=${view.getUint32(0, true)}}` : ''), argument(c, 2)];
    },
    joined: 'glued',
  },
  getrandom: {
    exit: c => [
      named(c, 0, c.failed ? pointer(register(c, 0)) : formatBuffer(c, register(c, 0), c.call.result ?? 0n, 'hex')),
      ...argumentRange(c, 1),
    ],
  },
  capget: { enter: capabilities(0), exit: c => [named(c, 1, c.failed ? pointer(register(c, 1)) : capabilityData(c))] },
  capset: { enter: capabilities(1) },
} satisfies Readonly<Record<string, CallPrinter>>;
