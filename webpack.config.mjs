/**
 * Every bundle of Ring 3, as a table: where it starts, what it runs in, what it is called. esbuild compiles, webpack
 * resolves: one configuration serves the extension host, the web worker, the webview and the command line.
 *
 *   npx webpack                        what is shipped, into dist/
 *   npx webpack --env tests            the suites that run inside VS Code too, into out/
 *   npx webpack --env development      readable code and source maps
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EsbuildPlugin } from 'esbuild-loader';
import webpack from 'webpack';

const root = dirname(fileURLToPath(import.meta.url));

/** What Node puts around a module; `bin/ring3` evaluates the bundle by itself, and adding this there copies all of it. */
const MODULE_WRAPPER = ['(function (exports, require, module, __filename, __dirname) {', '})'];

/**
 * `host` is what the bundle runs in; `vscode` there is given by the host and never bundled. `budget` is in KiB. `wrapper` is
 * text before and behind it.
 */
const bundles = [
  {
    name: 'extension',
    budget: 620,
    entry: 'extension/main.ts',
    file: 'dist/extension.cjs',
    host: 'node',
    library: true,
  },
  {
    name: 'adapter-worker',
    budget: 1550,
    entry: 'extension/adapter-worker.ts',
    file: 'dist/adapter-worker.cjs',
    host: 'node',
  },
  { name: 'cli', budget: 1900, entry: 'cli/main.ts', file: 'dist/cli.cjs', host: 'node', wrapper: MODULE_WRAPPER },
  {
    name: 'compiler-thread',
    budget: 420,
    entry: 'cli/compiler-thread.ts',
    file: 'dist/compiler-thread.cjs',
    host: 'node',
  },
  { name: 'demo', budget: 1550, entry: 'cli/demo.ts', file: 'dist/demo.cjs', host: 'node' },
  {
    name: 'extension-web',
    budget: 540,
    entry: 'extension/web.ts',
    file: 'dist/extension.web.cjs',
    host: 'worker',
    library: true,
  },
  {
    name: 'adapter-worker-web',
    budget: 1550,
    entry: 'extension/adapter-worker.web.ts',
    file: 'dist/adapter-worker.web.js',
    host: 'worker',
  },
  {
    name: 'compiler-thread-web',
    budget: 420,
    entry: 'extension/compiler-thread.web.ts',
    file: 'dist/compiler-thread.web.js',
    host: 'worker',
  },
  {
    name: 'language-server',
    budget: 1100,
    entry: 'language-server/main.node.ts',
    file: 'dist/language-server.cjs',
    host: 'node',
  },
  {
    name: 'language-server-web',
    budget: 1100,
    entry: 'language-server/main.web.ts',
    file: 'dist/language-server.web.js',
    host: 'worker',
  },
  {
    name: 'registers',
    budget: 90,
    entry: 'extension/webview/registers.ts',
    file: 'dist/webview/registers.js',
    host: 'webview',
  },
  {
    name: 'suite',
    entry: 'test/vscode/suite/index.ts',
    file: 'out/test/suite.cjs',
    host: 'node',
    library: true,
    tests: true,
  },
  {
    name: 'suite-web',
    entry: 'test/vscode/suite/index.web.ts',
    file: 'out/test/suite.web.cjs',
    host: 'worker',
    library: true,
    tests: true,
  },
];

const targets = { node: 'node20', worker: 'webworker', webview: 'web' };

/** Files that are shipped as they are, beside the bundles. */
const copies = {
  registers: [
    ['node_modules/@vscode/codicons/dist/codicon.css', 'dist/webview/codicon.css'],
    ['node_modules/@vscode/codicons/dist/codicon.ttf', 'dist/webview/codicon.ttf'],
  ],
};

/** The machine's loop, generated once here and not at every start. */
const PREBUILT = join(root, 'out/prebuilt/loop.mjs');
function prebuild() {
  const made = spawnSync(process.execPath, ['--import', 'tsx', join(root, 'scripts/prebuild.ts'), PREBUILT], {
    cwd: root,
    stdio: 'inherit',
  });
  if (made.status !== 0) throw new Error('scripts/prebuild.ts failed; its messages are above');
}

