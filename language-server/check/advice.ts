/**
 * What neither the assembler nor go vet says: code that nothing reaches, locals outside of the frame, registers that Go's ABI
 * keeps. They are remarks: such a function assembles, and may be meant.
 */
import { amd64 } from '../../emulator/abi/amd64/arch.ts';
import { conventionsOf } from '../../emulator/abi/conventions.ts';
import { type Problem, sourceSpan } from '../syntax/preprocess.ts';
import { hasFlag } from '../syntax/words.ts';
import type { Assembled, AssemblyFunction, Instruction } from './assemble.ts';

/** Control does not go on behind these. */
const LEAVES: Readonly<Record<string, ReadonlySet<string>>> = {
  amd64: new Set(['RET', 'JMP', 'UD2', 'UNDEF']),
  '386': new Set(['RET', 'JMP', 'UD2', 'UNDEF']),
  arm64: new Set(['RET', 'B', 'JMP', 'UNDEF', 'ERET']),
};
/** Bytes by hand, traps that only mark the end, and what is no code at all. */
const PADDING = new Set('BYTE WORD LONG QUAD NOP UNDEF UD2 INT BRK HLT DWORD RET XORL XORQ'.split(' '));

export function advice(program: Assembled): Problem[] {
  return program.functions.flatMap(fn => [
    ...unreachable(program, fn),
    ...locals(program, fn),
    ...keptRegisters(program, fn),
  ]);
}

/** Of tokens counted from an instruction's. */
const spanOf = ({ expansion: { tokens } }: Assembled, { at }: Instruction, from: number, to: number) =>
  sourceSpan(tokens, at + from, at + to);

function unreachable(program: Assembled, fn: AssemblyFunction): Problem[] {
  const leaves = LEAVES[program.assembler.family];
  const { tokens } = program.expansion;
  if (!leaves || jumpsAnywhere(fn)) return [];
  const labels = [...fn.labels.values()].sort((a, b) => a - b);
  let nextLabel = 0;
  const problems: Problem[] = [];
  let left: Instruction | undefined;
  for (const instruction of fn.instructions) {
    if (labels[nextLabel] < instruction.at) {
      left = undefined;
      while (labels[nextLabel] < instruction.at) nextLabel++;
    }
    if (left && !tokens[instruction.at].derived && !PADDING.has(instruction.word) && !instruction.bad) {
      problems.push({
        message: `nothing reaches this: ${left.word} does not come back, and there is no label`,
        span: spanOf(program, instruction, 0, instruction.operands.at(-1)?.to ?? 1),
        severity: 'hint',
        code: 'unreachable',
      });
      // Once is enough.
      left = undefined;
      continue;
    }
    if (leaves.has(instruction.word) && instruction.suffix === '') left = instruction;
    else if (!PADDING.has(instruction.word)) left = undefined;
  }
  // So many are the entries of a table, which are reached by their address.
  return problems.length > MOST_UNREACHABLE ? [] : problems;
}
const MOST_UNREACHABLE = 2;

/** By count, or through a table of addresses. */
function jumpsAnywhere({ instructions }: AssemblyFunction): boolean {
  for (const { operands, word } of instructions) {
    for (const { kind } of operands) {
      if (kind === 'branch' || (kind === 'label' && /^(LEA|ADR)/.test(word))) return true;
    }
  }
  return false;
}

const KEEP_FRAMES = new Set<string>(['amd64', '386', 'arm64']);

/** `x-16(SP)` in a frame of 8 bytes is somebody else's memory. */
function locals(program: Assembled, fn: AssemblyFunction): Problem[] {
  const { frame, flags } = fn;
  // Elsewhere what is below the stack pointer is used on purpose, to save the link register.
  if (!KEEP_FRAMES.has(program.assembler.family)) return [];
  if (frame === undefined || frame < 0 || flags === undefined || hasFlag(flags, 'NOFRAME')) return [];
  const problems: Problem[] = [];
  for (const instruction of fn.instructions) {
    for (const { pseudo, symbol, offset: written, from, to } of instruction.operands) {
      if (pseudo !== 'SP' || symbol === undefined || written === undefined) continue;
      const offset = Number(BigInt.asIntN(64, written));
      if (offset >= -frame) continue;
      problems.push({
        message: `${symbol}${offset}(SP) is outside of the frame of ${frame} bytes`,
        span: spanOf(program, instruction, from, to),
        severity: 'warning',
        code: 'frame',
      });
    }
  }
  return problems;
}

/** In ABIInternal the current goroutine and zero have registers of their own. */
function keptRegisters(program: Assembled, fn: AssemblyFunction): Problem[] {
  const conventions = conventionsOf('amd64');
  if (program.assembler.family !== 'amd64' || fn.symbol.abi !== 'ABIInternal' || !conventions) return [];
  const { g, zero } = conventions.goInternal;
  const goName = (name: string | undefined) => amd64.registers.find(row => row.name === name)?.go;
  const kept = new Map([
    [goName(g), 'the current goroutine'],
    [goName(zero), 'zero'],
  ]);
  const written = new Map<string, Instruction>();
  for (const instruction of fn.instructions) {
    const last = instruction.operands.at(-1);
    const isWritten = !/^(CMP|TEST|UCOM|COM|PUSH|BT[BWLQ]$)/.test(instruction.word);
    if (last?.kind === 'register' && kept.has(last.register) && isWritten) written.set(last.register!, instruction);
  }
  // The last word counts: it is put back from memory, or made zero again.
  return [...written].flatMap(([register, instruction]) => {
    const { word, operands } = instruction;
    const last = operands[operands.length - 1];
    const isPutBack = operands[0].kind === 'memory' || /^(V?P?XOR|V?ZERO)/.test(word);
    if (isPutBack) return [];
    return [
      {
        message: `${register} holds ${kept.get(register)} in ABIInternal; put it back before Go code runs`,
        span: spanOf(program, instruction, last.from, last.to),
        severity: 'hint' as const,
        code: 'abi',
      },
    ];
  });
}
