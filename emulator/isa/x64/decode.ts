/**
 * Bytes to instructions, by the tables that compile.ts makes of the rows. Legal prefixes, their order and their
 * priority are the CPU's in 64-bit mode: SDM volume 2, chapter 2.
 */
import {
  type CompiledForm,
  compiledForms,
  compileOpcode,
  modrmTables,
  slots,
  UNCOMPILED,
  vexSlots,
} from './compile.ts';
import { kind, width } from './operand-codes.ts';
import {
  controls,
  debugs,
  fixedOperand,
  gpr,
  highBytes,
  immediate,
  masks,
  mm,
  mm4,
  one,
  segments,
  st,
  vectors,
} from './operands.ts';
import type { DecodeError, EvexModifiers, Insn, Operand, Width } from './row.ts';

/** Of an instruction, in bytes. */
export const MAX_LENGTH = 15;
const truncated: DecodeError = Object.freeze({ is: 'truncated' });
const overlong: DecodeError = Object.freeze({ is: 'invalid', length: MAX_LENGTH, overlong: true });

/** What each byte is as a prefix. */
const prefixOf = new Uint8Array(256);
const REX = 1;
const OPERAND_SIZE = 2;
const ADDRESS_SIZE = 3;
const REPNE = 4;
const REP = 5;
const LOCK = 6;
const FS = 7;
const GS = 8;
const OTHER_SEGMENT = 9;
prefixOf.fill(REX, 0x40, 0x50);
prefixOf[0x66] = OPERAND_SIZE;
prefixOf[0x67] = ADDRESS_SIZE;
prefixOf[0xf2] = REPNE;
prefixOf[0xf3] = REP;
prefixOf[0xf0] = LOCK;
prefixOf[0x64] = FS;
prefixOf[0x65] = GS;
for (const byte of [0x26, 0x2e, 0x36, 0x3e]) prefixOf[byte] = OTHER_SEGMENT;

/** Whether a byte where an opcode could stand is a prefix: REX, or one that it may follow. */
export const isPrefix = (byte: number): boolean => prefixOf[byte] !== 0;

const scratch = new Uint8Array(2 * MAX_LENGTH + 1);
const invalid = (length: number): DecodeError => ({ is: 'invalid', length });

/**
 * The instruction at `bytes[offset]`, which lies at `address` in the guest.
 *
 * `truncated`: the bytes end before the instruction does. `invalid`: the CPU raises #UD (or, past 15 bytes, #GP);
 * `length` is how many bytes it had looked at.
 */
export function decode(bytes: Uint8Array, offset: number, address: number): Insn | DecodeError {
  const available = bytes.length - offset;
  // Reads below never check for the end: 15 prefix and opcode bytes and what a form adds may be read, no more.
  if (available >= 2 * MAX_LENGTH) return decodeWithin(bytes, offset, address, MAX_LENGTH);
  scratch.fill(0);
  scratch.set(bytes.subarray(offset, Math.min(bytes.length, offset + 2 * MAX_LENGTH)));
  return decodeWithin(scratch, 0, address, Math.min(available, MAX_LENGTH));
}

