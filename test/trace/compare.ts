/**
 * Runs the programs of programs.ts under real strace and in the machine, and compares the lines:
 * `npx tsx test/trace/compare.ts [--record] [NAME…]`. With --record, what the native runs have in common is kept in
 * programs/recorded.json.gz. Of each program: lines that strace printed in every run, how many are equal, how many are
 * missing and extra, and how many were not the same in all native runs and are not compared. rt_sigaction is not counted.
 */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { compareWithStable, tasksOf } from '../../scripts/compare-strace.ts';
import { argumentsOf, fingerprint, PROGRAMS, type Program } from './programs.ts';
import { inCommon, readRecordings, writeRecordings } from './recording.ts';
import { machineLines, nativeRuns, removeWork, workFolder } from './side-by-side.ts';

const NATIVE_RUNS = 5;

const record = process.argv.includes('--record');
const names = process.argv.slice(2).filter(word => !word.startsWith('--'));
const folder = mkdtempSync(join(tmpdir(), 'ring3-built-'));
chmodSync(folder, 0o755);

const recordings = readRecordings();
const total = { programs: 0, lines: 0, equal: 0, unstable: 0 };

async function compare(program: Program, executable: string): Promise<void> {
  const cwd = workFolder();
  const run = { args: argumentsOf(program, executable), stdin: program.stdin, cwd };
  try {
    const ours = await machineLines(run);
    const tasks = inCommon(nativeRuns(run, NATIVE_RUNS), program.extent);
    const compared = compareWithStable(tasks, tasksOf(ours.lines, program.extent));
    if (record) recordings[program.name] = { fingerprint: fingerprint(executable), host: hostname(), tasks };
    const unstable = tasks.reduce((sum, { between }) => sum + between.reduce((a, b) => a + b, 0), 0);
    const lines = compared.lines - compared.sigactions;
    const equal = compared.equal - compared.equalSigactions;
    total.programs++;
    total.lines += lines + compared.extra.length;
    total.equal += equal;
    total.unstable += unstable;
    const columns = [lines, equal, compared.missing.length, compared.extra.length, unstable];
    console.log(`${program.name.padEnd(20)} ${columns.map(n => String(n).padStart(8)).join(' ')}`);
    for (const line of compared.missing) console.log(`    - ${line.slice(0, 200)}`);
    for (const line of compared.extra) console.log(`    + ${line.slice(0, 200)}`);
  } finally {
    removeWork(cwd);
  }
}

async function main(): Promise<void> {
  console.log(`${'program'.padEnd(20)}    lines    equal  missing    extra unstable`);
  for (const program of PROGRAMS) {
    if (names.length > 0 && !names.includes(program.name)) continue;
    const executable = program.build(folder);
    if (executable) await compare(program, executable);
    else console.log(`${program.name.padEnd(20)} not built: its toolchain is not here`);
  }
  rmSync(folder, { recursive: true, force: true });
  if (record) writeRecordings(recordings);
  const share = ((total.equal * 100) / total.lines).toFixed(2);
  console.log(
    `${total.programs} programs: ${total.equal} of ${total.lines} lines equal (${share} %), ${total.unstable} unstable`,
  );
  process.exitCode = total.equal / total.lines >= 0.99 ? 0 : 1;
}

void main();
