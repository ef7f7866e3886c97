/**
 * Turns the rows into the decoder's tables: an opcode's part when the decoder first meets it, so that starting costs
 * little. An encoding is written as in the SDM:
 *
 *   `NP`, `66`, `F3`, `F2` first   the mandatory prefix; without any, prefixes do not choose the form
 *   `0F 38 F0`                     the opcode with its map
 *   `+r`, `+i`                     the low three bits of the last byte are a register
 *   `+cc`                          the low four bits are a condition
 *   `/r`, `/0` … `/7`              a ModRM byte follows; the digit is its reg field
 *   `0F 01 D0`                     a further byte: the whole ModRM byte
 *   `mod=any`                      the mod field is not looked at
 *   `REX.W`, `W0`, `W1`            only with this W bit
 *   `ib iw iz iv cb cz`            what follows, for the reader: the operand codes say it again
 *
 *   `VEX.256.66.0F38.W0 36`, `EVEX…`  the fields of a VEX or EVEX prefix; a vector length, `LIG` or several lengths
 *                                  (`256.512`), none meaning all; the mandatory prefix; the map; `W0`, `W1` or `WIG`
 *
 * Operand codes are those of SDM volume 2, appendix A.2; the tables below list them. EVEX adds in braces what a
 * position allows: `{k}` a mask, `{kz}` with zeroing, `{m}` a mask that must be there, `{b32}` and `{b64}` broadcast,
 * `{er}` and `{sae}` rounding, `{n4}` `{n8}` the unit of an 8-bit displacement where it is not the operand's width,
 * `{4}` a group of four registers.
 */
import type { Form, RegisterClass, Width } from './row.ts';
import { rows } from './rows.ts';

/** What an operand code asks the decoder to make. */
export const kind = {
  /** ModRM.rm: register, or memory. */
  gprOrMemory: 0,
  mmOrMemory: 1,
  vectorOrMemory: 2,
  maskOrMemory: 3,
  memory: 4,
  /** The same four in their register form, in the same order. */
  rmGpr: 5,
  rmMm: 6,
  rmVector: 7,
  rmMask: 8,
  /** ModRM.reg. */
  gpr: 9,
  mm: 10,
  vector: 11,
  mask: 12,
  segment: 13,
  control: 14,
  debug: 15,
  /** VEX.vvvv. */
  vvvvGpr: 16,
  vvvvVector: 17,
  vvvvMask: 18,
  /** Low bits of the opcode or, for the x87, of ModRM. */
  opcodeGpr: 19,
  st: 20,
  /** Bytes after ModRM. */
  immediate: 21,
  relative: 22,
  offset: 23,
  /** Upper half of an immediate byte. */
  immediateVector: 24,
  /** Named by the opcode itself. */
  fixed: 25,
  fixedGpr: 26,
  one: 27,
  /** Nothing to make: a string register. */
  implied: 28,
} as const;

/** Widths that depend on prefixes; a positive number is the width itself. */
export const width = {
  /** Operand size; 4 or 8 by W; 2 or 4. */
  v: -1,
  y: -2,
  z: -3,
  /** Vector length, and its half, quarter and eighth. */
  x: -4,
  twoY: -5,
  /** Address size. */
  a: -6,
  h: -7,
  f: -8,
  e: -9,
} as const;

export interface OperandCode {
  readonly kind: number;
  /** Bytes, or one of `width`. */
  readonly width: number;
  /** For immediates: bytes that are encoded (or a `width`), and whether the sign is extended. */
  readonly encoded: number;
  readonly signed: boolean;
  /** For `fixed` operands. */
  readonly class: RegisterClass;
  readonly index: number;
  /** The memory operand's index is a vector register. */
  readonly vectorIndex: boolean;
}

/** All operand codes are made here: objects of one shape keep the decoder's loop fast. */
const code = (k: number, w: number, more: Partial<OperandCode> = {}): OperandCode => ({
  kind: k,
  width: w,
  encoded: more.encoded ?? 0,
  signed: more.signed ?? false,
  class: more.class ?? 'gpr',
  index: more.index ?? 0,
  vectorIndex: more.vectorIndex ?? false,
});
const fixed = (cls: RegisterClass, index: number, w: Width) => code(kind.fixed, w, { class: cls, index });
const immediate = (w: number, encoded: number, signed: boolean) => code(kind.immediate, w, { encoded, signed });

