/**
 * From a trapped instruction to a handler and back: arguments are decoded by the syscall's row, what the handler
 * returns or throws becomes the result register, and every step is told in the order it happens.
 */
import { type Column, decodeArgs, type SyscallName, syscallByNumber, syscallRow } from '../abi/syscalls.ts';
import { MemoryFault, PROT } from '../memory/types.ts';
import type { Blocked, Context, Core, Handler, Result, Resumable, SignalTarget, Start, Waiting } from './context.ts';
import { EFAULT, EINTR, ENOSYS, ERESTART_RESTARTBLOCK, Errno, Restart } from './errors.ts';
import { spaceOf } from './memory.ts';
import { randomBytes } from './random.ts';
import { wake } from './scheduler.ts';
import { kernelInfo, userInfo } from './siginfo.ts';
import { deliverable, killed, sendSignal } from './signals.ts';
import type { Task, WakeReason } from './state.ts';
import { handlerOf } from './syscalls/table.ts';
import { shownTime } from './time.ts';
import { interruption } from './waits.ts';

/** A handler of any call: the table guarantees that name and arguments fit. */
type AnyHandler = Handler<SyscallName>;

const isResumable = (handler: AnyHandler): handler is Resumable<SyscallName> => typeof handler === 'object';

/** The functions of every context: one each, and not one for each call. */
const METHODS = {
  now(this: Context): bigint {
    return shownTime(this.state.now);
  },
  realtime(this: Context): bigint {
    return this.state.bootTime + shownTime(this.state.now);
  },
  random(this: Context, length: number): Uint8Array {
    return randomBytes(this.state.random, length);
  },
  block: (waiting: Waiting): Blocked => ({ is: 'blocked', waiting }),
  wake(this: Context, key: string, count?: number): number {
    return wake(this, key, count);
  },
  signal(this: Context, target: SignalTarget, signo: number, code = 0, fields?: Uint8Array): void {
    const { process } = this;
    const info = userInfo(signo, code, process.id, process.credentials.uid);
    if (fields) info.set(fields.subarray(0, info.length - 16), 16);
    sendSignal(this, target, { signo, info });
  },
  temporaryMask(this: Context, mask: bigint): void {
    // A call that is made again after HostWait, or resumed, has saved the mask already.
    this.task.savedMask ??= this.task.mask;
    this.task.mask = mask;
  },
  signalPending(this: Context): boolean {
    return deliverable(this, this.task);
  },
};

export function createContext(core: Core, task: Task): Context {
  const { state, options, files } = core;
  const process = state.processes.get(task.processId)!;
  return {
    state,
    options,
    files,
    task,
    process,
    space: spaceOf(core, process),
    arch: options.arch,
    now: METHODS.now,
    realtime: METHODS.realtime,
    random: METHODS.random,
    block: METHODS.block,
    wake: METHODS.wake,
    signal: METHODS.signal,
    temporaryMask: METHODS.temporaryMask,
    signalPending: METHODS.signalPending,
    emit: options.emit,
  };
}

/** What the dispatcher looks up of a call, found once. */
interface Entry {
  readonly name: SyscallName;
  readonly handler: AnyHandler | undefined;
  /** Which registers are addresses. */
  readonly addresses: readonly number[];
}

const ENTRIES: Record<Column, (Entry | undefined)[]> = { amd64: [], arm64: [] };

function entryOf(column: Column, number: number): Entry | undefined {
  const entries = ENTRIES[column];
  if (number >= 0 && number < entries.length && entries[number]) return entries[number];
  const name = syscallByNumber(column, number);
  if (!name) return undefined;
  const addresses = Object.values(syscallRow(name).args).flatMap(({ scalar }, i) => (scalar === 'address' ? [i] : []));
  while (entries.length <= number) entries.push(undefined);
  entries[number] = { name, handler: handlerOf(name) as AnyHandler | undefined, addresses };
  return entries[number];
}

/**
 * Whoever hears of the call shall see what it was given. A constant may lie in a page of a file that nobody has touched
 * yet: it is read from the host now, where strace's look would have the page brought in.
 */
function loadArguments(core: Core, task: Task, { addresses }: Entry, args: readonly bigint[]): void {
  if (addresses.length === 0) return;
  const space = core.options.spaces.get(core.state.processes.get(task.processId)!.memory.space);
  for (const i of addresses) {
    const address = Number(args[i]);
    const mapping = space.mappingAt(address);
    if (mapping?.backing.is !== 'file' || !(mapping.prot & PROT.READ)) continue;
    if (space.peek(address, 1).length > 0) continue;
    try {
      space.read(address, 1);
    } catch (error) {
      // Behind the file's end: the call itself finds out.
      if (!(error instanceof MemoryFault)) throw error;
    }
  }
}

/** What was asked to happen in place of the call, or beside it: the result, if the call is not to be made. */
function tamper(core: Core, task: Task, number: number): bigint | undefined {
  const { injections } = core.options;
  if (!injections?.length) return undefined;
  if (task.tampered?.length !== injections.length) task.tampered = injections.map(() => 0);
  let result: bigint | undefined;
  for (const [i, { calls, first, last, step, signo, ...injection }] of injections.entries()) {
    if (!calls.has(number)) continue;
    const count = ++task.tampered[i]!;
    if (count < first || count > last || (count - first) % step !== 0) continue;
    result ??= injection.result;
    if (signo !== undefined) sendSignal(core, { is: 'task', id: task.id }, { signo, info: kernelInfo(signo) });
  }
  return result;
}

