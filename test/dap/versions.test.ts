/**
 * One conversation with one program as many toolchains make it: Go 1.19 to 1.27, with and without optimisation,
 * position-independent, stripped; the same in C and Rust. scripts/build-versions.sh makes the programs; RING3_VERSIONS
 * names a folder to take them from instead of the archive (other versions are then held to what all have in common).
 * UPDATE=1 writes the golden texts anew.
 */
import { copyFileSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { adapterEnvironment } from '../../cli/environment.ts';
import { type Conversation, converse, golden } from './conversation.ts';
import { unpackVersions } from './versions.ts';

const root = resolve(import.meta.dirname, '../..');
const sources = resolve(import.meta.dirname, 'versions');
const given = process.env.RING3_VERSIONS;
const { folder, remove } = given ? { folder: given, remove: () => {} } : unpackVersions();
/** Position-independent Go programs have themselves relocated by the system's dynamic linker. */
const LINKER = '/lib64/ld-linux-x86-64.so.2';
const hasLinker = existsSync(LINKER) || Boolean(process.env.CI);
const lib64 = mkdtempSync(join(tmpdir(), 'ring3-lib64-'));
if (hasLinker) copyFileSync(LINKER, join(lib64, 'ld-linux-x86-64.so.2'));
afterAll(() => {
  remove();
  rmSync(lib64, { recursive: true });
});
const programs = readdirSync(folder).filter(name => /^(go1\.\d+|c|rust)-[a-z]+$/.test(name));

async function start(name: string): Promise<Conversation> {
  const environment = { ...adapterEnvironment({ folder: root }), goSources: undefined };
  const c = converse(environment, { [root]: '<root>', [folder]: '<versions>', [lib64]: '<lib64>' });
  await c.ask('initialize', { adapterID: 'ring3', supportsVariablePaging: true });
  const mounts = [`${folder}:/versions`, `${sources}:/source`];
  if (name.endsWith('-pie')) mounts.push(`${lib64}:/lib64:ro`);
  // The same paths whatever this repository's folder is called: the program's run does not depend on that.
  // What C's and Rust's compilers were told to call the sources' folder.
  const substitutePath = [{ from: sources, to: '/source' }];
  await c.ask('launch', { program: resolve(folder, name), cwd: sources, mounts, substitutePath, stopOnEntry: 'main' });
  await c.event('initialized');
  return c;
}

interface Shown {
  id: number;
  name: string;
  source?: { name?: string };
}

/** The frame's arguments and locals, and what is inside of those that have parts. */
async function variables(c: Conversation, frameId: number): Promise<void> {
  const { scopes } = await c.ask('scopes', { frameId });
  for (const { name, variablesReference } of scopes) {
    if (!/^(Arguments|Locals)$/.test(name)) continue;
    const answer = await c.ask('variables', { variablesReference });
    for (const variable of answer.variables) {
      if (variable.variablesReference === 0) continue;
      const page = variable.indexedVariables > 4 ? { filter: 'indexed', start: 0, count: 4 } : {};
      await c.ask('variables', { variablesReference: variable.variablesReference, ...page });
    }
  }
}

async function frames(c: Conversation, threadId: number, levels = 20): Promise<Shown[]> {
  return (await c.ask('stackTrace', { threadId, levels })).stackFrames;
}

test.each(programs.filter(name => hasLinker || !name.endsWith('-pie')))('%s', async name => {
  const c = await start(name);
  try {
    await converseWith(name, c);
  } catch (error) {
    throw new Error(`${c.transcript()}\n${(error as Error).message}`, { cause: error });
  } finally {
    c.close();
  }
});

async function converseWith(name: string, c: Conversation): Promise<void> {
  const isGo = name.startsWith('go');
  const report = isGo ? 'main.report' : 'report';
  await c.ask('configurationDone');
  let { threadId } = await c.event('stopped');
  await frames(c, threadId, 3);

  c.note('at the entry of a function: what its registers are');
  await c.ask('setFunctionBreakpoints', { breakpoints: [{ name: report }] });
  ({ threadId } = await c.go('continue', { threadId }));
  const [at] = await frames(c, threadId, 3);
  expect(at.name).toBe(report);
  await variables(c, at.id);
  const { memoryReference } = await c.ask('evaluate', { expression: report, frameId: at.id });
  await c.ask('disassemble', { memoryReference, instructionCount: 4 });
  await c.ask('ring3/registers', { threadId });

  c.note('at the syscall');
  await c.ask('setFunctionBreakpoints', { breakpoints: [{ name: 'syscall:write', condition: 'fd == 1' }] });
  const stop = await c.go('continue', { threadId });
  expect(stop.text).toMatch(/^write\(1, "hello, kernel\\n", 14\)/);
  threadId = stop.threadId;
  const stack = await frames(c, threadId);
  expect(stack.map(frame => frame.name)).toContain(report);
  await c.ask('ring3/registers', { threadId });
  const inReport = stack.find(frame => frame.name === report)!;
  await variables(c, inReport.id);
  for (const expression of isGo
    ? EXPRESSIONS
    : ['fd', name.startsWith('c-') ? 'list->next->value' : 'list.value', '*words']) {
    await c.ask('evaluate', { expression, frameId: inReport.id }).catch(() => {});
  }
  const main = stack.find(frame => frame.name === (isGo ? 'main.main' : 'main'));
  if (main) await variables(c, main.id);

  c.note('threads, and the goroutine that waits');
  const { threads } = await c.ask('threads');
  const waiting = threads.find((thread: Shown) => / main\.worker /.test(thread.name));
  expect(waiting === undefined).toBe(!isGo);
  if (waiting) {
    expect(waiting.name).toMatch(/ \[chan receive\]/);
    const [, ...callers] = await frames(c, waiting.id);
    const worker = callers.find(frame => /^main\.worker( |$)/.test(frame.name))!;
    await variables(c, worker.id);
  }

  c.note('on from there');
  await c.go('stepIn', { threadId, granularity: 'instruction' });
  await c.ask('ring3/registers', { threadId });
  for (let i = 0; i < 8 && !/^(main\.)?(report|main)$/.test((await frames(c, threadId, 1))[0].name); i++)
    ({ threadId } = await c.go('stepOut', { threadId }));
  await c.go('next', { threadId });
  await frames(c, threadId, 2);
  if (waiting) {
    await c.go('next', { threadId: waiting.id });
    await frames(c, waiting.id, 1);
  }
  await c.ask('setFunctionBreakpoints', { breakpoints: [] });
  await c.go('continue', { threadId });
  expect(c.output('stdout')).toBe('hello, kernel\n');
  golden(resolve(import.meta.dirname, `golden/versions/${name}.txt`), c.transcript());
}

const EXPRESSIONS = ['fd', 'words[1]', 'count["two"]', 's.side', 'list.next.value', 'len(line)'];
