/**
 * The programs whose traces are compared with strace's, run to their end: what they are, how they are built, and the
 * folder in which they run. C in both ways of linking (the programs of test/kernel/native, which go through calls by
 * topic), Go, Rust, and what a distribution brings.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Extent } from '../../scripts/compare-strace.ts';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '..', '..');
const samples = join(root, 'samples', 'bin');

export interface Program {
  name: string;
  extent: Extent;
  /** The executable, or undefined where its toolchain is not. */
  build(folder: string): string | undefined;
  args: readonly string[];
  stdin?: string;
}

function built(
  command: string,
  args: readonly string[],
  result: string,
  env: NodeJS.ProcessEnv = {},
): string | undefined {
  try {
    execFileSync(command, args, { stdio: 'ignore', env: { ...process.env, ...env }, timeout: 120_000 });
  } catch {
    return undefined;
  }
  return existsSync(result) ? result : undefined;
}

function c(topic: string, linked: 'static' | 'dynamic'): Program {
  const source = join(root, 'test', 'kernel', 'native', `${topic}.c`);
  return {
    name: `c-${topic}-${linked}`,
    extent: 'whole',
    args: [],
    build(folder) {
      const to = join(folder, `${topic}-${linked}`);
      return built(
        'gcc',
        ['-O1', '-w', `${linked === 'static' ? '-static' : '-pie'}`, '-pthread', '-o', to, source, '-lrt'],
        to,
      );
    },
  };
}

const sample = (name: string): Program => ({
  name: `sample-${name}`,
  extent: 'go',
  args: [],
  build(folder) {
    // Under the path that all others have: the trace shows it.
    const to = join(folder, `sample-${name}`);
    copyFileSync(join(samples, name), to);
    return to;
  },
});

const go = (name: string): Program => ({
  name: `go-${name}`,
  extent: 'go',
  args: [],
  build(folder) {
    const to = join(folder, `go-${name}`);
    const env = { CGO_ENABLED: '0', GOOS: 'linux', GOARCH: 'amd64', GOFLAGS: '', GO111MODULE: 'off' };
    return built('go', ['build', '-trimpath', '-o', to, join(here, 'programs', `${name}.go`)], to, env);
  },
});

const rust = (name: string, args: readonly string[] = [], stdin?: string): Program => ({
  name: `rust-${name}`,
  extent: 'whole',
  args,
  stdin,
  build(folder) {
    const to = join(folder, `rust-${name}`);
    return built(
      'rustc',
      ['--edition', '2021', '-O', `--remap-path-prefix=${here}=.`, '-o', to, join(here, 'programs', `${name}.rs`)],
      to,
    );
  },
});

/** A program of the distribution: dynamic, with glibc. */
const system = (name: string, command: string, args: readonly string[], stdin?: string): Program => ({
  name,
  extent: 'whole',
  args,
  stdin,
  build: () => [`/usr/bin/${command}`, `/bin/${command}`].find(path => existsSync(path)),
});

const TOPICS = [
  ...['signals', 'memory', 'process', 'sockets', 'shared', 'edges', 'inotify', 'blocked', 'older'],
  ...['terminal', 'ipc'],
];
const SAMPLES = ['hello', 'minimal', 'println', 'uname', 'readfile', 'rawsyscall', 'panic', 'goroutines', 'asm-hello'];

