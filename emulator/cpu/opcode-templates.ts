/**
 * Templates of opcodes, for bundles to bring along: made by decoding examples of every opcode with all registers, and
 * looking which fields of the record follow which bits of the instruction.
 */
import { isPrefix, MAX_LENGTH } from '../isa/x64/decode.ts';
import { FIELD, SOURCE, TEMPLATE, VECTOR_CELL } from './layout.ts';
import type { Records } from './records.ts';
import { type Example, LENGTH, stepsOf, templateOf } from './templates.ts';

type ExampleOf = (bytes: Uint8Array) => Example | undefined;

const MAPS: readonly (readonly number[])[] = [[], [0x0f], [0x0f, 0x38], [0x0f, 0x3a]];
const LOCK = 0xf0;
const PREFIXES: readonly (readonly number[])[] = [[], [0x66], [0xf2], [0xf3], [LOCK]];
/** 0 for no REX prefix. */
const REX = [0, 0x40, 0x48];
/** Whether a byte of the first map leads to others: an escape, a prefix, or what begins VEX and EVEX prefixes. */
const leadsOn = (byte: number): boolean => isPrefix(byte) || [0x0f, 0x62, 0xc4, 0xc5].includes(byte);
const MEMORY = 0;
const REGISTER = 0xc0;

/** Makes and plants the templates of every opcode. */
export function learnOpcodes(records: Records): void {
  const example: ExampleOf = bytes => records.example(bytes);
  for (const rex of REX)
    for (const map of MAPS)
      for (let opcode = 0; opcode < 256; opcode++) {
        if (map.length === 0 && leadsOn(opcode)) continue;
        const bytes = [...map, opcode];
        let bare: readonly Int32Array[] | undefined;
        for (const prefix of PREFIXES) {
          const templates = templatesOf(prefix, rex, bytes, example);
          if (!templates) continue;
          if (prefix.length === 0) bare = templates;
          // Few write prefixes that change nothing; LOCK changes nothing here.
          else if (prefix[0] !== LOCK && bare && isSame(bare, templates)) continue;
          records.plant(
            [...stepsOf(prefix), ...(rex ? [{ byte: rex, isRex: true }] : []), ...stepsOf(bytes)],
            templates,
          );
        }
      }
}

const isSame = (some: readonly Int32Array[], others: readonly Int32Array[]): boolean =>
  some.length === others.length && some.every((a, i) => a.every((word, k) => word === others[i][k]));

/** What is filled into an example's bytes: register numbers, of which the eighth and up need REX, and ModRM's mode. */
interface Choice {
  reg: number;
  rm: number;
  mod: number;
}

