/**
 * Tier 1: a guest function compiled to WebAssembly from the same lifts. Registers live in locals while control stays
 * inside; they are stored at calls and exits. What tier 1 cannot do exactly it leaves: a failed check, a rare
 * instruction or an unknown target ends the function with the pc of that instruction and everything before it done, and
 * tier 0 goes on there.
 *
 * A compiled function returns the pc at which execution goes on. A caller that finds another pc than its own return
 * address returns it in turn, so goroutine switches, signals and stack growth need no special case.
 */
import { VECTOR } from '../abi/amd64/layout.ts';
import type { Emitter, FlagKind, FlagName, IntWidth } from '../isa/emitter.ts';
import type { Insn, Operand } from '../isa/x64/row.ts';
import { READ_TAGS, WRITE_TAGS } from '../memory/linear.ts';
import * as L from './layout.ts';
import {
  Codegen,
  constantOf,
  i32,
  i64,
  type Label,
  local,
  type Node,
  op,
  pinned,
  type Statement,
  select,
  use,
} from './nodes.ts';
import {
  cellsFrom,
  cellsOf,
  cellsZpc,
  conditionOf,
  FLAG_CELL,
  type FlagCells,
  flagOf,
  foldOf,
  LOAD_BY_WIDTH,
  node,
  pure,
  STORE_BY_WIDTH,
  signExtend,
  truncate,
  zeroExtend,
} from './ops.ts';
import { NoSuchOperand } from './tier0.ts';
import { Bytes, type LoadOp, type StoreOp, type Ty } from './wasm.ts';

/** A run of instructions with one entry; conditional jumps may leave it in the middle, every branch target begins one. */
export interface BasicBlock {
  start: number;
  insns: Insn[];
}

export interface Region {
  entry: number;
  blocks: Map<number, BasicBlock>;
}

/** Functions of the module that a region may call. */
export interface RegionCalls {
  /** Function and block by address, for entries that are compiled into the same module. */
  direct: ReadonlyMap<number, { function: number; block: number }>;
}

const RSP = 4;
const FLAG_KEYS = ['z', 's', 'c', 'o', 'a'] as const;

/** Flags as the code before a point left them, computed only if somebody asks. */
type Flags =
  /** As they were when the block began: in the cells' locals, or pending from another block. */
  | { is: 'unknown' }
  | { is: 'cells'; cells: FlagCells }
  | { is: 'operation'; kind: FlagKind; a: Node; b: Node; result: Node; size: number }
  /** CF, or CF and OF, on top of others. */
  | { is: 'partial'; c?: Node; o?: Node; under: Flags };

const PENDING_KINDS: readonly FlagKind[] = ['logic', 'add', 'sub'];
const OPERATION = 15;
/** CF, OF are in their cells whatever the operation says. */
const CARRY_APART = 16;
const OVERFLOW_APART = 32;

/** Number of an operation whose flags are not evaluated yet; 0 means that the cells hold. */
export const pendingKind = (kind: FlagKind, size: number): number =>
  1 + PENDING_KINDS.indexOf(kind) * 4 + Math.log2(size);

/**
 * Evaluates pending flags outside of generated code: sets the five cells (zero, sign, carry, overflow, auxiliary, in
 * this order from `cells[0]` on). `x` and `y` are such that CF is x < y, unsigned: a and b of a subtraction, the
 * inverse of b and a of an addition.
 */
export function evaluatePending(kind: number, x: bigint, y: bigint, result: bigint, cells: BigUint64Array): void {
  const operation = kind & OPERATION;
  if (operation === 0) return;
  const bits = 8 << ((operation - 1) & 3);
  const what = PENDING_KINDS[(operation - 1) >> 2];
  const r = BigInt.asUintN(bits, result);
  cells[0] = BigInt.asUintN(64, result);
  cells[1] = BigInt.asUintN(64, result);
  if (!(kind & CARRY_APART)) cells[2] = x < y ? 1n : 0n;
  const a = what === 'add' ? y : x;
  const b = what === 'add' ? BigInt.asUintN(bits, ~x) : y;
  if (!(kind & OVERFLOW_APART)) {
    const overflow = what === 'add' ? (a ^ r) & (b ^ r) : what === 'sub' ? (a ^ b) & (a ^ r) : 0n;
    cells[3] = BigInt.asUintN(64, BigInt.asIntN(bits, overflow));
  }
  cells[4] = what === 'logic' ? 0n : a ^ b ^ r;
}

