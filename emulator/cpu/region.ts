/**
 * What tier 1 compiles at a time: the code that one address reaches by direct jumps and behind its calls, cut into
 * blocks, and the shape of its control flow: order, dominators, loops, longest ways.
 */
import type { Insn } from '../isa/x64/row.ts';

/** A run of instructions with one entry. Conditional jumps may leave it in the middle. */
export interface BasicBlock {
  readonly start: number;
  readonly insns: readonly Insn[];
}

export interface Region {
  readonly entry: number;
  readonly blocks: ReadonlyMap<number, BasicBlock>;
}

/** V8's optimiser is slow on functions much larger than this many instructions make. */
const LIMIT = 700;

/** Rows behind which nothing follows in a straight line. */
export const ENDS = new Set(['jmp', 'ret', 'ud2', 'hlt']);
/** Rows behind which a block begins that is reached another way than by falling through. */
const INTERRUPTS = new Set(['call', 'syscall']);

const jumpTarget = (insn: Insn): number | undefined => {
  const first = insn.operands[0];
  return first?.is === 'rel' ? first.target : undefined;
};

/** The code from `entry` on; `at` decodes an instruction, or says undefined where none may be compiled. */
export function discover(entry: number, at: (address: number) => Insn | undefined): Region | undefined {
  const insns = new Map<number, Insn>();
  const leaders = new Set([entry]);
  // First come, first served: what is near the entry is compiled when the limit cuts.
  const work = [entry];
  for (let i = 0; i < work.length && insns.size < LIMIT; i++) {
    let pc = work[i];
    const lead = (address: number) => {
      if (leaders.has(address)) return;
      leaders.add(address);
      work.push(address);
    };
    while (!insns.has(pc) && insns.size < LIMIT) {
      const insn = at(pc);
      if (!insn) break;
      insns.set(pc, insn);
      const { name } = insn.form.row;
      const target = jumpTarget(insn);
      if (target !== undefined && (name === 'jmp' || name === 'jcc')) lead(target);
      pc += insn.length;
      if (INTERRUPTS.has(name)) lead(pc);
      if (ENDS.has(name) || INTERRUPTS.has(name)) break;
    }
  }
  const blocks = new Map<number, BasicBlock>();
  for (const start of leaders) {
    if (!insns.has(start)) continue;
    const list: Insn[] = [];
    for (let pc = start; ; ) {
      const insn = insns.get(pc);
      if (!insn || (pc !== start && leaders.has(pc))) break;
      list.push(insn);
      pc += insn.length;
      const { name } = insn.form.row;
      if (ENDS.has(name) || INTERRUPTS.has(name)) break;
    }
    blocks.set(start, { start, insns: list });
  }
  return blocks.has(entry) ? { entry, blocks } : undefined;
}

/** Where the region's direct calls lead, once for every call. */
export function callTargets(region: Region): number[] {
  const list: number[] = [];
  for (const { insns } of region.blocks.values()) {
    const last = insns[insns.length - 1];
    const target = last.form.row.name === 'call' ? jumpTarget(last) : undefined;
    if (target !== undefined) list.push(target);
  }
  return list;
}

/** Where control may go from a block and stay in the region, once for every jump. */
export function successors(region: Region, block: BasicBlock): number[] {
  const list: number[] = [];
  const add = (target: number) => {
    if (region.blocks.has(target)) list.push(target);
  };
  for (const insn of block.insns) {
    const target = jumpTarget(insn);
    const { name } = insn.form.row;
    if (target !== undefined && (name === 'jcc' || name === 'jmp')) add(target);
  }
  const last = block.insns[block.insns.length - 1];
  if (!ENDS.has(last.form.row.name)) add(last.address + last.length);
  return list;
}

/** The region's control flow; blocks are numbered in reverse postorder, the entry is 0. */
export interface Flow {
  readonly order: readonly BasicBlock[];
  readonly numberOf: ReadonlyMap<number, number>;
  /** The next block up the dominator tree. */
  readonly dominator: readonly number[];
  /** Whether edges from further on come back to it, and it dominates them. */
  readonly isLoop: readonly boolean[];
  /** Whether more than one edge from before reaches it. */
  readonly isMerge: readonly boolean[];
  /** The most instructions executed from the block's beginning to the next place where the budget is looked at. */
  readonly longest: readonly number[];
  /** Whether an edge goes back without its target dominating its source: such an edge leaves the region. */
  irreducible(from: number, to: number): boolean;
  /**
   * Where control may come in again behind a call: the block there, by the one from which the way leads to it. That is
   * the head of the innermost loop around it, to which the way leads likewise, or else the entry.
   */
  readonly resumeFrom: ReadonlyMap<number, number>;
}

