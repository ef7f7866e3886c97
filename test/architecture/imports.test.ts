/**
 * The house's rules, read off the source: who may import whom, where Node and VS Code may be known, and who may name a
 * register of one architecture. A failure names the file and the rule.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { withoutComments } from './source.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

const sources = ['emulator', 'debug-adapter', 'language-server', 'cli', 'extension']
  .filter(folder => existsSync(join(root, folder)))
  .flatMap(folder =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map(name =>
      join(folder, name).replaceAll('\\', '/'),
    ),
  )
  .filter(file => file.endsWith('.ts') && !file.endsWith('.d.ts'));

/** The longest prefix of a file's path that a rule is about. */
const LAYERS = [
  'emulator/host.ts',
  'emulator/compiler.ts',
  'emulator/defaults.ts',
  'emulator/machine.ts',
  'emulator/abi',
  'emulator/isa',
  'emulator/cpu',
  'emulator/memory',
  'emulator/kernel/api.ts',
  'emulator/kernel',
  'emulator/symbols',
  'emulator/trace',
  'emulator/time',
  // What puts a machine together: the files beside machine.ts.
  'emulator',
  'debug-adapter/protocol.ts',
  'debug-adapter/schema.ts',
  'debug-adapter',
  'language-server',
  'cli',
  'extension/webview',
  'extension',
] as const;
type Layer = (typeof LAYERS)[number];

function layerOf(file: string): Layer {
  const layer = LAYERS.find(name => file === name || file.startsWith(`${name}/`));
  if (!layer) throw new Error(`${file} is in no layer`);
  return layer;
}

const HOST: Layer = 'emulator/host.ts';
const COMPILER: Layer = 'emulator/compiler.ts';
const DEFAULTS: Layer = 'emulator/defaults.ts';
const ABI: Layer = 'emulator/abi';
const PROTOCOL: Layer[] = ['debug-adapter/protocol.ts', 'debug-adapter/schema.ts'];
/** What layers above the machine see of it. */
const MACHINE: Layer[] = [
  'emulator',
  'emulator/machine.ts',
  'emulator/kernel/api.ts',
  HOST,
  COMPILER,
  DEFAULTS,
  ABI,
  'emulator/isa',
  'emulator/symbols',
  'emulator/trace',
];

/** Whom a layer may import, beside itself. */
const MAY_IMPORT: Record<Layer, Layer[]> = {
  'emulator/host.ts': [],
  'emulator/compiler.ts': [],
  'emulator/defaults.ts': [],
  'emulator/abi': [],
  'emulator/isa': [ABI],
  'emulator/memory': [HOST],
  'emulator/cpu': [ABI, HOST, COMPILER, 'emulator/isa', 'emulator/memory'],
  'emulator/symbols': [ABI],
  'emulator/trace': [ABI],
  'emulator/kernel/api.ts': [ABI, 'emulator/memory'],
  'emulator/kernel': [ABI, HOST, 'emulator/memory', 'emulator/symbols', 'emulator/kernel/api.ts'],
  'emulator/time': [ABI, HOST, 'emulator/memory', 'emulator/cpu', 'emulator/kernel', 'emulator/kernel/api.ts'],
  'emulator/machine.ts': [ABI, HOST, COMPILER, 'emulator/memory', 'emulator/kernel', 'emulator/kernel/api.ts'],
  emulator: [...MACHINE, 'emulator/memory', 'emulator/cpu', 'emulator/kernel', 'emulator/time'],
  'debug-adapter/schema.ts': [],
  'debug-adapter/protocol.ts': ['debug-adapter/schema.ts', DEFAULTS],
  'debug-adapter': [...MACHINE, ...PROTOCOL],
  'language-server': [ABI, 'emulator/isa'],
  cli: [...MACHINE, ...PROTOCOL, 'debug-adapter', 'language-server'],
  'extension/webview': PROTOCOL,
  extension: [...PROTOCOL, ABI, 'extension/webview'],
};

/** The doors through which the extension starts the adapter: everything else there knows its protocol only. */
const ADAPTER_DOORS =
  /^extension\/(adapter-worker(\.web)?|compiler(-thread)?\.web|build|environment\.web|(workspace-)?files\.web)\.ts$/;

/** Packages of the registry that a layer may load, and whether it may load Node's own. */
const PACKAGES: Record<string, { node: boolean | RegExp; packages: RegExp }> = {
  emulator: { node: false, packages: /^(fflate|fzstd)$/ },
  // What is of Node alone stands in files that say so.
  'debug-adapter': { node: /node|stdio|go-build/, packages: /^@vscode\/debugprotocol$/ },
  'language-server': { node: /node/, packages: /^vscode-languageserver/ },
  cli: { node: true, packages: /^@vscode\/debugprotocol$/ },
  'extension/webview': { node: false, packages: /^(lit|@vscode-elements\/elements)(\/|$)/ },
  extension: {
    node: /^extension\/(main|build|adapter-worker)\.ts$/,
    packages: /^vscode(-languageclient(\/(node|browser))?)?$/,
  },
};

