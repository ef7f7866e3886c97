/**
 * What a trace shall look like, and strace's options that say so. A command line hands over each option as a flag and
 * its value; the rows below are also its help.
 */

import type { Injection } from '../abi/injection.ts';
import type { Column, SyscallName } from '../abi/syscalls.ts';
import { DEFAULT_FORMAT, type FormatOptions } from './context.ts';
import { injection, type Status, signalSet, statusSet, syscallSet, TraceOptionError } from './filter.ts';
import { SUMMARY_KEYS, type SummaryKey } from './summary.ts';

export interface TraceSettings {
  format: FormatOptions;
  /** -f: tasks that the program makes are traced too. Without it only the first one. */
  follow: boolean;
  /** -o: lines start with "PID " instead of "[pid PID] ". */
  toFile: boolean;
  /** -e trace=: undefined is all. */
  calls?: ReadonlySet<SyscallName>;
  /** -e signal= */
  signals?: ReadonlySet<number>;
  /** -z, -Z, -e status= */
  statuses?: ReadonlySet<Status>;
  /** -e inject=, -e fault= */
  injections: Injection[];
  /** -P: only calls on these paths. */
  paths: string[];
  /** -c: a table instead of lines; -C: both. */
  summary: 'none' | 'only' | 'and-lines';
  sortBy: SummaryKey;
  /** -t, -tt, -ttt: seconds of the day, with microseconds, since 1970. */
  time: 'none' | 'seconds' | 'microseconds' | 'epoch';
  /** -r: time since the line before. */
  relative: boolean;
  /** -T: time spent in the call. */
  duration: boolean;
  /** -i: the address behind the syscall instruction. */
  instructionPointer: boolean;
  /** -n: the number. */
  numbers: boolean;
  /** -a: the column of "=". */
  column: number;
  /** -q: no messages about tasks; -qq: no exits. */
  quiet: number;
  /** -y: descriptors with what they stand for. */
  describeFds: boolean;
  /** One JSON object a line. */
  json: boolean;
}

export const defaultSettings = (column: Column = 'amd64'): TraceSettings => ({
  format: { ...DEFAULT_FORMAT, column },
  follow: false,
  toFile: false,
  injections: [],
  paths: [],
  summary: 'none',
  sortBy: 'time',
  time: 'none',
  relative: false,
  duration: false,
  instructionPointer: false,
  numbers: false,
  column: 40,
  quiet: 0,
  describeFds: false,
  json: false,
});

export interface TraceOptionRow {
  readonly flag: string;
  /** What follows it, as a help text writes it; undefined: a switch. Switches may be repeated (-tt, -xx). */
  readonly value?: string;
  readonly sentence: string;
}

/** Options that `applyTraceOption` understands. `-o FILE` is the caller's: it opens the file and sets `toFile`. */
export const TRACE_OPTION_ROWS: readonly TraceOptionRow[] = [
  { flag: '-f', sentence: 'follow threads and child processes' },
  { flag: '-c', sentence: 'count calls, time and errors instead of printing lines' },
  { flag: '-C', sentence: 'like -c, and print the lines too' },
  { flag: '-S', value: 'KEY', sentence: `sort the table of -c by ${SUMMARY_KEYS.join(', ')}` },
  {
    flag: '-e',
    value: 'EXPR',
    sentence:
      'trace=SET, signal=SET, status=SET, or a set of calls: names, %class, /regex, !SET; ' +
      'inject=SET:error=E|retval=N:signal=S:when=FIRST..LAST+STEP tampers with calls, fault=SET makes them fail',
  },
  { flag: '-P', value: 'PATH', sentence: 'only calls on this path' },
  { flag: '-y', sentence: 'show what descriptors stand for' },
  { flag: '-t', sentence: 'time of day; -tt with microseconds, -ttt since 1970' },
  { flag: '-r', sentence: 'time since the line before' },
  { flag: '-T', sentence: 'time spent in the call' },
  { flag: '-s', value: 'N', sentence: 'show at most N characters of a string (default 32)' },
  { flag: '-v', sentence: 'structures in full' },
  { flag: '-x', sentence: 'strings that are not text in hexadecimal; -xx all strings' },
  { flag: '-n', sentence: 'the number of the call' },
  { flag: '-i', sentence: 'the instruction pointer' },
  { flag: '-z', sentence: 'only calls that succeed' },
  { flag: '-Z', sentence: 'only calls that fail' },
  { flag: '-a', value: 'N', sentence: 'the column of the result (default 40)' },
  { flag: '-q', sentence: 'no messages about threads; -qq no exits either' },
  { flag: '-k', sentence: 'not supported: stop at the call in the debugger to see its stack' },
  { flag: '--json', sentence: 'one JSON object a line, with named arguments' },
];