/** Decodes from a buffer with room to read ahead, of which only `limit` bytes count. */
function decodeWithin(b: Uint8Array, start: number, address: number, limit: number): Insn | DecodeError {
  const tooLong = limit < MAX_LENGTH ? truncated : overlong;
  let p = start;
  let rex = 0;
  let operandSizePrefix = false;
  let addressWidth: 4 | 8 = 8;
  let repeat = 0;
  let lock = false;
  let segment: 'fs' | 'gs' | undefined;

  let byte = b[p++];
  for (let prefix = prefixOf[byte]; prefix !== 0; prefix = prefixOf[byte]) {
    if (p - start >= limit) return tooLong;
    rex = 0;
    switch (prefix) {
      case REX:
        rex = byte;
        break;
      case OPERAND_SIZE:
        operandSizePrefix = true;
        break;
      case ADDRESS_SIZE:
        addressWidth = 4;
        break;
      case REPNE:
      case REP:
        repeat = prefix;
        break;
      case LOCK:
        lock = true;
        break;
      case FS:
        segment = 'fs';
        break;
      case GS:
        segment = 'gs';
        break;
    }
    byte = b[p++];
  }

  let map = 0;
  let mandatory = repeat === REP ? 2 : repeat === REPNE ? 3 : operandSizePrefix ? 1 : 0;
  let vectorLength = 16;
  let vvvv = 0;
  let evex: EvexModifiers | undefined;
  /** EVEX: R′, X as a register bit, V′ (each 0 or 16), and the b bit. */
  let regHigh = 0;
  let rmHigh = 0;
  let indexHigh = 0;
  let evexB = false;
  let vex = false;
  let id: number;
  let opcode: number;
  /** 1 if the byte at `p` was looked at already. */
  let chosenByModrm = 0;
  if (byte === 0xc5 || byte === 0xc4 || byte === 0x62) {
    if (rex !== 0 || mandatory !== 0 || lock) return p - start > limit ? tooLong : invalid(p - start);
    vex = true;
    const first = b[p++];
    let last = first;
    map = 1;
    // REX bits are inverted here, and so is vvvv.
    if (byte === 0xc5) rex = 0x40 | ((~first & 0x80) >> 5);
    else {
      last = b[p++];
      map = first & (byte === 0xc4 ? 0x1f : 7);
      rex = 0x40 | ((~first & 0xe0) >> 5) | ((last & 0x80) >> 4);
    }
    vvvv = (~last >> 3) & 15;
    mandatory = last & 3;
    let length = (last >> 2) & 1;
    if (byte === 0x62) {
      const third = b[p++];
      length = (third >> 5) & 3;
      evexB = (third & 0x10) !== 0;
      regHigh = first & 0x10 ? 0 : 16;
      rmHigh = (rex & 2) << 3;
      indexHigh = third & 8 ? 0 : 16;
      vvvv |= indexHigh;
      // Between registers, b turns the length into a rounding mode.
      const rounding = (['rn', 'rd', 'ru', 'rz'] as const)[length];
      const registerForm = b[p + 1] >= 0xc0;
      if (evexB && registerForm) length = 2;
      evex = {
        mask: third & 7,
        zeroing: (third & 0x80) !== 0,
        broadcast: 0,
        rounding: evexB && registerForm ? rounding : 'none',
      };
      if ((first & 8) !== 0 || (last & 4) === 0) map = 0;
    }
    if (map < 1 || map > 3 || length > 2) return p - start > limit ? tooLong : invalid(p - start);
    vectorLength = 16 << length;
    opcode = b[p++];
    const at =
      ((byte === 0x62 ? 1 : 0) << 15) | (map << 13) | (opcode << 5) | (length << 3) | ((rex & 8) >> 1) | mandatory;
    id = vexSlots[at];
    if (id < 0) {
      if (id === UNCOMPILED) {
        compileOpcode(byte === 0x62 ? 2 : 1, map, opcode);
        id = vexSlots[at];
      }
      if (id < 0) {
        id = modrmTables[-id][b[p]];
        chosenByModrm = 1;
      }
    }
  } else {
    if (byte === 0x0f) {
      map = 1;
      byte = b[p++];
      if (byte === 0x38 || byte === 0x3a) {
        map = byte === 0x38 ? 2 : 3;
        byte = b[p++];
      }
    }
    opcode = byte;
    // 90 is NOP, but with REX.B it is like 91 to 97, an exchange with RAX; F3 makes it PAUSE either way.
    const looked = opcode === 0x90 && map === 0 && (rex & 1) !== 0 && mandatory !== 2 ? 0x91 : opcode;
    const at = (map << 11) | (looked << 3) | ((rex & 8) >> 1) | mandatory;
    id = slots[at];
    if (id < 0) {
      if (id === UNCOMPILED) {
        compileOpcode(0, map, looked);
        id = slots[at];
      }
      if (id < 0) {
        id = modrmTables[-id][b[p]];
        chosenByModrm = 1;
      }
    }
  }
  const w = (rex >> 3) & 1;
  const rexB = (rex & 1) << 3;
  if (id === 0) return p - start + chosenByModrm > limit ? tooLong : invalid(p - start);
  const compiled: CompiledForm = compiledForms[id];

  const operandSize = compiled.operandSize;
  const opsize =
    operandSize === 'normal'
      ? w
        ? 8
        : operandSizePrefix
          ? 2
          : 4
      : operandSize === 'd64' && operandSizePrefix && !w
        ? 2
        : 8;

  let modrm = 0;
  let base = -1;
  let index = -1;
  let scale: 1 | 2 | 4 | 8 = 1;
  let disp = 0;
  let dispBytes: 0 | 1 | 4 = 0;
  let ripRelative = false;
  if (compiled.hasModrm) {
    modrm = b[p++];
    if (compiled.anyMod) modrm |= 0xc0;
    const mod = modrm >> 6;
    if (mod !== 3) {
      const rm = modrm & 7;
      if (rm === 4) {
        const sib = b[p++];
        const i = ((sib >> 3) & 7) | ((rex & 2) << 2) | (compiled.vectorIndex ? indexHigh : 0);
        if (i !== 4 || compiled.vectorIndex) {
          index = i;
          scale = (1 << (sib >> 6)) as 1 | 2 | 4 | 8;
        }
        if ((sib & 7) === 5 && mod === 0) {
          disp = int32(b, p);
          dispBytes = 4;
          p += 4;
        } else base = (sib & 7) | rexB;
      } else if (rm === 5 && mod === 0) {
        ripRelative = true;
        disp = int32(b, p);
        dispBytes = 4;
        p += 4;
      } else base = rm | rexB;
      if (mod === 1) {
        disp = (b[p++] << 24) >> 24;
        dispBytes = 1;
      } else if (mod === 2) {
        disp = int32(b, p);
        dispBytes = 4;
        p += 4;
      }
    }
  }
  const head = p - dispBytes - start;
  const zBytes = opsize === 2 ? 2 : 4;
  const end =
    p +
    compiled.immediateBytes +
    (compiled.immediateZ ? zBytes : 0) +
    (compiled.immediateV ? opsize : 0) +
    (compiled.immediateA ? addressWidth : 0);
  const length = end - start;
  if (length > limit) return tooLong;
  const next = address + length;
  if (vex) {
    if (!compiled.usesVvvv && (compiled.vectorIndex ? vvvv & 15 : vvvv) !== 0) return invalid(length);
    if (compiled.vectorIndex && (modrm >= 0xc0 || (modrm & 7) !== 4)) return invalid(length);
  }
  if (evex) {
    const checked = evexModifiers(evex, compiled, modrm, evexB, vectorLength);
    if (!checked) return invalid(length);
    evex = checked;
  }

  const codes = compiled.operands;
  const operands: Operand[] = [];
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i];
    let bytesWide = code.width;
    if (bytesWide < 0) {
      switch (bytesWide) {
        case width.v:
          bytesWide = opsize;
          break;
        case width.y:
          bytesWide = w ? 8 : 4;
          break;
        case width.z:
          bytesWide = zBytes;
          break;
        case width.x:
          bytesWide = vectorLength;
          break;
        case width.h:
          bytesWide = vectorLength >> 1;
          break;
        case width.f:
          bytesWide = vectorLength >> 2;
          break;
        case width.e:
          bytesWide = vectorLength >> 3;
          break;
        case width.twoY:
          bytesWide = w ? 16 : 8;
          break;
        default:
          bytesWide = addressWidth;
      }
    }
    const reg = ((modrm >> 3) & 7) | ((rex & 4) << 1) | regHigh;
    const rm = (modrm & 7) | rexB;
    let k = code.kind;
    if (k <= kind.memory) {
      if (modrm < 0xc0) {
        if (evex) {
          if (evex.broadcast) bytesWide = compiled.broadcast;
          if (dispBytes === 1) disp *= compiled.dispUnit && !evex.broadcast ? compiled.dispUnit : bytesWide;
        }
        operands.push({
          is: 'mem',
          base,
          index,
          scale,
          disp: ripRelative ? (addressWidth === 8 ? next + disp : (next + disp) >>> 0) : disp,
          dispBytes,
          segment,
          ripRelative,
          addressWidth,
          width: bytesWide as Width,
        });
        continue;
      }
      k += kind.rmGpr;
    }
    switch (k) {
      case kind.rmGpr:
        operands.push(bytesWide === 1 && rex === 0 && rm > 3 ? highBytes[rm - 4] : gpr[bytesWide][rm]);
        break;
      case kind.gpr:
        if (regHigh) return invalid(length);
        operands.push(bytesWide === 1 && rex === 0 && reg > 3 ? highBytes[reg - 4] : gpr[bytesWide][reg]);
        break;
      case kind.opcodeGpr: {
        const r = (opcode & 7) | rexB;
        operands.push(bytesWide === 1 && rex === 0 && r > 3 ? highBytes[r - 4] : gpr[bytesWide][r]);
        break;
      }
      case kind.rmVector:
        operands.push(vectors[bytesWide][rm | rmHigh]);
        break;
      case kind.vector:
        operands.push(vectors[bytesWide][reg]);
        break;
      case kind.rmMm:
        operands.push(bytesWide === 4 ? mm4[rm & 7] : mm[rm & 7]);
        break;
      case kind.mm:
        operands.push(bytesWide === 4 ? mm4[reg & 7] : mm[reg & 7]);
        break;
      case kind.st:
        operands.push(st[modrm & 7]);
        break;
      case kind.rmMask:
        operands.push(masks[rm & 7]);
        break;
      case kind.mask:
        if (reg > 7) return invalid(length);
        operands.push(masks[reg]);
        break;
      case kind.vvvvGpr:
        operands.push(gpr[bytesWide][vvvv]);
        break;
      case kind.vvvvVector:
        operands.push(vectors[bytesWide][vvvv]);
        break;
      case kind.vvvvMask:
        if (vvvv > 7) return invalid(length);
        operands.push(masks[vvvv]);
        break;
      case kind.immediateVector:
        operands.push(vectors[bytesWide][b[p++] >> 4]);
        break;
      case kind.segment:
        // There are six, and CS cannot be loaded.
        if ((reg & 7) > 5 || (i === 0 && (reg & 7) === 1)) return invalid(length);
        operands.push(segments[reg & 7]);
        break;
      case kind.control:
        if (reg === 1 || reg > 8 || (reg > 4 && reg < 8)) return invalid(length);
        operands.push(controls[reg]);
        break;
      case kind.debug:
        if (reg > 7) return invalid(length);
        operands.push(debugs[reg]);
        break;
      case kind.immediate: {
        const n = code.encoded < 0 ? (code.encoded === width.z ? zBytes : opsize) : code.encoded;
        switch (n) {
          case 1:
            operands.push(immediate(code.signed ? (b[p] << 24) >> 24 : b[p], bytesWide));
            break;
          case 2: {
            const value = b[p] | (b[p + 1] << 8);
            operands.push(immediate(code.signed ? (value << 16) >> 16 : value, bytesWide));
            break;
          }
          case 4:
            operands.push(immediate(int32(b, p), bytesWide));
            break;
          default:
            operands.push({ is: 'imm', value: int64(b, p), width: 8 });
        }
        p += n;
        break;
      }
      case kind.relative:
        operands.push({ is: 'rel', target: next + (code.encoded === 1 ? (b[p] << 24) >> 24 : int32(b, p)) });
        break;
      case kind.offset:
        operands.push({
          is: 'mem',
          base: -1,
          index: -1,
          scale: 1,
          disp: addressWidth === 8 ? Number(BigInt.asUintN(64, int64(b, p))) : int32(b, p) >>> 0,
          dispBytes: addressWidth,
          segment,
          ripRelative: false,
          addressWidth,
          width: bytesWide as Width,
        });
        break;
      case kind.fixedGpr:
        operands.push(gpr[bytesWide][0]);
        break;
      case kind.one:
        operands.push(one);
        break;
      default:
        operands.push(fixedOperand(code));
    }
  }
  if (compiled.vectorIndex && !distinct(operands, evex !== undefined)) return invalid(length);
  if (lock && !(compiled.lockable && operands[0].is === 'mem')) return invalid(length);

  let size = compiled.size;
  if (size < 0) {
    size = size === width.v ? opsize : size === width.y ? (w ? 8 : 4) : size === width.z ? zBytes : vectorLength;
  }
  return {
    address,
    length,
    head,
    form: compiled.form,
    size: size as Width,
    operands,
    cond: compiled.conditional ? opcode & 15 : -1,
    lock,
    rep: compiled.repeatable && repeat !== 0 ? (repeat === REP ? 'rep' : 'repne') : 'none',
    addressWidth,
    segment,
    evex,
  };
}