/** An instruction that only tier 0 executes: the region ends before it. */
class LeaveToTier0 extends Error {}

export interface CompiledRegion {
  /** Addresses at which it can be entered; the place in this list is the parameter. */
  entries: number[];
  locals: Ty[];
  code: Uint8Array;
}

/**
 * Writes a region's code. The function's type is (i32) → i64: from the block to begin with, to the pc to go on at. Control cells: EXIT tells whether it left
 * for tier 0 (1) or came to its end (0); EXIT_BUDGET holds the budget.
 */
/** The blocks in the order in which a compiled region numbers them. */
export const blockOrder = (region: Region): number[] => [...region.blocks.keys()].sort((a, b) => a - b);

export function compileRegion(region: Region, calls: RegionCalls): CompiledRegion {
  const code = new Bytes();
  const locals: Ty[] = [];
  const gen = new Codegen(code, 1, locals);
  // Locals exist for what the code touches; what it writes is stored at exits.
  const registerLocal: number[] = new Array(16).fill(-1);
  const vectorLocal: number[] = new Array(16).fill(-1);
  const flagLocal: Partial<Record<keyof FlagCells, number>> = {};
  const written = { general: new Set<number>(), vector: new Set<number>(), cells: false, pending: false };
  const general = (r: number): number => {
    if (registerLocal[r] < 0) registerLocal[r] = gen.newLocal('i64');
    return registerLocal[r];
  };
  const vector = (r: number): number => {
    if (vectorLocal[r] < 0) vectorLocal[r] = gen.newLocal('v128');
    return vectorLocal[r];
  };
  const flagCellLocal = (k: keyof FlagCells): number => {
    flagLocal[k] ??= gen.newLocal('i64');
    return flagLocal[k] as number;
  };
  const pending = {
    kind: gen.newLocal('i32'),
    a: gen.newLocal('i64'),
    b: gen.newLocal('i64'),
    result: gen.newLocal('i64'),
  };
  const pcLocal = gen.newLocal('i64');
  const budgetLocal = gen.newLocal('i32');
  /** The parameter: which block comes next. */
  const blockLocal = 0;

  const exitLabel: Label = { depth: 0 };
  const loopLabel: Label = { depth: 0 };
  const order = blockOrder(region);
  const indexOf = new Map(order.map((start, i) => [start, i]));

  const loadState = () => {
    for (let r = 0; r < 16; r++) if (registerLocal[r] >= 0) loadCell('i64.load', L.REGS + r * 8, registerLocal[r]);
    for (let r = 0; r < 16; r++)
      if (vectorLocal[r] >= 0) loadCell('v128.load', L.REGS + (VECTOR + r * 4) * 8, vectorLocal[r]);
    if (written.cells) for (const k of FLAG_KEYS) loadCell('i64.load', L.REGS + FLAG_CELL[k] * 8, flagCellLocal(k));
    if (!written.pending && !written.cells) return;
    loadCell('i32.load', L.PENDING_KIND, pending.kind);
    loadCell('i64.load', L.PENDING_A, pending.a);
    loadCell('i64.load', L.PENDING_B, pending.b);
    loadCell('i64.load', L.PENDING_RESULT, pending.result);
  };
  const loadCell = (name: LoadOp, offset: number, into: number) =>
    gen.scope(() => {
      const n = pinned(name === 'v128.load' ? 'v128' : name === 'i32.load' ? 'i32' : 'i64');
      n.uses = 1;
      gen.statement({ is: 'pin', node: n, load: { op: name, address: use(i32(0)), offset } });
      gen.statement({ is: 'set', local: into, value: n });
    });
  const storeState = (): Statement[] => {
    const list: Statement[] = [];
    const put = (name: StoreOp, offset: number, from: number, ty: Ty) =>
      list.push({ is: 'store', op: name, address: use(i32(0)), offset, value: use(local(from, ty)) });
    for (let r = 0; r < 16; r++) if (written.general.has(r)) put('i64.store', L.REGS + r * 8, registerLocal[r], 'i64');
    for (let r = 0; r < 16; r++)
      if (written.vector.has(r)) put('v128.store', L.REGS + (VECTOR + r * 4) * 8, vectorLocal[r], 'v128');
    if (written.cells) for (const k of FLAG_KEYS) put('i64.store', L.REGS + FLAG_CELL[k] * 8, flagCellLocal(k), 'i64');
    if (written.pending || written.cells) {
      put('i32.store', L.PENDING_KIND, pending.kind, 'i32');
      put('i64.store', L.PENDING_A, pending.a, 'i64');
      put('i64.store', L.PENDING_B, pending.b, 'i64');
      put('i64.store', L.PENDING_RESULT, pending.result, 'i64');
    }
    list.push({
      is: 'store',
      op: 'i32.store',
      address: use(i32(0)),
      offset: L.EXIT_BUDGET,
      value: use(local(budgetLocal, 'i32')),
    });
    return list;
  };

  // All blocks are lifted before any is written: then it is known which registers the region touches.
  const blocks = order.map(start => {
    const lifted = liftBlock(region.blocks.get(start) as BasicBlock);
    return () => gen.scope(() => gen.statements(lifted));
  });

  function liftBlock(block: BasicBlock): Statement[] {
    let list: Statement[] = [];
    const all = list;
    const put = (s: Statement) => list.push(s);
    const values: (Node | undefined)[] = [];
    const vectors: (Node | undefined)[] = [];
    let flags: Flags = { is: 'unknown' };
    /** Instructions of this block executed before the current one. */
    let done = 0;
    let current = block.insns[0];

    const when = (condition: Node, yes: () => void, no?: () => void) => {
      const s = { is: 'if' as const, condition: use(condition), yes: [] as Statement[], no: [] as Statement[] };
      put(s);
      const outer = list;
      list = s.yes;
      yes();
      if (no) {
        list = s.no;
        no();
      }
      list = outer;
    };
    const pinLoad = (name: LoadOp, address: Node, offset: number): Node => {
      const n = pinned(name === 'v128.load' ? 'v128' : name.startsWith('i64') ? 'i64' : 'i32');
      put({ is: 'pin', node: n, load: { op: name, address: use(address), offset } });
      return n;
    };
    const pin = (value: Node): Node => {
      if (value.is === 'const' || value.is === 'pinned') return value;
      const n = pinned(value.ty);
      put({ is: 'pin', node: n, value: use(value) });
      return n;
    };

    const readFull = (r: number): Node => (values[r] ??= local(general(r), 'i64'));
    const flagCell = (which: keyof FlagCells): Node => cellOf(flags, which);
    const cellOf = (f: Flags, which: keyof FlagCells): Node => {
      if (f.is === 'cells') return f.cells[which] as Node;
      if (f.is === 'operation') return cellsOf(f.kind, f.a, f.b, f.result, f.size)[which] as Node;
      if (f.is === 'partial') return (which === 'c' && f.c) || (which === 'o' && f.o) || cellOf(f.under, which);
      // From another block: what does not depend on the operation's kind can be told here.
      const kind = local(pending.kind, 'i32');
      const cell = local(flagCellLocal(which), 'i64');
      written.cells = true;
      if (which === 'c') {
        const below = op('i64.extend_i32_u', op('i64.lt_u', local(pending.a, 'i64'), local(pending.b, 'i64')));
        const apart = op(
          'i32.or',
          op('i32.eqz', op('i32.and', kind, i32(OPERATION))),
          op('i32.and', kind, i32(CARRY_APART)),
        );
        return select(apart, cell, below);
      }
      if (which === 'z' || which === 's')
        return select(op('i32.and', kind, i32(OPERATION)), local(pending.result, 'i64'), cell);
      throw new LeaveToTier0();
    };
    /**
     * Flags cross blocks unevaluated where the operation is plain: its kind, operands and result, each widened to 64
     * bits. Whoever leaves the region evaluates them.
     */
    const settleFlags = (set: (index: number, value: Node | undefined) => void) => {
      let apart = 0;
      let base = flags;
      while (base.is === 'partial') {
        if (base.c && !(apart & CARRY_APART)) {
          apart |= CARRY_APART;
          set(flagCellLocal('c'), base.c);
        }
        if (base.o && !(apart & OVERFLOW_APART)) {
          apart |= OVERFLOW_APART;
          set(flagCellLocal('o'), base.o);
        }
        base = base.under;
      }
      if (apart) written.cells = true;
      if (base.is === 'unknown') {
        if (apart) set(pending.kind, op('i32.or', local(pending.kind, 'i32'), i32(apart)));
        return;
      }
      if (base.is === 'operation') {
        const { kind, a, b, result, size } = base;
        written.pending = true;
        set(pending.kind, i32(pendingKind(kind, size) | apart));
        set(pending.result, signExtend(result, size, 8));
        const inverse = (v: Node): Node => zeroExtend(pure.not(v), size, 8);
        set(pending.a, kind === 'logic' ? i64(0) : kind === 'add' ? inverse(b) : zeroExtend(a, size, 8));
        set(pending.b, kind === 'logic' ? i64(0) : zeroExtend(kind === 'add' ? a : b, size, 8));
        return;
      }
      written.cells = true;
      for (const k of FLAG_KEYS)
        if (!(k === 'c' && apart & CARRY_APART) && !(k === 'o' && apart & OVERFLOW_APART))
          set(flagCellLocal(k), base.cells[k]);
      set(pending.kind, i32(0));
    };
    /** Puts the block's values into the locals: what the code behind this point, or an exit, finds. */
    const settle = () => {
      const into: number[] = [];
      const list: Node[] = [];
      const set = (index: number, value: Node | undefined, note: () => void) => {
        if (!value || (value.is === 'local' && value.imm === index)) return;
        note();
        into.push(index);
        list.push(use(value));
      };
      for (let r = 0; r < 16; r++) if (values[r]) set(general(r), values[r], () => written.general.add(r));
      for (let r = 0; r < 16; r++) if (vectors[r]) set(vector(r), vectors[r], () => written.vector.add(r));
      settleFlags((index, value) => set(index, value, () => {}));
      if (into.length) put({ is: 'set-all', locals: into, values: list });
    };
    const spend = (n: number): Statement => ({
      is: 'set',
      local: budgetLocal,
      value: use(op('i32.sub', local(budgetLocal, 'i32'), i32(n))),
    });
    /** Leaves before the current instruction: tier 0 does it. */
    const leave = () => {
      settle();
      put(spend(done));
      put({ is: 'store', op: 'i32.store', address: use(i32(0)), offset: L.EXIT, value: use(i32(1)) });
      put({ is: 'set', local: pcLocal, value: use(i64(current.address)) });
      put({ is: 'br', label: exitLabel });
    };
    /** Goes to another block, or out of the region, after the current instruction. */
    const goTo = (target: number) => {
      settle();
      put(spend(done + 1));
      const index = indexOf.get(target);
      if (index === undefined) {
        put({ is: 'set', local: pcLocal, value: use(i64(target)) });
        put({ is: 'br', label: exitLabel });
        return;
      }
      put({ is: 'set', local: blockLocal, value: use(i32(index)) });
      put({ is: 'br', label: loopLabel });
    };
    const goOut = (target: Node) => {
      const t = pin(target);
      settle();
      put(spend(done + 1));
      put({ is: 'set', local: pcLocal, value: use(t) });
      put({ is: 'br', label: exitLabel });
    };

    const check = (address: Node, size: number, write: boolean): Node => {
      const a = pin(address);
      const offset = pin(foldOf(a));
      const last = size > 1 ? op('i64.add', a, i64(size - 1)) : a;
      const tag = pinLoad(
        'i64.load',
        op('i32.shl', op('i32.shr_u', offset, i32(12)), i32(3)),
        write ? WRITE_TAGS : READ_TAGS,
      );
      when(op('i64.ne', tag, op('i64.or', last, i64(0xfff))), leave);
      return offset;
    };
    const load = (address: Node, width: number): Node => pinLoad(LOAD_BY_WIDTH[width], check(address, width, false), 0);
    const store = (address: Node, width: number, value: Node) => {
      const v = pin(value);
      put({
        is: 'store',
        op: STORE_BY_WIDTH[width],
        address: use(check(address, width, true)),
        offset: 0,
        value: use(v),
      });
    };

    const getRegister = (r: number, width: number, high = false): Node => {
      const full = readFull(r);
      if (width === 8) return full;
      const low = op('i32.wrap_i64', high ? op('i64.shr_u', full, i64(8)) : full);
      return width === 4 ? low : op('i32.and', low, i32(width === 1 ? 0xff : 0xffff));
    };
    const setRegister = (r: number, width: number, value: Node, high = false) => {
      // Computed here, so that an exit further on finds it in a local.
      if (width === 8) values[r] = pin(value);
      else if (width === 4) values[r] = pin(zeroExtend(value, 4, 8));
      else {
        const shift = high ? 8 : 0;
        const mask = (width === 1 ? 0xffn : 0xffffn) << BigInt(shift);
        const part = zeroExtend(truncate(value, width), 4, 8);
        values[r] = pin(
          op('i64.or', op('i64.and', readFull(r), i64(~mask)), shift ? op('i64.shl', part, i64(shift)) : part),
        );
      }
    };
    const getVector = (r: number): Node => (vectors[r] ??= local(vector(r), 'v128'));
    const setVector = (r: number, value: Node) => {
      vectors[r] = pin(value);
    };
    const operand = (i: number): Operand => current.operands[i];
    const addressOf = (o: Operand, segment = true): Node => {
      if (o.is !== 'mem') throw new NoSuchOperand('no memory operand');
      if (o.addressWidth === 4 || o.segment === 'gs') throw new LeaveToTier0();
      let a: Node | undefined = o.base >= 0 ? readFull(o.base) : undefined;
      if (o.index >= 0) {
        const scaled = o.scale === 1 ? readFull(o.index) : op('i64.shl', readFull(o.index), i64(Math.log2(o.scale)));
        a = a ? op('i64.add', a, scaled) : scaled;
      }
      if (segment && o.segment === 'fs') {
        const base = pinLoad('i64.load', i32(0), L.REGS + 17 * 8);
        a = a ? op('i64.add', a, base) : base;
      }
      return a ? op('i64.add', a, i64(o.disp)) : i64(o.disp);
    };
    const immediate = (o: Operand & { is: 'imm' }): Node =>
      o.width === 8
        ? i64(o.value)
        : i32(Number(BigInt.asIntN(32, o.value)) & (o.width === 1 ? 0xff : o.width === 2 ? 0xffff : -1));
    const pushValue = (value: Node, width: number) => {
      const sp = op('i64.add', readFull(RSP), i64(-width));
      store(sp, width, value);
      values[RSP] = pin(sp);
    };

    /** A branch to an address that is not canonical faults at the branch: tier 0 does that. */
    const canonical = (target: Node) =>
      when(op('i64.ne', op('i64.shr_u', op('i64.add', target, i64(2n ** 47n)), i64(48)), i64(0)), leave);
    let ended = false;
    const finish = (f: () => void) => {
      f();
      ended = true;
    };
    const jumpTarget = (): number | undefined => {
      const o = current.operands[0];
      return o?.is === 'rel' ? o.target : undefined;
    };
    const nextAddress = (): number => current.address + current.length;

    const callTo = (target: Node | number) => {
      const back = nextAddress();
      const t = typeof target === 'number' ? undefined : pin(target);
      pushValue(i64(back), 8);
      settle();
      put(spend(done + 1));
      const index = typeof target === 'number' ? calls.direct.get(target) : undefined;
      if (index === undefined) {
        put({ is: 'set', local: pcLocal, value: use(t ?? i64(target as number)) });
        put({ is: 'br', label: exitLabel });
        return;
      }
      put({ is: 'flush' });
      const answer = pinned('i64');
      put({ is: 'call', function: index.function, args: [use(i32(index.block))], result: answer });
      // Anything but the return address goes on unwinding: the state is in memory already.
      when(op('i64.ne', answer, i64(back)), () => put({ is: 'return', value: use(answer) }));
      // A callee that left for tier 0 right behind the call is told by EXIT.
      const left = pinLoad('i32.load', i32(0), L.EXIT);
      when(left, () => put({ is: 'return', value: use(i64(back)) }));
      put({ is: 'reload' });
      const after = indexOf.get(back);
      if (after === undefined) {
        put({ is: 'set', local: pcLocal, value: use(i64(back)) });
        put({ is: 'br', label: exitLabel });
      } else {
        put({ is: 'set', local: blockLocal, value: use(i32(after)) });
        put({ is: 'br', label: loopLabel });
      }
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
        if (o.is === 'mem') return load(addressOf(o), o.width);
        if (o.is === 'imm') return immediate(o);
        if (o.is === 'rel') return i64(o.target);
        throw new NoSuchOperand('no integer');
      },
      write(i, value) {
        const o = operand(i);
        if (o.is === 'reg' && o.class === 'gpr') setRegister(o.index, o.width, node(value), o.high);
        else if (o.is === 'mem') store(addressOf(o), o.width, o.width < 8 ? truncate(value, 4) : node(value));
        else throw new NoSuchOperand('cannot be written');
      },
      address: i => addressOf(operand(i), false),
      readVector(i, aligned = false) {
        const o = operand(i);
        if (o.is === 'reg' && o.class === 'xmm') return getVector(o.index);
        if (o.is !== 'mem') throw new NoSuchOperand('no vector');
        const a = pin(addressOf(o));
        if (aligned) when(op('i32.and', op('i32.wrap_i64', a), i32(15)), leave);
        return pinLoad('v128.load', check(a, 16, false), 0);
      },
      writeVector(i, value, aligned = false) {
        const o = operand(i);
        if (o.is === 'reg' && o.class === 'xmm') {
          setVector(o.index, node(value));
          return;
        }
        if (o.is !== 'mem') throw new NoSuchOperand('no vector');
        const a = pin(addressOf(o));
        const v = pin(node(value));
        if (aligned) when(op('i32.and', op('i32.wrap_i64', a), i32(15)), leave);
        put({ is: 'store', op: 'v128.store', address: use(check(a, 16, true)), offset: 0, value: use(v) });
      },
      readLow(i, width) {
        const o = operand(i);
        if (o.is === 'reg' && o.class === 'xmm')
          return pure.lane(width === 8 ? 'i64x2.extract_lane' : 'i32x4.extract_lane', 0, getVector(o.index));
        return load(addressOf(o), width);
      },
      writeLow(i, width, value) {
        const o = operand(i);
        if (o.is === 'reg' && o.class === 'xmm')
          setVector(
            o.index,
            pure.lane(width === 8 ? 'i64x2.replace_lane' : 'i32x4.replace_lane', 0, getVector(o.index), value),
          );
        else store(addressOf(o), width, node(value));
      },
      readFloat(i, width) {
        const bits = e.readLow(i, width);
        return pure.op(width === 8 ? 'f64.reinterpret_i64' : 'f32.reinterpret_i32', bits);
      },
      writeFloat: (i, width, value) =>
        e.writeLow(i, width, pure.op(width === 8 ? 'i64.reinterpret_f64' : 'i32.reinterpret_f32', value)),
      get: (r, width) => getRegister(r, width),
      set: (r, width, value) => setRegister(r, width, node(value)),
      getVector,
      setVector: (r, value) => setVector(r, node(value)),
      load: (a, width: IntWidth) => load(node(a), width),
      store: (a, width: IntWidth, value) => store(node(a), width, width < 8 ? truncate(value, 4) : node(value)),
      push: value => pushValue(node(value), current.size === 2 ? 2 : 8),
      pop() {
        const width = current.size === 2 ? 2 : 8;
        const sp = readFull(RSP);
        const v = load(sp, width);
        values[RSP] = pin(op('i64.add', sp, i64(width)));
        return v;
      },
      nextPc: () => i64(nextAddress()),
      flags(kind, a, b, result, carry) {
        const before = flags;
        flags = { is: 'operation', kind, a: node(a), b: node(b), result: node(result), size: current.size };
        if (carry === undefined) return;
        const c = carry === 'keep' ? cellOf(before, 'c') : zeroExtend(carry, 4, 8);
        flags = { is: 'partial', c: pin(c), under: flags };
      },
      setFlags(values) {
        const next = cellsFrom(values, current.size);
        if (!next.z && !next.a) {
          flags = { is: 'partial', c: next.c, o: next.o, under: flags };
          return;
        }
        const cells: FlagCells = {};
        for (const k of FLAG_KEYS) cells[k] = next[k] ?? flagCell(k);
        flags = { is: 'cells', cells };
      },
      setFlagsIf(condition, values) {
        const known = constantOf(node(condition));
        if (known === 0n) return;
        if (known !== undefined) {
          e.setFlags(values);
          return;
        }
        const next = cellsFrom(values, current.size);
        const choose = (k: keyof FlagCells): Node | undefined => {
          const value = next[k];
          return value ? pin(select(node(condition), value, flagCell(k))) : undefined;
        };
        if (!next.z && !next.a) {
          flags = { is: 'partial', c: choose('c'), o: choose('o'), under: flags };
          return;
        }
        const cells: FlagCells = {};
        for (const k of FLAG_KEYS) cells[k] = choose(k) ?? flagCell(k);
        flags = { is: 'cells', cells };
      },
      setZpc(z, p, c) {
        flags = { is: 'cells', cells: cellsZpc(z, p, c) };
      },
      flag: (name: FlagName) => flagOf(name, flagCell),
      cond: () => fusedCondition(current.cond, flags) ?? conditionOf(current.cond, flagCell),
      jump(target) {
        const direct = jumpTarget();
        if (direct === undefined) canonical(node(target));
        finish(() => (direct === undefined ? goOut(node(target)) : goTo(direct)));
      },
      jumpIf(condition) {
        const target = jumpTarget() as number;
        when(node(condition), () => goTo(target));
      },
      call(target) {
        const direct = jumpTarget();
        if (direct === undefined) canonical(node(target));
        finish(() => callTo(direct ?? node(target)));
      },
      ret() {
        const sp = readFull(RSP);
        const target = load(sp, 8);
        canonical(target);
        const extra = current.operands[0]?.is === 'imm' ? current.operands[0].value : 0n;
        values[RSP] = op('i64.add', sp, i64(8n + extra));
        finish(() => goOut(target));
      },
      trap() {
        throw new LeaveToTier0();
      },
      trapIf: condition => when(node(condition), leave),
      when() {
        throw new LeaveToTier0();
      },
      routine() {
        throw new LeaveToTier0();
      },
      fpFast: () => pinLoad('i32.load', i32(0), L.FP_FAST),
      rare: condition => {
        if (constantOf(node(condition)) !== 0n) when(node(condition), leave);
      },
    };

    for (const insn of block.insns) {
      current = insn;
      const statements = all.length;
      const before = { values: [...values], vectors: [...vectors], flags };
      try {
        if (!insn.form.row.lift) throw new LeaveToTier0();
        insn.form.row.lift(e);
      } catch (error) {
        if (!(error instanceof LeaveToTier0 || error instanceof NoSuchOperand)) throw error;
        // Nothing of it may remain: the region ends before it.
        all.length = statements;
        list = all;
        for (let r = 0; r < 16; r++) {
          values[r] = before.values[r];
          vectors[r] = before.vectors[r];
        }
        flags = before.flags;
        leave();
        return all;
      }
      if (ended) return all;
      // Values that change at each instruction are kept as expressions; deep ones are cut so that none is computed twice.
      done++;
    }
    done--;
    goTo(nextAddress());
    return all;
  }

  // ---- the function
  gen.flush = () => gen.scope(() => gen.statements(storeState()));
  loadState();
  loadCell('i32.load', L.EXIT_BUDGET, budgetLocal);
  gen.reload = () => {
    loadState();
    loadCell('i32.load', L.EXIT_BUDGET, budgetLocal);
  };
  gen.block(exitLabel, () => {
    gen.loop(loopLabel, () => {
      // One check a block: the longest block still fits into the budget.
      const longest = Math.max(...order.map(s => (region.blocks.get(s) as BasicBlock).insns.length));
      gen.statement({
        is: 'if',
        condition: use(op('i32.lt_s', local(budgetLocal, 'i32'), i32(longest))),
        yes: [
          { is: 'store', op: 'i32.store', address: use(i32(0)), offset: L.EXIT, value: use(i32(1)) },
          { is: 'set', local: pcLocal, value: use(pcOfBlock()) },
          { is: 'br', label: exitLabel },
        ],
        no: [],
      });
      const targets = order.map((): Label => ({ depth: 0 }));
      const nest = (i: number): void => {
        if (i < 0) {
          code.byte(0x20);
          code.u32(blockLocal);
          code.byte(0x0e);
          code.u32(order.length - 1);
          for (const t of targets) code.u32(gen.depthTo(t));
          return;
        }
        gen.block(targets[i], () => nest(i - 1));
        blocks[i]();
      };
      nest(order.length - 1);
    });
  });
  gen.scope(() => gen.statements(storeState()));
  code.byte(0x20);
  code.u32(pcLocal);
  return { entries: order, locals, code: code.view().slice() };

  /** The pc of the block that `blockLocal` names, as a chain of selects. */
  function pcOfBlock(): Node {
    let value: Node = i64(order[0]);
    order.forEach((start, i) => {
      if (i > 0) value = select(op('i32.eq', local(blockLocal, 'i32'), i32(i)), i64(start), value);
    });
    return value;
  }
}

