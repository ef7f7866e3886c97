/**
 * Options as rows: the parser, `--help` and the error messages read the same table. Parsing ends at the first word that is
 * no option, because everything behind PROGRAM belongs to the program.
 */
import { nearest } from '../debug-adapter/schema.ts';

export type CommandName = 'run' | 'trace' | 'dap' | 'objdump' | 'asmcheck' | 'bench';

export interface OptionRow {
  /** "--seed", "-o"; the first one names the option in the result. */
  readonly flags: readonly string[];
  /** What follows it, as the help writes it; undefined: a switch. */
  readonly value?: string;
  /** May come several times; the result is then a list. */
  readonly many?: true;
  /** A switch that counts: -f, -ff. */
  readonly counts?: true;
  readonly sentence: string;
  readonly commands: readonly CommandName[];
}

const RUN = ['run', 'trace'] as const;

export const OPTIONS = {
  mount: {
    flags: ['--mount'],
    value: 'HOST[:GUEST][:ro|cow|rw]',
    many: true,
    sentence: 'show a host folder to the program; cow (default) keeps writes inside Ring 3',
    commands: RUN,
  },
  cwd: { flags: ['--cwd'], value: 'DIR', sentence: 'working directory of the program', commands: RUN },
  env: {
    flags: ['--env'],
    value: "K=V|'*'",
    many: true,
    sentence: "set an environment variable; '*' passes the whole environment on",
    commands: RUN,
  },
  stdin: { flags: ['--stdin'], value: 'FILE', sentence: 'what the program reads as standard input', commands: RUN },
  cpu: {
    flags: ['--cpu'],
    value: 'x86-64-v2|x86-64-v3',
    sentence: 'the processor that CPUID describes',
    commands: RUN,
  },
  cpus: { flags: ['--cpus'], value: 'N', sentence: 'processors the program believes it has', commands: RUN },
  memory: { flags: ['--memory'], value: 'SIZE', sentence: 'most memory the program may use (512M, 2G)', commands: RUN },
  clock: {
    flags: ['--clock'],
    value: 'virtual|real',
    sentence: 'time by instructions executed (reproducible), or the real one',
    commands: RUN,
  },
  seed: {
    flags: ['--seed'],
    value: 'N',
    sentence: 'seed of everything random, scheduling included (default 1); the clock then starts at 2026-01-01',
    commands: RUN,
  },
  repeat: {
    flags: ['--repeat'],
    value: 'N',
    sentence: 'run N times, with seeds counted up from --seed; input comes from --stdin only',
    commands: ['run'],
  },
  untilFail: {
    flags: ['--until-fail'],
    sentence: 'with --repeat: end at the first run that fails, and show the output of that one only',
    commands: ['run'],
  },
  uid: { flags: ['--uid'], value: 'N', sentence: 'user and group id of the program (default 1000)', commands: RUN },
  hostname: {
    flags: ['--hostname'],
    value: 'NAME',
    sentence: 'the host name the program sees (default ring3)',
    commands: RUN,
  },
  maxInstructions: {
    flags: ['--max-instructions'],
    value: 'N',
    sentence: 'give up after N instructions (exit code 125)',
    commands: RUN,
  },
  timeout: { flags: ['--timeout'], value: 'S', sentence: 'give up after S seconds (exit code 125)', commands: RUN },
  stats: { flags: ['--stats'], sentence: 'print a line of JSON with figures of the run to stderr', commands: RUN },

  summary: {
    flags: ['--json'],
    sentence: 'say how it ended, with the seeds that failed, as a line of JSON on stderr',
    commands: ['run'],
  },

  port: {
    flags: ['--port'],
    value: 'N',
    sentence: 'listen on the loopback instead of speaking on stdio (0: any port)',
    commands: ['dap'],
  },

  syntax: {
    flags: ['--syntax'],
    value: 'go|intel|gnu',
    sentence: 'how assembly is written (default go)',
    commands: ['objdump'],
  },
  symbols: {
    flags: ['-s', '--symbols'],
    value: 'REGEXP',
    sentence: 'only functions whose name matches',
    commands: ['objdump'],
  },

  json: { flags: ['--json'], sentence: 'print everything measured as JSON', commands: ['bench'] },
  markdown: { flags: ['--markdown'], sentence: 'print the table as the README shows it', commands: ['bench'] },
  only: {
    flags: ['--only'],
    value: 'REGEXP',
    sentence: 'only programs whose name matches; "engine" and "assembly" for what is no program',
    commands: ['bench'],
  },
  runs: { flags: ['--runs'], value: 'N', sentence: 'the best of N runs (default 3)', commands: ['bench'] },
  quick: { flags: ['--quick'], sentence: 'little work: whether it works, not how fast', commands: ['bench'] },

  help: {
    flags: ['-h', '--help'],
    sentence: 'print this',
    commands: ['run', 'trace', 'dap', 'objdump', 'asmcheck', 'bench'],
  },
} as const satisfies Record<string, OptionRow>;

