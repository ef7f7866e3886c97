/** The real CPU, by way of harness.c: builds it, and answers cases in batches. */
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Case, DATA_SIZE, type Outcome } from './case.ts';

const INPUT = 16 * 8 + 8 + 4 + 4 + 16 + 4 + 4 + 256 + 8 + 128;
const OUTPUT = 16 * 8 + 8 + 8 + 4 + 4 + 8 + 8 + 256 + 8 + 128 + 8;

export interface Native {
  run(cases: readonly Case[]): Promise<Outcome[]>;
  close(): void;
}

export function startNative(): Native {
  const folder = mkdtempSync(join(tmpdir(), 'ring3-fuzz-'));
  const program = join(folder, 'harness');
  execFileSync('gcc', ['-O1', '-o', program, fileURLToPath(new URL('./harness.c', import.meta.url))]);
  const child = spawn(program, { stdio: ['pipe', 'pipe', 'inherit'] });
  let buffered: Buffer = Buffer.alloc(0);
  let wake: () => void = () => {};
  let ended = false;
  child.stdout.on('data', (chunk: Buffer) => {
    buffered = buffered.length ? Buffer.concat([buffered, chunk]) : chunk;
    wake();
  });
  child.on('exit', () => {
    ended = true;
    wake();
  });

  return {
    async run(cases) {
      const bytes = Buffer.alloc(cases.length * INPUT);
      for (const [i, c] of cases.entries()) encode(bytes, i * INPUT, c);
      child.stdin.write(bytes);
      const answers: Outcome[] = [];
      while (answers.length < cases.length) {
        const done = take(buffered, answers, cases);
        buffered = buffered.subarray(done);
        if (answers.length === cases.length) break;
        if (ended) throw new Error(`the harness died at ${JSON.stringify(cases[answers.length].hex)}`);
        await new Promise<void>(resolve => {
          wake = resolve;
        });
      }
      return answers;
    },
    close: () => child.stdin.end(),
  };
}

function encode(b: Buffer, at: number, c: Case): void {
  for (let i = 0; i < 16; i++) b.writeBigUInt64LE(c.gpr[i], at + i * 8);
  b.writeBigUInt64LE(c.flags, at + 128);
  b.writeUInt32LE(c.mxcsr, at + 136);
  b.writeUInt32LE(c.code.length, at + 140);
  b.set(c.code, at + 144);
  b.writeUInt32LE(c.offset, at + 160);
  b.writeUInt32LE(c.seed, at + 164);
  b.set(c.xmm, at + 168);
  b.writeUInt16LE(c.x87.control, at + 424);
  b.writeUInt16LE(c.x87.status, at + 426);
  b.writeUInt16LE(c.x87.tags, at + 428);
  b.set(c.x87.st, at + 432);
}

/** Parses whole answers off the front; returns how many bytes they took. */
function take(b: Buffer, into: Outcome[], cases: readonly Case[]): number {
  let at = 0;
  while (into.length < cases.length && at + OUTPUT <= b.length) {
    const first = b.readUInt32LE(at + OUTPUT - 8);
    const last = b.readUInt32LE(at + OUTPUT - 4);
    const changed = Math.max(0, last - first);
    if (changed > DATA_SIZE || at + OUTPUT + changed > b.length) break;
    const gpr: bigint[] = [];
    for (let i = 0; i < 16; i++) gpr.push(b.readBigUInt64LE(at + i * 8));
    into.push({
      gpr,
      rip: Number(b.readBigUInt64LE(at + 128)),
      flags: b.readBigUInt64LE(at + 136),
      mxcsr: b.readUInt32LE(at + 144),
      signal: b.readUInt32LE(at + 148),
      address: Number(b.readBigUInt64LE(at + 152)),
      trap: Number(b.readBigUInt64LE(at + 160) & 0xffff_ffffn),
      xmm: new Uint8Array(b.subarray(at + 168, at + 424)),
      x87: {
        control: b.readUInt16LE(at + 424),
        status: b.readUInt16LE(at + 426),
        tags: b.readUInt16LE(at + 428),
        st: new Uint8Array(b.subarray(at + 432, at + 560)),
      },
      first,
      data: new Uint8Array(b.subarray(at + OUTPUT, at + OUTPUT + changed)),
    });
    at += OUTPUT + changed;
  }
  return at;
}
