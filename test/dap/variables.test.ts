/**
 * Variables of programs in Go, C and Rust as a person sees them in the editor, as golden text: every kind of type, opened
 * parts, pages, expressions, assignments. Programs are built here: RING3_GO_VERSIONS=1.21.13,1.24.9 builds Go's with
 * these toolchains, too; the text must be the same.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { adapterEnvironment } from '../../cli/environment.ts';
import { hasGo } from '../go.ts';
import { type Conversation, converse, golden } from './conversation.ts';

vi.setConfig({ testTimeout: 120_000 });

const guests = resolve(import.meta.dirname, 'guests');
const folder = mkdtempSync(join(tmpdir(), 'ring3-variables-'));

interface Shown {
  name: string;
  value: string;
  type?: string;
  evaluateName?: string;
  variablesReference: number;
  indexedVariables?: number;
  valueLocationReference?: number;
  declarationLocationReference?: number;
}

interface At {
  c: Conversation;
  threadId: number;
  frameId: number;
  scopes: { name: string; variablesReference: number }[];
}

/** The program stands in `stop`; the frame is its caller's. */
async function stopped(program: string, name: string): Promise<At> {
  const c = converse({ ...adapterEnvironment({ folder }), goSources: undefined });
  await c.ask('initialize', { adapterID: 'ring3', supportsVariablePaging: true });
  await c.ask('launch', { program });
  await c.ask('setFunctionBreakpoints', { breakpoints: [{ name }] });
  await c.ask('configurationDone');
  const { threadId } = await c.event('stopped');
  const { stackFrames } = await c.ask('stackTrace', { threadId });
  const frameId = stackFrames[1].id;
  const { scopes } = await c.ask('scopes', { frameId });
  return { c, threadId, frameId, scopes };
}

async function parts({ c }: At, reference: number, page: object = {}): Promise<Shown[]> {
  return (await c.ask('variables', { variablesReference: reference, ...page })).variables;
}

/** The scopes with their variables; of compound ones the parts, of long ones a page. */
async function listing(at: At): Promise<string> {
  const lines: string[] = [];
  for (const { name, variablesReference } of at.scopes) {
    if (/Registers$/.test(name)) continue;
    lines.push(name.replace(/^File .*[.]c$/, 'File').replace(/cgu.*/, ''));
    for (const variable of await parts(at, variablesReference)) {
      lines.push(`  ${line(variable)}`);
      if (variable.variablesReference === 0) continue;
      const count = variable.indexedVariables;
      const page = count === undefined || count <= 10 ? {} : { filter: 'indexed', start: 5, count: 3 };
      for (const part of await parts(at, variable.variablesReference, page)) lines.push(`    ${line(part)}`);
    }
  }
  return lines.join('\n');
}

const line = ({ name, type, value, indexedVariables }: Shown): string =>
  `${name} ${type} = ${value}${indexedVariables ? `  (${indexedVariables} items)` : ''}`;

async function expressions({ c, frameId }: At, list: readonly string[]): Promise<string> {
  const lines: string[] = [];
  for (const expression of list) {
    const answer = c.ask('evaluate', { expression, frameId, context: 'repl' });
    lines.push(
      await answer.then(
        ({ result, type }) => `${expression}  →  ${result}  ${type}`,
        (error: Error) => `${expression}  →  ! ${error.message}`,
      ),
    );
  }
  return lines.join('\n');
}

/** Addresses are no matter of this text, but for the small numbers that are none. */
const masked = (text: string): string => `${text.replace(/0x[0-9a-f]{5,}/g, '<address>')}\n`;
const keep = (name: string, ...texts: string[]): void =>
  golden(resolve(import.meta.dirname, `golden/variables-${name}.txt`), masked(texts.join('\n\n')));

