/**
 * Code as tier 0 runs it: instructions decoded into records, block by block, when execution first comes to them, and
 * dropped when the code changes.
 */
import { FS_BASE, GS_BASE, RBP, RSP, X87, X87_CELLS, ZERO } from '../abi/amd64/layout.ts';
import { decode, MAX_LENGTH } from '../isa/x64/decode.ts';
import type { Form, Insn, Operand, Row } from '../isa/x64/row.ts';
import type { LinearSpace } from '../memory/address-space.ts';
import { fold, IS_SHARED } from '../memory/linear.ts';
import { type Fault, PAGE_SIZE } from '../memory/types.ts';
import { DECODED, type Decode } from './decoder.ts';
import { batchModule, FIRST_HANDLER, PSEUDO, TABLE_SLOTS } from './interpreter.ts';
import * as L from './layout.ts';
import { inlineShapes, routineIndex } from './loop.ts';
import { prebuilt } from './prebuilt.ts';
import { ENDS } from './region.ts';
import { createTemplates, type Example, type Step, type TemplateList, type Templates } from './templates.ts';
import { needsSum, type OperandShape, type Shape, shapeKey } from './tier0.ts';
import { withMemory } from './wasm.ts';

/** A block of records ends here at the latest. */
const BLOCK_LIMIT = 128;
/** Whether a block of records ends with the instruction. */
const endsBlock = ({ form: { row } }: Insn): boolean => row.name === 'call' || ENDS.has(row.name);

const UD = Object.freeze({ row: { name: '(invalid)' } as Row, cond: -1, size: 8, operands: [] }) satisfies Shape;
const OVERLONG: Shape = Object.freeze({
  ...UD,
  row: { name: '(overlong)', lift: e => e.trap('protection') } as Row,
});

/** The same for every address space: made once. */
let made: Handlers | undefined;

interface Handlers {
  module?: WebAssembly.Module;
  /** Numbers of handlers by the keys of their shapes. */
  keys: ReadonlyMap<string, number>;
  templates?: TemplateList;
}

/** The handlers that are there from the beginning: inline in the loop, and those a bundle brings. */
function firstHandlers(): Handlers {
  made ??= {
    module: prebuilt && new WebAssembly.Module(withMemory(prebuilt.handlers, IS_SHARED)),
    keys: new Map((prebuilt?.shapes ?? inlineShapes().map(shapeKey)).map((key, i) => [key, FIRST_HANDLER + i])),
    templates: prebuilt?.templates,
  };
  return made;
}

export class Records {
  readonly #space: LinearSpace;
  readonly #view: DataView;
  readonly #words: Int32Array;
  readonly #imports: Record<string, Record<string, unknown>>;
  readonly #handlers: Map<string, number>;
  /** Handlers of calls. */
  readonly #calls = new Set<number>();
  readonly #byForm = new Map<Form, Map<number, number>>();
  #nextHandler: number;
  /** Handlers below are there from the beginning. */
  readonly #everybodys: number;
  #pending: { shape: Shape; id: number }[] = [];
  /** By page, the linear offset of its table: see `PAGE_TABLE_SIZE`. */
  readonly #tables = new Map<number, number>();
  /** Tables of pages that were dropped, all zero. */
  #spareTables: number[] = [];
  #lowestTable = L.RECORDS_END;
  /** Records that are dropped with a page though its table does not have them. */
  readonly #others = new Map<number, number[]>();
  readonly #templates: Templates;
  readonly #decode: Decode;
  #next = L.RECORDS;
  #apart = false;
  #breakpoints: ReadonlySet<number> = new Set();
  /** Those of a page, in ascending order. */
  #breakpointsOf = new Map<number, number[]>();

  /** `imports` are those of the interpreter's modules. */
  constructor(
    space: LinearSpace,
    imports: Record<string, Record<string, unknown>>,
    decode: Decode,
    { module, keys, templates } = firstHandlers(),
  ) {
    this.#space = space;
    this.#view = new DataView(space.memory.buffer);
    this.#words = new Int32Array(space.memory.buffer);
    this.#imports = imports;
    this.#decode = decode;
    this.#handlers = new Map(keys);
    for (const [key, id] of keys) if (isCall(key)) this.#calls.add(id);
    this.#nextHandler = FIRST_HANDLER + keys.size;
    this.#everybodys = this.#nextHandler;
    this.#templates = createTemplates(space.memory.buffer, templates);
    if (module) new WebAssembly.Instance(module, imports);
  }

