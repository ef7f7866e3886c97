/**
 * Goroutines as the runtime keeps them in the guest's memory: which one runs on a thread, all of them, what they wait
 * for. Where the fields of `runtime.g` and `runtime.m` stand comes from DWARF, and from a table when there is none.
 *
 * Source: runtime/runtime2.go of Go 1.15 to 1.27.
 */
import type { Arch, Registers, ViewMemory } from '../abi/arch.ts';
import { conventionsOf } from '../abi/conventions.ts';
import type { ValueType } from '../abi/go-abi.ts';
import { Cursor, decodeUtf8, word } from './bytes.ts';
import { goroutineLabels, type Label } from './goroutine-labels.ts';
import type { CodeFunction, Program } from './program.ts';

export interface Goroutine {
  /** Address of its `runtime.g`. */
  readonly address: number;
  /** 0 for a thread's system stack (g0) and signal stack. */
  readonly id: number;
  readonly status: string;
  /** In the runtime's words ("chan receive"); undefined unless it waits. */
  readonly waitReason: string | undefined;
  /** Stack bounds; `stackEnd` is where it grows down from. */
  readonly stackStart: number;
  readonly stackEnd: number;
  /** Where it will go on when it is not running (gobuf). */
  readonly sched: { readonly pc: number; readonly sp: number; readonly framePointer: number };
  readonly startFunction: CodeFunction | undefined;
  /** The `go` statement's address. */
  readonly createdAt: number | undefined;
  /** Kernel thread that runs it. */
  readonly thread: number | undefined;
  /** What runtime/pprof gave it to be told apart by, sorted by key. */
  readonly labels: readonly Label[];
  /** The goroutine on whose behalf this system stack works (m.curg). */
  readonly servesGoroutine: number | undefined;
}

/** Byte offsets in runtime.g and runtime.m. */
export interface GoroutineLayout {
  readonly stack: number;
  readonly m: number;
  readonly sched: number;
  readonly schedBp: number;
  readonly status: number;
  readonly id: number;
  readonly waitReason: number;
  readonly createdAt: number;
  readonly startPc: number;
  readonly labels: number;
  readonly mThread: number;
  readonly mCurrent: number;
}

/** From minor version on: status, goid, waitreason, gopc, startpc, labels, sched.bp, m.procid, m.curg. */
const LAYOUTS: readonly (readonly [minor: number, ...offsets: number[]])[] = [
  [0, 144, 152, 176, 280, 296, 344, 48, 72, 192],
  [19, 144, 152, 176, 296, 312, 360, 48, 72, 192],
  [21, 144, 152, 176, 280, 296, 344, 48, 72, 192],
  [23, 152, 160, 184, 288, 304, 352, 48, 72, 192],
  [25, 144, 152, 176, 280, 296, 344, 40, 64, 184],
  [26, 144, 152, 176, 288, 304, 352, 40, 64, 184],
];

const STATUS = [
  'idle',
  'runnable',
  'running',
  'syscall',
  'waiting',
  'moribund',
  'dead',
  'enqueue',
  'copystack',
  'preempted',
];
const STATUS_SCAN = 0x1000;
const WAITING = 4;
/** Enough for every real program; a damaged slice header claims more. */
const MAX_GOROUTINES = 1_000_000;

/** The last Go whose fields were looked at. */
const NEWEST = 27;

export function isInTable(minor: number | undefined): boolean {
  return minor !== undefined && minor >= 15 && minor <= NEWEST;
}

export function layoutFromTable(minor: number | undefined): GoroutineLayout {
  const row = LAYOUTS.findLast(([from]) => from <= (minor ?? Number.POSITIVE_INFINITY)) ?? LAYOUTS[0];
  const [, status, id, waitReason, createdAt, startPc, labels, bp, mThread, mCurrent] = row;
  return {
    stack: 0,
    m: 48,
    sched: 56,
    schedBp: 56 + bp,
    status,
    id,
    waitReason,
    createdAt,
    startPc,
    labels,
    mThread,
    mCurrent,
  };
}

