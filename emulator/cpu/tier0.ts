/**
 * Tier 0: an interpreter made from the lifts. Each *shape* of an instruction (its row, size and kinds of operands)
 * becomes one handler, which takes register numbers, displacements and immediates from a decoded record. The hottest
 * shapes stand inline in one `br_table` loop; the others are functions in a table, made when a block first needs them.
 */
import { FP_CONTROL, FP_TAGS, VECTOR } from '../abi/amd64/layout.ts';
import type { Emitter, FlagName, IntWidth, Trap, Val } from '../isa/emitter.ts';
import type { Operand, Row } from '../isa/x64/row.ts';
import { rows } from '../isa/x64/rows.ts';
import { READ_TAGS, WRITE_TAGS } from '../memory/linear.ts';
import * as L from './layout.ts';
import {
  type Codegen,
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
  truncate,
  zeroExtend,
} from './ops.ts';
import { LOADS, type LoadOp, type StoreOp } from './wasm.ts';

export type OperandShape = { kind: 'reg' | 'xmm' | 'mm' | 'mem' | 'imm' | 'rel' | 'other'; width: number };

/** What a handler is specialised on. */
export interface Shape {
  row: Row;
  cond: number;
  size: number;
  operands: readonly OperandShape[];
}

const KIND_LETTER = { reg: 'r', xmm: 'x', mm: 'q', mem: 'm', imm: 'i', rel: 'l', other: 'o' } as const;

const ids = new Map<Row, string>();
{
  const byName = new Map<string, Row[]>();
  for (const row of rows) byName.set(row.name, [...(byName.get(row.name) ?? []), row]);
  for (const [name, same] of byName)
    for (const [i, row] of same.entries()) ids.set(row, same.length > 1 ? `${name}~${i}` : name);
}

/** A row's name, with its place among those of the same name. */
export const rowId = (row: Row): string => ids.get(row) ?? row.name;

export const shapeKey = (s: Shape): string =>
  `${rowId(s.row)}|${s.cond}|${s.size}|${s.operands.map(o => KIND_LETTER[o.kind] + o.width).join()}`;

/** Functions that generated code calls, by index. */
export interface Calls {
  /** (address f64, size and kind i32) → linear offset, or 0 when the access faults. */
  slow: number;
  /** (routine i32, record i32) → 0 done; 1 exit, the instruction has not happened; 2 done, the pc was set. */
  routine: number;
}

/** Where control goes when a handler does not simply go on. */
export interface Ways {
  calls: Calls;
  /** Local with the record's offset. */
  record: number;
  /** To the next record, whose offset is in `record`. */
  next: Label;
  /** Leave; EXIT is stored, and the instruction has not happened. */
  undone: Label;
  /** Leave; EXIT is stored, and the instruction has happened. */
  done: Label;
  /** The local that counts the budget down, in the loop only. */
  budget: number | undefined;
  routineIndex: (name: string) => number;
}

export const SLOW_WRITE = 0x100;

/** A handler's statements; `falls` tells whether the next record follows. */
export interface Handler {
  statements: Statement[];
  falls: boolean;
  /** What a rare case branches to: the routine does the instruction, then the next record follows. */
  rare: { label: Label; statements: Statement[] } | undefined;
}

/**
 * Whether a record's own address fields do not suffice for a memory operand: then another record before it leaves the
 * sum in `ADDRESS_SCRATCH`. LEA has no segment.
 */
export const needsSum = (mem: Operand & { is: 'mem' }, segment: string | undefined): boolean =>
  mem.addressWidth === 4 || (mem.base >= 0 && mem.index >= 0 && (segment === 'fs' || segment === 'gs'));

/** A lift asked for something that its operand is not. */
export class NoSuchOperand extends Error {}

