/**
 * Registers' values while debugging, in the text: all that the instruction is about to use, and above it what each register
 * was last given. A value is shown only where it cannot have changed since: behind the last label, jump or call, and where
 * nothing between writes the register again.
 */
import type { InlineValue, Range } from 'vscode-languageserver';
import { amd64 } from '../../emulator/abi/amd64/arch.ts';
import { assemblerOf } from '../syntax/assembler.ts';
import { type AssemblyFile, isFor } from '../syntax/file.ts';
import { modelOf } from '../syntax/model.ts';
import { lineOf, type Statement } from '../syntax/tree.ts';
import { rangeOf } from './symbols.ts';

const GENERAL = new Set(amd64.registers.filter(({ group }) => group === 'general').map(({ go }) => go));

/** Of those that write nothing to their last operand. */
const ONLY_READS = /^(CMP|TEST|PUSH|BT[WLQ]$|UCOM|COM)/;
/** Behind these, or by these, registers have other values that nobody names. */
const WRITES_OTHERS =
  /^(RET|CALL|SYSCALL|CPUID|RDTSC|XGETBV|I?MUL|I?DIV|MULX|REP|MOVS[BWLQ]$|STOS|LODS|XCHG|XADD|CMPXCHG)/;

/** `stopped` is the line, from 0, at which the program stands; its instruction has not run. */
export function inlineValues(file: AssemblyFile, range: Range, stopped: number): InlineValue[] {
  if (!isFor(file, 'amd64')) return [];
  const { source } = file;
  const { tokens, items } = source;
  const { jumps } = assemblerOf('amd64');
  const line = (item: { readonly from: number }) => lineOf(source, tokens[item.from].start);
  const last = items.findLastIndex(item => line(item) <= stopped);
  const fn = last < 0 ? undefined : modelOf(file).functionOf(last);
  if (!fn || line(items[last]) !== stopped) return [];
  const values: InlineValue[] = [];
  const add = (token: number) => {
    const place = rangeOf(source, { from: token, to: token + 1 });
    if (place.start.line >= range.start.line && place.start.line <= range.end.line) {
      values.push({ range: place, expression: tokens[token].text });
    }
  };
  /** Written behind the place that is looked at. */
  const written = new Set<string>();
  for (let index = last; index > fn.firstItem; index--) {
    const item = items[index];
    // What a condition leaves out did not run, and a macro's registers are in its body.
    if (item.is !== 'statement') break;
    if (line(item) === stopped) for (const token of registersIn(file, item)) add(token);
    else {
      const word = item.word === undefined ? '' : tokens[item.word].text;
      if (jumps.has(word) || WRITES_OTHERS.test(word) || modelOf(file).macros.has(word)) break;
      const target = destination(file, item);
      const name = target === undefined ? '' : tokens[target].text;
      if (target !== undefined && GENERAL.has(name) && !written.has(name)) add(target);
      written.add(whole(name));
      if (/^(PUSH|POP)/.test(word)) written.add('SP');
    }
    if (item.labels.length > 0) break;
  }
  return values;
}

function registersIn(file: AssemblyFile, item: Statement): number[] {
  const { tokens } = file.source;
  const seen = new Set<string>();
  return item.operands.flatMap(({ from, to }) => {
    const found: number[] = [];
    for (let at = from; at < to; at++) {
      const { text } = tokens[at];
      if (!GENERAL.has(text) || seen.has(text) || modelOf(file).meaning(at)?.is !== 'register') continue;
      seen.add(text);
      found.push(at);
    }
    return found;
  });
}

function destination({ source: { tokens } }: AssemblyFile, { word, operands }: Statement): number | undefined {
  const operand = operands.at(-1);
  if (word === undefined || !operand || operand.to - operand.from !== 1 || ONLY_READS.test(tokens[word].text)) {
    return undefined;
  }
  return operand.from;
}

/** The register that a name is a part of. */
const whole = (name: string) => name.replace(/^([ABCD])[HL]$/, '$1X').replace(/^(SP|BP|SI|DI|R\d+)B$/, '$1');
