/**
 * The calls whose text does not follow from their row alone: arguments that appear only with certain flags, words that
 * another argument explains, results with a comment. Everything else is printed from the row by format.ts.
 */
import type { SyscallName } from '../abi/syscalls.ts';
import { FILE_CALLS } from './calls/files.ts';
import { IO_CALLS } from './calls/io.ts';
import { MEMORY_CALLS } from './calls/memory.ts';
import { NETWORK_CALLS } from './calls/network.ts';
import { RARE_CALLS } from './calls/rare.ts';
import { SYSTEM_CALLS } from './calls/system.ts';
import { TASK_CALLS } from './calls/tasks.ts';
import { WAITING_CALLS } from './calls/waiting.ts';
import type { CallContext, Part } from './context.ts';

/** What is printed before the call, and whether arguments follow after it. */
export interface Entered {
  readonly parts: readonly Part[];
  readonly more: boolean;
  /** A number that the exit needs: a length before the call changes it. */
  readonly saved?: number;
}

export interface CallPrinter {
  /** Without it: the row's arguments up to the first that the call writes. */
  enter?(c: CallContext): Entered;
  /** The arguments that `enter` left. Without it: the row's. */
  exit?(c: CallContext): readonly Part[];
  /**
   * How the first argument of `exit` follows: after the ", " that was written at enter (the default), with a ", " of
   * its own, or as the end of the last argument of `enter`.
   */
  joined?: 'early' | 'late' | 'glued';
  /** Replaces the text behind "= " of a call that did not fail. */
  result?(c: CallContext): string | undefined;
}

export const CALL_PRINTERS: { readonly [N in SyscallName]?: CallPrinter } = {
  ...FILE_CALLS,
  ...IO_CALLS,
  ...MEMORY_CALLS,
  ...TASK_CALLS,
  ...WAITING_CALLS,
  ...NETWORK_CALLS,
  ...SYSTEM_CALLS,
  ...RARE_CALLS,
};
