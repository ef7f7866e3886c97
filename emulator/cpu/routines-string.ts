/**
 * String instructions, with and without REP. A repetition does up to a chunk of elements as one step of the machine and
 * then goes on at the same address, so that no single step lasts long; a fault leaves RCX, RSI and RDI where the
 * element that failed begins, as the manual says (volume 2, REP).
 */
import { DF, FLAGS_OTHER, RAX, RBX, RCX, RDI, RSI, readFlags, writeFlags } from '../abi/amd64/layout.ts';
import type { Routine, RoutineContext, RoutineResult } from './routines.ts';

const REP = 1;
const REPNE = 2;
const ADDRESS32 = 4;
const CHUNK = 4096;

interface Walk {
  /** −size or size. */
  step: number;
  count: number;
  repeated: boolean;
  source: number;
  destination: number;
  segment: number;
}

const wrap = (c: RoutineContext, v: bigint): bigint => BigInt.asUintN(c.aux() & ADDRESS32 ? 32 : 64, v);

function begin(c: RoutineContext): Walk {
  const r = c.registers;
  const repeated = (c.aux() & (REP | REPNE)) !== 0;
  const size = c.size();
  const n = repeated ? wrap(c, r[RCX]) : 1n;
  return {
    step: r[FLAGS_OTHER] & DF ? -size : size,
    count: Number(n > BigInt(CHUNK) ? BigInt(CHUNK) : n),
    repeated,
    source: Number(wrap(c, r[RSI])),
    destination: Number(wrap(c, r[RDI])),
    segment: Number(c.segmentBase()),
  };
}

/** Moves the registers on by `done` elements and says whether the instruction is over. */
function end(
  c: RoutineContext,
  w: Walk,
  done: number,
  moves: { source: boolean; destination: boolean },
): RoutineResult {
  const r = c.registers;
  const by = BigInt(done * w.step);
  if (moves.source) r[RSI] = wrap(c, r[RSI] + by);
  if (moves.destination) r[RDI] = wrap(c, r[RDI] + by);
  if (!w.repeated) return 'done';
  const left = wrap(c, r[RCX]) - BigInt(done);
  r[RCX] = wrap(c, left);
  return left > 0n ? 'again' : 'done';
}

/** A fault in the middle: the elements before it count. */
function stopped(
  c: RoutineContext,
  w: Walk,
  done: number,
  moves: { source: boolean; destination: boolean },
): RoutineResult {
  if (done > 0) end(c, w, done, moves);
  return 'exit';
}

const BOTH = { source: true, destination: true };
const TO = { source: false, destination: true };
const FROM = { source: true, destination: false };

/** How many of `count` elements from `address` on lie in its page, going up. */
const inPage = (address: number, size: number, count: number): number =>
  Math.min(count, Math.floor((4096 - (address % 4096)) / size));

function compare(c: RoutineContext, a: bigint, b: bigint): void {
  const bits = c.size() * 8;
  const result = BigInt.asUintN(bits, a - b);
  const sign = 1n << BigInt(bits - 1);
  let flags = readFlags(c.registers) & ~0x8d5n;
  if (a < b) flags |= 1n;
  if (result === 0n) flags |= 0x40n;
  if (result & sign) flags |= 0x80n;
  if ((a ^ b) & (a ^ result) & sign) flags |= 0x800n;
  if ((a ^ b ^ result) & 0x10n) flags |= 0x10n;
  let low = Number(result & 0xffn);
  low ^= low >> 4;
  low ^= low >> 2;
  low ^= low >> 1;
  if (!(low & 1)) flags |= 4n;
  writeFlags(c.registers, flags);
}

/** CMPS and SCAS: one element after the other until the condition ends it. */
function scan(
  c: RoutineContext,
  moves: { source: boolean; destination: boolean },
  pair: (w: Walk, done: number) => [bigint, bigint] | undefined,
): RoutineResult {
  const w = begin(c);
  let last: [bigint, bigint] | undefined;
  let done = 0;
  let over = false;
  while (done < w.count && !over) {
    const values = pair(w, done);
    if (!values) {
      if (last) compare(c, last[0], last[1]);
      return stopped(c, w, done, moves);
    }
    last = values;
    done++;
    if (w.repeated) over = (values[0] === values[1]) !== ((c.aux() & REP) !== 0);
  }
  if (last) compare(c, last[0], last[1]);
  const result = end(c, w, done, moves);
  return over ? 'done' : result;
}

