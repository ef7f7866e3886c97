/**
 * Turns the rows into the decoder's tables: an opcode's part when the decoder first meets it, so that starting costs
 * little. Of the forms that fit some bytes the most specific one counts.
 */
import { type Encoding, parseEncoding, placeOf } from './encoding.ts';
import { kind, type OperandCode, operandCode, width } from './operand-codes.ts';
import type { Form } from './row.ts';
import { rows } from './rows.ts';

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
  // Immediates and far pointers do not say it.
  const sized = made.find(o => o.kind !== kind.immediate && !(o.kind === kind.memory && o.width === 10));
  return sized ? sized.width : width.v;
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
