/**
 * The machine itself: it lets the kernel decide who runs, lets that task's CPU run until something happens, brings that
 * back to the kernel, and stops where it was asked to. Everything that is not deterministic passes through here.
 */
import { amd64 } from './abi/amd64/arch.ts';
import type { Registers } from './abi/arch.ts';
import type { Cpu } from './cpu/cpu.ts';
import { implementedFeatures, processor } from './cpu/cpuid.ts';
import { type HostAnswer, HostWait } from './host.ts';
import type { Exception, KernelEvent, TaskId, TaskView } from './kernel/api.ts';
import type { KernelOptions } from './kernel/context.ts';
import { ProgramError } from './kernel/elf.ts';
import { EINVAL } from './kernel/errors.ts';
import { signalOf } from './kernel/exceptions.ts';
import { files } from './kernel/fs/index.ts';
import { describeDescriptor } from './kernel/fs/proc.ts';
import { createKernel, type RingKernel, resumeKernel } from './kernel/kernel.ts';
import { GUEST_STREAM, nextRandom } from './kernel/random.ts';
import { cloneState } from './kernel/state.ts';
import { shownTime } from './kernel/time.ts';
import type { Checkpoint, Machine, MachineOptions, RunRequest, Stop, SyscallBreakpoint } from './machine.ts';
import { createSpaces } from './spaces.ts';
import { hashMachine } from './time/hash.ts';
import { nextTurn } from './turn.ts';

/** The longest run of instructions without looking at the clock. */
const SLICE = 2_000_000;
/** Milliseconds after which the event loop gets its turn. */
const TURN = 15;
/** Go's sysmon looks after blocked calls and running goroutines every 10 ms; when it sleeps longer there are none. */
const LONG_SLEEP = 1_000_000_000n;

const STEPPED: Promise<Stop> = Promise.resolve({ is: 'budget' });

/** What a slice ended with: a stop, an answer that is needed, or nothing yet. */
type Outcome = Stop | { is: 'host'; wait: HostWait } | { is: 'input' } | undefined;

/**
 * Loads the program and leaves the machine before its first instruction. Throws what execve would (an Errno), or a
 * ProgramError with a sentence that says what is wrong with the file.
 */
