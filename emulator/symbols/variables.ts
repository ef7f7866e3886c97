/**
 * The variables that a frame has, and where each is: in registers, in memory, nowhere any more, and then why. What the
 * compiler says in location lists is taken at its word; nothing is guessed.
 */
import type { Arch, Registers, ViewMemory } from '../abi/arch.ts';
import { conventionsOf } from '../abi/conventions.ts';
import type { ValueType } from '../abi/go-abi.ts';
import { evaluateLocation, type Piece } from './dwarf/locations.ts';
import type { DwarfVariable } from './dwarf/variables.ts';
import type { Program } from './program.ts';
import type { Frame } from './unwind.ts';

export interface Variable {
  readonly name: string;
  readonly type: ValueType;
  readonly role: DwarfVariable['role'];
  /** An inner block has another one of this name. */
  readonly shadowed: boolean;
  readonly declared: DwarfVariable;
}

/** Where a variable is at an instruction of a frame. */
export type Located =
  /** `pieces` in the order of the variable's bytes. */
  | { readonly is: 'pieces'; readonly pieces: readonly Piece[] }
  | { readonly is: 'constant'; readonly value: bigint | Uint8Array }
  /** In words that fit behind the variable's name. */
  | { readonly is: 'nowhere'; readonly why: string };

export interface FrameContext {
  readonly program: Program;
  readonly arch: Arch;
  readonly memory: ViewMemory;
  readonly frame: Frame;
  /** The live registers, for the newest frame and the calls inlined into it. */
  readonly registers: Registers | undefined;
}

/** Arguments, results and locals in the order of their declaration. Empty without debug information. */
export function frameVariables({ program, frame }: Pick<FrameContext, 'program' | 'frame'>): Variable[] {
  const pc = frame.lookupPc - program.bias;
  const info = program.dwarf;
  const f = info?.functionAt(pc);
  if (!info || !f) return [];
  const seen = info.variablesAt(f, pc, frame.inlineLevel).filter(variable => isDeclared(variable, program, frame));
  const named = inOrder(seen.map(variable => ({ ...placeOf(variable), declared: variable })));
  return named
    .filter((item, i) => {
      // The compiler writes some results twice.
      const { role, depth } = item.declared;
      if (
        role !== 'local' &&
        named.findIndex(o => o.name === item.name && o.declared.role === role && o.declared.depth === depth) < i
      )
        return false;
      if (!/^[\p{L}_~.]/u.test(item.name)) return false;
      // An argument that lives on the heap is first where it came in, then the function uses only the one on the heap.
      const twin = named.find(other => other.name === item.name && other.escaped !== item.escaped);
      if (!twin) return true;
      return isMoved(item.escaped ? item.declared : twin.declared, frame, pc) === item.escaped;
    })
    .map(({ name, type, declared, escaped }, i, all) => ({
      name,
      type,
      // An argument that lives on the heap is described as a local there.
      role: (escaped && seen.find(other => other.name === name && other.depth === 0)?.role) || declared.role,
      shadowed: all.some((other, k) => k > i && other.name === name && other.declared.depth > declared.depth),
      declared,
    }));
}

/** Whether an argument is on the heap already; the function's first line puts it there. */
function isMoved({ everywhere, line, locations }: DwarfVariable, frame: Frame, pc: number): boolean {
  if (everywhere) return line === undefined || frame.line !== line;
  return locations.some(location => pc >= location.low && pc < location.high);
}

/** Arguments as declared, then the others by line. */
function inOrder<T extends { declared: DwarfVariable; name: string }>(list: T[]): T[] {
  const rank = ({ declared, name }: T): number => {
    const argument = list.findIndex(
      other => other.name === name && (other.declared.role === 'argument' || other.declared.role === 'result'),
    );
    return argument >= 0 && declared.depth === 0 ? argument - 1e6 : (declared.line ?? 0);
  };
  return list
    .map(item => ({ item, rank: rank(item) }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ item }) => item);
}

/**
 * Go code without optimisation gives every variable one place for its whole block, which holds something else before the
 * variable is set. As in the language, it is there behind the statement that declares it: not above its line, nor where
 * that line's code stands first. (The code of a loop's line stands a second time behind its body.)
 */