/** `casgstatus(gp *g, …)` is in every program, and its argument's type leads to the structs. */
export function layoutFromDwarf(program: Program): GoroutineLayout | undefined {
  const f = program.functionNamed('runtime.casgstatus');
  const g = f && program.parameters(f)?.[0]?.type.element?.();
  const m = field(g, 'm')?.type.element?.();
  const sched = field(g, 'sched');
  if (!g || !m || !sched) return undefined;
  const of = (type: ValueType, name: string): number => field(type, name)?.offset ?? Number.NaN;
  const layout: GoroutineLayout = {
    stack: of(g, 'stack'),
    m: of(g, 'm'),
    sched: sched.offset,
    schedBp: sched.offset + of(sched.type, 'bp'),
    status: of(g, 'atomicstatus'),
    id: of(g, 'goid'),
    waitReason: of(g, 'waitreason'),
    createdAt: of(g, 'gopc'),
    startPc: of(g, 'startpc'),
    labels: of(g, 'labels'),
    mThread: of(m, 'procid'),
    mCurrent: of(m, 'curg'),
  };
  return Object.values(layout).every(offset => Number.isFinite(offset)) ? layout : undefined;
}

function field(type: ValueType | undefined, name: string) {
  return type?.fields?.find(f => f.name === name);
}

/** Address of the g that runs with these registers, or undefined before the runtime has set one up. */
export function currentG(arch: Arch, registers: Registers, memory: ViewMemory): number | undefined {
  const conventions = conventionsOf(arch.name);
  if (!conventions) return undefined;
  const value = (name: string): number => Number(arch.registers.find(row => row.name === name)?.read(registers) ?? 0n);
  const { goThreadLocal } = conventions;
  if (goThreadLocal) {
    const base = value(goThreadLocal.base);
    const g = base === 0 ? 0 : (word(memory, base + goThreadLocal.offset) ?? 0);
    if (g !== 0) return plausible(memory, g) ? g : undefined;
  }
  // A C toolchain may have put it elsewhere in the thread's storage; Go code has it in its register.
  const g = value(conventions.goInternal.g);
  return plausible(memory, g) ? g : undefined;
}

/** runtime.g begins with its stack's bounds. */
function plausible(memory: ViewMemory, g: number): boolean {
  if (g === 0 || g % 8 !== 0) return false;
  const low = word(memory, g);
  const high = word(memory, g + 8);
  return low !== undefined && high !== undefined && low < high && high - low <= 2 ** 31;
}

export function readGoroutine(
  program: Program,
  layout: GoroutineLayout,
  memory: ViewMemory,
  address: number,
): Goroutine | undefined {
  const at = (offset: number): number | undefined => word(memory, address + offset);
  const stackStart = at(layout.stack);
  const stackEnd = at(layout.stack + 8);
  const id = at(layout.id);
  const status = half(memory, address + layout.status);
  if (stackStart === undefined || stackEnd === undefined || id === undefined || status === undefined) return undefined;
  const number = status & ~STATUS_SCAN;
  const m = at(layout.m) || undefined;
  const current = m && (word(memory, m + layout.mCurrent) || undefined);
  const startPc = at(layout.startPc) || undefined;
  return {
    address,
    id,
    status: STATUS[number] ?? `status ${number}`,
    waitReason:
      number === WAITING ? waitReason(program, memory, memory.read(address + layout.waitReason, 1)[0]) : undefined,
    stackStart,
    stackEnd,
    sched: { sp: at(layout.sched) ?? 0, pc: at(layout.sched + 8) ?? 0, framePointer: at(layout.schedBp) ?? 0 },
    startFunction: startPc === undefined ? undefined : program.functionAt(startPc),
    createdAt: at(layout.createdAt) || undefined,
    labels: goroutineLabels(memory, at(layout.labels), program.goMinor),
    thread: m && (word(memory, m + layout.mThread) || undefined),
    servesGoroutine: current === address ? undefined : current,
  };
}

/** All goroutines that exist, dead ones left out. Empty before the runtime is set up. */
export function allGoroutines(program: Program, layout: GoroutineLayout, memory: ViewMemory): Goroutine[] {
  const address = program.symbolNamed('runtime.allgs')?.address ?? findGoroutineList(program, layout, memory);
  const list = address && word(memory, address);
  const count = address && word(memory, address + 8);
  if (!list || !count || count > MAX_GOROUTINES) return [];
  const pointers = memory.read(list, count * 8);
  const c = new Cursor(pointers, 'runtime.allgs');
  const found: Goroutine[] = [];
  for (let i = 0; i < Math.floor(pointers.length / 8); i++) {
    const g = readGoroutine(program, layout, memory, c.u64());
    if (g && g.status !== 'dead' && g.status !== 'idle') found.push(g);
  }
  return found;
}