interface Import {
  file: string;
  /** Of this repository, relative to its root; or a package's name. */
  target: string;
  own: boolean;
}

const imports: Import[] = sources.flatMap(file => {
  const text = withoutComments(readFileSync(join(root, file), 'utf8'));
  const specifiers = [
    ...text.matchAll(/\b(?:import|export)\b[^;'"]*?\bfrom\s*['"]([^'"]+)['"]/g),
    ...text.matchAll(/(?<!['"])\bimport\s*\(?\s*['"]([^'"\n]+)['"]/g),
  ].map(match => match[1]);
  return specifiers.map(specifier => {
    const own = specifier.startsWith('.');
    const target = own
      ? relative(root, join(root, dirname(file), specifier.replace(/\?.*$/, ''))).replaceAll('\\', '/')
      : specifier;
    return { file, target, own };
  });
});

test('there is something to check', () => {
  expect(sources.length).toBeGreaterThan(100);
  expect(imports.length).toBeGreaterThan(300);
});

test('layers import only what they may', () => {
  const wrong = imports
    .filter(({ own }) => own)
    .filter(({ file, target }) => {
      const [from, to] = [layerOf(file), layerOf(target)];
      if (from === to || MAY_IMPORT[from].includes(to)) return false;
      return !(
        ADAPTER_DOORS.test(file) &&
        ([...MACHINE, 'debug-adapter'].includes(to) || target === 'cli/environment.ts')
      );
    })
    .map(({ file, target }) => `${file} imports ${target}`);
  expect(wrong).toEqual([]);
});

test('imports name a file that is there, with its extension', () => {
  const wrong = imports
    .filter(({ own, target }) => own && !existsSync(join(root, target)))
    .map(({ file, target }) => `${file} imports ${target}`);
  expect(wrong).toEqual([]);
});

test('Node, VS Code and packages are known only where they may be', () => {
  const wrong = imports
    .filter(({ own }) => !own)
    .filter(({ file, target }) => {
      const rule =
        PACKAGES[
          Object.keys(PACKAGES)
            .sort((a, b) => b.length - a.length)
            .find(name => file.startsWith(`${name}/`))!
        ];
      if (target.startsWith('node:')) return rule.node instanceof RegExp ? !rule.node.test(file) : !rule.node;
      return !rule.packages.test(target);
    })
    .map(({ file, target }) => `${file} imports ${target}`);
  expect(wrong).toEqual([]);
});

/** Clocks and randomness enter through the Host, or no run would repeat. */
test('the emulator asks nobody but its Host for time and randomness', () => {
  // When to let the event loop have a turn is no matter of the guest's.
  const yields = /^emulator\/create-machine\.ts$/;
  const sourcesOfChance = /\b(?:Date\.now|new Date\(\)|performance\.now|Math\.random|crypto\.getRandomValues)\b/;
  const wrong = sources
    .filter(file => file.startsWith('emulator/') && !yields.test(file))
    .flatMap(file =>
      lines(file).flatMap((line, index) =>
        sourcesOfChance.test(line) ? [`${file}:${index + 1}: ${line.trim()}`] : [],
      ),
    );
  expect(wrong).toEqual([]);
});

/**
 * Where x86 may be spoken: its instructions, its columns of the ABI, and the files of the CPU that execute what is x86's
 * alone (string instructions, CPUID, segment bases) or know its operand kinds, as the emitter's interface does. The
 * language server reads the assembly of every architecture, and some registers of others have the same names.
 */
const SPEAKS_X86 =
  /^emulator\/(?:isa\/x64\/|isa\/emitter\.ts|abi\/amd64\/|cpu\/(?:cpuid|float|routines-[a-z0-9]+|hot-shapes|loop|cpu|records|routine-context|lift-block|tier[01])\.ts)|^language-server\//;
const X86_REGISTERS =
  /\b(?:[re]?(?:ax|bx|cx|dx|si|di|bp|sp|ip)|r(?:8|9|1[0-5])[dwb]?|[re]flags|[xyz]mm\d*|mxcsr|fs_?base|gs_?base)\b/i;
/** Words that are registers' names and something else. */
const ALSO_WORDS = /\b(?:sp|ip|di|si|bp|esp|bx|ax|dx|cx)\b/gi;

test('nothing above isa/x64, the CPU and the amd64 columns names an x86 register', () => {
  const wrong = sources
    .filter(file => !SPEAKS_X86.test(file))
    .flatMap(file =>
      lines(file).flatMap((line, index) =>
        X86_REGISTERS.test(line.replace(ALSO_WORDS, '')) ? [`${file}:${index + 1}: ${line.trim()}`] : [],
      ),
    );
  expect(wrong).toEqual([]);
});

/** The lines of a file, comments blanked out. */
function lines(file: string): string[] {
  return withoutComments(readFileSync(join(root, file), 'utf8')).split('\n');
}
