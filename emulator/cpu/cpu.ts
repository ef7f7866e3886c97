/**
 * The CPU of one address space: decodes code into records, runs tier 0 over them, and says why it stopped. It knows
 * registers and memory, and nothing of Linux.
 */
import { CELLS, FP_CONTROL, FS_BASE, GS_BASE, RBP, RIP, RSP, X87, X87_CELLS, ZERO } from '../abi/amd64/layout.ts';
import type { HostWait } from '../host.ts';
import type { Trap } from '../isa/emitter.ts';
import { decode } from '../isa/x64/decode.ts';
import type { Form, Insn, Operand, Row } from '../isa/x64/row.ts';
import type { LinearSpace } from '../memory/address-space.ts';
import { type Fault, type Met, PAGE_SIZE, type Watchpoint } from '../memory/types.ts';
import { CodeCache, regionTable } from './code-cache.ts';
import { fpFastOf } from './float.ts';
import { batchModule, FIRST_HANDLER, lookupSlot, PSEUDO, TABLE_SLOTS } from './interpreter.ts';
import * as L from './layout.ts';
import { generateLoop, inlineShapes, ROUTINE_NAMES, routineIndex } from './loop.ts';
import { prebuilt } from './prebuilt.ts';
import { ROUTINES } from './routine-table.ts';
import type { RoutineContext, RoutineResult } from './routines.ts';
import { writeTables } from './tables.ts';
import { Templates } from './templates.ts';
import { type OperandShape, type Shape, SLOW_WRITE, shapeKey } from './tier0.ts';

export type CpuException =
  | { is: 'page-fault'; fault: Fault }
  | { is: 'invalid-opcode'; what?: string }
  | { is: 'divide-error' }
  | { is: 'general-protection' }
  | { is: 'breakpoint' }
  /** #DB of INT1. */
  | { is: 'debug'; instruction: true }
  /** #OF of INT 4. */
  | { is: 'overflow' }
  /** #SS: an address on the stack that is not canonical. */
  | { is: 'stack-fault' }
  | { is: 'alignment-check' }
  /** #MF or, of SSE, #XM: the flags in the status word or MXCSR tell which. */
  | { is: 'floating-point'; simd: boolean };

export type CpuExit =
  | { is: 'budget' }
  /** The pc is at the syscall instruction, which has not been executed. */
  | { is: 'syscall' }
  | { is: 'breakpoint'; address: number }
  /** The instruction before the pc accessed what is watched. */
  | { is: 'watchpoint'; met: Met }
  | { is: 'exception'; exception: CpuException }
  /** An access needs an answer of the host first. */
  | { is: 'host'; wait: HostWait };

/** The same for every address space: made once. */
let made: { loop: WebAssembly.Module; handlers: WebAssembly.Module | undefined; keys: Map<string, number> } | undefined;

function interpreterModules(): typeof made & object {
  made ??= {
    loop: new WebAssembly.Module(prebuilt?.loop ?? generateLoop()),
    handlers: prebuilt && new WebAssembly.Module(prebuilt.handlers),
    keys: new Map((prebuilt?.shapes ?? inlineShapes().map(shapeKey)).map((key, i) => [key, FIRST_HANDLER + i])),
  };
  return made;
}

const UD = Object.freeze({ row: { name: '(invalid)' } as Row, cond: -1, size: 8, operands: [] }) satisfies Shape;
const OVERLONG: Shape = Object.freeze({
  ...UD,
  row: { name: '(overlong)', lift: e => e.trap('protection') } as Row,
});

/** An empty entry of the table of blocks: not canonical, so no branch that got through its check looks for it. */
const NO_PC = 1n << 62n;

/** How often a call's target or a loop's head is passed in tier 0 before it is compiled. */
const HOT = 1500;
/** By so much more where returns and indirect jumps lead: they are seldom the beginning of something. */
const AFTERWARDS = 3;
/** V8 replaces code by better code only when it is called again: compiled code returns this often, in instructions. */
const CHUNK = 250_000;

/**
 * Hot places are compiled together when there are so many of them, or when the first has waited for so many instructions:
 * tier 0 does those in a few milliseconds, and a module costs V8 one or two.
 */
const BATCH = 16;
const PATIENCE = 1_000_000;

/** Records that compiling regions may take. */
const COMPILE_RECORDS = 1000;

