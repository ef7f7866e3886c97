/** What editors' views rely on, at the edges where they break: disassembly, memory, evaluation, output, cancelled requests. */
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { adapterEnvironment } from '../../cli/environment.ts';
import { decodeBase64, encodeBase64 } from '../../debug-adapter/base64.ts';
import { programOutput } from '../../debug-adapter/output.ts';
import { REQUESTS } from '../../debug-adapter/server.ts';
import { type Conversation, converse } from './conversation.ts';

const root = resolve(import.meta.dirname, '../..');

async function begin(configuration: object, prepare: (c: Conversation) => Promise<unknown> = async () => {}) {
  const c = converse({ ...adapterEnvironment({ folder: root }), goSources: undefined });
  await c.ask('initialize', { adapterID: 'ring3', supportsMemoryEvent: true, supportsInvalidatedEvent: true });
  await c.ask('launch', configuration);
  await c.event('initialized');
  await prepare(c);
  await c.ask('configurationDone');
  return c;
}

describe('at a stop in a Go program', () => {
  let c: Conversation;
  let threadId: number;
  let frameId: number;

  beforeAll(async () => {
    c = await begin({ program: 'samples/bin/hello' }, conversation =>
      conversation.ask('setFunctionBreakpoints', { breakpoints: [{ name: 'syscall:write' }] }),
    );
    ({ threadId } = await c.event('stopped'));
    frameId = (await c.ask('stackTrace', { threadId })).stackFrames[0].id;
  });
  afterAll(() => c.close());

  test.each([
    ['around the pc', { memoryReference: '0x40810c', instructionOffset: -50, instructionCount: 100 }],
    ['far before', { memoryReference: '0x40810c', instructionOffset: -500, instructionCount: 200 }],
    ['far behind', { memoryReference: '0x40810c', instructionOffset: 300, instructionCount: 50 }],
    ['in the middle of an instruction', { memoryReference: '0x408104', instructionOffset: -3, instructionCount: 8 }],
    ['an empty reference', { memoryReference: '', instructionCount: 20 }],
    ['a reference that is none', { memoryReference: 'nonsense!', instructionCount: 20 }],
    ['address zero', { memoryReference: '0x0', instructionOffset: -20, instructionCount: 40 }],
    ['nothing mapped', { memoryReference: '0x10000000', instructionOffset: -20, instructionCount: 40 }],
    [
      'the end of the address space',
      { memoryReference: '0x7ffffffffff0', instructionOffset: -20, instructionCount: 60 },
    ],
    [
      'numbers beyond all bounds',
      { memoryReference: '0x40810c', offset: 1e30, instructionOffset: -1e30, instructionCount: 5 },
    ],
    [
      'and in the other direction',
      { memoryReference: '0x40810c', offset: -1e30, instructionOffset: 1e30, instructionCount: 5 },
    ],
    ['data', { memoryReference: '0x500000', instructionOffset: -10, instructionCount: 30 }],
    ['no rows', { memoryReference: '0x40810c', instructionCount: 0 }],
  ])('disassembly gives the rows asked for: %s', async (_name, args) => {
    const { instructions } = await c.ask('disassemble', args);
    expect(instructions).toHaveLength(args.instructionCount);
    const addresses = instructions.map((row: { address: string }) => BigInt(row.address));
    expect(new Set(addresses).size).toBe(addresses.length);
  });

  test('an address has one row, whoever asks', async () => {
    const { instructions } = await c.ask('disassemble', {
      memoryReference: '0x40810c',
      instructionOffset: -60,
      instructionCount: 120,
    });
    const known = new Map(
      instructions.map((row: { address: string; instruction: string }) => [row.address, row.instruction]),
    );
    for (const [reference, offset] of [
      ['0x408100', -30],
      ['0x4080e0', 0],
      ['0x40812b', -20],
    ] as const) {
      const part = await c.ask('disassemble', {
        memoryReference: reference,
        instructionOffset: offset,
        instructionCount: 30,
      });
      for (const row of part.instructions)
        if (known.has(row.address)) expect(row.instruction).toBe(known.get(row.address));
    }
    const at = instructions.findIndex((row: { address: string }) => row.address === '0x40810c');
    expect(at).toBe(60);
  });

  test('memory that is not there is unreadable, not an error', async () => {
    expect(await c.ask('readMemory', { memoryReference: '0x10', count: 16 })).toEqual({
      address: '0x10',
      unreadableBytes: 16,
    });
    expect(await c.ask('readMemory', { memoryReference: '0x401000', offset: -0x500000, count: 4 })).toMatchObject({
      unreadableBytes: 4,
    });
    const { data, unreadableBytes } = await c.ask('readMemory', { memoryReference: '0x401000', count: 4 });
    expect([decodeBase64(data)?.length, unreadableBytes]).toEqual([4, undefined]);
    expect(await c.refused('writeMemory', { memoryReference: '0x10', data: 'AAAA' })).toMatch(/no memory for 3 bytes/);
    expect(await c.refused('writeMemory', { memoryReference: '0x401000', data: '*' })).toMatch(/no base64/);
  });

  test.each<[string, string, string]>([
    ['fd', 'watch', '1'],
    ['count', 'watch', '14 (0xe)'],
    ['$rax', 'hover', '1'],
    ['AX + 1', 'repl', '2'],
    ['main.main', 'repl', '0x47c6a0 <main.main>'],
    ['internal/runtime/syscall/linux.Syscall6', 'repl', '0x408100 <internal/runtime/syscall/linux.Syscall6>'],
    ['$pc', 'repl', '0x40810c <internal/runtime/syscall/linux.Syscall6+0xc>'],
    ['buf =~ "kernel"', 'watch', 'true'],
    ['(u8)[rsi]', 'repl', '104 (0x68)'],
    ['O_CREAT | O_EXCL', 'repl', '192 (0xc0)'],
    ['SIGSEGV', 'repl', '11 (0xb)'],
    ['$syscall.count', 'watch', '14 (0xe)'],
    ['$syscall.name == "write" && $syscall.fd == 1', 'watch', 'true'],
    ['count', 'clipboard', '0xe'],
    ['number', 'watch', '1'],
  ])('%s in %s', async (expression, context, result) => {
    expect((await c.ask('evaluate', { expression, context, frameId })).result).toBe(result);
  });

  test('evaluation that fails says why', async () => {
    expect(await c.refused('evaluate', { expression: 'cuont', frameId })).toMatch(/did you mean count\?/);
    expect(await c.refused('evaluate', { expression: 'result', frameId })).toMatch(/exit breakpoint/);
    expect(await c.refused('evaluate', { expression: '5 = 6', context: 'repl', frameId })).toMatch(
      /cannot be assigned/,
    );
    expect(await c.refused('evaluate', { expression: 'fd', frameId: 999 })).toMatch(/frame is gone/);
  });

  test('registers and memory can be assigned, and the client hears of it', async () => {
    const before = (await c.ask('evaluate', { expression: 'r15', context: 'clipboard' })).result;
    expect((await c.ask('evaluate', { expression: 'r15 = 0x1234', context: 'repl', frameId })).result).toBe(
      '4660 (0x1234)',
    );
    expect(await c.event('invalidated')).toMatchObject({ areas: expect.arrayContaining(['variables']) });
    await c.ask('setExpression', { expression: '$r15', value: before, frameId });
    const { value } = await c.ask('setExpression', { expression: '*(u8*)rsi', value: "'H'", frameId });
    expect(value).toBe('72 (0x48)');
    expect((await c.ask('ring3/registers', { frameId })).call.text).toBe('write(1, "Hello, kernel\\n", 14)');
    await c.ask('setExpression', { expression: '*(u8*)rsi', value: "'h'", frameId });
    const { scopes } = await c.ask('scopes', { frameId });
    const callers = (await c.ask('stackTrace', { threadId })).stackFrames;
    const other = (await c.ask('scopes', { frameId: callers[1].id })).scopes.find(
      (s: { name: string }) => s.name === 'Registers',
    );
    expect(
      await c.refused('setVariable', { variablesReference: other.variablesReference, name: 'rsp (SP)', value: '0' }),
    ).toMatch(/newest frame/);
    expect(
      await c.refused('setVariable', { variablesReference: scopes[0].variablesReference, name: 'fd', value: '2' }),
    ).toMatch(/change the register/);
  });

  test('lines of assembly, under whatever path the toolchain is installed', async () => {
    const path = '/opt/go/src/internal/runtime/syscall/linux/asm_linux_amd64.s';
    const { breakpoints } = await c.ask('setBreakpoints', {
      source: { path },
      breakpoints: [{ line: 35 }, { line: 34 }],
    });
    expect(breakpoints).toMatchObject([
      { verified: true, line: 35, instructionReference: '0x40810c' },
      { verified: true, line: 35, message: expect.stringContaining('moved to line 35') },
    ]);
    await c.ask('setBreakpoints', { source: { path }, breakpoints: [] });
    const none = await c.ask('setBreakpoints', { source: { path: '/x/other.go' }, breakpoints: [{ line: 1 }] });
    expect(none.breakpoints[0]).toMatchObject({ verified: false, message: expect.stringContaining('substitutePath') });
  });

  test('breakpoints in a document that was made for code', async () => {
    const frames = (await c.ask('stackTrace', { threadId })).stackFrames;
    const { source, line } = frames.find((f: { name: string }) => f.name === 'syscall.Syscall');
    const { content } = await c.ask('source', { source, sourceReference: source.sourceReference });
    const text = content.split('\n');
    const remark = text.findIndex((row: string, i: number) => i > 0 && row.startsWith('//')) + 1;
    const { breakpoints } = await c.ask('setBreakpoints', {
      source,
      breakpoints: [{ line }, { line: remark }, { line: 9999 }],
    });
    expect(breakpoints).toMatchObject([
      { verified: true, line },
      { verified: true, line: remark + 1 },
      { verified: false },
    ]);
    expect(text[line - 1]).toContain(breakpoints[0].instructionReference.slice(2));
    await c.ask('setBreakpoints', { source, breakpoints: [] });
  });

  test('functions by pattern, by the end of their name, by place', async () => {
    const places = async (name: string) =>
      (await c.ask('setFunctionBreakpoints', { breakpoints: [{ name }] })).breakpoints[0];
    expect(await places('/^main\\./')).toMatchObject({ verified: true });
    expect(await places('RawSyscall6')).toMatchObject({ verified: true });
    expect(await places('main.go:8')).toMatchObject({ verified: true, instructionReference: '0x47c6cc' });
    expect(await places('*0x40810c')).toMatchObject({ verified: true, instructionReference: '0x40810c' });
    expect(await places('/(/')).toMatchObject({
      verified: false,
      message: expect.stringContaining('no regular expression'),
    });
    expect(await places('/./')).toMatchObject({
      verified: false,
      message: expect.stringContaining('make it narrower'),
    });
    expect(await places('main.mian')).toMatchObject({
      verified: false,
      message: expect.stringContaining('no function main.mian'),
    });
    await c.ask('setFunctionBreakpoints', { breakpoints: [] });
  });

  test('completions', async () => {
    const labels = async (text: string) =>
      (await c.ask('completions', { text, column: text.length + 1, frameId })).targets.map(
        (t: { label: string }) => t.label,
      );
    expect(await labels('co')).toContain('count');
    expect(await labels('$rs')).toEqual(expect.arrayContaining(['$rsp', '$rsi']));
    expect(await labels('1 + main.ma')).toContain('main.main');
    expect(await labels('')).toEqual([]);
  });

  test('modules and sources', async () => {
    const { modules } = await c.ask('modules', {});
    expect(modules[0]).toMatchObject({
      name: 'hello',
      symbolStatus: 'Symbols and DWARF',
      version: expect.stringMatching(/^go1/),
    });
    const { sources } = await c.ask('loadedSources', {});
    expect(sources).toContainEqual({ name: 'main.go', path: join(root, 'samples/hello/main.go') });
  });
});

