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
  /^(?:<\.\.\. )?(?:clone3?|v?fork|getpid|gettid|getppid|getpgid|getpgrp|getsid|set_tid_address|wait4|setsid)\b/;

const ADDRESS = /\b0x[0-9a-f]{5,16}\b/g;

/** Descriptors that are open on files of /proc or /sys, as the lines are read. */
class HostFiles {
  readonly #open = new Set<string>();

  /** Hides contents and lengths of such files, which describe the machine. */
  hide(line: string): string {
    const opened = /^open(?:at)?\((?:AT_FDCWD, )?"\/(?:proc|sys)\/.* = (\d+)$/.exec(line);
    if (opened) this.#open.add(opened[1]);
    if (opened && /"\/sys\/fs\/cgroup\//.test(line)) return 'openat(AT_FDCWD, CGROUP_FILE) = FD';
    const closed = /^close\((\d+)\)/.exec(line);
    if (closed) this.#open.delete(closed[1]);
    const read = /^(p?read(?:64)?)\((\d+), .*, (\d+)(, \d+)?\)\s*= \d+$/.exec(line);
    if (read && this.#open.has(read[2])) return `${read[1]}(${read[2]}, CONTENTS, ${read[3]}${read[4] ?? ''}) = LENGTH`;
    return line;
  }
}

/** A trace's lines without what differs from machine to machine. `PID ` prefixes of -f go, too. */
export function normalise(lines: readonly string[]): string[] {
  const pids = new Map<string, string>();
  const files = new HostFiles();
  const pid = (found: string): string => {
    const known = pids.get(found) ?? `PID${pids.size + 1}`;
    pids.set(found, known);
    return known;
  };
  const normal = lines.map(given => {
    const prefix = /^(?:\[pid\s+(\d+)\]|(\d+))\s+(?=\S)/.exec(given);
    let line = given;
    if (prefix) {
      pid(prefix[1] ?? prefix[2]);
      line = given.slice(prefix[0].length);
    }
    line = files.hide(line);
    const made = /^(?:clone3?|v?fork|getpid|gettid|set_tid_address)\(.*= (\d+)$/.exec(line);
    if (made) pid(made[1]);
    line = line
      .replace(/\s+= /, ' = ')
      .replace(/\/\* \d+ vars? \*\//, '/* N vars */')
      .replace(/^(sched_getaffinity\(\d+, \d+, )\[[\d ]*\]\) = \d+/, '$1[CPUS]) = N')
      .replace(/rlim_(cur|max)=[^,}]+/g, 'rlim_$1=LIMIT')
      .replace(ADDRESS, 'ADDRESS');
    const named = (text: string): string => pids.get(text) ?? text;
    if (TAKES_PID.test(line)) line = line.replace(/(?<=[(, ])\d+(?=[,) ])/g, named);
    if (GIVES_PID.test(line)) line = line.replace(/(?<= = )\d+$/, named);
    return line.replace(/(?<=\b(?:si_pid|pid|parent_tid|pidfd)=\[?)\d+/g, named);
  });
  return normal.filter((line, i) => !(line === normal[i - 1] && /CGROUP_FILE|CONTENTS, .* = LENGTH$/.test(line)));
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

/** The longest common subsequence decides which lines are equal. */
export function compareTraces(theirs: readonly string[], ours: readonly string[]): Comparison {
  const [a, b] = [normalise(beforeClone(theirs)), normalise(beforeClone(ours))];
  const table = Array.from({ length: a.length + 1 }, () => new Uint32Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      table[i][j] = a[i] === b[j] ? table[i + 1][j + 1] + 1 : Math.max(table[i + 1][j], table[i][j + 1]);
  const result: Comparison = { lines: a.length, equal: 0, sigactions: 0, equalSigactions: 0, missing: [], extra: [] };
  const isSigaction = (line: string): boolean => line.startsWith('rt_sigaction(');
  result.sigactions = a.filter(isSigaction).length;
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      result.equal++;
      if (isSigaction(a[i])) result.equalSigactions++;
      i++;
      j++;
    } else if (j >= b.length || (i < a.length && table[i + 1][j] >= table[i][j + 1])) result.missing.push(a[i++]);
    else result.extra.push(b[j++]);
  }
  return result;
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
