/** The real CPU, by way of harness.c: builds it, and answers batches. Files carry them, pipes only say when. */
import { execFileSync, spawn } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  type Batch,
  CODE,
  caseCount,
  DATA_SIZE,
  END,
  HARNESS,
  INPUT,
  JUMP,
  JUMP_LENGTH,
  OUTCOME,
  type Outcomes,
  STATE,
} from './batch.ts';

export interface Native {
  /** Whether cases may have FS and GS bases of their own. */
  segmentBases: boolean;
  run(batch: Batch): Promise<Outcomes>;
  close(): void;
}

/** Whether this machine can be asked: x86-64 Linux with a C compiler. */
export function nativeIsThere(): boolean {
  try {
    execFileSync('gcc', ['--version'], { stdio: 'ignore' });
    return process.platform === 'linux' && process.arch === 'x64';
  } catch {
    return false;
  }
}

const PLACE = `-Wl,-Ttext-segment=0x${HARNESS.start.toString(16)}`;
const FLAGS = ['-O2', '-no-pie', '-fno-pie', '-fno-stack-protector', '-mfsgsbase', PLACE];

export async function startNative(): Promise<Native> {
  const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'ring3-fuzz-'));
  const program = join(folder, 'harness');
  const source = fileURLToPath(new URL('./harness.c', import.meta.url));
  try {
    execFileSync('gcc', [...FLAGS, '-static', '-o', program, source], { stdio: 'pipe' });
  } catch {
    execFileSync('gcc', [...FLAGS, '-o', program, source]);
  }
  const inputFile = join(folder, 'in');
  const outputFile = join(folder, 'out');
  const input = openSync(inputFile, 'w');
  const output = openSync(outputFile, 'w+');
  const child = spawn(program, [inputFile, outputFile], { stdio: ['pipe', 'pipe', 'inherit'] });
  let text = '';
  let wake: (line: string | undefined) => void = () => {};
  let died: string | undefined;
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString();
    const end = text.indexOf('\n');
    if (end < 0) return;
    const line = text.slice(0, end);
    text = text.slice(end + 1);
    wake(line);
  });
  child.stdin.on('error', () => {});
  child.on('exit', (code, signal) => {
    died = `the harness ended: ${signal ?? code}`;
    wake(undefined);
  });
  const answer = (): Promise<string> =>
    new Promise((resolve, reject) => {
      wake = line => (line === undefined ? reject(new Error(died)) : resolve(line));
      if (died) reject(new Error(died));
    });
  const close = () => {
    child.stdin.end();
    closeSync(input);
    closeSync(output);
    rmSync(folder, { recursive: true, force: true });
  };
  const [, bases, leave] = (await answer()).split(' ');
  let cases = new Uint8Array(0);

  return {
    segmentBases: bases === '1',
    async run(batch) {
      endWithJumps(batch, Number(leave));
      const count = caseCount(batch);
      if (cases.length !== count * INPUT) cases = new Uint8Array(count * INPUT);
      const words = new Uint32Array(cases.buffer);
      for (let i = 0; i < count; i++) {
        const piece = batch.pieceOf[i];
        const at = i * INPUT;
        words[at / 4] = piece.offset;
        words[at / 4 + 1] = piece.code.length;
        cases.set(batch.states.subarray(i * STATE, (i + 1) * STATE), at + 16);
      }
      const header = Uint32Array.of(count, batch.image.length, 0, 0);
      let at = writeSync(input, new Uint8Array(header.buffer), 0, 16, 0);
      at += writeSync(input, batch.data, 0, DATA_SIZE, at);
      at += writeSync(input, batch.image, 0, batch.image.length, at);
      writeSync(input, cases, 0, cases.length, at);
      child.stdin.write('run\n');
      const done = await answer();
      const records = new Uint8Array(count * OUTCOME);
      readSync(output, records, 0, records.length, 0);
      const changed = new Uint8Array(Number(done.slice(5)));
      if (changed.length) readSync(output, changed, 0, changed.length, records.length);
      return split(records, changed);
    },
    close,
  };
}

/** A jump costs the real CPU less than a signal. The emulated one has the same bytes there, for code may be read. */
function endWithJumps({ image, pieces }: Batch, to: number): void {
  const view = new DataView(image.buffer, image.byteOffset);
  for (const piece of pieces) {
    if (!piece.straight) continue;
    const end = piece.offset + piece.code.length;
    view.setUint8(end, JUMP);
    view.setInt32(end + 1, to - (CODE + end + JUMP_LENGTH), true);
  }
}

/** Finds each case's changed bytes, which follow each other. */
function split(records: Uint8Array, bytes: Uint8Array): Outcomes {
  const view = new DataView(records.buffer, records.byteOffset);
  const count = records.length / OUTCOME;
  const starts = new Uint32Array(count + 1);
  for (let i = 0; i < count; i++) {
    starts[i + 1] =
      starts[i] + view.getUint32(i * OUTCOME + END.last, true) - view.getUint32(i * OUTCOME + END.first, true);
  }
  return { records, words: new Uint32Array(records.buffer), changed: i => bytes.subarray(starts[i], starts[i + 1]) };
}

export const addressOf = (offset: number): bigint => BigInt(CODE + offset);