const named: Record<string, OperandCode> = {
  AL: fixed('gpr', 0, 1),
  CL: fixed('gpr', 1, 1),
  AX: fixed('gpr', 0, 2),
  DX: fixed('gpr', 2, 2),
  rAX: code(kind.fixedGpr, width.v),
  eAX: code(kind.fixedGpr, width.z),
  FS: fixed('seg', 4, 2),
  GS: fixed('seg', 5, 2),
  ST0: fixed('st', 0, 10),
  STi: code(kind.st, 10),
  XMM0: fixed('xmm', 0, 16),
  '1': code(kind.one, 1),
  Ib: immediate(1, 1, false),
  sIb: immediate(width.v, 1, true),
  Iw: immediate(2, 2, false),
  Iz: immediate(width.v, width.z, true),
  Iv: immediate(width.v, width.v, true),
  Jb: code(kind.relative, 8, { encoded: 1 }),
  Jz: code(kind.relative, 8, { encoded: 4 }),
  Ob: code(kind.offset, 1, { encoded: width.a }),
  Ov: code(kind.offset, width.v, { encoded: width.a }),
  /** No size of its own (LEA, FXSAVE): the operand size stands in. */
  M: code(kind.memory, width.v),
  M2y: code(kind.memory, width.twoY),
  /** Opmask registers: in ModRM.reg, VEX.vvvv, ModRM.rm. */
  KG: code(kind.mask, 8),
  KB: code(kind.vvvvMask, 8),
  KR: code(kind.rmMask, 8),
  KEb: code(kind.maskOrMemory, 1),
  KEw: code(kind.maskOrMemory, 2),
  KEd: code(kind.maskOrMemory, 4),
  KEq: code(kind.maskOrMemory, 8),
  /** Gathers and scatters: elements of 4 or 8 bytes, the index a whole (`x`) or half (`h`) vector. */
  Mvx4: code(kind.memory, 4, { vectorIndex: true }),
  Mvx8: code(kind.memory, 8, { vectorIndex: true }),
  Mvh4: code(kind.memory, 4, { vectorIndex: true }),
  Mvh8: code(kind.memory, 8, { vectorIndex: true }),
  Lx: code(kind.immediateVector, width.x, { encoded: 1 }),
};

const letters: Record<string, number> = {
  E: kind.gprOrMemory,
  Q: kind.mmOrMemory,
  W: kind.vectorOrMemory,
  M: kind.memory,
  R: kind.rmGpr,
  N: kind.rmMm,
  U: kind.rmVector,
  G: kind.gpr,
  P: kind.mm,
  V: kind.vector,
  H: kind.vvvvVector,
  B: kind.vvvvGpr,
  S: kind.segment,
  C: kind.control,
  D: kind.debug,
  Z: kind.opcodeGpr,
  X: kind.implied,
  Y: kind.implied,
};

const sizes: Record<string, number> = {
  b: 1,
  w: 2,
  d: 4,
  q: 8,
  t: 10,
  dq: 16,
  qq: 32,
  ss: 4,
  sd: 8,
  x: width.x,
  ps: width.x,
  pd: width.x,
  h: width.h,
  f: width.f,
  e: width.e,
  v: width.v,
  y: width.y,
  z: width.z,
  a: width.a,
  /** Far pointer: offset and selector. */
  p: 10,
};

/** Operands that an opcode names, which the decoder makes once. */
export const fixedCodes: readonly OperandCode[] = Object.values(named).filter(o => o.kind === kind.fixed);

/** What an operand code means; what it says in braces is not looked at. */
export function operandCode(decorated: string): OperandCode {
  const known = operandCodesByText.get(decorated);
  if (known) return known;
  const brace = decorated.indexOf('{');
  const text = brace < 0 ? decorated : decorated.slice(0, brace);
  const result = named[text] ?? code(letters[text[0]], sizes[text.slice(1)]);
  if (result.kind === undefined || result.width === undefined) throw new Error(`unknown operand code ${decorated}`);
  operandCodesByText.set(decorated, result);
  return result;
}
const operandCodesByText = new Map<string, OperandCode>();

