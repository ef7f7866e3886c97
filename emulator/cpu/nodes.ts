/**
 * The little IR between lifts and WebAssembly: pure expressions as nodes that may be shared, effects as a list of
 * statements in program order. A node used more than once is computed once and kept in a local; a load is pinned to
 * its place in the list, because what it reads may change later.
 */
import { BLOCK_VOID, type Bytes, LANE_OPS, LOADS, type LoadOp, OPS, STORES, type StoreOp, type Ty } from './wasm.ts';

export interface Node {
  readonly is: 'op' | 'const' | 'local' | 'pinned' | 'select' | 'shuffle';
  readonly ty: Ty;
  readonly opcode: number;
  readonly args: readonly Node[];
  /** Constant's value, lane number, or local's index. */
  readonly imm: bigint | number | readonly number[];
  uses: number;
  /** The local that holds the value now, or −1. */
  local: number;
}

/** A point that `br` can leave to; its depth is known while code inside it is written. */
export interface Label {
  depth: number;
}

/** What an access's offset counts from, where that is settled later than the access. */
export interface Range {
  lo: number;
}

export type Statement =
  | { is: 'pin'; node: Node; load?: { op: LoadOp; address: Node; offset: number; within?: Range }; value?: Node }
  | { is: 'store'; op: StoreOp; address: Node; offset: number; value: Node; within?: Range }
  | { is: 'set'; local: number; value: Node }
  /** Gives a pinned node another value, in a conditional path before its first use elsewhere. */
  | { is: 'set-node'; target: Node; value: Node }
  /** All values are computed before any local is set. */
  | { is: 'set-all'; locals: readonly number[]; values: readonly Node[] }
  | { is: 'if'; condition: Node; yes: Statement[]; no: Statement[] }
  | { is: 'br'; label: Label }
  | { is: 'br-if'; label: Label; condition: Node }
  | { is: 'call'; function: number; args: readonly Node[]; result?: Node }
  | { is: 'call-indirect'; type: number; index: Node; args: readonly Node[]; result?: Node }
  /** Whatever is known only while the code is written. */
  | { is: 'emit'; write: () => void }
  /** A check whose extent is known when the block is whole. */
  | { is: 'window'; check: () => Statement[] }
  | { is: 'return'; value?: Node };

const make = (is: Node['is'], ty: Ty, opcode: number, args: readonly Node[], imm: Node['imm']): Node => {
  for (const a of args) a.uses++;
  return { is, ty, opcode, args, imm, uses: 0, local: -1 };
};

export const i32 = (value: number): Node => make('const', 'i32', 0x41, [], value | 0);
export const i64 = (value: bigint | number): Node => make('const', 'i64', 0x42, [], BigInt.asIntN(64, BigInt(value)));
export const local = (index: number, ty: Ty): Node => make('local', ty, 0x20, [], index);
export const pinned = (ty: Ty): Node => make('pinned', ty, 0, [], 0);

export const constantOf = (n: Node): bigint | undefined => (n.is === 'const' ? BigInt(n.imm as bigint) : undefined);

/** An operation by its WebAssembly name; folds the few constant cases that lifts produce. */
export function op(name: string, ...args: Node[]): Node {
  const row = OPS[name];
  if (!row) throw new Error(`no WebAssembly operation ${name}`);
  const folded = fold(name, args);
  return folded ?? make('op', row[1], row[0], args, 0);
}

export function lane(name: string, index: number, ...args: Node[]): Node {
  const row = LANE_OPS[name];
  if (!row) throw new Error(`no WebAssembly lane operation ${name}`);
  return make('op', row[1], row[0], args, index);
}

/** A load of what never changes: it need not be pinned to its place. */
export const constantLoad = (name: LoadOp, index: Node, offset: number): Node =>
  make('op', LOADS[name][1], LOADS[name][0], [index], offset);

export const select = (condition: Node, yes: Node, no: Node): Node =>
  make('select', yes.ty, yes.ty === 'v128' ? 0x1c : 0x1b, [yes, no, condition], 0);

export const shuffle = (a: Node, b: Node, lanes: readonly number[]): Node =>
  make('shuffle', 'v128', (0xfd << 16) | 13, [a, b], lanes);

export const v128 = (low: bigint, high: bigint): Node => {
  const bytes: number[] = [];
  for (const half of [low, high]) for (let i = 0n; i < 64n; i += 8n) bytes.push(Number((half >> i) & 0xffn));
  return make('const', 'v128', (0xfd << 16) | 12, [], bytes);
};

const UNCHANGED_BY_ZERO = new Set(
  ['i32', 'i64'].flatMap(ty => ['add', 'sub', 'or', 'xor', 'shl', 'shr_s', 'shr_u'].map(name => `${ty}.${name}`)),
);

