/**
 * Go's own tests, natively and in Ring 3: what passes natively shall pass here. Each package's test binary is built once
 * and run twice with the same arguments; every test and subtest that passed natively and did not pass here is listed.
 * Results are kept in test/gostd/results.jsonl, a line a package, and test/gostd/README.md is made of them.
 *
 *   npm run test:gostd                          the core set
 *   npm run test:gostd -- net/http os           these packages
 *   npm run test:gostd -- --all                 every package of std that has tests
 *   npm run test:gostd -- --table               only makes the table again
 *   options: --limit SECONDS (600, of processor time of one run; four times as much by the clock)  --ring3 COMMAND (bin/ring3)  --keep (only what has no result yet)
 *            --unfinished (only what was not done within its limit, or misses something without a reason)
 *            --parts N (1): a run that is over its limit goes on in another without the tests that are done and the one
 *            that took so long, N runs at most
 *
 * A package's result is kept as it ends: a run that was stopped goes on with --keep.
 * Fails if something of the given packages passes natively and not here, and stands not in KNOWN with its reason.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const folder = join(root, 'test', 'gostd');
const resultsFile = join(folder, 'results.jsonl');

/** What Go programs stand on, and what is done in a few minutes. */
const CORE = [
  ...['errors', 'io', 'io/fs', 'io/ioutil', 'bufio', 'context', 'embed', 'sync', 'path/filepath', 'syscall'],
  ...['os/exec', 'os/signal', 'os/user', 'internal/poll', 'internal/syscall/unix', 'log/syslog', 'net/textproto'],
];

/** Tests that cannot pass yet, or in principle, by "package Test": the reason. */
const KNOWN: Readonly<Record<string, string>> = {
  'syscall TestExecPtrace': 'ptrace inside the guest is a later step',
  'syscall TestCloneNEWUSERAndRemap': 'namespaces inside the guest are a later step',
  'syscall TestEmptyCredGroupsDisableSetgroups': 'namespaces inside the guest are a later step',
  'syscall TestUnshareUidGidMapping': 'namespaces inside the guest are a later step',
  'syscall TestPidFDWithUserNS': 'namespaces inside the guest are a later step',
  'syscall TestAmbientCapsUserns': 'namespaces inside the guest are a later step',
  'net/http TestLinuxSendfile': 'runs strace inside the guest: ptrace is a later step',
  'runtime TestMemmoveOverflow': 'copies 6 GB between 49,152 mappings of one file: not done within five minutes',
  'runtime TestUsingVDSO': 'runs strace inside the guest: ptrace is a later step',
};

interface Outcome {
  passed: number;
  failed: number;
  skipped: number;
  seconds: number;
  /** How the run ended if not by itself with 0 or 1. */
  ended?: string;
  /** Runs it took (`--parts`), if more than one. */
  parts?: number;
}

interface Result {
  native: Outcome;
  ring3: Outcome;
  /** Tests that passed natively and did not pass here, without the parts of those that stand here. */
  missing: string[];
  /** With their parts, if that is another number. */
  missingTests?: number;
  /** Of these, the top-level tests that took a whole run's limit and were given up. */
  endless?: string[];
}

const words = process.argv.slice(2);
const option = (name: string): string | undefined => {
  const at = words.indexOf(name);
  return at < 0 ? undefined : words.splice(at, 2)[1];
};
const flag = (name: string): boolean => {
  const at = words.indexOf(name);
  if (at >= 0) words.splice(at, 1);
  return at >= 0;
};

const limit = Number(option('--limit') ?? 600);
const parts = Number(option('--parts') ?? 1);
const ring3 = option('--ring3') ?? join(root, 'bin', 'ring3');
const [all, tableOnly, keep, unfinished] = [flag('--all'), flag('--table'), flag('--keep'), flag('--unfinished')];

const go = (...args: string[]): string => execFileSync('go', args, { encoding: 'utf8', cwd: tmpdir() });