/** A form as the decoder runs it. */
export interface CompiledForm {
  readonly form: Form;
  readonly operands: readonly OperandCode[];
  readonly hasModrm: boolean;
  /** ModRM.mod counts as 3 whatever it is. */
  readonly anyMod: boolean;
  /** The opcode's low four bits are a condition. */
  readonly conditional: boolean;
  /** Immediate bytes: a constant part, and how many times the operand-size dependent ones occur. */
  readonly immediateBytes: number;
  readonly immediateZ: boolean;
  readonly immediateV: boolean;
  readonly immediateA: boolean;
  /** `Insn.size`: bytes, or one of `width`. */
  readonly size: number;
  readonly operandSize: 'normal' | 'd64' | 'f64';
  readonly lockable: boolean;
  readonly repeatable: boolean;
  readonly vectorIndex: boolean;
  /** VEX.vvvv names an operand; otherwise it must be all ones. */
  readonly usesVvvv: boolean;
  /** EVEX: mask not allowed, allowed, allowed with zeroing, demanded. */
  readonly masking: 'none' | 'merge' | 'zero' | 'demanded';
  /** EVEX: bytes of a broadcast element, 0 if none is allowed. */
  readonly broadcast: number;
  /** EVEX: what the b bit means between registers. */
  readonly rounding: 'none' | 'er' | 'sae';
  /** EVEX: the unit of 8-bit displacements, 0 for the memory operand's width. */
  readonly dispUnit: number;
}

/** What an encoding says, apart from its operands. */
export interface Encoding {
  /** 0 none, 1 VEX, 2 EVEX. */
  readonly vex: number;
  /** Bit set of vector lengths: bit 0 128, bit 1 256, bit 2 512. */
  readonly lengths: number;
  /** 0 one byte, 1 `0F`, 2 `0F 38`, 3 `0F 3A`. */
  readonly map: number;
  readonly opcode: number;
  /** Opcodes covered from `opcode` on: 1, 8 (`+r`) or 16 (`+cc`). */
  readonly span: number;
  readonly conditional: boolean;
  /** Bit set of mandatory prefixes (bit 0 none, 1 `66`, 2 `F3`, 3 `F2`) and whether the encoding names one. */
  readonly prefixes: number;
  readonly prefixNamed: boolean;
  /** Bit set of W values. */
  readonly w: number;
  readonly hasModrm: boolean;
  /** First and number of ModRM bytes, for the forms that fix it; else −1. */
  readonly modrm: number;
  readonly modrmSpan: number;
  /** ModRM.reg, or −1. */
  readonly digit: number;
  readonly anyMod: boolean;
}

const prefixBits: Record<string, number> = { NP: 1, '66': 2, F3: 4, F2: 8 };
const vexLengths: Record<string, number> = { '128': 1, L0: 1, '256': 2, L1: 2, '512': 4 };
const vexMaps: Record<string, number> = { '0F': 1, '0F38': 2, '0F3A': 3 };

/** The fields of `VEX.128.66.0F.WIG`. */
function parseVex(token: string): { vex: number; lengths: number; prefixes: number; map: number; w: number } {
  const [kindOfPrefix, ...fields] = token.split('.');
  let lengths = 0;
  let prefixes = prefixBits.NP;
  let map = 0;
  let w = 3;
  for (const field of fields) {
    if (field in vexLengths) lengths |= vexLengths[field];
    else if (field in prefixBits) prefixes = prefixBits[field];
    else if (field in vexMaps) map = vexMaps[field];
    else if (field === 'W0' || field === 'W1') w = field === 'W0' ? 1 : 2;
    else if (field !== 'LIG' && field !== 'WIG') throw new Error(`unknown field ${field} in encoding ${token}`);
  }
  return { vex: kindOfPrefix === 'VEX' ? 1 : 2, lengths: lengths || 7, prefixes, map, w };
}

const immediateTokens = new Set(['ib', 'iw', 'iz', 'iv', 'cb', 'cz']);
const spans: Record<string, number> = { '': 1, '+r': 8, '+i': 8, '+cc': 16 };

