/** The system and its accounts: uname, limits, usage, scheduling parameters, randomness (kernel/sys.c, sched/). */
import { GRND, MEMBARRIER, PRIO, SCHED, RUSAGE as WHO } from '../../abi/flags.ts';
import {
  RLIMIT as LIMIT_STRUCT,
  RUSAGE,
  SCHED_ATTR,
  SCHED_PARAM,
  SYSINFO,
  TIMESPEC,
  TMS,
  UTSNAME,
} from '../../abi/structs.ts';
import { readStruct, type StructInput, writeStruct } from '../../abi/types.ts';
import type { Context, HandlerTable } from '../context.ts';
import { E2BIG, EACCES, EINVAL, EPERM, ESRCH } from '../errors.ts';
import { encodeName } from '../fs/names.ts';
import { LIMIT_COUNT } from '../limits.ts';
import { RELEASE, VERSION } from '../release.ts';
import { preempt } from '../scheduler.ts';
import type { Limit, Process, Task } from '../state.ts';
import { processTime } from '../tasks.ts';
import { processOf } from './process.ts';
import { timespec, timeval } from './time.ts';

const NANOSECONDS_PER_TICK = 10_000_000n;
/** Linux gives at most this many bytes a call. */
const RANDOM_MAX = 0x1ffffff;
const RANDOM_CHUNK = 65536;

export const rusage = (time: bigint): StructInput<typeof RUSAGE> => ({ ru_utime: timeval(time) });

function taskOf(c: Context, pid: number): Task {
  if (pid < 0) throw EINVAL;
  const task = pid === 0 ? c.task : c.state.tasks.get(pid);
  if (!task) throw ESRCH;
  return task;
}

function limitOf(process: Process, resource: number): Limit {
  const limit = resource >= 0 && resource < LIMIT_COUNT ? process.limits[resource] : undefined;
  if (!limit) throw EINVAL;
  return limit;
}

function setLimit(c: Context, process: Process, resource: number, address: number): Limit {
  const limit = limitOf(process, resource);
  const { rlim_cur, rlim_max } = readStruct(LIMIT_STRUCT, c.space.read(address, LIMIT_STRUCT.size));
  if (rlim_cur > rlim_max) throw EINVAL;
  if (rlim_max > limit.hard && c.process.credentials.euid !== 0) throw EPERM;
  return { soft: rlim_cur, hard: rlim_max };
}

const writeLimit = (c: Context, address: number, limit: Limit): void =>
  c.space.write(address, writeStruct(LIMIT_STRUCT, { rlim_cur: limit.soft, rlim_max: limit.hard }));

/** Longs of a CPU mask, in bytes. */
const maskBytes = (c: Context): number => Math.ceil(c.options.cpus / 64) * 8;

function cpuMask(c: Context): Uint8Array {
  const mask = new Uint8Array(maskBytes(c));
  for (let cpu = 0; cpu < c.options.cpus; cpu++) mask[cpu >> 3]! |= 1 << (cpu & 7);
  return mask;
}

/** sched_attr as it was first (SCHED_ATTR_SIZE_VER0). */
const SCHED_ATTR_FIRST = 48;

const REALTIME: readonly number[] = [SCHED.SCHED_FIFO, SCHED.SCHED_RR];
const ORDINARY: readonly number[] = [SCHED.SCHED_OTHER, SCHED.SCHED_BATCH, SCHED.SCHED_IDLE, SCHED.SCHED_DEADLINE];

function priorityRange(policy: number): [number, number] {
  if (REALTIME.includes(policy)) return [1, 99];
  if (ORDINARY.includes(policy)) return [0, 0];
  throw EINVAL;
}

/** A user may not ask for real-time scheduling; anything else he has already. */
function setScheduler(c: Context, pid: number, policy: number, param: number): number {
  if (param === 0 || pid < 0) throw EINVAL;
  const { sched_priority } = readStruct(SCHED_PARAM, c.space.read(param, SCHED_PARAM.size));
  taskOf(c, pid);
  const [lowest, highest] = priorityRange(policy);
  if (sched_priority < lowest || sched_priority > highest) throw EINVAL;
  if (REALTIME.includes(policy) || policy === SCHED.SCHED_DEADLINE) throw EPERM;
  return 0;
}

/** Whom getpriority and setpriority speak of; 0 is the caller, its group, its user. */
function niced(c: Context, which: number, who: number): Task[] {
  const of = (wanted: (process: Process) => boolean): Task[] =>
    [...c.state.tasks.values()].filter(task => wanted(c.state.processes.get(task.processId)!));
  const { process } = c;
  const tasks =
    which === PRIO.PRIO_PROCESS
      ? [who === 0 ? c.task : c.state.tasks.get(who)].filter(task => task !== undefined)
      : which === PRIO.PRIO_PGRP
        ? of(p => p.group === (who === 0 ? process.group : who))
        : of(p => p.credentials.uid === (who === 0 ? process.credentials.uid : who));
  if (tasks.length === 0) throw ESRCH;
  return tasks;
}