/** Lifts one shape for tier 0. */
export function liftHandler(shape: Shape, ways: Ways): Handler {
  let list: Statement[] = [];
  const all = list;
  let falls = true;
  let rare: Handler['rare'];
  const record = () => local(ways.record, 'i32');
  const put = (s: Statement) => list.push(s);

  const pinLoad = (loadOp: LoadOp, address: Node, offset: number): Node => {
    const n = pinned(LOADS[loadOp][1]);
    put({ is: 'pin', node: n, load: { op: loadOp, address: use(address), offset } });
    return n;
  };
  const pin = (value: Node): Node => {
    const n = pinned(value.ty);
    put({ is: 'pin', node: n, value: use(value) });
    return n;
  };
  const storeTo = (storeOp: StoreOp, address: Node, offset: number, value: Node) =>
    put({ is: 'store', op: storeOp, address: use(address), offset, value: use(value) });
  const field = (offset: number): Node => pinLoad('i32.load16_u', record(), offset);
  const exit = (reason: number, label: Label, fields: [number, Node][] = []) => {
    for (const [where, value] of fields) storeTo('i32.store', i32(0), where, value);
    storeTo('i32.store', i32(0), L.EXIT, i32(reason));
    put({ is: 'br', label });
  };
  const when = (condition: Node, then: () => void, otherwise?: () => void) => {
    const s = { is: 'if' as const, condition: use(condition), yes: [] as Statement[], no: [] as Statement[] };
    put(s);
    const outer = list;
    list = s.yes;
    then();
    if (otherwise) {
      list = s.no;
      otherwise();
    }
    list = outer;
  };

  /** Where what an access met asks for it, the loop stops behind this instruction. */
  const stopIfAsked = () => {
    const { budget } = ways;
    if (budget === undefined) return;
    when(op('i32.eq', pinLoad('i32.load', i32(0), L.STOP), i32(1)), () => {
      storeTo('i32.store', i32(0), L.STOP, i32(2));
      storeTo('i32.store', i32(0), L.STOP_BUDGET, local(budget, 'i32'));
      put({ is: 'set', local: budget, value: use(i32(0)) });
    });
  };

  /** Linear offset of a checked access. */
  const check = (address: Node, size: number, write: boolean): Node => {
    const a = pin(address);
    const offset = pin(foldOf(a));
    const last = size > 1 ? op('i64.add', a, i64(size - 1)) : a;
    const tag = pinLoad(
      'i64.load',
      op('i32.shl', op('i32.shr_u', offset, i32(12)), i32(3)),
      write ? WRITE_TAGS : READ_TAGS,
    );
    const result = pinned('i32');
    // One local serves both ways: the fast offset first, the slow path's answer over it.
    put({ is: 'pin', node: result, value: use(offset) });
    result.uses += 2;
    when(op('i64.ne', tag, op('i64.or', last, i64(0xfff))), () => {
      const answer = pinned('i32');
      put({
        is: 'call',
        function: ways.calls.slow,
        args: [use(op('f64.convert_i64_u', a)), use(i32(size | (write ? SLOW_WRITE : 0)))],
        result: answer,
      });
      put({ is: 'set-node', target: result, value: use(answer) });
      when(op('i32.eqz', answer), () => exit(L.EXIT_REASON.fault, ways.undone));
      stopIfAsked();
    });
    return result;
  };

  const load = (address: Node, width: number): Node => pinLoad(LOAD_BY_WIDTH[width], check(address, width, false), 0);
  const store = (address: Node, width: number, value: Node): void => {
    const v = value.is === 'pinned' || value.is === 'const' ? value : pin(value);
    storeTo(STORE_BY_WIDTH[width], check(address, width, true), 0, v);
  };

  // Offsets of operands are read once per handler.
  const fields = new Map<number, Node>();
  const fieldOnce = (offset: number): Node => {
    let n = fields.get(offset);
    if (!n) {
      n = field(offset);
      // Inside a conditional path the value is not there for the code behind it.
      if (list === all) fields.set(offset, n);
    }
    return n;
  };
  let effective: Node | undefined;
  const address = (): Node => {
    if (effective) return effective;
    const base = pinLoad('i64.load', field(L.FIELD.base), L.REGS);
    const index = pinLoad('i64.load', field(L.FIELD.index), L.REGS);
    const scale = pinLoad('i64.load8_u', record(), L.FIELD.scale);
    const disp = pinLoad('i64.load', record(), L.FIELD.displacement);
    const sum = pin(op('i64.add', op('i64.add', base, op('i64.shl', index, scale)), disp));
    if (list === all) effective = sum;
    return sum;
  };
  const operandCell = (i: number): Node => fieldOnce(L.FIELD.operand[i]);
  const shapeOf = (i: number): OperandShape => shape.operands[i];

  const inMemory = (i: number): void => {
    if (shapeOf(i).kind !== 'mem') throw new NoSuchOperand(`${shape.row.name}: operand ${i} is no vector or memory`);
  };
  const immediate = (width: number): Node =>
    pinLoad(width === 8 ? 'i64.load' : width === 4 ? 'i32.load' : LOAD_BY_WIDTH[width], record(), L.FIELD.immediate);

  const cell = (which: keyof FlagCells): Node => pinLoad('i64.load', i32(0), L.REGS + FLAG_CELL[which] * 8);
  const storeCells = (cells: FlagCells) => {
    for (const which of Object.keys(cells) as (keyof FlagCells)[]) {
      const value = cells[which];
      if (value) storeTo('i64.store', i32(0), L.REGS + FLAG_CELL[which] * 8, value);
    }
  };

  const writeRegister = (place: Node, offset: number, width: number, value: Node) => {
    if (width === 4) storeTo('i64.store', place, L.REGS + offset, zeroExtend(value, 4, 8));
    else
      storeTo(
        STORE_BY_WIDTH[width],
        place,
        L.REGS + offset,
        value.ty === 'i64' && width < 8 ? truncate(value, 4) : value,
      );
  };

  const nextPc = (): Node => {
    const pc = pinLoad('i64.load', record(), L.FIELD.pc);
    return pin(op('i64.add', pc, pinLoad('i64.load8_u', record(), L.FIELD.length)));
  };
  const go = (to: Node) => {
    put({ is: 'set', local: ways.record, value: use(to) });
    put({ is: 'br', label: ways.next });
  };
  /** To an address that the record knows; the link is filled in by whoever handles the first miss. */
  const linked = () => {
    const link = pinLoad('i32.load', record(), L.FIELD.link);
    when(link, () => go(link));
    storeTo('i64.store', i32(0), L.NEXT_PC, pinLoad('i64.load', record(), L.FIELD.immediate));
    exit(L.EXIT_REASON.miss, ways.done, [[L.LINK_RECORD, record()]]);
  };
  const looked = (target: Node) => {
    const t = pin(target);
    const low = op('i32.wrap_i64', t);
    const slot = pin(
      op(
        'i32.shl',
        op('i32.and', op('i32.xor', low, op('i32.shr_u', low, i32(L.LOOKUP_BITS))), i32(L.LOOKUP_ENTRIES - 1)),
        i32(4),
      ),
    );
    const known = pinLoad('i64.load', slot, L.LOOKUP);
    when(op('i64.eq', known, t), () => go(pinLoad('i32.load', slot, L.LOOKUP + 8)));
    storeTo('i64.store', i32(0), L.NEXT_PC, t);
    exit(L.EXIT_REASON.miss, ways.done, [[L.LINK_RECORD, i32(0)]]);
  };
  /** A branch to an address that is not canonical faults at the branch, before it has done anything. */
  const canonical = (target: Node) =>
    when(op('i64.ne', op('i64.shr_u', op('i64.add', target, i64(2n ** 47n)), i64(48)), i64(0)), () =>
      exit(L.EXIT_REASON.trap, ways.undone, [[L.TRAP_KIND, i32(L.TRAP_CODES.indexOf('protection'))]]),
    );
  const direct = (v: Val) => (v as Node).is === 'pinned' && relTargets.has(v as Node);
  const relTargets = new Set<Node>();

  const pushValue = (value: Node) => {
    const width = shape.size === 2 ? 2 : 8;
    const sp = pin(op('i64.sub', pinLoad('i64.load', i32(0), L.REGS + 32), i64(width)));
    store(sp, width, value);
    storeTo('i64.store', i32(0), L.REGS + 32, sp);
  };
  const popValue = (width: number): Node => {
    const sp = pinLoad('i64.load', i32(0), L.REGS + 32);
    const value = load(sp, width);
    storeTo('i64.store', i32(0), L.REGS + 32, op('i64.add', sp, i64(width)));
    return value;
  };
  const align16 = (a: Node) =>
    when(op('i32.and', op('i32.wrap_i64', a), i32(15)), () =>
      exit(L.EXIT_REASON.trap, ways.undone, [[L.TRAP_KIND, i32(L.TRAP_CODES.indexOf('protection'))]]),
    );
  const jumpTo = (target: Val) => {
    if (direct(target)) linked();
    else looked(node(target));
    falls = false;
  };

  const callRoutine = (name: string) => {
    if (ways.budget !== undefined) storeTo('i32.store', i32(0), L.LIVE_BUDGET, local(ways.budget, 'i32'));
    const answer = pinned('i32');
    put({
      is: 'call',
      function: ways.calls.routine,
      args: [use(i32(ways.routineIndex(name))), use(record())],
      result: answer,
    });
    when(op('i32.eq', answer, i32(1)), () => put({ is: 'br', label: ways.undone }));
    stopIfAsked();
    when(op('i32.eq', answer, i32(2)), () => {
      storeTo('i32.store', i32(0), L.LINK_RECORD, i32(0));
      exit(L.EXIT_REASON.miss, ways.done);
    });
  };

  const mmx = shape.operands.some(o => o.kind === 'mm');
  const low64 = (v: Node): Node => pure.lane('i64x2.replace_lane', 0, pure.vector(0n, 0n), v);

  const e: Emitter = {
    ...pure,
    size: shape.size,
    operandCount: shape.operands.length,
    kind: i => shapeOf(i).kind,
    width: i => shapeOf(i).width,
    int: (value, width = shape.size) => (width === 8 ? i64(value) : i32(value)),
    constant: () => undefined,

    read(i) {
      const s = shapeOf(i);
      if (s.kind === 'reg') return pinLoad(LOAD_BY_WIDTH[s.width], operandCell(i), L.REGS);
      if (s.kind === 'mem') return load(address(), s.width);
      if (s.kind === 'imm') return immediate(s.width);
      if (s.kind === 'rel') {
        const target = pinLoad('i64.load', record(), L.FIELD.immediate);
        relTargets.add(target);
        return target;
      }
      throw new NoSuchOperand(`${shape.row.name}: operand ${i} (${s.kind}) is no integer`);
    },
    write(i, value) {
      const s = shapeOf(i);
      if (s.kind === 'reg') writeRegister(operandCell(i), 0, s.width, node(value));
      else if (s.kind === 'mem') store(address(), s.width, s.width < 8 ? truncate(value, 4) : node(value));
      else throw new NoSuchOperand(`${shape.row.name}: operand ${i} (${s.kind}) cannot be written`);
    },
    address,
    readVector(i, aligned = false) {
      if (shapeOf(i).kind === 'xmm') return pinLoad('v128.load', operandCell(i), L.REGS);
      if (shapeOf(i).kind === 'mm') return low64(pinLoad('i64.load', operandCell(i), L.REGS));
      inMemory(i);
      const a = address();
      if (mmx) return low64(zeroExtend(load(a, shapeOf(i).width), shapeOf(i).width, 8));
      if (aligned) align16(a);
      return pinLoad('v128.load', check(a, 16, false), 0);
    },
    writeVector(i, value, aligned = false) {
      if (shapeOf(i).kind === 'xmm') {
        storeTo('v128.store', operandCell(i), L.REGS, node(value));
        return;
      }
      if (shapeOf(i).kind === 'mm') {
        storeTo('i64.store', operandCell(i), L.REGS, pure.lane('i64x2.extract_lane', 0, value));
        // Sign and exponent of the x87 register become ones.
        storeTo('i64.store', operandCell(i), L.REGS + 8, i64(0xffff));
        return;
      }
      inMemory(i);
      const a = address();
      if (aligned) align16(a);
      const v = pin(node(value));
      storeTo('v128.store', check(a, 16, true), 0, v);
    },
    readLow(i, width) {
      if (shapeOf(i).kind === 'xmm' || shapeOf(i).kind === 'mm')
        return pinLoad(LOAD_BY_WIDTH[width], operandCell(i), L.REGS);
      inMemory(i);
      return load(address(), width);
    },
    writeLow(i, width, value) {
      if (shapeOf(i).kind === 'xmm') storeTo(STORE_BY_WIDTH[width], operandCell(i), L.REGS, node(value));
      else {
        inMemory(i);
        store(address(), width, node(value));
      }
    },
    readFloat(i, width) {
      const loadOp = width === 8 ? 'f64.load' : 'f32.load';
      if (shapeOf(i).kind === 'xmm') return pinLoad(loadOp, operandCell(i), L.REGS);
      inMemory(i);
      return pinLoad(loadOp, check(address(), width, false), 0);
    },
    writeFloat(i, width, value) {
      if (shapeOf(i).kind !== 'xmm') throw new NoSuchOperand(`${shape.row.name}: operand ${i} is no vector`);
      storeTo(width === 8 ? 'f64.store' : 'f32.store', operandCell(i), L.REGS, node(value));
    },
    get: (register, width) => pinLoad(LOAD_BY_WIDTH[width], i32(0), L.REGS + register * 8),
    set: (register, width, value) => writeRegister(i32(0), register * 8, width, node(value)),
    getVector: register => pinLoad('v128.load', i32(0), L.REGS + (VECTOR + register * 4) * 8),
    setVector: (register, value) => storeTo('v128.store', i32(0), L.REGS + (VECTOR + register * 4) * 8, node(value)),
    load: (a, width: IntWidth) => load(node(a), width),
    store: (a, width: IntWidth, value) => store(node(a), width, width < 8 ? truncate(value, 4) : node(value)),
    push: value => pushValue(node(value)),
    pop: () => popValue(shape.size === 2 ? 2 : 8),
    nextPc,

    flags: (kind, a, b, result, carry) => storeCells(cellsOf(kind, node(a), node(b), node(result), shape.size, carry)),
    setFlags: values => storeCells(cellsFrom(values, shape.size)),
    setFlagsIf(condition, values) {
      const cells = cellsFrom(values, shape.size);
      const yes = pin(node(condition));
      for (const which of Object.keys(cells) as (keyof FlagCells)[]) {
        const value = cells[which];
        if (value) cells[which] = select(yes, value, cell(which));
      }
      storeCells(cells);
    },
    setZpc: (z, p, c) => storeCells(cellsZpc(z, p, c)),
    flag: (name: FlagName) => pin(flagOf(name, cell)),
    cond: () => pin(conditionOf(shape.cond, cell)),

    jump(target) {
      if (!direct(target)) canonical(node(target));
      jumpTo(target);
    },
    jumpIf: condition => when(node(condition), linked),
    call(target) {
      const next = nextPc();
      const sp = pin(op('i64.sub', pinLoad('i64.load', i32(0), L.REGS + 32), i64(8)));
      // A stack that is not there comes before a target that is none.
      const at = check(sp, 8, true);
      if (!direct(target)) canonical(node(target));
      storeTo('i64.store', at, 0, next);
      storeTo('i64.store', i32(0), L.REGS + 32, sp);
      jumpTo(target);
    },
    ret() {
      const sp = pinLoad('i64.load', i32(0), L.REGS + 32);
      const target = load(sp, 8);
      canonical(target);
      const extra = shape.operands.length > 0 ? zeroExtend(immediate(2), 2, 8) : i64(0);
      storeTo('i64.store', i32(0), L.REGS + 32, op('i64.add', op('i64.add', sp, i64(8)), extra));
      looked(target);
      falls = false;
    },
    trap(kind: Trap) {
      exit(L.EXIT_REASON.trap, ways.undone, [[L.TRAP_KIND, i32(L.TRAP_CODES.indexOf(kind))]]);
      falls = false;
    },
    trapIf: (condition, kind) =>
      when(node(condition), () =>
        exit(L.EXIT_REASON.trap, ways.undone, [[L.TRAP_KIND, i32(L.TRAP_CODES.indexOf(kind))]]),
      ),
    when: (condition, then, otherwise) => when(node(condition), then, otherwise),
    routine: name => callRoutine(name),
    fpFast: () => pinLoad('i32.load', i32(0), L.FP_FAST),
    rare: (condition, name) => {
      if (constantOf(node(condition)) === 0n) return;
      if (!rare) {
        const outer = list;
        list = [];
        callRoutine(name);
        rare = { label: { depth: 0 }, statements: list };
        list = outer;
      }
      put({ is: 'br-if', label: rare.label, condition: use(node(condition)) });
    },
  };
  try {
    // MMX registers are the x87's: an exception that is pending there comes first.
    if (mmx && shape.row.lift) {
      const pending = op('i64.and', pinLoad('i64.load', i32(0), L.REGS + FP_CONTROL * 8), i64(1n << 55n));
      e.trapIf(op('i64.ne', pending, i64(0)), 'x87');
    }
    if (shape.row.lift) shape.row.lift(e);
    else e.trap('invalid');
    if (mmx && shape.row.lift) {
      // No register is empty, and the stack begins at register 0.
      const control = pinLoad('i64.load', i32(0), L.REGS + FP_CONTROL * 8);
      storeTo('i64.store', i32(0), L.REGS + FP_CONTROL * 8, op('i64.and', control, i64(~(7n << 59n))));
      storeTo('i64.store', i32(0), L.REGS + FP_TAGS * 8, i64(0xff));
    }
  } catch (error) {
    // Operands that no lift describes, segment registers for one: not implemented, as a row without a lift is.
    if (!(error instanceof NoSuchOperand)) throw error;
    list = all;
    all.length = 0;
    rare = undefined;
    e.trap('invalid');
  }
  return { statements: all, falls, rare };
}

/** Writes a handler's code; falls through to the next record where it does. */
export function writeHandler(gen: Codegen, handler: Handler, ways: Ways): void {
  const advance = () => {
    gen.code.byte(0x20);
    gen.code.u32(ways.record);
    gen.code.byte(0x41);
    gen.code.s32(L.RECORD_SIZE);
    gen.code.byte(0x6a);
    gen.code.byte(0x21);
    gen.code.u32(ways.record);
    gen.br(ways.next);
  };
  const usual = () => {
    gen.scope(() => gen.statements(handler.statements));
    if (handler.falls) advance();
  };
  const { rare } = handler;
  if (!rare) {
    usual();
    return;
  }
  gen.block(rare.label, usual);
  gen.scope(() => gen.statements(rare.statements));
  advance();
}
