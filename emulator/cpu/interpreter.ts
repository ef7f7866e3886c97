/**
 * The interpreter's modules: the loop with the hot handlers inline, and batches of other handlers for its table.
 */

import { IS_SHARED, MEMORY_PAGES } from '../memory/linear.ts';
import { decodeFunction } from './decoder.ts';
import * as L from './layout.ts';
import { LOOKUP_ENTRIES } from './layout.ts';
import { Codegen, type Label } from './nodes.ts';
import { evaluatePending } from './pending.ts';
import { type Calls, liftHandler, type Shape, type Ways, writeHandler } from './tier0.ts';
import { REGION } from './tier1.ts';
import { Bytes, encodeModule, type FunctionBody, type FunctionType, type Import, type Ty } from './wasm.ts';

export const TABLE_SLOTS = 8192;

/** Handler numbers of records that are no instructions; they cost no budget. */
export const PSEUDO = {
  goto: 0,
  breakpoint: 1,
  dropped: 2,
  address: 3,
  address32: 4,
  /** Stands before a place that may become hot: counts how often it is passed. */
  count: 5,
  /** Stands before a place whose region is compiled: runs it. */
  compiled: 6,
} as const;
export const FIRST_HANDLER = 7;

/** Slots for compiled regions; slot 0 and every free one hold a function that only returns the pc it is called for. */
export const REGION_SLOTS = 4096;
/** What compiled code may use of the host's stack, in bytes; the smallest default is a megabyte. */
const STACK_ROOM = 400_000;

const SLOW: FunctionType = { params: ['f64', 'i32'], results: ['i32'] };
const ROUTINE: FunctionType = { params: ['i32', 'i32'], results: ['i32'] };
const HANDLER: FunctionType = { params: ['i32'], results: ['i32'] };
const CALLS: Calls = { slow: 0, routine: 1 };

/** The linear memory, as every module imports it. */
export const MEMORY: Import = {
  is: 'memory',
  module: 'ring3',
  name: 'memory',
  pages: MEMORY_PAGES,
  isShared: IS_SHARED,
};
const IMPORTS: readonly Import[] = [
  MEMORY,
  { is: 'table', module: 'ring3', name: 'handlers', slots: TABLE_SLOTS },
  { is: 'table', module: 'ring3', name: 'regions', slots: REGION_SLOTS },
  { is: 'function', module: 'ring3', name: 'slow', type: SLOW },
  { is: 'function', module: 'ring3', name: 'routine', type: ROUTINE },
];

const get = (code: Bytes, index: number) => {
  code.byte(0x20);
  code.u32(index);
};
const set = (code: Bytes, index: number) => {
  code.byte(0x21);
  code.u32(index);
};
const constant = (code: Bytes, value: number) => {
  code.byte(0x41);
  code.s32(value);
};
const load32 = (code: Bytes, offset: number) => {
  code.bytes([0x28, 2]);
  code.u32(offset);
};
const store32 = (code: Bytes, offset: number) => {
  code.bytes([0x36, 2]);
  code.u32(offset);
};
const load64 = (code: Bytes, offset: number) => {
  code.bytes([0x29, 3]);
  code.u32(offset);
};

