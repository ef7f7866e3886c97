/**
 * Conversations with an independent client, @vscode/debugadapter-testsupport's, over stdio and over TCP, on a program that
 * is no sample: it is assembled here, byte by byte, so that no toolchain is needed.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { DebugClient } from '@vscode/debugadapter-testsupport';
import { afterEach, describe, expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
const adapter = ['--import', 'tsx', join(root, 'cli/main.ts'), 'dap'];
const CODE = 0x401000;

/** A static executable of one readable, writable and executable segment, without any symbols. */
function tinyElf(code: readonly number[]): string {
  const file = new Uint8Array(0x1000 + code.length);
  const view = new DataView(file.buffer);
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(16, 2, true);
  view.setUint16(18, 62, true);
  view.setUint32(20, 1, true);
  view.setBigUint64(24, BigInt(CODE), true);
  view.setBigUint64(32, 64n, true);
  view.setUint16(52, 64, true);
  view.setUint16(54, 56, true);
  view.setUint16(56, 1, true);
  const at = 64;
  view.setUint32(at, 1, true);
  view.setUint32(at + 4, 7, true);
  view.setBigUint64(at + 8, 0x1000n, true);
  view.setBigUint64(at + 16, BigInt(CODE), true);
  view.setBigUint64(at + 24, BigInt(CODE), true);
  view.setBigUint64(at + 32, BigInt(code.length), true);
  view.setBigUint64(at + 40, BigInt(code.length), true);
  view.setBigUint64(at + 48, 0x1000n, true);
  file.set(code, 0x1000);
  const path = join(mkdtempSync(join(tmpdir(), 'ring3-tiny-')), 'tiny');
  writeFileSync(path, file);
  chmodSync(path, 0o755);
  return path;
}

const text = [...new TextEncoder().encode('tiny says ä\n')];
/** call f; write(1, text, 13); exit_group(7); f: xor edx, edx; ret */
// biome-ignore format: instructions
const program = [
  0xe8, 0x1f, 0x00, 0x00, 0x00,             // 401000 call 401024
  0xb8, 0x01, 0x00, 0x00, 0x00,             // 401005 mov eax, 1
  0x89, 0xc7,                               // 40100a mov edi, eax
  0x48, 0x8d, 0x35, 0x14, 0x00, 0x00, 0x00, // 40100c lea rsi, [rip+20]  (401027)
  0x6a, text.length, 0x5a,                  // 401013 push 13; pop rdx
  0x0f, 0x05,                               // 401016 syscall
  0xb8, 0xe7, 0x00, 0x00, 0x00,             // 401018 mov eax, 231
  0xbf, 0x07, 0x00, 0x00, 0x00,             // 40101d mov edi, 7
  0x0f, 0x05,                               // 401022 syscall
  0x31, 0xd2, 0xc3,                         // 401024 xor edx, edx; ret
  ...text,                                  // 401027
];

let client: DebugClient | undefined;
let server: ChildProcess | undefined;

afterEach(async () => {
  // The client asks to disconnect and waits for the answer, which a broken adapter never gives.
  const patience = new Promise(resolve => setTimeout(resolve, 5000));
  await Promise.race([client?.stop().catch(() => {}), patience]);
  client = undefined;
  server?.kill();
  server = undefined;
});

async function start(): Promise<DebugClient> {
  const env = { ...process.env, NODE_OPTIONS: '--import tsx' };
  client = new DebugClient(process.execPath, join(root, 'test/dap/adapter-process.ts'), 'ring3', { cwd: root, env });
  client.defaultTimeout = 30_000;
  await client.start();
  return client;
}

