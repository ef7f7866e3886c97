/**
 * `npm run build`, `npm run demo`, `npm run bench` and `npm test` on a fresh clone: plain Node ≥ 20, no dependency, because it is what
 * installs the dependencies. Each command says what it does, how long that took, and fails with the first step that
 * fails; a step that cannot run here says so, and with CI=true that is a failure too.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const ci = process.env.CI === 'true' || process.env.CI === '1';
const [command, ...rest] = process.argv.slice(2);
const started = Date.now();
const UNITS = 'out/units.json';

const commands = { build, demo, bench, test };

const major = Number(process.versions.node.split('.')[0]);
if (major < 20) {
  fail(`Ring 3 needs Node 20 or newer; this is ${process.version}.`);
}
if (!(command in commands)) {
  fail(`usage: node scripts/run.mjs ${Object.keys(commands).join('|')}`);
}
commands[command]();

function build() {
  install();
  bundle(rest);
}

function demo() {
  install();
  bundle([]);
  run('', process.execPath, ['dist/demo.cjs', ...rest]);
}

/** `npm run bench -- --json`: stdout is the report's alone. */
function bench() {
  install();
  const names = ['cli', 'language-server'].flatMap(name => ['--config-name', name]);
  const built = spawnSync(bin('webpack'), ['--config', 'webpack.config.mjs', ...names], {
    cwd: root,
    stdio: ['ignore', process.stderr, 'inherit'],
    shell: process.platform === 'win32',
  });
  if (built.status !== 0) fail('Build: failed');
  run('', process.execPath, ['bin/ring3', 'bench', ...rest]);
}

/** `npm test -- units` runs one step; steps are named in the order they run. */
function test() {
  install();
  const wanted = rest.filter(word => !word.startsWith('-'));
  const steps = {
    types: () => run('Types', bin('tsc'), ['-b']),
    lint: () => run('Lint', bin('biome'), ['check', '.']),
    build: () => bundle(['--env', 'tests']),
    units: () => {
      run('Units, conversations, oracles', bin('vitest'), [
        'run',
        '--reporter=default',
        '--reporter=json',
        `--outputFile.json=${UNITS}`,
      ]);
      nothingSkipped();
    },
    vscode: () => run('Suites inside VS Code', process.execPath, ['test/vscode/run.mjs']),
  };
  for (const name of wanted) {
    if (!(name in steps)) fail(`no test step is called ${name}; there are ${Object.keys(steps).join(', ')}`);
  }
  for (const [name, step] of Object.entries(steps)) {
    if (wanted.length === 0 || wanted.includes(name)) step();
  }
  const { passed, skipped } = totals();
  process.stdout.write(`\n${passed} passed, 0 failed, ${skipped} skipped\n`);
}

/** Names what the unit tests left out; with CI=true there must be nothing of that kind. */
function nothingSkipped() {
  const { testResults } = JSON.parse(readFileSync(join(root, UNITS), 'utf8'));
  const skipped = testResults.flatMap(file =>
    file.assertionResults
      .filter(({ status }) => status !== 'passed')
      .map(({ fullName }) => `${relative(root, file.name)}: ${fullName}`),
  );
  if (skipped.length === 0) return;
  process.stdout.write(
    `\nNot run, for want of something on this machine:\n${skipped.map(line => `   ${line}\n`).join('')}`,
  );
  if (ci) fail('With CI=true every test must run.');
}

/** All suites of this run together, for the last line. */
function totals() {
  const sum = { passed: 0, skipped: 0 };
  const add = (file, take) => {
    if (!existsSync(join(root, file)) || statSync(join(root, file)).mtimeMs < started) return;
    const { passed, skipped } = take(JSON.parse(readFileSync(join(root, file), 'utf8')));
    sum.passed += passed;
    sum.skipped += skipped;
  };
  add(UNITS, all => ({ passed: all.numPassedTests, skipped: all.numTotalTests - all.numPassedTests }));
  for (const suite of ['node', 'web', 'desktop']) {
    add(`out/vscode/${suite}/results.json`, all => ({ passed: all.passed, skipped: all.pending }));
  }
  return sum;
}

function bundle(options) {
  run('Build', bin('webpack'), ['--config', 'webpack.config.mjs', ...options]);
}

/** `npm ci`, when node_modules is not what package-lock.json says. The mark is the lock file's hash. */
function install() {
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  const mark = join(root, 'node_modules', '.cache', 'ring3', 'installed');
  if (existsSync(mark) && readFileSync(mark, 'utf8') === lock) {
    return;
  }
  // Somebody who ran `npm install` by hand has what the lock file says, without the mark.
  if (!existsSync(join(root, 'node_modules', '.package-lock.json')) || stale()) {
    // Test tools whose install scripts would download browsers, which the tests bring themselves.
    const env = { ...process.env, PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD: '1' };
    run('Install the dependencies', npm(), ['ci', '--no-audit', '--no-fund', '--loglevel=error'], env);
  }
  mkdirSync(dirname(mark), { recursive: true });
  writeFileSync(mark, lock);
}

/** Whether some package in node_modules has another version than package-lock.json names. */
function stale() {
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  const there = JSON.parse(readFileSync(join(root, 'node_modules', '.package-lock.json'), 'utf8')).packages;
  return Object.entries(wanted).some(
    ([path, row]) => path !== '' && !row.optional && there[path]?.version !== row.version,
  );
}

function bin(name) {
  return join(root, 'node_modules', '.bin', process.platform === 'win32' ? `${name}.cmd` : name);
}

function npm() {
  return process.platform === 'win32' ? 'npm.cmd' : 'npm';
}

function run(title, program, args, env = process.env) {
  if (title) process.stdout.write(`\n── ${title}\n`);
  const start = Date.now();
  const shell = process.platform === 'win32' && program.endsWith('.cmd');
  const done = spawnSync(shell ? `"${program}"` : program, args, { cwd: root, stdio: 'inherit', env, shell });
  if (done.error) fail(`${program}: ${done.error.message}`);
  if (done.status !== 0) {
    if (title) process.stderr.write(`\n${title}: failed${ci ? '' : '; the messages are above'}\n`);
    process.exit(done.status ?? 1);
  }
  if (title) process.stdout.write(`   ${((Date.now() - start) / 1000).toFixed(1)} s\n`);
}

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}