/** By the option's key: true for a switch, text for a value, a list for options that repeat, a number for counts. */
export type Parsed = { readonly [key: string]: string | string[] | true | number | undefined };

/** Something wrong with the command line; the message says what and what to do. */
export class UsageError extends Error {}

/** Splits the words of a command into its options and the rest. Throws UsageError. */
export function parseOptions(
  rows: Readonly<Record<string, OptionRow>>,
  command: CommandName,
  words: readonly string[],
): { options: Parsed; rest: string[] } {
  const options: Record<string, string | string[] | true | number> = {};
  const known = Object.entries(rows).filter(([, row]) => row.commands.includes(command));
  const find = (flag: string) => known.find(([, row]) => row.flags.includes(flag));
  const take = (key: string, row: OptionRow, value: string) => {
    if (row.many) options[key] = [...((options[key] as string[] | undefined) ?? []), value];
    else options[key] = value;
  };
  let at = 0;
  const queue = [...words];
  for (; at < queue.length; at++) {
    const word = queue[at];
    if (word === '--') {
      at++;
      break;
    }
    if (!word.startsWith('-') || word === '-') break;
    const [flag, attached] = split(word, find);
    const found = find(flag);
    if (!found)
      throw new UsageError(
        unknownOption(
          command,
          flag,
          known.flatMap(([, row]) => row.flags),
        ),
      );
    const [key, row] = found;
    if (row.value === undefined) {
      if (attached !== undefined) {
        if (flag.startsWith('--')) throw new UsageError(`${flag} takes no value`);
        // Switches of one letter may stand together: -ff, -fy.
        queue[at--] = `-${attached}`;
      }
      options[key] = row.counts ? ((options[key] as number | undefined) ?? 0) + 1 : true;
      continue;
    }
    const value = attached ?? queue[++at];
    if (value === undefined) throw new UsageError(`${flag} needs a value: ${flag} ${row.value}`);
    take(key, row, value);
  }
  return { options, rest: queue.slice(at) };
}

/** `--seed=1` and `-ofile` carry their value with them. */
function split(word: string, find: (flag: string) => unknown): [string, string | undefined] {
  if (word.startsWith('--')) {
    const at = word.indexOf('=');
    return at < 0 ? [word, undefined] : [word.slice(0, at), word.slice(at + 1)];
  }
  if (find(word)) return [word, undefined];
  return word.length > 2 ? [word.slice(0, 2), word.slice(2)] : [word, undefined];
}

function unknownOption(command: string, flag: string, flags: string[]): string {
  const near = nearest(flag, flags);
  return `ring3 ${command} has no option ${flag}${near ? `; did you mean ${near}?` : ''} (ring3 ${command} --help lists them)`;
}

/** The options of a command, one a line. */
export function optionHelp(rows: Readonly<Record<string, OptionRow>>, command: CommandName): string {
  return Object.values(rows)
    .filter(row => row.commands.includes(command))
    .map(row => {
      const left = `  ${row.flags.join(', ')}${row.value ? ` ${row.value}` : ''}`;
      return left.length < 34 ? `${left.padEnd(34)}${row.sentence}` : `${left}\n${' '.repeat(34)}${row.sentence}`;
    })
    .join('\n');
}

/** The words of a command line that mean these options, in the order of the rows. */
export function wordsOf(rows: Readonly<Record<string, OptionRow>>, options: Parsed): string[] {
  return Object.entries(rows).flatMap(
    ([
      key,
      {
        flags: [flag],
      },
    ]) => {
      const value = options[key];
      if (value === undefined) return [];
      if (value === true) return [flag];
      if (typeof value === 'number') return Array.from({ length: value }, () => flag);
      return (typeof value === 'string' ? [value] : value).flatMap(text => [flag, text]);
    },
  );
}

/** A whole number option. Throws UsageError. */
export function integerOption(options: Parsed, key: string, flag: string, least: number): number | undefined {
  const text = options[key];
  if (text === undefined) return undefined;
  const value = typeof text === 'string' && /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value) || value < least)
    throw new UsageError(`${flag} needs a whole number from ${least} up, not ${String(text)}`);
  return value;
}

/** One of a few words. Throws UsageError. */
export function choiceOption<T extends string>(
  options: Parsed,
  key: string,
  flag: string,
  choices: readonly T[],
): T | undefined {
  const text = options[key];
  if (text === undefined) return undefined;
  if (!(choices as readonly string[]).includes(String(text)))
    throw new UsageError(`${flag} is ${choices.join(' or ')}, not ${String(text)}`);
  return text as T;
}
