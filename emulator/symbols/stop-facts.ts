/**
 * Gathers what the role model (abi/roles.ts) wants to know of a stop from the program's symbols: the function and its
 * arguments, the callee at a call, where arguments still live, the goroutine.
 */
import type { Arch, Registers, ViewMemory } from '../abi/arch.ts';
import type { FunctionFacts, InstructionFacts, LiveValue, StopFacts } from '../abi/roles.ts';
import { word } from './bytes.ts';
import type { Piece } from './dwarf/locations.ts';
import type { CodeFunction, Program } from './program.ts';
import { knownSignature } from './signatures.ts';
import { valueContext } from './value-context.ts';
import { type FrameContext, frameVariables, locate } from './variables.ts';

/** What the decoder says of the next instruction. */
export interface NextInstruction {
  /** As it is to be shown. */
  readonly text: string;
  readonly is: 'syscall' | 'call' | 'jump' | 'return' | 'other';
  /** Where a call or a jump goes, when its operand tells (an indirect one: by the registers as they are). */
  readonly target?: number;
  readonly indirect?: boolean;
}

export interface StopSources extends Pick<StopFacts, 'describeCall' | 'describeFd' | 'returned'> {
  readonly arch: Arch;
  readonly registers: Registers;
  readonly memory: ViewMemory;
  readonly instruction: NextInstruction;
  /** Undefined: there are no symbols. */
  readonly program?: Program;
}

/** Never throws. */
export function stopFacts(sources: StopSources): StopFacts {
  const { arch, registers, memory, instruction, program, describeCall, describeFd, returned } = sources;
  const pc = arch.pc(registers);
  const own = program?.functionAt(pc);
  const at = program?.lineAt(pc);
  const g = program?.goroutine(arch, registers, memory);
  const served = g?.servesGoroutine === undefined ? undefined : program?.goroutineAt(memory, g.servesGoroutine);
  return {
    arch,
    registers,
    memory,
    instruction: instruction.text,
    kind: instructionFacts(program, instruction),
    function: own && program && functionFacts(program, own),
    file: at?.file,
    line: at?.line,
    inlined: program?.inlinedAt(pc)[0]?.name,
    atEntry: own !== undefined && pc === own.entry,
    toReturnAddress: program && toReturnAddress(program, own, pc),
    goroutine: g && { id: g.id, status: g.status, serves: served?.id },
    live: program && own && liveValues(program, arch, registers, memory),
    returned,
    values: program && valueContext(program, memory),
    describeCall,
    describeFd,
  };
}

export function functionFacts(program: Program, f: CodeFunction): FunctionFacts {
  const described = program.parameters(f);
  const values = described && (described.length > 0 || f.language !== 'assembly') ? described : knownSignature(f.name);
  return { name: f.name, ...f.convention, values };
}

function instructionFacts(program: Program | undefined, instruction: NextInstruction): InstructionFacts {
  const target = instruction.target === undefined ? undefined : program?.functionAt(instruction.target);
  // A jump within a function is no call; one to another function's start is a tail call.
  const callee = program && target && target.entry === instruction.target ? functionFacts(program, target) : undefined;
  switch (instruction.is) {
    case 'call':
      return { is: 'call', callee, indirect: instruction.indirect ?? false };
    case 'jump':
      return { is: 'jump', callee };
    default:
      return { is: instruction.is };
  }
}

function toReturnAddress(program: Program, f: CodeFunction | undefined, pc: number): number | undefined {
  if (f && pc === f.entry) return 0;
  return program.spDelta(pc);
}

/**
 * Arguments and results whose places the debug information tells at this instruction, of the function and of the call that
 * was inlined here; and locals that are in registers.
 */
function liveValues(program: Program, arch: Arch, registers: Registers, memory: ViewMemory): LiveValue[] {
  const frames = program.unwind(arch, registers, memory, INLINED_LIMIT);
  const own = frames.findIndex(frame => !frame.inlined);
  if (own < 0) return [];
  const live: LiveValue[] = [];
  for (const frame of own === 0 ? [frames[0]] : [frames[own], frames[0]]) {
    const context: FrameContext = { program, arch, memory, frame, registers };
    for (const variable of frameVariables(context)) {
      const isArgument = variable.role === 'argument' || variable.role === 'result';
      if (variable.shadowed || variable.declared.locations.length === 0) continue;
      const located = locate(variable, context);
      if (located.is !== 'pieces') continue;
      const parts = located.pieces.map(piece => partOf(piece, piece.size || variable.type.size, arch));
      if (!isArgument && !parts.some(part => part.is === 'register')) continue;
      const { name, type, role } = variable;
      live.push({
        value: { name, type, isResult: role === 'result' },
        what: isArgument ? (role as 'argument' | 'result') : 'variable',
        of: frame.inlined ? frame.name : undefined,
        parts,
      });
    }
  }
  return live;
}

/** Calls inlined into each other that are looked through. */
const INLINED_LIMIT = 32;

function partOf(piece: Piece, size: number, arch: Arch): LiveValue['parts'][number] {
  if (piece.is === 'register') {
    const register = arch.registers.find(row => row.dwarf === piece.register)?.name;
    return register === undefined ? { is: 'nowhere', size } : { is: 'register', register, size };
  }
  if (piece.is === 'memory') return { is: 'memory', address: piece.address, size };
  if (piece.is === 'value') return { is: 'constant', value: piece.value, size };
  return { is: 'nowhere', size };
}

/** The return address that a frame will go back to, given where it is. */
export function returnAddress(
  program: Program,
  arch: Arch,
  registers: Registers,
  memory: ViewMemory,
): number | undefined {
  const pc = arch.pc(registers);
  const delta = toReturnAddress(program, program.functionAt(pc), pc);
  return delta === undefined ? undefined : word(memory, arch.sp(registers) + delta);
}
