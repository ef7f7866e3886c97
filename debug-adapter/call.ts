/**
 * Calls of the program's functions in expressions. The call is made for real, by the thread that stands there, on a stack
 * of its own; then the machine is put back to where it was: nothing of the call remains but its result. Only that
 * thread runs meanwhile, for a bounded number of instructions, and a syscall that would be noticed outside ends it.
 */
import { type Conventions, conventionsOf } from '../emulator/abi/conventions.ts';
import { assignValues, NO_REGISTERS } from '../emulator/abi/go-abi.ts';
import { SIG } from '../emulator/abi/signals.ts';
import { type SyscallName, syscallByNumber, syscallNumber } from '../emulator/abi/syscalls.ts';
import type { TaskId } from '../emulator/kernel/api.ts';
import type { Stop } from '../emulator/machine.ts';
import type { CodeFunction } from '../emulator/symbols/program.ts';
import { functionFacts } from '../emulator/symbols/stop-facts.ts';
import { arm } from './breakpoints.ts';
import { argumentBytes, type CallAbi, checkC, type Room, resultValue } from './call-values.ts';
import { ExpressionError } from './expression.ts';
import type { Value } from './operands.ts';
import { type Session, type Target, targetOf } from './session.ts';
import { goroutineOf, registersOf } from './stack.ts';

/** A second of work or less; what takes longer is no expression. */
const BUDGET = 50_000_000;
/** Bytes of the stack, the arguments' strings and the place to return to. */
const ROOM = 4 << 20;
/** Above the stack pointer: arguments that travel on the stack. */
const STACK_ARGUMENTS = 64 << 10;
/** runtime.g's stackguard0 stands behind the stack's bounds. */
const STACK_GUARD = 16;

/** What allocators and locks ask for: nobody outside sees it, and it is undone with the rest. */
const UNSEEN = new Set<SyscallName>([
  'mmap',
  'munmap',
  'madvise',
  'mprotect',
  'brk',
  'futex',
  'sched_yield',
  'nanosleep',
  'clock_gettime',
  'getpid',
  'gettid',
  'rt_sigprocmask',
  'rt_sigreturn',
  'sigaltstack',
  'getrandom',
  'tgkill',
]);

/** Where Go's runtime ends a program. */
const FATAL = ['runtime.fatalpanic', 'runtime.throw', 'runtime.fatalthrow', 'runtime.fatal'];
const FAULTS = [SIG.SIGSEGV, SIG.SIGBUS, SIG.SIGFPE, SIG.SIGILL, SIG.SIGTRAP, SIG.SIGABRT];

/** Throws ExpressionError with what stood in the way. */
export async function callFunction(session: Session, fn: CodeFunction, given: readonly Value[]): Promise<Value> {
  const target = targetOf(session);
  const { machine, program } = target;
  const conventions = conventionsOf(machine.arch.name);
  const task = session.stop?.task ?? machine.current;
  if (task === undefined || !conventions || session.phase !== 'stopped')
    throw new ExpressionError(`${fn.name} can be called while the program stands still only.`);
  const facts = functionFacts(program, fn);
  const signature = facts.values;
  if (!signature)
    throw new ExpressionError(
      `${fn.name} cannot be called: nothing tells its arguments (there is no debug information).`,
    );
  const wanted = signature.filter(value => !value.isResult);
  if (wanted.length !== given.length)
    throw new ExpressionError(
      `${fn.name} takes ${wanted.length} argument${wanted.length === 1 ? '' : 's'} (${wanted.map(({ name }) => name).join(', ')}), not ${given.length}.`,
    );
  if (fn.language !== 'other' && !goroutineOf(target, task)?.id)
    throw new ExpressionError(`${fn.name} cannot be called here: this thread runs no goroutine at this instruction.`);

  const abi: CallAbi = fn.language === 'other' ? 'C' : facts.abi === 'ABI0' ? 'ABI0' : 'ABIInternal';
  if (abi === 'C') checkC(target, fn, wanted);
  const before = machine.checkpoint();
  target.quiet = true;
  try {
    machine.setBreakpoints([]);
    machine.setSyscallBreakpoints([]);
    machine.setSignalStops([]);
    const room = await makeRoom(target, task, conventions);
    const values = abi === 'C' ? wanted : signature;
    const places = assignValues(
      values,
      abi === 'ABI0' ? NO_REGISTERS : abi === 'C' ? conventions.c : conventions.goInternal,
    );
    const registers = registersOf(target, task);
    const sp = room.top - 8;
    const write = (name: string, value: bigint): void =>
      machine.arch.registers.find(row => row.name === name)?.write(registers, value);
    for (const { value, registers: parts, stackOffset } of places) {
      if (value.isResult) continue;
      const bytes = argumentBytes(given[wanted.indexOf(value)], value, room);
      if (!parts) machine.write(task, sp + 8 + (stackOffset ?? 0), bytes);
      for (const part of parts ?? []) write(part.register, littleEndian(bytes.subarray(part.offset), part.size));
    }
    const { vectorCount, floats } = conventions.c;
    if (abi !== 'C') prepareGo(target, task, conventions, write);
    else if (vectorCount) write(vectorCount, BigInt(floats.length));
    machine.write(task, sp, bytesOf(BigInt(room.landing)));
    write(conventions.stack.framePointer, 0n);
    machine.arch.setSp(registers, sp);
    machine.arch.setPc(registers, fn.entry);
    await run(target, task, fn, room.landing);
    return resultValue(target, task, fn, signature, abi, sp + 8);
  } finally {
    machine.restore(before);
    target.quiet = false;
    arm(session);
  }
}