function isDeclared(variable: DwarfVariable, program: Program, frame: Frame): boolean {
  const { line } = variable;
  if (variable.role !== 'local' || !variable.everywhere || frame.function?.language !== 'go') return true;
  if (line === undefined || frame.line === undefined || line < frame.line) return true;
  if (line > frame.line) return false;
  const first = program.firstStretch(frame.function, line);
  return first === undefined || frame.lookupPc < first.from || frame.lookupPc >= first.to;
}

/** "&x" of type *T is x of type T, on the heap. */
function placeOf(variable: DwarfVariable): { name: string; type: ValueType; escaped: boolean } {
  const pointee = variable.name.startsWith('&') ? variable.type.element?.() : undefined;
  return pointee
    ? { name: variable.name.slice(1), type: pointee, escaped: true }
    : { name: variable.name, type: variable.type, escaped: false };
}

/** The package's or the file's variables, where the frame is. */
export function packageVariables({ program, frame }: Pick<FrameContext, 'program' | 'frame'>): Variable[] {
  const all = program.dwarf?.globalsAt(frame.lookupPc - program.bias) ?? [];
  return all.filter(variable => variable.role === 'global' && !/\.\.|[<>]/.test(variable.name)).map(asVariable);
}

/** A package's or file's variable or constant by its name, with or without the package before it. */
export function globalNamed({ program, frame }: Pick<FrameContext, 'program' | 'frame'>, name: string) {
  const found = program.dwarf?.globalNamed(name, frame.lookupPc - program.bias);
  return found && asVariable(found);
}

const asVariable = (declared: DwarfVariable): Variable => ({
  name: declared.name,
  type: declared.type,
  role: declared.role,
  shadowed: false,
  declared,
});

/** Never throws. */
export function locate(variable: Variable, context: FrameContext): Located {
  const { program, arch, memory, frame } = context;
  const { declared } = variable;
  const pc = frame.lookupPc - program.bias;
  const { locations } = declared;
  if (locations.length === 0) {
    if (declared.constant !== undefined) return { is: 'constant', value: declared.constant };
    return nowhere(
      variable.role === 'result'
        ? 'not kept while the function runs: known when it returns'
        : 'optimized out: the compiler keeps it nowhere',
    );
  }
  const entry = locations.find(location => pc >= location.low && pc < location.high);
  if (!entry) return nowhere(whyNotHere(locations, pc, program.bias));
  if (isOnItsWay(declared, entry, context)) return nowhere('on its way to the heap: the first line puts it there');
  if (variable.role === 'result' && declared.everywhere && isBeforeBody(context))
    return nowhere('not set yet: the function begins with setting it to zero');
  const own = program.dwarf?.functionAt(pc);
  let missing: string | undefined;
  const pieces = evaluateLocation(entry.expression, {
    register(number) {
      const value = registerIn(context, number);
      if (value === undefined) missing = nameOf(arch, number);
      return value;
    },
    cfa: frame.cfa,
    frameBase: own && program.dwarf?.frameBase(own),
    read: (address, length) => memory.read(address, length),
    bias: program.bias,
  });
  if (!pieces || pieces.length === 0) return nowhere(nameless(missing));
  for (const piece of pieces) {
    if (piece.is === 'register' && registerIn(context, piece.register) === undefined)
      return nowhere(lost(nameOf(arch, piece.register)));
  }
  if (pieces.every(piece => piece.is === 'nowhere'))
    return nowhere(missing === undefined ? 'optimized out: it is kept nowhere here' : lost(missing));
  if (!declared.name.startsWith('&')) return { is: 'pieces', pieces };
  // The variable itself is where the pointer points.
  const pointer = bytesOf(pieces, 8, context);
  if (!pointer) return nowhere('its place on the heap is not known here');
  const address = Number(
    new DataView(pointer.buffer, pointer.byteOffset, 8).getBigUint64(0, true) & 0x1f_ffff_ffff_ffffn,
  );
  if (address === 0) return nowhere('not made yet: it will live on the heap');
  return { is: 'pieces', pieces: [{ is: 'memory', address, size: variable.type.size }] };
}

