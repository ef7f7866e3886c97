/** Which forms of which rows the fuzzer draws, and random encodings of a form. */
import { decode } from '../../../emulator/isa/x64/decode.ts';
import type { Form, Insn } from '../../../emulator/isa/x64/row.ts';
import { rows } from '../../../emulator/isa/x64/rows.ts';
import { DATA, DATA_SIZE } from './batch.ts';
import type { Random } from './random.ts';

/** Rows that running them on two machines cannot compare, and why. */
const ELSEWHERE: readonly (readonly [rows: RegExp, why: string])[] = [
  [/^(syscall|sysenter|int)$/, "the kernel's entries"],
  [/^(int1|int3)$/, 'what the harness itself stops by'],
  [/^(jmpf|callf|retf|iret)$/, 'may reach the 32-bit code segment, which is not there: test/cpu'],
  [/^(cpuid|xgetbv)$/, "the processor's identity"],
  [/^(rdtsc|rdtscp|rdpid|rdpmc)$/, 'time and place'],
  [/^(rdrand|rdseed)$/, 'randomness'],
  [/^(xsave\w*|xrstor\w*)$/, 'state images: the states depend on the processor'],
  [/^fxsave$/, "MXCSR_MASK is the processor's own"],
  [/^cldemote$/, 'a hint that other CPUs do not have'],
  [/^(endbr\w*|rdssp\w*|serialize)$/, 'depends on what else the processor has'],
];

/** Why a form is never drawn; undefined when it is. */
export function whyNotDrawn(form: Form): string | undefined {
  const { row } = form;
  if (!row.lift) return /VEX/.test(form.encoding) ? 'no meaning yet (AVX and later)' : 'no meaning yet';
  if (/user programs may not/i.test(row.sentence)) return 'privileged';
  if (/^(VEX|EVEX)/.test(form.encoding)) return 'AVX and later';
  return ELSEWHERE.find(([names]) => names.test(row.name))?.[1];
}

/** Forms with a meaning that both sides can be asked about. */
export const fuzzedForms = (which: RegExp): Form[] =>
  rows
    .filter(row => which.test(row.name))
    .flatMap(row => row.forms)
    .filter(form => !whyNotDrawn(form));

/** A form's text, for tables. */
export const formText = (form: Form): string => `${form.row.name} ${form.encoding} (${form.operands})`;

/** Opcode bytes and what an encoding leaves open. */
interface Pattern {
  prefix: number | undefined;
  bytes: number[];
  /** How many values the last byte has. */
  plus: number;
  modrm: boolean;
  digit: number;
  rexW: boolean | undefined;
}

const patterns = new Map<Form, Pattern>();

function patternOf(form: Form): Pattern {
  const known = patterns.get(form);
  if (known) return known;
  const p: Pattern = { prefix: undefined, bytes: [], plus: 0, modrm: false, digit: -1, rexW: undefined };
  for (const word of form.encoding.split(' ')) {
    if (word === '66' || word === 'F3' || word === 'F2') {
      if (p.bytes.length === 0) p.prefix = Number.parseInt(word, 16);
      else p.bytes.push(Number.parseInt(word, 16));
    } else if (/^[0-9A-F]{2}$/.test(word)) p.bytes.push(Number.parseInt(word, 16));
    else if (/^[0-9A-F]{2}\+(r|i|cc)$/.test(word)) {
      p.bytes.push(Number.parseInt(word, 16));
      p.plus = word.endsWith('cc') ? 16 : 8;
    } else if (word === '/r') p.modrm = true;
    else if (/^\/[0-7]$/.test(word)) {
      p.modrm = true;
      p.digit = Number(word[1]);
    } else if (word === 'REX.W' || word === 'W1') p.rexW = true;
    else if (word === 'W0') p.rexW = false;
  }
  patterns.set(form, p);
  return p;
}

