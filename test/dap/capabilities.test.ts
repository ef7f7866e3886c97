/**
 * Initialize's answer against a table: each capability is bound to a conversation that uses it and sees its effect. A
 * capability without one fails, and so does a conversation whose capability is not advertised.
 */
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { adapterEnvironment } from '../../cli/environment.ts';
import { EXCEPTION_FILTERS } from '../../debug-adapter/exceptions.ts';
import { type Conversation, converse } from './conversation.ts';

const root = resolve(import.meta.dirname, '../..');
const environment = () => ({ ...adapterEnvironment({ folder: root }), goSources: undefined });
const MAIN = resolve(root, 'samples/hello/main.go');

// biome-ignore lint/suspicious/noExplicitAny: a client takes what comes
type Body = any;

/** A program that is launched and, when it stops, the thread that did. */
async function begin(
  configuration: { program: string; stopOnEntry?: boolean },
  prepare: (c: Conversation) => Promise<unknown> = async () => {},
  client: object = {},
): Promise<Conversation> {
  const c = converse(environment());
  await c.ask('initialize', { adapterID: 'ring3', ...client });
  await c.ask('launch', { ...configuration, program: `samples/bin/${configuration.program}` });
  await c.event('initialized');
  await prepare(c);
  await c.ask('configurationDone');
  return c;
}

/** asm-hello at its first instruction. */
async function assembly(): Promise<{ c: Conversation; threadId: number; frameId: number }> {
  const c = await begin({ program: 'asm-hello', stopOnEntry: true });
  const { threadId } = await c.event('stopped');
  const { stackFrames } = await c.ask('stackTrace', { threadId });
  return { c, threadId, frameId: stackFrames[0].id };
}

/** hello at the beginning of main, or where `name` begins. */
async function go(name = 'main.main'): Promise<{ c: Conversation; threadId: number; frameId: number }> {
  const c = await begin({ program: 'hello' }, conversation =>
    conversation.ask('setFunctionBreakpoints', { breakpoints: [{ name }] }),
  );
  const { threadId } = await c.event('stopped');
  return { c, threadId, frameId: await frame(c, threadId) };
}

const frame = async (c: Conversation, threadId: number): Promise<number> =>
  (await c.ask('stackTrace', { threadId })).stackFrames[0].id;
const scope = async (c: Conversation, frameId: number, name: string): Promise<number> =>
  (await c.ask('scopes', { frameId })).scopes.find((s: Body) => s.name === name).variablesReference;
const value = async (c: Conversation, expression: string, frameId?: number, more: object = {}): Promise<string> =>
  (await c.ask('evaluate', { expression, frameId, ...more })).result;

