/** A program in a terminal of the client's: typing and printing, pauses while it waits for a line, the end from both sides. */
import { type ChildProcessWithoutNullStreams, execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { adapterEnvironment } from '../../cli/environment.ts';
import { type Conversation, converse } from './conversation.ts';

vi.setConfig({ testTimeout: 60_000 });
const root = resolve(import.meta.dirname, '../..');

interface Window {
  /** What the adapter wanted to run. */
  asked: { kind: string; title: string; args: string[]; env: Record<string, string> }[];
  process?: ChildProcessWithoutNullStreams;
  shown: string;
}

/** A client whose terminal is a process without one: the command passes on its pipes. */
function client(window: Window): Conversation {
  return converse({ ...adapterEnvironment({ folder: root }), goSources: undefined }, {}, (command, args) => {
    if (command !== 'runInTerminal') throw new Error('not this');
    window.asked.push(args);
    const [name, ...rest] = args.args;
    window.process = spawn(name, rest, { env: { ...process.env, ...args.env, TERM: 'xterm-test' } });
    window.process.stdout.on('data', chunk => (window.shown += chunk));
    return {};
  });
}

const hasGcc = spawnSync('gcc', ['--version']).status === 0 || Boolean(process.env.CI);
describe.skipIf(!hasGcc)('in a terminal', () => {
  const program = join(mkdtempSync(join(tmpdir(), 'ring3-typist-')), 'typist');
  if (hasGcc) execFileSync('gcc', ['-O1', '-static', '-o', program, resolve(import.meta.dirname, 'guests/typist.c')]);
  let window: Window;
  let c: Conversation;
  afterEach(() => {
    c.close();
    window.process?.kill();
  });

  async function started(more: object = {}): Promise<void> {
    window = { asked: [], shown: '' };
    c = client(window);
    await c.ask('initialize', { adapterID: 'ring3', supportsRunInTerminalRequest: true });
    await c.ask('launch', { program, console: 'integratedTerminal', ...more });
    await c.ask('configurationDone');
  }

  test('typing, printing, a pause while a line is awaited, the end of the input', async () => {
    await started();
    expect(window.asked).toMatchObject([{ kind: 'integrated', title: 'Ring 3: typist' }]);
    await expect.poll(() => window.shown).toBe('terminal 111 xterm-test\n');
    window.process!.stdin.write('hello\n');
    await expect.poll(() => window.shown).toContain('HELLO\n');
    // The program waits for the next line, for ever if nobody types.
    await c.ask('pause', { threadId: 1 });
    const { threadId, reason } = await c.event('stopped');
    expect(reason).toBe('pause');
    window.process!.stdin.write('typed while it stood\n');
    await c.ask('continue', { threadId });
    await expect.poll(() => window.shown).toContain('TYPED WHILE IT STOOD\n');
    window.process!.stdin.end();
    expect(await c.event('exited')).toEqual({ exitCode: 3 });
    await new Promise(done => window.process!.once('exit', done));
    expect(window.shown).toMatch(/\nend\n$/);
    expect(c.output('stdout')).toBe('');
  });

  test('a file that is named is the input all the same', async () => {
    await started({ stdin: resolve(root, 'test/dap/guests/typist.c') });
    expect(await c.event('exited')).toEqual({ exitCode: 3 });
    await expect.poll(() => window.shown).toContain('terminal 011');
    await expect.poll(() => window.shown).toContain('#INCLUDE <CTYPE.H>');
  });

  test('who closes the terminal ends the program', async () => {
    await started();
    await expect.poll(() => window.shown).toContain('terminal');
    window.process!.kill();
    await c.event('terminated');
    expect(c.output('console')).toContain('The terminal was closed');
  });

  test('who ends the session closes the terminal', async () => {
    await started();
    await expect.poll(() => window.shown).toContain('terminal');
    await c.ask('disconnect', {});
    await new Promise(done => window.process!.once('exit', done));
  });

  test('a restart opens another one', async () => {
    await started({ stopOnEntry: true });
    await c.event('stopped');
    const first = window.process!;
    await c.go('restart', {});
    expect(window.asked).toHaveLength(2);
    await new Promise(done => (first.exitCode === null ? first.once('exit', done) : done(0)));
  });
});

test('a client without terminals is told', async () => {
  const program = 'samples/bin/asm-hello';
  const without = converse(adapterEnvironment({ folder: root }));
  await without.ask('initialize', { adapterID: 'ring3' });
  expect(await without.refused('launch', { program, console: 'integratedTerminal' })).toMatch(
    /no terminal for the program: this client opens none.*internalConsole/,
  );
  without.close();
  const refusing = converse(adapterEnvironment({ folder: root }));
  await refusing.ask('initialize', { adapterID: 'ring3', supportsRunInTerminalRequest: true });
  expect(await refusing.refused('launch', { program, console: 'externalTerminal' })).toMatch(/knows no runInTerminal/);
  refusing.close();
});
