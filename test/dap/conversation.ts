/**
 * A conversation with the adapter in the same process, written down as it goes: what the client asks, what it is answered,
 * what it is told meanwhile. The text is what golden files hold.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { expect } from 'vitest';
import type { Environment } from '../../debug-adapter/environment.ts';
import { createAdapter } from '../../debug-adapter/server.ts';

// biome-ignore lint/suspicious/noExplicitAny: a client takes what comes
type Body = any;

export interface Conversation {
  /** Rejects when the answer is an error, with its message. */
  ask(command: string, args?: object): Promise<Body>;
  /** The message of the error that must come. */
  refused(command: string, args?: object): Promise<string>;
  /** The next event of that name (one that came already counts once); rejects after ten seconds. */
  event(name: string): Promise<Body>;
  /** Goes on, until it stands again or has ended. */
  go(command: string, args?: object): Promise<Body>;
  /** Everything that was printed so far, by category. */
  output(category?: string): string;
  note(line: string): void;
  transcript(): string;
  close(): void;
}

/** `masks` are texts that differ between computers, with what stands for them. */
export function converse(
  environment: Environment,
  masks: Record<string, string> = {},
  /** What the client does when the adapter asks for something; throws to refuse. */
  serve: (command: string, args: Body) => Body = command => {
    throw new Error(`this client knows no ${command}`);
  },
): Conversation {
  let seq = 1;
  const lines: string[] = [];
  const waiting = new Map<number, (response: Body) => void>();
  const events: { name: string; body: Body }[] = [];
  const listeners = new Set<() => void>();
  const outputs: { category: string; output: string }[] = [];
  const adapter = createAdapter(environment, message => {
    const m = message as Body;
    // Over the wire nothing is shared.
    const copy = JSON.parse(JSON.stringify(m));
    if (m.type === 'response') {
      waiting.get(m.request_seq)?.(copy);
      waiting.delete(m.request_seq);
    } else if (m.type === 'request') {
      const answer = { seq: seq++, type: 'response', request_seq: m.seq, command: m.command };
      try {
        const body = serve(m.command, copy.arguments);
        setTimeout(() => adapter.receive({ ...answer, success: true, body }), 0);
      } catch (error) {
        setTimeout(() => adapter.receive({ ...answer, success: false, message: (error as Error).message }), 0);
      }
    } else if (m.type === 'event') {
      if (m.event === 'output') {
        outputs.push(copy.body);
        lines.push(`  ${copy.body.category}: ${JSON.stringify(copy.body.output)}`);
      } else lines.push(`  ! ${m.event}${copy.body ? ` ${show(copy.body)}` : ''}`);
      events.push({ name: m.event, body: copy.body });
      for (const listener of [...listeners]) listener();
    }
  });

  const send = (command: string, args?: object) =>
    new Promise<Body>(resolve => {
      const request = { seq: seq++, type: 'request', command, arguments: args };
      waiting.set(request.seq, resolve);
      adapter.receive(JSON.parse(JSON.stringify(request)));
    });
  /** The first event of one of these names, removed from those that came. */
  const either = (names: string[]) =>
    new Promise<Body>((resolve, reject) => {
      const look = () => {
        const at = events.findIndex(event => names.includes(event.name));
        if (at < 0) return;
        clearTimeout(timer);
        listeners.delete(look);
        resolve(events.splice(at, 1)[0].body);
      };
      const timer = setTimeout(() => {
        listeners.delete(look);
        reject(new Error(`no event ${names.join(' or ')} came; so far:\n${lines.join('\n')}`));
      }, 20_000);
      listeners.add(look);
      look();
    });
  const masked = (text: string) =>
    Object.entries(masks).reduce((result, [from, to]) => result.replaceAll(from, to), text);

  const conversation: Conversation = {
    async ask(command, args) {
      lines.push(`> ${command}${args ? ` ${show(args)}` : ''}`);
      const response = await send(command, args);
      if (!response.success) {
        lines.push(`< error: ${response.message}`);
        throw new Error(response.message);
      }
      lines.push(...answerLines(command, response.body));
      return response.body;
    },
    async refused(command, args) {
      const response = await send(command, args);
      lines.push(`> ${command}${args ? ` ${show(args)}` : ''}`, `< error: ${response.message}`);
      expect(response.success, `${command} should have been refused`).toBe(false);
      return response.message;
    },
    event: name => either([name]),
    async go(command, args) {
      for (const name of ['stopped', 'terminated']) {
        for (let at = 0; (at = events.findIndex(event => event.name === name)) >= 0; ) events.splice(at, 1);
      }
      await conversation.ask(command, args);
      return either(['stopped', 'terminated']);
    },
    output: category =>
      outputs
        .filter(output => category === undefined || output.category === category)
        .map(output => output.output)
        .join(''),
    note(line) {
      lines.push(`# ${line}`);
    },
    // Where Go's heap and the stacks lie depends on the seed and on how the kernel draws from it: no matter of the adapter's.
    transcript: () => masked(`${lines.join('\n')}\n`).replace(/0x[0-9a-f]{10,}/g, '<address>'),
    close: () => adapter.dispose(),
  };
  return conversation;
}