/** Go sets results to zero in the body, behind what makes the frame. */
function isBeforeBody({ program, frame }: FrameContext): boolean {
  const fn = frame.function;
  return fn?.language === 'go' && !frame.inlined && frame.pc >= fn.entry && frame.pc <= program.prologueEnd(fn);
}

const DW_OP_DEREF = 0x06;

/**
 * Optimised Go says of an argument that moves to the heap that it is behind a pointer in the frame, from the function's
 * entry on; but only the function's first line makes that pointer.
 */
function isOnItsWay(
  { role }: DwarfVariable,
  { low, expression }: Variable['declared']['locations'][number],
  { program, frame }: FrameContext,
): boolean {
  const fn = frame.function;
  if (role !== 'argument' || fn?.language !== 'go' || frame.inlined || frame.line !== fn.line) return false;
  return expression.length > 1 && expression[expression.length - 1] === DW_OP_DEREF && low + program.bias <= fn.entry;
}

const nameOf = (arch: Arch, number: number): string =>
  arch.registers.find(row => row.dwarf === number)?.name ?? `register ${number}`;

/** A register, by DWARF's number, as it is in the frame; undefined where unwinding could not recover it. */
function registerIn(
  { arch, frame, registers }: Pick<FrameContext, 'arch' | 'frame' | 'registers'>,
  number: number,
): bigint | undefined {
  const row = arch.registers.find(candidate => candidate.dwarf === number);
  if (registers) return row?.read(registers);
  const stack = conventionsOf(arch.name)?.stack;
  if (row?.name === stack?.pointer) return BigInt(frame.sp);
  if (row?.name === stack?.framePointer && frame.framePointer !== undefined) return BigInt(frame.framePointer);
  return frame.registers?.get(number);
}

const nowhere = (why: string): Located => ({ is: 'nowhere', why });
const lost = (register: string): string =>
  `not known in this frame: it is in ${register.toUpperCase()}, which the functions called from here may have overwritten`;
const nameless = (register: string | undefined): string =>
  register === undefined ? 'not known: its location is none that Ring 3 can read' : lost(register);

/** Which instructions have it, seen from one that has not. */
function whyNotHere(locations: Variable['declared']['locations'], pc: number, bias: number): string {
  const next = Math.min(...locations.filter(location => location.low > pc).map(location => location.low));
  const before = Math.max(...locations.filter(location => location.high <= pc).map(location => location.high));
  const at = (address: number): string => `0x${(address + bias).toString(16)}`;
  if (!Number.isFinite(before)) return `not set yet: it has a place from ${at(next)} on`;
  const until = `optimized out here: not kept since ${at(before)}, its last use is behind`;
  return Number.isFinite(next) ? `${until}; again from ${at(next)} on` : until;
}

/** Larger values are not put together from their pieces. */
const SIZE_LIMIT = 64 * 1024;

/**
 * The bytes of a value in pieces; undefined where some of them are nowhere. What the compiler left out of a string or a
 * slice (the length of one that only its start is used of) makes the whole unknown.
 */
export function bytesOf(
  pieces: readonly Piece[],
  size: number,
  context: Pick<FrameContext, 'arch' | 'memory' | 'registers' | 'frame'>,
): Uint8Array | undefined {
  const { memory } = context;
  if (size > SIZE_LIMIT) return undefined;
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    const length = Math.min(piece.size || size - at, size - at);
    if (length <= 0) break;
    const put = (value: bigint): void => {
      for (let i = 0; i < Math.min(length, 64); i++) bytes[at + i] = Number((value >> BigInt(8 * i)) & 0xffn);
    };
    if (piece.is === 'memory') {
      const found = memory.read(piece.address, length);
      if (found.length < length) return undefined;
      bytes.set(found, at);
    } else if (piece.is === 'register') {
      const value = registerIn(context, piece.register);
      if (value === undefined) return undefined;
      put(value);
    } else if (piece.is === 'value') put(piece.value);
    else if (piece.is === 'bytes') bytes.set(piece.bytes.subarray(0, length), at);
    else return undefined;
    at += length;
  }
  return at < size ? undefined : bytes;
}
