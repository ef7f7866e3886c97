/** The same case on our own CPU. */
import { amd64 } from '../../../emulator/abi/amd64/arch.ts';
import { FP_CONTROL, FP_TAGS, RIP, readFlags, VECTOR, writeFlags, X87 } from '../../../emulator/abi/amd64/layout.ts';
import { Cpu } from '../../../emulator/cpu/cpu.ts';
import { LinearSpace } from '../../../emulator/memory/address-space.ts';
import { MEMORY_PAGES } from '../../../emulator/memory/linear.ts';
import { type Case, CODE, DATA, DATA_SIZE, dataOf, type Outcome } from './case.ts';

const SIGNAL = {
  'page-fault': 11,
  'general-protection': 11,
  'invalid-opcode': 4,
  'divide-error': 8,
  breakpoint: 5,
  'alignment-check': 7,
  debug: 5,
  overflow: 11,
  'stack-fault': 7,
  'floating-point': 8,
} as const;
const TRAP = {
  'page-fault': 14,
  'general-protection': 13,
  'invalid-opcode': 6,
  'divide-error': 0,
  breakpoint: 3,
  'alignment-check': 17,
  debug: 1,
  overflow: 4,
  'stack-fault': 12,
  'floating-point': 16,
} as const;

function x87Of(r: BigUint64Array): Outcome['x87'] {
  const status = Number(r[FP_CONTROL] >> 48n);
  const st = new Uint8Array(128);
  const view = new DataView(st.buffer);
  for (let i = 0; i < 8; i++) {
    const cell = X87 + (((status >> 11) + i) & 7) * 2;
    view.setBigUint64(i * 16, r[cell], true);
    view.setUint16(i * 16 + 8, Number(r[cell + 1] & 0xffffn), true);
  }
  return { control: Number((r[FP_CONTROL] >> 32n) & 0xffffn), status, tags: Number(r[FP_TAGS] & 0xffn), st };
}

export function startEmulated(): (c: Case) => Outcome {
  const memory = new WebAssembly.Memory({ initial: MEMORY_PAGES, maximum: MEMORY_PAGES });
  const space = new LinearSpace(memory, () => undefined);
  const plain = { backing: { is: 'anonymous' as const }, shared: false, name: '', growsDown: false };
  space.map({ start: CODE, end: CODE + 4096, prot: 7, ...plain });
  space.map({ start: DATA, end: DATA + DATA_SIZE, prot: 3, ...plain });
  const cpu = new Cpu(space);
  const page = new Uint8Array(4096).fill(0xcc);

  return c => {
    space.write(CODE, page);
    space.write(CODE + c.offset, c.code);
    const before = dataOf(c.seed);
    space.write(DATA, before);
    const r = amd64.startRegisters(CODE + c.offset, 0);
    for (let i = 0; i < 16; i++) r[i] = c.gpr[i];
    writeFlags(r, c.flags);
    r[FP_CONTROL] = BigInt(c.mxcsr) | (BigInt(c.x87.control) << 32n) | (BigInt(c.x87.status) << 48n);
    r[FP_TAGS] = BigInt(c.x87.tags);
    const st = new DataView(c.x87.st.buffer);
    const top = c.x87.status >> 11;
    for (let i = 0; i < 8; i++) {
      const cell = X87 + ((top + i) & 7) * 2;
      r[cell] = st.getBigUint64(i * 16, true);
      r[cell + 1] = BigInt(st.getUint16(i * 16 + 8, true));
    }
    const view = new DataView(c.xmm.buffer);
    for (let i = 0; i < 16; i++) {
      r[VECTOR + i * 4] = view.getBigUint64(i * 16, true);
      r[VECTOR + i * 4 + 1] = view.getBigUint64(i * 16 + 8, true);
    }
    // A repeated instruction may take several steps; int3 ends it like the real one's.
    const exit = cpu.run(r, 100_000);
    let signal = 0;
    let trap = 0;
    let address = 0;
    const rip = Number(r[RIP]);
    if (exit.is === 'exception') {
      signal = SIGNAL[exit.exception.is];
      trap = exit.exception.is === 'floating-point' && exit.exception.simd ? 19 : TRAP[exit.exception.is];
      if (exit.exception.is === 'page-fault') address = exit.exception.fault.address;
      if (exit.exception.is === 'invalid-opcode' || exit.exception.is === 'divide-error') address = rip;
    }
    const after = space.peek(DATA, DATA_SIZE);
    let first = 0;
    let last = DATA_SIZE;
    while (first < DATA_SIZE && after[first] === before[first]) first++;
    while (last > first && after[last - 1] === before[last - 1]) last--;
    const xmm = new Uint8Array(256);
    const out = new DataView(xmm.buffer);
    for (let i = 0; i < 16; i++) {
      out.setBigUint64(i * 16, r[VECTOR + i * 4], true);
      out.setBigUint64(i * 16 + 8, r[VECTOR + i * 4 + 1], true);
    }
    return {
      gpr: [...r.slice(0, 16)],
      rip,
      flags: readFlags(r),
      mxcsr: Number(r[FP_CONTROL] & 0xffff_ffffn),
      signal,
      address,
      trap,
      xmm,
      x87: x87Of(r),
      first,
      data: after.slice(first, last),
    };
  };
}
