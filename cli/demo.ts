/**
 * `npm run demo`: a Go program under the debugger, without a screen. It speaks the Debug Adapter Protocol as an editor does,
 * message by message, and prints what an editor would show, so that who reads it knows what Ring 3 is.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { RegistersResponse, TraceResponse } from '../debug-adapter/protocol.ts';
import { type DebugClient, debugClient } from './dap-client.ts';
import { adapterEnvironment } from './environment.ts';

const colourful = process.stdout.isTTY === true && process.env.NO_COLOR === undefined && process.env.TERM !== 'dumb';
const paint = (code: number) => (text: string) => (colourful ? `\x1b[${code}m${text}\x1b[0m` : text);
const bold = paint(1);
const dim = paint(2);
const green = paint(32);
const yellow = paint(33);
const cyan = paint(36);

const print = (text = '') => process.stdout.write(`${text}\n`);
const indent = (text: string) =>
  text
    .split('\n')
    .map(line => (line === '' ? '' : `    ${line}`))
    .join('\n');

function heading(text: string, remark?: string): void {
  print();
  print(bold(`▸ ${text}`));
  if (remark) print(indent(dim(remark)));
  print();
}

/** The repository: above the bundle, above the source, or here. */
function repository(): string {
  const places = [dirname(resolve(process.argv[1] ?? '.')), process.cwd()];
  for (const place of places) {
    for (const root of [place, dirname(place)]) if (existsSync(join(root, 'samples/bin/hello'))) return root;
  }
  throw new Error('samples/bin/hello is not there: run this in a clone of the repository');
}

