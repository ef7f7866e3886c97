/** Printers of calls that few programs make: asynchronous I/O, NUMA, System V IPC, message queues, debugging. */
import * as flags from '../../abi/flags.ts';
import * as system from '../../abi/flags-system.ts';
import { signalName } from '../../abi/signals.ts';
import { MQ_ATTR, TIMEX } from '../../abi/structs.ts';
import type { CallPrinter } from '../calls.ts';
import { bytesAt, type CallContext, int, type Part, register, uint, viewAt } from '../context.ts';
import { argument, argumentRange, named, until } from '../rows.ts';
import { bits, choice, hex, nameOf, permissions, pointer } from '../text.ts';
import { formatArray, formatBuffer, formatOpenFlags, formatStructAt } from '../values.ts';

// ---- Asynchronous I/O -----------------------------------------------------------------------------------------------

const IOCB = system.IOCB_CMD;

/** A control block; `whole` with the buffer and place, without when it only names a request. */
function formatIocb(c: CallContext, address: bigint, whole: boolean): string {
  const view = viewAt(c, address, 64);
  if (!view) return pointer(address);
  const opcode = view.getUint16(16, true);
  const key = view.getUint32(8, true);
  const priority = view.getInt16(18, true);
  const fields = [`aio_data=${hex(view.getBigUint64(0, true))}`];
  if (key !== 0) fields.push(`aio_key=${key}`);
  fields.push(`aio_lio_opcode=${choice(IOCB, BigInt(opcode), 'IOCB_CMD_???')}`);
  if (priority !== 0) fields.push(`aio_reqprio=${priority}`);
  fields.push(`aio_fildes=${view.getInt32(20, true)}`);
  if (whole) {
    const buffer = view.getBigUint64(24, true);
    const length = view.getBigUint64(32, true);
    const place = `aio_nbytes=${length}, aio_offset=${view.getBigInt64(40, true)}`;
    if (opcode === IOCB.IOCB_CMD_PWRITE) fields.push(`aio_buf=${formatBuffer(c, buffer, length)}, ${place}`);
    else if (opcode === IOCB.IOCB_CMD_PREAD || opcode === IOCB.IOCB_CMD_PREADV || opcode === IOCB.IOCB_CMD_PWRITEV)
      fields.push(`aio_buf=${pointer(buffer)}, ${place}`);
    const set = view.getUint32(56, true);
    if (set & 1) fields.push(`aio_flags=IOCB_FLAG_RESFD, aio_resfd=${view.getInt32(60, true)}`);
  }
  return `{${fields.join(', ')}}`;
}

function formatIoEvent(c: CallContext, address: bigint): string | undefined {
  const view = viewAt(c, address, 32);
  if (!view) return undefined;
  const [data, obj] = [view.getBigUint64(0, true), view.getBigUint64(8, true)];
  return `{data=${hex(data)}, obj=${hex(obj)}, res=${view.getBigInt64(16, true)}, res2=${view.getBigInt64(24, true)}}`;
}

const ioEvents = (c: CallContext): Part => {
  const address = register(c, 3);
  const count = c.call.result ?? 0n;
  if (c.failed) return named(c, 3, pointer(address));
  return named(c, 3, count === 0n ? '[]' : formatArray(c, address, count, 32, at => formatIoEvent(c, at)));
};

const getevents: CallPrinter = { enter: c => until(c, 3), exit: c => [ioEvents(c), ...argumentRange(c, 4)] };

// ---- NUMA -----------------------------------------------------------------------------------------------------------

/** A set of nodes as the words of memory that it is. */
function nodeMask(c: CallContext, address: bigint, nodes: bigint): string {
  const words = (nodes + 63n) / 64n;
  if (address === 0n || words === 0n || words > 4096n) return pointer(address);
  return formatArray(c, address, words, 8, at => {
    const word = viewAt(c, at, 8)?.getBigUint64(0, true);
    if (word === undefined) return undefined;
    return word === 0n ? '0'.repeat(16) : `0x${word.toString(16).padStart(14, '0')}`;
  });
}