const TIMES = ['none', 'seconds', 'microseconds', 'epoch'] as const;

function count(flag: string, value: string): number {
  if (!/^\d+$/.test(value) || Number(value) > 1 << 26)
    throw new TraceOptionError(`invalid ${flag} argument: '${value}'`);
  return Number(value);
}

/** `-e`: a qualifier and its set; without a qualifier, calls. */
function applyExpression(settings: TraceSettings, expression: string): string | undefined {
  const found = /^(\w+)=(.*)$/s.exec(expression);
  const [qualifier, set] = found ? [found[1], found[2]] : ['trace', expression];
  const { column } = settings.format;
  switch (qualifier) {
    case 't':
    case 'trace':
      settings.calls = syscallSet(set, column);
      return undefined;
    case 's':
    case 'signal':
    case 'signals':
      settings.signals = signalSet(set);
      return undefined;
    case 'status':
      settings.statuses = statusSet(set);
      return undefined;
    case 'q':
    case 'quiet':
    case 'silent':
      settings.quiet = set === 'none' ? 0 : /exit|all/.test(set) ? 2 : 1;
      return undefined;
    case 'v':
    case 'verbose':
      settings.format.verbose = set !== 'none';
      return undefined;
    case 'decode-fds':
      settings.describeFds = set !== 'none';
      return undefined;
    case 'inject':
    case 'fault':
      settings.injections.push(injection(qualifier, set, column));
      return undefined;
    case 'a':
    case 'abbrev':
    case 'raw':
    case 'x':
    case 'read':
    case 'reads':
    case 'write':
    case 'writes':
    case 'kvm':
      throw new TraceOptionError(`-e ${qualifier}=… is not supported`);
    default:
      throw new TraceOptionError(`invalid system call '${qualifier}=${set}'`);
  }
}

/**
 * Applies one option. Returns a sentence for the user when the option is accepted but does nothing; throws
 * TraceOptionError for one that is wrong.
 */
export function applyTraceOption(settings: TraceSettings, flag: string, value = ''): string | undefined {
  const { format } = settings;
  switch (flag) {
    case '-f':
    case '-ff':
      settings.follow = true;
      return undefined;
    case '-c':
      settings.summary = 'only';
      return undefined;
    case '-C':
      settings.summary = 'and-lines';
      return undefined;
    case '-S':
      if (!(SUMMARY_KEYS as readonly string[]).includes(value))
        throw new TraceOptionError(`invalid sortby: '${value}'`);
      settings.sortBy = value as SummaryKey;
      return undefined;
    case '-e':
      return applyExpression(settings, value);
    case '-P':
      settings.paths.push(value);
      return undefined;
    case '-y':
    case '-yy':
      settings.describeFds = true;
      return undefined;
    case '-t':
      settings.time = TIMES[Math.min(TIMES.indexOf(settings.time) + 1, 3)];
      return undefined;
    case '-tt':
      settings.time = 'microseconds';
      return undefined;
    case '-ttt':
      settings.time = 'epoch';
      return undefined;
    case '-r':
      settings.relative = true;
      return undefined;
    case '-T':
      settings.duration = true;
      return undefined;
    case '-s':
      format.stringLimit = count(flag, value);
      return undefined;
    case '-v':
      format.verbose = true;
      return undefined;
    case '-x':
      format.quoting = format.quoting === 'escapes' ? 'hex-if-needed' : 'hex';
      return undefined;
    case '-xx':
      format.quoting = 'hex';
      return undefined;
    case '-n':
      settings.numbers = true;
      return undefined;
    case '-i':
      settings.instructionPointer = true;
      return undefined;
    case '-z':
      settings.statuses = new Set(['successful']);
      return undefined;
    case '-Z':
      settings.statuses = new Set(['failed']);
      return undefined;
    case '-a':
      settings.column = count(flag, value);
      return undefined;
    case '-q':
    case '-qq':
    case '-qqq':
      settings.quiet += flag.length - 1;
      return undefined;
    case '-k':
      return '-k is ignored: to see the stack of a call, stop at it in the debugger';
    case '--json':
      settings.json = true;
      return undefined;
    default:
      throw new TraceOptionError(`unknown option ${flag}`);
  }
}