describe('over stdio', () => {
  test('a syscall, memory, registers, the end', async () => {
    const dc = await start();
    const path = tinyElf(program);
    const stopped = dc.waitForEvent('stopped');
    await Promise.all([
      dc.waitForEvent('initialized').then(async () => {
        await dc.setFunctionBreakpointsRequest({ breakpoints: [{ name: 'syscall:write' }] });
        await dc.configurationDoneRequest();
      }),
      dc.launch({ program: path }),
    ]);
    const { threadId } = (await stopped).body;
    const { body } = await dc.stackTraceRequest({ threadId });
    expect(body.stackFrames[0].instructionPointerReference).toBe('0x401016');
    const evaluated = await dc.evaluateRequest({ expression: 'count', frameId: body.stackFrames[0].id });
    expect(evaluated.body.result).toBe(`${text.length} (0x${text.length.toString(16)})`);
    const { scopes } = (await dc.scopesRequest({ frameId: body.stackFrames[0].id })).body;
    expect(scopes.map(scope => scope.name)).toEqual([
      'Syscall: write',
      'Registers',
      'Vector Registers',
      'Other Registers',
    ]);
    const { variables } = (await dc.variablesRequest({ variablesReference: scopes[0].variablesReference })).body;
    expect(variables.find(v => v.name === 'buf')?.value).toBe('"tiny says \\303\\244\\n"');

    // One byte less, by the register; another text, by the memory.
    await dc.setVariableRequest({ variablesReference: scopes[1].variablesReference, name: 'rdx (DX)', value: '4' });
    await dc.customRequest('writeMemory', {
      memoryReference: '0x401027',
      data: Buffer.from('TINY').toString('base64'),
    });
    const output = dc.assertOutput('stdout', 'TINY');
    const exited = dc.waitForEvent('exited');
    const terminated = dc.waitForEvent('terminated');
    await dc.continueRequest({ threadId });
    await output;
    expect((await exited).body.exitCode).toBe(7);
    await terminated;
  });

  test('without symbols: stepping and disassembly by instruction', async () => {
    const dc = await start();
    const stopped = dc.waitForEvent('stopped');
    await Promise.all([
      dc.waitForEvent('initialized').then(() => dc.configurationDoneRequest()),
      dc.launch({ program: tinyElf(program), stopOnEntry: true, syntax: 'intel' }),
    ]);
    const { threadId } = (await stopped).body;
    const at = async () => (await dc.stackTraceRequest({ threadId })).body.stackFrames[0].instructionPointerReference;
    const go = async (request: Promise<unknown>) => {
      const next = dc.waitForEvent('stopped');
      await request;
      await next;
      return at();
    };
    expect(await at()).toBe('0x401000');
    expect(await go(dc.stepInRequest({ threadId, granularity: 'instruction' }))).toBe('0x401024');
    expect(await go(dc.stepInRequest({ threadId, granularity: 'instruction' }))).toBe('0x401026');
    expect(await go(dc.stepInRequest({ threadId, granularity: 'instruction' }))).toBe('0x401005');
    expect(await go(dc.nextRequest({ threadId }))).toBe('0x40100a');
    const { instructions } = (
      await dc.customRequest('disassemble', { memoryReference: '0x401000', instructionOffset: 0, instructionCount: 4 })
    ).body;
    expect(instructions.map((row: { instruction: string }) => row.instruction)).toEqual([
      expect.stringMatching(/^call +0x401024/),
      expect.stringMatching(/^mov +eax, ?0x1$/),
      expect.stringMatching(/^mov +edi, ?eax$/),
      expect.stringMatching(/^lea +rsi, ?\[rip ?\+ ?0x14\]/),
    ]);
    const ended = dc.waitForEvent('terminated');
    await dc.terminateRequest();
    await ended;
  });

  test('an instruction that is none', async () => {
    const dc = await start();
    const stopped = dc.waitForEvent('stopped');
    await Promise.all([
      dc.waitForEvent('initialized').then(async () => {
        await dc.setExceptionBreakpointsRequest({ filters: ['faults'] });
        await dc.configurationDoneRequest();
      }),
      dc.launch({ program: tinyElf([0x90, 0x0f, 0x0b]) }),
    ]);
    const { body } = await stopped;
    expect(body).toMatchObject({ reason: 'exception' });
    const info = (await dc.exceptionInfoRequest({ threadId: body.threadId })).body;
    expect(info).toMatchObject({ exceptionId: 'SIGILL' });
    const exited = dc.waitForEvent('exited');
    await dc.continueRequest({ threadId: body.threadId });
    expect((await exited).body.exitCode).toBe(128 + 4);
  });

  test('pause in an endless loop, and restart', async () => {
    const dc = await start();
    const path = tinyElf([0xeb, 0xfe]);
    await Promise.all([
      dc.waitForEvent('initialized').then(() => dc.configurationDoneRequest()),
      dc.launch({ program: path }),
    ]);
    const { threads } = (await dc.threadsRequest()).body;
    let stopped = dc.waitForEvent('stopped');
    await dc.pauseRequest({ threadId: threads[0].id });
    expect((await stopped).body.reason).toBe('pause');
    stopped = dc.waitForEvent('stopped');
    await dc.restartRequest({ arguments: { program: path, stopOnEntry: true } as never } as never);
    expect((await stopped).body.reason).toBe('entry');
  });
});

test('over TCP, on the loopback', async () => {
  server = spawn(process.execPath, [...adapter, '--port', '0'], { cwd: root, stdio: ['ignore', 'ignore', 'pipe'] });
  const port = await new Promise<number>((done, fail) => {
    let said = '';
    server!.stderr!.on('data', chunk => {
      said += chunk;
      const match = /listens on 127\.0\.0\.1:(\d+)/.exec(said);
      if (match) done(Number(match[1]));
    });
    server!.on('exit', code => fail(new Error(`exited with ${code}: ${said}`)));
  });
  client = new DebugClient('', '', 'ring3');
  await client.start(port);
  const exited = client.waitForEvent('exited');
  await Promise.all([
    client.waitForEvent('initialized').then(() => client!.configurationDoneRequest()),
    client.launch({ program: tinyElf(program) }),
  ]);
  expect((await exited).body.exitCode).toBe(7);
  await client.stop();

  // One client leaves its program standing, the next goes on with it.
  const leaving = new DebugClient('', '', 'ring3');
  await leaving.start(port);
  const stopped = leaving.waitForEvent('stopped');
  await Promise.all([
    leaving.waitForEvent('initialized').then(() => leaving.configurationDoneRequest()),
    leaving.launch({ program: tinyElf(program), stopOnEntry: true } as never),
  ]);
  await stopped;
  await leaving.disconnectRequest({ suspendDebuggee: true });
  client = new DebugClient('', '', 'ring3');
  await client.start(port);
  const { body } = await client.initializeRequest();
  expect(body).toMatchObject({ supportSuspendDebuggee: true });
  const stands = client.waitForEvent('stopped');
  await client.attachRequest({});
  await client.configurationDoneRequest();
  const ended = client.waitForEvent('exited');
  await client.continueRequest({ threadId: (await stands).body.threadId });
  expect((await ended).body.exitCode).toBe(7);
});
