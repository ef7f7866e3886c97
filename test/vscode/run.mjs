/**
 * Runs the suites inside VS Code: see README.md beside this file. Exit code 0 when all tests passed. A run that cannot be
 * made says why; with CI=true that is a failure.
 */
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { startDriver } from './driver.mjs';
import { findChromium, installCodeServer } from './install.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const out = join(root, 'out', 'vscode');
const ci = process.env.CI === 'true' || process.env.CI === '1';
const only = process.argv.slice(2).find(word => !word.startsWith('-'));
/** Only the tests whose title matches: `--grep=WORDS`. */
const grep = process.argv.find(word => word.startsWith('--grep='))?.slice('--grep='.length);
/** One suite may take this long. */
const LIMIT = 420_000;

const SETTINGS = {
  'workbench.startupEditor': 'none',
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.tips.enabled': false,
  'chat.disableAIFeatures': true,
  'telemetry.telemetryLevel': 'off',
  'security.workspace.trust.enabled': false,
  'debug.onTaskErrors': 'debugAnyway',
  'debug.toolBarLocation': 'docked',
  'window.commandCenter': false,
  // What it shows is then text that a test can read.
  'terminal.integrated.gpuAcceleration': 'off',
  'git.enabled': false,
  'extensions.ignoreRecommendations': true,
};

/** The Go toolchain, with its caches: the editor's own home folder is an empty one. */
const go = goToolchain();

