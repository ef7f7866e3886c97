/**
 * One block of a region, lifted with its operands known: registers are values until the block ends, flags are kept as
 * the operation that made them, and accesses through one base share a check.
 */
import type { Emitter, FlagKind, FlagName, IntWidth } from '../isa/emitter.ts';
import { forgetNumbers, sameNumber } from '../isa/x64/float-lanes.ts';
import type { Insn, Operand } from '../isa/x64/row.ts';
import {
  constantOf,
  i32,
  i64,
  local,
  type Node,
  op,
  pinned,
  type Range,
  type Statement,
  select,
  use,
} from './nodes.ts';
import {
  cellsFrom,
  cellsOf,
  cellsZpc,
  conditionOf,
  type FlagCells,
  flagOf,
  LOAD_BY_WIDTH,
  node,
  pure,
  STORE_BY_WIDTH,
  signExtend,
  truncate,
  zeroExtend,
} from './ops.ts';
import {
  CARRY_APART,
  evaluated,
  FLAG_KEYS,
  OPERATION,
  OVERFLOW_APART,
  pendingKind,
  pendingOperation,
} from './pending.ts';
import type { BasicBlock } from './region.ts';
import { NoSuchOperand, needsSum } from './tier0.ts';
import { LOADS, type LoadOp, type StoreOp } from './wasm.ts';
import { extend, openWindow, type Window, windowCheck } from './windows.ts';

const RSP = 4;
const RBP = 5;
const HALF = 2n ** 63n;

/** Flags as the code before a point left them, computed only if somebody asks. */
type Flags =
  /** As some block before left them: in the cells' locals, or pending with a kind that only the code knows. */
  | { is: 'unknown' }
  | { is: 'cells'; cells: FlagCells }
  | { is: 'operation'; kind: FlagKind; a: Node; b: Node; result: Node; size: number }
  /** CF, or CF and OF, on top of others. */
  | { is: 'partial'; c?: Node; o?: Node; under: Flags };

/** A set of registers; bits by register number. */
export interface Registers {
  general: number;
  vector: number;
  /** `PENDING` and `FLAG_CELLS`; of what changed also `CELLS_IDLE`. */
  flags: number;
}
export const PENDING = 1;
export const FLAG_CELLS = 2;
/** What is pending tells all flags: whatever the cells hold, nobody will look. */
export const CELLS_IDLE = 4;

/** Which locals differ from the register file in memory at a point. */
export interface Changed extends Registers {
  /** Also what had changed when the block began. */
  inherits: boolean;
}

/** What is known when control passes from one block to another. */
export interface Edge {
  /** Number of the block it goes to. */
  to: number;
  changed: Changed;
  /** The pending kind, where it is known. */
  flags: number | undefined;
  /** Distance of RSP and RBP from the stack pointer at the region's entry, where it is known. */
  rsp: number | undefined;
  rbp: number | undefined;
  /** It goes on behind a call: nothing is in the locals. */
  behindCall: boolean;
}

/** The locals of a region, handed out as its code touches what they hold. */
export interface Touched {
  general(register: number): Node;
  vector(register: number): Node;
  cell(which: keyof FlagCells): Node;
  readonly pending: { kind: Node; x: Node; y: Node };
  readonly budget: Node;
  readonly pc: Node;
  /** The stack pointer at the region's entry. */
  readonly stack: Node;
  readonly fsBase: () => Node;
  readonly fpFast: () => Node;
}

/** What a block's code asks of the region around it. */
export interface Surroundings {
  /** What is known when the block begins. */
  known: { flags: number | undefined; rsp: number | undefined; rbp: number | undefined };
  /** Number of the block at an address, when control may go there inside. */
  blockAt(address: number): number | undefined;
  /** Writes the way to another block; `changed` was settled before. */
  edge(edge: Edge): void;
  /** Writes the way out, where the pc and the budget are in their locals. */
  leave(changed: Changed): void;
  /** Writes the way out with this pc, storing only what changed: to other code, or back to whoever called. */
  finish(changed: Changed, how: 'jump' | 'return'): void;
  /** Writes a call: everything is stored, and the way on is an edge or the region's end. */
  call(target: number | Node, back: number, changed: Changed, next: Edge | undefined): void;
  /** Writes a routine's call, or undefined when the instruction is left to tier 0. */
  routine(name: string, insn: Insn, changed: Changed, rsp: number | undefined, left: number): void;
}

/** An instruction that only tier 0 executes: the block ends before it. */
class LeaveToTier0 extends Error {}

export interface LiftedBlock {
  statements: Statement[];
  edges: Edge[];
  /** Where it stores what changed into memory: ways out, calls, routines. */
  stores: Changed[];
  /** The ways out among them that tier 0 goes on from. */
  leaves: Changed[];
  /** What it reads of what it finds in the locals. */
  reads: Registers;
}

const registerOf = (v: Node): number => v.imm as number;

/**
 * Lifts the blocks of one region, one at a time. `frame` is the window of its stack frame, or undefined when accesses to
 * the stack are checked block by block. What is made here serves all of a region's blocks: most are a few instructions.
 */