test('syscall breakpoints by the custom request: enter, exit, conditions', async () => {
  const c = await begin({ program: 'samples/bin/readfile' }, async conversation => {
    const { breakpoints } = await conversation.ask('ring3/setSyscallBreakpoints', {
      breakpoints: [
        { name: 'openat', when: 'enter', condition: 'path == "/etc/hostname" && flags & O_CREAT == 0' },
        { name: 0, when: 'exit', condition: 'fd > 2 && result == 0 && buf != 0' },
        { name: 'oepnat', when: 'enter' },
        { name: 'write', when: 'enter', condition: 'fd ==' },
      ],
    });
    expect(breakpoints).toMatchObject([
      { verified: true, name: 'openat', number: 257 },
      { verified: true, name: 'read', number: 0 },
      { verified: false, message: expect.stringContaining('did you mean openat?') },
      { verified: false, message: expect.stringContaining('ends where a value') },
    ]);
  });
  let stop = await c.event('stopped');
  // The runtime reads a file of its own to the end first.
  while (stop.description === 'Paused after read') stop = await c.go('continue', { threadId: stop.threadId });
  expect(stop).toMatchObject({ description: 'Paused before openat', text: expect.stringContaining('"/etc/hostname"') });
  stop = await c.go('continue', { threadId: stop.threadId });
  expect(stop).toMatchObject({ description: 'Paused after read', text: expect.stringMatching(/^read\(.*\) = 0$/) });
  // All of them are replaced by the next request.
  await c.ask('ring3/setSyscallBreakpoints', { breakpoints: [] });
  await c.go('continue', { threadId: stop.threadId });
  expect(c.output('stdout')).toBe('ring3\n');
  c.close();
});

