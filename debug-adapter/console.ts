/**
 * Commands of the debug console, for what is asked often and is no value: code, the trace, what the registers are for.
 * They begin with a slash, as no expression does.
 */
import type { DebugProtocol } from '@vscode/debugprotocol';
import { functionRows, rowsAround, rowText } from './disassemble.ts';
import { addressFrom, where } from './evaluate.ts';
import { ExpressionError } from './expression.ts';
import { registers } from './registers.ts';
import { suggestion } from './schema.ts';
import { type Session, targetOf } from './session.ts';
import { nameOf } from './sources.ts';
import { type Kind, styled } from './styling.ts';

interface Command {
  readonly args: string;
  readonly sentence: string;
  /** How its text is coloured. */
  readonly kind: Kind;
  /** Throws ExpressionError. */
  run(session: Session, rest: string, frameId: number | undefined): string;
}

/** Instructions before and behind the one that comes next. */
const BEFORE = 6;
const BEHIND = 14;
/** More rows of a function are for the Disassembly view. */
const ROW_LIMIT = 400;
const TRACE_LINES = 20;

export const COMMANDS: Readonly<Record<string, Command>> = {
  disassemble: {
    args: '[FUNCTION or ADDRESS]',
    sentence: 'the function, the code at the address, or the code around the instruction that comes next',
    kind: 'assembly',
    run: disassembly,
  },
  registers: {
    args: '',
    sentence: 'what each register is for at this instruction',
    kind: 'value',
    run: (session, _rest, frameId) =>
      registers(session, frameId === undefined ? {} : { frameId }).text ||
      'What registers are for is known where the thread stands: choose its newest frame.',
  },
  trace: {
    args: '[COUNT]',
    sentence: `the last syscalls as strace prints them, ${TRACE_LINES} unless COUNT says otherwise`,
    kind: 'trace',
    run(session, rest) {
      const count = rest === '' ? TRACE_LINES : Number(rest);
      if (!Number.isSafeInteger(count) || count < 1) throw new ExpressionError('/trace takes a number of lines.');
      const lines = targetOf(session).trace.slice(-count);
      return lines.length === 0 ? 'No syscall so far.' : lines.join('\n');
    },
  },
  help: {
    args: '',
    sentence: 'this list',
    kind: 'value',
    run: () =>
      Object.entries(COMMANDS)
        .map(([name, { args, sentence }]) => `/${name}${args === '' ? '' : ` ${args}`}: ${sentence}`)
        .join('\n'),
  },
};

/** What was typed is a command, known or not. */
export const isCommand = (text: string): boolean => /^\s*\/[a-z]/.test(text);

/** Throws ExpressionError. */
export function runCommand(
  session: Session,
  { expression, frameId }: Pick<DebugProtocol.EvaluateArguments, 'expression' | 'frameId'>,
): DebugProtocol.EvaluateResponse['body'] {
  const [, name, rest] = /^\s*\/([a-z]*)\s*(.*?)\s*$/s.exec(expression) ?? ['', '', ''];
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!command)
    throw new ExpressionError(
      `There is no command /${name}${suggestion(name, Object.keys(COMMANDS)) || '; /help lists them.'}`,
    );
  return {
    result: styled(session.client, command.kind, command.run(session, rest, frameId)),
    variablesReference: 0,
  };
}

function disassembly(session: Session, rest: string, frameId: number | undefined): string {
  const target = targetOf(session);
  const { program, machine } = target;
  const { task, frame } = where(session, frameId);
  const pc = frame?.view.pc ?? machine.arch.pc(machine.tasks().find(view => view.id === task)!.registers);
  const named = rest === '' ? undefined : program.functionNamed(rest);
  const rows = named
    ? functionRows(target, task, named).slice(0, ROW_LIMIT)
    : rest === ''
      ? rowsAround(target, task, pc, -BEFORE, BEFORE + BEHIND)
      : rowsAround(target, task, addressFrom(session, rest), 0, BEHIND);
  const lines: string[] = [];
  let inside = '';
  let position = '';
  for (const row of rows) {
    const name = program.functionAt(row.address)?.name ?? '';
    const at = program.lineAt(row.address);
    const line = at ? `${nameOf(at.file)}:${at.line}` : '';
    const heading = [name === inside ? '' : name, line === position && name === inside ? '' : line];
    if (heading.some(Boolean)) lines.push(`// ${heading.filter(Boolean).join('  ')}`);
    inside = name;
    position = line;
    const text = rowText(target, row, session.launch?.syntax ?? 'go');
    lines.push(`${row.address === pc ? '>' : ' '} ${row.address.toString(16).padStart(8)}  ${text}`);
  }
  return lines.join('\n');
}
