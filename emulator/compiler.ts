/**
 * Compiling the guest's hot code on another thread while the guest goes on in tier 0: what the two threads say to each
 * other, as plain data, and who waits for what. When an answer comes decides nothing but how fast the guest is.
 */

/** Instructions of one region: their addresses, and their bytes one behind the other. */
export interface RegionCode {
  readonly entry: number;
  readonly addresses: Float64Array;
  readonly bytes: Uint8Array;
}

export interface CompileJob {
  readonly regions: readonly RegionCode[];
  /** Slots of the targets of calls. */
  readonly slots: ReadonlyMap<number, number>;
  /**
   * Instructions that routines do are named by numbers from here downwards, for their records are in the memory of the
   * machine. There is one for every instruction.
   */
  readonly firstName: number;
}

export interface CompileResult {
  /** The regions are its exports `region0`, `region1`…, in the order of the job's. */
  readonly module: WebAssembly.Module;
  /** The instructions that routines do, in the order of their names. */
  readonly routines: readonly number[];
  /** For each region the return addresses at which it can be resumed. */
  readonly resumes: readonly (readonly number[])[];
}

/** Another thread that compiles. */
export interface Compiler {
  /**
   * False when it cannot be asked now. `done` is called from `poll`, or while nothing runs; with undefined when it failed:
   * then whoever asked does it.
   */
  compile(job: CompileJob, done: (result: CompileResult | undefined) => void): boolean;
  /** Hands out what has come. Cheap: it is called all the time while something is under way. */
  poll(): void;
}

/** What goes to the thread and comes back. Without a result it could not be done. */
export interface Question {
  readonly id: number;
  readonly job: CompileJob;
}
export interface Answer {
  readonly id: number;
  readonly result?: CompileResult;
}

/** The asking end of a line to a thread: who waits for which answer. `send` is false when nobody listens yet. */
export function askThread(send: (question: Question) => boolean) {
  const waiting = new Map<number, (result: CompileResult | undefined) => void>();
  let asked = 0;
  let failed = false;
  return {
    compile(job: CompileJob, done: (result: CompileResult | undefined) => void): boolean {
      if (failed || !send({ id: asked, job })) return false;
      waiting.set(asked++, done);
      return true;
    },
    receive({ id, result }: Answer): void {
      const done = waiting.get(id);
      waiting.delete(id);
      done?.(result);
    },
    /** The thread is gone: whoever waits hears it, and nobody asks any more. */
    fail(): void {
      failed = true;
      const left = [...waiting.values()];
      waiting.clear();
      for (const done of left) done(undefined);
    },
  };
}
