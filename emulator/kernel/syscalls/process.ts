/** Threads and processes: birth, exec, death, waiting, numbers (kernel/fork.c, exit.c, sys.c; fs/exec.c). */
import { AT, AT_FDCWD, CLONE, P, W } from '../../abi/flags.ts';
import { CLD_CODE, SIG, SIGRTMAX } from '../../abi/signals.ts';
import { CLONE_ARGS, RUSAGE } from '../../abi/structs.ts';
import { readStruct, writeStruct } from '../../abi/types.ts';
import type { Context, HandlerTable, Result, Waiting } from '../context.ts';
import { E2BIG, EBADF, ECHILD, EINVAL, ENAMETOOLONG, ENOENT, EPERM, ESRCH } from '../errors.ts';
import { replaceProgram } from '../exec.ts';
import { decodeName } from '../fs/names.ts';
import { enqueue } from '../scheduler.ts';
import { childInfo, SIGINFO_SIZE } from '../siginfo.ts';
import type { Process, Task } from '../state.ts';
import { exitStatus, exitTask, groupExit, processTime, quietly, reap } from '../tasks.ts';
import { rusage } from './system.ts';

const PATH_MAX = 4096;
/** MAX_ARG_STRLEN, and more arguments than any limit allows. */
const STRING_MAX = 131072;
const STRINGS_MAX = 1_000_000;
const NEW_NAMESPACES =
  CLONE.CLONE_NEWNS |
  CLONE.CLONE_NEWCGROUP |
  CLONE.CLONE_NEWUTS |
  CLONE.CLONE_NEWIPC |
  CLONE.CLONE_NEWUSER |
  CLONE.CLONE_NEWPID |
  CLONE.CLONE_NEWNET;

interface CloneRequest {
  flags: number;
  clearHandlers: boolean;
  exitSignal: number;
  /** 0: the parent's. */
  stack: number;
  parentTid: number;
  childTid: number;
  tls: number;
  pidfd: number;
}

function newProcess(c: Context, id: number, request: CloneRequest): Process {
  const { process, state } = c;
  const { flags } = request;
  const has = (flag: number) => (flags & flag) !== 0;
  const memory = has(CLONE.CLONE_VM)
    ? process.memory
    : { ...process.memory, space: c.options.spaces.clone(process.memory.space) };
  const actions = process.signals.actions.map(a => ({
    ...a,
    handler: request.clearHandlers && a.handler > 1 ? 0 : a.handler,
  }));
  return {
    ...process,
    id,
    parent: has(CLONE.CLONE_PARENT) ? process.parent : process.id,
    run: { is: 'alive' },
    tasks: [id],
    memory,
    signals: has(CLONE.CLONE_SIGHAND) ? process.signals : { actions },
    pending: [],
    files: has(CLONE.CLONE_FILES) ? process.files : c.files.copyTable(state, process.files),
    fs: has(CLONE.CLONE_FS) ? process.fs : c.files.copyInfo(process.fs),
    credentials: { ...process.credentials, groups: [...process.credentials.groups] },
    limits: process.limits.map(l => ({ ...l })),
    timers: [],
    nextTimer: 0,
    itimers: process.itimers.map(() => ({ interval: 0n })),
    deadTime: 0n,
    childTime: 0n,
    exitSignal: request.exitSignal,
    exiting: undefined,
    stopReported: undefined,
    continued: undefined,
    started: c.now(),
    parentDeathSignal: 0,
    childSubreaper: false,
  };
}

