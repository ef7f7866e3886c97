/** Every call that recorded/*.c makes is printed as real strace 6.1 printed it; golden/ holds its lines. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { ViewMemory } from '../../emulator/abi/arch.ts';
import { DEFAULT_FORMAT, type FormatOptions } from '../../emulator/trace/context.ts';
import { formatCall } from '../../emulator/trace/format.ts';

interface Recorded {
  line: string;
  number: number;
  args: string;
  result: string;
  before: string;
  after?: string;
}

const folder = new URL('golden/', import.meta.url);
const ARENA = 0x10000000;
const ARENA_SIZE = 8192;

function arena(text: string): ViewMemory {
  const bytes = new Uint8Array(ARENA_SIZE);
  for (const run of text.split(' ').filter(Boolean)) {
    const [offset, hex] = run.split(':');
    bytes.set(Buffer.from(hex, 'hex'), Number.parseInt(offset, 16));
  }
  return {
    read(address, length) {
      const at = address - ARENA;
      return at < 0 || at >= ARENA_SIZE ? new Uint8Array(0) : bytes.slice(at, Math.min(at + length, ARENA_SIZE));
    },
  };
}

const OPTIONS: Readonly<Record<string, Partial<FormatOptions>>> = {
  'boot-v': { verbose: true },
  'files-v': { verbose: true },
  'files-x': { quoting: 'hex-if-needed', stringLimit: 8 },
  'net-xx': { quoting: 'hex', stringLimit: 100 },
};

describe('calls as strace prints them', () => {
  for (const file of readdirSync(fileURLToPath(folder)).filter(name => name.endsWith('.json'))) {
    const name = file.replace('.json', '');
    const options: FormatOptions = { ...DEFAULT_FORMAT, ...OPTIONS[name] };
    const calls = JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Recorded[];
    it(`${name}: ${calls.length} calls`, () => {
      let previous: string | undefined;
      const ours: string[] = [];
      for (const call of calls) {
        const traced = {
          task: 1,
          number: call.number,
          args: call.args.split(' ').map(word => BigInt(`0x${word}`)),
          pc: 0,
          result: BigInt(call.result),
          entered: 0n,
        };
        const before = arena(call.before);
        ours.push(formatCall(traced, before, call.after === undefined ? before : arena(call.after), options, previous));
        previous = /^\w+/.exec(call.line)?.[0];
      }
      const wrong = calls.flatMap(({ line }, i) => (line === ours[i] ? [] : [`- ${line}\n+ ${ours[i]}`]));
      expect(wrong.join('\n')).toBe('');
    });
  }
});
