/**
 * Go's own encoder vectors (cmd/asm/internal/asm/testdata, in every Go installation): each line is an instruction and
 * the bytes of it, `or` other bytes that mean the same. We decode the bytes, print Go syntax, and let the assembler
 * make bytes of that again. It may choose another encoding of the same instruction, so any of the line's counts.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { decode } from '../../emulator/isa/x64/decode.ts';
import { print } from '../../emulator/isa/x64/print.ts';
import { go, itNeeds, textOf, withGoProgram } from './oracles.ts';

const folder = go
  ? join(execFileSync('go', ['env', 'GOROOT'], { encoding: 'utf8' }).trim(), 'src/cmd/asm/internal/asm/testdata')
  : '';
const here = existsSync(join(folder, 'amd64enc.s'));

interface Vector {
  readonly source: string;
  /** Encodings of the same instruction, the assembler's own first. */
  readonly encodings: readonly string[];
}

function vectors(file: string): Vector[] {
  const found: Vector[] = [];
  for (const line of readFileSync(join(folder, file), 'utf8').split('\n')) {
    const m = /^\t([A-Z].*?)\s*\/\/ ((?:[0-9a-f]{2,})(?: or [0-9a-f]+)*)\s*$/.exec(line);
    // UD1 stands there without the ModRM byte that it has had since the manual of 2017.
    if (m && m[1] !== 'UD1') found.push({ source: m[1], encodings: m[2].split(' or ') });
  }
  return found;
}

/** Bytes that the assembler makes of each line, or its complaint. */
function assemble(lines: readonly string[]): { bytes: string[]; complaints: string[] } {
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

function check(file: string, leastSame: number): void {
  const all = vectors(file);
  expect(all.length).toBeGreaterThan(10);
  const wrong: string[] = [];
  const lines: string[] = [];
  for (const { source, encodings } of all) {
    const bytes = Uint8Array.from(Buffer.from(encodings[0], 'hex'));
    const insn = decode(bytes, 0, 0x400000);
    if ('is' in insn || insn.length !== bytes.length) wrong.push(`${encodings[0]} ${source}`);
    lines.push('is' in insn ? 'UD2' : print(insn, 'go'));
  }
  expect(wrong, 'decoded length').toEqual([]);
  const { bytes, complaints } = assemble(lines);
  expect(complaints, 'accepted by the assembler').toEqual([]);
  const changed = all.filter(({ encodings }, i) => !encodings.includes(bytes[i])).map(({ source }) => source);
  expect(changed.length, changed.join('; ')).toBeLessThanOrEqual(all.length * (1 - leastSame));
}

const reason = "Go's encoder vectors (GOROOT/src/cmd/asm)";

describe("Go's encoder vectors", () => {
  // The rest are forms the assembler has no name for (SLDT with REX.W into memory, MOVSXD without REX.W).
  itNeeds(here, reason, 'amd64enc.s', () => check('amd64enc.s', 0.997), 120_000);
  itNeeds(here, reason, 'amd64enc_extra.s', () => check('amd64enc_extra.s', 1), 120_000);
  const avx512 = here ? readdirSync(join(folder, 'avx512enc')) : [];
  itNeeds(
    avx512.length > 0,
    reason,
    'avx512enc',
    () => {
      for (const file of avx512) check(join('avx512enc', file), 1);
    },
    120_000,
  );

  itNeeds(
    go,
    'the Go toolchain',
    'a Go program: every instruction without an address is accepted and comes back',
    () =>
      withGoProgram(file => {
        const text = textOf(file);
        const unique = new Map<string, string>();
        for (let p = 0; p < text.bytes.length - 16; ) {
          const insn = decode(text.bytes, p, text.address + p);
          if ('is' in insn) {
            p++;
            continue;
          }
          const hex = Buffer.from(text.bytes.subarray(p, p + insn.length)).toString('hex');
          p += insn.length;
          if (insn.operands.some(o => o.is === 'rel' || (o.is === 'mem' && o.ripRelative))) continue;
          // These the assembler treats as more than an instruction.
          if (!/^(ret|nop|jmp|call)$/.test(insn.form.row.name)) unique.set(hex, print(insn, 'go'));
        }
        const { bytes, complaints } = assemble([...unique.values()]);
        expect(complaints).toEqual([]);
        // Where it chose other bytes, they must print the same.
        const changed: string[] = [];
        let other = 0;
        [...unique].forEach(([hex, line], i) => {
          if (bytes[i] === hex) return;
          other++;
          const insn = decode(Uint8Array.from(Buffer.from(bytes[i] ?? '', 'hex')), 0, 0);
          if ('is' in insn || print(insn, 'go') !== line) changed.push(`${hex} ${line} → ${bytes[i]}`);
        });
        expect(changed).toEqual([]);
        expect(other).toBeLessThan(unique.size / 500);
      }),
    120_000,
  );
});