test('a run without debugging ignores breakpoints', async () => {
  const c = await begin({ program: 'samples/bin/asm-hello', noDebug: true, stopOnEntry: true }, conversation =>
    conversation.ask('setFunctionBreakpoints', { breakpoints: [{ name: '_start' }] }),
  );
  expect(await c.event('exited')).toEqual({ exitCode: 0 });
  c.close();
});

test('the trace goes to a file', async () => {
  const trace = join(mkdtempSync(join(tmpdir(), 'ring3-trace-')), 'trace.txt');
  const c = await begin({ program: 'samples/bin/asm-hello', trace });
  await c.event('terminated');
  expect((await c.ask('ring3/trace', { start: 1, count: 1 })).lines).toEqual([
    'write(1, "hello from assembly\\n", 20)   = 20',
  ]);
  const written = () => (existsSync(trace) ? readFileSync(trace, 'utf8').split('\n') : []);
  await expect.poll(written, { timeout: 10_000 }).toContain('+++ exited with 0 +++');
  c.close();
});

test('exception filters, hit counts and restart', async () => {
  const c = await begin({ program: 'samples/bin/asm-hello' }, async conversation => {
    await conversation.ask('setExceptionBreakpoints', {
      filters: [],
      filterOptions: [{ filterId: 'syscall:desc', condition: 'fd == 1' }],
    });
    await conversation.ask('setInstructionBreakpoints', {
      breakpoints: [
        { instructionReference: '0x401005', hitCondition: '> 1' },
        { instructionReference: '0x40101d', logMessage: 'result {rax}, {{braces}}' },
      ],
    });
  });
  expect(await c.event('stopped')).toMatchObject({ reason: 'exception', description: 'Paused before write' });
  expect(await c.ask('exceptionInfo', { threadId: 1000 })).toMatchObject({ exceptionId: 'syscall write' });
  // The same breakpoints hold in the second run; a hit is counted anew.
  expect(await c.go('restart', {})).toMatchObject({ description: 'Paused before write' });
  await c.go('continue', { threadId: 1000 });
  expect(c.output('console')).toContain('result 231, {braces}');
  c.close();
});

