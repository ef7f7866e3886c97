/**
 * Cases of the differential fuzzer: one instruction, drawn from a row's form, and a state made so that its memory
 * operand often lies in the data pages: inside, across their middle, or at their edges.
 */
import { decode } from '../../../emulator/isa/x64/decode.ts';
import type { Form, Insn } from '../../../emulator/isa/x64/row.ts';
import { rows } from '../../../emulator/isa/x64/rows.ts';

export const CODE = 0x1000_0000;
export const DATA = 0x2000_0000;
export const DATA_SIZE = 8192;

export interface Case {
  form: Form;
  code: Uint8Array;
  hex: string;
  /** Of the code in its page. */
  offset: number;
  gpr: bigint[];
  flags: bigint;
  mxcsr: number;
  /** 16 registers of 16 bytes. */
  xmm: Uint8Array;
  x87: X87;
  /** Of the data pages' contents. */
  seed: number;
}

/**
 * What a single step cannot compare: the kernel's entries, time, identity, randomness, the process's own segments, state
 * images, cache control, and instructions that fault differently by what else the CPU implements.
 */
const ELSEWHERE =
  /^(syscall|int|int1|int3|cpuid|rdtsc|rdtscp|rdrand|rdseed|[rw]r?d?[fg]sbase|fxsave|fxrstor|ldmxcsr|stmxcsr|popf|rcp|rsqrt|clflush|clflushopt|clwb|endbr|rdssp|serialize)/;

/** As FXSAVE gives it: the abridged tag word counts physical registers, the eight registers begin with ST(0). */
export interface X87 {
  control: number;
  status: number;
  tags: number;
  /** Eight registers of 16 bytes, of which 10 count. */
  st: Uint8Array;
}

/** Forms with a meaning that both sides can be asked about. */
export function fuzzedForms(which: RegExp): Form[] {
  return rows
    .filter(
      row =>
        row.lift && !/user programs may not/i.test(row.sentence) && !ELSEWHERE.test(row.name) && which.test(row.name),
    )
    .flatMap(row => row.forms)
    .filter(form => !/(^|,)[PQN][a-z]/.test(form.operands));
}

/** The state behind an instruction. */
export interface Outcome {
  gpr: bigint[];
  rip: number;
  flags: bigint;
  mxcsr: number;
  signal: number;
  address: number;
  /** x86 trap number of the signal. */
  trap: number;
  xmm: Uint8Array;
  x87: X87;
  /** Data bytes that changed, from `first` on. */
  first: number;
  data: Uint8Array;
}

/** A small generator: the same seed, the same cases. */
export class Random {
  #a: number;
  #b = 0x9e3779b9;
  constructor(seed: number) {
    this.#a = seed | 0;
    for (let i = 0; i < 8; i++) this.u32();
  }
  u32(): number {
    // xorshift over two words
    let t = this.#a;
    const s = this.#b;
    this.#a = s;
    t ^= t << 23;
    t ^= t >>> 17;
    t ^= s ^ (s >>> 26);
    this.#b = t;
    return (Math.imul(t + s, 0x2545f491) ^ (t >>> 7)) >>> 0;
  }
  below(n: number): number {
    return this.u32() % n;
  }
  chance(n: number): boolean {
    return this.below(n) === 0;
  }
  u64(): bigint {
    return (BigInt(this.u32()) << 32n) | BigInt(this.u32());
  }
  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)];
  }
}

const SPECIAL: readonly bigint[] = [
  0n,
  1n,
  2n,
  0x7fn,
  0x80n,
  0xffn,
  0x7fffn,
  0x8000n,
  0xffffn,
  0x7fff_ffffn,
  0x8000_0000n,
  0xffff_ffffn,
  0x1_0000_0000n,
  0x7fff_ffff_ffff_ffffn,
  0x8000_0000_0000_0000n,
  0xffff_ffff_ffff_ffffn,
];
const DOUBLES: readonly bigint[] = [
  0n,
  0x8000_0000_0000_0000n,
  0x3ff0_0000_0000_0000n,
  0xbff0_0000_0000_0000n,
  0x3fe0_0000_0000_0000n,
  0x4008_0000_0000_0000n,
  0x7ff0_0000_0000_0000n,
  0xfff0_0000_0000_0000n,
  0x7ff8_0000_0000_0001n,
  0xfff8_0000_0000_0000n,
  0x7ff0_0000_0000_0001n,
  0x0000_0000_0000_0001n,
  0x000f_ffff_ffff_ffffn,
  0x0010_0000_0000_0000n,
  0x7fef_ffff_ffff_ffffn,
  0x43e0_0000_0000_0000n,
  0xc3e0_0000_0000_0000n,
  0x41df_ffff_ffc0_0000n,
  0x41e0_0000_0000_0000n,
  0xc1e0_0000_0000_0000n,
  0x3fdf_ffff_ffff_ffffn,
  0x4004_0000_0000_0000n,
];
const FLOATS: readonly number[] = [
  0, 0x80000000, 0x3f800000, 0xbf800000, 0x3f000000, 0x40400000, 0x7f800000, 0xff800000, 0x7fc00001, 0xffc00000,
  0x7f800001, 1, 0x7fffff, 0x800000, 0x7f7fffff, 0x4f000000, 0xcf000000, 0x5f000000, 0x40200000, 0x4effffff,
];

