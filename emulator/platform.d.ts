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
    constructor(descriptor: { initial: number; maximum?: number; shared?: boolean });
    /** Of a shared memory a SharedArrayBuffer, which has all that the engine uses of the other. */
    readonly buffer: ArrayBuffer;
  }
  class Table {
    constructor(descriptor: { element: 'anyfunc'; initial: number; maximum?: number }, value?: unknown);
    readonly length: number;
    get(index: number): unknown;
    set(index: number, value: unknown): void;
  }
}

/** Node has the first, everybody the second. */
declare const setImmediate: ((callback: () => void) => unknown) | undefined;
declare class MessageChannel {
  readonly port1: { onmessage: (() => void) | null };
  readonly port2: { postMessage(message: undefined): void };
}
declare const performance: { now(): number };