  /** Before the instruction at one of these stands a record that stops. */
  get breakpoints(): ReadonlySet<number> {
    return this.#breakpoints;
  }

  /** Whoever changes them drops their pages. */
  setBreakpoints(addresses: ReadonlySet<number>): void {
    this.#breakpoints = new Set(addresses);
    this.#breakpointsOf = new Map();
    for (const address of [...addresses].sort((a, b) => a - b)) {
      const page = Math.floor(address / PAGE_SIZE);
      const list = this.#breakpointsOf.get(page);
      if (list) list.push(address);
      else this.#breakpointsOf.set(page, [address]);
    }
  }

  /** The record of a decoded address. */
  at(pc: number): number | undefined {
    const page = Math.floor(pc / PAGE_SIZE);
    const table = this.#tables.get(page);
    return table === undefined ? undefined : this.#words[(table >>> 2) + pc - page * PAGE_SIZE] || undefined;
  }

  /** Whether a block and so many records more find room. */
  hasRoom(more = 0): boolean {
    const records = (BLOCK_LIMIT * 2 + 4 + more) * L.RECORD_SIZE;
    // A block lies on two pages at most, its last instruction on another.
    return this.#next + records + 3 * L.PAGE_TABLE_SIZE <= this.#lowestTable;
  }

  isCall(record: number): boolean {
    return this.#calls.has(this.#view.getUint16(record, true));
  }

  /** A record to stand before the one of a decoded address; it is dropped with it. */
  before(pc: number): number {
    const record = this.#next;
    this.#next += L.RECORD_SIZE;
    this.#view.setUint8(record + L.FIELD.length, 1);
    this.#view.setBigUint64(record + L.FIELD.pc, BigInt(pc), true);
    this.#dropWith(Math.floor(pc / PAGE_SIZE), record);
    return record;
  }