const results: Record<string, Result> = {};
if (existsSync(resultsFile))
  for (const line of readFileSync(resultsFile, 'utf8').split('\n').filter(Boolean)) {
    const { name, ...result } = JSON.parse(line) as Result & { name: string };
    results[name] = result;
  }

/** Packages of std that have tests, by import path: their folders. */
function testedPackages(): Map<string, string> {
  const format = '{{if or .TestGoFiles .XTestGoFiles}}{{.ImportPath}}\t{{.Dir}}{{end}}';
  const lines = go('list', '-f', format, 'std').split('\n').filter(Boolean);
  return new Map(lines.map(line => line.split('\t') as [string, string]));
}

/** Test by test what happened, from the output of -test.v. */
function outcomes(output: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const [, what, name] of output.matchAll(/^ *--- (PASS|FAIL|SKIP): (\S+)/gm)) {
    // Names that hold addresses and ports differ from run to run.
    const stable = name.replace(/0x[0-9a-f]{6,}/g, '0x…').replace(/:\d{5}\b/g, ':port');
    if (found.get(stable) !== 'FAIL') found.set(stable, what);
  }
  return found;
}

/** Top-level tests that had begun when the output ended, were not done and did not wait for their turn (PAUSE). */
function running(output: string): string[] {
  const begun = new Set<string>();
  for (const [, what, name] of output.matchAll(
    /^ *(?:=== (RUN|CONT|PAUSE)|--- (?:PASS|FAIL|SKIP):) +([^\s/]+)(?=\s)/gm,
  )) {
    if (what === 'RUN' || what === 'CONT') begun.add(name);
    else begun.delete(name);
  }
  return [...begun];
}

interface Run {
  tests: Map<string, string>;
  outcome: Outcome;
  endless: string[];
}

function runTests(command: string, args: string[], cwd: string): Run {
  const started = Date.now();
  const tests = new Map<string, string>();
  const [done, endless] = [new Set<string>(), new Set<string>()];
  let ended: string | undefined;
  let part = 0;
  for (let again = true; again; ) {
    part++;
    const skipped = [...done, ...endless].map(name => name.replace(/[^\w]/g, '.'));
    // From the second run on, one after the other: it must be seen which one it is that takes so long.
    const rest = [
      ...(part > 1 ? ['-test.parallel=1'] : []),
      ...(skipped.length > 0 ? [`-test.skip=^(${skipped.join('|')})$`] : []),
    ];
    // The shell's limit: what the machine does beside counts for nobody.
    const run = spawnSync('/bin/sh', ['-c', `ulimit -t ${limit}; exec "$0" "$@"`, command, ...args, ...rest], {
      cwd,
      encoding: 'utf8',
      timeout: 4 * limit * 1000,
      killSignal: 'SIGKILL',
      maxBuffer: 1 << 28,
      input: '',
      env: { ...process.env, PATH: PROGRAMS, HOME: '/tmp', PWD: cwd },
    });
    const output = run.stdout ?? '';
    for (const [name, what] of outcomes(output)) tests.set(name, what);
    // Tests of `testing` show what others print when their time is over; a status of 2 is the package's own end.
    const timedOut = run.status === 2 && /^panic: test timed out after/m.test(output);
    const late = run.signal === 'SIGKILL' || run.signal === 'SIGXCPU' || timedOut;
    ended = late
      ? `not done after ${limit} s`
      : (run.signal ??
        (run.status !== null && run.status > 1 ? `exit ${run.status}: ${lastLine(run.stderr)}` : undefined));
    const top = [...outcomes(output).keys()].filter(name => !name.includes('/'));
    for (const name of top) done.add(name);
    const stuck = running(output).filter(name => !done.has(name));
    if (late && stuck.length === 1) endless.add(stuck[0]);
    again = late && part < parts && stuck.length > 0;
  }
  const count = (what: string): number => [...tests.values()].filter(v => v === what).length;
  const seconds = Math.round((Date.now() - started) / 100) / 10;
  const outcome: Outcome = { passed: count('PASS'), failed: count('FAIL'), skipped: count('SKIP'), seconds, ended };
  if (part > 1) outcome.parts = part;
  return { tests, outcome, endless: [...endless] };
}