export function blockLifter(
  touched: Touched,
  frame: Window | undefined,
): (block: BasicBlock, around: Surroundings) => LiftedBlock {
  // ---- of the block that is being lifted

  let around: Surroundings;
  let list: Statement[] = [];
  let all = list;
  let edges: Edge[] = [];
  let stores: Changed[] = [];
  let leaves: Changed[] = [];
  let reads: Registers = { general: 0, vector: 0, flags: 0 };
  const values: (Node | undefined)[] = new Array(16).fill(undefined);
  const vectors: (Node | undefined)[] = new Array(16).fill(undefined);
  let inherited: Flags = { is: 'unknown' };
  let flags: Flags = inherited;
  /** The flags that the locals hold. */
  let settled: Flags = inherited;
  /** As they were before the current instruction. */
  let before: Flags = inherited;
  let windows = new Map<Node, Window>();
  /** Values that are another one at a constant distance. */
  const distances = new Map<Node, { base: Node; by: number }>();
  const sums = new Map<string, Node>();
  const names = new Map<Node, number>();
  /** Low scalars by the vector values that they are part of: what is known of them stays known. */
  const scalars = new Map<Node, Node>();
  /** Registers whose locals the block has set, and those that the current instruction writes. */
  const changed: Changed = { general: 0, vector: 0, flags: 0, inherits: true };
  const written = { general: 0, vector: 0 };
  /** Instructions of this block executed before the current one. */
  let done = 0;
  let jumps = 0;
  let current: Insn;
  /** Inside a conditional effect. */
  let nested = false;
  let dead = false;
  let ended = false;

  const put = (s: Statement) => list.push(s);

  // ---- values

  const distance = (v: Node): { base: Node; by: number } => {
    const found = distances.get(v);
    if (found) return found;
    const c = v.is === 'op' && v.args.length === 2 && v.ty === 'i64' && isAdd(v) ? constantOf(v.args[1]) : undefined;
    if (c === undefined) return { base: v, by: 0 };
    const inner = distance(v.args[0]);
    const by = inner.by + Number(c);
    // Far ones count as bases of their own; so sums stay exact.
    return Math.abs(by) < 2 ** 31 ? { base: inner.base, by } : { base: v, by: 0 };
  };
  const pinLoad = (name: LoadOp, address: Node, offset: number, within?: Range): Node => {
    const n = pinned(LOADS[name][1]);
    put({ is: 'pin', node: n, load: { op: name, address: use(address), offset, within } });
    return n;
  };
  const pin = (value: Node): Node => {
    if (value.is === 'const' || value.is === 'pinned' || value === touched.stack) return value;
    const n = pinned(value.ty);
    put({ is: 'pin', node: n, value: use(value) });
    sameNumber(value, n);
    if (value.ty === 'i64') {
      const d = distance(value);
      if (d.base !== value) distances.set(n, d);
    }
    return n;
  };
  const nestedList = (body: () => void): Statement[] => {
    const outer = list;
    list = [];
    body();
    const inner = list;
    list = outer;
    return inner;
  };
  const when = (condition: Node, yes: () => void) => {
    const c = use(condition);
    put({ is: 'if', condition: c, yes: nestedList(yes), no: [] });
  };

  const fixed = (by: number | undefined): Node | undefined =>
    by === undefined ? undefined : by === 0 ? touched.stack : op('i64.add', touched.stack, i64(by));
  /** Copies of locals are made where they are first read: the local itself follows the register. */
  const copy = (from: Node): Node => {
    const n = pinned(from.ty);
    put({ is: 'pin', node: n, value: use(from) });
    return n;
  };
  /** Behind a routine everything was read from memory anew. */
  const localOf = (r: number): Node => {
    if (changed.inherits) reads.general |= 1 << r;
    return touched.general(r);
  };
  const vectorLocalOf = (r: number): Node => {
    if (changed.inherits) reads.vector |= 1 << r;
    return touched.vector(r);
  };
  const readFull = (r: number): Node => {
    const known = values[r];
    if (known) return known;
    // On a conditional path the copy would not be there for the code behind it.
    if (list !== all) return localOf(r);
    const n = copy(localOf(r));
    values[r] = n;
    return n;
  };

  // ---- flags

  function flagsFrom(code: number | undefined): Flags {
    if (code === undefined) return { is: 'unknown' };
    const what = pendingOperation(code);
    let f: Flags;
    if (what === undefined) {
      const cells: FlagCells = {};
      for (const k of FLAG_KEYS) cells[k] = touched.cell(k);
      f = { is: 'cells', cells };
    } else {
      const { kind, size } = what;
      const x = truncate(touched.pending.x, size);
      const y = truncate(touched.pending.y, size);
      const difference = pure.sub(x, y);
      if (kind === 'sub') f = { is: 'operation', kind, size, a: x, b: y, result: difference };
      else
        f = { is: 'operation', kind, size, a: kind === 'add' ? difference : x, b: kind === 'add' ? y : x, result: x };
      // Lifts leave the carry above a narrow result; this one has none there.
      if (size < 4) f = { is: 'partial', c: pure.zeroExtend(pure.ltU(x, y), 4, 8), under: f };
    }
    if (code & (CARRY_APART | OVERFLOW_APART))
      f = {
        is: 'partial',
        c: code & CARRY_APART ? touched.cell('c') : undefined,
        o: code & OVERFLOW_APART ? touched.cell('o') : undefined,
        under: f,
      };
    return f;
  }
  const flagCell = (which: keyof FlagCells): Node => cellOf(flags, which);
  const cellOf = (f: Flags, which: keyof FlagCells): Node => {
    if (f.is === 'cells') return f.cells[which] as Node;
    if (f.is === 'operation') return cellsOf(f.kind, f.a, f.b, f.result, f.size)[which] as Node;
    if (f.is === 'partial') return (which === 'c' && f.c) || (which === 'o' && f.o) || cellOf(f.under, which);
    reads.flags |= PENDING | FLAG_CELLS;
    const { kind, x, y } = touched.pending;
    const cell = touched.cell(which);
    const isPending = op('i32.and', kind, i32(OPERATION));
    const apart = which === 'c' ? CARRY_APART : which === 'o' ? OVERFLOW_APART : 0;
    const here = apart ? op('i32.or', op('i32.eqz', isPending), op('i32.and', kind, i32(apart))) : undefined;
    const value = evaluated(kind, x, y)[which];
    return here ? select(here, cell, value) : select(isPending, value, cell);
  };
  /** The kind under which flags would be pending, where it is known. */
  const codeOf = (f: Flags): number | undefined => {
    // Untouched: the locals hold them as they came, whatever form they were read in.
    if (f === inherited) return around.known.flags;
    let apart = 0;
    let base = f;
    while (base.is === 'partial') {
      if (base.c) apart |= CARRY_APART;
      if (base.o) apart |= OVERFLOW_APART;
      base = base.under;
    }
    if (base.is === 'unknown') return undefined;
    return (base.is === 'operation' ? pendingKind(base.kind, base.size) : 0) | apart;
  };
  /** What has changed, where the locals hold the flags `f`. */
  const changedWith = (f: Flags, flagsHere = 0): Changed => {
    const code = codeOf(f) ?? 0;
    const idle = code & OPERATION && !(code & (CARRY_APART | OVERFLOW_APART)) ? CELLS_IDLE : 0;
    return { ...changed, flags: changed.flags | flagsHere | idle };
  };
  /** Which locals get what, so that the flags can be found by whoever comes next; and what of them changes. */
  const settleFlags = (f: Flags, set: (into: Node, value: Node | undefined) => void): number => {
    let apart = 0;
    let changed = 0;
    let base = f;
    while (base.is === 'partial') {
      if (base.c && !(apart & CARRY_APART)) {
        apart |= CARRY_APART;
        set(touched.cell('c'), base.c);
      }
      if (base.o && !(apart & OVERFLOW_APART)) {
        apart |= OVERFLOW_APART;
        set(touched.cell('o'), base.o);
      }
      base = base.under;
    }
    if (apart) changed |= PENDING | FLAG_CELLS;
    const p = touched.pending;
    if (base.is === 'unknown') {
      if (apart) {
        reads.flags |= PENDING | FLAG_CELLS;
        set(p.kind, op('i32.or', p.kind, i32(apart)));
      }
      return changed;
    }
    if (base.is === 'operation') {
      const { kind, a, b, result, size } = base;
      set(p.kind, i32(pendingKind(kind, size) | apart));
      set(p.x, zeroExtend(kind === 'sub' ? a : result, size, 8));
      set(p.y, kind === 'logic' ? i64(0) : zeroExtend(b, size, 8));
      return changed | PENDING;
    }
    for (const k of FLAG_KEYS)
      if (!(k === 'c' && apart & CARRY_APART) && !(k === 'o' && apart & OVERFLOW_APART))
        set(touched.cell(k), base.cells[k]);
    // With the cells in force nothing is apart.
    set(p.kind, i32(0));
    return PENDING | FLAG_CELLS;
  };

  // ---- leaving the block

  const setAll = (into: number[], from: Node[]) => {
    if (into.length) put({ is: 'set-all', locals: into, values: from });
  };
  /** Puts flags into their locals, on this path. */
  const settleFlagsHere = (f: Flags) => {
    const into: number[] = [];
    const from: Node[] = [];
    const what = settleFlags(f, (target, value) => {
      if (!value || (value.is === 'local' && value.imm === target.imm)) return;
      into.push(registerOf(target));
      from.push(use(value));
    });
    setAll(into, from);
    return what;
  };
  /**
   * The locals hold the flags `f` from here on: on the straight way at once, so that every exit finds them. Returns which
   * of them differ from memory for that, on this path only.
   */
  const flagsInPlace = (f: Flags): number => {
    if (f === settled) return 0;
    const what = settleFlagsHere(f);
    if (list !== all) return what;
    settled = f;
    changed.flags |= what;
    return 0;
  };
  /** Behind an instruction its registers go to their locals. */
  const writeBack = () => {
    if (!(written.general | written.vector)) return;
    const into: number[] = [];
    const from: Node[] = [];
    const set = (target: Node, value: Node | undefined) => {
      if (!value) return;
      into.push(registerOf(target));
      from.push(use(value));
    };
    for (let r = 0; r < 16; r++) {
      if (written.general & (1 << r)) set(touched.general(r), values[r]);
      if (written.vector & (1 << r)) set(touched.vector(r), vectors[r]);
    }
    setAll(into, from);
    changed.general |= written.general;
    changed.vector |= written.vector;
    written.general = 0;
    written.vector = 0;
  };
  const setValue = (r: number, value: Node) => {
    values[r] = value;
    written.general |= 1 << r;
  };
  /** Everything is in the locals; what of it changed in this block. */
  const settle = (): Changed => {
    writeBack();
    flagsInPlace(flags);
    return changedWith(flags);
  };
  const setLocal = (target: Node, value: Node) => put({ is: 'set', local: registerOf(target), value: use(value) });
  const spend = (n: number) => {
    if (n > 0) setLocal(touched.budget, op('i32.sub', touched.budget, i32(n)));
  };
  /** Leaves before the current instruction, with everything as it was then: tier 0 does it. */
  const leave = () => {
    const what = changedWith(before, flagsInPlace(before));
    stores.push(what);
    leaves.push(what);
    spend(done);
    setLocal(touched.pc, i64(BigInt(current.address) - HALF));
    const { leave } = around;
    put({ is: 'emit', write: () => leave(what) });
  };
  /** Where the condition holds the block is left. */
  const leaveWhen = (condition: Node) => {
    flagsInPlace(before);
    when(condition, leave);
  };
  const delta = (r: number): number | undefined => {
    const v = values[r];
    if (!v) return undefined;
    const d = distance(v);
    return d.base === touched.stack ? d.by : undefined;
  };
  const edgeTo = (to: number, changed: Changed): Edge => {
    const e: Edge = { to, changed, flags: codeOf(flags), rsp: delta(RSP), rbp: delta(RBP), behindCall: false };
    edges.push(e);
    return e;
  };
  const finishWith = (changed: Changed, how: 'jump' | 'return') => {
    const { finish } = around;
    stores.push(changed);
    put({ is: 'emit', write: () => finish(changed, how) });
  };
  /** Goes to another block, or out of the region, after the current instruction. */
  const goTo = (target: number) => {
    const changed = settle();
    spend(done + 1);
    const to = around.blockAt(target);
    if (to !== undefined) {
      const e = edgeTo(to, changed);
      const { edge } = around;
      put({ is: 'emit', write: () => edge(e) });
      return;
    }
    setLocal(touched.pc, i64(target));
    finishWith(changed, 'jump');
  };
  const goOut = (target: Node, how: 'jump' | 'return') => {
    const t = pin(target);
    const changed = settle();
    spend(done + 1);
    setLocal(touched.pc, t);
    finishWith(changed, how);
  };

  // ---- memory

  const nameOf = (n: Node): number => {
    let name = names.get(n);
    if (name === undefined) {
      name = names.size;
      names.set(n, name);
    }
    return name;
  };
  /** Sums are made once, so that accesses through equal ones share a window. */
  const sum = (a: Node, b: Node): Node => {
    const key = `${nameOf(a)}+${nameOf(b)}`;
    let n = sums.get(key);
    if (!n) {
      n = op('i64.add', a, b);
      sums.set(key, n);
    }
    return n;
  };
  const scaled = (v: Node, shift: number): Node => {
    if (shift === 0) return v;
    const key = `${nameOf(v)}<${shift}`;
    let n = sums.get(key);
    if (!n) {
      n = op('i64.shl', v, i64(shift));
      sums.set(key, n);
    }
    return n;
  };
  const ABSOLUTE = i64(0);

  interface Place {
    base: Node;
    by: number;
  }
  const placeOf = (o: Operand, segment = true): Place => {
    if (o.is !== 'mem') throw new NoSuchOperand('no memory operand');
    if (o.addressWidth === 4 || (segment && o.segment === 'gs')) throw new LeaveToTier0();
    let base: Node | undefined;
    let by = Number(o.disp);
    const add = (v: Node) => {
      const d = distance(v);
      base = base ? sum(base, d.base) : d.base;
      by += d.by;
    };
    if (o.base >= 0) add(readFull(o.base));
    if (o.index >= 0) {
      const v = readFull(o.index);
      if (o.scale === 1) add(v);
      else {
        const d = distance(v);
        const s = scaled(d.base, Math.log2(o.scale));
        base = base ? sum(base, s) : s;
        by += d.by * o.scale;
      }
    }
    if (segment && o.segment === 'fs') add(touched.fsBase());
    return { base: base ?? ABSOLUTE, by };
  };
  const asAddress = (p: Place): Node => {
    if (p.base === ABSOLUTE) return i64(p.by);
    return p.by === 0 ? p.base : op('i64.add', p.base, i64(p.by));
  };
  const asPlace = (address: Node): Place => {
    const c = constantOf(address);
    if (c !== undefined && c >= 0n && c < 2n ** 47n) return { base: ABSOLUTE, by: Number(c) };
    const d = distance(address);
    return { base: d.base, by: d.by };
  };
  /** The window that serves an access. */
  const check = ({ base, by }: Place, size: number, write: boolean): Window => {
    if (base === touched.stack && frame && extend(frame, by, by + size, true, 0)) return frame;
    const open = windows.get(base);
    if (open && extend(open, by, by + size, write, jumps)) return open;
    flagsInPlace(before);
    const w = openWindow(base, by, by + size, write, jumps, nestedList(leave));
    put({ is: 'window', check: () => windowCheck(w) });
    windows.set(base, w);
    return w;
  };
  const loadFrom = (p: Place, name: LoadOp, size: number): Node => {
    const w = check(p, size, false);
    return pinLoad(name, w.offset, p.by, w);
  };
  const storeTo = (p: Place, name: StoreOp, size: number, value: Node) => {
    const v = pin(value);
    const w = check(p, size, true);
    put({ is: 'store', op: name, address: use(w.offset), offset: p.by, value: use(v), within: w });
  };
  const load = (p: Place, width: number): Node => loadFrom(p, LOAD_BY_WIDTH[width], width);
  const store = (p: Place, width: number, value: Node) => storeTo(p, STORE_BY_WIDTH[width], width, value);
  const aligned16 = (p: Place) => leaveWhen(op('i32.and', op('i32.wrap_i64', asAddress(p)), i32(15)));

  // ---- registers and operands

  const getRegister = (r: number, width: number, high = false): Node => {
    const full = readFull(r);
    if (width === 8) return full;
    const low = op('i32.wrap_i64', high ? op('i64.shr_u', full, i64(8)) : full);
    return width === 4 ? low : op('i32.and', low, i32(width === 1 ? 0xff : 0xffff));
  };
  const setRegister = (r: number, width: number, value: Node, high = false) => {
    // Computed here, so that an exit further on finds it in a local.
    if (width === 8) setValue(r, pin(value));
    else if (width === 4) setValue(r, pin(zeroExtend(value, 4, 8)));
    else {
      const shift = high ? 8 : 0;
      const mask = (width === 1 ? 0xffn : 0xffffn) << BigInt(shift);
      const part = zeroExtend(truncate(value, width), 4, 8);
      setValue(
        r,
        pin(op('i64.or', op('i64.and', readFull(r), i64(~mask)), shift ? op('i64.shl', part, i64(shift)) : part)),
      );
    }
  };
  const getVector = (r: number): Node => {
    const known = vectors[r];
    if (known) return known;
    if (list !== all) return vectorLocalOf(r);
    const n = copy(vectorLocalOf(r));
    vectors[r] = n;
    return n;
  };
  const setVector = (r: number, value: Node) => {
    vectors[r] = pin(value);
    written.vector |= 1 << r;
  };
  const operand = (i: number): Operand => current.operands[i];
  const immediate = (o: Operand & { is: 'imm' }): Node =>
    o.width === 8
      ? i64(o.value)
      : i32(Number(BigInt.asIntN(32, o.value)) & (o.width === 1 ? 0xff : o.width === 2 ? 0xffff : -1));
  const moveStack = (by: number): Place => asPlace(op('i64.add', readFull(RSP), i64(by)));
  const pushValue = (value: Node, width: number) => {
    const p = moveStack(-width);
    store(p, width, value);
    setValue(RSP, pin(asAddress(p)));
  };
  /** A branch out of user space faults, at the branch or behind it: tier 0 does that. */
  const canonical = (target: Node) => leaveWhen(op('i64.ne', op('i64.shr_u', target, i64(47)), i64(0)));
  const finish = (f: () => void) => {
    if (nested) throw new LeaveToTier0();
    f();
    ended = true;
  };
  const jumpTarget = (): number | undefined => {
    const o = current.operands[0];
    if (o?.is !== 'rel') return undefined;
    // Nothing of the kernel's half is ever compiled, and its bit 63 has another meaning here.
    if (o.target < 0 || o.target >= 2 ** 47) throw new LeaveToTier0();
    return o.target;
  };
  const nextAddress = (): number => current.address + current.length;

  const callTo = (target: Node | number) => {
    const back = nextAddress();
    const t = typeof target === 'number' ? target : pin(target);
    const rsp = delta(RSP);
    pushValue(i64(back), 8);
    const changed = settle();
    spend(done + 1);
    const to = around.blockAt(back);
    let next: Edge | undefined;
    if (to !== undefined) {
      // Everything comes back from memory; where the stack pointer should be is checked.
      next = {
        to,
        changed: { general: 0, vector: 0, flags: 0, inherits: false },
        flags: undefined,
        rsp,
        rbp: undefined,
        behindCall: true,
      };
      edges.push(next);
    }
    if (typeof t !== 'number') use(t);
    const { call } = around;
    stores.push(changed);
    put({ is: 'emit', write: () => call(t, back, changed, next) });
  };

  const e: Emitter = {
    ...pure,
    get size() {
      return current.size;
    },
    get operandCount() {
      return current.operands.length;
    },
    kind(i) {
      const o = operand(i);
      if (o.is !== 'reg') return o.is;
      return o.class === 'gpr' ? 'reg' : o.class === 'xmm' ? 'xmm' : 'other';
    },
    width(i) {
      const o = operand(i);
      if (o.is === 'rel') return 8;
      return o.is === 'reg' && o.class === 'xmm' ? 16 : o.width;
    },
    int: (value, width = current.size) => (width === 8 ? i64(value) : i32(value)),
    constant(i) {
      const o = operand(i);
      return o.is === 'imm' ? o.value : undefined;
    },
    read(i) {
      const o = operand(i);
      if (o.is === 'reg' && o.class === 'gpr') return getRegister(o.index, o.width, o.high);
      if (o.is === 'mem') return load(placeOf(o), o.width);
      if (o.is === 'imm') return immediate(o);
      if (o.is === 'rel') return i64(o.target);
      throw new NoSuchOperand('no integer');
    },
    write(i, value) {
      const o = operand(i);
      if (o.is === 'reg' && o.class === 'gpr') setRegister(o.index, o.width, node(value), o.high);
      else if (o.is === 'mem') store(placeOf(o), o.width, o.width < 8 ? truncate(value, 4) : node(value));
      else throw new NoSuchOperand('cannot be written');
    },
    address: i => asAddress(placeOf(operand(i), current.form.row.name !== 'lea')),
    readVector(i, aligned = false) {
      const o = operand(i);
      if (o.is === 'reg' && o.class === 'xmm') return getVector(o.index);
      if (o.is !== 'mem') throw new NoSuchOperand('no vector');
      const p = placeOf(o);
      if (aligned) aligned16(p);
      return loadFrom(p, 'v128.load', 16);
    },
    writeVector(i, value, aligned = false) {
      const o = operand(i);
      if (o.is === 'reg' && o.class === 'xmm') {
        setVector(o.index, node(value));
        return;
      }
      if (o.is !== 'mem') throw new NoSuchOperand('no vector');
      const p = placeOf(o);
      const v = pin(node(value));
      if (aligned) aligned16(p);
      storeTo(p, 'v128.store', 16, v);
    },
    readLow(i, width) {
      const o = operand(i);
      if (o.is === 'reg' && o.class === 'xmm')
        return pure.lane(width === 8 ? 'i64x2.extract_lane' : 'i32x4.extract_lane', 0, getVector(o.index));
      return load(placeOf(o), width);
    },
    writeLow(i, width, value) {
      const o = operand(i);
      if (o.is === 'reg' && o.class === 'xmm')
        setVector(
          o.index,
          pure.lane(width === 8 ? 'i64x2.replace_lane' : 'i32x4.replace_lane', 0, getVector(o.index), value),
        );
      else store(placeOf(o), width, node(value));
    },
    readFloat(i, width) {
      const o = operand(i);
      const [ty, shape] = width === 8 ? (['f64', 'f64x2'] as const) : (['f32', 'f32x4'] as const);
      if (o.is === 'mem') return loadFrom(placeOf(o), `${ty}.load`, width);
      if (o.is !== 'reg' || o.class !== 'xmm') throw new NoSuchOperand('no vector');
      const v = getVector(o.index);
      const known = scalars.get(v);
      if (known?.ty === ty) return known;
      const low = pin(pure.lane(`${shape}.extract_lane`, 0, v));
      if (!nested) scalars.set(v, low);
      return low;
    },
    writeFloat(i, width, value) {
      const o = operand(i);
      if (o.is !== 'reg' || o.class !== 'xmm') throw new NoSuchOperand('no vector');
      const low = pin(node(value));
      setVector(o.index, pure.lane(`${width === 8 ? 'f64x2' : 'f32x4'}.replace_lane`, 0, getVector(o.index), low));
      if (!nested) scalars.set(getVector(o.index), low);
    },
    get: (r, width) => getRegister(r, width),
    set: (r, width, value) => setRegister(r, width, node(value)),
    getVector,
    setVector: (r, value) => setVector(r, node(value)),
    load: (a, width: IntWidth) => load(asPlace(node(a)), width),
    store: (a, width: IntWidth, value) => store(asPlace(node(a)), width, width < 8 ? truncate(value, 4) : node(value)),
    push: value => pushValue(node(value), current.size === 2 ? 2 : 8),
    pop() {
      const width = current.size === 2 ? 2 : 8;
      const v = load(moveStack(0), width);
      setValue(RSP, pin(asAddress(moveStack(width))));
      return v;
    },
    nextPc: () => i64(nextAddress()),
    flags(kind, a, b, result, carry) {
      const { size } = current;
      if (carry !== undefined && carry !== 'keep') {
        // With a carry that came in, two values do not tell the result.
        flags = { is: 'cells', cells: cellsOf(kind, node(a), node(b), node(result), size, carry) };
        return;
      }
      const before = flags;
      flags = { is: 'operation', kind, a: node(a), b: node(b), result: node(result), size };
      if (carry === 'keep') flags = { is: 'partial', c: pin(cellOf(before, 'c')), under: flags };
    },
    setFlags(next) {
      const cells = cellsFrom(next, current.size);
      if (!cells.z && !cells.a) {
        flags = { is: 'partial', c: cells.c && pin(cells.c), o: cells.o && pin(cells.o), under: flags };
        return;
      }
      for (const k of FLAG_KEYS) cells[k] ??= flagCell(k);
      flags = { is: 'cells', cells };
    },
    setFlagsIf(condition, next) {
      const certain = constantOf(node(condition));
      if (certain === 0n) return;
      if (certain !== undefined) {
        e.setFlags(next);
        return;
      }
      const cells = cellsFrom(next, current.size);
      const choose = (k: keyof FlagCells): Node | undefined => {
        const value = cells[k];
        return value ? pin(select(node(condition), value, flagCell(k))) : undefined;
      };
      if (!cells.z && !cells.a) {
        flags = { is: 'partial', c: choose('c'), o: choose('o'), under: flags };
        return;
      }
      const chosen: FlagCells = {};
      for (const k of FLAG_KEYS) chosen[k] = choose(k) ?? flagCell(k);
      flags = { is: 'cells', cells: chosen };
    },
    setZpc(z, p, c) {
      flags = { is: 'cells', cells: cellsZpc(z, p, c) };
    },
    flag: (name: FlagName) => flagOf(name, flagCell),
    cond: () => fusedCondition(current.cond, flags) ?? conditionOf(current.cond, flagCell),
    jump(target) {
      const direct = jumpTarget();
      if (direct === undefined) canonical(node(target));
      finish(() => (direct === undefined ? goOut(node(target), 'jump') : goTo(direct)));
    },
    jumpIf(condition) {
      if (nested) throw new LeaveToTier0();
      const target = jumpTarget() as number;
      const c = pin(node(condition));
      settle();
      when(c, () => goTo(target));
      jumps++;
    },
    call(target) {
      const direct = jumpTarget();
      if (direct === undefined) canonical(node(target));
      finish(() => callTo(direct ?? node(target)));
    },
    ret() {
      const target = load(moveStack(0), 8);
      canonical(target);
      const extra = current.operands[0]?.is === 'imm' ? Number(current.operands[0].value) : 0;
      setValue(RSP, pin(asAddress(moveStack(8 + extra))));
      finish(() => goOut(target, 'return'));
    },
    trap() {
      if (!nested) throw new LeaveToTier0();
      leave();
      dead = true;
    },
    trapIf: condition => when(node(condition), leave),
    fpFast: () => touched.fpFast(),
    rare: condition => {
      if (constantOf(node(condition)) !== 0n) leaveWhen(node(condition));
    },
    when: conditional,
    routine(name) {
      if (nested) {
        // The other arm is the usual one.
        leave();
        dead = true;
        return;
      }
      if (NOT_TWICE.has(name) || current.operands.some(o => o.is === 'mem' && needsSum(o, o.segment)))
        throw new LeaveToTier0();
      const cells: FlagCells = {};
      for (const k of FLAG_KEYS) cells[k] = flagCell(k);
      flags = { is: 'cells', cells };
      const rsp = delta(RSP);
      const changedBefore = settle();
      const insn = current;
      const left = done + 1;
      const { routine } = around;
      stores.push(changedBefore);
      put({ is: 'emit', write: () => routine(name, insn, changedBefore, rsp, left) });
      // The routine may have changed any register: all came back from memory.
      values.fill(undefined);
      vectors.fill(undefined);
      values[RSP] = fixed(rsp);
      flags = flagsFrom(0);
      settled = flags;
      windows.clear();
      sums.clear();
      scalars.clear();
      forgetNumbers();
      Object.assign(changed, { general: 0, vector: 0, flags: 0, inherits: false });
    },
  };

  /** Effects of which one or the other happens: registers and flags that differ behind them are merged. */
  function conditional(condition: Parameters<Emitter['when']>[0], then: () => void, otherwise?: () => void): void {
    const c = use(node(condition));
    const outer = { values: [...values], vectors: [...vectors], flags, nested, dead };
    const arm = (body: (() => void) | undefined) => {
      values.splice(0, 16, ...outer.values);
      vectors.splice(0, 16, ...outer.vectors);
      flags = outer.flags;
      nested = true;
      dead = false;
      const outerWindows = windows;
      windows = new Map(windows);
      const statements = nestedList(() => body?.());
      windows = outerWindows;
      nested = outer.nested;
      return { statements, values: [...values], vectors: [...vectors], flags, dead };
    };
    const yes = arm(then);
    const no = arm(otherwise);
    dead = outer.dead;
    const take = (a: typeof yes) => {
      values.splice(0, 16, ...a.values);
      vectors.splice(0, 16, ...a.vectors);
      flags = a.flags;
    };
    const branch: Statement = { is: 'if', condition: c, yes: yes.statements, no: no.statements };
    if (yes.dead || no.dead) {
      // What is left of it goes on in a straight line.
      const [gone, stays] = yes.dead ? [yes, no] : [no, yes];
      put({ is: 'if', condition: c, yes: yes.dead ? gone.statements : [], no: yes.dead ? [] : gone.statements });
      list.push(...stays.statements);
      take(stays);
      return;
    }
    const merge = (a: Node, b: Node): Node => {
      const m = pinned(a.ty);
      m.uses = 1;
      put({ is: 'pin', node: m, value: use(a.ty === 'v128' ? pure.vector(0n, 0n) : a.ty === 'i64' ? i64(0) : i32(0)) });
      yes.statements.push({ is: 'set-node', target: m, value: use(a) });
      no.statements.push({ is: 'set-node', target: m, value: use(b) });
      return m;
    };
    take(yes);
    for (let r = 0; r < 16; r++) {
      if (yes.values[r] !== no.values[r]) values[r] = merge(yes.values[r] ?? localOf(r), no.values[r] ?? localOf(r));
      if (yes.vectors[r] !== no.vectors[r])
        vectors[r] = merge(yes.vectors[r] ?? vectorLocalOf(r), no.vectors[r] ?? vectorLocalOf(r));
    }
    if (yes.flags !== no.flags) {
      const cells: FlagCells = {};
      for (const k of FLAG_KEYS) cells[k] = merge(cellOf(yes.flags, k), cellOf(no.flags, k));
      flags = { is: 'cells', cells };
    }
    put(branch);
  }

  const begin = (next: Surroundings) => {
    forgetNumbers();
    around = next;
    all = [];
    list = all;
    edges = [];
    stores = [];
    leaves = [];
    reads = { general: 0, vector: 0, flags: 0 };
    values.fill(undefined);
    vectors.fill(undefined);
    windows = new Map();
    distances.clear();
    sums.clear();
    names.clear();
    scalars.clear();
    Object.assign(changed, { general: 0, vector: 0, flags: 0, inherits: true });
    written.general = 0;
    written.vector = 0;
    done = 0;
    jumps = 0;
    nested = false;
    dead = false;
    ended = false;
    inherited = flagsFrom(next.known.flags);
    flags = inherited;
    settled = inherited;
    values[RSP] = fixed(next.known.rsp);
    values[RBP] = fixed(next.known.rbp);
  };

  return (block, next) => {
    begin(next);
    for (const insn of block.insns) {
      current = insn;
      before = flags;
      const undo = { length: all.length, edges: edges.length, stores: stores.length, leaves: leaves.length, settled };
      try {
        if (!insn.form.row.lift) throw new LeaveToTier0();
        insn.form.row.lift(e);
      } catch (error) {
        if (!(error instanceof LeaveToTier0 || error instanceof NoSuchOperand)) throw error;
        // Nothing of it may remain: the block ends before it.
        all.length = undo.length;
        list = all;
        edges.length = undo.edges;
        stores.length = undo.stores;
        leaves.length = undo.leaves;
        flags = before;
        settled = undo.settled;
        written.general = 0;
        written.vector = 0;
        nested = false;
        leave();
        return { statements: all, edges, stores, leaves, reads };
      }
      if (ended) return { statements: all, edges, stores, leaves, reads };
      writeBack();
      done++;
    }
    done--;
    goTo(nextAddress());
    return { statements: all, edges, stores, leaves, reads };
  };
}

