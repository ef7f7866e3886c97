/** A Go program built for a newer processor ends at once with a sentence of its runtime; this one says what to do. */
import type { Program } from '../emulator/symbols/program.ts';

const LEVELS = ['v1', 'v2', 'v3', 'v4'];

/**
 * What is to be done about a program whose GOAMD64 is above the processor's profile; undefined when it is not. Go wrote
 * the level into the file (`go version -m` shows it) from 1.18 on.
 */
export function levelProblem(program: Program | undefined, cpu: string): string | undefined {
  const level = program?.buildInfo?.settings.get('GOAMD64');
  const offered = cpu.replace(/^x86-64-/, '');
  if (level === undefined || LEVELS.indexOf(level) <= LEVELS.indexOf(offered)) return undefined;
  return `the program was built with GOAMD64=${level}, and the processor it got is an x86-64-${offered}: build it with GOAMD64=${offered} or v1`;
}
