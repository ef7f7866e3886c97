/**
 * Tier 1: a region of guest code compiled to a WebAssembly function from the same lifts. Control flow is structured from
 * dominators; registers live in locals and are stored at calls and exits. What tier 1 cannot do exactly it leaves: a
 * failed check or an unsupported instruction ends the function with everything before it done, and tier 0 goes on there.
 *
 * A compiled function takes the budget and returns what is left of it, with the pc at which execution goes on. A caller
 * that finds another pc than its own return address returns it in turn, so goroutine switches, signals and stack growth
 * need no special case. Bit 63 of the pc (`LEAVE`) says that tier 0 executes at least the instruction there.
 *
 * Whoever comes back to a caller that does not wait any more, because something returned elsewhere in between, calls its
 * region with the return address: everything is in memory behind a call, so a region can be resumed there.
 */
import { FS_BASE, VECTOR } from '../abi/amd64/layout.ts';
import type { Insn } from '../isa/x64/row.ts';
import { TAGS_LOWERED } from '../memory/linear.ts';
import * as L from './layout.ts';
import {
  blockLifter,
  CELLS_IDLE,
  type Changed,
  type Edge,
  FLAG_CELLS,
  type LiftedBlock,
  PENDING,
  type Registers,
  type Touched,
} from './lift-block.ts';
import { Codegen, i32, i64, type Label, local, type Node, op, pinned, type Statement, select, use } from './nodes.ts';
import { FLAG_CELL, foldOf } from './ops.ts';
import { FLAG_KEYS } from './pending.ts';
import { controlFlow, type Region } from './region.ts';
import { Bytes, type FunctionBody, type FunctionType, type LoadOp, type StoreOp, type Ty } from './wasm.ts';
import { checkRange, type Window } from './windows.ts';

/** (budget, bytes of stack that calls may still use, the pc that is called) → (pc, budget). */
export const REGION: FunctionType = { params: ['i32', 'i32', 'i64'], results: ['i64', 'i32'] };
const BUDGET = 0;
const ROOM = 1;
const CALLED = 2;
const PARAMS = 3;
const RSP = 4;

/** Set in a returned pc: tier 0 executes at least one instruction there. */
const LEAVE = -(2n ** 63n);

const NOTHING: Registers = Object.freeze({ general: 0, vector: 0, flags: 0 });
const EVERYTHING: Registers = Object.freeze({ general: 0xffff, vector: 0xffff, flags: PENDING | FLAG_CELLS });

/** What a region's code needs of the module it stands in. */
export interface RegionLinks {
  /** Slot of a call's target in the table of regions. */
  slotOf(target: number): number;
  /** The function that is the region of this address, when it stands in the same module. */
  functionOf(target: number): number | undefined;
  /** Index of the imported routine call, and of the type of regions. */
  routine: number;
  type: number;
  routineIndex(name: string): number;
  /** A record of the instruction for its routine, or a name of one: a negative number. */
  recordOf(insn: Insn): number;
}

export interface CompiledRegion extends FunctionBody {
  /** Return addresses at which it can be resumed. */
  resumes: readonly number[];
}

/** A region's function. */
export function compileRegion(region: Region, links: RegionLinks): CompiledRegion {
  return writeRegion(region, links, true) ?? (writeRegion(region, links, false) as CompiledRegion);
}