function memoryPolicy(value: number): string {
  const set = value & 0xe000;
  const mode = value & ~0xe000;
  const name = nameOf(system.MPOL, BigInt(mode >>> 0));
  const flagText = bits(system.MPOL_FLAG, BigInt(set), '');
  if (set === 0) return choice(system.MPOL, BigInt(value >>> 0), 'MPOL_???');
  return name ? `${name}|${flagText}` : `${flagText}|${hex(mode >>> 0)}`;
}

const intAt = (c: CallContext, at: bigint): number | undefined => viewAt(c, at, 4)?.getInt32(0, true);

const ints = (c: CallContext, index: number, count: bigint): string =>
  formatArray(c, register(c, index), count, 4, at => intAt(c, at)?.toString());

// ---- System V IPC -----------------------------------------------------------------------------------------------------

const IPC_SET = 1;

/** struct ipc64_perm (asm-generic/ipcbuf.h). */
function ipcPermissions(view: DataView, whole: boolean): string {
  const owner = `uid=${view.getUint32(4, true)}, gid=${view.getUint32(8, true)}, mode=${permissions(view.getUint32(20, true))}`;
  if (!whole) return `{${owner}}`;
  return `{${owner}, key=${view.getUint32(0, true)}, cuid=${view.getUint32(12, true)}, cgid=${view.getUint32(16, true)}}`;
}

type Describe = (view: DataView) => string;

const shmStat: Describe = view =>
  `{shm_perm=${ipcPermissions(view, true)}, shm_segsz=${view.getBigUint64(48, true)}, shm_cpid=${view.getInt32(80, true)}, ` +
  `shm_lpid=${view.getInt32(84, true)}, shm_nattch=${view.getBigUint64(88, true)}, shm_atime=${view.getBigUint64(56, true)}, ` +
  `shm_dtime=${view.getBigUint64(64, true)}, shm_ctime=${view.getBigUint64(72, true)}}`;

const semStat: Describe = view =>
  `{sem_perm=${ipcPermissions(view, true)}, sem_otime=${view.getBigUint64(48, true)}, ` +
  `sem_ctime=${view.getBigUint64(64, true)}, sem_nsems=${view.getBigUint64(80, true)}}`;

const msgStat: Describe = view =>
  `{msg_perm=${ipcPermissions(view, true)}, msg_stime=${view.getBigUint64(48, true)}, msg_rtime=${view.getBigUint64(56, true)}, ` +
  `msg_ctime=${view.getBigUint64(64, true)}, msg_qnum=${view.getBigUint64(80, true)}, msg_qbytes=${view.getBigUint64(88, true)}, ` +
  `msg_lspid=${view.getInt32(96, true)}, msg_lrpid=${view.getInt32(100, true)}}`;

/** What the kinds allow and what there is of them (linux/shm.h, sem.h, msg.h), int by int. */
const ints32 =
  (...names: string[]): Describe =>
  view =>
    `{${names.map((name, i) => `${name}=${view.getInt32(4 * i, true)}`).join(', ')}}`;

const longs =
  (at: number, ...names: string[]): Describe =>
  view =>
    names.map((name, i) => `${name}=${view.getBigUint64(at + 8 * i, true)}`).join(', ');

const shmLimits = longs(0, 'shmmax', 'shmmin', 'shmmni', 'shmseg', 'shmall');
const shmUse = longs(8, 'shm_tot', 'shm_rss', 'shm_swp', 'swap_attempts', 'swap_successes');
const semInfo = ints32(
  ...['semmap', 'semmni', 'semmns', 'semmnu', 'semmsl', 'semopm', 'semume', 'semusz', 'semvmx', 'semaem'],
);
const msgSizes = ints32('msgpool', 'msgmap', 'msgmax', 'msgmnb', 'msgmni', 'msgssz', 'msgtql');
const msgInfo: Describe = view => `${msgSizes(view).slice(0, -1)}, msgseg=${view.getUint16(28, true)}}`;

const { SHM_CMD, SEM_CMD, MSG_CMD } = system;