/** What a sequence wants of its instructions' memory operands. */
export interface Wish {
  /** Registers that hold addresses of the data pages. */
  bases: readonly number[];
}

const SEGMENTS = [0x64, 0x65, 0x2e, 0x36, 0x3e, 0x26];

/** A random encoding of the form at this address; undefined when no draw decodes as the form. */
export function encode(
  r: Random,
  form: Form,
  address: number,
  segments: boolean,
  wish?: Wish,
): { code: Uint8Array; insn: Insn } | undefined {
  for (let i = 0; i < 60; i++) {
    const bytes = draw(r, form, address, segments, wish);
    const insn = decode(bytes, 0, address);
    if ('form' in insn && insn.form === form) return { code: bytes.slice(0, insn.length), insn };
  }
  return undefined;
}

function draw(r: Random, form: Form, address: number, segments: boolean, wish: Wish | undefined): Uint8Array {
  const p = patternOf(form);
  const out: number[] = [];
  if (p.prefix === undefined && r.chance(4)) out.push(0x66);
  if (r.chance(wish ? 200 : 40)) out.push(0x67);
  if (form.row.lockable && r.chance(6)) out.push(0xf0);
  if (form.row.repeatable && r.chance(2)) out.push(r.pick([0xf2, 0xf3]));
  if (r.chance(24)) out.push(segments && !wish ? r.pick(SEGMENTS) : r.pick(SEGMENTS.slice(2)));
  if (p.prefix !== undefined) out.push(p.prefix);
  let rex = r.below(3) ? 0x40 | r.below(16) : 0;
  const mod = r.chance(3) ? 3 : r.below(3);
  let rm = r.below(8);
  if (wish && p.modrm && mod !== 3) {
    const base = r.pick(wish.bases);
    rex = (rex & ~3) | 0x40 | (base >> 3);
    rm = base & 7;
  }
  if (p.rexW !== undefined) out.push((rex & 0x47) | 0x40 | (p.rexW ? 8 : 0));
  else if (rex) out.push(rex);
  for (const [i, b] of p.bytes.entries()) out.push(i === p.bytes.length - 1 && p.plus ? b + r.below(p.plus) : b);
  if (p.modrm) {
    const reg = p.digit >= 0 ? p.digit : r.below(8);
    out.push((mod << 6) | (reg << 3) | rm);
    if (mod !== 3) {
      let base = rm;
      if (rm === 4) {
        const sib = wish ? 0x24 : r.below(256);
        out.push(sib);
        base = sib & 7;
      }
      const far = !wish && r.chance(4);
      if (mod === 1) out.push(r.below(256));
      // A RIP-relative operand reaches the data pages; others get a small displacement.
      else if (mod === 0 && rm === 5) push32(out, DATA - address + r.below(DATA_SIZE - 64));
      else if (mod === 2 || (mod === 0 && base === 5)) push32(out, far ? r.u32() : r.below(4096) - 2048);
    }
  }
  for (let i = 0; i < 8; i++) out.push(r.chance(3) ? r.pick([0, 1, 0x7f, 0x80, 0xff]) : r.below(256));
  // The decoder wants room to look ahead, and no more than 15 bytes are an instruction.
  const bytes = new Uint8Array(32);
  bytes.set(out.slice(0, 15));
  return bytes;
}

function push32(out: number[], v: number): void {
  out.push(v & 0xff, (v >>> 8) & 0xff, (v >>> 16) & 0xff, (v >>> 24) & 0xff);
}

/** Instructions from `code`, as far as it decodes. */
export function insnsOf(code: Uint8Array, address: number): Insn[] {
  const padded = new Uint8Array(code.length + 32).fill(0xcc);
  padded.set(code);
  const insns: Insn[] = [];
  for (let at = 0; at < code.length; ) {
    const insn = decode(padded, at, address + at);
    if (!('form' in insn)) break;
    insns.push(insn);
    at += insn.length;
  }
  return insns;
}
