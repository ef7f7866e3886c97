/**
 * Segment registers as a 64-bit Linux program meets them: the selectors that its descriptor table offers
 * (arch/x86/include/asm/segment.h), far transfers that stay in the 64-bit code segment, and the instructions about
 * descriptor tables that Linux answers in the CPU's place (arch/x86/kernel/umip.c).
 */
import {
  AC,
  AF,
  CF,
  DF,
  FS_BASE,
  GS_BASE,
  ID,
  OF,
  PF,
  RAX,
  RCX,
  RSP,
  readFlags,
  SEGMENTS,
  SF,
  TF,
  writeFlags,
  ZF,
} from '../abi/amd64/layout.ts';
import type { Routine, RoutineContext, RoutineResult } from './routines.ts';

const mask64 = (v: bigint): bigint => BigInt.asUintN(64, v);

/** Numbers of the segment registers in encodings. */
const CS = 1;
const SS = 2;
const DS = 3;
const FS = 4;
const GS = 5;

export const USER_CS = 0x33;
export const USER_SS = 0x2b;

/** What user programs can see of the descriptor table, by index. */
interface Descriptor {
  /** What LAR answers. */
  readonly rights: bigint;
  readonly limit: bigint;
  readonly writable: boolean;
}
const DESCRIPTORS: Readonly<Record<number, Descriptor>> = {
  // 32-bit code, data, 64-bit code, and the segment whose limit tells the number of the CPU.
  4: { rights: 0xcffb00n, limit: 0xffff_ffffn, writable: false },
  5: { rights: 0xcff300n, limit: 0xffff_ffffn, writable: true },
  6: { rights: 0xaffb00n, limit: 0xffff_ffffn, writable: false },
  15: { rights: 0x40f500n, limit: 0n, writable: false },
};

/** All are for privilege level 3, so the requested level does not matter. */
const descriptor = (selector: number): Descriptor | undefined =>
  selector & 4 ? undefined : DESCRIPTORS[selector >> 3];

/** Places in the cell of the four selectors that are not always the same. */
const SHIFT: Readonly<Record<number, bigint>> = { 0: 0n, 3: 16n, 4: 32n, 5: 48n };

function selectorOf(c: RoutineContext, segment: number): bigint {
  if (segment === CS) return BigInt(USER_CS);
  if (segment === SS) return BigInt(USER_SS);
  return (c.registers[SEGMENTS] >> SHIFT[segment]) & 0xffffn;
}

/** Selector of the memory operand's segment. */
export const dataSelector = (c: RoutineContext): bigint =>
  selectorOf(c, c.aux() & 8 ? FS : c.aux() & 16 ? GS : c.onStack() ? SS : DS);

/** Loads a segment register; undefined when that is allowed. */
function load(c: RoutineContext, segment: number, value: bigint): RoutineResult | undefined {
  const selector = Number(value & 0xffffn);
  if (segment === SS) return selector === USER_SS ? undefined : c.trap('protection');
  if (selector > 3 && !descriptor(selector)) return c.trap('protection');
  const r = c.registers;
  r[SEGMENTS] = (r[SEGMENTS] & ~(0xffffn << SHIFT[segment])) | (BigInt(selector) << SHIFT[segment]);
  // Every base in the table is zero, and Zen CPUs clear it for a null selector, too.
  if (segment === FS) r[FS_BASE] = 0n;
  if (segment === GS) r[GS_BASE] = 0n;
  return undefined;
}

/** Operand i if it is a register, by the offset in the register file. */
function register(c: RoutineContext, i: number): bigint {
  const at = c.operand(i);
  return c.registers[at >>> 3] >> BigInt((at & 7) * 8);
}

function setRegister(c: RoutineContext, i: number, size: number, value: bigint): void {
  const cell = c.operand(i) >>> 3;
  const old = c.registers[cell];
  const bits = size * 8;
  c.registers[cell] = size >= 4 ? BigInt.asUintN(bits, value) : ((old >> 16n) << 16n) | (value & 0xffffn);
}

/** The 16-bit source of operand i. */
const source = (c: RoutineContext, i: number): bigint | undefined =>
  c.isMemory() ? c.load(c.address(), 2) : register(c, i) & 0xffffn;

