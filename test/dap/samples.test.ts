/**
 * One conversation per sample, as golden text: what a person does with it in an editor, and all that the adapter says.
 * UPDATE=1 writes the files anew; read the difference before you commit it.
 */
import { resolve } from 'node:path';
import { describe, test } from 'vitest';
import { adapterEnvironment } from '../../cli/environment.ts';
import { type Conversation, converse, golden } from './conversation.ts';

const root = resolve(import.meta.dirname, '../..');

async function start(
  name: string,
  configuration: object = {},
  prepare: (c: Conversation) => Promise<unknown> = async () => {},
) {
  // Sources of the Go toolchain are not asked for: golden text must not depend on what is installed.
  const environment = { ...adapterEnvironment({ folder: root }), goSources: undefined };
  const c = converse(environment, { [root]: '<root>' });
  await c.ask('initialize', { adapterID: 'ring3' });
  // The same paths for the program wherever this repository lies: its run does not depend on that.
  const mounts = ['samples:/samples'];
  await c.ask('launch', { program: `samples/bin/${name}`, cwd: 'samples', mounts, ...configuration });
  await c.event('initialized');
  await prepare(c);
  await c.ask('configurationDone');
  return c;
}

async function where(c: Conversation, threadId: number, levels = 3) {
  return (await c.ask('stackTrace', { threadId, levels })).stackFrames;
}

function keep(name: string, c: Conversation): void {
  golden(resolve(import.meta.dirname, `golden/${name}.txt`), c.transcript());
  c.close();
}

