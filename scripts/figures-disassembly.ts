/**
 * How good the disassembly is, in figures: Go's encoder vectors decoded, printed and assembled again by Go, and the
 * instruction boundaries of real Go programs beside GNU objdump's. Writes them into test/isa/FIGURES.md.
 *
 *   npm run figures:disassembly
 *
 * Needs Go (with cmd/asm's test data) and objdump. An assembler that refuses a line says nothing of the others, so
 * refused lines are taken out and counted, and the rest is assembled again.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { decode } from '../emulator/isa/x64/decode.ts';
import { print } from '../emulator/isa/x64/print.ts';
import { unpackVersions } from '../test/dap/versions.ts';
import { assemble, folder, here, vectors } from '../test/isa/go-vectors.ts';
import { objdump, objdumpLines, objdumpVersion, textOf } from '../test/isa/oracles.ts';

const root = resolve(import.meta.dirname, '..');
if (!here || !objdump) {
  process.stderr.write('This needs a Go installation with the test data of cmd/asm, and objdump.\n');
  process.exit(1);
}

interface Figures {
  vectors: number;
  /** Decoded, with the length that Go's assembler made. */
  decoded: number;
  same: number;
  /** Other bytes, which the vector names as an alternative or which decode to the same instruction. */
  equivalent: number;
  wrong: string[];
}

function reassemble(files: readonly string[]): Figures {
  const all = files.flatMap(file => vectors(file));
  const figures: Figures = { vectors: all.length, decoded: 0, same: 0, equivalent: 0, wrong: [] };
  const candidates: { source: string; encodings: readonly string[]; line: string }[] = [];
  for (const { source, encodings } of all) {
    const bytes = Uint8Array.from(Buffer.from(encodings[0], 'hex'));
    const insn = decode(bytes, 0, 0x400000);
    if ('is' in insn || insn.length !== bytes.length) {
      figures.wrong.push(`${source} (${encodings[0]}): not decoded`);
      continue;
    }
    figures.decoded++;
    candidates.push({ source, encodings, line: print(insn, 'go') });
  }
  let left = candidates;
  let result = assemble(left.map(({ line }) => line));
  for (let tries = 0; result.complaints.length > 0 && tries < 5; tries++) {
    const refused = new Set(result.complaints.map(text => left.find(({ line }) => text.startsWith(`${line}: `))?.line));
    for (const { source, line } of left) if (refused.has(line)) figures.wrong.push(`${source}: ${line} is refused`);
    left = left.filter(({ line }) => !refused.has(line));
    result = assemble(left.map(({ line }) => line));
  }
  left.forEach(({ source, encodings, line }, i) => {
    const made = result.bytes[i] ?? '';
    const insn = decode(Uint8Array.from(Buffer.from(made, 'hex')), 0, 0x400000);
    if (made === encodings[0]) figures.same++;
    else if (encodings.includes(made) || (!('is' in insn) && print(insn, 'go') === line)) figures.equivalent++;
    else figures.wrong.push(`${source} (${encodings[0]}): ${line} becomes ${made}`);
  });
  return figures;
}

/**
 * Instructions of a program's text, walking from the first byte on, and boundaries that only one of the two sees. Tables
 * of assembly that stand in the text hold bytes that are no instruction to either; how many of them one skips means nothing.
 */
function boundaries(file: string): { instructions: number; data: number; differ: number } {
  const text = textOf(file);
  const lines = objdumpLines(text, 'gnu');
  const none = new Map(lines.filter(line => line.text.includes('(bad)')).map(line => [line.address, line.length]));
  const theirs = new Set(lines.map(({ address }) => address));
  let instructions = 0;
  let data = 0;
  let differ = 0;
  for (let at = 0; at < text.bytes.length; ) {
    const insn = decode(text.bytes, at, text.address + at);
    if (!theirs.delete(text.address + at)) differ++;
    const skipped = 'is' in insn ? none.get(text.address + at) : undefined;
    if (skipped === undefined) instructions++;
    else data++;
    at += skipped ?? ('is' in insn ? 1 : insn.length);
  }
  return { instructions, data, differ: differ + theirs.size };
}

const percent = (part: number, all: number): string => `${((100 * part) / all).toFixed(2)} %`;
const lines: string[] = [];
const row = (...cells: (string | number)[]): void => void lines.push(`| ${cells.join(' | ')} |`);

const goVersion = execFileSync('go', ['env', 'GOVERSION'], { encoding: 'utf8' }).trim();
lines.push(
  '# Figures of the disassembly',
  '',
  `Made by \`npm run figures:disassembly\` with ${goVersion} and GNU objdump ${objdumpVersion}.`,
  '',
  "Go's encoder vectors (`cmd/asm/internal/asm/testdata`): decoded at the right length; printed in Go's syntax and assembled",
  'again by `go tool asm` to the same bytes, or to an equivalent encoding. All vectors count, whatever processor they need.',
  '',
);
row('vectors', 'number', 'decoded', 'same bytes', 'equivalent', 'same or equivalent');
row('---', '---:', '---:', '---:', '---:', '---:');
const wrong: string[] = [];
const sets: [string, string[]][] = [
  ['amd64enc.s', ['amd64enc.s']],
  ['amd64enc_extra.s', ['amd64enc_extra.s']],
  ['avx512enc', readdirSync(join(folder, 'avx512enc')).map(name => join('avx512enc', name))],
];
for (const [name, files] of sets) {
  const f = reassemble(files);
  const good = f.same + f.equivalent;
  row(name, f.vectors, percent(f.decoded, f.vectors), f.same, f.equivalent, percent(good, f.vectors));
  wrong.push(...f.wrong);
}
lines.push(
  '',
  'Left out: `UD1`, which stands there without the ModRM byte that processors read. What falls short:',
  '',
);
lines.push(...(wrong.length === 0 ? ['nothing'] : wrong.map(text => `- \`${text}\``)));

lines.push('', "Where instructions begin in the text of real Go programs, beside objdump's:", '');
row('program', 'instructions', 'no instruction, both say', 'boundaries that differ');
row('---', '---:', '---:', '---:');
const { folder: versions, remove } = unpackVersions();
try {
  const built = readdirSync(versions).filter(name => /^go.*-(plain|unoptimised|pie)$/.test(name));
  const samples = ['minimal-go1.15', 'println', 'goroutines'].map(name => join(root, 'samples/bin', name));
  const tools = [join(execFileSync('go', ['env', 'GOROOT'], { encoding: 'utf8' }).trim(), 'bin/go')];
  for (const file of [...samples, ...built.map(name => join(versions, name)), ...tools]) {
    const { instructions, data, differ } = boundaries(file);
    row(file === tools[0] ? `the go command of ${goVersion}` : basename(file), instructions, data, differ);
  }
} finally {
  remove();
}

const text = `${lines.join('\n')}\n`;
writeFileSync(join(root, 'test/isa/FIGURES.md'), text);
process.stdout.write(text);