/** `run(record, budget)`: executes until EXIT tells why it ended. Handler i of `shapes` has number FIRST_HANDLER + i. */
export function loopModule(shapes: readonly Shape[], routineIndex: (name: string) => number): Uint8Array<ArrayBuffer> {
  const RECORD = 0;
  const BUDGET = 1;
  const code = new Bytes();
  const locals: Ty[] = ['i32', 'i64'];
  const ANSWER = 2;
  const PC = 3;
  const gen = new Codegen(code, 2, locals);
  const label = (): Label => ({ depth: 0 });
  const undone = label();
  const done = label();
  const next = label();
  const ways: Ways = { calls: CALLS, record: RECORD, next, undone, done, budget: BUDGET, routineIndex };
  const leave = (reason: number, to: Label) => {
    constant(code, 0);
    constant(code, reason);
    store32(code, L.EXIT);
    gen.br(to);
  };
  const advance = () => {
    get(code, RECORD);
    constant(code, L.RECORD_SIZE);
    code.byte(0x6a);
    set(code, RECORD);
    gen.br(next);
  };
  /** Where a slow path or a routine asked for it, the loop stops behind this instruction. */
  const stopIfAsked = () => {
    constant(code, 0);
    load32(code, L.STOP);
    constant(code, 1);
    code.byte(0x46);
    gen.ifElse(() => {
      constant(code, 0);
      constant(code, 2);
      store32(code, L.STOP);
      constant(code, 0);
      get(code, BUDGET);
      store32(code, L.STOP_BUDGET);
      constant(code, 0);
      set(code, BUDGET);
    });
  };
  const refund = () => {
    get(code, BUDGET);
    constant(code, 1);
    code.byte(0x6a);
    set(code, BUDGET);
  };
  const nextPc = () => {
    constant(code, 0);
    get(code, PC);
    code.bytes([0x37, 3]);
    code.u32(L.NEXT_PC);
  };
  /** What pseudo records do; the order of PSEUDO. */
  const pseudo: (() => void)[] = [
    () => {
      refund();
      get(code, RECORD);
      load32(code, L.FIELD.link);
      code.bytes([0x22, ANSWER]);
      gen.ifElse(() => {
        get(code, ANSWER);
        set(code, RECORD);
        gen.br(next);
      });
      constant(code, 0);
      get(code, RECORD);
      load64(code, L.FIELD.immediate);
      code.bytes([0x37, 3]);
      code.u32(L.NEXT_PC);
      constant(code, 0);
      get(code, RECORD);
      store32(code, L.LINK_RECORD);
      leave(L.EXIT_REASON.miss, done);
    },
    () => leave(L.EXIT_REASON.breakpoint, undone),
    () => leave(L.EXIT_REASON.dropped, undone),
    ...[false, true].map(narrow => () => {
      // scratch[0] = base + (index << scale) + displacement, where a record's own address fields do not suffice
      refund();
      constant(code, 0);
      const cell = (at: number) => {
        get(code, RECORD);
        code.bytes([0x2f, 1]);
        code.u32(at);
        load64(code, L.REGS);
      };
      cell(L.FIELD.base);
      cell(L.FIELD.index);
      get(code, RECORD);
      code.bytes([0x31, 0]);
      code.u32(L.FIELD.scale);
      code.byte(0x86);
      code.byte(0x7c);
      get(code, RECORD);
      load64(code, L.FIELD.displacement);
      code.byte(0x7c);
      if (narrow) code.bytes([0xa7, 0xad]);
      code.bytes([0x37, 3]);
      code.u32(L.REGS + L.ADDRESS_SCRATCH * 8);
      advance();
    }),
    () => {
      refund();
      get(code, RECORD);
      get(code, RECORD);
      load32(code, L.FIELD.counter);
      constant(code, 1);
      code.byte(0x6b);
      code.bytes([0x22, ANSWER]);
      store32(code, L.FIELD.counter);
      get(code, ANSWER);
      code.byte(0x45);
      gen.ifElse(() => leave(L.EXIT_REASON.hot, done));
      get(code, RECORD);
      load32(code, L.FIELD.link);
      set(code, RECORD);
      gen.br(next);
    },
    () => {
      refund();
      get(code, BUDGET);
      constant(code, STACK_ROOM);
      get(code, RECORD);
      load64(code, L.FIELD.pc);
      get(code, RECORD);
      load32(code, L.FIELD.region);
      code.bytes([0x11, 1, 1]);
      set(code, BUDGET);
      set(code, PC);
      gen.scope(() => gen.statements(evaluatePending()));
      stopIfAsked();
      // The sign tells whether tier 0 does the instruction there.
      get(code, PC);
      code.bytes([0x42, 0, 0x53]);
      set(code, ANSWER);
      get(code, PC);
      code.byte(0x42);
      code.s64(2n ** 63n - 1n);
      code.byte(0x83);
      set(code, PC);
      constant(code, 0);
      load32(code, L.PROBE_SIZE);
      gen.ifElse(() => {
        nextPc();
        leave(L.EXIT_REASON.probe, done);
      });
      const slot = gen.newLocal('i32');
      get(code, PC);
      code.bytes([0xa7, 0x22]);
      code.u32(slot);
      get(code, slot);
      constant(code, L.LOOKUP_BITS);
      code.bytes([0x76, 0x73]);
      constant(code, LOOKUP_ENTRIES - 1);
      code.byte(0x71);
      constant(code, 4);
      code.bytes([0x74, 0x22]);
      code.u32(slot);
      load64(code, L.LOOKUP);
      get(code, PC);
      code.byte(0x51);
      gen.ifElse(() => {
        get(code, slot);
        load32(code, L.LOOKUP + 8);
        set(code, RECORD);
        get(code, ANSWER);
        gen.ifElse(() => {
          get(code, RECORD);
          code.bytes([0x2f, 1]);
          code.u32(L.FIELD.handler);
          constant(code, PSEUDO.count);
          code.byte(0x6b);
          constant(code, 2);
          code.byte(0x49);
          gen.ifElse(() => {
            get(code, RECORD);
            load32(code, L.FIELD.link);
            set(code, RECORD);
          });
        });
        gen.br(next);
      });
      gen.freeLocal('i32', slot);
      nextPc();
      constant(code, 0);
      get(code, ANSWER);
      store32(code, L.LEFT);
      constant(code, 0);
      constant(code, 0);
      store32(code, L.LINK_RECORD);
      leave(L.EXIT_REASON.miss, done);
    },
  ];
  const count = FIRST_HANDLER + shapes.length;

  gen.block(undone, () => {
    gen.block(done, () => {
      gen.loop(next, () => {
        get(code, BUDGET);
        code.byte(0x45);
        gen.ifElse(() => leave(L.EXIT_REASON.budget, done));
        get(code, BUDGET);
        constant(code, 1);
        code.byte(0x6b);
        set(code, BUDGET);
        const targets = Array.from({ length: count + 1 }, label);
        // The outermost block is the default's; handler 0's is the innermost.
        const nest = (i: number): void => {
          if (i < 0) {
            get(code, RECORD);
            code.bytes([0x2f, 1]);
            code.u32(L.FIELD.handler);
            code.byte(0x0e);
            code.u32(count);
            for (let k = 0; k <= count; k++) code.u32(gen.depthTo(targets[k]));
            return;
          }
          gen.block(targets[i], () => nest(i - 1));
          if (i < FIRST_HANDLER) gen.scope(pseudo[i]);
          else if (i < count) writeHandler(gen, liftHandler(shapes[i - FIRST_HANDLER], ways), ways);
          else {
            constant(code, 0);
            get(code, BUDGET);
            store32(code, L.LIVE_BUDGET);
            get(code, RECORD);
            get(code, RECORD);
            code.bytes([0x2f, 1]);
            code.u32(L.FIELD.handler);
            code.byte(0x11);
            code.u32(0);
            code.u32(0);
            set(code, ANSWER);
            stopIfAsked();
            get(code, ANSWER);
            code.byte(0x45);
            gen.brIf(undone);
            get(code, ANSWER);
            constant(code, -1);
            code.byte(0x46);
            gen.brIf(done);
            get(code, ANSWER);
            set(code, RECORD);
            gen.br(next);
          }
        };
        nest(count);
      });
    });
    constant(code, 0);
    get(code, RECORD);
    store32(code, L.EXIT_RECORD);
    constant(code, 0);
    get(code, BUDGET);
    store32(code, L.EXIT_BUDGET);
    code.byte(0x0f);
  });
  constant(code, 0);
  get(code, RECORD);
  store32(code, L.EXIT_RECORD);
  constant(code, 0);
  get(code, BUDGET);
  constant(code, 1);
  code.byte(0x6a);
  store32(code, L.EXIT_BUDGET);

  return encodeModule({
    types: [HANDLER, REGION],
    imports: IMPORTS,
    functions: [
      { type: { params: ['i32', 'i32'], results: [] }, locals, code: code.view().slice(), export: 'run' },
      decodeFunction(),
    ],
  });
}

