/** An instruction as text, in one of three syntaxes. */
import type { Resolve } from './names.ts';
import { printGnu } from './print-gnu.ts';
import { printGo } from './print-go.ts';
import { printIntel } from './print-intel.ts';
import type { Insn } from './row.ts';

export type Syntax = 'go' | 'intel' | 'gnu';

/**
 * `go` is Go's assembler (operands left to right), `intel` and `gnu` are objdump's two. `resolve` names code and data
 * addresses: `symbol` or `symbol+0x10`; without it addresses stay numbers.
 */
export function print(insn: Insn, syntax: Syntax, resolve?: Resolve): string {
  switch (syntax) {
    case 'go':
      return printGo(insn, resolve);
    case 'intel':
      return printIntel(insn, resolve);
    case 'gnu':
      return printGnu(insn, resolve);
  }
}