/** The guest is no superuser: natively the tests are not run as one either. */
function unprivileged(command: string, args: string[]): [string, string[]] {
  if (process.getuid?.() !== 0) return [command, args];
  return ['setpriv', ['--reuid', '1000', '--regid', '1000', '--clear-groups', command, ...args]];
}

const lastLine = (text: string): string =>
  text
    .split('\n')
    .filter(line => /^(panic|fatal|ring3|signal|runtime):? /.test(line))
    .at(0)
    ?.slice(0, 160) ?? '';

/** Tests run `cat` and `sh`, on both sides; those that would build programs with `go` are skipped on both. */
const PROGRAMS = '/usr/bin:/bin';

function guestArguments(goroot: string, binary: string): string[] {
  const mounts = ['/usr:/usr', '/usr/lib:/lib', '/usr/lib64:/lib64', '/usr/bin:/bin', `${goroot}:${goroot}`];
  return [
    'run',
    ...mounts.filter(mount => existsSync(mount.split(':')[0])).flatMap(mount => ['--mount', mount]),
    ...['--env', `PATH=${PROGRAMS}`, '--env', 'HOME=/tmp', '--cpus', String(availableParallelism())],
    binary,
  ];
}

function testPackage(name: string, directory: string, scratch: string, goroot: string): Result | undefined {
  const binary = join(scratch, `${name.replaceAll('/', '_')}.test`);
  const built = spawnSync('go', ['test', '-c', '-o', binary, name], {
    cwd: tmpdir(),
    encoding: 'utf8',
    env: { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-buildvcs=false' },
  });
  if (built.status !== 0 || !existsSync(binary)) {
    process.stdout.write(`${name}: does not build here\n`);
    return undefined;
  }
  const tests = ['-test.short', '-test.v', `-test.timeout=${limit}s`];
  const native = runTests(...unprivileged(binary, tests), directory);
  const here = runTests(process.execPath, [ring3, ...guestArguments(goroot, binary), ...tests], directory);
  rmSync(binary);
  const all = [...native.tests]
    .filter(([test, what]) => what === 'PASS' && here.tests.get(test) !== 'PASS')
    .map(([test]) => test);
  const known = new Set(all);
  const isPart = (test: string): boolean =>
    [...test.matchAll(/\//g)].some(({ index }) => known.has(test.slice(0, index)));
  const missing = all.filter(test => !isPart(test));
  const result: Result = { native: native.outcome, ring3: here.outcome, missing };
  if (all.length !== missing.length) result.missingTests = all.length;
  if (here.endless.length > 0) result.endless = here.endless;
  return result;
}

/** Subtests that are there for each kind of processor: `crypto/sha256 TestGolden/SHA-NI`. */
const FEATURE = /\/(?:AVX2?|AVX512\w*|SHA-NI|VAES|VPCLMULQDQ)(?:\/|$)/;

const reasonOf = (name: string, test: string): string | undefined =>
  KNOWN[`${name} ${test.split('/')[0]}`] ??
  (FEATURE.test(test) ? 'is run only where CPUID tells of the feature' : undefined);

/** Whether nothing is left to look at: done within the limit, and whatever is missing has its reason. */
const finished = (name: string): boolean =>
  !results[name].ring3.ended && results[name].missing.every(test => reasonOf(name, test));

function table(): string {
  const names = Object.keys(results).sort();
  const rows = names.map(name => {
    const { native, ring3: here, missing } = results[name];
    const shown = missing.slice(0, 6).map(test => `${test}${reasonOf(name, test) ? '†' : ''}`);
    const more = missing.length > 6 ? `, and ${missing.length - 6} more` : '';
    const remark = [here.ended, shown.join(', ') + more].filter(Boolean).join('; ');
    const seconds = `${native.seconds} / ${here.seconds}`;
    const cell = (o: Outcome): string => `${o.passed} / ${o.failed} / ${o.skipped}`;
    return `| ${missing.length === 0 ? '✓' : '✗'} | ${name} | ${cell(native)} | ${cell(here)} | ${seconds} | ${remark} |`;
  });
  const whole = names.filter(name => results[name].missing.length === 0).length;
  const passed = names.reduce((sum, name) => sum + results[name].ring3.passed, 0);
  const missing = names.reduce((sum, name) => sum + (results[name].missingTests ?? results[name].missing.length), 0);
  const tested = testedPackages();
  const without = go('list', 'std').split('\n').filter(Boolean).length - tested.size;
  const open = [...tested.keys()].filter(name => !results[name]).sort();
  const reasons = [
    '- Subtests named after AVX2, SHA-NI and their like: are run only where CPUID tells of the feature.',
    ...Object.entries(KNOWN).map(([test, reason]) => `- ${test}: ${reason}.`),
  ];
  return [
    "# Go's own tests",
    '',
    `Made by \`npm run test:gostd\`, with ${go('version').trim().replace('go version ', '')}, \`-short\`, without cgo, and without \`go\` to run; a limit of seconds is one of processor time. ` +
      `${whole} of ${names.length} packages pass here whatever passes natively; ${passed} tests and subtests pass here, ` +
      `${missing} pass natively only. Times are of a machine that did other things too. ${without} more packages have no tests.` +
      (open.length > 0 ? ` Not run yet, or not built without cgo: ${open.join(', ')}.` : ''),
    '',
    '|   | package | native: passed / failed / skipped | Ring 3 | seconds: native / Ring 3 | passes natively, not here |',
    '| - | --- | --- | --- | --- | --- |',
    ...rows,
    '',
    '† Known:',
    '',
    ...reasons,
    '',
  ].join('\n');
}

function save(): void {
  mkdirSync(folder, { recursive: true });
  const lines = Object.keys(results)
    .sort()
    .map(name => `${JSON.stringify({ name, ...results[name] })}\n`);
  writeFileSync(resultsFile, lines.join(''));
  writeFileSync(join(folder, 'README.md'), table());
}

function main(): number {
  if (tableOnly) {
    save();
    return 0;
  }
  const tested = testedPackages();
  let names = words.length > 0 ? words : all ? [...tested.keys()] : CORE;
  if (keep) names = names.filter(name => !results[name]);
  if (unfinished) names = names.filter(name => results[name] && !finished(name));
  const goroot = go('env', 'GOROOT').trim();
  const scratch = mkdtempSync(join(tmpdir(), 'ring3-gostd-'));
  chmodSync(scratch, 0o755);
  let failures = 0;
  for (const name of names) {
    const directory = tested.get(name);
    if (directory === undefined) {
      process.stdout.write(`${name}: no package of std with tests\n`);
      failures++;
      continue;
    }
    const result = testPackage(name, directory, scratch, goroot);
    if (!result) continue;
    results[name] = result;
    save();
    const unknown = result.missing.filter(test => !reasonOf(name, test));
    if (unknown.length > 0) failures++;
    const { native, ring3: here } = result;
    process.stdout.write(
      `${unknown.length === 0 ? 'ok  ' : 'FAIL'} ${name}: ${here.passed} of ${native.passed} pass, ${here.seconds} s ` +
        `(${native.seconds} s natively)${here.ended ? `, ${here.ended}` : ''}${unknown
          .slice(0, 5)
          .map(t => `\n       ${t}`)
          .join('')}\n`,
    );
  }
  rmSync(scratch, { recursive: true, force: true });
  return failures === 0 ? 0 : 1;
}

process.exitCode = main();