/** ioprio_get and ioprio_set: nothing here has a queue that would look at it; it is told as unset. */
function ioPriority(c: Context, which: number, who: number): number {
  if (which < 1 || which > 3) throw EINVAL;
  niced(c, which - 1, who);
  return 0;
}

const text = (value: string): Uint8Array => encodeName(value).subarray(0, 64);

const EXPEDITED = {
  [MEMBARRIER.MEMBARRIER_CMD_PRIVATE_EXPEDITED]: MEMBARRIER.MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED,
  [MEMBARRIER.MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE]:
    MEMBARRIER.MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE,
  [MEMBARRIER.MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ]: MEMBARRIER.MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ,
} as Readonly<Record<number, number>>;
/** QUERY's answer: all commands but GET_REGISTRATIONS. */
const MEMBARRIER_COMMANDS = 0x1ff;

export const systemCalls: HandlerTable = {
  uname(c, { name }) {
    c.space.write(
      name,
      writeStruct(UTSNAME, {
        sysname: text('Linux'),
        nodename: text(c.options.hostname),
        release: text(RELEASE),
        version: text(VERSION),
        machine: text(c.arch.platform),
        domainname: text('(none)'),
      }),
    );
    return 0;
  },
  sysinfo(c, { info }) {
    const total = BigInt(c.options.memoryLimit);
    c.space.write(
      info,
      writeStruct(SYSINFO, {
        uptime: c.now() / 1_000_000_000n,
        totalram: total,
        freeram: (total * 3n) / 4n,
        procs: c.state.tasks.size,
        mem_unit: 1,
      }),
    );
    return 0;
  },
  getrandom(c, { buf, count, flags }) {
    const known = GRND.GRND_NONBLOCK | GRND.GRND_RANDOM | GRND.GRND_INSECURE;
    if (flags & ~known) throw EINVAL;
    if (flags & GRND.GRND_INSECURE && flags & GRND.GRND_RANDOM) throw EINVAL;
    const length = Math.min(count, RANDOM_MAX);
    for (let at = 0; at < length; at += RANDOM_CHUNK)
      c.space.write(buf + at, c.random(Math.min(RANDOM_CHUNK, length - at)));
    return length;
  },

  sched_yield(c) {
    preempt(c);
    return 0;
  },
  sched_getaffinity(c, { pid, len, user_mask_ptr }) {
    if (len * 8 < c.options.cpus || len % 8 !== 0) throw EINVAL;
    taskOf(c, pid);
    const length = Math.min(len, maskBytes(c));
    c.space.write(user_mask_ptr, cpuMask(c).subarray(0, length));
    return length;
  },
  sched_setaffinity(c, { pid, len, user_mask_ptr }) {
    taskOf(c, pid);
    const mask = c.space.read(user_mask_ptr, Math.min(len, maskBytes(c)));
    const own = cpuMask(c);
    if (!mask.some((byte, i) => byte & (own[i] ?? 0))) throw EINVAL;
    return 0;
  },
  sched_getscheduler(c, { pid }) {
    taskOf(c, pid);
    return SCHED.SCHED_OTHER;
  },
  sched_setscheduler: (c, { pid, policy, param }) => setScheduler(c, pid, policy & ~0x40000000, param),
  sched_getparam(c, { pid, param }) {
    if (param === 0 || pid < 0) throw EINVAL;
    taskOf(c, pid);
    c.space.write(param, writeStruct(SCHED_PARAM, {}));
    return 0;
  },
  sched_setparam: (c, { pid, param }) => setScheduler(c, pid, SCHED.SCHED_OTHER, param),
  sched_getattr(c, { pid, attr, size, flags }) {
    if (attr === 0 || pid < 0 || size > 4096 || size < SCHED_ATTR_FIRST || flags !== 0) throw EINVAL;
    const task = taskOf(c, pid);
    const told = Math.min(size, SCHED_ATTR.size);
    const bytes = writeStruct(SCHED_ATTR, { size: told, sched_policy: SCHED.SCHED_OTHER, sched_nice: task.nice ?? 0 });
    c.space.write(attr, bytes.subarray(0, told));
    return 0;
  },
  sched_setattr(c, { pid, attr, flags }) {
    if (attr === 0 || pid < 0 || flags !== 0) throw EINVAL;
    const size = c.space.readU32(attr) || SCHED_ATTR_FIRST;
    if (size < SCHED_ATTR_FIRST || size > 4096) {
      c.space.writeU32(attr, SCHED_ATTR.size);
      throw E2BIG;
    }
    const bytes = new Uint8Array(Math.max(size, SCHED_ATTR.size));
    bytes.set(c.space.read(attr, size));
    // A caller that knows more than we do may not ask for it.
    if (bytes.subarray(SCHED_ATTR.size).some(byte => byte !== 0)) {
      c.space.writeU32(attr, SCHED_ATTR.size);
      throw E2BIG;
    }
    const asked = readStruct(SCHED_ATTR, bytes);
    if ((asked.sched_policy | 0) < 0) throw EINVAL;
    const task = taskOf(c, pid);
    const [lowest, highest] = priorityRange(asked.sched_policy);
    if (asked.sched_priority < lowest || asked.sched_priority > highest) throw EINVAL;
    if (REALTIME.includes(asked.sched_policy) || asked.sched_policy === SCHED.SCHED_DEADLINE) throw EPERM;
    const nice = Math.min(19, Math.max(-20, asked.sched_nice));
    if (nice < (task.nice ?? 0) && c.process.credentials.euid !== 0) throw EPERM;
    task.nice = nice;
    return 0;
  },
  sched_get_priority_max: (_c, { policy }) => priorityRange(policy)[1],
  sched_get_priority_min: (_c, { policy }) => priorityRange(policy)[0],
  sched_rr_get_interval(c, { pid, interval }) {
    taskOf(c, pid);
    c.space.write(interval, writeStruct(TIMESPEC, timespec(4_000_000n)));
    return 0;
  },
  getpriority(c, { which, who }) {
    if (which < PRIO.PRIO_PROCESS || which > PRIO.PRIO_USER) throw EINVAL;
    // The raw call gives 20 − nice, so that no value looks like an error.
    return 20 - Math.min(...niced(c, which, who).map(task => task.nice ?? 0));
  },
  setpriority(c, { which, who, niceval }) {
    if (which < PRIO.PRIO_PROCESS || which > PRIO.PRIO_USER) throw EINVAL;
    const nice = Math.min(19, Math.max(-20, niceval));
    for (const task of niced(c, which, who)) {
      // Everybody gets the same time: the value is only kept.
      if (nice < (task.nice ?? 0) && c.process.credentials.euid !== 0) throw EACCES;
      task.nice = nice;
    }
    return 0;
  },
  ioprio_get: (c, { which, who }) => ioPriority(c, which, who),
  ioprio_set(c, { which, who, ioprio }) {
    const kind = ioprio >> 13;
    if (kind === 1) throw EPERM;
    if (kind < 0 || kind > 3 || (kind === 0 && (ioprio & 7) !== 0)) throw EINVAL;
    return ioPriority(c, which, who);
  },
  getcpu(c, { cpu, node }) {
    const zero = new Uint8Array(4);
    if (cpu !== 0) c.space.write(cpu, zero);
    if (node !== 0) c.space.write(node, zero);
    return 0;
  },
  membarrier(c, { cmd, flags, cpu_id }) {
    const rseq = cmd === MEMBARRIER.MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ;
    if (flags !== 0 && !(rseq && flags === 1 && cpu_id >= 0)) throw EINVAL;
    if (cmd === MEMBARRIER.MEMBARRIER_CMD_QUERY) return MEMBARRIER_COMMANDS;
    const registration = EXPEDITED[cmd];
    if (registration !== undefined) {
      // Tasks take turns on one CPU: every turn is a barrier. Only the registration is left to check.
      if (!(c.process.membarrier & registration)) throw EPERM;
      return 0;
    }
    if (cmd < 0 || !(cmd & MEMBARRIER_COMMANDS) || cmd & (cmd - 1)) throw EINVAL;
    if (Object.values(EXPEDITED).includes(cmd)) c.process.membarrier |= cmd;
    return 0;
  },

  getrlimit(c, { resource, rlim }) {
    writeLimit(c, rlim, limitOf(c.process, resource));
    return 0;
  },
  setrlimit(c, { resource, rlim }) {
    c.process.limits[resource] = setLimit(c, c.process, resource, rlim);
    return 0;
  },
  prlimit64(c, { pid, resource, new_rlim, old_rlim }) {
    const process = processOf(c, pid);
    const old = limitOf(process, resource);
    const next = new_rlim === 0 ? undefined : setLimit(c, process, resource, new_rlim);
    if (old_rlim !== 0) writeLimit(c, old_rlim, old);
    if (next) process.limits[resource] = next;
    return 0;
  },
  getrusage(c, { who, ru }) {
    const time: Record<number, bigint> = {
      [WHO.RUSAGE_SELF]: processTime(c, c.process),
      [WHO.RUSAGE_CHILDREN]: c.process.childTime,
      [WHO.RUSAGE_THREAD]: c.task.cpuTime,
    };
    if (!(who in time)) throw EINVAL;
    c.space.write(ru, writeStruct(RUSAGE, rusage(time[who]!)));
    return 0;
  },
  times(c, { tbuf }) {
    const ticks = (time: bigint) => time / NANOSECONDS_PER_TICK;
    if (tbuf !== 0)
      c.space.write(
        tbuf,
        writeStruct(TMS, { tms_utime: ticks(processTime(c, c.process)), tms_cutime: ticks(c.process.childTime) }),
      );
    return ticks(c.now());
  },
  personality(c, { personality }) {
    // It is kept and told; addresses are laid out alike whatever it says, for they are never random.
    const old = c.process.personality ?? 0;
    if (personality !== 0xffffffff) c.process.personality = personality;
    return old;
  },
  sethostname() {
    throw EPERM;
  },
  setdomainname() {
    throw EPERM;
  },
};
