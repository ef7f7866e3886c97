/**
 * For which architectures a file is assembled: by the end of its name (`_amd64.s`, `_linux_arm64.s`), and by its
 * `//go:build` line (go/build, "Build constraints").
 */

import { usualSystem } from './words.ts';

export const ARCHITECTURES = [
  '386',
  'amd64',
  'arm',
  'arm64',
  'loong64',
  'mips',
  'mipsle',
  'mips64',
  'mips64le',
  'ppc64',
  'ppc64le',
  'riscv64',
  's390x',
  'wasm',
] as const;
export type Architecture = (typeof ARCHITECTURES)[number];

/** Systems, and the architectures of each (`go tool dist list`; zos and others are not Go's own). */
const SYSTEMS: Readonly<Record<string, string>> = {
  aix: 'ppc64',
  android: '386 amd64 arm arm64',
  darwin: 'amd64 arm64',
  dragonfly: 'amd64',
  freebsd: '386 amd64 arm arm64 riscv64',
  hurd: '',
  illumos: 'amd64',
  ios: 'amd64 arm64',
  js: 'wasm',
  linux: '386 amd64 arm arm64 loong64 mips mipsle mips64 mips64le ppc64 ppc64le riscv64 s390x',
  nacl: '386 amd64 arm',
  netbsd: '386 amd64 arm arm64',
  openbsd: '386 amd64 arm arm64 mips64 ppc64 riscv64',
  plan9: '386 amd64 arm',
  solaris: 'amd64',
  wasip1: 'wasm',
  windows: '386 amd64 arm arm64',
  zos: 's390x',
};
const UNIX = new Set('aix android darwin dragonfly freebsd hurd illumos ios linux netbsd openbsd solaris'.split(' '));

/** Words that name an architecture, those of other compilers too: they exclude, like any other. */
const OTHERS = new Set(`amd64p32 armbe arm64be mips64p32 mips64p32le ppc riscv s390 sparc sparc64`.split(/\s+/));

export interface Target {
  readonly architecture: Architecture;
  /** As far as the file says; undefined for any. */
  readonly system?: string;
}

/**
 * What a file is for, in the order of the list above; every architecture when it does not say. Where its constraint leaves
 * Linux out, the first system that it lets in is named.
 */
export function targetsOf(path: string, text: string): Target[] {
  const { architecture: only, system } = fromName(path);
  const constraint = constraintOf(text);
  return ARCHITECTURES.filter(name => only === undefined || name === only).flatMap(architecture => {
    const usual = usualSystem(architecture);
    const systems = (system === undefined ? [usual, ...Object.keys(SYSTEMS)] : [system]).filter(
      os =>
        SYSTEMS[os].split(' ').includes(architecture) &&
        (!constraint || evaluate(constraint, architecture, os) !== false),
    );
    if (systems.length === 0) return [];
    return [{ architecture, system: systems[0] === usual ? system : systems[0] }];
  });
}

/**
 * Whether a file is built for a target: by its name and constraint; tags that nobody can know (`cgo`, `race`) do not keep it
 * out unless what is asked for is the build `byDefault`. A target without a system means Linux.
 */
export function matches(path: string, text: string, target: Target, byDefault = false): boolean {
  const { architecture, system } = fromName(path);
  const os = target.system ?? usualSystem(target.architecture);
  if (architecture !== undefined && architecture !== target.architecture) return false;
  if (system !== undefined && system !== os && !(system === 'linux' && os === 'android')) return false;
  const constraint = constraintOf(text);
  if (!constraint) return true;
  const answer = evaluate(constraint, target.architecture, os, byDefault ? false : undefined);
  return byDefault ? answer === true : answer !== false;
}

function fromName(path: string): { architecture?: string; system?: string } {
  const words = path
    .slice(path.lastIndexOf('/') + 1)
    .replace(/\.\w+$/, '')
    .split('_')
    .slice(1);
  if (words.at(-1) === 'test') words.pop();
  const last = words.at(-1) ?? '';
  if ((ARCHITECTURES as readonly string[]).includes(last) || OTHERS.has(last)) {
    const before = words.at(-2) ?? '';
    return { architecture: last, system: Object.hasOwn(SYSTEMS, before) ? before : undefined };
  }
  return { system: Object.hasOwn(SYSTEMS, last) ? last : undefined };
}

/**
 * The `//go:build` line, or the `// +build` lines of older files written as one. Both stand before everything but comments.
 */
function constraintOf(text: string): string | undefined {
  const old: string[] = [];
  for (const match of text.matchAll(/[ \t\r]*(\/\/[^\n]*|\/\*[\s\S]*?\*\/|[^\s][^\n]*)?(?:\n|$)/g)) {
    const line = (match[1] ?? '').trimEnd();
    const build = /^\/\/go:build\s+(.*)$/.exec(line);
    if (build) return build[1];
    const plus = /^\/\/\s*\+build\s+(.*)$/.exec(line);
    // Blanks are "or", commas "and".
    if (plus)
      old.push(
        `(${plus[1]
          .trim()
          .split(/\s+/)
          .map(term => `(${term.replaceAll(',', '&&')})`)
          .join('||')})`,
      );
    if (match[0] === '' || (line && !line.startsWith('//') && !line.startsWith('/*'))) break;
  }
  return old.length ? old.join('&&') : undefined;
}

/** Undefined where tags decide that nobody knows, unless `unknown` says what they are. */
function evaluate(
  expression: string,
  architecture: string,
  system: string | undefined,
  unknown?: boolean,
): boolean | undefined {
  const tokens = expression.match(/\|\||&&|[!()]|[^\s!()&|]+/g) ?? [];
  let at = 0;
  const or = (): boolean | undefined => {
    let value = and();
    while (tokens[at] === '||') {
      at++;
      const right = and();
      value = value === true || right === true ? true : value === false && right === false ? false : undefined;
    }
    return value;
  };
  const and = (): boolean | undefined => {
    let value = not();
    while (tokens[at] === '&&') {
      at++;
      const right = not();
      value = value === false || right === false ? false : value === true && right === true ? true : undefined;
    }
    return value;
  };
  const not = (): boolean | undefined => {
    const token = tokens[at++];
    if (token === '!') {
      const value = not();
      return value === undefined ? undefined : !value;
    }
    if (token === '(') {
      const value = or();
      at++;
      return value;
    }
    return token === undefined ? undefined : (tag(token, architecture, system) ?? unknown);
  };
  return or();
}

function tag(name: string, architecture: string, system: string | undefined): boolean | undefined {
  if ((ARCHITECTURES as readonly string[]).includes(name) || OTHERS.has(name)) return name === architecture;
  if (name === 'gc' || /^go1(\.\d+)?$/.test(name)) return true;
  if (name === 'gccgo' || name === 'ignore') return false;
  if (Object.hasOwn(SYSTEMS, name)) {
    if (system !== undefined) return name === system || (name === 'linux' && system === 'android');
    return undefined;
  }
  if (name === 'unix') return system === undefined ? undefined : UNIX.has(system);
  return undefined;
}