/** A block of records ends here at the latest. */
const BLOCK_LIMIT = 128;

export class Cpu {
  readonly space: LinearSpace;
  readonly #live: BigUint64Array;
  readonly #view: DataView;
  readonly #words: Int32Array;
  readonly #control: Int32Array;
  readonly #run: (record: number, budget: number) => void;
  readonly #table: WebAssembly.Table;
  readonly #imports: Record<string, Record<string, unknown>>;
  readonly #handlers: Map<string, number>;
  /** Handlers of calls. */
  readonly #calls = new Set<number>();
  readonly #byForm = new Map<Form, Map<number, number>>();
  #nextHandler: number;
  readonly #context: { value: RoutineContext; use(record: number): void };
  #pending: { shape: Shape; id: number }[] = [];
  /** Record of every decoded address. */
  readonly #records = new Map<number, number>();
  /** Records by page, to drop them, and the page's bytes as they were decoded. */
  readonly #pages = new Map<number, number[]>();
  readonly #bytes = new Map<number, Uint8Array>();
  readonly #templates = new Templates();
  /** Records that stand before hot places, by address; each links to the place's own record. */
  readonly #entries = new Map<number, number>();
  readonly code: CodeCache;
  /** Whether hot code is compiled at all; both tiers give the same results. */
  tierUp = true;
  /** How often a call's target or a loop's head is passed in tier 0 before it is compiled. */
  heat = HOT;
  /** For how many instructions the first of the hot places waits for others to be compiled with. */
  patience = PATIENCE;
  #nextRecord = L.RECORDS;
  /** Instructions executed in this space, and how many there were when the first of those that wait became hot. */
  #age = 0;
  #wantedSince = 0;
  #flushes = 0;
  #apart = false;
  #watching = false;
  /** What the instruction that is being executed met. */
  #met: Met | undefined;
  #breakpoints: ReadonlySet<number> = new Set();
  #fault: Fault | undefined;
  /** Of the current `run`. */
  #budget = 0;
  /** Instructions executed before the current `run`, for the time stamp counter. */
  clock: () => bigint = () => 0n;
  /** What RDRAND and RDSEED give; the machine makes it deterministic. */
  random: () => bigint = () => 0n;
  /** Instructions that the last `run` executed. */
  executed = 0;
  /** How often each shape was decoded, when somebody wants to know. */
  readonly shapeUse: Map<string, number> | undefined;

