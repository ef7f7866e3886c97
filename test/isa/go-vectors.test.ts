/**
 * Go's own encoder vectors: we decode the bytes, print Go syntax, and let the assembler make bytes of that again. It may
 * choose another encoding of the same instruction, so any of the line's counts. scripts/figures-disassembly.ts counts.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { decode } from '../../emulator/isa/x64/decode.ts';
import { print } from '../../emulator/isa/x64/print.ts';
import { assemble, folder, here, vectors } from './go-vectors.ts';
import { go, itNeeds, textOf, withGoProgram } from './oracles.ts';

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