describe('golden conversations', () => {
  test('asm-hello: every instruction', async () => {
    const c = await start('asm-hello', { stopOnEntry: true });
    const { threadId } = await c.event('stopped');
    const [frame] = await where(c, threadId);
    await c.ask('disassemble', {
      memoryReference: frame.instructionPointerReference,
      instructionOffset: -2,
      instructionCount: 12,
    });
    for (let i = 0; i < 4; i++) await c.go('next', { threadId, granularity: 'instruction' });
    c.note('at the syscall');
    await c.ask('ring3/registers', { threadId });
    await c.ask('readMemory', {
      memoryReference: (await c.ask('evaluate', { expression: 'buf' })).memoryReference,
      count: 20,
    });
    await c.go('stepIn', { threadId, granularity: 'instruction' });
    await c.ask('ring3/registers', { threadId });
    await c.go('continue', { threadId });
    keep('asm-hello', c);
  });

  test('hello: break on write', async () => {
    const c = await start('hello', {}, c =>
      c.ask('setFunctionBreakpoints', { breakpoints: [{ name: 'syscall:write' }] }),
    );
    const { threadId } = await c.event('stopped');
    const frames = await where(c, threadId, 20);
    await c.ask('ring3/registers', { threadId });
    const { scopes } = await c.ask('scopes', { frameId: frames[0].id });
    await c.ask('variables', { variablesReference: scopes[0].variablesReference });
    await c.ask('disassemble', {
      memoryReference: frames[0].instructionPointerReference,
      instructionOffset: -6,
      instructionCount: 12,
    });
    await c.go('next', { threadId, granularity: 'instruction' });
    await c.ask('ring3/registers', { threadId });
    for (let i = 0; i < 4; i++) {
      await c.go('stepOut', { threadId });
      await where(c, threadId, 1);
    }
    await c.go('continue', { threadId });
    keep('hello', c);
  });

  test('hello: by line', async () => {
    const c = await start('hello', { stopOnEntry: 'main' });
    const { threadId } = await c.event('stopped');
    await where(c, threadId, 1);
    const main = resolve(root, 'samples/hello/main.go');
    await c.ask('setBreakpoints', { source: { path: main }, breakpoints: [{ line: 2 }, { line: 8 }, { line: 500 }] });
    await c.ask('breakpointLocations', { source: { path: main }, line: 1, endLine: 20 });
    await c.go('next', { threadId });
    await where(c, threadId, 1);
    await c.go('next', { threadId });
    await where(c, threadId, 1);
    await c.go('stepIn', { threadId });
    await where(c, threadId, 3);
    await c.go('stepOut', { threadId });
    await where(c, threadId, 1);
    await c.go('next', { threadId });
    keep('hello-lines', c);
  });

  test('rawsyscall: by number, with a condition', async () => {
    const c = await start('rawsyscall', {}, c =>
      c.ask('setFunctionBreakpoints', {
        breakpoints: [
          { name: 'syscall:1', condition: 'fd == 1 && count > 3' },
          { name: 'syscall:231', condition: 'error_code != 0' },
          { name: 'syscall:wriet' },
        ],
      }),
    );
    const { threadId } = await c.event('stopped');
    await where(c, threadId, 4);
    await c.ask('evaluate', { expression: 'buf =~ "number"' });
    await c.go('continue', { threadId });
    keep('rawsyscall', c);
  });

  test('readfile: enter and exit of openat, log points', async () => {
    const c = await start(
      'readfile',
      { syscallBreakpoints: [{ name: 'openat', when: 'exit', condition: 'path =~ "hostname"' }] },
      c =>
        c.ask('setFunctionBreakpoints', {
          breakpoints: [
            { name: 'syscall:close', logMessage: 'closes {fd}', condition: 'fd > 2' },
            { name: 'syscall:read:exit', logMessage: 'read {result} bytes from {fd}', condition: 'fd > 2' },
          ],
        }),
    );
    const { threadId } = await c.event('stopped');
    await c.ask('ring3/registers', { threadId });
    await where(c, threadId, 4);
    await c.ask('evaluate', { expression: 'result' });
    await c.go('continue', { threadId });
    keep('readfile', c);
  });

  test('uname: the route through golang.org/x/sys/unix', async () => {
    const c = await start('uname', {}, c =>
      c.ask('setFunctionBreakpoints', { breakpoints: [{ name: 'syscall:uname:exit', condition: 'number == 63' }] }),
    );
    const { threadId } = await c.event('stopped');
    await where(c, threadId, 6);
    await c.ask('ring3/registers', { threadId });
    await c.go('continue', { threadId });
    keep('uname', c);
  });

  test('uname: stepping from main into the kernel, with what the registers mean at each stop', async () => {
    const c = await start('uname', { stopOnEntry: 'main' });
    const main = resolve(root, 'samples/uname/main.go');
    await c.event('stopped');
    await c.ask('setBreakpoints', { source: { path: main }, breakpoints: [{ line: 17 }] });
    let stop = await c.go('continue', { threadId: 1000 });
    const route: string[] = [];
    for (let i = 0; i < 60 && stop.threadId !== undefined; i++) {
      const { text, instruction } = await c.ask('ring3/registers', { threadId: stop.threadId });
      route.push(text);
      if (instruction === 'SYSCALL') break;
      stop = await c.go('stepIn', { threadId: stop.threadId });
    }
    const { text } = await (async () => {
      await c.go('stepIn', { threadId: stop.threadId, granularity: 'instruction' });
      return c.ask('ring3/registers', { threadId: stop.threadId });
    })();
    route.push(text);
    c.close();
    // Where the heap and the stacks lie is no matter of the roles'.
    const steady = route.map(stop => stop.replace(/0x[0-9a-f]{8,}/g, '<address>').replaceAll(root, '<root>'));
    golden(resolve(import.meta.dirname, 'golden/uname-route.txt'), `${steady.join('\n\n')}\n`);
  });

  test('minimal: nothing to see', async () => {
    const c = await start('minimal', { stopOnEntry: 'main' });
    const { threadId } = await c.event('stopped');
    await where(c, threadId, 5);
    await c.go('next', { threadId });
    await where(c, threadId, 1);
    await c.go('continue', { threadId });
    keep('minimal', c);
  });

  test('println: a function of the standard library, its arguments', async () => {
    const c = await start('println', {}, c =>
      c.ask('setFunctionBreakpoints', {
        breakpoints: [{ name: 'fmt.Fprintln' }, { name: 'os.(*File).Write' }, { name: 'Printlnn' }],
      }),
    );
    const { threadId } = await c.event('stopped');
    const frames = await where(c, threadId, 4);
    const { scopes } = await c.ask('scopes', { frameId: frames[0].id });
    if (scopes[0].name === 'Arguments') await c.ask('variables', { variablesReference: scopes[0].variablesReference });
    c.note('where sources are missing, a document is made');
    const reference = frames[0].source?.sourceReference;
    if (reference) await c.ask('source', { sourceReference: reference, source: { sourceReference: reference } });
    await c.go('continue', { threadId });
    await c.ask('ring3/registers', { threadId });
    await c.go('continue', { threadId });
    keep('println', c);
  });

  test('println: calls on the way to the kernel, traced by log points', async () => {
    const way = '/^(fmt\\.Fprintln|os\\.\\(\\*File\\)\\.Write|internal/poll\\.\\(\\*FD\\)\\.Write|syscall\\.write)$/';
    const c = await start('println', {}, c =>
      c.ask('setFunctionBreakpoints', {
        breakpoints: [
          { name: way, logMessage: '→ {$function}({$args})' },
          { name: `${way}:return`, logMessage: '← {$function}: {$results}' },
          { name: 'syscall:write', logMessage: '  write({$syscall.fd}, {buf}, {count})' },
          { name: 'main.nobody:return' },
        ],
      }),
    );
    await c.event('exited');
    keep('println-trace', c);
  });

  test('goroutines: threads', async () => {
    const c = await start('goroutines', { syscallBreakpoints: ['exit_group'] });
    const { threadId } = await c.event('stopped');
    await c.ask('threads');
    await where(c, threadId, 2);
    await c.go('continue', { threadId });
    keep('goroutines', c);
  });

  test('goroutines: next stays in main, whoever runs meanwhile', async () => {
    const c = await start('goroutines', { stopOnEntry: 'main' });
    let stop = await c.event('stopped');
    const lines: number[] = [];
    for (let i = 0; i < 80 && stop?.threadId !== undefined; i++) {
      const { stackFrames } = await c.ask('stackTrace', { threadId: stop.threadId, levels: 1 });
      // Back in the runtime, which calls main.
      if (!stackFrames[0].name.startsWith('main.')) break;
      lines.push(stackFrames[0].line);
      stop = await c.go('next', { threadId: stop.threadId });
    }
    c.close();
    golden(resolve(import.meta.dirname, 'golden/goroutines-next.txt'), `${lines.join(' ')}\n`);
  });

  test('panic: the fault, the recovery, the end', async () => {
    const c = await start('panic', {}, c => c.ask('setExceptionBreakpoints', { filters: ['faults', 'panics'] }));
    const { threadId } = await c.event('stopped');
    await where(c, threadId, 3);
    await c.ask('exceptionInfo', { threadId });
    await c.ask('ring3/registers', { threadId });
    await c.go('continue', { threadId });
    await c.ask('exceptionInfo', { threadId });
    await where(c, threadId, 4);
    await c.go('continue', { threadId });
    keep('panic', c);
  });
});
