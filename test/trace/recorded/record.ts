/**
 * Records what real strace prints: compiles the programs beside this file, runs each under strace, and joins strace's
 * lines with the raw registers and memory that the program kept of each call. Needs a C compiler and strace 6.1.
 *
 *   npx tsx test/trace/recorded/record.ts [NAME…]
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { syscallByNumber } from '../../../emulator/abi/syscalls.ts';

const here = dirname(fileURLToPath(import.meta.url));
const golden = join(here, '..', 'golden');

/** Program and strace options; the file is named after both. */
const RUNS: readonly (readonly [string, readonly string[], string])[] = [
  ['boot', [], 'boot'],
  ['boot', ['-v'], 'boot-v'],
  ['files', [], 'files'],
  ['files', ['-v'], 'files-v'],
  ['files', ['-x', '-s', '8'], 'files-x'],
  ['net', [], 'net'],
  ['net', ['-xx', '-s', '100'], 'net-xx'],
  ['rest', [], 'rest'],
];

interface Line {
  name: string;
  text: string;
}

const straceLines = (text: string): Line[] => {
  const lines = text.split('\n');
  const first = lines.findIndex(line => line.startsWith('getpgid(-4711)'));
  const last = lines.findIndex((line, i) => i > first && line.startsWith('getpgid(-4711)'));
  return lines.slice(first + 1, last).map(line => ({ name: /^\w+/.exec(line)?.[0] ?? '', text: line }));
};

function record(program: string, options: readonly string[], name: string): void {
  const folder = mkdtempSync(join(tmpdir(), 'ring3-strace-'));
  const binary = join(folder, program);
  execFileSync('gcc', ['-O1', '-w', '-o', binary, join(here, `${program}.c`)]);
  execFileSync('strace', [...options, '-o', join(folder, 'trace'), binary, join(folder, 'log')], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const lines = straceLines(readFileSync(join(folder, 'trace'), 'utf8'));
  const log = readFileSync(join(folder, 'log'), 'latin1').split('\0', 1)[0].trimEnd().split('\n');
  const rows: string[] = [];
  let at = 0;
  for (const entry of log) {
    const [head, before, after] = entry.split('|').map(part => part.trim());
    const [number, ...words] = head.split(' ');
    const result = words.pop() as string;
    const call = syscallByNumber('amd64', Number(number)) ?? `syscall_0x${Number(number).toString(16)}`;
    while (at < lines.length && lines[at].name !== call) at++;
    if (at >= lines.length) throw new Error(`${name}: strace has no line for ${call}`);
    const row = {
      line: lines[at++].text,
      number: Number(number),
      args: words.join(' '),
      result,
      before,
      ...(after === before ? {} : { after }),
    };
    rows.push(JSON.stringify(row));
  }
  mkdirSync(golden, { recursive: true });
  writeFileSync(join(golden, `${name}.json`), `[\n${rows.join(',\n')}\n]\n`);
  rmSync(folder, { recursive: true });
  console.log(`${name}: ${rows.length} calls`);
}

const wanted = process.argv.slice(2);
for (const [program, options, name] of RUNS)
  if (wanted.length === 0 || wanted.includes(name)) record(program, options, name);