/** A value on one line, without quotes around plain keys. */
function show(value: unknown): string {
  return (
    JSON.stringify(value)
      .replace(/"([A-Za-z_]\w*)":/g, '$1: ')
      .replace(/,(?=[[{"\w])/g, ', ')
      // Numbers of made documents depend on which file was looked for first.
      .replace(/sourceReference: \d+/g, 'sourceReference: N')
  );
}

/** What a reader wants of an answer: rows as rows, the rest on a line. */
function answerLines(command: string, body: Body): string[] {
  if (body === undefined) return [];
  switch (command) {
    case 'initialize':
      return [
        // Which ones is capabilities.test.ts's business.
        `< capabilities, ${body.exceptionBreakpointFilters.length} exception filters`,
      ];
    case 'stackTrace':
      return body.stackFrames.map(
        (f: Body) =>
          `< #${f.id} ${f.name}  ${f.source?.path ?? f.source?.name ?? ''}:${f.line}${f.source?.origin ? ` (${f.source.origin})` : ''}  ${f.instructionPointerReference}`,
      );
    case 'disassemble':
      return body.instructions.map(
        (row: Body) =>
          `< ${row.address}  ${row.instruction}${row.line ? `  ; ${row.location?.name ?? ''}:${row.line}` : ''}${row.presentationHint ? ` (${row.presentationHint})` : ''}`,
      );
    case 'variables':
      return body.variables.map((v: Body) => `< ${v.name} = ${v.value}`);
    case 'scopes':
      return body.scopes.map((s: Body) => `< [${s.variablesReference}] ${s.name}`);
    case 'ring3/registers':
      return [
        `< ${body.headline}    ${body.instruction}    ${body.convention}`,
        ...body.registers
          .filter((r: Body) => r.here)
          .map(
            (r: Body) => `<   ${r.goName || r.name}  ${r.value}  ${r.here.role}  ${r.decoded ?? ''}  (${r.here.sure})`,
          ),
        ...(body.call ? [`<   ${body.call.text}`] : []),
      ];
    case 'source':
      return body.content
        .trimEnd()
        .split('\n')
        .map((line: string) => `< | ${line}`);
    case 'threads':
      return body.threads.map((t: Body) => `< thread ${t.id}: ${t.name}`);
    default:
      return isDeepStrictEqual(body, {}) ? [] : [`< ${show(body)}`];
  }
}

/** Compares with a golden file; UPDATE=1 writes it. */
export function golden(file: string, text: string): void {
  if (process.env.UPDATE || !existsSync(file)) {
    if (process.env.CI && !process.env.UPDATE) throw new Error(`${file} is missing; run with UPDATE=1 to write it`);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  expect(text).toBe(readFileSync(file, 'utf8'));
}