function templatesOf(
  prefix: readonly number[],
  rex: number,
  opcode: readonly number[],
  example: ExampleOf,
): Int32Array[] | undefined {
  const withRex = (bits: number): number[] => (rex ? [rex | bits] : []);
  const headLength = prefix.length + (rex ? 1 : 0) + opcode.length;
  const bytesOf = ({ reg, rm, mod }: Choice): Uint8Array =>
    Uint8Array.from([
      ...prefix,
      ...withRex(((reg >> 3) << 2) | (rm >> 3)),
      ...opcode,
      mod | ((reg & 7) << 3) | (rm & 7),
      ...new Array(2 * MAX_LENGTH).fill(0),
    ]);
  const plainBytes = (register: number): Uint8Array =>
    Uint8Array.from([
      ...prefix,
      ...withRex(register >> 3),
      ...opcode.slice(0, -1),
      (opcode[opcode.length - 1] & 0xf8) | (register & 7),
      ...new Array(2 * MAX_LENGTH).fill(0),
    ]);
  const last = opcode[opcode.length - 1];
  const numbers = Array.from({ length: rex ? 16 : 8 }, (_, i) => i);

  // Without ModRM, the instruction's head ends with the opcode.
  const plain = example(plainBytes(last & 7));
  if (plain && plain.insn.head === headLength) {
    const template = templateOf(plainBytes(last & 7), plain.insn, plain.ends, plain.record);
    if (!template) return undefined;
    // Bits of REX that choose nothing change nothing; or the low bits and REX.B choose a register.
    const samples = numbers
      .filter(n => (n & 7) === (last & 7))
      .map(n => ({ choice: { reg: 0, rm: n, mod: REGISTER }, found: example(plainBytes(n)) }));
    const sources = sourcesOf(template, samples, SOURCE.rm);
    if (sources === undefined) return undefined;
    template[TEMPLATE.sources / 4] = sources;
    if (sources) template[0] |= TEMPLATE.opcodeRegister;
    return [template];
  }

  const variant = (mod: number, group: number | undefined): Int32Array | undefined => {
    const regs = group === undefined ? numbers : numbers.filter(n => (n & 7) === group);
    // A memory operand's own registers are no sources; RSP, RBP and their kin have other bytes behind them.
    const rms = mod === REGISTER ? numbers : [0];
    const first = { reg: regs[0], rm: rms[0], mod };
    const found = example(bytesOf(first));
    if (found?.insn.head !== headLength + 1) return undefined;
    // Some take any ModRM byte as one of registers.
    if ((mod === MEMORY) !== found.insn.operands.some(o => o.is === 'mem')) return undefined;
    const template = templateOf(bytesOf(first), found.insn, found.ends, found.record);
    if (!template) return undefined;
    const samples = regs.flatMap(reg =>
      rms.map(rm => ({ choice: { reg, rm, mod }, found: example(bytesOf({ reg, rm, mod })) })),
    );
    const sources = sourcesOf(template, samples, SOURCE.rm | SOURCE.reg);
    if (sources === undefined) return undefined;
    template[TEMPLATE.sources / 4] = sources;
    return template;
  };
  const none = new Int32Array(TEMPLATE.size / 4);
  const pair = [variant(MEMORY, undefined), variant(REGISTER, undefined)];
  // What is there for some values of ModRM's middle bits only is another instruction for each.
  const grouped = [0, 1, 2, 3, 4, 5, 6, 7].flatMap(group => [variant(MEMORY, group), variant(REGISTER, group)]);
  const isGroup = grouped.some((template, i) => template !== undefined && pair[i & 1] === undefined);
  const list = (isGroup ? grouped : pair).map(template => template ?? none.slice());
  if (!(isGroup ? grouped : pair).some(template => template !== undefined)) return undefined;
  list[0][0] |= TEMPLATE.modrm | (isGroup ? TEMPLATE.group : 0);
  return list;
}

interface Sample {
  choice: Choice;
  found: Example | undefined;
}

/** Where the register operands of a template's examples come from; undefined when that does not explain all of them. */
function sourcesOf(template: Int32Array, samples: readonly Sample[], among: number): number | undefined {
  const halves = (words: ArrayLike<number>, at: number): number => (words[at >> 2] >>> ((at & 2) * 8)) & 0xffff;
  let sources = 0;
  FIELD.operand.forEach((at, i) => {
    const constant = halves(template.subarray(TEMPLATE.record / 4), at);
    if (samples.every(({ found }) => found && halves(found.record, at) === constant)) return;
    const fits = [SOURCE.rm, SOURCE.reg]
      .filter(which => which & among)
      .flatMap(which => [which, which | SOURCE.vector, which | SOURCE.legacyByte])
      .find(source =>
        samples.every(({ choice, found }) => found && halves(found.record, at) === cellOf(source, choice)),
      );
    // One that does not fit leaves a difference below.
    sources |= (fits ?? 0) << (4 * i);
  });
  const isExplained = ({ choice, found }: Sample): boolean => {
    if (!found) return false;
    const expected = Int32Array.from(template.subarray(TEMPLATE.record / 4, TEMPLATE.record / 4 + 4));
    FIELD.operand.forEach((at, i) => {
      const source = (sources >> (4 * i)) & 15;
      if (!source) return;
      const shift = (at & 2) * 8;
      expected[at >> 2] = (expected[at >> 2] & ~(0xffff << shift)) | (cellOf(source, choice) << shift);
    });
    return expected.every((word, i) => word === (i === 0 ? found.record[0] & ~LENGTH : found.record[i]));
  };
  return samples.every(isExplained) ? sources : undefined;
}

/** An operand's place in the register file. */
function cellOf(source: number, { reg, rm }: Choice): number {
  const register = source & SOURCE.reg ? reg : rm;
  if (source & SOURCE.vector) return (VECTOR_CELL + register * 4) * 8;
  return source & SOURCE.legacyByte && register > 3 ? (register - 4) * 8 + 1 : register * 8;
}