/** Where a routine faults tier 0 does it again; what these stored before cannot be stored twice. */
const NOT_TWICE = new Set(['enter']);

const ADD = op('i64.add', local(0, 'i64'), local(1, 'i64')).opcode;
const isAdd = (n: Node): boolean => n.opcode === ADD;

/** A condition straight from the compared values, where the last operation was a subtraction or a logical one. */
function fusedCondition(code: number, flags: Flags, carryApart = false): Node | undefined {
  const family = code >> 1;
  // A carry apart does not matter to conditions that do not ask for it. Of INC and DEC the result is at hand.
  if (flags.is === 'partial' && !flags.o && (family === 2 || family === 4))
    return fusedCondition(code, flags.under, true);
  if (flags.is !== 'operation') return undefined;
  const { kind, a, b, result, size } = flags;
  const extend = (v: Node, sign: boolean): Node =>
    size >= 4 ? v : sign ? signExtend(v, size, 4) : zeroExtend(v, size, 4);
  const ty = size === 8 ? 'i64' : 'i32';
  const compare = (name: string, sign: boolean): Node => op(`${ty}.${name}`, extend(a, sign), extend(b, sign));
  const zero = size === 8 ? i64(0) : i32(0);
  const r = () => (size >= 4 ? result : signExtend(result, size, 4));
  if (kind === 'sub' && !carryApart) {
    const names = [undefined, 'lt_u', 'eq', 'le_u', undefined, undefined, 'lt_s', 'le_s'];
    const opposites = [undefined, 'ge_u', 'ne', 'gt_u', undefined, undefined, 'ge_s', 'gt_s'];
    const name = (code & 1 ? opposites : names)[code >> 1];
    if (name) return compare(name, name.endsWith('_s'));
    if (code >> 1 === 4) return op(`${ty}.${code & 1 ? 'ge_s' : 'lt_s'}`, r(), zero);
    return undefined;
  }
  const isZero = code >> 1 === 2;
  if (isZero) return code & 1 ? op(`${ty}.ne`, extend(result, false), zero) : op(`${ty}.eqz`, extend(result, false));
  if (code >> 1 === 4) return op(`${ty}.${code & 1 ? 'ge_s' : 'lt_s'}`, r(), zero);
  if (kind === 'logic' && code >> 1 === 6) return op(`${ty}.${code & 1 ? 'ge_s' : 'lt_s'}`, r(), zero);
  if (kind === 'logic' && code >> 1 === 7) return op(`${ty}.${code & 1 ? 'gt_s' : 'le_s'}`, r(), zero);
  return undefined;
}