export const PROGRAMS: readonly Program[] = [
  ...TOPICS.flatMap(topic => [c(topic, 'static'), c(topic, 'dynamic')]),
  ...SAMPLES.map(sample),
  ...['files', 'http', 'exec', 'signals', 'sockets'].map(go),
  rust('hello', ['argument'], 'some input\n'),
  ...['files', 'threads', 'net'].map(name => rust(name)),
  system('cat', 'cat', ['text.txt', '-'], 'from stdin\n'),
  system('ls', 'ls', ['-aRF']),
  system('ls-long', 'ls', ['-l', 'text.txt', 'link']),
  system('cp', 'cp', ['-a', 'folder/deeper', 'copied']),
  system('mv', 'mv', ['text.txt', 'folder/moved.txt']),
  system('rm', 'rm', ['-rf', 'folder']),
  system('ln', 'ln', ['-s', 'text.txt', 'another']),
  system('mkdir', 'mkdir', ['-p', 'a/b/c']),
  system('touch', 'touch', ['-d', '2020-02-02 02:02:02', 'text.txt', 'new']),
  system('chmod', 'chmod', ['-R', 'go-rwx', 'folder']),
  system('stat', 'stat', ['-c', '%s %A', 'text.txt', 'link']),
  system('sort', 'sort', ['-n', '-u', 'numbers.txt']),
  system('tail', 'tail', ['-n', '3', 'numbers.txt']),
  system('tee', 'tee', ['-a', 'one', 'two'], 'twice\n'),
  system('wc', 'wc', ['numbers.txt', 'text.txt']),
  system('grep', 'grep', ['-rn', 'line', '.']),
  system('sed', 'sed', ['-i', 's/line/LINE/', 'text.txt']),
  system('awk', 'mawk', ['{ sum += $1 } END { print sum }', 'numbers.txt']),
  system('find', 'find', ['.', '-name', '*.txt', '-newer', 'link']),
  system('tar', 'tar', ['-cf', 'folder.tar', 'folder']),
  system('gzip', 'gzip', ['-k', 'numbers.txt']),
  system('sha256sum', 'sha256sum', ['text.txt', 'missing']),
  system('dd', 'dd', ['if=/dev/zero', 'of=zeros', 'bs=1000', 'count=3', 'conv=fsync', 'status=none']),
  system('truncate', 'truncate', ['-s', '100K', 'sparse']),
  system('env', 'env', ['-i', 'A=b', '/usr/bin/env']),
  system('id', 'id', []),
  system('nproc', 'nproc', []),
  system('xargs', 'xargs', ['-n', '1', 'echo'], 'one two\n'),
  system('timeout', 'timeout', ['5', 'true']),
  system('mkfifo', 'mkfifo', ['-m', '600', 'fifo']),
  system('diff', 'diff', ['-u', '--label', 'a', '--label', 'b', 'text.txt', 'folder/inner.txt']),
  system('dash', 'dash', [
    '-c',
    'echo a | cat > out; read x < out; echo $x; (exit 3); echo $?; trap "echo t" TERM; kill $$',
  ]),
  system('bash', 'bash', [
    '-c',
    'for i in 1 2; do echo $i; done | sort -r > out; wc -l < out; x=$(cat out); echo "$x"',
  ]),
  system('perl', 'perl', [
    '-e',
    'open F, "<", "text.txt"; print while <F>; system "true"; print `echo sub`; fork || exit 2; wait; print $?',
  ]),
  system('sqlite3', 'sqlite3', ['test.db', 'create table t (a); insert into t values (1); select * from t;']),
];

/** Makes the folder that the programs run in. What is last in the alphabet comes first. */
export function layOut(folder: string): void {
  mkdirSync(folder);
  writeFileSync(join(folder, 'text.txt'), 'first line\nsecond line\nthird\n');
  writeFileSync(join(folder, 'numbers.txt'), Array.from({ length: 2000 }, (_, i) => `${(i * 7919) % 1009}\n`).join(''));
  symlinkSync('text.txt', join(folder, 'link'));
  mkdirSync(join(folder, 'folder'));
  writeFileSync(join(folder, 'folder', 'inner.txt'), 'inner line\n');
  mkdirSync(join(folder, 'folder', 'deeper'));
  writeFileSync(join(folder, 'folder', 'deeper', 'deep.txt'), 'deep\n');
}

export const argumentsOf = (program: Program, executable: string): string[] => [executable, ...program.args];

/** What a recording holds for: the executable, the libraries it may load, and what it looks up. */
export function fingerprint(executable: string): string {
  const hash = createHash('sha256');
  const loaded = ['/lib64/ld-linux-x86-64.so.2', '/lib/x86_64-linux-gnu/libc.so.6', '/etc/ld.so.cache', '/etc/passwd'];
  // A sample brings everything along.
  for (const path of basename(executable).startsWith('sample-') ? [executable] : [executable, ...loaded])
    if (existsSync(path)) hash.update(readFileSync(path));
  return `${basename(executable)} ${hash.digest('hex').slice(0, 16)}`;
}