export function parseEncoding(text: string): Encoding {
  const tokens = text.split(' ');
  let vex = 0;
  let lengths = 7;
  let map = 0;
  let opcode = -1;
  let span = 1;
  let conditional = false;
  let prefixes = 15;
  let w = 3;
  let modrm = -1;
  let modrmSpan = 1;
  let digit = -1;
  let hasModrm = false;
  let anyMod = false;
  tokens.forEach((token, i) => {
    if (token === '/r') hasModrm = true;
    else if (immediateTokens.has(token)) return;
    else if (i === 0 && token.includes('VEX')) ({ vex, lengths, prefixes, map, w } = parseVex(token));
    else if (i === 0 && tokens.length > 1 && token in prefixBits) prefixes = prefixBits[token];
    else if (token === 'REX.W') w = 2;
    else if (token === '0F' && map === 0 && opcode < 0) map = 1;
    else if ((token === '38' || token === '3A') && vex === 0 && map === 1 && opcode < 0) map = token === '38' ? 2 : 3;
    else if (token === 'mod=any') anyMod = true;
    else if (token.length === 2 && token[0] === '/' && token >= '/0' && token <= '/7') {
      hasModrm = true;
      digit = Number(token[1]);
    } else {
      const byte = Number.parseInt(token.slice(0, 2), 16);
      const suffix = token.slice(2);
      if (Number.isNaN(byte) || !(suffix in spans)) throw new Error(`unknown token ${token} in encoding ${text}`);
      if (opcode < 0) {
        opcode = byte;
        span = spans[suffix];
        conditional = suffix === '+cc';
      } else {
        modrm = byte;
        modrmSpan = spans[suffix];
        hasModrm = true;
      }
    }
  });
  return {
    vex,
    lengths,
    map,
    opcode,
    span,
    conditional,
    prefixes,
    prefixNamed: prefixes !== 15,
    w,
    hasModrm,
    modrm,
    modrmSpan,
    digit,
    anyMod,
  };
}

/** Which mods the r/m operand allows: bit 0 memory, bit 1 register. */
function mods(encoding: Encoding, operands: readonly OperandCode[]): number {
  if (encoding.anyMod || encoding.modrm >= 0) return 3;
  for (const o of operands) {
    if (o.kind === kind.memory) return 1;
    if (o.kind >= kind.rmGpr && o.kind <= kind.rmMask) return 2;
  }
  return 3;
}

/** The size of the operation: the general operand size if an operand depends on it, else the vector's, else the first's. */
function operationSize(operands: readonly OperandCode[]): number {
  const made = operands.filter(o => o.kind !== kind.relative && o.class !== 'seg');
  for (const w of [width.v, width.z, width.y]) if (made.some(o => o.width === w)) return w;
  if (made.some(o => o.width === width.twoY)) return width.y;
  const vectors: readonly number[] = [kind.vector, kind.rmVector, kind.vvvvVector];
  if (made.some(o => vectors.includes(o.kind) || o.vectorIndex)) return width.x;
  if (made.some(o => o.kind === kind.mm || o.kind === kind.rmMm)) return 8;
  if (made.some(o => o.kind === kind.vectorOrMemory)) return width.x;
  return made.length ? made[0].width : width.v;
}

interface Candidate {
  /** Number of the form, assigned when it is compiled. */
  readonly id: number;
  readonly encoding: Encoding;
  readonly mods: number;
  readonly specificity: number;
}

const accepts = (c: Candidate, modrm: number): boolean => {
  if (!c.encoding.hasModrm) return true;
  if ((c.mods & (modrm >= 0xc0 ? 2 : 1)) === 0) return false;
  if (c.encoding.modrm >= 0) return modrm >= c.encoding.modrm && modrm < c.encoding.modrm + c.encoding.modrmSpan;
  return c.encoding.digit < 0 || ((modrm >> 3) & 7) === c.encoding.digit;
};

/** Forms by number, as far as they are compiled; number 0 is no form. */
export const compiledForms: CompiledForm[] = [undefined!];
/** What a slot holds until its opcode is met: call `compileOpcode` and look again. */
export const UNCOMPILED = -0x8000;
/**
 * Indexed by `slot(map, opcode, prefix, w)`: a form's number; 0 where there is none; or −n where ModRM decides, through
 * `modrmTables[n]`.
 */
