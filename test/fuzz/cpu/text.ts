/**
 * A case as one line, to be read, pasted and replayed: the code, what differs from a plain state, and behind `=>` what
 * the real CPU made of it.
 *
 *     48d3e0 rax=0x1 rcx=0x41 @0x100=0102 => rip=+3 rax=0x2
 *
 * `@offset=bytes` is memory of the data pages, `at` the code's place in its image, `rip=+n` counts from the code's first
 * byte. Without `signal`, `trap` and `address` it came to its end (SIGTRAP of the int3 behind it).
 */
import {
  type Batch,
  CODE,
  DATA_SIZE,
  END,
  OUTCOME,
  type Outcome,
  type Outcomes,
  type Piece,
  plainState,
  readOutcome,
  readState,
  STATE,
  type State,
  writeState,
} from './batch.ts';
import { insnsOf } from './forms.ts';
import { GPR_NAMES } from './names.ts';

/** One case by itself. */
export interface Single {
  piece: Piece;
  state: State;
  data: Uint8Array;
}

/** A field of a state by its name in a line. */
const FIELDS: Record<string, { get(s: State): bigint; set(s: State, v: bigint): void }> = {};
const list = (name: (i: number) => string, count: number, of: (s: State) => bigint[]) => {
  for (let i = 0; i < count; i++) {
    FIELDS[name(i)] = {
      get: s => of(s)[i],
      set: (s, v) => {
        of(s)[i] = v;
      },
    };
  }
};
const small = (name: 'fcw' | 'fsw' | 'ftw' | 'mxcsr') => {
  FIELDS[name] = {
    get: s => BigInt(s[name]),
    set: (s, v) => {
      s[name] = Number(v);
    },
  };
};
const wide = (name: 'flags' | 'fsBase' | 'gsBase') => {
  FIELDS[name] = {
    get: s => s[name],
    set: (s, v) => {
      s[name] = v;
    },
  };
};
list(
  i => GPR_NAMES[i],
  16,
  s => s.gpr,
);
wide('flags');
wide('fsBase');
wide('gsBase');
small('mxcsr');
small('fcw');
small('fsw');
small('ftw');
list(
  i => `st${i}`,
  8,
  s => s.st,
);
list(
  i => `xmm${i}`,
  16,
  s => s.xmm,
);
export const FIELD_NAMES = Object.keys(FIELDS);

export const field = (s: State, name: string): bigint => FIELDS[name].get(s);
export const setField = (s: State, name: string, value: bigint): void => FIELDS[name].set(s, value);

/** Case `index` of a batch, taken out of it. */
export const singleOf = (batch: Batch, index: number): Single => ({
  piece: batch.pieceOf[index],
  state: readState(batch.states, index * STATE),
  data: batch.data,
});

/** Batches of cases with data pages of their own have one case each. */
export function batchOfSingle({ piece, state, data }: Single): Batch {
  const image = new Uint8Array(Math.ceil((piece.offset + piece.code.length + 64) / 4096) * 4096).fill(0xcc);
  image.set(piece.code, piece.offset);
  const states = new Uint8Array(STATE);
  writeState(states, 0, state);
  return { data, image, pieces: [piece], pieceOf: [piece], states };
}

const hex = (v: bigint | number): string => `0x${v.toString(16)}`;
const AT = 0x200;