/** The modifiers if the form allows them; else undefined: the CPU raises #UD. */
function evexModifiers(
  given: EvexModifiers,
  compiled: CompiledForm,
  modrm: number,
  b: boolean,
  vectorLength: number,
): EvexModifiers | undefined {
  const { masking } = compiled;
  if (given.mask !== 0 ? masking === 'none' : masking === 'demanded') return undefined;
  if (given.zeroing) {
    const destinationInMemory = compiled.operands[0].kind <= kind.memory && modrm < 0xc0;
    if (masking !== 'zero' || given.mask === 0 || destinationInMemory) return undefined;
  }
  if (!b) return given;
  if (modrm < 0xc0) {
    if (compiled.broadcast === 0) return undefined;
    // Conversions that change the width count the elements of the wider side.
    const wide = compiled.operands.find(o => o.kind === kind.vectorOrMemory)!.width;
    const bytes = wide === width.h ? vectorLength >> 1 : wide === width.f ? vectorLength >> 2 : vectorLength;
    return { ...given, broadcast: bytes / compiled.broadcast };
  }
  if (compiled.rounding === 'none') return undefined;
  return compiled.rounding === 'sae' ? { ...given, rounding: 'sae' } : given;
}

/** A gather's destination, mask and index must be three registers; EVEX has its mask elsewhere, and scatters may mix. */
function distinct(operands: readonly Operand[], evex: boolean): boolean {
  const [first, second, third] = operands;
  if (first.is !== 'reg' || second.is !== 'mem') return true;
  if (evex || third?.is !== 'reg') return first.index !== second.index;
  return first.index !== second.index && first.index !== third.index && second.index !== third.index;
}

const int32 = (b: Uint8Array, p: number): number => b[p] | (b[p + 1] << 8) | (b[p + 2] << 16) | (b[p + 3] << 24);

const int64 = (b: Uint8Array, p: number): bigint => (BigInt(int32(b, p + 4)) << 32n) | BigInt(int32(b, p) >>> 0);