function value(r: Random): bigint {
  switch (r.below(4)) {
    case 0:
      return r.pick(SPECIAL);
    case 1:
      return BigInt.asUintN(64, r.pick(SPECIAL) + BigInt(r.below(5)) - 2n);
    case 2:
      return BigInt(r.below(256));
    default:
      return r.u64();
  }
}

function vector(r: Random, into: DataView, at: number): void {
  const how = r.below(4);
  for (let i = 0; i < 16; i += 8) {
    if (how === 0) into.setBigUint64(at + i, r.u64(), true);
    else if (how === 1) into.setBigUint64(at + i, r.pick(DOUBLES), true);
    else if (how === 2) {
      into.setUint32(at + i, r.pick(FLOATS), true);
      into.setUint32(at + i + 4, r.pick(FLOATS), true);
    } else into.setBigUint64(at + i, value(r), true);
  }
}

/** Opcode bytes and what they allow of an encoding text. */
interface Pattern {
  prefix: number | undefined;
  bytes: number[];
  plus: number;
  modrm: boolean;
  digit: number;
  rexW: boolean | undefined;
}

const patterns = new Map<Form, Pattern | undefined>();

function patternOf(form: Form): Pattern | undefined {
  if (patterns.has(form)) return patterns.get(form);
  const words = form.encoding.split(' ');
  const p: Pattern = { prefix: undefined, bytes: [], plus: 0, modrm: false, digit: -1, rexW: undefined };
  let usable = true;
  for (const word of words) {
    if (word === 'NP') continue;
    if (/^(VEX|EVEX)/.test(word)) usable = false;
    else if (word === '66' || word === 'F3' || word === 'F2') {
      if (p.bytes.length === 0) p.prefix = Number.parseInt(word, 16);
      else p.bytes.push(Number.parseInt(word, 16));
    } else if (/^[0-9A-F]{2}$/.test(word)) p.bytes.push(Number.parseInt(word, 16));
    else if (/^[0-9A-F]{2}\+(r|i)$/.test(word)) {
      p.bytes.push(Number.parseInt(word, 16));
      p.plus = 8;
    } else if (/^[0-9A-F]{2}\+cc$/.test(word)) {
      p.bytes.push(Number.parseInt(word, 16));
      p.plus = 16;
    } else if (word === '/r') p.modrm = true;
    else if (/^\/[0-7]$/.test(word)) {
      p.modrm = true;
      p.digit = Number(word[1]);
    } else if (word === 'REX.W' || word === 'W1') p.rexW = true;
    else if (word === 'W0') p.rexW = false;
  }
  const result = usable && p.bytes.length ? p : undefined;
  patterns.set(form, result);
  return result;
}

/** Random bytes of the form; undefined when this draw decodes as something else. */
function encode(r: Random, form: Form): { code: Uint8Array; insn: Insn } | undefined {
  const p = patternOf(form);
  if (!p) return undefined;
  const out: number[] = [];
  if (p.prefix === undefined && r.chance(4)) out.push(0x66);
  if (r.chance(40)) out.push(0x67);
  if (form.row.lockable && r.chance(6)) out.push(0xf0);
  if (form.row.repeatable && r.chance(2)) out.push(r.pick([0xf2, 0xf3]));
  if (p.prefix !== undefined) out.push(p.prefix);
  const rex = r.below(3) ? 0x40 | r.below(16) : 0;
  if (p.rexW !== undefined) out.push((rex & 0x47) | 0x40 | (p.rexW ? 8 : 0));
  else if (rex) out.push(rex);
  for (const [i, b] of p.bytes.entries()) out.push(i === p.bytes.length - 1 && p.plus ? b + r.below(p.plus) : b);
  if (p.modrm) {
    const reg = p.digit >= 0 ? p.digit : r.below(8);
    const mod = r.below(4);
    const rm = r.below(8);
    out.push((mod << 6) | (reg << 3) | rm);
    if (mod !== 3) {
      let base = rm;
      if (rm === 4) {
        const sib = r.below(256);
        out.push(sib);
        base = sib & 7;
      }
      if (mod === 1) out.push(r.below(256));
      // A RIP-relative operand reaches the data pages; others get a small displacement.
      else if (mod === 0 && rm === 5) push32(out, DATA - CODE + r.below(DATA_SIZE) - 2048);
      else if (mod === 2 || (mod === 0 && base === 5)) push32(out, r.below(4) ? r.below(4096) - 2048 : r.u32());
    }
  }
  for (let i = 0; i < 8; i++) out.push(r.chance(3) ? r.pick([0, 1, 0x7f, 0x80, 0xff]) : r.below(256));
  const bytes = Uint8Array.from(out.slice(0, 15));
  const insn = decode(bytes, 0, CODE);
  if (!('form' in insn) || insn.form !== form) return undefined;
  return { code: bytes.slice(0, insn.length), insn };
}