export async function createMachine(options: MachineOptions): Promise<Machine> {
  const { host } = options;
  if (options.clock === 'real') {
    throw new ProgramError('The real clock is not there yet: leave the clock virtual.', EINVAL);
  }
  if (options.cpu === 'x86-64-v3') {
    throw new ProgramError('The x86-64-v3 profile is not there yet: build for GOAMD64=v1 or v2.', EINVAL);
  }
  const arch = amd64;
  /** Replaced, not changed, so that a listener may leave while it hears. */
  let listeners: readonly ((event: KernelEvent) => void)[] = [];
  let instructions = 0;
  let kernel: RingKernel;
  let paused = false;
  let breakpoints: ReadonlySet<number> = new Set();
  let syscallBreakpoints: readonly SyscallBreakpoint[] = [];
  let signalStops: ReadonlySet<number> = new Set();
  let isHousekeeper: ((task: TaskView) => boolean) | undefined;
  /** A call that has been entered and needs an answer before it is made again. */
  let retry: { task: TaskId; pc: number } | undefined;
  /** Whose turn it is and for how long: until then the kernel would decide nothing else, and is not asked. */
  let turn: { task: TaskId; registers: Registers; cpu: Cpu; left: number } | undefined;
  /** Of the current slice. */
  let left = 0;
  /** Where a stop was reported: going on from there does not stop at the same place again. */
  const reported = new Map<TaskId, number>();
  /** A stop that an event asked for while the kernel was at work. */
  let wanted: Stop | undefined;
  let lastTask: TaskId | undefined;
  /** Input that the host was asked for and has not given. */
  let typed: Promise<Uint8Array> | undefined;
  /** Ends the wait for it. */
  let interrupt: (() => void) | undefined;
  /** Syscalls whose enter stop was reported. */
  let passed: { task: TaskId; pc: number } | undefined;

  const spaces = createSpaces(
    (inode, offset) => kernel.fillPage(inode, offset),
    cpu => {
      cpu.clock = executed => shownTime(kernel.now() + BigInt(executed));
      cpu.random = () => nextRandom(kernel.state.random, GUEST_STREAM);
      cpu.setBreakpoints(breakpoints);
      cpu.code.compiler = options.compiler;
    },
  );

  function emit(event: KernelEvent): void {
    if (event.is === 'output') host.output(event.stream, event.bytes);
    if (event.is === 'syscall-exit' && syscallBreakpoints.length > 0) {
      const ids = matching(event.call.number, 'exit');
      if (ids.length) wanted ??= { is: 'syscall', task: event.call.task, when: 'exit', number: event.call.number, ids };
    }
    if (event.is === 'signal' && signalStops.has(event.signo)) {
      wanted ??= { is: 'signal', task: event.task, signo: event.signo };
    }
    const hearing = listeners;
    for (let i = 0; i < hearing.length; i++) hearing[i](event);
  }

  const matching = (number: number, when: 'enter' | 'exit'): number[] =>
    syscallBreakpoints.filter(b => b.when === when && (b.number === undefined || b.number === number)).map(b => b.id);

  const kernelOptions: KernelOptions = {
    arch,
    spaces,
    emit,
    program: options.program,
    args: options.args,
    env: options.env,
    cwd: options.cwd,
    uid: options.uid,
    gid: options.gid,
    hostname: options.hostname,
    seed: options.seed,
    cpus: options.cpus,
    memoryLimit: options.memoryLimit,
    realTime: host.realTime(),
    mounts: options.mounts,
    streams: options.streams,
    processor: processor(implementedFeatures()),
  };
  kernel = createKernel(kernelOptions, files);

  async function answered(wait: HostWait): Promise<void> {
    let answer: HostAnswer;
    try {
      answer = await host.file(wait.request);
    } catch (error) {
      answer = { is: 'error', errno: 'EIO' };
      void error;
    }
    kernel.answer(wait.request, answer);
  }

  /** Does what may need the host's answers, as often as it takes. */
  async function withHost(action: () => void): Promise<void> {
    for (;;) {
      try {
        action();
        return;
      } catch (wait) {
        if (!(wait instanceof HostWait)) throw wait;
        await answered(wait);
      }
    }
  }

  const taskView = (id: TaskId) => {
    const view = kernel.task(id);
    if (!view) throw new RangeError(`there is no task ${id}`);
    return view;
  };
  const taskOf = (id: TaskId) => {
    const task = kernel.state.tasks.get(id);
    if (!task) throw new RangeError(`there is no task ${id}`);
    return task;
  };
  const placeOf = (id: TaskId) => spaces.place(kernel.state.processes.get(taskOf(id).processId)!.memory.space);

  /** Everybody waits until then; do those who wake up do anything but go to sleep again? */
  const standsStill = (until: bigint): boolean =>
    isHousekeeper !== undefined &&
    until - kernel.now() >= LONG_SLEEP &&
    (kernel.sleepers()?.every(id => isHousekeeper?.(taskView(id))) ?? false);

  /** What the kernel wrote for a task into watched data. */
  function metBy(task: TaskId, cpu: Cpu): Stop | undefined {
    const met = cpu.space.takeMet();
    return met?.access === 'write' ? { is: 'watchpoint', task, met } : undefined;
  }

  function takeWanted(): Stop | undefined {
    const stop = wanted;
    wanted = undefined;
    return stop;
  }

  /** Runs at most `budget` instructions. */
  function slice(budget: number, only: TaskId | undefined): Outcome {
    left = budget;
    while (left > 0) {
      if (paused) return undefined;
      if (!turn || (only !== undefined && only !== turn.task)) {
        const decided = decide(only);
        if (decided !== 'run') {
          if (decided === 'again') continue;
          return decided;
        }
      }
      const { task: id, registers } = turn!;
      const over = reported.size > 0 && reported.get(id) === arch.pc(registers);
      if (reported.size > 0) reported.delete(id);
      const outcome = runTurn(Math.min(turn!.left, left), over);
      if (outcome) return outcome;
    }
    return undefined;
  }

  /** Asks the kernel who runs: `turn` is set, or there is an outcome, or it is to be asked again. */
  function decide(only: TaskId | undefined): Outcome | 'run' | 'again' {
    turn = undefined;
    let decision: ReturnType<RingKernel['schedule']>;
    try {
      decision = kernel.schedule(only);
    } catch (wait) {
      if (!(wait instanceof HostWait)) throw wait;
      return { is: 'host', wait };
    }
    const asked = takeWanted();
    if (asked) return asked;
    switch (decision.is) {
      case 'exited':
        return { is: 'exited', status: decision.status };
      case 'deadlock':
        return { is: 'deadlock' };
      case 'sleep':
        if (only === undefined && standsStill(decision.until)) return { is: 'deadlock' };
        kernel.advanceTo(decision.until);
        return 'again';
      case 'input':
        return { is: 'input' };
    }
    lastTask = decision.task;
    const { registers } = taskOf(decision.task);
    turn = { task: decision.task, registers, cpu: placeOf(decision.task).cpu, left: decision.quantum };
    return 'run';
  }

  /** Lets the task whose turn it is run, and brings what happened to the kernel. */
  function runTurn(budget: number, over: boolean): Outcome {
    const { task: id, registers, cpu } = turn!;
    const exit = cpu.run(registers, budget, over);
    if (cpu.executed > 0) passed = undefined;
    const stopsAt = exit.is === 'syscall' ? callStop(id, registers) : undefined;
    // The call itself is an instruction, too.
    const executed = cpu.executed + (exit.is === 'syscall' && !stopsAt ? 1 : 0);
    kernel.advance(executed);
    instructions += executed;
    left -= executed;
    turn!.left -= executed;
    if (exit.is === 'budget') {
      if (turn!.left <= 0) turn = undefined;
      return undefined;
    }
    turn = undefined;
    switch (exit.is) {
      case 'breakpoint':
        reported.set(id, exit.address);
        return { is: 'breakpoint', task: id, address: exit.address };
      case 'host':
        return exit;
      case 'watchpoint':
        return { is: 'watchpoint', task: id, met: exit.met };
      case 'syscall': {
        if (stopsAt) return stopsAt;
        const pc = arch.pc(registers);
        passed = undefined;
        arch.syscall.enter(registers);
        try {
          kernel.syscall(id, pc);
        } catch (wait) {
          if (!(wait instanceof HostWait)) throw wait;
          retry = { task: id, pc };
          return { is: 'host', wait };
        }
        return takeWanted() ?? metBy(id, cpu);
      }
      case 'exception': {
        const exception: Exception = exit.exception;
        const signo = signalOf(exception);
        const at = arch.pc(registers);
        if (signalStops.has(signo) && !over) {
          reported.set(id, at);
          return { is: 'signal', task: id, signo, exception };
        }
        kernel.exception(id, exception);
        // It was reported when it happened; its delivery is no second stop.
        const stop = takeWanted();
        if (stop && !(stop.is === 'signal' && stop.signo === signo)) return stop;
        // An exception costs an instruction's time, so that a handler that returns to it cannot stand still.
        kernel.advance(1);
        left--;
        return undefined;
      }
    }
  }

  /** The stop at a syscall instruction that somebody waits for, once. */
  function callStop(task: TaskId, registers: Registers): Stop | undefined {
    if (syscallBreakpoints.length === 0) return undefined;
    const pc = arch.pc(registers);
    if (passed && passed.task === task && passed.pc === pc) return undefined;
    const number = arch.syscall.number(registers);
    const ids = matching(number, 'enter');
    if (ids.length === 0) return undefined;
    passed = { task, pc };
    reported.set(task, pc);
    return { is: 'syscall', task, when: 'enter', number, ids };
  }

  /** Makes a call again that needed an answer. */
  function makeAgain({ task, pc }: { task: TaskId; pc: number }): Outcome {
    try {
      kernel.syscall(task, pc);
    } catch (wait) {
      if (!(wait instanceof HostWait)) throw wait;
      return { is: 'host', wait };
    }
    retry = undefined;
    return takeWanted();
  }

  /** Until the host has input, or somebody asks for a pause: then the question stays open for the next run. */
  async function waitForInput(): Promise<void> {
    typed ??= Promise.resolve(host.input(65536));
    const interrupted = new Promise<undefined>(resolve => {
      interrupt = () => resolve(undefined);
    });
    const bytes = await Promise.race([typed, interrupted]);
    interrupt = undefined;
    if (bytes === undefined) return;
    typed = undefined;
    kernel.input(bytes);
  }

  /** Runs on until a stop; `limit` in instructions. A call that has been entered is brought to its end. */
  async function go(limit: number, only: TaskId | undefined): Promise<Stop> {
    const end = instructions + limit;
    let began = performance.now();
    for (;;) {
      if (paused) {
        paused = false;
        return { is: 'paused' };
      }
      let outcome: Outcome;
      if (retry !== undefined) outcome = makeAgain(retry);
      else if (instructions >= end) return { is: 'budget' };
      else outcome = slice(Math.max(1, Math.min(SLICE, end - instructions)), only);
      if (outcome?.is === 'host') await answered(outcome.wait);
      else if (outcome?.is === 'input') await waitForInput();
      else if (outcome) return outcome;
      if (performance.now() - began > TURN) {
        await nextTurn();
        began = performance.now();
      }
    }
  }

  const isBlocked = (id: TaskId): boolean => kernel.task(id)?.state === 'blocked';

  /** Others run, as long as it takes, while the task waits. */
  async function awake(task: TaskId): Promise<Stop | undefined> {
    while (isBlocked(task)) {
      const stop = await go(1, undefined);
      if (stop.is !== 'budget') return stop;
    }
    return undefined;
  }

  async function step(task: TaskId | undefined): Promise<Stop> {
    if (task === undefined || !kernel.task(task)) return go(1, undefined);
    const before = await awake(task);
    if (before) return before;
    const pc = arch.pc(taskView(task).registers);
    reported.set(task, pc);
    passed = { task, pc };
    const stop = await go(1, task);
    return stop.is === 'budget' ? ((await awake(task)) ?? stop) : stop;
  }

  /** A step that was more than an instruction: a call, a fault, an answer that is needed. */
  async function finishStep(task: TaskId, end: number, outcome: Outcome): Promise<Stop> {
    if (outcome?.is === 'host') await answered(outcome.wait);
    else if (outcome && outcome.is !== 'input') return outcome;
    if (retry !== undefined || instructions < end) {
      const stop = await go(end - instructions, task);
      if (stop.is !== 'budget') return stop;
    }
    return (await awake(task)) ?? { is: 'budget' };
  }

  const machine: Machine = {
    arch,
    get instructions() {
      return instructions;
    },
    get compiledFunctions() {
      return [...spaces.all()].reduce((sum, { cpu }) => sum + cpu.code.count, 0);
    },
    get current() {
      if (kernel.state.exited !== undefined) return undefined;
      return kernel.state.current ?? (lastTask !== undefined && kernel.task(lastTask) ? lastTask : undefined);
    },
    tasks: () => kernel.tasks(),
    read(task, address, length) {
      if (!kernel.state.tasks.has(task) || !(length > 0)) return new Uint8Array(0);
      return placeOf(task).space.peek(address, length);
    },
    write: (task, address, bytes) => (kernel.task(task) ? placeOf(task).space.poke(address, bytes) : 0),
    mappings: task => (kernel.task(task) ? placeOf(task).space.mappings : []),
    describeFd(task, fd) {
      const { state } = kernel;
      const process = state.processes.get(state.tasks.get(task)?.processId ?? -1);
      return process && describeDescriptor({ state, options: kernelOptions, process }, process.files, fd);
    },

    run: (request: RunRequest = {}) => go(request.maxInstructions ?? Number.POSITIVE_INFINITY, request.onlyTask),
    step(task = machine.current) {
      // Almost every step is one of the task whose turn it is, and needs nobody else.
      if (turn && turn.task === task && !paused && retry === undefined && wanted === undefined) {
        if (reported.size > 0) reported.delete(task);
        const end = instructions + 1;
        left = 1;
        passed = { task, pc: arch.pc(turn.registers) };
        const outcome = runTurn(1, true);
        return turn ? STEPPED : finishStep(task, end, outcome);
      }
      return step(task);
    },
    pause() {
      paused = true;
      interrupt?.();
    },
    end(task, what) {
      kernel.end(task, what);
      turn = undefined;
      if (retry && !kernel.task(retry.task)) retry = undefined;
      if (lastTask !== undefined && !kernel.task(lastTask)) lastTask = kernel.tasks()[0]?.id;
    },

    setWatchpoints(task, watchpoints) {
      if (kernel.task(task)) placeOf(task).cpu.setWatchpoints(watchpoints);
    },
    setBreakpoints(addresses) {
      breakpoints = new Set(addresses);
      for (const { cpu } of spaces.all()) cpu.setBreakpoints(breakpoints);
    },
    setSyscallBreakpoints(list) {
      syscallBreakpoints = [...list];
    },
    setInjections(list) {
      kernelOptions.injections = [...list];
    },
    setSignalStops(signals) {
      signalStops = new Set(signals);
    },
    setHousekeepers(predicate) {
      isHousekeeper = predicate;
    },
    listen(listener) {
      listeners = [...listeners, listener];
      return () => {
        listeners = listeners.filter(other => other !== listener);
      };
    },

    checkpoint: (): Checkpoint => ({
      instructions,
      kernel: cloneState(kernel.state),
      spaces: spaces.images(),
    }),
    restore(checkpoint) {
      instructions = checkpoint.instructions;
      kernel = resumeKernel(cloneState(checkpoint.kernel), kernelOptions, files);
      spaces.restore(checkpoint.spaces);
      turn = undefined;
      reported.clear();
      passed = undefined;
      wanted = undefined;
      retry = undefined;
      lastTask = kernel.state.current;
    },
    reseed(seed) {
      if (instructions > 0) throw new RangeError('a machine gets another seed before its first instruction only');
      kernel.reseed(seed);
      turn = undefined;
    },
    hash: () => hashMachine(arch, kernel.state, spaces.images()),
  };

  await withHost(() => kernel.start());
  lastTask = kernel.state.current ?? kernel.tasks()[0]?.id;
  return machine;
}