function fold(name: string, args: Node[]): Node | undefined {
  const [a, b] = args;
  // Without a constant there is nothing to fold but a widening taken back.
  if (!(a?.is === 'const' || b?.is === 'const' || (args.length === 1 && a.is === 'op'))) return undefined;
  const ca = a && a.ty !== 'v128' ? constantOf(a) : undefined;
  const cb = b && b.ty !== 'v128' ? constantOf(b) : undefined;
  const ty = name.slice(0, 3);
  const big = ty === 'i64' ? i64 : (v: bigint) => i32(Number(BigInt.asIntN(32, v)));
  if (ca !== undefined && args.length === 1) {
    if (name === 'i32.wrap_i64') return i32(Number(BigInt.asIntN(32, ca)));
    if (name === 'i64.extend_i32_s') return i64(ca);
    if (name === 'i64.extend_i32_u') return i64(BigInt.asUintN(32, ca));
    if (name === 'i32.extend8_s' || name === 'i64.extend8_s') return big(BigInt.asIntN(8, ca));
    if (name === 'i32.extend16_s' || name === 'i64.extend16_s') return big(BigInt.asIntN(16, ca));
    if (name === 'i64.extend32_s') return i64(BigInt.asIntN(32, ca));
  }
  if (ca === undefined && a.is !== 'const' && args.length === 1 && a.is === 'op') {
    // Reading back what was just widened.
    if (name === 'i32.wrap_i64' && (a.opcode === OPS['i64.extend_i32_u'][0] || a.opcode === OPS['i64.extend_i32_s'][0]))
      return a.args[0];
  }
  if (ca !== undefined && args.length === 1 && name.endsWith('.eqz')) return i32(ca === 0n ? 1 : 0);
  if (ca !== undefined && cb !== undefined && args.length === 2) {
    if (name.endsWith('.eq')) return i32(ca === cb ? 1 : 0);
    if (name.endsWith('.ne')) return i32(ca !== cb ? 1 : 0);
    if (name.endsWith('.add')) return big(ca + cb);
    if (name.endsWith('.sub')) return big(ca - cb);
    if (name.endsWith('.and')) return big(ca & cb);
    if (name.endsWith('.or')) return big(ca | cb);
    if (name.endsWith('.xor')) return big(ca ^ cb);
  }
  if (cb === 0n && UNCHANGED_BY_ZERO.has(name)) return a;
  // (x + c) + d: what address arithmetic and stack pushes make
  if (
    cb !== undefined &&
    (name === 'i64.add' || name === 'i64.sub') &&
    a.is === 'op' &&
    a.opcode === OPS['i64.add'][0]
  ) {
    const inner = constantOf(a.args[1]);
    if (inner !== undefined) return op('i64.add', a.args[0], i64(name === 'i64.add' ? inner + cb : inner - cb));
  }
  if (cb !== undefined && name === 'i64.sub') return op('i64.add', a, i64(-cb));
  return undefined;
}

/** Writes statements as code; hands out locals behind those that are there already. */
export class Codegen {
  readonly code: Bytes;
  readonly locals: Ty[];
  readonly #params: number;
  #depth = 0;
  #free: Record<Ty, number[]> = { i32: [], i64: [], f32: [], f64: [], v128: [] };
  /** Nodes whose local was assigned in this scope; a conditional scope forgets them at its end. */
  #scope: Node[] = [];

  constructor(code: Bytes, params: number, locals: Ty[]) {
    this.code = code;
    this.locals = locals;
    this.#params = params;
  }

  newLocal(ty: Ty): number {
    const free = this.#free[ty].pop();
    if (free !== undefined) return free;
    this.locals.push(ty);
    return this.#params + this.locals.length - 1;
  }

  freeLocal(ty: Ty, index: number): void {
    this.#free[ty].push(index);
  }

  /** Everything written by `body` is one scope: its temporary locals are free again afterwards. */
  scope(body: () => void): void {
    const outer = this.#scope;
    this.#scope = [];
    body();
    for (const node of this.#scope) {
      this.freeLocal(node.ty, node.local);
      node.local = -1;
    }
    this.#scope = outer;
  }

  block(label: Label, body: () => void): void {
    this.code.byte(0x02);
    this.code.byte(BLOCK_VOID);
    this.#enter(label, body);
  }

  loop(label: Label, body: () => void): void {
    this.code.byte(0x03);
    this.code.byte(BLOCK_VOID);
    this.#enter(label, body);
  }