function push32(out: number[], v: number): void {
  out.push(v & 0xff, (v >>> 8) & 0xff, (v >>> 16) & 0xff, (v >>> 24) & 0xff);
}

/** Where a memory operand is put: mostly inside, sometimes across the pages or over an edge. */
function place(r: Random): number {
  switch (r.below(8)) {
    case 0:
      return DATA + 4096 - r.below(64);
    case 1:
      return DATA + DATA_SIZE - r.below(64);
    case 2:
      return DATA - r.below(64);
    case 3:
      return DATA + r.below(512) * 16;
    default:
      return DATA + 256 + r.below(7000);
  }
}

/** ARITHMETIC, DF now and then; never TF, which the harness needs itself, nor AC. */
const FLAG_BITS = [1n, 4n, 0x10n, 0x40n, 0x80n, 0x800n];

export function makeCase(r: Random, form: Form): Case | undefined {
  let made: ReturnType<typeof encode>;
  for (let i = 0; i < 40 && !made; i++) made = encode(r, form);
  if (!made) return undefined;
  const { code, insn } = made;
  const gpr: bigint[] = [];
  for (let i = 0; i < 16; i++) gpr.push(value(r));
  // The stack and the string registers lie in the data pages.
  gpr[4] = BigInt(DATA + 1024 + r.below(6000));
  if (form.row.repeatable) {
    gpr[6] = BigInt(place(r));
    gpr[7] = BigInt(place(r));
    gpr[1] = BigInt(r.below(r.chance(4) ? 600 : 12));
  }
  if (form.row.name === 'xlat') gpr[3] = BigInt(place(r));
  if (form.row.name === 'leave') gpr[5] = BigInt(place(r));
  const mem = insn.operands.find(o => o.is === 'mem');
  if (mem?.is === 'mem' && !mem.ripRelative && !r.chance(30)) {
    let target = BigInt(place(r)) - BigInt(mem.disp);
    // A bit offset in a register reaches far: keep it near.
    const offset = insn.operands[1];
    if (/^bt[src]?$/.test(form.row.name) && offset?.is === 'reg')
      gpr[offset.index] = BigInt.asUintN(64, BigInt(r.below(20000) - 10000));
    if (mem.index >= 0 && mem.index !== mem.base) {
      if (!r.chance(8)) gpr[mem.index] = BigInt(r.below(64));
      target -= gpr[mem.index] * BigInt(mem.scale);
    } else if (mem.index >= 0) target /= BigInt(mem.scale + 1);
    if (mem.base >= 0) gpr[mem.base] = BigInt.asUintN(64, target);
    else if (mem.index >= 0)
      gpr[mem.index] = BigInt.asUintN(64, (BigInt(place(r)) - BigInt(mem.disp)) / BigInt(mem.scale));
  }
  const xmm = new Uint8Array(256);
  const view = new DataView(xmm.buffer);
  for (let i = 0; i < 16; i++) vector(r, view, i * 16);
  let flags = 0x202n;
  for (const bit of FLAG_BITS) if (r.chance(2)) flags |= bit;
  if (r.chance(form.row.repeatable ? 3 : 20)) flags |= 0x400n;
  return {
    form,
    code,
    hex: Buffer.from(code).toString('hex'),
    offset: r.chance(20) ? 4096 - code.length - 1 : 64 + r.below(3000),
    gpr,
    flags,
    mxcsr: 0x1f80,
    xmm,
    x87: x87State(r, form),
    seed: r.u32(),
  };
}

/** What a program starts with; for x87 and MMX rows anything. */
function x87State(r: Random, form: Form): X87 {
  const state: X87 = { control: 0x37f, status: 0, tags: 0, st: new Uint8Array(128) };
  if (form.row.feature !== 'x87') return state;
  return state;
}

/** What the data pages hold at first; harness.c makes the same. */
export function dataOf(seed: number): Uint8Array {
  const words = new Uint32Array(DATA_SIZE / 4);
  let x = seed;
  for (let i = 0; i < words.length; i++) {
    x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
    words[i] = x ^ (x >>> 15);
  }
  return new Uint8Array(words.buffer);
}
