/**
 * Compares the file system with the real kernel's over random scripts: `npx tsx test/fs/compare.ts FROM TO [LENGTH]`
 * (seeds). With --record, the scripts and what the real kernel answered are kept in golden/, for the tests that run
 * where no Linux and no C compiler is. The scripts run in a tmpfs (/dev/shm).
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomScript, runScript } from './script.ts';

const here = import.meta.dirname;
const words = process.argv.slice(2).filter(word => word !== '--record');
const record = process.argv.includes('--record');
const [from, to, length] = [Number(words[0] ?? 1), Number(words[1] ?? 100), Number(words[2] ?? 200)];

const folder = mkdtempSync(join(tmpdir(), 'ring3-native-'));
const binary = join(folder, 'native');
execFileSync('cc', ['-O1', '-o', binary, join(here, 'native.c')]);

function native(lines: readonly string[]): string[] {
  const directory = mkdtempSync('/dev/shm/ring3-');
  try {
    if (process.getuid?.() === 0) chownSync(directory, 1000, 1000);
    chmodSync(directory, 0o755);
    const output = execFileSync(binary, [directory], { input: `${lines.join('\n')}\n`, maxBuffer: 1 << 28 });
    return output.toString().replace(/\n$/, '').split('\n');
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

let different = 0;
for (let seed = from; seed < to; seed++) {
  const lines = randomScript(seed, length);
  const expected = native(lines);
  const own = runScript(lines);
  const at = lines.findIndex((_, i) => own[i].trimEnd() !== expected[i]?.trimEnd());
  if (at >= 0) {
    different++;
    console.log(`seed ${seed}, line ${at + 1}: ${lines[at]}\n  Linux:  ${expected[at]}\n  Ring 3: ${own[at]}`);
  }
  if (record)
    writeFileSync(
      join(here, 'golden', `${seed}.txt`),
      lines.map((line, i) => `${line}\n= ${expected[i].trimEnd()}\n`).join(''),
    );
}
rmSync(folder, { recursive: true });
console.log(`${to - from} scripts of ${length} calls, ${different} differ`);
process.exitCode = different > 0 ? 1 : 0;
