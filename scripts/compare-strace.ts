/**
 * Compares Ring 3's trace with real strace's, line by line, up to the first clone: the part that does not depend on
 * scheduling. Only what differs between two machines is normalised: addresses, process ids, the number of environment
 * variables, the CPU mask, resource limits, and what files of /proc and /sys contain. Missing and extra lines count.
 *
 * What such a file contains also decides how many reads it takes, and where the cgroup hierarchy is mounted: Go's runtime
 * opens two files of a version 1 hierarchy where version 2 has one. So reads of such files in a row count as one, and so
 * do opens below /sys/fs/cgroup.
 *
 *   npx tsx scripts/compare-strace.ts PROGRAM [ARG…] [--with RECORDED]
 *   npx tsx scripts/compare-strace.ts            (all samples)
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Calls whose arguments may be process or thread ids; FUTEX_WAIT waits for a thread's to go. */
const TAKES_PID =
  /^(?:<\.\.\. )?(?:kill|t?g?kill|wait4|waitid|[gs]etpgid|getsid|futex|pidfd_open|prlimit64|sched_\w+|kcmp|process_vm_\w+|rt_t?g?sigqueueinfo)\b/;
/** Calls whose result is one. */
const GIVES_PID =
  /^(?:<\.\.\. )?(?:clone3?|v?fork|getpid|gettid|getppid|getpgid|getpgrp|getsid|set_tid_address|wait4|setsid|rt_sigreturn)\b/;

const ADDRESS = /\b0x[0-9a-f]{5,16}\b/g;

/** How many of these there are, and whether they are there, is the machine's affair. */
const CGROUP_FILE = 'openat(AT_FDCWD, CGROUP_FILE) = FD';

/** Descriptors that are open on files of /proc or /sys, as the lines are read. */
class HostFiles {
  readonly #open = new Set<string>();
  readonly #cgroups = new Set<string>();