  /** Drops what was decoded from a page; `dropped` hears of each of its records, `known` when it is its address's. */
  dropPage(page: number, dropped: (pc: number, record: number, known: boolean) => void): void {
    const table = this.#tables.get(page);
    const others = this.#others.get(page);
    const drop = (record: number): void => {
      const pc = Number(this.#view.getBigUint64(record + L.FIELD.pc, true));
      this.#view.setUint16(record, PSEUDO.dropped, true);
      const known = this.at(pc) === record;
      if (known) this.#words[this.#slotOf(pc)] = 0;
      dropped(pc, record, known);
    };
    if (table !== undefined) {
      for (let i = 0; i < PAGE_SIZE; i++) {
        let record = this.#words[(table >>> 2) + i];
        if (!record) continue;
        drop(record);
        // One instruction may have several: of those the table has the first.
        for (;;) {
          record += L.RECORD_SIZE;
          if (record >= this.#next || this.#view.getUint16(record, true) === PSEUDO.goto) break;
          if (Number(this.#view.getBigUint64(record + L.FIELD.pc, true)) !== page * PAGE_SIZE + i) break;
          drop(record);
        }
      }
      this.#tables.delete(page);
      this.#spareTables.push(table);
    }
    if (!others) return;
    this.#others.delete(page);
    for (const record of others) drop(record);
  }

  clear(): void {
    this.#tables.clear();
    this.#spareTables = [];
    this.#lowestTable = L.RECORDS_END;
    this.#others.clear();
    this.#next = L.RECORDS;
  }

  /** The table of a page, and who writes there will be noticed. */
  #tableOf(page: number): number {
    const known = this.#tables.get(page);
    if (known !== undefined) return known;
    let table = this.#spareTables.pop();
    if (table === undefined) {
      this.#lowestTable -= L.PAGE_TABLE_SIZE;
      table = this.#lowestTable;
      this.#words.fill(0, table >>> 2, (table + L.PAGE_TABLE_SIZE) >>> 2);
    }
    this.#tables.set(page, table);
    this.#space.markCode(page);
    return table;
  }

  /** Index of an address's entry in its page's table. */
  #slotOf(pc: number): number {
    const page = Math.floor(pc / PAGE_SIZE);
    return (this.#tableOf(page) >>> 2) + pc - page * PAGE_SIZE;
  }

  #dropWith(page: number, record: number): void {
    const list = this.#others.get(page);
    if (list) list.push(record);
    else this.#others.set(page, [record]);
  }

  /** The record of a block that begins at an address, decoded now; or why its first instruction cannot be. */
  decode(start: number): number | Fault {
    const first = this.#next;
    this.#space.commit();
    let pc = start;
    for (let count = 0; ; ) {
      const known = this.at(pc);
      if (known !== undefined || count >= BLOCK_LIMIT) {
        this.#goto(pc, known ?? 0);
        break;
      }
      const page = Math.floor(pc / PAGE_SIZE);
      const last = this.#lastInPlace(pc, page);
      if (last >= 0) {
        const at = fold(pc);
        const record = this.#next;
        const low = pc >>> 0;
        const why = this.#decode(at, last, BLOCK_LIMIT - count, record, this.#tableOf(page), low, (pc - low) / 2 ** 32);
        this.#next = this.#words[L.DECODED_RECORD >>> 2];
        pc += this.#words[L.DECODED_AT >>> 2] - (at | 0);
        count += (this.#next - record) / L.RECORD_SIZE;
        if (why === DECODED.ended) break;
        if (why === DECODED.joins) continue;
      }
      const done = this.#decodeOne(pc, last >= 0 && fold(pc) <= last);
      if (done.is === 'fault') {
        if (count === 0) return done.fault;
        // Met again, as the first of a block, if execution gets there.
        this.#space.hostWait = undefined;
        this.#goto(pc, 0);
        break;
      }
      pc += done.length;
      count++;
      if (done.ends) break;
    }
    if (this.#pending.length) this.#compilePending();
    return first;
  }

  /** The linear offset up to which the page's instructions from `pc` on can be decoded in place; −1: none can. */
  #lastInPlace(pc: number, page: number): number {
    const base = page * PAGE_SIZE;
    const breakpoint = this.#breakpointsOf.get(page)?.find(address => address >= pc) ?? Number.POSITIVE_INFINITY;
    const end = Math.min(base + PAGE_SIZE - MAX_LENGTH, breakpoint - 1);
    if (pc > end) return -1;
    if (!this.#tables.has(page) || !this.#space.isDirect(base)) {
      const fetched = this.#space.fetch(pc, 1);
      this.#space.hostWait = undefined;
      if (!(fetched instanceof Uint8Array) || !this.#space.isDirect(base)) return -1;
    }
    return fold(end);
  }

  /** An instruction that no template is known for, or that lies on a page's end or under a breakpoint. */
  #decodeOne(
    pc: number,
    inPlace: boolean,
  ): { is: 'decoded'; length: number; ends: boolean } | { is: 'fault'; fault: Fault } {
    // A part of the memory's bytes: V8's compiled code takes the length of arrays beyond 2 GiB for negative.
    const start = fold(pc);
    const fetched = inPlace
      ? this.#space.bytes.subarray(start, start + MAX_LENGTH)
      : this.#space.fetch(pc, 2 * MAX_LENGTH);
    if (!(fetched instanceof Uint8Array)) return { is: 'fault', fault: fetched };
    const insn = decode(fetched, 0, pc);
    const stops = this.#breakpoints.has(pc);
    if (!('form' in insn)) {
      if (insn.is === 'truncated') {
        // The bytes go on where nothing can be fetched: that page's fault, or the host's answer, comes first.
        const fault = this.#space.fetch(pc + fetched.length, 1);
        if (!(fault instanceof Uint8Array)) return { is: 'fault', fault };
      }
      if (stops) this.#take(pc, PSEUDO.breakpoint, 1);
      const shape = insn.is === 'invalid' && insn.overlong ? OVERLONG : UD;
      this.#take(pc, this.#handlerOf(shape), 1);
      return { is: 'decoded', length: 1, ends: true };
    }
    if (stops) this.#take(pc, PSEUDO.breakpoint, 1);
    const before = this.#next;
    const record = this.#record(insn);
    const ends = endsBlock(insn);
    if (record === before) this.#templates.learn(fetched, 0, insn, ends, record);
    return { is: 'decoded', length: insn.length, ends };
  }

  /** An instruction and its record, for templates of opcodes; only of shapes whose handlers are there from the beginning. */
  example(bytes: Uint8Array): Example | undefined {
    const insn = decode(bytes, 0, 0);
    if (!('form' in insn)) return undefined;
    const first = this.#next;
    const record = this.apart(insn);
    this.#next = first;
    if (record !== first || this.#view.getUint16(record, true) >= this.#everybodys) return undefined;
    return {
      insn,
      ends: endsBlock(insn),
      record: this.#words.slice(record >>> 2, (record + L.FIELD.pc) >>> 2),
    };
  }

  /** As `Templates.plant`. */
  plant(path: readonly Step[], templates: readonly Int32Array[]): void {
    this.#templates.plant(path, templates);
  }

  /** The templates of what was decoded or learned. */
  templates(): TemplateList {
    return this.#templates.list();
  }

  /** A new record, known by its address unless one is. */
  #take(pc: number, handler: number, length: number): number {
    const record = this.#next;
    this.#next += L.RECORD_SIZE;
    if (!this.#apart) {
      const slot = this.#slotOf(pc);
      this.#words[slot] ||= record;
      const last = Math.floor((pc + length - 1) / PAGE_SIZE);
      if (last !== Math.floor(pc / PAGE_SIZE)) {
        this.#tableOf(last);
        this.#dropWith(last, record);
      }
    }
    this.#words.fill(0, record >>> 2, (record + L.RECORD_SIZE) >>> 2);
    const v = this.#view;
    v.setUint16(record, handler, true);
    v.setUint8(record + L.FIELD.length, length);
    v.setBigUint64(record + L.FIELD.pc, BigInt(pc), true);
    return record;
  }

  /** Not the instruction at `pc`, only the way to it. */
  #goto(pc: number, link: number): void {
    const record = this.#next;
    this.#next += L.RECORD_SIZE;
    const v = this.#view;
    v.setUint16(record, PSEUDO.goto, true);
    v.setBigUint64(record + L.FIELD.link, BigInt(link), true);
    v.setBigUint64(record + L.FIELD.immediate, BigInt(pc), true);
    v.setBigUint64(record + L.FIELD.pc, BigInt(pc), true);
  }

  /** A record that stands in no block. */
  apart(insn: Insn): number {
    this.#apart = true;
    const record = this.#record(insn);
    this.#apart = false;
    return record;
  }

  #record(insn: Insn): number {
    const v = this.#view;
    const mem = insn.operands.find(o => o.is === 'mem');
    let base = ZERO;
    let index = ZERO;
    let scale = 0;
    let disp = 0n;
    if (mem?.is === 'mem') {
      const segment = insn.form.row.name === 'lea' ? undefined : mem.segment;
      base = mem.base < 0 ? ZERO : mem.base;
      index = mem.index < 0 ? ZERO : mem.index;
      scale = SCALE[mem.scale];
      disp = BigInt(mem.disp);
      const seg = segment === 'fs' ? FS_BASE : segment === 'gs' ? GS_BASE : -1;
      if (needsSum(mem, segment)) {
        const p = this.#take(insn.address, mem.addressWidth === 4 ? PSEUDO.address32 : PSEUDO.address, 1);
        v.setUint8(p + L.FIELD.scale, scale);
        v.setUint16(p + L.FIELD.base, base * 8, true);
        v.setUint16(p + L.FIELD.index, index * 8, true);
        v.setBigInt64(p + L.FIELD.displacement, disp, true);
        base = L.ADDRESS_SCRATCH;
        index = ZERO;
        scale = 0;
        disp = 0n;
      }
      if (seg >= 0) {
        if (index === ZERO) {
          index = seg;
          scale = 0;
        } else base = seg;
      }
    }
    const record = this.#take(insn.address, this.#handlerFor(insn), insn.length);
    v.setUint8(record + L.FIELD.scale, scale);
    v.setUint16(record + L.FIELD.base, base * 8, true);
    v.setUint16(record + L.FIELD.index, index * 8, true);
    if (mem) v.setBigInt64(record + L.FIELD.displacement, BigInt.asIntN(64, disp), true);
    let aux = (insn.rep === 'rep' ? 1 : insn.rep === 'repne' ? 2 : 0) | (insn.addressWidth === 4 ? 4 : 0);
    aux |= insn.segment === 'fs' ? 8 : insn.segment === 'gs' ? 16 : 0;
    if (mem) aux |= 32;
    if (mem?.is === 'mem' && !mem.segment && (mem.base === RSP || mem.base === RBP)) aux |= L.STACK_SEGMENT;
    const last = insn.operands.at(-1);
    if (last && last.is !== 'rel') aux |= Math.min(3, Math.log2(last.width)) << 6;
    let immediates = 0;
    for (let i = 0; i < insn.operands.length; i++) {
      const o = insn.operands[i];
      if (o.is === 'reg') {
        if (i < 3) v.setUint16(record + L.FIELD.operand[i], registerOffset(o), true);
      } else if (o.is === 'imm') {
        if (immediates++ === 0) v.setBigInt64(record + L.FIELD.immediate, BigInt.asIntN(64, o.value), true);
        else aux = Number(BigInt.asUintN(8, o.value));
      } else if (o.is === 'rel') {
        v.setBigInt64(record + L.FIELD.immediate, BigInt(o.target), true);
        v.setInt32(record + L.FIELD.link, 0, true);
      }
    }
    v.setUint16(record + L.FIELD.aux, aux | (Math.min(insn.size, 64) << 8), true);
    return record;
  }

  /** As `#handlerOf`, without making a shape where the form was met with such operands before. */
  #handlerFor(insn: Insn): number {
    let number = insn.cond + 1;
    for (const o of insn.operands) {
      const code = o.is === 'reg' ? (o.class === 'gpr' ? 1 : o.class === 'xmm' ? 2 : 3) : o.is === 'mem' ? 4 : 5;
      number = number * 64 + code * 8 + (o.is === 'rel' ? 7 : Math.clz32(o.width) & 7);
    }
    number = number * 128 + insn.size;
    let known = this.#byForm.get(insn.form);
    if (!known) {
      known = new Map();
      this.#byForm.set(insn.form, known);
    }
    let handler = known.get(number);
    if (handler === undefined) {
      handler = this.#handlerOf(shapeOf(insn));
      known.set(number, handler);
    }
    return handler;
  }

