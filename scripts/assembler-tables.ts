/**
 * Asks Go's assembler what it knows of each architecture, and writes language-server/assembler.generated.json. The program
 * that asks (assembler/*.go) is built in the place of the assembler's own main package, from the Go on the PATH.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AssemblerTable } from '../language-server/syntax/assembler.ts';

export const ASSEMBLER = fileURLToPath(new URL('../language-server/assembler.generated.json', import.meta.url));

interface Asked {
  Instructions: string[];
  Jumps: string[];
  Registers: string[];
  Numbered: Record<string, number>;
  Special: string[] | null;
  Experiments: string[] | null;
  PointerSize: number;
}

/** Builds the asking program and runs `use` with its path; it is gone afterwards. */
export function withAsker<T>(toolchain: { root: string }, use: (program: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'ring3-assembler-'));
  try {
    const main = join(toolchain.root, 'src', 'cmd', 'asm', 'main.go');
    const ours = fileURLToPath(new URL('assembler/tables.go', import.meta.url));
    // An assembler that gives up must not end the program: it panics, which can be caught.
    const log = join(toolchain.root, 'src', 'log', 'log.go');
    const patient = join(folder, 'log.go');
    writeFileSync(patient, readFileSync(log, 'utf8').replaceAll('os.Exit(1)', 'panic("fatal")'));
    const overlay = join(folder, 'overlay.json');
    writeFileSync(overlay, JSON.stringify({ Replace: { [main]: ours, [log]: patient } }));
    const program = join(folder, 'ask');
    execFileSync('go', ['build', '-overlay', overlay, '-o', program, 'cmd/asm'], { stdio: 'inherit' });
    return use(program);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Architectures with the same table share it. */
export function readAssembler(toolchain: { version: string; root: string }): AssemblerTable {
  const asked: Record<string, Asked> = withAsker(toolchain, program =>
    JSON.parse(execFileSync(program, { encoding: 'utf8', maxBuffer: 1 << 26 })),
  );
  const tables: AssemblerTable['tables'] = [];
  for (const [name, table] of Object.entries(asked)) {
    const made = {
      pointerSize: table.PointerSize,
      instructions: table.Instructions.join(' '),
      jumps: table.Jumps.join(' '),
      registers: table.Registers.join(' '),
      numbered: table.Numbered,
      special: (table.Special ?? []).join(' '),
      experiments: (table.Experiments ?? []).join(' '),
    };
    const same = tables.find(({ architectures, ...rest }) => JSON.stringify(rest) === JSON.stringify(made));
    if (same) same.architectures.push(name);
    else tables.push({ architectures: [name], ...made });
  }
  return { go: toolchain.version, tables };
}

export const assemblerText = (table: AssemblerTable): string => `${JSON.stringify(table, null, 1)}\n`;
