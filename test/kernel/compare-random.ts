/**
 * Random calls at the kernel, a million and more, and beside the real one:
 * `npx tsx test/kernel/compare-random.ts native FROM TO [LENGTH]` compares scripts of seeds; with --record their results
 * are kept in random-calls.json. `… storm CALLS [SEED [GUEST]]` throws calls of every kind at the kernel, GUEST being the
 * number of the first guest: what a failure names.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Call, describe, inKernel, lineOf, script, TEXTS } from './random-calls.ts';
import { storm } from './storm.ts';

const here = import.meta.dirname;

function buildNative(): { run(calls: readonly Call[]): number[]; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'ring3-random-'));
  chmodSync(folder, 0o755);
  const binary = join(folder, 'random-calls');
  execFileSync('cc', ['-O1', '-w', '-o', binary, join(here, 'random-calls.c')]);
  return {
    run(calls) {
      const work = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : folder, 'ring3-random-'));
      if (process.getuid?.() === 0) chownSync(work, 1000, 1000);
      chmodSync(work, 0o755);
      const input = `${TEXTS.join('|')}\n${calls.map(lineOf).join('\n')}\n`;
      const done = spawnSync(binary, [work], { input, timeout: 10_000, encoding: 'utf8', killSignal: 'SIGKILL' });
      rmSync(work, { recursive: true, force: true });
      return (done.stdout ?? '').split('\n').filter(Boolean).map(Number);
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function compareNative(from: number, to: number, length: number, record: boolean): number {
  const native = buildNative();
  const recorded: Record<string, string> = {};
  const found = new Map<string, string[]>();
  let [calls, different] = [0, 0];
  for (let seed = from; seed < to; seed++) {
    const made = script(seed, length);
    const theirs = native.run(made);
    const ours = inKernel(made);
    const count = Math.min(theirs.length, ours.length);
    let end = 0;
    for (; end < count; end++) {
      const [a, b] = [theirs[end], ours[end]];
      calls++;
      if (a === b) continue;
      different++;
      const { name } = made[end];
      const text = `seed ${seed}, call ${end}: ${describe(made[end])}: Linux ${a}, Ring 3 ${b}`;
      found.set(name, [...(found.get(name) ?? []), text]);
      // Where both failed, both are as they were; else they have parted.
      if (a >= 0 || b >= 0) break;
    }
    // What differs is known and not held against anybody: a dash.
    if (record)
      recorded[seed] = theirs
        .slice(0, end)
        .map((result, i) => (result === ours[i] ? result : '-'))
        .join(' ');
  }
  native.remove();
  for (const texts of [...found.values()].sort((a, b) => b.length - a.length))
    console.log(`${texts.length}× ${texts.slice(0, 3).join('\n      ')}`);
  if (record) writeFileSync(join(here, 'random-calls.json'), `${JSON.stringify({ length, seeds: recorded })}\n`);
  console.log(`${to - from} scripts, ${calls} calls compared, ${different} with another result`);
  return different === 0 ? 0 : 1;
}

const record = process.argv.includes('--record');
const [mode, ...numbers] = process.argv.slice(2).filter(word => word !== '--record');
if (mode === 'native') {
  const [from, to, length] = [Number(numbers[0] ?? 1), Number(numbers[1] ?? 100), Number(numbers[2] ?? 60)];
  process.exitCode = compareNative(from, to, length, record);
} else if (mode === 'storm') {
  const started = performance.now();
  let [told, peak] = [0, 0];
  const megabytes = (): number => Math.round(process.memoryUsage().rss / 2 ** 20);
  const [count, seed, first] = [Number(numbers[0] ?? 1_000_000), Number(numbers[1] ?? 1), Number(numbers[2] ?? 0)];
  const report = storm(
    count,
    seed,
    ({ calls, guests }) => {
      peak = Math.max(peak, megabytes());
      if (calls - told < 20_000) return;
      told = calls;
      const seconds = Math.round((performance.now() - started) / 1000);
      console.error(`${calls} calls, ${guests} guests, ${seconds} s, ${megabytes()} MB resident, ${peak} at most`);
    },
    first,
  );
  console.log(JSON.stringify({ ...report, seconds: Math.round((performance.now() - started) / 1000), resident: peak }));
} else {
  console.error('usage: compare-random.ts native FROM TO [LENGTH] [--record] | storm CALLS [SEED [GUEST]]');
  process.exitCode = 2;
}