/** New memory for the call, from the guest's own kernel: no stack of the program is touched. */
async function makeRoom(
  target: Target,
  task: TaskId,
  conventions: Conventions,
): Promise<Room & { top: number; landing: number }> {
  const { machine } = target;
  const { arch } = machine;
  const registers = registersOf(target, task);
  const mmap = syscallNumber(arch.syscall.column, 'mmap') ?? 0;
  const at = syscallInstruction(target, task);
  const [READ_WRITE_EXECUTE, PRIVATE_ANONYMOUS] = [7n, 0x22n];
  const args = [0n, BigInt(ROOM), READ_WRITE_EXECUTE, PRIVATE_ANONYMOUS, (1n << 64n) - 1n, 0n];
  const write = (name: string, value: bigint): void =>
    arch.registers.find(row => row.name === name)?.write(registers, value);
  write(conventions.syscall.number, BigInt(mmap));
  for (const [i, name] of conventions.syscall.args.entries()) write(name, args[i]);
  arch.setPc(registers, at);
  await machine.step(task);
  const base = Number(arch.syscall.result(registersOf(target, task)));
  if (base <= 0) throw new ExpressionError('There is no memory left to call a function with.');
  let next = base + 16;
  return {
    landing: base,
    top: base + ROOM - STACK_ARGUMENTS,
    put(bytes) {
      const address = next;
      next += Math.ceil((bytes.length + 1) / 16) * 16;
      if (next > base + ROOM / 4) throw new ExpressionError('The arguments are too long.');
      machine.write(task, address, bytes);
      return address;
    },
  };
}

/** Any that is in the process: the vDSO has one, and so has every program. */
function syscallInstruction({ machine }: Target, task: TaskId): number {
  const PIECE = 1 << 20;
  const executable = machine.mappings(task).filter(mapping => mapping.prot & 4);
  for (const { start, end } of executable.sort((a, b) => a.end - a.start - (b.end - b.start))) {
    for (let at = start; at < end; at += PIECE) {
      const bytes = machine.read(task, at, Math.min(PIECE, end - at));
      for (let i = bytes.indexOf(0x0f); i >= 0; i = bytes.indexOf(0x0f, i + 1))
        if (bytes[i + 1] === 0x05) return at + i;
    }
  }
  throw new ExpressionError('The program has no code to ask the kernel for memory with.');
}

/** What Go's code expects besides its arguments; its check of the stack's end must not find this one too short. */
function prepareGo(
  target: Target,
  task: TaskId,
  { goInternal }: Conventions,
  write: (name: string, value: bigint) => void,
): void {
  const g = goroutineOf(target, task)!;
  write(goInternal.g, BigInt(g.address));
  write(goInternal.closure, 0n);
  const zero = goInternal.zero;
  if (zero) write(zero, 0n);
  target.machine.write(task, g.address + STACK_GUARD, new Uint8Array(8));
}

async function run(target: Target, task: TaskId, fn: CodeFunction, landing: number): Promise<void> {
  const { machine, program } = target;
  const fatal = program.isGo
    ? FATAL.flatMap(name => {
        const found = program.functionNamed(name);
        return found?.name === name ? [found.entry] : [];
      })
    : [];
  machine.setBreakpoints([landing, ...fatal]);
  machine.setSyscallBreakpoints([{ id: 1, number: undefined, when: 'enter' }]);
  // Go makes panics of faults by itself.
  machine.setSignalStops(program.isGo ? [] : FAULTS);
  const end = machine.instructions + BUDGET;
  const failed = (what: string): never => {
    throw new ExpressionError(`${fn.name} ${what}. Nothing of the call remains.`);
  };
  for (;;) {
    const stop: Stop = await machine.run({ maxInstructions: Math.max(1, end - machine.instructions), onlyTask: task });
    switch (stop.is) {
      case 'breakpoint':
        if (stop.address === landing) return;
        return failed(`does not return: it ends in ${program.functionAt(stop.address)?.name}`);
      case 'syscall': {
        const name = syscallByNumber(machine.arch.syscall.column, stop.number);
        if (name === undefined || !UNSEEN.has(name))
          failed(`makes the syscall ${name ?? stop.number}, which a call from an expression must not do`);
        continue;
      }
      case 'watchpoint':
        continue;
      case 'budget':
        return failed(`does not return within ${BUDGET / 1e6} million instructions`);
      case 'deadlock':
        return failed('waits for another thread, and none runs meanwhile');
      case 'signal':
      case 'exception':
        return failed('does something that the processor refuses (a fault)');
      case 'exited':
        return failed('ends the program');
      case 'paused':
        return failed('was interrupted');
    }
  }
}

function littleEndian(bytes: Uint8Array, size: number): bigint {
  let value = 0n;
  for (let i = Math.min(size, bytes.length) - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]);
  return value;
}

function bytesOf(value: bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, value, true);
  return bytes;
}