  #handlerOf(shape: Shape): number {
    const key = shapeKey(shape);
    const known = this.#handlers.get(key);
    if (known !== undefined) return known;
    const id = this.#nextHandler++;
    if (id >= TABLE_SLOTS) throw new Error('the table of handlers is full');
    this.#handlers.set(key, id);
    if (isCall(key)) this.#calls.add(id);
    this.#pending.push({ shape, id });
    return id;
  }

  #compilePending(): void {
    const batch = this.#pending;
    this.#pending = [];
    const bytes = batchModule(
      batch.map(p => p.shape),
      batch[0].id,
      routineIndex,
    );
    new WebAssembly.Instance(new WebAssembly.Module(bytes), this.#imports);
  }
}

const isCall = (shape: string): boolean => shape.startsWith('call|');

const SCALE: Record<number, number> = { 1: 0, 2: 1, 4: 2, 8: 3 };

/** Byte offset of a register operand in the register file. */
function registerOffset(o: Operand & { is: 'reg' }): number {
  if (o.class === 'xmm') return (L.VECTOR_CELL + o.index * 4) * 8;
  if (o.class === 'gpr') return o.index * 8 + (o.high ? 1 : 0);
  if (o.class === 'mm') return (X87 + o.index * X87_CELLS) * 8;
  return o.index;
}

/** What the instruction's handler is specialised on. */
export function shapeOf(insn: Insn): Shape {
  const operands = insn.operands.map((o): OperandShape => {
    if (o.is === 'mem') return { kind: 'mem', width: o.width };
    if (o.is === 'imm') return { kind: 'imm', width: o.width };
    if (o.is === 'rel') return { kind: 'rel', width: 8 };
    if (o.class === 'gpr') return { kind: 'reg', width: o.width };
    if (o.class === 'xmm') return { kind: 'xmm', width: 16 };
    if (o.class === 'mm') return { kind: 'mm', width: o.width };
    return { kind: 'other', width: o.width };
  });
  return { row: insn.form.row, cond: insn.cond, size: insn.size, operands };
}
