/**
 * The true call stack of a thread, kept from the calls and returns that it makes, beside what the unwinder says: at every
 * instruction, prologues and epilogues, assembly and signal handlers included.
 */
import { decodeAt, flowOf, LONGEST } from '../../debug-adapter/instructions.ts';
import { isOver, memoryOf, registersOf, type Walk } from './walk.ts';

/** What a handler's first instruction may have taken of the stack. */
const PROLOGUE = Array.from({ length: 40 }, (_, i) => i * 8);
const INJECTED = /^runtime\.(sigpanic0?|asyncPreempt)$/;

/** A return address that a call left on a stack. */
interface Slot {
  readonly at: number;
  readonly to: number;
}

export interface Comparison {
  /** Instructions at which the stacks were compared, and how many frames that were. */
  instructions: number;
  frames: number;
  deepest: number;
  /** Handlers that were entered. */
  signals: number;
  /** Places that differ, each once, in words. */
  differences: string[];
}

/** Stacks are told apart by their bounds: those of a goroutine, of a thread, or the one of a program in C. */
interface Stack {
  low: number;
  high: number;
  slots: Slot[];
}

/**
 * Steps the thread up to `limit` instructions. What was called before is taken from the unwinder once, and proves itself
 * when it is returned to.
 */
export async function compareStacks(walk: Walk, limit: number): Promise<Comparison> {
  const { machine, program } = walk;
  const { arch } = machine;
  const result: Comparison = { instructions: 0, frames: 0, deepest: 0, signals: 0, differences: [] };
  const stacks = new Map<string, Stack>();
  const seen = new Set<string>();

  const bounds = (): { key: string; low: number; high: number } => {
    const registers = registersOf(walk);
    const sp = arch.sp(registers);
    const g = program.isGo ? program.goroutine(arch, registers, memoryOf(walk)) : undefined;
    // The thread's g changes before its stack does.
    const served =
      g?.servesGoroutine === undefined ? undefined : program.goroutineAt(memoryOf(walk), g.servesGoroutine);
    for (const one of [g, served])
      if (one && sp > one.stackStart && sp <= one.stackEnd)
        return { key: `${one.address}`, low: one.stackStart, high: one.stackEnd };
    // A handler has the goroutine's g for a while, and stands on the stack for signals.
    for (const [key, { low, high }] of stacks)
      if (sp > low && sp <= high && !key.startsWith('at')) return { key, low, high };
    const mapping = machine.mappings(walk.task).find(m => sp >= m.start && sp <= m.end);
    return { key: `at ${mapping?.start}`, low: mapping?.start ?? 0, high: mapping?.end ?? 2 ** 47 };
  };

  const stackHere = (): Stack => {
    const { key, low, high } = bounds();
    const known = stacks.get(key);
    if (known) {
      // A stack that grew was copied: everything stands as far from its end as before.
      if (known.high !== high) known.slots = known.slots.map(({ at, to }) => ({ at: at + high - known.high, to }));
      Object.assign(known, { low, high });
      return known;
    }
    const stack: Stack = { low, high, slots: [] };
    for (const frame of framesHere())
      if (frame.cfa !== undefined && inside(stack, frame.cfa - 8)) keep(stack, frame.cfa - 8);
    stacks.set(key, stack);
    return stack;
  };
  const inside = ({ low, high }: Stack, at: number): boolean => at >= low && at < high;
  const wordAt = (at: number): number => {
    const bytes = memoryOf(walk).read(at, 8);
    return bytes.length < 8 ? 0 : Number(new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true));
  };
  const keep = (stack: Stack, at: number): void => {
    stack.slots = [...stack.slots.filter(slot => slot.at !== at), { at, to: wordAt(at) }].sort((a, b) => a.at - b.at);
  };
  const framesHere = () => program.unwind(arch, registersOf(walk), memoryOf(walk), 200).filter(frame => !frame.inlined);

  /** The kernel leaves the address of one of these for a handler to return to. */
  const isTrampoline = (address: number | undefined): boolean =>
    address !== undefined &&
    (program.frameRow(address)?.isSignalFrame === true ||
      (program.functionAt(address)?.entry === address &&
        /^runtime\.sigreturn/.test(program.functionAt(address)!.name)));

  stackHere();
  for (let i = 0; i < limit; i++) {
    const pc = arch.pc(registersOf(walk));
    const before = arch.sp(registersOf(walk));
    const insn = decodeAt(arch, memoryOf(walk).read(pc, LONGEST), 0, pc);
    const flow = insn && flowOf(insn).is;
    if ((await machine.step(walk.task)).is === 'exited' || isOver(walk)) break;
    const sp = arch.sp(registersOf(walk));
    const now = arch.pc(registersOf(walk));
    const stack = stackHere();
    stack.slots = stack.slots.filter(slot => slot.at >= sp);
    if (flow === 'call' && sp === before - 8) keep(stack, sp);
    // A signal came, and its handler has begun: the trampoline's address lies where it will return to.
    const isElsewhere = program.functionAt(now)?.entry !== program.functionAt(pc)?.entry;
    if (isElsewhere && (flow === 'syscall' || flow === 'other')) {
      const slot = PROLOGUE.map(distance => sp + distance).find(at => isTrampoline(wordAt(at)));
      if (slot !== undefined) {
        keep(stack, slot);
        result.signals++;
      } else if (INJECTED.test(program.functionAt(now)?.name ?? '')) {
        // A handler of Go's made it look as if the interrupted instruction had called.
        keep(stack, sp);
      }
    }

    const own = framesHere();
    const expected: number[] = stack.slots.map(slot => slot.to);
    // Those of this stack: below it another one may go on.
    const found = own.slice(1, 1 + expected.length).map((frame, k) => {
      // The interrupted instruction stands where the trampoline was called from.
      if (frame.interrupted && isTrampoline(expected[k])) return expected[k];
      return frame.pc;
    });
    result.instructions++;
    result.frames += expected.length;
    result.deepest = Math.max(result.deepest, expected.length);
    // The outermost function has no caller that anybody would show.
    const last = expected.length > 0 && !program.functionAt(expected[expected.length - 1] - 1);
    const wanted = last ? expected.slice(0, -1) : expected;
    const wrong = wanted.findIndex((to, k) => found[k] !== to);
    if (wrong < 0) continue;
    const f = program.functionAt(now);
    const at = (address: number | undefined): string =>
      address === undefined ? 'nothing' : `${program.functionAt(address)?.name ?? '?'} 0x${address.toString(16)}`;
    const place = `${f?.name ?? '?'}+${now - (f?.entry ?? 0)}`;
    if (!seen.has(place))
      result.differences.push(
        `${place}: frame ${wrong + 1} is ${at(found[wrong])}, and was called from ${at(wanted[wrong])}`,
      );
    seen.add(place);
  }
  return result;
}
