/**
 * Who called whom. Go's pcsp table says at every instruction, prologues and epilogues included, how far the return
 * address is from the stack pointer; C and Rust have call frame information; where both are silent the frame pointer
 * must do. The walk crosses from a system stack to the goroutine it works for, and from a signal handler to what it
 * interrupted.
 *
 * Source for the crossings: runtime/traceback.go (`unwinder.resolveInternal`), runtime/sys_linux_amd64.s (`sigtramp`).
 */
import type { Arch, Registers, ViewMemory } from '../abi/arch.ts';
import { type Conventions, conventionsOf } from '../abi/conventions.ts';
import { word } from './bytes.ts';
import type { FrameRow } from './dwarf/frame.ts';
import { evaluateLocation } from './dwarf/locations.ts';
import { currentG, type Goroutine, type GoroutineLayout, readGoroutine } from './goroutines.ts';
import { FUNC_FLAG } from './pclntab.ts';
import type { CodeFunction, Program } from './program.ts';

export interface Frame {
  /** The instruction that executes next in this frame: for a caller, the one behind its call. */
  readonly pc: number;
  /** Where to look up lines and variables: inside the call for callers. */
  readonly lookupPc: number;
  readonly sp: number;
  /** The stack pointer before the call of this frame (canonical frame address); undefined if it is not known. */
  readonly cfa: number | undefined;
  readonly framePointer: number | undefined;
  /** The physical function; for an inlined call, the one it was inlined into. */
  readonly function: CodeFunction | undefined;
  /** What to show: the inlined function's name for an inlined call. */
  readonly name: string;
  readonly file: string | undefined;
  readonly line: number | undefined;
  /** An inlined call: the next frame that is not inlined is the same activation. */
  readonly inlined: boolean;
  /** How many inlined calls this one is inside of, itself included; 0 for the function itself. */
  readonly inlineLevel: number;
  /** General registers as they are in this frame, by DWARF number, as far as unwinding could recover them. */
  readonly registers: ReadonlyMap<number, bigint> | undefined;
  /** This frame was interrupted by a signal, whose handler is the frame before it. */
  readonly interrupted: boolean;
  /** The stack it lies on: a goroutine's id, 0 for a system stack, undefined outside Go. */
  readonly goroutine: number | undefined;
}

interface State {
  pc: number;
  sp: number;
  framePointer: number | undefined;
  /** Other registers as they are in this frame, by DWARF number, as far as they are known: C's callee-saved ones. */
  others?: ReadonlyMap<number, bigint>;
  /** The pc is an instruction that was about to run, not a return address. */
  exact: boolean;
  interrupted: boolean;
}

/** From a restorer's frame the interrupted registers follow. */
const RESTORERS = new Set(['runtime.sigreturn', 'runtime.sigreturn__sigaction', '__restore_rt']);
/** Functions that are entered as if the interrupted instruction had called them. */
const INJECTED = new Set(['runtime.sigpanic', 'runtime.asyncPreempt', 'runtime.sigpanic0']);
const DEFAULT_LIMIT = 512;
/** Bytes of stack that are searched for a return address where nothing tells it. */
const SEARCHED_STACK = 512;

/**
 * Frames, newest first. Never throws; ends where memory or knowledge ends.
 * @param limit most frames to return
 */
export function unwind(
  program: Program,
  layout: GoroutineLayout | undefined,
  arch: Arch,
  registers: Registers,
  memory: ViewMemory,
  limit = DEFAULT_LIMIT,
): Frame[] {
  const conventions = conventionsOf(arch.name);
  if (!conventions) return [];
  const fp = arch.registers.find(row => row.name === conventions.stack.framePointer);
  const general = arch.registers.filter(row => row.group === 'general' && row.dwarf !== undefined);
  const gAddress = program.isGo ? currentG(arch, registers, memory) : undefined;
  const start: State = {
    pc: arch.pc(registers),
    sp: arch.sp(registers),
    framePointer: fp && Number(fp.read(registers)),
    others: new Map(general.map(row => [row.dwarf!, row.read(registers)])),
    exact: true,
    interrupted: false,
  };
  return walk(program, layout, arch, conventions, memory, start, gAddress, limit);
}

