/** The birth of threads and processes: clone, clone3, fork, vfork (kernel/fork.c). */
import { CLONE } from '../../abi/flags.ts';
import { SIG, SIGRTMAX } from '../../abi/signals.ts';
import { CLONE_ARGS } from '../../abi/structs.ts';
import { readStruct } from '../../abi/types.ts';
import type { Context, HandlerTable, Result, Waiting } from '../context.ts';
import { E2BIG, EINVAL, EPERM } from '../errors.ts';
import { enqueue } from '../scheduler.ts';
import type { Process, Task } from '../state.ts';
import { quietly } from '../tasks.ts';

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
    executed: undefined,
    stopReported: undefined,
    continued: undefined,
    started: c.now(),
    parentDeathSignal: 0,
    lostGroup: undefined,
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
    nice: task.nice,
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

export const cloneCalls: HandlerTable = {
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
};
