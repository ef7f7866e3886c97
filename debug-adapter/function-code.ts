/** What the instructions of a function tell, read from the program's file: where it returns, what it calls. */
import type { Insn } from '../emulator/isa/x64/row.ts';
import type { CodeFunction, Program } from '../emulator/symbols/program.ts';
import { decodeAt, flowOf } from './instructions.ts';

/** Bytes of a function that are looked through. */
const CODE_LIMIT = 1 << 20;

/** In the order of their addresses; bytes that are none are passed over. */
export function* instructionsOf(program: Program, { entry, end }: CodeFunction): Generator<Insn> {
  const bytes = program.readImage(entry, Math.min(end - entry, CODE_LIMIT));
  for (let at = 0; at < bytes.length; ) {
    const insn = decodeAt(undefined, bytes, at, entry + at);
    if (insn) yield insn;
    at += insn?.length ?? 1;
  }
}

/** The addresses of the instructions with which a function returns. */
export const returnsOf = (program: Program, fn: CodeFunction): number[] =>
  [...instructionsOf(program, fn)].filter(insn => flowOf(insn).is === 'return').map(insn => insn.address);

/** Whether a function calls one of that name, by its address and not through a value. */
export function callsDirectly(program: Program, fn: CodeFunction, name: RegExp): boolean {
  for (const insn of instructionsOf(program, fn)) {
    const [operand] = insn.operands;
    if (flowOf(insn).is !== 'call' || operand?.is !== 'rel') continue;
    if (name.test(program.functionAt(operand.target)?.name ?? '')) return true;
  }
  return false;
}