const folder = mkdtempSync(join(tmpdir(), 'ring3-vscode-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));

try {
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  const workspace = join(folder, 'workspace');
  cpSync(join(root, 'samples'), workspace, { recursive: true });
  let passed = true;
  if (process.env.RING3_VSCODE) {
    passed = await inElectron(workspace);
  } else {
    let tools;
    try {
      tools = { ...installCodeServer(), chromium: findChromium() };
    } catch (error) {
      process.stdout.write(`\nThe VS Code suites did not run: ${error.message}\n`);
      process.exit(ci ? 1 : 0);
    }
    for (const host of ['node', 'web']) {
      if (only && only !== host) continue;
      passed = (await inCodeServer(tools, workspace, host)) && passed;
    }
  }
  process.exit(passed ? 0 : 1);
} catch (error) {
  process.stderr.write(`${error.stack}\n`);
  process.exit(1);
}

/** The desktop VS Code, with its own window. The driver reaches that window over Chromium's remote debugging. */
async function inElectron(workspace) {
  const { downloadAndUnzipVSCode, runTests } = await import('@vscode/test-electron');
  const named = process.env.RING3_VSCODE;
  const vscodeExecutablePath = existsSync(named) ? named : await downloadAndUnzipVSCode(named);
  const port = await freePort();
  let results;
  let browser;
  const driver = await startDriver({
    out: join(out, 'desktop'),
    async window() {
      browser ??= await chromium.connectOverCDP(`http://127.0.0.1:${port}`);
      const pages = browser.contexts().flatMap(context => context.pages());
      return pages.find(page => page.url().includes('workbench')) ?? pages[0];
    },
    finished: value => {
      results = value;
    },
  });
  const data = join(folder, 'desktop');
  writeSettings(data, { ...go.settings, ...toSuite(driver) });
  const code = await runTests({
    vscodeExecutablePath,
    extensionDevelopmentPath: root,
    extensionTestsPath: join(root, 'out', 'test', 'suite.cjs'),
    launchArgs: [
      workspace,
      `--user-data-dir=${data}`,
      `--extensions-dir=${join(folder, 'desktop-extensions')}`,
      `--remote-debugging-port=${port}`,
      '--disable-workspace-trust',
      '--skip-welcome',
      '--no-sandbox',
    ],
  }).catch(() => 1);
  await browser?.close();
  driver.close();
  report('desktop', results);
  return code === 0 && results?.failed === 0;
}

/** `host`: where the extension runs, in Node on the server or in the browser's worker. */
async function inCodeServer(tools, workspace, host) {
  const data = join(folder, `data-${host}`);
  const log = join(out, `server-${host}.log`);
  let page;
  let done;
  let results;
  const exit = new Promise(resolve => {
    done = resolve;
  });
  const driver = await startDriver({
    out: join(out, host),
    window: async () => page,
    finished: value => (results = value),
  });
  writeSettings(data, {
    ...toSuite(driver),
    ...(host === 'web' ? { 'remote.extensionKind': { 'ring3.ring3': ['web'] } } : {}),
  });

  const port = await freePort();
  const home = join(folder, 'home');
  mkdirSync(home, { recursive: true });
  const server = spawn(
    tools.node,
    [
      tools.entry,
      ...['--bind-addr', `127.0.0.1:${port}`, '--auth', 'none', '--vscode-option', 'enable-smoke-test-driver'],
      ...[
        '--disable-telemetry',
        '--disable-update-check',
        '--disable-workspace-trust',
        '--disable-getting-started-override',
      ],
      ...['--user-data-dir', data, '--extensions-dir', join(folder, `extensions-${host}`)],
      ...['--config', join(folder, 'config.yaml')],
    ],
    { env: { ...process.env, ...go.env, HOME: home, EXTENSIONS_GALLERY: '{}' }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const serverLog = [];
  for (const stream of [server.stdout, server.stderr]) stream.on('data', chunk => serverLog.push(String(chunk)));

  let browser;
  try {
    await listening(port, server, serverLog);
    browser = await chromium.launch({
      executablePath: tools.chromium,
      args: [
        ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync'],
        ...['--disable-background-networking', '--disable-component-update'],
      ],
    });
    const context = await browser.newContext({ viewport: { width: 1500, height: 950 } });
    page = await context.newPage();
    page.on('console', message => {
      const text = message.text();
      if (/Content Security Policy|ring3/i.test(text) && message.type() === 'error') driver.heard(text);
      serverLog.push(`[console ${message.type()}] ${text}\n`);
    });
    await page.exposeFunction('codeAutomationLog', (type, args) =>
      serverLog.push(`[suite ${type}] ${args.join(' ')}\n`),
    );
    await page.exposeFunction('codeAutomationExit', code => done(code));
    const remote = path => `vscode-remote://127.0.0.1:${port}${path}`;
    const payload = [
      ['extensionDevelopmentPath', remote(root)],
      ['extensionTestsPath', remote(join(root, 'out', 'test', host === 'web' ? 'suite.web.cjs' : 'suite.cjs'))],
      ['skipWelcome', 'true'],
      ...(host === 'web' ? [['extensionDevelopmentKind', 'web']] : []),
    ];
    const query = `folder=${encodeURIComponent(workspace)}&payload=${encodeURIComponent(JSON.stringify(payload))}`;
    // A busy machine takes its time.
    await page.goto(`http://127.0.0.1:${port}/?${query}`, { timeout: 180_000 });
    const code = await Promise.race([exit, sleep(LIMIT).then(() => 'timeout'), gone(server)]);
    if (code !== 0) await page.screenshot({ path: join(out, host, 'at-the-end.png') }).catch(() => {});
    report(`code-server, extension host: ${host}`, results);
    if (code !== 0) process.stdout.write(`The run ended with: ${code}. Logs are in ${out}\n`);
    return code === 0 && results?.failed === 0 && results.passed > 0;
  } finally {
    writeFileSync(log, serverLog.join(''));
    await browser?.close();
    server.kill();
    driver.close();
  }
}

/** What the suite is told, as settings: both extension hosts can read those. */
function toSuite(driver) {
  return { 'ring3Test.driver': driver.url, ...(grep ? { 'ring3Test.grep': grep } : {}) };
}

function goToolchain() {
  const asked = spawnSync('go', ['env', 'GOROOT', 'GOCACHE', 'GOMODCACHE'], { encoding: 'utf8' });
  if (asked.status !== 0) {
    process.stdout.write('   There is no Go on the PATH: the tests that build Go source do not run.\n');
    return { settings: {}, env: {} };
  }
  const [GOROOT, GOCACHE, GOMODCACHE] = asked.stdout.trim().split('\n');
  return { settings: { 'ring3.goCommand': join(GOROOT, 'bin', 'go') }, env: { GOCACHE, GOMODCACHE } };
}

function report(title, results) {
  if (!results) return process.stdout.write(`\n${title}: the suite told nothing\n`);
  const { lines, passed, failed, pending } = results;
  process.stdout.write(`\n${title}\n${lines.join('\n')}\n${passed} passed, ${failed} failed, ${pending} skipped\n`);
  // What could not run here must run where everything is installed.
  if (ci) results.failed += pending;
}

/** User settings, and those of the machine that the extension runs on: paths are read from there. */
function writeSettings(data, more) {
  for (const [scope, settings] of Object.entries({ User: { ...SETTINGS, ...more }, Machine: go.settings })) {
    mkdirSync(join(data, scope), { recursive: true });
    writeFileSync(join(data, scope, 'settings.json'), JSON.stringify(settings, null, 2));
  }
}

function gone(process) {
  return new Promise(resolve => process.on('exit', code => resolve(`the server exited with ${code}`)));
}

function sleep(milliseconds) {
  return new Promise(resolve => setTimeout(resolve, milliseconds).unref());
}

function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer().on('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

async function listening(port, server, log) {
  const end = Date.now() + 60_000;
  while (Date.now() < end) {
    if (server.exitCode !== null) throw new Error(`code-server ended at once:\n${log.join('')}`);
    const open = await new Promise(resolve => {
      const socket = connect(port, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false));
      socket.unref();
      setTimeout(() => socket.destroy(), 500);
    });
    if (open) return;
    await new Promise(resolve => setTimeout(resolve, 200));
  }
  throw new Error(`code-server did not listen:\n${log.join('')}`);
}
