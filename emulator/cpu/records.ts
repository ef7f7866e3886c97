/**
 * Code as tier 0 runs it: instructions decoded into records, block by block, when execution first comes to them, and
 * dropped when the code changes.
 */
import { FS_BASE, GS_BASE, RBP, RSP, X87, X87_CELLS, ZERO } from '../abi/amd64/layout.ts';
import { decode } from '../isa/x64/decode.ts';
import type { Form, Insn, Operand, Row } from '../isa/x64/row.ts';
import type { LinearSpace } from '../memory/address-space.ts';
import { type Fault, PAGE_SIZE } from '../memory/types.ts';
import { batchModule, FIRST_HANDLER, PSEUDO, TABLE_SLOTS } from './interpreter.ts';
import * as L from './layout.ts';
import { inlineShapes, routineIndex } from './loop.ts';
import { prebuilt } from './prebuilt.ts';
import { Templates } from './templates.ts';
import { type OperandShape, type Shape, shapeKey } from './tier0.ts';

/** A block of records ends here at the latest. */
const BLOCK_LIMIT = 128;

const UD = Object.freeze({ row: { name: '(invalid)' } as Row, cond: -1, size: 8, operands: [] }) satisfies Shape;
const OVERLONG: Shape = Object.freeze({
  ...UD,
  row: { name: '(overlong)', lift: e => e.trap('protection') } as Row,
});

/** The same for every address space: made once. */
let made: { module: WebAssembly.Module | undefined; keys: ReadonlyMap<string, number> } | undefined;

/** The handlers that are there from the beginning: inline in the loop, and those a bundle brings. */
function firstHandlers(): typeof made & object {
  made ??= {
    module: prebuilt && new WebAssembly.Module(prebuilt.handlers),
    keys: new Map((prebuilt?.shapes ?? inlineShapes().map(shapeKey)).map((key, i) => [key, FIRST_HANDLER + i])),
  };
  return made;
}

/**
 * Whether a record's own address fields do not suffice for a memory operand: then another record before it leaves the
 * sum in `ADDRESS_SCRATCH`. LEA has no segment.
 */