async function demo(): Promise<void> {
  const root = repository();
  const client = debugClient(adapterEnvironment({ folder: root }));
  let printed = '';
  client.on('output', body => {
    if (body.category === 'stdout') printed += body.output;
  });

  print(
    `${bold('Ring 3')} runs Linux programs on a processor and a kernel of its own, written in TypeScript and WebAssembly.`,
  );
  print('You are about to watch a Go program ask that kernel for something, instruction by instruction.');
  print(
    dim(
      'No ptrace, no root, no Linux needed: it is the same on macOS, Windows and in a browser, and every run repeats exactly.',
    ),
  );

  heading('The program', 'samples/hello, compiled by the ordinary Go toolchain for linux/amd64');
  const source = readFileSync(join(root, 'samples/hello/main.go'), 'utf8').trimEnd().split('\n');
  const begin = source.findIndex(line => line.startsWith('func main'));
  print(
    indent(
      source
        .map((line, i) => `${dim(String(i + 1).padStart(3))}  ${line.replaceAll('\t', '    ')}`)
        .slice(begin)
        .join('\n'),
    ),
  );

  await client.ask('initialize', { adapterID: 'ring3', clientID: 'demo' });
  const initialized = client.event('initialized');
  // The program sees the samples at a path of its own, so that its run does not depend on where they lie here.
  const samples = join(root, 'samples');
  await client.ask('launch', {
    program: join(samples, 'bin/hello'),
    cwd: samples,
    mounts: [`${samples}:/samples`],
    stopOnEntry: 'main',
  });
  await initialized;
  let stopped = client.event('stopped');
  await client.ask('configurationDone');
  let { threadId } = await stopped;

  const call = await callInMain(client, threadId);
  if (call !== undefined) {
    await client.ask('setInstructionBreakpoints', { breakpoints: [{ instructionReference: call }] });
    ({ threadId } = await client.go('continue', { threadId }));
    heading(
      'At the call in main: Go’s own calling convention',
      'arguments travel in registers, in the order that Go’s ABI gives them',
    );
    await showStop(client, threadId);
    await client.ask('setInstructionBreakpoints', { breakpoints: [] });
  }

  heading(
    'Break on the syscall write, and go on',
    'request setFunctionBreakpoints {"name": "syscall:write"}: in VS Code it stands in the Breakpoints view',
  );
  await client.ask('setFunctionBreakpoints', { breakpoints: [{ name: 'syscall:write' }] });
  stopped = client.event('stopped');
  await client.ask('continue', { threadId });
  const stop = await stopped;
  threadId = stop.threadId;
  const executed = await value(client, '$instructions');
  print(indent(`${yellow(stop.description)}, ${executed} instructions into the run.`));
  print();
  const { stackFrames } = await client.ask('stackTrace', { threadId });
  for (const frame of stackFrames) {
    // Where the toolchain's sources are not installed, the frame shows a document made for it and says where it is from.
    const place = frame.source?.origin ?? (frame.source?.name ? `${frame.source.name}:${frame.line}` : '');
    print(indent(`${frame.id === stackFrames[0].id ? '→' : ' '} ${frame.name.padEnd(42)} ${dim(place)}`));
  }

  heading(
    'The crossing: Go’s ABI becomes Linux’s',
    'four moves carry the arguments to where the kernel wants them; → is the next instruction',
  );
  await showCode(client, stackFrames[0].instructionPointerReference, 6, 3);
  print();
  await showStop(client, threadId);

  heading('Step over the instruction SYSCALL', 'request next {"granularity": "instruction"}');
  const before = printed;
  ({ threadId } = await client.go('next', { threadId, granularity: 'instruction' }));
  await showStop(client, threadId);
  print();
  print(indent(`The program wrote: ${green(JSON.stringify(printed.slice(before.length)))}`));

  heading('Continue to the exit');
  const exited = client.event('exited');
  const ended = client.event('terminated');
  await client.ask('continue', { threadId });
  const { exitCode } = await exited;
  await ended;
  print(indent(`The program exited with code ${green(String(exitCode))}.`));

  const trace: TraceResponse = await client.ask('ring3/trace', {});
  heading(
    `What it asked of the kernel, in ${trace.total} lines`,
    'as strace prints them; `ring3 trace -f samples/bin/hello` prints all',
  );
  const [first, last] = [5, 14];
  for (const [i, line] of trace.lines.entries()) {
    if (i === first && trace.total > first + last) print(indent(dim('…')));
    if (i >= first && i < trace.total - last) continue;
    const text = line.length > 150 ? `${line.slice(0, 149)}…` : line;
    print(indent(/\bwrite\(/.test(line) ? cyan(text) : text));
  }
  await client.ask('disconnect');
  client.close();

  print();
  print(
    'Next: open the folder in VS Code and press F5 on samples/hello, or point any debugger of your own at `ring3 dap`.',
  );
}

/** The address of the first call in main.main that goes where the kernel is: what the source calls on its way to write. */
async function callInMain(client: DebugClient, threadId: number): Promise<string | undefined> {
  const { stackFrames } = await client.ask('stackTrace', { threadId, levels: 1 });
  const { instructions } = await client.ask('disassemble', {
    memoryReference: stackFrames[0].instructionPointerReference,
    instructionCount: 40,
  });
  return instructions.find((row: { instruction: string }) => /CALL .*syscall\.[wW]rite/.test(row.instruction))?.address;
}

async function showStop(client: DebugClient, threadId: number): Promise<void> {
  const { text }: RegistersResponse = await client.ask('ring3/registers', { threadId });
  const [headline, ...lines] = text.split('\n');
  print(indent([bold(headline), ...lines.map((line, i) => (i === lines.length - 1 ? cyan(line) : line))].join('\n')));
}

async function showCode(client: DebugClient, at: string, before: number, after: number): Promise<void> {
  const { instructions } = await client.ask('disassemble', {
    memoryReference: at,
    instructionOffset: -before,
    instructionCount: before + after + 1,
  });
  for (const row of instructions) {
    if (row.presentationHint === 'invalid' || /INT \$0x3$/.test(row.instruction)) continue;
    const line = `${row.address === at ? '→' : ' '} ${row.address}  ${(row.instructionBytes ?? '').padEnd(21)}  ${row.instruction}`;
    print(indent(row.address === at ? yellow(line) : line));
  }
}

async function value(client: DebugClient, expression: string): Promise<string> {
  const { result } = await client.ask('evaluate', { expression });
  return Number(result.split(' ')[0]).toLocaleString('en');
}

// A reader that has seen enough (`| head`) is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
});

demo().catch(error => {
  process.stderr.write(`The demo failed: ${error instanceof Error ? error.stack : String(error)}\n`);
  process.exit(1);
});
