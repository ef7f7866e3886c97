/** What others call an instruction that Go's assembler names: Intel's manual, and GNU's assembler. */
import { type GoInstruction, goConditions } from '../../emulator/isa/x64/go-names.ts';

/** The manual's conditions, by number. */
const CONDITIONS = 'o no b ae e ne be a s ns p np l ge le g'.split(' ');

/** As in Intel's manual, in lower case. */
export function intelName({ row, cond }: GoInstruction): string {
  return cond >= 0 && cond < goConditions.length ? row.name.replace(/cc$/, CONDITIONS[cond]) : row.name;
}

/** GNU's own words, by Go's (binutils, opcodes/i386-opc.tbl). */
const RENAMED: Readonly<Record<string, string>> = {
  CBW: 'cbtw',
  CWDE: 'cwtl',
  CDQE: 'cltq',
  CWD: 'cwtd',
  CDQ: 'cltd',
  CQO: 'cqto',
  MOVLQSX: 'movslq',
  MOVLQZX: 'movl',
  JCXZL: 'jecxz',
  JCXZQ: 'jrcxz',
  RETFW: 'lretw',
  RETFL: 'lret',
  RETFQ: 'lretq',
  CALL: 'call',
  RET: 'ret',
  JMP: 'jmp',
};

/** As GNU's assembler takes it, in AT&T's syntax: with the letter of its size, where it has one. */
export function gnuName(mnemonic: string, found: GoInstruction): string {
  if (Object.hasOwn(RENAMED, mnemonic)) return RENAMED[mnemonic];
  const { row } = found;
  // MOVBLZX: from, to, how.
  const extended = /^MOV([BWL])([WLQ])([SZ])X$/.exec(mnemonic);
  if (extended) return `mov${extended[3]}${extended[1]}${extended[2]}`.toLowerCase();
  const intel = intelName(found);
  const letter = /[BWLQ]$/.exec(mnemonic)?.[0].toLowerCase();
  const isPlain = letter !== undefined && found.cond < 0 && mnemonic.length === row.name.length + 1;
  return isPlain && mnemonic.toLowerCase() === row.name + letter ? mnemonic.toLowerCase() : intel;
}
