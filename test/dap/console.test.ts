/** The debug console: its commands, and colours where the client shows them and nowhere else. */
import { resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { adapterEnvironment } from '../../cli/environment.ts';
import type { Client } from '../../debug-adapter/session.ts';
import { styled } from '../../debug-adapter/styling.ts';
import { type Conversation, converse } from './conversation.ts';

const root = resolve(import.meta.dirname, '../..');
let c: Conversation;
let threadId: number;
let frameId: number;

beforeAll(async () => {
  c = converse({ ...adapterEnvironment({ folder: root }), goSources: undefined });
  await c.ask('initialize', { adapterID: 'ring3' });
  await c.ask('launch', { program: 'samples/bin/hello' });
  await c.ask('setFunctionBreakpoints', { breakpoints: [{ name: 'syscall:write' }] });
  await c.ask('configurationDone');
  ({ threadId } = await c.event('stopped'));
  frameId = (await c.ask('stackTrace', { threadId })).stackFrames[0].id;
});
afterAll(() => c.close());

const typed = async (expression: string): Promise<string> =>
  (await c.ask('evaluate', { expression, context: 'repl', frameId })).result;

test('/disassemble: around the next instruction, an address, a function', async () => {
  const here = await typed('/disassemble');
  expect(here).toMatch(/^> {3}40810c {2}SYSCALL$/m);
  expect(here).toMatch(/^\/\/ internal\/runtime\/syscall\/linux\.Syscall6 {2}asm_linux_amd64\.s:30$/m);
  expect(here).toMatch(/^\/\/ asm_linux_amd64\.s:35\n> {3}40810c/m);
  expect(await typed('/disassemble 0x40810c')).toMatch(/^\/\/ .*\n> {3}40810c {2}SYSCALL\n/);
  expect(await typed('/disassemble main.main')).toMatch(/^\/\/ main\.main {2}main\.go:6\n {4}47c6a0 {2}CMPQ/);
});

test('/trace and /registers', async () => {
  const all = await typed('/trace 1000');
  expect(all).toMatch(/^execve\("/);
  expect((await typed('/trace 3')).split('\n')).toEqual(all.split('\n').slice(-3));
  expect(await typed('/registers')).toMatch(/RDX\s+0xe\s+count/);
});

test('what is no command says so; elsewhere a slash is none', async () => {
  expect(await typed('/help')).toMatch(/^\/trace \[COUNT\]: the last syscalls/m);
  const refused = (expression: string, context: string) => c.refused('evaluate', { expression, context, frameId });
  expect(await refused('/trase', 'repl')).toMatch(/no command \/trase; did you mean "trace"\?/);
  expect(await refused('/xyzzy', 'repl')).toMatch(/\/help lists them/);
  expect(await refused('/trace -1', 'repl')).toMatch(/number of lines/);
  expect(await refused('/trace', 'watch')).not.toMatch(/command/);
  const { targets } = await c.ask('completions', { text: '/d', column: 3, frameId });
  expect(targets).toEqual([{ label: 'disassemble', type: 'keyword', start: 2, length: 1 }]);
});

test('colours: of texts, numbers, names, instructions, errors', () => {
  const paint = (kind: Parameters<typeof styled>[1], text: string): string =>
    styled({ ansiStyling: true } as Client, kind, text).replace(/\u001b\[(\d+)m/g, '<$1>');
  expect(paint('value', '14 (0xe)')).toBe('<36>14<39> (<36>0xe<39>)');
  expect(paint('value', '"a \\" 5" true x5')).toBe('<32>"a \\" 5"<39> <36>true<39> x5');
  expect(paint('value', '0x47c6a0 <main.main>')).toBe('<36>0x47c6a0<39> <34><main.main><39>');
  expect(paint('trace', 'openat(AT_FDCWD, "x", O_RDONLY) = -1 ENOENT (No such file or directory)')).toBe(
    '<34>openat<39>(<36>AT_FDCWD<39>, <32>"x"<39>, <36>O_RDONLY<39>) = <31>-1 ENOENT (No such file or directory)<39>',
  );
  expect(paint('assembly', '>   40810c  MOVQ $0x1, AX')).toBe('>   <2>40810c<22>  <33>MOVQ<39> <36>$0x1<39>, AX');
  expect(paint('remark', 'aside')).toBe('<2>aside<22>');
  expect(styled({ ansiStyling: false }, 'value', '14')).toBe('14');
});
