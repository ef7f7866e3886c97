/** What is particular to functions that Go's compiler made, told from pclntab and the toolchain's version. */
import type { ValueType } from '../abi/go-abi.ts';
import type { PclnFunction, Pclntab } from './pclntab.ts';
import type { Parameter } from './program.ts';

/** The last Go with each layout of pclntab, for a program whose build information is gone. */
export const LAST_MINOR: Record<Pclntab['version'], number | undefined> = {
  '1.2': 15,
  '1.16': 17,
  '1.18': 19,
  '1.20': undefined,
};

const DICTIONARY: ValueType = { kind: 'pointer', name: '*uintptr', size: 8 };

/**
 * Functions that are compiled once for many types get a dictionary as a hidden argument, behind the receiver. Debug
 * information does not mention it, and every argument after it would be looked for in the wrong register.
 */
export function withDictionary(name: string, parameters: Parameter[]): Parameter[] {
  // Closures within such a function find it in their context.
  if (name.startsWith('type') || !/\[go\.shape\..*\](\)\.[^.]+)?$/.test(name)) return parameters;
  const dictionary: Parameter = { name: '.dict', type: DICTIONARY, isResult: false, locations: [] };
  const receivers = name.endsWith(']') ? 0 : 1;
  return [...parameters.slice(0, receivers), dictionary, ...parameters.slice(receivers)];
}

/**
 * abi.FuncIDWrapper: always the last of the list, so its number grew with it. Counted in internal/abi/symtab.go of 1.21,
 * 1.22, 1.24 and 1.26; before that in runtime/symtab.go.
 */
export function goWrapperId(pcln: Pclntab | undefined, minor: number | undefined): number | undefined {
  if (!pcln || pcln.version === '1.2') return undefined;
  if (minor === undefined) return pcln.version === '1.20' ? 23 : undefined;
  if (minor >= 25) return 23;
  if (minor >= 22) return 22;
  if (minor >= 18) return 21;
  return undefined;
}

/** Addresses in a function's prologue from which on the stack pointer is lower than before. */
function frameSteps(pcln: Pclntab, f: PclnFunction): number[] {
  const steps: number[] = [];
  let delta = pcln.spDelta(f, f.entry) ?? 0;
  for (let pc = f.entry; pc < Math.min(f.end, f.entry + PROLOGUE); pc++) {
    const here = pcln.spDelta(f, pc);
    if (here === undefined || here < delta) break;
    if (here > delta) steps.push(pc);
    delta = here;
  }
  return steps;
}

/** Longer ones are none; stack checks and probes of large frames are inside. */
const PROLOGUE = 96;

/** Behind the prologue: the stack pointer moves down during it and stands still after it. */
export function afterFrameSetup(pcln: Pclntab, f: PclnFunction): number {
  return frameSteps(pcln, f).at(-1) ?? f.entry;
}

/**
 * Where the compiler marks the end of the prologue in DWARF (prologue_end), told without it: before the last instruction
 * that makes the frame. Since Go 1.21 that is what comes behind PUSH BP and MOV SP, BP, or the MOV of a frame that is
 * nothing else. Undefined for versions before. test/symbols compares.
 * @param setsFramePointer bytes of the instruction that sets the frame pointer
 */
export function prologueMark(
  pcln: Pclntab,
  f: PclnFunction,
  minor: number | undefined,
  setsFramePointer: number,
): number | undefined {
  if (minor === undefined || minor < 21) return undefined;
  const [saved, roomMade] = frameSteps(pcln, f);
  if (saved === undefined) return f.entry;
  return roomMade === undefined ? saved : saved + setsFramePointer;
}
