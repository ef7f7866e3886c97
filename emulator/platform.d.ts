/** The part of the WebAssembly JavaScript API that the engine uses; the DOM library, which declares it, stays out. */
declare namespace WebAssembly {
  class Module {
    constructor(bytes: Uint8Array);
  }
  class Instance {
    constructor(module: Module, imports?: Record<string, Record<string, unknown>>);
    readonly exports: Record<string, unknown>;
  }
  class Memory {
    constructor(descriptor: { initial: number; maximum?: number });
    readonly buffer: ArrayBuffer;
  }
  class Table {
    constructor(descriptor: { element: 'anyfunc'; initial: number; maximum?: number }, value?: unknown);
    readonly length: number;
    get(index: number): unknown;
    set(index: number, value: unknown): void;
  }
}

/** Timers are everywhere, though no common library declares them. */
declare function setTimeout(callback: () => void, milliseconds: number): unknown;
declare const performance: { now(): number };