describe.skipIf(!hasGo).each(['local', ...(process.env.RING3_GO_VERSIONS?.split(',') ?? [])])('Go %s', version => {
  const build = (name: string, ...flags: string[]): string => {
    const output = join(folder, `${name}-${version}`);
    const toolchain = version === 'local' ? 'local' : `go${version}`;
    execFileSync('go', ['build', ...flags, '-o', output, join(guests, 'kinds.go')], {
      cwd: folder,
      env: { ...process.env, GOOS: 'linux', GOARCH: 'amd64', CGO_ENABLED: '0', GOFLAGS: '', GOTOOLCHAIN: toolchain },
      stdio: 'pipe',
    });
    return output;
  };

  test('every kind of type, without optimisation', async () => {
    const at = await stopped(build('plain', '-gcflags=-N -l'), 'main.stop');
    const text = (await listing(at))
      // The order of a large map is the seed's and the version's.
      .replace(/(big .* = len 300).*( {2}\(300 items\)\n)((?: {4}.*\n){3})/, '$1$2')
      .replace(/(file \*os\.file = .*?\{).*\}/, '$1…}');
    const answers = await expressions(at, GO_EXPRESSIONS);
    keep('go', text, answers);
    at.c.close();
  });

  test('from a variable to its declaration, from a func value to its source', async () => {
    const at = await stopped(build('plain', '-gcflags=-N -l'), 'main.stop');
    const locals = at.scopes.find(scope => scope.name === 'Locals')!;
    const closure = (await parts(at, locals.variablesReference)).find(variable => variable.name === 'closure')!;
    const { source, line } = await at.c.ask('locations', { locationReference: closure.valueLocationReference });
    expect([source.name, line]).toEqual(['kinds.go', 78]);
    const declared = await at.c.ask('locations', { locationReference: closure.declarationLocationReference });
    expect([declared.source.name, declared.line]).toEqual(['kinds.go', 78]);
    expect(await at.c.refused('locations', { locationReference: 99 })).toMatch(/no source/);
    at.c.close();
  });

  test('a large map: each entry once, page by page', async () => {
    const at = await stopped(build('plain', '-gcflags=-N -l'), 'main.stop');
    const locals = at.scopes.find(scope => scope.name === 'Locals')!;
    const big = (await parts(at, locals.variablesReference)).find(variable => variable.name === 'big')!;
    const seen = new Map<string, string>();
    for (let start = 0; start < 300; start += 100) {
      const page = await parts(at, big.variablesReference, { filter: 'indexed', start, count: 100 });
      expect(page).toHaveLength(100);
      for (const { name, value } of page) seen.set(name, value);
    }
    expect(seen.size).toBe(300);
    for (let i = 0; i < 300; i++) expect(seen.get(`[${i}]`)).toBe(`{X: ${i}, Y: ${-i}, Name: "p"}`);
    // Who does not ask for pages gets the beginning, and the rest behind one more row.
    const long = (await parts(at, locals.variablesReference)).find(variable => variable.name === 'long')!;
    expect(await parts(at, long.variablesReference)).toHaveLength(1000);
    const by = await at.c.ask('evaluate', { expression: 'big[123].Y', frameId: at.frameId });
    expect(by.result).toMatch(/^-123 /);
    at.c.close();
  });

  test('optimised: what is there is shown, what is not has a reason', async () => {
    const at = await stopped(build('optimised'), 'main.stop');
    const shown = (await Promise.all(
      at.scopes.filter(scope => /^(Arguments|Locals)$/.test(scope.name)).map(s => parts(at, s.variablesReference)),
    )) as Shown[][];
    const all = shown.flat();
    expect(all.length).toBeGreaterThan(15);
    const value = (name: string) => all.find(variable => variable.name === name)?.value;
    expect(value('n')).toBe('3');
    expect(value('ages')).toBe('len 3  {"ann": 31, "bob": 42, "cy": 7}');
    const reasons = /^\((optimized out|partly optimized out|not set yet|not kept|not known)[^()]*\)$/;
    for (const variable of all.filter(variable => variable.value.startsWith('(')))
      expect(variable.value).toMatch(reasons);
    expect(all.some(variable => /optimized out/.test(variable.value))).toBe(true);
    at.c.close();
  });

  test('results, at the instruction that returns', async () => {
    const c = converse({ ...adapterEnvironment({ folder }), goSources: undefined });
    await c.ask('initialize', { adapterID: 'ring3' });
    await c.ask('launch', { program: build('optimised') });
    await c.ask('setFunctionBreakpoints', { breakpoints: [{ name: 'main.all' }] });
    await c.ask('configurationDone');
    let { threadId } = await c.event('stopped');
    const { stackFrames } = await c.ask('stackTrace', { threadId, levels: 1 });
    const { instructions } = await c.ask('disassemble', {
      memoryReference: stackFrames[0].instructionPointerReference,
      instructionCount: 3000,
    });
    const rows = instructions as { address: string; instruction: string; symbol?: string }[];
    const end = rows.findIndex((row, i) => i > 0 && row.symbol !== undefined);
    const returns = rows.slice(0, end).filter(row => /(^| )RET$/.test(row.instruction));
    expect(returns.length).toBeGreaterThan(0);
    await c.ask('setInstructionBreakpoints', {
      breakpoints: returns.map(row => ({ instructionReference: row.address })),
    });
    ({ threadId } = await c.go('continue', { threadId }));
    const [frame] = (await c.ask('stackTrace', { threadId, levels: 1 })).stackFrames;
    const { scopes } = await c.ask('scopes', { frameId: frame.id });
    const { variables } = await c.ask('variables', { variablesReference: scopes[0].variablesReference });
    const results = Object.fromEntries((variables as Shown[]).map(variable => [variable.name, variable.value]));
    expect(results.total).toBe('49');
    expect(results.err).toMatch(/^\*errors\.errorString 0x[0-9a-f]+ → \{s: "bad thing"\}$/);
    c.close();
  });
});

