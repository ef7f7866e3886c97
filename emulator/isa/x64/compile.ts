/**
 * Turns the rows into the decoder's tables, once, when the module loads. An encoding is written as in the SDM:
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
 * Operand codes are those of SDM volume 2, appendix A.2; the tables below list them.
 */
import type { Form, RegisterClass, Width } from './row.ts';
import { rows } from './rows.ts';

/** What an operand code asks the decoder to make. */
export const kind = {
  /** ModRM.rm: register, or memory. */
  gprOrMemory: 0,
  mmOrMemory: 1,
  vectorOrMemory: 2,
  memory: 3,
  rmGpr: 4,
  rmMm: 5,
  rmVector: 6,
  /** ModRM.reg. */
  gpr: 7,
  mm: 8,
  vector: 9,
  segment: 10,
  control: 11,
  debug: 12,
  /** Low bits of the opcode or, for the x87, of ModRM. */
  opcodeGpr: 13,
  st: 14,
  /** Bytes after ModRM. */
  immediate: 15,
  relative: 16,
  offset: 17,
  /** Named by the opcode itself. */
  fixed: 18,
  fixedGpr: 19,
  one: 20,
  /** Nothing to make: a string register. */
  implied: 21,
} as const;

/** Widths that depend on prefixes; a positive number is the width itself. */
export const width = { v: -1, y: -2, z: -3, x: -4, twoY: -5, a: -6 } as const;

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
}

const none = { encoded: 0, signed: false, class: 'gpr', index: 0 } as const;
const fixed = (cls: RegisterClass, index: number, w: Width): OperandCode => ({
  ...none,
  kind: kind.fixed,
  width: w,
  class: cls,
  index,
});
const immediate = (w: number, encoded: number, signed: boolean): OperandCode => ({
  ...none,
  kind: kind.immediate,
  width: w,
  encoded,
  signed,
});

const named: Record<string, OperandCode> = {
  AL: fixed('gpr', 0, 1),
  CL: fixed('gpr', 1, 1),
  AX: fixed('gpr', 0, 2),
  DX: fixed('gpr', 2, 2),
  rAX: { ...none, kind: kind.fixedGpr, width: width.v },
  eAX: { ...none, kind: kind.fixedGpr, width: width.z },
  FS: fixed('seg', 4, 2),
  GS: fixed('seg', 5, 2),
  ST0: fixed('st', 0, 10),
  STi: { ...none, kind: kind.st, width: 10 },
  XMM0: fixed('xmm', 0, 16),
  '1': { ...none, kind: kind.one, width: 1 },
  Ib: immediate(1, 1, false),
  sIb: immediate(width.v, 1, true),
  Iw: immediate(2, 2, false),
  Iz: immediate(width.v, width.z, true),
  Iv: immediate(width.v, width.v, true),
  Jb: { ...none, kind: kind.relative, width: 8, encoded: 1 },
  Jz: { ...none, kind: kind.relative, width: 8, encoded: 4 },
  Ob: { ...none, kind: kind.offset, width: 1, encoded: width.a },
  Ov: { ...none, kind: kind.offset, width: width.v, encoded: width.a },
  /** No size of its own (LEA, FXSAVE): the operand size stands in. */
  M: { ...none, kind: kind.memory, width: width.v },
  M2y: { ...none, kind: kind.memory, width: width.twoY },
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
  v: width.v,
  y: width.y,
  z: width.z,
  a: width.a,
  /** Far pointer: offset and selector. */
  p: 10,
};

export function operandCode(text: string): OperandCode {
  const known = named[text];
  if (known) return known;
  const k = letters[text[0]];
  const w = sizes[text.slice(1)];
  if (k === undefined || w === undefined) throw new Error(`unknown operand code ${text}`);
  return { ...none, kind: k, width: w };
}

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
}

