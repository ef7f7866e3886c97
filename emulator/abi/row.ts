/**
 * One row per syscall: number on each architecture, named and typed arguments in register order, one sentence, the
 * classes that `-e trace=%class` selects it by, and what its result is. Everything that knows a syscall reads these
 * rows: the kernel's handler table gets its types from them, traces and the debugger their text, the pickers their
 * sentences.
 */
import type { Value } from './types.ts';

/** The classes of strace(1), without their "%". */
export type SyscallClass =
  | 'desc'
  | 'file'
  | 'memory'
  | 'process'
  | 'signal'
  | 'ipc'
  | 'network'
  | 'stat'
  | 'lstat'
  | 'fstat'
  | 'stat-like'
  | 'statfs'
  | 'fstatfs'
  | 'statfs-like'
  | 'pure'
  | 'creds'
  | 'clock';

/** What a result of 0 or more is; `none`: the call does not return or cannot fail. */
export type ResultKind = 'number' | 'fd' | 'address' | 'pid' | 'hex' | 'octal' | 'none';

export type ArgumentRow = Readonly<Record<string, Value>>;

export interface SyscallRow<A extends ArgumentRow = ArgumentRow> {
  readonly amd64?: number;
  readonly arm64?: number;
  /** In register order. */
  readonly args: A;
  readonly sentence: string;
  readonly classes: readonly SyscallClass[];
  readonly result: ResultKind;
}

export const sys = <A extends ArgumentRow>(
  numbers: { readonly amd64?: number; readonly arm64?: number },
  args: A,
  sentence: string,
  classes: readonly SyscallClass[] = [],
  result: ResultKind = 'number',
): SyscallRow<A> => ({ ...numbers, args, sentence, classes, result });
