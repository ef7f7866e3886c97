/** Vector instructions that look at their operands byte by byte: string comparisons and masked stores. */
import { FP_CONTROL, FP_TAGS, RAX, RCX, RDI, RDX, readFlags, VECTOR, writeFlags } from '../abi/amd64/layout.ts';
import type { Routine, RoutineContext } from './routines.ts';

const ADDRESS32 = 4;
/** ES of the x87's status word. */
const PENDING = 1n << 55n;

/** The 16 bytes of vector operand i: a register, or memory. */
function vectorBytes(c: RoutineContext, i: number, memory: boolean): Uint8Array | undefined {
  if (memory) {
    // As one access, so that a fault names the byte that the CPU would name.
    const at = Number(c.address());
    const reach = c.space.access(at, 16, false);
    if (typeof reach !== 'number') {
      c.fault(reach);
      return undefined;
    }
    return c.bytes.slice(reach, reach + 16);
  }
  const cell = c.operand(i) >>> 3;
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, c.registers[cell], true);
  view.setBigUint64(8, c.registers[cell + 1], true);
  return bytes;
}

/** Elements as the control byte's low two bits say: bytes or words, unsigned or signed. */
function elements(bytes: Uint8Array, control: number): ArrayLike<number> {
  switch (control & 3) {
    case 0:
      return bytes;
    case 1:
      return new Uint16Array(bytes.buffer);
    case 2:
      return new Int8Array(bytes.buffer);
    default:
      return new Int16Array(bytes.buffer);
  }
}

/** A length register: its magnitude, no more than there are elements. */
function givenLength(value: bigint, wide: boolean, most: number): number {
  const signed = BigInt.asIntN(wide ? 64 : 32, value);
  const size = signed < 0n ? -signed : signed;
  return size > BigInt(most) ? most : Number(size);
}

const implicitLength = (list: ArrayLike<number>): number => {
  for (let i = 0; i < list.length; i++) if (list[i] === 0) return i;
  return list.length;
};

/**
 * The aggregation of PCMPxSTRx (SDM volume 2, section 4.1): one bit for each element of `b`. `a` is the first operand:
 * a set, ranges, a string, or the needle.
 */
function aggregate(a: ArrayLike<number>, b: ArrayLike<number>, lengthA: number, lengthB: number, how: number): number {
  const n = a.length;
  let bits = 0;
  for (let j = 0; j < n; j++) {
    let hit = false;
    const valid = j < lengthB;
    switch (how) {
      case 0:
        for (let i = 0; i < lengthA && valid; i++) hit ||= a[i] === b[j];
        break;
      case 1:
        for (let i = 0; i + 1 < lengthA && valid; i += 2) hit ||= a[i] <= b[j] && b[j] <= a[i + 1];
        break;
      case 2:
        hit = j < lengthA && valid ? a[j] === b[j] : j >= lengthA && !valid;
        break;
      default:
        hit = true;
        // A needle that goes on behind the last element of the register matches as far as it is seen.
        for (let i = 0; i < lengthA && j + i < n; i++) hit &&= j + i < lengthB && a[i] === b[j + i];
    }
    if (hit) bits |= 1 << j;
  }
  return bits;
}

function compareStrings(explicit: boolean, wide: boolean, index: boolean): Routine {
  return c => {
    const control = Number(c.immediate() & 0xffn);
    const first = vectorBytes(c, 0, false);
    const second = vectorBytes(c, 1, c.isMemory());
    if (!first || !second) return 'exit';
    const r = c.registers;
    const a = elements(first, control);
    const b = elements(second, control);
    const n = a.length;
    const lengthA = explicit ? givenLength(r[RAX], wide, n) : implicitLength(a);
    const lengthB = explicit ? givenLength(r[RDX], wide, n) : implicitLength(b);
    let bits = aggregate(a, b, lengthA, lengthB, (control >> 2) & 3);
    const all = (1 << n) - 1;
    if (control & 0x10) bits ^= control & 0x20 ? (1 << lengthB) - 1 : all;
    if (index) {
      const found = control & 0x40 ? 31 - Math.clz32(bits) : Math.clz32(bits & -bits) ^ 31;
      r[RCX] = BigInt(bits === 0 ? n : found);
    } else if (control & 0x40) {
      const bytes = 16 / n;
      let low = 0n;
      let high = 0n;
      for (let i = 0; i < 16; i++) {
        if (!((bits >> Math.floor(i / bytes)) & 1)) continue;
        if (i < 8) low |= 0xffn << BigInt(i * 8);
        else high |= 0xffn << BigInt((i - 8) * 8);
      }
      r[VECTOR] = low;
      r[VECTOR + 1] = high;
    } else {
      r[VECTOR] = BigInt(bits);
      r[VECTOR + 1] = 0n;
    }
    let flags = readFlags(r) & ~0x8d5n;
    if (bits) flags |= 1n;
    if (lengthB < n) flags |= 0x40n;
    if (lengthA < n) flags |= 0x80n;
    if (bits & 1) flags |= 0x800n;
    writeFlags(r, flags);
    return 'done';
  };
}

/**
 * MASKMOVDQU and MASKMOVQ. Zen CPUs check the whole operand, whatever the mask says, so that it faults even where no
 * byte would be written.
 */
function storeMasked(size: 8 | 16): Routine {
  return c => {
    const r = c.registers;
    const cells = [c.operand(0) >>> 3, c.operand(1) >>> 3];
    const byte = (cell: number, i: number): number => Number((r[cell + (i >> 3)] >> BigInt((i & 7) * 8)) & 0xffn);
    const offset = c.aux() & ADDRESS32 ? r[RDI] & 0xffff_ffffn : r[RDI];
    const reach = c.space.access(Number(BigInt.asUintN(64, offset + c.segmentBase())), size, true);
    if (size === 8) {
      // Zen CPUs have switched the x87 over to MMX even where the access faults.
      if (r[FP_CONTROL] & PENDING) return c.trap('x87');
      r[FP_CONTROL] &= ~(7n << 59n);
      r[FP_TAGS] = 0xffn;
    }
    if (typeof reach !== 'number') return c.fault(reach);
    for (let i = 0; i < size; i++) if (byte(cells[1], i) & 0x80) c.bytes[reach + i] = byte(cells[0], i);
    return 'done';
  };
}

export const vector = {
  pcmpestrm: compareStrings(true, false, false),
  pcmpestrm64: compareStrings(true, true, false),
  pcmpestri: compareStrings(true, false, true),
  pcmpestri64: compareStrings(true, true, true),
  pcmpistrm: compareStrings(false, false, false),
  pcmpistri: compareStrings(false, false, true),
  maskmovdqu: storeMasked(16),
  maskmovq: storeMasked(8),
} satisfies Record<string, Routine>;
