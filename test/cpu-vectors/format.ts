/**
 * Recorded vectors: what the real CPU made of single instructions and sequences, in one small file, so that the CPU can
 * be tested where no x86-64 CPU is.
 *
 * States are told as differences: a case's state from one of a few whole states that the file begins with, its outcome
 * from its state. Numbers are LEB128, values a length and that many bytes. The whole is deflated.
 */
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import {
  type Batch,
  CODE,
  DATA_SIZE,
  LANDING_SIZE,
  type Outcome,
  type Outcomes,
  type Piece,
  readState,
  STATE,
  type State,
  writeState,
} from '../fuzz/cpu/batch.ts';
import { insnsOf } from '../fuzz/cpu/forms.ts';
import { FIELD_NAMES, field, outcomesOf, setField } from '../fuzz/cpu/text.ts';

const VERSION = 1;

export interface RecordedCase {
  background: number;
  /** Fields that differ from the background's. */
  state: [field: number, value: bigint][];
  signal: number;
  trap: number;
  address: bigint;
  /** From the code's first byte; far targets are absolute. */
  rip: { behind: number } | { at: bigint };
  /** Fields that differ from the state's. */
  outcome: [field: number, value: bigint][];
  first: number;
  changed: Uint8Array;
}

export interface RecordedPiece {
  code: Uint8Array;
  straight: boolean;
  flagMask: number;
  faultMask: number;
  cases: RecordedCase[];
}

export interface Recording {
  /** The CPU that was asked. */
  cpu: string;
  backgrounds: Uint8Array[];
  data: Uint8Array;
  pieces: RecordedPiece[];
}

/** Every piece has this much of the image, with filling before it. */
export const ROOM = 512;
const BEFORE = 192;
/** Pieces in a batch. */
const PIECES = 512;

/** What `out` has other than `from`. */
export function changedFields(from: State, out: State): [number, bigint][] {
  const list: [number, bigint][] = [];
  for (const [i, name] of FIELD_NAMES.entries())
    if (field(from, name) !== field(out, name)) list.push([i, field(out, name)]);
  return list;
}

class Writer {
  #bytes: number[] = [];
  number(n: number): void {
    let rest = n;
    while (rest >= 128) {
      this.#bytes.push((rest % 128) | 128);
      rest = Math.floor(rest / 128);
    }
    this.#bytes.push(rest);
  }
  signed(n: number): void {
    this.number(n < 0 ? -n * 2 - 1 : n * 2);
  }
  bytes(b: Uint8Array): void {
    this.number(b.length);
    for (const byte of b) this.#bytes.push(byte);
  }
  big(value: bigint): void {
    const bytes: number[] = [];
    for (let v = value; v > 0n; v >>= 8n) bytes.push(Number(v & 0xffn));
    this.bytes(Uint8Array.from(bytes));
  }
  fields(list: readonly (readonly [number, bigint])[]): void {
    this.number(list.length);
    for (const [name, value] of list) {
      this.number(name);
      this.big(value);
    }
  }
  done(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }
}

class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }
  number(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) throw new Error('the vectors end too early');
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  }
  signed(): number {
    const n = this.number();
    return n % 2 ? -(n + 1) / 2 : n / 2;
  }
  bytes(): Uint8Array {
    const length = this.number();
    this.#at += length;
    return this.#bytes.slice(this.#at - length, this.#at);
  }
  big(): bigint {
    let value = 0n;
    for (const byte of this.bytes().reverse()) value = (value << 8n) | BigInt(byte);
    return value;
  }
  fields(): [number, bigint][] {
    return Array.from({ length: this.number() }, () => [this.number(), this.big()]);
  }
}

export function encodeRecording(r: Recording): Uint8Array {
  const w = new Writer();
  w.number(VERSION);
  w.bytes(new TextEncoder().encode(r.cpu));
  w.number(r.backgrounds.length);
  for (const b of r.backgrounds) w.bytes(b);
  w.bytes(r.data);
  w.number(r.pieces.length);
  for (const p of r.pieces) {
    w.bytes(p.code);
    w.number(p.straight ? 1 : 0);
    w.number(p.flagMask);
    w.number(p.faultMask);
    w.number(p.cases.length);
    for (const c of p.cases) {
      w.number(c.background);
      w.fields(c.state);
      w.number(c.signal);
      if (c.signal !== 5) {
        w.number(c.trap);
        w.big(c.address);
      }
      const near = 'behind' in c.rip;
      w.number(near ? 1 : 0);
      if ('behind' in c.rip) w.signed(c.rip.behind);
      else w.big(c.rip.at);
      w.fields(c.outcome);
      w.bytes(c.changed);
      if (c.changed.length) w.number(c.first);
    }
  }
  return deflateRawSync(w.done(), { level: 9 });
}

