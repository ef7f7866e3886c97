/**
 * The compiled code of one address space: regions in modules, in the slots of a table through which they call each
 * other. A call to what is not compiled finds a stub that returns the pc it was called for, so a caller needs no change
 * when its callee is compiled later, or dropped.
 */
import { decode } from '../isa/x64/decode.ts';
import type { Insn } from '../isa/x64/row.ts';
import type { LinearSpace } from '../memory/address-space.ts';
import { MEMORY_PAGES } from '../memory/linear.ts';
import { PAGE_SIZE } from '../memory/types.ts';
import { REGION_SLOTS } from './interpreter.ts';
import { discover, type Region } from './region.ts';
import { compileRegion, REGION } from './tier1.ts';
import { encodeModule, type FunctionBody, type FunctionType, type Import } from './wasm.ts';

/** Every importing instance of a table costs V8 time in proportion to its size and theirs: everything is dropped then. */
const MODULE_LIMIT = 1500;

const ROUTINE: FunctionType = { params: ['i32', 'i32'], results: ['i32'] };
const IMPORTS: readonly Import[] = [
  { is: 'memory', module: 'ring3', name: 'memory', pages: MEMORY_PAGES },
  { is: 'table', module: 'ring3', name: 'regions', slots: REGION_SLOTS },
  { is: 'function', module: 'ring3', name: 'routine', type: ROUTINE },
];

const IMPORTED_FUNCTIONS = 1;

let stub: unknown;

/** Returns the pc that was called, and the budget. */
function regionStub(): unknown {
  if (!stub) {
    const code = new Uint8Array([0x20, 2, 0x20, 0]);
    const bytes = encodeModule({
      types: [],
      imports: [],
      functions: [{ type: REGION, locals: [], code, export: 'stub' }],
    });
    stub = new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports.stub;
  }
  return stub;
}

/** The table that regions are called through, with nothing compiled. */
export const regionTable = (): WebAssembly.Table =>
  new WebAssembly.Table({ element: 'anyfunc', initial: REGION_SLOTS, maximum: REGION_SLOTS }, regionStub());

/** What compiled code needs of the CPU that it belongs to. */
export interface CodeHost {
  readonly space: LinearSpace;
  readonly imports: Record<string, Record<string, unknown>>;
  readonly regions: WebAssembly.Table;
  routineIndex(name: string): number;
  /** A record of the instruction that lives as long as the compiled code. */
  recordOf(insn: Insn): number;
  /** Whether compiled code must leave this address to tier 0. */
  isStop(address: number): boolean;
  /** Whether tier 0 has met this address. */
  isKnown(address: number): boolean;
  /** The region of an address came (its slot) or went (0). */
  changed(address: number, slot: number): void;
}

/** A region on its way into a module. */
interface Lifted {
  address: number;
  region: Region;
  slot: number;
  body: FunctionBody;
}

interface Compiled {
  entry: number;
  slot: number;
  pages: readonly number[];
}

export class CodeCache {
  readonly #host: CodeHost;
  readonly #slots = new Map<number, number>();
  readonly #compiled = new Map<number, Compiled>();
  readonly #byPage = new Map<number, Set<Compiled>>();
  /** What will be compiled together. */
  #wanted: number[] = [];
  #nextSlot = 1;
  #modules = 0;
  /** Regions compiled since the beginning. */
  count = 0;

  constructor(host: CodeHost) {
    this.#host = host;
  }

  /** Slot of the address's region, 0 when there is none. */
  regionAt(address: number): number {
    return this.#compiled.get(address)?.slot ?? 0;
  }

  /** The region that begins at an address shall be compiled, with others: a module costs about as much as a region. */
  want(address: number): void {
    this.#wanted.push(address);
  }

  /** How many regions wait for `compileWanted`. */
  get wanted(): number {
    return this.#wanted.length;
  }

  compileWanted(): void {
    const list = this.#wanted;
    this.#wanted = [];
    this.compileAll(list, false);
  }