export const slots = new Int16Array(4 * 256 * 8);
/** The same for VEX and EVEX, indexed by `vexSlot(vex, map, opcode, prefix, w, length)`. */
export const vexSlots = new Int16Array(2 * 4 * 256 * 32);
export const modrmTables: Uint16Array[] = [new Uint16Array(256)];
/** Pairs of forms that equally claim the same bytes; empty unless a row is wrong. A test looks at it. */
export const conflicts: string[] = [];

export const slot = (map: number, opcode: number, prefix: number, w: number): number =>
  (map << 11) | (opcode << 3) | (w << 2) | prefix;

export const vexSlot = (vex: number, map: number, opcode: number, prefix: number, w: number, length: number): number =>
  ((vex - 1) << 15) | (map << 13) | (opcode << 5) | (length << 3) | (w << 2) | prefix;

function compileForm(form: Form, encoding: Encoding): CompiledForm {
  const operands = form.operands === '' ? [] : form.operands.split(',').map(operandCode);
  const encoded = operands.map(o => o.encoded);
  const has = (decoration: string) => form.operands.includes(decoration);
  return {
    form,
    operands: operands.filter(o => o.kind !== kind.implied),
    hasModrm: encoding.hasModrm,
    anyMod: encoding.anyMod,
    conditional: encoding.conditional,
    immediateBytes: encoded.filter(n => n > 0).reduce((a, b) => a + b, 0),
    immediateZ: encoded.includes(width.z),
    immediateV: encoded.includes(width.v),
    immediateA: encoded.includes(width.a),
    // A far pointer is as wide as the operand size says, plus a selector.
    size: form.operands.includes('Mp') ? width.v : operationSize(operands),
    operandSize: form.row.operandSize,
    lockable: form.row.lockable,
    repeatable: form.row.repeatable,
    vectorIndex: operands.some(o => o.vectorIndex),
    usesVvvv: operands.some(o => o.kind >= kind.vvvvGpr && o.kind <= kind.vvvvMask),
    masking: has('{m}') ? 'demanded' : has('{kz}') ? 'zero' : has('{k}') ? 'merge' : 'none',
    broadcast: has('{b32}') ? 4 : has('{b64}') ? 8 : 0,
    rounding: has('{er}') ? 'er' : has('{sae}') ? 'sae' : 'none',
    dispUnit: Number(/\{n(\d)\}/.exec(form.operands)?.[1] ?? 0),
  };
}

function best(candidates: readonly Candidate[], modrm: number): number {
  let found: Candidate | undefined;
  for (const c of candidates) {
    if (!accepts(c, modrm)) continue;
    if (found && found.specificity === c.specificity) {
      const text = `${describe(found.id)} / ${describe(c.id)}`;
      if (!conflicts.includes(text)) conflicts.push(text);
    }
    if (!found || c.specificity > found.specificity) found = c;
  }
  return found?.id ?? 0;
}

const describe = (id: number): string => {
  const { row, encoding, operands } = compiledForms[id].form;
  return `${row.name} ${encoding} ${operands}`;
};

/** The forms of each opcode; the key is as in `compileOpcode`. */
const formsOf = new Map<number, Form[]>();
/** Numbers of forms that share several opcodes. */
const idOf = new Map<Form, number>();

/**
 * Where a form belongs, without reading the rest of its encoding: `key` as in `compileOpcode`, and how many opcodes
 * from there on.
 */
export function placeOf(text: string): { key: number; span: number } {
  let vex = 0;
  let map = 0;
  let at = 0;
  if (text[0] === 'V' || text.startsWith('EV')) {
    vex = text[0] === 'V' ? 1 : 2;
    at = text.indexOf(' ') + 1;
    const fields = text.slice(0, at);
    map = fields.includes('.0F38') ? 2 : fields.includes('.0F3A') ? 3 : 1;
  } else {
    if (text[2] === ' ' && text.slice(0, 2) in prefixBits) at = 3;
    if (text.startsWith('REX.W ', at)) at += 6;
    if (text.startsWith('0F ', at)) {
      map = text.startsWith('38 ', at + 3) ? 2 : text.startsWith('3A ', at + 3) ? 3 : 1;
      at += map === 1 ? 3 : 6;
    }
  }
  const opcode = Number.parseInt(text.slice(at, at + 2), 16);
  const span = text[at + 2] !== '+' ? 1 : text[at + 3] === 'c' ? 16 : 8;
  return { key: (vex << 10) | (map << 8) | opcode, span };
}

