/**
 * The compiled code of one address space: regions in modules, in the slots of a table through which they call each
 * other. A call to what is not compiled finds a stub that returns the pc it was called for, so a caller needs no change
 * when its callee is compiled later, or dropped.
 */
import type { CompileResult, Compiler, RegionCode } from '../compiler.ts';
import { decode } from '../isa/x64/decode.ts';
import type { Insn } from '../isa/x64/row.ts';
import type { LinearSpace } from '../memory/address-space.ts';
import { PAGE_SIZE } from '../memory/types.ts';
import { compileRegions } from './compile.ts';
import { REGION_SLOTS } from './interpreter.ts';
import { callTargets, discover, type Region } from './region.ts';
import { REGION } from './tier1.ts';
import { encodeModule } from './wasm.ts';

/** Every importing instance of a table costs V8 time in proportion to its size and theirs: everything is dropped then. */
const MODULE_LIMIT = 1500;

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
  /** A record of the instruction that lives as long as the compiled code. */
  recordOf(insn: Insn): number;
  /** Whether compiled code must leave this address to tier 0. */
  isStop(address: number): boolean;
  /** Whether tier 0 has met this address. */
  isKnown(address: number): boolean;
  /** Whether so many records find room; if not, everything has been forgotten. */
  hasRoom(records: number): boolean;
  /** The region of an address came (its slot) or went (0). */
  changed(address: number, slot: number): void;
}

/** Regions on their way: `stale` are those whose code changed meanwhile. */
interface Job {
  readonly list: readonly Found[];
  readonly firstName: number;
  readonly stale: Set<Found>;
}

/** A region that is to be compiled, with its instructions' bytes. */
interface Found {
  region: Region;
  slot: number;
  code: RegionCode;
  pages: readonly number[];
}

interface Compiled {
  /** Where it can be entered. */
  at: readonly number[];
  slot: number;
  pages: readonly number[];
}

/** Few instructions are asked for: routines do hardly any. */
function insnAt(list: readonly Found[], address: number): Insn {
  for (const { region } of list)
    for (const { insns } of region.blocks.values()) {
      const found = insns.find(insn => insn.address === address);
      if (found) return found;
    }
  throw new Error(`no region has an instruction at 0x${address.toString(16)}`);
}

export class CodeCache {
  /** Another thread that compiles, if there is one. */
  compiler: Compiler | undefined;
  readonly #host: CodeHost;
  readonly #slots = new Map<number, number>();
  readonly #compiled = new Map<number, Compiled>();
  readonly #byPage = new Map<number, Set<Compiled>>();
  /** What will be compiled together. */
  #wanted: number[] = [];
  /** What the other thread is at. */
  readonly #jobs = new Set<Job>();
  /** Records of the instructions that routines do in code that another thread compiled; see `CompileJob.firstName`. */
  readonly #named = new Map<number, number>();
  #nextName = -1;
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

  /** Whether another thread compiles something. */
  get waits(): boolean {
    return this.#jobs.size > 0;
  }

  /** The record of an instruction by the name that compiled code has for it. */
  recordNamed(name: number): number {
    return this.#named.get(name) as number;
  }

  /** Takes in what another thread has compiled. Not while the CPU runs. */
  poll(): void {
    this.compiler?.poll();
  }