export function controlFlow(region: Region): Flow {
  const order: BasicBlock[] = [];
  const seen = new Set<number>();
  // Postorder without recursion: regions may be deep.
  const stack: { block: BasicBlock; next: number[] }[] = [];
  const enter = (address: number) => {
    if (seen.has(address)) return;
    seen.add(address);
    const block = region.blocks.get(address) as BasicBlock;
    stack.push({ block, next: successors(region, block).reverse() });
  };
  enter(region.entry);
  while (stack.length) {
    const top = stack[stack.length - 1];
    const next = top.next.pop();
    if (next !== undefined) enter(next);
    else {
      order.push(top.block);
      stack.pop();
    }
  }
  order.reverse();
  const numberOf = new Map(order.map((b, i) => [b.start, i]));
  const out = order.map(b => successors(region, b).map(s => numberOf.get(s) as number));
  const into = order.map((): number[] => []);
  out.forEach((list, from) => {
    for (const to of list) into[to].push(from);
  });

  const plain = dominatorsOf(into);
  const resumeFrom = waysToResume(order, numberOf, into, (a, b) => dominates(plain, a, b));
  for (const [to, from] of resumeFrom) into[to].push(from);
  const dominator = dominatorsOf(into);
  const irreducible = (from: number, to: number): boolean => to <= from && !dominates(dominator, to, from);
  const isLoop = order.map((_, b) => into[b].some(p => p >= b && dominates(dominator, b, p)));
  const isMerge = order.map((_, b) => into[b].filter(p => p < b).length > 1);
  const longest: number[] = new Array(order.length).fill(0);
  for (let b = order.length - 1; b >= 0; b--) {
    const { insns } = order[b];
    let most = insns.length;
    insns.forEach((insn, i) => {
      const { name } = insn.form.row;
      const target = name === 'jcc' || name === 'jmp' ? jumpTarget(insn) : undefined;
      const falls =
        i === insns.length - 1 && !ENDS.has(name) && name !== 'call' ? insn.address + insn.length : undefined;
      for (const next of [target, falls]) {
        const s = next === undefined ? undefined : numberOf.get(next);
        // Loops and continuations of calls look at the budget themselves.
        if (s !== undefined && s > b && !isLoop[s]) most = Math.max(most, i + 1 + longest[s]);
      }
    });
    longest[b] = most;
  }
  return { order, numberOf, dominator, isLoop, isMerge, longest, irreducible, resumeFrom };
}

/** Cooper, Harvey, Kennedy: a simple, fast dominance algorithm. Blocks are numbered in reverse postorder. */
function dominatorsOf(into: readonly (readonly number[])[]): number[] {
  const dominator: number[] = into.map(() => -1);
  dominator[0] = 0;
  for (let changed = true; changed; ) {
    changed = false;
    for (let b = 1; b < into.length; b++) {
      let common = -1;
      for (const p of into[b]) {
        if (dominator[p] < 0) continue;
        if (common < 0) common = p;
        else {
          let a = p;
          while (a !== common) {
            while (a > common) a = dominator[a];
            while (common > a) common = dominator[common];
          }
        }
      }
      if (dominator[b] !== common) {
        dominator[b] = common;
        changed = true;
      }
    }
  }
  return dominator;
}

function dominates(dominator: readonly number[], a: number, b: number): boolean {
  let at = b;
  while (at > a) at = dominator[at];
  return at === a;
}

/** `Flow.resumeFrom` of blocks that have these predecessors. */
function waysToResume(
  order: readonly BasicBlock[],
  numberOf: ReadonlyMap<number, number>,
  into: readonly (readonly number[])[],
  dominates: (a: number, b: number) => boolean,
): Map<number, number> {
  const behindCalls = new Set<number>();
  for (const { insns } of order) {
    const last = insns[insns.length - 1];
    const to = last.form.row.name === 'call' ? numberOf.get(last.address + last.length) : undefined;
    if (to !== undefined && to > 0) behindCalls.add(to);
  }
  const ways = new Map<number, number>();
  if (behindCalls.size === 0) return ways;
  /** The head of the innermost loop that a block is in, its own left out. Inner loops have later heads. */
  const around: number[] = order.map(() => 0);
  for (let head = 1; head < order.length; head++) {
    const work = into[head].filter(p => p >= head && dominates(head, p));
    const body = new Set(work);
    for (const b of work) {
      if (b === head) continue;
      around[b] = head;
      for (const p of into[b])
        if (!body.has(p) && (p < b || dominates(b, p))) {
          body.add(p);
          work.push(p);
        }
    }
  }
  for (const block of behindCalls)
    for (let to = block; to > 0 && !ways.has(to); to = around[to]) ways.set(to, around[to]);
  return ways;
}