/** Frames of a goroutine that is not running, from where it was left. */
export function unwindGoroutine(
  program: Program,
  layout: GoroutineLayout,
  arch: Arch,
  memory: ViewMemory,
  address: number,
  limit = DEFAULT_LIMIT,
): Frame[] {
  const conventions = conventionsOf(arch.name);
  const g = readGoroutine(program, layout, memory, address);
  if (!conventions || !g || g.sched.pc === 0) return [];
  const { pc, sp, framePointer } = g.sched;
  return walk(
    program,
    layout,
    arch,
    conventions,
    memory,
    { pc, sp, framePointer, exact: false, interrupted: false },
    address,
    limit,
  );
}

function walk(
  program: Program,
  layout: GoroutineLayout | undefined,
  arch: Arch,
  conventions: Conventions,
  memory: ViewMemory,
  start: State,
  gAddress: number | undefined,
  limit: number,
): Frame[] {
  const frames: Frame[] = [];
  const dwarfNumber = (name: string): number => arch.registers.find(row => row.name === name)?.dwarf ?? -1;
  const spNumber = dwarfNumber(conventions.stack.pointer);
  const fpNumber = dwarfNumber(conventions.stack.framePointer);
  const readG = (address: number | undefined) =>
    address && layout ? readGoroutine(program, layout, memory, address) : undefined;
  let g = readG(gAddress);
  let state: State | undefined = start;
  /** Within one stack the stack pointer only rises; anything else is damage, and a loop. */
  let lastSp = 0;

  while (state && frames.length < limit) {
    const { pc, sp, exact } = state;
    const f = program.functionAt(exact ? pc : pc - 1);
    // systemstack switches stacks in its middle: below it lies what the goroutine's own stack says. On its way back it
    // has g again before it has the stack. Called on a system stack, it goes on there and switches nothing.
    // Up to Go 1.16 it leaves a word there, as if somebody had called it.
    const switched = g?.id === 0 && (!exact || sp >= g.sched.sp - 8 || offStack(g, sp));
    const user =
      f?.name === 'runtime.systemstack' && g
        ? switched
          ? readG(g.servesGoroutine)
          : g.id !== 0 && offStack(g, sp)
            ? g
            : undefined
        : undefined;
    if (f && user && user.sched.sp !== 0) {
      addFrames(frames, program, state, f, undefined, g?.id, limit);
      g = user;
      lastSp = 0;
      // systemstack saved itself with the pc of systemstack_switch, at the frame it has on the goroutine's stack.
      state = callerOf({
        ...state,
        pc: user.sched.pc,
        sp: user.sched.sp,
        framePointer: user.sched.framePointer,
        exact: true,
      });
      continue;
    }
    const cfa = cfaOf(f, state);
    addFrames(frames, program, state, f, cfa, g?.id, limit);
    if (f && f.flags & FUNC_FLAG.TopFrame && !isRestorer(callerOf(state), f)) break;
    // mcall and morestack leave the goroutine's stack for good: its own record says where it was.
    if (
      (f?.name === 'runtime.mcall' || f?.name === 'runtime.morestack') &&
      g?.id === 0 &&
      g.servesGoroutine !== undefined
    ) {
      const left: Goroutine | undefined = readG(g.servesGoroutine);
      if (left && left.sched.pc !== 0) {
        g = left;
        lastSp = 0;
        state = {
          pc: left.sched.pc,
          sp: left.sched.sp,
          framePointer: left.sched.framePointer,
          exact: f.name !== 'runtime.mcall',
          interrupted: false,
        };
        continue;
      }
    }
    if (sp < lastSp) break;
    lastSp = sp;
    state = callerOf(state);
    if (state && isRestorer(state, f)) {
      const at: number = state.sp;
      const interruptedPc = word(memory, at + conventions.signalFrame.pc);
      const interruptedSp = word(memory, at + conventions.signalFrame.sp);
      if (interruptedPc === undefined || interruptedSp === undefined) break;
      state = {
        pc: interruptedPc,
        sp: interruptedSp,
        framePointer: word(memory, at + conventions.signalFrame.framePointer),
        exact: true,
        interrupted: true,
      };
      // The handler ran on the signal stack; what it interrupted has its own.
      lastSp = 0;
      const served: Goroutine | undefined = readG(g?.servesGoroutine);
      if (served && !offStack(served, interruptedSp)) g = served;
    }
  }
  return frames;

  /** Whether a function returns into the kernel's hands, from a signal's handler. */
  function isRestorer(at: State | undefined, callee: CodeFunction | undefined): boolean {
    if (at === undefined) return false;
    const f = program.functionAt(at.pc);
    // Call frame information of a large program is slow to open, and Go's functions have none that tells more.
    const mayBe = f === undefined || f.language === 'other';
    if (!(f && RESTORERS.has(f.name)) && !(mayBe && program.frameRow(at.pc)?.isSignalFrame)) return false;
    // The call of a function that never returns may be the last instruction before it.
    return callee === undefined || callBefore(at.pc) !== callee.entry;
  }

  /** The call in the code that ends where a return address points. */
  function callBefore(to: number): number | 'indirect' | undefined {
    const { longestCall } = conventions.stack;
    const code = memory.read(to - longestCall, longestCall);
    return code.length === longestCall ? conventions.stack.callBefore(code, to) : undefined;
  }

  /** Call frame information, which is used where the code is not Go's. */
  function rowOf(f: CodeFunction | undefined, at: State): FrameRow | undefined {
    const pc = at.exact ? at.pc : at.pc - 1;
    return f !== undefined && f.language !== 'other' && program.spDelta(pc) !== undefined
      ? undefined
      : program.frameRow(pc);
  }

  function registerOf(at: State, number: number): bigint | undefined {
    if (number === spNumber) return BigInt(at.sp);
    if (number === fpNumber) return at.framePointer === undefined ? undefined : BigInt(at.framePointer);
    return at.others?.get(number);
  }

  function compute(at: State, expression: Uint8Array, cfa: number | undefined): number | undefined {
    const [piece] =
      evaluateLocation(expression, {
        register: number => registerOf(at, number),
        cfa,
        read: (address, length) => memory.read(address, length),
        bias: program.bias,
      }) ?? [];
    return piece?.is === 'memory' ? piece.address : piece?.is === 'value' ? Number(piece.value) : undefined;
  }

  function cfaOf(f: CodeFunction | undefined, at: State): number | undefined {
    const row = rowOf(f, at);
    if (!row) {
      // Stubs of a procedure linkage table and the vDSO's functions have no symbol here and push nothing.
      const above = f === undefined && at.exact ? word(memory, at.sp) : undefined;
      if (above !== undefined && program.functionAt(above - 1)) return at.sp + 8;
      const found = f?.language === 'other' && !(at.exact && at.pc === f.entry) ? returnSlot(f, at) : undefined;
      if (found !== undefined) return found + 8;
      return f && f.flags & FUNC_FLAG.SpWrite ? afterSwitch(f, at) : frameAddress(program, conventions, f, at);
    }
    if (row.cfa.is === 'expression') return compute(at, row.cfa.expression, undefined);
    const base = registerOf(at, row.cfa.register);
    return base === undefined ? undefined : Number(base) + row.cfa.offset;
  }

  /**
   * Functions that write the stack pointer may stand on another stack than they were entered on (nanotime1 calls the vDSO
   * on the system stack): of what the tables and the frame pointer say, that is true which a call of the function proves.
   */
  function afterSwitch(f: CodeFunction, from: State): number | undefined {
    const told = frameAddress(program, conventions, f, from);
    const framed = from.framePointer === undefined ? undefined : from.framePointer + 16;
    const isProven = (cfa: number | undefined): boolean => {
      const to = cfa === undefined ? undefined : word(memory, cfa - 8);
      return to !== undefined && callBefore(to) === f.entry;
    };
    return !isProven(told) && isProven(framed) ? framed : told;
  }

  /**
   * Start-up code of compilers has no call frame information. Its return address is recognised on the stack: before it
   * there is a call of this function; or, where it was reached otherwise (through a pointer, by a jump), the first call
   * of any kind.
   */
  function returnSlot(f: CodeFunction, from: State): number | undefined {
    let first: number | undefined;
    for (let slot = from.sp; slot < from.sp + SEARCHED_STACK; slot += 8) {
      const to = word(memory, slot);
      const call = to !== undefined && program.functionAt(to - 1) ? callBefore(to) : undefined;
      if (call === f.entry) return slot;
      if (call !== undefined) first ??= slot;
    }
    return first;
  }

  function callerOf(from: State): State | undefined {
    const f = program.functionAt(from.exact ? from.pc : from.pc - 1);
    const cfa = cfaOf(f, from);
    // Nobody calls where the kernel enters: what lies there on the stack is argc.
    if (cfa === undefined || cfa <= from.sp - 1 || f?.entry === program.entry) return undefined;
    const row = rowOf(f, from);
    if (row) return byRules(from, cfa, row);
    const pc = word(memory, cfa - 8);
    if (pc === undefined || pc === 0) return undefined;
    return {
      pc,
      sp: cfa,
      framePointer: callerFramePointer(f, from, cfa),
      exact: f !== undefined && INJECTED.has(f.name),
      interrupted: false,
    };
  }

  function byRules(from: State, cfa: number, row: FrameRow): State | undefined {
    const callerValue = (number: number): bigint | undefined => {
      const rule = row.registers.get(number);
      switch (rule?.is) {
        case undefined:
        case 'same':
          return registerOf(from, number);
        case 'undefined':
          return undefined;
        case 'register':
          return registerOf(from, rule.register);
        case 'value':
          return BigInt(cfa + rule.offset);
        case 'saved':
          return toBig(word(memory, cfa + rule.offset));
        case 'expression': {
          const at = compute(from, rule.expression, cfa);
          return toBig(at === undefined || rule.isValue ? at : word(memory, at));
        }
      }
    };
    const pc = Number(callerValue(row.returnRegister) ?? 0n);
    // The outermost function says so by leaving its return address undefined.
    if (pc === 0) return undefined;
    const fp = callerValue(fpNumber);
    const others = new Map<number, bigint>();
    for (const number of from.others?.keys() ?? []) {
      const value = number === spNumber || number === fpNumber ? undefined : callerValue(number);
      if (value !== undefined) others.set(number, value);
    }
    return {
      pc,
      sp: cfa,
      framePointer: fp === undefined ? undefined : Number(fp),
      others,
      exact: false,
      interrupted: false,
    };
  }

  function callerFramePointer(f: CodeFunction | undefined, from: State, cfa: number): number | undefined {
    if (cfa - 8 === from.sp) return from.framePointer;
    if (f?.language === 'go') return word(memory, cfa - 16);
    // Assembly saves it only if it has a frame of its own; if so, it points right below the return address.
    return from.framePointer === cfa - 16 ? word(memory, cfa - 16) : from.framePointer;
  }
}