function clone(c: Context, request: CloneRequest): Result {
  const { task, process, state, arch } = c;
  const { flags } = request;
  const has = (flag: number) => (flags & flag) !== 0;
  if (has(CLONE.CLONE_NEWNS) && has(CLONE.CLONE_FS)) throw EINVAL;
  if (has(CLONE.CLONE_THREAD) && !has(CLONE.CLONE_SIGHAND)) throw EINVAL;
  if (has(CLONE.CLONE_SIGHAND) && !has(CLONE.CLONE_VM)) throw EINVAL;
  if (flags & NEW_NAMESPACES) throw EPERM;
  if (request.exitSignal > SIGRTMAX) throw EINVAL;
  if (has(CLONE.CLONE_PIDFD) && (has(CLONE.CLONE_THREAD) || !c.files.openPidfd)) throw EINVAL;
  if (has(CLONE.CLONE_PIDFD) && request.pidfd === request.parentTid && has(CLONE.CLONE_PARENT_SETTID)) throw EINVAL;

  // The pages are brought in first: what is written there later must not wait for the host.
  if (has(CLONE.CLONE_PARENT_SETTID)) touch(c, request.parentTid);
  if (has(CLONE.CLONE_CHILD_SETTID)) touch(c, request.childTid);
  if (has(CLONE.CLONE_PIDFD)) c.space.read(request.pidfd, 4);

  const id = state.nextId++;
  const thread = has(CLONE.CLONE_THREAD);
  const owner = thread ? process : newProcess(c, id, request);
  const registers = task.registers.slice();
  arch.syscall.setResult(registers, 0n);
  if (request.stack !== 0) arch.setSp(registers, request.stack);
  if (has(CLONE.CLONE_SETTLS)) arch.setThreadPointer(registers, request.tls);
  const child: Task = {
    id,
    processId: owner.id,
    name: task.name,
    registers,
    run: { is: 'runnable' },
    mask: task.savedMask ?? task.mask,
    pending: [],
    // A thread begins without an alternate stack; a fork (and a vfork) keeps it.
    altStack: has(CLONE.CLONE_VM) && !has(CLONE.CLONE_VFORK) ? { sp: 0, flags: 0, size: 0 } : { ...task.altStack },
    clearTid: has(CLONE.CLONE_CHILD_CLEARTID) ? request.childTid : 0,
    robustList: 0,
    rseq: has(CLONE.CLONE_VM) ? { address: 0, length: 0, signature: 0 } : { ...task.rseq },
    cpuTime: 0n,
    fault: task.fault,
    keepCapabilities: task.keepCapabilities,
    timerSlack: task.timerSlack,
    switches: 0,
  };
  if (thread) process.tasks.push(id);
  else state.processes.set(id, owner);
  state.tasks.set(id, child);
  const word = new Uint8Array(4);
  new DataView(word.buffer).setInt32(0, id, true);
  if (has(CLONE.CLONE_PIDFD)) {
    const fd = new Uint8Array(4);
    new DataView(fd.buffer).setInt32(0, c.files.openPidfd!(c, id), true);
    c.space.write(request.pidfd, fd);
  }
  // As in Linux, an address that cannot be written is no error here.
  if (has(CLONE.CLONE_PARENT_SETTID)) quietly(() => c.space.write(request.parentTid, word));
  if (has(CLONE.CLONE_CHILD_SETTID))
    quietly(() => c.options.spaces.get(owner.memory.space).write(request.childTid, word));
  c.emit({ is: 'task-start', task: id, parent: task.id });
  enqueue(c, id);
  if (!has(CLONE.CLONE_VFORK)) return id;
  child.vforkParent = task.id;
  return c.block({ what: `vfork of ${id}`, keys: [`vfork:${id}`], onSignal: 'none', data: id });
}

const touch = (c: Context, address: number): void => quietly(() => void c.space.read(address, 4));

const afterVfork = (_c: Context, _args: unknown, waiting: Waiting): Result => waiting.data as number;

const plainFork = (flags: number): CloneRequest => ({
  flags,
  clearHandlers: false,
  exitSignal: SIG.SIGCHLD,
  stack: 0,
  parentTid: 0,
  childTid: 0,
  tls: 0,
  pidfd: 0,
});