/** What each command fills in. */
const SHM_FILLED: ReadonlyMap<number, Describe> = new Map<number, Describe>([
  [SHM_CMD.IPC_STAT, shmStat],
  [SHM_CMD.SHM_STAT, shmStat],
  [SHM_CMD.SHM_STAT_ANY, shmStat],
  [SHM_CMD.IPC_INFO, view => `{${shmLimits(view)}}`],
  [SHM_CMD.SHM_INFO, view => `{used_ids=${view.getInt32(0, true)}, ${shmUse(view)}}`],
]);
const SEM_FILLED: ReadonlyMap<number, Describe> = new Map([
  [SEM_CMD.IPC_STAT, semStat],
  [SEM_CMD.SEM_STAT, semStat],
  [SEM_CMD.SEM_STAT_ANY, semStat],
  [SEM_CMD.IPC_INFO, semInfo],
  [SEM_CMD.SEM_INFO, semInfo],
]);
const MSG_FILLED: ReadonlyMap<number, Describe> = new Map([
  [MSG_CMD.IPC_STAT, msgStat],
  [MSG_CMD.MSG_STAT, msgStat],
  [MSG_CMD.MSG_STAT_ANY, msgStat],
  [MSG_CMD.IPC_INFO, msgInfo],
  [MSG_CMD.MSG_INFO, msgInfo],
]);

/** shmctl, semctl, msgctl: `index` of the pointer, the command before it. */
const control = (index: number, perm: string, filled: ReadonlyMap<number, Describe>): CallPrinter => ({
  enter(c) {
    const command = int(c, index - 1);
    if (filled.has(command)) return until(c, index);
    const address = register(c, index);
    const view = command === IPC_SET ? viewAt(c, address, 112) : undefined;
    const text = view ? `{${perm}=${ipcPermissions(view, false)}, ...}` : pointer(address);
    return { parts: [...argumentRange(c, 0, index), named(c, index, text)], more: false };
  },
  exit(c) {
    const address = register(c, index);
    const view = c.failed ? undefined : viewAt(c, address, 112);
    const describe = filled.get(int(c, index - 1));
    return [named(c, index, view && describe ? describe(view) : pointer(address))];
  },
});

function messageText(c: CallContext, index: number): string {
  const address = register(c, index);
  const view = viewAt(c, address, 8);
  if (!view) return pointer(address);
  return `{mtype=${view.getBigInt64(0, true)}, mtext=${formatBuffer(c, address + 8n, register(c, index + 1))}}`;
}

// ---- Message queues ------------------------------------------------------------------------------------------------------

/** Attributes: flags as names where they count, else as the number. */
function queueAttributes(c: CallContext, address: bigint, names: boolean): string {
  const view = viewAt(c, address, MQ_ATTR.size);
  if (!view) return pointer(address);
  const value = view.getBigUint64(0, true);
  const set = names ? bits(flags.O, value, 'O_???') : hex(value);
  const shown = names && value === 0n ? '0' : set;
  const rest = ['mq_maxmsg', 'mq_msgsize', 'mq_curmsgs'].map(
    (name, i) => `${name}=${view.getBigInt64(8 + i * 8, true)}`,
  );
  return `{mq_flags=${shown}, ${rest.join(', ')}}`;
}

// ---- ptrace ---------------------------------------------------------------------------------------------------------------

const PT = system.PTRACE;
const ALONE: ReadonlySet<number> = new Set([PT.PTRACE_ATTACH, PT.PTRACE_INTERRUPT, PT.PTRACE_KILL, PT.PTRACE_LISTEN]);
const WITHOUT_ADDRESS: ReadonlySet<number> = new Set([
  PT.PTRACE_GETREGS,
  PT.PTRACE_SETREGS,
  PT.PTRACE_GETFPREGS,
  PT.PTRACE_SETFPREGS,
]);
const PEEKS: ReadonlySet<number> = new Set([PT.PTRACE_PEEKDATA, PT.PTRACE_PEEKTEXT, PT.PTRACE_PEEKUSER]);
const CONTINUES: ReadonlySet<number> = new Set([
  PT.PTRACE_CONT,
  PT.PTRACE_DETACH,
  PT.PTRACE_SINGLESTEP,
  PT.PTRACE_SYSCALL,
  PT.PTRACE_SYSEMU,
  PT.PTRACE_SYSEMU_SINGLESTEP,
]);