export const needsSum = (mem: Operand & { is: 'mem' }, segment: string | undefined): boolean =>
  mem.addressWidth === 4 || (mem.base >= 0 && mem.index >= 0 && (segment === 'fs' || segment === 'gs'));

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
  #pending: { shape: Shape; id: number }[] = [];
  /** Record of every decoded address. */
  readonly #byAddress = new Map<number, number>();
  /** Records by page, to drop them, and the page's bytes as they were decoded. */
  readonly #pages = new Map<number, number[]>();
  readonly #bytes = new Map<number, Uint8Array>();
  readonly #templates = new Templates();
  #next = L.RECORDS;
  #apart = false;
  /** Before the instruction at one of these stands a record that stops. Whoever changes them drops their pages. */
  breakpoints: ReadonlySet<number> = new Set();

  /** `imports` are those of the interpreter's modules. */
  constructor(space: LinearSpace, imports: Record<string, Record<string, unknown>>) {
    this.#space = space;
    this.#view = new DataView(space.memory.buffer);
    this.#words = new Int32Array(space.memory.buffer);
    this.#imports = imports;
    const { module, keys } = firstHandlers();
    this.#handlers = new Map(keys);
    for (const [key, id] of keys) if (isCall(key)) this.#calls.add(id);
    this.#nextHandler = FIRST_HANDLER + keys.size;
    if (module) new WebAssembly.Instance(module, imports);
  }

  /** The record of a decoded address. */
  at(pc: number): number | undefined {
    return this.#byAddress.get(pc);
  }

  /** Whether a block and so many records more find room. */
  hasRoom(more = 0): boolean {
    return this.#next + (BLOCK_LIMIT * 2 + 4 + more) * L.RECORD_SIZE <= L.RECORDS_END;
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
    this.#pages.get(Math.floor(pc / PAGE_SIZE))?.push(record);
    return record;
  }

  /** Drops what was decoded from a page; `dropped` hears of each of its records, `known` when it is its address's. */
  dropPage(page: number, dropped: (pc: number, record: number, known: boolean) => void): void {
    this.#bytes.delete(page);
    const list = this.#pages.get(page);
    if (!list) return;
    this.#pages.delete(page);
    for (const record of list) {
      const pc = Number(this.#view.getBigUint64(record + L.FIELD.pc, true));
      this.#view.setUint16(record, PSEUDO.dropped, true);
      const known = this.#byAddress.get(pc) === record;
      if (known) this.#byAddress.delete(pc);
      dropped(pc, record, known);
    }
  }

  clear(): void {
    this.#byAddress.clear();
    this.#pages.clear();
    this.#bytes.clear();
    this.#next = L.RECORDS;
  }

  /** The record of a block that begins at an address, decoded now; or why its first instruction cannot be. */
  decode(start: number): number | Fault {
    const first = this.#next;
    let pc = start;
    let chunk = new Uint8Array(0);
    let chunkAt = start;
    for (let count = 0; ; count++) {
      const known = count > 0 ? this.#byAddress.get(pc) : undefined;
      if (known !== undefined || count === BLOCK_LIMIT) {
        this.#pseudo(PSEUDO.goto, pc, known ?? 0);
        break;
      }
      if (pc + 15 > chunkAt + chunk.length) {
        const page = this.#pageBytes(pc);
        const fetched = page ?? this.#space.fetch(pc, 32);
        if (!(fetched instanceof Uint8Array)) {
          if (count === 0) return fetched;
          // Met again, as the first of a block, if execution gets there.
          this.#space.hostWait = undefined;
          this.#pseudo(PSEUDO.goto, pc, 0);
          break;
        }
        chunk = fetched as Uint8Array<ArrayBuffer>;
        chunkAt = page ? pc - (pc % PAGE_SIZE) : pc;
      }
      const template = chunk.length < pc - chunkAt + 15 ? -1 : this.#templates.find(chunk, pc - chunkAt);
      if (template >= 0) {
        if (this.breakpoints.has(pc)) this.#pseudo(PSEUDO.breakpoint, pc, 0);
        const length = this.#templates.length(template);
        const record = this.#place(pc, length);
        this.#templates.write(template, chunk, pc - chunkAt, pc, this.#words, record >>> 2);
        pc += length;
        if (this.#templates.ends(template)) break;
        continue;
      }
      const insn = decode(chunk, pc - chunkAt, pc);
      if (!('form' in insn)) {
        if (insn.is === 'truncated') {
          // The bytes go on where nothing can be fetched: that page's fault, or the host's answer, comes first.
          const end = chunkAt + chunk.length;
          const fault = this.#space.fetch(end, 1);
          if (!(fault instanceof Uint8Array)) {
            if (count === 0) return fault;
            this.#space.hostWait = undefined;
            this.#pseudo(PSEUDO.goto, pc, 0);
            break;
          }
        }
        if (this.breakpoints.has(pc)) this.#pseudo(PSEUDO.breakpoint, pc, 0);
        const shape = insn.is === 'invalid' && insn.overlong ? OVERLONG : UD;
        this.#take(pc, this.#handlerOf(shape), 1);
        break;
      }
      if (this.breakpoints.has(pc)) this.#pseudo(PSEUDO.breakpoint, pc, 0);
      const before = this.#next;
      const record = this.#record(insn);
      const name = insn.form.row.name;
      const ends = name === 'jmp' || name === 'ret' || name === 'call' || name === 'ud2' || name === 'hlt';
      if (record === before) this.#templates.learn(chunk, pc - chunkAt, insn, ends, this.#words, record >>> 2);
      pc += insn.length;
      if (ends) break;
    }
    if (this.#pending.length) this.#compilePending();
    return first;
  }

  /** The bytes of a page of code from which an instruction can be decoded that begins at `pc`, if it has them all. */
  #pageBytes(pc: number): Uint8Array | undefined {
    if ((pc % PAGE_SIZE) + 15 > PAGE_SIZE) return undefined;
    const page = Math.floor(pc / PAGE_SIZE);
    const known = this.#bytes.get(page);
    if (known) return known;
    const fetched = this.#space.fetch(page * PAGE_SIZE, PAGE_SIZE);
    if (!(fetched instanceof Uint8Array) || fetched.length < PAGE_SIZE) return undefined;
    this.#bytes.set(page, fetched);
    this.#space.markCode(page);
    return fetched;
  }

  /** A new record, known by its address unless one is. */
  #take(pc: number, handler: number, length: number): number {
    const record = this.#place(pc, length);
    const v = this.#view;
    v.setUint16(record, handler, true);
    v.setUint8(record + L.FIELD.length, length);
    v.setBigUint64(record + L.FIELD.displacement, 0n, true);
    v.setBigUint64(record + L.FIELD.pc, BigInt(pc), true);
    return record;
  }

  /** Room for a record. */
  #place(pc: number, length: number): number {
    const record = this.#next;
    this.#next += L.RECORD_SIZE;
    if (this.#apart) return record;
    if (!this.#byAddress.has(pc)) this.#byAddress.set(pc, record);
    const first = Math.floor(pc / PAGE_SIZE);
    const last = Math.floor((pc + length - 1) / PAGE_SIZE);
    for (let page = first; page <= last; page++) {
      let list = this.#pages.get(page);
      if (!list) {
        list = [];
        this.#pages.set(page, list);
        this.#space.markCode(page);
      }
      list.push(record);
    }
    return record;
  }

  #pseudo(kind: number, pc: number, link: number): number {
    const record = this.#next;
    if (kind === PSEUDO.goto) {
      // Not the instruction at `pc`, only the way to it.
      this.#next += L.RECORD_SIZE;
      const v = this.#view;
      v.setUint16(record, kind, true);
      v.setBigUint64(record + L.FIELD.link, BigInt(link), true);
      v.setBigUint64(record + L.FIELD.immediate, BigInt(pc), true);
      v.setBigUint64(record + L.FIELD.pc, BigInt(pc), true);
      return record;
    }
    return this.#take(pc, kind, 1);
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