/** What an encoding says, apart from its operands. */
export interface Encoding {
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

export function parseEncoding(text: string): Encoding {
  const tokens = text.split(' ');
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
    if (i === 0 && tokens.length > 1 && token in prefixBits) prefixes = prefixBits[token];
    else if (token === 'REX.W' || token === 'W1') w = 2;
    else if (token === 'W0') w = 1;
    else if (token === '0F' && map === 0 && opcode < 0) map = 1;
    else if ((token === '38' || token === '3A') && map === 1 && opcode < 0) map = token === '38' ? 2 : 3;
    else if (token === 'mod=any') anyMod = true;
    else if (token === '/r') hasModrm = true;
    else if (/^\/[0-7]$/.test(token)) {
      hasModrm = true;
      digit = Number(token[1]);
    } else if (/^[0-9A-F]{2}(\+(r|i|cc))?$/.test(token)) {
      const byte = Number.parseInt(token, 16);
      const suffix = token.slice(3);
      const count = suffix === '' ? 1 : suffix === 'cc' ? 16 : 8;
      if (opcode < 0) {
        opcode = byte;
        span = count;
        conditional = suffix === 'cc';
      } else {
        modrm = byte;
        modrmSpan = count;
        hasModrm = true;
      }
    } else if (!/^(ib|iw|iz|iv|cb|cz)$/.test(token)) throw new Error(`unknown token ${token} in encoding ${text}`);
  });
  return {
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
    if (o.kind === kind.rmGpr || o.kind === kind.rmMm || o.kind === kind.rmVector) return 2;
  }
  return 3;
}

/** The size of the operation: the general operand size if an operand depends on it, else the vector's, else the first's. */
function operationSize(operands: readonly OperandCode[]): number {
  const made = operands.filter(o => o.kind !== kind.relative);
  for (const w of [width.v, width.z, width.y]) if (made.some(o => o.width === w)) return w;
  if (made.some(o => o.width === width.twoY)) return width.y;
  if (made.some(o => o.kind === kind.vector || o.kind === kind.rmVector)) return width.x;
  if (made.some(o => o.kind === kind.mm || o.kind === kind.rmMm)) return 8;
  return made.length ? made[0].width : width.v;
}

interface Candidate {
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

/** Forms by number; number 0 is no form. */
export const compiledForms: CompiledForm[] = [];
/**
 * Indexed by `slot(map, opcode, prefix, w)`: a form's number; 0 where there is none; or −n where ModRM decides, through
 * `modrmTables[n]`.
 */
export const slots = new Int32Array(4 * 256 * 8);
export const modrmTables: Uint16Array[] = [new Uint16Array(256)];
/** Pairs of forms that equally claim the same bytes; empty unless a row is wrong. A test looks at it. */
export const conflicts: string[] = [];

export const slot = (map: number, opcode: number, prefix: number, w: number): number =>
  (map << 11) | (opcode << 3) | (w << 2) | prefix;

function compileForm(form: Form): { compiled: CompiledForm; encoding: Encoding } {
  const encoding = parseEncoding(form.encoding);
  const operands = form.operands === '' ? [] : form.operands.split(',').map(operandCode);
  const encoded = operands.map(o => o.encoded);
  return {
    encoding,
    compiled: {
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
    },
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

function compileAll(): void {
  const byOpcode = new Map<number, Candidate[]>();
  compiledForms.push(undefined!);
  for (const row of rows) {
    for (const form of row.forms) {
      const { compiled, encoding } = compileForm(form);
      const id = compiledForms.push(compiled) - 1;
      const allowed = mods(encoding, compiled.operands);
      const specificity =
        (encoding.modrm >= 0 ? 32 : 0) +
        (encoding.digit >= 0 ? 16 : 0) +
        (encoding.prefixNamed ? 8 : 0) +
        (encoding.w !== 3 ? 4 : 0) +
        (encoding.span === 1 ? 2 : 0) +
        (allowed !== 3 ? 1 : 0);
      for (let i = 0; i < encoding.span; i++) {
        const key = (encoding.map << 8) | (encoding.opcode + i);
        const list = byOpcode.get(key) ?? [];
        byOpcode.set(key, list);
        list.push({ id, encoding, mods: allowed, specificity });
      }
    }
  }
  for (const [key, list] of byOpcode) {
    const done = new Map<string, number>();
    for (let w = 0; w < 2; w++) {
      for (let prefix = 0; prefix < 4; prefix++) {
        const fitting = list.filter(c => c.encoding.prefixes & (1 << prefix) && c.encoding.w & (1 << w));
        const name = fitting.map(c => c.id).join();
        const value = done.get(name) ?? compileSlot(fitting);
        done.set(name, value);
        slots[slot(key >> 8, key & 255, prefix, w)] = value;
      }
    }
  }
}

function compileSlot(candidates: readonly Candidate[]): number {
  if (candidates.length === 0) return 0;
  const table = Uint16Array.from({ length: 256 }, (_, modrm) => best(candidates, modrm));
  if (table.every(id => id === table[0])) return table[0];
  return -(modrmTables.push(table) - 1);
}

compileAll();
