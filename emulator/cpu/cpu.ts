/**
 * The CPU of one address space: decodes code into records, runs tier 0 over them, and says why it stopped. It knows
 * registers and memory, and nothing of Linux.
 */
import { CELLS, FP_CONTROL, RIP } from '../abi/amd64/layout.ts';
import type { HostWait } from '../host.ts';
import type { Trap } from '../isa/emitter.ts';
import { decode } from '../isa/x64/decode.ts';
import type { LinearSpace } from '../memory/address-space.ts';
import { IS_SHARED } from '../memory/linear.ts';
import { type Fault, type Met, PAGE_SIZE, type Watchpoint } from '../memory/types.ts';
import { CodeCache, regionTable } from './code-cache.ts';
import type { Decode } from './decoder.ts';
import { fpFastOf } from './float.ts';
import { lookupSlot, PSEUDO, TABLE_SLOTS } from './interpreter.ts';
import * as L from './layout.ts';
import { generateLoop, ROUTINE_NAMES } from './loop.ts';
import { prebuilt } from './prebuilt.ts';
import { Records } from './records.ts';
import { routineContext } from './routine-context.ts';
import { ROUTINES } from './routine-table.ts';
import type { RoutineContext } from './routines.ts';
import { writeTables } from './tables.ts';
import { SLOW_WRITE } from './tier0.ts';
import { withMemory } from './wasm.ts';

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

/** The interpreter's loop, the same for every address space. */
let loop: WebAssembly.Module | undefined;

/** An empty entry of the table of blocks: not canonical, so no branch that got through its check looks for it. */
const NO_PC = 1n << 62n;

/** How often a call's target or a loop's head is passed in tier 0 before it is compiled. */
const HOT = 1000;
/** By so much more where returns and indirect jumps lead: they are seldom the beginning of something. */
const AFTERWARDS = 30;
/** Compilers align functions to this. What is come to indirectly and lies there was called, most likely. */
const FUNCTION_ALIGNMENT = 16;
/** V8 replaces code by better code only when it is called again: as long as some is young, it returns this often, in instructions. */
const CHUNK = 250_000;
/** So many instructions after it came V8 has replaced a region; returns would only cost, cold as what follows them is. */
const YOUNG = 100_000_000;

/**
 * Hot places are compiled together when there are so many of them, or when the first has waited for so many instructions:
 * tier 0 does those in a few milliseconds, and a module costs V8 one or two.
 */
const BATCH = 16;
const PATIENCE = 300_000;
/** Before so many instructions nothing is compiled: tier 0 does them in some ten milliseconds, and short programs are done. */
const HEAD_START = 1_000_000;

/** Records that compiling a region may take. */
const COMPILE_RECORDS = 1000;

export class Cpu {
  readonly space: LinearSpace;
  readonly #live: BigUint64Array;
  readonly #view: DataView;
  readonly #control: Int32Array;
  readonly #run: (record: number, budget: number) => void;
  readonly #context: { value: RoutineContext; use(record: number): void };
  readonly #records: Records;
  /** Records that stand before hot places, by address; each links to the place's own record. */
  readonly #entries = new Map<number, number>();
  readonly code: CodeCache;
  /** Whether hot code is compiled at all; both tiers give the same results. */
  tierUp = true;
  /** How often a call's target or a loop's head is passed in tier 0 before it is compiled. */
  heat = HOT;
  /** For how many instructions the first of the hot places waits for others to be compiled with. */
  patience = PATIENCE;
  /** How many instructions are executed in this space before anything is compiled. */
  headStart = HEAD_START;
  /** Instructions executed in this space, and how many there were when the first of those that wait became hot. */
  #age = 0;
  #wantedSince = 0;
  /** When the newest region is old. */
  #settled = 0;
  #flushes = 0;
  #watching = false;
  /** What the instruction that is being executed met. */
  #met: Met | undefined;
  #fault: Fault | undefined;
  /** Of the current `run`. */
  #budget = 0;
  /** Instructions executed before the current `run`, for the time stamp counter. */
  clock: (executed: number) => bigint = BigInt;
  /** What RDRAND and RDSEED give; the machine makes it deterministic. */
  random: () => bigint = () => 0n;
  /** Instructions that the last `run` executed. */
  executed = 0;