export const string = {
  movs: c => {
    const w = begin(c);
    const size = c.size();
    let done = 0;
    while (done < w.count) {
      const from = w.segment + w.source + done * w.step;
      const to = w.destination + done * w.step;
      const run = w.step > 0 ? Math.min(inPage(from, size, w.count - done), inPage(to, size, w.count - done)) : 1;
      // A destination inside the source's run repeats what was just written: element by element then.
      const apart = to <= from || to >= from + run * size;
      const n = run > 1 && apart ? run : 1;
      if (n === 1) {
        const value = c.load(BigInt(from), size);
        if (value === undefined || !c.store(BigInt(to), size, value)) return stopped(c, w, done, BOTH);
      } else {
        // Source first, then destination: the second may evict the first, so the bytes are taken between.
        const source = c.space.access(from, 1, false);
        if (typeof source !== 'number') {
          c.fault(source);
          return stopped(c, w, done, BOTH);
        }
        const length = n * size;
        const bytes = source >= 0x1_0000 ? c.bytes.slice(source, source + length) : new Uint8Array(0);
        const target = c.space.access(to, 1, true);
        if (typeof target !== 'number') {
          c.fault(target);
          return stopped(c, w, done, BOTH);
        }
        if (c.space.isDirect(from) && c.space.isDirect(to)) c.bytes.set(bytes, target);
        else {
          const value = c.load(BigInt(from), size);
          if (value === undefined || !c.store(BigInt(to), size, value)) return stopped(c, w, done, BOTH);
          done++;
          continue;
        }
      }
      done += n;
    }
    return end(c, w, done, BOTH);
  },
  stos: c => {
    const w = begin(c);
    const size = c.size();
    const value = BigInt.asUintN(size * 8, c.registers[RAX]);
    let done = 0;
    while (done < w.count) {
      const to = w.destination + done * w.step;
      const n = w.step > 0 ? inPage(to, size, w.count - done) : 0;
      const target = n > 1 ? c.space.access(to, 1, true) : 0;
      if (n > 1 && typeof target === 'number' && c.space.isDirect(to)) {
        if (value === 0n) c.bytes.fill(0, target, target + n * size);
        else for (let i = 0; i < n * size; i++) c.bytes[target + i] = Number((value >> BigInt((i % size) * 8)) & 0xffn);
        done += n;
      } else {
        if (!c.store(BigInt(to), size, value)) return stopped(c, w, done, TO);
        done++;
      }
    }
    return end(c, w, done, TO);
  },
  lods: c => {
    const w = begin(c);
    const size = c.size();
    let done = 0;
    for (; done < w.count; done++) {
      const value = c.load(BigInt(w.segment + w.source + done * w.step), size);
      if (value === undefined) return stopped(c, w, done, FROM);
      const r = c.registers;
      if (size === 8) r[RAX] = value;
      else if (size === 4) r[RAX] = value;
      else r[RAX] = (r[RAX] & ~((1n << BigInt(size * 8)) - 1n)) | value;
    }
    return end(c, w, done, FROM);
  },
  cmps: c =>
    scan(c, BOTH, (w, done) => {
      // Where both fault, Zen CPUs report the destination's address: it is read first.
      const b = c.load(BigInt(w.destination + done * w.step), c.size());
      if (b === undefined) return undefined;
      const a = c.load(BigInt(w.segment + w.source + done * w.step), c.size());
      return a === undefined ? undefined : [a, b];
    }),
  scas: c =>
    scan(c, TO, (w, done) => {
      const b = c.load(BigInt(w.destination + done * w.step), c.size());
      return b === undefined ? undefined : [BigInt.asUintN(c.size() * 8, c.registers[RAX]), b];
    }),
  xlat: c => {
    const r = c.registers;
    const value = c.load(BigInt.asUintN(64, c.segmentBase() + wrap(c, r[RBX] + (r[RAX] & 0xffn))), 1);
    if (value === undefined) return 'exit';
    r[RAX] = (r[RAX] & ~0xffn) | value;
    return 'done';
  },
} satisfies Record<string, Routine>;