/** A path argument of execve and prctl's names; other paths are fs/'s. */
function readPath(c: Context, address: number): string {
  const bytes = c.space.readString(address, PATH_MAX);
  if (!bytes) throw ENAMETOOLONG;
  if (bytes.length === 0) throw ENOENT;
  return decodeName(bytes);
}

/** A vector of strings that ends in NULL; a null vector is empty, as Linux has it. */
function readStrings(c: Context, address: number): Uint8Array[] {
  if (address === 0) return [];
  const strings: Uint8Array[] = [];
  for (let i = 0; ; i++) {
    const pointer = c.space.readU64(address + 8 * i);
    if (pointer === 0n) return strings;
    const text = c.space.readString(Number(pointer), STRING_MAX);
    if (!text || i > STRINGS_MAX) throw E2BIG;
    strings.push(text);
  }
}

type Change = { child: Process; code: number; status: number };

/** What wait4's status says of the child, if it has something to say. */
function changeOf(child: Process, options: number, exited: boolean): Change | undefined {
  const { run } = child;
  if (run.is === 'zombie') {
    if (!exited) return undefined;
    const killed = (run.status & 0x7f) !== 0;
    const code = killed ? (run.status & 0x80 ? CLD_CODE.CLD_DUMPED : CLD_CODE.CLD_KILLED) : CLD_CODE.CLD_EXITED;
    return { child, code, status: run.status };
  }
  if (run.is === 'stopped' && options & W.WUNTRACED && !child.stopReported)
    return { child, code: CLD_CODE.CLD_STOPPED, status: (run.signo << 8) | 0x7f };
  if (child.continued && options & W.WCONTINUED) return { child, code: CLD_CODE.CLD_CONTINUED, status: 0xffff };
  return undefined;
}

/** Looks for a child; undefined: none has changed yet. Throws ECHILD if there is none to wait for. */
function findChange(c: Context, match: (p: Process) => boolean, options: number, exited: boolean): Change | undefined {
  const children = [...c.state.processes.values()].filter(p => p.parent === c.process.id && match(p));
  if (children.length === 0) throw ECHILD;
  for (const child of children) {
    const change = changeOf(child, options, exited);
    if (change) return change;
  }
  return undefined;
}

function consume(c: Context, change: Change, options: number): void {
  if (options & W.WNOWAIT) return;
  if (change.code === CLD_CODE.CLD_STOPPED) change.child.stopReported = true;
  else if (change.code === CLD_CODE.CLD_CONTINUED) change.child.continued = false;
  else reap(c, change.child);
}

const waitForChild = (c: Context): Result =>
  c.block({ what: 'child', keys: [`child:${c.process.id}`], onSignal: 'restart' });

function matches(c: Context, pid: number): (p: Process) => boolean {
  if (pid > 0) return p => p.id === pid;
  if (pid === -1) return () => true;
  const group = pid === 0 ? c.process.group : -pid;
  return p => p.group === group;
}

/** The process a pid argument names, 0 being the caller. */
export function processOf(c: Context, pid: number): Process {
  const process = pid === 0 ? c.process : c.state.processes.get(pid);
  if (!process) throw ESRCH;
  return process;
}