/** The program's syscall. After a HostWait it is entered again and tells nothing twice. */
export function enterSyscall(core: Core, task: Task, pc: number): void {
  const { arch, emit } = core.options;
  if (!task.call) {
    const r = task.registers;
    const number = arch.syscall.number(r);
    const args = arch.syscall.args(r);
    const known = entryOf(arch.syscall.column, number);
    if (known) loadArguments(core, task, known, args);
    // All fields from the start: one shape, for what is made and read most often.
    task.call = { task: task.id, number, args, pc, result: undefined, entered: core.state.now, left: undefined };
    emit({ is: 'syscall-enter', call: task.call });
    const injected = tamper(core, task, number);
    if (injected !== undefined) {
      task.call.injected = true;
      finish(core, task, injected);
      return;
    }
  }
  const { number, args } = task.call;
  const entry = entryOf(arch.syscall.column, number);
  const name = entry?.name;
  const handler = entry?.handler;
  if (name === 'restart_syscall') {
    resumeRestarted(core, task);
    return;
  }
  if (!name || !handler) {
    emit({
      is: 'syscall-unimplemented',
      call: task.call,
      name: name ?? `syscall_0x${number.toString(16)}`,
      why: name ? 'Ring 3 does not implement this call' : 'Linux has no call with this number',
    });
    finish(core, task, -ENOSYS.number);
    return;
  }
  const decoded = decodeArgs(name, args, arch.syscall.column);
  const start = (isResumable(handler) ? handler.start : handler) as Start<SyscallName>;
  perform(core, task, c => start(c, decoded as never));
}

/** What restart_syscall goes on with. Without anything it is EINTR, as in Linux (do_no_restart_syscall). */
function resumeRestarted(core: Core, task: Task): void {
  const restart = task.restart;
  if (!restart) {
    finish(core, task, -EINTR.number);
    return;
  }
  perform(core, task, c => continueCall(c, restart.number, restart.args, restart.waiting, 'restart'));
}

function continueCall(
  c: Context,
  number: number,
  raw: readonly bigint[],
  waiting: Waiting,
  reason: WakeReason,
): Result {
  const { column } = c.arch.syscall;
  const name = syscallByNumber(column, number)!;
  const handler = handlerOf(name) as AnyHandler;
  const args = decodeArgs(name, raw, column) as never;
  if (isResumable(handler)) return handler.resume(c, args, waiting, reason);
  if (reason === 'woken' || reason === 'restart') return (handler as Start<SyscallName>)(c, args);
  if (reason === 'timeout') return 0;
  throw interruption(waiting);
}

/** The scheduler has come to a task whose call can go on. It may block again. */
export function resumeSyscall(core: Core, task: Task): void {
  const run = task.run;
  if (run.is !== 'blocked' || !run.reason || !task.call) return;
  const { waiting, reason } = run;
  if (reason === 'signal' && !deliverable(core, task)) {
    // Another thread has taken the signal: nothing has happened to this one.
    run.reason = undefined;
    return;
  }
  if (reason === 'signal' && killed(task, core.state.processes.get(task.processId)!)) {
    // It ends inside of the call, which therefore has no result: what is pending is delivered next.
    task.run = { is: 'runnable' };
    return;
  }
  const inner = syscallByNumber(core.options.arch.syscall.column, task.call.number) === 'restart_syscall';
  const { number, args } = inner && task.restart ? task.restart : task.call;
  perform(core, task, c => continueCall(c, number, args, waiting, reason));
}

function perform(core: Core, task: Task, action: (c: Context) => Result): void {
  let result: Result;
  try {
    result = action(createContext(core, task));
  } catch (error) {
    if (error instanceof Errno) result = -error.number;
    else if (error instanceof MemoryFault) result = -EFAULT.number;
    else if (error instanceof Restart) {
      interrupt(core, task, error);
      return;
    } else throw error;
  }
  if (typeof result === 'object') {
    block(core, task, result.waiting);
    return;
  }
  finish(core, task, result);
}

function block(core: Core, task: Task, waiting: Waiting): void {
  const { state } = core;
  const first = task.run.is !== 'blocked';
  task.run = { is: 'blocked', waiting, since: state.blocks++ };
  if (waiting.onSignal !== 'none' && deliverable(core, task)) task.run.reason = 'signal';
  else if (waiting.deadline !== undefined && waiting.deadline <= state.now) task.run.reason = 'timeout';
  else if (first && task.call) core.options.emit({ is: 'syscall-blocked', call: task.call });
}

function interrupt(core: Core, task: Task, code: Restart): void {
  const call = task.call!;
  const run = task.run;
  const outer = syscallByNumber(core.options.arch.syscall.column, call.number);
  if (code === ERESTART_RESTARTBLOCK && run.is === 'blocked' && outer !== 'restart_syscall')
    task.restart = { number: call.number, args: call.args, waiting: run.waiting };
  task.interrupted = { code: code.number, number: call.number };
  core.options.arch.syscall.setResult(task.registers, BigInt(-EINTR.number));
  leave(core, task, BigInt(-code.number));
}

function finish(core: Core, task: Task, result: number | bigint | undefined): void {
  const { arch } = core.options;
  // exit: there is nobody to return to.
  if (task.run.is === 'dead') return;
  if (result !== undefined) arch.syscall.setResult(task.registers, BigInt(result));
  if (task.savedMask !== undefined && result !== -EINTR.number) {
    task.mask = task.savedMask;
    task.savedMask = undefined;
  }
  const outer = task.call && syscallByNumber(arch.syscall.column, task.call.number);
  if (outer === 'restart_syscall') task.restart = undefined;
  leave(core, task, arch.syscall.result(task.registers));
}

function leave(core: Core, task: Task, result: bigint): void {
  const call = task.call;
  task.call = undefined;
  task.run = { is: 'runnable' };
  if (!call) return;
  call.result = result;
  call.left = core.state.now;
  core.options.emit({ is: 'syscall-exit', call });
}
