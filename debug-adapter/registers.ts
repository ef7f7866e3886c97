/**
 * The register view's model: every register with its value, what changed, what it is for in each ABI, and the role that
 * holds at this very instruction.
 */
import type { RegisterRow } from '../emulator/abi/arch.ts';
import { conventionsOf } from '../emulator/abi/conventions.ts';
import { textAt } from './disassemble.ts';
import type { RegistersArguments, RegistersResponse, RegisterView } from './protocol.ts';
import { flagsText, registerText } from './register-text.ts';
import { rolesHere } from './roles.ts';
import { type Session, type Target, targetOf } from './session.ts';
import { nameOf } from './sources.ts';
import { frameOf, framesOf, registersOf, type StackFrame } from './stack.ts';
import { callHere, resultText } from './syscalls.ts';
import { callParts, callText } from './trace-text.ts';
import { frameValue } from './variables.ts';

export function registers(session: Session, args: RegistersArguments): RegistersResponse {
  const target = targetOf(session);
  const frame = which(session, target, args);
  const { task, view, index } = frame;
  const { arch } = target.machine;
  const live = registersOf(target, task);
  const roles = rolesHere(target, frame);
  const before = session.before.get(task);
  const rows: RegisterView[] = [];
  for (const row of arch.registers) {
    const value = index === 0 ? row.read(live) : frameValue(arch, frame, row);
    if (value === undefined) continue;
    rows.push(
      registerView(target, frame, row, value, index === 0 && before !== undefined && row.read(before) !== value, roles),
    );
  }
  const call = index === 0 ? callHere(target, task) : undefined;
  const parts = call ? callParts(target, task, call) : [];
  const position = view.file === undefined ? '' : `  ${nameOf(view.file)}:${view.line}`;
  const argumentRegisters = conventionsOf(arch.name)?.syscall.args ?? [];
  return {
    headline: `${view.name}${position}`,
    instruction: textAt(target, task, view.pc, session.launch?.syntax ?? 'go'),
    convention: roles.convention,
    registers: rows,
    ...(call
      ? {
          call: {
            name: call.name,
            number: call.number,
            when: call.when,
            args: parts.map(({ name, text }, i) => ({ name, register: argumentRegisters[i] ?? '', text })),
            text: callText(target, task, call),
            ...(call.result === undefined ? {} : { result: resultText(call.result) }),
          },
        }
      : {}),
  };
}

function which(session: Session, target: Target, { frameId, threadId }: RegistersArguments): StackFrame {
  if (frameId !== undefined) return frameOf(session, frameId);
  const task = threadId ?? session.stop?.task ?? target.machine.current ?? 0;
  return { task, index: 0, view: framesOf(target, task, 1)[0] };
}

function registerView(
  target: Target,
  { task }: StackFrame,
  row: RegisterRow,
  value: bigint,
  changed: boolean,
  roles: ReturnType<typeof rolesHere>,
): RegisterView {
  const { arch } = target.machine;
  const fixed = conventionsOf(arch.name)?.roles.get(row.name);
  const here = roles.registers.get(row.name);
  const hex = `0x${value.toString(16)}`;
  return {
    name: row.name,
    goName: row.go,
    group: row.group,
    value: hex,
    text: row.group === 'flags' ? flagsText(row, value) : registerText(target, task, row, value),
    changed,
    syscallRole: fixed?.syscall ?? '',
    goRole: fixed?.go ?? '',
    ...(here ? { here: { role: here.role, sure: here.sure, why: here.why } } : {}),
    ...(here?.decoded === undefined ? {} : { decoded: here.decoded }),
    ...(row.bits === 64 && value >= 0x1000n && value < 1n << 47n ? { memoryReference: hex } : {}),
  };
}