export function toLine(single: Single, outcomes: Outcomes, index = 0): string {
  const { piece, state, data } = single;
  const words = [Buffer.from(piece.code).toString('hex')];
  if (piece.offset !== AT) words.push(`at=${hex(piece.offset)}`);
  if (!piece.straight) words.push('branches=1');
  const out = readOutcome(outcomes, index);
  const mask = out.signal === 5 ? piece.flagMask : piece.faultMask;
  if (mask !== 0xcd5) words.push(`mask=${hex(mask)}`);
  const plain = plainState();
  for (const name of FIELD_NAMES)
    if (field(state, name) !== field(plain, name)) words.push(`${name}=${hex(field(state, name))}`);
  for (let i = 0; i < DATA_SIZE; i++) {
    if (data[i] === 0) continue;
    let end = i + 1;
    while (end < DATA_SIZE && (data[end] !== 0 || data[end + 1] || data[end + 2])) end++;
    words.push(`@${hex(i)}=${Buffer.from(data.subarray(i, end)).toString('hex')}`);
    i = end;
  }
  words.push('=>');
  const behind = Number(out.rip) - CODE - piece.offset;
  words.push(`rip=${Math.abs(behind) < 65536 ? `+${behind}` : hex(out.rip)}`);
  for (const name of FIELD_NAMES)
    if (field(state, name) !== field(out, name)) words.push(`${name}=${hex(field(out, name))}`);
  if (out.signal !== 5 || out.trap !== 3)
    words.push(`signal=${out.signal}`, `trap=${out.trap}`, `address=${hex(out.address)}`);
  if (out.changed.length) words.push(`@${hex(out.first)}=${Buffer.from(out.changed).toString('hex')}`);
  return words.join(' ');
}

/** A line's case, and the expected outcome as the harness would have given it. */
export function parseLine(line: string): { single: Single; expected: Outcomes } {
  const [before, after] = line.split('=>');
  const [codeText, ...words] = before.trim().split(/ +/);
  const code = Uint8Array.from(Buffer.from(codeText, 'hex'));
  const state = plainState();
  const data = new Uint8Array(DATA_SIZE);
  const piece: Piece = { code, insns: [], offset: AT, straight: true, flagMask: 0xcd5, faultMask: 0xcd5 };
  for (const [name, value] of words.map(assignment)) {
    if (name.startsWith('@')) data.set(Buffer.from(value, 'hex'), Number(name.slice(1)));
    else if (name === 'at') piece.offset = Number(value);
    else if (name === 'branches') piece.straight = false;
    else if (name === 'mask') piece.flagMask = piece.faultMask = Number(value);
    else setField(state, name, BigInt(value));
  }
  piece.insns = insnsOf(code, CODE + piece.offset);
  const out: Outcome = {
    ...structuredClone(state),
    signal: 5,
    trap: 3,
    address: 0n,
    first: DATA_SIZE,
    changed: new Uint8Array(0),
  };
  for (const [name, value] of after.trim().split(/ +/).map(assignment)) {
    if (name.startsWith('@')) {
      out.first = Number(name.slice(1));
      out.changed = Uint8Array.from(Buffer.from(value, 'hex'));
    } else if (name === 'rip')
      out.rip = value[0] === '+' ? BigInt(CODE + piece.offset + Number(value.slice(1))) : BigInt(value);
    else if (name === 'signal') out.signal = Number(value);
    else if (name === 'trap') out.trap = Number(value);
    else if (name === 'address') out.address = BigInt(value);
    else setField(out, name, BigInt(value));
  }
  return { single: { piece, state, data }, expected: outcomesOf([out]) };
}

function assignment(word: string): [name: string, value: string] {
  const at = word.indexOf('=');
  if (at < 0) throw new Error(`not an assignment: ${word}`);
  const name = word.slice(0, at);
  if (!(name in FIELDS) && !/^(@0x[0-9a-f]+|at|branches|mask|rip|signal|trap|address)$/.test(name))
    throw new Error(`no such field: ${name}`);
  return [name, word.slice(at + 1)];
}

/** Outcomes in the harness's form. */
export function outcomesOf(list: readonly Outcome[]): Outcomes {
  const records = new Uint8Array(list.length * OUTCOME);
  const view = new DataView(records.buffer);
  for (const [i, o] of list.entries()) {
    const at = i * OUTCOME;
    writeState(records, at, o);
    view.setUint32(at + END.signal, o.signal, true);
    view.setUint32(at + END.trap, o.trap, true);
    view.setBigUint64(at + END.address, o.address, true);
    view.setUint32(at + END.first, o.first, true);
    view.setUint32(at + END.last, o.first + o.changed.length, true);
  }
  return { records, words: new Uint32Array(records.buffer), changed: i => list[i].changed };
}