const ZERO_FLAG = ZF;
function setZero(c: RoutineContext, zero: boolean): void {
  const flags = readFlags(c.registers);
  writeFlags(c.registers, zero ? flags | ZERO_FLAG : flags & ~ZERO_FLAG);
}

/** LAR and LSL. */
const inquire =
  (what: 'rights' | 'limit'): Routine =>
  c => {
    const selector = source(c, 1);
    if (selector === undefined) return 'exit';
    const found = selector > 3n ? descriptor(Number(selector)) : undefined;
    if (found) setRegister(c, 0, c.size(), found[what]);
    setZero(c, found !== undefined);
    return 'done';
  };

const verify =
  (writing: boolean): Routine =>
  c => {
    const selector = source(c, 0);
    if (selector === undefined) return 'exit';
    const found = selector > 3n ? descriptor(Number(selector)) : undefined;
    setZero(c, found !== undefined && (!writing || found.writable));
    return 'done';
  };

/** AMD's far pointers have 32-bit offsets, with REX.W too. */
const offsetSize = (c: RoutineContext): number => (c.size() === 2 ? 2 : 4);

/** LSS, LFS, LGS. */
const farPointer =
  (segment: number): Routine =>
  c => {
    const size = offsetSize(c);
    const offset = c.load(c.address(), size);
    const selector = offset === undefined ? undefined : c.load(mask64(c.address() + BigInt(size)), 2);
    if (offset === undefined || selector === undefined) return 'exit';
    const refused = load(c, segment, selector);
    if (refused) return refused;
    setRegister(c, 0, c.size(), offset);
    return 'done';
  };

const canonical = (address: bigint): boolean => BigInt.asIntN(64, address) === BigInt.asIntN(48, address);

/**
 * A far transfer's target: only the 64-bit code segment is there; the 32-bit one would need another decoder, and is
 * refused like those that do not exist.
 */
const reachable = (selector: bigint, target: bigint, exact: boolean): boolean =>
  (exact ? selector === BigInt(USER_CS) : (selector & ~3n) === (BigInt(USER_CS) & ~3n)) && canonical(target);

const farTransfer =
  (calls: boolean): Routine =>
  c => {
    const size = offsetSize(c);
    const target = c.load(c.address(), size);
    const selector = target === undefined ? undefined : c.load(mask64(c.address() + BigInt(size)), 2);
    if (target === undefined || selector === undefined) return 'exit';
    if (!reachable(selector & 0xffffn, target, false)) return c.trap('protection');
    if (calls) {
      const width = c.size();
      const sp = c.registers[RSP];
      const w = BigInt(width);
      if (!c.store(mask64(sp - w), width, BigInt(USER_CS))) return 'exit';
      if (!c.store(mask64(sp - 2n * w), width, c.nextPc())) return 'exit';
      c.registers[RSP] = mask64(sp - 2n * w);
    }
    return c.jump(target);
  };
/** `count` values from the stack, the operand size each. */
function popped(c: RoutineContext, count: number): bigint[] | undefined {
  const size = c.size();
  const values: bigint[] = [];
  for (let i = 0; i < count; i++) {
    const value = c.load(mask64(c.registers[RSP] + BigInt(i * size)), size);
    if (value === undefined) return undefined;
    values.push(value);
  }
  return values;
}

const NT = 1n << 14n;
/** What IRET takes over in user mode. */
const RETURNED_FLAGS = CF | PF | AF | ZF | SF | TF | DF | OF | NT | AC | ID;

/** CR0 as Linux tells it instead of the real one: PE MP ET NE WP AM PG. */
const MACHINE_STATUS = 0x8005_0033n;
/** Selector of the task state segment. */
const TASK_SELECTOR = 0x40n;

/**
 * What Linux does in place of an instruction ends in IRET to user mode, which makes each null selector zero, whatever its
 * requested level (Intel SDM vol. 2, IRET).
 */
function emulatedByLinux(c: RoutineContext, stored: boolean): RoutineResult {
  if (!stored) return 'exit';
  const selectors = c.registers[SEGMENTS];
  for (const shift of Object.values(SHIFT))
    if (((selectors >> shift) & 0xfffcn) === 0n) c.registers[SEGMENTS] &= ~(3n << shift);
  return 'done';
}

