/** `ring3 objdump`: a program's functions as assembly, with source lines, without running it. */
import { readFileSync } from 'node:fs';
import { problemWith } from '../debug-adapter/files.ts';
import { decode } from '../emulator/isa/x64/decode.ts';
import { print } from '../emulator/isa/x64/print.ts';
import { type CodeFunction, loadProgram, type Program } from '../emulator/symbols/program.ts';
import { EXIT, Exit } from './exit.ts';
import { choiceOption, type Parsed, UsageError } from './options.ts';

export async function objdump(options: Parsed, words: readonly string[]): Promise<number> {
  const syntax = choiceOption(options, 'syntax', '--syntax', ['go', 'intel', 'gnu']) ?? 'go';
  if (words.length !== 1) throw new UsageError('name one program');
  let pattern = /^/;
  if (typeof options.symbols === 'string') {
    try {
      pattern = new RegExp(options.symbols);
    } catch (error) {
      throw new UsageError(`-s: ${(error as Error).message}`);
    }
  }
  let file: Uint8Array;
  try {
    file = new Uint8Array(readFileSync(words[0]));
  } catch (error) {
    throw new Exit(EXIT.notFound, (error as Error).message);
  }
  const problem = problemWith(file, words[0]);
  // An object file cannot run and can be read.
  if (problem && problem.kind !== 'object') throw new Exit(EXIT.notExecutable, problem.message);
  const program = loadProgram(file);
  const functions = program.searchFunctions(pattern, Number.POSITIVE_INFINITY);
  if (functions.length === 0) throw new Exit(1, `${words[0]} has no function whose name matches ${pattern.source}`);
  for (const fn of functions) await writeAll(listing(program, fn, syntax));
  return 0;
}

/** Waits while the reader (a pager, a pipe) is behind: whole binaries are larger than memory likes. */
async function writeAll(text: string): Promise<void> {
  if (!process.stdout.write(text)) await new Promise(resolve => process.stdout.once('drain', resolve));
}

function listing(program: Program, fn: CodeFunction, syntax: 'go' | 'intel' | 'gnu'): string {
  const lines = [`TEXT ${fn.name}(SB)${fn.file ? ` ${fn.file}` : ''}`];
  const bytes = program.readImage(fn.entry, fn.end - fn.entry);
  const name = (address: number) => {
    const symbol = program.symbolAt(address);
    return symbol && (symbol.offset === 0 ? symbol.name : `${symbol.name}+0x${symbol.offset.toString(16)}`);
  };
  for (let at = 0; at < bytes.length; ) {
    const address = fn.entry + at;
    const insn = decode(bytes, at, address);
    const length = 'is' in insn ? 1 : insn.length;
    const text = 'is' in insn ? '(bad)' : print(insn, syntax, name);
    const raw = [...bytes.subarray(at, at + length)].map(byte => byte.toString(16).padStart(2, '0')).join('');
    const source = program.lineAt(address);
    const position = source ? `${source.file.slice(source.file.lastIndexOf('/') + 1)}:${source.line}` : '';
    lines.push(`  ${position.padEnd(24)}0x${address.toString(16).padEnd(12)}${raw.padEnd(22)}  ${text}`.trimEnd());
    at += length;
  }
  return `${lines.join('\n')}\n\n`;
}
