/**
 * Go's encoder vectors (cmd/asm/internal/asm/testdata, in every Go installation): each line is an instruction and the
 * bytes of it, `or` other bytes that mean the same. And the assembler itself, asked for the bytes of lines.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { go } from './oracles.ts';

/** Empty without Go. */
export const folder = go
  ? join(execFileSync('go', ['env', 'GOROOT'], { encoding: 'utf8' }).trim(), 'src/cmd/asm/internal/asm/testdata')
  : '';
/** Some distributions leave the test data out. */
export const here = existsSync(join(folder, 'amd64enc.s'));

export interface Vector {
  readonly source: string;
  /** Encodings of the same instruction, the assembler's own first. */
  readonly encodings: readonly string[];
}

export function vectors(file: string): Vector[] {
  const found: Vector[] = [];
  for (const line of readFileSync(join(folder, file), 'utf8').split('\n')) {
    const m = /^\t([A-Z].*?)\s*\/\/ ((?:[0-9a-f]{2,})(?: or [0-9a-f]+)*)\s*$/.exec(line);
    // UD1 stands there without the ModRM byte that it has had since the manual of 2017.
    if (m && m[1] !== 'UD1') found.push({ source: m[1], encodings: m[2].split(' or ') });
  }
  return found;
}

/** Bytes that the assembler makes of each line, or its complaint. */
export function assemble(lines: readonly string[]): { bytes: string[]; complaints: string[] } {
  const place = mkdtempSync(join(tmpdir(), 'ring3-asm-'));
  try {
    const file = join(place, 'a.s');
    writeFileSync(file, `TEXT f(SB),4,$0\n${lines.map(l => `\t${l}\n`).join('')}`);
    const { stdout, stderr, status } = spawnSync(
      'go',
      ['tool', 'asm', '-e', '-p', 'x', '-S', '-o', join(place, 'a.o'), file],
      { encoding: 'utf8', maxBuffer: 1 << 30, env: { ...process.env, GOOS: 'linux', GOARCH: 'amd64' } },
    );
    const complaints: string[] = [];
    if (status !== 0) {
      for (const m of `${stdout}${stderr}`.matchAll(/a\.s:(\d+)\)?:? (.*)/g)) {
        const line = lines[Number(m[1]) - 2];
        if (line && !m[2].startsWith('\t')) complaints.push(`${line}: ${m[2]}`);
      }
      return { bytes: [], complaints: complaints.length ? complaints : [stderr] };
    }
    const code: number[] = [];
    for (const m of stdout.matchAll(/^\t0x([0-9a-f]{4,}) ((?:[0-9a-f]{2} )+)/gm)) {
      let at = Number.parseInt(m[1], 16);
      for (const byte of m[2].trim().split(' ')) code[at++] = Number.parseInt(byte, 16);
    }
    const starts: [number, number][] = [];
    for (const m of stdout.matchAll(/^\t0x([0-9a-f]+) \d+ \(.*?a\.s:(\d+)\)\t(.*)$/gm)) {
      if (!/^(TEXT|FUNCDATA|PCDATA)/.test(m[3])) starts.push([Number.parseInt(m[1], 16), Number(m[2]) - 2]);
    }
    const bytes: string[] = [];
    starts.forEach(([from, line], i) => {
      const to = starts[i + 1]?.[0] ?? code.length;
      const hex = Buffer.from(code.slice(from, to)).toString('hex');
      bytes[line] = (bytes[line] ?? '') + hex;
    });
    return { bytes, complaints };
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}