/** A condition straight from the compared values, where the last operation was a subtraction or a logical one. */
function fusedCondition(code: number, flags: Flags): Node | undefined {
  const family = code >> 1;
  // A carry apart does not matter to conditions that do not ask for it.
  if (flags.is === 'partial' && !flags.o && (family === 2 || family === 4)) return fusedCondition(code, flags.under);
  if (flags.is !== 'operation') return undefined;
  const { kind, a, b, result, size } = flags;
  const extend = (v: Node, sign: boolean): Node =>
    size >= 4 ? v : sign ? signExtend(v, size, 4) : zeroExtend(v, size, 4);
  const ty = size === 8 ? 'i64' : 'i32';
  const compare = (name: string, sign: boolean): Node => op(`${ty}.${name}`, extend(a, sign), extend(b, sign));
  const zero = size === 8 ? i64(0) : i32(0);
  const r = () => (size >= 4 ? result : signExtend(result, size, 4));
  if (kind === 'sub') {
    const names = [undefined, 'lt_u', 'eq', 'le_u', undefined, undefined, 'lt_s', 'le_s'];
    const opposites = [undefined, 'ge_u', 'ne', 'gt_u', undefined, undefined, 'ge_s', 'gt_s'];
    const name = (code & 1 ? opposites : names)[code >> 1];
    if (name) return compare(name, name.endsWith('_s'));
    if (code >> 1 === 4) return op(`${ty}.${code & 1 ? 'ge_s' : 'lt_s'}`, r(), zero);
    return undefined;
  }
  const isZero = code >> 1 === 2;
  if (isZero) return code & 1 ? op(`${ty}.ne`, r(), zero) : op(`${ty}.eqz`, r());
  if (code >> 1 === 4) return op(`${ty}.${code & 1 ? 'ge_s' : 'lt_s'}`, r(), zero);
  if (kind === 'logic' && code >> 1 === 6) return op(`${ty}.${code & 1 ? 'ge_s' : 'lt_s'}`, r(), zero);
  if (kind === 'logic' && code >> 1 === 7) return op(`${ty}.${code & 1 ? 'gt_s' : 'le_s'}`, r(), zero);
  return undefined;
}