test('a breakpoint on a function is there too where it was inlined', async () => {
  const c = await begin({ program: 'samples/bin/hello' }, async conversation => {
    const { breakpoints } = await conversation.ask('setFunctionBreakpoints', {
      breakpoints: [{ name: 'syscall.Write' }, { name: 'trace:syscall.Write' }],
    });
    expect(breakpoints[0]).toMatchObject({ verified: true, message: expect.stringMatching(/inlined/) });
  });
  const { threadId, description } = await c.event('stopped');
  expect(description).toBe('Paused on syscall.Write');
  const [inner, outer] = (await c.ask('stackTrace', { threadId })).stackFrames;
  expect([inner.name, outer.name, outer.line]).toEqual(['syscall.Write (inlined)', 'main.main', 8]);
  await c.go('continue', { threadId });
  expect(c.output('stdout')).toBe('hello, kernel\n');
  c.close();
});

test('hits are counted on when another breakpoint is set in the same list', async () => {
  const c = await begin({ program: 'samples/bin/println' }, conversation =>
    conversation.ask('setFunctionBreakpoints', { breakpoints: [{ name: 'syscall:*', hitCondition: '5' }] }),
  );
  const { threadId } = await c.event('stopped');
  const fifth = { name: 'syscall:*', hitCondition: '7' };
  const ask = async (...more: object[]) =>
    (await c.ask('setFunctionBreakpoints', { breakpoints: [fifth, ...more] })).breakpoints[0].id;
  const id = await ask();
  await c.ask('setInstructionBreakpoints', { breakpoints: [] });
  await c.go('stepIn', { threadId, granularity: 'instruction' });
  expect(await ask({ name: 'main.main' })).toBe(id);
  // One more than its five, then one that is as it was.
  expect(await ask({ name: 'syscall:*', hitCondition: '2' })).toBe(id);
  c.close();
});