  #enter(label: Label, body: () => void): void {
    this.#depth++;
    label.depth = this.#depth;
    body();
    this.code.byte(0x0b);
    this.#depth--;
  }

  /** Relative depth for a branch to the label from here. */
  depthTo(label: Label): number {
    return this.#depth - label.depth;
  }

  ifElse(then: () => void, otherwise?: () => void): void {
    this.code.byte(0x04);
    this.code.byte(BLOCK_VOID);
    this.#depth++;
    this.scope(then);
    if (otherwise) {
      this.code.byte(0x05);
      this.scope(otherwise);
    }
    this.code.byte(0x0b);
    this.#depth--;
  }

  br(label: Label): void {
    this.code.byte(0x0c);
    this.code.u32(this.depthTo(label));
  }

  brIf(label: Label): void {
    this.code.byte(0x0d);
    this.code.u32(this.depthTo(label));
  }

  /** The node's value on WebAssembly's stack. */
  push(node: Node): void {
    const code = this.code;
    if (node.local >= 0) {
      code.byte(0x20);
      code.u32(node.local);
      return;
    }
    if (node.is === 'const') {
      code.opcode(node.opcode);
      if (node.ty === 'i32') code.s32(Number(node.imm));
      else if (node.ty === 'i64') code.s64(node.imm as bigint);
      else code.bytes(node.imm as readonly number[]);
      return;
    }
    if (node.is === 'local') {
      code.byte(0x20);
      code.u32(node.imm as number);
      return;
    }
    if (node.is === 'pinned') throw new Error('a pinned node is used before its place');
    for (const a of node.args) this.push(a);
    code.opcode(node.opcode);
    if (node.is === 'shuffle') code.bytes(node.imm as readonly number[]);
    else if (node.opcode === 0x1c) code.bytes([1, 0x7b]);
    else if (isLaneOp(node.opcode)) code.byte(node.imm as number);
    else if (node.opcode === LOADS['i32.load'][0]) {
      code.u32(2);
      code.u32(node.imm as number);
    }
    if (node.uses > 1) {
      this.#keep(node);
      code.byte(0x22);
      code.u32(node.local);
    }
  }

  #keep(node: Node): void {
    node.local = this.newLocal(node.ty);
    this.#scope.push(node);
  }

  statements(list: readonly Statement[]): void {
    for (const s of list) this.statement(s);
  }

  statement(s: Statement): void {
    const code = this.code;
    switch (s.is) {
      case 'pin':
        if (s.load) {
          this.push(s.load.address);
          const [opcode, , align] = LOADS[s.load.op];
          code.opcode(opcode);
          code.u32(align > 3 ? 0 : align);
          code.u32(s.load.offset - (s.load.within?.lo ?? 0));
        } else if (s.value) {
          // The value may already live in a local that the pinned node can share.
          this.push(s.value);
        }
        if (s.node.uses === 0) {
          code.byte(0x1a);
          return;
        }
        this.#keep(s.node);
        code.byte(0x21);
        code.u32(s.node.local);
        return;
      case 'store': {
        this.push(s.address);
        this.push(s.value);
        const [opcode, align] = STORES[s.op];
        code.opcode(opcode);
        code.u32(align > 3 ? 0 : align);
        code.u32(s.offset - (s.within?.lo ?? 0));
        return;
      }
      case 'set':
        this.push(s.value);
        code.byte(0x21);
        code.u32(s.local);
        return;
      case 'set-node':
        this.push(s.value);
        code.byte(0x21);
        code.u32(s.target.local);
        return;
      case 'set-all':
        for (const v of s.values) this.push(v);
        for (let i = s.locals.length - 1; i >= 0; i--) {
          code.byte(0x21);
          code.u32(s.locals[i]);
        }
        return;
      case 'if':
        this.push(s.condition);
        this.ifElse(() => this.statements(s.yes), s.no.length ? () => this.statements(s.no) : undefined);
        return;
      case 'br':
        this.br(s.label);
        return;
      case 'br-if':
        this.push(s.condition);
        this.brIf(s.label);
        return;
      case 'call':
        for (const a of s.args) this.push(a);
        code.byte(0x10);
        code.u32(s.function);
        this.#result(s.result);
        return;
      case 'call-indirect':
        for (const a of s.args) this.push(a);
        this.push(s.index);
        code.byte(0x11);
        code.u32(s.type);
        code.u32(0);
        this.#result(s.result);
        return;
      case 'emit':
        s.write();
        return;
      case 'window':
        this.statements(s.check());
        return;
      case 'return':
        if (s.value) this.push(s.value);
        code.byte(0x0f);
        return;
    }
  }

  #result(result: Node | undefined): void {
    if (!result) return;
    if (result.uses === 0) {
      this.code.byte(0x1a);
      return;
    }
    this.#keep(result);
    this.code.byte(0x21);
    this.code.u32(result.local);
  }
}

const LANE_OPCODES = new Set(Object.values(LANE_OPS).map(row => row[0]));
const isLaneOp = (opcode: number): boolean => LANE_OPCODES.has(opcode);

/** For statements that use a node: keeps its use count right. */
export function use<T extends Node>(node: T): T {
  node.uses++;
  return node;
}