  /** Compiles what was wanted, on another thread if there is one. */
  compileWanted(): void {
    const list = this.#find(this.#wanted, false);
    this.#wanted = [];
    if (list.length && !this.#send(list)) this.#compile(list);
  }

  /**
   * Compiles what begins at each of these addresses, now and in one module; tier 0 keeps what cannot be. Code that never
   * ran is left out, for most of a program's code is for what seldom happens; with `all` it is compiled too.
   */
  compileAll(addresses: readonly number[], all: boolean): void {
    const list = this.#find(addresses, all);
    if (list.length) this.#compile(list);
  }

  #find(addresses: readonly number[], all: boolean): Found[] {
    if (this.#modules >= MODULE_LIMIT || this.#nextSlot + addresses.length > REGION_SLOTS - 64) this.flush();
    const list: Found[] = [];
    for (const address of addresses) {
      if (this.#compiled.has(address) || this.#isUnderWay(address)) continue;
      const found = this.#discover(address, all);
      if (found) list.push(found);
    }
    return list;
  }

  #isUnderWay(address: number): boolean {
    for (const { list, stale } of this.#jobs)
      if (list.some(found => found.region.entry === address && !stale.has(found))) return true;
    return false;
  }

  #compile(list: readonly Found[]): void {
    const compiled = compileRegions(
      list.map(({ region }) => region),
      { slotOf: target => this.#slotOf(target), recordOf: insn => this.#host.recordOf(insn) },
    );
    this.#install(compiled, list, new Set());
  }

  #send(list: readonly Found[]): boolean {
    if (!this.compiler) return false;
    const slots = new Map<number, number>();
    let names = 0;
    for (const { region, code } of list) {
      for (const target of callTargets(region)) slots.set(target, this.#slotOf(target));
      names += code.addresses.length;
    }
    const job: Job = { list, firstName: this.#nextName, stale: new Set() };
    const asked = this.compiler.compile(
      { regions: list.map(({ code }) => code), slots, firstName: job.firstName },
      result => {
        // Forgotten, if everything was dropped meanwhile.
        if (this.#jobs.delete(job)) this.#arrived(job, result);
      },
    );
    if (!asked) return false;
    this.#nextName -= names;
    this.#jobs.add(job);
    return true;
  }

  #arrived({ list, firstName, stale }: Job, result: CompileResult | undefined): void {
    for (const { region } of stale) this.#host.changed(region.entry, this.regionAt(region.entry));
    const fresh = list.filter(found => !stale.has(found));
    if (!fresh.length) return;
    if (!result) {
      this.#compile(fresh);
      return;
    }
    if (!this.#host.hasRoom(result.routines.length)) return;
    for (const [i, address] of result.routines.entries())
      this.#named.set(firstName - i, this.#host.recordOf(insnAt(list, address)));
    this.#install(result, list, stale);
  }

  #install(
    { module, resumes }: Pick<CompileResult, 'module' | 'resumes'>,
    list: readonly Found[],
    stale: ReadonlySet<Found>,
  ): void {
    const { exports } = new WebAssembly.Instance(module, this.#host.imports);
    this.#modules++;
    for (const [i, found] of list.entries()) {
      if (stale.has(found)) continue;
      this.count++;
      this.#host.regions.set(found.slot, exports[`region${i}`]);
      this.#register(found, resumes[i]);
    }
  }

  #register({ region, slot, pages }: Found, resumes: readonly number[]): void {
    // Where another region begins or is resumed already, that one stays.
    const compiled: Compiled = { slot, pages, at: [region.entry, ...resumes.filter(at => !this.#compiled.has(at))] };
    for (const at of compiled.at) this.#compiled.set(at, compiled);
    for (const page of pages) {
      let list = this.#byPage.get(page);
      if (!list) {
        list = new Set();
        this.#byPage.set(page, list);
      }
      list.add(compiled);
    }
    for (const at of compiled.at) this.#host.changed(at, slot);
  }

  /** Code on the page changed, or a breakpoint on it: what was compiled from it is dropped. */
  dropPage(page: number): void {
    const list = this.#byPage.get(page);
    if (list) for (const compiled of [...list]) this.#drop(compiled);
    for (const job of this.#jobs) for (const found of job.list) if (found.pages.includes(page)) job.stale.add(found);
  }

  #drop(compiled: Compiled): void {
    this.#host.regions.set(compiled.slot, regionStub());
    for (const page of compiled.pages) this.#byPage.get(page)?.delete(compiled);
    for (const at of compiled.at)
      if (this.#compiled.get(at) === compiled) {
        this.#compiled.delete(at);
        this.#host.changed(at, 0);
      }
  }

  /** Everything compiled is dropped. */
  flush(): void {
    for (const compiled of [...this.#compiled.values()]) this.#drop(compiled);
    this.#slots.clear();
    this.#wanted = [];
    this.#jobs.clear();
    this.#named.clear();
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

  #discover(entry: number, all: boolean): Found | undefined {
    const { space } = this.#host;
    let chunk: Uint8Array = new Uint8Array(0);
    let chunkAt = 0;
    const addresses: number[] = [];
    const bytes: number[] = [];
    const pages = new Set<number>();
    const region = discover(entry, (pc): Insn | undefined => {
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
      if (!('form' in insn)) return undefined;
      addresses.push(pc);
      for (let i = 0; i < insn.length; i++) bytes.push(chunk[pc - chunkAt + i]);
      pages.add(Math.floor(pc / PAGE_SIZE));
      pages.add(Math.floor((pc + insn.length - 1) / PAGE_SIZE));
      return insn;
    });
    const slot = region && this.#slotOf(entry);
    if (!slot) return undefined;
    for (const page of pages) space.markCode(page);
    const code = { entry, addresses: new Float64Array(addresses), bytes: new Uint8Array(bytes) };
    return { region, slot, code, pages: [...pages] };
  }
}
