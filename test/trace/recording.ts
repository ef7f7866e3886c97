/** What strace said of the programs, kept for machines without it: recorded.json.gz. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { gunzipSync, gzipSync } from 'node:zlib';
import { type Extent, type Stable, stableLines, tasksOf } from '../../scripts/compare-strace.ts';

export interface Recording {
  /** Executable and libraries: for others it says nothing. */
  fingerprint: string;
  /** Name of the machine it was made on, which programs may print. */
  host: string;
  /** Lines that native runs have in common, task by task. */
  tasks: Stable[];
}

const file = new URL('programs/recorded.json.gz', import.meta.url);

export const readRecordings = (): Record<string, Recording> =>
  existsSync(file) ? JSON.parse(gunzipSync(readFileSync(file)).toString()) : {};

export const writeRecordings = (all: Record<string, Recording>): void =>
  writeFileSync(file, gzipSync(JSON.stringify(all), { level: 9 }));

/** What several native runs of a program have in common. */
export function inCommon(runs: readonly (readonly string[])[], extent: Extent): Stable[] {
  const tasks = runs.map(lines => tasksOf(lines, extent));
  return Array.from({ length: Math.max(...tasks.map(({ length }) => length)) }, (_, i) =>
    stableLines(tasks.map(run => run[i] ?? [])),
  );
}