function ptraceData(c: CallContext, request: number): string {
  const raw = register(c, 3);
  if (CONTINUES.has(request)) return raw === 0n ? '0' : signalName(Number(BigInt.asIntN(32, raw)));
  if (request === PT.PTRACE_SETOPTIONS || request === PT.PTRACE_SEIZE)
    return bits(system.PTRACE_O, raw, 'PTRACE_O_???');
  return nameOf(PT, BigInt(request)) ? pointer(raw) : hex(raw);
}

const ptrace: CallPrinter = {
  enter(c) {
    const request = int(c, 0);
    const known = nameOf(PT, register(c, 0)) !== undefined;
    if (request === PT.PTRACE_TRACEME) return { parts: argumentRange(c, 0, 1), more: false };
    const head = argumentRange(c, 0, 2);
    if (ALONE.has(request)) return { parts: head, more: false };
    const address = named(c, 2, known ? pointer(register(c, 2)) : hex(register(c, 2)));
    const parts = WITHOUT_ADDRESS.has(request) ? head : [...head, address];
    if (PEEKS.has(request)) return { parts, more: true };
    return { parts: [...parts, named(c, 3, ptraceData(c, request))], more: false };
  },
  exit(c) {
    const address = register(c, 3);
    const view = c.failed ? undefined : viewAt(c, address, 8);
    return [named(c, 3, view ? `[${hex(view.getBigUint64(0, true))}]` : pointer(address))];
  },
};

// ---- The rest ---------------------------------------------------------------------------------------------------------------

const clockState = (c: CallContext): string => {
  const result = c.call.result ?? 0n;
  const name = nameOf(system.TIME_STATE, result);
  return name ? `${result} (${name})` : String(result);
};

const timex = (index: number): CallPrinter => ({
  enter: c => until(c, index),
  exit: c => [named(c, index, c.failed ? pointer(register(c, index)) : formatStructAt(c, TIMEX, register(c, index)))],
  result: clockState,
});

const LDT_BITS = [
  ['seg_32bit', 0, 1],
  ['contents', 1, 3],
  ['read_exec_only', 3, 1],
  ['limit_in_pages', 4, 1],
  ['seg_not_present', 5, 1],
  ['useable', 6, 1],
  ['lm', 7, 1],
] as const;

function segmentDescriptor(c: CallContext): string {
  const address = register(c, 1);
  const view = register(c, 2) === 16n ? viewAt(c, address, 16) : undefined;
  if (!view) return pointer(address);
  const wide = (n: number): string => (n === 0 ? '0'.repeat(8) : `0x${n.toString(16).padStart(6, '0')}`);
  const set = view.getUint32(12, true);
  const fields = LDT_BITS.map(([name, shift, mask]) => `${name}=${(set >>> shift) & mask}`);
  return `{entry_number=${view.getInt32(0, true)}, base_addr=${wide(view.getUint32(4, true))}, limit=${wide(view.getUint32(8, true))}, ${fields.join(', ')}}`;
}