/** Handlers for the table, from slot `first` on. Each returns the next record, 0 (not happened) or −1 (happened). */
export function batchModule(
  shapes: readonly Shape[],
  first: number,
  routineIndex: (name: string) => number,
): Uint8Array<ArrayBuffer> {
  const functions = shapes.map((shape): FunctionBody => {
    const code = new Bytes();
    const locals: Ty[] = [];
    const gen = new Codegen(code, 1, locals);
    const ways: Ways = {
      calls: CALLS,
      record: 0,
      next: { depth: 0 },
      undone: { depth: 0 },
      done: { depth: 0 },
      budget: undefined,
      routineIndex,
    };
    gen.block(ways.undone, () => {
      gen.block(ways.done, () => {
        gen.block(ways.next, () => writeHandler(gen, liftHandler(shape, ways), ways));
        get(code, 0);
        code.byte(0x0f);
      });
      constant(code, -1);
      code.byte(0x0f);
    });
    constant(code, 0);
    return { type: HANDLER, locals, code: code.view().slice() };
  });
  return encodeModule({
    types: [HANDLER],
    imports: IMPORTS.filter(item => item.is !== 'table' || item.name === 'handlers'),
    functions,
    elements: { slot: first, functions: functions.map((_, i) => i) },
  });
}

/** Slot of an address in the table of blocks, as generated code computes it. */
export function lookupSlot(pc: number): number {
  const low = pc >>> 0;
  return (low ^ (low >>> L.LOOKUP_BITS)) & (LOOKUP_ENTRIES - 1);
}