function toBig(value: number | undefined): bigint | undefined {
  return value === undefined ? undefined : BigInt(value);
}

function offStack(g: Goroutine, sp: number): boolean {
  return sp <= g.stackStart || sp > g.stackEnd;
}

/** Where the frame ends: the stack pointer before the call that made it. */
function frameAddress(
  program: Program,
  conventions: Conventions,
  f: CodeFunction | undefined,
  state: State,
): number | undefined {
  // Link-register machines keep the return address elsewhere; their conventions will say so.
  if (conventions.stack.link !== undefined) return undefined;
  if (f && f.language !== 'other') {
    const delta = program.spDelta(state.exact ? state.pc : state.pc - 1);
    // One that wrote the stack pointer and has no frame has called on another stack; systemstack was asked about before.
    const elsewhere = f.flags & FUNC_FLAG.SpWrite && delta === 0 && !state.exact && f.name !== 'runtime.systemstack';
    if (delta !== undefined && !elsewhere) return state.sp + delta + 8;
  }
  if (state.exact && f && state.pc === f.entry) return state.sp + 8;
  const { framePointer } = state;
  if (
    framePointer === undefined ||
    framePointer < state.sp ||
    framePointer > state.sp + 2 ** 24 ||
    framePointer % 8 !== 0
  )
    return undefined;
  return framePointer + 16;
}

function addFrames(
  frames: Frame[],
  program: Program,
  state: State,
  f: CodeFunction | undefined,
  cfa: number | undefined,
  goroutine: number | undefined,
  limit: number,
): void {
  const lookupPc = state.exact ? state.pc : state.pc - 1;
  const position = program.lineAt(lookupPc);
  let file = position?.file;
  let line = position?.line;
  const chain = f ? program.inlinedAt(lookupPc) : [];
  const common = {
    pc: state.pc,
    lookupPc,
    sp: state.sp,
    cfa,
    framePointer: state.framePointer,
    function: f,
    goroutine,
    registers: state.others,
  };
  for (const [i, call] of chain.entries()) {
    if (frames.length >= limit) return;
    const inlineLevel = chain.length - i;
    frames.push({ ...common, name: call.name, file, line, inlined: true, inlineLevel, interrupted: false });
    file = call.callFile;
    line = call.callLine;
  }
  if (frames.length >= limit) return;
  const name = f?.name ?? program.symbolAt(state.pc)?.name ?? `0x${state.pc.toString(16)}`;
  frames.push({ ...common, name, file, line, inlined: false, inlineLevel: 0, interrupted: state.interrupted });
}
