/** Processes: exec, death, numbers, and what a thread registers with the kernel (kernel/sys.c, exit.c; fs/exec.c). */
import { AT, AT_FDCWD } from '../../abi/flags.ts';
import type { Context, HandlerTable } from '../context.ts';
import { E2BIG, EACCES, EBADF, EINVAL, ENAMETOOLONG, ENOENT, EPERM, ESRCH } from '../errors.ts';
import { replaceProgram } from '../exec.ts';
import { decodeName } from '../fs/names.ts';
import type { Process } from '../state.ts';
import { exitStatus, exitTask, groupExit } from '../tasks.ts';

const PATH_MAX = 4096;
/** MAX_ARG_STRLEN, and more arguments than any limit allows. */
const STRING_MAX = 131072;
const STRINGS_MAX = 1_000_000;
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

/** The process a pid argument names, 0 being the caller. */
export function processOf(c: Context, pid: number): Process {
  const process = pid === 0 ? c.process : c.state.processes.get(pid);
  if (!process) throw ESRCH;
  return process;
}

export const processCalls: HandlerTable = {
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

  getpid: c => c.process.id,
  gettid: c => c.task.id,
  getppid: c => c.process.parent,
  getpgrp: c => c.process.group,
  getpgid: (c, { pid }) => processOf(c, pid).group,
  getsid: (c, { pid }) => processOf(c, pid).session,
  setpgid(c, { pid, pgid }) {
    if (pgid < 0) throw EINVAL;
    // A thread that leads no process.
    if (pid !== 0 && !c.state.processes.has(pid) && c.state.tasks.has(pid)) throw EINVAL;
    const target = processOf(c, pid);
    if (target !== c.process) {
      if (target.parent !== c.process.id) throw ESRCH;
      if (target.session !== c.process.session) throw EPERM;
      if (target.executed) throw EACCES;
    }
    if (target.session === target.id) throw EPERM;
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
    c.process.withoutTerminal = undefined;
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