function collectForms(): void {
  for (const row of rows) {
    for (const form of row.forms) {
      const { key, span } = placeOf(form.encoding);
      for (let k = key; k < key + span; k++) {
        const list = formsOf.get(k);
        if (list) list.push(form);
        else {
          formsOf.set(k, [form]);
          const vex = k >> 10;
          const first = firstSlot(vex, (k >> 8) & 3, k & 255);
          (vex === 0 ? slots : vexSlots).fill(UNCOMPILED, first, first + (vex === 0 ? 8 : 32));
        }
      }
    }
  }
}

const firstSlot = (vex: number, map: number, opcode: number): number =>
  vex === 0 ? slot(map, opcode, 0, 0) : vexSlot(vex, map, opcode, 0, 0, 0);

function candidate(form: Form): Candidate {
  const encoding = parseEncoding(form.encoding);
  let id = idOf.get(form);
  if (id === undefined) {
    id = compiledForms.push(compileForm(form, encoding)) - 1;
    idOf.set(form, id);
  }
  const allowed = mods(encoding, compiledForms[id].operands);
  const specificity =
    (encoding.modrm >= 0 ? 32 : 0) +
    (encoding.digit >= 0 ? 16 : 0) +
    (encoding.prefixNamed ? 8 : 0) +
    (encoding.w !== 3 ? 4 : 0) +
    (encoding.span === 1 ? 2 : 0) +
    (allowed !== 3 ? 1 : 0);
  return { id, encoding, mods: allowed, specificity };
}

/** Fills the slots of one opcode. */
export function compileOpcode(vex: number, map: number, opcode: number): void {
  const list = (formsOf.get((vex << 10) | (map << 8) | opcode) ?? []).map(candidate);
  const done = new Map<string, number>();
  for (let length = 0; length < (vex ? 4 : 1); length++) {
    for (let w = 0; w < 2; w++) {
      for (let prefix = 0; prefix < 4; prefix++) {
        const fitting = list.filter(
          ({ encoding: e }) => e.prefixes & (1 << prefix) && e.w & (1 << w) && e.lengths & (1 << length),
        );
        const name = fitting.map(c => c.id).join();
        const value = done.get(name) ?? compileSlot(fitting);
        done.set(name, value);
        if (vex) vexSlots[vexSlot(vex, map, opcode, prefix, w, length)] = value;
        else slots[slot(map, opcode, prefix, w)] = value;
      }
    }
  }
}

function compileSlot(candidates: readonly Candidate[]): number {
  if (candidates.length === 0) return 0;
  if (candidates.length === 1 && (!candidates[0].encoding.hasModrm || takesAnyModrm(candidates[0]))) {
    return candidates[0].id;
  }
  const table = new Uint16Array(256);
  if (candidates.some(c => c.encoding.modrm >= 0)) {
    for (let modrm = 0; modrm < 256; modrm++) table[modrm] = best(candidates, modrm);
  } else {
    // Only reg and whether mod is 3 can matter.
    for (let reg = 0; reg < 0x40; reg += 8) {
      const memory = best(candidates, reg);
      const register = best(candidates, reg | 0xc0);
      for (let rm = 0; rm < 8; rm++) {
        table[reg | rm] = table[0x40 | reg | rm] = table[0x80 | reg | rm] = memory;
        table[0xc0 | reg | rm] = register;
      }
    }
  }
  if (table.every(id => id === table[0])) return table[0];
  return -(modrmTables.push(table) - 1);
}

const takesAnyModrm = (c: Candidate): boolean => c.mods === 3 && c.encoding.digit < 0 && c.encoding.modrm < 0;

/** Fills all slots, which finds all conflicts; for tests. */
export function compileAll(): void {
  for (const key of formsOf.keys()) compileOpcode(key >> 10, (key >> 8) & 3, key & 255);
}

collectForms();