  /** Hides contents and lengths of such files, which describe the machine. */
  hide(line: string): string {
    const opened = /^open(?:at)?\((?:AT_FDCWD, )?"\/(?:proc\/|sys\/|dev\/u?random).* = (\d+)$/.exec(line);
    if (opened) this.#open.add(opened[1]);
    if (/"\/sys\/fs\/cgroup\//.test(line)) {
      if (opened) this.#cgroups.add(opened[1]);
      return CGROUP_FILE;
    }
    const closed = /^close\((\d+)\)/.exec(line);
    if (closed) this.#open.delete(closed[1]);
    if (closed && this.#cgroups.delete(closed[1])) return '';
    const read = /^(p?read(?:64)?)\((\d+), .*, (\d+)(, \d+)?\)\s*= \d+$/.exec(line);
    if (read && this.#open.has(read[2])) return `${read[1]}(${read[2]}, CONTENTS, SIZE${read[4] ?? ''}) = LENGTH`;
    return line;
  }
}

/** Calls whose answers are times, loads and sizes of the machine they run on. */
const MEASURES =
  /^(?:clock_gettime|clock_getres|gettimeofday|times?|sysinfo|getrusage|f?statfs|getrandom|getitimer|clock_adjtime|adjtimex)\(/;

/** A trace's lines without what differs from machine to machine. `PID ` prefixes of -f go, too. */
export function normalise(lines: readonly string[], known: ReadonlyMap<string, string> = new Map()): string[] {
  return repeatsOnce(hideEach(lines, known));
}

/** What files of /proc and /sys contain decides how often they are read. */
const repeatsOnce = (normal: readonly string[]): string[] =>
  normal.filter(
    (line, i) => line !== '' && !(line === normal[i - 1] && /CGROUP_FILE|CONTENTS, .* = LENGTH$/.test(line)),
  );

/** Line by line; `known` are process ids that have a name already. */
function hideEach(lines: readonly string[], given: ReadonlyMap<string, string>): string[] {
  const pids = new Map(given);
  const files = new HostFiles();
  const pid = (found: string): string => {
    const known = pids.get(found) ?? `PID${pids.size + 1}`;
    pids.set(found, known);
    return known;
  };
  return lines.map(given => {
    const prefix = /^(?:\[pid\s+(\d+)\]|(\d+))\s+(?=\S)/.exec(given);
    let line = given;
    if (prefix) {
      pid(prefix[1] ?? prefix[2]);
      line = given.slice(prefix[0].length);
    }
    line = files.hide(line);
    // Whoever started the program has an id that means nothing.
    const outside = /^((?:getppid|getsid|getpgrp|getpgid)\(.*= )(\d+)$/.exec(line);
    if (outside && !pids.has(outside[2])) {
      if (outside[2] !== '1') pids.set(outside[2], 'OUTSIDE');
      line = `${outside[1]}OUTSIDE`;
    }
    const made = /^(?:clone3?|v?fork|getpid|gettid|set_tid_address)\(.*= (\d+)$/.exec(line);
    if (made) pid(made[1]);
    line = line
      .replace(/\s+= /, ' = ')
      .replace(/\/\* \d+ vars? \*\//, '/* N vars */')
      .replace(/^(sched_getaffinity\(\d+, \d+, )\[[\d ]*\]\) = \d+/, '$1[CPUS]) = N')
      .replace(/rlim_(cur|max)=[^,}]+/g, 'rlim_$1=LIMIT')
      .replace(ADDRESS, 'ADDRESS');
    const named = (text: string): string => pids.get(text) ?? text;
    if (TAKES_PID.test(line)) line = line.replace(/(?<=[(, ]-?)\d+(?=[,) ])/g, named);
    if (GIVES_PID.test(line)) line = line.replace(/(?<= = )\d+$/, named);
    // In the machine, whoever started the program has the number 1.
    line = line.replace(/^(kill|rt_sigqueueinfo)\(1,/, '$1(OUTSIDE,');
    // Calls that strace 6.1 does not know yet.
    line = line.replace(/^(?:syscall_0x1c4|fchmodat2)\(.*\)/, 'fchmodat2(…)');
    if (MEASURES.test(line)) line = line.replace(/\(.*\)/, hideMeasures);
    return (
      line
        .replace(/(?<=\b(?:si_pid|pid|parent_tid|pidfd)=\[?)\d+/g, named)
        .replace(/htons\((?:3[2-9]|[456]\d)\d{3}\)/g, 'htons(EPHEMERAL)')
        .replace(/\{ru_utime=.*\}/, 'RUSAGE')
        .replace(/(?<=si_[us]time=)\d+(?: \/\* [\d.]+ s \*\/)?/g, 'TIME')
        .replace(/\{tv_sec=1[6-9]\d{8}, tv_[nu]sec=\d+\}(?: \/\* [\dT:.+-]+ \*\/)?/g, 'NOW')
        // What was left when a signal came.
        .replace(/^(\w*nanosleep\(.*, )\{tv_sec=\d+, tv_nsec=\d+\}(?=\) = \? ERESTART)/, '$1LEFT')
        // Newer kernels leave out times that were not asked for (multigrain timestamps, 6.13).
        .replace(
          /STATX_TYPE\|STATX_MODE\|STATX_NLINK\|STATX_UID\|STATX_GID\|STATX_ATIME\|STATX_INO\|STATX_SIZE\|STATX_BLOCKS/,
          'STATX_BASIC_STATS',
        )
        // Pointers of Go's runtime with a counter, and names that are drawn.
        .replace(/data=\{u32=\d+, u64=\d{12,}\}/, 'data=POINTER')
        .replace(/@"[0-9a-f]{5}"/, '@AUTOBOUND')
        .replace(/(?<=\/ring3-(?:side|built)-)\w{1,6}/g, 'X')
        .replace(/(?<="\.\/sed)\w{6}(?=")/, 'XXXXXX')
        .replace(/(?<=stx?_mode=S_IFDIR\|[\w|]+, stx?_size=)\d+/, 'SIZE')
    );
  });
}

const hideMeasures = (text: string): string =>
  text
    .replace(/"(?:[^"\\]|\\.)*"\.{0,3}/, 'BYTES')
    .replace(/(?<=[=[{ ])(?:\d+|0x[0-9a-f]+|ADDRESS)(?=[,}\]])/g, 'N')
    .replace(/f_type=\w+/, 'f_type=FS')
    .replace(/f_flags=[\w|]+/, 'f_flags=FLAGS');

/** What a task said, as if nobody had spoken in between: cut lines are put together where they began. */
interface Said {
  task: string;
  line: string;
}

export function joinLines(lines: readonly string[]): Said[] {
  const said: Said[] = [];
  const open = new Map<string, Said>();
  for (const given of lines) {
    const [, task, text] = /^(\d+) +(.*)$/.exec(given) ?? ['', '', given];
    const begun = / <unfinished \.\.\.>$/.exec(text);
    const resumed = /^<\.\.\. \w+ resumed>/.exec(text);
    const waiting = open.get(task);
    if (resumed && waiting) {
      waiting.line += text.slice(resumed[0].length);
      open.delete(task);
      continue;
    }
    const one = { task, line: begun ? text.slice(0, begun.index) : text };
    if (begun) open.set(task, one);
    said.push(one);
  }
  return said;
}

/**
 * What a Go program's runtime does for itself behind the first clone: how often depends on how the time falls. What
 * remains is what the program asked for, in one order, whichever thread did it.
 */
const RUNTIME =
  /^(?:futex|madvise|mmap|munmap|mprotect|nanosleep|sched_\w+|epoll_p?wait\d?|rt_sig\w+|sigaltstack|gettid|getpid|tgkill|clone3?|restart_syscall|exit|exit_group|timer_\w+|setitimer|prctl|arch_prctl|mincore|set_robust_list|rseq|brk)\(|^--- SIGURG|^\+\+\+ exited/;

const isChildEnd = (line: string): boolean => line.startsWith('--- SIGCHLD ');

/** That a child has ended is told whenever it has: the lines about that stand last, in their own order. */
const endsLast = (lines: readonly string[]): string[] => [
  ...lines.filter(line => !isChildEnd(line)),
  ...lines.filter(isChildEnd).sort(),
];

/** How much of two traces can be alike: every line of each task, or what a Go program asks for. */
export type Extent = 'whole' | 'go';

/** A whole run's lines, task by task in the order of their ids; of `go` before the first clone, behind it, child processes. */
export function tasksOf(lines: readonly string[], extent: Extent): string[][] {
  const said = joinLines(lines);
  const ids = [...new Set(said.map(({ task }) => task))].sort((a, b) => Number(a) - Number(b));
  const names = new Map(ids.map((id, i) => [id, `PID${i + 1}`]));
  const hidden = hideEach(
    said.map(({ line }) => line),
    names,
  );
  // How many threads Go's runtime has by then, nobody knows.
  const texts = extent === 'go' ? hidden.map(line => line.replace(/PID\d+/g, 'PID')) : hidden;
  if (extent === 'whole') return ids.map(id => endsLast(repeatsOnce(texts.filter((_, i) => said[i].task === id))));
  // A thread that became another program is a process of its own.
  const started = (i: number): boolean => texts[i].startsWith('execve(') && i > 0;
  const children = new Set(said.filter((_, i) => started(i)).map(({ task }) => task));
  const own = texts.filter((_, i) => !children.has(said[i].task));
  const first = own.findIndex(line => /^(?:clone3?|v?fork)\(/.test(line));
  const before = first < 0 ? own : own.slice(0, first);
  const after = first < 0 ? [] : own.slice(first);
  const asked = (lines: readonly string[]): string[] => repeatsOnce(lines.filter(line => !RUNTIME.test(line)));
  return [
    repeatsOnce(before),
    endsLast(asked(after)),
    ...[...children].map(task => endsLast(asked(texts.filter((_, i) => said[i].task === task)))),
  ];
}

/** What several native runs have in common, and how many lines stood before each of those lines, and after the last. */
export interface Stable {
  lines: string[];
  between: number[];
}

/**
 * What differs from one native run to the next, the machine cannot be expected to print: which thread was first, how
 * much of a stream had arrived, what lay on the stack. The lines that all runs have stay, in order.
 */
export function stableLines(runs: readonly (readonly string[])[]): Stable {
  const lines = runs
    .slice(1)
    .reduce<string[]>((common, run) => alignment(common, run).map(([i]) => common[i]), [...runs[0]]);
  const between = Array.from({ length: lines.length + 1 }, () => 0);
  for (const run of runs) {
    let [at, gap] = [0, 0];
    for (const [i, j] of [...alignment(lines, run), [lines.length, run.length]]) {
      gap = j - at;
      between[i] = Math.max(between[i], gap);
      at = j + 1;
    }
  }
  return { lines, between };
}

/** A whole run in the machine beside what native runs have in common. Lines in between are extra where there are more. */
export function compareWithStable(native: readonly Stable[], ours: readonly (readonly string[])[]): Comparison {
  const sum: Comparison = { lines: 0, equal: 0, sigactions: 0, equalSigactions: 0, missing: [], extra: [] };
  for (let task = 0; task < Math.max(native.length, ours.length); task++) {
    const { lines, between } = native[task] ?? { lines: [], between: [0] };
    const run = ours[task] ?? [];
    const pairs = alignment(lines, run);
    sum.lines += lines.length;
    sum.equal += pairs.length;
    sum.sigactions += lines.filter(isSigaction).length;
    sum.equalSigactions += pairs.filter(([i]) => isSigaction(lines[i])).length;
    let [i, j] = [0, 0];
    for (const [k, l] of [...pairs, [lines.length, run.length]]) {
      sum.missing.push(...lines.slice(i, k));
      const room = between.slice(i, k + 1).reduce((all, n) => all + n, 0);
      sum.extra.push(...run.slice(j + room, l));
      [i, j] = [k + 1, l + 1];
    }
  }
  return sum;
}

/** Up to the first line that makes a thread or process. */
export function beforeClone(lines: readonly string[]): string[] {
  const first = lines.findIndex(line => /^(?:\[pid\s+\d+\] |\d+ +)?(?:clone3?|v?fork)\(/.test(line));
  return lines.slice(0, first < 0 ? lines.length : first);
}

export interface Comparison {
  /** Lines of strace's. */
  lines: number;
  equal: number;
  /** Of the lines, and of those that are equal: rt_sigaction, which would drown the others. */
  sigactions: number;
  equalSigactions: number;
  /** Lines that only strace has, and that only Ring 3 has. */
  missing: string[];
  extra: string[];
}

/** Up to the first clone. */
export const compareTraces = (theirs: readonly string[], ours: readonly string[]): Comparison =>
  compareWithStable([stableLines([normalise(beforeClone(theirs))])], [normalise(beforeClone(ours))]);

const isSigaction = (line: string): boolean => line.startsWith('rt_sigaction(');

/** The longest common subsequence: pairs of indices, in order. */
function alignment(a: readonly string[], b: readonly string[]): [number, number][] {
  const table = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      table[i][j] = a[i] === b[j] ? table[i + 1][j + 1] + 1 : Math.max(table[i + 1][j], table[i][j + 1]);
  const pairs: [number, number][] = [];
  let [i, j] = [0, 0];
  while (i < a.length && j < b.length) {
    if (a[i] === b[j]) pairs.push([i++, j++]);
    else if (table[i + 1][j] >= table[i][j + 1]) i++;
    else j++;
  }
  return pairs;
}

export const linesOf = (text: string): string[] => text.split('\n').filter(line => line !== '');

// ---- The script ---------------------------------------------------------------------------------------------------

const root = resolve(fileURLToPath(new URL('..', import.meta.url)));

/** Runs and ignores the exit code: programs may fail as they like, both of them. Returns what went to stderr then. */
function runQuietly(command: string, args: string[], cwd = process.cwd()): string {
  try {
    execFileSync(command, args, { cwd, stdio: ['ignore', 'ignore', 'pipe'], timeout: 60_000 });
  } catch (error) {
    const failed = error as { code?: string; stderr?: Buffer };
    if (failed.code) throw new Error(`${command}: ${failed.code} ${String(failed.stderr ?? '')}`);
    return String(failed.stderr ?? '').trim();
  }
  return '';
}

/** Real strace's lines, or undefined where there is no strace. */
function straceLines(program: string, args: string[], folder: string): string[] | undefined {
  const file = join(folder, 'strace');
  try {
    runQuietly('strace', ['-f', '-o', file, program, ...args]);
  } catch {
    return undefined;
  }
  return linesOf(readFileSync(file, 'utf8'));
}

function ring3Lines(program: string, args: string[], folder: string, host: string, cwd?: string): string[] {
  const file = join(folder, 'ring3');
  const uid = process.getuid?.() ?? 1000;
  const options = ['-f', '-o', file, '--hostname', host, '--uid', String(uid)];
  const said = runQuietly(join(root, 'bin', 'ring3'), ['trace', ...options, program, ...args], cwd);
  if (!existsSync(file)) throw new Error(`no trace: ${said.slice(-300)}`);
  return linesOf(readFileSync(file, 'utf8'));
}

const recordedFor = (program: string): string | undefined => {
  const file = `${program}.strace.txt`;
  return existsSync(file) ? file : undefined;
};

const hostOf = (lines: readonly string[]): string | undefined =>
  lines.map(line => /nodename="([^"]*)"/.exec(line)?.[1]).find(name => name !== undefined);

function compareProgram(program: string, args: string[], recorded: string | undefined): Comparison | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'ring3-compare-'));
  try {
    const theirs = recorded ? linesOf(readFileSync(recorded, 'utf8')) : straceLines(program, args, folder);
    if (!theirs) return undefined;
    const host = hostOf(theirs) ?? hostname();
    // Recordings were made in the program's folder.
    const [name, cwd] = recorded ? [`./${basename(program)}`, dirname(resolve(program))] : [program, undefined];
    return compareTraces(theirs, ring3Lines(name, args, folder, host, cwd));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const percent = (part: number, whole: number): string => (whole === 0 ? '-' : `${((part * 100) / whole).toFixed(1)} %`);

function report(program: string, compared: Comparison | undefined): boolean {
  const name = basename(program).padEnd(20);
  if (!compared) {
    console.log(`${name} no strace here`);
    return true;
  }
  const others = compared.lines - compared.sigactions;
  const equal = compared.equal - compared.equalSigactions;
  const share = percent(equal, others + compared.extra.length);
  const columns = [compared.lines, compared.equal, compared.sigactions, compared.missing.length, compared.extra.length];
  console.log(`${name} ${columns.map(n => String(n).padStart(8)).join(' ')}   ${share}`);
  for (const line of compared.missing) console.log(`    - ${line}`);
  for (const line of compared.extra) console.log(`    + ${line}`);
  return compared.missing.length + compared.extra.length <= 2;
}

function main(words: string[]): number {
  const at = words.indexOf('--with');
  const recorded = at >= 0 ? words.splice(at, 2)[1] : undefined;
  const bin = join(root, 'samples', 'bin');
  const programs =
    words.length > 0
      ? [{ program: words[0], args: words.slice(1) }]
      : readdirSync(bin)
          .filter(name => !/\.txt$|SUMS$/.test(name))
          .map(name => ({ program: join(bin, name), args: [] as string[] }));
  console.log(`${'program'.padEnd(20)}    lines    equal sigaction  missing    extra   equal but for rt_sigaction`);
  let good = true;
  for (const { program, args } of programs) {
    try {
      good = report(program, compareProgram(program, args, recorded ?? recordedFor(program))) && good;
    } catch (error) {
      console.log(`${basename(program).padEnd(20)} ${(error as Error).message}`);
      good = false;
    }
  }
  return good ? 0 : 1;
}

if (process.argv[1] && fileURLToPath(import.meta.url) === resolve(process.argv[1]))
  process.exitCode = main(process.argv.slice(2));