test('the client hears which memory it looks at may have changed, if it wants to', async () => {
  const c = await begin({ program: 'samples/bin/asm-hello', stopOnEntry: true });
  const { threadId } = await c.event('stopped');
  await c.ask('readMemory', { memoryReference: '0x402000', offset: 16, count: 32 });
  await c.ask('readMemory', { memoryReference: '0x402000', offset: -64, count: 16 });
  await c.go('next', { threadId, granularity: 'instruction' });
  expect(await c.event('memory')).toEqual({ memoryReference: '0x402000', offset: -64, count: 112 });
  c.close();
  const other = converse({ ...adapterEnvironment({ folder: root }), goSources: undefined });
  await other.ask('initialize', { adapterID: 'ring3' });
  await other.ask('launch', { program: 'samples/bin/asm-hello', stopOnEntry: true });
  await other.ask('configurationDone');
  await other.event('stopped');
  await other.ask('readMemory', { memoryReference: '0x402000', count: 32 });
  await other.go('next', { threadId, granularity: 'instruction' });
  expect(other.transcript()).not.toContain('! memory');
  other.close();
});

test('frames with their parameters, as far as the client asks for them', async () => {
  const c = await begin({ program: 'samples/bin/hello' }, conversation =>
    conversation.ask('setFunctionBreakpoints', { breakpoints: [{ name: 'syscall.write' }] }),
  );
  const { threadId } = await c.event('stopped');
  const name = async (format: object) => (await c.ask('stackTrace', { threadId, format })).stackFrames[0].name;
  expect(await name({})).toBe('syscall.write');
  expect(await name({ parameters: true, parameterNames: true, parameterTypes: true })).toBe(
    'syscall.write(fd int, p []byte)',
  );
  expect(await name({ parameters: true, parameterValues: true, hex: true, module: true })).toBe(
    'hello!syscall.write(0x1, len 14 cap 14  "hello, kernel\\n")',
  );
  c.close();
});

test('disassembly is answered at any time: before the program is there, and when it is gone', async () => {
  const c = converse({ ...adapterEnvironment({ folder: root }), goSources: undefined });
  await c.ask('initialize', { adapterID: 'ring3' });
  const rows = async (): Promise<number> =>
    (await c.ask('disassemble', { memoryReference: '', instructionOffset: -3, instructionCount: 7 })).instructions
      .length;
  expect(await rows()).toBe(7);
  await c.ask('launch', { program: 'samples/bin/asm-hello' });
  expect(await rows()).toBe(7);
  await c.ask('configurationDone');
  await c.event('exited');
  expect(await rows()).toBe(7);
  c.close();
});

