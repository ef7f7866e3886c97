/** execve, and its like at the start of the machine: a process gets a program (fs/exec.c). */
import { RLIMIT, SA_HANDLER } from '../abi/flags.ts';
import type { Context, Core } from './context.ts';
import { ProgramError } from './elf.ts';
import { ELOOP, ENOEXEC } from './errors.ts';
import { decodeName, encodeName } from './fs/names.ts';
import { CONSOLE } from './fs/terminal.ts';
import { type Image, loadProgram } from './image.ts';
import { SHELL_SESSION } from './job-control.ts';
import { defaultLimits } from './limits.ts';
import { enqueue } from './scheduler.ts';
import type { Credentials, Process, SignalAction, Task } from './state.ts';
import { exitTask, releaseMemory } from './tasks.ts';

const SIGNAL_COUNT = 65;

/** comm: the last component of the path, cut to 15 bytes. */
function commandName(path: string): string {
  return decodeName(encodeName(path.slice(path.lastIndexOf('/') + 1)).slice(0, 15));
}

const defaultActions = (): SignalAction[] =>
  Array.from({ length: SIGNAL_COUNT }, () => ({ handler: SA_HANDLER.SIG_DFL, flags: 0, restorer: 0, mask: 0n }));

/** The first process and its task. May throw HostWait, Errno and ProgramError before anything has changed. */
export function startProgram(core: Core): void {
  const { state, options, files } = core;
  const { uid, gid, program } = options;
  const credentials: Credentials = {
    uid,
    euid: uid,
    suid: uid,
    fsuid: uid,
    gid,
    egid: gid,
    sgid: gid,
    fsgid: gid,
    groups: [gid],
  };
  const limits = defaultLimits(options);
  const fs = files.createInfo(state, options);
  const image = loadProgram(
    core,
    { state, options, process: { fs, credentials } },
    {
      path: program,
      args: options.args.map(encodeName),
      env: options.env.map(encodeName),
      credentials,
      stackLimit: limits[RLIMIT.RLIMIT_STACK]!.soft,
      whole: false,
    },
  );
  const id = state.firstProcess;
  state.nextId = id + 1;
  const process: Process = {
    id,
    parent: 1,
    group: id,
    session: SHELL_SESSION,
    run: { is: 'alive' },
    tasks: [id],
    executable: image.path,
    memory: image.memory,
    signals: { actions: defaultActions() },
    pending: [],
    files: files.createTable(state),
    fs,
    credentials,
    limits,
    timers: [],
    nextTimer: 0,
    itimers: [{ interval: 0n }, { interval: 0n }, { interval: 0n }],
    deadTime: 0n,
    childTime: 0n,
    exitSignal: 0,
    started: state.now,
    dumpable: 1,
    noNewPrivileges: false,
    parentDeathSignal: 0,
    childSubreaper: false,
    membarrier: 0,
  };
  const task: Task = {
    id,
    processId: id,
    name: commandName(program),
    registers: image.registers,
    run: { is: 'runnable' },
    mask: 0n,
    pending: [],
    altStack: { sp: 0, flags: 0, size: 0 },
    clearTid: 0,
    robustList: 0,
    rseq: { address: 0, length: 0, signature: 0 },
    cpuTime: 0n,
    switches: 0,
  };
  // As a shell starts it: in the foreground of its terminal.
  const console = state.fs.terminals.get(CONSOLE);
  if (console) [console.session, console.foreground] = [process.session, process.group];
  state.processes.set(id, process);
  state.tasks.set(id, task);
  enqueue(core, id);
  options.emit({ is: 'exec', task: id, path: image.path, base: image.base, file: image.file });
}

const SCRIPT_DEPTH = 5;
const SCRIPT_LINE = 256;

/** "#! interpreter argument": what is to be run instead, and its arguments (fs/binfmt_script.c). */
function resolveScript(
  c: Context,
  path: string,
  args: readonly Uint8Array[],
): { path: string; args: readonly Uint8Array[] } {
  let now = { path, args };
  for (let depth = 0; ; depth++) {
    const bytes = c.files.openProgram(c, now.path).read(0, SCRIPT_LINE);
    if (bytes[0] !== 0x23 || bytes[1] !== 0x21) return now;
    if (depth === SCRIPT_DEPTH) throw ELOOP;
    const end = bytes.indexOf(10);
    const line = decodeName(bytes.slice(2, end < 0 ? SCRIPT_LINE : end)).replace(/^[ \t]+|[ \t]+$/g, '');
    const split = /^(\S+)(?:[ \t]+(.*))?$/.exec(line);
    if (!split) throw ENOEXEC;
    const first = [split[1]!, ...(split[2] === undefined ? [] : [split[2]]), now.path];
    now = { path: split[1]!, args: [...first.map(encodeName), ...now.args.slice(1)] };
  }
}

/**
 * execve: the process goes on with another program. Its other threads die, and the caller becomes the leader.
 * Throws Errno and HostWait before anything has changed.
 */
export function replaceProgram(
  c: Context,
  path: string,
  args: readonly Uint8Array[],
  env: readonly Uint8Array[],
): void {
  const { state, task, process, options } = c;
  let image: Image;
  try {
    const script = resolveScript(c, path, args.length === 0 ? [new Uint8Array()] : args);
    const stackLimit = process.limits[RLIMIT.RLIMIT_STACK]!.soft;
    image = loadProgram(c, c, { ...script, env, credentials: process.credentials, stackLimit, whole: true });
  } catch (error) {
    if (error instanceof ProgramError) throw error.errno;
    throw error;
  }
  for (const id of process.tasks.filter(id => id !== task.id)) exitTask(c, state.tasks.get(id)!, 0);
  releaseMemory(c, task, process);
  if (task.id !== process.id) becomeLeader(c, task, process);

  const old = process.memory;
  process.memory = image.memory;
  if (![...state.processes.values()].some(p => p.run.is !== 'zombie' && p.memory.space === old.space))
    options.spaces.free(old.space);
  const others = [...state.processes.values()].filter(p => p !== process && p.run.is !== 'zombie');
  if (others.some(p => p.files === process.files)) process.files = c.files.copyTable(state, process.files);
  c.files.closeOnExec(c);
  // Handlers are gone with the memory; what was ignored stays ignored.
  process.signals = {
    actions: process.signals.actions.map(a => ({
      handler: a.handler === SA_HANDLER.SIG_IGN ? a.handler : SA_HANDLER.SIG_DFL,
      flags: 0,
      restorer: 0,
      mask: 0n,
    })),
  };
  process.timers = [];
  process.executable = image.path;
  process.executed = true;
  process.dumpable = 1;
  task.registers.set(image.registers);
  task.name = commandName(path);
  task.altStack = { sp: 0, flags: 0, size: 0 };
  task.rseq = { address: 0, length: 0, signature: 0 };
  task.fault = undefined;
  task.keepCapabilities = undefined;
  options.emit({ is: 'exec', task: task.id, path: image.path, base: image.base, file: image.file });
}

/** A thread that executes a program takes over the number of its process (de_thread). */
function becomeLeader(c: Context, task: Task, process: Process): void {
  const { state } = c;
  state.tasks.delete(task.id);
  if (state.current === task.id) state.current = process.id;
  task.id = process.id;
  if (task.call) task.call.task = task.id;
  state.tasks.set(task.id, task);
  process.tasks = [task.id];
}