function configuration(bundle, development) {
  const { name, entry, file, host, library, budget, wrapper } = bundle;
  return {
    name,
    mode: 'none',
    target: targets[host],
    context: root,
    entry: `./${entry}`,
    output: {
      path: join(root, dirname(file)),
      filename: file.slice(file.lastIndexOf('/') + 1),
      ...(library ? { library: { type: 'commonjs2' } } : {}),
    },
    devtool: development ? 'source-map' : false,
    resolve: {
      extensions: ['.ts', '.js'],
      // @vscode/debugadapter's classes import these for its TCP server and its file log, which nobody starts there.
      ...(host === 'worker'
        ? { fallback: { net: false, fs: false, path: false, url: false, os: false, util: false } }
        : {}),
    },
    // The suites import mocha from node_modules at run time.
    externals: { vscode: 'commonjs vscode', ...(bundle.tests && host === 'node' ? { mocha: 'commonjs mocha' } : {}) },
    module: {
      parser: { javascript: { exportsPresence: 'error' } },
      rules: [
        {
          test: /\.[cm]?[jt]s$/,
          exclude: /node_modules/,
          loader: 'esbuild-loader',
          options: { target: host === 'node' ? 'node20' : 'es2022', tsconfig: join(root, 'tsconfig.base.json') },
        },
        { test: /\.css$/, type: 'asset/source' },
        { resourceQuery: /bytes/, type: 'asset/inline' },
      ],
    },
    optimization: {
      nodeEnv: 'production',
      concatenateModules: true,
      usedExports: true,
      sideEffects: true,
      providedExports: true,
      splitChunks: false,
      minimize: !development,
      // One character beyond Latin-1, and V8 keeps the whole text in two bytes a character.
      minimizer: [
        new EsbuildPlugin({ target: host === 'node' ? 'node20' : 'es2022', keepNames: false, charset: 'ascii' }),
      ],
    },
    node: host === 'node' ? { __dirname: false, __filename: false } : false,
    // A bundle that outgrows its budget fails the build: somebody pulled in more than was meant.
    performance:
      budget && !development
        ? { hints: 'error', maxAssetSize: budget * 1024, maxEntrypointSize: budget * 1024 }
        : { hints: false },
    stats: 'errors-warnings',
    // Mocha's browser build looks for modules by name.
    ignoreWarnings: [{ module: /mocha\.js$/ }],
    plugins: [
      // Otherwise the building machine's path would be in the bundle.
      new webpack.DefinePlugin(
        host === 'node' ? { 'import.meta.url': 'require("node:url").pathToFileURL(__filename).href' } : {},
      ),
      new webpack.NormalModuleReplacementPlugin(/emulator\/cpu\/prebuilt\.ts$|^\.\/prebuilt\.ts$/, PREBUILT),
      new webpack.optimize.LimitChunkCountPlugin({ maxChunks: 1 }),
      ...(wrapper ? [added(wrapper[0], false), added(wrapper[1], true)] : []),
      ...(copies[name]
        ? [{ apply: compiler => compiler.hooks.afterEmit.tap('copies', () => copy(copies[name])) }]
        : []),
    ],
  };
}

/** Text before or behind what the minimizer leaves. */
const added = (text, footer) =>
  new webpack.BannerPlugin({
    banner: text,
    raw: true,
    footer,
    stage: webpack.Compilation.PROCESS_ASSETS_STAGE_SUMMARIZE,
  });

function copy(pairs) {
  for (const [from, to] of pairs) {
    mkdirSync(dirname(join(root, to)), { recursive: true });
    copyFileSync(join(root, from), join(root, to));
  }
}

export default (env = {}) => {
  prebuild();
  return bundles
    .filter(bundle => !bundle.tests || env.tests)
    .map(bundle => configuration(bundle, Boolean(env.development)));
};