/** What Linux stores for SLDT, STR and SMSW; into a register it writes so many bytes and leaves the others alone. */
const machineWord =
  (value: bigint): Routine =>
  c => {
    if (c.isMemory()) return emulatedByLinux(c, c.store(c.address(), 2, value));
    const bits = BigInt(c.size() * 8);
    const cell = c.operand(0) >>> 3;
    const mask = (1n << bits) - 1n;
    c.registers[cell] = (c.registers[cell] & ~mask) | (value & mask);
    return emulatedByLinux(c, true);
  };

const tableAddress =
  (base: bigint): Routine =>
  c => {
    const at = c.address();
    const reach = c.space.access(Number(at), 10, true);
    if (typeof reach !== 'number') return c.fault(reach);
    return emulatedByLinux(c, c.store(at, 2, 0n) && c.store(mask64(at + 2n), 8, base));
  };

export const segment = {
  readSegment: c => {
    const value = selectorOf(c, c.operand(1));
    if (c.isMemory()) return c.store(c.address(), 2, value) ? 'done' : 'exit';
    setRegister(c, 0, c.size(), value);
    return 'done';
  },
  writeSegment: c => {
    const value = source(c, 1);
    if (value === undefined) return 'exit';
    return load(c, c.operand(0), value) ?? 'done';
  },
  pushSegment: c => {
    const width = c.size() === 2 ? 2 : 8;
    const sp = mask64(c.registers[RSP] - BigInt(width));
    if (!c.store(sp, width, selectorOf(c, c.operand(0)))) return 'exit';
    c.registers[RSP] = sp;
    return 'done';
  },
  popSegment: c => {
    const width = c.size() === 2 ? 2 : 8;
    const value = c.load(c.registers[RSP], width);
    if (value === undefined) return 'exit';
    const refused = load(c, c.operand(0), value);
    if (refused) return refused;
    c.registers[RSP] = mask64(c.registers[RSP] + BigInt(width));
    return 'done';
  },
  lss: farPointer(SS),
  lfs: farPointer(FS),
  lgs: farPointer(GS),
  lar: inquire('rights'),
  lsl: inquire('limit'),
  verr: verify(false),
  verw: verify(true),
  jmpf: farTransfer(false),
  callf: farTransfer(true),
  retf: c => {
    const values = popped(c, 2);
    if (!values) return 'exit';
    const [target, selector] = values;
    if (!reachable(selector & 0xffffn, target, true)) return c.trap('protection');
    c.registers[RSP] = mask64(c.registers[RSP] + BigInt(c.size() * 2) + (c.immediate() & 0xffffn));
    return c.jump(target);
  },
  iret: c => {
    const values = popped(c, 5);
    if (!values) return 'exit';
    const [target, selector, flags, sp, stack] = values;
    if (!reachable(selector & 0xffffn, target, true)) return c.trap('protection');
    if ((stack & 0xffffn) !== BigInt(USER_SS)) return c.trap('protection');
    const mask = c.size() === 2 ? RETURNED_FLAGS & 0xffffn : RETURNED_FLAGS;
    writeFlags(c.registers, (readFlags(c.registers) & ~mask) | (flags & mask));
    c.registers[RSP] = sp;
    return c.jump(target);
  },
  int: c => {
    const vector = Number(c.immediate() & 0xffn);
    return c.trap(vector === 3 ? 'breakpoint' : vector === 4 ? 'overflow' : 'protection');
  },
  sldt: machineWord(0n),
  str: machineWord(TASK_SELECTOR),
  smsw: machineWord(MACHINE_STATUS),
  sgdt: tableAddress(0xffff_ffff_fffe_0000n),
  sidt: tableAddress(0xffff_ffff_ffff_0000n),
  /** The CPU number, as RDTSCP and RDPID tell it: there is one. */
  rdpid: c => {
    c.registers[c.operand(0) >>> 3] = 0n;
    return 'done';
  },
  /** XCR0: the states that the kernel switches. */
  xgetbv: c => {
    const r = c.registers;
    const which = r[RCX] & 0xffff_ffffn;
    if (which > 1n) return c.trap('protection');
    r[RAX] = BigInt(XCR0);
    r[2] = 0n;
    return 'done';
  },
} satisfies Record<string, Routine>;

/** x87 and SSE. */
export const XCR0 = 3;