export const processCalls: HandlerTable = {
  clone: {
    start: (c, { clone_flags, newsp, parent_tid, child_tid, tls }) =>
      clone(c, {
        flags: clone_flags & ~0xff,
        clearHandlers: false,
        exitSignal: clone_flags & 0xff,
        stack: newsp,
        parentTid: parent_tid,
        childTid: child_tid,
        tls,
        pidfd: parent_tid,
      }),
    resume: afterVfork,
  },
  clone3: {
    start(c, { uargs, size }) {
      if (size > 4096) throw E2BIG;
      if (size < 64) throw EINVAL;
      const bytes = new Uint8Array(CLONE_ARGS.size);
      bytes.set(c.space.read(uargs, Math.min(size, CLONE_ARGS.size)));
      if (size > CLONE_ARGS.size && c.space.read(uargs + CLONE_ARGS.size, size - CLONE_ARGS.size).some(b => b !== 0))
        throw E2BIG;
      const args = readStruct(CLONE_ARGS, bytes);
      const known = 0xffffff00n | BigInt(CLONE.CLONE_CLEAR_SIGHAND);
      if (args.flags & ~known || args.set_tid_size !== 0) throw EINVAL;
      if (args.exit_signal > BigInt(SIGRTMAX) || (args.stack === 0) !== (args.stack_size === 0)) throw EINVAL;
      const flags = Number(args.flags & 0xffffffffn) | 0;
      if (flags & (CLONE.CLONE_THREAD | CLONE.CLONE_PARENT) && args.exit_signal !== 0n) throw EINVAL;
      return clone(c, {
        flags,
        clearHandlers: (args.flags & BigInt(CLONE.CLONE_CLEAR_SIGHAND)) !== 0n,
        exitSignal: Number(args.exit_signal),
        stack: args.stack === 0 ? 0 : args.stack + args.stack_size,
        parentTid: args.parent_tid,
        childTid: args.child_tid,
        tls: args.tls,
        pidfd: args.pidfd,
      });
    },
    resume: afterVfork,
  },
  fork: c => clone(c, plainFork(0)),
  vfork: { start: c => clone(c, plainFork(CLONE.CLONE_VFORK | CLONE.CLONE_VM)), resume: afterVfork },

  execve(c, { filename, argv, envp }) {
    replaceProgram(c, readPath(c, filename), readStrings(c, argv), readStrings(c, envp));
    return undefined;
  },
  execveat(c, { fd, filename, argv, envp, flags }) {
    if (flags & ~AT.AT_EMPTY_PATH) throw EINVAL;
    const bytes = c.space.readString(filename, PATH_MAX);
    if (!bytes) throw ENAMETOOLONG;
    const name = decodeName(bytes);
    if (name === '' && !(flags & AT.AT_EMPTY_PATH)) throw ENOENT;
    // As Linux names it to the program, too.
    const base = `/dev/fd/${fd}`;
    const relative = name === '' ? base : `${base}/${name}`;
    const fromHere = name.startsWith('/') || fd === AT_FDCWD;
    if (!fromHere && !c.process.files.descriptors.has(fd)) throw EBADF;
    const path = fromHere ? name || '.' : relative;
    replaceProgram(c, path, readStrings(c, argv), readStrings(c, envp));
    return undefined;
  },
  exit(c, { error_code }) {
    exitTask(c, c.task, exitStatus(error_code));
    return undefined;
  },
  exit_group(c, { error_code }) {
    groupExit(c, c.process, exitStatus(error_code));
    return undefined;
  },

  wait4(c, { upid, stat_addr, options, ru }) {
    const known = W.WNOHANG | W.WUNTRACED | W.WCONTINUED | W.__WNOTHREAD | W.__WCLONE | W.__WALL;
    if (options & ~known) throw EINVAL;
    const change = findChange(c, matches(c, upid), options, true);
    if (!change) return options & W.WNOHANG ? 0 : waitForChild(c);
    const status = new Uint8Array(4);
    new DataView(status.buffer).setInt32(0, change.status, true);
    if (stat_addr !== 0) c.space.write(stat_addr, status);
    if (ru !== 0) c.space.write(ru, writeStruct(RUSAGE, rusage(processTime(c, change.child))));
    consume(c, change, options);
    return change.child.id;
  },
  waitid(c, { which, upid, infop, options, ru }) {
    const known = W.WNOHANG | W.WNOWAIT | W.WEXITED | W.WSTOPPED | W.WCONTINUED | W.__WNOTHREAD | W.__WCLONE | W.__WALL;
    if (options & ~known || !(options & (W.WEXITED | W.WSTOPPED | W.WCONTINUED))) throw EINVAL;
    let match: (p: Process) => boolean;
    if (which === P.P_ALL) match = () => true;
    else if (which === P.P_PID && upid > 0) match = p => p.id === upid;
    else if (which === P.P_PGID && upid >= 0) match = p => p.group === (upid || c.process.group);
    else if (which === P.P_PIDFD && c.files.pidfdProcess) {
      const id = c.files.pidfdProcess(c, upid);
      match = p => p.id === id;
    } else throw EINVAL;
    const change = findChange(c, match, options, (options & W.WEXITED) !== 0);
    if (!change) {
      if (!(options & W.WNOHANG)) return waitForChild(c);
      if (infop !== 0) c.space.write(infop, new Uint8Array(SIGINFO_SIZE));
      return 0;
    }
    const { child, code } = change;
    const told = code === CLD_CODE.CLD_EXITED ? change.status >> 8 : change.status & 0x7f;
    const stop = child.run.is === 'stopped' ? child.run.signo : SIG.SIGCONT;
    const status = child.run.is === 'zombie' ? told : stop;
    if (infop !== 0) c.space.write(infop, childInfo(SIG.SIGCHLD, code, child.id, child.credentials.uid, status, 0n));
    if (ru !== 0) c.space.write(ru, writeStruct(RUSAGE, rusage(processTime(c, child))));
    consume(c, change, options);
    return 0;
  },

  getpid: c => c.process.id,
  gettid: c => c.task.id,
  getppid: c => c.process.parent,
  getpgrp: c => c.process.group,
  getpgid: (c, { pid }) => processOf(c, pid).group,
  getsid: (c, { pid }) => processOf(c, pid).session,
  setpgid(c, { pid, pgid }) {
    if (pgid < 0) throw EINVAL;
    const target = processOf(c, pid);
    if (target !== c.process && target.parent !== c.process.id) throw ESRCH;
    if (target.session !== c.process.session || target.session === target.id) throw EPERM;
    const group = pgid === 0 ? target.id : pgid;
    const there = [...c.state.processes.values()].some(p => p.group === group && p.session === target.session);
    if (group !== target.id && !there) throw EPERM;
    target.group = group;
    return 0;
  },
  setsid(c) {
    if ([...c.state.processes.values()].some(p => p.group === c.process.id)) throw EPERM;
    c.process.session = c.process.id;
    c.process.group = c.process.id;
    return c.process.id;
  },

  set_tid_address(c, { tidptr }) {
    c.task.clearTid = tidptr;
    return c.task.id;
  },
  set_robust_list(c, { head, len }) {
    if (len !== 24) throw EINVAL;
    c.task.robustList = head;
    return 0;
  },
  get_robust_list(c, { pid, head_ptr, len_ptr }) {
    const task = pid === 0 ? c.task : c.state.tasks.get(pid);
    if (!task) throw ESRCH;
    c.space.writeU64(len_ptr, 24n);
    c.space.writeU64(head_ptr, BigInt(task.robustList));
    return 0;
  },
  rseq(c, { rseq, rseq_len, flags, sig }) {
    const { task } = c;
    const registered = task.rseq.address !== 0;
    if (flags & 1) {
      if (flags !== 1 || !registered || task.rseq.address !== rseq) throw EINVAL;
      if (task.rseq.signature !== sig) throw EPERM;
      task.rseq = { address: 0, length: 0, signature: 0 };
      return 0;
    }
    if (flags !== 0 || rseq % 32 !== 0 || rseq_len < 32 || registered) throw EINVAL;
    // The number of the CPU, its node and the concurrency id are all 0: there is one CPU.
    c.space.write(rseq, new Uint8Array(8));
    c.space.write(rseq + 20, new Uint8Array(8));
    task.rseq = { address: rseq, length: rseq_len, signature: sig };
    return 0;
  },

  arch_prctl(c, { option, arg2 }) {
    const done = c.arch.prctl?.(c.task.registers, option, arg2);
    if (!done) throw EINVAL;
    if (done.refused) throw EPERM;
    if (done.write !== undefined) c.space.writeU64(Number(arg2), done.write);
    return 0;
  },
};