export const RARE_CALLS = {
  io_setup: {
    enter: c => until(c, 1),
    exit(c) {
      const view = viewAt(c, register(c, 1), 8);
      return [named(c, 1, !c.failed && view ? `[${hex(view.getBigUint64(0, true))}]` : pointer(register(c, 1)))];
    },
  },
  io_submit: {
    enter: c => ({
      parts: [
        ...argumentRange(c, 0, 2),
        named(
          c,
          2,
          formatArray(c, register(c, 2), BigInt.asIntN(64, register(c, 1)), 8, at => {
            const view = viewAt(c, at, 8);
            return view && formatIocb(c, view.getBigUint64(0, true), true);
          }),
        ),
      ],
      more: false,
    }),
  },
  io_getevents: getevents,
  io_pgetevents: getevents,
  io_cancel: {
    enter: c => ({ parts: [argument(c, 0), named(c, 1, formatIocb(c, register(c, 1), false))], more: true }),
    exit(c) {
      const text = c.failed ? undefined : formatIoEvent(c, register(c, 2));
      return [named(c, 2, text ?? pointer(register(c, 2)))];
    },
  },
  mbind: {
    enter: c => ({
      parts: [
        ...argumentRange(c, 0, 2),
        named(c, 2, memoryPolicy(uint(c, 2))),
        named(c, 3, nodeMask(c, register(c, 3), register(c, 4))),
        ...argumentRange(c, 4),
      ],
      more: false,
    }),
  },
  set_mempolicy: {
    enter: c => ({
      parts: [
        named(c, 0, memoryPolicy(uint(c, 0))),
        named(c, 1, nodeMask(c, register(c, 1), register(c, 2))),
        argument(c, 2),
      ],
      more: false,
    }),
  },
  get_mempolicy: {
    exit(c) {
      const policy = c.failed ? undefined : intAt(c, register(c, 0));
      const node = (uint(c, 4) & 1) !== 0;
      const text = policy === undefined ? pointer(register(c, 0)) : `[${node ? policy : memoryPolicy(policy)}]`;
      const mask = c.failed ? pointer(register(c, 1)) : nodeMask(c, register(c, 1), register(c, 2));
      return [named(c, 0, text), named(c, 1, mask), ...argumentRange(c, 2)];
    },
  },
  migrate_pages: {
    enter: c => ({
      parts: [
        ...argumentRange(c, 0, 2),
        named(c, 2, nodeMask(c, register(c, 2), register(c, 1))),
        named(c, 3, nodeMask(c, register(c, 3), register(c, 1))),
      ],
      more: false,
    }),
  },
  move_pages: {
    enter: c => ({
      parts: [
        ...argumentRange(c, 0, 2),
        named(
          c,
          2,
          formatArray(c, register(c, 2), BigInt.asIntN(64, register(c, 1)), 8, at => {
            const view = viewAt(c, at, 8);
            return view && pointer(view.getBigUint64(0, true));
          }),
        ),
        named(c, 3, ints(c, 3, BigInt.asIntN(64, register(c, 1)))),
      ],
      more: true,
    }),
    exit: c => [
      named(c, 4, c.failed ? pointer(register(c, 4)) : ints(c, 4, BigInt.asIntN(64, register(c, 1)))),
      argument(c, 5),
    ],
  },
  shmctl: control(2, 'shm_perm', SHM_FILLED),
  msgctl: control(2, 'msg_perm', MSG_FILLED),
  semctl: control(3, 'sem_perm', SEM_FILLED),
  msgsnd: {
    enter: c => ({ parts: [argument(c, 0), named(c, 1, messageText(c, 1)), ...argumentRange(c, 2)], more: false }),
  },
  msgrcv: {
    enter: c => until(c, 1),
    exit: c => [named(c, 1, c.failed ? pointer(register(c, 1)) : messageText(c, 1)), ...argumentRange(c, 2)],
  },
  mq_open: {
    enter(c) {
      const parts = [argument(c, 0), named(c, 1, formatOpenFlags(c, BigInt(uint(c, 1))))];
      if (!(uint(c, 1) & flags.O.O_CREAT)) return { parts, more: false };
      return { parts: [...parts, argument(c, 2), named(c, 3, queueAttributes(c, register(c, 3), false))], more: false };
    },
  },
  mq_getsetattr: {
    enter: c => ({ parts: [argument(c, 0), named(c, 1, queueAttributes(c, register(c, 1), true))], more: true }),
    exit: c => [named(c, 2, c.failed ? pointer(register(c, 2)) : queueAttributes(c, register(c, 2), true))],
  },
  ptrace,
  adjtimex: timex(0),
  clock_adjtime: timex(1),
  modify_ldt: {
    enter: c => ({ parts: [argument(c, 0), named(c, 1, segmentDescriptor(c)), argument(c, 2)], more: false }),
  },
  landlock_add_rule: {
    enter(c) {
      const bytes = int(c, 1) === 1 ? bytesAt(c, register(c, 2), 12) : undefined;
      const view = bytes && new DataView(bytes.buffer, bytes.byteOffset, 12);
      const rule = view
        ? `{allowed_access=${bits(system.LANDLOCK_FS, view.getBigUint64(0, true), 'LANDLOCK_ACCESS_FS_???')}, parent_fd=${view.getInt32(8, true)}}`
        : pointer(register(c, 2));
      return { parts: [...argumentRange(c, 0, 2), named(c, 2, rule), argument(c, 3)], more: false };
    },
  },
} satisfies Readonly<Record<string, CallPrinter>>;
