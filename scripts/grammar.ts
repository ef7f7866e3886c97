/**
 * Writes the TextMate grammar of Go assembly. Run it by `npm run grammar`:
 *
 *   mnemonics   from the Go toolchain's own tables (cmd/internal/obj/ARCH/anames*.go) into
 *               syntaxes/mnemonics.generated.json, when Go is there
 *   grammar     from syntaxes/go-asm.ts and the mnemonics into syntaxes/go-asm.tmLanguage.json, always
 *
 * Tests say when either is stale.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { grammar } from '../syntaxes/go-asm.ts';

const SYNTAXES = fileURLToPath(new URL('../syntaxes/', import.meta.url));
export const MNEMONICS = join(SYNTAXES, 'mnemonics.generated.json');
export const GRAMMAR = join(SYNTAXES, 'go-asm.tmLanguage.json');

export interface Mnemonics {
  /** The toolchain they were read from. */
  go: string;
  /** Sorted; every architecture's. */
  names: string[];
}

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

/** Reads the assembler's opcode tables from a toolchain's sources. */
export function readMnemonics(toolchain: { version: string; root: string }): Mnemonics {
  const names = new Set<string>();
  const take = (text: string, pattern: RegExp) => {
    for (const [, name] of text.matchAll(pattern)) names.add(name);
  };
  const objects = join(toolchain.root, 'src', 'cmd', 'internal', 'obj');
  for (const folder of readdirSync(objects)) {
    const file = join(objects, folder, 'anames.go');
    if (existsSync(file))
      take(readFileSync(file, 'utf8'), /^\s*(?:obj\.A_ARCHSPECIFIC:\s*)?"([A-Z][A-Za-z0-9_]+|[A-Z])",/gm);
  }
  // What every architecture has, and the names the assembler knows beside the tables (JA for JHI, BL for CALL …).
  const common = /var Anames = \[\]string\{([^}]*)\}/.exec(readFileSync(join(objects, 'util.go'), 'utf8'));
  take(common?.[1] ?? '', /"([A-Z]+)"/g);
  const assembler = join(toolchain.root, 'src', 'cmd', 'asm', 'internal', 'arch');
  take(readFileSync(join(assembler, 'arch.go'), 'utf8'), /instructions\["([A-Z0-9]+)"\]/g);
  for (const none of ['XXX', 'TEXT', 'FUNCDATA', 'PCDATA', 'PCALIGN', 'LAST']) names.delete(none);
  return { go: toolchain.version, names: [...names].sort() };
}

export function mnemonicsText(mnemonics: Mnemonics): string {
  return `${JSON.stringify(mnemonics)}\n`;
}

export function grammarText(mnemonics: Mnemonics): string {
  return `${JSON.stringify(grammar(mnemonics.names), null, 2)}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const toolchain = goToolchain();
  if (toolchain) writeFileSync(MNEMONICS, mnemonicsText(readMnemonics(toolchain)));
  else process.stdout.write('There is no Go on the PATH: the mnemonics stay as they are.\n');
  writeFileSync(GRAMMAR, grammarText(JSON.parse(readFileSync(MNEMONICS, 'utf8'))));
}
