/** `ring3 trace`: the program, with its syscalls printed as strace prints them. */
import type { OptionRow, Parsed } from './options.ts';

export const TRACE_OPTIONS: Readonly<Record<string, OptionRow>> = {};

export async function trace(_options: Parsed, _words: readonly string[]): Promise<number> {
  throw new Error('not there yet');
}