/** Undefined when the stack pointer does not move as `tracked` assumes. */
function writeRegion(region: Region, links: RegionLinks, tracked: boolean): CompiledRegion | undefined {
  const flow = controlFlow(region);
  const code = new Bytes();
  const locals: Ty[] = [];
  const gen = new Codegen(code, PARAMS, locals);
  const get = (index: number) => {
    code.byte(0x20);
    code.u32(index);
  };
  const set = (index: number) => {
    code.byte(0x21);
    code.u32(index);
  };
  const fresh = (ty: Ty): Node => local(gen.newLocal(ty), ty);

  // ---- locals: for what the code touches
  const general: (Node | undefined)[] = new Array(16).fill(undefined);
  const vector: (Node | undefined)[] = new Array(16).fill(undefined);
  const cells: Partial<Record<(typeof FLAG_KEYS)[number], Node>> = {};
  let fsBase: Node | undefined;
  let fpFast: Node | undefined;
  const touched: Touched = {
    general(r) {
      general[r] ??= fresh('i64');
      return general[r] as Node;
    },
    vector(r) {
      vector[r] ??= fresh('v128');
      return vector[r] as Node;
    },
    cell(k) {
      cells[k] ??= fresh('i64');
      return cells[k] as Node;
    },
    pending: { kind: fresh('i32'), x: fresh('i64'), y: fresh('i64') },
    budget: local(BUDGET, 'i32'),
    pc: fresh('i64'),
    stack: fresh('i64'),
    fsBase() {
      fsBase ??= fresh('i64');
      return fsBase;
    },
    fpFast() {
      fpFast ??= fresh('i32');
      return fpFast;
    },
  };
  const indexOf = (n: Node): number => n.imm as number;
  const pcLocal = indexOf(touched.pc);

  const loadCell = (name: LoadOp, offset: number, into: Node | undefined) => {
    if (!into) return;
    const n = pinned(into.ty);
    n.uses = 1;
    gen.scope(() =>
      gen.statements([
        { is: 'pin', node: n, load: { op: name, address: use(i32(0)), offset } },
        { is: 'set', local: indexOf(into), value: n },
      ]),
    );
  };
  const loadState = (what: Registers) => {
    for (let r = 0; r < 16; r++) {
      if (what.general & (1 << r)) loadCell('i64.load', L.REGS + r * 8, general[r]);
      if (what.vector & (1 << r)) loadCell('v128.load', L.REGS + (VECTOR + r * 4) * 8, vector[r]);
    }
    if (what.flags & FLAG_CELLS) for (const k of FLAG_KEYS) loadCell('i64.load', L.REGS + FLAG_CELL[k] * 8, cells[k]);
    loadCell('i64.load', L.REGS + FS_BASE * 8, fsBase);
    loadCell('i32.load', L.FP_FAST, fpFast);
    if (!(what.flags & PENDING)) return;
    loadCell('i32.load', L.PENDING_KIND, touched.pending.kind);
    loadCell('i64.load', L.PENDING_X, touched.pending.x);
    loadCell('i64.load', L.PENDING_Y, touched.pending.y);
  };
  const store = (name: StoreOp, offset: number, from: Node | undefined) => {
    if (from) gen.statement({ is: 'store', op: name, address: use(i32(0)), offset, value: use(from) });
  };
  const storeState = (what: Registers) => {
    for (let r = 0; r < 16; r++) {
      if (what.general & (1 << r)) store('i64.store', L.REGS + r * 8, general[r]);
      if (what.vector & (1 << r)) store('v128.store', L.REGS + (VECTOR + r * 4) * 8, vector[r]);
    }
    if (what.flags & FLAG_CELLS) for (const k of FLAG_KEYS) store('i64.store', L.REGS + FLAG_CELL[k] * 8, cells[k]);
    if (!what.flags) return;
    store('i32.store', L.PENDING_KIND, touched.pending.kind);
    store('i64.store', L.PENDING_X, touched.pending.x);
    store('i64.store', L.PENDING_Y, touched.pending.y);
  };

  // ---- lifting, in an order in which a block comes behind what leads to it

  const frame: Window | undefined = tracked
    ? { base: touched.stack, lo: 0, hi: 0, write: true, offset: fresh('i32'), leave: [], jumps: 0 }
    : undefined;
  const lift = blockLifter(touched, frame);
  const incoming: Edge[][] = flow.order.map(() => []);
  const expected: (number | undefined)[] = [];
  const lifted: (LiftedBlock | undefined)[] = [];
  for (let b = 0; b < flow.order.length; b++) {
    if (b > 0 && !incoming[b].length) {
      lifted.push(undefined);
      expected.push(undefined);
      continue;
    }
    const agreed = <T>(of: (e: Edge) => T): T | undefined => {
      const first = of(incoming[b][0]);
      return incoming[b].every(e => of(e) === first) ? first : undefined;
    };
    // Of the edges that come back to a loop nothing is known yet; that the stack pointer agrees is looked at below.
    const inside = b > 0 && !flow.isLoop[b];
    const known = {
      flags: inside ? agreed(e => e.flags) : undefined,
      rsp: !tracked ? undefined : b === 0 ? 0 : agreed(e => e.rsp),
      rbp: tracked && inside ? agreed(e => e.rbp) : undefined,
    };
    expected.push(known.rsp);
    const block = lift(flow.order[b], {
      known,
      blockAt(address) {
        const to = flow.numberOf.get(address);
        return to === undefined || flow.irreducible(b, to) ? undefined : to;
      },
      edge(e) {
        if (isTurn(e)) writeTurn(at(b, e.changed), e.to);
        writeEdge(b, e.to);
      },
      leave: changed => gen.br(exitFor(at(b, changed))),
      finish(changed, how) {
        storeState(at(b, changed));
        if (how === 'jump') gen.br(onward);
        else leaveWith(() => get(pcLocal));
      },
      call: (target, back, changed, next) => writeCall(b, target, back, changed, next),
      routine: (name, insn, changed, rsp, count) => writeRoutine(b, name, insn, changed, rsp, count),
    });
    lifted.push(block);
    for (const e of block.edges) incoming[e.to].push(e);
  }
  if (tracked && incoming.some((edges, b) => expected[b] !== undefined && edges.some(e => e.rsp !== expected[b]))) {
    return undefined;
  }

  /** Whether the budget is looked at on the way; calls do so by themselves. */
  const isTurn = (e: Edge): boolean => flow.isLoop[e.to] && !e.behindCall;
  /** What may differ from memory when a block begins. */
  const before = flow.order.map(() => ({ general: 0, vector: 0, flags: 0 }));
  const at = (b: number, c: Changed): Registers => {
    const from = c.inherits ? before[b] : NOTHING;
    const flags = c.flags | from.flags;
    return {
      general: c.general | from.general,
      vector: c.vector | from.vector,
      flags: flags & (flags & CELLS_IDLE ? PENDING : PENDING | FLAG_CELLS),
    };
  };
  for (let grows = true; grows; ) {
    grows = false;
    lifted.forEach((block, b) => {
      for (const e of block?.edges ?? []) {
        const from = at(b, e.changed);
        const into = before[e.to];
        const next = {
          general: into.general | from.general,
          vector: into.vector | from.vector,
          flags: into.flags | from.flags,
        };
        if (next.general === into.general && next.vector === into.vector && next.flags === into.flags) continue;
        before[e.to] = next;
        grows = true;
      }
    });
  }
  /**
   * What a block needs in the locals when it begins: what it reads, and what it stores without having set it; of other
   * blocks what they need, as far as it is not set on the way there. Behind a call the locals are filled anew.
   */
  const needs = flow.order.map(() => ({ ...NOTHING }));
  const add = (into: Registers, from: Registers, without: Registers): boolean => {
    const general = into.general | (from.general & ~without.general);
    const vector = into.vector | (from.vector & ~without.vector);
    const flags = into.flags | (from.flags & ~(without.flags | (without.flags & CELLS_IDLE ? FLAG_CELLS : 0)));
    const grew = general !== into.general || vector !== into.vector || flags !== into.flags;
    Object.assign(into, { general, vector, flags });
    return grew;
  };
  lifted.forEach((block, b) => {
    if (!block) return;
    add(needs[b], block.reads, NOTHING);
    for (const s of block.stores) if (s.inherits) add(needs[b], before[b], s);
    for (const e of block.edges) if (isTurn(e) && e.changed.inherits) add(needs[b], before[b], e.changed);
  });
  for (let grows = true; grows; ) {
    grows = false;
    for (let b = lifted.length - 1; b >= 0; b--)
      for (const e of lifted[b]?.edges ?? [])
        if (e.changed.inherits && add(needs[b], needs[e.to], e.changed)) grows = true;
  }

  // ---- writing

  /** Ways out that store the same are one. */
  const exits = new Map<string, { what: Registers; label: Label }>();
  /** Where everything is stored and the code at the pc goes on in this one's place. */
  const onward: Label = { depth: 0 };
  const exitFor = ({ general, vector, flags }: Registers): Label => {
    const key = `${general},${vector},${flags}`;
    let exit = exits.get(key);
    if (!exit) {
      exit = { what: { general, vector, flags }, label: { depth: 0 } };
      exits.set(key, exit);
    }
    return exit.label;
  };
  lifted.forEach((block, b) => {
    for (const changed of block?.leaves ?? []) exitFor(at(b, changed));
    for (const e of block?.edges ?? []) if (isTurn(e)) exitFor(at(b, e.changed));
  });
  /** Where the region can be resumed: the block, what the stack pointer is there, and the place where the locals are filled. */
  const resumes = new Map<number, { number: number; rsp: number; landing: Label }>();
  for (const block of lifted)
    for (const { to, behindCall } of block?.edges ?? []) {
      const rsp = tracked ? expected[to] : 0;
      if (behindCall && flow.resumeFrom.has(to) && rsp !== undefined && !resumes.has(to))
        resumes.set(to, { number: resumes.size + 1, rsp, landing: { depth: 0 } });
    }
  /** Heads of loops in which there is such a place, and the entry. */
  const leadsOn = new Set<number>();
  for (const to of resumes.keys())
    for (let from = to; from > 0; ) {
      from = flow.resumeFrom.get(from) as number;
      leadsOn.add(from);
    }
  const resume = resumes.size ? fresh('i32') : undefined;
  const loops = flow.order.map((): Label => ({ depth: 0 }));
  const merges = flow.order.map((): Label => ({ depth: 0 }));
  /** Blocks that several ways lead to stand behind the block that dominates them. */
  const behind: number[][] = flow.order.map(() => []);
  for (let b = 1; b < flow.order.length; b++) if (flow.isMerge[b] && lifted[b]) behind[flow.dominator[b]].push(b);
  /** V8's frames grow with the locals; a guess on the safe side. */
  const size = Math.min(32_768, 512 + 24 * flow.order.reduce((n, b) => n + b.insns.length, 0));

  const leaveWith = (pc: () => void, spent = 0) => {
    pc();
    get(BUDGET);
    if (spent) {
      code.byte(0x41);
      code.s32(spent);
      code.byte(0x6b);
    }
    code.byte(0x0f);
  };
  const constant = (value: number | bigint) => {
    code.byte(0x42);
    code.s64(BigInt(value));
  };
  const constant32 = (value: number) => {
    code.byte(0x41);
    code.s32(value);
  };
  const leaveIf = (condition: Node, pc: () => void, spent = 0) => {
    gen.scope(() => gen.push(use(condition)));
    gen.ifElse(() => leaveWith(pc, spent));
  };
  const short = (b: number): Node => op('i32.lt_s', touched.budget, i32(flow.longest[b]));
  /** Leaves unless the stack pointer is where the code behind expects it. */
  const checkStack = (rsp: number | undefined, pc: () => void, spent = 0) => {
    const now = general[RSP];
    if (rsp === undefined || !now) return;
    leaveIf(op('i64.ne', now, rsp === 0 ? touched.stack : op('i64.add', touched.stack, i64(rsp))), pc, spent);
  };

  function writeEdge(from: number, to: number): void {
    if (to <= from) gen.br(loops[to]);
    else if (flow.isMerge[to]) gen.br(merges[to]);
    else writeTree(to);
  }
  /**
   * Leaves before a loop's next turn if the budget does not last for it. Not where the turn begins: what only this way out
   * needs, flags for the most part, would be live in all of the loop.
   */
  function writeTurn(changed: Registers, to: number): void {
    gen.scope(() => gen.push(use(short(to))));
    gen.ifElse(() => {
      constant(BigInt(flow.order[to].start) + LEAVE);
      set(pcLocal);
      gen.br(exitFor(changed));
    });
  }
  function writeTree(b: number): void {
    const within = (k: number): void => {
      if (k === 0) {
        if (leadsOn.has(b)) writeWaysOn(b);
        gen.scope(() => gen.statements(lifted[b]?.statements ?? []));
        return;
      }
      const next = behind[b][k - 1];
      const place = resumes.get(next);
      gen.block(merges[next], () => {
        if (!place) {
          within(k - 1);
          return;
        }
        gen.block(place.landing, () => within(k - 1));
        constant32(0);
        set(indexOf(resume as Node));
        loadState(needs[next]);
      });
      writeTree(next);
    };
    if (flow.isLoop[b]) gen.loop(loops[b], () => within(behind[b].length));
    else within(behind[b].length);
  }
  /** On to where the region is resumed, if it is. */
  function writeWaysOn(from: number): void {
    const stay: Label = { depth: 0 };
    const first = (to: number): number => {
      let at = to;
      while (flow.resumeFrom.get(at) !== from) {
        at = flow.resumeFrom.get(at) ?? 0;
        if (at === 0) return 0;
      }
      return at;
    };
    gen.scope(() => gen.push(use(resume as Node)));
    gen.ifElse(() =>
      gen.block(stay, () => {
        gen.scope(() => gen.push(use(resume as Node)));
        code.byte(0x0e);
        code.u32(resumes.size);
        code.u32(gen.depthTo(stay));
        for (const [to, { landing }] of resumes) {
          const next = first(to);
          code.u32(gen.depthTo(next === 0 ? stay : next === to ? landing : merges[next]));
        }
      }),
    );
  }
  /** Sets the place where the region is resumed by the address that was called. */
  function writeResume(): void {
    const list = [...resumes].map(([to, place]) => ({ ...place, to, address: flow.order[to].start }));
    list.sort((x, y) => x.address - y.address);
    const most = Math.max(...list.map(({ to }) => flow.longest[to]));
    const search = (places: typeof list): void => {
      const middle = places.length >> 1;
      get(CALLED);
      constant(places[middle].address);
      if (places.length === 1) {
        code.byte(0x52);
        gen.ifElse(() => leaveWith(leaveHere));
        constant32(places[0].number);
        set(indexOf(resume as Node));
        if (places[0].rsp === 0) return;
        get(indexOf(touched.stack));
        constant(-places[0].rsp);
        code.byte(0x7c);
        set(indexOf(touched.stack));
        return;
      }
      code.byte(0x53);
      gen.ifElse(
        () => search(places.slice(0, middle)),
        () => search(places.slice(middle)),
      );
    };
    get(CALLED);
    constant(region.entry);
    code.byte(0x52);
    gen.ifElse(() => {
      leaveIf(op('i32.lt_s', touched.budget, i32(most)), leaveHere);
      search(list);
    });
  }
  /** The pc that was called, with LEAVE. */
  function leaveHere(): void {
    get(CALLED);
    constant(LEAVE);
    code.byte(0x84);
  }

  function writeCall(b: number, target: number | Node, back: number, changed: Changed, next: Edge | undefined): void {
    storeState(at(b, changed));
    // The same return address may wait further out as well: only the stack pointer tells whose return it is.
    const behind = general[RSP] as Node;
    const own = typeof target === 'number' ? links.functionOf(target) : undefined;
    gen.scope(() => {
      const slot = typeof target === 'number' ? undefined : slotFound(target);
      get(BUDGET);
      get(ROOM);
      code.byte(0x41);
      code.s32(size);
      code.byte(0x6b);
      if (typeof target === 'number') constant(target);
      else gen.push(target);
      if (own !== undefined) {
        code.byte(0x10);
        code.u32(own);
        return;
      }
      gen.push(slot ?? use(i32(links.slotOf(target as number))));
      code.byte(0x11);
      code.u32(links.type);
      code.u32(0);
    });
    set(BUDGET);
    set(pcLocal);
    // Two branches are quicker than one on both conditions: V8 makes numbers of these.
    leaveIf(op('i64.ne', touched.pc, i64(back)), () => get(pcLocal));
    if (next) leaveIf(short(next.to), () => constant(back));
    gen.scope(() => {
      const now = pinned('i64');
      gen.statement({
        is: 'pin',
        node: use(now),
        load: { op: 'i64.load', address: use(i32(0)), offset: L.REGS + RSP * 8 },
      });
      leaveIf(op('i64.ne', now, op('i64.add', behind, i64(8))), () => constant(back));
    });
    const place = next && next.to > b ? resumes.get(next.to) : undefined;
    if (place) gen.br(place.landing);
    else if (next) {
      loadState(needs[next.to]);
      writeEdge(b, next.to);
    } else gen.br(onward);
  }

  /** The slot of a region that is only known when the code runs; 0, which answers with the pc, if there is none. */
  function slotFound(target: Node): Node {
    const low = op('i32.wrap_i64', target);
    const where = pinned('i32');
    const known = pinned('i64');
    const region = pinned('i32');
    const hash = op('i32.and', op('i32.xor', low, op('i32.shr_u', low, i32(L.LOOKUP_BITS))), i32(L.LOOKUP_ENTRIES - 1));
    gen.statements([
      { is: 'pin', node: where, value: use(op('i32.shl', hash, i32(4))) },
      { is: 'pin', node: use(known), load: { op: 'i64.load', address: use(use(where)), offset: L.LOOKUP } },
      { is: 'pin', node: use(region), load: { op: 'i32.load', address: where, offset: L.LOOKUP + L.LOOKUP_REGION } },
    ]);
    return use(select(op('i64.eq', known, target), region, i32(0)));
  }

  function writeRoutine(
    b: number,
    name: string,
    insn: Insn,
    changed: Changed,
    rsp: number | undefined,
    count: number,
  ): void {
    const next = insn.address + insn.length;
    storeState(at(b, changed));
    gen.scope(() => {
      const lowered = pinned('i32');
      const again = pinned('i32');
      const stop = pinned('i32');
      const answer = pinned('i32');
      const load = (node: Node, offset: number): Statement => ({
        is: 'pin',
        node: use(node),
        load: { op: 'i32.load', address: use(i32(0)), offset },
      });
      gen.statements([
        {
          is: 'store',
          op: 'i32.store',
          address: use(i32(0)),
          offset: L.LIVE_BUDGET,
          value: use(op('i32.sub', touched.budget, i32(count))),
        },
        load(lowered, TAGS_LOWERED),
        {
          is: 'call',
          function: links.routine,
          args: [use(i32(links.routineIndex(name))), use(i32(links.recordOf(insn)))],
          result: use(answer),
        },
      ]);
      leaveIf(op('i32.eq', answer, i32(1)), () => constant(BigInt(insn.address) + LEAVE), count - 1);
      leaveIf(
        op('i32.eq', answer, i32(2)),
        () => {
          code.byte(0x41);
          code.s32(0);
          code.bytes([0x29, 3]);
          code.u32(L.NEXT_PC);
        },
        count,
      );
      // What checks were made for may be gone: every region is left.
      gen.statements([load(again, TAGS_LOWERED), load(stop, L.STOP)]);
      leaveIf(op('i32.or', op('i32.ne', lowered, again), stop), () => constant(next), count);
    });
    // Nobody may have asked for RSP itself so far, and routines push and pop.
    if (rsp !== undefined) touched.general(RSP);
    loadState(EVERYTHING);
    checkStack(rsp, () => constant(next), count);
  }

  // Too little of the budget is for tier 0; too little room is for whoever called the first region.
  leaveIf(short(0), leaveHere);
  leaveIf(op('i32.lt_s', local(ROOM, 'i32'), i32(size)), () => get(CALLED));
  if (tracked) loadCell('i64.load', L.REGS + RSP * 8, touched.stack);
  if (resume) writeResume();
  if (frame && frame.hi > frame.lo) writeFrameCheck(frame);
  loadState(needs[0]);
  const ways = [...exits.values()];
  const within = (k: number): void => {
    if (k === ways.length) {
      writeTree(0);
      code.byte(0x00);
      return;
    }
    gen.block(ways[k].label, () => within(k + 1));
    storeState(ways[k].what);
    leaveWith(() => get(pcLocal));
  };
  gen.block(onward, () => within(0));
  // A jump to other code is not the end of what was called: the callers keep waiting.
  gen.scope(() => {
    const slot = slotFound(touched.pc);
    get(BUDGET);
    get(ROOM);
    get(pcLocal);
    gen.push(slot);
    code.byte(0x13);
    code.u32(links.type);
    code.u32(0);
  });
  const places = [...resumes.keys()].map(b => flow.order[b].start);
  return { type: REGION, locals, code: code.view().slice(), resumes: places };

  /** The stack frame is checked once; whoever is told of a failure makes its pages accessible, if they can be. */
  function writeFrameCheck(f: Window): void {
    const first = pinned('i64');
    const list: Statement[] = [
      { is: 'pin', node: first, value: use(op('i64.add', touched.stack, i64(f.lo))) },
      { is: 'set', local: indexOf(f.offset), value: use(foldOf(first)) },
    ];
    const failed: Statement[] = [
      { is: 'store', op: 'i64.store', address: use(i32(0)), offset: L.PROBE_ADDRESS, value: use(first) },
      { is: 'store', op: 'i32.store', address: use(i32(0)), offset: L.PROBE_SIZE, value: use(i32(f.hi - f.lo)) },
      { is: 'emit', write: () => leaveWith(leaveHere) },
    ];
    checkRange(list, first, f.offset, f.hi - f.lo, true, failed);
    gen.scope(() => gen.statements(list));
  }
}