test('a request that was cancelled before its turn', async () => {
  const c = await begin({ program: 'samples/bin/asm-hello', stopOnEntry: true });
  const { threadId } = await c.event('stopped');
  const slow = c.ask('disassemble', { memoryReference: '$pc', instructionCount: 50 });
  const next = c.refused('stackTrace', { threadId });
  await c.ask('cancel', { requestId: 5 });
  await slow;
  expect(await next).toBe('cancelled');
  c.close();
});

test('values in hexadecimal where the client asks', async () => {
  const c = await begin({ program: 'samples/bin/asm-hello', stopOnEntry: true });
  await c.event('stopped');
  expect((await c.ask('evaluate', { expression: '255', format: { hex: true } })).result).toBe('0xff');
  c.close();
});

test('nonsense from a client never ends the adapter', async () => {
  const c = await begin({ program: 'samples/bin/asm-hello', stopOnEntry: true });
  const { threadId } = await c.event('stopped');
  // What runs on or ends the session is left out: everything else is asked anything.
  const commands = Object.keys(REQUESTS).filter(
    name => !/^(launch|restart|terminate|disconnect|continue|next|stepIn|stepOut|cancel|initialize)$/.test(name),
  );
  const junk = fc.oneof(
    fc.constantFrom<unknown>(
      0,
      -1,
      1,
      2,
      1e30,
      '',
      '0x401000',
      'rax',
      '(',
      null,
      true,
      threadId,
      [],
      {},
      ['x'],
      [null],
      { path: 'x' },
    ),
    fc.string(),
    fc.array(
      fc.dictionary(
        fc.constantFrom('name', 'line', 'instructionReference', 'condition', 'filterId', 'mode', 'dataId'),
        fc.oneof(fc.string(), fc.integer(), fc.constant(null)),
      ),
      { maxLength: 3 },
    ),
  );
  const args = fc.dictionary(
    fc.constantFrom(
      'threadId',
      'frameId',
      'variablesReference',
      'expression',
      'memoryReference',
      'offset',
      'count',
      'instructionCount',
      'instructionOffset',
      'source',
      'breakpoints',
      'filters',
      'filterOptions',
      'name',
      'value',
      'text',
      'column',
      'data',
      'startFrame',
      'levels',
      'start',
      'line',
      'context',
      'sourceReference',
      'format',
      'targetId',
      'locationReference',
      'filter',
      'mode',
      'threadIds',
      'startModule',
      'moduleCount',
      'dataId',
      'hitCondition',
      'logMessage',
    ),
    junk,
    { maxKeys: 6 },
  );
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...commands), args, async (command, given) => {
      try {
        await c.ask(command, given);
      } catch (error) {
        // A sentence for the user, not a failure of ours.
        expect((error as Error).message).not.toMatch(/please report/);
      }
    }),
    { numRuns: 24 * Number(process.env.RING3_FUZZ_ROUNDS ?? 25) },
  );
  expect((await c.ask('threads')).threads).toHaveLength(1);
  c.close();
}, 1_200_000);

test('characters that are written in halves arrive whole', () => {
  const sent: [string, string][] = [];
  const output = programOutput((stream, text) => sent.push([stream, text]));
  const bytes = new TextEncoder().encode('ä€😀');
  for (const byte of bytes) output.write('stdout', new Uint8Array([byte]));
  output.write('stderr', new TextEncoder().encode('!'));
  output.write('stdout', new Uint8Array([0xe2, 0x82]));
  output.flush(true);
  expect(sent).toEqual([
    ['stdout', 'ä€😀'],
    ['stderr', '!'],
    ['stdout', '\ufffd'],
  ]);
});

test('base64', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), bytes => {
      expect(encodeBase64(bytes)).toBe(Buffer.from(bytes).toString('base64'));
      expect(decodeBase64(encodeBase64(bytes))).toEqual(bytes);
    }),
  );
});
