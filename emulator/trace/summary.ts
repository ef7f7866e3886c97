/** The table of `-c`: calls, errors and time by call, laid out as strace lays it out. */

export const SUMMARY_KEYS = ['time', 'calls', 'errors', 'name', 'avg-time', 'nothing'] as const;
export type SummaryKey = (typeof SUMMARY_KEYS)[number];

interface Counts {
  calls: number;
  errors: number;
  /** Nanoseconds. */
  time: bigint;
}

export type Summary = Map<string, Counts>;

export function countCall(summary: Summary, name: string, failed: boolean, time: bigint): void {
  const counts = summary.get(name) ?? { calls: 0, errors: 0, time: 0n };
  counts.calls++;
  if (failed) counts.errors++;
  counts.time += time;
  summary.set(name, counts);
}

const ORDER: Readonly<Record<SummaryKey, (a: [string, Counts], b: [string, Counts]) => number>> = {
  time: ([, a], [, b]) => Number(b.time - a.time),
  calls: ([, a], [, b]) => b.calls - a.calls,
  errors: ([, a], [, b]) => b.errors - a.errors,
  name: ([a], [b]) => (a < b ? -1 : 1),
  'avg-time': ([, a], [, b]) => Number(b.time) / b.calls - Number(a.time) / a.calls,
  nothing: () => 0,
};

const RULE = '------ ----------- ----------- --------- --------- ----------------';

const row = (share: string, counts: Counts, name: string): string => {
  const seconds = (Number(counts.time) / 1e9).toFixed(6);
  const average = counts.calls === 0 ? 0 : Math.trunc(Number(counts.time) / 1000 / counts.calls);
  const errors = counts.errors === 0 ? '' : String(counts.errors);
  return `${share.padStart(6)} ${seconds.padStart(11)} ${String(average).padStart(11)} ${String(counts.calls).padStart(9)} ${errors.padStart(9)} ${name}`;
};

/** The table, with a newline at the end; empty when there was no call. */
export function formatSummary(summary: Summary, sortBy: SummaryKey): string {
  if (summary.size === 0) return '';
  const total: Counts = { calls: 0, errors: 0, time: 0n };
  for (const counts of summary.values()) {
    total.calls += counts.calls;
    total.errors += counts.errors;
    total.time += counts.time;
  }
  const share = (time: bigint): string =>
    (total.time === 0n ? 0 : (Number(time) * 100) / Number(total.time)).toFixed(2);
  const sorted = [...summary].sort(ORDER[sortBy]);
  return `${[
    '% time     seconds  usecs/call     calls    errors syscall',
    RULE,
    ...sorted.map(([name, counts]) => row(share(counts.time), counts, name)),
    RULE,
    row('100.00', total, 'total'),
  ].join('\n')}\n`;
}
