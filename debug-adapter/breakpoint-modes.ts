/** The modes of breakpoints: before or after a syscall, whoever comes there or one goroutine or thread only. */
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { TaskId } from '../emulator/kernel/api.ts';
import type { Session, Target } from './session.ts';
import { servedBy } from './threads.ts';

export type OnlyMode = 'goroutine' | 'thread';
export const isOnlyMode = (mode: unknown): mode is OnlyMode => mode === 'goroutine' || mode === 'thread';

export interface Only {
  readonly mode: OnlyMode;
  /** See routineOf. */
  routine?: string;
}

/** When the filters of syscalls stop, and whom breakpoints stop. */
export const MODES: DebugProtocol.BreakpointMode[] = [
  { mode: 'enter', label: 'Before the call', description: 'At the syscall instruction.', appliesTo: ['exception'] },
  { mode: 'exit', label: 'After the call', description: 'Behind it, with the result.', appliesTo: ['exception'] },
  {
    mode: 'all',
    label: 'All Goroutines and Threads',
    description: 'Whoever comes there.',
    appliesTo: ['source', 'instruction', 'data'],
  },
  {
    mode: 'goroutine',
    label: 'This Goroutine Only',
    description:
      'The goroutine that stands at a stop when the breakpoint is set, else the first that comes there. Of programs that are not Go, the thread.',
    appliesTo: ['source', 'instruction', 'data'],
  },
  {
    mode: 'thread',
    label: 'This Thread Only',
    description:
      'The thread of Linux that stands at a stop when the breakpoint is set, else the first that comes there, whichever goroutine it runs.',
    appliesTo: ['source', 'instruction', 'data'],
  },
];

/** The goroutine or the thread that stands here, if the program stands. */
export function routineHere(session: Session, mode: OnlyMode): string | undefined {
  const task = session.phase === 'stopped' ? session.stop?.task : undefined;
  return task === undefined || !session.target ? undefined : routineOf(session.target, task, mode);
}

/** Identity of what runs: the goroutine by its number, elsewhere the thread. */
export function routineOf(target: Target, task: TaskId, mode: OnlyMode): string {
  const goroutine = mode === 'goroutine' ? servedBy(target, task) : undefined;
  return goroutine ? `g${goroutine.id}` : `t${task}`;
}