  /**
   * Compiles what begins at each of these addresses, in one module; tier 0 keeps what cannot be. Code that never ran is
   * left out, for most of a program's code is for what seldom happens; with `all` it is compiled too.
   */
  compileAll(addresses: readonly number[], all: boolean): void {
    this.#makeRoom(addresses.length);
    const list: Lifted[] = [];
    for (const address of addresses) {
      const lifted = this.#compiled.has(address) ? undefined : this.#lift(address, all, list.length);
      if (lifted) list.push(lifted);
    }
    if (list.length) this.#install(list);
  }

  #makeRoom(slots: number): void {
    if (this.#modules >= MODULE_LIMIT || this.#nextSlot + slots > REGION_SLOTS - 64) this.flush();
  }

  /** `index` is the region's place in the module that it will be in. */
  #lift(address: number, all: boolean, index: number): Lifted | undefined {
    const region = this.#discover(address, all);
    const slot = region && this.#slotOf(address);
    if (!slot) return undefined;
    const body = compileRegion(region, {
      slotOf: target => this.#slotOf(target),
      functionOf: target => (target === address ? IMPORTED_FUNCTIONS + index : undefined),
      routine: 0,
      type: 0,
      routineIndex: name => this.#host.routineIndex(name),
      recordOf: insn => this.#host.recordOf(insn),
    });
    return { address, region, slot, body };
  }

  #install(list: readonly Lifted[]): void {
    const functions = list.map(({ body }, i) => ({ ...body, export: `region${i}` }));
    const bytes = encodeModule({ types: [REGION], imports: IMPORTS, functions });
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), this.#host.imports);
    this.#modules++;
    this.count += list.length;
    for (const [i, lifted] of list.entries()) {
      this.#host.regions.set(lifted.slot, exports[`region${i}`]);
      this.#register(lifted);
    }
  }

  #register({ address, region, slot }: Lifted): void {
    const pages = new Set<number>();
    for (const block of region.blocks.values())
      for (const insn of block.insns) {
        pages.add(Math.floor(insn.address / PAGE_SIZE));
        pages.add(Math.floor((insn.address + insn.length - 1) / PAGE_SIZE));
      }
    const compiled: Compiled = { entry: address, slot, pages: [...pages] };
    this.#compiled.set(address, compiled);
    for (const page of pages) {
      let list = this.#byPage.get(page);
      if (!list) {
        list = new Set();
        this.#byPage.set(page, list);
      }
      list.add(compiled);
      this.#host.space.markCode(page);
    }
    this.#host.changed(address, slot);
  }

  /** Code on the page changed, or a breakpoint on it: what was compiled from it is dropped. */
  dropPage(page: number): void {
    const list = this.#byPage.get(page);
    if (list) for (const compiled of [...list]) this.#drop(compiled);
  }

  #drop(compiled: Compiled): void {
    this.#host.regions.set(compiled.slot, regionStub());
    this.#compiled.delete(compiled.entry);
    for (const page of compiled.pages) this.#byPage.get(page)?.delete(compiled);
    this.#host.changed(compiled.entry, 0);
  }

  /** Everything compiled is dropped. */
  flush(): void {
    for (const compiled of [...this.#compiled.values()]) this.#drop(compiled);
    this.#slots.clear();
    this.#wanted = [];
    this.#byPage.clear();
    this.#nextSlot = 1;
    this.#modules = 0;
  }

  #slotOf(address: number): number {
    let slot = this.#slots.get(address);
    if (slot === undefined) {
      // Slot 0 answers with the pc as well.
      if (this.#nextSlot >= REGION_SLOTS) return 0;
      slot = this.#nextSlot++;
      this.#slots.set(address, slot);
    }
    return slot;
  }

  #discover(entry: number, all: boolean): Region | undefined {
    const { space } = this.#host;
    let chunk: Uint8Array = new Uint8Array(0);
    let chunkAt = 0;
    return discover(entry, (pc): Insn | undefined => {
      if (this.#host.isStop(pc) || !(all || this.#host.isKnown(pc))) return undefined;
      if (pc < chunkAt || pc + 15 > chunkAt + chunk.length) {
        const fetched = space.fetch(pc, 512);
        // A page that the host must be asked for is met again by whoever executes there.
        space.hostWait = undefined;
        if (!(fetched instanceof Uint8Array)) return undefined;
        chunk = fetched;
        chunkAt = pc;
      }
      const insn = decode(chunk, pc - chunkAt, pc);
      return 'form' in insn ? insn : undefined;
    });
  }
}