export function decodeRecording(file: Uint8Array): Recording {
  // A copy: what a Buffer slices would share its bytes.
  const r = new Reader(new Uint8Array(inflateRawSync(file)));
  if (r.number() !== VERSION) throw new Error('the vectors have another version');
  const cpu = new TextDecoder().decode(r.bytes());
  const backgrounds = Array.from({ length: r.number() }, () => r.bytes());
  const data = r.bytes();
  const pieces = Array.from({ length: r.number() }, (): RecordedPiece => {
    const code = r.bytes();
    const straight = r.number() === 1;
    const flagMask = r.number();
    const faultMask = r.number();
    const cases = Array.from({ length: r.number() }, (): RecordedCase => {
      const background = r.number();
      const state = r.fields();
      const signal = r.number();
      const trap = signal === 5 ? 3 : r.number();
      const address = signal === 5 ? 0n : r.big();
      const rip = r.number() === 1 ? { behind: r.signed() } : { at: r.big() };
      const outcome = r.fields();
      const changed = r.bytes();
      const first = changed.length ? r.number() : DATA_SIZE;
      return { background, state, signal, trap, address, rip, outcome, first, changed };
    });
    return { code, straight, flagMask, faultMask, cases };
  });
  return { cpu, backgrounds, data, pieces };
}

/** Where a piece lies when it is the `i`th of a batch. Code that holds its own address needs the same place again. */
export const placeOf = (i: number): number => LANDING_SIZE + (i % PIECES) * ROOM + BEFORE;

/** Numbers of the pieces that are one instruction, by the name of its row. */
export function piecesByRow({ pieces }: Recording): Map<string, number[]> {
  const map = new Map<string, number[]>();
  for (const [i, { code }] of pieces.entries()) {
    const [insn, ...more] = insnsOf(code, CODE + placeOf(i));
    if (!insn || more.length) continue;
    const { name } = insn.form.row;
    map.set(name, [...(map.get(name) ?? []), i]);
  }
  return map;
}

/** Batches of a recording's pieces, all or those with these numbers, each with the outcomes that the real CPU had. */
export function* batchesOf(recording: Recording, numbers?: readonly number[]): Generator<[Batch, Outcomes]> {
  const { pieces: all, backgrounds, data } = recording;
  const chunks = new Map<number, number[]>();
  for (const i of numbers ?? all.keys()) {
    const chunk = Math.floor(i / PIECES);
    chunks.set(chunk, [...(chunks.get(chunk) ?? []), i]);
  }
  for (const chunk of chunks.values()) {
    const pieces: Piece[] = [];
    const pieceOf: Piece[] = [];
    const states: State[] = [];
    const outcomes: Outcome[] = [];
    for (const i of chunk) {
      const { code, straight, flagMask, faultMask, cases } = all[i];
      const offset = placeOf(i);
      const piece: Piece = { code, insns: insnsOf(code, CODE + offset), offset, straight, flagMask, faultMask };
      pieces.push(piece);
      for (const c of cases) {
        const state = readState(backgrounds[c.background], 0);
        for (const [f, v] of c.state) setField(state, FIELD_NAMES[f], v);
        const out: Outcome = { ...structuredClone(state), ...c, rip: 0n };
        out.rip = 'behind' in c.rip ? BigInt(CODE + offset + c.rip.behind) : c.rip.at;
        for (const [f, v] of c.outcome) setField(out, FIELD_NAMES[f], v);
        pieceOf.push(piece);
        states.push(state);
        outcomes.push(out);
      }
    }
    const image = new Uint8Array(Math.ceil((placeOf(PIECES - 1) + ROOM) / 4096) * 4096).fill(0xcc);
    for (const p of pieces) image.set(p.code, p.offset);
    const bytes = new Uint8Array(states.length * STATE);
    for (const [i, s] of states.entries()) writeState(bytes, i * STATE, s);
    yield [{ data, image, pieces, pieceOf, states: bytes }, outcomesOf(outcomes)];
  }
}