const REASON =
  /^\((optimized out|partly optimized out|not set yet|not kept|not known|not made yet|on its way|unreadable|its place)[^()]*\)$/;

test.each([
  ['println', '/^(fmt|os|sync|reflect)\\./'],
  ['goroutines', '/^main\\./'],
  ['panic', '/^(main|runtime\\.(gopanic|printpanics|deferreturn))/'],
])('%s: in every frame of many stops a variable has a value or a reason', async (name, pattern) => {
  const root = resolve(import.meta.dirname, '../..');
  const c = converse({ ...adapterEnvironment({ folder: root }), goSources: undefined });
  await c.ask('initialize', { adapterID: 'ring3' });
  await c.ask('launch', { program: `samples/bin/${name}` });
  await c.ask('setFunctionBreakpoints', { breakpoints: [{ name: pattern }] });
  await c.ask('setExceptionBreakpoints', { filters: ['faults', 'panics'] });
  await c.ask('configurationDone');
  let stop = await c.event('stopped');
  const seen = { values: 0, reasons: 0 };
  for (let stops = 0; stops < 25 && stop?.threadId !== undefined; stops++) {
    const { stackFrames } = await c.ask('stackTrace', { threadId: stop.threadId });
    for (const frame of stackFrames) {
      const { scopes } = await c.ask('scopes', { frameId: frame.id });
      for (const scope of scopes.filter((s: { name: string }) => /^(Arguments|Locals)$/.test(s.name))) {
        const { variables } = await c.ask('variables', { variablesReference: scope.variablesReference });
        for (const variable of variables as Shown[]) {
          const where = `${frame.name}: ${variable.name} ${variable.type} = ${variable.value}`;
          expect(variable.name, where).toMatch(/^\(?[\p{L}_~.]/u);
          expect(variable.type, where).toBeTruthy();
          expect(variable.value, where).not.toMatch(/^(|…|.*undefined.*|.*NaN.*)$/);
          // Complex numbers and values of the program may stand in parentheses; reasons are words.
          if (/^\([a-z]+ /.test(variable.value)) {
            expect(variable.value, where).toMatch(REASON);
            seen.reasons++;
          } else seen.values++;
        }
      }
    }
    stop = await c.go(stops % 3 === 0 ? 'next' : 'continue', { threadId: stop.threadId });
  }
  expect(seen.values).toBeGreaterThan(20);
  expect(seen.reasons).toBeGreaterThan(0);
  c.close();
});

const GO_EXPRESSIONS = [
  'p.Name',
  'words[1]',
  'len(words)',
  'cap(long)',
  'len(ages) + len(ch)',
  'ages["bob"]',
  'ages["nobody"]',
  'any3.X',
  'any4.Name',
  'sh.side',
  'list.next.value',
  'list.next.next.value',
  'problem != nil && any5 == nil',
  'noMap == nil && none == nil',
  'name =~ "^go"',
  'small < 0 && n == 3',
  'long[999]',
  'long[1000]',
  'grid[1][2]',
  'pp.X',
  '**ppp',
  '*(&small)',
  'counter',
  'main.counter + 1',
  'registry["two"]',
  '(*main.point)(&p)',
  '(*point)(&p).Y',
  'uint8(small)',
  'celsius(3) + 0.5',
  'temperature > 20.5',
  'string(raw)',
  'd',
  'generic.key',
  'anon.B[0]',
  'hidden.value',
  'small = -7',
  'small',
  'small = 300',
  'yes = false',
  'p.X = 99',
  'p',
  'temperature = 3',
  'words[2] = 5',
  'p.Z',
  'n.X',
  'nosuch.X',
  'smal',
  'f(3)',
  'len(n)',
];

const build = (command: string, args: string[]): boolean => spawnSync(command, args, { stdio: 'pipe' }).status === 0;

test.skipIf(spawnSync('gcc', ['--version']).status !== 0)('C', async () => {
  const program = join(folder, 'kinds-c');
  expect(build('gcc', ['-g', '-O0', '-static', '-o', program, join(guests, 'kinds.c')])).toBe(true);
  const at = await stopped(program, 'stop');
  const text = await listing(at);
  const answers = await expressions(at, [
    'p->x',
    '*p',
    'first.next->label',
    'first.next->at',
    'name == "gopher"',
    'text =~ "of"',
    'q[1]',
    '*(q + 2)',
    'bits.b',
    'bits.a + bits.c',
    'c == GREEN',
    'grid[1][1]',
    '(struct point *)p',
    'total',
    'origin.y',
    'd * 2',
    'n',
    'c = 5',
    'single = 1.25',
    'first.at.x = 77',
    'first.at',
  ]);
  keep('c', text, answers);
  at.c.close();
});

test.skipIf(spawnSync('rustc', ['--version']).status !== 0)('Rust', async () => {
  const program = join(folder, 'kinds-rs');
  const source = join(guests, 'kinds.rs');
  if (!build('rustc', ['-g', '-A', 'warnings', '-C', 'target-feature=+crt-static', '-o', program, source])) return;
  const at = await stopped(program, 'kinds::stop');
  const [own, locals] = await Promise.all(at.scopes.slice(0, 2).map(s => parts(at, s.variablesReference)));
  // Of the standard library's own types only those that everybody uses are read.
  const values = Object.fromEntries([...own, ...locals].map(({ name, value }) => [name, value]));
  expect(values).toMatchObject({
    n: '3',
    name: '"gopher"',
    s: '"owned"',
    v: 'len 3 cap 3  [1, 2, 3]',
    a: '[1, 2, 3]',
    some: 'Some {__0: 5}',
    none: 'None',
    circle: 'Circle {__0: 1.5}',
    rect: 'Rect {w: 2, h: 3}',
    nothing: 'Nothing',
    t: '{__0: 1, __1: "two"}',
    c: "'z'",
    slice: 'len 2 cap 2  [2, 3]',
    names: 'len 2 cap 2  ["a", "b"]',
  });
  expect(await expressions(at, ['v[1]', 'names[0] == "a"', 'p.x + p.y', 'rect.h', 'some.__0', 'TOTAL', 'len(v)'])).toBe(
    [
      'v[1]  →  2  i32',
      'names[0] == "a"  →  true  bool',
      'p.x + p.y  →  3  integer',
      'rect.h  →  3  u32',
      'some.__0  →  5  i32',
      'TOTAL  →  7  i32',
      'len(v)  →  3  integer',
    ].join('\n'),
  );
  at.c.close();
});
