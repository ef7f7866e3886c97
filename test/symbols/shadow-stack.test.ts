/**
 * The unwinder at every instruction against the true call stack, kept from the calls and returns of the thread: Go through
 * its system stacks, C with its start-up code and signal handlers, Rust. The figures are of the builds that stand here;
 * those of compilers on this computer may differ, but there is no difference in any.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { sample } from './guest.ts';
import { type Comparison, compareStacks } from './shadow-stack.ts';
import { walkFileTo } from './walk.ts';

vi.setConfig({ testTimeout: 120_000 });

const folder = mkdtempSync(join(tmpdir(), 'ring3-shadow-'));

async function compared(name: string, file: Uint8Array, from: string, limit: number): Promise<Comparison> {
  const result = await compareStacks(await walkFileTo(name, file, from), limit);
  console.log(
    `${name} from ${from}: ${result.instructions} instructions, ${result.frames} return addresses, up to ${result.deepest} deep, ${result.signals} signals, ${result.differences.length} differences`,
  );
  return result;
}

describe('Go', () => {
  test.each([
    // The runtime makes itself: no goroutine yet, the vDSO on the system stack.
    ['println', '_rt0_amd64_linux', 3000],
    // Allocation on the system stack, growth of stacks, interfaces, a syscall.
    ['println', 'main.main', 2500],
    // systemstack within systemstack, mcall, goroutines that come and go.
    ['goroutines', 'main.main', 4000],
    // A fault becomes a signal, whose handler runs on a stack of its own, and then a panic.
    ['panic', 'main.main', 7000],
    // Everything on the stack, no flags of functions.
    ['minimal-go1.15', '_rt0_amd64_linux', 3000],
  ])('%s from %s', async (name, from, limit) => {
    const { instructions, frames, differences } = await compared(name, sample(name), from, limit);
    expect(differences).toEqual([]);
    expect(instructions).toBeGreaterThan(1000);
    expect(frames).toBeGreaterThan(instructions);
  });
});

describe.runIf(spawnSync('gcc', ['--version']).status === 0)('C', () => {
  test.each(['-O0', '-O2'])('%s, from the first instruction to the last', async options => {
    const program = join(folder, `stacks${options.replaceAll(' ', '')}`);
    const source = join(import.meta.dirname, '../dap/guests/stacks.c');
    const made = spawnSync('gcc', ['-g', ...options.split(' '), '-static', '-o', program, source]);
    expect(made.status, made.stderr.toString()).toBe(0);
    const { instructions, signals, differences } = await compared(
      'stacks',
      new Uint8Array(readFileSync(program)),
      '_start',
      30_000,
    );
    expect(differences).toEqual([]);
    expect(instructions).toBeGreaterThan(5000);
    expect(signals).toBe(1);
  });
});

const RUST = `
#[inline(never)]
fn fold(n: u32, seen: &mut Vec<u32>) -> u32 {
    if n < 2 { return n; }
    seen.push(n);
    fold(n - 1, seen) + fold(n - 2, seen)
}
fn main() {
    let mut seen = Vec::new();
    println!("{} {}", fold(6, &mut seen), seen.len());
}
`;

test.runIf(spawnSync('rustc', ['--version']).status === 0)('Rust', async () => {
  const source = join(folder, 'fold.rs');
  writeFileSync(source, RUST);
  const program = join(folder, 'fold');
  const made = spawnSync('rustc', ['-g', '-O', '-C', 'target-feature=+crt-static', '-o', program, source], {
    cwd: folder,
  });
  expect(made.status, made.stderr.toString()).toBe(0);
  const { instructions, differences } = await compared(
    'fold',
    new Uint8Array(readFileSync(program)),
    'fold::main',
    4000,
  );
  expect(differences).toEqual([]);
  expect(instructions).toBeGreaterThan(1000);
});