  constructor(space: LinearSpace) {
    this.space = space;
    this.#live = new BigUint64Array(space.memory.buffer, L.REGS, CELLS);
    this.#view = new DataView(space.memory.buffer);
    this.#control = new Int32Array(space.memory.buffer, L.CONTROL, 16);
    const context = routineContext(space, {
      // The budget counts the current instruction already.
      clock: () => this.clock(this.#budget - 1 - this.#view.getInt32(L.LIVE_BUDGET, true)),
      random: () => this.random(),
      fault: fault => {
        this.#fault = fault;
      },
    });
    this.#context = context;
    const regions = regionTable();
    const imports = {
      ring3: {
        memory: space.memory,
        handlers: new WebAssembly.Table({ element: 'anyfunc', initial: TABLE_SLOTS, maximum: TABLE_SLOTS }),
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
          const at = record < 0 ? this.code.recordNamed(record) : record;
          context.use(at);
          const result = ROUTINES[ROUTINE_NAMES[index]](context.value);
          if (this.#watching) this.#askToStop();
          if (result === 'done') return 0;
          if (result === 'exit') return 1;
          if (result === 'again') {
            this.#view.setBigUint64(L.NEXT_PC, this.#view.getBigUint64(at + L.FIELD.pc, true), true);
          }
          return 2;
        },
      },
    };
    loop ??= new WebAssembly.Module(prebuilt ? withMemory(prebuilt.loop, IS_SHARED) : generateLoop());
    const { run, decode } = new WebAssembly.Instance(loop, imports).exports;
    this.#run = run as (record: number, budget: number) => void;
    this.#records = new Records(space, imports, decode as Decode);
    this.code = new CodeCache({
      space,
      imports,
      regions,
      recordOf: insn => this.#records.apart(insn),
      hasRoom: records => this.#hasRoom(records),
      isKnown: address => this.#records.at(address) !== undefined,
      isStop: address => this.#records.breakpoints.has(address),
      changed: (address, slot) => this.#regionChanged(address, slot),
    });
    this.#clearLookup();
    writeTables(space.memory.buffer);
    space.listener = { codeChanged: page => this.#dropPage(page) };
  }

  setBreakpoints(addresses: ReadonlySet<number>): void {
    const changed = new Set<number>();
    const { breakpoints } = this.#records;
    for (const a of addresses) if (!breakpoints.has(a)) changed.add(Math.floor(a / PAGE_SIZE));
    for (const a of breakpoints) if (!addresses.has(a)) changed.add(Math.floor(a / PAGE_SIZE));
    this.#records.setBreakpoints(addresses);
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
      const flushes = this.#flushes;
      if (this.code.waits) this.code.poll();
      if (this.code.wanted && this.#age >= this.headStart) {
        if (this.code.wanted >= BATCH || this.#age - this.#wantedSince >= this.patience) this.#compileWanted();
      }
      let record = this.#records.at(pc);
      if (record === undefined) {
        const made = this.#decode(pc);
        if (typeof made !== 'number') {
          const wait = this.space.hostWait;
          this.space.hostWait = undefined;
          if (wait) return leave(pc, { is: 'host', wait });
          return leave(pc, { is: 'exception', exception: { is: 'page-fault', fault: made } });
        }
        record = made;
      }
      if ((arrival || this.code.regionAt(pc)) && !this.#entries.has(pc)) this.#makeEntry(pc, record, arrival);
      arrival = 0;
      const first = this.#entries.get(pc) ?? record;
      if (link && flushes === this.#flushes) this.#view.setInt32(link + L.FIELD.link, first, true);
      link = 0;
      this.#remember(pc, first);
      if (skip && this.#view.getUint16(record, true) === PSEUDO.breakpoint) record += L.RECORD_SIZE;
      const start = plain ? record : first;
      skip = false;
      plain = false;

      const chunk = this.#age < this.#settled ? Math.min(left, CHUNK) : left;
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
          else if (this.tierUp) arrival = link ? this.#heatOf(link, here(), pc) : this.#heatIndirect(pc);
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
    return implied && Math.abs(operand - address) > PAGE_SIZE ? true : (aux & L.STACK_SEGMENT) !== 0;
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

  /** Whether there is room for so many records beside a block; if not, everything has been forgotten. */
  #hasRoom(records: number): boolean {
    const has = this.#records.hasRoom(records);
    if (!has) this.flush();
    return has;
  }

  #decode(pc: number): number | Fault {
    this.#hasRoom(0);
    return this.#records.decode(pc);
  }

  #clearLookup(): void {
    // In new memory all is zero, which looks like address 0, and that is looked for in entry 0 alone.
    if (this.#view.getBigInt64(L.LOOKUP, true) !== 0n)
      new BigInt64Array(this.space.memory.buffer, L.LOOKUP, L.LOOKUP_ENTRIES * 2).fill(NO_PC);
    this.#view.setBigInt64(L.LOOKUP, NO_PC, true);
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
    return to <= from || this.#records.isCall(record) ? this.heat : 0;
  }

  #heatIndirect(to: number): number {
    return to % FUNCTION_ALIGNMENT === 0 ? this.heat : this.heat * AFTERWARDS;
  }

  #makeEntry(pc: number, record: number, heat: number): void {
    const entry = this.#records.before(pc);
    const v = this.#view;
    const region = this.code.regionAt(pc);
    v.setUint16(entry, region ? PSEUDO.compiled : PSEUDO.count, true);
    v.setInt32(entry + L.FIELD.link, record, true);
    v.setInt32(entry + L.FIELD.region, region, true);
    v.setInt32(entry + L.FIELD.counter, heat, true);
    this.#entries.set(pc, entry);
  }

  #regionChanged(pc: number, slot: number): void {
    if (slot) this.#settled = this.#age + YOUNG;
    const entry = this.#entries.get(pc);
    if (entry !== undefined) {
      this.#view.setUint16(entry, slot ? PSEUDO.compiled : PSEUDO.count, true);
      this.#view.setInt32(entry + L.FIELD.region, slot, true);
      this.#view.setInt32(entry + L.FIELD.counter, this.heat, true);
    }
    const at = L.LOOKUP + lookupSlot(pc) * 16;
    if (this.#view.getBigInt64(at, true) !== BigInt(pc)) return;
    this.#view.setInt32(at + L.LOOKUP_REGION, slot, true);
    // Whoever looks it up next gets the entry that has to be made.
    if (slot && entry === undefined) this.#view.setBigInt64(at, NO_PC, true);
  }

  /** An entry became hot: until it is compiled, it only leads to its place. */
  #want(pc: number, entry: number): void {
    this.#view.setUint16(entry, PSEUDO.goto, true);
    if (this.code.wanted === 0) this.#wantedSince = this.#age;
    this.code.want(pc);
  }

  #compileWanted(): void {
    if (this.#hasRoom(this.code.wanted * COMPILE_RECORDS)) this.code.compileWanted();
  }

  /** Compiles what begins at these addresses, hot or not, for runs from there on; tier 0 keeps what cannot be. */
  compileNow(addresses: readonly number[]): void {
    for (const pc of addresses) {
      const record = this.#records.at(pc) ?? this.#decode(pc);
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
    this.#flushes++;
    this.#clearLookup();
  }

  #dropPage(page: number): void {
    this.code.dropPage(page);
    this.#records.dropPage(page, (pc, record, known) => {
      if (this.#entries.get(pc) === record) this.#entries.delete(pc);
      if (!known) return;
      const slot = L.LOOKUP + lookupSlot(pc) * 16;
      if (Number(this.#view.getBigInt64(slot, true)) === pc) this.#view.setBigInt64(slot, NO_PC, true);
    });
  }
}

/** Instructions that touch the stack by themselves. */
const STACK_ROWS = new Set('push pop pushf popf call ret enter leave callf retf iret'.split(' '));
