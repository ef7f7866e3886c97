/**
 * The register view's model: every register with its value, what changed, what it is for in each ABI, and the role that
 * holds at this very instruction.
 */
import type { RegisterRow } from '../emulator/abi/arch.ts';
import { conventionsOf } from '../emulator/abi/conventions.ts';
import type { RegisterRole } from '../emulator/abi/roles.ts';
import { renderStop } from '../emulator/abi/stop-text.ts';
import type { TaskId } from '../emulator/kernel/api.ts';
import { textAt } from './disassemble.ts';
import type { RegistersArguments, RegistersResponse, RegisterView } from './protocol.ts';
import { flagsText, registerText } from './register-text.ts';
import { stopOf } from './roles.ts';
import { type Session, type Target, targetOf } from './session.ts';
import { nameOf } from './sources.ts';
import { frameOf, type StackFrame } from './stack.ts';
import { threadFrames, threadNamed } from './threads.ts';
import { frameValue } from './variables.ts';

export function registers(session: Session, args: RegistersArguments): RegistersResponse {
  const target = targetOf(session);
  const frame = which(session, target, args);
  const { task, view, live } = frame;
  const { arch } = target.machine;
  const syntax = session.launch?.syntax ?? 'go';
  // A caller's frame has its place and the few registers that unwinding recovers; roles hold where the thread stands.
  const stop = live ? stopOf(target, task, syntax) : undefined;
  const position = view.file === undefined ? '' : `  ${nameOf(view.file)}:${view.line}`;
  const argumentRegisters = conventionsOf(arch.name)?.syscall.args ?? [];
  const convention = view.function?.convention;
  return {
    headline: `${view.name}${position}`,
    instruction: textAt(target, task, view.pc, syntax),
    convention: stop
      ? `${stop.convention.name}${stop.convention.sure === 'likely' ? ' (likely)' : ''}`
      : (convention?.abi ?? 'unknown'),
    conventionWhy: stop?.convention.why ?? convention?.because ?? '',
    registers: stop
      ? stop.registers.map(role => registerView(session, target, task, role))
      : arch.registers.flatMap(row => {
          const value = frameValue(arch, frame, row);
          return value === undefined ? [] : [plainView(target, task, row, value)];
        }),
    text: stop ? renderStop(stop) : '',
    ...(stop?.call
      ? {
          call: {
            ...stop.call,
            args: stop.call.args.map(({ name, text }, i) => ({ name, text, register: argumentRegisters[i] ?? '' })),
          },
        }
      : {}),
  };
}

function which(session: Session, target: Target, { frameId, threadId }: RegistersArguments): StackFrame {
  if (frameId !== undefined) return frameOf(session, frameId);
  const thread = threadNamed(target, threadId ?? session.stop?.task ?? target.machine.current ?? 0);
  const { id, task, runs } = thread;
  return { thread: id, task, live: runs, index: 0, view: threadFrames(target, thread, 1)[0] };
}

function registerView(
  session: Session,
  target: Target,
  task: TaskId,
  { register, value, syscallRole, goRole, here }: RegisterRole,
): RegisterView {
  const before = session.before.get(task);
  return {
    ...plainView(target, task, register, value),
    changed: before !== undefined && register.read(before) !== value,
    syscallRole,
    goRole,
    ...(here ? { here: { role: here.role, sure: here.sure, why: here.why } } : {}),
    ...(here?.decoded === undefined ? {} : { decoded: here.decoded }),
  };
}

function plainView(target: Target, task: TaskId, row: RegisterRow, value: bigint): RegisterView {
  const roles = conventionsOf(target.machine.arch.name)?.roles.get(row.name);
  const hex = `0x${value.toString(16)}`;
  return {
    name: row.name,
    goName: row.go,
    group: row.group,
    value: hex,
    text: row.group === 'flags' ? flagsText(row, value) : registerText(target, task, row, value),
    changed: false,
    syscallRole: roles?.syscall ?? '',
    goRole: roles?.go ?? '',
    ...(row.bits === 64 && value >= 0x1000n && value < 1n << 47n ? { memoryReference: hex } : {}),
  };
}