/** The collector's, the scavenger's: goroutines that the runtime started for itself (runtime.isSystemGoroutine). */
export function isRuntimes({ startFunction }: Goroutine): boolean {
  return startFunction?.name.startsWith('runtime.') === true && !USER_STARTS.has(startFunction.name);
}

const USER_STARTS = new Set(['runtime.main', 'runtime.handleAsyncEvent']);

/** What a stripped program does not name, by where it was found in its data. */
interface Found {
  allgs?: number;
  waitReasons?: number;
}
const foundOf = new WeakMap<Program, Found>();
/** Data of a program that is searched; Go's own is some hundred kilobytes. */
const SEARCH_LIMIT = 64 << 20;

function foundIn(program: Program): Found {
  const known = foundOf.get(program) ?? {};
  foundOf.set(program, known);
  return known;
}

/** runtime.allgs by its look: the header of a slice of goroutines whose first one is goroutine 1. */
function findGoroutineList(program: Program, layout: GoroutineLayout, memory: ViewMemory): number | undefined {
  const known = foundIn(program);
  known.allgs ??= searchData(program, memory, (view, at) => {
    const count = view.getUint32(at + 8, true);
    if (count === 0 || view.getUint32(at + 12, true) !== 0 || view.getUint32(at + 20, true) !== 0) return false;
    if (count > view.getUint32(at + 16, true) || count > MAX_GOROUTINES || view.getUint32(at, true) % 8 !== 0)
      return false;
    const list = Number(view.getBigUint64(at, true));
    const [first, last] = [word(memory, list), word(memory, list + (count - 1) * 8)];
    if (!first || !last || !plausible(memory, first)) return false;
    const main = readGoroutine(program, layout, memory, first);
    return main?.id === 1 && readGoroutine(program, layout, memory, last) !== undefined;
  });
  return known.allgs;
}

/** runtime.waitReasonStrings by its look: a string without bytes, then these words (since Go 1.11). */
const FIRST_REASON = 'GC assist marking';

function findWaitReasons(program: Program, memory: ViewMemory): number | undefined {
  const known = foundIn(program);
  known.waitReasons ??= searchData(program, memory, (view, at) => {
    if (view.getUint32(at + 24, true) !== FIRST_REASON.length || view.getUint32(at + 28, true) !== 0) return false;
    if (view.getBigUint64(at + 8, true) !== 0n) return false;
    const text = memory.read(Number(view.getBigUint64(at + 16, true)), FIRST_REASON.length);
    return decodeUtf8(text) === FIRST_REASON;
  });
  return known.waitReasons;
}

/** The first address of the program's writable data where 32 bytes look as wanted. */
function searchData(
  program: Program,
  memory: ViewMemory,
  looks: (view: DataView, at: number) => boolean,
): number | undefined {
  const [PT_LOAD, PF_W] = [1, 2];
  for (const { type, flags, address, memorySize } of program.elf.segments) {
    if (type !== PT_LOAD || !(flags & PF_W) || memorySize > SEARCH_LIMIT) continue;
    const start = address + program.bias;
    const bytes = memory.read(start, memorySize);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let at = (8 - (start % 8)) % 8; at + 32 <= bytes.length; at += 8) if (looks(view, at)) return start + at;
  }
  return undefined;
}

/** The runtime carries its own words for wait reasons, in the order of its version. */
function waitReason(program: Program, memory: ViewMemory, reason: number | undefined): string | undefined {
  if (reason === undefined) return undefined;
  const table = program.symbolNamed('runtime.waitReasonStrings')?.address ?? findWaitReasons(program, memory);
  const text = table && word(memory, table + reason * 16);
  const length = table && word(memory, table + reason * 16 + 8);
  if (!text || length === undefined || length > 64) return `reason ${reason}`;
  return decodeUtf8(memory.read(text, length)) || `reason ${reason}`;
}

function half(memory: ViewMemory, address: number): number | undefined {
  if (!(address > 0 && address < 2 ** 48)) return undefined;
  const bytes = memory.read(address, 4);
  return bytes.length < 4 ? undefined : new Cursor(bytes, 'memory').u32();
}
