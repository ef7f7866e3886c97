/**
 * Outside judges for the decoder and the printers: iced-x86, GNU objdump, the Go toolchain. Where one is not installed
 * its tests are skipped with the reason in their name; with CI=true they fail instead.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'vitest';

const ci = process.env.CI === 'true' || process.env.CI === '1';

/** Whether a command runs at all. */
export const has = (command: string, ...args: string[]): boolean =>
  spawnSync(command, args, { stdio: 'ignore' }).status === 0;

/** A test that needs something of the machine it runs on. */
export function itNeeds(available: boolean, what: string, name: string, body: () => void, timeout?: number): void {
  if (available) it(name, body, timeout);
  else if (ci) {
    it(name, () => {
      throw new Error(`${what} is missing, and CI=true wants every test to run`);
    });
  } else it.skip(`${name} (skipped: ${what} is missing)`, () => {});
}

export const objdump = has('objdump', '--version') && process.arch === 'x64';
/** For example `2.40`. */
export const objdumpVersion = objdump
  ? / (\d+\.\d+)[^ ]*$/m.exec(execFileSync('objdump', ['--version'], { encoding: 'utf8' }))?.[1]
  : undefined;
export const go = has('go', 'version');

/** Pseudo-random numbers, the same in every run. */
export function random(seed: number): () => number {
  let s = seed;
  return () => {
    s ^= s << 13;
    s ^= s >>> 17;
    s ^= s << 5;
    return s >>> 0;
  };
}

export interface Text {
  readonly file: string;
  readonly address: number;
  readonly bytes: Uint8Array;
}

/** The .text section of an x86-64 ELF file, or the first `limit` bytes of it. */
export function textOf(file: string, limit = Number.MAX_SAFE_INTEGER): Text {
  const fd = openSync(file, 'r');
  try {
    const at = (offset: number, length: number): DataView => {
      const b = new Uint8Array(length);
      readSync(fd, b, 0, length, offset);
      return new DataView(b.buffer);
    };
    const header = at(0, 64);
    const table = Number(header.getBigUint64(0x28, true));
    const entrySize = header.getUint16(0x3a, true);
    const count = header.getUint16(0x3c, true);
    const sections = Array.from({ length: count }, (_, i) => at(table + i * entrySize, entrySize));
    const names = sections[header.getUint16(0x3e, true)];
    const namesAt = Number(names.getBigUint64(0x18, true));
    for (const s of sections) {
      const name = Buffer.from(at(namesAt + s.getUint32(0, true), 6).buffer).toString('latin1');
      if (name !== '.text\0') continue;
      const size = Math.min(Number(s.getBigUint64(0x20, true)), limit);
      return {
        file,
        address: Number(s.getBigUint64(0x10, true)),
        bytes: new Uint8Array(at(Number(s.getBigUint64(0x18, true)), size).buffer),
      };
    }
    throw new Error(`${file} has no .text`);
  } finally {
    closeSync(fd);
  }
}

/** The program this test runs in: a large C++ binary that every x86-64 Linux has at hand. */
export const nodeIsElf =
  process.platform === 'linux' && process.arch === 'x64' && statSync(process.execPath).size > 1e6;

const program = `package main

import ("fmt"; "math"; "sort"; "strings"; "sync"; "time")

func main() {
	var wg sync.WaitGroup
	words := strings.Fields("the quick brown fox jumps over the lazy dog")
	sort.Strings(words)
	for i, w := range words {
		wg.Add(1)
		go func() { defer wg.Done(); fmt.Println(i, w, math.Sqrt(float64(i)), time.Duration(i)) }()
	}
	wg.Wait()
}
`;

/** Runs `use` with a Go program for linux/amd64 that is built for the occasion. */
export function withGoProgram<T>(use: (file: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'ring3-isa-'));
  try {
    writeFileSync(join(folder, 'go.mod'), 'module example\n');
    writeFileSync(join(folder, 'main.go'), program);
    execFileSync('go', ['build', '-o', 'program', '.'], {
      cwd: folder,
      env: { ...process.env, GOOS: 'linux', GOARCH: 'amd64', CGO_ENABLED: '0', GOFLAGS: '' },
      stdio: 'pipe',
    });
    return use(join(folder, 'program'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export interface Line {
  readonly address: number;
  readonly length: number;
  readonly hex: string;
  readonly text: string;
}

/** objdump's reading of the first bytes of a .text. */
export function objdumpLines(text: Text, syntax: 'intel' | 'gnu'): Line[] {
  const args = ['-d', '-z', '-w', '-j', '.text', `--stop-address=${text.address + text.bytes.length}`];
  if (syntax === 'intel') args.push('-M', 'intel');
  const out = execFileSync('objdump', [...args, text.file], { encoding: 'utf8', maxBuffer: 1 << 30 });
  const lines: Line[] = [];
  for (const line of out.split('\n')) {
    const m = /^ *([0-9a-f]+):\t((?:[0-9a-f]{2} )+) *\t?(.*)$/.exec(line);
    if (!m) continue;
    const hex = m[2].replaceAll(' ', '');
    lines.push({ address: Number.parseInt(m[1], 16), length: hex.length / 2, hex, text: m[3].trimEnd() });
  }
  return lines;
}
