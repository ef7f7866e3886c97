/**
 * What one instruction is, said once: its forms (encodings), the sentence that explains it, how it is printed, and its
 * meaning (the lift). Decoder, printers, tier 0, tier 1, hovers and the fuzzer all read these rows.
 *
 * Encodings are written as in the Intel SDM ("REX.W + 0F AF /r" without the REX part), operands as in the SDM's
 * opcode maps (volume 2, appendix A): `Ev,Gv`, `Eb,Ib`, `Vx,Wx`, `M`, `Jz` …
 */
import type { Emitter } from '../emitter.ts';

/** The meaning of an instruction, in terms of abstract operands. */
export type Lift = (e: Emitter) => void;

/** Operation sizes in bytes; 16 and up are vectors. */
export type Width = 1 | 2 | 4 | 8 | 10 | 16 | 32 | 64;

export type Feature =
  | 'base'
  | 'x87'
  | 'mmx'
  | 'sse'
  | 'sse2'
  | 'sse3'
  | 'ssse3'
  | 'sse4.1'
  | 'sse4.2'
  | 'popcnt'
  | 'crc32'
  | 'movbe'
  | 'aes'
  | 'pclmulqdq'
  | 'sha'
  | 'adx'
  | 'rdrand'
  | 'rdseed'
  | 'fsgsbase'
  | 'rdpid'
  | 'xsave'
  | 'lzcnt'
  | 'bmi1'
  | 'bmi2'
  | 'fma'
  | 'f16c'
  | 'avx'
  | 'avx2'
  | 'avx512'
  | 'cet'
  | 'other';

export interface Form {
  /** The row it belongs to. */
  readonly row: Row;
  /** SDM encoding, for example `83 /0 ib`, `0F B6 /r`, `66 0F EF /r`, `F3 0F 10 /r`. */
  readonly encoding: string;
  /** SDM operand codes, destination first, for example `Ev,sIb`; empty string for none. */
  readonly operands: string;
}

export interface Row {
  /** Intel mnemonic in lower case; one row covers a condition-code family: `jcc`, `setcc`, `cmovcc`. */
  readonly name: string;
  readonly sentence: string;
  readonly feature: Feature;
  readonly forms: readonly Form[];
  /** Flags written, read, and left undefined, as letters of `oszapcd`. */
  readonly flags: { readonly writes: string; readonly reads: string; readonly undefined: string };
  /** LOCK is legal when the destination is memory. */
  readonly lockable: boolean;
  /** A string instruction: REP and REPNE mean repetition. */
  readonly repeatable: boolean;
  /** Operand size in 64-bit mode, as the SDM's opcode maps mark it: 64 unless 66 (`d64`), always 64 (`f64`). */
  readonly operandSize: 'normal' | 'd64' | 'f64';
  /** Absent while the meaning is not written: the instruction decodes, prints and raises #UD when executed. */
  readonly lift?: Lift;
}

/** Register classes an operand can name. `high` marks AH, CH, DH, BH (index 0–3). */
export type RegisterClass = 'gpr' | 'xmm' | 'mm' | 'st' | 'seg' | 'cr' | 'dr' | 'k';

export type Operand =
  | {
      readonly is: 'reg';
      readonly class: RegisterClass;
      readonly index: number;
      /** Bytes the instruction uses of it: 4 for the source of `addss`, 16 for `addps`, 8 for an `mm` register. */
      readonly width: Width;
      readonly high: boolean;
    }
  | {
      readonly is: 'mem';
      /** Register numbers, −1 for none. A RIP-relative operand has base −1 and `disp` already absolute. */
      readonly base: number;
      readonly index: number;
      readonly scale: 1 | 2 | 4 | 8;
      /** Signed; absolute (as a number up to 2^63, wrapped to 64 bits by the user) when `ripRelative`. */
      readonly disp: number;
      /** Bytes of displacement in the encoding, so that a printer can keep a zero that is there. */
      readonly dispBytes: 0 | 1 | 4 | 8;
      readonly segment: 'fs' | 'gs' | undefined;
      readonly ripRelative: boolean;
      /** 8, or 4 with an address-size prefix. */
      readonly addressWidth: 4 | 8;
      readonly width: Width;
    }
  /**
   * The value as the instruction extends it: `Iz` and `sIb` sign-extended (so it may be negative) with the operation's
   * width, `Ib` and `Iw` unsigned with their own width.
   */
  | { readonly is: 'imm'; readonly value: bigint; readonly width: Width }
  /** Branch target, absolute; negative where it wraps below address 0. */
  | { readonly is: 'rel'; readonly target: number };

/** A decoded instruction. */
export interface Insn {
  readonly address: number;
  readonly length: number;
  /** Bytes before the displacement and the immediates: prefixes, opcode, ModRM, SIB. */
  readonly head: number;
  readonly form: Form;
  /** Operand size in bytes of the operation (1, 2, 4, 8); for vector forms the vector length. */
  readonly size: Width;
  readonly operands: readonly Operand[];
  /** Condition code 0–15 for cc families (bit 0 inverts), else −1. */
  readonly cond: number;
  readonly lock: boolean;
  /** REP prefix of a string instruction. */
  readonly rep: 'none' | 'rep' | 'repne';
  readonly addressWidth: 4 | 8;
  /** Segment prefix; memory operands repeat it, implied ones ([RSI], [RBX + AL]) have only this. */
  readonly segment: 'fs' | 'gs' | undefined;
  /** What an EVEX prefix adds. */
  readonly evex?: EvexModifiers;
}

export interface EvexModifiers {
  /** Opmask register, 0 for none. */
  readonly mask: number;
  /** Elements that the mask leaves out become zero instead of staying. */
  readonly zeroing: boolean;
  /** How many copies are made of a memory element, 0 for none. */
  readonly broadcast: number;
  /** Rounding for this instruction alone; all but `sae` suppress exceptions, too. */
  readonly rounding: 'none' | 'rn' | 'rd' | 'ru' | 'rz' | 'sae';
}

/** Why bytes are no instruction: `truncated` wants more bytes (a page ends), `invalid` raises #UD. */
export type DecodeError =
  | { readonly is: 'truncated' }
  /** `overlong`: more than 15 bytes, which raises #GP instead. */
  | { readonly is: 'invalid'; readonly length: number; readonly overlong?: true };