const CONVERSATIONS: Record<string, () => Promise<Conversation | undefined>> = {
  async supportsConfigurationDoneRequest() {
    const c = converse(environment());
    await c.ask('initialize', { adapterID: 'ring3' });
    await c.ask('launch', { program: 'samples/bin/asm-hello' });
    // Nothing runs before the client has said what it wants.
    await new Promise(done => setTimeout(done, 50));
    expect(c.output('stdout')).toBe('');
    await c.ask('configurationDone');
    expect(await c.event('exited')).toEqual({ exitCode: 0 });
    expect(c.output('stdout')).toBe('hello from assembly\n');
    return c;
  },
  async supportsFunctionBreakpoints() {
    const { c, threadId } = await go('syscall.write');
    expect((await c.ask('stackTrace', { threadId })).stackFrames[0].name).toBe('syscall.write');
    return c;
  },
  async supportsConditionalBreakpoints() {
    // The function's own variables, and the call's arguments by name.
    const c = await begin({ program: 'println' }, conversation =>
      conversation.ask('setFunctionBreakpoints', {
        breakpoints: [
          { name: 'os.(*File).Write', condition: 'len(b) > 100' },
          { name: 'os.(*File).Write', condition: 'f.file.name == "/dev/stdout" && string(b) =~ "42" && b[0] == 104' },
          { name: 'syscall:write', condition: 'fd == 1 && count > 10 && buf =~ "^hello"' },
        ],
      }),
    );
    const { hitBreakpointIds, threadId } = await c.event('stopped');
    expect(hitBreakpointIds).toEqual([2]);
    expect(await c.go('continue', { threadId })).toMatchObject({ hitBreakpointIds: [3] });
    return c;
  },
  async supportsHitConditionalBreakpoints() {
    const c = await begin({ program: 'asm-hello' }, conversation =>
      conversation.ask('setFunctionBreakpoints', { breakpoints: [{ name: 'syscall:*', hitCondition: '2' }] }),
    );
    expect((await c.event('stopped')).description).toBe('Paused before exit_group');
    return c;
  },
  async supportsLogPoints() {
    const c = await begin({ program: 'asm-hello' }, conversation =>
      conversation.ask('setFunctionBreakpoints', {
        breakpoints: [{ name: 'syscall:write', logMessage: '{count} bytes to {fd}' }],
      }),
    );
    await c.event('exited');
    expect(c.output('console')).toContain('20 bytes to 1\n');
    return c;
  },
  async supportsInstructionBreakpoints() {
    const c = await begin({ program: 'asm-hello' }, conversation =>
      conversation.ask('setInstructionBreakpoints', { breakpoints: [{ instructionReference: '0x401016' }] }),
    );
    const { reason, threadId } = await c.event('stopped');
    expect(reason).toBe('instruction breakpoint');
    expect(await value(c, '$pc', await frame(c, threadId))).toMatch(/^0x401016 /);
    return c;
  },
  async supportsBreakpointLocationsRequest() {
    const { c } = await go();
    const { breakpoints } = await c.ask('breakpointLocations', { source: { path: MAIN }, line: 1, endLine: 100 });
    const lines = breakpoints.map((b: Body) => b.line);
    expect(lines).toContain(8);
    expect(lines).not.toContain(1);
    return c;
  },
  async supportsDataBreakpoints() {
    // The first half of the message is on the stack, and written there by main.
    const { c, threadId, frameId } = await go('main.go:7');
    const info = await c.ask('dataBreakpointInfo', { name: '*(u64*)(rsp + 0x22)', frameId });
    expect(info).toMatchObject({ accessTypes: ['read', 'write', 'readWrite'], canPersist: false });
    const { breakpoints } = await c.ask('setDataBreakpoints', {
      breakpoints: [{ dataId: info.dataId, accessType: 'write' }, { dataId: 'nonsense' }],
    });
    expect(breakpoints).toMatchObject([{ verified: true }, { verified: false }]);
    const stop = await c.go('continue', { threadId });
    expect(stop).toMatchObject({ reason: 'data breakpoint', hitBreakpointIds: [breakpoints[0].id] });
    expect(stop.text).toMatch(/→ 7719218618385065320$/);
    expect(await value(c, '$pc', await frame(c, threadId))).toMatch(/^0x47c6bd /);
    // A place on a stack means nothing in another run.
    await c.go('restart', {});
    expect(c.transcript()).toMatch(/! breakpoint .*verified: false.*another run/);
    await c.go('continue', { threadId });
    expect(c.output('stdout')).toBe('hello, kernel\n');
    return c;
  },
  async supportsDataBreakpointBytes() {
    const { c, threadId, frameId } = await go('main.go:7');
    const info = await c.ask('dataBreakpointInfo', { name: '$rsp + 0x28', frameId, bytes: 2 });
    await c.ask('setDataBreakpoints', { breakpoints: [{ dataId: info.dataId, accessType: 'readWrite' }] });
    expect(await c.go('continue', { threadId })).toMatchObject({ reason: 'data breakpoint' });
    const none = await c.ask('dataBreakpointInfo', { name: '$rax', frameId: await frame(c, threadId) });
    expect(none).toMatchObject({ dataId: null, description: expect.stringContaining('not in memory') });
    return c;
  },
  async supportsExceptionFilterOptions() {
    const c = await begin({ program: 'asm-hello' }, conversation =>
      conversation.ask('setExceptionBreakpoints', {
        filters: [],
        filterOptions: [{ filterId: 'syscall:all', condition: 'number == 231' }],
      }),
    );
    expect((await c.event('stopped')).description).toBe('Paused before exit_group');
    return c;
  },
  async exceptionBreakpointFilters() {
    const c = converse(environment());
    const { exceptionBreakpointFilters } = await c.ask('initialize', { adapterID: 'ring3' });
    expect(exceptionBreakpointFilters.map((f: Body) => f.filter)).toEqual(EXCEPTION_FILTERS.map(row => row.id));
    await c.ask('launch', { program: 'samples/bin/panic' });
    const { breakpoints } = await c.ask('setExceptionBreakpoints', {
      filters: exceptionBreakpointFilters.map((f: Body) => f.filter),
    });
    expect(breakpoints.every((b: Body) => b.verified)).toBe(true);
    await c.ask('configurationDone');
    expect((await c.event('stopped')).reason).toBe('exception');
    return c;
  },
  async breakpointModes() {
    const c = await begin({ program: 'asm-hello' }, conversation =>
      conversation.ask('setExceptionBreakpoints', {
        filters: [],
        filterOptions: [{ filterId: 'syscall:desc', mode: 'exit' }],
      }),
    );
    const stop = await c.event('stopped');
    expect(stop).toMatchObject({ description: 'Paused after write', text: expect.stringMatching(/= 20$/) });
    c.close();

    // Source and instruction breakpoints of one goroutine: the first that comes there.
    const source = { path: resolve(root, 'samples/goroutines/main.go') };
    const other = await begin({ program: 'goroutines' }, conversation =>
      conversation.ask('setBreakpoints', { source, breakpoints: [{ line: 19, mode: 'goroutine' }] }),
    );
    const first = await other.event('stopped');
    const stops: number[] = [];
    for (let i = 0; i < 30; i++) stops.push((await other.go('continue', { threadId: first.threadId })).threadId);
    expect(new Set(stops)).toEqual(new Set([first.threadId]));
    // Set at a stop: the goroutine that stands there.
    const { instructionPointerReference } = (await other.ask('stackTrace', { threadId: first.threadId }))
      .stackFrames[0];
    await other.ask('setBreakpoints', { source, breakpoints: [] });
    await other.ask('setInstructionBreakpoints', {
      breakpoints: [{ instructionReference: instructionPointerReference, mode: 'goroutine' }],
    });
    expect((await other.go('continue', { threadId: first.threadId })).threadId).toBe(first.threadId);
    return other;
  },
  async supportsExceptionInfoRequest() {
    const c = await begin({ program: 'panic' }, conversation =>
      conversation.ask('setExceptionBreakpoints', { filters: ['faults'] }),
    );
    const { threadId } = await c.event('stopped');
    const info = await c.ask('exceptionInfo', { threadId });
    expect(info).toMatchObject({
      exceptionId: 'SIGSEGV',
      description: expect.stringContaining('nil pointer: read of 0x8 by RAX + 0x8'),
    });
    return c;
  },
  async supportsEvaluateForHovers() {
    const { c, frameId } = await go('syscall.write');
    expect(await value(c, 'p', frameId, { context: 'hover' })).toBe('len 14 cap 14  "hello, kernel\\n"');
    expect(await value(c, 'AX', frameId, { context: 'hover' })).toBe('1');
    return c;
  },
  async supportsClipboardContext() {
    const { c, frameId } = await assembly();
    expect(await value(c, '255', frameId, { context: 'clipboard' })).toBe('0xff');
    return c;
  },
  async supportsSetVariable() {
    const { c, frameId } = await assembly();
    const variablesReference = await scope(c, frameId, 'Registers');
    await c.ask('setVariable', { variablesReference, name: 'rbx (BX)', value: '0x77' });
    expect(await value(c, 'rbx', frameId)).toBe('119 (0x77)');
    return c;
  },
  async supportsSetExpression() {
    const { c, frameId } = await assembly();
    await c.ask('setExpression', { expression: '$rbx', value: '1 + 2', frameId });
    expect(await value(c, 'rbx', frameId)).toBe('3');
    return c;
  },
  async supportsCompletionsRequest() {
    const { c, frameId } = await go('syscall.write');
    const { targets } = await c.ask('completions', { text: '1 + f', column: 6, frameId });
    expect(targets[0]).toMatchObject({ label: 'fd', start: 5, length: 1 });
    return c;
  },
  async completionTriggerCharacters() {
    const { c, frameId } = await assembly();
    const labels = async (text: string): Promise<string[]> =>
      (await c.ask('completions', { text, column: text.length + 1, frameId })).targets.map((t: Body) => t.label);
    expect(await labels('$rs')).toEqual(expect.arrayContaining(['$rsp', '$rsi']));
    return c;
  },
  async supportsValueFormattingOptions() {
    const { c, frameId } = await go('syscall.write');
    expect(await value(c, '255', frameId, { format: { hex: true } })).toBe('0xff');
    const { variables } = await c.ask('variables', {
      variablesReference: await scope(c, frameId, 'Arguments'),
      format: { hex: true },
    });
    expect(variables[0]).toMatchObject({ name: 'fd', value: '0x1' });
    await c.ask('setFunctionBreakpoints', { breakpoints: [{ name: 'syscall:write' }] });
    const { threadId } = await c.go('continue', { threadId: 0 });
    const call = await c.ask('variables', {
      variablesReference: await scope(c, await frame(c, threadId), 'Syscall: write'),
      format: { hex: true },
    });
    expect(call.variables.find((v: Body) => v.name === 'count').value).toBe('0xe');
    return c;
  },
  async supportsReadMemoryRequest() {
    const { c } = await assembly();
    const { data } = await c.ask('readMemory', { memoryReference: '0x401016', count: 2 });
    expect(data).toBe(Buffer.from([0x0f, 0x05]).toString('base64'));
    return c;
  },
  async supportsWriteMemoryRequest() {
    const { c, frameId } = await assembly();
    const memoryReference = (await c.ask('evaluate', { expression: '$rsp', frameId })).memoryReference;
    await c.ask('writeMemory', { memoryReference, data: Buffer.from([1, 2, 3]).toString('base64') });
    expect(await value(c, '*(u32*)rsp & 0xffffff', frameId)).toBe('197121 (0x30201)');
    return c;
  },
  async supportsDisassembleRequest() {
    const { c } = await assembly();
    const { instructions } = await c.ask('disassemble', { memoryReference: '0x401016', instructionCount: 1 });
    expect(instructions[0]).toMatchObject({ address: '0x401016', instruction: expect.stringContaining('SYSCALL') });
    return c;
  },
  async supportsSteppingGranularity() {
    const { c, threadId } = await go();
    const at = async () => (await c.ask('stackTrace', { threadId, levels: 1 })).stackFrames[0];
    const before = await at();
    await c.go('next', { threadId, granularity: 'instruction' });
    const after = await at();
    expect(after.instructionPointerReference).not.toBe(before.instructionPointerReference);
    await c.go('next', { threadId, granularity: 'statement' });
    expect((await at()).line).toBeGreaterThan(after.line);
    return c;
  },
  async supportsSingleThreadExecutionRequests() {
    // The main goroutine waits for its workers: alone it gets no further, and nobody else has moved meanwhile.
    const c = await begin({ program: 'goroutines' }, conversation =>
      conversation.ask('setFunctionBreakpoints', { breakpoints: [{ name: 'main.main' }, { name: 'main.work' }] }),
    );
    const { threadId } = await c.event('stopped');
    expect(await c.ask('continue', { threadId, singleThread: true })).toEqual({ allThreadsContinued: false });
    expect(await c.event('stopped')).toMatchObject({
      reason: 'pause',
      threadId,
      description: 'Goroutine 1 waits (chan receive)',
      text: expect.stringContaining('let all run'),
    });
    expect(await c.refused('next', { threadId, singleThread: true })).toMatch(/alone it cannot go on/);
    expect(await c.go('continue', { threadId })).toMatchObject({ description: 'Paused on main.work' });
    return c;
  },
  async supportsStepInTargetsRequest() {
    const { c, threadId } = await go('main.go:8');
    const { targets } = await c.ask('stepInTargets', { frameId: await frame(c, threadId) });
    expect(targets.map((t: Body) => t.label)).toContain('syscall.write');
    const targetId = targets.find((t: Body) => t.label === 'syscall.write').id;
    await c.go('stepIn', { threadId, targetId });
    expect((await c.ask('stackTrace', { threadId })).stackFrames[0].name).toBe('syscall.write');
    expect(await c.refused('stepIn', { threadId, targetId })).toMatch(/is gone/);
    return c;
  },
  async supportsGotoTargetsRequest() {
    const { c, threadId } = await go('main.go:8');
    const { targets } = await c.ask('gotoTargets', { source: { path: MAIN }, line: 9 });
    expect(targets[0]).toMatchObject({ line: 9, label: 'main.main, line 9' });
    expect(await c.go('goto', { threadId, targetId: targets[0].id })).toMatchObject({ reason: 'goto' });
    expect((await c.ask('stackTrace', { threadId })).stackFrames[0].line).toBe(9);
    // The write was jumped over.
    await c.go('continue', { threadId });
    expect(c.output('stdout')).toBe('');
    return c;
  },
  async supportsRestartFrame() {
    const { c, threadId } = await go('syscall.write');
    const [first] = (await c.ask('stackTrace', { threadId })).stackFrames;
    await c.go('next', { threadId, granularity: 'instruction' });
    expect(await c.go('restartFrame', { frameId: await frame(c, threadId) })).toMatchObject({ reason: 'restart' });
    const at = await frame(c, threadId);
    expect(await value(c, 'p', at)).toBe('len 14 cap 14  "hello, kernel\\n"');
    expect(await value(c, '$pc == syscall.write', at)).toBe('true');
    expect(first.name).toBe('syscall.write');
    await c.ask('setFunctionBreakpoints', { breakpoints: [] });
    await c.go('continue', { threadId });
    expect(c.output('stdout')).toBe('hello, kernel\n');
    return c;
  },
  async supportsDelayedStackTraceLoading() {
    const { c, threadId } = await go('syscall:write');
    const all = (await c.ask('stackTrace', { threadId })).stackFrames;
    const page = await c.ask('stackTrace', { threadId, startFrame: 2, levels: 2 });
    expect(page.totalFrames).toBe(all.length);
    expect(page.stackFrames.map((f: Body) => f.name)).toEqual(all.slice(2, 4).map((f: Body) => f.name));
    return c;
  },
  async supportsModulesRequest() {
    const { c } = await go();
    const { modules } = await c.ask('modules', {});
    expect(modules[0]).toMatchObject({ name: 'hello', symbolStatus: 'Symbols and DWARF' });
    return c;
  },
  async additionalModuleColumns() {
    const c = converse(environment());
    const { additionalModuleColumns } = await c.ask('initialize', { adapterID: 'ring3' });
    expect(additionalModuleColumns.map((column: Body) => column.attributeName)).toEqual(['sections', 'buildId']);
    await c.ask('launch', { program: 'samples/bin/hello', stopOnEntry: true });
    await c.ask('configurationDone');
    await c.event('stopped');
    const [program, vdso] = (await c.ask('modules', {})).modules;
    expect(program.sections).toMatch(/ \.text 0x401000-0x[0-9a-f]+, .* \.noptrbss 0x[0-9a-f]+-0x[0-9a-f]+$/);
    expect(program.buildId).toMatch(/\S/);
    expect(vdso).toMatchObject({ id: '[vdso]', isUserCode: false, addressRange: expect.stringMatching(/^0x7ff/) });
    expect(await c.ask('modules', { startModule: 1, moduleCount: 1 })).toMatchObject({
      modules: [vdso],
      totalModules: 2,
    });
    return c;
  },
  async supportsLoadedSourcesRequest() {
    const { c } = await go();
    const { sources } = await c.ask('loadedSources', {});
    expect(sources).toContainEqual({ name: 'main.go', path: MAIN });
    return c;
  },
  async supportsRestartRequest() {
    const { c, threadId, frameId } = await assembly();
    await c.ask('setExpression', { expression: 'rbx', value: '9', frameId });
    await c.go('restart', {});
    expect(await value(c, 'rbx', await frame(c, threadId))).toBe('0');
    return c;
  },
  async supportsTerminateRequest() {
    const { c, threadId } = await assembly();
    await c.ask('terminate', {});
    await c.event('terminated');
    expect(await c.refused('continue', { threadId })).toMatch(/has ended/);
    return c;
  },
  async supportTerminateDebuggee() {
    const { c } = await assembly();
    await c.ask('disconnect', { terminateDebuggee: true });
    // Nothing is left of it.
    expect(c.output('stdout')).toBe('');
    return c;
  },
  async supportSuspendDebuggee() {
    const shared = { ...environment(), suspended: new Map() };
    const first = converse(shared);
    await first.ask('initialize', { adapterID: 'ring3' });
    await first.ask('launch', { program: 'samples/bin/hello' });
    await first.ask('setFunctionBreakpoints', { breakpoints: [{ name: 'syscall.write' }] });
    await first.ask('configurationDone');
    await first.event('stopped');
    await first.ask('disconnect', { suspendDebuggee: true });
    first.close();
    // Another client, its own breakpoints: the program stands where it stood.
    const c = converse(shared);
    await c.ask('initialize', { adapterID: 'ring3' });
    await c.ask('attach', { program: 'hello' });
    await c.event('initialized');
    await c.ask('configurationDone');
    const { threadId, reason } = await c.event('stopped');
    expect(reason).toBe('pause');
    expect((await c.ask('stackTrace', { threadId })).stackFrames[0].name).toBe('syscall.write');
    await c.go('continue', { threadId });
    expect(c.output('stdout')).toBe('hello, kernel\n');
    expect(first.output('stdout')).toBe('');
    expect(shared.suspended.size).toBe(0);
    return c;
  },
  async supportsTerminateThreadsRequest() {
    const c = await begin({ program: 'goroutines' }, conversation =>
      conversation.ask('setFunctionBreakpoints', { breakpoints: [{ name: 'main.work' }] }),
    );
    const { threadId } = await c.event('stopped');
    const stop = await c.go('terminateThreads', { threadIds: [threadId] });
    expect(stop.description).toBe(`Goroutine ${threadId % 1000} has ended`);
    expect((await c.ask('threads')).threads.map((t: Body) => t.id)).not.toContain(threadId);
    return c;
  },
  async supportsCancelRequest() {
    const { c, threadId } = await assembly();
    const slow = c.ask('disassemble', { memoryReference: '$pc', instructionCount: 50 });
    // initialize, launch, configurationDone, stackTrace and disassemble came before it.
    const next = c.refused('stackTrace', { threadId });
    await c.ask('cancel', { requestId: 6 });
    await slow;
    expect(await next).toBe('cancelled');
    return c;
  },
  async supportsANSIStyling() {
    const green = (text: string) => `\u001b[32m${text}\u001b[39m`;
    const c = await begin(
      { program: 'hello' },
      conversation =>
        conversation.ask('setFunctionBreakpoints', {
          breakpoints: [{ name: 'syscall.write', logMessage: 'p is {p}' }, { name: 'syscall:write' }],
        }),
      { supportsANSIStyling: true },
    );
    const { threadId } = await c.event('stopped');
    expect(c.output('console')).toContain(green('"hello, kernel\\n"'));
    const frameId = await frame(c, threadId);
    expect(await value(c, 'buf', frameId, { context: 'repl' })).toContain(green('"hello, kernel\\n"'));
    // Where codes would be text there are none.
    for (const context of ['clipboard', 'watch', 'hover', 'variables'])
      expect(await value(c, 'buf', frameId, { context })).not.toContain('\u001b');
    return c;
  },
};

describe('each capability that initialize answers', async () => {
  const c = converse({ ...environment(), suspended: new Map() });
  const capabilities: Record<string, unknown> = await c.ask('initialize', { adapterID: 'ring3' });
  c.close();
  const advertised = Object.keys(capabilities).filter(key => capabilities[key] !== false);

  test('has a conversation, and none is left over', () => {
    expect(Object.keys(CONVERSATIONS).sort()).toEqual(advertised.sort());
  });

  test.each(Object.entries(CONVERSATIONS))('%s', async (_, conversation) => {
    (await conversation())?.close();
  });
});