  constructor(space: LinearSpace, countShapes = false) {
    this.space = space;
    this.#live = new BigUint64Array(space.memory.buffer, L.REGS, CELLS);
    this.#view = new DataView(space.memory.buffer);
    this.#words = new Int32Array(space.memory.buffer);
    this.#control = new Int32Array(space.memory.buffer, L.CONTROL, 16);
    this.#table = new WebAssembly.Table({ element: 'anyfunc', initial: TABLE_SLOTS });
    this.shapeUse = countShapes ? new Map() : undefined;
    const context = this.#routineContext();
    this.#context = context;
    const regions = regionTable();
    this.#imports = {
      ring3: {
        memory: space.memory,
        handlers: this.#table,
        regions,
        slow: (address: number, what: number): number => {
          const size = what & 0xff;
          const at = space.access(address, size, (what & SLOW_WRITE) !== 0);
          if (typeof at === 'number') {
            if (this.#watching) this.#askToStop();
            return at | 0;
          }
          this.#fault = at;
          return 0;
        },
        routine: (index: number, record: number): number => {
          context.use(record >>> 0);
          const result = ROUTINES[ROUTINE_NAMES[index]](context.value);
          if (this.#watching) this.#askToStop();
          if (result === 'done') return 0;
          if (result === 'exit') return 1;
          if (result === 'again') {
            this.#view.setBigUint64(L.NEXT_PC, this.#view.getBigUint64((record >>> 0) + L.FIELD.pc, true), true);
          }
          return 2;
        },
      },
    };
    const { loop, handlers, keys } = interpreterModules();
    this.#handlers = new Map(keys);
    for (const [key, id] of keys) if (isCall(key)) this.#calls.add(id);
    this.#nextHandler = FIRST_HANDLER + keys.size;
    if (handlers) new WebAssembly.Instance(handlers, this.#imports);
    const instance = new WebAssembly.Instance(loop, this.#imports);
    this.#run = instance.exports.run as (record: number, budget: number) => void;
    this.code = new CodeCache({
      space,
      imports: this.#imports,
      regions,
      routineIndex,
      recordOf: insn => this.#recordApart(insn),
      isKnown: address => this.#records.has(address),
      isStop: address => this.#breakpoints.has(address),
      changed: (address, slot) => this.#regionChanged(address, slot),
    });
    this.#clearLookup();
    writeTables(space.memory.buffer);
    space.listener = { codeChanged: page => this.#dropPage(page) };
  }

  setBreakpoints(addresses: ReadonlySet<number>): void {
    const changed = new Set<number>();
    for (const a of addresses) if (!this.#breakpoints.has(a)) changed.add(Math.floor(a / PAGE_SIZE));
    for (const a of this.#breakpoints) if (!addresses.has(a)) changed.add(Math.floor(a / PAGE_SIZE));
    this.#breakpoints = new Set(addresses);
    for (const page of changed) this.#dropPage(page);
  }

  /** `run` ends behind an instruction that accesses one of these. */
  setWatchpoints(watchpoints: readonly Watchpoint[]): void {
    this.#watching = watchpoints.length > 0;
    this.space.setWatchpoints(watchpoints);
  }

  #askToStop(): void {
    if (this.#met) return;
    this.#met = this.space.takeMet();
    if (this.#met) this.#view.setInt32(L.STOP, 1, true);
  }

  /**
   * Executes at most `budget` instructions of the task whose registers these are. With `over`, a breakpoint at the
   * first instruction does not count.
   */
  run(registers: BigUint64Array, budget: number, over = false): CpuExit {
    // What the kernel met in between was the kernel's to tell.
    if (this.#watching) this.space.takeMet();
    const live = this.#live;
    live.set(registers);
    this.#view.setInt32(L.FP_FAST, fpFastOf(Number(live[FP_CONTROL] & 0xffffn)), true);
    let pc = Number(live[RIP]);
    let left = budget;
    let link = 0;
    let skip = over;
    // The branch target as it stands: addresses of the kernel's half do not fit a number.
    let target = live[RIP];
    /** Whether tier 0 does the next instruction even if it begins a region. */
    let plain = over;
    /** When control came here as it comes to what may become hot: how often it may before that is compiled. */
    let arrival = 0;
    /** What was left when a region last asked for its frame. */
    let probedAt = -1;
    const leave = (at: number, exit: CpuExit): CpuExit => {
      live[RIP] = Number(target) === at ? target : BigInt.asUintN(64, BigInt(at));
      registers.set(live);
      this.executed = budget - left;
      return exit;
    };
    const control = this.#control;
    for (;;) {
      if (left <= 0) return leave(pc, { is: 'budget' });
      if (this.code.wanted && (this.code.wanted >= BATCH || this.#age - this.#wantedSince >= this.patience)) {
        this.#compileWanted();
      }
      const flushes = this.#flushes;
      let record = this.#records.get(pc);
      if (record === undefined) {
        const made = this.#decodeBlock(pc);
        if (typeof made !== 'number') {
          const wait = this.space.hostWait;
          this.space.hostWait = undefined;
          if (wait) return leave(pc, { is: 'host', wait });
          return leave(pc, { is: 'exception', exception: made });
        }
        record = made;
      }
      if (arrival && !this.#entries.has(pc)) this.#makeEntry(pc, record, arrival);
      arrival = 0;
      const first = this.#entries.get(pc) ?? record;
      if (link && flushes === this.#flushes) this.#view.setInt32(link + L.FIELD.link, first, true);
      link = 0;
      this.#remember(pc, first);
      if (skip && this.#view.getUint16(record, true) === PSEUDO.breakpoint) record += L.RECORD_SIZE;
      const start = plain ? record : first;
      skip = false;
      plain = false;

      const chunk = Math.min(left, CHUNK);
      this.#budget = budget - left + chunk;
      this.#run(start, chunk);
      const at = control[1] >>> 0;
      const stopped = control[3] === 2;
      const spent = chunk - (stopped ? control[4] : control[2]);
      left -= spent;
      this.#age += spent;
      control[3] = 0;
      const here = (): number => Number(this.#view.getBigUint64(at + L.FIELD.pc, true));
      switch (control[0]) {
        case L.EXIT_REASON.budget:
          pc = here();
          if (stopped && this.#met) return leave(pc, this.#reportMet());
          continue;
        case L.EXIT_REASON.miss: {
          target = this.#view.getBigUint64(L.NEXT_PC, true);
          pc = Number(target);
          if (stopped && this.#met) return leave(pc, this.#reportMet());
          link = control[6] >>> 0;
          plain = this.#view.getInt32(L.LEFT, true) !== 0;
          if (plain) this.#view.setInt32(L.LEFT, 0, true);
          else if (this.tierUp) arrival = link ? this.#heatOf(link, here(), pc) : this.heat * AFTERWARDS;
          continue;
        }
        case L.EXIT_REASON.hot:
          pc = here();
          this.#want(pc, at);
          continue;
        case L.EXIT_REASON.probe:
          pc = Number(this.#view.getBigUint64(L.NEXT_PC, true));
          // Asked for in vain, a frame that lies across pages in a way that the region does not look for: tier 0.
          plain = !this.#probe() || probedAt === left;
          probedAt = left;
          continue;
        case L.EXIT_REASON.dropped:
          pc = here();
          continue;
        case L.EXIT_REASON.breakpoint:
          return leave(here(), { is: 'breakpoint', address: here() });
        case L.EXIT_REASON.fault: {
          // What it met before, it will meet again.
          this.#met = undefined;
          const wait = this.space.hostWait;
          this.space.hostWait = undefined;
          if (wait) return leave(here(), { is: 'host', wait });
          const fault = this.#fault as Fault;
          const canonical = fault.address < 2 ** 47 || fault.address >= 2 ** 64 - 2 ** 47;
          return leave(here(), {
            is: 'exception',
            exception: canonical
              ? { is: 'page-fault', fault }
              : { is: this.#onStack(at, fault.address) ? 'stack-fault' : 'general-protection' },
          });
        }
        default: {
          this.#met = undefined;
          const trap = L.TRAP_CODES[control[5]];
          // INT3 and its kin are traps and not faults: they are reported behind themselves.
          const behind = trap === 'breakpoint' || trap === 'debug' || trap === 'overflow';
          const length = behind ? this.#view.getUint8(at + L.FIELD.length) : 0;
          return leave(here() + length, this.#trapped(trap, here()));
        }
      }
    }
  }

  #reportMet(): CpuExit {
    const met = this.#met as Met;
    this.#met = undefined;
    return { is: 'watchpoint', met };
  }

  /** Whether an access that failed belongs to the stack segment: by RSP or RBP as its base, or by what it is. */
  #onStack(record: number, address: number): boolean {
    const aux = this.#view.getUint16(record + L.FIELD.aux, true);
    const pc = Number(this.#view.getBigUint64(record + L.FIELD.pc, true));
    const insn = decode(this.space.peek(pc, 15), 0, pc);
    const implied = 'form' in insn && STACK_ROWS.has(insn.form.row.name);
    if (!(aux & 32)) return implied;
    // Of two accesses the explicit one is told by its address.
    this.#context.use(record);
    const operand = Number(this.#context.value.address());
    return implied && Math.abs(operand - address) > PAGE_SIZE ? true : (aux & STACK_SEGMENT) !== 0;
  }

  #trapped(kind: Trap, pc: number): CpuExit {
    switch (kind) {
      case 'syscall':
        return { is: 'syscall' };
      case 'divide':
        return { is: 'exception', exception: { is: 'divide-error' } };
      case 'protection':
        return { is: 'exception', exception: { is: 'general-protection' } };
      case 'breakpoint':
        return { is: 'exception', exception: { is: 'breakpoint' } };
      case 'alignment':
        return { is: 'exception', exception: { is: 'alignment-check' } };
      case 'debug':
        return { is: 'exception', exception: { is: 'debug', instruction: true } };
      case 'overflow':
        return { is: 'exception', exception: { is: 'overflow' } };
      case 'stack':
        return { is: 'exception', exception: { is: 'stack-fault' } };
      case 'x87':
      case 'simd':
        return { is: 'exception', exception: { is: 'floating-point', simd: kind === 'simd' } };
      case 'invalid': {
        const bytes = this.space.peek(pc, 15);
        const insn = decode(bytes, 0, pc);
        const known = 'form' in insn && !insn.form.row.lift ? insn.form.row.name : undefined;
        return { is: 'exception', exception: { is: 'invalid-opcode', what: known } };
      }
    }
  }

  #clearLookup(): void {
    new BigInt64Array(this.space.memory.buffer, L.LOOKUP, L.LOOKUP_ENTRIES * 2).fill(NO_PC);
  }

  /** The block of an address is found without asking from now on. */
  #remember(pc: number, record: number): void {
    const slot = L.LOOKUP + lookupSlot(pc) * 16;
    this.#view.setBigUint64(slot, BigInt(pc), true);
    this.#view.setInt32(slot + 8, record, true);
    this.#view.setInt32(slot + L.LOOKUP_REGION, this.code.regionAt(pc), true);
  }

  /** How often a jump from one address to another is passed before its target is compiled; 0 for never. */
  #heatOf(record: number, from: number, to: number): number {
    return to <= from || this.#calls.has(this.#view.getUint16(record, true)) ? this.heat : 0;
  }

  #makeEntry(pc: number, record: number, heat: number): void {
    const entry = this.#nextRecord;
    this.#nextRecord += L.RECORD_SIZE;
    const v = this.#view;
    const region = this.code.regionAt(pc);
    v.setUint16(entry, region ? PSEUDO.compiled : PSEUDO.count, true);
    v.setUint8(entry + L.FIELD.length, 1);
    v.setInt32(entry + L.FIELD.link, record, true);
    v.setInt32(entry + L.FIELD.region, region, true);
    v.setInt32(entry + L.FIELD.counter, heat, true);
    v.setBigUint64(entry + L.FIELD.pc, BigInt(pc), true);
    this.#entries.set(pc, entry);
    this.#pages.get(Math.floor(pc / PAGE_SIZE))?.push(entry);
  }

  #regionChanged(pc: number, slot: number): void {
    const entry = this.#entries.get(pc);
    if (entry !== undefined) {
      this.#view.setUint16(entry, slot ? PSEUDO.compiled : PSEUDO.count, true);
      this.#view.setInt32(entry + L.FIELD.region, slot, true);
      this.#view.setInt32(entry + L.FIELD.counter, this.heat, true);
    }
    const at = L.LOOKUP + lookupSlot(pc) * 16;
    if (this.#view.getBigInt64(at, true) === BigInt(pc)) this.#view.setInt32(at + L.LOOKUP_REGION, slot, true);
  }

  /** An entry became hot: until it is compiled, it only leads to its place. */
  #want(pc: number, entry: number): void {
    this.#view.setUint16(entry, PSEUDO.goto, true);
    if (this.code.wanted === 0) this.#wantedSince = this.#age;
    this.code.want(pc);
  }

  #compileWanted(): void {
    if (this.#nextRecord + COMPILE_RECORDS * L.RECORD_SIZE > L.RECORDS_END) this.flush();
    else this.code.compileWanted();
  }

  /** Compiles what begins at these addresses, hot or not, for runs from there on; tier 0 keeps what cannot be. */
  compileNow(addresses: readonly number[]): void {
    for (const pc of addresses) {
      const record = this.#records.get(pc) ?? this.#decodeBlock(pc);
      if (typeof record === 'number' && !this.#entries.has(pc)) this.#makeEntry(pc, record, this.heat);
    }
    this.code.compileAll(addresses, true);
  }

  /** Makes the frame accessible that a region asked for; false when its code cannot run now. */
  #probe(): boolean {
    const v = this.#view;
    const address = Number(v.getBigUint64(L.PROBE_ADDRESS, true));
    const size = v.getInt32(L.PROBE_SIZE, true);
    v.setInt32(L.PROBE_SIZE, 0, true);
    return this.space.makeWritable(address, size);
  }

  /** Everything decoded is forgotten. */
  flush(): void {
    this.code.flush();
    this.#entries.clear();
    this.#records.clear();
    this.#pages.clear();
    this.#bytes.clear();
    this.#nextRecord = L.RECORDS;
    this.#flushes++;
    this.#clearLookup();
  }

  #dropPage(page: number): void {
    this.code.dropPage(page);
    this.#bytes.delete(page);
    const list = this.#pages.get(page);
    if (!list) return;
    this.#pages.delete(page);
    for (const record of list) {
      const pc = Number(this.#view.getBigUint64(record + L.FIELD.pc, true));
      this.#view.setUint16(record, PSEUDO.dropped, true);
      if (this.#entries.get(pc) === record) this.#entries.delete(pc);
      if (this.#records.get(pc) !== record) continue;
      this.#records.delete(pc);
      const slot = L.LOOKUP + lookupSlot(pc) * 16;
      if (Number(this.#view.getBigInt64(slot, true)) === pc) this.#view.setBigInt64(slot, NO_PC, true);
    }
  }

  // ---- decoding into records

  #decodeBlock(start: number): number | CpuException {
    if (this.#nextRecord + (BLOCK_LIMIT * 2 + 4) * L.RECORD_SIZE > L.RECORDS_END) this.flush();
    const first = this.#nextRecord;
    let pc = start;
    let chunk = new Uint8Array(0);
    let chunkAt = start;
    for (let count = 0; ; count++) {
      const known = count > 0 ? this.#records.get(pc) : undefined;
      if (known !== undefined || count === BLOCK_LIMIT) {
        this.#pseudo(PSEUDO.goto, pc, known ?? 0);
        break;
      }
      if (pc + 15 > chunkAt + chunk.length) {
        const page = this.#pageBytes(pc);
        const fetched = page ?? this.space.fetch(pc, 32);
        if (!(fetched instanceof Uint8Array)) {
          if (count === 0) return { is: 'page-fault', fault: fetched };
          // Met again, as the first of a block, if execution gets there.
          this.space.hostWait = undefined;
          this.#pseudo(PSEUDO.goto, pc, 0);
          break;
        }
        chunk = fetched as Uint8Array<ArrayBuffer>;
        chunkAt = page ? pc - (pc % PAGE_SIZE) : pc;
      }
      const template =
        this.shapeUse || chunk.length < pc - chunkAt + 15 ? -1 : this.#templates.find(chunk, pc - chunkAt);
      if (template >= 0) {
        if (this.#breakpoints.has(pc)) this.#pseudo(PSEUDO.breakpoint, pc, 0);
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
          const fault = this.space.fetch(end, 1);
          if (!(fault instanceof Uint8Array)) {
            if (count === 0) return { is: 'page-fault', fault };
            this.space.hostWait = undefined;
            this.#pseudo(PSEUDO.goto, pc, 0);
            break;
          }
        }
        if (this.#breakpoints.has(pc)) this.#pseudo(PSEUDO.breakpoint, pc, 0);
        const shape = insn.is === 'invalid' && insn.overlong ? OVERLONG : UD;
        const record = this.#take(pc, this.#handlerOf(shape), 1);
        this.#view.setBigUint64(record + L.FIELD.pc, BigInt(pc), true);
        break;
      }
      if (this.#breakpoints.has(pc)) this.#pseudo(PSEUDO.breakpoint, pc, 0);
      const before = this.#nextRecord;
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
    const fetched = this.space.fetch(page * PAGE_SIZE, PAGE_SIZE);
    if (!(fetched instanceof Uint8Array) || fetched.length < PAGE_SIZE) return undefined;
    this.#bytes.set(page, fetched);
    this.space.markCode(page);
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
    const record = this.#nextRecord;
    this.#nextRecord += L.RECORD_SIZE;
    if (this.#apart) return record;
    if (!this.#records.has(pc)) this.#records.set(pc, record);
    const first = Math.floor(pc / PAGE_SIZE);
    const last = Math.floor((pc + length - 1) / PAGE_SIZE);
    for (let page = first; page <= last; page++) {
      let list = this.#pages.get(page);
      if (!list) {
        list = [];
        this.#pages.set(page, list);
        this.space.markCode(page);
      }
      list.push(record);
    }
    return record;
  }

  #pseudo(kind: number, pc: number, link: number): number {
    const record = this.#nextRecord;
    if (kind === PSEUDO.goto) {
      // Not the instruction at `pc`, only the way to it.
      this.#nextRecord += L.RECORD_SIZE;
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
  #recordApart(insn: Insn): number {
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
      const narrow = mem.addressWidth === 4;
      const seg = segment === 'fs' ? FS_BASE : segment === 'gs' ? GS_BASE : -1;
      if (narrow || (seg >= 0 && base !== ZERO && index !== ZERO)) {
        const p = this.#take(insn.address, narrow ? PSEUDO.address32 : PSEUDO.address, 1);
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
    if (mem?.is === 'mem' && !mem.segment && (mem.base === RSP || mem.base === RBP)) aux |= STACK_SEGMENT;
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
    if (handler === undefined || this.shapeUse) {
      handler = this.#handlerOf(shapeOf(insn));
      known.set(number, handler);
    }
    return handler;
  }

  #handlerOf(shape: Shape): number {
    const key = shapeKey(shape);
    if (this.shapeUse) this.shapeUse.set(key, (this.shapeUse.get(key) ?? 0) + 1);
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

  #routineContext(): { value: RoutineContext; use(record: number): void } {
    const v = this.#view;
    const live = this.#live;
    let record = 0;
    const cell = (offset: number): bigint => live[v.getUint16(record + offset, true) >>> 3];
    const value: RoutineContext = {
      registers: live,
      halves: new Uint16Array(live.buffer, live.byteOffset, CELLS * 4),
      view: v,
      bytes: this.space.bytes,
      space: this.space,
      // The budget counts this instruction already.
      clock: () => this.clock() + BigInt(this.#budget - 1 - this.#control[11]),
      isMemory: () => (v.getUint16(record + L.FIELD.aux, true) & 32) !== 0,
      sourceSize: () => 1 << ((v.getUint16(record + L.FIELD.aux, true) >> 6) & 3),
      size: () => (v.getUint16(record + L.FIELD.aux, true) >>> 8) & 0x7f,
      onStack: () => (v.getUint16(record + L.FIELD.aux, true) & STACK_SEGMENT) !== 0,
      pc: () => v.getBigUint64(record + L.FIELD.pc, true),
      nextPc: () => v.getBigUint64(record + L.FIELD.pc, true) + BigInt(v.getUint8(record + L.FIELD.length)),
      jump: (target): RoutineResult => {
        v.setBigUint64(L.NEXT_PC, target, true);
        return 'jumped';
      },
      load: (address, size) => {
        const at = this.space.access(Number(address), size, false);
        if (typeof at !== 'number') {
          value.fault(at);
          return undefined;
        }
        return size === 8
          ? v.getBigUint64(at, true)
          : BigInt(size === 4 ? v.getUint32(at, true) : size === 2 ? v.getUint16(at, true) : v.getUint8(at));
      },
      store: (address, size, data) => {
        const at = this.space.access(Number(address), size, true);
        if (typeof at !== 'number') {
          value.fault(at);
          return false;
        }
        if (size === 8) v.setBigUint64(at, BigInt.asUintN(64, data), true);
        else if (size === 4) v.setUint32(at, Number(BigInt.asUintN(32, data)), true);
        else if (size === 2) v.setUint16(at, Number(BigInt.asUintN(16, data)), true);
        else v.setUint8(at, Number(BigInt.asUintN(8, data)));
        return true;
      },
      random: () => this.random(),
      operand: i => v.getUint16(record + L.FIELD.operand[i], true),
      address: () =>
        BigInt.asUintN(
          64,
          cell(L.FIELD.base) +
            (cell(L.FIELD.index) << BigInt(v.getUint8(record + L.FIELD.scale))) +
            v.getBigInt64(record + L.FIELD.displacement, true),
        ),
      segmentBase: () => {
        const aux = v.getUint16(record + L.FIELD.aux, true);
        return aux & 8 ? live[FS_BASE] : aux & 16 ? live[GS_BASE] : 0n;
      },
      immediate: () => v.getBigInt64(record + L.FIELD.immediate, true),
      aux: () => v.getUint16(record + L.FIELD.aux, true),
      fault: (fault): RoutineResult => {
        this.#fault = fault;
        this.#control[0] = L.EXIT_REASON.fault;
        return 'exit';
      },
      trap: (kind): RoutineResult => {
        this.#control[0] = L.EXIT_REASON.trap;
        this.#control[5] = L.TRAP_CODES.indexOf(kind);
        return 'exit';
      },
    };
    return {
      value,
      use(r) {
        record = r;
      },
    };
  }
}

/** In a record's aux field: the memory operand belongs to the stack segment. */
const STACK_SEGMENT = 0x8000;
/** Instructions that touch the stack by themselves. */
const STACK_ROWS = new Set('push pop pushf popf call ret enter leave callf retf iret'.split(' '));

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
