/**
 * Writes what the language tooling knows by rote. Run it by `npm run grammar`:
 *
 *   tables    what Go's assembler knows of each architecture, into language-server/assembler.generated.json, when Go is
 *             on the PATH
 *   grammar   from syntaxes/go-asm.ts and the tables' mnemonics into syntaxes/go-asm.tmLanguage.json, and that of
 *             strace's output and of disassembly, always
 *
 * Tests say when either is stale.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AssemblerTable } from '../language-server/syntax/assembler.ts';
import { disassemblyGrammar } from '../syntaxes/disassembly.ts';
import { grammar, type Mnemonics } from '../syntaxes/go-asm.ts';
import { straceGrammar } from '../syntaxes/strace.ts';
import { ASSEMBLER, assemblerText, readAssembler } from './assembler-tables.ts';

const SYNTAXES = fileURLToPath(new URL('../syntaxes/', import.meta.url));
export const GRAMMAR = join(SYNTAXES, 'go-asm.tmLanguage.json');
export const STRACE_GRAMMAR = join(SYNTAXES, 'strace.tmLanguage.json');
export const DISASSEMBLY_GRAMMAR = join(SYNTAXES, 'disassembly.tmLanguage.json');

/** The `go` on the PATH: version and GOROOT; undefined when there is none. */
export function goToolchain(): { version: string; root: string } | undefined {
  try {
    const answer = execFileSync('go', ['env', 'GOVERSION', 'GOROOT'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const [version, root] = answer.trim().split('\n');
    return { version, root };
  } catch {
    return undefined;
  }
}

export const committedTables = (): AssemblerTable => JSON.parse(readFileSync(ASSEMBLER, 'utf8'));

/** Sorted, by the architectures that have them. */
export function mnemonics(table: AssemblerTable): Mnemonics[] {
  const owners = new Map<string, string[]>();
  for (const { architectures, instructions } of table.tables) {
    for (const word of instructions.split(' ')) owners.set(word, [...(owners.get(word) ?? []), architectures[0]]);
  }
  const sets = new Map<string, string[]>();
  for (const word of [...owners.keys()].sort()) {
    const key = owners.get(word)!.join(' ');
    sets.set(key, [...(sets.get(key) ?? []), word]);
  }
  return [...sets].map(([key, words]) => ({ architectures: key.split(' '), words }));
}

export function grammarText(table: AssemblerTable): string {
  return `${JSON.stringify(grammar(mnemonics(table)), null, 2)}\n`;
}

export const straceText = (): string => `${JSON.stringify(straceGrammar(), null, 2)}\n`;
export const disassemblyText = (): string => `${JSON.stringify(disassemblyGrammar(), null, 2)}\n`;

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const toolchain = goToolchain();
  if (toolchain) writeFileSync(ASSEMBLER, assemblerText(readAssembler(toolchain)));
  else process.stdout.write('There is no Go on the PATH: the tables stay as they are.\n');
  writeFileSync(GRAMMAR, grammarText(committedTables()));
  writeFileSync(STRACE_GRAMMAR, straceText());
  writeFileSync(DISASSEMBLY_GRAMMAR, disassemblyText());
}
